/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* C bindings: names, signatures, what is freed, and what is refused. */
#include "base/file.h"
#include "bindgen/internal.h"
#include "tests/test.h"
#include "witc/witc.h"

static Arena *arena;
static Diags diags;
static GenOutput out;

/* Bindings of the only world of a text. */
static bool generate_with(const char *text, GenOptions options) {
    diags = (Diags){.arena = arena};
    out = (GenOutput){0};
    const Source *source = source_of(arena, STR("t.wit"), str_from(text));
    WitModel *model = witc_read_text(arena, source, NULL, &diags);
    WitWorld *world = model ? wit_select_world(model, STR(""), &diags) : NULL;
    if (!world || !wit_make_types_nominal(model, world, &diags)) return false;
    return gen_c(arena, model, world, &options, &out, &diags);
}

static bool generate(const char *text) { return generate_with(text, (GenOptions){0}); }

static bool has(const Buf *file, const char *text) {
    return str_find_str(buf_text(file), str_from(text), 0) != SIZE_MAX;
}
static bool header_has(const char *text) { return has(&out.header, text); }
static bool source_has(const char *text) { return has(&out.source, text); }

static bool refuses(DiagCode code) {
    for (size_t i = 0; i < diags.list.len; i++)
        if (diags.list.at[i].code == code && diags.list.at[i].severity == DIAG_ERROR) return true;
    return false;
}

/* ---- names ---- */

static void words_become_snakes(void) {
    CHECK_STR(gen_snake(arena, STR("[method]input-stream.read")), "method_input_stream_read");
    CHECK_STR(gen_snake(arena, STR("HTTP-server2")), "http_server2");
    CHECK_STR(gen_snake(arena, STR("MyHTTPWorld")), "my_http_world");
    CHECK_STR(gen_snake(arena, STR("a--b_c-")), "a_b_c");
    CHECK_STR(gen_upper(arena, STR("exports_a_b-cD")), "EXPORTS_A_B_C_D");
    CHECK_STR(gen_snake(arena, STR("")), "");
}

static void words_of_c_are_avoided(void) {
    const GenOptions drop_in = {0};
    Gen g = {.arena = arena, .options = &drop_in};
    CHECK_STR(gen_ident(&g, STR("int")), "int_");
    CHECK_STR(gen_ident(&g, STR("co-await")), "co_await_");
    CHECK_STR(gen_ident(&g, STR("ret")), "ret_");
    CHECK_STR(gen_ident(&g, STR("integer")), "integer");
}

static void versions_tell_packages_apart(void) {
    const char *text = "package m:n; world w { import a:b/i@1.0.0; import a:b/i@2.0.0-rc1; }\n"
                       "package a:b@1.0.0 { interface i { f: func(); } }\n"
                       "package a:b@2.0.0-rc1 { interface i { f: func(); } }\n";
    CHECK(generate(text));
    CHECK(header_has("extern void a_b_1_0_0_i_f(void);"));
    CHECK(header_has("extern void a_b_2_0_0_rc1_i_f(void);"));
}

static void one_version_is_left_out(void) {
    CHECK(generate("package a:b@1.0.0; interface i { f: func(); } world w { import i; }"));
    CHECK(header_has("extern void a_b_i_f(void);"));
    CHECK(source_has("__import_module__(\"a:b/i@1.0.0\")"));
}

static bool warns(DiagCode code) {
    for (size_t i = 0; i < diags.list.len; i++)
        if (diags.list.at[i].code == code) return diags.list.at[i].severity == DIAG_WARNING;
    return false;
}

/* What comes later gets a number, and a warning tells. */
static void no_name_is_given_twice(void) {
    CHECK(generate("package a:b; interface i { resource r { g: func(); } method-r-g: func(); }\n"
                   "world w { import i; }\n"));
    CHECK(warns(DIAG_BIND_SAME_NAME));
    CHECK(header_has("void a_b_i_method_r_g(a_b_i_borrow_r_t self);"));
    CHECK(header_has("void a_b_i_method_r_g_2(void);"));
    CHECK(generate("package a:b; interface i { enum a-b { c, d } enum a { e, b-c }\n"
                   "  f: func(x: a-b) -> a; } world w { import i; }\n"));
    CHECK(header_has("#define A_B_I_A_B_C 0\n") && header_has("#define A_B_I_A_B_C_2 1\n"));
    CHECK(generate("package a:b; interface i { record foo { x: u8 } record option-foo { y: u32 }\n"
                   "  f: func(x: tuple<option<foo>>) -> option-foo; } world w { import i; }\n"));
    CHECK(header_has("a_b_i_option_foo_t") && header_has("a_b_i_option_foo_2_t"));
}

/* Names that come with a type or function count, too. */
static void companions_are_told_apart(void) {
    CHECK(generate("package a:b; interface i { record r { s: string } f: func() -> r;\n"
                   "  r-free: func(); resource x; x-drop-own: func(); } world w { import i; }\n"));
    CHECK(header_has("void a_b_i_r_free(a_b_i_r_t *ptr);") &&
          header_has("void a_b_i_r_free_2(void);"));
    CHECK(header_has("void a_b_i_x_drop_own_2(void);"));
    CHECK(generate("package a:b; world w { import string-free: func(s: string);\n"
                   "  record event { x: u8 } import f: async func(e: event); }\n"));
    CHECK(header_has("void w_string_free(w_string_t *ret);") &&
          header_has("void w_string_free_2(w_string_t *s);"));
    CHECK(header_has("} w_event_2_t;"));
    CHECK(generate("package a:b; world w { import f: func(x: option<u8>, maybe-x: u8); }\n"));
    CHECK(header_has("void w_f(uint8_t *maybe_x, uint8_t maybe_x_);"));
    CHECK(!diags.warnings);
}

/* ---- signatures ---- */

static void results_are_spread(void) {
    const char *text = "package a:b; world w {\n"
                       "  import f: func(x: option<string>) -> option<u8>;\n"
                       "  import g: func() -> result<u32, string>;\n"
                       "  import h: func() -> result<_, u8>;\n"
                       "  import i: func() -> result;\n"
                       "}\n";
    CHECK(generate(text));
    CHECK(header_has("extern bool w_f(w_string_t *maybe_x, uint8_t *ret);"));
    CHECK(header_has("extern bool w_g(uint32_t *ret, w_string_t *err);"));
    CHECK(header_has("extern bool w_h(uint8_t *err);"));
    CHECK(header_has("extern bool w_i(void);"));
    CHECK(generate_with(text, (GenOptions){.no_sig_flattening = true}));
    CHECK(header_has("extern void w_f(w_option_string_t *x, w_option_u8_t *ret);"));
    CHECK(header_has("extern void w_i(w_result_void_void_t *ret);"));
}

static void an_alias_of_an_option_is_not_spread_as_parameter(void) {
    CHECK(generate("package a:b; interface i { type o = option<u8>; }\n"
                   "world w { use i.{o}; import f: func(x: o) -> o; }\n"));
    CHECK(header_has("extern bool w_f(w_o_t *x, uint8_t *ret);"));
}

static void too_many_parameters_go_through_memory(void) {
    CHECK(generate(
        "package a:b; world w { import f: func(a: string, b: string, c: string, d: string,\n"
        "  e: string, f: string, g: string, h: string, i: u8); }\n"));
    CHECK(source_has("extern void __wasm_import_w_f(int32_t);"));
}

static void functions_can_be_asynchronous(void) {
    const char *text = "package a:b; world w { import f: async func(a: u8) -> string;\n"
                       "  export g: async func(a: u8) -> string; }\n";
    CHECK(generate(text));
    CHECK(header_has("extern w_subtask_status_t w_f(uint8_t a, w_string_t *result);"));
    CHECK(header_has("w_callback_code_t exports_w_g_callback(w_event_t *event);"));
    CHECK(header_has("void exports_w_g_return(w_string_t ret);"));
    CHECK(source_has("\"[async-lower]f\""));
    CHECK(source_has("\"[async-lift]g\""));
    const Str sync[] = {STR_INIT("-all")};
    CHECK(generate_with(text, (GenOptions){.async_filters = sync, .async_filter_count = 1}));
    CHECK(!header_has("subtask"));
    const Str unknown[] = {STR_INIT("import:g")};
    CHECK(!generate_with(text, (GenOptions){.async_filters = unknown, .async_filter_count = 1}));
    CHECK(refuses(DIAG_BIND_NO_ASYNC));
}

/* ---- ownership ---- */

static void destructors_have_the_resource_s_name(void) {
    CHECK(generate("package a:b; interface i { resource big-file; } world w { export i; }"));
    CHECK(source_has("__export_name__(\"a:b/i#[dtor]big-file\")"));
    CHECK(source_has("\"[resource-new]big-file\""));
}

static void free_reaches_shared_types_everywhere(void) {
    /* list<u8> is one C type for both packages; both tuples must free it. */
    CHECK(generate("package a:b; world w { import c:d/i; import e:f/i; }\n"
                   "package c:d { interface i { f: func() -> tuple<list<u8>, bool>; } }\n"
                   "package e:f { interface i { f: func() -> tuple<list<u8>, s8>; } }\n"));
    CHECK(source_has("void w_tuple2_list_u8_bool_free(w_tuple2_list_u8_bool_t *ptr) {\n"
                     "  w_list_u8_free(&ptr->f0);\n}"));
    CHECK(source_has("void w_tuple2_list_u8_s8_free(w_tuple2_list_u8_s8_t *ptr) {\n"
                     "  w_list_u8_free(&ptr->f0);\n}"));
}

static void free_drops_owned_handles(void) {
    CHECK(generate(
        "package a:b; interface i { resource r; f: func() -> list<r>; } world w { import i; }"));
    CHECK(source_has("if (ptr->ptr[i].__handle != 0) a_b_i_r_drop_own(ptr->ptr[i]);"));
}

static void free_drops_streams_and_contexts(void) {
    const char *text = "package a:b; interface i { record r { s: stream<u8>, t: string }\n"
                       "  f: func() -> r; g: func() -> list<future<u32>>;\n"
                       "  record unused { f: future<string> } }\n"
                       "world w { import i; }\n";
    CHECK(generate(text));
    CHECK(source_has("if (ptr->s != 0) a_b_i_stream_u8_drop_readable(ptr->s);"));
    CHECK(source_has("a_b_i_future_u32_drop_readable("));
    CHECK(source_has("static void a_b_i_future_string_drop_readable("));
    CHECK(generate_with(text, (GenOptions){.keep_handles = true}));
    CHECK(!source_has("if (ptr->s != 0)") && source_has("w_string_free(&ptr->t);"));
    CHECK(!header_has("void a_b_i_unused_free("));
}

static void returned_memory_is_released_but_not_handles(void) {
    CHECK(generate(
        "package a:b; interface i { resource r; f: func() -> list<r>; } world w { export i; }"));
    CHECK(source_has("__export_name__(\"cabi_post_a:b/i#f\")"));
    CHECK(source_has(
        "static void exports_a_b_i_list_own_r__release(exports_a_b_i_list_own_r_t *ptr) {\n"
        "  if (ptr->len > 0) {\n    free(ptr->ptr);\n  }\n}"));
}

static void lent_handles_are_dropped_on_request(void) {
    const char *text = "package a:b; interface i { resource r; } world w { import i;\n"
                       "  export j: interface { use i.{r}; f: func(x: option<borrow<r>>); } }\n";
    CHECK(generate(text));
    CHECK(header_has("a_b_i_r_drop_borrow"));
    CHECK(generate_with(text, (GenOptions){.autodrop_borrows = true}));
    CHECK(!header_has("a_b_i_r_drop_borrow"));
    CHECK(source_has("if (borrow != 0) __wasm_import_a_b_i_r__drop(borrow);"));
}

/* ---- text ---- */

static void documentation_ends_with_its_line(void) {
    CHECK(
        generate("package a:b; world w {\n  /// ends in \\\n  /// next\n  import f: func();\n}\n"));
    CHECK(header_has("// ends in \\ .\n// next\n"));
}

static void the_type_is_in_the_source(void) {
    GenOptions options = {.component_type = STR("\0asm\"\\?x"), .type_section_suffix = STR("-2")};
    CHECK(generate_with("package a:b; world my-w { }", options));
    CHECK(source_has(
        "__asm__(\".section \\\".custom_section.component-type:my-w-2\\\",\\\"\\\",@\\n\"\n"
        "  \".ascii \\\"\\\\000asm\\\\042\\\\134\\\\077x\\\"\\n\");"));
    options.no_component_type = true;
    CHECK(generate_with("package a:b; world my-w { }", options));
    CHECK(!source_has("__asm__"));
    options = (GenOptions){.type_section_suffix = STR("\"")};
    CHECK(!generate_with("package a:b; world my-w { }", options));
    CHECK(refuses(DIAG_BIND_BAD_SECTION));
}

/* ---- hostile types ---- */

/* r0 is `first`, and each of n further records has two fields of the one before. */
static const char *towers(const char *first, unsigned n) {
    Buf text = {.arena = arena};
    buf_fmt(&text, "package a:b; interface i {\n record r0 { a: %s }\n", first);
    for (unsigned i = 1; i <= n; i++)
        buf_fmt(&text, " record r%u { a: r%u, b: r%u }\n", i, i - 1, i - 1);
    buf_fmt(&text, " f: func(x: r%u);\n}\nworld w { import i; }\n", n);
    return str_c(arena, buf_text(&text));
}

static void types_that_unfold_too_far_are_refused(void) {
    CHECK(!generate(towers("u8", 60)));
    CHECK(refuses(DIAG_BIND_NO_PLAN));
    CHECK(!generate(towers("stream<u8>", 14)));
    CHECK(refuses(DIAG_BIND_MANY_FUTURES));
    CHECK(generate(towers("stream<u8>", 3)));
}

static void borrows_without_end_are_refused(void) {
    Buf text = {.arena = arena};
    buf_str(&text, STR("package a:b; interface r { resource x; }\n"
                       "interface i {\n use r.{x};\n record r0 { a: option<borrow<x>> }\n"));
    for (int i = 1; i <= 14; i++)
        buf_fmt(&text, " record r%d { a: r%d, b: r%d }\n", i, i - 1, i - 1);
    buf_str(&text, STR(" f: func(x: r14);\n}\nworld w { import r; export i; }\n"));
    CHECK(!generate_with(str_c(arena, buf_text(&text)), (GenOptions){.autodrop_borrows = true}));
    CHECK(refuses(DIAG_BIND_MANY_BORROWS));
    CHECK(generate(str_c(arena, buf_text(&text))));
}

static void names_that_grow_too_long_are_refused(void) {
    Buf text = {.arena = arena};
    buf_str(&text, STR("package a:b; world w { import f: func(x: tuple<u8"));
    for (int i = 0; i < 2000; i++) buf_str(&text, STR(", u8"));
    buf_str(&text, STR(">); }"));
    CHECK(!generate(str_c(arena, buf_text(&text))));
    CHECK(refuses(DIAG_BIND_LONG_NAME));
}

int main(void) {
    arena = arena_new();
    RUN(words_become_snakes);
    RUN(words_of_c_are_avoided);
    RUN(versions_tell_packages_apart);
    RUN(one_version_is_left_out);
    RUN(no_name_is_given_twice);
    RUN(companions_are_told_apart);
    RUN(results_are_spread);
    RUN(an_alias_of_an_option_is_not_spread_as_parameter);
    RUN(too_many_parameters_go_through_memory);
    RUN(functions_can_be_asynchronous);
    RUN(destructors_have_the_resource_s_name);
    RUN(free_reaches_shared_types_everywhere);
    RUN(free_drops_owned_handles);
    RUN(free_drops_streams_and_contexts);
    RUN(returned_memory_is_released_but_not_handles);
    RUN(lent_handles_are_dropped_on_request);
    RUN(documentation_ends_with_its_line);
    RUN(the_type_is_in_the_source);
    RUN(types_that_unfold_too_far_are_refused);
    RUN(borrows_without_end_are_refused);
    RUN(names_that_grow_too_long_are_refused);
    arena_free(arena);
    return test_end("bindgen");
}
