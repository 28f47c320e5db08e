/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef INTERPRETER_HEAP_H
#define INTERPRETER_HEAP_H

#include "interpreter/interpreter.h"

/*
 * Objects of the guest: structs, arrays, exceptions, and data of the host.
 *
 *     [ layout | kind ][ count ][ fields or elements, packed ... ]
 *
 * The header of 8 bytes names a layout, which says the rest: where a struct's fields are, of what
 * size the elements are, which of them are references. A field has the offset that it has in the
 * supertype, new ones fill the gaps; a reference to its descriptor is one more, whose place is its own
 * type's affair.
 *
 * A reference below `any` is one of
 *
 *     0                     null
 *     ...vvvv1              an i31
 *     pointer               an object (VmData)
 *     01 and 62 bits        a word of the host that any.convert_extern has brought in
 *
 * one below `exn` is 0 or a pointer, and one below `extern` is a word of the host, or, with bit 63,
 * one of the first three below any. So both conversions give back what they were given, and equal
 * references are equal words.
 */

typedef enum { VM_HOST_DATA, VM_STRUCT, VM_ARRAY, VM_EXCEPTION } VmKind;

typedef struct {
    uint32_t layout; /* index in the heap's layouts, and above that a VmKind */
    uint32_t count;  /* elements of an array */
    uint8_t bytes[]; /* 8-aligned */
} VmData;

enum { VM_KIND_SHIFT = 30, VM_LAYOUT_MASK = (1u << VM_KIND_SHIFT) - 1 };

static inline VmKind vm_kind(const VmData *d) { return (VmKind)(d->layout >> VM_KIND_SHIFT); }

/* What an exnref refers to. */
typedef struct {
    VmSlot data; /* a VmData */
    struct VmTag *tag;
    VmSlot values[];
} VmException;
_Static_assert(sizeof(VmData) == sizeof(VmSlot), "objects of a C type begin with a VmData");

/* What the collector has to know of a register, field or element. */
typedef enum { VM_NO_REF, VM_ANY_REF, VM_EXTERN_REF } VmRefKind;

/* References of functions and of continuations are not the collector's. */
VmRefKind vm_ref_kind(const CoreType *types, CoreValType type);

typedef struct {
    uint32_t offset; /* from `bytes` */
    uint8_t log2_size;
} VmField;

typedef struct VmLayout {
    uint32_t header; /* the `layout` of its objects */
    uint32_t type;   /* id */
    VmKind kind;
    uint8_t log2_size; /* of an array's elements */
    uint8_t element;   /* VmRefKind */
    bool has_descriptor;
    uint8_t cell_class; /* of a struct or exception; 0: too large for a block */
    uint32_t cell_size;
    uint32_t descriptor; /* offset of the reference to it */
    uint32_t field_count, ref_count;
    const VmField *fields; /* structs */
    const uint32_t *refs;  /* from `bytes`, plus 1 where it is below extern */
    /* Its supertypes from the outermost down to itself, by depth. */
    uint32_t depth;
    const struct VmLayout *const *supers;
} VmLayout;

/* ---- cells ---- */

/* Free bytes that one class of objects is cut from. */
typedef struct {
    uint8_t *next, *end;
} VmRun;

enum {
    VM_CELL_CLASSES = 53, /* 0 is for what has a block of its own */
    VM_BLOCK = 1 << 15,
    VM_FIRST_BUDGET = 4 << 20,          /* bytes before the first collection */
    VM_BLOCK_WORDS = VM_BLOCK / 16 / 64 /* of bits, one a cell */
};

/* The head of a block, 32 KiB of cells of one size. Larger objects have a block of their own, with
 * pages as they need. */
typedef struct VmBlock {
    struct VmBlock *next; /* of its class, with room */
    uint64_t mapped;      /* of a large object: bytes; else 0 */
    uint32_t cell_size, cell_count;
    uint32_t reciprocal; /* of the size: offset * it >> 32 is the cell's number */
    uint8_t cell_class;
    bool in_use;
    bool again; /* has objects that were marked and not looked into */
    /* Cells that are taken or in a run, and those that a collection has met. */
    uint64_t used[VM_BLOCK_WORDS], marked[VM_BLOCK_WORDS];
} VmBlock;

/* Data of the host. */
typedef struct {
    VmSlot data; /* a VmData */
    void *pointer;
    void (*finalize)(void *);
} VmHostData;

typedef struct VmHeap {
    VmRun runs[VM_CELL_CLASSES];
    /* By class: the block that the run is in, the cell after it, and blocks to go on with. */
    VmBlock *current[VM_CELL_CLASSES], *partial[VM_CELL_CLASSES];
    uint32_t cursor[VM_CELL_CLASSES];
    uint64_t room[VM_CELL_CLASSES]; /* bytes free in `partial` after a collection */
    /* Address space, cut into blocks; of the last one `taken` are. */
    struct {
        uint8_t *base;
        uint32_t blocks;
    } *regions;
    uint32_t region_count, region_cap, taken;
    VmBlock **pool; /* blocks without objects; the system has the first `released` ones back */
    uint32_t pool_count, released, block_count; /* of all regions: the pool has room for them */
    VmBlock **large;
    uint32_t large_count, large_cap;
    uint64_t in_use; /* bytes of blocks with objects */
    uint64_t budget; /* bytes to give out before the next collection */
    const VmLayout **layouts;
    uint32_t layout_count, layout_cap;
    uint32_t *layout_of; /* by type id: index, plus 1 */
    uint32_t type_cap;
    VmHostData **hosts; /* those with a finalizer */
    uint32_t host_count, host_cap;
    bool stress;
    uint64_t pause; /* allocations until it collects again */
    uint64_t fail_after;
    uint64_t collections;
} VmHeap;

/* Every store has a heap; this one has no room, so that the first object makes a real one. */
extern const VmHeap vm_no_heap;

static inline VmBlock *vm_block_of(const void *p) {
    return (VmBlock *)((uintptr_t)p & ~(uintptr_t)(VM_BLOCK - 1));
}
static inline uint32_t vm_cell_of(const VmBlock *b, const void *p) {
    uint64_t offset = (uintptr_t)p - (uintptr_t)(b + 1);
    return (uint32_t)(offset * b->reciprocal >> 32);
}

/* The layout of objects of a struct or array type, by id; of exceptions with a tag of a function
 * type. NULL: no memory. */
const VmLayout *vm_layout(VmStore *store, uint32_t type);
extern const VmLayout vm_host_layout;
/* The layout of an object. */
const VmLayout *vm_layout_of(const VmStore *store, const VmData *d);

/* heap.c. An object with `size` bytes behind its header, which are not set; NULL: the heap is full even
 * after a collection. What no root refers to by then is gone. */
VmData *vm_allocate(VmStore *store, const VmLayout *layout, uint64_t size);
/* Room in the run of a layout's class: for one object, if it is a small one. */
bool vm_make_room(VmStore *store, const VmLayout *layout);
VmHeap *vm_heap_of(VmStore *store); /* made on first use; NULL: no memory */
/* The class and size of the cells for objects of `size` bytes; class 0 for large ones. */
uint32_t vm_cell_class(uint64_t size);
extern const uint16_t vm_cell_sizes[VM_CELL_CLASSES];
void vm_block_free(VmStore *store, VmBlock *block); /* and a large one */
void vm_pool_release(VmHeap *heap, uint32_t keep);  /* gives all but `keep` back to the system */
void vm_heap_free(VmStore *store);

/* The object that comes from the run of its class, if there is one. */
static inline VmData *vm_take_cell(VmRun *run, const VmLayout *layout) {
    uint8_t *cell = run->next;
    if (__builtin_expect(cell == run->end, 0)) return NULL;
    run->next = cell + layout->cell_size;
    VmData *d = (VmData *)cell;
    d->layout = layout->header;
    d->count = 0;
    return d;
}

/* For tests: collects at each allocation (of a large heap more seldom), checks every reference on the way,
 * and lets the allocation after `fail_after` others fail (UINT64_MAX: none). */
void vm_heap_stress(VmStore *store, bool collect, uint64_t fail_after);

/* ---- objects ---- */

/* NULL where the heap is full. Fields and elements are 0. */
VmData *vm_struct_new(VmStore *store, const VmLayout *layout);
VmData *vm_array_new(VmStore *store, const VmLayout *layout, uint64_t count);
VmException *vm_exception_new(VmStore *store, struct VmTag *tag, const VmSlot *values,
                              uint32_t count);
/* The reference to the descriptor of an object that has one. */
static inline VmSlot *vm_descriptor_of(VmData *d, const VmLayout *layout) {
    return (VmSlot *)(d->bytes + layout->descriptor);
}
/* 0 where a reference has none. */
VmSlot vm_descriptor(const VmStore *store, VmSlot reference);
/* All fields of a struct from registers, one after the other. */
void vm_struct_set(VmData *d, const VmLayout *layout, const VmSlot *values);
/* Elements from registers: `n` equal ones, or one after the other. */
void vm_array_fill(VmData *array, uint8_t log2_size, uint64_t at, const VmSlot *value, uint64_t n);
void vm_array_set(VmData *array, uint8_t log2_size, const VmSlot *values);
/* What bulk instructions do; an array that is not there is a trap. */
Trap vm_array_from_data(VmInstance *in, VmData *array, uint64_t at, uint32_t data, uint64_t from,
                        uint64_t n);
Trap vm_array_from_elem(VmInstance *in, VmData *array, uint64_t at, uint32_t elem, uint64_t from,
                        uint64_t n);
Trap vm_array_copy(const VmStore *store, VmData *to, uint64_t at, const VmData *array,
                   uint64_t from, uint64_t n);
/* How an element or field of a storage type is kept. */
uint8_t vm_log2_size(CoreValType storage);

/* ---- references ---- */

#define VM_I31(value) ((uint64_t)((uint32_t)(value) << 1 | 1))
#define VM_HOST_WORD  ((uint64_t)1 << 62)
#define VM_FROM_ANY   ((uint64_t)1 << 63)
static inline bool vm_is_i31(VmSlot r) { return (r.u64 & (VM_HOST_WORD | 1)) == 1; }
/* Below any: an object, not null. */
static inline bool vm_is_object(VmSlot r) { return r.u64 && !(r.u64 & (VM_HOST_WORD | 1)); }

/* Whether an object's layout is below that of a type. */
static inline bool vm_layout_sub(const VmLayout *layout, const VmLayout *super) {
    return layout == super ||
           (super->depth < layout->depth && layout->supers[super->depth] == super);
}

/* ---- the collector ---- */

/* References that are found at a place in code: chains, so that two places share what they have in
 * common. */
typedef struct {
    uint16_t home;  /* register */
    uint16_t kind;  /* VmRefKind */
    uint32_t below; /* node, plus 1 */
} VmRefNode;

/* In calls `word` is the last of the instruction, else the first. */
typedef struct {
    uint32_t word, node;
} VmRefPoint;

/* Which registers of a function hold references: locals always, temporaries where control can stand
 * while the collector runs. */
typedef struct VmRefMap {
    VmRefNode *locals;
    uint32_t local_count, local_cap;
    VmRefPoint *points; /* ascending; a place without temporaries that count is not there */
    uint32_t point_count, point_cap;
    VmRefNode *nodes;
    uint32_t node_count, node_cap;
} VmRefMap;

void vm_ref_map_free(const Allocator *memory, VmRefMap *map);

/* Operands of a constant expression that is being evaluated: roots. */
typedef struct VmOperands {
    struct VmOperands *outer;
    const VmSlot *slots;
    size_t count;
} VmOperands;

/* A reference that the host holds. */
struct VmHeld {
    VmStore *store;
    VmHeld *before, *next;
    VmSlot reference;
    CoreValType type;
};

/* collect.c */
void vm_collect(VmStore *store);

#endif
