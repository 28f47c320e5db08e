/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WITC_DOCUMENT_H
#define WITC_DOCUMENT_H

#include "base/diag.h"
#include "base/feature.h"

/*
 * A WIT text that is being edited: what a server for editors is built on.
 *
 *     WitcDocument *doc = witc_document_new(STR("a.wit"), text);
 *     witc_document_edit(doc, start, end, STR("u32"));       // bytes start..end become `u32`
 *     for (size_t i = 0; i < witc_document_changes(doc)->len; i++) ...    // what to show anew
 *     WitcNode node = witc_document_node(doc, offset, offset);            // what the cursor is in
 *     witc_document_check(doc, features_default(), arena, &diags);
 *     witc_document_free(doc);
 *
 * After each edit the text is parsed again, and only what it changed: as long as the text has no
 * syntax errors that takes time in proportion to the edit, not to the text. The tree is the one that
 * a new document of the same text has, always; with syntax errors, where what was there before could
 * make a difference, it is parsed afresh. The text may be anything, UTF-8 or not.
 *
 * Offsets count bytes. Views, nodes, sources and spans of diagnostics last until the next edit.
 */
typedef struct WitcDocument WitcDocument;

/* Copies both. NULL where the text has 2 GiB or more. */
WitcDocument *witc_document_new(Str path, Str text);
void witc_document_free(WitcDocument *doc); /* NULL is allowed */

/* Replaces the bytes start..end. False, and nothing has changed, where they are not in the text, or
 * it would have 2 GiB or more. */
bool witc_document_edit(WitcDocument *doc, uint32_t start, uint32_t end, Str with);

Str witc_document_text(const WitcDocument *doc);
/* The same for witc_read_text, and as what spans point into. */
const Source *witc_document_source(const WitcDocument *doc);

/* Reports what is wrong with the text by itself: its characters, its syntax, its gates and numbers.
 * Whether its names mean something is witc_read_text's to say. True where nothing is. */
bool witc_document_check(const WitcDocument *doc, Features gates, Arena *arena, Diags *diags);

typedef struct {
    uint32_t start, end;
} WitcRange;
typedef VEC(WitcRange) WitcRanges;

/* Where the last edit changed text or syntax, as ranges of the new text in ascending order: whatever
 * is not in them or around them has the nodes that it had. */
const WitcRanges *witc_document_changes(const WitcDocument *doc);

/* ---- places ---- */

/* Lines and columns from 0, as editors count them: a column in bytes and in UTF-16 code units. */
typedef struct {
    uint32_t line, column, utf16;
} WitcPlace;

/* An offset beyond the end counts as the end. */
WitcPlace witc_document_place(const WitcDocument *doc, uint32_t offset);
/* The offset of a line's column, in bytes or in UTF-16 code units; a column beyond the line's end
 * (before its LF) counts as that end, a line beyond the last as the end of the text. */
uint32_t witc_document_offset(const WitcDocument *doc, uint32_t line, uint32_t column);
uint32_t witc_document_offset_utf16(const WitcDocument *doc, uint32_t line, uint32_t utf16);

/* ---- the syntax tree ---- */

/* A node of the tree that grammar/grammar.js describes; all zero: none. */
typedef struct {
    uint32_t words[4];
    const void *id, *tree;
} WitcNode;

WitcNode witc_document_root(const WitcDocument *doc);
/* The smallest node over the bytes start..end. */
WitcNode witc_document_node(const WitcDocument *doc, uint32_t start, uint32_t end);

bool witc_node_is_none(WitcNode node);
const char *witc_node_kind(WitcNode node); /* "record_item", "{", "ERROR" */
WitcRange witc_node_range(WitcNode node);
bool witc_node_is_named(WitcNode node); /* no punctuation or keyword */
bool witc_node_is_missing(WitcNode node);
bool witc_node_has_error(WitcNode node);
WitcNode witc_node_parent(WitcNode node);
WitcNode witc_node_next(WitcNode node); /* siblings */
WitcNode witc_node_previous(WitcNode node);
uint32_t witc_node_child_count(WitcNode node);
WitcNode witc_node_child(WitcNode node, uint32_t index);
/* The child that is a field: "name", "type", "body". */
WitcNode witc_node_field(WitcNode node, const char *field);
/* Visits a node and all below it in the order of the text, in linear time (the functions above look for
 * their answer). `field` is NULL where the node is none. Children are left out where the visitor says
 * false. */
typedef bool WitcVisitor(void *context, WitcNode node, const char *field, unsigned depth);
void witc_node_walk(WitcNode node, WitcVisitor *visit, void *context);
/* The tree as an S-expression. */
Str witc_node_text(Arena *arena, WitcNode node);

#endif
