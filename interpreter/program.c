/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What the stores of one program have in common, so that only the first of them makes it:
 *
 *     program ── types      canonical types; an id is the same in all stores
 *             ── modules    prepared code, the images of memories, exports by name
 *             ── plans      how values of component types are laid out, the core types of functions
 *
 *     store ── instances, memories, tables, handles, objects ...     its own
 *
 * Nothing here is changed but by adding to it, as code is prepared with its first call. So the stores
 * of a program may live at the same time, but one thread runs them all.
 *
 * Code has the layouts of the structs and arrays that it makes in it, which belong to a store's heap:
 * a module that has such types has code of its own in each store, and shares its types' ids.
 */
#include "interpreter/component.h"

static void begin(void *context) {
    VmProgram *program = context;
    program->arena = arena_keep(arena_new());
    program->types = core_space_new(program->arena);
    program->plans = (AbiCache){.arena = program->arena, .no_steps = true};
}

VmProgram *vm_program_new(void) {
    VmProgram *program = alloc_new(&alloc_system, 1, sizeof *program);
    if (program && arena_try(&alloc_system, begin, program)) return program;
    alloc_free(&alloc_system, program);
    return NULL;
}

void vm_program_free(VmProgram *program) {
    if (!program) return;
    for (VmModule *m = program->modules, *next; m; m = next) {
        next = m->next;
        vm_module_free(m);
    }
    arena_free(program->arena);
    alloc_free(&alloc_system, program);
}

bool vm_program_suits(VmProgram *program, const VmLimits *limits, const Allocator *memory) {
    if (!program || memory->allocate != alloc_system.allocate) return false;
    if (!program->is_used) program->has_fuel = limits->has_fuel;
    program->is_used = true;
    return program->has_fuel == limits->has_fuel; /* code counts it, or does not */
}

static bool is_shareable(const CoreModule *core) {
    for (size_t i = 0; i < core->types.len; i++)
        if (core->types.at[i].kind != CORE_TYPE_FUNC) return false;
    return true;
}

/* The ids of a module that is not shared are in one that is never instantiated. */
VmModule *vm_module_of(VmStore *store, const CoreModule *core) {
    VmProgram *program = store->program;
    if (!program) return vm_module_new(store, core);
    MapEntry *known = map_get_ptr(&program->by_core, core);
    VmModule *shared = known ? known->ptr : vm_module_make(store, core, NULL);
    if (shared && !known) {
        shared->next = program->modules;
        program->modules = shared;
        map_put_ptr(program->arena, &program->by_core, core, NULL)->ptr = shared;
    }
    if (!shared || is_shareable(core)) return shared;
    VmModule *own = vm_module_make(store, core, shared->types);
    if (!own) return NULL;
    own->next = store->modules;
    return store->modules = own;
}

const AbiFunc *vm_abi(VmStore *store, const WitFunc *func, AbiVariant variant) {
    AbiCache *plans = vm_components(store)->plans;
    if (!store->program) return abi_func(plans, func, variant);
    Map *known = &store->program->funcs[variant];
    MapEntry *entry = map_get_ptr(known, func);
    if (entry) return entry->cptr;
    const AbiFunc *made = abi_func(plans, func, variant);
    if (made) map_put_ptr(store->program->arena, known, func, NULL)->cptr = made;
    return made;
}

Str vm_abi_shape(VmStore *store, const WitFunc *func) {
    VmProgram *program = store->program;
    if (!program) return abi_shape(store->arena, func);
    MapEntry *entry = map_get_ptr(&program->shapes, func);
    if (entry) return *(const Str *)entry->cptr;
    Str shape = abi_shape(program->arena, func);
    const Str *kept = arena_copy(program->arena, &shape, sizeof shape);
    map_put_ptr(program->arena, &program->shapes, func, NULL)->cptr = kept;
    return shape;
}
