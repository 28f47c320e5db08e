/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_COMPONENT_LD_H
#define CLI_COMPONENT_LD_H

#include "cli/make.h"

/* The program as a linker, `wasm-component-ld`: component_ld_words.c reads its command line,
 * component_ld.c does the work. */

/* Whether the program was called by the linker's name. */
bool is_component_ld(const char *program);
/* The whole program then: its exit status. */
int component_ld(Cli *cli, const Str *words, size_t n);

typedef struct {
    StrVec for_wasm_ld; /* words that go on to wasm-ld, in their order */
    StrVec append;      /* --append-lld-flag */
    Str output, wasm_ld;
    enum {
        LD_ADAPTER_AUTO,
        LD_ADAPTER_COMMAND,
        LD_ADAPTER_REACTOR,
        LD_ADAPTER_PROXY,
        LD_ADAPTER_NONE
    } adapter;
    StrVec component_types;
    AbiEncoding encoding;
    ComponentChoice component; /* its adapters are those of --adapt */
    bool skip, is_shared, verbose, version, help;
} LdWords;

/* EXIT_OK, or a status after a diagnostic. */
int component_ld_words(Cli *cli, const Str *words, size_t n, LdWords *out);

#endif
