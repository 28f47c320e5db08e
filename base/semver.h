/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_SEMVER_H
#define BASE_SEMVER_H

#include "base/str.h"

/* A semantic version (semver.org 2.0.0), as it was written; a zeroed Semver (empty text) means "no
 * version". Everything that can be gated holds two, so it is no more than its text. */
typedef struct {
    Str text;
} Semver;

typedef struct {
    uint64_t major, minor, patch;
    Str pre, build; /* without the '-' and '+' */
} SemverParts;

/* Strict: no leading zeros, no empty identifiers, numbers below 2^64. */
bool semver_parse(Str text, Semver *out);
/* Of what semver_parse took; all zero where there is no version. */
SemverParts semver_parts(Semver version);
/* Without its pre-release and build. */
Semver semver_core(Semver version);
/* Precedence (section 11), then build metadata by bytes so that the order is total. "No version"
 * comes first. */
int semver_cmp(Semver a, Semver b);
bool semver_eq(Semver a, Semver b);
/* The compatibility track as WIT tools use it: "1" of 1.2.3, "0.2" of 0.2.12, "0.0.3" of 0.0.3,
 * the whole text of a pre-release. Two versions are compatible if their tracks are equal. */
Str semver_track(Arena *arena, Semver version);

#endif
