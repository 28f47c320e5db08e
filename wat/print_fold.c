/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Expressions as text with operands nested in their instructions.
 *
 * Each block has a list of what stands in it so far. An instruction that takes n operands takes from
 * the end of the list as many entries as give exactly n values, and becomes one entry itself:
 *
 *     i32.const 1      [const]
 *     i32.const 2      [const const]
 *     nop              [const const nop]
 *     i32.add          [(add const const nop)]
 *
 * Where the entries do not come out even (several results, unreachable code) it takes none. The
 * trees are printed at the end, from a stack of our own. */
#include "wat/internal.h"

typedef struct Node {
    Str plain;
    struct Node **kids;
    size_t kid_count;
    uint32_t results;
    int64_t offset;
    int hint; /* -1: none */
} Node;

typedef struct {
    CoreOp op; /* BLOCK, LOOP, TRY_TABLE, IF; ELSE behind the else */
    CoreBlockType type;
    Str plain;
    size_t base;     /* where its entries begin in `list` */
    Node *condition; /* IF, ELSE */
    Node *then;      /* ELSE */
    int64_t offset, if_offset;
    int hint;
} Block;

typedef struct {
    Node *node;
    uint64_t sum; /* of the results of all entries before it */
} Entry;

typedef struct {
    WatModulePrinter *mp;
    VEC(Block) blocks;
    VEC(Entry) list;
    bool odd; /* something that has no folded form */
} Folder;

/* ---- how many values an instruction takes and gives ---- */

typedef struct {
    uint32_t params, results;
} Arity;

static bool type_arity(Folder *f, uint32_t index, Arity *a) {
    const CoreType *t = core_type(f->mp->m, index);
    if (t && t->kind == CORE_TYPE_CONT) t = core_type(f->mp->m, t->cont);
    if (!t || t->kind == CORE_TYPE_ARRAY || t->kind == CORE_TYPE_CONT) return false;
    bool func = t->kind == CORE_TYPE_FUNC;
    *a = (Arity){func ? t->param_count : t->field_count, func ? t->result_count : t->field_count};
    return true;
}

static bool block_arity(Folder *f, const CoreBlockType *b, Arity *a) {
    *a = (Arity){0, b->kind == CORE_BLOCK_RESULT};
    return b->kind != CORE_BLOCK_TYPE || type_arity(f, b->type, a);
}

/* What a branch to a label takes. */
static bool label_arity(Folder *f, uint32_t depth, uint32_t *n) {
    Arity a;
    if (depth >= f->blocks.len) return false;
    const Block *b = &f->blocks.at[f->blocks.len - 1 - depth];
    if (!block_arity(f, &b->type, &a)) return false;
    *n = b->op == CORE_OP_LOOP ? a.params : a.results;
    return true;
}

static bool tag_arity(Folder *f, uint32_t tag, Arity *a) {
    return tag < f->mp->m->tags.len && type_arity(f, f->mp->m->tags.at[tag].type, a);
}

/* Those without a signature of their own, that take and give the same always. */
static bool fixed_arity(CoreOp op, Arity *a) {
#define ARITY(p, r) *a = (Arity){p, r}; return true
    switch ((int)op) {
    case CORE_OP_UNREACHABLE:
    case CORE_OP_RETHROW: ARITY(0, 0);
    case CORE_OP_THROW_REF:
    case CORE_OP_DROP:
    case CORE_OP_LOCAL_SET:
    case CORE_OP_GLOBAL_SET:
    case CORE_OP_GLOBAL_ATOMIC_SET: ARITY(1, 0);
    case CORE_OP_SELECT: ARITY(3, 1);
    case CORE_OP_LOCAL_GET:
    case CORE_OP_GLOBAL_GET:
    case CORE_OP_REF_NULL:
    case CORE_OP_REF_FUNC:
    case CORE_OP_STRUCT_NEW_DEFAULT:
    case CORE_OP_GLOBAL_ATOMIC_GET: ARITY(0, 1);
    case CORE_OP_TABLE_SET:
    case CORE_OP_STRUCT_SET:
    case CORE_OP_STRUCT_ATOMIC_SET:
    case CORE_OP_TABLE_ATOMIC_SET: ARITY(2, 0);
    case CORE_OP_REF_EQ:
    case CORE_OP_ARRAY_NEW:
    case CORE_OP_ARRAY_NEW_DATA:
    case CORE_OP_ARRAY_NEW_ELEM:
    case CORE_OP_ARRAY_GET:
    case CORE_OP_ARRAY_GET_S:
    case CORE_OP_ARRAY_GET_U:
    case CORE_OP_REF_CAST_DESC_EQ:
    case CORE_OP_REF_CAST_DESC_EQ_NULL:
    case CORE_OP_TABLE_GROW:
    case CORE_OP_GLOBAL_ATOMIC_RMW_CMPXCHG:
    case CORE_OP_TABLE_ATOMIC_RMW_XCHG:
    case CORE_OP_STRUCT_ATOMIC_RMW_ADD:
    case CORE_OP_STRUCT_ATOMIC_RMW_SUB:
    case CORE_OP_STRUCT_ATOMIC_RMW_AND:
    case CORE_OP_STRUCT_ATOMIC_RMW_OR:
    case CORE_OP_STRUCT_ATOMIC_RMW_XOR:
    case CORE_OP_STRUCT_ATOMIC_RMW_XCHG:
    case CORE_OP_ARRAY_ATOMIC_GET:
    case CORE_OP_ARRAY_ATOMIC_GET_S:
    case CORE_OP_ARRAY_ATOMIC_GET_U: ARITY(2, 1);
    case CORE_OP_ARRAY_SET:
    case CORE_OP_ARRAY_ATOMIC_SET:
    case CORE_OP_MEMORY_COPY:
    case CORE_OP_TABLE_COPY:
    case CORE_OP_TABLE_FILL: ARITY(3, 0);
    case CORE_OP_TABLE_ATOMIC_RMW_CMPXCHG:
    case CORE_OP_STRUCT_ATOMIC_RMW_CMPXCHG:
    case CORE_OP_ARRAY_ATOMIC_RMW_ADD:
    case CORE_OP_ARRAY_ATOMIC_RMW_SUB:
    case CORE_OP_ARRAY_ATOMIC_RMW_AND:
    case CORE_OP_ARRAY_ATOMIC_RMW_OR:
    case CORE_OP_ARRAY_ATOMIC_RMW_XOR:
    case CORE_OP_ARRAY_ATOMIC_RMW_XCHG: ARITY(3, 1);
    case CORE_OP_ARRAY_ATOMIC_RMW_CMPXCHG: ARITY(4, 1);
    case CORE_OP_ARRAY_FILL:
    case CORE_OP_ARRAY_INIT_DATA:
    case CORE_OP_ARRAY_INIT_ELEM: ARITY(4, 0);
    case CORE_OP_ARRAY_COPY: ARITY(5, 0);
    default: ARITY(1, 1); /* table.get, local.tee, struct.get, ref.*, conversions ... */
    }
#undef ARITY
}

/* By the types that it names. */
static bool named_arity(Folder *f, const CoreInstr *in, Arity *a) {
    uint32_t n = 0;
    Arity other;
    CoreList list = in->list;
    switch ((int)in->op) {
    case CORE_OP_BR: a->results = 0; return label_arity(f, in->a, &a->params);
    case CORE_OP_BR_IF:
        if (!label_arity(f, in->a, &n)) return false;
        *a = (Arity){n + 1, n};
        return true;
    case CORE_OP_BR_TABLE:
        for (uint32_t i = 0; i < in->list.count; i++) n = core_list_label(&list);
        a->results = 0;
        if (!label_arity(f, n, &a->params)) return false;
        a->params++;
        return true;
    case CORE_OP_RETURN:
        a->results = 0;
        return label_arity(f, (uint32_t)f->blocks.len - 1, &a->params);
    case CORE_OP_CALL:
    case CORE_OP_RETURN_CALL:
        if (in->a >= f->mp->m->funcs.len || !type_arity(f, f->mp->m->funcs.at[in->a].type, a))
            return false;
        if (in->op == CORE_OP_RETURN_CALL) a->results = 0;
        return true;
    case CORE_OP_CALL_INDIRECT:
    case CORE_OP_RETURN_CALL_INDIRECT:
    case CORE_OP_CALL_REF:
    case CORE_OP_RETURN_CALL_REF:
    case CORE_OP_RESUME:
        if (!type_arity(f, in->a, a)) return false;
        a->params++;
        if (in->op == CORE_OP_RETURN_CALL_INDIRECT || in->op == CORE_OP_RETURN_CALL_REF)
            a->results = 0;
        return true;
    case CORE_OP_SELECT_TYPED: *a = (Arity){1 + 2 * list.count, list.count}; return true;
    case CORE_OP_STRUCT_NEW:
    case CORE_OP_STRUCT_NEW_DESC:
        if (!type_arity(f, in->a, a)) return false;
        *a = (Arity){a->params + (in->op == CORE_OP_STRUCT_NEW_DESC), 1};
        return true;
    case CORE_OP_ARRAY_NEW_FIXED: *a = (Arity){in->b, 1}; return true;
    case CORE_OP_THROW:
        if (!tag_arity(f, in->a, a)) return false;
        a->results = 0;
        return true;
    case CORE_OP_BR_ON_NULL:
        if (!label_arity(f, in->a, &n)) return false;
        *a = (Arity){n + 1, n + 1};
        return true;
    case CORE_OP_BR_ON_NON_NULL:
        if (!label_arity(f, in->a, &n) || n == 0) return false;
        *a = (Arity){n, n - 1};
        return true;
    case CORE_OP_BR_ON_CAST:
    case CORE_OP_BR_ON_CAST_FAIL:
        if (!label_arity(f, in->a, &n)) return false;
        *a = (Arity){n, n};
        return true;
    case CORE_OP_BR_ON_CAST_DESC_EQ:
    case CORE_OP_BR_ON_CAST_DESC_EQ_FAIL:
        if (!label_arity(f, in->a, &n)) return false;
        *a = (Arity){n + 1, n};
        return true;
    case CORE_OP_CONT_BIND:
        if (!type_arity(f, in->a, a) || !type_arity(f, in->b, &other) || a->params < other.params)
            return false;
        *a = (Arity){a->params - other.params + 1, 1};
        return true;
    case CORE_OP_SUSPEND: return tag_arity(f, in->a, a);
    case CORE_OP_RESUME_THROW:
        if (!tag_arity(f, in->b, &other) || !type_arity(f, in->a, a)) return false;
        a->params = other.params + 1;
        return true;
    case CORE_OP_RESUME_THROW_REF:
        if (!type_arity(f, in->a, a)) return false;
        a->params = 2;
        return true;
    case CORE_OP_SWITCH: {
        const CoreType *t = core_type(f->mp->m, in->a);
        t = t && t->kind == CORE_TYPE_CONT ? core_func_type_at(f->mp->m, t->cont) : NULL;
        CoreValType last = t && t->param_count ? t->params[t->param_count - 1] : 0;
        if (!core_is_concrete(last) || !type_arity(f, core_type_index(last), &other)) return false;
        *a = (Arity){t->param_count, other.params};
        return true;
    }
    default: return fixed_arity(in->op, a);
    }
}

static Arity arity(Folder *f, const CoreInstr *in) {
    const char *signature = core_op_info[in->op].signature;
    Arity a = {0, 0};
    if (signature[0]) {
        const char *colon = strchr(signature, ':');
        return (Arity){(uint32_t)(colon - signature), (uint32_t)strlen(colon + 1)};
    }
    if (!named_arity(f, in, &a)) a = (Arity){0, 0};
    return a;
}

/* ---- building the trees ---- */

static Node *node(Folder *f, Str plain, uint32_t results, int64_t offset, int hint) {
    Node *n = ARENA_NEW(f->mp->p->arena, Node);
    *n = (Node){.plain = plain, .results = results, .offset = offset, .hint = hint};
    return n;
}

static uint64_t sum_behind(const Folder *f) {
    return f->list.len ? vec_last(&f->list).sum + vec_last(&f->list).node->results : 0;
}

static void append(Folder *f, Node *n) {
    uint64_t sum = sum_behind(f);
    *vec_push(f->mp->p->arena, &f->list) = (Entry){n, sum};
}

/* The entries from `from` become children. */
static void adopt(Folder *f, Node *n, size_t from) {
    n->kid_count = f->list.len - from;
    n->kids = ARENA_NEW_ARRAY(f->mp->p->arena, Node *, n->kid_count);
    for (size_t i = 0; i < n->kid_count; i++) n->kids[i] = f->list.at[from + i].node;
    f->list.len = from;
}

static void plain_instr(Folder *f, const CoreInstr *in, Str plain, int64_t offset, int hint) {
    Arity a = arity(f, in);
    size_t first = f->list.len, base = vec_last(&f->blocks).base;
    uint64_t end = sum_behind(f);
    if (a.params && first > base && end - f->list.at[base].sum >= a.params) {
        /* the last entry from which on there are enough values */
        size_t low = base, high = first;
        while (high - low > 1) {
            size_t middle = (low + high) / 2;
            if (end - f->list.at[middle].sum >= a.params) low = middle;
            else high = middle;
        }
        if (end - f->list.at[low].sum == a.params) first = low;
        else a.results = UINT32_MAX;
    }
    Node *n = node(f, plain, a.results, offset, hint);
    adopt(f, n, first);
    append(f, n);
}

static void open_block(Folder *f, const CoreInstr *in, Str plain, int64_t offset, int hint) {
    Block b = {.op = in->op, .type = in->block, .plain = plain, .offset = offset, .hint = hint};
    if (in->op == CORE_OP_IF && f->list.len > vec_last(&f->blocks).base)
        b.condition = vec_pop(&f->list).node;
    b.base = f->list.len;
    *vec_push(f->mp->p->arena, &f->blocks) = b;
}

static Node *arm(Folder *f, const Block *b, const char *word, uint32_t results, int64_t offset) {
    Node *n = node(f, str_from(word), results, offset, -1);
    adopt(f, n, b->base);
    return n;
}

static void else_block(Folder *f, int64_t offset) {
    Block *b = &vec_last(&f->blocks);
    if (b->op != CORE_OP_IF) {
        f->odd = true;
        return;
    }
    b->then = arm(f, b, "then", 0, b->offset);
    b->op = CORE_OP_ELSE;
    b->if_offset = b->offset;
    b->offset = offset;
}

static void close_block(Folder *f) {
    if (f->blocks.len < 2) {
        f->odd = true;
        return;
    }
    Block b = vec_pop(&f->blocks);
    Arity a = {0, 0};
    if (!block_arity(f, &b.type, &a)) a = (Arity){0, 0};
    bool is_if = b.op == CORE_OP_IF || b.op == CORE_OP_ELSE;
    Node *n = node(f, b.plain, a.results, b.op == CORE_OP_ELSE ? b.if_offset : b.offset, b.hint);
    if (!is_if) {
        adopt(f, n, b.base);
    } else {
        Node *last = arm(f, &b, b.op == CORE_OP_ELSE ? "else" : "then", a.results, b.offset);
        n->kids = ARENA_NEW_ARRAY(f->mp->p->arena, Node *, 3);
        if (b.condition) n->kids[n->kid_count++] = b.condition;
        if (b.then) n->kids[n->kid_count++] = b.then;
        n->kids[n->kid_count++] = last;
    }
    append(f, n);
}

/* ---- printing them ---- */

typedef struct {
    const Node *node;
    size_t next;
} Place;

static void separator(WatPrinter *p, bool lines, bool *first, int64_t offset) {
    if (lines) wat_newline(p, offset);
    else if (!*first) wat_put(p, " ");
    *first = false;
}

static void open_node(WatPrinter *p, const Node *n, bool lines, bool *first) {
    if (n->hint >= 0) {
        separator(p, lines, first, n->offset);
        buf_fmt(p->out, "(@metadata.code.branch_hint \"\\%02x\")", n->hint);
    }
    separator(p, lines, first, n->offset);
    wat_put(p, "(");
    wat_put_str(p, n->plain);
    /* a comment to the end of the line would hide the parenthesis */
    if (!n->kid_count && str_find_str(n->plain, STR(";;"), 0) != SIZE_MAX)
        wat_newline(p, n->offset);
    p->nesting++;
}

static void print_tree(WatPrinter *p, const Node *root, bool lines, bool *first) {
    VEC(Place) stack = {0};
    *vec_push(p->arena, &stack) = (Place){root, 0};
    open_node(p, root, lines, first);
    while (stack.len) {
        Place *top = &vec_last(&stack);
        if (top->next < top->node->kid_count) {
            const Node *kid = top->node->kids[top->next++];
            *vec_push(p->arena, &stack) = (Place){kid, 0};
            open_node(p, kid, lines, first);
        } else {
            p->nesting--;
            wat_put(p, ")");
            stack.len--;
        }
    }
}

/* ---- */

static void fold_instr(Folder *f, WatCodePrinter *c, const CoreInstr *in, int64_t at, int hint,
                       size_t *next_note) {
    WatPrinter *p = f->mp->p;
    Buf *out = p->out, text = {.arena = p->arena};
    p->out = &text;
    wat_put_instr(c, in, at);
    Str note;
    if (c->notes && wat_note(f->mp, next_note, (size_t)at, &note))
        buf_fmt(&text, " (; %.*s ;)", STR_ARG(note));
    p->out = out;
    Str plain = buf_text(&text);
    switch ((int)in->op) {
    case CORE_OP_BLOCK:
    case CORE_OP_LOOP:
    case CORE_OP_TRY_TABLE:
    case CORE_OP_IF: open_block(f, in, plain, at, hint); break;
    case CORE_OP_ELSE: else_block(f, at); break;
    case CORE_OP_END: close_block(f); break;
    case CORE_OP_TRY:
    case CORE_OP_CATCH:
    case CORE_OP_CATCH_ALL:
    case CORE_OP_DELEGATE: f->odd = true; break;
    default: plain_instr(f, in, plain, at, hint); break;
    }
}

int64_t wat_print_folded(WatModulePrinter *mp, const CoreExpr *body, Str hints, size_t body_start,
                         bool lines) {
    WatPrinter *p = mp->p;
    unsigned nesting = p->nesting;
    Folder f = {.mp = mp};
    WatCodePrinter c = {.mp = mp,
                        .separator = WAT_NONE,
                        .nesting_start = nesting,
                        .notes = lines && p->options.operand_stack};
    size_t next_note = 0;
    Block function = {.op = CORE_OP_BLOCK};
    if (lines && mp->func < mp->m->funcs.len)
        function.type =
            (CoreBlockType){.kind = CORE_BLOCK_TYPE, .type = mp->m->funcs.at[mp->func].type};
    *vec_push(p->arena, &f.blocks) = function;
    Reader r = core_expr_reader(mp->m, body, p->diags);
    const Source hint_view = {.text = hints, .binary = true};
    Reader hint_reader = reader_of(&hint_view, NULL);
    bool taken = false;
    size_t hint = wat_next_hint(&hint_reader, &taken);
    int64_t end = 0;
    bool ended = false;
    CoreInstr in;
    while (!reader_at_end(&r) && !f.odd) {
        size_t at = reader_offset(&r);
        if (!core_instr_next(&r, &in)) break;
        end = (int64_t)at;
        ended = in.op == CORE_OP_END && reader_at_end(&r);
        if (ended) break;
        bool hinted = hint == at - body_start;
        fold_instr(&f, &c, &in, (int64_t)at, hinted ? taken : -1, &next_note);
        if (hinted) hint = wat_next_hint(&hint_reader, &taken);
    }
    p->nesting = nesting;
    if (f.odd || f.blocks.len != 1 ||
        !ended) { /* legacy exceptions, or not well nested: as it stands */
        p->options.fold = false;
        if (lines) end = wat_print_body(mp, body, hints, body_start);
        else wat_print_const(mp, body);
        p->options.fold = true;
        return end;
    }
    bool first = true;
    for (size_t i = 0; i < f.list.len; i++) print_tree(p, f.list.at[i].node, lines, &first);
    return end;
}
