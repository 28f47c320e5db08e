/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The formatter of WIT. It works on tokens, not on a tree: the brackets and the first word of an item
 * tell all that the layout needs, no byte between two tokens can get lost, and memory is bound by
 * the longest item instead of the text.
 *
 *     text ─format_lex─▶ tokens ─format─▶ pieces ("then a space", "then perhaps a new line")
 *          ─format_print─▶ lines
 *
 * A stack of frames, one an open bracket, says where a token stands:
 *
 *     LIST    { ... } of interface, world, package, resource; the file: one item after the other
 *     FIELDS  { ... } of record, variant, enum, flags: one element a line
 *     USE     .{ ... }, WITH, PARAMS, TUPLE: groups, on one line if they fit there
 *     PLAIN   any other bracket, never broken
 *
 * A list stays broken where the text has a new line behind its opening bracket. The indentation is that
 * of the first item that is indented, if that is 2 or 4: packages of WIT in the world use both.
 *
 * Errors. If the text is no WIT, witc_explain is asked first where it is wrong. As soon as the tokens reach such a
 * place, what was written of the item is taken back, and the item is copied as it stands, up to where
 * the parser went on. A range of lines works alike: items out of it are taken back and copied.
 *
 * At the end the tokens of both texts are compared, so that no mistake in here changes a file's
 * meaning.
 */
#include "witc/internal.h"

#include "base/file.h"

enum { MAX_PASSES = 4, MAX_FRAMES = AST_MAX_DEPTH + 10 };

static const Str bom = STR_INIT("\xef\xbb\xbf");

typedef enum { LIST, FIELDS, USE, WITH, PARAMS, TUPLE, PLAIN } FrameKind;

/* What an item's first word says about the colons and braces in it. */
typedef enum { ITEM_OTHER, ITEM_PATH, ITEM_EXTERN, ITEM_FIELDS } ItemKind;

typedef struct {
    FrameKind kind;
    ItemKind item;  /* of LIST: that is being read */
    bool start;     /* of LIST: an item or, after its attributes, its first word is next */
    bool attribute; /* of LIST: within one */
    bool colon;     /* of LIST: one was read in this item */
} Frame;

/* What is taken back to where an item, or the end of a list, began. */
typedef struct {
    uint32_t start, after; /* its first token; the end of the token before */
    size_t length;         /* of the output */
    uint32_t column;
    Piece last;
} Mark;

typedef struct {
    Printer printer;
    Arena *arena;
    Str text;
    VEC(Frame) frames; /* the first one is the file */
    uint32_t level;    /* how many of them indent */
    SyntaxErrors errors;
    size_t next_error;
    Lex last;          /* that is no comment */
    bool tight_colon;  /* the last token is a colon without a space after it */
    VEC(Lex) comments; /* between `last` and the token that is next */
    Mark mark;
    bool in_item; /* since `mark` */
    bool wrong;   /* a word of the item is */
    uint32_t range_start, range_end;
    Diags *diags;
} Formatter;

/* ---- tokens ---- */

static bool is_mark(const Formatter *f, Lex t, char c) {
    return t.kind == LEX_MARK && t.end == t.start + 1 && f->text.ptr[t.start] == c;
}

static bool is_one_of(const Formatter *f, Lex t, const char *marks) {
    return t.kind == LEX_MARK && t.end == t.start + 1 && strchr(marks, f->text.ptr[t.start]);
}

static bool is_word(const Formatter *f, Lex t, const char *word) {
    return t.kind == LEX_WORD && str_is(str_from_to(f->text, t.start, t.end), word);
}

static bool is_comment(Lex t) { return t.kind == LEX_LINE_COMMENT || t.kind == LEX_BLOCK_COMMENT; }

static Lex peek(const Formatter *f, uint32_t from) {
    Lex t = witc_lex(f->text, from);
    while (is_comment(t)) t = witc_lex(f->text, t.end);
    return t;
}

/* The next token, and the comments before it in f->comments. */
static Lex read_token(Formatter *f) {
    f->comments.len = 0;
    Lex t = witc_lex(f->text, f->last.end);
    for (; is_comment(t); t = witc_lex(f->text, t.end)) *vec_push(f->arena, &f->comments) = t;
    if (f->last.kind == LEX_END && f->comments.len)
        f->comments.at[0].newlines++; /* the file begins */
    return t;
}

static Frame *top(const Formatter *f) { return &vec_last(&f->frames); }

static bool indents(FrameKind kind) { return kind == LIST || kind == FIELDS; }
static bool is_group(FrameKind kind) {
    return kind == USE || kind == WITH || kind == PARAMS || kind == TUPLE;
}

static void push_frame(Formatter *f, FrameKind kind) {
    *vec_push(f->arena, &f->frames) = (Frame){.kind = kind, .start = kind == LIST};
    f->level += indents(kind);
}

static void pop_frame(Formatter *f) { f->level -= indents(vec_pop(&f->frames).kind); }

static bool closes(const Formatter *f, Lex t) {
    static const char closer[] = "}}}})>";
    FrameKind kind = top(f)->kind;
    if (f->frames.len == 1) return false;
    return kind == PLAIN ? is_one_of(f, t, ")>") : is_mark(f, t, closer[kind]);
}

/* ---- what stands between two tokens ---- */

static bool starts_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '%' ||
           (unsigned char)c >= 0x80;
}

/* `import a: b;`, `import a: b:c/d;`, `import a: func();`, but `import a:b/c;` and, as white space
 * has a meaning there (grammar.js), `import a:b:c/d;`. */
static bool extern_colon_is_tight(const Formatter *f, Lex colon) {
    Lex word = peek(f, colon.end), next = peek(f, word.end);
    if (is_word(f, word, "func") || is_word(f, word, "async") || is_word(f, word, "interface"))
        return false;
    if (!is_mark(f, next, ':')) return is_mark(f, next, '/');
    bool space_before = strchr(" \t\r\n", f->text.ptr[colon.start - 1]);
    return !space_before && word.start == colon.end && starts_word(f->text.ptr[word.start]);
}

static bool colon_is_tight(Formatter *f, Lex colon) {
    Frame *frame = top(f);
    if (frame->kind != LIST || frame->item == ITEM_OTHER || frame->item == ITEM_FIELDS)
        return false;
    bool first = !frame->colon;
    frame->colon = true;
    return frame->item == ITEM_PATH || !first || extern_colon_is_tight(f, colon);
}

/* The first element of a list, or its end. */
static Break list_break(FrameKind kind) {
    switch (kind) {
    case LIST:
    case FIELDS: return BREAK_LINE;
    case WITH: return BREAK_SOFT_SPACE;
    case USE:
    case PARAMS:
    case TUPLE: return BREAK_SOFT;
    case PLAIN: break;
    }
    return BREAK_NONE;
}

static Break break_before(const Formatter *f, Lex t) {
    const Frame *frame = top(f);
    if (f->last.kind == LEX_END) return BREAK_LINE; /* the file begins */
    bool opened = is_one_of(f, f->last, "({<");
    if (closes(f, t)) {
        if (opened && !(f->comments.len && indents(frame->kind))) return BREAK_NONE;
        return list_break(frame->kind);
    }
    if (frame->kind == LIST && frame->start) return is_mark(f, t, ';') ? BREAK_NONE : BREAK_LINE;
    if (opened) return list_break(frame->kind);
    if (is_mark(f, f->last, ','))
        return is_group(frame->kind)   ? BREAK_SOFT_SPACE
               : frame->kind == FIELDS ? BREAK_LINE
                                       : BREAK_SPACE;
    if (is_one_of(f, t, ";,:/.@(<)>") || is_one_of(f, f->last, "/.@")) return BREAK_NONE;
    return f->tight_colon ? BREAK_NONE : BREAK_SPACE;
}

/* ---- comments ---- */

/* Where comments and a token go: see put_gap. */
typedef struct {
    Break before; /* the token, if there is no comment */
    bool begins;  /* it begins an element of a list ... */
    bool ends;    /* ... or ends the list */
    bool blanks;  /* may be kept */
    uint32_t level;
} Place;

static void put_comment(Formatter *f, Lex t, Break before, bool blank, uint32_t level) {
    bool line = t.kind == LEX_LINE_COMMENT;
    witc_put_piece(&f->printer, (Piece){.kind = line ? PIECE_LINE_COMMENT : PIECE_BLOCK_COMMENT,
                                        .before = before,
                                        .blank = blank,
                                        .level = level,
                                        .start = t.start,
                                        .end = t.end});
}

/* How many comments stand behind the token before, on its line; and the first one of those that
 * stand before the token `t` on its line, and go with it. */
static size_t count_trailing(const Formatter *f, Lex t, const Place *place, size_t *attached) {
    size_t n = f->comments.len, trailing = 0, last = n;
    while (trailing < n && f->comments.at[trailing].newlines == 0) trailing++;
    while (last > 0 && f->comments.at[last - 1].newlines == 0) last--;
    *attached = n;
    if (place->ends || t.newlines) return trailing;
    if (last > 0) *attached = last - 1;
    else if (place->begins) *attached = trailing = 0;
    return trailing;
}

/* The comments before a token:
 *
 *     a: u32, // trailing
 *     // on its own line
 *     [attached] b: u32,
 *
 * and how the token is parted from the last of them. */
static Break put_gap(Formatter *f, Lex t, const Place *place, bool *blank) {
    size_t attached, trailing = count_trailing(f, t, place, &attached), n = f->comments.len;
    bool at_list = place->begins || place->ends, line = false; /* a new line is needed */
    uint32_t level = place->level + !at_list;
    for (size_t i = 0; i < n; i++) {
        Lex c = f->comments.at[i];
        bool own = i >= trailing && i < attached, first = i == attached;
        bool inside = place->before == BREAK_NONE && is_one_of(f, f->last, "(<");
        Break before = BREAK_SPACE;
        if (own ? c.newlines > 0 : line) before = BREAK_LINE;
        else if (first && place->begins) before = place->before;
        else if (i == 0 && inside && c.kind == LEX_BLOCK_COMMENT) before = BREAK_NONE;
        put_comment(f, c, before, place->blanks && c.newlines > 1, level);
        line = own || c.kind == LEX_LINE_COMMENT;
    }
    *blank = place->blanks && t.newlines > 1;
    if (attached < n) return place->begins ? BREAK_SPACE : place->before;
    return line ? BREAK_LINE : place->before;
}

/* Does the text have a new line where the list begins? */
static bool is_broken(const Formatter *f, Lex t) {
    for (size_t i = 0; i < f->comments.len; i++)
        if (f->comments.at[i].newlines) return true;
    return t.newlines > 0;
}

/* ---- items ---- */

static void set_mark(Formatter *f, Lex t) {
    witc_flush_pieces(&f->printer);
    f->mark = (Mark){t.start, f->last.end, f->printer.out->len, f->printer.column, f->printer.last};
}

static void take_back(Formatter *f) {
    Printer *p = &f->printer;
    p->pieces.len = p->groups.len = p->broken.len = 0;
    p->lines_broken = 0;
    p->out->len = f->mark.length;
    p->column = f->mark.column;
    p->last = f->mark.last;
}

static void put_verbatim(Formatter *f, uint32_t start, uint32_t end, Break before, bool blank) {
    Piece piece = {.kind = PIECE_VERBATIM,
                   .before = before,
                   .blank = blank,
                   .level = f->level,
                   .start = start,
                   .end = end};
    witc_put_piece(&f->printer, piece);
}

/* Copies an item from its first token on, with the comments before it laid out. */
static void copy_item(Formatter *f, uint32_t start, uint32_t end) {
    uint32_t after = f->in_item ? f->mark.after : f->last.end;
    if (f->in_item) take_back(f);
    f->last.end = after;
    Lex t = read_token(f);
    while (f->comments.len && vec_last(&f->comments).start >= start) t = vec_pop(&f->comments);
    bool blank, joins = f->printer.pieces.len ? vec_last(&f->printer.pieces).kind == PIECE_VERBATIM
                                              : f->printer.last.kind == PIECE_VERBATIM;
    if (joins) {
        put_verbatim(f, after, end, BREAK_NONE, false);
    } else {
        Place place = {BREAK_LINE, .begins = true, .blanks = true, .level = f->level};
        Break before = put_gap(f, t, &place, &blank);
        put_verbatim(f, start, end, before, blank);
    }
    f->last = (Lex){.kind = LEX_WORD, .start = start, .end = end};
    f->tight_colon = false;
}

/* What begins at the mark has ended with token `t`. */
static void end_item(Formatter *f, Lex t) {
    f->in_item = false;
    if (f->wrong) {
        f->in_item = true;
        copy_item(f, f->mark.start, t.end);
        f->in_item = false;
        f->last = t;
    } else if (f->range_end != UINT32_MAX || f->range_start) {
        size_t line = str_find(f->text, '\n', f->mark.after);
        size_t start = line < f->mark.start ? line + 1 : f->mark.start;
        if (start >= f->range_end || t.end <= f->range_start) {
            take_back(f);
            put_verbatim(f, f->mark.after, t.end, BREAK_NONE, false);
        }
    }
    f->wrong = false;
}

/* ---- tokens to pieces ---- */

static FrameKind opened_frame(const Formatter *f, Lex t) {
    const Frame *frame = top(f);
    bool in_list = frame->kind == LIST;
    FrameKind kind = PLAIN;
    if (is_mark(f, t, '{')) {
        if (is_mark(f, f->last, '.')) kind = USE;
        else if (in_list && frame->item == ITEM_PATH && is_word(f, f->last, "with")) kind = WITH;
        else kind = in_list && frame->item == ITEM_FIELDS ? FIELDS : LIST;
    } else if (is_mark(f, t, '(')) {
        if (in_list && (is_word(f, f->last, "func") || is_word(f, f->last, "constructor")))
            kind = PARAMS;
    } else if (is_word(f, f->last, "tuple")) {
        kind = TUPLE;
    }
    return kind;
}

static ItemKind item_kind(const Formatter *f, Lex t) {
    static const struct {
        const char *word;
        ItemKind kind;
    } words[] = {
        {"package", ITEM_PATH},   {"use", ITEM_PATH},      {"include", ITEM_PATH},
        {"import", ITEM_EXTERN},  {"export", ITEM_EXTERN}, {"record", ITEM_FIELDS},
        {"variant", ITEM_FIELDS}, {"enum", ITEM_FIELDS},   {"flags", ITEM_FIELDS},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(f, t, words[i].word)) return words[i].kind;
    return ITEM_OTHER;
}

/* The first token of an item, of its attributes, or after them. */
static void start_item(Formatter *f, Lex t) {
    Frame *frame = top(f);
    frame->start = frame->colon = false;
    frame->attribute = is_mark(f, t, '@');
    frame->item = frame->attribute ? ITEM_OTHER : item_kind(f, t);
}

/* The comma after the last element is there where the list takes several lines. */
static void put_last_comma(Formatter *f) {
    Printer *p = &f->printer;
    if (!is_mark(f, f->last, ',')) witc_put_piece(p, (Piece){.kind = PIECE_COMMA});
    else if (p->pieces.len) vec_last(&p->pieces).kind = PIECE_COMMA;
}

static void put_token(Formatter *f, Lex t, bool blanks) {
    Printer *p = &f->printer;
    FrameKind kind = top(f)->kind;
    bool closer = closes(f, t), opened = is_one_of(f, f->last, "({<");
    if (closer && (is_group(kind) || kind == FIELDS) && !opened) put_last_comma(f);
    Piece piece = {.start = t.start, .end = t.end, .group = closer && is_group(kind) && !opened};
    Place place = {.before = break_before(f, t), .blanks = blanks, .level = f->level};
    place.ends = piece.group || (closer && indents(kind));
    place.begins = !place.ends && place.before > BREAK_SPACE;
    if (place.ends) piece.kind = PIECE_CLOSE;
    if (opened && !closer && is_group(kind) && is_broken(f, t))
        p->pieces.at[vec_last(&p->groups)].broken = true;
    piece.before = put_gap(f, t, &place, &piece.blank);
    piece.level = f->level + !(place.begins || closer) - (closer && indents(kind));
    if (is_one_of(f, t, "({<")) {
        push_frame(f, opened_frame(f, t));
        piece.group = is_group(top(f)->kind) && !closes(f, peek(f, t.end));
        if (piece.group || indents(top(f)->kind)) piece.kind = PIECE_OPEN;
    }
    witc_put_piece(p, piece);
    if (closer) pop_frame(f);
}

/* After a token: has an item, or the head of one, ended? */
static void after_token(Formatter *f, Lex t, FrameKind before) {
    Frame *frame = top(f);
    bool closed = is_one_of(f, t, "})>");
    if (is_mark(f, t, '{') && frame->kind == LIST) {
        end_item(f, t);
    } else if (frame->kind == LIST && frame->attribute && closed) {
        frame->attribute = false;
        frame->start = true;
    } else if (frame->kind == LIST &&
               (is_mark(f, t, ';') || (is_mark(f, t, '}') && before != USE))) {
        frame->start = true;
        end_item(f, t);
    }
}

static void put_end(Formatter *f, Lex t) {
    Place place = {BREAK_LINE, .ends = true, .blanks = true, .level = f->level};
    bool blank;
    set_mark(f, t);
    put_gap(f, t, &place, &blank);
    end_item(f, t);
    witc_flush_pieces(&f->printer);
}

static void token(Formatter *f, Lex t) {
    FrameKind before = top(f)->kind;
    bool closer = closes(f, t), in_item = f->in_item;
    bool after_with = is_mark(f, t, ';') && !in_item; /* `include a with { b as c };` */
    bool starts = before == LIST && top(f)->start && !closer && !after_with;
    if (before == LIST && !in_item && !after_with) set_mark(f, t);
    f->in_item = in_item || starts;
    bool tight = is_mark(f, t, ':') && colon_is_tight(f, t);
    put_token(f, t, !(starts && in_item));
    if (starts) start_item(f, t);
    f->last = t;
    f->tight_colon = tight;
    after_token(f, t, before);
}

/* ---- errors ---- */

/* Back to the list of items that the parser went on in. */
static void leave_frames(Formatter *f, uint32_t depth) {
    uint32_t lists = 0;
    size_t keep = 1;
    for (size_t i = 1; i < f->frames.len && lists < depth; i++) {
        if (f->frames.at[i].kind != LIST) continue;
        lists++;
        keep = i + 1;
    }
    while (f->frames.len > keep) pop_frame(f);
    top(f)->start = true;
    top(f)->attribute = false;
    f->in_item = f->wrong = false;
}

/* The next error is at `t` or before it. True if that was copied and the next token is another. */
static bool take_error(Formatter *f, Lex t) {
    SyntaxError error = f->errors.at[f->next_error++];
    if (error.end == 0) {
        f->wrong = f->wrong || error.start == t.start;
        return false;
    }
    uint32_t start = f->in_item ? f->mark.start : error.start < t.start ? error.start : t.start;
    uint32_t end = f->in_item && f->last.end > error.end ? f->last.end : error.end;
    if (start < f->last.end && !f->in_item) start = f->last.end;
    for (Lex u = t; u.start < end && u.kind != LEX_END; u = witc_lex(f->text, u.end))
        if (u.end > end) end = u.end; /* a wrong number is one token here, and several there */
    bool copied = end > start;
    if (copied) copy_item(f, start, end);
    leave_frames(f, error.depth);
    return copied;
}

/* Brackets so deep that indentation alone would fill the disk. */
static void refuse_depth(Formatter *f, Lex t) {
    const Source *source = f->printer.source;
    witc_explain(f->diags->arena, source, 0, f->diags, &f->errors);
    *vec_push(f->diags->arena, &f->errors) = (SyntaxError){t.start, (uint32_t)f->text.len, 0};
}

static void walk(Formatter *f) {
    for (;;) {
        Lex t = read_token(f);
        if (f->frames.len > MAX_FRAMES && !f->errors.len) refuse_depth(f, t);
        bool copied = false;
        while (!copied && f->next_error < f->errors.len &&
               f->errors.at[f->next_error].start <= t.start)
            copied = take_error(f, t);
        if (copied) continue;
        if (t.kind == LEX_END) {
            put_end(f, t);
            return;
        }
        token(f, t);
    }
}

/* ---- the whole text ---- */

/* The next token that counts: no comma before the end of a list. */
static Lex significant(Str text, uint32_t at) {
    Lex t = witc_lex(text, at);
    if (t.kind != LEX_MARK || text.ptr[t.start] != ',') return t;
    Lex next = witc_lex(text, t.end), after = next;
    while (is_comment(after)) after = witc_lex(text, after.end);
    bool last = after.kind == LEX_MARK && strchr(")}>", text.ptr[after.start]);
    return last ? next : t;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Two tokens are the same; comments may differ in white space. */
static bool same_token(Str a, Lex s, Str b, Lex t) {
    if (s.kind != t.kind) return false;
    if (!is_comment(s))
        return str_eq(str_from_to(a, s.start, s.end), str_from_to(b, t.start, t.end));
    size_t i = s.start, j = t.start;
    for (;; i++, j++) {
        while (i < s.end && is_blank(a.ptr[i])) i++;
        while (j < t.end && is_blank(b.ptr[j])) j++;
        if (i == s.end || j == t.end) return i == s.end && j == t.end;
        if (a.ptr[i] != b.ptr[j]) return false;
    }
}

static bool same_tokens(Str a, Str b) {
    Lex s = {0}, t = {0};
    s.end = t.end = str_starts(a, bom) ? (uint32_t)bom.len : 0;
    do {
        s = significant(a, s.end);
        t = significant(b, t.end);
        if (!same_token(a, s, b, t)) return false;
    } while (s.kind != LEX_END);
    return true;
}

/* Lines first..last, from 1, as bytes. */
static void find_range(Formatter *f, uint32_t first, uint32_t last) {
    uint32_t line = 1;
    f->range_end = UINT32_MAX;
    for (size_t at = 0; first && line <= last; line++) {
        if (line == first) f->range_start = (uint32_t)at;
        at = str_find(f->text, '\n', at);
        if (at == SIZE_MAX) {
            if (line < first) f->range_start = UINT32_MAX;
            return;
        }
        at++;
        if (line == last) f->range_end = (uint32_t)at;
    }
}

/* The first indentation in the text decides: 2 spaces or 4. */
static uint32_t indent_of(Str text) {
    uint32_t depth = 0, after_open = 0;
    for (Lex t = witc_lex(text, 0); t.kind != LEX_END; t = witc_lex(text, t.end)) {
        if (after_open && t.newlines) {
            uint32_t start = t.start;
            while (start > after_open && text.ptr[start - 1] == ' ') start--;
            return t.start - start == 2 && text.ptr[start - 1] == '\n' ? 2 : 4;
        }
        char c = t.kind == LEX_MARK ? text.ptr[t.start] : '\0';
        depth += c == '{';
        depth -= c == '}' && depth > 0;
        after_open = c == '{' && depth == 1 ? t.end : 0;
    }
    return 4;
}

static Str newline_of(Str text) {
    size_t at = str_find(text, '\n', 0);
    return at != SIZE_MAX && at > 0 && text.ptr[at - 1] == '\r' ? STR("\r\n") : STR("\n");
}

static void find_errors(Formatter *f, const Source *source, Diags *diags) {
    CstParser *parser = witc_cst_parser_new(f->arena);
    Cst cst = {0};
    bool is_wit = witc_cst_parse(parser, f->text, &cst);
    witc_cst_free(&cst);
    witc_cst_parser_free(parser);
    if (is_wit || witc_explain(diags->arena, source, 0, diags, &f->errors)) return;
    Str shown = str_from_to(f->text, 0, str_find(f->text, '\n', 0));
    diag(diags, WIT_SYNTAX, ((Span){source, 0, 0}), STR_ARG(shown));
    *vec_push(diags->arena, &f->errors) = (SyntaxError){0, (uint32_t)f->text.len, 0};
}

/* One pass; its syntax errors are added to `diags`. */
static void format_once(Arena *arena, const Source *source, const WitcFormatOptions *options,
                        Buf *out, Diags *diags) {
    Formatter f = {.arena = arena, .text = source->text, .diags = diags};
    if (str_starts(f.text, bom)) {
        buf_str(out, bom);
        f.last.end = (uint32_t)bom.len;
    }
    f.printer = (Printer){.arena = arena, .source = source, .options = options, .out = out};
    f.printer.newline = newline_of(f.text);
    f.printer.base = out->len;
    find_range(&f, options->first_line, options->last_line);
    find_errors(&f, source, diags);
    push_frame(&f, LIST);
    f.level = 0;
    walk(&f);
    bool copied = f.printer.last.kind == PIECE_VERBATIM && f.range_end != UINT32_MAX;
    if (out->len > f.printer.base && out->ptr[out->len - 1] != '\n' && !copied)
        buf_str(out, f.printer.newline);
}

/* Where there are errors, the parser may go on elsewhere when lines have moved: passes until nothing
 * moves any more. The text as it is, if that does not happen soon. */
static Str format_broken(Arena *arena, const Source *source, Str once,
                         const WitcFormatOptions *options) {
    for (int pass = 0; pass < MAX_PASSES; pass++) {
        Diags diags = {.arena = arena};
        Buf out = {.arena = arena};
        format_once(arena, source_of(arena, source->path, once), options, &out, &diags);
        if (str_eq(buf_text(&out), once)) return once;
        once = buf_text(&out);
    }
    return source->text;
}

bool witc_format(const Source *source, const WitcFormatOptions *options, Buf *out, Diags *diags) {
    if (!witc_check_characters(source, diags)) return false;
    Arena *arena = arena_new();
    WitcFormatOptions wanted = *options;
    if (!wanted.indent) wanted.indent = indent_of(source->text);
    if (!wanted.width) wanted.width = 100;
    size_t errors = diags->errors;
    Buf text = {.arena = arena};
    format_once(arena, source, &wanted, &text, diags);
    Str result = buf_text(&text);
    if (diags->errors > errors && !wanted.first_line)
        result = format_broken(arena, source, result, &wanted);
    bool same = same_tokens(source->text, result);
    if (same) buf_str(out, result);
    else diag(diags, WIT_FORMAT_FAILED, ((Span){source, 0, 0}));
    arena_free(arena);
    return same;
}
