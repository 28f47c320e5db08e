/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WAC_INTERNAL_H
#define WAC_INTERNAL_H

#include "wac/wac.h"

/* ---- tokens (lex.c) ---- */

typedef enum {
    WAC_END,
    WAC_ID,
    WAC_KEYWORD,
    WAC_STRING,
    WAC_SYMBOL, /* also "->" and "..." */
    WAC_BAD
} WacTokenKind;

typedef struct {
    WacTokenKind kind;
    Str text; /* identifiers without their '%', strings without quotes */
    Span span;
} WacToken;

typedef struct {
    const Source *source;
    Diags *diags;
    size_t at, end; /* end: after the last token, where "end of input" is reported */
} WacLexer;

/* A fault is reported once, and gives WAC_BAD. */
WacToken wac_next(WacLexer *lexer);
/* What follows an '@' that was just met: the text of a version. */
WacToken wac_next_version(WacLexer *lexer);

/* ---- the program as written (parse.c) ---- */

typedef struct {
    Str name;
    Span span;
} WacId;

/* ns:pkg/a/b@version; a local name alone has no package. */
typedef struct {
    Str text;    /* without the version */
    Str package; /* "ns:pkg"; empty: a local name, which is `item` */
    WacId item;  /* the first segment */
    WacId more;  /* a second segment, which nothing has */
    Semver version;
    Span span, package_span;
} WacPath;

typedef struct WacType WacType;
struct WacType {
    WitKind kind; /* WIT_KIND_COUNT: a name */
    WacId id;
    VEC(WacType *) args; /* NULL: `_`, or none given */
    Span span;
};

typedef struct {
    WacId id;
    WacType *type; /* NULL: none */
} WacField;
typedef VEC(WacField) WacFields;

typedef struct {
    bool is_async;
    WacFields params;
    WacType *result;
    Span span;
} WacFunc;

typedef struct {
    WacId id, as; /* as: the same where not given */
} WacRename;

typedef struct WacExpr WacExpr;
typedef struct {
    enum { WAC_ARG_INFERRED, WAC_ARG_NAMED, WAC_ARG_SPREAD, WAC_ARG_FILL } kind;
    WacId name;
    bool exact; /* a string: nothing is inferred from the name */
    WacExpr *value;
    Span span;
} WacArg;

struct WacExpr {
    enum { WAC_EXPR_ID, WAC_EXPR_NEW, WAC_EXPR_ACCESS } kind;
    WacId id;
    bool exact; /* ACCESS by a string */
    WacExpr *of;
    WacPath package;
    VEC(WacArg) args;
    Span span;
};

typedef enum {
    WAC_USE,
    WAC_RESOURCE,
    WAC_CONSTRUCTOR,
    WAC_METHOD,
    WAC_STATIC,
    WAC_VALUE_TYPE, /* variant, record, flags, enum: `kind` */
    WAC_ALIAS,      /* type x = ... */
    WAC_FUNC,       /* of an interface */
    WAC_INTERFACE,
    WAC_WORLD,
    WAC_INCLUDE,
    WAC_IMPORT, /* of the program, or of a world */
    WAC_EXPORT, /* of a world */
    WAC_LET,
    WAC_EXPORT_EXPR
} WacNodeKind;

typedef struct WacNode WacNode;
struct WacNode {
    WacNodeKind kind;
    WitKind value_kind;
    WacId id, as;
    bool has_as, spread, has_items; /* has_items: an interface in place */
    WacPath path;                   /* has a span where there is one */
    WacFields fields;
    WacType *type;
    WacFunc *func;
    VEC(WacRename) renames;
    VEC(WacNode *) items;
    WacExpr *expr;
    Span span;
};

typedef struct {
    WacPath package, targets;
    bool has_targets;
    VEC(WacNode *) statements;
} WacProgram;

bool wac_parse(Arena *arena, const Source *source, WacProgram *out, Diags *diags);

/* ---- what it means (resolve.c, declare.c): nodes of the graph ---- */

enum { WAC_MAX_DEPTH = 100 };

typedef struct WacContext {
    Arena *arena;
    Diags *diags;
    CompGraph *graph;
    const WacOptions *options;
    WacProgram program;
    Map names;    /* -> node */
    Map packages; /* "ns:pkg@v" -> part */
} WacContext;

static inline CompNode *wac_node(const WacContext *c, uint32_t index) {
    return comp_node(c->graph, index);
}
/* What the program calls by this name; NULL after a diagnostic that suggests the nearest one. */
const MapEntry *wac_named(WacContext *c, WacId id);
bool wac_is_name(Str name, bool *foreign); /* of an import or export; foreign: a hash, url, dep */

/* NULL after a diagnostic; `index` may be NULL. */
const CompPart *wac_package(WacContext *c, Str name, Semver version, Span span, uint32_t *index);
/* An interface or world of a package; *id is its name. */
bool wac_package_item(WacContext *c, const WacPath *path, CompEntity *entity, Str *id);

/* Declarations (declare.c): types, interfaces and worlds; `scope` NULL is the program. */
bool wac_declare(WacContext *c, const WacNode *node);
bool wac_func_type(WacContext *c, const WacFunc *func, CompEntity *out);
bool wac_interface_in_place(WacContext *c, const WacNode *node, CompEntity *out);

/* Whether the program's world is what it `targets` (target.c). */
bool wac_check_target(WacContext *c);

#endif
