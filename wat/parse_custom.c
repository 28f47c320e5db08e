/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Custom sections in the text: (@custom ...), (@producers ...), (@dylink.0 ...), and those that come
 * of the text itself, branch hints and names. Sections are sorted by their places at the end:
 * place 0 is before the first section, place 2n+1 and 2n+2 before and behind the n-th one. */
#include <stdlib.h>

#include "base/utf8.h"
#include "wat/internal.h"

enum { PLACE_LAST = 1000 };

static unsigned order_of(CoreSection section) {
    for (unsigned i = 0; i < CORE_SECTION_COUNT - 1; i++)
        if (core_section_order[i] == section) return i;
    return 0;
}

static void custom_fault(Wat *w, const char *what) { wat_fail(w, wat_here(w), WAT_CUSTOM, what); }

/* '(' ('before' | 'after') section ')' */
static unsigned custom_place(Wat *w) {
    static const struct {
        const char *word;
        CoreSection section;
    } words[] = {{"type", CORE_SECTION_TYPE},
                 {"import", CORE_SECTION_IMPORT},
                 {"func", CORE_SECTION_FUNC},
                 {"table", CORE_SECTION_TABLE},
                 {"memory", CORE_SECTION_MEMORY},
                 {"tag", CORE_SECTION_TAG},
                 {"global", CORE_SECTION_GLOBAL},
                 {"export", CORE_SECTION_EXPORT},
                 {"start", CORE_SECTION_START},
                 {"elem", CORE_SECTION_ELEM},
                 {"datacount", CORE_SECTION_DATA_COUNT},
                 {"code", CORE_SECTION_CODE},
                 {"data", CORE_SECTION_DATA}};
    unsigned place = PLACE_LAST;
    w->pos++;
    bool after = wat_take_kw(w, "after");
    if (!after && !wat_take_kw(w, "before")) {
        custom_fault(w, "malformed placement");
        return 0;
    }
    if (after ? wat_take_kw(w, "last") : wat_take_kw(w, "first")) {
        place = after ? PLACE_LAST : 0;
    } else {
        size_t i = 0, n = sizeof words / sizeof *words;
        while (i < n && !wat_is_kw(w, words[i].word)) i++;
        if (i == n) {
            custom_fault(w, "malformed section kind: expected a valid section name");
            return 0;
        }
        w->pos++;
        place = order_of(words[i].section) * 2 + 1 + after;
    }
    wat_close(w);
    return place;
}

static void add_custom(WatModule *p, unsigned place, Str name, Str bytes) {
    *vec_push(p->w->arena, &p->customs) = (WatCustom){.place = place, .name = name, .bytes = bytes};
}

/* '(@custom' string place? string* ')' */
static void raw_custom(WatModule *p) {
    Wat *w = p->w;
    w->pos++;
    if (!wat_is(w, TOK_STRING)) {
        custom_fault(w, "missing section name: expected a string");
        return;
    }
    Span span = wat_here(w);
    Str name = wat_string(w);
    if (utf8_valid_prefix(name) != name.len)
        wat_fail(w, span, WAT_CUSTOM, "malformed UTF-8 encoding");
    unsigned place = wat_is(w, TOK_OPEN) ? custom_place(w) : PLACE_LAST;
    Buf b = {.arena = w->arena};
    while (wat_is(w, TOK_STRING)) buf_str(&b, wat_string(w));
    if (!w->failed && !wat_is(w, TOK_CLOSE)) custom_fault(w, "unexpected token");
    wat_close(w);
    add_custom(p, place, name, b.ptr ? buf_text(&b) : (Str){"", 0});
}

/* '(@producers' ('(' field name version ')')* ')' */
Str wat_producers(Wat *w) {
    static const char *const words[] = {"language", "sdk", "processed-by"};
    Buf parts[3];
    uint32_t counts[3] = {0}, used = 0;
    for (int i = 0; i < 3; i++) parts[i] = (Buf){.arena = w->arena};
    w->pos++;
    while (wat_is(w, TOK_OPEN)) {
        w->pos++;
        int i = 0;
        while (i < 3 && !wat_is_kw(w, words[i])) i++;
        if (i == 3) {
            wat_unexpected(w, "`language`, `sdk` or `processed-by`");
            return (Str){0};
        }
        w->pos++;
        used += counts[i]++ == 0;
        buf_name(&parts[i], wat_name(w));
        buf_name(&parts[i], wat_name(w));
        wat_close(w);
    }
    wat_close(w);
    Buf b = {.arena = w->arena};
    buf_u32(&b, used);
    for (int i = 0; i < 3; i++) {
        if (!counts[i]) continue;
        buf_name(&b, str_from(words[i]));
        buf_u32(&b, counts[i]);
        buf_bytes(&b, parts[i].ptr, parts[i].len);
    }
    return buf_text(&b);
}

static uint32_t symbol_flags(Wat *w) {
    static const struct {
        const char *word;
        uint32_t flag;
    } words[] = {{"binding-weak", 1}, {"binding-local", 2}, {"visibility-hidden", 4},
                 {"undefined", 16},   {"exported", 32},     {"explicit-name", 64},
                 {"no-strip", 128},   {"tls", 256},         {"absolute", 512}};
    uint32_t flags = 0;
    while (!wat_done(w)) {
        size_t i = 0, n = sizeof words / sizeof *words;
        while (i < n && !wat_is_kw(w, words[i].word)) i++;
        if (i < n) flags |= words[i].flag, w->pos++;
        else flags |= wat_u32(w);
    }
    return flags;
}

/* A run of subsections of one kind shares a count: (export-info ...)(export-info ...). */
typedef struct {
    Buf out, inner;
    uint8_t id;
    uint32_t count;
} Dylink;

static void flush_dylink(Dylink *d) {
    if (!d->id) return;
    Buf body = {.arena = d->out.arena};
    if (d->id != 1) buf_u32(&body, d->count);
    buf_bytes(&body, d->inner.ptr, d->inner.len);
    buf_section(&d->out, d->id, &body);
    d->id = 0;
    d->count = 0;
    d->inner.len = 0;
}

static void dylink_mem_info(Wat *w, Buf *out) {
    static const char *const words[] = {"memory", "table"};
    uint32_t numbers[4] = {0};
    for (int i = 0; i < 2; i++) {
        if (!wat_take_open(w, words[i])) continue;
        numbers[2 * i] = wat_u32(w);
        numbers[2 * i + 1] = wat_u32(w);
        wat_close(w);
    }
    for (int i = 0; i < 4; i++) buf_u32(out, numbers[i]);
}

/* '(@dylink.0' ('(' 'mem-info' ... ')' | '(' 'needed' string* ')' | ...)* ')' */
static void dylink(WatModule *p) {
    static const char *const words[] = {"mem-info", "needed", "export-info", "import-info",
                                        "runtime-path"};
    Wat *w = p->w;
    Dylink d = {.out = {.arena = w->arena}, .inner = {.arena = w->arena}};
    w->pos++;
    while (wat_is(w, TOK_OPEN)) {
        w->pos++;
        uint8_t id = 0;
        while (id < 5 && !wat_is_kw(w, words[id])) id++;
        if (id++ == 5) {
            wat_unexpected(w,
                           "`mem-info`, `needed`, `export-info`, `import-info` or `runtime-path`");
            return;
        }
        w->pos++;
        if (id != d.id || (id != 3 && id != 4)) flush_dylink(&d);
        d.id = id;
        if (id == 1) dylink_mem_info(w, &d.inner);
        for (; (id == 2 || id == 5) && !wat_done(w); d.count++) buf_name(&d.inner, wat_name(w));
        if (id == 3 || id == 4) {
            if (id == 4) buf_name(&d.inner, wat_name(w));
            buf_name(&d.inner, wat_name(w));
            buf_u32(&d.inner, symbol_flags(w));
            d.count++;
        }
        wat_close(w);
    }
    wat_close(w);
    flush_dylink(&d);
    add_custom(p, 0, STR("dylink.0"), d.out.ptr ? buf_text(&d.out) : (Str){"", 0});
}

void wat_module_annotation(WatModule *p) {
    Wat *w = p->w;
    if (wat_is_annotation(w, "custom")) raw_custom(p);
    else if (wat_is_annotation(w, "producers"))
        add_custom(p, PLACE_LAST, STR("producers"), wat_producers(w));
    else if (wat_is_annotation(w, "dylink.0")) dylink(p);
    else wat_unexpected(w, "valid module field");
}

/* vec(funcidx vec(offset 1 value)) */
static void add_hints(WatModule *p) {
    if (p->hints.len == 0) return;
    Buf b = {.arena = p->w->arena};
    uint32_t funcs = 0;
    for (size_t i = 0; i < p->hints.len; i++)
        funcs += i == 0 || p->hints.at[i].func != p->hints.at[i - 1].func;
    buf_u32(&b, funcs);
    for (size_t i = 0, n; i < p->hints.len; i += n) {
        for (n = 1; i + n < p->hints.len && p->hints.at[i + n].func == p->hints.at[i].func;) n++;
        buf_u32(&b, p->hints.at[i].func);
        buf_u32(&b, (uint32_t)n);
        for (size_t j = i; j < i + n; j++) {
            buf_u32(&b, p->hints.at[j].at);
            buf_u32(&b, 1);
            buf_byte(&b, p->hints.at[j].value);
        }
    }
    add_custom(p, order_of(CORE_SECTION_CODE) * 2 + 1, STR("metadata.code.branch_hint"),
               buf_text(&b));
}

static int by_place(const void *a, const void *b) {
    const WatCustom *x = a, *y = b;
    if (x->place != y->place) return x->place < y->place ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

void wat_finish_customs(WatModule *p) {
    Arena *arena = p->w->arena;
    add_hints(p);
    if (!core_names_empty(&p->m->names)) {
        Buf b = {.arena = arena};
        core_names_encode(&p->m->names, &b);
        add_custom(p, PLACE_LAST, STR("name"), buf_text(&b));
    }
    for (size_t i = 0; i < p->customs.len; i++) p->customs.at[i].number = (uint32_t)i;
    if (p->customs.len) qsort(p->customs.at, p->customs.len, sizeof *p->customs.at, by_place);
    for (size_t i = 0; i < p->customs.len; i++) {
        const WatCustom *c = &p->customs.at[i];
        unsigned place =
            c->place > 2 * (CORE_SECTION_COUNT - 1) ? 2 * (CORE_SECTION_COUNT - 1) : c->place;
        uint8_t after = place < 2 ? 0 : core_section_order[(place - 2) / 2];
        core_custom_add(arena, p->m, c->name, c->bytes, after);
    }
}
