/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The core instances of a component, in the order in which each has what it imports:
 *
 *     shim       needs nothing
 *     main       built-ins and lowered functions that need nothing of main; the rest by the shim
 *     adapters   the same, with main's memory and exports
 *     fixup      what the shim stands for, with everybody's memory and realloc
 *     init       where libraries are linked: sets them up
 *
 * A function that a module imports is made right before that module, one that goes through the shim
 * right before the fixup module.
 */
#include "component/componentize.h"

uint32_t comp_ptr_index(const Map *map, const void *ptr) {
    const MapEntry *e = map_get(map, (Str){(const char *)&ptr, sizeof ptr});
    return e ? (uint32_t)e->value : COMP_NONE;
}

/* ---- aliases of exports ---- */

static uint32_t alias_once(Linker *l, Map *known, CompSort sort, uint32_t instance, Str name) {
    bool added;
    MapEntry *e = map_put(l->arena, known, name, &added);
    if (added) e->value = comp_add_core_alias(&l->b, sort, instance, name);
    return (uint32_t)e->value;
}

static uint32_t shim_func(Linker *l, uint32_t number) {
    return alias_once(l, &l->shim_aliases, COMP_CORE_FUNC, l->shim_instance,
                      comp_shim_name(l->arena, number));
}

static uint32_t func_alias(Linker *l, LinkModule *m, Str name) {
    return alias_once(l, &m->aliases, COMP_CORE_FUNC, m->instance, name);
}

uint32_t comp_link_func_alias(Linker *l, LinkModule *m, Str name) {
    const MapEntry *hook = map_get(&l->hooks_by_name, comp_module_key(l, m, name));
    if (!hook) return func_alias(l, m, name);
    Str wrapper = str_fmt(l->arena, "hook%u", (unsigned)hook->value);
    return alias_once(l, &l->fixup_aliases, COMP_CORE_FUNC, l->fixup_instance, wrapper);
}

uint32_t comp_link_memory(Linker *l) {
    if (l->memory != COMP_NONE) return l->memory;
    LinkModule *m = link_main(l);
    if (l->memory_import)
        l->memory =
            alias_once(l, &l->shim_aliases, COMP_CORE_MEMORY, l->shim_instance, STR("memory"));
    else l->memory = alias_once(l, &m->aliases, COMP_CORE_MEMORY, m->instance, m->memory);
    return l->memory;
}

/* ---- options of a canon ---- */

static bool realloc_index(Linker *l, LinkModule *m, Str func, bool import, uint32_t *index) {
    Str name;
    LinkModule *owner = comp_realloc_of(l, m, import, &name);
    if (!owner) {
        diag(l->diags, LINK_NEEDS_REALLOC, span_at(m->source, 0), STR_ARG(func), "cabi_realloc");
        return false;
    }
    const CoreExport *e = comp_module_export(owner, name);
    if (!comp_check_core_type(l, owner, name, e->offset, core_func_type(owner->core, e->index),
                              comp_text_type(l->arena, "iiii", "i")))
        return false;
    const MapEntry *shim = map_get(&l->realloc_shims, comp_module_key(l, owner, name));
    *index = shim ? shim_func(l, (uint32_t)shim->value) : func_alias(l, owner, name);
    return true;
}

bool comp_link_options(Linker *l, LinkModule *m, Str func, bool import, bool memory, bool realloc,
                       CompOptions *options) {
    uint32_t index;
    *options = (CompOptions){0};
    if (memory) {
        if (!link_main(l)->memory.len && !l->memory_import) {
            diag(l->diags, LINK_NEEDS_MEMORY, span_at(m->source, 0), STR_ARG(func), "memory");
            return false;
        }
        comp_add_option(l->arena, options, COMP_OPTION_MEMORY, comp_link_memory(l));
    }
    if (realloc) {
        if (!realloc_index(l, m, func, import, &index)) return false;
        comp_add_option(l->arena, options, COMP_OPTION_REALLOC, index);
    }
    return true;
}

void comp_link_encoding(Linker *l, AbiEncoding encoding, CompOptions *options) {
    comp_add_option(l->arena, options, (CompOptionKind)((int)COMP_OPTION_UTF8 + (int)encoding), 0);
}

static bool import_options(Linker *l, const LinkImport *import, CompOptions *options) {
    Str name = import->func ? import->func->name : import->field;
    if (!comp_link_options(l, import->owner, name, !import->of_export, import->needs_memory,
                           import->needs_realloc, options))
        return false;
    if (import->needs_encoding) comp_link_encoding(l, import->encoding, options);
    return true;
}

/* ---- types for built-ins ---- */

/* The type index of a resource: of an exported one that is ours, or an imported one. */
static uint32_t resource_index(Linker *l, const WitType *resource) {
    uint32_t own = comp_ptr_index(&l->own_resources, resource);
    if (own != COMP_NONE) return own;
    if (resource->interface) return comp_instances_alias(&l->types, resource);
    return comp_scope_val(&l->types.world, resource).index;
}

/* A type of an exported interface is made here without its name; the export makes it again. */
static uint32_t foreign_intrinsic(CompTypeScope *scope, const WitType *type) {
    Linker *l = scope->context;
    const WitItems *exports = &l->world->exports;
    for (size_t i = 0; i < exports->len; i++) {
        if (exports->at[i].kind != WIT_ITEM_INTERFACE ||
            exports->at[i].interface != type->interface)
            continue;
        const WitInterface *own = scope->interface;
        scope->interface = type->interface;
        uint32_t index = comp_scope_val(scope, type).index;
        scope->interface = own;
        return index;
    }
    return comp_instances_alias(&l->types, type);
}

static CompValRef intrinsic_type(Linker *l, const LinkImport *import, const WitType *type) {
    bool at_root = !import->item || import->item->kind != WIT_ITEM_INTERFACE || !import->of_export;
    return comp_scope_val(at_root ? &l->types.world : &l->intrinsics, type);
}

/* ---- what a module is given ---- */

/* The component function that an import means. */
static uint32_t imported_func(Linker *l, const LinkImport *import) {
    if (import->item->kind == WIT_ITEM_FUNC) return comp_ptr_index(&l->world_funcs, import->func);
    uint32_t instance = comp_ptr_index(&l->types.instances, import->item->interface);
    return comp_add_alias(&l->b, COMP_FUNC, instance, import->func->name);
}

static bool lower(Linker *l, const LinkImport *import, uint32_t *index) {
    CompOptions options;
    uint32_t func = imported_func(l, import);
    if (!import_options(l, import, &options)) return false;
    if (import->abi->variant == ABI_LOWER_ASYNC)
        comp_add_option(l->arena, &options, COMP_OPTION_ASYNC, 0);
    *index = comp_add_lower(&l->b, func, options);
    return true;
}

/* Threads start in functions of the main module's table, of type [i32] -> []. */
static bool thread_operands(Linker *l, const LinkImport *import, CompCanon *canon) {
    static const CoreValType i32 = CORE_I32;
    LinkModule *m = link_main(l);
    const CoreExport *e = comp_module_export(m, STR("__indirect_function_table"));
    if (!e || e->kind != CORE_TABLE) {
        diag(l->diags, LINK_THREAD_TABLE, span_at(import->owner->source, import->offset));
        return false;
    }
    canon->core_type = comp_add_core_func_type(&l->b, &i32, 1, NULL, 0);
    canon->table = alias_once(l, &m->aliases, COMP_CORE_TABLE, m->instance, e->name);
    return true;
}

static bool builtin(Linker *l, const LinkImport *import, uint32_t *index) {
    CompCanon canon = import->canon;
    AbiOperands operands = abi_canon_operands((AbiCanon)canon.op);
    if (import->resource) canon.type = resource_index(l, import->resource);
    if (import->payload) canon.type = intrinsic_type(l, import, import->payload).index;
    if (canon.op == COMP_CANON_TASK_RETURN)
        canon.result = intrinsic_type(l, import, import->func->result);
    if (!import_options(l, import, &canon.options)) return false;
    if (operands == ABI_OPERANDS_CANCEL_MEM) {
        canon.memory = canon.options.memory;
        canon.options = (CompOptions){0};
    }
    if (operands == ABI_OPERANDS_TYPE_OPTS && canon.flag)
        comp_add_option(l->arena, &canon.options, COMP_OPTION_ASYNC, 0);
    if (operands == ABI_OPERANDS_FUNC_TABLE && !thread_operands(l, import, &canon)) return false;
    *index = comp_add_canon(&l->b, &canon);
    return true;
}

static const CompSort sorts[CORE_EXTERN_COUNT] = {[CORE_FUNC] = COMP_CORE_FUNC,
                                                  [CORE_TABLE] = COMP_CORE_TABLE,
                                                  [CORE_MEMORY] = COMP_CORE_MEMORY,
                                                  [CORE_GLOBAL] = COMP_CORE_GLOBAL,
                                                  [CORE_TAG] = COMP_CORE_TAG};

/* What an import means, itself: not the shim's function for it. */
static bool actual(Linker *l, const LinkImport *import, uint32_t *index) {
    LinkModule *m = import->adapter;
    switch (import->kind) {
    case LINK_FUNC: return lower(l, import, index);
    case LINK_CANON: return builtin(l, import, index);
    case LINK_ADAPTER: *index = func_alias(l, m, import->name); return true;
    case LINK_MAIN:
        *index = alias_once(l, &m->aliases, sorts[import->sort], m->instance, import->name);
        return true;
    case LINK_MEMORY: *index = comp_link_memory(l); return true;
    case LINK_TLS_GET:
    case LINK_TLS_SET:
        *index =
            alias_once(l, &l->shim_aliases, COMP_CORE_FUNC, l->shim_instance,
                       import->kind == LINK_TLS_GET ? STR("get-tls-base") : STR("set-tls-base"));
        return true;
    }
    return false;
}

/* One bag of items a module name, in the order in which the names are met first. */
static bool instantiate(Linker *l, LinkModule *m) {
    Map bags = {0};
    VEC(CompArgs) contents = {0};
    CompArgs args = {0};
    for (size_t i = 0; i < m->imports.len; i++) {
        const LinkImport *import = &m->imports.at[i];
        bool added;
        uint32_t index;
        MapEntry *bag = map_put(l->arena, &bags, import->module, &added);
        if (added) {
            bag->value = contents.len;
            vec_push(l->arena, &contents);
        }
        size_t at = bag->value;
        if (import->shim != COMP_NONE) index = shim_func(l, import->shim);
        else if (!actual(l, import, &index)) return false;
        *vec_push(l->arena, &contents.at[at]) = comp_arg(import->field, sorts[import->sort], index);
    }
    for (size_t i = 0; i < bags.len; i++) {
        uint32_t instance = comp_add_core_exports(&l->b, contents.at[i].at, contents.at[i].len);
        *vec_push(l->arena, &args) = comp_arg(bags.entries[i].key, COMP_CORE_INSTANCE, instance);
    }
    m->instance = comp_add_core_instance(&l->b, m->module, args.at, args.len);
    comp_set_name(l->arena, &l->b.names, COMP_CORE_INSTANCE, m->instance, m->name);
    return true;
}

/* ---- exported resources ---- */

/* Each resource of an exported interface is a type of the component; its destructor, a function of
 * the module, comes through the shim. */
static void define_resources(Linker *l) {
    const WitItems *exports = &l->world->exports;
    for (size_t i = 0; i < exports->len; i++) {
        if (exports->at[i].kind != WIT_ITEM_INTERFACE) continue;
        const WitInterface *interface = exports->at[i].interface;
        for (size_t k = 0; k < interface->types.len; k++) {
            const WitType *type = interface->types.at[k];
            if (type->kind != WIT_RESOURCE) continue;
            uint32_t shim = comp_ptr_index(&l->dtor_shims, type);
            uint32_t dtor = shim == COMP_NONE ? COMP_NONE : shim_func(l, shim);
            uint32_t index = comp_add_resource(&l->b, dtor);
            map_put_ptr(l->arena, &l->own_resources, type, NULL)->value = index;
            comp_scope_set(&l->intrinsics, type, index);
        }
    }
}

/* ---- the modules ---- */

static void add_modules(Linker *l) {
    for (size_t i = 0; i < l->modules.len; i++) {
        LinkModule *m = l->modules.at[i];
        Str name =
            m->is_adapter ? str_concat(l->arena, STR("wit-component:adapter:"), m->name) : m->name;
        m->module = comp_add_decoded_module(&l->b, m->bytes, m->core);
        comp_set_name(l->arena, &l->b.names, COMP_CORE_MODULE, m->module, name);
    }
    if (!l->shims.len && !l->memory_import && !l->tls_type) return;
    uint32_t shim = comp_add_module(&l->b, comp_shim_module(l));
    comp_set_name(l->arena, &l->b.names, COMP_CORE_MODULE, shim, STR("wit-component-shim-module"));
    l->shim_instance = comp_add_core_instance(&l->b, shim, NULL, 0);
    comp_set_name(l->arena, &l->b.names, COMP_CORE_INSTANCE, l->shim_instance,
                  STR("wit-component-shim-instance"));
}

static void give(Linker *l, CompArgs *bag, Str name, CompSort sort, uint32_t index) {
    *vec_push(l->arena, bag) = comp_arg(name, sort, index);
}

static bool give_shims(Linker *l, CompArgs *bag) {
    for (size_t i = 0; i < l->shims.len; i++) {
        LinkShim *shim = &l->shims.at[i];
        uint32_t func;
        if (shim->kind != SHIM_IMPORT) func = func_alias(l, shim->owner, shim->export_name);
        else if (!actual(l, shim->import, &func)) return false;
        Str name = comp_shim_name(l->arena, (uint32_t)i);
        give(l, bag, name, COMP_CORE_FUNC, func);
        if (!l->options->return_call_ref) continue;
        name = str_concat(l->arena, STR("g"), name);
        give(l, bag, name, COMP_CORE_GLOBAL,
             comp_add_core_alias(&l->b, COMP_CORE_GLOBAL, l->shim_instance, name));
    }
    if (l->shims.len && !l->options->return_call_ref)
        give(l, bag, STR("$imports"), COMP_CORE_TABLE,
             comp_add_core_alias(&l->b, COMP_CORE_TABLE, l->shim_instance, STR("$imports")));
    return true;
}

static bool instantiate_fixup(Linker *l) {
    LinkModule *m = link_main(l);
    CompArgs bag = {0};
    if (!l->shims.len && !m->initialize.len && !l->hooks.len) return true;
    uint32_t module = comp_add_module(&l->b, comp_fixup_module(l));
    comp_set_name(l->arena, &l->b.names, COMP_CORE_MODULE, module, STR("wit-component-fixup"));
    if (!give_shims(l, &bag)) return false;
    if (m->initialize.len)
        give(l, &bag, STR("_initialize"), COMP_CORE_FUNC, func_alias(l, m, m->initialize));
    if (l->hook.len)
        give(l, &bag, STR("hook"), COMP_CORE_FUNC, func_alias(l, l->hook_owner, l->hook));
    for (size_t i = 0; i < l->hooks.len; i++)
        give(l, &bag, str_fmt(l->arena, "to-hook%zu", i), COMP_CORE_FUNC,
             func_alias(l, l->hooks.at[i].owner, l->hooks.at[i].name));
    CompArg arg =
        comp_arg((Str){0}, COMP_CORE_INSTANCE, comp_add_core_exports(&l->b, bag.at, bag.len));
    l->fixup_instance = comp_add_core_instance(&l->b, module, &arg, 1);
    comp_set_name(l->arena, &l->b.names, COMP_CORE_INSTANCE, l->fixup_instance, STR("fixup"));
    return true;
}

bool comp_link_instantiate(Linker *l) {
    l->intrinsics = (CompTypeScope){
        .builder = &l->b, .naming = COMP_NAME_NOT, .foreign = foreign_intrinsic, .context = l};
    add_modules(l);
    define_resources(l);
    for (size_t i = 0; i < l->modules.len; i++)
        if (!instantiate(l, l->modules.at[i])) return false;
    if (!instantiate_fixup(l)) return false;
    if (l->plan) comp_link_init(l);
    return true;
}
