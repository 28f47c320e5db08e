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
    VmComponent *owner; /* NULL: the host's */
    VmFunc *dtor;       /* of the guest, NULL: none */
    void (*destroy)(void *context, uint64_t rep);
    void *context;
};

struct VmComponent {
    VmObject object;
    VmStore *store;
    const CompInfo *info;
    VmComponent *parent; /* the instance that instantiated it; NULL: the host did */
    VmComponent *scope;  /* the instance in which its component is defined */
    VmItem *spaces[COMP_SORT_COUNT];
    uint32_t counts[COMP_SORT_COUNT];
    Map resources; /* WitType * -> VmResource * */
    AbiTable *table;
    bool may_enter, may_leave;
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
    VmComponentHostFn host;
    void *context;
    VmFunc *entry;          /* what vm_component_call calls; made on first use */
    struct VmCall *pending; /* on its way into `entry` */
};

/* A core function that `canon lower` made. */
typedef struct {
    VmComponentFunc *callee;
    VmComponent *caller;
    VmOptions options;
    const AbiFunc *abi; /* as ABI_LOWER */
} VmLowered;

/* What components of one store share. */
typedef struct VmComponents {
    VmObject object;
    AbiCache plans;
    Map modules; /* CoreModule * -> VmModule * */
    uint32_t instances;
    uint64_t items;    /* in all index spaces */
    Arena *scratch;    /* of the host calls going on */
    uint32_t scratch_users;
    bool (*wait)(void *context); /* of vm_store_on_wait */
    void *wait_context;
} VmComponents;

enum {
    VM_MAX_COMPONENT_DEPTH = 128,     /* of instantiations in instantiations */
    VM_MAX_INSTANCES = 10000,         /* core and component, of a store */
    VM_MAX_ITEMS = 1 << 24,           /* in the index spaces of all of them */
    VM_MAX_CALL_BYTES = 128 << 20,    /* that one call may make the host allocate */
    VM_MAX_TRANSFER_BYTES = 1 << 30   /* that one call may make the host copy between guests */
};

VmComponents *vm_components(VmStore *store); /* made on first use */

/* component_link.c */
VmNamed *vm_find(const Map *names, Str name);
/* The same, at any version of the compatibility track. */
VmNamed *vm_find_compatible(const Map *names, Str name);
/* Fills `out` for an import of the outermost component; false and a diagnostic. */
bool vm_link_import(VmComponent *component, const VmLinker *linker, Str name,
                    const CompEntity *type, VmItem *out, Span span, Diags *diags);

/* component_call.c */
VmResource *vm_resource_of(const VmComponent *component, const WitType *handle);
/* The core function of a `canon lower` with its core type. */
VmFunc *vm_lowered_func(VmLowered *lowered);
/* resource.new, resource.drop, resource.rep. */
VmFunc *vm_resource_func(VmComponent *component, VmResource *resource, CompCanonOp op);
/* Entering an instance from another (NULL: the host): "may_enter_from", "enter_from", "leave_to". */
bool vm_may_enter(const VmComponent *callee, const VmComponent *caller);
void vm_set_entered(VmComponent *callee, const VmComponent *caller, bool entered);

#endif
