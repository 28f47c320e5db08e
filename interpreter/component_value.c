/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Values as definitions of a component, and its start functions (Binary.md, "Value Definitions",
 * "Start Definitions"). A value is held as the host would hold it: in cells (AbiValue). Its bytes have
 * been validated, so nothing of them can be wrong any more; each element of a list has at least one.
 *
 * A start function is called with the cells of its arguments, like a function that the host calls.
 */
#include "base/reader.h"
#include "base/utf8.h"
#include "interpreter/component.h"

/* ---- bytes to cells ---- */

typedef struct {
    Arena *arena;
    AbiCache *plans;
    Reader r;
} Read;

static void read_value(Read *d, const WitType *type, AbiValue **at);

static void read_part(Read *d, const WitType *part, AbiValue **at) {
    if (part) read_value(d, part, at);
}

static AbiValue *read_case(Read *d, const WitType *payload) {
    if (!payload) return NULL;
    const AbiPlan *plan = abi_plan(d->plans, payload);
    AbiValue *cells = ARENA_NEW_ARRAY(d->arena, AbiValue, plan->op_count), *at = cells;
    read_value(d, payload, &at);
    return cells;
}

static void read_variant(Read *d, const WitType *type, AbiValue *cell) {
    uint32_t index = reader_u32(&d->r);
    const WitType *payload = NULL;
    if (type->kind == WIT_VARIANT) payload = type->fields.at[index].type;
    else if (type->kind == WIT_OPTION) payload = index ? type->elem : NULL;
    else payload = index ? type->second : type->elem;
    cell->variant.payload = read_case(d, payload);
    cell->variant.index = index;
}

static void read_flags(Read *d, const WitType *type, AbiValue *cell) {
    cell->bits = 0;
    for (size_t i = 0; i < (type->fields.len + 7) / 8; i++)
        cell->bits |= (uint64_t)reader_u8(&d->r) << 8 * i;
    if (type->fields.len < 32) cell->bits &= ((uint64_t)1 << type->fields.len) - 1;
}

static void read_element(Read *d, const WitType *type, AbiValue **at) {
    read_value(d, type->elem, at);
    if (type->kind == WIT_MAP) read_value(d, type->second, at);
}

static void read_list(Read *d, const WitType *type, AbiValue *cell) {
    const AbiPlan *element = abi_plan(d->plans, type)->ops[0].element;
    uint32_t n = reader_u32(&d->r);
    cell->list.len = n;
    if (!abi_is_packed(element)) {
        AbiValue *at = ARENA_NEW_ARRAY(d->arena, AbiValue, (size_t)n * element->op_count);
        cell->list.items = at;
        while (n--) read_element(d, type, &at);
        return;
    }
    unsigned width = element->ops[0].width;
    uint8_t *items = arena_alloc(d->arena, (size_t)n * width + 1);
    cell->list.items = items;
    for (; n--; items += width) {
        AbiValue one, *at = &one;
        read_element(d, type, &at);
        for (unsigned i = 0; i < width; i++) items[i] = (uint8_t)(one.bits >> 8 * i);
    }
}

static void read_char(Read *d, AbiValue *cell) {
    size_t n = 0;
    Str rest = {(const char *)d->r.ptr, reader_left(&d->r)};
    cell->bits = utf8_next(rest, &n);
    reader_bytes(&d->r, n);
}

static void read_value(Read *d, const WitType *type, AbiValue **at) {
    type = wit_dealias(type);
    switch (type->kind) {
    case WIT_RECORD:
    case WIT_TUPLE:
        for (size_t i = 0; i < type->fields.len; i++) read_part(d, type->fields.at[i].type, at);
        return;
    case WIT_FIXED_LIST:
        for (uint64_t i = 0; i < type->length; i++) read_value(d, type->elem, at);
        return;
    default: break;
    }
    AbiValue *cell = (*at)++;
    switch (type->kind) {
    case WIT_BOOL:
    case WIT_U8: cell->bits = reader_u8(&d->r); break;
    case WIT_S8: cell->bits = (uint64_t)(int8_t)reader_u8(&d->r); break;
    case WIT_U16:
    case WIT_ENUM:
    case WIT_U32: cell->bits = reader_u32(&d->r); break;
    case WIT_S16:
    case WIT_S32: cell->bits = (uint64_t)(int64_t)reader_s32(&d->r); break;
    case WIT_U64: cell->bits = reader_u64(&d->r); break;
    case WIT_S64: cell->bits = (uint64_t)reader_s64(&d->r); break;
    case WIT_F32: cell->bits = reader_fixed32(&d->r); break;
    case WIT_F64: cell->bits = reader_fixed64(&d->r); break;
    case WIT_CHAR: read_char(d, cell); break;
    case WIT_STRING: {
        Str text = reader_name(&d->r);
        cell->string.ptr = text.ptr;
        cell->string.len = text.len;
        break;
    }
    case WIT_FLAGS: read_flags(d, type, cell); break;
    case WIT_LIST:
    case WIT_MAP: read_list(d, type, cell); break;
    default: read_variant(d, type, cell);
    }
}

VmValue *vm_value_new(VmStore *store, const WitType *type, const AbiValue *cells) {
    const AbiPlan *plan = abi_plan(vm_components(store)->plans, type);
    if (!plan) return NULL;
    VmValue *value = ARENA_NEW(store->arena, VmValue);
    *value = (VmValue){type, plan, cells};
    return value;
}

VmValue *vm_value_read(VmStore *store, const WitType *type, Str bytes) {
    VmValue *value = vm_value_new(store, type, NULL);
    if (!value) return NULL;
    AbiValue *cells = ARENA_NEW_ARRAY(store->arena, AbiValue, value->plan->op_count), *at = cells;
    const uint8_t *start = arena_copy(store->arena, bytes.ptr, bytes.len);
    Diags ignored = {.arena = store->arena};
    Read d = {.arena = store->arena,
              .plans = vm_components(store)->plans,
              .r = {.ptr = start, .end = start + bytes.len, .start = start, .diags = &ignored}};
    read_value(&d, type, &at);
    value->cells = cells;
    return value;
}

/* ---- start functions ---- */

VmStatus vm_value_start(VmThread *thread, VmComponentFunc *func, VmValue *const *args, size_t n,
                        VmValue **result) {
    VmStore *store = vm_thread_store(thread);
    AbiValue *cells = ARENA_NEW_ARRAY(store->arena, AbiValue, func->abi->params->op_count + 1);
    AbiValue *results = ARENA_NEW_ARRAY(store->arena, AbiValue, func->abi->result->op_count + 1);
    VmComponents *shared = vm_components(store);
    uint32_t at = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(cells + at, args[i]->cells, args[i]->plan->op_count * sizeof *cells);
        at += args[i]->plan->op_count;
    }
    VmStatus status = vm_component_call(thread, func, cells, results, store->arena);
    while (status == VM_SUSPEND && vm_may_go_on(thread, shared)) status = vm_resume(thread);
    if (status == VM_SUSPEND)
        return vm_trap_text(thread, TRAP_HOST, "deadlock in a start function");
    *result = NULL;
    if (status == VM_DONE && func->type->result) {
        *result = vm_value_new(store, func->type->result, results);
        if (!*result) return vm_trap(thread, TRAP_HOST_MEMORY);
    }
    return status;
}

const AbiValue *vm_component_value(const VmComponent *component, Str interface, Str name,
                                   const WitType **type) {
    const Map *names = &component->exports.names;
    if (interface.len) {
        VmNamed *named = vm_find_compatible(names, interface);
        if (!named || named->sort != COMP_INSTANCE) return NULL;
        names = &named->item.instance->names;
    }
    VmNamed *named = vm_find(names, name);
    if (!named || named->sort != COMP_VALUE) return NULL;
    *type = named->item.value->type;
    return named->item.value->cells;
}
