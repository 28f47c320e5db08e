/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The entries of .debug_info: which functions, inlined ones too, an address is in.
 *
 *     .debug_info ── unit ── entries, as a tree in preorder: code of an abbreviation, values; 0 ends
 *                            a list of children
 *     .debug_abbrev ── by code: tag, has children, (attribute, form)*
 *
 * The first question lists the units with their ranges; the first one about a unit lists its
 * functions. Then a question finds a range, and walks the children of one function: an inlined
 * subroutine whose ranges have the address is one frame more, and only inside it the next one is looked
 * for.
 *
 * A malicious file can make many entries out of few bytes, by references and tables that are read again
 * and again. So there is a number of steps to be taken, and lists have no more elements than the
 * sections have bytes.
 */
#include "core/dwarf.h"

/* Steps: of all questions together, and more by the size of the sections; of each question at least. */
enum { STEPS = 1 << 22, STEPS_A_BYTE = 8, STEPS_A_QUESTION = 1 << 20, MAX_REFERENCES = 16 };

enum {
    TAG_COMPILE_UNIT = 0x11,
    TAG_INLINED_SUBROUTINE = 0x1d,
    TAG_SUBPROGRAM = 0x2e,
    TAG_SKELETON_UNIT = 0x4a
};

enum {
    AT_NAME = 0x03,
    AT_STMT_LIST = 0x10,
    AT_LOW_PC = 0x11,
    AT_HIGH_PC = 0x12,
    AT_LANGUAGE = 0x13,
    AT_COMP_DIR = 0x1b,
    AT_ABSTRACT_ORIGIN = 0x31,
    AT_SPECIFICATION = 0x47,
    AT_RANGES = 0x55,
    AT_CALL_COLUMN = 0x57,
    AT_CALL_FILE = 0x58,
    AT_CALL_LINE = 0x59,
    AT_LINKAGE_NAME = 0x6e,
    AT_STR_OFFSETS_BASE = 0x72,
    AT_ADDR_BASE = 0x73,
    AT_RNGLISTS_BASE = 0x74,
    AT_MIPS_LINKAGE_NAME = 0x2007,
    AT_GNU_RANGES_BASE = 0x2132,
    AT_GNU_ADDR_BASE = 0x2133
};

enum {
    UNIT_TYPE = 2,
    UNIT_PARTIAL = 3,
    UNIT_SKELETON = 4,
    UNIT_SPLIT_COMPILE = 5,
    UNIT_SPLIT_TYPE = 6
};

/* ---- abbreviations ---- */

/* code tag has_children (attribute form)* 0 0; the place is then behind it. */
static bool read_abbrev(Dwarf *d, Reader *r, DwarfAbbrev *a) {
    if (!dwarf_step(d, r)) return false;
    a->code = reader_u64(r);
    if (r->failed || a->code == 0) return false;
    a->tag = (uint32_t)reader_u64(r);
    a->has_children = reader_u8(r) != 0;
    a->specs = dwarf_offset(d, DWARF_ABBREV, r);
    uint64_t attribute, form;
    do {
        attribute = reader_u64(r);
        form = reader_u64(r);
        if (form == 0x21) reader_s64(r);
    } while (dwarf_step(d, r) && (attribute || form));
    return !r->failed;
}

/* All of a unit, once; before that, the first entry is read with what is found by looking. */
static void read_abbrevs(Dwarf *d, DwarfUnit *u) {
    Reader r = dwarf_reader(d, DWARF_ABBREV, u->abbrevs_at, UINT64_MAX);
    DwarfAbbrev a;
    while (d->room && read_abbrev(d, &r, &a)) {
        *vec_push(d->arena, &u->abbrevs) = a;
        d->room--;
    }
}

static bool find_abbrev(Dwarf *d, const DwarfUnit *u, uint64_t code, DwarfAbbrev *a) {
    if (u->abbrevs.len) {
        if (code - 1 < u->abbrevs.len && u->abbrevs.at[code - 1].code == code) {
            *a = u->abbrevs.at[code - 1];
            return true;
        }
        for (size_t i = 0; i < u->abbrevs.len && d->steps; i++, d->steps--) {
            *a = u->abbrevs.at[i];
            if (a->code == code) return true;
        }
        return false;
    }
    Reader r = dwarf_reader(d, DWARF_ABBREV, u->abbrevs_at, UINT64_MAX);
    while (read_abbrev(d, &r, a))
        if (a->code == code) return true;
    return false;
}

/* ---- entries ---- */

/* Where the value of an attribute goes; NULL: nowhere. */
static DwarfValue *slot_of(DwarfEntry *e, uint64_t attribute) {
    switch (attribute) {
    case AT_NAME: return &e->name;
    case AT_STMT_LIST: return &e->lines;
    case AT_LOW_PC: return &e->low_pc;
    case AT_HIGH_PC: return &e->high_pc;
    case AT_LANGUAGE: return &e->language;
    case AT_COMP_DIR: return &e->comp_dir;
    case AT_ABSTRACT_ORIGIN:
    case AT_SPECIFICATION: return &e->origin;
    case AT_RANGES: return &e->ranges;
    case AT_CALL_COLUMN: return &e->call_column;
    case AT_CALL_FILE: return &e->call_file;
    case AT_CALL_LINE: return &e->call_line;
    case AT_LINKAGE_NAME:
    case AT_MIPS_LINKAGE_NAME: return &e->linkage_name;
    case AT_STR_OFFSETS_BASE: return &e->str_offsets_base;
    case AT_ADDR_BASE:
    case AT_GNU_ADDR_BASE: return &e->addr_base;
    case AT_RNGLISTS_BASE:
    case AT_GNU_RANGES_BASE: return &e->rnglists_base;
    default: return NULL;
    }
}

/* The entry at the reader's place. False where the bytes make no sense. */
static bool read_entry(Dwarf *d, const DwarfUnit *u, Reader *r, DwarfEntry *e) {
    DwarfAbbrev a;
    *e = (DwarfEntry){0};
    if (!dwarf_step(d, r)) return false;
    uint64_t code = reader_u64(r);
    if (code == 0 || r->failed) return !r->failed;
    if (!find_abbrev(d, u, code, &a)) {
        reader_stop(r);
        return false;
    }
    e->tag = a.tag;
    e->has_children = a.has_children;
    Reader specs = dwarf_reader(d, DWARF_ABBREV, a.specs, UINT64_MAX);
    while (!r->failed) {
        uint64_t attribute = reader_u64(&specs), form = reader_u64(&specs);
        int64_t constant = form == 0x21 ? reader_s64(&specs) : 0;
        if (specs.failed || (attribute == 0 && form == 0)) break;
        DwarfValue v = dwarf_value(d, u, r, form);
        if (v.form == 0x21) v.value = (uint64_t)constant;
        DwarfValue *slot = slot_of(e, attribute);
        if (slot) *slot = v;
    }
    return !r->failed && a.tag != 0;
}

/* Passes over what is below an entry that has been read. */
static void skip_children(Dwarf *d, const DwarfUnit *u, Reader *r, const DwarfEntry *parent) {
    DwarfEntry e;
    size_t depth = parent->has_children;
    while (depth && read_entry(d, u, r, &e)) {
        if (e.tag == 0) depth--;
        else if (e.has_children) depth++;
    }
}

/* ---- units ---- */

/* The header (7.5.1). False at the end of the section; `wanted` where code can be in the unit. */
static bool read_header(Reader *r, const Dwarf *d, DwarfUnit *u, bool *wanted) {
    uint8_t type = 0;
    *wanted = true;
    u->at = dwarf_offset(d, DWARF_INFO, r);
    uint64_t length = dwarf_length(r, &u->offset_size);
    if (r->failed || length > reader_left(r)) return false;
    u->end = dwarf_offset(d, DWARF_INFO, r) + (uint32_t)length;
    Reader unit = reader_sub(r, (size_t)length);
    u->version = (uint16_t)dwarf_fixed(&unit, 2);
    if (u->version >= 5) {
        type = reader_u8(&unit);
        u->address_size = reader_u8(&unit);
        u->abbrevs_at = (uint32_t)dwarf_fixed(&unit, u->offset_size);
        if (type == UNIT_SKELETON || type == UNIT_SPLIT_COMPILE) dwarf_fixed(&unit, 8);
    } else {
        u->abbrevs_at = (uint32_t)dwarf_fixed(&unit, u->offset_size);
        u->address_size = reader_u8(&unit);
    }
    u->entries = dwarf_offset(d, DWARF_INFO, &unit);
    *wanted = !unit.failed && u->version >= 2 && u->version <= 5 &&
              (u->address_size == 4 || u->address_size == 8) && type != UNIT_TYPE &&
              type != UNIT_SPLIT_TYPE;
    return true;
}

/* What the first entry says about all others. Bases first, since other values may need them. */
static void read_root(Dwarf *d, DwarfUnit *u, const DwarfEntry *e) {
    uint64_t number;
    /* Without a base, tables of version 5 begin behind the section's first header (7.26). */
    const uint64_t header = u->version < 5 ? 0 : u->offset_size == 8 ? 16 : 8;
    u->str_offsets_base = u->addr_base = header;
    u->rnglists_base = header ? header + 4 : 0;
    if (dwarf_number(&e->str_offsets_base, &number)) u->str_offsets_base = number;
    if (dwarf_number(&e->addr_base, &number)) u->addr_base = number;
    if (dwarf_number(&e->rnglists_base, &number)) u->rnglists_base = number;
    if (dwarf_number(&e->language, &number)) {
        u->has_language = true;
        u->language = (uint32_t)number;
    }
    u->has_lines = dwarf_number(&e->lines, &u->lines_at);
    dwarf_string(d, u, &e->comp_dir, &u->comp_dir);
    dwarf_address(d, u, &e->low_pc, &u->low_pc);
}

typedef struct {
    Dwarf *d;
    uint32_t unit;
    bool any;
} UnitRanges;

static void add_unit_range(void *context, DwarfRange range) {
    UnitRanges *x = context;
    if (!x->d->room) return;
    x->d->room--;
    x->any = true;
    *vec_push(x->d->arena, &x->d->ranges) = (DwarfUnitRange){range, x->unit};
}

/* The ranges that it names; else those of its line table. */
static void list_unit(Dwarf *d, uint32_t index, const DwarfEntry *root) {
    DwarfUnit *u = &d->units.at[index];
    UnitRanges x = {d, index, false};
    dwarf_ranges(d, u, root, add_unit_range, &x);
    const DwarfLines *lines = x.any ? NULL : dwarf_lines(d, u);
    for (size_t i = 0; lines && i < lines->sequences.len; i++)
        add_unit_range(&x, (DwarfRange){lines->sequences.at[i].start, lines->sequences.at[i].end});
}

static void list_units(Dwarf *d) {
    Reader r = dwarf_reader(d, DWARF_INFO, 0, UINT64_MAX);
    d->has_units = true;
    while (!reader_at_end(&r) && dwarf_step(d, &r) && d->room) {
        DwarfUnit u = {0};
        DwarfEntry root;
        bool wanted;
        if (!read_header(&r, d, &u, &wanted)) break;
        if (!wanted) continue;
        Reader entries = dwarf_reader(d, DWARF_INFO, u.entries, u.end);
        if (!read_entry(d, &u, &entries, &root)) continue;
        read_root(d, &u, &root);
        d->room--;
        *vec_push(d->arena, &d->units) = u;
        if (root.tag == TAG_COMPILE_UNIT || root.tag == TAG_SKELETON_UNIT)
            list_unit(d, (uint32_t)d->units.len - 1, &root);
    }
}

/* The unit that has this offset of .debug_info; they ascend. */
static DwarfUnit *unit_at(Dwarf *d, uint64_t at) {
    size_t low = 0, high = d->units.len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (d->units.at[middle].end <= at) low = middle + 1;
        else high = middle;
    }
    return low < d->units.len && d->units.at[low].entries <= at ? &d->units.at[low] : NULL;
}

/* ---- functions ---- */

typedef struct {
    Dwarf *d;
    DwarfUnit *u;
    uint32_t entry;
} FuncRanges;

static void add_func(void *context, DwarfRange range) {
    FuncRanges *x = context;
    if (!x->d->room) return;
    x->d->room--;
    *vec_push(x->d->arena, &x->u->funcs) = (DwarfFunc){range, x->entry};
}

static void list_funcs(Dwarf *d, DwarfUnit *u) {
    Reader r = dwarf_reader(d, DWARF_INFO, u->entries, u->end);
    DwarfEntry e;
    u->has_read = true;
    read_abbrevs(d, u);
    while (!reader_at_end(&r)) {
        FuncRanges x = {d, u, dwarf_offset(d, DWARF_INFO, &r)};
        if (!read_entry(d, u, &r, &e)) break;
        if (e.tag == TAG_SUBPROGRAM) dwarf_ranges(d, u, &e, add_func, &x);
    }
}

/* The function with that address: the smallest, where they nest. */
static const DwarfFunc *func_at(const DwarfUnit *u, uint64_t address) {
    const DwarfFunc *found = NULL;
    for (size_t i = 0; i < u->funcs.len; i++) {
        const DwarfRange *range = &u->funcs.at[i].range;
        if (address < range->low || address >= range->high) continue;
        if (!found || range->high - range->low <= found->range.high - found->range.low)
            found = &u->funcs.at[i];
    }
    return found;
}

/* The name for the linker where there is one, else the name; of the entry, or of the one that it is an
 * instance or the definition of. */
static Str name_of(Dwarf *d, const DwarfUnit *u, DwarfEntry e) {
    for (int n = 0; n < MAX_REFERENCES; n++) {
        Str name;
        uint64_t at;
        if (dwarf_string(d, u, &e.linkage_name, &name) || dwarf_string(d, u, &e.name, &name))
            return name;
        if (!dwarf_reference(u, &e.origin, &at)) break;
        u = unit_at(d, at);
        if (!u) break;
        Reader r = dwarf_reader(d, DWARF_INFO, at, u->end);
        if (!read_entry(d, u, &r, &e)) break;
    }
    return (Str){0};
}

static bool is_word(char c) {
    return c == '_' || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* How many bytes at s.ptr[at] are the type of a number before it: `4usize`. */
static size_t number_type(Str s, size_t at) {
    static const char *const types[] = {"usize", "isize", "u8",  "i8",  "u16",  "i16",
                                        "u32",   "i32",   "u64", "i64", "u128", "i128"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t end = at + strlen(types[i]);
        if (str_is(str_from_to(s, at, end), types[i]) && (end == s.len || !is_word(s.ptr[end])))
            return end - at;
    }
    return 0;
}

/* A name of Rust without what only tells symbols of the same name apart: `::h0123456789abcdef` at the
 * end, `[89ab]` behind the name of a crate, and the types of numbers. */
static Str plain_rust(Arena *arena, Str name) {
    static const char hex[] = "0123456789abcdef";
    char *out = arena_alloc(arena, name.len + 1);
    size_t n = 0;
    bool number = false; /* what the word at hand is so far */
    for (size_t i = 0, end; i < name.len; i++) {
        char c = name.ptr[i], before = n ? out[n - 1] : ' ';
        for (end = i + 1; end < name.len && memchr(hex, name.ptr[end], 16);) end++;
        bool hash =
            c == '[' && is_word(before) && end > i + 1 && end < name.len && name.ptr[end] == ']';
        size_t type = number ? number_type(name, i) : 0;
        number = c >= '0' && c <= '9' && (number || !is_word(before));
        if (hash) i = end;
        else if (type) i += type - 1;
        else out[n++] = c;
    }
    size_t tail = n;
    while (tail && memchr(hex, out[tail - 1], 16)) tail--;
    if (n - tail == 16 && tail > 3 && memcmp(out + tail - 3, "::h", 3) == 0) n = tail - 3;
    return (Str){out, n};
}

static Str source_name(Dwarf *d, const DwarfUnit *u, const DwarfEntry *e) {
    enum {
        CPP = 0x04,
        RUST = 0x1c,
        CPP_03 = 0x19,
        CPP_11 = 0x1a,
        CPP_14 = 0x21,
        CPP_17 = 0x2b,
        CPP_20 = 0x2c
    };
    Str name = name_of(d, u, *e), shown = {0};
    uint32_t l = u->language;
    bool cpp = l == CPP || l == CPP_03 || l == CPP_11 || l == CPP_14 || l == CPP_17 || l == CPP_20;
    if (!u->has_language || l == RUST) shown = core_demangle_rust(d->arena, name);
    if (shown.len) shown = plain_rust(d->arena, shown);
    if (!shown.len && (!u->has_language || cpp)) shown = core_demangle_cpp(d->arena, name);
    return shown.len ? shown : name;
}

/* ---- inlined functions ---- */

typedef struct {
    uint64_t address;
    bool contains;
} Hit;

static void check_range(void *context, DwarfRange range) {
    Hit *hit = context;
    hit->contains = hit->contains || (range.low <= hit->address && hit->address < range.high);
}

/* Where an inlined function was called. */
static void call_place(Dwarf *d, DwarfUnit *u, const DwarfEntry *e, CoreSourceFrame *frame) {
    uint64_t file, line, column;
    /* File 0 is the first one since version 5; before, it meant that there is none. */
    if (dwarf_number(&e->call_file, &file) && (file || u->version >= 5))
        frame->file = dwarf_file(d, u, file);
    frame->line = dwarf_number(&e->call_line, &line) ? (uint32_t)line : 0;
    frame->column =
        dwarf_number(&e->call_column, &column) && column ? (uint32_t)column : CORE_NO_COLUMN;
}

/* Fills the frames of a function from the outermost to the innermost. Each one's place is where the
 * next one was called; the last one's comes from the line table. */
static size_t walk_func(Dwarf *d, DwarfUnit *u, const DwarfFunc *func, uint64_t address,
                        CoreSourceFrame *frames, size_t max) {
    Reader r = dwarf_reader(d, DWARF_INFO, func->entry, u->end);
    DwarfEntry e;
    if (max == 0 || !read_entry(d, u, &r, &e)) return 0;
    size_t n = 0, depth = e.has_children;
    frames[n++] = (CoreSourceFrame){.func = source_name(d, u, &e), .column = CORE_NO_COLUMN};
    while (depth && n < max && read_entry(d, u, &r, &e)) {
        Hit hit = {address, false};
        if (e.tag == 0) {
            depth--;
            continue;
        }
        if (e.tag == TAG_INLINED_SUBROUTINE) dwarf_ranges(d, u, &e, check_range, &hit);
        if (hit.contains) {
            call_place(d, u, &e, &frames[n - 1]);
            frames[n++] = (CoreSourceFrame){
                .func = source_name(d, u, &e), .column = CORE_NO_COLUMN, .is_inlined = true};
            depth = e.has_children; /* what is around it has no more to tell */
        } else if (e.tag == TAG_INLINED_SUBROUTINE || e.tag == TAG_SUBPROGRAM) {
            skip_children(d, u, &r, &e);
        } else {
            depth += e.has_children;
        }
    }
    return n;
}

static size_t find_in_unit(Dwarf *d, DwarfUnit *u, uint64_t address, CoreSourceFrame *frames,
                           size_t max) {
    if (!u->has_read) list_funcs(d, u);
    const DwarfFunc *func = func_at(u, address);
    size_t n = func ? walk_func(d, u, func, address, frames, max) : 0;
    CoreSourceFrame place = {.column = CORE_NO_COLUMN};
    bool has_line = dwarf_line(d, u, address, &place);
    if (n == 0 && has_line && max) frames[n++] = (CoreSourceFrame){0};
    if (n == 0) return 0;
    CoreSourceFrame *innermost = &frames[n - 1];
    innermost->file = place.file;
    innermost->line = place.line;
    innermost->column = place.column;
    for (size_t i = 0; i < n / 2; i++) {
        CoreSourceFrame swap = frames[i];
        frames[i] = frames[n - 1 - i];
        frames[n - 1 - i] = swap;
    }
    return n;
}

size_t dwarf_find(Dwarf *d, uint64_t address, CoreSourceFrame *frames, size_t max) {
    size_t n = 0;
    if (d->steps < STEPS_A_QUESTION) d->steps = STEPS_A_QUESTION;
    if (!d->has_units) list_units(d);
    for (size_t i = 0; i < d->ranges.len && !n; i++) {
        const DwarfUnitRange *at = &d->ranges.at[i];
        if (at->range.low <= address && address < at->range.high)
            n = find_in_unit(d, &d->units.at[at->unit], address, frames, max);
    }
    return n;
}

Dwarf *dwarf_open(Arena *arena, const CoreModule *m) {
    static const char *const names[DWARF_SECTION_COUNT] = {
        ".debug_info",        ".debug_abbrev", ".debug_line",   ".debug_str",     ".debug_line_str",
        ".debug_str_offsets", ".debug_addr",   ".debug_ranges", ".debug_rnglists"};
    Dwarf *d = ARENA_NEW(arena, Dwarf);
    d->arena = arena;
    for (size_t i = 0; i < DWARF_SECTION_COUNT; i++) {
        const CoreCustom *custom = core_custom_find(m, str_from(names[i]));
        if (custom) d->sections[i] = custom->bytes;
        d->room += d->sections[i].len;
    }
    d->steps = STEPS + STEPS_A_BYTE * (uint64_t)d->room;
    return d->sections[DWARF_INFO].len ? d : NULL;
}
