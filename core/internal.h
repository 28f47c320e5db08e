/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CORE_INTERNAL_H
#define CORE_INTERNAL_H

#include "base/map.h"
#include "core/core.h"

/* Implementation limits, agreed on by engines. */
enum {
    CORE_LIMIT_ITEMS = 1000000, /* types, functions, imports, exports, globals, tags */
    CORE_LIMIT_SEGMENTS = 100000,
    CORE_LIMIT_TABLES = 100,
    CORE_LIMIT_MEMORIES = 100,
    CORE_LIMIT_BODY = 7654321,
    CORE_LIMIT_LOCALS = 50000,
    CORE_LIMIT_PARAMS = 1000,
    CORE_LIMIT_OPERANDS = 1 << 22, /* on the validator's stack */
    CORE_FLAT_LOCALS = 128,
    CORE_LIMIT_FIELDS = 10000,
    CORE_LIMIT_SUBTYPES = 63,
    CORE_LIMIT_TABLE_ENTRIES = 10000000,
};

/* ---- space.c ---- */

CoreHeap core_type_heap(const CoreType *t); /* func, struct, array or cont */
CoreHeap core_heap_top(CoreHeap heap);      /* any, func, extern, exn or cont */

/* ---- validation: check.c (modules), check_type.c, check_code.c (bodies), check_ref.c (references) ---- */

/* A block under way. `op` is what opened its current part: BLOCK, LOOP, IF, ELSE, TRY_TABLE, TRY,
 * CATCH or CATCH_ALL. Types hold ids. */
typedef struct {
    uint8_t op;
    bool unreachable;
    uint32_t height;      /* of the operand stack below it */
    uint32_t init_height; /* of the list of locals that it has initialized */
    uint32_t checked;     /* the last br_table that has compared its types */
    CoreValType one;      /* where there is no type: the only result; bottom: none */
    const CoreType *type; /* NULL: no parameters, and one result or none */
} CoreFrame;

_Static_assert(sizeof(CoreFrame) <= 32, "bodies may nest millions of blocks");

static inline uint32_t core_param_count(const CoreFrame *frame) {
    return frame->type ? frame->type->param_count : 0;
}
static inline uint32_t core_result_count(const CoreFrame *frame) {
    return frame->type ? frame->type->result_count : frame->one != CORE_BOTTOM;
}
static inline const CoreValType *core_results(const CoreFrame *frame) {
    return frame->type ? frame->type->results : &frame->one;
}
/* What a branch to the block takes. */
static inline const CoreValType *core_label_types(const CoreFrame *frame, uint32_t *n) {
    bool loop = frame->op == CORE_OP_LOOP;
    *n = loop ? core_param_count(frame) : core_result_count(frame);
    return !loop ? core_results(frame) : frame->type ? frame->type->params : NULL;
}

/* What an opcode asks for, where it is one of the usual ones (check_quick.c). Types are those of
 * numbers and vectors. */
typedef struct {
    uint8_t kind, op;
    uint8_t type, last, result; /* of the first and the last operand, of the result */
    uint8_t size;               /* the natural alignment; the bytes of a number */
    uint8_t lanes;              /* a lane below this follows; 0: none does */
} CoreQuick;

enum { CORE_QUICK_VECTORS = 512 };

/* The same for all modules that are checked with the same features. */
typedef struct {
    CoreQuick rows[256], vectors[CORE_QUICK_VECTORS]; /* the second ones behind 0xfd */
} CoreQuickRows;

typedef struct {
    const CoreQuickRows *rows;
    uint8_t least_block;        /* block types with a number start here */
    CoreValType memory, table;  /* address types of the first ones, if they are usual */
    const uint32_t *func_types; /* by function: the id of its type */
} CoreQuickTable;

struct CoreChecker {
    Arena *arena;
    const CoreModule *m;
    Features features;
    Diags *diags;
    CoreTypeSpace *space;
    uint32_t *ids;     /* by type index: ids of the space */
    uint32_t *indices; /* by id: the first type index that has it, for messages */
    uint32_t known_ids;
    uint32_t known_types;        /* types with ids: all, once their section was checked */
    uint32_t known_globals;      /* what constant expressions may refer to */
    uint8_t *declared;           /* by function: whether ref.func may name it */
    const CoreQuickTable *quick; /* for the bodies; NULL: not known yet */

    /* The expression under way. */
    bool failed;   /* it has a fault, and that was reported */
    bool constant; /* a constant expression */
    bool declares; /* ... whose ref.func declares the function for the bodies */
    bool shared;   /* the function's type is shared */
    const CoreExpr *expr;
    Reader r;
    CoreInstr in;
    CoreValType address; /* i32 or i64: of the memory or table of the instruction */
    VEC(CoreValType) stack;
    VEC(CoreFrame) frames;
    uint32_t tables;            /* br_table instructions so far */
    CoreType whole;             /* the expression as a block */
    const CoreValType *results; /* of the function */
    uint32_t result_count;
    uint32_t param_count, local_count, flat_count;
    CoreValType *locals;      /* parameters and the first locals: flat_count of them */
    VEC(CoreLocals) runs;     /* all locals; `count` is where the run ends */
    uint32_t *init;           /* by local without default: `serial` where it has a value; NULL: none
                                 has been met */
    uint32_t serial;          /* of the function */
    VEC(uint32_t) init_order; /* locals in the order in which they were initialized */
    CoreTrace trace;          /* NULL: nobody looks */
    void *trace_context;
};

/* Reports at the instruction, unless its expression has a reported fault already. */
#define CORE_FAIL(c, code, ...)                                                                    \
    do {                                                                                           \
        if (!(c)->failed) diag((c)->diags, code, core_check_span(c), ##__VA_ARGS__);               \
        (c)->failed = true;                                                                        \
    } while (0)

/* An abstract reference that unreachable code made: it may be shared or not. */
#define CORE_MAYBE_SHARED CORE_EXACT

/* False, for a fault that was just reported: return core_refused(diag(...)). */
static inline bool core_refused(const Diag *reported) { return false; }

Span core_check_span(const CoreChecker *c);
/* A value type (with ids), for a message. */
Str core_check_text(CoreChecker *c, CoreValType t);

/* Checks an expression that must leave `results` on the stack. c->locals is set up. */
void core_check_expr(CoreChecker *c, const CoreExpr *expr, const CoreValType *results, uint32_t n);

/* check_quick.c: makes the table, once the items of the module are known to be in order. `like` has a
 * table already, or is NULL. */
void core_quick_start(CoreChecker *c, const CoreChecker *like);
/* The expression under way can be checked by core_check_quick as far as instructions start before this;
 * NULL: not at all. */
const uint8_t *core_quick_end(const CoreChecker *c);
/* Checks instructions up to the first that is unusual, or not in order, or starts at `last` or
 * behind; true: that was the whole expression. */
bool core_check_quick(CoreChecker *c, const uint8_t *last);

/* Indices and gates of a value type with type indices; gives it with ids. Faults are reported at
 * `span`, and give bottom. */
CoreValType core_check_val(CoreChecker *c, CoreValType t, Span span);

/* The type section; gives ids to all types. */
bool core_check_types(CoreChecker *c);

/* The type with this index as the instruction names it; NULL and a diagnostic where it is unknown
 * or of another kind. */
const CoreType *core_check_type(CoreChecker *c, uint32_t index, CoreTypeKind kind);

/* Operands. Popping from an empty stack in unreachable code gives bottom. */
void core_push(CoreChecker *c, CoreValType t);
CoreValType core_pop(CoreChecker *c);
CoreValType core_pop_expect(CoreChecker *c, CoreValType want);
CoreValType core_pop_ref(CoreChecker *c); /* a reference; of bottom, the bottom reference */
void core_push_all(CoreChecker *c, const CoreValType *types, uint32_t n);
void core_pop_all(CoreChecker *c, const CoreValType *types, uint32_t n);
void core_set_unreachable(CoreChecker *c);
void core_expect(CoreChecker *c, CoreValType got, CoreValType want); /* or a diagnostic */

/* What a branch to a label takes; NULL and a diagnostic where there is no such label. */
const CoreValType *core_label(CoreChecker *c, uint32_t depth, uint32_t *n);

const CoreTable *core_check_table(CoreChecker *c, uint32_t index);
const CoreGlobal *core_check_global(CoreChecker *c, uint32_t index);
const CoreType *core_check_tag(CoreChecker *c, uint32_t index);
void core_check_tail(CoreChecker *c, const CoreType *callee); /* results of a tail call */

/* The instructions of check_ref.c; false where `in` is none of them. */
bool core_check_ref_instr(CoreChecker *c);

#endif
