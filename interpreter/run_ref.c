/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The handlers of structs, arrays, i31, casts and conversions (heap.h says what they are). */
#include "interpreter/handlers.h"

#define A fp[pc[1].a]
#define B fp[pc[1].b]
#define C fp[pc[1].c]
#define D fp[pc[1].d]

#define NOT_NULL(pointer, trap)                                                                    \
    do {                                                                                           \
        if (UNLIKELY(!(pointer))) TRAP_WITH(trap);                                                 \
    } while (0)

/* ---- structs ---- */

#define LAYOUT ((const VmLayout *)(uintptr_t)pc[2].imm)

/* There is no room left for an object: collects or takes more from the system, and then the
 * instruction at pc is run once more. */
HANDLER(MAKE_ROOM, {
    t->pc = pc, t->fp = fp;
    if (!vm_make_room(t->store, LAYOUT)) TRAP_WITH(TRAP_HEAP_LIMIT);
    GO(pc);
})

/* The object d of the struct type. One that is too large for a cell does not come from a run. */
#define NEW_STRUCT()                                                                               \
    const VmLayout *layout = LAYOUT;                                                               \
    VmData *d;                                                                                     \
    if (UNLIKELY(!layout->cell_class)) {                                                           \
        t->pc = pc, t->fp = fp;                                                                    \
        d = vm_struct_new(t->store, layout);                                                       \
        NOT_NULL(d, TRAP_HEAP_LIMIT);                                                              \
    } else {                                                                                       \
        d = vm_take_cell(&t->store->heap->runs[layout->cell_class], layout);                       \
        if (UNLIKELY(!d)) SLOW(MAKE_ROOM);                                                   \
    }

/* The fields from the registers that the words behind the instruction name, b of them. */
#define SET_FIELDS()                                                                               \
    do {                                                                                           \
        const uint16_t *r_ = (const uint16_t *)(pc + 3);                                           \
        const VmField *f_ = layout->fields;                                                        \
        for (const uint16_t *end_ = r_ + pc[1].b; r_ < end_; r_++, f_++) {                         \
            const VmSlot *from_ = &fp[*r_];                                                        \
            uint8_t *to_ = d->bytes + f_->offset;                                                  \
            switch (f_->log2_size) {                                                               \
            case 3: *(uint64_t *)to_ = from_->u64; break;                                          \
            case 2: *(uint32_t *)to_ = from_->u32; break;                                          \
            case 1: *(uint16_t *)to_ = (uint16_t)from_->u32; break;                                \
            case 0: *to_ = (uint8_t)from_->u32; break;                                             \
            default: ((uint64_t *)to_)[0] = from_[0].u64, ((uint64_t *)to_)[1] = from_[1].u64;     \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* 8-aligned, and never empty */
#define CLEAR_FIELDS()                                                                             \
    do {                                                                                           \
        uint64_t *to_ = (uint64_t *)d->bytes;                                                      \
        uint64_t *end_ = (uint64_t *)((uint8_t *)d + layout->cell_size);                           \
        do *to_++ = 0;                                                                             \
        while (to_ < end_);                                                                        \
    } while (0)

#define FIELD_WORDS ((pc[1].b + 3) / 4)

HANDLER(STRUCT_NEW, { /* a: result, b: how many fields; immediate: layout; then registers */
                      NEW_STRUCT()
                      SET_FIELDS();
                      A.u64 = (uintptr_t)d;
                      NEXT(3 + FIELD_WORDS);
})
HANDLER(STRUCT_NEW_DEFAULT, {
    NEW_STRUCT()
    CLEAR_FIELDS();
    A.u64 = (uintptr_t)d;
    NEXT(3);
})

/* c: the descriptor */
HANDLER(STRUCT_NEW_DESC, {
    NOT_NULL(C.u64, TRAP_NULL_DESCRIPTOR);
    NEW_STRUCT()
    SET_FIELDS();
    *vm_descriptor_of(d, layout) = C;
    A.u64 = (uintptr_t)d;
    NEXT(3 + FIELD_WORDS);
})
HANDLER(STRUCT_NEW_DEFAULT_DESC, {
    NOT_NULL(C.u64, TRAP_NULL_DESCRIPTOR);
    NEW_STRUCT()
    CLEAR_FIELDS();
    *vm_descriptor_of(d, layout) = C;
    A.u64 = (uintptr_t)d;
    NEXT(3);
})

/* a: result, b: the struct, jump: the field's offset */
#define STRUCT_GET(id, T, e)                                                                       \
    HANDLER(id, {                                                                                  \
        const VmData *d = B.ref;                                                                   \
        NOT_NULL(d, TRAP_NULL_STRUCTURE);                                                          \
        T field = *(const T *)(d->bytes + pc[1].jump);                                             \
        A.u64 = (e);                                                                               \
        NEXT(2);                                                                                   \
    })
STRUCT_GET(STRUCT_GET_S8, int8_t, (uint32_t)field)
STRUCT_GET(STRUCT_GET_U8, uint8_t, field)
STRUCT_GET(STRUCT_GET_S16, int16_t, (uint32_t)field)
STRUCT_GET(STRUCT_GET_U16, uint16_t, field)
STRUCT_GET(STRUCT_GET32, uint32_t, field)
STRUCT_GET(STRUCT_GET64, uint64_t, field)
HANDLER(STRUCT_GET128, {
    const VmData *d = B.ref;
    NOT_NULL(d, TRAP_NULL_STRUCTURE);
    memcpy(&A, d->bytes + pc[1].jump, 2 * sizeof(VmSlot));
    NEXT(2);
})
/* a: the struct, b: value, jump: the field's offset */
#define STRUCT_SET(id, T)                                                                          \
    HANDLER(id, {                                                                                  \
        VmData *d = A.ref;                                                                         \
        NOT_NULL(d, TRAP_NULL_STRUCTURE);                                                          \
        *(T *)(d->bytes + pc[1].jump) = (T)B.u64;                                                  \
        NEXT(2);                                                                                   \
    })
STRUCT_SET(STRUCT_SET8, uint8_t)
STRUCT_SET(STRUCT_SET16, uint16_t)
STRUCT_SET(STRUCT_SET32, uint32_t)
STRUCT_SET(STRUCT_SET64, uint64_t)
HANDLER(STRUCT_SET128, {
    VmData *d = A.ref;
    NOT_NULL(d, TRAP_NULL_STRUCTURE);
    memcpy(d->bytes + pc[1].jump, &B, 2 * sizeof(VmSlot));
    NEXT(2);
})

/* ---- arrays: new ones have a: result; immediates: layout, something ---- */

#define NEW_ARRAY(n)                                                                               \
    CHARGE((uint64_t)(n) / 8);                                                                     \
    t->pc = pc, t->fp = fp;                                                                        \
    VmData *d = vm_array_new(t->store, LAYOUT, (n));                                               \
    NOT_NULL(d, TRAP_HEAP_LIMIT);

HANDLER(ARRAY_NEW, { /* b: value, c: count */
                     NEW_ARRAY(C.u32)
                     vm_array_fill(d, LAYOUT->log2_size, 0, &B, C.u32);
                     A.u64 = (uintptr_t)d;
                     NEXT(4);
})
HANDLER(ARRAY_NEW_DEFAULT, { /* c: count */
                             NEW_ARRAY(C.u32)
                             A.u64 = (uintptr_t)d;
                             NEXT(4);
})
HANDLER(ARRAY_NEW_FIXED, { /* b: the first element; immediate: count */
                           NEW_ARRAY(pc[3].imm)
                           vm_array_set(d, LAYOUT->log2_size, &B);
                           A.u64 = (uintptr_t)d;
                           NEXT(4);
})
/* b: where in the segment, c: count; immediate: segment. The segment is looked at first: a count
 * that it does not have allocates nothing. */
HANDLER(ARRAY_NEW_DATA, {
    uint32_t data = (uint32_t)pc[3].imm;
    uint64_t len = in->dropped_data[data] ? 0 : in->module->core->datas.at[data].size;
    uint64_t size = (uint64_t)C.u32 << LAYOUT->log2_size;
    if (UNLIKELY(size > len || B.u32 > len - size)) TRAP_WITH(TRAP_MEMORY_BOUNDS);
    NEW_ARRAY(C.u32)
    CHECKED(vm_array_from_data(in, d, 0, data, B.u32, C.u32));
    A.u64 = (uintptr_t)d;
    NEXT(4);
})
HANDLER(ARRAY_NEW_ELEM, {
    uint32_t elem = (uint32_t)pc[3].imm;
    uint32_t len = in->elems[elem].count;
    if (UNLIKELY(C.u32 > len || B.u32 > len - C.u32)) TRAP_WITH(TRAP_TABLE_BOUNDS);
    NEW_ARRAY(C.u32)
    CHECKED(vm_array_from_elem(in, d, 0, elem, B.u32, C.u32));
    A.u64 = (uintptr_t)d;
    NEXT(4);
})

#define ELEMENT(array, index)                                                                      \
    VmData *d = (array).ref;                                                                       \
    NOT_NULL(d, TRAP_NULL_ARRAY);                                                                  \
    uint32_t i = (index).u32;                                                                      \
    if (UNLIKELY(i >= d->count)) TRAP_WITH(TRAP_ARRAY_BOUNDS);

#define ARRAY_GET(id, T, e) /* a: result, b: the array, c: index */                                \
    HANDLER(id, {                                                                                  \
        ELEMENT(B, C)                                                                              \
        T element = ((const T *)d->bytes)[i];                                                      \
        A.u64 = (e);                                                                               \
        NEXT(2);                                                                                   \
    })
ARRAY_GET(ARRAY_GET_S8, int8_t, (uint32_t)element)
ARRAY_GET(ARRAY_GET_U8, uint8_t, element)
ARRAY_GET(ARRAY_GET_S16, int16_t, (uint32_t)element)
ARRAY_GET(ARRAY_GET_U16, uint16_t, element)
ARRAY_GET(ARRAY_GET32, uint32_t, element)
ARRAY_GET(ARRAY_GET64, uint64_t, element)
HANDLER(ARRAY_GET128, {
    ELEMENT(B, C)
    memcpy(&A, d->bytes + (size_t)i * 16, 16);
    NEXT(2);
})
#define ARRAY_SET(id, T) /* a: the array, b: index, c: value */                                    \
    HANDLER(id, {                                                                                  \
        ELEMENT(A, B)                                                                              \
        ((T *)d->bytes)[i] = (T)C.u64;                                                             \
        NEXT(2);                                                                                   \
    })
ARRAY_SET(ARRAY_SET8, uint8_t)
ARRAY_SET(ARRAY_SET16, uint16_t)
ARRAY_SET(ARRAY_SET32, uint32_t)
ARRAY_SET(ARRAY_SET64, uint64_t)
HANDLER(ARRAY_SET128, {
    ELEMENT(A, B)
    memcpy(d->bytes + (size_t)i * 16, &C, 16);
    NEXT(2);
})
HANDLER(ARRAY_LEN, {
    const VmData *d = B.ref;
    NOT_NULL(d, TRAP_NULL_ARRAY);
    A.u64 = d->count;
    NEXT(2);
})
HANDLER(ARRAY_FILL, { /* a: the array, b: index, c: value, d: count */
                      VmData *d = A.ref;
                      NOT_NULL(d, TRAP_NULL_ARRAY);
                      if (UNLIKELY(D.u32 > d->count || B.u32 > d->count - D.u32))
                          TRAP_WITH(TRAP_ARRAY_BOUNDS);
                      CHARGE(D.u32 / 8);
                      vm_array_fill(d, vm_layout_of(t->store, d)->log2_size, B.u32, &C, D.u32);
                      NEXT(2);
})
HANDLER(ARRAY_COPY, { /* a b: to, c d: from; then a: count */
                      VmData *d = A.ref, *from = C.ref;
                      NOT_NULL(d, TRAP_NULL_ARRAY);
                      NOT_NULL(from, TRAP_NULL_ARRAY);
                      CHARGE(fp[pc[2].a].u32 / 8);
                      CHECKED(vm_array_copy(t->store, d, B.u32, from, D.u32, fp[pc[2].a].u32));
                      NEXT(3);
})
HANDLER(ARRAY_INIT_DATA,
        { /* a: the array, b: index, c: where in the segment, d: count */
          VmData *d = A.ref;
          NOT_NULL(d, TRAP_NULL_ARRAY);
          CHARGE(D.u32 / 8);
          CHECKED(vm_array_from_data(in, d, B.u32, (uint32_t)pc[2].imm, C.u32, D.u32));
          NEXT(3);
        })
HANDLER(ARRAY_INIT_ELEM, {
    VmData *d = A.ref;
    NOT_NULL(d, TRAP_NULL_ARRAY);
    CHARGE(D.u32 / 8);
    CHECKED(vm_array_from_elem(in, d, B.u32, (uint32_t)pc[2].imm, C.u32, D.u32));
    NEXT(3);
})

/* ---- references ---- */

HANDLER(REF_TEST, { /* a: result, b: reference; immediate: type */
                    A.u64 = vm_ref_test(in->store, B, (CoreValType)pc[2].imm);
                    NEXT(3);
})
HANDLER(REF_CAST, { /* a: reference */
                    if (UNLIKELY(!vm_ref_test(in->store, A, (CoreValType)pc[2].imm)))
                        TRAP_WITH(TRAP_CAST);
                    NEXT(3);
})
HANDLER(REF_GET_DESC, {
    NOT_NULL(B.u64, TRAP_NULL_REFERENCE);
    A = vm_descriptor(t->store, B);
    NEXT(2);
})
/* Whether a reference has that descriptor, or is null where that is allowed (d). */
static bool is_described(const VmStore *store, VmSlot reference, VmSlot descriptor, bool nullable) {
    return reference.u64 ? vm_descriptor(store, reference).u64 == descriptor.u64 : nullable;
}
HANDLER(REF_TEST_DESC, { /* a: result, b: reference, c: descriptor */
                         NOT_NULL(C.u64, TRAP_NULL_DESCRIPTOR);
                         A.u64 = is_described(t->store, B, C, pc[1].d);
                         NEXT(2);
})
HANDLER(REF_CAST_DESC, { /* a: reference, c: descriptor */
                         NOT_NULL(C.u64, TRAP_NULL_DESCRIPTOR);
                         if (UNLIKELY(!is_described(t->store, A, C, pc[1].d)))
                             TRAP_WITH(TRAP_DESCRIPTOR_CAST);
                         NEXT(2);
})
HANDLER(REF_I31, {
    A.u64 = VM_I31(B.u32);
    NEXT(2);
})
HANDLER(I31_GET_S, {
    NOT_NULL(B.u64, TRAP_NULL_I31);
    A.u64 = (uint32_t)(B.i32 >> 1);
    NEXT(2);
})
HANDLER(I31_GET_U, {
    NOT_NULL(B.u64, TRAP_NULL_I31);
    A.u64 = B.u32 >> 1;
    NEXT(2);
})
HANDLER(ANY_CONVERT_EXTERN, {
    A = vm_any_of_extern(B);
    NEXT(2);
})
HANDLER(EXTERN_CONVERT_ANY, {
    A = vm_extern_of_any(B);
    NEXT(2);
})

#define X(id) op_##id,
const VmHandler vm_ref_handlers[] = {VM_REFS(X)};
