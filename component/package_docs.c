/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The custom section `package-docs`: a byte 1, then JSON with the docs and stability of everything in
 * a package. Component types have no place for them.
 *
 *     {"docs": .., "worlds": {NAME: {"docs", "stability", "interfaces", "types", "funcs",
 *      "interface_exports", "func_exports", "interface_import_stability", ...}},
 *      "interfaces": {NAME: {"docs", "stability", "funcs": {..}, "types": {NAME: {.., "items"}}}}}
 *
 * What is empty is left out. Writing and reading are mirror halves of this file: each key is written
 * by a function above and read by one below.
 */
#include "base/json.h"
#include "base/json_read.h"
#include "component/internal.h"

/* ---- writing ---- */

static void put_text(Json *json, const char *key, Str text) {
    if (!text.len) return;
    json_key(json, key);
    json_string(json, text);
}

static void put_stability_value(Json *json, const WitStability *s) {
    json_object(json);
    json_key(json, s->feature.len ? "unstable" : "stable");
    json_object(json);
    put_text(json, "feature", s->feature);
    put_text(json, "since", s->since.text);
    put_text(json, "deprecated", s->deprecated.text);
    json_end(json);
    json_end(json);
}

static void put_docs(Json *json, Str docs, const WitStability *stability) {
    put_text(json, "docs", docs);
    if (!wit_stability_known(stability)) return;
    json_key(json, "stability");
    put_stability_value(json, stability);
}

/* A map is opened with its first entry, so that an empty one leaves nothing. */
typedef struct {
    Json *json;
    const char *key;
    bool open;
} Lazy;

static Json *entry(Lazy *map, Str name) {
    if (!map->open) {
        json_key(map->json, map->key);
        json_object(map->json);
        map->open = true;
    }
    json_key_str(map->json, name);
    return map->json;
}

static void finish(Lazy *map) {
    if (map->open) json_end(map->json);
}

static bool type_has_docs(const WitType *t) {
    for (size_t i = 0; i < t->fields.len; i++)
        if (t->fields.at[i].docs.len) return true;
    return t->docs.len || wit_stability_known(&t->stability);
}

static void put_type(Lazy *types, const WitType *t) {
    if (!type_has_docs(t)) return;
    Json *json = entry(types, t->name);
    Lazy items = {json, "items", false};
    json_object(json);
    put_docs(json, t->docs, &t->stability);
    for (size_t i = 0; i < t->fields.len; i++)
        if (t->fields.at[i].docs.len)
            json_string(entry(&items, t->fields.at[i].name), t->fields.at[i].docs);
    finish(&items);
    json_end(json);
}

static void put_func(Lazy *funcs, const WitFunc *f) {
    if (!f->docs.len && !wit_stability_known(&f->stability)) return;
    Json *json = entry(funcs, f->name);
    json_object(json);
    put_docs(json, f->docs, &f->stability);
    json_end(json);
}

static bool interface_has_docs(const WitInterface *i) {
    bool has = i->docs.len || wit_stability_known(&i->stability);
    for (size_t k = 0; k < i->types.len; k++) has = has || type_has_docs(i->types.at[k]);
    for (size_t k = 0; k < i->funcs.len; k++)
        has = has || i->funcs.at[k]->docs.len || wit_stability_known(&i->funcs.at[k]->stability);
    return has;
}

static void put_interface(Lazy *interfaces, Str name, const WitInterface *i) {
    if (!interface_has_docs(i)) return;
    Json *json = entry(interfaces, name);
    Lazy funcs = {json, "funcs", false}, types = {json, "types", false};
    json_object(json);
    put_docs(json, i->docs, &i->stability);
    for (size_t k = 0; k < i->funcs.len; k++) put_func(&funcs, i->funcs.at[k]);
    finish(&funcs);
    for (size_t k = 0; k < i->types.len; k++) put_type(&types, i->types.at[k]);
    finish(&types);
    json_end(json);
}

/* An interface that is written in place in a world; others are told by reference. */
static bool in_place(const WitItem *item) {
    return item->kind == WIT_ITEM_INTERFACE && !item->interface->name.len;
}

static void put_in_place(Json *json, const char *key, const WitItems *items) {
    Lazy map = {json, key, false};
    for (size_t i = 0; i < items->len; i++)
        if (in_place(&items->at[i])) put_interface(&map, items->at[i].name, items->at[i].interface);
    finish(&map);
}

static void put_world_funcs(Json *json, const char *key, const WitItems *items) {
    Lazy map = {json, key, false};
    for (size_t i = 0; i < items->len; i++)
        if (items->at[i].kind == WIT_ITEM_FUNC) put_func(&map, items->at[i].func);
    finish(&map);
}

static void put_reference_stability(Json *json, const char *key, const WitItems *items) {
    Lazy map = {json, key, false};
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        if (item->kind != WIT_ITEM_INTERFACE || in_place(item)) continue;
        if (wit_stability_known(&item->stability))
            put_stability_value(entry(&map, wit_item_name(json->out.arena, item)),
                                &item->stability);
    }
    finish(&map);
}

static void put_reference_docs(Json *json, const char *key, const WitItems *items) {
    Lazy map = {json, key, false};
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        if (item->kind == WIT_ITEM_INTERFACE && !in_place(item) && item->docs.len)
            json_string(entry(&map, wit_item_name(json->out.arena, item)), item->docs);
    }
    finish(&map);
}

static void put_world_body(Json *json, const WitWorld *w) {
    put_docs(json, w->docs, &w->stability);
    put_in_place(json, "interfaces", &w->imports);
    Lazy types = {json, "types", false};
    for (size_t i = 0; i < w->imports.len; i++)
        if (w->imports.at[i].kind == WIT_ITEM_TYPE) put_type(&types, w->imports.at[i].type);
    finish(&types);
    put_world_funcs(json, "funcs", &w->imports);
    put_in_place(json, "interface_exports", &w->exports);
    put_world_funcs(json, "func_exports", &w->exports);
    put_reference_stability(json, "interface_import_stability", &w->imports);
    put_reference_stability(json, "interface_export_stability", &w->exports);
    put_reference_docs(json, "interface_import_docs", &w->imports);
    put_reference_docs(json, "interface_export_docs", &w->exports);
}

/* A world of which nothing is to be said is left out: it is written aside first. */
static void put_world(Lazy *worlds, const WitWorld *w) {
    Json aside = json_new(worlds->json->out.arena, 0);
    json_object(&aside);
    put_world_body(&aside, w);
    json_end(&aside);
    if (str_is(buf_text(&aside.out), "{}")) return;
    Json *json = entry(worlds, w->name);
    json_object(json);
    put_world_body(json, w);
    json_end(json);
}

Str comp_package_docs(Arena *arena, const WitPackage *package) {
    Json json = json_new(arena, 0);
    Lazy worlds = {&json, "worlds", false}, interfaces = {&json, "interfaces", false};
    json_object(&json);
    put_text(&json, "docs", package->docs);
    for (size_t i = 0; i < package->worlds.len; i++) put_world(&worlds, package->worlds.at[i]);
    finish(&worlds);
    for (size_t i = 0; i < package->interfaces.len; i++)
        put_interface(&interfaces, package->interfaces.at[i]->name, package->interfaces.at[i]);
    finish(&interfaces);
    json_end(&json);
    return str_concat(arena, STR("\x01"), buf_text(&json.out));
}

/* ---- reading ---- */

static void take_text(const JsonValue *object, const char *key, Str *text) {
    const JsonValue *v = json_get(object, key);
    if (v && v->kind == JSON_STRING) *text = v->text;
}

static void take_version(const JsonValue *object, const char *key, Semver *version) {
    Str text = {0};
    take_text(object, key, &text);
    if (text.len && !semver_parse(text, version)) *version = (Semver){0};
}

static void take_stability_value(const JsonValue *value, WitStability *s) {
    const JsonValue *stable = json_get(value, "stable"), *unstable = json_get(value, "unstable");
    const JsonValue *body = stable ? stable : unstable;
    if (!body) return;
    take_text(body, "feature", &s->feature);
    take_version(body, "since", &s->since);
    take_version(body, "deprecated", &s->deprecated);
}

/* The oldest form of a function's entry is the docs alone. */
static void take_docs(const JsonValue *object, Str *docs, WitStability *stability) {
    if (object->kind == JSON_STRING) *docs = object->text;
    take_text(object, "docs", docs);
    const JsonValue *s = json_get(object, "stability");
    if (s) take_stability_value(s, stability);
}

static void take_type(const JsonValue *object, WitType *t) {
    take_docs(object, &t->docs, &t->stability);
    const JsonValue *items = json_get(object, "items");
    for (size_t i = 0; items && i < t->fields.len; i++) {
        const JsonValue *docs = json_get_str(items, t->fields.at[i].name);
        if (docs && docs->kind == JSON_STRING) t->fields.at[i].docs = docs->text;
    }
}

static void take_interface(const JsonValue *object, WitInterface *interface) {
    take_docs(object, &interface->docs, &interface->stability);
    const JsonValue *types = json_get(object, "types"), *funcs = json_get(object, "funcs");
    for (size_t i = 0; types && i < interface->types.len; i++) {
        const JsonValue *t = json_get_str(types, interface->types.at[i]->name);
        if (t) take_type(t, interface->types.at[i]);
    }
    for (size_t i = 0; funcs && i < interface->funcs.len; i++) {
        WitFunc *f = interface->funcs.at[i];
        const JsonValue *v = json_get_str(funcs, f->name);
        if (v) take_docs(v, &f->docs, &f->stability);
    }
}

/* The nodes of a model under construction are ours to change. */
static void take_items(Arena *arena, const JsonValue *world, WitItems *items,
                       const char *interfaces, const char *funcs, const char *stability,
                       const char *docs) {
    const JsonValue *in = json_get(world, interfaces), *fn = json_get(world, funcs);
    const JsonValue *st = json_get(world, stability), *dc = json_get(world, docs);
    const JsonValue *types = json_get(world, "types"), *v;
    for (size_t i = 0; i < items->len; i++) {
        WitItem *item = &items->at[i];
        Str name = wit_item_name(arena, item);
        if (in_place(item) && (v = json_get_str(in, name))) {
            take_interface(v, (WitInterface *)item->interface);
            item->stability = item->interface->stability;
        } else if (item->kind == WIT_ITEM_INTERFACE) {
            if ((v = json_get_str(st, name))) take_stability_value(v, &item->stability);
            if ((v = json_get_str(dc, name)) && v->kind == JSON_STRING) item->docs = v->text;
        } else if (item->kind == WIT_ITEM_FUNC && (v = json_get_str(fn, name))) {
            WitFunc *f = (WitFunc *)item->func;
            take_docs(v, &f->docs, &f->stability);
        } else if (item->kind == WIT_ITEM_TYPE && (v = json_get_str(types, name))) {
            take_type(v, (WitType *)item->type);
        }
    }
}

static void take_world(Arena *arena, const JsonValue *object, WitWorld *world) {
    take_docs(object, &world->docs, &world->stability);
    take_items(arena, object, &world->imports, "interfaces", "funcs", "interface_import_stability",
               "interface_import_docs");
    take_items(arena, object, &world->exports, "interface_exports", "func_exports",
               "interface_export_stability", "interface_export_docs");
}

bool comp_take_package_docs(Arena *arena, Str bytes, WitPackage *package) {
    if (bytes.len == 0 || (uint8_t)bytes.ptr[0] > 1) return false;
    const JsonValue *root = json_parse(arena, str_after(bytes, 1));
    if (!root || root->kind != JSON_OBJECT) return false;
    take_text(root, "docs", &package->docs);
    const JsonValue *worlds = json_get(root, "worlds"), *interfaces = json_get(root, "interfaces"),
                    *v;
    for (size_t i = 0; i < package->worlds.len; i++)
        if ((v = json_get_str(worlds, package->worlds.at[i]->name)))
            take_world(arena, v, package->worlds.at[i]);
    for (size_t i = 0; i < package->interfaces.len; i++)
        if ((v = json_get_str(interfaces, package->interfaces.at[i]->name)))
            take_interface(v, package->interfaces.at[i]);
    return true;
}
