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

/* ---- what it means (resolve.c, declare.c) ---- */

enum { WAC_NONE = UINT32_MAX, WAC_MAX_DEPTH = 100 };

typedef enum { WAC_NODE_TYPE, WAC_NODE_IMPORT, WAC_NODE_INSTANCE, WAC_NODE_ALIAS } WacItemKind;

typedef struct WacPackage {
    Str name; /* "ns:pkg@version" */
    const CompComponent *component;
    const CompInfo *info;
    uint32_t index; /* in the result; WAC_NONE: not embedded yet */
} WacPackage;

typedef struct {
    Str name;
    uint32_t item;
} WacLink;

/* What a name or an expression stands for. */
typedef struct {
    WacItemKind kind;
    CompEntity entity;
    Str name; /* TYPE, IMPORT: its name; ALIAS: of the export */
    Span span;
    uint32_t of; /* ALIAS: an instance */
    WacPackage *package;
    VEC(WacLink) args; /* INSTANCE */
    bool implicit;     /* IMPORT made by `...` */
    Str id;            /* an interface's: "ns:pkg/name" */
    bool done;
    uint32_t index; /* in the result */
} WacItem;

/* The instance type that a type node was declared in, and the id that imports of it have. */
typedef struct {
    const CompInstanceType *instance;
    Str id;
    uint32_t depth;
} WacOwner;

typedef struct WacContext {
    Arena *arena;
    Diags *diags;
    const WacOptions *options;
    const Source *source;
    WacProgram program;
    VEC(WacItem) items;
    Map names;                /* -> item */
    Map imports;              /* by the import's name -> item */
    Map exports;              /* by the export's name -> item */
    VEC(WacLink) exported;    /* the same in order */
    VEC(Span) exported_spans; /* parallel */
    Map packages;             /* "ns:pkg@v" -> WacPackage */
    Map owners;               /* type node -> WacOwner */
    Map same;                 /* type node -> the node that stands for it */
    size_t work;              /* nodes compared so far */
    bool failed;
    Span at; /* of the item that is being encoded */
} WacContext;

Str wac_key(Arena *arena, const void *ptr);
const WacOwner *wac_owner(const WacContext *c, const WitType *type);
/* Notes the types of an instance type as those of interface `id`. */
void wac_own(WacContext *c, const CompInstanceType *instance, Str id);
const CompExtern *wac_find(const CompExterns *list, Str name);
WacItem *wac_item(WacContext *c, uint32_t index);
/* What the program calls by this name; NULL after a diagnostic that suggests the nearest one. */
const MapEntry *wac_named(WacContext *c, WacId id);
uint32_t wac_add(WacContext *c, WacItem item);
Str wac_kind(const CompEntity *entity);    /* "function", "interface" ... */
bool wac_is_name(Str name, bool *foreign); /* of an import or export; foreign: a hash, url, dep */

/* NULL after a diagnostic. */
WacPackage *wac_package(WacContext *c, Str name, Semver version, Span span);
/* An interface or world of a package; *id is its name. */
bool wac_package_item(WacContext *c, const WacPath *path, CompEntity *entity, Str *id);

/* Declarations (declare.c): types, interfaces and worlds; `scope` NULL is the program. */
bool wac_declare(WacContext *c, const WacNode *node);
bool wac_func_type(WacContext *c, const WacFunc *func, CompEntity *out);
bool wac_interface_in_place(WacContext *c, const WacNode *node, CompEntity *out);

/* Whether `have` may stand for `want` (match.c); *why says in what they differ. `exactly`: nothing
 * more may be exported either. */
bool wac_match(WacContext *c, const CompEntity *have, const CompEntity *want, bool exactly,
               Str *why);
bool wac_check_target(WacContext *c);

/* The types that two instance types have by one name are one: those of `a`. */
void wac_unify(WacContext *c, const CompInstanceType *a, const CompInstanceType *b);

/* The result (encode.c). */
CompComponent *wac_encode(WacContext *c);

#endif
