/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CORE_SOURCE_MAP_H
#define CORE_SOURCE_MAP_H

#include "core/sources.h"

/* A source map (ECMA-426), of sources.c alone. NULL where the text is none. */
typedef struct SourceMap SourceMap;
const SourceMap *source_map_read(Arena *arena, Str json);
/* ... in a URL "data:application/json;base64,...". */
const SourceMap *source_map_of_data(Arena *arena, Str url);
/* The place of a byte of the module. */
bool source_map_find(const SourceMap *map, uint64_t offset, CoreSourceFrame *frame);

#endif
