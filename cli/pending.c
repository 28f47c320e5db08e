/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* See pending.h. */
#include "cli/pending.h"

#define PENDING(f) extern void f(void) __attribute__((weak));
#include "cli/pending.def"
#undef PENDING

bool pending_has(Cli *cli, Needs need) {
    static const struct {
        const char *name;
        void (*address)(void);
    } table[] = {
#define PENDING(f) {#f, f},
#include "cli/pending.def"
#undef PENDING
    };
    if (table[need].address) return true;
    diag(&cli->diags, CLI_PENDING, span_none(), table[need].name);
    return false;
}
