/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The two modules that libraries are linked with (link_libraries.c):
 *
 *     env    (memory (export "memory") ..) (table (export "__indirect_function_table") ..)
 *            (global (export "__stack_pointer") (mut i32) ..) (global (export "L:__memory_base") i32 ..)
 *            (global (export "L:GOT.mem:x") (mut i32) ..)
 *            (func (export "call0:f") (param ..) local.get .. (call_indirect (i32.const slot)))
 *     init   (elem ..) (data ..) (start ..)
 *
 * A stub is a function of env that only traps. Init computes addresses (the memory base of a library
 * and the offset that it exports), calls `__wasm_apply_data_relocs` of each library, and then, in a
 * task if there is a hook for it, the constructors.
 */
#include "component/link_libraries.h"

typedef struct {
    const LinkPlan *p;
    Arena *arena;
    CoreModule *m;
    Map imports; /* init: what is imported already -> index in its space */
} Maker;

static uint32_t type_of(Maker *k, const CoreType *t) {
    return core_func_type_add(k->arena, k->m, t->params, t->param_count, t->results,
                              t->result_count);
}

static void add_export(Maker *k, Str name, CoreExtern kind, uint32_t index) {
    *vec_push(k->arena, &k->m->exports) = (CoreExport){.name = name, .kind = kind, .index = index};
}

static void put_i32(Buf *code, uint32_t value) { comp_put_const(code, CORE_I32, (int32_t)value); }
static void put_end(Buf *code) { comp_put_op(code, CORE_OP_END, 0, 0); }

static CoreExpr constant(Maker *k, uint32_t value) {
    Buf code = {.arena = k->arena};
    put_i32(&code, value);
    put_end(&code);
    return (CoreExpr){.bytes = buf_text(&code)};
}

static uint32_t add_func(Maker *k, const CoreType *type, Buf *code) {
    uint32_t index = (uint32_t)k->m->funcs.len;
    put_end(code);
    core_func_add(k->arena, k->m, type_of(k, type))->body.bytes = buf_text(code);
    return index;
}

static void put_mem(Buf *code, CoreOp op, uint32_t offset) {
    CoreInstr i = core_instr(op);
    i.mem.align = 2;
    i.mem.offset = offset;
    core_instr_put(code, &i);
}

static Str encoded(Maker *k) {
    Buf bytes = {.arena = k->arena};
    core_encode(k->m, &bytes);
    return buf_text(&bytes);
}

/* ---- env ---- */

static void add_global(Maker *k, Str name, uint32_t value, bool mutable) {
    add_export(k, name, CORE_GLOBAL, (uint32_t)k->m->globals.len);
    *vec_push(k->arena, &k->m->globals) = (CoreGlobal){
        .type = CORE_I32, .mutable = mutable, .import = CORE_NONE, .init = constant(k, value)};
}

static void add_globals(Maker *k) {
    const LinkPlan *p = k->p;
    const struct {
        const char *name;
        uint32_t value;
        bool is_const;
    } all[] = {{"__stack_pointer", p->stack_size, false},
               {"__init_stack_pointer", p->stack_size, true},
               {"__asyncify_state", 0, false},
               {"__asyncify_data", 0, false},
               {"__stack_high", p->stack_size, false},
               {"__stack_low", 0, false},
               {"__wasm_libdl_libraries", p->dl_libraries, false},
               {"__wasm_program_tls_info", p->tls_program, false}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        add_global(k, str_from(all[i].name), all[i].value, !all[i].is_const);
    for (size_t i = 0; i < p->order.len; i++) {
        const LinkLibrary *lib = &p->libraries.at[p->order.at[i]];
        add_global(k, str_concat(k->arena, lib->name, STR(":__memory_base")), lib->memory_base,
                   false);
        add_global(k, str_concat(k->arena, lib->name, STR(":__table_base")), lib->table_base,
                   false);
    }
    for (size_t i = 0; i < p->globals.len; i++)
        add_global(k, p->globals.entries[i].key, (uint32_t)p->globals.entries[i].value, true);
}

static void add_call(Maker *k, const LinkSlot *s) {
    Buf code = {.arena = k->arena};
    if (s->library == COMP_NONE) {
        comp_put_op(&code, CORE_OP_UNREACHABLE, 0, 0);
    } else {
        for (uint32_t i = 0; i < s->type->param_count; i++)
            comp_put_op(&code, CORE_OP_LOCAL_GET, i, 0);
        put_i32(&code, s->slot);
        comp_put_op(&code, CORE_OP_CALL_INDIRECT, type_of(k, s->type), 0);
    }
    add_export(k, s->env_name, CORE_FUNC, add_func(k, s->type, &code));
}

/* The array of a thread's bases is at context slot 1; without threads, and before the main thread's
 * slot is set, it is the main thread's. */
static void add_tls(Maker *k, const LinkLibrary *lib, uint32_t context) {
    static const CoreLocals local = {1, CORE_I32};
    const LinkPlan *p = k->p;
    const CoreType *getter = comp_text_type(k->arena, "", "i");
    const CoreType *setter = comp_text_type(k->arena, "i", "");
    Buf get = {.arena = k->arena}, set = {.arena = k->arena};
    uint32_t at = 4 * lib->tls_slot;
    if (lib->tls_slot == CORE_NONE) {
        comp_put_op(&get, CORE_OP_UNREACHABLE, 0, 0);
        comp_put_op(&set, CORE_OP_UNREACHABLE, 0, 0);
    } else if (context == CORE_NONE) {
        put_i32(&get, p->tls_base);
        put_mem(&get, CORE_OP_I32_LOAD, at);
        put_i32(&set, p->tls_base);
        comp_put_op(&set, CORE_OP_LOCAL_GET, 0, 0);
        put_mem(&set, CORE_OP_I32_STORE, at);
    } else {
        comp_put_op(&get, CORE_OP_CALL, context, 0);
        put_mem(&get, CORE_OP_I32_LOAD, at);
        put_i32(&set, p->tls_base);
        comp_put_op(&set, CORE_OP_CALL, context, 0);
        comp_put_op(&set, CORE_OP_LOCAL_TEE, 1, 0);
        comp_put_op(&set, CORE_OP_LOCAL_GET, 1, 0);
        comp_put_op(&set, CORE_OP_I32_EQZ, 0, 0);
        comp_put_op(&set, CORE_OP_SELECT, 0, 0);
        comp_put_op(&set, CORE_OP_LOCAL_GET, 0, 0);
        put_mem(&set, CORE_OP_I32_STORE, at);
    }
    add_export(k, str_concat(k->arena, lib->name, STR(":__wasm_get_tls_base")), CORE_FUNC,
               add_func(k, getter, &get));
    uint32_t func = add_func(k, setter, &set);
    k->m->funcs.at[func].locals = &local;
    k->m->funcs.at[func].local_runs = 1;
    add_export(k, str_concat(k->arena, lib->name, STR(":__wasm_set_tls_base")), CORE_FUNC, func);
}

static bool imports_tls(const LinkLibrary *lib) {
    for (size_t i = 0; i < lib->core->imports.len; i++) {
        const CoreImport *import = &lib->core->imports.at[i];
        if (str_is(import->module, "env") && (str_is(import->name, "__wasm_get_tls_base") ||
                                              str_is(import->name, "__wasm_set_tls_base")))
            return true;
    }
    return false;
}

static void add_all_tls(Maker *k, uint32_t context) {
    for (size_t i = 0; i < k->p->order.len; i++) {
        const LinkLibrary *lib = &k->p->libraries.at[k->p->order.at[i]];
        if (imports_tls(lib)) add_tls(k, lib, context);
    }
}

static bool any_tls(const LinkPlan *p) {
    for (size_t i = 0; i < p->order.len; i++)
        if (imports_tls(&p->libraries.at[p->order.at[i]])) return true;
    return false;
}

Str comp_env_module(const LinkPlan *p) {
    Maker k = {.p = p, .arena = p->arena, .m = core_module_new(p->arena)};
    uint32_t context = CORE_NONE;
    if (p->has_threads && any_tls(p)) {
        const CoreType *getter = comp_text_type(p->arena, "", "i");
        uint32_t type = type_of(&k, getter);
        context =
            core_import_add(p->arena, k.m, CORE_FUNC, STR("$root"), STR("[context-get-1]"))->index;
        k.m->funcs.at[context].type = type;
    }
    *vec_push(p->arena, &k.m->memories) =
        (CoreMemory){.limits = {.min = p->pages}, .import = CORE_NONE};
    add_export(&k, STR("memory"), CORE_MEMORY, 0);
    *vec_push(p->arena, &k.m->tables) =
        (CoreTable){.type = CORE_FUNCREF, .limits = {.min = p->table_size}, .import = CORE_NONE};
    add_export(&k, STR("__indirect_function_table"), CORE_TABLE, 0);
    add_globals(&k);
    for (size_t i = 0; i < p->slots.len; i++)
        if (p->slots.at[i].is_called || p->slots.at[i].library == COMP_NONE)
            add_call(&k, &p->slots.at[i]);
    add_all_tls(&k, context);
    return encoded(&k);
}

/* ---- init ---- */

static Str library_name(Maker *k, size_t number) { return str_fmt(k->arena, "%zu", number); }

static uint32_t import_func(Maker *k, Str module, Str name, const CoreType *type) {
    bool added;
    MapEntry *e = map_put(k->arena, &k->imports, comp_import_key(k->arena, module, name), &added);
    if (!added) return (uint32_t)e->value;
    uint32_t index = type_of(k, type);
    uint32_t func = core_import_add(k->arena, k->m, CORE_FUNC, module, name)->index;
    k->m->funcs.at[func].type = index;
    e->value = func;
    return func;
}

static uint32_t import_global(Maker *k, Str module, Str name, bool mutable) {
    bool added;
    MapEntry *e = map_put(k->arena, &k->imports, comp_import_key(k->arena, module, name), &added);
    if (!added) return (uint32_t)e->value;
    uint32_t index = core_import_add(k->arena, k->m, CORE_GLOBAL, module, name)->index;
    k->m->globals.at[index].type = CORE_I32;
    k->m->globals.at[index].mutable = mutable;
    e->value = index;
    return index;
}

static void add_elem(Maker *k, uint32_t at, const uint32_t *funcs, size_t count) {
    if (!count) return;
    *vec_push(k->arena, &k->m->elems) = (CoreElem){
        .type = CORE_FUNCREF, .count = (uint32_t)count, .funcs = funcs, .start = constant(k, at)};
}

static void add_data(Maker *k, uint32_t at, Str bytes) {
    CoreData *data = vec_push(k->arena, &k->m->datas);
    CoreExpr start = constant(k, at);
    core_data_set_start(k->arena, data, &start);
    core_data_set_bytes(data, bytes);
}

static void add_tables(Maker *k) {
    const LinkPlan *p = k->p;
    uint32_t *dl = ARENA_NEW_ARRAY(k->arena, uint32_t, p->dl_funcs.len);
    uint32_t *slots = ARENA_NEW_ARRAY(k->arena, uint32_t, p->slots.len);
    for (size_t i = 0; i < p->dl_funcs.len; i++) {
        const LinkSlot *s = &p->dl_funcs.at[i];
        dl[i] = import_func(k, library_name(k, s->library), s->name, s->type);
    }
    for (size_t i = 0; i < p->slots.len; i++) {
        const LinkSlot *s = &p->slots.at[i];
        bool is_stub = s->library == COMP_NONE;
        slots[i] = import_func(k, is_stub ? STR("env") : library_name(k, s->library),
                               is_stub ? s->env_name : s->name, s->type);
    }
    add_elem(k, p->table_base, dl, p->dl_funcs.len);
    add_elem(k, p->slot_base, slots, p->slots.len);
}

static void put_addresses(Maker *k, Buf *code) {
    const LinkPlan *p = k->p;
    for (size_t i = 0; i < p->addresses.len; i++) {
        const LinkAddress *a = &p->addresses.at[i];
        uint32_t offset = import_global(k, library_name(k, a->library), a->symbol, false);
        if (!a->global.len) put_i32(code, a->address);
        put_i32(code, p->libraries.at[a->library].memory_base);
        comp_put_op(code, CORE_OP_GLOBAL_GET, offset, 0);
        comp_put_op(code, CORE_OP_I32_ADD, 0, 0);
        if (a->global.len)
            comp_put_op(code, CORE_OP_GLOBAL_SET, import_global(k, STR("env"), a->global, true), 0);
        else put_mem(code, CORE_OP_I32_STORE, 0);
    }
}

/* Calls the function of each library that has it, in order. */
static void put_calls(Maker *k, Str name, Buf *code) {
    const CoreType *plain = comp_text_type(k->arena, "", "");
    for (size_t i = 0; i < k->p->order.len; i++) {
        size_t number = k->p->order.at[i];
        const CoreExport *e = core_export_find(k->p->libraries.at[number].core, name);
        if (e && e->kind == CORE_FUNC)
            comp_put_op(code, CORE_OP_CALL, import_func(k, library_name(k, number), name, plain),
                        0);
    }
}

Str comp_init_module(const LinkPlan *p, const LinkLibrary *hook_library, Str hook) {
    Maker k = {.p = p, .arena = p->arena, .m = core_module_new(p->arena)};
    Buf code = {.arena = p->arena}, user = {.arena = p->arena};
    core_import_add(p->arena, k.m, CORE_MEMORY, STR("env"), STR("memory"));
    uint32_t table =
        core_import_add(p->arena, k.m, CORE_TABLE, STR("env"), STR("__indirect_function_table"))
            ->index;
    k.m->tables.at[table].type = CORE_FUNCREF;
    add_tables(&k);
    put_addresses(&k, &code);
    put_calls(&k, STR("__wasm_apply_data_relocs"), &code);
    for (size_t i = 0; i < p->order.len; i++) {
        size_t number = p->order.at[i];
        const CoreModule *m = p->libraries.at[number].core;
        Str name = STR("__wasm_call_ctors");
        if (!core_export_find(m, name)) name = STR("_initialize");
        const CoreExport *e = core_export_find(m, name);
        if (!e || e->kind != CORE_FUNC) continue;
        comp_put_op(
            &user, CORE_OP_CALL,
            import_func(&k, library_name(&k, number), name, comp_text_type(k.arena, "", "")), 0);
    }
    uint32_t hook_func = 0;
    if (hook.len && user.len) {
        size_t number = (size_t)(hook_library - p->libraries.at);
        hook_func =
            import_func(&k, library_name(&k, number), hook, comp_text_type(k.arena, "i", ""));
        put_i32(&code, HOOK_INITIALIZE_START);
        comp_put_op(&code, CORE_OP_CALL, hook_func, 0);
    }
    buf_str(&code, buf_text(&user));
    if (hook.len && user.len) {
        put_i32(&code, HOOK_INITIALIZE_FINISH);
        comp_put_op(&code, CORE_OP_CALL, hook_func, 0);
    }
    if (code.len) {
        k.m->has_start = true;
        k.m->start = add_func(&k, comp_text_type(k.arena, "", ""), &code);
    }
    add_data(&k, p->dl_base, buf_text(&p->dl));
    if (p->tls_count) {
        Buf info = {.arena = k.arena};
        buf_fixed32(&info, p->tls_count);
        buf_fixed32(&info, p->tls_info);
        buf_fixed32(&info, p->tls_base);
        add_data(&k, p->tls_program, buf_text(&info));
    }
    return encoded(&k);
}
