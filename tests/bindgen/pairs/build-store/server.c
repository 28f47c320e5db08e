/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "server.h"

#include "guest.h"

struct store_cells_cell_rep {
    char text[64];
    size_t len;
};
typedef store_cells_cell_rep Cell;

static uint32_t count;

static void append(Cell *cell, wit_string text) {
    MUST(cell->len + text.len <= sizeof cell->text);
    for (size_t i = 0; i < text.len; i++) cell->text[cell->len++] = text.ptr[i];
}

static wit_string text_of(const Cell *cell) { return (wit_string){cell->text, cell->len}; }

static Cell *new_cell(void) {
    Cell *cell = (Cell *)malloc(sizeof *cell);
    cell->len = 0;
    count++;
    return cell;
}

store_cells_cell store_cells_cell_new(wit_string text) {
    Cell *cell = new_cell();
    append(cell, text);
    return store_cells_cell_from_rep(cell);
}

/* The caller reads it before anything else happens to the cell. */
wit_string store_cells_cell_get(Cell *self) { return text_of(self); }

wit_string store_cells_cell_set(Cell *self, wit_string text) {
    wit_string before = wit_string_copy(text_of(self));
    self->len = 0;
    append(self, text);
    return before;
}

void store_cells_cell_swap(Cell *a, Cell *b) {
    Cell c = *a;
    *a = *b;
    *b = c;
}

store_cells_option_cell store_cells_merge(store_cells_list_cell cells) {
    if (cells.len == 0) return store_cells_option_cell_none();
    Cell *joined = new_cell();
    for (size_t i = 0; i < cells.len; i++) {
        append(joined, text_of(store_cells_cell_to_rep(cells.ptr[i])));
        store_cells_cell_drop(cells.ptr[i]);
    }
    return store_cells_option_cell_some(store_cells_cell_from_rep(joined));
}

wit_result_string_u32 store_cells_pick(store_cells_list_cell_ref cells, uint32_t n) {
    if (n >= cells.len) return wit_result_string_u32_err((uint32_t)cells.len);
    return wit_result_string_u32_ok(text_of(cells.ptr[n]));
}

store_cells_cell store_cells_alter(store_cells_cell cell, const store_cells_change *how) {
    Cell *self = store_cells_cell_to_rep(cell);
    switch (how->tag) {
    case STORE_CELLS_CHANGE_CLEAR: self->len = 0; break;
    case STORE_CELLS_CHANGE_APPEND: append(self, how->val.append); break;
    case STORE_CELLS_CHANGE_WITH:
        store_cells_cell_swap(self, store_cells_cell_to_rep(how->val.with));
        store_cells_cell_drop(how->val.with);
        break;
    }
    return cell;
}

void store_cells_cell_destroy(Cell *rep) {
    count--;
    free(rep);
}

uint32_t store_cells_live(void) {
    MUST(live() >= count);
    return count;
}
