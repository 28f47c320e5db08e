/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef EMBED_INTERNAL_H
#define EMBED_INTERNAL_H

#include <stdatomic.h>

#include "include/witc/component.h"
#include "include/witc/engine.h"
#include "interpreter/interpreter.h"
#include "wasi/wasi.h"

/*
 * What stands behind include/witc/engine.h and include/witc/component.h.
 *
 * Functions, memories, tables, globals, tags and instances are the interpreter's own objects under
 * another name, so that a handle costs nothing; a caller is the thread. So are component instances, their
 * functions, types and signatures. An engine, a module, a component and a store are structs of this folder:
 *
 *     witc_store ── VmStore, VmThread, modules that are kept, references of the host, last failure
 */

struct witc_engine {
    atomic_uint references;
    Features features;
    Allocator memory;
    witc_validation validation;
    unsigned jobs;
    bool (*read_file)(void *context, witc_str module, witc_str url, witc_str *bytes);
    void *read_context;
};

struct witc_module {
    atomic_uint references;
    witc_engine *engine;
    Arena *arena;
    const CoreModule *core;
    const CoreChecker *checker; /* NULL: all bodies have been checked */
    Str name;                   /* of the input */
};

struct witc_component {
    atomic_uint references;
    witc_engine *engine;
    Arena *arena;
    const CompInfo *info;
    Str name; /* of the input */
};

struct witc_arena {
    witc_engine *engine;
    Arena *arena; /* NULL: nothing was taken yet */
    bool is_lent; /* to a host function: the interpreter's */
};

/* A function or resource that a component linker has given. */
typedef struct EmbedGiven {
    struct EmbedGiven *next;
    witc_store *store;
    witc_component_fn fn;
    void (*drop)(void *context, uint64_t handle);
    void *context;
    char name[];
} EmbedGiven;

/* The call of a component that is suspended. */
typedef struct {
    const VmComponentFunc *func; /* NULL: none */
    const AbiValue *cells;       /* of its result, which goes to ... */
    witc_val *result;            /* ... this, unless NULL, ... */
    witc_arena *arena;           /* ... and lies here */
    bool has_no_result;          /* a destructor's, or of what calls have left behind */
} EmbedPending;

/* WASI of a store, once it was granted. */
typedef struct {
    Wasi *wasi;
    WasiContext context;
    Arena *arena; /* of what the context points to */
    bool suspends;
} EmbedWasi;

/* A module that a store has made ready. */
typedef struct {
    witc_module *module;
    VmModule *ready;
} EmbedModule;

struct witc_store {
    witc_engine *engine;
    VmStore *vm;
    VmThread *thread;
    EmbedModule *modules;
    size_t module_count, module_cap;
    witc_ref *refs; /* all that the host holds */
    void *data;
    void (*release)(void *);
    const void *suspended; /* the function whose call is, its results go to ... */
    VmSlot *slots;         /* ... these and then ... */
    witc_value *results;   /* ... these; NULL: the call was raw */
    void *waiting;         /* what witc_suspend has made */
    witc_failure failure;
    char text[512];
    struct EmbedFrames *frames;  /* what was read to show its frames; NULL: nothing */
    witc_component **components; /* that are kept */
    size_t component_count, component_cap;
    EmbedGiven *given;
    EmbedPending pending;
    EmbedWasi wasi;
};

struct witc_ref {
    witc_store *store;
    witc_ref *previous, *next;
    VmHeld *held;
    VmSlot slot;      /* what is held */
    witc_valtype top; /* WITC_EXTERNREF, WITC_ANYREF, WITC_EXNREF */
};

/* A host function's own part. */
typedef struct {
    witc_store *store;
    witc_host_fn boxed;
    witc_raw_fn raw;
    void *context;
    void (*release)(void *);
    const CoreType *type;
    bool narrow;  /* there are results of 32 bits */
    bool numbers; /* all parameters and results are, of one slot */
} EmbedHost;

/* Objects under their two names. */
static inline VmFunc *vm_func_of(const witc_func *func) { return (VmFunc *)func; }
static inline VmThread *vm_thread_of(const witc_caller *caller) { return (VmThread *)caller; }
static inline VmInstance *vm_instance_of(const witc_instance *instance) {
    return (VmInstance *)instance;
}
static inline Str str_of(witc_str s) { return (Str){s.ptr, s.len}; }
static inline witc_str witc_str_of(Str s) { return (witc_str){s.ptr, s.len}; }
static inline VmExtern vm_extern_of(const witc_extern *e) {
    return (VmExtern){.kind = (CoreExtern)e->kind, .any = e->of.any};
}
static inline witc_extern witc_extern_of(const VmExtern *e) {
    return (witc_extern){(witc_kind)e->kind, {.any = e->any}};
}
static inline VmSlot *vm_slots_of_raw(witc_slot *slots) { return (VmSlot *)(void *)slots; }

/* ---- engine.c ---- */

/* Copies options that begin with their size. A program that was built with an older header knows fewer
 * of them, one with a newer header more, and those must be zero. False where they are not, or where the
 * size was left out: limits that are not obeyed must not look as if they were. */
bool options_take(void *options, size_t known, const void *given);
/* The other way: what `to` has room for. */
void usage_give(void *to, const void *usage, size_t known);
void engine_keep(witc_engine *engine);
/* Memory of the engine, zeroed. */
void *engine_new(witc_engine *engine, size_t size);
void engine_release(witc_engine *engine, void *memory);

/* ---- module.c ---- */

witc_externtype extern_type(const CoreModule *core, CoreExtern kind, uint32_t index);
witc_limits_type limits_of(const CoreLimits *limits);
CoreLimits core_limits_of(const witc_limits_type *limits);

/* What is wrong, for the host; in the arena, which is the error's. */
witc_error *error_of(Arena *arena, const Diags *diags);

/* ---- store.c ---- */

witc_store *store_of(const VmThread *thread);
/* The module that a store has made ready for this core module; NULL: none. */
witc_module *store_module(const witc_store *store, const CoreModule *core);
/* Made ready on first use; NULL: no memory. */
VmModule *store_prepare(witc_store *store, witc_module *module);
/* Notes a failure that is no trap of the thread, with a text. */
__attribute__((format(printf, 3, 4))) witc_status store_fail(witc_store *store, witc_status status,
                                                             const char *format, ...);
/* Notes how the thread has ended. */
witc_status store_ended(witc_store *store, VmStatus status);
/* Notes that the making of something has met a limit or found no memory. */
witc_status store_limited(witc_store *store, Trap trap);

/* ---- frames.c ---- */

void frames_forget(witc_store *store);

/* ---- call.c ---- */

void forget_waiting(witc_store *store);

/* ---- value.c ---- */

/* Whether these are types of the store: what comes from outside may be anything. */
bool is_type(const witc_store *store, witc_valtype type);
bool is_functype(const witc_store *store, const witc_functype *type);
/* The most general type of the hierarchy that a reference type is in; numbers stay. */
witc_valtype top_of(const VmStore *vm, CoreValType type);
/* To slots; false where the value is not of the type. */
bool value_to_slots(const witc_store *store, const witc_value *value, CoreValType type,
                    VmSlot *slots);
/* From slots; references become owned ones. False: no memory. */
bool value_from_slots(witc_store *store, CoreValType type, const VmSlot *slots, witc_value *value);

/* As much of the text as there is room for, with a NUL; its length. */
size_t cut_text(Str text, char *to, size_t size);

/* ---- component.c ---- */

witc_type_kind kind_of(const WitType *type);

/* ---- component_value.c ---- */

/* Values to cells, those of `fields` (parameters) or one of `type`; the strings stay where they are. False: they
 * are not of their types, and `why` says where. */
enum { EMBED_WHY = 400 };
bool cells_of_args(Arena *arena, const WitFields *fields, const AbiPlan *plan, const witc_val *args,
                   AbiValue *cells, char why[EMBED_WHY]);
bool cells_of_value(Arena *arena, const AbiPlan *plan, const WitType *type, const witc_val *value,
                    AbiValue *cells, char why[EMBED_WHY]);
/* And back; what lies packed stays where it is. */
void values_of_args(Arena *arena, const WitFields *fields, const AbiPlan *plan,
                    const AbiValue *cells, witc_val *args);
void value_of_cells(Arena *arena, const AbiPlan *plan, const WitType *type, const AbiValue *cells,
                    witc_val *value);
/* The arena itself, made where it was not yet. */
Arena *arena_of(witc_arena *arena);

/* ---- component_call.c ---- */

/* Whether none is suspended, and memory has not run out in one; else says so. */
bool components_may_run(witc_store *store);
/* A host function is asked: the VmComponentHostFn behind a witc_component_fn. */
VmStatus component_host_call(VmThread *thread, const EmbedGiven *given, const AbiValue *args,
                             AbiValue *result, Arena *scratch);
/* Goes on with the call of a component that is suspended. */
witc_status component_resume(witc_store *store);
/* What a host function has returned, for the interpreter (call.c). */
VmStatus status_of(VmThread *thread, witc_status status);
/* How a call has ended, for the host (call.c). */
witc_status call_ended(witc_store *store, VmStatus status);

/* ---- component_link.c ---- */

/* What the store has of components, at its end: before its threads are gone, and after. */
void components_end(witc_store *store);
void components_free(witc_store *store);

/* ---- linker.c ---- */

witc_status link_failure(witc_store *store, const witc_module *module, uint32_t import,
                         bool missing);

#endif
