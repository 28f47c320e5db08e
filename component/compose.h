/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef COMPONENT_COMPOSE_H
#define COMPONENT_COMPOSE_H

#include "component/graph.h"
#include "component/internal.h"

/* The manifest of `witc compose`, read (manifest.c). */

/* An argument, or an export of the result: what `name` is. */
typedef struct {
    Str name;
    Str instance, export, import; /* import: the result's import of that name */
    bool has_export;
    bool whole; /* an export of the result: the instance itself */
    Span span;  /* of the name */
} ManifestLink;
typedef VEC(ManifestLink) ManifestLinks;

typedef struct {
    Str name, dependency; /* the dependency is the name itself where none is given */
    ManifestLinks arguments;
    Map by_import; /* import -> index in arguments */
    Span span;
} ManifestInstance;

typedef struct {
    Str name, path;
    Str sha256; /* 64 digits; empty: any */
    Span span;
} ManifestPath;

typedef struct {
    VEC(ManifestPath) dependencies, definitions, search_paths, roots;
    VEC(ManifestInstance) instances;
    Map dependencies_by_name, instances_by_name; /* -> index */
    ManifestLinks exports;
    bool import_components, disallow_imports, skip_validation;
    bool by_interface; /* wiring: exports of all instances serve imports of their names */
    bool compatible;   /* semver: a compatible version will do */
    Str lock;          /* the lock file; empty: none */
    CompRunPlan plan;
} Manifest;

/* Every fault is reported; false where there was one. */
bool comp_manifest(Arena *arena, const Source *yaml, Manifest *out, Diags *diags);

#endif
