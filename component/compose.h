/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef COMPONENT_COMPOSE_H
#define COMPONENT_COMPOSE_H

#include "component/internal.h"

/* The manifest of `witc compose`, read (manifest.c). */

/* Where something stands in the YAML, as libyaml counts: from 0, columns in characters. */
typedef struct {
    uint32_t line, column, end_line, end_column;
} ManifestPlace;

typedef struct {
    Str import, instance, export;
    bool has_export;
    ManifestPlace place;
} ManifestArgument;

typedef struct {
    Str name, dependency; /* the dependency is the name itself where none is given */
    VEC(ManifestArgument) arguments;
    ManifestPlace place;
} ManifestInstance;

typedef struct {
    Str name, path;
    ManifestPlace place;
} ManifestPath;

typedef struct {
    VEC(ManifestPath) dependencies, definitions, search_paths;
    VEC(ManifestInstance) instances;
    bool import_components, disallow_imports, skip_validation;
} Manifest;

/* Every fault is reported; false where there was one. */
bool comp_manifest(Arena *arena, const Source *yaml, Manifest *out, Diags *diags);
Span comp_manifest_span(const Source *yaml, ManifestPlace place);

#endif
