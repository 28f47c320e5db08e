/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/policy.h"
#include "include/witc/engine.h"
#include "interpreter/interpreter.h"

/* What `witc run` shares: a component is run by cmd_run.c, a core module by run_module.c, which
 * knows the engine by its public interface only; run_value.c reads and writes values. */

enum { EXIT_TRAP = 134 };

typedef struct {
    const Policy *policy;
    Str invoke; /* empty: _start */
    StrVec preloads;
    bool json;
    enum { RUN_VALIDATE_AUTO, RUN_VALIDATE_EAGER, RUN_VALIDATE_LAZY } validate;
} RunModule;

/* A core module that imports preview 1 of WASI as a component, as bytes. NULL: it does not, or, with
 * a diagnostic, it cannot be made one. */
const Source *run_adapted(Cli *cli, const Source *source);

/* What a manifest (YAML) composes, as bytes, and what it says about running it. NULL after a diagnostic.
 * (run_manifest.c) */
const Source *run_manifest(Cli *cli, const Source *manifest, CompRunPlan *plan);

/* Argument 0, which is this module; the exit status. */
int run_module(Cli *cli, const Source *source, const RunModule *options, const CompLimits *limits);

/* The function of a component that a call such as `ns:pkg/iface.f("x", {a: 1})` means, and its arguments as
 * cells. NULL after a diagnostic. (run_invoke.c) */
VmComponentFunc *run_invoke_find(Cli *cli, VmComponent *component, const CompInfo *info, Str call,
                                 const AbiValue **args);
/* Its result, on a line, or as JSON. */
void run_invoke_print(Cli *cli, const VmComponentFunc *func, const AbiValue *result, bool as_json);

/* A note that lists what --invoke could call; none where there is nothing. */
void run_invoke_note(Cli *cli, const CompInfo *info);

/* Notes to what was said last (entry.c): which command a component is for, and how the import that is missing
 * can be had. */
bool entry_is_handler(const CompInfo *info);
void entry_note_other(Cli *cli, const CompInfo *info);
void entry_note_import(Cli *cli);

/* A note to what was said last: the option for the limit that has stopped the guest, if one has. */
void run_note_limit(Cli *cli, witc_limit limit);

/* From now on, the first Ctrl-C or SIGTERM calls that; the second ends the program. NULL: no longer. Which
 * signal there has been; 0: none. */
int run_on_interrupt(void (*interrupt)(void *store), void *store);

/* A word of the command line as a value of the type; references that it makes are owned. False
 * where it is none. */
bool run_parse_value(Cli *cli, witc_store *store, witc_valtype type, Str word, witc_value *value);
/* As run_parse_value reads it, where there is a way to write it. */
Str run_value_text(Cli *cli, const witc_value *value);

#endif
