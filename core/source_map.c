/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Source maps: JSON, whose `mappings` tell for places in the generated text where they came from. For
 * WebAssembly the generated text is one line, and a byte of the module is a column of it.
 *
 *     mappings ::= segment (',' segment)*
 *     segment  ::= column (source line column name?)?      each the difference to the one before
 *
 * A number is base 64 digits, 5 bits each, the lowest first, bit 5 saying that more follow; bit 0 of
 * the whole is its sign.
 */
#include "core/source_map.h"

#include "base/json_read.h"

typedef struct {
    uint32_t offset, source, line, column; /* line and column from 0 */
} Mapping;

struct SourceMap {
    Arena *arena;
    const JsonValue *sources;
    Str root;
    VEC(Mapping) mappings; /* ascending */
};

enum { NO_SOURCE = UINT32_MAX };

static int digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Adds the number at *at to *to. False where there is none, or the sum is no column, line ... */
static bool add_number(Str text, size_t *at, uint32_t *to) {
    uint64_t value = 0;
    int d;
    unsigned shift = 0;
    do {
        d = *at < text.len ? digit(text.ptr[*at]) : -1;
        if (d < 0 || shift > 30) return false;
        value |= (uint64_t)(d & 31) << shift;
        shift += 5;
        ++*at;
    } while (d & 32);
    int64_t sum = (int64_t)*to + (value & 1 ? -(int64_t)(value >> 1) : (int64_t)(value >> 1));
    *to = (uint32_t)sum;
    return sum >= 0 && sum < UINT32_MAX;
}

static bool ends_segment(Str text, size_t at) {
    return at == text.len || text.ptr[at] == ',' || text.ptr[at] == ';';
}

/* What stands before a fault is kept; what goes back is left out. */
static void read_mappings(Arena *arena, SourceMap *map, Str text) {
    Mapping now = {0};
    uint32_t name = 0;
    for (size_t at = 0; at < text.len && text.ptr[at] != ';';) {
        if (text.ptr[at] == ',') {
            at++;
            continue;
        }
        if (!add_number(text, &at, &now.offset)) return;
        Mapping mapping = {.offset = now.offset, .source = NO_SOURCE};
        if (!ends_segment(text, at)) {
            if (!add_number(text, &at, &now.source) || !add_number(text, &at, &now.line) ||
                !add_number(text, &at, &now.column))
                return;
            mapping = now;
        }
        if (!ends_segment(text, at) && !add_number(text, &at, &name)) return;
        if (!ends_segment(text, at)) return;
        if (map->mappings.len && vec_last(&map->mappings).offset > mapping.offset) continue;
        *vec_push(arena, &map->mappings) = mapping;
    }
}

static Str text_member(const JsonValue *object, const char *name) {
    const JsonValue *v = json_get(object, name);
    return v && v->kind == JSON_STRING ? v->text : (Str){0};
}

/* An indexed map is a list of maps, each from a place on. */
static void read_sections(Arena *arena, SourceMap *map, const JsonValue *sections) {
    const JsonValue *first = sections->kind == JSON_ARRAY && sections->items.len
                                 ? json_get(sections->items.at[0], "map")
                                 : NULL;
    if (!first) return;
    map->sources = json_get(first, "sources");
    map->root = text_member(first, "sourceRoot");
    read_mappings(arena, map, text_member(first, "mappings"));
}

const SourceMap *source_map_read(Arena *arena, Str json) {
    if (str_starts(json, STR(")]}"))) { /* a line that keeps browsers from running it */
        size_t end = str_find(json, '\n', 0);
        json = end == SIZE_MAX ? (Str){0} : str_after(json, end + 1);
    }
    const JsonValue *root = json_parse(arena, json), *sections = json_get(root, "sections");
    const JsonValue *version = json_get(root, "version");
    if (!version || version->kind != JSON_NUMBER || !str_is(version->text, "3")) return NULL;
    SourceMap *map = ARENA_NEW(arena, SourceMap);
    map->arena = arena;
    map->sources = json_get(root, "sources");
    map->root = text_member(root, "sourceRoot");
    if (sections) read_sections(arena, map, sections);
    else read_mappings(arena, map, text_member(root, "mappings"));
    if (map->sources && map->sources->kind != JSON_ARRAY) map->sources = NULL;
    return map;
}

static Str base64(Arena *arena, Str text) {
    char *out = arena_alloc(arena, text.len / 4 * 3 + 4);
    size_t n = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < text.len; i++) {
        int d = digit(text.ptr[i]);
        if (d < 0) continue; /* padding, line ends */
        bits = bits << 6 | (uint32_t)d;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out[n++] = (char)(bits >> held);
    }
    return (Str){out, n};
}

/* %41 is A. */
static Str percent(Arena *arena, Str text) {
    char *out = arena_alloc(arena, text.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        static const char hex[] = "0123456789abcdef";
        const char *high = NULL, *low = NULL;
        if (text.ptr[i] == '%' && i + 2 < text.len) {
            high = memchr(hex, text.ptr[i + 1] | 32, 16);
            low = memchr(hex, text.ptr[i + 2] | 32, 16);
        }
        out[n++] = high && low ? (char)((high - hex) << 4 | (low - hex)) : text.ptr[i];
        if (high && low) i += 2;
    }
    return (Str){out, n};
}

const SourceMap *source_map_of_data(Arena *arena, Str url) {
    size_t comma = str_find(url, ',', 0);
    if (comma == SIZE_MAX) return NULL;
    bool coded = str_ends(str_from_to(url, 0, comma), STR(";base64"));
    Str data = str_after(url, comma + 1);
    return source_map_read(arena, coded ? base64(arena, data) : percent(arena, data));
}

/* `sourceRoot` stands before names that are not absolute. */
static Str below_root(const SourceMap *map, Str name) {
    bool absolute = str_starts(name, STR("/")) || str_find_str(name, STR("://"), 0) != SIZE_MAX;
    if (absolute || map->root.len == 0) return name;
    Str between = str_ends(map->root, STR("/")) ? (Str){0} : STR("/");
    return STR_JOIN(map->arena, map->root, between, name);
}

bool source_map_find(const SourceMap *map, uint64_t offset, CoreSourceFrame *frame) {
    size_t low = 0, high = map->mappings.len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (map->mappings.at[middle].offset <= offset) low = middle + 1;
        else high = middle;
    }
    const Mapping *found = low ? &map->mappings.at[low - 1] : NULL;
    if (!found || found->source == NO_SOURCE || !map->sources ||
        found->source >= map->sources->items.len)
        return false;
    const JsonValue *source = map->sources->items.at[found->source];
    frame->file = source->kind == JSON_STRING ? below_root(map, source->text) : (Str){0};
    frame->line = found->line + 1;
    frame->column = found->column + 1;
    return true;
}
