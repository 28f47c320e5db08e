/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef COMPONENT_INTERNAL_H
#define COMPONENT_INTERNAL_H

#include "base/map.h"
#include "component/component.h"

/* What the files of component/ share among themselves. */

/* ---- the binary format: ids and codes (Binary.md) ---- */

enum { COMP_VERSION = 0x0d, COMP_LAYER = 1 };

/* Section ids are CompItemKind in another order. */
enum {
    COMP_SECTION_CUSTOM,
    COMP_SECTION_CORE_MODULE,
    COMP_SECTION_CORE_INSTANCE,
    COMP_SECTION_CORE_TYPE,
    COMP_SECTION_COMPONENT,
    COMP_SECTION_INSTANCE,
    COMP_SECTION_ALIAS,
    COMP_SECTION_TYPE,
    COMP_SECTION_CANON,
    COMP_SECTION_START,
    COMP_SECTION_IMPORT,
    COMP_SECTION_EXPORT,
    COMP_SECTION_VALUE
};

/* Codes of sorts (Binary.md `core:sort` and `sort`); a core sort stands after a byte 0x00. */
uint8_t comp_sort_code(CompSort sort);

/* The sections that hold one definition, without a count. */
bool comp_section_is_single(uint8_t id);
bool comp_option_has_index(CompOptionKind kind);

/* Nesting: of components in components, and of types in types. */
enum { COMP_MAX_DEPTH = 100 };

/* ---- the model's types in an index space (type_encode.c) ---- */

/* Puts types of the model into the index space of a builder, each once: named ones are exported or
 * imported as they are met, types of other interfaces are fetched by `foreign`. */
typedef struct CompTypeScope {
    CompBuilder *builder;
    const WitInterface *interface; /* whose types are defined here; NULL: those of a world */
    /* How named types get their name: as a declaration of an instance or component type, as an import
     * of one's own name or of `import-type-NAME`, as an export, or not at all. */
    enum {
        COMP_NAME_BY_EXPORT_DECL,
        COMP_NAME_BY_IMPORT,
        COMP_NAME_BY_IMPORT_TYPE,
        COMP_NAME_BY_EXPORT,
        COMP_NAME_NOT
    } naming;
    Map imported; /* COMP_NAME_BY_IMPORT_TYPE: the import's name -> WitType */
    Map types;    /* WitType -> index */
    Map shapes;   /* anonymous types by their parts -> index */
    Map funcs;    /* function types by their parts -> index */
    /* The index here of a type that belongs to another interface. */
    uint32_t (*foreign)(struct CompTypeScope *scope, const WitType *type);
    void *context;
} CompTypeScope;

CompValRef comp_scope_val(CompTypeScope *scope, const WitType *type); /* NULL: not present */
uint32_t comp_scope_func(CompTypeScope *scope, const WitFunc *func);  /* of its type */
/* Says that a type has this index. */
void comp_scope_set(CompTypeScope *scope, const WitType *type, uint32_t index);
/* A component or component type that has instances of interfaces, and takes types from them. */
typedef struct {
    Arena *arena;
    CompBuilder *outer;
    CompTypeScope world; /* types of the outer space itself */
    Map instances;       /* WitInterface -> instance index */
    Map aliases;         /* WitType -> index of its alias in the outer space */
} CompInstances;
void comp_instances_init(CompInstances *e, Arena *arena, CompBuilder *outer);
/* The index in the outer space of a type that one of its instances exports. */
uint32_t comp_instances_alias(CompInstances *e, const WitType *type);
/* `interface` is instance `index` from here on. */
void comp_instances_set(CompInstances *e, const WitInterface *interface, uint32_t index);
/* Defines the instance type of an interface; `wanted` (NULL: everything) is the set of the types and
 * functions to have, by address, `first` (may be NULL) those of its types that come first. COMP_NONE
 * where that is nothing. */
uint32_t comp_instances_type(CompInstances *e, const WitInterface *interface, const Map *wanted,
                             const CompTypeList *first);
/* The name of a world's item with its attributes. */
CompName comp_item_name(Arena *arena, const WitItem *item);

/* The name of an item with its attributes. */
CompName comp_extern_name(Str name, bool has_external_id, Str external_id);

/* The type of a valid component as a definition (entity_encode.c). */
const CompTypedef *comp_component_typedef(Arena *arena, const CompInfo *info, Diags *diags);

/* `package-docs`: docs and stability, which component types have no place for (package_docs.c). */
Str comp_package_docs(Arena *arena, const WitPackage *package);
/* Puts what such a section says into a package under construction; false where it is malformed. */
bool comp_take_package_docs(Arena *arena, Str bytes, WitPackage *package);
/* The `producers` section that names us. */
Str comp_producers(Arena *arena);

/* ---- the component-name section (names.c) ---- */

/* What is well-formed of it; never fails. `counts` are the sizes of the index spaces. */
void comp_names_decode(Arena *arena, Str bytes, const uint32_t counts[COMP_SORT_COUNT],
                       CompNames *names);
/* The bytes after the section's name; nothing where there are no names. */
void comp_names_encode(const CompNames *names, Buf *buf);

/* ---- validation ---- */

typedef enum { SCOPE_COMPONENT, SCOPE_COMPONENT_TYPE, SCOPE_INSTANCE_TYPE } ScopeKind;

/* What of a type is asked for again and again; by the node's address. */
typedef struct {
    uint32_t size, depth; /* "effective type size": leaves and nodes of the unfolded type */
    bool has_borrow, has_resource, has_pointer;
    uint64_t bytes; /* of a value, with 64-bit pointers; saturates */
    uint32_t align;
} TypeInfo;

/* One run of comp_validate. */
typedef struct {
    Arena *arena;
    Features features;
    Diags *diags;
    const Source *source;
    CoreTypeSpace *space;
    Map infos; /* address of a WitType, WitFunc, instance, component type -> TypeInfo */
    unsigned depth;
    VEC(CoreChecker *) checkers; /* of all core modules; their bodies are checked at the end */
    Map closed;  /* address of an instance or component type -> 1: speaks of no outer resource, 2 */
    Map origins; /* address of a resource -> Origin */
    Str within;  /* the component that is being validated, for messages; empty: the outermost */
    Map foreign; /* core type by its id -> CoreType, see comp_foreign_core_type */
    uint32_t work; /* what was done beyond a walk over the bytes, see comp_step */
    bool halted;   /* a limit was met: no more of this component */
} Validator;

/* Where a resource was made, for messages. */
typedef struct {
    Str name, what, within;
    size_t offset;
} Origin;
void comp_set_origin(Validator *v, const WitType *resource, Str what, size_t offset);
/* The same for one that stands for `like` in an instance. */
void comp_copy_origin(Validator *v, const WitType *resource, const WitType *like, Str what,
                      size_t offset);
/* The name of one that was defined without, for messages. */
void comp_name_resource(Validator *v, const WitType *resource, Str name);

typedef VEC(CoreType) CoreTypes;
typedef VEC(uint32_t) CoreIds;

/* A component, component type or instance type under validation: its index spaces so far. */
typedef struct Scope Scope;
struct Scope {
    ScopeKind kind;
    Scope *outer;
    CompInfo *info; /* COMPONENT: what is found out about it */
    VEC(CompEntity) spaces[COMP_SORT_COUNT];
    CoreTypes core_types; /* parallel to the core type space; zeroed where it is a module type */
    CoreIds core_ids;     /* the same as ids; CORE_NONE for module types */
    VEC(bool) value_used; /* parallel to the value space */
    VEC(size_t) value_offset;
    CompComponentType type;               /* imports, exports and resources so far */
    Map import_keys, export_keys;         /* by wit_unique_key -> index */
    Map explicit_resources;               /* exported somewhere */
    Map local_resources;                  /* defined here: -> its rep */
    Map imported_types, exported_types;   /* types that have a name for the outside */
    Map imported_names, exported_names;   /* resource node -> its name, as a Str */
    Map imported_labels, exported_labels; /* names of resources */
    CoreValType context_type;
    uint32_t size;
};

Span comp_span(const Validator *v, size_t offset);

static inline bool comp_false(const Diag *diag) {
    (void)diag;
    return false;
}
#define fault(v, offset, code, ...)                                                                \
    comp_false(diag((v)->diags, code, comp_span((v), (offset)), ##__VA_ARGS__))
/* Reports and gives false where a feature is off. */
bool comp_need(Validator *v, size_t offset, Feature feature, const char *what);

/* Index spaces: reports and gives NULL where there is no such index. */
/* The entry may be one at fault: NULL too, but that was reported where it stands. */
const CompEntity *comp_at(Validator *v, const Scope *s, CompSort sort, uint32_t index,
                          size_t offset);
const WitType *comp_value_type_at(Validator *v, const Scope *s, uint32_t index, size_t offset);
const WitType *comp_resource_at(Validator *v, const Scope *s, uint32_t index, size_t offset);
const CoreType *comp_core_func_at(Validator *v, const Scope *s, uint32_t index, size_t offset);
void comp_push(Validator *v, Scope *s, CompEntity entity);
/* Room for all that the items add. */
void comp_reserve_spaces(Validator *v, Scope *s, const CompItems *items);
bool comp_check_room(Validator *v, const Scope *s, CompSort sort, size_t offset);
/* How long an index space may be. */
typedef struct {
    const char *what;
    uint32_t most;
    CompSort other; /* is counted together with it; itself: with none */
} CompLimit;
const CompLimit *comp_limit(CompSort sort);
/* Validates items, each for itself: one at fault has a broken entry in its index space, and what
 * refers to it is at fault without a message. */
bool comp_validate_items(Validator *v, Scope *s, const CompItems *items,
                         bool (*each)(Validator *v, Scope *s, const CompItem *item));

/* validate_type.c */
TypeInfo comp_type_info(Validator *v, const WitType *type);
TypeInfo comp_func_info(Validator *v, const WitFunc *func);
TypeInfo comp_entity_info(Validator *v, const CompEntity *entity);
void comp_set_info(Validator *v, const void *node, TypeInfo info);
/* Of a component or instance type that has been checked. */
bool comp_set_scope_info(Validator *v, const Scope *s, const void *node, size_t offset);
bool comp_add_sizes(Validator *v, uint32_t *size, uint32_t more, size_t offset);
bool comp_check_val(Validator *v, const Scope *s, CompValRef ref, size_t offset,
                    const WitType **type);
bool comp_validate_type(Validator *v, Scope *s, const CompItem *item);
bool comp_check_core_types(Validator *v, const Scope *s, size_t offset);
bool comp_validate_core_type(Validator *v, Scope *s, const CompItem *item);
/* A type of the space as a definition on its own, with its references to others left open. */
const CoreType *comp_foreign_core_type(Validator *v, uint32_t id);
bool comp_core_module_type(Validator *v, const CoreModule *module, size_t offset,
                           const CompCoreModuleType **type);
bool comp_validate_alias(Validator *v, Scope *s, const CompItem *item);

/* validate_name.c */
typedef enum {
    NAME_LABEL,
    NAME_CONSTRUCTOR,
    NAME_METHOD,
    NAME_STATIC,
    NAME_INTERFACE,
    NAME_OLD
} NameKind;
bool comp_check_label(Validator *v, Str name, const char *what, size_t offset);
/* Checks an extern name, its attributes, its uniqueness and its typing, and adds it to the list of
 * imports or exports. `s` may be NULL (a bag of exports has no resource names). */
typedef struct {
    bool is_import;
    CompExterns *list;
    Map *by_name, *keys;
    const Map *resource_names, *labels; /* may be NULL */
    uint32_t *size;
} NameContext;
bool comp_add_extern(Validator *v, const NameContext *cx, const CompName *name,
                     const CompEntity *entity, size_t offset);

/* validate_extern.c */
bool comp_validate_import(Validator *v, Scope *s, const CompItem *item);
bool comp_validate_export(Validator *v, Scope *s, const CompItem *item);
bool comp_entity_of(Validator *v, Scope *s, CompSort sort, uint32_t index, size_t offset,
                    CompEntity *entity);
bool comp_finish_scope(Validator *v, Scope *s, size_t offset);
bool comp_use_value(Validator *v, Scope *s, uint32_t index, size_t offset);

/* validate_instance.c */
bool comp_validate_core_instance(Validator *v, Scope *s, const CompItem *item);
bool comp_validate_instance(Validator *v, Scope *s, const CompItem *item);

/* validate_canon.c */
bool comp_validate_canon(Validator *v, Scope *s, const CompItem *item);

/* validate_value.c: whether bytes are one value of a type. */
bool comp_check_value(Validator *v, const WitType *type, Str bytes, size_t offset);

/* validate_gc.c: whether a core function type is one that a function lowers to by the GC ABI. */
bool comp_check_gc_func(Validator *v, const WitFunc *func, const CoreType *core,
                        const CompOptions *options, size_t offset);

/* subst.c: types with resources (and other types) replaced, shared where nothing changes. */
typedef struct {
    Arena *arena;
    Map map;        /* old node -> new node; preset with what is to be replaced */
    Map *infos;     /* the validator's, or NULL */
    uint32_t *work; /* counts steps, or NULL */
} Subst;
/* A few bytes can use a type of any size, and again and again. So whatever costs more than the bytes
 * that ask for it is counted in steps, and a run has so many of them, and one more for each byte. The
 * count begins below COMP_MAX_WORK by that much. */
enum { COMP_MAX_WORK = 2000000000, COMP_FREE_WORK = 3000000, COMP_RESOURCE_WORK = 8 };
/* Counts a step, or says that there are none left (then comp_check_work reports it). */
static inline bool comp_step(uint32_t *work) { return !work || (*work < COMP_MAX_WORK && ++*work); }
/* Counts n steps at once and reports where there are none left. */
bool comp_check_steps(Validator *v, size_t n, size_t offset);
Subst comp_subst(Validator *v);
bool comp_check_work(Validator *v, size_t offset);
void comp_subst_set(Subst *subst, const void *from, const void *to);
const WitType *comp_subst_type(Subst *subst, const WitType *type);
CompEntity comp_subst_entity(Subst *subst, const CompEntity *entity);
const CompInstanceType *comp_subst_instance(Subst *subst, const CompInstanceType *type);
const WitType *comp_fresh_resource(Arena *arena, const WitType *like);
/* Adds the resources that occur in an entity and are not bound in it, by address. */
typedef struct {
    Arena *arena;
    uint32_t *work; /* as in Subst */
    Map seen, resources;
} FreeSet;
void comp_free_entity(FreeSet *set, const CompEntity *entity);

/* subtype.c */
typedef struct {
    Arena *arena;
    const CoreTypeSpace *space;
    Map *infos;     /* or NULL */
    uint32_t *work; /* as in Subst */
    /* Where a check failed: */
    Str why;
    const WitType *found, *expected;           /* the resources, if it failed on them */
    const WitType *found_type, *expected_type; /* the innermost types with names */
    CompEntity found_item, expected_item;      /* the innermost items */
    bool has_items;
    Str item;         /* the name of these; empty: what was asked about itself */
    Str argument;     /* the import that brought the expected resource */
    size_t wanted_at; /* where the outermost one is declared, 0: unknown */
} SubtypeCx;
SubtypeCx comp_subtype_cx(Validator *v);
/* Notes to the last diagnostic: both declarations, where their resources were made, and what would make
 * these one. */
void comp_note_mismatch(Validator *v, const SubtypeCx *cx);
bool comp_entity_sub(SubtypeCx *cx, const CompEntity *a, const CompEntity *b);
bool comp_type_sub(SubtypeCx *cx, const WitType *a, const WitType *b);
bool comp_core_sub(SubtypeCx *cx, const CoreExternType *a, const CoreExternType *b);
/* Whether `have` offers all of `want`, in which `resources` are variables: binds them in *bound, and
 * there what the names of `want` stand for, so that types in its terms can be told in terms of
 * `have`. */
bool comp_open(SubtypeCx *cx, const CompExterns *have, const Map *have_names,
               const CompExterns *want, const CompTypeList *resources, bool imports, Subst *bound);
bool comp_is_resource(const CompEntity *entity);

/* An item or a type as WIT declares it (text.c): "record r { x: u32 }", "f: func()". */
Str comp_declaration(Arena *arena, Str name, const CompEntity *entity);

#endif
