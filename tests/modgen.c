/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Random modules: what stands around the bodies, which modgen_body.c writes. A module has
 *
 *     types      of objects; of functions, for calls and blocks, more of them as blocks need them
 *     imports    up to two functions of the host
 *     functions  one to five, exported as f0, f1, ...
 *     memories   with a maximum of few pages, so that no engine is out of memory
 *     tables     0: of all functions; then one of external references, one more of functions, and one
 *                of any references that begins with numbers, each perhaps
 *     globals    0: how often a function may still call; then two of each type of number, and objects
 *     segments   active and passive ones
 *     tags       two */
#include "tests/modgen_internal.h"

enum { CALLS = 60 };

uint32_t choose(Gen *g, uint32_t n) {
    if (n <= 1 || g->at == g->end) return 0;
    uint32_t value = *g->at++;
    if (n > 256 && g->at < g->end) value = value << 8 | *g->at++;
    return value % n;
}

bool chance(Gen *g, uint32_t n) { return choose(g, n) == 1 || (n == 1 && g->at < g->end); }

/* ---- types ---- */

/* (ref null $t) of some function's type. */
static CoreValType typed_reference(Gen *g) {
    uint32_t func = choose(g, (uint32_t)g->m->funcs.len);
    return core_ref_to(true, g->m->funcs.at[func].type);
}

CoreValType choose_type(Gen *g) {
    static const CoreValType numbers[] = {CORE_I32, CORE_I64, CORE_I32, CORE_F64,
                                          CORE_F32, CORE_I64, CORE_I32};
    if (g->has_gc && chance(g, 3)) return choose_gc_type(g);
    if (chance(g, 8)) {
        if ((g->proposals & MODGEN_REFS) && g->m->funcs.len && chance(g, 4))
            return typed_reference(g);
        if ((g->proposals & MODGEN_SIMD) && chance(g, 2)) return CORE_V128;
        if ((g->proposals & MODGEN_EXCEPTIONS) && chance(g, 4))
            return core_ref(true, CORE_HEAP_EXN);
        if (chance(g, 3)) return chance(g, 2) ? CORE_EXTERNREF : CORE_FUNCREF;
    }
    if ((g->proposals & MODGEN_SIMD) && chance(g, 8)) return CORE_V128;
    return numbers[choose(g, sizeof numbers / sizeof *numbers)];
}

static Types choose_types(Gen *g, uint32_t most) {
    Types types = {.count = choose(g, most + 1)};
    for (uint32_t i = 0; i < types.count; i++) types.at[i] = choose_type(g);
    return types;
}

uint32_t func_type(Gen *g, const Types *params, const Types *results) {
    return core_func_type_add(g->arena, g->m, arena_copy(g->arena, params->at, sizeof params->at),
                              params->count, arena_copy(g->arena, results->at, sizeof results->at),
                              results->count);
}

static Types types_of(const CoreValType *at, uint32_t count) {
    Types types = {.count = count};
    for (uint32_t i = 0; i < count; i++) types.at[i] = at[i];
    return types;
}

Types params_of(const Gen *g, uint32_t type) {
    const CoreType *t = core_func_type_at(g->m, type);
    return types_of(t->params, t->param_count);
}

Types results_of(const Gen *g, uint32_t type) {
    const CoreType *t = core_func_type_at(g->m, type);
    return types_of(t->results, t->result_count);
}

/* ---- constants ---- */

static uint64_t random_bits(Gen *g, unsigned bytes) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < bytes; i++) bits = bits << 8 | choose(g, 256);
    return bits;
}

static uint64_t choose_integer(Gen *g, unsigned width) {
    static const uint8_t small[] = {0,  1,  2,  3,  4,  7,  8,  15, 16,
                                    24, 31, 32, 33, 48, 63, 64, 65, 100};
    uint64_t one = 1;
    switch (choose(g, 8)) {
    case 0:
    case 1: return small[choose(g, sizeof small)];
    case 2: return 0 - (uint64_t)small[choose(g, sizeof small)];
    case 3: return (one << choose(g, width)) - 1;
    case 4: return one << choose(g, width);
    case 5: return 0 - (one << choose(g, width));
    case 6: return random_bits(g, 2);
    default: return random_bits(g, width / 8);
    }
}

static uint64_t choose_f64(Gen *g) {
    static const double values[] = {0,
                                    1,
                                    -0.0,
                                    -1,
                                    0.5,
                                    1.5,
                                    2.5,
                                    -0.5,
                                    -3.5,
                                    3.25e2,
                                    0x1p31,
                                    -0x1p31,
                                    0x1p31 - 1,
                                    0x1p32,
                                    0x1p32 - 0.5,
                                    -0x1p31 - 0.75,
                                    0x1p63,
                                    -0x1p63,
                                    0x1p64,
                                    0x1p53 + 1,
                                    0x1p23 + 1,
                                    0x1p-149,
                                    0x1p-1074,
                                    0x1.fffffep127,
                                    0x1.fffffffffffffp1023,
                                    0x1.fffffefp127,
                                    4503599627370497.5,
                                    8388609.5,
                                    1e-40,
                                    0.1};
    uint32_t i = choose(g, sizeof values / sizeof *values + 6);
    uint64_t bits;
    switch (i < sizeof values / sizeof *values ? 0 : i - sizeof values / sizeof *values + 1) {
    case 0: memcpy(&bits, &values[i], 8); return bits;
    case 1: return (uint64_t)0x7ff << 52;
    case 2: return (uint64_t)0xfff << 52;
    case 3: return (uint64_t)0x7ff8 << 48;
    case 4: return (uint64_t)0x7ff4 << 48 | choose(g, 256);
    default: return random_bits(g, 8);
    }
}

static uint64_t choose_f32(Gen *g) {
    if (chance(g, 4)) return random_bits(g, 4);
    if (chance(g, 16)) return 0x7fa00000 | choose(g, 256);
    uint64_t bits = choose_f64(g);
    double value;
    memcpy(&value, &bits, 8);
    if (value != value) return 0x7fc00000;
    float f = (float)value;
    uint32_t low;
    memcpy(&low, &f, 4);
    return low;
}

uint64_t choose_bits(Gen *g, CoreValType type) {
    switch (type) {
    case CORE_I32: return choose_integer(g, 32) & UINT32_MAX;
    case CORE_I64: return choose_integer(g, 64);
    case CORE_F32: return choose_f32(g);
    default: return choose_f64(g);
    }
}

/* ---- expressions outside of bodies ---- */

static CoreExpr expr_of(const CoreInstr *instrs, size_t n, Arena *arena) {
    Buf buf = {.arena = arena};
    CoreInstr end = core_instr(CORE_OP_END);
    for (size_t i = 0; i < n; i++) core_instr_put(&buf, &instrs[i]);
    core_instr_put(&buf, &end);
    return (CoreExpr){.bytes = buf_text(&buf)};
}

static CoreExpr constant_expr(Gen *g, CoreValType type, uint64_t bits) {
    CoreInstr in = core_instr(type == CORE_I32   ? CORE_OP_I32_CONST
                              : type == CORE_I64 ? CORE_OP_I64_CONST
                              : type == CORE_F32 ? CORE_OP_F32_CONST
                              : type == CORE_F64 ? CORE_OP_F64_CONST
                                                 : CORE_OP_V128_CONST);
    memset(in.bytes, 0, sizeof in.bytes);
    if (type == CORE_I32) in.i64 = (int32_t)bits;
    else in.bits = bits;
    return expr_of(&in, 1, g->arena);
}

/* ref.i31 (a - 7) */
static CoreExpr i31_expr(Gen *g, uint32_t a) {
    CoreInstr in[] = {core_instr(CORE_OP_I32_CONST), core_instr(CORE_OP_I32_CONST),
                      core_instr(CORE_OP_I32_SUB), core_instr(CORE_OP_REF_I31)};
    in[0].i64 = a;
    in[1].i64 = 7;
    return expr_of(in, 4, g->arena);
}

/* ---- the index spaces ---- */

static void export(Gen *g, CoreExtern kind, uint32_t index) {
    static const char *const letters[] = {"f", "t", "m", "g", "e"};
    *vec_push(g->arena, &g->m->exports) = (CoreExport){
        .name = str_fmt(g->arena, "%s%u", letters[kind], index), .kind = kind, .index = index};
}

static void add_functions(Gen *g) {
    uint32_t imports = choose(g, 3), count = 1 + choose(g, 5);
    for (uint32_t i = 0; i < imports; i++) {
        CoreImport *import =
            core_import_add(g->arena, g->m, CORE_FUNC, STR("host"), str_fmt(g->arena, "h%u", i));
        Types params = choose_types(g, 3), results = choose_types(g, 2);
        g->m->funcs.at[import->index].type = func_type(g, &params, &results);
    }
    for (uint32_t i = 0; i < count; i++) {
        Types params = choose_types(g, 4), results = choose_types(g, chance(g, 4) ? 4 : 1);
        core_func_add(g->arena, g->m, func_type(g, &params, &results));
    }
    for (uint32_t i = 0; i < imports + count; i++) export(g, CORE_FUNC, i);
}

static void add_memories(Gen *g) {
    bool several = g->proposals & MODGEN_MEMORIES;
    uint32_t count = several ? 1 + chance(g, 4) : 1;
    for (uint32_t i = 0; i < count; i++) {
        CoreMemory *memory = vec_push(g->arena, &g->m->memories);
        memory->import = CORE_NONE;
        memory->limits.min = 1 + choose(g, 2);
        memory->limits.max = memory->limits.min + choose(g, 3);
        memory->limits.has_max = true;
        memory->limits.is_64 = several && chance(g, 4);
        memory->limits.page_log2 = 16;
        if (several && chance(g, 6)) { /* bytes for pages */
            memory->limits.has_page = true;
            memory->limits.page_log2 = 0;
            memory->limits.min += 1000 + choose(g, 10000);
            memory->limits.max += memory->limits.min;
        }
        memory->limits.shared = (g->proposals & MODGEN_ATOMICS) && chance(g, 2);
        export(g, CORE_MEMORY, i);
    }
}

static CoreTable *add_table(Gen *g, CoreValType type, uint64_t min) {
    CoreTable *table = vec_push(g->arena, &g->m->tables);
    table->import = CORE_NONE;
    table->type = type;
    table->limits.min = min + choose(g, 4);
    table->limits.max = table->limits.min + choose(g, 4);
    table->limits.has_max = true;
    table->limits.is_64 = (g->proposals & MODGEN_MEMORIES) && chance(g, 8);
    export(g, CORE_TABLE, (uint32_t)g->m->tables.len - 1);
    return table;
}

static void add_tables(Gen *g) {
    add_table(g, CORE_FUNCREF, g->m->funcs.len);
    if (chance(g, 2)) add_table(g, CORE_EXTERNREF, 0);
    if (chance(g, 4)) add_table(g, CORE_FUNCREF, 0);
    if (!g->has_gc || chance(g, 4)) return;
    CoreTable *table = add_table(g, core_ref(true, CORE_HEAP_ANY), 2);
    table->has_init = true;
    table->init = i31_expr(g, choose(g, 256));
}

static void add_global(Gen *g, CoreValType type, CoreExpr init) {
    *vec_push(g->arena, &g->m->globals) =
        (CoreGlobal){.type = type, .mutable = true, .import = CORE_NONE, .init = init};
    export(g, CORE_GLOBAL, (uint32_t)g->m->globals.len - 1);
}

static void add_globals(Gen *g) {
    add_global(g, CORE_I32, constant_expr(g, CORE_I32, CALLS));
    static const CoreValType types[] = {CORE_I32, CORE_I64, CORE_F32, CORE_F64, CORE_V128};
    for (int i = 0; i < 8; i++)
        add_global(g, types[i % 4], constant_expr(g, types[i % 4], choose_bits(g, types[i % 4])));
    if (g->proposals & MODGEN_SIMD) add_global(g, CORE_V128, constant_expr(g, CORE_V128, 7));
    if (!g->has_gc) return;
    CoreInstr in = core_instr(CORE_OP_STRUCT_NEW_DEFAULT);
    in.a = g->gc_types + choose(g, 2);
    add_global(g, core_ref_to(true, in.a), expr_of(&in, 1, g->arena));
    add_global(g, core_ref(true, CORE_HEAP_ANY), i31_expr(g, choose(g, 256)));
}

static void add_any_segment(Gen *g) {
    uint32_t count = 2 + choose(g, 3);
    CoreExpr *exprs = ARENA_NEW_ARRAY(g->arena, CoreExpr, count);
    CoreInstr in = core_instr(CORE_OP_STRUCT_NEW_DEFAULT);
    in.a = g->gc_types;
    for (uint32_t i = 0; i < count; i++)
        exprs[i] = chance(g, 3) ? expr_of(&in, 1, g->arena) : i31_expr(g, choose(g, 256));
    g->any_elem = (uint32_t)g->m->elems.len;
    *vec_push(g->arena, &g->m->elems) = (CoreElem){
        .flags = 5, .type = core_ref(true, CORE_HEAP_ANY), .count = count, .exprs = exprs};
}

static void add_segments(Gen *g) {
    CoreMemory *memory = &g->m->memories.at[0];
    CoreValType address = memory->limits.is_64 ? CORE_I64 : CORE_I32;
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t n = choose(g, 40);
        char *bytes = arena_alloc(g->arena, n);
        for (uint32_t k = 0; k < n; k++) bytes[k] = (char)choose(g, 256);
        CoreExpr start = constant_expr(g, address, choose(g, 4) * 16);
        CoreData *data = vec_push(g->arena, &g->m->datas);
        *data = (CoreData){.flags = i ? 1 : 0};
        core_data_set_start(g->arena, data, &start);
        core_data_set_bytes(data, (Str){bytes, n});
    }
    g->m->has_data_count = true;
    g->m->data_count = 2;
    uint32_t count = (uint32_t)g->m->funcs.len;
    uint32_t *funcs = ARENA_NEW_ARRAY(g->arena, uint32_t, count);
    for (uint32_t i = 0; i < count; i++) funcs[i] = i;
    CoreValType index = g->m->tables.at[0].limits.is_64 ? CORE_I64 : CORE_I32;
    CoreValType type = core_ref(false, CORE_HEAP_FUNC); /* as indices of functions are encoded */
    *vec_push(g->arena, &g->m->elems) = (CoreElem){.flags = 0,
                                                   .start = constant_expr(g, index, choose(g, 2)),
                                                   .type = CORE_FUNCREF,
                                                   .count = count - (count > 1),
                                                   .funcs = funcs};
    *vec_push(g->arena, &g->m->elems) =
        (CoreElem){.flags = 1, .type = type, .count = count, .funcs = funcs};
    if (g->has_gc) add_any_segment(g);
}

static void add_tags(Gen *g) {
    if (!(g->proposals & MODGEN_EXCEPTIONS)) return;
    for (uint32_t i = 0; i < 2; i++) {
        Types params = choose_types(g, 2), none = {0};
        *vec_push(g->arena, &g->m->tags) =
            (CoreTag){.type = func_type(g, &params, &none), .import = CORE_NONE};
        export(g, CORE_TAG, i);
    }
}

/* The first function that takes and gives nothing, sometimes. */
static void choose_start(Gen *g) {
    for (uint32_t i = 0; i < g->m->funcs.len && !g->m->has_start; i++) {
        const CoreType *type = core_func_type(g->m, i);
        g->m->has_start = !type->param_count && !type->result_count && chance(g, 8);
        g->m->start = i;
    }
}

CoreModule *modgen(Arena *arena, const uint8_t *bytes, size_t n, unsigned proposals) {
    Gen g = {.arena = arena, .at = bytes, .end = bytes + n, .m = core_module_new(arena)};
    unsigned wanted = choose(&g, 256);
    g.proposals = wanted >= 240 ? proposals : wanted & proposals;
    if (wanted < 32) g.proposals = 0; /* often just numbers */
    g.canonical = chance(&g, 2);
    g.legacy = (g.proposals & MODGEN_EXCEPTIONS) && chance(&g, 2);
    add_gc_types(&g);
    add_functions(&g);
    add_memories(&g);
    add_tables(&g);
    add_globals(&g);
    add_segments(&g);
    add_tags(&g);
    collect_ops(&g);
    for (g.func = g.m->imported[CORE_FUNC]; g.func < g.m->funcs.len; g.func++) write_body(&g);
    choose_start(&g);
    return g.m;
}
