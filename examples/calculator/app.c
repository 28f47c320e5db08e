/* A command-line program without a C library: it greets, adds its arguments up, and takes the square
 * root of the sum. What it needs from outside it imports: its arguments and environment, standard
 * output, and a calculator. Everything is declared in app.h, which `witc bindgen c` writes. */
#include "app.h"

static wasi_io_streams_own_output_stream_t out;

/* ---- writing ---- */

static void put(const char *text, size_t len) {
    app_list_u8_t bytes = {(uint8_t *)text, len};
    wasi_io_streams_stream_error_t error;
    wasi_io_streams_borrow_output_stream_t stream = wasi_io_streams_borrow_output_stream(out);
    if (!wasi_io_streams_method_output_stream_blocking_write_and_flush(stream, &bytes, &error)) {
        wasi_io_streams_stream_error_free(&error);
    }
}

static void put_text(const char *text) {
    size_t len = 0;
    while (text[len]) len++;
    put(text, len);
}

/* Up to six decimals, without trailing zeros; enough for an example. */
static void put_number(double n) {
    char buffer[48];
    size_t at = sizeof buffer;
    bool negative = n < 0;
    if (negative) n = -n;
    if (n > 1e12) {
        put_text(negative ? "-huge" : "huge");
        return;
    }
    uint64_t scaled = (uint64_t)(n * 1000000 + 0.5), whole = scaled / 1000000,
             part = scaled % 1000000;
    if (part) {
        int digits = 6;
        for (; part % 10 == 0; digits--) part /= 10;
        for (; digits > 0; digits--, part /= 10) buffer[--at] = (char)('0' + part % 10);
        buffer[--at] = '.';
    }
    do buffer[--at] = (char)('0' + whole % 10);
    while (whole /= 10);
    if (negative) buffer[--at] = '-';
    put(buffer + at, sizeof buffer - at);
}

/* ---- reading ---- */

static bool same(const app_string_t *a, const char *b) {
    for (size_t i = 0; i < a->len; i++) {
        if (!b[i] || (char)a->ptr[i] != b[i]) return false;
    }
    return !b[a->len];
}

static bool parse_number(const app_string_t *text, double *n) {
    size_t i = 0;
    double scale = 0;
    bool negative = text->len && text->ptr[0] == '-';
    if (negative) i++;
    if (i == text->len) return false;
    for (*n = 0; i < text->len; i++) {
        uint8_t c = text->ptr[i];
        if (c == '.' && scale == 0) {
            scale = 1;
        } else if (c >= '0' && c <= '9') {
            *n = *n * 10 + (c - '0');
            scale *= 10;
        } else {
            return false;
        }
    }
    if (scale > 1) *n /= scale;
    if (negative) *n = -*n;
    return true;
}

/* ---- the program ---- */

static void greet(void) {
    app_list_tuple2_string_string_t variables;
    wasi_cli_environment_get_environment(&variables);
    put_text("Hello, ");
    bool named = false;
    for (size_t i = 0; i < variables.len && !named; i++) {
        named = same(&variables.ptr[i].f0, "NAME");
        if (named) put((const char *)variables.ptr[i].f1.ptr, variables.ptr[i].f1.len);
    }
    put_text(named ? "!\n" : "whoever you are!\n");
    app_list_tuple2_string_string_free(&variables);
}

static void root(double n) {
    double result;
    app_string_t why;
    put_text("sqrt(");
    put_number(n);
    put_text(")");
    if (example_math_calculator_sqrt(n, &result, &why)) {
        put_text(" = ");
        put_number(result);
    } else {
        put_text(": ");
        put((const char *)why.ptr, why.len);
        app_string_free(&why);
    }
    put_text("\n");
}

__attribute__((noinline)) static void crash(void) { __builtin_trap(); }

/* False where an argument is no number. */
static bool calculate(const app_list_string_t *arguments) {
    double sum = 0, n;
    for (size_t i = 1; i < arguments->len; i++) {
        if (same(&arguments->ptr[i], "crash")) crash();
        if (!parse_number(&arguments->ptr[i], &n)) {
            put_text("not a number: ");
            put((const char *)arguments->ptr[i].ptr, arguments->ptr[i].len);
            put_text("\n");
            return false;
        }
        if (i > 1) put_text(" + ");
        put_number(n);
        sum = example_math_calculator_add(sum, n);
    }
    put_text(" = ");
    put_number(sum);
    put_text("\n");
    root(sum);
    root(-sum);
    return true;
}

bool exports_wasi_cli_run_run(void) {
    app_list_string_t arguments;
    out = wasi_cli_stdout_get_stdout();
    greet();
    wasi_cli_environment_get_arguments(&arguments);
    if (arguments.len < 2) {
        put_text("usage: program NUMBER...\n");
        wasi_cli_exit_exit_with_code(3);
    }
    bool done = calculate(&arguments);
    app_list_string_free(&arguments);
    wasi_io_streams_output_stream_drop_own(out);
    return done;
}
