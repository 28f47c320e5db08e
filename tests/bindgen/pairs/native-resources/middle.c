/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Borrowed handles are not given back here: that is done when the function returns, and would trap
 * otherwise. */
#include "middle.h"
#include "guest.h"

struct readers_reader_rep {
    files_big_file file;
    bool has_file;
};
static uint32_t destroyed;

readers_reader readers_reader_new(files_big_file file) {
    readers_reader_rep *rep = (readers_reader_rep *)malloc(sizeof *rep);
    rep->file = file;
    rep->has_file = true;
    return readers_reader_from_rep(rep);
}

files_option_big_file readers_reader_file(readers_reader_ref self) {
    if (!self->has_file) return files_option_big_file_none();
    self->has_file = false;
    return files_option_big_file_some(self->file);
}

uint32_t readers_total(const readers_source *source, const files_tuple2_big_file_ref_u32 *extra) {
    uint32_t total = files_big_file_add(extra->f0, 0) * extra->f1;
    switch (source->tag) {
    case READERS_SOURCE_NONE: return total;
    case READERS_SOURCE_ONE: return total + files_big_file_add(source->val.one, 0);
    case READERS_SOURCE_MANY: return total + files_sum(source->val.many, &extra->f0);
    }
    return 0;
}

readers_reader readers_keep(readers_reader r) { return r; }

void readers_reader_destroy(readers_reader_rep *rep) {
    if (rep->has_file) files_big_file_drop(rep->file);
    free(rep);
    destroyed++;
}

uint32_t readers_destroyed(void) { return destroyed; }
