/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The texts of the traps. */
#include "base/trap.h"

#define TRAP(id, text) text,
static const char *const texts[] = {
    "no trap",
#include "base/trap.def"
};
#undef TRAP

const char *trap_text(Trap trap) { return texts[trap]; }
