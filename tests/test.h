/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

/* The smallest unit test kit: one program a module.
 *
 *     static void adds(void) { CHECK_EQ(add(2, 2), 4); }
 *     int main(void) { RUN(adds); return test_end("module"); }
 *
 * A failed check prints its place and the rest of that test goes on. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static int tests_passed, tests_failed, test_bad_;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                         \
            test_bad_ = 1;                                                                         \
        }                                                                                          \
    } while (0)

#define CHECK_EQ(got, want)                                                                        \
    do {                                                                                           \
        long long g_ = (long long)(got), w_ = (long long)(want);                                   \
        if (g_ != w_) {                                                                            \
            printf("%s:%d: %s is %lld, expected %lld\n", __FILE__, __LINE__, #got, g_, w_);        \
            test_bad_ = 1;                                                                         \
        }                                                                                          \
    } while (0)

#define CHECK_STR(got, want)                                                                       \
    do {                                                                                           \
        Str g_ = (got), w_ = str_from(want);                                                       \
        if (!str_eq(g_, w_)) {                                                                     \
            printf("%s:%d: %s is `%.*s`, expected `%.*s`\n", __FILE__, __LINE__, #got,             \
                   STR_ARG(g_), STR_ARG(w_));                                                      \
            test_bad_ = 1;                                                                         \
        }                                                                                          \
    } while (0)

#define RUN(test)                                                                                  \
    do {                                                                                           \
        test_bad_ = 0;                                                                             \
        test();                                                                                    \
        if (test_bad_) tests_failed++, printf("FAILED: %s\n", #test);                              \
        else tests_passed++;                                                                       \
    } while (0)

/* Prints "module: N passed, N failed" and gives main's result. */
static inline int test_end(const char *module) {
    printf("%s: %d passed, %d failed\n", module, tests_passed, tests_failed);
    return tests_failed != 0;
}

#endif
