/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* References, structs, arrays (4.6.5, 4.6.6), and the equality and order of types that casts ask for
 * (3.1, 3.3): two types are the same where their groups are as long, they stand in the same place, and
 * all members agree, a reference into the own group counting by its place. */
#include "tests/reference/reference.h"

#include <string.h>

/* ---- types ---- */

static bool same_group(const CoreModule *m, uint32_t a, uint32_t b);

static bool same_index(const CoreModule *m, uint32_t group_a, uint32_t group_b, uint32_t a,
                       uint32_t b) {
    if (a == CORE_NONE || b == CORE_NONE) return a == b;
    const CoreGroup *ga = &m->groups.at[group_a], *gb = &m->groups.at[group_b];
    bool own_a = a >= ga->first && a < ga->first + ga->count;
    bool own_b = b >= gb->first && b < gb->first + gb->count;
    if (own_a || own_b) return own_a && own_b && a - ga->first == b - gb->first;
    return plain_same_type(m, a, b);
}

static bool same_val(const CoreModule *m, uint32_t group_a, uint32_t group_b, CoreValType a,
                     CoreValType b) {
    if (!core_is_concrete(a) || !core_is_concrete(b)) return a == b;
    return (a & 0xff) == (b & 0xff) &&
           same_index(m, group_a, group_b, core_type_index(a), core_type_index(b));
}

static bool same_member(const CoreModule *m, const CoreType *a, const CoreType *b) {
    if (a->kind != b->kind || a->final != b->final || a->param_count != b->param_count ||
        a->result_count != b->result_count || a->field_count != b->field_count)
        return false;
    if (!same_index(m, a->group, b->group, a->super, b->super)) return false;
    for (uint32_t i = 0; i < a->param_count; i++)
        if (!same_val(m, a->group, b->group, a->params[i], b->params[i])) return false;
    for (uint32_t i = 0; i < a->result_count; i++)
        if (!same_val(m, a->group, b->group, a->results[i], b->results[i])) return false;
    for (uint32_t i = 0; i < a->field_count; i++)
        if (a->fields[i].mutable != b->fields[i].mutable ||
            !same_val(m, a->group, b->group, a->fields[i].type, b->fields[i].type))
            return false;
    return true;
}

static bool same_group(const CoreModule *m, uint32_t a, uint32_t b) {
    const CoreGroup *ga = &m->groups.at[a], *gb = &m->groups.at[b];
    if (ga->count != gb->count) return false;
    for (uint32_t i = 0; i < ga->count; i++)
        if (!same_member(m, &m->types.at[ga->first + i], &m->types.at[gb->first + i])) return false;
    return true;
}

bool plain_same_type(const CoreModule *m, uint32_t a, uint32_t b) {
    if (a == b) return true;
    uint32_t group_a = m->types.at[a].group, group_b = m->types.at[b].group;
    if (a - m->groups.at[group_a].first != b - m->groups.at[group_b].first) return false;
    return same_group(m, group_a, group_b);
}

bool plain_sub_type(const CoreModule *m, uint32_t a, uint32_t super) {
    while (a != CORE_NONE && !plain_same_type(m, a, super)) a = m->types.at[a].super;
    return a != CORE_NONE;
}

static bool is_heap(const PlainObject *o, CoreHeap heap) {
    bool is_data = o->kind == PLAIN_STRUCT || o->kind == PLAIN_ARRAY;
    bool is_extern = o->kind == PLAIN_HOST || o->kind == PLAIN_EXTERN;
    switch (heap) {
    case CORE_HEAP_ANY: return is_data || o->kind == PLAIN_I31 || o->kind == PLAIN_ANY;
    case CORE_HEAP_EQ: return is_data || o->kind == PLAIN_I31;
    case CORE_HEAP_I31: return o->kind == PLAIN_I31;
    case CORE_HEAP_STRUCT: return o->kind == PLAIN_STRUCT;
    case CORE_HEAP_ARRAY: return o->kind == PLAIN_ARRAY;
    case CORE_HEAP_FUNC: return o->kind == PLAIN_FUNC;
    case CORE_HEAP_EXTERN: return is_extern;
    case CORE_HEAP_EXN: return o->kind == PLAIN_EXCEPTION;
    default: return false;
    }
}

bool plain_ref_matches(PlainMachine *p, const PlainObject *o, CoreValType type) {
    if (!o) return core_is_nullable(type);
    if (!core_is_concrete(type)) return is_heap(o, core_heap(type));
    uint32_t index = o->index;
    if (o->kind == PLAIN_FUNC) index = p->module->funcs.at[o->index].type;
    else if (o->kind != PLAIN_STRUCT && o->kind != PLAIN_ARRAY) return false;
    return plain_sub_type(p->module, index, core_type_index(type));
}

/* ---- fields ---- */

static unsigned bits_of(CoreValType storage) {
    if (storage == CORE_I8) return 8;
    if (storage == CORE_I16) return 16;
    return 0; /* not packed */
}

static PlainValue pack(PlainValue value, CoreValType storage) {
    if (bits_of(storage)) value.bits &= plain_mask(bits_of(storage));
    return value;
}

static PlainValue unpack(PlainValue value, CoreValType storage, bool is_signed) {
    unsigned n = bits_of(storage);
    if (n && is_signed) value.bits = (uint32_t)plain_signed(n, value.bits);
    return value;
}

/* In memory, as data segments have it. */
static uint32_t bytes_of(CoreValType storage) {
    switch (storage) {
    case CORE_I8: return 1;
    case CORE_I16: return 2;
    case CORE_I32:
    case CORE_F32: return 4;
    case CORE_V128: return 16;
    default: return 8;
    }
}

static PlainObject *new_object(PlainMachine *p, PlainKind kind, uint32_t type, uint64_t count) {
    if (!plain_take(p, (count + 2) * sizeof(PlainValue))) return NULL;
    PlainObject *o = ARENA_NEW(p->arena, PlainObject);
    *o = (PlainObject){.kind = kind, .index = type, .count = (uint32_t)count};
    o->values = ARENA_NEW_ARRAY(p->arena, PlainValue, count);
    return o;
}

/* ---- structs ---- */

static void struct_new(PlainMachine *p, uint32_t type, bool from_stack) {
    const CoreType *t = &p->module->types.at[type];
    PlainObject *o = new_object(p, PLAIN_STRUCT, type, t->field_count);
    if (!o) return;
    for (uint32_t i = t->field_count; i-- > 0;)
        o->values[i] =
            from_stack ? pack(plain_pop(p), t->fields[i].type) : plain_default(t->fields[i].type);
    plain_push(p, plain_ref(o));
}

static void struct_get_set(PlainMachine *p, const CoreInstr *in) {
    CoreValType storage = p->module->types.at[in->a].fields[in->b].type;
    bool set = in->op == CORE_OP_STRUCT_SET;
    PlainValue value = set ? plain_pop(p) : plain_null();
    PlainObject *o = plain_pop_ref(p);
    if (!o) plain_trap(p, TRAP_NULL_STRUCTURE);
    else if (set) o->values[in->b] = pack(value, storage);
    else plain_push(p, unpack(o->values[in->b], storage, in->op == CORE_OP_STRUCT_GET_S));
}

/* ---- arrays ---- */

static bool within(uint64_t at, uint64_t n, uint64_t size) { return at <= size && n <= size - at; }

/* The array, if elements at .. at + n are there. */
static PlainObject *array_at(PlainMachine *p, PlainObject *o, uint64_t at, uint64_t n) {
    if (!o) plain_trap(p, TRAP_NULL_ARRAY);
    else if (!within(at, n, o->count)) plain_trap(p, TRAP_ARRAY_BOUNDS);
    else return o;
    return NULL;
}

static PlainValue from_bytes(const char *bytes, CoreValType storage) {
    PlainValue value = plain_default(storage);
    memcpy(value.bytes, bytes, bytes_of(storage));
    return value;
}

/* Elements from a data or element segment: at the index, of the segment, how many. */
static void from_segment(PlainMachine *p, const CoreInstr *in, PlainObject *o, uint64_t at,
                         uint64_t from, uint64_t n) {
    CoreValType storage = p->module->types.at[in->a].fields[0].type;
    bool is_data = in->op == CORE_OP_ARRAY_NEW_DATA || in->op == CORE_OP_ARRAY_INIT_DATA;
    for (uint64_t i = 0; i < n; i++)
        o->values[at + i] =
            is_data ? from_bytes(p->module->datas.at[in->b].bytes + from + i * bytes_of(storage),
                                 storage)
                    : p->elems[in->b][from + i];
}

static bool segment_holds(PlainMachine *p, const CoreInstr *in, uint64_t from, uint64_t n) {
    CoreValType storage = p->module->types.at[in->a].fields[0].type;
    bool is_data = in->op == CORE_OP_ARRAY_NEW_DATA || in->op == CORE_OP_ARRAY_INIT_DATA;
    bool holds =
        is_data ? within(from, n * bytes_of(storage),
                         p->data_dropped[in->b] ? 0 : p->module->datas.at[in->b].size)
                : within(from, n, p->elem_dropped[in->b] ? 0 : p->module->elems.at[in->b].count);
    if (!holds) plain_trap(p, is_data ? TRAP_MEMORY_BOUNDS : TRAP_TABLE_BOUNDS);
    return holds;
}

static void array_new_segment(PlainMachine *p, const CoreInstr *in) {
    uint32_t n = plain_pop_i32(p), from = plain_pop_i32(p);
    if (!segment_holds(p, in, from, n)) return;
    PlainObject *o = new_object(p, PLAIN_ARRAY, in->a, n);
    if (!o) return;
    from_segment(p, in, o, 0, from, n);
    plain_push(p, plain_ref(o));
}

static void array_init_segment(PlainMachine *p, const CoreInstr *in) {
    uint32_t n = plain_pop_i32(p), from = plain_pop_i32(p), at = plain_pop_i32(p);
    PlainObject *o = array_at(p, plain_pop_ref(p), at, n);
    if (o && segment_holds(p, in, from, n)) from_segment(p, in, o, at, from, n);
}

static void array_new(PlainMachine *p, const CoreInstr *in) {
    CoreValType storage = p->module->types.at[in->a].fields[0].type;
    bool fixed = in->op == CORE_OP_ARRAY_NEW_FIXED;
    uint32_t n = fixed ? in->b : plain_pop_i32(p);
    PlainValue value =
        in->op == CORE_OP_ARRAY_NEW ? pack(plain_pop(p), storage) : plain_default(storage);
    PlainObject *o = new_object(p, PLAIN_ARRAY, in->a, n);
    if (!o) return;
    for (uint32_t i = n; i-- > 0;) o->values[i] = fixed ? pack(plain_pop(p), storage) : value;
    plain_push(p, plain_ref(o));
}

static void array_get_set(PlainMachine *p, const CoreInstr *in) {
    CoreValType storage = p->module->types.at[in->a].fields[0].type;
    bool set = in->op == CORE_OP_ARRAY_SET;
    PlainValue value = set ? plain_pop(p) : plain_null();
    uint32_t i = plain_pop_i32(p);
    PlainObject *o = array_at(p, plain_pop_ref(p), i, 1);
    if (!o) return;
    if (set) o->values[i] = pack(value, storage);
    else plain_push(p, unpack(o->values[i], storage, in->op == CORE_OP_ARRAY_GET_S));
}

static void array_fill(PlainMachine *p, const CoreInstr *in) {
    uint32_t n = plain_pop_i32(p);
    PlainValue value = pack(plain_pop(p), p->module->types.at[in->a].fields[0].type);
    uint32_t at = plain_pop_i32(p);
    PlainObject *o = array_at(p, plain_pop_ref(p), at, n);
    for (uint32_t i = 0; o && i < n; i++) o->values[at + i] = value;
}

static void array_copy(PlainMachine *p) {
    uint32_t n = plain_pop_i32(p), from = plain_pop_i32(p);
    PlainObject *b = plain_pop_ref(p);
    uint32_t to = plain_pop_i32(p);
    PlainObject *a = plain_pop_ref(p);
    if (!array_at(p, a, 0, 0) || !array_at(p, b, 0, 0)) return; /* nulls first */
    if (!array_at(p, a, to, n) || !array_at(p, b, from, n)) return;
    if (to <= from)
        for (uint32_t i = 0; i < n; i++) a->values[to + i] = b->values[from + i];
    else
        for (uint32_t i = n; i-- > 0;) a->values[to + i] = b->values[from + i];
}

static bool array_instr(PlainMachine *p, const CoreInstr *in) {
    const PlainObject *o;
    switch ((int)in->op) {
    case CORE_OP_ARRAY_NEW:
    case CORE_OP_ARRAY_NEW_DEFAULT:
    case CORE_OP_ARRAY_NEW_FIXED: array_new(p, in); return true;
    case CORE_OP_ARRAY_NEW_DATA:
    case CORE_OP_ARRAY_NEW_ELEM: array_new_segment(p, in); return true;
    case CORE_OP_ARRAY_INIT_DATA:
    case CORE_OP_ARRAY_INIT_ELEM: array_init_segment(p, in); return true;
    case CORE_OP_ARRAY_GET:
    case CORE_OP_ARRAY_GET_S:
    case CORE_OP_ARRAY_GET_U:
    case CORE_OP_ARRAY_SET: array_get_set(p, in); return true;
    case CORE_OP_ARRAY_FILL: array_fill(p, in); return true;
    case CORE_OP_ARRAY_COPY: array_copy(p); return true;
    case CORE_OP_ARRAY_LEN:
        o = array_at(p, plain_pop_ref(p), 0, 0);
        if (o) plain_push_i32(p, o->count);
        return true;
    }
    return false;
}

/* ---- references ---- */

static bool same_object(const PlainObject *a, const PlainObject *b) {
    if (a && b && a->kind == PLAIN_I31 && b->kind == PLAIN_I31) return a->index == b->index;
    return a == b;
}

static void i31_instr(PlainMachine *p, CoreOp op) {
    if (op == CORE_OP_REF_I31) {
        PlainObject *o = ARENA_NEW(p->arena, PlainObject);
        *o = (PlainObject){.kind = PLAIN_I31, .index = plain_pop_i32(p) & 0x7fffffff};
        plain_push(p, plain_ref(o));
        return;
    }
    const PlainObject *o = plain_pop_ref(p);
    if (!o) plain_trap(p, TRAP_NULL_I31);
    else
        plain_push_i32(p,
                       op == CORE_OP_I31_GET_S ? (uint32_t)plain_signed(31, o->index) : o->index);
}

/* any.convert_extern and extern.convert_any undo each other. */
static void convert(PlainMachine *p, PlainKind wrap, PlainKind unwrap) {
    PlainObject *o = plain_pop_ref(p);
    if (o && o->kind == unwrap) {
        plain_push(p, o->values[0]);
        return;
    }
    PlainObject *outside = NULL;
    if (o) {
        outside = new_object(p, wrap, 0, 1);
        if (!outside) return;
        outside->values[0] = plain_ref(o);
    }
    plain_push(p, plain_ref(outside));
}

static void ref_cast(PlainMachine *p, const CoreInstr *in) {
    PlainObject *o = plain_pop_ref(p);
    if (plain_ref_matches(p, o, in->type[0])) plain_push(p, plain_ref(o));
    else plain_trap(p, TRAP_CAST);
}

bool plain_ref_instr(PlainMachine *p, const CoreInstr *in) {
    PlainObject *o;
    switch ((int)in->op) {
    case CORE_OP_REF_NULL: plain_push(p, plain_null()); return true;
    case CORE_OP_REF_FUNC: plain_push(p, plain_ref(&p->funcs[in->a])); return true;
    case CORE_OP_REF_IS_NULL: plain_push_i32(p, plain_pop_ref(p) == NULL); return true;
    case CORE_OP_REF_EQ:
        o = plain_pop_ref(p);
        plain_push_i32(p, same_object(plain_pop_ref(p), o));
        return true;
    case CORE_OP_REF_AS_NON_NULL:
        if (!vec_last(&p->stack).ref) plain_trap(p, TRAP_NULL_REFERENCE);
        return true;
    case CORE_OP_REF_TEST:
    case CORE_OP_REF_TEST_NULL:
        plain_push_i32(p, plain_ref_matches(p, plain_pop_ref(p), in->type[0]));
        return true;
    case CORE_OP_REF_CAST:
    case CORE_OP_REF_CAST_NULL: ref_cast(p, in); return true;
    case CORE_OP_REF_I31:
    case CORE_OP_I31_GET_S:
    case CORE_OP_I31_GET_U: i31_instr(p, in->op); return true;
    case CORE_OP_ANY_CONVERT_EXTERN: convert(p, PLAIN_ANY, PLAIN_EXTERN); return true;
    case CORE_OP_EXTERN_CONVERT_ANY: convert(p, PLAIN_EXTERN, PLAIN_ANY); return true;
    case CORE_OP_STRUCT_NEW:
    case CORE_OP_STRUCT_NEW_DEFAULT:
        struct_new(p, in->a, in->op == CORE_OP_STRUCT_NEW);
        return true;
    case CORE_OP_STRUCT_GET:
    case CORE_OP_STRUCT_GET_S:
    case CORE_OP_STRUCT_GET_U:
    case CORE_OP_STRUCT_SET: struct_get_set(p, in); return true;
    }
    return array_instr(p, in);
}
