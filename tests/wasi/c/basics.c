/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Clocks, pollables, random numbers and what a command is given. The runner gives it the arguments
 * and variables that basics.json names, and standard input that is at its end.
 */
#include "check.h"

#define HUGE 0xffffffffffffffffull
#define MS   1000000ull
#define YES  BIT(OK)

static poll_pollable_ref ref(poll_pollable p) { return poll_pollable_borrow(p); }

/* ---- clocks ---- */

static void monotonic_clock(void) {
    uint64_t last = mono_now(), resolution = mono_resolution();
    bool grows = true, moves = false;
    for (int i = 0; i < 1000; i++) {
        uint64_t now = mono_now();
        grows = grows && now >= last;
        moves = moves || now > last;
        last = now;
    }
    check(grows, "\"a sequence of non-decreasing values\"");
    check(resolution > 0, "resolution: a clock tick takes time");
    if (!moves) {
        poll_pollable timer = mono_subscribe_duration(2 * resolution + MS);
        poll_pollable_block(ref(timer));
        poll_pollable_drop(timer);
        moves = mono_now() > last;
    }
    check(moves, "time goes by");
    static const uint64_t durations[] = {0, 1, 1000, MS, 20 * MS};
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        uint64_t before = mono_now();
        poll_pollable timer = mono_subscribe_duration(durations[i]);
        poll_pollable_block(ref(timer));
        check(mono_now() - before >= durations[i], "subscribe-duration of %u ns waits as long",
              durations[i]);
        check(poll_pollable_ready(ref(timer)), "subscribe-duration of %u ns stays ready",
              durations[i]);
        poll_pollable_drop(timer);
        before = mono_now();
        timer = mono_subscribe_instant(before + durations[i]);
        poll_pollable_block(ref(timer));
        check(mono_now() >= before + durations[i], "subscribe-instant in %u ns waits as long",
              durations[i]);
        poll_pollable_drop(timer);
    }
    poll_pollable past = mono_subscribe_instant(0);
    check(poll_pollable_ready(ref(past)), "an instant that has occurred is ready");
    poll_pollable_drop(past);
    past = mono_subscribe_instant(mono_now());
    check(poll_pollable_ready(ref(past)), "the instant that is now is ready");
    poll_pollable_drop(past);
    past = mono_subscribe_duration(0);
    check(poll_pollable_ready(ref(past)), "a duration of 0 has elapsed");
    poll_pollable_drop(past);
    static const uint64_t never[] = {HUGE, HUGE - 1, HUGE / 2, 1ull << 62};
    for (size_t i = 0; i < 4; i++) {
        poll_pollable timer = mono_subscribe_duration(never[i]);
        check(!poll_pollable_ready(ref(timer)), "a duration of %u ns has not elapsed", never[i]);
        check(!ready_within(timer, 20), "and does not elapse in 20 ms, %u", never[i]);
    }
    poll_pollable far = mono_subscribe_instant(HUGE);
    check(!ready_within(far, 20), "the instant 2^64-1 does not occur");
}

static void wall_clock(void) {
    wall_datetime now = wall_now(), tick = wall_resolution();
    check(now.nanoseconds < 1000000000, "now: \"always less than 1000000000\"");
    check(tick.nanoseconds < 1000000000, "resolution: \"always less than 1000000000\"");
    check(tick.seconds || tick.nanoseconds, "resolution: a tick takes time");
    check(now.seconds > 1700000000, "now: it is later than 2023");
    check(now.seconds < 10000000000ull, "now: it counts seconds");
}

/* ---- poll ---- */

static void polling(void) {
    enum { N = 6 };
    for (unsigned set = 0; set < 1u << N; set++) {
        poll_pollable all[N];
        poll_pollable_ref in[N];
        for (unsigned i = 0; i < N; i++) {
            all[i] = mono_subscribe_duration(set >> i & 1 ? 0 : HUGE);
            in[i] = ref(all[i]);
        }
        if (set) {
            wit_list_u32 ready = poll_poll((poll_list_pollable_ref){in, N});
            unsigned got = 0;
            bool right = ready.len > 0;
            for (size_t k = 0; k < ready.len; k++) {
                if (ready.ptr[k] >= N || got >> ready.ptr[k] & 1) right = false;
                else got |= 1u << ready.ptr[k];
            }
            /* "one or more indices of handles in the argument list that is ready" */
            check(right && got && !(got & ~set), "those that are ready, of set %d", (int)set);
        }
        for (unsigned i = 0; i < N; i++)
            check(poll_pollable_ready(ref(all[i])) == (set >> i & 1), "ready %d of set %d", (int)i,
                  (int)set);
        for (unsigned i = 0; i < N; i++) poll_pollable_drop(all[i]);
    }
    poll_pollable soon = mono_subscribe_duration(5 * MS), never = mono_subscribe_duration(HUGE);
    poll_pollable_ref twice[] = {ref(never), ref(soon), ref(never), ref(soon)};
    wit_list_u32 ready = poll_poll((poll_list_pollable_ref){twice, 4});
    check(ready.len && ready.ptr[0] % 2 == 1, "a handle may be given twice");
    check(ready.len < 2 || (ready.len == 2 && ready.ptr[1] % 2 == 1), "and may be told twice");
    enum { MANY = 2000 };
    poll_pollable_ref *many = WIT_NEW(poll_pollable_ref, MANY);
    for (int i = 0; i < MANY; i++) many[i] = ref(never);
    many[MANY - 1] = ref(soon);
    ready = poll_poll((poll_list_pollable_ref){many, MANY});
    check(ready.len == 1 && ready.ptr[0] == MANY - 1, "the last of 2000");
    poll_pollable_drop(soon);
    poll_pollable_drop(never);
}

/* ---- random ---- */

static bool differ(wit_list_u8 a, wit_list_u8 b) {
    for (size_t i = 0; i < a.len && i < b.len; i++)
        if (a.ptr[i] != b.ptr[i]) return true;
    return a.len != b.len;
}

/* Not all of one kind: each byte of 4096 is missing by chance once in 2^14 runs. */
static int distinct(wit_list_u8 bytes) {
    bool seen[256] = {0};
    int n = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        if (!seen[bytes.ptr[i]]) n++;
        seen[bytes.ptr[i]] = true;
    }
    return n;
}

static void random_numbers(void) {
    static const uint64_t lengths[] = {0, 1, 2, 7, 32, 255, 256, 4096, 65536, 100000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        wit_list_u8 a = random_get_random_bytes(lengths[i]);
        wit_list_u8 b = random_insecure_get_insecure_random_bytes(lengths[i]);
        check(a.len == lengths[i], "get-random-bytes of %u", lengths[i]);
        check(b.len == lengths[i], "get-insecure-random-bytes of %u", lengths[i]);
        if (lengths[i] < 32) continue;
        check(differ(a, random_get_random_bytes(lengths[i])), "\"fresh data\", %u bytes",
              lengths[i]);
    }
    check(distinct(random_get_random_bytes(4096)) > 200, "get-random-bytes has all kinds of bytes");
    uint64_t a = random_get_random_u64(), b = random_get_random_u64();
    check(a != b, "get-random-u64 is fresh");
    uint64_t ones = 0, zeroes = 0;
    for (int i = 0; i < 64; i++) {
        uint64_t n = random_get_random_u64();
        ones |= n;
        zeroes |= ~n;
    }
    check(!~ones && !~zeroes, "get-random-u64 has every bit");
    /* "There are no requirements on the values of the returned bytes" */
    (void)random_insecure_get_insecure_random_u64();
    check(true, "get-insecure-random-u64 can be called");
    wit_tuple2_u64_u64 seed = random_insecure_seed_insecure_seed();
    (void)seed;
    check(true, "insecure-seed can be called");
}

/* ---- the command ---- */

static void environment(void) {
    wit_list_string args = env_get_arguments();
    static const char *const want[] = {
        "one", "", "two words", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "--flag=value", "*"};
    enum { N = sizeof want / sizeof *want };
    check(args.len == N + 1, "arguments: the program's name and what was given");
    for (size_t i = 0; i < N; i++)
        check(i + 1 < args.len && text_is(args.ptr[i + 1], want[i]), "argument %d", (int)i + 1);
    wit_list_string again = env_get_arguments();
    check(again.len == args.len, "arguments: as many again");
    wit_list_tuple2_string_string all = env_get_environment();
    static const char *const variables[][2] = {{"PLAIN", "value"},
                                               {"EMPTY", ""},
                                               {"EQUAL", "a=b=c"},
                                               {"UMLAUT", "\xc3\xa4"},
                                               {"lower", "with spaces  "}};
    for (size_t i = 0; i < 5; i++) {
        int found = 0;
        for (size_t k = 0; k < all.len; k++)
            if (text_is(all.ptr[k].f0, variables[i][0]) && text_is(all.ptr[k].f1, variables[i][1]))
                found++;
        check(found == 1, "variable %s", variables[i][0]);
    }
    bool has_other = false;
    for (size_t k = 0; k < all.len; k++)
        if (text_is(all.ptr[k].f0, "PATH") || text_is(all.ptr[k].f0, "HOME")) has_other = true;
    check(!has_other, "none but the variables that were given");
    wit_list_tuple2_string_string same = env_get_environment();
    bool equal = same.len == all.len;
    for (size_t k = 0; equal && k < all.len; k++)
        equal = wit_string_eq(same.ptr[k].f0, all.ptr[k].f0) &&
                wit_string_eq(same.ptr[k].f1, all.ptr[k].f1);
    check(equal, "\"should return the same values each time it is called\"");
    wit_option_string cwd = env_initial_cwd();
    check(!cwd.is_some || cwd.val.len > 0, "initial-cwd: none, or a path");
}

static void streams(void) {
    io_input_stream in = cli_stdin_get_stdin();
    io_input_stream_ref i = io_input_stream_borrow(in);
    check(ready_within(io_input_stream_subscribe(i), 1000), "standard input at its end is ready");
    outcome(STREAM_CODE(io_input_stream_blocking_read(i, 10)), BIT(CLOSED), stream_name,
            "blocking-read at the end of standard input");
    outcome(STREAM_CODE(io_input_stream_read(i, 10)), BIT(CLOSED), stream_name, "read after it");
    outcome(STREAM_CODE(io_input_stream_skip(i, 10)), BIT(CLOSED), stream_name, "skip after it");
    outcome(STREAM_CODE(io_input_stream_blocking_skip(i, 10)), BIT(CLOSED), stream_name,
            "blocking-skip after it");
    io_input_stream other = cli_stdin_get_stdin();
    io_input_stream_drop(in);
    outcome(STREAM_CODE(io_input_stream_blocking_read(io_input_stream_borrow(other), 1)),
            BIT(CLOSED), stream_name, "another handle of standard input");
    io_input_stream_drop(other);
    for (int which = 0; which < 2; which++) {
        io_output_stream out = which ? cli_stderr_get_stderr() : cli_stdout_get_stdout();
        io_output_stream_ref o = io_output_stream_borrow(out);
        const char *name = which ? "stderr" : "stdout";
        check(ready_within(io_output_stream_subscribe(o), 1000), "%s becomes ready", name);
        io_result_u64_stream_error permit = io_output_stream_check_write(o);
        check(!permit.is_err && permit.val.ok > 0, "%s: check-write permits something", name);
        outcome(STREAM_CODE(io_output_stream_write(o, bytes_of(""))), YES, stream_name,
                "%s: write of nothing", name);
        outcome(STREAM_CODE(io_output_stream_write_zeroes(o, 0)), YES, stream_name,
                "%s: write-zeroes of none", name);
        outcome(STREAM_CODE(io_output_stream_flush(o)), YES, stream_name, "%s: flush", name);
        outcome(STREAM_CODE(io_output_stream_blocking_flush(o)), YES, stream_name,
                "%s: blocking-flush", name);
        outcome(STREAM_CODE(io_output_stream_blocking_write_and_flush(o, bytes_of(""))), YES,
                stream_name, "%s: blocking-write-and-flush of nothing", name);
        outcome(STREAM_CODE(io_output_stream_blocking_write_zeroes_and_flush(o, 0)), YES,
                stream_name, "%s: blocking-write-zeroes-and-flush of none", name);
        io_output_stream again = which ? cli_stderr_get_stderr() : cli_stdout_get_stdout();
        io_output_stream_drop(out);
        outcome(STREAM_CODE(io_output_stream_blocking_flush(io_output_stream_borrow(again))), YES,
                stream_name, "%s: another handle", name);
        io_output_stream_drop(again);
    }
    /* "If stdin is connected to a terminal": the runner's are pipes */
    check(!cli_terminal_stdin_get_terminal_stdin().is_some, "stdin is no terminal");
    check(!cli_terminal_stdout_get_terminal_stdout().is_some, "stdout is no terminal");
    check(!cli_terminal_stderr_get_terminal_stderr().is_some, "stderr is no terminal");
}

void cases(void) {
    PART(monotonic_clock);
    PART(wall_clock);
    PART(polling);
    PART(random_numbers);
    PART(environment);
    PART(streams);
}
