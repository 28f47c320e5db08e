/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What changed between two versions of an interface, and whom that hurts.
 *
 * An interface has two sides: who imports it calls its functions, who exports it implements them.
 *
 *     change                   callers                        implementers
 *     function, type added     -                              have to provide it
 *     function, type removed   miss it                        have code for nothing
 *     function's type changed  have to follow                 have to follow
 *     field added              have to give it (parameters)   have to give it (results)
 *     case added               meet it (results)              meet it (parameters)
 *     flag added               -                              -
 *     parts removed, changed   have to follow                 have to follow
 *     parts reordered          -                              -
 *
 * The table tells of source code. At linking, value types have no subtypes (WIT.md, "Deprecating a
 * feature"): whatever is done to one, what was built before does not fit any more. So a new function
 * is a minor change and a new case a major one, wherever values of the type go.
 *
 * A definition is compared where it stands. Where a type is named only, it is the same if the name
 * is, so that a change is told once; types of other packages are compared by structure.
 */
#include "report/internal.h"

static const ReportBreak harmless = {false, false}, both = {true, true}, at_link = {true, false},
                         in_source = {false, true};

/* ---- telling ---- */

const ReportScope *diff_scope(Differ *d, const ReportScope *outer, const char *what, Str name) {
    ReportScope *scope = ARENA_NEW(d->arena, ReportScope);
    *scope = (ReportScope){outer, what, name};
    return scope;
}

static bool is_unstable(const Told *told) {
    return told->stability && told->stability->feature.len != 0;
}

static ReportBump bump_of(const Differ *d, const ReportChange *c) {
    bool major = c->user.link || (c->user.source && !d->is_world);
    if (major) return REPORT_MAJOR;
    if (c->kind == REPORT_DOCS || c->kind == REPORT_STABILITY) return REPORT_PATCH;
    bool same = c->kind == REPORT_CHANGED && !c->provider.link && !c->provider.source;
    return same ? REPORT_PATCH : REPORT_MINOR;
}

ReportChange *diff_add(Differ *d, ReportChangeKind kind, const ReportScope *scope, Told a, Told b,
                       ReportBreak caller, ReportBreak implementer) {
    ReportChange *change = vec_push(d->arena, &d->out->changes);
    *change = (ReportChange){.kind = kind,
                             .scope = scope,
                             .old_text = a.text,
                             .new_text = b.text,
                             .old_span = a.span,
                             .new_span = b.span,
                             .is_world = d->is_world,
                             .user = d->is_export ? implementer : caller,
                             .provider = d->is_export ? caller : implementer};
    change->unstable = d->unstable || is_unstable(kind == REPORT_ADDED ? &b : &a);
    change->bump = change->unstable ? REPORT_PATCH : bump_of(d, change);
    return change;
}

static Str stability_text(Arena *arena, const WitStability *s) {
    Buf out = {.arena = arena};
    if (s->since.text.len) buf_fmt(&out, "@since(version = %.*s)", STR_ARG(s->since.text));
    if (s->feature.len) buf_fmt(&out, "@unstable(feature = %.*s)", STR_ARG(s->feature));
    if (s->deprecated.text.len)
        buf_fmt(&out, " @deprecated(version = %.*s)", STR_ARG(s->deprecated.text));
    return buf_text(&out);
}

/* A stable thing that becomes unstable is gone for all who do not ask for its feature; the reverse
 * is as if it was added. To deprecate is a minor change (semver.org, item 7). */
static void about_stability(Differ *d, const ReportScope *scope, Told a, Told b) {
    Str old_text = stability_text(d->arena, a.stability),
        new_text = stability_text(d->arena, b.stability);
    if (str_eq(old_text, new_text)) return;
    bool was = is_unstable(&a), is = is_unstable(&b);
    bool deprecated = b.stability->deprecated.text.len && !a.stability->deprecated.text.len;
    ReportBreak hurt = is && !was ? both : harmless;
    a.text = old_text, b.text = new_text;
    ReportChange *change = diff_add(d, REPORT_STABILITY, scope, a, b, hurt, hurt);
    if (is && !was) change->reason = STR("it is gone for those who do not turn the feature on");
    if (was && !is) change->reason = STR("it is there for all from now on");
    if (deprecated) change->reason = STR("it should not be used any more");
    if (d->unstable || is || !(was || deprecated)) return;
    change->unstable = false;
    change->bump = REPORT_MINOR;
}

void diff_about(Differ *d, const ReportScope *scope, Told a, Str a_docs, Told b, Str b_docs) {
    if (!d->no_docs && !str_eq(a_docs, b_docs))
        diff_add(d, REPORT_DOCS, scope, (Told){a_docs, a.span, a.stability},
                 (Told){b_docs, b.span, b.stability}, harmless, harmless);
    if (a.stability && b.stability) about_stability(d, scope, a, b);
}

void diff_external_id(Differ *d, const ReportScope *scope, Told a, Told b) {
    if (str_eq(a.text, b.text)) return;
    ReportChange *change = diff_add(d, REPORT_EXTERNAL_ID, scope, a, b, harmless, harmless);
    change->reason = STR("those who find things by their external id have to follow");
}

/* ---- types where they are used ---- */

typedef enum {
    ALIKE_SAME,
    ALIKE_SPELLED, /* the same type in other words */
    ALIKE_NAMED,   /* the same structure under another name: another type in most languages */
    ALIKE_NOT
} Alike;

static bool same_owner(const Differ *d, const WitType *a, const WitType *b) {
    const void *x = a->interface ? (const void *)a->interface : a->world,
               *y = b->interface ? (const void *)b->interface : b->world;
    if (x == d->a_owner && y == d->b_owner) return true;
    const WitInterface *i = a->interface, *j = b->interface;
    return i && j && i->package == d->a_package && j->package == d->b_package && i->name.len &&
           str_eq(i->name, j->name);
}

static bool is_nominal(const WitType *type) {
    switch (type->kind) {
    case WIT_RECORD:
    case WIT_VARIANT:
    case WIT_ENUM:
    case WIT_FLAGS: return true;
    default: return false;
    }
}

/* Of types of which at least one has a name, and not of one definition. */
static Alike alike_named(Differ *d, const WitType *a, const WitType *b) {
    if (!wit_types_correspond(d->arena, a, b, d->a_owner, d->b_owner)) return ALIKE_NOT;
    const WitType *x = wit_dealias(a), *y = wit_dealias(b);
    if (!is_nominal(x) || !is_nominal(y)) return ALIKE_SPELLED;
    return str_eq(x->name, y->name) ? ALIKE_SPELLED : ALIKE_NAMED;
}

static Alike alike(Differ *d, const WitType *a, const WitType *b, unsigned depth);

static Alike alike_parts(Differ *d, const WitType *a, const WitType *b, unsigned depth) {
    if (a->kind != b->kind || a->length != b->length || a->fields.len != b->fields.len || !depth)
        return ALIKE_NOT;
    Alike worst = alike(d, a->elem, b->elem, depth - 1),
          second = alike(d, a->second, b->second, depth - 1);
    if (second > worst) worst = second;
    for (size_t i = 0; i < a->fields.len && worst != ALIKE_NOT; i++) {
        Alike one = alike(d, a->fields.at[i].type, b->fields.at[i].type, depth - 1);
        if (one > worst) worst = one;
    }
    return worst;
}

static bool is_prim(const WitType *type) { return wit_kind_shape(type->kind) == WIT_SHAPE_PRIM; }

static Alike alike(Differ *d, const WitType *a, const WitType *b, unsigned depth) {
    if (!a || !b) return a == b ? ALIKE_SAME : ALIKE_NOT;
    if (a == b) return ALIKE_SAME;
    if (a->name.len && b->name.len && str_eq(a->name, b->name) && same_owner(d, a, b))
        return ALIKE_SAME;
    if (a->name.len && b->name.len && str_eq(a->name, b->name) &&
        wit_types_correspond(d->arena, a, b, d->a_owner, d->b_owner))
        return ALIKE_SAME;
    if (a->name.len || b->name.len || is_prim(a) || is_prim(b)) return alike_named(d, a, b);
    return alike_parts(d, a, b, depth);
}

enum { MAX_DEPTH = 200 }; /* of anonymous types: they nest 100 deep */

static Alike alike_types(Differ *d, const WitType *a, const WitType *b) {
    return alike(d, a, b, MAX_DEPTH);
}

static Str type_name(Differ *d, const WitType *type) {
    Buf out = {.arena = d->arena};
    if (type) wit_put_type(&out, type);
    return buf_text(&out);
}

/* Tells of two types that stand in one place. */
static void diff_use(Differ *d, const ReportScope *scope, const WitType *a, Span a_span,
                     const WitType *b, Span b_span) {
    Alike how = alike_types(d, a, b);
    if (how == ALIKE_SAME) return;
    ReportBreak hurt = how == ALIKE_NOT ? both : how == ALIKE_NAMED ? in_source : harmless;
    Told x = {type_name(d, a), a_span, NULL}, y = {type_name(d, b), b_span, NULL};
    ReportChange *change = diff_add(d, REPORT_CHANGED, scope, x, y, hurt, hurt);
    if (how == ALIKE_NAMED) change->reason = STR("the same structure, but another type");
    else if (how == ALIKE_SPELLED) change->reason = STR("the same type in other words");
    else if (str_eq(x.text, y.text)) change->reason = STR("its definition is another one");
}

/* ---- fields, cases, flags, parameters ---- */

static Str sides(const Differ *d, bool callers) {
    if (d->is_world) return callers != d->is_export ? STR("components") : STR("hosts");
    return callers ? STR("importers") : STR("exporters");
}

static Str both_sides(Differ *d, bool callers, bool implementers, const char *clause) {
    Str a = callers ? sides(d, true) : (Str){0}, b = implementers ? sides(d, false) : (Str){0};
    if (!a.len && !b.len) return (Str){0};
    return str_fmt(d->arena, "%.*s%s%.*s %s", STR_ARG(a), a.len && b.len ? " and " : "", STR_ARG(b),
                   clause);
}

typedef struct {
    WitKind kind;     /* of the type whose parts they are; WIT_KIND_COUNT: parameters */
    const char *what; /* "field" */
    const ReportScope *scope;
    const WitFields *a, *b;
    size_t first; /* after `self` */
    Map a_names, b_names;
    bool in_params, in_results;
} Members;

static Str member_text(Differ *d, const Members *m, const WitField *field) {
    static const WitType record = {.kind = WIT_RECORD}, variant = {.kind = WIT_VARIANT};
    Buf out = {.arena = d->arena};
    bool colon = m->kind == WIT_RECORD || m->kind == WIT_KIND_COUNT;
    wit_put_field(&out, colon ? &record : &variant, field);
    return buf_text(&out);
}

static Map member_names(Arena *arena, const WitFields *fields, size_t first) {
    Map map = {0};
    for (size_t i = first; i < fields->len; i++)
        map_put(arena, &map, fields->at[i].name, NULL)->value = i;
    return map;
}

static ReportChange *tell_member(Differ *d, const Members *m, ReportChangeKind kind,
                                 const WitField *a, const WitField *b, ReportBreak caller,
                                 ReportBreak implementer) {
    const ReportScope *scope = diff_scope(d, m->scope, m->what, (b ? b : a)->name);
    Told x = {0}, y = {0};
    if (a) x = (Told){member_text(d, m, a), a->span, NULL};
    if (b) y = (Told){member_text(d, m, b), b->span, NULL};
    ReportChange *change = diff_add(d, kind, scope, x, y, caller, implementer);
    change->in_params = m->in_params, change->in_results = m->in_results;
    return change;
}

static void member_added(Differ *d, const Members *m, const WitField *field) {
    bool in = m->in_params, out = m->in_results;
    ReportBreak caller = at_link, implementer = at_link;
    const char *clause = "have to give it";
    switch (m->kind) {
    case WIT_RECORD: caller.source = in, implementer.source = out; break;
    case WIT_VARIANT:
    case WIT_ENUM:
        caller.source = out, implementer.source = in;
        clause = "meet a value that they do not know";
        break;
    case WIT_KIND_COUNT:
        caller.source = implementer.source = true;
        clause = "have to follow";
        break;
    default: break; /* old code goes on without a flag */
    }
    ReportChange *change = tell_member(d, m, REPORT_ADDED, NULL, field, caller, implementer);
    change->reason = both_sides(d, caller.source, implementer.source, clause);
}

static bool same_member_type(Differ *d, const WitField *a, const WitField *b) {
    return alike_types(d, a->type, b->type) <= ALIKE_SPELLED;
}

/* The member of `b` that stands where the i-th of `a` stood, is of the same type, and is new. */
static const WitField *renamed_to(Differ *d, const Members *m, size_t i) {
    if (i >= m->b->len) return NULL;
    const WitField *b = &m->b->at[i];
    return !map_get(&m->a_names, b->name) && same_member_type(d, &m->a->at[i], b) ? b : NULL;
}

static const WitField *renamed_from(Differ *d, const Members *m, size_t i) {
    if (i >= m->a->len) return NULL;
    const WitField *a = &m->a->at[i];
    return !map_get(&m->b_names, a->name) && same_member_type(d, a, &m->b->at[i]) ? a : NULL;
}

static bool are_params(const Members *m) { return m->kind == WIT_KIND_COUNT; }

static void member_removed(Differ *d, const Members *m, size_t i) {
    const WitField *a = &m->a->at[i], *b = renamed_to(d, m, i);
    if (b && are_params(m)) {
        ReportChange *change = tell_member(d, m, REPORT_CHANGED, a, b, at_link, at_link);
        change->reason = STR("names of parameters are part of a function's type");
        return;
    }
    bool used = m->in_params || m->in_results || are_params(m);
    ReportBreak hurt = {.link = true, .source = used};
    ReportChange *change = tell_member(d, m, REPORT_REMOVED, a, NULL, hurt, hurt);
    change->reason = both_sides(d, used, used, are_params(m) ? "have to follow" : "may name it");
    if (b) change->renamed = b->name;
}

/* Those that both have, where they stand in another order. */
static void members_reordered(Differ *d, const Members *m) {
    size_t last = 0;
    for (size_t i = m->first; i < m->b->len; i++) {
        const MapEntry *old = map_get(&m->a_names, m->b->at[i].name);
        if (old && old->value < last) {
            ReportBreak hurt = are_params(m) ? both : at_link;
            Told a = {.span = m->a->at[old->value].span}, b = {.span = m->b->at[i].span};
            ReportChange *change = diff_add(d, REPORT_REORDERED, m->scope, a, b, hurt, hurt);
            change->in_params = m->in_params, change->in_results = m->in_results;
            change->reason = str_fmt(d->arena, "the %ss stand in another order", m->what);
            return;
        }
        if (old) last = old->value;
    }
}

static void diff_members(Differ *d, Members *m) {
    m->a_names = member_names(d->arena, m->a, m->first);
    m->b_names = member_names(d->arena, m->b, m->first);
    for (size_t i = m->first; i < m->a->len; i++)
        if (!map_get(&m->b_names, m->a->at[i].name)) member_removed(d, m, i);
    for (size_t i = m->first; i < m->b->len; i++) {
        const WitField *b = &m->b->at[i];
        const MapEntry *old = map_get(&m->a_names, b->name);
        if (old) {
            const WitField *a = &m->a->at[old->value];
            const ReportScope *scope = diff_scope(d, m->scope, m->what, b->name);
            Told x = {.span = a->span}, y = {.span = b->span};
            diff_about(d, scope, x, a->docs, y, b->docs);
            diff_use(d, scope, a->type, a->span, b->type, b->span);
        } else {
            const WitField *a = renamed_from(d, m, i);
            if (a && are_params(m)) continue;
            member_added(d, m, b);
            if (a) vec_last(&d->out->changes).renamed = a->name;
        }
    }
    members_reordered(d, m);
}

/* ---- types ---- */

static Str use_text(Arena *arena, const WitType *type, const WitInterface *from) {
    Str id = wit_interface_id(arena, from), name = type->elem->name;
    if (str_eq(name, type->name))
        return str_fmt(arena, "use %.*s.{%.*s}", STR_ARG(id), STR_ARG(name));
    return str_fmt(arena, "use %.*s.{%.*s as %.*s}", STR_ARG(id), STR_ARG(name),
                   STR_ARG(type->name));
}

static Told told_type(Differ *d, const WitType *type) {
    const WitInterface *from = wit_used_interface(type);
    Str text = from ? use_text(d->arena, type, from) : wit_type_text(d->arena, type);
    return (Told){text, type->span, &type->stability};
}

static const char *member_word(WitKind kind) {
    switch (kind) {
    case WIT_RECORD: return "field";
    case WIT_FLAGS: return "flag";
    default: return "case";
    }
}

static const char *type_word(const WitType *type) {
    return is_nominal(type) || type->kind == WIT_RESOURCE ? wit_kind_keyword(type->kind) : "type";
}

static void diff_definitions(Differ *d, const ReportScope *scope, const WitType *a,
                             const WitType *b) {
    if (a->kind == WIT_RESOURCE && b->kind == WIT_RESOURCE) return;
    if (a->kind == b->kind && is_nominal(a)) {
        uint8_t flows = d->a_flows[a->id] | d->b_flows[b->id];
        Members m = {.kind = a->kind,
                     .what = member_word(a->kind),
                     .scope = scope,
                     .a = &a->fields,
                     .b = &b->fields,
                     .in_params = (flows & FLOW_PARAM) != 0,
                     .in_results = (flows & FLOW_RESULT) != 0};
        diff_members(d, &m);
        return;
    }
    bool aliases = a->kind == WIT_ALIAS && b->kind == WIT_ALIAS;
    Alike how = aliases ? alike_types(d, a->elem, b->elem) : alike_parts(d, a, b, MAX_DEPTH);
    if (how == ALIKE_SAME) return;
    if (how == ALIKE_NOT) how = alike_named(d, a, b);
    ReportBreak hurt = how == ALIKE_NOT ? both : how == ALIKE_NAMED ? in_source : harmless;
    Told x = told_type(d, a), y = told_type(d, b);
    ReportChange *change = diff_add(d, REPORT_CHANGED, scope, x, y, hurt, hurt);
    if (how != ALIKE_NOT) change->reason = STR("the same structure, defined in another way");
    else if (str_eq(x.text, y.text)) change->reason = STR("what it stands for has changed");
}

void diff_types(Differ *d, const WitType *a, const WitType *b) {
    const ReportScope *scope = diff_scope(d, d->scope, type_word(b), b->name);
    Told x = {a->external_id, a->span, &a->stability}, y = {b->external_id, b->span, &b->stability};
    diff_about(d, scope, x, a->docs, y, b->docs);
    diff_external_id(d, scope, x, y);
    bool outer = d->unstable;
    d->unstable |= is_unstable(&x);
    diff_definitions(d, scope, a, b);
    d->unstable = outer;
}

/* ---- functions ---- */

static Told told_func(Differ *d, const WitFunc *func) {
    Buf out = {.arena = d->arena};
    wit_put_signature(&out, func);
    return (Told){buf_text(&out), func->span, &func->stability};
}

/* "[method]r.f" reads as method `r.f`, "[constructor]r" as constructor `r`. */
static const ReportScope *func_scope(Differ *d, const WitFunc *func) {
    static const char *const words[] = {[WIT_FREESTANDING] = "function",
                                        [WIT_METHOD] = "method",
                                        [WIT_STATIC] = "static function",
                                        [WIT_CONSTRUCTOR] = "constructor"};
    size_t bracket = str_starts(func->name, STR("[")) ? str_find(func->name, ']', 0) : SIZE_MAX;
    Str name = bracket == SIZE_MAX ? func->name : str_after(func->name, bracket + 1);
    return diff_scope(d, d->scope, words[func->kind], name);
}

static void diff_signatures(Differ *d, const ReportScope *scope, const WitFunc *a,
                            const WitFunc *b) {
    if (a->is_async != b->is_async) {
        ReportChange *change =
            diff_add(d, REPORT_CHANGED, scope, told_func(d, a), told_func(d, b), both, both);
        change->reason = STR("`async` is part of a function's type");
    }
    Members m = {.kind = WIT_KIND_COUNT,
                 .what = "parameter",
                 .scope = scope,
                 .a = &a->params,
                 .b = &b->params,
                 .first = a->kind == WIT_METHOD};
    if (a->kind == b->kind) diff_members(d, &m);
    diff_use(d, diff_scope(d, scope, "result", (Str){0}), a->result, a->span, b->result, b->span);
}

void diff_funcs(Differ *d, const WitFunc *a, const WitFunc *b) {
    const ReportScope *scope = func_scope(d, b);
    Told x = {a->external_id, a->span, &a->stability}, y = {b->external_id, b->span, &b->stability};
    diff_about(d, scope, x, a->docs, y, b->docs);
    diff_external_id(d, scope, x, y);
    bool outer = d->unstable;
    d->unstable |= is_unstable(&x);
    diff_signatures(d, scope, a, b);
    d->unstable = outer;
}

/* ---- interfaces ---- */

/* What one side only has, for guesses at renames. */
typedef struct {
    size_t change; /* in the list of changes */
    const WitFunc *func;
    const WitType *type;
} Lone;
typedef VEC(Lone) Lones;
enum { MAX_GUESSES = 4000 }; /* pairs that are looked at */

static bool same_params(Differ *d, const WitFunc *a, const WitFunc *b) {
    bool same = a->params.len == b->params.len;
    for (size_t i = 0; same && i < a->params.len; i++)
        same = str_eq(a->params.at[i].name, b->params.at[i].name) &&
               same_member_type(d, &a->params.at[i], &b->params.at[i]);
    return same;
}

static bool may_be_renamed(Differ *d, const Lone *a, const Lone *b) {
    if (a->func && b->func)
        return (a->func->params.len || a->func->result) && a->func->is_async == b->func->is_async &&
               alike_types(d, a->func->result, b->func->result) <= ALIKE_SPELLED &&
               same_params(d, a->func, b->func);
    return a->type && b->type && is_nominal(a->type) && a->type->fields.len &&
           wit_types_correspond(d->arena, a->type, b->type, d->a_owner, d->b_owner);
}

/* Pairs of what was removed and added that look the same but for the name, each taken once. */
static void guess_renames(Differ *d, const Lones *removed, const Lones *added) {
    if (removed->len * added->len > MAX_GUESSES) return;
    for (size_t i = 0; i < removed->len; i++) {
        ReportChange *was = &d->out->changes.at[removed->at[i].change];
        for (size_t j = 0; j < added->len && !was->renamed.len; j++) {
            ReportChange *is = &d->out->changes.at[added->at[j].change];
            if (is->renamed.len || !may_be_renamed(d, &removed->at[i], &added->at[j])) continue;
            was->renamed = is->scope->name;
            is->renamed = was->scope->name;
        }
    }
}

/* `provide`: implementers have to write something for it. */
static void lone(Differ *d, const ReportScope *scope, Told told, bool is_new, bool provide) {
    Told none = {0};
    if (!is_new) {
        diff_add(d, REPORT_REMOVED, scope, told, none, both, in_source);
        return;
    }
    ReportBreak implementer = {.link = true, .source = provide};
    ReportChange *change = diff_add(d, REPORT_ADDED, scope, none, told, harmless, implementer);
    if (provide) change->reason = both_sides(d, false, true, "have to provide it");
}

static void lone_type(Differ *d, const WitType *type, bool is_new, Lones *lones) {
    *vec_push(d->arena, lones) = (Lone){.change = d->out->changes.len, .type = type};
    const ReportScope *scope = diff_scope(d, d->scope, type_word(type), type->name);
    lone(d, scope, told_type(d, type), is_new, type->kind == WIT_RESOURCE);
}

static void lone_func(Differ *d, const WitFunc *func, bool is_new, Lones *lones) {
    *vec_push(d->arena, lones) = (Lone){.change = d->out->changes.len, .func = func};
    lone(d, func_scope(d, func), told_func(d, func), is_new, true);
}

void diff_interfaces(Differ *d, const WitInterface *a, const WitInterface *b) {
    Map types = {0}, new_types = {0}, funcs = {0}, new_funcs = {0};
    Lones removed = {0}, added = {0};
    DIFF_NAMES(d, &types, &a->types);
    DIFF_NAMES(d, &new_types, &b->types);
    DIFF_NAMES(d, &funcs, &a->funcs);
    DIFF_NAMES(d, &new_funcs, &b->funcs);
    for (size_t i = 0; i < a->types.len; i++)
        if (!map_get(&new_types, a->types.at[i]->name))
            lone_type(d, a->types.at[i], false, &removed);
    for (size_t i = 0; i < b->types.len; i++) {
        const MapEntry *old = map_get(&types, b->types.at[i]->name);
        if (old) diff_types(d, old->cptr, b->types.at[i]);
        else lone_type(d, b->types.at[i], true, &added);
    }
    for (size_t i = 0; i < a->funcs.len; i++)
        if (!map_get(&new_funcs, a->funcs.at[i]->name))
            lone_func(d, a->funcs.at[i], false, &removed);
    for (size_t i = 0; i < b->funcs.len; i++) {
        const MapEntry *old = map_get(&funcs, b->funcs.at[i]->name);
        if (old) diff_funcs(d, old->cptr, b->funcs.at[i]);
        else lone_func(d, b->funcs.at[i], true, &added);
    }
    guess_renames(d, &removed, &added);
}

/* ---- where functions have types ---- */

typedef struct {
    Arena *arena;
    uint8_t *flows;
    VEC(const WitType *) todo;
} Flow;

static void flow_push(Flow *f, const WitType *type, uint8_t flow) {
    if (!type || is_prim(type) || (f->flows[type->id] & flow) == flow) return;
    f->flows[type->id] |= flow;
    *vec_push(f->arena, &f->todo) = type;
}

static void flow_type(Flow *f, const WitType *type, uint8_t flow) {
    flow_push(f, type, flow);
    while (f->todo.len) {
        const WitType *t = vec_pop(&f->todo);
        flow_push(f, t->elem, flow);
        flow_push(f, t->second, flow);
        for (size_t i = 0; i < t->fields.len; i++) flow_push(f, t->fields.at[i].type, flow);
    }
}

static void flow_func(Flow *f, const WitFunc *func) {
    for (size_t i = 0; i < func->params.len; i++) flow_type(f, func->params.at[i].type, FLOW_PARAM);
    flow_type(f, func->result, FLOW_RESULT);
}

static void flow_items(Flow *f, const WitItems *items) {
    for (size_t i = 0; i < items->len; i++)
        if (items->at[i].kind == WIT_ITEM_FUNC) flow_func(f, items->at[i].func);
}

uint8_t *diff_flows(Arena *arena, const WitModel *model) {
    Flow f = {.arena = arena, .flows = ARENA_NEW_ARRAY(arena, uint8_t, model->types.len)};
    for (size_t i = 0; i < model->interfaces.len; i++)
        for (size_t j = 0; j < model->interfaces.at[i]->funcs.len; j++)
            flow_func(&f, model->interfaces.at[i]->funcs.at[j]);
    for (size_t i = 0; i < model->worlds.len; i++) {
        flow_items(&f, &model->worlds.at[i]->imports);
        flow_items(&f, &model->worlds.at[i]->exports);
    }
    return f.flows;
}
