/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "server.h"
#include "guest.h"

struct files_big_file_rep {
    char name[16];
    size_t len;
    uint32_t n;
};
static uint32_t destroyed;

static files_big_file make(wit_string name, uint32_t n) {
    files_big_file_rep *rep = (files_big_file_rep *)malloc(sizeof *rep);
    MUST(name.len <= sizeof rep->name);
    rep->len = name.len;
    rep->n = n;
    for (size_t i = 0; i < name.len; i++) rep->name[i] = name.ptr[i];
    return files_big_file_from_rep(rep);
}

files_big_file files_big_file_new(wit_string name) { return make(name, 0); }

wit_string files_big_file_name(files_big_file_ref self) {
    return (wit_string){self->name, self->len};
}

uint32_t files_big_file_add(files_big_file_ref self, uint32_t n) { return self->n += n; }

files_big_file files_big_file_join(files_big_file a, files_big_file_ref b) {
    files_big_file_rep *rep = files_big_file_to_rep(a);
    files_big_file made = make(WIT_STR("joined"), rep->n + b->n);
    files_big_file_drop(a);
    return made;
}

files_result_big_file_string files_big_file_open(wit_string name) {
    if (name.len == 0) return files_result_big_file_string_err(WIT_STR("no name"));
    return files_result_big_file_string_ok(make(name, 1));
}

files_list_big_file files_all(uint32_t n) {
    files_big_file *list = WIT_NEW(files_big_file, n);
    for (uint32_t i = 0; i < n; i++) list[i] = make(WIT_STR("one of all"), i + 1);
    return (files_list_big_file){list, n};
}

uint32_t files_sum(files_list_big_file_ref files, const files_big_file_ref *more) {
    uint32_t sum = more ? (*more)->n : 0;
    for (size_t i = 0; i < files.len; i++) sum += files.ptr[i]->n;
    return sum;
}

uint32_t files_close(files_list_big_file files) {
    for (size_t i = 0; i < files.len; i++) files_big_file_drop(files.ptr[i]);
    return (uint32_t)files.len;
}

void files_big_file_destroy(files_big_file_rep *rep) {
    free(rep);
    destroyed++;
}

uint32_t files_destroyed(void) { return destroyed; }
uint32_t files_live(void) { return live(); }
