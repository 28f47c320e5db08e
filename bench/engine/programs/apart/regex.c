/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A matcher of regular expressions by backtracking: recursion, branches on characters. */
#include <stdint.h>

static const char *const patterns[] = {
    "[a-z]+[0-9]+", "(ab|cd)*ef", "a.*b.*c", "^x?y+z$", "((a|b)c?)+d", "[^aeiou][aeiou][^aeiou]",
};
static char text[4096];

static const char *match(const char *p, const char *stop, const char *s);

/* The end of the atom at p. */
static const char *atom_end(const char *p) {
    int depth = 0;
    if (*p == '[')
        while (*++p != ']') {
        }
    if (*p != '(') return p + 1;
    for (;; p++) {
        if (*p == '(') depth++;
        if (*p == ')' && --depth == 0) return p + 1;
    }
}

static int in_class(const char *p, char c) {
    int not = *++p == '^', found = 0;
    for (p += not; *p != ']'; p++) {
        if (p[1] == '-' && p[2] != ']') {
            if (c >= p[0] && c <= p[2]) found = 1;
            p += 2;
        } else if (*p == c) {
            found = 1;
        }
    }
    return found != not;
}

static const char *alternative(const char *p, const char *stop) {
    for (; p < stop; p = atom_end(p))
        if (*p == '|') return p;
    return stop;
}

/* The end of the longest match of the atom, up to `times` of it, that the rest can follow. */
static const char *repeat(const char *p, const char *end, const char *rest, const char *stop,
                          const char *s, int least, int most) {
    const char *found;
    if (most > 0 && *s) {
        if (*p == '(') {
            for (const char *from = p + 1; from < end;) {
                const char *to = alternative(from, end - 1), *after = match(from, to, s);
                if (after && after > s &&
                    (found = repeat(p, end, rest, stop, after, least - 1, most - 1)))
                    return found;
                from = to + 1;
            }
        } else if (*p == '[' ? in_class(p, *s) : *p == '.' || *p == *s) {
            if ((found = repeat(p, end, rest, stop, s + 1, least - 1, most - 1))) return found;
        }
    }
    return least > 0 ? 0 : match(rest, stop, s);
}

static const char *match(const char *p, const char *stop, const char *s) {
    if (p == stop) return s;
    if (*p == '$' && p + 1 == stop) return *s ? 0 : s;
    const char *end = atom_end(p), *rest = end;
    int least = 1, most = 1;
    if (end < stop && *end == '*') least = 0, most = 1 << 20, rest++;
    else if (end < stop && *end == '+') most = 1 << 20, rest++;
    else if (end < stop && *end == '?') least = 0, rest++;
    return repeat(p, end, rest, stop, s, least, most);
}

static uint32_t search(const char *pattern, const char *s) {
    const char *stop = pattern;
    uint32_t sum = 0;
    while (*stop) stop++;
    if (*pattern == '^') return match(pattern + 1, stop, s) != 0;
    for (; *s; s++) {
        const char *end = match(pattern, stop, s);
        if (end) sum = sum * 31 + (uint32_t)(end - s);
    }
    return sum;
}

int bench(void) {
    uint32_t random = 7, sum = 0;
    for (int round = 0; round < 3500; round++) {
        for (int i = 0; i < 96; i++) {
            random = random * 1664525 + 1013904223;
            text[i] = "abcdefxyz0123aab"[random >> 28];
        }
        for (unsigned i = 0; i < sizeof patterns / sizeof *patterns; i++)
            sum = sum * 33 + search(patterns[i], text);
    }
    return (int)sum;
}
