/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From a validated body to prepared code, in one pass.
 *
 * The operand stack exists only here. An entry says where its value is:
 *
 *     TEMP   in its home, the register that belongs to its height
 *     LOCAL  still in a local: `local.get` emits nothing
 *     CONST  nowhere yet: `i32.const` emits nothing
 *     ACC    in an accumulator, and in no slot unless it is asked for
 *
 * An instruction takes its operands from wherever they are, by its form (op.h), and leaves its
 * result in the accumulator if it can, else in the home of the new entry. When another result needs
 * the accumulator, or a label or a call comes, the instruction that filled it is given the form that
 * writes the home, too; a `local.set` that follows makes the local the destination. Before a local is
 * written, entries that still stand for its old value are copied home (they are chained by local,
 * so this costs nothing where there are none). At the border of a block everything is sent home, so
 * that all ways into a label agree. `clean` counts the lowest entries that are known to be home,
 * which keeps all of this linear in the size of the body.
 *
 * A comparison that only a branch uses becomes one instruction with it. Unreachable code is skipped.
 */
#include "interpreter/prepare.h"

bool vm_prepare_grow(const Prepare *p, void *array, uint32_t *cap, size_t size) {
    uint32_t bigger = *cap ? *cap * 2 : 32;
    VmStore *store = p->store;
    void *more = alloc_more(&store->memory, *(void **)array, bigger, size);
    if (!more) return vm_no_memory(store);
    *(void **)array = more;
    *cap = bigger;
    return true;
}

/* ---- locals ---- */

static void local_get(Prepare *p, uint32_t index) {
    uint32_t local = p->local_register[index];
    Entry *e = push(p, (uint8_t)(p->local_register[index + 1] - local));
    if (p->failed) return;
    e->kind = LOCAL;
    e->local = local;
    e->chain = p->local_chain[local];
    p->local_chain[local] = p->height;
    if (p->local_ref) vm_top_is_kind(p, p->local_ref[index]);
}

/* The local's register was written by other means than an accumulator. */
static void forget_local(Prepare *p, uint32_t local) {
    for (int c = 0; c < CLASSES; c++)
        if (p->acc[c].local == local + 1) p->acc[c].local = 0;
}

static void local_set(Prepare *p, uint32_t index) {
    uint32_t local = p->local_register[index];
    bool made = just_made(p);
    Entry e = pop(p);
    if (e.kind == LOCAL && e.local == local) return;
    if (save_local(p, local)) made = false;
    forget_local(p, local);
    if (e.kind == ACC) { /* the accumulator goes on to hold it */
        if (made) write_slot(p, e.class, local);
        else emit(p, e.class == FLOAT ? VM_OP_COPY_F : VM_OP_COPY_A, local, 0, 0, 0);
        p->acc[e.class].local = local + 1;
    } else if (e.kind == TEMP && made) {
        p->words[p->last.at].a = (uint16_t)local; /* the producer writes the local itself */
        p->last.at = 0;
    } else if (e.kind == CONST) {
        e.home = (uint16_t)local;
        send_home(p, &e);
    } else {
        emit(p, e.slots == 2 ? VM_OP_COPY2 : VM_OP_COPY, local, place_of(p, &e), 0, 0);
    }
}

/* Three operands, no result: the bulk instructions. */
static void ternary(Prepare *p, VmOp op, uint64_t imm) {
    Entry c = pop(p), b = pop(p), a = pop(p);
    uint32_t x = place_of(p, &a), y = place_of(p, &b), z = place_of(p, &c);
    emit_imm(p, op, x, y, z, imm);
}

static void table_grow(Prepare *p, uint32_t table) {
    Entry n = pop(p), value = pop(p);
    uint32_t x = place_of(p, &value), y = place_of(p, &n);
    emit_imm(p, VM_OP_TABLE_GROW, push_temp(p, 1), x, y, table);
}

static void get(Prepare *p, VmOp op, uint64_t imm, uint8_t slots) {
    uint32_t at = p->word_count;
    emit_imm(p, op, push_temp(p, slots), 0, 0, imm);
    if (slots == 1) made_by(p, at);
}

static void get_by(Prepare *p, VmOp op, uint64_t imm) {
    Entry a = pop(p);
    uint32_t from = place_of(p, &a), at = p->word_count;
    emit_imm(p, op, push_temp(p, 1), from, 0, imm);
    made_by(p, at);
}

/* References stay out of the accumulator: the collector looks for them in slots. */
static void select_one(Prepare *p, bool is_ref) {
    Entry condition = pop(p), b = pop(p), a = pop(p);
    bool two = a.slots == 2;
    Operand c = vm_prepare_operand(p, &condition, INT);
    if (c.kind == IN_CONST || two) vm_prepare_to_slot(p, &c, INT);
    uint32_t x = place_of(p, &a), y = place_of(p, &b), at = p->word_count;
    VmOp op = two ? VM_OP_SELECT2 : c.kind == IN_ACC ? VM_OP_SELECT_A : VM_OP_SELECT;
    if (two || is_ref) {
        emit(p, op, push_temp(p, a.slots), x, y, c.slot);
        if (!two) made_by(p, at);
        vm_top_is_kind(p, a.ref ? a.ref : b.ref);
    } else {
        emit(p, op + 1, 0, x, y, c.slot);
        vm_prepare_result(p, at, op, INT, (Last){.op = CORE_OP_NOP});
    }
}

/* ---- jumps ---- */

/* A condition that was taken off the stack, perhaps with the comparison that made it. A comparison
 * has VM_JUMP_FORMS of both jumps, a test has two. */
typedef struct {
    uint16_t jump_if, jump_unless;
    bool compares;
    uint8_t class; /* of the operands */
    Operand x, y;
} Condition;

/* The jumps that are one with the comparison. */
static const struct {
    uint16_t jump_if, jump_unless;
} jumps[CORE_OP_COUNT] = {
#define X(id, type, op) [CORE_OP_##id] = {VM_OP_JUMP_##id, VM_OP_JUMP_NOT_##id},
    VM_COMPARISONS(X)
#undef X
        [CORE_OP_I32_EQZ] = {VM_OP_JUMP_UNLESS, VM_OP_JUMP_IF},
    [CORE_OP_I64_EQZ] = {VM_OP_JUMP_UNLESS_64, VM_OP_JUMP_IF_64},
};

static Condition take_condition(Prepare *p) {
    bool made = just_made(p) && p->stack[p->height - 1].kind == ACC;
    Last last = p->last;
    Entry e = pop(p);
    if (!made || !jumps[last.op].jump_if)
        return (Condition){.jump_if = VM_OP_JUMP_IF,
                           .jump_unless = VM_OP_JUMP_UNLESS,
                           .x = vm_prepare_operand(p, &e, INT)};
    take_back(p, p->offset);
    return (Condition){.jump_if = jumps[last.op].jump_if,
                       .jump_unless = jumps[last.op].jump_unless,
                       .compares = vm_numerics[last.op].operands == 2,
                       .class = vm_numerics[last.op].first,
                       .x = last.x,
                       .y = last.y};
}

/* Emits a conditional jump; gives the position of the word with its distance. */
static uint32_t emit_condition(Prepare *p, const Condition *c, bool sense, uint32_t *from) {
    Operand x = c->x, y = c->y;
    VmOp op = sense ? c->jump_if : c->jump_unless;
    if (x.kind == IN_CONST) vm_prepare_to_slot(p, &x, c->class);
    if (c->compares) op += vm_prepare_form(p, &x, &y, c->class) / 2;
    else op += x.kind == IN_ACC;
    *from = begin(p, op);
    operands(p, x.slot, y.slot, 0, 0);
    uint32_t at = p->word_count - 1;
    if (c->compares && y.kind == IN_CONST) immediate(p, y.k);
    return at;
}

static uint32_t emit_jump(Prepare *p, uint32_t *from) {
    *from = begin(p, VM_OP_JUMP);
    word(p);
    return p->word_count - 1;
}

static void set_jump(Prepare *p, uint32_t at, uint32_t from, uint32_t target) {
    if (!p->failed) p->words[at].jump = (int32_t)(target - from);
}

/* The jump at word `at` leads to the label of `block`, now or when its end is met. */
static void jump_to(Prepare *p, Block *block, uint32_t at, uint32_t from) {
    if (block->op == CORE_OP_LOOP) {
        set_jump(p, at, from, block->start);
        return;
    }
    if (!grow(p, &p->patches, p->patch_count, &p->patch_cap, sizeof *p->patches)) {
        p->failed = true;
        return;
    }
    p->patches[p->patch_count++] = (Patch){at, from, block->patches};
    block->patches = p->patch_count;
}

static void land(Prepare *p, uint32_t patches) {
    for (; patches && !p->failed; patches = p->patches[patches - 1].next) {
        const Patch *patch = &p->patches[patches - 1];
        set_jump(p, patch->word, patch->from, p->word_count);
    }
}

/* ---- blocks and branches ---- */

static Block *block_at(Prepare *p, uint32_t depth) {
    return &p->blocks[p->block_count - 1 - depth];
}

static const CoreValType *results_of(const Block *b) { return b->single ? &b->single : b->results; }

static const CoreValType *label_types(const Block *b) {
    return b->op == CORE_OP_LOOP ? b->params : results_of(b);
}

static uint32_t label_count(const Block *b) {
    return b->op == CORE_OP_LOOP ? b->param_count : b->result_count;
}

static uint32_t label_slots(const Block *b) {
    uint32_t slots = 0;
    for (uint32_t i = 0; i < label_count(b); i++) slots += vm_slots_of(label_types(b)[i]);
    return slots;
}

/* The register where a block's parameters and results begin. */
static uint32_t block_base(const Prepare *p, const Block *b) {
    return b->entries == p->height ? p->registers : p->stack[b->entries].home;
}

/* Whether the top values must move to stand where the label expects them. */
static bool must_move(Prepare *p, const Block *b) {
    uint32_t n = label_count(b);
    if (n == 0) return false;
    const Entry *first = &p->stack[p->height - n];
    if (first->home != block_base(p, b)) return true;
    for (uint32_t i = 0; i < n; i++)
        if (first[i].kind != TEMP) return true;
    return false;
}

static void move_to_label(Prepare *p, const Block *b) {
    uint32_t n = label_count(b);
    if (n == 0) return;
    uint32_t to = block_base(p, b);
    if (n == 1 && vm_slots_of(label_types(b)[0]) == 1) {
        Entry e = p->stack[p->height - 1]; /* a copy: the entry itself stays as it is */
        if (e.kind == TEMP && e.home == to) return;
        if (e.kind == CONST) emit_imm(p, VM_OP_CONST, to, 0, 0, e.k[0].u64);
        else if (e.kind == ACC) write_slot(p, e.class, to);
        else emit(p, VM_OP_COPY, to, e.kind == LOCAL ? e.local : e.home, 0, 0);
        return;
    }
    all_home_from(p, p->height - n);
    uint32_t from = p->stack[p->height - n].home;
    if (from != to) emit(p, VM_OP_COPY_N, to, from, label_slots(b), 0);
}

static void set_dead(Prepare *p) {
    p->dead = true;
    p->dead_depth = 0;
    p->last.at = 0;
}

/* `return`, or the end of the body. */
static void emit_return(Prepare *p) {
    const Block *body = &p->blocks[0];
    uint32_t n = body->result_count, slots = label_slots(body);
    if (n == 0) {
        begin(p, VM_OP_RETURN);
        word(p);
    } else if (slots == 1) {
        Entry e = p->stack[p->height - 1];
        if (e.kind == CONST) emit_imm(p, VM_OP_RETURN_K, 0, 0, 0, e.k[0].u64);
        else if (e.kind == ACC)
            emit(p, e.class == FLOAT ? VM_OP_RETURN_F : VM_OP_RETURN_A, 0, 0, 0, 0);
        else emit(p, VM_OP_RETURN_1, e.kind == LOCAL ? e.local : e.home, 0, 0, 0);
    } else {
        all_home_from(p, p->height - n);
        emit(p, VM_OP_RETURN_N, p->stack[p->height - n].home, slots, 0, 0);
    }
}

static void br(Prepare *p, uint32_t depth) {
    Block *b = block_at(p, depth);
    if (depth == p->block_count - 1) {
        emit_return(p);
    } else {
        uint32_t from;
        move_to_label(p, b);
        uint32_t at = emit_jump(p, &from);
        jump_to(p, b, at, from);
    }
    set_dead(p);
}

/* A conditional branch: straight where nothing has to move, else around the moves. */
static void branch_on(Prepare *p, const Condition *c, bool sense, uint32_t depth) {
    Block *b = block_at(p, depth);
    uint32_t from;
    if (depth != p->block_count - 1 && !must_move(p, b)) {
        uint32_t at = emit_condition(p, c, sense, &from);
        jump_to(p, b, at, from);
    } else {
        all_home_from(p, p->height - label_count(b)); /* on both ways, so that the stack is one */
        uint32_t at = emit_condition(p, c, !sense, &from);
        br(p, depth);
        p->dead = false;
        set_jump(p, at, from, p->word_count);
    }
    p->last.at = 0;
}

static void br_if(Prepare *p, uint32_t depth) {
    Condition c = take_condition(p);
    branch_on(p, &c, true, depth);
}

/* Entry i of the table leads to a label directly, or to a stub that moves values first. */
static void br_table(Prepare *p, const CoreInstr *i) {
    Entry e = pop(p);
    uint32_t n = i->list.count; /* the default is the last of them */
    Operand index = vm_prepare_operand(p, &e, INT);
    if (index.kind == IN_CONST) vm_prepare_to_slot(p, &index, INT);
    CoreList any = i->list; /* all take as many values */
    all_home_from(p, p->height - label_count(block_at(p, core_list_label(&any))));
    uint32_t from = begin(p, index.kind == IN_ACC ? VM_OP_JUMP_TABLE_A : VM_OP_JUMP_TABLE);
    operands(p, index.slot, 0, 0, 0);
    if (p->word_count) p->words[p->word_count - 1].jump = (int32_t)(n - 1);
    uint32_t table = p->word_count;
    for (uint32_t k = 0; k < n; k++) word(p);
    CoreList list = i->list;
    for (uint32_t k = 0; k < n && !p->failed; k++) {
        uint32_t depth = core_list_label(&list);
        Block *b = block_at(p, depth);
        if (depth != p->block_count - 1 && !must_move(p, b)) {
            jump_to(p, b, table + k, from);
            continue;
        }
        set_jump(p, table + k, from, p->word_count);
        br(p, depth);
    }
    set_dead(p);
}

static void set_block_type(Prepare *p, Block *b, const CoreBlockType *type) {
    if (type->kind == CORE_BLOCK_RESULT) {
        b->single = type->result;
        b->result_count = 1;
    } else if (type->kind == CORE_BLOCK_TYPE) {
        const CoreType *f = core_func_type_at(p->core, type->type);
        b->params = f->params, b->param_count = f->param_count;
        b->results = f->results, b->result_count = f->result_count;
    }
}

static Block *open_block(Prepare *p, CoreOp op, const CoreBlockType *type) {
    if (!grow(p, &p->blocks, p->block_count, &p->block_cap, sizeof *p->blocks)) {
        p->failed = true;
        return p->blocks;
    }
    Block *b = &p->blocks[p->block_count++];
    *b = (Block){.op = op, .fuel_word = p->fuel_word};
    set_block_type(p, b, type);
    b->entries = p->height - b->param_count;
    return b;
}

static void open(Prepare *p, const CoreInstr *i) {
    Condition c = {0};
    if (i->op == CORE_OP_IF) c = take_condition(p);
    all_home_from(p, 0);
    Block *b = open_block(p, i->op, &i->block);
    if (p->failed) return;
    if (i->op == CORE_OP_LOOP) {
        empty_accs(p);
        b->start = p->word_count;
        begin_run(p);
    } else if (i->op == CORE_OP_IF) {
        uint32_t from, at = emit_condition(p, &c, false, &from);
        Block no_label = {.op = CORE_OP_IF};
        jump_to(p, &no_label, at, from);
        b->else_patch = no_label.patches;
    }
}

static void meet_else(Prepare *p) {
    Block *b = block_at(p, 0);
    if (!p->dead) {
        uint32_t from;
        all_home_from(p, b->entries);
        uint32_t at = emit_jump(p, &from);
        jump_to(p, b, at, from);
    }
    land(p, b->else_patch);
    b->else_patch = 0;
    b->op = CORE_OP_ELSE;
    drop_to(p, b->entries);
    push_types(p, b->params, b->param_count);
    p->dead = false;
    empty_accs(p);
    resume_run(p, b);
}

static void settle_delegates(Prepare *p, Block *b);
static void close_try_table(Prepare *p, const Block *b, uint32_t to);

static void close(Prepare *p) {
    uint32_t to = p->word_count;
    bool catches = block_at(p, 0)->op == CORE_OP_CATCH || block_at(p, 0)->op == CORE_OP_CATCH_ALL;
    if (!p->dead && catches) move_to_label(p, block_at(p, 0));
    else if (!p->dead) all_home_from(p, block_at(p, 0)->entries);
    settle_delegates(p, block_at(p, 0));
    Block b = *block_at(p, 0);
    if (b.op == CORE_OP_TRY_TABLE) close_try_table(p, &b, to);
    land(p, b.else_patch);
    land(p, b.patches);
    p->block_count--;
    drop_to(p, b.entries);
    push_types(p, results_of(&b), b.result_count);
    p->dead = false;
    empty_accs(p);
    resume_run(p, &b);
}

/* ---- exceptions ----
 *
 * A clause of try_table lands at a stub before the block, which branches with the values to the
 * clause's label:
 *
 *     JUMP body; [clause 0: moves, JUMP label]; [clause 1: ...]; body: ...
 *
 * A legacy catch lands at its own code. It has a register for the exception below the values, which
 * is filled only where a rethrow asks for it. */

static void add_catch(Prepare *p, VmCatch entry) {
    if (!grow(p, &p->catches, p->catch_count, &p->catch_cap, sizeof *p->catches)) p->failed = true;
    else p->catches[p->catch_count++] = entry;
}

/* Delegates to `b` go on at the clauses that are added next. */
static void settle_delegates(Prepare *p, Block *b) {
    for (uint32_t i = b->delegates, next; i; i = next) {
        next = p->catches[i - 1].word;
        p->catches[i - 1].word = p->catch_count;
    }
    b->delegates = 0;
}

static VmCatch clause_stub(Prepare *p, CoreCatch clause) {
    bool all = clause.kind == CORE_CATCH_ALL || clause.kind == CORE_CATCH_ALL_REF;
    VmCatch entry = {.kind = all ? VM_CATCH_ALL : VM_CATCH,
                     .keeps = clause.kind == CORE_CATCH_REF || clause.kind == CORE_CATCH_ALL_REF,
                     .has_ref = clause.kind == CORE_CATCH_REF || clause.kind == CORE_CATCH_ALL_REF,
                     .tag = clause.tag,
                     .word = p->word_count,
                     .home = (uint16_t)p->registers};
    uint32_t height = p->height;
    if (!all) {
        const CoreType *type = core_tag_type(p->core, clause.tag);
        push_types(p, type->params, type->param_count);
    }
    if (entry.keeps) entry.ref_home = (uint16_t)push_temp(p, 1), vm_top_is_kind(p, VM_ANY_REF);
    if (!p->failed) br(p, clause.label);
    p->dead = false;
    drop_to(p, height);
    return entry;
}

static void open_try_table(Prepare *p, const CoreInstr *i) {
    Block shape = {0};
    uint32_t pending = p->pending_count;
    all_home_from(p, 0);
    empty_accs(p);
    set_block_type(p, &shape, &i->block);
    if (i->list.count) {
        uint32_t from, over = emit_jump(p, &from);
        CoreList list = i->list;
        drop_to(p, p->height - shape.param_count);
        for (uint32_t k = 0; k < i->list.count && !p->failed; k++) {
            VmCatch entry = clause_stub(p, core_list_catch(&list));
            if (!grow(p, &p->pending, p->pending_count, &p->pending_cap, sizeof *p->pending))
                p->failed = true;
            else p->pending[p->pending_count++] = entry;
        }
        push_types(p, shape.params, shape.param_count);
        set_jump(p, over, from, p->word_count);
        p->last.at = 0;
    }
    Block *b = open_block(p, CORE_OP_TRY_TABLE, &i->block);
    b->from = p->word_count;
    b->pending = pending;
}

static void close_try_table(Prepare *p, const Block *b, uint32_t to) {
    for (uint32_t k = b->pending; k < p->pending_count; k++) {
        p->pending[k].from = b->from, p->pending[k].to = to;
        add_catch(p, p->pending[k]);
    }
    p->pending_count = b->pending;
}

static void open_try(Prepare *p, const CoreInstr *i) {
    all_home_from(p, 0);
    empty_accs(p);
    open_block(p, CORE_OP_TRY, &i->block)->from = p->word_count;
}

static void meet_catch(Prepare *p, const CoreInstr *i) {
    Block *b = block_at(p, 0);
    if (b->op == CORE_OP_TRY) b->to = p->word_count;
    if (!p->dead) br(p, 0);
    settle_delegates(p, b);
    drop_to(p, b->entries);
    uint32_t reference = push_temp(p, 1);
    vm_top_is_kind(p, VM_ANY_REF);
    VmCatch entry = {.from = b->from,
                     .has_ref = true,
                     .to = b->to,
                     .kind = i->op == CORE_OP_CATCH ? VM_CATCH : VM_CATCH_ALL,
                     .tag = i->a,
                     .word = p->word_count,
                     .ref_home = (uint16_t)reference,
                     .home = (uint16_t)p->registers};
    b->op = i->op;
    b->caught = p->catch_count;
    add_catch(p, entry);
    if (i->op == CORE_OP_CATCH) {
        const CoreType *type = core_tag_type(p->core, i->a);
        push_types(p, type->params, type->param_count);
    }
    p->dead = false;
    empty_accs(p);
    resume_run(p, b);
}

static void meet_delegate(Prepare *p, uint32_t depth) {
    Block *to = block_at(p, depth + 1), b = *block_at(p, 0);
    settle_delegates(p, block_at(p, 0));
    VmCatch entry = {.from = b.from, .to = p->word_count, .kind = VM_DELEGATE, .word = UINT32_MAX};
    bool outside = depth + 2 >= p->block_count; /* to the caller */
    if (!outside) entry.word = to->delegates;
    add_catch(p, entry);
    if (!outside) to->delegates = p->catch_count;
    close(p);
}

static void throw(Prepare * p, uint32_t tag) {
    uint32_t refs = vm_refs_here(p), slots = 0;
    uint32_t first = take_home(p, core_tag_type(p->core, tag)->param_count, &slots);
    vm_refs_at(p, p->word_count, refs);
    emit_imm(p, VM_OP_THROW, first, 0, slots, tag);
    set_dead(p);
}

static void throw_ref(Prepare *p) {
    Entry e = pop(p);
    emit(p, VM_OP_THROW_REF, place_of(p, &e), 0, 0, 0);
    set_dead(p);
}

static void rethrow(Prepare *p, uint32_t depth) {
    const Block *b = block_at(p, depth);
    p->catches[b->caught].keeps = true;
    emit(p, VM_OP_THROW_REF, p->stack[b->entries].home, 0, 0, 0);
    set_dead(p);
}

/* ---- calls ---- */

/* `imm` names the callee unless a register does. */
static void call(Prepare *p, VmOp op, VmOp tail_op, bool tail, const CoreType *type,
                 bool by_register, bool has_imm, uint64_t imm) {
    uint32_t reference = 0, slots = 0;
    if (by_register) {
        Entry e = pop(p);
        reference = place_of(p, &e);
    }
    /* The arguments' homes are the callee's first registers. */
    uint32_t first = take_home(p, type->param_count, &slots);
    if (p->failed) return;
    uint32_t refs = tail ? 0 : vm_refs_here(p);
    empty_accs(p);
    emit(p, tail ? tail_op : op, first, reference, slots, 0);
    if (has_imm) immediate(p, imm);
    vm_refs_at(p, p->word_count - 1, refs);
    if (tail) set_dead(p);
    else push_types(p, type->results, type->result_count);
    p->last.at = 0;
}

static void call_any(Prepare *p, const CoreInstr *i) {
    uint32_t imported = p->core->imported[CORE_FUNC];
    switch (i->op) {
    case CORE_OP_CALL:
    case CORE_OP_RETURN_CALL:
        if (i->op == CORE_OP_CALL && i->a >= imported)
            call(p, VM_OP_CALL_OWN, VM_OP_STOP, false, core_func_type(p->core, i->a), false, true,
                 (i->a - imported) * sizeof(VmFunc));
        else
            call(p, VM_OP_CALL, VM_OP_TAIL_CALL, i->op != CORE_OP_CALL,
                 core_func_type(p->core, i->a), false, true, i->a);
        break;
    case CORE_OP_CALL_INDIRECT:
    case CORE_OP_RETURN_CALL_INDIRECT:
        call(p, VM_OP_CALL_INDIRECT, VM_OP_TAIL_CALL_INDIRECT, i->op != CORE_OP_CALL_INDIRECT,
             core_func_type_at(p->core, i->a), true, true,
             p->module->types[i->a] | (uint64_t)i->b << 32);
        break;
    default:
        call(p, VM_OP_CALL_REF, VM_OP_TAIL_CALL_REF, i->op != CORE_OP_CALL_REF,
             core_func_type_at(p->core, i->a), true, false, 0);
        break;
    }
}

/* ---- references ---- */

static void ref_is_null(Prepare *p) { vm_prepare_numeric(p, CORE_OP_I64_EQZ); }

static void ref_as_non_null(Prepare *p) {
    emit(p, VM_OP_REF_AS_NON_NULL, place_of_top(p), 0, 0, 0);
}

static void br_on_null(Prepare *p, uint32_t depth) {
    all_home_from(p, p->height - 1);
    Entry e = pop(p);
    Condition c = {
        .jump_if = VM_OP_JUMP_IF_64, .jump_unless = VM_OP_JUMP_UNLESS_64, .x = {.slot = e.home}};
    branch_on(p, &c, false, depth);
    push_temp(p, 1); /* the reference is still in its home */
    vm_top_is_kind(p, e.ref);
}

static void br_on_non_null(Prepare *p, uint32_t depth) {
    all_home_from(p, p->height - 1);
    Condition c = {.jump_if = VM_OP_JUMP_IF_64,
                   .jump_unless = VM_OP_JUMP_UNLESS_64,
                   .x = {.slot = p->stack[p->height - 1].home}};
    branch_on(p, &c, true, depth);
    pop(p);
}

static void br_on_cast(Prepare *p, const CoreInstr *i) {
    if (i->op == CORE_OP_BR_ON_CAST || i->op == CORE_OP_BR_ON_CAST_FAIL) {
        vm_prepare_ref_test(p, place_of_top(p), i->type[1]);
    } else {
        Entry descriptor = pop(p);
        uint32_t at = place_of(p, &descriptor);
        vm_prepare_desc_test(p, place_of_top(p), at, i->type[1]);
    }
    Entry test = pop(p);
    Condition c = {
        .jump_if = VM_OP_JUMP_IF, .jump_unless = VM_OP_JUMP_UNLESS, .x = {.slot = test.home}};
    branch_on(p, &c, i->op == CORE_OP_BR_ON_CAST || i->op == CORE_OP_BR_ON_CAST_DESC_EQ, i->a);
}

/* ---- one instruction ---- */

static bool bulk(Prepare *p, const CoreInstr *i) {
    uint64_t both = i->a | (uint64_t)i->b << 32;
    switch (i->op) {
    case CORE_OP_MEMORY_SIZE: get(p, VM_OP_MEMORY_SIZE, i->a, 1); return true;
    case CORE_OP_MEMORY_GROW: get_by(p, VM_OP_MEMORY_GROW, i->a); return true;
    case CORE_OP_MEMORY_FILL: ternary(p, VM_OP_MEMORY_FILL, i->a); return true;
    case CORE_OP_MEMORY_COPY: ternary(p, VM_OP_MEMORY_COPY, both); return true;
    case CORE_OP_MEMORY_INIT: ternary(p, VM_OP_MEMORY_INIT, both); return true;
    case CORE_OP_DATA_DROP: emit_imm(p, VM_OP_DATA_DROP, 0, 0, 0, i->a); return true;
    case CORE_OP_TABLE_GET:
        get_by(p, VM_OP_TABLE_GET, i->a);
        vm_top_is(p, p->core->tables.at[i->a].type);
        return true;
    case CORE_OP_TABLE_SET: {
        Entry value = pop(p), index = pop(p);
        uint32_t x = place_of(p, &index), y = place_of(p, &value);
        emit_imm(p, VM_OP_TABLE_SET, x, y, 0, i->a);
        return true;
    }
    case CORE_OP_TABLE_SIZE: get(p, VM_OP_TABLE_SIZE, i->a, 1); return true;
    case CORE_OP_TABLE_GROW: table_grow(p, i->a); return true;
    case CORE_OP_TABLE_FILL: ternary(p, VM_OP_TABLE_FILL, i->a); return true;
    case CORE_OP_TABLE_COPY: ternary(p, VM_OP_TABLE_COPY, both); return true;
    case CORE_OP_TABLE_INIT: ternary(p, VM_OP_TABLE_INIT, both); return true;
    case CORE_OP_ELEM_DROP: emit_imm(p, VM_OP_ELEM_DROP, 0, 0, 0, i->a); return true;
    default: return false;
    }
}

static void global_set(Prepare *p, uint32_t index) {
    Entry e = pop(p);
    emit_imm(p, e.slots == 2 ? VM_OP_GLOBAL_SET2 : VM_OP_GLOBAL_SET, place_of(p, &e), 0, 0, index);
}

static bool value(Prepare *p, const CoreInstr *i) {
    switch (i->op) {
    case CORE_OP_I32_CONST: push_const(p, (uint32_t)i->i64); return true;
    case CORE_OP_I64_CONST: push_const(p, (uint64_t)i->i64); return true;
    case CORE_OP_F32_CONST: push_const(p, (uint32_t)i->bits); return true;
    case CORE_OP_F64_CONST: push_const(p, i->bits); return true;
    case CORE_OP_REF_NULL: push_const(p, 0); return true;
    case CORE_OP_V128_CONST: {
        Entry *e = push(p, 2);
        e->kind = CONST;
        memcpy(e->k, i->bytes, 16);
        return true;
    }
    case CORE_OP_LOCAL_GET: local_get(p, i->a); return true;
    case CORE_OP_LOCAL_SET: local_set(p, i->a); return true;
    case CORE_OP_LOCAL_TEE:
        local_set(p, i->a);
        local_get(p, i->a);
        return true;
    case CORE_OP_GLOBAL_GET: {
        bool two = p->core->globals.at[i->a].type == CORE_V128;
        get(p, two ? VM_OP_GLOBAL_GET2 : VM_OP_GLOBAL_GET, i->a, two ? 2 : 1);
        vm_top_is(p, p->core->globals.at[i->a].type);
        return true;
    }
    case CORE_OP_GLOBAL_SET: global_set(p, i->a); return true;
    case CORE_OP_REF_FUNC: get(p, VM_OP_REF_FUNC, i->a, 1); return true;
    case CORE_OP_REF_EQ: vm_prepare_numeric(p, CORE_OP_I64_EQ); return true;
    case CORE_OP_REF_IS_NULL: ref_is_null(p); return true;
    case CORE_OP_REF_AS_NON_NULL: ref_as_non_null(p); return true;
    case CORE_OP_SELECT: select_one(p, false); return true;
    case CORE_OP_SELECT_TYPED: {
        CoreList list = i->list;
        select_one(p, core_is_ref(core_list_type(&list)));
        return true;
    }
    case CORE_OP_DROP: pop(p); return true;
    case CORE_OP_ATOMIC_FENCE: /* one thread runs at a time */
    case CORE_OP_NOP: return true;
    default: return false;
    }
}

static bool control(Prepare *p, const CoreInstr *i) {
    switch (i->op) {
    case CORE_OP_BLOCK:
    case CORE_OP_LOOP:
    case CORE_OP_IF: open(p, i); return true;
    case CORE_OP_ELSE: meet_else(p); return true;
    case CORE_OP_TRY_TABLE: open_try_table(p, i); return true;
    case CORE_OP_TRY: open_try(p, i); return true;
    case CORE_OP_CATCH:
    case CORE_OP_CATCH_ALL: meet_catch(p, i); return true;
    case CORE_OP_DELEGATE: meet_delegate(p, i->a); return true;
    case CORE_OP_THROW: throw(p, i->a); return true;
    case CORE_OP_THROW_REF: throw_ref(p); return true;
    case CORE_OP_RETHROW: rethrow(p, i->a); return true;
    case CORE_OP_BR: br(p, i->a); return true;
    case CORE_OP_BR_IF: br_if(p, i->a); return true;
    case CORE_OP_BR_TABLE: br_table(p, i); return true;
    case CORE_OP_BR_ON_CAST:
    case CORE_OP_BR_ON_CAST_FAIL:
    case CORE_OP_BR_ON_CAST_DESC_EQ:
    case CORE_OP_BR_ON_CAST_DESC_EQ_FAIL: br_on_cast(p, i); return true;
    case CORE_OP_BR_ON_NULL: br_on_null(p, i->a); return true;
    case CORE_OP_BR_ON_NON_NULL: br_on_non_null(p, i->a); return true;
    case CORE_OP_RETURN:
        emit_return(p);
        set_dead(p);
        return true;
    case CORE_OP_UNREACHABLE:
        begin(p, VM_OP_UNREACHABLE);
        word(p);
        set_dead(p);
        return true;
    case CORE_OP_CALL:
    case CORE_OP_CALL_INDIRECT:
    case CORE_OP_CALL_REF:
    case CORE_OP_RETURN_CALL:
    case CORE_OP_RETURN_CALL_INDIRECT:
    case CORE_OP_RETURN_CALL_REF: call_any(p, i); return true;
    default: return false;
    }
}

static bool opens(CoreOp op) {
    return op == CORE_OP_BLOCK || op == CORE_OP_LOOP || op == CORE_OP_IF ||
           op == CORE_OP_TRY_TABLE || op == CORE_OP_TRY;
}

/* Instructions that end a block or a part of it. */
static bool parts(CoreOp op) {
    return op == CORE_OP_END || op == CORE_OP_ELSE || op == CORE_OP_CATCH ||
           op == CORE_OP_CATCH_ALL || op == CORE_OP_DELEGATE;
}

/* In code that cannot be reached only the structure counts. True: the instruction is passed over. */
static bool skip_dead(Prepare *p, CoreOp op) {
    if (!p->dead) return false;
    if (opens(op)) p->dead_depth++;
    else if ((op == CORE_OP_END || op == CORE_OP_DELEGATE) && p->dead_depth) p->dead_depth--;
    else if (parts(op) && p->dead_depth == 0) return false;
    return true;
}

/* The next instruction is paid for. */
static void pay(Prepare *p, CoreOp op) {
    if (!p->fuel_word || p->failed) return;
    if (p->words[p->fuel_word - 1].imm >= FUEL_RUN && !parts(op)) begin_run(p);
    charge(p, 1);
}

/* The whole body becomes a trap that names what cannot be run. */
static void unsupported(Prepare *p, CoreOp op) {
    p->word_count = 0;
    p->start_count = 0;
    p->place_count = 0;
    p->catch_count = 0;
    p->map.point_count = 0;
    begin(p, VM_OP_UNSUPPORTED);
    immediate(p, op);
}

static void body(Prepare *p) {
    Reader r = core_expr_reader(p->core, &p->func->body, NULL);
    uint32_t start = p->func->body.offset;
    CoreInstr i;
    begin_run(p);
    while (!p->failed && core_instr_next(&r, &i)) {
        if (skip_dead(p, i.op)) continue;
        p->offset = (uint32_t)i.offset - start;
        note_place(p, p->offset);
        pay(p, i.op);
        if (i.op == CORE_OP_END && p->block_count == 1) {
            if (!p->dead) emit_return(p);
            return;
        }
        if (i.op == CORE_OP_END) close(p);
        else if (!vm_prepare_numeric(p, i.op) && !vm_prepare_access(p, &i) && !value(p, &i) &&
                 !control(p, &i) && !bulk(p, &i) && !vm_prepare_plain(p, &i) &&
                 !vm_prepare_ref(p, &i)) {
            unsupported(p, i.op);
            return;
        }
    }
}

/* ---- a function ---- */

/* Registers of locals, parameters first. */
static bool lay_out_locals(Prepare *p, uint32_t *param_slots) {
    const CoreType *type = core_func_type_at(p->core, p->func->type);
    uint64_t count = core_local_count(p->core, p->func), next = 0, n = 0;
    VmStore *store = p->store;
    p->local_register = alloc_more(&store->memory, NULL, count + 1, sizeof *p->local_register);
    if (!p->local_register) return vm_no_memory(store);
    for (uint32_t i = 0; i < type->param_count; i++) {
        p->local_register[n++] = (uint16_t)next;
        next += vm_slots_of(type->params[i]);
    }
    *param_slots = (uint32_t)next;
    for (uint32_t run = 0; run < p->func->local_runs; run++)
        for (uint32_t k = 0; k < p->func->locals[run].count; k++) {
            p->local_register[n++] = (uint16_t)next;
            next += vm_slots_of(p->func->locals[run].type);
            if (next > VM_MAX_REGISTERS) return false;
        }
    p->local_register[n] = (uint16_t)next;
    p->registers = p->most_registers = (uint32_t)next;
    p->local_chain = alloc_new(&store->memory, next + 1, sizeof *p->local_chain);
    if (!p->local_chain) return vm_no_memory(store);
    return vm_map_locals(p);
}

/* Gives back what a list has too much; it stays as it is where that cannot be. */
static void shrink(const VmStore *store, void *array, uint32_t count, uint32_t cap, size_t size) {
    void *p = count < cap ? alloc_more(&store->memory, *(void **)array, count, size) : NULL;
    if (p) *(void **)array = p;
}

static VmCode *finish(Prepare *p, uint32_t param_slots) {
    VmStore *store = p->store;
    shrink(store, &p->words, p->word_count, p->word_cap, sizeof *p->words);
    shrink(store, &p->places, p->place_count, p->place_cap, sizeof *p->places);
    shrink(store, &p->catches, p->catch_count, p->catch_cap, sizeof *p->catches);
    VmCode *code = alloc_new(&store->memory, 1, sizeof *code);
    uint32_t results = label_slots(&p->blocks[0]);
    if (!code) return vm_no_memory(store), NULL;
    *code = (VmCode){.words = p->words,
                     .word_count = p->word_count,
                     .register_count = p->most_registers > results ? p->most_registers : results,
                     .param_slots = param_slots,
                     .places = p->places,
                     .place_count = p->place_count,
                     .catches = p->catches,
                     .catch_count = p->catch_count,
                     .refs = p->map};
    uint32_t locals = p->local_register[core_local_count(p->core, p->func)];
    /* In pairs: one more than there are may be zeroed, too. */
    code->zero_slots = (locals - param_slots + 1) / 2 * 2;
    if (code->register_count < param_slots + code->zero_slots)
        code->register_count = param_slots + code->zero_slots;
    p->words = NULL;
    p->places = NULL;
    p->catches = NULL;
    p->map = (VmRefMap){0};
    return code;
}

static void check_now(void *context) {
    Prepare *p = context;
    uint32_t index = (uint32_t)(p->func - p->core->funcs.at);
    p->valid = core_check_func(p->module->checker, index);
}

/* Of a body whose turn comes with its first call. */
static bool check(Prepare *p) {
    VmModule *module = p->module;
    Diags faults = module->faults;
    if (!module->checker) return true;
    if (vm_try(p->store, check_now, p)) return p->valid;
    module->faults = faults; /* one may be half made */
    return false;
}

VmCode *vm_prepare(VmStore *store, VmModule *module, uint32_t func_index) {
    const CoreModule *core = module->core;
    uint32_t own = func_index - core->imported[CORE_FUNC], param_slots = 0;
    if (module->codes[own]) return module->codes[own];
    store->no_memory_left = false;
    Prepare p = {
        .store = store, .module = module, .core = core, .func = &core->funcs.at[func_index]};
    if (!check(&p)) return NULL;
    const CoreType *type = core_func_type(core, func_index);
    p.failed = !lay_out_locals(&p, &param_slots) ||
               !grow(&p, &p.blocks, 0, &p.block_cap, sizeof *p.blocks);
    if (!p.failed) {
        p.blocks[p.block_count++] = (Block){
            .op = CORE_OP_BLOCK, .results = type->results, .result_count = type->result_count};
        body(&p);
    }
    if (!p.failed) vm_prepare_handlers(&p);
    if (!p.failed) module->codes[own] = finish(&p, param_slots);
    void *const lists[] = {p.words,  p.starts,    p.places,         p.stack,
                           p.blocks, p.patches,   p.catches,        p.pending,
                           p.refs,   p.local_ref, p.local_register, p.local_chain};
    const Allocator *memory = &store->memory;
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) alloc_free(memory, lists[k]);
    vm_ref_map_free(memory, &p.map);
    return module->codes[own];
}
