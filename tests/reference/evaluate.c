/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Control (4.6.9 and on): blocks, branches, calls, exceptions, and the machine's three stacks.
 *
 *     stack    v v v v | v v | v v v      operands; a label says where its block's begin
 *     labels   F . .   | F . | F . . .    F: the label of a function's body
 *     frames   f         g     h          with locals and the place of the next instruction
 *
 * A branch takes its operands off the stack, drops what the block has left there, puts them back and
 * goes on at the label's target. So that a target need not be looked for again and again, each body
 * has a table: for the byte at which a block begins, where its `else` and its `end` are over. */
#include "tests/reference/reference.h"

#include <string.h>

enum { MAX_FRAMES = 2000, MAX_STACK = 200000, MAX_LABELS = 200000, MAX_HOST_RESULTS = 64 };

/* ---- the stacks ---- */

void plain_trap(PlainMachine *p, Trap trap) {
    if (p->end != PLAIN_DONE) return;
    p->end = PLAIN_TRAPPED;
    p->trap = trap;
}

void plain_give_up(PlainMachine *p) { p->end = PLAIN_GAVE_UP; }

bool plain_take(PlainMachine *p, uint64_t bytes) {
    if (bytes > p->room) plain_give_up(p);
    else p->room -= bytes;
    return p->end != PLAIN_GAVE_UP;
}

PlainValue plain_number(CoreValKind kind, uint64_t bits) {
    PlainValue value = {.kind = kind};
    value.bits = bits;
    return value;
}

PlainValue plain_ref(PlainObject *object) {
    PlainValue value = {.kind = CORE_KIND_REF};
    value.ref = object;
    return value;
}

PlainValue plain_null(void) { return plain_ref(NULL); }

PlainValue plain_default(CoreValType type) {
    PlainValue value;
    memset(&value, 0, sizeof value);
    value.kind = core_kind(core_unpacked(type));
    return value;
}

void plain_push(PlainMachine *p, PlainValue value) {
    if (p->stack.len >= MAX_STACK) plain_give_up(p);
    else *vec_push(p->arena, &p->stack) = value;
}

void plain_push_i32(PlainMachine *p, uint32_t value) {
    plain_push(p, plain_number(CORE_KIND_I32, value));
}

PlainValue plain_pop(PlainMachine *p) { return vec_pop(&p->stack); }
uint32_t plain_pop_i32(PlainMachine *p) { return (uint32_t)plain_pop(p).bits; }
PlainObject *plain_pop_ref(PlainMachine *p) { return plain_pop(p).ref; }
uint64_t plain_pop_address(PlainMachine *p) { return plain_pop(p).bits; }

PlainValue plain_look(PlainMachine *p, PlainValue value) {
    if (value.unsure) p->unspecified = true;
    value.unsure = 0;
    return value;
}

/* ---- labels ---- */

static const CoreType *block_type(const PlainMachine *p, const CoreBlockType *block) {
    return block->kind == CORE_BLOCK_TYPE ? core_func_type_at(p->module, block->type) : NULL;
}
static uint32_t block_params(const PlainMachine *p, const CoreBlockType *block) {
    const CoreType *type = block_type(p, block);
    return type ? type->param_count : 0;
}
static uint32_t block_results(const PlainMachine *p, const CoreBlockType *block) {
    const CoreType *type = block_type(p, block);
    return type ? type->result_count : block->kind == CORE_BLOCK_RESULT;
}

static void fill_ends(const PlainMachine *p, const CoreExpr *body, uint32_t *ends) {
    Reader r = core_expr_reader(p->module, body, NULL);
    VEC(uint32_t) open = {0};
    CoreInstr in = {0};
    while (!reader_at_end(&r)) {
        uint32_t at = (uint32_t)(r.ptr - (const uint8_t *)body->bytes.ptr);
        if (!core_instr_next(&r, &in)) return;
        uint32_t after = (uint32_t)(r.ptr - (const uint8_t *)body->bytes.ptr);
        if (in.op == CORE_OP_BLOCK || in.op == CORE_OP_LOOP || in.op == CORE_OP_IF ||
            in.op == CORE_OP_TRY_TABLE || in.op == CORE_OP_TRY) {
            *vec_push(p->arena, &open) = at;
        } else if (in.op == CORE_OP_ELSE) {
            ends[2 * vec_last(&open)] = after;
        } else if ((in.op == CORE_OP_END || in.op == CORE_OP_DELEGATE) && open.len) {
            ends[2 * vec_pop(&open) + 1] = after;
        }
    }
}

static const uint32_t *ends_of(PlainMachine *p, uint32_t func) {
    const CoreExpr *body = &p->module->funcs.at[func].body;
    if (!p->ends[func]) {
        p->ends[func] = ARENA_NEW_ARRAY(p->arena, uint32_t, 2 * body->bytes.len);
        fill_ends(p, body, p->ends[func]);
    }
    return p->ends[func];
}

static void push_label(PlainMachine *p, PlainLabel label) {
    if (p->labels.len >= MAX_LABELS) plain_give_up(p);
    else *vec_push(p->arena, &p->labels) = label;
}

/* Keeps the top `n` operands and drops those between them and the height. */
static void unwind(PlainMachine *p, uint32_t height, uint32_t n) {
    memmove(p->stack.at + height, p->stack.at + p->stack.len - n, n * sizeof(PlainValue));
    p->stack.len = height + n;
}

static void enter_block(PlainMachine *p, PlainFrame *f, const CoreInstr *in, size_t start) {
    bool is_loop = in->op == CORE_OP_LOOP;
    uint32_t params = block_params(p, &in->block);
    PlainLabel label = {
        .arity = is_loop ? params : block_results(p, &in->block),
        .height = (uint32_t)p->stack.len - params,
        .target = is_loop ? f->at : f->ends[2 * start + 1],
        .is_loop = is_loop,
    };
    if (in->op == CORE_OP_TRY_TABLE) label.catches = in->list;
    if (in->op == CORE_OP_TRY) label.body = f->at;
    push_label(p, label);
}

static void leave_function(PlainMachine *p) {
    PlainFrame f = vec_pop(&p->frames);
    unwind(p, f.height, f.result_count);
    p->labels.len = f.labels;
}

static void branch(PlainMachine *p, uint32_t depth) {
    PlainFrame *f = &vec_last(&p->frames);
    size_t index = p->labels.len - 1 - depth;
    if (index == f->labels) {
        leave_function(p);
        return;
    }
    PlainLabel label = p->labels.at[index];
    unwind(p, label.height, label.arity);
    p->labels.len = index + label.is_loop;
    f->at = label.target;
}

static void end_instr(PlainMachine *p) {
    const PlainFrame *f = &vec_last(&p->frames);
    if (p->labels.len - 1 == f->labels) leave_function(p);
    else p->labels.len--;
}

/* ---- calls ---- */

static void call_host(PlainMachine *p, uint32_t func, const CoreType *type) {
    PlainValue results[MAX_HOST_RESULTS];
    if (type->result_count > MAX_HOST_RESULTS) {
        plain_give_up(p);
        return;
    }
    for (uint32_t i = 0; i < type->result_count; i++) results[i] = plain_default(type->results[i]);
    p->stack.len -= type->param_count;
    p->host(p->context, func, p->stack.at + p->stack.len, results);
    for (uint32_t i = 0; i < type->result_count; i++) plain_push(p, results[i]);
}

/* The arguments are on the stack. */
static void call(PlainMachine *p, uint32_t func) {
    const CoreFunc *f = &p->module->funcs.at[func];
    const CoreType *type = core_func_type(p->module, func);
    if (f->import != CORE_NONE) {
        call_host(p, func, type);
        return;
    }
    if (p->frames.len >= MAX_FRAMES) {
        plain_give_up(p);
        return;
    }
    uint64_t count = core_local_count(p->module, f);
    if (!plain_take(p, count * sizeof(PlainValue))) return;
    PlainValue *locals = ARENA_NEW_ARRAY(p->arena, PlainValue, count);
    p->stack.len -= type->param_count;
    for (uint32_t i = 0; i < count; i++)
        locals[i] = i < type->param_count ? p->stack.at[p->stack.len + i]
                                          : plain_default(core_local_type(p->module, f, i));
    PlainFrame frame = {
        .func = func,
        .body = &f->body,
        .ends = ends_of(p, func),
        .labels = (uint32_t)p->labels.len,
        .height = (uint32_t)p->stack.len,
        .result_count = type->result_count,
        .locals = locals,
    };
    push_label(p, (PlainLabel){.arity = type->result_count, .height = frame.height});
    *vec_push(p->arena, &p->frames) = frame;
}

/* The frame goes, its function's arguments stay for the next one. */
static void tail_call(PlainMachine *p, uint32_t func) {
    PlainFrame f = vec_pop(&p->frames);
    unwind(p, f.height, core_func_type(p->module, func)->param_count);
    p->labels.len = f.labels;
    call(p, func);
}

static void call_or_tail(PlainMachine *p, uint32_t func, bool tail) {
    if (tail) tail_call(p, func);
    else call(p, func);
}

static void call_indirect(PlainMachine *p, const CoreInstr *in, bool tail) {
    const PlainTable *table = &p->tables[in->b];
    uint64_t i = plain_pop_address(p);
    if (i >= table->size) {
        plain_trap(p, TRAP_UNDEFINED_ELEMENT);
        return;
    }
    const PlainObject *f = table->at[i].ref;
    if (!f) plain_trap(p, TRAP_UNINITIALIZED_ELEMENT);
    else if (!plain_sub_type(p->module, p->module->funcs.at[f->index].type, in->a))
        plain_trap(p, TRAP_INDIRECT_TYPE);
    else call_or_tail(p, f->index, tail);
}

static void call_ref(PlainMachine *p, bool tail) {
    const PlainObject *f = plain_pop_ref(p);
    if (!f) plain_trap(p, TRAP_NULL_FUNCTION_REFERENCE);
    else call_or_tail(p, f->index, tail);
}

/* ---- exceptions ---- */

/* The clause's branch, its operands pushed; the try_table's own label is gone already. */
static void catch_exception(PlainMachine *p, const CoreCatch *clause, PlainObject *exception) {
    bool has_values = clause->kind == CORE_CATCH || clause->kind == CORE_CATCH_REF;
    bool has_ref = clause->kind == CORE_CATCH_REF || clause->kind == CORE_CATCH_ALL_REF;
    for (uint32_t i = 0; has_values && i < exception->count; i++)
        plain_push(p, exception->values[i]);
    if (has_ref) plain_push(p, plain_ref(exception));
    branch(p, clause->label);
}

static bool caught_here(PlainMachine *p, PlainLabel label, PlainObject *exception) {
    CoreList list = label.catches;
    for (uint32_t i = 0; i < label.catches.count; i++) {
        CoreCatch clause = core_list_catch(&list);
        bool any = clause.kind == CORE_CATCH_ALL || clause.kind == CORE_CATCH_ALL_REF;
        if (!any && clause.tag != exception->index) continue;
        p->stack.len = label.height;
        catch_exception(p, &clause, exception);
        return true;
    }
    return false;
}

/* The next clause of a legacy `try`, or its `delegate`, or its `end`. */
static CoreInstr next_clause(Reader *r) {
    CoreInstr in = {0};
    for (uint32_t depth = 0; core_instr_next(r, &in);) {
        switch ((int)in.op) {
        case CORE_OP_BLOCK:
        case CORE_OP_LOOP:
        case CORE_OP_IF:
        case CORE_OP_TRY:
        case CORE_OP_TRY_TABLE: depth++; break;
        case CORE_OP_CATCH:
        case CORE_OP_CATCH_ALL:
            if (depth == 0) return in;
            break;
        case CORE_OP_END:
        case CORE_OP_DELEGATE:
            if (depth-- == 0) return in;
            break;
        }
    }
    return core_instr(CORE_OP_END);
}

/* The `try` of the label, which is gone already, in the frame on top: the label comes back for a clause. */
static bool caught_by_try(PlainMachine *p, PlainLabel label, PlainObject *exception) {
    PlainFrame *f = &vec_last(&p->frames);
    Reader r = core_expr_reader(p->module, f->body, NULL);
    r.ptr += label.body;
    for (;;) {
        CoreInstr in = next_clause(&r);
        if (in.op == CORE_OP_DELEGATE) p->labels.len -= in.a;
        if (in.op == CORE_OP_END || in.op == CORE_OP_DELEGATE) return false;
        if (in.op == CORE_OP_CATCH && in.a != exception->index) continue;
        label.body = 0;
        label.caught = exception;
        push_label(p, label);
        p->stack.len = label.height;
        for (uint32_t i = 0; in.op == CORE_OP_CATCH && i < exception->count; i++)
            plain_push(p, exception->values[i]);
        f->at = (size_t)(r.ptr - (const uint8_t *)f->body->bytes.ptr);
        return true;
    }
}

static void throw_exception(PlainMachine *p, PlainObject *exception) {
    while (p->frames.len > 0) {
        PlainFrame f = vec_last(&p->frames);
        while (p->labels.len - 1 > f.labels) {
            PlainLabel label = vec_pop(&p->labels);
            if (label.body ? caught_by_try(p, label, exception) : caught_here(p, label, exception))
                return;
        }
        p->labels.len = f.labels;
        p->stack.len = f.height;
        p->frames.len--;
    }
    plain_trap(p, TRAP_UNCAUGHT_EXCEPTION);
}

static void throw_instr(PlainMachine *p, const CoreInstr *in) {
    uint32_t n = core_tag_type(p->module, in->a)->param_count;
    PlainObject *exception = ARENA_NEW(p->arena, PlainObject);
    *exception = (PlainObject){.kind = PLAIN_EXCEPTION, .index = in->a, .count = n};
    exception->values = ARENA_NEW_ARRAY(p->arena, PlainValue, n);
    for (uint32_t i = n; i-- > 0;) exception->values[i] = plain_pop(p);
    throw_exception(p, exception);
}

/* ---- one instruction ---- */

static void br_table(PlainMachine *p, const CoreInstr *in) {
    CoreList list = in->list;
    uint32_t i = plain_pop_i32(p), last = in->list.count - 1;
    uint32_t label = core_list_label(&list);
    for (uint32_t k = 0; k < (i < last ? i : last); k++) label = core_list_label(&list);
    branch(p, label);
}

static void select_instr(PlainMachine *p) {
    uint32_t condition = plain_pop_i32(p);
    PlainValue b = plain_pop(p), a = plain_pop(p);
    plain_push(p, condition ? a : b);
}

static void if_instr(PlainMachine *p, PlainFrame *f, const CoreInstr *in, size_t start) {
    uint32_t condition = plain_pop_i32(p);
    if (condition || f->ends[2 * start]) enter_block(p, f, in, start);
    if (condition) return;
    f->at = f->ends[2 * start] ? f->ends[2 * start] : f->ends[2 * start + 1];
}

static void br_on_null(PlainMachine *p, const CoreInstr *in) {
    const PlainObject *object = vec_last(&p->stack).ref;
    bool on_null = in->op == CORE_OP_BR_ON_NULL;
    if (!object) p->stack.len--;
    if (on_null == !object) branch(p, in->a);
}

static void br_on_cast(PlainMachine *p, const CoreInstr *in) {
    bool matches = plain_ref_matches(p, vec_last(&p->stack).ref, in->type[1]);
    if (matches == (in->op == CORE_OP_BR_ON_CAST)) branch(p, in->a);
}

static bool branch_instr(PlainMachine *p, PlainFrame *f, const CoreInstr *in, size_t start) {
    switch ((int)in->op) {
    case CORE_OP_BLOCK:
    case CORE_OP_LOOP:
    case CORE_OP_TRY:
    case CORE_OP_TRY_TABLE: enter_block(p, f, in, start); return true;
    case CORE_OP_IF: if_instr(p, f, in, start); return true;
    case CORE_OP_ELSE:
    case CORE_OP_CATCH:
    case CORE_OP_CATCH_ALL:
        f->at = vec_last(&p->labels).target;
        p->labels.len--;
        return true;
    case CORE_OP_DELEGATE:
    case CORE_OP_END: end_instr(p); return true;
    case CORE_OP_BR: branch(p, in->a); return true;
    case CORE_OP_BR_IF:
        if (plain_pop_i32(p)) branch(p, in->a);
        return true;
    case CORE_OP_BR_TABLE: br_table(p, in); return true;
    case CORE_OP_RETURN: leave_function(p); return true;
    case CORE_OP_BR_ON_NULL:
    case CORE_OP_BR_ON_NON_NULL: br_on_null(p, in); return true;
    case CORE_OP_BR_ON_CAST:
    case CORE_OP_BR_ON_CAST_FAIL: br_on_cast(p, in); return true;
    }
    return false;
}

static bool call_instr(PlainMachine *p, const CoreInstr *in) {
    PlainObject *exception;
    switch ((int)in->op) {
    case CORE_OP_CALL: call(p, in->a); return true;
    case CORE_OP_RETURN_CALL: tail_call(p, in->a); return true;
    case CORE_OP_CALL_INDIRECT: call_indirect(p, in, false); return true;
    case CORE_OP_RETURN_CALL_INDIRECT: call_indirect(p, in, true); return true;
    case CORE_OP_CALL_REF: call_ref(p, false); return true;
    case CORE_OP_RETURN_CALL_REF: call_ref(p, true); return true;
    case CORE_OP_THROW: throw_instr(p, in); return true;
    case CORE_OP_RETHROW:
        throw_exception(p, p->labels.at[p->labels.len - 1 - in->a].caught);
        return true;
    case CORE_OP_THROW_REF:
        exception = plain_pop_ref(p);
        if (exception) throw_exception(p, exception);
        else plain_trap(p, TRAP_NULL_EXCEPTION);
        return true;
    }
    return false;
}

static bool plain_instr(PlainMachine *p, PlainFrame *f, const CoreInstr *in) {
    switch ((int)in->op) {
    case CORE_OP_NOP: return true;
    case CORE_OP_UNREACHABLE: plain_trap(p, TRAP_UNREACHABLE); return true;
    case CORE_OP_DROP: plain_pop(p); return true;
    case CORE_OP_SELECT:
    case CORE_OP_SELECT_TYPED: select_instr(p); return true;
    case CORE_OP_LOCAL_GET: plain_push(p, f->locals[in->a]); return true;
    case CORE_OP_LOCAL_SET: f->locals[in->a] = plain_pop(p); return true;
    case CORE_OP_LOCAL_TEE: f->locals[in->a] = vec_last(&p->stack); return true;
    case CORE_OP_GLOBAL_GET: plain_push(p, p->globals[in->a]); return true;
    case CORE_OP_GLOBAL_SET: p->globals[in->a] = plain_pop(p); return true;
    case CORE_OP_I32_CONST: plain_push_i32(p, (uint32_t)in->i64); return true;
    case CORE_OP_I64_CONST: plain_push(p, plain_number(CORE_KIND_I64, in->bits)); return true;
    case CORE_OP_F32_CONST:
        plain_push(p, plain_number(CORE_KIND_F32, (uint32_t)in->bits));
        return true;
    case CORE_OP_F64_CONST: plain_push(p, plain_number(CORE_KIND_F64, in->bits)); return true;
    }
    return false;
}

static void step(PlainMachine *p) {
    PlainFrame *f = &vec_last(&p->frames);
    Reader r = core_expr_reader(p->module, f->body, NULL);
    size_t start = f->at;
    r.ptr += start;
    CoreInstr in = {0};
    if (p->steps == 0 || !core_instr_next(&r, &in)) {
        plain_give_up(p);
        return;
    }
    p->steps--;
    f->at = (size_t)(r.ptr - (const uint8_t *)f->body->bytes.ptr);
    if (branch_instr(p, f, &in, start) || call_instr(p, &in) || plain_instr(p, f, &in) ||
        plain_numeric(p, &in) || plain_memory_instr(p, &in) || plain_ref_instr(p, &in) ||
        plain_atomic(p, &in))
        return;
    if (core_op_info[in.op].prefix == 0xfd) plain_vector(p, &in);
    else plain_give_up(p); /* an instruction that this evaluator does not know */
}

static void run(PlainMachine *p, size_t frames) {
    while (p->end == PLAIN_DONE && p->frames.len > frames) step(p);
}

PlainEnd plain_call(PlainMachine *p, uint32_t index, const PlainValue *args) {
    p->end = PLAIN_DONE;
    p->stack.len = p->labels.len = p->frames.len = 0;
    const CoreType *type = core_func_type(p->module, index);
    for (uint32_t i = 0; i < type->param_count; i++) plain_push(p, args[i]);
    call(p, index);
    run(p, 0);
    return p->end;
}

PlainValue plain_constant(PlainMachine *p, const CoreExpr *expr) {
    PlainFrame frame = {.func = CORE_NONE,
                        .body = expr,
                        .labels = (uint32_t)p->labels.len,
                        .height = (uint32_t)p->stack.len,
                        .result_count = 1};
    push_label(p, (PlainLabel){.arity = 1, .height = frame.height});
    size_t frames = p->frames.len;
    *vec_push(p->arena, &p->frames) = frame;
    run(p, frames);
    return p->end == PLAIN_DONE ? plain_pop(p) : plain_null();
}
