/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Bodies: a walk over a stack of types. A statement is one instruction or a few, whose operands are
 * taken from the stack where they lie there already, else written first (want). So values stay on the
 * stack across blocks and across writes to the locals they came from, which is what a compiler that
 * keeps operands in registers gets wrong. Where the walk is at a loss it writes a constant.
 *
 * Loops end since every branch back goes through a counter that nothing else writes; calls end since a
 * global counts them. */
#include "tests/modgen_internal.h"

enum { INSTRUCTIONS = 120, MAX_DEPTH = 4 };

static void statements(Gen *g, uint32_t n);

/* ---- branches ---- */

/* The condition of a branch, an if or a select. */
static void condition(Gen *g) {
    if (chance(g, 2)) {
        want1(g, CORE_I32, 2);
        return;
    }
    static const CoreOp compares[][2] = {{CORE_OP_I32_EQ, CORE_OP_I32_GE_U},
                                         {CORE_OP_I64_EQ, CORE_OP_I64_GE_U},
                                         {CORE_OP_F32_EQ, CORE_OP_F32_GE},
                                         {CORE_OP_F64_EQ, CORE_OP_F64_GE}};
    uint32_t i = choose(g, 4);
    numeric_tree(g, compares[i][0] + choose(g, compares[i][1] - compares[i][0] + 1), 2);
    for (uint32_t n = choose(g, 3); n > 0; n--) op(g, CORE_OP_I32_EQZ);
}

static Types with(Types types, CoreValType last) {
    types.at[types.count++] = last;
    return types;
}

/* The loop's counter, one less, as the condition of a branch back. */
static void count_down(Gen *g, const Block *loop) {
    uint32_t local = loop->counter;
    CoreValType type = g->locals.at[local].type;
    bool wide = type == CORE_I64;
    get(g, local);
    if (chance(g, 2)) {
        constant(g, type, 1);
        op(g, wide ? CORE_OP_I64_SUB : CORE_OP_I32_SUB);
    } else {
        constant(g, type, UINT64_MAX);
        op(g, wide ? CORE_OP_I64_ADD : CORE_OP_I32_ADD);
    }
    pop(g, 1);
    tee(g, local);
    if (!wide && !chance(g, 3)) return;
    constant(g, type, 0);
    static const CoreOp ops[2][3] = {{CORE_OP_I32_NE, CORE_OP_I32_GT_S, CORE_OP_I32_GT_S},
                                     {CORE_OP_I64_NE, CORE_OP_I64_GT_S, CORE_OP_I64_GT_S}};
    op(g, ops[wide][choose(g, 3)]);
    pop(g, 2);
    push(g, CORE_I32);
}

static void br_if(Gen *g, uint32_t depth) {
    const Block target = g->blocks.at[g->blocks.len - 1 - depth];
    if (top(g)->unreachable) return;
    want(g, &target.label, 2);
    if (target.is_loop) {
        count_down(g, &target);
    } else {
        uint32_t have = (uint32_t)g->stack.len;
        condition(g);
        if (g->stack.len <= have) { /* it took an operand of the branch */
            op(g, CORE_OP_DROP);
            pop(g, 1);
            want(g, &target.label, 1);
            value(g, CORE_I32, 1);
        }
    }
    op_a(g, CORE_OP_BR_IF, depth);
    pop(g, 1);
}

static void br(Gen *g, uint32_t depth) {
    const Block target = g->blocks.at[g->blocks.len - 1 - depth];
    if (target.is_loop) {
        br_if(g, depth);
        return;
    }
    want(g, &target.label, 2);
    if (depth + 1 == g->blocks.len && chance(g, 2)) op(g, CORE_OP_RETURN);
    else op_a(g, CORE_OP_BR, depth);
    never(g);
}

static bool same_types(const Types *a, const Types *b) {
    return a->count == b->count && memcmp(a->at, b->at, a->count * sizeof(CoreValType)) == 0;
}

static void br_table(Gen *g) {
    uint32_t depth = choose(g, (uint32_t)g->blocks.len);
    const Block last = g->blocks.at[g->blocks.len - 1 - depth];
    if (last.is_loop) return;
    Buf list = {.arena = g->arena};
    uint32_t n = choose(g, 6);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t other = choose(g, (uint32_t)g->blocks.len);
        const Block *block = &g->blocks.at[g->blocks.len - 1 - other];
        bool fits = !block->is_loop && same_types(&block->label, &last.label);
        buf_u32(&list, fits ? other : depth);
    }
    buf_u32(&list, depth);
    Types types = with(last.label, CORE_I32);
    want(g, &types, 2);
    CoreInstr in = core_instr(CORE_OP_BR_TABLE);
    in.list = (CoreList){n + 1, buf_text(&list)};
    put(g, &in);
    never(g);
}

/* ---- blocks ---- */

/* What is on top of the stack, as parameters of a block. */
static Types choose_params(Gen *g) {
    Types params = {0};
    uint32_t have = operands(g), n = choose(g, 3);
    if (n > have) n = have;
    for (uint32_t i = 0; i < n; i++) params.at[params.count++] = g->stack.at[g->stack.len - n + i];
    return params;
}

static Types choose_results(Gen *g) {
    Types types = {.count = chance(g, 4) ? 1 + choose(g, 3) : choose(g, 2)};
    for (uint32_t i = 0; i < types.count; i++) types.at[i] = choose_type(g);
    return types;
}

/* Another part of the block begins: an `else` or a clause. */
static void next_part(Gen *g, const Types *types) {
    g->stack.len = top(g)->height;
    top(g)->unreachable = false;
    push_all(g, types);
}

static uint32_t body_size(Gen *g) { return 1 + choose(g, 6); }

static void block(Gen *g) {
    Types params = choose_params(g), results = choose_results(g);
    CoreInstr in = core_instr(CORE_OP_BLOCK);
    open_block(g, &in, &params, &results);
    statements(g, body_size(g));
    close_block(g);
}

static void if_else(Gen *g) {
    condition(g);
    pop(g, 1);
    Types params = choose_params(g), results = chance(g, 3) ? params : choose_results(g);
    CoreInstr in = core_instr(CORE_OP_IF);
    open_block(g, &in, &params, &results);
    statements(g, body_size(g));
    if (!same_types(&params, &results) || chance(g, 2)) {
        settle(g);
        op(g, CORE_OP_ELSE);
        next_part(g, &params);
        statements(g, body_size(g));
    }
    close_block(g);
}

static void loop(Gen *g) {
    if (g->loops >= 3 || top(g)->unreachable) return;
    CoreValType type = chance(g, 4) ? CORE_I64 : CORE_I32;
    uint32_t counter = new_local(g, type, true);
    constant(g, type, 1 + choose(g, g->loops ? 5 : 20));
    set(g, counter);
    Types params = choose_params(g), results = choose_results(g);
    CoreInstr in = core_instr(CORE_OP_LOOP);
    open_block(g, &in, &params, &results)->counter = counter;
    g->loops++;
    statements(g, body_size(g));
    if (!top(g)->unreachable) br_if(g, 0);
    if (chance(g, 4)) statements(g, 2);
    g->loops--;
    close_block(g);
}

/* What a branch of the clause takes along. */
static Types caught(const Gen *g, uint32_t kind, uint32_t tag) {
    Types types = {0};
    if (kind == CORE_CATCH || kind == CORE_CATCH_REF) types = params_of(g, g->m->tags.at[tag].type);
    if (kind == CORE_CATCH_REF || kind == CORE_CATCH_ALL_REF)
        types = with(types, core_ref(true, CORE_HEAP_EXN));
    return types;
}

/* One more clause, to a block around that takes the same; false where the chosen one does not. */
static bool other_clause(Gen *g, Buf *list) {
    uint32_t kind = choose(g, 4), tag = choose(g, 2), depth = choose(g, (uint32_t)g->blocks.len);
    const Block *target = &g->blocks.at[g->blocks.len - 1 - depth];
    Types types = caught(g, kind, tag);
    if (target->is_loop || !same_types(&target->label, &types)) return false;
    core_put_catch(list, (CoreCatch){kind, tag, depth});
    return true;
}

/* block (results of the clause) try_table (catch ...) ... end  results  end */
static void try_block(Gen *g) {
    uint32_t tag = choose(g, 2), kind = choose(g, 4), clauses = 1;
    Types none = {0}, results = caught(g, kind, tag);
    CoreInstr in = core_instr(CORE_OP_BLOCK);
    open_block(g, &in, &none, &results);
    Buf list = {.arena = g->arena};
    for (uint32_t n = choose(g, 3); n > 0; n--) clauses += other_clause(g, &list);
    core_put_catch(&list, (CoreCatch){kind, tag, 0});
    for (uint32_t n = choose(g, 3); n > 0; n--) clauses += other_clause(g, &list);
    in = core_instr(CORE_OP_TRY_TABLE);
    in.list = (CoreList){clauses, buf_text(&list)};
    Types inner = choose_results(g);
    open_block(g, &in, &none, &inner);
    statements(g, body_size(g));
    close_block(g);
    statements(g, 1);
    close_block(g);
    bool has_exn = kind == CORE_CATCH_REF || kind == CORE_CATCH_ALL_REF;
    if (has_exn && chance(g, 2)) set(g, new_local(g, core_ref(true, CORE_HEAP_EXN), false));
}

static void rethrow(Gen *g) {
    uint32_t depth = choose(g, (uint32_t)g->blocks.len);
    for (; depth < g->blocks.len; depth++) {
        if (!g->blocks.at[g->blocks.len - 1 - depth].has_caught) continue;
        op_a(g, CORE_OP_RETHROW, depth);
        never(g);
        return;
    }
}

/* try ... (catch tag ...)* (catch_all ...)? end, or try ... delegate label */
static void legacy_try(Gen *g) {
    Types none = {0}, results = choose_results(g);
    CoreInstr in = core_instr(CORE_OP_TRY);
    open_block(g, &in, &none, &results);
    statements(g, body_size(g));
    if (chance(g, 4)) {
        settle(g);
        op_a(g, CORE_OP_DELEGATE, choose(g, (uint32_t)g->blocks.len - 1));
        Block block = vec_pop(&g->blocks);
        g->stack.len = block.height;
        push_all(g, &results);
        return;
    }
    for (uint32_t n = choose(g, 3); n > 0; n--) {
        uint32_t tag = choose(g, 2);
        Types types = params_of(g, g->m->tags.at[tag].type);
        settle(g);
        op_a(g, CORE_OP_CATCH, tag);
        next_part(g, &types);
        top(g)->has_caught = true;
        statements(g, 1 + choose(g, 2));
        if (chance(g, 3)) rethrow(g);
    }
    if (chance(g, 2)) {
        settle(g);
        op(g, CORE_OP_CATCH_ALL);
        next_part(g, &none);
        top(g)->has_caught = true;
        statements(g, 1 + choose(g, 2));
        if (chance(g, 3)) rethrow(g);
    }
    close_block(g);
}

static void throw(Gen * g) {
    if (g->legacy && chance(g, 3)) {
        rethrow(g);
        return;
    }
    uint32_t local = local_of(g, core_ref(true, CORE_HEAP_EXN), false);
    if (local != CORE_NONE && chance(g, 2)) {
        get(g, local);
        op(g, CORE_OP_THROW_REF);
        never(g);
        return;
    }
    uint32_t tag = choose(g, 2);
    Types types = params_of(g, g->m->tags.at[tag].type);
    want(g, &types, 2);
    op_a(g, CORE_OP_THROW, tag);
    never(g);
}

/* ---- calls ---- */

/* The call itself; `type` is the callee's. Indirect and by reference it may well be another one. */
static void call_of(Gen *g, uint32_t callee, bool tail) {
    uint32_t type = g->m->funcs.at[callee].type;
    Types params = params_of(g, type), results = results_of(g, type);
    CoreValType index = g->m->tables.at[0].limits.is_64 ? CORE_I64 : CORE_I32;
    want(g, &params, 2);
    uint32_t how = choose(g, g->proposals & MODGEN_REFS ? 4 : 3);
    if (how == 3 && !top(g)->unreachable) {
        if (chance(g, 2)) {
            op_a(g, CORE_OP_REF_FUNC, callee);
        } else {
            value(g, core_ref_to(true, type), 1);
            pop(g, 1);
        }
        op_a(g, tail ? CORE_OP_RETURN_CALL_REF : CORE_OP_CALL_REF, type);
    } else if (how == 2 && !top(g)->unreachable) {
        if (chance(g, 12)) value(g, index, 1);
        else constant(g, index, callee + choose(g, 2));
        pop(g, 1);
        op_ab(g, tail ? CORE_OP_RETURN_CALL_INDIRECT : CORE_OP_CALL_INDIRECT, type, 0);
    } else {
        op_a(g, tail ? CORE_OP_RETURN_CALL : CORE_OP_CALL, callee);
    }
    if (tail) {
        never(g);
    } else {
        pop(g, params.count);
        push_all(g, &results);
    }
}

/* if (budget) { budget--; call } else constants */
static void call(Gen *g) {
    uint32_t callee = choose(g, (uint32_t)g->m->funcs.len);
    uint32_t type = g->m->funcs.at[callee].type;
    Types none = {0}, results = results_of(g, type);
    bool tail = false;
    for (uint32_t i = 0; i < 3 && !tail && chance(g, 6); i++) {
        Types own = results_of(g, g->m->funcs.at[g->func].type);
        tail = same_types(&own, &results);
    }
    if (callee < g->m->imported[CORE_FUNC] || (callee < g->func && g->loops == 0 && chance(g, 2))) {
        call_of(g, callee, tail);
        return;
    }
    op_a(g, CORE_OP_GLOBAL_GET, g->budget);
    CoreInstr in = core_instr(CORE_OP_IF);
    open_block(g, &in, &none, &results);
    op_a(g, CORE_OP_GLOBAL_GET, g->budget);
    push(g, CORE_I32);
    constant(g, CORE_I32, 1);
    op(g, CORE_OP_I32_SUB);
    op_a(g, CORE_OP_GLOBAL_SET, g->budget);
    pop(g, 2);
    call_of(g, callee, tail);
    settle(g);
    op(g, CORE_OP_ELSE);
    next_part(g, &none);
    close_block(g);
}

/* ---- bulk ---- */

static void memory_bulk(Gen *g) {
    uint32_t memory = choose_memory(g), other = choose_memory(g);
    CoreValType type = address_type(g, memory), from = address_type(g, other);
    CoreValType least = type == CORE_I64 && from == CORE_I64 ? CORE_I64 : CORE_I32;
    bool raw = chance(g, 16);
    switch (choose(g, 5)) {
    case 0:
        masked(g, type, raw ? UINT64_MAX : 0xfff, 1);
        masked(g, from, 0xfff, 1);
        masked(g, least, 0xff, 1);
        op_ab(g, CORE_OP_MEMORY_COPY, memory, other);
        pop(g, 3);
        return;
    case 1:
        masked(g, type, raw ? UINT64_MAX : 0xfff, 1);
        value(g, CORE_I32, 1);
        masked(g, type, 0xff, 1);
        op_a(g, CORE_OP_MEMORY_FILL, memory);
        pop(g, 3);
        return;
    case 2:
        masked(g, type, 0xfff, 1);
        masked(g, CORE_I32, 7, 1);
        masked(g, CORE_I32, raw ? 15 : 3, 1);
        op_ab(g, CORE_OP_MEMORY_INIT, 1, memory);
        pop(g, 3);
        return;
    case 3:
        masked(g, type, raw ? UINT64_MAX : 1, 1);
        op_a(g, CORE_OP_MEMORY_GROW, memory);
        pop(g, 1);
        push(g, type);
        return;
    default:
        if (raw) op_a(g, CORE_OP_DATA_DROP, 1);
        op_a(g, CORE_OP_MEMORY_SIZE, memory);
        push(g, type);
        return;
    }
}

static CoreValType index_type(const Gen *g, uint32_t table) {
    return g->m->tables.at[table].limits.is_64 ? CORE_I64 : CORE_I32;
}

/* From one of the tables of the same type, itself perhaps. */
static void table_copy(Gen *g, uint32_t table, CoreValType index) {
    uint32_t other = choose(g, (uint32_t)g->m->tables.len);
    if (g->m->tables.at[other].type != g->m->tables.at[table].type) other = table;
    CoreValType from = index_type(g, other);
    masked(g, index, 3, 1);
    masked(g, from, 3, 1);
    masked(g, index == CORE_I64 ? from : index, 3, 1);
    op_ab(g, CORE_OP_TABLE_COPY, table, other);
    pop(g, 3);
}

static void table_bulk(Gen *g) {
    uint32_t table = choose(g, (uint32_t)g->m->tables.len);
    const CoreTable *t = &g->m->tables.at[table];
    CoreValType index = index_type(g, table), type = t->type;
    switch (choose(g, 8)) {
    case 0:
        masked(g, index, 3, 1);
        op_a(g, CORE_OP_TABLE_GET, table);
        pop(g, 1);
        push(g, type);
        return;
    case 1:
        masked(g, index, 7, 1);
        value(g, type, 1);
        op_a(g, CORE_OP_TABLE_SET, table);
        pop(g, 2);
        return;
    case 2:
        value(g, type, 1);
        masked(g, index, 3, 1);
        op_a(g, CORE_OP_TABLE_GROW, table);
        pop(g, 2);
        push(g, index);
        return;
    case 3:
        masked(g, index, 3, 1);
        value(g, type, 1);
        masked(g, index, 3, 1);
        op_a(g, CORE_OP_TABLE_FILL, table);
        pop(g, 3);
        return;
    case 4: table_copy(g, table, index); return;
    case 5:
        if (type == CORE_EXTERNREF) return;
        masked(g, index, 3, 1);
        masked(g, CORE_I32, 1, 1);
        masked(g, CORE_I32, 3, 1);
        op_ab(g, CORE_OP_TABLE_INIT, type == CORE_FUNCREF ? 1 : g->any_elem, table);
        pop(g, 3);
        return;
    case 6:
        if (chance(g, 4)) op_a(g, CORE_OP_ELEM_DROP, 1);
        value(g, type, 1);
        op(g, CORE_OP_REF_IS_NULL);
        pop(g, 1);
        push(g, CORE_I32);
        return;
    default:
        op_a(g, CORE_OP_TABLE_SIZE, table);
        push(g, index);
        return;
    }
}

/* ---- statements ---- */

static void assign(Gen *g) {
    CoreValType type = operands(g) && chance(g, 2) ? vec_last(&g->stack) : choose_type(g);
    uint32_t local = local_of(g, type, true);
    if (local == CORE_NONE) local = new_local(g, type, false);
    want1(g, type, 3);
    if (chance(g, 3)) {
        op_a(g, CORE_OP_LOCAL_TEE, local);
        pop(g, 1);
        push(g, type);
    } else {
        set(g, local);
    }
}

/* The old value of a local stays on the stack while it gets a new one. */
static void old_value(Gen *g) {
    static const CoreValType types[] = {CORE_I32, CORE_I64, CORE_F64, CORE_F32};
    CoreValType type = types[choose(g, 4)];
    uint32_t a = local_of(g, type, true), b = local_of(g, type, true);
    if (a == CORE_NONE) a = b = new_local(g, type, false);
    get(g, a);
    switch (choose(g, 4)) {
    case 0: /* swapped */
        get(g, b);
        set(g, a);
        set(g, b);
        return;
    case 1:
        value(g, type, 2);
        set(g, a);
        break;
    case 2:
        value(g, type, 2);
        tee(g, a);
        get(g, a);
        break;
    default:
        get(g, a);
        constant(g, type, choose_bits(g, type));
        op(g, type == CORE_I32   ? CORE_OP_I32_ADD
              : type == CORE_I64 ? CORE_OP_I64_SUB
              : type == CORE_F32 ? CORE_OP_F32_MUL
                                 : CORE_OP_F64_ADD);
        pop(g, 1);
        set(g, a);
    }
    const Ops *ops = &g->by_result[letter_index(type)];
    CoreOp code = choose_sister(g, ops->at[choose(g, ops->count)]);
    Types operand = operand_types(code);
    want(g, &operand, 1);
    numeric(g, code);
}

static void global_write(Gen *g) {
    CoreValType type = choose_type(g);
    uint32_t at = global_of(g, type);
    if (at == CORE_NONE) return;
    want1(g, type, 3);
    op_a(g, CORE_OP_GLOBAL_SET, at);
    pop(g, 1);
}

static void any_operator(Gen *g) {
    CoreOp code = choose_sister(g, g->all.at[choose(g, g->all.count)]);
    Types types = operand_types(code);
    want(g, &types, 2);
    numeric(g, code);
}

static void select_statement(Gen *g) {
    CoreValType type = operands(g) ? vec_last(&g->stack) : choose_type(g);
    if (core_is_ref(type)) return;
    want(g, &(Types){2, {type, type}}, 2);
    value(g, CORE_I32, 2);
    op(g, CORE_OP_SELECT);
    pop(g, 3);
    push(g, type);
}

static void rare(Gen *g) {
    uint32_t depth = choose(g, (uint32_t)g->blocks.len);
    switch (choose(g, 8)) {
    case 0: op(g, CORE_OP_NOP); return;
    case 1: br(g, depth); return;
    case 2: br_table(g); return;
    case 3:
        if (!chance(g, 8)) return;
        op(g, CORE_OP_UNREACHABLE);
        never(g);
        return;
    case 4:
        if (g->proposals & MODGEN_EXCEPTIONS) throw(g);
        return;
    default: table_bulk(g); return;
    }
}

static void statement(Gen *g) {
    bool deep = g->blocks.len > MAX_BLOCKS;
    if (g->has_gc && chance(g, 4)) {
        gc_statement(g);
        return;
    }
    if ((g->proposals & MODGEN_ATOMICS) && chance(g, 4)) {
        atomic(g);
        return;
    }
    switch (choose(g, 24)) {
    default: assign(g); return;
    case 3:
    case 4: any_operator(g); return;
    case 5:
    case 6: old_value(g); return;
    case 7:
    case 8: store(g); return;
    case 9:
    case 10: update(g); return;
    case 11: value(g, choose_type(g), MAX_DEPTH); return;
    case 12: global_write(g); return;
    case 13: select_statement(g); return;
    case 14:
        if (!deep) block(g);
        return;
    case 15:
    case 16:
        if (!deep) if_else(g);
        return;
    case 17:
    case 18:
        if (!deep) loop(g);
        return;
    case 19: br_if(g, choose(g, (uint32_t)g->blocks.len)); return;
    case 20:
        if (!deep) call(g);
        return;
    case 21: memory_bulk(g); return;
    case 22: rare(g); return;
    case 23:
        if (!(g->proposals & MODGEN_EXCEPTIONS)) return;
        if (chance(g, 6)) throw(g);
        else if (!deep && g->legacy && chance(g, 2)) legacy_try(g);
        else if (!deep) try_block(g);
        return;
    }
}

static void statements(Gen *g, uint32_t n) {
    while (n-- > 0 && g->left > 0) statement(g);
}

/* ---- bodies ---- */

static void put_locals(Gen *g, CoreFunc *f, uint32_t params) {
    uint32_t n = (uint32_t)g->locals.len - params;
    CoreLocals *runs = ARENA_NEW_ARRAY(g->arena, CoreLocals, n);
    uint32_t count = 0;
    for (uint32_t i = params; i < g->locals.len; i++) {
        if (count && runs[count - 1].type == g->locals.at[i].type) runs[count - 1].count++;
        else runs[count++] = (CoreLocals){1, g->locals.at[i].type};
    }
    f->locals = runs;
    f->local_runs = count;
}

void write_body(Gen *g) {
    uint32_t type = g->m->funcs.at[g->func].type;
    Types params = params_of(g, type), results = results_of(g, type);
    g->code = (Buf){.arena = g->arena};
    g->stack.len = g->blocks.len = g->locals.len = 0;
    g->left = INSTRUCTIONS;
    g->loops = 0;
    for (uint32_t i = 0; i < params.count; i++) new_local(g, params.at[i], false);
    uint32_t more = choose(g, 6);
    for (uint32_t i = 0; i < more; i++) new_local(g, choose_type(g), false);
    *vec_push(g->arena, &g->blocks) = (Block){.label = results, .results = results};
    init_gc_locals(g, params.count);
    statements(g, 4 + choose(g, 30));
    settle(g);
    op(g, CORE_OP_END);
    CoreFunc *f = &g->m->funcs.at[g->func];
    put_locals(g, f, params.count);
    f->body = (CoreExpr){.bytes = buf_text(&g->code)};
}
