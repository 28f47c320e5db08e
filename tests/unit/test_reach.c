/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Which imports code of a component can reach. Expected callers are worked out by hand. */
#include "component/reach.h"
#include "tests/test.h"
#include "wat/wat.h"

static Arena *arena;

static const CompInfo *load(const char *text, Diags *diags) {
    const Source *source = source_of(arena, STR("test.wat"), str_from(text));
    const Source *binary = wat_to_binary(arena, source, features_all(), diags);
    const CompComponent *c = binary ? comp_decode(arena, binary, features_all(), diags) : NULL;
    const CompInfo *info = c ? comp_validate(arena, c, features_all(), diags) : NULL;
    if (!info) diag_print(stdout, diags, false);
    return info;
}

/* What is used, and by whom: "a, interface.b(path, path)". */
static Str reached(const char *text) {
    Diags diags = {.arena = arena};
    const CompInfo *info = load(text, &diags);
    CompUses uses = {0};
    if (!info || !comp_reach(arena, info, &uses, &diags)) return STR("failed");
    Buf out = {.arena = arena};
    for (size_t i = 0; i < uses.len; i++) {
        const CompUse *use = &uses.at[i];
        if (!use->is_used) continue;
        if (out.len) buf_str(&out, STR(", "));
        if (use->interface.len) buf_fmt(&out, "%.*s.", STR_ARG(use->interface));
        buf_str(&out, use->name);
        if (use->callers.len == 1 && !use->callers.at[0].len) continue;
        for (size_t k = 0; k < use->callers.len; k++)
            buf_fmt(&out, "%s%.*s", k ? ", " : "(", STR_ARG(use->callers.at[k]));
        buf_byte(&out, ')');
    }
    return buf_text(&out);
}

/* Imports "a" to "d" in a core module, whose rest is BODY; it exports "go". */
#define MODULE(BODY)                                                                               \
    "(component"                                                                                   \
    " (import \"a\" (func $a)) (import \"b\" (func $b))"                                           \
    " (import \"c\" (func $c)) (import \"d\" (func $d))"                                           \
    " (core func $la (canon lower (func $a))) (core func $lb (canon lower (func $b)))"             \
    " (core func $lc (canon lower (func $c))) (core func $ld (canon lower (func $d)))"             \
    " (core module $m (import \"\" \"a\" (func $a)) (import \"\" \"b\" (func $b))"                 \
    "  (import \"\" \"c\" (func $c)) (import \"\" \"d\" (func $d)) " BODY ")"                      \
    " (core instance $i (instantiate $m (with \"\" (instance"                                      \
    "  (export \"a\" (func $la)) (export \"b\" (func $lb))"                                        \
    "  (export \"c\" (func $lc)) (export \"d\" (func $ld))))))"                                    \
    " (func (export \"go\") (canon lift (core func $i \"go\"))))"

static void calls(void) {
    CHECK_STR(reached(MODULE("(func (export \"go\"))")), "");
    CHECK_STR(reached(MODULE("(func (export \"go\") (call $b)) (func (call $c))")), "b");
    CHECK_STR(reached(MODULE("(func (export \"go\") (call $x)) (func $x (call $y))"
                             "(func $y (call $x) (call $c) (return_call $a))")),
              "a, c");
    CHECK_STR(reached(MODULE("(func (export \"go\")) (start $x) (func $x (call $d))")), "d");
    CHECK_STR(reached(MODULE("(export \"go\" (func $a))")), "a");
    CHECK_STR(reached(MODULE("(func (export \"go\")) (func (export \"other\") (call $a))")), "");
}

#define TABLE "(table $t 4 funcref) (elem (table $t) (i32.const 1) func $a $b)"

static void tables(void) {
    CHECK_STR(reached(MODULE(TABLE "(func (export \"go\") (call_indirect $t (i32.const 2)))")),
              "b");
    CHECK_STR(reached(MODULE(TABLE "(func (export \"go\") (call_indirect $t (i32.const 0)))")), "");
    CHECK_STR(reached(MODULE(TABLE "(func (export \"go\") (local $i i32)"
                                   " (call_indirect $t (local.get $i)))")),
              "a, b");
    CHECK_STR(reached(MODULE(TABLE "(func (export \"go\") (call_indirect $t"
                                   " (i32.add (i32.const 0) (i32.const 1))))")),
              "a, b");
    CHECK_STR(reached(MODULE(TABLE "(func (export \"go\") (drop (table.get $t (i32.const 1))))")),
              "a, b");
    CHECK_STR(
        reached(MODULE(TABLE "(table $u 4 funcref) (func (export \"go\")"
                             " (table.copy $u $t (i32.const 0) (i32.const 0) (i32.const 1)))")),
        "a, b");
    CHECK_STR(
        reached(MODULE(TABLE "(table $u 4 funcref) (func (export \"go\")"
                             " (table.copy $t $u (i32.const 0) (i32.const 0) (i32.const 1)))")),
        "");
    /* Written over, at a place that is not known, and not active. */
    CHECK_STR(reached(MODULE(TABLE "(elem (table $t) (i32.const 1) func $c)"
                                   "(func (export \"go\") (call_indirect $t (i32.const 1)))")),
              "a, c");
    CHECK_STR(reached(MODULE(TABLE "(global $g i32 (i32.const 3))"
                                   "(elem (table $t) (global.get $g) func $c)"
                                   "(func (export \"go\") (call_indirect $t (i32.const 2)))")),
              "b, c");
    CHECK_STR(reached(MODULE("(elem funcref (ref.func $d)) (func (export \"go\"))")), "d");
    CHECK_STR(reached(MODULE("(global funcref (ref.func $c)) (func (export \"go\"))")), "c");
    CHECK_STR(reached(MODULE("(elem declare func $b) (func (export \"go\") (drop (ref.func $b)))")),
              "b");
}

/* The same body in instances with other imports: its steps are shared, what they lead to is not. */
static void instances_of_one_module(void) {
    CHECK_STR(reached("(component (import \"a\" (func $a)) (import \"b\" (func $b))"
                      " (import \"c\" (func $c))"
                      " (core module $m (import \"\" \"f\" (func $f))"
                      "  (func (export \"go\") (call $f)) (func (export \"not\")))"
                      " (core func $la (canon lower (func $a)))"
                      " (core func $lb (canon lower (func $b)))"
                      " (core func $lc (canon lower (func $c)))"
                      " (core instance $x (instantiate $m (with \"\" (instance"
                      "  (export \"f\" (func $la))))))"
                      " (core instance $y (instantiate $m (with \"\" (instance"
                      "  (export \"f\" (func $lb))))))"
                      " (core instance $z (instantiate $m (with \"\" (instance"
                      "  (export \"f\" (func $lc))))))"
                      " (func (export \"one\") (canon lift (core func $x \"go\")))"
                      " (func (export \"two\") (canon lift (core func $y \"go\")))"
                      " (func (export \"three\") (canon lift (core func $z \"not\"))))"),
              "a, b");
}

#define INNER                                                                                      \
    "(component $inner (import \"f\" (func $f))"                                                   \
    " (core func $lf (canon lower (func $f)))"                                                     \
    " (core module $m (import \"\" \"f\" (func $f)) (func (export \"go\") (call $f)))"             \
    " (core instance $i (instantiate $m (with \"\" (instance (export \"f\" (func $lf))))))"        \
    " (func (export \"go\") (canon lift (core func $i \"go\"))))"

static void components_inside(void) {
    CHECK_STR(
        reached(
            "(component"
            " (import \"ns:p/i\" (instance $h (export \"a\" (func)) (export \"b\" (func))))" INNER
            " (instance $x (instantiate $inner (with \"f\" (func $h \"a\"))))"
            " (instance $y (instantiate $inner (with \"f\" (func $x \"go\"))))"
            " (instance $z (instantiate $inner (with \"f\" (func $h \"b\"))))"
            " (export \"go\" (func $y \"go\")))"),
        "ns:p/i.a(x)");
    CHECK_STR(reached("(component (import \"a\" (func $a))" INNER
                      " (instance $x (instantiate $inner (with \"f\" (func $a))))"
                      " (instance $y (instantiate $inner (with \"f\" (func $a))))"
                      " (export \"one\" (func $x \"go\")) (export \"two\" (instance $y)))"),
              "a(y, x)"); /* in any order */
    CHECK_STR(reached("(component (import \"a\" (func $a))"
                      " (component $outer (import \"f\" (func $g))" INNER
                      "  (instance $x (instantiate $inner (with \"f\" (func $g))))"
                      "  (export \"go\" (func $x \"go\")))"
                      " (instance $o (instantiate $outer (with \"f\" (func $a))))"
                      " (export \"go\" (func $o \"go\")))"),
              "a(o/x)");
}

/* Nobody in between. */
static void what_is_exported_again(void) {
    CHECK_STR(reached("(component (import \"a\" (func $a)) (import \"b\" (func $b))"
                      " (export \"c\" (func $b)))"),
              "b");
    CHECK_STR(reached("(component (import \"a\" (func $a)) (import \"b\" (func $b))"
                      " (start $a))"),
              "a");
}

/* 3^7 instances of a module with a body of 2,000 calls: what there is to be read is read once. */
static void many_instances(void) {
    Buf text = {.arena = arena};
    buf_str(&text, STR("(component (import \"a\" (func $a)) (core module $m"
                       " (import \"\" \"f\" (func $f)) (func (export \"go\")"));
    for (int i = 0; i < 2000; i++) buf_str(&text, STR(" (call $f)"));
    buf_str(&text, STR(")) (component $c0 (import \"f\" (func $f))"
                       " (alias outer 1 $m (core module $n))"
                       " (core func $l (canon lower (func $f)))"
                       " (core instance $i (instantiate $n (with \"\" (instance"
                       "  (export \"f\" (func $l))))))"
                       " (func (export \"go\") (canon lift (core func $i \"go\"))))"));
    for (int i = 1; i <= 7; i++) {
        buf_fmt(&text,
                " (component $c%d (import \"f\" (func $f)) (alias outer 1 $c%d (component $c))", i,
                i - 1);
        for (int k = 0; k < 3; k++)
            buf_fmt(&text,
                    " (instance $i%d (instantiate $c (with \"f\" (func $f))))"
                    " (export \"go%d\" (instance $i%d))",
                    k, k, k);
        buf_str(&text, STR(")"));
    }
    buf_str(&text, STR(" (instance $x (instantiate $c7 (with \"f\" (func $a))))"
                       " (export \"go\" (instance $x)))"));
    Str said = reached(str_c(arena, buf_text(&text)));
    size_t callers = 1;
    for (size_t i = 0; i < said.len; i++) callers += said.ptr[i] == ',';
    CHECK_EQ(callers, 2187);
}

int main(void) {
    arena = arena_new();
    RUN(calls);
    RUN(tables);
    RUN(instances_of_one_module);
    RUN(components_inside);
    RUN(what_is_exported_again);
    RUN(many_instances);
    arena_free(arena);
    return test_end("reach");
}
