/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Linear memories and tables: making, growing, and the bulk instructions.
 *
 * A memory is mapped, so that its pages cost nothing until they are touched, and grows by mremap,
 * which may move it: nobody keeps a pointer into it over a call. A table is an array that doubles.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "interpreter/internal.h"

/* ---- memories ---- */

static void memory_free(VmObject *object) {
    VmMemory *m = (VmMemory *)object;
    if (m->reserved) munmap(m->bytes, m->reserved);
    m->store->memory_used -= m->size;
    free(m);
}

static uint64_t pages_to_bytes(uint64_t pages, uint8_t page_log2) {
    return pages > (UINT64_MAX >> 1 >> page_log2) ? UINT64_MAX >> 1 : pages << page_log2;
}

static bool resize(VmMemory *m, uint64_t size) {
    uint64_t want = (size + 4095) & ~(uint64_t)4095;
    uint64_t limit = m->store->limits.max_memory;
    if (limit && (size > limit || m->store->memory_used - m->size > limit - size)) return false;
    if (want > (uint64_t)1 << 46) return false;
    if (want > m->reserved) {
        int protection = PROT_READ | PROT_WRITE,
            flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        void *p = m->reserved ? mremap(m->bytes, m->reserved, want, MREMAP_MAYMOVE)
                              : mmap(NULL, want, protection, flags, -1, 0);
        if (p == MAP_FAILED) return false;
        m->bytes = p;
        m->reserved = want;
    }
    m->store->memory_used += size - m->size;
    m->size = size;
    return true;
}

VmMemory *vm_memory_new(VmStore *store, const CoreLimits *limits) {
    VmMemory *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->store = store;
    m->limits = *limits;
    m->page_log2 = limits->page_log2;
    uint64_t most = limits->is_64 ? UINT64_MAX >> 2 : (uint64_t)1 << 32;
    uint64_t max = limits->has_max ? pages_to_bytes(limits->max, m->page_log2) : most;
    m->max = max < most ? max : most;
    uint64_t min = pages_to_bytes(limits->min, m->page_log2);
    if (min > m->max || !resize(m, min)) {
        free(m);
        return NULL;
    }
    vm_object_add(store, &m->object, memory_free);
    return m;
}

uint8_t *vm_memory_bytes(VmMemory *m, uint64_t *size) {
    *size = m->size;
    return m->bytes;
}

uint64_t vm_memory_grow(VmMemory *m, uint64_t pages) {
    uint64_t before = m->size >> m->page_log2;
    uint64_t more = pages_to_bytes(pages, m->page_log2);
    if (more > m->max - m->size || !resize(m, m->size + more)) return UINT64_MAX;
    m->limits.min = m->size >> m->page_log2;
    return before;
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
    Str bytes = in->module->core->datas.at[data].bytes;
    uint64_t len = in->dropped_data[data] ? 0 : bytes.len;
    if (!inside(to, n, m->size) || !inside(from, n, len)) return TRAP_MEMORY_BOUNDS;
    if (n) memcpy(m->bytes + to, bytes.ptr + from, n);
    return TRAP_NONE;
}

/* ---- tables ---- */

enum { DEFAULT_MAX_TABLE = 10000000 };

static void table_free(VmObject *object) {
    VmTable *t = (VmTable *)object;
    free(t->elems);
    free(t);
}

static bool table_resize(VmTable *t, uint64_t size, VmSlot value) {
    uint64_t limit = t->store->limits.max_table ? t->store->limits.max_table : DEFAULT_MAX_TABLE;
    if (size > limit) return false;
    if (size > t->cap) {
        uint64_t cap = size > t->cap * 2 ? size : t->cap * 2;
        VmSlot *elems = realloc(t->elems, cap * sizeof *elems);
        if (!elems) return false;
        t->elems = elems;
        t->cap = cap;
    }
    for (uint64_t i = t->size; i < size; i++) t->elems[i] = value;
    t->size = size;
    return true;
}

VmTable *vm_table_new(VmStore *store, CoreValType type, const CoreLimits *limits, VmSlot init) {
    VmTable *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    t->store = store;
    t->type = type;
    t->limits = *limits;
    t->max = limits->has_max ? limits->max : limits->is_64 ? UINT64_MAX : UINT32_MAX;
    if (!table_resize(t, limits->min, init)) {
        free(t);
        return NULL;
    }
    vm_object_add(store, &t->object, table_free);
    return t;
}

uint64_t vm_table_grow(VmTable *t, uint64_t n, VmSlot value) {
    uint64_t before = t->size;
    if (n > t->max - t->size || !table_resize(t, t->size + n, value)) return UINT64_MAX;
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
