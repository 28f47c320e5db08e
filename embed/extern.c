/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Instances and what they import and export: memories, tables, globals, tags, exceptions. Each is
 * the interpreter's object; values are checked against its type on the way in.
 */
#include "embed/internal.h"

/* ---- instances ---- */

/* Whether it can be of this store: globals and tags do not know theirs. */
static bool belongs(const witc_store *store, const witc_extern *item) {
    VmExtern e = vm_extern_of(item);
    const VmStore *of = item->of.any ? vm_extern_store(&e) : NULL;
    return !of || of == store->vm;
}

witc_status witc_instantiate(witc_store *store, witc_module *module, const witc_extern *imports,
                             size_t import_count, witc_instance **instance) {
    *instance = NULL;
    const CoreModule *core = module->core;
    if (import_count != core->imports.len)
        return store_fail(store, WITC_REFUSED, "%zu imports for a module of %zu", import_count,
                          core->imports.len);
    if (store->suspended)
        return store_fail(store, WITC_REFUSED, "the store has a call that is suspended");
    for (size_t i = 0; i < import_count; i++)
        if (!belongs(store, &imports[i]))
            return store_fail(store, WITC_REFUSED, "import %zu belongs to another store", i + 1);
    VmModule *ready = store_prepare(store, module);
    VmExtern *given = engine_new(store->engine, (import_count + 1) * sizeof *given);
    if (!ready || !given) {
        engine_release(store->engine, given);
        return store_limited(store, TRAP_NO_MEMORY);
    }
    for (size_t i = 0; i < import_count; i++) given[i] = vm_extern_of(&imports[i]);
    VmFunc *start;
    Trap trap;
    uint32_t bad;
    VmInstance *in = vm_instantiate_only(store->vm, ready, given, &start, &trap, &bad);
    engine_release(store->engine, given);
    if (!in && trap == TRAP_NONE) return link_failure(store, module, bad, !imports[bad].of.any);
    if (!in) return store_limited(store, trap);
    witc_slot none[1] = {0};
    witc_status status = start ? witc_func_call_raw(store, (witc_func *)start, none) : WITC_DONE;
    if (status == WITC_SUSPENDED) {
        witc_store_abandon(store);
        return store_fail(store, WITC_REFUSED, "a start function cannot suspend");
    }
    if (status == WITC_DONE) *instance = (witc_instance *)in;
    return status;
}

bool witc_instance_export(const witc_instance *instance, witc_str name, witc_extern *out) {
    VmExtern e;
    if (!vm_export(vm_instance_of(instance), str_of(name), &e)) return false;
    *out = witc_extern_of(&e);
    return true;
}

witc_extern witc_instance_export_at(const witc_instance *instance, size_t i) {
    VmExtern e = vm_export_at(vm_instance_of(instance), i);
    return witc_extern_of(&e);
}

static void *export_of(const witc_instance *instance, const char *name, CoreExtern kind) {
    VmExtern e;
    bool found = vm_export(vm_instance_of(instance), str_from(name), &e) && e.kind == kind;
    return found ? e.any : NULL;
}

witc_func *witc_instance_func(const witc_instance *instance, const char *name) {
    return export_of(instance, name, CORE_FUNC);
}
witc_memory *witc_instance_memory(const witc_instance *instance, const char *name) {
    return export_of(instance, name, CORE_MEMORY);
}
witc_table *witc_instance_table(const witc_instance *instance, const char *name) {
    return export_of(instance, name, CORE_TABLE);
}
witc_global *witc_instance_global(const witc_instance *instance, const char *name) {
    return export_of(instance, name, CORE_GLOBAL);
}
witc_tag *witc_instance_tag(const witc_instance *instance, const char *name) {
    return export_of(instance, name, CORE_TAG);
}

const witc_module *witc_instance_module(const witc_instance *instance) {
    VmInstance *in = vm_instance_of(instance);
    return store_module(vm_store_host(vm_instance_store(in)), vm_instance_module(in));
}

/* ---- memories ---- */

static VmMemory *vm_memory_of(const witc_memory *memory) { return (VmMemory *)memory; }

/* Whether the numbers are those of a valid type of a memory or table. */
static bool good_limits(const witc_limits_type *t, uint64_t most) {
    return t->min <= most && (!t->has_max || (t->max <= most && t->min <= t->max));
}

witc_memory *witc_memory_new(witc_store *store, const witc_limits_type *type) {
    CoreLimits limits = core_limits_of(type);
    uint64_t most = (type->is_64 ? UINT64_MAX : UINT32_MAX) >> limits.page_log2;
    if (limits.page_log2) most++;
    bool good_page = type->page_size <= 1 || type->page_size == 65536;
    if (!good_page || !good_limits(type, most) || (type->shared && !type->has_max)) {
        store_fail(store, WITC_REFUSED, "this is no type of a memory");
        return NULL;
    }
    Trap trap;
    VmMemory *memory = vm_memory_try(store->vm, &limits, &trap);
    if (!memory) store_limited(store, trap);
    return (witc_memory *)memory;
}

witc_limits_type witc_memory_type(const witc_memory *memory) {
    CoreLimits limits = vm_memory_limits(vm_memory_of(memory));
    return limits_of(&limits);
}

uint8_t *witc_memory_data(witc_memory *memory, uint64_t *size) {
    return vm_memory_bytes(vm_memory_of(memory), size);
}

uint64_t witc_memory_pages(const witc_memory *memory) { return witc_memory_type(memory).min; }

uint64_t witc_memory_grow(witc_memory *memory, uint64_t pages) {
    return vm_memory_grow(vm_memory_of(memory), pages);
}

/* Where `size` bytes lie, if they are inside; NULL also where there are none. */
static uint8_t *part(witc_memory *memory, uint64_t at, size_t size, bool *inside) {
    uint64_t all;
    uint8_t *bytes = witc_memory_data(memory, &all);
    *inside = size <= all && at <= all - size;
    return *inside && size ? bytes + at : NULL;
}

bool witc_memory_read(witc_memory *memory, uint64_t at, void *to, size_t size) {
    bool inside;
    const uint8_t *from = part(memory, at, size, &inside);
    if (from) memcpy(to, from, size);
    return inside;
}

bool witc_memory_write(witc_memory *memory, uint64_t at, const void *from, size_t size) {
    bool inside;
    uint8_t *to = part(memory, at, size, &inside);
    if (to) memcpy(to, from, size);
    return inside;
}

/* ---- tables ---- */

static VmTable *vm_table_of(const witc_table *table) { return (VmTable *)table; }

/* The slot of a value, NULL being null; false and a failure where it is not of the type. */
static bool to_slots(witc_store *store, const witc_value *value, CoreValType type,
                     VmSlot slots[2]) {
    slots[0].u64 = slots[1].u64 = 0;
    bool fits = value ? value_to_slots(store, value, type, slots) : core_is_nullable(type);
    if (!fits) store_fail(store, WITC_REFUSED, "the value is not of the type");
    return fits;
}

witc_table *witc_table_new(witc_store *store, witc_valtype type, const witc_limits_type *limits,
                           const witc_value *init) {
    CoreLimits core = core_limits_of(limits);
    VmSlot slots[2];
    if (!core_is_ref(type) || !is_type(store, type) ||
        !good_limits(limits, limits->is_64 ? UINT64_MAX : UINT32_MAX)) {
        store_fail(store, WITC_REFUSED, "this is no type of a table");
        return NULL;
    }
    if (!to_slots(store, init, type, slots)) return NULL;
    Trap trap;
    VmTable *table = vm_table_try(store->vm, type, &core, slots[0], &trap);
    if (!table) store_limited(store, trap);
    return (witc_table *)table;
}

witc_valtype witc_table_type(const witc_table *table, witc_limits_type *limits) {
    CoreLimits core = vm_table_limits(vm_table_of(table));
    if (limits) *limits = limits_of(&core);
    return vm_table_type(vm_table_of(table));
}

uint64_t witc_table_size(const witc_table *table) { return vm_table_size(vm_table_of(table)); }

bool witc_table_get(witc_store *store, const witc_table *table, uint64_t i, witc_value *value) {
    VmTable *t = vm_table_of(table);
    if (i >= vm_table_size(t)) return false;
    VmSlot slot = vm_table_get(t, i);
    return value_from_slots(store, vm_table_type(t), &slot, value);
}

bool witc_table_set(witc_store *store, witc_table *table, uint64_t i, const witc_value *value) {
    VmTable *t = vm_table_of(table);
    VmSlot slots[2];
    if (i >= vm_table_size(t) || !to_slots(store, value, vm_table_type(t), slots)) return false;
    vm_table_set(t, i, slots[0]);
    return true;
}

uint64_t witc_table_grow(witc_store *store, witc_table *table, uint64_t n,
                         const witc_value *value) {
    VmSlot slots[2];
    if (!to_slots(store, value, vm_table_type(vm_table_of(table)), slots)) return UINT64_MAX;
    return vm_table_grow(vm_table_of(table), n, slots[0]);
}

/* ---- globals ---- */

static VmGlobal *vm_global_of(const witc_global *global) { return (VmGlobal *)global; }

witc_global *witc_global_new(witc_store *store, witc_valtype type, bool is_mutable,
                             const witc_value *value) {
    VmSlot slots[2];
    if (!is_type(store, type)) {
        store_fail(store, WITC_REFUSED, "this is no type of a global");
        return NULL;
    }
    if (!to_slots(store, value, type, slots)) return NULL;
    VmGlobal *global = vm_global_new(store->vm, type, is_mutable, slots[0]);
    if (global) vm_global_write(global, slots);
    else store_limited(store, TRAP_NO_MEMORY);
    return (witc_global *)global;
}

witc_valtype witc_global_type(const witc_global *global, bool *is_mutable) {
    bool ignored;
    return vm_global_type(vm_global_of(global), is_mutable ? is_mutable : &ignored);
}

witc_value witc_global_get(witc_store *store, const witc_global *global) {
    VmSlot slots[2];
    witc_value value;
    vm_global_read(vm_global_of(global), slots);
    value_from_slots(store, witc_global_type(global, NULL), slots, &value);
    return value;
}

bool witc_global_set(witc_store *store, witc_global *global, const witc_value *value) {
    VmSlot slots[2];
    bool is_mutable;
    CoreValType type = witc_global_type(global, &is_mutable);
    if (!is_mutable || !to_slots(store, value, type, slots)) return false;
    vm_global_write(vm_global_of(global), slots);
    return true;
}

/* ---- tags and exceptions ---- */

witc_tag *witc_tag_new(witc_store *store, const witc_functype *type) {
    uint32_t id;
    VmTag *tag = NULL;
    if (!is_functype(store, type)) {
        store_fail(store, WITC_REFUSED, "this is no type of a tag");
        return NULL;
    }
    if (vm_func_type_id(store->vm, type->params, type->param_count, type->results,
                        type->result_count, &id))
        tag = vm_tag_new(store->vm, id);
    if (!tag) store_limited(store, TRAP_NO_MEMORY);
    return (witc_tag *)tag;
}

witc_functype witc_tag_type(const witc_store *store, const witc_tag *tag) {
    const CoreType *t = core_space_type(vm_store_types(store->vm), vm_tag_type((const VmTag *)tag));
    return (witc_functype){t->params, t->results, t->param_count, t->result_count};
}

witc_ref *witc_exception_new(witc_store *store, witc_tag *tag, const witc_value *values,
                             size_t value_count) {
    witc_functype type = witc_tag_type(store, tag);
    VmSlot few[16], *slots = few, *more = NULL;
    if (value_count != type.param_count) {
        store_fail(store, WITC_REFUSED, "%zu values for a tag of %u", value_count,
                   type.param_count);
        return NULL;
    }
    if (value_count > sizeof few / sizeof *few / 2) {
        slots = more = engine_new(store->engine, 2 * value_count * sizeof *slots);
        if (!more) {
            store_limited(store, TRAP_NO_MEMORY);
            return NULL;
        }
    }
    VmSlot *to = slots;
    bool fits = true;
    for (size_t i = 0; fits && i < value_count; i++) {
        fits = value_to_slots(store, &values[i], type.params[i], to);
        to += witc_slots_of(type.params[i]);
    }
    VmSlot made = {.u64 = 0};
    if (fits) made = vm_exception_make(store->vm, (VmTag *)tag, slots);
    engine_release(store->engine, more);
    if (!fits) store_fail(store, WITC_REFUSED, "the values are not of the tag's types");
    else if (!made.u64) store_limited(store, TRAP_HEAP_LIMIT);
    return witc_slot_ref(store, WITC_EXNREF, made.u64);
}

witc_tag *witc_exception_tag(const witc_ref *exception) {
    bool is = exception && exception->top == WITC_EXNREF;
    return is ? (witc_tag *)vm_exception_tag(exception->slot) : NULL;
}

witc_ref *witc_store_exception(witc_store *store) {
    return witc_slot_ref(store, WITC_EXNREF, vm_uncaught(store->thread).u64);
}
