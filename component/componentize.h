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

/* ---- modules and what they import and export ---- */

typedef struct LinkModule LinkModule;
struct LinkPlan;

typedef enum {
    LINK_FUNC,    /* a function of the world's imports */
    LINK_CANON,   /* a canonical built-in: `canon` */
    LINK_ADAPTER, /* a function of an adapter */
    LINK_MAIN,    /* an export, of any kind, of the main module or of a library: `adapter` */
    LINK_MEMORY,  /* the main module's memory */
    LINK_TLS_GET, /* the base of thread-local storage */
    LINK_TLS_SET
} LinkImportKind;

/* What an import of a core module means. */
typedef struct {
    LinkImportKind kind;
    LinkModule *owner; /* whose import it is */
    Str module, field; /* as in the module; `name`: before it was made unique */
    Str name;
    uint32_t offset;
    CoreExtern sort;
    const CoreType *type;    /* of a function */
    const WitItem *item;     /* of the world: whose function or resource it is */
    const WitFunc *func;     /* FUNC; CANON: whose result or payload it is about */
    const AbiFunc *abi;      /* FUNC */
    CompCanon canon;         /* CANON: without its indices */
    const WitType *resource; /* CANON of resources */
    const WitType *payload;  /* CANON of streams and futures: the stream or future */
    bool of_export;          /* CANON: `item` is an export of the world */
    LinkModule *adapter;     /* ADAPTER, MAIN: whose export it is */
    bool needs_memory, needs_realloc, needs_encoding;
    AbiEncoding encoding;
    uint32_t shim; /* its number in the shim module, or COMP_NONE: it is there directly */
} LinkImport;

/* The core functions of an exported function. */
typedef struct {
    LinkModule *owner;
    const WitItem *item;
    const WitFunc *func;
    Str name, post_return, callback; /* the last two may be empty */
    const AbiFunc *abi;
} LinkExport;

/* The main module, a library or an adapter. */
struct LinkModule {
    Str name; /* of an adapter: the module name that it serves */
    bool is_adapter, is_library;
    bool has_own_state;   /* our own adapter: what it keeps is in a memory of its own */
    size_t library;       /* its number in the plan */
    const Source *source; /* of the module without its `component-type` sections */
    const CoreModule *core;
    Str bytes;
    Map import_encodings, export_encodings; /* as in CompModuleWorld */
    Map provides;                           /* names of the world's exports that are its own */
    Map original;                           /* renamed imports: comp_import_key -> Str */
    Map exports_by_name;                    /* comp_module_export */
    VEC(LinkImport) imports;                /* an entry an import, in order */
    Str memory, initialize, task_hook;      /* exports of the main module; may be empty */
    uint32_t module, instance;              /* once they are there */
    Map aliases;                            /* name of an export -> core index */
};

/* A function of the shim module: it stands for an import, or for an export of a module. */
typedef struct {
    enum { SHIM_IMPORT, SHIM_DTOR, SHIM_REALLOC } kind;
    LinkImport *import;
    LinkModule *owner; /* DTOR, REALLOC: the module with the export */
    Str export_name;
    const CoreType *type;
} LinkShim;

/* Codes that `__wasm_task_hook` is called with. */
typedef enum {
    HOOK_SYNC_START,
    HOOK_SYNC_FINISH,
    HOOK_ASYNC_START,
    HOOK_ASYNC_RESUME,
    HOOK_ASYNC_BLOCK,
    HOOK_ASYNC_FINISH,
    HOOK_INITIALIZE_START,
    HOOK_INITIALIZE_FINISH,
    HOOK_DTOR_START,
    HOOK_DTOR_FINISH,
    HOOK_POST_RETURN_START,
    HOOK_POST_RETURN_FINISH,
    HOOK_REALLOC_START,
    HOOK_REALLOC_FINISH,
    /* What a pauser is called with. */
    HOOK_PAUSE_START = 1,
    HOOK_PAUSE_FINISH = 0
} LinkHookCode;

/* A function of the fixup module that calls a module's export between two calls of the hook; with
 * `by_code` the second tells by the result whether the task blocks or finishes. */
typedef struct {
    LinkModule *owner;
    Str name;
    const CoreType *type;
    LinkHookCode start, finish;
    bool by_code;
} LinkHook;

typedef struct {
    Arena *arena;
    Diags *diags;
    const CompNewOptions *options;
    WitModel *model;
    WitWorld *world;
    AbiCache cache;

    VEC(LinkModule *) modules; /* the main one first; libraries; adapters that are used */
    struct LinkPlan *plan;     /* of the libraries; NULL: there are none */
    LinkModule *hook_owner;    /* whose hook it is: the main module, a library, or the pauser */
    Str hook;                  /* the name of its export; empty: there is none */
    LinkModule *pauser;        /* the adapter that is told of reallocs, or NULL */
    VEC(LinkExport) exports;
    Map funcs_by_name;   /* comp_interface_func */
    Map items_by_module; /* a module name -> the item of the world that it means */
    Map exports_by_func; /* functions of the world's exports -> index in exports */
    VEC(LinkShim) shims;
    Map dtor_shims;    /* resource -> number in the shim module */
    Map realloc_shims; /* "module:name" -> number; only where there is a hook */
    VEC(LinkHook) hooks;
    Map hooks_by_name;               /* "module:name" -> index in hooks */
    const CoreLimits *memory_import; /* the main module imports its memory: the shim has it */
    CoreValType tls_type;            /* CORE_BOTTOM: the shim has no global for it */
    Map wanted;                   /* types and functions that the component's imports must have */
    Map live;                     /* an interface -> index in live_types */
    VEC(CompTypeList) live_types; /* wanted types of an interface, as they are met */

    CompBuilder b;
    CompInstances types;
    CompTypeScope intrinsics; /* types of exported interfaces, for built-ins */
    Map world_funcs;          /* imported functions of the world -> index */
    Map own_resources;        /* exported resources -> type index */
    uint32_t shim_instance, fixup_instance;
    Map shim_aliases, fixup_aliases;
    uint32_t memory;
} Linker;

static inline LinkModule *link_main(const Linker *l) { return l->modules.at[0]; }

/* naming.c: finds out what every import and export of the modules means, checks their core types,
 * and decides which imports need the shim. False and diagnostics. */
bool comp_link_names(Linker *l);
const CoreExport *comp_module_export(const LinkModule *m, Str name);
void comp_index_exports(Linker *l, LinkModule *m);
const WitFunc *comp_interface_func(Linker *l, const WitInterface *interface, Str name);
bool comp_link_imports(Linker *l, LinkModule *m);
bool comp_link_exports(Linker *l, LinkModule *m);
/* Whether the built-in that an import names is known: fills `out`. builtin.c */
typedef enum { BUILTIN_NONE, BUILTIN_FOUND, BUILTIN_WRONG } LinkFound;
LinkFound comp_link_builtin(Linker *l, LinkModule *m, const CoreImport *import, Str field,
                            const WitItems *items, LinkImport *out);
LinkFound comp_link_env(Linker *l, LinkImport *out);
bool comp_check_core_type(Linker *l, const LinkModule *m, Str name, uint32_t offset,
                          const CoreType *have, const CoreType *want);
/* The module whose realloc serves an import or export of `m`, and its name; NULL: none. */
LinkModule *comp_realloc_of(Linker *l, LinkModule *m, bool import, Str *name);
Str comp_module_key(Linker *l, const LinkModule *m, Str name);
/* pause.c: whether the main module's realloc needs an adapter to know of it: `pauser` and `hook`. */
void comp_link_pause(Linker *l);

/* adapter.c: the module with only what `roots` (names of exports) need, and with a stack. `realloc`
 * is the main module's; empty: memory is had by memory.grow. NULL and diagnostics. */
const CoreModule *comp_minimize_adapter(Linker *l, const LinkModule *m, const Map *roots,
                                        Str realloc);
/* The module with imports that have one name each; *original gets the names that they had, by
 * comp_import_key. */
Str comp_import_key(Arena *arena, Str module, Str name);
const CoreModule *comp_unique_imports(Arena *arena, const CoreModule *core, Map *original);

/* link_libraries.c: the library that provides a symbol, NULL: none, or the main module where there are
 * no libraries; what an import of a library is given, false where it is for naming.c to find out. */
LinkModule *comp_link_provider(const Linker *l, Str name, CoreExtern kind);
bool comp_library_import(Linker *l, const LinkModule *m, const CoreImport *import, LinkImport *out);
/* Instantiates the module that sets the libraries up. */
void comp_link_init(Linker *l);

/* componentize.c: a module of which only the world is known yet, and the rest of the work. */
typedef enum { LINK_THE_MAIN, LINK_A_LIBRARY, LINK_AN_ADAPTER } LinkRole;
LinkModule *comp_load_module(Linker *l, const Source *source, Str name, LinkRole role,
                             CompModuleWorld *world);
Linker *comp_linker(Arena *arena, const CompNewOptions *options, Diags *diags);
CompComponent *comp_link_all(Linker *l, const Source *module, CompModuleWorld *world);

/* shim.c */
void comp_put_op(Buf *code, CoreOp op, uint32_t a, uint32_t b);
void comp_put_const(Buf *code, CoreValType type, int32_t value);
Str comp_shim_name(Arena *arena, uint32_t number);
Str comp_shim_module(Linker *l);
Str comp_fixup_module(Linker *l);

/* instantiate.c: from the shim to the fixup module. */
bool comp_link_instantiate(Linker *l);
uint32_t comp_link_func_alias(Linker *l, LinkModule *m, Str name); /* with its hook */
uint32_t comp_link_memory(Linker *l);
/* Appends the options that are needed; false where the module lacks a function for them. */
bool comp_link_options(Linker *l, LinkModule *m, Str func, bool import, bool memory, bool realloc,
                       CompOptions *options);
void comp_link_encoding(Linker *l, AbiEncoding encoding, CompOptions *options);
uint32_t comp_ptr_index(const Map *map, const void *ptr); /* COMP_NONE: not in it */

/* link_export.c */
bool comp_link_encode_exports(Linker *l);

#endif
