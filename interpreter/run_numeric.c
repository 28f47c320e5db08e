/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The handlers of the scalar numeric instructions, of one step each. */
#include "interpreter/steps.h"

#define NUMERIC1(id, ...)  VM_FORMS1(STEP_HANDLER, id)
#define NUMERIC2(id, ...)  VM_FORMS2(STEP_HANDLER, id)
#define TRAPPING1(id, ...) VM_FORMS1(STEP_HANDLER, id)
#define TRAPPING2(id, ...) VM_FORMS2(STEP_HANDLER, id)
#include "core/numeric.def"

#undef NUMERIC1
#undef NUMERIC2
#undef TRAPPING1
#undef TRAPPING2
#define NAME(name)         op_##name,
#define NUMERIC1(id, ...)  VM_FORMS1(NAME, id)
#define NUMERIC2(id, ...)  VM_FORMS2(NAME, id)
#define TRAPPING1(id, ...) VM_FORMS1(NAME, id)
#define TRAPPING2(id, ...) VM_FORMS2(NAME, id)
const VmHandler vm_numeric_handlers[] = {
#include "core/numeric.def"
};
