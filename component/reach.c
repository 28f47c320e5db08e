/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What code of a component can reach.
 *
 * First the component is instantiated on paper: every index space is filled with values that say where
 * things come from, as the interpreter does with things themselves, and no code runs.
 *
 *     (core instance $m) "run" ──> code of $m ──call──> import "log" ──> canon lower ──> import of the host
 *          ▲ lift ── export                └─call_indirect──> table ──> elements of it
 *
 * Then code is followed from all that is exported and from start functions. A call_indirect of a constant
 * reaches that element alone: so a function that is there only behind the shims of `component new` counts
 * where the shim is called. Any other call_indirect reaches all of its table, and so does what takes
 * elements out of it (table.get, table.copy, thread.new-indirect); functions of elements that are not
 * active, and of globals, are taken for reached.
 *
 * A body is decoded once, into the steps that lead on from it; instances of the same module share these.
 */
#include "component/reach.h"

enum {
    MOST_INSTANCES = 10000,
    MOST_VALUES = 1 << 22, /* elements of tables and characters of paths are some, too */
    MOST_STEPS = 1 << 28,  /* that are followed: of a module as often as it is instantiated */
    MOST_DEPTH = 128
};

typedef struct Value Value;
typedef struct Table Table;
typedef struct Scope Scope;

/* Where a body leads. */
typedef struct {
    enum { TO_FUNC, TO_SLOT, TO_TABLE } to;
    uint32_t index, slot; /* of the function or table; TO_SLOT */
} Step;
typedef struct {
    VEC(Step) steps;
    bool is_read;
} Body;
typedef struct {
    Body *bodies;
    uint32_t *noted; /* of each function: the last body, plus 1, that has a step to it */
} Bodies;

/* A core instance; each function of it is reached once. */
typedef struct {
    const CoreModule *module;
    Bodies *bodies;
    const Value **imports;
    Value *funcs; /* of those that are not imported */
    bool *live;
    Table **tables;
    Map exports; /* name -> index; filled when it is asked for */
} Code;

struct Value {
    enum {
        NOTHING,
        HOST_FUNC, /* host */
        LIFTED,    /* parts */
        LOWERED,   /* parts[0] is the function */
        CODE_FUNC, /* code, index */
        TABLE,     /* table */
        NAMES,     /* of an instance, or a bundle of core exports */
        CORE_INSTANCE,
        CORE_MODULE,
        CLOSURE
    } kind;
    union {
        struct {
            size_t use;
            Map *callers; /* paths */
        } host;
        struct {
            const Value *parts[4];
            Str path;
            bool live;
        } func;
        struct {
            Code *code;
            uint32_t index;
        } core;
        Table *table;
        const Map *names;
        const CoreModule *module;
        struct {
            const CompInfo *info;
            const Scope *scope;
        } closure;
    };
};

struct Table {
    Map slots;               /* by number (as bytes) -> Value */
    VEC(const Value *) more; /* at places that are not known, or overwritten later */
    size_t more_live;        /* how many of these are reached */
    bool live;               /* all of it */
};

struct Scope {
    const CompInfo *info;
    const Scope *outer;
    VEC(const Value *) spaces[COMP_SORT_COUNT];
};

typedef struct {
    Arena *arena;
    CompUses *uses;
    Diags *diags;
    VEC(const Value *) work; /* functions that are reached, not followed yet */
    VEC(Table *) threads;    /* whose elements begin threads */
    Map modules;             /* CoreModule -> Bodies */
    size_t instances, values, steps;
    bool failed;
} Reach;

static const Value nothing = {.kind = NOTHING};

static Value *new_value(Reach *r, int kind) {
    Value *v = ARENA_NEW(r->arena, Value);
    v->kind = kind;
    return v;
}

static void name(Reach *r, Map *names, Str key, const Value *value) {
    map_put(r->arena, names, key, NULL)->cptr = value;
}

static const Value *named(const Map *names, Str key) {
    const MapEntry *entry = map_get(names, key);
    return entry ? entry->cptr : &nothing;
}

/* ---- core instances ---- */

static const Value *func_of(const Code *code, uint32_t index) {
    if (index >= code->module->funcs.len) return &nothing;
    uint32_t import = code->module->funcs.at[index].import;
    return import == CORE_NONE ? &code->funcs[index] : code->imports[import];
}

static const CoreExport *export_of(Reach *r, Code *code, Str key) {
    const CoreModule *m = code->module;
    for (size_t i = code->exports.len; i < m->exports.len; i++)
        map_put(r->arena, &code->exports, m->exports.at[i].name, NULL)->value = i;
    const MapEntry *entry = map_get(&code->exports, key);
    return entry ? &m->exports.at[entry->value] : NULL;
}

static const Value *core_item(Reach *r, const Value *from, Str key) {
    if (from->kind == NAMES) return named(from->names, key);
    if (from->kind != CORE_INSTANCE) return &nothing;
    Code *code = from->core.code;
    const CoreExport *e = export_of(r, code, key);
    if (e && e->kind == CORE_FUNC) return func_of(code, e->index);
    if (!e || e->kind != CORE_TABLE) return &nothing;
    Value *v = new_value(r, TABLE);
    v->table = code->tables[e->index];
    return v;
}

/* The number of an expression that is nothing but `i32.const`. */
static bool constant(const Code *code, const CoreExpr *expr, uint32_t *out) {
    Reader reader = core_expr_reader(code->module, expr, NULL);
    CoreInstr in;
    if (!core_instr_next(&reader, &in) || in.op != CORE_OP_I32_CONST) return false;
    *out = (uint32_t)in.i64;
    return core_instr_next(&reader, &in) && in.op == CORE_OP_END;
}

static void reach(Reach *r, const Value *v);
static void reach_func(Reach *r, const Value *v, Str path);

/* Functions that an expression names. */
static void reach_expr(Reach *r, const Code *code, const CoreExpr *expr) {
    Reader reader = core_expr_reader(code->module, expr, NULL);
    CoreInstr in;
    while (!reader_at_end(&reader) && core_instr_next(&reader, &in))
        if (in.op == CORE_OP_REF_FUNC) reach(r, func_of(code, in.a));
}

static void add_elements(Reach *r, const Code *code, const CoreElem *e) {
    uint32_t offset = 0;
    bool active = core_elem_active(e), known = active && constant(code, &e->start, &offset);
    Table *table = active && e->table < code->module->tables.len ? code->tables[e->table] : NULL;
    r->values += e->count;
    for (uint32_t k = 0; k < e->count; k++) {
        if (core_elem_has_exprs(e)) {
            reach_expr(r, code, &e->exprs[k]);
            continue;
        }
        const Value *func = func_of(code, e->funcs[k]);
        if (!table) reach(r, func);
        else if (!known) *vec_push(r->arena, &table->more) = func;
        else {
            const uint32_t slot = offset + k;
            Str key = {(const char *)&slot, sizeof slot};
            const MapEntry *before = map_get(&table->slots, key);
            if (before) *vec_push(r->arena, &table->more) = before->cptr;
            key.ptr = arena_copy(r->arena, &slot, sizeof slot);
            name(r, &table->slots, key, func);
        }
    }
}

static void add_tables(Reach *r, Code *code) {
    const CoreModule *m = code->module;
    code->tables = ARENA_NEW_ARRAY(r->arena, Table *, m->tables.len);
    for (size_t i = 0; i < m->tables.len; i++) {
        const CoreTable *t = &m->tables.at[i];
        const Value *given = t->import == CORE_NONE ? &nothing : code->imports[t->import];
        code->tables[i] = given->kind == TABLE ? given->table : ARENA_NEW(r->arena, Table);
        if (t->has_init) reach_expr(r, code, &t->init);
    }
}

static Bodies *bodies_of(Reach *r, const CoreModule *m) {
    MapEntry *entry = map_put_ptr(r->arena, &r->modules, m, NULL);
    if (entry->ptr) return entry->ptr;
    Bodies *bodies = ARENA_NEW(r->arena, Bodies);
    bodies->bodies = ARENA_NEW_ARRAY(r->arena, Body, m->funcs.len);
    bodies->noted = ARENA_NEW_ARRAY(r->arena, uint32_t, m->funcs.len);
    return entry->ptr = bodies;
}

static const Value *core_instance(Reach *r, const CoreModule *m, const Map *args) {
    Code *code = ARENA_NEW(r->arena, Code);
    code->module = m;
    code->bodies = bodies_of(r, m);
    code->imports = ARENA_NEW_ARRAY(r->arena, const Value *, m->imports.len);
    for (size_t i = 0; i < m->imports.len; i++)
        code->imports[i] =
            core_item(r, named(args, m->imports.at[i].module), m->imports.at[i].name);
    code->funcs = ARENA_NEW_ARRAY(r->arena, Value, m->funcs.len);
    code->live = ARENA_NEW_ARRAY(r->arena, bool, m->funcs.len);
    for (uint32_t i = 0; i < m->funcs.len; i++)
        code->funcs[i] = (Value){.kind = CODE_FUNC, .core = {code, i}};
    r->values += m->funcs.len + m->imports.len + m->tables.len + m->globals.len;
    for (size_t i = 0; i < m->elems.len; i++) r->values += m->elems.at[i].count;
    add_tables(r, code);
    r->values += m->exports.len;
    for (size_t i = 0; i < m->elems.len; i++) add_elements(r, code, &m->elems.at[i]);
    for (size_t i = 0; i < m->globals.len; i++)
        if (m->globals.at[i].import == CORE_NONE) reach_expr(r, code, &m->globals.at[i].init);
    if (m->has_start) reach(r, func_of(code, m->start));
    Value *v = new_value(r, CORE_INSTANCE);
    v->core.code = code;
    return v;
}

/* ---- components ---- */

typedef struct {
    Reach *reach;
    Scope *scope;
    const Map *args;
    Str path;
    unsigned depth;
    size_t components; /* nested ones so far */
    Map exports;
} Run;

static const Value *get(const Scope *scope, CompSort sort, uint32_t index) {
    return index < scope->spaces[sort].len ? scope->spaces[sort].at[index] : &nothing;
}

static void push(Run *run, CompSort sort, const Value *v) {
    *vec_push(run->reach->arena, &run->scope->spaces[sort]) = v;
}

static const Map *arg_names(Run *run, const CompArgs *args) {
    Map *names = ARENA_NEW(run->reach->arena, Map);
    for (size_t i = 0; i < args->len; i++)
        name(run->reach, names, args->at[i].name.name,
             get(run->scope, args->at[i].sort, args->at[i].index));
    return names;
}

static const Value *names_value(Run *run, const Map *names) {
    Value *v = new_value(run->reach, NAMES);
    v->names = names;
    return v;
}

/* Says no, once. */
static bool too_much(Reach *r) {
    if (!r->failed) diag(r->diags, RUN_INSTANCES, span_none(), MOST_INSTANCES);
    r->failed = true;
    return false;
}

static bool may_make_more(Run *run) {
    Reach *r = run->reach;
    bool good =
        ++r->instances <= MOST_INSTANCES && r->values < MOST_VALUES && run->depth < MOST_DEPTH;
    return good || too_much(r);
}

static const Value *canon(Run *run, const CompCanon *c) {
    if (c->op == COMP_CANON_THREAD_NEW_INDIRECT || c->op == COMP_CANON_THREAD_SPAWN_INDIRECT) {
        const Value *table = get(run->scope, COMP_CORE_TABLE, c->table);
        if (table->kind == TABLE) *vec_push(run->reach->arena, &run->reach->threads) = table->table;
    }
    if (c->op != COMP_CANON_LIFT && c->op != COMP_CANON_LOWER) return &nothing;
    bool lifts = c->op == COMP_CANON_LIFT;
    Value *v = new_value(run->reach, lifts ? LIFTED : LOWERED);
    const CompOptions *o = &c->options;
    v->func.path = run->path;
    v->func.parts[0] = get(run->scope, lifts ? COMP_CORE_FUNC : COMP_FUNC, c->func);
    v->func.parts[1] = o->has_realloc ? get(run->scope, COMP_CORE_FUNC, o->realloc) : &nothing;
    v->func.parts[2] =
        o->has_post_return ? get(run->scope, COMP_CORE_FUNC, o->post_return) : &nothing;
    v->func.parts[3] = o->has_callback ? get(run->scope, COMP_CORE_FUNC, o->callback) : &nothing;
    return v;
}

static const Value *alias(Run *run, const CompItem *item) {
    const Scope *scope = run->scope;
    switch (item->alias.kind) {
    case COMP_ALIAS_EXPORT: {
        const Value *from = get(scope, COMP_INSTANCE, item->alias.index);
        return from->kind == NAMES ? named(from->names, item->alias.name) : &nothing;
    }
    case COMP_ALIAS_CORE_EXPORT:
        return core_item(run->reach, get(scope, COMP_CORE_INSTANCE, item->alias.index),
                         item->alias.name);
    case COMP_ALIAS_OUTER:
        for (uint32_t i = 0; i < item->alias.count && scope; i++) scope = scope->outer;
        return scope ? get(scope, item->alias.sort, item->alias.index) : &nothing;
    }
    return &nothing;
}

static const Map *instantiate(Reach *r, const Value *closure, const Map *args, Str path,
                              unsigned depth);

static const Value *instance(Run *run, const CompItem *item) {
    Reach *r = run->reach;
    const Map *args = arg_names(run, &item->instance.args);
    if (item->instance.is_exports) return names_value(run, args);
    const Value *closure = get(run->scope, COMP_COMPONENT, item->instance.index);
    if (closure->kind != CLOSURE || !may_make_more(run)) return &nothing;
    Str path = comp_instance_path(r->arena, run->path, run->scope->info->component,
                                  (uint32_t)run->scope->spaces[COMP_INSTANCE].len);
    r->values += path.len;
    return names_value(run, instantiate(r, closure, args, path, run->depth + 1));
}

static const Value *core_made(Run *run, const CompItem *item) {
    const Map *args = arg_names(run, &item->instance.args);
    if (item->instance.is_exports) return names_value(run, args);
    const Value *module = get(run->scope, COMP_CORE_MODULE, item->instance.index);
    if (module->kind != CORE_MODULE || !may_make_more(run)) return &nothing;
    return core_instance(run->reach, module->module, args);
}

static const Value *closure_of(Run *run) {
    Value *v = new_value(run->reach, CLOSURE);
    v->closure.info = run->scope->info->components.at[run->components++];
    v->closure.scope = run->scope;
    return v;
}

static const Value *value_of(Run *run, const CompItem *item) {
    switch (item->kind) {
    case COMP_ITEM_CORE_MODULE: {
        Value *v = new_value(run->reach, item->core_module.module ? CORE_MODULE : NOTHING);
        v->module = item->core_module.module;
        return v;
    }
    case COMP_ITEM_CORE_INSTANCE: return core_made(run, item);
    case COMP_ITEM_COMPONENT: return closure_of(run);
    case COMP_ITEM_INSTANCE: return instance(run, item);
    case COMP_ITEM_ALIAS: return alias(run, item);
    case COMP_ITEM_CANON: return canon(run, &item->canon);
    case COMP_ITEM_IMPORT: return named(run->args, item->import.name.name);
    case COMP_ITEM_EXPORT: return get(run->scope, item->export.sort, item->export.index);
    case COMP_ITEM_TYPE:
        if (item->type->sort == COMP_TYPEDEF_RESOURCE && item->type->has_dtor)
            reach(run->reach, get(run->scope, COMP_CORE_FUNC, item->type->dtor));
        return &nothing;
    case COMP_ITEM_START:
        reach_func(run->reach, get(run->scope, COMP_FUNC, item->start.func), run->path);
        break;
    case COMP_ITEM_CORE_TYPE:
    case COMP_ITEM_VALUE:
    case COMP_ITEM_CUSTOM: break;
    }
    return &nothing;
}

static const Map *instantiate(Reach *r, const Value *closure, const Map *args, Str path,
                              unsigned depth) {
    Scope *scope = ARENA_NEW(r->arena, Scope);
    *scope = (Scope){.info = closure->closure.info, .outer = closure->closure.scope};
    Run *run = ARENA_NEW(r->arena, Run);
    *run = (Run){.reach = r, .scope = scope, .args = args, .path = path, .depth = depth};
    const CompItems *items = &scope->info->component->items;
    for (size_t i = 0; i < items->len && !r->failed; i++) {
        const CompItem *item = &items->at[i];
        const Value *v = value_of(run, item);
        if (item->kind == COMP_ITEM_EXPORT) name(r, &run->exports, item->export.name.name, v);
        uint32_t count = 0;
        CompSort sort = comp_item_sort(item, &count);
        for (uint32_t k = 0; k < count; k++) push(run, sort, v);
        r->values += count;
    }
    return &run->exports;
}

/* ---- following ---- */

static void reach(Reach *r, const Value *v) {
    if (v->kind == CODE_FUNC) {
        bool *live = &v->core.code->live[v->core.index];
        if (*live) return;
        *live = true;
    } else if (v->kind != LIFTED && v->kind != LOWERED) {
        return;
    }
    *vec_push(r->arena, &r->work) = v;
}

static void use(Reach *r, const Value *func, Str path) {
    CompUse *u = &r->uses->at[func->host.use];
    bool added;
    u->is_used = true;
    map_put(r->arena, func->host.callers, path, &added);
    if (added) *vec_push(r->arena, &u->callers) = path;
}

/* A function that is called from outside, perhaps the host's own. */
static void reach_func(Reach *r, const Value *v, Str path) {
    if (v->kind == HOST_FUNC) use(r, v, path);
    else reach(r, v);
}

static void follow_parts(Reach *r, Value *v) {
    if (v->func.live) return;
    v->func.live = true;
    for (size_t i = 0; i < 4; i++) reach(r, v->func.parts[i]);
    if (v->kind == LOWERED && v->func.parts[0]->kind == HOST_FUNC)
        use(r, v->func.parts[0], v->func.path);
}

static void reach_more(Reach *r, Table *table) {
    while (table->more_live < table->more.len) reach(r, table->more.at[table->more_live++]);
}

static void reach_table(Reach *r, Table *table) {
    if (table->live) return;
    table->live = true;
    for (size_t i = 0; i < table->slots.len; i++) reach(r, table->slots.entries[i].cptr);
    reach_more(r, table);
}

static void note(Reach *r, Body *body, Step step) { *vec_push(r->arena, &body->steps) = step; }

static void read_body(Reach *r, const CoreModule *m, uint32_t func, Bodies *bodies) {
    Body *body = &bodies->bodies[func];
    Reader reader = core_expr_reader(m, &m->funcs.at[func].body, NULL);
    CoreInstr in;
    uint32_t last = 0;
    bool is_constant = false;
    body->is_read = true;
    while (!reader_at_end(&reader) && core_instr_next(&reader, &in)) {
        bool names = core_op_info[in.op].imm == CORE_IMM_FUNC && in.a < m->funcs.len;
        if (names && bodies->noted[in.a] != func + 1) {
            bodies->noted[in.a] = func + 1;
            note(r, body, (Step){TO_FUNC, in.a, 0});
        }
        if (in.op == CORE_OP_CALL_INDIRECT || in.op == CORE_OP_RETURN_CALL_INDIRECT)
            note(r, body, (Step){is_constant ? TO_SLOT : TO_TABLE, in.b, last});
        if (in.op == CORE_OP_TABLE_GET) note(r, body, (Step){TO_TABLE, in.a, 0});
        if (in.op == CORE_OP_TABLE_COPY) note(r, body, (Step){TO_TABLE, in.b, 0});
        is_constant = in.op == CORE_OP_I32_CONST;
        if (is_constant) last = (uint32_t)in.i64;
    }
}

static void follow_step(Reach *r, const Code *code, const Step *step) {
    if (step->to == TO_FUNC) {
        reach(r, func_of(code, step->index));
    } else if (step->index < code->module->tables.len) {
        Table *table = code->tables[step->index];
        if (step->to == TO_TABLE) {
            reach_table(r, table);
            return;
        }
        reach(r, named(&table->slots, (Str){(const char *)&step->slot, sizeof step->slot}));
        reach_more(r, table);
    }
}

static void follow_code(Reach *r, const Code *code, uint32_t func) {
    Body *body = &code->bodies->bodies[func];
    if (!body->is_read) read_body(r, code->module, func, code->bodies);
    r->steps += body->steps.len;
    if (r->steps > MOST_STEPS && !too_much(r)) return;
    for (size_t i = 0; i < body->steps.len; i++) follow_step(r, code, &body->steps.at[i]);
}

static void follow(Reach *r) {
    while (r->work.len && !r->failed) {
        const Value *v = vec_pop(&r->work);
        if (v->kind == CODE_FUNC) follow_code(r, v->core.code, v->core.index);
        else follow_parts(r, (Value *)(uintptr_t)v);
    }
}

static void reach_exports(Reach *r, const Map *exports, unsigned depth) {
    for (size_t i = 0; i < exports->len; i++) {
        const Value *v = exports->entries[i].cptr;
        if (v->kind == NAMES && depth < MOST_DEPTH) reach_exports(r, v->names, depth + 1);
        else reach_func(r, v, (Str){0});
    }
}

/* ---- what the host gives ---- */

static const Value *host_func(Reach *r, Str interface, Str func) {
    Value *v = new_value(r, HOST_FUNC);
    v->host.use = r->uses->len;
    v->host.callers = ARENA_NEW(r->arena, Map);
    *vec_push(r->arena, r->uses) = (CompUse){.interface = interface, .name = func};
    return v;
}

static const Value *host_item(Reach *r, const CompExtern *import) {
    if (import->entity.sort == COMP_FUNC) return host_func(r, (Str){0}, import->name.name);
    if (import->entity.sort != COMP_INSTANCE) return &nothing;
    Map *names = ARENA_NEW(r->arena, Map);
    const CompExterns *exports = &import->entity.instance->exports;
    for (size_t i = 0; i < exports->len; i++)
        if (exports->at[i].entity.sort == COMP_FUNC)
            name(r, names, exports->at[i].name.name,
                 host_func(r, import->name.name, exports->at[i].name.name));
    Value *v = new_value(r, NAMES);
    v->names = names;
    return v;
}

bool comp_reach(Arena *arena, const CompInfo *info, CompUses *uses, Diags *diags) {
    Reach r = {.arena = arena, .uses = uses, .diags = diags};
    Map args = {0};
    for (size_t i = 0; i < info->type.imports.len; i++)
        name(&r, &args, info->type.imports.at[i].name.name,
             host_item(&r, &info->type.imports.at[i]));
    const Value outermost = {.kind = CLOSURE, .closure = {info, NULL}};
    const Map *exports = instantiate(&r, &outermost, &args, (Str){0}, 0);
    reach_exports(&r, exports, 0);
    for (size_t i = 0; i < r.threads.len; i++) reach_table(&r, r.threads.at[i]);
    follow(&r);
    return !r.failed;
}
