/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Topological order that stays close to the text: of all nodes whose needs are met, the one that was
 * written first comes next. That makes the order of a model's types and interfaces independent of
 * how the edges were found, so text survives the way through a binary and back unchanged.
 *
 *     ready (a heap, least index first) ──▶ order;  its dependents lose an edge  ──▶ ready ...
 */
#include "witc/internal.h"

typedef struct {
    uint32_t *at;
    size_t len;
} Heap;

static void heap_push(Heap *heap, uint32_t value) {
    size_t i = heap->len++;
    for (; i > 0 && heap->at[(i - 1) / 2] > value; i = (i - 1) / 2)
        heap->at[i] = heap->at[(i - 1) / 2];
    heap->at[i] = value;
}

static uint32_t heap_pop(Heap *heap) {
    uint32_t top = heap->at[0], last = heap->at[--heap->len];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= heap->len) break;
        if (child + 1 < heap->len && heap->at[child + 1] < heap->at[child]) child++;
        if (heap->at[child] >= last) break;
        heap->at[i] = heap->at[child];
        i = child;
    }
    heap->at[i] = last;
    return top;
}

/* The edges by what they lead to: the sources of node i are sources[first[i] .. first[i + 1]]. */
static uint32_t *dependents(Arena *arena, size_t n, const Edges *edges, uint32_t **first) {
    *first = ARENA_NEW_ARRAY(arena, uint32_t, n + 2);
    uint32_t *sources = ARENA_NEW_ARRAY(arena, uint32_t, edges->len), *next = *first + 1;
    for (size_t i = 0; i < edges->len; i++) next[edges->at[i].to + 1]++;
    for (size_t i = 0; i < n; i++) next[i + 1] += next[i];
    for (size_t i = 0; i < edges->len; i++) sources[next[edges->at[i].to]++] = edges->at[i].from;
    return sources;
}

uint32_t *witc_order(Arena *arena, size_t n, const Edges *edges, size_t *count,
                     const Edge **cycle) {
    uint32_t *order = ARENA_NEW_ARRAY(arena, uint32_t, n), *first;
    uint32_t *needs = ARENA_NEW_ARRAY(arena, uint32_t, n);
    uint32_t *sources = dependents(arena, n, edges, &first);
    Heap ready = {ARENA_NEW_ARRAY(arena, uint32_t, n), 0};
    for (size_t i = 0; i < edges->len; i++) needs[edges->at[i].from]++;
    for (size_t i = 0; i < n; i++)
        if (needs[i] == 0) heap_push(&ready, (uint32_t)i);
    *count = 0;
    while (ready.len) {
        uint32_t node = heap_pop(&ready);
        order[(*count)++] = node;
        for (uint32_t i = first[node]; i < first[node + 1]; i++)
            if (--needs[sources[i]] == 0) heap_push(&ready, sources[i]);
    }
    *cycle = NULL;
    for (size_t i = 0; i < edges->len && *count < n && !*cycle; i++)
        if (needs[edges->at[i].from] && needs[edges->at[i].to]) *cycle = &edges->at[i];
    return order;
}

/* ---- cycles ---- */

/* The edges from one node stand together, so the first of them is halved for. */
static const Edge *edge_among(const Edges *edges, const bool *stuck, uint32_t from) {
    size_t low = 0, high = edges->len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (edges->at[middle].from < from) low = middle + 1;
        else high = middle;
    }
    for (; low < edges->len && edges->at[low].from == from; low++)
        if (stuck[edges->at[low].to]) return &edges->at[low];
    return NULL;
}

typedef VEC(const Edge *) Path;

/* The way from where `edge` leads to, until it comes to a node for the second time: each node that
 * has no place in the order needs another such one. */
static Path cycle_path(Arena *arena, size_t n, const Edges *edges, const Edge *edge) {
    Path path = {0};
    size_t count;
    const Edge *any;
    uint32_t *order = witc_order(arena, n, edges, &count, &any);
    bool *stuck = ARENA_NEW_ARRAY(arena, bool, n), *seen = ARENA_NEW_ARRAY(arena, bool, n);
    for (size_t i = 0; i < n; i++) stuck[i] = true;
    for (size_t i = 0; i < count; i++) stuck[order[i]] = false;
    while (edge && !seen[edge->to]) {
        seen[edge->to] = true;
        edge = edge_among(edges, stuck, edge->to);
        if (edge) *vec_push(arena, &path) = edge;
    }
    return path;
}

static void report_cycle(Work *w, const Map *names, const Edge *edge, const Path *path,
                         bool is_item) {
    enum { MAX_NOTES = 8 };
    const MapEntry *name = names->entries;
    if (is_item) {
        diag(w->diags, WIT_ITEM_CYCLE, edge->span, STR_ARG(name[edge->to].key));
        diag_note(w->diags, WIT_REQUIRED_HERE, edge->where, STR_ARG(name[edge->from].key));
    } else {
        diag(w->diags, WIT_TYPE_CYCLE, edge->span, STR_ARG(name[edge->to].key));
    }
    for (size_t i = 0; i < path->len && i < MAX_NOTES; i++) {
        const Edge *e = path->at[i];
        if (i == 0 && edge->to == edge->from) break;
        diag_note(w->diags, WIT_CYCLE_THROUGH, e->where, STR_ARG(name[e->to].key));
        if (e->to == edge->from) break;
    }
}

void witc_report_cycles(Work *w, const Map *names, Edges *edges, const Edge *edge, bool is_item) {
    enum { MAX_CYCLES = 8 };
    for (size_t i = 0, count; edge && i < MAX_CYCLES; i++) {
        Path path = cycle_path(w->arena, names->len, edges, edge);
        report_cycle(w, names, edge, &path, is_item);
        if (path.len == 0) return;
        for (size_t k = (size_t)(vec_last(&path) - edges->at); k + 1 < edges->len; k++)
            edges->at[k] = edges->at[k + 1];
        edges->len--;
        witc_order(w->arena, names->len, edges, &count, &edge);
    }
}
