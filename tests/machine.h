/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_MACHINE_H
#define TESTS_MACHINE_H

#include <stdio.h>

#include "base/file.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

/* For the unit tests of the interpreter: a module, given as text, in a store of its own. */

typedef struct {
    VmStore *store;
    VmThread *thread;
    VmInstance *instance;
} Machine;

/* NULL where the module is none, which is printed, or its instantiation has trapped. */
static inline VmInstance *machine_load(Arena *arena, VmStore *store, VmThread *thread,
                                       const char *text, const VmExtern *imports) {
    Diags diags = {.arena = arena};
    const Source *binary = wat_to_binary(arena, source_of(arena, STR("t.wat"), str_from(text)),
                                         features_all(), &diags);
    Reader r = binary ? reader_of(binary, &diags) : (Reader){0};
    CoreModule *core = binary ? core_decode(arena, &r, features_all()) : NULL;
    if (!core || !core_validate(arena, core, features_all(), &diags)) {
        diag_print(stdout, &diags, false);
        return NULL;
    }
    Trap trap;
    uint32_t bad;
    return vm_instantiate(thread, vm_module_new(store, core), imports, &trap, &bad);
}

#endif
