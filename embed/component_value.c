/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Values of the component model: between witc_val, a tree whose nodes say what they are, and the cells of the
 * canonical ABI, where records and tuples have vanished. A cursor goes along with the operations of the
 * plan and the cells, as the type is walked.
 *
 *     witc_val  RECORD ─┬─ U32             cells   [bits]
 *                       └─ LIST packed             [items, len] ── the same bytes
 *
 * To cells, everything is checked: what comes from outside may be anything. The other way, cells are valid.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "embed/internal.h"

typedef struct {
    const AbiOp *op;
    AbiValue *cell;
} Cursor;

/* The way to a part of a value, outermost last. */
typedef struct Path {
    const struct Path *outer;
    const char *word; /* "argument", "field", "item", "case" */
    Str name;         /* or, where it is empty, ... */
    size_t index;     /* ... this, from 0 */
} Path;

typedef struct {
    Arena *arena;
    char *why;
} Convert;

/* ---- what is wrong ---- */

static size_t put_path(const Path *path, char *to, size_t at) {
    if (!path || at >= EMBED_WHY) return at;
    at = put_path(path->outer, to, at);
    if (at >= EMBED_WHY) return at;
    const char *comma = at ? ", " : "";
    int n = path->name.len
                ? snprintf(to + at, EMBED_WHY - at, "%s%s `%.*s`", comma, path->word,
                           (int)(path->name.len < 100 ? path->name.len : 100), path->name.ptr)
                : snprintf(to + at, EMBED_WHY - at, "%s%s %zu", comma, path->word, path->index + 1);
    return at + (n > 0 ? (size_t)n : 0);
}

__attribute__((format(printf, 3, 4))) static bool wrong(Convert *c, const Path *path,
                                                        const char *format, ...) {
    size_t at = put_path(path, c->why, 0);
    va_list args;
    va_start(args, format);
    if (at && at < EMBED_WHY) at += (size_t)snprintf(c->why + at, EMBED_WHY - at, ": ");
    if (at < EMBED_WHY) vsnprintf(c->why + at, EMBED_WHY - at, format, args);
    va_end(args);
    return false;
}

static const char *const words[] = {
    "nothing", "bool",   "s8",     "u8",      "s16",    "u16",           "s32",
    "u32",     "s64",    "u64",    "f32",     "f64",    "char",          "string",
    "list",    "record", "tuple",  "variant", "enum",   "option",        "result",
    "flags",   "own",    "borrow", "stream",  "future", "error-context", "map"};

static const char *word_of(uint32_t kind) {
    return kind < sizeof words / sizeof *words ? words[kind] : "no value";
}

static bool wrong_kind(Convert *c, const Path *path, const WitType *type, const witc_val *v) {
    return wrong(c, path, "expected %s, found %s", word_of(kind_of(type)), word_of(v->kind));
}

/* ---- to cells ---- */

static bool convert(Convert *c, const WitType *type, const witc_val *v, Cursor *to,
                    const Path *path);

static bool convert_part(Convert *c, const WitType *type, const witc_val *v, Cursor *to,
                         const Path *outer, const char *word, Str name, size_t index) {
    Path path = {outer, word, name, index};
    return convert(c, type, v, to, &path);
}

static bool convert_fields(Convert *c, const WitFields *fields, const witc_val *items, Cursor *to,
                           const Path *path, const char *word) {
    bool good = true;
    for (size_t i = 0; i < fields->len && good; i++)
        good =
            convert_part(c, fields->at[i].type, &items[i], to, path, word, fields->at[i].name, i);
    return good;
}

/* As many items as there have to be, and a place where they are. */
static bool has_items(Convert *c, const witc_val *v, uint64_t count, const Path *path) {
    if (v->count != count)
        return wrong(c, path, "expected %llu items, found %zu", (unsigned long long)count,
                     v->count);
    return v->of.items || !v->count || wrong(c, path, "the items are NULL");
}

static bool is_scalar_kind(uint32_t kind) {
    return kind >= WITC_TYPE_BOOL && kind <= WITC_TYPE_CHAR;
}

static unsigned width_of(uint32_t kind) {
    static const uint8_t widths[] = {0, 1, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 4};
    return is_scalar_kind(kind) ? widths[kind] : 0;
}

static uint64_t bits_of(const witc_val *v) {
    union {
        float f;
        uint32_t bits;
    } f;
    switch (v->kind) {
    case WITC_TYPE_BOOL: return (v->of.u & 255) != 0; /* which may be no bool */
    case WITC_TYPE_F32: f.f = v->of.f32; return f.bits;
    case WITC_TYPE_CHAR: return v->of.character;
    default: return v->of.u;
    }
}

static bool in_range(uint32_t kind, uint64_t bits) {
    unsigned width = 8 * width_of(kind);
    if (kind == WITC_TYPE_CHAR) return bits <= 0x10ffff && (bits < 0xd800 || bits > 0xdfff);
    if (width == 64) return true;
    bool is_signed = kind == WITC_TYPE_S8 || kind == WITC_TYPE_S16 || kind == WITC_TYPE_S32;
    int64_t s = (int64_t)bits;
    return is_signed ? s >= -((int64_t)1 << (width - 1)) && s < (int64_t)1 << (width - 1)
                     : bits >> width == 0;
}

static bool convert_string(Convert *c, const witc_val *v, AbiValue *cell, const Path *path) {
    Str s = {v->of.string, v->count};
    if (s.len && !s.ptr) return wrong(c, path, "the string is NULL");
    if (utf8_valid_prefix(s) != s.len) return wrong(c, path, "the string is not UTF-8");
    cell->string.ptr = s.len ? s.ptr : "";
    cell->string.len = s.len;
    return true;
}

/* A list that lies packed, of numbers of this type: as it is, once its values have been looked at. */
static bool convert_packed(Convert *c, const WitType *type, const witc_val *v, AbiValue *cell,
                           const Path *path) {
    if (kind_of(type->elem) != (witc_type_kind)v->index || !is_scalar_kind(v->index))
        return wrong(c, path, "expected items of the type %s, found packed %s",
                     word_of(kind_of(type->elem)), word_of(v->index));
    const uint8_t *bytes = v->of.packed;
    if (v->count && !bytes) return wrong(c, path, "the items are NULL");
    for (size_t i = 0; i < v->count; i++) {
        uint32_t character = 0;
        if (v->index == WITC_TYPE_BOOL && bytes[i] > 1)
            return wrong(c, path, "item %zu is no bool", i + 1);
        if (v->index != WITC_TYPE_CHAR && v->index != WITC_TYPE_BOOL) break;
        if (v->index == WITC_TYPE_CHAR) memcpy(&character, bytes + 4 * i, 4);
        if (!in_range(WITC_TYPE_CHAR, character))
            return wrong(c, path, "item %zu is no character", i + 1);
    }
    cell->list.items = (void *)v->of.packed;
    cell->list.len = v->count;
    return true;
}

static bool convert_list(Convert *c, const WitType *type, const AbiOp *op, const witc_val *v,
                         AbiValue *cell, const Path *path) {
    const AbiPlan *element = op->element;
    bool is_map = type->kind == WIT_MAP, is_packed = abi_is_packed(element);
    if (v->index) return convert_packed(c, type, v, cell, path);
    if (!has_items(c, v, v->count, path)) return false;
    if (v->count > ABI_MAX_BYTES) return wrong(c, path, "%zu items are too many", v->count);
    AbiValue *cells =
        ARENA_NEW_ARRAY(c->arena, AbiValue, v->count * (is_packed ? 1 : element->op_count));
    for (size_t i = 0; i < v->count; i++) {
        Cursor to = {element->ops, cells + i * element->op_count};
        const witc_val *item = &v->of.items[is_map ? 2 * i : i];
        bool good =
            convert_part(c, type->elem, item, &to, path, is_map ? "key" : "item", (Str){0}, i);
        if (good && is_map)
            good = convert_part(c, type->second, item + 1, &to, path, "value", (Str){0}, i);
        if (!good) return false;
        /* In place: a packed item is no wider than a cell. */
        if (is_packed) abi_pack(element, cells[i], (uint8_t *)cells + i * element->size);
    }
    cell->list.items = cells;
    cell->list.len = v->count;
    return true;
}

static const WitType *case_type(const WitType *type, uint32_t index) {
    if (type->kind == WIT_VARIANT) return type->fields.at[index].type;
    if (type->kind == WIT_OPTION) return index ? type->elem : NULL;
    return index ? type->second : type->elem;
}

static bool convert_case(Convert *c, const WitType *type, const AbiOp *op, const witc_val *v,
                         AbiValue *cell, const Path *path) {
    if (v->index >= op->case_count)
        return wrong(c, path, "case %u of %u", v->index, op->case_count);
    const WitType *payload = case_type(type, v->index);
    cell->variant.index = v->index;
    cell->variant.payload = NULL;
    if (!payload != !v->count || (payload && !v->of.items))
        return wrong(c, path, payload ? "case %u has a payload" : "case %u has no payload",
                     v->index);
    if (!payload) return true;
    const AbiPlan *plan = op->cases[v->index];
    cell->variant.payload = ARENA_NEW_ARRAY(c->arena, AbiValue, plan->op_count);
    Cursor to = {plan->ops, cell->variant.payload};
    return convert_part(c, payload, v->of.items, &to, path, "payload of case", (Str){0}, v->index);
}

static bool convert_leaf(Convert *c, const WitType *type, const AbiOp *op, const witc_val *v,
                         AbiValue *cell, const Path *path) {
    if (is_scalar_kind(v->kind)) {
        cell->bits = bits_of(v);
        if (in_range(v->kind, cell->bits)) return true;
        return wrong(c, path, "%lld is out of the range of %s", (long long)v->of.s,
                     word_of(v->kind));
    }
    switch (v->kind) {
    case WITC_TYPE_STRING: return convert_string(c, v, cell, path);
    case WITC_TYPE_LIST:
    case WITC_TYPE_MAP: return convert_list(c, type, op, v, cell, path);
    case WITC_TYPE_VARIANT:
    case WITC_TYPE_OPTION:
    case WITC_TYPE_RESULT: return convert_case(c, type, op, v, cell, path);
    case WITC_TYPE_ENUM:
        cell->bits = v->index;
        return v->index < type->fields.len ||
               wrong(c, path, "case %u of %zu", v->index, type->fields.len);
    case WITC_TYPE_FLAGS:
        cell->bits = v->of.flags;
        return type->fields.len >= 64 || v->of.flags >> type->fields.len == 0 ||
               wrong(c, path, "a flag of a type that has %zu", type->fields.len);
    case WITC_TYPE_OWN:
    case WITC_TYPE_BORROW: cell->bits = v->of.handle; return true;
    default: cell->bits = v->of.handle; return v->of.handle || wrong(c, path, "the handle is 0");
    }
}

static bool convert(Convert *c, const WitType *type, const witc_val *v, Cursor *to,
                    const Path *path) {
    type = wit_dealias(type);
    if ((witc_type_kind)v->kind != kind_of(type)) return wrong_kind(c, path, type, v);
    if (type->kind == WIT_RECORD || type->kind == WIT_TUPLE) {
        const char *word = type->kind == WIT_RECORD ? "field" : "item";
        return has_items(c, v, type->fields.len, path) &&
               convert_fields(c, &type->fields, v->of.items, to, path, word);
    }
    if (type->kind == WIT_FIXED_LIST) {
        bool good = has_items(c, v, type->length, path);
        for (size_t i = 0; i < v->count && good; i++) {
            witc_val item;
            if (!witc_val_item(v, i, &item)) return wrong(c, path, "these are no items");
            good = convert_part(c, type->elem, &item, to, path, "item", (Str){0}, i);
        }
        return good;
    }
    const AbiOp *op = to->op++;
    return convert_leaf(c, type, op, v, to->cell++, path);
}

bool cells_of_args(Arena *arena, const WitFields *fields, const AbiPlan *plan, const witc_val *args,
                   AbiValue *cells, char why[EMBED_WHY]) {
    Convert c = {arena, why};
    Cursor to = {plan->ops, cells};
    return convert_fields(&c, fields, args, &to, NULL, "argument");
}

bool cells_of_value(Arena *arena, const AbiPlan *plan, const WitType *type, const witc_val *value,
                    AbiValue *cells, char why[EMBED_WHY]) {
    Convert c = {arena, why};
    Cursor to = {plan->ops, cells};
    if (type) return convert(&c, type, value, &to, NULL);
    return value->kind == WITC_TYPE_NONE || wrong(&c, NULL, "expected nothing");
}

/* ---- from cells ---- */

static void revert(Arena *arena, const WitType *type, Cursor *from, witc_val *out);

static witc_val *revert_fields(Arena *arena, const WitFields *fields, Cursor *from) {
    witc_val *items = ARENA_NEW_ARRAY(arena, witc_val, fields->len);
    for (size_t i = 0; i < fields->len; i++) revert(arena, fields->at[i].type, from, &items[i]);
    return items;
}

static void revert_list(Arena *arena, const WitType *type, const AbiOp *op, AbiValue *cell,
                        witc_val *out) {
    const AbiPlan *element = op->element;
    bool is_packed = abi_is_packed(element), is_map = type->kind == WIT_MAP;
    witc_type_kind kind = is_map ? WITC_TYPE_NONE : kind_of(type->elem);
    size_t n = cell->list.len;
    out->count = n;
    if (is_packed && is_scalar_kind((uint32_t)kind)) {
        out->index = (uint32_t)kind;
        out->of.packed = cell->list.items;
        return;
    }
    witc_val *items = ARENA_NEW_ARRAY(arena, witc_val, is_map ? 2 * n : n);
    out->of.items = items;
    for (size_t i = 0; i < n; i++) {
        AbiValue one;
        if (is_packed) one = abi_unpack(element, (uint8_t *)cell->list.items + i * element->size);
        AbiValue *cells = (AbiValue *)cell->list.items + i * element->op_count;
        Cursor from = {element->ops, is_packed ? &one : cells};
        revert(arena, type->elem, &from, items++);
        if (is_map) revert(arena, type->second, &from, items++);
    }
}

static void revert_case(Arena *arena, const WitType *type, const AbiOp *op, AbiValue *cell,
                        witc_val *out) {
    out->index = cell->variant.index;
    const WitType *payload = case_type(type, out->index);
    if (!payload) return;
    Cursor from = {op->cases[out->index]->ops, cell->variant.payload};
    witc_val *item = ARENA_NEW(arena, witc_val);
    revert(arena, payload, &from, item);
    out->of.items = item;
    out->count = 1;
}

static void revert_leaf(Arena *arena, const WitType *type, const AbiOp *op, AbiValue *cell,
                        witc_val *out) {
    union {
        uint32_t bits;
        float f;
    } f = {(uint32_t)cell->bits};
    switch (out->kind) {
    case WITC_TYPE_BOOL: out->of.boolean = cell->bits != 0; break;
    case WITC_TYPE_F32: out->of.f32 = f.f; break;
    case WITC_TYPE_CHAR: out->of.character = (uint32_t)cell->bits; break;
    case WITC_TYPE_STRING:
        out->of.string = cell->string.ptr;
        out->count = cell->string.len;
        break;
    case WITC_TYPE_LIST:
    case WITC_TYPE_MAP: revert_list(arena, type, op, cell, out); break;
    case WITC_TYPE_VARIANT:
    case WITC_TYPE_OPTION:
    case WITC_TYPE_RESULT: revert_case(arena, type, op, cell, out); break;
    case WITC_TYPE_ENUM: out->index = (uint32_t)cell->bits; break;
    default: out->of.u = cell->bits;
    }
}

static void revert(Arena *arena, const WitType *type, Cursor *from, witc_val *out) {
    type = wit_dealias(type);
    *out = (witc_val){.kind = (uint32_t)kind_of(type)};
    if (type->kind == WIT_RECORD || type->kind == WIT_TUPLE) {
        out->count = type->fields.len;
        out->of.items = revert_fields(arena, &type->fields, from);
        return;
    }
    if (type->kind == WIT_FIXED_LIST) {
        witc_val *items = ARENA_NEW_ARRAY(arena, witc_val, type->length);
        for (uint64_t i = 0; i < type->length; i++) revert(arena, type->elem, from, &items[i]);
        out->count = type->length;
        out->of.items = items;
        return;
    }
    const AbiOp *op = from->op++;
    revert_leaf(arena, type, op, from->cell++, out);
}

void values_of_args(Arena *arena, const WitFields *fields, const AbiPlan *plan,
                    const AbiValue *cells, witc_val *args) {
    Cursor from = {plan->ops, (AbiValue *)cells};
    for (size_t i = 0; i < fields->len; i++) revert(arena, fields->at[i].type, &from, &args[i]);
}

void value_of_cells(Arena *arena, const AbiPlan *plan, const WitType *type, const AbiValue *cells,
                    witc_val *value) {
    Cursor from = {plan->ops, (AbiValue *)cells};
    *value = (witc_val){.kind = WITC_TYPE_NONE};
    if (type) revert(arena, type, &from, value);
}

/* ---- items ---- */

static witc_val packed_item(const witc_val *v, size_t i) {
    unsigned width = width_of(v->index);
    witc_val out = {.kind = v->index};
    uint64_t bits = 0;
    const uint8_t *bytes = (const uint8_t *)v->of.packed + i * width;
    for (unsigned k = 0; k < width; k++) bits |= (uint64_t)bytes[k] << 8 * k;
    bool is_signed =
        v->index == WITC_TYPE_S8 || v->index == WITC_TYPE_S16 || v->index == WITC_TYPE_S32;
    unsigned unused = 64 - 8 * width;
    out.of.u = is_signed ? (uint64_t)((int64_t)(bits << unused) >> unused) : bits;
    if (v->index == WITC_TYPE_BOOL) out.of.boolean = bits != 0;
    return out;
}

bool witc_val_item(const witc_val *v, size_t i, witc_val *out) {
    bool is_list = v->kind == WITC_TYPE_LIST;
    bool has = is_list || v->kind == WITC_TYPE_RECORD || v->kind == WITC_TYPE_TUPLE;
    size_t n = v->kind == WITC_TYPE_MAP ? 2 * v->count : has ? v->count : 0;
    if (i >= n || !v->of.items || (is_list && v->index && !width_of(v->index))) return false;
    *out = is_list && v->index ? packed_item(v, i) : v->of.items[i];
    return true;
}

/* ---- as text ---- */

typedef struct {
    const WitType *type;
    Str text;
    witc_arena *arena;
    witc_val *value;
    const witc_val *given;
    bool wants_error, good;
    witc_error *error;
    Str written;
} Text;

static void parse(void *context) {
    Text *t = context;
    Arena *arena = arena_of(t->arena), *faults = arena_new();
    AbiCache cache = {.arena = arena, .no_steps = true};
    Diags diags = {.arena = faults};
    const AbiPlan *plan = abi_plan(&cache, t->type);
    if (plan && plan->op_count) {
        AbiValue *cells = ARENA_NEW_ARRAY(arena, AbiValue, plan->op_count);
        const Source *source = source_of(faults, STR("<value>"), str_copy(faults, t->text));
        t->good = abi_wave_read(plan, source, 0, arena, cells, &diags);
        if (t->good) value_of_cells(arena, plan, t->type, cells, t->value);
    } else diag(&diags, RUN_TYPE_TOO_LARGE, span_none(), 5, "value");
    if (!t->good && t->wants_error) t->error = error_of(faults, &diags);
    else arena_free(faults);
}

bool witc_val_parse(const witc_type *type, witc_str text, witc_arena *arena, witc_val *out,
                    witc_error **error) {
    Text t = {.type = (const WitType *)type,
              .text = str_of(text),
              .arena = arena,
              .value = out,
              .wants_error = error != NULL};
    bool good = arena_try(&arena->engine->memory, parse, &t) && t.good;
    if (error) *error = t.error;
    return good;
}

static void print(void *context) {
    Text *t = context;
    Arena *arena = arena_of(t->arena), *mine = arena_new();
    AbiCache cache = {.arena = mine, .no_steps = true};
    const AbiPlan *plan = abi_plan(&cache, t->type);
    AbiValue *cells = plan ? ARENA_NEW_ARRAY(mine, AbiValue, plan->op_count) : NULL;
    char why[EMBED_WHY];
    if (plan && cells_of_value(mine, plan, t->type, t->given, cells, why)) {
        Buf out = {.arena = mine};
        abi_wave_write(plan, cells, &out);
        t->written = str_copy(arena, buf_text(&out));
    }
    arena_free(mine);
}

witc_str witc_val_print(const witc_type *type, const witc_val *v, witc_arena *arena) {
    Text t = {.type = (const WitType *)type, .given = v, .arena = arena};
    arena_try(&arena->engine->memory, print, &t);
    return (witc_str){t.written.ptr, t.written.len};
}
