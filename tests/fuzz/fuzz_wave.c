/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Values as text: the first byte of the input chooses a type, the rest is read as a value of it. What is read
 * is written, read again, and written as the same.
 */
#include <stdlib.h>

#include "base/file.h"
#include "canonical-abi/abi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const WitType *prim(WitKind kind) { return wit_prim(kind); }

static WitType *make(Arena *arena, WitKind kind, const WitType *elem, const WitType *second) {
    WitType *type = ARENA_NEW(arena, WitType);
    type->kind = kind;
    type->elem = elem;
    type->second = second;
    type->length = 3;
    return type;
}

static WitType *add(Arena *arena, WitType *to, const char *name, const WitType *type) {
    *vec_push(arena, &to->fields) = (WitField){.name = str_from(name), .type = type};
    return to;
}

/* Every kind inside of another. */
static const WitType *type_of(Arena *arena, uint8_t which) {
    if (which < 13) return prim((WitKind)which);
    const WitType *text = prim(WIT_STRING), *byte = prim(WIT_U8);
    WitType *flags = make(arena, WIT_FLAGS, NULL, NULL), *e = make(arena, WIT_ENUM, NULL, NULL);
    add(arena, add(arena, flags, "read", NULL), "ok", NULL);
    add(arena, add(arena, e, "left", NULL), "none", NULL);
    const WitType *option = make(arena, WIT_OPTION, byte, NULL);
    WitType *variant = make(arena, WIT_VARIANT, NULL, NULL),
            *record = make(arena, WIT_RECORD, NULL, NULL);
    add(arena, add(arena, add(arena, variant, "a", NULL), "b", text), "err", option);
    add(arena, add(arena, record, "x", make(arena, WIT_LIST, e, NULL)), "opt", option);
    add(arena, add(arena, record, "v", variant), "f", flags);
    WitType *tuple = make(arena, WIT_TUPLE, NULL, NULL);
    add(arena, add(arena, tuple, "", record), "", prim(WIT_CHAR));
    switch (which % 6) {
    case 0: return make(arena, WIT_LIST, record, NULL);
    case 1: return make(arena, WIT_RESULT, tuple, text);
    case 2: return make(arena, WIT_FIXED_LIST, record, NULL);
    case 3: return make(arena, WIT_MAP, text, make(arena, WIT_LIST, prim(WIT_F32), NULL));
    case 4: return make(arena, WIT_OPTION, make(arena, WIT_OPTION, record, NULL), NULL);
    default: return make(arena, WIT_LIST, make(arena, WIT_OWN, NULL, NULL), NULL);
    }
}

static bool read(Arena *arena, const AbiPlan *plan, Str text, Buf *written) {
    Diags diags = {.arena = arena};
    const Source *source = source_of(arena, STR("value"), text);
    AbiValue *cells = ARENA_NEW_ARRAY(arena, AbiValue, plan->op_count);
    if (!abi_wave_read(plan, source, 0, arena, cells, &diags)) {
        if (!diags.errors) abort();
        return false;
    }
    abi_wave_write(plan, cells, written);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    Arena *arena = arena_new();
    AbiCache cache = {.arena = arena, .no_steps = true};
    const AbiPlan *plan = abi_plan(&cache, type_of(arena, data[0] % 25));
    Buf once = {.arena = arena}, twice = {.arena = arena};
    if (plan && read(arena, plan, (Str){(const char *)data + 1, size - 1}, &once))
        if (!read(arena, plan, buf_text(&once), &twice) ||
            !str_eq(buf_text(&once), buf_text(&twice)))
            abort();
    arena_free(arena);
    return 0;
}
