/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_SERVE_H
#define CLI_SERVE_H

#include "cli/policy.h"
#include "cli/run.h"
#include "serve/serve.h"

/* The context of serve_load: argument 0 of the command line, and what it grants. */
typedef struct {
    const Cli *cli;
    const Policy *policy;
    const ServeOptions *serve;
} ServeLoad;

/* Reads the program, for ServeOptions.load. */
ServeProgram *serve_load(void *load);
/* For ServeOptions.lock: --jail. */
bool serve_lock(void *load, const ServeProgram *program, bool starts);

#endif
