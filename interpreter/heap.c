/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Where objects get their bytes.
 *
 * Small objects lie in blocks of 32 KiB, each cut into cells of one size; a large object has a block
 * of its own. An address says where its block begins, the block has a bit for each cell:
 *
 *     [ head: used 1101 0001..., marked ... ][ cell ][ cell ][ cell ] ...
 *                      ^^ a run: next .. end
 *
 * A class of cells allocates by counting up in a run, free cells side by side. When that is used up
 * the next one is found in the bits: of this block, of the next one with room, then of a new one. So
 * there are no free lists and nothing is swept: a collection (collect.c) makes the marked bits the
 * used ones.
 *
 * A collection is due when as much was given out as was alive after the last one, 4 MiB at least, or
 * where the limit of the heap stands in the way of a new block.
 */
#include <sys/mman.h>

#include "interpreter/internal.h"

const VmHeap vm_no_heap;

enum {
    PAYLOAD = VM_BLOCK - sizeof(VmBlock),
    PAGE = 4096,
    FIRST_LAYOUTS = 16,
    FIRST_REGION = 32, /* blocks */
    LAST_REGION = 2048
};

/* By 8 up to 256; then sizes that divide a block without much of a rest. */
const uint16_t vm_cell_sizes[VM_CELL_CLASSES] = {
    0,    16,   24,   32,   40,   48,   56,   64,   72,   80,    88,   96,   104,  112,
    120,  128,  136,  144,  152,  160,  168,  176,  184,  192,   200,  208,  216,  224,
    232,  240,  248,  256,  320,  384,  448,  512,  640,  784,   920,  1032, 1288, 1608,
    1888, 2144, 2680, 3216, 4024, 4600, 5368, 6440, 8056, 10736, 16112};

_Static_assert(sizeof(VmBlock) == 544 && PAYLOAD / 2 == 16112, "the sizes are made for this head");

uint32_t vm_cell_class(uint64_t size) {
    if (size <= 16) return 1;
    if (size <= 256) return (uint32_t)((size + 7) / 8) - 1;
    if (size > vm_cell_sizes[VM_CELL_CLASSES - 1]) return 0;
    uint32_t class = 32;
    while (vm_cell_sizes[class] < size) class ++;
    return class;
}

/* ---- memory of the system ---- */

/* Address space that begins at a multiple of VM_BLOCK. */
static void *map(uint64_t size) {
    uint8_t *p = mmap(NULL, size + VM_BLOCK, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return NULL;
    size_t before = (VM_BLOCK - ((uintptr_t)p & (VM_BLOCK - 1))) & (VM_BLOCK - 1);
    if (before) munmap(p, before);
    munmap(p + before + size, VM_BLOCK - before);
    return p + before;
}

static bool grow(VmStore *store, void *array, uint32_t count, uint32_t *cap, size_t size) {
    if (count < *cap) return true;
    uint32_t bigger = *cap ? *cap * 2 : 16;
    void *p = alloc_more(&store->memory, *(void **)array, bigger, size);
    if (!p) return vm_no_memory(store);
    *(void **)array = p;
    *cap = bigger;
    return true;
}

/* Data of the host. */
const VmLayout vm_host_layout = {
    .header = (uint32_t)VM_HOST_DATA << VM_KIND_SHIFT, .type = CORE_NONE, .kind = VM_HOST_DATA};

VmHeap *vm_heap_of(VmStore *store) {
    if (store->heap != &vm_no_heap) return store->heap;
    VmHeap *h = alloc_new(&store->memory, 1, sizeof *h);
    const VmLayout **layouts = alloc_new(&store->memory, FIRST_LAYOUTS, sizeof *layouts);
    if (!h || !layouts) {
        alloc_free(&store->memory, h);
        alloc_free(&store->memory, layouts);
        return vm_no_memory(store), NULL;
    }
    layouts[0] = &vm_host_layout;
    h->layouts = layouts;
    h->layout_count = 1;
    h->layout_cap = FIRST_LAYOUTS;
    h->budget = VM_FIRST_BUDGET;
    h->fail_after = UINT64_MAX;
#ifdef VM_STRESS
    h->stress = true;
#endif
    return store->heap = h;
}

static uint64_t limit(const VmStore *store) {
    const VmLimits *l = &store->limits;
    return l->max_heap ? l->max_heap : l->max_memory ? l->max_memory : VM_DEFAULT_HEAP;
}

/* Bytes that the system has given: blocks with objects, and those of the pool. */
static uint64_t resident(const VmHeap *h) {
    return h->in_use + (uint64_t)(h->pool_count - h->released) * VM_BLOCK;
}

uint64_t vm_store_heap(const VmStore *store) { return store->heap->in_use; }

void vm_pool_release(VmHeap *h, uint32_t keep) {
    for (; h->pool_count - h->released > keep; h->released++)
        madvise(h->pool[h->released], VM_BLOCK, MADV_DONTNEED);
}

/* ---- blocks ---- */

static bool add_region(VmStore *store) {
    VmHeap *h = store->heap;
    uint32_t blocks = FIRST_REGION;
    if (h->region_count) blocks = h->regions[h->region_count - 1].blocks * 2;
    if (blocks > LAST_REGION) blocks = LAST_REGION;
    VmBlock **pool =
        alloc_more(&store->memory, h->pool, h->block_count + (size_t)blocks, sizeof *pool);
    if (!pool) return vm_no_memory(store);
    h->pool = pool;
    if (!grow(store, &h->regions, h->region_count, &h->region_cap, sizeof *h->regions))
        return false;
    uint8_t *base = map((uint64_t)blocks * VM_BLOCK);
    if (!base) return vm_no_memory(store);
    h->regions[h->region_count].base = base;
    h->regions[h->region_count++].blocks = blocks;
    h->block_count += blocks;
    h->taken = 0;
    return true;
}

/* A block without objects, within the limit; NULL: there is none. */
static VmBlock *take_block(VmStore *store, uint32_t class) {
    VmHeap *h = store->heap;
    if (h->in_use + VM_BLOCK > limit(store)) return NULL;
    VmBlock *b;
    if (h->pool_count) {
        b = h->pool[--h->pool_count];
        if (h->released > h->pool_count) h->released = h->pool_count;
    } else {
        bool has_region = h->region_count && h->taken < h->regions[h->region_count - 1].blocks;
        if (!has_region && !add_region(store)) return NULL;
        b = (VmBlock *)(h->regions[h->region_count - 1].base + (size_t)h->taken++ * VM_BLOCK);
    }
    uint32_t size = vm_cell_sizes[class];
    *b = (VmBlock){.cell_size = size,
                   .cell_count = PAYLOAD / size,
                   .reciprocal = (uint32_t)((((uint64_t)1 << 32) + size - 1) / size),
                   .cell_class = (uint8_t)class,
                   .in_use = true};
    h->in_use += VM_BLOCK;
    return b;
}

static VmBlock *map_large(VmStore *store, uint64_t size) {
    VmHeap *h = store->heap;
    uint64_t most = limit(store);
    uint64_t mapped = (size + sizeof(VmBlock) + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    if (h->in_use > most || mapped > most - h->in_use) return NULL;
    if (resident(h) + mapped > most) vm_pool_release(h, 0);
    if (!grow(store, &h->large, h->large_count, &h->large_cap, sizeof *h->large)) return NULL;
    VmBlock *b = map(mapped);
    if (!b) return vm_no_memory(store), NULL;
    b->mapped = mapped;
    b->cell_count = 1;
    b->in_use = true;
    b->used[0] = 1;
    h->large[h->large_count++] = b;
    h->in_use += mapped;
    h->budget -= mapped < h->budget ? mapped : h->budget;
    return b;
}

void vm_block_free(VmStore *store, VmBlock *b) {
    VmHeap *h = store->heap;
    h->in_use -= b->mapped ? b->mapped : VM_BLOCK;
    if (b->mapped) {
        munmap(b, b->mapped);
    } else {
        b->in_use = false;
        h->pool[h->pool_count++] = b;
    }
}

/* ---- runs ---- */

/* The first cell from `at` on whose bit is (not) set, or the count of cells. */
static uint32_t find_bit(const VmBlock *b, uint32_t at, bool set) {
    uint32_t word = at / 64;
    uint64_t flip = set ? 0 : ~(uint64_t)0;
    if (at >= b->cell_count) return b->cell_count;
    uint64_t bits = (b->used[word] ^ flip) & ~(uint64_t)0 << at % 64;
    while (!bits) {
        if (++word * 64 >= b->cell_count) return b->cell_count;
        bits = b->used[word] ^ flip;
    }
    uint32_t found = word * 64 + (uint32_t)__builtin_ctzll(bits);
    return found < b->cell_count ? found : b->cell_count;
}

static void use_cells(VmBlock *b, uint32_t from, uint32_t to) {
    for (uint32_t next; from < to; from = next) {
        next = (from | 63) + 1;
        if (next > to) next = to;
        uint64_t bits = next - from == 64 ? ~(uint64_t)0 : ((uint64_t)1 << (next - from)) - 1;
        b->used[from / 64] |= bits << from % 64;
    }
}

/* The next run in the blocks that the class has: a single cell under stress, so that each object
 * comes this way. */
static bool next_run(VmHeap *h, uint32_t class) {
    for (;;) {
        VmBlock *b = h->current[class];
        uint32_t from = b ? find_bit(b, h->cursor[class], false) : 0;
        if (b && from < b->cell_count) {
            uint32_t to = h->stress ? from + 1 : find_bit(b, from, true);
            uint8_t *cells = (uint8_t *)(b + 1);
            uint64_t bytes = (uint64_t)(to - from) * b->cell_size;
            use_cells(b, from, to);
            h->cursor[class] = to;
            h->runs[class] =
                (VmRun){cells + (size_t)from * b->cell_size, cells + (size_t)to * b->cell_size};
            h->budget -= bytes < h->budget ? bytes : h->budget;
            return true;
        }
        if (!h->partial[class]) return false;
        h->current[class] = h->partial[class];
        h->partial[class] = h->partial[class]->next;
        h->cursor[class] = 0;
    }
}

static bool take_run(VmStore *store, uint32_t class) {
    VmHeap *h = store->heap;
    if (next_run(h, class)) return true;
    VmBlock *b = take_block(store, class);
    if (!b) return false;
    h->current[class] = b;
    h->cursor[class] = 0;
    return next_run(h, class);
}

/* A collection that the limit has forced must leave some room, or the next ones would follow at every
 * step. */
static bool has_room(const VmStore *store, uint32_t class) {
    const VmHeap *h = store->heap;
    uint64_t most = limit(store), room = most > h->in_use ? most - h->in_use : 0;
    return room + h->room[class] >= most / 32;
}

/* Allocations without a collection, under stress: none while the heap has but a few blocks; with one each a
 * large heap would take forever. */
static uint64_t stress_pause(uint64_t blocks) { return blocks * blocks / 64; }

static bool due(VmHeap *h, bool *fails) {
    *fails = h->fail_after != UINT64_MAX && h->fail_after-- == 0;
    if (h->budget == 0 || !h->stress) return h->budget == 0;
    if (h->pause > 0) return h->pause--, false;
    h->pause = stress_pause(h->in_use / VM_BLOCK);
    return true;
}

static bool make_room(VmStore *store, uint32_t class) {
    VmHeap *h = vm_heap_of(store);
    bool fails;
    if (!h) return false;
    bool collects = due(h, &fails);
    if (fails) return false;
    if (collects) vm_collect(store);
    if (take_run(store, class)) return true;
    if (!collects) vm_collect(store);
    if (!has_room(store, class) || !take_run(store, class)) return false;
    store->no_memory_left = false;
    return true;
}

bool vm_make_room(VmStore *store, const VmLayout *layout) {
    return make_room(store, layout->cell_class);
}

static VmBlock *make_large(VmStore *store, uint64_t size) {
    VmHeap *h = vm_heap_of(store);
    bool fails;
    if (!h) return NULL;
    bool collects = due(h, &fails);
    if (fails) return NULL;
    if (collects) vm_collect(store);
    VmBlock *b = map_large(store, size);
    if (b) return b;
    if (!collects) vm_collect(store);
    b = has_room(store, 0) ? map_large(store, size) : NULL;
    if (b) store->no_memory_left = false;
    return b;
}

VmData *vm_allocate(VmStore *store, const VmLayout *layout, uint64_t size) {
    size += sizeof(VmData);
    uint32_t class = vm_cell_class(size);
    uint8_t *cell;
    if (class == 0) {
        if (size > limit(store)) return NULL; /* before the sum with its head may wrap */
        VmBlock *b = make_large(store, size);
        if (!b) return NULL;
        cell = (uint8_t *)(b + 1);
    } else {
        VmRun *run = &store->heap->runs[class];
        if (run->next == run->end) {
            if (!make_room(store, class)) return NULL;
            run = &store->heap->runs[class];
        }
        cell = run->next;
        run->next = cell + vm_cell_sizes[class];
    }
    VmData *d = (VmData *)cell;
    d->layout = layout->header;
    d->count = 0;
    return d;
}

void vm_heap_stress(VmStore *store, bool collect, uint64_t fail_after) {
    VmHeap *h = vm_heap_of(store);
    if (!h) return;
    h->stress = collect;
    h->fail_after = fail_after;
}

/* ---- data and references of the host ---- */

VmSlot vm_host_object(VmStore *store, void *data, void (*finalize)(void *)) {
    VmHeap *h = vm_heap_of(store);
    VmSlot none = {.u64 = 0};
    if (!h || !grow(store, &h->hosts, h->host_count, &h->host_cap, sizeof *h->hosts)) return none;
    VmHostData *d =
        (VmHostData *)vm_allocate(store, &vm_host_layout, sizeof(VmHostData) - sizeof(VmData));
    if (!d) return none;
    d->pointer = data;
    d->finalize = finalize;
    if (finalize) h->hosts[h->host_count++] = d;
    return (VmSlot){.u64 = (uintptr_t)d | VM_FROM_ANY};
}

bool vm_host_data(VmSlot r, void **data) {
    if (!(r.u64 & VM_FROM_ANY)) return false;
    r.u64 &= ~VM_FROM_ANY;
    if (!vm_is_object(r) || vm_kind(r.ref) != VM_HOST_DATA) return false;
    *data = ((const VmHostData *)r.ref)->pointer;
    return true;
}

VmHeld *vm_hold(VmStore *store, CoreValType type, VmSlot reference) {
    VmHeld *held = alloc_new(&store->memory, 1, sizeof *held);
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
    alloc_free(&held->store->memory, held);
}

void vm_store_collect(VmStore *store) {
    if (store->heap != &vm_no_heap) vm_collect(store);
}

void vm_heap_free(VmStore *store) {
    VmHeap *h = store->heap;
    while (store->held) vm_release(store->held);
    if (h == &vm_no_heap) return;
    for (uint32_t i = 0; i < h->host_count; i++) h->hosts[i]->finalize(h->hosts[i]->pointer);
    for (uint32_t i = 0; i < h->large_count; i++) munmap(h->large[i], h->large[i]->mapped);
    for (uint32_t i = 0; i < h->region_count; i++)
        munmap(h->regions[i].base, (size_t)h->regions[i].blocks * VM_BLOCK);
    void *const lists[] = {h->regions, h->pool, h->large, h->layouts, h->layout_of, h->hosts, h};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) alloc_free(&store->memory, lists[i]);
}
