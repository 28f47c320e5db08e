/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Markdown's events as Markdown: the same document in one manner, so that it means the same on any
 * page. Every line begins with the prefix of the blocks that are open; a quote or a list item that
 * opens writes its own part at once and leaves the line `fresh` for what comes next:
 *
 *     > - text        prefix "> " and then "> " "  "
 *     >   text
 */
#include "base/utf8.h"
#include "report/markdown.h"

#if defined __has_include
#if __has_include(<md4c.h>)
#include <md4c.h>

enum { SUMMARY_LENGTH = 160 };

/* ---- lines ---- */

static void open_line(MarkdownWriter *w) {
    w->fresh = false;
    if (!w->at_start) return;
    if (!w->options->summary) buf_str(w->out, buf_text(&w->prefix));
    w->at_start = false;
}

static void end_line(MarkdownWriter *w) {
    if (!w->at_start) buf_byte(w->out, '\n');
    w->at_start = true;
    w->fresh = false;
}

/* Before a block: on a line of its own, after a blank one if that is due. */
static void begin_block(MarkdownWriter *w) {
    if (!w->fresh) {
        end_line(w);
        if (w->blank) {
            buf_str(w->out, str_trim(buf_text(&w->prefix)));
            buf_byte(w->out, '\n');
        }
    }
    w->blank = false;
}

static void end_block(MarkdownWriter *w) {
    end_line(w);
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
    end_line(w);
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
    w->in_code = false;
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

static int enter_block(MD_BLOCKTYPE type, void *detail, void *context) {
    MarkdownWriter *w = context;
    if (markdown_stop(w)) return 1;
    if (w->options->summary) {
        w->skip = type == MD_BLOCK_CODE || type == MD_BLOCK_H;
        return 0;
    }
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
        w->in_code = true;
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
    return 0;
}

/* ---- spans ---- */

static void put_code(MarkdownWriter *w) {
    const MarkdownOptions *o = w->options;
    Str code = buf_text(&w->code), address = {0};
    bool in_table = w->in_table || o->summary, brackets = markdown_in_brackets(w);
    if (!w->links.len && !o->summary)
        address = o->resolve(o->context, code, brackets ? CODE_LINK : CODE_NAME);
    open_line(w);
    if (brackets && o->summary) w->out->len--;
    if (address.len && !brackets) buf_byte(w->out, '[');
    markdown_code(w->out, code, in_table);
    w->drop_bracket = brackets && (address.len || o->summary);
    if (!address.len) return;
    buf_str(w->out, STR("]("));
    markdown_address(w->out, address);
    buf_byte(w->out, ')');
}

static void open_link(MarkdownWriter *w, const MD_ATTRIBUTE *attribute) {
    bool inside = false;
    for (size_t i = 0; i < w->links.len; i++) inside |= w->links.at[i].len > 0;
    Str address = inside ? (Str){0} : markdown_link(w, attribute);
    *vec_push(w->options->arena, &w->links) = address;
    if (address.len) put(w, "[");
}

static void close_link(MarkdownWriter *w) {
    Str address = vec_pop(&w->links);
    if (!address.len) return;
    put(w, "](");
    markdown_address(w->out, address);
    put(w, ")");
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
    case MD_SPAN_EM: put(w, "*"); break;
    case MD_SPAN_STRONG: put(w, "**"); break;
    case MD_SPAN_DEL: put(w, "~~"); break;
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
    case MD_SPAN_EM: put(w, "*"); break;
    case MD_SPAN_STRONG: put(w, "**"); break;
    case MD_SPAN_DEL: put(w, "~~"); break;
    case MD_SPAN_A:
    case MD_SPAN_IMG: close_link(w); break;
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
        w->done = w->text_len > 0;
        w->skip = false;
        return w->done;
    }
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
    case MD_BLOCK_TR: end_line(w); break;
    case MD_BLOCK_THEAD:
        put(w, "|");
        buf_str(w->out, buf_text(&w->columns));
        end_line(w);
        break;
    case MD_BLOCK_TABLE:
        w->in_table = false;
        end_block(w);
        break;
    default: break;
    }
    return 0;
}

/* ---- text ---- */

static void put_text(MarkdownWriter *w, Str s) {
    bool at_start = w->at_start || w->fresh;
    open_line(w);
    markdown_text(w->out, s, at_start, w->in_table || w->options->summary);
}

static void put_entity(MarkdownWriter *w, Str entity) {
    char bytes[4];
    uint32_t c = markdown_entity(entity);
    if (c) put_text(w, (Str){bytes, utf8_put(bytes, c)});
    else put(w, str_c(w->options->arena, entity));
}

static void put_normal(MarkdownWriter *w, Str s) {
    if (w->drop_bracket && s.len && s.ptr[0] == ']') s = str_after(s, 1);
    w->drop_bracket = false;
    size_t room = SUMMARY_LENGTH - w->text_len;
    if (w->options->summary && s.len > room) {
        while (room > 0 && s.ptr[room] != ' ') room--;
        s.len = room;
        w->done = true;
    }
    put_text(w, s);
    if (w->done) put(w, " \xe2\x80\xa6");
    w->text_len += w->options->summary ? s.len : 0;
}

static int text(MD_TEXTTYPE type, const MD_CHAR *p, MD_SIZE n, void *context) {
    MarkdownWriter *w = context;
    Str s = {p, n};
    if (markdown_stop(w)) return 1;
    if (w->skip) return 0;
    switch (type) {
    case MD_TEXT_NORMAL: put_normal(w, s); break;
    case MD_TEXT_CODE:
        buf_str(&w->code, s);
        w->code_end = p + n;
        w->text_len += w->options->summary ? n : 0;
        break;
    case MD_TEXT_NULLCHAR: put(w, "\xef\xbf\xbd"); break;
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
        if (w->options->summary || w->in_table) {
            put(w, " ");
            break;
        }
        if (type == MD_TEXT_BR) put(w, "\\");
        end_line(w);
        break;
    case MD_TEXT_ENTITY: put_entity(w, s); break;
    default: put_text(w, s); break;
    }
    return w->done;
}

void markdown_text_events(struct MD_PARSER *parser) {
    parser->enter_block = enter_block;
    parser->leave_block = leave_block;
    parser->enter_span = enter_span;
    parser->leave_span = leave_span;
    parser->text = text;
}
#endif
#endif
