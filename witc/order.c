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
