/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/arena.h"

/* A view of bytes that somebody else owns; not NUL-terminated. `ptr` may be NULL where len is 0. */
typedef struct {
    const char *ptr;
    size_t len;
} Str;

/* From a string literal; usable in initializers as STR_INIT. */
#define STR_INIT(literal) {"" literal, sizeof(literal) - 1}
#define STR(literal)      ((Str)STR_INIT(literal))

/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).len, ((s).ptr ? (s).ptr : "")

Str str_from(const char *c_string); /* a view; NULL gives the empty string */
bool str_eq(Str a, Str b);
bool str_is(Str a, const char *c_string);
int str_cmp(Str a, Str b); /* by bytes, a prefix first */
bool str_starts(Str s, Str prefix);
bool str_ends(Str s, Str suffix);
Str str_from_to(Str s, size_t from, size_t to); /* clamped */
Str str_after(Str s, size_t from);
/* Position of the first such byte or string at or after `from`, or SIZE_MAX. */
size_t str_find(Str s, char c, size_t from);
size_t str_find_str(Str s, Str needle, size_t from);
size_t str_rfind(Str s, char c);
Str str_trim(Str s); /* ASCII white space at both ends */
uint64_t str_hash(Str s);

/* Copies in the arena; a NUL follows the text (not counted in len). */
Str str_copy(Arena *arena, Str s);
const char *str_c(Arena *arena, Str s);
Str str_concat(Arena *arena, Str a, Str b);
/* All of them, one after the other: STR_JOIN(arena, a, STR(":"), b). */
Str str_join(Arena *arena, const Str *parts, size_t n);
#define STR_JOIN(arena, ...)                                                                       \
    str_join((arena), (const Str[]){__VA_ARGS__}, sizeof((const Str[]){__VA_ARGS__}) / sizeof(Str))
__attribute__((format(printf, 2, 3))) Str str_fmt(Arena *arena, const char *format, ...);

/* The candidate with the smallest edit distance to `name` if it is close enough to suggest
 * (at most a third of the longer one, at least 1), else the empty string. */
Str str_nearest(Str name, const Str *candidates, size_t n);

#endif
