/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The handlers of instructions that often follow each other: the rows of fused.def. */
#include "interpreter/steps.h"

#define FUSE2(a, b)           HANDLER(a##__##b, { RUN(a); RUN(b); GO(pc); })
#define FUSE3(a, b, c)        HANDLER(a##__##b##__##c, { RUN(a); RUN(b); RUN(c); GO(pc); })
#define FUSE4(a, b, c, d)     HANDLER(a##__##b##__##c##__##d, { RUN(a); RUN(b); RUN(c); RUN(d); GO(pc); })
#define FUSE2_JUMP(a, b)      HANDLER(a##__##b, { RUN(a); RUN_JUMP(b); })
#define FUSE3_JUMP(a, b, c)   HANDLER(a##__##b##__##c, { RUN(a); RUN(b); RUN_JUMP(c); })
#define FUSE4_JUMP(a, b, c, d)                                                                     \
    HANDLER(a##__##b##__##c##__##d, { RUN(a); RUN(b); RUN(c); RUN_JUMP(d); })
#define FUSE2_END(a, b)       HANDLER(a##__##b, { RUN(a); END_##b(); })
#define FUSE3_END(a, b, c)    HANDLER(a##__##b##__##c, { RUN(a); RUN(b); END_##c(); })
#define FUSE4_END(a, b, c, d) HANDLER(a##__##b##__##c##__##d, { RUN(a); RUN(b); RUN(c); END_##d(); })
#include "interpreter/fused.def"

#undef FUSE2
#undef FUSE2_END
#undef FUSE3_END
#undef FUSE4_END
#undef FUSE3
#undef FUSE4
#undef FUSE2_JUMP
#undef FUSE3_JUMP
#undef FUSE4_JUMP
#define KEY2(a, b)       ((uint64_t)VM_OP_##a << 16 | VM_OP_##b)
#define KEY3(a, b, c)    (KEY2(a, b) << 16 | VM_OP_##c)
#define KEY4(a, b, c, d) (KEY3(a, b, c) << 16 | VM_OP_##d)
#define FUSE2(a, b)       case KEY2(a, b): return op_##a##__##b;
#define FUSE3(a, b, c)    case KEY3(a, b, c): return op_##a##__##b##__##c;
#define FUSE4(a, b, c, d) case KEY4(a, b, c, d): return op_##a##__##b##__##c##__##d;
#define FUSE2_JUMP        FUSE2
#define FUSE2_END        FUSE2
#define FUSE3_JUMP        FUSE3
#define FUSE3_END        FUSE3
#define FUSE4_JUMP        FUSE4
#define FUSE4_END        FUSE4
VmHandler vm_fused_handler(uint64_t key) {
    switch (key) {
#include "interpreter/fused.def"
    default: return NULL;
    }
}
