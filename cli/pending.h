/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_PENDING_H
#define CLI_PENDING_H

#include "cli/cli.h"

/* While parts of the library are still being written the program links without them. What a command
 * needs is looked up here; NULL where all is there, else the name of what is not. This file and the
 * linker's flag in the Makefile go when everything is in. */
typedef enum {
#define PENDING(f) NEEDS_##f,
#include "cli/pending.def"
#undef PENDING
    NEEDS_COUNT
} Needs;

/* False after a diagnostic where the function is not linked in. */
bool pending_has(Cli *cli, Needs need);

#endif
