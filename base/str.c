/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* String views: comparing, searching, copying into an arena, and guessing what was meant. */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>

Str str_from(const char *c_string) { return (Str){c_string, c_string ? strlen(c_string) : 0}; }

bool str_eq(Str a, Str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_is(Str a, const char *c_string) {
    for (size_t i = 0; i < a.len; i++)
        if (c_string[i] != a.ptr[i] || !c_string[i]) return false;
    return c_string[a.len] == 0;
}

int str_cmp(Str a, Str b) {
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

Str str_from_to(Str s, size_t from, size_t to) {
    if (to > s.len) to = s.len;
    if (from > to) from = to;
    return (Str){s.ptr ? s.ptr + from : NULL, to - from};
}

Str str_after(Str s, size_t from) { return str_from_to(s, from, s.len); }

bool str_starts(Str s, Str prefix) {
    return s.len >= prefix.len && str_eq(str_from_to(s, 0, prefix.len), prefix);
}

bool str_ends(Str s, Str suffix) {
    return s.len >= suffix.len && str_eq(str_after(s, s.len - suffix.len), suffix);
}

size_t str_find(Str s, char c, size_t from) {
    if (from >= s.len) return SIZE_MAX;
    const char *p = memchr(s.ptr + from, c, s.len - from);
    return p ? (size_t)(p - s.ptr) : SIZE_MAX;
}

size_t str_find_str(Str s, Str needle, size_t from) {
    for (size_t i = from; i + needle.len <= s.len; i++)
        if (str_eq((Str){s.ptr + i, needle.len}, needle)) return i;
    return SIZE_MAX;
}

size_t str_rfind(Str s, char c) {
    for (size_t i = s.len; i > 0; i--)
        if (s.ptr[i - 1] == c) return i - 1;
    return SIZE_MAX;
}

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

Str str_trim(Str s) {
    size_t from = 0, to = s.len;
    while (from < to && is_space(s.ptr[from])) from++;
    while (to > from && is_space(s.ptr[to - 1])) to--;
    return str_from_to(s, from, to);
}

/* FNV-1a, then a final mix so that the low bits serve as a table index. */
uint64_t str_hash(Str s) {
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.len; i++) h = (h ^ (unsigned char)s.ptr[i]) * 0x100000001b3u;
    return h ^ (h >> 29);
}

const char *str_c(Arena *arena, Str s) {
    char *p = arena_alloc(arena, s.len + 1);
    if (s.len) memcpy(p, s.ptr, s.len);
    return p;
}

Str str_copy(Arena *arena, Str s) { return (Str){str_c(arena, s), s.len}; }

Str str_concat(Arena *arena, Str a, Str b) { return STR_JOIN(arena, a, b); }

Str str_join(Arena *arena, const Str *parts, size_t n) {
    size_t len = 0;
    for (size_t i = 0; i < n; i++) len += parts[i].len;
    char *start = arena_alloc(arena, len + 1), *end = start;
    for (size_t i = 0; i < n; i++) {
        if (parts[i].len) memcpy(end, parts[i].ptr, parts[i].len);
        end += parts[i].len;
    }
    return (Str){start, len};
}

Str str_fmt(Arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) n = 0;
    char *p = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return (Str){p, (size_t)n};
}

/* How many letters are to be put in, taken out, replaced or swapped with their neighbour to make `b`
 * of `a`, over three rows; names of 64 bytes or more are not worth a guess. */
static size_t distance(Str a, Str b) {
    enum { LONGEST = 64 };
    if (a.len >= LONGEST || b.len >= LONGEST) return SIZE_MAX;
    unsigned char rows[3][LONGEST], *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.len; j++) last[j] = (unsigned char)j;
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = (unsigned char)i;
        for (size_t j = 1; j <= b.len; j++) {
            unsigned best = last[j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            if (last[j] + 1u < best) best = last[j] + 1u;
            if (row[j - 1] + 1u < best) best = row[j - 1] + 1u;
            bool swapped =
                i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1];
            if (swapped && before[j - 2] + 1u < best) best = before[j - 2] + 1u;
            row[j] = (unsigned char)best;
        }
        unsigned char *free_row = before;
        before = last, last = row, row = free_row;
    }
    return last[b.len];
}

Str str_nearest(Str name, const Str *candidates, size_t n) {
    size_t best = SIZE_MAX;
    Str found = {0};
    for (size_t i = 0; i < n; i++) {
        size_t longer = name.len > candidates[i].len ? name.len : candidates[i].len;
        size_t d = distance(name, candidates[i]), most = longer < 3 ? 1 : longer / 3;
        if (d < best && d <= most && d < candidates[i].len) {
            best = d;
            found = candidates[i];
        }
    }
    return found;
}
