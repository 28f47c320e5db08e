/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Documentation: what the pages have in common. Everything that a reader may want to point to gets
 * an id in the page of its package, made of names alone, so that it stays as long as they do:
 *
 *     #streams                     an interface          #command                 a world
 *     #streams.input-stream        a type, a function    #command.import.log      what it imports
 *     #streams.input-stream.read   a method              #command.export.run      and exports
 *     #streams.stream-error.closed a field, case or flag
 *
 * The same names are what docs may refer to: `read` of the resource or interface that they belong
 * to, `input-stream.read`, `streams.input-stream.read`, `wasi:io/streams.input-stream.read`.
 */
#include "report/doc.h"

enum { MOST_WORDS = 20000, MOST_TYPES = 20 };

/* ---- places ---- */

bool doc_shown(const Doc *doc, const void *node) {
    return !doc->options->world || map_has_ptr(&doc->shown, node);
}

const DocPlace *doc_place(const Doc *doc, const void *node) {
    const MapEntry *entry = map_get_ptr(&doc->places, node);
    return entry ? entry->cptr : NULL;
}

static bool is_use(const WitType *type) {
    return type->kind == WIT_ALIAS && wit_used_interface(type);
}

const WitType *doc_definition(const Doc *doc, const WitType *type) {
    bool listed = is_use(type) && type->id < doc->model->types.len;
    if (listed && doc->definitions[type->id]) return doc->definitions[type->id];
    while (is_use(type)) type = type->elem;
    return type;
}

/* Uses of uses make long chains; most have the use that they name before them. */
static void find_definitions(Doc *doc) {
    const WitModel *model = doc->model;
    doc->definitions = ARENA_NEW_ARRAY(doc->arena, const WitType *, model->types.len);
    for (size_t i = 0; i < model->types.len; i++)
        if (is_use(model->types.at[i]))
            doc->definitions[i] = doc_definition(doc, model->types.at[i]->elem);
}

Str doc_child_id(const Doc *doc, Str owner, Str name) {
    return str_fmt(doc->arena, "%.*s.%.*s", STR_ARG(owner), STR_ARG(name));
}

Str doc_func_name(const WitFunc *func) {
    if (func->kind == WIT_CONSTRUCTOR) return STR("constructor");
    size_t dot = func->kind == WIT_FREESTANDING ? SIZE_MAX : str_find(func->name, '.', 0);
    return dot == SIZE_MAX ? func->name : str_after(func->name, dot + 1);
}

Str doc_func_id(const Doc *doc, Str owner, const WitFunc *func) {
    if (func->kind == WIT_FREESTANDING) return doc_child_id(doc, owner, func->name);
    Str name = doc_func_name(func);
    /* no name ends with `-`: a method may be called `constructor`, too */
    bool taken = func->kind != WIT_CONSTRUCTOR && str_is(name, "constructor");
    return str_fmt(doc->arena, "%.*s.%.*s.%.*s%s", STR_ARG(owner), STR_ARG(func->resource->name),
                   STR_ARG(name), taken ? "-" : "");
}

bool doc_is_own(const Doc *doc, const WitType *type) { return doc_definition(doc, type) == type; }

bool doc_is_row(const WitItem *item) {
    return item->kind == WIT_ITEM_INTERFACE && (!item->name.len || item->implements);
}

void doc_add_member(Doc *doc, Map *members, const WitFunc *func) {
    if (!func->resource) return;
    bool added;
    MapEntry *entry = map_put_ptr(doc->arena, members, func->resource, &added);
    if (added) entry->ptr = ARENA_NEW(doc->arena, DocFuncs);
    DocFuncs *funcs = entry->ptr;
    *vec_push(doc->arena, funcs) = func;
}

const DocFuncs *doc_members(const Map *members, const WitType *resource) {
    const MapEntry *entry = map_get_ptr(members, resource);
    return entry ? entry->cptr : NULL;
}

Str doc_address(const Doc *doc, const DocPlace *place, const WitPackage *package) {
    if (!place || !place->page.len) return (Str){0};
    Str page = place->package == package ? (Str){0} : place->page;
    if (place->id.len) return str_fmt(doc->arena, "%.*s#%.*s", STR_ARG(page), STR_ARG(place->id));
    return page.len ? page : STR("#");
}

Str doc_label(const Doc *doc, const DocPlace *place, const WitPackage *package) {
    if (place->package == package && place->id.len) return place->id;
    Str id = str_fmt(doc->arena, "%.*s:%.*s", STR_ARG(place->package->ns),
                     STR_ARG(place->package->name));
    if (!place->id.len) return wit_package_id(doc->arena, place->package);
    return str_fmt(doc->arena, "%.*s/%.*s", STR_ARG(id), STR_ARG(place->id));
}

static Str name_key(const Doc *doc, const WitPackage *package, Str id) {
    Str name = wit_package_id(doc->arena, package);
    return str_fmt(doc->arena, "%.*s#%.*s", STR_ARG(name), STR_ARG(id));
}

/* Gives `node` (NULL: nothing that is asked for by address) the id, unless it has one. */
static DocPlace *add_place(Doc *doc, const void *node, const WitPackage *package, Str id) {
    DocPlace *place = ARENA_NEW(doc->arena, DocPlace);
    const DocPlace *page = doc_place(doc, package);
    *place = (DocPlace){.package = package, .id = id, .page = page->page};
    bool added;
    MapEntry *entry = map_put(doc->arena, &doc->names, name_key(doc, package, id), &added);
    if (added) entry->ptr = place;
    if (node) {
        entry = map_put_ptr(doc->arena, &doc->places, node, &added);
        if (added) entry->ptr = place;
    }
    return place;
}

static void place_type(Doc *doc, const WitPackage *package, Str owner, const WitType *type,
                       Str name) {
    if (!doc_is_own(doc, type)) return;
    Str id = doc_child_id(doc, owner, name);
    add_place(doc, type, package, id);
    for (size_t i = 0; type->kind != WIT_TUPLE && i < type->fields.len; i++)
        add_place(doc, NULL, package, doc_child_id(doc, id, type->fields.at[i].name));
}

static void place_interface(Doc *doc, const WitPackage *package, Str id,
                            const WitInterface *interface) {
    add_place(doc, interface, package, id);
    for (size_t i = 0; i < interface->types.len; i++)
        place_type(doc, package, id, interface->types.at[i], interface->types.at[i]->name);
    for (size_t i = 0; i < interface->funcs.len; i++)
        add_place(doc, interface->funcs.at[i], package,
                  doc_func_id(doc, id, interface->funcs.at[i]));
}

static void place_items(Doc *doc, const WitWorld *world, Str owner, const WitItems *items) {
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        Str id = doc_child_id(doc, owner, item->name);
        switch (item->kind) {
        case WIT_ITEM_TYPE: place_type(doc, world->package, owner, item->type, item->name); break;
        case WIT_ITEM_FUNC:
            add_place(doc, item->func, world->package, doc_func_id(doc, owner, item->func));
            break;
        case WIT_ITEM_INTERFACE:
            if (item->implements) add_place(doc, NULL, world->package, id);
            else if (item->name.len) place_interface(doc, world->package, id, item->interface);
            break;
        }
    }
}

static void place_package(Doc *doc, const WitPackage *package) {
    for (size_t i = 0; i < package->interfaces.len; i++)
        if (package->interfaces.at[i]->name.len && doc_shown(doc, package->interfaces.at[i]))
            place_interface(doc, package, package->interfaces.at[i]->name,
                            package->interfaces.at[i]);
    for (size_t i = 0; i < package->worlds.len; i++) {
        const WitWorld *world = package->worlds.at[i];
        if (!doc_shown(doc, world)) continue;
        add_place(doc, world, package, world->name);
        place_items(doc, world, doc_child_id(doc, world->name, STR("import")), &world->imports);
        place_items(doc, world, doc_child_id(doc, world->name, STR("export")), &world->exports);
    }
}

/* The names that `use` gives to what stands elsewhere. */
static void name_use(Doc *doc, const WitPackage *package, Str owner, const WitType *type) {
    DocPlace *target = (DocPlace *)doc_place(doc, doc_definition(doc, type));
    if (!target || doc_is_own(doc, type)) return;
    Str key = name_key(doc, package, doc_child_id(doc, owner, type->name));
    map_put(doc->arena, &doc->names, key, NULL)->ptr = target;
}

static void name_uses(Doc *doc, const WitInterface *interface) {
    const DocPlace *place = doc_place(doc, interface);
    for (size_t i = 0; place && i < interface->types.len; i++)
        name_use(doc, place->package, place->id, interface->types.at[i]);
}

static void name_world_uses(Doc *doc, const WitWorld *world) {
    Str owner = doc_child_id(doc, world->name, STR("import"));
    for (size_t i = 0; doc_shown(doc, world) && i < world->imports.len; i++)
        if (world->imports.at[i].kind == WIT_ITEM_TYPE)
            name_use(doc, world->package, owner, world->imports.at[i].type);
}

/* ---- pages ---- */

/* A file's name: letters of names, without those that mean something to systems of files. */
static Str page_name(Doc *doc, Map *taken, const WitPackage *package, bool with_version) {
    Buf name = {.arena = doc->arena};
    Str id = str_fmt(doc->arena, "%.*s-%.*s%s%.*s", STR_ARG(package->ns), STR_ARG(package->name),
                     with_version ? "-" : "", STR_ARG(package->version.text));
    if (!with_version) id.len -= package->version.text.len;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';
        buf_byte(&name, (uint8_t)(plain ? c : c >= 'A' && c <= 'Z' ? c | 32 : '-'));
    }
    const char *ending = doc->options->format == REPORT_HTML ? "html" : "md";
    Str stem = buf_text(&name), file = str_fmt(doc->arena, "%.*s.%s", STR_ARG(stem), ending);
    bool added = !str_is(stem, "index") && !str_is(stem, "readme");
    if (added) map_put(doc->arena, taken, file, &added);
    for (unsigned n = 2; !added; n++) {
        file = str_fmt(doc->arena, "%.*s-%u.%s", STR_ARG(stem), n, ending);
        map_put(doc->arena, taken, file, &added);
    }
    return file;
}

static bool has_content(const Doc *doc, const WitPackage *package) {
    if (doc->options->only_main && package != doc->model->main) return false;
    if (!doc->options->world) return true;
    for (size_t i = 0; i < package->interfaces.len; i++)
        if (doc_shown(doc, package->interfaces.at[i])) return true;
    for (size_t i = 0; i < package->worlds.len; i++)
        if (doc_shown(doc, package->worlds.at[i])) return true;
    return false;
}

static void add_pages(Doc *doc) {
    Map names = {0}, taken = {0};
    const WitModel *model = doc->model;
    for (size_t i = 0; i < model->packages.len; i++) {
        const WitPackage *p = model->packages.at[i];
        Str name = str_fmt(doc->arena, "%.*s:%.*s", STR_ARG(p->ns), STR_ARG(p->name));
        map_put(doc->arena, &names, name, NULL)->value++;
        map_put(doc->arena, &doc->packages, name, NULL)->cptr = p;
        map_put(doc->arena, &doc->packages, wit_package_id(doc->arena, p), NULL)->cptr = p;
    }
    for (size_t i = 0; i < model->packages.len; i++) {
        const WitPackage *p = model->packages.at[i];
        DocPlace *place = ARENA_NEW(doc->arena, DocPlace);
        place->package = p;
        Str name = str_fmt(doc->arena, "%.*s:%.*s", STR_ARG(p->ns), STR_ARG(p->name));
        if (has_content(doc, p))
            place->page = page_name(doc, &taken, p, map_get(&names, name)->value > 1);
        map_put_ptr(doc->arena, &doc->places, p, NULL)->ptr = place;
    }
}

/* What one world is made of. */
static void show_world(Doc *doc, const WitWorld *world) {
    map_put_ptr(doc->arena, &doc->shown, world, NULL);
    const WitItems *sides[] = {&world->imports, &world->exports};
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < sides[s]->len; i++)
            if (sides[s]->at[i].kind == WIT_ITEM_INTERFACE)
                map_put_ptr(doc->arena, &doc->shown, sides[s]->at[i].interface, NULL);
}

/* ---- who uses what ---- */

static DocNeighbours *neighbours_of(Doc *doc, const WitPackage *package) {
    bool added;
    MapEntry *entry = map_put_ptr(doc->arena, &doc->neighbours, package, &added);
    if (added) entry->ptr = ARENA_NEW(doc->arena, DocNeighbours);
    return entry->ptr;
}

const DocNeighbours *doc_neighbours(Doc *doc, const WitPackage *package) {
    return neighbours_of(doc, package);
}

static void add_neighbours(Doc *doc, const WitPackage *user, const WitPackage *needed) {
    map_put_ptr(doc->arena, &neighbours_of(doc, user)->needs, needed, NULL)->cptr = needed;
    map_put_ptr(doc->arena, &neighbours_of(doc, needed)->users, user, NULL)->cptr = user;
}

static void add_user(Doc *doc, const void *node, const DocPlace *user) {
    DocPlace *place = (DocPlace *)doc_place(doc, node);
    if (!place || place == user) return;
    if (place->package != user->package) add_neighbours(doc, user->package, place->package);
    /* one user's mentions come one after the other */
    if (place->users.len && vec_last(&place->users) == user) return;
    *vec_push(doc->arena, &place->users) = user;
}

typedef struct {
    Doc *doc;
    const DocPlace *user;
} Mentions;

static void mention(void *context, Str shown, const WitType *type) {
    const Mentions *m = context;
    add_user(m->doc, doc_definition(m->doc, type), m->user);
}

static void ignore_text(void *context, Str text) {}

static DocTypeWriter mentions_of(Mentions *m) {
    return (DocTypeWriter){.name = mention, .text = ignore_text, .context = m};
}

static void put_func_types(DocTypeWriter *w, const WitFunc *func) {
    if (doc_has_result(func)) doc_put_type(w, func->result);
    for (size_t i = func->kind == WIT_METHOD; i < func->params.len; i++)
        doc_put_type(w, func->params.at[i].type);
}

static void find_func_users(Doc *doc, const WitFunc *func) {
    Mentions m = {doc, doc_place(doc, func)};
    DocTypeWriter w = mentions_of(&m);
    if (m.user) put_func_types(&w, func);
}

static void find_type_users(Doc *doc, const WitType *type) {
    Mentions m = {doc, doc_place(doc, type)};
    DocTypeWriter w = mentions_of(&m);
    if (!m.user || !doc_is_own(doc, type)) return;
    if (type->kind == WIT_RECORD || type->kind == WIT_VARIANT) {
        for (size_t i = 0; i < type->fields.len; i++)
            if (type->fields.at[i].type) doc_put_type(&w, type->fields.at[i].type);
    } else if (wit_kind_shape(type->kind) != WIT_SHAPE_FIELDS || type->kind == WIT_TUPLE) {
        doc_put_structure(&w, type);
    }
}

static void find_interface_users(Doc *doc, const WitInterface *interface) {
    const DocPlace *place = doc_place(doc, interface);
    for (size_t i = 0; place && i < interface->types.len; i++) {
        const WitInterface *used = wit_used_interface(interface->types.at[i]);
        if (used) add_user(doc, used, place);
        find_type_users(doc, interface->types.at[i]);
    }
    for (size_t i = 0; place && i < interface->funcs.len; i++)
        find_func_users(doc, interface->funcs.at[i]);
}

static void find_world_users(Doc *doc, const WitWorld *world) {
    const DocPlace *place = doc_place(doc, world);
    if (!place) return;
    for (size_t i = 0; i < world->includes.len; i++)
        add_user(doc, world->includes.at[i].world, place);
    const Reasons *reasons = reason_world(&doc->book, world);
    for (size_t i = 0; i < reasons->len; i++) {
        const Reason *r = &reasons->at[i];
        if (r->kind != REASON_WRITTEN && r->kind != REASON_NAMED) continue;
        switch (r->item->kind) {
        case WIT_ITEM_INTERFACE:
            if (r->item->interface->name.len) add_user(doc, r->item->interface, place);
            else find_interface_users(doc, r->item->interface);
            break;
        case WIT_ITEM_TYPE: find_type_users(doc, r->item->type); break;
        case WIT_ITEM_FUNC: find_func_users(doc, r->item->func); break;
        }
    }
}

/* ---- types ---- */

bool doc_has_result(const WitFunc *func) {
    return func->result && !(func->kind == WIT_CONSTRUCTOR && func->result->kind == WIT_OWN &&
                             func->result->elem == func->resource);
}

static void put_word(DocTypeWriter *w, const char *text) { w->text(w->context, str_from(text)); }

static void put_args(DocTypeWriter *w, const WitType *type) {
    put_word(w, "<");
    if (type->elem) doc_put_type(w, type->elem);
    else put_word(w, "_");
    if (type->second) {
        put_word(w, ", ");
        doc_put_type(w, type->second);
    }
    char length[32];
    snprintf(length, sizeof length, ", %" PRIu64, type->length);
    if (type->kind == WIT_FIXED_LIST) put_word(w, length);
    put_word(w, ">");
}

void doc_put_structure(DocTypeWriter *w, const WitType *type) {
    if (type->kind == WIT_ALIAS) {
        doc_put_type(w, type->elem);
        return;
    }
    if (type->kind == WIT_RESOURCE) return;
    put_word(w, wit_kind_keyword(type->kind));
    if (type->kind == WIT_TUPLE) {
        put_word(w, "<");
        for (size_t i = 0; i < type->fields.len && w->words < MOST_WORDS; i++) {
            if (i) put_word(w, ", ");
            doc_put_type(w, type->fields.at[i].type);
        }
        put_word(w, ">");
    } else if (type->elem || type->second) {
        put_args(w, type);
    }
}

/* Types may share their parts, so that one is larger than the text it came from: hence the limit. */
void doc_put_type(DocTypeWriter *w, const WitType *type) {
    if (++w->words >= MOST_WORDS) put_word(w, "\xe2\x80\xa6");
    else if (type->name.len) w->name(w->context, type->name, type);
    else if (type->kind == WIT_OWN) w->name(w->context, type->elem->name, type->elem);
    else doc_put_structure(w, type);
}

/* ---- names in documentation ---- */

static void add_scope_type(void *context, Str shown, const WitType *type) {
    DocScope *scope = context;
    const DocPlace *place = doc_place(scope->doc, doc_definition(scope->doc, type));
    if (place) *vec_push(scope->doc->arena, &scope->types) = place;
}

void doc_scope_func(DocScope *scope, const WitFunc *func) {
    scope->fields = &func->params;
    DocTypeWriter w = {.name = add_scope_type, .text = ignore_text, .context = scope};
    if (func->docs.len) put_func_types(&w, func);
}

static const DocPlace *find_id(const DocScope *scope, const WitPackage *package, Str id) {
    const MapEntry *entry = map_get(&scope->doc->names, name_key(scope->doc, package, id));
    return entry ? entry->cptr : NULL;
}

static const DocPlace *find_in(const DocScope *scope, Str owner, Str name) {
    if (!owner.len) return NULL;
    return find_id(scope, scope->package, doc_child_id(scope->doc, owner, name));
}

/* "1.2.3" at the beginning of a text, with what may follow it up to the end of the version. */
static size_t version_length(Str s) {
    size_t i = 0;
    for (int dots = 0; i < s.len; i++) {
        if (s.ptr[i] == '.' && (i + 1 == s.len || ++dots == 3)) break;
        if (s.ptr[i] != '.' && (s.ptr[i] < '0' || s.ptr[i] > '9')) break;
    }
    return i;
}

/* The package of "ns:name/rest" or "ns:name@1.2.3"; *rest is what stands behind it. */
static const WitPackage *find_package(const DocScope *scope, Str name, Str *rest) {
    size_t slash = str_find(name, '/', 0), at = str_find(name, '@', 0);
    Str package = str_from_to(name, 0, slash < at ? slash : at), version = {0};
    *rest = slash == SIZE_MAX ? (Str){0} : str_after(name, slash + 1);
    if (at != SIZE_MAX) {
        version = str_from_to(name, at, at + 1 + version_length(str_after(name, at + 1)));
        Str tail = str_after(name, at + version.len);
        Str inner = slash < at ? str_from_to(name, slash + 1, at) : (Str){0};
        *rest = str_concat(scope->doc->arena, inner, tail);
    }
    Str id = str_concat(scope->doc->arena, package, version);
    const MapEntry *entry = map_get(&scope->doc->packages, id);
    if (!entry) entry = map_get(&scope->doc->packages, package);
    return entry ? entry->cptr : NULL;
}

/* `a::b` and `a#b` mean what `a.b` does; `%a` is `a`. */
static Str plain_name(const DocScope *scope, Str name) {
    Buf plain = {.arena = scope->doc->arena};
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c == '%') continue;
        bool pair = c == ':' && i + 1 < name.len && name.ptr[i + 1] == ':';
        if (pair) i++;
        buf_byte(&plain, (uint8_t)(pair || c == '#' ? '.' : c));
    }
    return buf_text(&plain);
}

/* What a name means; *qualified tells that it begins with a package that is known. */
static const DocPlace *find_name(const DocScope *scope, Str name, bool *qualified) {
    *qualified = false;
    if (!name.len || name.len > 1000) return NULL;
    name = plain_name(scope, name);
    if (str_find(name, ':', 0) != SIZE_MAX) {
        Str rest;
        const WitPackage *package = find_package(scope, name, &rest);
        *qualified = package != NULL;
        if (!package) return NULL;
        return rest.len ? find_id(scope, package, rest) : doc_place(scope->doc, package);
    }
    const DocPlace *place = find_in(scope, scope->resource, name);
    if (!place) place = find_in(scope, scope->owner, name);
    if (place) return place;
    /* a world's docs may name what it imports and exports */
    place = find_in(scope, doc_child_id(scope->doc, scope->owner, STR("import")), name);
    if (!place) place = find_in(scope, doc_child_id(scope->doc, scope->owner, STR("export")), name);
    if (!place) place = find_id(scope, scope->package, name);
    for (size_t i = 0; !place && i < scope->types.len && i < MOST_TYPES; i++) {
        const DocPlace *type = scope->types.at[i];
        place = find_id(scope, type->package, doc_child_id(scope->doc, type->id, name));
    }
    return place;
}

/* Names that are right, though there is nothing to link to. */
static bool is_known(const DocScope *scope, Str name) {
    if (wit_is_keyword(name)) return true;
    for (size_t i = 0; scope->fields && i < scope->fields->len; i++)
        if (str_eq(scope->fields->at[i].name, name)) return true;
    return false;
}

static Str resolve(void *context, Str name, MarkdownUse use) {
    const DocScope *scope = context;
    Doc *doc = scope->doc;
    bool qualified = false, fragment = use == LINK_TARGET && name.len && name.ptr[0] == '#';
    const DocPlace *place = fragment ? find_id(scope, scope->package, str_after(name, 1))
                                     : find_name(scope, name, &qualified);
    /* a name that the code has in its own sense: a parameter called as a type is */
    if (place && use != CODE_LINK && use != LINK_TARGET && is_known(scope, name)) return (Str){0};
    /* of what this is about, it says enough that it stands here */
    bool itself = place && place->package == scope->package && str_eq(place->id, scope->item);
    if (itself && (use == CODE_NAME || use == CODE_TOKEN)) return (Str){0};
    if (place) return doc_address(doc, place, scope->package);
    bool meant = fragment || qualified || (use == CODE_LINK && !is_known(scope, name)) ||
                 (use == LINK_TARGET && wit_is_label(name));
    if (meant && doc->broken && (use != CODE_TOKEN || qualified))
        diag(doc->broken, DOC_BROKEN_LINK, scope->span, STR_ARG(scope->item), STR_ARG(name));
    return (Str){0};
}

void doc_write(const DocScope *scope, Str docs, unsigned heading, Buf *out) {
    MarkdownOptions options = {.arena = scope->doc->arena,
                               .html = scope->doc->options->format == REPORT_HTML,
                               .heading = heading,
                               .resolve = resolve,
                               .context = (void *)scope};
    markdown_write(docs, &options, out);
}

static Str resolve_nothing(void *context, Str name, MarkdownUse use) { return (Str){0}; }

void doc_write_summary(const Doc *doc, Str docs, Buf *out) {
    MarkdownOptions options = {.arena = doc->arena,
                               .html = doc->options->format == REPORT_HTML,
                               .summary = true,
                               .heading = 6,
                               .resolve = resolve_nothing};
    /* the beginning will do */
    markdown_write(str_from_to(docs, 0, 4096), &options, out);
}

/* ---- all of it ---- */

static void prepare(Doc *doc) {
    const WitModel *model = doc->model;
    find_definitions(doc);
    if (doc->options->world) show_world(doc, doc->options->world);
    add_pages(doc);
    for (size_t i = 0; i < model->packages.len; i++) place_package(doc, model->packages.at[i]);
    for (size_t i = 0; i < model->interfaces.len; i++) name_uses(doc, model->interfaces.at[i]);
    for (size_t i = 0; i < model->worlds.len; i++) name_world_uses(doc, model->worlds.at[i]);
    for (size_t i = 0; i < model->packages.len; i++) {
        const WitPackage *p = model->packages.at[i];
        for (size_t j = 0; j < p->interfaces.len; j++)
            if (p->interfaces.at[j]->name.len) find_interface_users(doc, p->interfaces.at[j]);
        for (size_t j = 0; j < p->worlds.len; j++) find_world_users(doc, p->worlds.at[j]);
    }
}

void report_doc(Arena *arena, const WitModel *model, const ReportDocOptions *options,
                ReportFiles *files, Diags *diags) {
    Doc doc = {.arena = arena,
               .model = model,
               .options = options,
               .broken = options->check ? diags : NULL,
               .book = {.arena = arena}};
    if (!markdown_available()) diag(diags, DOC_NO_MARKDOWN, span_none());
    prepare(&doc);
    bool html = options->format == REPORT_HTML;
    size_t pages = 0;
    for (size_t i = 0; i < model->packages.len; i++)
        if (doc_place(&doc, model->packages.at[i])->page.len) pages++;
    doc.has_index = pages > 1;
    if (doc.has_index) {
        Buf text = {.arena = arena};
        if (html) doc_html_index(&doc, &text);
        else doc_markdown_index(&doc, &text);
        Str path = html ? STR("index.html") : STR("README.md");
        *vec_push(arena, files) = (ReportFile){.path = path, .text = buf_text(&text)};
    }
    for (size_t i = 0; i < model->packages.len; i++) {
        const WitPackage *package = model->packages.at[i];
        Str page = doc_place(&doc, package)->page;
        if (!page.len) continue;
        Buf text = {.arena = arena};
        if (html) doc_html_package(&doc, package, &text);
        else doc_markdown_package(&doc, package, &text);
        *vec_push(arena, files) = (ReportFile){.path = page, .text = buf_text(&text)};
    }
}
