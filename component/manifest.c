/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The composition manifest, in YAML:
 *
 *     search-paths: [path]            skip-validation: bool      import-components: bool
 *     definitions: [path]             disallow-imports: bool
 *     dependencies:                   # name -> path | {path: path}
 *       calculator: calculator.wasm
 *     instantiations:                 # name -> {dependency: name, arguments: {...}}
 *       root:
 *         arguments:                  # import -> instance | {instance: name, export: name}
 *           "example:math/calculator": calculator
 *
 * libyaml makes a document of it, in which aliases are shared nodes: nothing is expanded, so a small
 * file stays a small document. Each table below lists the keys of one mapping and who reads them.
 */
#include <yaml.h>

#include "component/compose.h"

typedef struct {
    Arena *arena;
    Diags *diags;
    const Source *source;
    yaml_document_t document;
    Manifest *out;
    size_t pairs; /* read so far: an alias is read each time that it is met */
} Reading;

enum { MOST_PAIRS = 100000 };

/* ---- places ---- */

static uint32_t offset_of(const Source *source, size_t line, size_t column) {
    Str text = source->text;
    size_t at = 0;
    while (at < text.len && line > 0)
        if (text.ptr[at++] == '\n') line--;
    while (at < text.len && column > 0)
        if ((text.ptr[at++] & 0xc0) != 0x80) column--;
    while (at < text.len && (text.ptr[at] & 0xc0) == 0x80) at++;
    return (uint32_t)at;
}

static ManifestPlace place_of(const yaml_node_t *node) {
    return (ManifestPlace){(uint32_t)node->start_mark.line, (uint32_t)node->start_mark.column,
                           (uint32_t)node->end_mark.line, (uint32_t)node->end_mark.column};
}

Span comp_manifest_span(const Source *yaml, ManifestPlace p) {
    uint32_t start = offset_of(yaml, p.line, p.column);
    return (Span){yaml, start,
                  p.end_line == p.line ? offset_of(yaml, p.line, p.end_column) : start};
}

static Span span_of(const Reading *r, const yaml_node_t *node) {
    return comp_manifest_span(r->source, place_of(node));
}

/* ---- nodes ---- */

static const yaml_node_t *node_at(Reading *r, int index) {
    return yaml_document_get_node(&r->document, index);
}

static Str scalar(const yaml_node_t *node) {
    return (Str){(const char *)node->data.scalar.value, node->data.scalar.length};
}

static const char *kind_of(const yaml_node_t *node) {
    switch (node->type) {
    case YAML_SCALAR_NODE: return "plain value";
    case YAML_SEQUENCE_NODE: return "sequence";
    case YAML_MAPPING_NODE: return "mapping";
    default: return "nothing";
    }
}

static bool is_null(const yaml_node_t *node) {
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    Str s = scalar(node);
    return s.len == 0 || str_is(s, "~") || str_is(s, "null");
}

static bool read_text(Reading *r, const yaml_node_t *node, const char *key, Str *text) {
    if (node->type == YAML_SCALAR_NODE && !is_null(node)) {
        *text = str_copy(r->arena, scalar(node));
        return true;
    }
    diag(r->diags, YAML_SCALAR, span_of(r, node), key, is_null(node) ? "nothing" : kind_of(node));
    return false;
}

static void read_bool(Reading *r, const yaml_node_t *node, const char *key, bool *value) {
    Str text;
    if (!read_text(r, node, key, &text)) return;
    if (str_is(text, "true")) *value = true;
    else if (str_is(text, "false")) *value = false;
    else diag(r->diags, YAML_BOOL, span_of(r, node), key, STR_ARG(text));
}

/* The pairs of a mapping, keys checked to be plain and given once; nothing at all is an empty one. */
typedef struct {
    Str key;
    const yaml_node_t *key_node, *value;
} Pair;

typedef VEC(Pair) Pairs;

static bool read_pairs(Reading *r, const yaml_node_t *node, const char *what, Pairs *pairs) {
    Map seen = {0};
    if (is_null(node)) return true;
    if (node->type != YAML_MAPPING_NODE) {
        diag(r->diags, YAML_MAPPING, span_of(r, node), what, kind_of(node));
        return false;
    }
    size_t before = r->pairs;
    r->pairs += (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
    if (r->pairs > MOST_PAIRS) {
        if (before <= MOST_PAIRS) diag(r->diags, YAML_LARGE, span_of(r, node), MOST_PAIRS);
        return false;
    }
    for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
         p++) {
        Pair pair = {.key_node = node_at(r, p->key), .value = node_at(r, p->value)};
        bool added;
        if (!read_text(r, pair.key_node, what, &pair.key)) continue;
        map_put(r->arena, &seen, pair.key, &added);
        if (added) *vec_push(r->arena, pairs) = pair;
        else diag(r->diags, YAML_TWICE, span_of(r, pair.key_node), STR_ARG(pair.key));
    }
    return true;
}

/* ---- mappings with fixed keys ---- */

typedef struct {
    const char *key;
    void (*read)(Reading *r, const yaml_node_t *value, const char *key, void *into);
} Field;

static void unknown_key(Reading *r, const Pair *pair, const Field *fields, size_t n) {
    Buf all = {.arena = r->arena};
    Str names[16];
    for (size_t i = 0; i < n; i++) {
        names[i] = str_from(fields[i].key);
        buf_fmt(&all, "%s`%s`", i ? ", " : "", fields[i].key);
    }
    Str near = str_nearest(pair->key, names, n), keys = buf_text(&all);
    diag(r->diags, YAML_UNKNOWN_KEY, span_of(r, pair->key_node), STR_ARG(pair->key));
    if (near.len) diag_note(r->diags, LINK_NEAREST, span_none(), STR_ARG(near));
    else diag_note(r->diags, YAML_KEYS, span_none(), STR_ARG(keys));
}

static void read_fields(Reading *r, const yaml_node_t *node, const char *what, const Field *fields,
                        size_t n, void *into) {
    Pairs pairs = {0};
    if (!read_pairs(r, node, what, &pairs)) return;
    for (size_t i = 0; i < pairs.len; i++) {
        size_t k = 0;
        while (k < n && !str_is(pairs.at[i].key, fields[k].key)) k++;
        if (k == n) unknown_key(r, &pairs.at[i], fields, n);
        else fields[k].read(r, pairs.at[i].value, fields[k].key, into);
    }
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- arguments ---- */

static void argument_instance(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    read_text(r, node, key, &((ManifestArgument *)into)->instance);
}

static void argument_export(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    ManifestArgument *a = into;
    a->has_export = read_text(r, node, key, &a->export);
}

static const Field argument_fields[] = {{"instance", argument_instance},
                                        {"export", argument_export}};

static void read_arguments(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    ManifestInstance *instance = into;
    Pairs pairs = {0};
    read_pairs(r, node, key, &pairs);
    for (size_t i = 0; i < pairs.len; i++) {
        ManifestArgument a = {.import = pairs.at[i].key, .place = place_of(pairs.at[i].key_node)};
        if (pairs.at[i].value->type == YAML_MAPPING_NODE) {
            read_fields(r, pairs.at[i].value, "arguments", argument_fields, COUNT(argument_fields),
                        &a);
            if (!a.instance.len)
                diag(r->diags, YAML_MISSING_KEY, span_of(r, pairs.at[i].value), "instance");
        } else {
            read_text(r, pairs.at[i].value, "arguments", &a.instance);
        }
        *vec_push(r->arena, &instance->arguments) = a;
    }
}

/* ---- instantiations ---- */

static void instance_dependency(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    read_text(r, node, key, &((ManifestInstance *)into)->dependency);
}

static const Field instance_fields[] = {{"dependency", instance_dependency},
                                        {"arguments", read_arguments}};

static void read_instances(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    Manifest *m = into;
    Pairs pairs = {0};
    read_pairs(r, node, key, &pairs);
    for (size_t i = 0; i < pairs.len; i++) {
        ManifestInstance instance = {.name = pairs.at[i].key,
                                     .place = place_of(pairs.at[i].key_node)};
        read_fields(r, pairs.at[i].value, key, instance_fields, COUNT(instance_fields), &instance);
        if (!instance.dependency.len) instance.dependency = instance.name;
        *vec_push(r->arena, &m->instances) = instance;
    }
}

/* ---- dependencies and paths ---- */

static void path_path(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    read_text(r, node, key, &((ManifestPath *)into)->path);
}

static const Field path_fields[] = {{"path", path_path}};

static void read_dependencies(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    Manifest *m = into;
    Pairs pairs = {0};
    read_pairs(r, node, key, &pairs);
    for (size_t i = 0; i < pairs.len; i++) {
        const yaml_node_t *value = pairs.at[i].value;
        ManifestPath path = {.name = pairs.at[i].key, .place = place_of(value)};
        if (value->type == YAML_MAPPING_NODE) {
            read_fields(r, value, key, path_fields, COUNT(path_fields), &path);
            if (!path.path.len) diag(r->diags, YAML_MISSING_KEY, span_of(r, value), "path");
        } else {
            read_text(r, value, key, &path.path);
        }
        *vec_push(r->arena, &m->dependencies) = path;
    }
}

static const yaml_node_t *sequence(Reading *r, const yaml_node_t *node, const char *key) {
    if (node->type == YAML_SEQUENCE_NODE) return node;
    if (!is_null(node)) diag(r->diags, YAML_SEQUENCE, span_of(r, node), key, kind_of(node));
    return NULL;
}

#define PATHS(name, field)                                                                         \
    static void name(Reading *r, const yaml_node_t *node, const char *key, void *into) {           \
        Manifest *m = into;                                                                        \
        const yaml_node_t *all = sequence(r, node, key);                                           \
        if (!all) return;                                                                          \
        for (yaml_node_item_t *i = all->data.sequence.items.start;                                 \
             i < all->data.sequence.items.top; i++) {                                              \
            ManifestPath path = {.place = place_of(node_at(r, *i))};                              \
            if (read_text(r, node_at(r, *i), key, &path.path))                                     \
                *vec_push(r->arena, &m->field) = path;                                             \
        }                                                                                          \
    }
PATHS(read_definitions, definitions)
PATHS(read_search_paths, search_paths)
#undef PATHS

#define FLAG(name, field)                                                                          \
    static void name(Reading *r, const yaml_node_t *node, const char *key, void *into) {           \
        read_bool(r, node, key, &((Manifest *)into)->field);                                       \
    }
FLAG(read_skip_validation, skip_validation)
FLAG(read_import_components, import_components)
FLAG(read_disallow_imports, disallow_imports)
#undef FLAG

static const Field manifest_fields[] = {
    {"search-paths", read_search_paths},         {"definitions", read_definitions},
    {"dependencies", read_dependencies},         {"instantiations", read_instances},
    {"skip-validation", read_skip_validation},   {"import-components", read_import_components},
    {"disallow-imports", read_disallow_imports},
};

/* ---- the document ---- */

static void syntax_error(Reading *r, const yaml_parser_t *parser) {
    uint32_t at = offset_of(r->source, parser->problem_mark.line, parser->problem_mark.column);
    diag(r->diags, YAML_SYNTAX, span_at(r->source, at),
         parser->problem ? parser->problem : "unreadable");
}

bool comp_manifest(Arena *arena, const Source *yaml, Manifest *out, Diags *diags) {
    Reading r = {.arena = arena, .diags = diags, .source = yaml, .out = out};
    size_t errors = diags->errors;
    yaml_parser_t parser;
    *out = (Manifest){0};
    if (!yaml_parser_initialize(&parser)) return false;
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml->text.ptr, yaml->text.len);
    if (!yaml_parser_load(&parser, &r.document)) {
        syntax_error(&r, &parser);
    } else {
        const yaml_node_t *root = yaml_document_get_root_node(&r.document);
        if (root) read_fields(&r, root, "manifest", manifest_fields, COUNT(manifest_fields), out);
        yaml_document_delete(&r.document);
    }
    yaml_parser_delete(&parser);
    return diags->errors == errors;
}
