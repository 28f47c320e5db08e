/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Cells of the canonical ABI as bytes of a record, by their plan: an operation after the other, numbers
 * as LEB128 (floats as they are), strings and lists behind their lengths, the payload of a variant
 * behind its index. Every cell takes a byte at least, so what is read back is never more than a fixed
 * multiple of the bytes that are there; and it is a value of the plan, as if a guest had passed it.
 *
 * Also here: which of the guest's streams are its standard output and error, which recording and
 * replaying follow alike.
 */
#include "base/utf8.h"
#include "wasi/internal.h"
#include "wasi/record.h"

uint32_t record_check(const void *bytes, size_t n) {
    static const uint32_t nibbles[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
                                         0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
                                         0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                         0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    const uint8_t *b = bytes;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc = crc >> 4 ^ nibbles[(crc ^ b[i]) & 15];
        crc = crc >> 4 ^ nibbles[(crc ^ b[i] >> 4) & 15];
    }
    return ~crc;
}

/* ---- writing ---- */

static void put_list(Buf *out, const AbiPlan *element, const AbiValue *list) {
    buf_u64(out, list->list.len);
    if (abi_is_packed(element)) {
        buf_bytes(out, list->list.items, list->list.len * element->size);
        return;
    }
    const AbiValue *items = list->list.items;
    for (size_t i = 0; i < list->list.len; i++)
        record_put_cells(out, element, items + i * element->op_count);
}

static void put_cell(Buf *out, const AbiOp *op, const AbiValue *cell) {
    switch (op->kind) {
    case ABI_S8:
    case ABI_S16:
    case ABI_S32:
    case ABI_S64: buf_s64(out, (int64_t)cell->bits); return;
    case ABI_FLOAT32: buf_fixed32(out, (uint32_t)cell->bits); return;
    case ABI_FLOAT64: buf_fixed64(out, cell->bits); return;
    case ABI_STRING: buf_name(out, (Str){cell->string.ptr, cell->string.len}); return;
    case ABI_LIST: put_list(out, op->element, cell); return;
    case ABI_VARIANT:
        buf_u32(out, cell->variant.index);
        record_put_cells(out, op->cases[cell->variant.index], cell->variant.payload);
        return;
    case ABI_BOOL:
    case ABI_U8:
    case ABI_U16:
    case ABI_U32:
    case ABI_U64:
    case ABI_CHAR:
    case ABI_FLAGS:
    case ABI_ENUM:
    case ABI_OWN:
    case ABI_BORROW:
    case ABI_STREAM:
    case ABI_FUTURE:
    case ABI_ERROR_CONTEXT: buf_u64(out, cell->bits); return;
    }
}

void record_put_cells(Buf *out, const AbiPlan *plan, const AbiValue *cells) {
    for (uint32_t i = 0; i < plan->op_count; i++) put_cell(out, &plan->ops[i], &cells[i]);
}

/* ---- reading ---- */

static bool is_char(uint64_t c) { return c < 0xd800 || (c >= 0xe000 && c < 0x110000); }

/* Is it a value of that kind? */
static bool fits(const AbiOp *op, uint64_t bits) {
    int64_t n = (int64_t)bits;
    switch (op->kind) {
    case ABI_BOOL: return bits < 2;
    case ABI_S8: return n == (int8_t)n;
    case ABI_S16: return n == (int16_t)n;
    case ABI_S32: return n == (int32_t)n;
    case ABI_U8: return bits <= UINT8_MAX;
    case ABI_U16: return bits <= UINT16_MAX;
    case ABI_U32: return bits <= UINT32_MAX;
    case ABI_CHAR: return is_char(bits);
    case ABI_FLAGS: return op->case_count >= 64 || bits >> op->case_count == 0;
    case ABI_ENUM: return bits < op->case_count;
    case ABI_OWN:
    case ABI_BORROW: return bits <= UINT32_MAX;
    case ABI_STREAM: /* are not of this host */
    case ABI_FUTURE:
    case ABI_ERROR_CONTEXT: return false;
    case ABI_S64:
    case ABI_U64:
    case ABI_FLOAT32:
    case ABI_FLOAT64:
    case ABI_STRING:
    case ABI_LIST:
    case ABI_VARIANT: return true;
    }
    return false;
}

static bool is_number(AbiKind kind) { return kind >= ABI_S8 && kind <= ABI_FLOAT64; }

static bool take_packed(Reader *r, const AbiPlan *element, AbiValue *list, Arena *arena) {
    Str bytes = reader_bytes(r, list->list.len * element->size);
    if (r->failed) return false;
    list->list.items = arena_copy(arena, bytes.ptr, bytes.len);
    if (is_number(element->ops[0].kind)) return true;
    for (size_t i = 0; i < list->list.len; i++) {
        const uint8_t *at = (const uint8_t *)bytes.ptr + i * element->size;
        if (!fits(&element->ops[0], abi_unpack(element, at).bits)) return false;
    }
    return true;
}

/* Lists of lists nest as deep as the type, which is limited (ABI_MAX_DEPTH). */
static bool take_list(Reader *r, const AbiPlan *element, Arena *arena, AbiValue *list) {
    uint64_t n = reader_u64(r);
    bool packed = abi_is_packed(element);
    uint64_t least = packed ? element->size : element->op_count;
    if (r->failed || n > reader_left(r) / (least ? least : 1)) return false;
    list->list.len = (size_t)n;
    if (packed) return take_packed(r, element, list, arena);
    AbiValue *items = ARENA_NEW_ARRAY(arena, AbiValue, n * element->op_count);
    list->list.items = items;
    for (size_t i = 0; i < n; i++)
        if (!record_take_cells(r, element, arena, items + i * element->op_count)) return false;
    return true;
}

static bool take_variant(Reader *r, const AbiOp *op, Arena *arena, AbiValue *cell) {
    uint32_t index = reader_u32(r);
    if (r->failed || index >= op->case_count) return false;
    const AbiPlan *plan = op->cases[index];
    if (plan->op_count > reader_left(r)) return false;
    cell->variant.index = index;
    cell->variant.payload =
        plan->op_count ? ARENA_NEW_ARRAY(arena, AbiValue, plan->op_count) : NULL;
    return record_take_cells(r, plan, arena, cell->variant.payload);
}

static bool take_cell(Reader *r, const AbiOp *op, Arena *arena, AbiValue *cell) {
    switch (op->kind) {
    case ABI_S8:
    case ABI_S16:
    case ABI_S32:
    case ABI_S64: cell->bits = (uint64_t)reader_s64(r); break;
    case ABI_FLOAT32: cell->bits = reader_fixed32(r); break;
    case ABI_FLOAT64: cell->bits = reader_fixed64(r); break;
    case ABI_LIST: return take_list(r, op->element, arena, cell);
    case ABI_VARIANT: return take_variant(r, op, arena, cell);
    case ABI_STRING: {
        Str text = reader_bytes(r, reader_u32(r));
        if (r->failed || utf8_valid_prefix(text) < text.len) return false;
        wasi_string(cell, str_copy(arena, text));
        return true;
    }
    case ABI_BOOL:
    case ABI_U8:
    case ABI_U16:
    case ABI_U32:
    case ABI_U64:
    case ABI_CHAR:
    case ABI_FLAGS:
    case ABI_ENUM:
    case ABI_OWN:
    case ABI_BORROW:
    case ABI_STREAM:
    case ABI_FUTURE:
    case ABI_ERROR_CONTEXT: cell->bits = reader_u64(r); break;
    }
    return !r->failed && fits(op, cell->bits);
}

bool record_take_cells(Reader *r, const AbiPlan *plan, Arena *arena, AbiValue *cells) {
    for (uint32_t i = 0; i < plan->op_count; i++)
        if (!take_cell(r, &plan->ops[i], arena, &cells[i])) return false;
    return true;
}

/* ---- standard output and error ---- */

void record_standard_ends(RecordStandard *s, const WasiCall *call, const int fds[2]) {
    bool out = strcmp(call->interface->name, "wasi:cli/stdout") == 0;
    bool error = strcmp(call->interface->name, "wasi:cli/stderr") == 0;
    if ((!out && !error) || s->count == WASI_COUNT(s->at)) return;
    s->at[s->count].rep = call->result->bits;
    s->at[s->count++].fd = fds[error];
}

void record_standard_drops(RecordStandard *s, const char *resource, uint64_t rep) {
    if (strcmp(resource, "output-stream") != 0) return;
    for (size_t i = 0; i < s->count; i++) {
        if (s->at[i].rep != rep) continue;
        s->at[i] = s->at[--s->count];
        return;
    }
}

bool record_output(const RecordStandard *s, const WasiCall *call, RecordOutput *out) {
    Str name = str_from(call->func->name), prefix = STR("[method]output-stream.");
    if (!s->count || !str_starts(name, prefix) || call->result->variant.index) return false;
    name = str_after(name, prefix.len);
    bool blocks = str_starts(name, STR("blocking-"));
    if (blocks) name = str_after(name, 9);
    bool write = str_is(name, "write") || str_is(name, "write-and-flush");
    bool zeroes = str_is(name, "write-zeroes") || str_is(name, "write-zeroes-and-flush");
    *out = (RecordOutput){.fd = -1, .spliced = str_is(name, "splice")};
    for (size_t i = 0; i < s->count; i++)
        if (s->at[i].rep == call->args[0].bits) out->fd = s->at[i].fd;
    if (write) out->bytes = call->args[1].list.items;
    if (write) out->n = call->args[1].list.len;
    if (zeroes) out->n = call->args[1].bits;
    return out->fd >= 0 && (write || zeroes || out->spliced);
}
