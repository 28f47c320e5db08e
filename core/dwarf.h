/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CORE_DWARF_H
#define CORE_DWARF_H

#include "core/sources.h"

/* What the files of the reader of DWARF share: sections.c asks, dwarf.c answers with the entries of
 * .debug_info, dwarf_value.c reads their attributes, dwarf_line.c the line tables. "7.5" and the like
 * are sections of the DWARF 5 standard. */

typedef enum {
    DWARF_INFO,
    DWARF_ABBREV,
    DWARF_LINE,
    DWARF_STR,
    DWARF_LINE_STR,
    DWARF_STR_OFFSETS,
    DWARF_ADDR,
    DWARF_RANGES,
    DWARF_RNGLISTS,
    DWARF_SECTION_COUNT
} DwarfSection;

typedef struct {
    uint64_t low, high;
} DwarfRange;

/* The declaration of an abbreviation (7.5.3). */
typedef struct {
    uint64_t code;
    uint32_t tag;
    bool has_children;
    uint32_t specs; /* offset of its attributes in .debug_abbrev */
} DwarfAbbrev;

/* An attribute's value as it is written. What it means depends on the unit, see dwarf_value.c. */
typedef struct {
    uint16_t form; /* 0: the attribute is not there */
    uint64_t value;
    Str text; /* DW_FORM_string */
} DwarfValue;

/* An entry with the attributes that we look at. */
typedef struct {
    uint32_t tag; /* 0: the end of a list of children */
    bool has_children;
    DwarfValue name, linkage_name, origin, low_pc, high_pc, ranges;
    DwarfValue call_file, call_line, call_column;
    DwarfValue comp_dir, lines, language, str_offsets_base, addr_base, rnglists_base;
} DwarfEntry;

typedef struct {
    DwarfRange range;
    uint32_t entry; /* offset in .debug_info */
} DwarfFunc;

typedef struct {
    uint64_t start, end;
    uint32_t at; /* of its first opcode in .debug_line */
} DwarfSequence;

/* The header of a line table (6.2.4). */
typedef struct {
    uint16_t version;
    uint8_t offset_size, address_size;
    uint8_t min_length, max_ops, line_range, opcode_base;
    int8_t line_base;
    Str opcode_lengths;
    uint32_t tables;       /* directories and files, in .debug_line */
    uint32_t program, end; /* ... and the opcodes */
    VEC(DwarfSequence) sequences;
} DwarfLines;

typedef struct {
    uint32_t at, end, entries; /* in .debug_info: the header, behind the unit, the first entry */
    uint32_t abbrevs_at;
    uint16_t version;
    uint8_t address_size, offset_size;
    Str comp_dir;
    uint64_t str_offsets_base, addr_base, rnglists_base, low_pc;
    bool has_language, has_lines;
    uint32_t language;
    uint64_t lines_at;
    /* made on the first question about the unit */
    VEC(DwarfAbbrev) abbrevs;
    VEC(DwarfFunc) funcs;
    bool has_read;
    DwarfLines *lines;
} DwarfUnit;

typedef struct {
    DwarfRange range;
    uint32_t unit;
} DwarfUnitRange;

typedef struct Dwarf {
    Arena *arena;
    Str sections[DWARF_SECTION_COUNT];
    VEC(DwarfUnit) units;
    VEC(DwarfUnitRange) ranges;
    bool has_units;
    uint64_t steps; /* that may still be taken */
    size_t room;    /* for functions, sequences ...: there are no more of them than bytes */
} Dwarf;

/* NULL where the module has none. */
Dwarf *dwarf_open(Arena *arena, const CoreModule *m);
size_t dwarf_find(Dwarf *d, uint64_t address, CoreSourceFrame *frames, size_t max);

/* ---- dwarf_value.c ---- */

/* A reader of section bytes `at` to `end` (clamped). */
Reader dwarf_reader(const Dwarf *d, DwarfSection section, uint64_t at, uint64_t end);
uint32_t dwarf_offset(const Dwarf *d, DwarfSection section, const Reader *r);
/* An unsigned number of 1 to 8 bytes. */
uint64_t dwarf_fixed(Reader *r, unsigned size);
/* A length, and whether offsets take 4 or 8 bytes from here on (7.4). */
uint64_t dwarf_length(Reader *r, uint8_t *offset_size);
/* False where the steps of the question are used up; then the reader has failed. */
bool dwarf_step(Dwarf *d, Reader *r);

/* A value of this form (7.5.5). A form that is not known fails. */
DwarfValue dwarf_value(Dwarf *d, const DwarfUnit *u, Reader *r, uint64_t form);
/* What it means: a string, an address, a number; false where it is something else. */
bool dwarf_string(const Dwarf *d, const DwarfUnit *u, const DwarfValue *v, Str *string);
bool dwarf_address(const Dwarf *d, const DwarfUnit *u, const DwarfValue *v, uint64_t *address);
bool dwarf_number(const DwarfValue *v, uint64_t *number);
/* The entry that it refers to, in .debug_info. */
bool dwarf_reference(const DwarfUnit *u, const DwarfValue *v, uint64_t *entry);
/* Calls `add` for each range of code of an entry, by its low_pc and high_pc, or ranges (2.17). */
void dwarf_ranges(Dwarf *d, const DwarfUnit *u, const DwarfEntry *entry,
                  void (*add)(void *context, DwarfRange range), void *context);

/* ---- dwarf_line.c ---- */

/* The row for an address: false where the table has none. */
bool dwarf_line(Dwarf *d, DwarfUnit *u, uint64_t address, CoreSourceFrame *frame);
/* The path of a file of the unit's line table; empty where there is none. */
Str dwarf_file(Dwarf *d, DwarfUnit *u, uint64_t index);
/* The unit's line table, its sequences listed; NULL where there is none. */
const DwarfLines *dwarf_lines(Dwarf *d, DwarfUnit *u);

#endif
