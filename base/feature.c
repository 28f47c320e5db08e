/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Feature sets as bit masks over the rows of feature.def. */
#include "base/feature.h"

#define FEATURE(id, name, on, wasm) {name, on, wasm},
static const struct {
    const char *name;
    bool on;
    int wasm;
} rows[] = {
#include "base/feature.def"
};
#undef FEATURE

_Static_assert(FEATURE_COUNT <= 64, "Features is a 64-bit mask");

const char *feature_name(Feature feature) { return rows[feature].name; }

static Features where_wasm(int version) {
    Features set = 0;
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (rows[i].wasm <= version) set |= FEATURE_BIT(i);
    return set;
}

Features features_default(void) {
    Features set = 0;
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (rows[i].on) set |= FEATURE_BIT(i);
    return set;
}

Features features_all(void) { return ~(Features)0 >> (64 - FEATURE_COUNT); }
Features features_tools(void) { return features_all() & ~FEATURE_BIT(FEATURE_CM_VALUE_SIZE); }

/* What Lime 1 ("linear memory", of WebAssembly's tool conventions) adds to WebAssembly 1.0. */
static const Features lime1 =
    FEATURE_BIT(FEATURE_MULTI_VALUE) | FEATURE_BIT(FEATURE_SIGN_EXTENSION) |
    FEATURE_BIT(FEATURE_SATURATING_FLOAT_TO_INT) | FEATURE_BIT(FEATURE_BULK_MEMORY_OPT) |
    FEATURE_BIT(FEATURE_EXTENDED_CONST) | FEATURE_BIT(FEATURE_CALL_INDIRECT_OVERLONG);

/* What can be on together: the specification's own tests refuse nested names. */
static const Features all_at_once =
    (~(Features)0 >> (64 - FEATURE_COUNT)) & ~FEATURE_BIT(FEATURE_CM_NESTED_NAMES);

static bool apply_one(Features *set, Str word) {
    static const char *const versions[] = {"mvp", "wasm1", "wasm2", "wasm3"};
    bool off = str_starts(word, STR("-"));
    if (off) word = str_after(word, 1);
    Features bits = 0;
    for (int i = 0; i < 4; i++)
        if (str_is(word, versions[i]) && !off) {
            *set = where_wasm(i);
            return true;
        }
    if (str_is(word, "lime1") && !off) {
        *set = where_wasm(1) | lime1;
        return true;
    }
    if (str_is(word, "all")) bits = off ? features_all() : all_at_once;
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (str_is(word, rows[i].name)) bits = FEATURE_BIT(i);
    if (str_is(word, "reference-types")) bits |= FEATURE_BIT(FEATURE_CALL_INDIRECT_OVERLONG);
    if (str_is(word, "bulk-memory")) bits |= FEATURE_BIT(FEATURE_BULK_MEMORY_OPT);
    *set = off ? *set & ~bits : *set | bits;
    return bits != 0;
}

bool features_apply(Features *set, Str list, Str *unknown) {
    for (size_t at = 0; at <= list.len;) {
        size_t comma = str_find(list, ',', at), end = comma == SIZE_MAX ? list.len : comma;
        Str word = str_from_to(list, at, end);
        at = end + 1;
        if (word.len == 0) continue;
        if (!apply_one(set, word)) {
            *unknown = word;
            return false;
        }
    }
    return true;
}
