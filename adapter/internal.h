/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef ADAPTER_INTERNAL_H
#define ADAPTER_INTERNAL_H

#include "adapter/adapter.h"

/* modules.c. A world is a custom section. */
enum { PART_PLAIN, PART_PROXY, PART_FILES, PART_COUNT };
typedef struct {
    Str modules[PART_COUNT], worlds[PART_COUNT];
    Str command, exit_code;
} AdapterParts;
extern const AdapterParts adapter_parts;

#endif
