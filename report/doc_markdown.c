/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * One package as a file of Markdown that reads well as it is and on GitHub: an `<a id>` before each
 * heading gives the same addresses as in HTML, signatures are blocks of code with links to their
 * types below them, fields are a list.
 */
#include "report/doc.h"

typedef struct {
    Doc *doc;
    const WitPackage *package;
    Buf *out;
} Mark;

static void put(Mark *m, const char *markdown) { buf_str(m->out, str_from(markdown)); }
static void text(Mark *m, Str s) { markdown_text(m->out, s, false, true); }

/* One blank line, if there is none yet. */
static void put_blank(Mark *m) {
    if (!str_ends(buf_text(m->out), STR("\n\n"))) put(m, "\n");
}

static void put_code(Mark *m, Str code) { markdown_code(m->out, code, true); }

static void put_code_link(Mark *m, const DocPlace *place, Str shown) {
    Str address = doc_address(m->doc, place, m->package);
    if (address.len) put(m, "[");
    put_code(m, shown);
    if (!address.len) return;
    put(m, "](");
    markdown_address(m->out, address);
    put(m, ")");
}

static void put_place(Mark *m, const DocPlace *place) {
    put_code_link(m, place, doc_label(m->doc, place, m->package));
}

/* A world that may be on no page. */
static void put_world_name(Mark *m, const WitWorld *world) {
    const DocPlace *place = doc_place(m->doc, world);
    if (place) put_place(m, place);
    else put_code(m, wit_world_id(m->doc->arena, world));
}

static void put_anchor(Mark *m, Str id) {
    put(m, "<a id=\"");
    html_text(m->out, id);
    put(m, "\"></a>");
}

static void put_stability(Mark *m, const WitStability *s) {
    if (s->deprecated.text.len) {
        put(m, " · **deprecated since ");
        text(m, s->deprecated.text);
        put(m, "**");
    }
    if (s->feature.len) {
        put(m, " · **unstable: ");
        text(m, s->feature);
        put(m, "**");
    }
    if (s->since.text.len) {
        put(m, " · <sub>since ");
        text(m, s->since.text);
        put(m, "</sub>");
    }
}

static void put_heading(Mark *m, unsigned level, const char *kind, Str id, Str name,
                        const WitStability *stability) {
    put_anchor(m, id);
    put(m, "\n\n");
    buf_str(m->out, str_from_to(STR("######"), 0, level));
    buf_fmt(m->out, " %s%s", kind, *kind ? " " : "");
    put_code(m, name);
    put_stability(m, stability);
    put(m, "\n\n");
}

static DocScope scope_of(Mark *m, Str owner, Str item, Span span) {
    return (DocScope){
        .doc = m->doc, .package = m->package, .owner = owner, .item = item, .span = span};
}

static void put_docs(Mark *m, const DocScope *scope, Str docs, unsigned level) {
    if (!docs.len) return;
    doc_write(scope, docs, level + 1, m->out);
    put(m, "\n");
}

static void put_users(Mark *m, const void *node) {
    const DocPlace *place = doc_place(m->doc, node);
    if (!place || !place->users.len) return;
    put(m, "Used by ");
    for (size_t i = 0; i < place->users.len; i++) {
        if (i) put(m, ", ");
        put_place(m, place->users.at[i]);
    }
    put(m, "\n\n");
}

/* ---- code ---- */

typedef struct {
    Mark *m;
    Buf code;
    Map seen; /* definitions that were named */
} Code;

static void code_text(void *context, Str s) {
    Code *c = context;
    buf_str(&c->code, s);
}

static void code_name(void *context, Str shown, const WitType *type) {
    Code *c = context;
    wit_put_name(&c->code, shown);
    const WitType *definition = doc_definition(c->m->doc, type);
    map_put_ptr(c->m->doc->arena, &c->seen, definition, NULL)->cptr = definition;
}

static DocTypeWriter code_writer(Code *c) {
    return (DocTypeWriter){.name = code_name, .text = code_text, .context = c};
}

/* A block of code, and links to the types that occur in it. */
static void put_block(Mark *m, const Code *c) {
    markdown_fence(m->out, (Str){0}, STR("wit"), buf_text(&c->code));
    put(m, "\n");
    size_t n = 0;
    for (size_t i = 0; i < c->seen.len; i++) {
        const WitType *type = c->seen.entries[i].cptr;
        const DocPlace *place = doc_place(m->doc, type);
        if (!place || !place->page.len) continue;
        put(m, n++ ? ", " : "Types: ");
        put_code_link(m, place, type->name);
    }
    if (n) put(m, "\n\n");
}

/* A type in a line of text: code with links in it, which only HTML can write. */
static void line_text(void *context, Str s) {
    Mark *m = context;
    html_text(m->out, s);
}

static void line_name(void *context, Str shown, const WitType *type) {
    Mark *m = context;
    Str address = doc_address(m->doc, doc_place(m->doc, doc_definition(m->doc, type)), m->package);
    if (address.len) {
        put(m, "<a href=\"");
        html_text(m->out, address);
        put(m, "\">");
    }
    html_text(m->out, shown);
    if (address.len) put(m, "</a>");
}

static void put_type(Mark *m, const WitType *type) {
    DocTypeWriter w = {.name = line_name, .text = line_text, .context = m};
    put(m, "<code>");
    doc_put_type(&w, type);
    put(m, "</code>");
}

static void put_signature(Mark *m, const WitFunc *func) {
    enum { LINE_WIDTH = 90 };
    Code c = {.m = m, .code = {.arena = m->doc->arena}};
    DocTypeWriter w = code_writer(&c);
    if (func->kind != WIT_CONSTRUCTOR) {
        wit_put_name(&c.code, doc_func_name(func));
        buf_fmt(&c.code, ": %s%sfunc", func->kind == WIT_STATIC ? "static " : "",
                func->is_async ? "async " : "");
    } else {
        buf_fmt(&c.code, "constructor");
    }
    Buf head = c.code, params = {.arena = m->doc->arena};
    c.code = params;
    size_t first = func->kind == WIT_METHOD, n = func->params.len;
    size_t *ends = ARENA_NEW_ARRAY(m->doc->arena, size_t, n);
    for (size_t i = first; i < n; i++) {
        wit_put_name(&c.code, func->params.at[i].name);
        buf_fmt(&c.code, ": ");
        doc_put_type(&w, func->params.at[i].type);
        ends[i] = c.code.len;
    }
    params = c.code;
    c.code = head;
    bool broken = head.len + params.len + 2 * n > LINE_WIDTH && n > first;
    buf_byte(&c.code, '(');
    for (size_t i = first, from = 0; i < n; from = ends[i++]) {
        buf_fmt(&c.code, "%s", broken ? "\n    " : i > first ? ", " : "");
        buf_str(&c.code, str_from_to(buf_text(&params), from, ends[i]));
        if (broken) buf_byte(&c.code, ',');
    }
    buf_fmt(&c.code, "%s", broken ? "\n)" : ")");
    if (doc_has_result(func)) {
        buf_fmt(&c.code, " -> ");
        doc_put_type(&w, func->result);
    }
    buf_byte(&c.code, ';');
    put_block(m, &c);
}

/* ---- items ---- */

static void put_func(Mark *m, const WitFunc *func, Str owner, unsigned level) {
    static const char *const kinds[] = {[WIT_FREESTANDING] = "func",
                                        [WIT_METHOD] = "method",
                                        [WIT_STATIC] = "static",
                                        [WIT_CONSTRUCTOR] = ""};
    Str id = doc_func_id(m->doc, owner, func), name = doc_func_name(func);
    DocScope scope = scope_of(m, owner, id, func->span);
    doc_scope_func(&scope, func);
    if (func->resource) {
        scope.resource = doc_child_id(m->doc, owner, func->resource->name);
        name = doc_child_id(m->doc, func->resource->name, name);
    }
    put_heading(m, level, kinds[func->kind], id, name, &func->stability);
    put_signature(m, func);
    put_docs(m, &scope, func->docs, level);
}

/* The lines of a text below an item of a list. */
static void put_indented(Mark *m, Str lines) {
    for (size_t at = 0; at < lines.len;) {
        size_t end = str_find(lines, '\n', at);
        Str line = str_from_to(lines, at, end);
        if (line.len) put(m, "  ");
        buf_str(m->out, line);
        put(m, "\n");
        at = end == SIZE_MAX ? lines.len : end + 1;
    }
}

static void put_fields(Mark *m, const WitType *type, Str id, const DocScope *scope) {
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitField *field = &type->fields.at[i];
        put(m, "- ");
        put_anchor(m, doc_child_id(m->doc, id, field->name));
        put(m, "**");
        put_code(m, field->name);
        put(m, "**");
        if (field->type) put(m, ": ");
        if (field->type) put_type(m, field->type);
        put(m, "\n");
        if (!field->docs.len) continue;
        Buf docs = {.arena = m->doc->arena};
        doc_write(scope, field->docs, 6, &docs);
        put(m, "\n");
        put_indented(m, buf_text(&docs));
        put_blank(m);
    }
    if (type->fields.len) put_blank(m);
}

static void put_members(Mark *m, const DocFuncs *funcs, Str owner, unsigned level) {
    static const WitFuncKind order[] = {WIT_CONSTRUCTOR, WIT_STATIC, WIT_METHOD};
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < funcs->len; i++)
            if (funcs->at[i]->kind == order[k]) put_func(m, funcs->at[i], owner, level);
}

static void put_typedef(Mark *m, const WitType *type, const DocFuncs *funcs, Str owner,
                        unsigned level) {
    bool fields = wit_kind_shape(type->kind) == WIT_SHAPE_FIELDS && type->kind != WIT_TUPLE;
    bool resource = type->kind == WIT_RESOURCE;
    Str id = doc_child_id(m->doc, owner, type->name);
    DocScope scope = scope_of(m, owner, id, type->span);
    scope.fields = &type->fields;
    if (resource || fields) scope.resource = id;
    const char *kind = fields || resource ? wit_kind_keyword(type->kind) : "type";
    put_heading(m, level, kind, id, type->name, &type->stability);
    if (!fields && !resource) {
        Code c = {.m = m, .code = {.arena = m->doc->arena}};
        DocTypeWriter w = code_writer(&c);
        buf_fmt(&c.code, "type ");
        wit_put_name(&c.code, type->name);
        buf_fmt(&c.code, " = ");
        doc_put_structure(&w, type);
        buf_byte(&c.code, ';');
        put_block(m, &c);
    }
    put_docs(m, &scope, type->docs, level);
    if (fields) put_fields(m, type, id, &scope);
    put_users(m, type);
    if (resource && funcs) put_members(m, funcs, owner, level + 1);
}

static void put_uses(Mark *m, const WitInterface *interface) {
    const WitInterface *open = NULL;
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitType *type = interface->types.at[i];
        const WitInterface *from = wit_used_interface(type);
        if (!from) continue;
        if (from != open) {
            put(m, open ? "\n- " : "Uses\n\n- ");
            put_code_link(m, doc_place(m->doc, from), wit_interface_id(m->doc->arena, from));
            put(m, ": ");
        } else {
            put(m, ", ");
        }
        put_code_link(m, doc_place(m->doc, doc_definition(m->doc, type)), type->elem->name);
        if (!str_eq(type->elem->name, type->name)) {
            put(m, " as ");
            put_code(m, type->name);
        }
        open = from;
    }
    if (open) put(m, "\n\n");
}

static void put_interface(Mark *m, const WitInterface *interface, Str id, Str name,
                          const WitStability *stability, unsigned level) {
    DocScope scope = scope_of(m, id, id, interface->span);
    put_heading(m, level, "interface", id, name, stability);
    put_docs(m, &scope, interface->docs, level);
    put_uses(m, interface);
    put_users(m, interface);
    Map members = {0};
    for (size_t i = 0; i < interface->funcs.len; i++)
        doc_add_member(m->doc, &members, interface->funcs.at[i]);
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitType *type = interface->types.at[i];
        if (doc_is_own(m->doc, type))
            put_typedef(m, type, doc_members(&members, type), id, level + 1);
    }
    for (size_t i = 0; i < interface->funcs.len; i++)
        if (!interface->funcs.at[i]->resource) put_func(m, interface->funcs.at[i], id, level + 1);
}

/* ---- worlds ---- */

static void put_reason(Mark *m, const Reason *r) {
    if (r->kind == REASON_INCLUDED) {
        put(m, " · included with ");
        put_world_name(m, r->include->world);
    } else if (r->kind == REASON_NEEDED) {
        put(m, " · needed by ");
        put_code(m, wit_item_name(m->doc->arena, r->by->item));
    }
}

static void put_row(Mark *m, const Reason *r, Str owner) {
    const WitItem *item = r->item;
    put(m, "- ");
    if (item->name.len) {
        put_anchor(m, doc_child_id(m->doc, owner, item->name));
        put_code(m, item->name);
        put(m, ": ");
    }
    put_code_link(m, doc_place(m->doc, item->interface),
                  wit_interface_id(m->doc->arena, item->interface));
    if (r->kind == REASON_WRITTEN || r->kind == REASON_NAMED) put_stability(m, &item->stability);
    else put_reason(m, r);
    put(m, "\n");
    Buf docs = {.arena = m->doc->arena};
    DocScope scope = scope_of(m, owner, wit_item_name(m->doc->arena, item), item->span);
    if (item->docs.len) doc_write(&scope, item->docs, 4, &docs);
    else doc_write_summary(m->doc, item->interface->docs, &docs);
    if (!docs.len) return;
    put(m, "\n");
    put_indented(m, buf_text(&docs));
    put_blank(m);
}

static void put_item(Mark *m, const WitItem *item, const Map *members, Str owner) {
    if (item->kind == WIT_ITEM_TYPE && doc_is_own(m->doc, item->type))
        put_typedef(m, item->type, doc_members(members, item->type), owner, 4);
    else if (item->kind == WIT_ITEM_FUNC && !item->func->resource)
        put_func(m, item->func, owner, 4);
    else if (item->kind == WIT_ITEM_INTERFACE && !doc_is_row(item))
        put_interface(m, item->interface, doc_child_id(m->doc, owner, item->name), item->name,
                      &item->stability, 4);
}

static void put_side(Mark *m, const WitWorld *world, bool exports) {
    const Reasons *reasons = reason_world(&m->doc->book, world);
    const WitItems *items = exports ? &world->exports : &world->imports;
    const Reason *first = reasons->at + (exports ? world->imports.len : 0);
    Str owner = doc_child_id(m->doc, world->name, exports ? STR("export") : STR("import"));
    if (!items->len) return;
    put_anchor(m, owner);
    put(m, exports ? "\n\n### Exports\n\n" : "\n\n### Imports\n\n");
    Map members = {0};
    bool rows = false;
    for (size_t i = 0; i < items->len; i++) {
        if (items->at[i].kind == WIT_ITEM_FUNC) doc_add_member(m->doc, &members, items->at[i].func);
        if (!doc_is_row(&items->at[i])) continue;
        rows = true;
        put_row(m, &first[i], owner);
    }
    if (rows) put_blank(m);
    for (size_t i = 0; i < items->len; i++) put_item(m, &items->at[i], &members, owner);
}

static void put_world(Mark *m, const WitWorld *world) {
    DocScope scope = scope_of(m, world->name, world->name, world->span);
    put_heading(m, 2, "world", world->name, world->name, &world->stability);
    put_docs(m, &scope, world->docs, 2);
    for (size_t i = 0; i < world->includes.len; i++) {
        put(m, i ? ", " : "Includes ");
        put_world_name(m, world->includes.at[i].world);
    }
    if (world->includes.len) put(m, "\n\n");
    put_users(m, world);
    put_side(m, world, false);
    put_side(m, world, true);
}

/* ---- packages ---- */

static void put_content(Mark *m, const char *kind, const void *node, Str name, Str docs) {
    buf_fmt(m->out, "| %s ", kind);
    put_code_link(m, doc_place(m->doc, node), name);
    put(m, " | ");
    doc_write_summary(m->doc, docs, m->out);
    put(m, " |\n");
}

static void put_contents(Mark *m, const WitPackage *p) {
    put(m, "| | |\n| --- | --- |\n");
    for (size_t i = 0; i < p->worlds.len; i++)
        if (doc_shown(m->doc, p->worlds.at[i]))
            put_content(m, "world", p->worlds.at[i], p->worlds.at[i]->name, p->worlds.at[i]->docs);
    for (size_t i = 0; i < p->interfaces.len; i++) {
        const WitInterface *interface = p->interfaces.at[i];
        if (interface->name.len && doc_shown(m->doc, interface))
            put_content(m, "interface", interface, interface->name, interface->docs);
    }
    put(m, "\n");
}

static void put_package(Mark *m, const WitPackage *package) {
    put_code_link(m, doc_place(m->doc, package), wit_package_id(m->doc->arena, package));
}

static void put_neighbours(Mark *m, const char *title, const Map *packages) {
    if (!packages->len) return;
    put(m, title);
    for (size_t i = 0; i < packages->len; i++) {
        put(m, i ? ", " : " ");
        put_package(m, packages->entries[i].cptr);
    }
    put(m, "\n\n");
}

void doc_markdown_package(Doc *doc, const WitPackage *package, Buf *out) {
    Mark m = {.doc = doc, .package = package, .out = out};
    Str id = wit_package_id(doc->arena, package);
    put(&m, "# package ");
    put_code(&m, id);
    put(&m, "\n\n");
    DocScope scope = scope_of(&m, (Str){0}, id, package->span);
    put_docs(&m, &scope, package->docs, 1);
    if (doc->has_index) put(&m, "[All packages](README.md)\n\n");
    const DocNeighbours *n = doc_neighbours(doc, package);
    put_neighbours(&m, "Depends on", &n->needs);
    put_neighbours(&m, "Used by", &n->users);
    put_contents(&m, package);
    for (size_t i = 0; i < package->worlds.len; i++)
        if (doc_shown(doc, package->worlds.at[i])) put_world(&m, package->worlds.at[i]);
    for (size_t i = 0; i < package->interfaces.len; i++) {
        const WitInterface *interface = package->interfaces.at[i];
        if (interface->name.len && doc_shown(doc, interface))
            put_interface(&m, interface, interface->name, interface->name, &interface->stability,
                          2);
    }
    while (out->len > 1 && out->ptr[out->len - 1] == '\n' && out->ptr[out->len - 2] == '\n')
        out->len--;
}

void doc_markdown_index(Doc *doc, Buf *out) {
    Mark m = {.doc = doc, .out = out};
    put(&m, "# ");
    if (doc->options->title.len) markdown_text(out, doc->options->title, false, false);
    else put(&m, "WIT packages");
    put(&m, "\n\n");
    for (size_t i = doc->model->packages.len; i-- > 0;) {
        const WitPackage *package = doc->model->packages.at[i];
        if (!doc_place(doc, package)->page.len) continue;
        put(&m, "## ");
        put_package(&m, package);
        put(&m, "\n\n");
        if (package->docs.len) {
            doc_write_summary(doc, package->docs, out);
            put(&m, "\n\n");
        }
        put_contents(&m, package);
    }
    out->len--;
}
