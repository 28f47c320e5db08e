/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/arena.h"

/* A growable array in an arena:
 *
 *     VEC(int) v = {0};
 *     *vec_push(arena, &v) = 7;              // a new zeroed element
 *     for (size_t i = 0; i < v.len; i++) use(v.at[i]);
 *
 * Pushing may move the elements; pointers into a vector last until the next push. */
#define VEC(T)                                                                                     \
    struct {                                                                                       \
        T *at;                                                                                     \
        size_t len, cap;                                                                           \
    }

#define vec_push(arena, v)                                                                         \
    ((v)->at = vec_grow_((arena), (v)->at, (v)->len, &(v)->cap, sizeof *(v)->at),                  \
     &(v)->at[(v)->len++])

/* Room for n elements in all, so that pushing so many moves nothing. */
#define vec_reserve(arena, v, n)                                                                   \
    ((v)->at = vec_room_((arena), (v)->at, &(v)->cap, (n), sizeof *(v)->at))

#define vec_last(v) ((v)->at[(v)->len - 1])
#define vec_pop(v)  ((v)->at[--(v)->len])

/* The elements with twice the room. Not inline, since this is the rare case of every push. */
void *vec_more_(Arena *arena, void *at, size_t *cap, size_t size);
void *vec_room_(Arena *arena, void *at, size_t *cap, size_t n, size_t size);

/* Room for one more element, zeroed; the capacity doubles. */
static inline void *vec_grow_(Arena *arena, void *at, size_t len, size_t *cap, size_t size) {
    if (len == *cap) at = vec_more_(arena, at, cap, size);
    memset((char *)at + len * size, 0, size);
    return at;
}

#endif
