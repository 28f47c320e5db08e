/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Test scripts (.wast) to a list of commands.
 *
 * The modules of a script are parsed and encoded here, each with a list of faults of its own: one
 * that is malformed does not end the script, since a directive may expect just that. Quoted text
 * stays text. What makes a script unreadable is a fault outside of its modules. */
#include "base/utf8.h"
#include "wat/internal.h"

/* ---- values ---- */

enum { MAX_VALUE_DEPTH = 100 };

static void value(Wat *w, WastValue *v, unsigned depth);
static void bare_value(Wat *w, WastValue *v, unsigned depth);

static void push_values(Wat *w, WastValues *list, unsigned depth) {
    while (!wat_done(w)) {
        WastValue v = {0};
        value(w, &v, depth);
        *vec_push(w->arena, list) = v;
    }
}

static bool nan_class(Wat *w, int *nan) {
    *nan = wat_take_kw(w, "nan:canonical")    ? WAST_NAN_CANONICAL
           : wat_take_kw(w, "nan:arithmetic") ? WAST_NAN_ARITHMETIC
                                              : WAST_EXACT;
    return *nan != WAST_EXACT;
}

static uint64_t float_or_nan(Wat *w, bool single, int *nan) {
    if (nan_class(w, nan)) return 0;
    return single ? wat_f32(w) : wat_f64(w);
}

/* shape lane*, where lanes of floats may be classes of NaN */
static void v128_value(Wat *w, WastValue *v) {
    static const struct {
        const char *word;
        uint8_t bits, lanes;
        bool is_float;
    } shapes[] = {{"i8x16", 8, 16, false}, {"i16x8", 16, 8, false}, {"i32x4", 32, 4, false},
                  {"i64x2", 64, 2, false}, {"f32x4", 32, 4, true},  {"f64x2", 64, 2, true}};
    size_t s = 0, n = sizeof shapes / sizeof *shapes;
    while (s < n && !wat_take_kw(w, shapes[s].word)) s++;
    if (s == n) {
        wat_unexpected(w, "a shape of a v128");
        return;
    }
    v->lanes = shapes[s].lanes;
    v->lane_float = shapes[s].is_float;
    unsigned size = shapes[s].bits / 8;
    for (unsigned i = 0; i < v->lanes && !w->failed; i++) {
        int nan = WAST_EXACT;
        uint64_t bits =
            v->lane_float ? float_or_nan(w, size == 4, &nan) : (uint64_t)wat_int(w, shapes[s].bits);
        if (v->lane_float) v->lane_nan[i] = nan;
        for (unsigned b = 0; b < size; b++) v->v128[i * size + b] = (uint8_t)(bits >> (8 * b));
    }
}

static uint32_t any_index(void *context, Wat *w) {
    (void)context;
    if (wat_is(w, TOK_ID)) {
        w->pos++;
        return 0;
    }
    return wat_u32(w);
}

/* ref.null heap?, ref.extern n?, ref.host n, ref.func, ref.any, ... */
static bool reference(Wat *w, WastValue *v) {
    static const struct {
        const char *word;
        CoreHeap heap;
    } words[] = {{"ref.null", CORE_HEAP_BOTTOM}, {"ref.extern", CORE_HEAP_EXTERN},
                 {"ref.host", CORE_HEAP_ANY},    {"ref.func", CORE_HEAP_FUNC},
                 {"ref.any", CORE_HEAP_ANY},     {"ref.eq", CORE_HEAP_EQ},
                 {"ref.array", CORE_HEAP_ARRAY}, {"ref.struct", CORE_HEAP_STRUCT},
                 {"ref.i31", CORE_HEAP_I31},     {"ref.i31_shared", CORE_HEAP_I31},
                 {"ref.exn", CORE_HEAP_EXN},     {"ref.cont", CORE_HEAP_CONT}};
    size_t i = 0, n = sizeof words / sizeof *words;
    while (i < n && !wat_take_kw(w, words[i].word)) i++;
    if (i == n) return false;
    v->kind = WAST_REF;
    v->heap = words[i].heap;
    if (i == 0) {
        WatTypes types = {.w = w, .index = any_index, .context = NULL};
        v->is_null = true;
        if (wat_done(w)) return true;
        CoreValType t = wat_heap_type(&types);
        if (!core_is_concrete(t)) v->heap = core_heap(t);
        return true;
    }
    v->any = true;
    if (i <= 2 && wat_is(w, TOK_INT)) {
        v->any = false;
        v->bits = wat_u32(w);
    } else if (i == 3 && wat_is_index(w, 0)) {
        w->pos++;
    }
    return true;
}

static uint64_t unsigned_value(Wat *w, unsigned bits) {
    Span span = wat_here(w);
    Str text = wat_text(w, wat_tok(w));
    uint64_t value = wat_u64(w);
    if (bits < 64 && value >> bits) wat_fail(w, span, WAT_OUT_OF_RANGE, 'u', bits, STR_ARG(text));
    return value;
}

static void char_value(Wat *w, WastValue *v) {
    Span span = wat_here(w);
    v->text = wat_name(w);
    size_t at = 0;
    if (v->text.len) v->bits = utf8_next(v->text, &at);
    if (!w->failed && (v->text.len == 0 || at != v->text.len)) wat_fail(w, span, WAT_ONE_CHAR);
}

/* A component value of compound type; its word has been taken. */
static void compound(Wat *w, WastValue *v, unsigned depth) {
    switch (v->type) {
    case WIT_LIST:
    case WIT_TUPLE: push_values(w, &v->parts, depth); break;
    case WIT_RECORD:
        while (wat_take_open(w, "field")) {
            Str name = wat_name(w);
            WastValue part = {0};
            if (wat_is(w, TOK_OPEN)) value(w, &part, depth);
            else bare_value(w, &part, depth);
            wat_close(w);
            *vec_push(w->arena, &v->names) = name;
            *vec_push(w->arena, &v->parts) = part;
        }
        break;
    case WIT_VARIANT:
        v->text = wat_name(w);
        push_values(w, &v->parts, depth);
        break;
    case WIT_FLAGS:
        while (wat_is(w, TOK_STRING)) {
            Str name = wat_name(w);
            *vec_push(w->arena, &v->names) = name;
        }
        break;
    default: push_values(w, &v->parts, depth); break; /* option.some, result.ok, result.err */
    }
}

static bool component_value(Wat *w, WastValue *v, unsigned depth) {
    static const struct {
        const char *word;
        WitKind type;
        bool is_some;
    } words[] = {{"bool.const", WIT_BOOL, false},       {"s8.const", WIT_S8, false},
                 {"u8.const", WIT_U8, false},           {"s16.const", WIT_S16, false},
                 {"u16.const", WIT_U16, false},         {"s32.const", WIT_S32, false},
                 {"u32.const", WIT_U32, false},         {"s64.const", WIT_S64, false},
                 {"u64.const", WIT_U64, false},         {"char.const", WIT_CHAR, false},
                 {"str.const", WIT_STRING, false},      {"list.const", WIT_LIST, false},
                 {"record.const", WIT_RECORD, false},   {"tuple.const", WIT_TUPLE, false},
                 {"variant.const", WIT_VARIANT, false}, {"enum.const", WIT_ENUM, false},
                 {"option.none", WIT_OPTION, false},    {"option.some", WIT_OPTION, true},
                 {"result.ok", WIT_RESULT, true},       {"result.err", WIT_RESULT, false},
                 {"flags.const", WIT_FLAGS, false}};
    size_t i = 0, n = sizeof words / sizeof *words;
    while (i < n && !wat_take_kw(w, words[i].word)) i++;
    if (i == n) return false;
    v->kind = WAST_COMPONENT;
    v->type = words[i].type;
    v->is_some = words[i].is_some;
    switch (v->type) {
    case WIT_BOOL:
        v->bits = wat_take_kw(w, "true");
        if (!v->bits) wat_expect_kw(w, "false");
        break;
    case WIT_S8: v->bits = (uint64_t)wat_int(w, 8); break;
    case WIT_S16: v->bits = (uint64_t)wat_int(w, 16); break;
    case WIT_S32: v->bits = (uint64_t)wat_int(w, 32); break;
    case WIT_S64: v->bits = (uint64_t)wat_int(w, 64); break;
    case WIT_U8: v->bits = unsigned_value(w, 8); break;
    case WIT_U16: v->bits = unsigned_value(w, 16); break;
    case WIT_U32: v->bits = unsigned_value(w, 32); break;
    case WIT_U64: v->bits = unsigned_value(w, 64); break;
    case WIT_CHAR: char_value(w, v); break;
    case WIT_STRING:
    case WIT_ENUM: v->text = wat_name(w); break;
    default: compound(w, v, depth); break;
    }
    return true;
}

/* 'i32.const' n | ... | 'either' value* */
static void bare_value(Wat *w, WastValue *v, unsigned depth) {
    int nan = WAST_EXACT;
    if (depth >= MAX_VALUE_DEPTH) wat_fail(w, wat_here(w), WAT_DEEP);
    if (wat_take_kw(w, "i32.const")) {
        v->kind = WAST_I32;
        v->bits = (uint32_t)wat_int(w, 32);
    } else if (wat_take_kw(w, "i64.const")) {
        v->kind = WAST_I64;
        v->bits = (uint64_t)wat_int(w, 64);
    } else if (wat_take_kw(w, "f32.const")) {
        v->kind = WAST_F32;
        v->bits = float_or_nan(w, true, &nan);
        v->nan = nan;
    } else if (wat_take_kw(w, "f64.const")) {
        v->kind = WAST_F64;
        v->bits = float_or_nan(w, false, &nan);
        v->nan = nan;
    } else if (wat_take_kw(w, "v128.const")) {
        v->kind = WAST_V128;
        v128_value(w, v);
    } else if (wat_take_kw(w, "either")) {
        v->kind = WAST_EITHER;
        push_values(w, &v->parts, depth + 1);
    } else if (!reference(w, v) && !component_value(w, v, depth + 1)) {
        wat_unexpected(w, "a [type].const expression");
    }
}

static void value(Wat *w, WastValue *v, unsigned depth) {
    v->start = wat_tok(w)->at;
    wat_expect_paren(w);
    bare_value(w, v, depth);
    v->end = wat_tok(w)->at + wat_tok(w)->len;
    wat_close(w);
}

/* ---- modules ---- */

static const Token *take_id(Wat *w) { return wat_is(w, TOK_ID) ? &w->toks[w->pos++] : NULL; }

static Str strings(Wat *w, bool spaced) {
    Buf b = {.arena = w->arena};
    while (!wat_done(w)) {
        buf_str(&b, wat_string(w));
        if (spaced) buf_byte(&b, ' ');
    }
    return b.ptr ? buf_text(&b) : (Str){"", 0};
}

/* The fields of a module or component, with faults of their own; the place is then at the `)` of
 * the form that token `open` begins. */
static void text_module(Wat *w, WastModule *m, const Token *open, const Token *id) {
    Diags *faults = ARENA_NEW(w->arena, Diags);
    faults->arena = w->arena;
    Wat inner = *w;
    inner.diags = faults;
    Buf out = {.arena = w->arena};
    if (m->is_component) {
        const CompComponent *component = wat_component_fields(&inner, id);
        if (!inner.failed) comp_encode(component, &out);
    } else {
        const CoreModule *module =
            wat_core_fields(&inner, id ? wat_token_id(&inner, id) : (Str){0});
        if (!inner.failed) core_encode(module, &out);
    }
    if (!inner.failed && inner.pos != open->match) wat_unexpected(&inner, "`)`");
    w->ops = inner.ops;
    w->pos = open->match;
    m->parsed = !inner.failed;
    m->faults = faults;
    m->bytes = buf_text(&out);
}

/* ('module' | 'component') 'definition'? id? ('binary' string* | 'quote' string* | field*) ')',
 * behind the '('. */
static void module(Wat *w, WastModule *m) {
    const Token *open = &w->toks[w->pos - 1];
    m->span = wat_span(w, open);
    m->is_component = wat_is_kw(w, "component");
    m->parsed = true;
    m->at = wat_tok(w)->at;
    w->pos++;
    wat_take_kw(w, "definition");
    const Token *id = take_id(w);
    if (id) m->name = wat_token_id(w, id);
    uint32_t here = wat_tok(w)->at;
    if (wat_take_kw(w, "binary")) {
        m->is_binary = true;
        m->bytes = strings(w, false);
    } else if (wat_take_kw(w, "quote")) {
        m->is_quote = true;
        m->at = here;
        m->bytes = strings(w, true);
        if (m->is_component) m->bytes = str_fmt(w->arena, "(component%.*s)", STR_ARG(m->bytes));
    } else {
        text_module(w, m, open, id);
    }
    wat_close(w);
}

static bool at_module(const Wat *w) { return wat_is_kw(w, "module") || wat_is_kw(w, "component"); }

/* ---- commands ---- */

static void optional_name(Wat *w, Str *name) {
    const Token *id = take_id(w);
    if (id) *name = wat_token_id(w, id);
}

/* 'invoke' id? name value* | 'get' id? name, behind the '(' */
static void action(Wat *w, WastCommand *c) {
    c->at = wat_tok(w)->at;
    c->is_get = wat_take_kw(w, "get");
    if (!c->is_get) wat_expect_kw(w, "invoke");
    optional_name(w, &c->module_name);
    c->name = wat_name(w);
    if (!c->is_get) push_values(w, &c->args, 0);
    wat_close(w);
}

/* '(' action ')' or '(' module ')' */
static void action_or_module(Wat *w, WastCommand *c) {
    wat_expect_paren(w);
    c->has_module = at_module(w);
    if (c->has_module) module(w, &c->module);
    else action(w, c);
}

static void module_command(Wat *w, WastCommand *c) {
    const Token *second = wat_ahead(w, 1);
    if (wat_token_is(w, second, "instance") && at_module(w)) {
        c->kind = WAST_INSTANCE;
        w->pos += 2;
        optional_name(w, &c->name);
        optional_name(w, &c->module_name);
        wat_close(w);
        return;
    }
    c->kind = wat_token_is(w, second, "definition") ? WAST_DEFINITION : WAST_MODULE;
    c->has_module = true;
    module(w, &c->module);
    c->at = c->module.at;
}

typedef enum { SHAPE_MODULE, SHAPE_ACTION, SHAPE_EITHER, SHAPE_RETURN, SHAPE_NO_MESSAGE } Shape;

static bool assertion(Wat *w, WastCommand *c) {
    static const struct {
        const char *word;
        WastKind kind;
        Shape shape;
    } words[] = {{"assert_return", WAST_ASSERT_RETURN, SHAPE_RETURN},
                 {"assert_trap", WAST_ASSERT_TRAP, SHAPE_EITHER},
                 {"assert_exhaustion", WAST_ASSERT_EXHAUSTION, SHAPE_ACTION},
                 {"assert_exception", WAST_ASSERT_EXCEPTION, SHAPE_NO_MESSAGE},
                 {"assert_suspension", WAST_ASSERT_SUSPENSION, SHAPE_ACTION},
                 {"assert_malformed", WAST_ASSERT_MALFORMED, SHAPE_MODULE},
                 {"assert_invalid", WAST_ASSERT_INVALID, SHAPE_MODULE},
                 {"assert_unlinkable", WAST_ASSERT_UNLINKABLE, SHAPE_MODULE},
                 {"assert_malformed_custom", WAST_ASSERT_MALFORMED_CUSTOM, SHAPE_MODULE},
                 {"assert_invalid_custom", WAST_ASSERT_INVALID_CUSTOM, SHAPE_MODULE}};
    size_t i = 0, n = sizeof words / sizeof *words;
    while (i < n && !wat_take_kw(w, words[i].word)) i++;
    if (i == n) return false;
    c->kind = words[i].kind;
    switch (words[i].shape) {
    case SHAPE_MODULE:
        wat_expect_paren(w);
        if (!at_module(w)) wat_unexpected(w, "`module` or `component`");
        c->has_module = true;
        if (!w->failed) module(w, &c->module);
        break;
    case SHAPE_EITHER: action_or_module(w, c); break;
    case SHAPE_ACTION:
    case SHAPE_NO_MESSAGE:
    case SHAPE_RETURN:
        wat_expect_paren(w);
        action(w, c);
        break;
    }
    if (c->has_module) c->at = c->module.at;
    if (c->kind == WAST_ASSERT_EXHAUSTION || c->kind == WAST_ASSERT_EXCEPTION ||
        c->kind == WAST_ASSERT_SUSPENSION)
        c->at = c->span.start;
    if (words[i].shape == SHAPE_RETURN) push_values(w, &c->expected, 0);
    else if (words[i].shape != SHAPE_NO_MESSAGE) c->message = wat_name(w);
    wat_close(w);
    return true;
}

enum { MAX_THREADS = 100 }; /* in one another */
static void command(Wat *w, WastCommand *c, unsigned depth);

/* ('(' 'shared' '(' 'module' id ')' ')')? command* ')', behind 'thread' id? */
static void thread_body(Wat *w, WastCommand *c, unsigned depth) {
    if (wat_take_open(w, "shared")) {
        wat_expect_open(w, "module");
        optional_name(w, &c->module_name);
        wat_close(w);
        wat_close(w);
    }
    while (!wat_done(w)) {
        WastCommand inner = {0};
        command(w, &inner, depth + 1);
        *vec_push(w->arena, &c->body) = inner;
    }
    wat_close(w);
}

/* '(' command ')' */
static void command(Wat *w, WastCommand *c, unsigned depth) {
    wat_expect_paren(w);
    c->span = wat_here(w);
    c->at = c->span.start;
    if (at_module(w)) {
        module_command(w, c);
    } else if (wat_take_kw(w, "register")) {
        c->kind = WAST_REGISTER;
        c->name = wat_name(w);
        optional_name(w, &c->module_name);
        wat_close(w);
    } else if (wat_is_kw(w, "invoke") || wat_is_kw(w, "get")) {
        c->kind = WAST_INVOKE;
        action(w, c);
    } else if (depth < MAX_THREADS && wat_take_kw(w, "thread")) {
        c->kind = WAST_THREAD;
        optional_name(w, &c->name);
        thread_body(w, c, depth);
    } else if (wat_take_kw(w, "wait")) {
        c->kind = WAST_WAIT;
        optional_name(w, &c->name);
        wat_close(w);
    } else if (!assertion(w, c)) {
        wat_unexpected(w, "a command: `module`, `component`, `register`, `invoke` or `assert_...`");
    }
}

static bool is_command(const Wat *w) {
    const Token *t = wat_ahead(w, 1);
    Str word = wat_text(w, t);
    return wat_is(w, TOK_OPEN) && t->kind == TOK_KEYWORD &&
           (str_starts(word, STR("assert_")) || str_is(word, "module") ||
            str_is(word, "component") || str_is(word, "register") || str_is(word, "invoke") ||
            str_is(word, "get") || str_is(word, "thread"));
}

/* command* | field*: a script may be nothing but the fields of a module. */
bool wast_parse(Arena *arena, const Source *source, Features features, WastScript *script,
                Diags *diags) {
    Wat w;
    if (!wat_lex(arena, source, features, &w, diags)) return false;
    if (!is_command(&w) && !wat_is(&w, TOK_END)) {
        Token whole = {.match = w.end};
        WastCommand *c = vec_push(arena, &script->commands);
        *c = (WastCommand){.kind = WAST_MODULE, .has_module = true, .span = wat_here(&w)};
        text_module(&w, &c->module, &whole, NULL);
        return true;
    }
    while (!w.failed && !wat_is(&w, TOK_END)) {
        WastCommand c = {0};
        command(&w, &c, 0);
        *vec_push(arena, &script->commands) = c;
    }
    return !w.failed;
}
