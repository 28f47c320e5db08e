/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Core modules taken out of a component. The outermost component imports them, and where one stood,
 * however deep, an alias leads to the import:
 *
 *     (component $C                      (component $C
 *       (component                         (core type (module ..))
 *         (core module ..)))                 (import "unbundled-module0" (core module (type 0)))
 *                                          (component
 *                                            (alias outer $C 0 (core module))))
 *
 * The imports and their types come first, so every index of a core type or core module of the
 * outermost component moves up; inside of it, those that outer aliases take from there.
 *
 * The way back: a component that begins like that, and uses its imports for nothing else than one
 * alias each, gets its modules where they were, byte for byte. Anywhere else a module takes the place
 * of its import, so that no index moves.
 */
#include "component/internal.h"

typedef struct {
    Arena *arena;
    Diags *diags;
    const Source *source;
    size_t threshold;
    CompUnbundledList *modules;
    CompItems types, imports; /* what comes first */
    Map funcs;                /* a function type's parts -> its index in `types` */
    uint32_t next;            /* the module that is replaced next */
    /* The way back: how many types and modules at the front go, and whether something else than an
     * alias uses one of them. */
    uint32_t gone_types, gone_modules;
    bool is_back, is_stuck;
    const CompItem *back; /* the modules that come back, by the index of their imports */
    bool *is_placed;
} Unbundler;

/* ---- the types of the imports ---- */

static bool is_open(CoreValType t) { return !core_is_concrete(t); }

/* A type that can stand alone: a function of types that name no other. */
static bool is_plain(const CoreType *t) {
    bool plain = t && t->kind == CORE_TYPE_FUNC && t->final && !t->shared && t->super == CORE_NONE;
    for (uint32_t i = 0; plain && i < t->param_count; i++) plain = is_open(t->params[i]);
    for (uint32_t i = 0; plain && i < t->result_count; i++) plain = is_open(t->results[i]);
    return plain;
}

static uint32_t add_core_type(Unbundler *u, CompItem item) {
    item.kind = COMP_ITEM_CORE_TYPE;
    *vec_push(u->arena, &u->types) = item;
    return (uint32_t)u->types.len - 1;
}

/* The component's type like this one. */
static uint32_t func_type(Unbundler *u, const CoreType *t) {
    Buf key = {.arena = u->arena};
    buf_u32(&key, t->param_count);
    buf_bytes(&key, t->params, t->param_count * sizeof *t->params);
    buf_bytes(&key, t->results, t->result_count * sizeof *t->results);
    bool added;
    MapEntry *entry = map_put(u->arena, &u->funcs, buf_text(&key), &added);
    if (!added) return (uint32_t)entry->value;
    CoreModule *types = core_module_new(u->arena);
    core_func_type_add(u->arena, types, t->params, t->param_count, t->results, t->result_count);
    CompItem item = {.core_type = {.types = types}};
    return (uint32_t)(entry->value = add_core_type(u, item));
}

typedef struct {
    Unbundler *unbundler;
    const CoreModule *module;
    size_t offset;
    CompModuleType *type;
    uint32_t *indices; /* of each type of the module; so that core_extern_type tells them */
    uint32_t *aliases; /* ... and its index in the module type, COMP_NONE: not there yet */
    uint32_t alias_count;
    Map outer; /* the component's type index -> its alias's index */
} Typer;

/* Adds an import or export to the module type. */
static bool add_decl(Typer *t, CompModuleDecl decl, CoreExtern kind, uint32_t index) {
    Unbundler *u = t->unbundler;
    decl.type = core_extern_type(t->module, t->indices, kind, index);
    bool typed = kind == CORE_FUNC || kind == CORE_TAG;
    uint32_t type = decl.type.type;
    if (typed ? !is_plain(core_type(t->module, type)) : !is_open(decl.type.value)) {
        diag(u->diags, LINK_UNBUNDLE_TYPE, span_at(u->source, t->offset), core_extern_name(kind),
             STR_ARG(decl.name));
        return false;
    }
    if (typed && t->aliases[type] == COMP_NONE) {
        CompModuleDecl alias = {.kind = COMP_DECL_ALIAS, .count = 1};
        alias.index = func_type(u, core_type(t->module, type));
        bool added; /* equal types have one alias */
        Str key = {arena_copy(u->arena, &alias.index, sizeof alias.index), sizeof alias.index};
        MapEntry *entry = map_put(u->arena, &t->outer, key, &added);
        if (added) entry->value = t->alias_count++;
        if (added) *vec_push(u->arena, &t->type->decls) = alias;
        t->aliases[type] = (uint32_t)entry->value;
    }
    if (typed) decl.type.type = t->aliases[type];
    *vec_push(u->arena, &t->type->decls) = decl;
    return true;
}

static bool add_import(Unbundler *u, const CoreModule *m, size_t offset, Str name) {
    Typer t = {.unbundler = u, .module = m, .offset = offset};
    t.type = ARENA_NEW(u->arena, CompModuleType);
    t.indices = ARENA_NEW_ARRAY(u->arena, uint32_t, m->types.len);
    t.aliases = ARENA_NEW_ARRAY(u->arena, uint32_t, m->types.len);
    for (uint32_t i = 0; i < m->types.len; i++) {
        t.indices[i] = i;
        t.aliases[i] = COMP_NONE;
    }
    for (size_t i = 0; i < m->imports.len; i++) {
        const CoreImport *import = &m->imports.at[i];
        CompModuleDecl decl = {
            .kind = COMP_DECL_IMPORT, .module = import->module, .name = import->name};
        if (!add_decl(&t, decl, import->kind, import->index)) return false;
    }
    for (size_t i = 0; i < m->exports.len; i++) {
        const CoreExport *export = &m->exports.at[i];
        CompModuleDecl decl = {.kind = COMP_DECL_EXPORT, .name = export->name};
        if (!add_decl(&t, decl, export->kind, export->index)) return false;
    }
    CompItem type = {.core_type = {.module = t.type}}, item = {.kind = COMP_ITEM_IMPORT};
    item.import.name = comp_name(name);
    item.import.type = comp_extern(COMP_CORE_MODULE, add_core_type(u, type));
    *vec_push(u->arena, &u->imports) = item;
    return true;
}

static bool is_large(const Unbundler *u, const CompItem *item) {
    return !u->is_back && item->kind == COMP_ITEM_CORE_MODULE &&
           item->core_module.bytes.len > u->threshold;
}

/* Notes every module that leaves, outer ones before those in components that follow. */
static bool collect(Unbundler *u, const CompItems *items) {
    for (size_t i = 0; i < items->len; i++) {
        const CompItem *item = &items->at[i];
        if (item->kind == COMP_ITEM_COMPONENT && !collect(u, &item->component->items)) return false;
        if (!is_large(u, item)) continue;
        Str name = str_fmt(u->arena, "unbundled-module%zu", u->modules->len);
        *vec_push(u->arena, u->modules) = (CompUnbundled){name, item->core_module.bytes};
        if (!add_import(u, item->core_module.module, item->offset, name)) return false;
    }
    return true;
}

/* ---- moving indices ---- */

static bool has_core_type(const CompCanon *canon) {
    switch (abi_canon_operands((AbiCanon)canon->op)) {
    case ABI_OPERANDS_FUNC_TABLE:
    case ABI_OPERANDS_SHARED_TYPE:
    case ABI_OPERANDS_SHARED_TABLE: return true;
    default: return false;
    }
}

/* Where an index of a sort, in the outermost component, goes. */
static uint32_t moved(Unbundler *u, CompSort sort, uint32_t index) {
    if (sort != COMP_CORE_TYPE && sort != COMP_CORE_MODULE) return index;
    bool is_type = sort == COMP_CORE_TYPE;
    if (!u->is_back) return index + (uint32_t)(is_type ? u->types.len : u->imports.len);
    uint32_t gone = is_type ? u->gone_types : u->gone_modules;
    u->is_stuck |= index < gone;
    return index < gone ? 0 : index - gone;
}

static CoreValType moved_val(Unbundler *u, CoreValType t) {
    if (!core_is_concrete(t)) return t;
    uint32_t index = core_type_index(t);
    return t + ((moved(u, COMP_CORE_TYPE, index) - index) << 8);
}

static const CoreValType *moved_vals(Unbundler *u, const CoreValType *vals, uint32_t n) {
    CoreValType *out = ARENA_NEW_ARRAY(u->arena, CoreValType, n);
    for (uint32_t i = 0; i < n; i++) out[i] = moved_val(u, vals[i]);
    return out;
}

/* A recursion group of the outermost component. */
static const CoreModule *moved_group(Unbundler *u, const CoreModule *group) {
    CoreModule *out = ARENA_NEW(u->arena, CoreModule);
    *out = *group;
    out->types.at = arena_copy(u->arena, group->types.at, group->types.len * sizeof(CoreType));
    for (size_t i = 0; i < out->types.len; i++) {
        CoreType *t = &out->types.at[i];
        t->params = moved_vals(u, t->params, t->param_count);
        t->results = moved_vals(u, t->results, t->result_count);
        CoreField *fields = arena_copy(u->arena, t->fields, t->field_count * sizeof *fields);
        for (uint32_t k = 0; k < t->field_count; k++) fields[k].type = moved_val(u, fields[k].type);
        t->fields = fields;
        if (t->super != CORE_NONE) t->super = moved(u, COMP_CORE_TYPE, t->super);
        if (t->descriptor != CORE_NONE) t->descriptor = moved(u, COMP_CORE_TYPE, t->descriptor);
        if (t->describes != CORE_NONE) t->describes = moved(u, COMP_CORE_TYPE, t->describes);
        if (t->kind == CORE_TYPE_CONT) t->cont = moved(u, COMP_CORE_TYPE, t->cont);
    }
    return out;
}

/* A module type that stands `depth` scopes inside of the outermost component. */
static const CompModuleType *moved_module_type(Unbundler *u, const CompModuleType *type,
                                               uint32_t depth) {
    CompModuleType *out = ARENA_NEW(u->arena, CompModuleType);
    for (size_t i = 0; i < type->decls.len; i++) {
        CompModuleDecl *decl = vec_push(u->arena, &out->decls);
        *decl = type->decls.at[i];
        if (decl->kind == COMP_DECL_ALIAS && decl->count == depth + 1)
            decl->index = moved(u, COMP_CORE_TYPE, decl->index);
    }
    return out;
}

static void move_args(Unbundler *u, CompArgs *args) {
    args->at = arena_copy(u->arena, args->at, args->len * sizeof *args->at);
    for (size_t i = 0; i < args->len; i++)
        args->at[i].index = moved(u, args->at[i].sort, args->at[i].index);
}

static void move_extern(Unbundler *u, CompExternType *type) {
    if (type->sort == COMP_CORE_MODULE) type->index = moved(u, COMP_CORE_TYPE, type->index);
}

static void move_canon(Unbundler *u, CompCanon *canon) {
    CompOptions *o = &canon->options;
    if (has_core_type(canon)) canon->core_type = moved(u, COMP_CORE_TYPE, canon->core_type);
    o->written.at = arena_copy(u->arena, o->written.at, o->written.len * sizeof *o->written.at);
    for (size_t i = 0; i < o->written.len; i++) {
        if (o->written.at[i].kind != COMP_OPTION_CORE_TYPE) continue;
        o->core_type = moved(u, COMP_CORE_TYPE, o->written.at[i].index);
        o->written.at[i].index = o->core_type;
    }
}

/* What an item of the outermost component itself refers to. */
static void move_item(Unbundler *u, CompItem *item) {
    switch (item->kind) {
    case COMP_ITEM_CORE_INSTANCE:
        if (!item->instance.is_exports)
            item->instance.index = moved(u, COMP_CORE_MODULE, item->instance.index);
        move_args(u, &item->instance.args);
        break;
    case COMP_ITEM_INSTANCE: move_args(u, &item->instance.args); break;
    case COMP_ITEM_CORE_TYPE:
        if (item->core_type.types) item->core_type.types = moved_group(u, item->core_type.types);
        break;
    case COMP_ITEM_CANON: move_canon(u, &item->canon); break;
    case COMP_ITEM_IMPORT: move_extern(u, &item->import.type); break;
    case COMP_ITEM_EXPORT:
        item->export.index = moved(u, item->export.sort, item->export.index);
        if (item->export.has_type) move_extern(u, &item->export.type);
        break;
    default: break;
    }
}

/* ---- the component anew ---- */

static void move_items(Unbundler *u, const CompItems *from, uint32_t depth, CompItems *out);

static const CompTypedef *moved_type(Unbundler *u, const CompTypedef *type, uint32_t depth) {
    if (type->sort != COMP_TYPEDEF_COMPONENT && type->sort != COMP_TYPEDEF_INSTANCE) return type;
    CompTypedef *out = ARENA_NEW(u->arena, CompTypedef);
    *out = *type;
    out->items = (CompItems){0};
    move_items(u, &type->items, depth + 1, &out->items);
    return out;
}

/* An outer alias: of an import whose module comes back it is that module's place. */
static void move_alias(Unbundler *u, CompItem *item, uint32_t depth) {
    uint32_t index = item->alias.index;
    if (item->alias.count != depth) return;
    if (!u->is_back || item->alias.sort != COMP_CORE_MODULE || index >= u->gone_modules) {
        item->alias.index = moved(u, item->alias.sort, index);
        return;
    }
    u->is_stuck |= u->is_placed[index];
    u->is_placed[index] = true;
    size_t section_end = item->section_end;
    *item = u->back[index];
    item->section_end = section_end;
}

/* The items of a scope `depth` scopes inside of the outermost component. */
static void move_items(Unbundler *u, const CompItems *from, uint32_t depth, CompItems *out) {
    for (size_t i = 0; i < from->len; i++) {
        CompItem item = from->at[i];
        if (is_large(u, &item)) {
            CompItem alias = {.kind = COMP_ITEM_ALIAS, .section_end = item.section_end};
            alias.alias.kind = COMP_ALIAS_OUTER;
            alias.alias.sort = COMP_CORE_MODULE;
            alias.alias.count = depth;
            alias.alias.index = u->next++;
            item = alias;
        } else if (item.kind == COMP_ITEM_ALIAS && item.alias.kind == COMP_ALIAS_OUTER) {
            move_alias(u, &item, depth);
        } else if (item.kind == COMP_ITEM_COMPONENT) {
            CompComponent *component = ARENA_NEW(u->arena, CompComponent);
            *component = *item.component;
            component->bytes = (Str){0};
            component->items = (CompItems){0};
            move_items(u, &item.component->items, depth + 1, &component->items);
            item.component = component;
        } else if (item.kind == COMP_ITEM_TYPE) {
            item.type = moved_type(u, item.type, depth);
        } else if (item.kind == COMP_ITEM_CORE_TYPE && item.core_type.module) {
            item.core_type.module = moved_module_type(u, item.core_type.module, depth);
        } else if (depth == 0) {
            move_item(u, &item);
        }
        *vec_push(u->arena, out) = item;
    }
}

/* Moves the names of one sort, and writes the section of names anew where it stands. */
static void move_names(Unbundler *u, const CompNames *from, CompComponent *out) {
    CompNames names = *from;
    static const CompSort moving[] = {COMP_CORE_TYPE, COMP_CORE_MODULE};
    for (size_t i = 0; i < sizeof moving / sizeof *moving; i++) {
        CompSort sort = moving[i];
        memset(&names.sorts[sort], 0, sizeof names.sorts[sort]);
        uint32_t gone = !u->is_back ? 0 : sort == COMP_CORE_TYPE ? u->gone_types : u->gone_modules;
        for (uint32_t k = gone; k < from->sorts[sort].len; k++)
            if (from->sorts[sort].at[k].len)
                comp_set_name(u->arena, &names, sort, moved(u, sort, k), from->sorts[sort].at[k]);
    }
    out->names = names;
    for (size_t i = 0; i < out->items.len; i++) {
        CompItem *item = &out->items.at[i];
        if (item->kind != COMP_ITEM_CUSTOM || !str_is(item->custom.name, "component-name"))
            continue;
        Buf bytes = {.arena = u->arena};
        comp_names_encode(&names, &bytes);
        item->custom.bytes = buf_text(&bytes);
    }
}

CompComponent *comp_unbundle(Arena *arena, const CompComponent *component, size_t threshold,
                             CompUnbundledList *modules, Diags *diags) {
    Unbundler u = {.arena = arena, .diags = diags, .source = component->source};
    u.threshold = threshold;
    u.modules = modules;
    if (!collect(&u, &component->items)) return NULL;
    CompComponent *out = ARENA_NEW(arena, CompComponent);
    for (size_t i = 0; i < u.types.len; i++) *vec_push(arena, &out->items) = u.types.at[i];
    for (size_t i = 0; i < u.imports.len; i++) *vec_push(arena, &out->items) = u.imports.at[i];
    move_items(&u, &component->items, 0, &out->items);
    move_names(&u, &component->names, out);
    return out;
}

/* ---- the way back ---- */

static bool is_module_import(const CompItem *item) {
    return item->kind == COMP_ITEM_IMPORT && item->import.type.sort == COMP_CORE_MODULE;
}

static const CompUnbundled *given_for(const CompUnbundledList *modules, Str name) {
    for (size_t i = 0; i < modules->len; i++)
        if (str_eq(modules->at[i].name, name)) return &modules->at[i];
    return NULL;
}

static CompItem module_item(const CompUnbundled *given) {
    CompItem item = {.kind = COMP_ITEM_CORE_MODULE};
    item.core_module.bytes = given->bytes;
    return item;
}

/* As unbundling has left it: types, then imports, first of all. NULL where it is not, or where they are
 * used in another way. */
static CompComponent *put_back(Unbundler *u, const CompComponent *component,
                               const CompUnbundledList *modules) {
    const CompItems *items = &component->items;
    size_t at = 0;
    uint32_t n;
    VEC(CompItem) back = {0};
    for (; at < items->len && items->at[at].kind == COMP_ITEM_CORE_TYPE; at++) {
        comp_item_sort(&items->at[at], &n);
        u->gone_types += n;
    }
    for (; at < items->len && is_module_import(&items->at[at]); at++) {
        const CompUnbundled *given = given_for(modules, items->at[at].import.name.name);
        if (!given) break;
        *vec_push(u->arena, &back) = module_item(given);
    }
    u->gone_modules = (uint32_t)back.len;
    u->back = back.at;
    u->is_placed = ARENA_NEW_ARRAY(u->arena, bool, back.len);
    if (back.len < modules->len) return NULL;
    CompItems rest = {.at = items->at + at, .len = items->len - at};
    CompComponent *out = ARENA_NEW(u->arena, CompComponent);
    move_items(u, &rest, 0, &out->items);
    for (size_t i = 0; i < back.len; i++) u->is_stuck |= !u->is_placed[i];
    if (u->is_stuck) return NULL;
    move_names(u, &component->names, out);
    return out;
}

CompComponent *comp_bundle(Arena *arena, const CompComponent *component,
                           const CompUnbundledList *modules) {
    Unbundler u = {.arena = arena, .source = component->source, .is_back = true};
    CompComponent *out = put_back(&u, component, modules);
    if (out) return out;
    out = ARENA_NEW(arena, CompComponent);
    *out = *component;
    out->bytes = (Str){0};
    out->items = (CompItems){0};
    for (size_t i = 0; i < component->items.len; i++) {
        const CompItem *item = &component->items.at[i];
        const CompUnbundled *given =
            is_module_import(item) ? given_for(modules, item->import.name.name) : NULL;
        *vec_push(arena, &out->items) = given ? module_item(given) : *item;
    }
    return out;
}
