/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/* Where the memory of what runs comes from: malloc and its like, or functions of an embedder.
 * `reallocate` is also asked with NULL, `release` never. */
typedef struct Allocator {
    void *context;
    void *(*allocate)(void *context, size_t size);
    void *(*reallocate)(void *context, void *old, size_t size);
    void (*release)(void *context, void *old);
} Allocator;

extern const Allocator alloc_system;

/* n * size bytes, zeroed, aligned for any type; NULL where there is no memory. Never of size 0. */
void *alloc_new(const Allocator *allocator, size_t n, size_t size);
/* The same, not zeroed, with what `old` (NULL: nothing) had; NULL leaves `old` as it is. */
void *alloc_more(const Allocator *allocator, void *old, size_t n, size_t size);
void alloc_free(const Allocator *allocator, void *old); /* NULL is allowed */

#endif
