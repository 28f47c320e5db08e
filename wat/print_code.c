/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Expressions as text, the mirror of parse_code.c: one instruction a line, blocks indented, a comment
 * with its number behind each label that has no name. */
#include "wat/internal.h"

static void separate(WatCodePrinter *c, int64_t offset) {
    switch (c->separator) {
    case WAT_LINES: wat_newline(c->mp->p, offset); break;
    case WAT_NONE: break;
    case WAT_FIRST: c->separator = WAT_SPACES; break;
    case WAT_SPACES: wat_put(c->mp->p, " "); break;
    }
}

/* ---- labels ---- */

static void open_label(WatCodePrinter *c) {
    WatOpenLabel label = {.number = c->label_count};
    Str name;
    if (wat_has_name(&c->mp->labels, label.number, &name)) {
        MapEntry *e = map_put(c->mp->p->arena, &c->names, name, NULL);
        label.hidden = e->value;
        e->value = c->labels.len + 1;
    }
    *vec_push(c->mp->p->arena, &c->labels) = label;
}

static void close_label(WatCodePrinter *c) {
    WatOpenLabel label = vec_pop(&c->labels);
    Str name;
    if (wat_has_name(&c->mp->labels, label.number, &name))
        map_put(c->mp->p->arena, &c->names, name, NULL)->value = label.hidden;
}

static void put_label(WatCodePrinter *c, uint32_t depth) {
    WatPrinter *p = c->mp->p;
    size_t open = c->labels.len;
    Str name = {0};
    wat_put(p, " ");
    if (depth > open) {
        buf_fmt(p->out, "%u (; INVALID ;)", depth);
        return;
    }
    size_t i = open - depth; /* 0: the function itself */
    bool named = i > 0 && wat_has_name(&c->mp->labels, c->labels.at[i - 1].number, &name);
    bool hidden = named && map_get(&c->names, name) && map_get(&c->names, name)->value != i;
    if (named && !hidden) {
        wat_put_name(p, name, false, "label", c->labels.at[i - 1].number, false);
    } else if (!hidden && p->options.name_unnamed && i > 0) {
        buf_fmt(p->out, "$#label%zu", i - 1);
    } else {
        buf_fmt(p->out, "%u", depth);
        if (!hidden && i > 0) buf_fmt(p->out, " (;@%zu;)", i);
    }
}

/* ---- immediates ---- */

static void put_space_index(WatCodePrinter *c, const WatNames *names, uint32_t index) {
    wat_put(c->mp->p, " ");
    wat_put_index(c->mp->p, names, index);
}

static void put_ref_type(WatCodePrinter *c, CoreValType t, bool nullable) {
    wat_put(c->mp->p, " ");
    wat_print_val_type(c->mp, nullable ? core_as_nullable(t) : t);
}

/* Label and type of a block; the label is open already. True if it had a name. */
static bool put_block_type(WatCodePrinter *c, const CoreInstr *in) {
    WatModulePrinter *mp = c->mp;
    WatPrinter *p = mp->p;
    Str name;
    bool named = wat_has_name(&mp->labels, c->label_count, &name);
    if (named) {
        wat_put(p, " ");
        wat_put_name(p, name, false, "label", c->label_count, true);
    } else if (p->options.name_unnamed) {
        buf_fmt(p->out, " $#label%zu", c->labels.len - 1);
        named = true;
    }
    if (in->block.kind == CORE_BLOCK_RESULT) {
        wat_put(p, " (result ");
        wat_print_val_type(mp, in->block.result);
        wat_put(p, ")");
    } else if (in->block.kind == CORE_BLOCK_TYPE) {
        wat_put(p, " ");
        wat_print_type_ref(mp, in->block.type);
        const CoreType *t = core_func_type_at(mp->m, in->block.type);
        if (t && !t->shared && t->descriptor == CORE_NONE && t->describes == CORE_NONE)
            wat_print_func_type(mp, t, NULL);
    }
    return named;
}

static void put_label_comment(WatCodePrinter *c, bool named) {
    c->label_count++;
    if (named) return;
    bool line = c->separator == WAT_LINES || c->separator == WAT_NONE;
    if (line) buf_fmt(c->mp->p->out, " ;; label = @%zu", c->labels.len);
    else buf_fmt(c->mp->p->out, "  (; label = @%zu ;)", c->labels.len);
}

static void put_catches(WatCodePrinter *c, CoreList list) {
    static const char *const words[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
    WatPrinter *p = c->mp->p;
    uint32_t count = c->label_count; /* labels count from outside of the try_table */
    c->label_count = vec_last(&c->labels).number;
    close_label(c);
    for (uint32_t n = list.count; n > 0; n--) {
        CoreCatch clause = core_list_catch(&list);
        buf_fmt(p->out, " (%s", words[clause.kind]);
        if (clause.kind <= CORE_CATCH_REF) put_space_index(c, &c->mp->tags, clause.tag);
        put_label(c, clause.label);
        wat_put(p, ")");
    }
    open_label(c);
    c->label_count = count;
}

static void put_handlers(WatCodePrinter *c, CoreList list) {
    WatPrinter *p = c->mp->p;
    for (uint32_t n = list.count; n > 0; n--) {
        CoreHandler h = core_list_handler(&list);
        wat_put(p, " (on");
        put_space_index(c, &c->mp->tags, h.tag);
        if (h.is_switch) wat_put(p, " switch");
        else put_label(c, h.label);
        wat_put(p, ")");
    }
}

static void put_mem_arg(WatCodePrinter *c, const CoreInstr *in, unsigned natural) {
    WatPrinter *p = c->mp->p;
    if (in->mem.memory) put_space_index(c, &c->mp->memories, in->mem.memory);
    if (in->mem.offset) buf_fmt(p->out, " offset=%llu", (unsigned long long)in->mem.offset);
    if (in->mem.align != natural) buf_fmt(p->out, " align=%llu", 1ull << (in->mem.align & 63));
}

static void put_select(WatCodePrinter *c, CoreList list) {
    wat_put(c->mp->p, " (result");
    for (uint32_t n = list.count; n > 0; n--) {
        wat_put(c->mp->p, " ");
        wat_print_val_type(c->mp, core_list_type(&list));
    }
    wat_put(c->mp->p, ")");
}

static void put_field(WatCodePrinter *c, uint32_t type, uint32_t field) {
    WatNames names = {core_name_group(&c->mp->m->names.fields, type), NULL, "field", NULL};
    put_space_index(c, &c->mp->types, type);
    if (names.map->len) names = wat_names(c->mp->p, names.map, "field", true);
    put_space_index(c, &names, field);
}

static bool heap_nullable(CoreOp op) {
    return op == CORE_OP_REF_TEST_NULL || op == CORE_OP_REF_CAST_NULL ||
           op == CORE_OP_REF_CAST_DESC_EQ_NULL;
}

static void put_immediates(WatCodePrinter *c, const CoreInstr *in) {
    WatModulePrinter *mp = c->mp;
    WatPrinter *p = mp->p;
    CoreImm imm = core_op_info[in->op].imm;
    CoreList list = in->list;
    switch (imm) {
    case CORE_IMM_NONE:
    case CORE_IMM_FENCE: break;
    case CORE_IMM_BLOCK: put_label_comment(c, put_block_type(c, in)); break;
    case CORE_IMM_TRY_TABLE: {
        bool named = put_block_type(c, in);
        put_catches(c, list);
        put_label_comment(c, named);
        break;
    }
    case CORE_IMM_LABEL: put_label(c, in->a); break;
    case CORE_IMM_LABELS:
        for (uint32_t n = list.count; n > 0; n--) put_label(c, core_list_label(&list));
        break;
    case CORE_IMM_FUNC: put_space_index(c, &mp->funcs, in->a); break;
    case CORE_IMM_TYPE: put_space_index(c, &mp->types, in->a); break;
    case CORE_IMM_TYPE_TABLE:
        if (in->b) put_space_index(c, &mp->tables, in->b);
        wat_put(p, " ");
        wat_print_type_ref(mp, in->a);
        break;
    case CORE_IMM_TYPE_FIELD: put_field(c, in->a, in->b); break;
    case CORE_IMM_TYPE_COUNT:
        put_space_index(c, &mp->types, in->a);
        buf_fmt(p->out, " %u", in->b);
        break;
    case CORE_IMM_TYPE_DATA:
        put_space_index(c, &mp->types, in->a);
        put_space_index(c, &mp->datas, in->b);
        break;
    case CORE_IMM_TYPE_ELEM:
        put_space_index(c, &mp->types, in->a);
        put_space_index(c, &mp->elems, in->b);
        break;
    case CORE_IMM_TYPE_TYPE:
        put_space_index(c, &mp->types, in->a);
        put_space_index(c, &mp->types, in->b);
        break;
    case CORE_IMM_TYPE_TAG:
        put_space_index(c, &mp->types, in->a);
        put_space_index(c, &mp->tags, in->b);
        break;
    case CORE_IMM_LOCAL: put_space_index(c, &mp->locals, in->a); break;
    case CORE_IMM_GLOBAL: put_space_index(c, &mp->globals, in->a); break;
    case CORE_IMM_TABLE: put_space_index(c, &mp->tables, in->a); break;
    case CORE_IMM_MEMORY:
        if (in->a) put_space_index(c, &mp->memories, in->a);
        break;
    case CORE_IMM_TAG: put_space_index(c, &mp->tags, in->a); break;
    case CORE_IMM_DATA: put_space_index(c, &mp->datas, in->a); break;
    case CORE_IMM_ELEM: put_space_index(c, &mp->elems, in->a); break;
    case CORE_IMM_DATA_MEMORY:
        if (in->b) put_space_index(c, &mp->memories, in->b);
        put_space_index(c, &mp->datas, in->a);
        break;
    case CORE_IMM_ELEM_TABLE:
        if (in->b) put_space_index(c, &mp->tables, in->b);
        put_space_index(c, &mp->elems, in->a);
        break;
    case CORE_IMM_MEMORY_MEMORY:
    case CORE_IMM_TABLE_TABLE: {
        const WatNames *names = imm == CORE_IMM_MEMORY_MEMORY ? &mp->memories : &mp->tables;
        if (!in->a && !in->b) break;
        put_space_index(c, names, in->a);
        put_space_index(c, names, in->b);
        break;
    }
    case CORE_IMM_I32:
    case CORE_IMM_I64: buf_fmt(p->out, " %lld", (long long)in->i64); break;
    case CORE_IMM_F32:
        wat_put(p, " ");
        wat_put_f32(p->out, (uint32_t)in->bits);
        break;
    case CORE_IMM_F64:
        wat_put(p, " ");
        wat_put_f64(p->out, in->bits);
        break;
    case CORE_IMM_V128:
        wat_put(p, " i32x4");
        for (int i = 0; i < 16; i += 4)
            buf_fmt(p->out, " 0x%02x%02x%02x%02x", in->bytes[i + 3], in->bytes[i + 2],
                    in->bytes[i + 1], in->bytes[i]);
        break;
    case CORE_IMM_SHUFFLE:
        for (int i = 0; i < 16; i++) buf_fmt(p->out, " %u", in->bytes[i]);
        break;
    case CORE_IMM_LANE2:
    case CORE_IMM_LANE4:
    case CORE_IMM_LANE8:
    case CORE_IMM_LANE16: buf_fmt(p->out, " %u", in->lane); break;
    case CORE_IMM_MEM8:
    case CORE_IMM_MEM16:
    case CORE_IMM_MEM32:
    case CORE_IMM_MEM64:
    case CORE_IMM_MEM128: put_mem_arg(c, in, (unsigned)(imm - CORE_IMM_MEM8)); break;
    case CORE_IMM_MEM8_LANE:
    case CORE_IMM_MEM16_LANE:
    case CORE_IMM_MEM32_LANE:
    case CORE_IMM_MEM64_LANE:
        put_mem_arg(c, in, (unsigned)(imm - CORE_IMM_MEM8_LANE));
        buf_fmt(p->out, " %u", in->lane);
        break;
    case CORE_IMM_SELECT: put_select(c, list); break;
    case CORE_IMM_HEAP:
        if (in->op == CORE_OP_REF_NULL) {
            wat_put(p, " ");
            wat_print_heap_type(mp, in->type[0]);
        } else {
            put_ref_type(c, in->type[0], heap_nullable(in->op));
        }
        break;
    case CORE_IMM_CAST:
        put_label(c, in->a);
        put_ref_type(c, in->type[0], false);
        put_ref_type(c, in->type[1], false);
        break;
    case CORE_IMM_RESUME:
        put_space_index(c, &mp->types, in->a);
        put_handlers(c, list);
        break;
    case CORE_IMM_RESUME_THROW:
        put_space_index(c, &mp->types, in->a);
        put_space_index(c, &mp->tags, in->b);
        put_handlers(c, list);
        break;
    case CORE_IMM_ORDER_GLOBAL:
    case CORE_IMM_ORDER_TABLE:
    case CORE_IMM_ORDER_TYPE:
    case CORE_IMM_ORDER_TYPE_FIELD:
        wat_put(p, in->order ? " acq_rel" : " seq_cst");
        if (imm == CORE_IMM_ORDER_TYPE_FIELD) put_field(c, in->a, in->b);
        else
            put_space_index(c,
                            imm == CORE_IMM_ORDER_GLOBAL  ? &mp->globals
                            : imm == CORE_IMM_ORDER_TABLE ? &mp->tables
                                                          : &mp->types,
                            in->a);
        break;
    }
}

/* ---- instructions ---- */

static bool opens_block(CoreOp op) {
    return op == CORE_OP_BLOCK || op == CORE_OP_LOOP || op == CORE_OP_IF || op == CORE_OP_TRY ||
           op == CORE_OP_TRY_TABLE;
}

void wat_put_instr(WatCodePrinter *c, const CoreInstr *in, int64_t offset) {
    WatPrinter *p = c->mp->p;
    bool middle = in->op == CORE_OP_ELSE || in->op == CORE_OP_CATCH || in->op == CORE_OP_CATCH_ALL;
    bool end = in->op == CORE_OP_END || in->op == CORE_OP_DELEGATE;
    if (end || middle) p->nesting -= p->nesting > c->nesting_start;
    separate(c, offset);
    if (middle) p->nesting++;
    if (opens_block(in->op)) {
        p->nesting++;
        open_label(c);
    }
    if (end && c->labels.len) close_label(c);
    wat_put(p, core_op_info[in->op].text);
    put_immediates(c, in);
}

/* The next hint of a function: where it applies, or SIZE_MAX. */
size_t wat_next_hint(Reader *r, bool *taken) {
    if (reader_at_end(r)) return SIZE_MAX;
    size_t at = reader_u32(r);
    Str value = reader_bytes(r, reader_u32(r));
    *taken = value.len && value.ptr[0];
    return r->failed ? SIZE_MAX : at;
}

static int64_t put_expr(WatCodePrinter *c, const CoreExpr *e, Str hints, size_t body_start) {
    Reader r = core_expr_reader(c->mp->m, e, c->mp->p->diags);
    const Source hint_view = {.text = hints, .binary = true};
    Reader hint_reader = reader_of(&hint_view, NULL);
    bool taken = false;
    size_t hint = wat_next_hint(&hint_reader, &taken), next_note = 0;
    CoreInstr in;
    while (!reader_at_end(&r)) {
        size_t at = reader_offset(&r);
        if (!core_instr_next(&r, &in)) break;
        if (in.op == CORE_OP_END && reader_at_end(&r)) {
            if (c->labels.len) reader_fail(&r, at, CORE_END_EXPECTED);
            if (c->notes && !c->mp->func_valid && next_note <= c->mp->notes.len) {
                wat_newline(c->mp->p, WAT_NO_OFFSET);
                wat_put(c->mp->p, ";; type mismatch at end of expression");
            }
            return (int64_t)at;
        }
        if (hint == at - body_start) {
            wat_newline(c->mp->p, (int64_t)at);
            buf_fmt(c->mp->p->out, "(@metadata.code.branch_hint \"\\%02x\")", taken);
            hint = wat_next_hint(&hint_reader, &taken);
        }
        wat_put_instr(c, &in, (int64_t)at);
        wat_drain(c->mp->p);
        Str note;
        if (c->notes && wat_note(c->mp, &next_note, at, &note))
            wat_put_comment(c->mp->p, note, WAT_NO_OFFSET);
    }
    if (!r.failed) reader_fail(&r, reader_offset(&r), CORE_END_EXPECTED);
    return (int64_t)reader_offset(&r);
}

int64_t wat_print_body(WatModulePrinter *mp, const CoreExpr *body, Str hints, size_t body_start) {
    WatCodePrinter c = {.mp = mp,
                        .separator = WAT_LINES,
                        .nesting_start = mp->p->nesting,
                        .notes = mp->p->options.operand_stack};
    return put_expr(&c, body, hints, body_start);
}

void wat_print_const(WatModulePrinter *mp, const CoreExpr *e) {
    if (mp->p->options.fold) {
        wat_print_folded(mp, e, (Str){0}, 0, false);
        return;
    }
    WatCodePrinter c = {.mp = mp, .separator = WAT_FIRST, .nesting_start = mp->p->nesting};
    unsigned nesting = mp->p->nesting;
    put_expr(&c, e, (Str){0}, 0);
    mp->p->nesting = nesting;
}

void wat_print_const_sugar(WatModulePrinter *mp, const CoreExpr *e, const char *word) {
    Reader r = core_expr_reader(mp->m, e, NULL);
    CoreInstr in;
    bool single = core_instr_next(&r, &in) && reader_left(&r) == 1;
    wat_start(mp->p, "");
    if (!single) {
        buf_fmt(mp->p->out, "%s ", word);
        wat_print_const(mp, e);
    } else {
        WatCodePrinter c = {.mp = mp, .separator = WAT_FIRST, .nesting_start = mp->p->nesting};
        put_expr(&c, e, (Str){0}, 0);
    }
    wat_finish(mp->p);
}
