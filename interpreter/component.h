/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef INTERPRETER_COMPONENT_H
#define INTERPRETER_COMPONENT_H

#include "interpreter/internal.h"

/*
 * Component instances at run time, private to component_*.c.
 *
 * Validation has given every index of every index space its type; at run time the same spaces hold
 * what the indices are (VmItem). A resource type is written differently in each component that can
 * see it (a WitType of its own), but is one VmResource: `resources` of a component instance says
 * which.
 */

typedef struct VmExports VmExports;
typedef struct VmCoreExports VmCoreExports;
typedef struct VmClosure VmClosure;

/* A value that a component defines, imports or gets of its start function. */
typedef struct {
    const WitType *type;
    const AbiPlan *plan;
    const AbiValue *cells;
} VmValue;

typedef union {
    void *any;
    VmFunc *core_func;
    VmTable *table;
    VmMemory *memory;
    VmGlobal *global;
    VmTag *tag;
    VmModule *module;
    VmCoreExports *core_instance;
    VmComponentFunc *func;
    VmResource *resource; /* TYPE; NULL: another type */
    VmClosure *component;
    VmExports *instance;
    VmValue *value;
} VmItem;

typedef struct {
    CompSort sort;
    VmItem item;
} VmNamed;

/* What a component instance exports, or a bundle of items made in place. */
struct VmExports {
    Map names; /* -> VmNamed */
};

/* A core instance: a real one, or a bundle made in place. */
struct VmCoreExports {
    VmInstance *instance; /* NULL: `names` */
    Map names;            /* -> VmNamed */
};

/* A component together with the instance in which it is defined, whose items its outer aliases can
 * name. */
struct VmClosure {
    const CompInfo *info;
    VmComponent *scope; /* NULL: the outermost */
};

struct VmResource {
    Str name;
    VmComponent *owner;    /* NULL: the host's */
    VmComponentFunc *dtor; /* of the guest, NULL: none */
    VmFunc *dropper;       /* what vm_component_drop calls; made on first use */
    void (*destroy)(void *context, uint64_t rep);
    const char *(*refuses)(void *context, uint64_t rep); /* to be dropped by a guest; may be NULL */
    void *context;
};

enum { VM_KNOWN = 8 };
typedef struct {
    const WitType *type;
    VmResource *resource;
} VmKnown;

struct VmComponent {
    VmObject object;
    VmStore *store;
    const CompInfo *info;
    VmComponent *parent; /* the instance that instantiated it; NULL: the host did */
    VmComponent *scope;  /* the instance in which its component is defined */
    VmItem *spaces[COMP_SORT_COUNT];
    uint32_t counts[COMP_SORT_COUNT];
    Map resources;   /* WitType * -> VmResource * */
    VmKnown *known;  /* VM_KNOWN of them, by the address of the type: those looked up last */
    AbiTable *table; /* handles: of resources, error contexts, all that is asynchronous (VmNode) */
    AbiTable *threads; /* VmFiber; made on first use */
    VmShare *share;    /* NULL: the store's limits are its own */
    bool may_enter, may_leave;
    uint32_t backpressure, waiting_to_enter;
    struct VmFiber *exclusive; /* the fiber that no other one of its kind may run beside */
    VmExports exports;
};

/* The options of one `canon` as far as they tell how to reach a guest. */
typedef struct {
    AbiEncoding encoding;
    VmMemory *memory;
    VmFunc *reallocate;
} VmOptions;

/* A component function: lifted from a core function, or the host's. */
struct VmComponentFunc {
    Str name; /* for messages; empty where it has none */
    const WitFunc *type;
    const AbiFunc *abi;    /* as ABI_LIFT */
    VmComponent *instance; /* that lifted it, or that imported it; its types are meant */
    VmFunc *core;          /* NULL: the host's */
    VmOptions options;
    VmFunc *post_return;
    bool is_async;    /* lifted with `async` */
    VmFunc *callback; /* and with this; NULL: without */
    VmComponentHostFn host;
    void *context;
    VmFunc *entry;          /* what vm_component_call calls; made on first use */
    struct VmCall *pending; /* on its way into `entry` */
};

/* ---- calls ---- */

/* What the specification calls the current thread, as far as built-ins see it. A plain call of a
 * function that cannot block has one too, on the stack of contexts of its fiber. */
typedef struct VmContext {
    VmComponent *instance;
    struct VmCall *call;   /* its task; NULL: a start function or realloc */
    struct VmFiber *proxy; /* stands for it among the instance's threads, once it has an index */
    bool may_block;
    uint64_t storage[2];
    struct VmContext *outer;
} VmContext;

/* A node of the list of all that is asynchronous in a store, so that nothing outlives it. */
typedef struct VmNode {
    struct VmNode *before, *after;
    void (*free)(struct VmNode *);
} VmNode;

/* What waitable sets hold. An event is made when it is delivered. */
typedef enum {
    VM_WAIT_SUBTASK,
    VM_WAIT_STREAM_READ,
    VM_WAIT_STREAM_WRITE,
    VM_WAIT_FUTURE_READ,
    VM_WAIT_FUTURE_WRITE,
    VM_WAIT_SET /* not a waitable: the set itself */
} VmWaitKind;

typedef struct VmWaitable {
    VmNode node;
    VmWaitKind kind;
    uint32_t index; /* in its instance's table */
    struct VmSet *set;
    struct VmWaitable *before, *next; /* in the set */
    bool has_event, has_sync_waiter;
} VmWaitable;

typedef struct VmSet {
    VmNode node;
    VmWaitable *first, *last;
    uint32_t waiting;
} VmSet;

typedef struct {
    uint32_t code, index, payload;
} VmEvent;

/* Something that waits for the host (component_host.c): it is asked whenever the store goes on. */
typedef struct VmWork {
    struct VmWork *before, *after; /* NULL: not on the list */
    VmStatus (*ask)(VmThread *thread, struct VmWork *work, bool *progress); /* VM_DONE, VM_TRAP.. */
} VmWork;

typedef struct {
    const VmPort *port; /* NULL: the end is not the host's */
    void *context;
} VmHostEnd;

/* Stream or future: what its two ends share. */
typedef struct VmPipe {
    VmNode node;
    VmWork work;   /* an end of the host is to be asked */
    uint32_t refs; /* ends, and one on its way to whom it was passed */
    bool is_future, dropped;
    const WitType *elem;   /* NULL: none */
    VmComponent *types;    /* whose types `elem` means; NULL: not known yet, the host has made it */
    struct VmEnd *pending; /* the end that came first, and waits with its buffer */
    VmHostEnd host[2];     /* the readable and the writable end */
    struct VmPump *pump;   /* where both are the host's */
} VmPipe;

typedef enum { VM_END_IDLE, VM_END_COPYING, VM_END_CANCELLING, VM_END_DONE } VmEndState;

/* A guest's end, and the buffer of its last copy. */
typedef struct VmEnd {
    VmWaitable waitable;
    VmPipe *pipe;
    VmEndState state;
    uint32_t result; /* of the event to be delivered: a VmCopyResult */
    VmComponent *instance;
    const VmOptions *options;
    const WitType *elem;
    const AbiPlan *plan;
    uint32_t pointer, length, progress;
} VmEnd;

typedef enum { VM_COPY_COMPLETED, VM_COPY_DROPPED, VM_COPY_CANCELLED } VmCopyResult;

/* How far a callee has come (Subtask.State), and a task (Task.State). */
typedef enum {
    VM_STARTING,
    VM_STARTED,
    VM_RETURNED,
    VM_CANCELLED_BEFORE_STARTED,
    VM_CANCELLED_BEFORE_RETURNED
} VmSubtaskState;
typedef enum {
    VM_TASK_INITIAL,
    VM_TASK_STARTED,
    VM_TASK_PENDING_CANCEL,
    VM_TASK_CANCEL_DELIVERED,
    VM_TASK_RESOLVED
} VmTaskState;

typedef struct {
    AbiTable *table;
    uint32_t index;
} VmLender;

/* Bytes that may still be copied, or taken from the host, and the trap of those that may not. */
typedef struct {
    uint64_t left;
    Trap trap;
} VmBudget;

/* One side of a call or copy, the context of an AbiGuest. */
typedef struct {
    VmStore *store;
    struct VmCall *call; /* NULL: a copy of a stream or future */
    VmComponent *instance;
    VmComponent *types; /* whose resources handles mean */
    const VmOptions *options;
    VmBudget *budget;
    bool to_host; /* a copy: what is lifted goes to the host */
    AbiGuest guest;
} VmSide;

/* A call of a component function: Task (of the callee) and Subtask (of the caller) in one. Calls that
 * have ended are kept for the next, and what never changes with them. */
typedef struct VmCall {
    VmWaitable waitable; /* the subtask; in a table once the callee has blocked */
    uint32_t refs;       /* the caller's and, of a fiber, the callee's */
    uint32_t borrows;    /* that the callee still has */
    uint32_t threads;    /* fibers of the task that are registered */
    VmSubtaskState state;
    VmTaskState task_state;
    uint32_t lender_count;
    VmStore *store;
    VmComponentFunc *callee;
    const struct VmLowered *lowered; /* NULL: called by the host, then the next three count */
    const AbiValue *args;
    AbiValue *result;
    Arena *arena;
    bool has_scratch; /* `arena` is the store's; else, of an async function of the host, its own */
    bool owns_arena;
    bool delivered, cancel_requested, is_cancelled; /* the last: by the host */
    VmWork work;                                    /* the host has not answered yet */
    VmComponent *until;    /* which of the callee's ancestors have been entered: up to this one */
    uint64_t *core_args;   /* of the caller: its slots, or `saved_args` */
    uint32_t out_pointer;  /* where a spilled result goes */
    uint64_t core_result;  /* of the callee */
    uint64_t flat_result;  /* for the caller */
    struct VmFiber *fiber; /* of the callee; NULL: it runs on the caller's, or has ended */
    VmBudget budget;
    VmLender *lenders; /* kept for the next call */
    uint32_t lender_cap;
    VmSide caller_side, callee_side;
    VmContext context; /* of the callee, when it runs on its caller's fiber */
    uint64_t saved_args[ABI_MAX_FLAT_PARAMS + 1];
    AbiValue cells[8]; /* of a host function, where these are enough */
    struct VmCall *next_free, *next_made;
} VmCall;

/* A core function that `canon lower` made. */
typedef struct VmLowered {
    VmComponentFunc *callee;
    VmComponent *caller;
    VmOptions options;
    const AbiFunc *abi; /* as ABI_LOWER or ABI_LOWER_ASYNC */
    bool is_async;
    bool is_never;      /* such a call always traps: vm_may_call */
    VmComponent *until; /* the first of the callee and its ancestors that the caller is in */
} VmLowered;

/* A line of execution with a stack of its own: of an async-typed call, or made by thread.new. The
 * fiber of the thread that the host has called (`root`) runs the others, in scheduler loops. */
typedef struct VmFiber {
    VmNode node;
    VmStore *store;
    VmThread *thread;
    VmCall *call; /* its task */
    VmContext base, *current;
    bool has_entered;          /* while it runs: its instance has been entered for it, */
    VmComponent *entered_from; /* from here */
    struct VmFiber *resumer;   /* who goes on when it blocks or ends */
    struct VmFiber *queued;    /* the next of those that wait */
    enum { VM_FIBER_NEW, VM_FIBER_RUNNING, VM_FIBER_SUSPENDED, VM_FIBER_WAITING } state;
    bool is_proxy; /* has no stack of its own: a call on another fiber's that may not block */
    bool is_implicit, is_started, cancellable, cancelled, waits_for_host, has_given_way;
    bool (*ready)(struct VmFiber *); /* WAITING: whether it can go on; NULL: at any time */
    void *ready_arg;
    VmHostFn then; /* what it does once control is back */
    void *then_context;
    VmHostFn wait_then; /* and once what it waits for while others run has come */
    void *wait_context;
    VmComponent *wait_only; /* whose fibers run meanwhile; NULL: all */
    VmSet *waits_on;        /* of a callback */
    uint32_t index;         /* in the instance's threads */
    VmFunc *start;          /* of an explicit one, with its argument */
    uint32_t start_arg;
} VmFiber;

/* What components of one store share. */
typedef struct VmComponents {
    VmObject object;
    AbiCache *plans, own_plans; /* the program's, or its own */
    Map modules;                /* CoreModule * -> VmModule * */
    uint32_t instances;
    uint64_t items; /* in all index spaces */
    Arena *scratch; /* of the host calls going on */
    uint32_t scratch_users;
    bool (*wait)(void *context); /* of vm_store_on_wait */
    void *wait_context;
    bool (*pause)(void *context); /* of vm_store_on_pause */
    void *pause_context;
    VmFiber root;
    VmFiber *active; /* the fiber that runs */
    VmFiber *waiting, **waiting_end;
    VmNode nodes;                /* the list's end */
    VmWork work;                 /* likewise */
    uint32_t turns, switches;    /* of the scheduler */
    VmCall *asked;               /* whose host function runs */
    const VmComponentFunc *told; /* that was asked last: vm_host_callee */
    VmCall *free_calls, *all_calls;
    VmCall *root_call; /* of the host, that has not ended yet */
    uint32_t handles, fibers;
    bool is_lost;     /* vm_component_try has failed */
    AbiTable *errors; /* all error contexts; made on first use */
    size_t error_bytes;
    VmFunc *fiber_main, *thread_main, *run_tasks;
} VmComponents;

enum {
    VM_MAX_COMPONENT_DEPTH = 128, /* of instantiations in instantiations */
    VM_MAX_INSTANCES = 10000,     /* where no limit is set: core and component, of a store */
    VM_MAX_ITEMS = 1 << 24,       /* in the index spaces of all of them */
    VM_MAX_ERROR_BYTES = 64 << 20 /* of messages of error contexts */
};

VmComponents *vm_components(VmStore *store); /* made on first use */
/* Whether what is suspended in a start function can go on, after waiting for the host unless a slice of
 * time has ended. */
static inline bool vm_may_go_on(const VmThread *thread, const VmComponents *shared) {
    if (!vm_is_paused(thread)) return shared->wait && shared->wait(shared->wait_context);
    return !shared->pause || shared->pause(shared->pause_context);
}

/* program.c */
struct VmProgram {
    Arena *arena;
    CoreTypeSpace *types;
    VmModule *modules;
    Map by_core;                    /* CoreModule * -> VmModule * */
    AbiCache plans;                 /* of types, ... */
    Map funcs[ABI_LOWER_ASYNC + 1]; /* WitFunc * -> AbiFunc *, by AbiVariant ... */
    Map shapes;                     /* and -> Str: abi_shape */
    bool is_used, has_fuel;         /* by its first store */
};
/* abi_func, abi_shape; made once where stores share them. */
const AbiFunc *vm_abi(VmStore *store, const WitFunc *func, AbiVariant variant);
Str vm_abi_shape(VmStore *store, const WitFunc *func);

/* component_link.c */
VmNamed *vm_find(const Map *names, Str name);
/* The same, at any version of the compatibility track. */
VmNamed *vm_find_compatible(const Map *names, Str name);
/* Fills `out` for an import of the outermost component; false and a diagnostic. */
bool vm_link_import(VmComponent *component, const VmLinker *linker, Str name,
                    const CompEntity *type, VmItem *out, Span span, Diags *diags);

/* Hosts of their own; NULL: there are none. */
const VmInstanceHosts *vm_hosts_of(const VmLinker *linker);
/* Arguments in which functions of those hosts have `own` as their context. */
void vm_rebind(VmStore *store, const VmInstanceHosts *hosts, void *own, const Map *from, Map *to);

/* component_call.c */

/* Into and out of a table of handles; 0: it, or the store's limit, is reached. */
uint32_t vm_add_handle(VmComponent *instance, AbiTable *table, AbiHandle handle);
void vm_remove_handle(VmComponent *instance, AbiTable *table, uint32_t index);
VmResource *vm_resource_of(const VmComponent *component, const WitType *handle);
void vm_bind_resource(VmComponent *component, const WitType *type, VmResource *resource);
/* The core function of a `canon lower` with its core type. */
VmFunc *vm_lowered_func(VmLowered *lowered);
/* resource.new, resource.drop, resource.rep. */
VmFunc *vm_resource_func(VmComponent *component, VmResource *resource, CompCanonOp op);
/* Entering an instance from another (NULL: the host): "may_enter_from", "enter_from", "leave_to". */
bool vm_may_enter(VmComponent *callee, const VmComponent *caller);
bool vm_may_call(VmComponent *callee, const VmComponent *caller); /* the same, for functions */
void vm_set_entered(VmComponent *callee, const VmComponent *caller, bool entered);
void vm_push_context(VmStore *store, VmContext *context, VmComponent *instance);
void vm_pop_context(VmStore *store, VmContext *context);
/* The type of a core function with these parts. */
VmFunc *vm_core_func(VmStore *store, const char *params, const char *results, VmHostFn fn,
                     void *context); /* "iI" for i32 and i64 */
void vm_call_release(VmCall *call);
void vm_free_calls(VmComponents *shared); /* at the store's end */
void vm_return_lent(VmCall *call);
void vm_set_side(VmSide *side, VmStore *store, VmCall *call, VmComponent *instance,
                 VmComponent *types, const VmOptions *options, VmBudget *budget);
/* What one copy may spend: between guests, or to the host. */
VmBudget vm_budget(const VmStore *store, bool to_host);
AbiPlace vm_place(const VmSide *side, bool spilled, uint64_t *slots, uint32_t address);
/* Lifts the arguments from the caller and lowers them into the callee. */
Trap vm_pass_args(VmCall *call, VmSlot *core_args);
/* The callee's result, at `from`, to the caller. */
Trap vm_pass_result(VmCall *call, AbiPlace from);
VmThread *vm_running(const VmStore *store); /* the thread of the active fiber */

/* component_async.c */
void vm_node_add(VmStore *store, VmNode *node, void (*free_node)(VmNode *));
void vm_node_remove(VmNode *node);
bool vm_is_fiber(const VmNode *node);
/* Runs the callee on a fiber of its own until it blocks or ends; then(thread, call, slots). */
VmStatus vm_start_call(VmThread *thread, VmCall *call, VmHostFn then);
/* The host waits for a call to be resolved. */
VmStatus vm_await_call(VmThread *thread, VmCall *call, VmHostFn then);
/* Stops the running fiber until `ready`, then again(thread, context, slots); where the running task
 * may not block, others of its instance run meanwhile, or it is a trap. */
VmStatus vm_block(VmThread *thread, bool (*ready)(VmFiber *), void *ready_arg, bool cancellable,
                  VmHostFn again, void *context);
bool vm_is_resolved(const VmCall *call);
/* The caller's side learns of the new state: by an event, once it has an index for the subtask. */
void vm_set_state(VmCall *call, VmSubtaskState state);
VmStatus vm_task_return(VmThread *thread, VmComponent *instance, const VmOptions *options,
                        const WitType *type, VmSlot *slots);
VmStatus vm_task_cancel(VmThread *thread, VmComponent *instance);
/* A new thread of the running task, suspended. */
Trap vm_thread_fiber(VmComponent *instance, VmFunc *start, uint32_t arg, VmFiber **out);
/* Why there is no fiber more. */
Trap vm_fiber_trap(const VmStore *store);
VmFiber *vm_find_thread(VmComponent *instance, uint32_t index);
/* The running thread, with an index; NULL: the handle table is full, or there is no memory. */
VmFiber *vm_this_thread(VmComponent *instance);
void vm_end_proxy(VmFiber *proxy);
VmStatus vm_suspend_thread(VmThread *thread, bool cancellable, VmHostFn then, void *context);
void vm_resume_later(VmFiber *fiber);
VmStatus vm_yield(VmThread *thread, bool cancellable, VmHostFn then, void *context);
VmStatus vm_switch_thread(VmThread *thread, VmFiber *other, bool yields, bool cancellable,
                          VmHostFn then, void *context);
bool vm_take_cancel(VmStore *store, bool cancellable);
VmStatus vm_request_cancel(VmThread *thread, VmCall *call, VmComponent *caller, VmHostFn then,
                           void *context);
VmFiber *vm_active(const VmStore *store);
/* Whether the running task may block, or has ready threads beside it that could let it go on. */
bool vm_may_wait(const VmComponent *instance);
void vm_set_root(VmThread *thread); /* a call of the host begins on this thread */
VmComponents *vm_shared(const VmStore *store);

/* component_wait.c */
void vm_waitable_leave(VmWaitable *waitable);
VmEvent vm_take_event(VmWaitable *waitable);
VmSet *vm_find_set(VmComponent *instance, uint32_t index);
bool vm_set_is_ready(const VmSet *set);
VmEvent vm_set_take(VmSet *set);
/* Adds a waitable or set to the instance's table; 0: it is full. */
uint32_t vm_table_put(VmComponent *instance, VmWaitKind kind, void *object);
void *vm_table_find(VmComponent *instance, uint32_t index, VmWaitKind kind);
/* The core function of an asynchronous built-in; NULL: none that can be run. */
VmFunc *vm_builtin_func(VmComponent *component, const CompCanon *canon, const VmOptions *options,
                        const WitType *type);

/* component_stream.c */
VmFunc *vm_stream_func(VmComponent *component, const CompCanon *canon, const VmOptions *options,
                       const WitType *type);
VmEvent vm_copy_event(VmWaitable *waitable);
Trap vm_lift_end(const VmSide *side, const WitType *type, uint32_t index, uint64_t *value);
Trap vm_lower_end(const VmSide *side, const WitType *type, uint64_t value, uint32_t *index);

VmPipe *vm_pipe_new(VmStore *store, bool is_future); /* without ends; NULL: no memory */
void vm_pipe_release(VmPipe *pipe);
bool vm_is_number_or_none(const WitType *type);
static inline uint32_t vm_end_remain(const VmEnd *end) { return end->length - end->progress; }
uint8_t *vm_end_bytes(const VmEnd *end); /* where its buffer goes on */
/* The end's copy is over: its event can be delivered. */
void vm_end_set_event(VmEnd *end, VmCopyResult result);
/* The waiting end no longer does. */
void vm_notify_pending(VmPipe *pipe, VmCopyResult result);

/* component_value.c; NULL: its type is too large. */
VmValue *vm_value_new(VmStore *store, const WitType *type, const AbiValue *cells);
VmValue *vm_value_read(VmStore *store, const WitType *type, Str bytes); /* which are valid */
VmStatus vm_value_start(VmThread *thread, VmComponentFunc *func, VmValue *const *args, size_t n,
                        VmValue **result); /* NULL: none */

/* component_host.c */
void vm_work_add(VmStore *store, VmWork *work);
void vm_work_remove(VmWork *work);
bool vm_work_waits(const VmStore *store);
/* Asks all that waits for the host; *progress: some has come on. */
VmStatus vm_work_ask(VmThread *thread, bool *progress);
/* Whether the end that faces a guest's is the host's. */
bool vm_faces_host(const VmEnd *end);
/* Copies between a guest's end and the host's; the end has an event then, or waits. */
Trap vm_meet_host(VmThread *thread, VmEnd *end);
void vm_close_host_end(VmPipe *pipe,
                       bool writable); /* and its reference, which readable ones have */
void vm_leave_host(VmPipe *pipe);      /* which is to be freed */
/* A call of an async function of the host, which has not been answered. */
void vm_host_call_waits(VmCall *call);
/* The function is asked once more, now that its caller has no use for an answer. */
VmStatus vm_cancel_host_call(VmThread *thread, VmCall *call);
/* component_call.c: the host has answered. */
Trap vm_host_answered(VmCall *call);

/* component_error.c */

/* The core function of a built-in of error contexts; NULL: it is none. */
VmFunc *vm_error_func(VmComponent *component, const CompCanon *canon, const VmOptions *options);
Trap vm_lift_error(const VmSide *side, uint32_t index, uint64_t *value);
Trap vm_lower_error(const VmSide *side, uint64_t value, uint32_t *index);

#endif
