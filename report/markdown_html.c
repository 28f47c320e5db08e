/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Markdown's events as HTML. Every tag is written here; of the text, all goes through html_text.
 * Images are links, so that a page loads nothing.
 */
#include "report/markdown.h"

#if defined __has_include
#if __has_include(<md4c.h>)
#include <md4c.h>

static void put(MarkdownWriter *w, const char *text) { buf_str(w->out, str_from(text)); }

static void put_text(MarkdownWriter *w, Str text) { html_text(w->out, text); }

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

static void enter_block(MarkdownWriter *w, int type, const void *detail) {
    const char *tag = tag_of((MD_BLOCKTYPE)type);
    if (tag) {
        buf_fmt(w->out, "<%s>", tag);
        return;
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
    case MD_BLOCK_CODE:
        put(w, "<pre><code>");
        w->code.len = 0;
        break;
    case MD_BLOCK_TABLE: put(w, "<div class=\"table\"><table>"); break;
    case MD_BLOCK_TH: buf_fmt(w->out, "<th%s>", alignment(detail)); break;
    case MD_BLOCK_TD: buf_fmt(w->out, "<td%s>", alignment(detail)); break;
    default: break;
    }
}

static void leave_block(MarkdownWriter *w, int type, const void *detail) {
    const char *tag = tag_of((MD_BLOCKTYPE)type);
    if (tag) {
        buf_fmt(w->out, "</%s>\n", tag);
        return;
    }
    switch (type) {
    case MD_BLOCK_OL: put(w, "</ol>\n"); break;
    case MD_BLOCK_H: buf_fmt(w->out, "</h%u>\n", heading_level(w, detail)); break;
    case MD_BLOCK_CODE:
        html_text(w->out, buf_text(&w->code));
        put(w, "</code></pre>\n");
        break;
    case MD_BLOCK_TABLE: put(w, "</table></div>\n"); break;
    case MD_BLOCK_TH: put(w, "</th>"); break;
    case MD_BLOCK_TD: put(w, "</td>"); break;
    default: break;
    }
}

/* ---- spans ---- */

static void open_link(MarkdownWriter *w, Str address) {
    put(w, "<a href=\"");
    html_text(w->out, address);
    put(w, "\">");
}

static void close_link(MarkdownWriter *w, Str address) { put(w, "</a>"); }

static void put_code_link(MarkdownWriter *w, Str address, Str code) {
    if (address.len) open_link(w, address);
    html_text(w->out, code);
    if (address.len) put(w, "</a>");
}

/* The whole may be a name, or some of the words in it. */
static void put_code(MarkdownWriter *w, Str code, Str address) {
    const MarkdownOptions *o = w->options;
    put(w, "<code>");
    if (address.len || w->links.len || o->summary || !markdown_is_names(code)) {
        put_code_link(w, address, code);
        put(w, "</code>");
        return;
    }
    size_t done = 0;
    for (size_t at = 0; at < code.len;) {
        Str name = markdown_next_name(code, &at);
        html_text(w->out, str_from_to(code, done, at - name.len));
        bool whole = name.len == code.len;
        put_code_link(w, whole ? (Str){0} : o->resolve(o->context, name, CODE_TOKEN), name);
        done = at;
    }
    html_text(w->out, str_after(code, done));
    put(w, "</code>");
}

static void end_line(MarkdownWriter *w, bool hard) { put(w, hard ? "<br>\n" : "\n"); }

const MarkdownFormat markdown_html = {
    .em = {"<em>", "</em>"},
    .strong = {"<strong>", "</strong>"},
    .del = {"<del>", "</del>"},
    .put = put,
    .text = put_text,
    .code = put_code,
    .open_link = open_link,
    .close_link = close_link,
    .end_line = end_line,
    .enter_block = enter_block,
    .leave_block = leave_block,
};
#endif
#endif
