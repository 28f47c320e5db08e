/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CORE_INTERNAL_H
#define CORE_INTERNAL_H

#include "core/core.h"

/* Implementation limits, agreed on by engines. */
enum {
    CORE_LIMIT_ITEMS = 1000000, /* types, functions, imports, exports, globals, tags */
    CORE_LIMIT_SEGMENTS = 100000,
    CORE_LIMIT_TABLES = 100,
    CORE_LIMIT_MEMORIES = 100,
    CORE_LIMIT_BODY = 7654321,
    CORE_LIMIT_LOCALS = 50000,
    CORE_LIMIT_PARAMS = 1000,
    CORE_LIMIT_FIELDS = 10000,
    CORE_LIMIT_SUBTYPES = 63,
    CORE_LIMIT_TABLE_ENTRIES = 10000000,
};

#endif
