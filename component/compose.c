/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From a manifest to the graph: instances of components, connected by name.
 *
 *     root ──"a"──> instance a1 (of component a) ──"b"──> instance b
 *       └────"wasi:cli/stdout"──> nobody: an import of the result
 *
 * From the roots on, breadth first, each instance import is served by a definition, by what the
 * manifest says, or by a component of the import's name; where there is none it stays an import. With
 * `wiring: interface`, exports of all instances that the manifest names serve what is left (plug.c).
 */
#include "component/compose.h"
typedef struct {
    Arena *arena;
    CompGraph *g;
    Diags *diags;
    const CompComposeOptions *options;
    Manifest manifest;
    Map instances;             /* instance name -> node */
    Map parts;                 /* dependency name -> part + 1; 0: there is none */
    VEC(uint32_t) definitions; /* parts */
    Map definition_instances;  /* part -> node */
    VEC(uint32_t) roots;       /* nodes */
} Composer;

/* ---- parts ---- */

/* COMP_NONE after a diagnostic. */
static uint32_t read_part(Composer *c, Str name, Str path, const ManifestPath *said) {
    const Source *source = c->options->read(c->arena, path, c->options->context, c->diags);
    if (source && said && said->sha256.len) {
        Str digest = comp_digest(c->arena, source);
        if (!str_eq(digest, said->sha256)) {
            diag(c->diags, LOCK_DIFFERS, said->span, STR_ARG(path), STR_ARG(digest),
                 STR_ARG(said->sha256));
            return COMP_NONE;
        }
    }
    return source ? comp_graph_part(c->g, name, source) : COMP_NONE;
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

/* *part is COMP_NONE where no such component is known; a broken one is an error. */
static bool find_part(Composer *c, Str name, uint32_t *part) {
    bool added;
    MapEntry *known = map_put(c->arena, &c->parts, name, &added);
    *part = (uint32_t)known->value - 1;
    if (!added) return true;
    const MapEntry *said = map_get(&c->manifest.dependencies_by_name, name);
    const ManifestPath *dependency = said ? &c->manifest.dependencies.at[said->value] : NULL;
    Str path = dependency ? manifest_path(c, dependency->path) : (Str){0};
    if (!dependency && !search(c, name, &path)) return true;
    *part = read_part(c, name, path, dependency);
    if (*part == COMP_NONE) return false;
    map_put(c->arena, &c->parts, name, NULL)->value = *part + 1;
    return true;
}

/* ---- instances ---- */

static Str path_of(const Composer *c, uint32_t node) {
    return comp_part_of(c->g, comp_node(c->g, node))->source->path;
}

static const CompExtern *import_at(const Composer *c, uint32_t node, size_t import) {
    return &comp_imports_of(c->g, comp_node(c->g, node))->at[import];
}

static const ManifestInstance *manifest_instance(const Composer *c, Str name) {
    const MapEntry *e = map_get(&c->manifest.instances_by_name, name);
    return e ? &c->manifest.instances.at[e->value] : NULL;
}

static const ManifestLink *manifest_argument(const ManifestInstance *instance, Str import) {
    const MapEntry *e = instance ? map_get(&instance->by_import, import) : NULL;
    return e ? &instance->arguments.at[e->value] : NULL;
}

static uint32_t add_instance(Composer *c, Str name, uint32_t part) {
    uint32_t node = comp_graph_instance(c->g, part, name);
    const ManifestInstance *said = manifest_instance(c, name);
    if (said) comp_node(c->g, node)->span = said->span;
    map_put(c->arena, &c->instances, name, NULL)->value = node;
    return node;
}

/* The instance of this name, made where it is met first; *node is COMP_NONE where nobody knows it. */
static bool find_instance(Composer *c, Str name, uint32_t *node) {
    const MapEntry *known = map_get(&c->instances, name);
    if (known) {
        *node = (uint32_t)known->value;
        return true;
    }
    const ManifestInstance *said = manifest_instance(c, name);
    uint32_t part;
    *node = COMP_NONE;
    if (!find_part(c, said ? said->dependency : name, &part)) return false;
    if (part != COMP_NONE) *node = add_instance(c, name, part);
    return true;
}

static void wire(Composer *c, uint32_t node, size_t import, CompEdge edge) {
    edge.name = import_at(c, node, import)->name.name;
    comp_node(c->g, node)->edges.at[import] = edge;
}

/* A component whose exports serve imports of their name everywhere; its own imports are served like
 * any other's. */
static bool link_to_definition(Composer *c, uint32_t dependent, size_t import, bool *done) {
    const CompExtern *want = import_at(c, dependent, import);
    *done = true;
    for (size_t i = 0; i < c->definitions.len; i++) {
        uint32_t part = c->definitions.at[i];
        const CompPart *p = c->g->parts.at[part];
        const CompExtern *have = comp_part_export(p, want->name.name);
        Str why = {0};
        if (!have || have->entity.sort != COMP_INSTANCE || comp_node(c->g, dependent)->of == part)
            continue;
        if (!comp_graph_fits(c->g, &have->entity, &want->entity, false, &why)) {
            diag(c->diags, COMPOSE_DEFINITION_FIT, span_none(),
                 STR_ARG(comp_node(c->g, dependent)->name), STR_ARG(p->source->path),
                 STR_ARG(want->name.name), STR_ARG(want->name.name), STR_ARG(why));
            return false;
        }
        bool added;
        MapEntry *e = map_put_ptr(c->arena, &c->definition_instances, p, &added);
        if (added) e->value = comp_graph_instance(c->g, part, p->name);
        uint32_t alias = comp_graph_alias(c->g, (uint32_t)e->value, have, span_none());
        wire(c, dependent, import, (CompEdge){.node = alias, .reason = COMP_EDGE_DEFINITION});
        return true;
    }
    *done = false;
    return true;
}

/* The export that the manifest names. */
static bool named_export(Composer *c, uint32_t dependent, const CompExtern *want, uint32_t target,
                         const ManifestLink *argument, CompEdge *edge) {
    const CompExtern *have =
        comp_extern_find(comp_exports_of(c->g, comp_node(c->g, target)), argument->export);
    Str from = path_of(c, target), to = path_of(c, dependent), why = {0};
    Span span = argument->span;
    if (!have || (have->entity.sort != COMP_INSTANCE && want->entity.sort == COMP_INSTANCE)) {
        diag(c->diags, COMPOSE_NO_EXPORT, span, STR_ARG(from), STR_ARG(argument->export));
        return false;
    }
    if (!comp_graph_fits(c->g, &have->entity, &want->entity, false, &why)) {
        diag(c->diags, COMPOSE_EXPORT_FIT, span, STR_ARG(from), STR_ARG(argument->export),
             STR_ARG(want->name.name), STR_ARG(to), STR_ARG(why));
        return false;
    }
    edge->node = comp_graph_alias(c->g, target, have, span);
    edge->reason = COMP_EDGE_SAID;
    return true;
}

/* The instance as a whole, the export of the import's name, or the first that fits. */
static bool any_export(Composer *c, uint32_t dependent, const CompExtern *want, uint32_t target,
                       const ManifestLink *argument, CompEdge *edge) {
    Str why = {0}, first = {0};
    const CompNode *node = comp_node(c->g, target);
    const CompPart *part = comp_part_of(c->g, node);
    const CompExterns *exports = &part->info->type.exports;
    if (comp_graph_fits(c->g, &node->entity, &want->entity, false, &first)) {
        edge->node = target;
        edge->reason = COMP_EDGE_WHOLE;
        return true;
    }
    const CompExtern *same = comp_part_export(part, want->name.name);
    if (same && same->entity.sort != want->entity.sort) same = NULL;
    for (size_t i = 0; i <= exports->len; i++) {
        const CompExtern *have = i ? &exports->at[i - 1] : same;
        Str *reason = i ? &first : &why;
        if (!have || have->entity.sort != want->entity.sort ||
            (want->entity.sort != COMP_INSTANCE && have != same) ||
            !comp_graph_fits(c->g, &have->entity, &want->entity, false, reason))
            continue;
        edge->node = comp_graph_alias(c->g, target, have, edge->span);
        edge->reason = i ? COMP_EDGE_SHAPE : COMP_EDGE_NAME;
        return true;
    }
    Str from = path_of(c, target), to = path_of(c, dependent);
    comp_graph_fits(c->g, &comp_node(c->g, target)->entity, &want->entity, false, &first);
    if (!same) why = first;
    Span span = argument ? argument->span : span_none();
    diag(c->diags, COMPOSE_NOT_COMPATIBLE, span, STR_ARG(from), STR_ARG(want->name.name),
         STR_ARG(to), STR_ARG(why));
    return false;
}

static bool nobody_serves(Composer *c, const ManifestLink *argument, Str name) {
    Span span = argument ? argument->span : span_none();
    const ManifestInstance *said = manifest_instance(c, name);
    Str dependency = said ? said->dependency : name;
    if (argument && argument->has_export) {
        diag(c->diags, COMPOSE_EXPORT_ON_IMPORT, span, STR_ARG(argument->export), STR_ARG(name));
        return false;
    }
    if (!c->manifest.by_interface && (c->manifest.disallow_imports || c->options->no_imports)) {
        diag(c->diags, COMPOSE_NOT_FOUND, span, STR_ARG(dependency));
        return false;
    }
    return true;
}

/* An import of the result under a name of the manifest's choice. */
static bool link_to_import(Composer *c, uint32_t dependent, size_t import,
                           const ManifestLink *argument) {
    CompExtern renamed = *import_at(c, dependent, import);
    CompEdge edge = {.span = argument->span};
    renamed.name = comp_name(argument->import);
    uint32_t part = comp_node(c->g, dependent)->of;
    if (!comp_graph_fill(c->g, &renamed, part, edge.span, &edge.node)) return false;
    wire(c, dependent, import, edge);
    return true;
}

static bool link_import(Composer *c, uint32_t dependent, size_t import) {
    const CompExtern *want = import_at(c, dependent, import);
    const ManifestInstance *self = manifest_instance(c, comp_node(c->g, dependent)->name);
    const ManifestLink *argument = manifest_argument(self, want->name.name);
    bool done = false;
    if (argument && argument->import.len) return link_to_import(c, dependent, import, argument);
    if (want->entity.sort == COMP_INSTANCE) {
        if (!link_to_definition(c, dependent, import, &done)) return false;
        if (done) return true;
    } else if (!argument) {
        return true; /* functions and types are wired only where it is said */
    }
    Str name = argument ? argument->instance : want->name.name;
    uint32_t target;
    if (!find_instance(c, name, &target)) return false;
    if (target == COMP_NONE) return nobody_serves(c, argument, name);
    CompEdge edge = {.span = argument ? argument->span : span_none()};
    if (argument && argument->has_export) {
        if (!named_export(c, dependent, want, target, argument, &edge)) return false;
    } else if (!any_export(c, dependent, want, target, argument, &edge)) return false;
    if (argument) edge.reason = COMP_EDGE_SAID;
    wire(c, dependent, import, edge);
    return true;
}

/* What the manifest says about an instance must be about imports that there are. */
static bool check_arguments(Composer *c, uint32_t node) {
    const ManifestInstance *said = manifest_instance(c, comp_node(c->g, node)->name);
    const CompPart *part = comp_part_of(c->g, comp_node(c->g, node));
    const CompComponentType *type = &part->info->type;
    bool ok = true;
    for (size_t i = 0; said && i < said->arguments.len; i++) {
        const ManifestLink *a = &said->arguments.at[i];
        if (map_get(&type->imports_by_name, a->name)) continue;
        Str *names = ARENA_NEW_ARRAY(c->arena, Str, type->imports.len);
        for (size_t n = 0; n < type->imports.len; n++) names[n] = type->imports.at[n].name.name;
        Str near = str_nearest(a->name, names, type->imports.len);
        diag(c->diags, COMPOSE_NO_IMPORT, a->span, STR_ARG(part->source->path), STR_ARG(a->name));
        if (near.len) diag_note(c->diags, LINK_NEAREST, span_none(), STR_ARG(near));
        ok = false;
    }
    return ok;
}

static bool link_all(Composer *c) {
    bool ok = true;
    for (uint32_t i = 0; i < c->g->nodes.len; i++) { /* grows while it is walked */
        if (comp_node(c->g, i)->kind != COMP_NODE_INSTANCE) continue;
        ok &= check_arguments(c, i);
        size_t n = comp_node(c->g, i)->edges.len;
        for (size_t k = 0; k < n; k++) ok &= link_import(c, i, k);
        if (!ok && i == c->roots.at[0]) break; /* more of the same would follow */
    }
    return ok;
}

/* ---- roots ---- */

static bool add_roots(Composer *c, const Source *root) {
    if (root) {
        uint32_t part = comp_graph_part(c->g, STR("root"), root);
        if (part == COMP_NONE) return false;
        map_put(c->arena, &c->parts, STR("root"), NULL)->value = part + 1;
        *vec_push(c->arena, &c->roots) = add_instance(c, STR("root"), part);
    }
    for (size_t i = 0; i < c->manifest.roots.len && !root; i++) {
        const ManifestPath *said = &c->manifest.roots.at[i];
        uint32_t node;
        if (!find_instance(c, said->path, &node)) return false;
        if (node == COMP_NONE) {
            diag(c->diags, COMPOSE_UNKNOWN, said->span, STR_ARG(said->path));
            return false;
        }
        *vec_push(c->arena, &c->roots) = node;
    }
    for (size_t i = 0; i < c->manifest.exports.len && !c->roots.len; i++) {
        uint32_t node;
        if (c->manifest.exports.at[i].import.len) continue;
        if (!find_instance(c, c->manifest.exports.at[i].instance, &node)) return false;
        if (node != COMP_NONE) *vec_push(c->arena, &c->roots) = node;
    }
    for (size_t i = 0; i < c->roots.len; i++) comp_node(c->g, c->roots.at[i])->is_root = true;
    if (!c->roots.len) diag(c->diags, COMPOSE_NO_ROOT, span_none());
    return c->roots.len > 0;
}

static bool add_definitions(Composer *c) {
    size_t n = c->manifest.definitions.len;
    for (size_t i = 0; i < n + c->options->definitions.len; i++) {
        Str path = i < n ? manifest_path(c, c->manifest.definitions.at[i].path)
                         : c->options->definitions.at[i - n];
        uint32_t part = read_part(c, path_file(path), path, NULL);
        if (part == COMP_NONE) return false;
        *vec_push(c->arena, &c->definitions) = part;
    }
    return true;
}

/* An import of the result that is its export, too: that of an instance, which tells its type. */
static bool export_import(Composer *c, const ManifestLink *e) {
    const MapEntry *known = map_get(&c->g->imports, e->import);
    uint32_t node = known ? (uint32_t)known->value : COMP_NONE;
    for (uint32_t i = 0; i < c->g->nodes.len && node == COMP_NONE; i++) {
        const CompEdges *edges = &comp_node(c->g, i)->edges;
        for (size_t k = 0; k < edges->len && node == COMP_NONE; k++) {
            if (edges->at[k].node != COMP_NONE || !str_eq(edges->at[k].name, e->import)) continue;
            if (!comp_graph_fill(c->g, import_at(c, i, k), comp_node(c->g, i)->of, e->span, &node))
                return false;
            break;
        }
    }
    if (node == COMP_NONE) diag(c->diags, COMPOSE_NO_OPEN_IMPORT, e->span, STR_ARG(e->import));
    else comp_graph_export(c->g, comp_name(e->name), node, e->span);
    return node != COMP_NONE;
}

/* Exports that the manifest names, or all of the roots. */
static bool add_exports(Composer *c) {
    bool ok = true;
    for (size_t i = 0; i < c->manifest.exports.len; i++) {
        const ManifestLink *e = &c->manifest.exports.at[i];
        Span span = e->span;
        Str name = e->has_export ? e->export : e->name;
        uint32_t node;
        if (e->import.len) {
            ok &= export_import(c, e);
            continue;
        }
        if (!find_instance(c, e->instance, &node)) return false;
        if (node == COMP_NONE) {
            diag(c->diags, COMPOSE_UNKNOWN, span, STR_ARG(e->instance));
            ok = false;
            continue;
        }
        if (e->whole) {
            comp_graph_export(c->g, comp_name(e->name), node, span);
            continue;
        }
        const CompExtern *have =
            comp_extern_find(comp_exports_of(c->g, comp_node(c->g, node)), name);
        Str path = path_of(c, node);
        if (!have) diag(c->diags, COMPOSE_NO_SUCH_EXPORT, span, STR_ARG(path), STR_ARG(name));
        ok &= have != NULL;
        if (!have) continue;
        CompName given = have->name;
        given.name = e->name;
        comp_graph_export(c->g, given, comp_graph_alias(c->g, node, have, span), span);
    }
    for (size_t i = 0; i < c->roots.len && !c->manifest.exports.len; i++) {
        const CompExterns *exports = comp_exports_of(c->g, comp_node(c->g, c->roots.at[i]));
        for (size_t k = 0; k < exports->len; k++) {
            if (!map_get(&c->g->exports_by_name, exports->at[k].name.name)) continue;
            diag(c->diags, COMPOSE_EXPORT_TWICE, span_none(), STR_ARG(exports->at[k].name.name));
            return false;
        }
        comp_graph_export_all(c->g, c->roots.at[i], span_none());
    }
    return ok;
}

/* ---- the whole ---- */

/* All that the manifest names takes part; what serves nobody is told. */
static bool wire_by_interface(Composer *c) {
    VEC(uint32_t) givers = {0};
    Map used = {0}; /* dependencies that have instances */
    for (size_t i = 0; i < c->manifest.instances.len + c->manifest.dependencies.len; i++) {
        size_t n = c->manifest.instances.len;
        bool is_instance = i < n;
        Str name = is_instance ? c->manifest.instances.at[i].name
                               : c->manifest.dependencies.at[i - n].name;
        uint32_t node;
        if (is_instance) map_put(c->arena, &used, c->manifest.instances.at[i].dependency, NULL);
        else if (map_get(&used, name) && !map_get(&c->instances, name)) continue;
        if (!find_instance(c, name, &node)) return false;
        bool root = false;
        for (size_t k = 0; k < c->roots.len; k++) root |= c->roots.at[k] == node;
        if (node != COMP_NONE && !root) *vec_push(c->arena, &givers) = node;
    }
    if (!link_all(c)) return false;
    const CompWireOptions how = {.roots = c->roots.at,
                                 .root_count = c->roots.len,
                                 .givers = givers.at,
                                 .giver_count = givers.len,
                                 .compatible = c->manifest.compatible};
    return comp_wire(c->g, &how);
}

static bool check_open(Composer *c) {
    bool ok = true;
    if (!c->manifest.disallow_imports && !c->options->no_imports) return true;
    for (uint32_t i = 0; i < c->g->nodes.len; i++) {
        const CompNode *node = comp_node(c->g, i);
        for (size_t k = 0; k < node->edges.len; k++) {
            if (node->done || node->edges.at[k].node != COMP_NONE ||
                comp_imports_of(c->g, node)->at[k].entity.sort != COMP_INSTANCE)
                continue;
            diag(c->diags, COMPOSE_NOT_FOUND, node->span, STR_ARG(node->edges.at[k].name));
            ok = false;
        }
    }
    return ok;
}

/* wasm-compose's rule: a root without anything to connect is a mistake. */
static bool check_something(Composer *c, const Source *root) {
    size_t instances = 0, wired = 0;
    Str name = {0};
    if (c->roots.len != 1 || !root) return true;
    const CompExterns *imports = comp_imports_of(c->g, comp_node(c->g, c->roots.at[0]));
    for (size_t i = imports->len; i-- > 0;) {
        if (imports->at[i].entity.sort != COMP_INSTANCE) continue;
        instances++;
        name = imports->at[i].name.name;
    }
    for (uint32_t i = 0; i < c->g->nodes.len; i++)
        wired += comp_node(c->g, i)->kind == COMP_NODE_INSTANCE;
    if (instances && wired > 1) return true;
    if (!instances) {
        diag(c->diags, COMPOSE_NO_INSTANCES, span_none(), STR_ARG(root->path));
        return false;
    }
    Str directory = manifest_path(c, STR("."));
    diag(c->diags, COMPOSE_NOTHING_FOUND, span_none(), STR_ARG(root->path));
    diag_note(c->diags, COMPOSE_SEARCHED, span_none(), STR_ARG(name), STR_ARG(name),
              STR_ARG(directory));
    return false;
}

static void tell_unused(Composer *c) {
    comp_graph_prune(c->g);
    for (uint32_t i = 0; i < c->g->nodes.len; i++) {
        const CompNode *node = comp_node(c->g, i);
        if (node->kind == COMP_NODE_INSTANCE && node->done)
            diag(c->diags, COMPOSE_UNUSED, node->span, STR_ARG(node->name));
    }
}

bool comp_compose_graph(CompGraph *g, const Source *root, const CompComposeOptions *options) {
    Composer c = {.arena = g->arena, .g = g, .diags = g->diags, .options = options};
    if (options->config && !comp_manifest(g->arena, options->config, &c.manifest, g->diags))
        return false;
    if (options->config) g->span = (Span){options->config, 0, 0};
    g->skip_validation |= c.manifest.skip_validation;
    g->merge_versions |= c.manifest.compatible;
    if (options->plan) *options->plan = c.manifest.plan;
    if (options->lock && c.manifest.lock.len) *options->lock = manifest_path(&c, c.manifest.lock);
    if (!add_roots(&c, root) || !add_definitions(&c)) return false;
    if (c.manifest.by_interface ? !wire_by_interface(&c) : !link_all(&c)) return false;
    if (!check_something(&c, root) || !add_exports(&c)) return false;
    if (c.manifest.by_interface) tell_unused(&c);
    if (!check_open(&c) || !comp_graph_fill_all(g)) return false;
    for (size_t i = 0; i < g->parts.len && c.manifest.import_components; i++)
        g->parts.at[i]->imported =
            c.roots.at[0] >= g->nodes.len || comp_node(g, c.roots.at[0])->of != i;
    return true;
}

CompComponent *comp_compose(Arena *arena, const Source *root, const CompComposeOptions *options,
                            Diags *diags) {
    CompGraph g = {.arena = arena,
                   .diags = diags,
                   .features = options->features,
                   .skip_validation = options->skip_validation,
                   .share = true};
    return comp_compose_graph(&g, root, options) ? comp_graph_encode(&g) : NULL;
}
