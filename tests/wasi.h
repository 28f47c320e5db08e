/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_WASI_H
#define TESTS_WASI_H

#include "tests/test.h"
#include "wasi/wasi.h"

/* For the unit tests of WASI: its functions are called as a guest's imports are, without a guest. */

static Arena *arena;
static VmStore *store;
static VmThread *thread;
static Wasi *wasi;
static AbiValue result[4]; /* of the last call */

static inline const WasiFunc *find_func(const WasiInterface *interface, Str name) {
    for (size_t i = 0; i < interface->func_count; i++)
        if (str_is(name, interface->funcs[i].name)) return &interface->funcs[i];
    return NULL;
}

static inline VmStatus call(const char *interface, const char *name, const AbiValue *args) {
    const WasiInterface *ours;
    memset(result, 0, sizeof result);
    for (size_t i = 0; (ours = wasi_interface(i)); i++) {
        const WasiFunc *f = strcmp(ours->name, interface) ? NULL : find_func(ours, str_from(name));
        if (f) return f->fn(thread, wasi, args, result, arena);
    }
    printf("no %s %s\n", interface, name);
    return VM_TRAP;
}

static inline AbiValue bits(uint64_t n) { return (AbiValue){.bits = n}; }
static inline AbiValue list(const char *s) {
    return (AbiValue){.list = {(void *)(uintptr_t)s, strlen(s)}};
}
static inline AbiValue text(const char *s) { return (AbiValue){.string = {s, strlen(s)}}; }

static inline void host_open(const WasiContext *context) {
    store = vm_store_new(NULL);
    thread = vm_thread_new(store);
    wasi = wasi_new(store, context);
}

static inline void host_close(void) {
    wasi_free(wasi);
    vm_thread_free(thread);
    vm_store_free(store);
}

#endif
