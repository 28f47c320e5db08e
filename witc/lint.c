/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The linter: what is right but unwise. lint.def is the list of its rules.
 *
 *     files ── load.c ──▶ syntax trees, model ──┬─ lint.c          interfaces, worlds, types, functions
 *                                               ├─ lint_package.c  packages and their dependencies
 *                                               └─ lint_text.c     comments
 *
 * Everything is read with all features on, so that what only a gated item uses is used. Whatever is
 * found has its place in a file of the packages that were asked for: dependencies are not the
 * reader's to change. What an `include` or a `use` copies has the place of what was copied, so a
 * finding is told once.
 */
#include "witc/internal.h"

#include "base/file.h"

#define LINT(id, name, level, about) {name, about, WITC_LINT_##level},
const WitcLintRule witc_lint_rules[WITC_LINT_COUNT] = {
#include "witc/lint.def"
};
#undef LINT

/* ---- telling ---- */

static bool is_new(Lint *lint, WitcLint rule, Span span) {
    struct {
        uint64_t rule, start;
        const Source *source;
    } key = {rule, span.start, span.source};
    bool added;
    Str text = {(const char *)&key, sizeof key};
    if (map_get(&lint->told, text)) return false;
    map_put(lint->arena, &lint->told, str_copy(lint->arena, text), &added);
    return added;
}

bool witc_lint_wanted(Lint *lint, WitcLint rule, Span span) {
    if (lint->options->levels[rule] == WITC_LINT_ALLOW) return false;
    if (!span.source) return true;
    const MapEntry *file = map_get_ptr(&lint->sources, span.source);
    if (!file || (file->value >> rule & 1)) return false;
    if (witc_lint_allowed(span.source, span.start, str_from(witc_lint_rules[rule].name)))
        return false;
    return is_new(lint, rule, span);
}

void witc_lint_told(Lint *lint, WitcLint rule) {
    Diags *diags = lint->diags;
    bool denied = lint->options->levels[rule] == WITC_LINT_DENY;
    if (denied) {
        diags->warnings--;
        diags->errors++;
    }
    if (diags->dropped) return;
    Diag *last = &vec_last(&diags->list);
    if (denied) last->severity = DIAG_ERROR;
    last->message =
        str_fmt(lint->arena, "%.*s [%s]", STR_ARG(last->message), witc_lint_rules[rule].name);
}

/* ---- what is mentioned ---- */

static void mention(Lint *lint, const WitType *type) {
    if (type && wit_kind_shape(type->kind) != WIT_SHAPE_PRIM) lint->mentioned[type->id] = 1;
}

static void mention_fields(Lint *lint, const WitFields *fields) {
    for (size_t i = 0; i < fields->len; i++) mention(lint, fields->at[i].type);
}

static void mention_func(Lint *lint, const WitFunc *func) {
    mention_fields(lint, &func->params);
    mention(lint, func->result);
    mention(lint, func->resource);
}

/* Every type that is a part of another, or that a function has. An anonymous type is there because
 * something has it. */
static void find_mentions(Lint *lint) {
    const WitModel *model = lint->model;
    lint->mentioned = ARENA_NEW_ARRAY(lint->arena, uint8_t, model->types.len);
    for (size_t i = 0; i < model->types.len; i++) {
        const WitType *type = model->types.at[i];
        mention(lint, type->elem);
        mention(lint, type->second);
        mention_fields(lint, &type->fields);
    }
    for (size_t i = 0; i < model->interfaces.len; i++)
        for (size_t j = 0; j < model->interfaces.at[i]->funcs.len; j++)
            mention_func(lint, model->interfaces.at[i]->funcs.at[j]);
    for (size_t i = 0; i < model->worlds.len; i++) {
        const WitItems *lists[] = {&model->worlds.at[i]->imports, &model->worlds.at[i]->exports};
        for (size_t k = 0; k < 2; k++)
            for (size_t j = 0; j < lists[k]->len; j++)
                if (lists[k]->at[j].kind == WIT_ITEM_FUNC) mention_func(lint, lists[k]->at[j].func);
    }
}

/* ---- deprecation ---- */

static bool is_deprecated(const WitStability *s) { return s->deprecated.text.len != 0; }

static void deprecated_in(Lint *lint, const WitType *type, Span span, unsigned depth) {
    if (!type || depth == 0) return;
    if (type->name.len) {
        if (is_deprecated(&type->stability))
            LINT_TELL(lint, DEPRECATED, span, STR_ARG(type->name),
                      STR_ARG(type->stability.deprecated.text));
        return;
    }
    deprecated_in(lint, type->elem, span, depth - 1);
    deprecated_in(lint, type->second, span, depth - 1);
    for (size_t i = 0; i < type->fields.len; i++)
        deprecated_in(lint, type->fields.at[i].type, span, depth - 1);
}

static void deprecated_fields(Lint *lint, const WitFields *fields, size_t first) {
    for (size_t i = first; i < fields->len; i++)
        deprecated_in(lint, fields->at[i].type, fields->at[i].span, AST_MAX_DEPTH);
}

/* ---- types ---- */

/* What the checks of one interface or world need to know. */
typedef struct {
    const char *noun;
    Str name;        /* empty: none to repeat */
    bool deprecated; /* so that it may use what is, too */
    bool types_only; /* for others to use */
} Where;

static const char *kind_word(const WitType *type) {
    return wit_kind_shape(type->kind) == WIT_SHAPE_FIELDS && type->kind != WIT_TUPLE
               ? wit_kind_keyword(type->kind)
           : type->kind == WIT_RESOURCE ? "resource"
                                        : "type";
}

static void stutter(Lint *lint, Str name, Span span, const Where *where) {
    if (where->name.len && str_starts(name, where->name) && name.len > where->name.len &&
        name.ptr[where->name.len] == '-')
        LINT_TELL(lint, STUTTER, span, STR_ARG(name), STR_ARG(where->name));
}

static void lint_type(Lint *lint, const WitType *type, const Where *where) {
    bool used = wit_used_interface(type) != NULL;
    if (!lint->mentioned[type->id]) {
        if (used) LINT_TELL(lint, UNUSED_USE, type->span, STR_ARG(type->name), where->noun);
        else if (!where->types_only) LINT_TELL(lint, UNUSED_TYPE, type->span, STR_ARG(type->name));
    }
    bool deprecated = where->deprecated || is_deprecated(&type->stability);
    if (!deprecated && type->kind == WIT_ALIAS)
        deprecated_in(lint, type->elem, type->span, AST_MAX_DEPTH);
    else if (!deprecated) deprecated_fields(lint, &type->fields, 0);
    if (used) return;
    if (!type->docs.len)
        LINT_TELL(lint, UNDOCUMENTED, type->span, kind_word(type), STR_ARG(type->name));
    stutter(lint, type->name, type->span, where);
    if (wit_has_borrow(type)) LINT_TELL(lint, BORROW_IN_TYPE, type->span, STR_ARG(type->name));
    bool payload = type->kind != WIT_VARIANT || !type->fields.len;
    for (size_t i = 0; i < type->fields.len && !payload; i++)
        payload = type->fields.at[i].type != NULL;
    if (!payload) LINT_TELL(lint, VARIANT_AS_ENUM, type->span, STR_ARG(type->name));
}

/* ---- functions ---- */

static void lint_func(Lint *lint, const WitFunc *func, const Where *where) {
    size_t bracket = func->kind == WIT_FREESTANDING ? SIZE_MAX : str_find(func->name, ']', 0);
    Str name = bracket == SIZE_MAX ? func->name : str_after(func->name, bracket + 1);
    if (!func->docs.len) LINT_TELL(lint, UNDOCUMENTED, func->span, "function", STR_ARG(name));
    if (func->kind == WIT_FREESTANDING) stutter(lint, name, func->span, where);
    bool old_resource = func->resource && is_deprecated(&func->resource->stability);
    if (where->deprecated || old_resource || is_deprecated(&func->stability)) return;
    deprecated_fields(lint, &func->params, func->kind == WIT_METHOD ? 1 : 0);
    if (func->kind != WIT_CONSTRUCTOR) deprecated_in(lint, func->result, func->span, AST_MAX_DEPTH);
}

/* ---- interfaces and worlds ---- */

static void lint_members(Lint *lint, const WitInterface *interface, const Where *where) {
    for (size_t i = 0; i < interface->types.len; i++)
        lint_type(lint, interface->types.at[i], where);
    for (size_t i = 0; i < interface->funcs.len; i++)
        lint_func(lint, interface->funcs.at[i], where);
}

static void lint_interface(Lint *lint, const WitInterface *interface) {
    Where where = {.noun = "interface",
                   .name = interface->name,
                   .deprecated = is_deprecated(&interface->stability),
                   .types_only = interface->funcs.len == 0};
    if (!interface->types.len && !interface->funcs.len)
        LINT_TELL(lint, EMPTY_INTERFACE, interface->span, STR_ARG(interface->name));
    if (!interface->docs.len)
        LINT_TELL(lint, UNDOCUMENTED, interface->span, "interface", STR_ARG(interface->name));
    lint_members(lint, interface, &where);
}

static void lint_item(Lint *lint, const WitItem *item, const Where *world) {
    if (item->kind == WIT_ITEM_FUNC) {
        lint_func(lint, item->func, world);
    } else if (item->kind == WIT_ITEM_TYPE) {
        lint_type(lint, item->type, world);
    } else if (item->name.len && !item->implements) {
        Where where = {.noun = "interface", .deprecated = world->deprecated};
        where.deprecated |= is_deprecated(&item->stability);
        lint_members(lint, item->interface, &where);
    } else if (item->span.source && !world->deprecated && !is_deprecated(&item->stability) &&
               is_deprecated(&item->interface->stability)) {
        LINT_TELL(lint, DEPRECATED, item->span, STR_ARG(item->interface->name),
                  STR_ARG(item->interface->stability.deprecated.text));
    }
}

static void lint_world(Lint *lint, const WitWorld *world) {
    Where where = {.noun = "world", .deprecated = is_deprecated(&world->stability)};
    if (!world->docs.len) LINT_TELL(lint, UNDOCUMENTED, world->span, "world", STR_ARG(world->name));
    for (size_t i = 0; i < world->imports.len; i++) lint_item(lint, &world->imports.at[i], &where);
    for (size_t i = 0; i < world->exports.len; i++) lint_item(lint, &world->exports.at[i], &where);
}

static void lint_package(Lint *lint, const WitPackage *package) {
    for (size_t i = 0; i < package->interfaces.len; i++)
        if (package->interfaces.at[i]->name.len) lint_interface(lint, package->interfaces.at[i]);
    for (size_t i = 0; i < package->worlds.len; i++) lint_world(lint, package->worlds.at[i]);
}

/* ---- `use` at the top of a file ---- */

typedef struct {
    Map names; /* plain names that paths of this file begin with */
    Arena *arena;
} Paths;

static void collect_path(Paths *p, const AstPath *path) {
    if (!path->ns.len) map_put(p->arena, &p->names, path->name.text, NULL);
}

static void collect_paths(Paths *p, const AstItems *items) {
    for (size_t i = 0; i < items->len; i++) {
        const AstItem *item = &items->at[i];
        switch (item->kind) {
        case AST_USE:
        case AST_INCLUDE: collect_path(p, &item->use->path); break;
        case AST_EXTERN:
            if (item->external->kind == AST_EXTERN_PATH) collect_path(p, &item->external->path);
            collect_paths(p, &item->external->items);
            break;
        case AST_DECL: collect_paths(p, &item->decl->items); break;
        case AST_TOP_USE: collect_path(p, &item->use->path); break;
        case AST_TYPEDEF:
        case AST_FUNC:
        case AST_PACKAGE: break;
        }
    }
}

static void lint_file(Lint *lint, const AstScope *file) {
    Paths paths = {.arena = lint->arena};
    collect_paths(&paths, &file->items);
    for (size_t i = 0; i < file->items.len; i++) {
        const AstItem *item = &file->items.at[i];
        if (item->kind != AST_TOP_USE) continue;
        AstName name = item->use->alias.text.len ? item->use->alias : item->use->path.name;
        if (!map_get(&paths.names, name.text))
            LINT_TELL(lint, UNUSED_USE, name.span, STR_ARG(name.text), "file");
    }
}

/* ---- files ---- */

static void add_source(Lint *lint, const Source *source) {
    bool added = false;
    MapEntry *entry = source ? map_put_ptr(lint->arena, &lint->sources, source, &added) : NULL;
    if (added) entry->value = witc_lint_file_allows(source);
}

/* The place of something in an item; every item of a file has one. */
static const Source *item_source(const AstItem *item) {
    switch (item->kind) {
    case AST_USE:
    case AST_INCLUDE:
    case AST_TOP_USE: return item->use->span.source;
    case AST_TYPEDEF: return item->def->name.span.source;
    case AST_FUNC: return item->func->name.span.source;
    case AST_EXTERN: return item->external->span.source;
    case AST_DECL: return item->decl->name.span.source;
    case AST_PACKAGE: return item->scope->header ? item->scope->header->span.source : NULL;
    }
    return NULL;
}

static void add_sources(Lint *lint, const Unit *unit) {
    for (size_t i = 0; i < unit->files.len; i++) {
        const AstScope *file = unit->files.at[i];
        if (file->header) add_source(lint, file->header->span.source);
        if (file->items.len) add_source(lint, item_source(&file->items.at[0]));
    }
}

static void lint_all(Lint *lint) {
    const Map *units = &lint->resolver->units;
    for (size_t i = 0; i < units->len; i++) {
        const Unit *unit = units->entries[i].cptr;
        if (!unit->is_dep) add_sources(lint, unit);
        if (unit->package == lint->model->main) lint->main = unit;
    }
    find_mentions(lint);
    for (size_t i = 0; i < units->len; i++) {
        const Unit *unit = units->entries[i].cptr;
        if (unit->is_dep || !unit->package) continue;
        lint_package(lint, unit->package);
        for (size_t j = 0; j < unit->files.len; j++) lint_file(lint, unit->files.at[j]);
    }
    for (size_t i = 0; i < lint->sources.len; i++) {
        const Source *source;
        memcpy(&source, lint->sources.entries[i].key.ptr, sizeof source);
        witc_lint_comments(lint, source);
    }
    witc_lint_packages(lint);
}

/* ---- entry point ---- */

static WitModel *load(Arena *arena, Str path, const Source *text, const WitcOptions *options,
                      Diags *diags, Resolver *resolver) {
    return text ? witc_load_text(arena, text, options, diags, resolver)
                : witc_load_folder(arena, path, options, diags, resolver);
}

/* Gates that the strict reading misses, in a reading of its own: its model would lack them. */
static void lint_gates(Lint *lint, Str path, const Source *text, WitcOptions options) {
    if (lint->options->levels[WITC_LINT_GATES] == WITC_LINT_ALLOW) return;
    Diags diags = {.arena = lint->arena, .max_errors = lint->diags->max_errors};
    Resolver resolver = {0};
    options.strict = true;
    load(lint->arena, path, text, &options, &diags, &resolver);
    for (size_t i = 0; i < resolver.units.len; i++) {
        const Unit *unit = resolver.units.entries[i].cptr;
        if (!unit->is_dep) add_sources(lint, unit); /* the files were read anew */
    }
    for (size_t i = 0; i < diags.list.len; i++) {
        const Diag *d = &diags.list.at[i];
        if (d->code != DIAG_WIT_GATE_MISSING && d->code != DIAG_WIT_GATE_WEAKER &&
            d->code != DIAG_WIT_GATE_REFERENCE)
            continue;
        if (!LINT_TELL(lint, GATES, d->span, STR_ARG(d->message))) continue;
        for (size_t j = 0; j < d->notes.len && !lint->diags->dropped; j++)
            *vec_push(lint->arena, &vec_last(&lint->diags->list).notes) = d->notes.at[j];
    }
}

bool witc_lint(Arena *arena, Str path, const Source *text, const WitcLintOptions *options,
               Diags *diags) {
    Resolver resolver = {0};
    WitcOptions read = *options->read;
    read.all_features = true;
    read.strict = false;
    WitModel *model = load(arena, path, text, &read, diags, &resolver);
    if (!model) return false;
    Lint lint = {
        .arena = arena, .options = options, .diags = diags, .resolver = &resolver, .model = model};
    lint_all(&lint);
    lint_gates(&lint, path, text, read);
    return true;
}
