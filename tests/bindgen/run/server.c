/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* World `server`: gives back what it is given, and keeps count of its resources. */
#include "server.h"

extern void *malloc(size_t size);
extern void free(void *ptr);

#define VALUES(name) exports_test_pair_values_##name
#define FILES(name)  exports_test_pair_resources_##name

void VALUES(numbers)(uint8_t a, int16_t b, uint32_t c, bool d, float e, double f,
                     server_tuple6_u8_s16_char32_bool_f32_f64_t *ret) {
    ret->f0 = a, ret->f1 = b, ret->f2 = c, ret->f3 = d, ret->f4 = e, ret->f5 = f;
}

void VALUES(move)(VALUES(point_t) * p, VALUES(point_t) * ret) {
    *ret = *p;
    ret->x = (int8_t)(p->x - 1);
    ret->y = p->y + 1;
}

void VALUES(paint)(VALUES(color_t) c, VALUES(access_t) a, VALUES(tuple2_color_access_t) * ret) {
    ret->f0 = (VALUES(color_t))(c + 1);
    ret->f1 = (VALUES(access_t))(a ^ EXPORTS_TEST_PAIR_VALUES_ACCESS_RUN);
}

void VALUES(echo)(VALUES(number_t) * n, VALUES(number_t) * ret) { *ret = *n; }

bool VALUES(maybe)(server_string_t *maybe_s, server_string_t *ret) {
    if (maybe_s) *ret = *maybe_s;
    return maybe_s != NULL;
}

bool VALUES(deep)(server_option_u32_t *maybe_o, server_option_u32_t *ret) {
    if (maybe_o) *ret = *maybe_o;
    return maybe_o != NULL;
}

bool VALUES(checked)(int32_t n, uint32_t *ret, server_string_t *err) {
    if (n < 0) server_string_dup(err, "negative");
    else *ret = (uint32_t)n * 2;
    return n >= 0;
}

bool VALUES(empty)(bool fail) { return !fail; }

uint64_t VALUES(many)(uint32_t a1, uint64_t a2, float a3, double a4, server_string_t *a5,
                      uint8_t a6, uint8_t a7, uint8_t a8, uint8_t a9, uint8_t a10, uint8_t a11,
                      uint8_t a12, uint8_t a13, uint8_t a14, uint8_t a15, VALUES(number_t) * a16) {
    uint64_t sum = a1 + a2 + (uint64_t)a3 + (uint64_t)a4 + a5->len + a6 + a7 + a8 + a9 + a10 + a11 +
                   a12 + a13 + a14 + a15;
    if (a16->tag == EXPORTS_TEST_PAIR_VALUES_NUMBER_WIDE) sum += a16->val.wide;
    server_string_free(a5);
    VALUES(number_free)(a16);
    return sum;
}

void VALUES(lists)(server_list_list_string_t *l, server_list_tuple2_string_u32_t *ret) {
    ret->len = l->len;
    ret->ptr = (server_tuple2_string_u32_t *)malloc(l->len * sizeof *ret->ptr);
    for (size_t i = 0; i < l->len; i++) {
        server_list_string_t *inner = &l->ptr[i];
        size_t last = inner->len;
        server_string_dup_n(&ret->ptr[i].f0, last ? (const char *)inner->ptr[last - 1].ptr : "",
                            last ? inner->ptr[last - 1].len : 0);
        ret->ptr[i].f1 = (uint32_t)inner->len;
    }
    server_list_list_string_free(l);
}

uint32_t VALUES(memory)(void) { return (uint32_t)__builtin_wasm_memory_size(0); }

/* ---- resources ---- */

struct FILES(big_file_t) {
    uint32_t id;
};

static uint32_t destroyed;

FILES(own_big_file_t) FILES(constructor_big_file)(uint32_t id) {
    FILES(big_file_t) *file = (FILES(big_file_t) *)malloc(sizeof *file);
    file->id = id;
    return FILES(big_file_new)(file);
}

uint32_t FILES(method_big_file_id)(FILES(borrow_big_file_t) self) { return self->id; }

void FILES(method_big_file_rename)(FILES(borrow_big_file_t) self, uint32_t id) { self->id = id; }

FILES(own_big_file_t)
FILES(static_big_file_merge)(FILES(own_big_file_t) a, FILES(borrow_big_file_t) b) {
    FILES(big_file_rep)(a)->id += b->id;
    return a;
}

void FILES(big_file_destructor)(FILES(big_file_t) * rep) {
    destroyed++;
    free(rep);
}

void FILES(open)(server_list_u32_t *ids, FILES(folder_t) * ret) {
    ret->files.len = ids->len;
    ret->files.ptr = (FILES(own_big_file_t) *)malloc(ids->len * sizeof *ret->files.ptr);
    for (size_t i = 0; i < ids->len; i++)
        ret->files.ptr[i] = FILES(constructor_big_file)(ids->ptr[i]);
    server_string_dup(&ret->name, "folder");
    server_list_u32_free(ids);
}

/* Frees the list, and with it the files: the handles are the list's. */
uint32_t FILES(close)(FILES(folder_t) * f) {
    uint32_t sum = 0;
    for (size_t i = 0; i < f->files.len; i++) sum += FILES(big_file_rep)(f->files.ptr[i])->id;
    FILES(folder_free)(f);
    return sum;
}

uint32_t FILES(destroyed)(void) { return destroyed; }
