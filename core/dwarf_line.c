/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Line tables: a program for a small machine whose rows say where code came from.
 *
 *     header ── directories, files, and what the opcodes mean
 *     opcodes ── special: add to address and line, then a row
 *                standard, extended: change a register; copy: a row; end_sequence: a last row
 *
 * Rows up to an end_sequence are about code in one piece, addresses ascending. The sequences are listed
 * once; a question runs the program of one again and keeps the last row that is not behind the
 * address.
 */
#include "core/dwarf.h"

typedef struct {
    uint64_t address, file, line, column;
    uint64_t op_index;
    bool is_end;
    bool is_dropped; /* of a function that the linker has left out */
} Row;

typedef struct {
    Dwarf *d;
    const DwarfLines *lines;
    Reader r;
    Row row;
} Machine;

enum {
    COPY = 1,
    ADVANCE_PC,
    ADVANCE_LINE,
    SET_FILE,
    SET_COLUMN,
    NEGATE_STMT,
    BASIC_BLOCK,
    CONST_ADD_PC,
    FIXED_ADVANCE_PC
};
enum { END_SEQUENCE = 1, SET_ADDRESS };

static const Row first_row = {.file = 1, .line = 1};

/* ---- the header (6.2.4) ---- */

static DwarfLines *read_header(Dwarf *d, const DwarfUnit *u) {
    Reader r = dwarf_reader(d, DWARF_LINE, u->lines_at, UINT64_MAX);
    DwarfLines *l = ARENA_NEW(d->arena, DwarfLines);
    uint64_t length = dwarf_length(&r, &l->offset_size);
    if (r.failed || length > reader_left(&r)) return NULL;
    l->end = dwarf_offset(d, DWARF_LINE, &r) + (uint32_t)length;
    r.end = r.ptr + length;
    l->version = (uint16_t)dwarf_fixed(&r, 2);
    l->address_size = u->address_size;
    if (l->version >= 5) {
        l->address_size = reader_u8(&r);
        reader_u8(&r); /* size of segment selectors */
    }
    uint64_t header = dwarf_fixed(&r, l->offset_size);
    if (r.failed || header > reader_left(&r) || l->version < 2 || l->version > 5) return NULL;
    l->program = dwarf_offset(d, DWARF_LINE, &r) + (uint32_t)header;
    l->min_length = reader_u8(&r);
    l->max_ops = l->version >= 4 ? reader_u8(&r) : 1;
    reader_u8(&r); /* default_is_stmt */
    l->line_base = (int8_t)reader_u8(&r);
    l->line_range = reader_u8(&r);
    l->opcode_base = reader_u8(&r);
    l->opcode_lengths = reader_bytes(&r, l->opcode_base ? l->opcode_base - 1u : 0);
    l->tables = dwarf_offset(d, DWARF_LINE, &r);
    return r.failed || l->line_range == 0 || l->opcode_base == 0 ? NULL : l;
}

/* ---- the machine (6.2.2, 6.2.5) ---- */

static void advance(Machine *m, uint64_t operations) {
    const DwarfLines *l = m->lines;
    if (l->max_ops <= 1) {
        m->row.address += l->min_length * operations;
        return;
    }
    m->row.address += l->min_length * ((m->row.op_index + operations) / l->max_ops);
    m->row.op_index = (m->row.op_index + operations) % l->max_ops;
}

static void special(Machine *m, unsigned opcode) {
    unsigned adjusted = opcode - m->lines->opcode_base;
    advance(m, adjusted / m->lines->line_range);
    m->row.line +=
        (uint64_t)(int64_t)(m->lines->line_base + (int)(adjusted % m->lines->line_range));
}

/* The highest address stands for dropped code; so does one below what the sequence has, since
 * addresses ascend. */
static void set_address(Machine *m, uint64_t address, size_t size) {
    uint64_t top = size == 8 ? UINT64_MAX : ((uint64_t)1 << (8 * size)) - 1;
    m->row.is_dropped = address == top || address < m->row.address;
    if (m->row.is_dropped) return;
    m->row.address = address;
    m->row.op_index = 0;
}

static bool extended(Machine *m) {
    uint64_t length = reader_u64(&m->r);
    if (m->r.failed || length > reader_left(&m->r)) {
        reader_stop(&m->r);
        return false;
    }
    Reader r = reader_sub(&m->r, (size_t)length);
    uint8_t opcode = reader_u8(&r);
    size_t size = reader_left(&r);
    if (opcode == SET_ADDRESS && size && size <= 8)
        set_address(m, dwarf_fixed(&r, (unsigned)size), size);
    m->row.is_end = opcode == END_SEQUENCE;
    return m->row.is_end;
}

/* True where it makes a row. */
static bool standard(Machine *m, unsigned opcode) {
    Reader *r = &m->r;
    switch (opcode) {
    case COPY: return true;
    case ADVANCE_PC: advance(m, reader_u64(r)); break;
    case ADVANCE_LINE: m->row.line += (uint64_t)reader_s64(r); break;
    case SET_FILE: m->row.file = reader_u64(r); break;
    case SET_COLUMN: m->row.column = reader_u64(r); break;
    case CONST_ADD_PC: advance(m, (255u - m->lines->opcode_base) / m->lines->line_range); break;
    case FIXED_ADVANCE_PC:
        m->row.address += dwarf_fixed(r, 2);
        m->row.op_index = 0;
        break;
    default: /* NEGATE_STMT, BASIC_BLOCK, and those that we need not know */
        for (uint8_t n = (uint8_t)m->lines->opcode_lengths.ptr[opcode - 1]; n; n--) reader_u64(r);
    }
    return false;
}

/* Goes on to the next row. False at the end, or where the bytes make no sense. */
static bool next_row(Machine *m) {
    if (m->row.is_end) m->row = first_row;
    while (!reader_at_end(&m->r) && dwarf_step(m->d, &m->r)) {
        unsigned opcode = reader_u8(&m->r);
        bool made = true;
        if (opcode >= m->lines->opcode_base) special(m, opcode);
        else made = opcode == 0 ? extended(m) : standard(m, opcode);
        if (m->r.failed) return false;
        if (!made) continue;
        if (!m->row.is_dropped) return true;
        if (m->row.is_end) m->row = first_row;
    }
    return false;
}

/* ---- sequences ---- */

static Machine machine_at(Dwarf *d, const DwarfLines *lines, uint32_t at) {
    return (Machine){d, lines, dwarf_reader(d, DWARF_LINE, at, lines->end), first_row};
}

const DwarfLines *dwarf_lines(Dwarf *d, DwarfUnit *u) {
    if (!u->has_lines) return NULL;
    u->has_lines = u->lines != NULL;
    if (u->lines) return u->lines;
    DwarfLines *lines = read_header(d, u);
    if (!lines) return NULL;
    u->has_lines = true;
    u->lines = lines;
    Machine m = machine_at(d, lines, lines->program);
    DwarfSequence sequence = {.at = lines->program};
    bool begun = false;
    while (d->room && next_row(&m)) {
        if (!begun) sequence.start = m.row.address;
        begun = !m.row.is_end;
        if (begun) continue;
        sequence.end = m.row.address;
        if (sequence.start < sequence.end) {
            *vec_push(d->arena, &lines->sequences) = sequence;
            d->room--;
        }
        sequence.at = dwarf_offset(d, DWARF_LINE, &m.r);
    }
    return lines;
}

bool dwarf_line(Dwarf *d, DwarfUnit *u, uint64_t address, CoreSourceFrame *frame) {
    const DwarfLines *lines = dwarf_lines(d, u);
    const DwarfSequence *sequence = NULL;
    for (size_t i = 0; lines && i < lines->sequences.len; i++) {
        const DwarfSequence *s = &lines->sequences.at[i];
        if (s->start <= address && address < s->end) sequence = s;
    }
    if (!sequence) return false;
    Machine m = machine_at(d, lines, sequence->at);
    Row found = {0};
    bool any = false;
    while (next_row(&m) && !m.row.is_end && m.row.address <= address) {
        found = m.row;
        any = true;
    }
    if (!any) return false;
    frame->file = dwarf_file(d, u, found.file);
    frame->line = (uint32_t)found.line;
    frame->column = frame->line ? (uint32_t)found.column : CORE_NO_COLUMN;
    return true;
}

/* ---- files (6.2.4.1) ---- */

enum { CONTENT_PATH = 1, CONTENT_DIRECTORY = 2 };

/* An absolute path replaces what it is appended to; "c:/" and backslashes are of Windows. */
static Str path_append(Arena *arena, Str path, Str part) {
    bool drive = part.len >= 3 && part.ptr[1] == ':' && (part.ptr[2] == '/' || part.ptr[2] == '\\');
    bool root = part.len && (part.ptr[0] == '/' || part.ptr[0] == '\\');
    if (drive || root || path.len == 0) return part;
    bool back = path.ptr[0] == '\\' || (path.len >= 3 && path.ptr[1] == ':' && path.ptr[2] == '\\');
    Str between = back ? STR("\\") : STR("/");
    if (str_ends(path, between)) between = (Str){0};
    return STR_JOIN(arena, path, between, part);
}

static Str path_of(Dwarf *d, const DwarfUnit *u, Str directory, Str name) {
    Str path = u->comp_dir;
    if (directory.len) path = path_append(d->arena, path, directory);
    return path_append(d->arena, path, name);
}

/* A string up to its NUL. */
static Str plain_string(Dwarf *d, const DwarfUnit *u, Reader *r) {
    return dwarf_value(d, u, r, 0x08).text;
}

/* Versions 2 to 4: strings that end with an empty one; counted from 1, 0 is the unit's folder. */
static Str old_file(Dwarf *d, const DwarfUnit *u, const DwarfLines *l, uint64_t index) {
    Reader r = dwarf_reader(d, DWARF_LINE, l->tables, l->program);
    Reader directories = r;
    Str name, directory = {0};
    while (plain_string(d, u, &r).len) {
    }
    for (uint64_t i = 1;; i++) {
        name = plain_string(d, u, &r);
        uint64_t in = reader_u64(&r);
        if (r.failed || name.len == 0) return (Str){0};
        reader_u64(&r); /* time */
        reader_u64(&r); /* size */
        if (i != index) continue;
        while (in-- && (directory = plain_string(d, u, &directories)).len) {
        }
        return path_of(d, u, directory, name);
    }
}

/* Version 5: a list of (content, form), then so many entries; counted from 0. Gives entry `index` and
 * leaves the reader behind the table, or fails. */
static void new_table(Dwarf *d, const DwarfUnit *u, Reader *r, uint64_t index, Str *path,
                      uint64_t *directory) {
    Reader formats = *r;
    uint8_t format_count = reader_u8(&formats);
    reader_u8(r);
    for (uint8_t i = 0; i < format_count; i++) reader_u64(r), reader_u64(r);
    uint64_t count = reader_u64(r);
    for (uint64_t n = 0; n < count && dwarf_step(d, r); n++) {
        Reader format = formats;
        for (uint8_t i = 0; i < format_count && !r->failed; i++) {
            uint64_t content = reader_u64(&format);
            DwarfValue v = dwarf_value(d, u, r, reader_u64(&format));
            if (n != index) continue;
            if (content == CONTENT_PATH) dwarf_string(d, u, &v, path);
            if (content == CONTENT_DIRECTORY) *directory = v.value;
        }
    }
}

static Str new_file(Dwarf *d, const DwarfUnit *unit, const DwarfLines *l, uint64_t index) {
    DwarfUnit u = *unit; /* forms as this table has them */
    u.version = l->version, u.offset_size = l->offset_size, u.address_size = l->address_size;
    Reader r = dwarf_reader(d, DWARF_LINE, l->tables, l->program), again = r;
    Str name = {0}, directory = {0};
    uint64_t in = 0, none;
    new_table(d, &u, &r, UINT64_MAX, &name, &none);
    new_table(d, &u, &r, index, &name, &in);
    if (name.len == 0) return name;
    if (in) new_table(d, &u, &again, in, &directory, &none);
    return path_of(d, unit, directory, name);
}

Str dwarf_file(Dwarf *d, DwarfUnit *u, uint64_t index) {
    const DwarfLines *l = dwarf_lines(d, u);
    if (!l) return (Str){0};
    return l->version >= 5 ? new_file(d, u, l, index) : old_file(d, u, l, index);
}
