/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:random. Secure numbers are the kernel's. Insecure ones come from a small generator
 * (splitmix64) that is seeded once a host, by the kernel or, for runs that repeat, by the context.
 */
#include <errno.h>
#include <sys/random.h>

#include "wasi/internal.h"

/* True once all bytes are filled. */
static bool fill(const Wasi *wasi, void *bytes, size_t n) {
    WasiFixed *fixed = wasi_fixed(wasi);
    if (fixed) return wasi_splitmix_fill(wasi_fixed_random(fixed), bytes, n), true;
    for (size_t at = 0; at < n;) {
        ssize_t got = getrandom((char *)bytes + at, n - at, 0);
        if (got < 0 && errno != EINTR) return false;
        if (got > 0) at += (size_t)got;
    }
    return true;
}

static VmStatus no_random(VmThread *thread) {
    return vm_trap_text(thread, TRAP_HOST, "the system gives no random numbers");
}

static VmStatus too_many(VmThread *thread, const Wasi *wasi) {
    return vm_trap_text(thread, TRAP_HOST, "more than %llu random bytes in one call",
                        (unsigned long long)wasi_limits(wasi)->max_random);
}

WASI_FN(get_random_bytes) {
    if (args[0].bits > wasi_limits(context)->max_random) return too_many(thread, context);
    result->list.len = (size_t)args[0].bits;
    result->list.items = arena_alloc(scratch, result->list.len);
    return fill(context, result->list.items, result->list.len) ? VM_DONE : no_random(thread);
}

WASI_FN(get_random_u64) { return fill(context, &result->bits, 8) ? VM_DONE : no_random(thread); }

static uint64_t next(Wasi *wasi) { return wasi_splitmix(wasi_seed(wasi)); }

WASI_FN(get_insecure_random_bytes) {
    if (args[0].bits > wasi_limits(context)->max_random) return too_many(thread, context);
    size_t n = (size_t)args[0].bits;
    uint8_t *bytes = arena_alloc(scratch, n);
    wasi_splitmix_fill(wasi_seed(context), bytes, n);
    result->list.items = bytes;
    result->list.len = n;
    return VM_DONE;
}

WASI_FN(get_insecure_random_u64) {
    result->bits = next(context);
    return VM_DONE;
}

/* The same each time: it is to become a value. */
WASI_FN(insecure_seed) {
    const uint64_t *words = wasi_insecure_seed(context);
    result[0].bits = words[0];
    result[1].bits = words[1];
    return VM_DONE;
}

static const WasiFunc random_funcs[] = {
    {"get-random-bytes", "(u64)->list<u8>", get_random_bytes},
    {"get-random-u64", "()->u64", get_random_u64},
};
static const WasiFunc insecure_funcs[] = {
    {"get-insecure-random-bytes", "(u64)->list<u8>", get_insecure_random_bytes},
    {"get-insecure-random-u64", "()->u64", get_insecure_random_u64},
};
static const WasiFunc seed_funcs[] = {{"insecure-seed", "()->tuple<u64,u64>", insecure_seed}};

const WasiInterface wasi_random[3] = {
    {"wasi:random/random", random_funcs, WASI_COUNT(random_funcs), NULL},
    {"wasi:random/insecure", insecure_funcs, WASI_COUNT(insecure_funcs), NULL},
    {"wasi:random/insecure-seed", seed_funcs, WASI_COUNT(seed_funcs), NULL},
};
