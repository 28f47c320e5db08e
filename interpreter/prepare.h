/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef INTERPRETER_PREPARE_H
#define INTERPRETER_PREPARE_H

#include "interpreter/internal.h"

/* What the files that prepare code share: the operand stack that exists only there, and the words
 * that come out. prepare.c says how it works. */

typedef struct {
    enum { TEMP, LOCAL, CONST, ACC } kind;
    uint8_t slots; /* 1, or 2 for a v128 */
    uint8_t ref;   /* VmRefKind */
    uint16_t home;
    uint32_t local; /* LOCAL: its register */
    uint32_t chain; /* LOCAL: the next lower entry of this local, plus 1 */
    uint8_t class;  /* ACC: which accumulator */
    VmSlot k[2];    /* CONST */
} Entry;

/* What an accumulator holds at this point of the code, if anything is known: the value of a local,
 * or that of one entry of the stack, which is in no slot as long as nobody asks for that. The
 * instruction that made it then gets the form that also writes a slot. */
typedef enum { INT, FLOAT, CLASSES } Class;
typedef struct {
    uint32_t local;   /* its register, plus 1; 0: none */
    uint32_t pending; /* height of the entry; 0: none */
    uint32_t maker;   /* word of the instruction that made it */
    VmOp op;          /* its form with a slot */
} Accumulator;

/* Where an operand is. */
typedef struct {
    enum { IN_SLOT, IN_CONST, IN_ACC } kind;
    bool has_slot;       /* IN_ACC: it is in the slot as well */
    uint16_t slot, home; /* home: where it can be put */
    uint64_t k;
} Operand;

/* The last instruction, while nothing else has been emitted. */
typedef struct {
    uint32_t at;     /* its word, plus 1; 0: unknown. Its word of operands begins with its result */
    CoreOp op;       /* one with a recipe, or CORE_OP_NOP */
    Operand x, y;    /* its operands */
    uint32_t height; /* of its result */
    uint32_t offset; /* in the body */
} Last;

typedef struct {
    CoreOp
        op; /* BLOCK, LOOP, TRY_TABLE, IF (ELSE once that was met), TRY (then CATCH...); the body itself is a BLOCK */
    const CoreValType *params, *results; /* see results_of */
    uint32_t param_count, result_count;
    CoreValType single;  /* the result of a one-result block type, else 0 */
    uint32_t entries;    /* height of the stack below the parameters */
    uint32_t start;      /* LOOP: its first word */
    uint32_t patches;    /* jumps to the end: chain of Patch, plus 1 */
    uint32_t else_patch; /* IF: the jump to its else, plus 1 */
    uint32_t from, to;   /* TRY_TABLE, TRY: the words that are guarded */
    uint32_t pending;    /* TRY_TABLE: where its clauses begin in `pending` */
    uint32_t caught;     /* CATCH, CATCH_ALL: its place in `catches` */
    uint32_t delegates;  /* chain of delegates to here in `catches`, plus 1 */
    uint32_t fuel_word;  /* the one that counted where it was opened */
} Block;

/* A jump whose target is not known yet. */
typedef struct {
    uint32_t word, from; /* the word that holds it, and the word that it counts from */
    uint32_t next;
} Patch;

typedef struct {
    VmStore *store; /* for whom */
    VmModule *module;
    const CoreModule *core;
    const CoreFunc *func;
    VmWord *words;
    uint32_t word_count, word_cap;
    uint32_t *starts; /* the first word of each instruction: its VmOp until all are known */
    uint32_t start_count, start_cap;
    VmPlace *places;
    uint32_t place_count, place_cap;
    Entry *stack;
    uint32_t height, stack_cap, clean;
    uint32_t registers, most_registers; /* in use now: locals and homes */
    Block *blocks;
    uint32_t block_count, block_cap;
    Patch *patches;
    uint32_t patch_count, patch_cap;
    VmCatch *catches, *pending; /* pending: those of blocks that are still open */
    uint32_t catch_count, catch_cap, pending_count, pending_cap;
    /* For the collector: entries of the stack that are references, of which the lower `known` have a
     * node of the map and are at home; and of locals by index what kind they are, if some is one. */
    VmRefMap map;
    struct PrepareRef {
        uint32_t entry, node;
    } *refs;
    uint32_t ref_count, ref_cap, known_refs;
    uint8_t *local_ref;
    uint16_t *local_register; /* one more than there are locals */
    uint32_t *local_chain;    /* by register: the highest entry that stands for it, plus 1 */
    Accumulator acc[CLASSES];
    Last last;
    uint32_t offset;     /* of the instruction that is prepared now, in the body */
    uint32_t fuel_word;  /* the FUEL word that counts now, plus 1 */
    bool dead;           /* code here cannot be reached */
    uint32_t dead_depth; /* blocks opened in it */
    bool failed;
    bool valid; /* of a body that is checked now */
} Prepare;

/* For what has so many callers that a copy in each would double the code. */
#define OUT_OF_LINE static __attribute__((noinline, unused))

/* Twice the room. Not inline: it is the rare case of each word that is emitted. */
bool vm_prepare_grow(const Prepare *p, void *array, uint32_t *cap, size_t size);

static inline bool grow(const Prepare *p, void *array, uint32_t count, uint32_t *cap, size_t size) {
    return count < *cap || vm_prepare_grow(p, array, cap, size);
}

/* ---- prepare_map.c: what the collector will ask ---- */

/* The top of the stack is a reference of that type of the module, or of that kind. */
void vm_top_is(Prepare *p, CoreValType type);
void vm_top_is_kind(Prepare *p, VmRefKind kind);
/* The references on the stack now, which are sent home: to be called when what an instruction takes
 * away (a call) or still needs (an allocation) is off or on the stack. */
uint32_t vm_refs_here(Prepare *p);
/* ... and the word where the collector will ask for them: heap.h says which. */
void vm_refs_at(Prepare *p, uint32_t word, uint32_t refs);
bool vm_map_locals(Prepare *p);

/* ---- words ---- */

static inline VmWord *word(Prepare *p) {
    static VmWord nowhere;
    if (!grow(p, &p->words, p->word_count, &p->word_cap, sizeof *p->words)) {
        p->failed = true;
        return &nowhere;
    }
    VmWord *w = &p->words[p->word_count++];
    w->imm = 0;
    return w;
}

/* The first word of an instruction; gives its position. */
static inline uint32_t begin(Prepare *p, VmOp op) {
    uint32_t at = p->word_count;
    if (!grow(p, &p->starts, p->start_count, &p->start_cap, sizeof *p->starts)) p->failed = true;
    else p->starts[p->start_count++] = at;
    word(p)->imm = op;
    p->last.at = 0;
    return at;
}

static inline void operands(Prepare *p, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    VmWord *w = word(p);
    w->a = (uint16_t)a, w->b = (uint16_t)b, w->c = (uint16_t)c, w->d = (uint16_t)d;
}

static inline void immediate(Prepare *p, uint64_t imm) { word(p)->imm = imm; }

/* An instruction with an operand word. */
OUT_OF_LINE void emit(Prepare *p, VmOp op, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    begin(p, op);
    operands(p, a, b, c, d);
}

static inline void emit_imm(Prepare *p, VmOp op, uint32_t a, uint32_t b, uint32_t c, uint64_t imm) {
    emit(p, op, a, b, c, 0);
    immediate(p, imm);
}

/* Fuel is paid in advance: a FUEL word has the price of instructions that are reached only through
 * it, and not twice without it. There is one where a function begins and one where a loop does. What
 * follows a block is paid for by the word that counted where the block was opened, and so are the
 * arms of an `if`; a branch out of the middle has paid for what it leaves out, which is never more
 * than FUEL_RUN instructions: then another word begins. */
enum { FUEL_RUN = 64 };

static inline void begin_run(Prepare *p) {
    p->last.at = 0;
    if (!p->store->has_fuel) return;
    begin(p, VM_OP_FUEL);
    p->fuel_word = p->word_count + 1;
    immediate(p, 0);
}

/* Instructions go on to be paid for by the word that counted where `b` was opened. */
static inline void resume_run(Prepare *p, const Block *b) {
    p->last.at = 0;
    p->fuel_word = b->fuel_word;
}

/* What is emitted now came from that offset in the body. */
static inline void note_place(Prepare *p, uint32_t offset) {
    if (p->place_count && p->places[p->place_count - 1].word == p->word_count) {
        p->places[p->place_count - 1].offset = offset;
        return;
    }
    if (!grow(p, &p->places, p->place_count, &p->place_cap, sizeof *p->places)) p->failed = true;
    else p->places[p->place_count++] = (VmPlace){p->word_count, offset};
}

/* ---- the stack ---- */

static inline Entry *push(Prepare *p, uint8_t slots) {
    static Entry nowhere;
    if (!grow(p, &p->stack, p->height, &p->stack_cap, sizeof *p->stack) ||
        p->registers + slots > VM_MAX_REGISTERS) {
        p->failed = true;
        return &nowhere;
    }
    Entry *e = &p->stack[p->height++];
    *e = (Entry){.kind = TEMP, .slots = slots, .home = (uint16_t)p->registers};
    p->registers += slots;
    if (p->registers > p->most_registers) p->most_registers = p->registers;
    return e;
}

/* A result of the instruction that is emitted next or was just begun: its register. */
static inline uint32_t push_temp(Prepare *p, uint8_t slots) { return push(p, slots)->home; }

static inline void push_types(Prepare *p, const CoreValType *types, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        push(p, (uint8_t)vm_slots_of(types[i]));
        if (core_is_ref(types[i])) vm_top_is(p, types[i]);
    }
}

static inline void push_const(Prepare *p, uint64_t low) {
    Entry *e = push(p, 1);
    e->kind = CONST;
    e->k[0].u64 = low;
}

OUT_OF_LINE Entry pop(Prepare *p) {
    static const Entry none = {.slots = 1};
    if (p->height == 0) {
        p->failed = true;
        return none;
    }
    Entry e = p->stack[--p->height];
    if (e.kind == ACC) p->acc[e.class].pending = 0;
    if (e.kind == LOCAL) p->local_chain[e.local] = e.chain;
    if (e.ref) p->ref_count--;
    p->registers -= e.slots;
    if (p->clean > p->height) p->clean = p->height;
    return e;
}

static inline void drop_to(Prepare *p, uint32_t height) {
    while (p->height > height && !p->failed) pop(p);
}

/* The instruction that left the value of an entry in an accumulator writes a slot, too. */
static inline void write_slot(Prepare *p, uint8_t class, uint32_t slot) {
    const Accumulator *acc = &p->acc[class];
    if (p->failed) return;
    p->words[acc->maker].imm = acc->op;
    p->words[acc->maker + 1].a = (uint16_t)slot;
}

/* Whoever is in an accumulator gets a slot, before it is needed for another. */
static inline void empty_acc(Prepare *p, uint8_t class) {
    Accumulator *acc = &p->acc[class];
    acc->local = 0;
    if (!acc->pending) return;
    Entry *e = &p->stack[acc->pending - 1];
    write_slot(p, class, e->home);
    e->kind = TEMP;
    acc->pending = 0;
}

/* At labels and calls: nothing is known of the accumulators. */
static inline void empty_accs(Prepare *p) {
    empty_acc(p, INT);
    empty_acc(p, FLOAT);
    p->last.at = 0;
}

/* Emits the copy that puts an entry's value in its home. */
OUT_OF_LINE void send_home(Prepare *p, Entry *e) {
    if (e->kind == LOCAL) {
        emit(p, e->slots == 2 ? VM_OP_COPY2 : VM_OP_COPY, e->home, e->local, 0, 0);
    } else if (e->kind == CONST) {
        begin(p, e->slots == 2 ? VM_OP_CONST2 : VM_OP_CONST);
        operands(p, e->home, 0, 0, 0);
        for (int i = 0; i < e->slots; i++) immediate(p, e->k[i].u64);
    } else if (e->kind == ACC) {
        write_slot(p, e->class, e->home);
        p->acc[e->class].pending = 0;
    }
    e->kind = TEMP;
}

/* The register of a popped entry's value; a constant goes home first. */
static inline uint32_t place_of(Prepare *p, Entry *e) {
    if (e->kind == LOCAL) return e->local;
    if (e->kind != TEMP) send_home(p, e);
    return e->home;
}

/* Entries from `height` up go home. Those that leave a local's chain are its highest, so they are
 * taken off from the top. */
static inline void all_home_from(Prepare *p, uint32_t height) {
    uint32_t from = height > p->clean ? height : p->clean;
    for (uint32_t i = p->height; i > from; i--) {
        Entry *e = &p->stack[i - 1];
        if (e->kind == LOCAL) p->local_chain[e->local] = e->chain;
        if (e->kind != TEMP) send_home(p, e);
    }
    if (height <= p->clean) p->clean = p->height;
}

/* Before a local is written: entries that mean its old value go home. */
static inline bool save_local(Prepare *p, uint32_t local) {
    uint32_t i = p->local_chain[local];
    if (i == 0) return false;
    p->local_chain[local] = 0;
    for (uint32_t next; i; i = next) {
        next = p->stack[i - 1].chain;
        send_home(p, &p->stack[i - 1]);
    }
    return true;
}

/* Marks the instruction just emitted at `at` as the maker of the top entry. */
static inline void made_by(Prepare *p, uint32_t at) {
    p->last = (Last){.at = at + 1, .op = CORE_OP_NOP, .height = p->height};
}

/* A load or store of the memory that the instruction names. Where that has 64-bit addresses, the
 * address with its offset is put into the register `scratch`. True: it was. */
static inline bool with_memory(Prepare *p, const CoreInstr *i, uint32_t address, uint32_t scratch) {
    bool is_64 = p->core->memories.at[i->mem.memory].limits.is_64;
    if (is_64) emit_imm(p, VM_OP_CHECK_ADDRESS, scratch, address, 0, i->mem.offset);
    if (i->mem.memory != 0) {
        begin(p, VM_OP_WITH_MEMORY);
        word(p)->jump = (int32_t)i->mem.memory;
    }
    return is_64;
}

static inline void first_memory(Prepare *p, const CoreInstr *i) {
    if (i->mem.memory == 0) return;
    begin(p, VM_OP_WITH_MEMORY);
    word(p)->jump = 0;
}

/* Whether the top entry was made by the last instruction. */
static inline bool just_made(const Prepare *p) { return p->last.at && p->last.height == p->height; }

/* The last instruction, which goes into the next one, is not emitted after all. What is emitted in
 * its place belongs to `offset` in the body. */
static inline void take_back(Prepare *p, uint32_t offset) {
    p->word_count = p->last.at - 1;
    p->start_count--;
    while (p->place_count && p->places[p->place_count - 1].word > p->word_count) p->place_count--;
    note_place(p, offset);
    p->last.at = 0;
}

/* Takes off the n top values, which go to their homes: the first of those, and how many there are. */
static inline uint32_t take_home(Prepare *p, uint32_t n, uint32_t *slots) {
    *slots = 0;
    if (n > p->height) {
        p->failed = true;
        return 0;
    }
    all_home_from(p, p->height - n);
    uint32_t end = p->registers;
    drop_to(p, p->height - n);
    *slots = end - p->registers;
    return p->registers;
}

/* Fuel for what grows with an instruction's size. */
static inline void charge(Prepare *p, uint32_t cost) {
    if (p->fuel_word && !p->failed) p->words[p->fuel_word - 1].imm += cost;
}

/* Where the top value is, which stays there. */
static inline uint32_t place_of_top(Prepare *p) {
    if (!p->height) {
        p->failed = true;
        return 0;
    }
    if (p->stack[p->height - 1].kind == CONST || p->stack[p->height - 1].kind == ACC)
        all_home_from(p, p->height - 1);
    const Entry *e = &p->stack[p->height - 1];
    return e->kind == LOCAL ? e->local : e->home;
}

/* ---- prepare_value.c ---- */

/* What a numeric instruction is: the machine's instruction (0: not numeric), how many operands, the
 * accumulators of the result and the operands, and whether the operands' constants have 64 bits. */
typedef struct {
    uint16_t op;
    uint8_t operands, result, first, second, wide_first, wide_second;
} Numeric;
extern const Numeric vm_numerics[CORE_OP_COUNT];

/* Both: false where the instruction is no such. */
bool vm_prepare_numeric(Prepare *p, CoreOp op);
bool vm_prepare_access(Prepare *p, const CoreInstr *i);

/* Where the value of a popped entry is, for an instruction that has all forms; for one that has
 * not: its register. */
Operand vm_prepare_operand(Prepare *p, Entry *e, uint8_t class);
void vm_prepare_to_slot(Prepare *p, Operand *o, uint8_t class);
/* The result of the instruction at `at`, whose form with a slot is `op`: in an accumulator for now. */
void vm_prepare_result(Prepare *p, uint32_t at, VmOp op, uint8_t class, Last last);
/* The form (VM_FORM_*) for two operands; those that there is none for are moved. */
uint32_t vm_prepare_form(Prepare *p, Operand *x, Operand *y, uint8_t class);

/* ---- prepare_fuse.c ---- */

/* The handlers of all instructions, when their forms are settled. */
void vm_prepare_handlers(Prepare *p);

/* ---- prepare_ref.c ---- */

/* The same for structs, arrays and references. */
bool vm_prepare_ref(Prepare *p, const CoreInstr *i);
/* Pushes whether the reference in a register is of that type of the module. */
void vm_prepare_ref_test(Prepare *p, uint32_t reference, CoreValType type);
/* ... or has the descriptor in another register. */
void vm_prepare_desc_test(Prepare *p, uint32_t reference, uint32_t descriptor, CoreValType type);

/* ---- prepare_plain.c ---- */

/* Instructions that take operands, give results and need nothing else: false where `i` is none. */
bool vm_prepare_plain(Prepare *p, const CoreInstr *i);

#endif
