/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WITC_INTERNAL_H
#define WITC_INTERNAL_H

#include "witc/witc.h"

/*
 * What the passes of this folder hand to each other:
 *
 *     text ── cst.c ──▶ Cst ── lower.c ──▶ AST ── load.c ──▶ units ── resolve*.c, commit.c ──▶ WitModel
 *       └──── expect.c: the words for a text that is no WIT
 */

/* Room for exactly n elements in an empty vector: most lists here are short and final. */
#define witc_reserve(arena, v, n)                                                                  \
    ((v)->at = arena_alloc_array((arena), sizeof *(v)->at, (n)), (v)->cap = (n))

/* ---- the concrete syntax tree of one text (grammar.js) ---- */

enum { CST_ERROR_SYMBOL = 0xffff };
enum {
    CST_BROKEN = 1,  /* an error is in it */
    CST_MISSING = 2, /* a token that is not there */
    CST_EXTRA = 4,   /* a comment */
};

/* A node other than punctuation. */
typedef struct {
    uint16_t symbol; /* as ts_node_symbol tells it */
    uint8_t field;   /* of the language, that it is in its parent; 0: none */
    uint8_t flags;
    uint32_t start, end;  /* bytes */
    uint32_t child, next; /* the first child and the next sibling, in Cst.nodes; 0: none */
} CstNode;

typedef struct {
    CstNode *nodes;
    uint32_t len, cap;
    uint32_t root;
} Cst;

/* Adds a node; its place. */
uint32_t witc_cst_add(Cst *cst, CstNode node);
void witc_cst_free(Cst *cst);

/* A parser with its tables, for many texts. */
typedef struct CstParser CstParser;
CstParser *witc_cst_parser_new(Arena *arena);
void witc_cst_parser_free(CstParser *parser);
/* Into `cst`, whose memory is used again. False where the text, which must be valid UTF-8 without
 * NUL, has a syntax error. */
bool witc_cst_parse(CstParser *parser, Str text, Cst *cst);
/* After that, where the last one ends of the file's items that are whole; before it is no error. */
uint32_t witc_cst_whole_items(const CstParser *parser);
/* The same of a text with errors; what has one is marked. False where no tree can be had. */
bool witc_cst_recover(Str text, Cst *cst);

/* ---- the syntax tree, one AstScope a file or nested package ---- */

enum { AST_MAX_DEPTH = 100 }; /* of types, and of packages in packages */

typedef struct {
    Str text; /* without a leading '%' */
    Span span;
} AstName;

typedef struct {
    WitStability stability;
    Str external_id;
    bool has_external_id;
    Span span; /* of the first attribute; no source: there is none */
} AstAttrs;

/* A use-path: `name`, or `ns:package/name@version`. */
typedef struct {
    Str ns, package; /* empty: a name of this package */
    Semver version;
    Span package_span;
    AstName name;
} AstPath;

/* A type expression. WIT_ALIAS is a plain name. Arguments in the order of the text; an absent ok or
 * err of a result is NULL. */
typedef struct AstType {
    WitKind kind;
    Span span;    /* the keyword */
    AstName name; /* of WIT_ALIAS, WIT_OWN, WIT_BORROW */
    VEC(const struct AstType *) args;
    uint64_t length; /* of WIT_FIXED_LIST */
} AstType;

/* A field, case, flag or parameter. */
typedef struct {
    AstName name;
    const AstType *type;
    Str docs;
} AstField;
typedef VEC(AstField) AstFields;

typedef struct {
    AstName name; /* a constructor: its keyword, with empty text */
    WitFuncKind kind;
    bool is_async;
    AstFields params;
    const AstType *result;
    AstAttrs attrs;
    Str docs;
} AstFunc;

/* `type`, `record`, `variant`, `enum`, `flags`, `resource`. */
typedef struct {
    WitKind kind;
    AstName name;
    AstFields fields;
    const AstType *type; /* of `type` */
    VEC(AstFunc) funcs;  /* of a resource */
    AstAttrs attrs;
    Str docs;
    bool incomplete; /* it has syntax errors: only its kind and its name are certain */
} AstTypedef;

typedef struct {
    AstName name, alias; /* the same where there is no `as` */
} AstRename;

/* `use path.{names}` in an interface or world, `use path as alias` in a file, `include path with`. */
typedef struct {
    AstPath path;
    VEC(AstRename) names;
    AstName alias; /* of a `use` in a file */
    AstAttrs attrs;
    Span span;
} AstUse;

typedef struct AstItem AstItem;
typedef VEC(AstItem) AstItems;

typedef enum { AST_EXTERN_FUNC, AST_EXTERN_INTERFACE, AST_EXTERN_PATH } AstExternKind;

/* An import or export of a world. */
typedef struct {
    AstExternKind kind;
    bool is_export;
    AstName name; /* empty text: known by its path alone */
    AstFunc func;
    AstPath path;
    AstItems items; /* of an interface in place */
    AstAttrs attrs;
    Str docs;
    Span span;       /* of the name or path */
    bool incomplete; /* as in AstScope, of its items */
} AstExtern;

typedef struct {
    bool is_world;
    AstName name;
    AstItems items;
    AstAttrs attrs;
    Str docs;
    bool incomplete; /* as in AstScope, of its items */
} AstDecl;

/* `package ns:name@version`, as a file's header or over a nested package. */
typedef struct {
    Str ns, name;
    Semver version;
    Str docs;
    Span docs_span, span;
} AstHeader;

typedef struct AstScope {
    const AstHeader *header; /* NULL: a file without one */
    AstItems items;
    bool incomplete; /* syntax errors were reported, and what has them is left out */
} AstScope;

typedef enum {
    AST_USE,
    AST_TYPEDEF,
    AST_FUNC,
    AST_INCLUDE,
    AST_EXTERN,
    AST_DECL,
    AST_TOP_USE,
    AST_PACKAGE
} AstItemKind;

struct AstItem {
    AstItemKind kind;
    union {
        const AstUse *use; /* AST_USE, AST_INCLUDE, AST_TOP_USE */
        const AstTypedef *def;
        const AstFunc *func;
        const AstExtern *external;
        const AstDecl *decl;
        const AstScope *scope;
    };
};

/* ---- text to syntax tree ---- */

/* A parser with its tables, for many files. */
typedef struct Lower Lower;
Lower *witc_lower_new(Arena *arena, Features gates, Diags *diags);
void witc_lower_free(Lower *lower);
/* Diagnostics where the text is no WIT, and what is sound of it, marked `incomplete`; NULL where that
 * is nothing. */
const AstScope *witc_lower(Lower *lower, const Source *source);

/* Text that is UTF-8 without the characters that WIT.md forbids; otherwise false, and diagnostics. */
bool witc_check_characters(const Source *source, Diags *diags);

/* Where witc_explain found an error, and where it went on. */
typedef struct {
    uint32_t start; /* the token that was wrong */
    uint32_t end;   /* what was passed over ends here; 0: nothing, since only the word is wrong */
    uint32_t depth; /* how many braces were open when it went on, in a list of items */
} SyntaxError;
typedef VEC(SyntaxError) SyntaxErrors;

/* Says what is wrong with the syntax of a text, several errors if there are; false if it sees none.
 * Before `from` there are whole items of the file, without errors. `where` may be NULL. */
bool witc_explain(Arena *arena, const Source *source, uint32_t from, Diags *diags,
                  SyntaxErrors *where);

/* lost.c: how WIT calls what others call so (words.def); empty: nobody does. */
Str witc_other_word(Str theirs);
/* A note that tells it, and a fix where one word takes the place of the other; false where there is
 * nothing to tell. */
bool witc_note_word(Diags *diags, Str theirs, Span where);

/* braces.c: the `}`s that are missing from `from` on, where no brace is open, in the order of their
 * places, by the indentation. */
typedef struct {
    uint32_t open, at; /* the `{`, and where the `}` belongs: behind a token */
    bool is_set;       /* its reader takes it for given */
} MissingBrace;
typedef VEC(MissingBrace) MissingBraces;
MissingBraces witc_missing_braces(Arena *arena, Str text, uint32_t from);

/* Where the block comment that begins at `at` ends (they nest), SIZE_MAX where it does not; and where
 * a comment of either kind does, with the text at the latest. */
size_t witc_block_end(Str text, size_t at);
size_t witc_comment_end(Str text, size_t at);
/* Doc comments, given as spans of whole comments, as their text. */
Str witc_docs_text(Arena *arena, const Span *comments, size_t n);

/* ---- format ---- */

/* A word, version, string, number, mark or comment; `end` of a line comment is before its line's. */
typedef enum {
    LEX_END,
    LEX_WORD,
    LEX_NUMBER, /* or version */
    LEX_STRING,
    LEX_MARK, /* `->`, or one character */
    LEX_LINE_COMMENT,
    LEX_BLOCK_COMMENT
} LexKind;

typedef struct {
    LexKind kind;
    uint32_t start, end;
    uint32_t newlines; /* between the token before and this one */
} Lex;

/* The token, comments among them, at or after `at`: whatever the text is. */
Lex witc_lex(Str text, uint32_t at);

/* How a piece of text is parted from the one before. */
typedef enum {
    BREAK_NONE,
    BREAK_SPACE,
    BREAK_SOFT, /* a new line where the group that it stands in is broken, otherwise nothing */
    BREAK_SOFT_SPACE, /* the same; otherwise a space */
    BREAK_LINE
} Break;

typedef struct {
    enum {
        PIECE_TOKEN,
        PIECE_OPEN,  /* opens a list, which may be a group */
        PIECE_CLOSE, /* closes one */
        PIECE_COMMA, /* the last one of a list: only where the list is broken into lines */
        PIECE_LINE_COMMENT,
        PIECE_BLOCK_COMMENT,
        PIECE_VERBATIM /* with all that it holds */
    } kind;
    Break before;
    bool blank;  /* a blank line before the new line, if there is one */
    bool group;  /* of OPEN and CLOSE */
    bool broken; /* of OPEN: the group takes several lines, whether it fits one or not */
    uint32_t level;
    uint32_t start, end; /* in the source; both 0: a comma that is not there */
    uint32_t width;      /* flat, up to the end of this piece, from the beginning of `pieces` */
    uint32_t line_end;   /* of OPEN: the piece before which the line can end after the group */
} Piece;

/* Writes pieces; see format_print.c. */
typedef struct {
    Arena *arena;
    const Source *source;
    const WitcFormatOptions *options;
    Str newline;
    Buf *out;
    size_t base;             /* the length of `out` before anything was written */
    VEC(Piece) pieces;       /* that are not written yet */
    VEC(uint32_t) groups;    /* PIECE_OPENs of `pieces` that are open */
    VEC(uint32_t) ends;      /* see find_line_ends */
    VEC(bool) broken;        /* of the groups that are open while pieces are written */
    uint32_t column, indent; /* of the line that is being written */
    uint32_t lines_broken;
    Piece last; /* that was written */
} Printer;

void witc_put_piece(Printer *p, Piece piece);
void witc_flush_pieces(Printer *p);

/* ---- packages ---- */

typedef struct Unit Unit;

/* A file with syntax errors. */
typedef struct {
    const Source *source;
    bool any_name; /* it may declare names that it does not show */
} Broken;
typedef VEC(Broken) BrokenFiles;
typedef struct Resolver Resolver;

/* What an interface or world is to those who name it. */
typedef struct Entry {
    Unit *unit;
    const AstDecl *decl;     /* NULL: decoded from a binary, or written in place in a world */
    size_t file;             /* the scope of `unit` that it stands in */
    WitInterface *interface; /* one of the two, NULL before its unit is resolved */
    WitWorld *world;
    Map types;                    /* of an interface: name -> TypeName */
    VEC(struct Include) includes; /* of a world */
    Str name;
    Span span;
    bool is_world;
    bool excluded; /* its feature is off */
    bool resolved; /* its types are known */
} Entry;

/* A name in the scope of an interface or world; `type` is NULL for a function. */
typedef struct {
    WitType *type;
    Span span;
} TypeName;

typedef struct Include {
    const AstUse *use;
    Entry *target;
} Include;

/* One package: all files that make it up. */
struct Unit {
    Str id; /* "ns:name@version" */
    AstHeader header;
    VEC(const AstScope *) files; /* none: decoded from a binary */
    BrokenFiles broken;          /* files that have syntax errors */
    Map items;                   /* name -> Entry */
    WitPackage *package;
    Semver target; /* no text: its own version */
    bool is_dep;   /* not asked for: from `deps` */
    bool resolved, failed;
};

struct Resolver {
    Arena *arena;
    WitModel *model;
    const WitcOptions *options;
    Diags *diags;
    Map units;          /* id -> Unit */
    BrokenFiles broken; /* files that have syntax errors, of all units and of none */
    bool deps_failed;   /* a dependency could not be read */
    bool in_deps;       /* units that are added now are dependencies */
    Str deps;           /* the folder that dependencies were read from; empty: there is none */
    size_t world_items; /* that all worlds have so far, as far as they were not written there */
};

/* An item, and the gate that it is under: its own, or that of what it stands in. */
typedef struct {
    const WitStability *stability;
    const char *noun;
    Str name;
    Span span;
} Gated;

/* The work on one unit. Types are made first, with a resource standing for its own handle, and
 * committed to the model afterwards, when what is gated off is known (commit.c). */
typedef struct {
    Resolver *r;
    Arena *arena;
    Diags *diags;
    Unit *unit;
    VEC(Map) files;       /* of each file: name -> Entry, or NULL for one that failed */
    VEC(WitType *) types; /* in the order of the model */
    VEC(Entry *) interfaces, worlds;
    Map anonymous;                 /* parts -> WitType */
    Map handles;                   /* resource -> its own handle */
    Map missing;                   /* ids of packages that were reported */
    size_t file;                   /* that is being resolved */
    Map *scope;                    /* the names of the interface or world that is being resolved */
    const AstItems *items;         /* its items */
    const WitInterface *interface; /* the owner of its types: one of the two */
    const WitWorld *world;
    bool needs_gates;    /* the rules about which gates an item needs hold */
    Gated gate;          /* the item that is being resolved */
    bool incomplete;     /* of what is being resolved, something was not understood */
    bool gate_reported;  /* it lacks gates, so what they leave out means little */
    bool in_definitions; /* missing names were reported when these were put in order */
    bool version_reported;
} Work;

/* The id of what is not, or not yet, in the model. */
enum { WITC_EXCLUDED = -1, WITC_PENDING = -2 };
static inline bool witc_excluded(uint32_t id) { return id == (uint32_t)WITC_EXCLUDED; }

/* Stands for a type that was reported; nothing is said about it again. */
extern const WitType witc_poison;

/* resolve.c: packages and paths */
void witc_resolver_init(Resolver *resolver, WitModel *model, const WitcOptions *options,
                        Diags *diags);
/* A package from text. NULL and a diagnostic if there is one of its name. */
Unit *witc_add_unit(Resolver *resolver, const AstHeader *header);
/* All packages of a model that was merged into the resolver's. */
bool witc_add_model(Resolver *resolver, const WitModel *model);
/* Resolves all units; the package of `main`, unless that is NULL, becomes the model's. */
void witc_resolve(Resolver *resolver, Unit *main);
Str witc_header_id(Arena *arena, Str ns, Str name, Semver version);
/* What a path names. NULL: reported, or not enabled. */
Entry *witc_find_path(Work *w, const AstPath *path, bool want_world, const AstAttrs *attrs);
/* A note, and a fix, if one of the keys is nearly the name. */
bool witc_suggest(Work *w, AstName name, const Map *candidates);
/* So many errors that nobody reads the remedies. */
bool witc_is_quiet(const Work *w);

/* load.c: as witc_read and witc_read_text; *resolver (may be NULL) keeps the packages as they were
 * written. */
WitModel *witc_load_folder(Arena *arena, Str path, const WitcOptions *options, Diags *diags,
                           Resolver *resolver);
WitModel *witc_load_text(Arena *arena, const Source *source, const WitcOptions *options,
                         Diags *diags, Resolver *resolver);

/* ---- the linter ---- */

typedef struct {
    Arena *arena;
    const WitcLintOptions *options;
    Diags *diags;
    const Resolver *resolver;
    const WitModel *model;
    const Unit *main;
    Map sources;        /* files of the packages that were asked for -> rules that are
                                     turned off in all of one, a bit each */
    Map told;           /* rules with places */
    uint8_t *mentioned; /* by a type's id: something else has it as a part */
} Lint;

/* lint.c: whether the rule has something to say about this place that was not said, and is not turned
 * off there. Then a diagnostic is due, and after it witc_lint_told. */
bool witc_lint_wanted(Lint *lint, WitcLint rule, Span span);
void witc_lint_told(Lint *lint, WitcLint rule);
#define LINT_TELL(lint, rule, span, ...)                                                           \
    (witc_lint_wanted((lint), WITC_LINT_##rule, (span))                                            \
         ? ((void)diag((lint)->diags, LINT_##rule, (span), ##__VA_ARGS__),                          \
            witc_lint_told((lint), WITC_LINT_##rule), true)                                        \
         : false)

/* lint_text.c: comments of a file; whether one of them turns a rule off at a place. */
void witc_lint_comments(Lint *lint, const Source *source);
bool witc_lint_allowed(const Source *source, size_t offset, Str rule);
uint64_t witc_lint_file_allows(const Source *source); /* a bit a rule */
/* lint_package.c: what packages have to do with each other. */
void witc_lint_packages(Lint *lint);

/* order.c: topological order */
typedef struct {
    uint32_t from, to;
    Span span;  /* what a cycle is reported at */
    Span where; /* the reference itself */
} Edge;
typedef VEC(Edge) Edges;
/* The nodes 0..n-1 in an order in which each stands after what its edges lead to, otherwise in their
 * own; *count < n where there are cycles, and then *cycle is an edge of one. Edges stand in the
 * order of their `from`. */
uint32_t *witc_order(Arena *arena, size_t n, const Edges *edges, size_t *count, const Edge **cycle);
/* Errors about the cycle to which `edge` leads, and others as long as there are; the names are those
 * of the nodes. NULL: there is none. */
void witc_report_cycles(Work *w, const Map *names, Edges *edges, const Edge *edge, bool is_item);

/* lost.c: whether the name could be a declaration that was not understood. */
bool witc_is_lost(const Work *w, const BrokenFiles *broken, Str name);
Broken witc_broken(const Source *source);

/* gate.c */
/* Whether the options leave an item of the unit in. */
bool witc_enabled(const Work *w, const WitStability *stability);
/* The same, and an error where the package cannot have such a gate. */
bool witc_included(Work *w, const WitStability *stability, Span span);
/* Why something is left out, as a note to the error. */
void witc_note_gate(Work *w, const Unit *of, const WitStability *stability, Span declared);
/* A reference to what is left out. */
void witc_report_excluded(Work *w, Span span, const char *what, const char *more,
                          const WitStability *stability, Span declared);
/* The target versions of the options, into the units. */
void witc_set_targets(Resolver *r, Unit *main);
/* Begins an item inside of w->gate's, and tells if its gate does not do there; the return value is
 * for witc_leave. witc_reenter: the same without a word. */
Gated witc_enter(Work *w, const AstAttrs *attrs, const char *noun, Str name, Span span);
Gated witc_reenter(Work *w, const AstAttrs *attrs, const char *noun, Str name, Span span);
void witc_leave(Work *w, Gated outer);
/* The item that was begun refers to one of its package that has such a gate. */
void witc_refer(Work *w, const WitStability *to, Str name, Span where, Span declared);

/* resolve_type.c */
const WitType *witc_resolve_type(Work *w, const AstType *type, const WitStability *stability);
void witc_resolve_types(Work *w);
WitFunc *witc_resolve_func(Work *w, const AstFunc *func, const WitType *resource,
                           Str resource_name);
/* Two things of one name: the one that is written later is the error. */
void witc_report_twice(Work *w, Str name, Span a, Span b);
bool witc_define(Work *w, AstName name, WitType *type);

/* resolve_world.c */
void witc_resolve_interface(Work *w, Entry *entry, const AstItems *items, const AstAttrs *attrs,
                            Str docs);
void witc_resolve_world(Work *w, Entry *entry);

/* commit.c, include.c */
void witc_commit(Work *w);
void witc_process_includes(Work *w, Entry *entry);
/* Adds to the imports and exports that all worlds have. A short text can mean very many: a thousand
 * worlds that each include the one before, or import one interface that needs a thousand. False, and
 * an error once, beyond a limit. */
bool witc_count_items(Work *w, size_t n, Span span);
/* What an item of a world is known by: equal for two that exclude each other. */
Str witc_item_key(Arena *arena, const WitItem *item);

#endif
