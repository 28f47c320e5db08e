/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The ways to check function bodies agree: with the loop for usual instructions and without it, alone
 * and by several threads. */
#include "tests/test.h"

#include "base/file.h"
#include "core/core.h"
#include "wat/wat.h"

static Arena *arena;

/* Every kind of usual instruction, blocks of all forms, and some unusual ones between. */
static const char usual[] =
    "(module (memory 1) (table 2 funcref) (global $g (mut i64) (i64.const 1))"
    " (type $t (func (param i32) (result i64)))"
    " (func $f (type $t) (local i64 f32 f64 v128 funcref)"
    "  (local.set 1 (i64.add (global.get $g) (i64.extend_i32_u (local.get 0))))"
    "  (global.set $g (i64.load offset=300 (local.tee 0 (i32.const -70000))))"
    "  (i32.store8 offset=4 (local.get 0) (i32.eqz (i64.eqz (local.get 1))))"
    "  (local.set 2 (f32.const 1.5)) (local.set 3 (f64.add (f64.const 2) (local.get 3)))"
    "  (block $b (loop $l (br_if $b (i32.lt_s (local.get 0) (i32.const 5)))"
    "   (if (local.get 0) (then (br $l)) (else (call_indirect (type $t) (local.get 0)"
    "    (i32.const 1)) (drop)))))"
    "  (local.set 4 (i32x4.add (v128.load (local.get 0)) (i32x4.splat (i32.const 3))))"
    "  (drop (i32x4.extract_lane 2 (v128.and (local.get 4) (v128.const i32x4 1 2 3 4))))"
    "  (memory.copy (local.get 0) (i32.const 1) (i32.const 2))"
    "  (drop (select (local.get 2) (f32.const 0) (local.get 0)))"
    "  (block (result i64) (br_table 0 0 (call $f (local.get 0)) (local.get 0)))"
    "  (return (if (result i64) (local.get 0) (then (i64.const 5)) (else (unreachable))))))";

static void ignore(void *context, size_t offset, const CoreValType *operands, uint32_t count) {}

/* Checks the module's bodies; one whose checker is traced takes no short cut. */
static bool check(const Source *source, bool slowly, Diags *diags) {
    Reader r = reader_of(source, diags);
    CoreModule *m = core_decode(arena, &r, features_all());
    CoreChecker *c = m ? core_checker_new(arena, m, features_all(), diags) : NULL;
    if (!c || !core_check_module(c)) return false;
    if (slowly) core_checker_trace(c, ignore, NULL);
    return core_check_bodies(&c, 1, 1);
}

static bool same(const Diags *a, const Diags *b) {
    bool good = a->errors == b->errors && a->list.len == b->list.len;
    for (size_t i = 0; good && i < a->list.len; i++)
        good = a->list.at[i].code == b->list.at[i].code &&
               a->list.at[i].span.start == b->list.at[i].span.start &&
               str_eq(a->list.at[i].message, b->list.at[i].message);
    return good;
}

static void short_cuts_change_nothing(void) {
    static const uint8_t values[] = {0x00, 0x01, 0x02, 0x04, 0x05, 0x0b, 0x0c, 0x0d, 0x0f,
                                     0x10, 0x11, 0x1a, 0x1b, 0x20, 0x21, 0x22, 0x23, 0x24,
                                     0x28, 0x37, 0x40, 0x41, 0x42, 0x43, 0x45, 0x6a, 0x7c,
                                     0x7e, 0x7f, 0x80, 0xfc, 0xfd, 0xff};
    Diags diags = {.arena = arena};
    const Source *text = source_of(arena, STR("t.wat"), str_from(usual));
    const Source *made = wat_to_binary(arena, text, features_all(), &diags);
    CHECK(made && check(made, false, &diags) && check(made, true, &diags));
    if (!made) return;
    size_t valid = 0;
    for (size_t at = 8; at < made->text.len; at++)
        for (size_t v = 0; v < sizeof values; v++) {
            Str bytes = str_copy(arena, made->text);
            ((uint8_t *)bytes.ptr)[at] = values[v];
            const Source *source = source_of(arena, STR("t.wasm"), bytes);
            Diags quick = {.arena = arena}, slow = {.arena = arena};
            bool good = check(source, false, &quick);
            CHECK_EQ(good, check(source, true, &slow));
            CHECK(same(&quick, &slow));
            valid += good;
        }
    CHECK(valid > 100);
}

/* Many bodies, of which each thousandth leaves an operand behind. */
static Str many_bodies(uint32_t n) {
    Buf b = {.arena = arena}, section = {.arena = arena}, body = {.arena = arena};
    buf_bytes(&b, "\0asm\1\0\0\0\1\4\1\x60\0\0", 14);
    buf_u32(&section, n);
    for (uint32_t i = 0; i < n; i++) buf_byte(&section, 0);
    buf_section(&b, 3, &section);
    section.len = 0;
    buf_u32(&section, n);
    for (uint32_t i = 0; i < n; i++) {
        body.len = 0;
        buf_byte(&body, 0);
        for (int k = 0; k < 20; k++) buf_bytes(&body, "\x41\1\x1a", 3);
        if (i % 1000 == 999) buf_bytes(&body, "\x41\1", 2);
        buf_byte(&body, 0x0b);
        buf_sized(&section, &body);
    }
    buf_section(&b, 10, &section);
    return buf_text(&b);
}

static void threads_report_the_same(void) {
    enum { BODIES = 120000, BAD = BODIES / 1000 };
    const Source *source = source_of(arena, STR("t.wasm"), many_bodies(BODIES));
    Diags alone = {.arena = arena};
    Reader r = reader_of(source, &alone);
    CoreModule *m = core_decode(arena, &r, features_all());
    CHECK(m && !core_validate(arena, m, features_all(), &alone));
    CHECK_EQ(alone.errors, BAD);
    CHECK_EQ(alone.list.len, 100);
    for (unsigned jobs = 0; m && jobs <= 5; jobs++) {
        Diags diags = {.arena = arena};
        CHECK(!core_validate_jobs(arena, m, features_all(), jobs, &diags));
        CHECK(same(&alone, &diags));
    }
}

int main(void) {
    arena = arena_new();
    RUN(short_cuts_change_nothing);
    RUN(threads_report_the_same);
    arena_free(arena);
    return test_end("check");
}
