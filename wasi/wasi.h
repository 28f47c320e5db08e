/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_WASI_H
#define WASI_WASI_H

#include "interpreter/interpreter.h"

/* The host side of WASI 0.2.12. A guest gets what the context grants, and nothing else. */

typedef struct {
    Str name, value;
} WasiVariable;

/* Every grant. A zeroed context grants nothing but the standard streams that are set. */
typedef struct {
    const Str *args;
    size_t arg_count;
    const WasiVariable *variables;
    size_t variable_count;
    bool has_cwd;
    Str cwd;                              /* what initial-cwd answers */
    int stdin_fd, stdout_fd, stderr_fd;   /* -1: closed */
} WasiContext;

typedef struct Wasi Wasi;
/* A host for one store; it reads the context during the whole of its life. */
Wasi *wasi_new(VmStore *store, const WasiContext *context);
void wasi_free(Wasi *wasi);
/* Puts every interface of WASI 0.2.12 into the linker. */
void wasi_link(Wasi *wasi, VmLinker *linker);
/* Waits until what a suspended thread waits for is ready; false where nothing can become so. */
bool wasi_wait(Wasi *wasi);

#endif
