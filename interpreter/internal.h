/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef INTERPRETER_INTERNAL_H
#define INTERPRETER_INTERNAL_H

#include <stdatomic.h>

#include "interpreter/heap.h"
#include "interpreter/interpreter.h"

/*
 * The machine's insides.
 *
 * A prepared function is an array of words. An instruction is its handler's address, a word of
 * operands, and for some a word with an immediate:
 *
 *     [ handler ][ a b c d : four 16-bit registers, or a b and a 32-bit jump ][ immediate ]
 *
 * Registers are 64-bit slots of the frame, addressed from fp: parameters, other locals, then the
 * operand stack, one register for each height it can have (two for a v128). Arguments of a call
 * stand at the top of the caller's registers, and there the callee's frame begins, so that nothing
 * is copied:
 *
 *     caller fp -> | locals | operands  | arg0 arg1 |
 *                                 callee fp -> | arg0 arg1 | locals | operands ...
 *
 * Results come back over the arguments. An i32 register is always zero-extended to 64 bits.
 */

typedef union VmWord VmWord;

/* Two forms of handlers from the same bodies: each tail-calls the next with the machine's state in
 * machine registers, or each returns the next and a loop calls it (run.c says when which). */
#if !defined(VM_TRAMPOLINE) && (defined(__clang__) ? 1 : defined(__OPTIMIZE__)) &&                 \
    !defined(__SANITIZE_ADDRESS__)
#define VM_TAIL_CALLS 1
#else
#define VM_TAIL_CALLS 0
#endif

#if VM_TAIL_CALLS
typedef void (*VmHandler)(const VmWord *pc, VmSlot *fp, uint8_t *mem, uint64_t msize, uint64_t acc,
                          VmThread *t, double facc);
#else
typedef const VmWord *(*VmHandler)(const VmWord *pc, VmThread *t);
#endif

union VmWord {
    VmHandler op;
    struct {
        uint16_t a, b, c, d;
    };
    struct {
        uint16_t a_, b_;
        union {
            int32_t jump; /* in words, from the start of the instruction */
            uint32_t k32;
        };
    };
    uint32_t half[2];
    VmSlot k;
    uint64_t imm;
};

_Static_assert(sizeof(VmWord) == 8, "a word is 64 bits");

enum {
    VM_MAX_REGISTERS = 65535,
    VM_PAGE = 65536,
    VM_DEFAULT_STACK = 1 << 20,
    VM_DEFAULT_FRAMES = 1 << 16,
    VM_MAX_NESTING = 32,           /* of vm_call inside host functions */
    VM_MAX_NESTED_NS = 1000000000, /* how long such a one may go on where there are slices */
    VM_DEFAULT_HEAP = 1 << 30,
    VM_DEFAULT_HANDLES = 1 << 20,
    VM_DEFAULT_TASKS = 10000,
    VM_DEFAULT_VALUES = 128 << 20,
    VM_DEFAULT_COPY = 1 << 30,
    VM_TICKS = 20000, /* calls and backward jumps between looks at the clock */
    VM_MAX_BACKTRACE = 100
};

/* ---- prepared code ---- */

/* Word `word` and on came from byte `offset` of the body. */
typedef struct {
    uint32_t word, offset;
} VmPlace;

/* An exception thrown in words from .. to - 1 goes on at `word`. Those of inner blocks stand before
 * those of outer ones. */
typedef struct {
    uint32_t from, to;
    enum {
        VM_CATCH,
        VM_CATCH_ALL,
        VM_DELEGATE
    } kind;       /* delegate: `word` is the next to be asked */
    bool has_ref; /* ref_home becomes a reference to the exception, or null unless it is kept */
    bool keeps;
    uint32_t tag; /* index in the instance */
    uint32_t word;
    uint16_t home, ref_home; /* home: the first register of the values */
} VmCatch;

typedef struct {
    VmWord *words;
    uint32_t word_count;
    uint32_t register_count; /* of a frame, arguments included */
    uint32_t param_slots;
    uint32_t zero_slots; /* registers after the parameters that start at 0 */
    VmPlace *places;
    uint32_t place_count;
    VmCatch *catches;
    uint32_t catch_count;
    VmRefMap refs;
} VmCode;

/* Slots of a function type's parameters and results: at most 2,000. */
typedef struct {
    uint16_t param_slots, result_slots;
} VmShape;

struct VmModule {
    VmModule *next;   /* in the store, or in the program */
    Allocator memory; /* of what is below */
    const CoreModule *core;
    const uint32_t *types; /* type index -> id in the store's space */
    VmCode **codes;        /* by function index less imports; NULL: not prepared yet */
    CoreChecker *checker;  /* NULL: all bodies have been checked */
    Diags faults;          /* of that checker */
    /* instance.c, with the first lookup: exports by the hash of their name, an index plus one; two to
     * the power of export_bits, NULL where there are few. */
    uint32_t *exports, export_bits;
    /* image.c, with the first instance: */
    VmShape *shapes; /* by type index; NULL: not made yet */
    uint8_t
        *image; /* what active segments write in memory 0, from image_from to image_to: bytes ... */
    int image_fd;                  /* ... or a file of whole pages; -1: neither, or bytes */
    uint64_t image_from, image_to; /* equal: no image */
};

/* ---- runtime objects: owned by the store, freed with it ---- */

typedef struct VmObject {
    struct VmObject *next;
    void (*free)(VmStore *store, struct VmObject *);
    enum {
        VM_OBJECT_OTHER,
        VM_OBJECT_INSTANCE,
        VM_OBJECT_TABLE,
        VM_OBJECT_MEMORY,
        VM_OBJECT_GLOBAL,
        VM_OBJECT_COMPONENT
    } kind;
    uint32_t size; /* of its block, for vm_store_usage */
} VmObject;

struct VmFunc {
    uint32_t type;  /* id */
    uint32_t index; /* in its module */
    VmCode *code;   /* NULL: a host function, or not prepared yet */
    VmInstance *in; /* NULL: a host function */
    uint32_t param_slots, result_slots;
};

/* A function of the host, in the store's list. */
typedef struct VmHost {
    VmFunc func;
    struct VmHost *next;
    VmStore *store;
    VmHostFn call;
    void *context;
    void (*free_context)(void *);
} VmHost;

/* Limits that some of a store's instances have together, and what they have used of them. */
typedef struct VmShare {
    struct VmShare *outer;
    uint64_t max_memory, max_table; /* UINT64_MAX: none */
    uint64_t memory_used, table_used;
    uint32_t max_handles, handles;
} VmShare;

struct VmMemory {
    VmObject object;
    VmStore *store;
    VmShare *share; /* NULL: none */
    uint8_t *bytes;
    uint64_t size;     /* in bytes */
    uint64_t max;      /* in bytes */
    uint64_t reserved; /* bytes of address space taken */
    bool stays;        /* all of its address space is reserved: it grows in place */
    uint8_t page_log2;
    CoreLimits limits;
};

struct VmTable {
    VmObject object;
    VmStore *store;
    VmShare *share;
    VmSlot *elems;
    uint64_t size, max, cap;
    CoreValType type; /* in ids */
    CoreLimits limits;
};

struct VmGlobal {
    VmSlot value[2];  /* the second for a v128 */
    CoreValType type; /* in ids */
    bool is_mutable;
};

/* A global of the host belongs to the store. */
typedef struct {
    VmObject object;
    VmGlobal global;
} VmHostGlobal;

struct VmTag {
    uint32_t type;
};

/* The references of an element segment. */
typedef struct {
    VmSlot *items;
    uint32_t count; /* 0: active or declared, or dropped */
} VmElem;

/* The arrays stand behind it in one block. */
struct VmInstance {
    VmObject object;
    VmStore *store;
    VmModule *module;
    VmMemory *memory0; /* an empty one where there is none */
    VmFunc **imports;  /* functions that are imported */
    VmTable **tables;
    VmMemory **memories;
    VmGlobal **globals;
    VmTag **tags;
    VmFunc *own_funcs; /* zeroes until somebody asks for one: vm_func_at */
    VmGlobal *own_globals;
    VmTag *own_tags;
    bool *dropped_data;
    VmElem *elems;
    uint32_t elem_count, import_count; /* import_count: of functions */
};

struct VmStore {
    Allocator memory;
    VmProgram *program; /* NULL: it shares nothing */
    Arena *arena; /* what lives as long as the store and does not grow with what a guest does */
    VmLimits limits;
    bool has_fuel;
    uint64_t fuel;
    uint64_t memory_used;
    VmShare *share;        /* of what is being instantiated */
    uint32_t handle_limit; /* that counted last */
    VmHeap *heap;          /* of exceptions, structs and arrays; vm_no_heap before the first one */
    VmHeld *held;
    VmOperands *operands;
    VmThread *threads;
    uint64_t table_used; /* entries */
    uint32_t instance_count;
    uint32_t limits_met; /* a bit a VmLimit */
    bool no_memory_left; /* an allocation has failed */
    void *host;          /* the embedder's */
    VmObject *objects;
    VmModule *modules;
    VmHost *hosts;
    CoreTypeSpace *types;
    struct VmComponents *components; /* component.h; made on first use */
    VmInstance nothing;              /* the instance of host frames: no memory */
    VmMemory no_memory;
    atomic_int interrupted; /* by any thread */
};

/* ---- threads ---- */

typedef struct {
    const VmWord *pc; /* where the frame goes on when the one above it returns */
    VmSlot *fp;
    VmInstance *in;
    VmFunc *func;  /* NULL: an entry from outside */
    VmHostFn then; /* host functions: what goes on when the callee has returned */
    void *context;
    void (*dropped)(void *);
} VmFrame;

struct VmThread {
    VmStore *store;
    VmInstance *in; /* of the frame on top */
    VmFrame *top;
    int32_t ticks;
    VmSlot *stack_end, *stack;
    VmFrame *frames_end, *frames; /* frames[0] is never used */
    /* The state of the machine while no handler runs; all of it in the trampoline form. */
    const VmWord *pc;
    VmSlot *fp;
    uint8_t *mem;
    uint64_t msize, acc;
    double facc;
    VmThread *before, *next;      /* in the store */
    uint32_t nesting;             /* runs on the C stack */
    VmThread *leader;             /* of a fiber: who runs it, with its deadline and slice */
    uint64_t deadline;            /* of the outermost call, in ns of the monotonic clock; 0: none */
    uint64_t slice_ns, slice_end; /* of vm_thread_set_slice; 0: none */
    uint64_t nested_since; /* when a nested run has first looked at the clock; 0: none does */
    bool is_paused;        /* suspended at the end of a slice: at `pc`, or in a fiber */
    VmStatus status;       /* why the machine has stopped */
    VmFunc *next_func;     /* of vm_then_call */
    VmSlot *next_slots;
    VmHostFn again; /* of vm_suspend; NULL: it goes on at `pc` */
    void *again_context;
    int exit_status;
    VmHeld *uncaught; /* an exception on its way out of a host function, or out of all */
    VmLimit limit;    /* that was met by the trap */
    Trap trap;
    char message[256];
    VmFrameInfo trace[VM_MAX_BACKTRACE];
    uint32_t trace_count;
};

/* ---- between the files ---- */

/* prepare.c: the code of a function, made on first use; NULL where it needs more than
 * VM_MAX_REGISTERS, or there is no memory, or it is not valid: then module->faults has why. */
VmCode *vm_prepare(VmStore *store, VmModule *module, uint32_t func_index);

/* run.c */
extern const VmWord vm_stop_code[];
/* Makes `func` the running function with its arguments at `slots`, through host functions as far
 * as they return at once; gives where the machine goes on. */
const VmWord *vm_enter(VmThread *t, VmFunc *func, VmSlot *slots);
/* The same, the short way where the function is prepared and there is room: for calls of the host. */
const VmWord *vm_begin(VmThread *t, VmFunc *func, VmSlot *slots);
void vm_run(VmThread *t, const VmWord *pc);

extern const VmWord vm_entry_return[]; /* the pc of an entry frame */

/* Slots that a host function's arguments and results share, and where those of a function that it
 * calls begin: right after them. */
static inline uint32_t vm_host_slot_count(const VmFunc *f) {
    return f->param_slots > f->result_slots ? f->param_slots : f->result_slots;
}
static inline VmSlot *vm_callee_slots(const VmFrame *host) {
    return host->fp + (host->func ? vm_host_slot_count(host->func) : 0);
}
/* The same of the host function that runs, if `n` fit; NULL: the stack is exhausted. */
static inline VmSlot *vm_callee_room(const VmThread *t, uint32_t n) {
    VmSlot *slots = vm_callee_slots(t->top);
    return n <= (size_t)(t->stack_end - slots) ? slots : NULL;
}

/* thread.c */
/* Back to where the thread stood, after a jump out of what it was doing. */
void vm_cut(VmThread *t, VmFrame *top, uint32_t nesting);
/* Tells the host function on top that it will not go on with what it waits for, if it does. */
void vm_drop(VmThread *t);
const VmWord *vm_after_host(VmThread *t, VmStatus status);
const VmWord *vm_stopped(VmThread *t, VmStatus status); /* code that ends vm_run */
void vm_set_trap(VmThread *t, Trap trap);
/* Notes that a limit has been met, or that the system had no memory, which says false. */
static inline void vm_met(VmStore *store, VmLimit limit) { store->limits_met |= 1u << limit; }
static inline bool vm_no_memory(VmStore *store) {
    store->no_memory_left = true;
    return false;
}
/* What is kept in the store's arena is made by such work; false: no memory. */
static inline bool vm_try(VmStore *store, void (*work)(void *), void *context) {
    return arena_try(&store->memory, work, context) || vm_no_memory(store);
}
/* The trap, unless it is the system that has no memory. */
static inline Trap vm_limit_trap(VmStore *store, Trap trap) {
    if (store->no_memory_left) trap = TRAP_NO_MEMORY;
    store->no_memory_left = false;
    return trap;
}
bool vm_tick(VmThread *t); /* looks at the clock and the flag; false: a trap is set */
/* Whether the slice of the outermost run has ended: after vm_tick. It goes on at `pc`, with the
 * accumulators of the thread, when vm_stop_code has been returned to. */
bool vm_pauses(VmThread *t, const VmWord *pc);
bool vm_slice_is_over(VmThread *t);
/* Sleeps; false: a trap is set. */
bool vm_sleep(VmThread *t, uint64_t ns);

/* exception.c: unwinds to the innermost frame that catches, and gives where it goes on. The machine
 * stands at t->pc; the values are those of `exception` unless that is NULL. */
const VmWord *vm_throw(VmThread *t, VmTag *tag, const VmSlot *values, VmException *exception);
/* host.c: the same for t->uncaught, thrown by the host function on top. */
const VmWord *vm_throw_from_host(VmThread *t);
bool vm_keep_uncaught(VmThread *t, VmSlot exception); /* 0: none; false: no memory */

/* instance.c: makes one of the instance's own functions, which is zeroes. */
void vm_func_make(VmInstance *in, VmFunc *func);
static inline VmFunc *vm_func_at(VmInstance *in, uint32_t index) {
    if (index < in->import_count) return in->imports[index];
    VmFunc *f = &in->own_funcs[index - in->import_count];
    if (!f->in) vm_func_make(in, f);
    return f;
}

/* store.c: a module in no list, with the ids of its types unless those are known. */
VmModule *vm_module_make(VmStore *store, const CoreModule *core, const uint32_t *types);

/* program.c: whether a store with these limits can share it; the module of the store's program, or a
 * new one. */
bool vm_program_suits(VmProgram *program, const VmLimits *limits, const Allocator *memory);
VmModule *vm_module_of(VmStore *store, const CoreModule *core);

/* image.c: what instances share, made once; puts the image into memory 0 of an instance, and is false
 * where it cannot be mapped. */
bool vm_module_lay_out(VmModule *module);
bool vm_image_put(const VmModule *module, VmMemory *memory);
void vm_module_free(VmModule *module);

/* memory.c: a memory; one that `stays`, if there is the address space, so that an image can be mapped
 * over it. */
VmMemory *vm_memory_make(VmStore *store, const CoreLimits *limits, bool stays);
/* Back to a size that it has had; what is in it is the caller's to see to. */
void vm_memory_shrink(VmMemory *memory, uint64_t size);
void vm_table_shrink(VmTable *table, uint64_t size);
/* What bulk instructions do, bounds first */
Trap vm_memory_init(VmInstance *in, uint32_t data, uint32_t memory, uint64_t to, uint32_t from,
                    uint32_t n);
Trap vm_memory_copy(VmInstance *in, uint32_t to_memory, uint32_t from_memory, uint64_t to,
                    uint64_t from, uint64_t n);
Trap vm_memory_fill(VmInstance *in, uint32_t memory, uint64_t to, uint8_t byte, uint64_t n);
Trap vm_table_init(VmInstance *in, uint32_t elem, uint32_t table, uint64_t to, uint32_t from,
                   uint32_t n);
Trap vm_table_copy(VmInstance *in, uint32_t to_table, uint32_t from_table, uint64_t to,
                   uint64_t from, uint64_t n);
Trap vm_table_fill(VmTable *table, uint64_t to, VmSlot value, uint64_t n);
void vm_object_add(VmStore *store, VmObject *object, void (*free_object)(VmStore *, VmObject *));

static inline uint32_t vm_slots_of(CoreValType type) { return type == CORE_V128 ? 2 : 1; }
static inline uint32_t vm_slots_of_all(const CoreValType *types, uint32_t n) {
    uint32_t slots = 0;
    for (uint32_t i = 0; i < n; i++) slots += vm_slots_of(types[i]);
    return slots;
}

#include "interpreter/op.h"

#endif
