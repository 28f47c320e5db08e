/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Two small modules that untie a knot: the main module cannot be instantiated without its imports,
 * and some imports cannot be made without the main module's memory.
 *
 *     shim:   (table (export "$imports") 2 2 funcref)
 *             (func (export "0") (param ..) .. local.get .. (call_indirect (i32.const 0)))
 *     fixup:  (import "" "$imports" (table 2 2 funcref)) (import "" "0" (func ..)) ..
 *             (elem (i32.const 0) func 0 1)
 */
#include "component/componentize.h"

Str comp_shim_name(Arena *arena, uint32_t number) { return str_fmt(arena, "%u", number); }

static void put_op(Buf *code, CoreOp op, uint32_t a, uint32_t b) {
    CoreInstr i = core_instr(op);
    i.a = a, i.b = b;
    core_instr_put(code, &i);
}

static void put_i32(Buf *code, int32_t value) {
    CoreInstr i = core_instr(CORE_OP_I32_CONST);
    i.i64 = value;
    core_instr_put(code, &i);
}

static uint32_t type_of(Linker *l, CoreModule *m, const LinkShim *shim) {
    const CoreType *t = shim->type;
    return core_func_type_add(l->arena, m, t->params, t->param_count, t->results, t->result_count);
}

static void add_export(Linker *l, CoreModule *m, Str name, CoreExtern kind, uint32_t index) {
    *vec_push(l->arena, &m->exports) = (CoreExport){.name = name, .kind = kind, .index = index};
}

static CoreTable table_of(const Linker *l) {
    return (CoreTable){.type = CORE_FUNCREF,
                       .limits = {.min = l->shims.len, .max = l->shims.len, .has_max = true},
                       .import = CORE_NONE};
}

static Str encoded(Linker *l, const CoreModule *m) {
    Buf bytes = {.arena = l->arena};
    core_encode(m, &bytes);
    return buf_text(&bytes);
}

Str comp_shim_module(Linker *l) {
    CoreModule *m = core_module_new(l->arena);
    for (uint32_t i = 0; i < l->shims.len; i++) {
        const LinkShim *shim = &l->shims.at[i];
        uint32_t type = type_of(l, m, shim);
        Buf code = {.arena = l->arena};
        for (uint32_t k = 0; k < shim->type->param_count; k++) put_op(&code, CORE_OP_LOCAL_GET, k, 0);
        put_i32(&code, (int32_t)i);
        put_op(&code, CORE_OP_CALL_INDIRECT, type, 0);
        put_op(&code, CORE_OP_END, 0, 0);
        CoreFunc *f = core_func_add(l->arena, m, type);
        f->body.bytes = buf_text(&code);
        add_export(l, m, comp_shim_name(l->arena, i), CORE_FUNC, i);
    }
    *vec_push(l->arena, &m->tables) = table_of(l);
    add_export(l, m, STR("$imports"), CORE_TABLE, 0);
    return encoded(l, m);
}

static void add_elems(Linker *l, CoreModule *m) {
    Buf start = {.arena = l->arena};
    put_i32(&start, 0);
    put_op(&start, CORE_OP_END, 0, 0);
    uint32_t *funcs = ARENA_NEW_ARRAY(l->arena, uint32_t, l->shims.len);
    for (uint32_t i = 0; i < l->shims.len; i++) funcs[i] = i;
    *vec_push(l->arena, &m->elems) = (CoreElem){.start = {.bytes = buf_text(&start)},
                                                .type = CORE_FUNCREF,
                                                .count = (uint32_t)l->shims.len,
                                                .funcs = funcs};
}

Str comp_fixup_module(Linker *l) {
    CoreModule *m = core_module_new(l->arena);
    for (uint32_t i = 0; i < l->shims.len; i++) {
        uint32_t type = type_of(l, m, &l->shims.at[i]);
        CoreImport *import =
            core_import_add(l->arena, m, CORE_FUNC, (Str){0}, comp_shim_name(l->arena, i));
        m->funcs.at[import->index].type = type;
    }
    if (l->shims.len) {
        uint32_t index = core_import_add(l->arena, m, CORE_TABLE, (Str){0}, STR("$imports"))->index;
        uint32_t import = m->tables.at[index].import;
        m->tables.at[index] = table_of(l);
        m->tables.at[index].import = import;
        add_elems(l, m);
    }
    if (l->initialize.len) {
        uint32_t type = core_func_type_add(l->arena, m, NULL, 0, NULL, 0);
        CoreImport *import = core_import_add(l->arena, m, CORE_FUNC, (Str){0}, STR("_initialize"));
        m->funcs.at[import->index].type = type;
        m->has_start = true;
        m->start = import->index;
    }
    return encoded(l, m);
}
