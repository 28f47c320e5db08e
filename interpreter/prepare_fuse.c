/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The last part of preparing a function: each instruction gets its handler.
 *
 * Where instructions follow each other as in a row of fused.def, the first one gets the handler of
 * the row, which does them all and goes on behind the last:
 *
 *     [ op_A+B ][ operands of A ][ op_B+C ][ operands of B ][ op_C ][ operands of C ]
 *         |_______________________________________________________->
 *
 * The others keep handlers of their own, so that a jump can lead to each of them, and a trap finds
 * pc at the one that it happens in. So nothing else needs to know about fused handlers.
 */
#include "interpreter/prepare.h"

void vm_prepare_handlers(Prepare *p) {
    uint32_t ops[VM_MAX_FUSED], n = 0;
    for (uint32_t i = 0; i < p->start_count; i++) {
        for (; n < VM_MAX_FUSED && i + n < p->start_count; n++)
            ops[n] = (uint32_t)p->words[p->starts[i + n]].imm;
        VmHandler fused = vm_fused_handler(ops, n);
        p->words[p->starts[i]].op = fused ? fused : vm_handler((VmOp)ops[0]);
        memmove(ops, ops + 1, --n * sizeof *ops);
    }
}
