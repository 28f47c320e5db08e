/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Instructions out of bytes and into bytes: core_instr_next and its mirror core_instr_put, each a
 * switch over the kinds of immediates. The opcode is found in one flat table, in which each prefix
 * has its stretch:
 *
 *     0 .. 255  one byte     256 .. 0xfb     512 .. 0xfc     768 .. 0xfe     1024 .. 1535  0xfd
 *
 * Lists (branch tables, catch clauses, types of select) stay encoded: they are walked once, so
 * that their readers need no error path. */
#include "core/core.h"

enum { FEATURE_ALWAYS = FEATURE_COUNT };
#define NEEDS(gate) ((int)FEATURE_##gate == FEATURE_COUNT ? 0 : FEATURE_BIT(FEATURE_##gate))

#define OP(id, prefix, code, text, imm, signature, gate)                                           \
    [CORE_OP_##id] = {prefix, signature, text, code, CORE_IMM_##imm, NEEDS(gate)},
const CoreOpInfo core_op_info[CORE_OP_COUNT] = {
#include "core/opcode.def"
};
#undef OP

enum { SLOT_FB = 256, SLOT_FC = 512, SLOT_FE = 768, SLOT_FD = 1024, SLOT_COUNT = 1536 };
#define SLOT(prefix)                                                                               \
    ((prefix) == 0xfb ? SLOT_FB                                                                    \
     : (prefix) == 0xfc ? SLOT_FC                                                                  \
     : (prefix) == 0xfd ? SLOT_FD                                                                  \
     : (prefix) == 0xfe ? SLOT_FE                                                                  \
                        : 0)
#define OP(id, prefix, code, text, imm, signature, gate) [SLOT(prefix) + (code)] = CORE_OP_##id + 1,
static const uint16_t op_plus_one[SLOT_COUNT] = {
#include "core/opcode.def"
};
#undef OP

CoreOp core_op_find(Str mnemonic) {
    for (int op = 0; op < CORE_OP_COUNT; op++)
        if (str_is(mnemonic, core_op_info[op].text)) return (CoreOp)op;
    return CORE_OP_COUNT;
}

/* Most numbers have one byte: these stay out of the reader's calls. */
static inline uint32_t read_u32(Reader *r) {
    return r->ptr < r->end && *r->ptr < 0x80 ? *r->ptr++ : reader_u32(r);
}
static inline int64_t one_byte_signed(Reader *r) { return (int8_t)(uint8_t)(*r->ptr++ << 1) >> 1; }
static inline int64_t read_s32(Reader *r) {
    return r->ptr < r->end && *r->ptr < 0x80 ? one_byte_signed(r) : reader_s32(r);
}
static inline int64_t read_s64(Reader *r) {
    return r->ptr < r->end && *r->ptr < 0x80 ? one_byte_signed(r) : reader_s64(r);
}

/* The opcode, one byte or a prefix and a u32. */
static bool read_op(Reader *r, CoreInstr *in) {
    uint8_t byte = r->ptr < r->end ? *r->ptr++ : reader_u8(r);
    uint32_t slot = byte;
    if (byte >= 0xfb && byte <= 0xfe) {
        uint32_t code = reader_u32(r), room = byte == 0xfd ? 512 : 256;
        slot = code < room ? SLOT(byte) + code : SLOT_COUNT;
        if (slot == SLOT_COUNT || !op_plus_one[slot])
            reader_fail(r, in->offset, CORE_BAD_OPCODE_PREFIXED, byte, code, byte, code);
    } else if (!op_plus_one[slot]) {
        reader_fail(r, in->offset, CORE_BAD_OPCODE, byte, byte);
    }
    if (r->failed) return false;
    in->op = (CoreOp)(op_plus_one[slot] - 1);
    return true;
}

/* blocktype ::= 0x40 | valtype | x:s33 (x >= 0) */
static CoreBlockType read_block_type(Reader *r) {
    CoreBlockType block = {CORE_BLOCK_EMPTY, 0, 0};
    uint8_t byte = reader_peek(r);
    size_t at = reader_offset(r);
    if (byte == 0x40) {
        reader_u8(r);
    } else if ((byte & 0xc0) == 0x40) {
        block.kind = CORE_BLOCK_RESULT;
        block.result = core_read_val_type(r);
    } else {
        int64_t index = reader_s33(r);
        if (index < 0) reader_fail(r, at, CORE_BAD_BLOCK_TYPE);
        block.kind = CORE_BLOCK_TYPE;
        block.type = (uint32_t)index;
    }
    return block;
}

/* memarg ::= n:u32 offset:u64 (n < 64) | n:u32 x:memidx offset:u64 (64 <= n < 128) */
static CoreMemArg read_mem_arg(Reader *r) {
    CoreMemArg mem = {0, 0, 0};
    size_t at = reader_offset(r);
    uint32_t flags = read_u32(r);
    if (flags & 64) mem.memory = read_u32(r);
    if (flags >= 128) reader_fail(r, at, CORE_BAD_MEMOP_FLAGS);
    mem.align = flags & 63;
    mem.offset = reader_u64(r);
    return mem;
}

static CoreCatch read_catch(Reader *r) {
    size_t at = reader_offset(r);
    uint8_t kind = reader_u8(r);
    if (kind > CORE_CATCH_ALL_REF) reader_fail(r, at, CORE_BAD_CATCH, kind);
    CoreCatch clause = {0};
    switch (kind) {
    case 0: clause.kind = CORE_CATCH; break;
    case 1: clause.kind = CORE_CATCH_REF; break;
    case 2: clause.kind = CORE_CATCH_ALL; break;
    default: clause.kind = CORE_CATCH_ALL_REF; break;
    }
    if (kind <= CORE_CATCH_REF) clause.tag = reader_u32(r);
    clause.label = reader_u32(r);
    return clause;
}

static CoreHandler read_handler(Reader *r) {
    size_t at = reader_offset(r);
    uint8_t kind = reader_u8(r);
    if (kind > 1) reader_fail(r, at, CORE_BAD_HANDLER, kind);
    CoreHandler handler = {.is_switch = kind == 1, .tag = reader_u32(r)};
    if (!handler.is_switch) handler.label = reader_u32(r);
    return handler;
}

typedef enum { LIST_LABELS, LIST_TYPES, LIST_CATCHES, LIST_HANDLERS } ListKind;

/* vec(element), walked once; `more` counts elements beyond the written number (br_table). */
static CoreList read_list(Reader *r, ListKind kind, uint32_t limit, uint32_t more,
                          const char *what) {
    CoreList list = {0};
    uint32_t n = reader_count(r, limit, what) + more;
    const uint8_t *from = r->ptr;
    for (uint32_t i = 0; i < n && !r->failed; i++) switch (kind) {
        case LIST_LABELS: reader_u32(r); break;
        case LIST_TYPES: core_read_val_type(r); break;
        case LIST_CATCHES: read_catch(r); break;
        case LIST_HANDLERS: read_handler(r); break;
        }
    if (r->failed) return list;
    list.count = n;
    list.bytes = (Str){(const char *)from, (size_t)(r->ptr - from)};
    return list;
}

/* flags:byte label:u32 from:heaptype to:heaptype; bit 0: from is nullable, bit 1: to is. */
static void read_cast(Reader *r, CoreInstr *in) {
    size_t at = reader_offset(r);
    uint8_t flags = reader_u8(r);
    if (flags > 3) reader_fail(r, at, CORE_BAD_CAST_FLAGS, flags);
    in->a = reader_u32(r);
    for (int i = 0; i < 2; i++) {
        in->type[i] = core_read_heap_type(r);
        if (flags >> i & 1) in->type[i] = core_as_nullable(in->type[i]);
    }
}

static void read_order(Reader *r, CoreInstr *in) {
    size_t at = reader_offset(r);
    uint32_t order = reader_u32(r);
    if (order > 1) reader_fail(r, at, CORE_BAD_ORDERING, order);
    in->order = (uint8_t)order;
    in->a = reader_u32(r);
}

static void read_16(Reader *r, CoreInstr *in) {
    Str bytes = reader_bytes(r, 16);
    if (bytes.len) memcpy(in->bytes, bytes.ptr, 16);
}

/* The opcodes whose heap type means the nullable reference to it. */
static bool makes_nullable(CoreOp op) {
    return op == CORE_OP_REF_NULL || op == CORE_OP_REF_TEST_NULL || op == CORE_OP_REF_CAST_NULL ||
           op == CORE_OP_REF_CAST_DESC_EQ_NULL;
}

bool core_instr_next(Reader *r, CoreInstr *in) {
    in->offset = r->start_offset + (size_t)(r->ptr - r->start);
    in->a = in->b = 0;
    if (!read_op(r, in)) return false;
    size_t at;
    switch (core_op_info[in->op].imm) {
    case CORE_IMM_NONE: break;
    case CORE_IMM_BLOCK: in->block = read_block_type(r); break;
    case CORE_IMM_LABELS:
        in->list = read_list(r, LIST_LABELS, 7654321, 1, "br_table target");
        break;
    case CORE_IMM_LABEL:
    case CORE_IMM_FUNC:
    case CORE_IMM_TYPE:
    case CORE_IMM_LOCAL:
    case CORE_IMM_GLOBAL:
    case CORE_IMM_TABLE:
    case CORE_IMM_MEMORY:
    case CORE_IMM_TAG:
    case CORE_IMM_DATA:
    case CORE_IMM_ELEM: in->a = read_u32(r); break;
    case CORE_IMM_TYPE_TABLE:
    case CORE_IMM_TYPE_FIELD:
    case CORE_IMM_TYPE_COUNT:
    case CORE_IMM_TYPE_DATA:
    case CORE_IMM_TYPE_ELEM:
    case CORE_IMM_TYPE_TYPE:
    case CORE_IMM_TYPE_TAG:
    case CORE_IMM_DATA_MEMORY:
    case CORE_IMM_ELEM_TABLE:
    case CORE_IMM_MEMORY_MEMORY:
    case CORE_IMM_TABLE_TABLE:
        in->a = read_u32(r);
        in->b = read_u32(r);
        break;
    case CORE_IMM_I32: in->i64 = read_s32(r); break;
    case CORE_IMM_I64: in->i64 = read_s64(r); break;
    case CORE_IMM_F32: in->bits = reader_fixed32(r); break;
    case CORE_IMM_F64: in->bits = reader_fixed64(r); break;
    case CORE_IMM_V128:
    case CORE_IMM_SHUFFLE: read_16(r, in); break;
    case CORE_IMM_LANE2:
    case CORE_IMM_LANE4:
    case CORE_IMM_LANE8:
    case CORE_IMM_LANE16: in->lane = reader_u8(r); break;
    case CORE_IMM_MEM8:
    case CORE_IMM_MEM16:
    case CORE_IMM_MEM32:
    case CORE_IMM_MEM64:
    case CORE_IMM_MEM128: in->mem = read_mem_arg(r); break;
    case CORE_IMM_MEM8_LANE:
    case CORE_IMM_MEM16_LANE:
    case CORE_IMM_MEM32_LANE:
    case CORE_IMM_MEM64_LANE:
        in->mem = read_mem_arg(r);
        in->lane = reader_u8(r);
        break;
    case CORE_IMM_SELECT: in->list = read_list(r, LIST_TYPES, 10, 0, "select type"); break;
    case CORE_IMM_HEAP:
        in->type[0] = core_read_heap_type(r);
        if (makes_nullable(in->op)) in->type[0] = core_as_nullable(in->type[0]);
        break;
    case CORE_IMM_CAST: read_cast(r, in); break;
    case CORE_IMM_TRY_TABLE:
        in->block = read_block_type(r);
        in->list = read_list(r, LIST_CATCHES, 10000, 0, "catch clause");
        break;
    case CORE_IMM_RESUME_THROW:
        in->a = read_u32(r);
        in->b = read_u32(r);
        in->list = read_list(r, LIST_HANDLERS, 10000, 0, "resume handler");
        break;
    case CORE_IMM_RESUME:
        in->a = read_u32(r);
        in->list = read_list(r, LIST_HANDLERS, 10000, 0, "resume handler");
        break;
    case CORE_IMM_FENCE:
        at = reader_offset(r);
        if (reader_u8(r) != 0) reader_fail(r, at, CORE_FENCE_BYTE);
        break;
    case CORE_IMM_ORDER_GLOBAL:
    case CORE_IMM_ORDER_TABLE:
    case CORE_IMM_ORDER_TYPE: read_order(r, in); break;
    case CORE_IMM_ORDER_TYPE_FIELD:
        read_order(r, in);
        in->b = read_u32(r);
        break;
    }
    return !r->failed;
}

/* ---- the mirror ---- */

static void put_block_type(Buf *buf, const CoreBlockType *block) {
    switch (block->kind) {
    case CORE_BLOCK_EMPTY: buf_byte(buf, 0x40); break;
    case CORE_BLOCK_RESULT: core_put_val_type(buf, block->result); break;
    case CORE_BLOCK_TYPE: buf_s64(buf, block->type); break;
    }
}

static void put_mem_arg(Buf *buf, const CoreMemArg *mem) {
    buf_u32(buf, mem->align | (mem->memory ? 64 : 0));
    if (mem->memory) buf_u32(buf, mem->memory);
    buf_u64(buf, mem->offset);
}

static void put_list(Buf *buf, const CoreList *list, uint32_t beyond) {
    buf_u32(buf, list->count - beyond);
    buf_str(buf, list->bytes);
}

void core_put_catch(Buf *buf, CoreCatch clause) {
    buf_byte(buf, (uint8_t)clause.kind);
    if (clause.kind == CORE_CATCH || clause.kind == CORE_CATCH_REF) buf_u32(buf, clause.tag);
    buf_u32(buf, clause.label);
}

void core_put_handler(Buf *buf, CoreHandler handler) {
    buf_byte(buf, handler.is_switch);
    buf_u32(buf, handler.tag);
    if (!handler.is_switch) buf_u32(buf, handler.label);
}

void core_instr_put(Buf *buf, const CoreInstr *in) {
    const CoreOpInfo *info = &core_op_info[in->op];
    if (info->prefix) {
        buf_byte(buf, info->prefix);
        buf_u32(buf, info->code);
    } else {
        buf_byte(buf, (uint8_t)info->code);
    }
    switch (info->imm) {
    case CORE_IMM_NONE: break;
    case CORE_IMM_BLOCK: put_block_type(buf, &in->block); break;
    case CORE_IMM_LABELS: put_list(buf, &in->list, 1); break;
    case CORE_IMM_LABEL:
    case CORE_IMM_FUNC:
    case CORE_IMM_TYPE:
    case CORE_IMM_LOCAL:
    case CORE_IMM_GLOBAL:
    case CORE_IMM_TABLE:
    case CORE_IMM_MEMORY:
    case CORE_IMM_TAG:
    case CORE_IMM_DATA:
    case CORE_IMM_ELEM: buf_u32(buf, in->a); break;
    case CORE_IMM_TYPE_TABLE:
    case CORE_IMM_TYPE_FIELD:
    case CORE_IMM_TYPE_COUNT:
    case CORE_IMM_TYPE_DATA:
    case CORE_IMM_TYPE_ELEM:
    case CORE_IMM_TYPE_TYPE:
    case CORE_IMM_TYPE_TAG:
    case CORE_IMM_DATA_MEMORY:
    case CORE_IMM_ELEM_TABLE:
    case CORE_IMM_MEMORY_MEMORY:
    case CORE_IMM_TABLE_TABLE:
        buf_u32(buf, in->a);
        buf_u32(buf, in->b);
        break;
    case CORE_IMM_I32:
    case CORE_IMM_I64: buf_s64(buf, in->i64); break;
    case CORE_IMM_F32: buf_fixed32(buf, (uint32_t)in->bits); break;
    case CORE_IMM_F64: buf_fixed64(buf, in->bits); break;
    case CORE_IMM_V128:
    case CORE_IMM_SHUFFLE: buf_bytes(buf, in->bytes, 16); break;
    case CORE_IMM_LANE2:
    case CORE_IMM_LANE4:
    case CORE_IMM_LANE8:
    case CORE_IMM_LANE16: buf_byte(buf, in->lane); break;
    case CORE_IMM_MEM8:
    case CORE_IMM_MEM16:
    case CORE_IMM_MEM32:
    case CORE_IMM_MEM64:
    case CORE_IMM_MEM128: put_mem_arg(buf, &in->mem); break;
    case CORE_IMM_MEM8_LANE:
    case CORE_IMM_MEM16_LANE:
    case CORE_IMM_MEM32_LANE:
    case CORE_IMM_MEM64_LANE:
        put_mem_arg(buf, &in->mem);
        buf_byte(buf, in->lane);
        break;
    case CORE_IMM_SELECT: put_list(buf, &in->list, 0); break;
    case CORE_IMM_HEAP: core_put_heap_type(buf, in->type[0]); break;
    case CORE_IMM_CAST:
        buf_byte(buf,
                 (uint8_t)(core_is_nullable(in->type[0]) | core_is_nullable(in->type[1]) << 1));
        buf_u32(buf, in->a);
        core_put_heap_type(buf, in->type[0]);
        core_put_heap_type(buf, in->type[1]);
        break;
    case CORE_IMM_TRY_TABLE:
        put_block_type(buf, &in->block);
        put_list(buf, &in->list, 0);
        break;
    case CORE_IMM_RESUME_THROW:
        buf_u32(buf, in->a);
        buf_u32(buf, in->b);
        put_list(buf, &in->list, 0);
        break;
    case CORE_IMM_RESUME:
        buf_u32(buf, in->a);
        put_list(buf, &in->list, 0);
        break;
    case CORE_IMM_FENCE: buf_byte(buf, 0); break;
    case CORE_IMM_ORDER_GLOBAL:
    case CORE_IMM_ORDER_TABLE:
    case CORE_IMM_ORDER_TYPE:
        buf_u32(buf, in->order);
        buf_u32(buf, in->a);
        break;
    case CORE_IMM_ORDER_TYPE_FIELD:
        buf_u32(buf, in->order);
        buf_u32(buf, in->a);
        buf_u32(buf, in->b);
        break;
    }
}

/* ---- lists that were walked already ---- */

static Reader list_reader(const CoreList *list) {
    const uint8_t *ptr = (const uint8_t *)(list->bytes.ptr ? list->bytes.ptr : "");
    return (Reader){.ptr = ptr, .end = ptr + list->bytes.len, .start = ptr};
}

static void list_cut(CoreList *list, const Reader *r) {
    list->bytes = (Str){(const char *)r->ptr, reader_left(r)};
}

uint32_t core_list_label(CoreList *list) {
    Reader r = list_reader(list);
    uint32_t label = reader_u32(&r);
    list_cut(list, &r);
    return label;
}

CoreValType core_list_type(CoreList *list) {
    Reader r = list_reader(list);
    CoreValType type = core_read_val_type(&r);
    list_cut(list, &r);
    return type;
}

CoreCatch core_list_catch(CoreList *list) {
    Reader r = list_reader(list);
    CoreCatch clause = read_catch(&r);
    list_cut(list, &r);
    return clause;
}

CoreHandler core_list_handler(CoreList *list) {
    Reader r = list_reader(list);
    CoreHandler handler = read_handler(&r);
    list_cut(list, &r);
    return handler;
}
