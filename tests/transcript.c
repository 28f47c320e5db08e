/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The plain evaluator's word on a module, written down for another engine. Host functions take what they
 * get and give zeros. */
#include "tests/transcript.h"

#include "base/file.h"
#include "tests/modgen.h"
#include "tests/reference/reference.h"

enum { STEPS = 60000, MAX_VALUES = 32 };

static void host(void *context, uint32_t index, const PlainValue *args, PlainValue *results) {}

static bool is_plain(const CoreType *type) {
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!core_is_num(type->params[i])) return false;
    for (uint32_t i = 0; i < type->result_count; i++)
        if (!core_is_num(type->results[i])) return false;
    return type->param_count <= MAX_VALUES;
}

static const char *const type_names[] = {
    [CORE_I32] = "i32", [CORE_I64] = "i64", [CORE_F32] = "f32", [CORE_F64] = "f64"};

static void put_value(Buf *lines, CoreValType type, PlainValue v) {
    unsigned n = type == CORE_F32 ? 32 : 64;
    bool nan = (type == CORE_F32 || type == CORE_F64) && plain_is_nan(n, v.bits);
    buf_fmt(lines, " %s:", type_names[type]);
    if (nan) buf_fmt(lines, "nan");
    else buf_fmt(lines, "%llx", (unsigned long long)v.bits);
}

static void put_host(const CoreType *type, uint32_t index, Buf *lines) {
    buf_fmt(lines, "h%u", index);
    for (uint32_t i = 0; i < type->result_count; i++)
        buf_fmt(lines, " %s", type_names[type->results[i]]);
    buf_fmt(lines, "\n");
}

static PlainValue argument(uint32_t seed, CoreValType type) {
    static const uint64_t words[] = {0, 1, UINT64_MAX, 0x80000000, 64, 0x4059000000000000, 3};
    PlainValue v = plain_default(type);
    v.bits = words[seed % (sizeof words / sizeof *words)];
    if (type == CORE_F64 || type == CORE_F32) v.bits &= 0x40590000bf800000;
    if (type == CORE_I32 || type == CORE_F32) v.bits = (uint32_t)v.bits;
    return v;
}

/* False where the evaluator has given up or looked at open bits. */
static bool call(PlainMachine *p, uint32_t func, Buf *lines) {
    const CoreType *type = core_func_type(p->module, func);
    PlainValue args[MAX_VALUES];
    size_t before = lines->len;
    buf_fmt(lines, "f%u", func);
    for (uint32_t i = 0; i < type->param_count; i++) {
        args[i] = argument(func + i, type->params[i]);
        put_value(lines, type->params[i], args[i]);
    }
    PlainEnd end = plain_call(p, func, args);
    if (end == PLAIN_GAVE_UP || p->unspecified) {
        lines->len = before;
        return false;
    }
    buf_fmt(lines, " =");
    if (end == PLAIN_TRAPPED) buf_fmt(lines, " trap %s", trap_text(p->trap));
    const PlainValue *results = p->stack.at + p->stack.len - type->result_count;
    for (uint32_t i = 0; end == PLAIN_DONE && i < type->result_count; i++)
        put_value(lines, type->results[i], results[i]);
    buf_fmt(lines, "\n");
    return true;
}

static void put_memory(const PlainMachine *p, Buf *lines) {
    uint32_t hash = 2166136261u;
    for (uint64_t i = 0; i < p->memories[0].size; i++)
        hash = (hash ^ p->memories[0].bytes[i]) * 16777619u;
    buf_fmt(lines, "m0 %x\n", hash);
}

bool transcript(Arena *arena, const uint8_t *bytes, size_t n, Buf *module, Buf *lines) {
    Diags diags = {.arena = arena};
    core_encode(modgen(arena, bytes, n, MODGEN_SIMD), module);
    Reader r = reader_of(source_of(arena, STR("generated.wasm"), buf_text(module)), &diags);
    CoreModule *m = core_decode(arena, &r, features_all());
    if (!m || !core_validate(arena, m, features_all(), &diags)) return false;
    for (uint32_t i = 0; i < m->imported[CORE_FUNC]; i++) {
        if (!is_plain(core_func_type(m, i))) return false;
        put_host(core_func_type(m, i), i, lines);
    }
    PlainMachine *p = plain_new(arena, m, STEPS, host, NULL);
    if (p->end != PLAIN_DONE || p->unspecified) return false;
    for (uint32_t i = m->imported[CORE_FUNC]; i < m->funcs.len; i++)
        if (is_plain(core_func_type(m, i)) && !call(p, i, lines)) return lines->len > 0;
    put_memory(p, lines);
    return true;
}
