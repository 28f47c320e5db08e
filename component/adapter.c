/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Adapter modules cut to size. An adapter serves a whole interface of old, a program uses a part of
 * it, and an adapter lives in the program's memory:
 *
 *     liveness     from the exports that are needed, over functions, globals, tables and types
 *     renumbering  what is live moves together; instructions are rewritten one at a time
 *     stack        a mutable i32 global named `__stack_pointer` must point to memory that nobody
 *                  else has. With a global `allocation_state` the first exported function that is
 *                  called asks the main module's realloc for it:
 *                      0 not yet, 1 the realloc is running (and may call the adapter), 2 done
 *                  without one, or without a realloc, a start function does, by memory.grow
 *
 * Our own adapter (adapter/guest) reaches what it keeps by functions whose names begin with `state_`.
 * They get a memory that the adapter itself defines: nothing is taken from the program, whose heap
 * may well think that the whole memory belongs to it.
 *
 * An import of the main module's realloc gets the name that it has there. Where there is none, it
 * becomes a function that grows the memory by a page, which is all that adapters ask for.
 */
#include <stdlib.h>

#include "component/componentize.h"

enum { SPACES = CORE_GLOBAL + 1, SPACE_TYPE = CORE_EXTERN_COUNT, ALL_SPACES };

typedef struct {
    uint32_t space, index;
} Mark;

typedef struct {
    Linker *l;
    Arena *arena;
    const LinkModule *module;
    const CoreModule *m;
    CoreModule *out;
    bool *live[ALL_SPACES];
    uint32_t *to[ALL_SPACES]; /* old index -> new index of what is live */
    VEC(Mark) work;
    bool failed, uses_state;
    uint32_t state_memory;
    uint32_t realloc, grow, allocate; /* new indices of functions, CORE_NONE: not there */
} Cutter;

static uint32_t space_size(const CoreModule *m, uint32_t space) {
    return space == SPACE_TYPE ? (uint32_t)m->types.len : core_count(m, (CoreExtern)space);
}

/* ---- what is alive ---- */

static void mark(Cutter *c, uint32_t space, uint32_t index) {
    if (index >= space_size(c->m, space) || c->live[space][index]) return;
    c->live[space][index] = true;
    *vec_push(c->arena, &c->work) = (Mark){space, index};
}

static void mark_val(Cutter *c, CoreValType t) {
    if (core_is_ref(t) && core_is_concrete(t)) mark(c, SPACE_TYPE, core_type_index(t));
}

/* A type keeps its whole group. */
static void mark_parts_of_type(Cutter *c, uint32_t index) {
    const CoreType *t = &c->m->types.at[index];
    const CoreGroup *g = &c->m->groups.at[t->group];
    for (uint32_t i = 0; i < g->count; i++) mark(c, SPACE_TYPE, g->first + i);
    uint32_t others[] = {t->super, t->descriptor, t->describes};
    for (size_t i = 0; i < 3; i++)
        if (others[i] != CORE_NONE) mark(c, SPACE_TYPE, others[i]);
    if (t->kind == CORE_TYPE_CONT) mark(c, SPACE_TYPE, t->cont);
    for (uint32_t i = 0; i < t->param_count; i++) mark_val(c, t->params[i]);
    for (uint32_t i = 0; i < t->result_count; i++) mark_val(c, t->results[i]);
    for (uint32_t i = 0; i < t->field_count; i++) mark_val(c, t->fields[i].type);
}

/* The parts of an instruction that are indices, told to `part`, which may change them. */
typedef uint32_t IndexPart(Cutter *c, uint32_t space, uint32_t index);

static void val_part(Cutter *c, IndexPart *part, CoreValType *t) {
    if (!core_is_ref(*t) || !core_is_concrete(*t)) return;
    uint32_t index = part(c, SPACE_TYPE, core_type_index(*t));
    *t = (*t & 0xff) | index << 8;
}

static void block_part(Cutter *c, IndexPart *part, CoreBlockType *block) {
    if (block->kind == CORE_BLOCK_RESULT) val_part(c, part, &block->result);
    if (block->kind == CORE_BLOCK_TYPE) block->type = part(c, SPACE_TYPE, block->type);
}

static void select_part(Cutter *c, IndexPart *part, CoreList *list) {
    Buf bytes = {.arena = c->arena};
    CoreList rest = *list;
    for (uint32_t i = 0; i < list->count; i++) {
        CoreValType t = core_list_type(&rest);
        val_part(c, part, &t);
        core_put_val_type(&bytes, t);
    }
    list->bytes = buf_text(&bytes);
}

/* ---- the state of our own adapter ---- */

/* Its functions over a page of the program's memory become functions over a memory of its own. */
static Str state_name(const Cutter *c, uint32_t index) {
    for (size_t i = 0; i < c->m->exports.len && c->module->has_own_state; i++) {
        const CoreExport *e = &c->m->exports.at[i];
        if (e->kind == CORE_FUNC && e->index == index && str_starts(e->name, STR("state_")))
            return e->name;
    }
    return (Str){0};
}

static bool is_state_func(const Cutter *c, uint32_t index) { return state_name(c, index).len; }

/* Tags, data segments and element segments are the same before and after. */
static void instr_parts(Cutter *c, IndexPart *part, CoreInstr *in) {
    CoreImm imm = core_op_info[in->op].imm;
    switch (imm) {
    case CORE_IMM_BLOCK:
    case CORE_IMM_TRY_TABLE: block_part(c, part, &in->block); break;
    case CORE_IMM_FUNC: in->a = part(c, CORE_FUNC, in->a); break;
    case CORE_IMM_TYPE_TABLE: in->b = part(c, CORE_TABLE, in->b); /* fall through */
    case CORE_IMM_TYPE:
    case CORE_IMM_TYPE_FIELD:
    case CORE_IMM_TYPE_COUNT:
    case CORE_IMM_TYPE_DATA:
    case CORE_IMM_TYPE_ELEM:
    case CORE_IMM_TYPE_TAG:
    case CORE_IMM_RESUME:
    case CORE_IMM_RESUME_THROW:
    case CORE_IMM_ORDER_TYPE:
    case CORE_IMM_ORDER_TYPE_FIELD: in->a = part(c, SPACE_TYPE, in->a); break;
    case CORE_IMM_TYPE_TYPE:
        in->a = part(c, SPACE_TYPE, in->a);
        in->b = part(c, SPACE_TYPE, in->b);
        break;
    case CORE_IMM_GLOBAL:
    case CORE_IMM_ORDER_GLOBAL: in->a = part(c, CORE_GLOBAL, in->a); break;
    case CORE_IMM_TABLE:
    case CORE_IMM_ORDER_TABLE: in->a = part(c, CORE_TABLE, in->a); break;
    case CORE_IMM_ELEM_TABLE: in->b = part(c, CORE_TABLE, in->b); break;
    case CORE_IMM_TABLE_TABLE:
        in->a = part(c, CORE_TABLE, in->a);
        in->b = part(c, CORE_TABLE, in->b);
        break;
    case CORE_IMM_MEMORY: in->a = part(c, CORE_MEMORY, in->a); break;
    case CORE_IMM_DATA_MEMORY: in->b = part(c, CORE_MEMORY, in->b); break;
    case CORE_IMM_MEMORY_MEMORY:
        in->a = part(c, CORE_MEMORY, in->a);
        in->b = part(c, CORE_MEMORY, in->b);
        break;
    case CORE_IMM_SELECT: select_part(c, part, &in->list); break;
    case CORE_IMM_CAST: val_part(c, part, &in->type[1]); /* fall through */
    case CORE_IMM_HEAP: val_part(c, part, &in->type[0]); break;
    default:
        if (imm >= CORE_IMM_MEM8 && imm <= CORE_IMM_MEM64_LANE)
            in->mem.memory = part(c, CORE_MEMORY, in->mem.memory);
        break;
    }
}

static uint32_t mark_part(Cutter *c, uint32_t space, uint32_t index) {
    mark(c, space, index);
    return index;
}

static void mark_expr(Cutter *c, const CoreExpr *expr) {
    Reader r = core_expr_reader(c->m, expr, NULL);
    CoreInstr in;
    while (!reader_at_end(&r) && core_instr_next(&r, &in)) instr_parts(c, mark_part, &in);
}

static void mark_func(Cutter *c, uint32_t index) {
    const CoreFunc *f = &c->m->funcs.at[index];
    mark(c, SPACE_TYPE, f->type);
    if (f->import != CORE_NONE) return;
    if (is_state_func(c, index)) {
        c->uses_state = true;
        return;
    }
    for (uint32_t i = 0; i < f->local_runs; i++) mark_val(c, f->locals[i].type);
    mark_expr(c, &f->body);
}

static void mark_elem(Cutter *c, const CoreElem *e) {
    mark_val(c, e->type);
    if (core_elem_active(e)) {
        mark(c, CORE_TABLE, e->table);
        mark_expr(c, &e->start);
    }
    for (uint32_t i = 0; i < e->count; i++) {
        if (core_elem_has_exprs(e)) mark_expr(c, &e->exprs[i]);
        else mark(c, CORE_FUNC, e->funcs[i]);
    }
}

static void mark_all(Cutter *c, const Map *roots) {
    for (size_t i = 0; i < c->m->exports.len; i++)
        if (map_get(roots, c->m->exports.at[i].name))
            mark(c, c->m->exports.at[i].kind, c->m->exports.at[i].index);
    for (size_t i = 0; i < c->m->elems.len; i++) mark_elem(c, &c->m->elems.at[i]);
    while (c->work.len) {
        Mark at = vec_pop(&c->work);
        switch (at.space) {
        case CORE_FUNC: mark_func(c, at.index); break;
        case CORE_TABLE:
            mark_val(c, c->m->tables.at[at.index].type);
            if (c->m->tables.at[at.index].has_init) mark_expr(c, &c->m->tables.at[at.index].init);
            break;
        case CORE_GLOBAL:
            mark_val(c, c->m->globals.at[at.index].type);
            if (c->m->globals.at[at.index].import == CORE_NONE)
                mark_expr(c, &c->m->globals.at[at.index].init);
            break;
        case SPACE_TYPE: mark_parts_of_type(c, at.index); break;
        default: break;
        }
    }
}

/* ---- the new module ---- */

/* Bodies have not been validated: an index may be out of range, and stays so. */
static uint32_t new_part(Cutter *c, uint32_t space, uint32_t index) {
    return index < space_size(c->m, space) ? c->to[space][index] : CORE_NONE - 1;
}

static CoreValType new_val(Cutter *c, CoreValType t) {
    val_part(c, new_part, &t);
    return t;
}

static const CoreValType *new_vals(Cutter *c, const CoreValType *types, uint32_t n) {
    CoreValType *out = ARENA_NEW_ARRAY(c->arena, CoreValType, n);
    for (uint32_t i = 0; i < n; i++) out[i] = new_val(c, types[i]);
    return out;
}

static void copy_instrs(Cutter *c, const CoreExpr *expr, Buf *code) {
    Reader r = core_expr_reader(c->m, expr, NULL);
    CoreInstr in;
    while (!reader_at_end(&r) && core_instr_next(&r, &in)) {
        instr_parts(c, new_part, &in);
        core_instr_put(code, &in);
    }
}

static CoreExpr new_expr(Cutter *c, const CoreExpr *expr) {
    Buf code = {.arena = c->arena};
    copy_instrs(c, expr, &code);
    return (CoreExpr){.bytes = buf_text(&code)};
}

/* Numbers what is live, imports first: they are at the front already. */
static void number(Cutter *c, uint32_t space) {
    uint32_t next = 0;
    for (uint32_t i = 0; i < space_size(c->m, space); i++)
        if (c->live[space][i]) c->to[space][i] = next++;
}

static uint32_t new_type(Cutter *c, uint32_t index) {
    return index == CORE_NONE ? CORE_NONE : c->to[SPACE_TYPE][index];
}

static void copy_types(Cutter *c) {
    for (size_t g = 0; g < c->m->groups.len; g++) {
        const CoreGroup *group = &c->m->groups.at[g];
        if (!group->count || !c->live[SPACE_TYPE][group->first]) continue;
        uint32_t first = core_group_add(c->arena, c->out, group->count, group->written);
        for (uint32_t i = 0; i < group->count; i++) {
            CoreType *to = &c->out->types.at[first + i];
            const CoreType *from = &c->m->types.at[group->first + i];
            uint32_t number_of_group = to->group;
            *to = *from;
            to->group = number_of_group;
            to->super = new_type(c, from->super);
            to->descriptor = new_type(c, from->descriptor);
            to->describes = new_type(c, from->describes);
            if (from->kind == CORE_TYPE_CONT) to->cont = new_type(c, from->cont);
            to->params = new_vals(c, from->params, from->param_count);
            to->results = new_vals(c, from->results, from->result_count);
            CoreField *fields = ARENA_NEW_ARRAY(c->arena, CoreField, from->field_count);
            for (uint32_t k = 0; k < from->field_count; k++)
                fields[k] = (CoreField){new_val(c, from->fields[k].type), from->fields[k].mutable};
            to->fields = fields;
        }
    }
}

static bool is_realloc(const CoreImport *import) {
    return import->kind == CORE_FUNC && str_is(import->module, "__main_module__") &&
           (str_is(import->name, "canonical_abi_realloc") || str_is(import->name, "cabi_realloc"));
}

static uint32_t import_func(Cutter *c, Str module, Str name, uint32_t type, uint32_t offset) {
    CoreImport *import = core_import_add(c->arena, c->out, CORE_FUNC, module, name);
    import->offset = offset;
    c->out->funcs.at[import->index].type = type;
    return import->index;
}

static void copy_import(Cutter *c, const CoreImport *from, Str realloc) {
    if (!c->live[from->kind][from->index]) return;
    if (from->kind == CORE_FUNC) {
        bool renamed = is_realloc(from);
        uint32_t type = c->to[SPACE_TYPE][c->m->funcs.at[from->index].type];
        if (renamed && !realloc.len) return; /* becomes a function */
        uint32_t index =
            import_func(c, from->module, renamed ? realloc : from->name, type, from->offset);
        c->to[CORE_FUNC][from->index] = index;
        if (renamed) c->realloc = index;
        return;
    }
    CoreImport *import = core_import_add(c->arena, c->out, from->kind, from->module, from->name);
    import->offset = from->offset;
    uint32_t at = import->index, number_of_import = (uint32_t)(c->out->imports.len - 1);
    if (from->kind == CORE_TABLE) {
        c->out->tables.at[at] = c->m->tables.at[from->index];
        c->out->tables.at[at].type = new_val(c, c->m->tables.at[from->index].type);
        c->out->tables.at[at].import = number_of_import;
    } else if (from->kind == CORE_MEMORY) {
        c->out->memories.at[at] = c->m->memories.at[from->index];
        c->out->memories.at[at].import = number_of_import;
    } else {
        c->out->globals.at[at] = c->m->globals.at[from->index];
        c->out->globals.at[at].type = new_val(c, c->m->globals.at[from->index].type);
        c->out->globals.at[at].import = number_of_import;
    }
}

static void copy_tables_and_globals(Cutter *c) {
    for (size_t i = 0; i < c->m->tables.len; i++) {
        if (!c->live[CORE_TABLE][i] || c->m->tables.at[i].import != CORE_NONE) continue;
        CoreTable *t = vec_push(c->arena, &c->out->tables);
        *t = c->m->tables.at[i];
        t->type = new_val(c, t->type);
        if (t->has_init) t->init = new_expr(c, &t->init);
    }
    for (size_t i = 0; i < c->m->globals.len; i++) {
        if (!c->live[CORE_GLOBAL][i] || c->m->globals.at[i].import != CORE_NONE) continue;
        CoreGlobal *g = vec_push(c->arena, &c->out->globals);
        *g = c->m->globals.at[i];
        g->type = new_val(c, g->type);
        g->init = new_expr(c, &g->init);
    }
}

static void copy_elems(Cutter *c) {
    for (size_t i = 0; i < c->m->elems.len; i++) {
        CoreElem *e = vec_push(c->arena, &c->out->elems);
        *e = c->m->elems.at[i];
        e->type = new_val(c, e->type);
        if (core_elem_active(e)) {
            e->table = c->to[CORE_TABLE][e->table];
            e->start = new_expr(c, &e->start);
        }
        if (core_elem_has_exprs(e)) {
            CoreExpr *exprs = ARENA_NEW_ARRAY(c->arena, CoreExpr, e->count);
            for (uint32_t k = 0; k < e->count; k++) exprs[k] = new_expr(c, &e->exprs[k]);
            e->exprs = exprs;
        } else {
            uint32_t *funcs = ARENA_NEW_ARRAY(c->arena, uint32_t, e->count);
            for (uint32_t k = 0; k < e->count; k++) funcs[k] = c->to[CORE_FUNC][e->funcs[k]];
            e->funcs = funcs;
        }
    }
}

/* ---- the stack ---- */

static void put(Buf *code, CoreOp op, uint32_t a) {
    CoreInstr in = core_instr(op);
    in.a = a;
    core_instr_put(code, &in);
}

static void put_const(Buf *code, int32_t value) {
    CoreInstr in = core_instr(CORE_OP_I32_CONST);
    in.i64 = value;
    core_instr_put(code, &in);
}

static void put_if(Buf *code) {
    CoreInstr in = core_instr(CORE_OP_IF);
    in.block.kind = CORE_BLOCK_EMPTY;
    core_instr_put(code, &in);
}

enum { PAGE = 65536 };

/* if (value != local) trap */
static void put_check(Buf *code, int32_t value, uint32_t local) {
    put_const(code, value);
    put(code, CORE_OP_LOCAL_GET, local);
    put(code, CORE_OP_I32_NE, 0);
    put_if(code);
    put(code, CORE_OP_UNREACHABLE, 0);
    put(code, CORE_OP_END, 0);
}

/* realloc(0, 0, any, PAGE) by memory.grow. */
static void add_grow(Cutter *c) {
    const CoreValType i32[] = {CORE_I32, CORE_I32, CORE_I32, CORE_I32};
    uint32_t type = core_func_type_add(c->arena, c->out, i32, 4, i32, 1);
    Buf code = {.arena = c->arena};
    put_check(&code, 0, 0);
    put_check(&code, 0, 1);
    put_check(&code, PAGE, 3);
    put_const(&code, 1);
    put(&code, CORE_OP_MEMORY_GROW, 0);
    put(&code, CORE_OP_LOCAL_TEE, 4);
    put_const(&code, -1);
    put(&code, CORE_OP_I32_EQ, 0);
    put_if(&code);
    put(&code, CORE_OP_UNREACHABLE, 0);
    put(&code, CORE_OP_END, 0);
    put(&code, CORE_OP_LOCAL_GET, 4);
    put_const(&code, 16);
    put(&code, CORE_OP_I32_SHL, 0);
    put(&code, CORE_OP_END, 0);
    CoreFunc *f = core_func_add(c->arena, c->out, type);
    static const CoreLocals local = {1, CORE_I32};
    f->locals = &local;
    f->local_runs = 1;
    f->body.bytes = buf_text(&code);
}

/* Sets the stack pointer to the end of a new page; `state` (CORE_NONE: none) says whether it has. */
static void add_allocate(Cutter *c, uint32_t realloc, uint32_t pointer, uint32_t state) {
    Buf code = {.arena = c->arena};
    if (state != CORE_NONE) {
        put(&code, CORE_OP_GLOBAL_GET, state);
        put(&code, CORE_OP_I32_EQZ, 0);
        put_if(&code);
        put_const(&code, 1);
        put(&code, CORE_OP_GLOBAL_SET, state);
    }
    put_const(&code, 0);
    put_const(&code, 0);
    put_const(&code, 8);
    put_const(&code, PAGE);
    put(&code, CORE_OP_CALL, realloc);
    put_const(&code, PAGE);
    put(&code, CORE_OP_I32_ADD, 0);
    put(&code, CORE_OP_GLOBAL_SET, pointer);
    if (state != CORE_NONE) {
        put_const(&code, 2);
        put(&code, CORE_OP_GLOBAL_SET, state);
        put(&code, CORE_OP_END, 0);
    }
    put(&code, CORE_OP_END, 0);
    uint32_t type = core_func_type_add(c->arena, c->out, NULL, 0, NULL, 0);
    core_func_add(c->arena, c->out, type)->body.bytes = buf_text(&code);
}

/* The live mutable i32 global of that name, by its new index; CORE_NONE: there is none. */
static uint32_t find_global(Cutter *c, const char *name) {
    uint32_t found = CORE_NONE;
    for (uint32_t i = 0; i < c->m->globals.len; i++) {
        const CoreGlobal *g = &c->m->globals.at[i];
        if (!c->live[CORE_GLOBAL][i] || !g->mutable || g->type != CORE_I32 ||
            !str_is(core_name(&c->m->names.globals, i), name))
            continue;
        if (found != CORE_NONE) {
            diag(c->l->diags, LINK_ADAPTER_GLOBAL, span_at(c->module->source, g->offset),
                 STR_ARG(c->module->name), name);
            c->failed = true;
        }
        found = c->to[CORE_GLOBAL][i];
    }
    return found;
}

/* ---- the memory of our own adapter's state ---- */

static void put_memory(Cutter *c, Buf *code, CoreOp op) {
    CoreInstr in = core_instr(op);
    in.mem.memory = c->state_memory;
    core_instr_put(code, &in);
}

/* Whether there are so many bytes: pages are added until there are. */
static void put_room(Cutter *c, Buf *code) {
    put(code, CORE_OP_LOCAL_GET, 0);
    put_const(code, 16);
    put(code, CORE_OP_I32_SHR_U, 0);
    put(code, CORE_OP_LOCAL_TEE, 0);
    put(code, CORE_OP_MEMORY_SIZE, c->state_memory);
    put(code, CORE_OP_I32_LT_U, 0);
    put_if(code);
    put_const(code, 1);
    put(code, CORE_OP_RETURN, 0);
    put(code, CORE_OP_END, 0);
    put(code, CORE_OP_LOCAL_GET, 0);
    put_const(code, 1);
    put(code, CORE_OP_I32_ADD, 0);
    put(code, CORE_OP_MEMORY_SIZE, c->state_memory);
    put(code, CORE_OP_I32_SUB, 0);
    put(code, CORE_OP_MEMORY_GROW, c->state_memory);
    put_const(code, -1);
    put(code, CORE_OP_I32_NE, 0);
}

/* The body of `state_load8` and the like. */
static Str state_body(Cutter *c, uint32_t index) {
    static const struct {
        const char *name;
        CoreOp op;
        uint32_t params;
    } funcs[] = {{"state_load8", CORE_OP_I32_LOAD8_U, 1},
                 {"state_store8", CORE_OP_I32_STORE8, 2},
                 {"state_load64", CORE_OP_I64_LOAD, 1},
                 {"state_store64", CORE_OP_I64_STORE, 2}};
    Buf code = {.arena = c->arena};
    Str name = state_name(c, index);
    if (str_is(name, "state_room")) put_room(c, &code);
    for (size_t i = 0; i < sizeof funcs / sizeof *funcs; i++) {
        if (!str_is(name, funcs[i].name)) continue;
        for (uint32_t k = 0; k < funcs[i].params; k++) put(&code, CORE_OP_LOCAL_GET, k);
        put_memory(c, &code, funcs[i].op);
    }
    put(&code, CORE_OP_END, 0);
    return buf_text(&code);
}

/* ---- the whole ---- */

static void copy_funcs(Cutter *c, const Map *roots) {
    bool *exported = ARENA_NEW_ARRAY(c->arena, bool, c->m->funcs.len);
    for (size_t i = 0; i < c->m->exports.len; i++) {
        const CoreExport *e = &c->m->exports.at[i];
        if (e->kind == CORE_FUNC && map_get(roots, e->name)) exported[e->index] = true;
    }
    for (uint32_t i = 0; i < c->m->funcs.len; i++) {
        const CoreFunc *from = &c->m->funcs.at[i];
        if (!c->live[CORE_FUNC][i] || from->import != CORE_NONE) continue;
        Buf code = {.arena = c->arena};
        bool is_state = is_state_func(c, i);
        if (exported[i] && c->allocate != CORE_NONE) put(&code, CORE_OP_CALL, c->allocate);
        if (is_state) buf_str(&code, state_body(c, i));
        else copy_instrs(c, &from->body, &code);
        CoreFunc *f = core_func_add(c->arena, c->out, c->to[SPACE_TYPE][from->type]);
        CoreLocals *locals = ARENA_NEW_ARRAY(c->arena, CoreLocals, from->local_runs);
        for (uint32_t k = 0; k < from->local_runs; k++)
            locals[k] = (CoreLocals){from->locals[k].count, new_val(c, from->locals[k].type)};
        f->locals = locals;
        f->local_runs = is_state ? 0 : from->local_runs;
        f->offset = from->offset;
        f->body.bytes = buf_text(&code);
    }
}

static int by_index(const void *a, const void *b) {
    const CoreName *x = a, *y = b;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void copy_names(Cutter *c, const CoreNameMap *from, uint32_t space, CoreNameMap *to) {
    for (size_t i = 0; i < from->len; i++) {
        const CoreName *n = &from->at[i];
        if (n->index < space_size(c->m, space) && c->live[space][n->index])
            *vec_push(c->arena, to) = (CoreName){c->to[space][n->index], n->name};
    }
    if (to->len) qsort(to->at, to->len, sizeof *to->at, by_index);
}

static void name_all(Cutter *c) {
    CoreNames *names = &c->out->names;
    if (c->l->options->names != COMP_DEBUG_ALL) return;
    names->has_module = true;
    names->module = str_concat(c->arena, STR("wit-component:adapter:"), c->module->name);
    copy_names(c, &c->m->names.funcs, CORE_FUNC, &names->funcs);
    copy_names(c, &c->m->names.globals, CORE_GLOBAL, &names->globals);
    if (c->grow != CORE_NONE && (!names->funcs.len || vec_last(&names->funcs).index < c->grow))
        core_name_add(c->arena, &names->funcs, c->grow, STR("realloc_via_memory_grow"));
    if (c->allocate != CORE_NONE)
        core_name_add(c->arena, &names->funcs, c->allocate, STR("allocate_stack"));
    Buf bytes = {.arena = c->arena};
    core_names_encode(names, &bytes);
    core_custom_add(c->arena, c->out, STR("name"), buf_text(&bytes), CORE_SECTION_DATA);
}

/* What cannot be moved into another module's memory. */
static bool check_sections(Cutter *c) {
    const CoreModule *m = c->m;
    const char *what = m->datas.len   ? "section `data`"
                       : m->has_start ? "section `start`"
                       : m->tags.len  ? "section `tag`"
                                      : NULL;
    for (size_t i = 0; i < m->memories.len && !what; i++) {
        if (!c->live[CORE_MEMORY][i]) continue;
        if (m->memories.at[i].import == CORE_NONE) what = "memory of its own";
        else if (c->to[CORE_MEMORY][i]) what = "second memory";
    }
    if (!what) return true;
    diag(c->l->diags, LINK_ADAPTER_SECTION, span_at(c->module->source, 0), what,
         STR_ARG(c->module->name));
    return false;
}

/* Where every function goes: imports, the live ones, then memory.grow and the stack's. */
static void place_funcs(Cutter *c, Str realloc, uint32_t pointer, uint32_t state) {
    const CoreValType i32[] = {CORE_I32, CORE_I32, CORE_I32, CORE_I32};
    const CoreModule *m = c->m;
    bool is_lazy = pointer != CORE_NONE && state != CORE_NONE && realloc.len;
    bool has_stack = is_lazy || (pointer != CORE_NONE && c->out->memories.len);
    bool needs_grow = has_stack && !is_lazy;
    if (is_lazy && c->realloc == CORE_NONE)
        c->realloc = import_func(c, STR("__main_module__"), realloc,
                                 core_func_type_add(c->arena, c->out, i32, 4, i32, 1), 0);
    uint32_t next = (uint32_t)c->out->funcs.len;
    for (uint32_t i = 0; i < m->funcs.len; i++)
        if (c->live[CORE_FUNC][i] && m->funcs.at[i].import == CORE_NONE)
            c->to[CORE_FUNC][i] = next++;
    for (size_t i = 0; i < m->imports.len; i++) {
        if (!is_realloc(&m->imports.at[i]) || realloc.len ||
            !c->live[CORE_FUNC][m->imports.at[i].index])
            continue;
        c->to[CORE_FUNC][m->imports.at[i].index] = next;
        needs_grow = true;
    }
    if (needs_grow) c->grow = next++;
    if (has_stack) c->allocate = next;
}

const CoreModule *comp_minimize_adapter(Linker *l, const LinkModule *module, const Map *roots,
                                        Str realloc) {
    Cutter c = {.l = l,
                .arena = l->arena,
                .module = module,
                .m = module->core,
                .out = core_module_new(l->arena),
                .realloc = CORE_NONE,
                .grow = CORE_NONE,
                .allocate = CORE_NONE};
    for (uint32_t s = 0; s < ALL_SPACES; s++) {
        c.live[s] = ARENA_NEW_ARRAY(l->arena, bool, space_size(c.m, s));
        c.to[s] = ARENA_NEW_ARRAY(l->arena, uint32_t, space_size(c.m, s));
    }
    mark_all(&c, roots);
    for (uint32_t s = 0; s < ALL_SPACES; s++)
        if (s != CORE_FUNC) number(&c, s);
    if (!check_sections(&c)) return NULL;
    copy_types(&c);
    for (size_t i = 0; i < c.m->imports.len; i++) copy_import(&c, &c.m->imports.at[i], realloc);
    if (c.uses_state) {
        c.state_memory = (uint32_t)c.out->memories.len;
        *vec_push(l->arena, &c.out->memories) =
            (CoreMemory){.limits = {.min = 1}, .import = CORE_NONE};
    }
    uint32_t pointer = find_global(&c, "__stack_pointer"),
             state = find_global(&c, "allocation_state");
    place_funcs(&c, realloc, pointer, state);
    if (c.failed) return NULL;
    copy_tables_and_globals(&c);
    bool is_lazy = c.allocate != CORE_NONE && state != CORE_NONE && realloc.len;
    uint32_t allocate = c.allocate;
    if (!is_lazy) c.allocate = CORE_NONE;
    copy_funcs(&c, roots);
    c.allocate = allocate;
    if (c.grow != CORE_NONE) add_grow(&c);
    if (allocate != CORE_NONE) add_allocate(&c, is_lazy ? c.realloc : c.grow, pointer, state);
    c.out->has_start = allocate != CORE_NONE && !is_lazy;
    c.out->start = allocate;
    copy_elems(&c);
    for (size_t i = 0; i < c.m->exports.len; i++) {
        CoreExport e = c.m->exports.at[i];
        if (!map_get(roots, e.name)) continue;
        e.index = c.to[e.kind][e.index];
        *vec_push(l->arena, &c.out->exports) = e;
    }
    name_all(&c);
    return c.out;
}

/* ---- imports of one name ---- */

Str comp_import_key(Arena *arena, Str module, Str name) {
    Buf both = {.arena = arena};
    buf_name(&both, module);
    buf_str(&both, name);
    return buf_text(&both);
}

/* "f" again becomes "f [v2]", unless there is such an import. */
static Str unique_name(Arena *arena, Map *seen, const CoreImport *import) {
    bool added;
    MapEntry *first =
        map_put(arena, seen, comp_import_key(arena, import->module, import->name), &added);
    if (added) return import->name;
    for (uint64_t n = first->value ? first->value : 2;; n++) {
        Str name = str_fmt(arena, "%.*s [v%u]", STR_ARG(import->name), (unsigned)n);
        map_put(arena, seen, comp_import_key(arena, import->module, name), &added);
        if (!added) continue;
        map_get(seen, comp_import_key(arena, import->module, import->name))->value = n + 1;
        return name;
    }
}

const CoreModule *comp_unique_imports(Arena *arena, const CoreModule *core, Map *original) {
    Map seen = {0};
    CoreModule *copy = NULL;
    for (size_t i = 0; i < core->imports.len; i++) {
        const CoreImport *import = &core->imports.at[i];
        Str name = unique_name(arena, &seen, import);
        if (str_eq(name, import->name)) continue;
        if (!copy) {
            copy = arena_copy(arena, core, sizeof *core);
            copy->imports.at =
                arena_copy(arena, core->imports.at, core->imports.len * sizeof *core->imports.at);
        }
        copy->imports.at[i].name = name;
        map_put(arena, original, comp_import_key(arena, import->module, name), NULL)->cptr =
            arena_copy(arena, &import->name, sizeof import->name);
    }
    return copy ? copy : core;
}
