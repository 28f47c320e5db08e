/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Structs, arrays and exceptions: how they are laid out, and what bulk instructions do with them.
 *
 * A layout is made when code that uses its type is prepared, once a store. A struct's fields stand
 * where the supertype has them; each new one takes the lowest place that is free and aligned, so that
 * small fields fill the gaps between large ones:
 *
 *     (sub (struct i8 i64))              [i8|       ][i64           ]
 *     (sub that (struct i8 i64 i32 i8))  [i8|i8| |i32][i64           ]
 */
#include "interpreter/internal.h"

uint8_t vm_log2_size(CoreValType storage) {
    switch (core_kind(storage)) {
    case CORE_KIND_I8: return 0;
    case CORE_KIND_I16: return 1;
    case CORE_KIND_I32:
    case CORE_KIND_F32: return 2;
    case CORE_KIND_V128: return 4;
    default: return 3;
    }
}

VmRefKind vm_ref_kind(const CoreType *types, CoreValType type) {
    if (!core_is_ref(type)) return VM_NO_REF;
    if (core_is_concrete(type)) {
        CoreTypeKind kind = types[core_type_index(type)].kind;
        return kind == CORE_TYPE_STRUCT || kind == CORE_TYPE_ARRAY ? VM_ANY_REF : VM_NO_REF;
    }
    switch (core_heap(type)) {
    case CORE_HEAP_ANY:
    case CORE_HEAP_EQ:
    case CORE_HEAP_STRUCT:
    case CORE_HEAP_ARRAY:
    case CORE_HEAP_EXN: return VM_ANY_REF;
    case CORE_HEAP_EXTERN: return VM_EXTERN_REF;
    default: return VM_NO_REF; /* i31 is none of an object; the rest is null, or not ours */
    }
}

/* ---- layouts ---- */

/* Which bytes of a struct are taken, and by size where the first free place may be. */
typedef struct {
    uint8_t *taken;
    uint32_t from[5], end;
} Plan;

static uint32_t take_place(Plan *plan, uint8_t log2_size) {
    uint32_t size = 1u << log2_size, align = size < 8 ? size : 8, at = plan->from[log2_size];
    for (;; at += align) {
        uint32_t k = 0;
        while (k < size && !plan->taken[at + k]) k++;
        if (k == size) break;
    }
    memset(plan->taken + at, 1, size);
    plan->from[log2_size] = at + size;
    if (at + size > plan->end) plan->end = at + size;
    return at;
}

static uint32_t *note_ref(uint32_t *refs, const CoreType *types, CoreValType type, uint32_t at) {
    VmRefKind kind = vm_ref_kind(types, type);
    if (kind != VM_NO_REF) *refs++ = at + (kind == VM_EXTERN_REF);
    return refs;
}

static uint64_t lay_out_struct(VmStore *store, VmLayout *layout, const VmLayout *super,
                               const CoreType *type, uint8_t *taken) {
    VmField *fields = ARENA_NEW_ARRAY(store->arena, VmField, type->field_count);
    uint32_t *refs = ARENA_NEW_ARRAY(store->arena, uint32_t, type->field_count + (size_t)1);
    uint32_t *ref = refs;
    const CoreType *types = core_space_type(store->types, 0);
    Plan plan = {.taken = taken};
    uint32_t inherited = super ? super->field_count : 0;
    for (uint32_t i = 0; i < type->field_count; i++) {
        VmField *f = &fields[i];
        if (i < inherited) {
            *f = super->fields[i];
            memset(plan.taken + f->offset, 1, (size_t)1 << f->log2_size);
            if (f->offset + (1u << f->log2_size) > plan.end)
                plan.end = f->offset + (1u << f->log2_size);
        } else {
            f->log2_size = vm_log2_size(type->fields[i].type);
            f->offset = take_place(&plan, f->log2_size);
        }
        ref = note_ref(ref, types, type->fields[i].type, f->offset);
    }
    if (layout->has_descriptor) *ref++ = layout->descriptor = take_place(&plan, 3);
    layout->fields = fields;
    layout->field_count = type->field_count;
    layout->refs = refs;
    layout->ref_count = (uint32_t)(ref - refs);
    return plan.end;
}

/* The values are slots behind the tag. */
static uint64_t lay_out_exception(VmStore *store, VmLayout *layout, const CoreType *type) {
    uint32_t *refs = ARENA_NEW_ARRAY(store->arena, uint32_t, type->param_count), *ref = refs;
    const CoreType *types = core_space_type(store->types, 0);
    uint32_t at = sizeof(VmException) - sizeof(VmData);
    for (uint32_t i = 0; i < type->param_count; i++) {
        ref = note_ref(ref, types, type->params[i], at);
        at += vm_slots_of(type->params[i]) * (uint32_t)sizeof(VmSlot);
    }
    layout->refs = refs;
    layout->ref_count = (uint32_t)(ref - refs);
    return at;
}

static bool has_type(VmStore *store, uint32_t type) {
    VmHeap *h = store->heap;
    uint32_t count = core_space_count(store->types);
    if (type < h->type_cap) return true;
    uint32_t *ids = alloc_more(&store->memory, h->layout_of, count, sizeof *ids);
    if (!ids) return vm_no_memory(store);
    memset(ids + h->type_cap, 0, (count - h->type_cap) * sizeof *ids);
    h->layout_of = ids;
    h->type_cap = count;
    return true;
}

static bool has_layouts(VmStore *store) {
    VmHeap *h = store->heap;
    if (h->layout_count == h->layout_cap) {
        uint32_t cap = h->layout_cap * 2;
        const VmLayout **layouts = alloc_more(&store->memory, h->layouts, cap, sizeof *layouts);
        if (!layouts) return vm_no_memory(store);
        h->layouts = layouts;
        h->layout_cap = cap;
    }
    return true;
}

typedef struct {
    VmStore *store;
    const CoreType *type;
    const VmLayout *super; /* NULL: none */
    uint8_t *taken;        /* for the places of a struct */
    VmLayout *layout;      /* what is made */
} Making;

static void make_layout(void *context) {
    Making *m = context;
    VmStore *store = m->store;
    const CoreType *type = m->type;
    VmLayout *layout = ARENA_NEW(store->arena, VmLayout);
    uint32_t depth = m->super ? m->super->depth + 1 : 0;
    const VmLayout **supers = ARENA_NEW_ARRAY(store->arena, const VmLayout *, depth + (size_t)1);
    for (uint32_t i = 0; i < depth; i++) supers[i] = m->super->supers[i];
    supers[depth] = layout;
    *layout = (VmLayout){
        .depth = depth, .supers = supers, .has_descriptor = type->descriptor != CORE_NONE};
    uint64_t size = 0;
    if (type->kind == CORE_TYPE_STRUCT) {
        layout->kind = VM_STRUCT;
        size = lay_out_struct(store, layout, m->super, type, m->taken);
    } else if (type->kind == CORE_TYPE_ARRAY) {
        layout->kind = VM_ARRAY;
        layout->log2_size = vm_log2_size(type->fields[0].type);
        layout->element =
            (uint8_t)vm_ref_kind(core_space_type(store->types, 0), type->fields[0].type);
    } else {
        layout->kind = VM_EXCEPTION;
        size = lay_out_exception(store, layout, type);
    }
    size += sizeof(VmData);
    layout->cell_class = (uint8_t)vm_cell_class(size);
    layout->cell_size = layout->cell_class ? vm_cell_sizes[layout->cell_class] : (uint32_t)size;
    m->layout = layout;
}

/* Calls itself for the supertypes, of which there are at most CORE_LIMIT_SUBTYPES. */
const VmLayout *vm_layout(VmStore *store, uint32_t id) {
    VmHeap *h = vm_heap_of(store);
    if (!h || !has_type(store, id) || !has_layouts(store)) return NULL;
    if (h->layout_of[id]) return h->layouts[h->layout_of[id] - 1];
    Making m = {.store = store, .type = core_space_type(store->types, id)};
    if (m.type->super != CORE_NONE && !(m.super = vm_layout(store, m.type->super))) return NULL;
    if (!has_layouts(store)) return NULL;
    m.taken = alloc_new(&store->memory, (size_t)m.type->field_count + 4, 16);
    bool made = m.taken ? vm_try(store, make_layout, &m) : vm_no_memory(store);
    alloc_free(&store->memory, m.taken);
    if (!made) return NULL;
    m.layout->type = id;
    m.layout->header = h->layout_count | (uint32_t)m.layout->kind << VM_KIND_SHIFT;
    h->layouts[h->layout_count++] = m.layout;
    h->layout_of[id] = h->layout_count;
    return m.layout;
}

/* ---- making ---- */

/* Bytes behind the header of a struct or exception. */
static uint64_t body_size(const VmLayout *layout) { return layout->cell_size - sizeof(VmData); }

VmData *vm_struct_new(VmStore *store, const VmLayout *layout) {
    VmData *d = vm_allocate(store, layout, body_size(layout));
    if (d) memset(d->bytes, 0, body_size(layout));
    return d;
}

VmData *vm_array_new(VmStore *store, const VmLayout *layout, uint64_t count) {
    if (count > UINT32_MAX) return NULL;
    uint64_t size = count << layout->log2_size;
    VmData *d = vm_allocate(store, layout, size);
    if (!d) return NULL;
    d->count = (uint32_t)count;
    if (!vm_block_of(d)->mapped) memset(d->bytes, 0, size); /* new pages are 0 */
    return d;
}

VmException *vm_exception_new(VmStore *store, VmTag *tag, const VmSlot *values, uint32_t count) {
    const VmLayout *layout = vm_layout(store, tag->type);
    VmException *e = layout ? (VmException *)vm_allocate(store, layout, body_size(layout)) : NULL;
    if (!e) return NULL;
    e->tag = tag;
    if (count) memcpy(e->values, values, count * sizeof *values);
    return e;
}

/* The machine is little-endian, so that the low bytes of a slot are the field or element. */
void vm_struct_set(VmData *d, const VmLayout *layout, const VmSlot *values) {
    for (uint32_t i = 0; i < layout->field_count; i++) {
        const VmField *f = &layout->fields[i];
        memcpy(d->bytes + f->offset, values, (size_t)1 << f->log2_size);
        values += f->log2_size == 4 ? 2 : 1;
    }
}

/* ---- arrays ---- */

void vm_array_set(VmData *array, uint8_t log2_size, const VmSlot *values) {
    uint32_t size = 1u << log2_size, slots = log2_size == 4 ? 2 : 1;
    for (uint32_t i = 0; i < array->count; i++)
        memcpy(array->bytes + (size_t)i * size, values + (size_t)i * slots, size);
}

#define FILL(T, v)                                                                                 \
    do {                                                                                           \
        T *to_ = (T *)array->bytes + at, value_ = (T)(v);                                          \
        for (uint64_t i_ = 0; i_ < n; i_++) to_[i_] = value_;                                      \
    } while (0)

void vm_array_fill(VmData *array, uint8_t log2_size, uint64_t at, const VmSlot *value, uint64_t n) {
    switch (log2_size) {
    case 0: memset(array->bytes + at, (int)(value->u32 & 0xff), n); break;
    case 1: FILL(uint16_t, value->u32); break;
    case 2: FILL(uint32_t, value->u32); break;
    case 3: FILL(uint64_t, value->u64); break;
    default:
        for (uint64_t i = at; i < at + n; i++) memcpy(array->bytes + i * 16, value, 16);
        break;
    }
}

static bool inside(uint64_t at, uint64_t n, uint64_t size) { return n <= size && at <= size - n; }

Trap vm_array_from_data(VmInstance *in, VmData *array, uint64_t at, uint32_t data, uint64_t from,
                        uint64_t n) {
    uint8_t log2_size = vm_layout_of(in->store, array)->log2_size;
    Str bytes = core_data_bytes(&in->module->core->datas.at[data]);
    uint64_t len = in->dropped_data[data] ? 0 : bytes.len, size = n << log2_size;
    if (!inside(at, n, array->count)) return TRAP_ARRAY_BOUNDS;
    if (!inside(from, size, len)) return TRAP_MEMORY_BOUNDS;
    if (n) memcpy(array->bytes + (at << log2_size), bytes.ptr + from, size);
    return TRAP_NONE;
}

Trap vm_array_from_elem(VmInstance *in, VmData *array, uint64_t at, uint32_t elem, uint64_t from,
                        uint64_t n) {
    if (!inside(at, n, array->count)) return TRAP_ARRAY_BOUNDS;
    if (!inside(from, n, in->elems[elem].count)) return TRAP_TABLE_BOUNDS;
    if (n)
        memcpy(array->bytes + at * sizeof(VmSlot), in->elems[elem].items + from,
               n * sizeof(VmSlot));
    return TRAP_NONE;
}

Trap vm_array_copy(const VmStore *store, VmData *to, uint64_t at, const VmData *array,
                   uint64_t from, uint64_t n) {
    uint8_t log2_size = vm_layout_of(store, to)->log2_size;
    if (!inside(at, n, to->count) || !inside(from, n, array->count)) return TRAP_ARRAY_BOUNDS;
    memmove(to->bytes + (at << log2_size), array->bytes + (from << log2_size), n << log2_size);
    return TRAP_NONE;
}
