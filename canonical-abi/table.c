/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Handle tables: an array with holes. The holes form a stack, linked through `lend_count`, so that
 * the index freed last is given out first (the specification prescribes the order).
 */
#include <stdlib.h>

#include "canonical-abi/abi.h"

struct AbiTable {
    AbiHandle *at;
    uint32_t len, cap;
    uint32_t hole; /* newest hole, 0: none */
};

AbiTable *abi_table_new(void) { return calloc(1, sizeof(AbiTable)); }

void abi_table_free(AbiTable *table) {
    if (!table) return;
    free(table->at);
    free(table);
}

static bool grow(AbiTable *table) {
    uint32_t cap = table->cap ? table->cap * 2 : 16;
    AbiHandle *at = realloc(table->at, (size_t)cap * sizeof *at);
    if (!at) return false;
    table->at = at;
    table->cap = cap;
    if (table->len == 0) at[table->len++] = (AbiHandle){0};
    return true;
}

uint32_t abi_table_add(AbiTable *table, AbiHandle handle) {
    uint32_t index = table->hole;
    if (index) {
        table->hole = table->at[index].lend_count;
    } else {
        if (table->len > ABI_TABLE_MAX) return 0;
        if (table->len == table->cap && !grow(table)) return 0;
        index = table->len++;
    }
    table->at[index] = handle;
    return index;
}

AbiHandle *abi_table_get(AbiTable *table, uint32_t index) {
    if (index >= table->len || !table->at[index].type) return NULL;
    return &table->at[index];
}

void abi_table_remove(AbiTable *table, uint32_t index) {
    if (!abi_table_get(table, index)) return;
    table->at[index] = (AbiHandle){.lend_count = table->hole};
    table->hole = index;
}

AbiHandle *abi_table_next(AbiTable *table, uint32_t *index) {
    for (; *index < table->len; ++*index)
        if (table->at[*index].type) return &table->at[*index];
    return NULL;
}
