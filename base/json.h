/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

/* Writes JSON: json_object, (json_key, a value)*, json_end; json_array, values, json_end. Commas,
 * line ends and indentation come by themselves. Empty objects and arrays are `{}` and `[]`. */
typedef struct {
    Buf out;
    unsigned indent; /* spaces a level; 0: all on one line */
    unsigned depth;
    bool has_items, after_key;
    uint8_t closers[128]; /* the bracket that ends each open level; deeper levels are not written */
} Json;

Json json_new(Arena *arena, unsigned indent);
void json_object(Json *json);
void json_array(Json *json);
void json_end(Json *json);
void json_key(Json *json, const char *key);
void json_key_str(Json *json, Str key);
void json_string(Json *json, Str value);
void json_uint(Json *json, uint64_t value);
void json_bool(Json *json, bool value);
void json_null(Json *json);

#endif
