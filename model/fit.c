/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Whether one world can stand for another.
 *
 *     component          target
 *     imports    ⊆       imports      what the component needs is given
 *     exports    ⊇       exports      what is expected of it is there
 *
 * Either relation is "what `need` names, `have` has, at the same type": for imports the component
 * needs and the target has, for exports the reverse. Instances may have more than is needed. Value
 * types have no subtypes, so they are compared for equality. All differences are told, not only the
 * first.
 */
#include "model/internal.h"

typedef struct {
    Compare compare; /* a is the component's side, b the target's */
    Arena *arena;
    Diags *diags;
    Str need_name, have_name; /* of the worlds */
    bool need_is_target;
    const char *direction; /* "import" or "export" */
    Str item;              /* that is being looked at */
    Map told;              /* innermost types that differ, of which a diagnostic told */
    bool ok;
} Fit;

/* ---- telling ---- */

/* Who needs what, and what there is instead: nothing where `have_text` is empty. */
static void note_worlds(Fit *f, Str need_text, Span need, Str have_text, Span have) {
    Str text = short_text(f->arena, need_text);
    diag_note(f->diags, MODEL_FIT_NEEDS, need, STR_ARG(f->need_name), STR_ARG(text));
    text = short_text(f->arena, have_text);
    if (text.len) diag_note(f->diags, MODEL_FIT_HAS, have, STR_ARG(f->have_name), STR_ARG(text));
    else diag_note(f->diags, MODEL_FIT_LACKS, have, STR_ARG(f->have_name));
    f->ok = false;
}

static const char *kind_name(WitItemKind kind) {
    switch (kind) {
    case WIT_ITEM_INTERFACE: return "instance";
    case WIT_ITEM_FUNC: return "func";
    case WIT_ITEM_TYPE: break;
    }
    return "type";
}

/* ---- types ---- */

static bool same_type(Fit *f, const WitType *need, const WitType *have) {
    bool same = f->need_is_target ? same_types(&f->compare, have, need)
                                  : same_types(&f->compare, need, have);
    if (!same) f->compare.seen = (Map){0};
    return same;
}

static bool same_func(Fit *f, const WitFunc *need, const WitFunc *have) {
    bool same = f->need_is_target ? same_funcs(&f->compare, have, need)
                                  : same_funcs(&f->compare, need, have);
    if (!same) f->compare.seen = (Map){0};
    return same;
}

/* Whether the difference that was just found is new: what uses a type that differs differs too, but
 * is not told again. */
static bool is_news(Fit *f) {
    const WitType *type = f->compare.differ_a;
    bool added = true;
    if (type) map_put(f->arena, &f->told, address_key(f->arena, type), &added);
    if (!added) f->ok = false;
    return added;
}

/* ---- interfaces ---- */

/* What `map` has under a name; filled by NAMES. */
static const void *named_in(const Map *map, Str name) {
    const MapEntry *entry = map_get(map, name);
    return entry ? entry->cptr : NULL;
}

#define NAMES(f, map, list)                                                                        \
    for (size_t i_ = 0; i_ < (list)->len; i_++)                                                    \
    map_put((f)->arena, (map), (list)->at[i_]->name, NULL)->cptr = (list)->at[i_]

static void fit_types(Fit *f, const WitInterface *need, const WitInterface *have) {
    Map names = {0};
    NAMES(f, &names, &have->types);
    for (size_t i = 0; i < need->types.len; i++) {
        const WitType *a = need->types.at[i], *b = named_in(&names, a->name);
        Str text = wit_type_text(f->arena, a);
        if (!b) {
            diag(f->diags, MODEL_FIT_PART_MISSING, span_none(), f->direction, STR_ARG(f->item),
                 "type", STR_ARG(a->name));
            note_worlds(f, text, a->span, (Str){0}, have->span);
        } else if (!same_type(f, a, b) && is_news(f)) {
            diag(f->diags, MODEL_FIT_PART_TYPE, span_none(), f->direction, STR_ARG(f->item), "type",
                 STR_ARG(a->name));
            note_worlds(f, text, a->span, wit_type_text(f->arena, b), b->span);
            note_difference(&f->compare, f->need_is_target ? b : a);
        }
    }
}

static void fit_funcs(Fit *f, const WitInterface *need, const WitInterface *have) {
    Map names = {0};
    NAMES(f, &names, &have->funcs);
    for (size_t i = 0; i < need->funcs.len; i++) {
        const WitFunc *a = need->funcs.at[i], *b = named_in(&names, a->name);
        Str text = wit_func_text(f->arena, a);
        if (!b) {
            diag(f->diags, MODEL_FIT_PART_MISSING, span_none(), f->direction, STR_ARG(f->item),
                 "function", STR_ARG(a->name));
            note_worlds(f, text, a->span, (Str){0}, have->span);
        } else if (!same_func(f, a, b) && is_news(f)) {
            diag(f->diags, MODEL_FIT_PART_TYPE, span_none(), f->direction, STR_ARG(f->item),
                 "function", STR_ARG(a->name));
            note_worlds(f, text, a->span, wit_func_text(f->arena, b), b->span);
            note_difference(&f->compare, NULL);
        }
    }
}

static void fit_interfaces(Fit *f, const WitInterface *need, const WitInterface *have) {
    if (need == have) return;
    const WitInterface *component = f->need_is_target ? have : need;
    compare_pair(&f->compare, component, f->need_is_target ? need : have);
    fit_types(f, need, have);
    fit_funcs(f, need, have);
}

/* ---- worlds ---- */

/* What items are called; without versions, and then also with them, where versions are no matter.
 */
static Str name_of(const Fit *f, const WitItem *item, bool exact) {
    const WitPackage *package = NULL;
    if (!item->name.len && item->kind == WIT_ITEM_INTERFACE) package = item->interface->package;
    if (exact || !package) return wit_item_name(f->arena, item);
    return str_fmt(f->arena, "%.*s:%.*s/%.*s", STR_ARG(package->ns), STR_ARG(package->name),
                   STR_ARG(item->interface->name));
}

static Map named(const Fit *f, const WitItems *items) {
    Map map = {0};
    for (size_t i = 0; i < items->len; i++) {
        map_put(f->arena, &map, name_of(f, &items->at[i], true), NULL)->cptr = &items->at[i];
        if (!f->compare.any_version) continue;
        MapEntry *entry = map_put(f->arena, &map, name_of(f, &items->at[i], false), NULL);
        if (!entry->cptr) entry->cptr = &items->at[i];
    }
    return map;
}

static const WitItem *find(const Fit *f, const Map *map, const WitItem *item) {
    const MapEntry *entry = map_get(map, name_of(f, item, true));
    if (!entry && f->compare.any_version) entry = map_get(map, name_of(f, item, false));
    return entry ? entry->cptr : NULL;
}

static Span item_span(const WitItem *item) {
    switch (item->kind) {
    case WIT_ITEM_INTERFACE: break;
    case WIT_ITEM_FUNC: return item->func->span;
    case WIT_ITEM_TYPE: return item->type->span;
    }
    return item->span.source ? item->span : item->interface->span;
}

static Str item_text(Fit *f, const WitItem *item) {
    switch (item->kind) {
    case WIT_ITEM_INTERFACE: break;
    case WIT_ITEM_FUNC: return wit_func_text(f->arena, item->func);
    case WIT_ITEM_TYPE: return wit_type_text(f->arena, item->type);
    }
    return wit_item_name(f->arena, item);
}

static void fit_item(Fit *f, const WitItem *need, const WitItem *have) {
    bool kinds = need->kind == have->kind;
    if (kinds && need->kind == WIT_ITEM_INTERFACE) {
        fit_interfaces(f, need->interface, have->interface);
        return;
    }
    if (kinds) {
        bool same = need->kind == WIT_ITEM_FUNC ? same_func(f, need->func, have->func)
                                                : same_type(f, need->type, have->type);
        if (same || !is_news(f)) return;
        diag(f->diags, MODEL_FIT_TYPE, span_none(), f->direction, STR_ARG(f->item));
    } else {
        diag(f->diags, MODEL_FIT_KIND, span_none(), f->direction, STR_ARG(f->item),
             kind_name(need->kind), kind_name(have->kind));
    }
    note_worlds(f, item_text(f, need), item_span(need), item_text(f, have), item_span(have));
    if (kinds) note_difference(&f->compare, NULL);
}

/* An import of an interface that is empty is no need: no component has it. */
static bool is_needless(const Fit *f, const WitItem *item) {
    return !f->need_is_target && item->kind == WIT_ITEM_INTERFACE && !item->interface->types.len &&
           !item->interface->funcs.len;
}

static void fit_items(Fit *f, const WitItems *need, const WitItems *have, Span have_span) {
    Map map = named(f, have);
    for (size_t i = 0; i < need->len; i++) {
        const WitItem *item = &need->at[i], *other = find(f, &map, item);
        f->item = wit_item_name(f->arena, item);
        if (other) {
            fit_item(f, item, other);
            continue;
        }
        if (is_needless(f, item)) continue;
        diag(f->diags, MODEL_FIT_MISSING, span_none(), f->direction, STR_ARG(f->item));
        note_worlds(f, item_text(f, item), item_span(item), (Str){0}, have_span);
    }
}

static bool fits(const WitWorld *component, const WitWorld *target, bool any_version,
                 Diags *diags) {
    Fit f = {.arena = diags->arena, .diags = diags, .ok = true};
    f.compare = (Compare){.arena = diags->arena, .diags = diags, .any_version = any_version};
    compare_pair(&f.compare, component, target);
    f.need_name = wit_world_id(f.arena, component);
    f.have_name = wit_world_id(f.arena, target);
    f.direction = "import";
    fit_items(&f, &component->imports, &target->imports, target->span);
    Str name = f.need_name;
    f.need_name = f.have_name;
    f.have_name = name;
    f.need_is_target = true;
    f.direction = "export";
    fit_items(&f, &target->exports, &component->exports, component->span);
    return f.ok;
}

bool wit_world_fits(const WitWorld *component, const WitWorld *target, Diags *diags) {
    return fits(component, target, false, diags);
}

bool wit_semver_check(const WitWorld *prev, const WitWorld *next, Diags *diags) {
    const WitPackage *a = prev->package, *b = next->package;
    if (a && b && (!str_eq(a->ns, b->ns) || !str_eq(a->name, b->name))) {
        Str old_id = wit_package_id(diags->arena, a), new_id = wit_package_id(diags->arena, b);
        diag(diags, MODEL_OTHER_PACKAGE, next->span, STR_ARG(old_id), STR_ARG(new_id));
        return false;
    }
    return fits(prev, next, true, diags);
}
