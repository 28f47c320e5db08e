/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_EXPLAIN_H
#define BASE_EXPLAIN_H

#include "base/diag.h"

/* What is worth knowing about a diagnostic beyond its message (base/explain.def). Codes never change
 * their meaning. */
typedef struct {
    DiagCode code;
    const char *section;       /* of the specification: `WIT.md, "Types"`; or NULL */
    const char *text;          /* what it means, and what to do */
    const char *wrong, *right; /* examples; NULL: there are none */
} Explanation;

/* NULL where there is nothing to say. */
const Explanation *diag_explanation(DiagCode code);

/* The message with `..` where something of the input stands. */
Str diag_pattern(Arena *arena, DiagCode code);

/* A group of codes: those whose names begin with "WIT_". */
typedef struct {
    const char *prefix, *title;
    const char *document; /* the specification that the group is about, or NULL */
} DiagArea;
const DiagArea *diag_area(DiagCode code);

#endif
