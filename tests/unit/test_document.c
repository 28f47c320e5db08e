/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Documents: whatever is edited, the tree is the one of a new document of the same text.
 *
 *     test_document [SEED]
 */
#include <stdlib.h>

#include "base/file.h"
#include "tests/test.h"
#include "witc/document.h"

static Arena *arena;
static unsigned seed = 1;

static unsigned chance(unsigned n) {
    seed = seed * 1103515245 + 12345;
    return (seed >> 8) % n;
}

typedef struct {
    const char *kind, *field;
    WitcRange range;
    unsigned depth;
    bool is_missing, has_error;
} Seen;

typedef struct {
    Arena *arena;
    VEC(Seen) nodes;
} List;

static bool add(void *context, WitcNode node, const char *field, unsigned depth) {
    List *list = context;
    *vec_push(list->arena, &list->nodes) =
        (Seen){witc_node_kind(node),       field ? field : "",       witc_node_range(node), depth,
               witc_node_is_missing(node), witc_node_has_error(node)};
    return true;
}

/* Are the nodes of both trees alike, each with its field and its bytes? */
static bool same_nodes(Arena *local, WitcNode x, WitcNode y) {
    List a = {.arena = local}, b = {.arena = local};
    witc_node_walk(x, add, &a);
    witc_node_walk(y, add, &b);
    bool same = a.nodes.len == b.nodes.len;
    for (size_t i = 0; same && i < a.nodes.len; i++) {
        const Seen *p = &a.nodes.at[i], *q = &b.nodes.at[i];
        same = strcmp(p->kind, q->kind) == 0 && strcmp(p->field, q->field) == 0 &&
               p->range.start == q->range.start && p->range.end == q->range.end &&
               p->depth == q->depth && p->is_missing == q->is_missing &&
               p->has_error == q->has_error;
        if (!same)
            printf("%s %u..%u is %s %u..%u afresh\n", p->kind, p->range.start, p->range.end,
                   q->kind, q->range.start, q->range.end);
    }
    return same;
}

static bool same_as_fresh(const WitcDocument *doc) {
    WitcDocument *fresh = witc_document_new(STR("fresh.wit"), witc_document_text(doc));
    WitcNode a = witc_document_root(doc), b = witc_document_root(fresh);
    Arena *local = arena_new();
    bool same =
        str_eq(witc_node_text(local, a), witc_node_text(local, b)) && same_nodes(local, a, b);
    arena_free(local);
    witc_document_free(fresh);
    return same;
}

/* What somebody may type, paste or delete. */
static const char *const pieces[] = {
    "a",    " ",    "\n",        "{",         "}",           ";",       ",",         "//",
    "/*",   "*/",   "u32",       "list<u8>",  "f: func();",  "record ", "type t = ", "%",
    "\"",   "@",    "interface", "/// doc\n", "x-y",         "(",       ")",         "\xc4\xaa",
    "use ", "\xff", "",          "// c\n",    "resource r;", ":",       "->",        "a: u8,",
};

static bool random_edit(WitcDocument *doc) {
    uint32_t len = (uint32_t)witc_document_text(doc).len;
    uint32_t start = chance(len + 1), end = start;
    if (chance(3) == 0) end = start + chance(len - start + 1 < 30 ? len - start + 1 : 30);
    const char *piece = pieces[chance(sizeof pieces / sizeof *pieces)];
    return witc_document_edit(doc, start, end, str_from(piece));
}

/* Edits at random, each taken back again mostly, so that the text stays near to WIT. */
static bool edit_file(Str path) {
    Diags diags = {.arena = arena};
    const Source *source = file_read(arena, path, &diags);
    if (!source) return false;
    WitcDocument *doc = witc_document_new(path, source->text);
    bool ok = same_as_fresh(doc);
    for (int i = 0; ok && i < 60; i++) {
        ok = random_edit(doc) && same_as_fresh(doc);
        if (!ok) printf("%.*s: after edit %d\n", STR_ARG(path), i);
        if (!ok || chance(4) == 0) continue;
        uint32_t len = (uint32_t)witc_document_text(doc).len;
        ok = witc_document_edit(doc, 0, len, source->text) && same_as_fresh(doc);
    }
    witc_document_free(doc);
    return ok;
}

static void random_edits_give_fresh_trees(void) {
    static const char *const files[] = {
        "examples/calculator/wit/calculator.wit",
        "examples/calculator/wit/deps/io/streams.wit",
        "examples/calculator/wit/deps/cli/terminal.wit",
        "examples/calculator/wit/deps/clocks/monotonic-clock.wit",
        "examples/calculator/wit/deps/filesystem/preopens.wit",
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) CHECK(edit_file(str_from(files[i])));
}

/* A sound text, edited so that it stays sound: the way that uses nodes again. */
static void sound_edits_give_fresh_trees(void) {
    Diags diags = {.arena = arena};
    const Source *source =
        file_read(arena, STR("examples/calculator/wit/deps/http/types.wit"), &diags);
    CHECK(source != NULL);
    if (!source) return;
    WitcDocument *doc = witc_document_new(STR("types.wit"), source->text);
    for (int i = 0; i < 120; i++) {
        Str text = witc_document_text(doc);
        uint32_t at = chance((uint32_t)text.len);
        size_t lf = str_find(text, '\n', at);
        if (lf == SIZE_MAX) continue;
        static const char *const sound[] = {"// c\n", "\n", "  ", "/* c */ /// d\n"};
        const char *piece = sound[chance(4)];
        CHECK(witc_document_edit(doc, (uint32_t)lf + 1, (uint32_t)lf + 1, str_from(piece)));
        CHECK(!witc_node_has_error(witc_document_root(doc)));
        if (i % 4 == 0) CHECK(same_as_fresh(doc));
    }
    witc_document_free(doc);
}

static void places_and_offsets(void) {
    WitcDocument *doc = witc_document_new(STR("a.wit"), STR("ab\n\xc3\xa9\xf0\x9f\x98\x80x\n"));
    WitcPlace place = witc_document_place(doc, 9); /* before x */
    CHECK_EQ(place.line, 1);
    CHECK_EQ(place.column, 6);
    CHECK_EQ(place.utf16, 3);
    CHECK_EQ(witc_document_offset(doc, 1, 6), 9);
    CHECK_EQ(witc_document_offset_utf16(doc, 1, 3), 9);
    CHECK_EQ(witc_document_offset_utf16(doc, 1, 2), 5); /* within a pair: before it */
    CHECK_EQ(witc_document_offset(doc, 0, 99), 2);
    CHECK_EQ(witc_document_offset(doc, 9, 0), 11);
    CHECK_EQ(witc_document_place(doc, 99).line, 2);
    CHECK(witc_document_edit(doc, 1, 3, STR("\n\n\n")));
    CHECK_EQ(witc_document_place(doc, 4).line, 3);
    CHECK_EQ(witc_document_offset(doc, 3, 0), 4);
    witc_document_free(doc);
}

static void edits_tell_what_changed(void) {
    WitcDocument *doc =
        witc_document_new(STR("a.wit"), STR("package a:b;\ninterface i { f: func(); }\n"));
    CHECK_EQ(witc_document_changes(doc)->len, 0);
    CHECK(witc_document_edit(doc, 35, 35, STR("x: u32"))); /* a parameter */
    CHECK_STR(witc_document_text(doc), "package a:b;\ninterface i { f: func(x: u32); }\n");
    const WitcRanges *changes = witc_document_changes(doc);
    CHECK_EQ(changes->len, 1);
    CHECK(changes->at[0].start <= 35 && changes->at[0].end >= 41);
    CHECK(changes->at[0].start > 13); /* the header is as it was */
    WitcNode node = witc_document_node(doc, 39, 39);
    CHECK(strcmp(witc_node_kind(node), "u32") == 0);
    node = witc_node_parent(witc_node_parent(node));
    CHECK(strcmp(witc_node_kind(node), "param") == 0);
    CHECK_EQ(witc_node_range(witc_node_field(node, "name")).start, 35);
    node = witc_node_field(node, "body");
    CHECK(witc_node_is_none(node) && witc_node_child_count(node) == 0);
    CHECK(witc_node_is_none(witc_node_parent(node)) && witc_node_range(node).end == 0);
    witc_document_free(doc);
}

static void errors_come_and_go(void) {
    WitcDocument *doc = witc_document_new(STR("a.wit"), STR("package a:b;\ninterface i {}\n"));
    Diags diags = {.arena = arena};
    CHECK(witc_document_check(doc, features_default(), arena, &diags));
    CHECK(witc_document_edit(doc, 26, 27, STR("")));
    CHECK(!witc_document_check(doc, features_default(), arena, &diags));
    CHECK(diags.errors == 1 && diags.list.at[0].span.source == witc_document_source(doc));
    CHECK(witc_node_has_error(witc_document_root(doc)));
    CHECK(witc_document_edit(doc, 26, 26, STR("}")));
    CHECK(witc_document_check(doc, features_default(), arena, &diags));
    CHECK(!witc_node_has_error(witc_document_root(doc)));
    CHECK(!witc_document_edit(doc, 5, 4, STR("")));
    CHECK(!witc_document_edit(doc, 0, 1000, STR("")));
    CHECK(witc_document_edit(doc, 0, 28, STR("")));
    CHECK_EQ(witc_document_text(doc).len, 1 - 1);
    witc_document_free(doc);
    doc = witc_document_new(STR(""), (Str){0});
    CHECK(witc_document_edit(doc, 0, 0, STR("world w {}")));
    CHECK(strcmp(witc_node_kind(witc_document_root(doc)), "source_file") == 0);
    witc_document_free(doc);
}

int main(int argc, char **argv) {
    arena = arena_new();
    if (argc > 1) seed = (unsigned)atoi(argv[1]);
    RUN(places_and_offsets);
    RUN(edits_tell_what_changed);
    RUN(errors_come_and_go);
    RUN(sound_edits_give_fresh_trees);
    RUN(random_edits_give_fresh_trees);
    arena_free(arena);
    return test_end("document");
}
