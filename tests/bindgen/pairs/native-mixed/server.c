/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Drop-in style: two entries a shelf, and everything is freed by hand. */
#include "server.h"
#include "guest.h"

#define STORE(name) exports_pairs_mixed_store_##name

struct STORE(shelf_t) {
    server_string_t label;
    STORE(entry_t) entries[2];
    uint32_t count;
};

static uint32_t destroyed;

STORE(own_shelf_t) STORE(constructor_shelf)(server_string_t *label) {
    STORE(shelf_t) *shelf = (STORE(shelf_t) *)malloc(sizeof *shelf);
    shelf->label = *label;
    shelf->count = 0;
    return STORE(shelf_new)(shelf);
}

static void problem_missing(STORE(problem_t) * err, const server_string_t *key) {
    err->tag = EXPORTS_PAIRS_MIXED_STORE_PROBLEM_MISSING;
    server_string_dup_n(&err->val.missing, (const char *)key->ptr, key->len);
}

bool STORE(method_shelf_put)(STORE(borrow_shelf_t) self, STORE(entry_t) * e, uint32_t *ret,
                             STORE(problem_t) * err) {
    if (e->key.len == 0 || self->count == 2) {
        if (e->key.len) err->tag = EXPORTS_PAIRS_MIXED_STORE_PROBLEM_FULL;
        else problem_missing(err, &e->key);
        STORE(entry_free)(e);
        return false;
    }
    *ret = self->count;
    self->entries[self->count++] = *e;
    return true;
}

bool STORE(method_shelf_get)(STORE(borrow_shelf_t) self, server_string_t *key,
                             STORE(entry_t) * ret) {
    bool found = false;
    for (uint32_t i = 0; i < self->count && !found; i++) {
        const STORE(entry_t) *entry = &self->entries[i];
        found = entry->key.len == key->len && !__builtin_memcmp(entry->key.ptr, key->ptr, key->len);
        if (!found) continue;
        server_string_dup_n(&ret->key, (const char *)key->ptr, key->len);
        ret->values.len = entry->values.len;
        ret->values.ptr = (uint32_t *)malloc(entry->values.len * sizeof(uint32_t) + 1);
        for (size_t k = 0; k < entry->values.len; k++) ret->values.ptr[k] = entry->values.ptr[k];
    }
    server_string_free(key);
    return found;
}

void STORE(method_shelf_label)(STORE(borrow_shelf_t) self, server_string_t *ret) {
    server_string_dup_n(ret, (const char *)self->label.ptr, self->label.len);
}

void STORE(labels)(STORE(list_borrow_shelf_t) * shelves, server_list_string_t *ret) {
    ret->len = shelves->len;
    ret->ptr = (server_string_t *)malloc(shelves->len * sizeof *ret->ptr + 1);
    for (size_t i = 0; i < shelves->len; i++)
        STORE(method_shelf_label)(shelves->ptr[i], &ret->ptr[i]);
    if (shelves->len) free(shelves->ptr);
    if (!ret->len) free(ret->ptr);
}

void STORE(shelf_destructor)(STORE(shelf_t) * shelf) {
    server_string_free(&shelf->label);
    for (uint32_t i = 0; i < shelf->count; i++) STORE(entry_free)(&shelf->entries[i]);
    free(shelf);
    destroyed++;
}

/* What is left over, and how many were destroyed. */
uint32_t STORE(live)(void) { return live() + 1000 * destroyed; }
