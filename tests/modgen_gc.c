/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Structs, arrays, and what casts tell them apart. The types of a module's objects are one group:
 *
 *     struct 0        random fields, one of them a reference to struct 1
 *     struct 1 <: 0   a few more fields
 *     array 0 ..      of i8, i16 or i32; of i64 or f64; of references to anything
 *
 * Locals of reference types start with an object, mostly, since a null only traps. */
#include "tests/modgen_internal.h"

enum { MAX_FIELDS = 8, MIN_ELEMENTS = 8 };

static CoreValType storage_type(Gen *g) {
    static const CoreValType packed[] = {CORE_I8, CORE_I16, CORE_I32};
    if (chance(g, 2)) return packed[choose(g, 3)];
    CoreValType type = choose_type(g);
    return core_is_ref(type) ? core_ref(true, CORE_HEAP_ANY) : type;
}

static void set_fields(CoreType *type, const CoreField *fields, uint32_t count) {
    type->fields = fields;
    type->field_count = count;
}

void add_gc_types(Gen *g) {
    if (!(g->proposals & MODGEN_GC)) return;
    CoreField *fields = ARENA_NEW_ARRAY(g->arena, CoreField, MAX_FIELDS);
    uint32_t count = 2 + choose(g, 3);
    for (uint32_t i = 0; i < MAX_FIELDS; i++)
        fields[i] = (CoreField){.type = storage_type(g), .mutable = true};
    uint32_t first = core_group_add(g->arena, g->m, 5, true);
    fields[count - 1].type = core_ref_to(true, first + 1);
    CoreType *types = &g->m->types.at[first];
    for (int i = 0; i < 5; i++) {
        types[i].kind = i < 2 ? CORE_TYPE_STRUCT : CORE_TYPE_ARRAY;
        types[i].final = i > 0;
        types[i].super = i == 1 ? first : CORE_NONE;
        set_fields(&types[i], fields, i == 0 ? count : count + 2);
    }
    static const CoreValType elements[3][3] = {
        {CORE_I32, CORE_I8, CORE_I16}, {CORE_I64, CORE_F64, CORE_F32}, {0}};
    for (int i = 0; i < 3; i++) {
        CoreField *field = ARENA_NEW(g->arena, CoreField);
        *field = (CoreField){elements[i][choose(g, 3)], true};
        if (i == 2) field->type = core_ref(true, CORE_HEAP_ANY);
        set_fields(&types[2 + i], field, 1);
    }
    g->gc_types = first;
    g->has_gc = true;
}

/* (ref null struct 0), ... and the abstract ones above. */
CoreValType choose_gc_type(Gen *g) {
    static const CoreHeap heaps[] = {CORE_HEAP_ANY, CORE_HEAP_EQ, CORE_HEAP_I31};
    uint32_t i = choose(g, 8);
    return i < 5 ? core_ref_to(true, g->gc_types + i) : core_ref(true, heaps[i - 5]);
}

static bool is_gc(const Gen *g, CoreValType type) {
    if (!g->has_gc || !core_is_ref(type)) return false;
    if (core_is_concrete(type)) return core_type_index(type) - g->gc_types < 5;
    CoreHeap heap = core_heap(type);
    return heap == CORE_HEAP_ANY || heap == CORE_HEAP_EQ || heap == CORE_HEAP_I31;
}

/* ---- new objects ---- */

static void struct_value(Gen *g, uint32_t type, int depth) {
    const CoreType *t = &g->m->types.at[type];
    if (depth <= 0 || chance(g, 4)) {
        op_a(g, CORE_OP_STRUCT_NEW_DEFAULT, type);
        return;
    }
    uint32_t height = (uint32_t)g->stack.len;
    for (uint32_t i = 0; i < t->field_count; i++)
        value(g, core_unpacked(t->fields[i].type), depth - 1);
    op_a(g, CORE_OP_STRUCT_NEW, type);
    g->stack.len = height;
}

static void array_value(Gen *g, uint32_t type, int depth) {
    CoreValType element = core_unpacked(g->m->types.at[type].fields[0].type);
    uint32_t height = (uint32_t)g->stack.len, n = MIN_ELEMENTS + choose(g, 8);
    switch (depth <= 0 ? 0 : choose(g, 5)) {
    default:
        constant(g, CORE_I32, n);
        op_a(g, CORE_OP_ARRAY_NEW_DEFAULT, type);
        break;
    case 1:
    case 2:
        value(g, element, depth - 1);
        constant(g, CORE_I32, n);
        op_a(g, CORE_OP_ARRAY_NEW, type);
        break;
    case 3:
        n = choose(g, 2) * 7 + choose(g, 3);
        for (uint32_t i = 0; i < n; i++) value(g, element, 0);
        op_ab(g, CORE_OP_ARRAY_NEW_FIXED, type, n);
        break;
    case 4:
        constant(g, CORE_I32, choose(g, 3));
        constant(g, CORE_I32, choose(g, 3));
        if (core_is_ref(element)) op_ab(g, CORE_OP_ARRAY_NEW_ELEM, type, g->any_elem);
        else op_ab(g, CORE_OP_ARRAY_NEW_DATA, type, 1);
    }
    g->stack.len = height;
}

bool gc_value(Gen *g, CoreValType type, int depth) {
    if (!is_gc(g, type)) return false;
    uint32_t index = core_is_concrete(type) ? core_type_index(type) - g->gc_types : choose(g, 5);
    if (type == core_ref(true, CORE_HEAP_I31) || (!core_is_concrete(type) && chance(g, 3))) {
        value(g, CORE_I32, depth - 1);
        op(g, CORE_OP_REF_I31);
        pop(g, 1);
    } else if (index < 2) {
        if (index == 0 && chance(g, 2)) index = 1; /* a subtype */
        struct_value(g, g->gc_types + index, depth);
    } else {
        array_value(g, g->gc_types + index, depth);
    }
    push(g, type);
    return true;
}

void init_gc_locals(Gen *g, uint32_t first) {
    for (uint32_t i = first; i < g->locals.len; i++) {
        if (!is_gc(g, g->locals.at[i].type) || chance(g, 8)) continue;
        gc_value(g, g->locals.at[i].type, 1);
        set(g, i);
    }
}

/* ---- what is done with them ---- */

static void struct_access(Gen *g) {
    uint32_t type = g->gc_types + choose(g, 2);
    const CoreType *t = &g->m->types.at[type];
    uint32_t field = choose(g, t->field_count);
    CoreValType storage = t->fields[field].type, unpacked = core_unpacked(storage);
    want1(g, core_ref_to(true, type), 2);
    if (chance(g, 2)) {
        value(g, unpacked, 2);
        if (unpacked == CORE_V128) return; /* the open bits of a lane may be kept */
        op_ab(g, CORE_OP_STRUCT_SET, type, field);
        pop(g, 2);
        return;
    }
    op_ab(g,
          !core_is_packed(storage) ? CORE_OP_STRUCT_GET
          : chance(g, 2)           ? CORE_OP_STRUCT_GET_S
                                   : CORE_OP_STRUCT_GET_U,
          type, field);
    pop(g, 1);
    push(g, unpacked);
}

static void small_index(Gen *g) { masked(g, CORE_I32, chance(g, 16) ? 31 : MIN_ELEMENTS - 1, 1); }

static void array_bulk(Gen *g, uint32_t type, CoreValType reference, CoreValType element) {
    bool is_ref = core_is_ref(element);
    switch (choose(g, 3)) {
    case 0:
        small_index(g);
        value(g, element, 1);
        masked(g, CORE_I32, 3, 1);
        op_a(g, CORE_OP_ARRAY_FILL, type);
        pop(g, 4);
        return;
    case 1:
        small_index(g);
        value(g, reference, 1);
        small_index(g);
        masked(g, CORE_I32, 3, 1);
        op_ab(g, CORE_OP_ARRAY_COPY, type, type);
        pop(g, 5);
        return;
    default:
        small_index(g);
        constant(g, CORE_I32, choose(g, 2));
        constant(g, CORE_I32, choose(g, 2));
        op_ab(g, is_ref ? CORE_OP_ARRAY_INIT_ELEM : CORE_OP_ARRAY_INIT_DATA, type,
              is_ref ? g->any_elem : 1);
        pop(g, 4);
    }
}

static void array_access(Gen *g) {
    uint32_t type = g->gc_types + 2 + choose(g, 3);
    CoreValType storage = g->m->types.at[type].fields[0].type, element = core_unpacked(storage);
    CoreValType reference = core_ref_to(true, type);
    want1(g, reference, 2);
    switch (choose(g, 4)) {
    case 0:
        small_index(g);
        op_a(g,
             !core_is_packed(storage) ? CORE_OP_ARRAY_GET
             : chance(g, 2)           ? CORE_OP_ARRAY_GET_S
                                      : CORE_OP_ARRAY_GET_U,
             type);
        pop(g, 2);
        push(g, element);
        return;
    case 1:
        small_index(g);
        value(g, element, 2);
        op_a(g, CORE_OP_ARRAY_SET, type);
        pop(g, 3);
        return;
    case 2:
        op(g, CORE_OP_ARRAY_LEN);
        pop(g, 1);
        push(g, CORE_I32);
        return;
    default: array_bulk(g, type, reference, element); return;
    }
}

static void cast(Gen *g) {
    CoreValType from = core_ref(true, CORE_HEAP_ANY), to = choose_gc_type(g);
    CoreInstr in = core_instr(chance(g, 2) ? CORE_OP_REF_CAST_NULL : CORE_OP_REF_TEST);
    if (in.op == CORE_OP_REF_CAST_NULL && chance(g, 4)) in.op = CORE_OP_REF_CAST;
    want1(g, from, 2);
    bool casts = in.op != CORE_OP_REF_TEST;
    if (casts && !chance(g, 4)) { /* only where it will not trap */
        gc_value(g, to, 1);
        op(g, CORE_OP_DROP);
        pop(g, 1);
        in.op = CORE_OP_REF_TEST_NULL;
        casts = false;
    }
    bool nullable = in.op == CORE_OP_REF_TEST_NULL || in.op == CORE_OP_REF_CAST_NULL;
    in.type[0] = nullable ? to : core_as_non_null(to);
    put(g, &in);
    pop(g, 1);
    push(g, casts ? to : CORE_I32);
}

/* block (result to)  from  br_on_cast 0 from to  drop  to  end, or the other way around */
static void cast_block(Gen *g) {
    CoreValType any = core_ref(true, CORE_HEAP_ANY), to = choose_gc_type(g);
    bool fail = chance(g, 2);
    Types none = {0}, results = {1, {fail ? any : to}};
    CoreInstr in = core_instr(CORE_OP_BLOCK);
    open_block(g, &in, &none, &results);
    value(g, any, 2);
    in = core_instr(fail ? CORE_OP_BR_ON_CAST_FAIL : CORE_OP_BR_ON_CAST);
    in.type[0] = any;
    in.type[1] = chance(g, 2) ? core_as_non_null(to) : to;
    put(g, &in);
    pop(g, 1);
    push(g, fail ? to : any);
    close_block(g);
}

/* A null goes to the label without the reference, or what is none goes there with it. */
static void null_branch(Gen *g) {
    CoreValType type = choose_gc_type(g);
    bool on_null = chance(g, 2);
    Types none = {0}, results = {1, {type}};
    CoreInstr in = core_instr(CORE_OP_BLOCK);
    open_block(g, &in, &none, on_null ? &none : &results);
    value(g, type, 2);
    op_a(g, on_null ? CORE_OP_BR_ON_NULL : CORE_OP_BR_ON_NON_NULL, 0);
    if (!on_null) pop(g, 1);
    close_block(g);
}

/* An instruction that makes one value of another. */
static void turn(Gen *g, CoreValType from, CoreOp into, CoreValType to) {
    want1(g, from, 2);
    op(g, into);
    pop(g, 1);
    push(g, to);
}

static void small_ones(Gen *g) {
    CoreValType any = core_ref(true, CORE_HEAP_ANY), eq = core_ref(true, CORE_HEAP_EQ);
    switch (choose(g, 6)) {
    case 0:
        want(g, &(Types){2, {eq, eq}}, 2);
        op(g, CORE_OP_REF_EQ);
        pop(g, 2);
        push(g, CORE_I32);
        return;
    case 1: /* the choice comes after the value, as the bytes of kept cases have it */
        want1(g, core_ref(true, CORE_HEAP_I31), 2);
        op(g, chance(g, 2) ? CORE_OP_I31_GET_S : CORE_OP_I31_GET_U);
        pop(g, 1);
        push(g, CORE_I32);
        return;
    case 2: turn(g, any, CORE_OP_EXTERN_CONVERT_ANY, CORE_EXTERNREF); return;
    case 3: turn(g, CORE_EXTERNREF, CORE_OP_ANY_CONVERT_EXTERN, any); return;
    case 4: turn(g, any, CORE_OP_REF_IS_NULL, CORE_I32); return;
    default: turn(g, any, CORE_OP_REF_AS_NON_NULL, any); return;
    }
}

void gc_statement(Gen *g) {
    if (!g->has_gc) return;
    bool deep = g->blocks.len > MAX_BLOCKS;
    switch (choose(g, 10)) {
    case 0:
    case 1:
    case 2: struct_access(g); return;
    case 3:
    case 4:
    case 5: array_access(g); return;
    case 6: cast(g); return;
    case 7:
        if (!deep) cast_block(g);
        return;
    case 8:
        if (!deep) null_branch(g);
        return;
    default: small_ones(g); return;
    }
}
