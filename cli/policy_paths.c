/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Which instances a component will have, without running it: its items in order, as the engine runs them,
 * but only those that make components and instances. What is instantiated of an import is not known.
 */
#include "cli/grant.h"

enum { MOST_PATHS = 10000, MOST_DEPTH = 100 };

/* An instance being walked, with the components that its index space has so far; NULL: not known. */
typedef struct Scope {
    const struct Closure *of;
    const struct Scope *outer; /* where its component is defined */
    VEC(const struct Closure *) components;
} Scope;

typedef struct Closure {
    const CompInfo *info;
    const Scope *outer;
} Closure;

typedef struct {
    Cli *cli;
    StrVec *paths;
} Walk;

static void walk(Walk *w, const Closure *closure, Str path, unsigned depth);

static const Closure *closure_new(Walk *w, const CompInfo *info, const Scope *outer) {
    Closure *closure = ARENA_NEW(w->cli->arena, Closure);
    *closure = (Closure){info, outer};
    return closure;
}

static const Closure *aliased(const Scope *scope, const CompItem *item) {
    if (item->alias.kind != COMP_ALIAS_OUTER) return NULL;
    for (uint32_t i = 0; scope && i < item->alias.count; i++) scope = scope->outer;
    return scope && item->alias.index < scope->components.len
               ? scope->components.at[item->alias.index]
               : NULL;
}

static void walk_instance(Walk *w, const Scope *scope, const CompItem *item, Str path,
                          unsigned depth) {
    if (item->instance.is_exports || w->paths->len >= MOST_PATHS) return;
    *vec_push(w->cli->arena, w->paths) = path;
    const Closure *closure = item->instance.index < scope->components.len
                                 ? scope->components.at[item->instance.index]
                                 : NULL;
    if (closure && depth < MOST_DEPTH) walk(w, closure, path, depth + 1);
}

static void walk(Walk *w, const Closure *closure, Str path, unsigned depth) {
    Arena *arena = w->cli->arena;
    const CompComponent *component = closure->info->component;
    Scope *scope = ARENA_NEW(arena, Scope);
    *scope = (Scope){.of = closure, .outer = closure->outer};
    size_t nested = 0;
    uint32_t instances = 0, count;
    for (size_t i = 0; i < component->items.len; i++) {
        const CompItem *item = &component->items.at[i];
        CompSort sort = comp_item_sort(item, &count);
        if (item->kind == COMP_ITEM_INSTANCE)
            walk_instance(w, scope, item, comp_instance_path(arena, path, component, instances),
                          depth);
        if (sort == COMP_INSTANCE) instances += count;
        if (sort != COMP_COMPONENT || !count) continue;
        const Closure *made = NULL;
        if (item->kind == COMP_ITEM_COMPONENT)
            made = closure_new(w, closure->info->components.at[nested++], scope);
        else if (item->kind == COMP_ITEM_ALIAS) made = aliased(scope, item);
        *vec_push(arena, &scope->components) = made;
    }
}

void grant_paths(Cli *cli, const CompInfo *info, StrVec *paths) {
    Walk w = {cli, paths};
    walk(&w, closure_new(&w, info, NULL), (Str){0}, 0);
}

void grant_note_paths(Cli *cli, const StrVec *paths) {
    Buf list = {.arena = cli->arena};
    for (size_t i = 0; i < paths->len && i < 20; i++)
        buf_fmt(&list, "%s`%.*s`", i ? ", " : "", STR_ARG(paths->at[i]));
    if (paths->len > 20) buf_fmt(&list, " and %zu more", paths->len - 20);
    if (!paths->len) buf_fmt(&list, "none: the component is not composed of others");
    diag_note(&cli->diags, CLI_POLICY_INSTANCES, span_none(), STR_ARG(buf_text(&list)));
}
