/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From text to syntax tree. tree-sitter parses; this file turns its concrete tree into the AST of
 * internal.h, with one cursor that walks every node once:
 *
 *     (record_item name: (identifier) body: (record_body (record_field ...)))
 *         ──▶  AstTypedef {WIT_RECORD, "point", fields}
 *
 * A text whose tree holds an error is handed to witc_explain instead: the tree tells where the
 * parser stumbled, but not what it would have liked to see.
 *
 * Doc comments. WIT.md has no rule for them; tools take every comment that stands directly before
 * an item, of whatever kind, as its documentation. Comments are siblings of the item in the tree, so
 * each loop over children gathers them until something else comes.
 *
 * Every lower_* function finds the cursor at its node and leaves it there. Recursion is as deep as
 * types and packages are nested, at most AST_MAX_DEPTH.
 */
#include "witc/internal.h"

#include <stdlib.h>

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

struct Lower {
    Arena *arena;
    Diags *diags;
    Features gates;
    TSParser *parser;
    uint8_t nodes[MAX_SYMBOLS]; /* symbol -> Node */
    uint8_t fields[MAX_FIELDS]; /* field id -> Field */
    const Source *source;
    TSTreeCursor cursor;
};

/* ---- tables ---- */

static Node node_named(const char *name) {
    static const char *const names[] = {"",
#define NODE(name) #name,
                                        NODES(NODE)
#undef NODE
    };
    for (size_t i = 1; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return (Node)i;
    return NODE_other;
}

static Field field_named(const char *name) {
    static const char *const names[] = {"",
#define FIELD(name) #name,
                                        FIELDS(FIELD)
#undef FIELD
    };
    for (size_t i = 1; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0) return (Field)i;
    return FIELD_none;
}

Lower *witc_lower_new(Arena *arena, Features gates, Diags *diags) {
    Lower *l = ARENA_NEW(arena, Lower);
    const TSLanguage *language = tree_sitter_wit();
    *l = (Lower){.arena = arena, .diags = diags, .gates = gates, .parser = ts_parser_new()};
    ts_parser_set_language(l->parser, language);
    uint32_t symbols = ts_language_symbol_count(language);
    for (uint32_t i = 0; i < symbols && i < MAX_SYMBOLS; i++)
        if (ts_language_symbol_type(language, (TSSymbol)i) == TSSymbolTypeRegular)
            l->nodes[i] = (uint8_t)node_named(ts_language_symbol_name(language, (TSSymbol)i));
    uint32_t fields = ts_language_field_count(language);
    for (uint32_t i = 1; i <= fields && i < MAX_FIELDS; i++)
        l->fields[i] = (uint8_t)field_named(ts_language_field_name_for_id(language, (TSFieldId)i));
    return l;
}

void witc_lower_free(Lower *lower) {
    if (lower) ts_parser_delete(lower->parser);
}

/* ---- the cursor ---- */

static Node node(const Lower *l) {
    TSSymbol symbol = ts_node_symbol(ts_tree_cursor_current_node(&l->cursor));
    return symbol < MAX_SYMBOLS ? (Node)l->nodes[symbol] : NODE_other;
}

static Field field(const Lower *l) {
    TSFieldId id = ts_tree_cursor_current_field_id(&l->cursor);
    return id < MAX_FIELDS ? (Field)l->fields[id] : FIELD_none;
}

static Span span(const Lower *l) {
    TSNode n = ts_tree_cursor_current_node(&l->cursor);
    return (Span){l->source, ts_node_start_byte(n), ts_node_end_byte(n)};
}

static Str text_of(Span s) { return str_from_to(s.source->text, s.start, s.end); }
static Str text(const Lower *l) { return text_of(span(l)); }

static bool next_or_up(Lower *l) {
    if (ts_tree_cursor_goto_next_sibling(&l->cursor)) return true;
    ts_tree_cursor_goto_parent(&l->cursor);
    return false;
}

/* Visits the children of the cursor's node; the body may `continue` but not leave. */
#define EACH_CHILD(l)      EACH_CHILD_0(l, __LINE__)
#define EACH_CHILD_0(l, n) EACH_CHILD_1(l, n)
#define EACH_CHILD_1(l, n) EACH_CHILD_2(l, more_##n)
#define EACH_CHILD_2(l, more)                                                                      \
    for (bool more = ts_tree_cursor_goto_first_child(&(l)->cursor); more; more = next_or_up(l))

typedef VEC(Span) Comments;

/* Gathers a comment; true if the cursor stands at one. */
static bool is_comment(Lower *l, Comments *comments) {
    Node n = node(l);
    if (n != NODE_comment && n != NODE_doc_comment) return false;
    *vec_push(l->arena, comments) = span(l);
    return true;
}

/* The documentation that the comments before this node are. */
static Str take_docs(Lower *l, Comments *comments) {
    Str docs = witc_docs_text(l->arena, comments->at, comments->len);
    comments->len = 0;
    return docs;
}

/* ---- names, versions, attributes ---- */

static AstName lower_name(Lower *l) {
    AstName name = {text(l), span(l)};
    if (name.text.len && name.text.ptr[0] == '%') name.text = str_after(name.text, 1);
    return name;
}

static Semver lower_version(Lower *l) {
    Semver version;
    if (!semver_parse(text(l), &version))
        diag(l->diags, WIT_BAD_VERSION, span(l), STR_ARG(text(l)),
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
static Str lower_string(Lower *l) {
    Str s = text(l);
    if (s.len < 2) return (Str){0};
    s = str_from_to(s, 1, s.len - 1);
    Buf out = {.arena = l->arena};
    bool ok = true;
    for (size_t i = 0; i < s.len;) {
        char c = s.ptr[i++];
        if (c == '\\' && i < s.len) ok = lower_escape(s, &i, &out) && ok;
        else buf_byte(&out, (uint8_t)c);
    }
    if (!ok) diag(l->diags, WIT_BAD_STRING, span(l), "an escape is no Unicode scalar value");
    else if (utf8_valid_prefix(buf_text(&out)) != out.len)
        diag(l->diags, WIT_BAD_STRING, span(l), "malformed UTF-8 encoding");
    return buf_text(&out);
}

/* The attributes of one item as they are gathered. */
typedef struct {
    AstAttrs attrs;
    Span since, deprecated;
} Gate;

static void set_version(Lower *l, Semver *version, Span *where, Span at, const char *what) {
    Semver value = {0};
    EACH_CHILD(l) if (field(l) == FIELD_version) value = lower_version(l);
    if (version->text.len) diag(l->diags, WIT_ATTRIBUTE_TWICE, at, what);
    else *version = value, *where = at;
}

/* since-gate, unstable-gate, deprecated-gate, external-id */
static void lower_attribute(Lower *l, Gate *gate) {
    AstAttrs *attrs = &gate->attrs;
    Span at = span(l);
    if (!attrs->span.source) attrs->span = at;
    switch (node(l)) {
    case NODE_since_gate: set_version(l, &attrs->stability.since, &gate->since, at, "since"); break;
    case NODE_deprecated_gate:
        set_version(l, &attrs->stability.deprecated, &gate->deprecated, at, "deprecated");
        break;
    case NODE_unstable_gate: {
        Str feature = {0};
        EACH_CHILD(l) if (field(l) == FIELD_feature) feature = lower_name(l).text;
        if (attrs->stability.feature.len) diag(l->diags, WIT_ATTRIBUTE_TWICE, at, "unstable");
        attrs->stability.feature = feature;
        break;
    }
    default: {
        Str value = {0};
        EACH_CHILD(l) if (field(l) == FIELD_value) value = lower_string(l);
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
static void lower_qualified(Lower *l, Str *ns, Str *package, Semver *version, AstName *name,
                            Span *package_span) {
    size_t namespaces = 0, packages = 0;
    EACH_CHILD(l) {
        switch (field(l)) {
        case FIELD_namespace:
            *ns = join_nested(l, *ns, ':', lower_name(l).text);
            namespaces++;
            break;
        case FIELD_package:
            *package = join_nested(l, *package, '/', lower_name(l).text);
            packages++;
            break;
        case FIELD_name:
            if (name) *name = lower_name(l);
            continue; /* the package ends before it */
        case FIELD_version: *version = lower_version(l); break;
        default: continue;
        }
        *package_span = span_join(*package_span, span(l));
    }
    if ((namespaces > 1 || packages > 1) && !feature_on(l->gates, CM_NESTED_NAMES))
        diag(l->diags, WIT_NESTED_NAMESPACE, *package_span, STR_ARG(text_of(*package_span)));
}

static AstPath lower_path(Lower *l) {
    AstPath path = {0};
    Span version_included = {0};
    lower_qualified(l, &path.ns, &path.package, &path.version, &path.name, &version_included);
    path.package_span = version_included;
    /* The span of `a:b/c@1.0.0`'s package is `a:b`. */
    if (path.ns.len && path.name.span.source && path.package_span.end > path.name.span.start)
        path.package_span.end = path.name.span.start - 1;
    return path;
}

static AstHeader *lower_header(Lower *l, Comments *comments) {
    AstHeader *header = ARENA_NEW(l->arena, AstHeader);
    if (comments->len) header->docs_span = span_join(comments->at[0], vec_last(comments));
    header->docs = take_docs(l, comments);
    lower_qualified(l, &header->ns, &header->name, &header->version, NULL, &header->span);
    return header;
}

/* ---- types ---- */

static const AstType *lower_type(Lower *l, unsigned depth);

static void lower_type_argument(Lower *l, AstType *type, size_t place, unsigned depth) {
    const AstType *argument = lower_type(l, depth + 1);
    if (!type->args.cap && type->kind != WIT_TUPLE) witc_reserve(l->arena, &type->args, 2);
    while (type->args.len < place) *vec_push(l->arena, &type->args) = NULL;
    *vec_push(l->arena, &type->args) = argument;
}

static void lower_length(Lower *l, AstType *type) {
    type->kind = WIT_FIXED_LIST;
    Str digits = text(l);
    for (size_t i = 0; i < digits.len && type->length <= UINT32_MAX; i++)
        type->length = type->length * 10 + (uint64_t)(digits.ptr[i] - '0');
    if (type->length > UINT32_MAX) diag(l->diags, WIT_BAD_LENGTH, span(l), STR_ARG(digits));
}

static WitKind primitive_named(Str keyword) {
    for (int kind = 0; kind < WIT_KIND_COUNT; kind++)
        if (wit_kind_shape((WitKind)kind) == WIT_SHAPE_PRIM &&
            str_is(keyword, wit_kind_keyword((WitKind)kind)))
            return (WitKind)kind;
    return WIT_BOOL;
}

static WitKind type_kind(Lower *l) {
    switch (node(l)) {
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
    default: return primitive_named(text(l));
    }
}

/* ty ::= 'u8' | .. | 'list' '<' ty '>' | .. | id */
static const AstType *lower_type(Lower *l, unsigned depth) {
    AstType *type = ARENA_NEW(l->arena, AstType);
    type->kind = type_kind(l);
    type->span = span(l);
    if (depth >= AST_MAX_DEPTH) {
        diag(l->diags, WIT_DEEP_TYPE, type->span, AST_MAX_DEPTH);
        return type;
    }
    if (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return type;
    bool first = true;
    EACH_CHILD(l) {
        if (first && type->kind != WIT_ALIAS) type->span = span(l);
        first = false;
        switch (field(l)) {
        case FIELD_name:
        case FIELD_resource: type->name = lower_name(l); break;
        case FIELD_element: lower_type_argument(l, type, 0, depth); break;
        case FIELD_ok:
        case FIELD_key: lower_type_argument(l, type, 0, depth); break;
        case FIELD_error:
        case FIELD_value: lower_type_argument(l, type, 1, depth); break;
        case FIELD_length: lower_length(l, type); break;
        default: break;
        }
    }
    if (type->kind == WIT_OWN || type->kind == WIT_BORROW) type->span = type->name.span;
    return type;
}

/* A `name: type` or `name(type)` or `name`. */
static AstField lower_field(Lower *l, Str docs) {
    AstField out = {.docs = docs};
    EACH_CHILD(l) {
        Field f = field(l);
        if (f == FIELD_name) out.name = lower_name(l);
        else if (f == FIELD_type) out.type = lower_type(l, 0);
    }
    return out;
}

/* A list of fields, cases, flags or parameters in brackets. */
static void lower_fields(Lower *l, AstFields *fields) {
    Comments comments = {0};
    witc_reserve(l->arena, fields,
                 ts_node_named_child_count(ts_tree_cursor_current_node(&l->cursor)));
    EACH_CHILD(l) {
        if (is_comment(l, &comments)) continue;
        switch (node(l)) {
        case NODE_record_field:
        case NODE_variant_case:
        case NODE_enum_case:
        case NODE_flags_field:
        case NODE_param: {
            AstField f = lower_field(l, take_docs(l, &comments));
            *vec_push(l->arena, fields) = f;
            break;
        }
        default: comments.len = 0;
        }
    }
}

/* ---- functions ---- */

/* func-type ::= 'async'? 'func' param-list result-list */
static void lower_func_type(Lower *l, AstFunc *func) {
    EACH_CHILD(l) {
        switch (field(l)) {
        case FIELD_async: func->is_async = true; break;
        case FIELD_params: lower_fields(l, &func->params); break;
        case FIELD_result: func->result = lower_type(l, 0); break;
        default: break;
        }
    }
}

/* func-item, method, static-method, constructor */
static AstFunc lower_func(Lower *l, WitFuncKind kind, Str docs) {
    AstFunc func = {.kind = kind, .docs = docs};
    Gate gate = {0};
    EACH_CHILD(l) {
        switch (field(l)) {
        case FIELD_attribute: lower_attribute(l, &gate); break;
        case FIELD_name: func.name = lower_name(l); break;
        case FIELD_type: lower_func_type(l, &func); break;
        case FIELD_params: lower_fields(l, &func.params); break;
        case FIELD_result: func.result = lower_type(l, 0); break;
        default:
            if (kind == WIT_CONSTRUCTOR && !func.name.span.source) func.name.span = span(l);
        }
    }
    func.attrs = finish_gate(l, &gate);
    return func;
}

/* resource-method* */
static void lower_methods(Lower *l, AstTypedef *def) {
    Comments comments = {0};
    EACH_CHILD(l) {
        if (is_comment(l, &comments)) continue;
        Node n = node(l);
        if (n != NODE_method && n != NODE_static_method && n != NODE_constructor) {
            comments.len = 0;
            continue;
        }
        AstFunc func = lower_func(l,
                                  n == NODE_method          ? WIT_METHOD
                                  : n == NODE_static_method ? WIT_STATIC
                                                            : WIT_CONSTRUCTOR,
                                  take_docs(l, &comments));
        *vec_push(l->arena, &def->funcs) = func;
    }
}

/* ---- items ---- */

/* typedef-item ::= gate ( 'type' id '=' ty ';' | 'record' id '{' .. '}' | .. ) */
static AstItem lower_typedef(Lower *l, WitKind kind, Str docs) {
    AstTypedef *def = ARENA_NEW(l->arena, AstTypedef);
    def->kind = kind;
    def->docs = docs;
    Gate gate = {0};
    EACH_CHILD(l) {
        switch (field(l)) {
        case FIELD_attribute: lower_attribute(l, &gate); break;
        case FIELD_name: def->name = lower_name(l); break;
        case FIELD_type: def->type = lower_type(l, 0); break;
        case FIELD_body:
            if (kind == WIT_RESOURCE) lower_methods(l, def);
            else lower_fields(l, &def->fields);
            break;
        default: break;
        }
    }
    def->attrs = finish_gate(l, &gate);
    return (AstItem){.kind = AST_TYPEDEF, .def = def};
}

/* use-names-item ::= id ('as' id)?, and the same of `include` */
static AstRename lower_rename(Lower *l) {
    AstRename out = {0};
    EACH_CHILD(l) {
        Field f = field(l);
        if (f == FIELD_name) out.name = lower_name(l);
        else if (f == FIELD_alias) out.alias = lower_name(l);
    }
    if (!out.alias.span.source) out.alias = out.name;
    return out;
}

/* use-item, include-item, toplevel-use-item */
static AstItem lower_use(Lower *l, AstItemKind kind) {
    AstUse *use = ARENA_NEW(l->arena, AstUse);
    use->span = span(l);
    Gate gate = {0};
    EACH_CHILD(l) {
        switch (field(l)) {
        case FIELD_attribute: lower_attribute(l, &gate); break;
        case FIELD_path: use->path = lower_path(l); break;
        case FIELD_alias: use->alias = lower_name(l); break;
        case FIELD_names:
            EACH_CHILD(l) {
                Node n = node(l);
                if (n != NODE_use_name && n != NODE_include_name) continue;
                AstRename rename = lower_rename(l);
                *vec_push(l->arena, &use->names) = rename;
            }
            break;
        default: break;
        }
    }
    if (!use->alias.span.source) use->alias = use->path.name;
    use->attrs = finish_gate(l, &gate);
    return (AstItem){.kind = kind, .use = use};
}

static void lower_items(Lower *l, AstItems *items);

/* import-item, export-item ::= gate ('import' | 'export') extern */
static AstItem lower_extern(Lower *l, bool is_export, Str docs) {
    AstExtern *e = ARENA_NEW(l->arena, AstExtern);
    e->is_export = is_export;
    e->docs = docs;
    Gate gate = {0};
    EACH_CHILD(l) {
        switch (field(l)) {
        case FIELD_attribute: lower_attribute(l, &gate); break;
        case FIELD_name: e->name = lower_name(l); break;
        case FIELD_type: lower_func_type(l, &e->func); break;
        case FIELD_body:
            e->kind = AST_EXTERN_INTERFACE;
            lower_items(l, &e->items);
            break;
        case FIELD_path:
            e->kind = AST_EXTERN_PATH;
            e->path = lower_path(l);
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

static AstItem lower_func_item(Lower *l, Str docs) {
    AstFunc *func = ARENA_NEW(l->arena, AstFunc);
    *func = lower_func(l, WIT_FREESTANDING, docs);
    return (AstItem){.kind = AST_FUNC, .func = func};
}

/* interface-item, world-item */
static AstItem lower_decl(Lower *l, bool is_world, Str docs) {
    AstDecl *decl = ARENA_NEW(l->arena, AstDecl);
    decl->is_world = is_world;
    decl->docs = docs;
    Gate gate = {0};
    EACH_CHILD(l) {
        switch (field(l)) {
        case FIELD_attribute: lower_attribute(l, &gate); break;
        case FIELD_name: decl->name = lower_name(l); break;
        case FIELD_body: lower_items(l, &decl->items); break;
        default: break;
        }
    }
    decl->attrs = finish_gate(l, &gate);
    return (AstItem){.kind = AST_DECL, .decl = decl};
}

/* One item of an interface or world body. */
static bool lower_item(Lower *l, Comments *comments, AstItem *out) {
    Node n = node(l);
    switch (n) {
    case NODE_use_item: *out = lower_use(l, AST_USE); break;
    case NODE_include_item: *out = lower_use(l, AST_INCLUDE); break;
    case NODE_func_item: *out = lower_func_item(l, take_docs(l, comments)); break;
    case NODE_import_item:
    case NODE_export_item:
        *out = lower_extern(l, n == NODE_export_item, take_docs(l, comments));
        break;
    case NODE_type_item: *out = lower_typedef(l, WIT_ALIAS, take_docs(l, comments)); break;
    case NODE_record_item: *out = lower_typedef(l, WIT_RECORD, take_docs(l, comments)); break;
    case NODE_variant_item: *out = lower_typedef(l, WIT_VARIANT, take_docs(l, comments)); break;
    case NODE_enum_item: *out = lower_typedef(l, WIT_ENUM, take_docs(l, comments)); break;
    case NODE_flags_item: *out = lower_typedef(l, WIT_FLAGS, take_docs(l, comments)); break;
    case NODE_resource_item: *out = lower_typedef(l, WIT_RESOURCE, take_docs(l, comments)); break;
    case NODE_interface_item: *out = lower_decl(l, false, take_docs(l, comments)); break;
    case NODE_world_item: *out = lower_decl(l, true, take_docs(l, comments)); break;
    case NODE_toplevel_use_item: *out = lower_use(l, AST_TOP_USE); break;
    default: return false;
    }
    return true;
}

/* The items of an interface or world. */
static void lower_items(Lower *l, AstItems *items) {
    Comments comments = {0};
    witc_reserve(l->arena, items,
                 ts_node_named_child_count(ts_tree_cursor_current_node(&l->cursor)));
    EACH_CHILD(l) {
        if (is_comment(l, &comments)) continue;
        AstItem item;
        if (lower_item(l, &comments, &item)) *vec_push(l->arena, items) = item;
        comments.len = 0;
    }
}

static AstScope *lower_scope(Lower *l, unsigned depth);

/* nested-package-definition ::= 'package' ( id ':' )+ id ('@' semver)? '{' package-items* '}' */
static AstItem lower_package(Lower *l, Comments *comments, unsigned depth) {
    AstScope *scope = NULL;
    const AstHeader *header = NULL;
    Span keyword = {0};
    bool has_attributes = false;
    EACH_CHILD(l) {
        switch (field(l)) {
        case FIELD_attribute: has_attributes = true; break;
        case FIELD_name: header = lower_header(l, comments); break;
        case FIELD_body:
            if (depth < AST_MAX_DEPTH) scope = lower_scope(l, depth + 1);
            break;
        default:
            if (!keyword.source) keyword = span(l);
        }
    }
    if (has_attributes) diag(l->diags, WIT_PACKAGE_ATTRIBUTE, keyword);
    if (!scope) {
        diag(l->diags, WIT_DEEP_PACKAGE, keyword, AST_MAX_DEPTH);
        scope = ARENA_NEW(l->arena, AstScope);
    }
    if (depth == 1) diag(l->diags, WIT_INNER_PACKAGE, header ? header->span : keyword);
    scope->header = header;
    return (AstItem){.kind = AST_PACKAGE, .scope = scope};
}

/* The children of source_file or package_body. */
static AstScope *lower_scope(Lower *l, unsigned depth) {
    AstScope *scope = ARENA_NEW(l->arena, AstScope);
    Comments comments = {0};
    EACH_CHILD(l) {
        if (is_comment(l, &comments)) continue;
        AstItem item;
        if (node(l) == NODE_package_decl) {
            EACH_CHILD(l) if (field(l) == FIELD_name) scope->header = lower_header(l, &comments);
        } else if (node(l) == NODE_nested_package) {
            item = lower_package(l, &comments, depth);
            *vec_push(l->arena, &scope->items) = item;
        } else if (lower_item(l, &comments, &item)) {
            *vec_push(l->arena, &scope->items) = item;
        }
        comments.len = 0;
    }
    return scope;
}

/* ---- documentation ---- */

static bool is_ascii_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static Str trim_end(Str s) {
    while (s.len && (is_ascii_space(s.ptr[s.len - 1]) || s.ptr[s.len - 1] == '\v')) s.len--;
    return s;
}

/* A comment without what makes it one. A plain block comment keeps its stars: tools do so. */
static Str comment_text(Str s) {
    s = trim_end(s);
    if (str_starts(s, STR("/**"))) return trim_end(str_from_to(s, 3, s.len - 2));
    while (s.len && s.ptr[0] == '/') s = str_after(s, 1);
    return s;
}

/* Where the comment at the start of `s` ends; block comments nest. */
static size_t comment_end(Str s) {
    size_t newline = str_find(s, '\n', 0), depth = 0;
    if (!str_starts(s, STR("/*"))) return newline == SIZE_MAX ? s.len : newline;
    for (size_t i = 0; i + 1 < s.len; i++) {
        bool opens = s.ptr[i] == '/' && s.ptr[i + 1] == '*';
        bool closes = s.ptr[i] == '*' && s.ptr[i + 1] == '/';
        if (closes && --depth == 0) return i + 2;
        depth += opens;
        i += opens || closes;
    }
    return s.len;
}

typedef VEC(Str) Texts;

/* After very many comments the grammar gives those that follow each other as one. */
static void split_comments(Arena *arena, Str s, Texts *texts) {
    while ((s = str_trim(s)).len) {
        size_t end = comment_end(s);
        *vec_push(arena, texts) = comment_text(str_from_to(s, 0, end));
        s = str_after(s, end);
    }
}

static void put_lines(Buf *out, Str s) {
    for (size_t at = 0; at < s.len;) {
        size_t newline = str_find(s, '\n', at), end = newline == SIZE_MAX ? s.len : newline;
        size_t stop = newline != SIZE_MAX && end > at && s.ptr[end - 1] == '\r' ? end - 1 : end;
        buf_str(out, str_from_to(s, at, stop));
        buf_byte(out, '\n');
        at = end + 1;
    }
}

static size_t leading_spaces(Str s, bool only_blanks) {
    size_t n = 0;
    while (n < s.len && (only_blanks ? s.ptr[n] == ' ' : is_ascii_space(s.ptr[n]))) n++;
    return n;
}

Str witc_docs_text(Arena *arena, const Span *comments, size_t n) {
    if (n == 0) return (Str){0};
    Texts texts = {0};
    for (size_t i = 0; i < n; i++) split_comments(arena, text_of(comments[i]), &texts);
    size_t indent = SIZE_MAX;
    for (size_t i = 0; i < texts.len; i++) {
        size_t spaces = leading_spaces(texts.at[i], false);
        if (texts.at[i].len && spaces < indent) indent = spaces;
    }
    Buf out = {.arena = arena};
    for (size_t i = 0; i < texts.len; i++) {
        Str s = texts.at[i];
        if (indent != SIZE_MAX && leading_spaces(s, true) >= indent) s = str_after(s, indent);
        if (s.len) put_lines(&out, s);
        else buf_byte(&out, '\n');
    }
    while (out.len && out.ptr[out.len - 1] == '\n') out.len--;
    /* Not NULL: there are docs, though they may be empty. */
    return out.len ? buf_text(&out) : STR("");
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

/* WIT.md, "Lexical structure": UTF-8, without control codes and characters that mislead readers. */
static bool check_characters(Lower *l, const Source *source) {
    Str s = source->text;
    size_t valid = utf8_valid_prefix(s), errors = l->diags->errors;
    if (valid < s.len) {
        diag(l->diags, WIT_NOT_UTF8, ((Span){source, (uint32_t)valid, (uint32_t)valid + 1}),
             STR_ARG(source->path), (unsigned)(unsigned char)s.ptr[valid]);
        return false;
    }
    for (size_t at = 0; at < valid && l->diags->errors < errors + 10;) {
        size_t from = at;
        unsigned char byte = (unsigned char)s.ptr[at];
        if (byte >= ' ' && byte < 0x7f) {
            at++;
            continue;
        }
        uint32_t c = utf8_next(s, &at);
        Span where = {source, (uint32_t)from, (uint32_t)at};
        const char *why = hidden_character(c);
        if (why) diag(l->diags, WIT_HIDDEN_CHARACTER, where, (unsigned)c, why);
        bool allowed = c == '\n' || c == '\r' || c == '\t';
        if (!allowed && (c < ' ' || (c >= 0x7f && c < 0xa0))) {
            diag(l->diags, WIT_CONTROL, where, (unsigned)c);
            return false; /* this is no text */
        }
    }
    return l->diags->errors == errors;
}

/* The first ERROR or MISSING node of a tree, where witc_explain has nothing to say. */
static void report_tree_error(Lower *l) {
    for (;;) {
        TSNode n = ts_tree_cursor_current_node(&l->cursor);
        Span where = span(l);
        if (ts_node_is_missing(n)) {
            diag(l->diags, WIT_MISSING, where, ts_node_type(n));
            return;
        }
        if (ts_node_symbol(n) == (TSSymbol)-1 || !ts_node_has_error(n)) break;
        bool found = false;
        if (!ts_tree_cursor_goto_first_child(&l->cursor)) break;
        do {
            TSNode child = ts_tree_cursor_current_node(&l->cursor);
            found = ts_node_has_error(child) || ts_node_is_missing(child);
        } while (!found && ts_tree_cursor_goto_next_sibling(&l->cursor));
        if (!found) break;
    }
    Span where = span(l);
    if (where.end > where.start + 40) where.end = where.start + 40;
    Str shown = text_of(where);
    size_t newline = str_find(shown, '\n', 0);
    if (newline != SIZE_MAX) shown.len = newline;
    shown.len = utf8_valid_prefix(shown);
    diag(l->diags, WIT_SYNTAX, where, STR_ARG(shown));
}

const AstScope *witc_lower(Lower *l, const Source *source) {
    size_t errors = l->diags->errors;
    if (source->text.len > MAX_TEXT) {
        diag(l->diags, WIT_TOO_LARGE, ((Span){source, 0, 0}), source->text.len);
        return NULL;
    }
    l->source = source;
    if (!check_characters(l, source)) return NULL;
    TSTree *tree = ts_parser_parse_string(l->parser, NULL, source->text.ptr ? source->text.ptr : "",
                                          (uint32_t)source->text.len);
    if (!tree) return NULL;
    TSNode root = ts_tree_root_node(tree);
    l->cursor = ts_tree_cursor_new(root);
    AstScope *scope = NULL;
    if (!ts_node_has_error(root)) scope = lower_scope(l, 0);
    else if (!witc_explain(l->arena, source, l->diags)) report_tree_error(l);
    ts_tree_cursor_delete(&l->cursor);
    ts_tree_delete(tree);
    return l->diags->errors == errors ? scope : NULL;
}
