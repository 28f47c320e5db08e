/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Native style: only the desk itself is freed. */
#include "middle.h"
#include "guest.h"

struct mixed_library_desk_rep {
    mixed_store_shelf shelf;
    bool open;
};

mixed_library_desk mixed_library_desk_new(mixed_store_shelf shelf) {
    mixed_library_desk_rep *desk = (mixed_library_desk_rep *)malloc(sizeof *desk);
    desk->shelf = shelf;
    desk->open = true;
    return mixed_library_desk_from_rep(desk);
}

mixed_store_result_list_u32_problem mixed_library_desk_put_all(mixed_library_desk_ref self,
                                                               mixed_store_list_entry entries) {
    uint32_t *places = WIT_NEW(uint32_t, entries.len);
    for (size_t i = 0; i < entries.len; i++) {
        mixed_store_result_u32_problem r =
            mixed_store_shelf_put(mixed_store_shelf_borrow(self->shelf), &entries.ptr[i]);
        if (r.is_err) return mixed_store_result_list_u32_problem_err(r.val.err);
        places[i] = r.val.ok;
    }
    return mixed_store_result_list_u32_problem_ok((wit_list_u32){places, entries.len});
}

mixed_store_result_u64_problem mixed_library_desk_sum(mixed_library_desk_ref self, wit_string key) {
    mixed_store_option_entry e = mixed_store_shelf_get(mixed_store_shelf_borrow(self->shelf), key);
    if (!e.is_some) return mixed_store_result_u64_problem_err(mixed_store_problem_missing(key));
    uint64_t sum = 0;
    for (size_t i = 0; i < e.val.values.len; i++) sum += e.val.values.ptr[i];
    return mixed_store_result_u64_problem_ok(sum);
}

mixed_store_shelf mixed_library_desk_close(mixed_library_desk desk) {
    mixed_library_desk_rep *rep = mixed_library_desk_to_rep(desk);
    mixed_store_shelf shelf = rep->shelf;
    rep->open = false;
    mixed_library_desk_drop(desk);
    return shelf;
}

wit_list_string mixed_library_names(mixed_store_shelf_ref first,
                                    mixed_store_list_shelf_ref others) {
    wit_list_string rest = mixed_store_labels(others);
    wit_string *names = WIT_NEW(wit_string, rest.len + 1);
    names[0] = mixed_store_shelf_label(first);
    for (size_t i = 0; i < rest.len; i++) names[i + 1] = rest.ptr[i];
    return (wit_list_string){names, rest.len + 1};
}

void mixed_library_desk_destroy(mixed_library_desk_rep *rep) {
    if (rep->open) mixed_store_shelf_drop(rep->shelf);
    free(rep);
}

uint32_t mixed_library_live(void) { return live(); }
