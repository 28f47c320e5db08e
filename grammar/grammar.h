/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/*
 * The tree-sitter language of WIT: grammar.js says what its nodes are, and
 * src/node-types.json lists every node with its fields.
 *
 * Node and field ids are looked up by name, once (`ts_language_symbol_for_name`,
 * `ts_language_field_id_for_name`): the numbers change with the grammar, the
 * names do not.
 *
 * What a reader of the tree should know:
 *   - A name is an `identifier` (its text may begin with '%'), or one of
 *     `reserved_name` (a keyword, not escaped) and `malformed_name`, which make
 *     `ts_node_has_error` true and leave the tree around them whole. So do
 *     `malformed_version`, `malformed_string` and `unknown_gate`.
 *   - Comments are the extras `comment` and `doc_comment`. Those before an item
 *     are its earlier siblings; those between its gates and its keyword are its
 *     children. A line comment ends before the line's CR and LF.
 *   - `unterminated_comment` occurs within ERROR nodes only.
 */

#ifndef WITC_GRAMMAR_GRAMMAR_H
#define WITC_GRAMMAR_GRAMMAR_H

#include <tree_sitter/api.h>

const TSLanguage *tree_sitter_wit(void);

#endif
