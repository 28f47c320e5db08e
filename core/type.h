/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CORE_TYPE_H
#define CORE_TYPE_H

#include "base/buf.h"
#include "base/reader.h"

/* A value type (core specification 2.3), or a storage type (i8, i16), or the bottom type of
 * unreachable code, in 32 bits. Compare with ==.
 *
 *     bits  0..3   CoreValKind
 *           4      nullable           } references only
 *           5      shared             }
 *           6      exact              }   (abstract ones, in validation: shared or not, who knows)
 *           7      concrete: bits 8.. are a type index, else a CoreHeap
 *           8..31  CoreHeap or type index
 *
 * A heap type is written as the non-null reference to it. */
typedef uint32_t CoreValType;

typedef enum {
    CORE_BOTTOM, /* any type at all; the zero value */
    CORE_KIND_I32,
    CORE_KIND_I64,
    CORE_KIND_F32,
    CORE_KIND_F64,
    CORE_KIND_V128,
    CORE_KIND_I8,  /* in fields only */
    CORE_KIND_I16, /* in fields only */
    CORE_KIND_REF,
} CoreValKind;

enum {
    CORE_I32 = CORE_KIND_I32,
    CORE_I64 = CORE_KIND_I64,
    CORE_F32 = CORE_KIND_F32,
    CORE_F64 = CORE_KIND_F64,
    CORE_V128 = CORE_KIND_V128,
    CORE_I8 = CORE_KIND_I8,
    CORE_I16 = CORE_KIND_I16,
};

/* Abstract heap types, by their binary codes. CORE_HEAP_BOTTOM is below every heap type: what
 * ref.as_non_null makes of a bottom value. */
typedef enum {
    CORE_HEAP_BOTTOM = 0,
    CORE_HEAP_CONT = 0x68,
    CORE_HEAP_EXN = 0x69,
    CORE_HEAP_ARRAY = 0x6a,
    CORE_HEAP_STRUCT = 0x6b,
    CORE_HEAP_I31 = 0x6c,
    CORE_HEAP_EQ = 0x6d,
    CORE_HEAP_ANY = 0x6e,
    CORE_HEAP_EXTERN = 0x6f,
    CORE_HEAP_FUNC = 0x70,
    CORE_HEAP_NONE = 0x71,
    CORE_HEAP_NOEXTERN = 0x72,
    CORE_HEAP_NOFUNC = 0x73,
    CORE_HEAP_NOEXN = 0x74,
    CORE_HEAP_NOCONT = 0x75,
} CoreHeap;

#define CORE_NULLABLE ((CoreValType)1 << 4)
#define CORE_SHARED   ((CoreValType)1 << 5)
#define CORE_EXACT    ((CoreValType)1 << 6)
#define CORE_CONCRETE ((CoreValType)1 << 7)

enum { CORE_MAX_TYPE_INDEX = (1 << 24) - 1 };

/* (ref null? heap) and (ref null? $index). */
static inline CoreValType core_ref(bool nullable, CoreHeap heap) {
    return CORE_KIND_REF | (nullable ? CORE_NULLABLE : 0) | ((CoreValType)heap << 8);
}
static inline CoreValType core_ref_to(bool nullable, uint32_t type_index) {
    return CORE_KIND_REF | (nullable ? CORE_NULLABLE : 0) | CORE_CONCRETE | type_index << 8;
}
#define CORE_FUNCREF   core_ref(true, CORE_HEAP_FUNC)
#define CORE_EXTERNREF core_ref(true, CORE_HEAP_EXTERN)

static inline CoreValKind core_kind(CoreValType t) { return (CoreValKind)(t & 15); }
static inline bool core_is_ref(CoreValType t) { return core_kind(t) == CORE_KIND_REF; }
static inline bool core_is_num(CoreValType t) { return t >= CORE_I32 && t <= CORE_F64; }
static inline bool core_is_packed(CoreValType t) { return t == CORE_I8 || t == CORE_I16; }
static inline bool core_is_nullable(CoreValType t) { return (t & CORE_NULLABLE) != 0; }
static inline bool core_is_concrete(CoreValType t) { return (t & CORE_CONCRETE) != 0; }
static inline uint32_t core_type_index(CoreValType t) { return t >> 8; }       /* concrete ones */
static inline CoreHeap core_heap(CoreValType t) { return (CoreHeap)(t >> 8); } /* abstract ones */
static inline CoreValType core_as_nullable(CoreValType t) { return t | CORE_NULLABLE; }
static inline CoreValType core_as_non_null(CoreValType t) { return t & ~CORE_NULLABLE; }
/* Whether a local of this type has an initial value. */
static inline bool core_is_defaultable(CoreValType t) {
    return !core_is_ref(t) || core_is_nullable(t);
}
/* i8 and i16 unpack to i32. */
static inline CoreValType core_unpacked(CoreValType t) { return core_is_packed(t) ? CORE_I32 : t; }

/* As in the text format: "i32", "funcref", "(ref null $3)" is written (ref null 3). */
Str core_val_text(Arena *arena, CoreValType t);
/* Of a heap type, without the "(ref null ...)" around: "func", "3", "(shared any)", "(exact 3)". */
Str core_heap_text(Arena *arena, CoreValType t);
/* The name of an abstract heap type: "func"; NULL where the code is none. */
const char *core_heap_name(CoreHeap heap);
/* The reverse: "func" gives CORE_HEAP_FUNC; CORE_HEAP_BOTTOM where there is none. */
CoreHeap core_heap_find(Str name);

/* A value type, a storage type, or a heap type (as a non-null reference) in the binary format
 * (5.3). On malformed bytes the reader fails. */
CoreValType core_read_val_type(Reader *r);
CoreValType core_read_storage_type(Reader *r);
CoreValType core_read_heap_type(Reader *r);
void core_put_val_type(Buf *buf, CoreValType t); /* storage types as well */
void core_put_heap_type(Buf *buf, CoreValType t);

#endif
