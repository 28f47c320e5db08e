/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Semantic versions: MAJOR.MINOR.PATCH[-PRE][+BUILD]. */
#include "base/semver.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool is_identifier(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

static bool number(Str s, size_t *at, uint64_t *value) {
    size_t from = *at;
    for (*value = 0; *at < s.len && is_digit(s.ptr[*at]); (*at)++) {
        uint64_t digit = (uint64_t)(s.ptr[*at] - '0');
        if (*value > (UINT64_MAX - digit) / 10) return false;
        *value = *value * 10 + digit;
    }
    return *at > from && (*at == from + 1 || s.ptr[from] != '0');
}

static bool all_digits(Str s) {
    for (size_t i = 0; i < s.len; i++)
        if (!is_digit(s.ptr[i])) return false;
    return true;
}

/* The next dot-separated identifier of `s` from *at. */
static Str next_identifier(Str s, size_t *at) {
    size_t dot = str_find(s, '.', *at), end = dot == SIZE_MAX ? s.len : dot;
    Str id = str_from_to(s, *at, end);
    *at = end + 1;
    return id;
}

static bool identifiers(Str s, bool numbers_strict) {
    for (size_t at = 0; at <= s.len;) {
        Str id = next_identifier(s, &at);
        if (id.len == 0) return false;
        for (size_t i = 0; i < id.len; i++)
            if (!is_identifier(id.ptr[i])) return false;
        if (numbers_strict && id.len > 1 && id.ptr[0] == '0' && all_digits(id)) return false;
    }
    return true;
}

static bool parse(Str text, SemverParts *out) {
    size_t at = 0;
    if (!number(text, &at, &out->major) || at >= text.len || text.ptr[at++] != '.') return false;
    if (!number(text, &at, &out->minor) || at >= text.len || text.ptr[at++] != '.') return false;
    if (!number(text, &at, &out->patch)) return false;
    size_t plus = str_find(text, '+', at), end = plus == SIZE_MAX ? text.len : plus;
    if (at < end) {
        if (text.ptr[at] != '-') return false;
        out->pre = str_from_to(text, at + 1, end);
        if (!identifiers(out->pre, true)) return false;
    }
    if (plus != SIZE_MAX) {
        out->build = str_after(text, plus + 1);
        if (!identifiers(out->build, false)) return false;
    }
    return true;
}

bool semver_parse(Str text, Semver *out) {
    SemverParts parts = {0};
    out->text = text;
    return parse(text, &parts);
}

SemverParts semver_parts(Semver version) {
    SemverParts parts = {0};
    if (version.text.len) (void)parse(version.text, &parts);
    return parts;
}

Semver semver_core(Semver version) {
    Str text = version.text;
    size_t len = 0;
    while (len < text.len && (is_digit(text.ptr[len]) || text.ptr[len] == '.')) len++;
    return (Semver){str_from_to(text, 0, len)};
}

static int cmp_u64(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

/* Numeric identifiers come before others and compare by value: without leading zeros, the longer
 * is the larger. */
static int cmp_identifier(Str a, Str b) {
    bool x = all_digits(a), y = all_digits(b);
    if (x != y) return x ? -1 : 1;
    if (x && a.len != b.len) return cmp_u64(a.len, b.len);
    return str_cmp(a, b);
}

static int cmp_pre(Str a, Str b) {
    if (a.len == 0 || b.len == 0) return (a.len == 0) - (b.len == 0);
    size_t i = 0, j = 0;
    while (i <= a.len && j <= b.len) {
        int order = cmp_identifier(next_identifier(a, &i), next_identifier(b, &j));
        if (order) return order;
    }
    return (i <= a.len) - (j <= b.len);
}

int semver_cmp(Semver a, Semver b) {
    if (a.text.len == 0 || b.text.len == 0) return (a.text.len != 0) - (b.text.len != 0);
    SemverParts x = semver_parts(a), y = semver_parts(b);
    int order = cmp_u64(x.major, y.major);
    if (!order) order = cmp_u64(x.minor, y.minor);
    if (!order) order = cmp_u64(x.patch, y.patch);
    if (!order) order = cmp_pre(x.pre, y.pre);
    return order ? order : str_cmp(x.build, y.build);
}

bool semver_eq(Semver a, Semver b) { return semver_cmp(a, b) == 0; }

Str semver_track(Arena *arena, Semver version) {
    SemverParts v = semver_parts(version);
    unsigned long long major = v.major, minor = v.minor, patch = v.patch;
    if (version.text.len == 0 || v.pre.len) return version.text;
    if (major) return str_fmt(arena, "%llu", major);
    if (minor) return str_fmt(arena, "0.%llu", minor);
    return str_fmt(arena, "0.0.%llu", patch);
}
