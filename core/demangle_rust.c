/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Names of Rust symbols, of both manglings, in the form with all details (hashes, kinds of
 * constants).
 *
 *     legacy  _ZN 4core 3fmt 17h0123456789abcdef E       core::fmt::h0123456789abcdef
 *     v0      _R NvCs123_4core 3fmt                      core[1f2]::fmt
 *
 * Back references in v0 make a name far longer than its symbol, so its length has a limit, as has
 * the nesting.
 */
#include <stdio.h>

#include "base/utf8.h"
#include "core/core.h"

enum { LONGEST = 16384, DEEPEST = 200 };

typedef struct {
    Str in;
    size_t at;
    Buf out;
    bool failed, silent; /* silent: parsed, but not written */
    unsigned depth, lifetimes;
} Rust;

static bool fail(Rust *r) {
    r->failed = true;
    return false;
}

static void put(Rust *r, Str s) {
    if (r->failed || r->silent) return;
    if (r->out.len + s.len > LONGEST) fail(r);
    else buf_str(&r->out, s);
}

static char peek(const Rust *r) { return !r->failed && r->at < r->in.len ? r->in.ptr[r->at] : 0; }

static char next(Rust *r) {
    char c = peek(r);
    if (c) r->at++;
    else fail(r);
    return c;
}

static bool eat(Rust *r, char c) {
    if (peek(r) != c) return false;
    r->at++;
    return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_lower_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

static size_t decimal(Rust *r) {
    size_t n = 0;
    if (!is_digit(peek(r))) fail(r);
    if (eat(r, '0')) return 0;
    while (is_digit(peek(r)) && n < 1000000) n = n * 10 + (size_t)(next(r) - '0');
    return n;
}

static Str take(Rust *r, size_t n) {
    if (r->failed || n > r->in.len - r->at) {
        fail(r);
        return (Str){0};
    }
    r->at += n;
    return str_from_to(r->in, r->at - n, r->at);
}

/* What follows a symbol: nothing, or what a linker or optimizer appended. */
static bool is_suffix(Str s) {
    if (s.len && s.ptr[0] != '.') return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] <= ' ' || s.ptr[i] > '~') return false;
    return true;
}

/* ---- the legacy mangling ---- */

static bool put_escape(Rust *r, Str name) {
    static const struct {
        const char *code, *text;
    } escapes[] = {{"SP", "@"}, {"BP", "*"}, {"RF", "&"}, {"LT", "<"},
                   {"GT", ">"}, {"LP", "("}, {"RP", ")"}, {"C", ","}};
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        if (!str_is(name, escapes[i].code)) continue;
        put(r, str_from(escapes[i].text));
        return true;
    }
    uint32_t code = 0;
    if (name.len < 2 || name.len > 7 || name.ptr[0] != 'u') return false;
    for (size_t i = 1; i < name.len; i++) {
        char c = name.ptr[i];
        if (!is_lower_hex(c)) return false;
        code = code * 16 + (uint32_t)(is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    if (code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code < 0xe000) ||
        code > 0x10ffff)
        return false;
    char text[4];
    put(r, (Str){text, utf8_put(text, code)});
    return true;
}

static void put_legacy(Rust *r, Str s) {
    if (str_starts(s, STR("_$"))) s = str_after(s, 1);
    while (s.len) {
        size_t n = 0;
        if (s.ptr[0] == '.') {
            bool two = s.len > 1 && s.ptr[1] == '.';
            put(r, two ? STR("::") : STR("."));
            n = two ? 2 : 1;
        } else if (s.ptr[0] == '$') {
            size_t end = str_find(s, '$', 1);
            if (end == SIZE_MAX || !put_escape(r, str_from_to(s, 1, end))) break;
            n = end + 1;
        } else {
            while (n < s.len && s.ptr[n] != '$' && s.ptr[n] != '.') n++;
            put(r, str_from_to(s, 0, n));
        }
        s = str_after(s, n);
    }
    put(r, s);
}

static bool legacy(Rust *r) {
    for (bool first = true; !r->failed && !eat(r, 'E'); first = false) {
        if (!first) put(r, STR("::"));
        put_legacy(r, take(r, decimal(r)));
    }
    return !r->failed;
}

/* ---- the v0 mangling ---- */

static void path(Rust *r, bool in_value);
static void type(Rust *r);

static bool enter(Rust *r) { return ++r->depth <= DEEPEST ? !r->failed : fail(r); }

static uint64_t base62(Rust *r) {
    uint64_t n = 0;
    if (eat(r, '_')) return 0;
    while (!r->failed && !eat(r, '_')) {
        char c = next(r);
        unsigned digit = is_digit(c)            ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'z' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A' + 36)
                                                : 99;
        if (digit == 99 || n > (UINT64_MAX - digit) / 62 - 1) fail(r);
        else n = n * 62 + digit;
    }
    return n + 1;
}

static uint64_t tagged(Rust *r, char tag) { return eat(r, tag) ? base62(r) + 1 : 0; }

static void put_number(Rust *r, const char *format, uint64_t n) {
    char text[32];
    int len = snprintf(text, sizeof text, format, (unsigned long long)n);
    put(r, (Str){text, (size_t)len});
}

/* Punycode (RFC 3492): the basic part stands before the last '_'. */
static bool put_punycode(Rust *r, Str s) {
    uint32_t points[256], n = 0x80, bias = 72;
    size_t split = str_rfind(s, '_'), len = 0, i = 0;
    Str digits = split == SIZE_MAX ? s : str_after(s, split + 1);
    if (split == SIZE_MAX) split = 0;
    if (s.len > 256 || !digits.len) return fail(r);
    for (; len < split; len++) points[len] = (uint8_t)s.ptr[len];
    for (size_t at = 0; at < digits.len; i++) {
        size_t old = i, weight = 1;
        for (uint32_t k = 36;; k += 36) {
            if (at == digits.len || weight > 1 << 24) return fail(r);
            char c = digits.ptr[at++];
            uint32_t d = c >= 'a' && c <= 'z' ? (uint32_t)(c - 'a')
                         : is_digit(c)        ? (uint32_t)(c - '0' + 26)
                                              : 99;
            uint32_t t = k <= bias ? 1 : k - bias > 26 ? 26 : k - bias;
            if (d == 99) return fail(r);
            i += d * weight;
            if (d < t) break;
            weight *= 36 - t;
        }
        size_t delta = old == 0 ? (i - old) / 700 : (i - old) / 2;
        len++;
        delta += delta / len;
        for (bias = 0; delta > 455; bias += 36) delta /= 35;
        bias += (uint32_t)(36 * delta / (delta + 38));
        n += (uint32_t)(i / len);
        i %= len;
        if (n > 0x10ffff || (n >= 0xd800 && n < 0xe000) || len >= 256) return fail(r);
        memmove(&points[i + 1], &points[i], (len - 1 - i) * sizeof *points);
        points[i] = n;
    }
    for (size_t k = 0; k < len; k++) {
        char text[4];
        put(r, (Str){text, utf8_put(text, points[k])});
    }
    return true;
}

typedef struct {
    Str text;
    bool punycode;
    uint64_t dis;
} Ident;

static Ident ident(Rust *r) {
    Ident id = {.dis = tagged(r, 's')};
    id.punycode = eat(r, 'u');
    size_t n = decimal(r);
    eat(r, '_');
    id.text = take(r, n);
    return id;
}

static void put_ident(Rust *r, const Ident *id) {
    if (id->punycode) put_punycode(r, id->text);
    else put(r, id->text);
}

/* Goes on at a place that has been read, for one item. */
static void back(Rust *r, void (*item)(Rust *), bool in_value) {
    size_t tag = r->at - 1;
    uint64_t to = base62(r);
    size_t after = r->at;
    if (to >= tag || r->silent) {
        if (to >= tag) fail(r);
        return;
    }
    r->at = (size_t)to;
    if (item) item(r);
    else path(r, in_value);
    r->at = after;
}

static void lifetime(Rust *r, uint64_t index) {
    put(r, STR("'"));
    if (index == 0) {
        put(r, STR("_"));
        return;
    }
    if (index > r->lifetimes) fail(r);
    uint64_t depth = r->lifetimes - index;
    char letter = (char)('a' + depth % 26);
    if (depth < 26) put(r, (Str){&letter, 1});
    else put_number(r, "_%llu", depth);
}

/* `for<'a, 'b> `; how many it has brought. */
static unsigned binder(Rust *r) {
    uint64_t n = tagged(r, 'G');
    if (n > 64) fail(r);
    for (uint64_t i = 0; i < n && !r->failed; i++) {
        put(r, i ? STR(", ") : STR("for<"));
        r->lifetimes++;
        lifetime(r, 1);
    }
    if (n) put(r, STR("> "));
    return (unsigned)n;
}

static const char *basic_type(char tag) {
    static const char *const names[26] = {"i8",   "bool",  "char",  "f64", "str", "f32", NULL,
                                          "u8",   "isize", "usize", NULL,  "i32", "u32", "i128",
                                          "u128", "_",     NULL,    NULL,  "i16", "u16", "()",
                                          "...",  NULL,    "i64",   "u64", "!"};
    return tag >= 'a' && tag <= 'z' ? names[tag - 'a'] : NULL;
}

static void constant(Rust *r) {
    if (!enter(r)) return;
    char kind = next(r);
    if (kind == 'B') {
        back(r, constant, false);
    } else if (kind == 'p') {
        put(r, STR("_"));
    } else {
        bool minus = eat(r, 'n');
        size_t start = r->at;
        while (is_lower_hex(peek(r))) r->at++;
        Str hex = str_from_to(r->in, start, r->at);
        uint64_t value = 0;
        while (hex.len && hex.ptr[0] == '0') hex = str_after(hex, 1);
        for (size_t i = 0; i < hex.len && i < 16; i++)
            value = value * 16 +
                    (uint64_t)(is_digit(hex.ptr[i]) ? hex.ptr[i] - '0' : hex.ptr[i] - 'a' + 10);
        if (!eat(r, '_')) fail(r);
        if (minus) put(r, STR("-"));
        if (kind == 'b' && value < 2) {
            put(r, value ? STR("true") : STR("false"));
        } else if (kind == 'c' && value >= 0x20 && value < 0x7f && value != '\'' && value != '\\') {
            put_number(r, "'%c'", value);
        } else if (strchr("astlxnihmyjo", kind)) {
            if (hex.len > 16) put(r, STR("0x")), put(r, hex);
            else put_number(r, "%llu", value);
            put(r, str_from(basic_type(kind)));
        } else {
            fail(r);
        }
    }
    r->depth--;
}

static void generic_arg(Rust *r) {
    if (eat(r, 'L')) lifetime(r, base62(r));
    else if (eat(r, 'K')) constant(r);
    else type(r);
}

static void list(Rust *r, void (*item)(Rust *), size_t *count) {
    size_t n = 0;
    for (; !r->failed && !eat(r, 'E'); n++) {
        if (n) put(r, STR(", "));
        item(r);
    }
    if (count) *count = n;
}

static void nested_path(Rust *r, bool in_value) {
    char space = next(r);
    path(r, in_value);
    Ident id = ident(r);
    if (space >= 'A' && space <= 'Z') {
        put(r, STR("::{"));
        put(r, space == 'C' ? STR("closure") : space == 'S' ? STR("shim") : (Str){&space, 1});
        if (id.text.len) put(r, STR(":"));
        put_ident(r, &id);
        put_number(r, "#%llu}", id.dis);
    } else if (space >= 'a' && space <= 'z') {
        if (id.text.len) put(r, STR("::"));
        put_ident(r, &id);
    } else {
        fail(r);
    }
}

static void path(Rust *r, bool in_value) {
    if (!enter(r)) return;
    char tag = next(r);
    if (tag == 'C') {
        Ident id = ident(r);
        put_ident(r, &id);
        if (id.dis) put_number(r, "[%llx]", id.dis);
    } else if (tag == 'N') {
        nested_path(r, in_value);
    } else if (tag == 'M' || tag == 'X' || tag == 'Y') {
        if (tag != 'Y') {
            bool silent = r->silent;
            r->silent = true;
            tagged(r, 's');
            path(r, false);
            r->silent = silent;
        }
        put(r, STR("<"));
        type(r);
        if (tag != 'M') {
            put(r, STR(" as "));
            path(r, false);
        }
        put(r, STR(">"));
    } else if (tag == 'I') {
        path(r, in_value);
        put(r, in_value ? STR("::<") : STR("<"));
        list(r, generic_arg, NULL);
        put(r, STR(">"));
    } else if (tag == 'B') {
        back(r, NULL, in_value);
    } else {
        fail(r);
    }
    r->depth--;
}

/* A trait of `dyn`, whose generic arguments the bindings of associated types join. */
static void dyn_trait(Rust *r) {
    bool open = false;
    if (peek(r) == 'I') {
        r->at++;
        path(r, false);
        put(r, STR("<"));
        list(r, generic_arg, NULL);
        open = true;
    } else {
        path(r, false);
    }
    while (eat(r, 'p')) {
        put(r, open ? STR(", ") : STR("<"));
        open = true;
        Ident id = ident(r);
        put_ident(r, &id);
        put(r, STR(" = "));
        type(r);
    }
    if (open) put(r, STR(">"));
}

static void dyn_type(Rust *r) {
    put(r, STR("dyn "));
    unsigned bound = binder(r);
    for (size_t n = 0; !r->failed && !eat(r, 'E'); n++) {
        if (n) put(r, STR(" + "));
        dyn_trait(r);
    }
    r->lifetimes -= bound;
    if (!eat(r, 'L')) fail(r);
    uint64_t index = base62(r);
    if (index) {
        put(r, STR(" + "));
        lifetime(r, index);
    }
}

static void func_type(Rust *r) {
    unsigned bound = binder(r);
    if (eat(r, 'U')) put(r, STR("unsafe "));
    if (eat(r, 'K')) {
        put(r, STR("extern \""));
        Ident id = {.text = STR("C")};
        if (!eat(r, 'C')) id = ident(r);
        for (size_t i = 0; i < id.text.len; i++)
            put(r, id.text.ptr[i] == '_' ? STR("-") : str_from_to(id.text, i, i + 1));
        put(r, STR("\" "));
    }
    put(r, STR("fn("));
    list(r, type, NULL);
    put(r, STR(")"));
    if (!eat(r, 'u')) {
        put(r, STR(" -> "));
        type(r);
    }
    r->lifetimes -= bound;
}

static void reference(Rust *r, bool is_mutable) {
    put(r, STR("&"));
    if (eat(r, 'L')) {
        uint64_t index = base62(r);
        if (index) {
            lifetime(r, index);
            put(r, STR(" "));
        }
    }
    if (is_mutable) put(r, STR("mut "));
    type(r);
}

static void type(Rust *r) {
    if (!enter(r)) return;
    char tag = next(r);
    const char *basic = basic_type(tag);
    size_t count;
    if (basic) {
        put(r, str_from(basic));
    } else if (tag == 'R' || tag == 'Q') {
        reference(r, tag == 'Q');
    } else if (tag == 'P' || tag == 'O') {
        put(r, tag == 'P' ? STR("*const ") : STR("*mut "));
        type(r);
    } else if (tag == 'A' || tag == 'S') {
        put(r, STR("["));
        type(r);
        if (tag == 'A') {
            put(r, STR("; "));
            constant(r);
        }
        put(r, STR("]"));
    } else if (tag == 'T') {
        put(r, STR("("));
        list(r, type, &count);
        put(r, count == 1 ? STR(",)") : STR(")"));
    } else if (tag == 'F') {
        func_type(r);
    } else if (tag == 'D') {
        dyn_type(r);
    } else if (tag == 'B') {
        back(r, type, false);
    } else {
        r->at -= !r->failed;
        path(r, false);
    }
    r->depth--;
}

static bool v0(Rust *r) {
    if (peek(r) < 'A' || peek(r) > 'Z') return false;
    path(r, true);
    if (!r->failed && peek(r) >= 'A' && peek(r) <= 'Z') { /* the crate that instantiated it */
        r->silent = true;
        path(r, false);
        r->silent = false;
    }
    return !r->failed;
}

static size_t prefix_of(Str symbol, const char *const prefixes[3]) {
    for (size_t i = 0; i < 3; i++)
        if (str_starts(symbol, str_from(prefixes[i]))) return strlen(prefixes[i]);
    return 0;
}

Str core_demangle_rust(Arena *arena, Str symbol) {
    static const char *const legacy_prefixes[] = {"_ZN", "ZN", "__ZN"}, *const v0_prefixes[] = {
                                                                            "_R", "R", "__R"};
    size_t llvm = str_find_str(symbol, STR(".llvm."), 0);
    Str core = str_from_to(symbol, 0, llvm);
    for (size_t i = 0; i < core.len; i++)
        if ((uint8_t)core.ptr[i] >= 0x80) return (Str){0};
    bool (*const readers[])(Rust *) = {legacy, v0};
    for (size_t i = 0; i < 2; i++) {
        size_t skip = prefix_of(core, i ? v0_prefixes : legacy_prefixes);
        Rust r = {.in = str_after(core, skip), .out = {.arena = arena}};
        if (!skip || !readers[i](&r) || !is_suffix(str_after(r.in, r.at))) continue;
        put(&r, str_after(r.in, r.at));
        return r.failed ? (Str){0} : buf_text(&r.out);
    }
    return (Str){0};
}
