/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Identical modules and components are stored once. What occurs again, however deep, is moved to the
 * outermost component, and aliases stand where it was, so that no index changes inside:
 *
 *     (component                          (component
 *       (component $a (core module M))      (core module $m M)
 *       (component $b (core module M)))     (component $a (alias outer 1 $m (core module)))
 *                                           (component $b (alias outer 1 $m (core module))))
 *
 * A component can move only if no outer alias in it leads out of it. What moves comes first of all,
 * so the indices of the outermost component's own modules and components move up; nothing in a
 * composition but its own items speaks of those.
 */
#include "component/graph.h"
#include "component/internal.h"

enum { SMALLEST = 64 }; /* bytes that are worth an alias */

typedef struct Twin {
    CompSort sort;
    size_t count;
    uint32_t index; /* in the result; COMP_NONE: it is not there yet */
    const CompItem *item;
} Twin;

typedef struct {
    Arena *arena;
    CompLeads leads;
    Map twins;         /* key_of -> Twin; the preamble tells the sort */
    Map others;        /* bytes -> Twin, of those whose key another one has */
    CompItems first;   /* what comes first of all */
    uint32_t added[2]; /* core modules, components */
    unsigned depth;
} Sharing;

/* ---- what occurs ---- */

static void at_least(uint32_t *reach, uint32_t n, uint32_t depth) {
    if (n > depth && n - depth > *reach) *reach = n - depth;
}

/* How many levels beyond these items their outer aliases lead at most. */
static uint32_t reach_of(CompLeads *r, const CompItems *items) {
    uint32_t reach = 0;
    for (size_t i = 0; i < items->len; i++) {
        const CompItem *item = &items->at[i];
        if (item->kind == COMP_ITEM_ALIAS && item->alias.kind == COMP_ALIAS_OUTER)
            at_least(&reach, item->alias.count, 0);
        if (item->kind == COMP_ITEM_COMPONENT)
            at_least(&reach, comp_leads_out(r, item->component), 1);
        if (item->kind == COMP_ITEM_TYPE && item->type->items.len)
            at_least(&reach, reach_of(r, &item->type->items), 1);
        if (item->kind == COMP_ITEM_CORE_TYPE && item->core_type.module) {
            const CompModuleType *type = item->core_type.module;
            for (size_t k = 0; k < type->decls.len; k++)
                if (type->decls.at[k].kind == COMP_DECL_ALIAS)
                    at_least(&reach, type->decls.at[k].count, 1);
        }
    }
    return reach;
}

uint32_t comp_leads_out(CompLeads *r, const CompComponent *component) {
    bool added;
    MapEntry *known = map_put_ptr(r->arena, &r->known, component, &added);
    if (!added) return (uint32_t)known->value;
    uint32_t reach = reach_of(r, &component->items);
    return (uint32_t)(map_put_ptr(r->arena, &r->known, component, NULL)->value = reach);
}

/* The bytes that an item stands for; empty: it cannot be shared. */
static Str shared_bytes(const CompItem *item) {
    Str bytes = {0};
    if (item->kind == COMP_ITEM_CORE_MODULE) bytes = item->core_module.bytes;
    if (item->kind == COMP_ITEM_COMPONENT) bytes = item->component->bytes;
    return bytes.len >= SMALLEST ? bytes : (Str){0};
}

/* Cheaper than all bytes; what agrees in it is compared. */
static Str key_of(Sharing *s, Str bytes) {
    size_t half = bytes.len / 2;
    Str length = {(const char *)&bytes.len, sizeof bytes.len};
    return STR_JOIN(s->arena, length, str_from_to(bytes, 0, 64),
                    str_from_to(bytes, half, half + 64), str_after(bytes, bytes.len - 64));
}

/* The place of these bytes' twin, where there may be none yet. */
static MapEntry *find_twin(Sharing *s, Str bytes) {
    MapEntry *entry = map_put(s->arena, &s->twins, key_of(s, bytes), NULL);
    const Twin *twin = entry->ptr;
    if (!twin || str_eq(shared_bytes(twin->item), bytes)) return entry;
    return map_put(s->arena, &s->others, bytes, NULL);
}

static Twin *twin_of(Sharing *s, const CompItem *item, bool *added) {
    Str bytes = shared_bytes(item);
    if (!bytes.len) return NULL;
    if (item->kind == COMP_ITEM_COMPONENT && comp_leads_out(&s->leads, item->component))
        return NULL;
    MapEntry *entry = find_twin(s, bytes);
    *added = !entry->ptr;
    if (entry->ptr) return entry->ptr;
    Twin *twin = ARENA_NEW(s->arena, Twin);
    *twin = (Twin){.index = COMP_NONE, .item = item};
    twin->sort = item->kind == COMP_ITEM_COMPONENT ? COMP_COMPONENT : COMP_CORE_MODULE;
    return entry->ptr = twin;
}

/* Counts; what is in a twin was counted with it. */
static void count(Sharing *s, const CompItems *items) {
    for (size_t i = 0; i < items->len; i++) {
        bool added = true;
        Twin *twin = twin_of(s, &items->at[i], &added);
        if (twin) twin->count++;
        if (items->at[i].kind == COMP_ITEM_COMPONENT && added)
            count(s, &items->at[i].component->items);
    }
}

/* ---- in place of it ---- */

static CompItem alias_of(const Sharing *s, const Twin *twin, size_t offset) {
    CompItem alias = {.kind = COMP_ITEM_ALIAS, .offset = offset};
    alias.alias.kind = COMP_ALIAS_OUTER;
    alias.alias.sort = twin->sort;
    alias.alias.index = twin->index;
    alias.alias.count = s->depth;
    return alias;
}

static bool replace(Sharing *s, CompItem *item);

/* The items with aliases for what moves; false where there was nothing to replace. */
static bool replace_all(Sharing *s, const CompItems *from, CompItems *to) {
    bool any = false;
    *to = (CompItems){0};
    vec_reserve(s->arena, to, from->len);
    for (size_t i = 0; i < from->len; i++) {
        CompItem *item = vec_push(s->arena, to);
        *item = from->at[i];
        any |= replace(s, item);
    }
    return any;
}

/* What is in a component. */
static bool replace_inside(Sharing *s, CompItem *item) {
    CompItems items;
    s->depth++;
    bool any = replace_all(s, &item->component->items, &items);
    s->depth--;
    if (!any) return false;
    CompComponent *made = ARENA_NEW(s->arena, CompComponent);
    *made = *item->component;
    made->bytes = (Str){0};
    made->items = items;
    item->component = made;
    return true;
}

static void move_out(Sharing *s, Twin *twin) {
    if (twin->index != COMP_NONE) return;
    CompItem item = *twin->item;
    unsigned depth = s->depth;
    s->depth = 0;
    if (item.kind == COMP_ITEM_COMPONENT) replace_inside(s, &item);
    s->depth = depth;
    twin->index = s->added[twin->sort == COMP_COMPONENT]++;
    item.section_end = 0;
    *vec_push(s->arena, &s->first) = item;
}

static bool replace(Sharing *s, CompItem *item) {
    Str bytes = shared_bytes(item);
    Twin *twin = bytes.len ? find_twin(s, bytes)->ptr : NULL;
    if (twin && twin->count > 1) {
        move_out(s, twin);
        *item = alias_of(s, twin, item->offset);
        return true;
    }
    return item->kind == COMP_ITEM_COMPONENT && replace_inside(s, item);
}

/* ---- the outermost component ---- */

static void shift(const Sharing *s, CompSort sort, uint32_t *index) {
    if (sort == COMP_CORE_MODULE) *index += s->added[0];
    if (sort == COMP_COMPONENT) *index += s->added[1];
}

static void shift_item(const Sharing *s, CompItem *item) {
    switch (item->kind) {
    case COMP_ITEM_INSTANCE:
        if (!item->instance.is_exports) shift(s, COMP_COMPONENT, &item->instance.index);
        for (size_t i = 0; i < item->instance.args.len; i++)
            shift(s, item->instance.args.at[i].sort, &item->instance.args.at[i].index);
        break;
    case COMP_ITEM_EXPORT: shift(s, item->export.sort, &item->export.index); break;
    default: break;
    }
}

static void shift_names(const Sharing *s, CompNames *names, CompSort sort, uint32_t by) {
    if (!by || !names->sorts[sort].len) return;
    CompNames old = *names;
    memset(&names->sorts[sort], 0, sizeof names->sorts[sort]);
    for (uint32_t i = 0; i < old.sorts[sort].len; i++)
        comp_set_name(s->arena, names, sort, i + by, old.sorts[sort].at[i]);
}

CompComponent *comp_share(Arena *arena, CompComponent *component) {
    Sharing s = {.arena = arena, .leads.arena = arena};
    CompItems items;
    count(&s, &component->items);
    if (!replace_all(&s, &component->items, &items)) return component;
    for (size_t i = 0; i < items.len; i++) {
        bool own = items.at[i].kind != COMP_ITEM_ALIAS;
        if (own) shift_item(&s, &items.at[i]);
        *vec_push(arena, &s.first) = items.at[i];
    }
    CompComponent *made = ARENA_NEW(arena, CompComponent);
    *made = *component;
    made->bytes = (Str){0};
    made->items = s.first;
    shift_names(&s, &made->names, COMP_CORE_MODULE, s.added[0]);
    shift_names(&s, &made->names, COMP_COMPONENT, s.added[1]);
    return made;
}
