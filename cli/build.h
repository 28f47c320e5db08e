/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_BUILD_H
#define CLI_BUILD_H

#include "cli/guest.h"
#include "cli/make.h"
#include "cli/process.h"

/* `witc build`, shared by cmd_build.c (what is asked for), build_steps.c (doing it) and
 * build_report.c (what the compiler and the linker said). */

enum { LIBC_AUTO, LIBC_NONE, LIBC_WASI };

typedef struct {
    BindingsChoice bindings;
    ComponentChoice component;
    Str wit, gen, clang, wasm_ld, sysroot, depfile;
    unsigned libc;
    uint64_t jobs;
    bool core, dry_run, list_outputs, stub_wasi;
} BuildOptions;

typedef enum { INPUT_C, INPUT_CXX, INPUT_OTHER, INPUT_OBJECT } BuildInputKind;

typedef struct {
    Str path;
    BuildInputKind kind;
    Str object; /* its own path where it is one already */
} BuildInput;

typedef struct {
    Cli *cli;
    const BuildOptions *options;
    VEC(BuildInput) inputs;
    StrVec c_flags, cxx_flags; /* of the user, for the user's sources */
    StrVec flags;              /* those of them that bindings are compiled with, too */
    StrVec link_flags;
    StrVec include_folders; /* of -I */
    bool debug, optimized, cxx;
    bool start; /* the module needs an `_initialize` of its own */
    GuestTools tools;
    GuestLibc libc;
    bool has_libc, hosted;
    Str missing_header; /* that a C library would have, were there one */
    Str wit;            /* the path */
    GenOutput bindings;
    Str gen; /* the folder of the bindings */
    Work work;
    Buf script; /* of --dry-run */
    Str core;   /* the path of the linked module */
} Build;

/* ---- build_steps.c ---- */

/* Everything from the bindings to the core module at `core`, then *bytes is the result. With
 * --dry-run, the same as a script and nothing is done. */
int build_run(Build *b, Buf *bytes);
/* Where bindings of `ending` (".h") go. */
Str build_bindings_path(const Build *b, const char *ending);

/* Programs take words that begin with '-' or '@' for something else than a file. */
Str build_safe_path(const Build *b, Str path);

/* ---- build_stub.c ---- */

/* A source with functions in the place of WASI 0.1. */
Str build_stub_source(Arena *arena);

/* ---- build_report.c ---- */

/* Passes on what the compiler said of `path`; false and a diagnostic where it failed. */
bool build_report_compile(Build *b, Str path, const Process *process);
bool build_report_link(Build *b, const Process *process);
/* What the dependency files in the folder say, and the files of WIT, as one rule of make. */
bool build_write_depfile(Build *b, const StrVec *files);

#endif
