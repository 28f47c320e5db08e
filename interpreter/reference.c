/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * References: conversions, tests, and what the host may ask (heap.h says what words they are).
 *
 * A test against a type of the guest looks at two layouts: of a type that is n deep, all subtypes
 * have it as the n-th of their supertypes, so that no test walks.
 */
#include "interpreter/internal.h"

const VmLayout *vm_layout_of(const VmStore *store, const VmData *d) {
    return store->heap->layouts[d->layout & VM_LAYOUT_MASK];
}

VmSlot vm_any_of_extern(VmSlot r) {
    if (!r.u64) return r;
    return (VmSlot){.u64 = r.u64 & VM_FROM_ANY ? r.u64 & ~VM_FROM_ANY : r.u64 | VM_HOST_WORD};
}

VmSlot vm_extern_of_any(VmSlot r) {
    if (!r.u64) return r;
    return (VmSlot){.u64 = r.u64 & VM_HOST_WORD ? r.u64 & ~VM_HOST_WORD : r.u64 | VM_FROM_ANY};
}

VmSlot vm_descriptor(const VmStore *store, VmSlot r) {
    VmSlot none = {.u64 = 0};
    if (!vm_is_object(r) || vm_kind(r.ref) == VM_HOST_DATA) return none;
    const VmLayout *layout = vm_layout_of(store, r.ref);
    return layout->has_descriptor ? *vm_descriptor_of(r.ref, layout) : none;
}

/* An object against a type by its id, which may have no layout yet: then it has no objects. */
static bool is_of(const VmStore *store, const VmData *d, CoreValType type) {
    const VmHeap *h = store->heap;
    uint32_t id = core_type_index(type);
    if (vm_kind(d) == VM_HOST_DATA || id >= h->type_cap || !h->layout_of[id]) return false;
    const VmLayout *layout = vm_layout_of(store, d), *wanted = h->layouts[h->layout_of[id] - 1];
    return layout == wanted || (!(type & CORE_EXACT) && vm_layout_sub(layout, wanted));
}

static bool is_func_of(const VmStore *store, const VmFunc *f, CoreValType type) {
    uint32_t id = core_type_index(type);
    return f->type == id || (!(type & CORE_EXACT) && core_space_sub(store->types, f->type, id));
}

bool vm_ref_test(const VmStore *store, VmSlot r, CoreValType type) {
    if (!r.u64) return core_is_nullable(type);
    if (core_is_concrete(type)) {
        if (core_space_type(store->types, core_type_index(type))->kind == CORE_TYPE_FUNC)
            return is_func_of(store, r.ref, type);
        return vm_is_object(r) && is_of(store, r.ref, type);
    }
    switch (core_heap(type)) {
    case CORE_HEAP_I31: return vm_is_i31(r);
    case CORE_HEAP_EQ: return vm_is_i31(r) || (vm_is_object(r) && vm_kind(r.ref) != VM_HOST_DATA);
    case CORE_HEAP_STRUCT: return vm_is_object(r) && vm_kind(r.ref) == VM_STRUCT;
    case CORE_HEAP_ARRAY: return vm_is_object(r) && vm_kind(r.ref) == VM_ARRAY;
    case CORE_HEAP_NONE:
    case CORE_HEAP_NOEXTERN:
    case CORE_HEAP_NOFUNC:
    case CORE_HEAP_NOEXN:
    case CORE_HEAP_NOCONT: return false;
    default: return true;
    }
}

/* ---- for the host ---- */

CoreValType vm_ref_type(const VmStore *store, VmSlot r) {
    if (!r.u64) return core_ref(true, CORE_HEAP_NONE);
    if (vm_is_i31(r)) return core_ref(false, CORE_HEAP_I31);
    if (!vm_is_object(r) || vm_kind(r.ref) == VM_HOST_DATA) return core_ref(false, CORE_HEAP_ANY);
    return core_ref_to(false, vm_layout_of(store, r.ref)->type);
}

uint32_t vm_ref_count(const VmStore *store, VmSlot r) {
    if (!vm_is_object(r)) return 0;
    const VmData *d = r.ref;
    return vm_kind(d) == VM_STRUCT ? vm_layout_of(store, d)->field_count : d->count;
}

bool vm_ref_get(const VmStore *store, VmSlot r, uint32_t i, CoreValType *type, VmSlot value[2]) {
    if (i >= vm_ref_count(store, r)) return false;
    const VmData *d = r.ref;
    const VmLayout *layout = vm_layout_of(store, d);
    const CoreType *of = core_space_type(store->types, layout->type);
    bool is_struct = layout->kind == VM_STRUCT;
    uint8_t log2_size = is_struct ? layout->fields[i].log2_size : layout->log2_size;
    size_t at = is_struct ? layout->fields[i].offset : (size_t)i << log2_size;
    *type = of->fields[is_struct ? i : 0].type;
    value[0].u64 = value[1].u64 = 0;
    memcpy(value, d->bytes + at, (size_t)1 << log2_size);
    return true;
}
