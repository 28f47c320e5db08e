/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef COMPONENT_GRAPH_H
#define COMPONENT_GRAPH_H

#include "component/component.h"

/*
 * The graph of a composition. There is one, and several ways to write it down:
 *
 *     manifest (compose.c) ─┐               ┌─ comp_graph_encode → CompComponent
 *     program in WAC (wac/) ├─→ CompGraph ──┼─ comp_graph_text, _json, _dot: who serves whom, and why
 *     plugs (plug.c) ───────┘               └─ comp_lock: the parts' digests
 *
 *     part      a component that takes part, read once however often it is instantiated
 *     node      an import of the result, an instance of a part, an export of an instance, a type
 *     edge      what serves an import of an instance, and why
 *     export    a name that the result exports, and its node
 *
 * Nothing is encoded before the graph is whole, because an import that several instances want gets
 * what all of them want.
 */

typedef enum {
    COMP_NODE_TYPE, /* a definition of the program's own */
    COMP_NODE_IMPORT,
    COMP_NODE_INSTANCE,
    COMP_NODE_ALIAS
} CompNodeKind;

/* Why an import is served as it is. */
typedef enum {
    COMP_EDGE_OPEN,       /* nobody serves it: an import of the result */
    COMP_EDGE_SAID,       /* it was said so */
    COMP_EDGE_SPREAD,     /* of what was spread, the export of that name */
    COMP_EDGE_NAME,       /* an export of the same name */
    COMP_EDGE_VERSION,    /* an export of the same name with a compatible version */
    COMP_EDGE_SHAPE,      /* the first export that has all that is wanted */
    COMP_EDGE_WHOLE,      /* the instance itself has all that is wanted */
    COMP_EDGE_DEFINITION, /* a definition serves every import of its exports' names */
    COMP_EDGE_REASONS
} CompEdgeReason;

typedef struct {
    Str name;      /* of the import */
    uint32_t node; /* COMP_NONE: nothing yet */
    CompEdgeReason reason;
    Span span; /* where it was said */
} CompEdge;
typedef VEC(CompEdge) CompEdges;

typedef struct {
    CompNodeKind kind;
    CompEntity entity;
    Str name;        /* TYPE, IMPORT: its own; ALIAS: the export's; INSTANCE: for people */
    CompName label;  /* IMPORT: its name with attributes */
    Str id;          /* TYPE: of an interface, "ns:pkg/name" */
    Span span;       /* where it was said */
    uint32_t of;     /* ALIAS: an instance; INSTANCE, implicit IMPORT: a part */
    bool implicit;   /* IMPORT that no one asked for but instances */
    bool is_root;    /* INSTANCE that is wanted for what it does, whatever it exports */
    CompEdges edges; /* INSTANCE: for each import of its part, in order */
    bool done, busy; /* while it is encoded */
    uint32_t index;  /* in the result */
} CompNode;

typedef struct {
    Str name;
    const Source *source;
    const CompComponent *component;
    const CompInfo *info;
    bool imported;   /* the result imports the component instead of having it inside */
    Str import_name; /* then; empty: the name */
    bool trimmed;    /* is not what its source has any more */
    uint32_t index;  /* in the result; COMP_NONE: it is not there yet */
} CompPart;

typedef struct {
    CompName name;
    uint32_t node;
    Span span;
} CompGraphExport;

/* The instance type that a type was declared in, and the name that imports of that have. */
typedef struct {
    const CompInstanceType *instance;
    Str id;
    uint32_t depth; /* of the longest chain of interfaces that it takes types from */
} CompOwner;

enum { COMP_GRAPH_DEPTH = 100 };

typedef struct {
    Arena *arena;
    Diags *diags;
    Features features;
    Span span;           /* of the whole, for messages without a better place */
    bool merge_versions; /* open imports on one compatibility track become one */
    bool no_producers, skip_validation;
    bool share; /* identical modules and components are stored once */
    VEC(CompPart *) parts;
    VEC(CompNode) nodes;
    VEC(CompGraphExport) exports;
    Map imports, exports_by_name; /* name -> node, index in exports */
    Map owners;                   /* type -> CompOwner */
    Map same;                     /* type -> the one that stands for it */
    size_t work;                  /* types compared so far */
    bool failed;                  /* something was reported that ends it */
    Span at;                      /* of the node that is being encoded */
} CompGraph;

/* ---- making it ---- */

/* Reads a component: decoded, and valid but for the bodies of its functions, which are checked in the
 * result. COMP_NONE after a diagnostic. */
uint32_t comp_graph_part(CompGraph *g, Str name, const Source *source);
uint32_t comp_graph_add(CompGraph *g, CompNode node);
/* An instance of a part with nothing wired. */
uint32_t comp_graph_instance(CompGraph *g, uint32_t part, Str name);
/* The node of an export of an instance. */
uint32_t comp_graph_alias(CompGraph *g, uint32_t instance, const CompExtern *export, Span span);
/* Two imports of one name as one: an instance with all that both have. False and *why where their types
 * differ. */
bool comp_graph_merge(CompGraph *g, CompEntity *into, const CompEntity *from, Str id, Str *why);
/* The import of the result for an import of a part: what is there by that name gets all that both
 * want. False after a diagnostic. */
bool comp_graph_fill(CompGraph *g, const CompExtern *import, uint32_t part, Span span,
                     uint32_t *node);
/* The same for all that is not wired yet. */
bool comp_graph_fill_all(CompGraph *g);
void comp_graph_export(CompGraph *g, CompName name, uint32_t node, Span span);
/* All exports of an instance that have no namesake. */
void comp_graph_export_all(CompGraph *g, uint32_t instance, Span span);

static inline CompNode *comp_node(const CompGraph *g, uint32_t index) {
    return &g->nodes.at[index];
}
static inline CompPart *comp_part_of(const CompGraph *g, const CompNode *instance) {
    return g->parts.at[instance->of];
}
static inline const CompExterns *comp_imports_of(const CompGraph *g, const CompNode *instance) {
    return &comp_part_of(g, instance)->info->type.imports;
}
static inline const CompExterns *comp_exports_of(const CompGraph *g, const CompNode *instance) {
    return &comp_part_of(g, instance)->info->type.exports;
}
/* By name; NULL where there is none. */
const CompExtern *comp_part_export(const CompPart *part, Str name);
const CompExtern *comp_extern_find(const CompExterns *list, Str name);
/* "function", "interface" ... */
Str comp_entity_kind(const CompEntity *entity);

/* Notes the types of an instance type as those of the interface `id`. */
void comp_graph_own(CompGraph *g, const CompInstanceType *instance, Str id);
void comp_graph_own_list(CompGraph *g, const CompExterns *list);
const CompOwner *comp_graph_owner(const CompGraph *g, const WitType *type); /* NULL: none */
/* The types that two instance types have by one name are one: those of `a`. */
void comp_graph_unify(CompGraph *g, const CompInstanceType *a, const CompInstanceType *b);
const WitType *comp_graph_same(const CompGraph *g, const WitType *type);

/* Whether `have` may stand for `want`, resources told apart by name only; *why says in what they
 * differ. `exactly`: nothing more may be exported either. */
bool comp_graph_fits(CompGraph *g, const CompEntity *have, const CompEntity *want, bool exactly,
                     Str *why);

/* "ns:pkg/name@1.2.3" and a version of the same track: *newer tells whether `b` has the higher one. */
bool comp_same_track(Arena *arena, Str a, Str b, bool *newer);
/* "ns:pkg/name@=0.2" for "ns:pkg/name@0.2.6": the same for all names on one track. Empty for a name
 * without a version. */
Str comp_track(Arena *arena, Str name, Semver *version);

/* ---- using it ---- */

/* The result, validated unless that is to be skipped. NULL and diagnostics. */
CompComponent *comp_graph_encode(CompGraph *g);

/* Modules, and components that stand for themselves, that occur more than once with the same bytes
 * are stored once, before what has them inside, which has an alias in their place. */
CompComponent *comp_share(Arena *arena, CompComponent *component);
/* How many levels beyond a component the outer aliases in it, however deep, lead at most; 0: it stands
 * for itself. Each component is looked at once, and must stay as it is. */
typedef struct {
    Arena *arena;
    Map known; /* component -> its reach */
} CompLeads;
uint32_t comp_leads_out(CompLeads *leads, const CompComponent *component);

/* What is nobody's: instances that no root and no export of the result needs, directly or through others,
 * and the imports that only they want, are dropped before it is encoded. */
void comp_graph_prune(CompGraph *g);

/* The same, and of each part what is taken of it: exports that nobody takes, definitions and code that
 * only they need are left out (gc.c). */
void comp_graph_gc(CompGraph *g);

/* Who serves whom, and why. */
void comp_graph_text(const CompGraph *g, Buf *out);
void comp_graph_json(const CompGraph *g, Json *json);
void comp_graph_dot(const CompGraph *g, Buf *out);

/* The lock file: a line for each part, digest and path, as sha256sum writes them. What differs from it,
 * or is missing in it, is told at its place there. */
void comp_lock_write(const CompGraph *g, Buf *out);
bool comp_lock_check(const CompGraph *g, const Source *lock);
/* The SHA-256 of the file that a source was read from (which may be text), or else of its bytes. */
Str comp_digest(Arena *arena, const Source *source);

/* ---- front ends ---- */

/* Wiring by interface: what the roots, and those who serve them, import and nobody serves yet is served
 * by exports of the same name of the givers, the first one that has it; a giver is served by those
 * after it before those in front of it, so that filters stand in a row. Near misses and ambiguities
 * are told: warnings, or errors if that is `strict`. */
typedef struct {
    const uint32_t *roots, *givers; /* instances */
    size_t root_count, giver_count;
    bool compatible; /* a compatible version will do */
    bool strict;
} CompWireOptions;
bool comp_wire(CompGraph *g, const CompWireOptions *options);

/* `witc plug`: the exports of plugs serve the imports of the socket and of each other. */
typedef struct {
    const Source *const *plugs;
    size_t plug_count;
    bool strict; /* near misses, and plugs that fit nothing, are errors */
} CompPlugOptions;
bool comp_plug(CompGraph *g, const Source *socket, const CompPlugOptions *options);

/* The manifest and the root (NULL: the manifest names the roots). */
bool comp_compose_graph(CompGraph *g, const Source *root, const CompComposeOptions *options);

#endif
