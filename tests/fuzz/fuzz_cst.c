/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * WIT text: both parsers agree on it, and an edit of it gives the tree that its result has by itself.
 * The first two bytes say where the rest is cut in two: the second part is what is typed, there.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "tests/cst.h"
#include "witc/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Longer texts may reach the limits of the library's parser. */
enum { MAX_COMPARED = 4096 };

static void compare_parsers(Arena *arena, Str text) {
    if (utf8_valid_prefix(text) != text.len || (text.len && memchr(text.ptr, 0, text.len))) return;
    Cst ours = {0}, theirs = {0};
    const CstNode *a, *b;
    CstParser *parser = witc_cst_parser_new(arena);
    bool is_wit = witc_cst_parse(parser, text, &ours);
    if (!witc_cst_recover(text, &theirs)) abort();
    bool is_broken = theirs.nodes[theirs.root].flags & CST_BROKEN;
    if (is_wit == is_broken) abort();
    if (is_wit && cst_differ(&ours, &theirs, &a, &b)) abort();
    witc_cst_parser_free(parser);
    witc_cst_free(&ours);
    witc_cst_free(&theirs);
}

static void compare_edit(Arena *arena, Str text, uint32_t at) {
    WitcDocument *doc = witc_document_new(STR("a.wit"), str_from_to(text, 0, at));
    if (!witc_document_edit(doc, at / 2, at / 2, str_after(text, at))) abort();
    WitcDocument *fresh = witc_document_new(STR("a.wit"), witc_document_text(doc));
    Str a = witc_node_text(arena, witc_document_root(doc));
    Str b = witc_node_text(arena, witc_document_root(fresh));
    if (!str_eq(a, b)) abort();
    Diags diags = {.arena = arena};
    bool sound = witc_document_check(doc, features_all(), arena, &diags);
    if (sound && witc_node_has_error(witc_document_root(doc))) abort();
    witc_document_free(doc);
    witc_document_free(fresh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > MAX_COMPARED) return 0;
    Arena *arena = arena_new();
    Str text = {(const char *)data + 2, size - 2};
    compare_parsers(arena, text);
    compare_edit(arena, text, (uint32_t)((data[0] | data[1] << 8) % (text.len + 1)));
    arena_free(arena);
    return 0;
}
