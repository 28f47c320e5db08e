/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_RUN_OBSERVE_H
#define CLI_RUN_OBSERVE_H

#include "cli/cli.h"
#include "component/component.h"
#include "wasi/observe.h"

/* The part of `witc run` that sees and repeats what a guest does. */

typedef struct {
    Str trace; /* a file, "-": standard error, empty: none */
    StrVec trace_filter;
    Str record, replay; /* files, or empty */
    uint64_t most;      /* bytes of the record; 0: by default */
    bool deterministic;
    uint64_t seed;
    bool explain, dry_run;
} RunObserve;

/* Rows of the table of options; `field` is the RunObserve in T. */
#define RUN_OBSERVE_OPTIONS(T, field)                                                              \
    MAYBE(T, field.trace, 0, "trace", "FILE",                                                      \
          "Show each call between the component and the host, with its values as WAVE, when it "   \
          "was made and how long it took; on standard error, or in a file"),                       \
        COMMAS(T, field.trace_filter, 0, "trace-filter", "PATTERN",                                \
               "Trace only these, such as `wasi:filesystem/*` or `*.read`; `!PATTERN`: but these"), \
        TEXT(T, field.record, 0, "record", "FILE",                                                 \
             "Write every call of the host and its result into a file, for --replay"),             \
        AMOUNT(T, field.most, 0, "max-record", "BYTES", "How large that file may become (1G)"),    \
        TEXT(T, field.replay, 0, "replay", "FILE",                                                 \
             "Run again what was recorded: every answer comes from the file, nothing is granted, " \
             "and what differs is told"),                                                          \
        FLAG(T, field.deterministic, 0, "deterministic",                                           \
             "Tell the guest clocks that advance by rule, random numbers from --seed, folders in " \
             "order and files without times: runs are alike"),                                     \
        NUMBER(T, field.seed, 0, "seed", "N", "Where --deterministic begins its random numbers (0)"), \
        FLAG(T, field.dry_run, 0, "dry-run",                                                       \
             "Do not run: tell what the component could ever ask for, which option would grant "   \
             "it, and what is granted"),                                                           \
        FLAG(T, field.explain, 0, "explain",                                                       \
             "Tell on standard error what the guest was denied, and the option that grants it")

/* What the component could ask for, and what of it is granted. (run_dry.c) */
int run_dry(Cli *cli, const CompInfo *info, const WasiContext *context, bool json);

/* Whether they fit together; a diagnostic. */
bool run_observe_check(Cli *cli, const RunObserve *options);
/* The first of them that is about calls of the host; NULL: none is. */
const char *run_observe_asks(const RunObserve *options);

typedef struct RunObservers RunObservers;
/* Sets the observers of the context. NULL after a diagnostic. */
RunObservers *run_observe_begin(Cli *cli, const RunObserve *options, const Source *program,
                                bool json, WasiContext *context);
/* A function of the component is called, and has ended. */
void run_observe_enter(const RunObservers *observers, const Wasi *wasi, Str name,
                       const VmComponentFunc *func, const AbiValue *args);
void run_observe_leave(const RunObservers *observers, const Wasi *wasi, const VmThread *thread,
                       const VmComponentFunc *func, const AbiValue *result);
/* The program has ended, and would exit with `status`: with which it exits. `thread` NULL: it has never run. */
int run_observe_end(Cli *cli, RunObservers *observers, const VmThread *thread, int status);

#endif
