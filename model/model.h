/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/feature.h"
#include "base/map.h"
#include "base/semver.h"

/*
 * The resolved world of types: what WIT text (witc/) and component binaries (component/) both mean.
 *
 *     WitModel ── packages ── interfaces ── types (WitType), functions (WitFunc)
 *                        └─── worlds ────── imports, exports: WitItem = interface | function | type
 *
 * Everything lives in one arena, is linked by pointers, and is const once its maker is done. A type
 * definition (`record r {..}`, `use i.{t}`, `type x = y`) is one WitType with a name and an owner;
 * an anonymous type (`list<u8>`) is a WitType without them, made once a package: equal anonymous
 * types of one package are one pointer (wit_intern). Primitive types are the constants wit_prim().
 */

#define TYPE(id, keyword, code, shape, feature) WIT_##id,
typedef enum {
#include "model/type.def"
    WIT_KIND_COUNT
} WitKind;
#undef TYPE

typedef enum {
    WIT_SHAPE_PRIM,
    WIT_SHAPE_FIELDS,
    WIT_SHAPE_ELEM,
    WIT_SHAPE_PAIR,
    WIT_SHAPE_HANDLE,
    WIT_SHAPE_NAMED
} WitShape;

typedef struct WitType WitType;
typedef struct WitFunc WitFunc;
typedef struct WitInterface WitInterface;
typedef struct WitWorld WitWorld;
typedef struct WitPackage WitPackage;

/* `@since(version = V)`, `@unstable(feature = F)`, `@deprecated(version = V)` (WIT.md, "Feature
 * Gates"). All empty: unknown stability. */
typedef struct {
    Semver since, deprecated;
    Str feature;
} WitStability;

static inline bool wit_stability_known(const WitStability *s) {
    return s->since.text.len || s->feature.len;
}

/* A record field, variant case, enum case, flag, tuple element, or function parameter. */
typedef struct {
    Str name;            /* empty for a tuple's elements */
    const WitType *type; /* NULL where there is none: enum cases, flags, cases without a payload */
    Str docs;
    Span span;
} WitField;

typedef VEC(WitField) WitFields;

/* A definition is the thing itself: `type t = list<u8>` is a LIST with a name, not an alias of an
 * anonymous one. Aliases stand for named types and primitive ones: `type t = u8`, `type t = r`,
 * `use i.{t}` (then `elem` has another owner). A resource as the type of a value is an anonymous
 * OWN of it; `type t = own<r>` is an OWN with a name. */
struct WitType {
    WitKind kind;
    Str name;                      /* empty: anonymous */
    const WitInterface *interface; /* the owner: one of the two, neither for anonymous types */
    const WitWorld *world;
    WitFields fields;
    const WitType *elem, *second;
    const WitType *real; /* an ALIAS: what wit_dealias gives, if its maker said so; may be NULL */
    uint64_t length;     /* of a FIXED_LIST */
    Str docs;
    WitStability stability;
    Str external_id;
    bool has_external_id;
    Span span;
    uint32_t id;     /* position in WitModel.types; meaningless for primitives */
    uint8_t answers; /* what wit_has_borrow and wit_has_list found out: theirs alone */
};

typedef enum { WIT_FREESTANDING, WIT_METHOD, WIT_STATIC, WIT_CONSTRUCTOR } WitFuncKind;

/* A function, or only its type (then `name` is empty). The name is the component model's:
 * "f", "[method]r.m", "[static]r.f", "[constructor]r". A method's first parameter is `self`. */
struct WitFunc {
    Str name;
    WitFuncKind kind;
    bool is_async;
    const WitType *resource; /* of a method, static or constructor */
    WitFields params;
    const WitType *result; /* NULL: none */
    Str docs;
    WitStability stability;
    Str external_id;
    bool has_external_id;
    Span span;
};

struct WitInterface {
    Str name; /* empty: written in place in a world */
    const WitPackage *package;
    VEC(WitType *) types; /* in the order of definition */
    VEC(WitFunc *) funcs;
    Str docs;
    WitStability stability;
    const WitInterface *clone_of; /* made by wit_make_types_nominal */
    Span span;
    uint32_t id; /* position in WitModel.interfaces */
};

typedef enum { WIT_ITEM_INTERFACE, WIT_ITEM_FUNC, WIT_ITEM_TYPE } WitItemKind;

/* An import or export of a world. An interface that is named by its path has no `name`: its key is
 * the interface itself. A `name` goes with functions, types, interfaces written in place, and
 * interfaces imported under a plain name (`import id: path;`: then `implements` is set).
 * `stability`, `docs` and `external_id` are the interface's import or export statement's; those of
 * functions and types are in the function or type itself. */
typedef struct {
    WitItemKind kind;
    Str name;
    bool implements;
    union {
        const WitInterface *interface;
        const WitFunc *func;
        const WitType *type;
    };
    WitStability stability;
    Str docs;
    Str external_id;
    bool has_external_id;
    Span span;
} WitItem;

typedef VEC(WitItem) WitItems;

/* An `include` of a world's text. Its items are among the world's imports and exports already, with
 * the places where the other world has them. */
typedef struct {
    const WitWorld *world;
    Span span;
} WitInclude;

struct WitWorld {
    Str name;
    const WitPackage *package;
    WitItems imports, exports; /* elaborated: transitive imports stand before what needs them */
    VEC(WitInclude) includes;  /* in the order of the text; a binary has none */
    Str docs;
    WitStability stability;
    Span span;
    uint32_t id;
};

struct WitPackage {
    Str ns, name; /* nested namespaces keep their ':' and nested names their '/' (gated) */
    Semver version;
    VEC(WitInterface *) interfaces;
    VEC(WitWorld *) worlds;
    Str docs;
    Span span;
    uint32_t id;
};

typedef struct WitModel {
    Arena *arena;
    VEC(WitPackage *) packages; /* dependencies first; the package that was asked for comes last */
    VEC(WitInterface *) interfaces;
    VEC(WitWorld *) worlds;
    VEC(WitType *) types;
    WitPackage *main; /* the package that was asked for, or NULL */
} WitModel;

/* ---- kinds ---- */

const char *wit_kind_keyword(WitKind kind);
uint8_t wit_kind_code(WitKind kind);
WitShape wit_kind_shape(WitKind kind);
/* The gate of a kind; false where it needs none. */
bool wit_kind_feature(WitKind kind, Feature *feature);
const WitType *wit_prim(WitKind kind); /* the one type of a primitive kind */

/* ---- making ---- */

WitModel *wit_model_new(Arena *arena);
/* New nodes, appended to the model's tables (and to the owner's) with their ids set. */
WitPackage *wit_package_new(WitModel *model, Str ns, Str name, Semver version);
WitInterface *wit_interface_new(WitModel *model, WitPackage *package, Str name);
WitWorld *wit_world_new(WitModel *model, WitPackage *package, Str name);
WitType *wit_type_new(WitModel *model, WitKind kind);
/* The interned anonymous type with the parts of `like` (kind, fields, elem, second, length): one
 * pointer for equal parts. `table` is the maker's, one a package (zeroed at first). */
const WitType *wit_intern(WitModel *model, Map *table, const WitType *like);

/* ---- looking up ---- */

/* "ns:name@1.2.3", "ns:name/iface@1.2.3" (the name alone for an interface in place). */
Str wit_package_id(Arena *arena, const WitPackage *package);
Str wit_interface_id(Arena *arena, const WitInterface *interface);
Str wit_world_id(Arena *arena, const WitWorld *world);
/* The component model's extern name of a world item: an interface id or a plain name. */
Str wit_item_name(Arena *arena, const WitItem *item);
WitPackage *wit_find_package(const WitModel *model, Str ns, Str name, Semver version);
WitInterface *wit_find_interface(const WitPackage *package, Str name);
WitWorld *wit_find_world(const WitPackage *package, Str name);
WitType *wit_find_type(const WitInterface *interface, Str name);
WitFunc *wit_find_func(const WitInterface *interface, Str name);

/* Follows aliases to the type that they stand for. */
const WitType *wit_dealias(const WitType *type);
/* Whether it is a type of its own by its name: a record, variant, enum, flags or resource. */
bool wit_is_nominal(const WitType *type);
/* wit_dealias, for a type that must be a resource after it (an OWN or BORROW's elem). */
const WitType *wit_resource_of(const WitType *handle);
/* The other interface from which `type` is used (`use i.{t}`); NULL where it is defined here. */
const WitInterface *wit_used_interface(const WitType *type);
/* Structural equality through aliases; resources are equal only if they are one. Depth-limited by
 * the model's own limit on nesting (100). */
bool wit_type_equal(const WitType *a, const WitType *b);
/* Whether a borrow handle occurs in the type (through aliases, records, lists...). The answers are
 * kept in the types, so they must be complete when they are asked first. */
bool wit_has_borrow(const WitType *type);
/* Whether values of the type need linear memory: strings and lists anywhere in it. */
bool wit_has_list(const WitType *type);

/* ---- names (Explainer.md, "Import and Export Definitions") ---- */

/* A kebab label: words of letters and digits joined by '-', each all lower or all upper case, the
 * first beginning with a letter, the later ones possibly with a digit. */
bool wit_is_label(Str s);
/* Labels that may not stand in one scope together: equal once the case of acronyms is dropped and
 * `[method]l.l` is read as `l`. The key is what must be unique. */
Str wit_unique_key(Arena *arena, Str extern_name);

/* ---- text ---- */

/* The keywords of WIT, and names that once were: written with a `%` as names. */
bool wit_is_keyword(Str name);
void wit_put_name(Buf *out, Str name);
/* A type where it is used: its name, or its structure. */
void wit_put_type(Buf *out, const WitType *type);
/* A type spelled out, whatever its name: `list<u8>`. Not for records, variants, enums, flags. */
void wit_put_structure(Buf *out, const WitType *type);
/* `x: u8` in a record, `x(u8)` in a variant, `x` in enums and flags. */
void wit_put_field(Buf *out, const WitType *type, const WitField *field);
/* `async func(a: u8) -> u8`; without a method's `self` and what a constructor returns anyway. */
void wit_put_signature(Buf *out, const WitFunc *func);
/* Definitions on one line, for messages: `record r { x: u8 }`, `type t = u8`, `f: func()`. */
Str wit_type_text(Arena *arena, const WitType *type);
Str wit_func_text(Arena *arena, const WitFunc *func);

/* ---- whole-model operations ---- */

/* World selection (`-w NAME`): "" is the only world of the main package; "name" a world of it;
 * "ns:pkg/name[@v]" any. NULL and a diagnostic that lists what there is. */
WitWorld *wit_select_world(const WitModel *model, Str name, Diags *diags);

/* Elaborates a world (WIT.md, "Worlds"): puts every interface that an item's types `use` before it,
 * drops repetitions, and orders imports: interfaces, used types, defined types, functions.
 * An interface that would be needed both as import and as export is an error. */
bool wit_elaborate(WitModel *model, WitWorld *world, Diags *diags);

/* Turns a world's exports into imports, in place of its own imports (only types stay): the world
 * through which its consumer sees a component. The world is changed, and renamed to `out_name`, or
 * to "<name>-importized". */
bool wit_importize(WitModel *model, WitWorld *world, Str out_name, Diags *diags);
/* The reverse: imports become exports, or only those of the `n` names (item names: `f`,
 * `ns:pkg/iface@v`) where n > 0. The name is `out_name`, or "<name>-exportized". */
bool wit_exportize(WitModel *model, WitWorld *world, Str out_name, const Str *names, size_t n,
                   Diags *diags);

/* Imports of one package at versions of one compatibility track become the highest of them
 * (`component new` does this by default). */
bool wit_merge_imports_by_semver(WitModel *model, WitWorld *world, Diags *diags);

/* Copies every interface that a world both imports and exports, so that each has one direction. */
bool wit_make_types_nominal(WitModel *model, WitWorld *world, Diags *diags);

/* Adds all of `from` to `into`: packages of the same name and version are united, an interface or
 * world that both have must agree. Pointers of `from` stay valid but mean the old nodes; *moved
 * (may be NULL) is filled with old pointer -> new pointer for worlds. */
bool wit_model_merge(WitModel *into, const WitModel *from, Map *moved, Diags *diags);

/* Whether a component that has the world `component` can be used where the world `target` is
 * expected: `target` gives all that it imports, and it exports all that `target` exports, at the
 * same types (an instance may have more than is asked for). One diagnostic for each thing amiss. */
bool wit_world_fits(const WitWorld *component, const WitWorld *target, Diags *diags);

/* Whether `next` is a compatible upgrade of `prev`: components made for `prev` fit it. Versions of
 * packages are no matter; the two worlds' packages must have one name. */
bool wit_semver_check(const WitWorld *prev, const WitWorld *next, Diags *diags);

/* Whether two types, of two models perhaps, are the same whatever the versions of their packages.
 * Resources are the same if they are named alike in interfaces that are named alike, or in `a_owner`
 * and `b_owner` (interfaces or worlds that correspond; may be NULL). */
bool wit_types_correspond(Arena *arena, const WitType *a, const WitType *b, const void *a_owner,
                          const void *b_owner);

/* Adds the imports and exports of `from` (a world of the same model) to `into`. */
bool wit_world_merge(WitModel *model, WitWorld *into, const WitWorld *from, Diags *diags);

#endif
