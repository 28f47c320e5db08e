/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Text that is safe in HTML and in Markdown, and names in pieces of code. Whatever is not plain text is
 * replaced before it is escaped: malformed UTF-8 and control characters by U+FFFD, characters that
 * change the direction of text by their numbers.
 */
#include "report/markdown.h"

#include "base/utf8.h"

/* ---- text ---- */

/* What a code point is shown as, if not as itself. */
static const char *shown_as(uint32_t c, char room[16]) {
    if (c == UINT32_MAX || (c < ' ' && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0) ||
        c == 0xfffe || c == 0xffff)
        return "\xef\xbf\xbd";
    bool turns = c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                 (c >= 0x2066 && c <= 0x2069);
    if (!turns) return NULL;
    snprintf(room, 16, "[U+%04X]", (unsigned)c);
    return room;
}

/* The next piece of text: either bytes as they are, or a replacement. */
static Str next_piece(Str text, size_t *at, char room[16]) {
    size_t from = *at;
    while (*at < text.len && text.ptr[*at] >= ' ' && text.ptr[*at] < 0x7f) ++*at;
    if (*at > from) return str_from_to(text, from, *at);
    const char *other = shown_as(utf8_next(text, at), room);
    return other ? str_from(other) : str_from_to(text, from, *at);
}

void html_text(Buf *out, Str text) {
    char room[16];
    for (size_t at = 0; at < text.len;) {
        Str piece = next_piece(text, &at, room);
        size_t done = 0;
        for (size_t i = 0; i < piece.len; i++) {
            const char *entity = NULL;
            switch (piece.ptr[i]) {
            case '&': entity = "&amp;"; break;
            case '<': entity = "&lt;"; break;
            case '>': entity = "&gt;"; break;
            case '"': entity = "&quot;"; break;
            case '\'': entity = "&#39;"; break;
            }
            if (!entity) continue;
            buf_str(out, str_from_to(piece, done, i));
            buf_str(out, str_from(entity));
            done = i + 1;
        }
        buf_str(out, str_after(piece, done));
    }
}

static bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Whether s.ptr[i], which comes after `last`, must be escaped to mean itself. What follows the piece
 * is not known yet: what would be markup together with it is escaped where it comes. */
static bool is_markup(Str s, size_t i, char last, bool at_start, bool in_table) {
    char c = s.ptr[i], next = i + 1 < s.len ? s.ptr[i + 1] : ' ';
    switch (c) {
    case '\\':
    case '*':
    case '`':
    case '<':
    case '~': return true;
    case '_': return !is_alnum(next) || !is_alnum(last);
    case '^': return last == '[';
    case '(':
    case '[': return last == ']';
    case '&': return next == '#' || is_alnum(next) || i + 1 == s.len;
    case '|': return in_table;
    case ':': return last == ']' || (at_start && i == 0);
    case '#':
    case '>':
    case '+':
    case '-':
    case '=': return at_start && i == 0;
    case '.':
    case ')':
        for (size_t j = 0; j < i; j++)
            if (s.ptr[j] < '0' || s.ptr[j] > '9') return false;
        return at_start && i > 0;
    default: return false;
    }
}

static char last_of(const Buf *out) { return out->len ? (char)out->ptr[out->len - 1] : ' '; }

void markdown_text(Buf *out, Str text, bool at_start, bool in_table) {
    char room[16];
    for (size_t at = 0; at < text.len; at_start = false) {
        Str piece = next_piece(text, &at, room);
        for (size_t i = 0; i < piece.len; i++) {
            if (is_markup(piece, i, last_of(out), at_start, in_table)) buf_byte(out, '\\');
            buf_byte(out, (uint8_t)piece.ptr[i]);
        }
    }
}

void markdown_open_link(Buf *out) {
    bool image = last_of(out) == '!';
    if (image) out->len--;
    buf_str(out, image ? STR("\\![") : STR("["));
}

/* `&colon;` would be a colon. */
static bool is_entity(Str s, size_t at) {
    size_t end = at + 1;
    while (end < s.len && (is_alnum(s.ptr[end]) || s.ptr[end] == '#')) end++;
    return s.ptr[at] == '&' && end < s.len && s.ptr[end] == ';';
}

void markdown_address(Buf *out, Str address) {
    for (size_t i = 0; i < address.len; i++) {
        unsigned char c = (unsigned char)address.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr("()<>\\\"`|", c)) buf_fmt(out, "%%%02X", c);
        else if (is_entity(address, i)) buf_str(out, STR("&amp;"));
        else buf_byte(out, c);
    }
}

static size_t longest_run(Str text, char c) {
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < text.len; i++) {
        run = text.ptr[i] == c ? run + 1 : 0;
        if (run > longest) longest = run;
    }
    return longest;
}

void markdown_raw(Buf *out, Str text) {
    char room[16];
    for (size_t at = 0; at < text.len;) buf_str(out, next_piece(text, &at, room));
}

static void put_times(Buf *out, char c, size_t n) {
    while (n--) buf_byte(out, (uint8_t)c);
}

void markdown_code(Buf *out, Str code, bool in_table) {
    size_t ticks = longest_run(code, '`') + 1;
    bool pad = code.len && (code.ptr[0] == '`' || code.ptr[code.len - 1] == '`');
    put_times(out, '`', ticks);
    if (pad) buf_byte(out, ' ');
    for (size_t at = 0; at < code.len;) {
        size_t bar = in_table ? str_find(code, '|', at) : SIZE_MAX;
        markdown_raw(out, str_from_to(code, at, bar));
        if (bar != SIZE_MAX) buf_str(out, STR("\\|"));
        at = bar == SIZE_MAX ? code.len : bar + 1;
    }
    if (pad) buf_byte(out, ' ');
    put_times(out, '`', ticks);
}

void markdown_fence(Buf *out, Str prefix, Str language, Str code) {
    size_t ticks = longest_run(code, '`') + 1;
    if (ticks < 3) ticks = 3;
    buf_str(out, prefix);
    put_times(out, '`', ticks);
    buf_str(out, language);
    buf_byte(out, '\n');
    for (size_t at = 0; at < code.len;) {
        size_t end = str_find(code, '\n', at);
        buf_str(out, prefix);
        markdown_raw(out, str_from_to(code, at, end));
        buf_byte(out, '\n');
        at = end == SIZE_MAX ? code.len : end + 1;
    }
    buf_str(out, prefix);
    put_times(out, '`', ticks);
    buf_byte(out, '\n');
}

/* ---- names in code ---- */

static bool is_name_char(char c) { return is_alnum(c) || strchr("-%:/.@#", c) != NULL; }

bool markdown_is_names(Str code) {
    for (size_t i = 0; i < code.len; i++)
        if (!code.ptr[i] || (!is_name_char(code.ptr[i]) && !strchr("<>,() _{};=", code.ptr[i])))
            return false;
    return code.len > 0;
}

Str markdown_next_name(Str code, size_t *at) {
    for (;;) {
        while (*at < code.len && !is_alnum(code.ptr[*at]) && code.ptr[*at] != '%') ++*at;
        size_t from = *at;
        while (*at < code.len && code.ptr[*at] && is_name_char(code.ptr[*at])) ++*at;
        /* a mark at the end belongs to the sentence, or to a declaration */
        size_t end = *at;
        while (end > from && !is_alnum(code.ptr[end - 1])) --end;
        if (end == from && *at < code.len) continue; /* marks alone */
        if (end > from) *at = end;
        return str_from_to(code, from, end);
    }
}
