/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef MODEL_INTERNAL_H
#define MODEL_INTERNAL_H

#include "model/model.h"

/* ---- world.c ---- */

/* What must be unique among a world's imports or exports: the plain name, or the interface (then
 * the key begins with a NUL). */
Str item_key(Arena *arena, const WitItem *item);
/* Key -> item; the first where there are several. Valid until the list grows. */
Map item_map(Arena *arena, const WitItems *items);

/* ---- compare.c: whether two descriptions of one thing agree ---- */

typedef enum { COMPARE_PACKAGES, COMPARE_WORLDS, COMPARE_VERSIONS } ComparePurpose;

/* Set `arena`, `diags`, `purpose`, `a_name` and `b_name`; the rest is the comparison's own. A
 * disagreement is one diagnostic: what was being done, where it was met, what differs. */
typedef struct {
    Arena *arena;
    Diags *diags;
    ComparePurpose purpose;
    Str a_name, b_name;                 /* of packages, worlds or interfaces, for the message */
    const WitType *differ_a, *differ_b; /* after a no: the innermost types that differ, or NULL */
    Map seen;         /* pairs of types that agree, unless the comparison fails anyway */
    Map owners;       /* interface or world of a -> the one of b whose resources are the same */
    bool any_version; /* interfaces of other versions of a package count as the same */
    const WitInterface *in_interface;
    const WitWorld *in_world;
    const char *direction; /* "import" or "export", of ... */
    Str item;              /* ... this item, where its parts are being compared */
} Compare;

/* Declares that what `a` owns is what `b` owns by the same name. */
void compare_pair(Compare *c, const void *a, const void *b);
/* Whether two types, or two functions' types, are the same; no diagnostic. After a no, `seen` is to
 * be emptied. */
bool same_types(Compare *c, const WitType *a, const WitType *b);
bool same_funcs(Compare *c, const WitFunc *a, const WitFunc *b);
/* After a no of same_types or same_funcs: a note on what differs, if it is not `a` itself. */
void note_difference(Compare *c, const WitType *a);
/* A text for a message, cut where it is long. */
Str short_text(Arena *arena, Str text);
/* Types and functions that both have must be the same; either may have more. */
bool compare_interfaces(Compare *c, const WitInterface *a, const WitInterface *b);
/* Both must have the same items. */
bool compare_worlds(Compare *c, const WitWorld *a, const WitWorld *b);
/* Two imports or exports of one key. */
bool compare_items(Compare *c, const WitItem *a, const WitItem *b, const char *direction);

/* ---- clone.c: copies within one model ---- */

typedef struct {
    WitModel *model;
    Map types; /* old -> new, by address */
    Map extra; /* the same, where `temporary`: new entries that are dropped later */
    bool temporary;
    const void *old_owner;
    const WitInterface *new_interface; /* what owns the copies: one of the two */
    WitWorld *new_world;
} Cloner;

const WitType *clone_type(Cloner *c, const WitType *type);
WitFunc *clone_func(Cloner *c, const WitFunc *func);
WitInterface *clone_interface(Cloner *c, const WitInterface *interface, const WitPackage *package);
void clone_register(Cloner *c, const WitType *old, const WitType *new_type);

/* ---- order.c ---- */

/* Lets packages stand after those that they need, and renumbers them. */
void order_packages(WitModel *model);

/* A map key of an address (the bytes of it, in the arena). */
Str address_key(Arena *arena, const void *address);

#endif
