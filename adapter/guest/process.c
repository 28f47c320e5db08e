/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Arguments, environment, exit, clocks, random numbers, and what WASI 0.2 has nothing for. */
#include "guest.h"

/* ---- arguments and environment ---- */

#if PROXY

EXPORT("args_sizes_get") u32 args_sizes_get(u32 *count, u32 *size) { return *count = *size = 0; }
EXPORT("args_get") u32 args_get(u32 *pointers, u8 *bytes) { return SUCCESS; }
EXPORT("environ_sizes_get") u32 environ_sizes_get(u32 *count, u32 *size) {
    return *count = *size = 0;
}
EXPORT("environ_get") u32 environ_get(u32 *pointers, u8 *bytes) { return SUCCESS; }

#else

IMPORT("wasi:cli/environment@0.2.0", "get-environment") void get_environment(u8 *area);
IMPORT("wasi:cli/environment@0.2.0", "get-arguments") void get_arguments(u8 *area);

/* Where they are in the state, as soon as they are known: how many, bytes of all together with the
 * zero at the end of each, where this ends, strings. Each variable is two strings. 0: not yet. */
enum { L_COUNT = 0, L_SIZE = 8, L_END = 16, L_STRINGS = 24 };
u32 GLOBAL args;
u32 GLOBAL variables;

/* Puts the list that the area tells into the state. */
static u32 keep_list(u32 strings_each) {
    u32 list = word_at(AREA), n = word_at(AREA + 4) * strings_each, size = 0;
    u32 start = arena_top(), top = start + L_STRINGS;
    if (!state_room(top)) __builtin_trap();
    for (u32 i = 0; i < n; i++) {
        u32 length = word_at(list + 8 * i + 4);
        size += length + 1;
        top = keep_string(top, at(word_at(list + 8 * i)), length);
    }
    state_store64(start + L_COUNT, n / strings_each);
    state_store64(start + L_SIZE, size);
    state_store64(start + L_END, top);
    return start;
}

static u32 find_args(void) {
    if (args || !arena_begin()) return args;
    Held held = hold(AREA);
    get_arguments(at(AREA));
    u32 start = keep_list(1);
    release(AREA, held);
    arena_end();
    keep_until((u32)state_load64(start + L_END));
    return args = start;
}

static u32 find_variables(void) {
    if (variables || !arena_begin()) return variables;
    Held held = hold(AREA);
    get_environment(at(AREA));
    u32 start = keep_list(2);
    release(AREA, held);
    arena_end();
    keep_until((u32)state_load64(start + L_END));
    return variables = start;
}

static u32 sizes(u32 list, u32 *count, u32 *size) {
    *count = list ? (u32)state_load64(list + L_COUNT) : 0;
    *size = list ? (u32)state_load64(list + L_SIZE) : 0;
    return SUCCESS;
}

static u32 strings(u32 list, u32 strings_each, u32 *pointers, u8 *bytes) {
    u32 n = list ? (u32)state_load64(list + L_COUNT) * strings_each : 0;
    u32 top = list + L_STRINGS;
    for (u32 i = 0; i < n; i++) {
        u32 length = (u32)state_load64(top);
        u32 is_name = strings_each == 2 && i % 2 == 0;
        if (strings_each == 1 || is_name) *pointers++ = (u32)bytes;
        copy_out(bytes, top + 8, length);
        bytes[length] = is_name ? '=' : 0;
        bytes += length + 1;
        top += 8 + ((length + 7) & ~7u);
    }
    return SUCCESS;
}

EXPORT("args_sizes_get") u32 args_sizes_get(u32 *count, u32 *size) {
    return sizes(find_args(), count, size);
}
EXPORT("args_get") u32 args_get(u32 *pointers, u8 *bytes) {
    return strings(find_args(), 1, pointers, bytes);
}
EXPORT("environ_sizes_get") u32 environ_sizes_get(u32 *count, u32 *size) {
    return sizes(find_variables(), count, size);
}
EXPORT("environ_get") u32 environ_get(u32 *pointers, u8 *bytes) {
    return strings(find_variables(), 2, pointers, bytes);
}

#endif

/* ---- exit ---- */

/* The linker exports one of the two under the name of the first; the names are equally long. */
#if PROXY
EXPORT("proc_exit") void proc_exit(u32 status) { __builtin_trap(); }
#else
IMPORT("wasi:cli/exit@0.2.0", "exit") void cli_exit(u32 is_error);
IMPORT("wasi:cli/exit@0.2.12", "exit-with-code") void cli_exit_with_code(u32 status);
IMPORT("__main_module__", "_start") void main_start(void);

EXPORT("proc_exit") void proc_exit(u32 status) {
    cli_exit(status != 0);
    __builtin_trap();
}
EXPORT("proc_code") void proc_code(u32 status) {
    cli_exit_with_code(status);
    __builtin_trap();
}
EXPORT("wasi:cli/run@0.2.0#run") u32 run(void) {
    main_start();
    return 0;
}
#endif

EXPORT("proc_raise") u32 proc_raise(u32 signal) { return NOSYS; }
EXPORT("sched_yield") u32 sched_yield(void) { return SUCCESS; }

/* ---- clocks ---- */

IMPORT("wasi:clocks/monotonic-clock@0.2.0", "now") u64 monotonic_now(void);
IMPORT("wasi:clocks/monotonic-clock@0.2.0", "resolution") u64 monotonic_resolution(void);
IMPORT("wasi:clocks/monotonic-clock@0.2.0", "subscribe-instant") u32 subscribe_instant(u64 when);
IMPORT("wasi:clocks/wall-clock@0.2.0", "now") void wall_now(u8 *area);
IMPORT("wasi:clocks/wall-clock@0.2.0", "resolution") void wall_resolution(u8 *area);

u32 GLOBAL is_paused;
u64 GLOBAL last_time, last_wall;

/* Where an import must not be called, the clocks stand still meanwhile, and waiting is over at once:
 * by as much the monotonic one goes on. The linker and programs call this around their allocator. */
EXPORT("adapter_monotonic_clock_set_paused") void set_paused(u32 paused) { is_paused = paused; }
u32 paused(void) { return is_paused; }

/* The datetime in the area in nanoseconds; all ones where these are too many. */
static u64 nanoseconds(void) {
    u64 seconds = long_at(AREA), rest = word_at(AREA + 8);
    return seconds > 18446744072ull ? ~0ull : seconds * 1000000000 + rest;
}

static u64 wall_time(void) {
    if (is_paused) return last_wall;
    Held held = hold(AREA);
    wall_now(at(AREA));
    last_wall = nanoseconds();
    release(AREA, held);
    return last_wall;
}

static u64 monotonic_time(void) {
    u64 now = is_paused ? 0 : monotonic_now();
    if (now > last_time) last_time = now;
    return last_time;
}

void wait_paused(u64 timeout, u32 is_absolute) {
    u64 until = is_absolute ? timeout : last_time + timeout;
    if (until > last_time) last_time = until;
}

EXPORT("clock_res_get") u32 clock_res_get(u32 clock, u64 *resolution) {
    if (clock > CLOCK_MONOTONIC) return INVAL;
    if (clock == CLOCK_MONOTONIC) {
        *resolution = monotonic_resolution();
        return SUCCESS;
    }
    Held held = hold(AREA);
    wall_resolution(at(AREA));
    u64 time = nanoseconds();
    release(AREA, held);
    *resolution = time;
    return time == ~0ull ? OVERFLOW : SUCCESS;
}

EXPORT("clock_time_get") u32 clock_time_get(u32 clock, u64 precision, u64 *time) {
    if (clock > CLOCK_MONOTONIC) return INVAL;
    if (clock == CLOCK_MONOTONIC) {
        *time = monotonic_time();
        return SUCCESS;
    }
    u64 now = wall_time();
    *time = now;
    return now == ~0ull ? OVERFLOW : SUCCESS;
}

/* For poll.c: a pollable. */
Got subscribe_clock(u32 clock, u64 timeout, u32 is_absolute) {
    if (clock > CLOCK_MONOTONIC) return failed(INVAL);
    if (!is_absolute) return got(subscribe_duration(timeout));
    if (clock == CLOCK_MONOTONIC) return got(subscribe_instant(timeout));
    u64 now = wall_time();
    return got(subscribe_duration(timeout > now ? timeout - now : 0));
}

/* ---- random numbers ---- */

IMPORT("wasi:random/random@0.2.0", "get-random-bytes") void get_random_bytes(u64 n, u8 *area);

EXPORT("random_get") u32 random_get(u8 *to, u32 length) {
    enum { AT_ONCE = 16384 };
    while (length) {
        u32 n = length < AT_ONCE ? length : AT_ONCE, area = area_beside((u32)to, n);
        Held held = hold(area);
        expect_list(to, n);
        get_random_bytes(n, at(area));
        release(area, held);
        to += n, length -= n;
    }
    return SUCCESS;
}

/* ---- sockets: a program of preview 1 cannot have opened one ---- */

static u32 not_a_socket(u32 fd) { return is_open(fd) ? NOTSOCK : BADF; }

EXPORT("sock_accept") u32 sock_accept(u32 fd, u32 flags, u32 *connection) {
    return not_a_socket(fd);
}
EXPORT("sock_recv")
u32 sock_recv(u32 fd, u8 *iovs, u32 count, u32 flags, u32 *length, u16 *out_flags) {
    return not_a_socket(fd);
}
EXPORT("sock_send") u32 sock_send(u32 fd, u8 *iovs, u32 count, u32 flags, u32 *length) {
    return not_a_socket(fd);
}
EXPORT("sock_shutdown") u32 sock_shutdown(u32 fd, u32 how) { return not_a_socket(fd); }

/* ---- for programs that are put to sleep and woken elsewhere ---- */

void forget_descriptors(void);

EXPORT("reset_adapter_state") void reset_adapter_state(void) {
#if !PROXY
    args = variables = 0;
#endif
    heap = 0;
    is_paused = 0;
    last_time = last_wall = 0;
    forget_descriptors();
}
