/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WAC_WAC_H
#define WAC_WAC_H

#include "component/graph.h"

/*
 * The WAC language: a program of imports, instantiations and exports that makes one component out of
 * others.
 *
 *     text ─parse→ statements ─resolve→ CompGraph ─comp_graph_encode→ CompComponent
 */

typedef struct {
    /* The package `name` (ns:pkg) of a version, as the bytes of a component or of a WIT package in
     * binary form. NULL where it is unknown, or broken (then with a diagnostic). */
    const Source *(*read)(Arena *arena, Str name, Semver version, void *context, Diags *diags);
    void *context;
} WacOptions;

/* What the program says, as a graph. False and diagnostics, each placed in the program, where it is
 * not one. */
bool wac_graph(CompGraph *graph, const Source *program, const WacOptions *options);

#endif
