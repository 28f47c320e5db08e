/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_MODGEN_INTERNAL_H
#define TESTS_MODGEN_INTERNAL_H

#include "tests/modgen.h"

enum { MAX_OPS = 400, MAX_VALUES = 16, MAX_BLOCKS = 7 };

/* Value types in order. */
typedef struct {
    uint32_t count;
    CoreValType at[MAX_VALUES];
} Types;

typedef struct {
    CoreOp at[MAX_OPS];
    uint32_t count;
} Ops;

typedef struct {
    CoreValType type;
    bool reserved; /* a loop counts with it: nothing else writes it */
} Local;

/* A block that is open. */
typedef struct {
    Types label;   /* what a branch to it takes */
    Types results; /* what is on the stack at its end */
    uint32_t height;
    bool unreachable;
    bool is_loop;
    bool has_caught;  /* the clause of a legacy `try`: its exception can be thrown again */
    uint32_t counter; /* of a loop: its local, which counts down to 0 */
} Block;

/* The generator: a cursor in the bytes, the module so far, and the function that is being written. */
typedef struct {
    Arena *arena;
    const uint8_t *at, *end;
    CoreModule *m;
    unsigned proposals;
    bool canonical; /* NaNs are made canonical where their bits are seen */
    bool has_gc;
    bool legacy;                                   /* exceptions of the older kind, too */
    uint32_t gc_types;                             /* the first of five: see modgen_gc.c */
    uint32_t any_elem;                             /* the segment of anyrefs */
    uint32_t budget;                               /* the global that counts calls */
    Ops by_result[5], all, loads, stores, atomics; /* i l f d v */
    /* the function */
    uint32_t func;
    Buf code;
    VEC(CoreValType) stack;
    VEC(Block) blocks;
    VEC(Local) locals;
    int left;  /* instructions that it may still have, about */
    int loops; /* around this place */
} Gen;

/* A number below n. */
uint32_t choose(Gen *g, uint32_t n);
/* True once in n times, and never where the bytes have ended. */
bool chance(Gen *g, uint32_t n);
/* Of the types of values that a module of these proposals has. */
CoreValType choose_type(Gen *g);
/* The index of the function type. */
uint32_t func_type(Gen *g, const Types *params, const Types *results);
Types params_of(const Gen *g, uint32_t type);
Types results_of(const Gen *g, uint32_t type);
uint64_t choose_bits(Gen *g, CoreValType type);
void collect_ops(Gen *g);
/* The body of function g->func. */
void write_body(Gen *g);

/* ---- modgen_gc.c ---- */

void add_gc_types(Gen *g);
CoreValType choose_gc_type(Gen *g);
/* Pushes a new object as a value of the type; false where that is no type of objects. */
bool gc_value(Gen *g, CoreValType type, int depth);
/* Gives locals from `first` on their objects. */
void init_gc_locals(Gen *g, uint32_t first);
void gc_statement(Gen *g);

/* ---- modgen_value.c ---- */

/* Writing instructions says nothing about the stack of types: push and pop do. */
void put(Gen *g, const CoreInstr *in);
void op(Gen *g, CoreOp code);
void op_a(Gen *g, CoreOp code, uint32_t a);
void op_ab(Gen *g, CoreOp code, uint32_t a, uint32_t b);
void push(Gen *g, CoreValType type);
void push_all(Gen *g, const Types *types);
Block *top(Gen *g);
uint32_t operands(Gen *g);
void pop(Gen *g, uint32_t n);
/* The rest of the block is never reached. */
void never(Gen *g);
void constant(Gen *g, CoreValType type, uint64_t bits);
/* One of the locals of this type, CORE_NONE where there is none. */
uint32_t local_of(Gen *g, CoreValType type, bool to_write);
uint32_t new_local(Gen *g, CoreValType type, bool reserved);
void get(Gen *g, uint32_t local);
void set(Gen *g, uint32_t local);
void tee(Gen *g, uint32_t local);
uint32_t global_of(Gen *g, CoreValType type);
/* The operands on top of the stack: what lies there in the right order is taken, the rest written. */
void want(Gen *g, const Types *types, int depth);
void want1(Gen *g, CoreValType type, int depth);
CoreOp choose_sister(Gen *g, CoreOp code);
void numeric(Gen *g, CoreOp code);
Types operand_types(CoreOp code);
void numeric_tree(Gen *g, CoreOp code, int depth);
uint32_t letter_index(CoreValType type);
CoreValType address_type(const Gen *g, uint32_t memory);
/* A number of the type, of whose bits only those of the mask are left. */
void masked(Gen *g, CoreValType type, uint64_t mask, int depth);
uint32_t choose_memory(Gen *g);
void store(Gen *g);
void atomic(Gen *g);
void update(Gen *g);
Block *open_block(Gen *g, CoreInstr *in, const Types *params, const Types *results);
/* Nothing but the block's results is left on the stack. */
void settle(Gen *g);
void close_block(Gen *g);
/* Pushes a value of the type. */
void value(Gen *g, CoreValType type, int depth);

#endif
