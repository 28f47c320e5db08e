/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_WAST_H
#define CLI_WAST_H

#include "cli/load.h"
#include "include/witc/engine.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

/* Running test scripts, for `witc wast`:
 *
 *     cmd_wast.c     the command: which files, and what is told
 *     wast_jobs.c    several scripts at once, each in a process of its own
 *     wast_script.c  a script's directives, one after the other
 *     wast_run.c     instances, calls, and what must come of them
 *     wast_value.c   values: passed, compared, shown
 */

typedef struct {
    bool no_run, any_message, trusted;
    uint64_t timeout; /* nanoseconds; 0: none */
} WastOptions;

typedef struct {
    Span span;
    Str directive;     /* "assert_return" */
    Str message;       /* what is wrong */
    Str expected, got; /* where it is about values */
} WastFailure;

/* What came of a script. */
typedef struct {
    size_t passed, failed, skipped; /* directives */
    VEC(WastFailure) failures;
    bool unreadable; /* the script cannot be read, and nothing was run */
} WastResult;

/* How far a script is: for whoever looks at it from outside. */
typedef struct {
    uint32_t at;     /* offset of the directive at hand */
    uint32_t passed; /* directives */
} WastProgress;

/* What a script has instantiated: a core module's instance or a component's. */
typedef struct {
    witc_instance *core;
    VmComponent *component;
} WastInstance;

/* A module or component that can be instantiated, decoded and validated. */
typedef struct {
    witc_module *module;
    const CompInfo *info;
} WastDefinition;

/* One script that runs. */
typedef struct {
    Cli *cli;
    const WastOptions *options;
    Features features;
    const Source *script;
    const WastCommand *at; /* the directive at hand, ... */
    bool has_failed;       /* ... and whether it has failed */
    WastResult *result;
    volatile WastProgress *progress;
    witc_engine *engine; /* core modules run by the embedding interface alone, ... */
    witc_store *store;
    VmStore *vm; /* ... components in a store of their own, made when there is one */
    VmThread *thread;
    VEC(witc_module *) modules;
    Map instances;   /* "$name" and, for `register`, "name" -> WastInstance * */
    Map definitions; /* "$name" -> WastDefinition * */
    Map threads;     /* those that were started */
    WastInstance *current;
    WastDefinition *defined;
} Wast;

/* ---- wast_script.c ---- */

/* Runs the script in this process; `progress` may be NULL. Where the script is unreadable, the
 * diagnostics say why. */
void wast_run_script(Cli *cli, Str path, const WastOptions *options, WastResult *result,
                     volatile WastProgress *progress);
/* False after a diagnostic where the bytes cannot be a script. */
bool wast_is_script(Cli *cli, const Source *source);
/* Only reads it. NULL after a diagnostic. */
const Source *wast_read(Cli *cli, Str path, const WastOptions *options, Features *features,
                        WastScript *script);
/* The directive at hand fails: a printf text. */
__attribute__((format(printf, 2, 3))) void wast_fail(Wast *w, const char *format, ...);
/* ... since a value differs. */
void wast_differs(Wast *w, Str what, Str expected, Str got);

/* ---- wast_jobs.c ---- */

/* Runs the scripts, at most `jobs` at once; a crash or a time-out of one is its own failure. Calls
 * `done` for each, in order, as soon as it and those before it have ended. */
typedef void (*WastDone)(void *context, size_t index, WastResult *result);
void wast_run_all(Cli *cli, const StrVec *paths, size_t jobs, const WastOptions *options,
                  WastDone done, void *context);

/* ---- wast_value.c ---- */

/* A core value for a parameter of that type. False where there is no such value. References are the
 * caller's (witc_values_free). */
bool wast_to_value(witc_store *store, const WastValue *value, witc_valtype param, witc_value *to);
/* Is the result what is expected? */
bool wast_match_value(const WastValue *expected, const witc_value *got);
/* Appends a result as a script would write it; the lanes of a v128 as `like` has them, if given. */
void wast_show_value(Buf *out, const witc_value *value, const WastValue *like);
/* Component values to and from cells, by the type; *cell moves on. */
bool wast_to_cells(Arena *arena, AbiCache *cache, const WitType *type, const WastValue *value,
                   AbiValue **cell);
bool wast_match_cells(AbiCache *cache, const WitType *type, const WastValue *expected,
                      const AbiValue **cell);
void wast_show_cells(Buf *out, AbiCache *cache, const WitType *type, const AbiValue **cell);

/* ---- wast_run.c ---- */

bool wast_start(Wast *w);
void wast_stop(Wast *w);
/* Instantiates and makes it the current instance, and known as "$name" where it has a name. The
 * trap's or link error's text in *why where it fails. */
bool wast_instantiate(Wast *w, const WastDefinition *definition, Str name, Str *why, bool *trapped);
/* Whether a trap's or link error's text is the expected one: the script may say more than ours
 * ("uninitialized element 2", "wasm trap: ...") or less. */
bool wast_says(Str said, Str expected);
/* Makes an instance known to another thread of the script; false where there is none. */
bool wast_share(Wast *from, Wast *to, Str name);
void wast_register(Wast *w, const WastCommand *command);
/* invoke, get and the assertions about their outcome */
void wast_action(Wast *w, const WastCommand *command);

#endif
