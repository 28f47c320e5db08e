/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_BACKTRACE_H
#define CLI_BACKTRACE_H

#include "cli/load.h"

/* One call of a guest: what an engine tells about it. */
typedef struct {
    const CoreModule *module; /* NULL: a function of the host */
    uint32_t func;
    uint32_t offset; /* in the module's source */
    Str name;        /* from the name section, or empty */
} BacktraceFrame;

/* Notes to the diagnostic that was added last: a line a frame, with the place in the source where the
 * module tells it, and one for each function that was inlined there. */
void backtrace_notes(Cli *cli, const BacktraceFrame *frames, size_t n);

#endif
