/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The Mandelbrot set, f64: a chain of multiplications, one exit. */
#include <stdint.h>

int bench(void) {
    enum { SIZE = 500, MOST = 900 };
    uint32_t sum = 0;
    for (int py = 0; py < SIZE; py++)
        for (int px = 0; px < SIZE; px++) {
            double cx = px * (3.0 / SIZE) - 2.1, cy = py * (2.4 / SIZE) - 1.2, x = 0, y = 0;
            int i = 0;
            for (; i < MOST; i++) {
                double xx = x * x, yy = y * y;
                if (xx + yy > 4) break;
                y = 2 * x * y + cy;
                x = xx - yy + cx;
            }
            sum = sum * 31 + (uint32_t)i;
        }
    return (int)sum;
}
