/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Names of imports and exports (Explainer.md, "Import and Export Definitions"):
 *
 *     externname ::= plainname | interfacename | dependency, url and hash names of older drafts
 *     plainname  ::= label | '[constructor]' label | '[method]' label '.' label | '[static]' ...
 *     interfacename ::= label (':' label)+ ('/' label)+ ('@' version)?
 *
 * A name says something about its item: a method is a function whose first parameter borrows the
 * resource of that name, and so on. And names are unique up to case.
 */
#include "component/internal.h"

bool comp_check_label(Validator *v, Str name, const char *what, size_t offset) {
    if (wit_is_label(name)) return true;
    if (!name.len) return fault(v, offset, COMP_LABEL_EMPTY, what);
    return fault(v, offset, COMP_LABEL, what, STR_ARG(name));
}

/* ---- the grammar ---- */

/* A name on its way; a failed step leaves its reason in `why`. */
typedef struct {
    Arena *arena;
    Features features;
    Str rest, why;
} NameParser;

#define name_why(p, code, ...) ((p)->why = str_fmt((p)->arena, DIAG_TEXT_##code, ##__VA_ARGS__), false)

static bool eat(NameParser *p, const char *prefix) {
    if (!str_starts(p->rest, str_from(prefix))) return false;
    p->rest = str_after(p->rest, strlen(prefix));
    return true;
}

static bool expect(NameParser *p, const char *prefix) {
    return eat(p, prefix) || name_why(p, COMP_NAME_EXPECTED, prefix, STR_ARG(p->rest));
}

static bool label(NameParser *p, Str s) {
    return wit_is_label(s) || name_why(p, COMP_NAME_KEBAB, STR_ARG(s));
}

static bool take_up_to(NameParser *p, char c, Str *out) {
    size_t at = str_find(p->rest, c, 0);
    if (at == SIZE_MAX) return name_why(p, COMP_NAME_FIND, c);
    *out = str_from_to(p->rest, 0, at);
    p->rest = str_after(p->rest, at);
    return true;
}

static bool is_label_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

/* The longest run of label characters. */
static bool take_label(NameParser *p, bool lower) {
    size_t n = 0;
    while (n < p->rest.len && is_label_char(p->rest.ptr[n])) n++;
    Str s = str_from_to(p->rest, 0, n);
    if (!label(p, s)) return false;
    for (size_t i = 0; lower && i < n; i++)
        if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') return name_why(p, COMP_NAME_LOWER, s.ptr[i]);
    p->rest = str_after(p->rest, n);
    return true;
}

static bool rest_label(NameParser *p) {
    Str s = p->rest;
    p->rest = (Str){0};
    return label(p, s);
}

/* '[method]' label '.' label */
static bool resource_func(NameParser *p) {
    Str resource;
    if (!take_up_to(p, '.', &resource)) return false;
    p->rest = str_after(p->rest, 1);
    return label(p, resource) && rest_label(p);
}

/* namespace ':' label projections */
static bool package_path(NameParser *p, bool need_projection) {
    bool nested = feature_on(p->features, CM_NESTED_NAMES);
    if (!take_label(p, true) || !expect(p, ":") || !take_label(p, true)) return false;
    while (nested && eat(p, ":"))
        if (!take_label(p, true)) return false;
    if (!eat(p, "/")) return !need_projection || name_why(p, COMP_NAME_PROJECTION);
    if (!take_label(p, false)) return false;
    while (nested && eat(p, "/"))
        if (!take_label(p, false)) return false;
    return true;
}

/* Where a version departs from major.minor.patch-pre+build. */
static Str version_fault(Arena *arena, Str s) {
    static const char *const parts[] = {"major", "minor", "patch"};
    size_t at = 0;
    if (!s.len) return STR("empty string, expected a semver version");
    for (int i = 0; i < 3; i++) {
        size_t start = at;
        while (at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9') at++;
        bool digits = at > start;
        if (digits && s.ptr[start] == '0' && at > start + 1)
            return str_fmt(arena, "invalid leading zero in %s version number", parts[i]);
        if (at == s.len && (!digits || i < 2))
            return str_fmt(arena, "unexpected end of input while parsing %s version number",
                           parts[digits ? i + 1 : i]);
        bool done =
            at == s.len || (i == 2 ? s.ptr[at] == '-' || s.ptr[at] == '+' : s.ptr[at] == '.');
        if (!digits || !done)
            return str_fmt(arena, "unexpected character '%c' %s %s version number", s.ptr[at],
                           digits ? "after" : "while parsing", parts[i]);
        if (i < 2) at++;
    }
    bool build = at < s.len && s.ptr[at] == '+';
    return str_fmt(arena, "empty identifier segment or unexpected character in %s",
                   build ? "build metadata" : "pre-release identifier");
}

static bool semver(NameParser *p, Str s) {
    Semver version;
    if (semver_parse(s, &version)) return true;
    return name_why(p, COMP_NAME_SEMVER, STR_ARG(s), STR_ARG(version_fault(p->arena, s)));
}

/* ---- names of older drafts: `unlocked-dep=<..>`, `locked-dep=<..>`, `url=<..>`, `integrity=<..>` ---- */

static bool is_base64(Str s) {
    size_t equals = 0;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool digit = (c != '-' && is_label_char(c)) || c == '+' || c == '/';
        if (c == '=' && i > 0 && equals < 2) equals++;
        else if (!digit || equals) return false;
    }
    return s.len > 0;
}

static bool one_hash(NameParser *p, Str hash) {
    static const char *const algorithms[] = {"sha256", "sha384", "sha512"};
    for (int i = 0; i < 3; i++) {
        if (!str_starts(hash, str_from(algorithms[i]))) continue;
        Str rest = str_after(hash, 6);
        if (!str_starts(rest, STR("-"))) return name_why(p, COMP_HASH_DASH, STR_ARG(hash));
        rest = str_after(rest, 1);
        Str base64 = str_from_to(rest, 0, str_find(rest, '?', 0));
        return is_base64(base64) || name_why(p, COMP_HASH_BASE64, STR_ARG(base64));
    }
    return name_why(p, COMP_HASH_ALGORITHM, STR_ARG(hash));
}

/* Hashes between white space, up to '>'. */
static bool hashes(NameParser *p) {
    Str all;
    bool any = false;
    if (!take_up_to(p, '>', &all)) return false;
    for (all = str_trim(all); all.len; all = str_trim(all)) {
        size_t space = str_find(all, ' ', 0);
        if (!one_hash(p, str_from_to(all, 0, space))) return false;
        all = space == SIZE_MAX ? (Str){0} : str_after(all, space);
        any = true;
    }
    return (any || name_why(p, COMP_HASH_EMPTY)) && expect(p, ">");
}

static bool optional_hash(NameParser *p) {
    return !eat(p, ",") || (expect(p, "integrity=<") && hashes(p));
}

/* '*' | '>=' version | '>=' version ' <' version | '<' version */
static bool version_range(NameParser *p, Str range) {
    if (str_is(range, "*")) return true;
    if (str_starts(range, STR("<"))) return semver(p, str_after(range, 1));
    if (!str_starts(range, STR(">="))) return name_why(p, COMP_RANGE_START);
    range = str_after(range, 2);
    size_t space = str_find(range, ' ', 0);
    if (!semver(p, str_from_to(range, 0, space))) return false;
    if (space == SIZE_MAX) return true;
    Str upper = str_after(range, space + 1);
    if (!str_starts(upper, STR("<"))) return name_why(p, COMP_RANGE_UPPER);
    return semver(p, str_after(upper, 1));
}

static bool unlocked_dep(NameParser *p) {
    Str range;
    if (!expect(p, "<") || !package_path(p, false)) return false;
    if (eat(p, "@") && !eat(p, "*"))
        if (!expect(p, "{") || !take_up_to(p, '}', &range) || !expect(p, "}") ||
            !version_range(p, range))
            return false;
    return expect(p, ">");
}

static bool locked_dep(NameParser *p) {
    Str version;
    if (!expect(p, "<") || !package_path(p, false)) return false;
    if (eat(p, "@")) {
        size_t end = str_find(p->rest, '>', 0);
        version = str_from_to(p->rest, 0, end);
        p->rest = end == SIZE_MAX ? (Str){0} : str_after(p->rest, end);
        if (!semver(p, version)) return false;
    }
    return expect(p, ">") && optional_hash(p);
}

static bool url(NameParser *p) {
    Str text;
    if (!expect(p, "<") || !take_up_to(p, '>', &text)) return false;
    if (str_find(text, '<', 0) != SIZE_MAX) return name_why(p, COMP_URL);
    return expect(p, ">") && optional_hash(p);
}

static bool parse_name(NameParser *p, NameKind *kind) {
    *kind = NAME_CONSTRUCTOR;
    if (eat(p, "[constructor]")) return rest_label(p);
    *kind = NAME_METHOD;
    if (eat(p, "[method]")) return resource_func(p);
    *kind = NAME_STATIC;
    if (eat(p, "[static]")) return resource_func(p);
    *kind = NAME_OLD;
    if (eat(p, "unlocked-dep=")) return unlocked_dep(p);
    if (eat(p, "locked-dep=")) return locked_dep(p);
    if (eat(p, "url=")) return url(p);
    if (eat(p, "integrity=")) return expect(p, "<") && hashes(p);
    *kind = NAME_INTERFACE;
    if (str_find(p->rest, ':', 0) == SIZE_MAX) {
        *kind = NAME_LABEL;
        return rest_label(p);
    }
    if (!package_path(p, true)) return false;
    if (eat(p, "@")) p->rest = (Str){0}; /* the version: see check_version */
    return true;
}

static bool parse_all(NameParser *p, NameKind *kind) {
    return parse_name(p, kind) &&
           (!p->rest.len || name_why(p, COMP_NAME_TRAILING, STR_ARG(p->rest)));
}

/* ---- attributes ---- */

static bool check_implements(Validator *v, const CompName *name, NameKind kind,
                             const CompEntity *entity, size_t offset) {
    NameParser p = {v->arena, v->features, name->implements, {0}};
    NameKind implements;
    if (!feature_on(v->features, CM_IMPLEMENTS))
        return fault(v, offset, COMP_FEATURE, "`implements`", feature_name(FEATURE_CM_IMPLEMENTS));
    if (kind != NAME_LABEL) return fault(v, offset, COMP_IMPLEMENTS_NAME, STR_ARG(name->name));
    if (entity->sort != COMP_INSTANCE) return fault(v, offset, COMP_ATTRIBUTE_SORT, "implements");
    if (!parse_all(&p, &implements))
        return fault(v, offset, COMP_IMPLEMENTS, STR_ARG(name->implements), STR_ARG(p.why));
    if (implements != NAME_INTERFACE)
        return fault(v, offset, COMP_IMPLEMENTS_INTERFACE, STR_ARG(name->implements));
    return true;
}

static bool check_attributes(Validator *v, const CompName *name, NameKind kind,
                             const CompEntity *entity, size_t offset) {
    if (name->has_implements && !check_implements(v, name, kind, entity, offset)) return false;
    if (name->has_version_suffix) {
        if (!feature_on(v->features, CM_CANON_NAMES))
            return fault(v, offset, COMP_FEATURE, "`versionsuffix`",
                         feature_name(FEATURE_CM_CANON_NAMES));
        if (entity->sort != COMP_INSTANCE)
            return fault(v, offset, COMP_ATTRIBUTE_SORT, "versionsuffix");
    }
    if (name->has_external_id && !feature_on(v->features, CM_IMPLEMENTS))
        return fault(v, offset, COMP_FEATURE, "`external-id`", feature_name(FEATURE_CM_IMPLEMENTS));
    return true;
}

/* ---- what a name says about its item ---- */

static bool check_resource_name(NameParser *p, const NameContext *cx, const WitType *handle,
                                Str want) {
    const MapEntry *entry =
        cx->resource_names ? map_get_ptr(cx->resource_names, handle->elem) : NULL;
    if (!entry) return name_why(p, COMP_RESOURCE_UNNAMED);
    Str name = *(const Str *)entry->cptr;
    return str_eq(name, want) || name_why(p, COMP_RESOURCE_OTHER, STR_ARG(name));
}

static const WitType *handle_of(const WitType *type, WitKind kind) {
    if (!type) return NULL;
    type = wit_dealias(type);
    return type->kind == kind ? type : NULL;
}

static bool check_constructor(NameParser *p, const NameContext *cx, const WitFunc *func, Str name) {
    if (func->is_async) return name_why(p, COMP_CONSTRUCTOR_ASYNC);
    if (!func->result) return name_why(p, COMP_CONSTRUCTOR_RESULT);
    const WitType *own = handle_of(func->result, WIT_OWN);
    const WitType *result = handle_of(func->result, WIT_RESULT);
    if (!own && result) own = handle_of(result->elem, WIT_OWN);
    if (!own) return name_why(p, COMP_CONSTRUCTOR_OWN);
    return check_resource_name(p, cx, own, str_after(name, strlen("[constructor]")));
}

static Str resource_part(Str name) {
    Str rest = str_after(name, str_find(name, ']', 0) + 1);
    return str_from_to(rest, 0, str_find(rest, '.', 0));
}

static bool check_method(NameParser *p, const NameContext *cx, const WitFunc *func, Str name) {
    if (!func->params.len) return name_why(p, COMP_METHOD_EMPTY);
    if (!str_is(func->params.at[0].name, "self")) return name_why(p, COMP_METHOD_SELF);
    const WitType *borrow = handle_of(func->params.at[0].type, WIT_BORROW);
    if (!borrow) return name_why(p, COMP_METHOD_BORROW);
    return check_resource_name(p, cx, borrow, resource_part(name));
}

static bool check_version(NameParser *p, const CompName *name) {
    size_t at = str_find(name->name, '@', 0);
    Semver version;
    if (at == SIZE_MAX) return true;
    Str text = str_concat(p->arena, str_after(name->name, at + 1), name->version_suffix);
    if (semver_parse(text, &version)) return true;
    return name_why(p, COMP_INTERFACE_VERSION, STR_ARG(text),
                    STR_ARG(version_fault(p->arena, text)));
}

static bool check_meaning(NameParser *p, const NameContext *cx, NameKind kind, const CompName *name,
                          const CompEntity *entity) {
    if (kind == NAME_INTERFACE) return check_version(p, name);
    if (kind == NAME_LABEL || kind == NAME_OLD) return true;
    if (entity->sort != COMP_FUNC) return name_why(p, COMP_NOT_FUNC);
    if (kind == NAME_CONSTRUCTOR) return check_constructor(p, cx, entity->func, name->name);
    if (kind == NAME_METHOD) return check_method(p, cx, entity->func, name->name);
    if (cx->labels && map_get(cx->labels, resource_part(name->name))) return true;
    return name_why(p, COMP_STATIC_UNKNOWN);
}

/* ---- all of it ---- */

bool comp_add_extern(Validator *v, const NameContext *cx, const CompName *name,
                     const CompEntity *entity, size_t offset) {
    const char *what = cx->is_import ? "import" : "export";
    NameParser p = {v->arena, v->features, name->name, {0}};
    NameKind kind;
    bool added;
    if (!parse_all(&p, &kind))
        return fault(v, offset, COMP_EXTERN_NAME, what, STR_ARG(name->name), STR_ARG(p.why));
    if (kind == NAME_OLD && !cx->is_import)
        return fault(v, offset, COMP_EXPORT_NAME, STR_ARG(name->name));
    if (!check_attributes(v, name, kind, entity, offset)) return false;
    if (!check_meaning(&p, cx, kind, name, entity))
        return fault(v, offset, COMP_NAME_MEANING, what, STR_ARG(name->name), STR_ARG(p.why));
    Str key = kind == NAME_OLD ? name->name : wit_unique_key(v->arena, name->name);
    MapEntry *entry = map_put(v->arena, cx->keys, key, &added);
    if (!added)
        return fault(v, offset, COMP_NAME_TWICE, what, STR_ARG(name->name),
                     STR_ARG(cx->list->at[entry->value].name.name));
    entry->value = cx->list->len;
    map_put(v->arena, cx->by_name, name->name, NULL)->value = cx->list->len;
    CompExtern *added_extern = vec_push(v->arena, cx->list);
    added_extern->name = *name;
    added_extern->entity = *entity;
    added_extern->offset = offset;
    return comp_add_sizes(v, cx->size, comp_entity_info(v, entity).size, offset);
}
