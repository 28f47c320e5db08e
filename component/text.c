/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Types of definitions as WIT, for messages: "func(a: u32) -> result<string, error-code>",
 * "instance { get, set }". A type with a name is told by it. Long ones end in "...", so that a
 * message stays a line.
 */
#include "component/internal.h"

enum { LONGEST = 160 };

static bool is_full(Buf *b) {
    if (b->len < LONGEST) return false;
    if (b->len < LONGEST + 3 || memcmp(b->ptr + b->len - 3, "...", 3) != 0) buf_str(b, STR("..."));
    return true;
}

static void put_type(Buf *b, const WitType *type);

static void put_fields(Buf *b, const WitType *type) {
    bool tuple = type->kind == WIT_TUPLE;
    buf_str(b, tuple ? STR("<") : STR(" { "));
    for (size_t i = 0; i < type->fields.len && !is_full(b); i++) {
        const WitField *field = &type->fields.at[i];
        if (i) buf_str(b, STR(", "));
        buf_str(b, field->name);
        if (field->type && !tuple) buf_str(b, type->kind == WIT_VARIANT ? STR("(") : STR(": "));
        if (field->type) put_type(b, field->type);
        if (field->type && type->kind == WIT_VARIANT) buf_byte(b, ')');
    }
    buf_str(b, tuple ? STR(">") : STR(" }"));
}

static void put_parts(Buf *b, const WitType *type) {
    if (!type->elem && !type->second) return;
    buf_byte(b, '<');
    if (type->elem) put_type(b, type->elem);
    else buf_byte(b, '_');
    if (type->second) {
        buf_str(b, STR(", "));
        put_type(b, type->second);
    }
    if (type->kind == WIT_FIXED_LIST) buf_fmt(b, ", %llu", (unsigned long long)type->length);
    buf_byte(b, '>');
}

static void put_type(Buf *b, const WitType *type) {
    if (is_full(b)) return;
    if (type->name.len) {
        buf_str(b, type->name);
        return;
    }
    if (type->kind == WIT_ALIAS) {
        put_type(b, type->elem);
        return;
    }
    buf_str(b, str_from(wit_kind_keyword(type->kind)));
    if (wit_kind_shape(type->kind) == WIT_SHAPE_FIELDS) put_fields(b, type);
    else put_parts(b, type);
}

static void put_func(Buf *b, const WitFunc *func) {
    buf_str(b, func->is_async ? STR("async func(") : STR("func("));
    for (size_t i = 0; i < func->params.len && !is_full(b); i++) {
        if (i) buf_str(b, STR(", "));
        buf_fmt(b, "%.*s: ", STR_ARG(func->params.at[i].name));
        put_type(b, func->params.at[i].type);
    }
    buf_byte(b, ')');
    if (!func->result) return;
    buf_str(b, STR(" -> "));
    put_type(b, func->result);
}

static void put_names(Buf *b, const char *word, const CompExterns *list) {
    for (size_t i = 0; i < list->len && !is_full(b); i++)
        buf_fmt(b, "%s%s %.*s", b->ptr[b->len - 1] == '{' ? "" : ",", word,
                STR_ARG(list->at[i].name.name));
}

static void put_core(Buf *b, const CoreExternType *type) {
    static const char *const words[] = {"func", "table", "memory", "global", "tag"};
    buf_fmt(b, "core %s", words[type->kind]);
    if (type->kind == CORE_GLOBAL || type->kind == CORE_TABLE)
        buf_fmt(b, " %.*s", STR_ARG(core_val_text(b->arena, type->value)));
}

/* A type with its name, and what it is. */
static void put_type_declaration(Buf *b, Str name, const WitType *type) {
    const WitType *meant = wit_dealias(type);
    WitShape shape = wit_kind_shape(meant->kind);
    if (meant->kind == WIT_RESOURCE) {
        buf_fmt(b, "resource %.*s", STR_ARG(name));
    } else if (shape == WIT_SHAPE_FIELDS && meant->kind != WIT_TUPLE) {
        buf_fmt(b, "%s %.*s", wit_kind_keyword(meant->kind), STR_ARG(name));
        put_fields(b, meant);
    } else {
        WitType bare = *meant;
        bare.name = (Str){0};
        buf_fmt(b, "type %.*s = ", STR_ARG(name));
        put_type(b, &bare);
    }
}

Str comp_declaration(Arena *arena, Str name, const CompEntity *e) {
    Buf b = {.arena = arena};
    if (!name.len) return comp_entity_text(arena, e);
    if (e->sort == COMP_TYPE && e->type) put_type_declaration(&b, name, e->type);
    else buf_fmt(&b, "%.*s: %.*s", STR_ARG(name), STR_ARG(comp_entity_text(arena, e)));
    return buf_text(&b);
}

Str comp_entity_text(Arena *arena, const CompEntity *e) {
    Buf b = {.arena = arena};
    if (e->sort <= COMP_CORE_TAG) {
        put_core(&b, &e->core);
        return buf_text(&b);
    }
    if (e->sort == COMP_TYPE && !comp_is_resource(e)) buf_str(&b, STR("type "));
    if (comp_is_resource(e)) {
        const WitType *resource = e->type->name.len ? e->type : wit_dealias(e->type);
        buf_fmt(&b, "resource%s%.*s", resource->name.len ? " " : "", STR_ARG(resource->name));
    } else if (e->type) {
        put_type(&b, e->type);
    } else if (e->func) {
        put_func(&b, e->func);
    } else if (e->instance) {
        buf_str(&b, STR("instance {"));
        put_names(&b, "", &e->instance->exports);
        buf_str(&b, STR(" }"));
    } else if (e->component) {
        buf_str(&b, STR("component {"));
        put_names(&b, " import", &e->component->imports);
        put_names(&b, " export", &e->component->exports);
        buf_str(&b, STR(" }"));
    } else {
        buf_str(&b, str_from(comp_sort_name(e->sort)));
    }
    return buf_text(&b);
}
