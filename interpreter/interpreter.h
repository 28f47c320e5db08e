/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef INTERPRETER_INTERPRETER_H
#define INTERPRETER_INTERPRETER_H

#include "base/alloc.h"
#include "base/trap.h"
#include "canonical-abi/abi.h"
#include "component/component.h"
#include "core/core.h"

/*
 * Running core modules and components.
 *
 *     VmStore ── everything that lives together: limits, instances, resource types
 *       VmInstance ── a core instance: functions, memories, tables, globals, exports
 *       VmComponent ── a component instance (component_*.c)
 *     VmThread ── one line of execution: its frames, on its own stack, never on C's
 *
 * A function body is prepared on its first call: the operand stack becomes registers of a frame and
 * structured control becomes direct branches (prepare.c). Then handlers run it (run.c), each ending
 * in a jump to the next. Nothing here recurses on C's stack by the guest's doing: calls, calls
 * between components and suspensions are frames of the thread.
 */

typedef struct VmStore VmStore;
typedef struct VmThread VmThread;
typedef struct VmInstance VmInstance;
typedef struct VmFunc VmFunc;
typedef struct VmMemory VmMemory;
typedef struct VmTable VmTable;
typedef struct VmGlobal VmGlobal;
typedef struct VmTag VmTag;

/* One value of a register, argument or result; a v128 takes two slots. References hold a pointer
 * to a VmFunc, or the host's own word, below 2^62, for an externref, 0 for null. References below
 * any are tested by vm_ref_test and made of the host's words by vm_any_of_extern. */
typedef union {
    uint32_t u32;
    int32_t i32;
    uint64_t u64;
    int64_t i64;
    float f32;
    double f64;
    void *ref;
} VmSlot;

/* ---- the store ---- */

typedef struct {
    bool has_fuel;
    uint64_t fuel;       /* instructions, roughly: a unit a branch, call or basic block's weight;
                             bulk instructions by their size */
    uint64_t max_memory; /* bytes of all memories together; 0: 4 GiB each is the only limit */
    uint64_t max_table;  /* entries of all tables together; 0: 10,000,000 each */
    uint64_t max_heap;   /* bytes of structs, arrays and exceptions, taken in pieces of 32 KiB; 0:
                            what max_memory says, or 1 GiB */
    uint64_t timeout_ns; /* of one vm_call from the outside; 0: none */
    uint32_t max_stack;  /* bytes of a thread's stack; 0: 1 MiB */
    uint32_t max_frames; /* 0: 65,536 */
    uint32_t max_instances; /* core and component; 0: no limit, of components 10,000 */
    uint32_t max_handles;   /* in the tables of all component instances; 0: 1,048,576 */
    uint32_t max_tasks;     /* asynchronous calls and threads of components; 0: 10,000 */
    uint64_t max_values; /* bytes that the values of one call between a component and the host may
                                take; 0: 128 MiB */
    uint64_t max_copy;   /* bytes that one call may copy between components; 0: 1 GiB */
    bool trap_on_grow;   /* memory.grow and table.grow that fail trap */
    const Allocator *memory; /* of the store's own objects, copied; NULL: malloc */
    struct VmProgram
        *program; /* what it shares with other stores; NULL: nothing. With an allocator of its own,
                            or with fuel where others have none, a store shares nothing. */
} VmLimits;

/* What the stores that run one program share: prepared code, images of memories, plans of component types.
 * It outlives them all; one thread at a time uses it and them. What their components and modules were
 * decoded and validated to must live as long. NULL: no memory. */
typedef struct VmProgram VmProgram;
VmProgram *vm_program_new(void);
void vm_program_free(VmProgram *program); /* NULL is allowed */

/* Which of them has stopped a guest. */
typedef enum {
    VM_LIMIT_NONE,
    VM_LIMIT_FUEL,
    VM_LIMIT_TIME,
    VM_LIMIT_MEMORY,
    VM_LIMIT_TABLE,
    VM_LIMIT_STACK,
    VM_LIMIT_FRAMES,
    VM_LIMIT_INSTANCES,
    VM_LIMIT_HEAP,
    VM_LIMIT_HANDLES,
    VM_LIMIT_TASKS,
    VM_LIMIT_VALUES,
    VM_LIMIT_COPY
} VmLimit;

/* What a store uses now; the last three in bytes that it has from its allocator. */
typedef struct {
    uint64_t memory_bytes, heap_bytes, table_entries;
    uint32_t instances;
    uint64_t code_bytes; /* modules: prepared code, what their instances share */
    uint64_t
        instance_bytes; /* instances and what they define, but pages of memories; what the host defines */
    uint64_t type_bytes;
} VmUsage;

VmStore *vm_store_new(const VmLimits *limits); /* NULL: the defaults. NULL back: no memory */
void vm_store_free(VmStore *store);            /* and everything in it */
uint64_t vm_store_fuel(const VmStore *store);  /* what is left */
/* Makes the running call trap with TRAP_INTERRUPTED soon; from any thread or signal handler. */
void vm_store_interrupt(VmStore *store);
/* Set between calls, or by host functions. */
void vm_store_set_fuel(VmStore *store, uint64_t fuel);
void vm_store_set_timeout(VmStore *store, uint64_t ns);
VmUsage vm_store_usage(const VmStore *store);
/* Whether a limit has been met since the store was made, if only by a memory.grow that gave -1. */
bool vm_store_met(const VmStore *store, VmLimit limit);
/* A pointer of the embedder. */
void vm_store_set_host(VmStore *store, void *host);
void *vm_store_host(const VmStore *store);
CoreTypeSpace *vm_store_types(VmStore *store);

/* How a store is now, when its instances are new, to go back to: all that their code can change. NULL where
 * that cannot be put back (objects of the heap, handles, tasks), or there is no memory. */
typedef struct VmMark VmMark;
VmMark *vm_store_mark(VmStore *store);
/* Goes back; nothing may run. Handles that components have are forgotten, without destructors. False where
 * that cannot be done: the store is half way then, and to be freed. */
bool vm_store_rewind(VmMark *mark);
void vm_mark_free(VmMark *mark); /* before its store; NULL is allowed */

/* ---- host functions ---- */

typedef enum {
    VM_DONE,    /* results are written */
    VM_TRAP,    /* vm_trap was called */
    VM_CALL,    /* vm_then_call was called: run that, then its continuation */
    VM_SUSPEND, /* vm_suspend was called: the thread stops here until vm_resume */
    VM_EXIT,    /* vm_exit was called: the guest wants to end with a status */
    VM_THROW    /* vm_host_throw was called; never how a vm_call ends */
} VmStatus;

/* Arguments stand in slots[0..], results are written to slots[0..] over them; there is room for the
 * larger of both. The status says what happens next. */
typedef VmStatus (*VmHostFn)(VmThread *thread, void *context, VmSlot *slots);

/* For a host function's return: */
VmStatus vm_trap(VmThread *thread, Trap trap); /* VM_TRAP */
__attribute__((format(printf, 3, 4))) VmStatus vm_trap_text(VmThread *thread, Trap trap,
                                                            const char *format, ...);
VmStatus vm_exit(VmThread *thread, int status); /* VM_EXIT */
/* Calls `func` with `args`, and when it has returned, `then(thread, context, slots)` with its
 * results in slots; that function's status goes on for the host function that asked, and its
 * results are in *its* slots (vm_host_slots). Chains of such calls use no C stack. If the callee
 * traps, `then` is not called, but `dropped(context)` is, if given. */
VmStatus vm_then_call(VmThread *thread, VmFunc *func, const VmSlot *args, uint32_t arg_count,
                      VmHostFn then, void *context, void (*dropped)(void *context));
/* Whether the host function on top has called vm_then_call. */
bool vm_will_call(const VmThread *thread);
/* The slots of the host call that is going on (stable until it is done). */
VmSlot *vm_host_slots(VmThread *thread);
/* Suspends: vm_call or vm_resume returns VM_SUSPEND to the outside; vm_resume calls
 * `again(thread, context, slots)`, which may suspend again. */
VmStatus vm_suspend(VmThread *thread, VmHostFn again, void *context);

/* The id of a function type of the host; false: no memory. */
bool vm_func_type_id(VmStore *store, const CoreValType *params, uint32_t param_count,
                     const CoreValType *results, uint32_t result_count, uint32_t *id);
/* A function of the host, of that core type; NULL: no memory. The context is the caller's; `free_context` (may be
 * NULL) is called with the store's end. */
VmFunc *vm_host_func(VmStore *store, const CoreValType *params, uint32_t param_count,
                     const CoreValType *results, uint32_t result_count, VmHostFn fn, void *context,
                     void (*free_context)(void *));
/* The same, of the function type with that id. */
VmFunc *vm_host_func_of(VmStore *store, uint32_t type, VmHostFn fn, void *context,
                        void (*free_context)(void *));

/* ---- core instances ---- */

typedef struct {
    CoreExtern kind;
    union {
        VmFunc *func;
        VmTable *table;
        VmMemory *memory;
        VmGlobal *global;
        VmTag *tag;
        void *any;
    };
} VmExtern;

/* A validated module made ready: shared by its instances. The module must outlive it. */
typedef struct VmModule VmModule;
VmModule *vm_module_new(VmStore *store, const CoreModule *module);
/* The same for a module whose bodies have not been checked, but all else has: core_check_module has said true to
 * `checker`, which must outlive the store as the module does. Each body is checked when it is called
 * first, before anything of it runs; a call of one that is not valid is TRAP_INVALID_BODY, and its text
 * says what is wrong and where. */
VmModule *vm_module_new_lazy(VmStore *store, const CoreModule *module, const CoreChecker *checker);

/* Instantiates: `imports` has one entry an import of the module, in order. Types are checked (with
 * comp_validate having done so, they fit). Active segments are copied and the start function is
 * run on `thread`. NULL: *trap says why (TRAP_NONE with *bad_import set: an import does not fit). */
VmInstance *vm_instantiate(VmThread *thread, VmModule *module, const VmExtern *imports, Trap *trap,
                           uint32_t *bad_import);
/* The same without running the start function: *start is it, or NULL. For callers that must not
 * nest (components). */
VmInstance *vm_instantiate_only(VmStore *store, VmModule *module, const VmExtern *imports,
                                VmFunc **start, Trap *trap, uint32_t *bad_import);
bool vm_export(const VmInstance *instance, Str name, VmExtern *out);
const CoreModule *vm_instance_module(const VmInstance *instance);

VmMemory *vm_memory_new(VmStore *store, const CoreLimits *limits);
uint8_t *vm_memory_bytes(VmMemory *memory, uint64_t *size);
VmTable *vm_table_new(VmStore *store, CoreValType type, const CoreLimits *limits, VmSlot init);
VmGlobal *vm_global_new(VmStore *store, CoreValType type, bool is_mutable, VmSlot value);
/* Into one slot, or two of a v128. */
void vm_global_get(const VmGlobal *global, VmSlot *slots);
/* Whether a reference is of this type, whose index is an id of the store's space. For abstract types
 * the store is not needed. */
bool vm_ref_test(const VmStore *store, VmSlot reference, CoreValType type);
/* any.convert_extern and extern.convert_any */
VmSlot vm_any_of_extern(VmSlot reference);
VmSlot vm_extern_of_any(VmSlot reference);
/* The type of a function of the store, in its ids. */
const CoreType *vm_func_type(const VmStore *store, const VmFunc *func);
/* The same; NULL where the function is of another store. */
const CoreType *vm_func_type_in(const VmStore *store, const VmFunc *func);

/* ---- references of the host ----
 *
 * The collector knows the references in globals, tables, segments and frames, the arguments of a
 * host function that runs among them. One that the host has anywhere else (results of vm_call, what
 * it stores away) is good until the next thing that may allocate (a call, vm_instantiate,
 * vm_host_object), unless it is held. Objects do not move. */
typedef struct VmHeld VmHeld;
VmHeld *vm_hold(VmStore *store, CoreValType type, VmSlot reference); /* NULL: no memory */
VmSlot vm_held(const VmHeld *held);
void vm_release(VmHeld *held); /* those that are left go with the store */

/* Data of the host as an externref; 0 where the heap is full. `finalize` (may be NULL) is called with
 * it once: when the collector finds that nobody refers to it, or at the store's end. It may not call
 * the store. */
VmSlot vm_host_object(VmStore *store, void *data, void (*finalize)(void *data));
/* The data, of a reference below extern: false where it is something else. */
bool vm_host_data(VmSlot reference, void **data);

/* What a reference below any refers to: the type of the object, by id, or the most exact abstract
 * type; null as (ref null none). */
CoreValType vm_ref_type(const VmStore *store, VmSlot reference);
/* Fields of a struct, elements of an array; 0 for the others. */
uint32_t vm_ref_count(const VmStore *store, VmSlot reference);
/* One of them, with its storage type; an i8 or i16 comes without a sign. */
bool vm_ref_get(const VmStore *store, VmSlot reference, uint32_t index, CoreValType *type,
                VmSlot value[2]);
uint64_t vm_store_heap(const VmStore *store); /* bytes that the heap holds now */
void vm_store_collect(VmStore *store);        /* frees what nobody refers to */

/* ---- objects looked at and changed by an embedder (host.c) ---- */

const CoreModule *vm_module_core(const VmModule *module);
VmModule *vm_instance_ready(const VmInstance *instance);
VmInstance *vm_func_instance(const VmFunc *func); /* NULL: a host function */
VmStore *vm_instance_store(const VmInstance *instance);
/* The store of an object; NULL for a global or tag, which do not know it. */
VmStore *vm_extern_store(const VmExtern *item);
VmExtern vm_export_at(const VmInstance *instance, size_t i); /* export i of its module */
/* Of the host function that is running: who has called it; NULL and 0 where the host has. */
VmInstance *vm_calling_instance(const VmThread *thread);
uint8_t *vm_calling_memory(const VmThread *thread, uint64_t *size); /* its first memory */

/* vm_memory_new and vm_table_new, that tell in *trap why they give NULL. */
VmMemory *vm_memory_try(VmStore *store, const CoreLimits *limits, Trap *trap);
VmTable *vm_table_try(VmStore *store, CoreValType type, const CoreLimits *limits, VmSlot init,
                      Trap *trap);
CoreLimits vm_memory_limits(const VmMemory *memory);       /* min: the pages that it has now */
uint64_t vm_memory_grow(VmMemory *memory, uint64_t pages); /* pages before, or UINT64_MAX */
CoreLimits vm_table_limits(const VmTable *table);
CoreValType vm_table_type(const VmTable *table);
uint64_t vm_table_size(const VmTable *table);
VmSlot vm_table_get(const VmTable *table, uint64_t i); /* in bounds */
void vm_table_set(VmTable *table, uint64_t i, VmSlot value);
uint64_t vm_table_grow(VmTable *table, uint64_t n, VmSlot value); /* size before, or UINT64_MAX */
CoreValType vm_global_type(const VmGlobal *global, bool *is_mutable);
void vm_global_read(const VmGlobal *global, VmSlot slots[2]);
void vm_global_write(VmGlobal *global, const VmSlot slots[2]);
VmTag *vm_tag_new(VmStore *store, uint32_t type); /* an id; NULL: no memory */
uint32_t vm_tag_type(const VmTag *tag);

/* ref.i31, and its number, sign-extended. */
VmSlot vm_ref_of_i31(int32_t value);
bool vm_ref_is_i31(VmSlot reference); /* of one below any */
int32_t vm_ref_i31(VmSlot reference);

/* Exceptions: null where the heap is full. */
VmSlot vm_exception_make(VmStore *store, VmTag *tag, const VmSlot *values);
VmTag *vm_exception_tag(VmSlot exception);
const VmSlot *vm_exception_values(VmSlot exception);
/* For a host function's return: the guest may catch it. */
VmStatus vm_host_throw(VmThread *thread, VmSlot exception);
/* The exception that nobody has caught, after TRAP_UNCAUGHT_EXCEPTION; null where there was no room
 * for it. */
VmSlot vm_uncaught(const VmThread *thread);

/* ---- running ---- */

VmThread *vm_thread_new(VmStore *store);
void vm_thread_free(VmThread *thread);
VmStore *vm_thread_store(const VmThread *thread);

/* Calls a function from outside: `slots` holds the arguments and then the results. May be nested in
 * a host function of the same thread (for realloc and destructors that must not suspend): the depth
 * of such nesting is limited, then TRAP_STACK_EXHAUSTED. VM_DONE, VM_TRAP, VM_SUSPEND or VM_EXIT. */
VmStatus vm_call(VmThread *thread, VmFunc *func, VmSlot *slots);
/* Goes on after VM_SUSPEND. The results come into the slots of the vm_call that was suspended. */
VmStatus vm_resume(VmThread *thread);

/* After VM_TRAP: */
Trap vm_trapped(const VmThread *thread);
VmLimit vm_thread_limit(const VmThread *thread); /* that was met, or VM_LIMIT_NONE */
/* A host function got over the trap of a call that it made. */
void vm_clear_trap(VmThread *thread);
/* Forgets an interruption, unless it is for a call around this one. */
void vm_end_interruption(VmThread *thread);
/* From now on, a vm_call or vm_resume from outside ends with VM_SUSPEND when the guest has computed for
 * about so long, at a jump or call; vm_resume goes on there. For those who share a thread of the
 * system among guests. Calls nested in host functions (realloc) are not left: they trap when they
 * last for a second. 0: never. */
void vm_thread_set_slice(VmThread *thread, uint64_t ns);
/* After VM_SUSPEND: a slice has ended, and nothing is waited for. */
bool vm_is_paused(const VmThread *thread);
bool vm_is_running(const VmThread *thread); /* inside a vm_call */
/* Where the results of the suspended call go. */
void vm_move_results(VmThread *thread, VmSlot *slots);
/* Gives up the call that is suspended. */
void vm_abandon(VmThread *thread);
Str vm_trap_message(const VmThread *thread); /* its text, with the detail where there is one */
/* The frames at the trap, innermost first: "function name or index", module name, offset in the
 * module's source. At most 100 are kept. */
typedef struct {
    const CoreModule *module; /* NULL: a host function */
    uint32_t func;
    uint32_t offset; /* in module->source */
    Str name;        /* from the name section, or empty */
} VmFrameInfo;
uint32_t vm_backtrace(const VmThread *thread, VmFrameInfo *frames, uint32_t max);
uint32_t vm_backtrace_count(const VmThread *thread);
bool vm_backtrace_at(const VmThread *thread, uint32_t i, VmFrameInfo *frame);
int vm_exit_status(const VmThread *thread); /* after VM_EXIT */

/* ---- components (component_*.c) ---- */

typedef struct VmComponent VmComponent;
typedef struct VmComponentFunc VmComponentFunc;

/* A resource type at run time. Host resources have a destructor of the host. */
typedef struct VmResource VmResource;
VmResource *vm_host_resource(VmStore *store, Str name, void (*destroy)(void *context, uint64_t rep),
                             void *context);
/* Asks before a guest drops an own handle: why it must not, which is a trap, or NULL. */
void vm_host_resource_guard(VmResource *resource,
                            const char *(*refuses)(void *context, uint64_t rep));

/* A host function of the component model: `args` has the cells of all parameters in order (see
 * AbiValue), `result` the cells of the result's plan to fill. Handles are reps of host resources:
 * an own argument has been taken out of the guest's table, a borrow stays lent during the call.
 * What `result` points to must live until the call has returned to the guest: take it from
 * `scratch`, which is emptied then.
 *
 * VM_DONE, VM_TRAP (by vm_trap), VM_EXIT (by vm_exit), or VM_SUSPEND, without vm_suspend: not done
 * yet; the thread stops, and after vm_resume the function is asked again with the same arguments. */
typedef VmStatus (*VmComponentHostFn)(VmThread *thread, void *context, const AbiValue *args,
                                      AbiValue *result, Arena *scratch);

/* The function that is being asked: at the beginning of a VmComponentHostFn. Its type and plans are the
 * import's. */
const VmComponentFunc *vm_host_callee(const VmThread *thread);

/* A function whose type is `async` is not asked again at once: the caller goes on with a subtask,
 * others run, and all that waits is asked again when the store goes on. Its caller may have cancelled
 * it meanwhile (and then asks once more at once): vm_host_cancel, returned, says that there will be no
 * result. Both are for use in the function only. */
bool vm_host_is_cancelled(const VmThread *thread);
VmStatus vm_host_cancel(VmThread *thread);

/* ---- streams and futures with the host ----
 *
 * A host's end of a stream or future is asked where the guest reads or writes: it moves items from or
 * to the guest's own buffer, so it needs none itself. What it cannot do yet it is asked again when the
 * store goes on: where no guest can, vm_component_call ends with VM_SUSPEND, the host waits for
 * whatever it waits for, and vm_resume asks all ends and async functions that wait.
 *
 * The other end is a cell (AbiValue.bits) of an argument or result, from the guest or to it. */
typedef enum {
    VM_FLOW_MOVED, /* *n items; where none were asked for: it is ready for some */
    VM_FLOW_WAITS, /* none yet */
    VM_FLOW_ENDS,  /* *n items, the last; of a future that the host reads: it is not wanted */
    VM_FLOW_TRAPS  /* after vm_trap */
} VmFlow;

typedef struct {
    /* Gives or takes up to *n items and sets *n to how many. `items` are as in AbiValue.list: numbers
     * as in memory, all else op_count cells each (what `items` of the host's point to is to be taken
     * from `scratch`, what those of the guest point to is gone after the call). Items with handles are
     * offered one by one, after *n = 0 was answered by VM_FLOW_MOVED, and are the host's then. A
     * future has one item. */
    VmFlow (*move)(VmThread *thread, void *context, void *items, size_t *n, Arena *scratch);
    /* The last call: after VM_FLOW_ENDS, the item of a future, or when the other end is dropped or the
     * store freed. May be NULL. */
    void (*close)(void *context);
} VmPort;

/* A new stream or future, whose items the host gives by `port`: its readable end, for a guest. Ports
 * are kept, not copied. 0: no memory. */
uint64_t vm_stream_new(VmStore *store, const VmPort *port, void *context);
uint64_t vm_future_new(VmStore *store, const VmPort *port, void *context);
/* The host reads a stream or future that a guest has passed, by `port`. */
void vm_stream_read(VmStore *store, uint64_t readable, const VmPort *port, void *context);
/* The host does not. */
void vm_stream_drop(VmStore *store, uint64_t readable);
/* What the items of a stream or future are, once a guest has had an end of it: NULL: nothing. NULL too, where
 * that is not known yet, or too large, is the plan. */
const AbiPlan *vm_stream_items(VmStore *store, uint64_t readable, const WitType **type);
bool vm_is_number_item(const WitType *type); /* whether they lie as numbers, as in memory */
/* Goes on with what calls have left behind: tasks that had more to do once they had returned, streams
 * on their way. VM_DONE: nothing can go on any more; VM_SUSPEND: the host is waited for. */
VmStatus vm_run_tasks(VmThread *thread);

/* What a component can import: items by name, nested instances have items of their own. */
typedef struct VmLinker VmLinker;
VmLinker *vm_linker_new(VmStore *store);
void vm_linker_free(VmLinker *linker);
VmLinker *vm_linker_instance(VmLinker *linker, Str name); /* made on first use */
/* `type` is what abi_shape writes for the function's type; an import of another type is refused. One
 * without a pointer is any. Names, types and contexts are kept, not copied. */
void vm_linker_func(VmLinker *linker, Str name, Str type, VmComponentHostFn fn, void *context);
void vm_linker_resource(VmLinker *linker, Str name, VmResource *resource);
/* A value of the type that abi_shape writes for a function's result, without the arrow. Its cells are
 * kept, not copied. */
void vm_linker_value(VmLinker *linker, Str name, Str type, const AbiValue *cells);
/* What a component of the same store exports: a function, an instance, a resource, or all of it as an
 * instance (`from` is empty). False: there is no such export, or it is of another sort. */
bool vm_linker_export(VmLinker *linker, Str name, const VmComponent *component, Str from);
/* Names that are not there exactly are found by their compatibility track: `ns:pkg/iface@0.2.x`
 * matches any 0.2 version of the linker. */

/* Functions that are imported and missing trap when they are called. */
void vm_linker_missing_traps(VmLinker *linker);

/* Hosts of their own for instances inside the outermost one. */
typedef struct {
    /* What functions of the host that are given to this instance get as their context, and what of those
     * below it; NULL: what they were given with. The path is that of comp_instance_path. */
    void *(*own)(void *host, Str path);
    /* Whether a function with this context is one of those. */
    bool (*is_of)(void *host, const void *context);
    void *host;
    /* The same for limits: lower ones, for the instance and those below it together. May be NULL. */
    const VmLimits *(*limits)(void *host, Str path);
    /* The context of a function, from what `own` gave and what it had; NULL: what `own` gave. */
    void *(*context)(void *host, void *own, void *context);
} VmInstanceHosts;
void vm_linker_hosts(VmLinker *linker, const VmInstanceHosts *hosts);

/* What start functions wait with when a host function suspends them, since instantiation cannot be
 * left and entered again: blocks until there may be progress, false where there can be none. */
void vm_store_on_wait(VmStore *store, bool (*wait)(void *context), void *context);
/* The same at the end of each slice of a start function (vm_thread_set_slice); without this it goes on. */
void vm_store_on_pause(VmStore *store, bool (*pause)(void *context), void *context);
/* How the last vm_call or vm_resume of a thread has ended. */
VmStatus vm_status(const VmThread *thread);

/* Instantiates a validated component with what the linker has; an import that is missing is a
 * diagnostic. NULL without diagnostics: a start function has trapped (vm_trapped) or wants to exit
 * (vm_status is VM_EXIT). */
VmComponent *vm_component_new(VmThread *thread, const CompInfo *info, const VmLinker *linker,
                              Diags *diags);

/* Calls work(context), which may make components and call them on `thread`. False: an arena found no memory, and
 * the work was left where it stood, as arena_try says. The thread is as before, with TRAP_NO_MEMORY, but components
 * of the store may be half way in anything: they are lost, and a call of one is a trap. Without it such
 * a failure is the process's. */
bool vm_component_try(VmThread *thread, void (*work)(void *), void *context);
bool vm_components_lost(const VmStore *store);

/* An exported function: "run" or "ns:pkg/iface@1.0.0" and "f" (any compatible version). */
VmComponentFunc *vm_component_func(VmComponent *component, Str interface, Str name);
const WitFunc *vm_component_func_type(const VmComponentFunc *func);
VmStore *vm_component_func_store(const VmComponentFunc *func);
VmStore *vm_component_store(const VmComponent *component);
/* How its parameters and result are laid out, for as long as the store. */
const AbiFunc *vm_component_func_abi(const VmComponentFunc *func);
/* An exported value; NULL: there is none. */
const AbiValue *vm_component_value(const VmComponent *component, Str interface, Str name,
                                   const WitType **type);
/* Drops what an own handle among func's parameters or result, of this type, stands for; its destructor runs.
 * As vm_component_call. */
VmStatus vm_component_drop(VmThread *thread, const VmComponentFunc *func, const WitType *own,
                           uint64_t rep);
/* Calls it; result cells point into `arena`. A store has one call from outside at a time: while one
 * is suspended, another is a trap. */
VmStatus vm_component_call(VmThread *thread, VmComponentFunc *func, const AbiValue *args,
                           AbiValue *result, Arena *arena);

#endif
