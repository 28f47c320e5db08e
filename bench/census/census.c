/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Counts which instructions of the machine follow each other where programs run.
 *
 * What is counted are stretches: from where control comes to, up to the first instruction that ends
 * every handler (a jump, a call, or one that is not a step of interpreter/steps.h). Where a stretch
 * begins says how it goes on, so each is one entry, by its address. How handlers would do a stretch
 * is known from it for any set of rows in interpreter/fused.def, which choose.awk makes use of.
 *
 * When CENSUS_LIMIT instructions (100 million) have been seen, or at exit, the file that CENSUS
 * names gets a line for each stretch: how often, and its instructions; `-` stands before those that
 * cannot be part of a row.
 */
#include "interpreter/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the instructions' names ---- */

enum { STEP, LAST, NEITHER };
typedef struct {
    const char *name;
    VmOp op;
} Name;
#define X(id)                     {#id, VM_OP_##id},
#define NUMERIC1(id, ...)         VM_FORMS1(X, id)
#define NUMERIC2(id, ...)         VM_FORMS2(X, id)
#define TRAPPING1(id, ...)        VM_FORMS1(X, id)
#define TRAPPING2(id, ...)        VM_FORMS2(X, id)
#define COMPARISON(id, ...)       VM_JUMP_FORMS(X, JUMP_##id) VM_JUMP_FORMS(X, JUMP_NOT_##id)
#define LOAD(id, ...)             VM_LOAD_FORMS(X, id)
#define STORE(id, ...)            VM_STORE_FORMS(X, id)
static const Name names[] = {
#include "core/numeric.def"
    VM_OTHERS(X) VM_COMPARISONS(COMPARISON) VM_LOADS(LOAD) VM_STORES(STORE)};

/* The others that are steps, and those that can end a row. */
static const VmOp steps[] = {VM_OP_COPY,       VM_OP_COPY_A,     VM_OP_COPY_F,   VM_OP_CONST,
                             VM_OP_SELECT,     VM_OP_SELECT_ACC, VM_OP_SELECT_A, VM_OP_SELECT_A_ACC,
                             VM_OP_GLOBAL_GET, VM_OP_GLOBAL_SET, VM_OP_FUEL};
static const VmOp lasts[] = {VM_OP_JUMP,         VM_OP_JUMP_IF,        VM_OP_JUMP_IF_A,
                             VM_OP_JUMP_UNLESS,  VM_OP_JUMP_UNLESS_A,  VM_OP_JUMP_IF_64,
                             VM_OP_JUMP_IF_64_A, VM_OP_JUMP_UNLESS_64, VM_OP_JUMP_UNLESS_64_A,
                             VM_OP_CALL_OWN,     VM_OP_RETURN,         VM_OP_RETURN_1,
                             VM_OP_RETURN_A,     VM_OP_RETURN_F,       VM_OP_RETURN_K,
                             VM_OP_JUMP_TABLE,   VM_OP_JUMP_TABLE_A,   VM_OP_CALL_INDIRECT};

static int kind_of(const Name *n) {
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (n->op == steps[i]) return STEP;
    for (size_t i = 0; i < sizeof lasts / sizeof *lasts; i++)
        if (n->op == lasts[i]) return LAST;
    if (n->op <= VM_OP_NUMERIC) return NEITHER;
    return strncmp(n->name, "JUMP_", 5) == 0 ? LAST : STEP;
}

/* By handler: its instruction. Open addressing. */
enum { HANDLERS = 1 << 14 };
static struct {
    VmHandler handler;
    const char *name;
    int kind;
} handlers[HANDLERS];

static size_t handler_place(VmHandler h) {
    size_t i = ((uintptr_t)h * 0x9e3779b97f4a7c15u >> 40) & (HANDLERS - 1);
    while (handlers[i].handler && handlers[i].handler != h) i = (i + 1) & (HANDLERS - 1);
    return i;
}

/* ---- stretches ---- */

enum { STRETCHES = 1 << 20, LONGEST = 64 };
typedef struct {
    const VmWord *start;
    uint64_t count;
    uint32_t length;
    uint16_t place[LONGEST]; /* in `handlers` */
} Stretch;
static Stretch *stretches;
static uint64_t seen, limit;

static void write_out(void) {
    FILE *f = fopen(getenv("CENSUS"), "w");
    if (!f) {
        perror(getenv("CENSUS"));
        return;
    }
    for (Stretch *s = stretches; s < stretches + STRETCHES; s++) {
        if (!s->count) continue;
        fprintf(f, "%llu", (unsigned long long)s->count);
        for (uint32_t i = 0; i < s->length; i++) {
            size_t place = s->place[i];
            const char *name = handlers[place].name;
            fprintf(f, " %s%s", handlers[place].kind == NEITHER ? "-" : "", name ? name : "OTHER");
        }
        putc('\n', f);
    }
    fclose(f);
}

static void begin(void) {
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        VmHandler h = vm_handler(names[i].op);
        size_t place = handler_place(h);
        handlers[place].handler = h;
        handlers[place].name = names[i].name;
        handlers[place].kind = kind_of(&names[i]);
    }
    stretches = calloc(STRETCHES, sizeof *stretches);
    const char *n = getenv("CENSUS_LIMIT");
    limit = n ? strtoull(n, NULL, 10) : 100000000;
    if (!stretches || !getenv("CENSUS")) {
        fputs("census: no memory, or CENSUS does not name a file\n", stderr);
        exit(2);
    }
    atexit(write_out);
}

static Stretch *stretch_at(const VmWord *pc) {
    size_t i = ((uintptr_t)pc * 0x9e3779b97f4a7c15u >> 40) & (STRETCHES - 1);
    for (size_t n = 0; n < STRETCHES; n++, i = (i + 1) & (STRETCHES - 1))
        if (!stretches[i].start || stretches[i].start == pc) break;
    stretches[i].start = pc;
    return &stretches[i];
}

void census_see(const VmWord *pc) {
    static Stretch *now; /* which is being met for the first time, or gone through again */
    static uint32_t left;
    if (!stretches) begin();
    if (seen++ == limit) exit(0);
    if (left) { /* known already */
        left--;
        return;
    }
    if (!now) {
        now = stretch_at(pc);
        now->count++;
        if (now->length) {
            left = now->length - 1;
            now = NULL;
            return;
        }
    }
    size_t place = handler_place(pc->op);
    if (!handlers[place].handler) handlers[place].handler = pc->op, handlers[place].kind = NEITHER;
    now->place[now->length++] = (uint16_t)place;
    if (handlers[place].kind != STEP || now->length == LONGEST) now = NULL;
}

/* Nothing is fused where it is counted what to fuse. */
VmHandler vm_fused_handler(const uint32_t *ops, uint32_t n) {
    (void)ops, (void)n;
    return NULL;
}
