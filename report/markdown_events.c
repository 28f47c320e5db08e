/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Reading Markdown is libmd4c's work. It is loaded when documentation is written, not linked in: no
 * other command needs it, and the program runs where it is missing. Then, and where a text would
 * cost more than it is worth (by its length, or by what it makes of itself: tables without end,
 * definitions that are used a thousand times), the text is shown as it was written.
 *
 * Its events are handled here as far as they are the same for all formats: which links may be, what
 * names mean, where a summary ends. Spans are closed in the order in which they were opened, which
 * libmd4c does not always keep.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "report/markdown.h"

#if defined __has_include
#if __has_include(<md4c.h>)
#define HAVE_MD4C 1
#endif
#endif

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
#include <dlfcn.h>
#include <md4c.h>

enum { LONGEST_TEXT = 64 << 10, SUMMARY_LENGTH = 160 };

typedef int ParseFunction(const MD_CHAR *, MD_SIZE, const MD_PARSER *, void *);

static ParseFunction *find_md4c(void) {
    void *library = dlopen("libmd4c.so.0", RTLD_NOW | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "md_parse") : NULL;
    ParseFunction *parse = NULL;
    memcpy(&parse, &symbol, sizeof parse);
    return parse;
}

bool markdown_available(void) { return find_md4c() != NULL; }

static bool stop(MarkdownWriter *w) {
    size_t written = w->out->len - w->start;
    if (++w->events > 4 * w->source.len + 100 || written > 64 * w->source.len + 4096)
        w->failed = true;
    return w->failed || w->done;
}

/* ---- links ---- */

static uint32_t entity_value(Str entity) {
    if (entity.len < 4 || entity.ptr[1] != '#') return 0;
    bool hex = (entity.ptr[2] | 32) == 'x';
    unsigned long c = strtoul(entity.ptr + (hex ? 3 : 2), NULL, hex ? 16 : 10);
    bool is_scalar = c && c < 0x110000 && (c < 0xd800 || c > 0xdfff);
    return is_scalar ? (uint32_t)c : 0xfffd;
}

/* False: an entity that is not known here; whatever it means, no address needs it. */
static bool put_decoded(Buf *out, Str piece, bool is_entity) {
    static const struct {
        const char *name, *text;
    } named[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}};
    uint32_t c = is_entity ? entity_value(piece) : 0;
    char bytes[4];
    bool known = !is_entity || c;
    for (size_t i = 0; !known && i < sizeof named / sizeof *named; i++) {
        known = str_is(piece, named[i].name);
        if (known) piece = str_from(named[i].text);
    }
    if (c) buf_bytes(out, bytes, utf8_put(bytes, c));
    else buf_str(out, piece);
    return known;
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

static Str link_address(const MarkdownWriter *w, const MD_ATTRIBUTE *attribute) {
    Buf address = {.arena = w->options->arena};
    for (size_t i = 0; attribute->size && attribute->substr_offsets[i] < attribute->size; i++) {
        MD_OFFSET from = attribute->substr_offsets[i], to = attribute->substr_offsets[i + 1];
        Str piece = {attribute->text + from, to - from};
        if (!put_decoded(&address, piece, attribute->substr_types[i] == MD_TEXT_ENTITY))
            return (Str){0};
    }
    Str text = buf_text(&address);
    Str found = w->options->resolve(w->options->context, text, LINK_TARGET);
    if (found.len) return found;
    return may_be_link(text) ? text : (Str){0};
}

static void open_link(MarkdownWriter *w, const MD_ATTRIBUTE *attribute) {
    /* images may stand in links, links in links not */
    bool inside = false;
    for (size_t i = 0; i < w->links.len; i++) inside |= w->links.at[i].len > 0;
    Str address = inside ? (Str){0} : link_address(w, attribute);
    *vec_push(w->options->arena, &w->links) = address;
    if (address.len) w->format->open_link(w, address);
}

static void close_link(MarkdownWriter *w) {
    Str address = vec_pop(&w->links);
    if (address.len) w->format->close_link(w, address);
}

/* ---- spans ---- */

/* Whether the code span that ends stands in brackets that belong to it. */
static bool in_brackets(const MarkdownWriter *w) {
    const char *end = w->source.ptr + w->source.len, *p = w->code_end;
    if (!p || p < w->source.ptr || p > end) return false;
    if (p < end && *p == ' ') p++;
    const char *ticks = p;
    while (p < end && *p == '`') p++;
    bool opened = w->out->len > w->start && w->out->ptr[w->out->len - 1] == '[';
    return opened && p > ticks && p < end && *p == ']';
}

/* A code span's end. In a summary nothing is a link. */
static void put_code(MarkdownWriter *w) {
    const MarkdownOptions *o = w->options;
    Str code = buf_text(&w->code), address = {0};
    bool brackets = in_brackets(w), linkable = !w->links.len && !o->summary;
    if (linkable) address = o->resolve(o->context, code, brackets ? CODE_LINK : CODE_NAME);
    if (brackets && (address.len || o->summary)) {
        w->out->len--;
        w->drop_bracket = true;
    }
    w->format->code(w, code, address);
}

static int enter_span(MD_SPANTYPE type, void *detail, void *context) {
    MarkdownWriter *w = context;
    if (stop(w)) return 1;
    *vec_push(w->options->arena, &w->spans) = (int)type;
    if (type == MD_SPAN_CODE) {
        w->code.len = 0;
        w->code_end = NULL;
        w->in_code = true;
    }
    if (w->options->summary) return 0;
    switch (type) {
    case MD_SPAN_EM: w->format->put(w, w->format->em[0]); break;
    case MD_SPAN_STRONG: w->format->put(w, w->format->strong[0]); break;
    case MD_SPAN_DEL: w->format->put(w, w->format->del[0]); break;
    case MD_SPAN_A: open_link(w, &((const MD_SPAN_A_DETAIL *)detail)->href); break;
    case MD_SPAN_IMG: open_link(w, &((const MD_SPAN_IMG_DETAIL *)detail)->src); break;
    default: break;
    }
    return 0;
}

static void close_span(MarkdownWriter *w, int type) {
    if (type == MD_SPAN_CODE && !w->skip) put_code(w);
    w->in_code = false;
    if (w->options->summary) return;
    switch (type) {
    case MD_SPAN_EM: w->format->put(w, w->format->em[1]); break;
    case MD_SPAN_STRONG: w->format->put(w, w->format->strong[1]); break;
    case MD_SPAN_DEL: w->format->put(w, w->format->del[1]); break;
    case MD_SPAN_A:
    case MD_SPAN_IMG: close_link(w); break;
    default: break;
    }
}

/* One that is not open is nothing to close; those within it are closed before it. */
static int leave_span(MD_SPANTYPE type, void *detail, void *context) {
    MarkdownWriter *w = context;
    size_t keep = w->spans.len;
    while (keep && w->spans.at[keep - 1] != (int)type) keep--;
    while (keep && w->spans.len >= keep) close_span(w, vec_pop(&w->spans));
    return stop(w);
}

/* ---- blocks ---- */

static int enter_block(MD_BLOCKTYPE type, void *detail, void *context) {
    MarkdownWriter *w = context;
    if (stop(w)) return 1;
    if (w->options->summary) w->skip = type == MD_BLOCK_CODE || type == MD_BLOCK_H;
    else w->format->enter_block(w, (int)type, detail);
    return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *context) {
    MarkdownWriter *w = context;
    while (w->spans.len) close_span(w, vec_pop(&w->spans));
    if (stop(w)) return 1;
    if (!w->options->summary) {
        w->format->leave_block(w, (int)type, detail);
        return 0;
    }
    w->done = w->text_len > 0;
    w->skip = false;
    return w->done;
}

/* ---- text ---- */

static void put_entity(MarkdownWriter *w, Str entity) {
    char bytes[4];
    uint32_t c = entity_value(entity);
    if (c == '\n' || c == '\t') c = ' '; /* they begin no line */
    if (c) w->format->text(w, (Str){bytes, utf8_put(bytes, c)});
    else w->format->put(w, str_c(w->options->arena, entity));
}

static void put_text(MarkdownWriter *w, Str s) {
    if (w->drop_bracket && s.len && s.ptr[0] == ']') s = str_after(s, 1);
    w->drop_bracket = false;
    size_t room = SUMMARY_LENGTH - w->text_len;
    if (w->options->summary && s.len > room) {
        while (room > 0 && s.ptr[room] != ' ') room--;
        s.len = room;
        w->done = true;
    }
    w->format->text(w, s);
    if (w->done) w->format->put(w, " \xe2\x80\xa6");
    w->text_len += w->options->summary ? s.len : 0;
}

static void put_inline_code(MarkdownWriter *w, Str s) {
    /* a summary's room is not for code alone */
    size_t room = SUMMARY_LENGTH - w->text_len;
    buf_str(&w->code, s);
    w->code_end = s.ptr + s.len;
    if (w->options->summary) w->text_len += s.len < room ? s.len : room;
}

static int text(MD_TEXTTYPE type, const MD_CHAR *p, MD_SIZE n, void *context) {
    MarkdownWriter *w = context;
    Str s = {p, n};
    if (stop(w)) return 1;
    if (w->skip) return 0;
    switch (type) {
    case MD_TEXT_CODE:
        if (w->in_code) put_inline_code(w, s);
        else buf_str(&w->code, s); /* of a block */
        break;
    case MD_TEXT_NULLCHAR: w->format->put(w, "\xef\xbf\xbd"); break;
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
        if (w->options->summary) w->format->put(w, " ");
        else w->format->end_line(w, type == MD_TEXT_BR);
        break;
    case MD_TEXT_ENTITY: put_entity(w, s); break;
    default: put_text(w, s); break;
    }
    return w->done;
}

void markdown_write(Str text_in, const MarkdownOptions *options, Buf *out) {
    MarkdownWriter w = {
        .options = options, .out = out, .source = text_in, .start = out->len, .at_start = true};
    w.format = options->html ? &markdown_html : &markdown_plain;
    w.code.arena = w.prefix.arena = w.columns.arena = options->arena;
    ParseFunction *parse = text_in.len <= LONGEST_TEXT ? find_md4c() : NULL;
    const MD_PARSER parser = {.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_NOHTML |
                                       MD_FLAG_PERMISSIVEURLAUTOLINKS,
                              .enter_block = enter_block,
                              .leave_block = leave_block,
                              .enter_span = enter_span,
                              .leave_span = leave_span,
                              .text = text};
    int status = parse ? parse(text_in.ptr, (MD_SIZE)text_in.len, &parser, &w) : -1;
    if (w.done || (status == 0 && !w.failed)) return;
    out->len = w.start;
    put_as_written(&w);
}
#else
bool markdown_available(void) { return false; }

void markdown_write(Str text, const MarkdownOptions *options, Buf *out) {
    MarkdownWriter w = {.options = options, .out = out, .source = text};
    put_as_written(&w);
}
#endif
