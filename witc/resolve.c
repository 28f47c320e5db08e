/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Packages: which there are, in which order they are resolved, and what a path means.
 *
 *     units (one a package) ── their foreign paths ──▶ order, dependencies first
 *     each unit: items of all files ─▶ one scope a file ─▶ order of its interfaces and worlds
 *                ─▶ types and functions (resolve_type.c), worlds (resolve_world.c)
 *                ─▶ the model (commit.c)
 *
 * A plain name means an item of the file's scope (with its top-level `use`s) or else of the package.
 * A foreign path means a package of exactly that name and version.
 *
 * A unit with errors is resolved as far as it goes, so that one run tells all there is to tell; what
 * is missing is poison and not mentioned twice.
 */
#include "witc/internal.h"

#include <stdlib.h>

enum {
    MAX_NOTES = 8,       /* of a cycle */
    MAX_EXPLAINED = 100, /* errors for which remedies are sought */
    MAX_KNOWN = 100,     /* packages that are listed */
};

const WitType witc_poison = {.kind = WIT_BOOL};

/* ---- units ---- */

void witc_resolver_init(Resolver *r, WitModel *model, const WitcOptions *options, Diags *diags) {
    *r = (Resolver){.arena = model->arena, .model = model, .options = options, .diags = diags};
}

Str witc_header_id(Arena *arena, Str ns, Str name, Semver version) {
    if (!version.text.len) return STR_JOIN(arena, ns, STR(":"), name);
    return STR_JOIN(arena, ns, STR(":"), name, STR("@"), version.text);
}

static bool has_upper(Str s) {
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') return true;
    return false;
}

Unit *witc_add_unit(Resolver *r, const AstHeader *header) {
    Unit *unit = ARENA_NEW(r->arena, Unit);
    unit->header = *header;
    unit->is_dep = r->in_deps;
    unit->id = header->name.len
                   ? witc_header_id(r->arena, header->ns, header->name, header->version)
                   : str_fmt(r->arena, "unnamed package %zu", r->units.len);
    if (has_upper(header->ns) || has_upper(header->name))
        diag(r->diags, WIT_UPPER_CASE, header->span, STR_ARG(unit->id));
    bool added;
    MapEntry *entry = map_put(r->arena, &r->units, unit->id, &added);
    if (!added) {
        const Unit *old = entry->cptr;
        diag(r->diags, WIT_PACKAGE_TWICE, header->span, STR_ARG(unit->id));
        diag_note(r->diags, WIT_FIRST_HERE, old->header.span);
        return NULL;
    }
    entry->ptr = unit;
    return unit;
}

static Entry *new_entry(Resolver *r, Unit *unit, Str name, Span span, bool is_world, bool *added) {
    MapEntry *slot = map_put(r->arena, &unit->items, name, added);
    if (!*added) return slot->ptr;
    Entry *entry = ARENA_NEW(r->arena, Entry);
    *entry = (Entry){.unit = unit, .name = name, .span = span, .is_world = is_world};
    slot->ptr = entry;
    return entry;
}

/* The items of a package that is in the model already; again where more were merged into it. */
static void add_package_items(Resolver *r, Unit *unit) {
    const WitPackage *package = unit->package;
    bool added;
    for (size_t i = 0; i < package->interfaces.len; i++) {
        WitInterface *interface = package->interfaces.at[i];
        Entry *entry = new_entry(r, unit, interface->name, interface->span, false, &added);
        entry->interface = interface;
        for (size_t j = 0; j < interface->types.len; j++) {
            TypeName *name = ARENA_NEW(r->arena, TypeName);
            *name = (TypeName){interface->types.at[j], interface->types.at[j]->span};
            map_put(r->arena, &entry->types, name->type->name, NULL)->ptr = name;
        }
    }
    for (size_t i = 0; i < package->worlds.len; i++) {
        WitWorld *world = package->worlds.at[i];
        new_entry(r, unit, world->name, world->span, true, &added)->world = world;
    }
}

bool witc_add_model(Resolver *r, const WitModel *model) {
    bool ok = true;
    for (size_t i = 0; i < model->packages.len; i++) {
        WitPackage *package = model->packages.at[i];
        AstHeader header = {.ns = package->ns,
                            .name = package->name,
                            .version = package->version,
                            .span = package->span};
        Str id = witc_header_id(r->arena, header.ns, header.name, header.version);
        const MapEntry *old = map_get(&r->units, id);
        bool known = old && ((const Unit *)old->cptr)->package == package;
        Unit *unit = known ? old->ptr : witc_add_unit(r, &header);
        ok = ok && unit;
        if (!unit) continue;
        unit->package = package;
        unit->resolved = true;
        add_package_items(r, unit);
    }
    return ok;
}

/* ---- paths ---- */

bool witc_is_quiet(const Work *w) { return w->diags->errors > MAX_EXPLAINED; }

bool witc_suggest(Work *w, AstName name, const Map *candidates) {
    if (witc_is_quiet(w)) return false;
    Str *names = ARENA_NEW_ARRAY(w->arena, Str, candidates->len);
    for (size_t i = 0; i < candidates->len; i++) names[i] = candidates->entries[i].key;
    Str near = str_nearest(name.text, names, candidates->len);
    if (!near.len) return false;
    diag_note(w->diags, WIT_DID_YOU_MEAN, span_none(), STR_ARG(near));
    if (name.span.source) diag_fix(w->diags, name.span, near);
    return true;
}

static int compare_units(const void *a, const void *b) {
    const Unit *x = *(Unit *const *)a, *y = *(Unit *const *)b;
    int order = str_cmp(x->header.ns, y->header.ns);
    if (!order) order = str_cmp(x->header.name, y->header.name);
    return order ? order : semver_cmp(x->header.version, y->header.version);
}

/* The units by namespace, name and version. */
static Unit **sorted_units(const Resolver *r) {
    Unit **units = ARENA_NEW_ARRAY(r->arena, Unit *, r->units.len);
    for (size_t i = 0; i < r->units.len; i++) units[i] = r->units.entries[i].ptr;
    if (r->units.len) qsort(units, r->units.len, sizeof *units, compare_units);
    return units;
}

/* The version of the path replaced by this one, put in, or taken away. */
static void fix_version(Work *w, const AstPath *path, Str version) {
    Str old = path->version.text;
    uint32_t end = path->name.span.end;
    Span where = {path->name.span.source, end, end + (uint32_t)(old.len ? old.len + 1 : 0)};
    diag_fix(w->diags, where, version.len ? str_concat(w->arena, STR("@"), version) : (Str){0});
}

/* A package, and the file that it comes from if that is another one. */
static void put_known(Buf *known, const Unit *unit, const AstPath *path) {
    const Source *source = unit->header.span.source;
    buf_fmt(known, "\n    %.*s", STR_ARG(unit->id));
    if (source && source != path->package_span.source)
        buf_fmt(known, "  (%.*s)", STR_ARG(source->path));
}

static void report_missing_package(Work *w, const AstPath *path, Str id) {
    bool added;
    Str name = str_fmt(w->arena, "%.*s:%.*s", STR_ARG(path->ns), STR_ARG(path->package));
    map_put(w->arena, &w->missing, id, &added);
    if (!added || w->r->deps_failed || witc_is_lost(w, &w->r->broken, name)) return;
    if (witc_is_quiet(w)) {
        diag(w->diags, WIT_NO_PACKAGE, path->package_span, STR_ARG(id), STR_ARG(STR(" many")));
        return;
    }
    Buf known = {.arena = w->arena};
    Unit **units = sorted_units(w->r);
    for (size_t i = 0; i < w->r->units.len && i < MAX_KNOWN; i++)
        if (units[i]->header.name.len) put_known(&known, units[i], path);
    if (w->r->units.len > MAX_KNOWN)
        buf_fmt(&known, "\n    and %zu more", w->r->units.len - MAX_KNOWN);
    diag(w->diags, WIT_NO_PACKAGE, path->package_span, STR_ARG(id), STR_ARG(buf_text(&known)));
    bool other_version = false;
    for (size_t i = 0; i < w->r->units.len; i++) {
        const AstHeader *h = &units[i]->header;
        if (!str_eq(h->ns, path->ns) || !str_eq(h->name, path->package)) continue;
        diag_note(w->diags, WIT_OTHER_VERSION, h->span, STR_ARG(units[i]->id));
        if (!other_version) fix_version(w, path, h->version.text);
        other_version = true;
    }
    if (other_version) return;
    witc_suggest(w, (AstName){.text = id}, &w->r->units);
    Str deps = w->r->deps;
    if (deps.len) diag_note(w->diags, WIT_DEPS_FOLDER, span_none(), STR_ARG(deps));
    else diag_note(w->diags, WIT_NO_DEPS, span_none());
}

/* The nearest name, or else all that there are, as far as they are few. */
static void suggest_item(Work *w, AstName name, const Unit *unit, bool want_world) {
    enum { FEW = 12 };
    if (witc_is_quiet(w) || witc_suggest(w, name, &unit->items)) return;
    Buf names = {.arena = w->arena};
    size_t count = 0;
    for (size_t i = 0; i < unit->items.len && count <= FEW; i++) {
        const Entry *entry = unit->items.entries[i].cptr;
        if (entry->is_world != want_world || entry->excluded) continue;
        buf_fmt(&names, "%s%s%.*s%s", count ? ", " : "", count < FEW ? "`" : "",
                STR_ARG(count < FEW ? entry->name : STR("others")), count < FEW ? "`" : "");
        count++;
    }
    const Source *source = unit->header.span.source;
    Str list = count ? buf_text(&names) : want_world ? STR("no world") : STR("no interface");
    if (source)
        diag_note(w->diags, WIT_PACKAGE_HAS, span_none(), STR_ARG(source->path), STR_ARG(list));
}

static Entry *find_foreign(Work *w, const AstPath *path, bool want_world) {
    Str id = witc_header_id(w->arena, path->ns, path->package, path->version);
    const MapEntry *slot = map_get(&w->r->units, id);
    if (!slot) {
        report_missing_package(w, path, id);
        return NULL;
    }
    Unit *unit = slot->ptr;
    if (!unit->resolved) return NULL; /* a cycle, which was reported */
    const MapEntry *item = map_get(&unit->items, path->name.text);
    Entry *entry = item ? item->ptr : NULL;
    if (entry && entry->is_world == want_world && !entry->excluded) return entry;
    if (!entry && witc_is_lost(w, &unit->broken, path->name.text)) return NULL;
    if (want_world)
        diag(w->diags, WIT_NO_WORLD, path->name.span, STR_ARG(path->name.text), STR_ARG(id));
    else diag(w->diags, WIT_NO_INTERFACE, path->name.span, STR_ARG(path->name.text), STR_ARG(id));
    if (!entry) suggest_item(w, path->name, unit, want_world);
    else if (entry->is_world != want_world) diag_note(w->diags, WIT_DECLARED_HERE, entry->span);
    else if (entry->decl)
        witc_note_gate(w, unit, &entry->decl->attrs.stability, entry->decl->attrs.span);
    return NULL;
}

static void report_missing_item(Work *w, AstName name) {
    if (witc_is_lost(w, &w->unit->broken, name.text)) return;
    diag(w->diags, WIT_NO_ITEM, name.span, STR_ARG(name.text));
    for (size_t i = 0; i < w->files.len; i++)
        if (i != w->file && map_get(&w->files.at[i], name.text)) {
            diag_note(w->diags, WIT_SIBLING_USE, span_none());
            return;
        }
    witc_suggest(w, name, &w->unit->items);
}

/* A world that was named in a `use`, which failed since a `use` takes interfaces only. */
static void report_used_world(Work *w, AstName name) {
    const AstItems *items = &w->unit->files.at[w->file]->items;
    for (size_t i = 0; i < items->len; i++) {
        if (items->at[i].kind != AST_TOP_USE) continue;
        const AstUse *use = items->at[i].use;
        if (!use->path.ns.len || !str_eq(use->alias.text, name.text)) continue;
        diag(w->diags, WIT_IS_INTERFACE, name.span, STR_ARG(name.text));
        diag_note(w->diags, WIT_INCLUDE_BY_PATH, use->path.package_span, STR_ARG(use->path.ns),
                  STR_ARG(use->path.package), STR_ARG(use->path.name.text));
        return;
    }
}

Entry *witc_find_path(Work *w, const AstPath *path, bool want_world, const AstAttrs *attrs) {
    if (path->ns.len) {
        if (attrs && !witc_enabled(w, &attrs->stability)) return NULL;
        return find_foreign(w, path, want_world);
    }
    const MapEntry *slot = map_get(&w->files.at[w->file], path->name.text);
    if (!slot) slot = map_get(&w->unit->items, path->name.text);
    if (!slot) {
        report_missing_item(w, path->name);
        return NULL;
    }
    Entry *entry = slot->ptr;
    if (!entry && want_world) report_used_world(w, path->name);
    if (entry && entry->decl && entry->unit == w->unit)
        witc_refer(w, &entry->decl->attrs.stability, path->name.text, path->name.span, entry->span);
    if (!entry || entry->is_world == want_world) return entry;
    if (want_world) diag(w->diags, WIT_IS_INTERFACE, path->name.span, STR_ARG(path->name.text));
    else diag(w->diags, WIT_IS_WORLD, path->name.span, STR_ARG(path->name.text));
    diag_note(w->diags, WIT_DECLARED_HERE, entry->span);
    return NULL;
}

/* ---- the items of a unit ---- */

/* Names that differ in the case of an acronym only. */
static void check_item_case(Work *w, Map *keys, const Entry *entry) {
    bool added;
    MapEntry *first = map_put(w->arena, keys, wit_unique_key(w->arena, entry->name), &added);
    if (added) {
        first->cptr = entry;
        return;
    }
    const Entry *other = first->cptr;
    diag(w->diags, WIT_NAME_CASE, entry->span, STR_ARG(entry->name), STR_ARG(other->name));
    diag_note(w->diags, WIT_FIRST_HERE, other->span);
}

/* All interfaces and worlds of all files. */
static void collect_items(Work *w) {
    Map keys = {0};
    for (size_t f = 0; f < w->unit->files.len; f++) {
        const AstItems *items = &w->unit->files.at[f]->items;
        for (size_t i = 0; i < items->len; i++) {
            if (items->at[i].kind != AST_DECL) continue;
            const AstDecl *decl = items->at[i].decl;
            bool added;
            Entry *entry =
                new_entry(w->r, w->unit, decl->name.text, decl->name.span, decl->is_world, &added);
            if (!added) {
                diag(w->diags, WIT_ITEM_TWICE, decl->name.span, STR_ARG(decl->name.text));
                diag_note(w->diags, WIT_FIRST_HERE, entry->span);
                continue;
            }
            entry->decl = decl;
            entry->file = f;
            check_item_case(w, &keys, entry);
        }
    }
}

static bool same_path(const AstPath *a, const AstPath *b) {
    return str_eq(a->ns, b->ns) && str_eq(a->package, b->package) &&
           str_eq(a->name.text, b->name.text) && str_eq(a->version.text, b->version.text);
}

/* To the error that `use` names a world: where that world is included, which needs no `use`. */
static void note_includes(Work *w, const AstUse *use) {
    const AstItems *items = &w->unit->files.at[w->file]->items;
    for (size_t i = 0; i < items->len; i++) {
        if (items->at[i].kind != AST_DECL || !items->at[i].decl->is_world) continue;
        const AstItems *in = &items->at[i].decl->items;
        for (size_t j = 0; j < in->len; j++)
            if (in->at[j].kind == AST_INCLUDE && same_path(&in->at[j].use->path, &use->path))
                diag_note(w->diags, WIT_INCLUDED_HERE, in->at[j].use->path.name.span);
    }
}

/* What a `use` at the top of a file brings into its scope. */
static Entry *top_use(Work *w, const AstUse *use) {
    if (use->attrs.span.source) diag(w->diags, WIT_USE_ATTRIBUTE, use->span);
    if (use->path.ns.len) {
        size_t errors = w->diags->errors;
        Entry *entry = find_foreign(w, &use->path, false);
        if (w->diags->errors > errors && !witc_is_quiet(w)) note_includes(w, use);
        return entry;
    }
    const MapEntry *slot = map_get(&w->unit->items, use->path.name.text);
    if (slot) return slot->ptr;
    report_missing_item(w, use->path.name);
    return NULL;
}

static void make_file_scope(Work *w, size_t f) {
    Map *scope = vec_push(w->arena, &w->files);
    Map spans = {0};
    w->file = f;
    const AstItems *items = &w->unit->files.at[f]->items;
    for (size_t i = 0; i < items->len; i++) {
        const AstItem *item = &items->at[i];
        if (item->kind != AST_DECL && item->kind != AST_TOP_USE) continue;
        bool is_use = item->kind == AST_TOP_USE, added;
        const AstName *name = is_use ? &item->use->alias : &item->decl->name;
        const MapEntry *own = map_get(&w->unit->items, name->text);
        Entry *entry = is_use ? top_use(w, item->use) : own->ptr;
        MapEntry *first = map_put(w->arena, &spans, name->text, &added);
        if (added) {
            first->cptr = name;
            map_put(w->arena, scope, name->text, NULL)->ptr = entry;
        } else if (is_use || ((const AstName *)first->cptr)->span.start != entry->span.start) {
            /* A declaration that occurs twice was reported as an item. */
            bool reported = !is_use && entry->decl != item->decl;
            if (reported) continue;
            diag(w->diags, WIT_FILE_NAME_TWICE, name->span, STR_ARG(name->text));
            diag_note(w->diags, WIT_FIRST_HERE, ((const AstName *)first->cptr)->span);
        }
    }
}

/* ---- the order of a unit's items ---- */

static uint32_t item_index(const Work *w, const Entry *entry) {
    return (uint32_t)(map_get(&w->unit->items, entry->name) - w->unit->items.entries);
}

/* An edge from `entry` to what `use` names, where that is an item of this unit. */
static void add_edge(Work *w, const Entry *entry, const AstUse *use, Edges *edges) {
    if (use->path.ns.len) return;
    const MapEntry *slot = map_get(&w->files.at[entry->file], use->path.name.text);
    if (!slot) slot = map_get(&w->unit->items, use->path.name.text);
    const Entry *to = slot ? slot->cptr : NULL;
    if (!to || to->unit != w->unit) return;
    bool same_file = to->file == entry->file && str_eq(to->name, use->path.name.text);
    *vec_push(w->arena, edges) =
        (Edge){item_index(w, entry), item_index(w, to), same_file ? to->span : use->path.name.span,
               use->path.name.span};
}

/* Interfaces stand after those that they use, worlds after those that they include. */
static uint32_t *order_items(Work *w, size_t *count) {
    Edges edges = {0};
    for (size_t i = 0; i < w->unit->items.len; i++) {
        const Entry *entry = w->unit->items.entries[i].cptr;
        AstItemKind kind = entry->is_world ? AST_INCLUDE : AST_USE;
        const AstItems *items = &entry->decl->items;
        for (size_t j = 0; j < items->len; j++)
            if (items->at[j].kind == kind) add_edge(w, entry, items->at[j].use, &edges);
    }
    const Edge *cycle;
    uint32_t *order = witc_order(w->arena, w->unit->items.len, &edges, count, &cycle);
    witc_report_cycles(w, &w->unit->items, &edges, cycle, true);
    if (*count == w->unit->items.len) return order;
    /* Those that have no place follow; what they use of each other is not known. */
    bool *placed = ARENA_NEW_ARRAY(w->arena, bool, w->unit->items.len);
    for (size_t i = 0; i < *count; i++) placed[order[i]] = true;
    for (size_t i = 0; i < w->unit->items.len; i++)
        if (!placed[i]) order[(*count)++] = (uint32_t)i;
    return order;
}

/* Makes the interface or world of an entry, still without what is in it. */
static void make_item(Work *w, Entry *entry) {
    if (entry->is_world) {
        entry->world = ARENA_NEW(w->arena, WitWorld);
        *entry->world =
            (WitWorld){.name = entry->name, .span = entry->span, .id = (uint32_t)WITC_PENDING};
        *vec_push(w->arena, &w->worlds) = entry;
    } else {
        entry->interface = ARENA_NEW(w->arena, WitInterface);
        *entry->interface =
            (WitInterface){.name = entry->name, .span = entry->span, .id = (uint32_t)WITC_PENDING};
        *vec_push(w->arena, &w->interfaces) = entry;
    }
}

static void begin_item(Work *w, const Entry *entry) {
    w->file = entry->file;
    w->incomplete = entry->decl->incomplete;
    w->needs_gates = w->r->options->strict && !w->unit->is_dep && !w->incomplete;
}

static void resolve_unit(Resolver *r, Unit *unit) {
    Work w = {.r = r, .arena = r->arena, .diags = r->diags, .unit = unit};
    w.version_reported = !unit->header.name.len; /* its header was not understood */
    size_t errors = r->diags->errors, count;
    collect_items(&w);
    for (size_t i = 0; i < unit->files.len; i++) make_file_scope(&w, i);
    uint32_t *order = order_items(&w, &count);
    unit->package = ARENA_NEW(r->arena, WitPackage);
    for (size_t i = 0; i < count; i++) make_item(&w, unit->items.entries[order[i]].ptr);
    size_t interfaces = w.interfaces.len;
    for (size_t i = 0; i < interfaces; i++) {
        Entry *entry = w.interfaces.at[i];
        const AstAttrs *attrs = &entry->decl->attrs;
        begin_item(&w, entry);
        Gated outer = witc_enter(&w, attrs, "interface", entry->name, entry->span);
        witc_resolve_interface(&w, entry, &entry->decl->items, attrs, entry->decl->docs);
        entry->resolved = true;
        witc_leave(&w, outer);
    }
    for (size_t i = 0; i < w.worlds.len; i++) {
        Entry *entry = w.worlds.at[i];
        begin_item(&w, entry);
        Gated outer = witc_enter(&w, &entry->decl->attrs, "world", entry->name, entry->span);
        witc_resolve_world(&w, entry);
        witc_leave(&w, outer);
    }
    unit->failed = r->diags->errors > errors || unit->broken.len;
    witc_commit(&w);
    unit->resolved = true;
}

/* ---- the order of units ---- */

/* A package that a unit needs, and where it says so first. */
typedef struct {
    Str id;
    Span span;
} Need;
typedef VEC(Need) Needs;

static void add_need(Resolver *r, Needs *needs, Map *seen, const AstPath *path) {
    if (!path->ns.len) return;
    Str id = witc_header_id(r->arena, path->ns, path->package, path->version);
    bool added;
    map_put(r->arena, seen, id, &added);
    if (added) *vec_push(r->arena, needs) = (Need){id, path->package_span};
}

static void needs_of_items(Resolver *r, Needs *needs, Map *seen, const AstItems *items) {
    for (size_t i = 0; i < items->len; i++)
        if (items->at[i].kind == AST_USE || items->at[i].kind == AST_INCLUDE)
            add_need(r, needs, seen, &items->at[i].use->path);
    for (int export = 0; export < 2; export ++)
        for (size_t i = 0; i < items->len; i++) {
            if (items->at[i].kind != AST_EXTERN) continue;
            const AstExtern *e = items->at[i].external;
            if (e->is_export != (bool)export) continue;
            if (e->kind == AST_EXTERN_PATH) add_need(r, needs, seen, &e->path);
            if (e->kind != AST_EXTERN_INTERFACE) continue;
            for (size_t j = 0; j < e->items.len; j++)
                if (e->items.at[j].kind == AST_USE)
                    add_need(r, needs, seen, &e->items.at[j].use->path);
        }
}

static Needs needs_of_unit(Resolver *r, const Unit *unit) {
    Needs needs = {0};
    Map seen = {0};
    for (size_t f = 0; f < unit->files.len; f++) {
        const AstItems *items = &unit->files.at[f]->items;
        for (size_t i = 0; i < items->len; i++) {
            if (items->at[i].kind == AST_TOP_USE)
                add_need(r, &needs, &seen, &items->at[i].use->path);
            if (items->at[i].kind == AST_DECL)
                needs_of_items(r, &needs, &seen, &items->at[i].decl->items);
        }
    }
    return needs;
}

/* A step of the walk over packages: a unit, and which of its needs comes next. */
typedef struct {
    Unit *unit;
    Needs needs;
    size_t next;
    Str marked; /* the need that it has put on the way; empty: none */
} Frame;

typedef VEC(Unit *) Units;

static void report_package_cycle(Resolver *r, Need need, const Frame *stack, size_t n) {
    diag(r->diags, WIT_PACKAGE_CYCLE, need.span, STR_ARG(need.id));
    size_t outermost = n > MAX_NOTES ? n - MAX_NOTES : 1;
    for (size_t i = n; i-- > outermost;)
        diag_note(r->diags, WIT_REQUIRED_HERE, stack[i - 1].needs.at[stack[i - 1].next - 1].span,
                  STR_ARG(stack[i - 1].unit->id));
}

/* Depth first from `start`, appending units after their needs, as far as there is no cycle. */
static void walk(Resolver *r, Unit *start, Map *done, Units *order) {
    VEC(Frame) stack = {0};
    Map visiting = {0}; /* id -> 1 while it is on the way from `start` */
    bool added;
    if (map_get(done, start->id)) return;
    *vec_push(r->arena, &stack) = (Frame){.unit = start, .needs = needs_of_unit(r, start)};
    while (stack.len) {
        Frame *top = &vec_last(&stack);
        if (top->marked.len) map_get(&visiting, top->marked)->value = 0;
        top->marked.len = 0;
        if (top->next == top->needs.len) {
            map_put(r->arena, done, top->unit->id, &added);
            if (added) *vec_push(r->arena, order) = top->unit;
            (void)vec_pop(&stack);
            continue;
        }
        Need need = top->needs.at[top->next++];
        MapEntry *mark = map_put(r->arena, &visiting, need.id, NULL);
        if (mark->value) {
            report_package_cycle(r, need, stack.at, stack.len);
            continue;
        }
        mark->value = 1;
        top->marked = need.id;
        const MapEntry *unit = map_get(&r->units, need.id);
        if (unit && !map_get(done, need.id))
            *vec_push(r->arena, &stack) =
                (Frame){.unit = unit->ptr, .needs = needs_of_unit(r, unit->ptr)};
    }
}

/* The package that was asked for comes last, unless another one needs it. */
static void move_to_end(Resolver *r, Units *order, Unit *main) {
    size_t at = 0;
    while (order->at[at] != main) at++;
    for (size_t i = at + 1; i < order->len; i++) {
        Needs needs = needs_of_unit(r, order->at[i]);
        for (size_t j = 0; j < needs.len; j++)
            if (str_eq(needs.at[j].id, main->id)) return;
    }
    for (; at + 1 < order->len; at++) order->at[at] = order->at[at + 1];
    order->at[at] = main;
}

void witc_resolve(Resolver *r, Unit *main) {
    Map done = {0};
    Units order = {0};
    Unit **units = sorted_units(r);
    for (size_t i = 0; i < r->units.len; i++) walk(r, units[i], &done, &order);
    if (main) move_to_end(r, &order, main);
    witc_set_targets(r, main);
    for (size_t i = 0; i < order.len; i++)
        if (!order.at[i]->resolved) resolve_unit(r, order.at[i]);
    if (main) r->model->main = main->package;
}
