/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The model as JSON: four tables (worlds, interfaces, types, packages) whose entries name each
 * other by position. A key of a world that is an interface's path is "interface-N". Types are
 * numbers (positions in the table) or the names of primitive types. Empty docs, unknown stability
 * and absent external ids are left out; names of anonymous things are null.
 */
#include "base/json.h"
#include "witc/witc.h"

static void number(Json *json, const char *key, uint64_t value) {
    json_key(json, key);
    json_uint(json, value);
}

static void name(Json *json, const char *key, Str value) {
    json_key(json, key);
    if (value.len) json_string(json, value);
    else json_null(json);
}

static void docs(Json *json, Str contents) {
    if (!contents.len) return;
    json_key(json, "docs");
    json_object(json);
    name(json, "contents", contents);
    json_end(json);
}

static void stability(Json *json, const WitStability *s) {
    if (!wit_stability_known(s)) return;
    json_key(json, "stability");
    json_object(json);
    json_key(json, s->feature.len ? "unstable" : "stable");
    json_object(json);
    if (s->feature.len) name(json, "feature", s->feature);
    else name(json, "since", s->since.text);
    if (s->deprecated.text.len) name(json, "deprecated", s->deprecated.text);
    json_end(json);
    json_end(json);
}

static void external_id(Json *json, bool has, Str id) {
    if (!has) return;
    json_key(json, "external_id");
    json_string(json, id);
}

/* ---- types ---- */

static void type_ref(Json *json, const WitType *type) {
    if (!type) json_null(json);
    else if (wit_kind_shape(type->kind) != WIT_SHAPE_PRIM) json_uint(json, type->id);
    else json_string(json, str_from(wit_kind_keyword(type->kind)));
}

static void keyed_type(Json *json, const char *key, const WitType *type) {
    json_key(json, key);
    type_ref(json, type);
}

static const char *fields_key(WitKind kind) {
    return kind == WIT_RECORD ? "fields" : kind == WIT_FLAGS ? "flags" : "cases";
}

static void fields(Json *json, const WitType *type) {
    bool typed = type->kind == WIT_RECORD || type->kind == WIT_VARIANT;
    json_object(json);
    json_key(json, fields_key(type->kind));
    json_array(json);
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitField *field = &type->fields.at[i];
        json_object(json);
        json_key(json, "name");
        json_string(json, field->name);
        if (typed) keyed_type(json, "type", field->type);
        docs(json, field->docs);
        json_end(json);
    }
    json_end(json);
    json_end(json);
}

static void tuple(Json *json, const WitType *type) {
    json_object(json);
    json_key(json, "types");
    json_array(json);
    for (size_t i = 0; i < type->fields.len; i++) type_ref(json, type->fields.at[i].type);
    json_end(json);
    json_end(json);
}

static void pair(Json *json, const WitType *type) {
    json_array(json);
    type_ref(json, type->elem);
    if (type->kind == WIT_MAP) type_ref(json, type->second);
    else json_uint(json, type->length);
    json_end(json);
}

static void result(Json *json, const WitType *type) {
    json_object(json);
    keyed_type(json, "ok", type->elem);
    keyed_type(json, "err", type->second);
    json_end(json);
}

static void handle(Json *json, const WitType *type) {
    json_object(json);
    keyed_type(json, wit_kind_keyword(type->kind), type->elem);
    json_end(json);
}

static const char *kind_key(WitKind kind) {
    if (kind == WIT_FIXED_LIST) return "fixed-length-list";
    return wit_kind_shape(kind) == WIT_SHAPE_HANDLE ? "handle" : wit_kind_keyword(kind);
}

static void type_kind(Json *json, const WitType *type) {
    json_key(json, "kind");
    if (type->kind == WIT_RESOURCE) {
        json_string(json, STR("resource"));
        return;
    }
    json_object(json);
    json_key(json, kind_key(type->kind));
    WitShape shape = wit_kind_shape(type->kind);
    if (type->kind == WIT_TUPLE) tuple(json, type);
    else if (shape == WIT_SHAPE_FIELDS) fields(json, type);
    else if (type->kind == WIT_MAP || type->kind == WIT_FIXED_LIST) pair(json, type);
    else if (type->kind == WIT_RESULT) result(json, type);
    else if (shape == WIT_SHAPE_HANDLE) handle(json, type);
    else type_ref(json, type->elem);
    json_end(json);
}

static void type_owner(Json *json, const WitType *type) {
    json_key(json, "owner");
    if (!type->interface && !type->world) {
        json_null(json);
        return;
    }
    json_object(json);
    if (type->interface) number(json, "interface", type->interface->id);
    else number(json, "world", type->world->id);
    json_end(json);
}

static void type_entry(Json *json, const WitType *type) {
    json_object(json);
    name(json, "name", type->name);
    type_kind(json, type);
    type_owner(json, type);
    docs(json, type->docs);
    stability(json, &type->stability);
    external_id(json, type->has_external_id, type->external_id);
    json_end(json);
}

/* ---- functions ---- */

static void func_kind(Json *json, const WitFunc *func) {
    static const char *const names[] = {
        [WIT_FREESTANDING] = "freestanding",
        [WIT_METHOD] = "method",
        [WIT_STATIC] = "static",
        [WIT_CONSTRUCTOR] = "constructor",
    };
    Str kind = str_fmt(json->out.arena, "%s%s", func->is_async ? "async-" : "", names[func->kind]);
    json_key(json, "kind");
    if (func->kind == WIT_FREESTANDING || !func->resource) {
        json_string(json, kind);
        return;
    }
    json_object(json);
    json_key_str(json, kind);
    json_uint(json, func->resource->id);
    json_end(json);
}

static void func_entry(Json *json, const WitFunc *func) {
    json_object(json);
    json_key(json, "name");
    json_string(json, func->name);
    func_kind(json, func);
    json_key(json, "params");
    json_array(json);
    for (size_t i = 0; i < func->params.len; i++) {
        const WitField *param = &func->params.at[i];
        json_object(json);
        if (param->name.len) name(json, "name", param->name);
        keyed_type(json, "type", param->type);
        json_end(json);
    }
    json_end(json);
    if (func->result) keyed_type(json, "result", func->result);
    docs(json, func->docs);
    stability(json, &func->stability);
    external_id(json, func->has_external_id, func->external_id);
    json_end(json);
}

/* ---- worlds, interfaces, packages ---- */

static void world_item(Json *json, const WitItem *item) {
    if (item->name.len || item->kind != WIT_ITEM_INTERFACE) json_key_str(json, item->name);
    else json_key_str(json, str_fmt(json->out.arena, "interface-%u", item->interface->id));
    json_object(json);
    if (item->kind == WIT_ITEM_FUNC) {
        json_key(json, "function");
        func_entry(json, item->func);
    } else if (item->kind == WIT_ITEM_TYPE) {
        keyed_type(json, "type", item->type);
    } else {
        json_key(json, "interface");
        json_object(json);
        number(json, "id", item->interface->id);
        stability(json, &item->stability);
        external_id(json, item->has_external_id, item->external_id);
        docs(json, item->docs);
        json_end(json);
    }
    json_end(json);
}

static void world_items(Json *json, const char *key, const WitItems *items) {
    json_key(json, key);
    json_object(json);
    for (size_t i = 0; i < items->len; i++) world_item(json, &items->at[i]);
    json_end(json);
}

static void package_ref(Json *json, const WitPackage *package) {
    json_key(json, "package");
    if (package) json_uint(json, package->id);
    else json_null(json);
}

static void world_entry(Json *json, const WitWorld *world) {
    json_object(json);
    name(json, "name", world->name);
    world_items(json, "imports", &world->imports);
    world_items(json, "exports", &world->exports);
    package_ref(json, world->package);
    docs(json, world->docs);
    stability(json, &world->stability);
    json_end(json);
}

static void interface_entry(Json *json, const WitInterface *interface) {
    json_object(json);
    name(json, "name", interface->name);
    json_key(json, "types");
    json_object(json);
    for (size_t i = 0; i < interface->types.len; i++) {
        json_key_str(json, interface->types.at[i]->name);
        json_uint(json, interface->types.at[i]->id);
    }
    json_end(json);
    json_key(json, "functions");
    json_object(json);
    for (size_t i = 0; i < interface->funcs.len; i++) {
        json_key_str(json, interface->funcs.at[i]->name);
        func_entry(json, interface->funcs.at[i]);
    }
    json_end(json);
    docs(json, interface->docs);
    stability(json, &interface->stability);
    package_ref(json, interface->package);
    if (interface->clone_of) number(json, "clone_of", interface->clone_of->id);
    json_end(json);
}

static void package_entry(Json *json, const WitPackage *package) {
    json_object(json);
    json_key(json, "name");
    json_string(json, wit_package_id(json->out.arena, package));
    docs(json, package->docs);
    json_key(json, "interfaces");
    json_object(json);
    for (size_t i = 0; i < package->interfaces.len; i++) {
        json_key_str(json, package->interfaces.at[i]->name);
        json_uint(json, package->interfaces.at[i]->id);
    }
    json_end(json);
    json_key(json, "worlds");
    json_object(json);
    for (size_t i = 0; i < package->worlds.len; i++) {
        json_key_str(json, package->worlds.at[i]->name);
        json_uint(json, package->worlds.at[i]->id);
    }
    json_end(json);
    json_end(json);
}

#define TABLE(json, key, list, entry)                                                              \
    do {                                                                                           \
        json_key((json), (key));                                                                   \
        json_array(json);                                                                          \
        for (size_t i = 0; i < (list).len; i++) entry((json), (list).at[i]);                       \
        json_end(json);                                                                            \
    } while (0)

void witc_json(const WitModel *model, Buf *out) {
    Json json = json_new(out->arena, 2);
    json_object(&json);
    TABLE(&json, "worlds", model->worlds, world_entry);
    TABLE(&json, "interfaces", model->interfaces, interface_entry);
    TABLE(&json, "types", model->types, type_entry);
    TABLE(&json, "packages", model->packages, package_entry);
    json_end(&json);
    buf_str(out, buf_text(&json.out));
    buf_byte(out, '\n');
}
