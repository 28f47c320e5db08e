/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Choosing a world, and elaborating it: making explicit what its items need.
 *
 * Interfaces depend on those whose types they `use`. Every interface that an import needs is an
 * import too, and stands before it. An interface that an export needs is taken from the exports if
 * it is exported, else it is imported with all that it needs in turn. Therefore
 *
 *     interface a {..}    interface b { use a.{t}; }    interface c { use a.{t}; use b.{u}; }
 *     world w { export a; export c; }
 *
 * is an error: `c` is exported and needs `b`, which is imported and needs `a` as an import, though
 * `c` itself means the exported `a`. The walk below is depth first with its own stack; each node
 * keeps who asked for it, so that the error can tell the path.
 */
#include "model/internal.h"

/* ---- items ---- */

Str item_key(Arena *arena, const WitItem *item) {
    if (item->name.len || item->kind != WIT_ITEM_INTERFACE) return item->name;
    char *key = arena_alloc(arena, 1 + sizeof(void *));
    memcpy(key + 1, &item->interface, sizeof(void *)); /* no name begins with a NUL */
    return (Str){key, 1 + sizeof(void *)};
}

Map item_map(Arena *arena, const WitItems *items) {
    Map map = {0};
    for (size_t i = 0; i < items->len; i++) {
        MapEntry *entry = map_put(arena, &map, item_key(arena, &items->at[i]), NULL);
        if (!entry->cptr) entry->cptr = &items->at[i];
    }
    return map;
}

const WitInterface *wit_used_interface(const WitType *type) {
    if (type->kind != WIT_ALIAS || !type->elem->name.len) return NULL;
    const WitInterface *from = type->elem->interface;
    return from != type->interface ? from : NULL;
}

/* Interfaces, used types, defined types, functions, resources' functions. */
enum { ITEM_CLASSES = 5 };

static int class_of(const WitItem *item) {
    switch (item->kind) {
    case WIT_ITEM_INTERFACE: return 0;
    case WIT_ITEM_TYPE: return wit_used_interface(item->type) ? 1 : 2;
    case WIT_ITEM_FUNC: break;
    }
    return item->func->resource ? 4 : 3;
}

static WitItems in_class_order(Arena *arena, const WitItems *items) {
    WitItems out = {0};
    if (items->len == 0) return out;
    out.at = ARENA_NEW_ARRAY(arena, WitItem, items->len);
    out.cap = items->len;
    for (int c = 0; c < ITEM_CLASSES; c++)
        for (size_t i = 0; i < items->len; i++)
            if (class_of(&items->at[i]) == c) out.at[out.len++] = items->at[i];
    return out;
}

/* The interface that a type is used from, if it can be a world's by its path: one that is written in
 * place stands in the world already, under its plain name (only binaries use its types). */
static const WitInterface *named_use(const WitType *type) {
    const WitInterface *from = wit_used_interface(type);
    return from && from->name.len ? from : NULL;
}

/* ---- the walk ---- */

/* An interface that was met, and why. */
typedef struct Node {
    const struct Node *by; /* what uses it; NULL: the world lists it */
    const WitType *use;    /* the alias with which `by` uses it */
    Str plain_name;
    const WitInterface *interface; /* known by this, where it has no plain name */
    bool exported;
} Node;

/* A node in the path that an error tells. */
typedef struct {
    const WitType *use;
    Str name;
} Step;
typedef VEC(Step) Path;

typedef struct {
    WitItem item;
    const Node *node;
    size_t next_type; /* of the interface: where to look for the next dependency */
} Frame;

typedef struct {
    Arena *arena; /* of the moment */
    const WitWorld *world;
    Diags *diags;
    Map listed_imports, listed_exports; /* key -> the item that the world lists */
    Map imported, exported;             /* key -> met on the way to an import, an export */
    Map required;                       /* key -> the Node that needs it as an import */
    WitItems imports, exports;
    VEC(Frame) stack;
} Elaboration;

static bool add_key(Elaboration *e, Map *map, const WitItem *item) {
    bool added;
    map_put(e->arena, map, item_key(e->arena, item), &added);
    return added;
}

/* The next interface that the frame's one uses, as an item: the world's own if `listed` has it. Its
 * stability is that of what needs it, unless it has one of its own; a feature is none, since what
 * needs it may be there without that. */
static bool next_dep(Elaboration *e, Frame *frame, const Map *listed, WitItem *dep,
                     const WitType **use) {
    const WitInterface *interface = frame->item.interface;
    while (frame->next_type < interface->types.len) {
        *use = interface->types.at[frame->next_type++];
        const WitInterface *from = named_use(*use);
        if (!from) continue;
        *dep = (WitItem){.kind = WIT_ITEM_INTERFACE, .interface = from};
        const MapEntry *entry = listed ? map_get(listed, item_key(e->arena, dep)) : NULL;
        if (entry) *dep = *(const WitItem *)entry->cptr;
        if (!dep->stability.since.text.len) dep->stability = frame->item.stability;
        return true;
    }
    return false;
}

/* ---- imports ---- */

static void begin_import(Elaboration *e, const WitItem *item) {
    if (add_key(e, &e->imported, item)) vec_push(e->arena, &e->stack)->item = *item;
}

static void add_interface_import(Elaboration *e, const WitItem *item) {
    begin_import(e, item);
    while (e->stack.len) {
        WitItem dep;
        const WitType *use;
        if (next_dep(e, &vec_last(&e->stack), &e->listed_imports, &dep, &use))
            begin_import(e, &dep);
        else *vec_push(e->arena, &e->imports) = vec_pop(&e->stack).item;
    }
}

static void add_imports(Elaboration *e) {
    WitItems items = in_class_order(e->arena, &e->world->imports);
    for (size_t i = 0; i < items.len; i++) {
        const WitItem *item = &items.at[i];
        if (item->kind == WIT_ITEM_INTERFACE) {
            add_interface_import(e, item);
            continue;
        }
        const WitInterface *from = item->kind == WIT_ITEM_TYPE ? named_use(item->type) : NULL;
        WitItem dep = {.kind = WIT_ITEM_INTERFACE, .interface = from};
        if (from) dep.stability = item->type->stability;
        if (from) add_interface_import(e, &dep);
        if (add_key(e, &e->imported, item)) *vec_push(e->arena, &e->imports) = *item;
    }
}

/* ---- exports ---- */

static const Node *node_new(Elaboration *e, const Node *by, const WitType *use, const WitItem *item,
                            bool exported) {
    Node *node = ARENA_NEW(e->arena, Node);
    *node = (Node){.by = by, .use = use, .plain_name = item->name, .exported = exported};
    if (item->kind == WIT_ITEM_INTERFACE) node->interface = item->interface;
    return node;
}

static void add_to_path(Elaboration *e, const Node *node, Path *path) {
    bool is_plain = node->plain_name.len || !node->interface;
    Str name = is_plain ? node->plain_name : wit_interface_id(e->arena, node->interface);
    *vec_push(e->arena, path) = (Step){node->use, name};
}

/* `node` is wanted as an import although the world exports it. */
static bool conflict(Elaboration *e, const WitItem *root, const Node *node) {
    Path path = {0};
    add_to_path(e, node, &path);
    while (node->by) {
        add_to_path(e, node = node->by, &path);
        if (node->exported) break;
    }
    Str name = wit_item_name(e->arena, root);
    diag(e->diags, MODEL_INCOMPATIBLE_DEP, e->world->span, STR_ARG(name));
    diag_note(e->diags, MODEL_DEP_EXPORTED, span_none(), STR_ARG(vec_last(&path).name));
    for (size_t i = path.len - 1; i > 0; i--) {
        const Step *user = &path.at[i], *used = &path.at[i - 1];
        if (i > 1)
            diag_note(e->diags, MODEL_DEP_IMPORTED, used->use->span, STR_ARG(user->name),
                      STR_ARG(used->name));
        else
            diag_note(e->diags, MODEL_DEP_BOTH, used->use->span, STR_ARG(user->name),
                      STR_ARG(used->name));
    }
    for (size_t i = path.len - 1; i-- > 1;)
        diag_note(e->diags, MODEL_DEP_REMEDY, span_none(), STR_ARG(path.at[i].name),
                  STR_ARG(path.at[0].name));
    return false;
}

/* Puts the item on the stack unless it was met already; false where it was met as an export but is
 * wanted as an import. */
static bool begin_export(Elaboration *e, const WitItem *root, const WitItem *item,
                         const Node *node) {
    Str key = item_key(e->arena, item);
    bool added;
    if (node->exported) {
        map_put(e->arena, &e->exported, key, &added);
    } else {
        if (map_get(&e->exported, key)) return conflict(e, root, node);
        MapEntry *entry = map_put(e->arena, &e->required, key, &added);
        if (added) entry->cptr = node;
    }
    if (added) *vec_push(e->arena, &e->stack) = (Frame){.item = *item, .node = node};
    return true;
}

/* The frame on top has all its dependencies: it may follow them. */
static bool end_export(Elaboration *e, const WitItem *root) {
    Frame frame = vec_pop(&e->stack);
    if (!frame.node->exported) {
        if (add_key(e, &e->imported, &frame.item)) *vec_push(e->arena, &e->imports) = frame.item;
        return true;
    }
    /* an export under a plain name is nobody's dependency: its key is never required */
    const MapEntry *needed = map_get(&e->required, item_key(e->arena, &frame.item));
    if (needed) return conflict(e, root, needed->cptr);
    *vec_push(e->arena, &e->exports) = frame.item;
    return true;
}

static bool add_interface_export(Elaboration *e, const WitItem *root) {
    e->stack.len = 0;
    if (!begin_export(e, root, root, node_new(e, NULL, NULL, root, true))) return false;
    while (e->stack.len) {
        Frame *frame = &vec_last(&e->stack);
        const Node *by = frame->node;
        WitItem dep;
        const WitType *use;
        if (!next_dep(e, frame, by->exported ? &e->listed_exports : NULL, &dep, &use)) {
            if (!end_export(e, root)) return false;
            continue;
        }
        bool exported = by->exported && map_get(&e->listed_exports, item_key(e->arena, &dep));
        if (!begin_export(e, root, &dep, node_new(e, by, use, &dep, exported))) return false;
    }
    return true;
}

/* Functions come first; interfaces follow in an order in which each stands after its needs. */
static bool add_exports(Elaboration *e) {
    const WitItems *items = &e->world->exports;
    for (size_t i = 0; i < items->len; i++)
        if (items->at[i].kind != WIT_ITEM_INTERFACE && add_key(e, &e->exported, &items->at[i]))
            *vec_push(e->arena, &e->exports) = items->at[i];
    for (size_t i = 0; i < items->len; i++)
        if (items->at[i].kind == WIT_ITEM_INTERFACE && !add_interface_export(e, &items->at[i]))
            return false;
    return true;
}

static WitItems copy_items(Arena *arena, const WitItems *items) {
    WitItems out = {.len = items->len, .cap = items->len};
    if (items->len) out.at = arena_copy(arena, items->at, items->len * sizeof *items->at);
    return out;
}

bool wit_elaborate(WitModel *model, WitWorld *world, Diags *diags) {
    Elaboration e = {.arena = arena_new(), .world = world, .diags = diags};
    e.listed_imports = item_map(e.arena, &world->imports);
    e.listed_exports = item_map(e.arena, &world->exports);
    add_imports(&e);
    bool ok = add_exports(&e);
    if (ok) {
        world->imports = in_class_order(model->arena, &e.imports);
        world->exports = copy_items(model->arena, &e.exports);
    }
    arena_free(e.arena);
    return ok;
}

/* ---- selection ---- */

static void note_worlds(const WitModel *model, const WitPackage *package, Diags *diags) {
    for (size_t i = 0; i < package->worlds.len; i++) {
        Str id = wit_world_id(model->arena, package->worlds.at[i]);
        diag_note(diags, MODEL_CANDIDATE, package->worlds.at[i]->span, STR_ARG(id));
    }
}

static WitWorld *world_named(const WitModel *model, const WitPackage *package, Str name,
                             Diags *diags) {
    WitWorld *world = wit_find_world(package, name);
    if (world) return world;
    Str id = wit_package_id(model->arena, package);
    diag(diags, MODEL_WORLD_UNKNOWN, span_none(), STR_ARG(name), STR_ARG(id));
    VEC(Str) names = {0};
    for (size_t i = 0; i < package->worlds.len; i++)
        *vec_push(model->arena, &names) = package->worlds.at[i]->name;
    Str near = str_nearest(name, names.at, names.len);
    if (near.len) diag_note(diags, MODEL_DID_YOU_MEAN, span_none(), STR_ARG(near));
    else note_worlds(model, package, diags);
    return NULL;
}

static WitWorld *only_world(const WitModel *model, const WitPackage *package, Diags *diags) {
    if (package->worlds.len == 1) return package->worlds.at[0];
    Str id = wit_package_id(model->arena, package);
    if (package->worlds.len) {
        diag(diags, MODEL_MANY_WORLDS, span_none(), STR_ARG(id));
        note_worlds(model, package, diags);
    } else {
        diag(diags, MODEL_NO_WORLD, package->span, STR_ARG(id));
    }
    return NULL;
}

/* "ns:pkg/world@version", the parts of which may have ':' and '/' again where nested names are. */
typedef struct {
    Str ns, package, world;
    Semver version;
} WorldPath;

/* `%char` is the name `char`. */
static Str unescaped(Str name) {
    return name.len && name.ptr[0] == '%' ? str_after(name, 1) : name;
}

static bool world_path(Str text, WorldPath *path) {
    *path = (WorldPath){0};
    size_t at = str_find(text, '@', 0);
    if (at != SIZE_MAX && !semver_parse(str_after(text, at + 1), &path->version)) return false;
    Str name = str_from_to(text, 0, at == SIZE_MAX ? text.len : at);
    size_t slash = str_rfind(name, '/');
    if (slash == SIZE_MAX) return false;
    path->world = unescaped(str_after(name, slash + 1));
    Str package = str_from_to(name, 0, slash);
    size_t colon = str_rfind(package, ':');
    if (colon == SIZE_MAX) return false;
    path->ns = unescaped(str_from_to(package, 0, colon));
    path->package = unescaped(str_after(package, colon + 1));
    return path->ns.len && path->package.len && path->world.len;
}

static void note_packages(const WitModel *model, const WorldPath *path, Diags *diags) {
    for (size_t i = 0; i < model->packages.len; i++) {
        const WitPackage *p = model->packages.at[i];
        if (path && !(str_eq(p->ns, path->ns) && str_eq(p->name, path->package))) continue;
        Str id = wit_package_id(model->arena, p);
        diag_note(diags, MODEL_CANDIDATE, p->span, STR_ARG(id));
    }
}

static const WitPackage *package_of(const WitModel *model, const WorldPath *path, Diags *diags) {
    const WitPackage *found = wit_find_package(model, path->ns, path->package, path->version);
    if (found) return found;
    size_t count = 0;
    for (size_t i = 0; i < model->packages.len; i++) {
        const WitPackage *p = model->packages.at[i];
        if (!str_eq(p->ns, path->ns) || !str_eq(p->name, path->package)) continue;
        found = p;
        count++;
    }
    if (count == 1 && !path->version.text.len) return found;
    Str name = str_fmt(model->arena, "%.*s:%.*s%s%.*s", STR_ARG(path->ns), STR_ARG(path->package),
                       path->version.text.len ? "@" : "", STR_ARG(path->version.text));
    if (count > 1 && !path->version.text.len)
        diag(diags, MODEL_PACKAGE_AMBIGUOUS, span_none(), STR_ARG(name));
    else diag(diags, MODEL_PACKAGE_UNKNOWN, span_none(), STR_ARG(name));
    note_packages(model, count ? path : NULL, diags);
    return NULL;
}

WitWorld *wit_select_world(const WitModel *model, Str name, Diags *diags) {
    const WitPackage *last = model->packages.len ? vec_last(&model->packages) : NULL;
    const WitPackage *package = model->main ? model->main : last;
    if (!package) {
        diag(diags, MODEL_NO_PACKAGE, span_none());
        return NULL;
    }
    if (!name.len) return only_world(model, package, diags);
    if (wit_is_label(unescaped(name))) return world_named(model, package, unescaped(name), diags);
    WorldPath path;
    if (!world_path(name, &path)) {
        diag(diags, MODEL_WORLD_PATH, span_none(), STR_ARG(name));
        return NULL;
    }
    package = package_of(model, &path, diags);
    return package ? world_named(model, package, path.world, diags) : NULL;
}
