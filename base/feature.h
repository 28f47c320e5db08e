/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_FEATURE_H
#define BASE_FEATURE_H

#include "base/str.h"

/* Features of WebAssembly and of the component model, named as command lines know them. */
#define FEATURE(id, name, on, wasm) FEATURE_##id,
typedef enum {
#include "base/feature.def"
    FEATURE_COUNT
} Feature;
#undef FEATURE

typedef uint64_t Features; /* a bit a Feature */

#define FEATURE_BIT(f)           ((Features)1 << (f))
#define feature_on(set, feature) (((set) & FEATURE_BIT(FEATURE_##feature)) != 0)

Features features_default(void); /* what the standards released, and what is on in every peer */
Features features_all(void);
/* All but the rules that no engine has yet: what the tools read for themselves, and write. */
Features features_tools(void);
const char *feature_name(Feature feature);
/* Applies "simd", "-threads", "all", "mvp", "wasm1", "wasm2", "wasm3", "lime1", "cm-values,-gc,..."
 * in order to *set. A plain feature name or "all" adds to the set; the others replace it. Returns
 * false and the culprit in *unknown. */
bool features_apply(Features *set, Str list, Str *unknown);

#endif
