/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Instantiation (core specification 4.7.2): check and take the imports, make what the module
 * defines, evaluate its constant expressions, copy the active segments, find the start function.
 *
 * An instance whose segments do not fit is not undone: what it wrote stays written, as the
 * specification says, and the store frees it in the end. One that fails before is freed at once.
 */
#include <sys/mman.h>

#include "base/map.h"
#include "core/numeric.h"
#include "interpreter/internal.h"

static void instance_free(VmStore *store, VmObject *object) {
    VmInstance *in = (VmInstance *)object;
    for (uint32_t i = 0; i < in->elem_count; i++) alloc_free(&store->memory, in->elems[i].items);
    alloc_free(&store->memory, in);
}

/* Cuts `n` elements of `size` bytes off a block; `block` NULL only counts. */
static void *cut(uint8_t *block, size_t *used, size_t n, size_t size) {
    void *p = block ? block + *used : NULL;
    *used += (n * size + 15) & ~(size_t)15;
    return p;
}

/* The instance's arrays: their places in `block`, behind the instance, or the size of all. */
static size_t lay_out(VmInstance *in, uint8_t *block, const CoreModule *core) {
    const uint32_t *imported = core->imported;
    size_t used = 0;
    cut(block, &used, 1, sizeof *in);
    in->imports = cut(block, &used, imported[CORE_FUNC], sizeof *in->imports);
    in->tables = cut(block, &used, core->tables.len, sizeof *in->tables);
    in->memories = cut(block, &used, core->memories.len, sizeof *in->memories);
    in->globals = cut(block, &used, core->globals.len, sizeof *in->globals);
    in->tags = cut(block, &used, core->tags.len, sizeof *in->tags);
    in->own_globals =
        cut(block, &used, core->globals.len - imported[CORE_GLOBAL], sizeof *in->own_globals);
    in->own_tags = cut(block, &used, core->tags.len - imported[CORE_TAG], sizeof *in->own_tags);
    in->dropped_data = cut(block, &used, core->datas.len, sizeof *in->dropped_data);
    in->elems = cut(block, &used, core->elems.len, sizeof *in->elems);
    in->own_funcs = cut(block, &used, core->funcs.len - imported[CORE_FUNC], sizeof *in->own_funcs);
    return used;
}

/* Functions are made when they are asked for, so that their pages need not be there before. But where
 * segments ask for more of them than there are pages, all pages are asked for at once: a fault for each
 * takes longer. */
static void ask_for_pages(const VmInstance *in, size_t end) {
    enum { PAGE = 4096, LARGE = 1 << 17 };
    const CoreModule *core = in->module->core;
    uintptr_t from = ((uintptr_t)in->own_funcs + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
    uintptr_t to = ((uintptr_t)in + end) & ~(uintptr_t)(PAGE - 1);
    uint64_t asked = 0;
    for (size_t i = 0; end >= LARGE && i < core->elems.len; i++) asked += core->elems.at[i].count;
#ifdef MADV_POPULATE_WRITE
    if (asked && asked >= (to - from) / PAGE)
        (void)madvise((void *)from, to - from, MADV_POPULATE_WRITE);
#endif
}

static VmInstance *instance_new(VmStore *store, VmModule *module) {
    const CoreModule *core = module->core;
    VmInstance none;
    size_t size = lay_out(&none, NULL, core);
    uint8_t *block = alloc_new(&store->memory, 1, size);
    if (!block) return NULL;
    VmInstance *in = (VmInstance *)block;
    lay_out(in, block, core);
    in->store = store;
    in->module = module;
    in->memory0 = &store->no_memory;
    in->elem_count = (uint32_t)core->elems.len;
    in->import_count = core->imported[CORE_FUNC];
    ask_for_pages(in, size);
    vm_object_add(store, &in->object, instance_free);
    in->object.kind = VM_OBJECT_INSTANCE;
    in->object.size = (uint32_t)size;
    return in;
}

/* ---- imports ---- */

static CoreExternType type_of(const VmExtern *e) {
    CoreExternType type = {.kind = e->kind};
    switch (e->kind) {
    case CORE_FUNC: type.type = e->func->type; break;
    case CORE_TABLE:
        type.value = e->table->type;
        type.limits = e->table->limits;
        break;
    case CORE_MEMORY: type.limits = e->memory->limits; break;
    case CORE_GLOBAL:
        type.value = e->global->type;
        type.mutable = e->global->is_mutable;
        break;
    case CORE_TAG: type.type = e->tag->type; break;
    }
    return type;
}

static bool take_imports(VmInstance *in, const VmExtern *imports, uint32_t *bad_import) {
    const CoreModule *core = in->module->core;
    for (uint32_t i = 0; i < core->imports.len; i++) {
        const CoreImport *import = &core->imports.at[i];
        CoreExternType want =
            core_extern_type(core, in->module->types, import->kind, import->index);
        *bad_import = i;
        if (!imports[i].any) return false;
        CoreExternType have = type_of(&imports[i]);
        if (!core_extern_matches(in->store->types, &have, &want)) return false;
        switch (import->kind) {
        case CORE_FUNC: in->imports[import->index] = imports[i].func; break;
        case CORE_TABLE: in->tables[import->index] = imports[i].table; break;
        case CORE_MEMORY: in->memories[import->index] = imports[i].memory; break;
        case CORE_GLOBAL: in->globals[import->index] = imports[i].global; break;
        case CORE_TAG: in->tags[import->index] = imports[i].tag; break;
        }
    }
    return true;
}

/* ---- constant expressions (3.4.13) ---- */

/* The operands of a constant expression that is being evaluated, known to the collector: few of them
 * most often. */
typedef struct {
    VmOperands known;
    VmSlot *slots;
    size_t count, cap;
    bool failed;
    VmSlot few[8];
} Operands;

static void push(VmStore *store, Operands *o, uint64_t value) {
    if (o->count == o->cap) {
        bool first = o->slots == o->few;
        size_t cap = o->cap * 2;
        VmSlot *slots = alloc_more(&store->memory, first ? NULL : o->slots, cap, sizeof *slots);
        if (!slots) {
            vm_no_memory(store);
            o->failed = true;
            return;
        }
        if (first) memcpy(slots, o->few, sizeof o->few);
        o->slots = slots, o->cap = cap;
    }
    o->slots[o->count++].u64 = value;
}

/* Takes off n slots; the first of them stays readable until the next push. */
static VmSlot *pop(Operands *o, size_t n) {
    static VmSlot none[2];
    if (o->failed || n > o->count) {
        o->failed = true;
        return none;
    }
    o->count -= n;
    return o->slots + o->count;
}

/* A new struct or array, whose operands go when it is there. */
static Trap construct(VmInstance *in, Operands *o, const CoreInstr *i) {
    VmStore *store = in->store;
    const CoreType *type = core_type(in->module->core, i->a);
    const VmLayout *layout = vm_layout(store, in->module->types[i->a]);
    uint32_t slots = 0, n;
    for (uint32_t k = 0; k < type->field_count; k++) slots += vm_slots_of(type->fields[k].type);
    VmData *d;
    VmSlot descriptor;
    if (!layout) return vm_limit_trap(store, TRAP_HEAP_LIMIT);
    o->known.slots = o->slots, o->known.count = o->count;
    switch (i->op) {
    case CORE_OP_STRUCT_NEW:
        d = vm_struct_new(store, layout);
        if (d) vm_struct_set(d, layout, pop(o, slots));
        break;
    case CORE_OP_STRUCT_NEW_DEFAULT: d = vm_struct_new(store, layout); break;
    case CORE_OP_STRUCT_NEW_DESC:
    case CORE_OP_STRUCT_NEW_DEFAULT_DESC:
        d = vm_struct_new(store, layout);
        descriptor = *pop(o, 1);
        if (!descriptor.u64) return TRAP_NULL_DESCRIPTOR;
        if (d) *vm_descriptor_of(d, layout) = descriptor;
        if (d && i->op == CORE_OP_STRUCT_NEW_DESC) vm_struct_set(d, layout, pop(o, slots));
        break;
    case CORE_OP_ARRAY_NEW:
        n = pop(o, 1)->u32;
        d = vm_array_new(store, layout, n);
        if (d) vm_array_fill(d, layout->log2_size, 0, pop(o, slots), n);
        break;
    case CORE_OP_ARRAY_NEW_FIXED:
        d = vm_array_new(store, layout, i->b);
        if (d) vm_array_set(d, layout->log2_size, pop(o, (size_t)i->b * slots));
        break;
    default: d = vm_array_new(store, layout, pop(o, 1)->u32); break;
    }
    o->known.count = 0;
    push(in->store, o, (uintptr_t)d);
    return o->failed || !d ? vm_limit_trap(store, TRAP_HEAP_LIMIT) : TRAP_NONE;
}

static Trap evaluate_one(VmInstance *in, Operands *o, const CoreInstr *i) {
    const VmSlot *s;
    switch (i->op) {
    case CORE_OP_I32_CONST: push(in->store, o, (uint32_t)i->i64); break;
    case CORE_OP_I64_CONST: push(in->store, o, (uint64_t)i->i64); break;
    case CORE_OP_F32_CONST: push(in->store, o, (uint32_t)i->bits); break;
    case CORE_OP_F64_CONST: push(in->store, o, i->bits); break;
    case CORE_OP_V128_CONST:
        for (int k = 0; k < 2; k++) {
            uint64_t half;
            memcpy(&half, i->bytes + 8 * k, sizeof half);
            push(in->store, o, half);
        }
        break;
    case CORE_OP_REF_NULL: push(in->store, o, 0); break;
    case CORE_OP_REF_FUNC: push(in->store, o, (uintptr_t)vm_func_at(in, i->a)); break;
    case CORE_OP_GLOBAL_GET:
        push(in->store, o, in->globals[i->a]->value[0].u64);
        if (in->globals[i->a]->type == CORE_V128)
            push(in->store, o, in->globals[i->a]->value[1].u64);
        break;
    case CORE_OP_I32_ADD: s = pop(o, 2), push(in->store, o, s[0].u32 + s[1].u32); break;
    case CORE_OP_I32_SUB: s = pop(o, 2), push(in->store, o, s[0].u32 - s[1].u32); break;
    case CORE_OP_I32_MUL: s = pop(o, 2), push(in->store, o, s[0].u32 * s[1].u32); break;
    case CORE_OP_I64_ADD: s = pop(o, 2), push(in->store, o, s[0].u64 + s[1].u64); break;
    case CORE_OP_I64_SUB: s = pop(o, 2), push(in->store, o, s[0].u64 - s[1].u64); break;
    case CORE_OP_I64_MUL: s = pop(o, 2), push(in->store, o, s[0].u64 * s[1].u64); break;
    case CORE_OP_REF_I31: push(in->store, o, VM_I31(pop(o, 1)->u32)); break;
    case CORE_OP_ANY_CONVERT_EXTERN: push(in->store, o, vm_any_of_extern(*pop(o, 1)).u64); break;
    case CORE_OP_EXTERN_CONVERT_ANY: push(in->store, o, vm_extern_of_any(*pop(o, 1)).u64); break;
    case CORE_OP_STRUCT_NEW:
    case CORE_OP_STRUCT_NEW_DEFAULT:
    case CORE_OP_STRUCT_NEW_DESC:
    case CORE_OP_STRUCT_NEW_DEFAULT_DESC:
    case CORE_OP_ARRAY_NEW:
    case CORE_OP_ARRAY_NEW_DEFAULT:
    case CORE_OP_ARRAY_NEW_FIXED: return construct(in, o, i);
    default: return TRAP_HOST; /* an instruction that is not run yet */
    }
    return o->failed ? vm_limit_trap(in->store, TRAP_HOST) : TRAP_NONE;
}

/* The value of a validated constant expression. */
static Trap evaluate(VmInstance *in, const CoreExpr *expr, VmSlot value[2]) {
    Operands o;
    o.slots = o.few, o.count = 0, o.cap = sizeof o.few / sizeof *o.few, o.failed = false;
    o.known = (VmOperands){.outer = in->store->operands};
    Trap trap = TRAP_NONE;
    in->store->operands = &o.known;
    Reader r = core_expr_reader(in->module->core, expr, NULL);
    CoreInstr i;
    while (trap == TRAP_NONE && core_instr_next(&r, &i) && i.op != CORE_OP_END)
        trap = evaluate_one(in, &o, &i);
    value[0].u64 = o.count > 0 ? o.slots[0].u64 : 0;
    value[1].u64 = o.count > 1 ? o.slots[1].u64 : 0;
    if (o.slots != o.few) alloc_free(&in->store->memory, o.slots);
    in->store->operands = o.known.outer;
    return trap == TRAP_NONE && r.failed ? TRAP_HOST : trap;
}

/* ---- definitions ---- */

void vm_func_make(VmInstance *in, VmFunc *f) {
    const VmModule *module = in->module;
    uint32_t own = (uint32_t)(f - in->own_funcs), index = in->import_count + own;
    uint32_t type = module->core->funcs.at[index].type;
    *f = (VmFunc){.type = module->types[type],
                  .index = index,
                  .code = module->codes[own],
                  .in = in,
                  .param_slots = module->shapes[type].param_slots,
                  .result_slots = module->shapes[type].result_slots};
}

static Trap make_memories(VmInstance *in) {
    const CoreModule *core = in->module->core;
    for (uint32_t i = core->imported[CORE_MEMORY]; i < core->memories.len; i++) {
        bool stays = i == 0 && in->module->image_fd >= 0;
        in->memories[i] = vm_memory_make(in->store, &core->memories.at[i].limits, stays);
        if (!in->memories[i]) return vm_limit_trap(in->store, TRAP_MEMORY_LIMIT);
    }
    if (core->memories.len) in->memory0 = in->memories[0];
    return TRAP_NONE;
}

static Trap make_globals(VmInstance *in) {
    const CoreModule *core = in->module->core;
    uint32_t imported = core->imported[CORE_GLOBAL];
    for (uint32_t i = imported; i < core->globals.len; i++) {
        VmGlobal *g = in->globals[i] = &in->own_globals[i - imported];
        g->type = core_space_val(in->module->types, core->globals.at[i].type);
        g->is_mutable = core->globals.at[i].mutable;
        Trap trap = evaluate(in, &core->globals.at[i].init, g->value);
        if (trap != TRAP_NONE) return trap;
    }
    for (uint32_t i = core->imported[CORE_TAG]; i < core->tags.len; i++) {
        in->tags[i] = &in->own_tags[i - core->imported[CORE_TAG]];
        in->tags[i]->type = in->module->types[core->tags.at[i].type];
    }
    return TRAP_NONE;
}

static Trap make_tables(VmInstance *in) {
    const CoreModule *core = in->module->core;
    for (uint32_t i = core->imported[CORE_TABLE]; i < core->tables.len; i++) {
        const CoreTable *table = &core->tables.at[i];
        VmSlot init[2] = {{0}};
        Trap trap = table->has_init ? evaluate(in, &table->init, init) : TRAP_NONE;
        if (trap != TRAP_NONE) return trap;
        CoreValType type = core_space_val(in->module->types, table->type);
        in->tables[i] = vm_table_new(in->store, type, &table->limits, init[0]);
        if (!in->tables[i]) return vm_limit_trap(in->store, TRAP_TABLE_LIMIT);
    }
    return TRAP_NONE;
}

/* Reference k of an element segment. */
static Trap element(VmInstance *in, const CoreElem *elem, uint32_t k, VmSlot *item) {
    VmSlot value[2] = {{0}};
    Trap trap = TRAP_NONE;
    if (core_elem_has_exprs(elem)) trap = evaluate(in, &elem->exprs[k], value);
    else value[0].u64 = (uintptr_t)vm_func_at(in, elem->funcs[k]);
    *item = value[0];
    return trap;
}

static Trap elements(VmInstance *in, const CoreElem *elem, VmSlot *items) {
    Trap trap = TRAP_NONE;
    for (uint32_t k = 0; k < elem->count && trap == TRAP_NONE; k++)
        trap = element(in, elem, k, &items[k]);
    return trap;
}

/* The references of the passive element segments, as values. Active ones have theirs in a table, and
 * declared ones are dropped already. */
static Trap make_elems(VmInstance *in) {
    const CoreModule *core = in->module->core;
    Trap trap = TRAP_NONE;
    for (uint32_t i = 0; i < core->elems.len && trap == TRAP_NONE; i++) {
        const CoreElem *elem = &core->elems.at[i];
        if (!core_elem_passive(elem)) continue;
        in->elems[i].items = alloc_new(&in->store->memory, elem->count, sizeof(VmSlot));
        if (!in->elems[i].items) return TRAP_NO_MEMORY;
        in->elems[i].count = elem->count;
        trap = elements(in, elem, in->elems[i].items);
    }
    return trap;
}

static Trap fill_table(VmInstance *in, const CoreElem *elem) {
    VmSlot at[2];
    Trap trap = evaluate(in, &elem->start, at);
    if (trap != TRAP_NONE) return trap;
    const VmTable *table = in->tables[elem->table];
    if (elem->count > table->size || at[0].u64 > table->size - elem->count)
        return TRAP_TABLE_BOUNDS;
    return elements(in, elem, table->elems + at[0].u64);
}

static Trap copy_data(VmInstance *in, uint32_t i) {
    const CoreData *data = &in->module->core->datas.at[i];
    VmSlot at[2];
    CoreExpr start = core_data_start(data);
    Trap trap = evaluate(in, &start, at);
    if (trap == TRAP_NONE) trap = vm_memory_init(in, i, data->memory, at[0].u64, 0, data->size);
    return trap;
}

static Trap copy_segments(VmInstance *in) {
    const VmModule *module = in->module;
    const CoreModule *core = module->core;
    Trap trap = TRAP_NONE;
    for (uint32_t i = 0; i < core->elems.len && trap == TRAP_NONE; i++)
        if (core_elem_active(&core->elems.at[i])) trap = fill_table(in, &core->elems.at[i]);
    bool image = trap == TRAP_NONE && core->datas.len && vm_image_put(module, in->memory0);
    for (uint32_t i = 0; i < core->datas.len && trap == TRAP_NONE; i++) {
        if (!core_data_active(&core->datas.at[i])) continue;
        if (!image) trap = copy_data(in, i);
        in->dropped_data[i] = trap == TRAP_NONE;
    }
    return trap;
}

/* All that the module defines. */
static Trap make_parts(VmInstance *in) {
    Trap trap = make_memories(in);
    if (trap == TRAP_NONE) trap = make_globals(in);
    if (trap == TRAP_NONE) trap = make_tables(in);
    return trap == TRAP_NONE ? make_elems(in) : trap;
}

/* Frees an instance that nobody has seen yet, and what was made for it since. */
static void undo(VmInstance *in) {
    VmStore *store = in->store;
    for (VmObject *o = NULL; o != &in->object;) {
        o = store->objects;
        store->objects = o->next;
        o->free(store, o);
    }
    store->instance_count--;
}

VmInstance *vm_instantiate_only(VmStore *store, VmModule *module, const VmExtern *imports,
                                VmFunc **start, Trap *trap, uint32_t *bad_import) {
    *start = NULL;
    store->no_memory_left = false;
    *bad_import = UINT32_MAX;
    *trap = TRAP_INSTANCE_LIMIT;
    if (store->limits.max_instances && store->instance_count >= store->limits.max_instances) {
        vm_met(store, VM_LIMIT_INSTANCES);
        return NULL;
    }
    VmInstance *in = vm_module_lay_out(module) ? instance_new(store, module) : NULL;
    *trap = TRAP_NO_MEMORY;
    if (!in) return NULL;
    store->instance_count++;
    bool linked = take_imports(in, imports, bad_import);
    if (linked) *bad_import = UINT32_MAX;
    *trap = linked ? make_parts(in) : TRAP_NONE;
    if (!linked || *trap != TRAP_NONE) {
        undo(in);
        return NULL;
    }
    *trap = copy_segments(in);
    if (*trap != TRAP_NONE) return NULL;
    if (module->core->has_start) *start = vm_func_at(in, module->core->start);
    return in;
}

VmInstance *vm_instantiate(VmThread *thread, VmModule *module, const VmExtern *imports, Trap *trap,
                           uint32_t *bad_import) {
    VmFunc *start;
    VmStore *store = vm_thread_store(thread);
    VmInstance *in = vm_instantiate_only(store, module, imports, &start, trap, bad_import);
    if (!in || !start) return in;
    VmSlot none[1];
    if (vm_call(thread, start, none) == VM_DONE) return in;
    *trap = vm_trapped(thread);
    return NULL;
}

/* Fills the module's table of exports by name; where there is no memory for it, there is none. */
static void hash_exports(VmModule *module) {
    size_t n = module->core->exports.len;
    uint32_t bits = 5;
    while ((size_t)1 << bits < 2 * n) bits++;
    uint32_t *table = alloc_new(&module->memory, (size_t)1 << bits, sizeof *table);
    if (!table) return;
    for (size_t i = 0; i < n; i++) {
        uint64_t at = map_hash(module->core->exports.at[i].name, (uintptr_t)table);
        while (table[at & (((size_t)1 << bits) - 1)]) at++;
        table[at & (((size_t)1 << bits) - 1)] = (uint32_t)i + 1;
    }
    module->exports = table;
    module->export_bits = bits;
}

static const CoreExport *find_export(VmModule *module, Str name) {
    enum { FEW = 16 };
    if (!module->exports && module->core->exports.len > FEW) hash_exports(module);
    if (!module->exports) return core_export_find(module->core, name);
    size_t mask = ((size_t)1 << module->export_bits) - 1;
    for (uint64_t at = map_hash(name, (uintptr_t)module->exports);; at++) {
        uint32_t found = module->exports[at & mask];
        if (!found) return NULL;
        const CoreExport *export = &module->core->exports.at[found - 1];
        if (str_eq(export->name, name)) return export;
    }
}

bool vm_export(const VmInstance *in, Str name, VmExtern *out) {
    const CoreExport *export = find_export(in->module, name);
    if (export) *out = vm_export_at(in, (size_t)(export - in->module->core->exports.at));
    return export != NULL;
}

VmExtern vm_export_at(const VmInstance *in, size_t i) {
    const CoreExport *export = &in->module->core->exports.at[i];
    VmExtern out = {.kind = export->kind};
    switch (export->kind) {
    case CORE_FUNC: out.func = vm_func_at((VmInstance *)in, export->index); break;
    case CORE_TABLE: out.table = in->tables[export->index]; break;
    case CORE_MEMORY: out.memory = in->memories[export->index]; break;
    case CORE_GLOBAL: out.global = in->globals[export->index]; break;
    case CORE_TAG: out.tag = in->tags[export->index]; break;
    }
    return out;
}

const CoreModule *vm_instance_module(const VmInstance *in) { return in->module->core; }

static void host_global_free(VmStore *store, VmObject *object) {
    alloc_free(&store->memory, object);
}

VmGlobal *vm_global_new(VmStore *store, CoreValType type, bool is_mutable, VmSlot value) {
    VmHostGlobal *g = alloc_new(&store->memory, 1, sizeof *g);
    if (!g) return NULL;
    g->global = (VmGlobal){.value = {value}, .type = type, .is_mutable = is_mutable};
    vm_object_add(store, &g->object, host_global_free);
    g->object.kind = VM_OBJECT_GLOBAL;
    g->object.size = sizeof *g;
    return &g->global;
}

void vm_global_get(const VmGlobal *global, VmSlot *slots) {
    slots[0] = global->value[0];
    if (global->type == CORE_V128) slots[1] = global->value[1];
}
