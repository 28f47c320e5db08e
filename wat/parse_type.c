/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Types of core WebAssembly in the text format (6.4): one production a function. Names of types are
 * looked up by the caller's function, since modules and components have them in different places. */
#include "wat/internal.h"

static const struct {
    const char *text;
    CoreHeap heap;
} ref_words[] = {
    {"funcref", CORE_HEAP_FUNC},       {"externref", CORE_HEAP_EXTERN},
    {"anyref", CORE_HEAP_ANY},         {"eqref", CORE_HEAP_EQ},
    {"i31ref", CORE_HEAP_I31},         {"structref", CORE_HEAP_STRUCT},
    {"arrayref", CORE_HEAP_ARRAY},     {"nullref", CORE_HEAP_NONE},
    {"nullfuncref", CORE_HEAP_NOFUNC}, {"nullexternref", CORE_HEAP_NOEXTERN},
    {"exnref", CORE_HEAP_EXN},         {"nullexnref", CORE_HEAP_NOEXN},
    {"contref", CORE_HEAP_CONT},       {"nullcontref", CORE_HEAP_NOCONT},
};

static CoreHeap ref_word(const Wat *w, const Token *t) {
    if (t->kind != TOK_KEYWORD) return CORE_HEAP_BOTTOM;
    for (size_t i = 0; i < sizeof ref_words / sizeof *ref_words; i++)
        if (str_is(wat_text(w, t), ref_words[i].text)) return ref_words[i].heap;
    return CORE_HEAP_BOTTOM;
}

bool wat_is_ref_type(const Wat *w) {
    return ref_word(w, wat_tok(w)) || wat_is_open(w, "ref") || wat_is_open(w, "shared");
}

/* heaptype ::= 'func' | ... | typeidx | '(' 'shared' absheaptype ')' | '(' 'exact' typeidx ')'
 * A type index of 24 bits at most: those that are larger are unknown types anyway. */
static CoreValType concrete(WatTypes *t) {
    Span span = wat_here(t->w);
    t->numbers += wat_is(t->w, TOK_INT) * (t->place * 2654435761u);
    uint32_t index = t->index(t->context, t->w);
    if (index > CORE_MAX_TYPE_INDEX) {
        wat_fail(t->w, span, WAT_TYPE_LARGE, index);
        index = 0;
    }
    return core_ref_to(false, index);
}

CoreValType wat_heap_type(WatTypes *t) {
    Wat *w = t->w;
    CoreValType type = 0;
    if (wat_is_index(w, 0)) return concrete(t);
    if (wat_take_open(w, "exact")) {
        type = concrete(t) | CORE_EXACT;
        wat_close(w);
        return type;
    }
    bool shared = wat_take_open(w, "shared");
    CoreHeap heap =
        wat_is(w, TOK_KEYWORD) ? core_heap_find(wat_text(w, wat_tok(w))) : CORE_HEAP_BOTTOM;
    if (heap == CORE_HEAP_BOTTOM) {
        wat_unexpected(w, "a heap type");
        return core_ref(false, CORE_HEAP_ANY);
    }
    w->pos++;
    type = core_ref(false, heap) | (shared ? CORE_SHARED : 0);
    if (shared) wat_close(w);
    return type;
}

/* reftype ::= 'funcref' | ... | '(' 'ref' 'null'? heaptype ')' | '(' 'shared' 'funcref' | ... ')' */
CoreValType wat_ref_type(WatTypes *t) {
    Wat *w = t->w;
    CoreHeap heap = ref_word(w, wat_tok(w));
    if (heap) {
        w->pos++;
        return core_ref(true, heap);
    }
    if (wat_take_open(w, "ref")) {
        CoreValType null = wat_take_kw(w, "null") ? CORE_NULLABLE : 0;
        CoreValType type = wat_heap_type(t) | null;
        wat_close(w);
        return type;
    }
    if (wat_take_open(w, "shared")) {
        heap = ref_word(w, wat_tok(w));
        if (!heap) wat_unexpected(w, "a reference type");
        else w->pos++;
        wat_close(w);
        return core_ref(true, heap) | CORE_SHARED;
    }
    wat_unexpected(w, "a reference type");
    return CORE_FUNCREF;
}

static CoreValType number_word(Wat *w) {
    static const struct {
        const char *text;
        CoreValType type;
    } words[] = {{"i32", CORE_I32},
                 {"i64", CORE_I64},
                 {"f32", CORE_F32},
                 {"f64", CORE_F64},
                 {"v128", CORE_V128}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (wat_take_kw(w, words[i].text)) return words[i].type;
    return CORE_BOTTOM;
}

/* valtype ::= 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | reftype */
CoreValType wat_val_type(WatTypes *t) {
    CoreValType type = number_word(t->w);
    if (type) return type;
    if (wat_is_ref_type(t->w)) return wat_ref_type(t);
    wat_unexpected(t->w, "a value type");
    return CORE_I32;
}

/* storagetype ::= valtype | 'i8' | 'i16' */
CoreValType wat_storage_type(WatTypes *t) {
    if (wat_take_kw(t->w, "i8")) return CORE_I8;
    if (wat_take_kw(t->w, "i16")) return CORE_I16;
    return wat_val_type(t);
}

/* limits ::= ('i32' | 'i64')? u64 u64? */
CoreLimits wat_limits(Wat *w) {
    CoreLimits limits = {0};
    if (!wat_take_kw(w, "i32")) limits.is_64 = wat_take_kw(w, "i64");
    /* with memories of 64 bits any number is well-formed, and validation says which are too large */
    bool wide = feature_on(w->features, MEMORY64);
    limits.min = wide ? wat_u64(w) : wat_u32(w);
    if (wat_is(w, TOK_INT)) {
        limits.has_max = true;
        limits.max = wide ? wat_u64(w) : wat_u32(w);
    }
    return limits;
}

/* memtype ::= limits 'shared'? ('(' 'pagesize' u32 ')')? */
CoreLimits wat_memory_type(Wat *w) {
    CoreLimits limits = wat_limits(w);
    limits.page_log2 = 16;
    limits.shared = wat_take_kw(w, "shared");
    wat_page_size(w, &limits);
    return limits;
}

void wat_page_size(Wat *w, CoreLimits *limits) {
    limits->page_log2 = 16;
    if (!wat_take_open(w, "pagesize")) return;
    Span span = wat_here(w);
    uint32_t size = wat_u32(w);
    if (!w->failed && (size == 0 || (size & (size - 1)))) wat_fail(w, span, WAT_PAGE_SIZE, size);
    limits->has_page = true;
    limits->page_log2 = size ? (uint8_t)__builtin_ctz(size) : 0;
    wat_close(w);
}

/* func ::= ('(' 'param' id? valtype* ')')* ('(' 'result' valtype* ')')* */
void wat_func_type(WatTypes *t, WatFunc *f, bool names,
                   void (*name)(void *context, uint32_t param, const Token *id, Str annotation)) {
    Wat *w = t->w;
    t->numbers = 0;
    while (wat_is_open(w, "param") || wat_is_open(w, "result")) {
        bool param = wat_token_is(w, wat_ahead(w, 1), "param");
        if (param && f->results.len) {
            wat_fail(w, wat_here(w), WAT_PARAM_AFTER_RESULT);
            return;
        }
        f->any = true;
        w->pos += 2;
        Str annotation = {0};
        const Token *id = NULL;
        if (param && names && wat_is(w, TOK_ID)) id = &w->toks[w->pos++];
        bool named = (param && names && wat_take_name(w, &annotation)) || id;
        if (named && name) name(t->context, (uint32_t)f->params.len, id, annotation);
        t->place = (uint32_t)(f->params.len + f->results.len) + 1;
        if (named) *vec_push(w->arena, &f->params) = wat_val_type(t);
        while (!named && !wat_done(w)) {
            t->place = (uint32_t)(f->params.len + f->results.len) + 1;
            CoreValType type = wat_val_type(t);
            if (param) *vec_push(w->arena, &f->params) = type;
            else *vec_push(w->arena, &f->results) = type;
        }
        wat_close(w);
    }
}

/* fieldtype ::= storagetype | '(' 'mut' storagetype ')' */
static CoreField field_type(WatTypes *t) {
    CoreField field = {0};
    field.mutable = wat_take_open(t->w, "mut");
    field.type = wat_storage_type(t);
    if (field.mutable) wat_close(t->w);
    return field;
}

/* struct ::= ('(' 'field' id fieldtype ')' | '(' 'field' fieldtype* ')')* */
static void struct_type(WatTypes *t, CoreType *type, WatFieldName name) {
    Wat *w = t->w;
    VEC(CoreField) fields = {0};
    while (!wat_done(w)) {
        wat_expect_open(w, "field");
        if (wat_is(w, TOK_ID)) {
            if (name) name(t->context, (uint32_t)fields.len, wat_tok(w));
            w->pos += !w->failed;
            *vec_push(w->arena, &fields) = field_type(t);
        } else {
            while (!wat_done(w)) *vec_push(w->arena, &fields) = field_type(t);
        }
        wat_close(w);
    }
    type->fields = fields.at;
    type->field_count = (uint32_t)fields.len;
}

/* comptype ::= 'func' func | 'struct' field* | 'array' fieldtype | 'cont' typeidx, without the
 * parentheses around. */
static void comp_type(WatTypes *t, CoreType *type, WatFieldName name) {
    Wat *w = t->w;
    if (wat_take_kw(w, "func")) {
        WatFunc f = {0};
        wat_func_type(t, &f, true, NULL);
        type->kind = CORE_TYPE_FUNC;
        type->params = f.params.at, type->param_count = (uint32_t)f.params.len;
        type->results = f.results.at, type->result_count = (uint32_t)f.results.len;
    } else if (wat_take_kw(w, "struct")) {
        type->kind = CORE_TYPE_STRUCT;
        struct_type(t, type, name);
    } else if (wat_take_kw(w, "array")) {
        CoreField *field = ARENA_NEW(w->arena, CoreField);
        *field = field_type(t);
        type->kind = CORE_TYPE_ARRAY;
        type->fields = field, type->field_count = 1;
    } else if (wat_take_kw(w, "cont")) {
        type->kind = CORE_TYPE_CONT;
        type->cont = t->index(t->context, w);
    } else {
        wat_unexpected(w, "`func`, `struct`, `array` or `cont`");
    }
}

/* An index of custom descriptors: '(' 'describes' x ')' '(' what follows. */
static uint32_t descriptor(WatTypes *t, const char *keyword) {
    if (!wat_take_kw(t->w, keyword)) return CORE_NONE;
    uint32_t index = t->index(t->context, t->w);
    wat_close(t->w);
    wat_expect_paren(t->w);
    return index;
}

/* '(' 'shared' ... ')' around the composite type, or the type itself; behind the '('. */
static void shared_type(WatTypes *t, CoreType *type, WatFieldName name) {
    type->shared = wat_take_kw(t->w, "shared");
    if (type->shared) wat_expect_paren(t->w);
    type->describes = descriptor(t, "describes");
    type->descriptor = descriptor(t, "descriptor");
    comp_type(t, type, name);
    if (type->shared) wat_close(t->w);
}

/* subtype ::= '(' 'sub' 'final'? typeidx? comptype ')' | comptype */
void wat_type_def(WatTypes *t, CoreType *type, WatFieldName name) {
    Wat *w = t->w;
    type->final = true;
    type->super = type->descriptor = type->describes = CORE_NONE;
    wat_expect_paren(w);
    if (wat_take_kw(w, "sub")) {
        type->final = wat_take_kw(w, "final");
        if (wat_is_index(w, 0)) type->super = t->index(t->context, w);
        wat_expect_paren(w);
        shared_type(t, type, name);
        wat_close(w);
    } else {
        shared_type(t, type, name);
    }
    wat_close(w);
}
