/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Expressions in the text format (6.5), straight to bytes.
 *
 * A flat instruction is encoded where it stands. A folded one, `(op imm* operand*)`, is encoded when
 * it is met but its bytes wait in `pending` until its parenthesis closes, behind those of its
 * operands:
 *
 *     text                       pending             body
 *     (i32.add                   6a
 *        (i32.const 1)           6a | 41 01          41 01
 *        (i32.const 2))          6a | 41 02          41 01 41 02
 *                                                    41 01 41 02 6a
 *
 * Open folded forms are frames on a stack of our own, so that depth costs no C stack. Labels are a
 * second stack; a name's depth is its distance from the top. */
#include "wat/internal.h"

/* ---- writing ---- */

static void put_place(WatModule *p, uint32_t at) {
    *vec_push(p->w->arena, &p->places) = (CorePlace){(uint32_t)p->body.len, at};
}

static void put_hint(WatModule *p, int hint) {
    if (hint >= 0)
        *vec_push(p->w->arena, &p->hints) =
            (WatHint){p->func, (uint32_t)p->body.len, (uint8_t)hint};
}

/* Custom sections only advise: such a hint has no effect, and printing may have come upon it. */
static void check_hint(WatModule *p, CoreOp op, int hint, Span span) {
    if (hint >= 0 && op != CORE_OP_IF && op != CORE_OP_BR_IF)
        diag(p->w->diags, WAT_HINT_TARGET, span);
}

static void put_op(WatModule *p, CoreOp op, uint32_t at) {
    CoreInstr in = core_instr(op);
    put_place(p, at);
    core_instr_put(&p->body, &in);
}

/* ---- the mnemonics ---- */

enum { OP_SLOTS = 2048 };

static void make_ops(Wat *w) {
    w->ops = ARENA_NEW_ARRAY(w->arena, uint16_t, OP_SLOTS);
    for (unsigned op = 0; op < CORE_OP_COUNT; op++) {
        Str text = str_from(core_op_info[op].text);
        size_t i = str_hash(text) % OP_SLOTS;
        bool known = false;
        for (; w->ops[i] && !known; i = (i + 1) % OP_SLOTS)
            known = str_is(text, core_op_info[w->ops[i] - 1].text);
        if (!known) w->ops[i] = (uint16_t)(op + 1);
    }
}

static CoreOp find_op(Wat *w, Str text) {
    if (!w->ops) make_ops(w);
    for (size_t i = str_hash(text) % OP_SLOTS; w->ops[i]; i = (i + 1) % OP_SLOTS)
        if (str_is(text, core_op_info[w->ops[i] - 1].text)) return (CoreOp)(w->ops[i] - 1);
    /* older spellings */
    if (str_is(text, "i32.atomic.wait")) return CORE_OP_MEMORY_ATOMIC_WAIT32;
    return CORE_OP_COUNT;
}

/* The instruction's word at the current token. */
static CoreOp take_op(WatModule *p) {
    Wat *w = p->w;
    const Token *t = wat_tok(w);
    if (t->kind == TOK_KEYWORD) {
        CoreOp op = find_op(w, wat_text(w, t));
        if (op != CORE_OP_COUNT) {
            w->pos++;
            return op;
        }
    }
    wat_unexpected(w, "an instruction");
    return CORE_OP_COUNT;
}

/* ---- immediates ---- */

static uint32_t index_or_zero(WatModule *p, WatSpace *space, const char *what) {
    return wat_is_index(p->w, 0) ? wat_index(p->w, space, what) : 0;
}

/* The depth of a label: a number, or counted to the innermost label of that name. */
static uint32_t label_index(WatModule *p) {
    Wat *w = p->w;
    if (!wat_is(w, TOK_ID)) return wat_u32(w);
    Str name = wat_token_id(w, wat_tok(w));
    const MapEntry *e = map_get(&p->label_ids, name);
    if (e && e->value) {
        w->pos++;
        return (uint32_t)(p->labels.len - e->value);
    }
    wat_fail(w, wat_here(w), WAT_UNKNOWN_NAME, "label", STR_ARG(name));
    return 0;
}

/* memarg ::= memidx? 'offset='u64? 'align='u64? */
static bool mem_field(Wat *w, const char *key, uint64_t *value) {
    const Token *t = wat_tok(w);
    Str text = wat_text(w, t);
    if (t->kind != TOK_KEYWORD || !str_starts(text, str_from(key))) return false;
    bool negative;
    text = str_after(text, strlen(key));
    bool number = text.len && text.ptr[0] >= '0' && text.ptr[0] <= '9';
    for (size_t i = 0; i < text.len && number; i++) {
        char c = text.ptr[i];
        bool digit = (c >= '0' && c <= '9') || (c == 'x' && i == 1) || (c == '_' && i) ||
                     (text.len > 1 && text.ptr[1] == 'x' && (c | 32) >= 'a' && (c | 32) <= 'f');
        number = digit;
    }
    if (!number) wat_unexpected(w, "a u64");
    else if (!wat_parse_integer(text, value, &negative))
        wat_fail(w, wat_here(w), WAT_OUT_OF_RANGE, 'i', 64, STR_ARG(text));
    else w->pos++;
    return true;
}

static void mem_arg(WatModule *p, CoreInstr *in, unsigned natural) {
    Wat *w = p->w;
    in->mem.memory = index_or_zero(p, &p->memories, "memory");
    in->mem.offset = 0;
    in->mem.align = natural;
    mem_field(w, "offset=", &in->mem.offset);
    uint64_t align = 0;
    Span span = wat_here(w);
    if (!mem_field(w, "align=", &align) || w->failed) return;
    if (align == 0 || (align & (align - 1))) wat_fail(w, span, WAT_ALIGNMENT);
    else in->mem.align = (uint32_t)__builtin_ctzll(align);
}

static uint8_t lane_index(Wat *w) {
    const Token *t = wat_tok(w);
    Str text = wat_text(w, t);
    uint64_t value;
    bool negative;
    if (t->kind != TOK_INT || text.ptr[0] == '-' || text.ptr[0] == '+') {
        if (t->kind == TOK_INT || t->kind == TOK_FLOAT)
            wat_fail(w, wat_here(w), WAT_LANE_NUMBER, STR_ARG(text));
        else wat_unexpected(w, "a lane index");
        return 0;
    }
    if (!wat_parse_integer(text, &value, &negative) || value > 255) {
        wat_fail(w, wat_here(w), WAT_LANE, STR_ARG(text));
        return 0;
    }
    w->pos++;
    return (uint8_t)value;
}

/* memarg laneidx: a single number is the lane, not the memory. */
static void mem_lane(WatModule *p, CoreInstr *in, unsigned natural) {
    Wat *w = p->w;
    const Token *next = wat_ahead(w, 1);
    bool only_lane =
        wat_is(w, TOK_INT) && next->kind != TOK_INT &&
        !(next->kind == TOK_KEYWORD && (str_starts(wat_text(w, next), STR("offset=")) ||
                                        str_starts(wat_text(w, next), STR("align="))));
    in->mem = (CoreMemArg){.align = natural};
    if (!only_lane) mem_arg(p, in, natural);
    in->lane = lane_index(w);
}

/* How many numbers follow, as far as there may be lanes. */
static unsigned number_count(Wat *w) {
    unsigned n = 0;
    while (n < 16 && (wat_ahead(w, n)->kind == TOK_INT || wat_ahead(w, n)->kind == TOK_FLOAT)) n++;
    return n;
}

/* v128const ::= 'i8x16' i8^16 | 'i16x8' i16^8 | ... | 'f64x2' f64^2 */
void wat_v128(Wat *w, uint8_t bytes[16]) {
    static const struct {
        const char *text;
        uint8_t bits, lanes;
        bool is_float;
    } shapes[] = {{"i8x16", 8, 16, false}, {"i16x8", 16, 8, false}, {"i32x4", 32, 4, false},
                  {"i64x2", 64, 2, false}, {"f32x4", 32, 4, true},  {"f64x2", 64, 2, true}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        if (!wat_take_kw(w, shapes[s].text)) continue;
        unsigned size = shapes[s].bits / 8;
        if (wat_is(w, TOK_INT) && number_count(w) < shapes[s].lanes) {
            wat_fail(w, wat_here(w), WAT_LANES);
            return;
        }
        for (unsigned i = 0; i < shapes[s].lanes && !w->failed; i++) {
            if (!wat_is(w, TOK_INT) && !wat_is(w, TOK_FLOAT)) {
                if (wat_done(w) || wat_is(w, TOK_OPEN)) wat_fail(w, wat_here(w), WAT_LANES);
                else wat_unexpected(w, "a lane (wrong number of lane literals)");
                return;
            }
            uint64_t bits = !shapes[s].is_float ? (uint64_t)wat_int(w, shapes[s].bits)
                            : size == 4         ? wat_f32(w)
                                                : wat_f64(w);
            for (unsigned b = 0; b < size; b++) bytes[i * size + b] = (uint8_t)(bits >> (8 * b));
        }
        if (wat_is(w, TOK_INT) || wat_is(w, TOK_FLOAT)) wat_fail(w, wat_here(w), WAT_LANES);
        return;
    }
    wat_unexpected(w, "a shape: `i8x16`, `i16x8`, `i32x4`, `i64x2`, `f32x4` or `f64x2`");
}

static void shuffle(Wat *w, uint8_t bytes[16]) {
    for (int i = 0; i < 16 && !w->failed; i++) {
        if (!wat_is(w, TOK_INT) && (wat_done(w) || wat_is(w, TOK_OPEN)))
            wat_fail(w, wat_here(w), WAT_SHUFFLE);
        else bytes[i] = lane_index(w);
    }
    if (wat_is(w, TOK_INT)) wat_fail(w, wat_here(w), WAT_SHUFFLE);
}

/* 'select' ('(' 'result' valtype* ')')* */
static void select_types(WatModule *p, CoreInstr *in) {
    if (!wat_is_open(p->w, "result")) return;
    in->op = CORE_OP_SELECT_TYPED;
    p->list.len = 0;
    while (wat_take_open(p->w, "result")) {
        for (; !wat_done(p->w); in->list.count++)
            core_put_val_type(&p->list, wat_val_type(&p->lookup));
        wat_close(p->w);
    }
    in->list.bytes = buf_text(&p->list);
}

static void branch_table(WatModule *p, CoreInstr *in) {
    p->list.len = 0;
    do {
        buf_u32(&p->list, label_index(p));
        in->list.count++;
    } while (wat_is_index(p->w, 0));
    in->list.bytes = buf_text(&p->list);
}

/* catch ::= '(' 'catch' tagidx labelidx ')' | ... | '(' 'catch_all_ref' labelidx ')' */
static void catches(WatModule *p, CoreInstr *in) {
    static const char *const words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
    Wat *w = p->w;
    p->list.len = 0;
    for (;;) {
        unsigned kind = 0;
        while (kind < 4 && !wat_is_open(w, words[kind])) kind++;
        if (kind == 4) break;
        w->pos += 2;
        CoreCatch clause = {.kind = kind};
        if (kind < 2) clause.tag = wat_index(w, &p->tags, "tag");
        clause.label = label_index(p);
        core_put_catch(&p->list, clause);
        in->list.count++;
        wat_close(w);
    }
    in->list.bytes = buf_text(&p->list);
}

/* '(' 'on' tagidx (labelidx | 'switch') ')' */
static void handlers(WatModule *p, CoreInstr *in) {
    Wat *w = p->w;
    p->list.len = 0;
    for (; wat_take_open(w, "on"); in->list.count++) {
        CoreHandler h = {.tag = wat_index(w, &p->tags, "tag")};
        h.is_switch = wat_take_kw(w, "switch");
        if (!h.is_switch) h.label = label_index(p);
        core_put_handler(&p->list, h);
        wat_close(w);
    }
    in->list.bytes = buf_text(&p->list);
}

static uint32_t field_index(WatModule *p, uint32_t type) {
    WatSpace none = {0};
    WatSpace *space = type < p->fields.len ? p->fields.at[type] : NULL;
    return wat_index(p->w, space ? space : &none, "field");
}

/* With one index it is the second kind (the segment), with two the first stands in front. */
static void segment(WatModule *p, CoreInstr *in, WatSpace *segments, const char *segment,
                    WatSpace *space, const char *what) {
    if (wat_is_index(p->w, 1)) in->b = wat_index(p->w, space, what);
    in->a = wat_index(p->w, segments, segment);
}

static void two_of(WatModule *p, CoreInstr *in, WatSpace *space, const char *what) {
    if (!wat_is_index(p->w, 0)) return;
    in->a = wat_index(p->w, space, what);
    in->b = wat_index(p->w, space, what);
}

static void heap_operand(WatModule *p, CoreInstr *in) {
    if (in->op == CORE_OP_REF_NULL) {
        in->type[0] = wat_heap_type(&p->lookup);
        return;
    }
    in->type[0] = wat_ref_type(&p->lookup);
    if (!core_is_nullable(in->type[0])) return;
    if (in->op == CORE_OP_REF_TEST) in->op = CORE_OP_REF_TEST_NULL;
    else if (in->op == CORE_OP_REF_CAST) in->op = CORE_OP_REF_CAST_NULL;
    else if (in->op == CORE_OP_REF_CAST_DESC_EQ) in->op = CORE_OP_REF_CAST_DESC_EQ_NULL;
}

static void order(WatModule *p, CoreInstr *in) {
    if (wat_take_kw(p->w, "acq_rel")) in->order = 1;
    else if (!wat_take_kw(p->w, "seq_cst"))
        wat_unexpected(p->w, "a memory ordering: `seq_cst` or `acq_rel`");
}

static uint32_t type_index(WatModule *p) { return wat_index(p->w, &p->types, "type"); }

/* Everything behind the word, but the types of blocks. */
static void immediates(WatModule *p, CoreInstr *in) {
    Wat *w = p->w;
    CoreImm imm = core_op_info[in->op].imm;
    switch (imm) {
    case CORE_IMM_NONE:
        if (in->op == CORE_OP_SELECT) select_types(p, in);
        break;
    case CORE_IMM_BLOCK:
    case CORE_IMM_TRY_TABLE:
    case CORE_IMM_FENCE: break;
    case CORE_IMM_LABEL: in->a = label_index(p); break;
    case CORE_IMM_LABELS: branch_table(p, in); break;
    case CORE_IMM_FUNC: in->a = wat_index(w, &p->funcs, "func"); break;
    case CORE_IMM_TYPE: in->a = type_index(p); break;
    case CORE_IMM_TYPE_TABLE:
        in->b = index_or_zero(p, &p->tables, "table");
        in->a = wat_type_use(p, false);
        break;
    case CORE_IMM_ORDER_TYPE_FIELD: order(p, in); /* fall through */
    case CORE_IMM_TYPE_FIELD:
        in->a = type_index(p);
        in->b = field_index(p, in->a);
        break;
    case CORE_IMM_TYPE_COUNT:
        in->a = type_index(p);
        in->b = wat_u32(w);
        break;
    case CORE_IMM_TYPE_DATA:
        in->a = type_index(p);
        in->b = wat_index(w, &p->datas, "data");
        break;
    case CORE_IMM_TYPE_ELEM:
        in->a = type_index(p);
        in->b = wat_index(w, &p->elems, "elem");
        break;
    case CORE_IMM_TYPE_TYPE:
        in->a = type_index(p);
        in->b = type_index(p);
        break;
    case CORE_IMM_TYPE_TAG:
        in->a = type_index(p);
        in->b = wat_index(w, &p->tags, "tag");
        break;
    case CORE_IMM_LOCAL: in->a = wat_index(w, &p->locals, "local"); break;
    case CORE_IMM_GLOBAL: in->a = wat_index(w, &p->globals, "global"); break;
    case CORE_IMM_TABLE: in->a = index_or_zero(p, &p->tables, "table"); break;
    case CORE_IMM_MEMORY: in->a = index_or_zero(p, &p->memories, "memory"); break;
    case CORE_IMM_TAG: in->a = wat_index(w, &p->tags, "tag"); break;
    case CORE_IMM_DATA: in->a = wat_index(w, &p->datas, "data"); break;
    case CORE_IMM_ELEM: in->a = wat_index(w, &p->elems, "elem"); break;
    case CORE_IMM_DATA_MEMORY: segment(p, in, &p->datas, "data", &p->memories, "memory"); break;
    case CORE_IMM_ELEM_TABLE: segment(p, in, &p->elems, "elem", &p->tables, "table"); break;
    case CORE_IMM_MEMORY_MEMORY: two_of(p, in, &p->memories, "memory"); break;
    case CORE_IMM_TABLE_TABLE: two_of(p, in, &p->tables, "table"); break;
    case CORE_IMM_I32: in->i64 = wat_int(w, 32); break;
    case CORE_IMM_I64: in->i64 = wat_int(w, 64); break;
    case CORE_IMM_F32: in->bits = wat_f32(w); break;
    case CORE_IMM_F64: in->bits = wat_f64(w); break;
    case CORE_IMM_V128: wat_v128(w, in->bytes); break;
    case CORE_IMM_SHUFFLE: shuffle(w, in->bytes); break;
    case CORE_IMM_LANE2:
    case CORE_IMM_LANE4:
    case CORE_IMM_LANE8:
    case CORE_IMM_LANE16: in->lane = lane_index(w); break;
    case CORE_IMM_MEM8:
    case CORE_IMM_MEM16:
    case CORE_IMM_MEM32:
    case CORE_IMM_MEM64:
    case CORE_IMM_MEM128: mem_arg(p, in, (unsigned)(imm - CORE_IMM_MEM8)); break;
    case CORE_IMM_MEM8_LANE:
    case CORE_IMM_MEM16_LANE:
    case CORE_IMM_MEM32_LANE:
    case CORE_IMM_MEM64_LANE: mem_lane(p, in, (unsigned)(imm - CORE_IMM_MEM8_LANE)); break;
    case CORE_IMM_SELECT: select_types(p, in); break;
    case CORE_IMM_HEAP: heap_operand(p, in); break;
    case CORE_IMM_CAST:
        in->a = label_index(p);
        in->type[0] = wat_ref_type(&p->lookup);
        in->type[1] = wat_ref_type(&p->lookup);
        break;
    case CORE_IMM_RESUME_THROW:
        in->a = type_index(p);
        in->b = wat_index(w, &p->tags, "tag");
        handlers(p, in);
        break;
    case CORE_IMM_RESUME:
        in->a = type_index(p);
        handlers(p, in);
        break;
    case CORE_IMM_ORDER_GLOBAL:
        order(p, in);
        in->a = wat_index(w, &p->globals, "global");
        break;
    case CORE_IMM_ORDER_TABLE:
        order(p, in);
        in->a = index_or_zero(p, &p->tables, "table");
        break;
    case CORE_IMM_ORDER_TYPE:
        order(p, in);
        in->a = type_index(p);
        break;
    }
    bool data = imm == CORE_IMM_DATA || imm == CORE_IMM_DATA_MEMORY || imm == CORE_IMM_TYPE_DATA;
    if (data && p->func != CORE_NONE) p->uses_data_index = true;
}

/* ---- blocks ---- */

static bool is_block(CoreOp op) {
    return op == CORE_OP_BLOCK || op == CORE_OP_LOOP || op == CORE_OP_IF || op == CORE_OP_TRY ||
           op == CORE_OP_TRY_TABLE;
}

/* label? blocktype (catch*), behind the word. */
static WatLabel block_head(WatModule *p, CoreInstr *in) {
    Wat *w = p->w;
    WatLabel label = {.op = in->op, .part = in->op};
    Str annotation = {0};
    wat_take_id(w, &label.name);
    wat_take_name(w, &annotation);
    in->block = wat_block_type(p);
    if (in->op == CORE_OP_TRY_TABLE) catches(p, in);
    label.shown = annotation.ptr ? annotation : label.name;
    return label;
}

/* The label of a block that is being written. */
static void push_label(WatModule *p, WatLabel label) {
    if (label.shown.ptr)
        *vec_push(p->w->arena, &p->label_names) = (CoreName){p->label_count, label.shown};
    p->label_count++;
    *vec_push(p->w->arena, &p->labels) = label;
    if (!label.name.ptr) return;
    MapEntry *e = map_put(p->w->arena, &p->label_ids, label.name, NULL);
    vec_last(&p->labels).hidden = e->value;
    e->value = p->labels.len;
}

static void pop_label(WatModule *p) {
    WatLabel label = vec_pop(&p->labels);
    if (label.name.ptr) map_put(p->w->arena, &p->label_ids, label.name, NULL)->value = label.hidden;
}

/* 'end' id?, 'else' id?: the name is the block's, if it stands there. */
static void check_label(WatModule *p) {
    Wat *w = p->w;
    if (!wat_is(w, TOK_ID)) return;
    Str id = wat_token_id(w, wat_tok(w));
    Str want = p->labels.len ? vec_last(&p->labels).name : (Str){0};
    if (!want.ptr || !str_eq(id, want)) wat_fail(w, wat_here(w), WAT_LABEL, STR_ARG(id));
    else w->pos++;
}

/* 'else', 'catch', 'catch_all', 'delegate': whether that part may follow the one before it in the
 * innermost block, which is flat or folded. */
static bool begin_part(WatModule *p, CoreOp op, bool flat, Span span) {
    WatLabel *label = p->labels.len ? &vec_last(&p->labels) : NULL;
    CoreOp before = label && label->flat == flat ? label->part : CORE_OP_END;
    bool fits = op == CORE_OP_ELSE ? before == CORE_OP_IF : before == CORE_OP_TRY;
    if (op == CORE_OP_CATCH || op == CORE_OP_CATCH_ALL) fits |= before == CORE_OP_CATCH;
    if (fits) label->part = op;
    else if (op == CORE_OP_ELSE) wat_fail(p->w, span, WAT_SURPLUS_ELSE);
    else wat_fail(p->w, span, WAT_SURPLUS_CATCH, core_op_info[op].text, core_op_info[op].text);
    return fits;
}

/* A word outside of a folded form. */
static void flat_instruction(WatModule *p, int hint) {
    Wat *w = p->w;
    uint32_t at = wat_tok(w)->at;
    Span span = wat_here(w);
    CoreInstr in = core_instr(take_op(p));
    if (w->failed) return;
    check_hint(p, in.op, hint, span);
    put_hint(p, hint);
    switch (in.op) {
    case CORE_OP_END:
        if (p->labels.len == 0 || !vec_last(&p->labels).flat) {
            wat_fail(w, span, WAT_SURPLUS_END);
            return;
        }
        check_label(p);
        pop_label(p);
        break;
    case CORE_OP_DELEGATE:
    case CORE_OP_ELSE:
    case CORE_OP_CATCH:
    case CORE_OP_CATCH_ALL:
        if (!begin_part(p, in.op, true, span)) return;
        if (in.op == CORE_OP_ELSE) check_label(p);
        if (in.op == CORE_OP_DELEGATE) pop_label(p);
        immediates(p, &in);
        break;
    default:
        if (is_block(in.op)) {
            WatLabel label = block_head(p, &in);
            label.flat = true;
            push_label(p, label);
        } else {
            immediates(p, &in);
        }
        break;
    }
    put_place(p, at);
    core_instr_put(&p->body, &in);
}

/* ---- folded forms ---- */

static void push_frame(WatModule *p, WatFrame frame) { *vec_push(p->w->arena, &p->frames) = frame; }

/* '(' op imm*, up to the operands. */
static void open_folded(WatModule *p, int hint) {
    Wat *w = p->w;
    uint32_t at = wat_tok(w)->at;
    Span span = wat_here(w);
    CoreInstr in = core_instr(take_op(p));
    if (w->failed) return;
    check_hint(p, in.op, hint, span);
    WatFrame frame = {.at = at, .pending = (uint32_t)p->pending.len, .hint = (int8_t)hint};
    if (in.op == CORE_OP_IF) {
        frame.kind = FRAME_CONDITION;
        frame.label = block_head(p, &in);
        core_instr_put(&p->pending, &in);
    } else if (is_block(in.op)) {
        frame.kind = in.op == CORE_OP_TRY ? FRAME_TRY : FRAME_BLOCK;
        WatLabel label = block_head(p, &in);
        put_hint(p, hint);
        put_place(p, at);
        core_instr_put(&p->body, &in);
        push_label(p, label);
    } else {
        if (in.op == CORE_OP_END || in.op == CORE_OP_ELSE || in.op == CORE_OP_CATCH ||
            in.op == CORE_OP_CATCH_ALL || in.op == CORE_OP_DELEGATE) {
            w->pos--;
            wat_unexpected(w, "an instruction that can be folded");
            return;
        }
        frame.kind = FRAME_PLAIN;
        immediates(p, &in);
        core_instr_put(&p->pending, &in);
    }
    push_frame(p, frame);
}

static void flush_pending(WatModule *p, const WatFrame *f) {
    put_hint(p, f->hint);
    put_place(p, f->at);
    buf_bytes(&p->body, p->pending.ptr + f->pending, p->pending.len - f->pending);
    p->pending.len = f->pending;
}

/* '(' inside of (if ...): the condition, (then ...) or (else ...). True where it was an arm. */
static bool open_arm_of_if(WatModule *p, WatFrame *f) {
    Wat *w = p->w;
    if (f->kind == FRAME_CONDITION) {
        if (wat_is_kw(w, "else")) wat_fail(w, wat_here(w), WAT_NO_THEN);
        if (!wat_take_kw(w, "then")) return w->failed;
        flush_pending(p, f);
        f->kind = FRAME_THEN;
        push_label(p, f->label);
    } else if (f->kind == FRAME_THEN) {
        uint32_t at = wat_tok(w)->at;
        if (!wat_take_kw(w, "else")) {
            wat_unexpected(w, "`else`");
            return true;
        }
        f->kind = FRAME_ELSE;
        put_op(p, CORE_OP_ELSE, at);
    } else {
        wat_fail(w, wat_here(w), WAT_IF_SURPLUS);
        return true;
    }
    push_frame(p, (WatFrame){.kind = FRAME_ARM});
    return true;
}

/* '(' inside of (try ...): (do ...), (catch x ...), (catch_all ...), (delegate l). */
static void open_arm_of_try(WatModule *p, WatFrame *f) {
    Wat *w = p->w;
    uint32_t at = wat_tok(w)->at;
    Span span = wat_here(w);
    CoreInstr in = core_instr(CORE_OP_CATCH_ALL);
    if (wat_take_kw(w, "do")) {
        push_frame(p, (WatFrame){.kind = FRAME_ARM});
        return;
    }
    if (wat_take_kw(w, "delegate")) {
        in.op = CORE_OP_DELEGATE;
    } else if (wat_take_kw(w, "catch")) {
        in.op = CORE_OP_CATCH;
    } else if (!wat_take_kw(w, "catch_all")) {
        wat_unexpected(w, "`do`, `catch`, `catch_all` or `delegate`");
        return;
    }
    if (!begin_part(p, in.op, false, span)) return;
    if (in.op == CORE_OP_DELEGATE) {
        pop_label(p);
        f->kind = FRAME_CLOSED_TRY;
    }
    if (in.op != CORE_OP_CATCH_ALL) immediates(p, &in);
    put_place(p, at);
    core_instr_put(&p->body, &in);
    push_frame(p, (WatFrame){.kind = FRAME_ARM});
}

static void close_folded(WatModule *p) {
    Wat *w = p->w;
    WatFrame f = vec_pop(&p->frames);
    uint32_t at = wat_tok(w)->at;
    if (f.kind != FRAME_PLAIN && f.kind != FRAME_CONDITION && f.kind != FRAME_CLOSED_TRY &&
        p->labels.len && vec_last(&p->labels).flat) {
        wat_fail(w, wat_here(w), WAT_MISSING_END, core_op_info[vec_last(&p->labels).op].text);
        return;
    }
    switch (f.kind) {
    case FRAME_PLAIN: flush_pending(p, &f); break;
    case FRAME_CONDITION: wat_fail(w, wat_here(w), WAT_NO_THEN); return;
    case FRAME_BLOCK:
    case FRAME_THEN:
    case FRAME_ELSE:
    case FRAME_TRY:
        put_op(p, CORE_OP_END, at);
        pop_label(p);
        break;
    case FRAME_CLOSED_TRY:
    case FRAME_ARM: break;
    }
    w->pos++;
}

/* '(@metadata.code.branch_hint "\00" | "\01" ')': 0 or 1 */
static int branch_hint(WatModule *p, int before) {
    Wat *w = p->w;
    if (before >= 0) wat_fail(w, wat_here(w), WAT_HINT_TWICE);
    w->pos += !w->failed;
    Str s = wat_string(w);
    if (s.len != 1 || (uint8_t)s.ptr[0] > 1) wat_fail(w, wat_here(w), WAT_HINT_VALUE);
    wat_close(w);
    return w->failed ? -1 : s.ptr[0];
}

/* instr*, until the parenthesis that closes what is around; with `one`, a single folded form. */
static void instructions(WatModule *p, bool one) {
    Wat *w = p->w;
    int hint = -1;
    while (!w->failed) {
        const Token *t = wat_tok(w);
        WatFrame *top = p->frames.len ? &vec_last(&p->frames) : NULL;
        bool wants_arm = top && top->kind >= FRAME_CONDITION && top->kind <= FRAME_CLOSED_TRY;
        if (t->kind == TOK_ANNOTATION && wat_is_annotation(w, "metadata.code.branch_hint")) {
            hint = branch_hint(p, hint);
            continue;
        }
        if (hint >= 0 && (t->kind == TOK_CLOSE || (wants_arm && t->kind == TOK_OPEN &&
                                                   wat_token_is(w, wat_ahead(w, 1), "then")))) {
            wat_fail(w, wat_here(w), WAT_HINT_PLACE);
            return;
        }
        if (t->kind == TOK_CLOSE) {
            if (!top) return;
            close_folded(p);
            if (one && p->frames.len == 0) return;
        } else if (t->kind == TOK_OPEN) {
            w->pos++;
            if (top && top->kind >= FRAME_TRY && top->kind <= FRAME_CLOSED_TRY)
                open_arm_of_try(p, top);
            else if (!wants_arm || !open_arm_of_if(p, top)) open_folded(p, hint);
            hint = -1;
        } else if (one) {
            wat_unexpected(w, "to continue a folded instruction");
        } else if (wants_arm) {
            wat_unexpected(w, "`(`");
        } else {
            flat_instruction(p, hint);
            hint = -1;
        }
    }
}

static CoreExpr finish(WatModule *p, uint32_t offset) {
    Wat *w = p->w;
    if (p->labels.len && !w->failed)
        wat_fail(w, wat_here(w), WAT_MISSING_END, core_op_info[vec_last(&p->labels).op].text);
    put_op(p, CORE_OP_END, wat_tok(w)->at);
    CoreExpr e = {.bytes = {arena_copy(w->arena, p->body.ptr, p->body.len), p->body.len},
                  .offset = offset,
                  .places = arena_copy(w->arena, p->places.at, p->places.len * sizeof(CorePlace)),
                  .place_count = (uint32_t)p->places.len};
    return e;
}

static uint32_t begin(WatModule *p) {
    p->body.len = p->pending.len = 0;
    p->places.len = p->labels.len = p->frames.len = 0;
    p->label_ids = (Map){0};
    return wat_tok(p->w)->at;
}

CoreExpr wat_expr(WatModule *p) {
    uint32_t offset = begin(p);
    instructions(p, false);
    return finish(p, offset);
}

CoreExpr wat_folded_expr(WatModule *p) {
    uint32_t offset = begin(p);
    if (!wat_is(p->w, TOK_OPEN)) wat_unexpected(p->w, "a folded instruction");
    instructions(p, true);
    return finish(p, offset);
}
