/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "base/buf.h"
#include "base/feature.h"
#include "base/reader.h"
#include "core/opcode.h"
#include "core/type.h"

/* A core WebAssembly module as data: what core_decode and the text parser make, what core_validate
 * checks, core_encode writes, the printer prints and the interpreter runs. Everything lives in one
 * arena and is const once made.
 *
 * Index spaces are whole: m->funcs.at[i] is function i, imported ones first, and m->imported[KIND]
 * says how many of them are. The same for tables, memories, globals and tags. Code and constant
 * expressions stay bytes (CoreExpr), read with core_instr_next. */

#define CORE_NONE UINT32_MAX /* no index */

/* ---- types ---- */

typedef struct {
    CoreValType type; /* a storage type */
    bool mutable;
} CoreField;

typedef enum { CORE_TYPE_FUNC, CORE_TYPE_STRUCT, CORE_TYPE_ARRAY, CORE_TYPE_CONT } CoreTypeKind;

/* A sub type (2.3.8): one entry of the type index space. */
typedef struct CoreType {
    CoreTypeKind kind;
    bool final, shared;
    uint32_t super;      /* type index of the supertype, or CORE_NONE */
    uint32_t descriptor; /* custom descriptors: its (descriptor $x) type, or CORE_NONE */
    uint32_t describes;  /* ... its (describes $x) type, or CORE_NONE */
    uint32_t group;      /* index in the module's groups */
    uint32_t offset;     /* place in the source */
    uint32_t param_count, result_count, field_count; /* an array has one field */
    const CoreValType *params, *results;
    const CoreField *fields;
    uint32_t cont; /* CORE_TYPE_CONT: its function type */
} CoreType;

/* A recursion group: types first .. first + count - 1. */
typedef struct {
    uint32_t first, count;
    bool written; /* as (rec ...), even around a single type */
} CoreGroup;

/* ---- the index spaces ---- */

typedef enum { CORE_FUNC, CORE_TABLE, CORE_MEMORY, CORE_GLOBAL, CORE_TAG } CoreExtern;
enum { CORE_EXTERN_COUNT = CORE_TAG + 1 };

/* Text made these bytes: byte `at` of the expression came from `offset` of the text. */
typedef struct {
    uint32_t at, offset;
} CorePlace;

/* An expression with its final `end`. */
typedef struct {
    Str bytes;
    const CorePlace *places; /* for a module from text: ascending by `at`; else NULL */
    uint32_t place_count;
    uint32_t offset; /* of the first byte in the module's source */
} CoreExpr;

typedef struct {
    uint64_t min, max; /* entries or pages */
    bool has_max;
    bool shared;
    bool is_64;        /* addresses are i64 */
    bool has_page;     /* a page size was written */
    uint8_t page_log2; /* 16 for the usual pages of 64 KiB; unused in tables */
} CoreLimits;

typedef struct {
    uint32_t count;
    CoreValType type;
} CoreLocals; /* a run of locals of one type */

typedef struct {
    uint32_t type;   /* type index */
    uint32_t import; /* index in imports, or CORE_NONE: then the body counts */
    bool exact;      /* custom descriptors: imported as (exact (type ...)) */
    uint32_t offset; /* of the code entry in the source (in the import section if imported) */
    uint32_t size;   /* bytes of the code entry, with its locals */
    uint32_t local_runs;
    const CoreLocals *locals;
    CoreExpr body;
} CoreFunc;

typedef struct {
    CoreValType type;
    CoreLimits limits;
    uint32_t import, offset;
    bool has_init;
    CoreExpr init;
} CoreTable;

typedef struct {
    CoreLimits limits;
    uint32_t import, offset;
} CoreMemory;

typedef struct {
    CoreValType type;
    bool mutable, shared;
    uint32_t import, offset;
    CoreExpr init;
} CoreGlobal;

typedef struct {
    uint32_t type;
    uint32_t import, offset;
} CoreTag;

/* ---- the other sections ---- */

/* Compact imports write a module name once for several imports. */
typedef enum {
    CORE_IMPORT_SINGLE,
    CORE_IMPORT_BY_MODULE, /* grouped: (import "m" (item "a" (func)) (item "b" (func))) */
    CORE_IMPORT_BY_TYPE, /* grouped, one type for all: (import "m" (item "a") (item "b") (func)) */
} CoreImportForm;

/* The type stands in the index space: m->funcs.at[import->index] and so on. */
typedef struct {
    Str module, name;
    CoreExtern kind;
    uint32_t index;
    CoreImportForm form;
    bool starts_group; /* first of its group, where the form has groups */
    uint32_t offset;
} CoreImport;

typedef struct {
    Str name;
    CoreExtern kind;
    uint32_t index;
    uint32_t offset;
} CoreExport;

typedef struct {
    uint8_t flags;    /* as encoded, 0 to 7; see the functions below */
    uint32_t table;   /* active: 0 where flags do not say */
    CoreExpr start;   /* active */
    CoreValType type; /* of the elements */
    uint32_t count;
    const uint32_t *funcs; /* function indices, or ... */
    const CoreExpr *exprs; /* ... expressions, by core_elem_has_exprs */
    uint32_t offset;
} CoreElem;

static inline bool core_elem_active(const CoreElem *e) { return !(e->flags & 1); }
static inline bool core_elem_declared(const CoreElem *e) { return (e->flags & 3) == 3; }
static inline bool core_elem_passive(const CoreElem *e) { return (e->flags & 3) == 1; }
static inline bool core_elem_has_exprs(const CoreElem *e) { return (e->flags & 4) != 0; }

/* Compact, since there are modules with a hundred thousand of them. */
typedef struct {
    uint8_t flags; /* as encoded: 0 active, 1 passive, 2 active with a memory index */
    /* Active: core_data_start, core_data_set_start. */
    uint8_t
        start_at; /* how far behind `offset` the expression is; CORE_START_APART: `start` is a CoreExpr */
    uint16_t start_size;
    uint32_t memory; /* active */
    uint32_t offset;
    uint32_t size; /* of the bytes */
    const char *bytes;
    const void *start; /* the expression's bytes */
} CoreData;
enum { CORE_START_APART = UINT8_MAX };
_Static_assert(sizeof(CoreData) == 32, "data segments are compact");

static inline bool core_data_active(const CoreData *d) { return d->flags != 1; }
static inline Str core_data_bytes(const CoreData *d) { return (Str){d->bytes, d->size}; }
static inline void core_data_set_bytes(CoreData *d, Str bytes) {
    d->bytes = bytes.ptr;
    d->size = (uint32_t)bytes.len;
}
CoreExpr core_data_start(const CoreData *d);
void core_data_set_start(Arena *arena, CoreData *d, const CoreExpr *start);

/* Section ids in their binary encoding. */
typedef enum {
    CORE_SECTION_CUSTOM,
    CORE_SECTION_TYPE,
    CORE_SECTION_IMPORT,
    CORE_SECTION_FUNC,
    CORE_SECTION_TABLE,
    CORE_SECTION_MEMORY,
    CORE_SECTION_GLOBAL,
    CORE_SECTION_EXPORT,
    CORE_SECTION_START,
    CORE_SECTION_ELEM,
    CORE_SECTION_CODE,
    CORE_SECTION_DATA,
    CORE_SECTION_DATA_COUNT,
    CORE_SECTION_TAG,
    CORE_SECTION_COUNT
} CoreSection;

/* The order in which sections stand in a module; customs stand anywhere. */
extern const uint8_t core_section_order[CORE_SECTION_COUNT - 1];

typedef struct {
    Str name, bytes;
    uint8_t after;   /* the known section before it (CoreSection), 0: it stands before them all */
    uint32_t offset; /* of the section's id byte */
    uint32_t at;     /* of the first byte after the name */
} CoreCustom;

/* ---- names ---- */

typedef struct {
    uint32_t index;
    Str name;
} CoreName;

typedef struct {
    CoreName *at; /* ascending by index */
    size_t len, cap;
    bool shuffled; /* in the file they stand in another order: that of the texts' addresses */
} CoreNameMap;

typedef struct {
    uint32_t index;
    CoreNameMap names;
} CoreNameGroup;

typedef struct {
    CoreNameGroup *at; /* ascending by index */
    size_t len, cap;
    bool shuffled;
} CoreNameGroups;

/* The `name` custom section. */
typedef struct {
    bool has_module;
    Str module;
    CoreNameMap funcs, types, tables, memories, globals, elems, datas, tags;
    CoreNameGroups locals, labels; /* by function */
    CoreNameGroups fields;         /* by type */
} CoreNames;

/* The name of an index, or the empty string with ptr NULL. */
Str core_name(const CoreNameMap *map, uint32_t index);
/* The inner map of an index; an empty one where there is none. */
const CoreNameMap *core_name_group(const CoreNameGroups *groups, uint32_t index);

/* Appends a name; indices must ascend. */
void core_name_add(Arena *arena, CoreNameMap *map, uint32_t index, Str name);
CoreNameMap *core_name_group_add(Arena *arena, CoreNameGroups *groups, uint32_t index);

/* The body of a name section, decoded as far as it is well-formed. False where it is not wholly
 * so; what stands before the fault was taken. Nothing is reported. */
bool core_names_decode(Arena *arena, Reader r, CoreNames *names);
/* The same bytes again (without the section's id, size and name). */
void core_names_encode(const CoreNames *names, Buf *buf);
bool core_names_empty(const CoreNames *names);

/* What a symbol is called in its source, or the empty string where it is no such symbol. */
Str core_demangle_rust(Arena *arena, Str symbol);
Str core_demangle_cpp(Arena *arena, Str symbol);

/* ---- the module ---- */

typedef struct CoreModule {
    const Source *source;  /* what the offsets count in; NULL for a module without a place */
    uint32_t offset, size; /* of the whole module in it */
    VEC(CoreType) types;
    VEC(CoreGroup) groups;
    VEC(CoreImport) imports;
    VEC(CoreFunc) funcs;
    VEC(CoreTable) tables;
    VEC(CoreMemory) memories;
    VEC(CoreGlobal) globals;
    VEC(CoreTag) tags;
    uint32_t imported[CORE_EXTERN_COUNT]; /* how many of each space are imported */
    VEC(CoreExport) exports;
    bool has_start;
    uint32_t start, start_offset;
    VEC(CoreElem) elems;
    bool has_data_count;
    uint32_t data_count;
    VEC(CoreData) datas;
    VEC(CoreCustom) customs;                     /* in order; `name` among them */
    CoreNames names;                             /* from the last custom section called `name` */
    uint32_t present;                            /* bit n: section n was there, maybe empty */
    uint32_t section_offset[CORE_SECTION_COUNT]; /* of the first content byte, where present */
    uint32_t section_size[CORE_SECTION_COUNT];
} CoreModule;

/* Decodes the module that the reader's bytes are, all of them: a whole file, or reader_sub of a
 * component. Strings and code are views of the source. NULL and a diagnostic (in the reader's
 * list) where it is malformed. Bodies and constant expressions are delimited, not looked into:
 * core_validate does. `features` gates sections, kinds and types. */
CoreModule *core_decode(Arena *arena, Reader *r, Features features);

/* An empty module. */
CoreModule *core_module_new(Arena *arena);

/* Builders for what has invariants. Imports must be added before definitions of the same kind;
 * the caller fills the returned entry of the index space (type, limits). */
CoreImport *core_import_add(Arena *arena, CoreModule *m, CoreExtern kind, Str module, Str name);
CoreFunc *core_func_add(Arena *arena, CoreModule *m, uint32_t type);
/* A group of `count` zeroed final types without supertype; gives the first index. */
uint32_t core_group_add(Arena *arena, CoreModule *m, uint32_t count, bool written);
/* The index of this function type: the first such type that stands alone, or a new one. */
uint32_t core_func_type_add(Arena *arena, CoreModule *m, const CoreValType *params,
                            uint32_t param_count, const CoreValType *results,
                            uint32_t result_count);
void core_custom_add(Arena *arena, CoreModule *m, Str name, Str bytes, uint8_t after);

/* Writes the module. Bytes that were decoded come out again unchanged if their LEB128 numbers had
 * the shortest form. Nothing is checked: a module that is not valid encodes just as well. */
void core_encode(const CoreModule *m, Buf *buf);
/* The bytes that a module was decoded from, with only its imports written anew. */
void core_encode_imports(const CoreModule *m, Str bytes, Buf *buf);

/* ---- lookups; indices that are out of range give NULL ---- */

const CoreType *core_type(const CoreModule *m, uint32_t type_index);
/* The function type of a type index, NULL where it is another kind of type. */
const CoreType *core_func_type_at(const CoreModule *m, uint32_t type_index);
/* The function type of function i, tag i. */
const CoreType *core_func_type(const CoreModule *m, uint32_t func_index);
const CoreType *core_tag_type(const CoreModule *m, uint32_t tag_index);
/* How many functions, tables ... the module has, with imports. */
uint32_t core_count(const CoreModule *m, CoreExtern kind);
const CoreExport *core_export_find(const CoreModule *m, Str name);
const CoreImport *core_import_of(const CoreModule *m, CoreExtern kind, uint32_t index);
const CoreCustom *core_custom_find(const CoreModule *m, Str name);
const char *core_extern_name(CoreExtern kind); /* "func", "table" ... as in the text format */

/* A reader over an expression, its offsets counting in the source. */
Reader core_expr_reader(const CoreModule *m, const CoreExpr *expr, Diags *diags);
/* Where byte `at` of an expression stands in the source. */
Span core_expr_span(const CoreModule *m, const CoreExpr *expr, size_t at);

/* Locals of a function, parameters included: count, and the type of one (CORE_BOTTOM: none). */
uint64_t core_local_count(const CoreModule *m, const CoreFunc *f);
CoreValType core_local_type(const CoreModule *m, const CoreFunc *f, uint32_t local);

/* ---- types across modules ---- */

/* A space of canonical types: equal types of any module have one id in it. A component's validator
 * has one, so has an interpreter's store. Ids count from 0 and never move. */
typedef struct CoreTypeSpace CoreTypeSpace;

CoreTypeSpace *core_space_new(Arena *arena);
/* Enters all types of a valid module; gives the id of each type index. The array lives in the
 * space's arena. */
const uint32_t *core_space_enter(CoreTypeSpace *space, const CoreModule *m);
/* One group of a growing list: enters types first .. first + count - 1 and sets their ids. References
 * must be to the group itself or to types that have ids. */
void core_space_enter_group(CoreTypeSpace *space, const CoreType *types, uint32_t first,
                            uint32_t count, uint32_t *ids);
/* The id of a function type made by hand; value types must hold ids already. */
uint32_t core_space_func(CoreTypeSpace *space, const CoreValType *params, uint32_t param_count,
                         const CoreValType *results, uint32_t result_count);
/* The same, of a shared function. */
uint32_t core_space_shared_func(CoreTypeSpace *space, const CoreValType *params,
                                uint32_t param_count, const CoreValType *results,
                                uint32_t result_count);
/* The type of an id; NULL where there is no such id. Its `super`, `cont` ... and the indices in its value types are ids as well. */
const CoreType *core_space_type(const CoreTypeSpace *space, uint32_t id);
uint32_t core_space_count(const CoreTypeSpace *space);
/* A module's value type with ids instead of type indices. */
static inline CoreValType core_space_val(const uint32_t *ids, CoreValType t) {
    return core_is_concrete(t) ? (t & 0xff) | ids[core_type_index(t)] << 8 : t;
}
/* Subtyping (3.3): of ids, and of value types that hold ids. */
bool core_space_sub(const CoreTypeSpace *space, uint32_t id, uint32_t super);
bool core_space_matches(const CoreTypeSpace *space, CoreValType t, CoreValType super);

/* What an import asks for or an export has, in ids: for linking and component validation. */
typedef struct {
    CoreExtern kind;
    uint32_t type;     /* id: functions, tags */
    CoreValType value; /* tables, globals */
    bool mutable;      /* globals */
    bool shared;       /* globals */
    bool exact;        /* functions: the import asks for exactly this type */
    CoreLimits limits; /* tables, memories */
} CoreExternType;

CoreExternType core_extern_type(const CoreModule *m, const uint32_t *ids, CoreExtern kind,
                                uint32_t index);
/* External subtyping (3.3.12): whether `have` can be imported as `want`. */
bool core_extern_matches(const CoreTypeSpace *space, const CoreExternType *have,
                         const CoreExternType *want);

/* ---- parts of the binary format that components use ---- */

/* Reads one recursion group (or a type alone) and appends it to the module's types. */
void core_read_group(Arena *arena, Reader *r, Features features, CoreModule *m);
void core_put_group(Buf *buf, const CoreModule *m, uint32_t group);
/* externtype (5.5.5), with type indices where CoreExternType speaks of ids. */
CoreExternType core_read_extern_type(Arena *arena, Reader *r, Features features);
void core_put_extern_type(Buf *buf, const CoreExternType *type);

/* ---- validation ---- */

/* Checks a decoded module. Every fault found is reported; false where there was one. One pass, no
 * allocation by instruction. */
bool core_validate(Arena *arena, const CoreModule *m, Features features, Diags *diags);

/* The same with the bodies checked by up to `jobs` threads; 0: as many as there are processors. What is
 * reported does not depend on that. Threads are made and ended by the call. */
bool core_validate_jobs(Arena *arena, const CoreModule *m, Features features, unsigned jobs,
                        Diags *diags);
unsigned core_jobs(void); /* processors that the process may use */

/* The same in two steps, for lazy or parallel validation: everything but the function bodies, then
 * bodies one at a time and in any order. A checker is used by one thread at a time; several can be
 * made for a module. Bodies may be checked only once core_check_module has said true. core_check_items
 * is the same where core_check_bodies, or nothing, follows. */
typedef struct CoreChecker CoreChecker;
CoreChecker *core_checker_new(Arena *arena, const CoreModule *m, Features features, Diags *diags);
bool core_check_module(CoreChecker *c);
bool core_check_items(CoreChecker *c);
bool core_check_func(CoreChecker *c, uint32_t func_index);
/* All bodies of several modules, whose checkers have one list of diagnostics, by up to `jobs` threads. */
bool core_check_bodies(CoreChecker *const *checkers, size_t n, unsigned jobs);
/* Another checker for the bodies of the same module, for another thread; core_check_module has said
 * true to the first. It uses what the first one has made. */
CoreChecker *core_checker_share(Arena *arena, const CoreChecker *of, Diags *diags);
/* Calls `trace` behind each instruction of the bodies that are checked, but the last `end` of each:
 * its offset, and the operands of the innermost block. Their types hold ids; CORE_BOTTOM is one that
 * is unknown. */
typedef void (*CoreTrace)(void *context, size_t offset, const CoreValType *operands,
                          uint32_t count);
void core_checker_trace(CoreChecker *c, CoreTrace trace, void *context);

#endif
