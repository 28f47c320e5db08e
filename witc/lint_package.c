/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The linter on packages as wholes: what they need, at which versions, and how they name things. */
#include "witc/internal.h"

/* ---- what a package needs ---- */

/* Where a package is named first, and by which. */
typedef struct {
    const WitPackage *package, *by;
    Span span;
} Need;

typedef struct {
    Lint *lint;
    Map reached;    /* package -> Need */
    Map interfaces; /* those that a world has or that another one uses */
    VEC(const WitPackage *) todo;
} Reach;

static void reach(Reach *r, const WitPackage *from, const WitInterface *interface, Span span) {
    Arena *arena = r->lint->arena;
    if (!interface || !interface->package) return;
    map_put_ptr(arena, &r->interfaces, interface, NULL);
    const WitPackage *package = interface->package;
    bool added;
    if (package == from) return;
    MapEntry *entry = map_put_ptr(arena, &r->reached, package, &added);
    Need *need = added ? ARENA_NEW(arena, Need) : entry->ptr;
    bool better =
        !added && !need->span.source && span.source; /* a world's own items have no place */
    if (added || better) *need = (Need){package, from, span};
    if (!added) return;
    entry->ptr = need;
    *vec_push(arena, &r->todo) = package;
}

static void reach_uses(Reach *r, const WitPackage *package, const WitInterface *interface) {
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitType *type = interface->types.at[i];
        reach(r, package, wit_used_interface(type), type->span);
    }
}

static void reach_items(Reach *r, const WitPackage *package, const WitItems *items) {
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        if (item->kind == WIT_ITEM_TYPE)
            reach(r, package, wit_used_interface(item->type), item->type->span);
        if (item->kind != WIT_ITEM_INTERFACE) continue;
        if (item->name.len && !item->implements) reach_uses(r, package, item->interface);
        else reach(r, package, item->interface, item->span);
    }
}

static void reach_package(Reach *r, const WitPackage *package) {
    for (size_t i = 0; i < package->interfaces.len; i++)
        reach_uses(r, package, package->interfaces.at[i]);
    for (size_t i = 0; i < package->worlds.len; i++) {
        reach_items(r, package, &package->worlds.at[i]->imports);
        reach_items(r, package, &package->worlds.at[i]->exports);
    }
}

static Str package_id(const Lint *lint, const WitPackage *package) {
    return wit_package_id(lint->arena, package);
}

static Reach reach_all(Lint *lint) {
    Reach r = {.lint = lint};
    const Map *units = &lint->resolver->units;
    for (size_t i = 0; i < units->len; i++) {
        const Unit *unit = units->entries[i].cptr;
        if (!unit->is_dep && unit->package) reach_package(&r, unit->package);
    }
    while (r.todo.len) reach_package(&r, vec_pop(&r.todo));
    return r;
}

/* A dependency's files are not of those that findings have places in, but this is about them. */
static void unused_dependencies(Lint *lint, const Reach *r) {
    const Map *units = &lint->resolver->units;
    for (size_t i = 0; i < units->len; i++) {
        const Unit *unit = units->entries[i].cptr;
        const WitPackage *package = unit->package;
        if (!unit->is_dep || !package || map_has_ptr(&r->reached, package)) continue;
        if (!package->interfaces.len && !package->worlds.len) continue; /* others in its file */
        if (lint->options->levels[WITC_LINT_UNUSED_DEPENDENCY] == WITC_LINT_ALLOW) continue;
        diag(lint->diags, LINT_UNUSED_DEPENDENCY, unit->header.span, STR_ARG(unit->id));
        witc_lint_told(lint, WITC_LINT_UNUSED_DEPENDENCY);
    }
}

static void unused_interfaces(Lint *lint, const Reach *r) {
    const WitPackage *main = lint->model->main;
    if (!main->worlds.len) return;
    for (size_t i = 0; i < main->interfaces.len; i++) {
        const WitInterface *interface = main->interfaces.at[i];
        if (interface->name.len && !map_has_ptr(&r->interfaces, interface))
            LINT_TELL(lint, UNUSED_INTERFACE, interface->span, STR_ARG(interface->name));
    }
}

/* ---- versions ---- */

static void note_need(Lint *lint, const Need *need) {
    Str by = package_id(lint, need->by);
    diag_note(lint->diags, WIT_REQUIRED_HERE, need->span, STR_ARG(by));
}

static void two_versions(Lint *lint, const Reach *r) {
    Map tracks = {0};
    for (size_t i = 0; i < r->reached.len; i++) {
        const Need *need = r->reached.entries[i].cptr;
        const WitPackage *package = need->package;
        Str track = semver_track(lint->arena, package->version);
        Str key = str_fmt(lint->arena, "%.*s:%.*s@%.*s", STR_ARG(package->ns),
                          STR_ARG(package->name), STR_ARG(track));
        bool added;
        MapEntry *entry = map_put(lint->arena, &tracks, key, &added);
        if (added) {
            entry->cptr = need;
            continue;
        }
        const Need *other = entry->cptr;
        Str a = package_id(lint, other->package), b = package_id(lint, package);
        Span span = need->by == lint->model->main ? need->span : (Span){0};
        if (!LINT_TELL(lint, TWO_VERSIONS, span, STR_ARG(a), STR_ARG(b))) continue;
        note_need(lint, other);
        if (!span.source) note_need(lint, need);
    }
}

static void unversioned(Lint *lint, const Reach *r) {
    const WitPackage *main = lint->model->main;
    if (!main->version.text.len) return;
    Str main_id = package_id(lint, main);
    for (size_t i = 0; i < r->reached.len; i++) {
        const Need *need = r->reached.entries[i].cptr;
        if (need->by != main || need->package->version.text.len) continue;
        Str id = package_id(lint, need->package);
        LINT_TELL(lint, UNVERSIONED_DEPENDENCY, need->span, STR_ARG(id), STR_ARG(main_id));
    }
}

/* ---- gates ---- */

typedef struct {
    Lint *lint;
    Map features;
    bool any; /* something of the packages that were asked for has a gate */
} Gates;

static void gate(Gates *g, const WitStability *s, Span span) {
    if (s->feature.len) map_put(g->lint->arena, &g->features, s->feature, NULL);
    if (wit_stability_known(s) && span.source && map_has_ptr(&g->lint->sources, span.source))
        g->any = true;
}

static Gates find_gates(Lint *lint) {
    Gates g = {.lint = lint};
    const WitModel *m = lint->model;
    for (size_t i = 0; i < m->types.len; i++)
        gate(&g, &m->types.at[i]->stability, m->types.at[i]->span);
    for (size_t i = 0; i < m->interfaces.len; i++) {
        const WitInterface *interface = m->interfaces.at[i];
        gate(&g, &interface->stability, interface->span);
        for (size_t j = 0; j < interface->funcs.len; j++)
            gate(&g, &interface->funcs.at[j]->stability, interface->funcs.at[j]->span);
    }
    for (size_t i = 0; i < m->worlds.len; i++) {
        const WitWorld *world = m->worlds.at[i];
        gate(&g, &world->stability, world->span);
        for (size_t j = 0; j < world->imports.len; j++)
            gate(&g, &world->imports.at[j].stability, world->imports.at[j].span);
        for (size_t j = 0; j < world->exports.len; j++)
            gate(&g, &world->exports.at[j].stability, world->exports.at[j].span);
    }
    return g;
}

/* Only the outermost item: what stands in it is another rule's matter once it has a gate. */
static void missing_since(Lint *lint, const WitPackage *package) {
    if (!package->version.text.len) return;
    for (size_t i = 0; i < package->interfaces.len; i++) {
        const WitInterface *interface = package->interfaces.at[i];
        if (interface->name.len && !wit_stability_known(&interface->stability))
            LINT_TELL(lint, MISSING_SINCE, interface->span, "interface", STR_ARG(interface->name));
    }
    for (size_t i = 0; i < package->worlds.len; i++) {
        const WitWorld *world = package->worlds.at[i];
        if (!wit_stability_known(&world->stability))
            LINT_TELL(lint, MISSING_SINCE, world->span, "world", STR_ARG(world->name));
    }
}

static void lint_gates(Lint *lint) {
    Gates gates = find_gates(lint);
    const WitcLintOptions *options = lint->options;
    for (size_t i = 0; i < options->feature_count; i++) {
        Str feature = options->features[i];
        bool known = map_get(&gates.features, feature) ||
                     str_is(feature, feature_name(FEATURE_CM_NESTED_NAMES));
        if (!known) LINT_TELL(lint, UNKNOWN_FEATURE, span_none(), STR_ARG(feature));
    }
    if (gates.any) missing_since(lint, lint->model->main);
}

/* ---- how things are called ---- */

typedef struct {
    Str name;
    Span span;
} Spot;

/* A word of names, "dns", and where it is in upper and in lower case. */
typedef struct {
    VEC(Spot) lower, upper;
} Word;

typedef struct {
    Lint *lint;
    Map words; /* in lower case -> Word */
} Words;

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static void add_word(Words *w, Str word, Str name, Span span) {
    char small[64];
    bool upper = false;
    if (word.len < 2 || word.len > sizeof small || !is_letter(word.ptr[0])) return;
    for (size_t i = 0; i < word.len; i++) {
        bool is = word.ptr[i] >= 'A' && word.ptr[i] <= 'Z';
        small[i] = is ? (char)(word.ptr[i] - 'A' + 'a') : word.ptr[i];
        upper |= is;
    }
    Arena *arena = w->lint->arena;
    MapEntry *entry = map_get(&w->words, (Str){small, word.len});
    if (!entry) {
        entry = map_put(arena, &w->words, str_copy(arena, (Str){small, word.len}), NULL);
        entry->ptr = ARENA_NEW(arena, Word);
    }
    Word *known = entry->ptr;
    if (upper) *vec_push(arena, &known->upper) = (Spot){name, span};
    else *vec_push(arena, &known->lower) = (Spot){name, span};
}

static void add_name(Words *w, Str name, Span span) {
    if (!span.source || !map_has_ptr(&w->lint->sources, span.source)) return;
    for (size_t at = 0; at <= name.len;) {
        size_t dash = str_find(name, '-', at), end = dash == SIZE_MAX ? name.len : dash;
        add_word(w, str_from_to(name, at, end), name, span);
        at = end + 1;
    }
}

static void add_fields(Words *w, const WitFields *fields) {
    for (size_t i = 0; i < fields->len; i++) add_name(w, fields->at[i].name, fields->at[i].span);
}

static void add_func(Words *w, const WitFunc *func) {
    size_t from =
        func->name.len && func->name.ptr[0] == '[' ? str_rfind(func->name, '.') : SIZE_MAX;
    if (func->kind != WIT_CONSTRUCTOR)
        add_name(w, from == SIZE_MAX ? func->name : str_after(func->name, from + 1), func->span);
    add_fields(w, &func->params);
}

static void mixed_case(Lint *lint) {
    Words w = {.lint = lint};
    const WitModel *m = lint->model;
    if (lint->options->levels[WITC_LINT_MIXED_CASE] == WITC_LINT_ALLOW) return;
    for (size_t i = 0; i < m->types.len; i++) {
        if (wit_used_interface(m->types.at[i])) continue; /* named elsewhere */
        add_name(&w, m->types.at[i]->name, m->types.at[i]->span);
        add_fields(&w, &m->types.at[i]->fields);
    }
    for (size_t i = 0; i < m->interfaces.len; i++) {
        const WitInterface *interface = m->interfaces.at[i];
        add_name(&w, interface->name, interface->span);
        for (size_t j = 0; j < interface->funcs.len; j++) add_func(&w, interface->funcs.at[j]);
    }
    for (size_t i = 0; i < w.words.len; i++) {
        const Word *word = w.words.entries[i].cptr;
        if (!word->lower.len || !word->upper.len) continue;
        bool few_upper = word->upper.len < word->lower.len;
        size_t n = few_upper ? word->upper.len : word->lower.len;
        for (size_t j = 0; j < n; j++) {
            const Spot *spot = few_upper ? &word->upper.at[j] : &word->lower.at[j];
            LINT_TELL(lint, MIXED_CASE, spot->span, STR_ARG(spot->name),
                      STR_ARG(w.words.entries[i].key), few_upper ? "upper" : "lower",
                      few_upper ? "lower" : "upper");
        }
    }
}

void witc_lint_packages(Lint *lint) {
    Reach r = reach_all(lint);
    unused_dependencies(lint, &r);
    unused_interfaces(lint, &r);
    two_versions(lint, &r);
    unversioned(lint, &r);
    lint_gates(lint);
    mixed_case(lint);
}
