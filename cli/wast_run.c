/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Running the directives of a test script: linking by `register`, calls, and what must come of them.
 * Scripts may import from the module `spectest`, which is the host's:
 *
 *     print, print_i32, ...   functions that do nothing here
 *     global_i32, ...         666, as the specification's own interpreter has it
 *     table, table64, memory  10 to 20 entries, 1 to 2 pages; shared_memory the same, shared
 */
#include "cli/wast.h"

enum { MAX_SLOTS = 2048 };

/* ---- spectest ---- */

static VmStatus print_nothing(VmThread *thread, void *context, VmSlot *slots) {
    (void)thread, (void)context, (void)slots;
    return VM_DONE;
}

static const struct {
    const char *name;
    uint32_t param_count;
    CoreValType params[2];
} prints[] = {
    {"print", 0, {0}},
    {"print_i32", 1, {CORE_I32}},
    {"print_i64", 1, {CORE_I64}},
    {"print_f32", 1, {CORE_F32}},
    {"print_f64", 1, {CORE_F64}},
    {"print_i32_f32", 2, {CORE_I32, CORE_F32}},
    {"print_f64_f64", 2, {CORE_F64, CORE_F64}},
};

static bool spectest_export(Wast *w, Str name, VmExtern *out) {
    static const struct {
        const char *name;
        CoreValType type;
    } globals[] = {{"global_i32", CORE_I32},
                   {"global_i64", CORE_I64},
                   {"global_f32", CORE_F32},
                   {"global_f64", CORE_F64}};
    /* Each is made once, so that all modules share it. */
    bool added;
    MapEntry *entry =
        map_put(w->cli->arena, &w->instances, str_concat(w->cli->arena, STR("\n"), name), &added);
    if (!added) {
        if (entry->ptr) *out = *(VmExtern *)entry->ptr;
        return entry->ptr != NULL;
    }
    for (size_t i = 0; i < sizeof prints / sizeof *prints; i++) {
        if (!str_is(name, prints[i].name)) continue;
        out->kind = CORE_FUNC;
        out->func = vm_host_func(w->store, prints[i].params, prints[i].param_count, NULL, 0,
                                 print_nothing, NULL, NULL);
        goto keep;
    }
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++) {
        if (!str_is(name, globals[i].name)) continue;
        VmSlot value = {.u64 = 666};
        if (globals[i].type == CORE_F32) value = (VmSlot){.f32 = 666.6f};
        if (globals[i].type == CORE_F64) value = (VmSlot){.f64 = 666.6};
        out->kind = CORE_GLOBAL;
        out->global = vm_global_new(w->store, globals[i].type, false, value);
        goto keep;
    }
    CoreLimits limits = {.min = 10, .max = 20, .has_max = true, .page_log2 = 16};
    if (str_is(name, "table") || str_is(name, "table64")) {
        limits.is_64 = str_is(name, "table64");
        out->kind = CORE_TABLE;
        out->table = vm_table_new(w->store, CORE_FUNCREF, &limits, (VmSlot){0});
    } else if (str_is(name, "memory") || str_is(name, "shared_memory")) {
        limits.min = 1, limits.max = 2;
        limits.shared = str_is(name, "shared_memory");
        out->kind = CORE_MEMORY;
        out->memory = vm_memory_new(w->store, &limits);
    } else {
        return false;
    }
keep:
    entry = map_get(&w->instances, entry->key);
    entry->ptr = arena_copy(w->cli->arena, out, sizeof *out);
    return true;
}

bool wast_start(Wast *w) {
    w->store = vm_store_new(NULL);
    w->thread = w->store ? vm_thread_new(w->store) : NULL;
    if (!w->thread) diag(&w->cli->diags, CLI_NO_MEMORY, span_none());
    return w->thread != NULL;
}

void wast_stop(Wast *w) {
    if (!w->store) return;
    vm_thread_free(w->thread);
    vm_store_free(w->store);
}

/* ---- instances ---- */

static Str dollar(Wast *w, Str name) { return str_fmt(w->cli->arena, "$%.*s", STR_ARG(name)); }

static WastInstance *find_instance(Wast *w, Str name) {
    if (name.len == 0) return w->current;
    MapEntry *entry = map_get(&w->instances, dollar(w, name));
    return entry ? entry->ptr : NULL;
}

static bool find_import(Wast *w, const CoreImport *import, VmExtern *out) {
    MapEntry *entry = map_get(&w->instances, import->module);
    WastInstance *from = entry ? entry->ptr : NULL;
    if (from) return from->core && vm_export(from->core, import->name, out);
    return str_is(import->module, "spectest") && spectest_export(w, import->name, out);
}

static VmInstance *instantiate_core(Wast *w, const CoreModule *module, Str *why, bool *trapped) {
    VmExtern *imports = ARENA_NEW_ARRAY(w->cli->arena, VmExtern, module->imports.len);
    for (size_t i = 0; i < module->imports.len; i++) {
        const CoreImport *import = &module->imports.at[i];
        if (find_import(w, import, &imports[i])) continue;
        *why = str_fmt(w->cli->arena, "unknown import `%.*s` of `%.*s`", STR_ARG(import->name),
                       STR_ARG(import->module));
        return NULL;
    }
    Trap trap = TRAP_NONE;
    uint32_t bad = 0;
    VmModule *ready = vm_module_new(w->store, module);
    VmInstance *instance = ready ? vm_instantiate(w->thread, ready, imports, &trap, &bad) : NULL;
    if (!instance && trap == TRAP_NONE) {
        Str name = bad < module->imports.len ? module->imports.at[bad].name : (Str){0};
        *why = str_fmt(w->cli->arena, "incompatible import type for `%.*s`", STR_ARG(name));
    } else if (!instance) {
        *trapped = true;
        *why =
            vm_trapped(w->thread) == trap ? vm_trap_message(w->thread) : str_from(trap_text(trap));
    }
    return instance;
}

static VmComponent *instantiate_component(Wast *w, const CompInfo *info, Str *why, bool *trapped) {
    Diags faults = {.arena = w->cli->arena};
    VmLinker *linker = vm_linker_new(w->store);
    VmComponent *component = vm_component_new(w->thread, info, linker, &faults);
    vm_linker_free(linker);
    if (component) return component;
    *trapped = faults.errors == 0;
    *why = faults.list.len ? faults.list.at[0].message : vm_trap_message(w->thread);
    return NULL;
}

bool wast_instantiate(Wast *w, const WastDefinition *definition, Str name, Str *why,
                      bool *trapped) {
    WastInstance made = {0};
    *trapped = false;
    if (definition->module) made.core = instantiate_core(w, definition->module, why, trapped);
    else made.component = instantiate_component(w, definition->info, why, trapped);
    if (!made.core && !made.component) return false;
    w->current = arena_copy(w->cli->arena, &made, sizeof made);
    if (name.len) map_put(w->cli->arena, &w->instances, dollar(w, name), NULL)->ptr = w->current;
    return true;
}

bool wast_share(Wast *from, Wast *to, Str name) {
    WastInstance *instance = find_instance(from, name);
    if (instance)
        map_put(from->cli->arena, &to->instances, dollar(from, name), NULL)->ptr = instance;
    return instance != NULL;
}

void wast_register(Wast *w, const WastCommand *c) {
    WastInstance *instance = find_instance(w, c->module_name);
    if (!instance) wast_fail(w, "no instance `%.*s` to register", STR_ARG(c->module_name));
    else map_put(w->cli->arena, &w->instances, c->name, NULL)->ptr = instance;
}

/* ---- calls ---- */

typedef struct {
    VmStatus status;
    VmSlot slots[MAX_SLOTS];
    const CoreType *type; /* core: what the results are */
    CoreValType global;   /* `get` */
    const WitFunc *func;  /* component */
    AbiValue *cells;
} Outcome;

static bool call_core(Wast *w, const WastCommand *c, VmInstance *instance, Outcome *out) {
    VmExtern item;
    if (!vm_export(instance, c->name, &item)) {
        wast_fail(w, "no export `%.*s`", STR_ARG(c->name));
        return false;
    }
    if (c->is_get && item.kind == CORE_GLOBAL) {
        const CoreModule *module = vm_instance_module(instance);
        const CoreExport *export = core_export_find(module, c->name);
        out->global = module->globals.at[export->index].type;
        vm_global_get(item.global, out->slots);
        out->status = VM_DONE;
        return true;
    }
    if (item.kind != CORE_FUNC || c->is_get) {
        wast_fail(w, "export `%.*s` is of another kind", STR_ARG(c->name));
        return false;
    }
    out->type = core_space_type(vm_store_types(w->store), vm_func_type(item.func));
    uint32_t at = 0, used;
    bool fits = c->args.len == out->type->param_count &&
                c->args.len + out->type->result_count < MAX_SLOTS / 2;
    for (size_t i = 0; fits && i < c->args.len; i++, at += used) {
        fits = wast_to_slots(&c->args.at[i], out->slots + at, &used);
    }
    if (fits) out->status = vm_call(w->thread, item.func, out->slots);
    else wast_fail(w, "cannot pass these arguments to `%.*s`", STR_ARG(c->name));
    return fits;
}

static bool call_component(Wast *w, const WastCommand *c, VmComponent *component, Outcome *out) {
    Arena *arena = w->cli->arena;
    AbiCache cache = {.arena = arena};
    /* "ns:pkg/iface#f" or "f" */
    size_t hash = str_find(c->name, '#', 0);
    Str interface = hash == SIZE_MAX ? (Str){0} : str_from_to(c->name, 0, hash);
    Str name = hash == SIZE_MAX ? c->name : str_after(c->name, hash + 1);
    VmComponentFunc *func = vm_component_func(component, interface, name);
    if (!func) {
        wast_fail(w, "no exported function `%.*s`", STR_ARG(c->name));
        return false;
    }
    out->func = vm_component_func_type(func);
    const AbiPlan *params = abi_plan_fields(&cache, out->func->params.at, out->func->params.len);
    const AbiPlan *result = out->func->result ? abi_plan(&cache, out->func->result) : NULL;
    bool fits = params && (result || !out->func->result) && c->args.len == out->func->params.len;
    AbiValue *args = ARENA_NEW_ARRAY(arena, AbiValue, params ? params->op_count + 1 : 1),
             *cell = args;
    for (size_t i = 0; fits && i < c->args.len; i++) {
        fits = wast_to_cells(arena, &cache, out->func->params.at[i].type, &c->args.at[i], &cell);
    }
    if (!fits) {
        wast_fail(w, "cannot pass these arguments to `%.*s`", STR_ARG(c->name));
        return false;
    }
    out->cells = ARENA_NEW_ARRAY(arena, AbiValue, result ? result->op_count + 1 : 1);
    out->status = vm_component_call(w->thread, func, args, out->cells, arena);
    return true;
}

/* ---- outcomes ---- */

static bool values_match(Wast *w, const WastCommand *c, const Outcome *out) {
    if (out->func) {
        AbiCache cache = {.arena = w->cli->arena};
        const AbiValue *cell = out->cells;
        if (c->expected.len != (out->func->result ? 1 : 0)) return false;
        return !out->func->result ||
               wast_match_cells(&cache, out->func->result, &c->expected.at[0], &cell);
    }
    size_t count = out->type ? out->type->result_count : 1;
    if (c->expected.len != count) return false;
    uint32_t at = 0, used;
    for (size_t i = 0; i < count; i++, at += used) {
        CoreValType type = out->type ? out->type->results[i] : out->global;
        if (!wast_match_slots(&c->expected.at[i], type, out->slots + at, &used)) return false;
    }
    return true;
}

static void show_got(Wast *w, const WastCommand *c, const Outcome *out, Buf *text) {
    size_t count = out->type ? out->type->result_count : 1;
    uint32_t at = 0;
    if (out->func) {
        AbiCache cache = {.arena = w->cli->arena};
        const AbiValue *cell = out->cells;
        if (out->func->result) wast_show_cells(text, &cache, out->func->result, &cell);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        CoreValType type = out->type ? out->type->results[i] : out->global;
        if (i) buf_byte(text, ' ');
        wast_show_slots(text, type, out->slots + at,
                        i < c->expected.len ? &c->expected.at[i] : NULL);
        at += wast_slots_of(type);
    }
}

static void compare(Wast *w, const WastCommand *c, const Outcome *out) {
    if (values_match(w, c, out)) return;
    Buf expected = {.arena = w->cli->arena}, got = {.arena = w->cli->arena};
    for (size_t i = 0; i < c->expected.len; i++) {
        const WastValue *v = &c->expected.at[i];
        if (i) buf_byte(&expected, ' ');
        buf_str(&expected, str_from_to(w->script->text, v->start, v->end));
    }
    show_got(w, c, out, &got);
    wast_differs(w, c->name, expected.len ? buf_text(&expected) : STR("nothing"),
                 got.len ? buf_text(&got) : STR("nothing"));
}

/* The script's text may say more than ours ("uninitialized element 2", "wasm trap: ...") or less. */
static bool trap_matches(Str said, Str expected) {
    return str_find_str(said, expected, 0) != SIZE_MAX ||
           str_find_str(expected, said, 0) != SIZE_MAX ||
           (str_starts(expected, STR("wasm trap: ")) &&
            trap_matches(said, str_after(expected, 11)));
}

static void check_trap(Wast *w, const WastCommand *c, const Outcome *out) {
    if (out->status == VM_DONE) {
        wast_fail(w, "returned, expected a trap: %.*s", STR_ARG(c->message));
        return;
    }
    Str said = vm_trap_message(w->thread);
    if (c->kind == WAST_ASSERT_EXCEPTION) {
        if (vm_trapped(w->thread) != TRAP_UNCAUGHT_EXCEPTION)
            wast_fail(w, "trapped with `%.*s`, expected an exception", STR_ARG(said));
    } else if (!trap_matches(said, c->message)) {
        wast_fail(w, "trapped with `%.*s`, expected `%.*s`", STR_ARG(said), STR_ARG(c->message));
    }
}

void wast_action(Wast *w, const WastCommand *c) {
    WastInstance *instance = find_instance(w, c->module_name);
    if (!instance) {
        wast_fail(w, "no instance `%.*s`", STR_ARG(c->module_name));
        return;
    }
    Outcome *out = ARENA_NEW(w->cli->arena, Outcome);
    bool called = instance->core ? call_core(w, c, instance->core, out)
                                 : call_component(w, c, instance->component, out);
    if (!called) return;
    if (out->status == VM_SUSPEND) {
        wast_fail(w, "suspended, and nothing can wake it");
    } else if (c->kind == WAST_ASSERT_TRAP || c->kind == WAST_ASSERT_EXHAUSTION ||
               c->kind == WAST_ASSERT_EXCEPTION) {
        check_trap(w, c, out);
    } else if (out->status != VM_DONE) {
        wast_fail(w, "trapped: %.*s", STR_ARG(vm_trap_message(w->thread)));
    } else if (c->kind == WAST_ASSERT_RETURN) {
        compare(w, c, out);
    }
}
