/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Linear memories and tables: making, growing, and the bulk instructions.
 *
 * A memory is mapped, so that its pages cost nothing until they are touched, and grows by mremap,
 * which may move it: nobody keeps a pointer into it over a call. One that an image is mapped over
 * (image.c) has all its address space from the start and stays there. A table is an array that doubles.
 * A build with -DVM_STRESS moves both at every grow and leaves nothing where they were.
 */
#include <sys/mman.h>

#include "interpreter/internal.h"

#ifdef VM_STRESS
enum { STRESS = true };
#else
enum { STRESS = false };
#endif

/* ---- memories ---- */

static bool leaves(uint64_t used, uint64_t max, uint64_t more) {
    return more <= max && used <= max - more;
}

static bool leaves_memory(const VmMemory *m, uint64_t more) {
    for (const VmShare *s = m->share; s; s = s->outer)
        if (!leaves(s->memory_used, s->max_memory, more)) return false;
    return true;
}

static bool leaves_table(const VmTable *t, uint64_t more) {
    for (const VmShare *s = t->share; s; s = s->outer)
        if (!leaves(s->table_used, s->max_table, more)) return false;
    return true;
}

/* Shares may be gone with the store's arena when its objects are freed: what is freed stays used. */
static void use_memory(VmMemory *m, uint64_t more) {
    for (VmShare *s = m->share; s; s = s->outer) s->memory_used += more;
    m->store->memory_used += more;
}

static void use_table(VmTable *t, uint64_t more) {
    for (VmShare *s = t->share; s; s = s->outer) s->table_used += more;
    t->store->table_used += more;
}

static void memory_free(VmStore *store, VmObject *object) {
    VmMemory *m = (VmMemory *)object;
    if (m->reserved) munmap(m->bytes, m->reserved);
    store->memory_used -= m->size;
    alloc_free(&store->memory, m);
}

static uint64_t pages_to_bytes(uint64_t pages, uint8_t page_log2) {
    return pages > (UINT64_MAX >> 1 >> page_log2) ? UINT64_MAX >> 1 : pages << page_log2;
}

static uint64_t round_up(uint64_t size) { return (size + 4095) & ~(uint64_t)4095; }

static uint8_t *map_pages(uint64_t size, int protection) {
    void *p = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* Address space for all that the memory may become, so that it never moves: a mapping of a file over
 * it could not move with it. False where that is too much. */
static bool reserve(VmMemory *m) {
    const uint64_t most = (uint64_t)1 << 33;
    m->bytes = m->max && m->max <= most ? map_pages(round_up(m->max), PROT_NONE) : NULL;
    if (!m->bytes) return false;
    m->reserved = round_up(m->max);
    m->stays = true;
    return true;
}

/* Moves a mapping, and sees to it that its place is not taken by another one: for good. */
static void *move_pages(uint8_t *from, uint64_t size, uint64_t want) {
    void *to = map_pages(want, PROT_READ | PROT_WRITE);
    if (!to) return NULL;
    if (mremap(from, size, want, MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED) {
        munmap(to, want);
        return NULL;
    }
    mmap(from, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
         -1, 0);
    return to;
}

/* Pages for the first `want` bytes. */
static bool provide(VmMemory *m, uint64_t want) {
    if (m->stays) {
        uint64_t have = round_up(m->size);
        return want == have || mprotect(m->bytes + have, want - have, PROT_READ | PROT_WRITE) == 0;
    }
    if (want <= m->reserved && (!STRESS || m->reserved == 0)) return true;
    void *p = STRESS && m->reserved ? move_pages(m->bytes, m->reserved, want)
              : m->reserved         ? mremap(m->bytes, m->reserved, want, MREMAP_MAYMOVE)
                                    : map_pages(want, PROT_READ | PROT_WRITE);
    if (!p || p == MAP_FAILED) return false;
    m->bytes = p;
    m->reserved = want;
    return true;
}

static bool resize(VmMemory *m, uint64_t size) {
    uint64_t limit = m->store->limits.max_memory;
    bool over = limit && (size > limit || m->store->memory_used - m->size > limit - size);
    if (over || !leaves_memory(m, size - m->size)) {
        vm_met(m->store, VM_LIMIT_MEMORY);
        return false;
    }
    if (size > (uint64_t)1 << 46 || !provide(m, round_up(size))) return vm_no_memory(m->store);
    use_memory(m, size - m->size);
    m->size = size;
    return true;
}

VmMemory *vm_memory_make(VmStore *store, const CoreLimits *limits, bool stays) {
    VmMemory *m = alloc_new(&store->memory, 1, sizeof *m);
    if (!m) return vm_no_memory(store), NULL;
    m->store = store;
    m->share = store->share;
    m->limits = *limits;
    m->page_log2 = limits->page_log2;
    uint64_t most = limits->is_64 ? UINT64_MAX >> 2 : (uint64_t)1 << 32;
    uint64_t max = limits->has_max ? pages_to_bytes(limits->max, m->page_log2) : most;
    m->max = max < most ? max : most;
    uint64_t min = pages_to_bytes(limits->min, m->page_log2);
    if (stays && !STRESS && min <= m->max) reserve(m);
    if (min > m->max || !resize(m, min)) {
        if (m->reserved) munmap(m->bytes, m->reserved);
        alloc_free(&store->memory, m);
        return NULL;
    }
    vm_object_add(store, &m->object, memory_free);
    m->object.kind = VM_OBJECT_MEMORY;
    m->object.size = sizeof *m;
    return m;
}

VmMemory *vm_memory_new(VmStore *store, const CoreLimits *limits) {
    return vm_memory_make(store, limits, false);
}

uint8_t *vm_memory_bytes(VmMemory *m, uint64_t *size) {
    *size = m->size;
    return m->bytes;
}

uint64_t vm_memory_grow(VmMemory *m, uint64_t pages) {
    uint64_t before = m->size >> m->page_log2;
    uint64_t more = pages_to_bytes(pages, m->page_log2);
    if (more > m->max - m->size || !resize(m, m->size + more)) {
        m->store->no_memory_left = false; /* that is no trap */
        return UINT64_MAX;
    }
    m->limits.min = m->size >> m->page_log2;
    return before;
}

void vm_memory_shrink(VmMemory *m, uint64_t size) {
    use_memory(m, size - m->size);
    m->size = size;
    m->limits.min = size >> m->page_log2;
}

/* Whether n things from `at` lie within `size` of them. */
static bool inside(uint64_t at, uint64_t n, uint64_t size) { return n <= size && at <= size - n; }

Trap vm_memory_fill(VmInstance *in, uint32_t memory, uint64_t to, uint8_t byte, uint64_t n) {
    VmMemory *m = in->memories[memory];
    if (!inside(to, n, m->size)) return TRAP_MEMORY_BOUNDS;
    if (n) memset(m->bytes + to, byte, n);
    return TRAP_NONE;
}

Trap vm_memory_copy(VmInstance *in, uint32_t to_memory, uint32_t from_memory, uint64_t to,
                    uint64_t from, uint64_t n) {
    VmMemory *a = in->memories[to_memory], *b = in->memories[from_memory];
    if (!inside(to, n, a->size) || !inside(from, n, b->size)) return TRAP_MEMORY_BOUNDS;
    if (n) memmove(a->bytes + to, b->bytes + from, n);
    return TRAP_NONE;
}

Trap vm_memory_init(VmInstance *in, uint32_t data, uint32_t memory, uint64_t to, uint32_t from,
                    uint32_t n) {
    VmMemory *m = in->memories[memory];
    Str bytes = core_data_bytes(&in->module->core->datas.at[data]);
    uint64_t len = in->dropped_data[data] ? 0 : bytes.len;
    if (!inside(to, n, m->size) || !inside(from, n, len)) return TRAP_MEMORY_BOUNDS;
    if (n) memcpy(m->bytes + to, bytes.ptr + from, n);
    return TRAP_NONE;
}

/* ---- tables ---- */

enum { DEFAULT_MAX_TABLE = 10000000 };

static void table_free(VmStore *store, VmObject *object) {
    VmTable *t = (VmTable *)object;
    store->table_used -= t->size;
    alloc_free(&store->memory, t->elems);
    alloc_free(&store->memory, t);
}

static bool table_resize(VmTable *t, uint64_t size, VmSlot value) {
    uint64_t limit = t->store->limits.max_table, others = t->store->table_used - t->size;
    if (!limit) limit = DEFAULT_MAX_TABLE, others = 0;
    if (size > limit || others > limit - size || !leaves_table(t, size - t->size)) {
        vm_met(t->store, VM_LIMIT_TABLE);
        return false;
    }
    if (size > t->cap) {
        uint64_t cap = STRESS || size > t->cap * 2 ? size : t->cap * 2;
        VmSlot *elems = alloc_more(&t->store->memory, t->elems, cap, sizeof *elems);
        if (!elems) return vm_no_memory(t->store);
        t->elems = elems;
        t->cap = cap;
    }
    for (uint64_t i = t->size; i < size; i++) t->elems[i] = value;
    use_table(t, size - t->size);
    t->size = size;
    return true;
}

VmTable *vm_table_new(VmStore *store, CoreValType type, const CoreLimits *limits, VmSlot init) {
    VmTable *t = alloc_new(&store->memory, 1, sizeof *t);
    if (!t) return vm_no_memory(store), NULL;
    t->store = store;
    t->share = store->share;
    t->type = type;
    t->limits = *limits;
    t->max = limits->has_max ? limits->max : limits->is_64 ? UINT64_MAX : UINT32_MAX;
    if (!table_resize(t, limits->min, init)) {
        alloc_free(&store->memory, t);
        return NULL;
    }
    vm_object_add(store, &t->object, table_free);
    t->object.kind = VM_OBJECT_TABLE;
    t->object.size = sizeof *t;
    return t;
}

void vm_table_shrink(VmTable *t, uint64_t size) {
    use_table(t, size - t->size);
    t->size = size;
    t->limits.min = size;
}

uint64_t vm_table_grow(VmTable *t, uint64_t n, VmSlot value) {
    uint64_t before = t->size;
    if (n > t->max - t->size || !table_resize(t, t->size + n, value)) {
        t->store->no_memory_left = false;
        return UINT64_MAX;
    }
    t->limits.min = t->size;
    return before;
}

Trap vm_table_fill(VmTable *t, uint64_t to, VmSlot value, uint64_t n) {
    if (!inside(to, n, t->size)) return TRAP_TABLE_BOUNDS;
    for (uint64_t i = 0; i < n; i++) t->elems[to + i] = value;
    return TRAP_NONE;
}

Trap vm_table_copy(VmInstance *in, uint32_t to_table, uint32_t from_table, uint64_t to,
                   uint64_t from, uint64_t n) {
    VmTable *a = in->tables[to_table], *b = in->tables[from_table];
    if (!inside(to, n, a->size) || !inside(from, n, b->size)) return TRAP_TABLE_BOUNDS;
    if (n) memmove(a->elems + to, b->elems + from, n * sizeof *a->elems);
    return TRAP_NONE;
}

Trap vm_table_init(VmInstance *in, uint32_t elem, uint32_t table, uint64_t to, uint32_t from,
                   uint32_t n) {
    VmTable *t = in->tables[table];
    if (!inside(to, n, t->size) || !inside(from, n, in->elems[elem].count))
        return TRAP_TABLE_BOUNDS;
    if (n) memcpy(t->elems + to, in->elems[elem].items + from, n * sizeof *t->elems);
    return TRAP_NONE;
}
