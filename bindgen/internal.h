/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BINDGEN_INTERNAL_H
#define BINDGEN_INTERNAL_H

#include "bindgen/bindgen.h"

/* What was found out about a type, once it was asked. */
typedef enum { ANSWER_UNKNOWN, ANSWER_YES, ANSWER_NO } GenAnswer;

/* What is known in C of a type of the model. */
typedef struct {
    Str name;                    /* "app_list_u8_t"; empty: not defined (in this scope) */
    Str base, own, borrow, drop; /* of a resource: "ns_r", "ns_own_r_t", ..., the core import */
    bool exported;               /* of a resource */
    GenAnswer plain;             /* see is_plain in names.c */
    GenAnswer foreign_borrow;    /* see has_foreign_borrow in values.c */
    bool has_future;             /* streams and futures in it */
    Str prefix;                  /* native: of the first named type in it; empty: there is none */
    bool defined;                /* native: the definition has been written */
    Str to_borrow, from_rep, to_rep; /* native: functions of a resource */
} GenType;

/* What bindings are being written for: an interface as import or export, or the world itself. */
typedef struct {
    const WitItem *item; /* NULL: the world */
    const WitInterface *interface;
    bool import;
    Str prefix; /* of the C names of types */
    Str key;    /* the component model's name of the interface; empty for the world */
} GenScope;

/* ---- what the native style knows of functions (docs/NATIVE.md) ---- */

typedef enum {
    NAT_VALUE,   /* T x */
    NAT_POINTER, /* const T *x, never NULL */
    NAT_OPTION   /* const T *x; NULL: none. T is the payload */
} NatPass;

typedef struct {
    Str name;            /* in C */
    Str c_type;          /* T */
    const WitType *type; /* of the parameter; of an option, the option */
    NatPass pass;
} NatParam;

/* A function as it is in C; of the world, in the order of the header (Gen.nat_funcs). */
typedef struct {
    const WitFunc *func;
    GenScope scope;
    bool is_async;
    Str name;   /* P_f */
    Str start;  /* of an asynchronous one: P_f_start of an import, P_f_begin of an export */
    Str finish; /* P_f_return of an asynchronous export */
    Str result; /* its C type, or "void" */
    Str params; /* "wit_string a, const uint32_t *b"; "void" where there is none */
    NatParam *list;
    size_t count;
} NatFunc;

/* An interface, or the world: what has names in it. */
typedef struct {
    GenScope scope;
    VEC(const WitType *) types;
    VEC(const NatFunc *) funcs;
} NatScope;

/* What the native style does with all parts of a value, see gen_walk. */
typedef enum {
    GEN_WALK_MEMORY,  /* wit__keep for each string and list */
    GEN_WALK_BORROWS, /* gives borrowed handles of imports back */
    GEN_WALK_COPY,    /* wit__copy for each string and list, in its place */
    GEN_WALKS
} GenWalk;

typedef struct {
    Arena *arena;
    const WitModel *model;
    const WitWorld *world;
    const GenOptions *options;
    Diags *diags;
    AbiCache abi;
    Str name, upper;       /* of the world in C: "app", "APP" */
    GenType *types;        /* by WitType.id */
    uint32_t *marks, mark; /* by WitType.id: what the walk over types has seen */
    Map shared;            /* C names of anonymous types that all scopes share */
    Map frees;             /* C names of types that have a `_free` */
    Map releases;          /* C names of types -> whether they have a static release function */
    Map symbols;           /* C names of functions, types and macros -> what they are of */
    Map numbers;           /* C names that were wished for again -> the last number behind one */
    Map futures;           /* C names of the futures and streams that have functions */
    Map dropped_futures;   /* of those that a `_free` drops */
    GenScope scope;
    /* The parts of both files, put together at the end. */
    Buf h_types, h_funcs, h_helpers, h_async;
    Buf c_layout, c_funcs, c_release, c_helpers, c_adapters, c_async;
    Buf stubs;
    bool needs_string, needs_async, needs_error_context;
    bool *used_filters; /* by position in options->async_filters */
    bool needs_bits[4]; /* see values.c */
    Map areas;          /* C names of types that exports return through memory */
    Map helpers;        /* names in the helpers' texts */
    /* The native style. */
    Map prefixes;         /* prefix -> the GenScope that has it */
    Map item_prefixes;    /* WitItem -> its prefix */
    Map walks[GEN_WALKS]; /* by GenWalk: C names of types -> whether they have a function */
    Map flattens;         /* names of functions that flatten variants */
    Map structures;       /* C names of types without a name -> WitType */
    VEC(const NatFunc *) nat_funcs;
    VEC(const WitType *) imported_resources;
    VEC(NatScope) nat_scopes;
    Buf h_layout, c_elsewhere; /* c_elsewhere: for other machines than WebAssembly */
    bool has_exported_resources;
    uint32_t area_size, area_align; /* what exports return through */
} Gen;

static inline bool gen_native(const Gen *g) { return g->options->style == GEN_NATIVE; }

/* ---- names.c ---- */

/* Words of a name joined by '_': "[method]input-stream.read" is "method_input_stream_read". */
Str gen_snake(Arena *arena, Str name);
Str gen_upper(Arena *arena, Str name);
bool gen_is_reserved(Str name); /* a word of C or C++ */
/* The name of a field or parameter; not a word of C or C++. */
Str gen_ident(Gen *g, Str name);
/* The prefix of an interface, "wasi_io_streams", or of the world (item NULL). */
Str gen_prefix(Gen *g, const WitItem *item, bool import);
Str gen_func_name(Gen *g, const WitFunc *func);
/* How the type of a value is called; every type of the model must have been defined before. */
Str gen_type_name(Gen *g, const WitType *type);
/* The name that a type gets; *shared where it belongs to the whole world. */
Str gen_new_type_name(Gen *g, const WitType *type, Str prefix, bool *shared);
/* Of what a map's pointer points to. */
Str gen_entry_name(Gen *g, const WitType *map);
Str gen_without_t(Str type_name);
/* A type in messages. */
Str gen_wit_name(Gen *g, const WitType *type);
/* Takes the C names stem+ending for all endings of a list that NULL ends. Where something else has
 * one of them, the stem gets a number, and there is a warning. The stem. `what` is the WIT name. */
Str gen_claim(Gen *g, Str stem, const char *const *endings, Str what, Span span);
#define GEN_ENDINGS(...)                                                                           \
    (const char *const[]) { __VA_ARGS__, NULL }
/* Takes a name that nothing from WIT may have. */
void gen_reserve(Gen *g, Str name, Str what);
void gen_reserve_types(Gen *g); /* the names of C's types */

static inline GenType *gen_type(Gen *g, const WitType *type) { return &g->types[type->id]; }

/* ---- types.c ---- */

/* Types that these types and functions are made of, they too: parts before wholes, each once. */
typedef VEC(const WitType *) GenTypes;
GenTypes gen_live(Gen *g, const WitType *const *types, size_t n, const WitFunc *const *funcs,
                  size_t func_count);
/* The place in the world of an interface other than the current one: exports first for exports. */
bool gen_scope_of(Gen *g, const WitInterface *interface, GenScope *scope);
void gen_interface_types(Gen *g, const WitInterface *interface);
void gen_func_types(Gen *g, const WitFunc *const *funcs, size_t n);
void gen_world_types(Gen *g, const WitType *const *types, size_t n);
/* Forgets the types that exports define anew. */
void gen_forget_types(Gen *g);
void gen_docs(Buf *out, Str docs);
const char *gen_tag_type(size_t case_count);

/* ---- free.c ---- */

/* The statements of the public `_free` of a type whose parts are defined; empty: it has none. */
Str gen_free_body(Gen *g, const WitType *type);
void gen_free(Gen *g, const WitType *type, Str body);
/* The statement that frees what post-return must free behind the pointer expression; empty where
 * there is nothing. */
Str gen_release(Gen *g, const WitType *type, Str pointer);

/* The native style: the statement that does something with parts of the value behind a pointer
 * expression; empty where there are none. */
Str gen_walk(Gen *g, GenWalk walk, const WitType *type, Str pointer);

/* ---- signatures ---- */

typedef enum { GEN_VOID, GEN_VALUE, GEN_POINTER, GEN_OPTION, GEN_RESULT } GenReturn;

typedef struct {
    Str name;
    const WitType *type;
    bool pointer; /* passed by pointer */
    bool maybe;   /* an option as a pointer, named "maybe_..." */
} GenParam;

typedef struct {
    Str name; /* of the C function */
    Str text; /* the whole signature without ";" */
    GenParam *params;
    size_t param_count;
    GenReturn kind;
    const WitType *result;   /* the function's; NULL: none */
    const WitType *ok, *err; /* OPTION: ok is the payload; RESULT: either may be NULL */
} GenSig;

GenSig gen_signature(Gen *g, const WitFunc *func, const AbiFunc *abi);
bool gen_is_async(Gen *g, const WitFunc *func);
const char *gen_core_type(AbiCore type);
/* "(int32_t, double)", "(void)". */
Str gen_core_params(Gen *g, const AbiCore *types, size_t n);
/* "int32_t" or "void": what the core function gives back. */
const char *gen_core_result(const AbiFunc *abi);
/* "name(a, b)". */
Str gen_call(Gen *g, Str name, const Str *args, size_t n);

/* ---- bodies and values (values.c) ---- */

/* The inside of a function being printed. */
typedef struct {
    Buf *out;
    unsigned indent;
    Map names; /* of parameters and locals */
    unsigned next;
} GenBody;

/* An lvalue in C: "x", or what a pointer variable "x" points to. */
typedef struct {
    Str text;
    bool pointer;
} GenPlace;

__attribute__((format(printf, 2, 3))) void gen_line(GenBody *b, const char *format, ...);
Str gen_local(Gen *g, GenBody *b, const char *name); /* a name that is not taken yet */
/* "int32_t name(int32_t arg, double arg0) {": the start of a core function; names its parameters. */
void gen_begin_core(Gen *g, GenBody *b, const AbiFunc *abi, Str name, Str *args);
void gen_take(Gen *g, GenBody *b, Str name);
Str gen_value(Gen *g, GenPlace place);
Str gen_address(Gen *g, GenPlace place);
GenPlace gen_member(Gen *g, GenPlace place, Str name);
/* C to flat core values: fills flat[0..plan->flat_count) with expressions. */
void gen_lower(Gen *g, GenBody *b, const AbiPlan *plan, GenPlace from, Str *flat);
/* Flat core values to C. */
void gen_lift(Gen *g, GenBody *b, const AbiPlan *plan, const Str *flat, GenPlace to);
/* The same as an expression, where the value is no struct and one flat value; else empty. */
Str gen_lift_simple(Gen *g, const AbiPlan *plan, Str flat);
/* Handles of imports that an export was lent: collects them in new locals before the call. */
typedef struct {
    Str local, drop;
} GenBorrow;
typedef VEC(GenBorrow) GenBorrows;
void gen_collect_borrows(Gen *g, GenBody *b, const WitFunc *func, const AbiPlan *plan,
                         GenPlace from, GenBorrows *borrows);
/* Functions that reinterpret bits, as far as they were needed. */
/* Whether the output has passed its limit; then an error was added. */
bool gen_too_large(Gen *g);
void gen_put_bits(Gen *g, Buf *out);

/* ---- imports.c, exports.c, async.c, support.c ---- */

void gen_import(Gen *g, const WitFunc *func);
void gen_export(Gen *g, const WitFunc *func);
void gen_futures(Gen *g, const WitFunc *func);
/* Of the names that come with a stream or future, ended by NULL. */
extern const char *const gen_future_endings[];
void gen_async_helpers(Gen *g);
void gen_error_context_helpers(Gen *g);
/* For streams and futures that `_free` would drop, but of which no function makes or takes one. */
void gen_unused_futures(Gen *g);
void gen_thread_helpers(Gen *g);
void gen_string_helpers(Gen *g);
void gen_put_string_type(Gen *g, Buf *out);
/* The condition that a string behind a pointer has memory. */
Str gen_string_filled(Gen *g, const char *pointer);
/* What the source needs of a C library, and stands in for it where there is none. */
void gen_put_support(Gen *g, Buf *out);
/* Of it: what stands in for a C library. */
void gen_put_freestanding(Buf *out);
/* Text with the world's name for every `@` (in capitals: `^`), the unit of its strings for `~`, the
 * character type for `%`. */
void gen_put_template(Gen *g, Buf *out, const char *text);
/* Text with words of it replaced; then, as a template. */
typedef struct {
    Str word, with;
} GenWord;
Str gen_fill(Gen *g, const char *text, const GenWord *words, size_t n);
void gen_put_words(Gen *g, Buf *out, const char *text, const GenWord *words, size_t n);
void gen_put_component_type(Gen *g, Buf *out);
/* WORLD_component_type.o of --object-file. */
void gen_put_type_object(Gen *g, GenOutput *out);

/* ---- stubs.c: what the program must define; nothing where no stubs are wanted ---- */

void gen_stub(Gen *g, Str docs, Str signature); /* "T f(U x)" */
/* `name` is the struct's. */
void gen_stub_resource(Gen *g, const WitType *type, Str name, Str destructor);
void gen_put_stubs(Gen *g, GenOutput *out);

/* gen.c: how a function is passed; NULL and a diagnostic where it cannot be. */
const AbiFunc *gen_abi(Gen *g, const WitFunc *func, AbiVariant variant);

/* ---- cpp.c, mocks.c ---- */

void gen_put_cpp(Gen *g, GenOutput *out);
void gen_put_mocks(Gen *g, GenOutput *out);

/* ---- the native style: native*.c ---- */

bool gen_native_files(Gen *g, GenOutput *out);
/* The beginning of both files, and what includes the integer types. */
void gen_put_banner(Buf *out);
void gen_put_integer_types(Buf *out);

/* native_names.c */
Str nat_prefix(Gen *g, const WitItem *item, bool import);
/* The name itself, or one with a number where it is taken. */
Str nat_claim(Gen *g, Str name);
void nat_claim_runtime(Gen *g);
/* `what` of a type or resource, as `P_r_drop`: claimed. */
Str nat_derive(Gen *g, Str name, const char *what);
void nat_name_named(Gen *g, const WitType *type);
/* The name of a type by its structure; *added: nothing of that name was there. */
Str nat_structure(Gen *g, const WitType *type, bool *added);
Str nat_func_name(Gen *g, const WitFunc *func);
bool nat_is_macro(Str name);  /* of C libraries, that is no function, or perhaps a type */
Str nat_string(const Gen *g); /* the type of strings, without "wit_" */
/* Whether `type` is what `use` brings in, or stands for a resource: it has no name of its own. */
bool nat_is_transparent(const WitType *type);

/* native_types.c */
void nat_define(Gen *g, const GenTypes *types);
void nat_docs(Gen *g, Buf *out, const char *indent, Str docs, const WitStability *stability,
              Str more);

/* native_funcs.c */
NatFunc *nat_func(Gen *g, const WitFunc *func);
void nat_complete(Gen *g, NatFunc *f); /* once its types are defined */
void nat_put_func(Gen *g, const NatFunc *f);
bool nat_is_exit(const NatFunc *f); /* does not return */
void nat_put_resource(Gen *g, const WitType *type);

/* native_async.c */
void nat_put_async_common(Buf *out);
void nat_put_async_runtime(Buf *out);
extern const char nat_async_elsewhere[];
Str nat_future_stem(Gen *g, Str name);
void nat_put_future(Gen *g, const WitType *type, Str name, Str stem);
/* The name of the function that finds all memory in an array of such values, or NULL. */
Str nat_keeper(Gen *g, const WitType *type, Str name);

/* native_runtime.c */
void nat_put_common(Gen *g, Buf *out);
void nat_put_runtime(Gen *g, Buf *out);

/* The module and name attributes of a core import or export. */
#define GEN_IMPORT_FORMAT                                                                          \
    "__attribute__((__import_module__(\"%.*s\"), __import_name__(\"%s%.*s\")))\n"

#endif
