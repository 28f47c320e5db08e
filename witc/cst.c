/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From text to concrete syntax tree, by the tables that tree-sitter generated for its own library
 * (grammar/src/parser.c) and with the tokens that it reads there (grammar/src/scan.h). The grammar
 * is LR(1) without conflicts, so nothing of what makes that library slow is needed: no several
 * stacks, no trees shared between them, no memory for each node.
 *
 *     stack   state  state  state  ...      of the automaton
 *             nodes  nodes  nodes           what was read in between: a list of siblings
 *
 * To shift is to push a token's node; to reduce is to join the lists of as many entries as the
 * production has parts, and, where its symbol shows in the tree, to make them children of one node.
 * Comments may stand anywhere: they are entries that no production counts. Those on top when a
 * production is reduced come after it.
 *
 * Where the tables have no action, the text is not WIT: recover.c knows more.
 */
#include "witc/internal.h"

#include <stdlib.h>

#include "grammar/src/tree_sitter/parser.h"

const TSLanguage *tree_sitter_wit(void);

/* ---- tokens ---- */

/* Bytes stand for code points: from 0x80 on they are all alike to the tokens. */
typedef struct {
    const unsigned char *at, *end, *marked;
    int token;
} Scan;

static inline int32_t peek(const Scan *scan) { return scan->at < scan->end ? *scan->at : 0; }
static inline bool at_end(const Scan *scan) { return scan->at >= scan->end; }
static inline void advance(Scan *scan) { scan->at++; }
/* Eight bytes at a time while none of them is one of the two. */
static inline void advance_line(Scan *scan) {
    const uint64_t each = 0x0101010101010101u;
    uint64_t word;
    for (; scan->end - scan->at >= 8; scan->at += 8) {
        memcpy(&word, scan->at, sizeof word);
        uint64_t lf = word ^ '\n' * each, cr = word ^ '\r' * each;
        if ((((lf - each) & ~lf) | ((cr - each) & ~cr)) & 0x80 * each) break;
    }
    while (!at_end(scan) && *scan->at != '\n' && *scan->at != '\r') scan->at++;
}
static inline void skip(Scan *scan) { scan->at++; }
static inline void mark_end(Scan *scan) { scan->marked = scan->at; }
static inline bool finish(Scan *scan, int token) {
    scan->token = token;
    return true;
}

#include "grammar/src/scan.h"

/* ---- the automaton ---- */

enum { FIRST_STATE = 1, MAX_STATE = 0x7fff, CACHE_SIZE = 2048, END_SYMBOL = 0 };

typedef struct {
    uint16_t state : 15, is_extra : 1;
    uint16_t symbol;
    uint32_t start, end;  /* bytes of the text */
    uint32_t first, last; /* nodes, siblings; 0: none */
} Part;

struct CstParser {
    const TSLanguage *language;
    const TSLexMode *modes;
    const bool *shown; /* of each symbol: has it a node? */
    uint64_t *cache;   /* state, symbol, and what the tables have for them */
    Part *stack;       /* the state that each one leads to, and what was read for it */
    size_t depth, room;
    Scan scan;
    const unsigned char *text;
    Cst *cst;
};

static void *must(void *p) {
    if (p) return p;
    fputs("witc: out of memory\n", stderr);
    exit(1);
}

/* Punctuation says nothing that the nodes around it do not. */
static bool is_shown(const TSLanguage *language, uint32_t symbol) {
    TSSymbolMetadata data = language->symbol_metadata[symbol];
    char c = language->symbol_names[symbol][0];
    return data.visible && (data.named || (c >= 'a' && c <= 'z') || c == '_');
}

CstParser *witc_cst_parser_new(Arena *arena) {
    CstParser *p = ARENA_NEW(arena, CstParser);
    const TSLanguage *language = tree_sitter_wit();
    bool *shown = ARENA_NEW_ARRAY(arena, bool, language->symbol_count);
    for (uint32_t i = 0; i < language->symbol_count; i++) shown[i] = is_shown(language, i);
    *p = (CstParser){.language = language, .shown = shown};
    p->modes = (const TSLexMode *)language->lex_modes;
    p->cache = ARENA_NEW_ARRAY(arena, uint64_t, CACHE_SIZE);
    return p;
}

void witc_cst_parser_free(CstParser *p) {
    if (!p) return;
    free(p->stack);
    p->stack = NULL;
    p->depth = p->room = 0;
}

/* What the tables have for a symbol in a state: a state to go on in, or a place of `parse_actions`.
 * 0: nothing. The rows of most states are lists, (value, count, symbols)*. */
static uint16_t find_entry(const TSLanguage *language, uint16_t state, uint16_t symbol) {
    if (state < language->large_state_count)
        return language->parse_table[state * language->symbol_count + symbol];
    const uint16_t *row = language->small_parse_table +
                          language->small_parse_table_map[state - language->large_state_count];
    for (uint16_t groups = *row++; groups > 0; groups--) {
        uint16_t value = *row++;
        for (uint16_t n = *row++; n > 0; n--)
            if (*row++ == symbol) {
                return value;
            }
    }
    return 0;
}

static inline uint16_t entry_of(CstParser *p, uint16_t state, uint16_t symbol) {
    uint64_t key = (uint64_t)state << 16 | symbol;
    uint64_t *slot = &p->cache[(state * 7 + symbol * 131u) % CACHE_SIZE];
    if (*slot >> 16 != key) *slot = key << 16 | find_entry(p->language, state, symbol);
    return (uint16_t)*slot;
}

/* The only thing to do; NULL where there is nothing or a choice. A repetition is never shifted
 * whole: that is for trees of an earlier text. */
static inline const TSParseAction *action_of(CstParser *p, uint16_t state, uint16_t symbol) {
    const TSParseActionEntry *entry = &p->language->parse_actions[entry_of(p, state, symbol)];
    const TSParseAction *action = &entry[1].action, *other = &entry[2].action;
    switch (entry->entry.count) {
    case 1: return action;
    case 2: return other->type == TSParseActionTypeShift && other->shift.repetition ? action : NULL;
    default: return NULL;
    }
}

/* ---- nodes ---- */

static void grow(Cst *cst) {
    cst->cap = cst->cap ? cst->cap * 2 : 1024;
    cst->nodes = must(realloc(cst->nodes, cst->cap * sizeof *cst->nodes));
}

static inline uint32_t add_node(Cst *cst, CstNode node) {
    if (cst->len == 0) cst->len = 1; /* 0 is no node */
    if (cst->len >= cst->cap) grow(cst);
    cst->nodes[cst->len] = node;
    return cst->len++;
}

uint32_t witc_cst_add(Cst *cst, CstNode node) { return add_node(cst, node); }

void witc_cst_free(Cst *cst) {
    free(cst->nodes);
    *cst = (Cst){0};
}

static void grow_stack(CstParser *p) {
    p->room = p->room ? p->room * 2 : 256;
    p->stack = must(realloc(p->stack, p->room * sizeof *p->stack));
}

static inline Part *push(CstParser *p) {
    if (p->depth == p->room) grow_stack(p);
    return &p->stack[p->depth++];
}

static inline void append(CstParser *p, Part *list, const Part *more) {
    if (!more->first) return;
    if (list->last) p->cst->nodes[list->last].next = more->first;
    else list->first = more->first;
    list->last = more->last;
}

/* The nodes of a part get its field, but for those that have one of their own. */
static void set_field(CstParser *p, const Part *part, uint8_t field) {
    for (uint32_t i = part->first; i; i = p->cst->nodes[i].next) {
        CstNode *node = &p->cst->nodes[i];
        if (!node->field && !(node->flags & CST_EXTRA)) node->field = field;
        if (i == part->last) break;
    }
}

static void set_fields(CstParser *p, const Part *parts, size_t n, uint16_t production) {
    TSMapSlice slice = p->language->field_map_slices[production];
    for (const TSFieldMapEntry *e = p->language->field_map_entries + slice.index,
                               *end = e + slice.length;
         e < end; e++) {
        if (e->inherited) continue; /* set when what the part was made of was reduced */
        size_t place = 0;
        for (size_t child = 0; place < n; place++)
            if (!parts[place].is_extra && child++ == e->child_index) break;
        if (place < n) set_field(p, &parts[place], (uint8_t)e->field_id);
    }
}

/* ---- shift, reduce, accept ---- */

static inline void shift(CstParser *p, uint16_t state, uint16_t symbol, Part token) {
    token.state = state & MAX_STATE;
    token.symbol = symbol;
    if (p->shown[symbol]) {
        uint8_t flags = token.is_extra ? CST_EXTRA : 0;
        token.first = token.last =
            add_node(p->cst, (CstNode){p->language->public_symbol_map[symbol], 0, flags,
                                       token.start, token.end, 0, 0});
    }
    *push(p) = token;
}

/* Entries that are no part of what was reduced stay on top of it, in its state. */
static inline bool replace(CstParser *p, size_t from, size_t end, Part whole) {
    p->stack[from] = whole;
    for (size_t i = end; i < p->depth; i++) {
        p->stack[++from] = p->stack[i];
        p->stack[from].state = whole.state;
    }
    p->depth = from + 1;
    return whole.state != 0;
}

static bool reduce(CstParser *p, const TSParseAction *action) {
    unsigned n = action->reduce.child_count;
    uint16_t symbol = action->reduce.symbol;
    if (n == 0) *push(p) = (Part){0}; /* a text without items: no other production is empty */
    size_t end = p->depth;
    while (n > 0 && p->stack[end - 1].is_extra) end--;
    size_t from = n == 0 ? end - 1 : end;
    for (; n > 0; n -= !p->stack[from].is_extra) from--;
    const Part *parts = &p->stack[from];
    Part whole = {.symbol = symbol, .start = parts->start, .end = p->stack[end - 1].end};
    if (action->reduce.production_id)
        set_fields(p, parts, end - from, action->reduce.production_id);
    for (size_t i = from; i < end; i++) append(p, &whole, &p->stack[i]);
    if (p->shown[symbol]) {
        uint16_t shown = p->language->public_symbol_map[symbol];
        whole.first = whole.last =
            add_node(p->cst, (CstNode){shown, 0, 0, whole.start, whole.end, whole.first, 0});
    }
    whole.state = entry_of(p, p->stack[from - 1].state, symbol) & MAX_STATE;
    return replace(p, from, end, whole);
}

/* The root: its children are all that is on the stack, comments before and after what was reduced
 * last included. */
static void accept(CstParser *p) {
    Part all = {0};
    uint32_t root = 0;
    for (size_t i = 1; i < p->depth; i++) {
        Part entry = p->stack[i];
        if (!entry.is_extra) {
            root = entry.first;
            entry.first = p->cst->nodes[root].child;
            for (entry.last = entry.first; entry.first && p->cst->nodes[entry.last].next;)
                entry.last = p->cst->nodes[entry.last].next;
        }
        append(p, &all, &entry);
    }
    p->cst->nodes[root].child = all.first;
    p->cst->nodes[root].start = 0;
    p->cst->nodes[root].end = (uint32_t)(p->scan.end - p->text);
    p->cst->root = root;
}

/* The next token, as a symbol; 0 at the end. */
static inline uint16_t read_token(CstParser *p, uint16_t state, Part *token) {
    Scan *scan = &p->scan;
    const bool *valid =
        p->language->external_scanner.states +
        (size_t)p->modes[state].external_lex_state * p->language->external_token_count;
    bool after_space = is_space(peek(scan));
    skip_space(scan);
    *token = (Part){.start = (uint32_t)(scan->at - p->text)};
    token->end = token->start;
    if (at_end(scan)) return END_SYMBOL;
    if (valid[MARK] || !scan_token(scan, valid, after_space)) scan->token = NEVER;
    else scan->at = scan->marked;
    token->end = (uint32_t)(scan->at - p->text);
    return p->language->external_scanner.symbol_map[scan->token];
}

bool witc_cst_parse(CstParser *p, Str text, Cst *cst) {
    p->text = (const unsigned char *)(text.len ? text.ptr : "");
    p->scan = (Scan){.at = p->text, .end = p->text + text.len};
    if (str_starts(text, STR("\xef\xbb\xbf"))) p->scan.at += 3;
    p->cst = cst;
    cst->len = 0;
    p->depth = 0;
    *push(p) = (Part){.state = FIRST_STATE};
    for (;;) {
        Part token;
        uint16_t state = p->stack[p->depth - 1].state;
        uint16_t symbol = read_token(p, state, &token);
        const TSParseAction *action = action_of(p, state, symbol);
        while (action && action->type == TSParseActionTypeReduce) {
            if (!reduce(p, action)) return false;
            state = p->stack[p->depth - 1].state;
            action = action_of(p, state, symbol);
        }
        if (!action) return false;
        if (action->type == TSParseActionTypeAccept) break;
        if (action->type != TSParseActionTypeShift) return false;
        token.is_extra = action->shift.extra;
        shift(p, token.is_extra ? state : action->shift.state, symbol, token);
    }
    accept(p);
    return true;
}

uint32_t witc_cst_whole_items(const CstParser *p) {
    uint32_t end = 0;
    for (size_t i = 1; i < p->depth; i++) {
        const char *name = p->language->symbol_names[p->stack[i].symbol];
        if (p->stack[i].is_extra) continue;
        if (strcmp(name, "package_decl") != 0 && strcmp(name, "source_file_repeat1") != 0) break;
        end = p->stack[i].end;
    }
    return end;
}
