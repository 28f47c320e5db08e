/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Whether one item may stand for another, by the shapes of their types. Resources are told apart
 * by name only: which is which comes out when the whole is validated. Types may be shared so often
 * that spelled out they are endless, so that only so many nodes are compared.
 */
#include "component/graph.h"

enum { MAX_WORK = 20000000 };

static bool differ(CompGraph *g, Str *why, const WitType *want, const WitType *have) {
    Buf out = {.arena = g->arena};
    buf_str(&out, STR("expected "));
    if (want->name.len || wit_kind_shape(want->kind) != WIT_SHAPE_FIELDS || want->kind == WIT_TUPLE)
        wit_put_type(&out, want);
    else buf_fmt(&out, "a %s", wit_kind_keyword(want->kind));
    buf_str(&out, STR(", found "));
    if (have->name.len || wit_kind_shape(have->kind) != WIT_SHAPE_FIELDS || have->kind == WIT_TUPLE)
        wit_put_type(&out, have);
    else buf_fmt(&out, "a %s", wit_kind_keyword(have->kind));
    *why = buf_text(&out);
    return false;
}

static bool match_type(CompGraph *g, const WitType *have, const WitType *want, unsigned depth,
                       Str *why);

/* Payloads and parts that may be missing. */
static bool match_optional(CompGraph *g, const WitType *have, const WitType *want, unsigned depth,
                           const char *what, Str name, Str *why) {
    if (!have != !want) {
        *why = str_fmt(g->arena, "expected %s%s%.*s %s, found one %s", what, name.len ? " " : "",
                       STR_ARG(name), want ? "with a type" : "without a type",
                       have ? "with" : "without");
        return false;
    }
    if (!have || match_type(g, have, want, depth, why)) return true;
    *why = str_fmt(g->arena, "mismatched type for %s%s%.*s: %.*s", what, name.len ? " " : "",
                   STR_ARG(name), STR_ARG(*why));
    return false;
}

static bool match_fields(CompGraph *g, const WitType *have, const WitType *want, unsigned depth,
                         Str *why) {
    const char *kind = wit_kind_keyword(want->kind);
    if (have->fields.len != want->fields.len) {
        *why = str_fmt(g->arena, "expected a %s with %zu parts, found %zu", kind, want->fields.len,
                       have->fields.len);
        return false;
    }
    for (size_t i = 0; i < want->fields.len; i++) {
        const WitField *h = &have->fields.at[i], *w = &want->fields.at[i];
        if (!str_eq(h->name, w->name)) {
            *why = str_fmt(g->arena, "expected part %zu of the %s to be named `%.*s`, found `%.*s`",
                           i, kind, STR_ARG(w->name), STR_ARG(h->name));
            return false;
        }
        if (!match_optional(g, h->type, w->type, depth, kind, w->name, why)) return false;
    }
    return true;
}

static bool match_type(CompGraph *g, const WitType *have, const WitType *want, unsigned depth,
                       Str *why) {
    have = wit_dealias(have), want = wit_dealias(want);
    if (have == want) return true;
    if (++g->work > MAX_WORK || depth > 2 * COMP_GRAPH_DEPTH) {
        *why = STR("the types are too large to compare");
        return false;
    }
    if (have->kind != want->kind || have->length != want->length) return differ(g, why, want, have);
    depth++;
    if (want->kind == WIT_RESOURCE) return true;
    if (!match_fields(g, have, want, depth, why)) return false;
    bool result = want->kind == WIT_RESULT;
    return match_optional(g, have->elem, want->elem, depth,
                          result ? "`ok` of the result" : wit_kind_keyword(want->kind), (Str){0},
                          why) &&
           match_optional(g, have->second, want->second, depth,
                          result ? "`err` of the result" : wit_kind_keyword(want->kind), (Str){0},
                          why);
}

static bool match_func(CompGraph *g, const WitFunc *have, const WitFunc *want, Str *why) {
    if (have->is_async != want->is_async) {
        *why = want->is_async ? STR("expected an asynchronous function, found a synchronous one")
                              : STR("expected a synchronous function, found an asynchronous one");
        return false;
    }
    if (have->params.len != want->params.len) {
        *why = str_fmt(g->arena,
                       "expected function with parameter count %zu, found parameter count %zu",
                       want->params.len, have->params.len);
        return false;
    }
    for (size_t i = 0; i < want->params.len; i++) {
        const WitField *h = &have->params.at[i], *w = &want->params.at[i];
        if (!str_eq(h->name, w->name)) {
            *why = str_fmt(g->arena,
                           "expected function parameter %zu to be named `%.*s`, found name `%.*s`",
                           i, STR_ARG(w->name), STR_ARG(h->name));
            return false;
        }
        if (!match_optional(g, h->type, w->type, 0, "function parameter", w->name, why))
            return false;
    }
    if (!have->result != !want->result) {
        *why = want->result
                   ? STR("expected function with a result, found function without a result")
                   : STR("expected function without a result, found function with a result");
        return false;
    }
    return match_optional(g, have->result, want->result, 0, "function result", (Str){0}, why);
}

static bool match_instance(CompGraph *g, const CompInstanceType *have, const CompInstanceType *want,
                           bool exactly, Str *why) {
    Map names = {0}, wanted = {0};
    for (size_t i = 0; i < have->exports.len; i++)
        map_put(g->arena, &names, have->exports.at[i].name.name, NULL)->value = i;
    for (size_t i = 0; i < want->exports.len; i++) {
        const CompExtern *w = &want->exports.at[i];
        const MapEntry *e = map_get(&names, w->name.name);
        map_put(g->arena, &wanted, w->name.name, NULL);
        if (!e) {
            Str kind = comp_entity_kind(&w->entity);
            *why = str_fmt(g->arena, "instance is missing expected %.*s export `%.*s`",
                           STR_ARG(kind), STR_ARG(w->name.name));
            return false;
        }
        if (comp_graph_fits(g, &have->exports.at[e->value].entity, &w->entity, exactly, why))
            continue;
        *why = str_fmt(g->arena, "mismatched type for export `%.*s`: %.*s", STR_ARG(w->name.name),
                       STR_ARG(*why));
        return false;
    }
    for (size_t i = 0; exactly && i < have->exports.len; i++) {
        const CompExtern *h = &have->exports.at[i];
        if (map_get(&wanted, h->name.name)) continue;
        Str kind = comp_entity_kind(&h->entity);
        *why = str_fmt(g->arena, "instance has unexpected %.*s export `%.*s`", STR_ARG(kind),
                       STR_ARG(h->name.name));
        return false;
    }
    return true;
}

bool comp_graph_fits(CompGraph *g, const CompEntity *have, const CompEntity *want, bool exactly,
                     Str *why) {
    if (++g->work > MAX_WORK) {
        *why = STR("the types are too large to compare");
        return false;
    }
    if (have->sort == want->sort) {
        if (want->sort == COMP_FUNC) return match_func(g, have->func, want->func, why);
        if (want->instance && have->instance)
            return match_instance(g, have->instance, want->instance, exactly, why);
        if (want->type && have->type) return match_type(g, have->type, want->type, 0, why);
        if (want->func && have->func) return match_func(g, have->func, want->func, why);
        if (want->sort == COMP_COMPONENT || want->sort == COMP_CORE_MODULE)
            return comp_subtype(g->arena, have, want, span_none(), NULL) ||
                   (*why = STR("the two components or modules differ"), false);
    }
    Str h = comp_entity_kind(have), w = comp_entity_kind(want);
    *why = str_fmt(g->arena, "expected %.*s, found %.*s", STR_ARG(w), STR_ARG(h));
    return false;
}
