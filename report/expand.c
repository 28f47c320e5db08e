/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc expand`: a world with everything that it means, and why.
 *
 *     import wasi:io/error@0.2.12
 *         wasi:io/streams@0.2.12 uses error                   wit/deps/io/streams.wit:11:16
 *         which wasi:cli/stdin@0.2.12 uses for input-stream   wit/deps/cli/stdio.wit:4:31
 *         which wasi:cli/imports@0.2.12 imports               wit/deps/cli/imports.wit:21:10
 *         which the world includes                            wit/deps/cli/command.wit:6:11
 *
 * Chains are cut where they are long: every link of them is an import that has its own lines.
 */
#include "base/json.h"
#include "report/reason.h"
#include "report/report.h"

enum { LONGEST_CHAIN = 8, MOST_TYPES = 4 };

typedef struct {
    Arena *arena;
    ReasonBook book;
    const WitWorld *world;
    Buf *out;
} Expand;

static Str type_name(const Reason *by, const Reason *r, size_t i) {
    return by->item->interface->types.at[r->first + i]->elem->name;
}

/* Where the use of a NEEDED one stands. */
static Span use_span(const Reason *r) {
    if (r->by->item->kind != WIT_ITEM_INTERFACE) return r->by->item->span;
    return r->by->item->interface->types.at[r->first]->span;
}

static const char *verb(const Reason *r) { return r->is_export ? "export" : "import"; }

/* What its world's text does with it. */
static const char *does(const Reason *r) {
    const WitItem *item = r->item;
    if (r->is_export) return "exports";
    if (item->kind == WIT_ITEM_TYPE) return wit_used_interface(item->type) ? "uses" : "defines";
    return item->kind == WIT_ITEM_FUNC && item->func->resource ? "defines" : "imports";
}

/* The world in whose text an item stands is at the end of the includes that brought it. */
static const WitWorld *written_in(Expand *e, const Reason *r) {
    const WitWorld *world = e->world;
    const WitInclude *include = r->include;
    while (include) {
        world = include->world;
        include = reason_include(&e->book, world, r->item->span);
    }
    return world;
}

/* ---- text ---- */

/* What is said, and in a column of its own where it stands. */
static void put_line(Expand *e, Buf *said, Span span) {
    Str text = buf_text(said), place = reason_place(&e->book, span);
    if (place.len) buf_fmt(e->out, "    %-64.*s  %.*s\n", STR_ARG(text), STR_ARG(place));
    else buf_fmt(e->out, "    %.*s\n", STR_ARG(text));
    said->len = 0;
}

static void put_includes(Expand *e, const Reason *r, Buf *said) {
    VEC(const WitInclude *) chain = {0};
    const WitInclude *include = r->include;
    for (; include && chain.len < LONGEST_CHAIN;
         include = reason_include(&e->book, include->world, r->item->span))
        *vec_push(e->arena, &chain) = include;
    if (include) {
        buf_fmt(said, "which comes through more worlds");
        put_line(e, said, span_none());
    }
    for (size_t i = chain.len; i-- > 0;) {
        if (i) {
            Str id = wit_world_id(e->arena, chain.at[i - 1]->world);
            buf_fmt(said, "which %.*s includes", STR_ARG(id));
        } else {
            buf_fmt(said, "which the world includes");
        }
        put_line(e, said, chain.at[i]->span);
    }
}

static void put_root(Expand *e, const Reason *r, const char *which, Buf *said) {
    Str id = wit_world_id(e->arena, written_in(e, r));
    const char *it = *which ? "" : " it";
    if (r->include) buf_fmt(said, "%s%.*s %s%s", which, STR_ARG(id), does(r), it);
    else buf_fmt(said, "%sthe world %s%s", which, does(r), it);
    put_line(e, said, r->item->span);
    if (r->include) put_includes(e, r, said);
}

static void put_use(Expand *e, const Reason *r, const char *which, Buf *said) {
    const Reason *by = r->by;
    Str name = wit_item_name(e->arena, by->item);
    const char *noun = by->item->kind == WIT_ITEM_TYPE ? "type " : "";
    buf_fmt(said, "%s%s%.*s uses", which, noun, STR_ARG(name));
    if (*which && r->count) buf_fmt(said, " for");
    for (size_t i = 0; i < r->count && i < MOST_TYPES; i++) {
        Str type = type_name(by, r, i);
        buf_fmt(said, "%s %.*s", i ? "," : "", STR_ARG(type));
    }
    if (r->count > MOST_TYPES) buf_fmt(said, ", ..");
    put_line(e, said, use_span(r));
}

static void put_reason(Expand *e, const Reason *r, Buf *said) {
    const char *which = "";
    for (size_t i = 0; r->kind == REASON_NEEDED; r = r->by, i++) {
        if (i == LONGEST_CHAIN) {
            Str name = wit_item_name(e->arena, r->item);
            buf_fmt(said, "and so on, as it stands at %.*s", STR_ARG(name));
            put_line(e, said, span_none());
            return;
        }
        put_use(e, r, which, said);
        which = "which ";
    }
    put_root(e, r, which, said);
}

static void put_item(Expand *e, const Reason *r) {
    const WitItem *item = r->item;
    buf_fmt(e->out, "\n%s ", verb(r));
    switch (item->kind) {
    case WIT_ITEM_TYPE: buf_fmt(e->out, "type "); break;
    case WIT_ITEM_FUNC: buf_fmt(e->out, "func "); break;
    case WIT_ITEM_INTERFACE: break;
    }
    buf_str(e->out, wit_item_name(e->arena, item));
    if (item->implements) {
        Str id = wit_interface_id(e->arena, item->interface);
        buf_fmt(e->out, ": %.*s", STR_ARG(id));
    }
    buf_byte(e->out, '\n');
}

void report_expand(Arena *arena, const WitWorld *world, Buf *out) {
    Expand e = {.arena = arena, .book = {.arena = arena}, .world = world, .out = out};
    const Reasons *reasons = reason_world(&e.book, world);
    Buf said = {.arena = arena};
    Str id = wit_world_id(arena, world), place = reason_place(&e.book, world->span);
    buf_fmt(out, "world %.*s%s%.*s\n", STR_ARG(id), place.len ? "  " : "", STR_ARG(place));
    for (size_t i = 0; i < reasons->len; i++) {
        put_item(&e, &reasons->at[i]);
        put_reason(&e, &reasons->at[i], &said);
    }
}

/* ---- JSON ---- */

static void json_name(Json *json, const char *key, Str value) {
    json_key(json, key);
    json_string(json, value);
}

static void json_place(Expand *e, Json *json, Span span) {
    if (!span.source || span.source->binary) return;
    LineColumn at = reason_line(&e->book, span);
    json_name(json, "file", span.source->path);
    json_key(json, "line");
    json_uint(json, at.line);
    json_key(json, "column");
    json_uint(json, at.column);
}

static void json_includes(Expand *e, Json *json, const Reason *r) {
    json_key(json, "includes");
    json_array(json);
    const WitInclude *include = r->include;
    for (size_t i = 0; include && i < LONGEST_CHAIN; i++) {
        json_object(json);
        json_name(json, "world", wit_world_id(e->arena, include->world));
        json_place(e, json, include->span);
        json_end(json);
        include = reason_include(&e->book, include->world, r->item->span);
    }
    json_end(json);
}

static void json_needed(Expand *e, Json *json, const Reason *r) {
    json_name(json, "by", wit_item_name(e->arena, r->by->item));
    json_name(json, "direction", str_from(verb(r->by)));
    json_key(json, "types");
    json_array(json);
    for (size_t i = 0; i < r->count; i++) json_string(json, type_name(r->by, r, i));
    json_end(json);
    json_place(e, json, use_span(r));
}

static void json_item(Expand *e, Json *json, const Reason *r) {
    static const char *const item_kinds[] = {"interface", "function", "type"};
    static const char *const reason_kinds[] = {"written", "included", "needed", "named"};
    json_object(json);
    json_name(json, "direction", str_from(verb(r)));
    json_name(json, "kind", str_from(item_kinds[r->item->kind]));
    json_name(json, "name", wit_item_name(e->arena, r->item));
    if (r->item->implements)
        json_name(json, "implements", wit_interface_id(e->arena, r->item->interface));
    json_key(json, "reason");
    json_object(json);
    json_name(json, "kind", str_from(reason_kinds[r->kind]));
    if (r->kind == REASON_NEEDED) json_needed(e, json, r);
    else json_place(e, json, r->item->span);
    if (r->kind == REASON_INCLUDED) json_includes(e, json, r);
    json_end(json);
    json_end(json);
}

void report_expand_json(Arena *arena, const WitWorld *world, Buf *out) {
    Expand e = {.arena = arena, .book = {.arena = arena}, .world = world, .out = out};
    const Reasons *reasons = reason_world(&e.book, world);
    Json json = json_new(arena, 2);
    json_object(&json);
    json_name(&json, "world", wit_world_id(arena, world));
    json_place(&e, &json, world->span);
    json_key(&json, "items");
    json_array(&json);
    for (size_t i = 0; i < reasons->len; i++) json_item(&e, &json, &reasons->at[i]);
    json_end(&json);
    json_end(&json);
    buf_str(out, buf_text(&json.out));
    buf_byte(out, '\n');
}
