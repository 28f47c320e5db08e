/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_GRANT_H
#define CLI_GRANT_H

#include "cli/policy.h"

/* What policy.c is made of. */

/* Reads -S and -W into the grants and limits; false after a diagnostic. (policy_keys.c) */
bool policy_keys(Cli *cli, Policy *policy);

/* The paths of all instances inside a component, as the engine calls them: at most 10,000. (policy_paths.c) */
void grant_paths(Cli *cli, const CompInfo *info, StrVec *paths);
/* A note that lists some of them. */
void grant_note_paths(Cli *cli, const StrVec *paths);

static inline uint32_t at_most_32(uint64_t n) { return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX; }

#endif
