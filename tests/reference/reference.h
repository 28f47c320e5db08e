/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_REFERENCE_REFERENCE_H
#define TESTS_REFERENCE_REFERENCE_H

#include "base/trap.h"
#include "core/core.h"

/* The plain evaluator: the reduction rules of the core specification (4.6) over a validated module,
 * as they are written, with a stack of operands, one of labels and one of frames. It is slow and
 * shares nothing with the interpreter but the decoder of instructions, so that tests can hold the
 * two against each other. Everything lives in an arena.
 *
 * Where the specification leaves the bits of a NaN open, the value says so (unsure); once such bits
 * are looked at, machine->unspecified is set, and what follows need not be what others compute. */

typedef enum {
    PLAIN_NULL, /* no object: the kind of a null reference */
    PLAIN_FUNC,
    PLAIN_I31,
    PLAIN_STRUCT,
    PLAIN_ARRAY,
    PLAIN_EXCEPTION,
    PLAIN_HOST,   /* a word of the host, as an externref */
    PLAIN_EXTERN, /* what any converts to extern */
    PLAIN_ANY,    /* what extern converts to any: a word of the host inside */
} PlainKind;

typedef struct PlainObject PlainObject;

/* A value on the stack, or of a field: numbers in the low bits. */
typedef struct {
    CoreValKind kind;
    uint16_t unsure; /* a bit a byte: it is of a NaN whose bits are open */
    union {
        uint64_t bits;
        uint8_t bytes[16];
        PlainObject *ref; /* NULL: null */
    };
} PlainValue;

struct PlainObject {
    PlainKind kind;
    uint32_t index;     /* of the function, tag or type; the i31's 31 bits */
    uint32_t count;     /* fields, elements, values of the exception; 1 of PLAIN_EXTERN */
    uint64_t word;      /* of the host */
    PlainValue *values; /* fields are kept unpacked, cut to their width */
};

typedef struct {
    uint8_t *bytes;
    uint64_t pages, size;
} PlainMemory;

typedef struct {
    PlainValue *at;
    uint64_t size;
} PlainTable;

typedef enum {
    PLAIN_DONE,
    PLAIN_TRAPPED, /* machine->trap */
    PLAIN_GAVE_UP  /* too many steps, frames or bytes: nothing is known */
} PlainEnd;

/* What the module's imported function `index` gives for these arguments. */
typedef void (*PlainHostFn)(void *context, uint32_t index, const PlainValue *args,
                            PlainValue *results);

typedef struct PlainFrame PlainFrame;
typedef struct PlainLabel PlainLabel;

typedef struct {
    Arena *arena;
    const CoreModule *module;
    PlainHostFn host;
    void *context;
    PlainObject *funcs;
    PlainMemory *memories;
    PlainTable *tables;
    PlainValue *globals;
    PlainValue **elems; /* by segment */
    bool *data_dropped, *elem_dropped;
    uint32_t **ends; /* by function: where the block that begins at a byte ends; see evaluate.c */
    uint64_t steps;  /* left */
    uint64_t room;   /* bytes that may still be taken */
    PlainEnd end;
    Trap trap;
    bool unspecified;
    VEC(PlainValue) stack;
    VEC(PlainLabel) labels;
    VEC(PlainFrame) frames;
} PlainMachine;

/* Instantiates a valid module whose only imports are functions, and runs its start function. The
 * machine is there in any case; machine->end says how that went. */
PlainMachine *plain_new(Arena *arena, const CoreModule *module, uint64_t steps, PlainHostFn host,
                        void *context);
/* Calls function `index`; the values of the results are on top of machine->stack afterwards. */
PlainEnd plain_call(PlainMachine *machine, uint32_t index, const PlainValue *args);

/* ---- between the files ---- */

PlainValue plain_null(void);
PlainValue plain_ref(PlainObject *object);
PlainValue plain_number(CoreValKind kind, uint64_t bits);
PlainValue plain_default(CoreValType type);
void plain_push(PlainMachine *p, PlainValue value);
void plain_push_i32(PlainMachine *p, uint32_t value);
PlainValue plain_pop(PlainMachine *p);
uint32_t plain_pop_i32(PlainMachine *p);
PlainObject *plain_pop_ref(PlainMachine *p);
uint64_t plain_pop_address(PlainMachine *p); /* i32 or i64 */
/* The value, whose bits count from now on. */
PlainValue plain_look(PlainMachine *p, PlainValue value);
void plain_trap(PlainMachine *p, Trap trap);
void plain_give_up(PlainMachine *p);
/* Takes bytes of the room; false where there are not so many. */
bool plain_take(PlainMachine *p, uint64_t bytes);

/* numeric.c: an instruction on numbers with a signature in the table; false where it is none. */
bool plain_numeric(PlainMachine *p, const CoreInstr *in);
/* The functions of 4.3 by name, on n-bit numbers; NULL where there is none of that name. Comparisons
 * give 0 or 1. */
typedef uint64_t (*PlainUnary)(unsigned n, uint64_t a);
typedef uint64_t (*PlainBinary)(unsigned n, uint64_t a, uint64_t b);
PlainUnary plain_int_unary(const char *name);
PlainBinary plain_int_binary(const char *name);
PlainUnary plain_float_unary(const char *name);
PlainBinary plain_float_binary(const char *name);
bool plain_is_nan(unsigned n, uint64_t bits);
uint64_t plain_convert_float(unsigned n, uint64_t integer, bool is_signed); /* from 64 bits */
uint64_t plain_trunc_sat(unsigned to, unsigned from, uint64_t a, bool is_signed);
uint64_t plain_demote(uint64_t f64_bits);
uint64_t plain_promote(uint64_t f32_bits);
int64_t plain_signed(unsigned n, uint64_t a);
uint64_t plain_mask(unsigned n);

/* vector.c: an instruction of the prefix 0xfd. */
void plain_vector(PlainMachine *p, const CoreInstr *in);

/* atomic.c: false where it is no atomic access. */
bool plain_atomic(PlainMachine *p, const CoreInstr *in);

/* memory.c: false where the instruction is not about memories, tables and segments. */
bool plain_memory_instr(PlainMachine *p, const CoreInstr *in);
/* The bytes that an access means; NULL and a trap where they are out of bounds. */
uint8_t *plain_access(PlainMachine *p, const CoreMemArg *mem, uint64_t address, uint32_t size);
void plain_memory_init(PlainMachine *p, uint32_t data, uint32_t memory, uint64_t to, uint64_t from,
                       uint64_t n);
void plain_table_init(PlainMachine *p, uint32_t elem, uint32_t table, uint64_t to, uint64_t from,
                      uint64_t n);

/* gc.c: false where the instruction is not about references. */
bool plain_ref_instr(PlainMachine *p, const CoreInstr *in);
bool plain_same_type(const CoreModule *m, uint32_t a, uint32_t b);
bool plain_sub_type(const CoreModule *m, uint32_t a, uint32_t super);
/* Whether the reference is of this type. */
bool plain_ref_matches(PlainMachine *p, const PlainObject *object, CoreValType type);

/* evaluate.c: the value of a constant expression. */
PlainValue plain_constant(PlainMachine *p, const CoreExpr *expr);

struct PlainLabel {
    uint32_t arity;  /* values that a branch takes along */
    uint32_t height; /* of the stack below the block's own values */
    size_t target;   /* where a branch goes on */
    bool is_loop;
    CoreList catches;    /* try_table */
    size_t body;         /* a legacy `try`, in its first part: where that begins; else 0 */
    PlainObject *caught; /* ... in a clause: for rethrow */
};

struct PlainFrame {
    uint32_t func; /* CORE_NONE: the expression is a constant */
    const CoreExpr *body;
    const uint32_t *ends;
    size_t at; /* the next instruction */
    uint32_t labels, height, result_count;
    PlainValue *locals;
};

#endif
