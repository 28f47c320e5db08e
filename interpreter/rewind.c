/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Going back to how a store was when its instances were new: for those who need a fresh instance for
 * every task, and many of them. What code can change is put back; what it cannot (prepared code,
 * links, types) stays, and making it was most of the work.
 *
 *     memory      its pages are given back to the system, so that they are zero, or the image that is
 *                 mapped there; then those that had been something else are written again
 *     table, globals, segments that were dropped     copied back
 *     component   a new table of handles
 *
 * Where there is something else to put back (objects of the heap, tasks, instances made since), there
 * is no way back, and the store has to be made anew.
 */
#include <sys/mman.h>

#include "interpreter/component.h"
#include "interpreter/heap.h"

enum { PAGE = 4096 };

/* What was in an object. `bytes` of a memory: pages, each behind its place. */
typedef struct Saved {
    struct Saved *next;
    VmObject *object;
    uint64_t size; /* of a memory in bytes, of a table in entries */
    size_t count;  /* bytes, or pages */
    uint8_t bytes[];
} Saved;

struct VmMark {
    VmStore *store;
    VmObject *newest;
    uint32_t limits_met;
    Saved *saved;
};

/* ---- what cannot be put back ---- */

static bool is_empty(const AbiTable *table) {
    uint32_t index = 0;
    return !table || !abi_table_next((AbiTable *)table, &index);
}

static bool is_quiet(const VmStore *store) {
    const VmComponents *shared = store->components;
    if (store->heap != &vm_no_heap || store->held || store->operands) return false;
    for (const VmThread *t = store->threads; t; t = t->next)
        if (t->nesting || t->top != t->frames || t->uncaught) return false;
    if (!shared) return true;
    bool waits = shared->waiting || vm_work_waits(store) || shared->root_call || shared->asked;
    return !waits && shared->nodes.after == &shared->nodes && !shared->fibers && !shared->errors &&
           !shared->is_lost && shared->active == &shared->root && !shared->scratch_users;
}

static bool is_idle(const VmComponent *c) {
    return c->may_enter && c->may_leave && !c->backpressure && !c->waiting_to_enter &&
           !c->exclusive && !c->threads;
}

/* ---- memories ---- */

static bool is_zero(const uint8_t *page) {
    return page[0] == 0 && memcmp(page, page + 1, PAGE - 1) == 0;
}

/* Pages are as they were when the memory was new: zero, or an image's. */
static bool give_back(VmMemory *m) {
    return !m->size || madvise(m->bytes, m->size, MADV_DONTNEED) == 0;
}

static uint8_t *entry(Saved *saved, size_t i) {
    return saved->bytes + i * (PAGE + sizeof(uint64_t));
}

static void write_pages(VmMemory *m, Saved *saved) {
    for (size_t i = 0; i < saved->count; i++) {
        uint64_t at;
        memcpy(&at, entry(saved, i), sizeof at);
        memcpy(m->bytes + at, entry(saved, i) + sizeof at, PAGE);
    }
}

/* All pages that are not zero; then those stay that giving back would change. */
static Saved *save_memory(VmStore *store, VmMemory *m) {
    size_t count = 0, kept = 0;
    for (uint64_t at = 0; at + PAGE <= m->size; at += PAGE) count += !is_zero(m->bytes + at);
    Saved *saved = alloc_new(&store->memory, 1, sizeof *saved + count * (PAGE + sizeof(uint64_t)));
    uint8_t *zeroed = saved ? alloc_new(&store->memory, m->size / PAGE + 1, 1) : NULL;
    if (!zeroed || m->size % PAGE) { /* pages of another size */
        alloc_free(&store->memory, saved);
        alloc_free(&store->memory, zeroed);
        return NULL;
    }
    for (uint64_t at = 0; at < m->size; at += PAGE) {
        if ((zeroed[at / PAGE] = is_zero(m->bytes + at))) continue;
        memcpy(entry(saved, kept), &at, sizeof at);
        memcpy(entry(saved, kept++) + sizeof at, m->bytes + at, PAGE);
    }
    bool is_good = give_back(m);
    for (uint64_t at = 0; at < m->size; at += PAGE) {
        if (!zeroed[at / PAGE] || is_zero(m->bytes + at)) continue;
        memset(m->bytes + at, 0, PAGE); /* the image was changed to zero: rare */
        is_good = false;
    }
    alloc_free(&store->memory, zeroed);
    saved->size = m->size;
    for (size_t i = 0; i < kept; i++) {
        uint64_t at;
        memcpy(&at, entry(saved, i), sizeof at);
        bool is_same = memcmp(m->bytes + at, entry(saved, i) + sizeof at, PAGE) == 0;
        if (is_same) continue;
        memmove(entry(saved, saved->count++), entry(saved, i), PAGE + sizeof at);
    }
    write_pages(m, saved);
    if (is_good) return saved;
    alloc_free(&store->memory, saved);
    return NULL;
}

/* ---- the others ---- */

static Saved *save_bytes(VmStore *store, const void *bytes, size_t n, uint64_t size) {
    Saved *saved = alloc_new(&store->memory, 1, sizeof *saved + n);
    if (!saved) return NULL;
    saved->count = n;
    saved->size = size;
    if (n) memcpy(saved->bytes, bytes, n);
    return saved;
}

/* Values of globals, then what was dropped: data, and counts of elements. */
static size_t instance_bytes(const VmInstance *in, uint8_t *to, const uint8_t *from) {
    const CoreModule *core = in->module->core;
    size_t globals = core->globals.len - core->imported[CORE_GLOBAL], at = 0;
    struct {
        void *part;
        size_t size;
    } parts[] = {{in->own_globals, globals * sizeof *in->own_globals},
                 {in->dropped_data, core->datas.len * sizeof *in->dropped_data}};
    for (size_t i = 0; i < 2; i++, at += parts[i - 1].size) {
        if (to && parts[i].size) memcpy(to + at, parts[i].part, parts[i].size);
        if (from && parts[i].size) memcpy(parts[i].part, from + at, parts[i].size);
    }
    for (uint32_t i = 0; i < in->elem_count; i++, at += sizeof(uint32_t)) {
        if (to) memcpy(to + at, &in->elems[i].count, sizeof(uint32_t));
        if (from) memcpy(&in->elems[i].count, from + at, sizeof(uint32_t));
    }
    return at;
}

static Saved *save_instance(VmStore *store, VmInstance *in) {
    Saved *saved;
    saved = alloc_new(&store->memory, 1, sizeof *saved + instance_bytes(in, NULL, NULL));
    if (saved) instance_bytes(in, saved->bytes, NULL);
    return saved;
}

/* One that is empty is not as new: its holes tell in which order handles were dropped. */
static bool renew_table(VmComponent *c) {
    AbiTable *table = is_idle(c) ? abi_table_new() : NULL;
    if (!table) return false;
    abi_table_free(c->table);
    c->table = table;
    return true;
}

static Saved *save_component(VmStore *store, VmComponent *c) {
    return is_empty(c->table) && renew_table(c) ? save_bytes(store, NULL, 0, 0) : NULL;
}

static bool put_component_back(VmComponent *c) {
    for (VmShare *s = c->share; s; s = s->outer) s->handles = 0;
    return renew_table(c);
}

static bool put_back(VmObject *object, Saved *saved) {
    switch (object->kind) {
    case VM_OBJECT_MEMORY: {
        VmMemory *m = (VmMemory *)object;
        bool is_good = give_back(m);
        vm_memory_shrink(m, saved->size);
        write_pages(m, saved);
        return is_good;
    }
    case VM_OBJECT_TABLE:
        vm_table_shrink((VmTable *)object, saved->size);
        if (saved->count) memcpy(((VmTable *)object)->elems, saved->bytes, saved->count);
        return true;
    case VM_OBJECT_GLOBAL:
        memcpy(&((VmHostGlobal *)object)->global, saved->bytes, saved->count);
        return true;
    case VM_OBJECT_INSTANCE: instance_bytes((VmInstance *)object, NULL, saved->bytes); return true;
    case VM_OBJECT_COMPONENT: return put_component_back((VmComponent *)object);
    case VM_OBJECT_OTHER: break;
    }
    return true;
}

/* ---- marks ---- */

static Saved *save(VmStore *store, VmObject *object) {
    switch (object->kind) {
    case VM_OBJECT_MEMORY: return save_memory(store, (VmMemory *)object);
    case VM_OBJECT_TABLE: {
        const VmTable *t = (VmTable *)object;
        return save_bytes(store, t->elems, t->size * sizeof *t->elems, t->size);
    }
    case VM_OBJECT_GLOBAL:
        return save_bytes(store, &((VmHostGlobal *)object)->global, sizeof(VmGlobal), 0);
    case VM_OBJECT_INSTANCE: return save_instance(store, (VmInstance *)object);
    case VM_OBJECT_COMPONENT: return save_component(store, (VmComponent *)object);
    case VM_OBJECT_OTHER: break;
    }
    return save_bytes(store, NULL, 0, 0);
}

void vm_mark_free(VmMark *mark) {
    if (!mark) return;
    const Allocator *memory = &mark->store->memory;
    for (Saved *saved = mark->saved, *next; saved; saved = next) {
        next = saved->next;
        alloc_free(memory, saved);
    }
    alloc_free(memory, mark);
}

VmMark *vm_store_mark(VmStore *store) {
    VmMark *mark = is_quiet(store) ? alloc_new(&store->memory, 1, sizeof *mark) : NULL;
    if (!mark) return NULL;
    *mark = (VmMark){.store = store, .newest = store->objects, .limits_met = store->limits_met};
    for (VmObject *o = store->objects; o; o = o->next) {
        if (o->kind == VM_OBJECT_OTHER) continue;
        Saved *saved = save(store, o);
        if (!saved) {
            vm_mark_free(mark);
            return NULL;
        }
        saved->object = o;
        saved->next = mark->saved;
        mark->saved = saved;
    }
    return mark;
}

bool vm_store_rewind(VmMark *mark) {
    VmStore *store = mark->store;
    if (!is_quiet(store) || store->objects != mark->newest) return false;
    for (Saved *saved = mark->saved; saved; saved = saved->next)
        if (!put_back(saved->object, saved)) return false;
    if (store->components) store->components->handles = store->components->turns = 0;
    store->limits_met = mark->limits_met;
    store->no_memory_left = false;
    store->interrupted = 0;
    return true;
}
