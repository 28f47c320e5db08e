/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A JSON writer: the state is the open brackets and whether the innermost has items. */
#include "base/json.h"

#include "base/utf8.h"

Json json_new(Arena *arena, unsigned indent) {
    return (Json){.out = {.arena = arena}, .indent = indent};
}

static void line(Json *json) {
    if (!json->indent) return;
    buf_byte(&json->out, '\n');
    for (unsigned i = 0; i < json->depth * json->indent; i++) buf_byte(&json->out, ' ');
}

static void before_value(Json *json) {
    if (json->after_key) {
        json->after_key = false;
        return;
    }
    if (json->has_items) buf_byte(&json->out, ',');
    if (json->depth) line(json);
    json->has_items = true;
}

static void open(Json *json, char opener, char closer) {
    before_value(json);
    buf_byte(&json->out, (uint8_t)opener);
    if (json->depth < sizeof json->closers) json->closers[json->depth] = (uint8_t)closer;
    json->depth++;
    json->has_items = false;
}

void json_object(Json *json) { open(json, '{', '}'); }
void json_array(Json *json) { open(json, '[', ']'); }

void json_end(Json *json) {
    json->depth--;
    if (json->has_items) line(json);
    if (json->depth < sizeof json->closers) buf_byte(&json->out, json->closers[json->depth]);
    json->has_items = true;
}

/* What stands for a byte that cannot stand for itself. */
static void escape(Buf *out, unsigned char c) {
    static const char letters[] = "\"\\\n\r\t\b\f", escapes[] = "\"\\nrtbf";
    const char *found = c ? strchr(letters, c) : NULL;
    if (found) buf_byte(out, '\\'), buf_byte(out, (uint8_t)escapes[found - letters]);
    else if (c < 0x20) buf_fmt(out, "\\u%04x", c);
    else buf_str(out, STR("\xef\xbf\xbd"));
}

/* Bytes that are no UTF-8, as a file's name may have, become U+FFFD: JSON has no other text. */
static void quoted(Json *json, Str s) {
    buf_byte(&json->out, '"');
    size_t valid = SIZE_MAX, from = 0; /* how far it is UTF-8, once that matters */
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x80 && valid == SIZE_MAX) valid = i + utf8_valid_prefix(str_after(s, i));
        if (c >= 0x20 && c != '"' && c != '\\' && i != valid) continue;
        buf_str(&json->out, str_from_to(s, from, i));
        escape(&json->out, c);
        from = i + 1;
        if (i == valid) valid = SIZE_MAX;
    }
    buf_str(&json->out, str_after(s, from));
    buf_byte(&json->out, '"');
}

void json_key_str(Json *json, Str key) {
    before_value(json);
    quoted(json, key);
    buf_str(&json->out, json->indent ? STR(": ") : STR(":"));
    json->after_key = true;
}

void json_key(Json *json, const char *key) { json_key_str(json, str_from(key)); }

void json_string(Json *json, Str value) {
    before_value(json);
    quoted(json, value);
}

void json_uint(Json *json, uint64_t value) {
    before_value(json);
    buf_fmt(&json->out, "%llu", (unsigned long long)value);
}

void json_bool(Json *json, bool value) {
    before_value(json);
    buf_str(&json->out, value ? STR("true") : STR("false"));
}

void json_null(Json *json) {
    before_value(json);
    buf_str(&json->out, STR("null"));
}
