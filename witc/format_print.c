/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The second half of the formatter: from pieces to lines.
 *
 * format.c says of each piece of text how it is parted from the one before, and which lists are
 * groups. A group is written on one line if it fits there, and otherwise one element a line, each
 * list by itself, the outermost first:
 *
 *     f: func(a: u32) -> tuple<u8, u16>;        f: func(
 *                                                   a: u32,
 *                                               ) -> tuple<u8, u16>;
 *
 * Pieces wait until no group is open. Then one pass from left to right adds up the widths, one from
 * right to left finds where each group's line could end, and one writes. No width is measured twice,
 * so the time is linear in the text, and nothing here recurses.
 */
#include "witc/internal.h"

static Str text_of(const Printer *p, const Piece *piece) {
    if (piece->kind == PIECE_COMMA) return STR(",");
    return str_from_to(p->source->text, piece->start, piece->end);
}

static bool is_comment(const Piece *piece) {
    return piece->kind == PIECE_LINE_COMMENT || piece->kind == PIECE_BLOCK_COMMENT;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static Str without_trailing_blanks(Str s) {
    while (s.len && is_blank(s.ptr[s.len - 1])) s.len--;
    return s;
}

/* What counts for the width of a line: the further lines of a comment move with it. */
static Str first_line(const Printer *p, const Piece *piece) {
    Str text = text_of(p, piece);
    size_t end = str_find(text, '\n', 0);
    return end == SIZE_MAX ? text : without_trailing_blanks(str_from_to(text, 0, end));
}

/* ---- which groups fit ---- */

static void measure(Printer *p) {
    uint32_t width = 0;
    for (size_t i = 0; i < p->pieces.len; i++) {
        Piece *piece = &p->pieces.at[i];
        if (piece->before == BREAK_SPACE || piece->before == BREAK_SOFT_SPACE) width++;
        if (piece->kind != PIECE_COMMA) width += (uint32_t)first_line(p, piece).len;
        piece->width = width;
    }
}

/* From right to left: the next place where a line ends if all groups around it are broken. */
static void find_line_ends(Printer *p) {
    p->ends.len = 0; /* one of each group that has been entered, and of none */
    *vec_push(p->arena, &p->ends) = (uint32_t)p->pieces.len;
    for (size_t i = p->pieces.len; i-- > 0;) {
        Piece *piece = &p->pieces.at[i];
        if (piece->kind == PIECE_OPEN && piece->group && p->ends.len > 1) {
            (void)vec_pop(&p->ends);
            piece->line_end = vec_last(&p->ends);
        }
        bool soft = piece->before == BREAK_SOFT || piece->before == BREAK_SOFT_SPACE;
        if (piece->kind == PIECE_CLOSE && piece->group) *vec_push(p->arena, &p->ends) = (uint32_t)i;
        else if (soft || piece->before == BREAK_LINE || piece->kind == PIECE_LINE_COMMENT)
            vec_last(&p->ends) = (uint32_t)i;
    }
}

static bool fits(const Printer *p, size_t open) {
    const Piece *piece = &p->pieces.at[open];
    if (piece->line_end == 0) return true; /* not closed */
    uint32_t before = open > 0 ? p->pieces.at[open - 1].width : 0;
    uint32_t width = p->pieces.at[piece->line_end - 1].width - before;
    bool comma = piece->line_end < p->pieces.len && p->pieces.at[piece->line_end].group;
    return p->column + width + comma <= p->options->width;
}

/* ---- writing ---- */

static void put(Printer *p, Str s) {
    buf_str(p->out, s);
    p->column += (uint32_t)s.len;
}

static void put_spaces(Printer *p, size_t n) {
    for (size_t i = 0; i < n; i++) buf_byte(p->out, ' ');
    p->column += (uint32_t)n;
}

static void put_newline(Printer *p) {
    buf_str(p->out, p->newline);
    p->column = 0;
}

static size_t leading_blanks(Str s) {
    size_t n = 0;
    while (n < s.len && is_blank(s.ptr[n])) n++;
    return n;
}

/* The line of `text` at *from, which moves to the next one; false at the end. */
static bool next_line(Str text, size_t *from, Str *line) {
    if (*from > text.len) return false;
    size_t end = str_find(text, '\n', *from);
    if (end == SIZE_MAX) end = text.len;
    *line = without_trailing_blanks(str_from_to(text, *from, end));
    *from = end + 1;
    return true;
}

/* A comment of several lines moves as a whole, as far as its lines can. */
static void put_block_comment(Printer *p, const Piece *piece) {
    Str text = without_trailing_blanks(text_of(p, piece)), line = {0};
    size_t from = 0, at = piece->start, least = SIZE_MAX;
    if (str_find(text, '\n', 0) == SIZE_MAX) { /* there may be thousands on a line */
        put(p, text);
        return;
    }
    while (at > 0 && p->source->text.ptr[at - 1] != '\n') at--;
    ptrdiff_t shift = (ptrdiff_t)p->indent;
    shift -= (ptrdiff_t)leading_blanks(str_after(p->source->text, at));
    next_line(text, &from, &line);
    put(p, line);
    size_t second = from;
    while (next_line(text, &from, &line))
        if (line.len && leading_blanks(line) < least) least = leading_blanks(line);
    if (shift < 0 && (size_t)-shift > least) shift = -(ptrdiff_t)least;
    for (from = second; next_line(text, &from, &line);) {
        size_t blanks = leading_blanks(line);
        put_newline(p);
        if (line.len) put_spaces(p, (size_t)((ptrdiff_t)blanks + shift));
        put(p, str_after(line, blanks));
    }
}

/* What stands before a verbatim piece on its line, if it is nothing but white space. */
static bool original_indent(const Printer *p, const Piece *piece, Str *indent) {
    size_t at = piece->start;
    while (at > 0 && is_blank(p->source->text.ptr[at - 1])) at--;
    *indent = str_from_to(p->source->text, at, piece->start);
    return at == 0 || p->source->text.ptr[at - 1] == '\n';
}

static void break_line(Printer *p, const Piece *piece) {
    bool closes = piece->kind == PIECE_CLOSE;
    if (p->out->len > p->base && !(p->last.kind == PIECE_VERBATIM && p->column == 0))
        put_newline(p);
    if (piece->blank && !closes && p->out->len > p->base && p->last.kind != PIECE_OPEN)
        put_newline(p);
    Str indent;
    if (piece->kind == PIECE_VERBATIM && original_indent(p, piece, &indent)) {
        put(p, indent);
        p->indent = (uint32_t)indent.len;
        return;
    }
    uint32_t level = piece->level + p->lines_broken - (closes && piece->group);
    p->indent = level * p->options->indent;
    put_spaces(p, p->indent);
}

/* White space before a piece. */
static void part(Printer *p, const Piece *piece) {
    bool soft = piece->before == BREAK_SOFT || piece->before == BREAK_SOFT_SPACE;
    bool broken = p->broken.len && vec_last(&p->broken);
    if (piece->before == BREAK_LINE || (soft && broken)) break_line(p, piece);
    else if (piece->before == BREAK_SPACE || piece->before == BREAK_SOFT_SPACE) put(p, STR(" "));
}

static void open_group(Printer *p, size_t i) {
    bool outer = p->broken.len == 0 || vec_last(&p->broken);
    bool broken = outer && (p->pieces.at[i].broken || !fits(p, i));
    *vec_push(p->arena, &p->broken) = broken;
    p->lines_broken += broken;
}

static void write_piece(Printer *p, size_t i) {
    const Piece *piece = &p->pieces.at[i];
    bool flat_list = p->broken.len && !vec_last(&p->broken);
    if (piece->kind == PIECE_COMMA && flat_list) return;
    part(p, piece);
    if (piece->kind == PIECE_OPEN && piece->group) open_group(p, i);
    if (piece->kind == PIECE_CLOSE && piece->group) p->lines_broken -= vec_pop(&p->broken);
    Str text = text_of(p, piece);
    if (piece->kind == PIECE_BLOCK_COMMENT) put_block_comment(p, piece);
    else if (piece->kind == PIECE_LINE_COMMENT) put(p, without_trailing_blanks(text));
    else put(p, text);
    if (piece->kind == PIECE_VERBATIM && text.len && text.ptr[text.len - 1] == '\n') p->column = 0;
    p->last = *piece;
}

void witc_flush_pieces(Printer *p) {
    measure(p);
    find_line_ends(p);
    for (size_t i = 0; i < p->pieces.len; i++) write_piece(p, i);
    p->pieces.len = 0;
}

void witc_put_piece(Printer *p, Piece piece) {
    if (p->groups.len == 0 && piece.before == BREAK_LINE) witc_flush_pieces(p);
    *vec_push(p->arena, &p->pieces) = piece;
    bool lines = piece.before == BREAK_LINE ||
                 (is_comment(&piece) && str_find(text_of(p, &piece), '\n', 0) != SIZE_MAX);
    if (p->groups.len && lines) p->pieces.at[vec_last(&p->groups)].broken = true;
    if (!piece.group) return;
    if (piece.kind == PIECE_OPEN) *vec_push(p->arena, &p->groups) = (uint32_t)p->pieces.len - 1;
    if (piece.kind != PIECE_CLOSE) return;
    bool broken = p->pieces.at[vec_pop(&p->groups)].broken;
    if (p->groups.len && broken) p->pieces.at[vec_last(&p->groups)].broken = true;
}
