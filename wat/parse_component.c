/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Components in the text format (Explainer.md), in one pass: definitions are numbered where they
 * stand, and only what was defined before can be named.
 *
 * Every abbreviation adds items in front of the one that it stands in:
 *
 *     (func $f (import "f") (param "x" (list u8)))      (type (list u8))
 *                                                       (type (func (param "x" 0)))
 *                                                       (import "f" (func $f (type 1)))
 *     (func $i "f") in place of a function              (alias export $i "f" (func))
 *     a name of an enclosing component                  (alias outer 1 $t (type))
 *
 * Inline exports come last of all. A scope is a component, or the type of one, of an instance or of a
 * core module, that is being read; each has a builder and the names of its index spaces. */
#include "wat/internal.h"

/* ---- scopes and names ---- */

static const char *sort_words(CompSort sort) { return comp_sort_name(sort); }

WatScope *wat_open_scope(WatComponent *c, const Token *id) {
    WatScope *s = ARENA_NEW(c->w->arena, WatScope);
    s->up = c->scope;
    s->b = comp_builder(c->w->arena);
    if (id) s->id = wat_token_id(c->w, id);
    if (++c->depth > WAT_MAX_DEPTH) wat_fail(c->w, wat_here(c->w), WAT_DEEP);
    c->scope = s;
    return s;
}

void wat_close_scope(WatComponent *c) {
    c->depth--;
    c->scope = c->scope->up;
}

static void bind(WatComponent *c, CompSort sort, uint32_t index, const Token *id, Str annotation) {
    Wat *w = c->w;
    Str name = annotation;
    if (id) {
        bool added;
        Str text = wat_token_id(w, id);
        MapEntry *e = map_put(w->arena, &c->scope->ids[sort], text, &added);
        if (!added) wat_fail(w, wat_span(w, id), WAT_DUPLICATE, sort_words(sort), STR_ARG(text));
        e->value = index;
        if (!name.ptr) name = text;
    }
    if (name.ptr) comp_set_name(w->arena, &c->scope->b.names, sort, index, name);
}

void wat_bind_core_type(WatComponent *c, uint32_t index, const Token *id) {
    bind(c, COMP_CORE_TYPE, index, id, (Str){0});
}

static uint32_t add(WatComponent *c, CompItem *item, const Token *at) {
    item->offset = at->at;
    return comp_add(&c->scope->b, item);
}

/* id? name? */
static const Token *take_id(WatComponent *c, Str *annotation) {
    const Token *id = wat_is(c->w, TOK_ID) ? &c->w->toks[c->w->pos++] : NULL;
    *annotation = (Str){0};
    wat_take_name(c->w, annotation);
    return id;
}

/* An alias of what an enclosing scope has, `depth` levels up. */
static uint32_t outer_alias(WatComponent *c, CompSort sort, uint32_t depth, uint32_t index,
                            const Token *id) {
    WatScope *s = c->scope;
    if (s->module_type) {
        *vec_push(c->w->arena, &s->module_type->decls) = (CompModuleDecl){
            .kind = COMP_DECL_ALIAS, .offset = id->at, .count = depth, .index = index};
        uint32_t own = s->b.counts[COMP_CORE_TYPE]++;
        bind(c, sort, own, id, (Str){0});
        return own;
    }
    CompItem item = {.kind = COMP_ITEM_ALIAS};
    item.alias.kind = COMP_ALIAS_OUTER;
    item.alias.sort = sort;
    item.alias.count = depth;
    item.alias.index = index;
    uint32_t own = add(c, &item, id);
    bind(c, sort, own, id, (Str){0});
    return own;
}

uint32_t wat_comp_index(WatComponent *c, CompSort sort) {
    Wat *w = c->w;
    if (!wat_is(w, TOK_ID)) {
        if (!wat_is(w, TOK_INT))
            wat_unexpected(
                w, str_c(w->arena, str_fmt(w->arena, "an index of a %s", sort_words(sort))));
        return wat_u32(w);
    }
    const Token *t = wat_tok(w);
    Str name = wat_token_id(w, t);
    uint32_t depth = 0;
    for (WatScope *s = c->scope; s; s = s->up, depth++) {
        const MapEntry *e = map_get(&s->ids[sort], name);
        if (!e) continue;
        w->pos++;
        if (depth == 0) return (uint32_t)e->value;
        if (sort != COMP_CORE_MODULE && sort != COMP_CORE_TYPE && sort != COMP_TYPE &&
            sort != COMP_COMPONENT) {
            wat_fail(w, wat_span(w, t), WAT_OUTER_KIND, STR_ARG(name));
            return 0;
        }
        return outer_alias(c, sort, depth, (uint32_t)e->value, t);
    }
    wat_fail(w, wat_here(w), WAT_UNKNOWN_NAME, sort_words(sort), STR_ARG(name));
    return 0;
}

uint32_t wat_local_core_type(WatComponent *c) {
    WatScope *up = c->scope->up;
    c->scope->up = NULL;
    uint32_t index = wat_comp_index(c, COMP_CORE_TYPE);
    c->scope->up = up;
    return index;
}

/* ---- references ---- */

static uint32_t add_alias(WatComponent *c, bool core, CompSort sort, uint32_t instance, Str name,
                          const Token *at) {
    CompItem item = {.kind = COMP_ITEM_ALIAS};
    item.alias.kind = core ? COMP_ALIAS_CORE_EXPORT : COMP_ALIAS_EXPORT;
    item.alias.sort = sort;
    item.alias.index = instance;
    item.alias.name = name;
    return add(c, &item, at);
}

/* idx string*: an item, or what an instance exports under these names. */
uint32_t wat_item_ref(WatComponent *c, CompSort sort) {
    Wat *w = c->w;
    const Token *at = wat_tok(w);
    if (wat_ahead(w, 1)->kind != TOK_STRING) return wat_comp_index(c, sort);
    uint32_t index = wat_comp_index(c, COMP_INSTANCE);
    while (wat_is(w, TOK_STRING)) {
        Str name = wat_name(w);
        index = add_alias(c, false, wat_is(w, TOK_STRING) ? COMP_INSTANCE : sort, index, name, at);
    }
    return index;
}

/* idx string?: a core item, or what a core instance exports under that name. */
uint32_t wat_core_item_ref(WatComponent *c, CompSort sort) {
    Wat *w = c->w;
    const Token *at = wat_tok(w);
    if (wat_ahead(w, 1)->kind != TOK_STRING) return wat_comp_index(c, sort);
    if (sort == COMP_CORE_INSTANCE || sort == COMP_CORE_TYPE || sort == COMP_CORE_MODULE)
        wat_fail(w, wat_here(w), WAT_CORE_EXPORT_KIND);
    uint32_t index = wat_comp_index(c, COMP_CORE_INSTANCE);
    return add_alias(c, true, sort, index, wat_name(w), at);
}

/* The last word of a sort: "func" of "core func". */
static const char *sort_word(CompSort sort) {
    const char *name = comp_sort_name(sort), *space = strchr(name, ' ');
    return space ? space + 1 : name;
}

/* idx | '(' word idx string* ')' */
uint32_t wat_index_or_ref(WatComponent *c, CompSort sort) {
    if (wat_is_index(c->w, 0)) return wat_comp_index(c, sort);
    wat_expect_open(c->w, sort_word(sort));
    uint32_t index = wat_item_ref(c, sort);
    wat_close(c->w);
    return index;
}

/* idx | '(' 'core' word idx string? ')'; where `legacy`, without `core` too. */
uint32_t wat_core_ref(WatComponent *c, CompSort sort, bool legacy) {
    Wat *w = c->w;
    if (wat_is_index(w, 0)) return wat_comp_index(c, sort);
    const char *word = sort_word(sort);
    if (legacy && wat_is_open(w, word)) {
        w->pos += 2;
        if (w->strict) wat_fail(w, wat_here(w), WAT_CORE_NEEDED, word, word);
    } else {
        wat_expect_open(w, "core");
        wat_expect_kw(w, word);
    }
    uint32_t index = wat_core_item_ref(c, sort);
    wat_close(w);
    return index;
}

/* A core sort in an export of a core instance: 'func' | 'table' | 'memory' | 'global' | 'tag'. */
static CompSort take_core_sort(Wat *w) {
    for (int s = COMP_CORE_FUNC; s <= COMP_CORE_TAG; s++)
        if (wat_take_kw(w, sort_word(s))) return s;
    wat_unexpected(w, "`func`, `table`, `memory`, `global` or `tag`");
    return COMP_CORE_FUNC;
}

static bool try_sort(Wat *w, CompSort *sort) {
    static const CompSort sorts[] = {COMP_FUNC, COMP_VALUE, COMP_TYPE, COMP_COMPONENT,
                                     COMP_INSTANCE};
    if (wat_is_kw(w, "core") && wat_token_is(w, wat_ahead(w, 1), "module")) {
        w->pos += 2;
        *sort = COMP_CORE_MODULE;
        return true;
    }
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
        if (wat_take_kw(w, comp_sort_name(sorts[i]))) {
            *sort = sorts[i];
            return true;
        }
    return false;
}

static CompSort take_sort(Wat *w) {
    CompSort sort = COMP_FUNC;
    if (!try_sort(w, &sort))
        wat_unexpected(w, "`core module`, `func`, `value`, `type`, `component` or `instance`");
    return sort;
}

/* externname ::= name ('(' 'implements' string ')')? ('(' 'versionsuffix' string ')')? ... */
static CompName extern_name(WatComponent *c) {
    Wat *w = c->w;
    CompName name = {0};
    if (wat_take_open(w, "interface")) {
        name.name = wat_name(w);
        wat_close(w);
    } else {
        name.name = wat_name(w);
    }
    const struct {
        const char *word;
        Str *text;
        bool *has;
    } parts[] = {{"implements", &name.implements, &name.has_implements},
                 {"versionsuffix", &name.version_suffix, &name.has_version_suffix},
                 {"external-id", &name.external_id, &name.has_external_id}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!wat_take_open(w, parts[i].word)) continue;
        *parts[i].text = wat_name(w);
        *parts[i].has = true;
        wat_close(w);
    }
    return name;
}

/* Whether '(' word externname ')' stands here, and nothing else in it: `(export "n" (func 0))` is a
 * field of an instance, `(import "m" "n" (func))` one of a module. */
static bool is_inline(Wat *w, const char *word) {
    if (!wat_is_open(w, word)) return false;
    const Token *end = &w->toks[wat_tok(w)->match], *t = wat_ahead(w, 2);
    if (t->kind == TOK_OPEN && wat_token_is(w, t + 1, "interface")) t = &w->toks[t->match];
    else if (t->kind != TOK_STRING) return false;
    for (t++; t < end; t = &w->toks[t->match + 1]) {
        if (t->kind != TOK_OPEN) return false;
        if (!wat_token_is(w, t + 1, "implements") && !wat_token_is(w, t + 1, "versionsuffix") &&
            !wat_token_is(w, t + 1, "external-id"))
            return false;
    }
    return true;
}

/* ('(' 'export' externname ')')*: exports of what is about to be defined, for the end. */
typedef VEC(CompName) Names;

static Names inline_exports(WatComponent *c) {
    Names names = {0};
    Wat *w = c->w;
    while (is_inline(w, "export")) {
        w->pos += 2;
        *vec_push(w->arena, &names) = extern_name(c);
        wat_close(w);
    }
    return names;
}

static void export_later(WatComponent *c, const Names *names, CompSort sort, uint32_t index,
                         const Token *at) {
    for (size_t i = 0; i < names->len; i++) {
        CompItem *item = vec_push(c->w->arena, &c->scope->late);
        item->kind = COMP_ITEM_EXPORT;
        item->offset = at->at;
        item->export.name = names->at[i];
        item->export.sort = sort;
        item->export.index = index;
    }
}

/* '(' 'import' externname ')' */
static bool inline_import(WatComponent *c, CompName *name) {
    if (!is_inline(c->w, "import")) return false;
    c->w->pos += 2;
    *name = extern_name(c);
    wat_close(c->w);
    return true;
}

static uint32_t add_import(WatComponent *c, CompName name, CompExternType type, const Token *at) {
    CompItem item = {.kind = COMP_ITEM_IMPORT};
    item.import.name = name;
    item.import.type = type;
    return add(c, &item, at);
}

/* ---- item types ---- */

/* '(' 'type' idx string* ')' and nothing else in it. */
static bool is_type_ref(Wat *w) {
    if (!wat_is_open(w, "type") || !wat_is_index(w, 2)) return false;
    TokKind behind = wat_ahead(w, 3)->kind;
    return behind == TOK_CLOSE || behind == TOK_STRING;
}

static uint32_t type_use(WatComponent *c, CompSort sort) {
    Wat *w = c->w;
    const Token *at = wat_tok(w);
    if (is_type_ref(w)) {
        w->pos += 2;
        uint32_t index = sort == COMP_CORE_MODULE ? wat_core_item_ref(c, COMP_CORE_TYPE)
                                                  : wat_item_ref(c, COMP_TYPE);
        wat_close(w);
        return index;
    }
    CompItem item = {.kind = COMP_ITEM_TYPE};
    if (sort == COMP_CORE_MODULE) {
        item.kind = COMP_ITEM_CORE_TYPE;
        item.core_type.module = wat_module_type(c, NULL);
    } else if (sort == COMP_FUNC) {
        item.type = wat_comp_func_type(c);
    } else {
        item.type = wat_declarations(c, NULL, sort == COMP_INSTANCE);
    }
    return w->failed ? 0 : add(c, &item, at);
}

/* typebound ::= '(' 'eq' typeidx ')' | '(' 'sub' 'resource' ')' */
static void type_bound(WatComponent *c, CompExternType *type) {
    Wat *w = c->w;
    if (wat_take_open(w, "eq")) {
        type->index = wat_comp_index(c, COMP_TYPE);
    } else {
        wat_expect_open(w, "sub");
        wat_expect_kw(w, "resource");
        type->is_resource = true;
    }
    wat_close(w);
}

/* externtype, behind its '('; with its id where `named`. */
static CompExternType extern_type(WatComponent *c, bool named, const Token **id, Str *annotation) {
    Wat *w = c->w;
    CompExternType type = {.sort = take_sort(w)};
    *id = NULL;
    if (named) *id = take_id(c, annotation);
    switch (type.sort) {
    case COMP_CORE_MODULE:
    case COMP_FUNC:
    case COMP_COMPONENT:
    case COMP_INSTANCE: type.index = type_use(c, type.sort); break;
    case COMP_TYPE: type_bound(c, &type); break;
    case COMP_VALUE:
        if (is_type_ref(w)) {
            w->pos += 2;
            type.value = comp_ref(wat_item_ref(c, COMP_TYPE));
            wat_close(w);
        } else if (wat_take_open(w, "eq")) {
            type.is_eq = true;
            type.index = wat_comp_index(c, COMP_VALUE);
            wat_close(w);
        } else {
            type.value = wat_comp_val_type(c);
        }
        break;
    case COMP_CORE_FUNC:
    case COMP_CORE_TABLE:
    case COMP_CORE_MEMORY:
    case COMP_CORE_GLOBAL:
    case COMP_CORE_TAG:
    case COMP_CORE_TYPE:
    case COMP_CORE_INSTANCE:
    case COMP_SORT_COUNT: break;
    }
    return type;
}

/* '(' 'import' externname '(' externtype ')' ')', behind `import`. */
void wat_comp_import(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    const Token *id;
    Str annotation = {0};
    CompName name = extern_name(c);
    wat_expect_paren(w);
    CompExternType type = extern_type(c, true, &id, &annotation);
    wat_close(w);
    wat_close(w);
    if (w->failed) return;
    bind(c, type.sort, add_import(c, name, type, at), id, annotation);
}

/* The same as a declaration of a type: '(' 'export' externname '(' externtype ')' ')'. */
void wat_export_decl(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    const Token *id;
    Str annotation = {0};
    CompItem item = {.kind = COMP_ITEM_EXPORT};
    item.export.name = extern_name(c);
    wat_expect_paren(w);
    item.export.type = extern_type(c, true, &id, &annotation);
    item.export.sort = item.export.type.sort;
    item.export.has_type = true;
    wat_close(w);
    wat_close(w);
    if (!w->failed) bind(c, item.export.sort, add(c, &item, at), id, annotation);
}

/* '(' 'export' id? externname '(' sort idx ')' ('(' externtype ')')? ')', behind `export`. */
static void comp_export(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    Str annotation, unused = {0};
    const Token *none, *id = take_id(c, &annotation);
    CompItem item = {.kind = COMP_ITEM_EXPORT};
    item.export.name = extern_name(c);
    uint32_t kind_at = w->pos;
    if (!wat_is(w, TOK_OPEN)) {
        wat_expect_paren(w);
        return;
    }
    /* the type's abbreviations come before the item's */
    w->pos = wat_tok(w)->match + 1;
    if (wat_is(w, TOK_OPEN)) {
        w->pos++;
        item.export.has_type = true;
        item.export.type = extern_type(c, false, &none, &unused);
        wat_close(w);
    }
    uint32_t behind = w->pos;
    if (w->failed) return;
    w->pos = kind_at + 1;
    item.export.sort = take_sort(w);
    item.export.index = wat_item_ref(c, item.export.sort);
    wat_close(w);
    if (w->failed) return;
    w->pos = behind;
    wat_close(w);
    bind(c, item.export.sort, add(c, &item, at), id, annotation);
}

/* ---- aliases ---- */

/* Behind `alias outer`: how many scopes up, and the index there. */
static void outer_indices(WatComponent *c, uint32_t *count, uint32_t *index) {
    Wat *w = c->w;
    WatScope *s = c->scope;
    *count = 0;
    if (wat_is(w, TOK_ID)) {
        Str id = wat_token_id(w, wat_tok(w));
        for (; s && !(s->id.ptr && str_eq(s->id, id)); s = s->up) ++*count;
        if (!s) wat_fail(w, wat_here(w), WAT_OUTER_UNKNOWN, STR_ARG(id));
        else w->pos++;
    } else {
        Span span = wat_here(w);
        *count = wat_u32(w);
        for (uint32_t i = 0; i < *count && s; i++) s = s->up;
        if (!s && !wat_is(w, TOK_INT)) wat_fail(w, span, WAT_OUTER_COUNT, *count);
    }
    *index = w->pos++;
    /* resolved when the sort is known */
    if (wat_is(w, TOK_END)) w->pos = w->end;
}

/* The index that stood at token `at`, in the scope `count` levels up. */
static uint32_t index_in_scope(WatComponent *c, uint32_t count, CompSort sort, uint32_t at) {
    Wat *w = c->w;
    if (w->failed) return 0;
    WatScope *own = c->scope, *s = own;
    uint32_t behind = w->pos;
    for (uint32_t i = 0; i < count && s; i++) s = s->up;
    w->pos = at;
    uint32_t index = 0;
    if (wat_is(w, TOK_ID)) {
        Str name = wat_token_id(w, wat_tok(w));
        const MapEntry *e = s ? map_get(&s->ids[sort], name) : NULL;
        if (e) index = (uint32_t)e->value;
        else wat_fail(w, wat_here(w), WAT_UNKNOWN_NAME, sort_words(sort), STR_ARG(name));
    } else {
        index = wat_u32(w);
    }
    if (!w->failed) w->pos = behind;
    return index;
}

/* '(' 'alias' target '(' sort id? ')' ')', behind `alias`. */
void wat_alias(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    CompItem item = {.kind = COMP_ITEM_ALIAS};
    Str annotation;
    uint32_t index_at = 0;
    bool outer = wat_take_kw(w, "outer"), core = !outer && wat_take_kw(w, "core");
    if (outer) {
        item.alias.kind = COMP_ALIAS_OUTER;
        outer_indices(c, &item.alias.count, &index_at);
    } else {
        wat_expect_kw(w, "export");
        item.alias.kind = core ? COMP_ALIAS_CORE_EXPORT : COMP_ALIAS_EXPORT;
        item.alias.index = wat_comp_index(c, core ? COMP_CORE_INSTANCE : COMP_INSTANCE);
        item.alias.name = wat_name(w);
    }
    wat_expect_paren(w);
    if (core) {
        wat_expect_kw(w, "core");
        item.alias.sort = take_core_sort(w);
    } else if (outer && wat_is_kw(w, "core") && wat_token_is(w, wat_ahead(w, 1), "type")) {
        w->pos += 2;
        item.alias.sort = COMP_CORE_TYPE;
    } else {
        item.alias.sort = take_sort(w);
    }
    if (outer) item.alias.index = index_in_scope(c, item.alias.count, item.alias.sort, index_at);
    const Token *id = take_id(c, &annotation);
    wat_close(w);
    wat_close(w);
    if (!w->failed) bind(c, item.alias.sort, add(c, &item, at), id, annotation);
}

/* 'outer' count index '(' 'type' id? ')' ')': the only alias in a core module type. */
void wat_module_type_alias(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    uint32_t count, index_at;
    Str annotation;
    wat_expect_kw(w, "outer");
    outer_indices(c, &count, &index_at);
    wat_expect_open(w, "type");
    uint32_t index = index_in_scope(c, count, COMP_CORE_TYPE, index_at);
    const Token *id = take_id(c, &annotation);
    wat_close(w);
    wat_close(w);
    if (w->failed) return;
    *vec_push(w->arena, &c->scope->module_type->decls) =
        (CompModuleDecl){.kind = COMP_DECL_ALIAS, .offset = at->at, .count = count, .index = index};
    bind(c, COMP_CORE_TYPE, c->scope->b.counts[COMP_CORE_TYPE]++, id, annotation);
}

/* ---- types ---- */

/* '(' 'core' 'type' id? (deftype | '(' 'module' decl* ')') ')', behind `type`. */
void wat_core_type(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    Str annotation;
    const Token *id = take_id(c, &annotation);
    CompItem item = {.kind = COMP_ITEM_CORE_TYPE};
    if (wat_take_open(w, "module")) {
        item.core_type.module = wat_module_type(c, id);
        wat_close(w);
        if (!w->failed) bind(c, COMP_CORE_TYPE, add(c, &item, at), id, annotation);
    } else {
        bind(c, COMP_CORE_TYPE, c->scope->b.counts[COMP_CORE_TYPE], id, annotation);
        item.core_type.types = wat_core_type_group(c, 1, false);
        if (!w->failed) add(c, &item, at);
    }
    wat_close(w);
}

/* '(' 'core' 'rec' ('(' 'type' id? deftype ')')* ')', behind `rec`. */
static void core_rec(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    uint32_t start = w->pos, count = 0;
    Str annotation;
    for (; wat_is_open(w, "type"); count++) {
        uint32_t next = wat_tok(w)->match + 1;
        w->pos += 2;
        const Token *id = take_id(c, &annotation);
        bind(c, COMP_CORE_TYPE, c->scope->b.counts[COMP_CORE_TYPE] + count, id, annotation);
        if (w->failed) return;
        w->pos = next;
    }
    w->pos = start;
    CompItem item = {.kind = COMP_ITEM_CORE_TYPE};
    item.core_type.types = wat_core_type_group(c, count, true);
    wat_close(w);
    if (!w->failed) add(c, &item, at);
}

/* '(' 'type' id? export* typedef ')', behind `type`. */
void wat_comp_type(WatComponent *c, const Token *at, bool exports) {
    Wat *w = c->w;
    Str annotation;
    const Token *id = take_id(c, &annotation);
    Names names = {0};
    if (exports) names = inline_exports(c);
    CompItem item = {.kind = COMP_ITEM_TYPE};
    item.type = wat_type_definition(c, id);
    wat_close(w);
    if (w->failed) return;
    uint32_t index = add(c, &item, at);
    bind(c, COMP_TYPE, index, id, annotation);
    export_later(c, &names, COMP_TYPE, index, at);
}

/* ---- modules, components, instances ---- */

static void core_module(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    Str annotation;
    CompName name;
    uint32_t index;
    const Token *id = take_id(c, &annotation);
    Names names = inline_exports(c);
    if (inline_import(c, &name)) {
        CompExternType type = {.sort = COMP_CORE_MODULE, .index = type_use(c, COMP_CORE_MODULE)};
        if (w->failed) return;
        index = add_import(c, name, type, at);
    } else {
        CompItem item = {.kind = COMP_ITEM_CORE_MODULE};
        item.core_module.module = wat_core_fields(w, annotation.ptr ? annotation
                                                     : id           ? wat_token_id(w, id)
                                                                    : annotation);
        if (w->failed) return;
        index = add(c, &item, at);
    }
    wat_close(w);
    bind(c, COMP_CORE_MODULE, index, id, annotation);
    export_later(c, &names, COMP_CORE_MODULE, index, at);
}

static void nested_component(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    Str annotation;
    CompName name;
    uint32_t index;
    const Token *id = take_id(c, &annotation);
    Names names = inline_exports(c);
    if (inline_import(c, &name)) {
        CompExternType type = {.sort = COMP_COMPONENT, .index = type_use(c, COMP_COMPONENT)};
        if (w->failed) return;
        index = add_import(c, name, type, at);
    } else {
        CompItem item = {.kind = COMP_ITEM_COMPONENT};
        item.component = wat_component_body(c, id, annotation);
        if (w->failed) return;
        index = add(c, &item, at);
    }
    wat_close(w);
    bind(c, COMP_COMPONENT, index, id, annotation);
    export_later(c, &names, COMP_COMPONENT, index, at);
}

/* ('(' 'export' name '(' sort idx ')' ')')* of an instance made of exports. */
static CompArgs bundle(WatComponent *c, bool core) {
    Wat *w = c->w;
    CompArgs args = {0};
    while (!wat_done(w)) {
        CompArg arg = {.offset = wat_tok(w)->at};
        wat_expect_open(w, "export");
        if (core) arg.name.name = wat_name(w);
        else arg.name = extern_name(c);
        wat_expect_paren(w);
        arg.sort = core ? take_core_sort(w) : take_sort(w);
        arg.index = core ? wat_core_item_ref(c, arg.sort) : wat_item_ref(c, arg.sort);
        wat_close(w);
        wat_close(w);
        *vec_push(w->arena, &args) = arg;
    }
    return args;
}

static uint32_t add_bundle(WatComponent *c, bool core, const Token *at) {
    CompItem item = {.kind = core ? COMP_ITEM_CORE_INSTANCE : COMP_ITEM_INSTANCE};
    item.instance.is_exports = true;
    item.instance.args = bundle(c, core);
    return c->w->failed ? 0 : add(c, &item, at);
}

/* '(' 'instance' ('(' 'export' ...)* ')' in place of an instance that has an index. */
static bool is_inline_bundle(Wat *w) { return wat_is_open(w, "instance") && !wat_is_index(w, 2); }

/* Instances that are written out as arguments come before everything else. */
static void inline_bundles(WatComponent *c, bool core, Indices32 *made) {
    Wat *w = c->w;
    uint32_t start = w->pos;
    while (wat_is_open(w, "with") && !w->failed) {
        uint32_t next = wat_tok(w)->match + 1;
        const Token *at = wat_tok(w);
        w->pos += 3;
        if (is_inline_bundle(w)) {
            w->pos += 2;
            *vec_push(w->arena, made) = add_bundle(c, core, at);
            wat_close(w);
        }
        if (!w->failed) w->pos = next;
    }
    if (!w->failed) w->pos = start;
}

/* ('(' 'with' name arg ')')* */
static CompArgs instantiate_args(WatComponent *c, bool core, const Indices32 *made) {
    Wat *w = c->w;
    CompArgs args = {0};
    size_t used = 0;
    while (!wat_done(w)) {
        CompArg arg = {.offset = wat_tok(w)->at, .sort = core ? COMP_CORE_INSTANCE : COMP_INSTANCE};
        wat_expect_open(w, "with");
        arg.name.name = wat_name(w);
        if (is_inline_bundle(w)) {
            arg.index = used < made->len ? made->at[used++] : 0;
            w->pos = wat_tok(w)->match + 1;
        } else {
            wat_expect_paren(w);
            if (core) wat_expect_kw(w, "instance");
            else arg.sort = take_sort(w);
            arg.index = core ? wat_core_item_ref(c, COMP_CORE_INSTANCE) : wat_item_ref(c, arg.sort);
            wat_close(w);
        }
        wat_close(w);
        *vec_push(w->arena, &args) = arg;
    }
    return args;
}

/* '(' 'instantiate' ref arg* ')' | export* */
static uint32_t instance_body(WatComponent *c, bool core, const Token *at) {
    Wat *w = c->w;
    if (!wat_is_open(w, "instantiate")) return add_bundle(c, core, at);
    uint32_t ref_at = w->pos + 2;
    Indices32 made = {0};
    w->pos = wat_ahead(w, 2)->kind == TOK_OPEN ? wat_ahead(w, 2)->match + 1 : ref_at + 1;
    inline_bundles(c, core, &made);
    if (w->failed) return 0;
    w->pos = ref_at;
    CompItem item = {.kind = core ? COMP_ITEM_CORE_INSTANCE : COMP_ITEM_INSTANCE};
    item.instance.index = wat_index_or_ref(c, core ? COMP_CORE_MODULE : COMP_COMPONENT);
    item.instance.args = instantiate_args(c, core, &made);
    wat_close(w);
    return w->failed ? 0 : add(c, &item, at);
}

static void core_instance(WatComponent *c, const Token *at) {
    Str annotation;
    const Token *id = take_id(c, &annotation);
    uint32_t index = instance_body(c, true, at);
    wat_close(c->w);
    if (!c->w->failed) bind(c, COMP_CORE_INSTANCE, index, id, annotation);
}

static void instance(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    Str annotation;
    CompName name;
    uint32_t index;
    const Token *id = take_id(c, &annotation);
    Names names = inline_exports(c);
    if (inline_import(c, &name)) {
        CompExternType type = {.sort = COMP_INSTANCE, .index = type_use(c, COMP_INSTANCE)};
        if (w->failed) return;
        index = add_import(c, name, type, at);
    } else {
        index = instance_body(c, false, at);
    }
    wat_close(w);
    if (w->failed) return;
    bind(c, COMP_INSTANCE, index, id, annotation);
    export_later(c, &names, COMP_INSTANCE, index, at);
}

/* ---- functions ---- */

/* '(' 'alias' 'core'? 'export' instance name ')' as a definition of a function. */
static uint32_t alias_of_func(WatComponent *c, bool core, const Token *at) {
    Wat *w = c->w;
    wat_expect_open(w, "alias");
    if (core) wat_expect_kw(w, "core");
    wat_expect_kw(w, "export");
    uint32_t from = wat_comp_index(c, core ? COMP_CORE_INSTANCE : COMP_INSTANCE);
    Str name = wat_name(w);
    wat_close(w);
    return w->failed ? 0 : add_alias(c, core, core ? COMP_CORE_FUNC : COMP_FUNC, from, name, at);
}

static uint32_t add_canon(WatComponent *c, const CompCanon *canon, const Token *at) {
    CompItem item = {.kind = COMP_ITEM_CANON, .canon = *canon};
    return c->w->failed ? 0 : add(c, &item, at);
}

/* '(' 'core' 'func' id? ('(' 'canon' ... ')' | alias) ')', behind `func`. */
static void core_func(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    Str annotation;
    uint32_t index;
    const Token *id = take_id(c, &annotation);
    if (wat_is_open(w, "alias")) {
        index = alias_of_func(c, true, at);
    } else {
        CompCanon canon = {0};
        wat_expect_open(w, "canon");
        wat_canon_core(c, &canon);
        wat_close(w);
        index = add_canon(c, &canon, at);
    }
    wat_close(w);
    if (!w->failed) bind(c, COMP_CORE_FUNC, index, id, annotation);
}

/* '(' 'func' id? export* (import typeuse | alias | typeuse '(' 'canon' 'lift' ... ')') ')' */
static void func(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    Str annotation;
    CompName name;
    uint32_t index;
    const Token *id = take_id(c, &annotation);
    Names names = inline_exports(c);
    if (inline_import(c, &name)) {
        CompExternType type = {.sort = COMP_FUNC, .index = type_use(c, COMP_FUNC)};
        index = w->failed ? 0 : add_import(c, name, type, at);
    } else if (wat_is_open(w, "alias")) {
        index = alias_of_func(c, false, at);
    } else {
        CompCanon canon = {.op = COMP_CANON_LIFT, .type = type_use(c, COMP_FUNC)};
        wat_expect_open(w, "canon");
        wat_canon_lift(c, &canon);
        wat_close(w);
        index = add_canon(c, &canon, at);
    }
    wat_close(w);
    if (w->failed) return;
    bind(c, COMP_FUNC, index, id, annotation);
    export_later(c, &names, COMP_FUNC, index, at);
}

/* '(' 'canon' 'lift' ... '(' 'func' id? typeuse ')' ')' and '(' 'canon' ... '(' 'core' 'func' id? ')' ')',
 * behind `canon`. The type of a lift comes first of what it abbreviates. */
static void canon_field(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    CompCanon canon = {0};
    Str annotation = {0};
    const Token *id;
    if (wat_is_kw(w, "lift")) {
        uint32_t start = w->pos, end = at[-1].match;
        while (w->pos < end && !wat_is_open(w, "func"))
            w->pos = wat_is(w, TOK_OPEN) ? wat_tok(w)->match + 1 : w->pos + 1;
        wat_expect_open(w, "func");
        id = take_id(c, &annotation);
        canon.type = type_use(c, COMP_FUNC);
        wat_close(w);
        uint32_t behind = w->pos;
        if (w->failed) return;
        w->pos = start;
        wat_canon_lift(c, &canon);
        if (!wat_is_open(w, "func")) wat_unexpected(w, "`(func`");
        if (w->failed) return;
        w->pos = behind;
        wat_close(w);
        uint32_t index = add_canon(c, &canon, at);
        if (!w->failed) bind(c, COMP_FUNC, index, id, annotation);
        return;
    }
    wat_canon_core(c, &canon);
    wat_expect_open(w, "core");
    wat_expect_kw(w, "func");
    id = take_id(c, &annotation);
    wat_close(w);
    wat_close(w);
    uint32_t index = add_canon(c, &canon, at);
    if (!w->failed) bind(c, COMP_CORE_FUNC, index, id, annotation);
}

/* '(' 'start' func ('(' 'value' idx ')')* ('(' 'result' '(' 'value' id? ')' ')')* ')' */
static void start(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    CompItem item = {.kind = COMP_ITEM_START};
    item.start.func = wat_comp_index(c, COMP_FUNC);
    while (wat_take_open(w, "value")) {
        uint32_t index = wat_item_ref(c, COMP_VALUE);
        *vec_push(w->arena, &item.start.args) = index;
        wat_close(w);
    }
    uint32_t first = c->scope->b.counts[COMP_VALUE];
    for (; wat_take_open(w, "result"); item.start.result_count++) {
        Str annotation;
        wat_expect_open(w, "value");
        const Token *id = take_id(c, &annotation);
        bind(c, COMP_VALUE, first + item.start.result_count, id, (Str){0});
        comp_set_name(w->arena, &c->scope->b.names, COMP_VALUE, first + item.start.result_count,
                      (Str){0});
        wat_close(w);
        wat_close(w);
    }
    wat_close(w);
    if (!w->failed) add(c, &item, at);
}

/* ---- fields ---- */

static void core_field(WatComponent *c, const Token *at) {
    Wat *w = c->w;
    if (wat_take_kw(w, "module")) core_module(c, at);
    else if (wat_take_kw(w, "instance")) core_instance(c, at);
    else if (wat_take_kw(w, "type")) wat_core_type(c, at);
    else if (wat_take_kw(w, "func")) core_func(c, at);
    else if (wat_take_kw(w, "rec")) core_rec(c, at);
    else wat_unexpected(w, "`module`, `instance`, `type`, `func` or `rec`");
}

static void annotation_field(WatComponent *c) {
    Wat *w = c->w;
    CompItem item = {.kind = COMP_ITEM_CUSTOM};
    const Token *at = wat_tok(w);
    if (wat_is_annotation(w, "producers")) {
        item.custom.name = STR("producers");
        item.custom.bytes = wat_producers(w);
    } else if (wat_is_annotation(w, "custom")) {
        w->pos++;
        item.custom.name = wat_name(w);
        item.custom.bytes = wat_strings(w);
        wat_close(w);
    } else {
        wat_unexpected(w, "valid component field");
    }
    if (!w->failed) add(c, &item, at);
}

static void field(WatComponent *c) {
    static const struct {
        const char *word;
        void (*read)(WatComponent *c, const Token *at);
    } fields[] = {{"core", core_field},        {"component", nested_component},
                  {"instance", instance},      {"alias", wat_alias},
                  {"import", wat_comp_import}, {"func", func},
                  {"export", comp_export},     {"start", start},
                  {"canon", canon_field}};
    Wat *w = c->w;
    if (wat_is(w, TOK_ANNOTATION)) {
        annotation_field(c);
        return;
    }
    wat_expect_paren(w);
    const Token *at = wat_tok(w);
    if (wat_take_kw(w, "type")) {
        wat_comp_type(c, at, true);
        return;
    }
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (wat_take_kw(w, fields[i].word)) {
            fields[i].read(c, at);
            return;
        }
    wat_unexpected(w, "valid component field");
}

/* field*, up to the closing parenthesis. */
CompComponent *wat_component_body(WatComponent *c, const Token *id, Str annotation) {
    Wat *w = c->w;
    const Token *at = wat_tok(w);
    WatScope *s = wat_open_scope(c, id);
    while (!wat_done(w)) field(c);
    for (size_t i = 0; i < s->late.len && !w->failed; i++) comp_add(&s->b, &s->late.at[i]);
    s->b.names.component = annotation.ptr ? annotation : id ? wat_token_id(w, id) : annotation;
    wat_close_scope(c);
    if (w->failed) return NULL;
    CompComponent *component = comp_finish(&s->b);
    component->source = w->source;
    component->offset = at->at;
    return component;
}

CompComponent *wat_component_fields(Wat *w, const Token *id) {
    WatComponent c = {.w = w};
    Str annotation = {0};
    wat_take_name(w, &annotation);
    return wat_component_body(&c, id, annotation);
}
