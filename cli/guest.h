/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_GUEST_H
#define CLI_GUEST_H

#include "cli/cli.h"

/* The compiler, linker and C library for guests, as they are found on this machine. */

typedef struct {
    Str clang, wasm_ld;
    Str builtins; /* the compiler's own library; empty: there is none */
} GuestTools;

/* `clang` and `wasm_ld` as named on the command line, or empty: $CLANG, $WASM_LD, the SDK at
 * $WASI_SDK_PATH, or the first clang in $PATH that has a wasm-ld of its version. False after a
 * diagnostic that says what to install. */
bool guest_tools(Cli *cli, Str clang, Str wasm_ld, GuestTools *tools);

typedef struct {
    Str sysroot;              /* for clang; empty: it finds the library without being told */
    Str include, cxx_include; /* of C; of C++, empty: there is none */
    Str lib;                  /* with libc.a and crt1-reactor.o */
} GuestLibc;

/* The wasi-libc of --sysroot, of the SDK, or of the system. False (and no diagnostic) where there is
 * none. */
bool guest_libc(Cli *cli, Str sysroot, GuestLibc *libc);
/* The Debian packages that have it, for this clang. */
const char *guest_libc_packages(Cli *cli, const GuestTools *tools);
/* Whether it has a header of this name, for C or C++. */
bool guest_has_header(Cli *cli, const GuestLibc *libc, Str name);

/* What the text of a source tells without being compiled. */
typedef struct {
    StrVec headers;    /* in angle brackets, also of the files that it includes in quotes */
    bool constructors; /* it speaks of some */
} GuestScan;
void guest_scan(Cli *cli, const Source *source, GuestScan *scan);
/* A header that comes with clang itself, and needs no C library. */
bool guest_is_freestanding(Str header);

#endif
