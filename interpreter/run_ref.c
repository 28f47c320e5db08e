/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The handlers of structs, arrays, i31, casts and conversions (heap.c says what a reference is). */
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

HANDLER(STRUCT_NEW, { /* a: result, b: the first field, c: slots; immediate: type */
                      CHARGE(pc[1].c / 8);
                      VmData *d = vm_struct_new(in->store, (uint32_t)pc[2].imm, pc[1].c);
                      NOT_NULL(d, TRAP_HEAP_LIMIT);
                      memcpy(d->bytes, &B, pc[1].c * sizeof(VmSlot));
                      A.u64 = (uintptr_t)d;
                      NEXT(3);
})
HANDLER(STRUCT_NEW_DEFAULT, {
    CHARGE(pc[1].c / 8);
    VmData *d = vm_struct_new(in->store, (uint32_t)pc[2].imm, pc[1].c);
    NOT_NULL(d, TRAP_HEAP_LIMIT);
    A.u64 = (uintptr_t)d;
    NEXT(3);
})

/* d: the descriptor */
HANDLER(STRUCT_NEW_DESC, {
    NOT_NULL(D.u64, TRAP_NULL_DESCRIPTOR);
    CHARGE(pc[1].c / 8);
    VmData *d = vm_struct_new_desc(in->store, (uint32_t)pc[2].imm, pc[1].c, D);
    NOT_NULL(d, TRAP_HEAP_LIMIT);
    memcpy(d->bytes, &B, pc[1].c * sizeof(VmSlot));
    A.u64 = (uintptr_t)d;
    NEXT(3);
})
HANDLER(STRUCT_NEW_DEFAULT_DESC, {
    NOT_NULL(D.u64, TRAP_NULL_DESCRIPTOR);
    CHARGE(pc[1].c / 8);
    VmData *d = vm_struct_new_desc(in->store, (uint32_t)pc[2].imm, pc[1].c, D);
    NOT_NULL(d, TRAP_HEAP_LIMIT);
    A.u64 = (uintptr_t)d;
    NEXT(3);
})

/* a: result, b: the struct, c: the field's slot. Packed fields are cut when they are read. */
#define STRUCT_GET(id, e)                                                                          \
    HANDLER(id, {                                                                                  \
        const VmData *d = B.ref;                                                                   \
        NOT_NULL(d, TRAP_NULL_STRUCTURE);                                                          \
        VmSlot field = ((const VmSlot *)d->bytes)[pc[1].c];                                        \
        A.u64 = (e);                                                                               \
        NEXT(2);                                                                                   \
    })
STRUCT_GET(STRUCT_GET, field.u64)
STRUCT_GET(STRUCT_GET_S8, (uint32_t)(int8_t)field.u32)
STRUCT_GET(STRUCT_GET_U8, (uint8_t)field.u32)
STRUCT_GET(STRUCT_GET_S16, (uint32_t)(int16_t)field.u32)
STRUCT_GET(STRUCT_GET_U16, (uint16_t)field.u32)
HANDLER(STRUCT_GET2, {
    const VmData *d = B.ref;
    NOT_NULL(d, TRAP_NULL_STRUCTURE);
    memcpy(&A, (const VmSlot *)d->bytes + pc[1].c, 2 * sizeof(VmSlot));
    NEXT(2);
})
HANDLER(STRUCT_SET, { /* a: the struct, b: value, c: the field's slot */
                      VmData *d = A.ref;
                      NOT_NULL(d, TRAP_NULL_STRUCTURE);
                      ((VmSlot *)d->bytes)[pc[1].c] = B;
                      NEXT(2);
})
HANDLER(STRUCT_SET2, {
    VmData *d = A.ref;
    NOT_NULL(d, TRAP_NULL_STRUCTURE);
    memcpy((VmSlot *)d->bytes + pc[1].c, &B, 2 * sizeof(VmSlot));
    NEXT(2);
})

/* ---- arrays: new ones have a: result, d: how an element is kept; immediate: type, something ---- */

#define NEW_ARRAY(n)                                                                               \
    CHARGE((uint64_t)(n) / 8);                                                                     \
    VmData *d = vm_array_new(in->store, (uint32_t)pc[2].imm, (n), (uint8_t)pc[1].d);               \
    NOT_NULL(d, TRAP_HEAP_LIMIT);

HANDLER(ARRAY_NEW, { /* b: value, c: count */
                     NEW_ARRAY(C.u32)
                     vm_array_fill(d, 0, &B, C.u32);
                     A.u64 = (uintptr_t)d;
                     NEXT(3);
})
HANDLER(ARRAY_NEW_DEFAULT, { /* c: count */
                             NEW_ARRAY(C.u32)
                             A.u64 = (uintptr_t)d;
                             NEXT(3);
})
HANDLER(ARRAY_NEW_FIXED, { /* b: the first element; immediate: type, count */
                           NEW_ARRAY(pc[2].imm >> 32)
                           vm_array_set(d, &B);
                           A.u64 = (uintptr_t)d;
                           NEXT(3);
})
/* b: where in the segment, c: count; immediate: type, segment. The segment is looked at first: a
 * count that it does not have allocates nothing. */
HANDLER(ARRAY_NEW_DATA, {
    uint32_t data = (uint32_t)(pc[2].imm >> 32);
    uint64_t len = in->dropped_data[data] ? 0 : in->module->core->datas.at[data].bytes.len;
    uint64_t size = (uint64_t)C.u32 << pc[1].d;
    if (UNLIKELY(size > len || B.u32 > len - size)) TRAP_WITH(TRAP_MEMORY_BOUNDS);
    NEW_ARRAY(C.u32)
    CHECKED(vm_array_from_data(in, d, 0, data, B.u32, C.u32));
    A.u64 = (uintptr_t)d;
    NEXT(3);
})
HANDLER(ARRAY_NEW_ELEM, {
    uint32_t elem = (uint32_t)(pc[2].imm >> 32);
    uint32_t len = in->elems[elem].count;
    if (UNLIKELY(C.u32 > len || B.u32 > len - C.u32)) TRAP_WITH(TRAP_TABLE_BOUNDS);
    NEW_ARRAY(C.u32)
    CHECKED(vm_array_from_elem(in, d, 0, elem, B.u32, C.u32));
    A.u64 = (uintptr_t)d;
    NEXT(3);
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
                      vm_array_fill(d, B.u32, &C, D.u32);
                      NEXT(2);
})
HANDLER(ARRAY_COPY, { /* a b: to, c d: from; then a: count */
                      VmData *d = A.ref, *from = C.ref;
                      NOT_NULL(d, TRAP_NULL_ARRAY);
                      NOT_NULL(from, TRAP_NULL_ARRAY);
                      CHARGE(fp[pc[2].a].u32 / 8);
                      CHECKED(vm_array_copy(d, B.u32, from, D.u32, fp[pc[2].a].u32));
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
    A = vm_descriptor(B);
    NEXT(2);
})
/* Whether a reference has that descriptor, or is null where that is allowed (d). */
static bool is_described(VmSlot reference, VmSlot descriptor, bool nullable) {
    return reference.u64 ? vm_descriptor(reference).u64 == descriptor.u64 : nullable;
}
HANDLER(REF_TEST_DESC, { /* a: result, b: reference, c: descriptor */
                         NOT_NULL(C.u64, TRAP_NULL_DESCRIPTOR);
                         A.u64 = is_described(B, C, pc[1].d);
                         NEXT(2);
})
HANDLER(REF_CAST_DESC, { /* a: reference, c: descriptor */
                         NOT_NULL(C.u64, TRAP_NULL_DESCRIPTOR);
                         if (UNLIKELY(!is_described(A, C, pc[1].d)))
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
