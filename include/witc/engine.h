/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WITC_ENGINE_H
#define WITC_ENGINE_H

/*
 * Running core WebAssembly modules inside another program.
 *
 *     witc_engine ── configuration, features, the allocator         shared by OS threads
 *       witc_module ── a validated module: imports, exports         shared by stores and OS threads
 *       witc_store ── one world: limits, fuel, a guest stack        one OS thread at a time
 *         witc_instance, witc_func, witc_memory, witc_table, witc_global, witc_tag
 *         witc_ref ── a reference that the host holds
 *       witc_linker ── names for imports, in a store
 *
 * Build with `pkg-config --cflags --libs --static witc`. docs/EMBEDDING.md is a guide, and
 * examples/embed/ a whole program. This header needs no other of the library, and is C11 and C++.
 *
 * Ownership. What a function called *_new or *_open gives is freed by the function that its comment
 * names. Engines and modules are counted: a store keeps its engine and the modules that it has
 * instantiated, whatever order they are freed in. Instances, functions, memories, tables, globals
 * and tags belong to their store and live as long as it does; nobody frees them alone. Pointers
 * given for reading ("a view") say until when they last. NULL may be freed.
 *
 * Threads. An engine and a module may be used by any number of OS threads at once. A store and
 * all that belongs to it are used by one OS thread at a time, which may change from call to call;
 * witc_store_interrupt alone may be called by any thread, or in a signal handler, at any time.
 *
 * Failure. Functions that can fail give a witc_status, WITC_DONE being 0, or NULL. Wrong use that can be
 * seen (a wrong number or type of arguments, most objects of another store) is WITC_REFUSED, with a text;
 * objects that were freed are not seen. Pointers that are not said to allow NULL do not.
 * witc_store_failure tells the last failure of a store.
 *
 * Versions. Structs that are given to the library begin with their size and may grow; all others stay as
 * they are for a thousand of WITC_API_VERSION, and what is added gets functions of its own.
 *
 * "Spec" names sections of the WebAssembly 3.0 core specification; names like func_invoke are those of
 * its appendix A.1, "Embedding".
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface: it goes up by one when something is added, by 1000 when something
 * changes. A program built for a version runs with any later one of the same thousand. */
#define WITC_API_VERSION 1003
uint32_t witc_api_version(void);        /* the library's WITC_API_VERSION */
const char *witc_library_version(void); /* "0.1.0" */

/* Bytes that somebody else owns, not ended by a NUL: printf("%.*s", (int)s.len, s.ptr). */
typedef struct witc_str {
    const char *ptr;
    size_t len;
} witc_str;

/* How a call has ended (spec 4.2.2). */
typedef enum witc_status {
    WITC_DONE = 0,       /* it has returned */
    WITC_TRAP = 1,       /* a trap, of the guest or by witc_trap */
    WITC_CALL = 2,       /* only returned by host functions: witc_then_call */
    WITC_SUSPENDED = 3,  /* a host function has suspended: witc_store_resume */
    WITC_EXIT = 4,       /* a host function has ended the guest: witc_exit */
    WITC_EXCEPTION = 5,  /* an exception that nobody has caught: witc_store_exception */
    WITC_REFUSED = 6,    /* wrong use of this interface; nothing was run */
    WITC_UNLINKABLE = 7, /* instantiation: an import is missing or of another type */
    WITC_LIMIT = 8,      /* instantiation: more than a limit of the store allows */
    WITC_NO_MEMORY = 9   /* the allocator had no more */
} witc_status;

/* ---- engines ---- */

typedef struct witc_engine witc_engine;

/* Memory by the embedder. `allocate` as malloc, `reallocate` as realloc (also of NULL), `release`
 * as free (never of NULL); sizes are in bytes and never 0, memory is aligned for any type. All three, or
 * none. They may be called by each thread that uses the engine or a module or store of it, and by the
 * threads of its own that validate (validation_threads), at once. What goes through them: see
 * docs/EMBEDDING.md, "Memory". */
typedef struct witc_allocator {
    void *context;
    void *(*allocate)(void *context, size_t size);
    void *(*reallocate)(void *context, void *old, size_t size);
    void (*release)(void *context, void *old);
} witc_allocator;

/* When function bodies are validated; all else of a module is before there is one. A body that turns out
 * not to be valid when it is called traps before anything of it runs, and so does each later call. */
typedef enum witc_validation {
    WITC_VALIDATE_EAGERLY = 0, /* with the rest, as the specification has it */
    WITC_VALIDATE_LAZILY = 1,  /* each when it is called first in a store */
    WITC_VALIDATE_BY_SIZE = 2  /* lazily where there are more than 32 MB of them, else eagerly */
} witc_validation;

/* Zeroed, but for `size`, it means the defaults. */
typedef struct witc_config {
    size_t size; /* sizeof(witc_config): which fields there are; 0 is refused */
    /* What modules may use, on top of the released standard: "threads,-simd", "wasm2", "all", as the
     * command line's --features; NULL: the default. */
    const char *features;
    witc_allocator allocator; /* `allocate` NULL: malloc, realloc and free */
    witc_validation validation;
    /* How many work on a large module; 0 and 1: the caller's alone, UINT32_MAX: one a processor. Those that
     * are made for it have ended when the module is there. */
    uint32_t validation_threads;
    /* Reads a file that a module names beside itself, its DWARF (external_debug_info) or its source map
     * (sourceMappingURL), when a backtrace is asked for that needs it; NULL: none is read. `module` is what
     * witc_module_new was given as the name. The bytes stay as they are until the store is freed.
     * False: there is none. */
    bool (*read_file)(void *context, witc_str module, witc_str url, witc_str *bytes);
    void *read_context;
} witc_config;

/* An engine; `config` NULL: the defaults. The configuration is copied; its allocator and its contexts last
 * until the last engine, module, store and error of it is freed. NULL: no memory, a feature that there is
 * not, or a configuration that this library does not understand. Owned. Any thread. */
witc_engine *witc_engine_new(const witc_config *config);
/* Gives it up, while modules and stores may still use it; NULL may be given. Any thread. */
void witc_engine_free(witc_engine *engine);

/* ---- types (spec 2.3) ---- */

/* A value type (spec 2.3.6). Compare with ==. A reference to a type of a module holds its type index in that
 * module's view (witc_module_import ...) and an id of the store in a store's view (witc_func_type). */
typedef uint32_t witc_valtype;
#define WITC_I32           ((witc_valtype)1)
#define WITC_I64           ((witc_valtype)2)
#define WITC_F32           ((witc_valtype)3)
#define WITC_F64           ((witc_valtype)4)
#define WITC_V128          ((witc_valtype)5)
#define WITC_FUNCREF       ((witc_valtype)0x7018) /* (ref null func), and so on */
#define WITC_EXTERNREF     ((witc_valtype)0x6f18)
#define WITC_ANYREF        ((witc_valtype)0x6e18)
#define WITC_EQREF         ((witc_valtype)0x6d18)
#define WITC_I31REF        ((witc_valtype)0x6c18)
#define WITC_STRUCTREF     ((witc_valtype)0x6b18)
#define WITC_ARRAYREF      ((witc_valtype)0x6a18)
#define WITC_EXNREF        ((witc_valtype)0x6918)
#define WITC_NULLREF       ((witc_valtype)0x7118)
#define WITC_NULLEXTERNREF ((witc_valtype)0x7218)
#define WITC_NULLFUNCREF   ((witc_valtype)0x7318)
#define WITC_NULLEXNREF    ((witc_valtype)0x7418)

/* Whether it is a reference type (spec 2.3.5), and whether that includes null. */
static inline bool witc_is_ref(witc_valtype type) { return (type & 15) == 8; }
static inline bool witc_is_nullable(witc_valtype type) { return (type & 16) != 0; }
/* The same type without null. */
static inline witc_valtype witc_non_null(witc_valtype type) { return type & ~(witc_valtype)16; }
/* Slots of a raw call that a value takes: 2 for a v128, else 1. */
static inline uint32_t witc_slots_of(witc_valtype type) { return type == WITC_V128 ? 2 : 1; }

/* Writes the type as the text format does (spec 6.4.5), "i32", "(ref 3)", with a NUL, and cut to `size`
 * bytes, that among them; gives the length that it has uncut, without the NUL; 0: no memory. Any thread. */
size_t witc_valtype_text(witc_valtype type, char *to, size_t size);

/* The type of a function, or of a tag without results (spec 2.3.9). */
typedef struct witc_functype {
    const witc_valtype *params, *results;
    uint32_t param_count, result_count;
} witc_functype;

/* The type of a memory, or of a table less its entries' (spec 2.3.12, 2.3.15). */
typedef struct witc_limits_type {
    uint64_t min, max; /* pages or entries; max: where has_max */
    bool has_max;
    bool is_64;         /* addresses are i64 */
    bool shared;        /* by threads: of memories that have a maximum */
    uint32_t page_size; /* of memories, in bytes: 65,536 (0 means that, too) or 1 */
} witc_limits_type;

typedef enum witc_kind {
    WITC_KIND_FUNC = 0,
    WITC_KIND_TABLE = 1,
    WITC_KIND_MEMORY = 2,
    WITC_KIND_GLOBAL = 3,
    WITC_KIND_TAG = 4
} witc_kind;

/* The type of an import or export (spec 2.3.19). */
typedef struct witc_externtype {
    witc_kind kind;
    witc_functype func;      /* functions, tags */
    witc_valtype value;      /* tables, globals */
    bool is_mutable;         /* globals */
    witc_limits_type limits; /* tables, memories */
} witc_externtype;

/* Writes "(func (param i32) (result i64))" ..., as witc_valtype_text does. Any thread. */
size_t witc_externtype_text(const witc_externtype *type, char *to, size_t size);

/* ---- modules ---- */

/* A valid module (spec 2.5). */
typedef struct witc_module witc_module;

/* What is wrong with a module, or with names for a linker: a list of diagnostics in order of place. */
typedef struct witc_error witc_error;
typedef enum witc_severity {
    WITC_SEVERITY_ERROR = 0,
    WITC_SEVERITY_WARNING = 1,
    WITC_SEVERITY_NOTE = 2 /* belongs to the entry before it that is none */
} witc_severity;
typedef struct witc_diagnostic {
    witc_severity severity;
    witc_str code; /* its stable name, "CORE_TYPE_MISMATCH"; `witc explain` knows it */
    witc_str message;
    bool has_place;
    uint32_t offset, end;  /* bytes of the input that was given */
    uint32_t line, column; /* from 1, in text; 0 in binaries */
} witc_diagnostic;

/* Decodes and validates a module, binary or text: module_decode, module_parse and module_validate
 * (spec 5, 6, 3). Binary is what begins with 00 61 73 6d. The bytes, up to 2 GiB, are copied. `name` is
 * what diagnostics and backtraces call the input, NULL: "<module>". NULL back: *error, where `error` is not
 * NULL, says why, and is freed by witc_error_free (it is NULL where there was no memory, and after success).
 * One reference; freed by witc_module_free. Any thread. */
witc_module *witc_module_new(witc_engine *engine, const void *bytes, size_t size, const char *name,
                             witc_error **error);
/* The same without the copy: the bytes stay as they are until witc_module_free has been called and the
 * last store that uses the module is freed. */
witc_module *witc_module_new_view(witc_engine *engine, const void *bytes, size_t size,
                                  const char *name, witc_error **error);
/* One more reference; gives the module. Any thread. */
witc_module *witc_module_keep(witc_module *module);
/* One less; NULL may be given. Stores keep the modules that they have instantiated. Any thread. */
void witc_module_free(witc_module *module);

/* What a module costs, whoever uses it; what stores add is in witc_usage. */
typedef struct witc_module_cost {
    size_t size;          /* to be set: sizeof(witc_module_cost) */
    uint64_t bytes;       /* that it has from the allocator, a copy of the input among them */
    uint64_t input_bytes; /* of the input, copied or not */
    uint64_t functions;   /* that it defines */
    uint64_t code_bytes;  /* of their instructions, in the binary format */
} witc_module_cost;
/* Time in proportion to the number of functions. Any thread. */
void witc_module_usage(const witc_module *module, witc_module_cost *cost);

/* module_validate without a module to keep: whether the bytes are a valid one, with all bodies, also of an
 * engine that validates lazily. *error as with witc_module_new; the bytes are only needed during the call.
 * Any thread. */
bool witc_validate(witc_engine *engine, const void *bytes, size_t size, witc_error **error);

/* How many entries it has, notes included; of NULL: 0. */
size_t witc_error_count(const witc_error *error);
/* Entry `i`, below the count; views, for as long as the error. */
witc_diagnostic witc_error_at(const witc_error *error, size_t i);
/* All of it as the command line shows it, with source lines; a NUL ends it. A view, as above; empty of
 * NULL. */
witc_str witc_error_text(const witc_error *error);
void witc_error_free(witc_error *error); /* NULL may be given */

/* module_imports, module_exports (spec 2.5.11, 2.5.12), by their index below the count. Views, for as long as
 * the module. Any thread. */
typedef struct witc_import_type {
    witc_str module, name;
    witc_externtype type;
} witc_import_type;
typedef struct witc_export_type {
    witc_str name;
    witc_externtype type;
} witc_export_type;
size_t witc_module_import_count(const witc_module *module);
witc_import_type witc_module_import(const witc_module *module, size_t i);
size_t witc_module_export_count(const witc_module *module);
witc_export_type witc_module_export(const witc_module *module, size_t i);
/* The index of an export, SIZE_MAX where there is none of that name. Any thread. */
size_t witc_module_find_export(const witc_module *module, witc_str name);
/* From the name section (spec A.6.1), or what the input was called. A view, as above. Any thread. */
witc_str witc_module_name(const witc_module *module);
/* The contents of the first custom section of that name (spec 5.5.3); ptr NULL where there is none. A view,
 * as above. Any thread. */
witc_str witc_module_custom(const witc_module *module, witc_str name);

/* ---- stores ---- */

/* Where instances and all else that belongs to them live (spec 4.2.3). */
typedef struct witc_store witc_store;

/* Bounds of what guests of a store may use together. 0 means the default in [ ]. */
typedef struct witc_limits {
    size_t size;            /* sizeof(witc_limits): which fields there are; 0 is refused */
    bool count_fuel;        /* whether fuel is counted: code that counts is a little slower */
    uint64_t fuel;          /* what there is at first; about one unit an instruction, bulk
                               instructions by their size; the same for the same guest, always */
    uint64_t timeout_ns;    /* wall-clock time of each outermost call, suspended or not, nanoseconds
                               [none] */
    uint64_t memory_bytes;  /* of all memories together [4 GiB each] */
    uint64_t table_entries; /* of all tables together [10,000,000 each] */
    uint64_t stack_bytes;   /* of the guest's stack [1 MiB] */
    uint64_t heap_bytes;    /* of structs, arrays and exceptions [memory_bytes where that is given,
                               else 1 GiB] */
    uint32_t frames;        /* of calls, one in the other [65,536] */
    uint32_t instances;     /* [no limit; of components 10,000] */
    /* Of components, since version 1002: */
    uint32_t handles; /* in the tables of all component instances [1,048,576] */
    uint32_t tasks;   /* asynchronous calls and threads [10,000] */
    uint64_t
        values_bytes;    /* of the values of one call between a component and the host [128 MiB] */
    uint64_t copy_bytes; /* that one call copies between components [1 GiB] */
    bool trap_on_grow;   /* memory.grow and table.grow that fail trap */
} witc_limits;

typedef enum witc_limit {
    WITC_LIMIT_NONE = 0,
    WITC_LIMIT_FUEL = 1,
    WITC_LIMIT_TIME = 2,
    WITC_LIMIT_MEMORY = 3,
    WITC_LIMIT_TABLE = 4,
    WITC_LIMIT_STACK = 5,
    WITC_LIMIT_FRAMES = 6,
    WITC_LIMIT_INSTANCES = 7,
    WITC_LIMIT_HEAP = 8,
    WITC_LIMIT_HANDLES = 9, /* this and the next three are met by components only */
    WITC_LIMIT_TASKS = 10,
    WITC_LIMIT_VALUES = 11,
    WITC_LIMIT_COPY = 12
} witc_limit;

/* A store (store_init); `limits`, copied, NULL: the defaults. NULL: no memory, or limits that this library
 * does not understand. Owned. Any thread. */
witc_store *witc_store_new(witc_engine *engine, const witc_limits *limits);
/* Frees it with everything in it; a call that is suspended is given up, and finalizers and the `release` of
 * host functions are called, none of which may use it. Not from inside a call of it. NULL may be given. */
void witc_store_free(witc_store *store);

/* A pointer of the embedder. `release`, if not NULL, is called with it when it is replaced or the store
 * is freed. */
void witc_store_set_data(witc_store *store, void *data, void (*release)(void *data));
void *witc_store_data(const witc_store *store); /* NULL where none was set */

/* Units that are left; of a store that counts. May be set between calls and by host functions. */
uint64_t witc_store_fuel(const witc_store *store);
void witc_store_set_fuel(witc_store *store, uint64_t fuel);
/* For outermost calls that begin from now on, in nanoseconds; 0: none. */
void witc_store_set_timeout(witc_store *store, uint64_t nanoseconds);

/* Makes the call that is running trap with WITC_TRAP_INTERRUPTED soon (within some ten thousand calls
 * and loops of the guest); one that runs no guest code when it is called is the next to begin. One
 * interruption ends one outermost call. Any thread, and signal handlers. The embedder sees to it that
 * the store is not freed meanwhile. A host function that waits is not woken. */
void witc_store_interrupt(witc_store *store);
/* Takes back interruptions that have not ended a call yet, between calls, so that one that came too late does
 * not end the next. */
void witc_store_end_interrupt(witc_store *store);

/* What the store uses now. Instances count from when their segments are copied: what they wrote stays,
 * though that or the start function fails. */
typedef struct witc_usage {
    size_t size; /* to be set: sizeof(witc_usage) */
    uint64_t
        memory_bytes;    /* of memories: what guests have, though the system may have given less */
    uint64_t heap_bytes; /* of structs, arrays, exceptions and data of the host */
    uint64_t table_entries; /* of all tables */
    uint32_t instances, modules;
    /* From the allocator, in bytes: */
    uint64_t code_bytes; /* of modules: prepared code, what their instances share */
    uint64_t
        instance_bytes;  /* of instances and host functions: functions, tables, globals, segments */
    uint64_t type_bytes; /* of the types of all of them */
} witc_usage;
/* Time in proportion to the number of instances and functions. */
void witc_store_usage(const witc_store *store, witc_usage *usage);
/* Whether the limit has been met since the store was made: it stopped a call, or made memory.grow or
 * table.grow give -1. */
bool witc_store_met_limit(const witc_store *store, witc_limit limit);

/* ---- failures ---- */

typedef enum witc_trap_kind {
    WITC_TRAP_NONE = 0,
    WITC_TRAP_UNREACHABLE = 1,
    WITC_TRAP_MEMORY_BOUNDS = 2,
    WITC_TRAP_TABLE_BOUNDS = 3,
    WITC_TRAP_UNDEFINED_ELEMENT = 4,
    WITC_TRAP_UNINITIALIZED_ELEMENT = 5,
    WITC_TRAP_INDIRECT_TYPE = 6,
    WITC_TRAP_DIVIDE_BY_ZERO = 7,
    WITC_TRAP_INTEGER_OVERFLOW = 8,
    WITC_TRAP_INVALID_CONVERSION = 9,
    WITC_TRAP_NULL_REFERENCE = 10, /* of any kind */
    WITC_TRAP_CAST = 11,
    WITC_TRAP_ARRAY_BOUNDS = 12,
    WITC_TRAP_UNALIGNED_ATOMIC = 13,
    WITC_TRAP_STACK_EXHAUSTED = 14, /* WITC_LIMIT_STACK or WITC_LIMIT_FRAMES */
    WITC_TRAP_EXCEPTION = 15,       /* with WITC_EXCEPTION */
    WITC_TRAP_FUEL = 16,
    WITC_TRAP_TIMEOUT = 17,
    WITC_TRAP_INTERRUPTED = 18,
    WITC_TRAP_HEAP = 19,
    WITC_TRAP_MEMORY = 20,
    WITC_TRAP_HOST = 21, /* by witc_trap */
    WITC_TRAP_OTHER = 22,
    WITC_TRAP_INVALID_BODY = 23 /* under WITC_VALIDATE_LAZILY; the message says what is wrong */
} witc_trap_kind;

/* The last failure of a store: what a call that did not give WITC_DONE has to say. A view: until the
 * next outermost call or failure of the store. */
typedef struct witc_failure {
    witc_status status;
    witc_trap_kind trap; /* WITC_TRAP, WITC_EXCEPTION */
    witc_limit limit;    /* which has stopped it, or WITC_LIMIT_NONE */
    witc_str message;    /* with a NUL behind it; traps: the specification's phrase, and more */
    size_t import;       /* WITC_UNLINKABLE: which import of the module; else SIZE_MAX */
    bool missing;        /* WITC_UNLINKABLE: it has nothing; else it has another type */
    uint32_t frame_count;
} witc_failure;
witc_failure witc_store_failure(const witc_store *store);

/* A frame of the backtrace at a trap. A view, as above. */
typedef struct witc_frame {
    const witc_module *module; /* NULL: a function of the host */
    witc_str module_name;
    uint32_t func;      /* its index in the module */
    witc_str func_name; /* from the name section, or empty */
    uint32_t offset;    /* of the instruction, in the bytes of the module */
    witc_str file;      /* where the module tells its sources (DWARF, a source map, or that it was
                           text itself); else empty */
    uint32_t line, column; /* from 1; 0: not known */
} witc_frame;
/* Frame `i` at the last trap, the innermost first; at most 100 are kept. What its module tells of sources is
 * read when it is asked for the first time. False after the last. */
bool witc_store_frame(const witc_store *store, uint32_t i, witc_frame *frame);
/* Function `k` of those that were inlined where frame `i` stands, the innermost first: its name as in the
 * source, and its place. False after the last. */
bool witc_store_inlined(const witc_store *store, uint32_t i, uint32_t k, witc_frame *frame);

/* After WITC_EXIT: what witc_exit was given. */
int witc_store_exit_status(const witc_store *store);

/* ---- what belongs to a store ---- */

typedef struct witc_instance witc_instance;
typedef struct witc_func witc_func;
typedef struct witc_memory witc_memory;
typedef struct witc_table witc_table;
typedef struct witc_global witc_global;
typedef struct witc_tag witc_tag;

/* A function, table ...: what is imported and exported (spec 4.2.5, externaddr). `any` NULL: nothing. */
typedef struct witc_extern {
    witc_kind kind;
    union {
        void *any;
        witc_func *func;
        witc_table *table;
        witc_memory *memory;
        witc_global *global;
        witc_tag *tag;
    } of;
} witc_extern;

/* ---- values and references ---- */

/* A reference that is held by the host: it keeps what it refers to alive. From functions that say
 * so ("owned"), until witc_ref_free or the end of the store. NULL is the null reference. Functions
 * are held as witc_func and need no such thing. */
typedef struct witc_ref witc_ref;

/* A value. `type` is one of WITC_I32 .. WITC_V128, WITC_FUNCREF, WITC_EXTERNREF, WITC_EXNREF or, for
 * all references below any, WITC_ANYREF. */
typedef struct witc_value {
    witc_valtype type;
    union {
        int32_t i32;
        int64_t i64;
        uint32_t u32;
        uint64_t u64;
        float f32;
        double f64;
        uint8_t v128[16]; /* as it lies in memory */
        witc_func *func;  /* WITC_FUNCREF; NULL: null */
        witc_ref *ref;    /* the other references; NULL: null */
    } of;
} witc_value;

static inline witc_value witc_i32(int32_t i) {
    witc_value v;
    v.type = WITC_I32, v.of.u64 = (uint32_t)i;
    return v;
}
static inline witc_value witc_i64(int64_t i) {
    witc_value v;
    v.type = WITC_I64, v.of.i64 = i;
    return v;
}
static inline witc_value witc_f32(float f) {
    witc_value v;
    v.type = WITC_F32, v.of.u64 = 0, v.of.f32 = f;
    return v;
}
static inline witc_value witc_f64(double f) {
    witc_value v;
    v.type = WITC_F64, v.of.f64 = f;
    return v;
}
static inline witc_value witc_funcref(witc_func *func) {
    witc_value v;
    v.type = WITC_FUNCREF, v.of.func = func;
    return v;
}
/* `type` is WITC_EXTERNREF, WITC_ANYREF or WITC_EXNREF. */
static inline witc_value witc_reference(witc_valtype type, witc_ref *ref) {
    witc_value v;
    v.type = type, v.of.ref = ref;
    return v;
}
/* val_default: zero or null, of any value type. */
witc_value witc_default(witc_valtype type);

/* An owned reference to data of the host (externref). `finalize`, if not NULL, is called with it once,
 * when nothing refers to it any more or at the end of the store; it must not use the store.
 * NULL: no memory, or the limit of the heap; then, too, it has been called or will be. */
witc_ref *witc_extern_new(witc_store *store, void *data, void (*finalize)(void *data));
/* An owned reference to a number, whose highest bit is lost (ref.i31, spec 4.6.9). NULL: no memory. */
witc_ref *witc_i31_new(witc_store *store, int32_t value);
/* A second owned reference to the same; NULL of NULL, or where there is no memory. */
witc_ref *witc_ref_copy(const witc_ref *ref);
void witc_ref_free(witc_ref *ref); /* NULL may be given; only while its store lives */
/* Frees the references of values that calls have given, and sets them to null. Other values may stand among
 * them. */
void witc_values_free(witc_value *values, size_t count);

/* The most exact abstract type that it has (ref_type): WITC_EXTERNREF, WITC_I31REF, WITC_STRUCTREF,
 * WITC_ARRAYREF, WITC_EXNREF, or WITC_ANYREF for data of the host below any; all without null
 * (witc_non_null). WITC_NULLREF for NULL. */
witc_valtype witc_ref_type(const witc_ref *ref);
/* ref.eq: whether both are the same reference. */
bool witc_ref_same(const witc_ref *a, const witc_ref *b);
/* Data of the host, as extern or below any: false where it is something else. */
bool witc_ref_data(const witc_ref *ref, void **data);
/* The number of an i31, sign-extended (i31.get_s): false where it is something else. */
bool witc_ref_i31(const witc_ref *ref, int32_t *value);
/* any.convert_extern and extern.convert_any (spec 4.6.9): owned; NULL of null, of an exception, or where
 * there is no memory. */
witc_ref *witc_ref_to_any(const witc_ref *ref);
witc_ref *witc_ref_to_extern(const witc_ref *ref);
/* Fields of a struct, elements of an array, values of an exception (spec 4.2.15, 4.2.16; exn_read): how many
 * there are, and one of them (a reference is owned, packed numbers come without a sign). UINT32_MAX, and
 * false, where it is something else; false also beyond the last, or where there is no memory. */
uint32_t witc_ref_count(const witc_ref *ref);
bool witc_ref_get(const witc_ref *ref, uint32_t i, witc_value *value);

/* ---- instances ---- */

/* module_instantiate (spec 4.7.2) with an import for each of the module's, in order; then the
 * start function is run. WITC_DONE; WITC_REFUSED (a wrong number of imports, one of another store, a call
 * that is suspended, a start function that suspends), WITC_UNLINKABLE, WITC_LIMIT, WITC_NO_MEMORY; or what
 * the start function or an active segment came to: WITC_TRAP, WITC_EXCEPTION, WITC_EXIT. *instance is NULL
 * then; what it has written to others stays written. Host functions may call it. */
witc_status witc_instantiate(witc_store *store, witc_module *module, const witc_extern *imports,
                             size_t import_count, witc_instance **instance);
/* instance_export (spec 4.2.6): false where there is none of that name. */
bool witc_instance_export(const witc_instance *instance, witc_str name, witc_extern *out);
/* Export `i` of the instance's module, below witc_module_export_count. */
witc_extern witc_instance_export_at(const witc_instance *instance, size_t i);
/* The same by a name that is ended by NUL and a kind: NULL where there is none. */
witc_func *witc_instance_func(const witc_instance *instance, const char *name);
witc_memory *witc_instance_memory(const witc_instance *instance, const char *name);
witc_table *witc_instance_table(const witc_instance *instance, const char *name);
witc_global *witc_instance_global(const witc_instance *instance, const char *name);
witc_tag *witc_instance_tag(const witc_instance *instance, const char *name);
/* A view, for as long as the store. */
const witc_module *witc_instance_module(const witc_instance *instance);

/* ---- calls ---- */

/* func_type (spec 4.2.7). A view, for as long as the store; references to types hold ids of the store. */
witc_functype witc_func_type(const witc_store *store, const witc_func *func);

/* func_invoke (spec 4.7.3). Arguments and results must be as many as the type says, the types of the arguments
 * are checked. After WITC_DONE references among the results are owned by the caller
 * (witc_values_free); otherwise results are untouched. WITC_TRAP, WITC_EXCEPTION and WITC_EXIT as the guest
 * came to them, WITC_REFUSED (a wrong number or type of values, a function of another store, a call that is
 * suspended), WITC_NO_MEMORY. WITC_SUSPENDED comes only from the outermost call, see witc_store_resume;
 * `results` last until it is done then. May be called by host functions of the same store, up to 32 deep;
 * what they call so cannot suspend. */
witc_status witc_func_call(witc_store *store, witc_func *func, const witc_value *args,
                           size_t arg_count, witc_value *results, size_t result_count);

/* The same, the fast way: nothing is checked, nothing is allocated. A slot holds an i32 as (uint32_t), an i64, the
 * bits of an f32 or f64; a v128 takes two, the low half first; a reference is what witc_ref_slot or
 * witc_func_slot gives. `slots` has the arguments and then the results: room for the more of both,
 * and a pointer that lasts until the call is done where it may suspend. */
typedef uint64_t witc_slot;
witc_status witc_func_call_raw(witc_store *store, witc_func *func, witc_slot *slots);

/* Slots as numbers. */
static inline witc_slot witc_slot_i32(int32_t i) { return (uint32_t)i; }
static inline witc_slot witc_slot_f32(float f) {
    union {
        float f;
        uint32_t bits;
    } u = {f};
    return u.bits;
}
static inline witc_slot witc_slot_f64(double f) {
    union {
        double f;
        uint64_t bits;
    } u = {f};
    return u.bits;
}
static inline int32_t witc_i32_slot(witc_slot slot) { return (int32_t)(uint32_t)slot; }
static inline float witc_f32_slot(witc_slot slot) {
    union {
        uint32_t bits;
        float f;
    } u = {(uint32_t)slot};
    return u.f;
}
static inline double witc_f64_slot(witc_slot slot) {
    union {
        uint64_t bits;
        double f;
    } u = {slot};
    return u.f;
}
/* References as slots: until the next call of the store or the next function of this interface that
 * makes something in it, for nothing keeps them alive. And back: owned; `type` is the type that the slot
 * has, and NULL is of null, of functions (witc_slot_func), or where there is no memory. */
witc_slot witc_ref_slot(const witc_ref *ref);
witc_ref *witc_slot_ref(witc_store *store, witc_valtype type, witc_slot slot);
static inline witc_slot witc_func_slot(witc_func *func) { return (witc_slot)(uintptr_t)func; }
static inline witc_func *witc_slot_func(witc_slot slot) { return (witc_func *)(uintptr_t)slot; }

/* Goes on with the call that gave WITC_SUSPENDED: the host function that suspended is asked again.
 * Results come to where that call wanted them. What witc_func_call gives, or WITC_REFUSED where no call is
 * suspended. Not from host functions. */
witc_status witc_store_resume(witc_store *store);
/* Gives up the suspended call, if there is one: contexts of witc_then_call are dropped. */
void witc_store_abandon(witc_store *store);

/* ---- host functions ---- */

/* What a host function is told about its call; only valid during it. */
typedef struct witc_caller witc_caller;

/* A function of the host (spec 4.2.7, hostfunc). References among the arguments are valid until it returns; those that it puts
 * into the results are owned by the library then. What it returns: WITC_DONE, or what witc_trap, witc_throw,
 * witc_suspend, witc_exit, witc_then_call gave, or the WITC_TRAP, WITC_EXCEPTION or WITC_EXIT of a call that it made, which goes on
 * outward. Anything else is a trap. */
typedef witc_status (*witc_host_fn)(witc_caller *caller, void *context, const witc_value *args,
                                    size_t arg_count, witc_value *results, size_t result_count);
/* The fast way: slots as in witc_func_call_raw; results are written over the arguments. */
typedef witc_status (*witc_raw_fn)(witc_caller *caller, void *context, witc_slot *slots);

/* func_alloc. `release`, if not NULL, is called with the context at the end of the store. NULL: no
 * memory, or a type that there is not, and witc_store_failure tells; the context has been released. Arrays of
 * types are copied; references to types in them hold ids of the store. */
witc_func *witc_func_new(witc_store *store, const witc_functype *type, witc_host_fn fn,
                         void *context, void (*release)(void *context));
witc_func *witc_func_new_raw(witc_store *store, const witc_functype *type, witc_raw_fn fn,
                             void *context, void (*release)(void *context));

/* The store of the call. */
witc_store *witc_caller_store(const witc_caller *caller);
/* The instance that has called: NULL where the host has. */
witc_instance *witc_caller_instance(const witc_caller *caller);
/* The first memory of that instance; NULL and 0 where it has none. A view: until the guest runs or a
 * memory grows. */
uint8_t *witc_caller_memory(const witc_caller *caller, uint64_t *size);

/* WITC_TRAP, with a text (printf) of up to 255 bytes. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
witc_status
witc_trap(witc_caller *caller, const char *format, ...);
/* WITC_EXCEPTION: throws, as `throw` does (spec 4.6.2); the guest may catch it. The references
 * stay the caller's. Where the values do not fit the tag WITC_REFUSED, or WITC_LIMIT, WITC_NO_MEMORY or
 * WITC_TRAP where there is no room for it: traps when they are returned. */
witc_status witc_throw(witc_caller *caller, witc_tag *tag, const witc_value *values,
                       size_t value_count);
/* The same with an exception that there is, which stays the caller's: throw_ref. WITC_REFUSED of any other
 * reference and of NULL. */
witc_status witc_throw_ref(witc_caller *caller, const witc_ref *exception);
/* WITC_EXIT: all frames of the guest are left, and the outermost call gives WITC_EXIT. */
witc_status witc_exit(witc_caller *caller, int status);
/* WITC_SUSPENDED: the outermost call gives WITC_SUSPENDED; witc_store_resume then calls `again` with the slots
 * of this call, and what that returns is what this function returns. It may suspend again. `context` stays
 * the caller's, also where the call is given up. WITC_NO_MEMORY: a trap when returned. */
witc_status witc_suspend(witc_caller *caller, witc_raw_fn again, void *context);
/* WITC_CALL: calls the guest without nesting on C's stack: `then` gets the results of `func` and
 * returns for the host function, whose results it writes to witc_caller_slots. The slots `args`, as many as
 * `func` takes, are copied. If `func` traps or the call is given up, `dropped`, if not NULL, is called with
 * the context instead; it must not use the store. WITC_TRAP, WITC_NO_MEMORY: there was no room, and it has
 * been called. */
witc_status witc_then_call(witc_caller *caller, witc_func *func, const witc_slot *args,
                           witc_raw_fn then, void *context, void (*dropped)(void *context));
/* The slots of the host function's own arguments and results: until it is done. */
witc_slot *witc_caller_slots(witc_caller *caller);

/* ---- memories (spec 4.2.9) ---- */

/* mem_alloc: NULL where `type` is no type of a memory (spec 3.2.15), beyond a limit of the store, or there is
 * no memory; witc_store_failure tells. */
witc_memory *witc_memory_new(witc_store *store, const witc_limits_type *type);
witc_limits_type witc_memory_type(const witc_memory *memory); /* mem_type */
/* mem_read, mem_write: the bytes, and their number in *size (not NULL). A view: until the guest runs or
 * the memory grows. */
uint8_t *witc_memory_data(witc_memory *memory, uint64_t *size);
uint64_t witc_memory_pages(const witc_memory *memory); /* mem_size */
/* mem_grow: the pages before, or UINT64_MAX beyond its maximum or a limit, or where there is no memory. */
uint64_t witc_memory_grow(witc_memory *memory, uint64_t pages);
/* Copies `size` bytes between a memory, from byte `at` on, and the host; false, and nothing is copied, where
 * they are not all inside (spec 4.6.8, memory.copy). */
bool witc_memory_read(witc_memory *memory, uint64_t at, void *to, size_t size);
bool witc_memory_write(witc_memory *memory, uint64_t at, const void *from, size_t size);

/* ---- tables (spec 4.2.8) ---- */

/* table_alloc: NULL as above, or where the value is not of the type. `init` NULL: null. */
witc_table *witc_table_new(witc_store *store, witc_valtype type, const witc_limits_type *limits,
                           const witc_value *init);
witc_valtype witc_table_type(const witc_table *table, witc_limits_type *limits); /* table_type */
uint64_t witc_table_size(const witc_table *table);                               /* table_size */
/* table_read, table_write: false out of bounds, or where the value is not of the type. References
 * that are read are owned. */
bool witc_table_get(witc_store *store, const witc_table *table, uint64_t i, witc_value *value);
bool witc_table_set(witc_store *store, witc_table *table, uint64_t i, const witc_value *value);
/* table_grow: the size before, or UINT64_MAX beyond its maximum or a limit, where the value (NULL: null) is
 * not of the type, or there is no memory. */
uint64_t witc_table_grow(witc_store *store, witc_table *table, uint64_t n, const witc_value *value);

/* ---- globals (spec 4.2.10) ---- */

/* global_alloc: NULL where the value (NULL: null) is not of the type, or there is no memory;
 * witc_store_failure tells. */
witc_global *witc_global_new(witc_store *store, witc_valtype type, bool is_mutable,
                             const witc_value *value);
witc_valtype witc_global_type(const witc_global *global, bool *is_mutable); /* global_type */
/* global_read (a reference is owned; where there is no memory for one it is null, and witc_store_failure
 * tells), global_write: false where it is not mutable or the value not of the type. */
witc_value witc_global_get(witc_store *store, const witc_global *global);
bool witc_global_set(witc_store *store, witc_global *global, const witc_value *value);

/* ---- tags and exceptions (spec 4.2.11, 4.2.16) ---- */

/* tag_alloc: NULL of a type that there is not, or where there is no memory; witc_store_failure tells. */
witc_tag *witc_tag_new(witc_store *store, const witc_functype *type);
/* A view, for as long as the store. */
witc_functype witc_tag_type(const witc_store *store, const witc_tag *tag); /* tag_type */
/* exn_alloc: owned; NULL where the values do not fit, beyond the limit of the heap, or where there is no
 * memory; witc_store_failure tells. The references among the values stay the caller's. */
witc_ref *witc_exception_new(witc_store *store, witc_tag *tag, const witc_value *values,
                             size_t value_count);
witc_tag *witc_exception_tag(const witc_ref *exception); /* exn_tag; NULL: no exception */
/* After WITC_EXCEPTION: the exception, owned; exn_read is witc_ref_get. NULL where there was no room for
 * it. */
witc_ref *witc_store_exception(witc_store *store);

/* ---- linkers ---- */

typedef struct witc_linker witc_linker;

/* Names of a store for imports. NULL: no memory. Owned; freed before the store. */
witc_linker *witc_linker_new(witc_store *store);
void witc_linker_free(witc_linker *linker); /* NULL may be given */
/* Says what an import of that name is; the last word counts. Names are copied, ended by NUL.
 * WITC_DONE or WITC_NO_MEMORY. */
witc_status witc_linker_define(witc_linker *linker, const char *module, const char *name,
                               const witc_extern *item);
/* All exports of an instance, under a module's name (`register` in test scripts). Also WITC_REFUSED, of an
 * instance of another store. */
witc_status witc_linker_define_instance(witc_linker *linker, const char *module,
                                        const witc_instance *instance);
/* A host function of a type in words: "i32 i64 -> f64", "->", "externref". WITC_REFUSED where a
 * word is no abstract value type. */
witc_status witc_linker_define_func(witc_linker *linker, const char *module, const char *name,
                                    const char *type, witc_host_fn fn, void *context);
witc_status witc_linker_define_raw(witc_linker *linker, const char *module, const char *name,
                                   const char *type, witc_raw_fn fn, void *context);
/* What was said of a name: false where nothing was. */
bool witc_linker_find(const witc_linker *linker, witc_str module, witc_str name, witc_extern *out);
/* witc_instantiate with what the names say; what none says is missing: WITC_UNLINKABLE. */
witc_status witc_linker_instantiate(witc_linker *linker, witc_module *module,
                                    witc_instance **instance);

#ifdef __cplusplus
}
#endif

#endif
