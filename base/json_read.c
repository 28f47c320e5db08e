/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A JSON reader by recursive descent; depth is limited. The mirror of base/json.c. */
#include "base/json_read.h"

#include "base/buf.h"
#include "base/utf8.h"

enum { DEEPEST = 128 };

typedef struct {
    Arena *arena;
    Str text;
    size_t at;
    unsigned depth;
    bool failed;
} Parser;

static JsonValue *value(Parser *p);

static void space(Parser *p) {
    while (p->at < p->text.len && strchr(" \t\r\n", p->text.ptr[p->at]) && p->text.ptr[p->at])
        p->at++;
}

static bool eat(Parser *p, char c) {
    space(p);
    if (p->at >= p->text.len || p->text.ptr[p->at] != c) return false;
    p->at++;
    return true;
}

static void *fail(Parser *p) {
    p->failed = true;
    p->at = p->text.len;
    return NULL;
}

static uint32_t hex4(Parser *p) {
    uint32_t v = 0;
    for (int i = 0; i < 4; i++, p->at++) {
        if (p->at >= p->text.len) return fail(p), 0;
        char c = p->text.ptr[p->at];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A') + 10
                                                : 16;
        if (digit == 16) return fail(p), 0;
        v = v * 16 + digit;
    }
    return v;
}

/* \uXXXX, or two of them for a surrogate pair. A lone surrogate is U+FFFD. */
static void unicode(Parser *p, Buf *out) {
    uint32_t c = hex4(p);
    if (c >= 0xd800 && c < 0xdc00 && str_starts(str_after(p->text, p->at), STR("\\u"))) {
        p->at += 2;
        uint32_t low = hex4(p);
        c = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00)
                                          : 0xfffd;
    }
    if (c >= 0xd800 && c < 0xe000) c = 0xfffd;
    char bytes[4];
    buf_bytes(out, bytes, utf8_put(bytes, c));
}

static Str string(Parser *p) {
    Buf out = {.arena = p->arena};
    while (p->at < p->text.len && p->text.ptr[p->at] != '"') {
        char c = p->text.ptr[p->at++];
        if ((unsigned char)c < 0x20) fail(p);
        if (c != '\\') {
            buf_byte(&out, (uint8_t)c);
            continue;
        }
        char e = p->at < p->text.len ? p->text.ptr[p->at++] : 0;
        static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
        const char *found = e ? strchr(from, e) : NULL;
        if (found) buf_byte(&out, (uint8_t)to[found - from]);
        else if (e == 'u') unicode(p, &out);
        else fail(p);
    }
    if (!eat(p, '"')) fail(p);
    return buf_text(&out);
}

static JsonValue *make(Parser *p, JsonKind kind) {
    JsonValue *v = ARENA_NEW(p->arena, JsonValue);
    v->kind = kind;
    return v;
}

static JsonValue *object(Parser *p) {
    JsonValue *v = make(p, JSON_OBJECT);
    if (eat(p, '}')) return v;
    do {
        if (!eat(p, '"')) return fail(p);
        Str name = string(p);
        if (!eat(p, ':')) return fail(p);
        JsonValue *member = value(p);
        if (p->failed) return NULL;
        map_put(p->arena, &v->members, name, NULL)->ptr = member;
    } while (eat(p, ','));
    return eat(p, '}') ? v : fail(p);
}

static JsonValue *array(Parser *p) {
    JsonValue *v = make(p, JSON_ARRAY);
    if (eat(p, ']')) return v;
    do {
        JsonValue *item = value(p);
        if (p->failed) return NULL;
        *vec_push(p->arena, &v->items) = item;
    } while (eat(p, ','));
    return eat(p, ']') ? v : fail(p);
}

/* true, false, null, or a number: the longest run of its characters. */
static JsonValue *word(Parser *p) {
    size_t from = p->at;
    while (p->at < p->text.len && !strchr(" \t\r\n,]}:\"[{", p->text.ptr[p->at])) p->at++;
    Str text = str_from_to(p->text, from, p->at);
    JsonValue *v = make(p, JSON_NUMBER);
    v->text = text;
    if (str_is(text, "null")) v->kind = JSON_NULL;
    else if (str_is(text, "true") || str_is(text, "false")) v->kind = JSON_BOOL;
    else if (!text.len || !strchr("-0123456789", text.ptr[0])) return fail(p);
    return v;
}

static JsonValue *value(Parser *p) {
    if (++p->depth > DEEPEST) return fail(p);
    JsonValue *v;
    if (eat(p, '{')) {
        v = object(p);
    } else if (eat(p, '[')) {
        v = array(p);
    } else if (eat(p, '"')) {
        v = make(p, JSON_STRING);
        v->text = string(p);
    } else {
        v = word(p);
    }
    p->depth--;
    return v;
}

const JsonValue *json_parse(Arena *arena, Str text) {
    Parser p = {.arena = arena, .text = text};
    const JsonValue *v = value(&p);
    space(&p);
    return p.failed || p.at != text.len ? NULL : v;
}

const JsonValue *json_get_str(const JsonValue *object_value, Str name) {
    if (!object_value || object_value->kind != JSON_OBJECT) return NULL;
    const MapEntry *entry = map_get(&object_value->members, name);
    return entry ? entry->cptr : NULL;
}

const JsonValue *json_get(const JsonValue *object_value, const char *name) {
    return json_get_str(object_value, str_from(name));
}
