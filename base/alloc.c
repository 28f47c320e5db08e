/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Allocators. Sizes are products that are checked, since they come from modules. */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(void *context, size_t size) { return (void)context, malloc(size); }
static void *reallocate(void *context, void *old, size_t size) {
    return (void)context, realloc(old, size);
}
static void release(void *context, void *old) { (void)context, free(old); }

const Allocator alloc_system = {NULL, allocate, reallocate, release};

/* The product, at least 1; 0 where there is no such size. */
static size_t product(size_t n, size_t size) {
    if (size && n > SIZE_MAX / 2 / size) return 0;
    size_t bytes = n * size;
    return bytes ? bytes : 1;
}

void *alloc_new(const Allocator *a, size_t n, size_t size) {
    size_t bytes = product(n, size);
    if (a->allocate == allocate) return bytes ? calloc(1, bytes) : NULL;
    void *p = bytes ? a->allocate(a->context, bytes) : NULL;
    return p ? memset(p, 0, bytes) : NULL;
}

void *alloc_more(const Allocator *a, void *old, size_t n, size_t size) {
    size_t bytes = product(n, size);
    return bytes ? a->reallocate(a->context, old, bytes) : NULL;
}

void alloc_free(const Allocator *a, void *old) {
    if (old) a->release(a->context, old);
}
