/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_WAST_H
#define CLI_WAST_H

#include "cli/load.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

/* What a script has instantiated: a core module's instance or a component's. */
typedef struct {
    VmInstance *core;
    VmComponent *component;
} WastInstance;

/* A module or component that can be instantiated, decoded and validated. */
typedef struct {
    const CoreModule *module;
    const CompInfo *info;
} WastDefinition;

typedef struct {
    Cli *cli;
    Features features;
    bool no_run, any_message;
    const Source *script;
    size_t failures;
    VmStore *store;
    VmThread *thread;
    Map instances;   /* "$name" and, for `register`, "name" -> WastInstance * */
    Map definitions; /* "$name" -> WastDefinition * */
    WastInstance *current;
    WastDefinition *defined;
    VmInstance *spectest;
} Wast;

/* False after a diagnostic where the bytes cannot be a script. */
bool wast_is_script(Cli *cli, const Source *source);
/* Reports a failed directive, a printf text. */
__attribute__((format(printf, 3, 4))) void wast_fail(Wast *w, Span span, const char *format, ...);

/* ---- wast_value.c ---- */

/* Core values to slots, *used of them. False where the interpreter has no such value. */
bool wast_to_slots(const WastValue *value, VmSlot *slots, uint32_t *used);
/* Does the result in slots, of this type, match what is expected? *used is the number of slots. */
bool wast_match_slots(const WastValue *expected, CoreValType type, const VmSlot *slots,
                      uint32_t *used);
/* Component values to and from cells, by the type; *cell moves on. */
bool wast_to_cells(Arena *arena, AbiCache *cache, const WitType *type, const WastValue *value,
                   AbiValue **cell);
bool wast_match_cells(AbiCache *cache, const WitType *type, const WastValue *expected,
                      const AbiValue **cell);

/* ---- wast_run.c ---- */

bool wast_start(Wast *w);
void wast_stop(Wast *w);
/* Instantiates and makes it the current instance, and known as "$name" where it has a name. The
 * trap's or link error's text in *why where it fails. */
bool wast_instantiate(Wast *w, const WastDefinition *definition, Str name, Str *why, bool *trapped);
void wast_register(Wast *w, const WastCommand *command);
/* invoke, get and the assertions about their outcome */
void wast_action(Wast *w, const WastCommand *command);

#endif
