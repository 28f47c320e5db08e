/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_CST_H
#define TESTS_CST_H

#include "witc/internal.h"

/* The first pair of nodes that differ; false where the trees are equal. A root begins and ends where
 * the library's reading does, which nobody relies on. */
static inline bool cst_differ(const Cst *ours, const Cst *theirs, const CstNode **a,
                              const CstNode **b) {
    VEC(uint32_t) stack = {0};
    Arena *local = arena_new();
    bool found = false;
    *vec_push(local, &stack) = ours->root, *vec_push(local, &stack) = theirs->root;
    while (stack.len && !found) {
        uint32_t y = vec_pop(&stack), x = vec_pop(&stack);
        *a = &ours->nodes[x], *b = &theirs->nodes[y];
        bool is_root = x == ours->root;
        found = (*a)->symbol != (*b)->symbol || (*a)->field != (*b)->field ||
                (*a)->flags != (*b)->flags ||
                (!is_root && ((*a)->start != (*b)->start || (*a)->end != (*b)->end));
        uint32_t i = (*a)->child, k = (*b)->child;
        for (; i && k; i = ours->nodes[i].next, k = theirs->nodes[k].next)
            *vec_push(local, &stack) = i, *vec_push(local, &stack) = k;
        found = found || i || k;
    }
    arena_free(local);
    return found;
}

#endif
