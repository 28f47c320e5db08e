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

enum { MAX_VALUES = 2000 };

/* ---- spectest ---- */

static witc_status print_nothing(witc_caller *caller, void *context, witc_slot *slots) {
    (void)caller, (void)context, (void)slots;
    return WITC_DONE;
}

static const struct {
    const char *name;
    uint32_t param_count;
    witc_valtype params[2];
} prints[] = {
    {"print", 0, {0}},
    {"print_i32", 1, {WITC_I32}},
    {"print_i64", 1, {WITC_I64}},
    {"print_f32", 1, {WITC_F32}},
    {"print_f64", 1, {WITC_F64}},
    {"print_i32_f32", 2, {WITC_I32, WITC_F32}},
    {"print_f64_f64", 2, {WITC_F64, WITC_F64}},
};

static witc_func *spectest_func(Wast *w, Str name) {
    for (size_t i = 0; i < sizeof prints / sizeof *prints; i++) {
        witc_functype type = {.params = prints[i].params, .param_count = prints[i].param_count};
        if (str_is(name, prints[i].name))
            return witc_func_new_raw(w->store, &type, print_nothing, NULL, NULL);
    }
    return NULL;
}

static witc_global *spectest_global(Wast *w, Str name) {
    const struct {
        const char *name;
        witc_value value;
    } globals[] = {{"global_i32", witc_i32(666)},
                   {"global_i64", witc_i64(666)},
                   {"global_f32", witc_f32(666.6f)},
                   {"global_f64", witc_f64(666.6)}};
    for (size_t i = 0; i < sizeof globals / sizeof *globals; i++) {
        if (str_is(name, globals[i].name))
            return witc_global_new(w->store, globals[i].value.type, false, &globals[i].value);
    }
    return NULL;
}

static witc_extern spectest_make(Wast *w, Str name) {
    witc_limits_type table = {.min = 10, .max = 20, .has_max = true};
    witc_limits_type memory = {.min = 1, .max = 2, .has_max = true};
    witc_extern out = {.kind = WITC_KIND_FUNC};
    table.is_64 = str_is(name, "table64");
    memory.shared = str_is(name, "shared_memory");
    if (table.is_64 || str_is(name, "table")) {
        out.kind = WITC_KIND_TABLE;
        out.of.table = witc_table_new(w->store, WITC_FUNCREF, &table, NULL);
    } else if (memory.shared || str_is(name, "memory")) {
        out.kind = WITC_KIND_MEMORY;
        out.of.memory = witc_memory_new(w->store, &memory);
    } else if (str_starts(name, STR("global_"))) {
        out.kind = WITC_KIND_GLOBAL;
        out.of.global = spectest_global(w, name);
    } else {
        out.of.func = spectest_func(w, name);
    }
    return out;
}

/* Each is made once, so that all modules share it. */
static bool spectest_export(Wast *w, Str name, witc_extern *out) {
    bool added;
    Str key = str_concat(w->cli->arena, STR("\n"), name);
    MapEntry *entry = map_put(w->cli->arena, &w->instances, key, &added);
    if (added) {
        *out = spectest_make(w, name);
        entry->ptr = arena_copy(w->cli->arena, out, sizeof *out);
    }
    *out = *(witc_extern *)entry->ptr;
    return out->of.any != NULL;
}

/* The features as the engine's configuration names them: what is on, then what is off. */
static const char *feature_words(Wast *w) {
    Buf words = {.arena = w->cli->arena};
    buf_str(&words, STR("mvp"));
    for (int on = 1; on >= 0; on--) {
        for (Feature f = 0; f < FEATURE_COUNT; f++) {
            if (((w->features & FEATURE_BIT(f)) != 0) == on)
                buf_fmt(&words, ",%s%s", on ? "" : "-", feature_name(f));
        }
    }
    return str_c(w->cli->arena, buf_text(&words));
}

bool wast_start(Wast *w) {
    const witc_config config = {.size = sizeof config, .features = feature_words(w)};
    w->engine = witc_engine_new(&config);
    w->store = w->engine ? witc_store_new(w->engine, NULL) : NULL;
    if (!w->store) diag(&w->cli->diags, CLI_NO_MEMORY, span_none());
    return w->store != NULL;
}

void wast_stop(Wast *w) {
    vm_thread_free(w->thread);
    if (w->vm) vm_store_free(w->vm);
    witc_store_free(w->store);
    for (size_t i = 0; i < w->modules.len; i++) witc_module_free(w->modules.at[i]);
    witc_engine_free(w->engine);
}

/* ---- instances ---- */

static Str dollar(Wast *w, Str name) { return str_fmt(w->cli->arena, "$%.*s", STR_ARG(name)); }

static WastInstance *find_instance(Wast *w, Str name) {
    if (name.len == 0) return w->current;
    MapEntry *entry = map_get(&w->instances, dollar(w, name));
    return entry ? entry->ptr : NULL;
}

static bool find_import(Wast *w, witc_str module, witc_str name, witc_extern *out) {
    Str from_name = {module.ptr, module.len};
    MapEntry *entry = map_get(&w->instances, from_name);
    WastInstance *from = entry ? entry->ptr : NULL;
    if (from) return from->core && witc_instance_export(from->core, name, out);
    return str_is(from_name, "spectest") && spectest_export(w, (Str){name.ptr, name.len}, out);
}

static Str failure_text(Wast *w) {
    witc_str message = witc_store_failure(w->store).message;
    return str_copy(w->cli->arena, (Str){message.ptr, message.len});
}

static witc_instance *instantiate_core(Wast *w, witc_module *module, Str *why, bool *trapped) {
    size_t count = witc_module_import_count(module);
    witc_extern *imports = ARENA_NEW_ARRAY(w->cli->arena, witc_extern, count + 1);
    for (size_t i = 0; i < count; i++) {
        witc_import_type import = witc_module_import(module, i);
        if (!find_import(w, import.module, import.name, &imports[i]))
            imports[i] =
                (witc_extern){WITC_KIND_FUNC, {NULL}}; /* the engine says what is missing */
    }
    witc_instance *instance = NULL;
    witc_status status = witc_instantiate(w->store, module, imports, count, &instance);
    if (status == WITC_DONE) return instance;
    *trapped = status == WITC_TRAP || status == WITC_EXCEPTION;
    *why = failure_text(w);
    return NULL;
}

static VmComponent *instantiate_component(Wast *w, const CompInfo *info, Str *why, bool *trapped) {
    Diags faults = {.arena = w->cli->arena};
    if (!w->vm) w->vm = vm_store_new(NULL);
    if (w->vm && !w->thread) w->thread = vm_thread_new(w->vm);
    *why = STR("no memory is left");
    if (!w->thread) return NULL;
    VmLinker *linker = vm_linker_new(w->vm);
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

/* What has come of a call. */
typedef struct {
    enum { RETURNED, TRAPPED, THROWN, SUSPENDED } how;
    Str why;             /* TRAPPED, THROWN */
    witc_value *results; /* of a core function or global */
    size_t count;
    const WitFunc *func; /* of a component */
    AbiValue *cells;
} Outcome;

static bool get_global(Wast *w, const WastCommand *c, const witc_extern *item, Outcome *out) {
    if (item->kind != WITC_KIND_GLOBAL) {
        wast_fail(w, "export `%.*s` is of another kind", STR_ARG(c->name));
        return false;
    }
    out->results = ARENA_NEW(w->cli->arena, witc_value);
    out->results[0] = witc_global_get(w->store, item->of.global);
    out->count = 1;
    return true;
}

static void call_func(Wast *w, witc_func *func, const witc_value *args, size_t arg_count,
                      Outcome *out) {
    switch (witc_func_call(w->store, func, args, arg_count, out->results, out->count)) {
    case WITC_DONE: return;
    case WITC_SUSPENDED: out->how = SUSPENDED; break;
    case WITC_EXCEPTION: out->how = THROWN; break;
    default: out->how = TRAPPED; break;
    }
    out->why = failure_text(w);
}

static bool call_core(Wast *w, const WastCommand *c, witc_instance *instance, Outcome *out) {
    witc_extern item;
    if (!witc_instance_export(instance, (witc_str){c->name.ptr, c->name.len}, &item)) {
        wast_fail(w, "no export `%.*s`", STR_ARG(c->name));
        return false;
    }
    if (c->is_get) return get_global(w, c, &item, out);
    if (item.kind != WITC_KIND_FUNC) {
        wast_fail(w, "export `%.*s` is of another kind", STR_ARG(c->name));
        return false;
    }
    witc_functype type = witc_func_type(w->store, item.of.func);
    witc_value *args = ARENA_NEW_ARRAY(w->cli->arena, witc_value, c->args.len + 1);
    out->count = type.result_count;
    out->results = ARENA_NEW_ARRAY(w->cli->arena, witc_value, out->count + 1);
    size_t given = 0;
    bool fits = c->args.len == type.param_count && c->args.len < MAX_VALUES;
    for (; fits && given < c->args.len; given++)
        fits = wast_to_value(w->store, &c->args.at[given], type.params[given], &args[given]);
    if (fits) call_func(w, item.of.func, args, given, out);
    else wast_fail(w, "cannot pass these arguments to `%.*s`", STR_ARG(c->name));
    witc_values_free(args, given);
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
    VmStatus status = vm_component_call(w->thread, func, args, out->cells, arena);
    out->how = status == VM_DONE ? RETURNED : status == VM_SUSPEND ? SUSPENDED : TRAPPED;
    if (out->how == TRAPPED) out->why = vm_trap_message(w->thread);
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
    if (c->expected.len != out->count) return false;
    for (size_t i = 0; i < out->count; i++) {
        if (!wast_match_value(&c->expected.at[i], &out->results[i])) return false;
    }
    return true;
}

static void show_got(Wast *w, const WastCommand *c, const Outcome *out, Buf *text) {
    if (out->func) {
        AbiCache cache = {.arena = w->cli->arena};
        const AbiValue *cell = out->cells;
        if (out->func->result) wast_show_cells(text, &cache, out->func->result, &cell);
        return;
    }
    for (size_t i = 0; i < out->count; i++) {
        if (i) buf_byte(text, ' ');
        wast_show_value(text, &out->results[i], i < c->expected.len ? &c->expected.at[i] : NULL);
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

bool wast_says(Str said, Str expected) {
    return str_find_str(said, expected, 0) != SIZE_MAX ||
           str_find_str(expected, said, 0) != SIZE_MAX ||
           (str_starts(expected, STR("wasm trap: ")) && wast_says(said, str_after(expected, 11)));
}

static void check_trap(Wast *w, const WastCommand *c, const Outcome *out) {
    if (out->how == RETURNED) {
        wast_fail(w, "returned, expected a trap: %.*s", STR_ARG(c->message));
    } else if (c->kind == WAST_ASSERT_EXCEPTION) {
        if (out->how != THROWN)
            wast_fail(w, "trapped with `%.*s`, expected an exception", STR_ARG(out->why));
    } else if (!wast_says(out->why, c->message)) {
        wast_fail(w, "trapped with `%.*s`, expected `%.*s`", STR_ARG(out->why),
                  STR_ARG(c->message));
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
    if (out->how == SUSPENDED) {
        wast_fail(w, "suspended, and nothing can wake it");
    } else if (c->kind == WAST_ASSERT_TRAP || c->kind == WAST_ASSERT_EXHAUSTION ||
               c->kind == WAST_ASSERT_EXCEPTION) {
        check_trap(w, c, out);
    } else if (out->how != RETURNED) {
        wast_fail(w, "trapped: %.*s", STR_ARG(out->why));
    } else if (c->kind == WAST_ASSERT_RETURN) {
        compare(w, c, out);
    }
    if (out->how == RETURNED) witc_values_free(out->results, out->count);
}
