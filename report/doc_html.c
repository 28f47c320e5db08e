/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * One package as a page of HTML:
 *
 *     header       the package, a way to the index, a field to search in
 *     nav          everything on the page, as a tree
 *     main         h1 the package, h2 its worlds and interfaces, h3 types and functions, h4 the
 *                  functions of a resource; a world's items stand below h3 Imports and Exports
 *
 * All text of the model goes through html_text. Ids are made of names, which cannot hold anything
 * else than letters, digits, `-` and the dots between them; html_text makes sure of it.
 */
#include <stdlib.h>

#include "report/doc.h"

typedef struct {
    Doc *doc;
    const WitPackage *package;
    Buf *out;
    size_t width; /* of the line of code that is being written, as it is seen */
} Html;

enum { LINE_WIDTH = 76 };

static void put(Html *h, const char *html) { buf_str(h->out, str_from(html)); }
static void text(Html *h, Str s) { html_text(h->out, s); }

/* ---- links ---- */

static void begin_link(Html *h, Str address) {
    if (!address.len) return;
    put(h, "<a href=\"");
    text(h, address);
    put(h, "\">");
}

static void put_link(Html *h, const DocPlace *place, Str shown) {
    Str address = doc_address(h->doc, place, h->package);
    begin_link(h, address);
    text(h, shown);
    if (address.len) put(h, "</a>");
}

/* `streams.input-stream`, or with its package if that is another one. */
static void put_place(Html *h, const DocPlace *place) {
    put(h, "<code>");
    put_link(h, place, doc_label(h->doc, place, h->package));
    put(h, "</code>");
}

/* A world that may be on no page. */
static void put_world_name(Html *h, const WitWorld *world) {
    const DocPlace *place = doc_place(h->doc, world);
    if (place) put_place(h, place);
    else text(h, wit_world_id(h->doc->arena, world));
}

static void put_package(Html *h, const WitPackage *package) {
    put(h, "<code>");
    put_link(h, doc_place(h->doc, package), wit_package_id(h->doc->arena, package));
    put(h, "</code>");
}

static void put_id(Html *h, Str id) {
    put(h, " id=\"");
    text(h, id);
    put(h, "\"");
}

/* ---- code ---- */

static void put_code_text(void *context, Str s) {
    Html *h = context;
    text(h, s);
    h->width += s.len;
}

static void put_code_name(void *context, Str shown, const WitType *type) {
    Html *h = context;
    Buf name = {.arena = h->doc->arena};
    wit_put_name(&name, shown);
    put_link(h, doc_place(h->doc, doc_definition(h->doc, type)), buf_text(&name));
    h->width += name.len;
}

static DocTypeWriter type_writer(Html *h) {
    return (DocTypeWriter){.name = put_code_name, .text = put_code_text, .context = h};
}

static void put_type(Html *h, const WitType *type) {
    DocTypeWriter w = type_writer(h);
    doc_put_type(&w, type);
}

static void put_keyword(Html *h, const char *word) {
    buf_fmt(h->out, "<b>%s</b>", word);
    h->width += strlen(word);
}

static void put_param(Html *h, const WitField *param) {
    put_code_text(h, param->name);
    put_code_text(h, STR(": "));
    put_type(h, param->type);
}

/* Parameters on one line if they fit, else each on its own. */
static void put_params(Html *h, const WitFunc *func) {
    Buf whole = {.arena = h->doc->arena}, *out = h->out;
    size_t first = func->kind == WIT_METHOD ? 1 : 0, n = func->params.len, before = h->width;
    size_t *ends = ARENA_NEW_ARRAY(h->doc->arena, size_t, n);
    h->out = &whole;
    for (size_t i = first; i < n; i++) {
        put_param(h, &func->params.at[i]);
        ends[i] = whole.len;
    }
    bool broken = h->width + 2 * n > LINE_WIDTH && n > first;
    h->out = out;
    put(h, "(");
    for (size_t i = first, from = 0; i < n; from = ends[i++]) {
        if (broken) put(h, "\n    ");
        else if (i > first) put(h, ", ");
        buf_str(h->out, str_from_to(buf_text(&whole), from, ends[i]));
        if (broken) put(h, ",");
    }
    put(h, broken ? "\n)" : ")");
    if (broken) h->width = before;
}

static void put_signature(Html *h, const WitFunc *func) {
    h->width = 0;
    put(h, "<pre class=\"sig\"><code>");
    Str name = doc_func_name(func);
    if (func->kind == WIT_CONSTRUCTOR) {
        put_keyword(h, "constructor");
    } else {
        put_code_text(h, name);
        put_code_text(h, STR(": "));
        if (func->kind == WIT_STATIC) put_keyword(h, "static ");
        if (func->is_async) put_keyword(h, "async ");
        put_keyword(h, "func");
    }
    put_params(h, func);
    if (doc_has_result(func)) {
        put(h, " -&gt; ");
        put_type(h, func->result);
    }
    put(h, "</code></pre>\n");
}

/* ---- headings ---- */

static void put_badge(Html *h, const char *class, const char *before, Str what) {
    buf_fmt(h->out, " <span class=\"badge %s\">%s", class, before);
    text(h, what);
    put(h, "</span>");
}

static void put_stability(Html *h, const WitStability *s) {
    if (s->deprecated.text.len) put_badge(h, "deprecated", "deprecated since ", s->deprecated.text);
    if (s->feature.len) put_badge(h, "unstable", "unstable: ", s->feature);
    if (s->since.text.len) put_badge(h, "since", "since ", s->since.text);
}

typedef struct {
    unsigned level;
    Str id;
    const char *kind;
    Str name;
    const WitStability *stability;
    bool is_async;
} Heading;

static void put_heading(Html *h, const Heading *heading) {
    buf_fmt(h->out, "<h%u", heading->level);
    put_id(h, heading->id);
    put(h, "><span class=\"kind\">");
    put(h, heading->kind);
    put(h, "</span> <a class=\"name\" href=\"#");
    text(h, heading->id);
    put(h, "\">");
    text(h, heading->name);
    put(h, "</a>");
    if (heading->is_async) put_badge(h, "async", "async", (Str){0});
    if (heading->stability) put_stability(h, heading->stability);
    buf_fmt(h->out, "</h%u>\n", heading->level);
}

static void put_docs(Html *h, const DocScope *scope, Str docs, unsigned level) {
    if (!docs.len) return;
    put(h, "<div class=\"docs\">");
    doc_write(scope, docs, level + 1, h->out);
    put(h, "</div>\n");
}

static void put_external_id(Html *h, bool has, Str id) {
    if (!has) return;
    put(h, "<p class=\"note\">External id <code>");
    text(h, id);
    put(h, "</code></p>\n");
}

/* Who uses it, folded away where there are many. */
static void put_users(Html *h, const void *node) {
    const DocPlace *place = doc_place(h->doc, node);
    if (!place || !place->users.len) return;
    bool many = place->users.len > 6;
    if (many)
        buf_fmt(h->out, "<details class=\"users\"><summary>Used by %zu</summary><p>",
                place->users.len);
    else put(h, "<p class=\"users\"><span>Used by</span> ");
    for (size_t i = 0; i < place->users.len; i++) {
        if (i) put(h, ", ");
        put_place(h, place->users.at[i]);
    }
    put(h, many ? "</p></details>\n" : "</p>\n");
}

/* ---- types ---- */

static void put_field_rows(Html *h, const WitType *type, Str id, const DocScope *scope) {
    static const char *const heads[] = {
        [WIT_RECORD] = "Field", [WIT_VARIANT] = "Case", [WIT_ENUM] = "Case", [WIT_FLAGS] = "Flag"};
    bool typed = false, documented = false;
    for (size_t i = 0; i < type->fields.len; i++) {
        typed |= type->fields.at[i].type != NULL;
        documented |= type->fields.at[i].docs.len > 0;
    }
    if (!type->fields.len) return;
    buf_fmt(h->out, "<table class=\"fields\"><thead><tr><th>%s</th>%s%s</tr></thead><tbody>\n",
            heads[type->kind], typed ? "<th>Type</th>" : "",
            documented ? "<th>Description</th>" : "");
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitField *field = &type->fields.at[i];
        Str field_id = doc_child_id(h->doc, id, field->name);
        put(h, "<tr");
        put_id(h, field_id);
        put(h, "><td><code><a class=\"name\" href=\"#");
        text(h, field_id);
        put(h, "\">");
        text(h, field->name);
        put(h, "</a></code></td>");
        if (typed) put(h, field->type ? "<td><code>" : "<td>");
        if (field->type) put_type(h, field->type);
        if (typed) put(h, field->type ? "</code></td>" : "</td>");
        if (documented) {
            put(h, "<td>");
            doc_write(scope, field->docs, 6, h->out);
            put(h, "</td>");
        }
        put(h, "</tr>\n");
    }
    put(h, "</tbody></table>\n");
}

static DocScope scope_of(Html *h, Str owner, Str item, Span span) {
    return (DocScope){
        .doc = h->doc, .package = h->package, .owner = owner, .item = item, .span = span};
}

static void put_func(Html *h, const WitFunc *func, Str owner, unsigned level) {
    static const char *const kinds[] = {[WIT_FREESTANDING] = "func",
                                        [WIT_METHOD] = "method",
                                        [WIT_STATIC] = "static",
                                        [WIT_CONSTRUCTOR] = "constructor"};
    Heading heading = {.level = level,
                       .id = doc_func_id(h->doc, owner, func),
                       .kind = kinds[func->kind],
                       .name = doc_func_name(func),
                       .stability = &func->stability,
                       .is_async = func->is_async};
    if (func->kind == WIT_CONSTRUCTOR) {
        heading.kind = "";
        heading.name = STR("constructor");
    }
    DocScope scope = scope_of(h, owner, heading.id, func->span);
    doc_scope_func(&scope, func);
    if (func->resource) scope.resource = doc_child_id(h->doc, owner, func->resource->name);
    put(h, "<section class=\"item\">\n");
    put_heading(h, &heading);
    put_signature(h, func);
    put_external_id(h, func->has_external_id, func->external_id);
    put_docs(h, &scope, func->docs, level);
    put(h, "</section>\n");
}

static void put_alias(Html *h, const WitType *type) {
    h->width = 0;
    put(h, "<pre class=\"sig\"><code>");
    put_keyword(h, "type");
    put(h, " ");
    text(h, type->name);
    put(h, " = ");
    DocTypeWriter w = type_writer(h);
    doc_put_structure(&w, type);
    put(h, "</code></pre>\n");
}

/* The functions of a resource, constructor first, then static functions, then methods. */
static void put_members(Html *h, const DocFuncs *funcs, Str owner, unsigned level) {
    static const WitFuncKind order[] = {WIT_CONSTRUCTOR, WIT_STATIC, WIT_METHOD};
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < funcs->len; i++)
            if (funcs->at[i]->kind == order[k]) put_func(h, funcs->at[i], owner, level);
}

static void put_typedef(Html *h, const WitType *type, const DocFuncs *funcs, Str owner,
                        unsigned level) {
    bool fields = wit_kind_shape(type->kind) == WIT_SHAPE_FIELDS && type->kind != WIT_TUPLE;
    bool resource = type->kind == WIT_RESOURCE;
    Heading heading = {.level = level,
                       .id = doc_child_id(h->doc, owner, type->name),
                       .kind = fields || resource ? wit_kind_keyword(type->kind) : "type",
                       .name = type->name,
                       .stability = &type->stability};
    DocScope scope = scope_of(h, owner, heading.id, type->span);
    scope.fields = &type->fields;
    if (resource || fields) scope.resource = heading.id;
    put(h, "<section class=\"item\">\n");
    put_heading(h, &heading);
    if (!fields && !resource) put_alias(h, type);
    put_external_id(h, type->has_external_id, type->external_id);
    put_docs(h, &scope, type->docs, level);
    if (fields) put_field_rows(h, type, heading.id, &scope);
    put_users(h, type);
    if (resource && funcs) {
        put(h, "<div class=\"members\">\n");
        put_members(h, funcs, owner, level + 1);
        put(h, "</div>\n");
    }
    put(h, "</section>\n");
}

/* ---- interfaces ---- */

/* Types that come from elsewhere, in the words of WIT. */
static void put_uses(Html *h, const WitInterface *interface) {
    const WitInterface *open = NULL;
    bool any = false;
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitType *type = interface->types.at[i];
        const WitInterface *from = wit_used_interface(type);
        if (!from) continue;
        if (!any) put(h, "<pre class=\"sig uses\"><code>");
        if (from != open) {
            if (open) put(h, "};\n");
            put(h, "<b>use</b> ");
            const DocPlace *place = doc_place(h->doc, from);
            bool near = from->package == h->package;
            put_link(h, place, near ? from->name : wit_interface_id(h->doc->arena, from));
            put(h, ".{");
        } else {
            put(h, ", ");
        }
        put_link(h, doc_place(h->doc, doc_definition(h->doc, type)), type->elem->name);
        if (!str_eq(type->elem->name, type->name)) {
            put(h, " <b>as</b> ");
            text(h, type->name);
        }
        open = from;
        any = true;
    }
    if (any) put(h, "};</code></pre>\n");
}

static Map members_of(Html *h, const WitInterface *interface) {
    Map members = {0};
    for (size_t i = 0; i < interface->funcs.len; i++)
        doc_add_member(h->doc, &members, interface->funcs.at[i]);
    return members;
}

/* What an interface holds; a resource's functions stand with it. */
static void put_interface_items(Html *h, const WitInterface *interface, Str id, unsigned level) {
    Map members = members_of(h, interface);
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitType *type = interface->types.at[i];
        if (doc_is_own(h->doc, type)) put_typedef(h, type, doc_members(&members, type), id, level);
    }
    for (size_t i = 0; i < interface->funcs.len; i++)
        if (!interface->funcs.at[i]->resource) put_func(h, interface->funcs.at[i], id, level);
}

static void put_interface(Html *h, const WitInterface *interface, const Heading *heading) {
    DocScope scope = scope_of(h, heading->id, heading->id, interface->span);
    put(h, "<section class=\"group\">\n");
    put_heading(h, heading);
    put_docs(h, &scope, interface->docs, heading->level);
    put_uses(h, interface);
    put_users(h, interface);
    put_interface_items(h, interface, heading->id, heading->level + 1);
    put(h, "</section>\n");
}

/* ---- worlds ---- */

/* Without docs, an interface is known by what it has. */
static void put_names(Html *h, const WitInterface *interface) {
    enum { MOST = 8 };
    size_t n = 0;
    put(h, "<span class=\"why\">");
    for (size_t i = 0; i < interface->types.len && n <= MOST; i++) {
        if (!doc_is_own(h->doc, interface->types.at[i]) || n++ == MOST) continue;
        put(h, n > 1 ? ", " : "");
        text(h, interface->types.at[i]->name);
    }
    for (size_t i = 0; i < interface->funcs.len && n <= MOST; i++) {
        if (interface->funcs.at[i]->resource || n++ == MOST) continue;
        put(h, n > 1 ? ", " : "");
        text(h, interface->funcs.at[i]->name);
    }
    put(h, n > MOST ? ", \xe2\x80\xa6</span>" : "</span>");
}

static void put_summary(Html *h, Str docs, const WitInterface *interface) {
    if (docs.len) doc_write_summary(h->doc, docs, h->out);
    else put_names(h, interface);
}

/* How an interface comes into a world, where the world does not say it itself. */
static void put_reason(Html *h, const Reason *r) {
    if (r->kind == REASON_INCLUDED) {
        put(h, "<span class=\"why\">included with ");
        put_world_name(h, r->include->world);
        put(h, "</span>");
    } else if (r->kind == REASON_NEEDED) {
        put(h, "<span class=\"why\">needed by ");
        const DocPlace *place = NULL;
        if (r->by->item->kind == WIT_ITEM_INTERFACE)
            place = doc_place(h->doc, r->by->item->interface);
        if (place) put_place(h, place);
        else text(h, wit_item_name(h->doc->arena, r->by->item));
        put(h, "</span>");
    }
}

static void put_interface_row(Html *h, const Reason *r, Str owner) {
    const WitItem *item = r->item;
    DocScope scope = scope_of(h, owner, wit_item_name(h->doc->arena, item), item->span);
    put(h, "<tr");
    if (item->name.len) put_id(h, doc_child_id(h->doc, owner, item->name));
    put(h, "><td>");
    if (item->name.len) {
        put(h, "<code>");
        text(h, item->name);
        put(h, "</code>: ");
    }
    put(h, "<code>");
    put_link(h, doc_place(h->doc, item->interface),
             wit_interface_id(h->doc->arena, item->interface));
    put(h, "</code>");
    if (r->kind == REASON_WRITTEN || r->kind == REASON_NAMED) put_stability(h, &item->stability);
    put(h, "</td><td>");
    if (item->docs.len) doc_write(&scope, item->docs, 4, h->out);
    else put_summary(h, item->interface->docs, item->interface);
    put_reason(h, r);
    put(h, "</td></tr>\n");
}

static Map item_members(Html *h, const WitItems *items) {
    Map members = {0};
    for (size_t i = 0; i < items->len; i++)
        if (items->at[i].kind == WIT_ITEM_FUNC) doc_add_member(h->doc, &members, items->at[i].func);
    return members;
}

/* What stands in the world itself; interfaces that have a place of their own are rows. */
static void put_item(Html *h, const WitItem *item, const Map *members, Str owner) {
    if (item->kind == WIT_ITEM_TYPE && doc_is_own(h->doc, item->type)) {
        put_typedef(h, item->type, doc_members(members, item->type), owner, 4);
    } else if (item->kind == WIT_ITEM_FUNC && !item->func->resource) {
        put_func(h, item->func, owner, 4);
    } else if (item->kind == WIT_ITEM_INTERFACE && !doc_is_row(item)) {
        Heading heading = {.level = 4,
                           .id = doc_child_id(h->doc, owner, item->name),
                           .kind = "interface",
                           .name = item->name,
                           .stability = &item->stability};
        put_interface(h, item->interface, &heading);
    }
}

static void put_side(Html *h, const WitWorld *world, bool exports) {
    const Reasons *reasons = reason_world(&h->doc->book, world);
    const char *side = exports ? "export" : "import";
    Str owner = doc_child_id(h->doc, world->name, str_from(side));
    size_t from = exports ? world->imports.len : 0;
    size_t to = exports ? reasons->len : world->imports.len;
    if (from == to) return;
    put(h, "<h3");
    put_id(h, owner);
    put(h, exports ? ">Exports</h3>\n" : ">Imports</h3>\n");
    bool rows = false;
    for (size_t i = from; i < to; i++) {
        if (!doc_is_row(reasons->at[i].item)) continue;
        if (!rows) put(h, "<table class=\"fields contents\"><tbody>\n");
        rows = true;
        put_interface_row(h, &reasons->at[i], owner);
    }
    if (rows) put(h, "</tbody></table>\n");
    Map members = item_members(h, exports ? &world->exports : &world->imports);
    for (size_t i = from; i < to; i++) put_item(h, reasons->at[i].item, &members, owner);
}

static void put_world(Html *h, const WitWorld *world) {
    Heading heading = {.level = 2,
                       .id = world->name,
                       .kind = "world",
                       .name = world->name,
                       .stability = &world->stability};
    DocScope scope = scope_of(h, world->name, world->name, world->span);
    put(h, "<section class=\"group\">\n");
    put_heading(h, &heading);
    put_docs(h, &scope, world->docs, 2);
    for (size_t i = 0; i < world->includes.len; i++) {
        put(h, i ? ", " : "<p class=\"users\"><span>Includes</span> ");
        put_world_name(h, world->includes.at[i].world);
    }
    if (world->includes.len) put(h, "</p>\n");
    put_users(h, world);
    put_side(h, world, false);
    put_side(h, world, true);
    put(h, "</section>\n");
}

/* ---- the table of contents ---- */

static void put_toc_entry(Html *h, Str id, Str name, const char *class) {
    buf_fmt(h->out, "<a class=\"%s\" href=\"#", class);
    text(h, id);
    put(h, "\">");
    text(h, name);
    put(h, "</a>");
}

static void put_toc_func(Html *h, const WitFunc *func, Str owner) {
    put(h, "<li>");
    put_toc_entry(h, doc_func_id(h->doc, owner, func), doc_func_name(func), "f");
    put(h, "</li>");
}

static void put_toc_type(Html *h, const WitType *type, const DocFuncs *funcs, Str owner) {
    put(h, "<li>");
    put_toc_entry(h, doc_child_id(h->doc, owner, type->name), type->name, "t");
    if (funcs) put(h, "<ul>");
    for (size_t i = 0; funcs && i < funcs->len; i++) put_toc_func(h, funcs->at[i], owner);
    if (funcs) put(h, "</ul>");
    put(h, "</li>");
}

static void put_toc_interface(Html *h, const WitInterface *interface, Str id) {
    Map members = members_of(h, interface);
    put(h, "<ul>");
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitType *type = interface->types.at[i];
        if (doc_is_own(h->doc, type)) put_toc_type(h, type, doc_members(&members, type), id);
    }
    for (size_t i = 0; i < interface->funcs.len; i++)
        if (!interface->funcs.at[i]->resource) put_toc_func(h, interface->funcs.at[i], id);
    put(h, "</ul>");
}

static void put_toc_side(Html *h, const WitWorld *world, bool exports) {
    const WitItems *items = exports ? &world->exports : &world->imports;
    Str owner = doc_child_id(h->doc, world->name, exports ? STR("export") : STR("import"));
    Map members = item_members(h, items);
    if (!items->len) return;
    put(h, "<li>");
    put_toc_entry(h, owner, exports ? STR("exports") : STR("imports"), "s");
    bool any = false;
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        bool own = item->kind == WIT_ITEM_TYPE && doc_is_own(h->doc, item->type);
        bool func = item->kind == WIT_ITEM_FUNC && !item->func->resource;
        bool inner = item->kind == WIT_ITEM_INTERFACE && !doc_is_row(item);
        if (!any && (own || func || inner)) put(h, "<ul>");
        any |= own || func || inner;
        if (own) put_toc_type(h, item->type, doc_members(&members, item->type), owner);
        if (func) put_toc_func(h, item->func, owner);
        if (!inner) continue;
        Str id = doc_child_id(h->doc, owner, item->name);
        put(h, "<li>");
        put_toc_entry(h, id, item->name, "t");
        put_toc_interface(h, item->interface, id);
        put(h, "</li>");
    }
    put(h, any ? "</ul></li>" : "</li>");
}

static void put_toc(Html *h) {
    const WitPackage *p = h->package;
    put(h, "<nav id=\"_toc\" aria-label=\"Contents\">\n<ul class=\"tree\">\n");
    for (size_t i = 0; i < p->worlds.len; i++) {
        const WitWorld *world = p->worlds.at[i];
        if (!doc_shown(h->doc, world)) continue;
        put(h, "<li><details open><summary><span class=\"kind\">world</span> ");
        put_toc_entry(h, world->name, world->name, "g");
        put(h, "</summary><ul>");
        put_toc_side(h, world, false);
        put_toc_side(h, world, true);
        put(h, "</ul></details></li>\n");
    }
    for (size_t i = 0; i < p->interfaces.len; i++) {
        const WitInterface *interface = p->interfaces.at[i];
        if (!interface->name.len || !doc_shown(h->doc, interface)) continue;
        put(h, "<li><details open><summary><span class=\"kind\">interface</span> ");
        put_toc_entry(h, interface->name, interface->name, "g");
        put(h, "</summary>");
        put_toc_interface(h, interface, interface->name);
        put(h, "</details></li>\n");
    }
    put(h, "</ul>\n</nav>\n");
}

/* ---- packages ---- */

static void put_content_row(Html *h, const char *kind, const void *node, Str name,
                            const WitStability *stability) {
    buf_fmt(h->out, "<tr><td><span class=\"kind\">%s</span> <code>", kind);
    put_link(h, doc_place(h->doc, node), name);
    put(h, "</code>");
    if (stability->feature.len || stability->deprecated.text.len) put_stability(h, stability);
    put(h, "</td><td>");
}

/* Worlds and interfaces, each with the first words of its docs. */
static void put_contents(Html *h, const WitPackage *p) {
    put(h, "<table class=\"fields contents\"><tbody>\n");
    for (size_t i = 0; i < p->worlds.len; i++) {
        const WitWorld *world = p->worlds.at[i];
        if (!doc_shown(h->doc, world)) continue;
        put_content_row(h, "world", world, world->name, &world->stability);
        doc_write_summary(h->doc, world->docs, h->out);
        if (!world->docs.len)
            buf_fmt(h->out, "<span class=\"why\">imports %zu, exports %zu</span>",
                    world->imports.len, world->exports.len);
        put(h, "</td></tr>\n");
    }
    for (size_t i = 0; i < p->interfaces.len; i++) {
        const WitInterface *interface = p->interfaces.at[i];
        if (!interface->name.len || !doc_shown(h->doc, interface)) continue;
        put_content_row(h, "interface", interface, interface->name, &interface->stability);
        put_summary(h, interface->docs, interface);
        put(h, "</td></tr>\n");
    }
    put(h, "</tbody></table>\n");
}

/* Packages whose items this one's mention, or that mention its: from the lists of users. */
static void put_neighbours(Html *h, const char *title, const Map *packages) {
    if (!packages->len) return;
    buf_fmt(h->out, "<p class=\"users\"><span>%s</span> ", title);
    for (size_t i = 0; i < packages->len; i++) {
        if (i) put(h, ", ");
        put_package(h, packages->entries[i].cptr);
    }
    put(h, "</p>\n");
}

void doc_html_package(Doc *doc, const WitPackage *package, Buf *out) {
    Html h = {.doc = doc, .package = package, .out = out};
    Str id = wit_package_id(doc->arena, package);
    doc_page_begin(doc, id, false, out);
    put_toc(&h);
    put(&h, "<main id=\"_main\">\n<h1><span class=\"kind\">package</span> ");
    text(&h, str_from_to(id, 0, str_find(id, '@', 0)));
    if (package->version.text.len) {
        put(&h, " <span class=\"version\">");
        text(&h, package->version.text);
        put(&h, "</span>");
    }
    put(&h, "</h1>\n");
    DocScope scope = scope_of(&h, (Str){0}, id, package->span);
    put_docs(&h, &scope, package->docs, 1);
    const DocNeighbours *n = doc_neighbours(doc, package);
    put_neighbours(&h, "Depends on", &n->needs);
    put_neighbours(&h, "Used by", &n->users);
    put_contents(&h, package);
    for (size_t i = 0; i < package->worlds.len; i++)
        if (doc_shown(doc, package->worlds.at[i])) put_world(&h, package->worlds.at[i]);
    for (size_t i = 0; i < package->interfaces.len; i++) {
        const WitInterface *interface = package->interfaces.at[i];
        if (!interface->name.len || !doc_shown(doc, interface)) continue;
        Heading heading = {.level = 2,
                           .id = interface->name,
                           .kind = "interface",
                           .name = interface->name,
                           .stability = &interface->stability};
        put_interface(&h, interface, &heading);
    }
    put(&h, "</main>\n");
    doc_page_end(out);
}

/* ---- the index ---- */

/* Every named thing of all pages, in the order of their last names. */
typedef struct {
    Str name;
    const DocPlace *place;
} Named;

static int by_name(const void *a, const void *b) {
    const Named *x = a, *y = b;
    int order = str_cmp(x->name, y->name);
    if (!order) order = str_cmp(x->place->page, y->place->page);
    return order ? order : str_cmp(x->place->id, y->place->id);
}

static void put_all_items(Html *h) {
    VEC(Named) all = {0};
    Map seen = {0};
    for (size_t i = 0; i < h->doc->places.len; i++) {
        const DocPlace *place = h->doc->places.entries[i].cptr;
        bool added;
        map_put_ptr(h->doc->arena, &seen, place, &added);
        if (!added || !place->page.len || !place->id.len) continue;
        size_t dot = str_rfind(place->id, '.');
        Str name = dot == SIZE_MAX ? place->id : str_after(place->id, dot + 1);
        *vec_push(h->doc->arena, &all) = (Named){name, place};
    }
    if (all.len) qsort(all.at, all.len, sizeof *all.at, by_name);
    buf_fmt(h->out, "<details id=\"_all\"><summary>All %zu items</summary>\n<ul class=\"all\">\n",
            all.len);
    for (size_t i = 0; i < all.len; i++) {
        const DocPlace *place = all.at[i].place;
        put(h, "<li>");
        put_link(h, place, all.at[i].name);
        put(h, " <small>");
        text(h, doc_label(h->doc, place, NULL));
        put(h, "</small></li>\n");
    }
    put(h, "</ul></details>\n");
}

void doc_html_index(Doc *doc, Buf *out) {
    Html h = {.doc = doc, .out = out};
    Str title = doc->options->title.len ? doc->options->title : STR("WIT packages");
    doc_page_begin(doc, title, true, out);
    put(&h, "<main id=\"_main\">\n<h1>");
    text(&h, title);
    put(&h, "</h1>\n");
    /* the package that was asked for comes first */
    for (size_t i = doc->model->packages.len; i-- > 0;) {
        const WitPackage *package = doc->model->packages.at[i];
        if (!doc_place(doc, package)->page.len) continue;
        put(&h, "<section class=\"card\">\n<h2>");
        put_package(&h, package);
        put(&h, "</h2>\n");
        if (package->docs.len) {
            put(&h, "<p>");
            doc_write_summary(doc, package->docs, out);
            put(&h, "</p>\n");
        }
        put_contents(&h, package);
        put(&h, "</section>\n");
    }
    put_all_items(&h);
    put(&h, "</main>\n");
    doc_page_end(out);
}
