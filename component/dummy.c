/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A core module that implements a world by doing nothing: it imports all that the world offers,
 * exports all that it demands, each function `unreachable`, and a memory.
 *
 *     imports    functions and resources of the world's imports; with asynchronous names also the
 *                built-ins for tasks, streams and futures
 *     exports    functions, what follows them (post-return or callback), destructors, and the
 *                module's own: memory, realloc, initialization
 */
#include "component/componentize.h"

typedef struct {
    Arena *arena;
    CoreModule *module;
    AbiCache cache;
    CompNaming naming;
} Dummy;

static bool is_standard(const Dummy *d) { return d->naming == COMP_NAMES_STANDARD32; }

static bool has_async_names(const Dummy *d) {
    return d->naming == COMP_NAMES_CALLBACK || d->naming == COMP_NAMES_STACKFUL;
}

/* Whether the function goes by asynchronous names. */
static bool is_async(const Dummy *d, const WitFunc *f) { return f->is_async && has_async_names(d); }

static uint32_t type_of(Dummy *d, const CoreType *t) {
    return core_func_type_add(d->arena, d->module, t->params, t->param_count, t->results,
                              t->result_count);
}

static void import_func(Dummy *d, Str module, Str name, const CoreType *type) {
    uint32_t index = type_of(d, type);
    CoreImport *import = core_import_add(d->arena, d->module, CORE_FUNC, module, name);
    d->module->funcs.at[import->index].type = index;
}

static void import_text(Dummy *d, Str module, Str name, const char *params, const char *results) {
    import_func(d, module, name, comp_text_type(d->arena, params, results));
}

static void export_func(Dummy *d, Str name, const CoreType *type, bool traps) {
    Buf code = {.arena = d->arena};
    CoreInstr trap = core_instr(CORE_OP_UNREACHABLE), end = core_instr(CORE_OP_END);
    if (traps) core_instr_put(&code, &trap);
    core_instr_put(&code, &end);
    uint32_t index = (uint32_t)d->module->funcs.len;
    core_func_add(d->arena, d->module, type_of(d, type))->body.bytes = buf_text(&code);
    *vec_push(d->arena, &d->module->exports) =
        (CoreExport){.name = name, .kind = CORE_FUNC, .index = index};
}

static void export_text(Dummy *d, Str name, const char *params, const char *results) {
    export_func(d, name, comp_text_type(d->arena, params, results), *results != 0);
}

/* The signature of a function whose type is too large for the canonical ABI: the linker refuses it,
 * but a module can be made. */
static const AbiFunc *too_large(Dummy *d, AbiVariant variant) {
    static const AbiCore i32[] = {ABI_I32, ABI_I32};
    bool lower = variant == ABI_LOWER || variant == ABI_LOWER_ASYNC;
    AbiFunc *abi = ARENA_NEW(d->arena, AbiFunc);
    *abi = (AbiFunc){.variant = variant, .core_params = i32, .core_results = i32};
    abi->core_param_count = lower ? 2 : 1;
    abi->core_result_count = variant != ABI_LOWER && variant != ABI_LIFT_ASYNC;
    return abi;
}

static const AbiFunc *abi_of(Dummy *d, const WitFunc *f, AbiVariant variant) {
    const AbiFunc *abi = abi_func(&d->cache, f, variant);
    return abi ? abi : too_large(d, variant);
}

/* ---- imports ---- */

static void import_payload(Dummy *d, Str module, const WitFunc *f, const WitType *type,
                           size_t number) {
    bool is_stream = type->kind == WIT_STREAM;
    static const struct {
        const char *name, *params, *results;
    } rows[] = {{"new", "", "l"},           {"cancel-read", "i", "i"},  {"cancel-write", "i", "i"},
                {"drop-readable", "i", ""}, {"drop-writable", "i", ""}, {"read", NULL, "i"},
                {"write", NULL, "i"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *params = rows[i].params ? rows[i].params : is_stream ? "iii" : "ii";
        Str name = str_fmt(d->arena, "%s[%s-%s-%zu]%.*s", rows[i].params ? "" : "[async-lower]",
                           is_stream ? "stream" : "future", rows[i].name, number, STR_ARG(f->name));
        import_text(d, module, name, params, rows[i].results);
    }
}

static void import_payloads(Dummy *d, Str module, const WitFunc *f) {
    CompTypeList payloads = comp_payloads(d->arena, f);
    for (size_t i = 0; i < payloads.len; i++) import_payload(d, module, f, payloads.at[i], i);
}

static void import_item_func(Dummy *d, const WitItem *item, const WitFunc *f) {
    const AbiFunc *abi = abi_of(d, f, is_async(d, f) ? ABI_LOWER_ASYNC : ABI_LOWER);
    Str module = comp_import_module(d->arena, item, is_standard(d), false);
    Str name = is_async(d, f) ? str_concat(d->arena, STR("[async-lower]"), f->name) : f->name;
    import_func(d, module, name, comp_abi_type(d->arena, abi));
    if (is_async(d, f)) import_payloads(d, module, f);
}

static void import_resource(Dummy *d, Str module, const WitType *type, const char *what,
                            const char *results) {
    Str name = is_standard(d) ? str_fmt(d->arena, "%.*s_%s", STR_ARG(type->name), what)
                              : str_fmt(d->arena, "[resource-%s]%.*s", what, STR_ARG(type->name));
    import_text(d, module, name, "i", results);
}

static void import_item(Dummy *d, const WitItem *item) {
    Str module = comp_import_module(d->arena, item, is_standard(d), false);
    switch (item->kind) {
    case WIT_ITEM_FUNC: import_item_func(d, item, item->func); return;
    case WIT_ITEM_TYPE:
        if (item->type->kind == WIT_RESOURCE) import_resource(d, module, item->type, "drop", "");
        return;
    case WIT_ITEM_INTERFACE: break;
    }
    for (size_t i = 0; i < item->interface->funcs.len; i++)
        import_item_func(d, item, item->interface->funcs.at[i]);
    for (size_t i = 0; i < item->interface->types.len; i++) {
        const WitType *type = item->interface->types.at[i];
        if (type->kind == WIT_RESOURCE) import_resource(d, module, type, "drop", "");
    }
}

/* Built-ins that belong to no item. */
static void import_builtins(Dummy *d) {
    static const struct {
        const char *name, *params, *results;
    } rows[] = {{"[backpressure-inc]", "", ""},     {"[backpressure-dec]", "", ""},
                {"[waitable-set-new]", "", "i"},    {"[waitable-set-wait]", "ii", "i"},
                {"[waitable-set-poll]", "ii", "i"}, {"[waitable-set-drop]", "i", ""},
                {"[waitable-join]", "ii", ""},      {"[thread-yield]", "", "i"},
                {"[subtask-drop]", "i", ""},        {"[subtask-cancel]", "i", "i"},
                {"[context-get-0]", "", "i"},       {"[context-set-0]", "i", ""}};
    if (!has_async_names(d)) return;
    import_text(d, STR("[export]$root"), STR("[task-cancel]"), "", "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        import_text(d, STR("$root"), str_from(rows[i].name), rows[i].params, rows[i].results);
}

/* What the implementation of an export calls. */
static void import_for_export_func(Dummy *d, const WitItem *item, const WitFunc *f) {
    if (!has_async_names(d)) return;
    const AbiFunc *abi = comp_task_return(&d->cache, f);
    if (!abi) abi = too_large(d, ABI_LOWER);
    Str module = comp_import_module(d->arena, item, false, true);
    import_func(d, module, str_concat(d->arena, STR("[task-return]"), f->name),
                comp_abi_type(d->arena, abi));
    import_payloads(d, module, f);
}

static void import_for_export(Dummy *d, const WitItem *item) {
    if (item->kind == WIT_ITEM_FUNC) import_for_export_func(d, item, item->func);
    if (item->kind != WIT_ITEM_INTERFACE) return;
    for (size_t i = 0; i < item->interface->funcs.len; i++)
        import_for_export_func(d, item, item->interface->funcs.at[i]);
    Str module = comp_import_module(d->arena, item, is_standard(d), true);
    for (size_t i = 0; i < item->interface->types.len; i++) {
        const WitType *type = item->interface->types.at[i];
        if (type->kind != WIT_RESOURCE) continue;
        import_resource(d, module, type, "drop", "");
        import_resource(d, module, type, "new", "i");
        import_resource(d, module, type, "rep", "i");
    }
}

/* ---- exports ---- */

static void export_item_func(Dummy *d, const WitItem *item, const WitFunc *f) {
    bool is_callback = is_async(d, f) && d->naming == COMP_NAMES_CALLBACK;
    const AbiFunc *abi = abi_of(d, f,
                                is_callback      ? ABI_LIFT_ASYNC_CALLBACK
                                : is_async(d, f) ? ABI_LIFT_ASYNC
                                                 : ABI_LIFT);
    Str name = comp_export_name(d->arena, item, f->name, is_standard(d));
    if (is_async(d, f)) {
        Str prefix = is_callback ? STR("[async-lift]") : STR("[async-lift-stackful]");
        name = str_concat(d->arena, prefix, name);
    }
    export_func(d, name, comp_abi_type(d->arena, abi), true);
    if (is_callback) {
        export_text(d, str_concat(d->arena, STR("[callback]"), name), "iii", "i");
    } else if (!is_async(d, f)) {
        Str post = is_standard(d) ? str_concat(d->arena, name, STR("_post"))
                                  : str_concat(d->arena, STR("cabi_post_"), name);
        const CoreType *type =
            comp_flat_func(d->arena, abi->core_results, abi->core_result_count, NULL, 0);
        export_func(d, post, type, false);
    }
}

static void export_item(Dummy *d, const WitItem *item) {
    if (item->kind == WIT_ITEM_FUNC) export_item_func(d, item, item->func);
    if (item->kind != WIT_ITEM_INTERFACE) return;
    for (size_t i = 0; i < item->interface->funcs.len; i++)
        export_item_func(d, item, item->interface->funcs.at[i]);
    for (size_t i = 0; i < item->interface->types.len; i++) {
        const WitType *type = item->interface->types.at[i];
        if (type->kind == WIT_RESOURCE)
            export_text(d, comp_dtor_name(d->arena, item, type, is_standard(d)), "i", "");
    }
}

static void export_own(Dummy *d) {
    CoreMemory *memory = vec_push(d->arena, &d->module->memories);
    memory->import = CORE_NONE;
    *vec_push(d->arena, &d->module->exports) = (CoreExport){
        .name = is_standard(d) ? STR("cm32p2_memory") : STR("memory"), .kind = CORE_MEMORY};
    export_text(d, is_standard(d) ? STR("cm32p2_realloc") : STR("cabi_realloc"), "iiii", "i");
    export_text(d, is_standard(d) ? STR("cm32p2_initialize") : STR("_initialize"), "", "");
}

static void each(Dummy *d, const WitItems *items, void (*what)(Dummy *, const WitItem *)) {
    for (size_t i = 0; i < items->len; i++) what(d, &items->at[i]);
}

void comp_dummy_module(Arena *arena, const WitWorld *world, CompNaming naming, Buf *out) {
    Dummy d = {.arena = arena,
               .module = core_module_new(arena),
               .cache = {.arena = arena, .no_steps = true},
               .naming = naming};
    each(&d, &world->imports, import_item);
    import_builtins(&d);
    each(&d, &world->exports, import_for_export);
    each(&d, &world->exports, export_item);
    export_own(&d);
    core_encode(d.module, out);
}
