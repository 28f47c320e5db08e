/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/buf.h"
#include "base/vec.h"

/* A table with a frame of box-drawing characters, at most 80 columns wide: cells that are longer are
 * broken between words. The first row is the head. */
enum { TABLE_COLUMNS_MAX = 8 };

typedef struct {
    Str cells[TABLE_COLUMNS_MAX];
} TableRow;

typedef struct {
    size_t columns;
    unsigned right; /* the columns that are set to the right, as bits */
    VEC(TableRow) rows;
} Table;

void table_write(const Table *table, Buf *out);

#endif
