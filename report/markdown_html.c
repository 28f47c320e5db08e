/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Markdown's events as HTML. Every tag is written here; of the text, all goes through html_text.
 * Images are links, so that a page loads nothing. A summary is text and code alone, up to the end
 * of the first paragraph or SUMMARY_LENGTH characters.
 */
#include "base/utf8.h"
#include "report/markdown.h"

#if defined __has_include
#if __has_include(<md4c.h>)
#include <md4c.h>

enum { SUMMARY_LENGTH = 160 };

static void put(MarkdownWriter *w, const char *text) { buf_str(w->out, str_from(text)); }

static unsigned heading_level(const MarkdownWriter *w, const void *detail) {
    unsigned level = ((const MD_BLOCK_H_DETAIL *)detail)->level + w->options->heading - 1;
    return level < 6 ? level : 6;
}

static const char *alignment(const void *detail) {
    switch (((const MD_BLOCK_TD_DETAIL *)detail)->align) {
    case MD_ALIGN_CENTER: return " class=\"c\"";
    case MD_ALIGN_RIGHT: return " class=\"r\"";
    default: return "";
    }
}

/* The tags of blocks that have nothing special about them. */
static const char *tag_of(MD_BLOCKTYPE type) {
    switch (type) {
    case MD_BLOCK_QUOTE: return "blockquote";
    case MD_BLOCK_UL: return "ul";
    case MD_BLOCK_LI: return "li";
    case MD_BLOCK_P: return "p";
    case MD_BLOCK_THEAD: return "thead";
    case MD_BLOCK_TBODY: return "tbody";
    case MD_BLOCK_TR: return "tr";
    default: return NULL;
    }
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *context) {
    MarkdownWriter *w = context;
    if (markdown_stop(w)) return 1;
    if (w->options->summary) {
        w->skip = type == MD_BLOCK_CODE || type == MD_BLOCK_H;
        return 0;
    }
    const char *tag = tag_of(type);
    if (tag) {
        buf_fmt(w->out, "<%s>", tag);
        return 0;
    }
    switch (type) {
    case MD_BLOCK_OL: {
        unsigned start = ((const MD_BLOCK_OL_DETAIL *)detail)->start;
        if (start == 1) put(w, "<ol>");
        else buf_fmt(w->out, "<ol start=\"%u\">", start);
        break;
    }
    case MD_BLOCK_HR: put(w, "<hr>\n"); break;
    case MD_BLOCK_H: buf_fmt(w->out, "<h%u>", heading_level(w, detail)); break;
    case MD_BLOCK_CODE: put(w, "<pre><code>"); break;
    case MD_BLOCK_TABLE: put(w, "<div class=\"table\"><table>"); break;
    case MD_BLOCK_TH: buf_fmt(w->out, "<th%s>", alignment(detail)); break;
    case MD_BLOCK_TD: buf_fmt(w->out, "<td%s>", alignment(detail)); break;
    default: break;
    }
    return 0;
}

/* ---- spans ---- */

static void put_code_link(MarkdownWriter *w, Str address, Str code) {
    if (address.len) {
        put(w, "<a href=\"");
        html_text(w->out, address);
        put(w, "\">");
    }
    html_text(w->out, code);
    if (address.len) put(w, "</a>");
}

/* A code span's end: the whole may be a name, or some of the words in it. */
static void put_code(MarkdownWriter *w) {
    const MarkdownOptions *o = w->options;
    Str code = buf_text(&w->code), address = {0};
    bool in_link = w->links.len > 0, brackets = markdown_in_brackets(w);
    if (!in_link && !o->summary)
        address = o->resolve(o->context, code, brackets ? CODE_LINK : CODE_NAME);
    if (brackets && (address.len || o->summary)) {
        w->out->len--;
        w->drop_bracket = true;
    }
    put(w, "<code>");
    if (address.len || in_link || o->summary || !markdown_is_names(code)) {
        put_code_link(w, address, code);
    } else {
        size_t done = 0;
        for (size_t at = 0; at < code.len;) {
            Str name = markdown_next_name(code, &at);
            size_t from = at - name.len;
            html_text(w->out, str_from_to(code, done, from));
            bool whole = name.len == code.len;
            put_code_link(w, whole ? (Str){0} : o->resolve(o->context, name, CODE_TOKEN), name);
            done = at;
        }
        html_text(w->out, str_after(code, done));
    }
    put(w, "</code>");
}

static void open_link(MarkdownWriter *w, const MD_ATTRIBUTE *attribute) {
    /* images may stand in links, links in links not */
    bool inside = false;
    for (size_t i = 0; i < w->links.len; i++) inside |= w->links.at[i].len > 0;
    Str address = inside ? (Str){0} : markdown_link(w, attribute);
    *vec_push(w->options->arena, &w->links) = address;
    if (!address.len) return;
    put(w, "<a href=\"");
    html_text(w->out, address);
    put(w, "\">");
}

static int enter_span(MD_SPANTYPE type, void *detail, void *context) {
    MarkdownWriter *w = context;
    if (markdown_stop(w)) return 1;
    *vec_push(w->options->arena, &w->spans) = (int)type;
    if (type == MD_SPAN_CODE) {
        w->code.len = 0;
        w->code_end = NULL;
        w->in_code = true;
    }
    if (w->options->summary) return 0;
    switch (type) {
    case MD_SPAN_EM: put(w, "<em>"); break;
    case MD_SPAN_STRONG: put(w, "<strong>"); break;
    case MD_SPAN_DEL: put(w, "<del>"); break;
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
    case MD_SPAN_EM: put(w, "</em>"); break;
    case MD_SPAN_STRONG: put(w, "</strong>"); break;
    case MD_SPAN_DEL: put(w, "</del>"); break;
    case MD_SPAN_A:
    case MD_SPAN_IMG:
        if (vec_pop(&w->links).len) put(w, "</a>");
        break;
    default: break;
    }
}

static int leave_span(MD_SPANTYPE type, void *detail, void *context) {
    markdown_close_spans(context, (int)type, close_span);
    return markdown_stop(context);
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *context) {
    MarkdownWriter *w = context;
    markdown_close_spans(w, MARKDOWN_ALL, close_span);
    if (markdown_stop(w)) return 1;
    if (w->options->summary) {
        if (w->text_len) w->done = true;
        w->skip = false;
        return w->done;
    }
    const char *tag = tag_of(type);
    if (tag) {
        buf_fmt(w->out, "</%s>\n", tag);
        return 0;
    }
    switch (type) {
    case MD_BLOCK_OL: put(w, "</ol>\n"); break;
    case MD_BLOCK_H: buf_fmt(w->out, "</h%u>\n", heading_level(w, detail)); break;
    case MD_BLOCK_CODE: put(w, "</code></pre>\n"); break;
    case MD_BLOCK_TABLE: put(w, "</table></div>\n"); break;
    case MD_BLOCK_TH: put(w, "</th>"); break;
    case MD_BLOCK_TD: put(w, "</td>"); break;
    default: break;
    }
    return 0;
}

/* ---- text ---- */

static void put_entity(MarkdownWriter *w, Str entity) {
    char bytes[4];
    uint32_t c = markdown_entity(entity);
    if (c) html_text(w->out, (Str){bytes, utf8_put(bytes, c)});
    else buf_str(w->out, entity);
}

static bool end_summary(MarkdownWriter *w, Str *text) {
    size_t room = SUMMARY_LENGTH - w->text_len;
    if (text->len <= room) return false;
    size_t cut = room;
    while (cut > 0 && text->ptr[cut] != ' ') cut--;
    text->len = cut;
    return true;
}

static int text(MD_TEXTTYPE type, const MD_CHAR *p, MD_SIZE n, void *context) {
    MarkdownWriter *w = context;
    Str s = {p, n};
    if (markdown_stop(w)) return 1;
    if (w->skip) return 0;
    bool summary = w->options->summary, dropped = w->drop_bracket;
    w->drop_bracket = false;
    switch (type) {
    case MD_TEXT_NORMAL:
        if (dropped && n && *p == ']') s = str_after(s, 1);
        w->done = summary && end_summary(w, &s);
        html_text(w->out, s);
        if (w->done) put(w, " \xe2\x80\xa6");
        w->text_len += s.len;
        return w->done;
    case MD_TEXT_CODE:
        if (w->in_code) {
            buf_str(&w->code, s);
            w->code_end = p + n;
            w->text_len += summary ? n : 0;
        } else {
            html_text(w->out, s);
        }
        break;
    case MD_TEXT_NULLCHAR: put(w, "\xef\xbf\xbd"); break;
    case MD_TEXT_BR: put(w, summary ? " " : "<br>\n"); break;
    case MD_TEXT_SOFTBR: put(w, summary ? " " : "\n"); break;
    case MD_TEXT_ENTITY: put_entity(w, s); break;
    default: html_text(w->out, s); break;
    }
    return 0;
}

void markdown_html_events(struct MD_PARSER *parser) {
    parser->enter_block = enter_block;
    parser->leave_block = leave_block;
    parser->enter_span = enter_span;
    parser->leave_span = leave_span;
    parser->text = text;
}
#endif
#endif
