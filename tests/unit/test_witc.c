/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The WIT reader: orders, documentation, what is kept and what is refused. */
#include "tests/test.h"
#include "witc/internal.h"

#include "base/file.h"

static Arena *arena;
static Diags diags;

static WitModel *read_with(const char *text, const WitcOptions *options) {
    diags = (Diags){.arena = arena};
    return witc_read_text(arena, source_of(arena, STR("t.wit"), str_from(text)), options, &diags);
}

static WitModel *read_text(const char *text) { return read_with(text, NULL); }

static bool says(const char *what) {
    for (size_t i = 0; i < diags.list.len; i++)
        if (str_find_str(diags.list.at[i].message, str_from(what), 0) != SIZE_MAX) return true;
    return false;
}

/* ---- order ---- */

static void order_keeps_the_text_where_it_can(void) {
    Edges edges = {0};
    size_t count;
    const Edge *cycle;
    /* 0 needs 2, 1 needs nothing, 2 needs 3, 3 nothing. */
    *vec_push(arena, &edges) = (Edge){.from = 0, .to = 2};
    *vec_push(arena, &edges) = (Edge){.from = 2, .to = 3};
    uint32_t *order = witc_order(arena, 4, &edges, &count, &cycle);
    CHECK_EQ(count, 4);
    CHECK(!cycle);
    CHECK_EQ(order[0], 1);
    CHECK_EQ(order[1], 3);
    CHECK_EQ(order[2], 2);
    CHECK_EQ(order[3], 0);
}

static void order_names_an_edge_of_a_cycle(void) {
    Edges edges = {0};
    size_t count;
    const Edge *cycle;
    *vec_push(arena, &edges) = (Edge){.from = 0, .to = 1}; /* into the cycle, not of it */
    *vec_push(arena, &edges) = (Edge){.from = 1, .to = 2};
    *vec_push(arena, &edges) = (Edge){.from = 2, .to = 1};
    witc_order(arena, 4, &edges, &count, &cycle);
    CHECK_EQ(count, 1);
    CHECK(cycle != NULL);
}

static void order_of_many_is_the_reverse_of_a_chain(void) {
    enum { N = 5000 };
    Edges edges = {0};
    size_t count;
    const Edge *cycle;
    for (uint32_t i = 0; i + 1 < N; i++) *vec_push(arena, &edges) = (Edge){.from = i, .to = i + 1};
    uint32_t *order = witc_order(arena, N, &edges, &count, &cycle);
    CHECK_EQ(count, N);
    for (uint32_t i = 0; i < N; i++)
        if (order[i] != N - 1 - i) CHECK_EQ(order[i], N - 1 - i);
}

/* ---- documentation ---- */

static Str docs_of(const char *first, const char *second) {
    const Source *source =
        source_of(arena, STR("d"), str_fmt(arena, "%s%s", first, second ? second : ""));
    uint32_t middle = (uint32_t)strlen(first), end = (uint32_t)source->text.len;
    Span spans[] = {{source, 0, middle}, {source, middle, end}};
    return witc_docs_text(arena, spans, second ? 2 : 1);
}

static void docs_lose_what_makes_a_comment(void) {
    CHECK_STR(docs_of("/// one", NULL), "one");
    CHECK_STR(docs_of("// one", NULL), "one");
    CHECK_STR(docs_of("//// one  ", NULL), "one");
    CHECK_STR(docs_of("/** one */", NULL), "one");
    CHECK_STR(docs_of("/**/", NULL), "");
    CHECK_STR(docs_of("///", NULL), "");
    CHECK(witc_docs_text(arena, NULL, 0).ptr == NULL);
}

static void docs_of_joined_comments(void) {
    CHECK_STR(docs_of("/// a\n  // b\r\n/* c /* d */ */ /** e */", NULL),
              " a\n b\n* c /* d */ */\n e");
}

static void docs_share_one_indent(void) {
    CHECK_STR(docs_of("///   a", "///  b"), " a\nb");
    CHECK_STR(docs_of("/// a", "///"), "a");
    CHECK_STR(docs_of("///", "/// a"), "\na");
    CHECK_STR(docs_of("/**\n * a\r\n * b\n */", NULL), "\n * a\n * b");
}

/* ---- what is read ---- */

static void types_stand_after_what_they_name(void) {
    WitModel *m = read_text("package a:b; interface i { type t = u; type u = list<u8>; }");
    CHECK(m != NULL);
    if (!m) return;
    CHECK_EQ(m->types.len, 2);
    CHECK_STR(m->types.at[0]->name, "u");
    CHECK_EQ(m->types.at[0]->kind, WIT_LIST);
    CHECK_STR(m->types.at[1]->name, "t");
    CHECK(m->types.at[1]->elem == m->types.at[0]);
    for (uint32_t i = 0; i < m->types.len; i++) CHECK_EQ(m->types.at[i]->id, i);
}

static void equal_anonymous_types_are_one(void) {
    WitModel *m = read_text("package a:b; interface i { f: func(a: list<u8>) -> list<u8>; }"
                            "interface j { g: func() -> option<list<u8>>; }");
    CHECK(m != NULL);
    if (!m) return;
    CHECK_EQ(m->types.len, 2);
    const WitFunc *f = m->interfaces.at[0]->funcs.at[0], *g = m->interfaces.at[1]->funcs.at[0];
    CHECK(f->params.at[0].type == f->result);
    CHECK(g->result->elem == f->result);
}

static void a_resource_as_a_value_is_its_own_handle(void) {
    WitModel *m = read_text("package a:b; interface i { resource r; type s = r;"
                            "  f: func(a: r, b: own<r>, c: s, d: borrow<r>) -> list<r>; }");
    CHECK(m != NULL);
    if (!m) return;
    const WitFunc *f = m->interfaces.at[0]->funcs.at[0];
    const WitType *r = m->interfaces.at[0]->types.at[0], *s = m->interfaces.at[0]->types.at[1];
    CHECK_EQ(f->params.at[0].type->kind, WIT_OWN);
    CHECK(f->params.at[0].type->elem == r);
    CHECK(f->params.at[1].type == f->params.at[0].type);
    CHECK(f->params.at[2].type != f->params.at[0].type);
    CHECK(f->params.at[2].type->elem == s);
    CHECK_EQ(f->params.at[3].type->kind, WIT_BORROW);
    CHECK(f->params.at[3].type->elem == r);
    CHECK(f->result->elem == f->params.at[0].type);
}

static void methods_have_names_of_their_own(void) {
    WitModel *m = read_text("package a:b; interface i { resource r {"
                            "  constructor(); m: func(); s: static async func(); } }");
    CHECK(m != NULL);
    if (!m) return;
    const WitInterface *i = m->interfaces.at[0];
    CHECK_EQ(i->funcs.len, 3);
    CHECK_STR(i->funcs.at[0]->name, "[constructor]r");
    CHECK_EQ(i->funcs.at[0]->result->kind, WIT_OWN);
    CHECK_STR(i->funcs.at[1]->name, "[method]r.m");
    CHECK_STR(i->funcs.at[1]->params.at[0].name, "self");
    CHECK_EQ(i->funcs.at[1]->params.at[0].type->kind, WIT_BORROW);
    CHECK_STR(i->funcs.at[2]->name, "[static]r.s");
    CHECK(i->funcs.at[2]->is_async);
    CHECK_EQ(i->funcs.at[2]->params.len, 0);
}

static void the_main_package_comes_last(void) {
    WitModel *m =
        read_text("package a:a; package z:z { interface i {} } world w { import z:z/i; }");
    CHECK(m != NULL);
    if (!m) return;
    CHECK_EQ(m->packages.len, 2);
    CHECK(vec_last(&m->packages) == m->main);
    CHECK_STR(m->main->ns, "a");
    CHECK_EQ(m->main->id, 1);
}

static void gates_take_their_features(void) {
    const char *text = "package a:b@1.0.0; interface i {"
                       "  @unstable(feature = x) type t = u8;"
                       "  @unstable(feature = x) f: func(a: t);"
                       "  @since(version = 0.9.0) g: func(); }";
    WitModel *m = read_text(text);
    CHECK(m && m->interfaces.at[0]->types.len == 0 && m->interfaces.at[0]->funcs.len == 1);
    Str features[] = {STR_INIT("y"), STR_INIT("x")};
    WitcOptions options = {.features = features, .feature_count = 2};
    m = read_with(text, &options);
    CHECK(m && m->interfaces.at[0]->types.len == 1 && m->interfaces.at[0]->funcs.len == 2);
    options = (WitcOptions){.all_features = true};
    m = read_with(text, &options);
    CHECK(m && m->interfaces.at[0]->funcs.len == 2);
}

static void nested_names_have_a_gate(void) {
    const char *text = "package a:b:c/d; interface i {}";
    CHECK(!read_text(text) && says("nested namespaces"));
    WitcOptions options = {.gates = FEATURE_BIT(FEATURE_CM_NESTED_NAMES)};
    WitModel *m = read_with(text, &options);
    CHECK(m != NULL);
    if (!m) return;
    CHECK_STR(m->main->ns, "a:b");
    CHECK_STR(m->main->name, "c/d");
}

/* ---- what is refused, and what only warned about ---- */

static void what_no_component_can_use_is_warned_about(void) {
    static const char *const texts[] = {
        "package a:b; interface i { record r {} }",
        "package a:b; interface i { flags f {} }",
        "package a:b; interface i { type t = tuple<>; }",
        "package a:b; interface i { type t = list<u8, 0>; }",
        "package a:b; interface i { type t = stream<char>; }",
        "package A:b; interface i {}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK(read_text(texts[i]) != NULL);
        CHECK_EQ(diags.warnings, 1);
    }
    Buf many = {.arena = arena};
    buf_str(&many, STR("package a:b; interface i { flags f { a0"));
    for (int i = 1; i < 33; i++) buf_fmt(&many, ", a%d", i);
    buf_str(&many, STR(" } }"));
    CHECK(read_text(str_c(arena, buf_text(&many))) != NULL);
    CHECK_EQ(diags.warnings, 1);
    CHECK(says("33 flags"));
}

static void empty_texts_are_no_packages(void) {
    CHECK(!read_text("") && says("no `package` header"));
    CHECK(!read_text(" \n\t") && says("no `package` header"));
    CHECK(!read_text("// nothing") && says("no `package` header"));
    CHECK(read_text("\xef\xbb\xbfpackage a:b;") != NULL);
}

static void bytes_that_are_no_text_are_one_error(void) {
    CHECK(!read_text("package a:b; \xff\xfe\x01") && says("not UTF-8"));
    CHECK_EQ(diags.errors, 1);
    diags = (Diags){.arena = arena};
    Str zeros = {"package a:b;\0\0\0\0", 16};
    CHECK(!witc_read_text(arena, source_of(arena, STR("z"), zeros), NULL, &diags));
    CHECK_EQ(diags.errors, 1);
}

static void every_beginning_of_a_text_has_an_answer(void) {
    const char *text =
        "/// d\npackage a:b@1.0.0-x+y { /* c */ }\n use c:d/e@1.2.3 as f;\n"
        "@since(version = 1.0.0) interface i { use f.{t as u}; record r { a: u, }\n"
        "  variant v { x(list<u8, 4>) } flags g { h } resource q { constructor();\n"
        "  @external-id(\"\\u{41}\") m: static async func(a: own<q>) -> result<_, u>; }}\n"
        "world w { include i with { a as b } export x: interface {} import y: c:d/e; }";
    for (size_t n = 0; n <= strlen(text); n++) {
        Str part = {text, n};
        diags = (Diags){.arena = arena};
        WitModel *m = witc_read_text(arena, source_of(arena, STR("p"), part), NULL, &diags);
        CHECK(!m == (diags.errors > 0));
    }
}

static void several_errors_in_one_run(void) {
    CHECK(!read_text(
        "package a:b;\ninterface i {\n  record r { a u8 }\n  type t = ;\n  f: func()\n}"));
    CHECK_EQ(diags.errors, 3);
    CHECK(!read_text("package a:b; interface i { f: func(a: x, b: y) -> z; g: func(a: x); }"));
    CHECK_EQ(diags.errors, 4);
}

static void errors_are_placed_at_their_word(void) {
    CHECK(!read_text("package a:b;\ninterface i {\n  f: func(a: missing);\n}"));
    CHECK_EQ(diags.list.len, 1);
    if (diags.list.len != 1) return;
    Span span = diags.list.at[0].span;
    CHECK_STR(str_from_to(span.source->text, span.start, span.end), "missing");
    LineColumn at = line_column(span.source, span.start);
    CHECK_EQ(at.line, 3);
    CHECK_EQ(at.column, 14);
}

static void depth_has_a_limit(void) {
    for (int depth = 99; depth <= 101; depth++) {
        Buf text = {.arena = arena};
        buf_str(&text, STR("package a:b; interface i { type t = "));
        for (int i = 0; i < depth; i++) buf_str(&text, STR("list<"));
        buf_str(&text, STR("u8"));
        for (int i = 0; i < depth; i++) buf_byte(&text, '>');
        buf_str(&text, STR("; }"));
        WitModel *m = read_text(str_c(arena, buf_text(&text)));
        CHECK_EQ(m != NULL, depth < 100);
        if (depth >= 100) CHECK(says("type nesting too deep"));
    }
}

static void worlds_have_a_limit(void) {
    Buf text = {.arena = arena};
    buf_str(&text, STR("package a:b; world w0 {"));
    for (int i = 0; i < 1000; i++) buf_fmt(&text, " import f%d-g: func();", i);
    buf_str(&text, STR(" }"));
    for (int i = 0; i < 500; i++) buf_fmt(&text, " world w%d { include w%d; }", i + 1, i);
    CHECK(!read_text(str_c(arena, buf_text(&text))) && says("more than 400000"));
    CHECK_EQ(diags.errors, 1);
}

int main(void) {
    arena = arena_new();
    RUN(order_keeps_the_text_where_it_can);
    RUN(order_names_an_edge_of_a_cycle);
    RUN(order_of_many_is_the_reverse_of_a_chain);
    RUN(docs_lose_what_makes_a_comment);
    RUN(docs_of_joined_comments);
    RUN(docs_share_one_indent);
    RUN(types_stand_after_what_they_name);
    RUN(equal_anonymous_types_are_one);
    RUN(a_resource_as_a_value_is_its_own_handle);
    RUN(methods_have_names_of_their_own);
    RUN(the_main_package_comes_last);
    RUN(gates_take_their_features);
    RUN(nested_names_have_a_gate);
    RUN(what_no_component_can_use_is_warned_about);
    RUN(empty_texts_are_no_packages);
    RUN(bytes_that_are_no_text_are_one_error);
    RUN(every_beginning_of_a_text_has_an_answer);
    RUN(several_errors_in_one_run);
    RUN(errors_are_placed_at_their_word);
    RUN(depth_has_a_limit);
    RUN(worlds_have_a_limit);
    arena_free(arena);
    return test_end("witc");
}
