/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `--gc`: a component without the exports that nobody takes, and without what only they need.
 *
 *     export "b" ──▶ instance of a shim component ──▶ lift ──▶ alias of a core export ──▶ code
 *
 * In a component, what is live is found from the exports that are kept, its imports, and all that
 * does something when the component is instantiated; the rest is left out and indices are counted
 * anew. In a core module, exports that nobody takes go, and the bodies of functions that nothing can
 * reach any more become `unreachable`: no index changes, and no more than two bytes of each stay.
 *
 * A module with debugging information keeps its code, whose places that tells.
 */
#include "component/graph.h"
#include "component/internal.h"

/* ---- core modules ---- */

typedef struct {
    const CoreModule *m;
    bool *live, *named; /* functions that can be reached; those that `ref.func` names */
    VEC(uint32_t) work;
    Arena *arena;
} Reach;

static void reach(Reach *r, uint32_t func) {
    if (func >= r->m->funcs.len || r->live[func]) return;
    r->live[func] = true;
    *vec_push(r->arena, &r->work) = func;
}

static void reach_expr(Reach *r, const CoreExpr *expr) {
    Reader reader = core_expr_reader(r->m, expr, NULL);
    CoreInstr in;
    while (!reader_at_end(&reader) && core_instr_next(&reader, &in)) {
        if (core_op_info[in.op].imm != CORE_IMM_FUNC) continue;
        reach(r, in.a);
        if (in.op == CORE_OP_REF_FUNC && in.a < r->m->funcs.len) r->named[in.a] = true;
    }
}

/* `whole`: all functions stay. */
static void reach_all(Reach *r, const Map *exports, bool whole) {
    const CoreModule *m = r->m;
    for (uint32_t i = 0; i < m->funcs.len && whole; i++) reach(r, i);
    for (size_t i = 0; i < m->exports.len; i++)
        if (m->exports.at[i].kind == CORE_FUNC && map_get(exports, m->exports.at[i].name))
            reach(r, m->exports.at[i].index);
    if (m->has_start) reach(r, m->start);
    for (size_t i = 0; i < m->elems.len; i++) {
        const CoreElem *e = &m->elems.at[i];
        for (uint32_t k = 0; k < e->count; k++) {
            if (core_elem_has_exprs(e)) reach_expr(r, &e->exprs[k]);
            else reach(r, e->funcs[k]);
        }
    }
    for (size_t i = 0; i < m->globals.len; i++)
        if (m->globals.at[i].import == CORE_NONE) reach_expr(r, &m->globals.at[i].init);
    for (size_t i = 0; i < m->tables.len; i++)
        if (m->tables.at[i].has_init) reach_expr(r, &m->tables.at[i].init);
    while (r->work.len) {
        const CoreFunc *f = &m->funcs.at[vec_pop(&r->work)];
        if (f->import == CORE_NONE) reach_expr(r, &f->body);
    }
}

static bool has_debug_sections(const CoreModule *m) {
    for (size_t i = 0; i < m->customs.len; i++)
        if (str_starts(m->customs.at[i].name, STR(".debug_"))) return true;
    return false;
}

/* The module with these exports only. */
static void trim_module(Arena *arena, CompItem *item, const Map *exports) {
    static const char stub[] = {0x00, 0x0b};
    const CoreModule *m = item->core_module.module;
    Reach r = {.m = m, .arena = arena};
    r.live = ARENA_NEW_ARRAY(arena, bool, m->funcs.len);
    r.named = ARENA_NEW_ARRAY(arena, bool, m->funcs.len);
    bool debug = has_debug_sections(m);
    reach_all(&r, exports, debug);
    CoreModule *made = ARENA_NEW(arena, CoreModule);
    *made = *m;
    memset(&made->exports, 0, sizeof made->exports);
    for (size_t i = 0; i < m->exports.len; i++) {
        const CoreExport *e = &m->exports.at[i];
        bool declares = e->kind == CORE_FUNC && r.named[e->index];
        if (declares || map_get(exports, e->name)) *vec_push(arena, &made->exports) = *e;
    }
    bool changed = made->exports.len != m->exports.len;
    memset(&made->customs, 0, sizeof made->customs);
    for (size_t i = 0; i < m->customs.len; i++)
        if (debug || !str_starts(m->customs.at[i].name, STR("metadata.code.")))
            *vec_push(arena, &made->customs) = m->customs.at[i];
    memset(&made->funcs, 0, sizeof made->funcs);
    vec_reserve(arena, &made->funcs, m->funcs.len);
    for (size_t i = 0; i < m->funcs.len; i++) {
        CoreFunc *f = vec_push(arena, &made->funcs);
        *f = m->funcs.at[i];
        if (r.live[i] || f->import != CORE_NONE) continue;
        f->local_runs = 0;
        f->body = (CoreExpr){.bytes = {stub, sizeof stub}};
        changed = true;
    }
    if (!changed) return;
    Buf bytes = {.arena = arena};
    core_encode(made, &bytes);
    item->core_module.bytes = buf_text(&bytes);
    item->core_module.module = NULL; /* it is read from these bytes when it is needed */
}

/* ---- every index that an item speaks of ---- */

typedef struct Visit {
    Arena *arena;
    CompLeads *leads;
    void (*index)(struct Visit *v, CompSort sort, uint32_t *index);
    void *context;
} Visit;

static void visit_val(Visit *v, CompValRef *ref) {
    if (ref->is_index) v->index(v, COMP_TYPE, &ref->index);
}

static void visit_extern(Visit *v, CompExternType *type) {
    if (type->sort == COMP_CORE_MODULE) v->index(v, COMP_CORE_TYPE, &type->index);
    else if (type->sort == COMP_VALUE && !type->is_eq) visit_val(v, &type->value);
    else if (type->sort == COMP_VALUE) v->index(v, COMP_VALUE, &type->index);
    else if (type->sort != COMP_TYPE || !type->is_resource) v->index(v, COMP_TYPE, &type->index);
}

static void visit_args(Visit *v, CompArgs *args) {
    CompArgs from = *args;
    *args = (CompArgs){0};
    for (size_t i = 0; i < from.len; i++) {
        CompArg arg = from.at[i];
        v->index(v, arg.sort, &arg.index);
        *vec_push(v->arena, args) = arg;
    }
}

static bool has_type(CompCanonOp op) {
    AbiOperands operands = abi_canon_operands((AbiCanon)op);
    return operands == ABI_OPERANDS_LIFT || operands == ABI_OPERANDS_TYPE ||
           operands == ABI_OPERANDS_TYPE_OPTS || operands == ABI_OPERANDS_TYPE_ASYNC;
}

static void visit_canon(Visit *v, CompCanon *canon) {
    CompOptions *o = &canon->options;
    AbiOperands operands = abi_canon_operands((AbiCanon)canon->op);
    if (operands == ABI_OPERANDS_CANCEL_MEM) v->index(v, COMP_CORE_MEMORY, &canon->memory);
    if (operands == ABI_OPERANDS_FUNC_TABLE || operands == ABI_OPERANDS_SHARED_TABLE)
        v->index(v, COMP_CORE_TABLE, &canon->table);
    if (canon->op == COMP_CANON_LIFT) v->index(v, COMP_CORE_FUNC, &canon->func);
    if (canon->op == COMP_CANON_LOWER) v->index(v, COMP_FUNC, &canon->func);
    if (has_type(canon->op)) v->index(v, COMP_TYPE, &canon->type);
    if (o->has_memory) v->index(v, COMP_CORE_MEMORY, &o->memory);
    if (o->has_realloc) v->index(v, COMP_CORE_FUNC, &o->realloc);
    if (o->has_post_return) v->index(v, COMP_CORE_FUNC, &o->post_return);
    if (o->has_callback) v->index(v, COMP_CORE_FUNC, &o->callback);
    memset(&o->written, 0, sizeof o->written); /* the encoder goes by the fields */
    visit_val(v, &canon->result);
}

static void visit_items(Visit *v, CompItems *items, uint32_t depth);

static void visit_type(Visit *v, const CompTypedef **type) {
    CompTypedef *made = ARENA_NEW(v->arena, CompTypedef);
    *made = **type;
    memset(&made->fields, 0, sizeof made->fields);
    for (size_t i = 0; i < (*type)->fields.len; i++) {
        CompField field = (*type)->fields.at[i];
        visit_val(v, &field.type);
        *vec_push(v->arena, &made->fields) = field;
    }
    bool handle =
        made->sort == COMP_TYPEDEF_VALUE && wit_kind_shape(made->kind) == WIT_SHAPE_HANDLE;
    if (handle) v->index(v, COMP_TYPE, &made->elem.index);
    else visit_val(v, &made->elem);
    visit_val(v, &made->second);
    if (made->has_dtor) v->index(v, COMP_CORE_FUNC, &made->dtor);
    visit_items(v, &made->items, 1);
    *type = made;
}

/* What is inside speaks of the outside by outer aliases only. `depth` is how many components and types
 * the item stands in, seen from the component whose indices are counted. */
static void visit_inside(Visit *v, CompItem *item, uint32_t depth) {
    if (item->kind == COMP_ITEM_ALIAS && item->alias.kind == COMP_ALIAS_OUTER &&
        item->alias.count == depth)
        v->index(v, item->alias.sort, &item->alias.index);
    if (item->kind == COMP_ITEM_TYPE && item->type->items.len) {
        CompTypedef *made = ARENA_NEW(v->arena, CompTypedef);
        *made = *item->type;
        visit_items(v, &made->items, depth + 1);
        item->type = made;
    }
    if (item->kind == COMP_ITEM_COMPONENT && comp_leads_out(v->leads, item->component)) {
        CompComponent *made = ARENA_NEW(v->arena, CompComponent);
        *made = *item->component;
        made->bytes = (Str){0};
        visit_items(v, &made->items, depth + 1);
        item->component = made;
    }
}

static void visit_items(Visit *v, CompItems *items, uint32_t depth) {
    CompItems from = *items;
    *items = (CompItems){0};
    vec_reserve(v->arena, items, from.len);
    for (size_t i = 0; i < from.len; i++) {
        CompItem *item = vec_push(v->arena, items);
        *item = from.at[i];
        visit_inside(v, item, depth);
    }
}

static void visit(Visit *v, CompItem *item) {
    switch (item->kind) {
    case COMP_ITEM_CORE_INSTANCE:
        if (!item->instance.is_exports) v->index(v, COMP_CORE_MODULE, &item->instance.index);
        visit_args(v, &item->instance.args);
        break;
    case COMP_ITEM_INSTANCE:
        if (!item->instance.is_exports) v->index(v, COMP_COMPONENT, &item->instance.index);
        visit_args(v, &item->instance.args);
        break;
    case COMP_ITEM_ALIAS:
        if (item->alias.kind == COMP_ALIAS_EXPORT) v->index(v, COMP_INSTANCE, &item->alias.index);
        else if (item->alias.kind == COMP_ALIAS_CORE_EXPORT)
            v->index(v, COMP_CORE_INSTANCE, &item->alias.index);
        else if (item->alias.count == 0) v->index(v, item->alias.sort, &item->alias.index);
        break;
    case COMP_ITEM_TYPE: visit_type(v, &item->type); break;
    case COMP_ITEM_CANON: visit_canon(v, &item->canon); break;
    case COMP_ITEM_IMPORT: visit_extern(v, &item->import.type); break;
    case COMP_ITEM_EXPORT:
        v->index(v, item->export.sort, &item->export.index);
        if (item->export.has_type) visit_extern(v, &item->export.type);
        break;
    case COMP_ITEM_COMPONENT: visit_inside(v, item, 0); break;
    case COMP_ITEM_CORE_MODULE:
    case COMP_ITEM_CORE_TYPE:
    case COMP_ITEM_START:
    case COMP_ITEM_VALUE:
    case COMP_ITEM_CUSTOM: break;
    }
}

/* ---- what is live ---- */

/* What is known of all components that are met. */
typedef struct {
    Arena *arena;
    CompLeads leads;
    Map acts;    /* component -> whether it does something */
    size_t room; /* bytes that may still be made so that identical components are found */
} Gc;

typedef struct {
    Gc *gc;
    Arena *arena;
    const CompComponent *component;
    VEC(uint32_t) makers[COMP_SORT_COUNT]; /* index -> item */
    uint32_t *to[COMP_SORT_COUNT];         /* index -> new index */
    bool *live;                            /* items */
    VEC(uint32_t) work;
} Collector;

static void keep(Collector *c, uint32_t item) {
    if (c->live[item]) return;
    c->live[item] = true;
    *vec_push(c->arena, &c->work) = item;
}

static void keep_index(Visit *v, CompSort sort, uint32_t *index) {
    Collector *c = v->context;
    if (*index < c->makers[sort].len) keep(c, c->makers[sort].at[*index]);
}

static void new_index(Visit *v, CompSort sort, uint32_t *index) {
    const Collector *c = v->context;
    if (*index < c->makers[sort].len) *index = c->to[sort][*index];
}

static bool does_something(Gc *gc, const CompComponent *component);

static bool item_acts(Gc *gc, const CompItem *item) {
    uint32_t count;
    if (item->kind == COMP_ITEM_CORE_INSTANCE || item->kind == COMP_ITEM_START) return true;
    if (item->kind == COMP_ITEM_COMPONENT) return does_something(gc, item->component);
    return item->kind != COMP_ITEM_EXPORT && comp_item_sort(item, &count) == COMP_COMPONENT;
}

/* Whether instantiating a component can do more than give names to what there is. What components
 * from outside of it do is not known. */
static bool does_something(Gc *gc, const CompComponent *component) {
    bool added, acts = false;
    const MapEntry *known = map_put_ptr(gc->arena, &gc->acts, component, &added);
    if (!added) return known->value;
    for (size_t i = 0; i < component->items.len && !acts; i++)
        acts = item_acts(gc, &component->items.at[i]);
    map_put_ptr(gc->arena, &gc->acts, component, NULL)->value = acts;
    return acts;
}

/* Core types all stay, so that their indices do, which are in each other and in canonical options. */
static bool is_root(const Collector *c, const CompItem *item, const Map *exports) {
    switch (item->kind) {
    case COMP_ITEM_EXPORT: return map_get(exports, item->export.name.name) != NULL;
    case COMP_ITEM_INSTANCE: {
        if (item->instance.is_exports) return false;
        uint32_t maker = c->makers[COMP_COMPONENT].at[item->instance.index];
        const CompItem *component = &c->component->items.at[maker];
        return component->kind != COMP_ITEM_COMPONENT ||
               does_something(c->gc, component->component);
    }
    case COMP_ITEM_CORE_INSTANCE: return !item->instance.is_exports;
    case COMP_ITEM_IMPORT:
    case COMP_ITEM_CORE_TYPE:
    case COMP_ITEM_START:
    case COMP_ITEM_VALUE:
    case COMP_ITEM_CUSTOM: return true;
    case COMP_ITEM_ALIAS: return item->alias.sort == COMP_CORE_TYPE;
    case COMP_ITEM_CORE_MODULE:
    case COMP_ITEM_COMPONENT:
    case COMP_ITEM_TYPE:
    case COMP_ITEM_CANON: return false;
    }
    return true;
}

/* What these speak of is not told here. */
static bool is_exotic(const CompItems *items) {
    for (size_t i = 0; i < items->len; i++)
        if (items->at[i].kind == COMP_ITEM_START || items->at[i].kind == COMP_ITEM_VALUE)
            return true;
    return false;
}

static void find_live(Collector *c, const Map *exports) {
    const CompItems *items = &c->component->items;
    Visit v = {c->arena, &c->gc->leads, keep_index, c};
    for (uint32_t i = 0; i < items->len; i++) {
        uint32_t count;
        CompSort sort = comp_item_sort(&items->at[i], &count);
        for (uint32_t k = 0; k < count; k++) *vec_push(c->arena, &c->makers[sort]) = i;
    }
    for (uint32_t i = 0; i < items->len; i++)
        if (is_root(c, &items->at[i], exports)) keep(c, i);
    while (c->work.len) {
        CompItem item = items->at[vec_pop(&c->work)];
        visit(&v, &item);
    }
}

/* ---- what exports of modules and components are needed for ---- */

typedef struct {
    Map exports; /* that are taken */
    bool all;
} Taken;

typedef struct {
    const Collector *c;
    Taken *taken; /* by item: of each module and component */
} Taking;

/* Of the module or component that an instance is of; NULL: it is put together, or is from outside. */
static Taken *taken_of(const Taking *t, CompSort sort, uint32_t instance) {
    const CompItem *item = &t->c->component->items.at[t->c->makers[sort].at[instance]];
    bool core = sort == COMP_CORE_INSTANCE;
    bool is_instance = item->kind == (core ? COMP_ITEM_CORE_INSTANCE : COMP_ITEM_INSTANCE);
    if (!is_instance || item->instance.is_exports) return NULL;
    CompSort of = core ? COMP_CORE_MODULE : COMP_COMPONENT;
    return &t->taken[t->c->makers[of].at[item->instance.index]];
}

static void take(const Taking *t, CompSort sort, uint32_t instance, Str name) {
    Taken *of = taken_of(t, sort, instance);
    if (of) map_put(t->c->arena, &of->exports, name, NULL);
}

/* What is used as a whole. */
static void take_all(const Taking *t, CompSort sort, uint32_t index) {
    Taken *of = NULL;
    if (sort == COMP_INSTANCE) of = taken_of(t, sort, index);
    if (sort == COMP_COMPONENT || sort == COMP_CORE_MODULE)
        of = &t->taken[t->c->makers[sort].at[index]];
    if (of) of->all = true;
}

static void take_outer(Visit *v, CompSort sort, uint32_t *index) {
    take_all(v->context, sort, *index);
}

/* Core instances as arguments: what the module imports from each. */
static void take_imports(const Taking *t, const CompItem *item) {
    const Collector *c = t->c;
    uint32_t maker = c->makers[COMP_CORE_MODULE].at[item->instance.index];
    const CompItem *module = &c->component->items.at[maker];
    for (size_t i = 0; i < item->instance.args.len; i++) {
        const CompArg *arg = &item->instance.args.at[i];
        Taken *of = taken_of(t, COMP_CORE_INSTANCE, arg->index);
        if (!of) continue;
        if (module->kind != COMP_ITEM_CORE_MODULE || !module->core_module.module) {
            of->all = true;
            continue;
        }
        const CoreModule *m = module->core_module.module;
        for (size_t k = 0; k < m->imports.len; k++)
            if (str_eq(m->imports.at[k].module, arg->name.name))
                map_put(c->arena, &of->exports, m->imports.at[k].name, NULL);
    }
}

static void take_for(Taking *t, const CompItem *item) {
    switch (item->kind) {
    case COMP_ITEM_CORE_INSTANCE:
        if (!item->instance.is_exports) take_imports(t, item);
        break;
    case COMP_ITEM_INSTANCE:
        for (size_t i = 0; i < item->instance.args.len; i++)
            take_all(t, item->instance.args.at[i].sort, item->instance.args.at[i].index);
        break;
    case COMP_ITEM_ALIAS:
        if (item->alias.kind == COMP_ALIAS_EXPORT)
            take(t, COMP_INSTANCE, item->alias.index, item->alias.name);
        else if (item->alias.kind == COMP_ALIAS_CORE_EXPORT)
            take(t, COMP_CORE_INSTANCE, item->alias.index, item->alias.name);
        else if (item->alias.count == 0) take_all(t, item->alias.sort, item->alias.index);
        break;
    case COMP_ITEM_EXPORT: take_all(t, item->export.sort, item->export.index); break;
    case COMP_ITEM_COMPONENT: {
        Visit v = {t->c->arena, &t->c->gc->leads, take_outer, t};
        CompItem copy = *item;
        visit_inside(&v, &copy, 0);
        break;
    }
    default: break;
    }
}

/* By item. */
static Taken *find_taken(const Collector *c) {
    const CompItems *items = &c->component->items;
    Taking t = {c, ARENA_NEW_ARRAY(c->arena, Taken, items->len)};
    for (size_t i = 0; i < items->len; i++)
        if (c->live[i]) take_for(&t, &items->at[i]);
    return t.taken;
}

/* ---- the new component ---- */

static void number(Collector *c) {
    for (int sort = 0; sort < COMP_SORT_COUNT; sort++) {
        uint32_t next = 0;
        c->to[sort] = ARENA_NEW_ARRAY(c->arena, uint32_t, c->makers[sort].len + 1);
        for (size_t i = 0; i < c->makers[sort].len; i++) {
            c->to[sort][i] = next;
            next += c->live[c->makers[sort].at[i]];
        }
    }
}

static void copy_names(const Collector *c, const CompNames *from, CompNames *to) {
    *to = (CompNames){.component = from->component};
    for (int sort = 0; sort < COMP_SORT_COUNT; sort++)
        for (uint32_t i = 0; i < from->sorts[sort].len && i < c->makers[sort].len; i++)
            if (c->live[c->makers[sort].at[i]])
                comp_set_name(c->arena, to, (CompSort)sort, c->to[sort][i],
                              from->sorts[sort].at[i]);
}

static const CompComponent *collect(Gc *gc, const CompComponent *component, const Map *exports);

/* What is inside, cut down; with its bytes where it stands for itself, so that it can be shared. */
static const CompComponent *trim_component(Gc *gc, const CompComponent *from, const Map *exports) {
    const CompComponent *trimmed = collect(gc, from, exports);
    if (trimmed == from || comp_leads_out(&gc->leads, trimmed) || from->bytes.len > gc->room)
        return trimmed;
    CompComponent *made = ARENA_NEW(gc->arena, CompComponent);
    Buf bytes = {.arena = gc->arena};
    comp_encode(trimmed, &bytes);
    gc->room -= bytes.len < gc->room ? bytes.len : gc->room;
    *made = *trimmed;
    made->bytes = buf_text(&bytes);
    return made;
}

/* A component with these exports and what they need. */
static const CompComponent *collect(Gc *gc, const CompComponent *component, const Map *exports) {
    Arena *arena = gc->arena;
    Collector c = {.gc = gc, .arena = arena, .component = component};
    if (is_exotic(&component->items)) return component;
    c.live = ARENA_NEW_ARRAY(arena, bool, component->items.len);
    find_live(&c, exports);
    number(&c);
    Taken *taken = find_taken(&c);
    CompComponent *made = ARENA_NEW(arena, CompComponent);
    *made = *component;
    made->bytes = (Str){0};
    memset(&made->items, 0, sizeof made->items);
    Visit v = {arena, &gc->leads, new_index, &c};
    for (size_t i = 0; i < component->items.len; i++) {
        if (!c.live[i]) continue;
        CompItem *item = vec_push(arena, &made->items);
        *item = component->items.at[i];
        if (item->kind == COMP_ITEM_COMPONENT && !taken[i].all)
            item->component = trim_component(gc, item->component, &taken[i].exports);
        visit(&v, item);
        if (item->kind == COMP_ITEM_CORE_MODULE && item->core_module.module && !taken[i].all)
            trim_module(arena, item, &taken[i].exports);
    }
    copy_names(&c, &component->names, &made->names);
    return made;
}

/* ---- the parts of a graph ---- */

/* What is taken of each part; parts that are exported as they are, or given whole, keep all. */
void comp_graph_gc(CompGraph *g) {
    comp_graph_prune(g);
    Taken *taken = ARENA_NEW_ARRAY(g->arena, Taken, g->parts.len);
    Gc gc = {.arena = g->arena, .leads.arena = g->arena};
    for (uint32_t i = 0; i < g->nodes.len; i++) {
        const CompNode *node = comp_node(g, i);
        if (node->done) continue;
        if (node->kind == COMP_NODE_ALIAS && comp_node(g, node->of)->kind == COMP_NODE_INSTANCE)
            map_put(g->arena, &taken[comp_node(g, node->of)->of].exports, node->name, NULL);
        for (size_t k = 0; k < node->edges.len; k++) {
            const CompNode *to =
                node->edges.at[k].node == COMP_NONE ? NULL : comp_node(g, node->edges.at[k].node);
            if (to && to->kind == COMP_NODE_INSTANCE) taken[to->of].all = true;
        }
    }
    for (size_t i = 0; i < g->exports.len; i++) {
        const CompNode *node = comp_node(g, g->exports.at[i].node);
        if (node->kind == COMP_NODE_INSTANCE) taken[node->of].all = true;
    }
    for (size_t i = 0; i < g->parts.len; i++) {
        CompPart *part = g->parts.at[i];
        if (taken[i].all || part->imported) continue;
        gc.room = 4 * part->component->bytes.len;
        part->component = collect(&gc, part->component, &taken[i].exports);
        part->trimmed = true;
    }
}
