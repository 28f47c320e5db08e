/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/*
 * The tree-sitter language of WIT: grammar.js says what its nodes are, and
 * src/node-types.json lists every node with its fields.
 *
 * Node and field ids are looked up by name, once (`ts_language_symbol_for_name`,
 * `ts_language_field_id_for_name`): the numbers change with the grammar, the
 * names do not.
 *
 * Some mistakes have nodes of their own. They make `ts_node_has_error` true, and
 * leave the tree around them whole, so that a front end can name them:
 *
 *     reserved_name       a keyword, not escaped, where only a name fits
 *     malformed_name      a word that breaks the rules of names
 *     malformed_version   what is no semantic version
 *     malformed_string    a bad escape, a control code, or no closing quote
 *     incomplete_type     `list`, `option`, ... without `<...>`
 *     named_results       `-> (a: u32)`, holding a param_list
 *     unknown_gate        `@` and a word that is no gate
 *     misplaced_gate      a gate on a field, case or parameter
 *     misplaced_item      an item in the wrong body, as the only named child
 *     unknown_item        a word that opens no item, and a block
 *     package_name, path  without `namespace`, or without `name`
 *
 * Most of them end in `!` leaves of no width, which hold no text.
 *
 * A missing token is a node of no width (`ts_node_is_missing`). It stands after
 * the comments that follow its place: report it at the end of the leaf before.
 * The rest is ERROR nodes; within them occur the leaves `invalid_character`,
 * `unterminated_comment` and `unread` (the rest of a text with too many errors
 * or brackets nested too deep). Errors apart, every field that grammar.js shows
 * is there; in a tree with errors any may be missing.
 *
 * A name is an `identifier`, whose text may begin with '%'. Comments are the
 * extras `comment` and `doc_comment`: those before an item are its earlier
 * siblings, those between its gates and its keyword are its children. A line
 * comment ends before the CR and LF of its line.
 */

#ifndef WITC_GRAMMAR_GRAMMAR_H
#define WITC_GRAMMAR_GRAMMAR_H

#include <tree_sitter/api.h>

const TSLanguage *tree_sitter_wit(void);

#endif
