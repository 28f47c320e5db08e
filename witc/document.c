/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Documents: a text, where its lines begin, and libtree-sitter's tree of it.
 *
 *     edit ──▶ text and lines ──▶ ts_tree_edit: the old tree, its places moved
 *                                        └──▶ parse: nodes that the edit did not touch are used again
 *
 * An LR parser has one tree for a text without errors, whatever it began with. Of a text with errors
 * it has as many as there are ways to go on, and which one it takes may depend on the nodes that it
 * found ready; so the tree of such a text is made from nothing. That keeps the promise that the tree
 * depends on the text alone, and what is left is fast enough: texts with errors are those that
 * somebody is typing.
 *
 * A document lives as long as its editor is open, so its memory is its own and no arena's.
 */
#include "witc/document.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "grammar/grammar.h"
#include "witc/internal.h"

enum { MAX_TEXT = INT32_MAX };

struct WitcDocument {
    Source source;
    char *path, *text;
    size_t room;
    uint32_t *lines; /* where they begin */
    size_t line_count, line_room;
    TSParser *parser;
    TSTree *tree;
    WitcRanges changes; /* malloc'ed */
};

_Static_assert(sizeof(WitcNode) == sizeof(TSNode), "a WitcNode is a TSNode");

static TSNode to_ts(WitcNode node) {
    TSNode out;
    memcpy(&out, &node, sizeof out);
    return out;
}

static WitcNode from_ts(TSNode node) {
    WitcNode out = {{0}, NULL, NULL};
    if (!ts_node_is_null(node)) memcpy(&out, &node, sizeof out);
    return out;
}

static void *must(void *p) {
    if (p) return p;
    fputs("witc: out of memory\n", stderr);
    exit(1);
}

/* ---- lines ---- */

static void add_line(WitcDocument *doc, uint32_t start) {
    if (doc->line_count == doc->line_room) {
        doc->line_room = doc->line_room ? doc->line_room * 2 : 64;
        doc->lines = must(realloc(doc->lines, doc->line_room * sizeof *doc->lines));
    }
    doc->lines[doc->line_count++] = start;
}

/* The line that holds an offset. */
static uint32_t line_of(const WitcDocument *doc, uint32_t offset) {
    return (uint32_t)line_find(doc->lines, doc->line_count, offset);
}

/* Finds the lines from `line` on again. */
static void find_lines(WitcDocument *doc, size_t line) {
    Str text = doc->source.text;
    doc->line_count = line;
    uint32_t start = line ? doc->lines[line - 1] : 0;
    if (line == 0) add_line(doc, 0);
    for (size_t lf; (lf = str_find(text, '\n', start)) != SIZE_MAX;)
        add_line(doc, start = (uint32_t)lf + 1);
}

static TSPoint point_of(const WitcDocument *doc, uint32_t offset) {
    uint32_t line = line_of(doc, offset);
    return (TSPoint){line, offset - doc->lines[line]};
}

/* The bytes of a line, without its LF. */
static Str line_text(const WitcDocument *doc, uint32_t line) {
    size_t end = line + 1u < doc->line_count ? doc->lines[line + 1] - 1 : doc->source.text.len;
    return str_from_to(doc->source.text, doc->lines[line], end);
}

/* Code units of one character; a byte that is no UTF-8 stands for one. */
static uint32_t utf16_units(uint32_t c) { return c >= 0x10000 && c != UINT32_MAX ? 2 : 1; }

WitcPlace witc_document_place(const WitcDocument *doc, uint32_t offset) {
    if (offset > doc->source.text.len) offset = (uint32_t)doc->source.text.len;
    TSPoint point = point_of(doc, offset);
    WitcPlace place = {point.row, point.column, 0};
    Str line = str_from_to(doc->source.text, doc->lines[point.row], offset);
    for (size_t at = 0; at < line.len;) place.utf16 += utf16_units(utf8_next(line, &at));
    return place;
}

uint32_t witc_document_offset(const WitcDocument *doc, uint32_t line, uint32_t column) {
    if (line >= doc->line_count) return (uint32_t)doc->source.text.len;
    size_t len = line_text(doc, line).len;
    return doc->lines[line] + (column < len ? column : (uint32_t)len);
}

uint32_t witc_document_offset_utf16(const WitcDocument *doc, uint32_t line, uint32_t utf16) {
    if (line >= doc->line_count) return (uint32_t)doc->source.text.len;
    Str text = line_text(doc, line);
    size_t at = 0;
    for (uint32_t units = 0; at < text.len;) {
        size_t next = at;
        units += utf16_units(utf8_next(text, &next));
        if (units > utf16) break;
        at = next;
    }
    return doc->lines[line] + (uint32_t)at;
}

/* ---- text and tree ---- */

static TSTree *parse(const WitcDocument *doc, const TSTree *old) {
    Str text = doc->source.text;
    return must(ts_parser_parse_string(doc->parser, old, text.ptr, (uint32_t)text.len));
}

static bool is_broken(const TSTree *tree) { return ts_node_has_error(ts_tree_root_node(tree)); }

WitcDocument *witc_document_new(Str path, Str text) {
    if (text.len > MAX_TEXT) return NULL;
    WitcDocument *doc = must(calloc(1, sizeof *doc));
    doc->room = text.len + 1;
    doc->text = must(malloc(doc->room));
    if (text.len) memcpy(doc->text, text.ptr, text.len);
    doc->path = must(malloc(path.len + 1));
    if (path.len) memcpy(doc->path, path.ptr, path.len);
    doc->source = (Source){.path = {doc->path, path.len}, .text = {doc->text, text.len}};
    find_lines(doc, 0);
    doc->parser = must(ts_parser_new());
    ts_parser_set_language(doc->parser, tree_sitter_wit());
    doc->tree = parse(doc, NULL);
    return doc;
}

void witc_document_free(WitcDocument *doc) {
    if (!doc) return;
    ts_tree_delete(doc->tree);
    ts_parser_delete(doc->parser);
    free(doc->changes.at);
    free(doc->lines);
    free(doc->text);
    free(doc->path);
    free(doc);
}

static void replace_bytes(WitcDocument *doc, uint32_t start, uint32_t end, Str with) {
    size_t len = doc->source.text.len, now = len - (end - start) + with.len;
    if (now >= doc->room) {
        doc->room = now + now / 2 + 1;
        doc->text = must(realloc(doc->text, doc->room));
    }
    memmove(doc->text + start + with.len, doc->text + end, len - end);
    if (with.len) memcpy(doc->text + start, with.ptr, with.len);
    doc->source.text = (Str){doc->text, now};
}

/* The edited bytes and where the two trees differ; both are in ascending order. */
static void find_changes(WitcDocument *doc, const TSTree *old, WitcRange edited) {
    uint32_t count = 0;
    TSRange *differing = ts_tree_get_changed_ranges(old, doc->tree, &count);
    free(doc->changes.at);
    doc->changes.at = must(calloc(count + 1u, sizeof *doc->changes.at));
    doc->changes.len = 0;
    bool done = false;
    for (uint32_t i = 0; i < count || !done;) {
        WitcRange next = edited;
        bool take_edited = !done && (i == count || differing[i].start_byte >= edited.start);
        if (take_edited) done = true;
        else next = (WitcRange){differing[i].start_byte, differing[i].end_byte}, i++;
        WitcRange *last = doc->changes.len ? &vec_last(&doc->changes) : NULL;
        if (last && next.start <= last->end) {
            if (next.end > last->end) last->end = next.end;
        } else {
            doc->changes.at[doc->changes.len++] = next;
        }
    }
    free(differing);
}

bool witc_document_edit(WitcDocument *doc, uint32_t start, uint32_t end, Str with) {
    size_t len = doc->source.text.len;
    if (start > end || end > len || with.len > MAX_TEXT ||
        len - (end - start) + with.len > MAX_TEXT)
        return false;
    TSInputEdit edit = {.start_byte = start, .old_end_byte = end};
    edit.new_end_byte = start + (uint32_t)with.len;
    edit.start_point = point_of(doc, start);
    edit.old_end_point = point_of(doc, end);
    replace_bytes(doc, start, end, with);
    find_lines(doc, edit.start_point.row + 1);
    edit.new_end_point = point_of(doc, edit.new_end_byte);
    TSTree *old = doc->tree;
    ts_tree_edit(old, &edit);
    doc->tree = parse(doc, old);
    if (is_broken(doc->tree)) {
        ts_tree_delete(doc->tree);
        doc->tree = parse(doc, NULL);
    }
    find_changes(doc, old, (WitcRange){start, edit.new_end_byte});
    ts_tree_delete(old);
    return true;
}

Str witc_document_text(const WitcDocument *doc) { return doc->source.text; }

const Source *witc_document_source(const WitcDocument *doc) { return &doc->source; }

const WitcRanges *witc_document_changes(const WitcDocument *doc) { return &doc->changes; }

bool witc_document_check(const WitcDocument *doc, Features gates, Arena *arena, Diags *diags) {
    size_t errors = diags->errors;
    Lower *lower = witc_lower_new(arena, gates, diags);
    witc_lower(lower, &doc->source);
    witc_lower_free(lower);
    return diags->errors == errors;
}

/* ---- nodes ---- */

WitcNode witc_document_root(const WitcDocument *doc) {
    return from_ts(ts_tree_root_node(doc->tree));
}

WitcNode witc_document_node(const WitcDocument *doc, uint32_t start, uint32_t end) {
    return from_ts(ts_node_descendant_for_byte_range(ts_tree_root_node(doc->tree), start, end));
}

bool witc_node_is_none(WitcNode node) { return !node.id; }

const char *witc_node_kind(WitcNode node) { return node.id ? ts_node_type(to_ts(node)) : ""; }

bool witc_node_is_named(WitcNode node) { return node.id && ts_node_is_named(to_ts(node)); }

bool witc_node_is_missing(WitcNode node) { return node.id && ts_node_is_missing(to_ts(node)); }

bool witc_node_has_error(WitcNode node) { return node.id && ts_node_has_error(to_ts(node)); }

WitcRange witc_node_range(WitcNode node) {
    if (!node.id) return (WitcRange){0};
    return (WitcRange){ts_node_start_byte(to_ts(node)), ts_node_end_byte(to_ts(node))};
}

WitcNode witc_node_parent(WitcNode node) {
    return node.id ? from_ts(ts_node_parent(to_ts(node))) : node;
}

WitcNode witc_node_next(WitcNode node) {
    return node.id ? from_ts(ts_node_next_sibling(to_ts(node))) : node;
}

WitcNode witc_node_previous(WitcNode node) {
    return node.id ? from_ts(ts_node_prev_sibling(to_ts(node))) : node;
}

uint32_t witc_node_child_count(WitcNode node) {
    return node.id ? ts_node_child_count(to_ts(node)) : 0;
}

WitcNode witc_node_child(WitcNode node, uint32_t index) {
    return node.id ? from_ts(ts_node_child(to_ts(node), index)) : node;
}

WitcNode witc_node_field(WitcNode node, const char *field) {
    if (!node.id) return node;
    return from_ts(ts_node_child_by_field_name(to_ts(node), field, (uint32_t)strlen(field)));
}

void witc_node_walk(WitcNode node, WitcVisitor *visit, void *context) {
    if (!node.id) return;
    TSTreeCursor cursor = ts_tree_cursor_new(to_ts(node));
    unsigned depth = 0;
    for (bool more = true; more;) {
        WitcNode at = from_ts(ts_tree_cursor_current_node(&cursor));
        const char *field = ts_tree_cursor_current_field_name(&cursor);
        if (visit(context, at, field, depth) && ts_tree_cursor_goto_first_child(&cursor)) {
            depth++;
            continue;
        }
        while (depth > 0 && !ts_tree_cursor_goto_next_sibling(&cursor)) {
            ts_tree_cursor_goto_parent(&cursor);
            depth--;
        }
        more = depth > 0;
    }
    ts_tree_cursor_delete(&cursor);
}

Str witc_node_text(Arena *arena, WitcNode node) {
    if (!node.id) return (Str){0};
    char *text = ts_node_string(to_ts(node));
    Str out = str_copy(arena, str_from(text));
    free(text);
    return out;
}
