/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc retarget`: versions in the names of interfaces, changed throughout a component.
 *
 * A name is what it is because others use it: what one component imports, another passes to it under
 * that name, and what an instance exports is fetched by it. So a name is changed wherever it stands as
 * that of an import or export, or of the interface that these implement: in components however deep,
 * in the types of components and instances, in arguments, in bags of exports, in aliases. Names
 * inside core modules stay: those are joined by what is written in one component, and nobody outside
 * sees them.
 */
#include "component/component.h"
#include "component/internal.h"

typedef struct {
    Arena *arena;
    Diags *diags;
    const CompVersionChange *changes;
    size_t change_count;
    bool *used;    /* of the changes */
    Map known;     /* name -> its new one, as Str; so that each is made once */
    Map versioned; /* all names with a version that were met, in order */
} Retarget;

static Str changed(Retarget *t, Str name) {
    size_t at = str_find(name, '@', 0);
    if (at == SIZE_MAX || str_find(name, ':', 0) > at) return name;
    bool added;
    MapEntry *entry = map_put(t->arena, &t->known, name, &added);
    if (!added) return *(const Str *)entry->cptr;
    Str *made = ARENA_NEW(t->arena, Str), path = str_from_to(name, 0, at);
    *made = name;
    map_put(t->arena, &t->known, name, NULL)->ptr = made;
    for (size_t i = 0; i < t->change_count; i++) {
        const CompVersionChange *c = &t->changes[i];
        size_t slash = str_find(path, '/', 0), colon = str_find(path, ':', 0);
        bool matches = str_eq(c->name, path) || str_eq(c->name, str_from_to(path, 0, slash)) ||
                       str_eq(c->name, str_from_to(path, 0, colon));
        if (!matches || !str_eq(str_after(name, at + 1), c->from.text)) continue;
        *made = STR_JOIN(t->arena, path, STR("@"), c->to.text);
        t->used[i] = true;
        break;
    }
    Semver whole;
    if (semver_parse(str_after(name, at + 1), &whole)) map_put(t->arena, &t->versioned, name, NULL);
    return *made;
}

/* "a:b/c@0.2" with the suffix ".3": where it becomes another track, so do the aliases and arguments
 * that have its name without the suffix, and come after it. */
static void change_canonical(Retarget *t, CompName *name) {
    Str old = str_concat(t->arena, name->name, name->version_suffix), to = changed(t, old);
    Semver version;
    size_t at = str_find(to, '@', 0);
    if (str_eq(to, old) || at == SIZE_MAX || !semver_parse(str_after(to, at + 1), &version)) return;
    Str track = semver_track(t->arena, version), text = version.text;
    if (!str_starts(text, track)) track = text;
    Str *made = ARENA_NEW(t->arena, Str);
    *made = STR_JOIN(t->arena, str_from_to(to, 0, at + 1), track);
    map_put(t->arena, &t->known, name->name, NULL)->ptr = made;
    name->name = *made;
    name->version_suffix = str_after(text, track.len);
}

/* An import or export by a plain name may tell the interface that it implements. */
static void change_name(Retarget *t, CompName *name) {
    if (name->has_version_suffix) {
        change_canonical(t, name);
        return;
    }
    name->name = changed(t, name->name);
    if (name->has_implements) name->implements = changed(t, name->implements);
}

static CompItems change_items(Retarget *t, const CompItems *from);

static void change_args(Retarget *t, CompArgs *args) {
    CompArgs from = *args;
    *args = (CompArgs){0};
    for (size_t i = 0; i < from.len; i++) {
        CompArg arg = from.at[i];
        change_name(t, &arg.name);
        *vec_push(t->arena, args) = arg;
    }
}

static const CompComponent *change_component(Retarget *t, const CompComponent *from) {
    CompComponent *made = ARENA_NEW(t->arena, CompComponent);
    *made = *from;
    made->bytes = (Str){0};
    made->items = change_items(t, &from->items);
    return made;
}

static const CompTypedef *change_type(Retarget *t, const CompTypedef *from) {
    if (from->sort != COMP_TYPEDEF_COMPONENT && from->sort != COMP_TYPEDEF_INSTANCE) return from;
    CompTypedef *made = ARENA_NEW(t->arena, CompTypedef);
    *made = *from;
    made->items = change_items(t, &from->items);
    return made;
}

/* As deep as the decoder lets components and types nest. */
static CompItems change_items(Retarget *t, const CompItems *from) {
    CompItems to = {0};
    vec_reserve(t->arena, &to, from->len);
    for (size_t i = 0; i < from->len; i++) {
        CompItem *item = vec_push(t->arena, &to);
        *item = from->at[i];
        switch (item->kind) {
        case COMP_ITEM_COMPONENT: item->component = change_component(t, item->component); break;
        case COMP_ITEM_TYPE: item->type = change_type(t, item->type); break;
        case COMP_ITEM_INSTANCE: change_args(t, &item->instance.args); break;
        case COMP_ITEM_ALIAS:
            if (item->alias.kind == COMP_ALIAS_EXPORT)
                item->alias.name = changed(t, item->alias.name);
            break;
        case COMP_ITEM_IMPORT: change_name(t, &item->import.name); break;
        case COMP_ITEM_EXPORT: change_name(t, &item->export.name); break;
        case COMP_ITEM_CORE_MODULE:
        case COMP_ITEM_CORE_INSTANCE:
        case COMP_ITEM_CORE_TYPE:
        case COMP_ITEM_CANON:
        case COMP_ITEM_START:
        case COMP_ITEM_VALUE:
        case COMP_ITEM_CUSTOM: break;
        }
    }
    return to;
}

/* Two names of the outermost component that become one. */
static bool check_clashes(Retarget *t, const CompComponent *component) {
    Map names[2] = {{0}, {0}};
    for (size_t i = 0; i < component->items.len; i++) {
        const CompItem *item = &component->items.at[i];
        bool import = item->kind == COMP_ITEM_IMPORT;
        if (!import && item->kind != COMP_ITEM_EXPORT) continue;
        Str name = import ? item->import.name.name : item->export.name.name, to = changed(t, name);
        bool added;
        MapEntry *entry = map_put(t->arena, &names[import], to, &added);
        if (added) {
            Str *old = ARENA_NEW(t->arena, Str);
            *old = name;
            entry->ptr = old;
            continue;
        }
        Str other = *(const Str *)entry->cptr;
        diag(t->diags, RETARGET_CLASH, span_at(component->source, item->offset), STR_ARG(to),
             import ? "imported" : "exported", STR_ARG(str_eq(other, to) ? name : other));
        return false;
    }
    return true;
}

static void tell_versions(Retarget *t) {
    Buf names = {.arena = t->arena};
    for (size_t i = 0; i < t->versioned.len && i < 12; i++)
        buf_fmt(&names, "%s`%.*s`", i ? ", " : "", STR_ARG(t->versioned.entries[i].key));
    if (t->versioned.len > 12) buf_str(&names, STR(" and more"));
    Str text = buf_text(&names);
    if (text.len) diag_note(t->diags, RETARGET_NAMES, span_none(), STR_ARG(text));
}

CompComponent *comp_retarget(Arena *arena, const CompComponent *component,
                             const CompVersionChange *changes, size_t n, Diags *diags) {
    Retarget t = {.arena = arena, .diags = diags, .changes = changes, .change_count = n};
    size_t errors = diags->errors;
    t.used = ARENA_NEW_ARRAY(arena, bool, n);
    CompComponent *made = ARENA_NEW(arena, CompComponent);
    *made = *component;
    made->bytes = (Str){0};
    made->items = change_items(&t, &component->items);
    for (size_t i = 0; i < n; i++) {
        const CompVersionChange *c = &changes[i];
        Str name = STR_JOIN(arena, c->name, STR("@"), c->from.text);
        if (!t.used[i]) {
            diag(diags, RETARGET_NOTHING, span_at(component->source, 0), STR_ARG(name));
            tell_versions(&t);
        } else if (!str_eq(semver_track(arena, c->from), semver_track(arena, c->to))) {
            diag(diags, RETARGET_TRACK, span_none(), STR_ARG(c->from.text), STR_ARG(c->to.text));
        }
    }
    return diags->errors == errors && check_clashes(&t, component) ? made : NULL;
}
