/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef COMPONENT_REACH_H
#define COMPONENT_REACH_H

#include "component/component.h"

/* Which of its imported functions a component could ever call, found without running it. */

typedef struct {
    Str interface; /* empty: a function imported by itself */
    Str name;
    bool is_used;
    StrVec callers; /* paths of the instances whose code can call it; empty: the outermost's own */
} CompUse;
typedef VEC(CompUse) CompUses;

/* Of every function that the outermost component imports, in order. False and a diagnostic where more is
 * instantiated than could ever run. */
bool comp_reach(Arena *arena, const CompInfo *info, CompUses *uses, Diags *diags);

#endif
