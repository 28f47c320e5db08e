/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CORE_OPCODE_H
#define CORE_OPCODE_H

#include "base/buf.h"
#include "base/feature.h"
#include "base/reader.h"
#include "core/type.h"

/* Instructions, one at a time, out of bytes and into bytes. Bodies are never trees: validator,
 * printer, text parser, linker and interpreter all walk the bytes with core_instr_next. */

#define OP(id, prefix, code, text, imm, signature, gate) CORE_OP_##id,
typedef enum {
#include "core/opcode.def"
    CORE_OP_COUNT
} CoreOp;
#undef OP

/* What follows the opcode, and the fields of CoreInstr that hold it: the table of immediates. */
typedef enum {
    CORE_IMM_NONE,
    CORE_IMM_BLOCK,      /* .block */
    CORE_IMM_LABEL,      /* .a: relative depth */
    CORE_IMM_LABELS,     /* .list of .list.count depths, the default is the last one */
    CORE_IMM_FUNC,       /* .a */
    CORE_IMM_TYPE,       /* .a */
    CORE_IMM_TYPE_TABLE, /* .a type, .b table: in this order in the bytes, as everywhere below */
    CORE_IMM_TYPE_FIELD, /* .a type, .b field */
    CORE_IMM_TYPE_COUNT, /* .a type, .b number of elements */
    CORE_IMM_TYPE_DATA,  /* .a type, .b data segment */
    CORE_IMM_TYPE_ELEM,  /* .a type, .b element segment */
    CORE_IMM_TYPE_TYPE,  /* .a type, .b type: array.copy (destination, source), cont.bind */
    CORE_IMM_TYPE_TAG,   /* .a type, .b tag */
    CORE_IMM_LOCAL,      /* .a, as in the next ones */
    CORE_IMM_GLOBAL,
    CORE_IMM_TABLE,
    CORE_IMM_MEMORY,
    CORE_IMM_TAG,
    CORE_IMM_DATA,
    CORE_IMM_ELEM,
    CORE_IMM_DATA_MEMORY,   /* .a data segment, .b memory */
    CORE_IMM_ELEM_TABLE,    /* .a element segment, .b table */
    CORE_IMM_MEMORY_MEMORY, /* .a destination, .b source */
    CORE_IMM_TABLE_TABLE,   /* .a destination, .b source */
    CORE_IMM_I32,           /* .i64, sign-extended */
    CORE_IMM_I64,           /* .i64 */
    CORE_IMM_F32,           /* .bits, the low half */
    CORE_IMM_F64,           /* .bits */
    CORE_IMM_V128,          /* .bytes */
    CORE_IMM_SHUFFLE,       /* .bytes: 16 lane numbers below 32 */
    CORE_IMM_LANE2,         /* .lane below 2, 4, 8, 16 */
    CORE_IMM_LANE4,
    CORE_IMM_LANE8,
    CORE_IMM_LANE16,
    CORE_IMM_MEM8, /* .mem; the natural alignment is 2 to the (imm - CORE_IMM_MEM8) */
    CORE_IMM_MEM16,
    CORE_IMM_MEM32,
    CORE_IMM_MEM64,
    CORE_IMM_MEM128,
    CORE_IMM_MEM8_LANE, /* .mem and .lane; 16 lanes of 8 bits ... */
    CORE_IMM_MEM16_LANE,
    CORE_IMM_MEM32_LANE,
    CORE_IMM_MEM64_LANE,   /* ... 2 lanes of 64 */
    CORE_IMM_SELECT,       /* .list of value types */
    CORE_IMM_HEAP,         /* .type[0]: reference to the heap type; nullable as the opcode says */
    CORE_IMM_CAST,         /* .a label, .type[0] from, .type[1] to */
    CORE_IMM_TRY_TABLE,    /* .block and .list of catch clauses */
    CORE_IMM_RESUME,       /* .a type, .list of handlers */
    CORE_IMM_RESUME_THROW, /* .a type, .b tag, .list of handlers */
    CORE_IMM_FENCE,        /* a zero byte */
    CORE_IMM_ORDER_GLOBAL, /* .order, .a global */
    CORE_IMM_ORDER_TABLE,  /* .order, .a table */
    CORE_IMM_ORDER_TYPE,   /* .order, .a type */
    CORE_IMM_ORDER_TYPE_FIELD, /* .order, .a type, .b field */
} CoreImm;

/* Without pointers, which would have to be moved whenever the program starts. */
typedef struct {
    uint8_t prefix;
    char signature[11]; /* see opcode.def */
    char text[40];      /* the mnemonic; some instructions share one (select, ref.test, ref.cast) */
    uint32_t code;
    CoreImm imm;
    Features needs; /* a single bit, or none */
} CoreOpInfo;

extern const CoreOpInfo core_op_info[CORE_OP_COUNT];

/* Whether `op` is typed by a case of its own instead of its signature. */
static inline bool core_op_special(CoreOp op) { return core_op_info[op].signature[0] == 0; }

/* The first instruction with this mnemonic, or CORE_OP_COUNT. Of those that share one it is the
 * plainest: SELECT, REF_TEST and REF_CAST (not nullable). */
CoreOp core_op_find(Str mnemonic);

/* A block's type: none, one result, or a type index. */
typedef struct {
    enum { CORE_BLOCK_EMPTY, CORE_BLOCK_RESULT, CORE_BLOCK_TYPE } kind;
    CoreValType result; /* CORE_BLOCK_RESULT */
    uint32_t type;      /* CORE_BLOCK_TYPE */
} CoreBlockType;

typedef struct {
    uint32_t align; /* the exponent: 2 for 4 bytes */
    uint32_t memory;
    uint64_t offset;
} CoreMemArg;

/* A sequence of immediates, still encoded: `count` of them in `bytes`. Read by the core_list_*
 * functions below, which take the bytes away from the front; built with the core_put_* ones. */
typedef struct {
    uint32_t count;
    Str bytes;
} CoreList;

typedef struct {
    enum { CORE_CATCH, CORE_CATCH_REF, CORE_CATCH_ALL, CORE_CATCH_ALL_REF } kind;
    uint32_t tag; /* the first two kinds */
    uint32_t label;
} CoreCatch;

typedef struct {
    bool is_switch; /* (on $tag switch): no label */
    uint32_t tag, label;
} CoreHandler;

typedef struct {
    CoreOp op;
    uint32_t a, b;
    uint8_t lane;
    uint8_t order; /* 0 seq_cst, 1 acq_rel */
    size_t offset; /* of the opcode, as reader_offset counts */
    CoreBlockType block;
    CoreList list;
    union {
        int64_t i64;
        uint64_t bits;
        CoreMemArg mem;
        uint8_t bytes[16];
        CoreValType type[2];
    };
} CoreInstr;

/* Decodes the instruction at the reader (binary format 5.4). False where the reader has failed:
 * an unknown opcode or a malformed immediate was reported there. Indices are not checked, gates
 * neither; lists have been walked once, so that reading them cannot fail. */
bool core_instr_next(Reader *r, CoreInstr *instr);

/* Appends the instruction in its shortest encoding. */
void core_instr_put(Buf *buf, const CoreInstr *instr);

/* `instr` with just its opcode set. */
static inline CoreInstr core_instr(CoreOp op) { return (CoreInstr){.op = op}; }

/* The next element of a list; the caller counts. */
uint32_t core_list_label(CoreList *list);
CoreValType core_list_type(CoreList *list);
CoreCatch core_list_catch(CoreList *list);
CoreHandler core_list_handler(CoreList *list);

void core_put_catch(Buf *buf, CoreCatch clause);
void core_put_handler(Buf *buf, CoreHandler handler);

#endif
