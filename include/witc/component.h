/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WITC_COMPONENT_H
#define WITC_COMPONENT_H

/*
 * Running components inside another program. It stands beside engine.h, whose engine, store, limits,
 * failures and rules hold here, too:
 *
 *     witc_component ── a validated component: imports, exports, types     shared by stores
 *     witc_component_linker ── what its imports are                        in a store
 *       witc_component_instance, witc_component_func                       in a store
 *     witc_arena ── where the values of calls lie
 *
 * docs/EMBEDDING.md, "Components", is a guide, and examples/embed-component/ a whole program. "CM" names
 * documents of the component model: Explainer.md, CanonicalABI.md. Needs version 1002 of the interface,
 * and 1003 for streams, futures, and what other instances give.
 *
 * Ownership. Components are counted as modules are: a store keeps those that it has instantiated. Instances
 * and functions belong to their store and live as long; nobody frees them alone. A value that a call has
 * given lies in the arena that the call was given, until that is reset or freed. A value that the host
 * gives is only read, during the call, unless it suspends: then until it is done. Types, signatures and
 * names are views for as long as the component, or, from functions and inside host functions, the store.
 *
 * Threads. A component may be used by any number of OS threads at once; an arena, a linker and what belongs
 * to a store by one at a time.
 *
 * Failure. As in engine.h. A value that is not of the type that is wanted is WITC_REFUSED, and the text says
 * where in the value: "argument 1, field `x`: ...". Of a host function's result it is a trap.
 *
 * Memory. A store in which a component found no memory (a trap WITC_TRAP_MEMORY, or WITC_NO_MEMORY from
 * instantiation or a call) may have stopped anywhere in it: components of that store cannot be called any
 * more (WITC_REFUSED), but all else of it can be used, and freed.
 */
#include "engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- types (CM: Explainer.md, "Type Definitions") ---- */

/* What a type or a value is. */
typedef enum witc_type_kind {
    WITC_TYPE_NONE = 0, /* no value: of a function without a result, a case without a payload */
    WITC_TYPE_BOOL = 1,
    WITC_TYPE_S8 = 2,
    WITC_TYPE_U8 = 3,
    WITC_TYPE_S16 = 4,
    WITC_TYPE_U16 = 5,
    WITC_TYPE_S32 = 6,
    WITC_TYPE_U32 = 7,
    WITC_TYPE_S64 = 8,
    WITC_TYPE_U64 = 9,
    WITC_TYPE_F32 = 10,
    WITC_TYPE_F64 = 11,
    WITC_TYPE_CHAR = 12,
    WITC_TYPE_STRING = 13,
    WITC_TYPE_LIST = 14, /* also of a fixed length */
    WITC_TYPE_RECORD = 15,
    WITC_TYPE_TUPLE = 16,
    WITC_TYPE_VARIANT = 17,
    WITC_TYPE_ENUM = 18,
    WITC_TYPE_OPTION = 19,
    WITC_TYPE_RESULT = 20,
    WITC_TYPE_FLAGS = 21,
    WITC_TYPE_OWN = 22,
    WITC_TYPE_BORROW = 23,
    WITC_TYPE_STREAM = 24,
    WITC_TYPE_FUTURE = 25,
    WITC_TYPE_ERROR_CONTEXT = 26,
    WITC_TYPE_MAP = 27,
    WITC_TYPE_RESOURCE = 28 /* only the type itself; its values are of OWN and BORROW */
} witc_type_kind;

/* A type of values, or a resource. Names that are given to types are looked through. Any thread. */
typedef struct witc_type witc_type;
witc_type_kind witc_type_kind_of(const witc_type *type); /* of NULL: WITC_TYPE_NONE */
/* Its parts: fields of a RECORD; elements of a TUPLE; cases of a VARIANT, ENUM; flags; 2 of an OPTION (none,
 * some), a RESULT (ok, err) and a MAP (key, value); 1 of LIST, STREAM, FUTURE (the element), OWN and BORROW
 * (the resource); else 0. */
size_t witc_type_part_count(const witc_type *type);
/* Part `i`, below the count; NULL: it has no type, as cases without payload and flags. */
const witc_type *witc_type_part(const witc_type *type, size_t i);
/* Its name: of fields, cases, flags; empty for the others. A view. */
witc_str witc_type_part_name(const witc_type *type, size_t i);
/* The index of a part by its name, SIZE_MAX: there is none. */
size_t witc_type_find_part(const witc_type *type, witc_str name);
/* Of a LIST of a fixed length, that; else 0. */
uint64_t witc_type_length(const witc_type *type);
/* Writes the type as WIT has it, "list<tuple<string, u8>>", or its definition where it is one that has a
 * name there, "record point { x: u32 }"; as witc_valtype_text does. Any thread. */
size_t witc_type_text(const witc_type *type, char *to, size_t size);

/* The type of a function. Any thread. */
typedef struct witc_signature witc_signature;
size_t witc_signature_param_count(const witc_signature *type);
witc_str witc_signature_param_name(const witc_signature *type, size_t i);    /* below the count */
const witc_type *witc_signature_param(const witc_signature *type, size_t i); /* below the count */
const witc_type *witc_signature_result(const witc_signature *type);          /* NULL: it has none */
bool witc_signature_is_async(const witc_signature *type);
/* "f: func(a: u32) -> string", as above. */
size_t witc_signature_text(const witc_signature *type, char *to, size_t size);

/* ---- components ---- */

/* A valid component. */
typedef struct witc_component witc_component;

/* Decodes and validates a component, binary or text, with all that is nested in it, all function bodies
 * among that (whatever witc_config.validation says). As witc_module_new in all else: the bytes, up to 2 GiB,
 * are copied; `name` is for diagnostics, NULL: "<component>"; NULL back: *error, where `error` is not NULL,
 * says why. What it may use is witc_config.features of the engine: "cm-async", "all". One reference; freed by
 * witc_component_free. Any thread. */
witc_component *witc_component_new(witc_engine *engine, const void *bytes, size_t size,
                                   const char *name, witc_error **error);
/* One more reference; gives the component. Any thread. */
witc_component *witc_component_keep(witc_component *component);
/* One less; NULL may be given. Any thread. */
void witc_component_free(witc_component *component);

typedef enum witc_item_kind {
    WITC_ITEM_FUNC = 0,
    WITC_ITEM_INSTANCE = 1, /* an interface: has items of its own */
    WITC_ITEM_TYPE = 2,
    WITC_ITEM_VALUE = 3,
    WITC_ITEM_MODULE = 4, /* a core module */
    WITC_ITEM_COMPONENT = 5
} witc_item_kind;

/* What an instance has, in order. */
typedef struct witc_interface witc_interface;

/* An import or export (CM: Explainer.md, "Import and Export Definitions"). */
typedef struct witc_item {
    witc_item_kind kind;
    witc_str name;                   /* "f", "ns:pkg/iface@1.0.0", "[method]r.f" */
    const witc_signature *func;      /* FUNC; else NULL */
    const witc_type *type;           /* TYPE (NULL: of something else), VALUE; else NULL */
    const witc_interface *interface; /* INSTANCE; else NULL */
} witc_item;

/* By their index below the count, in the order of the component. Views. Any thread. */
size_t witc_component_import_count(const witc_component *component);
witc_item witc_component_import(const witc_component *component, size_t i);
size_t witc_component_export_count(const witc_component *component);
witc_item witc_component_export(const witc_component *component, size_t i);
size_t witc_interface_count(const witc_interface *interface);
witc_item witc_interface_item(const witc_interface *interface, size_t i);
/* "f: func(a: u32) -> string", "record point { x: u32 }", "interface ns:pkg/iface@1.0.0"; as
 * witc_valtype_text. Any thread. */
size_t witc_item_text(const witc_item *item, char *to, size_t size);

/* ---- values ---- */

/* A value of the component model (those of core functions are witc_value). Which member of `of` counts, and
 * what `index` and `count` are, says `kind`. 24 bytes; what it points to belongs to whoever has made it. */
typedef struct witc_val {
    uint32_t kind;  /* a witc_type_kind */
    uint32_t index; /* VARIANT, ENUM: which case; OPTION: 0 none, 1 some; RESULT: 0 ok, 1 err;
                       LIST: WITC_TYPE_NONE, or the kind of the numbers that lie packed */
    size_t
        count; /* of bytes in a STRING; of items in a LIST, RECORD, TUPLE; of pairs in a MAP; 1 in a
                       VARIANT, OPTION or RESULT whose case has a payload, else 0 */
    union {
        bool boolean;
        int64_t s;  /* S8 .. S64 */
        uint64_t u; /* U8 .. U64 */
        float f32;
        double f64;
        uint32_t character; /* CHAR: a Unicode scalar value */
        uint64_t flags;     /* FLAGS: bit i is flag i */
        const char *string; /* UTF-8, not ended by a NUL */
        const struct witc_val
            *items;         /* LIST, RECORD (in the order of the type), TUPLE; MAP: key, value,
                                         key, value ...; VARIANT, OPTION, RESULT: the payload */
        const void *packed; /* LIST with an `index`: `count` numbers of this machine's, each
                                         as wide as its type, aligned for it */
        uint64_t
            handle; /* OWN, BORROW: what the resource's owner calls it, see witc_component_linker_resource;
                            STREAM, FUTURE, ERROR_CONTEXT: opaque, from the library, for one use: see
                            witc_stream_new, witc_stream_read */
    } of;
} witc_val;

/* Lists of bool, of integers, floats and chars come from calls packed: a bool is a byte, 0 or 1, a char is 4.
 * Both forms are taken. */

static inline witc_val witc_val_of(witc_type_kind kind, uint32_t index, size_t count) {
    witc_val v;
    v.kind = (uint32_t)kind, v.index = index, v.count = count, v.of.u = 0;
    return v;
}
static inline witc_val witc_val_bool(bool b) {
    witc_val v = witc_val_of(WITC_TYPE_BOOL, 0, 0);
    v.of.boolean = b;
    return v;
}
/* `kind` is WITC_TYPE_S8 .. WITC_TYPE_S64; a number that is out of its range is refused by the call. */
static inline witc_val witc_val_int(witc_type_kind kind, int64_t i) {
    witc_val v = witc_val_of(kind, 0, 0);
    v.of.s = i;
    return v;
}
/* `kind` is WITC_TYPE_U8 .. WITC_TYPE_U64; likewise. */
static inline witc_val witc_val_uint(witc_type_kind kind, uint64_t u) {
    witc_val v = witc_val_of(kind, 0, 0);
    v.of.u = u;
    return v;
}
static inline witc_val witc_val_u32(uint32_t u) { return witc_val_uint(WITC_TYPE_U32, u); }
static inline witc_val witc_val_s32(int32_t i) { return witc_val_int(WITC_TYPE_S32, i); }
static inline witc_val witc_val_u64(uint64_t u) { return witc_val_uint(WITC_TYPE_U64, u); }
static inline witc_val witc_val_f32(float f) {
    witc_val v = witc_val_of(WITC_TYPE_F32, 0, 0);
    v.of.f32 = f;
    return v;
}
static inline witc_val witc_val_f64(double f) {
    witc_val v = witc_val_of(WITC_TYPE_F64, 0, 0);
    v.of.f64 = f;
    return v;
}
static inline witc_val witc_val_char(uint32_t c) {
    witc_val v = witc_val_of(WITC_TYPE_CHAR, 0, 0);
    v.of.character = c;
    return v;
}
static inline witc_val witc_val_string(const char *text, size_t size) {
    witc_val v = witc_val_of(WITC_TYPE_STRING, 0, size);
    v.of.string = text;
    return v;
}
/* `kind` is WITC_TYPE_LIST, RECORD or TUPLE, or WITC_TYPE_MAP with `count` pairs. */
static inline witc_val witc_val_items(witc_type_kind kind, const witc_val *items, size_t count) {
    witc_val v = witc_val_of(kind, 0, count);
    v.of.items = items;
    return v;
}
/* A list of numbers: `kind` is theirs. */
static inline witc_val witc_val_packed(witc_type_kind kind, const void *numbers, size_t count) {
    witc_val v = witc_val_of(WITC_TYPE_LIST, (uint32_t)kind, count);
    v.of.packed = numbers;
    return v;
}
/* `kind` is WITC_TYPE_VARIANT, OPTION or RESULT; `payload` NULL: the case has none. */
static inline witc_val witc_val_case(witc_type_kind kind, uint32_t index, const witc_val *payload) {
    witc_val v = witc_val_of(kind, index, payload != NULL);
    v.of.items = payload;
    return v;
}
static inline witc_val witc_val_enum(uint32_t index) {
    return witc_val_of(WITC_TYPE_ENUM, index, 0);
}
static inline witc_val witc_val_flags(uint64_t bits) {
    witc_val v = witc_val_of(WITC_TYPE_FLAGS, 0, 0);
    v.of.flags = bits;
    return v;
}
/* `kind` is WITC_TYPE_OWN, BORROW, STREAM, FUTURE or ERROR_CONTEXT. */
static inline witc_val witc_val_handle(witc_type_kind kind, uint64_t handle) {
    witc_val v = witc_val_of(kind, 0, 0);
    v.of.handle = handle;
    return v;
}
/* The payload of a VARIANT, OPTION or RESULT; NULL: it has none, or the value is of another kind. */
static inline const witc_val *witc_val_payload(const witc_val *v) {
    bool has =
        v->kind == WITC_TYPE_VARIANT || v->kind == WITC_TYPE_OPTION || v->kind == WITC_TYPE_RESULT;
    return has && v->count ? v->of.items : NULL;
}
/* Item `i` of a LIST (packed or not), RECORD or TUPLE, or of the 2 * count of a MAP, in *out; false: there is
 * none, or the value is of another kind. */
bool witc_val_item(const witc_val *v, size_t i, witc_val *out);

/* Memory for values: it is freed at once. NULL: no memory. Owned; freed before the engine is. */
typedef struct witc_arena witc_arena;
witc_arena *witc_arena_new(witc_engine *engine);
/* `size` zeroed bytes, aligned for any type; NULL: no memory. */
void *witc_arena_take(witc_arena *arena, size_t size);
/* Gives back all that was taken from it, and all values that calls have put there. */
void witc_arena_reset(witc_arena *arena);
void witc_arena_free(
    witc_arena *arena); /* NULL may be given. Not of the arena of a host function. */

/* Values as text: WAVE, `{x: 1, tags: ["a"], y: some('b')}`. Handles have none: they are refused, and
 * printed as `<own name>`.
 * Reads one of the type into *out, with what it points to in the arena. False: *error, where `error` is not
 * NULL, says why and where in the text, as witc_module_new does; NULL: there was no memory. */
bool witc_val_parse(const witc_type *type, witc_str text, witc_arena *arena, witc_val *out,
                    witc_error **error);
/* The text of a value of the type, with a NUL behind it, in the arena. ptr NULL: the value is not of
 * the type, or there was no memory. */
witc_str witc_val_print(const witc_type *type, const witc_val *v, witc_arena *arena);

/* ---- linking ---- */

/* What imports are. NULL: no memory. Owned; freed before the store. What instances use of it is the
 * store's, so it may be freed once they are made. */
typedef struct witc_component_linker witc_component_linker;
/* Of a store, and what is found in it; see "instances and calls". */
typedef struct witc_component_instance witc_component_instance;
typedef struct witc_component_func witc_component_func;
witc_component_linker *witc_component_linker_new(witc_store *store);
void witc_component_linker_free(witc_component_linker *linker); /* NULL may be given */

/* Imports are found by their name, or, where that has a version, by any that is compatible with it: what is
 * given as "ns:pkg/iface@0.2.12" serves imports of 0.2.0 to 0.2.x (CM: Explainer.md, "canonical interface
 * names"). `interface` "" is for imports that stand for themselves. All names are copied, ended by NUL;
 * the last word counts. */

/* A function of the host. Of `type` are the arguments, `arg_count` of them, and the result has to be; it
 * starts as WITC_TYPE_NONE. What the result points to is to be taken from `arena`, which is emptied when
 * the guest has it, or is the host's for as long. The arguments last until it returns. It returns WITC_DONE,
 * what witc_trap or witc_exit gave, the WITC_TRAP or WITC_EXIT of a call that it made, or WITC_SUSPENDED,
 * without witc_suspend: not yet; it is asked again with the same arguments when witc_store_resume is called (or, where
 * it is `async`, whenever the store goes on). Anything else is a trap.
 * An OWN among the arguments is the host's now, a BORROW is lent during the call; an OWN in the result
 * becomes the guest's. `caller` is as in engine.h: witc_caller_store, witc_trap, witc_exit. */
typedef witc_status (*witc_component_fn)(witc_caller *caller, void *context,
                                         const witc_signature *type, const witc_val *args,
                                         size_t arg_count, witc_val *result, witc_arena *arena);
/* `type` NULL: of whatever type the import has, which the function is told. Else the type in words, without
 * names, "(list<u8>, option<string>) -> result<u32, enum<3>>", `own` and `borrow` for handles, `enum<N>` and
 * `flags<N>` by their number, `record<u8,u8>` and `variant<_,u8>` by their parts: an import of another type is
 * WITC_UNLINKABLE, and the text has both. The context outlives the store. WITC_DONE or WITC_NO_MEMORY. */
witc_status witc_component_linker_func(witc_component_linker *linker, const char *interface,
                                       const char *name, const char *type, witc_component_fn fn,
                                       void *context);
/* A resource type of the host (CM: Explainer.md, "Type Definitions"). Its handles are numbers that the host
 * chooses. `drop`, if not NULL, is called with one when a guest drops what it owns, or returns
 * nothing for it; not at the end of the store. It must not use the store. */
witc_status witc_component_linker_resource(witc_component_linker *linker, const char *interface,
                                           const char *name,
                                           void (*drop)(void *context, uint64_t handle),
                                           void *context);

/* What another instance of the same store exports as `from`, which is found by version as imports are: an
 * interface, a function or a resource; or, where `from` is "", all of it as one interface. `name` is what
 * imports have, "ns:pkg/iface@1.0.0". The types are compared when an import is linked, by their shape; a handle
 * of another resource is a trap when it is passed. WITC_DONE; WITC_REFUSED: there is no such export, or the instance
 * is of another store; WITC_NO_MEMORY. */
witc_status witc_component_linker_instance(witc_component_linker *linker, const char *name,
                                           const witc_component_instance *instance,
                                           const char *from);

/* A folder of the system that a guest may use, and everything below it. */
typedef struct witc_wasi_folder {
    const char *host;   /* its path here */
    const char *guest;  /* the guest's path for it */
    bool read_only;     /* nothing in it can be changed */
    uint64_t max_bytes; /* by how much files may grow together; 0: no limit */
    uint64_t max_files; /* how many files, folders and links may be made; 0: no limit */
} witc_wasi_folder;

/* What a guest is granted (WASI 0.2). Zeroed, but for `size`, it is nothing but clocks and random numbers. */
typedef struct witc_wasi {
    size_t size; /* sizeof(witc_wasi); 0 is refused */
    const char *const *args;
    size_t arg_count;
    const char *const *env; /* "NAME=value" */
    size_t env_count;
    const witc_wasi_folder *folders;
    size_t folder_count;
    const char *cwd; /* what initial-cwd answers; NULL: nothing */
    /* File descriptors, which stay the embedder's and open until the store is freed. A stream that is not
     * granted is closed: it is at its end, and cannot be written to. */
    bool has_stdin, has_stdout, has_stderr;
    int stdin_fd, stdout_fd, stderr_fd;
    bool has_seed; /* insecure random numbers repeat: they come from `seed` */
    uint64_t seed;
    bool
        suspends; /* a call that waits for what was granted gives WITC_SUSPENDED, and witc_wasi_wait
                      waits; false: the call itself waits */
    /* Since version 1003. What of the network: "tcp:example.org:443", "udp:10.0.0.0/8:53",
     * "listen:127.0.0.1:8080", "dns"; the rules of `witc run --net-allow`, docs/WASI.md. */
    const char *const *net;
    size_t net_count;
} witc_wasi;
/* Gives all of WASI 0.2 to the linker, with these grants, which are copied. Once a store. WITC_DONE;
 * WITC_REFUSED: a folder that cannot be opened, a rule that is none, a struct that this library does not understand, a second time;
 * WITC_NO_MEMORY. */
witc_status witc_component_linker_wasi(witc_component_linker *linker, const witc_wasi *wasi);
/* Waits until something that suspended calls wait for may be there, or for a tenth of a second; false: nothing
 * of WASI is waited for. */
bool witc_wasi_wait(witc_store *store);

/* ---- instances and calls ---- */

/* Instantiates a component with what the linker has. WITC_DONE; WITC_REFUSED (a call of the store is suspended
 * or running, memory ran out in it before); WITC_UNLINKABLE, with all that is missing in the text; WITC_NO_MEMORY; or
 * what a start function came to: WITC_TRAP, WITC_EXIT. *instance is NULL then. Not from host functions. */
witc_status witc_component_instantiate(witc_component_linker *linker, witc_component *component,
                                       witc_component_instance **instance);
/* The function `name` of the exported instance `interface` (found by version as imports are), or, where
 * that is "", the exported function `name`; both ended by NUL. NULL: there is none, or no memory. Found
 * once, it can be called often. */
witc_component_func *witc_component_find(witc_component_instance *instance, const char *interface,
                                         const char *name);
/* A view, for as long as the store. */
const witc_signature *witc_component_func_type(const witc_component_func *func);

/* Calls it (CM: CanonicalABI.md, "canon lift"); its post-return function has run when it is done. *result,
 * WITC_TYPE_NONE where the function has none, and all that it points to lies in `arena`; `result` may be NULL. An OWN among
 * the arguments is the guest's from then on, whatever the call comes to. WITC_DONE; WITC_TRAP, after which
 * the instance cannot be entered again; WITC_EXIT; WITC_REFUSED (a wrong number or type of values, a
 * call that is suspended, memory that ran out before); WITC_NO_MEMORY; WITC_SUSPENDED: a host function is not
 * done, or, of a function that is async, all wait: witc_store_resume goes on, witc_store_abandon gives up; the
 * arena, args and result last until then. May be called by host functions of the same store, not by
 * those that the same instance has called; what they call so cannot suspend. */
witc_status witc_component_call(witc_component_func *func, const witc_val *args, size_t arg_count,
                                witc_val *result, witc_arena *arena);
/* The same with arguments as text, `("x", {a: 1})`; options at the end may be left out. *error as with
 * witc_val_parse, then WITC_REFUSED. */
witc_status witc_component_call_text(witc_component_func *func, witc_str args, witc_val *result,
                                     witc_arena *arena, witc_error **error);
/* Drops a resource of the guest that the host owns: an OWN that a call of `func` has given or would have taken;
 * its destructor runs. `own` is its type, from func's signature. As witc_component_call. */
witc_status witc_component_drop(witc_component_func *func, const witc_type *own, uint64_t handle);

/* ---- streams and futures (CM: Concurrency.md, "Streams and Futures") ---- */

/* The host has an end of a stream or future by a function, which is asked when the guest's end wants
 * something: so there is nothing between them, and the host keeps what it has or wants. What it cannot do
 * yet it is asked again: where no guest can go on without, the call that is going on gives
 * WITC_SUSPENDED, and witc_store_resume asks all ends that wait. These functions must not use the store,
 * but for their caller: witc_caller_store, witc_trap. */
typedef enum witc_flow {
    WITC_FLOW_MOVED = 0, /* so many items, or, where none were asked for: it is ready for some */
    WITC_FLOW_WAITS = 1, /* none yet */
    WITC_FLOW_ENDS =
        2, /* the last ones, or none; of a future that the host reads: it is not wanted */
    WITC_FLOW_TRAPS = 3 /* after witc_trap */
} witc_flow;

/* The host writes: *items, an empty LIST, becomes one of at most `most` items of `type` (NULL: items without
 * a value, which only count), packed or not; what it points to is to be taken from `arena`, or is the host's
 * until the function is called again or closed. `most` may be 0. A future has one item, and must have it
 * before it ends. */
typedef witc_flow (*witc_give_fn)(witc_caller *caller, void *context, const witc_type *type,
                                  size_t most, witc_val *items, witc_arena *arena);
/* The host reads: `items` is a LIST of what there is, which lasts until the function returns; *count, as
 * many as those, becomes how many of them are taken. There may be none. Items with handles come one by one,
 * each after the function was asked with none and gave WITC_FLOW_MOVED, and are the host's then. */
typedef witc_flow (*witc_take_fn)(witc_caller *caller, void *context, const witc_type *type,
                                  const witc_val *items, size_t *count);

/* A new stream or future (`kind`: WITC_TYPE_STREAM, WITC_TYPE_FUTURE) that the host writes: its readable
 * end is *readable, for one argument, result or item of that kind. Its items are what the first that gets it says.
 * `close`, if not NULL, is called once, with the context, after the last `give`: after WITC_FLOW_ENDS or the item of a
 * future, when the reader is gone, or with the store's end; it must not use the store. WITC_DONE; WITC_REFUSED:
 * no such kind; WITC_NO_MEMORY; then nothing is closed. */
witc_status witc_stream_new(witc_store *store, witc_type_kind kind, witc_give_fn give,
                            void (*close)(void *context), void *context, witc_val *readable);
/* The host reads a stream or future that a guest has passed; `close` as above. The first items
 * come when the store goes on: in a call, witc_store_resume or witc_store_run_tasks. WITC_DONE; WITC_REFUSED: it is
 * no stream or future; WITC_NO_MEMORY. */
witc_status witc_stream_read(witc_store *store, const witc_val *readable, witc_take_fn take,
                             void (*close)(void *context), void *context);
/* The host has no use for a readable end: the writer is told. WITC_DONE; WITC_REFUSED as above. */
witc_status witc_stream_drop(witc_store *store, const witc_val *readable);
/* Goes on with what calls have left behind: tasks that have more to do once they have returned, streams on
 * their way. WITC_DONE: nothing can go on any more; WITC_SUSPENDED: the host is waited for, as by
 * witc_component_call; WITC_REFUSED: another call of the store is suspended or running; else as that. */
witc_status witc_store_run_tasks(witc_store *store);

#ifdef __cplusplus
}
#endif

#endif
