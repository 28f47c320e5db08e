/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "tests/test.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/feature.h"
#include "base/file.h"
#include "base/json.h"
#include "base/map.h"
#include "base/reader.h"
#include "base/semver.h"
#include "base/sha256.h"
#include "base/utf8.h"

static Arena *arena;

static void leb_round_trips(void) {
    static const int64_t values[] = {0,   1,   -1,  63,  64,        -64,
                                     -65, 127, 128, 300, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        Buf b = {.arena = arena};
        buf_s64(&b, values[i]);
        buf_u32(&b, (uint32_t)values[i]);
        Reader r = reader_of(source_of(arena, STR("t"), buf_text(&b)), NULL);
        CHECK_EQ(reader_s64(&r), values[i]);
        CHECK_EQ(reader_u32(&r), (uint32_t)values[i]);
        CHECK(reader_at_end(&r) && !r.failed);
    }
}

static bool u32_fails(const char *bytes, size_t n, DiagCode code) {
    Diags diags = {.arena = arena};
    Reader r = reader_of(source_of(arena, STR("t"), (Str){bytes, n}), &diags);
    reader_u32(&r);
    return r.failed && diags.errors == 1 && diags.list.at[0].code == code;
}

static void leb_limits(void) {
    CHECK(u32_fails("\x80", 1, DIAG_BYTES_LEB_END));
    CHECK(u32_fails("\xff\xff\xff\xff\x1f", 5, DIAG_BYTES_LEB_LARGE));
    CHECK(u32_fails("\x80\x80\x80\x80\x80\x00", 6, DIAG_BYTES_LEB_LONG));
    Reader r = reader_of(
        source_of(arena, STR("t"), STR("\xff\xff\xff\xff\x0f\xff\xff\xff\xff\x7f")), NULL);
    CHECK_EQ(reader_u32(&r), UINT32_MAX);
    CHECK_EQ(reader_s32(&r), -1);
    CHECK(!r.failed);
}

static void utf8_is_strict(void) {
    CHECK_EQ(utf8_valid_prefix(STR("a\xc3\xa9\xf0\x9f\x98\x80")), 7);
    CHECK_EQ(utf8_valid_prefix(STR("\xed\xa0\x80")), 0);     /* a surrogate */
    CHECK_EQ(utf8_valid_prefix(STR("x\xc0\x80")), 1);        /* overlong */
    CHECK_EQ(utf8_valid_prefix(STR("\xf4\x90\x80\x80")), 0); /* above U+10FFFF */
    char out[4];
    CHECK_EQ(utf8_put(out, 0x1f600), 4);
    CHECK(memcmp(out, "\xf0\x9f\x98\x80", 4) == 0);
}

static void versions(void) {
    Semver a = {0}, b = {0};
    CHECK(semver_parse(STR("1.0.0-alpha.1"), &a) && semver_parse(STR("1.0.0-alpha.beta"), &b));
    CHECK(semver_cmp(a, b) < 0);
    CHECK(semver_parse(STR("1.0.0-rc.11"), &b) && semver_parse(STR("1.0.0-rc.2"), &a));
    CHECK(semver_cmp(a, b) < 0);
    CHECK(semver_parse(STR("1.0.0"), &b) && semver_cmp(a, b) < 0);
    CHECK(!semver_parse(STR("01.2.3"), &a) && !semver_parse(STR("1.2"), &a) &&
          !semver_parse(STR("1.2.3-"), &a));
    CHECK(semver_parse(STR("0.2.12"), &a));
    CHECK_STR(semver_track(arena, a), "0.2");
}

/* Keys that meet in one slot of a table are spread out in the next one. */
static void hashes_depend_on_their_seed(void) {
    enum { SLOTS = 1024, KEYS = 64 };
    bool taken[SLOTS] = {false};
    int found = 0, spread = 0;
    for (int i = 0; found < KEYS && i < 1000000; i++) {
        Str key = str_fmt(arena, "a name of some length %d", i);
        if (map_hash(key, 1) % SLOTS) continue;
        uint64_t slot = map_hash(key, 0x7f0000001000) % SLOTS;
        spread += !taken[slot];
        taken[slot] = true;
        found++;
    }
    CHECK_EQ(found, KEYS);
    CHECK(spread > KEYS * 3 / 4);
    CHECK(map_hash(STR(""), 1) != map_hash(STR(""), 2));
}

static void maps_keep_order(void) {
    Map map = {0};
    for (int i = 0; i < 1000; i++)
        map_put(arena, &map, str_fmt(arena, "key%d", i), NULL)->value = (uint64_t)i;
    CHECK_EQ(map.len, 1000);
    CHECK_EQ(map_get(&map, STR("key777"))->value, 777);
    CHECK(!map_get(&map, STR("key1000")));
    CHECK_STR(map.entries[3].key, "key3");
}

static void json_text(void) {
    Json json = json_new(arena, 0);
    json_object(&json);
    json_key(&json, "a"), json_array(&json), json_uint(&json, 1), json_string(&json, STR("q\"\n")),
        json_end(&json);
    json_key(&json, "b"), json_object(&json), json_end(&json);
    json_end(&json);
    CHECK_STR(buf_text(&json.out), "{\"a\":[1,\"q\\\"\\n\"],\"b\":{}}");
}

static void features(void) {
    Features set = features_default();
    Str unknown;
    CHECK(feature_on(set, SIMD) && !feature_on(set, CM_VALUES));
    CHECK(features_apply(&set, STR("mvp,simd,-floats"), &unknown));
    CHECK(feature_on(set, SIMD) && !feature_on(set, GC) && !feature_on(set, FLOATS));
    CHECK(!features_apply(&set, STR("all,nonsense"), &unknown));
    CHECK_STR(unknown, "nonsense");
}

static void places(void) {
    const Source *s = source_of(arena, STR("f.wit"), STR("one\ntwo\nthree"));
    CHECK_STR(span_place(arena, (Span){s, 5, 6}), "f.wit:2:2");
    const Source *b = source_of(arena, STR("f.wasm"), (Str){"\0asm", 4});
    CHECK_STR(span_place(arena, (Span){b, 3, 3}), "f.wasm:0x000003");
}

static Str printed(const Diags *list, bool as_json) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    if (as_json) diag_json(to, list);
    else diag_print(to, list, false);
    fclose(to);
    Str out = str_copy(arena, (Str){text, len});
    free(text);
    return out;
}

static bool has(Str text, const char *part) {
    return str_find_str(text, str_from(part), 0) != SIZE_MAX;
}

/* U+1F600 has 4 bytes and 2 UTF-16 units, U+00E9 2 and 1; a carriage return alone ends a line for
 * editors only. */
static void places_in_json(void) {
    const Source *s =
        source_of(arena, STR("f.wit"), STR("a\rb\r\n\xf0\x9f\x98\x80\xc3\xa9 name\n"));
    Diags list = {.arena = arena};
    diag(&list, WIT_NO_TYPE, ((Span){s, 12, 16}), STR_ARG(STR("name")));
    diag_note(&list, WIT_FIRST_HERE, ((Span){s, 0, 1}));
    diag_fix(&list, (Span){s, 12, 16}, STR("game"));
    Str json = printed(&list, true);
    CHECK(has(json, "\"start\": 12"));
    CHECK(has(json,
              "\"line\": 2,\n    \"column\": 8,\n    \"end_line\": 2,\n    \"end_column\": 12"));
    CHECK(has(json, "\"line\": 2,\n        \"character\": 4\n"));
    CHECK(has(json, "\"line\": 2,\n        \"character\": 8\n"));
    CHECK(has(json, "\"replacement\": \"game\""));
    CHECK(has(json, "\"code\": \"WIT_FIRST_HERE\""));
}

/* Offsets on both sides of the marks that make far places cheap. */
static void places_far_away(void) {
    enum { LINES = 30000 };
    Buf text = {.arena = arena};
    for (int i = 0; i < LINES; i++) buf_str(&text, STR("\xc3\xa9 line\n"));
    const Source *s = source_of(arena, STR("f.wit"), buf_text(&text));
    for (uint32_t line = 0; line < LINES; line += 997) {
        Diags list = {.arena = arena};
        diag(&list, WIT_NO_TYPE, ((Span){s, line * 8 + 3, line * 8 + 7}), STR_ARG(STR("name")));
        Str json = printed(&list, true);
        CHECK(has(json, str_fmt(arena, "\"line\": %u,\n    \"column\": 4", line + 1).ptr));
        CHECK(has(json, str_fmt(arena, "\"line\": %u,\n        \"character\": 2", line).ptr));
    }
}

static void messages_are_safe_to_show(void) {
    const Source *s = source_of(arena, STR("f\033.wit"), STR("a \xe2\x80\xae b\x07 name"));
    Diags list = {.arena = arena};
    diag(&list, WIT_NO_TYPE, ((Span){s, 9, 13}), STR_ARG(STR("\033[31m\xe2\x80\xae\xff")));
    Str text = printed(&list, false);
    CHECK(has(text, "type `\\u{1b}[31m\\u{202e}\\ff` does not exist\n  --> f\\u{1b}.wit:1:10\n"));
    CHECK(has(text, " a \xef\xbf\xbd b  name\n      |        ^^^^\n"));
    CHECK(has(printed(&list, true), "\xef\xbf\xbd` does not exist"));
}

static void messages_have_a_length(void) {
    enum { LONG = 65536 };
    char *name = arena_alloc(arena, LONG);
    memset(name, 'a', LONG);
    const Source *s = source_of(arena, STR("f.wit"), (Str){name, LONG});
    Diags list = {.arena = arena};
    diag(&list, WIT_NO_TYPE, ((Span){s, 40000, 50000}), LONG, name);
    CHECK(has(list.list.at[0].message, "a\xe2\x80\xa6"
                                       "a"));
    CHECK(list.list.at[0].message.len < 500);
    CHECK(printed(&list, false).len < 1200);
}

static void a_list_has_a_length(void) {
    Diags list = {.arena = arena};
    for (int i = 0; i < 100000; i++) {
        diag(&list, WIT_NO_TYPE, span_none(), STR_ARG(STR("t")));
        diag_note(&list, WIT_FIRST_HERE, span_none());
    }
    CHECK_EQ(list.errors, 100000);
    CHECK_EQ(list.list.len, 100);
    CHECK_EQ(list.list.at[99].notes.len, 1);
    CHECK(has(printed(&list, false), "99900 more are not shown"));
}

static void codes_have_names(void) {
    DiagCode code;
    CHECK(diag_named(STR("wit-no-type"), &code) && code == DIAG_WIT_NO_TYPE);
    CHECK(diag_named(STR("WIT_NO_TYPE"), &code) && code == DIAG_WIT_NO_TYPE);
    CHECK(!diag_named(STR("WIT_NO_TYP"), &code));
}

static void suggestions(void) {
    Str names[] = {STR("calculator"), STR("clock")};
    CHECK_STR(str_nearest(STR("calculater"), names, 2), "calculator");
    CHECK_STR(str_nearest(STR("zebra"), names, 2), "");
}

/* The examples of FIPS 180-4, and lengths around the end of a block. */
static void digests(void) {
    CHECK_STR(sha256_text(arena, STR("")),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK_STR(sha256_text(arena, STR("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK_STR(sha256_text(arena, STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    static const struct {
        size_t length;
        const char *digest;
    } of_a[] = {
        {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
        {119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
        {120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"},
        {1000, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"},
    };
    char text[1000];
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < sizeof of_a / sizeof *of_a; i++)
        CHECK_STR(sha256_text(arena, (Str){text, of_a[i].length}), of_a[i].digest);
}

int main(void) {
    arena = arena_new();
    RUN(leb_round_trips);
    RUN(leb_limits);
    RUN(utf8_is_strict);
    RUN(versions);
    RUN(maps_keep_order);
    RUN(hashes_depend_on_their_seed);
    RUN(json_text);
    RUN(features);
    RUN(places);
    RUN(places_in_json);
    RUN(places_far_away);
    RUN(messages_are_safe_to_show);
    RUN(messages_have_a_length);
    RUN(a_list_has_a_length);
    RUN(codes_have_names);
    RUN(suggestions);
    RUN(digests);
    arena_free(arena);
    return test_end("base");
}
