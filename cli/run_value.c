/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Values of `witc run --invoke`: numbers as the text format writes them,
 *
 *     -1  0xff  1_000        1.5  -inf  nan:0x200000  0x1p-3
 *     i32x4 1 2 3 4          or 128 bits as one number
 *     ref.null  7            the second for an externref
 *
 * A number is read by the parser of test scripts, as the argument of an (invoke).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "cli/run.h"
#include "wat/wat.h"

/* ---- reading ---- */

static bool is_plain(Str word, const char *also) {
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !strchr("+-._:", c) && !strchr(also, c)) return false;
        if (c == 0) return false;
    }
    return word.len != 0;
}

/* The value of (KEYWORD WORD); false where that is none. */
static bool read_constant(Cli *cli, const char *keyword, Str word, WastValue *value) {
    Str text = str_fmt(cli->arena, "(invoke \"f\" (%s.const %.*s))", keyword, STR_ARG(word));
    Diags faults = {.arena = cli->arena};
    WastScript script = {0};
    const Source *source = source_of(cli->arena, STR("argument"), text);
    if (!wast_parse(cli->arena, source, features_all(), &script, &faults)) return false;
    if (faults.errors || script.commands.len != 1 || script.commands.at[0].args.len != 1)
        return false;
    *value = script.commands.at[0].args.at[0];
    return true;
}

/* 128 bits as one number without a sign, 0x... or decimal. */
static bool read_v128_number(Str word, uint8_t bytes[16]) {
    unsigned __int128 all = 0, base = 10;
    size_t i = 0;
    if (str_starts(word, STR("0x"))) base = 16, i = 2;
    bool any = i < word.len;
    for (; i < word.len; i++) {
        char c = word.ptr[i];
        if (c == '_') continue;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 99;
        if (digit >= base || all > (~(unsigned __int128)0 - digit) / base) return false;
        all = all * base + digit;
    }
    memcpy(bytes, &all, 16);
    return any;
}

static bool read_reference(witc_store *store, Cli *cli, Str word, witc_value *value) {
    if (str_is(word, "ref.null") || str_is(word, "null")) return true;
    WastValue number;
    if (!is_plain(word, "")) return false;
    bool is_extern = value->type == WITC_EXTERNREF;
    if (!read_constant(cli, is_extern ? "i64" : "i32", word, &number)) return false;
    if (is_extern) value->of.ref = witc_extern_new(store, (void *)(uintptr_t)number.bits, NULL);
    else if (value->type == WITC_ANYREF)
        value->of.ref = witc_i31_new(store, (int32_t)(uint32_t)number.bits);
    return value->type != WITC_FUNCREF && value->of.ref;
}

bool run_parse_value(Cli *cli, witc_store *store, witc_valtype type, Str word, witc_value *value) {
    static const char *const keywords[] = {NULL, "i32", "i64", "f32", "f64", "v128"};
    *value = witc_default(type);
    word = str_trim(word);
    if (witc_is_ref(type)) return read_reference(store, cli, word, value);
    if (type == WITC_V128 && read_v128_number(word, value->of.v128)) return true;
    WastValue constant;
    if (type > WITC_V128 || !is_plain(word, type == WITC_V128 ? " " : "")) return false;
    if (!read_constant(cli, keywords[type], word, &constant)) return false;
    if (constant.nan != WAST_EXACT) { /* nan:canonical is a pattern, not a value */
        return false;
    }
    if (type == WITC_V128) memcpy(value->of.v128, constant.v128, 16);
    else value->of.u64 = constant.bits;
    return true;
}

/* ---- writing ---- */

/* The fewest digits that give the same number again. */
static Str float_text(Cli *cli, double number, bool is_single) {
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (is_single ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number) break;
    }
    return str_copy(cli->arena, str_from(text));
}

static Str nan_text(Cli *cli, bool negative, uint64_t payload, uint64_t canonical) {
    const char *sign = negative ? "-" : "";
    if (payload == canonical) return str_fmt(cli->arena, "%snan", sign);
    return str_fmt(cli->arena, "%snan:0x%" PRIx64, sign, payload);
}

static Str reference_text(Cli *cli, const witc_value *value) {
    void *data;
    int32_t number;
    if (value->type == WITC_FUNCREF) return value->of.func ? STR("<func>") : STR("ref.null");
    if (!value->of.ref) return STR("ref.null");
    if (witc_ref_data(value->of.ref, &data))
        return str_fmt(cli->arena, "%" PRIu64, (uint64_t)(uintptr_t)data);
    if (witc_ref_i31(value->of.ref, &number)) return str_fmt(cli->arena, "%" PRId32, number);
    witc_valtype type = witc_ref_type(value->of.ref);
    if (type == witc_non_null(WITC_STRUCTREF)) return STR("<struct>");
    if (type == witc_non_null(WITC_ARRAYREF)) return STR("<array>");
    return type == witc_non_null(WITC_EXNREF) ? STR("<exn>") : STR("<extern>");
}

Str run_value_text(Cli *cli, const witc_value *value) {
    uint64_t bits = value->of.u64, fraction = bits & 0xfffffffffffff;
    uint32_t lanes[4];
    switch (value->type) {
    case WITC_I32: return str_fmt(cli->arena, "%" PRId32, value->of.i32);
    case WITC_I64: return str_fmt(cli->arena, "%" PRId64, value->of.i64);
    case WITC_F32:
        if (value->of.f32 == value->of.f32) return float_text(cli, (double)value->of.f32, true);
        return nan_text(cli, bits >> 31 & 1, bits & 0x7fffff, 0x400000);
    case WITC_F64:
        if (value->of.f64 == value->of.f64) return float_text(cli, value->of.f64, false);
        return nan_text(cli, bits >> 63, fraction, (uint64_t)1 << 51);
    case WITC_V128:
        memcpy(lanes, value->of.v128, sizeof lanes);
        return str_fmt(cli->arena, "i32x4 0x%08x 0x%08x 0x%08x 0x%08x", lanes[0], lanes[1],
                       lanes[2], lanes[3]);
    default: return reference_text(cli, value);
    }
}
