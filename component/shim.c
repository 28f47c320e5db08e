/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Two small modules that untie a knot: the main module cannot be instantiated without its imports,
 * and some imports cannot be made without the main module's memory.
 *
 *     shim:   (table (export "$imports") 2 2 funcref)
 *             (func (export "0") (param ..) .. local.get .. (call_indirect (i32.const 0)))
 *     fixup:  (import "" "$imports" (table 2 2 funcref)) (import "" "0" (func ..)) ..
 *             (elem (i32.const 0) func 0 1)
 *
 * With return_call_ref there is a global (mut (ref $type)) "gN" a function instead of the table; a
 * start function of the fixup module sets them.
 *
 * The shim also has what must be there before the main module and is nobody else's: a memory that
 * the main module imports, and the base of thread-local storage. The fixup module calls the main
 * module's initializer and, where the main module has a hook for tasks, has wrappers of everything
 * that a component calls (and of its realloc, where an adapter is told of that: pause.c):
 *
 *     (func (export "hook0") (param ..) (result ..)
 *       (call $hook (start)) (call $wrapped ..) (call $hook (finish)))
 */
#include "component/componentize.h"

typedef struct {
    Linker *l;
    CoreModule *m;
} Maker;

Str comp_shim_name(Arena *arena, uint32_t number) { return str_fmt(arena, "%u", number); }

void comp_put_op(Buf *code, CoreOp op, uint32_t a, uint32_t b) {
    CoreInstr i = core_instr(op);
    i.a = a, i.b = b;
    core_instr_put(code, &i);
}

void comp_put_const(Buf *code, CoreValType type, int32_t value) {
    CoreInstr i = core_instr(type == CORE_I64 ? CORE_OP_I64_CONST : CORE_OP_I32_CONST);
    i.i64 = value;
    core_instr_put(code, &i);
}

static void put_i32(Buf *code, int32_t value) { comp_put_const(code, CORE_I32, value); }

static uint32_t type_of(Maker *k, const CoreType *t) {
    return core_func_type_add(k->l->arena, k->m, t->params, t->param_count, t->results,
                              t->result_count);
}

static void add_export(Maker *k, Str name, CoreExtern kind, uint32_t index) {
    *vec_push(k->l->arena, &k->m->exports) =
        (CoreExport){.name = name, .kind = kind, .index = index};
}

/* Ends the code and adds it as a function. */
static uint32_t add_func(Maker *k, uint32_t type, Buf *code) {
    uint32_t index = (uint32_t)k->m->funcs.len;
    comp_put_op(code, CORE_OP_END, 0, 0);
    core_func_add(k->l->arena, k->m, type)->body.bytes = buf_text(code);
    return index;
}

static Str encoded(Maker *k, Str name) {
    Buf bytes = {.arena = k->l->arena}, names = {.arena = k->l->arena};
    if (k->l->options->names == COMP_DEBUG_ALL) {
        k->m->names.has_module = true;
        k->m->names.module = name;
        core_names_encode(&k->m->names, &names);
        core_custom_add(k->l->arena, k->m, STR("name"), buf_text(&names), CORE_SECTION_DATA);
    }
    core_encode(k->m, &bytes);
    return buf_text(&bytes);
}

static CoreTable table_of(const Linker *l) {
    return (CoreTable){.type = CORE_FUNCREF,
                       .limits = {.min = l->shims.len, .max = l->shims.len, .has_max = true},
                       .import = CORE_NONE};
}

static CoreGlobal global_of(uint32_t type) {
    return (CoreGlobal){.type = core_ref_to(false, type), .mutable = true, .import = CORE_NONE};
}

static void name_func(Maker *k, uint32_t index, Str name) {
    core_name_add(k->l->arena, &k->m->names.funcs, index, name);
}

/* ---- the shim ---- */

static Str shim_text(Linker *l, const LinkShim *shim) {
    if (shim->kind == SHIM_IMPORT)
        return str_fmt(l->arena, "indirect-%.*s-%.*s", STR_ARG(shim->import->module),
                       STR_ARG(shim->import->field));
    return str_concat(l->arena, shim->kind == SHIM_DTOR ? STR("dtor-") : STR("realloc-"),
                      shim->export_name);
}

/* A global that holds a function which traps, until the fixup module sets it. */
static uint32_t add_func_global(Maker *k, uint32_t number, uint32_t type) {
    Buf trap = {.arena = k->l->arena}, init = {.arena = k->l->arena};
    comp_put_op(&trap, CORE_OP_UNREACHABLE, 0, 0);
    uint32_t stub = add_func(k, type, &trap), index = (uint32_t)k->m->globals.len;
    comp_put_op(&init, CORE_OP_REF_FUNC, stub, 0);
    comp_put_op(&init, CORE_OP_END, 0, 0);
    CoreGlobal *g = vec_push(k->l->arena, &k->m->globals);
    *g = global_of(type);
    g->init.bytes = buf_text(&init);
    name_func(k, stub, STR("trap stub before initialization"));
    add_export(k, str_concat(k->l->arena, STR("g"), comp_shim_name(k->l->arena, number)),
               CORE_GLOBAL, index);
    return index;
}

static void add_shim(Maker *k, uint32_t number) {
    const LinkShim *shim = &k->l->shims.at[number];
    uint32_t type = type_of(k, shim->type), global = 0;
    Buf code = {.arena = k->l->arena};
    if (k->l->options->return_call_ref) global = add_func_global(k, number, type);
    for (uint32_t i = 0; i < shim->type->param_count; i++)
        comp_put_op(&code, CORE_OP_LOCAL_GET, i, 0);
    if (k->l->options->return_call_ref) {
        comp_put_op(&code, CORE_OP_GLOBAL_GET, global, 0);
        comp_put_op(&code, CORE_OP_RETURN_CALL_REF, type, 0);
    } else {
        put_i32(&code, (int32_t)number);
        comp_put_op(&code, CORE_OP_CALL_INDIRECT, type, 0);
    }
    uint32_t func = add_func(k, type, &code);
    name_func(k, func, shim_text(k->l, shim));
    add_export(k, comp_shim_name(k->l->arena, number), CORE_FUNC, func);
}

static void add_memory(Maker *k) {
    CoreMemory *memory = vec_push(k->l->arena, &k->m->memories);
    *memory = (CoreMemory){.limits = *k->l->memory_import, .import = CORE_NONE};
    add_export(k, STR("memory"), CORE_MEMORY, 0);
}

static void add_tls(Maker *k) {
    Arena *arena = k->l->arena;
    CoreValType type = k->l->tls_type;
    Buf init = {.arena = arena}, get = {.arena = arena}, set = {.arena = arena};
    uint32_t global = (uint32_t)k->m->globals.len;
    comp_put_const(&init, type, 0);
    comp_put_op(&init, CORE_OP_END, 0, 0);
    CoreGlobal *g = vec_push(arena, &k->m->globals);
    *g = (CoreGlobal){.type = type, .mutable = true, .import = CORE_NONE};
    g->init.bytes = buf_text(&init);
    comp_put_op(&get, CORE_OP_GLOBAL_GET, global, 0);
    uint32_t func = add_func(k, core_func_type_add(arena, k->m, NULL, 0, &type, 1), &get);
    add_export(k, STR("get-tls-base"), CORE_FUNC, func);
    comp_put_op(&set, CORE_OP_LOCAL_GET, 0, 0);
    comp_put_op(&set, CORE_OP_GLOBAL_SET, global, 0);
    func = add_func(k, core_func_type_add(arena, k->m, &type, 1, NULL, 0), &set);
    add_export(k, STR("set-tls-base"), CORE_FUNC, func);
}

Str comp_shim_module(Linker *l) {
    Maker k = {.l = l, .m = core_module_new(l->arena)};
    for (uint32_t i = 0; i < l->shims.len; i++) add_shim(&k, i);
    if (l->shims.len && !l->options->return_call_ref) {
        *vec_push(l->arena, &k.m->tables) = table_of(l);
        add_export(&k, STR("$imports"), CORE_TABLE, 0);
    }
    if (l->memory_import) add_memory(&k);
    if (l->tls_type) add_tls(&k);
    return encoded(&k, STR("wit-component:shim"));
}

/* ---- the fixup module ---- */

static uint32_t import_func(Maker *k, Str name, const CoreType *type) {
    uint32_t index = type_of(k, type);
    CoreImport *import = core_import_add(k->l->arena, k->m, CORE_FUNC, (Str){0}, name);
    k->m->funcs.at[import->index].type = index;
    return import->index;
}

/* A wrapper of the function `wrapped`. */
static uint32_t add_hook(Maker *k, size_t number, uint32_t hook, uint32_t wrapped) {
    static const CoreLocals local = {1, CORE_I32};
    const LinkHook *h = &k->l->hooks.at[number];
    uint32_t result = h->type->param_count;
    Buf code = {.arena = k->l->arena};
    put_i32(&code, h->start);
    comp_put_op(&code, CORE_OP_CALL, hook, 0);
    for (uint32_t i = 0; i < h->type->param_count; i++) comp_put_op(&code, CORE_OP_LOCAL_GET, i, 0);
    comp_put_op(&code, CORE_OP_CALL, wrapped, 0);
    if (h->by_code) {
        comp_put_op(&code, CORE_OP_LOCAL_SET, result, 0);
        put_i32(&code, HOOK_ASYNC_BLOCK);
        put_i32(&code, HOOK_ASYNC_FINISH);
        comp_put_op(&code, CORE_OP_LOCAL_GET, result, 0);
        comp_put_op(&code, CORE_OP_SELECT, 0, 0);
        comp_put_op(&code, CORE_OP_CALL, hook, 0);
        comp_put_op(&code, CORE_OP_LOCAL_GET, result, 0);
    } else {
        put_i32(&code, h->finish);
        comp_put_op(&code, CORE_OP_CALL, hook, 0);
    }
    uint32_t func = add_func(k, type_of(k, h->type), &code);
    if (h->by_code) {
        k->m->funcs.at[func].locals = &local;
        k->m->funcs.at[func].local_runs = 1;
    }
    add_export(k, str_fmt(k->l->arena, "hook%zu", number), CORE_FUNC, func);
    return func;
}

/* A segment of the functions that the shim's stand for. */
static void add_elems(Maker *k, const uint32_t *funcs) {
    Arena *arena = k->l->arena;
    CoreElem *e = vec_push(arena, &k->m->elems);
    Buf start = {.arena = arena};
    *e = (CoreElem){.type = CORE_FUNCREF,
                    .count = (uint32_t)k->l->shims.len,
                    .funcs = arena_copy(arena, funcs, k->l->shims.len * sizeof *funcs)};
    if (k->l->options->return_call_ref) {
        e->flags = 3;
        return;
    }
    put_i32(&start, 0);
    comp_put_op(&start, CORE_OP_END, 0, 0);
    e->start.bytes = buf_text(&start);
}

static void add_start(Maker *k, const uint32_t *funcs, uint32_t initialize, uint32_t hook) {
    const LinkModule *m = link_main(k->l);
    bool has_globals = k->l->options->return_call_ref && k->l->shims.len;
    Buf code = {.arena = k->l->arena};
    if (!has_globals && !m->initialize.len) return;
    k->m->has_start = true;
    k->m->start = initialize;
    if (!has_globals && !m->task_hook.len) return;
    for (uint32_t i = 0; has_globals && i < k->l->shims.len; i++) {
        comp_put_op(&code, CORE_OP_REF_FUNC, funcs[i], 0);
        comp_put_op(&code, CORE_OP_GLOBAL_SET, i, 0);
    }
    if (m->initialize.len) {
        if (m->task_hook.len)
            put_i32(&code, HOOK_INITIALIZE_START), comp_put_op(&code, CORE_OP_CALL, hook, 0);
        comp_put_op(&code, CORE_OP_CALL, initialize, 0);
        if (m->task_hook.len)
            put_i32(&code, HOOK_INITIALIZE_FINISH), comp_put_op(&code, CORE_OP_CALL, hook, 0);
    }
    k->m->start = add_func(k, core_func_type_add(k->l->arena, k->m, NULL, 0, NULL, 0), &code);
}

static void import_shim_state(Maker *k) {
    Arena *arena = k->l->arena;
    uint32_t import;
    if (!k->l->options->return_call_ref) {
        uint32_t index = core_import_add(arena, k->m, CORE_TABLE, (Str){0}, STR("$imports"))->index;
        import = k->m->tables.at[index].import;
        k->m->tables.at[index] = table_of(k->l);
        k->m->tables.at[index].import = import;
        return;
    }
    for (uint32_t i = 0; i < k->l->shims.len; i++) {
        Str name = str_concat(arena, STR("g"), comp_shim_name(arena, i));
        uint32_t index = core_import_add(arena, k->m, CORE_GLOBAL, (Str){0}, name)->index;
        import = k->m->globals.at[index].import;
        k->m->globals.at[index] = global_of(type_of(k, k->l->shims.at[i].type));
        k->m->globals.at[index].import = import;
    }
}

Str comp_fixup_module(Linker *l) {
    Maker k = {.l = l, .m = core_module_new(l->arena)};
    const LinkModule *m = link_main(l);
    uint32_t *funcs = ARENA_NEW_ARRAY(l->arena, uint32_t, l->shims.len);
    uint32_t *wrapped = ARENA_NEW_ARRAY(l->arena, uint32_t, l->hooks.len);
    uint32_t initialize = 0, hook = 0;
    for (uint32_t i = 0; i < l->shims.len; i++)
        funcs[i] = import_func(&k, comp_shim_name(l->arena, i), l->shims.at[i].type);
    if (m->initialize.len)
        initialize = import_func(&k, STR("_initialize"), comp_text_type(l->arena, "", ""));
    if (l->hook.len) hook = import_func(&k, STR("hook"), comp_text_type(l->arena, "i", ""));
    for (size_t i = 0; i < l->hooks.len; i++)
        wrapped[i] = import_func(&k, str_fmt(l->arena, "to-hook%zu", i), l->hooks.at[i].type);
    if (l->shims.len) import_shim_state(&k);
    for (size_t i = 0; i < l->hooks.len; i++) wrapped[i] = add_hook(&k, i, hook, wrapped[i]);
    for (uint32_t i = 0; i < l->shims.len; i++) {
        const LinkShim *shim = &l->shims.at[i];
        const MapEntry *e =
            shim->kind == SHIM_IMPORT
                ? NULL
                : map_get(&l->hooks_by_name, comp_module_key(l, shim->owner, shim->export_name));
        if (e) funcs[i] = wrapped[e->value];
    }
    if (l->shims.len) add_elems(&k, funcs);
    add_start(&k, funcs, initialize, hook);
    return encoded(&k, STR("wit-component:fixups"));
}
