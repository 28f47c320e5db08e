/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "test.h"
#include "guest.h"

#define F(name) exports_pairs_resources_files_##name

struct F(big_file_t) {
    uint32_t id;
    test_string_t name;
};

static uint32_t alive;

F(own_big_file_t) F(constructor_big_file)(uint32_t id) {
    F(big_file_t) *file = (F(big_file_t) *)malloc(sizeof *file);
    file->id = id;
    test_string_dup(&file->name, "unnamed");
    alive++;
    return F(big_file_new)(file);
}

bool F(static_big_file_open)(uint32_t id, F(own_big_file_t) * ret, test_string_t *err) {
    if (id) *ret = F(constructor_big_file)(id);
    else test_string_dup(err, "no file 0");
    return id != 0;
}

void F(big_file_destructor)(F(big_file_t) * rep) {
    test_string_free(&rep->name);
    free(rep);
    alive--;
}

uint32_t F(method_big_file_id)(F(borrow_big_file_t) self) { return self->id; }

void F(method_big_file_name)(F(borrow_big_file_t) self, test_string_t *ret) {
    test_string_dup_n(ret, (const char *)self->name.ptr, self->name.len);
}

void F(method_big_file_rename)(F(borrow_big_file_t) self, test_string_t *name) {
    test_string_free(&self->name);
    self->name = *name;
}

F(own_big_file_t)
F(static_big_file_merge)(F(own_big_file_t) a, F(borrow_big_file_t) b) {
    F(big_file_rep)(a)->id += b->id;
    return a;
}

int32_t F(method_big_file_compare)(F(borrow_big_file_t) self, F(borrow_big_file_t) other) {
    return self == other ? 0 : self->id < other->id ? -1 : 1;
}

void F(create)(test_list_u32_t *ids, F(folder_t) * ret) {
    ret->files.len = ids->len;
    ret->files.ptr = (F(own_big_file_t) *)malloc(ids->len * sizeof *ret->files.ptr);
    for (size_t i = 0; i < ids->len; i++) ret->files.ptr[i] = F(constructor_big_file)(ids->ptr[i]);
    test_string_dup(&ret->name, "folder");
    test_list_u32_free(ids);
}

/* The folder is ours, and so are the files in it: freeing it drops them. */
uint32_t F(close)(F(folder_t) * f) {
    uint32_t sum = 0;
    for (size_t i = 0; i < f->files.len; i++) sum += F(big_file_rep)(f->files.ptr[i])->id;
    F(folder_free)(f);
    return sum;
}

void F(pair)(F(tuple2_own_big_file_own_big_file_t) * ret) {
    ret->f0 = F(constructor_big_file)(1);
    ret->f1 = F(constructor_big_file)(2);
}

bool F(find)(uint32_t id, F(own_big_file_t) * ret) {
    if (id) *ret = F(constructor_big_file)(id);
    return id != 0;
}

void F(make_item)(uint32_t kind, F(item_t) * ret) {
    ret->tag = (uint8_t)kind;
    if (kind == EXPORTS_PAIRS_RESOURCES_FILES_ITEM_FILE) ret->val.file = F(constructor_big_file)(5);
    if (kind == EXPORTS_PAIRS_RESOURCES_FILES_ITEM_FOLDER) {
        test_list_u32_t ids = {(uint32_t *)malloc(8), 2};
        ids.ptr[0] = 6;
        ids.ptr[1] = 7;
        F(create)(&ids, &ret->val.folder);
    }
    if (kind == EXPORTS_PAIRS_RESOURCES_FILES_ITEM_ID) ret->val.id = 8;
}

uint32_t F(weigh)(F(item_t) * i, F(list_borrow_big_file_t) * files) {
    uint32_t sum = 0;
    if (i->tag == EXPORTS_PAIRS_RESOURCES_FILES_ITEM_FILE) sum = F(big_file_rep)(i->val.file)->id;
    if (i->tag == EXPORTS_PAIRS_RESOURCES_FILES_ITEM_ID) sum = i->val.id;
    for (size_t k = 0; k < files->len; k++) sum += files->ptr[k]->id;
    F(item_free)(i);
    F(list_borrow_big_file_free)(files);
    return sum;
}

uint32_t F(alive)(void) { return alive; }
uint32_t F(live)(void) { return live(); }
