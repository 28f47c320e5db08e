/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* DWARF 5 for a module that comes from text: which line and column of the text each instruction has
 * been, in custom sections behind all others.
 *
 *     .debug_abbrev, .debug_info   the file, its functions; with WAT_DWARF_FULL their parameters and
 *                                  locals, of the types i32, i64, f32 and f64
 *     .debug_line                  a sequence a function: a row an instruction
 *
 * Addresses count from the first byte of the code section, so its layout is computed here as
 * core_encode will write it. */
#include "base/file.h"
#include "wat/internal.h"

typedef struct {
    uint32_t start, size, head; /* of the code entry behind its size; head: bytes before the body */
} Extent;

typedef struct {
    Arena *arena;
    const CoreModule *m;
    WatDwarf style;
    Str folder, file;
    Extent *extents; /* of all functions, imported ones too */
    uint32_t code_size;
    Buf abbrevs, info, lines;
    uint32_t types[4]; /* where i32, i64, f32 and f64 stand in .debug_info; 0: nowhere yet */
    LineColumn place;  /* of `place_at` in the text */
    uint32_t place_at;
} Writer;

enum { ABBREV_UNIT = 1, ABBREV_FUNC, ABBREV_LEAF_FUNC, ABBREV_PARAM, ABBREV_LOCAL, ABBREV_TYPE };

/* ---- the code section ---- */

static uint32_t leb_size(uint32_t n) {
    uint32_t size = 1;
    while (n >>= 7) size++;
    return size;
}

static uint32_t locals_size(Arena *arena, const CoreFunc *f) {
    uint32_t size = leb_size(f->local_runs);
    Buf type = {.arena = arena};
    for (uint32_t i = 0; i < f->local_runs; i++) {
        type.len = 0;
        core_put_val_type(&type, f->locals[i].type);
        size += leb_size(f->locals[i].count) + (uint32_t)type.len;
    }
    return size;
}

static void lay_out(Writer *w) {
    const CoreModule *m = w->m;
    w->extents = ARENA_NEW_ARRAY(w->arena, Extent, m->funcs.len);
    uint32_t at = leb_size((uint32_t)m->funcs.len - m->imported[CORE_FUNC]);
    for (size_t i = m->imported[CORE_FUNC]; i < m->funcs.len; i++) {
        const CoreFunc *f = &m->funcs.at[i];
        Extent *e = &w->extents[i];
        e->head = locals_size(w->arena, f);
        e->size = e->head + (uint32_t)f->body.bytes.len;
        e->start = at + leb_size(e->size);
        at = e->start + e->size;
    }
    w->code_size = at;
}

/* ---- places in the text ---- */

/* Line and column of an offset, counted on from the last one that was asked for. */
static LineColumn place_of(Writer *w, uint32_t offset) {
    Str text = w->m->source->text;
    if (offset < w->place_at) w->place_at = 0, w->place = (LineColumn){1, 1};
    for (; w->place_at < offset && w->place_at < text.len; w->place_at++) {
        w->place.column++;
        if (text.ptr[w->place_at] == '\n') w->place.line++, w->place.column = 1;
    }
    return w->place;
}

/* ---- .debug_line ---- */

static void put_string(Buf *b, Str s) {
    size_t end = str_find(s, '\0', 0);
    buf_str(b, str_from_to(s, 0, end));
    buf_byte(b, 0);
}

static void patch32(Buf *b, size_t at, uint32_t value) {
    for (unsigned i = 0; i < 4; i++) b->ptr[at + i] = (uint8_t)(value >> (8 * i));
}

enum {
    OP_COPY = 1,
    OP_ADVANCE_PC,
    OP_ADVANCE_LINE,
    OP_SET_FILE,
    OP_SET_COLUMN,
    OP_PROLOGUE_END = 10
};

/* What is needed of the header: no special opcodes are used (6.2.4). */
static void line_header(Writer *w) {
    static const uint8_t lengths[] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};
    Buf *b = &w->lines;
    buf_fixed32(b, 0); /* length, at last */
    buf_bytes(b, "\5\0\4\0", 4);
    size_t header = b->len;
    buf_fixed32(b, 0);
    buf_bytes(b, "\1\1\1\373\16\15", 6); /* lengths 1, is_stmt, line base -5, range 14, base 13 */
    buf_bytes(b, lengths, sizeof lengths);
    buf_bytes(b, "\1\1\10\1", 4); /* a folder: its path as string */
    put_string(b, w->folder);
    buf_bytes(b, "\2\1\10\2\17\1", 6); /* a file: its path as string, its folder as udata */
    put_string(b, w->file);
    buf_byte(b, 0);
    patch32(b, header, (uint32_t)(b->len - header - 4));
}

static void row(Buf *b, LineColumn *last, uint32_t *last_address, LineColumn at, uint32_t address) {
    if (address != *last_address) {
        buf_byte(b, OP_ADVANCE_PC);
        buf_u32(b, address - *last_address);
    }
    if (at.line != last->line) {
        buf_byte(b, OP_ADVANCE_LINE);
        buf_s64(b, (int64_t)at.line - last->line);
    }
    if (at.column != last->column) {
        buf_byte(b, OP_SET_COLUMN);
        buf_u32(b, at.column);
    }
    buf_byte(b, OP_COPY);
    *last = at;
    *last_address = address;
}

static void func_lines(Writer *w, size_t i) {
    const CoreExpr *body = &w->m->funcs.at[i].body;
    const Extent *e = &w->extents[i];
    Buf *b = &w->lines;
    LineColumn last = {1, 0};
    uint32_t address = e->start;
    buf_bytes(b, "\0\5\2", 3); /* set_address */
    buf_fixed32(b, e->start);
    buf_bytes(b, (const uint8_t[]){OP_SET_FILE, 0}, 2);
    /* The final `end` belongs to the instruction before it. */
    uint32_t n = body->place_count > 1 ? body->place_count - 1 : body->place_count;
    for (uint32_t k = 0; k < n; k++) {
        if (k == 0) buf_byte(b, OP_PROLOGUE_END);
        row(b, &last, &address, place_of(w, body->places[k].offset),
            e->start + e->head + body->places[k].at);
    }
    row(b, &last, &address, last, e->start + e->size - 1);
    buf_byte(b, OP_ADVANCE_PC);
    buf_u32(b, 1);
    buf_bytes(b, "\0\1\1", 3); /* end_sequence */
}

/* ---- .debug_info ---- */

static void abbrev(Writer *w, uint8_t code, uint8_t tag, bool children, const char *specs) {
    Buf *b = &w->abbrevs;
    const uint8_t head[] = {code, tag, children};
    buf_bytes(b, head, sizeof head);
    buf_bytes(b, specs, strlen(specs));
    buf_bytes(b, "\0\0", 2);
}

/* Pairs of an attribute and its form. */
static void abbrevs(Writer *w) {
    /* producer, language, name, comp_dir, stmt_list, low_pc, high_pc */
    abbrev(w, ABBREV_UNIT, 0x11, true, "\x25\x08\x13\x05\x03\x08\x1b\x08\x10\x17\x11\x01\x12\x06");
    /* name, decl_file, decl_line, decl_column, external, low_pc, high_pc */
    static const char func[] = "\x03\x08\x3a\x0b\x3b\x0f\x39\x0f\x3f\x19\x11\x01\x12\x06";
    abbrev(w, ABBREV_FUNC, 0x2e, true, func);
    abbrev(w, ABBREV_LEAF_FUNC, 0x2e, false, func);
    /* name, location, type */
    abbrev(w, ABBREV_PARAM, 0x05, false, "\x03\x08\x02\x18\x49\x13");
    abbrev(w, ABBREV_LOCAL, 0x34, false, "\x03\x08\x02\x18\x49\x13");
    /* name, byte_size, encoding */
    abbrev(w, ABBREV_TYPE, 0x24, false, "\x03\x08\x0b\x0b\x3e\x0b");
    buf_byte(&w->abbrevs, 0);
}

static void base_types(Writer *w) {
    static const struct {
        const char *name;
        uint8_t size, encoding; /* signed, float */
    } rows[] = {{"i32", 4, 5}, {"i64", 8, 5}, {"f32", 4, 4}, {"f64", 8, 4}};
    for (size_t i = 0; i < 4; i++) {
        w->types[i] = (uint32_t)w->info.len;
        buf_byte(&w->info, ABBREV_TYPE);
        put_string(&w->info, str_from(rows[i].name));
        buf_byte(&w->info, rows[i].size);
        buf_byte(&w->info, rows[i].encoding);
    }
}

/* DW_OP_WASM_location of local `index`, DW_OP_stack_value. */
static void variable(Writer *w, Buf *b, uint8_t abbreviation, uint32_t index, CoreValType type) {
    Buf location = {.arena = w->arena};
    if (type < CORE_I32 || type > CORE_F64) return;
    buf_byte(b, abbreviation);
    buf_fmt(b, "local%u", index);
    buf_byte(b, 0);
    buf_bytes(&location, "\xed\0", 2);
    buf_u32(&location, index);
    buf_byte(&location, 0x9f);
    buf_sized(b, &location);
    buf_fixed32(b, w->types[type - CORE_I32]);
}

static void variables(Writer *w, Buf *b, const CoreFunc *f) {
    enum { MOST = 10000 }; /* a text of few bytes can have 50,000 locals a function */
    const CoreType *type = core_func_type_at(w->m, f->type);
    uint32_t params = type ? type->param_count : 0, index = params;
    for (uint32_t i = 0; i < params; i++) variable(w, b, ABBREV_PARAM, i, type->params[i]);
    for (uint32_t run = 0; run < f->local_runs; run++) {
        for (uint32_t i = 0; i < f->locals[run].count && index < MOST; i++)
            variable(w, b, ABBREV_LOCAL, index++, f->locals[run].type);
    }
}

static void func_info(Writer *w, size_t i) {
    const CoreFunc *f = &w->m->funcs.at[i];
    Buf *b = &w->info, children = {.arena = w->arena};
    Str name = core_name(&w->m->names.funcs, (uint32_t)i);
    LineColumn at = place_of(w, f->offset);
    if (w->style == WAT_DWARF_FULL) variables(w, &children, f);
    buf_byte(b, children.len ? ABBREV_FUNC : ABBREV_LEAF_FUNC);
    put_string(b, name.len ? name : str_fmt(w->arena, "wasm-function[%zu]", i));
    buf_byte(b, 0); /* decl_file */
    buf_u32(b, at.line);
    buf_u32(b, at.column);
    buf_fixed32(b, w->extents[i].start);
    buf_fixed32(b, w->extents[i].size);
    if (children.len == 0) return;
    buf_bytes(b, children.ptr, children.len);
    buf_byte(b, 0);
}

static void unit_info(Writer *w) {
    enum { DW_LANG_C = 2 }; /* there is none for this; names are shown as they are */
    Buf *b = &w->info;
    buf_fixed32(b, 0); /* length, at last */
    buf_bytes(b, "\5\0\1\4", 4);
    buf_fixed32(b, 0); /* of .debug_abbrev */
    buf_byte(b, ABBREV_UNIT);
    put_string(b, STR("witc"));
    buf_bytes(b, (const uint8_t[]){DW_LANG_C, 0}, 2);
    put_string(b, w->file);
    put_string(b, w->folder);
    buf_fixed32(b, 0); /* of .debug_line */
    buf_fixed32(b, 0);
    buf_fixed32(b, w->code_size);
    if (w->style == WAT_DWARF_FULL) base_types(w);
}

void wat_add_dwarf(Wat *wat, CoreModule *m) {
    Str path = wat->source->path;
    Writer *w = ARENA_NEW(wat->arena, Writer);
    *w = (Writer){.arena = wat->arena, .m = m, .style = wat->dwarf, .place = {1, 1}};
    w->abbrevs.arena = w->info.arena = w->lines.arena = wat->arena;
    w->file = path_file(path);
    w->folder = path_directory(path);
    lay_out(w);
    abbrevs(w);
    unit_info(w);
    line_header(w);
    for (size_t i = m->imported[CORE_FUNC]; i < m->funcs.len; i++) {
        func_info(w, i);
        func_lines(w, i);
    }
    buf_byte(&w->info, 0);
    patch32(&w->info, 0, (uint32_t)w->info.len - 4);
    patch32(&w->lines, 0, (uint32_t)w->lines.len - 4);
    core_custom_add(w->arena, m, STR(".debug_abbrev"), buf_text(&w->abbrevs), CORE_SECTION_DATA);
    core_custom_add(w->arena, m, STR(".debug_info"), buf_text(&w->info), CORE_SECTION_DATA);
    core_custom_add(w->arena, m, STR(".debug_line"), buf_text(&w->lines), CORE_SECTION_DATA);
}
