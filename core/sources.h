/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CORE_SOURCES_H
#define CORE_SOURCES_H

#include "core/core.h"

/* Where the code of a module came from: its DWARF (custom sections `.debug_*`, versions 2 to 5, as
 * "DWARF for WebAssembly" says), or its source map (revision 3). Nothing is read before the first
 * question, and then only what it needs; what is malformed or hostile costs bounded time and memory,
 * and is as good as absent. */
typedef struct CoreSources CoreSources;

#define CORE_NO_COLUMN UINT32_MAX

/* A function and a place in its source. */
typedef struct {
    Str func;        /* as in the source; empty: not known */
    Str file;        /* a path or URL; empty: not known */
    uint32_t line;   /* from 1; 0: not known */
    uint32_t column; /* from 1, 0: the left edge; or CORE_NO_COLUMN */
    bool is_inlined; /* into the next frame */
} CoreSourceFrame;

/* For questions about this module, which must outlive it. Everything is taken from `arena`. */
CoreSources *core_sources_new(Arena *arena, const CoreModule *m);

/* The functions at byte `offset` of the module's source (VmFrameInfo.offset ...), innermost first:
 * those that were inlined at this place, then the function itself. 0 where nothing is known. */
size_t core_sources_find(CoreSources *s, uint32_t offset, CoreSourceFrame *frames, size_t max);
/* The same for an address as DWARF counts: from the first byte of the code section. */
size_t core_sources_find_code(CoreSources *s, uint64_t address, CoreSourceFrame *frames,
                              size_t max);

/* What a module says of files beside it: the DWARF of custom section `external_debug_info` (a module,
 * too), or the source map of `sourceMappingURL`. A path or URL; empty where there is none, or where it
 * holds the map itself ("data:..."). */
Str core_sources_external(const CoreModule *m);
Str core_sources_map_url(const CoreModule *m);
/* Gives these, for who has read them. They must outlive `s`. The map is used where there is no DWARF;
 * false where it is none. */
void core_sources_use_external(CoreSources *s, const CoreModule *m);
bool core_sources_use_map(CoreSources *s, Str json);
/* Gives what of both `read` finds, now; it gives an empty text where there is no such file. */
typedef Str (*CoreReadFile)(void *context, const CoreModule *m, Str url);
void core_sources_use_files(CoreSources *s, CoreReadFile read, void *context);

#endif
