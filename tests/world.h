/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_WORLD_H
#define TESTS_WORLD_H

#include "interpreter/interpreter.h"
#include "tests/test.h"
#include "wat/wat.h"

/* For the unit tests of components: one, given as text, in a store of its own with a linker. */

static Arena *arena;
static Diags diags;

typedef struct {
    VmStore *store;
    VmThread *thread;
    VmLinker *linker;
    VmComponent *component;
    AbiValue result[4];
} World;

static inline World world_of(const VmLimits *limits) {
    diags = (Diags){.arena = arena};
    World w = {.store = vm_store_new(limits)};
    w.thread = vm_thread_new(w.store);
    w.linker = vm_linker_new(w.store);
    return w;
}

static inline World world_new(void) { return world_of(NULL); }

static inline void world_free(World *w) {
    vm_linker_free(w->linker);
    vm_thread_free(w->thread);
    vm_store_free(w->store);
}

/* The component of a text, with more bytes at its end; false, and why is printed, where it is none. */
static inline bool world_load(World *w, const char *text, Str more) {
    const Source *source = source_of(arena, STR("test.wat"), str_from(text));
    const Source *binary = wat_to_binary(arena, source, features_all(), &diags);
    if (!binary) return diag_print(stdout, &diags, false), false;
    const Source *whole = source_of(arena, STR("test.wasm"), str_concat(arena, binary->text, more));
    CompComponent *c = comp_decode(arena, whole, features_all(), &diags);
    const CompInfo *info = c ? comp_validate(arena, c, features_all(), &diags) : NULL;
    if (!info) diag_print(stdout, &diags, false);
    w->component = info ? vm_component_new(w->thread, info, w->linker, &diags) : NULL;
    return w->component != NULL;
}

#endif
