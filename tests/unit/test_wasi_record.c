/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Values in records, records of runs and their replays, cut off at every byte; patterns of traces. */
#include "tests/world.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wasi/record.h"
#include "wasi/wasi.h"

static AbiCache cache;

/* ---- values ---- */

static WitType *type_of(WitKind kind, const WitType *elem, const WitType *second) {
    WitType *type = ARENA_NEW(arena, WitType);
    *type = (WitType){.kind = kind, .elem = elem, .second = second};
    return type;
}

static WitType *list_of(const WitType *elem) { return type_of(WIT_LIST, elem, NULL); }

/* Fields, cases or flags: c0, c1 ...; of these types, or of none. */
static WitType *fields_of(WitKind kind, size_t n, const WitType *const *types) {
    WitType *type = type_of(kind, NULL, NULL);
    for (size_t i = 0; i < n; i++)
        *vec_push(arena, &type->fields) =
            (WitField){.name = str_fmt(arena, "c%zu", i), .type = types ? types[i] : NULL};
    return type;
}

#define FIELDS(kind, ...)                                                                          \
    fields_of(kind, sizeof((const WitType *[]){__VA_ARGS__}) / sizeof(WitType *),                  \
              (const WitType *[]){__VA_ARGS__})

static Str put(const AbiPlan *plan, const AbiValue *cells) {
    Buf out = {.arena = arena};
    record_put_cells(&out, plan, cells);
    return buf_text(&out);
}

/* From memory of its own, so that a byte too many is noticed. */
static bool take(const AbiPlan *plan, Str bytes, Arena *into, AbiValue *cells, bool *all) {
    char *copy = malloc(bytes.len + !bytes.len);
    if (bytes.len) memcpy(copy, bytes.ptr, bytes.len);
    const Source source = {.text = {copy, bytes.len}};
    Reader r = reader_of(&source, NULL);
    bool good = record_take_cells(&r, plan, into, cells);
    *all = good && reader_left(&r) == 0;
    free(copy);
    return good;
}

/* The value comes back as the same bytes, from all of them and from no fewer. */
static AbiValue *check_cells(const WitType *type, const AbiValue *cells) {
    const AbiPlan *plan = abi_plan(&cache, type);
    Str bytes = put(plan, cells);
    AbiValue *back = ARENA_NEW_ARRAY(arena, AbiValue, plan->op_count);
    bool all;
    CHECK(take(plan, bytes, arena, back, &all) && all);
    CHECK(str_eq(put(plan, back), bytes));
    size_t step = bytes.len > 4096 ? bytes.len / 100 : 1;
    for (size_t n = 0; n < bytes.len; n += step) {
        Arena *into = arena_new();
        AbiValue *cut = ARENA_NEW_ARRAY(into, AbiValue, plan->op_count);
        CHECK(!take(plan, (Str){bytes.ptr, n}, into, cut, &all));
        arena_free(into);
    }
    return back;
}

static AbiValue *check_bits(const WitType *type, uint64_t bits) {
    const AbiValue cell = {.bits = bits};
    AbiValue *back = check_cells(type, &cell);
    CHECK(back->bits == bits);
    return back;
}

/* The same of a value in WAVE, which has to read the same, too. */
static void check_text(const WitType *type, const char *wave) {
    const AbiPlan *plan = abi_plan(&cache, type);
    AbiValue *cells = ARENA_NEW_ARRAY(arena, AbiValue, plan->op_count);
    Diags said = {.arena = arena};
    bool good =
        abi_wave_read(plan, source_of(arena, STR("wave"), str_from(wave)), 0, arena, cells, &said);
    if (!good) diag_print(stdout, &said, false);
    CHECK(good);
    if (!good) return;
    Buf text = {.arena = arena};
    abi_wave_write(plan, check_cells(type, cells), &text);
    CHECK_STR(buf_text(&text), wave);
}

static void numbers_come_back(void) {
    check_bits(wit_prim(WIT_BOOL), 1);
    check_bits(wit_prim(WIT_S8), (uint64_t)INT8_MIN);
    check_bits(wit_prim(WIT_U8), UINT8_MAX);
    check_bits(wit_prim(WIT_S16), (uint64_t)INT16_MIN);
    check_bits(wit_prim(WIT_U16), UINT16_MAX);
    check_bits(wit_prim(WIT_S32), (uint64_t)INT32_MIN);
    check_bits(wit_prim(WIT_U32), UINT32_MAX);
    check_bits(wit_prim(WIT_S64), (uint64_t)INT64_MIN);
    check_bits(wit_prim(WIT_S64), INT64_MAX);
    check_bits(wit_prim(WIT_U64), UINT64_MAX);
    check_bits(wit_prim(WIT_CHAR), 0x10ffff);
    check_bits(fields_of(WIT_FLAGS, 32, NULL), UINT32_MAX);
    check_bits(fields_of(WIT_ENUM, 300, NULL), 299);
    check_bits(type_of(WIT_OWN, NULL, NULL), UINT32_MAX);
    check_bits(type_of(WIT_BORROW, NULL, NULL), 1);
}

static void nans_keep_their_bits(void) {
    check_bits(wit_prim(WIT_F32), 0x7fc00000);
    check_bits(wit_prim(WIT_F32), 0xffa12345);
    check_bits(wit_prim(WIT_F64), 0x7ff8000000000000);
    check_bits(wit_prim(WIT_F64), 0xfff4000000054321);
    static uint32_t floats[] = {0x7fc00000, 0xffa12345, 0x7f800001, 0x80000000};
    static uint64_t doubles[] = {0x7ff8000000000000, 0xfff4000000054321, 0x7ff0000000000001};
    const AbiValue small = {.list = {floats, 4}}, large = {.list = {doubles, 3}};
    CHECK(!memcmp(check_cells(list_of(wit_prim(WIT_F32)), &small)->list.items, floats,
                  sizeof floats));
    CHECK(!memcmp(check_cells(list_of(wit_prim(WIT_F64)), &large)->list.items, doubles,
                  sizeof doubles));
}

static void parts_come_back(void) {
    const WitType *text = wit_prim(WIT_STRING), *byte = wit_prim(WIT_U8);
    check_text(text, "\"\"");
    check_text(text, "\"gr\xc3\xbc\xc3\x9f\"");
    check_text(list_of(byte), "[]");
    check_text(list_of(text), "[\"a\", \"\", \"bc\"]");
    check_text(list_of(list_of(wit_prim(WIT_U16))), "[[1, 65535], [], [3]]");
    check_text(list_of(FIELDS(WIT_TUPLE, text, byte)), "[(\"a\", 1), (\"b\", 255)]");
    check_text(FIELDS(WIT_RECORD, byte, text), "{c0: 1, c1: \"x\"}");
    check_text(FIELDS(WIT_VARIANT, NULL, text, list_of(byte)), "c0");
    check_text(FIELDS(WIT_VARIANT, NULL, text, list_of(byte)), "c2([1, 2])");
    check_text(type_of(WIT_OPTION, type_of(WIT_OPTION, byte, NULL), NULL), "some(some(3))");
    check_text(type_of(WIT_OPTION, type_of(WIT_OPTION, byte, NULL), NULL), "some(none)");
    check_text(type_of(WIT_RESULT, NULL, text), "err(\"no\")");
    check_text(type_of(WIT_RESULT, NULL, text), "ok");
    check_text(list_of(fields_of(WIT_FLAGS, 9, NULL)), "[{c0, c8}, {}]");
    check_text(list_of(fields_of(WIT_ENUM, 3, NULL)), "[c2, c0]");
    check_text(list_of(wit_prim(WIT_CHAR)), "['a', '\xf0\x9f\x98\x80']");
    check_text(list_of(wit_prim(WIT_BOOL)), "[true, false]");
}

static void large_lists_come_back(void) {
    enum { MANY = 300000 };
    uint8_t *bytes = ARENA_NEW_ARRAY(arena, uint8_t, MANY);
    AbiValue *handles = ARENA_NEW_ARRAY(arena, AbiValue, MANY);
    for (uint32_t i = 0; i < MANY; i++) bytes[i] = (uint8_t)(i * 7), handles[i].bits = i;
    const AbiValue packed = {.list = {bytes, MANY}}, cells = {.list = {handles, MANY}};
    const AbiValue *back = check_cells(list_of(wit_prim(WIT_U8)), &packed);
    CHECK(back->list.len == MANY && !memcmp(back->list.items, bytes, MANY));
    back = check_cells(list_of(type_of(WIT_OWN, NULL, NULL)), &cells);
    const AbiValue *last = (const AbiValue *)back->list.items + MANY - 1;
    CHECK(back->list.len == MANY && last->bits == MANY - 1);
}

static bool taken(const WitType *type, Str bytes) {
    const AbiPlan *plan = abi_plan(&cache, type);
    AbiValue *cells = ARENA_NEW_ARRAY(arena, AbiValue, plan->op_count);
    bool all;
    return take(plan, bytes, arena, cells, &all);
}

#define BYTES(text) ((Str){text, sizeof(text) - 1})

static void what_is_no_value_is_refused(void) {
    const WitType *flags = fields_of(WIT_FLAGS, 3, NULL), *cases = fields_of(WIT_ENUM, 3, NULL);
    CHECK(!taken(wit_prim(WIT_BOOL), BYTES("\2")));
    CHECK(!taken(wit_prim(WIT_S8), BYTES("\x80\x01")));
    CHECK(!taken(wit_prim(WIT_U8), BYTES("\x80\x02")));
    CHECK(!taken(wit_prim(WIT_U32), BYTES("\x80\x80\x80\x80\x10")));
    CHECK(!taken(wit_prim(WIT_CHAR), BYTES("\x80\xb0\x03"))); /* a surrogate */
    CHECK(!taken(wit_prim(WIT_CHAR), BYTES("\x80\x80\x44")));
    CHECK(!taken(flags, BYTES("\x08")));
    CHECK(!taken(cases, BYTES("\x03")));
    CHECK(!taken(type_of(WIT_OWN, NULL, NULL), BYTES("\x80\x80\x80\x80\x10")));
    CHECK(!taken(type_of(WIT_OPTION, NULL, NULL), BYTES("\x02")));
    CHECK(!taken(wit_prim(WIT_STRING), BYTES("\2\xc3(")));
    CHECK(!taken(wit_prim(WIT_STRING), BYTES("\xff\xff\xff\xff\x0f")));
    CHECK(!taken(list_of(wit_prim(WIT_STRING)), BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")));
    CHECK(!taken(list_of(wit_prim(WIT_U64)), BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\x1f")));
    CHECK(!taken(list_of(wit_prim(WIT_BOOL)), BYTES("\2\1\2")));
    CHECK(!taken(list_of(wit_prim(WIT_CHAR)), BYTES("\1\0\xd8\0\0")));
    CHECK(!taken(list_of(flags), BYTES("\2\1\x08")));
    CHECK(!taken(list_of(cases), BYTES("\2\1\3")));
}

/* ---- runs ---- */

static const char program[] =
    "(component"
    "  (import \"wasi:random/random@0.2.0\" (instance $random"
    "    (export \"get-random-u64\" (func (result u64)))))"
    "  (import \"wasi:http/types@0.2.0\" (instance $http"
    "    (export \"fields\" (type $fields (sub resource)))"
    "    (export \"outgoing-request\" (type $request (sub resource)))"
    "    (export \"[constructor]fields\" (func (result (own $fields))))"
    "    (export \"[constructor]outgoing-request\""
    "      (func (param \"headers\" (own $fields)) (result (own $request))))"
    "    (export \"[method]outgoing-request.headers\""
    "      (func (param \"self\" (borrow $request)) (result (own $fields))))))"
    "  (alias export $http \"fields\" (type $fields))"
    "  (alias export $http \"outgoing-request\" (type $request))"
    "  (core func $r (canon lower (func $random \"get-random-u64\")))"
    "  (core func $f (canon lower (func $http \"[constructor]fields\")))"
    "  (core func $o (canon lower (func $http \"[constructor]outgoing-request\")))"
    "  (core func $h (canon lower (func $http \"[method]outgoing-request.headers\")))"
    "  (core func $df (canon resource.drop $fields))"
    "  (core func $do (canon resource.drop $request))"
    "  (core module $main"
    "    (import \"\" \"r\" (func $r (result i64))) (import \"\" \"f\" (func $f (result i32)))"
    "    (import \"\" \"o\" (func $o (param i32) (result i32)))"
    "    (import \"\" \"h\" (func $h (param i32) (result i32)))"
    "    (import \"\" \"df\" (func $df (param i32))) (import \"\" \"do\" (func $do (param i32)))"
    "    (func (export \"run\") (result i64) (local $o i32)"
    "      (local.set $o (call $o (call $f)))"
    "      (drop (call $h (local.get $o)))"
    "      (call $df (call $f))"
    "      (call $do (call $o (call $f)))"
    "      (if (i64.lt_u (call $r) (i64.const 2)) (then (return (i64.const 5))))"
    "      (call $do (local.get $o))" /* its headers are alive */
    "      (i64.const 6)))"
    "  (core instance $main (instantiate $main (with \"\" (instance"
    "    (export \"r\" (func $r)) (export \"f\" (func $f)) (export \"o\" (func $o))"
    "    (export \"h\" (func $h)) (export \"df\" (func $df)) (export \"do\" (func $do))))))"
    "  (func (export \"run\") (result u64) (canon lift (core func $main \"run\"))))";

/* How it ended, as a text. */
static Str run(WasiObserver *observer, WasiRecord *record, WasiReplay *replay, bool *same) {
    WasiContext context = {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1, .observers = observer};
    World w = world_new();
    Wasi *wasi = wasi_new(w.store, &context);
    wasi_link(wasi, w.linker);
    bool loaded = world_load(&w, program, (Str){0});
    CHECK(loaded);
    VmComponentFunc *func = loaded ? vm_component_func(w.component, (Str){0}, STR("run")) : NULL;
    VmStatus status = func ? vm_component_call(w.thread, func, NULL, w.result, arena) : VM_SUSPEND;
    if (record) wasi_record_ends(record, w.thread);
    Str end = status == VM_TRAP ? str_copy(arena, vm_trap_message(w.thread))
                                : str_fmt(arena, "%d %d", status, (int)w.result[0].bits);
    if (replay) *same = wasi_replay_ends(replay, w.thread);
    wasi_free(wasi);
    world_free(&w);
    return end;
}

static Str recorded(Str *end) {
    int fd = memfd_create("record", MFD_CLOEXEC);
    WasiRecord *record = wasi_record_new(fd, STR("digest"), UINT64_MAX);
    bool same;
    *end = run(wasi_record_observer(record), record, NULL, &same);
    CHECK(!wasi_record_is_full(record));
    CHECK_EQ(wasi_record_free(record), 0);
    size_t n = (size_t)lseek(fd, 0, SEEK_END);
    char *bytes = ARENA_NEW_ARRAY(arena, char, n + 1);
    CHECK_EQ(pread(fd, bytes, n, 0), n);
    close(fd);
    return (Str){bytes, n};
}

/* Whether it ended as it was recorded; `errors` that were told. */
static bool replayed(Str bytes, Str *end, size_t *errors) {
    Diags said = {.arena = arena};
    char *copy = malloc(bytes.len + !bytes.len);
    if (bytes.len) memcpy(copy, bytes.ptr, bytes.len);
    WasiReplay *replay =
        wasi_replay_new(source_of(arena, STR("record"), (Str){copy, bytes.len}), -1, -1, &said);
    bool same = false;
    if (replay) *end = run(wasi_replay_observer(replay), NULL, replay, &same);
    wasi_replay_free(replay);
    free(copy);
    *errors = said.errors;
    return same;
}

static const char refused[] = "a resource of wasi:http is dropped while a child of it is alive";

static void a_drop_that_trapped_traps_again(void) {
    Str end, again = {0};
    size_t errors;
    Str bytes = recorded(&end);
    CHECK_STR(end, refused);
    CHECK(replayed(bytes, &again, &errors));
    CHECK_EQ(errors, 0);
    CHECK_STR(again, refused);
}

/* Cut off anywhere, it is an error, or no call is missing: only the drop that trapped, or the end. */
static void a_record_that_is_cut_off(void) {
    Str end, again;
    Str bytes = recorded(&end);
    size_t good = 0;
    for (size_t n = 0; n < bytes.len; n++) {
        size_t errors;
        bool same = replayed((Str){bytes.ptr, n}, &again, &errors);
        CHECK(same == (errors == 0));
        good += same;
        if (same && n + strlen(refused) > bytes.len) CHECK_STR(again, refused);
        else if (same) CHECK(str_is(again, refused) || str_is(again, "0 6"));
    }
    /* Both have the text of the trap. */
    CHECK(good > 2 * strlen(refused) && good < 2 * strlen(refused) + 50);
}

/* A bit that has changed anywhere is noticed: but in the digest, which the caller compares. */
static void a_record_that_was_changed(void) {
    Str end, again;
    Str bytes = recorded(&end);
    size_t head = strlen(RECORD_MARK) + 1;
    for (size_t i = 0; i < bytes.len; i++) {
        char *bad = arena_copy(arena, bytes.ptr, bytes.len);
        size_t errors;
        bad[i] ^= 0x10;
        bool same = replayed((Str){bad, bytes.len}, &again, &errors);
        bool in_digest = i > head && i <= head + 6;
        /* A length that is too large now is as if the file ended there. */
        CHECK(same == (errors == 0));
        if (in_digest) CHECK(same);
        else if (same) CHECK(i >= bytes.len - 2 * strlen(refused) - 50);
    }
}

/* ---- patterns ---- */

static bool fits(const char *pattern, const char *name) {
    return wasi_name_fits(str_from(pattern), str_from(name));
}

static void names_fit_patterns(void) {
    CHECK(fits("", "") && fits("*", "") && fits("*", "a") && fits("**", "ab"));
    CHECK(fits("wasi:io/*", "wasi:io/streams") && !fits("wasi:io/*", "wasi:iox/streams"));
    CHECK(fits("*.read", "wasi:io/streams.input-stream.read"));
    CHECK(!fits("*.read", "wasi:io/streams.input-stream.read-all") && !fits("", "a"));
    CHECK(fits("a*b*c", "a-b-b-c") && !fits("a*b*c", "a-c-b") && fits("a*aab", "aaaab"));
    char many[201];
    memset(many, 'a', 200);
    many[200] = 0;
    CHECK(!fits("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", many)); /* in no time */
}

int main(void) {
    arena = arena_new();
    cache = (AbiCache){.arena = arena};
    RUN(numbers_come_back);
    RUN(nans_keep_their_bits);
    RUN(parts_come_back);
    RUN(large_lists_come_back);
    RUN(what_is_no_value_is_refused);
    RUN(a_drop_that_trapped_traps_again);
    RUN(a_record_that_is_cut_off);
    RUN(a_record_that_was_changed);
    RUN(names_fit_patterns);
    arena_free(arena);
    return test_end("wasi_record");
}
