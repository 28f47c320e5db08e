/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CANONICAL_ABI_ABI_H
#define CANONICAL_ABI_ABI_H

#include "base/trap.h"
#include "model/model.h"

/*
 * The canonical ABI, written once (CanonicalABI.md).
 *
 * A *plan* says how a value of a type lies in linear memory and in flat core values. Records and
 * tuples vanish in it: what is left is a short list of operations in order, each with the byte
 * offset of its part in memory and the index of its part among the flat values:
 *
 *     record point { x: u32, tag: option<string> }
 *
 *       op       offset  slot
 *       U32         0     0
 *       VARIANT     4     1    (2 cases; the payload at offset 8, slot 2)
 *         case some: STRING offset 8, slot 2 (and 3)
 *
 * Three users: the interpreter executes plans (abi_lift, abi_lower, abi_transfer), bindgen prints
 * them as C, the linker asks them which options a `canon` needs.
 */

/* ---- canonical definitions: the rows of canonical-abi/canon.def ---- */

#define CANON(id, name, code, operands, feature) ABI_CANON_##id,
typedef enum {
#include "canonical-abi/canon.def"
    ABI_CANON_COUNT
} AbiCanon;
#undef CANON

typedef enum {
    ABI_OPERANDS_LIFT,
    ABI_OPERANDS_LOWER,
    ABI_OPERANDS_NONE,
    ABI_OPERANDS_TYPE,
    ABI_OPERANDS_OPTS,
    ABI_OPERANDS_RESULT,
    ABI_OPERANDS_TYPE_OPTS,
    ABI_OPERANDS_TYPE_ASYNC,
    ABI_OPERANDS_ASYNC,
    ABI_OPERANDS_CANCEL,
    ABI_OPERANDS_CANCEL_MEM,
    ABI_OPERANDS_CONTEXT,
    ABI_OPERANDS_FUNC_TABLE,
    ABI_OPERANDS_SHARED,
    ABI_OPERANDS_SHARED_TYPE,
    ABI_OPERANDS_SHARED_TABLE
} AbiOperands;

const char *abi_canon_name(AbiCanon id);
uint8_t abi_canon_code(AbiCanon id);
AbiOperands abi_canon_operands(AbiCanon id);
/* The gate of a definition; false where it needs none. */
bool abi_canon_feature(AbiCanon id, Feature *feature);
/* Of a binary code or a text name: the row, or ABI_CANON_COUNT. */
AbiCanon abi_canon_from_code(uint8_t code);
AbiCanon abi_canon_from_name(Str name);

/* ---- plans ---- */

typedef enum { ABI_I32, ABI_I64, ABI_F32, ABI_F64 } AbiCore; /* core value types of flat values */

enum {
    ABI_MAX_FLAT_PARAMS = 16,
    ABI_MAX_FLAT_ASYNC_PARAMS = 4,
    ABI_MAX_FLAT_RESULTS = 1,
    ABI_MAX_BYTES = (1 << 28) - 1, /* of a string or list, and of any value ("Element Size") */
    ABI_MAX_DEPTH = 100,           /* of types in types */
    ABI_MAX_OPS = 1 << 16          /* of one plan: records and fixed-length lists unfold */
};

typedef enum {
    ABI_BOOL,
    ABI_S8,
    ABI_U8,
    ABI_S16,
    ABI_U16,
    ABI_S32,
    ABI_U32,
    ABI_S64,
    ABI_U64,
    ABI_FLOAT32,
    ABI_FLOAT64,
    ABI_CHAR,
    ABI_STRING,  /* pointer and length: two slots */
    ABI_LIST,    /* the same; `element` and `stride` */
    ABI_FLAGS,   /* `width` bytes in memory, one i32 slot */
    ABI_ENUM,    /* a discriminant of `width` bytes, `case_count` */
    ABI_VARIANT, /* a discriminant, then `cases` (also option, result) */
    ABI_OWN,
    ABI_BORROW,
    ABI_STREAM,
    ABI_FUTURE,
    ABI_ERROR_CONTEXT
} AbiKind;

typedef struct AbiPlan AbiPlan;

/* A step from a value to a part of it: field `field` of the record or tuple type (`type` is
 * dealiased), or element `field` of a fixed-length list. */
typedef struct {
    const WitType *type;
    uint32_t field;
} AbiStep;

typedef struct {
    AbiKind kind;
    uint8_t width;       /* bytes in memory: of a scalar, flags, or discriminant */
    uint32_t offset;     /* in memory, from the start of the value that the plan is of */
    uint32_t slot;       /* first flat slot, likewise */
    uint32_t slots;      /* how many flat slots: of a variant, its discriminant and largest case */
    uint32_t payload;    /* VARIANT: offset of the payload */
    uint32_t case_count; /* VARIANT, ENUM; FLAGS: the number of flags */
    const AbiPlan **cases;  /* VARIANT: a plan each (no ops for a case without payload). The offsets
                              of its ops count from the payload, its slots from slot + 1. */
    const AbiPlan *element; /* LIST: of one element */
    const WitType *type;    /* dealiased; for handles the OWN or BORROW type */
    uint32_t run,
        run_ops;          /* how many ops from here on are numbers without gaps in memory, and their
                              bytes: copied as one; 0: this is no number */
    const AbiStep *steps; /* how to get from the value to this part, outermost first */
    uint32_t step_count;
} AbiOp;

struct AbiPlan {
    const WitType *type;
    uint32_t size, align;     /* elem_size and alignment, with 32-bit pointers */
    uint32_t size64, align64; /* the same with 64-bit pointers: what the limit on sizes is about */
    uint32_t depth;           /* of types in the type; at most ABI_MAX_DEPTH */
    const AbiOp *ops;
    uint32_t op_count;
    const AbiCore *flat; /* core types of the flat form; joined inside variants */
    uint32_t flat_count; /* as many as there are, also above the limits */
    bool is_scalars;     /* an op a slot: no strings, lists, variants, handles */
    bool is_numbers;     /* numbers without gaps, all of it: bytes, in memory */
    bool needs_memory;   /* strings or lists somewhere */
    bool has_strings;
    bool has_handles, has_borrows; /* has_handles: also streams, futures and error contexts */
};

/* The plan of a type; NULL type gives the plan of nothing. Cached in `cache` (one a job or store, by
 * type pointer). Returns NULL where the type is larger than ABI_MAX_BYTES, nests deeper than
 * ABI_MAX_DEPTH, unfolds to more than ABI_MAX_OPS, or has no canonical form (a record, flags, enum
 * or variant of nothing; more than 32 flags); also where all plans of one cache become too large. */
typedef struct AbiCache {
    Arena *arena;
    Map plans;
    bool no_steps;  /* set by those who never look at AbiOp.steps: saves memory */
    uint32_t spent; /* ops and steps made so far */
} AbiCache;
const AbiPlan *abi_plan(AbiCache *cache, const WitType *type);
/* The plan of several values side by side, as parameters are: a tuple of them. */
const AbiPlan *abi_plan_fields(AbiCache *cache, const WitField *fields, size_t n);

/* Shorthands over plans (CanonicalABI.md "Alignment", "Element Size", "Flattening"). */
uint32_t abi_align(AbiCache *cache, const WitType *type);
uint32_t abi_size(AbiCache *cache, const WitType *type);

/* ---- functions ---- */

typedef enum { ABI_UTF8, ABI_UTF16, ABI_LATIN1_UTF16 } AbiEncoding;

typedef enum {
    ABI_LIFT,       /* an export: the core function that `canon lift` takes */
    ABI_LOWER,      /* an import: the core function that `canon lower` makes */
    ABI_LIFT_ASYNC, /* with the `async` option; a callback makes the result i32 */
    ABI_LIFT_ASYNC_CALLBACK,
    ABI_LOWER_ASYNC
} AbiVariant;

typedef struct {
    AbiVariant variant;
    const AbiPlan *params; /* all parameters side by side */
    const AbiPlan *result; /* of the result; a plan without ops where there is none */
    bool params_spilled;   /* passed by one pointer */
    bool result_spilled;   /* lift: returned by pointer; lower: a pointer is the last parameter */
    const AbiCore *core_params, *core_results; /* the signature of the core function */
    uint32_t core_param_count, core_result_count;
    /* The options that a `canon` with this signature must have ("canonopt Validation"); post-return
     * is never required, but useful where a result holds memory. */
    bool needs_memory, needs_realloc, needs_encoding, needs_post_return;
} AbiFunc;

/* flatten_functype, with what a `canon` of it needs (the linker's question). NULL as abi_plan. */
const AbiFunc *abi_func(AbiCache *cache, const WitFunc *func, AbiVariant variant);

/* The type of a function without its names, on one line: "(borrow,list<u8>)->result<_,variant<own,_>>".
 * Two functions with one shape have the same plans. Cut short where it is very long. */
Str abi_shape(Arena *arena, const WitFunc *func);

/* "i32 i64 -> f32", for messages. */
Str abi_signature(Arena *arena, const AbiFunc *func);

/* ---- running plans ---- */

/* How a plan reaches a guest: the memory and realloc options of one `canon`. */
typedef struct AbiGuest {
    void *context;
    AbiEncoding encoding;
    /* The linear memory as it is now; its address and size change when the guest grows it. */
    uint8_t *(*memory)(void *context, uint64_t *size);
    /* Calls the guest's realloc(old, old_size, align, size); *address is checked by the caller. NULL
     * where only lifting is done. It may move or grow the memory. */
    Trap (*reallocate)(void *context, uint32_t old, uint32_t old_size, uint32_t align,
                       uint32_t size, uint32_t *address);
    /* Asked before `bytes` are copied or allocated on behalf of the guest, whose data may name the
     * same bytes many times over; NULL: never refused. */
    Trap (*spend)(void *context, uint64_t bytes);
    /* Handles. Lifting takes a handle index out of the guest's table (own) or lends it (borrow) and
     * yields what the other side may hold; lowering puts it in. `value` is opaque to plans. */
    Trap (*lift_handle)(void *context, const WitType *handle, uint32_t index, uint64_t *value);
    Trap (*lower_handle)(void *context, const WitType *handle, uint64_t value, uint32_t *index);
} AbiGuest;

/* Where a value lies: in flat slots, or in linear memory at an address (whose alignment and bounds
 * are checked). */
typedef struct {
    const AbiGuest *guest;
    uint64_t *slots; /* NULL: in memory. An i32, f32 or f64 slot holds its bits, zero-extended. */
    uint32_t address;
} AbiPlace;

/* A value outside of any guest: one cell an op of its plan, in order. So a record of three u32 is
 * three cells, a variant one cell whatever its payload. */
typedef struct AbiValue AbiValue;
struct AbiValue {
    union {
        uint64_t bits; /* bool, integers (sign-extended to 64 bits), char, flags, enum, handles;
                          floats by their bits */
        struct {
            AbiValue *payload; /* VARIANT: the cells of the case's plan */
            uint32_t index;
        } variant;
        struct {
            const char *ptr; /* STRING: UTF-8; owned by the arena of abi_lift, or by the host */
            size_t len;
        } string;
        struct {
            void *items; /* LIST: of a plan that is one scalar of fixed width: packed as in memory
                            (little endian); else len * op_count cells */
            size_t len;
        } list;
    };
};

/* Whether lists of this element are packed (see AbiValue). */
bool abi_is_packed(const AbiPlan *element);

/* What lies packed at `from`, as a cell, and back. */
AbiValue abi_unpack(const AbiPlan *element, const uint8_t *from);
void abi_pack(const AbiPlan *element, AbiValue cell, uint8_t *to);

/* Room for a value of `plan` in the guest, by its realloc: for spilled parameters. */
Trap abi_allocate(const AbiPlan *plan, const AbiGuest *guest, uint32_t *address);

/* Guest to host. Checks everything that the specification makes a trap: bounds, alignment,
 * encoding, discriminants, chars. `values` has plan->op_count cells. Memory is taken from `arena`
 * only after bounds are checked. */
Trap abi_lift(const AbiPlan *plan, AbiPlace from, Arena *arena, AbiValue *values);
/* Host to guest. */
Trap abi_lower(const AbiPlan *plan, const AbiValue *values, AbiPlace to);
/* Guest to guest without anything in between: `from` by one plan, `to` by another of an equal type
 * (they differ only in resource types). */
Trap abi_transfer(const AbiPlan *from_plan, AbiPlace from, const AbiPlan *to_plan, AbiPlace to);

/* ---- values as text: WAVE (wave_read.c, wave_write.c) ---- */

/* Reads a value of the plan's type from the text of `source`, from byte `at` to the end. `cells` is zeroed
 * and has plan->op_count; what they point to is in `arena`. False after a diagnostic, placed in the source.
 * Handles have no text. */
bool abi_wave_read(const AbiPlan *plan, const Source *source, size_t at, Arena *arena,
                   AbiValue *cells, Diags *diags);
/* Reads "(1, {x: 2})" as arguments; `plan` is what abi_plan_fields gives for `params`. Options at the end may
 * be left out. */
bool abi_wave_read_args(const AbiPlan *plan, const WitFields *params, const Source *source,
                        size_t at, Arena *arena, AbiValue *cells, Diags *diags);
/* Appends the text of a valid value, which abi_wave_read reads as the same, but for handles; nothing where
 * the plan is of nothing. */
void abi_wave_write(const AbiPlan *plan, const AbiValue *cells, Buf *out);
/* The same to be looked at, not read back: strings and lists of bytes are cut after `most` bytes, other lists
 * after a quarter as many items, with their length told; bytes are text (`b"hello\n\x00"`), handles have
 * their number (`pollable#3`). */
typedef struct {
    size_t most;
} AbiShow;
void abi_wave_show(const AbiPlan *plan, const AbiValue *cells, const AbiShow *show, Buf *out);
/* Arguments in parentheses; `plan` is what abi_plan_fields gives for `params`. */
void abi_wave_show_args(const AbiPlan *plan, const WitFields *params, const AbiValue *cells,
                        const AbiShow *show, Buf *out);
/* `true`, `some` ...: labels that are written with `%` as cases. */
bool abi_wave_is_keyword(Str label);

/* ---- handle tables (CanonicalABI.md, "Table State" and "Resource State") ---- */

/* One table a component instance; index 0 is never used, freed indices are reused last in, first
 * out. An entry's `kind` and `type` are the owner's to choose (a resource type, a waitable...). */
typedef struct AbiTable AbiTable;
typedef struct {
    const void *type; /* identity of the resource type; NULL: a free entry */
    uint64_t rep;
    uint32_t lend_count;
    bool own;
    void *scope; /* borrow: the call that it must not outlive */
} AbiHandle;

enum { ABI_TABLE_MAX = (1 << 28) - 1 };

AbiTable *abi_table_new(void);
void abi_table_free(AbiTable *table);
/* 0 where the table is full or memory is short. */
uint32_t abi_table_add(AbiTable *table, AbiHandle handle);
AbiHandle *abi_table_get(AbiTable *table, uint32_t index); /* NULL: no such handle */
void abi_table_remove(AbiTable *table, uint32_t index);
/* Every live entry, for the end of an instance: the first at or after *index, or NULL. */
AbiHandle *abi_table_next(AbiTable *table, uint32_t *index);

#endif
