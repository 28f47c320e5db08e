/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The collector: marks what the roots reach, and everything else is free. Objects do not move.
 *
 * Roots are the globals, tables and segments of all instances, what the host holds, and the frames of
 * all threads. A frame's code says which of its registers hold references where it stands now
 * (VmRefMap). What the host may write as it likes, the slots of host functions and the operands of
 * constant expressions, is not known so well: a word there counts if it is the address of an object.
 *
 *     roots -> [stack of objects to look into] -> marked bits -> used bits
 *
 * The stack holds objects that are marked and not looked into; of a long array a part at a time, so
 * that it does not grow by its length. It has a bound, a fraction of the heap: an object for which it
 * has no room is left out, and its block is gone through again when the stack is empty. So the depth
 * of what the guest builds costs time at worst, never memory or C's stack.
 */
#include <stdio.h>
#include <stdlib.h>

#include "interpreter/internal.h"

enum {
    FIRST_STACK = 512,   /* entries */
    STACK_FRACTION = 16, /* of the heap's bytes */
    PART = 128           /* elements of an array that are looked at together */
};

/* An object, or, odd, an index that stands above an array which is done up to there. */
typedef uint64_t Task;

typedef struct {
    VmStore *store;
    VmHeap *heap;
    Task *stack;
    size_t count, cap, most;
    bool missed; /* some block is to be gone through again */
    Task first[FIRST_STACK];
} Marker;

/* ---- which words are objects ---- */

static int by_address(const void *a, const void *b) {
    uintptr_t x = (uintptr_t)*(VmBlock *const *)a, y = (uintptr_t)*(VmBlock *const *)b;
    return x < y ? -1 : x > y;
}

/* The block in use that an address would lie in. */
static VmBlock *find_block(const VmHeap *h, uint64_t word) {
    VmBlock *b = vm_block_of((void *)(uintptr_t)word);
    for (uint32_t i = 0; i < h->region_count; i++) {
        uint64_t base = (uintptr_t)h->regions[i].base;
        uint32_t blocks = i + 1 == h->region_count ? h->taken : h->regions[i].blocks;
        if (word >= base && word < base + (uint64_t)blocks * VM_BLOCK) return b->in_use ? b : NULL;
    }
    VmBlock **found =
        h->large_count ? bsearch(&b, h->large, h->large_count, sizeof b, by_address) : NULL;
    return found ? *found : NULL;
}

static bool is_object(const VmStore *store, uint64_t word) {
    const VmHeap *h = store->heap;
    VmBlock *b = word % 8 == 0 ? find_block(h, word) : NULL;
    if (!b || word < (uintptr_t)(b + 1)) return false;
    uint32_t cell = vm_cell_of(b, (void *)(uintptr_t)word);
    if (cell >= b->cell_count || !(b->used[cell / 64] >> cell % 64 & 1)) return false;
    const VmRun *run = &h->runs[b->cell_class];
    bool in_run = h->current[b->cell_class] == b && word >= (uintptr_t)run->next &&
                  word < (uintptr_t)run->end;
    return !in_run && word == (uintptr_t)(b + 1) + (uint64_t)cell * b->cell_size;
}

/* ---- marking ---- */

static bool push(Marker *m, Task task) {
    if (m->count == m->cap) {
        const Allocator *memory = &m->store->memory;
        size_t cap = m->cap * 2;
        Task *stack = cap > m->most ? NULL : alloc_more(memory, NULL, cap, sizeof *stack);
        if (!stack) return false;
        memcpy(stack, m->stack, m->count * sizeof *stack);
        if (m->stack != m->first) alloc_free(memory, m->stack);
        m->stack = stack;
        m->cap = cap;
    }
    m->stack[m->count++] = task;
    return true;
}

static void miss(Marker *m, const void *object) {
    vm_block_of(object)->again = true;
    m->missed = true;
}

static bool is_marked(const void *object) {
    const VmBlock *b = vm_block_of(object);
    uint32_t cell = vm_cell_of(b, object);
    return b->marked[cell / 64] >> cell % 64 & 1;
}

static void mark_object(Marker *m, uint64_t word) {
    VmBlock *b = vm_block_of((void *)(uintptr_t)word);
    uint32_t cell = vm_cell_of(b, (void *)(uintptr_t)word);
    uint64_t bit = (uint64_t)1 << cell % 64;
    if (b->marked[cell / 64] & bit) return;
    b->marked[cell / 64] |= bit;
    __builtin_prefetch((void *)(uintptr_t)word);
    if (!push(m, word)) miss(m, (void *)(uintptr_t)word);
}

/* A reference that is stale or was never one is our fault. */
static void check(const Marker *m, uint64_t word) {
    if (is_object(m->store, word)) return;
    fprintf(stderr, "the collector met %#llx, which is no object\n", (unsigned long long)word);
    abort();
}

static void mark(Marker *m, VmSlot r, uint32_t kind) {
    if (kind == VM_EXTERN_REF) {
        if (!(r.u64 & VM_FROM_ANY)) return; /* a word of the host */
        r.u64 &= ~VM_FROM_ANY;
    }
    if (!vm_is_object(r)) return;
    if (m->heap->stress) check(m, r.u64);
    mark_object(m, r.u64);
}

static void mark_elements(Marker *m, const VmData *d, uint32_t kind, uint64_t from) {
    uint64_t to = from + PART < d->count ? from + PART : d->count;
    if (to < d->count) {
        /* both or none */
        if (!push(m, (uintptr_t)d)) miss(m, d);
        else if (!push(m, to << 1 | 1)) m->count--, miss(m, d);
    }
    const VmSlot *elements = (const VmSlot *)d->bytes;
    for (uint64_t i = from; i < to; i++) mark(m, elements[i], kind);
}

static void look_into(Marker *m, VmData *d, uint64_t from) {
    const VmLayout *layout = m->heap->layouts[d->layout & VM_LAYOUT_MASK];
    if (layout->element) mark_elements(m, d, layout->element, from);
    for (uint32_t i = 0; i < layout->ref_count; i++) {
        uint32_t ref = layout->refs[i];
        mark(m, *(const VmSlot *)(d->bytes + (ref & ~1u)), ref & 1 ? VM_EXTERN_REF : VM_ANY_REF);
    }
}

static void drain(Marker *m) {
    while (m->count) {
        Task task = m->stack[--m->count];
        uint64_t from = 0;
        if (task & 1) from = task >> 1, task = m->stack[--m->count];
        look_into(m, (VmData *)(uintptr_t)task, from);
    }
}

static void look_into_block(Marker *m, VmBlock *b) {
    if (!b->in_use || !b->again) return;
    b->again = false;
    for (uint32_t cell = 0; cell < b->cell_count; cell++) {
        if (!(b->marked[cell / 64] >> cell % 64 & 1)) continue;
        look_into(m, (VmData *)((uint8_t *)(b + 1) + (size_t)cell * b->cell_size), 0);
        drain(m);
    }
}

typedef void (*BlockFn)(Marker *m, VmBlock *b);

static void each_region_block(Marker *m, BlockFn fn) {
    const VmHeap *h = m->heap;
    for (uint32_t i = 0; i < h->region_count; i++) {
        uint32_t blocks = i + 1 == h->region_count ? h->taken : h->regions[i].blocks;
        for (uint32_t k = 0; k < blocks; k++)
            fn(m, (VmBlock *)(h->regions[i].base + (size_t)k * VM_BLOCK));
    }
}

static void finish_marking(Marker *m) {
    drain(m);
    while (m->missed) {
        m->missed = false;
        each_region_block(m, look_into_block);
        for (uint32_t i = 0; i < m->heap->large_count; i++) look_into_block(m, m->heap->large[i]);
    }
}

/* ---- roots ---- */

static void mark_if_object(Marker *m, VmSlot r) {
    r.u64 &= ~VM_FROM_ANY;
    if (is_object(m->store, r.u64)) mark_object(m, r.u64);
}

static void mark_slots(Marker *m, const VmSlot *slots, uint64_t n, VmRefKind kind) {
    if (kind == VM_NO_REF) return;
    for (uint64_t i = 0; i < n; i++) {
        mark(m, slots[i], kind);
        if (m->count >= FIRST_STACK / 2) drain(m);
    }
}

static void mark_global(Marker *m, const VmGlobal *g) {
    mark_slots(m, g->value, 1, vm_ref_kind(core_space_type(m->store->types, 0), g->type));
}

static void mark_instance(Marker *m, const VmInstance *in) {
    const CoreModule *core = in->module->core;
    uint32_t globals = (uint32_t)core->globals.len - core->imported[CORE_GLOBAL];
    for (uint32_t i = 0; in->own_globals && i < globals; i++) mark_global(m, &in->own_globals[i]);
    for (uint32_t i = 0; in->elems && i < in->elem_count; i++)
        if (in->elems[i].items)
            mark_slots(m, in->elems[i].items, in->elems[i].count,
                       vm_ref_kind(core->types.at, core->elems.at[i].type));
}

static void mark_objects(Marker *m) {
    for (VmObject *o = m->store->objects; o; o = o->next) {
        switch (o->kind) {
        case VM_OBJECT_INSTANCE: mark_instance(m, (VmInstance *)o); break;
        case VM_OBJECT_GLOBAL: mark_global(m, &((VmHostGlobal *)o)->global); break;
        case VM_OBJECT_TABLE: {
            const VmTable *t = (const VmTable *)o;
            mark_slots(m, t->elems, t->size,
                       vm_ref_kind(core_space_type(m->store->types, 0), t->type));
            break;
        }
        case VM_OBJECT_MEMORY:
        case VM_OBJECT_COMPONENT:
        case VM_OBJECT_OTHER: break;
        }
    }
}

static void mark_wasm_frame(Marker *m, const VmThread *t, const VmFrame *frame) {
    const VmCode *code = frame->func->code;
    const VmRefMap *map = &code->refs;
    for (uint32_t i = 0; i < map->local_count; i++)
        mark(m, frame->fp[map->locals[i].home], map->locals[i].kind);
    uint32_t word = (uint32_t)(frame == t->top ? t->pc - code->words : frame->pc - code->words - 1);
    uint32_t low = 0, high = map->point_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (map->points[middle].word < word) low = middle + 1;
        else high = middle;
    }
    if (low == map->point_count || map->points[low].word != word) return;
    for (uint32_t i = map->points[low].node; i; i = map->nodes[i - 1].below) {
        mark(m, frame->fp[map->nodes[i - 1].home], map->nodes[i - 1].kind);
        if (m->count >= FIRST_STACK / 2) drain(m);
    }
}

static bool has_refs(const CoreType *types, const CoreValType *vals, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (vm_ref_kind(types, vals[i]) != VM_NO_REF) return true;
    return false;
}

/* The slots may hold arguments or results by now. */
static void mark_host_frame(Marker *m, const VmFrame *frame) {
    const CoreType *types = core_space_type(m->store->types, 0), *type = types + frame->func->type;
    if (!has_refs(types, type->params, type->param_count) &&
        !has_refs(types, type->results, type->result_count))
        return;
    uint32_t n = vm_host_slot_count(frame->func);
    for (uint32_t i = 0; i < n; i++) mark_if_object(m, frame->fp[i]);
}

static void mark_threads(Marker *m) {
    for (const VmThread *t = m->store->threads; t; t = t->next)
        for (const VmFrame *frame = t->top; frame > t->frames; frame--) {
            if (frame->func && frame->func->in) mark_wasm_frame(m, t, frame);
            else if (frame->func) mark_host_frame(m, frame);
            if (m->count >= FIRST_STACK / 2) drain(m);
        }
}

static void mark_roots(Marker *m) {
    mark_objects(m);
    mark_threads(m);
    for (const VmHeld *held = m->store->held; held; held = held->next)
        mark(m, held->reference, vm_ref_kind(core_space_type(m->store->types, 0), held->type));
    for (const VmOperands *o = m->store->operands; o; o = o->outer)
        for (size_t i = 0; i < o->count; i++) mark_if_object(m, o->slots[i]);
}

/* ---- what is left ---- */

/* Data of the host that nobody refers to goes. */
static void finalize(VmHeap *h) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < h->host_count; i++) {
        VmHostData *d = h->hosts[i];
        if (is_marked(d)) h->hosts[kept++] = d;
        else d->finalize(d->pointer);
    }
    h->host_count = kept;
}

/* Cells of the dead are overwritten, so that a stale reference is noticed. */
static void spoil(VmBlock *b) {
    for (uint32_t cell = 0; cell < b->cell_count; cell++)
        if (!(b->marked[cell / 64] >> cell % 64 & 1))
            memset((uint8_t *)(b + 1) + (size_t)cell * b->cell_size, 0xa5, b->cell_size);
}

static void keep_marked(Marker *m, VmBlock *b) {
    VmHeap *h = m->heap;
    if (!b->in_use) return;
    uint32_t alive = 0, words = (b->cell_count + 63) / 64;
    for (uint32_t i = 0; i < words; i++) alive += (uint32_t)__builtin_popcountll(b->marked[i]);
    if (alive == 0) {
        vm_block_free(m->store, b);
        return;
    }
    if (h->stress) spoil(b);
    memcpy(b->used, b->marked, words * sizeof *b->used);
    memset(b->marked, 0, words * sizeof *b->marked);
    if (alive == b->cell_count) return;
    b->next = h->partial[b->cell_class];
    h->partial[b->cell_class] = b;
    h->room[b->cell_class] += (uint64_t)(b->cell_count - alive) * b->cell_size;
}

static void keep_large(Marker *m) {
    VmHeap *h = m->heap;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < h->large_count; i++) {
        VmBlock *b = h->large[i];
        if (!b->marked[0]) {
            vm_block_free(m->store, b);
            continue;
        }
        b->marked[0] = 0;
        h->large[kept++] = b;
    }
    h->large_count = kept;
}

static void keep_what_is_marked(Marker *m) {
    VmHeap *h = m->heap;
    memset(h->runs, 0, sizeof h->runs);
    memset(h->current, 0, sizeof h->current);
    memset(h->partial, 0, sizeof h->partial);
    memset(h->room, 0, sizeof h->room);
    finalize(h);
    each_region_block(m, keep_marked);
    keep_large(m);
    uint64_t alive = h->in_use;
    for (uint32_t i = 0; i < VM_CELL_CLASSES; i++) alive -= h->room[i];
    vm_pool_release(h, (uint32_t)(alive / VM_BLOCK) + 128);
    h->budget = alive < VM_FIRST_BUDGET ? VM_FIRST_BUDGET : alive;
}

void vm_collect(VmStore *store) {
    VmHeap *h = store->heap;
    Marker m = {.store = store, .heap = h, .cap = FIRST_STACK};
    m.stack = m.first;
    m.most = (size_t)(h->in_use / STACK_FRACTION / sizeof(Task));
    h->collections++;
    if (h->large_count) qsort(h->large, h->large_count, sizeof *h->large, by_address);
    mark_roots(&m);
    finish_marking(&m);
    if (m.stack != m.first) alloc_free(&store->memory, m.stack);
    keep_what_is_marked(&m);
    for (VmThread *t = store->threads; t; t = t->next) t->ticks = 0; /* look at the clock soon */
}
