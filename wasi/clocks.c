/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:clocks. An instant is the monotonic clock in nanoseconds; a duration that reaches beyond its
 * end never comes. The unstable timezone interface exists only where it is granted, and then is the
 * host's local time.
 */
#include <time.h>

#include "wasi/internal.h"

/* ---- monotonic-clock ---- */

WASI_FN(monotonic_now) {
    result->bits = wasi_read_clock(context);
    return VM_DONE;
}

WASI_FN(monotonic_resolution) {
    const WasiClock *clock = wasi_clock(context);
    result->bits = clock->resolution(clock, false);
    return VM_DONE;
}

WASI_FN(subscribe_instant) { return wasi_pollable(thread, context, NULL, args[0].bits, result); }

WASI_FN(subscribe_duration) {
    uint64_t now = wasi_read_clock(context), duration = args[0].bits;
    uint64_t when = duration > UINT64_MAX - now ? UINT64_MAX : now + duration;
    return wasi_pollable(thread, context, NULL, when, result);
}

/* ---- wall-clock ---- */

WASI_FN(wall_now) {
    const WasiClock *clock = wasi_clock(context);
    struct timespec t = clock->wall(clock);
    result[0].bits = t.tv_sec < 0 ? 0 : (uint64_t)t.tv_sec;
    result[1].bits = t.tv_sec < 0 ? 0 : (uint64_t)t.tv_nsec;
    return VM_DONE;
}

WASI_FN(wall_resolution) {
    const WasiClock *clock = wasi_clock(context);
    uint64_t ns = clock->resolution(clock, true);
    result[0].bits = ns / 1000000000u;
    result[1].bits = ns % 1000000000u;
    return VM_DONE;
}

/* ---- timezone ---- */

/* Local time of a datetime, where the host's calendar reaches it; else UTC. */
static struct tm local(const Wasi *wasi, const AbiValue *datetime) {
    struct tm tm = {.tm_zone = "UTC"};
    time_t seconds = (time_t)datetime[0].bits;
    if (!wasi_fixed(wasi) && datetime[0].bits <= INT64_MAX && localtime_r(&seconds, &tm)) return tm;
    return (struct tm){.tm_zone = "UTC"};
}

WASI_FN(timezone_display) {
    struct tm tm = local(context, args);
    result[0].bits = (uint64_t)(int64_t)tm.tm_gmtoff;
    wasi_string(&result[1], str_copy(scratch, str_from(tm.tm_zone ? tm.tm_zone : "UTC")));
    result[2].bits = tm.tm_isdst > 0;
    return VM_DONE;
}

WASI_FN(utc_offset) {
    result->bits = (uint64_t)(int64_t)local(context, args).tm_gmtoff;
    return VM_DONE;
}

/* ---- tables ---- */

static const WasiFunc monotonic_funcs[] = {
    {"now", "()->u64", monotonic_now},
    {"resolution", "()->u64", monotonic_resolution},
    {"subscribe-instant", "(u64)->own", subscribe_instant},
    {"subscribe-duration", "(u64)->own", subscribe_duration},
};
static const WasiFunc wall_funcs[] = {
    {"now", "()->record<u64,u32>", wall_now},
    {"resolution", "()->record<u64,u32>", wall_resolution},
};
static const WasiFunc timezone_funcs[] = {
    {"display", "(record<u64,u32>)->record<s32,string,bool>", timezone_display},
    {"utc-offset", "(record<u64,u32>)->s32", utc_offset},
};

const WasiInterface wasi_clocks[3] = {
    {"wasi:clocks/monotonic-clock", monotonic_funcs, WASI_COUNT(monotonic_funcs), NULL},
    {"wasi:clocks/wall-clock", wall_funcs, WASI_COUNT(wall_funcs), NULL},
    {"wasi:clocks/timezone", timezone_funcs, WASI_COUNT(timezone_funcs), NULL},
};
