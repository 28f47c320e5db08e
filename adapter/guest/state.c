/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Where the state is. Here it is a page of the program's memory, which its allocator gives when it
 * is first needed; while it does, the program may call the adapter, which then has no state.
 *
 * The linker replaces the functions that begin with `state_` by functions over a memory of the
 * adapter's own (component/adapter.c), so that nothing of the program's memory is ever taken. They
 * are exported for it to find them, and call each other in no other way.
 */
#include "guest.h"

enum { PAGE = 65536 };

u32 GLOBAL page;
u32 GLOBAL busy;
u32 GLOBAL heap;

IMPORT("__main_module__", "cabi_realloc")
u8 *cabi_realloc(u8 *old, u32 old_size, u32 align, u32 size);

EXPORT("state_load8") NOINLINE u32 state_load8(u32 at) { return *(u8 *)(page + at); }
EXPORT("state_store8") NOINLINE void state_store8(u32 at, u32 value) {
    *(u8 *)(page + at) = (u8)value;
}
EXPORT("state_load64") NOINLINE u64 state_load64(u32 at) { return *(u64 *)(page + at); }
EXPORT("state_store64") NOINLINE void state_store64(u32 at, u64 value) {
    *(u64 *)(page + at) = value;
}

EXPORT("state_room") NOINLINE u32 state_room(u32 size) {
    if (busy) return 0;
    if (!page) {
        busy = 1;
        page = (u32)cabi_realloc(0, 0, 8, PAGE);
        busy = 0;
    }
    return size <= PAGE;
}

void copy_in(u32 at, const u8 *from, u32 n) {
    for (u32 i = 0; i < n; i++) state_store8(at + i, from[i]);
}

void copy_out(u8 *to, u32 at, u32 n) {
    for (u32 i = 0; i < n; i++) to[i] = (u8)state_load8(at + i);
}
