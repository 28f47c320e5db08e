/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef ADAPTER_ADAPTER_H
#define ADAPTER_ADAPTER_H

#include "base/buf.h"

/* The adapter from preview 1 of WASI to 0.2, as a core module. Its code is guest/, compiled in advance;
 * which module of the three a program needs depends on what it imports. */

/* The module name that programs import. */
#define ADAPTER_NAME "wasi_snapshot_preview1"

typedef enum {
    ADAPTER_COMMAND, /* exports wasi:cli/run, which calls the program's `_start` */
    ADAPTER_REACTOR,
    ADAPTER_PROXY /* imports what wasi:http/proxy has: no arguments, environment, exit, files */
} AdapterKind;

typedef struct {
    AdapterKind kind;
    bool without_files; /* for programs that import none of the functions with paths */
    bool exit_code;     /* proc_exit by `exit-with-code` of 0.2.12 instead of `exit` */
} AdapterChoice;

/* The module with the sections that tell its world, which `component new` reads. */
Str adapter_module(Arena *arena, const AdapterChoice *choice);
/* Whether a program that imports this function may see files. */
bool adapter_func_needs_files(Str name);

#endif
