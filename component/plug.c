/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Wiring by interface, and `witc plug`, which is nothing but that.
 *
 *     socket ──"a:b/c@1.0.0"──▶ plug 1 ──"a:b/d@1.0.0"──▶ plug 2
 *
 * A walk from the roots on: each open import is offered to the givers, by its exact name first, then
 * by a compatible version, the highest first. Who gives something is walked to next, so that plugs
 * are served like the socket is. Every offer that comes close and is not taken is told: another
 * version, another type, a second giver of the same.
 */
#include <stdlib.h>

#include "component/graph.h"
#include "component/internal.h"

typedef struct {
    uint32_t giver; /* its place in options->givers */
    const CompExtern *export;
    Semver version; /* of its name, if that has one */
    bool used;
} Offer;
typedef VEC(Offer *) Offers;

/* A second giver of what was served: told in the end, if nobody took its export. */
typedef struct {
    uint32_t taker, served_by;
    Str import;
    const Offer *other;
} Rival;

typedef struct {
    CompGraph *g;
    const CompWireOptions *options;
    Map by_name, by_track, by_path; /* -> Offers; the path is a name without its version */
    VEC(uint32_t) queue;            /* instances that are needed */
    bool *queued;                   /* by node */
    VEC(Rival) rivals;
} Wiring;

/* As an error or as a warning. */
#define tell(w, CODE, ...)                                                                         \
    ((w)->options->strict ? diag((w)->g->diags, CODE##_ERROR, span_none(), __VA_ARGS__)            \
                          : diag((w)->g->diags, CODE, span_none(), __VA_ARGS__))

static Str path_of_name(Str name) {
    size_t at = str_find(name, '@', 0);
    return at == SIZE_MAX ? name : str_from_to(name, 0, at);
}

static Str name_of(const Wiring *w, uint32_t node) { return comp_node(w->g, node)->name; }

static void add_offer(Wiring *w, Map *map, Str key, Offer *offer) {
    bool added;
    MapEntry *entry = map_put(w->g->arena, map, key, &added);
    if (added) entry->ptr = ARENA_NEW(w->g->arena, Offers);
    Offers *offers = entry->ptr;
    *vec_push(w->g->arena, offers) = offer;
}

static const Offers *offers_for(const Map *map, Str key) {
    static const Offers none;
    const MapEntry *entry = map_get(map, key);
    return entry ? entry->cptr : &none;
}

static void collect_offers(Wiring *w) {
    for (uint32_t i = 0; i < w->options->giver_count; i++) {
        const CompExterns *exports = comp_exports_of(w->g, comp_node(w->g, w->options->givers[i]));
        for (size_t k = 0; k < exports->len; k++) {
            CompSort sort = exports->at[k].entity.sort;
            if (sort != COMP_FUNC && sort != COMP_INSTANCE) continue;
            Offer *offer = ARENA_NEW(w->g->arena, Offer);
            *offer = (Offer){.giver = i, .export = &exports->at[k]};
            Str name = exports->at[k].name.name;
            Str track = comp_track(w->g->arena, name, &offer->version);
            add_offer(w, &w->by_name, name, offer);
            if (track.len) add_offer(w, &w->by_track, track, offer);
            add_offer(w, &w->by_path, path_of_name(name), offer);
        }
    }
}

static int newest_first(const void *a, const void *b) {
    const Offer *x = *(Offer *const *)a, *y = *(Offer *const *)b;
    int order = semver_cmp(y->version, x->version);
    return order ? order : x->giver < y->giver ? -1 : x->giver > y->giver;
}

/* So that the first one that fits is taken, and the others are not compared. */
static void sort_tracks(Wiring *w) {
    for (size_t i = 0; i < w->by_track.len; i++) {
        Offers *offers = w->by_track.entries[i].ptr;
        qsort(offers->at, offers->len, sizeof *offers->at, newest_first);
    }
}

static void enqueue(Wiring *w, uint32_t node) {
    while (comp_node(w->g, node)->kind == COMP_NODE_ALIAS) node = comp_node(w->g, node)->of;
    if (comp_node(w->g, node)->kind != COMP_NODE_INSTANCE || w->queued[node]) return;
    w->queued[node] = true;
    *vec_push(w->g->arena, &w->queue) = node;
}

/* ---- what comes close ---- */

static Str declaration(const Wiring *w, const CompExtern *e) {
    Str text = comp_entity_text(w->g->arena, &e->entity);
    return STR_JOIN(w->g->arena, e->name.name, STR(": "), text);
}

/* The first part in which the two differ, as WIT. */
static void note_difference(Wiring *w, const CompExtern *want, const CompExtern *have) {
    const CompExtern *a = want, *b = have;
    Str why;
    while (a->entity.sort == COMP_INSTANCE && b->entity.sort == COMP_INSTANCE) {
        const CompExterns *parts = &a->entity.instance->exports;
        const CompExtern *x = NULL, *y = NULL;
        for (size_t i = 0; i < parts->len && !x; i++) {
            y = comp_find_export(b->entity.instance, parts->at[i].name.name);
            if (!y || !comp_graph_fits(w->g, &y->entity, &parts->at[i].entity, false, &why))
                x = &parts->at[i];
        }
        if (!x || !y) return; /* one is missing: that was said */
        a = x, b = y;
    }
    Str wanted = declaration(w, a), found = declaration(w, b);
    diag_note(w->g->diags, PLUG_WANTED, span_none(), STR_ARG(wanted));
    diag_note(w->g->diags, PLUG_FOUND, span_none(), STR_ARG(found));
}

static void tell_type(Wiring *w, uint32_t taker, const CompExtern *want, const Offer *offer,
                      Str why) {
    tell(w, PLUG_TYPE, STR_ARG(want->name.name), STR_ARG(name_of(w, taker)),
         STR_ARG(name_of(w, w->options->givers[offer->giver])), STR_ARG(offer->export->name.name),
         STR_ARG(why));
    note_difference(w, want, offer->export);
}

static void tell_version(Wiring *w, uint32_t taker, const CompExtern *want, const Offer *offer) {
    Str import = want->name.name, name = offer->export->name.name;
    Str giver = name_of(w, w->options->givers[offer->giver]);
    if (comp_same_track(w->g->arena, import, name, NULL)) {
        tell(w, PLUG_EXACT, STR_ARG(import), STR_ARG(name_of(w, taker)), STR_ARG(giver),
             STR_ARG(name));
        diag_note(w->g->diags, PLUG_POLICY, span_none());
        return;
    }
    tell(w, PLUG_VERSION, STR_ARG(import), STR_ARG(name_of(w, taker)), STR_ARG(giver),
         STR_ARG(name));
    diag_note(w->g->diags, PLUG_TRACK, span_none());
}

static void tell_socket(Wiring *w, uint32_t taker, const CompExtern *want) {
    for (size_t i = 0; i < w->options->root_count; i++) {
        uint32_t root = w->options->roots[i];
        if (root != taker &&
            comp_find_export(comp_node(w->g, root)->entity.instance, want->name.name))
            tell(w, PLUG_SOCKET, STR_ARG(want->name.name), STR_ARG(name_of(w, taker)));
    }
}

/* ---- one import ---- */

/* How far behind the taker a giver stands: those in front of it come last. */
static uint32_t distance(const Wiring *w, uint32_t taker, uint32_t giver) {
    uint32_t n = (uint32_t)w->options->giver_count, at = 0;
    while (at < n && w->options->givers[at] != taker) at++;
    return at == n ? giver : giver > at ? giver - at - 1 : n + giver - at;
}

static bool better(const Wiring *w, uint32_t taker, const Offer *a, const Offer *b) {
    if (!b) return true;
    if (!str_eq(a->export->name.name, b->export->name.name))
        return semver_cmp(a->version, b->version) > 0;
    return distance(w, taker, a->giver) < distance(w, taker, b->giver);
}

/* The best of those that fit; *miss gets one that does not, and *why. */
static Offer *choose(Wiring *w, uint32_t taker, const CompExtern *want, const Offers *offers,
                     const Offer **miss, Str *why) {
    Offer *best = NULL;
    for (size_t i = 0; i < offers->len; i++) {
        Offer *offer = offers->at[i];
        Str reason;
        if (w->options->givers[offer->giver] == taker || !better(w, taker, offer, best)) continue;
        if (comp_graph_fits(w->g, &offer->export->entity, &want->entity, false, &reason))
            best = offer;
        else if (!*miss) *miss = offer, *why = reason;
    }
    return best;
}

static void serve(Wiring *w, uint32_t taker, size_t import, Offer *offer, const Offers *offers,
                  CompEdgeReason reason) {
    uint32_t giver = w->options->givers[offer->giver];
    uint32_t alias = comp_graph_alias(w->g, giver, offer->export, span_none());
    CompEdge *edge = &comp_node(w->g, taker)->edges.at[import];
    edge->node = alias;
    edge->reason = reason;
    offer->used = true;
    enqueue(w, giver);
    const CompEntity *want = &comp_imports_of(w->g, comp_node(w->g, taker))->at[import].entity;
    for (size_t i = 0; i < offers->len; i++) {
        const Offer *other = offers->at[i];
        Str why;
        if (other == offer || w->options->givers[other->giver] == taker ||
            !str_eq(other->export->name.name, offer->export->name.name) ||
            !comp_graph_fits(w->g, &other->export->entity, want, false, &why))
            continue;
        *vec_push(w->g->arena, &w->rivals) = (Rival){taker, giver, edge->name, other};
    }
}

static void wire_import(Wiring *w, uint32_t taker, size_t import) {
    const CompExtern *want = &comp_imports_of(w->g, comp_node(w->g, taker))->at[import];
    const Offer *miss = NULL;
    Str why = {0}, name = want->name.name;
    const Offers *same = offers_for(&w->by_name, name);
    const Offers *others = offers_for(&w->by_path, path_of_name(name));
    Offer *offer = choose(w, taker, want, same, &miss, &why);
    if (offer) {
        serve(w, taker, import, offer, same, COMP_EDGE_NAME);
        return;
    }
    Semver version;
    Str track = w->options->compatible ? comp_track(w->g->arena, name, &version) : (Str){0};
    const Offers *compatible = offers_for(&w->by_track, track);
    offer = choose(w, taker, want, compatible, &miss, &why);
    if (offer) {
        serve(w, taker, import, offer, compatible, COMP_EDGE_VERSION);
        return;
    }
    if (miss) {
        tell_type(w, taker, want, miss, why);
        return;
    }
    for (size_t i = 0; i < others->len; i++) {
        if (w->options->givers[others->at[i]->giver] == taker) continue;
        tell_version(w, taker, want, others->at[i]);
        return;
    }
    tell_socket(w, taker, want);
}

bool comp_wire(CompGraph *g, const CompWireOptions *options) {
    Wiring w = {.g = g, .options = options};
    size_t errors = g->diags->errors;
    w.queued = ARENA_NEW_ARRAY(g->arena, bool, g->nodes.len); /* instances are there already */
    collect_offers(&w);
    sort_tracks(&w);
    for (size_t i = 0; i < options->root_count; i++) enqueue(&w, options->roots[i]);
    for (size_t i = 0; i < w.queue.len; i++) {
        uint32_t taker = w.queue.at[i];
        for (size_t k = 0; k < comp_node(g, taker)->edges.len; k++) {
            uint32_t node = comp_node(g, taker)->edges.at[k].node;
            if (node != COMP_NONE) enqueue(&w, node);
            else wire_import(&w, taker, k);
        }
    }
    for (size_t i = 0; i < w.rivals.len; i++) {
        const Rival *r = &w.rivals.at[i];
        if (r->other->used) continue;
        tell(&w, PLUG_AMBIGUOUS, STR_ARG(r->import), STR_ARG(name_of(&w, r->taker)),
             STR_ARG(name_of(&w, r->served_by)),
             STR_ARG(name_of(&w, options->givers[r->other->giver])),
             STR_ARG(r->other->export->name.name));
    }
    return g->diags->errors == errors;
}

/* ---- plugs ---- */

static Str names_of(CompGraph *g, const CompExterns *list) {
    Buf out = {.arena = g->arena};
    size_t told = 0;
    for (size_t i = 0; i < list->len; i++) {
        CompSort sort = list->at[i].entity.sort;
        if (sort != COMP_FUNC && sort != COMP_INSTANCE) continue;
        if (told++ == 8) {
            buf_str(&out, STR(" and more"));
            break;
        }
        buf_fmt(&out, "%s`%.*s`", told > 1 ? ", " : "", STR_ARG(list->at[i].name.name));
    }
    if (!told) buf_str(&out, STR("nothing"));
    return buf_text(&out);
}

/* The name of the file without its ending, and a number where it is taken. */
static Str plug_name(CompGraph *g, Map *taken, Str path) {
    Str file = path_file(path), name = file;
    if (str_ends(file, STR(".wasm"))) name = str_from_to(file, 0, file.len - 5);
    else if (str_ends(file, STR(".wat"))) name = str_from_to(file, 0, file.len - 4);
    Str first = name;
    for (unsigned n = 2;; n++) {
        bool added;
        map_put(g->arena, taken, name, &added);
        if (added) return name;
        name = str_fmt(g->arena, "%.*s-%u", STR_ARG(first), n);
    }
}

static bool is_used(const CompGraph *g, uint32_t instance) {
    for (uint32_t i = 0; i < g->nodes.len; i++)
        if (comp_node(g, i)->kind == COMP_NODE_ALIAS && comp_node(g, i)->of == instance)
            return true;
    return false;
}

/* Plugs that nobody takes anything from; false where none is of use. */
static bool check_plugs(CompGraph *g, const CompPlugOptions *options, uint32_t socket,
                        const uint32_t *plugs) {
    size_t used = 0;
    Str imports = names_of(g, comp_imports_of(g, comp_node(g, socket)));
    for (size_t i = 0; i < options->plug_count; i++) used += is_used(g, plugs[i]);
    if (!used) diag(g->diags, PLUG_NOTHING, span_none());
    if (!used) diag_note(g->diags, PLUG_IMPORTS, span_none(), STR_ARG(imports));
    for (size_t i = 0; i < options->plug_count; i++) {
        if (is_used(g, plugs[i])) continue;
        Str exports = names_of(g, comp_exports_of(g, comp_node(g, plugs[i])));
        Str path = comp_part_of(g, comp_node(g, plugs[i]))->source->path;
        if (options->strict) diag(g->diags, PLUG_UNUSED_ERROR, span_none(), STR_ARG(path));
        else diag(g->diags, PLUG_UNUSED, span_none(), STR_ARG(path));
        diag_note(g->diags, PLUG_EXPORTS, span_none(), STR_ARG(exports));
    }
    return used > 0 && (used == options->plug_count || !options->strict);
}

bool comp_plug(CompGraph *g, const Source *socket, const CompPlugOptions *options) {
    Map taken = {0};
    uint32_t part = comp_graph_part(g, plug_name(g, &taken, socket->path), socket);
    if (part == COMP_NONE) return false;
    uint32_t root = comp_graph_instance(g, part, g->parts.at[part]->name);
    comp_node(g, root)->is_root = true;
    uint32_t *plugs = ARENA_NEW_ARRAY(g->arena, uint32_t, options->plug_count);
    for (size_t i = 0; i < options->plug_count; i++) {
        const Source *source = options->plugs[i];
        part = comp_graph_part(g, plug_name(g, &taken, source->path), source);
        if (part == COMP_NONE) return false;
        plugs[i] = comp_graph_instance(g, part, g->parts.at[part]->name);
    }
    const CompWireOptions how = {.roots = &root,
                                 .root_count = 1,
                                 .givers = plugs,
                                 .giver_count = options->plug_count,
                                 .compatible = true,
                                 .strict = options->strict};
    g->merge_versions = true;
    bool wired = comp_wire(g, &how);
    if (!check_plugs(g, options, root, plugs) || !wired) return false;
    comp_graph_export_all(g, root, span_none());
    comp_graph_prune(g);
    return comp_graph_fill_all(g);
}
