/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Reading Markdown is libmd4c's work. It is loaded when documentation is written, not linked in: no
 * other command needs it, and the program runs where it is missing. Then, and where a text would
 * cost more than it is worth (by its length, or by what it makes of itself: tables without end,
 * definitions that are used a thousand times), the text is shown as it was written.
 */
#include "report/markdown.h"

#include <stdlib.h>

#include "base/utf8.h"

#if defined __has_include
#if __has_include(<md4c.h>)
#define HAVE_MD4C 1
#endif
#endif

#ifdef HAVE_MD4C
#include <dlfcn.h>
#include <md4c.h>

typedef int ParseFunction(const MD_CHAR *, MD_SIZE, const MD_PARSER *, void *);

static ParseFunction *find_md4c(void) {
    void *library = dlopen("libmd4c.so.0", RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "md_parse") : NULL;
    ParseFunction *parse = NULL;
    memcpy(&parse, &symbol, sizeof parse);
    return parse;
}
#endif

bool markdown_available(void) {
#ifdef HAVE_MD4C
    return find_md4c() != NULL;
#else
    return false;
#endif
}

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

/* Whether a character of a piece must be escaped to mean itself. */
static bool is_markup(Str s, size_t i, bool at_start, bool in_table) {
    char c = s.ptr[i], next = i + 1 < s.len ? s.ptr[i + 1] : ' ', last = i ? s.ptr[i - 1] : ' ';
    switch (c) {
    case '\\':
    case '*':
    case '`':
    case '<':
    case '~': return true;
    case '_': return !is_alnum(next) || !is_alnum(last);
    case '[': return next == '^';
    case ']': return next == '(' || next == '[' || next == ':';
    case '&': return next == '#' || is_alnum(next);
    case '|': return in_table;
    case '#':
    case '>':
    case '+':
    case '-':
    case ':':
    case '=': return at_start && i == 0;
    case '.':
    case ')':
        for (size_t j = 0; j < i; j++)
            if (s.ptr[j] < '0' || s.ptr[j] > '9') return false;
        return at_start && i > 0;
    default: return false;
    }
}

void markdown_text(Buf *out, Str text, bool at_start, bool in_table) {
    char room[16];
    for (size_t at = 0; at < text.len; at_start = false) {
        Str piece = next_piece(text, &at, room);
        for (size_t i = 0; i < piece.len; i++) {
            if (is_markup(piece, i, at_start, in_table)) buf_byte(out, '\\');
            buf_byte(out, (uint8_t)piece.ptr[i]);
        }
    }
}

void markdown_address(Buf *out, Str address) {
    for (size_t i = 0; i < address.len; i++) {
        unsigned char c = (unsigned char)address.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr("()<>\\\"`|", c)) buf_fmt(out, "%%%02X", c);
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
    while (*at < code.len && !is_alnum(code.ptr[*at]) && code.ptr[*at] != '%') ++*at;
    size_t from = *at;
    while (*at < code.len && code.ptr[*at] && is_name_char(code.ptr[*at])) ++*at;
    /* a mark at the end belongs to the sentence, or to a declaration */
    while (*at > from && !is_alnum(code.ptr[*at - 1])) --*at;
    return str_from_to(code, from, *at);
}

/* ---- what the writers share ---- */

/* Without libmd4c, or against it. */
static void put_as_written(MarkdownWriter *w) {
    const MarkdownOptions *o = w->options;
    Str text = str_trim(w->source);
    if (o->summary) text = str_from_to(text, 0, str_find(text, '\n', 0));
    if (o->summary && text.len > 200) text.len = 200;
    if (o->summary && o->html) {
        html_text(w->out, text);
    } else if (o->summary) {
        markdown_text(w->out, text, false, true);
    } else if (o->html) {
        buf_str(w->out, STR("<p class=\"plain\">"));
        html_text(w->out, text);
        buf_str(w->out, STR("</p>\n"));
    } else {
        markdown_fence(w->out, (Str){0}, STR("text"), text);
    }
}

#ifdef HAVE_MD4C
enum { LONGEST_TEXT = 64 << 10 };

bool markdown_stop(MarkdownWriter *w) {
    size_t written = w->out->len - w->start;
    if (++w->events > 4 * w->source.len + 100 || written > 64 * w->source.len + 4096)
        w->failed = true;
    return w->failed || w->done;
}

void markdown_close_spans(MarkdownWriter *w, int type, void (*close)(MarkdownWriter *w, int type)) {
    size_t keep = type == MARKDOWN_ALL ? 1 : w->spans.len;
    while (type != MARKDOWN_ALL && keep && w->spans.at[keep - 1] != type) keep--;
    if (!keep) return;
    while (w->spans.len >= keep) close(w, vec_pop(&w->spans));
}

uint32_t markdown_entity(Str entity) {
    if (entity.len < 4 || entity.ptr[1] != '#') return 0;
    bool hex = (entity.ptr[2] | 32) == 'x';
    unsigned long c = strtoul(entity.ptr + (hex ? 3 : 2), NULL, hex ? 16 : 10);
    bool is_scalar = c && c < 0x110000 && (c < 0xd800 || c > 0xdfff);
    return is_scalar ? (uint32_t)c : 0xfffd;
}

static void put_decoded(Buf *out, Str piece, bool is_entity) {
    static const struct {
        const char *name, *text;
    } named[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}};
    uint32_t c = is_entity ? markdown_entity(piece) : 0;
    char bytes[4];
    for (size_t i = 0; is_entity && i < sizeof named / sizeof *named; i++)
        if (str_is(piece, named[i].name)) piece = str_from(named[i].text);
    if (c) buf_bytes(out, bytes, utf8_put(bytes, c));
    else buf_str(out, piece);
}

/* Addresses of the web, and of files: a name with `:` before any `/` would be a scheme. What the
 * caller does not know by its name, or by `#` and its id, is not there. */
static bool may_be_link(Str address) {
    static const char *const schemes[] = {"http://", "https://", "mailto:"};
    for (size_t i = 0; i < address.len; i++)
        if ((unsigned char)address.ptr[i] <= ' ' || address.ptr[i] == 0x7f) return false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = strlen(schemes[i]);
        if (address.len > n && strncasecmp(address.ptr, schemes[i], n) == 0) return true;
    }
    size_t colon = str_find(address, ':', 0), slash = str_find(address, '/', 0);
    bool is_host = str_starts(address, STR("//")) || str_find(address, '\\', 0) != SIZE_MAX;
    bool is_file = slash != SIZE_MAX || str_find(address, '.', 0) != SIZE_MAX;
    return is_file && !is_host && address.ptr[0] != '#' &&
           (colon == SIZE_MAX || (slash != SIZE_MAX && slash < colon));
}

Str markdown_link(MarkdownWriter *w, const void *given) {
    const MD_ATTRIBUTE *attribute = given;
    Buf address = {.arena = w->options->arena};
    for (size_t i = 0; attribute->size && attribute->substr_offsets[i] < attribute->size; i++) {
        MD_OFFSET from = attribute->substr_offsets[i], to = attribute->substr_offsets[i + 1];
        Str piece = {attribute->text + from, to - from};
        put_decoded(&address, piece, attribute->substr_types[i] == MD_TEXT_ENTITY);
    }
    Str text = buf_text(&address);
    Str found = w->options->resolve(w->options->context, text, LINK_TARGET);
    if (found.len) return found;
    return may_be_link(text) ? text : (Str){0};
}

bool markdown_in_brackets(const MarkdownWriter *w) {
    const char *end = w->source.ptr + w->source.len, *p = w->code_end;
    if (!p || p < w->source.ptr || p > end) return false;
    if (p < end && *p == ' ') p++;
    const char *ticks = p;
    while (p < end && *p == '`') p++;
    bool opened = w->out->len > w->start && w->out->ptr[w->out->len - 1] == '[';
    return opened && p > ticks && p < end && *p == ']';
}

void markdown_write(Str text, const MarkdownOptions *options, Buf *out) {
    MarkdownWriter w = {.options = options, .out = out, .source = text, .start = out->len};
    w.code.arena = w.prefix.arena = w.columns.arena = options->arena;
    w.at_start = true;
    ParseFunction *parse = text.len <= LONGEST_TEXT ? find_md4c() : NULL;
    MD_PARSER parser = {.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_NOHTML |
                                 MD_FLAG_PERMISSIVEURLAUTOLINKS};
    if (options->html) markdown_html_events(&parser);
    else markdown_text_events(&parser);
    int status = parse ? parse(text.ptr, (MD_SIZE)text.len, &parser, &w) : -1;
    if (w.done || (status == 0 && !w.failed)) return;
    out->len = w.start;
    put_as_written(&w);
}
#else
void markdown_write(Str text, const MarkdownOptions *options, Buf *out) {
    MarkdownWriter w = {.options = options, .out = out, .source = text};
    put_as_written(&w);
}
#endif
