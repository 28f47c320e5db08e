/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Values as text (WAVE), by the public interface: types come from a component that only imports. */
#include <math.h>

#include "include/witc/component.h"
#include "tests/unit/embed.h"

static witc_component *component;
static witc_arena *arena;

static const char types_text[] =
    "(component"
    " (type $e0 (enum \"left\" \"right\" \"ok\")) (import \"e\" (type $e (eq $e0)))"
    " (type $f0 (flags \"read\" \"write\" \"exec\")) (import \"f\" (type $f (eq $f0)))"
    " (type $r0 (record (field \"required\" u8) (field \"optional\" (option u8))))"
    " (import \"r\" (type $r (eq $r0)))"
    " (type $o0 (record (field \"a\" (option u8)) (field \"b\" (option u8))))"
    " (import \"o\" (type $o (eq $o0)))"
    " (type $v0 (variant (case \"empty\") (case \"body\" (list u8)) (case \"err\" string)))"
    " (import \"v\" (type $v (eq $v0)))"
    " (type $n0 (record (field \"inner\" $r) (field \"pair\" (tuple string s16)) (field \"last\" "
    "$e)))"
    " (import \"n\" (type $n (eq $n0)))"
    " (import \"res\" (type $res (sub resource)))"
    " (import \"all\" (func (param \"bool\" bool) (param \"s8\" s8) (param \"u8\" u8)"
    "  (param \"s64\" s64) (param \"u64\" u64) (param \"f32\" f32) (param \"f64\" f64)"
    "  (param \"char\" char) (param \"string\" string) (param \"bytes\" (list u8))"
    "  (param \"names\" (list string)) (param \"tuple\" (tuple u8 string)) (param \"opt\" (option "
    "u8))"
    "  (param \"optopt\" (option (option u8))) (param \"res\" (result u8 (error string)))"
    "  (param \"resnone\" (result)) (param \"e\" $e) (param \"f\" $f) (param \"r\" $r) (param "
    "\"o\" $o)"
    "  (param \"v\" $v) (param \"n\" $n) (param \"enums\" (list $e)) (param \"chars\" (list char))"
    "  (param \"shorts\" (list s16)) (param \"own\" (own $res)) (param \"rs\" (list $r)))))";

static const witc_type *type_named(const char *name) {
    size_t n = witc_component_import_count(component);
    for (size_t i = 0; i < n; i++) {
        witc_item item = witc_component_import(component, i);
        if (item.kind != WITC_ITEM_FUNC) continue;
        for (size_t k = 0; k < witc_signature_param_count(item.func); k++)
            if (str_is(str_of(witc_signature_param_name(item.func, k)), name))
                return witc_signature_param(item.func, k);
    }
    CHECK(!"the type is there");
    return NULL;
}

static bool parses(const char *name, const char *text, witc_val *v) {
    return witc_val_parse(type_named(name), words(text), arena, v, NULL);
}

/* What is read is written as `want`, and that is read as the same. */
static void round_trip(const char *name, const char *text, const char *want) {
    witc_val v, again;
    witc_error *error = NULL;
    bool good = witc_val_parse(type_named(name), words(text), arena, &v, &error);
    if (!good) printf("%s: %s: %.*s\n", name, text, STR_ARG(str_of(witc_error_text(error))));
    CHECK(good);
    if (!good) return witc_error_free(error);
    Str written = str_of(witc_val_print(type_named(name), &v, arena));
    CHECK_STR(written, want);
    CHECK(witc_val_parse(type_named(name), (witc_str){written.ptr, written.len}, arena, &again,
                         NULL));
    CHECK_STR(str_of(witc_val_print(type_named(name), &again, arena)), want);
    witc_arena_reset(arena);
}

static void scalars(void) {
    round_trip("bool", "true", "true");
    round_trip("bool", " false // no\n", "false");
    round_trip("s8", "-128", "-128");
    round_trip("s8", "-0", "0");
    round_trip("u64", "18446744073709551615", "18446744073709551615");
    round_trip("s64", "-9223372036854775808", "-9223372036854775808");
    round_trip("f32", "0.1", "0.1");
    round_trip("f32", "3.4028234664e39", "inf");
    round_trip("f32", "1.4012984643e-46", "0");
    round_trip("f64", "-inf", "-inf");
    round_trip("f64", "nan", "nan");
    round_trip("f64", "0.1e1", "1");
    round_trip("f64", "-0.0e-0", "-0");
    round_trip("f64", "1e300", "1e+300");
    witc_val v;
    CHECK(parses("f64", "6.022e+23", &v) && v.kind == WITC_TYPE_F64 && v.of.f64 == 6.022e23);
    CHECK(parses("s8", "-1", &v) && v.of.s == -1);
    static const char *const bad[][2] = {{"u8", "256"},
                                         {"u8", "-1"},
                                         {"s8", "128"},
                                         {"s8", "-129"},
                                         {"u8", "01"},
                                         {"u8", "1.0"},
                                         {"u8", "+1"},
                                         {"u8", ""},
                                         {"u8", "1 2"},
                                         {"bool", "True"},
                                         {"bool", "1"},
                                         {"f32", "-nan"},
                                         {"f32", "NaN"},
                                         {"f64", "infinity"},
                                         {"f64", "1."},
                                         {"f64", ".5"},
                                         {"f64", "1e"},
                                         {"bool", "%true"},
                                         {"u64", "18446744073709551616"},
                                         {"s64", "9223372036854775808"},
                                         {"u64", "99999999999999999999999"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!parses(bad[i][0], bad[i][1], &v));
}

static void text_and_characters(void) {
    round_trip("char", "'x'", "'x'");
    round_trip("char", "'\\u{0}'", "'\\u{0}'");
    round_trip("char", "'\"'", "'\"'");
    round_trip("char", "'\\''", "'\\''");
    round_trip("char", "'\xe2\x98\x83'", "'\xe2\x98\x83'");
    round_trip("string", "\"\"", "\"\"");
    round_trip("string", "\"\\\\\\'\\\"\\t\\n\\r\"", "\"\\\\'\\\"\\t\\n\\r\"");
    round_trip("string", "\"\xe2\x98\x83\\u{2603}\\u{002603}\"",
               "\"\xe2\x98\x83\xe2\x98\x83\xe2\x98\x83\"");
    round_trip("string", "\"\"\"\n\"\"\"", "\"\"");
    round_trip("string", "\"\"\"\nA single line\n\"\"\"", "\"A single line\"");
    round_trip("string",
               "\"\"\"\n    Trailing indent\n  determines dedent\n      behavior.\n  \"\"\"",
               "\"  Trailing indent\\ndetermines dedent\\n    behavior.\"");
    round_trip("string", "\"\"\"\n\nEmpty\n\n\"\"\"", "\"\\nEmpty\\n\"");
    round_trip("string", "\"\"\"\n\"\"\\\"\\u{41}\n\"\"\"", "\"\\\"\\\"\\\"A\"");
    witc_val v;
    static const char *const bad[] = {"\"\\u{d800}\"",
                                      "\"\\u{110000}\"",
                                      "\"\\u{ffffffff}\"",
                                      "\"\\u{-1}\"",
                                      "\"\\u{}\"",
                                      "\"\\u{1\"",
                                      "\"\\u\"",
                                      "\"\\x\"",
                                      "\"",
                                      "\"\\\"",
                                      "\"\n\"",
                                      "\"\"\"\"\"\"",
                                      "\"\"\" \"\"\"",
                                      "\"\"\"\n\"\"",
                                      "\"\"\"extra\n\"\"\"",
                                      "\"\"\"\nextra\"\"\"",
                                      "\"\xff\"",
                                      "\"\"\"\n  a\n b\n  \"\"\"",
                                      "'a'",
                                      "\"a\" b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!parses("string", bad[i], &v));
    static const char *const bad_chars[] = {"''", "'", "'ab'", "'\n'", "'\\", "'\\u", "\"a\"", "x"};
    for (size_t i = 0; i < sizeof bad_chars / sizeof *bad_chars; i++)
        CHECK(!parses("char", bad_chars[i], &v));
}

static void aggregates(void) {
    round_trip("bytes", "[ 1 , 2,3, ]", "[1, 2, 3]");
    round_trip("bytes", "[]", "[]");
    round_trip("names", "[\"a\", \"\"]", "[\"a\", \"\"]");
    round_trip("chars", "['\xe2\x98\x83', 'b']", "['\xe2\x98\x83', 'b']");
    round_trip("shorts", "[-1, 32767]", "[-1, 32767]");
    round_trip("enums", "[right, left]", "[right, left]");
    round_trip("tuple", "(123, \"abc\",)", "(123, \"abc\")");
    round_trip("r", "{required: 1}", "{required: 1, optional: none}");
    round_trip("r", "{optional: 2, %required: 1,}", "{required: 1, optional: some(2)}");
    round_trip("o", "{:}", "{a: none, b: none}");
    round_trip("o", "{ : }", "{a: none, b: none}");
    round_trip("o", "{b: some(2)}", "{a: none, b: some(2)}");
    round_trip("n", "{last: left, pair: (\"x\", -3), inner: {required: 7}}",
               "{inner: {required: 7, optional: none}, pair: (\"x\", -3), last: left}");
    round_trip("rs", "[{required: 1}, {required: 2, optional: 3}]",
               "[{required: 1, optional: none}, {required: 2, optional: some(3)}]");
    round_trip("f", "{write, read}", "{read, write}");
    round_trip("f", "{}", "{}");
    witc_val v;
    static const char *const bad[][2] = {{"bytes", "[1"},       {"bytes", "[1 2]"},
                                         {"bytes", "[,]"},      {"bytes", "[256]"},
                                         {"tuple", "(1)"},      {"tuple", "(1, \"a\", 2)"},
                                         {"r", "{}"},           {"r", "{:}"},
                                         {"r", "{required 1}"}, {"r", "{required: 1, required: 2}"},
                                         {"r", "{other: 1}"},   {"r", "{required: 1"},
                                         {"f", "{read, read}"}, {"f", "{other}"},
                                         {"f", "read"},         {"own", "1"},
                                         {"own", "<own res>"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!parses(bad[i][0], bad[i][1], &v));
}

static void cases(void) {
    round_trip("opt", "1", "some(1)");
    round_trip("opt", "none", "none");
    round_trip("optopt", "some(1)", "some(some(1))");
    round_trip("optopt", "some(none)", "some(none)");
    round_trip("res", "7", "ok(7)");
    round_trip("res", "err(\"oops\")", "err(\"oops\")");
    round_trip("resnone", "ok", "ok");
    round_trip("resnone", "err", "err");
    round_trip("e", "%left", "left");
    round_trip("e", "%ok", "%ok");
    round_trip("v", "body([79, 75])", "body([79, 75])");
    round_trip("v", "empty", "empty");
    round_trip("v", "%err(\"x\")", "%err(\"x\")");
    witc_val v;
    static const char *const bad[][2] = {
        {"e", "ok"},       {"e", "up"},     {"e", "left()"}, {"v", "err(\"x\")"}, {"v", "body"},
        {"v", "empty(1)"}, {"optopt", "1"}, {"opt", "some"}, {"res", "ok"},       {"res", "err"},
        {"resnone", "1"},  {"e", "%"},      {"e", "1"},      {"opt", "some(1"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!parses(bad[i][0], bad[i][1], &v));
}

static void faults_have_places(void) {
    witc_error *error;
    witc_val v;
    CHECK(!witc_val_parse(type_named("n"), words("{inner: {required: 300},\n pair: 1}"), arena, &v,
                          &error));
    CHECK_EQ(witc_error_count(error), 1);
    witc_diagnostic d = witc_error_at(error, 0);
    CHECK_STR(str_of(d.code), "WAVE_RANGE");
    CHECK_STR(str_of(d.message), "`300` is out of the range of u8");
    CHECK(d.line == 1 && d.column == 20);
    witc_error_free(error);
}

static void values_that_do_not_fit_have_no_text(void) {
    witc_val v = witc_val_u32(7);
    CHECK(witc_val_print(type_named("u8"), &v, arena).ptr == NULL);
    v = witc_val_uint(WITC_TYPE_U8, 300);
    CHECK(witc_val_print(type_named("u8"), &v, arena).ptr == NULL);
    v = witc_val_string("\xff", 1);
    CHECK(witc_val_print(type_named("string"), &v, arena).ptr == NULL);
    v = witc_val_handle(WITC_TYPE_OWN, 3);
    CHECK_STR(str_of(witc_val_print(type_named("own"), &v, arena)), "<own res>");
}

int main(void) {
    engine = witc_engine_new(NULL);
    witc_error *error;
    component = witc_component_new(engine, types_text, strlen(types_text), "types.wat", &error);
    if (!component) printf("%.*s\n", STR_ARG(str_of(witc_error_text(error))));
    witc_error_free(error);
    CHECK(component != NULL);
    if (!component) return test_end("wave");
    arena = witc_arena_new(engine);
    RUN(scalars);
    RUN(text_and_characters);
    RUN(aggregates);
    RUN(cases);
    RUN(faults_have_places);
    RUN(values_that_do_not_fit_have_no_text);
    witc_arena_free(arena);
    witc_component_free(component);
    witc_engine_free(engine);
    return test_end("wave");
}
