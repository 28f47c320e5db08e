/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Instantiating components: the items of a component are run in order, each adding what it stands
 * for to the index space of its sort.
 *
 *     (core module $m ..)              CORE_MODULE    a module made ready
 *     (core instance (instantiate ..)) CORE_INSTANCE  its exports, after its start function has run
 *     (component $c ..)                COMPONENT      the component with this instance as its scope
 *     (instance (instantiate $c ..))   INSTANCE       the exports of a new VmComponent
 *     (canon lift ..), (canon lower ..)  FUNC, CORE_FUNC
 *
 * Validation has been passed, so indices and sorts are right and are not looked at again. What can
 * fail: an import that the host does not have, limits, and traps in active segments, start
 * functions.
 *
 * Resource types: where an item brings a type or an instance into an index space, its static
 * resource types (WitType) are bound to the resources that they are (bind).
 */
#include <stdlib.h>

#include "interpreter/component.h"

typedef struct {
    VmThread *thread;
    VmStore *store;
    VmComponents *shared;
    const VmLinker *linker; /* of the outermost instance */
    Diags *diags;
} Make;

/* One instance in the making. */
typedef struct {
    Make *make;
    VmComponent *self;
    const Map *args; /* of `instantiate`; NULL: the outermost, whose imports the linker has */
    uint32_t depth;
    Str path;          /* of the instance, kept only where hosts have rules by it */
    size_t components; /* nested ones so far */
    const CompItem *item;
} Run;

/* An instance inside another one, or the outermost, which has none around it. */
typedef struct {
    const Run *around;
    const Map *args;
    Str path;
    Span span;
} Place;

static VmComponent *instantiate(Make *make, const VmClosure *closure, const Place *place);

/* ---- what a store shares ---- */

static void free_nodes(VmComponents *shared, bool fibers) {
    for (VmNode *node = shared->nodes.after; node != &shared->nodes;) {
        bool matches = vm_is_fiber(node) == fibers;
        if (matches) {
            vm_node_remove(node);
            node->free(node);
        }
        node = matches ? shared->nodes.after : node->after;
    }
}

/* Fibers first: their frames hold calls. */
static void free_components(VmStore *store, VmObject *object) {
    VmComponents *shared = (VmComponents *)object;
    free_nodes(shared, true);
    free_nodes(shared, false);
    vm_free_calls(shared);
    abi_table_free(shared->errors);
    arena_free(shared->scratch);
}

VmComponents *vm_components(VmStore *store) {
    if (!store->components) {
        store->components = ARENA_NEW(store->arena, VmComponents);
        vm_object_add(store, &store->components->object, free_components);
        VmComponents *shared = store->components;
        shared->own_plans = (AbiCache){.arena = store->arena, .no_steps = true};
        shared->plans = store->program ? &store->program->plans : &shared->own_plans;
        shared->nodes.before = shared->nodes.after = &shared->nodes;
        shared->work.before = shared->work.after = &shared->work;
        shared->waiting_end = &shared->waiting;
        shared->root.store = store;
        shared->active = &shared->root;
    }
    return store->components;
}

static VmModule *module_for(Make *make, const CoreModule *core) {
    const CoreModule **key = arena_copy(make->store->arena, &core, sizeof core);
    MapEntry *entry =
        map_put(make->store->arena, &make->shared->modules, (Str){(char *)key, sizeof core}, NULL);
    if (!entry->ptr) entry->ptr = vm_module_of(make->store, core);
    if (!entry->ptr) arena_no_memory();
    return entry->ptr;
}

static void free_component(VmStore *store, VmObject *object) {
    abi_table_free(((VmComponent *)object)->table);
    abi_table_free(((VmComponent *)object)->threads);
}

/* ---- index spaces ---- */

static Span place_of(const Run *run) {
    uint32_t at = (uint32_t)run->item->offset;
    return (Span){run->self->info->component->source, at, at};
}

static Arena *arena_of(const Run *run) { return run->make->store->arena; }

static VmItem get(const Run *run, CompSort sort, uint32_t index) {
    return run->self->spaces[sort][index];
}

static const CompEntity *entity_at(const Run *run, CompSort sort, uint32_t index) {
    return &run->self->info->spaces[sort].at[index];
}

/* The type of what the running item is about to add. */
static const CompEntity *next_entity(const Run *run, CompSort sort) {
    return entity_at(run, sort, run->self->counts[sort]);
}

static void bind_type(const Run *run, const WitType *type, VmResource *resource) {
    type = wit_dealias(type);
    if (!type || type->kind != WIT_RESOURCE || !resource) return;
    vm_bind_resource(run->self, type, resource);
}

static void bind(const Run *run, const CompEntity *entity, VmItem item) {
    if (entity->sort == COMP_TYPE) bind_type(run, entity->type, item.resource);
    if (entity->sort != COMP_INSTANCE || !item.instance) return;
    const CompExterns *exports = &entity->instance->exports;
    for (size_t i = 0; i < exports->len; i++) {
        VmNamed *named = vm_find(&item.instance->names, exports->at[i].name.name);
        if (named) bind(run, &exports->at[i].entity, named->item);
    }
}

static void push(const Run *run, CompSort sort, VmItem item) {
    VmComponent *self = run->self;
    if (sort == COMP_TYPE || sort == COMP_INSTANCE) bind(run, next_entity(run, sort), item);
    self->spaces[sort][self->counts[sort]++] = item;
}

static void put_name(const Run *run, Map *names, Str name, CompSort sort, VmItem item) {
    VmNamed *named = ARENA_NEW(arena_of(run), VmNamed);
    *named = (VmNamed){sort, item};
    map_put(arena_of(run), names, name, NULL)->ptr = named;
}

static void put_args(const Run *run, Map *names, const CompArgs *args) {
    map_reserve(arena_of(run), names, args->len);
    for (size_t i = 0; i < args->len; i++) {
        const CompArg *arg = &args->at[i];
        put_name(run, names, arg->name.name, arg->sort, get(run, arg->sort, arg->index));
    }
}

/* ---- core ---- */

static bool core_export(const VmCoreExports *from, Str name, VmItem *item) {
    VmExtern found;
    if (!from->instance) {
        VmNamed *named = vm_find(&from->names, name);
        if (named) *item = named->item;
        return named != NULL;
    }
    if (!vm_export(from->instance, name, &found)) return false;
    item->any = found.any;
    return true;
}

static bool core_imports(const Run *run, const CoreModule *core, const Map *args, VmExtern *out) {
    for (size_t i = 0; i < core->imports.len; i++) {
        const CoreImport *import = &core->imports.at[i];
        VmNamed *arg = vm_find(args, import->module);
        VmItem item = {0};
        if (!arg || !core_export(arg->item.core_instance, import->name, &item)) {
            diag(run->make->diags, RUN_NO_ARGUMENT, place_of(run), STR_ARG(import->name));
            return false;
        }
        out[i] = (VmExtern){.kind = import->kind, .any = item.any};
    }
    return true;
}

/* Start functions may block like any other; nobody can be asked to come back then. */
static bool run_start(const Run *run, VmFunc *start) {
    if (!start) return true;
    VmStore *store = run->make->store;
    VmSlot none[1] = {{0}};
    VmContext own;
    if (run->make->thread->nesting == 0) vm_set_root(run->make->thread);
    vm_push_context(store, &own, run->self);
    VmStatus status = vm_call(run->make->thread, start, none);
    while (status == VM_SUSPEND && vm_may_go_on(run->make->thread, run->make->shared))
        status = vm_resume(run->make->thread);
    vm_pop_context(store, &own);
    if (status == VM_SUSPEND)
        vm_trap_text(run->make->thread, TRAP_HOST, "deadlock in a start function");
    return status == VM_DONE;
}

static bool count_instance(const Make *make, Span span) {
    uint32_t max = make->store->limits.max_instances;
    if (max == 0) max = VM_MAX_INSTANCES;
    if (++make->shared->instances <= max) return true;
    vm_met(make->store, VM_LIMIT_INSTANCES);
    diag(make->diags, RUN_INSTANCES, span, max);
    return false;
}

static bool run_core_instance(Run *run) {
    const CompItem *item = run->item;
    VmCoreExports *made = ARENA_NEW(arena_of(run), VmCoreExports);
    if (item->instance.is_exports) {
        put_args(run, &made->names, &item->instance.args);
    } else {
        if (!count_instance(run->make, place_of(run))) return false;
        Map args = {0};
        put_args(run, &args, &item->instance.args);
        VmModule *module = get(run, COMP_CORE_MODULE, item->instance.index).module;
        const CoreModule *core = module->core;
        VmExtern *imports = ARENA_NEW_ARRAY(arena_of(run), VmExtern, core->imports.len);
        if (!core_imports(run, core, &args, imports)) return false;
        VmFunc *start = NULL;
        Trap trap = TRAP_NONE;
        uint32_t bad_import = CORE_NONE;
        run->make->store->share = run->self->share;
        made->instance =
            vm_instantiate_only(run->make->store, module, imports, &start, &trap, &bad_import);
        run->make->store->share = NULL;
        if (!made->instance && trap == TRAP_NONE && bad_import < core->imports.len)
            diag(run->make->diags, RUN_NO_ARGUMENT, place_of(run),
                 STR_ARG(core->imports.at[bad_import].name));
        else if (!made->instance) vm_trap(run->make->thread, trap);
        if (!made->instance || !run_start(run, start)) return false;
    }
    push(run, COMP_CORE_INSTANCE, (VmItem){.core_instance = made});
    return true;
}

/* ---- component instances ---- */

/* The path of the instance that the running item makes. */
static Str path_of_next(const Run *run) {
    const VmComponent *self = run->self;
    return comp_instance_path(arena_of(run), run->path, self->info->component,
                              self->counts[COMP_INSTANCE]);
}

static bool run_instance(Run *run) {
    const CompItem *item = run->item;
    VmExports *made = ARENA_NEW(arena_of(run), VmExports);
    put_args(run, &made->names, &item->instance.args);
    if (!item->instance.is_exports) {
        const VmClosure *closure = get(run, COMP_COMPONENT, item->instance.index).component;
        Map bound = {0};
        Place place = {run, &made->names, {0}, place_of(run)};
        const VmInstanceHosts *hosts = vm_hosts_of(run->make->linker);
        if (hosts) {
            place.path = path_of_next(run);
            void *own = hosts->own(hosts->host, place.path);
            if (own) vm_rebind(run->make->store, hosts, own, &made->names, &bound);
            if (own) place.args = &bound;
        }
        VmComponent *inner = instantiate(run->make, closure, &place);
        if (!inner) return false;
        made = &inner->exports;
    }
    push(run, COMP_INSTANCE, (VmItem){.instance = made});
    return true;
}

static bool run_component(Run *run) {
    VmClosure *closure = ARENA_NEW(arena_of(run), VmClosure);
    closure->info = run->self->info->components.at[run->components++];
    closure->scope = run->self;
    push(run, COMP_COMPONENT, (VmItem){.component = closure});
    return true;
}

static bool run_alias(Run *run) {
    const CompItem *item = run->item;
    VmItem found = {0};
    VmNamed *named = NULL;
    const VmComponent *scope = run->self;
    switch (item->alias.kind) {
    case COMP_ALIAS_EXPORT:
        named =
            vm_find(&get(run, COMP_INSTANCE, item->alias.index).instance->names, item->alias.name);
        if (named) found = named->item;
        break;
    case COMP_ALIAS_CORE_EXPORT:
        core_export(get(run, COMP_CORE_INSTANCE, item->alias.index).core_instance, item->alias.name,
                    &found);
        break;
    case COMP_ALIAS_OUTER:
        for (uint32_t i = 0; i < item->alias.count; i++) scope = scope->scope;
        found = scope->spaces[item->alias.sort][item->alias.index];
        break;
    }
    if (!found.any && item->alias.sort != COMP_TYPE && item->alias.sort != COMP_CORE_TYPE) {
        diag(run->make->diags, RUN_NO_ARGUMENT, place_of(run), STR_ARG(item->alias.name));
        return false;
    }
    push(run, item->alias.sort, found);
    return true;
}

static bool run_type(Run *run) {
    const CompTypedef *type = run->item->type;
    VmItem item = {0};
    if (type->sort == COMP_TYPEDEF_RESOURCE) {
        item.resource = ARENA_NEW(arena_of(run), VmResource);
        item.resource->owner = run->self;
        if (type->has_dtor) {
            item.resource->dtor = ARENA_NEW(arena_of(run), VmComponentFunc);
            *item.resource->dtor = (VmComponentFunc){
                .instance = run->self, .core = get(run, COMP_CORE_FUNC, type->dtor).core_func};
        }
    }
    push(run, COMP_TYPE, item);
    return true;
}

/* ---- canonical definitions ---- */

static VmOptions options_of(const Run *run, const CompOptions *from) {
    VmOptions options = {.encoding = from->encoding};
    if (from->has_memory) options.memory = get(run, COMP_CORE_MEMORY, from->memory).memory;
    if (from->has_realloc) options.reallocate = get(run, COMP_CORE_FUNC, from->realloc).core_func;
    return options;
}

static bool has_abi(const Run *run, const AbiFunc *abi) {
    if (!abi) diag(run->make->diags, RUN_TYPE_TOO_LARGE, place_of(run), 4, "func");
    return abi != NULL;
}

static bool run_lift(Run *run) {
    const CompCanon *canon = &run->item->canon;
    VmComponentFunc *func = ARENA_NEW(arena_of(run), VmComponentFunc);
    *func = (VmComponentFunc){.type = next_entity(run, COMP_FUNC)->func,
                              .instance = run->self,
                              .core = get(run, COMP_CORE_FUNC, canon->func).core_func,
                              .options = options_of(run, &canon->options)};
    if (canon->options.has_post_return)
        func->post_return = get(run, COMP_CORE_FUNC, canon->options.post_return).core_func;
    func->is_async = canon->options.is_async;
    if (canon->options.has_callback)
        func->callback = get(run, COMP_CORE_FUNC, canon->options.callback).core_func;
    AbiVariant variant = !func->is_async   ? ABI_LIFT
                         : !func->callback ? ABI_LIFT_ASYNC
                                           : ABI_LIFT_ASYNC_CALLBACK;
    func->abi = vm_abi(run->make->store, func->type, variant);
    if (!has_abi(run, func->abi)) return false;
    push(run, COMP_FUNC, (VmItem){.func = func});
    return true;
}

static bool run_lower(Run *run) {
    const CompCanon *canon = &run->item->canon;
    VmLowered *lowered = ARENA_NEW(arena_of(run), VmLowered);
    *lowered = (VmLowered){.callee = get(run, COMP_FUNC, canon->func).func,
                           .caller = run->self,
                           .is_async = canon->options.is_async,
                           .options = options_of(run, &canon->options)};
    lowered->abi = vm_abi(run->make->store, lowered->callee->type,
                          lowered->is_async ? ABI_LOWER_ASYNC : ABI_LOWER);
    if (!has_abi(run, lowered->abi)) return false;
    push(run, COMP_CORE_FUNC, (VmItem){.core_func = vm_lowered_func(lowered)});
    return true;
}

/* The type that a built-in works on, where it has one. */
static const WitType *type_of(const Run *run, const CompCanon *canon) {
    switch (abi_canon_operands((AbiCanon)canon->op)) {
    case ABI_OPERANDS_TYPE:
    case ABI_OPERANDS_TYPE_OPTS:
    case ABI_OPERANDS_TYPE_ASYNC: return entity_at(run, COMP_TYPE, canon->type)->type;
    case ABI_OPERANDS_RESULT:
        if (!canon->result.present) return NULL;
        return canon->result.is_index ? entity_at(run, COMP_TYPE, canon->result.index)->type
                                      : wit_prim(canon->result.prim);
    default: return NULL;
    }
}

static bool run_canon(Run *run) {
    const CompCanon *canon = &run->item->canon;
    VmOptions options = {0};
    VmFunc *made;
    switch (canon->op) {
    case COMP_CANON_LIFT: return run_lift(run);
    case COMP_CANON_LOWER: return run_lower(run);
    case COMP_CANON_RESOURCE_NEW:
    case COMP_CANON_RESOURCE_DROP:
    case COMP_CANON_RESOURCE_REP:
        made = vm_resource_func(run->self, get(run, COMP_TYPE, canon->type).resource, canon->op);
        break;
    default:
        options = options_of(run, &canon->options);
        made = vm_builtin_func(run->self, canon, &options, type_of(run, canon));
    }
    if (!made)
        diag(run->make->diags, RUN_CANON, place_of(run), abi_canon_name((AbiCanon)canon->op));
    else push(run, COMP_CORE_FUNC, (VmItem){.core_func = made});
    return made != NULL;
}

/* ---- imports and exports ---- */

static bool run_import(Run *run) {
    CompSort sort = run->item->import.type.sort;
    Str name = run->item->import.name.name;
    const CompEntity *entity = next_entity(run, sort);
    VmItem item = {0};
    if (run->args) {
        VmNamed *arg = vm_find(run->args, name);
        if (arg) item = arg->item;
        if (!item.any && sort != COMP_TYPE) {
            diag(run->make->diags, RUN_NO_ARGUMENT, place_of(run), STR_ARG(name));
            return false;
        }
    } else if (!vm_link_import(run->self, run->make->linker, name, entity, &item, place_of(run),
                               run->make->diags)) {
        push(run, sort, item); /* so that the other missing imports are told too */
        return true;
    }
    push(run, sort, item);
    return true;
}

static bool run_export(Run *run) {
    const CompItem *item = run->item;
    VmItem exported = get(run, item->export.sort, item->export.index);
    put_name(run, &run->self->exports.names, item->export.name.name, item->export.sort, exported);
    push(run, item->export.sort, exported);
    return true;
}

/* ---- values ---- */

static bool run_value(Run *run) {
    VmItem item = {.value = vm_value_read(run->make->store, next_entity(run, COMP_VALUE)->type,
                                          run->item->value.bytes)};
    if (!item.value) diag(run->make->diags, RUN_TYPE_TOO_LARGE, place_of(run), 5, "value");
    push(run, COMP_VALUE, item);
    return item.value != NULL;
}

static bool run_start_func(Run *run) {
    const CompItem *item = run->item;
    VmComponentFunc *func = get(run, COMP_FUNC, item->start.func).func;
    VmValue **args = ARENA_NEW_ARRAY(arena_of(run), VmValue *, item->start.args.len + 1);
    VmItem result = {0};
    for (size_t i = 0; i < item->start.args.len; i++)
        args[i] = get(run, COMP_VALUE, item->start.args.at[i]).value;
    if (vm_value_start(run->make->thread, func, args, item->start.args.len, &result.value) !=
        VM_DONE)
        return false;
    if (result.value) push(run, COMP_VALUE, result);
    return true;
}

/* ---- all items ---- */

static bool run_item(Run *run) {
    uint32_t count;
    switch (run->item->kind) {
    case COMP_ITEM_CORE_MODULE:
        push(run, COMP_CORE_MODULE,
             (VmItem){.module = module_for(run->make, run->item->core_module.module)});
        return true;
    case COMP_ITEM_CORE_INSTANCE: return run_core_instance(run);
    case COMP_ITEM_CORE_TYPE:
        comp_item_sort(run->item, &count);
        while (count--) push(run, COMP_CORE_TYPE, (VmItem){0});
        return true;
    case COMP_ITEM_COMPONENT: return run_component(run);
    case COMP_ITEM_INSTANCE: return run_instance(run);
    case COMP_ITEM_ALIAS: return run_alias(run);
    case COMP_ITEM_TYPE: return run_type(run);
    case COMP_ITEM_CANON: return run_canon(run);
    case COMP_ITEM_IMPORT: return run_import(run);
    case COMP_ITEM_EXPORT: return run_export(run);
    case COMP_ITEM_CUSTOM: return true;
    case COMP_ITEM_START: return run_start_func(run);
    case COMP_ITEM_VALUE: return run_value(run);
    }
    return false;
}

/* Keeps the index spaces in step. */
static void skip_item(Run *run) {
    uint32_t count;
    CompSort sort = comp_item_sort(run->item, &count);
    if (run->item->kind == COMP_ITEM_COMPONENT) run->components++;
    while (count--) push(run, sort, (VmItem){0});
}

/* Once an import of the outermost component is missing, nothing runs any more, but all imports are
 * looked for, so that one message lists what is missing. */
static bool run_items(Run *run) {
    const CompItems *items = &run->self->info->component->items;
    size_t errors = run->make->diags->errors;
    for (size_t i = 0; i < items->len; i++) {
        run->item = &items->at[i];
        bool may_run = run->item->kind == COMP_ITEM_IMPORT || run->item->kind == COMP_ITEM_TYPE ||
                       run->item->kind == COMP_ITEM_CORE_TYPE ||
                       run->item->kind == COMP_ITEM_CUSTOM;
        if (run->make->diags->errors > errors && !may_run) skip_item(run);
        else if (!run_item(run)) return false;
    }
    return run->make->diags->errors == errors;
}

static VmComponent *component_new(Make *make, const VmClosure *closure, VmComponent *parent) {
    VmStore *store = make->store;
    VmComponent *self = ARENA_NEW(store->arena, VmComponent);
    self->store = store;
    self->info = closure->info;
    self->parent = parent;
    self->scope = closure->scope;
    self->may_enter = self->may_leave = true;
    self->known = ARENA_NEW_ARRAY(store->arena, VmKnown, VM_KNOWN);
    self->table = abi_table_new();
    if (!self->table) arena_no_memory();
    vm_object_add(store, &self->object, free_component);
    self->object.kind = VM_OBJECT_COMPONENT;
    for (int sort = 0; sort < COMP_SORT_COUNT; sort++) {
        size_t n = closure->info->spaces[sort].len;
        make->shared->items += n;
        if (make->shared->items > VM_MAX_ITEMS) return NULL;
        self->spaces[sort] = ARENA_NEW_ARRAY(store->arena, VmItem, n);
    }
    return self;
}

/* What the limits of this instance's path leave it, or what its parent has. */
static VmShare *share_of(const Make *make, Str path, VmShare *around) {
    const VmInstanceHosts *hosts = vm_hosts_of(make->linker);
    const VmLimits *limits =
        hosts && hosts->limits && path.len ? hosts->limits(hosts->host, path) : NULL;
    if (!limits) return around;
    VmShare *share = ARENA_NEW(make->store->arena, VmShare);
    share->outer = around;
    share->max_memory = limits->max_memory ? limits->max_memory : UINT64_MAX;
    share->max_table = limits->max_table ? limits->max_table : UINT64_MAX;
    share->max_handles = limits->max_handles ? limits->max_handles : UINT32_MAX;
    return share;
}

static VmComponent *instantiate(Make *make, const VmClosure *closure, const Place *place) {
    const Run *around = place->around;
    Run run = {.make = make, .args = place->args, .path = place->path};
    run.depth = around ? around->depth + 1 : 0;
    if (run.depth > VM_MAX_COMPONENT_DEPTH) {
        diag(make->diags, RUN_DEPTH, place->span, VM_MAX_COMPONENT_DEPTH);
        return NULL;
    }
    if (!count_instance(make, place->span)) return NULL;
    run.self = component_new(make, closure, around ? around->self : NULL);
    if (!run.self) {
        diag(make->diags, RUN_ITEMS, place->span);
        return NULL;
    }
    run.self->share = share_of(make, run.path, around ? around->self->share : NULL);
    return run_items(&run) ? run.self : NULL;
}

VmComponent *vm_component_new(VmThread *thread, const CompInfo *info, const VmLinker *linker,
                              Diags *diags) {
    VmStore *store = vm_thread_store(thread);
    Make make = {.thread = thread,
                 .store = store,
                 .shared = vm_components(store),
                 .linker = linker,
                 .diags = diags};
    VmClosure closure = {.info = info};
    return instantiate(&make, &closure, &(Place){0});
}

/* ---- exports ---- */

VmComponentFunc *vm_component_func(VmComponent *component, Str interface, Str name) {
    const Map *names = &component->exports.names;
    if (interface.len) {
        VmNamed *named = vm_find_compatible(names, interface);
        if (!named || named->sort != COMP_INSTANCE) return NULL;
        names = &named->item.instance->names;
    }
    VmNamed *func = vm_find(names, name);
    return func && func->sort == COMP_FUNC ? func->item.func : NULL;
}

VmStatus vm_status(const VmThread *thread) { return thread->status; }

void vm_store_on_wait(VmStore *store, bool (*wait)(void *context), void *context) {
    vm_components(store)->wait = wait;
    vm_components(store)->wait_context = context;
}

void vm_store_on_pause(VmStore *store, bool (*pause)(void *context), void *context) {
    vm_components(store)->pause = pause;
    vm_components(store)->pause_context = context;
}

const WitFunc *vm_component_func_type(const VmComponentFunc *func) { return func->type; }
const AbiFunc *vm_component_func_abi(const VmComponentFunc *func) { return func->abi; }

VmStore *vm_component_func_store(const VmComponentFunc *func) { return func->instance->store; }
VmStore *vm_component_store(const VmComponent *component) { return component->store; }

bool vm_components_lost(const VmStore *store) {
    return store->components && store->components->is_lost;
}

bool vm_component_try(VmThread *thread, void (*work)(void *), void *context) {
    VmStore *store = thread->store;
    VmFrame *top = thread->top;
    uint32_t nesting = thread->nesting;
    if (vm_try(store, work, context)) return true;
    vm_cut(thread, top, nesting);
    if (store->components) {
        store->components->is_lost = true;
        store->components->active = &store->components->root;
    }
    vm_trap(thread, TRAP_NO_MEMORY);
    return false;
}

const VmComponentFunc *vm_host_callee(const VmThread *thread) {
    return vm_shared(vm_thread_store(thread))->told;
}
