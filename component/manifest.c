/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The composition manifest, in YAML. What wasm-compose knows:
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
 * and what it does not (docs/LINKING.md has the table):
 *
 *     root: name      roots: [name]   wiring: name | interface   semver: exact | compatible
 *     lock: path      exports: {name: instance | {instance: name, export: name}}
 *     limits: {..}    grants: {..}    # of the whole, and of an instantiation
 *     instances: {path: {limits: {..}, grants: {..}}}    # of one inside a component
 *     dependencies:   {name: {path: path, sha256: digest}}
 *     arguments:      {import: {import: name}}
 *
 * A policy (`--policy`) has the last three keys only.
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
    VEC(uint32_t) places; /* where every PLACES_STEP'th character is */
    yaml_document_t document;
    Manifest *out;
    CompRunPlan *plan;
    size_t pairs; /* read so far: an alias is read each time that it is met */
} Reading;

enum { MOST_PAIRS = 100000, MOST_DEPTH = 50, PLACES_STEP = 64 };

/* ---- places ---- */

static bool begins_char(char c) { return (c & 0xc0) != 0x80; }

/* libyaml counts characters, without a byte order mark. */
static void find_places(Reading *r) {
    Str text = r->source->text;
    size_t n = 0, at = str_starts(text, STR("\xef\xbb\xbf")) ? 3 : 0;
    for (; at < text.len; at++)
        if (begins_char(text.ptr[at]) && n++ % PLACES_STEP == 0)
            *vec_push(r->arena, &r->places) = (uint32_t)at;
}

static uint32_t offset_of(const Reading *r, const yaml_mark_t *mark) {
    Str text = r->source->text;
    size_t place = mark->index / PLACES_STEP, left = mark->index % PLACES_STEP;
    size_t at = place < r->places.len ? r->places.at[place] : text.len;
    for (; at < text.len && left > 0; left--) {
        at++;
        while (at < text.len && !begins_char(text.ptr[at])) at++;
    }
    return (uint32_t)at;
}

/* Of what stands in one line the whole, else where it begins. */
static Span span_of(const Reading *r, const yaml_node_t *node) {
    uint32_t start = offset_of(r, &node->start_mark);
    bool line = node->end_mark.line == node->start_mark.line;
    return (Span){r->source, start, line ? offset_of(r, &node->end_mark) : start};
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
    const char *also; /* another word for the same; NULL: none */
} Field;

static void unknown_key(Reading *r, const Pair *pair, const Field *fields, size_t n) {
    Buf all = {.arena = r->arena};
    Str *names = ARENA_NEW_ARRAY(r->arena, Str, n);
    for (size_t i = 0; i < n; i++) {
        names[i] = str_from(fields[i].key);
        buf_fmt(&all, "%s`%s`", i ? ", " : "", fields[i].key);
    }
    Str near = str_nearest(pair->key, names, n), keys = buf_text(&all);
    diag(r->diags, YAML_UNKNOWN_KEY, span_of(r, pair->key_node), STR_ARG(pair->key));
    if (near.len) diag_note(r->diags, LINK_NEAREST, span_none(), STR_ARG(near));
    else diag_note(r->diags, YAML_KEYS, span_none(), STR_ARG(keys));
}

static bool is_field(const Field *field, Str key) {
    return str_is(key, field->key) || (field->also && str_is(key, field->also));
}

static void read_fields(Reading *r, const yaml_node_t *node, const char *what, const Field *fields,
                        size_t n, void *into) {
    Pairs pairs = {0};
    if (!read_pairs(r, node, what, &pairs)) return;
    for (size_t i = 0; i < pairs.len; i++) {
        size_t k = 0;
        while (k < n && !is_field(&fields[k], pairs.at[i].key)) k++;
        if (k == n) unknown_key(r, &pairs.at[i], fields, n);
        else fields[k].read(r, pairs.at[i].value, fields[k].key, into);
    }
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- scalars ---- */

static void read_choice(Reading *r, const yaml_node_t *node, const char *key, const char *yes,
                        const char *no, bool *value) {
    Str text;
    if (!read_text(r, node, key, &text)) return;
    *value = str_is(text, yes);
    if (*value || str_is(text, no)) return;
    Str words = str_fmt(r->arena, "`%s` or `%s`", no, yes);
    diag(r->diags, YAML_CHOICE, span_of(r, node), key, str_c(r->arena, words), STR_ARG(text));
}

/* Digits and one of the units; false where it is neither, or too large. */
typedef struct {
    const char *name;
    uint64_t factor;
} Unit;

static bool number(Str text, const Unit *units, uint64_t *value) {
    size_t at = 0;
    uint64_t n = 0;
    for (; at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9'; at++) {
        uint64_t digit = (uint64_t)(text.ptr[at] - '0');
        if (n > (UINT64_MAX - digit) / 10) return false;
        n = n * 10 + digit;
    }
    Str rest = str_after(text, at);
    for (; at && units->name; units++) {
        if (!str_is(rest, units->name)) continue;
        *value = n * units->factor;
        return n <= UINT64_MAX / units->factor;
    }
    return false;
}

static void read_number(Reading *r, const yaml_node_t *node, const char *key, const Unit *units,
                        const char *what, uint64_t *value) {
    Str text;
    if (!read_text(r, node, key, &text) || (number(text, units, value) && *value)) return;
    *value = 0;
    diag(r->diags, YAML_NUMBER, span_of(r, node), key, what, STR_ARG(text));
}

static const Unit size_units[] = {
    {"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};

static void read_size(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    read_number(r, node, key, size_units, "a number from 1 on, with K, M or G behind it or nothing",
                into);
}

static void read_time(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    static const Unit units[] = {{"ms", 1000000},
                                 {"s", 1000000000},
                                 {"m", UINT64_C(60000000000)},
                                 {"", 1000000000},
                                 {NULL, 0}};
    read_number(r, node, key, units, "a time such as 250ms, 2s or 1m", into);
}

/* ---- sequences ---- */

typedef VEC(const yaml_node_t *) Nodes;

static void read_sequence(Reading *r, const yaml_node_t *node, const char *key, Nodes *nodes) {
    if (node->type != YAML_SEQUENCE_NODE) {
        if (!is_null(node)) diag(r->diags, YAML_LIST, span_of(r, node), key, kind_of(node));
        return;
    }
    const yaml_node_item_t *from = node->data.sequence.items.start;
    for (; from < node->data.sequence.items.top && r->pairs++ <= MOST_PAIRS; from++)
        *vec_push(r->arena, nodes) = node_at(r, *from);
    if (r->pairs == MOST_PAIRS + 2) diag(r->diags, YAML_LARGE, span_of(r, node), MOST_PAIRS);
}

/* ---- folders ---- */

static Str take_part(Str *rest) {
    size_t end = str_find_str(*rest, STR("::"), 0);
    Str part = str_from_to(*rest, 0, end);
    *rest = end == SIZE_MAX ? (Str){0} : str_after(*rest, end + 2);
    return part;
}

/* setting ::= [a-z]+ '=' .*      as a limit is written */
static bool is_setting(Str text) {
    size_t n = 0;
    while (n < text.len && text.ptr[n] >= 'a' && text.ptr[n] <= 'z') n++;
    return n && n < text.len && text.ptr[n] == '=';
}

const char *comp_read_directory(Str said, CompDirectory *out) {
    size_t comma;
    while ((comma = str_rfind(said, ',')) != SIZE_MAX) {
        Str limit = str_after(said, comma + 1);
        bool quota = str_starts(limit, STR("quota=")), files = str_starts(limit, STR("files="));
        if (!quota && !files && is_setting(limit))
            return "`quota=SIZE` or `files=N` behind a comma (a name with such a comma is said as "
                   "`host` and `guest` in a policy)";
        if (!quota && !files) break; /* other commas belong to the names */
        uint64_t *to = quota ? &out->quota : &out->files;
        if (!number(str_after(limit, 6), size_units, to) || !*to)
            return "a limit above 0, such as `quota=64M` or `files=100`";
        said = str_from_to(said, 0, comma);
    }
    out->host = take_part(&said);
    out->guest = take_part(&said);
    out->read_only = str_is(said, "ro");
    if (!out->host.len) return "HOST[::GUEST[::ro]][,quota=SIZE][,files=N]";
    if (!out->guest.len) out->guest = out->in_memory ? STR("/") : out->host;
    return !said.len || out->read_only || str_is(said, "rw") ? NULL
                                                             : "`ro` or `rw` as the third part";
}

/* ---- limits and grants ---- */

#define MEMBER(name, type, field, how)                                                             \
    static void name(Reading *r, const yaml_node_t *node, const char *key, void *into) {           \
        how(r, node, key, &((type *)into)->field);                                                 \
    }
#define READ_NUMBER read_size
#define READ_AMOUNT read_size
#define READ_PERIOD read_time
#define LIMIT(field, key, option, kind, value, help)                                               \
    MEMBER(limited_##field, CompLimits, field, READ_##kind)
#include "component/limit.def"
#undef LIMIT

static const Field limit_fields[] = {
#define LIMIT(field, key, option, kind, value, help) {key, limited_##field, option},
#include "component/limit.def"
#undef LIMIT
};

MEMBER(directory_host, CompDirectory, host, read_text)
MEMBER(directory_guest, CompDirectory, guest, read_text)
MEMBER(directory_read_only, CompDirectory, read_only, read_bool)
MEMBER(directory_quota, CompDirectory, quota, read_size)
MEMBER(directory_files, CompDirectory, files, read_size)
static const Field directory_fields[] = {{"host", directory_host, NULL},
                                         {"guest", directory_guest, NULL},
                                         {"read-only", directory_read_only, NULL},
                                         {"quota", directory_quota, NULL},
                                         {"files", directory_files, NULL}};

static void read_folders(Reading *r, const yaml_node_t *node, const char *key, bool in_memory,
                         CompGrants *grants) {
    Nodes nodes = {0};
    read_sequence(r, node, key, &nodes);
    for (size_t i = 0; i < nodes.len; i++) {
        CompDirectory d = {.in_memory = in_memory, .span = span_of(r, nodes.at[i])};
        Str word;
        if (nodes.at[i]->type == YAML_MAPPING_NODE) {
            read_fields(r, nodes.at[i], key, directory_fields, COUNT(directory_fields), &d);
            if (!d.host.len) diag(r->diags, YAML_MISSING_KEY, d.span, "host");
        } else if (read_text(r, nodes.at[i], key, &word)) {
            const char *expected = comp_read_directory(word, &d);
            if (expected) diag(r->diags, YAML_WORD, d.span, key, expected, STR_ARG(word));
        } else continue;
        if (!d.guest.len) d.guest = in_memory ? STR("/") : d.host;
        *vec_push(r->arena, &grants->directories) = d;
    }
}

static void read_directories(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    read_folders(r, node, key, false, into);
}
static void read_vfs(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    read_folders(r, node, key, true, into);
}

static void read_words(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    CompWords *words = into;
    Nodes nodes = {0};
    read_sequence(r, node, key, &nodes);
    for (size_t i = 0; i < nodes.len; i++) {
        CompWord word = {.span = span_of(r, nodes.at[i])};
        if (read_text(r, nodes.at[i], key, &word.text)) *vec_push(r->arena, words) = word;
    }
}

/* A sequence of NAME=VALUE and NAME, or a mapping of names to values. */
static void grant_env(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    CompGrants *grants = into;
    Pairs pairs = {0};
    if (node->type != YAML_MAPPING_NODE) {
        read_words(r, node, key, &grants->env);
        return;
    }
    read_pairs(r, node, key, &pairs);
    for (size_t i = 0; i < pairs.len; i++) {
        Str name = pairs.at[i].key, value;
        CompWord word = {name, span_of(r, pairs.at[i].key_node)};
        if (!is_null(pairs.at[i].value)) {
            if (!read_text(r, pairs.at[i].value, key, &value)) continue;
            word.text = str_fmt(r->arena, "%.*s=%.*s", STR_ARG(name), STR_ARG(value));
        }
        *vec_push(r->arena, &grants->env) = word;
    }
}

static void read_denial(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    bool granted = true;
    read_bool(r, node, key, &granted);
    *(bool *)into = !granted;
}

MEMBER(grant_network, CompGrants, network, read_words)
MEMBER(grant_features, CompGrants, features, read_words)
MEMBER(grant_inherit_env, CompGrants, inherit_env, read_bool)
MEMBER(grant_cwd, CompGrants, cwd, read_text)
MEMBER(grant_argv0, CompGrants, argv0, read_text)
MEMBER(grant_stdin, CompGrants, no_stdin, read_denial)
MEMBER(grant_stdout, CompGrants, no_stdout, read_denial)
MEMBER(grant_stderr, CompGrants, no_stderr, read_denial)
static const Field grant_fields[] = {{"env", grant_env, NULL},
                                     {"inherit-env", grant_inherit_env, NULL},
                                     {"argv0", grant_argv0, NULL},
                                     {"cwd", grant_cwd, NULL},
                                     {"directories", read_directories, "dir"},
                                     {"vfs", read_vfs, "vfs"},
                                     {"network", grant_network, "net-allow"},
                                     {"features", grant_features, NULL},
                                     {"stdin", grant_stdin, NULL},
                                     {"stdout", grant_stdout, NULL},
                                     {"stderr", grant_stderr, NULL}};

/* The rule of an instance, or of the whole (its path is empty). */
static CompRunRule *rule_of(Reading *r, Str instance, Span span) {
    CompRunPlan *plan = r->plan;
    for (size_t i = plan->rules.len; i-- > 0;)
        if (str_eq(plan->rules.at[i].instance, instance)) return &plan->rules.at[i];
    CompRunRule *rule = vec_push(r->arena, &plan->rules);
    rule->instance = instance;
    rule->span = span;
    return rule;
}

void comp_lower_limits(CompLimits *limits, const CompLimits *by) {
#define LIMIT(field, key, option, kind, value, help)                                               \
    if (by->field && (!limits->field || by->field < limits->field)) limits->field = by->field;
#include "component/limit.def"
#undef LIMIT
}

static void read_limits(Reading *r, const yaml_node_t *node, const char *key, Str instance) {
    CompLimits limits = {.span = span_of(r, node)};
    CompRunRule *rule = rule_of(r, instance, limits.span);
    read_fields(r, node, key, limit_fields, COUNT(limit_fields), &limits);
    if (!rule->limits.span.source) rule->limits.span = limits.span;
    comp_lower_limits(&rule->limits, &limits);
}

static void read_grants(Reading *r, const yaml_node_t *node, const char *key, Str instance) {
    Span span = span_of(r, node);
    CompGrants *grants = &rule_of(r, instance, span)->grants;
    if (!grants->span.source) grants->span = span;
    read_fields(r, node, key, grant_fields, COUNT(grant_fields), grants);
}

/* ---- arguments and exports ---- */

MEMBER(link_instance, ManifestLink, instance, read_text)
MEMBER(link_import, ManifestLink, import, read_text)

static void link_export(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    ManifestLink *link = into;
    link->has_export = read_text(r, node, key, &link->export);
}

static const Field link_fields[] = {{"instance", link_instance, NULL},
                                    {"export", link_export, NULL},
                                    {"import", link_import, NULL}};

static void read_links(Reading *r, const yaml_node_t *node, const char *key, bool arguments,
                       ManifestLinks *links) {
    Pairs pairs = {0};
    read_pairs(r, node, key, &pairs);
    for (size_t i = 0; i < pairs.len; i++) {
        const yaml_node_t *value = pairs.at[i].value;
        ManifestLink link = {.name = pairs.at[i].key, .span = span_of(r, pairs.at[i].key_node)};
        size_t errors = r->diags->errors;
        if (value->type == YAML_MAPPING_NODE) {
            read_fields(r, value, key, link_fields, COUNT(link_fields), &link);
            link.whole = !arguments && !link.has_export && !link.import.len;
            if (!link.instance.len && !link.import.len && r->diags->errors == errors)
                diag(r->diags, YAML_MISSING_KEY, span_of(r, value), "instance");
            if (link.import.len && (link.instance.len || link.has_export))
                diag(r->diags, YAML_ARGUMENT, span_of(r, value));
        } else {
            read_text(r, value, key, &link.instance);
        }
        *vec_push(r->arena, links) = link;
    }
}

/* ---- instantiations ---- */

static void read_arguments(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    ManifestInstance *instance = into;
    read_links(r, node, key, true, &instance->arguments);
    for (size_t i = 0; i < instance->arguments.len; i++)
        map_put(r->arena, &instance->by_import, instance->arguments.at[i].name, NULL)->value = i;
}

MEMBER(instance_dependency, ManifestInstance, dependency, read_text)

static void instance_limits(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    read_limits(r, node, key, ((ManifestInstance *)into)->name);
}

static void instance_grants(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    read_grants(r, node, key, ((ManifestInstance *)into)->name);
}

static const Field instance_fields[] = {{"dependency", instance_dependency, NULL},
                                        {"arguments", read_arguments, NULL},
                                        {"limits", instance_limits, NULL},
                                        {"grants", instance_grants, NULL}};

static void read_instances(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    Manifest *m = into;
    Pairs pairs = {0};
    read_pairs(r, node, key, &pairs);
    for (size_t i = 0; i < pairs.len; i++) {
        ManifestInstance instance = {.name = pairs.at[i].key,
                                     .span = span_of(r, pairs.at[i].key_node)};
        read_fields(r, pairs.at[i].value, key, instance_fields, COUNT(instance_fields), &instance);
        if (!instance.dependency.len) instance.dependency = instance.name;
        map_put(r->arena, &m->instances_by_name, instance.name, NULL)->value = m->instances.len;
        *vec_push(r->arena, &m->instances) = instance;
    }
}

/* ---- dependencies and paths ---- */

MEMBER(path_path, ManifestPath, path, read_text)

static void path_sha256(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    Str text, prefix = STR("sha256:");
    if (!read_text(r, node, key, &text)) return;
    Str digits = str_starts(text, prefix) ? str_after(text, prefix.len) : text;
    bool good = digits.len == 64;
    for (size_t i = 0; i < digits.len; i++)
        good &= strchr("0123456789abcdef", digits.ptr[i]) != NULL;
    if (good) ((ManifestPath *)into)->sha256 = digits;
    else diag(r->diags, YAML_SHA, span_of(r, node), STR_ARG(text));
}

static const Field path_fields[] = {{"path", path_path, NULL}, {"sha256", path_sha256, NULL}};

static void read_dependencies(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    Manifest *m = into;
    Pairs pairs = {0};
    read_pairs(r, node, key, &pairs);
    for (size_t i = 0; i < pairs.len; i++) {
        const yaml_node_t *value = pairs.at[i].value;
        ManifestPath path = {.name = pairs.at[i].key, .span = span_of(r, value)};
        if (value->type == YAML_MAPPING_NODE) {
            read_fields(r, value, key, path_fields, COUNT(path_fields), &path);
            if (!path.path.len) diag(r->diags, YAML_MISSING_KEY, span_of(r, value), "path");
        } else {
            read_text(r, value, key, &path.path);
        }
        map_put(r->arena, &m->dependencies_by_name, path.name, NULL)->value = m->dependencies.len;
        *vec_push(r->arena, &m->dependencies) = path;
    }
}

/* Names and paths, with their places. */
#define PLACED(function, field)                                                                    \
    static void function(Reading *r, const yaml_node_t *node, const char *key, void *into) {       \
        Manifest *m = into;                                                                        \
        Nodes nodes = {0};                                                                         \
        read_sequence(r, node, key, &nodes);                                                       \
        for (size_t i = 0; i < nodes.len; i++) {                                                   \
            ManifestPath path = {.span = span_of(r, nodes.at[i])};                                  \
            if (read_text(r, nodes.at[i], key, &path.path))                                        \
                *vec_push(r->arena, &m->field) = path;                                             \
        }                                                                                          \
    }
PLACED(read_definitions, definitions)
PLACED(read_search_paths, search_paths)
PLACED(read_roots, roots)
#undef PLACED

/* ---- the whole ---- */

static void read_root(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    ManifestPath root = {.span = span_of(r, node)};
    if (read_text(r, node, key, &root.path)) *vec_push(r->arena, &((Manifest *)into)->roots) = root;
}

static void read_exports(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    read_links(r, node, key, false, &((Manifest *)into)->exports);
}

static void read_wiring(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    read_choice(r, node, key, "interface", "name", &((Manifest *)into)->by_interface);
}

static void read_semver(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    read_choice(r, node, key, "compatible", "exact", &((Manifest *)into)->compatible);
}

static void whole_limits(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    (void)into;
    read_limits(r, node, key, (Str){0});
}

static void whole_grants(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    (void)into;
    read_grants(r, node, key, (Str){0});
}

static void path_limits(Reading *r, const yaml_node_t *node, const char *key, void *path) {
    read_limits(r, node, key, *(Str *)path);
}

static void path_grants(Reading *r, const yaml_node_t *node, const char *key, void *path) {
    read_grants(r, node, key, *(Str *)path);
}

static void policy_instances(Reading *r, const yaml_node_t *node, const char *key, void *into) {
    static const Field fields[] = {{"limits", path_limits, NULL}, {"grants", path_grants, NULL}};
    Pairs pairs = {0};
    (void)into;
    read_pairs(r, node, key, &pairs);
    for (size_t i = 0; i < pairs.len; i++) {
        Str path = pairs.at[i].key;
        Span span = span_of(r, pairs.at[i].key_node);
        if (!path.len) {
            diag(r->diags, YAML_NO_PATH, span);
            continue;
        }
        rule_of(r, path, span);
        read_fields(r, pairs.at[i].value, key, fields, COUNT(fields), &path);
    }
}

MEMBER(read_skip_validation, Manifest, skip_validation, read_bool)
MEMBER(read_import_components, Manifest, import_components, read_bool)
MEMBER(read_disallow_imports, Manifest, disallow_imports, read_bool)
MEMBER(read_lock, Manifest, lock, read_text)
#undef MEMBER

static const Field manifest_fields[] = {
    {"search-paths", read_search_paths, NULL},
    {"definitions", read_definitions, NULL},
    {"dependencies", read_dependencies, NULL},
    {"instantiations", read_instances, NULL},
    {"skip-validation", read_skip_validation, NULL},
    {"import-components", read_import_components, NULL},
    {"disallow-imports", read_disallow_imports, NULL},
    {"root", read_root, NULL},
    {"roots", read_roots, NULL},
    {"exports", read_exports, NULL},
    {"wiring", read_wiring, NULL},
    {"semver", read_semver, NULL},
    {"lock", read_lock, NULL},
    {"limits", whole_limits, NULL},
    {"grants", whole_grants, NULL},
    {"instances", policy_instances, NULL},
};

/* ---- the document ---- */

static void syntax_error(Reading *r, const yaml_parser_t *parser) {
    diag(r->diags, YAML_SYNTAX, span_at(r->source, offset_of(r, &parser->problem_mark)),
         parser->problem ? parser->problem : "unreadable");
}

/* What follows the first document, if anything does. */
static void one_document(Reading *r, yaml_parser_t *parser, bool more) {
    if (!more) return; /* the end of the stream */
    if (!yaml_parser_load(parser, &r->document)) {
        syntax_error(r, parser);
        return;
    }
    const yaml_node_t *root = yaml_document_get_root_node(&r->document);
    if (root) diag(r->diags, YAML_TWO_DOCUMENTS, span_of(r, root));
    yaml_document_delete(&r->document);
}

/* The reader of documents takes long for what is nested deeply: a look at the events comes first. */
static bool check_depth(Reading *r) {
    yaml_parser_t parser;
    bool good = true, more = true;
    if (!yaml_parser_initialize(&parser)) return false;
    yaml_parser_set_input_string(&parser, (const unsigned char *)r->source->text.ptr,
                                 r->source->text.len);
    for (int depth = 0; more && good;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) break; /* is told later */
        bool begins =
            event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT;
        bool ends = event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT;
        depth += begins - ends;
        good = depth <= MOST_DEPTH;
        if (!good)
            diag(r->diags, YAML_DEPTH, span_at(r->source, offset_of(r, &event.start_mark)),
                 MOST_DEPTH);
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return good;
}

/* Reads one document whose mapping has these fields; false after diagnostics. */
static bool read_document(Reading *r, const char *what, const Field *fields, size_t n, void *into) {
    size_t errors = r->diags->errors;
    yaml_parser_t parser;
    find_places(r);
    if (!check_depth(r) || !yaml_parser_initialize(&parser)) return false;
    yaml_parser_set_input_string(&parser, (const unsigned char *)r->source->text.ptr,
                                 r->source->text.len);
    if (!yaml_parser_load(&parser, &r->document)) {
        syntax_error(r, &parser);
    } else {
        const yaml_node_t *root = yaml_document_get_root_node(&r->document);
        if (root) read_fields(r, root, what, fields, n, into);
        yaml_document_delete(&r->document);
        one_document(r, &parser, root != NULL);
    }
    yaml_parser_delete(&parser);
    return r->diags->errors == errors;
}

bool comp_manifest(Arena *arena, const Source *yaml, Manifest *out, Diags *diags) {
    *out = (Manifest){0};
    Reading r = {.arena = arena, .diags = diags, .source = yaml, .out = out, .plan = &out->plan};
    return read_document(&r, "manifest", manifest_fields, COUNT(manifest_fields), out);
}

/* ---- policies ---- */

static const Field policy_fields[] = {{"grants", whole_grants, NULL},
                                      {"limits", whole_limits, NULL},
                                      {"instances", policy_instances, NULL}};

bool comp_policy(Arena *arena, const Source *yaml, CompRunPlan *plan, Diags *diags) {
    Reading r = {.arena = arena, .diags = diags, .source = yaml, .plan = plan};
    return read_document(&r, "policy", policy_fields, COUNT(policy_fields), NULL);
}
