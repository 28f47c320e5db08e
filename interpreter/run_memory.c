/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The handlers of loads, stores, and comparisons with a branch, of one step each. */
#include "interpreter/steps.h"

#define NAME(name)  op_##name,
#define X(id, ...)  VM_JUMP_FORMS(JUMP_HANDLER, JUMP_##id) VM_JUMP_FORMS(JUMP_HANDLER, JUMP_NOT_##id)
VM_COMPARISONS(X)
#undef X
#define X(id, ...) VM_LOAD_FORMS(STEP_HANDLER, id)
VM_LOADS(X)
#undef X
#define X(id, ...) VM_STORE_FORMS(STEP_HANDLER, id)
VM_STORES(X)
#undef X

const VmHandler vm_memory_handlers[] = {
#define X(id, ...) VM_JUMP_FORMS(NAME, JUMP_##id) VM_JUMP_FORMS(NAME, JUMP_NOT_##id)
    VM_COMPARISONS(X)
#undef X
#define X(id, ...) VM_LOAD_FORMS(NAME, id)
        VM_LOADS(X)
#undef X
#define X(id, ...) VM_STORE_FORMS(NAME, id)
            VM_STORES(X)};
