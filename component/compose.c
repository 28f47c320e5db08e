/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Composition: instances of components, connected by name.
 *
 *     root ──"a"──> instance a1 (of component a) ──"b"──> instance b
 *       └────"wasi:cli/stdout"──> nobody: an import of the result
 *
 * From the root on, breadth first, each instance import is served by a definition, by what the
 * manifest says, or by a component of the import's name; where there is none it stays an import.
 * Then the result is written: what stays imported, united over all components, then each component
 * once, an instantiation for each instance with what it takes first, and the root's exports.
 *
 * Types of what stays imported are taken by way of WIT: every component's world is decoded, the
 * open imports of all worlds are united into one, and that is encoded again.
 */
#include "base/file.h"
#include "component/compose.h"

enum { UNRESOLVED = -1 };

/* A component that takes part, read once however often it is instantiated. */
typedef struct {
    Str name;
    const Source *source;
    const CompComponent *component;
    const CompInfo *info;
    uint32_t index; /* in the result */
    Str import_name;
} Part;

/* What serves an import of an instance. */
typedef struct {
    int instance; /* of the graph, or UNRESOLVED */
    Str export;   /* an instance that it exports; empty: the instance itself */
    Span span;    /* where the manifest says so */
} Link;

typedef struct {
    Str name;
    uint32_t part;
    Link *links; /* an entry an import of its component */
    bool ready, busy;
    uint32_t index; /* in the result */
} Instance;

typedef struct {
    Arena *arena;
    Diags *diags;
    const CompComposeOptions *options;
    Manifest manifest;
    VEC(Part) parts;
    VEC(Instance) instances;
    Map by_name;               /* instance name -> index */
    Map parts_by_name;         /* dependency name -> index + 1; 0: there is none */
    VEC(uint32_t) definitions; /* parts */
    Map definition_instances;  /* part -> instance */
    CompBuilder b;
    CompInstances types;
    WitModel *model;
    WitWorld *world; /* what stays imported */
    Map outer;       /* import name -> CompArg of the result */
} Composer;

/* ---- parts ---- */

static bool add_part(Composer *c, Str name, const Source *source, uint32_t *index) {
    Part part = {.name = name, .source = source};
    CompComponent *component = comp_decode(c->arena, source, c->options->features, c->diags);
    if (!component) return false;
    part.component = component;
    part.info = comp_validate(c->arena, component, c->options->features, c->diags);
    if (!part.info) return false;
    *index = (uint32_t)c->parts.len;
    *vec_push(c->arena, &c->parts) = part;
    return true;
}

static bool read_part(Composer *c, Str name, Str path, uint32_t *index) {
    const Source *source = c->options->read(c->arena, path, c->options->context, c->diags);
    return source && add_part(c, name, source, index);
}

static Str manifest_path(Composer *c, Str path) {
    Str config = c->options->config ? c->options->config->path : (Str){0};
    Str directory =
        config.len && str_find(config, '/', 0) != SIZE_MAX ? path_directory(config) : (Str){0};
    return path_join(c->arena, directory, path);
}

/* NAME.wasm, then NAME.wat. */
static bool search_in(Composer *c, Str directory, Str name, Str *path) {
    static const char *const endings[] = {"wasm", "wat"};
    for (int i = 0; i < 2; i++) {
        *path =
            path_join(c->arena, directory, str_fmt(c->arena, "%.*s.%s", STR_ARG(name), endings[i]));
        if (file_exists(c->arena, *path) && !file_is_directory(c->arena, *path)) return true;
    }
    return false;
}

/* Names of interfaces are no names of files. */
static bool search(Composer *c, Str name, Str *path) {
    if (str_find(name, '/', 0) != SIZE_MAX || str_find(name, '\0', 0) != SIZE_MAX) return false;
    if (search_in(c, manifest_path(c, (Str){0}), name, path)) return true;
    for (size_t i = 0; i < c->manifest.search_paths.len; i++)
        if (search_in(c, manifest_path(c, c->manifest.search_paths.at[i].path), name, path))
            return true;
    for (size_t i = 0; i < c->options->search_paths.len; i++)
        if (search_in(c, c->options->search_paths.at[i], name, path)) return true;
    return false;
}

/* *found is false where no such component is known; a broken one is an error. */
static bool find_part(Composer *c, Str name, uint32_t *index, bool *found) {
    bool added;
    MapEntry *known = map_put(c->arena, &c->parts_by_name, name, &added);
    *found = true;
    if (!added) {
        *found = known->value != 0;
        *index = (uint32_t)known->value - 1;
        return true;
    }
    Str path = {0};
    for (size_t i = 0; i < c->manifest.dependencies.len; i++)
        if (str_eq(c->manifest.dependencies.at[i].name, name))
            path = manifest_path(c, c->manifest.dependencies.at[i].path);
    if (!path.len && !search(c, name, &path)) {
        *found = false;
        return true;
    }
    if (!read_part(c, name, path, index)) return false;
    map_put(c->arena, &c->parts_by_name, name, NULL)->value = *index + 1;
    return true;
}

/* ---- whether instances fit ---- */

static bool same_shape(const WitType *a, const WitType *b) {
    if (!a || !b) return a == b;
    a = wit_dealias(a), b = wit_dealias(b);
    if (a == b) return true;
    if (a->kind != b->kind || a->length != b->length || a->fields.len != b->fields.len)
        return false;
    for (size_t i = 0; i < a->fields.len; i++)
        if (!str_eq(a->fields.at[i].name, b->fields.at[i].name) ||
            !same_shape(a->fields.at[i].type, b->fields.at[i].type))
            return false;
    return same_shape(a->elem, b->elem) && same_shape(a->second, b->second);
}

static bool same_func(const WitFunc *a, const WitFunc *b) {
    if (a->is_async != b->is_async || a->params.len != b->params.len) return false;
    for (size_t i = 0; i < a->params.len; i++)
        if (!str_eq(a->params.at[i].name, b->params.at[i].name) ||
            !same_shape(a->params.at[i].type, b->params.at[i].type))
            return false;
    return same_shape(a->result, b->result);
}

static bool fits(Arena *arena, const CompExterns *have, const CompExterns *want, Str *why);

static bool entity_fits(Arena *arena, Str name, const CompEntity *have, const CompEntity *want,
                        Str *why) {
    bool ok = have->sort == want->sort;
    if (ok && want->sort == COMP_FUNC) ok = same_func(have->func, want->func);
    else if (ok && want->sort == COMP_TYPE && want->type)
        ok = have->type && same_shape(have->type, want->type);
    else if (ok && want->sort == COMP_INSTANCE)
        return fits(arena, &have->instance->exports, &want->instance->exports, why);
    if (!ok) {
        Str x = comp_entity_text(arena, want), y = comp_entity_text(arena, have);
        *why = str_fmt(arena, "`%.*s` is expected to be `%.*s` but is `%.*s`", STR_ARG(name),
                       STR_ARG(x), STR_ARG(y));
    }
    return ok;
}

/* Everything that is wanted is there and of the same type. Which resource is which is checked when
 * the result is validated: here one resource is like another. */
static bool fits(Arena *arena, const CompExterns *have, const CompExterns *want, Str *why) {
    Map names = {0};
    for (size_t i = 0; i < have->len; i++)
        map_put(arena, &names, have->at[i].name.name, NULL)->cptr = &have->at[i].entity;
    for (size_t i = 0; i < want->len; i++) {
        Str name = want->at[i].name.name;
        const MapEntry *entry = map_get(&names, name);
        if (!entry) {
            *why = str_fmt(arena, "it does not export `%.*s`", STR_ARG(name));
            return false;
        }
        if (!entity_fits(arena, name, entry->cptr, &want->at[i].entity, why)) return false;
    }
    return true;
}

/* ---- the graph ---- */

static const Part *part_of(const Composer *c, const Instance *instance) {
    return &c->parts.at[instance->part];
}

static const CompExterns *imports_of(const Composer *c, const Instance *instance) {
    return &part_of(c, instance)->info->type.imports;
}

static int add_instance(Composer *c, Str name, uint32_t part) {
    Instance instance = {.name = name, .part = part};
    size_t n = c->parts.at[part].info->type.imports.len;
    instance.links = ARENA_NEW_ARRAY(c->arena, Link, n);
    for (size_t i = 0; i < n; i++) instance.links[i].instance = UNRESOLVED;
    *vec_push(c->arena, &c->instances) = instance;
    return (int)c->instances.len - 1;
}

static const CompExtern *instance_export(const Composer *c, uint32_t part, Str name) {
    const CompExterns *exports = &c->parts.at[part].info->type.exports;
    for (size_t i = 0; i < exports->len; i++)
        if (str_eq(exports->at[i].name.name, name) && exports->at[i].entity.sort == COMP_INSTANCE)
            return &exports->at[i];
    return NULL;
}

static const ManifestInstance *manifest_instance(const Composer *c, Str name) {
    for (size_t i = 0; i < c->manifest.instances.len; i++)
        if (str_eq(c->manifest.instances.at[i].name, name)) return &c->manifest.instances.at[i];
    return NULL;
}

static const ManifestArgument *manifest_argument(const ManifestInstance *instance, Str import) {
    for (size_t i = 0; instance && i < instance->arguments.len; i++)
        if (str_eq(instance->arguments.at[i].import, import)) return &instance->arguments.at[i];
    return NULL;
}

static Span span_in(const Composer *c, ManifestPlace place) {
    return comp_manifest_span(c->options->config, place);
}

/* A component whose exports serve imports of their name everywhere; its own imports are served like
 * any other's. */
static bool link_to_definition(Composer *c, int dependent, size_t import, bool *done) {
    const CompExtern *want = &imports_of(c, &c->instances.at[dependent])->at[import];
    *done = true;
    for (size_t i = 0; i < c->definitions.len; i++) {
        uint32_t part = c->definitions.at[i];
        const CompExtern *have = instance_export(c, part, want->name.name);
        Str why = {0};
        if (!have || c->instances.at[dependent].part == part) continue;
        if (!fits(c->arena, &have->entity.instance->exports, &want->entity.instance->exports,
                  &why)) {
            diag(c->diags, COMPOSE_DEFINITION_FIT, span_none(),
                 STR_ARG(c->instances.at[dependent].name), STR_ARG(c->parts.at[part].source->path),
                 STR_ARG(want->name.name), STR_ARG(want->name.name), STR_ARG(why));
            return false;
        }
        bool added;
        MapEntry *e =
            map_put_ptr(c->arena, &c->definition_instances, c->parts.at[part].source, &added);
        if (added) {
            int made = add_instance(c, c->parts.at[part].name, part);
            e->value = (uint64_t)made;
        }
        Link *link = &c->instances.at[dependent].links[import];
        link->instance = (int)e->value;
        link->export = want->name.name;
        return true;
    }
    *done = false;
    return true;
}

/* The export that the manifest names, the instance as a whole, or the first export that fits. */
static bool choose_export(Composer *c, int dependent, size_t import, int target,
                          const ManifestArgument *argument, Str *export) {
    const CompExtern *want = &imports_of(c, &c->instances.at[dependent])->at[import];
    const CompExterns *wanted = &want->entity.instance->exports;
    const Part *part = part_of(c, &c->instances.at[target]);
    Str from = part->source->path, to = part_of(c, &c->instances.at[dependent])->source->path;
    Str why = {0}, first = {0};
    Span span = argument ? span_in(c, argument->place) : span_none();
    if (argument && argument->has_export) {
        const CompExtern *have = instance_export(c, c->instances.at[target].part, argument->export);
        *export = argument->export;
        if (!have) {
            diag(c->diags, COMPOSE_NO_EXPORT, span, STR_ARG(from), STR_ARG(argument->export));
            return false;
        }
        if (fits(c->arena, &have->entity.instance->exports, wanted, &why)) return true;
        diag(c->diags, COMPOSE_EXPORT_FIT, span, STR_ARG(from), STR_ARG(argument->export),
             STR_ARG(want->name.name), STR_ARG(to), STR_ARG(why));
        return false;
    }
    *export = (Str){0};
    if (fits(c->arena, &part->info->type.exports, wanted, &first)) return true;
    const CompExtern *same = instance_export(c, c->instances.at[target].part, want->name.name);
    if (same && fits(c->arena, &same->entity.instance->exports, wanted, &why)) {
        *export = same->name.name;
        return true;
    }
    const CompExterns *exports = &part->info->type.exports;
    for (size_t i = 0; i < exports->len; i++) {
        const CompEntity *e = &exports->at[i].entity;
        if (e->sort != COMP_INSTANCE || !fits(c->arena, &e->instance->exports, wanted, &why))
            continue;
        *export = exports->at[i].name.name;
        return true;
    }
    if (!same) why = first;
    diag(c->diags, COMPOSE_NOT_COMPATIBLE, span, STR_ARG(from), STR_ARG(want->name.name),
         STR_ARG(to), STR_ARG(why));
    return false;
}

static bool nobody_serves(Composer *c, const ManifestArgument *argument, Str name, Str dependency) {
    Span span = argument ? span_in(c, argument->place) : span_none();
    if (argument && argument->has_export) {
        diag(c->diags, COMPOSE_EXPORT_ON_IMPORT, span, STR_ARG(argument->export), STR_ARG(name));
        return false;
    }
    if (c->manifest.disallow_imports || c->options->no_imports) {
        diag(c->diags, COMPOSE_NOT_FOUND, span, STR_ARG(dependency));
        return false;
    }
    return true;
}

static bool link_to_instance(Composer *c, int dependent, size_t import) {
    Str import_name = imports_of(c, &c->instances.at[dependent])->at[import].name.name;
    const ManifestInstance *self = manifest_instance(c, c->instances.at[dependent].name);
    const ManifestArgument *argument = manifest_argument(self, import_name);
    Str name = argument ? argument->instance : import_name;
    const ManifestInstance *target = manifest_instance(c, name);
    Str dependency = target ? target->dependency : name, export;
    const MapEntry *known = map_get(&c->by_name, name);
    int to = known ? (int)known->value : UNRESOLVED;
    if (!known) {
        uint32_t part;
        bool found;
        if (!find_part(c, dependency, &part, &found)) return false;
        if (!found) return nobody_serves(c, argument, name, dependency);
        to = add_instance(c, name, part);
        map_put(c->arena, &c->by_name, name, NULL)->value = (uint64_t)to;
    }
    if (!choose_export(c, dependent, import, to, argument, &export)) return false;
    Span span = argument ? span_in(c, argument->place) : span_none();
    c->instances.at[dependent].links[import] = (Link){to, export, span};
    return true;
}

/* What the manifest says about an instance must be about imports that there are. */
static bool check_arguments(Composer *c, const Instance *instance) {
    const ManifestInstance *said = manifest_instance(c, instance->name);
    const CompExterns *imports = imports_of(c, instance);
    bool ok = true;
    for (size_t i = 0; said && i < said->arguments.len; i++) {
        const ManifestArgument *a = &said->arguments.at[i];
        size_t k = 0;
        while (k < imports->len && !str_eq(imports->at[k].name.name, a->import)) k++;
        if (k < imports->len) continue;
        Str *names = ARENA_NEW_ARRAY(c->arena, Str, imports->len);
        for (size_t n = 0; n < imports->len; n++) names[n] = imports->at[n].name.name;
        Str near = str_nearest(a->import, names, imports->len);
        diag(c->diags, COMPOSE_NO_IMPORT, span_in(c, a->place),
             STR_ARG(part_of(c, instance)->source->path), STR_ARG(a->import));
        if (near.len) diag_note(c->diags, LINK_NEAREST, span_none(), STR_ARG(near));
        ok = false;
    }
    return ok;
}

static bool link_all(Composer *c) {
    bool ok = true;
    for (size_t i = 0; i < c->instances.len; i++) { /* grows while it is walked */
        ok &= check_arguments(c, &c->instances.at[i]);
        for (size_t k = 0; k < imports_of(c, &c->instances.at[i])->len; k++) {
            if (imports_of(c, &c->instances.at[i])->at[k].entity.sort != COMP_INSTANCE) continue;
            bool done;
            if (!link_to_definition(c, (int)i, k, &done)) ok = false;
            else if (!done) ok &= link_to_instance(c, (int)i, k);
        }
        if (!ok && i == 0) break; /* more of the same would follow */
    }
    return ok;
}

static bool build_graph(Composer *c, const Source *root) {
    uint32_t part;
    if (!add_part(c, STR("root"), root, &part)) return false;
    for (size_t i = 0; i < c->manifest.definitions.len + c->options->definitions.len; i++) {
        size_t n = c->manifest.definitions.len;
        Str path = i < n ? manifest_path(c, c->manifest.definitions.at[i].path)
                         : c->options->definitions.at[i - n];
        uint32_t definition;
        if (!read_part(c, path_file(path), path, &definition)) return false;
        *vec_push(c->arena, &c->definitions) = definition;
    }
    add_instance(c, STR("root"), part);
    map_put(c->arena, &c->by_name, STR("root"), NULL)->value = 0;
    const CompExterns *imports = &c->parts.at[part].info->type.imports;
    size_t instances = 0;
    for (size_t i = 0; i < imports->len; i++)
        instances += imports->at[i].entity.sort == COMP_INSTANCE;
    if (!instances) {
        diag(c->diags, COMPOSE_NO_INSTANCES, span_none(), STR_ARG(root->path));
        return false;
    }
    if (!link_all(c)) return false;
    if (c->instances.len > 1) return true;
    diag(c->diags, COMPOSE_NOTHING_FOUND, span_none(), STR_ARG(root->path));
    Str name = {0}, directory = manifest_path(c, STR("."));
    for (size_t i = imports->len; i-- > 0;)
        if (imports->at[i].entity.sort == COMP_INSTANCE) name = imports->at[i].name.name;
    diag_note(c->diags, COMPOSE_SEARCHED, span_none(), STR_ARG(name), STR_ARG(name),
              STR_ARG(directory));
    return false;
}

/* ---- what stays imported ---- */

static bool is_open(const Composer *c, uint32_t part, Str name) {
    for (size_t i = 0; i < c->instances.len; i++) {
        const Instance *instance = &c->instances.at[i];
        if (instance->part != part) continue;
        const CompExterns *imports = imports_of(c, instance);
        for (size_t k = 0; k < imports->len; k++)
            if (str_eq(imports->at[k].name.name, name) &&
                (imports->at[k].entity.sort != COMP_INSTANCE ||
                 instance->links[k].instance == UNRESOLVED))
                return true;
    }
    return false;
}

static bool check_sorts(Composer *c, const Part *part) {
    const CompExterns *imports = &part->info->type.imports;
    for (size_t i = 0; i < imports->len; i++) {
        const CompEntity *e = &imports->at[i].entity;
        if (e->sort == COMP_INSTANCE || e->sort == COMP_FUNC || (e->sort == COMP_TYPE && e->type))
            continue;
        diag(c->diags, COMPOSE_IMPORT_SORT, span_at(part->source, 0), STR_ARG(part->name),
             STR_ARG(imports->at[i].name.name), comp_sort_name(e->sort));
        return false;
    }
    return true;
}

/* An import under a plain name that another part has too becomes one import with what both want. The
 * types of `from` that `into` has by name become those: nodes of the united model are ours. */
static void unite_plain(Composer *c, WitInterface *into, const WitInterface *from) {
    for (size_t i = 0; i < from->types.len; i++) {
        WitType *type = from->types.at[i], *same = wit_find_type(into, type->name);
        if (same) {
            *type = (WitType){.kind = WIT_ALIAS, .elem = same, .id = type->id};
            continue;
        }
        type->interface = into;
        *vec_push(c->arena, &into->types) = type;
    }
    for (size_t i = 0; i < from->funcs.len; i++)
        if (!wit_find_func(into, from->funcs.at[i]->name))
            *vec_push(c->arena, &into->funcs) = from->funcs.at[i];
}

/* Adds an import to the result's, or joins it with the one of its name. */
static bool join_import(Composer *c, const Part *part, const WitItem *item) {
    Str name = wit_item_name(c->arena, item);
    for (size_t i = 0; i < c->world->imports.len; i++) {
        const WitItem *known = &c->world->imports.at[i];
        if (!str_eq(wit_item_name(c->arena, known), name)) continue;
        bool same = known->kind == item->kind;
        if (same && item->kind == WIT_ITEM_FUNC) same = same_func(known->func, item->func);
        if (same && item->kind == WIT_ITEM_TYPE) same = same_shape(known->type, item->type);
        if (!same) {
            diag(c->diags, COMPOSE_IMPORT_CONFLICT, span_at(part->source, 0), STR_ARG(name),
                 STR_ARG(part->name));
            return false;
        }
        if (item->kind == WIT_ITEM_INTERFACE && item->interface != known->interface)
            unite_plain(c, (WitInterface *)known->interface, item->interface);
        return true;
    }
    *vec_push(c->arena, &c->world->imports) = *item;
    return true;
}

/* The open imports of a part's world join the result's. */
static bool unite_imports(Composer *c, uint32_t part) {
    const Part *p = &c->parts.at[part];
    if (!check_sorts(c, p)) return false;
    WitModel *model = comp_decode_imports(c->arena, p->info, c->diags);
    if (!model) return false;
    model->main->name = str_fmt(c->arena, "part%u", part); /* each has a package of its own */
    Map moved = {0};
    if (!wit_model_merge(c->model, model, &moved, c->diags)) return false;
    WitWorld *old = model->main->worlds.at[0];
    const MapEntry *entry = map_get_ptr(&moved, old);
    WitWorld *world = entry ? entry->ptr : old;
    bool ok = true;
    for (size_t i = 0; i < world->imports.len && ok; i++)
        if (is_open(c, part, wit_item_name(c->arena, &world->imports.at[i])))
            ok = join_import(c, p, &world->imports.at[i]);
    return ok;
}

/* ---- an import stands after those whose types it uses ---- */

static void place_import(Composer *c, const Map *items, const WitItem *item, Map *placed,
                         WitItems *out);

/* The owner of a type, and those of its parts; own types are met on their own. */
static void place_owners(Composer *c, const Map *items, const WitType *type, const WitItem *self,
                         Map *placed, WitItems *out) {
    for (; type; type = type->elem) {
        const MapEntry *owner = type->interface ? map_get_ptr(items, type->interface) : NULL;
        if (owner && owner->cptr != self) {
            place_import(c, items, owner->cptr, placed, out);
            return;
        }
        if (type->kind != WIT_ALIAS) break; /* else a chain of names, which may be long */
    }
    if (!type || type->name.len) return;
    for (size_t i = 0; i < type->fields.len; i++)
        place_owners(c, items, type->fields.at[i].type, self, placed, out);
    place_owners(c, items, type->elem, self, placed, out);
    place_owners(c, items, type->second, self, placed, out);
}

static void place_func(Composer *c, const Map *items, const WitFunc *f, const WitItem *self,
                       Map *placed, WitItems *out) {
    for (size_t i = 0; i < f->params.len; i++)
        place_owners(c, items, f->params.at[i].type, self, placed, out);
    place_owners(c, items, f->result, self, placed, out);
}

/* Uses make no cycles, and are as deep as interfaces are chained. */
static void place_import(Composer *c, const Map *items, const WitItem *item, Map *placed,
                         WitItems *out) {
    bool added;
    map_put_ptr(c->arena, placed, item, &added);
    if (!added) return;
    if (item->kind == WIT_ITEM_FUNC) place_func(c, items, item->func, item, placed, out);
    if (item->kind == WIT_ITEM_TYPE) place_owners(c, items, item->type, item, placed, out);
    if (item->kind == WIT_ITEM_INTERFACE) {
        for (size_t i = 0; i < item->interface->types.len; i++) {
            const WitType *type = item->interface->types.at[i];
            for (size_t k = 0; k < type->fields.len; k++)
                place_owners(c, items, type->fields.at[k].type, item, placed, out);
            place_owners(c, items, type->elem, item, placed, out);
            place_owners(c, items, type->second, item, placed, out);
        }
        for (size_t i = 0; i < item->interface->funcs.len; i++)
            place_func(c, items, item->interface->funcs.at[i], item, placed, out);
    }
    *vec_push(c->arena, out) = *item;
}

static void order_imports(Composer *c) {
    const WitItems *imports = &c->world->imports;
    Map items = {0}, placed = {0};
    WitItems out = {0};
    for (size_t i = 0; i < imports->len; i++)
        if (imports->at[i].kind == WIT_ITEM_INTERFACE)
            map_put_ptr(c->arena, &items, imports->at[i].interface, NULL)->cptr = &imports->at[i];
    for (size_t i = 0; i < imports->len; i++)
        place_import(c, &items, &imports->at[i], &placed, &out);
    c->world->imports = out;
}

static bool unite_all_imports(Composer *c) {
    c->model = wit_model_new(c->arena);
    WitPackage *package = wit_package_new(c->model, STR("root"), STR("component"), (Semver){0});
    c->model->main = package;
    c->world = wit_world_new(c->model, package, STR("root"));
    for (size_t i = 0; i < c->instances.len; i++) {
        uint32_t part = c->instances.at[i].part;
        bool seen = false;
        for (size_t k = 0; k < i; k++) seen |= c->instances.at[k].part == part;
        if (!seen && !unite_imports(c, part)) return false;
    }
    order_imports(c);
    return true;
}

static void note_import(Composer *c, const WitItem *item, CompSort sort, uint32_t index) {
    Str name = wit_item_name(c->arena, item);
    CompArg *arg = ARENA_NEW(c->arena, CompArg);
    *arg = comp_arg(name, sort, index);
    map_put(c->arena, &c->outer, name, NULL)->ptr = arg;
}

static void encode_imports(Composer *c) {
    for (size_t i = 0; i < c->world->imports.len; i++) {
        const WitItem *item = &c->world->imports.at[i];
        CompName name = comp_item_name(c->arena, item);
        if (item->kind == WIT_ITEM_INTERFACE) {
            CompExternType type = comp_extern(
                COMP_INSTANCE, comp_instances_type(&c->types, item->interface, NULL, NULL));
            uint32_t index = comp_add_import(&c->b, name, type);
            comp_instances_set(&c->types, item->interface, index);
            note_import(c, item, COMP_INSTANCE, index);
        } else if (item->kind == WIT_ITEM_FUNC) {
            CompExternType type =
                comp_extern(COMP_FUNC, comp_scope_func(&c->types.world, item->func));
            note_import(c, item, COMP_FUNC, comp_add_import(&c->b, name, type));
        } else {
            note_import(c, item, COMP_TYPE, comp_scope_val(&c->types.world, item->type).index);
        }
    }
}

/* ---- the result ---- */

static bool encode_part(Composer *c, Part *part) {
    if (!c->manifest.import_components || part == &c->parts.at[0]) {
        part->index = comp_add_component(&c->b, part->component);
        comp_set_name(c->arena, &c->b.names, COMP_COMPONENT, part->index, part->name);
        return true;
    }
    const CompTypedef *type = comp_component_typedef(c->arena, part->info, c->diags);
    if (!type) return false;
    uint32_t index = comp_add_type(&c->b, type);
    part->index = comp_add_import(&c->b, comp_name(part->name), comp_extern(COMP_COMPONENT, index));
    return true;
}

static bool encode_parts(Composer *c) {
    for (size_t i = c->parts.len; i-- > 0;) {
        bool used = false;
        for (size_t k = 0; k < c->instances.len; k++) used |= c->instances.at[k].part == i;
        if (used && !encode_part(c, &c->parts.at[i])) return false;
    }
    return true;
}

/* ---- instantiation, what is needed first; the walk keeps its own stack ---- */

static void report_cycle(Composer *c, const uint32_t *stack, size_t depth, uint32_t back) {
    size_t from = depth;
    while (from > 0 && stack[from - 1] != back) from--;
    const Instance *at = &c->instances.at[back];
    diag(c->diags, COMPOSE_CYCLE, span_none(), STR_ARG(part_of(c, at)->name));
    for (size_t i = from ? from - 1 : 0; i < depth; i++) {
        const Instance *x = &c->instances.at[stack[i]];
        uint32_t next = i + 1 < depth ? stack[i + 1] : back;
        for (size_t k = 0; k < imports_of(c, x)->len; k++)
            if (x->links[k].instance == (int)next) {
                diag_note(c->diags, COMPOSE_CYCLE_STEP, x->links[k].span, STR_ARG(x->name),
                          STR_ARG(imports_of(c, x)->at[k].name.name),
                          STR_ARG(c->instances.at[next].name));
                break;
            }
    }
}

static void instantiate(Composer *c, Instance *instance) {
    const CompExterns *imports = imports_of(c, instance);
    CompArgs args = {0};
    for (size_t k = 0; k < imports->len; k++) {
        Str name = imports->at[k].name.name;
        const Link *link = &instance->links[k];
        CompArg arg;
        if (link->instance != UNRESOLVED) {
            uint32_t index = c->instances.at[link->instance].index;
            if (link->export.len) index = comp_add_alias(&c->b, COMP_INSTANCE, index, link->export);
            arg = comp_arg(name, COMP_INSTANCE, index);
        } else {
            const MapEntry *outer = map_get(&c->outer, name);
            if (!outer) continue; /* validation tells */
            arg = *(const CompArg *)outer->cptr;
        }
        *vec_push(c->arena, &args) = arg;
    }
    instance->index = comp_add_instance(&c->b, part_of(c, instance)->index, args.at, args.len);
    comp_set_name(c->arena, &c->b.names, COMP_INSTANCE, instance->index, instance->name);
}

/* The next instance that must be there before this one, or UNRESOLVED. */
static int missing(const Composer *c, const Instance *instance) {
    for (size_t k = 0; k < imports_of(c, instance)->len; k++) {
        int to = instance->links[k].instance;
        if (to != UNRESOLVED && !c->instances.at[to].ready) return to;
    }
    return UNRESOLVED;
}

static bool instantiate_all(Composer *c) {
    uint32_t *stack = ARENA_NEW_ARRAY(c->arena, uint32_t, c->instances.len + 1);
    size_t depth = 0;
    stack[depth++] = 0;
    c->instances.at[0].busy = true;
    while (depth) {
        Instance *top = &c->instances.at[stack[depth - 1]];
        int need = missing(c, top);
        if (need == UNRESOLVED) {
            instantiate(c, top);
            top->ready = true;
            depth--;
        } else if (c->instances.at[need].busy) {
            report_cycle(c, stack, depth, (uint32_t)need);
            return false;
        } else {
            c->instances.at[need].busy = true;
            stack[depth++] = (uint32_t)need;
        }
    }
    return true;
}

static void encode_exports(Composer *c) {
    const CompExterns *exports = &c->parts.at[0].info->type.exports;
    uint32_t root = c->instances.at[0].index;
    for (size_t i = 0; i < exports->len; i++) {
        const CompExtern *e = &exports->at[i];
        uint32_t index = comp_add_alias(&c->b, e->entity.sort, root, e->name.name);
        comp_add_export(&c->b, e->name, e->entity.sort, index, NULL);
    }
}

/* Validation of the result is what finds out that two resources are not one. */
static bool check_result(Composer *c, const CompComponent *result) {
    if (c->manifest.skip_validation || c->options->skip_validation) return true;
    Buf bytes = {.arena = c->arena};
    comp_encode(result, &bytes);
    const Source *source = source_of(c->arena, STR("the composition"), buf_text(&bytes));
    const CompComponent *again = comp_decode(c->arena, source, c->options->features, c->diags);
    if (again && comp_validate(c->arena, again, c->options->features, c->diags)) return true;
    diag_note(c->diags, COMPOSE_RESULT, span_none());
    return false;
}

CompComponent *comp_compose(Arena *arena, const Source *root, const CompComposeOptions *options,
                            Diags *diags) {
    Composer c = {.arena = arena, .diags = diags, .options = options, .b = comp_builder(arena)};
    comp_instances_init(&c.types, arena, &c.b);
    if (options->config && !comp_manifest(arena, options->config, &c.manifest, diags)) return NULL;
    if (!build_graph(&c, root) || !unite_all_imports(&c)) return NULL;
    encode_imports(&c);
    if (!encode_parts(&c) || !instantiate_all(&c)) return NULL;
    encode_exports(&c);
    comp_add_custom(&c.b, STR("producers"), comp_producers(arena));
    CompComponent *result = comp_finish(&c.b);
    return check_result(&c, result) ? result : NULL;
}
