/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_LINEDIFF_H
#define CLI_LINEDIFF_H

#include "base/buf.h"

/* The lines in which `new` differs from `old`, as a unified diff (three lines of context) with
 * `--- name` and `+++ name` above; nothing where they are the same. Colour by ANSI sequences. */
void line_diff(Str name, Str old, Str new, bool colour, Buf *out);

#endif
