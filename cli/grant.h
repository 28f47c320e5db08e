/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_GRANT_H
#define CLI_GRANT_H

#include "cli/cli.h"
#include "wasi/wasi.h"

/* What the command line grants to a guest. */
typedef struct {
    StrVec env; /* NAME=VALUE, or NAME for the one here */
    bool inherit_env;
    Str argv0, cwd;
    StrVec folders; /* HOST[::GUEST[::ro]][,quota=SIZE][,files=N] */
    StrVec net;     /* rules of wasi_read_rule */
} Grants;

/* Whether they are written as they must be; a diagnostic. It needs nothing but their words. */
bool grants_check(Cli *cli, const Grants *grants);
/* The grants as the host takes them, with the standard streams; cli->args are the guest's. False
 * after a diagnostic. The folders stay open until grants_close. */
bool grants_read(Cli *cli, const Grants *grants, WasiContext *context);
void grants_close(const WasiContext *context);

#endif
