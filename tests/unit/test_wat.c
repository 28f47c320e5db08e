/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "tests/test.h"

#include "base/file.h"
#include "wat/wat.h"

static Arena *arena;

static const Source *parse(const char *text, Diags *diags) {
    *diags = (Diags){.arena = arena};
    return wat_to_binary(arena, source_of(arena, STR("t.wat"), str_from(text)), features_all(),
                         diags);
}

static Str message(const char *text) {
    Diags diags;
    const Source *binary = parse(text, &diags);
    if (binary || diags.list.len == 0) return STR("(accepted)");
    return diags.list.at[0].message;
}

#define CHECK_FAULT(text, phrase)                                                                  \
    do {                                                                                           \
        Str m_ = message(text);                                                                    \
        if (str_find_str(m_, str_from(phrase), 0) == SIZE_MAX) CHECK_STR(m_, phrase);              \
    } while (0)

static Str print(const char *text, WatPrintOptions options) {
    Diags diags;
    const Source *binary = parse(text, &diags);
    Buf out = {.arena = arena};
    if (!binary) return diags.list.at[0].message;
    return wat_print(arena, binary, &options, &out, &diags) ? buf_text(&out) : STR("(not printed)");
}

static bool is_binary(const char *text, const char *bytes, size_t size) {
    Diags diags;
    const Source *binary = parse(text, &diags);
    return binary && str_eq(binary->text, (Str){bytes, size});
}

#define PREAMBLE "\0asm\1\0\0\0"
#define CHECK_BYTES(text, bytes) CHECK(is_binary(text, PREAMBLE bytes, sizeof(PREAMBLE bytes) - 1))

static void modules(void) {
    CHECK_BYTES("(module)", "");
    /* type: one, [i32 i32] -> [i32]; function: 0; code: local.get 0, local.get 1, i32.add */
    CHECK_BYTES("(func (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))",
                "\1\7\1\x60\2\x7f\x7f\1\x7f\3\2\1\0\n\t\1\7\0\x20\0\x20\1\x6a\x0b");
    /* an import comes before what is defined, and a name ends in the name section */
    CHECK_BYTES("(import \"a\" \"b\" (memory 1 2))", "\2\x09\1\1a\1b\2\1\1\2");
    CHECK_BYTES("(module $m)", "\0\x09\4name\0\2\1m");
    /* inline data: as many pages as it takes */
    CHECK_BYTES("(memory (data \"x\"))", "\5\4\1\1\1\1\x0b\7\1\0\x41\0\x0b\1x");
    CHECK_BYTES("(module binary \"\\00asm\" \"\\01\\00\\00\\00\")", "");
}

static void type_uses(void) {
    /* both functions share the type that was written last */
    CHECK_STR(print("(func) (func (type $t)) (type $t (func))", (WatPrintOptions){0}),
              "(module\n  (type $t (;0;) (func))\n  (func (;0;) (type $t))\n  (func (;1;) (type "
              "$t))\n)\n");
    CHECK_FAULT("(type $t (func)) (func (type $t) (param i32))", "inline function type");
    CHECK_FAULT("(func (type 3) (param i32))", "unknown type");
}

static void names(void) {
    CHECK_FAULT("(func $f) (func $f)", "duplicate func identifier");
    CHECK_FAULT("(func (call $g))", "unknown func: failed to find name `$g`");
    CHECK_FAULT("(func) (import \"a\" \"b\" (func))", "import after function");
    CHECK_FAULT("(func (block $a (br $b)))", "unknown label");
    CHECK_FAULT("(func block $a end $b)", "mismatching label");
    CHECK_FAULT("(func $)", "empty identifier");
    /* the inner label hides the outer one: the branch says its depth */
    CHECK(str_find_str(print("(func (block $l (block $l (br 1))))", (WatPrintOptions){0}),
                       STR("br 1\n"), 0) != SIZE_MAX);
    CHECK_STR(print("(func $\"a b\")", (WatPrintOptions){0}),
              "(module\n  (type (;0;) (func))\n  (func $\"a b\" (;0;) (type 0))\n)\n");
}

static void tokens(void) {
    CHECK_FAULT("(func (; (; ;) )", "unterminated block comment");
    CHECK_FAULT("(func \"a", "unclosed string");
    CHECK_FAULT("(data \"\\zz\")", "invalid string escape");
    CHECK_FAULT("(func $a\"b\")", "unexpected token");
    CHECK_FAULT("(func (i32.const 0x))", "unknown operator");
    CHECK_FAULT("(func (i32.const 1__0))", "unknown operator");
    CHECK_FAULT("(func", "unclosed parenthesis");
    CHECK_FAULT("(func))", "unexpected token");
    CHECK_FAULT("(@x (y)", "unclosed annotation");
    CHECK_FAULT("(import \"\\ff\" \"\" (func))", "malformed UTF-8");
    CHECK_FAULT("\xff", "malformed UTF-8");
    CHECK_FAULT("", "expected at least one module field");
    CHECK_BYTES("(@x any (thing \"here\" ]) ;)", "");
}

static void integers(void) {
    CHECK_FAULT("(func (i32.const 0x1_0000_0000))", "i32 constant out of range");
    CHECK_FAULT("(func (i32.const -2147483649))", "constant out of range");
    CHECK_FAULT("(func (i64.const 18446744073709551616))", "constant out of range");
    CHECK_FAULT("(func (i32.load align=3 (i32.const 0)))", "alignment must be a power of two");
    CHECK_BYTES("(global i32 (i32.const 0xffff_ffff))", "\6\6\1\x7f\0\x41\x7f\x0b");
    CHECK_BYTES("(global i64 (i64.const -9223372036854775808))",
                "\6\x0f\1\x7e\0\x42\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f\x0b");
}

static uint64_t f64_of(const char *literal) {
    Diags diags;
    const Source *s =
        parse(str_c(arena, str_fmt(arena, "(global f64 (f64.const %s))", literal)), &diags);
    uint64_t bits = 0;
    if (s) memcpy(&bits, s->text.ptr + 14, 8); /* preamble, id, size, count, type, mut, opcode */
    return bits;
}

static uint32_t f32_of(const char *literal) {
    Diags diags;
    const Source *s =
        parse(str_c(arena, str_fmt(arena, "(global f32 (f32.const %s))", literal)), &diags);
    uint32_t bits = 0;
    if (s) memcpy(&bits, s->text.ptr + 14, 4);
    return bits;
}

static void floats(void) {
    CHECK_EQ(f64_of("1.5"), 0x3ff8000000000000);
    CHECK_EQ(f64_of("-0x0p0"), INT64_MIN);
    CHECK_EQ(f64_of("0x1.8p+1"), 0x4008000000000000);
    CHECK_EQ(f64_of("1_0.0_1e-1_0"), 0x3e113271ce87220f);
    CHECK_EQ(f64_of("nan:0x1"), 0x7ff0000000000001);
    CHECK_EQ(f64_of("-inf"), (int64_t)0xfff0000000000000);
    CHECK_EQ(f64_of("0x1p-1074"), 1);
    /* just above half of the smallest difference: to the next float, not by way of a double */
    CHECK_EQ(f32_of("0x1.00000100000000001p-50"), 0x26800001);
    CHECK_EQ(f32_of("0x1.000001p-50"), 0x26800000);
    CHECK_EQ(f32_of("8.5"), 0x41080000);
    CHECK_EQ(f32_of("nan"), 0x7fc00000);
    CHECK_FAULT("(func (f32.const 1e39))", "f32 constant out of range");
    CHECK_FAULT("(func (f32.const nan:0x800000))", "constant out of range");
    CHECK_STR(print("(global f32 (f32.const 0.1))", (WatPrintOptions){0}),
              "(module\n  (global (;0;) f32 f32.const 0x1.99999ap-4 (;=0.1;))\n)\n");
    CHECK_STR(print("(global f64 (f64.const 1e21))", (WatPrintOptions){0}),
              "(module\n  (global (;0;) f64 f64.const 0x1.b1ae4d6e2ef5p+69 "
              "(;=1000000000000000000000;))\n)\n");
}

static Str repeat(const char *what, size_t n) {
    Buf b = {.arena = arena};
    for (size_t i = 0; i < n; i++) buf_bytes(&b, what, strlen(what));
    return buf_text(&b);
}

static void depth(void) {
    enum { N = 20000 };
    Str open = repeat("(i32.eqz ", N), close = repeat(")", N);
    Diags diags;
    const Source *s = parse(str_c(arena, str_fmt(arena, "(func (result i32) %.*s(i32.const 0)%.*s)",
                                                 STR_ARG(open), STR_ARG(close))),
                            &diags);
    CHECK(s != NULL);
    Buf out = {.arena = arena};
    WatPrintOptions fold = {.fold = true};
    CHECK(s && wat_print(arena, s, &fold, &out, &diags));
    CHECK_FAULT(str_c(arena, repeat("(component ", 1000)), "nesting too deep");
    CHECK_FAULT(
        str_c(arena, str_fmt(arena, "(component (type %.*s", STR_ARG(repeat("(list ", 1000)))),
        "nesting too deep");
}

static void folding(void) {
    WatPrintOptions fold = {.fold = true}, skeleton = {.skeleton = true},
                    invent = {.name_unnamed = true};
    const char *text = "(func (param i32) (result i32) local.get 0 i32.const 1 i32.add)";
    CHECK_STR(print(text, fold), "(module\n  (type (;0;) (func (param i32) (result i32)))\n"
                                 "  (func (;0;) (type 0) (param i32) (result i32)\n    (i32.add\n"
                                 "      (local.get 0)\n      (i32.const 1))\n  )\n)\n");
    CHECK_STR(print(text, skeleton), "(module\n  (type (;0;) (func (param i32) (result i32)))\n"
                                     "  (func (;0;) (type 0) (param i32) (result i32) ...)\n)\n");
    CHECK(str_find_str(print(text, invent), STR("(func $#func0 (;0;)"), 0) != SIZE_MAX);
}

static void components(void) {
    const char *text = "(component $c\n"
                       "  (import \"f\" (func $f (param \"x\" (list u8))))\n"
                       "  (core func (canon lower (func $f)))\n"
                       "  (component (type $t u32) (component (export \"u\" (type $t)))))";
    CHECK_STR(print(text, (WatPrintOptions){0}), "(component $c\n"
                                                 "  (type (;0;) (list u8))\n"
                                                 "  (type (;1;) (func (param \"x\" 0)))\n"
                                                 "  (import \"f\" (func $f (;0;) (type 1)))\n"
                                                 "  (core func (;0;) (canon lower (func $f)))\n"
                                                 "  (component (;0;)\n"
                                                 "    (type $t (;0;) u32)\n"
                                                 "    (component (;0;)\n"
                                                 "      (alias outer 1 $t (type $t (;0;)))\n"
                                                 "      (export (;1;) \"u\" (type $t))\n"
                                                 "    )\n"
                                                 "  )\n"
                                                 ")\n");
    CHECK_FAULT("(component (export \"a\" (func $f)))", "unknown func");
    CHECK_FAULT("(component (instance $i) (component (export \"a\" (instance $i))))",
                "outer item `i` is not a module, type, or component");
    CHECK_FAULT("(component (type (variant (case $a \"a\") (case $a \"b\"))))",
                "duplicate variant case identifier");
}

static void scripts(void) {
    const char *text = "(module $m (func (export \"f\") (result f32) (f32.const 1)))\n"
                       "(assert_return (invoke $m \"f\") (f32.const nan:canonical))\n"
                       "(assert_malformed (module quote \"(func\") \"unclosed\")\n"
                       "(assert_invalid (module (func $a) (func $a)) \"duplicate\")\n"
                       "(assert_return (get \"g\") (either (i32.const -1) (ref.null any)))\n"
                       "(invoke \"f\" (record.const (field \"a\" (list.const (u8.const 255)))))\n";
    Diags diags = {.arena = arena};
    WastScript script = {0};
    CHECK(wast_parse(arena, source_of(arena, STR("t.wast"), str_from(text)), features_all(),
                     &script, &diags));
    CHECK_EQ(script.commands.len, 6);
    const WastCommand *c = script.commands.at;
    CHECK(c[0].kind == WAST_MODULE && c[0].module.parsed && comp_is_module(c[0].module.bytes));
    CHECK_STR(c[0].module.name, "m");
    CHECK(c[1].expected.len == 1 && c[1].expected.at[0].nan == WAST_NAN_CANONICAL);
    CHECK_STR(c[1].module_name, "m");
    CHECK(c[2].module.is_quote);
    CHECK_STR(c[2].message, "unclosed");
    CHECK(!c[3].module.parsed && c[3].module.faults->errors == 1);
    CHECK(c[4].is_get && c[4].expected.at[0].kind == WAST_EITHER &&
          c[4].expected.at[0].parts.len == 2);
    CHECK_EQ(c[4].expected.at[0].parts.at[0].bits, UINT32_MAX);
    CHECK(c[5].args.at[0].type == WIT_RECORD &&
          c[5].args.at[0].parts.at[0].parts.at[0].bits == 255);
    CHECK(diags.errors == 0);
}

int main(void) {
    arena = arena_new();
    RUN(modules);
    RUN(type_uses);
    RUN(names);
    RUN(tokens);
    RUN(integers);
    RUN(floats);
    RUN(depth);
    RUN(folding);
    RUN(components);
    RUN(scripts);
    arena_free(arena);
    return test_end("wat");
}
