/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "server.h"
#include "guest.h"

struct nested_boxes_big_box_rep {
    nested_boxes_big_box inner;
    bool has_inner;
    size_t len;
    char text[16];
};

static char last[16];
static size_t last_len;
static uint32_t destroyed;

nested_boxes_big_box nested_boxes_big_box_new(wit_string text) {
    nested_boxes_big_box_rep *rep = (nested_boxes_big_box_rep *)malloc(sizeof *rep);
    MUST(text.len <= sizeof rep->text);
    rep->has_inner = false;
    rep->len = text.len;
    for (size_t i = 0; i < text.len; i++) rep->text[i] = text.ptr[i];
    return nested_boxes_big_box_from_rep(rep);
}

void nested_boxes_big_box_put(nested_boxes_big_box_ref self, nested_boxes_big_box inner) {
    MUST(!self->has_inner);
    self->has_inner = true;
    self->inner = inner;
}

wit_string nested_boxes_big_box_text(nested_boxes_big_box_ref self) {
    return (wit_string){self->text, self->len};
}

/* The box is gone before its copies are returned; its destructor has used the arena, too. */
wit_list_string nested_boxes_open(nested_boxes_big_box b, uint32_t copies) {
    nested_boxes_big_box_rep *rep = nested_boxes_big_box_to_rep(b);
    wit_string *texts = WIT_NEW(wit_string, copies);
    for (uint32_t i = 0; i < copies; i++)
        texts[i] = wit_string_copy((wit_string){rep->text, rep->len});
    nested_boxes_big_box_drop(b);
    return (wit_list_string){texts, copies};
}

void nested_boxes_big_box_destroy(nested_boxes_big_box_rep *rep) {
    char *copy = WIT_NEW(char, 5000);
    for (size_t i = 0; i < 5000; i++) copy[i] = 'x';
    for (size_t i = 0; i < rep->len; i++) copy[i] = rep->text[i];
    if (rep->has_inner) nested_boxes_big_box_drop(rep->inner);
    last_len = rep->len;
    for (size_t i = 0; i < last_len; i++) last[i] = copy[i];
    free(rep);
    destroyed++;
}

wit_tuple2_string_u32 nested_boxes_last(void) {
    return (wit_tuple2_string_u32){{last, last_len}, destroyed};
}
uint32_t nested_boxes_live(void) { return live(); }
