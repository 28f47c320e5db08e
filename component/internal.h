/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef COMPONENT_INTERNAL_H
#define COMPONENT_INTERNAL_H

#include "component/component.h"

/* What the files of component/ share among themselves. */

/* ---- the binary format: ids and codes (Binary.md) ---- */

enum { COMP_VERSION = 0x0d, COMP_LAYER = 1 };

/* Section ids are CompItemKind in another order. */
enum {
    COMP_SECTION_CUSTOM,
    COMP_SECTION_CORE_MODULE,
    COMP_SECTION_CORE_INSTANCE,
    COMP_SECTION_CORE_TYPE,
    COMP_SECTION_COMPONENT,
    COMP_SECTION_INSTANCE,
    COMP_SECTION_ALIAS,
    COMP_SECTION_TYPE,
    COMP_SECTION_CANON,
    COMP_SECTION_START,
    COMP_SECTION_IMPORT,
    COMP_SECTION_EXPORT,
    COMP_SECTION_VALUE
};

/* Codes of sorts (Binary.md `core:sort` and `sort`); a core sort stands after a byte 0x00. */
uint8_t comp_sort_code(CompSort sort);

/* The sections that hold one definition, without a count. */
bool comp_section_is_single(uint8_t id);
bool comp_option_has_index(CompOptionKind kind);

/* Nesting: of components in components, and of types in types. */
enum { COMP_MAX_DEPTH = 100 };

/* ---- the component-name section (names.c) ---- */

/* What is well-formed of it; never fails. `counts` are the sizes of the index spaces. */
void comp_names_decode(Arena *arena, Str bytes, const uint32_t counts[COMP_SORT_COUNT],
                       CompNames *names);
/* The bytes after the section's name; nothing where there are no names. */
void comp_names_encode(const CompNames *names, Buf *buf);

#endif
