/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The handlers of instructions that often follow each other: the rows of fused.def, each of which says
 * how many there are and what the last one is:
 *
 *     FUSE3(STEP, a, b, c)    a step as the others
 *     FUSE3(JUMP, a, b, c)    a jump that may be taken
 *     FUSE3(END, a, b, c)     a call, a return, or a jump by a table
 *
 * A row is found by a key, in which each instruction has a few bits: its place among the PARTs, which
 * are those that occur in rows at all.
 */
#include "interpreter/steps.h"

#define LAST_STEP(name) RUN(name); GO(pc)
#define LAST_JUMP(name) RUN_JUMP(name)
#define LAST_END(name)  END_##name()
#define PART(id)
#define FUSE2(last, a, b) HANDLER(a##__##b, { RUN(a); LAST_##last(b); })
#define FUSE3(last, a, b, c) HANDLER(a##__##b##__##c, { RUN(a); RUN(b); LAST_##last(c); })
#define FUSE4(last, a, b, c, d) \
    HANDLER(a##__##b##__##c##__##d, { RUN(a); RUN(b); RUN(c); LAST_##last(d); })
#define FUSE5(last, a, b, c, d, e) \
    HANDLER(a##__##b##__##c##__##d##__##e, { RUN(a); RUN(b); RUN(c); RUN(d); LAST_##last(e); })
#define FUSE6(last, a, b, c, d, e, f) \
    HANDLER(a##__##b##__##c##__##d##__##e##__##f, \
            { RUN(a); RUN(b); RUN(c); RUN(d); RUN(e); LAST_##last(f); })
#define FUSE7(last, a, b, c, d, e, f, g) \
    HANDLER(a##__##b##__##c##__##d##__##e##__##f##__##g, \
            { RUN(a); RUN(b); RUN(c); RUN(d); RUN(e); RUN(f); LAST_##last(g); })
#include "interpreter/fused.def"

/* ---- how they are found ---- */

#undef PART
#undef FUSE2
#undef FUSE3
#undef FUSE4
#undef FUSE5
#undef FUSE6
#undef FUSE7
#define FUSE2(...)
#define FUSE3(...)
#define FUSE4(...)
#define FUSE5(...)
#define FUSE6(...)
#define FUSE7(...)
#define PART(id) PART_##id,
enum {
    NO_PART,
#include "interpreter/fused.def"
    PART_COUNT
};
#undef PART
#define PART(id) [VM_OP_##id] = PART_##id,
static const uint16_t parts[VM_OP_VECTORS] = {
#include "interpreter/fused.def"
};
enum { PART_BITS = 9 };
_Static_assert(PART_COUNT <= 1 << PART_BITS && VM_MAX_FUSED * PART_BITS <= 64,
               "keys are too short");

#undef PART
#define PART(id)
#undef FUSE2
#undef FUSE3
#undef FUSE4
#undef FUSE5
#undef FUSE6
#undef FUSE7
#define KEY1(a) ((uint64_t)PART_##a)
#define KEY2(a, b) (KEY1(a) << PART_BITS | PART_##b)
#define KEY3(a, b, c) (KEY2(a, b) << PART_BITS | PART_##c)
#define KEY4(a, b, c, d) (KEY3(a, b, c) << PART_BITS | PART_##d)
#define KEY5(a, b, c, d, e) (KEY4(a, b, c, d) << PART_BITS | PART_##e)
#define KEY6(a, b, c, d, e, f) (KEY5(a, b, c, d, e) << PART_BITS | PART_##f)
#define KEY7(a, b, c, d, e, f, g) (KEY6(a, b, c, d, e, f) << PART_BITS | PART_##g)
#define FUSE2(last, a, b) case KEY2(a, b): return op_##a##__##b;
#define FUSE3(last, a, b, c) case KEY3(a, b, c): return op_##a##__##b##__##c;
#define FUSE4(last, a, b, c, d) case KEY4(a, b, c, d): return op_##a##__##b##__##c##__##d;
#define FUSE5(last, a, b, c, d, e) case KEY5(a, b, c, d, e): return op_##a##__##b##__##c##__##d##__##e;
#define FUSE6(last, a, b, c, d, e, f) case KEY6(a, b, c, d, e, f): return op_##a##__##b##__##c##__##d##__##e##__##f;
#define FUSE7(last, a, b, c, d, e, f, g) case KEY7(a, b, c, d, e, f, g): return op_##a##__##b##__##c##__##d##__##e##__##f##__##g;
static VmHandler handler_of(uint64_t key) {
    switch (key) {
#include "interpreter/fused.def"
    default: return NULL;
    }
}

VmHandler vm_fused_handler(const uint32_t *ops, uint32_t n) {
    VmHandler longest = NULL, found;
    uint64_t key = 0;
    for (uint32_t i = 0; i < n && ops[i] < VM_OP_VECTORS && parts[ops[i]]; i++) {
        key = key << PART_BITS | parts[ops[i]];
        if (i && (found = handler_of(key))) longest = found;
    }
    return longest;
}
