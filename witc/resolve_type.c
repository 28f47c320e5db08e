/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Types and functions of one interface or world.
 *
 *     `use`s, in order ─▶ definitions, each after what it names ─▶ functions
 *
 * Anonymous types are made once a package: the key is the kind and the parts. A resource named as a
 * type stands for its own handle; here it is still the resource itself, commit.c puts the handle in
 * its place.
 */
#include "witc/internal.h"

/* ---- names ---- */

void witc_report_twice(Work *w, Str name, Span a, Span b) {
    bool in_order = a.start < b.start;
    if (w->incomplete) return; /* it may stand in another place than it seems */
    diag(w->diags, WIT_NAME_TWICE, in_order ? b : a, STR_ARG(name));
    diag_note(w->diags, WIT_FIRST_HERE, in_order ? a : b);
}

bool witc_define(Work *w, AstName name, WitType *type) {
    bool added;
    MapEntry *entry = map_put(w->arena, w->scope, name.text, &added);
    if (!added) {
        witc_report_twice(w, name.text, ((const TypeName *)entry->cptr)->span, name.span);
        return false;
    }
    TypeName *type_name = ARENA_NEW(w->arena, TypeName);
    *type_name = (TypeName){type, name.span};
    entry->ptr = type_name;
    return true;
}

/* The span of the function `name` among the items being resolved; no source: there is none. */
static Span function_named(const Work *w, Str name) {
    for (size_t i = 0; i < w->items->len; i++)
        if (w->items->at[i].kind == AST_FUNC && str_eq(w->items->at[i].func->name.text, name))
            return w->items->at[i].func->name.span;
    return span_none();
}

/* A type of the scope, or a primitive one, that has nearly this name. */
static void suggest_type(Work *w, AstName name) {
    VEC(Str) names = {0};
    if (witc_note_word(w->diags, name.text, name.span)) return;
    for (size_t i = 0; i < w->scope->len; i++)
        *vec_push(w->arena, &names) = w->scope->entries[i].key;
    for (size_t i = 0; i < w->items->len; i++)
        if (w->items->at[i].kind == AST_TYPEDEF)
            *vec_push(w->arena, &names) = w->items->at[i].def->name.text;
    for (int kind = 0; kind < WIT_KIND_COUNT; kind++)
        if (wit_kind_shape((WitKind)kind) == WIT_SHAPE_PRIM)
            *vec_push(w->arena, &names) = str_from(wit_kind_keyword((WitKind)kind));
    Str near = str_nearest(name.text, names.at, names.len);
    if (!near.len) return;
    diag_note(w->diags, WIT_DID_YOU_MEAN, span_none(), STR_ARG(near));
    diag_fix(w->diags, name.span, near);
}

static void rename_type(Work *w, AstName name, const char *to) {
    diag_note(w->diags, WIT_RENAMED_TYPE, span_none(), STR_ARG(name.text), to);
    diag_fix(w->diags, name.span, str_from(to));
}

static void report_missing_type(Work *w, AstName name, bool in_definition) {
    if (witc_is_lost(w, &w->unit->broken, name.text)) return;
    bool quiet = witc_is_quiet(w);
    Span function = quiet ? span_none() : function_named(w, name.text);
    if (function.source && !in_definition) {
        diag(w->diags, WIT_FUNCTION_AS_TYPE, name.span, STR_ARG(name.text));
        diag_note(w->diags, WIT_DECLARED_HERE, function);
        return;
    }
    if (in_definition) diag(w->diags, WIT_NO_TYPE, name.span, STR_ARG(name.text));
    else diag(w->diags, WIT_NO_NAME, name.span, STR_ARG(name.text));
    if (function.source) diag_note(w->diags, WIT_DECLARED_HERE, function);
    else if (str_is(name.text, "float32") || str_is(name.text, "float64"))
        rename_type(w, name, name.text.ptr[5] == '3' ? "f32" : "f64");
    else if (!quiet) suggest_type(w, name);
}

/* While definitions are resolved, what is missing was reported with their order. */
static const WitType *type_named(Work *w, AstName name) {
    const MapEntry *entry = map_get(w->scope, name.text);
    const TypeName *found = entry ? entry->cptr : NULL;
    if (found && found->type) {
        witc_refer(w, &found->type->stability, name.text, name.span, found->span);
        return found->type;
    }
    if (!w->in_definitions) report_missing_type(w, name, false);
    return &witc_poison;
}

/* ---- kinds ---- */

static const WitType *resource_named(Work *w, AstName name) {
    const WitType *type = type_named(w, name), *target = type;
    while (target->kind == WIT_ALIAS) target = target->elem;
    if (target->kind == WIT_RESOURCE || target == &witc_poison) return type;
    diag(w->diags, WIT_NOT_A_RESOURCE, name.span, STR_ARG(name.text));
    if (target->span.source) diag_note(w->diags, WIT_DECLARED_HERE, target->span);
    return &witc_poison;
}

static void check_map_key(Work *w, const AstType *ast, const WitType *key) {
    switch (key->kind) {
    case WIT_BOOL:
    case WIT_S8:
    case WIT_U8:
    case WIT_S16:
    case WIT_U16:
    case WIT_S32:
    case WIT_U32:
    case WIT_S64:
    case WIT_U64:
    case WIT_CHAR:
    case WIT_STRING: return;
    default: diag(w->diags, WIT_MAP_KEY, ast->span);
    }
}

/* What no component can use though the language allows it. */
static void check_type(Work *w, const AstType *ast, const WitType *type) {
    if ((ast->kind == WIT_STREAM || ast->kind == WIT_FUTURE) && type->elem == wit_prim(WIT_CHAR) &&
        ast->kind == WIT_STREAM)
        diag(w->diags, WIT_STREAM_OF_CHAR, ast->span, wit_kind_keyword(ast->kind));
    if (ast->kind == WIT_FIXED_LIST && ast->length == 0) diag(w->diags, WIT_LENGTH_ZERO, ast->span);
    if (ast->kind == WIT_TUPLE && ast->args.len == 0)
        diag(w->diags, WIT_EMPTY_TYPE, ast->span, "tuple");
}

/* The kind and parts of a type expression, in *out. */
static void type_parts(Work *w, const AstType *ast, const WitStability *stability, WitType *out) {
    *out = (WitType){.kind = ast->kind, .length = ast->length, .span = ast->span};
    if (ast->kind == WIT_ALIAS) {
        out->elem = type_named(w, ast->name);
    } else if (wit_kind_shape(ast->kind) == WIT_SHAPE_PRIM) {
        out->kind = WIT_ALIAS;
        out->elem = wit_prim(ast->kind);
    } else if (wit_kind_shape(ast->kind) == WIT_SHAPE_HANDLE) {
        out->elem = resource_named(w, ast->name);
    } else if (ast->kind == WIT_TUPLE) {
        witc_reserve(w->arena, &out->fields, ast->args.len);
        for (size_t i = 0; i < ast->args.len; i++) {
            const WitType *type = witc_resolve_type(w, ast->args.at[i], stability);
            *vec_push(w->arena, &out->fields) =
                (WitField){.type = type, .span = ast->args.at[i]->span};
        }
    } else {
        if (ast->args.len > 0 && ast->args.at[0])
            out->elem = witc_resolve_type(w, ast->args.at[0], stability);
        if (ast->args.len > 1 && ast->args.at[1])
            out->second = witc_resolve_type(w, ast->args.at[1], stability);
        if (ast->kind == WIT_MAP) check_map_key(w, ast, out->elem);
    }
    check_type(w, ast, out);
}

/* ---- anonymous types ---- */

static const WitStability *known_stability(const WitType *type) {
    return type && wit_stability_known(&type->stability) ? &type->stability : NULL;
}

/* An anonymous type has the stability of what it stands in, else of its first part that has one. */
static WitStability derived_stability(const WitType *type, const WitStability *stability) {
    if (wit_stability_known(stability)) return *stability;
    const WitStability *found = known_stability(type->elem);
    if (!found) found = known_stability(type->second);
    for (size_t i = 0; i < type->fields.len && !found; i++)
        found = known_stability(type->fields.at[i].type);
    return found ? *found : (WitStability){0};
}

static Str parts_key(Arena *arena, const WitType *type) {
    Buf key = {.arena = arena};
    buf_byte(&key, (uint8_t)type->kind);
    buf_bytes(&key, &type->elem, sizeof type->elem);
    buf_bytes(&key, &type->second, sizeof type->second);
    buf_u64(&key, type->length);
    for (size_t i = 0; i < type->fields.len; i++)
        buf_bytes(&key, &type->fields.at[i].type, sizeof type->fields.at[i].type);
    return buf_text(&key);
}

static const WitType *anonymous(Work *w, const WitType *like, const WitStability *stability) {
    WitStability wanted = derived_stability(like, stability);
    bool added;
    MapEntry *entry = map_put(w->arena, &w->anonymous, parts_key(w->arena, like), &added);
    if (!added) {
        /* Whoever is enabled keeps the type enabled. */
        WitType *old = entry->ptr;
        if (!witc_enabled(w, &old->stability) && witc_enabled(w, &wanted)) old->stability = wanted;
        return old;
    }
    WitType *type = arena_copy(w->arena, like, sizeof *like);
    type->stability = wanted;
    type->id = (uint32_t)WITC_PENDING;
    *vec_push(w->arena, &w->types) = type;
    entry->ptr = type;
    return type;
}

const WitType *witc_resolve_type(Work *w, const AstType *ast, const WitStability *stability) {
    if (wit_kind_shape(ast->kind) == WIT_SHAPE_PRIM) return wit_prim(ast->kind);
    WitType parts;
    type_parts(w, ast, stability, &parts);
    /* `own<r>` is what `r` means as a type. */
    if (parts.kind == WIT_ALIAS || parts.kind == WIT_OWN) return parts.elem;
    return anonymous(w, &parts, stability);
}

/* ---- definitions ---- */

static WitType *new_definition(Work *w, const WitType *like, AstName name, const AstAttrs *attrs) {
    WitType *type = arena_copy(w->arena, like, sizeof *like);
    type->name = name.text;
    type->span = name.span;
    type->interface = w->interface;
    type->world = w->world;
    type->stability = attrs->stability;
    type->external_id = attrs->external_id;
    type->has_external_id = attrs->has_external_id;
    type->id = (uint32_t)WITC_PENDING;
    *vec_push(w->arena, &w->types) = type;
    return type;
}

static const char *part_noun(WitKind kind) {
    switch (kind) {
    case WIT_RECORD: return "field";
    case WIT_FLAGS: return "flag";
    default: return "case";
    }
}

/* The fields, cases or flags of a definition; their names must differ. */
static void definition_fields(Work *w, const AstTypedef *def, WitType *out) {
    Map names = {0};
    witc_reserve(w->arena, &out->fields, def->fields.len);
    for (size_t i = 0; i < def->fields.len; i++) {
        const AstField *f = &def->fields.at[i];
        const WitType *type = f->type ? witc_resolve_type(w, f->type, &def->attrs.stability) : NULL;
        *vec_push(w->arena, &out->fields) =
            (WitField){.name = f->name.text, .type = type, .docs = f->docs, .span = f->name.span};
        bool added;
        MapEntry *entry = map_put(w->arena, &names, wit_unique_key(w->arena, f->name.text), &added);
        if (added) {
            entry->cptr = f;
            continue;
        }
        diag(w->diags, WIT_PART_TWICE, f->name.span, part_noun(def->kind), STR_ARG(f->name.text));
        diag_note(w->diags, WIT_FIRST_HERE, ((const AstField *)entry->cptr)->name.span);
    }
    if (def->fields.len == 0) {
        if (def->kind == WIT_VARIANT || def->kind == WIT_ENUM)
            diag(w->diags, WIT_EMPTY, def->name.span, wit_kind_keyword(def->kind));
        else diag(w->diags, WIT_EMPTY_TYPE, def->name.span, wit_kind_keyword(def->kind));
    }
    if (def->kind == WIT_FLAGS && def->fields.len > 32)
        diag(w->diags, WIT_MANY_FLAGS, def->name.span, def->fields.len);
}

static void check_methods(Work *w, const AstTypedef *def) {
    Map names = {0};
    const AstFunc *constructor = NULL;
    if (def->incomplete) return;
    for (size_t i = 0; i < def->funcs.len; i++) {
        const AstFunc *f = &def->funcs.at[i];
        if (f->kind == WIT_CONSTRUCTOR) {
            if (constructor) {
                diag(w->diags, WIT_CONSTRUCTOR_TWICE, f->name.span);
                diag_note(w->diags, WIT_FIRST_HERE, constructor->name.span);
            }
            constructor = f;
            continue;
        }
        bool added;
        Str key = wit_unique_key(w->arena, f->name.text);
        MapEntry *entry = map_put(w->arena, &names, key, &added);
        const AstFunc *first = added ? NULL : entry->cptr;
        if (added) entry->cptr = f;
        else if (str_eq(first->name.text, f->name.text))
            diag(w->diags, WIT_METHOD_TWICE, f->name.span, STR_ARG(f->name.text));
        else
            diag(w->diags, WIT_METHOD_CASE, f->name.span, STR_ARG(f->name.text),
                 STR_ARG(first->name.text));
        if (first) diag_note(w->diags, WIT_FIRST_HERE, first->name.span);
        if (str_eq(key, wit_unique_key(w->arena, def->name.text)))
            diag(w->diags, WIT_METHOD_NAME, f->name.span, STR_ARG(f->name.text));
    }
}

/* What stands in the model for a type that was reported. */
static const WitType unknown_type = {.kind = WIT_ALIAS, .elem = &witc_poison};

static void define_typedef(Work *w, const AstTypedef *def) {
    WitType parts = {.kind = def->kind};
    Gated outer =
        witc_enter(w, &def->attrs, wit_kind_keyword(def->kind), def->name.text, def->name.span);
    if (def->incomplete && def->kind != WIT_RESOURCE) parts = unknown_type;
    else if (def->type) type_parts(w, def->type, &def->attrs.stability, &parts);
    else if (def->kind == WIT_RESOURCE) check_methods(w, def);
    else definition_fields(w, def, &parts);
    WitType *type = new_definition(w, &parts, def->name, &def->attrs);
    type->docs = def->docs;
    witc_define(w, def->name, type);
    witc_leave(w, outer);
}

/* What a `use` takes from an interface; poison where it is not there. */
static const WitType *used_type(Work *w, const Entry *from, AstName name) {
    const MapEntry *entry = map_get(&from->types, name.text);
    const TypeName *found = entry ? entry->cptr : NULL;
    bool foreign = from->unit != w->unit;
    if (found && found->type && !(foreign && witc_excluded(found->type->id))) {
        if (!foreign) witc_refer(w, &found->type->stability, name.text, name.span, found->span);
        return found->type;
    }
    if (!foreign && !from->resolved) return &witc_poison; /* a cycle */
    if (!found && witc_is_lost(w, &from->unit->broken, name.text)) return &witc_poison;
    if (found && !found->type) {
        diag(w->diags, WIT_USE_FUNCTION, name.span, STR_ARG(name.text));
        diag_note(w->diags, WIT_DECLARED_HERE, found->span);
    } else if (foreign) {
        diag(w->diags, WIT_NOT_DEFINED, name.span, STR_ARG(name.text));
        if (found) witc_note_gate(w, from->unit, &found->type->stability, found->span);
        else witc_suggest(w, name, &from->types);
    } else {
        diag(w->diags, WIT_NO_NAME, name.span, STR_ARG(name.text));
        witc_suggest(w, name, &from->types);
    }
    return &witc_poison;
}

static void resolve_use(Work *w, const AstUse *use) {
    Gated outer = witc_enter(w, &use->attrs, "use of", use->path.name.text, use->path.name.span);
    const Entry *from = witc_find_path(w, &use->path, false, &use->attrs);
    for (size_t i = 0; i < use->names.len; i++) {
        const AstRename *rename = &use->names.at[i];
        WitType parts = unknown_type;
        if (from && from->interface) parts.elem = used_type(w, from, rename->name);
        WitType *type = new_definition(w, &parts, rename->alias, &use->attrs);
        type->span = rename->name.span;
        witc_define(w, rename->alias, type);
    }
    witc_leave(w, outer);
}

/* ---- the order of definitions ---- */

typedef struct {
    Map index; /* name -> node */
    Edges edges;
    VEC(const AstTypedef *) nodes; /* NULL: a `use` */
    uint32_t from;
} Definitions;

static void add_reference(Work *w, Definitions *d, AstName name) {
    const MapEntry *to = map_get(&d->index, name.text);
    if (!to) {
        report_missing_type(w, name, true);
        return;
    }
    *vec_push(w->arena, &d->edges) = (Edge){d->from, (uint32_t)to->value, name.span, name.span};
}

static void add_references(Work *w, Definitions *d, const AstType *type) {
    if (!type) return;
    if (type->name.text.len) add_reference(w, d, type->name);
    for (size_t i = 0; i < type->args.len; i++) add_references(w, d, type->args.at[i]);
}

/* A definition, or a name that `use` brought into the scope (then `def` is NULL). */
static void add_node(Work *w, Definitions *d, Str name, const AstTypedef *def) {
    bool added;
    MapEntry *entry = map_put(w->arena, &d->index, name, &added);
    if (added) {
        entry->value = d->nodes.len;
        *vec_push(w->arena, &d->nodes) = def;
        return;
    }
    const AstTypedef **first = &d->nodes.at[entry->value];
    const MapEntry *used = map_get(w->scope, name);
    if (*first && def) {
        witc_report_twice(w, name, (*first)->name.span, def->name.span);
    } else if ((*first || def) && used) {
        const AstTypedef *defined = def ? def : *first;
        witc_report_twice(w, name, ((const TypeName *)used->cptr)->span, defined->name.span);
        *first = NULL; /* the `use` counts */
    }
}

static void define_all(Work *w, Definitions *d) {
    size_t count;
    const Edge *cycle;
    uint32_t *order = witc_order(w->arena, d->nodes.len, &d->edges, &count, &cycle);
    bool has_cycle = cycle != NULL;
    witc_report_cycles(w, &d->index, &d->edges, cycle, false);
    for (size_t i = 0; i < count; i++)
        if (d->nodes.at[order[i]]) define_typedef(w, d->nodes.at[order[i]]);
    if (!has_cycle) return;
    bool *done = ARENA_NEW_ARRAY(w->arena, bool, d->nodes.len);
    for (size_t i = 0; i < count; i++) done[order[i]] = true;
    for (size_t i = 0; i < d->nodes.len; i++) {
        const AstTypedef *def = d->nodes.at[i];
        if (def && !done[i])
            witc_define(w, def->name, new_definition(w, &unknown_type, def->name, &def->attrs));
    }
}

void witc_resolve_types(Work *w) {
    Definitions d = {0};
    const AstItems *items = w->items;
    for (size_t i = 0; i < items->len; i++)
        if (items->at[i].kind == AST_USE) resolve_use(w, items->at[i].use);
    for (size_t i = 0; i < items->len; i++) {
        const AstItem *item = &items->at[i];
        if (item->kind == AST_TYPEDEF) add_node(w, &d, item->def->name.text, item->def);
        if (item->kind == AST_USE)
            for (size_t j = 0; j < item->use->names.len; j++)
                add_node(w, &d, item->use->names.at[j].alias.text, NULL);
    }
    for (size_t i = 0; i < d.nodes.len; i++) {
        const AstTypedef *def = d.nodes.at[i];
        if (!def) continue;
        d.from = (uint32_t)i;
        add_references(w, &d, def->type);
        for (size_t j = 0; j < def->fields.len; j++) add_references(w, &d, def->fields.at[j].type);
    }
    w->in_definitions = true;
    define_all(w, &d);
    w->in_definitions = false;
}

/* ---- functions ---- */

static const WitType *constructor_result(Work *w, const AstFunc *ast, const WitType *resource) {
    if (!ast->result) return resource;
    const WitType *type = witc_resolve_type(w, ast->result, &(WitStability){0});
    if (type == &witc_poison) return type;
    if (type->kind != WIT_RESULT) {
        diag(w->diags, WIT_CONSTRUCTOR_RESULT, ast->result->span);
        return &witc_poison;
    }
    if (type->elem == resource || type->elem == &witc_poison) return type;
    const AstType *ok = ast->result->args.len ? ast->result->args.at[0] : NULL;
    diag(w->diags, WIT_CONSTRUCTOR_OK, ok ? ok->span : ast->result->span);
    return &witc_poison;
}

static Str function_name(Work *w, const AstFunc *ast, Str resource) {
    switch (ast->kind) {
    case WIT_METHOD: return STR_JOIN(w->arena, STR("[method]"), resource, STR("."), ast->name.text);
    case WIT_STATIC: return STR_JOIN(w->arena, STR("[static]"), resource, STR("."), ast->name.text);
    case WIT_CONSTRUCTOR: return STR_JOIN(w->arena, STR("[constructor]"), resource);
    case WIT_FREESTANDING: break;
    }
    return ast->name.text;
}

static bool same_label(Str a, Str b) {
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++) {
        char x = a.ptr[i], y = b.ptr[i];
        if (x != y && !((x ^ y) == 32 && (x | 32) >= 'a' && (x | 32) <= 'z')) return false;
    }
    return true;
}

/* The earlier parameter of that name. Parameters are few: only many are worth a map. */
static const WitField *same_param(Work *w, const WitFields *params, Map *names, Str name) {
    enum { FEW = 16 };
    if (params->len < FEW) {
        for (size_t i = 0; i < params->len; i++)
            if (same_label(params->at[i].name, name)) return &params->at[i];
        return NULL;
    }
    bool added;
    for (size_t i = names->len ? params->len - 1 : 0; i < params->len; i++)
        map_put(w->arena, names, wit_unique_key(w->arena, params->at[i].name), &added)->value = i;
    const MapEntry *entry = map_get(names, wit_unique_key(w->arena, name));
    return entry ? &params->at[entry->value] : NULL;
}

static void resolve_params(Work *w, const AstFunc *ast, const WitType *resource, WitFunc *func) {
    static const WitStability unknown;
    if (ast->params.len || ast->kind == WIT_METHOD)
        witc_reserve(w->arena, &func->params, ast->params.len + (ast->kind == WIT_METHOD));
    if (ast->kind == WIT_METHOD) {
        WitType self = {.kind = WIT_BORROW, .elem = resource, .span = ast->name.span};
        *vec_push(w->arena, &func->params) = (WitField){
            .name = STR("self"), .type = anonymous(w, &self, &unknown), .span = ast->name.span};
    }
    Map names = {0};
    for (size_t i = 0; i < ast->params.len; i++) {
        const AstField *p = &ast->params.at[i];
        const WitField *other = same_param(w, &func->params, &names, p->name.text);
        if (other) {
            diag(w->diags, WIT_PARAM_TWICE, p->name.span, STR_ARG(p->name.text));
            diag_note(w->diags, WIT_FIRST_HERE, other->span);
        }
        const WitType *type = witc_resolve_type(w, p->type, &unknown);
        *vec_push(w->arena, &func->params) =
            (WitField){.name = p->name.text, .type = type, .span = p->name.span};
    }
}

static const char *function_noun(WitFuncKind kind) {
    switch (kind) {
    case WIT_METHOD: return "method";
    case WIT_STATIC: return "static function";
    case WIT_CONSTRUCTOR: return "constructor";
    case WIT_FREESTANDING: break;
    }
    return "function";
}

WitFunc *witc_resolve_func(Work *w, const AstFunc *ast, const WitType *resource,
                           Str resource_name) {
    Str called = ast->kind == WIT_CONSTRUCTOR ? resource_name : ast->name.text;
    Gated outer = witc_enter(w, &ast->attrs, function_noun(ast->kind), called, ast->name.span);
    WitFunc *func = ARENA_NEW(w->arena, WitFunc);
    *func = (WitFunc){.name = function_name(w, ast, resource_name),
                      .kind = ast->kind,
                      .is_async = ast->is_async,
                      .resource = resource,
                      .docs = ast->docs,
                      .stability = ast->attrs.stability,
                      .external_id = ast->attrs.external_id,
                      .has_external_id = ast->attrs.has_external_id,
                      .span = ast->name.span};
    resolve_params(w, ast, resource, func);
    if (ast->kind == WIT_CONSTRUCTOR) func->result = constructor_result(w, ast, resource);
    else if (ast->result) func->result = witc_resolve_type(w, ast->result, &(WitStability){0});
    witc_leave(w, outer);
    return func;
}
