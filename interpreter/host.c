/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What an embedder does with the objects of a store: looking at them and changing them from
 * outside, and throwing exceptions. References that the host holds are the collector's (heap.c).
 */
#include "interpreter/internal.h"

/* ---- the store ---- */

void vm_store_set_host(VmStore *store, void *host) { store->host = host; }
void *vm_store_host(const VmStore *store) { return store->host; }
void vm_store_set_fuel(VmStore *store, uint64_t fuel) { store->fuel = fuel; }
void vm_store_set_timeout(VmStore *store, uint64_t ns) { store->limits.timeout_ns = ns; }

static uint64_t code_bytes(const VmCode *c) {
    return sizeof *c + c->word_count * sizeof *c->words + c->place_count * sizeof *c->places +
           c->catch_count * sizeof *c->catches + c->refs.local_cap * sizeof *c->refs.locals +
           c->refs.point_cap * sizeof *c->refs.points + c->refs.node_cap * sizeof *c->refs.nodes;
}

static uint64_t module_bytes(const VmModule *m) {
    uint32_t own = (uint32_t)m->core->funcs.len - m->core->imported[CORE_FUNC];
    uint64_t bytes = sizeof *m + own * sizeof *m->codes;
    if (m->exports) bytes += sizeof *m->exports << m->export_bits;
    if (m->shapes) bytes += m->core->types.len * sizeof *m->shapes;
    if (m->image) bytes += m->image_to - m->image_from;
    for (uint32_t i = 0; i < own; i++)
        if (m->codes[i]) bytes += code_bytes(m->codes[i]);
    return bytes;
}

static uint64_t object_bytes(const VmObject *o) {
    uint64_t bytes = o->size;
    if (o->kind == VM_OBJECT_TABLE)
        bytes += ((const VmTable *)o)->cap * sizeof *((const VmTable *)o)->elems;
    if (o->kind != VM_OBJECT_INSTANCE) return bytes;
    const VmInstance *in = (const VmInstance *)o;
    for (uint32_t i = 0; i < in->elem_count; i++)
        if (in->elems[i].items) bytes += in->module->core->elems.at[i].count * sizeof(VmSlot);
    return bytes;
}

VmUsage vm_store_usage(const VmStore *store) {
    VmUsage usage = {.memory_bytes = store->memory_used,
                     .heap_bytes = vm_store_heap(store),
                     .table_entries = store->table_used,
                     .instances = store->instance_count,
                     .type_bytes = arena_held(store->arena)};
    for (const VmModule *m = store->modules; m; m = m->next) usage.code_bytes += module_bytes(m);
    for (const VmObject *o = store->objects; o; o = o->next)
        usage.instance_bytes += object_bytes(o);
    for (const VmHost *h = store->hosts; h; h = h->next) usage.instance_bytes += sizeof *h;
    return usage;
}

bool vm_store_met(const VmStore *store, VmLimit limit) { return store->limits_met >> limit & 1; }

/* ---- instances ---- */

VmInstance *vm_calling_instance(const VmThread *t) {
    const VmFrame *caller = t->top > t->frames + 1 ? t->top - 1 : NULL;
    return caller && caller->func ? caller->func->in : NULL;
}

uint8_t *vm_calling_memory(const VmThread *t, uint64_t *size) {
    const VmInstance *in = vm_calling_instance(t);
    *size = in ? in->memory0->size : 0;
    return in ? in->memory0->bytes : NULL;
}

VmModule *vm_instance_ready(const VmInstance *in) { return in->module; }
const CoreModule *vm_module_core(const VmModule *module) { return module->core; }
VmInstance *vm_func_instance(const VmFunc *func) { return func->in; }

VmStore *vm_instance_store(const VmInstance *in) { return in->store; }

VmStore *vm_extern_store(const VmExtern *e) {
    switch (e->kind) {
    case CORE_FUNC: return e->func->in ? e->func->in->store : ((const VmHost *)e->func)->store;
    case CORE_TABLE: return e->table->store;
    case CORE_MEMORY: return e->memory->store;
    case CORE_GLOBAL:
    case CORE_TAG: return NULL;
    }
    return NULL;
}

/* ---- memories, tables, globals, tags ---- */

VmMemory *vm_memory_try(VmStore *store, const CoreLimits *limits, Trap *trap) {
    VmMemory *memory = vm_memory_new(store, limits);
    *trap = memory ? TRAP_NONE : vm_limit_trap(store, TRAP_MEMORY_LIMIT);
    return memory;
}

VmTable *vm_table_try(VmStore *store, CoreValType type, const CoreLimits *limits, VmSlot init,
                      Trap *trap) {
    VmTable *table = vm_table_new(store, type, limits, init);
    *trap = table ? TRAP_NONE : vm_limit_trap(store, TRAP_TABLE_LIMIT);
    return table;
}

CoreLimits vm_memory_limits(const VmMemory *memory) { return memory->limits; }
CoreLimits vm_table_limits(const VmTable *table) { return table->limits; }
CoreValType vm_table_type(const VmTable *table) { return table->type; }
uint64_t vm_table_size(const VmTable *table) { return table->size; }
VmSlot vm_table_get(const VmTable *table, uint64_t i) { return table->elems[i]; }
void vm_table_set(VmTable *table, uint64_t i, VmSlot value) { table->elems[i] = value; }

CoreValType vm_global_type(const VmGlobal *global, bool *is_mutable) {
    *is_mutable = global->is_mutable;
    return global->type;
}

void vm_global_read(const VmGlobal *global, VmSlot slots[2]) {
    memcpy(slots, global->value, sizeof global->value);
}

void vm_global_write(VmGlobal *global, const VmSlot slots[2]) {
    global->value[0] = slots[0];
    if (global->type == CORE_V128) global->value[1] = slots[1];
}

typedef struct {
    VmObject object;
    VmTag tag;
} HostTag;

static void host_tag_free(VmStore *store, VmObject *object) { alloc_free(&store->memory, object); }

VmTag *vm_tag_new(VmStore *store, uint32_t type) {
    HostTag *t = alloc_new(&store->memory, 1, sizeof *t);
    if (!t) return NULL;
    t->tag.type = type;
    vm_object_add(store, &t->object, host_tag_free);
    t->object.size = sizeof *t;
    return &t->tag;
}

uint32_t vm_tag_type(const VmTag *tag) { return tag->type; }

/* ---- references ---- */

VmSlot vm_ref_of_i31(int32_t value) { return (VmSlot){.u64 = VM_I31(value)}; }
bool vm_ref_is_i31(VmSlot r) { return vm_is_i31(r); }
int32_t vm_ref_i31(VmSlot r) { return (int32_t)(uint32_t)r.u64 >> 1; }

/* ---- exceptions ---- */

VmTag *vm_exception_tag(VmSlot exception) { return ((const VmException *)exception.ref)->tag; }
const VmSlot *vm_exception_values(VmSlot exception) {
    return ((const VmException *)exception.ref)->values;
}

bool vm_keep_uncaught(VmThread *t, VmSlot exception) {
    if (t->uncaught) vm_release(t->uncaught);
    t->uncaught =
        exception.u64 ? vm_hold(t->store, core_ref(true, CORE_HEAP_EXN), exception) : NULL;
    return t->uncaught || !exception.u64;
}

VmStatus vm_host_throw(VmThread *t, VmSlot exception) {
    return vm_keep_uncaught(t, exception) ? VM_THROW : vm_trap(t, TRAP_NO_MEMORY);
}

VmSlot vm_uncaught(const VmThread *t) {
    return t->uncaught ? vm_held(t->uncaught) : (VmSlot){.u64 = 0};
}

/* The host function on top is left; whoever called it is looked at next. */
const VmWord *vm_throw_from_host(VmThread *t) {
    VmException *e = vm_uncaught(t).ref;
    t->top--;
    t->pc = t->top->func && t->top->func->in ? t->top->pc - 1 : NULL;
    const VmWord *next = vm_throw(t, e->tag, e->values, e);
    if (t->trap == TRAP_NONE) vm_keep_uncaught(t, (VmSlot){.u64 = 0});
    return next;
}
