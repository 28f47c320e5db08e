/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "wat/internal.h"

int64_t wat_print_folded(WatModulePrinter *mp, const CoreExpr *body, Str hints, size_t body_start, bool lines) {
    (void)lines;
    return wat_print_body(mp, body, hints, body_start);
}
