/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What a binary says in WIT: the way back from wit_encode.c, and from any component.
 *
 * Validation gives every imported or exported type a node of its own, an ALIAS of what it is. So the
 * name under which a type was seen first is its definition, and a later name for it (or for its
 * alias) is a `use` or a `type x = y`:
 *
 *     (export "t" (type (eq 0)))   first seen:  record t { .. }
 *     (alias outer 1 3 (type)) (export "t" ..)  leads to a node that is known: use i.{t}
 *
 * Interfaces with an id are found or made by it, whatever mentions them: what is met of them is
 * added to what was known.
 */
#include "base/file.h"
#include "component/internal.h"

typedef struct {
    Arena *arena;
    WitModel *model;
    Diags *diags;
    const Source *source;
    Map types;     /* node of the validator -> type of the model */
    Map again;     /* the same for an instance that is seen a second time, see named_type */
    bool is_again; /* that is being used */
    Map anonymous; /* for wit_intern */
    bool failed;
    size_t left_out; /* exports that WIT has no word for */
    Str first_left_out;
} Decoder;

#define FAULT(d, code, ...)                                                                        \
    (diag((d)->diags, code, span_at((d)->source, 0), ##__VA_ARGS__), (d)->failed = true)

/* ---- ids ---- */

typedef struct {
    Str ns, package, name;
    Semver version;
} Id;

static bool is_id(Str s) { return str_find(s, '/', 0) != SIZE_MAX; }

/* "ns:package/name@version"; the canonical short version of `name` is made whole by its suffix. */
static bool parse_id(Arena *arena, Str s, const CompName *name, Id *id) {
    size_t at = str_find(s, '@', 0), end = at == SIZE_MAX ? s.len : at;
    Str path = str_from_to(s, 0, end);
    size_t slash = str_rfind(path, '/'), colon = str_find(path, ':', 0);
    *id = (Id){0};
    if (slash == SIZE_MAX || colon == SIZE_MAX || colon > slash) return false;
    id->ns = str_from_to(path, 0, colon);
    id->package = str_from_to(path, colon + 1, slash);
    id->name = str_after(path, slash + 1);
    if (at == SIZE_MAX) return true;
    Str version = str_after(s, at + 1);
    if (name && name->has_version_suffix)
        version = str_concat(arena, version, name->version_suffix);
    return semver_parse(version, &id->version);
}

static WitPackage *package_of(Decoder *d, const Id *id) {
    WitPackage *p = wit_find_package(d->model, id->ns, id->package, id->version);
    return p ? p : wit_package_new(d->model, id->ns, id->package, id->version);
}

static WitInterface *interface_of(Decoder *d, const Id *id) {
    WitPackage *package = package_of(d, id);
    WitInterface *interface = wit_find_interface(package, id->name);
    return interface ? interface : wit_interface_new(d->model, package, id->name);
}

/* ---- types ---- */

static const WitType *value_type(Decoder *d, const WitType *node);

/* The type of the model that a node, or what it is an alias of, was first seen as. What has no name
 * is made anew for an instance that is seen again, since it may hold one of its types. */
static const WitType *known(Decoder *d, const WitType *node) {
    for (; node; node = node->kind == WIT_ALIAS ? node->elem : NULL) {
        const MapEntry *again = d->is_again ? map_get_ptr(&d->again, node) : NULL;
        if (again) return again->cptr;
        const MapEntry *entry = map_get_ptr(&d->types, node);
        const WitType *type = entry ? entry->cptr : NULL;
        if (type && (type->name.len || !d->is_again)) return type;
    }
    return NULL;
}

static void note(Decoder *d, const WitType *node, const WitType *type) {
    if (d->is_again) map_put_ptr(d->arena, &d->again, node, NULL)->cptr = type;
    if (d->is_again && map_has_ptr(&d->types, node)) return;
    map_put_ptr(d->arena, &d->types, node, NULL)->cptr = type;
}

/* Copies the parts of a dealiased node into `type`. */
static void take_parts(Decoder *d, const WitType *node, WitType *type) {
    type->kind = node->kind;
    type->length = node->length;
    for (size_t i = 0; i < node->fields.len; i++) {
        WitField field = {.name = node->fields.at[i].name,
                          .type = value_type(d, node->fields.at[i].type)};
        *vec_push(d->arena, &type->fields) = field;
    }
    type->elem = value_type(d, node->elem);
    type->second = value_type(d, node->second);
}

static const WitType *value_type(Decoder *d, const WitType *node) {
    if (!node) return NULL;
    const WitType *found = known(d, node);
    if (found) return found;
    const WitType *base = wit_dealias(node);
    if (wit_kind_shape(base->kind) == WIT_SHAPE_PRIM) return wit_prim(base->kind);
    bool must_be_named = base->kind == WIT_RECORD || base->kind == WIT_VARIANT ||
                         base->kind == WIT_ENUM || base->kind == WIT_FLAGS ||
                         base->kind == WIT_RESOURCE;
    if (must_be_named) {
        if (!d->failed) FAULT(d, LINK_UNNAMED_TYPE, wit_kind_keyword(base->kind));
        return wit_prim(WIT_BOOL);
    }
    WitType like = {0};
    take_parts(d, base, &like);
    const WitType *type = wit_intern(d->model, &d->anonymous, &like);
    note(d, base, type);
    return type;
}

/* What an instance that is imported and then exported under a plain name has: WIT would need a `use`
 * of what has no path, or a resource with the methods of another one. Told as a definition. */
static const WitType *seen_again(Decoder *d, const CompExtern *e, const WitType *before) {
    bool resource = wit_dealias(before)->kind == WIT_RESOURCE;
    bool has_path = before->interface && before->interface->name.len;
    d->is_again = true;
    if (has_path && !resource) return before;
    if (resource) diag(d->diags, LINK_TYPE_TWICE, span_at(d->source, 0), STR_ARG(e->name.name));
    return NULL;
}

/* A type that is imported or exported under a name. */
static WitType *named_type(Decoder *d, const CompExtern *e) {
    const WitType *node = e->entity.type;
    const WitType *of = node->kind == WIT_ALIAS ? node->elem : node;
    const WitType *before = known(d, of);
    if (before && of == node) before = seen_again(d, e, before);
    WitType *type = wit_type_new(d->model, WIT_ALIAS);
    type->name = e->name.name;
    type->has_external_id = e->name.has_external_id;
    type->external_id = e->name.external_id;
    const WitType *base = wit_dealias(of);
    if (before) type->elem = before;
    else if (wit_kind_shape(base->kind) == WIT_SHAPE_PRIM) type->elem = wit_prim(base->kind);
    else take_parts(d, base, type);
    note(d, node, type);
    return type;
}

/* ---- functions ---- */

static WitFuncKind func_kind(Str name, Str *resource) {
    static const struct {
        const char *prefix;
        WitFuncKind kind;
    } kinds[] = {
        {"[method]", WIT_METHOD}, {"[static]", WIT_STATIC}, {"[constructor]", WIT_CONSTRUCTOR}};
    for (size_t i = 0; i < 3; i++) {
        Str prefix = str_from(kinds[i].prefix);
        if (!str_starts(name, prefix)) continue;
        Str rest = str_after(name, prefix.len);
        size_t dot = str_find(rest, '.', 0);
        *resource = str_from_to(rest, 0, dot);
        return kinds[i].kind;
    }
    *resource = (Str){0};
    return WIT_FREESTANDING;
}

/* A resource by name among the types of an interface, or a world's imports. */
static const WitType *find_resource(const Map *types, const WitWorld *world, Str name) {
    const MapEntry *e = types ? map_get(types, name) : NULL;
    if (types) return e ? e->cptr : NULL;
    for (size_t i = 0; i < world->imports.len; i++)
        if (world->imports.at[i].kind == WIT_ITEM_TYPE && str_eq(world->imports.at[i].name, name))
            return world->imports.at[i].type;
    return NULL;
}

static WitFunc *function(Decoder *d, const CompExtern *e, const Map *types, const WitWorld *world) {
    const WitFunc *node = e->entity.func;
    WitFunc *f = ARENA_NEW(d->arena, WitFunc);
    Str resource;
    f->name = e->name.name;
    f->kind = func_kind(f->name, &resource);
    f->is_async = node->is_async;
    f->has_external_id = e->name.has_external_id;
    f->external_id = e->name.external_id;
    if (f->kind != WIT_FREESTANDING && !(f->resource = find_resource(types, world, resource)))
        FAULT(d, LINK_NO_RESOURCE, STR_ARG(f->name), STR_ARG(resource));
    for (size_t i = 0; i < node->params.len; i++) {
        WitField param = {.name = node->params.at[i].name,
                          .type = value_type(d, node->params.at[i].type)};
        *vec_push(d->arena, &f->params) = param;
    }
    f->result = value_type(d, node->result);
    return f;
}

/* ---- interfaces ---- */

/* Adds what an instance exports to an interface. A type that is there already is the same one seen
 * again, and its new node means it. */
static void fill_interface(Decoder *d, WitInterface *interface, const CompInstanceType *instance) {
    Map types = {0}, funcs = {0};
    bool added;
    for (size_t i = 0; i < interface->types.len; i++)
        map_put(d->arena, &types, interface->types.at[i]->name, NULL)->ptr = interface->types.at[i];
    for (size_t i = 0; i < interface->funcs.len; i++)
        map_put(d->arena, &funcs, interface->funcs.at[i]->name, NULL);
    for (size_t i = 0; i < instance->exports.len && !d->failed; i++) {
        const CompExtern *e = &instance->exports.at[i];
        Str name = e->name.name;
        if (e->entity.sort == COMP_TYPE && e->entity.type) {
            MapEntry *entry = map_put(d->arena, &types, name, &added);
            if (!added) {
                note(d, e->entity.type, entry->ptr);
                continue;
            }
            WitType *type = named_type(d, e);
            type->interface = interface;
            entry->ptr = type;
            *vec_push(d->arena, &interface->types) = type;
        } else if (e->entity.sort == COMP_FUNC) {
            map_put(d->arena, &funcs, name, &added);
            if (added) *vec_push(d->arena, &interface->funcs) = function(d, e, &types, NULL);
        } else {
            FAULT(d, LINK_NO_WIT_FOR, STR_ARG(name), comp_sort_name(e->entity.sort));
        }
    }
    d->is_again = false;
    d->again = (Map){0};
}

static WitInterface *interface_by_id(Decoder *d, Str id_text, const CompName *name,
                                     const CompInstanceType *instance) {
    Id id;
    if (!parse_id(d->arena, id_text, name, &id)) {
        FAULT(d, LINK_BAD_ID, STR_ARG(id_text));
        return NULL;
    }
    WitInterface *interface = interface_of(d, &id);
    fill_interface(d, interface, instance);
    return interface;
}

/* ---- worlds ---- */

static void world_interface(Decoder *d, WitWorld *world, const CompExtern *e, WitItem *item) {
    item->kind = WIT_ITEM_INTERFACE;
    if (e->name.has_implements) {
        item->implements = true;
        item->interface = interface_by_id(d, e->name.implements, NULL, e->entity.instance);
    } else if (is_id(e->name.name)) {
        item->name = (Str){0};
        item->interface = interface_by_id(d, e->name.name, &e->name, e->entity.instance);
    } else {
        WitInterface *in_place =
            wit_interface_new(d->model, (WitPackage *)world->package, (Str){0});
        fill_interface(d, in_place, e->entity.instance);
        item->interface = in_place;
    }
}

/* What WIT has no word for (modules, components, exported types) is left out. */
static void world_item(Decoder *d, WitWorld *world, const CompExtern *e, bool is_import) {
    WitItem item = {.name = e->name.name,
                    .has_external_id = e->name.has_external_id,
                    .external_id = e->name.external_id};
    if (e->entity.sort == COMP_INSTANCE) {
        world_interface(d, world, e, &item);
    } else if (e->entity.sort == COMP_FUNC) {
        item.kind = WIT_ITEM_FUNC;
        item.func = function(d, e, NULL, world);
    } else if (e->entity.sort == COMP_TYPE && e->entity.type && is_import) {
        WitType *type = named_type(d, e);
        type->world = world;
        item.kind = WIT_ITEM_TYPE;
        item.type = type;
    } else {
        if (!is_import && d->left_out++ == 0) d->first_left_out = item.name;
        return;
    }
    *vec_push(d->arena, is_import ? &world->imports : &world->exports) = item;
}

static void fill_world(Decoder *d, WitWorld *world, const CompExterns *imports,
                       const CompExterns *exports) {
    for (size_t i = 0; i < imports->len && !d->failed; i++)
        world_item(d, world, &imports->at[i], true);
    for (size_t i = 0; i < exports->len && !d->failed; i++)
        world_item(d, world, &exports->at[i], false);
    if (d->left_out)
        diag(d->diags, LINK_LEFT_OUT, span_at(d->source, 0), STR_ARG(d->first_left_out),
             d->left_out - 1);
    d->left_out = 0;
}

/* ---- packages ---- */

static void order_package(Decoder *d, WitPackage *package, Map *done);

/* The packages whose interfaces a package's types and worlds name come before it. */
static void order_needs(Decoder *d, WitPackage *package, Map *done) {
    for (size_t i = 0; i < package->interfaces.len; i++)
        for (size_t t = 0; t < package->interfaces.at[i]->types.len; t++) {
            const WitType *type = package->interfaces.at[i]->types.at[t];
            const WitInterface *from = type->kind == WIT_ALIAS ? type->elem->interface : NULL;
            if (from && from->package && from->package != package)
                order_package(d, (WitPackage *)from->package, done);
        }
}

static void order_package(Decoder *d, WitPackage *package, Map *done) {
    bool added;
    map_put_ptr(d->arena, done, package, &added);
    if (!added) return;
    order_needs(d, package, done);
    package->id = (uint32_t)d->model->packages.len;
    *vec_push(d->arena, &d->model->packages) = package;
}

/* Dependencies first, the main package last. */
static WitModel *finish(Decoder *d, WitPackage *main) {
    if (d->failed) return NULL;
    Map done = {0};
    WitPackage **packages = d->model->packages.at;
    size_t n = d->model->packages.len;
    d->model->packages.at = NULL;
    d->model->packages.len = d->model->packages.cap = 0;
    map_put_ptr(d->arena, &done, main, NULL);
    for (size_t i = 0; i < n; i++) order_package(d, packages[i], &done);
    main->id = (uint32_t)d->model->packages.len;
    *vec_push(d->arena, &d->model->packages) = main;
    d->model->main = main;
    return d->model;
}

/* Whether an export is that of a WIT package: a type that is a component type. */
static bool is_package_item(const CompExtern *e) {
    return e->entity.sort == COMP_TYPE && e->entity.component;
}

/* The export's name in the older form, where one component type is for everything. */
static bool is_whole(Str name) {
    return str_ends(str_from_to(name, 0, str_find(name, '@', 0)), STR("/wit"));
}

static bool is_package(const CompInfo *info) {
    for (size_t i = 0; i < info->type.exports.len; i++)
        if (!is_package_item(&info->type.exports.at[i])) return false;
    if (!info->type.exports.len || info->type.imports.len) return false;
    Str first = info->type.exports.at[0].name.name;
    return is_whole(first) || str_find(first, ':', 0) == SIZE_MAX;
}

/* A component type that exports a world under its id. */
static WitWorld *world_by_id(Decoder *d, const CompExtern *e) {
    Id id;
    if (!parse_id(d->arena, e->name.name, &e->name, &id)) {
        FAULT(d, LINK_BAD_ID, STR_ARG(e->name.name));
        return NULL;
    }
    WitWorld *world = wit_world_new(d->model, package_of(d, &id), id.name);
    fill_world(d, world, &e->entity.component->imports, &e->entity.component->exports);
    return world;
}

static const WitPackage *package_item(Decoder *d, const CompExtern *e) {
    const CompComponentType *type = e->entity.component;
    const CompExtern *inner = type->exports.len == 1 ? &type->exports.at[0] : NULL;
    for (size_t i = 0; inner && i < type->imports.len && !d->failed; i++) {
        const CompExtern *need = &type->imports.at[i];
        if (need->entity.sort == COMP_INSTANCE)
            interface_by_id(d, need->name.name, &need->name, need->entity.instance);
    }
    if (inner && inner->entity.sort == COMP_INSTANCE) {
        WitInterface *i =
            interface_by_id(d, inner->name.name, &inner->name, inner->entity.instance);
        return i ? i->package : NULL;
    }
    if (inner && inner->entity.sort == COMP_COMPONENT) {
        WitWorld *world = world_by_id(d, inner);
        return world ? world->package : NULL;
    }
    FAULT(d, LINK_PACKAGE_SHAPE, STR_ARG(e->name.name));
    return NULL;
}

static Str custom_section(const CompComponent *component, const char *name) {
    for (size_t i = 0; i < component->items.len; i++) {
        const CompItem *item = &component->items.at[i];
        if (item->kind == COMP_ITEM_CUSTOM && str_is(item->custom.name, name))
            return item->custom.bytes;
    }
    return (Str){0};
}

/* A package in the older form is one component type for everything, under "ns:pkg/wit". */
static const WitPackage *package_in_one(Decoder *d, const CompExtern *e) {
    const CompComponentType *type = e->entity.component;
    Id id;
    if (!parse_id(d->arena, e->name.name, &e->name, &id)) {
        FAULT(d, LINK_BAD_ID, STR_ARG(e->name.name));
        return NULL;
    }
    for (size_t i = 0; i < type->imports.len && !d->failed; i++)
        if (type->imports.at[i].entity.sort == COMP_INSTANCE)
            interface_by_id(d, type->imports.at[i].name.name, NULL,
                            type->imports.at[i].entity.instance);
    for (size_t i = 0; i < type->exports.len && !d->failed; i++) {
        const CompExtern *inner = &type->exports.at[i];
        if (inner->entity.sort == COMP_INSTANCE)
            interface_by_id(d, inner->name.name, &inner->name, inner->entity.instance);
        else if (inner->entity.sort == COMP_COMPONENT) world_by_id(d, inner);
    }
    return package_of(d, &id);
}

static void take_docs(Decoder *d, const CompInfo *info, WitPackage *package) {
    Str docs = custom_section(info->component, "package-docs");
    if (docs.len && !comp_take_package_docs(d->arena, docs, package))
        diag(d->diags, LINK_DOCS, span_at(d->source, 0));
}

static WitModel *decode_package(Decoder *d, const CompInfo *info) {
    const WitPackage *main = NULL;
    for (size_t i = 0; i < info->type.exports.len && !d->failed; i++) {
        const CompExtern *e = &info->type.exports.at[i];
        d->anonymous = (Map){0};
        main = is_whole(e->name.name) ? package_in_one(d, e) : package_item(d, e);
    }
    if (d->failed) return NULL;
    take_docs(d, info, (WitPackage *)main);
    return finish(d, (WitPackage *)main);
}

/* Any component: its imports and exports are a world without a name of its own. */
static WitModel *decode_component(Decoder *d, const CompInfo *info) {
    WitPackage *main = wit_package_new(d->model, STR("root"), STR("component"), (Semver){0});
    WitWorld *world = wit_world_new(d->model, main, STR("root"));
    fill_world(d, world, &info->type.imports, &info->type.exports);
    if (!d->failed) take_docs(d, info, main); /* a package without items looks like a component */
    return finish(d, main);
}

static Decoder decoder(Arena *arena, const Source *source, Diags *diags) {
    return (Decoder){
        .arena = arena, .model = wit_model_new(arena), .diags = diags, .source = source};
}

/* ---- `component-type` sections ---- */

static bool encoding_of(const CompComponent *component, AbiEncoding *encoding) {
    Str bytes = custom_section(component, "wit-component-encoding");
    if (bytes.len != 2 || bytes.ptr[0] != 4 || (uint8_t)bytes.ptr[1] > ABI_LATIN1_UTF16)
        return false;
    *encoding = (AbiEncoding)bytes.ptr[1];
    return true;
}

static WitModel *decode_world(Arena *arena, const Source *payload, const WitWorld **world,
                              AbiEncoding *encoding, Diags *diags) {
    CompComponent *component = comp_decode(arena, payload, features_tools(), diags);
    const CompInfo *info =
        component ? comp_validate(arena, component, features_tools(), diags) : NULL;
    if (!info) return NULL;
    Decoder d = decoder(arena, payload, diags);
    const CompExtern *e = info->type.exports.len == 1 ? &info->type.exports.at[0] : NULL;
    const CompComponentType *type = e && is_package_item(e) ? e->entity.component : NULL;
    if (!encoding_of(component, encoding)) {
        FAULT(&d, LINK_ENCODING);
        return NULL;
    }
    if (!type || type->exports.len != 1 || type->exports.at[0].entity.sort != COMP_COMPONENT) {
        FAULT(&d, LINK_WORLD_SHAPE,
              "expected one exported type, a component type that exports a world");
        return NULL;
    }
    WitWorld *found = world_by_id(&d, &type->exports.at[0]);
    *world = found;
    return found ? finish(&d, (WitPackage *)found->package) : NULL;
}

/* The oldest form: 3, the encoding, the world's name, then a WIT package as wasm. */
static WitModel *decode_world_v3(Arena *arena, const Source *source, Str payload, size_t offset,
                                 const WitWorld **world, AbiEncoding *encoding, Diags *diags) {
    Source part = *source;
    part.text = payload;
    Reader r = reader_of(&part, diags);
    r.start_offset = offset;
    reader_u8(&r);
    *encoding = (AbiEncoding)reader_u8(&r);
    Str name = reader_name(&r);
    Str rest = reader_bytes(&r, reader_left(&r));
    if (r.failed || *encoding > ABI_LATIN1_UTF16) return NULL;
    WitModel *model = comp_decode_wit(arena, source_of(arena, source->path, rest), diags);
    *world = model ? wit_select_world(model, name, diags) : NULL;
    return *world ? model : NULL;
}

WitModel *comp_decode_world(Arena *arena, const Source *source, Str payload, size_t offset,
                            const WitWorld **world, AbiEncoding *encoding, Diags *diags) {
    *world = NULL;
    if (payload.len && payload.ptr[0] == 3)
        return decode_world_v3(arena, source, payload, offset, world, encoding, diags);
    return decode_world(arena, source_of(arena, source->path, payload), world, encoding, diags);
}

/* All worlds of a core module, united: `root:component` holds what they import and export. */
static WitModel *decode_module(Arena *arena, const Source *source, Diags *diags) {
    CompModuleWorld all;
    if (!comp_module_world(arena, source, &all, diags)) return NULL;
    if (!all.model) diag(diags, LINK_NOT_WIT, span_at(source, 0));
    return all.model;
}

WitModel *comp_decode_wit(Arena *arena, const Source *source, Diags *diags) {
    if (comp_is_module(source->text)) return decode_module(arena, source, diags);
    CompComponent *component = comp_decode(arena, source, features_tools(), diags);
    const CompInfo *info =
        component ? comp_validate(arena, component, features_tools(), diags) : NULL;
    if (!info) return NULL;
    Decoder d = decoder(arena, source, diags);
    return is_package(info) ? decode_package(&d, info) : decode_component(&d, info);
}
