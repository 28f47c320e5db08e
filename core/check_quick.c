/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The usual instructions of function bodies, checked in one loop. It goes on as long as the next
 * instruction is of a usual kind and in order, and stops in front of one that is not, with nothing
 * of it done: check_code.c takes that one, and says what is wrong with it where something is. So
 * nothing here reports, and what is refused here is merely slower.
 *
 *     body:   [ usual instructions | an unusual one | usual ones ... | the last few bytes ]
 *               core_check_quick     core_check_expr  core_check_quick  core_check_expr
 *
 * What an opcode asks for stands in a table, made from opcode.def and the features: an
 * instruction whose feature is off has no row. Immediates are read without looking for the end of
 * the body at each byte, since other bytes of the module follow it; afterwards they must have ended
 * inside. */
#include "core/internal.h"

typedef enum {
    QUICK_NOT,
    QUICK_VECTOR,
    QUICK_NOP,
    QUICK_UNARY,
    QUICK_BINARY,
    QUICK_NUMBER,
    QUICK_FIXED,
    QUICK_LOAD,
    QUICK_STORE,
    QUICK_BLOCK,
    QUICK_ELSE,
    QUICK_END,
    QUICK_BR,
    QUICK_BR_IF,
    QUICK_RETURN,
    QUICK_UNREACHABLE,
    QUICK_CALL,
    QUICK_CALL_INDIRECT,
    QUICK_DROP,
    QUICK_SELECT,
    QUICK_LOCAL_GET,
    QUICK_LOCAL_SET,
    QUICK_LOCAL_TEE,
    QUICK_GLOBAL_GET,
    QUICK_GLOBAL_SET,
} QuickKind;

enum { LONGEST_IMMEDIATE = 32, NO_OPERAND = 15 /* a type that no operand has */ };

/* ---- the table ---- */

static CoreValType letter_type(char letter) {
    switch (letter) {
    case 'i': return CORE_I32;
    case 'l': return CORE_I64;
    case 'f': return CORE_F32;
    case 'd': return CORE_F64;
    case 'v': return CORE_V128;
    default: return CORE_BOTTOM;
    }
}

/* "", "a:b" or "ab:c" */
static void row_operands(CoreQuick *row, const char *s) {
    size_t operands = strcspn(s, ":");
    if (operands > 2 || (operands && !s[operands + 1])) return;
    row->kind = operands == 0 ? QUICK_NOP : operands == 1 ? QUICK_UNARY : QUICK_BINARY;
    if (operands == 0) return;
    row->type = (uint8_t)letter_type(s[0]);
    row->last = (uint8_t)letter_type(s[operands - 1]);
    row->result = (uint8_t)letter_type(s[operands + 1]);
}

/* Rows of the instructions that are typed by signature: one or two operands of one type and a
 * result, constants, loads and stores. */
static CoreQuick row_by_signature(const CoreOpInfo *info) {
    const char *s = info->signature;
    CoreQuick row = {.kind = QUICK_NOT};
    switch (info->imm) {
    case CORE_IMM_NONE: row_operands(&row, s); break;
    case CORE_IMM_LANE2:
    case CORE_IMM_LANE4:
    case CORE_IMM_LANE8:
    case CORE_IMM_LANE16:
        row_operands(&row, s);
        row.lanes = (uint8_t)(2 << (info->imm - CORE_IMM_LANE2));
        break;
    case CORE_IMM_I32:
    case CORE_IMM_I64:
        row.kind = QUICK_NUMBER; /* the longest i64 are left out */
        row.size = info->imm == CORE_IMM_I32 ? 5 : 9;
        row.result = (uint8_t)letter_type(s[1]);
        break;
    case CORE_IMM_F32:
    case CORE_IMM_F64:
    case CORE_IMM_V128:
        row.kind = QUICK_FIXED;
        row.size = info->imm == CORE_IMM_F32 ? 4 : info->imm == CORE_IMM_F64 ? 8 : 16;
        row.result = (uint8_t)letter_type(s[1]);
        break;
    case CORE_IMM_MEM8:
    case CORE_IMM_MEM16:
    case CORE_IMM_MEM32:
    case CORE_IMM_MEM64:
    case CORE_IMM_MEM128:
        row.size = (uint8_t)(info->imm - CORE_IMM_MEM8);
        row.kind = s[1] == ':' ? QUICK_LOAD : QUICK_STORE;
        row.type = row.result = (uint8_t)letter_type(s[1] == ':' ? s[2] : s[1]);
        break;
    default: break;
    }
    return row;
}

static CoreQuick row_of(CoreOp op) {
    static const uint8_t kinds[] = {
        [CORE_OP_BLOCK] = QUICK_BLOCK,
        [CORE_OP_LOOP] = QUICK_BLOCK,
        [CORE_OP_IF] = QUICK_BLOCK,
        [CORE_OP_ELSE] = QUICK_ELSE,
        [CORE_OP_END] = QUICK_END,
        [CORE_OP_BR] = QUICK_BR,
        [CORE_OP_BR_IF] = QUICK_BR_IF,
        [CORE_OP_RETURN] = QUICK_RETURN,
        [CORE_OP_UNREACHABLE] = QUICK_UNREACHABLE,
        [CORE_OP_CALL] = QUICK_CALL,
        [CORE_OP_CALL_INDIRECT] = QUICK_CALL_INDIRECT,
        [CORE_OP_DROP] = QUICK_DROP,
        [CORE_OP_SELECT] = QUICK_SELECT,
        [CORE_OP_LOCAL_GET] = QUICK_LOCAL_GET,
        [CORE_OP_LOCAL_SET] = QUICK_LOCAL_SET,
        [CORE_OP_LOCAL_TEE] = QUICK_LOCAL_TEE,
        [CORE_OP_GLOBAL_GET] = QUICK_GLOBAL_GET,
        [CORE_OP_GLOBAL_SET] = QUICK_GLOBAL_SET,
    };
    if (!core_op_special(op)) return row_by_signature(&core_op_info[op]);
    return (CoreQuick){.kind = op < sizeof kinds ? kinds[op] : QUICK_NOT, .op = (uint8_t)op};
}

static CoreValType address_type(const CoreLimits *limits) {
    return limits->is_64 ? CORE_I64 : CORE_I32;
}

static const CoreQuickRows *all_rows(const CoreChecker *c) {
    CoreQuickRows *all = ARENA_NEW(c->arena, CoreQuickRows);
    for (int op = 0; op < CORE_OP_COUNT; op++) {
        const CoreOpInfo *info = &core_op_info[op];
        if ((c->features & info->needs) != info->needs) continue;
        if (info->prefix == 0) all->rows[info->code] = row_of((CoreOp)op);
        else if (info->prefix == 0xfd) all->vectors[info->code] = row_of((CoreOp)op);
    }
    all->rows[0xfd].kind = QUICK_VECTOR;
    return all;
}

void core_quick_start(CoreChecker *c, const CoreChecker *like) {
    CoreQuickTable *quick = ARENA_NEW(c->arena, CoreQuickTable);
    quick->rows = like && like->features == c->features ? like->quick->rows : all_rows(c);
    bool floats = feature_on(c->features, FLOATS), vectors = feature_on(c->features, SIMD);
    quick->least_block = !floats ? 0x7e : vectors ? 0x7b : 0x7c;
    bool calls = c->m->tables.len && c->m->tables.at[0].type == CORE_FUNCREF;
    quick->memory = c->m->memories.len ? address_type(&c->m->memories.at[0].limits) : NO_OPERAND;
    quick->table = calls ? address_type(&c->m->tables.at[0].limits) : NO_OPERAND;
    uint32_t *types = ARENA_NEW_ARRAY(c->arena, uint32_t, c->m->funcs.len);
    for (size_t i = 0; i < c->m->funcs.len; i++) types[i] = c->ids[c->m->funcs.at[i].type];
    quick->func_types = types;
    c->quick = quick;
}

const uint8_t *core_quick_end(const CoreChecker *c) {
    if (!c->quick || c->constant || c->trace || c->shared || !c->m->source) return NULL;
    uintptr_t from = (uintptr_t)c->m->source->text.ptr, at = (uintptr_t)c->r.end;
    size_t behind = at - from <= c->m->source->text.len ? c->m->source->text.len - (at - from) : 0;
    size_t less = behind < LONGEST_IMMEDIATE ? LONGEST_IMMEDIATE - behind : 0;
    return reader_left(&c->r) > less ? c->r.end - less : NULL;
}

/* ---- the loop ---- */

/* An index. Linkers write it with five bytes, so that they can change it. */
static inline bool read_index(const uint8_t **p, uint32_t *index) {
    uint32_t value = *(*p)++;
    if (value >= 0x80) {
        value &= 0x7f;
        for (int shift = 7;; shift += 7) {
            uint32_t byte = *(*p)++;
            value |= (byte & 0x7f) << shift;
            if (byte < 0x80 && (shift < 28 || byte < 0x10)) break;
            if (byte < 0x80 || shift == 28) return false;
        }
    }
    *index = value;
    return true;
}

/* A number of at most `most` bytes. One that has so many must be short of bits by `spare`: 8 where it is
 * signed, 0 where it is not. */
static inline bool skip_number(const uint8_t **p, unsigned most, unsigned spare) {
    const uint8_t *from = *p;
    while (*(*p)++ >= 0x80)
        if (*p - from == most) return false;
    return *p - from < most || (((*p)[-1] + spare) & 0x70) == 0;
}

/* Whether the topmost operands have exactly these types. */
static inline bool on_top(const CoreValType *sp, const CoreValType *floor, const CoreValType *types,
                          uint32_t n) {
    if ((size_t)(sp - floor) < n) return false;
    for (uint32_t i = 0; i < n; i++)
        if (sp[-(ptrdiff_t)n + i] != types[i]) return false;
    return true;
}

/* Whether the block may end here, with its results and nothing else. */
static inline bool can_end(const CoreChecker *c, const CoreFrame *frame, const CoreValType *sp,
                           const CoreValType *floor) {
    uint32_t n = core_result_count(frame);
    return c->init_order.len == frame->init_height && (size_t)(sp - floor) == n &&
           on_top(sp, floor, core_results(frame), n);
}

#define NEED(condition)                                                                            \
    if (!(condition)) goto out

bool core_check_quick(CoreChecker *c, const uint8_t *last) {
    const CoreQuickTable *quick = c->quick;
    const CoreQuickRows *rows = quick->rows;
    const uint8_t *p = c->r.ptr, *end = c->r.end;
    CoreFrame *frame = &vec_last(&c->frames);
    CoreValType *sp = c->stack.at + c->stack.len, *floor = c->stack.at + frame->height;
    const CoreValType *room = c->stack.at + c->stack.cap, *types;
    const CoreType *callee;
    uint32_t index, n;
    CoreValType t;
    while (p < last) {
        CoreQuick row = rows->rows[*p];
        const uint8_t *next = p + 1;
    prefixed:
        switch ((QuickKind)row.kind) {
        case QUICK_NOT: goto out;
        case QUICK_VECTOR:
            NEED(read_index(&next, &index) && index < CORE_QUICK_VECTORS && next <= end);
            row = rows->vectors[index];
            NEED(!row.lanes || (*next++ < row.lanes && next <= end));
            goto prefixed;
        case QUICK_NOP: break;
        case QUICK_UNARY:
            NEED(sp > floor && sp[-1] == row.type);
            sp[-1] = row.result;
            break;
        case QUICK_BINARY:
            NEED(sp - floor >= 2 && sp[-1] == row.last && sp[-2] == row.type);
            sp--;
            sp[-1] = row.result;
            break;
        case QUICK_FIXED:
            next += row.size;
            NEED(next <= end && sp < room);
            *sp++ = row.result;
            break;
        case QUICK_NUMBER:
            NEED(skip_number(&next, row.size, 8) && next <= end && sp < room);
            *sp++ = row.result;
            break;
        case QUICK_LOAD:
            NEED(*next++ <= row.size && skip_number(&next, 5, 0) && next <= end);
            NEED(sp > floor && sp[-1] == quick->memory);
            sp[-1] = row.result;
            break;
        case QUICK_STORE:
            NEED(*next++ <= row.size && skip_number(&next, 5, 0) && next <= end);
            NEED(sp - floor >= 2 && sp[-1] == row.type && sp[-2] == quick->memory);
            sp -= 2;
            break;
        case QUICK_LOCAL_GET:
            NEED(read_index(&next, &index) && index < c->flat_count && next <= end && sp < room);
            t = c->locals[index];
            NEED(core_is_defaultable(t));
            *sp++ = t;
            break;
        case QUICK_LOCAL_SET:
        case QUICK_LOCAL_TEE:
            NEED(read_index(&next, &index) && index < c->flat_count && next <= end);
            t = c->locals[index];
            NEED(core_is_defaultable(t) && sp > floor && sp[-1] == t);
            sp -= row.kind == QUICK_LOCAL_SET;
            break;
        case QUICK_GLOBAL_GET:
        case QUICK_GLOBAL_SET:
            NEED(read_index(&next, &index) && index < c->known_globals && next <= end);
            t = c->m->globals.at[index].type;
            NEED(!core_is_concrete(t));
            if (row.kind == QUICK_GLOBAL_GET) {
                NEED(sp < room);
                *sp++ = t;
            } else {
                NEED(c->m->globals.at[index].mutable && sp > floor && sp[-1] == t);
                sp--;
            }
            break;
        case QUICK_DROP:
            NEED(sp > floor);
            sp--;
            break;
        case QUICK_SELECT:
            NEED(sp - floor >= 3 && sp[-1] == CORE_I32 && sp[-2] == sp[-3] && sp[-2] <= CORE_V128);
            sp -= 2;
            break;
        case QUICK_BLOCK:
            t = *next++;
            NEED(next <= end && c->frames.len < c->frames.cap);
            NEED(t == 0x40 || (t >= quick->least_block && t <= 0x7f));
            t = t == 0x40 ? CORE_BOTTOM : 0x80 - t;
            if (row.op == CORE_OP_IF) {
                NEED(sp > floor && sp[-1] == CORE_I32);
                sp--;
            }
            c->frames.len++;
            *++frame = (CoreFrame){.op = row.op,
                                   .height = (uint32_t)(sp - c->stack.at),
                                   .init_height = (uint32_t)c->init_order.len,
                                   .one = t};
            floor = sp;
            break;
        case QUICK_ELSE:
            if (frame->unreachable && sp == floor && core_result_count(frame) == 1 && sp < room)
                *sp++ = *core_results(frame);
            NEED(frame->op == CORE_OP_IF && !core_param_count(frame) &&
                 can_end(c, frame, sp, floor));
            sp = floor;
            frame->op = CORE_OP_ELSE;
            frame->unreachable = false;
            break;
        case QUICK_END:
            if (frame->unreachable && sp == floor && core_result_count(frame) == 1 && sp < room)
                *sp++ = *core_results(frame);
            NEED(can_end(c, frame, sp, floor));
            NEED(frame->op != CORE_OP_IF || (!frame->type && frame->one == CORE_BOTTOM));
            if (--c->frames.len == 0) last = next; /* of the body */
            else frame--;
            floor = c->stack.at + frame->height;
            break;
        case QUICK_BR:
        case QUICK_BR_IF:
            NEED(read_index(&next, &index) && index < c->frames.len && next <= end);
            types = core_label_types(frame - index, &n);
            if (row.kind == QUICK_BR_IF) {
                NEED(sp > floor && sp[-1] == CORE_I32 && on_top(sp - 1, floor, types, n));
                sp--;
                break;
            }
            NEED(on_top(sp, floor, types, n));
            sp = floor;
            frame->unreachable = true;
            break;
        case QUICK_RETURN:
            NEED(on_top(sp, floor, c->results, c->result_count));
            sp = floor;
            frame->unreachable = true;
            break;
        case QUICK_UNREACHABLE:
            sp = floor;
            frame->unreachable = true;
            break;
        case QUICK_CALL:
        case QUICK_CALL_INDIRECT:
            NEED(read_index(&next, &index));
            t = CORE_BOTTOM; /* of the callee's index in the table */
            if (row.kind == QUICK_CALL) {
                NEED(index < c->m->funcs.len && next <= end);
                callee = core_space_type(c->space, quick->func_types[index]);
            } else {
                t = quick->table;
                NEED(read_index(&next, &n) && n == 0 && next <= end);
                NEED(sp > floor && sp[-1] == t && index < c->known_types);
                callee = core_space_type(c->space, c->ids[index]);
                NEED(callee->kind == CORE_TYPE_FUNC);
            }
            NEED(on_top(sp - (t != 0), floor, callee->params, callee->param_count));
            sp -= callee->param_count + (t != 0);
            n = callee->result_count;
            if ((size_t)(room - sp) < n) {
                sp += callee->param_count + (t != 0);
                goto out;
            }
            for (uint32_t i = 0; i < n; i++) *sp++ = callee->results[i];
            break;
        }
        p = next;
    }
out:
    c->r.ptr = p;
    c->stack.len = (size_t)(sp - c->stack.at);
    return c->frames.len == 0;
}
