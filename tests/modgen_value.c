/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Expressions: constants, locals, operators, loads, references, and the blocks around them. `value`
 * pushes one of a type; `want` takes what lies on the stack already, and so leaves values there across
 * whatever comes between. */
#include "tests/modgen_internal.h"

/* ---- writing ---- */

void put(Gen *g, const CoreInstr *in) {
    core_instr_put(&g->code, in);
    g->left--;
}
void op(Gen *g, CoreOp code) {
    CoreInstr in = core_instr(code);
    put(g, &in);
}
void op_a(Gen *g, CoreOp code, uint32_t a) {
    CoreInstr in = core_instr(code);
    in.a = a;
    put(g, &in);
}
void op_ab(Gen *g, CoreOp code, uint32_t a, uint32_t b) {
    CoreInstr in = core_instr(code);
    in.a = a;
    in.b = b;
    put(g, &in);
}

void push(Gen *g, CoreValType type) { *vec_push(g->arena, &g->stack) = type; }
void push_all(Gen *g, const Types *types) {
    for (uint32_t i = 0; i < types->count; i++) push(g, types->at[i]);
}
Block *top(Gen *g) { return &vec_last(&g->blocks); }
uint32_t operands(Gen *g) { return (uint32_t)g->stack.len - top(g)->height; }
void pop(Gen *g, uint32_t n) {
    uint32_t have = operands(g);
    g->stack.len -= n < have ? n : have; /* fewer in code that is never reached */
}
/* The rest of the block is never reached. */
void never(Gen *g) {
    g->stack.len = top(g)->height;
    top(g)->unreachable = true;
}

static CoreValType letter_type(char letter) {
    switch (letter) {
    case 'i': return CORE_I32;
    case 'l': return CORE_I64;
    case 'f': return CORE_F32;
    case 'd': return CORE_F64;
    default: return CORE_V128;
    }
}

void constant(Gen *g, CoreValType type, uint64_t bits) {
    static const CoreOp ops[] = {[CORE_I32] = CORE_OP_I32_CONST,
                                 [CORE_I64] = CORE_OP_I64_CONST,
                                 [CORE_F32] = CORE_OP_F32_CONST,
                                 [CORE_F64] = CORE_OP_F64_CONST};
    CoreInstr in = core_instr(ops[type]);
    if (type == CORE_I32) in.i64 = (int32_t)bits;
    else in.bits = bits;
    put(g, &in);
    push(g, type);
}

static void vector_constant(Gen *g) {
    static const CoreValType lanes[] = {CORE_I32, CORE_F32, CORE_F64, CORE_I64};
    CoreInstr in = core_instr(CORE_OP_V128_CONST);
    for (int half = 0; half < 2; half++) {
        CoreValType lane = lanes[choose(g, 4)];
        uint64_t bits = choose_bits(g, lane);
        if (lane == CORE_F32 || lane == CORE_I32) bits |= bits << 32;
        memcpy(in.bytes + 8 * half, &bits, 8);
    }
    put(g, &in);
    push(g, CORE_V128);
}

/* ---- locals ---- */

/* One of the locals of this type, CORE_NONE where there is none. */
uint32_t local_of(Gen *g, CoreValType type, bool to_write) {
    uint32_t found[64], n = 0;
    for (uint32_t i = 0; i < g->locals.len && n < 64; i++)
        if (g->locals.at[i].type == type && !(to_write && g->locals.at[i].reserved)) found[n++] = i;
    return n ? found[choose(g, n)] : CORE_NONE;
}

uint32_t new_local(Gen *g, CoreValType type, bool reserved) {
    *vec_push(g->arena, &g->locals) = (Local){type, reserved};
    return (uint32_t)g->locals.len - 1;
}

void get(Gen *g, uint32_t local) {
    op_a(g, CORE_OP_LOCAL_GET, local);
    push(g, g->locals.at[local].type);
}
void set(Gen *g, uint32_t local) {
    op_a(g, CORE_OP_LOCAL_SET, local);
    pop(g, 1);
}
void tee(Gen *g, uint32_t local) {
    op_a(g, CORE_OP_LOCAL_TEE, local);
    pop(g, 1);
    push(g, g->locals.at[local].type);
}

uint32_t global_of(Gen *g, CoreValType type) {
    uint32_t found[16], n = 0;
    for (uint32_t i = 1; i < g->m->globals.len && n < 16; i++)
        if (g->m->globals.at[i].type == type) found[n++] = i;
    return n ? found[choose(g, n)] : CORE_NONE;
}

/* ---- operands ---- */

/* The operands on top of the stack: what lies there in the right order is taken, the rest written. */
void want(Gen *g, const Types *types, int depth) {
    uint32_t have = operands(g), k = types->count < have ? types->count : have;
    if (top(g)->unreachable && have == 0 && chance(g, 2)) return; /* they come out of nothing */
    for (; k > 0; k--)
        if (memcmp(g->stack.at + g->stack.len - k, types->at, k * sizeof(CoreValType)) == 0) break;
    if (chance(g, 4)) k = 0;
    for (; k < types->count; k++) value(g, types->at[k], depth);
}

void want1(Gen *g, CoreValType type, int depth) { want(g, &(Types){1, {type}}, depth); }

/* What is on top of the stack as a canonical NaN, if it is one. */
static void canonicalize(Gen *g, CoreValType type) {
    if (!g->canonical || top(g)->unreachable) return;
    bool single = type == CORE_F32;
    uint32_t local = local_of(g, type, true);
    if (local == CORE_NONE || chance(g, 2)) local = new_local(g, type, true);
    tee(g, local);
    constant(g, type, single ? 0x7fc00000 : (uint64_t)0x7ff8 << 48);
    get(g, local);
    get(g, local);
    op(g, single ? CORE_OP_F32_EQ : CORE_OP_F64_EQ);
    op(g, CORE_OP_SELECT);
    pop(g, 3);
}

static void canonicalize_lanes(Gen *g, bool single) {
    if (!g->canonical || top(g)->unreachable) return;
    uint32_t local = new_local(g, CORE_V128, true);
    tee(g, local);
    CoreInstr nan = core_instr(CORE_OP_V128_CONST);
    uint64_t bits = single ? 0x7fc000007fc00000 : (uint64_t)0x7ff8 << 48;
    memcpy(nan.bytes, &bits, 8);
    memcpy(nan.bytes + 8, &bits, 8);
    put(g, &nan);
    push(g, CORE_V128);
    get(g, local);
    get(g, local);
    op(g, single ? CORE_OP_F32X4_EQ : CORE_OP_F64X2_EQ);
    op(g, CORE_OP_V128_BITSELECT);
    pop(g, 3);
}

/* ---- numbers ---- */

static bool text_has(CoreOp code, const char *part) {
    return strstr(core_op_info[code].text, part) != NULL;
}

/* Before the last operand is used: what keeps most of them from trapping or from bits that are open. */
static void prepare_operand(Gen *g, CoreOp code) {
    bool i32 = core_op_info[code].text[1] == '3';
    if (text_has(code, ".div_") || text_has(code, ".rem_")) {
        if (chance(g, 8)) return;
        CoreValType type = i32 ? CORE_I32 : CORE_I64;
        constant(g, type, 1);
        op(g, i32 ? CORE_OP_I32_OR : CORE_OP_I64_OR);
        pop(g, 1);
    } else if (text_has(code, "copysign")) {
        canonicalize(g, i32 ? CORE_F32 : CORE_F64);
    } else if (text_has(code, "reinterpret_f32") || code == CORE_OP_F32X4_SPLAT ||
               code == CORE_OP_F32X4_REPLACE_LANE) {
        canonicalize(g, CORE_F32);
    } else if (text_has(code, "reinterpret_f64") || code == CORE_OP_F64X2_SPLAT ||
               code == CORE_OP_F64X2_REPLACE_LANE) {
        canonicalize(g, CORE_F64);
    }
}

/* Truncations trap nearly always: rather their saturating sisters. */
CoreOp choose_sister(Gen *g, CoreOp code) {
    if (chance(g, 6)) return code;
    if (code >= CORE_OP_I32_TRUNC_F32_S && code <= CORE_OP_I32_TRUNC_F64_U)
        return CORE_OP_I32_TRUNC_SAT_F32_S + (code - CORE_OP_I32_TRUNC_F32_S);
    if (code >= CORE_OP_I64_TRUNC_F32_S && code <= CORE_OP_I64_TRUNC_F64_U)
        return CORE_OP_I64_TRUNC_SAT_F32_S + (code - CORE_OP_I64_TRUNC_F32_S);
    return code;
}

/* The operands are there. */
void numeric(Gen *g, CoreOp code) {
    prepare_operand(g, code);
    CoreInstr in = core_instr(code);
    const CoreOpInfo *info = &core_op_info[code];
    switch ((int)info->imm) {
    case CORE_IMM_LANE2: in.lane = (uint8_t)choose(g, 2); break;
    case CORE_IMM_LANE4: in.lane = (uint8_t)choose(g, 4); break;
    case CORE_IMM_LANE8: in.lane = (uint8_t)choose(g, 8); break;
    case CORE_IMM_LANE16: in.lane = (uint8_t)choose(g, 16); break;
    case CORE_IMM_SHUFFLE:
        for (int i = 0; i < 16; i++) in.bytes[i] = (uint8_t)choose(g, 32);
        break;
    }
    put(g, &in);
    const char *colon = strchr(info->signature, ':');
    pop(g, (uint32_t)(colon - info->signature));
    for (const char *c = colon + 1; *c; c++) push(g, letter_type(*c));
    bool is_float = info->prefix == 0xfd && info->text[0] == 'f' && colon[1] == 'v';
    if (is_float) canonicalize_lanes(g, info->text[1] == '3');
}

Types operand_types(CoreOp code) {
    Types types = {0};
    for (const char *c = core_op_info[code].signature; *c != ':'; c++)
        types.at[types.count++] = letter_type(*c);
    return types;
}

/* Operands of a tree of its own, the last one often a constant. */
void numeric_tree(Gen *g, CoreOp code, int depth) {
    code = choose_sister(g, code);
    Types types = operand_types(code);
    for (uint32_t i = 0; i < types.count; i++) {
        bool last = i > 0 && i + 1 == types.count && types.at[i] != CORE_V128;
        if (last && chance(g, 2)) constant(g, types.at[i], choose_bits(g, types.at[i]));
        else value(g, types.at[i], depth - 1);
    }
    numeric(g, code);
}

uint32_t letter_index(CoreValType type) { return type - CORE_I32; }

void collect_ops(Gen *g) {
    Features no = FEATURE_BIT(FEATURE_SHARED_EVERYTHING_THREADS);
    if (!(g->proposals & MODGEN_ATOMICS)) no |= FEATURE_BIT(FEATURE_THREADS);
    if (!(g->proposals & MODGEN_SIMD)) no |= FEATURE_BIT(FEATURE_SIMD);
    if (!(g->proposals & MODGEN_SIMD) || !(g->proposals & MODGEN_RELAXED))
        no |= FEATURE_BIT(FEATURE_RELAXED_SIMD);
    if (!(g->proposals & MODGEN_WIDE)) no |= FEATURE_BIT(FEATURE_WIDE_ARITHMETIC);
    for (int code = 0; code < CORE_OP_COUNT; code++) {
        const CoreOpInfo *info = &core_op_info[code];
        const char *colon = strchr(info->signature, ':');
        bool lanes = info->imm >= CORE_IMM_SHUFFLE && info->imm <= CORE_IMM_LANE16;
        if (!colon || colon == info->signature || (info->needs & no)) continue;
        if (info->imm >= CORE_IMM_MEM8 && info->imm <= CORE_IMM_MEM64_LANE) {
            Ops *ops = info->prefix == 0xfe ? &g->atomics : colon[1] ? &g->loads : &g->stores;
            ops->at[ops->count++] = (CoreOp)code;
        } else if ((info->imm == CORE_IMM_NONE || lanes) && info->signature[0] != 'p') {
            g->all.at[g->all.count++] = (CoreOp)code;
            if (colon[1] && !colon[2]) {
                Ops *ops = &g->by_result[letter_index(letter_type(colon[1]))];
                ops->at[ops->count++] = (CoreOp)code;
            }
        }
    }
}

/* ---- memory ---- */

CoreValType address_type(const Gen *g, uint32_t memory) {
    return g->m->memories.at[memory].limits.is_64 ? CORE_I64 : CORE_I32;
}

/* Any number of the type, cut to some low bits. */
void masked(Gen *g, CoreValType type, uint64_t mask, int depth) {
    value(g, type, depth);
    constant(g, type, mask);
    op(g, type == CORE_I64 ? CORE_OP_I64_AND : CORE_OP_I32_AND);
    pop(g, 1);
}

static void add(Gen *g, CoreValType type) {
    op(g, type == CORE_I64 ? CORE_OP_I64_ADD : CORE_OP_I32_ADD);
    pop(g, 1);
}

/* An address, mostly within the memory; the offset goes with it. */
static uint64_t address(Gen *g, uint32_t memory, int depth) {
    CoreValType type = address_type(g, memory);
    const CoreLimits *limits = &g->m->memories.at[memory].limits;
    uint64_t size = limits->min << limits->page_log2;
    uint32_t local;
    switch (choose(g, 12)) {
    case 0:
    case 1: constant(g, type, choose(g, 128)); return choose(g, 64);
    case 2: masked(g, type, 0xff8, depth); return choose(g, 32);
    case 3: /* an element of an array: base + (index << k) */
        masked(g, type, 0xfff, depth);
        masked(g, type, 0xff, depth);
        constant(g, type, choose(g, 5));
        op(g, type == CORE_I64 ? CORE_OP_I64_SHL : CORE_OP_I32_SHL);
        pop(g, 1);
        add(g, type);
        return choose(g, 16);
    case 4: constant(g, type, size - 19 + choose(g, 20)); return choose(g, 4); /* at the end */
    case 5: masked(g, type, 7, depth); return size - 24 + choose(g, 24);
    case 6: /* wraps around, or does not */
        if (!chance(g, 4)) {
            masked(g, type, 0xff0, depth);
            constant(g, type, 16);
            add(g, type);
            constant(g, type, 0 - (uint64_t)choose(g, 17));
            add(g, type);
            return choose(g, 16);
        }
        masked(g, type, 0xff, depth);
        constant(g, type, 0 - (uint64_t)choose(g, 256));
        add(g, type);
        return chance(g, 4) ? UINT32_MAX - choose(g, 256) : choose(g, 256);
    case 7: /* a constant is added, then the offset: x + k, or k + x */
        masked(g, type, 0x7fff, depth);
        constant(g, type, choose_bits(g, CORE_I32) & 0x7fff);
        add(g, type);
        return choose(g, 16);
    case 8:
        masked(g, type, 0xfff, depth);
        local = local_of(g, type, true);
        if (local != CORE_NONE) tee(g, local);
        return choose(g, 8);
    default:
        if (chance(g, 12)) value(g, type, depth);
        else masked(g, type, 0xfeff, depth);
        return choose(g, 250);
    }
}

uint32_t choose_memory(Gen *g) { return choose(g, (uint32_t)g->m->memories.len); }

static void access(Gen *g, CoreOp code, uint32_t memory, uint64_t offset) {
    CoreInstr in = core_instr(code);
    const CoreOpInfo *info = &core_op_info[code];
    uint32_t natural = info->imm - CORE_IMM_MEM8;
    if (info->imm >= CORE_IMM_MEM8_LANE) {
        natural = info->imm - CORE_IMM_MEM8_LANE;
        in.lane = (uint8_t)choose(g, 16u >> natural);
    }
    in.mem = (CoreMemArg){choose(g, natural + 1), memory, offset};
    put(g, &in);
    const char *colon = strchr(info->signature, ':');
    pop(g, (uint32_t)(colon - info->signature));
    if (colon[1]) push(g, letter_type(colon[1]));
}

static bool load_of(Gen *g, CoreValType type, int depth) {
    CoreOp found[64];
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->loads.count; i++)
        if (letter_type(strchr(core_op_info[g->loads.at[i]].signature, ':')[1]) == type)
            found[n++] = g->loads.at[i];
    CoreOp code = found[choose(g, n)];
    uint32_t memory = choose_memory(g);
    uint64_t offset = address(g, memory, depth - 1);
    if (core_op_info[code].signature[1] == 'v') value(g, CORE_V128, depth - 1);
    access(g, code, memory, offset);
    return true;
}

void store(Gen *g) {
    CoreOp code = g->stores.at[choose(g, g->stores.count)];
    CoreValType type = letter_type(core_op_info[code].signature[1]);
    uint32_t memory = choose_memory(g);
    uint64_t offset = address(g, memory, 2);
    value(g, type, 3);
    if (type == CORE_F32 || type == CORE_F64) canonicalize(g, type);
    access(g, code, memory, offset);
}

/* Mostly aligned. What waits does not wait long; what is expected is often there. */
void atomic(Gen *g) {
    if (chance(g, 16)) {
        op(g, CORE_OP_ATOMIC_FENCE);
        return;
    }
    CoreOp code = g->atomics.at[choose(g, g->atomics.count)];
    const CoreOpInfo *info = &core_op_info[code];
    bool waits = code == CORE_OP_MEMORY_ATOMIC_WAIT32 || code == CORE_OP_MEMORY_ATOMIC_WAIT64;
    uint32_t memory = choose_memory(g), natural = info->imm - CORE_IMM_MEM8;
    CoreValType type = address_type(g, memory);
    CoreInstr in = core_instr(code);
    in.mem = (CoreMemArg){natural, memory, address(g, memory, 2)};
    if (!chance(g, 16)) {
        uint64_t mask = UINT64_MAX << natural;
        in.mem.offset &= mask;
        constant(g, type, mask);
        op(g, type == CORE_I64 ? CORE_OP_I64_AND : CORE_OP_I32_AND);
        pop(g, 1);
    }
    const char *c = info->signature + 1;
    for (; *c != ':'; c++) {
        bool last = c[1] == ':';
        if (waits && last) constant(g, CORE_I64, 0);
        else if (!last && chance(g, 2)) constant(g, letter_type(*c), choose(g, 3));
        else value(g, letter_type(*c), 2);
    }
    put(g, &in);
    pop(g, (uint32_t)(c - info->signature));
    if (c[1]) push(g, letter_type(c[1]));
}

/* a[i] = a[i] op x */
void update(Gen *g) {
    static const struct {
        CoreOp load, store;
        CoreValType type;
    } pairs[] = {
        {CORE_OP_I32_LOAD, CORE_OP_I32_STORE, CORE_I32},
        {CORE_OP_I64_LOAD, CORE_OP_I64_STORE, CORE_I64},
        {CORE_OP_F64_LOAD, CORE_OP_F64_STORE, CORE_F64},
        {CORE_OP_F32_LOAD, CORE_OP_F32_STORE, CORE_F32},
        {CORE_OP_I32_LOAD8_U, CORE_OP_I32_STORE8, CORE_I32},
        {CORE_OP_I32_LOAD16_S, CORE_OP_I32_STORE16, CORE_I32},
    };
    uint32_t i = choose(g, 6);
    CoreValType type = pairs[i].type, index = address_type(g, 0);
    uint32_t local = local_of(g, index, true);
    if (local == CORE_NONE) local = new_local(g, index, false);
    masked(g, index, 0xfff, 1);
    tee(g, local);
    get(g, local);
    uint32_t offset = choose(g, 16);
    access(g, pairs[i].load, 0, offset);
    uint32_t other = local_of(g, type, false);
    if (other != CORE_NONE && chance(g, 2)) get(g, other);
    else value(g, type, 1);
    const Ops *ops = &g->by_result[letter_index(type)];
    bool done = false;
    for (int tries = 0; tries < 4 && !done; tries++) {
        CoreOp code = ops->at[choose(g, ops->count)];
        Types types = operand_types(code);
        done = types.count == 2 && types.at[0] == type && types.at[1] == type;
        if (done) numeric(g, code);
    }
    if (!done) {
        op(g, CORE_OP_DROP);
        pop(g, 1);
    }
    if (type == CORE_F32 || type == CORE_F64) canonicalize(g, type);
    access(g, pairs[i].store, 0, offset + choose(g, 2));
}

/* ---- values ---- */

static void reference(Gen *g, CoreValType type, int depth) {
    uint32_t local = local_of(g, type, false);
    if (local != CORE_NONE && !chance(g, 3)) {
        get(g, local);
        return;
    }
    uint32_t global = g->has_gc && chance(g, 8) ? global_of(g, type) : CORE_NONE;
    if (global != CORE_NONE) {
        op_a(g, CORE_OP_GLOBAL_GET, global);
        push(g, type);
        return;
    }
    if (g->left > 0 && !chance(g, 8) && gc_value(g, type, depth)) return;
    CoreInstr in = core_instr(CORE_OP_REF_NULL);
    in.type[0] = type;
    if (type == CORE_FUNCREF && chance(g, 2)) {
        in = core_instr(CORE_OP_REF_FUNC);
        in.a = choose(g, (uint32_t)g->m->funcs.len);
    } else if (core_is_concrete(type)) {
        for (uint32_t i = 0; i < g->m->funcs.len; i++)
            if (g->m->funcs.at[i].type == core_type_index(type) && chance(g, 2)) {
                in = core_instr(CORE_OP_REF_FUNC);
                in.a = i;
            }
    }
    put(g, &in);
    push(g, type);
}

static void block_type(Gen *g, CoreInstr *in, const Types *params, const Types *results) {
    if (params->count == 0 && results->count == 0 && !chance(g, 8)) {
        in->block.kind = CORE_BLOCK_EMPTY;
    } else if (params->count == 0 && results->count == 1 && !chance(g, 8)) {
        in->block.kind = CORE_BLOCK_RESULT;
        in->block.result = results->at[0];
    } else {
        in->block.kind = CORE_BLOCK_TYPE;
        in->block.type = func_type(g, params, results);
    }
}

Block *open_block(Gen *g, CoreInstr *in, const Types *params, const Types *results) {
    block_type(g, in, params, results);
    put(g, in);
    pop(g, params->count);
    Block block = {.label = *results, .results = *results, .height = (uint32_t)g->stack.len};
    if (in->op == CORE_OP_LOOP) block.label = *params, block.is_loop = true;
    *vec_push(g->arena, &g->blocks) = block;
    push_all(g, params);
    return top(g);
}

/* Nothing but the block's results is left on the stack. */
void settle(Gen *g) {
    const Types results = top(g)->results;
    while (operands(g) > 0 &&
           (operands(g) > results.count || memcmp(g->stack.at + top(g)->height, results.at,
                                                  operands(g) * sizeof(CoreValType)) != 0)) {
        uint32_t local = local_of(g, vec_last(&g->stack), true);
        if (local != CORE_NONE && chance(g, 2)) {
            set(g, local);
        } else {
            op(g, CORE_OP_DROP);
            pop(g, 1);
        }
    }
    if (top(g)->unreachable && operands(g) == 0 && !chance(g, 4)) return;
    for (uint32_t i = operands(g); i < results.count; i++) value(g, results.at[i], 2);
}

void close_block(Gen *g) {
    settle(g);
    op(g, CORE_OP_END);
    Block block = vec_pop(&g->blocks);
    g->stack.len = block.height;
    push_all(g, &block.results);
}

static void if_value(Gen *g, CoreValType type, int depth) {
    Types none = {0}, one = {1, {type}};
    value(g, CORE_I32, depth - 1);
    pop(g, 1);
    CoreInstr in = core_instr(CORE_OP_IF);
    open_block(g, &in, &none, &one);
    value(g, type, depth - 1);
    op(g, CORE_OP_ELSE);
    g->stack.len = top(g)->height;
    top(g)->unreachable = false;
    close_block(g);
}

static void select_value(Gen *g, CoreValType type, int depth) {
    value(g, type, depth - 1);
    value(g, type, depth - 1);
    value(g, CORE_I32, depth - 1);
    if (core_is_ref(type) || chance(g, 8)) {
        Buf list = {.arena = g->arena};
        core_put_val_type(&list, type);
        CoreInstr in = core_instr(CORE_OP_SELECT_TYPED);
        in.list = (CoreList){1, buf_text(&list)};
        put(g, &in);
    } else {
        op(g, CORE_OP_SELECT);
    }
    pop(g, 2);
}

static void plain_value(Gen *g, CoreValType type) {
    uint32_t local = local_of(g, type, false);
    if (local != CORE_NONE && !chance(g, 4)) get(g, local);
    else if (type == CORE_V128) vector_constant(g);
    else constant(g, type, choose_bits(g, type));
}

/* Pushes a value of the type. */
void value(Gen *g, CoreValType type, int depth) {
    uint32_t at;
    if (core_is_ref(type)) {
        reference(g, type, depth);
        return;
    }
    if (depth <= 0 || g->left <= 0 || g->blocks.len > MAX_BLOCKS + 4) {
        plain_value(g, type);
        return;
    }
    const Ops *ops = &g->by_result[letter_index(type)];
    switch (choose(g, 12)) {
    default: plain_value(g, type); return;
    case 3:
    case 4:
    case 5:
    case 6: numeric_tree(g, ops->at[choose(g, ops->count)], depth); return;
    case 7: load_of(g, type, depth); return;
    case 8:
        at = global_of(g, type);
        if (at == CORE_NONE) break;
        op_a(g, CORE_OP_GLOBAL_GET, at);
        push(g, type);
        return;
    case 9: /* a write in the middle of an expression */
        value(g, type, depth - 1);
        at = local_of(g, type, true);
        if (at != CORE_NONE) tee(g, at);
        return;
    case 10: select_value(g, type, depth); return;
    case 11:
        if (chance(g, 2)) break;
        if_value(g, type, depth);
        return;
    }
    plain_value(g, type);
}
