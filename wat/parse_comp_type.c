/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Types of components in the text: value types, functions, resources, and the declarations of
 * component, instance and core module types.
 *
 * A value type that is written out inside of another one becomes a type of its own in front of it,
 * and names are looked up after that: so `(record (field "a" $t) (field "b" (list u8)))` first adds
 * the list, then what $t needs (an alias, if it is an outer name). Until then a name is kept as the
 * place of its token. */
#include "wat/internal.h"

/* ---- value types ---- */

enum { PENDING = WIT_ALIAS }; /* CompValRef.prim: `index` is the token of a name or number */

static CompValRef parse_val(WatComponent *c);

static void finish_val(WatComponent *c, CompValRef *ref) {
    if (!ref->present || !ref->is_index || (int)ref->prim != PENDING || c->w->failed) return;
    uint32_t behind = c->w->pos;
    c->w->pos = ref->index;
    *ref = comp_ref(wat_comp_index(c, COMP_TYPE));
    if (!c->w->failed) c->w->pos = behind;
}

static void finish_typedef(WatComponent *c, CompTypedef *t) {
    for (size_t i = 0; i < t->fields.len; i++) finish_val(c, &t->fields.at[i].type);
    finish_val(c, &t->elem);
    finish_val(c, &t->second);
}

/* At the word of a primitive type: takes it. */
static bool take_primitive(Wat *w, WitKind *kind) {
    static const struct {
        const char *word;
        WitKind kind;
    } words[] = {{"bool", WIT_BOOL},     {"s8", WIT_S8},
                 {"u8", WIT_U8},         {"s16", WIT_S16},
                 {"u16", WIT_U16},       {"s32", WIT_S32},
                 {"u32", WIT_U32},       {"s64", WIT_S64},
                 {"u64", WIT_U64},       {"f32", WIT_F32},
                 {"f64", WIT_F64},       {"char", WIT_CHAR},
                 {"string", WIT_STRING}, {"float32", WIT_F32},
                 {"float64", WIT_F64},   {"error-context", WIT_ERROR_CONTEXT}};
    if (!wat_is(w, TOK_KEYWORD)) return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (wat_take_kw(w, words[i].word)) {
            *kind = words[i].kind;
            return true;
        }
    return false;
}

/* Whether a value type begins here. */
static bool is_val(Wat *w) {
    return wat_is_index(w, 0) || wat_is(w, TOK_KEYWORD) || wat_is(w, TOK_OPEN);
}

static void field(WatComponent *c, CompTypedef *t, const char *word) {
    Wat *w = c->w;
    CompField f = {0};
    wat_expect_open(w, word);
    bool is_case = strcmp(word, "case") == 0;
    if (is_case && wat_is(w, TOK_ID)) {
        Str id = wat_token_id(w, wat_tok(w));
        bool added;
        map_put(w->arena, &c->case_ids, id, &added);
        if (!added) wat_fail(w, wat_here(w), WAT_DUPLICATE, "variant case", STR_ARG(id));
        w->pos += !w->failed;
    }
    f.name = wat_name(w);
    if (!is_case || !wat_done(w)) f.type = parse_val(c);
    wat_close(w);
    *vec_push(w->arena, &t->fields) = f;
}

static void variant(WatComponent *c, CompTypedef *t) {
    Map around = c->case_ids; /* of a variant around this one */
    c->case_ids = (Map){0};
    while (!wat_done(c->w)) field(c, t, "case");
    c->case_ids = around;
}

/* defvaltype, behind its '(' : 'record' field* | 'variant' case* | 'list' t n? | ... */
static void defined_type(WatComponent *c, CompTypedef *t) {
    Wat *w = c->w;
    t->sort = COMP_TYPEDEF_VALUE;
    if (++c->depth > WAT_MAX_DEPTH) wat_fail(w, wat_here(w), WAT_DEEP);
    if (wat_take_kw(w, "record")) {
        t->kind = WIT_RECORD;
        while (!wat_done(w)) field(c, t, "field");
    } else if (wat_take_kw(w, "variant")) {
        t->kind = WIT_VARIANT;
        variant(c, t);
    } else if (wat_is_kw(w, "flags") || wat_is_kw(w, "enum")) {
        t->kind = wat_take_kw(w, "flags") ? WIT_FLAGS : WIT_ENUM;
        if (t->kind == WIT_ENUM) w->pos++;
        while (!wat_done(w)) {
            Str name = wat_name(w);
            vec_push(w->arena, &t->fields)->name = name;
        }
    } else if (wat_take_kw(w, "tuple")) {
        t->kind = WIT_TUPLE;
        while (!wat_done(w)) {
            CompValRef type = parse_val(c);
            vec_push(w->arena, &t->fields)->type = type;
        }
    } else if (wat_take_kw(w, "list")) {
        t->kind = WIT_LIST;
        t->elem = parse_val(c);
        if (!wat_done(w)) {
            t->kind = WIT_FIXED_LIST;
            t->length = wat_u32(w);
        }
    } else if (wat_take_kw(w, "map")) {
        t->kind = WIT_MAP;
        t->elem = parse_val(c);
        t->second = parse_val(c);
    } else if (wat_take_kw(w, "option")) {
        t->kind = WIT_OPTION;
        t->elem = parse_val(c);
    } else if (wat_take_kw(w, "result")) {
        t->kind = WIT_RESULT;
        if (!wat_done(w) && !wat_is_open(w, "error")) t->elem = parse_val(c);
        if (wat_take_open(w, "error")) {
            t->second = parse_val(c);
            wat_close(w);
        }
    } else if (wat_is_kw(w, "own") || wat_is_kw(w, "borrow")) {
        t->kind = wat_is_kw(w, "own") ? WIT_OWN : WIT_BORROW;
        w->pos++;
        if (wat_is_index(w, 0)) t->elem = parse_val(c);
        else wat_unexpected(w, "an index of a resource type");
    } else if (wat_is_kw(w, "stream") || wat_is_kw(w, "future")) {
        t->kind = wat_is_kw(w, "stream") ? WIT_STREAM : WIT_FUTURE;
        w->pos++;
        if (is_val(w)) t->elem = parse_val(c);
    } else {
        wat_unexpected(w, "a type");
    }
    c->depth--;
}

/* A value type, with what is written out in it added; names stay pending. */
static CompValRef parse_val(WatComponent *c) {
    Wat *w = c->w;
    WitKind kind;
    if (wat_is_index(w, 0))
        return (CompValRef){
            .present = true, .is_index = true, .prim = (WitKind)PENDING, .index = w->pos++};
    if (take_primitive(w, &kind)) return comp_prim(kind);
    if (!wat_is(w, TOK_OPEN)) {
        wat_unexpected(w, "a value type");
        return comp_prim(WIT_BOOL);
    }
    CompTypedef t = {0};
    CompItem item = {.kind = COMP_ITEM_TYPE, .offset = wat_tok(w)->at};
    w->pos++;
    defined_type(c, &t);
    wat_close(w);
    finish_typedef(c, &t);
    if (w->failed) return comp_prim(WIT_BOOL);
    item.type = arena_copy(w->arena, &t, sizeof t);
    return comp_ref(comp_add(&c->scope->b, &item));
}

CompValRef wat_comp_val_type(WatComponent *c) {
    CompValRef ref = parse_val(c);
    finish_val(c, &ref);
    return ref;
}

/* ---- functions and resources ---- */

/* 'async'? ('(' 'param' name t ')')* ('(' 'result' t ')')? */
const CompTypedef *wat_comp_func_type(WatComponent *c) {
    Wat *w = c->w;
    CompTypedef *t = ARENA_NEW(w->arena, CompTypedef);
    t->sort = COMP_TYPEDEF_FUNC;
    t->is_async = wat_take_kw(w, "async");
    while (wat_take_open(w, "param")) {
        Str name = wat_name(w);
        CompValRef type = parse_val(c);
        wat_close(w);
        *vec_push(w->arena, &t->fields) = (CompField){name, type};
    }
    if (wat_take_open(w, "result")) {
        t->elem = parse_val(c);
        wat_close(w);
    }
    finish_typedef(c, t);
    return t;
}

static uint32_t comp_core_type_index(void *context, Wat *w) { return wat_local_core_type(context); }

/* 'resource' '(' 'rep' valtype ')' ('(' 'dtor' coreref ')')? */
static void resource(WatComponent *c, CompTypedef *t) {
    Wat *w = c->w;
    WatTypes types = {.w = w, .index = comp_core_type_index, .context = c};
    t->sort = COMP_TYPEDEF_RESOURCE;
    wat_expect_open(w, "rep");
    t->rep = wat_val_type(&types);
    wat_close(w);
    if (!wat_take_open(w, "dtor")) return;
    t->has_dtor = true;
    t->dtor = wat_core_ref(c, COMP_CORE_FUNC, true);
    wat_close(w);
}

/* typedef ::= prim | '(' defvaltype | func | component | instance | resource ')' */
const CompTypedef *wat_type_definition(WatComponent *c, const Token *id) {
    Wat *w = c->w;
    CompTypedef *t = ARENA_NEW(w->arena, CompTypedef);
    const CompTypedef *result = t;
    if (take_primitive(w, &t->kind)) {
        t->sort = COMP_TYPEDEF_VALUE;
        return t;
    }
    wat_expect_paren(w);
    if (wat_take_kw(w, "func")) result = wat_comp_func_type(c);
    else if (wat_take_kw(w, "component")) result = wat_declarations(c, id, false);
    else if (wat_take_kw(w, "instance")) result = wat_declarations(c, id, true);
    else if (wat_take_kw(w, "resource")) resource(c, t);
    else {
        defined_type(c, t);
        finish_typedef(c, t);
    }
    wat_close(w);
    return result;
}

/* ---- declarations ---- */

/* ('(' 'core' 'type' ... | 'type' ... | 'alias' ... | 'import' ... | 'export' ... ')')* */
const CompTypedef *wat_declarations(WatComponent *c, const Token *id, bool is_instance) {
    Wat *w = c->w;
    WatScope *s = wat_open_scope(c, id);
    while (!wat_done(w)) {
        wat_expect_paren(w);
        const Token *at = wat_tok(w);
        if (wat_take_kw(w, "core")) {
            wat_expect_kw(w, "type");
            wat_core_type(c, at);
        } else if (wat_take_kw(w, "type")) {
            wat_comp_type(c, at, false);
        } else if (wat_take_kw(w, "alias")) {
            wat_alias(c, at);
        } else if (wat_take_kw(w, "export")) {
            wat_export_decl(c, at);
        } else if (!is_instance && wat_take_kw(w, "import")) {
            wat_comp_import(c, at);
        } else {
            wat_unexpected(w, is_instance ? "`core type`, `type`, `alias` or `export`"
                                          : "`core type`, `type`, `alias`, `import` or `export`");
        }
    }
    wat_close_scope(c);
    return comp_finish_type(&s->b, is_instance ? COMP_TYPEDEF_INSTANCE : COMP_TYPEDEF_COMPONENT);
}

/* ---- core types ---- */

const CoreModule *wat_core_type_group(WatComponent *c, uint32_t count, bool written) {
    Wat *w = c->w;
    CoreModule *m = core_module_new(w->arena);
    uint32_t first = core_group_add(w->arena, m, count, written);
    WatTypes types = {.w = w, .index = comp_core_type_index, .context = c};
    for (uint32_t i = 0; i < count && !w->failed; i++) {
        CoreType type = m->types.at[first + i];
        Str unused, id;
        type.offset = wat_tok(w)->at;
        if (written) {
            w->pos += 2;
            wat_take_id(w, &id);
            wat_take_name(w, &unused);
        }
        wat_type_def(&types, &type, NULL);
        if (written) wat_close(w);
        m->types.at[first + i] = type;
    }
    return m;
}

static void add_decl(WatComponent *c, CompModuleDecl decl) {
    *vec_push(c->w->arena, &c->scope->module_type->decls) = decl;
}

static Str func_key(WatComponent *c, const CoreValType *params, size_t n,
                    const CoreValType *results, size_t results_n) {
    Buf b = {.arena = c->w->arena};
    buf_u32(&b, (uint32_t)n);
    for (size_t i = 0; i < n; i++) buf_fixed32(&b, params[i]);
    for (size_t i = 0; i < results_n; i++) buf_fixed32(&b, results[i]);
    return buf_text(&b);
}

/* A (type ...) that inline types can mean. */
static void note_func(WatComponent *c, const CoreModule *group, uint32_t index) {
    const CoreType *t = &group->types.at[0];
    if (group->groups.at[0].written || t->kind != CORE_TYPE_FUNC) return;
    Str key = func_key(c, t->params, t->param_count, t->results, t->result_count);
    map_put(c->w->arena, &c->scope->func_types, key, NULL)->value = index;
}

/* The index of an inline function type: of a (type ...) that stands before, or of a new one. */
static uint32_t inline_func(WatComponent *c, const WatFunc *f, uint32_t at) {
    Str key = func_key(c, f->params.at, f->params.len, f->results.at, f->results.len);
    const MapEntry *found = map_get(&c->scope->func_types, key);
    if (found) return (uint32_t)found->value;
    CoreModule *m = core_module_new(c->w->arena);
    core_func_type_add(c->w->arena, m, f->params.at, (uint32_t)f->params.len, f->results.at,
                       (uint32_t)f->results.len);
    add_decl(c, (CompModuleDecl){.kind = COMP_DECL_TYPE, .offset = at, .types = m});
    return c->scope->b.counts[COMP_CORE_TYPE]++;
}

/* typeuse of a function or tag. */
static uint32_t core_type_use(WatComponent *c, WatTypes *types) {
    Wat *w = c->w;
    WatFunc f = {0};
    uint32_t at = wat_tok(w)->at, index = COMP_NONE;
    if (wat_take_open(w, "type")) {
        index = wat_local_core_type(c);
        wat_close(w);
    }
    wat_func_type(types, &f, true, NULL);
    if (index == COMP_NONE && !w->failed) index = inline_func(c, &f, at);
    return index;
}

/* A core extern type, behind its '(' : kind id? type */
static CoreExternType core_extern(WatComponent *c) {
    Wat *w = c->w;
    WatTypes types = {.w = w, .index = comp_core_type_index, .context = c};
    CoreExternType t = {0};
    Str id;
    int kind = 0;
    while (kind < CORE_EXTERN_COUNT && !wat_take_kw(w, core_extern_name(kind))) kind++;
    if (kind == CORE_EXTERN_COUNT) {
        wat_unexpected(w, "`func`, `table`, `memory`, `global` or `tag`");
        return t;
    }
    t.kind = kind;
    wat_take_id(w, &id);
    switch (t.kind) {
    case CORE_FUNC:
        t.exact = wat_take_open(w, "exact");
        t.type = core_type_use(c, &types);
        if (t.exact) wat_close(w);
        break;
    case CORE_TAG: t.type = core_type_use(c, &types); break;
    case CORE_TABLE:
        t.shared = wat_take_kw(w, "shared");
        t.limits = wat_limits(w);
        t.limits.shared = t.shared;
        t.value = wat_ref_type(&types);
        break;
    case CORE_MEMORY: t.limits = wat_memory_type(w); break;
    case CORE_GLOBAL: {
        bool open = wat_is_open(w, "mut") || wat_is_open(w, "shared");
        w->pos += open;
        t.shared = open && wat_take_kw(w, "shared");
        t.mutable = open && wat_take_kw(w, "mut");
        t.value = wat_val_type(&types);
        if (open) wat_close(w);
        break;
    }
    }
    return t;
}

/* ('(' 'type' ... | 'rec' ... | 'alias' 'outer' ... | 'import' ... | 'export' ... ')')* */
static void module_decl(WatComponent *c) {
    Wat *w = c->w;
    wat_expect_paren(w);
    const Token *at = wat_tok(w);
    CompModuleDecl decl = {.offset = at->at};
    uint32_t *next = &c->scope->b.counts[COMP_CORE_TYPE];
    if (wat_take_kw(w, "alias")) {
        wat_module_type_alias(c, at);
        return;
    }
    if (wat_is_kw(w, "type") || wat_is_kw(w, "rec")) {
        bool rec = wat_take_kw(w, "rec");
        uint32_t start = w->pos, count = 0;
        w->pos -= !rec; /* at the '(' of the only one */
        for (; wat_is_open(w, "type"); count++) {
            const Token *id = wat_ahead(w, 2);
            if (id->kind == TOK_ID) wat_bind_core_type(c, *next + count, id);
            if (!rec) break;
            w->pos = wat_tok(w)->match + 1;
        }
        w->pos = start;
        Str id, unused;
        if (!rec) {
            w->pos++;
            wat_take_id(w, &id);
            wat_take_name(w, &unused);
        }
        decl.kind = COMP_DECL_TYPE;
        decl.types = wat_core_type_group(c, rec ? count : 1, rec);
        if (w->failed) return;
        if (!rec) note_func(c, decl.types, *next);
        *next += (uint32_t)decl.types->types.len;
    } else if (wat_take_kw(w, "import")) {
        decl.kind = COMP_DECL_IMPORT;
        decl.module = wat_name(w);
        decl.name = wat_name(w);
    } else if (wat_take_kw(w, "export")) {
        decl.kind = COMP_DECL_EXPORT;
        decl.name = wat_name(w);
    } else {
        wat_unexpected(w, "`type`, `rec`, `alias`, `import` or `export`");
        return;
    }
    if (decl.kind != COMP_DECL_TYPE) {
        wat_expect_paren(w);
        decl.type = core_extern(c);
        wat_close(w);
    }
    wat_close(w);
    if (!w->failed) add_decl(c, decl);
}

const CompModuleType *wat_module_type(WatComponent *c, const Token *id) {
    WatScope *s = wat_open_scope(c, id);
    s->module_type = ARENA_NEW(c->w->arena, CompModuleType);
    while (!wat_done(c->w)) module_decl(c);
    wat_close_scope(c);
    return s->module_type;
}
