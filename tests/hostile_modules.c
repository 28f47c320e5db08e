/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* hostile_modules FOLDER: writes core modules that are deep, huge, or claim to be, one file each. Those
 * whose name begins with `valid-` are (tests/hostile_core.sh wants them taken), `bad-` ones are not. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "core/core.h"

static Arena *arena;
static const char *folder;

static void write_file(const char *name, const Buf *bytes) {
    Diags diags = {.arena = arena};
    if (!file_write(arena, str_fmt(arena, "%s/%s", folder, name), buf_text(bytes), &diags)) exit(1);
}

static Buf header(void) {
    Buf b = {.arena = arena};
    buf_bytes(&b, "\0asm\1\0\0\0", 8);
    return b;
}

static void section(Buf *module, uint8_t id, const char *bytes, size_t n) {
    Buf inner = {.arena = arena};
    buf_bytes(&inner, bytes, n);
    buf_section(module, id, &inner);
}
#define SECTION(module, id, literal) section(module, id, literal, sizeof(literal) - 1)

static void repeat(Buf *b, const char *bytes, size_t n, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) buf_bytes(b, bytes, n);
}

/* A module with one function [] -> [], exported as f, of these locals and this code. */
static void write_body(const char *name, const Buf *locals, const Buf *code) {
    Buf module = header(), body = {.arena = arena}, all = {.arena = arena};
    SECTION(&module, 1, "\1\x60\0\0");
    SECTION(&module, 3, "\1\0");
    SECTION(&module, 7, "\1\1f\0\0");
    if (locals) buf_str(&body, buf_text(locals));
    else buf_byte(&body, 0);
    buf_str(&body, buf_text(code));
    buf_byte(&body, 0x0b);
    buf_u32(&all, 1);
    buf_sized(&all, &body);
    buf_section(&module, 10, &all);
    write_file(name, &module);
}

/* n times `open`, then n times `close`. */
static void nested(const char *name, Str open, Str close, uint32_t n) {
    Buf code = {.arena = arena};
    repeat(&code, open.ptr, open.len, n);
    repeat(&code, close.ptr, close.len, n);
    write_body(name, NULL, &code);
}

static void br_table(const char *name, uint32_t count, uint32_t entries) {
    Buf code = {.arena = arena};
    buf_bytes(&code, "\2\x40\x41\0\x0e", 5);
    buf_u32(&code, count);
    repeat(&code, "\0", 1, entries + 1);
    buf_byte(&code, 0x0b);
    write_body(name, NULL, &code);
}

static void locals(const char *name, uint32_t runs, uint32_t count) {
    Buf runs_buf = {.arena = arena}, code = {.arena = arena};
    buf_u32(&runs_buf, runs);
    for (uint32_t i = 0; i < runs; i++) {
        buf_u32(&runs_buf, count);
        buf_byte(&runs_buf, 0x7e);
    }
    buf_bytes(&code, "\x10\0", 2); /* calls itself */
    write_body(name, &runs_buf, &code);
}

/* A section that says it has so many items. */
static void claims_as(const char *kind, uint8_t id, const char *prefix, size_t n) {
    Buf module = header(), inner = {.arena = arena};
    buf_bytes(&inner, prefix, n);
    buf_u32(&inner, UINT32_MAX);
    buf_section(&module, id, &inner);
    char name[64];
    snprintf(name, sizeof name, "%s-claims-%u-%zu.wasm", kind, id, n);
    write_file(name, &module);
}
static void claims(uint8_t id, const char *prefix, size_t n) { claims_as("bad", id, prefix, n); }

static void exports(const char *name, uint32_t n, bool same) {
    Buf module = header(), inner = {.arena = arena};
    SECTION(&module, 1, "\1\x60\0\0");
    SECTION(&module, 3, "\1\0");
    buf_u32(&inner, n);
    for (uint32_t i = 0; i < n; i++) {
        buf_name(&inner, str_fmt(arena, "export-%u", same ? 0 : i));
        buf_bytes(&inner, "\0\0", 2);
    }
    buf_section(&module, 7, &inner);
    SECTION(&module, 10, "\1\2\0\x0b");
    write_file(name, &module);
}

static void named(const char *name, Str bytes) {
    Buf module = header(), inner = {.arena = arena};
    SECTION(&module, 1, "\1\x60\0\0");
    SECTION(&module, 3, "\1\0");
    buf_u32(&inner, 1);
    buf_name(&inner, bytes);
    buf_bytes(&inner, "\0\0", 2);
    buf_section(&module, 7, &inner);
    SECTION(&module, 10, "\1\2\0\x0b");
    write_file(name, &module);
}

static void types(const char *name, uint32_t groups, uint32_t members) {
    Buf module = header(), inner = {.arena = arena};
    buf_u32(&inner, groups);
    for (uint32_t i = 0; i < groups; i++) {
        if (members != 1) {
            buf_byte(&inner, 0x4e);
            buf_u32(&inner, members);
        }
        for (uint32_t k = 0; k < members; k++) buf_bytes(&inner, "\x5f\1\x6e\1", 4);
    }
    buf_section(&module, 1, &inner);
    write_file(name, &module);
}

/* Each a subtype of the one before. */
static void subtypes(const char *name, uint32_t n) {
    Buf module = header(), inner = {.arena = arena};
    buf_u32(&inner, n);
    for (uint32_t i = 0; i < n; i++) {
        buf_bytes(&inner, "\x50", 1);
        buf_u32(&inner, i > 0);
        if (i) buf_u32(&inner, i - 1);
        buf_bytes(&inner, "\x5f\0", 2);
    }
    buf_section(&module, 1, &inner);
    write_file(name, &module);
}

static void params(const char *name, uint32_t n) {
    Buf module = header(), inner = {.arena = arena};
    buf_bytes(&inner, "\1\x60", 2);
    buf_u32(&inner, n);
    repeat(&inner, "\x7f", 1, n);
    buf_byte(&inner, 0);
    buf_section(&module, 1, &inner);
    write_file(name, &module);
}

static void functions(const char *name, uint32_t n) {
    Buf module = header(), funcs = {.arena = arena}, code = {.arena = arena};
    SECTION(&module, 1, "\1\x60\0\0");
    buf_u32(&funcs, n);
    repeat(&funcs, "\0", 1, n);
    buf_section(&module, 3, &funcs);
    buf_u32(&code, n);
    repeat(&code, "\2\0\x0b", 3, n);
    buf_section(&module, 10, &code);
    write_file(name, &module);
}

static void global_sum(const char *name, uint32_t n) {
    Buf module = header(), inner = {.arena = arena};
    buf_bytes(&inner, "\1\x7f\0\x41\0", 5);
    repeat(&inner, "\x41\1\x6a", 3, n);
    buf_byte(&inner, 0x0b);
    buf_section(&module, 6, &inner);
    write_file(name, &module);
}

/* One memory or table with these limits, as bytes. */
static void limits(const char *name, uint8_t id, const char *bytes, size_t n) {
    Buf module = header();
    section(&module, id, bytes, n);
    write_file(name, &module);
}
#define LIMITS(name, id, literal) limits(name, id, literal, sizeof(literal) - 1)

static void bodies(void) {
    Str block = STR("\2\x40"), loop = STR("\3\x40"), end = STR("\x0b");
    Str if_ = STR("\x41\0\4\x40"), try_table = STR("\x1f\x40\0");
    nested("valid-blocks.wasm", block, end, 100000);
    nested("valid-loops.wasm", loop, end, 100000);
    nested("valid-ifs.wasm", if_, end, 100000);
    nested("valid-try-tables.wasm", try_table, end, 100000);
    nested("bad-blocks.wasm", block, (Str){0}, 1000000);
    nested("valid-values.wasm", STR("\x41\1"), STR("\x1a"), 60000);
    nested("valid-many-values.wasm", STR("\x41\1"), STR("\x1a"), 70000);
    br_table("valid-br-table.wasm", 1000000, 1000000);
    br_table("bad-br-table.wasm", 10000000, 10000000);
    br_table("bad-br-table-claims.wasm", UINT32_MAX, 3);
    locals("valid-locals.wasm", 1, 50000);
    locals("valid-runs-of-locals.wasm", 50000, 1);
    locals("bad-locals.wasm", 1, 50001);
    locals("bad-locals-overflow.wasm", 2, UINT32_MAX);
    locals("bad-runs-of-locals.wasm", 1000000, 0x10000000);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    arena = arena_new();
    folder = argv[1];
    bodies();
    for (uint8_t id = 1; id <= 13; id++)
        if (id != 8) claims(id, "", 0);
    claims(1, "\1\x60", 2);                         /* parameters */
    claims(1, "\1\x5f", 2);                         /* fields */
    claims(1, "\1\x4e", 2);                         /* members of a group */
    claims_as("valid", 0, "\4name\1\xff\xff\3", 8); /* names of functions: it does not matter */
    claims(9, "\1\0\x41\0\x0b", 5);                 /* elements */
    claims(11, "\1\0\x41\0\x0b", 5);                /* bytes of data */
    exports("valid-exports.wasm", 1000000, false);
    exports("bad-exports.wasm", 1000, true);
    Buf x = {.arena = arena};
    repeat(&x, "x", 1, 100000);
    named("valid-long-name.wasm", buf_text(&x));
    named("bad-name.wasm", STR("\xff\xfe"));
    named("bad-surrogate.wasm", STR("\xed\xa0\x80"));
    types("valid-types.wasm", 300000, 1);
    types("valid-group.wasm", 1, 300000);
    types("bad-types.wasm", 1000001, 1);
    types("valid-empty-groups.wasm", 1000000, 0);
    subtypes("valid-subtypes.wasm", 64);
    subtypes("bad-subtypes.wasm", 65);
    params("valid-params.wasm", 1000);
    params("bad-params.wasm", 1001);
    functions("valid-functions.wasm", 1000000);
    functions("bad-functions.wasm", 1000001);
    global_sum("valid-global.wasm", 1000000);
    LIMITS("valid-memory.wasm", 5, "\1\0\x80\x80\4");
    LIMITS("bad-memory.wasm", 5, "\1\0\x81\x80\4");
    LIMITS("valid-memory64.wasm", 5, "\1\4\x80\x80\x80\x80\x80\x80\x40");
    LIMITS("bad-memory64.wasm", 5, "\1\4\x81\x80\x80\x80\x80\x80\x40");
    LIMITS("valid-large-table.wasm", 4, "\1\x70\0\xff\xff\xff\xff\x0f");
    LIMITS("valid-table.wasm", 4, "\1\x70\0\x80\xad\xe2\4");
    LIMITS("valid-large-table64.wasm", 4, "\1\x70\4\xff\xff\xff\xff\xff\xff\xff\xff\xff\1");
    arena_free(arena);
    return 0;
}
