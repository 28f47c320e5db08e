/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Structs and arrays of the guest, and what a reference is.
 *
 * Objects are cut from chunks and live as long as the store: nothing is collected. What they take is
 * counted, and a full heap is a trap. A reference below `any` is one of
 *
 *     0                     null
 *     ...vvvv1              an i31
 *     pointer               a struct or an array (VmData)
 *     01 and 62 bits        a word of the host that any.convert_extern has brought in
 *
 * and one below `extern` is a word of the host, or, with bit 63, one of the first three. So both
 * conversions give back what they were given, and equal references are equal words.
 */
#include <stdlib.h>

#include "interpreter/internal.h"

/* ---- chunks ---- */

typedef struct VmChunk {
    struct VmChunk *next;
    size_t used, size;
    uint8_t bytes[];
} VmChunk;

enum { CHUNK = 1 << 16 };

void vm_heap_free(VmStore *store) {
    for (VmChunk *c = store->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    while (store->held) vm_release(store->held);
}

/* Zeroed bytes. A large object has a chunk of its own, behind the one that is being filled. */
static void *allocate(VmStore *store, uint64_t size) {
    size = (size + 7) & ~(uint64_t)7;
    if (!vm_heap_take(store, size)) return NULL;
    VmChunk *c = store->chunks;
    if (!c || size > c->size - c->used) {
        size_t room = size > CHUNK / 4 ? size : CHUNK;
        VmChunk *more = calloc(1, sizeof *more + room);
        if (!more) return NULL;
        more->size = room;
        if (c && room == size) {
            more->next = c->next;
            c->next = more;
        } else {
            more->next = c;
            store->chunks = more;
        }
        c = more;
    }
    void *p = c->bytes + c->used;
    c->used += size;
    return p;
}

VmData *vm_struct_new(VmStore *store, uint32_t type, uint32_t slots) {
    VmData *d = allocate(store, sizeof *d + (uint64_t)slots * sizeof(VmSlot));
    if (d) d->type = type, d->count = slots;
    return d;
}

VmData *vm_struct_new_desc(VmStore *store, uint32_t type, uint32_t slots, VmSlot descriptor) {
    VmSlot *p = allocate(store, sizeof(VmData) + ((uint64_t)slots + 1) * sizeof *p);
    if (!p) return NULL;
    *p = descriptor;
    VmData *d = (VmData *)(p + 1);
    d->type = type, d->count = slots;
    d->has_descriptor = true;
    return d;
}

VmData *vm_array_new(VmStore *store, uint32_t type, uint64_t count, uint8_t log2_size) {
    VmData *d = count > UINT32_MAX ? NULL : allocate(store, sizeof *d + (count << log2_size));
    if (!d) return NULL;
    d->type = type, d->count = (uint32_t)count;
    d->is_array = true, d->log2_size = log2_size;
    return d;
}

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

/* ---- arrays ---- */

/* The machine is little-endian, so that the low bytes of a slot are the element. */
void vm_array_set(VmData *array, const VmSlot *values) {
    uint32_t size = 1u << array->log2_size, slots = array->log2_size == 4 ? 2 : 1;
    for (uint32_t i = 0; i < array->count; i++)
        memcpy(array->bytes + (size_t)i * size, values + (size_t)i * slots, size);
}

void vm_array_fill(VmData *array, uint64_t at, const VmSlot *value, uint64_t n) {
    uint32_t size = 1u << array->log2_size;
    if (size == 1) {
        memset(array->bytes + at, (int)(value->u32 & 0xff), n);
        return;
    }
    for (uint64_t i = at; i < at + n; i++) memcpy(array->bytes + i * size, value, size);
}

static bool inside(uint64_t at, uint64_t n, uint64_t size) { return n <= size && at <= size - n; }

Trap vm_array_from_data(VmInstance *in, VmData *array, uint64_t at, uint32_t data, uint64_t from,
                        uint64_t n) {
    Str bytes = in->module->core->datas.at[data].bytes;
    uint64_t len = in->dropped_data[data] ? 0 : bytes.len, size = n << array->log2_size;
    if (!inside(at, n, array->count)) return TRAP_ARRAY_BOUNDS;
    if (!inside(from, size, len)) return TRAP_MEMORY_BOUNDS;
    if (n) memcpy(array->bytes + (at << array->log2_size), bytes.ptr + from, size);
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

Trap vm_array_copy(VmData *to, uint64_t at, const VmData *array, uint64_t from, uint64_t n) {
    if (!inside(at, n, to->count) || !inside(from, n, array->count)) return TRAP_ARRAY_BOUNDS;
    memmove(to->bytes + (at << to->log2_size), array->bytes + (from << to->log2_size),
            n << to->log2_size);
    return TRAP_NONE;
}

/* ---- references ---- */

VmSlot vm_any_of_extern(VmSlot r) {
    if (!r.u64) return r;
    return (VmSlot){.u64 = r.u64 & VM_FROM_ANY ? r.u64 & ~VM_FROM_ANY : r.u64 | VM_HOST_WORD};
}

VmSlot vm_extern_of_any(VmSlot r) {
    if (!r.u64) return r;
    return (VmSlot){.u64 = r.u64 & VM_HOST_WORD ? r.u64 & ~VM_HOST_WORD : r.u64 | VM_FROM_ANY};
}

static bool matches(const CoreTypeSpace *types, uint32_t type, CoreValType wanted) {
    uint32_t id = core_type_index(wanted);
    return type == id || (!(wanted & CORE_EXACT) && core_space_sub(types, type, id));
}

VmSlot vm_descriptor(VmSlot r) {
    const VmData *d = r.ref;
    bool has = r.u64 && !vm_is_i31(r) && !(r.u64 & VM_HOST_WORD) && d->has_descriptor;
    return has ? ((const VmSlot *)d)[-1] : (VmSlot){.u64 = 0};
}

bool vm_ref_test(const VmStore *store, VmSlot r, CoreValType type) {
    const CoreTypeSpace *types = store ? store->types : NULL;
    if (!r.u64) return core_is_nullable(type);
    bool concrete = core_is_concrete(type);
    if (concrete && core_space_type(types, core_type_index(type))->kind == CORE_TYPE_FUNC)
        return matches(types, ((const VmFunc *)r.ref)->type, type);
    bool other = vm_is_i31(r) || (r.u64 & VM_HOST_WORD);
    if (concrete) return !other && matches(types, ((const VmData *)r.ref)->type, type);
    switch (core_heap(type)) {
    case CORE_HEAP_I31: return vm_is_i31(r);
    case CORE_HEAP_EQ: return !(r.u64 & VM_HOST_WORD);
    case CORE_HEAP_STRUCT: return !other && !((const VmData *)r.ref)->is_array;
    case CORE_HEAP_ARRAY: return !other && ((const VmData *)r.ref)->is_array;
    case CORE_HEAP_NONE:
    case CORE_HEAP_NOEXTERN:
    case CORE_HEAP_NOFUNC:
    case CORE_HEAP_NOEXN:
    case CORE_HEAP_NOCONT: return false;
    default: return true;
    }
}

/* ---- references of the host ---- */

struct VmHeld {
    VmStore *store;
    VmHeld *before, *next;
    VmSlot reference;
    CoreValType type;
};

VmHeld *vm_hold(VmStore *store, CoreValType type, VmSlot reference) {
    VmHeld *held = calloc(1, sizeof *held);
    if (!held) return NULL;
    *held = (VmHeld){store, NULL, store->held, reference, type};
    if (held->next) held->next->before = held;
    store->held = held;
    return held;
}

VmSlot vm_held(const VmHeld *held) { return held->reference; }

void vm_release(VmHeld *held) {
    if (held->next) held->next->before = held->before;
    if (held->before) held->before->next = held->next;
    else held->store->held = held->next;
    free(held);
}
