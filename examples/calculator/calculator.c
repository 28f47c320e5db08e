/* The calculator in C: implements world `arithmetic`. The names come from arithmetic.h, which
 * `witc bindgen c` writes. */
#include "arithmetic.h"

double exports_example_math_calculator_add(double a, double b) { return a + b; }

/* Fills *ret and returns true, or fills *err and returns false. The caller frees *err. */
bool exports_example_math_calculator_sqrt(double n, double *ret, arithmetic_string_t *err) {
    if (n < 0) {
        arithmetic_string_dup(err, "a negative number has no real square root");
        return false;
    }
    *ret = __builtin_sqrt(n);
    return true;
}
