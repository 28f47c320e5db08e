/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From text to statements: one function a production of the grammar, two tokens of look-ahead.
 * The first fault ends it. Types and expressions nest at most WAC_MAX_DEPTH deep.
 *
 * `a: b` and `a:b/c` are told apart by what follows: a path has a '/' in it.
 */
#include "wac/internal.h"

typedef struct {
    Arena *arena;
    Diags *diags;
    WacLexer lexer;
    WacToken now, next;
    size_t next_at; /* where the lexer stood before `next` */
    unsigned depth;
    bool failed;
} Parser;

/* ---- tokens ---- */

static void fill(Parser *p) {
    p->next_at = p->lexer.at;
    bool version = p->now.kind == WAC_SYMBOL && str_is(p->now.text, "@");
    p->next = version ? wac_next_version(&p->lexer) : wac_next(&p->lexer);
}

static void advance(Parser *p) {
    p->now = p->next;
    if (p->now.kind == WAC_BAD) p->failed = true;
    if (p->now.kind == WAC_BAD || p->now.kind == WAC_END) return;
    fill(p);
}

static bool token_is(WacToken t, const char *text) {
    return (t.kind == WAC_SYMBOL || t.kind == WAC_KEYWORD) && str_is(t.text, text);
}
static bool is(const Parser *p, const char *text) { return token_is(p->now, text); }

static void fail_expected(Parser *p, const char *what) {
    if (!p->failed) {
        WacToken t = p->now;
        Str found = STR("end of input");
        if (t.kind == WAC_ID) found = STR("identifier");
        if (t.kind == WAC_STRING) found = STR("string");
        if (t.kind == WAC_KEYWORD) found = str_fmt(p->arena, "`%.*s` keyword", STR_ARG(t.text));
        if (t.kind == WAC_SYMBOL) found = str_fmt(p->arena, "`%.*s`", STR_ARG(t.text));
        diag(p->diags, WAC_EXPECTED, t.span, what, STR_ARG(found));
    }
    p->failed = true;
}

static bool take(Parser *p, const char *text) {
    if (p->failed || !is(p, text)) return false;
    advance(p);
    return true;
}

static bool expect(Parser *p, const char *text) {
    if (take(p, text)) return true;
    bool word = text[0] >= 'a';
    fail_expected(
        p, str_c(p->arena, str_fmt(p->arena, "`%s`%s", text, word && text[1] ? " keyword" : "")));
    return false;
}

static bool deeper(Parser *p) {
    if (p->depth++ < WAC_MAX_DEPTH) return !p->failed;
    if (!p->failed) diag(p->diags, WAC_DEPTH, p->now.span, (int)WAC_MAX_DEPTH);
    p->failed = true;
    return false;
}

static WacId identifier(Parser *p) {
    WacId id = {p->now.text, p->now.span};
    if (p->now.kind != WAC_ID) fail_expected(p, "identifier");
    if (!p->failed) advance(p);
    return id;
}

static WacId id_or_string(Parser *p, bool *exact) {
    if (exact) *exact = p->now.kind == WAC_STRING;
    if (p->now.kind != WAC_STRING && p->now.kind != WAC_ID)
        fail_expected(p, "string or identifier");
    WacId id = {p->now.text, p->now.span};
    if (!p->failed) advance(p);
    return id;
}

/* ---- paths ---- */

static WacId segment(Parser *p) {
    if (p->now.kind == WAC_KEYWORD) p->now.kind = WAC_ID;
    return identifier(p);
}

static void version(Parser *p, WacPath *path) {
    if (!take(p, "@")) return;
    WacToken t = p->now;
    if (!semver_parse(t.text, &path->version)) {
        diag(p->diags, WAC_BAD_VERSION, t.span, STR_ARG(t.text));
        p->failed = true;
        return;
    }
    path->span = span_join(path->span, t.span);
    advance(p);
}

/* id (':' id)+, or a local name where that is allowed. */
static WacPath package_name(Parser *p, bool local) {
    WacPath path = {0};
    WacId first =
        p->now.kind == WAC_KEYWORD && !token_is(p->next, ":") ? identifier(p) : segment(p);
    path.item = first;
    path.span = path.package_span = first.span;
    if (p->failed || (local && !is(p, ":"))) return path;
    Buf text = {.arena = p->arena};
    buf_str(&text, first.name);
    do {
        if (!expect(p, ":")) return path;
        WacId id = segment(p);
        if (p->failed) return path;
        buf_fmt(&text, ":%.*s", STR_ARG(id.name));
        path.span = path.package_span = span_join(path.span, id.span);
    } while (is(p, ":"));
    path.package = path.text = buf_text(&text);
    return path;
}

static WacPath package_path(Parser *p, bool local) {
    WacPath path = package_name(p, local);
    if (p->failed || !path.package.len) {
        path.text = path.item.name;
        return path;
    }
    Buf text = {.arena = p->arena};
    buf_str(&text, path.package);
    for (unsigned i = 0; i == 0 || is(p, "/"); i++) {
        if (!expect(p, "/")) return path;
        WacId id = segment(p);
        if (p->failed) return path;
        if (i == 0) path.item = id;
        else path.more = id;
        buf_fmt(&text, "/%.*s", STR_ARG(id.name));
        path.span = span_join(path.span, id.span);
    }
    path.text = buf_text(&text);
    version(p, &path);
    return path;
}

/* ---- types ---- */

static bool primitive(Str word, WitKind *kind) {
    static const WitKind kinds[] = {WIT_BOOL, WIT_S8,   WIT_U8,    WIT_S16, WIT_U16,
                                    WIT_S32,  WIT_U32,  WIT_S64,   WIT_U64, WIT_F32,
                                    WIT_F64,  WIT_CHAR, WIT_STRING};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        *kind = kinds[i];
        if (str_is(word, wit_kind_keyword(*kind))) return true;
    }
    return false;
}

static WacType *type(Parser *p);

static void push_type(Parser *p, WacType *of, WacType *arg) {
    *vec_push(p->arena, &of->args) = arg;
}

static void type_arguments(Parser *p, WacType *t) {
    if (t->kind == WIT_RESULT) {
        if (!take(p, "<")) return;
        bool none = take(p, "_");
        push_type(p, t, none ? NULL : type(p));
        if (take(p, ",")) push_type(p, t, type(p));
        expect(p, ">");
        return;
    }
    if (!expect(p, "<")) return;
    push_type(p, t, type(p));
    if (t->kind == WIT_MAP && expect(p, ",")) push_type(p, t, type(p));
    while (t->kind == WIT_TUPLE && take(p, ",") && !is(p, ">")) push_type(p, t, type(p));
    expect(p, ">");
}

/* Words of later years, which programs may use as names: they are types only in front of a `<`. */
static bool late_type(const Parser *p, WitKind *kind) {
    if (p->now.kind != WAC_ID || !token_is(p->next, "<")) return false;
    *kind = str_is(p->now.text, "stream")   ? WIT_STREAM
            : str_is(p->now.text, "future") ? WIT_FUTURE
            : str_is(p->now.text, "map")    ? WIT_MAP
                                            : WIT_KIND_COUNT;
    return *kind != WIT_KIND_COUNT;
}

static WacType *type(Parser *p) {
    WacType *t = ARENA_NEW(p->arena, WacType);
    Span from = t->span = p->now.span;
    if (!deeper(p)) return t;
    WacToken word = p->now;
    static const struct {
        const char *word;
        WitKind kind;
    } makers[] = {{"list", WIT_LIST},
                  {"option", WIT_OPTION},
                  {"result", WIT_RESULT},
                  {"tuple", WIT_TUPLE},
                  {"borrow", WIT_BORROW}};
    t->kind = WIT_KIND_COUNT;
    if (late_type(p, &t->kind)) {
        advance(p);
        type_arguments(p, t);
    } else if (word.kind == WAC_ID) t->id = identifier(p);
    else if (word.kind == WAC_KEYWORD && primitive(word.text, &t->kind)) advance(p);
    else {
        size_t i = 0;
        while (i < sizeof makers / sizeof *makers && !is(p, makers[i].word)) i++;
        if (i == sizeof makers / sizeof *makers) fail_expected(p, "a type");
        else {
            t->kind = makers[i].kind;
            advance(p);
            type_arguments(p, t);
        }
    }
    p->depth--;
    t->span = from;
    return t;
}

static void named_types(Parser *p, WacFields *out, const char *end) {
    while (!p->failed && !is(p, end)) {
        WacField f = {.id = identifier(p)};
        expect(p, ":");
        f.type = type(p);
        *vec_push(p->arena, out) = f;
        if (!take(p, ",")) break;
    }
    expect(p, end);
}

static bool begins_func(const Parser *p) {
    bool async = p->now.kind == WAC_ID && str_is(p->now.text, "async");
    return is(p, "func") || (async && token_is(p->next, "func"));
}

static WacFunc *func_type(Parser *p) {
    WacFunc *f = ARENA_NEW(p->arena, WacFunc);
    f->span = p->now.span;
    f->is_async = begins_func(p) && !is(p, "func");
    if (f->is_async) advance(p);
    expect(p, "func");
    expect(p, "(");
    named_types(p, &f->params, ")");
    if (!take(p, "->")) return f;
    if (is(p, "(")) {
        diag(p->diags, WAC_NAMED_RESULTS, p->now.span);
        p->failed = true;
        return f;
    }
    f->result = type(p);
    return f;
}

/* ---- type declarations ---- */

static WacNode *node_new(Parser *p, WacNodeKind kind) {
    WacNode *n = ARENA_NEW(p->arena, WacNode);
    n->kind = kind;
    n->span = p->now.span;
    return n;
}

static void add_node(Parser *p, WacNode *to, WacNode *n) { *vec_push(p->arena, &to->items) = n; }

static WacNode *value_type(Parser *p, WitKind kind) {
    WacNode *n = node_new(p, WAC_VALUE_TYPE);
    static const char *const parts[] = {"field", "case", "case", "flag"};
    const char *part = parts[kind == WIT_RECORD    ? 0
                             : kind == WIT_VARIANT ? 1
                             : kind == WIT_ENUM    ? 2
                                                   : 3];
    n->value_kind = kind;
    const char *word = str_c(p->arena, p->now.text);
    advance(p);
    n->id = identifier(p);
    expect(p, "{");
    while (!p->failed && !is(p, "}")) {
        if (p->now.kind != WAC_ID) fail_expected(p, "`}` or identifier");
        WacField f = {.id = identifier(p)};
        if (kind == WIT_RECORD && expect(p, ":")) f.type = type(p);
        if (kind == WIT_VARIANT && take(p, "(")) {
            f.type = type(p);
            expect(p, ")");
        }
        *vec_push(p->arena, &n->fields) = f;
        if (!take(p, ",")) break;
    }
    if (!p->failed && is(p, "}") && n->fields.len == 0) {
        diag(p->diags, WAC_EMPTY, p->now.span, word, part);
        p->failed = true;
    }
    expect(p, "}");
    return n;
}

static WacNode *resource(Parser *p) {
    WacNode *n = node_new(p, WAC_RESOURCE);
    advance(p);
    n->id = identifier(p);
    if (take(p, ";")) return n;
    if (!is(p, "{")) fail_expected(p, "`;` or `{`");
    expect(p, "{");
    while (!p->failed && !is(p, "}")) {
        WacNode *m = node_new(p, WAC_METHOD);
        if (take(p, "constructor")) {
            m->kind = WAC_CONSTRUCTOR;
            m->func = ARENA_NEW(p->arena, WacFunc);
            expect(p, "(");
            named_types(p, &m->func->params, ")");
        } else {
            if (p->now.kind != WAC_ID) fail_expected(p, "`}`, `constructor` keyword or identifier");
            m->id = identifier(p);
            expect(p, ":");
            if (take(p, "static")) m->kind = WAC_STATIC;
            m->func = func_type(p);
        }
        expect(p, ";");
        add_node(p, n, m);
    }
    expect(p, "}");
    return n;
}

static WacNode *alias(Parser *p) {
    WacNode *n = node_new(p, WAC_ALIAS);
    advance(p);
    n->id = identifier(p);
    expect(p, "=");
    if (begins_func(p)) n->func = func_type(p);
    else n->type = type(p);
    expect(p, ";");
    return n;
}

/* NULL where none begins here. */
static WacNode *type_declaration(Parser *p) {
    if (is(p, "variant")) return value_type(p, WIT_VARIANT);
    if (is(p, "record")) return value_type(p, WIT_RECORD);
    if (is(p, "flags")) return value_type(p, WIT_FLAGS);
    if (is(p, "enum")) return value_type(p, WIT_ENUM);
    if (is(p, "type")) return alias(p);
    return NULL;
}

static void renames(Parser *p, WacNode *n, bool must) {
    expect(p, "{");
    do {
        if (n->renames.len && is(p, "}")) break;
        WacRename r = {.id = identifier(p)};
        r.as = r.id;
        if (must ? expect(p, "as") : take(p, "as")) r.as = identifier(p);
        *vec_push(p->arena, &n->renames) = r;
    } while (take(p, ","));
    expect(p, "}");
}

static WacNode *use(Parser *p) {
    WacNode *n = node_new(p, WAC_USE);
    advance(p);
    n->path = package_path(p, true);
    expect(p, ".");
    renames(p, n, false);
    expect(p, ";");
    return n;
}

/* `f: func(..)` or `f: t` in an interface. */
static WacNode *interface_func(Parser *p) {
    WacNode *n = node_new(p, WAC_FUNC);
    n->id = identifier(p);
    expect(p, ":");
    if (begins_func(p)) n->func = func_type(p);
    else n->path = (WacPath){.item = identifier(p)};
    expect(p, ";");
    return n;
}

static void interface_items(Parser *p, WacNode *n) {
    expect(p, "{");
    while (!p->failed && !is(p, "}")) {
        WacNode *item = is(p, "use")        ? use(p)
                        : is(p, "resource") ? resource(p)
                                            : type_declaration(p);
        if (!item && p->now.kind != WAC_ID)
            fail_expected(p, "`}`, identifier, or a declaration of an interface");
        if (p->failed) return;
        add_node(p, n, item ? item : interface_func(p));
    }
    expect(p, "}");
}

static void in_place(Parser *p, WacNode *n) {
    advance(p);
    n->has_items = true;
    interface_items(p, n);
}

/* What is after `import` or `export` in a world. */
static WacNode *world_extern(Parser *p, WacNodeKind kind) {
    WacNode *n = node_new(p, kind);
    advance(p);
    if (!token_is(p->next, ":")) {
        n->path = package_path(p, true);
        expect(p, ";");
        return n;
    }
    WacId first = identifier(p);
    if (p->failed) return n;
    WacToken colon = p->now;
    Parser save = *p;
    advance(p);
    if (!p->failed && (p->now.kind == WAC_ID || p->now.kind == WAC_KEYWORD) &&
        (token_is(p->next, "/") || token_is(p->next, ":"))) {
        *p = save;
        p->now = (WacToken){WAC_ID, first.name, first.span};
        p->next = colon;
        p->next_at = colon.span.start;
        p->lexer.at = colon.span.end;
        n->path = package_path(p, false);
        expect(p, ";");
        return n;
    }
    n->id = first;
    if (begins_func(p)) n->func = func_type(p);
    else if (is(p, "interface")) in_place(p, n);
    else n->path = (WacPath){.item = identifier(p)};
    expect(p, ";");
    return n;
}

static WacNode *include(Parser *p) {
    WacNode *n = node_new(p, WAC_INCLUDE);
    advance(p);
    n->path = package_path(p, true);
    if (take(p, "with")) renames(p, n, true);
    expect(p, ";");
    return n;
}

static WacNode *world(Parser *p) {
    WacNode *n = node_new(p, WAC_WORLD);
    advance(p);
    n->id = identifier(p);
    expect(p, "{");
    while (!p->failed && !is(p, "}")) {
        WacNode *item = is(p, "use")        ? use(p)
                        : is(p, "resource") ? resource(p)
                        : is(p, "import")   ? world_extern(p, WAC_IMPORT)
                        : is(p, "export")   ? world_extern(p, WAC_EXPORT)
                        : is(p, "include")  ? include(p)
                                            : type_declaration(p);
        if (!item) fail_expected(p, "`}` or a declaration of a world");
        if (p->failed) return n;
        add_node(p, n, item);
    }
    expect(p, "}");
    return n;
}

/* ---- expressions ---- */

static WacExpr *expression(Parser *p);

static WacExpr *expr_new(Parser *p, int kind, Span span) {
    WacExpr *e = ARENA_NEW(p->arena, WacExpr);
    e->kind = kind;
    e->span = span;
    return e;
}

static WacArg argument(Parser *p) {
    WacArg a = {.span = p->now.span};
    if (take(p, "...")) {
        a.kind = WAC_ARG_FILL;
        if (p->now.kind != WAC_ID) return a;
        a.kind = WAC_ARG_SPREAD;
        a.span = p->now.span;
        a.name = identifier(p);
        return a;
    }
    if (p->now.kind != WAC_ID && p->now.kind != WAC_STRING)
        fail_expected(p, "`}`, `...`, string or identifier");
    a.name = id_or_string(p, &a.exact);
    if (!a.exact && !is(p, ":")) return a;
    a.kind = WAC_ARG_NAMED;
    expect(p, ":");
    a.value = expression(p);
    return a;
}

static WacExpr *new_expression(Parser *p) {
    WacExpr *e = expr_new(p, WAC_EXPR_NEW, p->now.span);
    advance(p);
    e->package = package_name(p, false);
    version(p, &e->package);
    expect(p, "{");
    while (!p->failed && !is(p, "}")) {
        WacArg a = argument(p);
        *vec_push(p->arena, &e->args) = a;
        if (!take(p, ",")) break;
    }
    expect(p, "}");
    return e;
}

/* The chain of accesses after an expression is a list, and is as long as it likes. */
static WacExpr *expression(Parser *p) {
    WacExpr *e = expr_new(p, WAC_EXPR_ID, p->now.span);
    if (!deeper(p)) return e;
    if (is(p, "new")) e = new_expression(p);
    else if (take(p, "(")) {
        e = expression(p);
        expect(p, ")");
    } else {
        if (p->now.kind != WAC_ID) fail_expected(p, "`new` keyword, `(` or identifier");
        e->id = identifier(p);
    }
    unsigned links = 0;
    while (!p->failed && (is(p, ".") || is(p, "["))) {
        WacExpr *access = expr_new(p, WAC_EXPR_ACCESS, p->now.span);
        if (links++ == WAC_MAX_DEPTH) {
            diag(p->diags, WAC_DEPTH, p->now.span, (int)WAC_MAX_DEPTH);
            p->failed = true;
        }
        access->of = e;
        if (take(p, ".")) access->id = identifier(p);
        else if (expect(p, "[")) {
            access->exact = true;
            if (p->now.kind != WAC_STRING) fail_expected(p, "string");
            access->id = id_or_string(p, NULL);
            expect(p, "]");
        }
        e = access;
    }
    p->depth--;
    return e;
}

/* ---- statements ---- */

static WacNode *import(Parser *p) {
    WacNode *n = node_new(p, WAC_IMPORT);
    advance(p);
    n->id = identifier(p);
    if (take(p, "as")) {
        n->as = id_or_string(p, NULL);
        n->has_as = true;
    }
    expect(p, ":");
    if (begins_func(p)) n->func = func_type(p);
    else if (is(p, "interface")) in_place(p, n);
    else n->path = package_path(p, true);
    expect(p, ";");
    return n;
}

static WacNode *let(Parser *p) {
    WacNode *n = node_new(p, WAC_LET);
    advance(p);
    n->id = identifier(p);
    expect(p, "=");
    n->expr = expression(p);
    expect(p, ";");
    return n;
}

static WacNode *export(Parser *p) {
    WacNode *n = node_new(p, WAC_EXPORT_EXPR);
    advance(p);
    n->expr = expression(p);
    n->span = p->now.span; /* where a name would stand */
    n->spread = take(p, "...");
    if (!n->spread && take(p, "as")) {
        n->has_as = true;
        n->as = id_or_string(p, NULL);
    }
    if (!p->failed && !is(p, ";"))
        fail_expected(p, n->spread || n->has_as ? "`;`" : "`;`, `...` or `as` keyword");
    expect(p, ";");
    return n;
}

static WacNode *statement(Parser *p) {
    if (is(p, "import")) return import(p);
    if (is(p, "let")) return let(p);
    if (is(p, "export")) return export(p);
    if (is(p, "world")) return world(p);
    if (is(p, "interface")) {
        WacNode *n = node_new(p, WAC_INTERFACE);
        advance(p);
        n->id = identifier(p);
        interface_items(p, n);
        return n;
    }
    WacNode *n = type_declaration(p);
    if (!n)
        fail_expected(p, "either `import` keyword, `let` keyword, `export` keyword, `interface` "
                         "keyword, `world` keyword, `variant` keyword, `record` keyword, `flags` "
                         "keyword, `enum` keyword, or `type` keyword");
    return n;
}

bool wac_parse(Arena *arena, const Source *source, WacProgram *out, Diags *diags) {
    Parser p = {.arena = arena, .diags = diags, .lexer = {.source = source, .diags = diags}};
    fill(&p);
    advance(&p);
    expect(&p, "package");
    out->package = package_name(&p, false);
    version(&p, &out->package);
    if (take(&p, "targets")) {
        out->has_targets = true;
        out->targets = package_path(&p, false);
    }
    expect(&p, ";");
    while (!p.failed && p.now.kind != WAC_END) {
        WacNode *n = statement(&p);
        if (!p.failed) *vec_push(arena, &out->statements) = n;
    }
    return !p.failed;
}
