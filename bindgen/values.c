/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Plans of the canonical ABI as C: statements that take a C value apart into flat core values
 * (lower), and put one together from them (lift). The ops of a plan say where a part is in the
 * value and which flat slots it has:
 *
 *     param x: tuple<u32, option<f32>>           slots i32 i32 f32
 *
 *     lower     float slot = 0;                                lift    x.f0 = (uint32_t) arg;
 *               switch ((int32_t) x->f1.is_some) {                     x.f1.is_some = (bool) arg0;
 *                 case 1: { slot = x->f1.val; break; }                 switch ((int32_t) x.f1.is_some) {
 *               }                                                        case 1: { x.f1.val = arg1; break; }
 *               f((int32_t) x->f0,                                     }
 *                 (int32_t) x->f1.is_some, slot)
 *
 * In a variant, slots are shared by cases whose core types differ; those are converted by bits.
 */
#include <stdarg.h>

#include "bindgen/internal.h"

/* ---- printing ---- */

void gen_line(GenBody *b, const char *format, ...) {
    char text[8192];
    va_list args;
    for (unsigned i = 0; i < b->indent; i++) buf_str(b->out, STR("  "));
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if ((size_t)n < sizeof text) {
        buf_bytes(b->out, text, (size_t)n);
    } else {
        char *big = arena_alloc(b->out->arena, (size_t)n + 1);
        va_start(args, format);
        vsnprintf(big, (size_t)n + 1, format, args);
        va_end(args);
        buf_bytes(b->out, big, (size_t)n);
    }
    buf_byte(b->out, '\n');
}

void gen_take(Gen *g, GenBody *b, Str name) { map_put(g->arena, &b->names, name, NULL); }

Str gen_local(Gen *g, GenBody *b, const char *name) {
    bool added;
    Str local = str_from(name);
    for (map_put(g->arena, &b->names, local, &added); !added;
         map_put(g->arena, &b->names, local, &added))
        local = str_fmt(g->arena, "%s%u", name, b->next++);
    return local;
}

/* ---- places ---- */

Str gen_value(Gen *g, GenPlace place) {
    return place.pointer ? str_concat(g->arena, STR("*"), place.text) : place.text;
}

Str gen_address(Gen *g, GenPlace place) {
    return place.pointer ? place.text : str_concat(g->arena, STR("&"), place.text);
}

GenPlace gen_member(Gen *g, GenPlace place, Str name) {
    return (GenPlace){str_fmt(g->arena, "%.*s%s%.*s", STR_ARG(place.text),
                              place.pointer ? "->" : ".", STR_ARG(name)),
                      false};
}

static GenPlace part_of(Gen *g, GenPlace place, const AbiOp *op) {
    for (uint32_t i = 0; i < op->step_count; i++) {
        const AbiStep *step = &op->steps[i];
        if (step->type->kind == WIT_RECORD)
            place = gen_member(g, place, gen_ident(g, step->type->fields.at[step->field].name));
        else if (step->type->kind == WIT_TUPLE)
            place = gen_member(g, place, str_fmt(g->arena, "f%u", step->field));
        else place = gen_member(g, place, str_fmt(g->arena, "at[%u]", step->field));
    }
    return place;
}

static const char *tag_name(const WitType *variant) {
    return variant->kind == WIT_OPTION ? "is_some" : variant->kind == WIT_RESULT ? "is_err" : "tag";
}

static Str tag_of(Gen *g, const AbiOp *op, GenPlace variant) {
    return gen_member(g, variant, str_from(tag_name(op->type))).text;
}

static GenPlace payload_of(Gen *g, GenPlace variant, const WitType *type, uint32_t index) {
    GenPlace payload = gen_member(g, variant, STR("val"));
    if (type->kind == WIT_OPTION) return payload;
    if (type->kind == WIT_RESULT) return gen_member(g, payload, index ? STR("err") : STR("ok"));
    return gen_member(g, payload, gen_ident(g, type->fields.at[index].name));
}

/* ---- core types ---- */

const char *gen_core_type(AbiCore type) {
    switch (type) {
    case ABI_I32: return "int32_t";
    case ABI_I64: return "int64_t";
    case ABI_F32: return "float";
    case ABI_F64: return "double";
    }
    return "";
}

enum { FLOAT_TO_BITS, BITS_TO_FLOAT, DOUBLE_TO_BITS, BITS_TO_DOUBLE };
static const char *const bits_names[] = {"float__bits", "bits__float", "double__bits",
                                         "bits__double"};
static const char *const bits_types[][2] = {
    {"float", "int32_t"}, {"int32_t", "float"}, {"double", "int64_t"}, {"int64_t", "double"}};

static Str call_bits(Gen *g, unsigned which, Str expression) {
    g->needs_bits[which] = true;
    return str_fmt(g->arena, "%s(%.*s)", bits_names[which], STR_ARG(expression));
}

void gen_put_bits(Gen *g, Buf *out) {
    for (unsigned i = 0; i < 4; i++) {
        if (!g->needs_bits[i]) continue;
        buf_fmt(out,
                "\nstatic %s %s(%s from) {\n  union { %s from; %s to; } both;\n"
                "  both.from = from;\n  return both.to;\n}\n",
                bits_types[i][1], bits_names[i], bits_types[i][0], bits_types[i][0],
                bits_types[i][1]);
    }
}

/* Of a slot that cases share: the bits of the narrower type in those of the wider. */
static Str convert(Gen *g, Str e, AbiCore from, AbiCore to) {
    if (from == to) return e;
    if (from == ABI_F32) e = call_bits(g, FLOAT_TO_BITS, e), from = ABI_I32;
    if (from == ABI_F64) e = call_bits(g, DOUBLE_TO_BITS, e), from = ABI_I64;
    AbiCore bits = to == ABI_F32 ? ABI_I32 : to == ABI_F64 ? ABI_I64 : to;
    if (from == ABI_I32 && bits == ABI_I64)
        e = str_fmt(g->arena, "(int64_t) (uint32_t) %.*s", STR_ARG(e));
    if (from == ABI_I64 && bits == ABI_I32) e = str_fmt(g->arena, "(int32_t) %.*s", STR_ARG(e));
    if (to == ABI_F32) return call_bits(g, BITS_TO_FLOAT, e);
    if (to == ABI_F64) return call_bits(g, BITS_TO_DOUBLE, e);
    return e;
}

/* ---- lower ---- */

static Str cast(Gen *g, const char *type, Str e) {
    return str_fmt(g->arena, "(%s) %.*s", type, STR_ARG(e));
}

/* The member of handles that are structs. */
static Str handle(const Gen *g) { return gen_native(g) ? STR("handle") : STR("__handle"); }

static bool is_pointer_borrow(Gen *g, const AbiOp *op) {
    return op->kind == ABI_BORROW && gen_type(g, wit_resource_of(op->type))->exported;
}

enum { MANY_SLOTS = 6 };

/* Fills the slots after the tag, of type `core`, with the payload. */
static void fill_slots(Gen *g, GenBody *b, const AbiCore *core, const AbiOp *op, GenPlace from,
                       const Str *slots) {
    Str tag = tag_of(g, op, from);
    gen_line(b, "switch ((int32_t) %.*s) {", STR_ARG(tag));
    for (uint32_t i = 0; i < op->case_count; i++) {
        const AbiPlan *inner = op->cases[i];
        if (!inner->op_count) continue;
        Str *parts = ARENA_NEW_ARRAY(g->arena, Str, inner->flat_count + 1);
        b->indent++;
        gen_line(b, "case %u: {", i);
        b->indent++;
        gen_lower(g, b, inner, payload_of(g, from, op->type, i), parts);
        for (uint32_t k = 0; k < inner->flat_count; k++) {
            Str e = convert(g, parts[k], inner->flat[k], core[k]);
            gen_line(b, "%.*s = %.*s;", STR_ARG(slots[k]), STR_ARG(e));
        }
        gen_line(b, "break;");
        b->indent--;
        gen_line(b, "}");
        b->indent--;
    }
    gen_line(b, "}");
}

static Str slot_member(Gen *g, Str array, uint32_t k, AbiCore core) {
    static const char *const members[] = {"i32", "i64", "f32", "f64"};
    return str_fmt(g->arena, "%.*s[%u].%s", STR_ARG(array), k, members[core]);
}

/* The native style: large variants have a function each that fills an array of slots. */
static Str flatten_function(Gen *g, const AbiCore *core, const AbiOp *op) {
    Str type = gen_type_name(g, op->type), name = str_concat(g->arena, type, STR("__flatten"));
    bool added;
    map_put(g->arena, &g->flattens, name, &added);
    if (!added) return name;
    Buf out = {.arena = g->arena};
    GenBody b = {.out = &out, .indent = 1};
    uint32_t n = op->slots - 1;
    Str *slots = ARENA_NEW_ARRAY(g->arena, Str, n);
    gen_take(g, &b, STR("from"));
    gen_take(g, &b, STR("to"));
    for (uint32_t k = 0; k < n; k++) {
        slots[k] = slot_member(g, STR("to"), k, core[k]);
        gen_line(&b, "%.*s = 0;", STR_ARG(slots[k]));
    }
    fill_slots(g, &b, core, op, (GenPlace){STR("from"), true}, slots);
    buf_fmt(&g->c_release,
            "\n__attribute__((__noinline__)) static void %.*s(const %.*s *from, wit__slot *to) "
            "{\n%.*s}\n",
            STR_ARG(name), STR_ARG(type), STR_ARG(buf_text(&out)));
    return name;
}

static void lower_variant(Gen *g, GenBody *b, const AbiPlan *plan, const AbiOp *op, GenPlace from,
                          Str *flat) {
    flat[op->slot] = cast(g, "int32_t", tag_of(g, op, from));
    if (op->slots == 1) return;
    const AbiCore *core = plan->flat + op->slot + 1;
    Str *slots = flat + op->slot + 1;
    if (gen_native(g) && op->slots > MANY_SLOTS) {
        Str array = gen_local(g, b, "slots"), function = flatten_function(g, core, op);
        gen_line(b, "wit__slot %.*s[%u];", STR_ARG(array), op->slots - 1);
        gen_line(b, "%.*s(%.*s, %.*s);", STR_ARG(function), STR_ARG(gen_address(g, from)),
                 STR_ARG(array));
        for (uint32_t k = 0; k + 1 < op->slots; k++) slots[k] = slot_member(g, array, k, core[k]);
        return;
    }
    for (uint32_t k = 0; k + 1 < op->slots; k++) {
        slots[k] = gen_local(g, b, "slot");
        gen_line(b, "%s %.*s = 0;", gen_core_type(core[k]), STR_ARG(slots[k]));
    }
    fill_slots(g, b, core, op, from, slots);
}

static void lower_op(Gen *g, GenBody *b, const AbiPlan *plan, const AbiOp *op, GenPlace from,
                     Str *flat) {
    GenPlace part = part_of(g, from, op);
    Str value = gen_value(g, part), *slot = &flat[op->slot];
    switch (op->kind) {
    case ABI_FLOAT32:
    case ABI_FLOAT64:
    case ABI_S32:
    case ABI_S64: *slot = value; break;
    case ABI_U64: *slot = cast(g, "int64_t", value); break;
    case ABI_STRING:
    case ABI_LIST:
        slot[0] = cast(g, "int32_t) (uintptr_t", gen_member(g, part, STR("ptr")).text);
        slot[1] = cast(g, "int32_t", gen_member(g, part, STR("len")).text);
        break;
    case ABI_VARIANT: lower_variant(g, b, plan, op, part, flat); break;
    case ABI_BORROW:
    case ABI_OWN:
        *slot = is_pointer_borrow(g, op) ? cast(g, "int32_t) (uintptr_t", value)
                                         : gen_member(g, part, handle(g)).text;
        break;
    case ABI_ERROR_CONTEXT: *slot = gen_member(g, part, handle(g)).text; break;
    case ABI_BOOL:
    case ABI_S8:
    case ABI_U8:
    case ABI_S16:
    case ABI_U16:
    case ABI_U32:
    case ABI_CHAR:
    case ABI_FLAGS:
    case ABI_ENUM: *slot = cast(g, "int32_t", value); break;
    case ABI_STREAM:
    case ABI_FUTURE:
        *slot = gen_native(g) ? gen_member(g, part, handle(g)).text : cast(g, "int32_t", value);
        break;
    }
}

void gen_lower(Gen *g, GenBody *b, const AbiPlan *plan, GenPlace from, Str *flat) {
    if (gen_too_large(g)) return;
    for (uint32_t i = 0; i < plan->op_count; i++) lower_op(g, b, plan, &plan->ops[i], from, flat);
}

/* ---- lift ---- */

static const char *integer_of(uint8_t width) {
    return width == 1 ? "uint8_t" : width == 2 ? "uint16_t" : "uint32_t";
}

/* The C type of what is one flat value and no struct; NULL: something else. */
static const char *scalar_type(Gen *g, const AbiOp *op) {
    if (gen_native(g)) {
        if (op->kind == ABI_ENUM) return str_c(g->arena, gen_type_name(g, op->type));
        if (op->kind == ABI_STREAM || op->kind == ABI_FUTURE) return NULL;
    }
    switch (op->kind) {
    case ABI_BOOL: return "bool";
    case ABI_S8: return "int8_t";
    case ABI_U8: return "uint8_t";
    case ABI_S16: return "int16_t";
    case ABI_U16: return "uint16_t";
    case ABI_S32: return "int32_t";
    case ABI_S64: return "int64_t";
    case ABI_U64: return "uint64_t";
    case ABI_FLOAT32: return "float";
    case ABI_FLOAT64: return "double";
    case ABI_FLAGS:
    case ABI_ENUM: return integer_of(op->width);
    case ABI_U32:
    case ABI_CHAR:
    case ABI_STREAM:
    case ABI_FUTURE: return "uint32_t";
    case ABI_STRING:
    case ABI_LIST:
    case ABI_VARIANT:
    case ABI_OWN:
    case ABI_BORROW:
    case ABI_ERROR_CONTEXT: break;
    }
    return NULL;
}

static Str lift_scalar(Gen *g, const char *type, const AbiOp *op, Str e) {
    bool same = op->kind == ABI_S32 || op->kind == ABI_S64 || op->kind == ABI_FLOAT32 ||
                op->kind == ABI_FLOAT64;
    return same ? e : cast(g, type, e);
}

Str gen_lift_simple(Gen *g, const AbiPlan *plan, Str flat) {
    if (plan->op_count != 1 || plan->ops[0].step_count) return STR("");
    const char *type = scalar_type(g, &plan->ops[0]);
    return type ? lift_scalar(g, type, &plan->ops[0], flat) : STR("");
}

static void assign(GenBody *b, GenPlace to, Str e) {
    gen_line(b, "%s%.*s = %.*s;", to.pointer ? "*" : "", STR_ARG(to.text), STR_ARG(e));
}

static const char *tag_type(Gen *g, const AbiOp *op) {
    if (op->type->kind != WIT_VARIANT) return "bool";
    if (!gen_native(g)) return integer_of(op->width);
    return str_c(g->arena, gen_type(g, op->type)->base);
}

static void lift_variant(Gen *g, GenBody *b, const AbiPlan *plan, const AbiOp *op, const Str *flat,
                         GenPlace to) {
    GenPlace tag = gen_member(g, to, str_from(tag_name(op->type)));
    assign(b, tag, cast(g, tag_type(g, op), flat[op->slot]));
    if (op->slots == 1) return;
    gen_line(b, "switch ((int32_t) %.*s) {", STR_ARG(tag.text));
    for (uint32_t i = 0; i < op->case_count; i++) {
        const AbiPlan *inner = op->cases[i];
        if (!inner->op_count) continue;
        Str *parts = ARENA_NEW_ARRAY(g->arena, Str, inner->flat_count + 1);
        for (uint32_t k = 0; k < inner->flat_count; k++)
            parts[k] =
                convert(g, flat[op->slot + 1 + k], plan->flat[op->slot + 1 + k], inner->flat[k]);
        b->indent++;
        gen_line(b, "case %u: {", i);
        b->indent++;
        gen_lift(g, b, inner, parts, payload_of(g, to, op->type, i));
        gen_line(b, "break;");
        b->indent--;
        gen_line(b, "}");
        b->indent--;
    }
    gen_line(b, "}");
}

static Str element_name(Gen *g, const AbiOp *op) {
    if (op->kind == ABI_LIST)
        return op->type->kind == WIT_MAP ? gen_entry_name(g, op->type)
                                         : gen_type_name(g, op->type->elem);
    bool utf16 = g->options->encoding == ABI_UTF16;
    if (gen_native(g) && g->options->encoding == ABI_LATIN1_UTF16) return STR("void");
    if (gen_native(g)) return utf16 ? STR("wit_char16") : STR("char");
    return utf16 ? STR("uint16_t") : STR("uint8_t");
}

static void lift_pointer(Gen *g, GenBody *b, const AbiOp *op, const Str *flat, GenPlace to) {
    Str pointer = str_fmt(g->arena, "(%s%.*s *) (uintptr_t) %.*s", gen_native(g) ? "const " : "",
                          STR_ARG(element_name(g, op)), STR_ARG(flat[op->slot]));
    assign(b, gen_member(g, to, STR("ptr")), pointer);
    assign(b, gen_member(g, to, STR("len")), cast(g, "size_t", flat[op->slot + 1]));
}

static void lift_op(Gen *g, GenBody *b, const AbiPlan *plan, const AbiOp *op, const Str *flat,
                    GenPlace to) {
    GenPlace part = part_of(g, to, op);
    Str e = flat[op->slot];
    const char *scalar = scalar_type(g, op);
    if (scalar) {
        assign(b, part, lift_scalar(g, scalar, op, e));
    } else if (op->kind == ABI_VARIANT) {
        lift_variant(g, b, plan, op, flat, part);
    } else if (op->kind == ABI_STRING || op->kind == ABI_LIST) {
        lift_pointer(g, b, op, flat, part);
    } else if (is_pointer_borrow(g, op)) {
        Str type = gen_type(g, wit_resource_of(op->type))->borrow;
        assign(b, part, str_fmt(g->arena, "(%.*s) (uintptr_t) %.*s", STR_ARG(type), STR_ARG(e)));
    } else {
        assign(b, gen_member(g, part, handle(g)), e);
    }
}

void gen_lift(Gen *g, GenBody *b, const AbiPlan *plan, const Str *flat, GenPlace to) {
    if (gen_too_large(g)) return;
    for (uint32_t i = 0; i < plan->op_count; i++) lift_op(g, b, plan, &plan->ops[i], flat, to);
}

/* ---- borrowed handles ---- */

enum { BORROWS_MAX = 10000 };

static bool has_foreign_borrow(Gen *g, const WitType *type);

static bool find_foreign_borrow(Gen *g, const WitType *type) {
    if (type->kind == WIT_BORROW) return !gen_type(g, wit_resource_of(type))->exported;
    if (type->kind == WIT_OWN) return false;
    for (size_t i = 0; i < type->fields.len; i++)
        if (has_foreign_borrow(g, type->fields.at[i].type)) return true;
    return has_foreign_borrow(g, type->elem) || has_foreign_borrow(g, type->second);
}

/* Whether a value can hold handles that the canonical ABI wants dropped. Those of resources of our
 * own are pointers. */
static bool has_foreign_borrow(Gen *g, const WitType *type) {
    if (!type || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return false;
    GenType *known = gen_type(g, type);
    if (!known->foreign_borrow)
        known->foreign_borrow = find_foreign_borrow(g, type) ? ANSWER_YES : ANSWER_NO;
    return known->foreign_borrow == ANSWER_YES;
}

static const WitType *case_type(const WitType *variant, uint32_t index) {
    if (variant->kind == WIT_VARIANT) return variant->fields.at[index].type;
    if (variant->kind == WIT_OPTION) return index ? variant->elem : NULL;
    return index ? variant->second : variant->elem;
}

static void collect_variant(Gen *g, GenBody *b, const WitFunc *func, const AbiOp *op, GenPlace from,
                            GenBorrows *borrows) {
    Str tag = tag_of(g, op, from);
    for (uint32_t i = 0; i < op->case_count; i++) {
        if (!has_foreign_borrow(g, case_type(op->type, i))) continue;
        Buf *out = b->out, inner = {.arena = g->arena};
        b->out = &inner;
        b->indent++;
        size_t before = borrows->len;
        gen_collect_borrows(g, b, func, op->cases[i], payload_of(g, from, op->type, i), borrows);
        b->indent--;
        b->out = out;
        if (borrows->len == before) continue;
        gen_line(b, "if ((int32_t) %.*s == %u) {", STR_ARG(tag), i);
        buf_str(out, buf_text(&inner));
        gen_line(b, "}");
    }
}

void gen_collect_borrows(Gen *g, GenBody *b, const WitFunc *func, const AbiPlan *plan,
                         GenPlace from, GenBorrows *borrows) {
    if (!plan->has_borrows || gen_too_large(g)) return;
    for (uint32_t i = 0; i < plan->op_count; i++) {
        const AbiOp *op = &plan->ops[i];
        GenPlace part = part_of(g, from, op);
        if (op->kind == ABI_VARIANT) collect_variant(g, b, func, op, part, borrows);
        if (op->kind == ABI_LIST && has_foreign_borrow(g, op->type))
            diag(g->diags, BIND_NO_AUTODROP, func->span, STR_ARG(func->name));
        if (op->kind != ABI_BORROW || is_pointer_borrow(g, op)) continue;
        if (borrows->len == BORROWS_MAX) {
            diag(g->diags, BIND_MANY_BORROWS, func->span, BORROWS_MAX);
            return;
        }
        GenBorrow *borrow = vec_push(g->arena, borrows);
        *borrow =
            (GenBorrow){gen_local(g, b, "borrow"), gen_type(g, wit_resource_of(op->type))->drop};
        gen_line(b, "%.*s = %.*s.__handle;", STR_ARG(borrow->local), STR_ARG(part.text));
    }
}
