/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Why a world has what it has. The model says where a statement stands: an item with a place was
 * written, here or in a world that is included; the same place in an included world tells by which
 * `include` it came. An item without a place was added when the world was elaborated, because the
 * types of another item are used from it. A search in breadth from all that is written,
 *
 *     import  ── uses ──▶ import          export ── uses ──▶ export, if there is one; else import
 *
 * gives each of those the shortest chain. A world that was decoded from a binary has no places:
 * there the search begins with what nobody uses.
 */
#include "report/reason.h"

/* ---- places ---- */

typedef VEC(uint32_t) Lines; /* where each begins */

static const Lines *lines_of(ReasonBook *book, const Source *source) {
    bool added;
    MapEntry *entry = map_put_ptr(book->arena, &book->sources, source, &added);
    if (!added) return entry->cptr;
    Lines *lines = ARENA_NEW(book->arena, Lines);
    entry->ptr = lines;
    *vec_push(book->arena, lines) = 0;
    for (size_t i = str_find(source->text, '\n', 0); i != SIZE_MAX;
         i = str_find(source->text, '\n', i + 1))
        *vec_push(book->arena, lines) = (uint32_t)i + 1;
    return lines;
}

LineColumn reason_line(ReasonBook *book, Span span) {
    const Lines *lines = lines_of(book, span.source);
    size_t line = line_find(lines->at, lines->len, span.start);
    return (LineColumn){(uint32_t)line + 1, span.start - lines->at[line] + 1};
}

Str reason_place(ReasonBook *book, Span span) {
    if (!span.source || span.source->binary) return span_place(book->arena, span);
    LineColumn at = reason_line(book, span);
    return str_fmt(book->arena, "%.*s:%u:%u", STR_ARG(span.source->path), at.line, at.column);
}

/* ---- includes ---- */

/* A place as a key: in the arena if it is to stay, else in the caller's `key`. */
typedef struct {
    const Source *source;
    uint64_t start;
} Place;

static Str place_key(Place *key, Span span) {
    *key = (Place){span.source, span.start};
    return (Str){(const char *)key, sizeof *key};
}

static bool is_path(const WitItem *item) {
    return item->kind == WIT_ITEM_INTERFACE && !item->name.len;
}

static void list_items(ReasonBook *book, Map *listed, const WitItems *items, bool are_imports,
                       const WitInclude *include) {
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        bool added = false;
        MapEntry *entry = NULL;
        if (item->span.source) {
            Str key = place_key(ARENA_NEW(book->arena, Place), item->span);
            entry = map_put(book->arena, listed, key, &added);
        } else if (are_imports && is_path(item)) {
            entry = map_put_ptr(book->arena, listed, item->interface, &added);
        }
        if (added) entry->cptr = include;
    }
}

/* What the includes of a world bring: by place, and imports without a place by their interface. */
static const Map *listed_in(ReasonBook *book, const WitWorld *world) {
    bool added;
    MapEntry *entry = map_put_ptr(book->arena, &book->listed, world, &added);
    if (!added) return entry->cptr;
    Map *listed = ARENA_NEW(book->arena, Map);
    entry->ptr = listed;
    for (size_t i = 0; i < world->includes.len; i++) {
        const WitInclude *include = &world->includes.at[i];
        list_items(book, listed, &include->world->imports, true, include);
        list_items(book, listed, &include->world->exports, false, include);
    }
    return listed;
}

const WitInclude *reason_include(ReasonBook *book, const WitWorld *world, Span span) {
    if (!world->includes.len || !span.source) return NULL;
    Place place;
    const MapEntry *found = map_get(listed_in(book, world), place_key(&place, span));
    return found ? found->cptr : NULL;
}

/* ---- needs ---- */

typedef struct {
    ReasonBook *book;
    const WitWorld *world;
    Reasons *reasons;
    Map imports, exports; /* interface -> Reason, of those known by their path */
    Map used;             /* interfaces that others use */
    Reason **queue;
    size_t queued;
} Search;

/* Types first..end of an item's interface are uses of types of `from`. */
typedef struct {
    const WitInterface *from;
    size_t first, end;
} Use;

static bool next_use(const WitItem *item, Use *use) {
    use->first = use->end;
    if (item->kind == WIT_ITEM_TYPE) {
        use->from = use->end++ ? NULL : wit_used_interface(item->type);
        return use->from != NULL;
    }
    if (item->kind == WIT_ITEM_FUNC) return false;
    size_t n = item->interface->types.len;
    WitType *const *types = item->interface->types.at;
    while (use->first < n && !(use->from = wit_used_interface(types[use->first]))) use->first++;
    if (use->first == n) return false;
    use->end = use->first + 1;
    while (use->end < n && wit_used_interface(types[use->end]) == use->from) use->end++;
    return true;
}

/* An export means another export where there is one. */
static bool means_export(const Search *s, const Reason *by, const Use *use) {
    return by->is_export && map_has_ptr(&s->exports, use->from);
}

static void find_uses(Search *s, Reason *by) {
    for (Use use = {0}; next_use(by->item, &use);) {
        const MapEntry *entry = map_get_ptr(&s->imports, use.from);
        Reason *reason = entry ? entry->ptr : NULL;
        if (means_export(s, by, &use) || !reason || reason->kind != REASON_NEEDED || reason->by)
            continue;
        reason->by = by;
        reason->first = use.first;
        reason->count = by->item->kind == WIT_ITEM_INTERFACE ? use.end - use.first : 0;
        s->queue[s->queued++] = reason;
    }
}

static void note_used(Search *s, const Reason *by) {
    for (Use use = {0}; next_use(by->item, &use);)
        if (!means_export(s, by, &use)) map_put_ptr(s->book->arena, &s->used, use.from, NULL);
}

/* What can be told without a search; what it must find out is NEEDED. */
static void begin_reason(Search *s, Reason *r, bool has_text) {
    if (has_text && r->item->span.source) {
        r->include = reason_include(s->book, s->world, r->item->span);
        r->kind = r->include ? REASON_INCLUDED : REASON_WRITTEN;
    } else if (r->is_export || !is_path(r->item) ||
               (!has_text && !map_has_ptr(&s->used, r->item->interface))) {
        r->kind = REASON_NAMED;
    } else {
        r->kind = REASON_NEEDED;
    }
}

/* Nothing that is written needs it here: an included world does. */
static void settle(Search *s, Reason *r) {
    const MapEntry *found = map_get_ptr(listed_in(s->book, s->world), r->item->interface);
    r->include = found ? found->cptr : NULL;
    r->kind = found ? REASON_INCLUDED : REASON_NAMED;
}

static void search(Search *s) {
    Arena *arena = s->book->arena;
    const WitWorld *w = s->world;
    bool has_text = w->span.source && !w->span.source->binary;
    for (size_t i = 0; i < s->reasons->len; i++) {
        Reason *r = &s->reasons->at[i];
        r->is_export = i >= w->imports.len;
        r->item = r->is_export ? &w->exports.at[i - w->imports.len] : &w->imports.at[i];
        if (is_path(r->item))
            map_put_ptr(arena, r->is_export ? &s->exports : &s->imports, r->item->interface, NULL)
                ->ptr = r;
    }
    for (size_t i = 0; !has_text && i < s->reasons->len; i++) note_used(s, &s->reasons->at[i]);
    for (size_t i = 0; i < s->reasons->len; i++) {
        Reason *r = &s->reasons->at[i];
        begin_reason(s, r, has_text);
        if (r->kind != REASON_NEEDED) s->queue[s->queued++] = r;
    }
    for (size_t i = 0; i < s->queued; i++) find_uses(s, s->queue[i]);
    for (size_t i = 0; i < s->reasons->len; i++)
        if (s->reasons->at[i].kind == REASON_NEEDED && !s->reasons->at[i].by)
            settle(s, &s->reasons->at[i]);
}

const Reasons *reason_world(ReasonBook *book, const WitWorld *world) {
    bool added;
    MapEntry *entry = map_put_ptr(book->arena, &book->reasons, world, &added);
    if (!added) return entry->cptr;
    Reasons *reasons = ARENA_NEW(book->arena, Reasons);
    entry->ptr = reasons;
    reasons->world = world;
    reasons->len = world->imports.len + world->exports.len;
    reasons->at = ARENA_NEW_ARRAY(book->arena, Reason, reasons->len);
    Search s = {.book = book, .world = world, .reasons = reasons};
    s.queue = ARENA_NEW_ARRAY(book->arena, Reason *, reasons->len);
    search(&s);
    return reasons;
}
