/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_TRAP_H
#define BASE_TRAP_H

/* Why a guest stopped: TRAP(ID, "text") rows. A text is the core specification's or the component
 * model's phrase, on which the official test scripts match. */
#define TRAP(id, text) TRAP_##id,
typedef enum {
    TRAP_NONE,
#include "base/trap.def"
    TRAP_COUNT
} Trap;
#undef TRAP

const char *trap_text(Trap trap);

#endif
