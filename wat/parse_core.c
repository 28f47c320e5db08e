/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Modules in the text format (6.6), in three passes over their tokens:
 *
 *     1. number every definition, so that names can be used before they are defined;
 *     2. types, since bodies and type uses need all of them;
 *     3. everything else in order, code straight to bytes.
 *
 * Function types that are only written inline, where no (type ...) says the same, come behind all
 * others, in the order of their first use. */
#include "wat/internal.h"

/* ---- pass 1: names ---- */

static const char *const extern_words[] = {"func", "table", "memory", "global", "tag"};

static WatSpace *space_of(WatModule *p, CoreExtern kind) {
    WatSpace *const spaces[] = {&p->funcs, &p->tables, &p->memories, &p->globals, &p->tags};
    return spaces[kind];
}

static CoreNameMap *names_of(WatModule *p, CoreExtern kind) {
    CoreNames *n = &p->m->names;
    CoreNameMap *const maps[] = {&n->funcs, &n->tables, &n->memories, &n->globals, &n->tags};
    return maps[kind];
}

static const Token *take_id(Wat *w) { return wat_is(w, TOK_ID) ? &w->toks[w->pos++] : NULL; }

/* id? name? of a definition: into its space, and into the name section. */
static void define(WatModule *p, WatSpace *space, CoreNameMap *names, const char *what) {
    Wat *w = p->w;
    const Token *id = take_id(w);
    Str annotation = {0};
    bool named = wat_take_name(w, &annotation);
    uint32_t index = space->count;
    wat_space_add(w, space, id, what);
    if (!named && id) annotation = wat_token_id(w, id);
    if (named || id) *vec_push(w->arena, names) = (CoreName){index, annotation};
}

static void skip_form(Wat *w) { w->pos = wat_tok(w)->match + 1; }

/* Whether an (import "m" "n") stands behind the (export "n")s of a definition. */
static bool is_inline_import(Wat *w, uint32_t *pos) {
    uint32_t saved = w->pos;
    while (wat_is_open(w, "export")) skip_form(w);
    bool is = wat_is_open(w, "import");
    *pos = w->pos;
    w->pos = saved;
    return is;
}

static void check_import_order(WatModule *p) {
    if (p->defined) wat_fail(p->w, wat_here(p->w), WAT_IMPORT_LATE, p->defined);
}

/* '(' 'import' mod name externtype ')' and its groups, behind `import`. */
static void number_import(WatModule *p) {
    Wat *w = p->w;
    check_import_order(p);
    wat_name(w);
    bool group = wat_is(w, TOK_OPEN);
    uint32_t items = 0;
    for (; group && wat_is_open(w, "item"); items++) {
        uint32_t next = wat_tok(w)->match + 1;
        w->pos += 2;
        wat_name(w);
        if (wat_is(w, TOK_OPEN)) {
            w->pos++;
            for (int k = 0; k < CORE_EXTERN_COUNT; k++)
                if (wat_take_kw(w, extern_words[k]))
                    define(p, space_of(p, k), names_of(p, k), extern_words[k]);
            items = 0x80000000;
        }
        if (!w->failed) w->pos = next;
    }
    if (group && items & 0x80000000) return;
    if (!group) wat_name(w);
    wat_expect_paren(w);
    for (int k = 0; k < CORE_EXTERN_COUNT; k++) {
        if (!wat_take_kw(w, extern_words[k])) continue;
        if (group) space_of(p, k)->count += items;
        else define(p, space_of(p, k), names_of(p, k), extern_words[k]);
        return;
    }
    wat_unexpected(w, "`func`, `table`, `memory`, `global` or `tag`");
}

/* func, table, memory, global, tag; tables and memories may define a segment too. */
static void number_definition(WatModule *p, CoreExtern kind) {
    static const char *const words[] = {"function", "table", "memory", "global", "tag"};
    Wat *w = p->w;
    define(p, space_of(p, kind), names_of(p, kind), extern_words[kind]);
    uint32_t behind = w->pos;
    if (!w->failed && is_inline_import(w, &behind)) {
        check_import_order(p);
        return;
    }
    if (w->failed) return;
    if (!p->defined) p->defined = words[kind];
    if (kind != CORE_TABLE && kind != CORE_MEMORY) return;
    for (w->pos = behind; !wat_done(w);) {
        if (wat_is_open(w, kind == CORE_TABLE ? "elem" : "data")) {
            if (kind == CORE_TABLE) p->elems.count++;
            else p->datas.count++;
            return;
        }
        if (wat_is(w, TOK_OPEN)) skip_form(w);
        else w->pos++;
    }
}

static void number_type(WatModule *p) { define(p, &p->types, &p->m->names.types, "type"); }

/* Calls `field` for each form up to the closing parenthesis, with the place behind its word. */
static void each_field(WatModule *p, void (*field)(WatModule *p, const Token *word)) {
    Wat *w = p->w;
    while (!wat_done(w)) {
        const Token *t = wat_tok(w);
        if (t->kind == TOK_ANNOTATION) {
            field(p, t);
        } else {
            if (t->kind != TOK_OPEN || wat_ahead(w, 1)->kind != TOK_KEYWORD) {
                if (t->kind == TOK_OPEN) w->pos++;
                wat_unexpected(w, "valid module field");
                return;
            }
            w->pos += 2;
            field(p, wat_ahead(w, 0) - 1);
        }
        if (!w->failed) w->pos = t->match + 1;
    }
}

static void number_field(WatModule *p, const Token *word) {
    Wat *w = p->w;
    if (word->kind == TOK_ANNOTATION) return;
    for (int k = 0; k < CORE_EXTERN_COUNT; k++)
        if (wat_token_is(w, word, extern_words[k])) {
            number_definition(p, k);
            return;
        }
    if (wat_token_is(w, word, "import")) {
        number_import(p);
    } else if (wat_token_is(w, word, "type")) {
        number_type(p);
    } else if (wat_token_is(w, word, "rec")) {
        while (wat_is_open(w, "type")) {
            uint32_t next = wat_tok(w)->match + 1;
            w->pos += 2;
            number_type(p);
            if (!w->failed) w->pos = next;
        }
        if (!wat_done(w)) wat_unexpected(w, "`(type`");
    } else if (wat_token_is(w, word, "elem")) {
        define(p, &p->elems, &p->m->names.elems, "elem");
    } else if (wat_token_is(w, word, "data")) {
        define(p, &p->datas, &p->m->names.datas, "data");
    } else if (!wat_token_is(w, word, "export") && !wat_token_is(w, word, "start")) {
        w->pos--;
        wat_unexpected(w, "valid module field");
    }
}

/* ---- pass 2: types ---- */

static uint32_t lookup_type(void *context, Wat *w) {
    return wat_index(w, &((WatModule *)context)->types, "type");
}

/* The name that a field's identifier stands for. It has no (@name "..."), so that of the printer's
 * synthetic ones, `#field0 name`, is taken out of them. */
static Str field_name(Wat *w, uint32_t field, Str id) {
    Str synthetic = str_fmt(w->arena, "#field%u ", field);
    return str_starts(id, synthetic) ? str_from_to(id, synthetic.len, id.len) : id;
}

static void name_field(void *context, uint32_t field, const Token *id) {
    WatModule *p = context;
    Wat *w = p->w;
    while (p->fields.len <= p->current_type) *vec_push(w->arena, &p->fields) = NULL;
    WatSpace **space = &p->fields.at[p->current_type];
    if (!*space) {
        *space = ARENA_NEW(w->arena, WatSpace);
        vec_push(w->arena, &p->m->names.fields)->index = p->current_type;
    }
    (*space)->count = field;
    wat_space_add(w, *space, id, "field");
    CoreNameMap *names = &vec_last(&p->m->names.fields).names;
    *vec_push(w->arena, names) = (CoreName){field, field_name(w, field, wat_token_id(w, id))};
}

/* The key of a function type. As in wasm-tools, a type that names another one by number is not the
 * one that names it by its identifier. */
static Str func_key(WatModule *p, const CoreValType *params, size_t n, const CoreValType *results,
                    size_t results_n) {
    p->list.len = 0;
    buf_fixed32(&p->list, (uint32_t)n);
    for (size_t i = 0; i < n; i++) buf_fixed32(&p->list, params[i]);
    for (size_t i = 0; i < results_n; i++) buf_fixed32(&p->list, results[i]);
    if (p->lookup.numbers) buf_fixed32(&p->list, p->lookup.numbers);
    return buf_text(&p->list);
}

static uint32_t func_type_index(WatModule *p, const WatFunc *f) {
    Str key = func_key(p, f->params.at, f->params.len, f->results.at, f->results.len);
    const MapEntry *e = map_get(&p->func_types, key);
    if (e) return (uint32_t)e->value;
    uint32_t index = core_group_add(p->w->arena, p->m, 1, false);
    CoreType *type = &p->m->types.at[index];
    type->kind = CORE_TYPE_FUNC;
    type->params = arena_copy(p->w->arena, f->params.at, f->params.len * sizeof(CoreValType));
    type->param_count = (uint32_t)f->params.len;
    type->results = arena_copy(p->w->arena, f->results.at, f->results.len * sizeof(CoreValType));
    type->result_count = (uint32_t)f->results.len;
    type->offset = wat_tok(p->w)->at;
    map_put(p->w->arena, &p->func_types, str_copy(p->w->arena, key), NULL)->value = index;
    return index;
}

/* '(' 'type' id? subtype ')', behind `type`. */
static void read_type(WatModule *p, uint32_t index, uint32_t at) {
    Wat *w = p->w;
    Str annotation;
    take_id(w);
    wat_take_name(w, &annotation);
    p->current_type = index;
    CoreType type = p->m->types.at[index];
    type.offset = at;
    wat_type_def(&p->lookup, &type, name_field);
    p->m->types.at[index] = type;
    wat_close(w);
    if (type.kind != CORE_TYPE_FUNC || p->m->groups.at[type.group].written) return;
    Str key = func_key(p, type.params, type.param_count, type.results, type.result_count);
    if (!map_get(&p->func_types, key))
        map_put(w->arena, &p->func_types, str_copy(w->arena, key), NULL)->value = index;
}

static void read_types(WatModule *p, const Token *word) {
    Wat *w = p->w;
    if (wat_token_is(w, word, "type")) {
        uint32_t index = core_group_add(w->arena, p->m, 1, false);
        read_type(p, index, word->at);
    } else if (wat_token_is(w, word, "rec")) {
        uint32_t count = 0, start = w->pos;
        for (; wat_is_open(w, "type"); count++) skip_form(w);
        w->pos = start;
        uint32_t first = core_group_add(w->arena, p->m, count, true);
        for (uint32_t i = 0; i < count && !w->failed; i++) {
            uint32_t at = wat_ahead(w, 1)->at;
            w->pos += 2;
            read_type(p, first + i, at);
        }
    }
}

/* ---- type uses ---- */

static void name_param(void *context, uint32_t param, const Token *id, Str annotation) {
    WatModule *p = context;
    p->locals.count = param;
    wat_space_add(p->w, &p->locals, id, "local");
    if (annotation.ptr) *vec_push(p->w->arena, &p->local_names) = (CoreName){param, annotation};
    else if (id)
        *vec_push(p->w->arena, &p->local_names) = (CoreName){param, wat_token_id(p->w, id)};
}

static bool same_types(const CoreValType *a, size_t n, const CoreValType *b, size_t m) {
    return n == m && (n == 0 || memcmp(a, b, n * sizeof *a) == 0);
}

/* An inline type beside a type index says the same as that type. */
static void check_inline(WatModule *p, uint32_t index, Span span) {
    if (index >= p->m->types.len) {
        wat_fail(p->w, span, WAT_TYPE_LARGE, index);
        return;
    }
    const CoreType *t = &p->m->types.at[index];
    if (t->kind != CORE_TYPE_FUNC) wat_fail(p->w, span, WAT_TYPE_NO_FUNC);
    else if (!same_types(t->params, t->param_count, p->use.params.at, p->use.params.len) ||
             !same_types(t->results, t->result_count, p->use.results.at, p->use.results.len))
        wat_fail(p->w, span, WAT_INLINE_TYPE);
}

static bool parse_type_use(WatModule *p, bool names, uint32_t *index) {
    Wat *w = p->w;
    Span span = wat_here(w);
    bool has_index = wat_take_open(w, "type");
    if (has_index) {
        span = wat_here(w);
        *index = wat_index(w, &p->types, "type");
        wat_close(w);
    }
    p->use.params.len = p->use.results.len = 0;
    p->use.any = false;
    wat_func_type(&p->lookup, &p->use, names, names ? name_param : NULL);
    if (has_index && p->use.any && !w->failed) check_inline(p, *index, span);
    return has_index;
}

uint32_t wat_type_use(WatModule *p, bool names) {
    uint32_t index = 0;
    if (parse_type_use(p, names, &index) || p->w->failed) return index;
    return func_type_index(p, &p->use);
}

CoreBlockType wat_block_type(WatModule *p) {
    CoreBlockType block = {.kind = CORE_BLOCK_EMPTY};
    if (parse_type_use(p, false, &block.type)) {
        block.kind = CORE_BLOCK_TYPE;
    } else if (p->use.params.len || p->use.results.len > 1) {
        block.kind = CORE_BLOCK_TYPE;
        if (!p->w->failed) block.type = func_type_index(p, &p->use);
    } else if (p->use.results.len == 1) {
        block.kind = CORE_BLOCK_RESULT;
        block.result = p->use.results.at[0];
    }
    return block;
}

/* ---- pass 3: what is common to definitions ---- */

/* id? name? and ('(' 'export' name ')')* of definition number p->next[kind]. */
static void definition_head(WatModule *p, CoreExtern kind) {
    Wat *w = p->w;
    Str annotation;
    take_id(w);
    wat_take_name(w, &annotation);
    while (wat_is_open(w, "export")) {
        uint32_t at = wat_tok(w)->at;
        w->pos += 2;
        Str name = wat_name(w);
        wat_close(w);
        *vec_push(w->arena, &p->m->exports) =
            (CoreExport){.name = name, .kind = kind, .index = p->next[kind], .offset = at};
    }
}

static bool import_head(WatModule *p, Str *module, Str *name) {
    Wat *w = p->w;
    if (!wat_take_open(w, "import")) return false;
    *module = wat_name(w);
    *name = wat_name(w);
    wat_close(w);
    return true;
}

/* tabletype ::= 'shared'? limits reftype */
static void table_type(WatModule *p, CoreTable *table) {
    bool shared = wat_take_kw(p->w, "shared");
    table->limits = wat_limits(p->w);
    table->limits.shared = shared;
    table->type = wat_ref_type(&p->lookup);
}

/* globaltype ::= valtype | '(' 'shared'? 'mut'? valtype ')' */
static void global_type(WatModule *p, CoreGlobal *global) {
    Wat *w = p->w;
    bool open = wat_is_open(w, "mut") || wat_is_open(w, "shared");
    if (open) {
        w->pos++;
        global->shared = wat_take_kw(w, "shared");
        global->mutable = wat_take_kw(w, "mut");
    }
    global->type = wat_val_type(&p->lookup);
    if (open) wat_close(w);
}

/* The type of an import, behind its id: fills the entry of the index space. */
static void import_type(WatModule *p, CoreImport *import, bool names) {
    Wat *w = p->w;
    CoreModule *m = p->m;
    uint32_t i = import->index;
    switch (import->kind) {
    case CORE_FUNC: {
        bool exact = wat_take_open(w, "exact");
        uint32_t type = wat_type_use(p, names);
        m->funcs.at[i].type = type;
        m->funcs.at[i].exact = exact;
        if (exact) wat_close(w);
        break;
    }
    case CORE_TABLE: table_type(p, &m->tables.at[i]); break;
    case CORE_MEMORY: m->memories.at[i].limits = wat_memory_type(w); break;
    case CORE_GLOBAL: global_type(p, &m->globals.at[i]); break;
    case CORE_TAG: {
        uint32_t type = wat_type_use(p, names);
        m->tags.at[i].type = type;
        break;
    }
    }
}

static uint32_t *offset_of(CoreModule *m, CoreExtern kind, uint32_t i) {
    switch (kind) {
    case CORE_FUNC: return &m->funcs.at[i].offset;
    case CORE_TABLE: return &m->tables.at[i].offset;
    case CORE_MEMORY: return &m->memories.at[i].offset;
    case CORE_GLOBAL: return &m->globals.at[i].offset;
    case CORE_TAG: break;
    }
    return &m->tags.at[i].offset;
}

static CoreImport *add_import(WatModule *p, CoreExtern kind, Str module, Str name, uint32_t at) {
    CoreImport *import = core_import_add(p->w->arena, p->m, kind, module, name);
    import->offset = at;
    *offset_of(p->m, kind, import->index) = at;
    p->next[kind]++;
    return import;
}

static void begin_names(WatModule *p) {
    p->locals = (WatSpace){0};
    p->local_names = p->label_names = (CoreNameMap){0};
    p->label_count = 0;
}

static void read_import_type(WatModule *p, CoreImport *import) {
    begin_names(p);
    import_type(p, import, import->kind == CORE_FUNC || import->kind == CORE_TAG);
}

static bool inline_import(WatModule *p, CoreExtern kind, uint32_t at) {
    Str module, name;
    if (!import_head(p, &module, &name)) return false;
    read_import_type(p, add_import(p, kind, module, name, at));
    return true;
}

/* externtype of an import: the kind's word and an id. */
static bool extern_word(WatModule *p, CoreExtern *kind) {
    Wat *w = p->w;
    Str annotation;
    for (int k = 0; k < CORE_EXTERN_COUNT; k++) {
        if (!wat_take_kw(w, extern_words[k])) continue;
        take_id(w);
        wat_take_name(w, &annotation);
        *kind = k;
        return true;
    }
    wat_unexpected(w, "`func`, `table`, `memory`, `global` or `tag`");
    return false;
}

/* '(' 'import' mod ('(' 'item' name externtype? ')')+ externtype? ')': compact imports. */
static void import_group(WatModule *p, Str module) {
    Wat *w = p->w;
    uint32_t start = w->pos;
    CoreExtern kind = CORE_FUNC;
    const Token *last = wat_tok(w);
    while (wat_is_open(w, "item")) {
        last = wat_tok(w);
        skip_form(w);
    }
    bool by_type = wat_is(w, TOK_OPEN);
    uint32_t type_at = w->pos;
    w->pos = start;
    if (!wat_is_open(w, "item")) wat_unexpected(w, "import items");
    for (bool first = true; wat_is_open(w, "item") && !w->failed; first = false) {
        uint32_t at = wat_tok(w)->at;
        bool is_last = wat_tok(w) == last;
        w->pos += 2;
        Str name = wat_name(w);
        uint32_t next = w->pos;
        if (by_type && !wat_done(w))
            wat_unexpected(w, "no import type here (unexpected import type)");
        if (by_type) w->pos = type_at;
        if (!by_type && wat_done(w)) wat_unexpected(w, "an import type");
        wat_expect_paren(w);
        if (!extern_word(p, &kind)) return;
        if (by_type && w->toks[w->pos - 1].kind == TOK_ID)
            wat_fail(w, wat_span(w, &w->toks[w->pos - 1]), WAT_ID_NOT_ALLOWED);
        CoreImport *import = add_import(p, kind, module, name, at);
        import->form = by_type ? CORE_IMPORT_BY_TYPE : CORE_IMPORT_BY_MODULE;
        import->starts_group = first;
        read_import_type(p, import);
        wat_close(w);
        uint32_t behind = w->pos;
        if (w->failed) return;
        if (by_type) w->pos = next;
        wat_close(w);
        if (by_type && is_last) w->pos = behind;
    }
    wat_close(w);
}

static void read_import(WatModule *p, uint32_t at) {
    Wat *w = p->w;
    CoreExtern kind;
    Str module = wat_name(w);
    if (wat_is(w, TOK_OPEN)) {
        import_group(p, module);
        return;
    }
    Str name = wat_name(w);
    wat_expect_paren(w);
    if (!extern_word(p, &kind)) return;
    read_import_type(p, add_import(p, kind, module, name, at));
    wat_close(w);
    wat_close(w);
}

/* ---- functions ---- */

static void save_local_names(WatModule *p, uint32_t func) {
    CoreNames *n = &p->m->names;
    if (p->local_names.len)
        *vec_push(p->w->arena, &n->locals) = (CoreNameGroup){func, p->local_names};
    if (p->label_names.len)
        *vec_push(p->w->arena, &n->labels) = (CoreNameGroup){func, p->label_names};
}

typedef VEC(CoreLocals) LocalRuns;

static void add_local(WatModule *p, LocalRuns *runs, const Token *id, Str annotation) {
    Wat *w = p->w;
    uint32_t index = p->locals.count;
    wat_space_add(w, &p->locals, id, "local");
    if (!annotation.ptr && id) annotation = wat_token_id(w, id);
    if (annotation.ptr) *vec_push(w->arena, &p->local_names) = (CoreName){index, annotation};
    CoreValType type = wat_val_type(&p->lookup);
    if (runs->len && vec_last(runs).type == type) vec_last(runs).count++;
    else *vec_push(w->arena, runs) = (CoreLocals){1, type};
}

/* ('(' 'local' id valtype ')' | '(' 'local' valtype* ')')* */
static void read_locals(WatModule *p, LocalRuns *runs) {
    Wat *w = p->w;
    while (wat_take_open(w, "local")) {
        const Token *id = take_id(w);
        Str annotation = {0};
        bool named = wat_take_name(w, &annotation) || id;
        if (named) add_local(p, runs, id, annotation);
        while (!named && !wat_done(w)) add_local(p, runs, NULL, (Str){0});
        wat_close(w);
    }
}

/* '(' 'func' id? export* (import typeuse | typeuse local* instr*) ')', behind `func`. */
static void read_func(WatModule *p, uint32_t at) {
    Wat *w = p->w;
    definition_head(p, CORE_FUNC);
    if (inline_import(p, CORE_FUNC, at)) return wat_close(w);
    begin_names(p);
    uint32_t index = p->next[CORE_FUNC]++, type = wat_type_use(p, true);
    const CoreType *t = core_func_type_at(p->m, type);
    bool known = p->use.any || t;
    p->locals.count = p->use.any ? (uint32_t)p->use.params.len : t ? t->param_count : 0;
    LocalRuns runs = {0};
    read_locals(p, &runs);
    p->func = index;
    size_t hints = p->hints.len;
    CoreExpr body = wat_expr(p);
    p->func = CORE_NONE;
    if (w->failed) return;
    CoreFunc *f = core_func_add(w->arena, p->m, type);
    f->offset = at;
    f->locals = runs.at;
    f->local_runs = (uint32_t)runs.len;
    f->body = body;
    size_t head = wat_leb_size(f->local_runs);
    Buf scratch = {.arena = w->arena};
    for (size_t i = 0; i < runs.len && hints < p->hints.len; i++) {
        scratch.len = 0;
        core_put_val_type(&scratch, runs.at[i].type);
        head += wat_leb_size(runs.at[i].count) + scratch.len;
    }
    for (; hints < p->hints.len; hints++) p->hints.at[hints].at += (uint32_t)head;
    if (!known) p->local_names.len = 0;
    save_local_names(p, index);
    wat_close(w);
}

/* ---- tables and their segments ---- */

static CoreExpr zero_offset(WatModule *p, bool is_64, uint32_t at) {
    CoreInstr in = core_instr(is_64 ? CORE_OP_I64_CONST : CORE_OP_I32_CONST),
              end = core_instr(CORE_OP_END);
    Buf b = {.arena = p->w->arena};
    in.i64 = 0;
    core_instr_put(&b, &in);
    core_instr_put(&b, &end);
    CorePlace *places = ARENA_NEW_ARRAY(p->w->arena, CorePlace, 2);
    places[0] = (CorePlace){0, at};
    places[1] = (CorePlace){2, at};
    return (CoreExpr){buf_text(&b), places, 2, at};
}

typedef VEC(uint32_t) Indices;
typedef VEC(CoreExpr) Exprs;

static void elem_funcs(WatModule *p, CoreElem *e) {
    Indices list = {0};
    while (!wat_done(p->w)) *vec_push(p->w->arena, &list) = wat_index(p->w, &p->funcs, "func");
    e->funcs = list.at;
    e->count = (uint32_t)list.len;
    e->type = CORE_FUNCREF;
}

/* Function indices as expressions, where the table's type is not funcref. */
static void elem_func_exprs(WatModule *p, CoreElem *e) {
    Exprs list = {0};
    while (!wat_done(p->w)) {
        uint32_t at = wat_tok(p->w)->at;
        CoreInstr in = core_instr(CORE_OP_REF_FUNC), end = core_instr(CORE_OP_END);
        in.a = wat_index(p->w, &p->funcs, "func");
        Buf b = {.arena = p->w->arena};
        core_instr_put(&b, &in);
        CorePlace *places = ARENA_NEW_ARRAY(p->w->arena, CorePlace, 2);
        places[0] = (CorePlace){0, at};
        places[1] = (CorePlace){(uint32_t)b.len, at};
        core_instr_put(&b, &end);
        *vec_push(p->w->arena, &list) = (CoreExpr){buf_text(&b), places, 2, at};
    }
    e->exprs = list.at;
    e->count = (uint32_t)list.len;
    e->flags |= 4;
}

/* ('(' 'item' instr* ')' | folded)* */
static void elem_exprs(WatModule *p, CoreElem *e) {
    Wat *w = p->w;
    Exprs list = {0};
    while (!wat_done(w)) {
        CoreExpr expr;
        if (wat_take_open(w, "item")) {
            expr = wat_expr(p);
            wat_close(w);
        } else {
            expr = wat_folded_expr(p);
        }
        *vec_push(w->arena, &list) = expr;
    }
    e->exprs = list.at;
    e->count = (uint32_t)list.len;
    e->flags |= 4;
}

static void push_elem(WatModule *p, const CoreElem *e) {
    *vec_push(p->w->arena, &p->m->elems) = *e;
}

/* reftype '(' 'elem' ... ')': a table of just these elements. */
static void inline_elem(WatModule *p, CoreTable *table, uint32_t at) {
    Wat *w = p->w;
    CoreElem e = {.flags = 2, .table = p->next[CORE_TABLE], .type = table->type, .offset = at};
    wat_expect_open(w, "elem");
    if (wat_is(w, TOK_OPEN)) elem_exprs(p, &e);
    else if (table->type == CORE_FUNCREF) elem_funcs(p, &e);
    else elem_func_exprs(p, &e);
    wat_close(w);
    e.type = table->type;
    e.start = zero_offset(p, table->limits.is_64, at);
    table->limits.min = table->limits.max = e.count;
    table->limits.has_max = true;
    push_elem(p, &e);
}

static void read_table(WatModule *p, uint32_t at) {
    Wat *w = p->w;
    definition_head(p, CORE_TABLE);
    if (inline_import(p, CORE_TABLE, at)) return wat_close(w);
    CoreTable table = {.import = CORE_NONE, .offset = at};
    uint32_t words = wat_is_kw(w, "shared"), shared = words;
    bool is_64 = wat_token_is(w, wat_ahead(w, words), "i64");
    words += is_64 || wat_token_is(w, wat_ahead(w, words), "i32");
    if (wat_ahead(w, words)->kind != TOK_INT && words < 2) {
        table.limits.shared = shared;
        wat_take_kw(w, "shared");
        table.limits.is_64 = is_64;
        if (!wat_take_kw(w, "i32")) wat_take_kw(w, "i64");
        table.type = wat_ref_type(&p->lookup);
        inline_elem(p, &table, at);
    } else {
        table_type(p, &table);
        table.has_init = !wat_done(w);
        if (table.has_init) table.init = wat_expr(p);
    }
    p->next[CORE_TABLE]++;
    *vec_push(w->arena, &p->m->tables) = table;
    wat_close(w);
}

/* '(' word instr* ')' | folded: the offset of a segment. */
static CoreExpr segment_offset(WatModule *p) {
    if (!wat_take_open(p->w, "offset")) return wat_folded_expr(p);
    CoreExpr e = wat_expr(p);
    wat_close(p->w);
    return e;
}

/* '(' 'elem' id? ('declare' | tableuse? offset)? elemlist ')', behind `elem`. */
static void read_elem(WatModule *p, uint32_t at) {
    Wat *w = p->w;
    Str annotation;
    CoreElem e = {.flags = 1, .offset = at};
    bool omitted = false, active = false, explicit = false;
    take_id(w);
    wat_take_name(w, &annotation);
    if (wat_take_kw(w, "declare")) {
        e.flags = 3;
    } else if (wat_is(w, TOK_INT) || (wat_is(w, TOK_OPEN) && !wat_is_ref_type(w))) {
        active = true;
        if (wat_is(w, TOK_INT)) {
            omitted = explicit = true;
            e.table = wat_u32(w);
        } else if (wat_take_open(w, "table")) {
            explicit = true;
            e.table = wat_index(w, &p->tables, "table");
            wat_close(w);
        } else {
            omitted = true;
        }
        e.start = segment_offset(p);
    }
    bool funcs = wat_take_kw(w, "func");
    if (!funcs && !wat_is_ref_type(w) && omitted) funcs = true;
    if (funcs) {
        elem_funcs(p, &e);
    } else {
        e.type = wat_ref_type(&p->lookup);
        elem_exprs(p, &e);
    }
    bool plain = e.type == CORE_FUNCREF;
    if (active) e.flags = (e.flags & 4) | (explicit || !plain ? 2 : 0);
    push_elem(p, &e);
    wat_close(w);
}

/* ---- memories and data ---- */

/* datastring ::= string | '(' 'i8' i8* ')' | '(' 'f32' f32* ')' | '(' 'v128' v128const* ')' ... */
static void data_numbers(WatModule *p, Buf *out) {
    Wat *w = p->w;
    static const struct {
        const char *word;
        uint8_t bits;
    } words[] = {{"i8", 8}, {"i16", 16}, {"i32", 32}, {"i64", 64}};
    w->pos++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!wat_take_kw(w, words[i].word)) continue;
        while (!wat_done(w)) {
            uint64_t value = (uint64_t)wat_int(w, words[i].bits);
            for (unsigned b = 0; b < words[i].bits; b += 8) buf_byte(out, (uint8_t)(value >> b));
        }
        return wat_close(w);
    }
    if (wat_take_kw(w, "f32")) {
        while (!wat_done(w)) buf_fixed32(out, wat_f32(w));
    } else if (wat_take_kw(w, "f64")) {
        while (!wat_done(w)) buf_fixed64(out, wat_f64(w));
    } else if (wat_take_kw(w, "v128")) {
        while (!wat_done(w)) {
            uint8_t bytes[16] = {0};
            wat_v128(w, bytes);
            buf_bytes(out, bytes, 16);
        }
    } else {
        wat_unexpected(w, "`i8`, `i16`, `i32`, `i64`, `f32`, `f64` or `v128`");
    }
    wat_close(w);
}

static Str data_bytes(WatModule *p) {
    Wat *w = p->w;
    if (wat_is(w, TOK_STRING) && wat_ahead(w, 1)->kind == TOK_CLOSE) return wat_string(w);
    Buf b = {.arena = w->arena};
    while (!wat_done(w)) {
        if (wat_is(w, TOK_OPEN)) data_numbers(p, &b);
        else buf_str(&b, wat_string(w));
    }
    return b.ptr ? buf_text(&b) : (Str){"", 0};
}

static void read_memory(WatModule *p, uint32_t at) {
    Wat *w = p->w;
    definition_head(p, CORE_MEMORY);
    if (inline_import(p, CORE_MEMORY, at)) return wat_close(w);
    CoreMemory memory = {.import = CORE_NONE, .offset = at};
    bool index_type = wat_is_kw(w, "i32") || wat_is_kw(w, "i64");
    if (wat_is(w, TOK_OPEN) || (index_type && wat_ahead(w, 1)->kind == TOK_OPEN)) {
        memory.limits.is_64 = wat_take_kw(w, "i64");
        wat_take_kw(w, "i32");
        wat_page_size(w, &memory.limits);
        wat_expect_open(w, "data");
        CoreData data = {.memory = p->next[CORE_MEMORY], .offset = at};
        data.flags = data.memory ? 2 : 0;
        core_data_set_bytes(&data, data_bytes(p));
        wat_close(w);
        CoreExpr start = zero_offset(p, memory.limits.is_64, at);
        core_data_set_start(w->arena, &data, &start);
        *vec_push(w->arena, &p->m->datas) = data;
        uint64_t page = (uint64_t)1 << memory.limits.page_log2;
        memory.limits.min = memory.limits.max = (data.size + page - 1) / page;
        memory.limits.has_max = true;
    } else {
        memory.limits = wat_memory_type(w);
    }
    p->next[CORE_MEMORY]++;
    *vec_push(w->arena, &p->m->memories) = memory;
    wat_close(w);
}

/* '(' 'data' id? (memuse? offset)? datastring ')', behind `data`. */
static void read_data(WatModule *p, uint32_t at) {
    Wat *w = p->w;
    Str annotation;
    CoreData data = {.flags = 1, .offset = at};
    take_id(w);
    wat_take_name(w, &annotation);
    if (!wat_is(w, TOK_STRING) && !wat_done(w)) {
        if (wat_is(w, TOK_INT)) {
            data.memory = wat_u32(w);
        } else if (wat_take_open(w, "memory")) {
            data.memory = wat_index(w, &p->memories, "memory");
            wat_close(w);
        }
        CoreExpr start = segment_offset(p);
        core_data_set_start(w->arena, &data, &start);
        data.flags = data.memory ? 2 : 0;
    }
    core_data_set_bytes(&data, data_bytes(p));
    *vec_push(w->arena, &p->m->datas) = data;
    wat_close(w);
}

/* ---- the other fields ---- */

static void read_global(WatModule *p, uint32_t at) {
    Wat *w = p->w;
    definition_head(p, CORE_GLOBAL);
    if (inline_import(p, CORE_GLOBAL, at)) return wat_close(w);
    CoreGlobal global = {.import = CORE_NONE, .offset = at};
    global_type(p, &global);
    global.init = wat_expr(p);
    p->next[CORE_GLOBAL]++;
    *vec_push(w->arena, &p->m->globals) = global;
    wat_close(w);
}

static void read_tag(WatModule *p, uint32_t at) {
    Wat *w = p->w;
    definition_head(p, CORE_TAG);
    if (inline_import(p, CORE_TAG, at)) return wat_close(w);
    begin_names(p);
    CoreTag tag = {.import = CORE_NONE, .offset = at};
    tag.type = wat_type_use(p, true);
    p->next[CORE_TAG]++;
    *vec_push(w->arena, &p->m->tags) = tag;
    wat_close(w);
}

static void read_export(WatModule *p, uint32_t at) {
    Wat *w = p->w;
    CoreExport e = {.offset = at};
    e.name = wat_name(w);
    wat_expect_paren(w);
    int k = 0;
    while (k < CORE_EXTERN_COUNT && !wat_take_kw(w, extern_words[k])) k++;
    if (k == CORE_EXTERN_COUNT)
        return wat_unexpected(w, "`func`, `table`, `memory`, `global` or `tag`");
    e.kind = k;
    e.index = wat_index(w, space_of(p, k), extern_words[k]);
    wat_close(w);
    wat_close(w);
    *vec_push(w->arena, &p->m->exports) = e;
}

static void read_start(WatModule *p, uint32_t at) {
    Wat *w = p->w;
    if (p->m->has_start) {
        wat_fail(w, ((Span){w->source, at, at + 5}), WAT_TWO_STARTS);
        return;
    }
    p->m->has_start = true;
    p->m->start = wat_index(w, &p->funcs, "func");
    p->m->start_offset = at;
    wat_close(w);
}

static void read_field(WatModule *p, const Token *word) {
    static const struct {
        const char *word;
        void (*read)(WatModule *p, uint32_t at);
    } fields[] = {{"func", read_func},     {"table", read_table},   {"memory", read_memory},
                  {"global", read_global}, {"tag", read_tag},       {"elem", read_elem},
                  {"data", read_data},     {"export", read_export}, {"start", read_start},
                  {"import", read_import}};
    if (word->kind == TOK_ANNOTATION) return wat_module_annotation(p);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (wat_token_is(p->w, word, fields[i].word)) return fields[i].read(p, word->at);
}

/* field*, up to the closing parenthesis. */
CoreModule *wat_core_fields(Wat *w, Str name) {
    WatModule *p = ARENA_NEW(w->arena, WatModule);
    p->w = w;
    p->m = core_module_new(w->arena);
    p->m->source = w->source;
    p->m->offset = wat_tok(w)->at;
    p->lookup = (WatTypes){.w = w, .index = lookup_type, .context = p};
    p->func = CORE_NONE;
    p->body.arena = p->pending.arena = p->list.arena = w->arena;
    Str annotation = {0};
    if (wat_take_name(w, &annotation)) {
        p->m->names.has_module = true;
        p->m->names.module = annotation;
        if (wat_is_annotation(w, "name")) wat_fail(w, wat_here(w), WAT_NAME_TWICE);
    } else if (name.ptr) {
        p->m->names.has_module = true;
        p->m->names.module = name;
    }
    uint32_t start = w->pos;
    static void (*const passes[])(WatModule *, const Token *) = {number_field, read_types,
                                                                 read_field};
    for (int pass = 0; pass < 3 && !w->failed; pass++) {
        w->pos = start;
        each_field(p, passes[pass]);
    }
    if (w->failed) return NULL;
    p->m->size = wat_tok(w)->at - p->m->offset;
    if (p->uses_data_index) {
        p->m->has_data_count = true;
        p->m->data_count = (uint32_t)p->m->datas.len;
    }
    wat_finish_customs(p);
    if (w->dwarf) wat_add_dwarf(w, p->m);
    return p->m;
}
