/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include "base/map.h"
#include "base/vec.h"

/* A JSON text as a tree in an arena. */
typedef enum { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } JsonKind;

typedef struct JsonValue JsonValue;
struct JsonValue {
    JsonKind kind;
    Str text;               /* STRING: unescaped; NUMBER, BOOL: as written */
    VEC(JsonValue *) items; /* ARRAY */
    Map members;            /* OBJECT: name -> JsonValue; the last of equal names counts */
};

/* NULL where the text is not JSON (RFC 8259), or nests deeper than 128. */
const JsonValue *json_parse(Arena *arena, Str text);

/* A member of an object; NULL where there is none, or `object` is none (or NULL). */
const JsonValue *json_get(const JsonValue *object, const char *name);
const JsonValue *json_get_str(const JsonValue *object, Str name);

#endif
