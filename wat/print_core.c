/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Modules as text, the mirror of parse_core.c: sections in their order, one definition a line, laid
 * out as wasm-tools does. The module need not be valid: indices that mean nothing are printed as
 * they are. */
#include "wat/internal.h"

WatModulePrinter wat_module_printer(WatPrinter *p, const CoreModule *m) {
    static const CoreNameMap none;
    const CoreNames *n = &m->names;
    return (WatModulePrinter){.p = p,
                              .m = m,
                              .funcs = wat_names(p, &n->funcs, "func", true),
                              .tables = wat_names(p, &n->tables, "table", true),
                              .memories = wat_names(p, &n->memories, "memory", true),
                              .globals = wat_names(p, &n->globals, "global", true),
                              .tags = wat_names(p, &n->tags, "tag", true),
                              .types = wat_names(p, &n->types, "type", true),
                              .elems = wat_names(p, &n->elems, "elem", true),
                              .datas = wat_names(p, &n->datas, "data", true),
                              .locals = wat_names(p, &none, "local", true),
                              .labels = wat_names(p, &none, "label", false),
                              .place = "before first"};
}

/* ---- types ---- */

static const char *ref_word(CoreValType t) {
    if (core_is_concrete(t) || (t & (CORE_SHARED | CORE_EXACT)) || !core_is_nullable(t))
        return NULL;
    switch (core_heap(t)) {
    case CORE_HEAP_FUNC: return "funcref";
    case CORE_HEAP_EXTERN: return "externref";
    case CORE_HEAP_I31: return "i31ref";
    case CORE_HEAP_ANY: return "anyref";
    case CORE_HEAP_NONE: return "nullref";
    case CORE_HEAP_NOEXTERN: return "nullexternref";
    case CORE_HEAP_NOFUNC: return "nullfuncref";
    case CORE_HEAP_EQ: return "eqref";
    case CORE_HEAP_STRUCT: return "structref";
    case CORE_HEAP_ARRAY: return "arrayref";
    case CORE_HEAP_EXN: return "exnref";
    case CORE_HEAP_NOEXN: return "nullexnref";
    case CORE_HEAP_CONT:
    case CORE_HEAP_NOCONT:
    case CORE_HEAP_BOTTOM: break;
    }
    return NULL;
}

void wat_print_heap_type(WatModulePrinter *mp, CoreValType t) {
    WatPrinter *p = mp->p;
    if (core_is_concrete(t)) {
        if (t & CORE_EXACT) wat_put(p, "(exact ");
        wat_put_index(p, &mp->types, core_type_index(t));
        if (t & CORE_EXACT) wat_put(p, ")");
        return;
    }
    const char *name = core_heap_name(core_heap(t));
    if (t & CORE_SHARED) wat_put(p, "(shared ");
    wat_put(p, name ? name : "?");
    if (t & CORE_SHARED) wat_put(p, ")");
}

void wat_print_val_type(WatModulePrinter *mp, CoreValType t) {
    WatPrinter *p = mp->p;
    switch (core_kind(t)) {
    case CORE_KIND_I32: wat_put(p, "i32"); return;
    case CORE_KIND_I64: wat_put(p, "i64"); return;
    case CORE_KIND_F32: wat_put(p, "f32"); return;
    case CORE_KIND_F64: wat_put(p, "f64"); return;
    case CORE_KIND_V128: wat_put(p, "v128"); return;
    case CORE_KIND_I8: wat_put(p, "i8"); return;
    case CORE_KIND_I16: wat_put(p, "i16"); return;
    case CORE_BOTTOM:
    case CORE_KIND_REF: break;
    }
    const char *word = ref_word(t);
    if (word) {
        wat_put(p, word);
        return;
    }
    wat_put(p, core_is_nullable(t) ? "(ref null " : "(ref ");
    wat_print_heap_type(mp, t);
    wat_put(p, ")");
}

/* Groups of locals or parameters: named ones stand alone, unnamed ones share a group. */
typedef struct {
    const char *word;
    const WatNames *names; /* NULL: none */
    bool open, first, alone;
} LocalGroups;

static void put_local(WatModulePrinter *mp, LocalGroups *g, uint32_t index, CoreValType type) {
    WatPrinter *p = mp->p;
    Str name;
    bool named = g->names && wat_has_name(g->names, index, &name);
    bool invented = g->names && p->options.name_unnamed;
    if (named && g->open) {
        wat_put(p, ")");
        g->open = false;
    }
    if (!g->first) wat_put(p, " ");
    g->first = false;
    if (!g->open) buf_fmt(p->out, "(%s ", g->word);
    g->open = true;
    if (named || invented) {
        wat_put_optional_name(p, g->names, index);
        wat_put(p, " ");
    }
    wat_print_val_type(mp, type);
    if (named || invented) {
        wat_put(p, ")");
        g->open = false;
    }
}

void wat_print_func_type(WatModulePrinter *mp, const CoreType *t, const WatNames *names) {
    WatPrinter *p = mp->p;
    LocalGroups groups = {.word = "param", .names = names, .first = true};
    if (t->param_count) wat_put(p, " ");
    for (uint32_t i = 0; i < t->param_count; i++) put_local(mp, &groups, i, t->params[i]);
    if (groups.open) wat_put(p, ")");
    if (!t->result_count) return;
    wat_put(p, " (result");
    for (uint32_t i = 0; i < t->result_count; i++) {
        wat_put(p, " ");
        wat_print_val_type(mp, t->results[i]);
    }
    wat_put(p, ")");
}

static void put_field(WatModulePrinter *mp, const CoreField *f, const WatNames *names,
                      uint32_t index) {
    WatPrinter *p = mp->p;
    wat_put(p, " ");
    Str name;
    if (names && (wat_has_name(names, index, &name) || p->options.name_unnamed)) {
        wat_put_index(p, names, index);
        wat_put(p, " ");
    }
    if (f->mutable) wat_put(p, "(mut ");
    wat_print_val_type(mp, f->type);
    if (f->mutable) wat_put(p, ")");
}

static WatNames field_names(WatModulePrinter *mp, uint32_t type) {
    return wat_names(mp->p, core_name_group(&mp->m->names.fields, type), "field", true);
}

static void put_type_option(WatModulePrinter *mp, const char *word, uint32_t index) {
    if (index == CORE_NONE) return;
    buf_fmt(mp->p->out, "(%s ", word);
    wat_put_index(mp->p, &mp->types, index);
    wat_put(mp->p, ") ");
}

static void put_composite(WatModulePrinter *mp, const CoreType *t, uint32_t index) {
    WatPrinter *p = mp->p;
    if (t->shared) wat_put(p, "(shared ");
    put_type_option(mp, "describes", t->describes);
    put_type_option(mp, "descriptor", t->descriptor);
    switch (t->kind) {
    case CORE_TYPE_FUNC:
        wat_put(p, "(func");
        wat_print_func_type(mp, t, NULL);
        break;
    case CORE_TYPE_ARRAY:
        wat_put(p, "(array");
        put_field(mp, &t->fields[0], NULL, 0);
        break;
    case CORE_TYPE_STRUCT: {
        WatNames names = field_names(mp, index);
        wat_put(p, "(struct");
        for (uint32_t i = 0; i < t->field_count; i++) {
            wat_put(p, " (field");
            put_field(mp, &t->fields[i], &names, i);
            wat_put(p, ")");
        }
        break;
    }
    case CORE_TYPE_CONT:
        wat_put(p, "(cont ");
        wat_put_index(p, &mp->types, t->cont);
        break;
    }
    wat_put(p, t->shared ? "))" : ")");
}

void wat_print_sub_type(WatModulePrinter *mp, uint32_t index) {
    WatPrinter *p = mp->p;
    const CoreType *t = &mp->m->types.at[index];
    bool sub = !t->final || t->super != CORE_NONE;
    if (sub) {
        wat_put(p, t->final ? "(sub final " : "(sub ");
        if (t->super != CORE_NONE) {
            wat_put_index(p, &mp->types, t->super);
            wat_put(p, " ");
        }
    }
    put_composite(mp, t, index);
    if (sub) wat_put(p, ")");
}

static void put_type(WatModulePrinter *mp, uint32_t index) {
    wat_start(mp->p, "type ");
    wat_put_definition(mp->p, &mp->types, index);
    wat_put(mp->p, " ");
    wat_print_sub_type(mp, index);
    wat_finish(mp->p);
}

static void put_types(WatModulePrinter *mp) {
    WatPrinter *p = mp->p;
    for (size_t g = 0; g < mp->m->groups.len; g++) {
        const CoreGroup *group = &mp->m->groups.at[g];
        int64_t offset =
            group->count ? (int64_t)mp->m->types.at[group->first].offset : WAT_NO_OFFSET;
        if (!group->written) {
            wat_newline(p, offset);
            put_type(mp, group->first);
            continue;
        }
        /* The code of a group and its count stand before; its types are told to follow two bytes. */
        if (offset >= 0) offset -= 1 + (int64_t)wat_leb_size(group->count);
        wat_newline(p, offset);
        if (offset >= 0) offset += 2;
        wat_start(p, "rec");
        for (uint32_t i = 0; i < group->count; i++) {
            wat_newline(p, offset);
            put_type(mp, group->first + i);
        }
        wat_finish(p);
    }
}

void wat_print_type_ref(WatModulePrinter *mp, uint32_t type) {
    wat_put(mp->p, "(type ");
    wat_put_index(mp->p, &mp->types, type);
    wat_put(mp->p, ")");
}

/* (type x) and what it says. */
static void put_type_use(WatModulePrinter *mp, uint32_t type, const WatNames *names) {
    wat_print_type_ref(mp, type);
    const CoreType *t = core_func_type_at(mp->m, type);
    if (t && !t->shared && t->descriptor == CORE_NONE && t->describes == CORE_NONE)
        wat_print_func_type(mp, t, names);
}

/* ---- imports and definitions ---- */

static void put_limits(WatPrinter *p, const CoreLimits *l) {
    buf_fmt(p->out, "%llu", (unsigned long long)l->min);
    if (l->has_max) buf_fmt(p->out, " %llu", (unsigned long long)l->max);
}

static void put_own_name(WatPrinter *p, const WatNames *names, uint32_t index) {
    if (!names) return;
    wat_put_definition(p, names, index);
    wat_put(p, " ");
}

void wat_print_table_type(WatModulePrinter *mp, const CoreTable *t, const WatNames *names,
                          uint32_t index) {
    WatPrinter *p = mp->p;
    wat_start(p, "table ");
    put_own_name(p, names, index);
    if (t->limits.shared) wat_put(p, "shared ");
    if (t->limits.is_64) wat_put(p, "i64 ");
    put_limits(p, &t->limits);
    wat_put(p, " ");
    wat_print_val_type(mp, t->type);
}

void wat_print_memory_type(WatModulePrinter *mp, const CoreLimits *l, const WatNames *names,
                           uint32_t index) {
    WatPrinter *p = mp->p;
    wat_start(p, "memory ");
    put_own_name(p, names, index);
    if (l->is_64) wat_put(p, "i64 ");
    put_limits(p, l);
    if (l->shared) wat_put(p, " shared");
    if (l->has_page) {
        unsigned log2 = l->page_log2 < 64 ? l->page_log2 : 63;
        buf_fmt(p->out, " (pagesize 0x%llx)", 1ull << log2);
    }
}

void wat_print_global_type(WatModulePrinter *mp, CoreValType type, bool mutable, bool shared,
                           const WatNames *names, uint32_t index) {
    WatPrinter *p = mp->p;
    wat_start(p, "global ");
    put_own_name(p, names, index);
    if (mutable || shared) wat_put(p, "(");
    if (shared) wat_put(p, "shared ");
    if (mutable) wat_put(p, "mut ");
    wat_print_val_type(mp, type);
    if (mutable || shared) wat_put(p, ")");
}

static void put_tag_type(WatModulePrinter *mp, uint32_t type, const WatNames *names,
                         uint32_t index) {
    wat_start(mp->p, "tag ");
    put_own_name(mp->p, names, index);
    put_type_use(mp, type, NULL);
}

static void put_func_import(WatModulePrinter *mp, const CoreFunc *f, const WatNames *names,
                            uint32_t index) {
    WatPrinter *p = mp->p;
    wat_start(p, "func ");
    put_own_name(p, names, index);
    if (f->exact) wat_put(p, "(exact ");
    wat_print_type_ref(mp, f->type);
    if (f->exact) wat_put(p, ")");
}

static void put_import_type(WatModulePrinter *mp, const CoreImport *im, bool named) {
    const CoreModule *m = mp->m;
    uint32_t i = im->index;
    switch (im->kind) {
    case CORE_FUNC: put_func_import(mp, &m->funcs.at[i], named ? &mp->funcs : NULL, i); break;
    case CORE_TABLE:
        wat_print_table_type(mp, &m->tables.at[i], named ? &mp->tables : NULL, i);
        break;
    case CORE_MEMORY:
        wat_print_memory_type(mp, &m->memories.at[i].limits, named ? &mp->memories : NULL, i);
        break;
    case CORE_GLOBAL: {
        const CoreGlobal *g = &m->globals.at[i];
        wat_print_global_type(mp, g->type, g->mutable, g->shared, named ? &mp->globals : NULL, i);
        break;
    }
    case CORE_TAG: put_tag_type(mp, m->tags.at[i].type, named ? &mp->tags : NULL, i); break;
    }
    wat_finish(mp->p);
}

/* A compact import: one module name, a line an item. */
static size_t put_import_group(WatModulePrinter *mp, size_t first) {
    WatPrinter *p = mp->p;
    const CoreImport *at = mp->m->imports.at, *im = &at[first];
    size_t i = first;
    wat_start(p, "import ");
    wat_put_quoted(p, im->module);
    do {
        wat_newline(p, at[i].offset);
        wat_start(p, "item ");
        wat_put_quoted(p, at[i].name);
        if (im->form == CORE_IMPORT_BY_MODULE) {
            wat_put(p, " ");
            put_import_type(mp, &at[i], true);
        }
        wat_finish(p);
        i++;
    } while (i < mp->m->imports.len && at[i].form == im->form && !at[i].starts_group);
    if (im->form == CORE_IMPORT_BY_TYPE) {
        wat_newline(p, im->offset);
        put_import_type(mp, im, false);
    }
    wat_finish(p);
    return i;
}

static void put_imports(WatModulePrinter *mp) {
    WatPrinter *p = mp->p;
    for (size_t i = 0; i < mp->m->imports.len;) {
        const CoreImport *im = &mp->m->imports.at[i];
        wat_newline(p, im->offset);
        if (im->form != CORE_IMPORT_SINGLE) {
            i = put_import_group(mp, i);
            continue;
        }
        wat_start(p, "import ");
        wat_put_quoted(p, im->module);
        wat_put(p, " ");
        wat_put_quoted(p, im->name);
        wat_put(p, " ");
        put_import_type(mp, im, true);
        wat_finish(p);
        i++;
    }
}

static void put_tables(WatModulePrinter *mp) {
    for (uint32_t i = mp->m->imported[CORE_TABLE]; i < mp->m->tables.len; i++) {
        const CoreTable *t = &mp->m->tables.at[i];
        wat_newline(mp->p, t->offset);
        wat_print_table_type(mp, t, &mp->tables, i);
        if (t->has_init) {
            wat_put(mp->p, " ");
            wat_print_const(mp, &t->init);
        }
        wat_finish(mp->p);
    }
}

static void put_memories(WatModulePrinter *mp) {
    for (uint32_t i = mp->m->imported[CORE_MEMORY]; i < mp->m->memories.len; i++) {
        wat_newline(mp->p, mp->m->memories.at[i].offset);
        wat_print_memory_type(mp, &mp->m->memories.at[i].limits, &mp->memories, i);
        wat_finish(mp->p);
    }
}

static void put_tags(WatModulePrinter *mp) {
    for (uint32_t i = mp->m->imported[CORE_TAG]; i < mp->m->tags.len; i++) {
        wat_newline(mp->p, mp->m->tags.at[i].offset);
        put_tag_type(mp, mp->m->tags.at[i].type, &mp->tags, i);
        wat_finish(mp->p);
    }
}

static void put_globals(WatModulePrinter *mp) {
    for (uint32_t i = mp->m->imported[CORE_GLOBAL]; i < mp->m->globals.len; i++) {
        const CoreGlobal *g = &mp->m->globals.at[i];
        wat_newline(mp->p, g->offset);
        wat_print_global_type(mp, g->type, g->mutable, g->shared, &mp->globals, i);
        wat_put(mp->p, " ");
        wat_print_const(mp, &g->init);
        wat_finish(mp->p);
    }
}

/* An export's offset is that of its kind; its line begins with its name. */
static void put_exports(WatModulePrinter *mp) {
    WatPrinter *p = mp->p;
    const WatNames *const names[] = {&mp->funcs, &mp->tables, &mp->memories, &mp->globals,
                                     &mp->tags};
    for (size_t i = 0; i < mp->m->exports.len; i++) {
        const CoreExport *e = &mp->m->exports.at[i];
        wat_newline(p, (int64_t)e->offset -
                           (int64_t)(e->name.len + wat_leb_size((uint32_t)e->name.len)));
        wat_put(p, "(export ");
        wat_put_quoted(p, e->name);
        buf_fmt(p->out, " (%s ", core_extern_name(e->kind));
        if (e->kind == CORE_TAG) buf_fmt(p->out, "%u", e->index);
        else wat_put_index(p, names[e->kind], e->index);
        wat_put(p, "))");
    }
}

static void put_start(WatModulePrinter *mp) {
    if (!mp->m->has_start) return;
    wat_newline(mp->p, mp->m->section_offset[CORE_SECTION_START]);
    wat_put(mp->p, "(start ");
    wat_put_index(mp->p, &mp->funcs, mp->m->start);
    wat_put(mp->p, ")");
}

/* ---- segments ---- */

static void put_elem_items(WatModulePrinter *mp, const CoreElem *e) {
    WatPrinter *p = mp->p;
    if (p->options.skeleton) {
        wat_put(p, "...");
        return;
    }
    if (core_elem_has_exprs(e)) {
        wat_print_val_type(mp, e->type);
        for (uint32_t i = 0; i < e->count; i++) {
            wat_put(p, " ");
            wat_print_const_sugar(mp, &e->exprs[i], "item");
        }
        return;
    }
    wat_put(p, "func");
    for (uint32_t i = 0; i < e->count; i++) {
        wat_put(p, " ");
        wat_put_index(p, &mp->funcs, e->funcs[i]);
        wat_drain(p);
    }
}

static void put_elems(WatModulePrinter *mp) {
    WatPrinter *p = mp->p;
    for (uint32_t i = 0; i < mp->m->elems.len; i++) {
        const CoreElem *e = &mp->m->elems.at[i];
        wat_newline(p, e->offset);
        wat_start(p, "elem ");
        wat_put_definition(p, &mp->elems, i);
        if (core_elem_declared(e)) wat_put(p, " declare");
        if (core_elem_active(e)) {
            if (e->flags & 2) {
                wat_put(p, " (table ");
                wat_put_index(p, &mp->tables, e->table);
                wat_put(p, ")");
            }
            wat_put(p, " ");
            wat_print_const_sugar(mp, &e->start, "offset");
        }
        wat_put(p, " ");
        put_elem_items(mp, e);
        wat_finish(p);
    }
}

static void put_datas(WatModulePrinter *mp) {
    WatPrinter *p = mp->p;
    for (uint32_t i = 0; i < mp->m->datas.len; i++) {
        const CoreData *d = &mp->m->datas.at[i];
        wat_newline(p, d->offset);
        wat_start(p, "data ");
        wat_put_definition(p, &mp->datas, i);
        wat_put(p, " ");
        if (core_data_active(d)) {
            if (d->memory) {
                wat_put(p, "(memory ");
                wat_put_index(p, &mp->memories, d->memory);
                wat_put(p, ") ");
            }
            CoreExpr start = core_data_start(d);
            wat_print_const_sugar(mp, &start, "offset");
            wat_put(p, " ");
        }
        if (p->options.skeleton) wat_put(p, "...");
        else wat_put_quoted_bytes(p, core_data_bytes(d));
        wat_finish(p);
    }
}

/* ---- functions ---- */

enum { MAX_LOCALS = 50000 };

static void put_locals(WatModulePrinter *mp, const CoreFunc *f, uint32_t params) {
    WatPrinter *p = mp->p;
    LocalGroups groups = {.word = "local", .names = &mp->locals, .first = true};
    uint64_t total = 0;
    for (uint32_t run = 0; run < f->local_runs; run++) {
        total += f->locals[run].count;
        if (total > MAX_LOCALS) {
            wat_newline(p, WAT_NO_OFFSET);
            wat_put(p, ";; more locals than a function can have");
            return;
        }
    }
    for (uint32_t run = 0; run < f->local_runs; run++)
        for (uint32_t i = 0; i < f->locals[run].count; i++) {
            if (groups.first) {
                wat_newline(p, (int64_t)(f->offset + wat_leb_size(f->local_runs)));
                p->nesting++; /* as a group would */
            }
            put_local(mp, &groups, params++, f->locals[run].type);
        }
    if (groups.first) return;
    if (groups.open) wat_put(p, ")");
    p->nesting--;
}

/* The next function that has branch hints. */
static void next_hints(WatModulePrinter *mp) {
    bool more = mp->hint_funcs > 0 && !mp->hints.failed;
    mp->hint_funcs -= more;
    mp->hint_func = more ? reader_u32(&mp->hints) : CORE_NONE;
    if (mp->hints.failed) mp->hint_func = CORE_NONE;
}

static void find_hints(WatModulePrinter *mp) {
    const CoreCustom *c = core_custom_find(mp->m, STR("metadata.code.branch_hint"));
    mp->hint_func = CORE_NONE;
    if (!c) return;
    mp->hint_bytes = (Source){.text = c->bytes, .binary = true};
    mp->hints = reader_of(&mp->hint_bytes, NULL);
    mp->hint_funcs = reader_u32(&mp->hints);
    next_hints(mp);
}

/* A function's branch hints, still encoded: pairs of a place and a value. */
static Str take_hints(WatModulePrinter *mp, uint32_t func) {
    if (mp->hint_func != func) return (Str){0};
    Reader *r = &mp->hints;
    uint32_t count = reader_u32(r);
    const uint8_t *start = r->ptr;
    for (; count > 0 && !r->failed; count--) {
        reader_u32(r);
        reader_bytes(r, reader_u32(r));
    }
    Str hints = {(const char *)start, r->failed ? 0 : (size_t)(r->ptr - start)};
    next_hints(mp);
    return hints;
}

static void put_func(WatModulePrinter *mp, uint32_t index) {
    WatPrinter *p = mp->p;
    const CoreFunc *f = &mp->m->funcs.at[index];
    wat_newline(p, f->offset);
    wat_start(p, "func ");
    wat_put_definition(p, &mp->funcs, index);
    wat_put(p, " ");
    mp->func = index;
    mp->locals = wat_names(p, core_name_group(&mp->m->names.locals, index), "local", true);
    mp->labels = wat_names(p, core_name_group(&mp->m->names.labels, index), "label", false);
    put_type_use(mp, f->type, &mp->locals);
    const CoreType *t = core_func_type_at(mp->m, f->type);
    if (p->options.skeleton) {
        wat_put(p, " ...");
        wat_finish(p);
        return;
    }
    if (p->options.operand_stack) wat_check_operands(mp, index);
    put_locals(mp, f, t && !t->shared ? t->param_count : 0);
    unsigned nesting = p->nesting;
    Str hints = take_hints(mp, index);
    int64_t end = p->options.fold ? wat_print_folded(mp, &f->body, hints, f->offset, true)
                                  : wat_print_body(mp, &f->body, hints, f->offset);
    if (p->nesting != nesting) {
        p->nesting = nesting;
        wat_newline(p, end + 1);
    }
    wat_finish_at(p, end);
    wat_drain(p);
}

static void put_funcs(WatModulePrinter *mp) {
    find_hints(mp);
    for (uint32_t i = mp->m->imported[CORE_FUNC]; i < mp->m->funcs.len; i++) put_func(mp, i);
}

/* ---- sections ---- */

static size_t section_count(const CoreModule *m, CoreSection section) {
    switch (section) {
    case CORE_SECTION_TYPE: return m->groups.len;
    case CORE_SECTION_IMPORT: return m->imports.len;
    case CORE_SECTION_FUNC:
    case CORE_SECTION_CODE: return m->funcs.len - m->imported[CORE_FUNC];
    case CORE_SECTION_TABLE: return m->tables.len - m->imported[CORE_TABLE];
    case CORE_SECTION_MEMORY: return m->memories.len - m->imported[CORE_MEMORY];
    case CORE_SECTION_TAG: return m->tags.len - m->imported[CORE_TAG];
    case CORE_SECTION_GLOBAL: return m->globals.len - m->imported[CORE_GLOBAL];
    case CORE_SECTION_EXPORT: return m->exports.len;
    case CORE_SECTION_START: return m->has_start;
    case CORE_SECTION_ELEM: return m->elems.len;
    case CORE_SECTION_DATA: return m->datas.len;
    case CORE_SECTION_DATA_COUNT:
    case CORE_SECTION_CUSTOM:
    case CORE_SECTION_COUNT: break;
    }
    return 0;
}

static void put_customs(WatModulePrinter *mp, uint8_t after) {
    for (size_t i = 0; i < mp->m->customs.len; i++) {
        const CoreCustom *c = &mp->m->customs.at[i];
        if (c->after == after) wat_print_custom(mp->p, c->name, c->bytes, c->at, mp->place);
    }
}

void wat_print_fields(WatModulePrinter *mp) {
    static const struct {
        void (*put)(WatModulePrinter *mp);
        const char *place;
    } sections[CORE_SECTION_COUNT] = {
        [CORE_SECTION_TYPE] = {put_types, "after type"},
        [CORE_SECTION_IMPORT] = {put_imports, "after import"},
        [CORE_SECTION_FUNC] = {NULL, "after func"},
        [CORE_SECTION_TABLE] = {put_tables, "after table"},
        [CORE_SECTION_MEMORY] = {put_memories, "after memory"},
        [CORE_SECTION_TAG] = {put_tags, "after tag"},
        [CORE_SECTION_GLOBAL] = {put_globals, "after global"},
        [CORE_SECTION_EXPORT] = {put_exports, "after export"},
        [CORE_SECTION_START] = {put_start, "after start"},
        [CORE_SECTION_ELEM] = {put_elems, "after elem"},
        [CORE_SECTION_CODE] = {put_funcs, "after code"},
        [CORE_SECTION_DATA] = {put_datas, "after data"},
    };
    put_customs(mp, 0);
    for (unsigned i = 0; i < CORE_SECTION_COUNT - 1; i++) {
        CoreSection s = core_section_order[i];
        if (section_count(mp->m, s)) {
            if (sections[s].put) sections[s].put(mp);
            mp->place = sections[s].place;
        }
        put_customs(mp, (uint8_t)s);
    }
}
