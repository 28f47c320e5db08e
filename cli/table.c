/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Tables for people:
 *
 *     ╭──────┬───────╮
 *     │ KIND ┆ VALUE │
 *     ╞══════╪═══════╡
 *     │ name ┆ foo   │
 *     ╰──────┴───────╯
 *
 * A column is as wide as its longest cell while the table fits; else the columns that need less than
 * an even share keep their width and the others share the rest.
 */
#include "cli/table.h"

#include "base/utf8.h"

enum { TABLE_WIDTH = 80 };

static size_t width_of(Str s) {
    size_t n = 0;
    for (size_t at = 0; at < s.len; n++) utf8_next(s, &at);
    return n;
}

/* Takes the first `n` characters off *s. */
static Str take(Str *s, size_t n) {
    size_t at = 0;
    while (n-- > 0 && at < s->len) utf8_next(*s, &at);
    Str head = str_from_to(*s, 0, at);
    *s = str_after(*s, at);
    return head;
}

/* Takes off *s what goes on one line of `width` characters. */
static Str take_line(Str *s, size_t width) {
    size_t line_end = str_find(*s, '\n', 0);
    Str line = line_end == SIZE_MAX ? *s : str_from_to(*s, 0, line_end);
    if (width_of(line) <= width) {
        *s = line_end == SIZE_MAX ? (Str){0} : str_after(*s, line_end + 1);
        return line;
    }
    size_t used = 0, end = 0; /* characters and bytes of whole words */
    for (;;) {
        size_t from = end ? end + 1 : 0, stop = str_find(line, ' ', from);
        Str word = str_from_to(line, from, stop == SIZE_MAX ? line.len : stop);
        size_t room = width - used, n = width_of(word) + (end != 0);
        if (n > room && width_of(word) > width && room > 3) return take(s, width);
        if (n > room || stop == SIZE_MAX) break;
        used += n;
        end = stop;
        if (end == 0) return take(s, 1);
    }
    if (end == 0) return take(s, width);
    *s = str_after(*s, end + 1);
    return str_from_to(line, 0, end);
}

/* The widest line of each column, then what the frame leaves of it. */
static void layout(const Table *table, size_t *widths) {
    size_t frame = 3 * table->columns + 1, all = frame;
    for (size_t c = 0; c < table->columns; c++) {
        widths[c] = 1;
        for (size_t i = 0; i < table->rows.len; i++) {
            Str rest = table->rows.at[i].cells[c];
            while (rest.len) {
                size_t n = width_of(take_line(&rest, SIZE_MAX));
                if (n > widths[c]) widths[c] = n;
            }
        }
        all += widths[c];
    }
    if (all <= TABLE_WIDTH) return;
    size_t room = TABLE_WIDTH - frame, left = table->columns;
    bool settled[TABLE_COLUMNS_MAX] = {0};
    for (size_t c = 0; c < table->columns; c++) {
        if (settled[c] || widths[c] > room / left) continue;
        settled[c] = true;
        room -= widths[c];
        if (--left == 0) return;
        c = SIZE_MAX; /* the share of the others has grown: look again from the first */
    }
    for (size_t c = 0; c < table->columns; c++) {
        if (settled[c]) continue;
        widths[c] = (room + left - 1) / left;
        room -= widths[c];
        left--;
    }
}

static void repeat(Buf *out, const char *what, size_t n) {
    while (n-- > 0) buf_str(out, str_from(what));
}

static void rule(const Table *table, const size_t *widths, const char *const parts[4], Buf *out) {
    for (size_t c = 0; c < table->columns; c++) {
        repeat(out, parts[c ? 2 : 0], 1);
        repeat(out, parts[1], widths[c] + 2);
    }
    buf_fmt(out, "%s\n", parts[3]);
}

static void write_row(const Table *table, const size_t *widths, TableRow row, Buf *out) {
    bool more = true;
    while (more) {
        more = false;
        for (size_t c = 0; c < table->columns; c++) {
            Str line = take_line(&row.cells[c], widths[c]);
            size_t pad = widths[c] - width_of(line);
            bool right = table->right >> c & 1;
            repeat(out, c ? "┆ " : "│ ", 1);
            repeat(out, " ", right ? pad : 0);
            buf_str(out, line);
            repeat(out, " ", (right ? 0 : pad) + 1);
            more |= row.cells[c].len != 0;
        }
        buf_str(out, STR("│\n"));
    }
}

void table_write(const Table *table, Buf *out) {
    static const char *const top[] = {"╭", "─", "┬", "╮"}, *const head[] = {"╞", "═", "╪", "╡"},
                             *const between[] = {"├", "╌", "┼", "┤"},
                             *const bottom[] = {"╰", "─", "┴", "╯"};
    size_t widths[TABLE_COLUMNS_MAX];
    layout(table, widths);
    rule(table, widths, top, out);
    for (size_t i = 0; i < table->rows.len; i++) {
        if (i) rule(table, widths, i == 1 ? head : between, out);
        write_row(table, widths, table->rows.at[i], out);
    }
    rule(table, widths, bottom, out);
}
