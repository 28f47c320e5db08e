/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From text to syntax tree. cst.c parses; this file turns the concrete tree into the AST of
 * internal.h:
 *
 *     (record_item name: (identifier) body: (record_body (record_field ...)))
 *         ──▶  AstTypedef {WIT_RECORD, "point", fields}
 *
 * A text with a syntax error is handed to witc_explain for its words: the tree tells where the
 * parser stumbled, but not what it would have liked to see. Then all that is sound of it is lowered,
 * item by item, and every body that lacks one is marked.
 *
 * Doc comments are siblings of their item in the tree, so each loop over children gathers them until
 * something else comes.
 *
 * Recursion is as deep as types and packages are nested, at most AST_MAX_DEPTH.
 */
#include "witc/internal.h"

#include "base/utf8.h"
#include "grammar/grammar.h"

#define NODES(X)                                                                                   \
    X(comment) X(doc_comment) X(identifier)                                                        \
    X(package_decl) X(package_name) X(nested_package) X(package_body) X(toplevel_use_item)         \
    X(path) X(since_gate) X(unstable_gate) X(deprecated_gate) X(external_id)                       \
    X(interface_item) X(interface_body) X(world_item) X(world_body)                                \
    X(import_item) X(export_item) X(include_item) X(include_names) X(include_name)                 \
    X(use_item) X(use_names) X(use_name) X(func_item) X(func_type) X(param_list) X(param)          \
    X(type_item) X(record_item) X(record_body) X(record_field) X(variant_item) X(variant_body)     \
    X(variant_case) X(enum_item) X(enum_body) X(enum_case) X(flags_item) X(flags_body)             \
    X(flags_field) X(resource_item) X(resource_body) X(method) X(static_method) X(constructor)     \
    X(primitive_type) X(named_type) X(tuple_type) X(list_type) X(option_type) X(result_type)       \
    X(map_type) X(future_type) X(stream_type) X(own_type) X(borrow_type) X(integer)

#define FIELDS(X)                                                                                  \
    X(name) X(namespace) X(package) X(version) X(path) X(alias) X(attribute) X(feature) X(value)   \
    X(body) X(type) X(names) X(params) X(result) X(async) X(element) X(length) X(ok) X(error)      \
    X(key) X(resource)

typedef enum {
    NODE_other,
#define NODE(name) NODE_##name,
    NODES(NODE)
#undef NODE
} Node;

typedef enum {
    FIELD_none,
#define FIELD(name) FIELD_##name,
    FIELDS(FIELD)
#undef FIELD
} Field;

enum { MAX_SYMBOLS = 512, MAX_FIELDS = 128, MAX_TEXT = INT32_MAX };
enum { MAX_RECOVERED = 1 << 20 };

struct Lower {
    Arena *arena;
    Diags *diags;
    Features gates;
    CstParser *parser;
    Cst cst;                         /* of the source */
    uint8_t nodes_of[MAX_SYMBOLS];   /* symbol -> Node */
    uint8_t fields[MAX_FIELDS];      /* field id -> Field */
    uint8_t primitives[MAX_SYMBOLS]; /* symbol -> WitKind */
    const Source *source;
    VEC(Span) comments; /* before the node that comes next */
};

/* ---- tables ---- */

static const Str node_names[] = {{0},
#define NODE(name) STR_INIT(#name),
                                 NODES(NODE)
#undef NODE
};
static const Str field_names[] = {{0},
#define FIELD(name) STR_INIT(#name),
                                  FIELDS(FIELD)
#undef FIELD
};

static void number(Arena *arena, Map *map, const Str *names, size_t n) {
    for (size_t i = 1; i < n; i++) map_put(arena, map, names[i], NULL)->value = i;
}

static uint8_t number_of(const Map *map, const char *name) {
    const MapEntry *entry = map_get(map, str_from(name));
    return entry ? (uint8_t)entry->value : 0;
}

Lower *witc_lower_new(Arena *arena, Features gates, Diags *diags) {
    Lower *l = ARENA_NEW(arena, Lower);
    const TSLanguage *language = tree_sitter_wit();
    *l = (Lower){
        .arena = arena, .diags = diags, .gates = gates, .parser = witc_cst_parser_new(arena)};
    Map nodes = {0}, fields = {0}, primitives = {0};
    number(arena, &nodes, node_names, sizeof node_names / sizeof *node_names);
    number(arena, &fields, field_names, sizeof field_names / sizeof *field_names);
    for (int kind = 0; kind < WIT_KIND_COUNT; kind++)
        if (wit_kind_shape((WitKind)kind) == WIT_SHAPE_PRIM)
            map_put(arena, &primitives, str_from(wit_kind_keyword((WitKind)kind)), NULL)->value =
                (uint64_t)kind;
    uint32_t symbols = ts_language_symbol_count(language);
    for (uint32_t i = 0; i < symbols && i < MAX_SYMBOLS; i++) {
        const char *name = ts_language_symbol_name(language, (TSSymbol)i);
        TSSymbolType type = ts_language_symbol_type(language, (TSSymbol)i);
        if (type == TSSymbolTypeRegular) l->nodes_of[i] = number_of(&nodes, name);
        else if (type == TSSymbolTypeAnonymous) l->primitives[i] = number_of(&primitives, name);
    }
    uint32_t count = ts_language_field_count(language);
    for (uint32_t i = 1; i <= count && i < MAX_FIELDS; i++)
        l->fields[i] = number_of(&fields, ts_language_field_name_for_id(language, (TSFieldId)i));
    return l;
}

void witc_lower_free(Lower *lower) {
    if (!lower) return;
    witc_cst_parser_free(lower->parser);
    witc_cst_free(&lower->cst);
}

/* ---- nodes ---- */

static Node kind(const Lower *l, const CstNode *n) {
    return n->symbol < MAX_SYMBOLS ? (Node)l->nodes_of[n->symbol] : NODE_other;
}

static Field field(const Lower *l, const CstNode *n) {
    return n->field < MAX_FIELDS ? (Field)l->fields[n->field] : FIELD_none;
}

static Span span(const Lower *l, const CstNode *n) { return (Span){l->source, n->start, n->end}; }
static Str text_of(Span s) { return str_from_to(s.source->text, s.start, s.end); }
static Str text(const Lower *l, const CstNode *n) { return text_of(span(l, n)); }

static const CstNode *node_at(const Lower *l, uint32_t place) {
    return place ? &l->cst.nodes[place] : NULL;
}

#define EACH_CHILD(l, n, c)                                                                        \
    for (const CstNode *c = node_at(l, (n)->child); c; c = node_at(l, c->next))

/* Comments not counted. */
static size_t child_count(const Lower *l, const CstNode *n) {
    size_t count = 0;
    EACH_CHILD(l, n, c) count += !(c->flags & CST_EXTRA);
    return count;
}

/* An error is in it, and it must not be relied on. */
static bool is_broken(const CstNode *n) { return n->flags & CST_BROKEN; }

/* Gathers a comment; true if the node is one. Whoever meets something else takes or drops what was
 * gathered, and at the end of a list it is dropped. */
static bool is_comment(Lower *l, const CstNode *n) {
    Node k = kind(l, n);
    if (k != NODE_comment && k != NODE_doc_comment) return false;
    *vec_push(l->arena, &l->comments) = span(l, n);
    return true;
}

static void drop_comments(Lower *l) { l->comments.len = 0; }

/* The documentation that the comments before a node are. */
static Str take_docs(Lower *l) {
    Str docs = witc_docs_text(l->arena, l->comments.at, l->comments.len);
    drop_comments(l);
    return docs;
}

/* ---- names, versions, attributes ---- */

static AstName lower_name(const Lower *l, const CstNode *n) {
    AstName name = {text(l, n), span(l, n)};
    if (name.text.len && name.text.ptr[0] == '%') name.text = str_after(name.text, 1);
    return name;
}

static Semver lower_version(Lower *l, const CstNode *n) {
    Semver version;
    if (!semver_parse(text(l, n), &version))
        diag(l->diags, WIT_BAD_VERSION, span(l, n), STR_ARG(text(l, n)),
             "its numbers must be below 18446744073709551616");
    return version;
}

static uint32_t hex_digit(char c) {
    return c <= '9' ? (uint32_t)(c - '0') : (uint32_t)((c | 32) - 'a' + 10);
}

/* One escape after its backslash at s[*at]; false where it is no Unicode scalar value. */
static bool lower_escape(Str s, size_t *at, Buf *out) {
    char c = s.ptr[(*at)++], utf8[4];
    switch (c) {
    case 't': buf_byte(out, '\t'); return true;
    case 'n': buf_byte(out, '\n'); return true;
    case 'r': buf_byte(out, '\r'); return true;
    case '"':
    case '\'':
    case '\\': buf_byte(out, (uint8_t)c); return true;
    case 'u': {
        uint32_t code = 0;
        for ((*at)++; *at < s.len && s.ptr[*at] != '}'; (*at)++)
            if (s.ptr[*at] != '_' && code < 0x110000) code = code * 16 + hex_digit(s.ptr[*at]);
        (*at)++;
        if (code >= 0x110000 || (code >= 0xd800 && code < 0xe000)) return false;
        buf_bytes(out, utf8, utf8_put(utf8, code));
        return true;
    }
    default:
        if (*at >= s.len) return false;
        buf_byte(out, (uint8_t)(hex_digit(c) * 16 + hex_digit(s.ptr[(*at)++])));
        return true;
    }
}

/* string ::= '"' (char | escape)* '"', the `name` of core WebAssembly's text: UTF-8 after escapes. */
static Str lower_string(Lower *l, const CstNode *n) {
    Str s = text(l, n);
    if (s.len < 2) return (Str){0};
    s = str_from_to(s, 1, s.len - 1);
    Buf out = {.arena = l->arena};
    bool ok = true;
    for (size_t i = 0; i < s.len;) {
        char c = s.ptr[i++];
        if (c == '\\' && i < s.len) ok = lower_escape(s, &i, &out) && ok;
        else buf_byte(&out, (uint8_t)c);
    }
    if (!ok) diag(l->diags, WIT_BAD_STRING, span(l, n), "an escape is no Unicode scalar value");
    else if (utf8_valid_prefix(buf_text(&out)) != out.len)
        diag(l->diags, WIT_BAD_STRING, span(l, n), "malformed UTF-8 encoding");
    return buf_text(&out);
}

/* The attributes of one item as they are gathered. */
typedef struct {
    AstAttrs attrs;
    Span since, deprecated;
} Gate;

static void set_version(Lower *l, const CstNode *n, Semver *version, Span *where,
                        const char *what) {
    Semver value = {0};
    EACH_CHILD(l, n, c) if (field(l, c) == FIELD_version) value = lower_version(l, c);
    if (version->text.len) diag(l->diags, WIT_ATTRIBUTE_TWICE, span(l, n), what);
    else *version = value, *where = span(l, n);
}

/* since-gate, unstable-gate, deprecated-gate, external-id */
static void lower_attribute(Lower *l, const CstNode *n, Gate *gate) {
    AstAttrs *attrs = &gate->attrs;
    WitStability *stability = &attrs->stability;
    Span at = span(l, n);
    if (is_broken(n)) return;
    if (!attrs->span.source) attrs->span = at;
    switch (kind(l, n)) {
    case NODE_since_gate: set_version(l, n, &stability->since, &gate->since, "since"); break;
    case NODE_deprecated_gate:
        set_version(l, n, &stability->deprecated, &gate->deprecated, "deprecated");
        break;
    case NODE_unstable_gate: {
        Str feature = {0};
        EACH_CHILD(l, n, c) if (field(l, c) == FIELD_feature) feature = lower_name(l, c).text;
        if (stability->feature.len) diag(l->diags, WIT_ATTRIBUTE_TWICE, at, "unstable");
        stability->feature = feature;
        break;
    }
    default: {
        Str value = {0};
        EACH_CHILD(l, n, c) if (field(l, c) == FIELD_value) value = lower_string(l, c);
        if (attrs->has_external_id) diag(l->diags, WIT_ATTRIBUTE_TWICE, at, "external-id");
        attrs->has_external_id = true;
        attrs->external_id = value;
    }
    }
}

static AstAttrs finish_gate(Lower *l, const Gate *gate) {
    const WitStability *s = &gate->attrs.stability;
    if (s->since.text.len && s->feature.len) diag(l->diags, WIT_SINCE_AND_UNSTABLE, gate->since);
    else if (s->deprecated.text.len && !s->since.text.len && !s->feature.len)
        diag(l->diags, WIT_ONLY_DEPRECATED, gate->deprecated);
    return gate->attrs;
}

static Str join_nested(Lower *l, Str a, char separator, Str b) {
    return a.len ? str_fmt(l->arena, "%.*s%c%.*s", STR_ARG(a), separator, STR_ARG(b)) : b;
}

/* package-decl's and use-path's common part: ( id ':' )+ id ( '/' id )* ... */
static void lower_qualified(Lower *l, const CstNode *n, Str *ns, Str *package, Semver *version,
                            AstName *name, Span *package_span) {
    size_t namespaces = 0, packages = 0;
    EACH_CHILD(l, n, c) {
        switch (field(l, c)) {
        case FIELD_namespace:
            *ns = join_nested(l, *ns, ':', lower_name(l, c).text);
            namespaces++;
            break;
        case FIELD_package:
            *package = join_nested(l, *package, '/', lower_name(l, c).text);
            packages++;
            break;
        case FIELD_name:
            if (name) *name = lower_name(l, c);
            continue; /* the package ends before it */
        case FIELD_version: *version = lower_version(l, c); break;
        default: continue;
        }
        *package_span = span_join(*package_span, span(l, c));
    }
    if ((namespaces > 1 || packages > 1) && !feature_on(l->gates, CM_NESTED_NAMES))
        diag(l->diags, WIT_NESTED_NAMESPACE, *package_span, STR_ARG(text_of(*package_span)));
}

static AstPath lower_path(Lower *l, const CstNode *n) {
    AstPath path = {0};
    lower_qualified(l, n, &path.ns, &path.package, &path.version, &path.name, &path.package_span);
    /* The span of `a:b/c@1.0.0`'s package is `a:b`. */
    if (path.ns.len && path.name.span.source && path.package_span.end > path.name.span.start)
        path.package_span.end = path.name.span.start - 1;
    return path;
}

static AstHeader *lower_header(Lower *l, const CstNode *n) {
    AstHeader *header = ARENA_NEW(l->arena, AstHeader);
    if (l->comments.len) header->docs_span = span_join(l->comments.at[0], vec_last(&l->comments));
    header->docs = take_docs(l);
    lower_qualified(l, n, &header->ns, &header->name, &header->version, NULL, &header->span);
    return header;
}

/* ---- types ---- */

static const AstType *lower_type(Lower *l, const CstNode *n, unsigned depth);

static void lower_type_argument(Lower *l, const CstNode *n, AstType *type, size_t place,
                                unsigned depth) {
    const AstType *argument = lower_type(l, n, depth + 1);
    if (!type->args.cap && type->kind != WIT_TUPLE) witc_reserve(l->arena, &type->args, 2);
    while (type->args.len < place) *vec_push(l->arena, &type->args) = NULL;
    *vec_push(l->arena, &type->args) = argument;
}

static void lower_length(Lower *l, const CstNode *n, AstType *type) {
    type->kind = WIT_FIXED_LIST;
    Str digits = text(l, n);
    for (size_t i = 0; i < digits.len && type->length <= UINT32_MAX; i++)
        type->length = type->length * 10 + (uint64_t)(digits.ptr[i] - '0');
    if (type->length > UINT32_MAX) diag(l->diags, WIT_BAD_LENGTH, span(l, n), STR_ARG(digits));
}

static WitKind type_kind(const Lower *l, const CstNode *n) {
    switch (kind(l, n)) {
    case NODE_named_type: return WIT_ALIAS;
    case NODE_tuple_type: return WIT_TUPLE;
    case NODE_list_type: return WIT_LIST;
    case NODE_option_type: return WIT_OPTION;
    case NODE_result_type: return WIT_RESULT;
    case NODE_map_type: return WIT_MAP;
    case NODE_future_type: return WIT_FUTURE;
    case NODE_stream_type: return WIT_STREAM;
    case NODE_own_type: return WIT_OWN;
    case NODE_borrow_type: return WIT_BORROW;
    default: {
        const CstNode *keyword = node_at(l, n->child);
        return keyword ? (WitKind)l->primitives[keyword->symbol] : WIT_BOOL;
    }
    }
}

/* ty ::= 'u8' | .. | 'list' '<' ty '>' | .. | id */
static const AstType *lower_type(Lower *l, const CstNode *n, unsigned depth) {
    AstType *type = ARENA_NEW(l->arena, AstType);
    type->kind = type_kind(l, n);
    type->span = span(l, n);
    if (depth >= AST_MAX_DEPTH) {
        diag(l->diags, WIT_DEEP_TYPE, type->span, AST_MAX_DEPTH);
        return type;
    }
    if (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return type;
    if (type->kind != WIT_ALIAS) type->span = span(l, node_at(l, n->child));
    EACH_CHILD(l, n, c) {
        switch (field(l, c)) {
        case FIELD_name:
        case FIELD_resource: type->name = lower_name(l, c); break;
        case FIELD_element: lower_type_argument(l, c, type, 0, depth); break;
        case FIELD_ok:
        case FIELD_key: lower_type_argument(l, c, type, 0, depth); break;
        case FIELD_error:
        case FIELD_value: lower_type_argument(l, c, type, 1, depth); break;
        case FIELD_length: lower_length(l, c, type); break;
        default: break;
        }
    }
    if (type->kind == WIT_OWN || type->kind == WIT_BORROW) type->span = type->name.span;
    return type;
}

/* A `name: type` or `name(type)` or `name`. */
static void lower_field(Lower *l, const CstNode *n, AstField *out) {
    EACH_CHILD(l, n, c) {
        Field f = field(l, c);
        if (f == FIELD_name) out->name = lower_name(l, c);
        else if (f == FIELD_type) out->type = lower_type(l, c, 0);
    }
}

/* A list of fields, cases, flags or parameters in brackets. */
static void lower_fields(Lower *l, const CstNode *n, AstFields *fields) {
    witc_reserve(l->arena, fields, child_count(l, n));
    EACH_CHILD(l, n, c) {
        if (is_comment(l, c)) continue;
        switch (kind(l, c)) {
        case NODE_record_field:
        case NODE_variant_case:
        case NODE_enum_case:
        case NODE_flags_field:
        case NODE_param: {
            AstField *out = vec_push(l->arena, fields);
            out->docs = take_docs(l);
            lower_field(l, c, out);
            break;
        }
        default: drop_comments(l);
        }
    }
    drop_comments(l);
}

/* ---- functions ---- */

/* func-type ::= 'async'? 'func' param-list result-list */
static void lower_func_type(Lower *l, const CstNode *n, AstFunc *func) {
    EACH_CHILD(l, n, c) {
        switch (field(l, c)) {
        case FIELD_async: func->is_async = true; break;
        case FIELD_params: lower_fields(l, c, &func->params); break;
        case FIELD_result: func->result = lower_type(l, c, 0); break;
        default: break;
        }
    }
}

/* func-item, method, static-method, constructor */
static void lower_func(Lower *l, const CstNode *n, WitFuncKind func_kind, Str docs, AstFunc *func) {
    func->kind = func_kind;
    func->docs = docs;
    Gate gate = {0};
    EACH_CHILD(l, n, c) {
        switch (field(l, c)) {
        case FIELD_attribute: lower_attribute(l, c, &gate); break;
        case FIELD_name: func->name = lower_name(l, c); break;
        case FIELD_type: lower_func_type(l, c, func); break;
        case FIELD_params: lower_fields(l, c, &func->params); break;
        case FIELD_result: func->result = lower_type(l, c, 0); break;
        default:
            if (func_kind == WIT_CONSTRUCTOR && !func->name.span.source)
                func->name.span = span(l, c);
        }
    }
    func->attrs = finish_gate(l, &gate);
}

/* resource-method* */
static void lower_methods(Lower *l, const CstNode *n, AstTypedef *def) {
    witc_reserve(l->arena, &def->funcs, child_count(l, n));
    EACH_CHILD(l, n, c) {
        if (is_comment(l, c)) continue;
        Node k = kind(l, c);
        bool is_method = k == NODE_method || k == NODE_static_method || k == NODE_constructor;
        if (is_method && !is_broken(c)) {
            WitFuncKind func_kind = k == NODE_method          ? WIT_METHOD
                                    : k == NODE_static_method ? WIT_STATIC
                                                              : WIT_CONSTRUCTOR;
            Str docs = take_docs(l);
            lower_func(l, c, func_kind, docs, vec_push(l->arena, &def->funcs));
        }
        drop_comments(l);
    }
    drop_comments(l);
}

/* ---- items ---- */

/* What an item with errors declares; false where that is not certain. */
static bool has_name(const Lower *l, const CstNode *n) {
    EACH_CHILD(l, n, c)
    if (field(l, c) == FIELD_name) return kind(l, c) == NODE_identifier && !is_broken(c);
    return false;
}

/* typedef-item ::= gate ( 'type' id '=' ty ';' | 'record' id '{' .. '}' | .. ) */
static AstItem lower_typedef(Lower *l, const CstNode *n, WitKind def_kind, Str docs) {
    AstTypedef *def = ARENA_NEW(l->arena, AstTypedef);
    def->kind = def_kind;
    def->docs = docs;
    def->incomplete = is_broken(n);
    Gate gate = {0};
    EACH_CHILD(l, n, c) {
        switch (field(l, c)) {
        case FIELD_attribute: lower_attribute(l, c, &gate); break;
        case FIELD_name: def->name = lower_name(l, c); break;
        case FIELD_type:
            if (!is_broken(n)) def->type = lower_type(l, c, 0);
            break;
        case FIELD_body:
            if (def_kind == WIT_RESOURCE) lower_methods(l, c, def);
            else if (!is_broken(n)) lower_fields(l, c, &def->fields);
            break;
        default: break;
        }
    }
    def->attrs = finish_gate(l, &gate);
    return (AstItem){.kind = AST_TYPEDEF, .def = def};
}

/* use-names-item ::= id ('as' id)?, and the same of `include` */
static void lower_renames(Lower *l, const CstNode *n, AstUse *use) {
    witc_reserve(l->arena, &use->names, child_count(l, n));
    EACH_CHILD(l, n, c) {
        Node k = kind(l, c);
        if (k != NODE_use_name && k != NODE_include_name) continue;
        AstRename *out = vec_push(l->arena, &use->names);
        EACH_CHILD(l, c, part) {
            Field f = field(l, part);
            if (f == FIELD_name) out->name = lower_name(l, part);
            else if (f == FIELD_alias) out->alias = lower_name(l, part);
        }
        if (!out->alias.span.source) out->alias = out->name;
    }
}

/* use-item, include-item, toplevel-use-item */
static AstItem lower_use(Lower *l, const CstNode *n, AstItemKind use_kind) {
    AstUse *use = ARENA_NEW(l->arena, AstUse);
    use->span = span(l, n);
    Gate gate = {0};
    EACH_CHILD(l, n, c) {
        switch (field(l, c)) {
        case FIELD_attribute: lower_attribute(l, c, &gate); break;
        case FIELD_path: use->path = lower_path(l, c); break;
        case FIELD_alias: use->alias = lower_name(l, c); break;
        case FIELD_names: lower_renames(l, c, use); break;
        default: break;
        }
    }
    if (!use->alias.span.source) use->alias = use->path.name;
    use->attrs = finish_gate(l, &gate);
    return (AstItem){.kind = use_kind, .use = use};
}

static void lower_items(Lower *l, const CstNode *n, AstItems *items);

/* import-item, export-item ::= gate ('import' | 'export') extern */
static AstItem lower_extern(Lower *l, const CstNode *n, bool is_export, Str docs) {
    AstExtern *e = ARENA_NEW(l->arena, AstExtern);
    e->is_export = is_export;
    e->docs = docs;
    e->incomplete = is_broken(n);
    Gate gate = {0};
    EACH_CHILD(l, n, c) {
        switch (field(l, c)) {
        case FIELD_attribute: lower_attribute(l, c, &gate); break;
        case FIELD_name: e->name = lower_name(l, c); break;
        case FIELD_type: lower_func_type(l, c, &e->func); break;
        case FIELD_body:
            e->kind = AST_EXTERN_INTERFACE;
            lower_items(l, c, &e->items);
            break;
        case FIELD_path:
            e->kind = AST_EXTERN_PATH;
            e->path = lower_path(l, c);
            break;
        default: break;
        }
    }
    e->attrs = finish_gate(l, &gate);
    e->span = e->name.span.source ? e->name.span : e->path.name.span;
    e->func.name = e->name;
    e->func.attrs = e->attrs;
    e->func.docs = docs;
    return (AstItem){.kind = AST_EXTERN, .external = e};
}

static AstItem lower_func_item(Lower *l, const CstNode *n, Str docs) {
    AstFunc *func = ARENA_NEW(l->arena, AstFunc);
    lower_func(l, n, WIT_FREESTANDING, docs, func);
    return (AstItem){.kind = AST_FUNC, .func = func};
}

/* interface-item, world-item */
static AstItem lower_decl(Lower *l, const CstNode *n, bool is_world, Str docs) {
    AstDecl *decl = ARENA_NEW(l->arena, AstDecl);
    decl->is_world = is_world;
    decl->docs = docs;
    decl->incomplete = is_broken(n);
    Gate gate = {0};
    EACH_CHILD(l, n, c) {
        switch (field(l, c)) {
        case FIELD_attribute: lower_attribute(l, c, &gate); break;
        case FIELD_name: decl->name = lower_name(l, c); break;
        case FIELD_body: lower_items(l, c, &decl->items); break;
        default: break;
        }
    }
    decl->attrs = finish_gate(l, &gate);
    return (AstItem){.kind = AST_DECL, .decl = decl};
}

/* Can the item be lowered? With errors in it: if its name is certain, and it is more than the sum of
 * its parts. */
static bool is_sound(const Lower *l, const CstNode *n) {
    if (!is_broken(n)) return true;
    switch (kind(l, n)) {
    case NODE_import_item:
    case NODE_export_item: {
        bool has_body = false;
        EACH_CHILD(l, n, c) has_body |= field(l, c) == FIELD_body;
        return has_body && has_name(l, n);
    }
    case NODE_func_item:
    case NODE_use_item:
    case NODE_include_item:
    case NODE_toplevel_use_item: return false;
    default: return has_name(l, n);
    }
}

/* One item other than a package; false where the node is none. */
static bool lower_item(Lower *l, const CstNode *n, AstItem *out) {
    Node k = kind(l, n);
    if (!is_sound(l, n)) return false;
    switch (k) {
    case NODE_use_item: *out = lower_use(l, n, AST_USE); break;
    case NODE_include_item: *out = lower_use(l, n, AST_INCLUDE); break;
    case NODE_func_item: *out = lower_func_item(l, n, take_docs(l)); break;
    case NODE_import_item:
    case NODE_export_item: *out = lower_extern(l, n, k == NODE_export_item, take_docs(l)); break;
    case NODE_type_item: *out = lower_typedef(l, n, WIT_ALIAS, take_docs(l)); break;
    case NODE_record_item: *out = lower_typedef(l, n, WIT_RECORD, take_docs(l)); break;
    case NODE_variant_item: *out = lower_typedef(l, n, WIT_VARIANT, take_docs(l)); break;
    case NODE_enum_item: *out = lower_typedef(l, n, WIT_ENUM, take_docs(l)); break;
    case NODE_flags_item: *out = lower_typedef(l, n, WIT_FLAGS, take_docs(l)); break;
    case NODE_resource_item: *out = lower_typedef(l, n, WIT_RESOURCE, take_docs(l)); break;
    case NODE_interface_item: *out = lower_decl(l, n, false, take_docs(l)); break;
    case NODE_world_item: *out = lower_decl(l, n, true, take_docs(l)); break;
    case NODE_toplevel_use_item: *out = lower_use(l, n, AST_TOP_USE); break;
    default: return false;
    }
    return true;
}

/* The items of an interface or world. */
static void lower_items(Lower *l, const CstNode *n, AstItems *items) {
    witc_reserve(l->arena, items, child_count(l, n));
    EACH_CHILD(l, n, c) {
        if (is_comment(l, c)) continue;
        AstItem item;
        if (lower_item(l, c, &item)) *vec_push(l->arena, items) = item;
        drop_comments(l);
    }
    drop_comments(l);
}

static AstScope *lower_scope(Lower *l, const CstNode *n, unsigned depth);

/* nested-package-definition ::= 'package' ( id ':' )+ id ('@' semver)? '{' package-items* '}' */
static bool lower_package(Lower *l, const CstNode *n, unsigned depth, AstItem *out) {
    AstScope *scope = NULL;
    const AstHeader *header = NULL;
    Span keyword = {0};
    bool has_attributes = false;
    EACH_CHILD(l, n, c) {
        switch (field(l, c)) {
        case FIELD_attribute: has_attributes = true; break;
        case FIELD_name:
            if (is_broken(c)) return false;
            header = lower_header(l, c);
            break;
        case FIELD_body:
            if (depth < AST_MAX_DEPTH) scope = lower_scope(l, c, depth + 1);
            break;
        default:
            if (!keyword.source) keyword = span(l, c);
        }
    }
    if (is_broken(n) && !(header && scope)) return false;
    if (has_attributes) diag(l->diags, WIT_PACKAGE_ATTRIBUTE, keyword);
    if (!scope) {
        diag(l->diags, WIT_DEEP_PACKAGE, keyword, AST_MAX_DEPTH);
        scope = ARENA_NEW(l->arena, AstScope);
    }
    if (depth == 1) diag(l->diags, WIT_INNER_PACKAGE, header ? header->span : keyword);
    scope->header = header;
    *out = (AstItem){.kind = AST_PACKAGE, .scope = scope};
    return true;
}

/* The children of source_file or package_body. */
static AstScope *lower_scope(Lower *l, const CstNode *n, unsigned depth) {
    AstScope *scope = ARENA_NEW(l->arena, AstScope);
    scope->incomplete = is_broken(n);
    witc_reserve(l->arena, &scope->items, child_count(l, n));
    EACH_CHILD(l, n, c) {
        if (is_comment(l, c)) continue;
        AstItem item;
        if (kind(l, c) == NODE_package_decl) {
            EACH_CHILD(l, c, name)
            if (field(l, name) == FIELD_name && !is_broken(name))
                scope->header = lower_header(l, name);
        } else if (kind(l, c) == NODE_nested_package) {
            if (lower_package(l, c, depth, &item)) *vec_push(l->arena, &scope->items) = item;
        } else if (lower_item(l, c, &item)) {
            *vec_push(l->arena, &scope->items) = item;
        }
        drop_comments(l);
    }
    drop_comments(l);
    return scope;
}

/* ---- a whole text ---- */

static const char *hidden_character(uint32_t c) {
    if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
        return "changes the direction of text";
    if (c == 0x149 || c == 0x673 || c == 0xf77 || c == 0xf79 || c == 0x17a3 || c == 0x17a4 ||
        c == 0x17b4 || c == 0x17b5)
        return "is deprecated by Unicode";
    return NULL;
}

/* Are these eight bytes printable ASCII, line feeds among them? Of each byte below 0x80, the sum with
 * 0x60 has its top bit set if it is no control code, with 0x01 if it is DEL, and with 0x7f if it is
 * not zero. */
static bool all_plain(const char *bytes) {
    const uint64_t each = 0x0101010101010101u;
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    uint64_t codes = ~(word + 0x60 * each), not_lf = (word ^ '\n' * each) + 0x7f * each;
    return !((word | (word + each) | (codes & not_lf)) & 0x80 * each);
}

/* What one character, which is UTF-8, has against it; false where the text is none. */
static bool check_character(Diags *diags, uint32_t c, Span where) {
    const char *why = hidden_character(c);
    if (why) diag(diags, WIT_HIDDEN_CHARACTER, where, (unsigned)c, why);
    bool allowed = c == '\n' || c == '\r' || c == '\t';
    if (allowed || !(c < ' ' || (c >= 0x7f && c < 0xa0))) return true;
    diag(diags, WIT_CONTROL, where, (unsigned)c);
    return false;
}

/* WIT.md, "Lexical structure": UTF-8, without control codes and characters that mislead readers. */
bool witc_check_characters(const Source *source, Diags *diags) {
    Str s = source->text;
    size_t plain = 0, errors = diags->errors;
    while (s.len - plain >= 8 && all_plain(s.ptr + plain)) plain += 8;
    size_t valid = plain + utf8_valid_prefix(str_after(s, plain));
    if (valid < s.len) {
        diag(diags, WIT_NOT_UTF8, ((Span){source, (uint32_t)valid, (uint32_t)valid + 1}),
             STR_ARG(source->path), (unsigned)(unsigned char)s.ptr[valid]);
        return false;
    }
    for (size_t at = plain; at < valid && diags->errors < errors + 10;) {
        if (valid - at >= 8 && all_plain(s.ptr + at)) {
            at += 8;
            continue;
        }
        for (size_t end = at + 8; at < end && at < valid;) {
            size_t from = at;
            uint32_t c = utf8_next(s, &at);
            Span where = {source, (uint32_t)from, (uint32_t)at};
            if (!check_character(diags, c, where)) return false; /* this is no text */
        }
    }
    return diags->errors == errors;
}

/* The first error of a tree, where witc_explain has nothing to say. */
static void report_tree_error(Lower *l, const CstNode *n) {
    for (bool found = true; found && !(n->flags & CST_MISSING) && n->symbol != CST_ERROR_SYMBOL;) {
        found = false;
        EACH_CHILD(l, n, c) {
            if (!is_broken(c)) continue;
            n = c;
            found = true;
            break;
        }
    }
    Span where = span(l, n);
    if (n->flags & CST_MISSING) {
        diag(l->diags, WIT_MISSING, where, ts_language_symbol_name(tree_sitter_wit(), n->symbol));
        return;
    }
    if (where.end > where.start + 40) where.end = where.start + 40;
    Str shown = text_of(where);
    size_t newline = str_find(shown, '\n', 0);
    if (newline != SIZE_MAX) shown.len = newline;
    shown.len = utf8_valid_prefix(shown);
    diag(l->diags, WIT_SYNTAX, where, STR_ARG(shown));
}

const AstScope *witc_lower(Lower *l, const Source *source) {
    if (source->text.len > MAX_TEXT) {
        diag(l->diags, WIT_TOO_LARGE, ((Span){source, 0, 0}), source->text.len);
        return NULL;
    }
    l->source = source;
    if (!witc_check_characters(source, l->diags)) return NULL;
    bool is_wit = witc_cst_parse(l->parser, source->text, &l->cst);
    uint32_t whole = is_wit ? 0 : witc_cst_whole_items(l->parser);
    bool explained = !is_wit && witc_explain(l->arena, source, whole, l->diags, NULL);
    /* Beyond that, the library takes longer than what it finds is worth. */
    if (explained && source->text.len > MAX_RECOVERED) return NULL;
    if (!is_wit && !witc_cst_recover(source->text, &l->cst)) return NULL;
    const CstNode *root = node_at(l, l->cst.root);
    if (!is_wit && !explained) report_tree_error(l, root);
    AstScope *scope = lower_scope(l, root, 0);
    if (!is_wit) scope->incomplete = true;
    return scope;
}
