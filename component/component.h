/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef COMPONENT_COMPONENT_H
#define COMPONENT_COMPONENT_H

#include "base/buf.h"
#include "base/file.h"
#include "base/map.h"
#include "canonical-abi/abi.h"
#include "core/core.h"
#include "model/model.h"

/*
 * Component binaries (Binary.md, Explainer.md).
 *
 *     bytes ─comp_decode→ CompComponent ─comp_validate→ CompInfo
 *     text  ─wat_parse──→       └─comp_encode→ bytes
 *
 * A CompComponent is what is written: its definitions in order (CompItem), with indices. CompInfo is
 * what they mean: the type of everything in each index space. The decoder, encoder, text parser
 * and printer know the first, the linker and the interpreter both.
 */

/* The 13 index spaces; the order is ours. */
typedef enum {
    COMP_CORE_FUNC,
    COMP_CORE_TABLE,
    COMP_CORE_MEMORY,
    COMP_CORE_GLOBAL,
    COMP_CORE_TAG,
    COMP_CORE_TYPE,
    COMP_CORE_MODULE,
    COMP_CORE_INSTANCE,
    COMP_FUNC,
    COMP_VALUE,
    COMP_TYPE,
    COMP_COMPONENT,
    COMP_INSTANCE,
    COMP_SORT_COUNT
} CompSort;

enum { COMP_NONE = UINT32_MAX }; /* no index */

/* The name of an import or export, with its attributes. */
typedef struct {
    Str name;
    Str implements, version_suffix, external_id;
    bool has_implements, has_version_suffix, has_external_id;
    uint8_t code; /* decoded: the byte that announced it, 0 to 2 (0 and 1 mean the same) */
} CompName;

/* A value type as it is written: a primitive, or an index into the type space. */
typedef struct {
    bool is_index, present; /* present: for optional ones (result, case, stream) */
    WitKind prim;
    uint32_t index;
} CompValRef;

typedef struct {
    Str name;
    CompValRef type;
} CompField;

typedef struct CompItem CompItem;
typedef VEC(CompItem) CompItems;

typedef enum {
    COMP_TYPEDEF_VALUE, /* `kind` and the parts below */
    COMP_TYPEDEF_FUNC,
    COMP_TYPEDEF_COMPONENT, /* `items`: core types, types, aliases, imports, exports */
    COMP_TYPEDEF_INSTANCE,
    COMP_TYPEDEF_RESOURCE
} CompTypedefKind;

typedef struct {
    CompTypedefKind sort;
    WitKind kind;          /* VALUE: also a primitive kind */
    VEC(CompField) fields; /* VALUE by shape FIELDS; FUNC: parameters */
    CompValRef elem,
        second; /* VALUE by shape ELEM, PAIR; OWN, BORROW: elem.index; FUNC: elem = result */
    uint64_t length;
    bool is_async;   /* FUNC */
    CompItems items; /* COMPONENT, INSTANCE */
    CoreValType rep; /* RESOURCE */
    bool has_dtor;
    uint32_t dtor; /* RESOURCE: a core function */
} CompTypedef;

/* What an import is, or what an export is ascribed (Binary.md `externtype`). */
typedef struct {
    CompSort sort;    /* CORE_MODULE, FUNC, VALUE, TYPE, COMPONENT, INSTANCE */
    uint32_t index;   /* of its type; TYPE and VALUE: of the `eq` bound */
    bool is_resource; /* TYPE: (sub resource) instead of eq */
    bool is_eq;       /* VALUE: (eq index) instead of a type */
    CompValRef value; /* VALUE: its type */
} CompExternType;

typedef struct {
    CompName name;
    CompSort sort;
    uint32_t index;
    size_t offset;
} CompArg; /* an argument of `instantiate`, or an inline export */

typedef VEC(CompArg) CompArgs;

typedef enum { COMP_ALIAS_EXPORT, COMP_ALIAS_CORE_EXPORT, COMP_ALIAS_OUTER } CompAliasKind;

typedef enum {
#define CANON(id, name, code, operands, feature) COMP_CANON_##id,
#include "canonical-abi/canon.def"
#undef CANON
    COMP_CANON_COUNT
} CompCanonOp;

/* The canonical options, by their binary codes. */
typedef enum {
    COMP_OPTION_UTF8,
    COMP_OPTION_UTF16,
    COMP_OPTION_LATIN1_UTF16,
    COMP_OPTION_MEMORY,
    COMP_OPTION_REALLOC,
    COMP_OPTION_POST_RETURN,
    COMP_OPTION_ASYNC,
    COMP_OPTION_CALLBACK,
    COMP_OPTION_CORE_TYPE, /* behind cm-gc, as the next */
    COMP_OPTION_GC
} CompOptionKind;

typedef struct {
    CompOptionKind kind;
    uint32_t index; /* of the memory, function or type */
} CompOption;

/* What was said about a `canon`. `written` is the list as it stands in the source, with repetitions
 * (a fault that validation reports); where it is empty, the encoder goes by the fields. */
typedef struct {
    bool has_encoding, has_memory, has_realloc, has_post_return, is_async, has_callback;
    bool has_core_type, is_gc;
    AbiEncoding encoding;
    uint32_t memory, realloc, post_return, callback, core_type;
    VEC(CompOption) written;
} CompOptions;

typedef struct {
    CompCanonOp op;
    uint32_t func; /* LIFT: core function; LOWER: function */
    uint32_t type; /* LIFT: its type; TYPE operands: the type */
    uint32_t core_type, table, memory, slot;
    CoreValType value_type; /* CONTEXT */
    CompValRef result;      /* RESULT */
    bool flag;              /* async?, cancellable?, shared? */
    CompOptions options;
} CompCanon;

typedef struct CompComponent CompComponent;

typedef enum {
    COMP_ITEM_CORE_MODULE,
    COMP_ITEM_CORE_INSTANCE,
    COMP_ITEM_CORE_TYPE,
    COMP_ITEM_COMPONENT,
    COMP_ITEM_INSTANCE,
    COMP_ITEM_ALIAS,
    COMP_ITEM_TYPE,
    COMP_ITEM_CANON,
    COMP_ITEM_START,
    COMP_ITEM_IMPORT,
    COMP_ITEM_EXPORT,
    COMP_ITEM_VALUE,
    COMP_ITEM_CUSTOM
} CompItemKind;

/* One definition (or declaration, inside a component or instance type; a core module type has core
 * types, outer aliases of core types, imports and exports: CompModuleDecl). */
struct CompItem {
    CompItemKind kind;
    uint32_t offset;      /* of the definition in the source, for messages */
    uint32_t section_end; /* decoded: where its section ends (the encoder makes one section of a run
                             of items of one kind; CUSTOM and COMPONENT stand alone) */
    union {
        struct {
            const CoreModule *module;
            Str bytes; /* as they stand in the source; empty: encode `module` */
        } core_module;
        struct {
            bool is_exports; /* inline exports instead of instantiate */
            uint32_t index;  /* of the module or component */
            CompArgs args;   /* core: sort CORE_INSTANCE for instantiate */
        } instance;          /* CORE_INSTANCE and INSTANCE */
        struct {
            const CoreModule
                *types; /* a module of nothing but this recursion group; the type indices
                                        in it mean the enclosing core type space */
            const struct CompModuleType *module; /* or a module type; one of the two is NULL */
        } core_type;
        const CompComponent *component;
        struct {
            CompAliasKind kind;
            CompSort sort;
            uint32_t index; /* EXPORT: the (core) instance; OUTER: the index out there */
            uint32_t count; /* OUTER: how many components or types up */
            Str name;
        } alias;
        const CompTypedef *type;
        CompCanon canon;
        struct {
            uint32_t func, result_count;
            VEC(uint32_t) args;
        } start;
        struct {
            CompName name;
            CompExternType type;
        } import;
        struct {
            CompName name;
            CompSort sort;
            uint32_t index; /* meaningless in a type's declarations */
            bool has_type;  /* always in declarations */
            CompExternType type;
        } export;
        struct {
            CompValRef type;
            Str bytes;
        } value;
        struct {
            Str name, bytes;
        } custom;
    };
};

/* The declarations of a core module type. */
typedef struct CompModuleDecl {
    enum { COMP_DECL_TYPE, COMP_DECL_ALIAS, COMP_DECL_IMPORT, COMP_DECL_EXPORT } kind;
    size_t offset;
    const CoreModule *types; /* TYPE: as above, the indices mean the module type's own space */
    uint32_t count, index;   /* ALIAS: outer, sort type */
    Str module, name;        /* IMPORT; EXPORT: name */
    CoreExternType type;     /* IMPORT, EXPORT; with type indices where it speaks of ids */
} CompModuleDecl;

typedef struct CompModuleType {
    VEC(CompModuleDecl) decls;
} CompModuleType;

/* Names for people (`component-name` section, or identifiers of the text): by sort, index -> name,
 * "" where there is none. */
typedef struct {
    Str component;
    VEC(Str) sorts[COMP_SORT_COUNT];
} CompNames;

struct CompComponent {
    const Source *source; /* NULL where it was made by us */
    size_t offset;        /* of its preamble in the source */
    Str bytes;            /* as they stand in the source; empty where it was made by us */
    CompItems items;
    CompNames names;
};

/* ---- bytes ---- */

bool comp_is_component(Str bytes); /* by the preamble */
bool comp_is_module(Str bytes);

/* A whole component with everything nested in it. NULL and diagnostics where it is malformed. */
CompComponent *comp_decode(Arena *arena, const Source *source, Features features, Diags *diags);
void comp_encode(const CompComponent *component, Buf *out);
/* The same bytes in pieces to be written one after another: large modules and components that stand in
 * a source are not copied. */
void comp_encode_split(Arena *arena, const CompComponent *component, StrVec *pieces);

/* Appends an option: to the list as written, and to the fields. */
void comp_add_option(Arena *arena, CompOptions *options, CompOptionKind kind, uint32_t index);
/* The text of an option without its index: "string-encoding=utf8", "memory". */
const char *comp_option_name(CompOptionKind kind);
const char *comp_canon_name(CompCanonOp op); /* "resource.new" */

/* The index space that an item adds to, and how many indices it adds (0: none, as a custom section;
 * more than 1: a start function's results, a recursion group of core types). */
CompSort comp_item_sort(const CompItem *item, uint32_t *count);
/* "core func", "instance", ...: as in the text format. */
const char *comp_sort_name(CompSort sort);
bool comp_sort_is_core(CompSort sort); /* core func to core instance */

/* ---- building (build.c) ----
 * A builder collects the items of a component, or the declarations of an instance type or component
 * type, and counts the index spaces. Every comp_add_* gives the index of what it added in its
 * space; imports and exports too add an index. Strings and pointers are kept, not copied.
 *
 *     CompBuilder b = comp_builder(arena);
 *     uint32_t module = comp_add_module(&b, bytes);
 *     uint32_t instance = comp_add_core_instance(&b, module, NULL, 0);
 *     uint32_t memory = comp_add_core_alias(&b, COMP_CORE_MEMORY, instance, STR("memory"));
 *     CompComponent *component = comp_finish(&b);
 */
typedef struct {
    Arena *arena;
    CompItems items;
    uint32_t counts[COMP_SORT_COUNT]; /* of the index spaces so far */
    CompNames names;
} CompBuilder;

CompBuilder comp_builder(Arena *arena);
CompComponent *comp_finish(const CompBuilder *b);
/* The declarations as a type: COMP_TYPEDEF_INSTANCE or COMP_TYPEDEF_COMPONENT. */
const CompTypedef *comp_finish_type(const CompBuilder *b, CompTypedefKind kind);

/* Any item; COMP_NONE where it adds no index. The ones below are shorthands of it. */
uint32_t comp_add(CompBuilder *b, const CompItem *item);

uint32_t comp_add_module(CompBuilder *b, Str bytes);
/* The same where it has been decoded. */
uint32_t comp_add_decoded_module(CompBuilder *b, Str bytes, const CoreModule *module);
uint32_t comp_add_component(CompBuilder *b, const CompComponent *component);
/* Arguments and inline exports; `args` is copied. Core: args of instantiate are COMP_CORE_INSTANCE. */
uint32_t comp_add_core_instance(CompBuilder *b, uint32_t module, const CompArg *args, size_t n);
uint32_t comp_add_core_exports(CompBuilder *b, const CompArg *exports, size_t n);
uint32_t comp_add_instance(CompBuilder *b, uint32_t component, const CompArg *args, size_t n);
uint32_t comp_add_exports(CompBuilder *b, const CompArg *exports, size_t n);
uint32_t comp_add_alias(CompBuilder *b, CompSort sort, uint32_t instance, Str name);
uint32_t comp_add_core_alias(CompBuilder *b, CompSort sort, uint32_t instance, Str name);
uint32_t comp_add_outer_alias(CompBuilder *b, CompSort sort, uint32_t count, uint32_t index);
uint32_t comp_add_import(CompBuilder *b, CompName name, CompExternType type);
/* `type` is the ascription; NULL: none. */
uint32_t comp_add_export(CompBuilder *b, CompName name, CompSort sort, uint32_t index,
                         const CompExternType *type);
/* In the declarations of a type. */
uint32_t comp_add_export_decl(CompBuilder *b, CompName name, CompExternType type);
uint32_t comp_add_canon(CompBuilder *b, const CompCanon *canon);
uint32_t comp_add_lift(CompBuilder *b, uint32_t core_func, uint32_t type, CompOptions options);
uint32_t comp_add_lower(CompBuilder *b, uint32_t func, CompOptions options);
/* resource.new, .drop, .rep, stream.new ...: those with a type as the only operand. */
uint32_t comp_add_canon_type(CompBuilder *b, CompCanonOp op, uint32_t type);
uint32_t comp_add_core_func_type(CompBuilder *b, const CoreValType *params, uint32_t param_count,
                                 const CoreValType *results, uint32_t result_count);
void comp_add_custom(CompBuilder *b, Str name, Str bytes);

/* Types. Parts that are value types are CompValRef: comp_prim, comp_ref. */
uint32_t comp_add_type(CompBuilder *b, const CompTypedef *type); /* copied, shallowly */
uint32_t comp_add_resource(CompBuilder *b, uint32_t dtor); /* rep i32; COMP_NONE: no destructor */
static inline CompValRef comp_prim(WitKind kind) {
    return (CompValRef){.present = true, .prim = kind};
}
static inline CompValRef comp_ref(uint32_t type_index) {
    return (CompValRef){.present = true, .is_index = true, .index = type_index};
}

/* What an import or export is; `index` is of its type. */
static inline CompExternType comp_extern(CompSort sort, uint32_t index) {
    return (CompExternType){.sort = sort, .index = index};
}
static inline CompExternType comp_extern_eq(uint32_t type) {
    return (CompExternType){.sort = COMP_TYPE, .index = type};
}
static inline CompExternType comp_extern_resource(void) {
    return (CompExternType){.sort = COMP_TYPE, .is_resource = true};
}
static inline CompName comp_name(Str name) { return (CompName){.name = name}; }
static inline CompArg comp_arg(Str name, CompSort sort, uint32_t index) {
    return (CompArg){.name = {.name = name}, .sort = sort, .index = index};
}
/* A name for people, for the `component-name` section. */
void comp_set_name(Arena *arena, CompNames *names, CompSort sort, uint32_t index, Str name);
Str comp_get_name(const CompNames *names, CompSort sort, uint32_t index);
/* The path of an instance of this component, which itself has the path `around` (the outermost: none): names, or
 * else indices, with slashes between them. All that would be longer than 1000 bytes have the path "/". */
Str comp_instance_path(Arena *arena, Str around, const CompComponent *component, uint32_t index);

/* ---- meaning ---- */

typedef struct CompInstanceType CompInstanceType;
typedef struct CompComponentType CompComponentType;
typedef struct CompInfo CompInfo;

/* The type of a core module: what it imports and exports. */
typedef struct {
    Str module, name;
    Str key;             /* of an import: module and name as one */
    CoreExternType type; /* in ids of the validation's CoreTypeSpace */
} CompCoreExtern;

typedef struct {
    VEC(CompCoreExtern) imports, exports;
    Map by_name;                /* name -> index in exports */
    Map imports_by_key;         /* key -> index in imports */
    const CoreTypeSpace *space; /* that the ids are of */
} CompCoreModuleType;

/* The type of one definition. Types are WitType nodes without owners. A type that is imported or
 * exported gets a node of its own, an ALIAS of what it is (so that "the type of that name" has an
 * identity): wit_dealias gives what it is, and two resources are one if that is one pointer.
 * A TYPE definition is one of: a value type or resource (`type`), a
 * function type, an instance type, a component type: the others are then NULL. */
typedef struct {
    CompSort sort : 8;
    bool broken : 1;     /* of a definition at fault, while validation goes on: has no meaning */
    uint32_t core_type;  /* CORE_TYPE of no module type: its id */
    const WitType *type; /* TYPE of values and resources; VALUE: its type. A resource is a
                             WIT_RESOURCE, and its pointer is its identity. */
    const WitFunc *func; /* FUNC, and TYPE of functions */
    const CompInstanceType *instance;
    const CompComponentType *component;
    const CompCoreModuleType *module;
    CoreExternType core; /* core functions, tables, memories, globals, tags */
    /* CORE_INSTANCE: its exports are module->exports */
} CompEntity;

typedef struct {
    CompName name;
    CompEntity entity;
    size_t offset; /* of the import or export in the source */
} CompExtern;

typedef VEC(CompExtern) CompExterns;
typedef VEC(const WitType *) CompTypeList;

/* What an instance exports. */
struct CompInstanceType {
    CompExterns exports;
    Map by_name;            /* name -> index in exports */
    CompTypeList resources; /* abstract ones that its exports introduce: only in a type that
                                       no instance has yet; each instance has its own, bound to
                                       the component that made or imported it */
};

struct CompComponentType {
    CompExterns imports, exports;
    Map imports_by_name, exports_by_name; /* name -> index */
    CompTypeList imported_resources, defined_resources;
};

/* By name; NULL where there is none. */
const CompExtern *comp_find_export(const CompInstanceType *type, Str name);
const CompCoreExtern *comp_find_core_export(const CompCoreModuleType *type, Str name);

/* Everything that validation found out about one component. */
struct CompInfo {
    const CompComponent *component;
    VEC(CompEntity) spaces[COMP_SORT_COUNT]; /* the index spaces after the last item */
    CompComponentType type;                  /* its imports and exports */
    VEC(const CompInfo *) components;        /* of each COMP_ITEM_COMPONENT, in order */
    CoreTypeSpace *core_types;               /* shared by all that is validated together */
};

/* Validates a component and all that is nested in it. NULL and diagnostics where it is invalid. */
const CompInfo *comp_validate(Arena *arena, const CompComponent *component, Features features,
                              Diags *diags);
/* The same with the function bodies of its core modules checked by up to `jobs` threads, as
 * core_validate_jobs does. */
const CompInfo *comp_validate_jobs(Arena *arena, const CompComponent *component, Features features,
                                   unsigned jobs, Diags *diags);

/* The same but for the function bodies of core modules: enough to know what everything is. */
const CompInfo *comp_validate_types(Arena *arena, const CompComponent *component, Features features,
                                    Diags *diags);

/* Whether an item of type `a` may stand where `b` is expected; resources as they are bound so far.
 * Says why not, in terms of names, through `diags` at `span` (NULL: silently). */
bool comp_subtype(Arena *arena, const CompEntity *a, const CompEntity *b, Span span, Diags *diags);

/* "func(a: u32) -> string", "instance", ...: for messages, as WIT. */
Str comp_entity_text(Arena *arena, const CompEntity *entity);

/* ---- WIT in binaries (wit_encode.c, wit_decode.c) ---- */

/* A model's main package as a component of types ("WIT package as wasm", both interfaces and worlds,
 * with the `package-docs` and `producers` sections). */
CompComponent *comp_encode_package(Arena *arena, const WitModel *model, Diags *diags);

/* The payload of a `component-type` custom section, version 4: the world and a string encoding. */
Str comp_encode_world(Arena *arena, const WitModel *model, const WitWorld *world,
                      AbiEncoding encoding, Diags *diags);

/* What a binary says in WIT: a WIT package as wasm, a core module with `component-type` sections, or
 * any component (then as `package root:component; world root {..}`). */
WitModel *comp_decode_wit(Arena *arena, const Source *source, Diags *diags);

/* The same for one `component-type` payload; *world is the world in it. */
WitModel *comp_decode_world(Arena *arena, const Source *source, Str payload, size_t offset,
                            const WitWorld **world, AbiEncoding *encoding, Diags *diags);

/* ---- worlds of core modules (metadata.c) ---- */

/* What the `component-type*` sections of a core module say together. The world is `root` of a package
 * `root:root`, united from those of all sections; `model` is NULL where there is no section. */
typedef struct {
    WitModel *model;
    WitWorld *world;
    Map import_encodings, export_encodings; /* comp_encoding_key -> AbiEncoding */
    Map exports;                            /* names of the worlds' exports (wit_item_name) */
    Str core;                               /* the module without those sections */
} CompModuleWorld;
bool comp_module_world(Arena *arena, const Source *module, CompModuleWorld *out, Diags *diags);
/* The same, united with the world that `out` has already; the rest of `out` is the module's own. */
bool comp_unite_module_world(Arena *arena, const Source *module, CompModuleWorld *out,
                             Diags *diags);
/* "ns:pkg/iface/func" without a version, "name/func": what a function's encoding is kept under. */
Str comp_encoding_key(Arena *arena, const WitItem *item, Str func);

/* ---- what custom sections tell about a module or component (metadata_fields.c) ---- */

/* Texts, each in a custom section of its name. */
typedef enum {
    COMP_METADATA_AUTHORS,
    COMP_METADATA_DESCRIPTION,
    COMP_METADATA_LICENSES,
    COMP_METADATA_SOURCE,
    COMP_METADATA_HOMEPAGE,
    COMP_METADATA_REVISION,
    COMP_METADATA_VERSION,
    COMP_METADATA_TEXTS
} CompMetadataText;
const char *comp_metadata_text_name(CompMetadataText text);

typedef struct {
    Str name;   /* "language", "processed-by", "sdk" */
    Map values; /* name -> Str *, its version */
} CompProducersField;
typedef VEC(CompProducersField) CompProducers;
/* Adds a value; where the field has that name already, its version changes. */
void comp_producers_add(Arena *arena, CompProducers *producers, Str field, Str name, Str version);

typedef struct CompMetadata {
    bool is_component, has_name, has_producers, has_text[COMP_METADATA_TEXTS];
    Str name, texts[COMP_METADATA_TEXTS];
    CompProducers producers;
    size_t start, end; /* of its bytes in the source */
    VEC(struct CompMetadata *) children;
} CompMetadata;
/* Of a module or component and all that is nested in it. NULL and a diagnostic where it or one of
 * these sections is malformed. */
CompMetadata *comp_metadata_read(Arena *arena, const Source *source, Diags *diags);

typedef struct {
    enum { COMP_METADATA_KEEP, COMP_METADATA_SET, COMP_METADATA_CLEAR } change;
    Str text;
} CompMetadataChange;
typedef struct {
    CompMetadataChange name, texts[COMP_METADATA_TEXTS];
    CompProducers producers; /* merged into what is there */
} CompMetadataEdit;
/* Appends the outermost module or component as edited; all else stays byte for byte. */
bool comp_metadata_edit(Arena *arena, const Source *source, const CompMetadataEdit *edit, Buf *out,
                        Diags *diags);

/* ---- taking components apart (unbundle.c) ---- */

/* A core module that was taken out: "unbundled-module0" and its bytes. */
typedef struct {
    Str name, bytes;
} CompUnbundled;
typedef VEC(CompUnbundled) CompUnbundledList;
/* A valid component with imports in place of all core modules, however deep, of more than `threshold`
 * bytes; *modules gets these. NULL and a diagnostic where no import can have a module's type. */
CompComponent *comp_unbundle(Arena *arena, const CompComponent *component, size_t threshold,
                             CompUnbundledList *modules, Diags *diags);
/* A component with these modules in place of its imports of their names: what comp_unbundle was given,
 * if it was that. It is valid only if the modules fit the imports. */
CompComponent *comp_bundle(Arena *arena, const CompComponent *component,
                           const CompUnbundledList *modules);

/* ---- other versions (retarget.c) ---- */

typedef struct {
    Str name; /* "wasi", "wasi:io" or "wasi:io/streams": all that it begins */
    Semver from, to;
} CompVersionChange;
/* A component with these versions in the names of its imports and exports, and of all inside that is
 * joined by them. Not validated. NULL and a diagnostic where there is no such name, or two names would
 * become one. */
CompComponent *comp_retarget(Arena *arena, const CompComponent *component,
                             const CompVersionChange *changes, size_t n, Diags *diags);

/* ---- taking compositions apart (decompose.c) ---- */

typedef struct {
    Str name, file, bytes;
} CompPiece;
typedef VEC(CompPiece) CompPieces;
/* A composition as the parts that it is made of and the manifest that makes it of them again. NULL
 * (empty) and a diagnostic where it is none. */
Str comp_decompose(Arena *arena, const CompComponent *component, const CompInfo *info,
                   CompPieces *pieces, Diags *diags);

/* ---- making components (componentize.c, compose.c) ---- */

/* A copy of a core module with a `component-type` section for `world` added. */
bool comp_embed(Arena *arena, const WitModel *model, const WitWorld *world, AbiEncoding encoding,
                Str core, Buf *out, Diags *diags);

typedef enum {
    COMP_NAMES_LEGACY,
    COMP_NAMES_STANDARD32,
    COMP_NAMES_CALLBACK, /* legacy, with asynchronous functions that have callbacks */
    COMP_NAMES_STACKFUL  /* the same without */
} CompNaming;
/* A module that has every import and export of the world, and does nothing. */
void comp_dummy_module(Arena *arena, const WitWorld *world, CompNaming naming, Buf *out);

/* Our own adapter (adapter/adapter.h), for what the module needs of it. AUTO: a command where the
 * module exports `_start`, otherwise a reactor. */
typedef enum {
    COMP_WASI_NONE,
    COMP_WASI_AUTO,
    COMP_WASI_COMMAND,
    COMP_WASI_REACTOR,
    COMP_WASI_PROXY
} CompWasi;

typedef struct {
    Str name; /* the import module that it provides */
    const Source *source;
    CompWasi wasi;  /* not NONE: our own adapter; then there is no source, and the name is known */
    bool exit_code; /* of ours: the guest's exit status is told by `exit-with-code` */
} CompAdapter;

/* An import of the component that gets another name. */
typedef struct {
    Str from, to;
} CompRename;

/* Names for people in what is made; the main module keeps its own. */
typedef enum {
    COMP_DEBUG_ALL,
    COMP_DEBUG_MODULES, /* each core module's, once */
    COMP_DEBUG_NONE
} CompDebugNames;

typedef struct {
    const CompRename *renames; /* of imported interfaces; those that there are not do nothing */
    size_t rename_count;
    const CompAdapter *adapters;
    size_t adapter_count;
    Features features;
    CompDebugNames names;
    bool no_semver_merge, reject_legacy_names, realloc_via_memory_grow;
    bool return_call_ref; /* shims are tail calls through globals instead of a table */
    bool bodies_later; /* the caller validates the component, and with it the main module's code */
} CompNewOptions;

/* `witc component new`: a core module with its world in `component-type` sections becomes a
 * component. Same input, same bytes. NULL and diagnostics. */
CompComponent *comp_componentize(Arena *arena, const Source *module, const CompNewOptions *options,
                                 Diags *diags);

/* A library to link, by the name that others need it under. */
typedef struct {
    Str name;
    const Source *source;
    bool dl_openable; /* dlopen finds it and dlsym what it exports */
} CompLibrary;

typedef struct {
    const CompLibrary *libraries; /* the first one that has a symbol provides it */
    size_t library_count;
    uint32_t stack_size; /* in bytes */
    bool stub_missing;   /* functions that no library has are there, and trap */
} CompLinkOptions;

/* `witc component link`: libraries (core modules with a `dylink.0` section) share a memory and a table
 * in one component; its world is that of all of them. NULL and diagnostics. */
CompComponent *comp_link_libraries(Arena *arena, const CompLinkOptions *link,
                                   const CompNewOptions *options, Diags *diags);

/* What a manifest, or a policy, says about running a component. Limits that are not said are 0. */
typedef struct {
#define LIMIT(field, key, option, kind, value, help) uint64_t field;
#include "component/limit.def"
#undef LIMIT
    Span span; /* no source: nothing was said */
} CompLimits;
/* A word with its place; no source: of the command line. */
typedef struct {
    Str text;
    Span span;
} CompWord;
typedef VEC(CompWord) CompWords;
typedef struct {
    Str host, guest;
    bool read_only, in_memory;
    uint64_t quota, files; /* 0: none */
    Span span;
} CompDirectory;
typedef struct {
    CompWords env; /* NAME=VALUE, or NAME for that of the host */
    CompWords network;
    CompWords features; /* whose @unstable functions of WASI there are */
    VEC(CompDirectory) directories;
    bool inherit_env, no_stdin, no_stdout, no_stderr;
    Str cwd, argv0;
    Span span; /* no source: nothing was said */
} CompGrants;
typedef struct {
    Str instance; /* its path, see comp_instance_path; empty: the program as a whole */
    CompLimits limits;
    CompGrants grants;
    Span span; /* where the instance is named first */
} CompRunRule;
typedef struct {
    VEC(CompRunRule) rules;
    StrVec files; /* that were read for a manifest, besides it */
} CompRunPlan;

/* Adds what a policy (YAML) says:
 *
 *     grants: {..}   limits: {..}   instances: {path: {grants: {..}, limits: {..}}}
 *
 * False after diagnostics. */
bool comp_policy(Arena *arena, const Source *yaml, CompRunPlan *plan, Diags *diags);
/* Reads HOST[::GUEST[::ro]][,quota=SIZE][,files=N] into a zeroed one, whose `in_memory` may be set: then the
 * guest's name is "/" where it is not said. NULL, or what was expected. */
const char *comp_read_directory(Str said, CompDirectory *out);
/* Both limits hold: the lower one counts. */
void comp_lower_limits(CompLimits *limits, const CompLimits *by);

/* `witc compose`: the YAML manifest of wasm-compose (and more, see manifest.c) and the root component.
 * Paths in the manifest are relative to it. */
typedef struct {
    const Source *config; /* NULL: none */
    StrVec search_paths, definitions;
    bool no_imports, skip_validation;
    Features features;
    /* Reads a component: bytes as they are, text parsed to bytes. NULL and a diagnostic. */
    const Source *(*read)(Arena *arena, Str path, void *context, Diags *diags);
    void *context;
    CompRunPlan *plan; /* gets what the manifest says about running; may be NULL */
    Str *lock;         /* gets the path of the lock file that it names; may be NULL */
} CompComposeOptions;
CompComponent *comp_compose(Arena *arena, const Source *root, const CompComposeOptions *options,
                            Diags *diags);
#endif
