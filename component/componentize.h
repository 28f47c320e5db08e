/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef COMPONENT_COMPONENTIZE_H
#define COMPONENT_COMPONENTIZE_H

#include "component/internal.h"

/* What the files of `component new` share: componentize.c, mangle.c, naming.c, shim.c, dummy.c. */

/* mangle.c: the names of the two schemes. `item` NULL or a function: the world itself. */
Str comp_item_key(Arena *arena, const WitItem *item, bool is_standard);
Str comp_import_module(Arena *arena, const WitItem *item, bool is_standard, bool is_export);
Str comp_export_name(Arena *arena, const WitItem *item, Str func, bool is_standard);
Str comp_dtor_name(Arena *arena, const WitItem *item, const WitType *resource, bool is_standard);
/* The streams and futures in the type of a function, innermost first; a type counts each time. */
CompTypeList comp_payloads(Arena *arena, const WitFunc *func);
/* Core function types: of flat types, of a function, of letters ('i': i32, 'l': i64). */
CoreValType comp_flat_type(AbiCore t);
const CoreType *comp_flat_func(Arena *arena, const AbiCore *params, uint32_t n,
                               const AbiCore *results, uint32_t m);
const CoreType *comp_abi_type(Arena *arena, const AbiFunc *abi);
const CoreType *comp_text_type(Arena *arena, const char *params, const char *results);
/* How the result of an asynchronous function is told; NULL as abi_func. */
const AbiFunc *comp_task_return(AbiCache *cache, const WitFunc *func);

typedef enum { LINK_FUNC, LINK_RESOURCE_DROP, LINK_RESOURCE_NEW, LINK_RESOURCE_REP } LinkImportKind;

/* What an import of the core module means. */
typedef struct {
    LinkImportKind kind;
    Str module, field;
    const WitItem *item;     /* of the world: whose function or resource it is */
    const WitFunc *func;     /* FUNC */
    const WitType *resource; /* RESOURCE_* */
    const AbiFunc *abi;      /* FUNC */
    uint32_t shim;           /* its number in the shim module, or COMP_NONE: it is there directly */
    uint32_t core_func;      /* once it is lowered */
} LinkImport;

/* The core functions of an exported function. */
typedef struct {
    const WitFunc *func;
    Str name, post_return;
    const AbiFunc *abi;
} LinkExport;

/* A function of the shim module: it stands for an import, or for an export of the module. */
typedef struct {
    LinkImport *import;
    Str export_name;
    const CoreType *type; /* of the core function */
} LinkShim;

typedef struct {
    Arena *arena;
    Diags *diags;
    const CompNewOptions *options;
    const Source *source; /* of the module without its `component-type` sections */
    CompModuleWorld world;
    const CoreModule *core;
    AbiCache cache;

    VEC(LinkImport) imports; /* an entry an import of the core module, in order */
    VEC(LinkExport) exports;
    VEC(LinkShim) shims;
    Map dtor_shims;          /* resource -> number of its destructor in the shim module */
    Str memory_name, initialize;
    Map wanted;              /* types and functions that the component's imports must have */

    CompBuilder b;
    CompInstances types;
    Map world_funcs;         /* imported functions of the world -> index */
    Map own_resources;       /* exported resources -> type index */
    uint32_t main_module, fixup_module, shim_instance, main;
    uint32_t memory, import_realloc, export_realloc;
} Linker;

/* naming.c: finds out what every import and export of the core module means, checks their core
 * types, and decides which imports need the shim. False and diagnostics. */
bool comp_link_names(Linker *l);
const LinkExport *comp_link_export(Linker *l, const WitItem *item, const WitFunc *func);
Str comp_realloc_name(Linker *l, bool import); /* empty: none */

/* shim.c */
Str comp_shim_name(Arena *arena, uint32_t number);
Str comp_shim_module(Linker *l);
Str comp_fixup_module(Linker *l);

#endif
