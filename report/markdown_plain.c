/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Markdown's events as Markdown: the same document in one manner, so that it means the same on any
 * page. Every line begins with the prefix of the blocks that are open; a quote or a list item that
 * opens writes its own part at once and leaves the line `fresh` for what comes next:
 *
 *     > - text        prefix "> " and then "> " "  "
 *     >   text
 */
#include "report/markdown.h"

#if defined __has_include
#if __has_include(<md4c.h>)
#include <md4c.h>

/* ---- lines ---- */

static void open_line(MarkdownWriter *w) {
    w->fresh = false;
    if (!w->at_start) return;
    if (!w->options->summary) buf_str(w->out, buf_text(&w->prefix));
    w->at_start = false;
}

static void finish_line(MarkdownWriter *w) {
    if (!w->at_start) buf_byte(w->out, '\n');
    w->at_start = true;
    w->fresh = false;
}

/* Before a block: on a line of its own, after a blank one if that is due. */
static void begin_block(MarkdownWriter *w) {
    if (!w->fresh) {
        finish_line(w);
        if (w->blank) {
            buf_str(w->out, str_trim(buf_text(&w->prefix)));
            buf_byte(w->out, '\n');
        }
    }
    w->blank = false;
}

static void end_block(MarkdownWriter *w) {
    finish_line(w);
    w->blank = true;
}

static void put(MarkdownWriter *w, const char *text) {
    open_line(w);
    buf_str(w->out, str_from(text));
}

/* A quote or an item: its lines begin with the next `n` characters of `part` from now on. */
static void open_container(MarkdownWriter *w, Str marker, const char *part) {
    put(w, "");
    buf_str(w->out, marker);
    buf_bytes(&w->prefix, part, marker.len);
    *vec_push(w->options->arena, &w->prefixes) = marker.len;
    w->fresh = true;
}

static void close_container(MarkdownWriter *w) {
    finish_line(w);
    w->prefix.len -= vec_pop(&w->prefixes);
}

/* ---- blocks ---- */

static void begin_list(MarkdownWriter *w, MarkdownList list) {
    /* directly below the text of a tight item */
    if (w->lists.len && vec_last(&w->lists).tight) w->blank = false;
    *vec_push(w->options->arena, &w->lists) = list;
}

static void begin_item(MarkdownWriter *w) {
    MarkdownList *list = &vec_last(&w->lists);
    if (list->begun && list->tight) w->blank = false;
    list->begun = true;
    begin_block(w);
    Str marker = STR("- ");
    if (!list->bullets)
        marker = str_fmt(w->options->arena, "%llu. ", (unsigned long long)list->number++);
    open_container(w, marker, "                        ");
}

/* A fence's first word, if it is a plain one. */
static Str language_of(const MD_ATTRIBUTE *attribute) {
    Str name = {attribute->text, attribute->size};
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i] | 32;
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && name.ptr[i] != '-')
            return (Str){0};
    }
    return name;
}

static void put_code_block(MarkdownWriter *w) {
    begin_block(w);
    open_line(w);
    /* the first line's prefix stands there already */
    Buf code = {.arena = w->options->arena};
    markdown_fence(&code, buf_text(&w->prefix), w->language, buf_text(&w->code));
    buf_str(w->out, str_after(buf_text(&code), w->prefix.len));
    w->at_start = true;
    w->blank = true;
}

static void begin_cell(MarkdownWriter *w, MD_ALIGN align, bool head) {
    static const char *const lines[] = {
        [MD_ALIGN_DEFAULT] = " --- |",
        [MD_ALIGN_LEFT] = " :-- |",
        [MD_ALIGN_CENTER] = " :-: |",
        [MD_ALIGN_RIGHT] = " --: |",
    };
    put(w, " ");
    if (head) buf_str(&w->columns, str_from(lines[align]));
}

static void begin_heading(MarkdownWriter *w, unsigned level) {
    begin_block(w);
    level += w->options->heading - 1;
    put(w, str_c(w->options->arena, str_from_to(STR("######"), 0, level)));
    put(w, " ");
}

static void enter_block(MarkdownWriter *w, int type, const void *detail) {
    switch (type) {
    case MD_BLOCK_QUOTE:
        begin_block(w);
        open_container(w, STR("> "), "> ");
        break;
    case MD_BLOCK_UL:
        begin_list(w, (MarkdownList){.bullets = true,
                                     .tight = ((const MD_BLOCK_UL_DETAIL *)detail)->is_tight});
        break;
    case MD_BLOCK_OL:
        begin_list(w, (MarkdownList){.number = ((const MD_BLOCK_OL_DETAIL *)detail)->start,
                                     .tight = ((const MD_BLOCK_OL_DETAIL *)detail)->is_tight});
        break;
    case MD_BLOCK_LI: begin_item(w); break;
    case MD_BLOCK_HR:
        begin_block(w);
        put(w, "***");
        end_block(w);
        break;
    case MD_BLOCK_H: begin_heading(w, ((const MD_BLOCK_H_DETAIL *)detail)->level); break;
    case MD_BLOCK_P: begin_block(w); break;
    case MD_BLOCK_CODE:
        w->code.len = 0;
        w->language = language_of(&((const MD_BLOCK_CODE_DETAIL *)detail)->lang);
        break;
    case MD_BLOCK_TABLE:
        begin_block(w);
        w->in_table = true;
        w->columns.len = 0;
        break;
    case MD_BLOCK_TR: put(w, "|"); break;
    case MD_BLOCK_TH: begin_cell(w, ((const MD_BLOCK_TD_DETAIL *)detail)->align, true); break;
    case MD_BLOCK_TD: begin_cell(w, MD_ALIGN_DEFAULT, false); break;
    default: break;
    }
}

static void leave_block(MarkdownWriter *w, int type, const void *detail) {
    switch (type) {
    case MD_BLOCK_QUOTE:
        close_container(w);
        w->blank = true;
        break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
        (void)vec_pop(&w->lists);
        w->blank = true;
        break;
    case MD_BLOCK_LI: close_container(w); break;
    case MD_BLOCK_CODE: put_code_block(w); break;
    case MD_BLOCK_H:
    case MD_BLOCK_P: end_block(w); break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD: put(w, " |"); break;
    case MD_BLOCK_TR: finish_line(w); break;
    case MD_BLOCK_THEAD:
        put(w, "|");
        buf_str(w->out, buf_text(&w->columns));
        finish_line(w);
        break;
    case MD_BLOCK_TABLE:
        w->in_table = false;
        end_block(w);
        break;
    default: break;
    }
}

/* ---- spans ---- */

static void put_text(MarkdownWriter *w, Str s) {
    bool at_start = w->at_start || w->fresh;
    open_line(w);
    markdown_text(w->out, s, at_start, w->in_table || w->options->summary);
}

static void open_link(MarkdownWriter *w, Str address) {
    open_line(w);
    markdown_open_link(w->out);
}

static void close_link(MarkdownWriter *w, Str address) {
    put(w, "](");
    markdown_address(w->out, address);
    put(w, ")");
}

static void put_code(MarkdownWriter *w, Str code, Str address) {
    if (address.len) open_link(w, address);
    open_line(w);
    markdown_code(w->out, code, w->in_table || w->options->summary);
    if (address.len) close_link(w, address);
}

static void end_line(MarkdownWriter *w, bool hard) {
    if (w->in_table) {
        put(w, " ");
        return;
    }
    if (hard) put(w, "\\");
    finish_line(w);
}

const MarkdownFormat markdown_plain = {
    .em = {"*", "*"},
    .strong = {"**", "**"},
    .del = {"~~", "~~"},
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
