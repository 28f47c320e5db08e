/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Source maps and the DWARF that text gets. That of compilers: tests/sources.sh. */
#include "base/file.h"
#include "core/sources.h"
#include "tests/test.h"
#include "wat/wat.h"

static Arena *arena;

static CoreSources *with_map(const char *json) {
    CoreModule *m = core_module_new(arena);
    CoreSources *s = core_sources_new(arena, m);
    return core_sources_use_map(s, str_from(json)) ? s : NULL;
}

/* The place as "file:line:column", or "". */
static Str at(CoreSources *s, uint64_t address) {
    CoreSourceFrame f;
    if (!s || core_sources_find_code(s, address, &f, 1) == 0) return STR("");
    return str_fmt(arena, "%.*s:%u:%u", STR_ARG(f.file), f.line, f.column);
}

/* Numbers in base 64: A 0, C 1, E 2, D -1, gB 16, 2H 123. */
static void test_map(void) {
    CoreSources *s = with_map("{\"version\":3,\"sources\":[\"a.c\",\"/b.c\"],"
                              "\"sourceRoot\":\"src\",\"mappings\":"
                              "\"UAAA,gBCEC,CDADA,E,E2HAA\"}");
    CHECK(s != NULL);
    CHECK_STR(at(s, 9), "");
    CHECK_STR(at(s, 10), "src/a.c:1:1");
    CHECK_STR(at(s, 25), "src/a.c:1:1");
    CHECK_STR(at(s, 26), "/b.c:3:2");
    CHECK_STR(at(s, 27), "src/a.c:3:1");
    CHECK_STR(at(s, 28), "src/a.c:3:1");
    CHECK_STR(at(s, 29), ""); /* a segment of one number has no source */
    CHECK_STR(at(s, 31), ""); /* source 123 is not there */
    CHECK_STR(at(s, UINT64_MAX), "");
}

static void test_bad_maps(void) {
    CHECK(with_map("") == NULL);
    CHECK(with_map("[]") == NULL);
    CHECK(with_map("{\"version\":2,\"mappings\":\"AAAA\"}") == NULL);
    static const char *const odd[] = {
        "{\"version\":3}",
        "{\"version\":3,\"mappings\":7,\"sources\":{}}",
        "{\"version\":3,\"mappings\":\"AAAA\",\"sources\":\"a.c\"}",
        "{\"version\":3,\"mappings\":\"!\",\"sources\":[\"a.c\"]}",
        "{\"version\":3,\"mappings\":\"AAA\",\"sources\":[\"a.c\"]}",
        "{\"version\":3,\"mappings\":\"DAAA\",\"sources\":[\"a.c\"]}",
        "{\"version\":3,\"mappings\":\"AAAgggggggggggC\",\"sources\":[\"a.c\"]}",
        "{\"version\":3,\"sections\":[{}]}",
    };
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        CoreSources *s = with_map(odd[i]);
        CHECK(s != NULL);
        CHECK_STR(at(s, 0), "");
    }
    /* What is not text is no name. */
    CHECK_STR(at(with_map("{\"version\":3,\"mappings\":\"AAAA\",\"sources\":[1]}"), 0), ":1:1");
}

/* (func $f i32.const 0 drop) on lines of their own. */
static void test_text(void) {
    const char *text = "(module\n  (func $\"f g\" (param i64)\n    i32.const 0\n    drop)\n"
                       "  (func (drop (i32.const 1))))";
    Diags diags = {.arena = arena};
    const Source *wat = source_of(arena, STR("dir/x.wat"), str_from(text));
    for (WatDwarf style = WAT_DWARF_LINES; style <= WAT_DWARF_FULL; style++) {
        const Source *wasm = wat_to_binary_debug(arena, wat, features_all(), style, &diags);
        Reader reader = reader_of(wasm, &diags);
        CoreModule *m = core_decode(arena, &reader, features_all());
        CHECK(m != NULL);
        if (!m) return;
        CoreSources *s = core_sources_new(arena, m);
        CoreSourceFrame frame;
        /* count 2 | size 5, no locals, i32.const 0, drop, end | size 5, no locals ... */
        CHECK(core_sources_find_code(s, 0, &frame, 1) == 0);
        CHECK(core_sources_find_code(s, 2, &frame, 1) == 1);
        CHECK_STR(frame.func, "f g");
        CHECK(frame.line == 0);
        CHECK_STR(at(s, 3), "dir/x.wat:3:5");
        CHECK_STR(at(s, 4), "dir/x.wat:3:5");
        CHECK_STR(at(s, 5), "dir/x.wat:4:5");
        CHECK_STR(at(s, 6), "dir/x.wat:4:5");
        CHECK(core_sources_find_code(s, 7, &frame, 1) == 0);
        CHECK(core_sources_find_code(s, 9, &frame, 1) == 1);
        CHECK_STR(frame.func, "wasm-function[1]");
        CHECK_STR(at(s, 9), "dir/x.wat:5:16");
        CHECK_STR(at(s, 11), "dir/x.wat:5:10");
        uint32_t code = m->section_offset[CORE_SECTION_CODE];
        CHECK(core_sources_find(s, code + 9, &frame, 1) == 1 && frame.line == 5);
        CHECK(core_sources_find(s, code - 1, &frame, 1) == 0);
        CHECK(core_sources_find(s, code + 9, &frame, 0) == 0);
    }
}

int main(void) {
    arena = arena_new();
    RUN(test_map);
    RUN(test_bad_maps);
    RUN(test_text);
    arena_free(arena);
    return test_end("sources");
}
