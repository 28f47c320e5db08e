/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* How long a client may keep a body waiting: steps of a clock that is not the machine's. */
#include "serve/internal.h"
#include "tests/test.h"

#define S UINT64_C(1000000000)
static const uint64_t begin = 1000 * S;
static ServeOptions options;
static Pace pace;

static void start(uint64_t body_timeout, uint64_t rate) {
    options = (ServeOptions){.body_timeout = body_timeout, .min_body_rate = rate};
    pace_begin(&pace, &options);
}

static void a_pause_is_bounded(void) {
    start(30 * S, 0);
    CHECK_EQ(pace_end(&pace), UINT64_MAX);
    pace_set(&pace, true, begin);
    CHECK_EQ(pace_end(&pace), begin + 30 * S);
    pace_gain(&pace, &options, 1, begin + 29 * S); /* any byte begins anew */
    CHECK_EQ(pace_end(&pace), begin + 59 * S);
}

static void a_byte_a_second_is_too_slow(void) {
    start(30 * S, 500);
    pace_set(&pace, true, begin);
    CHECK_EQ(pace_end(&pace), begin + 10 * S);
    uint64_t at = begin;
    while (at + S < pace_end(&pace)) pace_gain(&pace, &options, 1, at += S);
    CHECK_EQ(pace_end(&pace), begin + 10 * S + 10 * S / 500);
}

static void who_keeps_up_goes_on(void) {
    start(30 * S, 500);
    pace_set(&pace, true, begin);
    for (unsigned i = 1; i <= 1000; i++) {
        pace_gain(&pace, &options, 500, begin + i * S);
        CHECK(pace_end(&pace) == begin + (10 + i) * S);
    }
    pace_gain(&pace, &options, 10000, begin + 1000 * S); /* 20 s more: a pause of 30 s */
    CHECK_EQ(pace_end(&pace), begin + 1030 * S);
    pace_gain(&pace, &options, UINT64_MAX, begin + 1005 * S); /* never more than that */
    CHECK_EQ(pace_end(&pace), begin + 1035 * S);
}

static void other_waits_do_not_count(void) {
    start(30 * S, 500);
    pace_set(&pace, true, begin);
    pace_set(&pace, false, begin + 4 * S);
    CHECK_EQ(pace_end(&pace), UINT64_MAX);
    pace_set(&pace, true, begin + 1000 * S);
    CHECK_EQ(pace_end(&pace), begin + 1006 * S);
    pace_set(&pace, true, begin + 1002 * S); /* nothing is new */
    CHECK_EQ(pace_end(&pace), begin + 1006 * S);
}

/* What has come while this process stood still counts, though its time is over. */
static void late_bytes_count(void) {
    start(30 * S, 500);
    pace_set(&pace, true, begin);
    pace_gain(&pace, &options, 1000, begin + 60 * S);
    CHECK_EQ(pace_end(&pace), begin + 62 * S);
}

static void limits_may_be_off(void) {
    start(0, 0);
    pace_set(&pace, true, begin);
    CHECK(pace_end(&pace) > begin + UINT64_MAX / 8);
    start(0, 500);
    pace_set(&pace, true, begin);
    CHECK_EQ(pace_end(&pace), begin + 10 * S);
    start(2 * S, 500); /* the longest pause is also the first */
    pace_set(&pace, true, begin);
    CHECK_EQ(pace_end(&pace), begin + 2 * S);
    start(UINT64_MAX, UINT64_MAX);
    pace_set(&pace, true, begin);
    pace_gain(&pace, &options, UINT64_MAX, begin + S);
    CHECK(pace_end(&pace) > begin + S);
}

int main(void) {
    RUN(a_pause_is_bounded);
    RUN(a_byte_a_second_is_too_slow);
    RUN(who_keeps_up_goes_on);
    RUN(other_waits_do_not_count);
    RUN(late_bytes_count);
    RUN(limits_may_be_off);
    return test_end("pace");
}
