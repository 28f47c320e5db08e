/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_BACKTRACE_H
#define CLI_BACKTRACE_H

#include "cli/cli.h"
#include "include/witc/engine.h"
#include "interpreter/interpreter.h"

/* The backtrace of a trap as notes to the diagnostic that was added last: a line a frame, with the place
 * in the source where its module tells it, and one for each function that was inlined there. The host's
 * call of the guest is left out. */
void backtrace_of_thread(Cli *cli, const VmThread *thread);
void backtrace_of_store(Cli *cli, const witc_store *store);

#endif
