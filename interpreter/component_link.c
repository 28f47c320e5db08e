/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What the host gives to components: a tree of names, and how imports are found in it. An import
 * says its own type; a host function is taken only if its shape is that type's, since its cells
 * will be laid out by the import.
 */
#include <stdlib.h>

#include "base/semver.h"
#include "interpreter/component.h"

typedef struct {
    enum { ENTRY_INSTANCE, ENTRY_FUNC, ENTRY_RESOURCE, ENTRY_VALUE, ENTRY_EXPORT } kind;
    VmLinker *instance;
    VmResource *resource;
    const AbiValue *value;
    Str type; /* of a function or value */
    VmComponentHostFn fn;
    void *context;
    VmNamed export;
} Entry;

struct VmLinker {
    VmStore *store;
    Arena *arena; /* of the outermost linker */
    bool owns_arena;
    Map entries; /* -> Entry */
    VmInstanceHosts hosts;
    bool missing_traps;
};

VmLinker *vm_linker_new(VmStore *store) {
    Arena *arena = arena_new();
    VmLinker *linker = ARENA_NEW(arena, VmLinker);
    *linker = (VmLinker){.store = store, .arena = arena, .owns_arena = true};
    return linker;
}

void vm_linker_free(VmLinker *linker) {
    if (linker && linker->owns_arena) arena_free(linker->arena);
}

void vm_linker_hosts(VmLinker *linker, const VmInstanceHosts *hosts) { linker->hosts = *hosts; }
const VmInstanceHosts *vm_hosts_of(const VmLinker *linker) {
    return linker && linker->hosts.own ? &linker->hosts : NULL;
}

void vm_linker_missing_traps(VmLinker *linker) { linker->missing_traps = true; }

static Entry *entry_put(VmLinker *linker, Str name) {
    MapEntry *entry = map_put(linker->arena, &linker->entries, name, NULL);
    if (!entry->ptr) entry->ptr = ARENA_NEW(linker->arena, Entry);
    return entry->ptr;
}

VmLinker *vm_linker_instance(VmLinker *linker, Str name) {
    Entry *entry = entry_put(linker, name);
    if (!entry->instance) {
        VmLinker *instance = ARENA_NEW(linker->arena, VmLinker);
        *instance = (VmLinker){.store = linker->store, .arena = linker->arena};
        *entry = (Entry){.kind = ENTRY_INSTANCE, .instance = instance};
    }
    return entry->instance;
}

void vm_linker_func(VmLinker *linker, Str name, Str type, VmComponentHostFn fn, void *context) {
    *entry_put(linker, name) =
        (Entry){.kind = ENTRY_FUNC, .type = type, .fn = fn, .context = context};
}

void vm_linker_resource(VmLinker *linker, Str name, VmResource *resource) {
    *entry_put(linker, name) = (Entry){.kind = ENTRY_RESOURCE, .resource = resource};
}

void vm_linker_value(VmLinker *linker, Str name, Str type, const AbiValue *cells) {
    *entry_put(linker, name) = (Entry){.kind = ENTRY_VALUE, .type = type, .value = cells};
}

bool vm_linker_export(VmLinker *linker, Str name, const VmComponent *component, Str from) {
    VmNamed all = {COMP_INSTANCE, {.instance = (VmExports *)&component->exports}};
    const VmNamed *named = from.len ? vm_find_compatible(&component->exports.names, from) : &all;
    if (!named || linker->store != component->store) return false;
    bool is_type = named->sort == COMP_TYPE && named->item.resource;
    if (named->sort != COMP_FUNC && named->sort != COMP_INSTANCE && !is_type) return false;
    *entry_put(linker, name) = (Entry){.kind = ENTRY_EXPORT, .export = *named};
    return true;
}

VmResource *vm_host_resource(VmStore *store, Str name, void (*destroy)(void *context, uint64_t rep),
                             void *context) {
    VmResource *resource = ARENA_NEW(store->arena, VmResource);
    *resource = (VmResource){.name = name, .destroy = destroy, .context = context};
    return resource;
}

void vm_host_resource_guard(VmResource *resource,
                            const char *(*refuses)(void *context, uint64_t rep)) {
    resource->refuses = refuses;
}

/* ---- finding ---- */

/* "ns:pkg/iface@0.2.6" with the path before '@' and the version. */
static bool split_version(Str name, Str *path, Semver *version) {
    size_t at = str_rfind(name, '@');
    if (at == SIZE_MAX) return false;
    *path = str_from_to(name, 0, at);
    return semver_parse(str_after(name, at + 1), version);
}

/* One compatibility track: 1.x, 0.2.x, 0.0.3; a pre-release only with itself. */
static bool same_track(const Semver *one, const Semver *other) {
    SemverParts a = semver_parts(*one), b = semver_parts(*other);
    if (a.pre.len || b.pre.len) return semver_eq(*one, *other);
    if (a.major || b.major) return a.major == b.major;
    if (a.minor || b.minor) return a.minor == b.minor;
    return a.patch == b.patch;
}

static MapEntry *find_compatible(const Map *map, Str name) {
    MapEntry *exact = map_get(map, name);
    Str path, other_path;
    Semver version, other;
    if (exact || !split_version(name, &path, &version)) return exact;
    for (size_t i = 0; i < map->len; i++) {
        Str key = map->entries[i].key;
        if (key.len <= path.len || key.ptr[path.len] != '@' || !str_starts(key, path)) continue;
        if (split_version(key, &other_path, &other) && same_track(&version, &other))
            return &map->entries[i];
    }
    return NULL;
}

VmNamed *vm_find_compatible(const Map *names, Str name) {
    MapEntry *entry = find_compatible(names, name);
    return entry ? entry->ptr : NULL;
}

VmNamed *vm_find(const Map *names, Str name) {
    MapEntry *entry = map_get(names, name);
    return entry ? entry->ptr : NULL;
}

/* ---- imports ---- */

static const Entry stands_in = {
    .kind = ENTRY_INSTANCE}; /* for what is missing, where that is no error */

static const Entry *find_entry(const VmLinker *linker, Str name) {
    const MapEntry *entry = find_compatible(&linker->entries, name);
    return entry ? entry->cptr : linker->missing_traps ? &stands_in : NULL;
}

static bool link_entity(VmComponent *component, const Entry *entry, Str name,
                        const CompEntity *type, VmItem *out, Span span, Diags *diags);

static bool link_func(VmComponent *component, const Entry *entry, Str name, const WitFunc *type,
                      VmItem *out, Span span, Diags *diags) {
    Arena *arena = component->store->arena;
    Str shape = vm_abi_shape(component->store, type);
    if (entry->type.ptr && !str_eq(shape, entry->type)) {
        diag(diags, RUN_IMPORT_TYPE, span, STR_ARG(name), STR_ARG(shape), STR_ARG(entry->type));
        return false;
    }
    VmComponentFunc *func = ARENA_NEW(arena, VmComponentFunc);
    *func = (VmComponentFunc){.name = name,
                              .type = type,
                              .instance = component,
                              .host = entry->fn,
                              .context = entry->context};
    func->abi = vm_abi(component->store, type, ABI_LIFT);
    out->func = func;
    if (!func->abi) diag(diags, RUN_TYPE_TOO_LARGE, span, STR_ARG(name));
    return func->abi != NULL;
}

static bool link_value(VmComponent *component, const Entry *entry, Str name, const WitType *type,
                       VmItem *out, Span span, Diags *diags) {
    const WitFunc returns = {.result = type};
    Str shape = str_after(abi_shape(component->store->arena, &returns), 4); /* "()->" */
    if (!str_eq(shape, entry->type)) {
        diag(diags, RUN_IMPORT_TYPE, span, STR_ARG(name), STR_ARG(shape), STR_ARG(entry->type));
        return false;
    }
    out->value = vm_value_new(component->store, type, entry->value);
    if (!out->value) diag(diags, RUN_TYPE_TOO_LARGE, span, STR_ARG(name));
    return out->value != NULL;
}

/* "ns:pkg/iface#name" */
static Str member(Arena *arena, Str interface, Str name) {
    size_t len = interface.len + 1 + name.len;
    char *text = arena_alloc(arena, len);
    memcpy(text, interface.ptr, interface.len);
    text[interface.len] = '#';
    memcpy(text + interface.len + 1, name.ptr, name.len);
    return (Str){text, len};
}

static bool link_instance(VmComponent *component, const VmLinker *linker, Str name,
                          const CompInstanceType *type, VmItem *out, Span span, Diags *diags) {
    Arena *arena = component->store->arena;
    VmExports *exports = ARENA_NEW(arena, VmExports);
    out->instance = exports;
    map_reserve(arena, &exports->names, type->exports.len);
    bool good = true;
    for (size_t i = 0; i < type->exports.len; i++) {
        const CompExtern *export = &type->exports.at[i];
        Str full = member(arena, name, export->name.name);
        VmNamed *named = ARENA_NEW(arena, VmNamed);
        named->sort = export->entity.sort;
        good &= link_entity(component, find_entry(linker, export->name.name), full, &export->entity,
                            &named->item, span, diags);
        map_put(arena, &exports->names, export->name.name, NULL)->ptr = named;
    }
    return good;
}

/* A resource that is equal to one known already, or a type without resources: nothing to find. */
static bool needs_no_entry(VmComponent *component, const CompEntity *type, VmItem *out) {
    if (type->sort != COMP_TYPE) return false;
    const WitType *resource = wit_dealias(type->type);
    if (!resource || resource->kind != WIT_RESOURCE) return true;
    MapEntry *known = map_get_ptr(&component->resources, resource);
    if (known) out->resource = known->ptr;
    return known != NULL;
}

/* An instance that nobody has to give: all that it exports is known. */
static bool needs_no_instance(VmComponent *component, const CompEntity *type) {
    VmItem ignored;
    if (type->sort != COMP_INSTANCE) return false;
    for (size_t i = 0; i < type->instance->exports.len; i++)
        if (!needs_no_entry(component, &type->instance->exports.at[i].entity, &ignored))
            return false;
    return true;
}

/* What another component exports. Whether two resources are one is seen when a handle is passed. */
static bool link_export(VmComponent *component, const VmNamed *export, Str name,
                        const CompEntity *type, VmItem *out, Span span, Diags *diags) {
    Arena *arena = component->store->arena;
    if (type->sort == COMP_FUNC && export->sort == COMP_FUNC) {
        Str want = vm_abi_shape(component->store, type->func);
        Str have = vm_abi_shape(component->store, export->item.func->type);
        out->func = export->item.func;
        if (str_eq(want, have)) return true;
        diag(diags, RUN_IMPORT_TYPE, span, STR_ARG(name), STR_ARG(want), STR_ARG(have));
        return false;
    }
    if (type->sort == COMP_INSTANCE && export->sort == COMP_INSTANCE) {
        VmLinker linker = {.store = component->store, .arena = arena};
        const Map *names = &export->item.instance->names;
        for (size_t i = 0; i < names->len; i++)
            *entry_put(&linker, names->entries[i].key) =
                (Entry){.kind = ENTRY_EXPORT, .export = *(const VmNamed *)names->entries[i].cptr};
        return link_instance(component, &linker, name, type->instance, out, span, diags);
    }
    if (type->sort == COMP_TYPE && export->sort == COMP_TYPE && export->item.resource) {
        out->resource = export->item.resource;
        vm_bind_resource(component, wit_dealias(type->type), out->resource);
        return true;
    }
    Str kind = str_fmt(arena, "a %s", comp_sort_name(export->sort));
    diag(diags, RUN_IMPORT_SORT, span, STR_ARG(name), comp_sort_name(type->sort),
         str_c(arena, kind));
    return false;
}

/* ---- what is missing, where that is no error ---- */

static const VmLinker all_stand_in = {.missing_traps = true};

static VmStatus missing(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                        Arena *scratch) {
    const VmComponentFunc *func = vm_host_callee(thread);
    (void)context, (void)args, (void)result, (void)scratch;
    return vm_trap_text(thread, TRAP_HOST, "import `%.*s` is missing", STR_ARG(func->name));
}

static bool link_missing(VmComponent *component, Str name, const CompEntity *type, VmItem *out,
                         Span span, Diags *diags) {
    const Entry func = {.kind = ENTRY_FUNC, .fn = missing};
    if (type->sort == COMP_FUNC)
        return link_func(component, &func, name, type->func, out, span, diags);
    if (type->sort == COMP_INSTANCE)
        return link_instance(component, &all_stand_in, name, type->instance, out, span, diags);
    if (type->sort == COMP_TYPE) {
        out->resource = vm_host_resource(component->store, name, NULL, NULL);
        vm_bind_resource(component, wit_dealias(type->type), out->resource);
        return true;
    }
    diag(diags, RUN_IMPORT_MISSING, span, STR_ARG(name));
    return false;
}

static bool link_entity(VmComponent *component, const Entry *entry, Str name,
                        const CompEntity *type, VmItem *out, Span span, Diags *diags) {
    if (needs_no_entry(component, type, out)) return true;
    if (!entry && needs_no_instance(component, type)) {
        static const VmLinker nothing;
        return link_instance(component, &nothing, name, type->instance, out, span, diags);
    }
    if (!entry) {
        diag(diags, RUN_IMPORT_MISSING, span, STR_ARG(name));
        return false;
    }
    if (entry == &stands_in) return link_missing(component, name, type, out, span, diags);
    if (type->sort == COMP_FUNC && entry->kind == ENTRY_FUNC)
        return link_func(component, entry, name, type->func, out, span, diags);
    if (type->sort == COMP_INSTANCE && entry->kind == ENTRY_INSTANCE)
        return link_instance(component, entry->instance, name, type->instance, out, span, diags);
    if (type->sort == COMP_TYPE && entry->kind == ENTRY_RESOURCE) {
        out->resource = entry->resource;
        vm_bind_resource(component, wit_dealias(type->type), entry->resource);
        return true;
    }
    if (entry->kind == ENTRY_EXPORT)
        return link_export(component, &entry->export, name, type, out, span, diags);
    if (type->sort == COMP_VALUE && entry->kind == ENTRY_VALUE)
        return link_value(component, entry, name, type->type, out, span, diags);
    static const char *const kinds[] = {"an instance", "a function", "a resource", "a value"};
    diag(diags, RUN_IMPORT_SORT, span, STR_ARG(name), comp_sort_name(type->sort),
         kinds[entry->kind]);
    return false;
}

bool vm_link_import(VmComponent *component, const VmLinker *linker, Str name,
                    const CompEntity *type, VmItem *out, Span span, Diags *diags) {
    const Entry *entry = linker ? find_entry(linker, name) : NULL;
    return link_entity(component, entry, name, type, out, span, diags);
}

/* ---- hosts of their own ---- */

static VmItem rebind(VmStore *store, const VmInstanceHosts *hosts, void *own, CompSort sort,
                     VmItem item);

static VmExports *rebind_exports(VmStore *store, const VmInstanceHosts *hosts, void *own,
                                 const VmExports *exports) {
    VmExports *bound = ARENA_NEW(store->arena, VmExports);
    vm_rebind(store, hosts, own, &exports->names, &bound->names);
    return bound;
}

/* A function of the host with another context; all else as it is. */
static VmItem rebind(VmStore *store, const VmInstanceHosts *hosts, void *own, CompSort sort,
                     VmItem item) {
    if (sort == COMP_INSTANCE)
        return (VmItem){.instance = rebind_exports(store, hosts, own, item.instance)};
    if (sort != COMP_FUNC || !item.func->host || !hosts->is_of(hosts->host, item.func->context))
        return item;
    VmComponentFunc *func = ARENA_NEW(store->arena, VmComponentFunc);
    *func = *item.func;
    func->context = hosts->context ? hosts->context(hosts->host, own, func->context) : own;
    func->entry = NULL;
    func->pending = NULL;
    return (VmItem){.func = func};
}

void vm_rebind(VmStore *store, const VmInstanceHosts *hosts, void *own, const Map *from, Map *to) {
    for (size_t i = 0; i < from->len; i++) {
        const VmNamed *named = from->entries[i].cptr;
        VmNamed *bound = ARENA_NEW(store->arena, VmNamed);
        *bound = (VmNamed){named->sort, rebind(store, hosts, own, named->sort, named->item)};
        map_put(store->arena, to, from->entries[i].key, NULL)->ptr = bound;
    }
}
