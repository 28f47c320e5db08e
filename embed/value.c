/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Values and references: between witc_value and the slots of the interpreter.
 *
 * A reference that is given out is a witc_ref, which is a root of the collector; functions are not
 * collected and stand for themselves. A value's type is the top of its hierarchy, so that a type of
 * a module, (ref $t), is checked here and needs no name outside.
 */
#include "embed/internal.h"

_Static_assert(WITC_I32 == CORE_I32 && WITC_V128 == CORE_V128, "the numbers of value types");
_Static_assert(WITC_FUNCREF == (CORE_KIND_REF | 16 | CORE_HEAP_FUNC << 8), "of references");
_Static_assert(WITC_EXNREF == (CORE_KIND_REF | 16 | CORE_HEAP_EXN << 8), "of references");
_Static_assert(WITC_NULLEXNREF == (CORE_KIND_REF | 16 | CORE_HEAP_NOEXN << 8), "of references");

/* ---- types ---- */

size_t cut_text(Str text, char *to, size_t size) {
    size_t n = text.len < size ? text.len : size ? size - 1 : 0;
    if (size) {
        if (n) memcpy(to, text.ptr, n);
        to[n] = 0;
    }
    return text.len;
}

/* A type that is written as text. */
typedef struct {
    const witc_externtype *type;
    witc_valtype value;
    char *to;
    size_t size, length;
} Writing;

/* Its length; 0 where there is no memory for it. */
static size_t write_text(void (*write)(void *), Writing w) {
    if (!arena_try(&alloc_system, write, &w)) return cut_text((Str){"", 0}, w.to, w.size);
    return w.length;
}

static void write_valtype(void *context) {
    Writing *w = context;
    Arena *arena = arena_new();
    w->length = cut_text(core_val_text(arena, w->value), w->to, w->size);
    arena_free(arena);
}

size_t witc_valtype_text(witc_valtype type, char *to, size_t size) {
    return write_text(write_valtype, (Writing){.value = type, .to = to, .size = size});
}

static void put_types(Buf *buf, const char *word, const witc_valtype *types, uint32_t n) {
    if (n) buf_fmt(buf, " (%s", word);
    for (uint32_t i = 0; i < n; i++) {
        buf_byte(buf, ' ');
        buf_str(buf, core_val_text(buf->arena, types[i]));
    }
    if (n) buf_byte(buf, ')');
}

static void put_limits(Buf *buf, const witc_limits_type *limits) {
    if (limits->is_64) buf_fmt(buf, " i64");
    buf_fmt(buf, " %llu", (unsigned long long)limits->min);
    if (limits->has_max) buf_fmt(buf, " %llu", (unsigned long long)limits->max);
    if (limits->shared) buf_fmt(buf, " shared");
}

static void write_externtype(void *context) {
    Writing *w = context;
    const witc_externtype *type = w->type;
    Arena *arena = arena_new();
    Buf buf = {.arena = arena};
    buf_fmt(&buf, "(%s", core_extern_name((CoreExtern)type->kind));
    switch (type->kind) {
    case WITC_KIND_FUNC:
    case WITC_KIND_TAG:
        put_types(&buf, "param", type->func.params, type->func.param_count);
        put_types(&buf, "result", type->func.results, type->func.result_count);
        break;
    case WITC_KIND_TABLE:
    case WITC_KIND_MEMORY: put_limits(&buf, &type->limits); break;
    case WITC_KIND_GLOBAL: break;
    }
    if (type->kind == WITC_KIND_MEMORY && type->limits.page_size == 1)
        buf_fmt(&buf, " (pagesize 1)");
    if (type->kind == WITC_KIND_TABLE || type->kind == WITC_KIND_GLOBAL) {
        Str value = core_val_text(arena, type->value);
        buf_fmt(&buf, type->is_mutable ? " (mut %.*s)" : " %.*s", STR_ARG(value));
    }
    buf_byte(&buf, ')');
    w->length = cut_text(buf_text(&buf), w->to, w->size);
    arena_free(arena);
}

size_t witc_externtype_text(const witc_externtype *type, char *to, size_t size) {
    return write_text(write_externtype, (Writing){.type = type, .to = to, .size = size});
}

static CoreHeap top_heap(CoreHeap heap) {
    switch (heap) {
    case CORE_HEAP_FUNC:
    case CORE_HEAP_NOFUNC: return CORE_HEAP_FUNC;
    case CORE_HEAP_EXTERN:
    case CORE_HEAP_NOEXTERN: return CORE_HEAP_EXTERN;
    case CORE_HEAP_EXN:
    case CORE_HEAP_NOEXN: return CORE_HEAP_EXN;
    default: return CORE_HEAP_ANY;
    }
}

witc_valtype top_of(const VmStore *vm, CoreValType type) {
    if (!core_is_ref(type)) return type;
    if (!core_is_concrete(type)) return core_ref(true, top_heap(core_heap(type)));
    const CoreType *t = core_space_type(vm_store_types((VmStore *)vm), core_type_index(type));
    return t && t->kind == CORE_TYPE_FUNC ? WITC_FUNCREF : WITC_ANYREF;
}

bool is_type(const witc_store *store, witc_valtype type) {
    if (!core_is_ref(type)) return type >= CORE_I32 && type <= CORE_V128;
    CoreHeap heap = core_heap(type);
    if (!core_is_concrete(type)) return heap >= CORE_HEAP_CONT && heap <= CORE_HEAP_NOCONT;
    return core_space_type(vm_store_types(store->vm), core_type_index(type)) != NULL;
}

bool is_functype(const witc_store *store, const witc_functype *type) {
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!is_type(store, type->params[i])) return false;
    for (uint32_t i = 0; i < type->result_count; i++)
        if (!is_type(store, type->results[i])) return false;
    return true;
}

witc_value witc_default(witc_valtype type) {
    witc_value v = {.type = type};
    memset(&v.of, 0, sizeof v.of);
    if (witc_is_ref(type) && !core_is_concrete(type))
        v.type = core_ref(true, top_heap(core_heap(type)));
    return v;
}

/* ---- references ---- */

static witc_ref *no_memory(witc_store *store) {
    store_limited(store, TRAP_NO_MEMORY);
    return NULL;
}

static witc_ref *ref_new(witc_store *store, witc_valtype top, VmSlot slot) {
    witc_ref *ref = engine_new(store->engine, sizeof *ref);
    if (!ref) return no_memory(store);
    *ref = (witc_ref){.store = store,
                      .next = store->refs,
                      .held = vm_hold(store->vm, top, slot),
                      .slot = slot,
                      .top = top};
    if (!ref->held) {
        engine_release(store->engine, ref);
        return no_memory(store);
    }
    if (ref->next) ref->next->previous = ref;
    store->refs = ref;
    return ref;
}

void witc_ref_free(witc_ref *ref) {
    if (!ref) return;
    witc_store *store = ref->store;
    vm_release(ref->held);
    if (ref->previous) ref->previous->next = ref->next;
    else store->refs = ref->next;
    if (ref->next) ref->next->previous = ref->previous;
    engine_release(store->engine, ref);
}

void witc_values_free(witc_value *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!witc_is_ref(values[i].type) || values[i].type == WITC_FUNCREF) continue;
        witc_ref_free(values[i].of.ref);
        values[i].of.ref = NULL;
    }
}

witc_ref *witc_ref_copy(const witc_ref *ref) {
    return ref ? ref_new(ref->store, ref->top, ref->slot) : NULL;
}

witc_ref *witc_extern_new(witc_store *store, void *data, void (*finalize)(void *)) {
    VmSlot made = vm_host_object(store->vm, data, finalize);
    if (made.u64) return ref_new(store, WITC_EXTERNREF, made);
    if (finalize) finalize(data);
    store_limited(store, TRAP_HEAP_LIMIT);
    return NULL;
}

witc_ref *witc_i31_new(witc_store *store, int32_t value) {
    return ref_new(store, WITC_ANYREF, vm_ref_of_i31(value));
}

/* The type of what a reference below any or extern refers to. */
static CoreValType object_type(const witc_ref *ref) {
    VmSlot any = ref->top == WITC_EXTERNREF ? vm_any_of_extern(ref->slot) : ref->slot;
    return vm_ref_type(ref->store->vm, any);
}

witc_valtype witc_ref_type(const witc_ref *ref) {
    if (!ref) return WITC_NULLREF;
    if (ref->top != WITC_ANYREF) return witc_non_null(ref->top);
    CoreValType type = object_type(ref);
    if (!core_is_concrete(type)) return type;
    const CoreType *t = core_space_type(vm_store_types(ref->store->vm), core_type_index(type));
    return witc_non_null(t->kind == CORE_TYPE_ARRAY ? WITC_ARRAYREF : WITC_STRUCTREF);
}

bool witc_ref_same(const witc_ref *a, const witc_ref *b) {
    if (!a || !b) return a == b;
    return a->top == b->top && a->slot.u64 == b->slot.u64;
}

bool witc_ref_data(const witc_ref *ref, void **data) {
    if (!ref || ref->top == WITC_EXNREF) return false;
    VmSlot as_extern = ref->top == WITC_ANYREF ? vm_extern_of_any(ref->slot) : ref->slot;
    return vm_host_data(as_extern, data);
}

bool witc_ref_i31(const witc_ref *ref, int32_t *value) {
    if (!ref || ref->top != WITC_ANYREF || !vm_ref_is_i31(ref->slot)) return false;
    *value = vm_ref_i31(ref->slot);
    return true;
}

witc_ref *witc_ref_to_any(const witc_ref *ref) {
    if (!ref || ref->top == WITC_EXNREF) return NULL;
    if (ref->top == WITC_ANYREF) return witc_ref_copy(ref);
    return ref_new(ref->store, WITC_ANYREF, vm_any_of_extern(ref->slot));
}

witc_ref *witc_ref_to_extern(const witc_ref *ref) {
    if (!ref || ref->top == WITC_EXNREF) return NULL;
    if (ref->top == WITC_EXTERNREF) return witc_ref_copy(ref);
    return ref_new(ref->store, WITC_EXTERNREF, vm_extern_of_any(ref->slot));
}

static bool is_data(const witc_ref *ref) {
    return ref && ref->top == WITC_ANYREF && core_is_concrete(object_type(ref));
}

static const CoreType *exception_type(const witc_ref *exception) {
    uint32_t type = vm_tag_type(vm_exception_tag(exception->slot));
    return core_space_type(vm_store_types(exception->store->vm), type);
}

uint32_t witc_ref_count(const witc_ref *ref) {
    if (is_data(ref)) return vm_ref_count(ref->store->vm, ref->slot);
    return ref && ref->top == WITC_EXNREF ? exception_type(ref)->param_count : UINT32_MAX;
}

bool witc_ref_get(const witc_ref *ref, uint32_t i, witc_value *value) {
    uint32_t count = witc_ref_count(ref);
    if (count == UINT32_MAX || i >= count) return false;
    VmSlot slots[2];
    CoreValType type;
    if (ref->top == WITC_EXNREF) {
        const CoreType *t = exception_type(ref);
        const VmSlot *from = vm_exception_values(ref->slot);
        for (uint32_t k = 0; k < i; k++) from += witc_slots_of(t->params[k]);
        type = t->params[i];
        memcpy(slots, from, witc_slots_of(type) * sizeof *slots);
    } else {
        vm_ref_get(ref->store->vm, ref->slot, i, &type, slots);
        type = core_unpacked(type);
    }
    return value_from_slots(ref->store, type, slots, value);
}

/* ---- slots ---- */

static bool ref_to_slot(const witc_store *store, const witc_value *value, CoreValType type,
                        VmSlot *slot) {
    slot->u64 = 0;
    if (value->type == WITC_FUNCREF) slot->u64 = (uintptr_t)value->of.func;
    else if (value->of.ref && (value->of.ref->top != value->type || value->of.ref->store != store))
        return false;
    else if (value->of.ref) *slot = value->of.ref->slot;
    return vm_ref_test(store->vm, *slot, type);
}

bool value_to_slots(const witc_store *store, const witc_value *value, CoreValType type,
                    VmSlot *slots) {
    if (value->type != top_of(store->vm, type)) return false;
    switch (core_kind(type)) {
    case CORE_KIND_I32:
    case CORE_KIND_F32: slots[0].u64 = value->of.u32; return true;
    case CORE_KIND_I64:
    case CORE_KIND_F64: slots[0].u64 = value->of.u64; return true;
    case CORE_KIND_V128: memcpy(slots, value->of.v128, 16); return true;
    case CORE_KIND_REF: return ref_to_slot(store, value, type, slots);
    default: return false;
    }
}

bool value_from_slots(witc_store *store, CoreValType type, const VmSlot *slots, witc_value *value) {
    memset(value, 0, sizeof *value);
    value->type = top_of(store->vm, type);
    switch (core_kind(type)) {
    case CORE_KIND_V128: memcpy(value->of.v128, slots, 16); return true;
    case CORE_KIND_REF:
        if (value->type == WITC_FUNCREF) value->of.func = slots->ref;
        else if (slots->u64) value->of.ref = ref_new(store, value->type, *slots);
        return !slots->u64 || value->of.ref;
    default: value->of.u64 = slots->u64; return true;
    }
}

witc_slot witc_ref_slot(const witc_ref *ref) { return ref ? ref->slot.u64 : 0; }

witc_ref *witc_slot_ref(witc_store *store, witc_valtype type, witc_slot slot) {
    witc_valtype top = is_type(store, type) ? top_of(store->vm, type) : WITC_I32;
    if (!slot || !witc_is_ref(top) || top == WITC_FUNCREF) return NULL;
    return ref_new(store, top, (VmSlot){.u64 = slot});
}
