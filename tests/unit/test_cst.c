/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Concrete syntax trees. cst.c and libtree-sitter must agree on every text: on whether it is WIT,
 * and, if so, on each node. The texts are all .wit files below tests/, examples/ and, where they
 * are, the public suites, and each of them cut short and with a byte changed in places.
 *
 *     test_cst [PATH...]
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/utf8.h"
#include "grammar/grammar.h"
#include "tests/cst.h"
#include "tests/test.h"

static Arena *arena;
static CstParser *parser;
static Cst ours, theirs;
static size_t texts, sound, skipped;

static const char *name_of(const CstNode *n) {
    const char *name = ts_language_symbol_name(tree_sitter_wit(), n->symbol);
    return name ? name : "?";
}

static bool compare(Str path, Str text) {
    const CstNode *a, *b;
    bool is_wit = witc_cst_parse(parser, text, &ours);
    texts++;
    if (!witc_cst_recover(text, &theirs)) return false;
    bool is_broken = theirs.nodes[theirs.root].flags & CST_BROKEN;
    if (is_wit == is_broken) {
        printf("%.*s (%zu bytes): %s\n", STR_ARG(path), text.len,
               is_wit ? "only the library sees an error" : "only the library sees none");
        return false;
    }
    if (!is_wit) return true;
    sound++;
    if (!cst_differ(&ours, &theirs, &a, &b)) return true;
    printf("%.*s: a node is %s %u..%u, the library's %s %u..%u\n", STR_ARG(path), name_of(a),
           a->start, a->end, name_of(b), b->start, b->end);
    return false;
}

/* The text, the text without its second half, and with a byte of each kind at a place in it. */
static bool compare_variants(Str path, Str text) {
    if (!compare(path, text)) return false;
    if (text.len < 2 || text.len > 20000) return true;
    static const char bytes[] = "{}<>();:,.@/%a \n\"";
    unsigned seed = (unsigned)text.len;
    bool ok = true;
    char *copy = arena_copy(arena, text.ptr, text.len);
    for (size_t i = 0; ok && i < 8; i++) {
        seed = seed * 1103515245 + 12345;
        size_t at = (seed >> 8) % text.len;
        char old = copy[at];
        copy[at] = bytes[(seed >> 4) % (sizeof bytes - 1)];
        ok = compare(path, (Str){copy, text.len});
        copy[at] = old;
    }
    return ok && compare(path, (Str){copy, utf8_valid_prefix((Str){copy, text.len / 2})});
}

static bool walk(Str path, unsigned depth) {
    Diags diags = {.arena = arena};
    bool ok = true;
    if (file_is_directory(arena, path) && depth < 16) {
        StrVec names = {0};
        directory_list(arena, path, &names, &diags);
        for (size_t i = 0; i < names.len; i++)
            ok = walk(path_join(arena, path, names.at[i]), depth + 1) && ok;
    } else if (str_ends(path, STR(".wit"))) {
        const Source *source = file_read(arena, path, &diags);
        if (!source || utf8_valid_prefix(source->text) != source->text.len ||
            memchr(source->text.ptr, 0, source->text.len))
            return true;
        ok = compare_variants(path, source->text);
    }
    return ok;
}

static void files_agree(void) {
    CHECK(walk(STR("tests"), 0));
    CHECK(walk(STR("examples"), 0));
    Str suites = STR("../shared/conformance/suites");
    if (file_exists(arena, suites)) CHECK(walk(suites, 0));
    else skipped++, printf("skipped: the public suites are not there\n");
    CHECK(sound > 100);
}

static void small_texts_agree(void) {
    static const char *const small[] = {
        "",
        " \n",
        "// only a comment",
        "/* one */ // two\n /// three\n",
        "\xef\xbb\xbfpackage a:b;",
        "package a:b; // behind\n",
        "interface i { /* in */ } // behind",
        "interface i { f: /* a */ func( /* b */ a /* c */ : u8 /* d */ ) /* e */ ; /* f */ }",
        "world w { import a:b; import a: b; import a:b/c; import a : b:c/d@1.0.0; }",
        "interface i { use a:b/c@1.0.0-rc.{x as y, z,}; type t = result<_, list<u8, 4>>; }",
        "interface i { r: func(%from: u32) -> own<r>; resource r { constructor(); } }",
        "interface \xc4\xb0 {}",
        "interface i { /** \xc4\xaa */ f: func(); }",
    };
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        CHECK(compare(str_from(small[i]), str_from(small[i])));
}

/* So many parts that a tree of the library is built in another way. */
static void long_lists_agree(void) {
    static const struct {
        const char *head, *unit, *tail;
    } lists[] = {
        {"", "interface i {} ", ""},
        {"interface i { ", "f: func(); ", "}"},
        {"interface i { record r { ", "a: u32, ", "} }"},
        {"interface i { f: func(", "a: u8, ", "); }"},
        {"interface i { type t = tuple<", "u8, ", ">; }"},
        {"interface i { ", "/// c\n", "f: func(); }"},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        Buf text = {.arena = arena};
        buf_str(&text, str_from(lists[i].head));
        for (size_t n = 0; n < 9000; n++) buf_str(&text, str_from(lists[i].unit));
        buf_str(&text, str_from(lists[i].tail));
        CHECK(compare(str_from(lists[i].unit), buf_text(&text)));
    }
}

int main(int argc, char **argv) {
    arena = arena_new();
    parser = witc_cst_parser_new(arena);
    bool ok = true;
    for (int i = 1; i < argc; i++) ok = walk(str_from(argv[i]), 0) && ok;
    if (argc > 1) {
        printf("%zu texts, %zu of them WIT\n", texts, sound);
    } else {
        RUN(small_texts_agree);
        RUN(files_agree);
        RUN(long_lists_agree);
    }
    witc_cst_free(&ours);
    witc_cst_free(&theirs);
    witc_cst_parser_free(parser);
    arena_free(arena);
    if (argc > 1) return !ok;
    printf("cst: %d passed, %d failed, %zu skipped\n", tests_passed, tests_failed, skipped);
    return tests_failed != 0;
}
