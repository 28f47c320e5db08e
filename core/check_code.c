/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Validation of code (core specification 3.4 and its appendix): one pass over the bytes with a
 * stack of operand types and a stack of open blocks. Most instructions are typed by their
 * signature in opcode.def; the rest has a case each, here or in check_ref.c. After a jump the rest
 * of a block is unreachable: its operands below the block's own are whatever is asked for
 * (bottom). Types on the stacks hold canonical ids, so that equal types compare equal.
 *
 * Faults are sticky: the first one of an expression is reported and ends it, so the cases below
 * are written without error paths. */
#include "core/internal.h"

Span core_check_span(const CoreChecker *c) {
    return core_expr_span(c->m, c->expr, c->in.offset - c->expr->offset);
}

Str core_check_text(CoreChecker *c, CoreValType t) {
    if (core_is_ref(t) && core_is_concrete(t)) t = (t & 0xff) | c->indices[core_type_index(t)] << 8;
    return core_val_text(c->diags->arena, t);
}

/* ---- operands ---- */

static inline void push(CoreChecker *c, CoreValType t) {
    if (c->stack.len < c->stack.cap) c->stack.at[c->stack.len++] = t;
    else if (c->stack.len < CORE_LIMIT_OPERANDS) *vec_push(c->arena, &c->stack) = t;
    else CORE_FAIL(c, CORE_LIMIT_EXCEEDED, "operands", CORE_LIMIT_OPERANDS);
}

void core_push(CoreChecker *c, CoreValType t) { push(c, t); }

void core_expect(CoreChecker *c, CoreValType got, CoreValType want) {
    if (got == want || core_space_matches(c->space, got, want)) return;
    if (core_is_ref(got) && !core_is_concrete(got) && (got & CORE_MAYBE_SHARED)) {
        got &= ~CORE_MAYBE_SHARED;
        if (core_space_matches(c->space, got, want)) return;
        got |= CORE_SHARED;
        if (core_space_matches(c->space, got, want)) return;
        if (!core_is_ref(want) || core_is_concrete(want) || !(want & CORE_SHARED))
            got &= ~CORE_SHARED;
    }
    if (core_is_ref(got) && !core_is_concrete(got) && core_heap(got) == CORE_HEAP_BOTTOM)
        CORE_FAIL(c, CORE_TYPE_MISMATCH_HEAP, STR_ARG(core_check_text(c, want)));
    else
        CORE_FAIL(c, CORE_TYPE_MISMATCH, STR_ARG(core_check_text(c, want)),
                  STR_ARG(core_check_text(c, got)));
}

/* Popping at the bottom of a block. */
static CoreValType pop_none(CoreChecker *c, CoreValType want) {
    if (vec_last(&c->frames).unreachable) return CORE_BOTTOM;
    if (want == CORE_BOTTOM) CORE_FAIL(c, CORE_STACK_EMPTY, 6, "a type");
    else CORE_FAIL(c, CORE_STACK_EMPTY, STR_ARG(core_check_text(c, want)));
    return CORE_BOTTOM;
}

CoreValType core_pop(CoreChecker *c) {
    if (c->stack.len == vec_last(&c->frames).height) return pop_none(c, CORE_BOTTOM);
    return vec_pop(&c->stack);
}

static inline CoreValType pop_expect(CoreChecker *c, CoreValType want) {
    if (c->stack.len == vec_last(&c->frames).height) {
        pop_none(c, want);
        return want;
    }
    CoreValType got = vec_pop(&c->stack);
    if (got != want) core_expect(c, got, want);
    return got;
}

CoreValType core_pop_expect(CoreChecker *c, CoreValType want) { return pop_expect(c, want); }

CoreValType core_pop_ref(CoreChecker *c) {
    if (c->stack.len == vec_last(&c->frames).height && !vec_last(&c->frames).unreachable) {
        CORE_FAIL(c, CORE_STACK_EMPTY_REF);
        return CORE_BOTTOM;
    }
    CoreValType t = core_pop(c);
    if (t == CORE_BOTTOM) return core_ref(false, CORE_HEAP_BOTTOM);
    if (!core_is_ref(t)) CORE_FAIL(c, CORE_EXPECTED_REF, STR_ARG(core_check_text(c, t)));
    return t;
}

void core_push_all(CoreChecker *c, const CoreValType *types, uint32_t n) {
    if (n && c->stack.cap - c->stack.len >= n) {
        memcpy(c->stack.at + c->stack.len, types, n * sizeof *types);
        c->stack.len += n;
        return;
    }
    for (uint32_t i = 0; i < n; i++) core_push(c, types[i]);
}

void core_pop_all(CoreChecker *c, const CoreValType *types, uint32_t n) {
    const CoreFrame *frame = &vec_last(&c->frames);
    if (n && c->stack.len - frame->height >= n &&
        memcmp(c->stack.at + c->stack.len - n, types, n * sizeof *types) == 0) {
        c->stack.len -= n;
        return;
    }
    while (n-- && !c->failed) {
        if (frame->unreachable && c->stack.len == frame->height)
            return; /* all that is left is there */
        core_pop_expect(c, types[n]);
    }
}

/* "[i32 i64]", for a message. */
static Str types_text(CoreChecker *c, const CoreValType *types, uint32_t n) {
    Buf buf = {.arena = c->diags->arena};
    enum { MOST = 12 };
    uint32_t first = n > MOST ? n - MOST : 0;
    buf_str(&buf, first ? STR("[...") : STR("["));
    for (uint32_t i = first; i < n; i++) {
        if (i) buf_byte(&buf, ' ');
        buf_str(&buf, core_check_text(c, types[i]));
    }
    buf_byte(&buf, ']');
    return buf_text(&buf);
}

/* The topmost operands, without taking them away. */
static void check_top(CoreChecker *c, const CoreValType *types, uint32_t n) {
    const CoreFrame *frame = &vec_last(&c->frames);
    for (uint32_t i = 1; i <= n && !c->failed; i++) {
        if (c->stack.len - frame->height < i) {
            pop_none(c, types[n - i]);
            if (frame->unreachable) return;
        } else {
            core_expect(c, c->stack.at[c->stack.len - i], types[n - i]);
        }
    }
}

void core_set_unreachable(CoreChecker *c) {
    CoreFrame *frame = &vec_last(&c->frames);
    c->stack.len = frame->height;
    frame->unreachable = true;
}

/* ---- blocks ---- */

/* `frame` with its parameters, or what a catch clause gives instead. */
static void push_frame_with(CoreChecker *c, CoreFrame frame, const CoreValType *types, uint32_t n) {
    frame.height = (uint32_t)c->stack.len;
    frame.init_height = (uint32_t)c->init_order.len;
    *vec_push(c->arena, &c->frames) = frame;
    core_push_all(c, types, n);
}

static void push_frame(CoreChecker *c, CoreFrame frame) {
    const CoreType *t = frame.type;
    push_frame_with(c, frame, t ? t->params : NULL, t ? t->param_count : 0);
}

/* Takes the parameters of a block that is to be opened. */
static void pop_params(CoreChecker *c, const CoreFrame *frame) {
    if (frame->type) core_pop_all(c, frame->type->params, frame->type->param_count);
}

/* The current part of the innermost block ends: its results must be there, and nothing else. */
static void end_part(CoreChecker *c) {
    CoreFrame *frame = &vec_last(&c->frames);
    const CoreValType *results = core_results(frame);
    uint32_t n = core_result_count(frame), depth = (uint32_t)c->stack.len;
    if (c->failed) return;
    core_pop_all(c, results, n);
    if (c->failed || c->stack.len != frame->height) {
        Str want = types_text(c, results, n); /* popping has left the types where they were */
        Str have = types_text(c, c->stack.at + frame->height, depth - frame->height);
        if (c->failed)
            diag_note(c->diags, CORE_STACK_ENDS, span_none(), STR_ARG(want), STR_ARG(have));
        else CORE_FAIL(c, CORE_STACK_LEFT, STR_ARG(want), STR_ARG(have));
    }
    while (c->init_order.len > frame->init_height) c->init[vec_pop(&c->init_order)] = 0;
}

/* The types of the instruction's block, with ids. */
static CoreFrame block_frame(CoreChecker *c) {
    CoreFrame frame = {.op = (uint8_t)c->in.op};
    const CoreType *t;
    switch (c->in.block.kind) {
    case CORE_BLOCK_EMPTY: break;
    case CORE_BLOCK_RESULT:
        frame.one = core_check_val(c, c->in.block.result, core_check_span(c));
        break;
    case CORE_BLOCK_TYPE:
        t = core_check_type(c, c->in.block.type, CORE_TYPE_FUNC);
        if (!t) break;
        frame.type = t;
        if (!feature_on(c->features, MULTI_VALUE) && true) CORE_FAIL(c, CORE_MULTI_VALUE_OFF);
        break;
    }
    return frame;
}

static void open_block(CoreChecker *c) {
    CoreFrame frame = block_frame(c);
    if (c->failed) return;
    if (c->in.op == CORE_OP_IF) core_pop_expect(c, CORE_I32);
    pop_params(c, &frame);
    push_frame(c, frame);
}

const CoreValType *core_label(CoreChecker *c, uint32_t depth, uint32_t *n) {
    *n = 0;
    if (depth >= c->frames.len) {
        CORE_FAIL(c, CORE_UNKNOWN_LABEL, depth);
        return NULL;
    }
    return core_label_types(&c->frames.at[c->frames.len - 1 - depth], n);
}

/* else: the same block again, from its parameters. */
static void check_else(CoreChecker *c) {
    CoreFrame frame = vec_last(&c->frames);
    if (frame.op != CORE_OP_IF) CORE_FAIL(c, CORE_ELSE_WITHOUT_IF);
    end_part(c);
    if (c->failed) return;
    c->frames.len--;
    frame.op = CORE_OP_ELSE;
    frame.unreachable = false;
    push_frame(c, frame);
}

static void check_end(CoreChecker *c) {
    if (vec_last(&c->frames).op == CORE_OP_IF) check_else(c); /* an empty one */
    if (c->failed) return;
    end_part(c);
    CoreFrame frame = vec_pop(&c->frames);
    core_push_all(c, core_results(&frame), core_result_count(&frame));
}

/* catch, catch_all (legacy): the try's body or an earlier handler ends. */
static void check_legacy_catch(CoreChecker *c) {
    CoreFrame frame = vec_last(&c->frames);
    if (frame.op != CORE_OP_TRY && frame.op != CORE_OP_CATCH) {
        CORE_FAIL(c, CORE_CATCH_WITHOUT_TRY, core_op_info[c->in.op].text);
        return;
    }
    end_part(c);
    if (c->failed) return;
    c->frames.len--;
    const CoreType *tag = c->in.op == CORE_OP_CATCH ? core_check_tag(c, c->in.a) : NULL;
    frame.op = (uint8_t)c->in.op;
    frame.unreachable = false;
    push_frame_with(c, frame, tag ? tag->params : NULL, tag ? tag->param_count : 0);
}

static void check_delegate(CoreChecker *c) {
    uint32_t n;
    if (vec_last(&c->frames).op != CORE_OP_TRY) CORE_FAIL(c, CORE_CATCH_WITHOUT_TRY, "delegate");
    end_part(c);
    if (c->failed) return;
    CoreFrame frame = vec_pop(&c->frames);
    core_label(c, c->in.a, &n);
    if (c->failed) return;
    core_push_all(c, core_results(&frame), core_result_count(&frame));
}

static void check_rethrow(CoreChecker *c) {
    uint32_t n;
    core_label(c, c->in.a, &n);
    if (c->failed) return;
    CoreOp op = c->frames.at[c->frames.len - 1 - c->in.a].op;
    if (op != CORE_OP_CATCH && op != CORE_OP_CATCH_ALL) CORE_FAIL(c, CORE_RETHROW_LABEL);
    core_set_unreachable(c);
}

/* A catch clause branches with the tag's values, and a reference to the exception. */
static void check_catch_clause(CoreChecker *c, CoreCatch clause) {
    uint32_t n, params = 0;
    bool has_tag = clause.kind == CORE_CATCH || clause.kind == CORE_CATCH_REF;
    bool has_ref = clause.kind == CORE_CATCH_REF || clause.kind == CORE_CATCH_ALL_REF;
    const CoreType *tag = has_tag ? core_check_tag(c, clause.tag) : NULL;
    const CoreValType *label = core_label(c, clause.label, &n);
    if (c->failed) return;
    if (tag) params = tag->param_count;
    if (n != params + has_ref) {
        CORE_FAIL(c, CORE_CATCH_LABEL, n, params + has_ref);
        return;
    }
    for (uint32_t i = 0; i < params; i++) core_expect(c, tag->params[i], label[i]);
    if (has_ref) core_expect(c, core_ref(false, CORE_HEAP_EXN), label[params]);
}

static void check_try_table(CoreChecker *c) {
    CoreFrame frame = block_frame(c);
    if (c->failed) return;
    pop_params(c, &frame);
    CoreList list = c->in.list;
    for (uint32_t i = 0; i < list.count && !c->failed; i++)
        check_catch_clause(c, core_list_catch(&list));
    push_frame(c, frame);
}

/* ---- branches and calls ---- */

static void check_br_table(CoreChecker *c) {
    core_pop_expect(c, CORE_I32);
    CoreList list = c->in.list;
    uint32_t arity = 0, n;
    c->tables++;
    for (uint32_t i = 0; i < list.count && !c->failed; i++) {
        uint32_t depth = core_list_label(&list);
        const CoreValType *label = core_label(c, depth, &n);
        if (c->failed) return;
        CoreFrame *frame = &c->frames.at[c->frames.len - 1 - depth];
        if (frame->checked == c->tables) continue;
        frame->checked = c->tables;
        if (i == 0) arity = n;
        if (n != arity) CORE_FAIL(c, CORE_BR_TABLE_ARITY);
        if (!c->failed) check_top(c, label, n);
    }
    core_set_unreachable(c);
}

static void check_call(CoreChecker *c, const CoreType *t, bool is_tail) {
    if (!t) return;
    core_pop_all(c, t->params, t->param_count);
    if (is_tail) core_check_tail(c, t);
    else core_push_all(c, t->results, t->result_count);
}

void core_check_tail(CoreChecker *c, const CoreType *t) {
    if (t->result_count != c->result_count) {
        CORE_FAIL(c, CORE_TAIL_RESULTS);
        return;
    }
    for (uint32_t i = 0; i < t->result_count; i++)
        if (!core_space_matches(c->space, t->results[i], c->results[i]))
            CORE_FAIL(c, CORE_TAIL_RESULTS);
    core_set_unreachable(c);
}

static const CoreType *check_func(CoreChecker *c, uint32_t index) {
    if (index >= c->m->funcs.len) {
        CORE_FAIL(c, CORE_UNKNOWN_FUNC, index);
        return NULL;
    }
    return core_check_type(c, c->m->funcs.at[index].type, CORE_TYPE_FUNC);
}

static void check_call_indirect(CoreChecker *c) {
    if (c->in.b != 0 && !feature_on(c->features, REFERENCE_TYPES))
        CORE_FAIL(c, CORE_CALL_INDIRECT_BYTE);
    const CoreTable *table = core_check_table(c, c->in.b);
    if (!table) return;
    CoreValType element = core_space_val(c->ids, table->type);
    CoreValType func = CORE_FUNCREF | (element & CORE_SHARED);
    if (core_is_concrete(element) && core_space_type(c->space, core_type_index(element))->shared)
        func |= CORE_SHARED;
    if (!core_space_matches(c->space, element, func)) CORE_FAIL(c, CORE_INDIRECT_TABLE);
    const CoreType *t = core_check_type(c, c->in.a, CORE_TYPE_FUNC);
    if (c->failed) return;
    core_pop_expect(c, c->address);
    check_call(c, t, c->in.op == CORE_OP_RETURN_CALL_INDIRECT);
}

static void check_call_ref(CoreChecker *c) {
    const CoreType *t = core_check_type(c, c->in.a, CORE_TYPE_FUNC);
    if (!t) return;
    CoreValType f = core_pop_ref(c);
    if (!c->failed && !core_space_matches(c->space, f, core_ref_to(true, c->ids[c->in.a])))
        CORE_FAIL(c, CORE_CALL_REF_TYPE, STR_ARG(core_check_text(c, f)), c->in.a);
    check_call(c, t, c->in.op == CORE_OP_RETURN_CALL_REF);
}

static void check_throw(CoreChecker *c) {
    const CoreType *tag = core_check_tag(c, c->in.a);
    if (!tag) return;
    uint32_t have = (uint32_t)c->stack.len - vec_last(&c->frames).height, n = tag->param_count;
    bool open = vec_last(&c->frames).unreachable, good = have >= n || open;
    if (have > n) have = n;
    const CoreValType *top = c->stack.at + c->stack.len - have;
    for (uint32_t i = 0; i < have; i++)
        good = good && core_space_matches(c->space, top[i], tag->params[n - have + i]);
    if (!good) {
        Str want = types_text(c, tag->params, n), got = types_text(c, top, have);
        CORE_FAIL(c, CORE_THROW_OPERANDS, STR_ARG(want), STR_ARG(got));
    }
    core_set_unreachable(c);
}

/* ---- variables and tables ---- */

/* The type of a local: spread out, or by bisection of the runs. */
static CoreValType local_type(const CoreChecker *c, uint32_t i) {
    if (i < c->flat_count) return c->locals[i];
    size_t low = 0, high = c->runs.len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (c->runs.at[mid].count <= i) low = mid + 1;
        else high = mid;
    }
    return c->runs.at[low].type;
}

/* Where it is noted that a local without default has a value; most modules have no such local. */
static uint32_t *init_of(CoreChecker *c, uint32_t i) {
    if (!c->init)
        c->init = ARENA_NEW_ARRAY(c->arena, uint32_t, CORE_LIMIT_PARAMS + CORE_LIMIT_LOCALS);
    return &c->init[i];
}

static void check_local(CoreChecker *c) {
    uint32_t i = c->in.a;
    if (i >= c->local_count) {
        CORE_FAIL(c, CORE_UNKNOWN_LOCAL, i);
        return;
    }
    CoreValType t = local_type(c, i);
    bool has_value = core_is_defaultable(t) || i < c->param_count || *init_of(c, i) == c->serial;
    if (c->in.op == CORE_OP_LOCAL_GET) {
        if (!has_value) CORE_FAIL(c, CORE_UNINITIALIZED_LOCAL, i);
        push(c, t);
        return;
    }
    pop_expect(c, t);
    if (!has_value) {
        *init_of(c, i) = c->serial;
        *vec_push(c->arena, &c->init_order) = i;
    }
    if (c->in.op == CORE_OP_LOCAL_TEE) push(c, t);
}

const CoreGlobal *core_check_global(CoreChecker *c, uint32_t index) {
    if (index >= c->known_globals) {
        CORE_FAIL(c, CORE_UNKNOWN_GLOBAL, index);
        return NULL;
    }
    const CoreGlobal *global = &c->m->globals.at[index];
    if (c->shared && !global->shared) CORE_FAIL(c, CORE_UNSHARED, "globals");
    return global;
}

static void check_global(CoreChecker *c) {
    const CoreGlobal *global = core_check_global(c, c->in.a);
    if (!global) return;
    CoreValType t = core_space_val(c->ids, global->type);
    if (c->in.op == CORE_OP_GLOBAL_GET) {
        core_push(c, t);
        return;
    }
    if (!global->mutable) CORE_FAIL(c, CORE_IMMUTABLE_GLOBAL, "global.set");
    core_pop_expect(c, t);
}

const CoreTable *core_check_table(CoreChecker *c, uint32_t index) {
    if (index >= c->m->tables.len) {
        CORE_FAIL(c, CORE_UNKNOWN_TABLE, index);
        return NULL;
    }
    const CoreTable *table = &c->m->tables.at[index];
    if (c->shared && !table->limits.shared) CORE_FAIL(c, CORE_UNSHARED, "tables");
    c->address = table->limits.is_64 ? CORE_I64 : CORE_I32;
    return table;
}

static const CoreMemory *check_memory(CoreChecker *c, uint32_t index) {
    if (index >= c->m->memories.len) {
        CORE_FAIL(c, CORE_UNKNOWN_MEMORY, index);
        return NULL;
    }
    if (index != 0 && !feature_on(c->features, MULTI_MEMORY)) CORE_FAIL(c, CORE_MEMORY_INDEX_OFF);
    const CoreMemory *memory = &c->m->memories.at[index];
    c->address = memory->limits.is_64 ? CORE_I64 : CORE_I32;
    return memory;
}

/* The narrower of the two address types counts: dst, src, length. */
static void check_copy(CoreChecker *c, CoreValType to, CoreValType from) {
    core_pop_expect(c, to == CORE_I64 && from == CORE_I64 ? CORE_I64 : CORE_I32);
    core_pop_expect(c, from);
    core_pop_expect(c, to);
}

static void check_memory_copy(CoreChecker *c) {
    if (!check_memory(c, c->in.a)) return;
    CoreValType to = c->address;
    if (check_memory(c, c->in.b)) check_copy(c, to, c->address);
}

static void check_table_copy(CoreChecker *c) {
    const CoreTable *to = core_check_table(c, c->in.a);
    CoreValType to_address = c->address;
    const CoreTable *from = core_check_table(c, c->in.b);
    if (!to || !from) return;
    core_expect(c, core_space_val(c->ids, from->type), core_space_val(c->ids, to->type));
    check_copy(c, to_address, c->address);
}

static void check_table_access(CoreChecker *c) {
    const CoreTable *table = core_check_table(c, c->in.a);
    if (!table) return;
    CoreValType t = core_space_val(c->ids, table->type);
    switch (c->in.op) {
    case CORE_OP_TABLE_GET:
        core_pop_expect(c, c->address);
        core_push(c, t);
        break;
    case CORE_OP_TABLE_SET:
        core_pop_expect(c, t);
        core_pop_expect(c, c->address);
        break;
    case CORE_OP_TABLE_GROW:
        core_pop_expect(c, c->address);
        core_pop_expect(c, t);
        core_push(c, c->address);
        break;
    default: /* table.fill */
        core_pop_expect(c, c->address);
        core_pop_expect(c, t);
        core_pop_expect(c, c->address);
        break;
    }
}

/* The type of a tag that is an exception's. */
const CoreType *core_check_tag(CoreChecker *c, uint32_t index) {
    if (index >= c->m->tags.len) {
        CORE_FAIL(c, CORE_UNKNOWN_TAG, index);
        return NULL;
    }
    const CoreType *t = core_check_type(c, c->m->tags.at[index].type, CORE_TYPE_FUNC);
    if (t && t->result_count) CORE_FAIL(c, CORE_TAG_RESULTS);
    return c->failed ? NULL : t;
}

/* ---- parametric ---- */

static void check_select(CoreChecker *c) {
    core_pop_expect(c, CORE_I32);
    CoreValType a = core_pop(c), b = core_pop(c);
    if (core_is_ref(a) || core_is_ref(b)) CORE_FAIL(c, CORE_SELECT_INTEGRAL);
    else if (a != b && a != CORE_BOTTOM && b != CORE_BOTTOM) CORE_FAIL(c, CORE_SELECT_DIFFERENT);
    core_push(c, a == CORE_BOTTOM ? b : a);
}

static void check_select_typed(CoreChecker *c) {
    if (c->in.list.count != 1) {
        CORE_FAIL(c, CORE_SELECT_ARITY);
        return;
    }
    CoreList list = c->in.list;
    CoreValType t = core_check_val(c, core_list_type(&list), core_check_span(c));
    core_pop_expect(c, CORE_I32);
    core_pop_expect(c, t);
    core_pop_expect(c, t);
    core_push(c, t);
}

/* ---- immediates ---- */

static void check_mem_arg(CoreChecker *c, uint32_t natural) {
    const CoreMemArg *mem = &c->in.mem;
    bool atomic = core_op_info[c->in.op].prefix == 0xfe;
    if (!check_memory(c, mem->memory)) return;
    if (mem->align > natural) CORE_FAIL(c, CORE_ALIGNMENT);
    if (atomic && mem->align != natural) CORE_FAIL(c, CORE_ATOMIC_ALIGNMENT);
    if (c->address == CORE_I32 && mem->offset > UINT32_MAX) CORE_FAIL(c, CORE_OFFSET_RANGE);
}

static void check_lane(CoreChecker *c, uint32_t lanes) {
    if (c->in.lane >= lanes) CORE_FAIL(c, CORE_LANE, c->in.lane, lanes);
}

static void check_data(CoreChecker *c, uint32_t index) {
    if (!c->m->has_data_count) CORE_FAIL(c, CORE_DATA_COUNT_REQUIRED);
    else if (index >= c->m->data_count) CORE_FAIL(c, CORE_UNKNOWN_DATA, index);
}

static const CoreElem *check_elem(CoreChecker *c, uint32_t index) {
    if (index < c->m->elems.len) return &c->m->elems.at[index];
    CORE_FAIL(c, CORE_UNKNOWN_ELEM, index);
    return NULL;
}

static void check_elem_table(CoreChecker *c) {
    const CoreTable *table = core_check_table(c, c->in.b);
    const CoreElem *elem = check_elem(c, c->in.a);
    if (table && elem)
        core_expect(c, core_space_val(c->ids, elem->type), core_space_val(c->ids, table->type));
}

/* Immediates of the instructions that are typed by their signature. */
static void check_immediates(CoreChecker *c) {
    CoreImm imm = core_op_info[c->in.op].imm;
    switch (imm) {
    case CORE_IMM_MEM8:
    case CORE_IMM_MEM16:
    case CORE_IMM_MEM32:
    case CORE_IMM_MEM64:
    case CORE_IMM_MEM128: check_mem_arg(c, imm - CORE_IMM_MEM8); break;
    case CORE_IMM_MEM8_LANE:
    case CORE_IMM_MEM16_LANE:
    case CORE_IMM_MEM32_LANE:
    case CORE_IMM_MEM64_LANE:
        check_mem_arg(c, imm - CORE_IMM_MEM8_LANE);
        check_lane(c, 16u >> (imm - CORE_IMM_MEM8_LANE));
        break;
    case CORE_IMM_LANE2:
    case CORE_IMM_LANE4:
    case CORE_IMM_LANE8:
    case CORE_IMM_LANE16: check_lane(c, 2u << (imm - CORE_IMM_LANE2)); break;
    case CORE_IMM_SHUFFLE:
        for (int i = 0; i < 16; i++)
            if (c->in.bytes[i] >= 32) CORE_FAIL(c, CORE_LANE, c->in.bytes[i], 32);
        break;
    case CORE_IMM_MEMORY: check_memory(c, c->in.a); break;
    case CORE_IMM_TABLE: core_check_table(c, c->in.a); break;
    case CORE_IMM_DATA: check_data(c, c->in.a); break;
    case CORE_IMM_ELEM: check_elem(c, c->in.a); break;
    case CORE_IMM_DATA_MEMORY:
        check_memory(c, c->in.b);
        check_data(c, c->in.a);
        break;
    case CORE_IMM_ELEM_TABLE: check_elem_table(c); break;
    default: break; /* nothing to check, or not typed by signature */
    }
}

static void check_signature(CoreChecker *c, const char *signature) {
    static const uint8_t letters[128] = {
        ['i'] = CORE_I32, ['l'] = CORE_I64,  ['f'] = CORE_F32,
        ['d'] = CORE_F64, ['v'] = CORE_V128, ['p'] = 0xff,
    };
    const char *colon = signature;
    while (*colon != ':') colon++;
    for (const char *at = colon; at > signature;) {
        CoreValType t = letters[(uint8_t)*--at];
        pop_expect(c, t == 0xff ? c->address : t);
    }
    for (const char *at = colon + 1; *at; at++) {
        CoreValType t = letters[(uint8_t)*at];
        push(c, t == 0xff ? c->address : t);
    }
}

/* ---- the dispatch ---- */

static void check_special(CoreChecker *c) {
    uint32_t n;
    const CoreValType *label;
    switch (c->in.op) {
    case CORE_OP_UNREACHABLE: core_set_unreachable(c); break;
    case CORE_OP_BLOCK:
    case CORE_OP_LOOP:
    case CORE_OP_IF:
    case CORE_OP_TRY: open_block(c); break;
    case CORE_OP_TRY_TABLE: check_try_table(c); break;
    case CORE_OP_ELSE: check_else(c); break;
    case CORE_OP_END: check_end(c); break;
    case CORE_OP_CATCH:
    case CORE_OP_CATCH_ALL: check_legacy_catch(c); break;
    case CORE_OP_DELEGATE: check_delegate(c); break;
    case CORE_OP_RETHROW: check_rethrow(c); break;
    case CORE_OP_THROW: check_throw(c); break;
    case CORE_OP_THROW_REF:
        core_pop_expect(c, core_ref(true, CORE_HEAP_EXN));
        core_set_unreachable(c);
        break;
    case CORE_OP_BR:
        label = core_label(c, c->in.a, &n);
        core_pop_all(c, label, n);
        core_set_unreachable(c);
        break;
    case CORE_OP_BR_IF:
        core_pop_expect(c, CORE_I32);
        label = core_label(c, c->in.a, &n);
        core_pop_all(c, label, n);
        core_push_all(c, label, n);
        break;
    case CORE_OP_BR_TABLE: check_br_table(c); break;
    case CORE_OP_RETURN:
        core_pop_all(c, c->results, c->result_count);
        core_set_unreachable(c);
        break;
    case CORE_OP_CALL: check_call(c, check_func(c, c->in.a), false); break;
    case CORE_OP_RETURN_CALL: check_call(c, check_func(c, c->in.a), true); break;
    case CORE_OP_CALL_INDIRECT:
    case CORE_OP_RETURN_CALL_INDIRECT: check_call_indirect(c); break;
    case CORE_OP_CALL_REF:
    case CORE_OP_RETURN_CALL_REF: check_call_ref(c); break;
    case CORE_OP_DROP: core_pop(c); break;
    case CORE_OP_SELECT: check_select(c); break;
    case CORE_OP_SELECT_TYPED: check_select_typed(c); break;
    case CORE_OP_LOCAL_GET:
    case CORE_OP_LOCAL_SET:
    case CORE_OP_LOCAL_TEE: check_local(c); break;
    case CORE_OP_GLOBAL_GET:
    case CORE_OP_GLOBAL_SET: check_global(c); break;
    case CORE_OP_TABLE_GET:
    case CORE_OP_TABLE_SET:
    case CORE_OP_TABLE_GROW:
    case CORE_OP_TABLE_FILL: check_table_access(c); break;
    case CORE_OP_TABLE_COPY: check_table_copy(c); break;
    case CORE_OP_MEMORY_COPY: check_memory_copy(c); break;
    default:
        if (!core_check_ref_instr(c)) CORE_FAIL(c, CORE_UNSUPPORTED, core_op_info[c->in.op].text);
    }
}

/* How messages name the feature of an instruction. */
static const char *feature_words(Features bit) {
    static const struct {
        Feature feature;
        const char *words;
    } rows[] = {
        {FEATURE_SIMD, "SIMD"},
        {FEATURE_RELAXED_SIMD, "relaxed SIMD"},
        {FEATURE_SATURATING_FLOAT_TO_INT, "saturating float to int conversions"},
        {FEATURE_REFERENCE_TYPES, "reference types"},
        {FEATURE_BULK_MEMORY, "bulk memory"},
        {FEATURE_SIGN_EXTENSION, "sign extension operations"},
        {FEATURE_TAIL_CALL, "tail calls"},
        {FEATURE_FUNCTION_REFERENCES, "function references"},
        {FEATURE_MEMORY_CONTROL, "memory control"},
        {FEATURE_LEGACY_EXCEPTIONS, "legacy exceptions"},
        {FEATURE_STACK_SWITCHING, "stack switching"},
        {FEATURE_WIDE_ARITHMETIC, "wide arithmetic"},
        {FEATURE_CUSTOM_DESCRIPTORS, "custom descriptors operations"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (bit == FEATURE_BIT(rows[i].feature)) return rows[i].words;
    for (int f = 0; f < FEATURE_COUNT; f++)
        if (bit == FEATURE_BIT(f)) return feature_name((Feature)f);
    return "?";
}

static void check_gate(CoreChecker *c, const CoreOpInfo *info) {
    bool opt = info->needs == FEATURE_BIT(FEATURE_BULK_MEMORY) &&
               (c->in.op == CORE_OP_MEMORY_COPY || c->in.op == CORE_OP_MEMORY_FILL);
    if (opt && feature_on(c->features, BULK_MEMORY_OPT)) return;
    if (info->needs == FEATURE_BIT(FEATURE_FLOATS)) CORE_FAIL(c, CORE_FLOATS_OFF);
    else CORE_FAIL(c, CORE_FEATURE_OFF, feature_words(info->needs), info->text);
}

/* Constant expressions (3.4.14). */
static void check_constant(CoreChecker *c) {
    bool extended = feature_on(c->features, EXTENDED_CONST), gc = feature_on(c->features, GC);
    const CoreGlobal *global;
    switch (c->in.op) {
    case CORE_OP_END:
    case CORE_OP_I32_CONST:
    case CORE_OP_I64_CONST:
    case CORE_OP_F32_CONST:
    case CORE_OP_F64_CONST:
    case CORE_OP_V128_CONST:
    case CORE_OP_REF_NULL: return;
    case CORE_OP_REF_FUNC:
        if (c->declares && c->in.a < c->m->funcs.len) c->declared[c->in.a] = 1;
        return;
    case CORE_OP_GLOBAL_GET:
        global = core_check_global(c, c->in.a);
        if (!global) return;
        if (global->import == CORE_NONE && !gc) CORE_FAIL(c, CORE_CONST_LOCAL_GLOBAL);
        if (global->mutable) CORE_FAIL(c, CORE_CONST_MUTABLE_GLOBAL);
        return;
    case CORE_OP_I32_ADD:
    case CORE_OP_I32_SUB:
    case CORE_OP_I32_MUL:
    case CORE_OP_I64_ADD:
    case CORE_OP_I64_SUB:
    case CORE_OP_I64_MUL:
        if (extended) return;
        break;
    case CORE_OP_STRUCT_NEW:
    case CORE_OP_STRUCT_NEW_DEFAULT:
    case CORE_OP_STRUCT_NEW_DESC:
    case CORE_OP_STRUCT_NEW_DEFAULT_DESC:
    case CORE_OP_ARRAY_NEW:
    case CORE_OP_ARRAY_NEW_DEFAULT:
    case CORE_OP_ARRAY_NEW_FIXED:
    case CORE_OP_REF_I31:
    case CORE_OP_REF_I31_SHARED:
    case CORE_OP_ANY_CONVERT_EXTERN:
    case CORE_OP_EXTERN_CONVERT_ANY:
        if (gc) return;
        break;
    default: break;
    }
    CORE_FAIL(c, CORE_CONST_REQUIRED, core_op_info[c->in.op].text);
}

static void trace_operands(CoreChecker *c) {
    if (c->failed || c->constant || c->frames.len == 0) return;
    uint32_t height = vec_last(&c->frames).height;
    c->trace(c->trace_context, c->in.offset, c->stack.at + height, (uint32_t)c->stack.len - height);
}

void core_checker_trace(CoreChecker *c, CoreTrace trace, void *context) {
    c->trace = trace;
    c->trace_context = context;
}

void core_check_expr(CoreChecker *c, const CoreExpr *expr, const CoreValType *results, uint32_t n) {
    c->failed = false;
    c->expr = expr;
    c->r = core_expr_reader(c->m, expr, c->diags);
    c->in.offset = expr->offset;
    if (!c->stack.at) vec_push(c->arena, &c->stack); /* so that even an empty stack is somewhere */
    c->stack.len = c->frames.len = c->init_order.len = 0;
    c->results = results;
    c->result_count = n;
    c->whole = (CoreType){.results = results, .result_count = n};
    push_frame(c, (CoreFrame){.op = CORE_OP_BLOCK, .type = &c->whole});
    const uint8_t *quick_end = core_quick_end(c);
    while (!c->failed && c->frames.len) {
        if (c->r.ptr < quick_end && core_check_quick(c, quick_end)) break;
        if (c->r.ptr == c->r.end && !c->r.failed) {
            c->in.offset = reader_offset(&c->r);
            CORE_FAIL(c, CORE_END_EXPECTED);
        } else if (!core_instr_next(&c->r, &c->in)) {
            c->failed = true;
        } else {
            const CoreOpInfo *info = &core_op_info[c->in.op];
            if ((c->features & info->needs) != info->needs) check_gate(c, info);
            if (c->constant) check_constant(c);
            if (c->failed) break;
            if (!info->signature[0]) {
                check_special(c);
            } else {
                if (info->imm != CORE_IMM_NONE) check_immediates(c);
                if (!c->failed) check_signature(c, info->signature);
            }
            if (c->trace) trace_operands(c);
        }
    }
    if (!c->failed && !reader_at_end(&c->r)) {
        c->in.offset = reader_offset(&c->r);
        CORE_FAIL(c, CORE_AFTER_END);
    }
}
