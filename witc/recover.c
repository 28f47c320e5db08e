/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The concrete syntax tree of a text with errors. libtree-sitter goes on after an error: what it
 * could not make sense of becomes ERROR nodes, tokens that are missing become nodes without text,
 * and everything around them keeps its shape. Its tree is copied. Of a sound text it would be the
 * one that cst.c makes.
 */
#include "witc/internal.h"

#include "grammar/grammar.h"

typedef VEC(uint32_t) Path;

static CstNode node_of(TSTreeCursor *cursor) {
    TSNode n = ts_tree_cursor_current_node(cursor);
    unsigned flags = (ts_node_has_error(n) ? CST_BROKEN : 0) |
                     (ts_node_is_missing(n) ? CST_MISSING | CST_BROKEN : 0) |
                     (ts_node_is_extra(n) ? CST_EXTRA : 0);
    return (CstNode){ts_node_symbol(n),
                     (uint8_t)ts_tree_cursor_current_field_id(cursor),
                     (uint8_t)flags,
                     ts_node_start_byte(n),
                     ts_node_end_byte(n),
                     0,
                     0};
}

/* As cst.c does: all but punctuation, and what is wrong. */
static bool is_shown(CstNode node) {
    if (node.symbol == CST_ERROR_SYMBOL || (node.flags & CST_MISSING)) return true;
    if (ts_language_symbol_type(tree_sitter_wit(), node.symbol) == TSSymbolTypeRegular) return true;
    char c = *ts_language_symbol_name(tree_sitter_wit(), node.symbol);
    return (c >= 'a' && c <= 'z') || c == '_';
}

/* Goes over the nodes as the text does; `last` is, of each open node, its last child so far. */
static void copy_nodes(Cst *cst, Arena *arena, TSTreeCursor *cursor) {
    Path open = {0}, last = {0};
    for (bool more = true; more;) {
        CstNode node = node_of(cursor);
        uint32_t place = 0;
        if (is_shown(node)) {
            place = witc_cst_add(cst, node);
            if (open.len && vec_last(&last)) cst->nodes[vec_last(&last)].next = place;
            else if (open.len) cst->nodes[vec_last(&open)].child = place;
            if (open.len) vec_last(&last) = place;
        }
        if (ts_tree_cursor_goto_first_child(cursor)) {
            *vec_push(arena, &open) = place;
            *vec_push(arena, &last) = 0;
            continue;
        }
        while (!(more = ts_tree_cursor_goto_next_sibling(cursor))) {
            if (!ts_tree_cursor_goto_parent(cursor)) break;
            (void)vec_pop(&open), (void)vec_pop(&last);
        }
    }
}

bool witc_cst_recover(Str text, Cst *cst) {
    TSParser *parser = ts_parser_new();
    ts_parser_set_language(parser, tree_sitter_wit());
    const char *bytes = text.ptr ? text.ptr : "";
    TSTree *tree = ts_parser_parse_string(parser, NULL, bytes, (uint32_t)text.len);
    ts_parser_delete(parser);
    if (!tree) return false;
    TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
    Arena *arena = arena_new();
    cst->len = 0;
    cst->root = 1;
    copy_nodes(cst, arena, &cursor);
    arena_free(arena);
    ts_tree_cursor_delete(&cursor);
    ts_tree_delete(tree);
    return true;
}
