/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef COMPONENT_LINK_LIBRARIES_H
#define COMPONENT_LINK_LIBRARIES_H

#include "component/componentize.h"

/* What the files of `component link` share: dylink.c, link_libraries.c, link_env.c. */

/* What an import of a library is given. */
typedef struct {
    enum { SYMBOL_WORLD, SYMBOL_ENV, SYMBOL_LIBRARY } from; /* by the world's names; an export */
    size_t library;                                         /* SYMBOL_LIBRARY: which */
    Str name;                                               /* of the export */
} LinkSymbol;

/* A library: a core module with a `dylink.0` section. */
typedef struct {
    Str name;
    const Source *given, *source; /* as it came; without its `component-type` sections */
    const CoreModule *core;
    bool dl_openable, has_exports;                               /* its world exports something */
    uint32_t memory_size, memory_align, table_size, table_align; /* alignments: powers of two */
    VEC(Str) needed;
    Map weak;            /* comp_import_key of imports that may be missing */
    LinkSymbol *symbols; /* an entry an import */
    bool *uses;          /* by library: itself or what it needs takes something of it */
    bool *before;        /* by library: it should be instantiated first */
    bool is_kept;
    size_t rank; /* its place among the kept ones */
    uint32_t memory_base, table_base;
    uint32_t tls_slot; /* CORE_NONE: it has no thread-local storage */
    LinkModule *module;
} LinkLibrary;

/* An entry of the function table: what it holds, and whether `env` has a function that calls it. */
typedef struct {
    size_t library; /* COMP_NONE: a stub, which traps */
    Str name, env_name;
    const CoreType *type;
    bool is_called, is_taken; /* by a function of `env`; by its address */
    uint32_t slot;
} LinkSlot;

/* An address that is known when its library is there: of a global of it. */
typedef struct {
    size_t library;
    Str symbol, global; /* `global`: of env, gets it; empty: the memory at `address` does */
    uint32_t address;
} LinkAddress;

/* What all libraries together look like in memory. */
typedef struct LinkPlan {
    Arena *arena;
    Diags *diags;
    const CompLinkOptions *options;
    VEC(LinkLibrary) libraries; /* as given: the first one with a symbol provides it */
    VEC(size_t) order;          /* the kept ones, as they are instantiated */
    Map by_name, by_symbol, by_func;
    VEC(LinkSlot) slots;
    Map slot_by_key;
    VEC(LinkAddress) addresses;
    Map globals; /* exported globals of env -> initial value */
    uint32_t stack_size, table_base, slot_base, dl_base, dl_libraries, table_size, pages;
    uint32_t tls_base, tls_info, tls_program, tls_count; /* addresses; 0: not there */
    bool has_threads;
    Buf dl;                 /* the tables for dlopen */
    VEC(LinkSlot) dl_funcs; /* at table_base */
} LinkPlan;

bool comp_symbol_special(Str export_name); /* called by the linker: no symbol for others */
bool comp_read_library(LinkPlan *p, const CompLibrary *given, Features features, LinkLibrary *lib);
/* By kind, type and name; empty for what no library can share. */
Str comp_symbol_key(Arena *arena, const CoreModule *m, CoreExtern kind, uint32_t index, Str name);
LinkPlan *comp_plan_libraries(Arena *arena, const CompLinkOptions *options, Features features,
                              Diags *diags);
Str comp_env_module(const LinkPlan *p);
/* `hook` is the name of the task hook, an export of `hook_library`; empty: none. */
Str comp_init_module(const LinkPlan *p, const LinkLibrary *hook_library, Str hook);

#endif
