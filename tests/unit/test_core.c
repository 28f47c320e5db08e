/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Core modules: the opcode table, types, decode, encode, names, canonical types, validation and the
 * expressions of core/numeric.def. Modules are spelled as bytes; what they mean is worked out from
 * the core specification, chapter 5. */
#include "tests/test.h"

#include "base/file.h"
#include "core/core.h"
#include "core/numeric.h"
#include "core/vector.h"

static Arena *arena;
static Diags diags;

#define BYTES(literal) ((Str){(literal), sizeof(literal) - 1})
#define HEADER         "\0asm\1\0\0\0"

static CoreModule *decode_with(Str bytes, Features features) {
    diags = (Diags){.arena = arena};
    Reader r = reader_of(source_of(arena, STR("t.wasm"), bytes), &diags);
    return core_decode(arena, &r, features);
}

static CoreModule *decode(Str bytes) { return decode_with(bytes, features_all()); }

static bool valid(Str bytes) {
    CoreModule *m = decode(bytes);
    return m && core_validate(arena, m, features_all(), &diags);
}

/* Whether the first fault's message contains the phrase. */
static bool refused(Str bytes, Features features, const char *phrase) {
    CoreModule *m = decode_with(bytes, features);
    if (m && core_validate(arena, m, features, &diags)) return false;
    return diags.list.len > 0 &&
           str_find_str(diags.list.at[0].message, str_from(phrase), 0) != SIZE_MAX;
}

/* A module of one function: type, body (after the size and the locals' count 0). */
static Str one_func(Str type, Str code) {
    Buf b = {.arena = arena}, body = {.arena = arena}, s = {.arena = arena};
    buf_bytes(&b, HEADER, 8);
    buf_byte(&s, 1);
    buf_str(&s, type);
    buf_section(&b, 1, &s);
    buf_str(&b, BYTES("\3\2\1\0"));
    s.len = 0;
    buf_byte(&body, 0);
    buf_str(&body, code);
    buf_byte(&s, 1);
    buf_sized(&s, &body);
    buf_section(&b, 10, &s);
    return buf_text(&b);
}
#define VOID_TYPE BYTES("\x60\0\0")
#define I32_TYPE  BYTES("\x60\0\1\x7f")

/* ---- opcodes ---- */

static void table_is_sound(void) {
    for (int op = 0; op < CORE_OP_COUNT; op++) {
        const CoreOpInfo *info = &core_op_info[op];
        const char *s = info->signature;
        if (*s) {
            const char *colon = strchr(s, ':');
            CHECK(colon && strspn(s, "ilfdvp:") == strlen(s) && !strchr(colon + 1, ':'));
        }
        CHECK_EQ(core_op_special((CoreOp)op), *s == 0);
        CoreOp found = core_op_find(str_from(info->text));
        CHECK(found <= (CoreOp)op && strcmp(core_op_info[found].text, info->text) == 0);
        for (int other = 0; other < op; other++)
            CHECK(core_op_info[other].prefix != info->prefix ||
                  core_op_info[other].code != info->code);
    }
    CHECK_EQ(core_op_find(STR("select")), CORE_OP_SELECT);
    CHECK_EQ(core_op_find(STR("ref.test")), CORE_OP_REF_TEST);
    CHECK_EQ(core_op_find(STR("i32.addd")), CORE_OP_COUNT);
    CHECK_EQ(core_op_info[CORE_OP_I64X2_EXTMUL_HIGH_I32X4_U].code, 223);
    CHECK_EQ(core_op_info[CORE_OP_I32_ATOMIC_RMW8_CMPXCHG_U].code, 0x4a);
}

/* An instruction with something in each of its immediates. */
static CoreInstr sample(CoreOp op) {
    CoreInstr in = core_instr(op);
    Buf list = {.arena = arena};
    in.a = 300;
    in.b = 5;
    in.lane = 1;
    switch (core_op_info[op].imm) {
    case CORE_IMM_TRY_TABLE:
        core_put_catch(&list, (CoreCatch){CORE_CATCH_REF, 200, 1});
        core_put_catch(&list, (CoreCatch){CORE_CATCH_ALL, 0, 7});
        in.list = (CoreList){2, buf_text(&list)};
        in.block = (CoreBlockType){.kind = CORE_BLOCK_TYPE, .type = 70};
        break;
    case CORE_IMM_BLOCK:
        in.block = (CoreBlockType){.kind = CORE_BLOCK_RESULT, .result = core_ref_to(true, 9)};
        break;
    case CORE_IMM_LABELS:
        for (uint32_t i = 0; i < 3; i++) buf_u32(&list, i * 100);
        in.list = (CoreList){3, buf_text(&list)};
        break;
    case CORE_IMM_SELECT:
        core_put_val_type(&list, core_ref(false, CORE_HEAP_ANY));
        in.list = (CoreList){1, buf_text(&list)};
        break;
    case CORE_IMM_RESUME:
    case CORE_IMM_RESUME_THROW:
        core_put_handler(&list, (CoreHandler){false, 3, 4});
        core_put_handler(&list, (CoreHandler){true, 5, 0});
        in.list = (CoreList){2, buf_text(&list)};
        break;
    case CORE_IMM_HEAP: in.type[0] = core_ref(false, CORE_HEAP_EXTERN); break;
    case CORE_IMM_CAST:
        in.type[0] = core_ref(true, CORE_HEAP_EQ);
        in.type[1] = core_ref_to(false, 80);
        break;
    case CORE_IMM_I32: in.i64 = INT32_MIN; break;
    case CORE_IMM_I64: in.i64 = INT64_MIN; break;
    case CORE_IMM_F32: in.bits = 0x7fa00000; break;
    case CORE_IMM_F64: in.bits = 0x7ff4000000000000; break;
    case CORE_IMM_V128:
    case CORE_IMM_SHUFFLE:
        for (int i = 0; i < 16; i++) in.bytes[i] = (uint8_t)(i * 2);
        break;
    default:
        if (core_op_info[op].imm >= CORE_IMM_MEM8 && core_op_info[op].imm <= CORE_IMM_MEM64_LANE)
            in.mem = (CoreMemArg){.align = 3, .memory = 2, .offset = (uint64_t)1 << 40};
        break;
    }
    return in;
}

static void instructions_round_trip(void) {
    for (int op = 0; op < CORE_OP_COUNT; op++) {
        CoreInstr in = sample((CoreOp)op), out;
        Buf first = {.arena = arena}, second = {.arena = arena};
        core_instr_put(&first, &in);
        Reader r = reader_of(source_of(arena, STR("t"), buf_text(&first)), NULL);
        CHECK(core_instr_next(&r, &out));
        CHECK(reader_at_end(&r));
        CHECK_EQ(out.op, op);
        core_instr_put(&second, &out);
        CHECK(str_eq(buf_text(&first), buf_text(&second)));
        for (size_t n = 0; n < first.len; n++) { /* cut off anywhere: a failure */
            Reader cut = reader_of(source_of(arena, STR("t"), (Str){(char *)first.ptr, n}), NULL);
            CHECK(!core_instr_next(&cut, &out) && cut.failed);
        }
    }
}

static void lists_are_read(void) {
    CoreInstr in = sample(CORE_OP_TRY_TABLE);
    CoreList list = in.list;
    CoreCatch clause = core_list_catch(&list);
    CHECK(clause.kind == CORE_CATCH_REF && clause.tag == 200 && clause.label == 1);
    clause = core_list_catch(&list);
    CHECK(clause.kind == CORE_CATCH_ALL && clause.label == 7 && list.bytes.len == 0);
    in = sample(CORE_OP_BR_TABLE);
    CHECK_EQ(core_list_label(&in.list), 0);
    CHECK_EQ(core_list_label(&in.list), 100);
    in = sample(CORE_OP_RESUME);
    CHECK_EQ(core_list_handler(&in.list).label, 4);
    CHECK(core_list_handler(&in.list).is_switch);
}

/* ---- types ---- */

static void types_have_texts(void) {
    CHECK_STR(core_val_text(arena, CORE_I64), "i64");
    CHECK_STR(core_val_text(arena, CORE_FUNCREF), "funcref");
    CHECK_STR(core_val_text(arena, core_ref(false, CORE_HEAP_NONE)), "(ref none)");
    CHECK_STR(core_val_text(arena, core_ref_to(true, 12)), "(ref null 12)");
    CHECK_STR(core_val_text(arena, core_ref_to(false, 3) | CORE_EXACT), "(ref (exact 3))");
    CHECK_STR(core_val_text(arena, core_ref(true, CORE_HEAP_ANY) | CORE_SHARED), "(shared anyref)");
    CHECK_EQ(core_heap_find(STR("noexn")), CORE_HEAP_NOEXN);
    CHECK_EQ(core_heap_find(STR("nothing")), CORE_HEAP_BOTTOM);
    CHECK(!core_is_defaultable(core_ref_to(false, 0)) && core_is_defaultable(CORE_V128));
}

static void types_round_trip(void) {
    const CoreValType types[] = {
        CORE_I32,
        CORE_V128,
        CORE_I8,
        CORE_I16,
        CORE_FUNCREF,
        CORE_EXTERNREF,
        core_ref(false, CORE_HEAP_I31),
        core_ref_to(true, 0),
        core_ref_to(false, 100000),
        core_ref_to(true, 65) | CORE_EXACT,
        core_ref(true, CORE_HEAP_EQ) | CORE_SHARED,
        core_ref(false, CORE_HEAP_NOCONT) | CORE_SHARED,
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        Buf b = {.arena = arena};
        core_put_val_type(&b, types[i]);
        Reader r = reader_of(source_of(arena, STR("t"), buf_text(&b)), NULL);
        CHECK_EQ(core_read_storage_type(&r), types[i]);
        CHECK(reader_at_end(&r) && !r.failed);
    }
}

/* ---- modules ---- */

/* Custom sections before, between and after; an empty section; a name section. */
#define EXAMPLE                                                                                    \
    HEADER "\0\3\1x\7"                                                                             \
           "\1\4\1\x60\0\0"                                                                        \
           "\0\2\1y"                                                                               \
           "\3\2\1\0"                                                                              \
           "\4\1\0"                                                                                \
           "\7\5\1\1f\0\0"                                                                         \
           "\xa\4\1\2\0\xb"                                                                        \
           "\0\xf\4name\0\2\1m\1\4\1\0\1g"

static void modules_round_trip(void) {
    CoreModule *m = decode(BYTES(EXAMPLE));
    CHECK(m != NULL);
    if (!m) return;
    CHECK_EQ(m->customs.len, 3);
    CHECK_EQ(m->customs.at[1].after, CORE_SECTION_TYPE);
    CHECK_EQ(m->funcs.at[0].body.offset, 8 + 5 + 6 + 4 + 4 + 3 + 7 + 5);
    CHECK_STR(m->names.module, "m");
    CHECK_STR(core_name(&m->names.funcs, 0), "g");
    CHECK(core_name(&m->names.funcs, 1).ptr == NULL);
    CHECK(core_export_find(m, STR("f")) && !core_export_find(m, STR("g")));
    Buf b = {.arena = arena}, names = {.arena = arena};
    core_encode(m, &b);
    CHECK(str_eq(buf_text(&b), BYTES(EXAMPLE)));
    core_names_encode(&m->names, &names);
    CHECK(str_eq(buf_text(&names), m->customs.at[2].bytes));
}

static void truncation_is_an_error_or_a_module(void) {
    Str whole = BYTES(EXAMPLE);
    for (size_t n = 0; n < whole.len; n++) {
        CoreModule *m = decode((Str){whole.ptr, n});
        CHECK_EQ(m == NULL, diags.errors > 0);
    }
}

static void malformed_modules_are_refused(void) {
    Features all = features_all();
    CHECK(refused(BYTES(""), all, "unexpected end"));
    CHECK(refused(BYTES("asm\0\1\0\0\0"), all, "magic header not detected"));
    CHECK(refused(BYTES("\0asm\2\0\0\0"), all, "unknown binary version"));
    CHECK(refused(BYTES("\0asm\xd\0\1\0"), all, "this is a component"));
    CHECK(refused(BYTES(HEADER "\x0e\0"), all, "malformed section id"));
    CHECK(refused(BYTES(HEADER "\2\1\0\1\1\0"), all, "unexpected content after last section"));
    CHECK(refused(BYTES(HEADER "\1\5\1\x60\0\0\0"), all, "section size mismatch"));
    CHECK(refused(BYTES(HEADER "\1\4\1\x60\0\0\3\2\1\0"), all,
                  "function and code section have inconsistent lengths"));
    CHECK(refused(BYTES(HEADER "\xc\1\1"), all, "data count and data section have inconsistent"));
    CHECK(
        refused(BYTES(HEADER "\1\x84\x80\x80\x80\x80\0"), all, "integer representation too long"));
    /* A huge count with nothing behind it costs nothing. */
    CHECK(refused(BYTES(HEADER "\1\5\xc0\x84\x3d\0\0"), all, "unexpected end"));
    CHECK(refused(BYTES(HEADER "\x5\3\1\x8\0"), features_default(), "malformed limits flags"));
}

static void imports_fill_the_spaces(void) {
    /* (import "m" "f" (func (type 0))) (import "m" "g" (global (mut i32))) and a function */
    Str bytes = BYTES(HEADER "\1\4\1\x60\0\0\2\xe\2\1m\1f\0\0\1m\1g\3\x7f\1\3\2\1\0\xa\4\1\2\0\xb");
    CoreModule *m = decode(bytes);
    CHECK(m && m->funcs.len == 2 && m->globals.len == 1);
    if (!m) return;
    CHECK_EQ(m->imported[CORE_FUNC], 1);
    CHECK_STR(core_import_of(m, CORE_GLOBAL, 0)->name, "g");
    CHECK(core_import_of(m, CORE_FUNC, 1) == NULL);
    CHECK_EQ(core_func_type(m, 1)->kind, CORE_TYPE_FUNC);
    CHECK(core_func_type(m, 2) == NULL);
    CHECK(valid(bytes));
    Buf b = {.arena = arena};
    core_encode(m, &b);
    CHECK(str_eq(buf_text(&b), bytes));
}

static void compact_imports_stay_compact(void) {
    /* "m" with items a, b by module; then "n" with items c, d by one type */
    Str bytes =
        BYTES(HEADER "\1\4\1\x60\0\0\2\x19\2\1m\0\x7f\2\1a\0\0\1b\0\0\1n\0\x7e\0\0\2\1c\1d");
    CoreModule *m = decode(bytes);
    CHECK(m && m->imports.len == 4 && m->imports.at[3].form == CORE_IMPORT_BY_TYPE);
    if (!m) return;
    CHECK_STR(m->imports.at[3].module, "n");
    CHECK_EQ(m->imported[CORE_FUNC], 4);
    Buf b = {.arena = arena};
    core_encode(m, &b);
    CHECK(str_eq(buf_text(&b), bytes));
    CHECK(
        refused(bytes, features_all() & ~FEATURE_BIT(FEATURE_COMPACT_IMPORTS), "compact imports"));
}

static void builders_make_modules(void) {
    CoreModule *m = core_module_new(arena);
    const CoreValType i32 = CORE_I32;
    uint32_t t = core_func_type_add(arena, m, &i32, 1, &i32, 1);
    CHECK_EQ(core_func_type_add(arena, m, &i32, 1, &i32, 1), t);
    CHECK_EQ(core_func_type_add(arena, m, NULL, 0, &i32, 1), t + 1);
    core_import_add(arena, m, CORE_FUNC, STR("a"), STR("b"));
    m->funcs.at[0].type = t;
    core_func_add(arena, m, t)->body.bytes = BYTES("\x20\0\x10\0\xb");
    core_custom_add(arena, m, STR("c"), STR("!"), CORE_SECTION_CODE);
    Buf b = {.arena = arena};
    core_encode(m, &b);
    CHECK(valid(buf_text(&b)));
}

/* ---- canonical types ---- */

static void equal_types_have_one_id(void) {
    /* 0: (func), 1: (func (param (ref 0))), 2: (func), 3: (func (param (ref 2))) */
    CoreModule *a = decode(BYTES(HEADER "\1\x11\4\x60\0\0\x60\1\x64\0\0\x60\0\0\x60\1\x64\2\0"));
    /* (rec (func (param (ref 1))) (func (param (ref 0)))), twice at different indices */
    CoreModule *b = decode(BYTES(HEADER "\1\x1c\3\x60\0\0\x4e\2\x60\1\x64\2\0\x60\1\x64\1\0"
                                        "\x4e\2\x60\1\x64\4\0\x60\1\x64\3\0"));
    CHECK(a && b);
    if (!a || !b) return;
    CoreTypeSpace *space = core_space_new(arena);
    const uint32_t *x = core_space_enter(space, a), *y = core_space_enter(space, b);
    CHECK(x[0] == x[2] && x[1] == x[3] && x[0] != x[1]);
    CHECK(y[0] == x[0] && y[1] == y[3] && y[2] == y[4] && y[1] != y[2]);
    CHECK_EQ(core_space_func(space, NULL, 0, NULL, 0), x[0]);
    CoreValType param = core_ref_to(false, x[0]);
    CHECK_EQ(core_space_func(space, &param, 1, NULL, 0), x[1]);
    CHECK(core_space_func(space, NULL, 0, &param, 1) != x[1]);
}

static void subtypes_are_declared(void) {
    /* 0: (sub (struct)), 1: (sub 0 (struct (field i32))), 2: (sub final 1 (struct (field i32))) */
    CoreModule *m =
        decode(BYTES(HEADER "\1\x13\3\x50\0\x5f\0\x50\1\0\x5f\1\x7f\0\x4f\1\1\x5f\1\x7f\0"));
    CHECK(m && core_validate(arena, m, features_all(), &diags));
    if (!m) return;
    CoreTypeSpace *space = core_space_new(arena);
    const uint32_t *ids = core_space_enter(space, m);
    CHECK(core_space_sub(space, ids[2], ids[0]) && !core_space_sub(space, ids[0], ids[1]));
    CoreValType t2 = core_ref_to(false, ids[2]), t0 = core_ref_to(true, ids[0]);
    CHECK(core_space_matches(space, t2, t0) && !core_space_matches(space, t0, t2));
    CHECK(core_space_matches(space, t2, core_ref(false, CORE_HEAP_EQ)));
    CHECK(!core_space_matches(space, t2, core_ref(true, CORE_HEAP_ARRAY)));
    CHECK(core_space_matches(space, core_ref(true, CORE_HEAP_NONE), t0));
    CHECK(!core_space_matches(space, core_ref(true, CORE_HEAP_NOFUNC), t0));
    CHECK(!core_space_matches(space, core_as_nullable(t2), core_as_non_null(t0)));
}

static void externs_match(void) {
    CoreTypeSpace *space = core_space_new(arena);
    CoreExternType have = {.kind = CORE_MEMORY,
                           .limits = {.min = 2, .max = 4, .has_max = true, .page_log2 = 16}};
    CoreExternType want = have;
    CHECK(core_extern_matches(space, &have, &want));
    want.limits.min = 3;
    CHECK(!core_extern_matches(space, &have, &want));
    want.limits = (CoreLimits){.min = 1, .page_log2 = 16};
    CHECK(core_extern_matches(space, &have, &want));
    CHECK(!core_extern_matches(space, &want, &have));
    want.limits.shared = true;
    CHECK(!core_extern_matches(space, &have, &want));
}

/* ---- validation ---- */

static void code_is_typed(void) {
    Features all = features_all();
    CHECK(valid(one_func(I32_TYPE, BYTES("\x41\7\xb"))));
    CHECK(valid(one_func(I32_TYPE, BYTES("\0\xb")))); /* unreachable gives anything */
    CHECK(valid(one_func(I32_TYPE, BYTES("\2\x7f\x41\1\xc\0\xb\xb")))); /* block, br 0 */
    CHECK(refused(one_func(I32_TYPE, BYTES("\xb")), all, "type mismatch"));
    CHECK(refused(one_func(I32_TYPE, BYTES("\x42\0\xb")), all, "expected i32, found i64"));
    CHECK(refused(one_func(VOID_TYPE, BYTES("\x41\0\xb")), all, "values remaining on stack"));
    CHECK(refused(one_func(VOID_TYPE, BYTES("\x20\3\x1a\xb")), all, "unknown local 3"));
    CHECK(refused(one_func(VOID_TYPE, BYTES("\x10\1\xb")), all, "unknown function 1"));
    CHECK(refused(one_func(VOID_TYPE, BYTES("\xc\1\xb")), all, "unknown label"));
    CHECK(refused(one_func(VOID_TYPE, BYTES("\x41\0\x28\2\0\x1a\xb")), all, "unknown memory 0"));
    CHECK(refused(one_func(VOID_TYPE, BYTES("\xb\1")), all, "operators remaining after end"));
    CHECK(refused(one_func(VOID_TYPE, BYTES("\1")), all, "unexpected end"));
    CHECK(refused(one_func(VOID_TYPE, BYTES("\5\xb")), all, "`else` found outside"));
    CHECK(refused(one_func(VOID_TYPE, BYTES("\xff\xb")), all, "illegal opcode ff"));
    CHECK(
        refused(one_func(VOID_TYPE, BYTES("\xd2\0\x1a\xb")), all, "undeclared function reference"));
    CHECK(refused(one_func(VOID_TYPE, BYTES("\x1c\0\xb")), all, "invalid result arity"));
}

static void gates_are_named(void) {
    Features mvp = 0;
    Str unknown;
    CHECK(features_apply(&mvp, STR("mvp"), &unknown));
    CHECK(refused(one_func(VOID_TYPE, BYTES("\x41\0\xc0\x1a\xb")), mvp,
                  "sign extension operations support is not enabled"));
    CHECK(
        refused(one_func(BYTES("\x60\0\2\x7f\x7f"), BYTES("\0\xb")), mvp, "invalid result arity"));
    CHECK(
        refused(one_func(BYTES("\x60\1\x7b\0"), BYTES("\xb")), mvp, "SIMD support is not enabled"));
    CHECK(refused(BYTES(HEADER "\5\5\2\0\1\0\1"), mvp, "multiple memories"));
}

static void faults_are_placed_and_all_reported(void) {
    /* two functions with a fault each */
    Str bytes = BYTES(HEADER "\1\4\1\x60\0\0\3\3\2\0\0\xa\xb\2\4\0\x1a\x1a\xb\4\0\x41\0\xb");
    CHECK(!valid(bytes));
    CHECK_EQ(diags.errors, 2);
    CHECK_EQ(diags.list.at[0].span.start, 24);
    CHECK_EQ(diags.list.at[1].span.start, 31);
}

static void items_are_checked(void) {
    Features all = features_all();
    CHECK(refused(BYTES(HEADER "\5\4\1\1\2\1"), all, "size minimum must not be greater"));
    CHECK(refused(BYTES(HEADER "\5\5\1\0\x81\x80\4"), all,
                  "memory size must be at most 65536 pages"));
    CHECK(refused(BYTES(HEADER "\5\3\1\2\1"), all, "shared memory must have maximum"));
    CHECK(refused(BYTES(HEADER "\5\3\1\0\1\7\x9\2\1a\2\0\1a\2\0"), all, "duplicate export name"));
    CHECK(refused(BYTES(HEADER "\6\5\1\x7f\0\1\xb"), all, "constant expression required"));
    CHECK(refused(BYTES(HEADER "\6\6\1\x7f\0\x23\0\xb"), all, "unknown global"));
    CHECK(refused(BYTES(HEADER "\1\5\1\x60\1\x64\1"), all, "unexpected end"));
    CHECK(refused(BYTES(HEADER "\1\6\1\x60\1\x64\1\0"), all, "unknown type 1"));
    CHECK(
        refused(BYTES(HEADER "\1\xa\2\x60\0\0\x50\1\0\x60\0\0"), all, "sub type 1 does not match"));
    CHECK(valid(BYTES(HEADER "\6\xb\2\x7f\0\x41\1\xb\x7f\0\x23\0\xb"))); /* an earlier global */
}

/* ---- numbers ---- */

#define NUMERIC1(id, r, ta, e)                                                                     \
    static r do_##id(ta a) { return e; }
#define NUMERIC2(id, r, ta, tb, e)                                                                 \
    static r do_##id(ta a, tb b) { return e; }
#define TRAPPING1(id, r, ta, t, e)                                                                 \
    static Trap trap_##id(ta a) { return t; }                                                      \
    static r do_##id(ta a) { return trap_##id(a) == TRAP_NONE ? (r)(e) : 0; }
#define TRAPPING2(id, r, ta, tb, t, e)                                                             \
    static Trap trap_##id(ta a, tb b) { return t; }                                                \
    static r do_##id(ta a, tb b) { return trap_##id(a, b) == TRAP_NONE ? (r)(e) : 0; }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include "core/numeric.def"

#define VECTOR1(id, e)                                                                             \
    static CoreV128 do_##id(CoreV128 a) { return e; }
#define VECTOR2(id, e)                                                                             \
    static CoreV128 do_##id(CoreV128 a, CoreV128 b) { return e; }
#define VECTOR3(id, e)                                                                             \
    static CoreV128 do_##id(CoreV128 a, CoreV128 b, CoreV128 c) { return e; }
#define VECTOR_TEST(id, e)                                                                         \
    static u32 do_##id(CoreV128 a) { return e; }
#define VECTOR_SHIFT(id, e)                                                                        \
    static CoreV128 do_##id(CoreV128 a, u32 b) { return e; }
#define VECTOR_SPLAT(id, T, e)                                                                     \
    static CoreV128 do_##id(T a) { return e; }
#define VECTOR_EXTRACT(id, T, e)                                                                   \
    static T do_##id(CoreV128 a, unsigned lane) { return e; }
#define VECTOR_REPLACE(id, T, member)                                                              \
    static CoreV128 do_##id(CoreV128 a, T b, unsigned lane) {                                      \
        a.member[lane] = (__typeof__(a.member[0]))b;                                               \
        return a;                                                                                  \
    }
#define VECTOR_LOAD(id, T, e)                                                                      \
    static CoreV128 do_##id(T a) { return e; }
#include "core/vector.def"
#pragma GCC diagnostic pop

static void integers_compute(void) {
    CHECK_EQ(do_I32_CLZ(0), 32);
    CHECK_EQ(do_I64_CTZ(0), 64);
    CHECK_EQ(do_I32_ROTL(0x80000001u, 33), 3);
    CHECK_EQ(do_I64_ROTR(1, 0), 1);
    CHECK_EQ(do_I32_SHR_S(INT32_MIN, 35), INT32_MIN >> 3);
    CHECK_EQ(do_I32_EXTEND8_S(0x80), -128);
    CHECK_EQ(trap_I32_DIV_S(INT32_MIN, -1), TRAP_INTEGER_OVERFLOW);
    CHECK_EQ(trap_I64_REM_U(1, 0), TRAP_DIVIDE_BY_ZERO);
    CHECK_EQ(trap_I32_REM_S(INT32_MIN, -1), TRAP_NONE);
    CHECK_EQ(do_I32_REM_S(INT32_MIN, -1), 0);
    CHECK_EQ(do_I32_DIV_S(-7, 2), -3);
}

static void floats_compute(void) {
    f32 nan = core_f32_of(0x7fc00000);
    CHECK(do_F32_MIN(nan, 1) != do_F32_MIN(nan, 1));
    CHECK_EQ(core_f32_bits(do_F32_MIN(0.0f, -0.0f)), 0x80000000);
    CHECK_EQ(core_f64_bits(do_F64_MAX(-0.0, 0.0)), 0);
    CHECK_EQ((int)do_F64_NEAREST(2.5), 2);
    CHECK_EQ((int)do_F32_NEAREST(-1.5f), -2);
    CHECK_EQ(core_f32_bits(do_F32_NEG(nan)), 0xffc00000);
    CHECK_EQ(core_f32_bits(do_F32_CEIL(core_f32_of(0x7fa00000))) >> 22 & 1, 1); /* now quiet */
    CHECK_EQ(core_f32_bits(do_F32_CEIL(-0.5f)), 0x80000000);
}

static void conversions_trap_at_their_limits(void) {
    CHECK_EQ(trap_I32_TRUNC_F64_S(2147483647.9), TRAP_NONE);
    CHECK_EQ(do_I32_TRUNC_F64_S(2147483647.9), INT32_MAX);
    CHECK_EQ(trap_I32_TRUNC_F64_S(2147483648.0), TRAP_INTEGER_OVERFLOW);
    CHECK_EQ(trap_I32_TRUNC_F64_S(-2147483648.9), TRAP_NONE);
    CHECK_EQ(trap_I32_TRUNC_F64_S(-2147483649.0), TRAP_INTEGER_OVERFLOW);
    CHECK_EQ(trap_I32_TRUNC_F32_S(-2147483648.0f), TRAP_NONE);
    CHECK_EQ(trap_I32_TRUNC_F32_U(-0.9f), TRAP_NONE);
    CHECK_EQ(trap_I32_TRUNC_F32_U(-1.0f), TRAP_INTEGER_OVERFLOW);
    CHECK_EQ(trap_I64_TRUNC_F64_U(18446744073709551616.0), TRAP_INTEGER_OVERFLOW);
    CHECK_EQ(trap_I64_TRUNC_F32_S(core_f32_of(0x7fc00000)), TRAP_INVALID_CONVERSION);
    CHECK_EQ(do_I32_TRUNC_SAT_F64_S(1e300), INT32_MAX);
    CHECK_EQ(do_I64_TRUNC_SAT_F32_S(-1e30f), INT64_MIN);
    CHECK_EQ(do_I64_TRUNC_SAT_F64_U(-5.0), 0);
    CHECK_EQ(do_I32_TRUNC_SAT_F32_U(core_f32_of(0xffc00000)), 0);
    CHECK_EQ(core_f32_bits(do_F32_CONVERT_I64_U(UINT64_MAX)), 0x5f800000);
}

static void vectors_compute(void) {
    CoreV128 a = {.s8 = {-128, 127, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}};
    CoreV128 two = do_I8X16_SPLAT(0x102);
    CHECK_EQ(do_I8X16_ADD_SAT_S(a, two).s8[1], 127);
    CHECK_EQ(do_I8X16_ADD(a, two).s8[1], -127);
    CHECK_EQ(do_I8X16_SUB_SAT_U(two, a).u8[3], 0);
    CHECK_EQ(do_I8X16_ABS(a).u8[0], 128);
    CHECK_EQ(do_I8X16_LT_U(a, two).s8[0], 0);
    CHECK_EQ(do_I8X16_LT_S(a, two).s8[0], -1);
    CHECK_EQ(do_I8X16_BITMASK(a), 1);
    CHECK_EQ(do_I8X16_SHL(a, 9).u8[2], 2);
    CHECK_EQ(do_I8X16_SHR_S(a, 1).s8[0], -64);
    CHECK_EQ(do_I8X16_SWIZZLE(a, two).s8[5], 1);
    CHECK_EQ(do_I16X8_EXTEND_LOW_I8X16_U(a).u16[0], 128);
    CHECK_EQ(do_I16X8_EXTMUL_HIGH_I8X16_S(a, a).s16[7], 196);
    CHECK_EQ(do_I16X8_EXTADD_PAIRWISE_I8X16_S(a).s16[0], -1);
    CHECK_EQ(do_I8X16_NARROW_I16X8_U(do_I16X8_SPLAT(0xffff), do_I16X8_SPLAT(300)).u8[8], 255);
    CHECK_EQ(do_I16X8_EXTRACT_LANE_S(do_I16X8_SPLAT(0x8000), 3), -32768);
    CHECK_EQ(do_I16X8_EXTRACT_LANE_U(do_I16X8_SPLAT(0x8000), 3), 0x8000);
    CHECK_EQ(do_I32X4_REPLACE_LANE(a, 77, 2).u32[2], 77);
    CHECK_EQ(do_I64X2_ALL_TRUE(do_V128_LOAD64_ZERO(5)), 0);
    CHECK_EQ(do_V128_LOAD8X8_S(0x80).s16[0], -128);
    CHECK_EQ(do_V128_BITSELECT(a, two, do_I8X16_SPLAT(0xf0)).u8[0], 0x82);
    CoreV128 nan = do_F32X4_SPLAT(core_f32_of(0x7fc00000)), one = do_F32X4_SPLAT(1);
    CHECK_EQ((int)do_F32X4_PMIN(one, nan).f32[0], 1);
    CHECK(do_F32X4_MIN(one, nan).f32[3] != do_F32X4_MIN(one, nan).f32[3]);
    CHECK_EQ(do_F32X4_NEG(one).u32[1], 0xbf800000);
    CHECK_EQ(do_I32X4_TRUNC_SAT_F32X4_U(do_F32X4_SPLAT(-3)).u32[0], 0);
    CHECK_EQ(do_I32X4_TRUNC_SAT_F64X2_S_ZERO(do_F64X2_SPLAT(1e99)).s32[1], INT32_MAX);
    CHECK_EQ(do_I32X4_TRUNC_SAT_F64X2_S_ZERO(do_F64X2_SPLAT(1e99)).s32[2], 0);
}

int main(void) {
    arena = arena_new();
    RUN(table_is_sound);
    RUN(instructions_round_trip);
    RUN(lists_are_read);
    RUN(types_have_texts);
    RUN(types_round_trip);
    RUN(modules_round_trip);
    RUN(truncation_is_an_error_or_a_module);
    RUN(malformed_modules_are_refused);
    RUN(imports_fill_the_spaces);
    RUN(compact_imports_stay_compact);
    RUN(builders_make_modules);
    RUN(equal_types_have_one_id);
    RUN(subtypes_are_declared);
    RUN(externs_match);
    RUN(code_is_typed);
    RUN(gates_are_named);
    RUN(faults_are_placed_and_all_reported);
    RUN(items_are_checked);
    RUN(integers_compute);
    RUN(floats_compute);
    RUN(conversions_trap_at_their_limits);
    RUN(vectors_compute);
    arena_free(arena);
    return test_end("core");
}
