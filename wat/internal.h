/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WAT_INTERNAL_H
#define WAT_INTERNAL_H

#include "base/map.h"
#include "wat/wat.h"

/* What the parsers of this folder share: tokens, and a place among them. */

typedef enum {
    TOK_END, /* the last token of every list */
    TOK_OPEN,
    TOK_CLOSE,
    TOK_ANNOTATION, /* "(@id": one of those that are not skipped */
    TOK_ID,         /* $x, $"x" */
    TOK_KEYWORD,
    TOK_INT,
    TOK_FLOAT,
    TOK_STRING,
    TOK_RESERVED, /* anything else that has the shape of a token */
} TokKind;

typedef struct {
    uint8_t kind;
    bool quoted; /* an id with a string; a string with escapes */
    uint32_t at, len;
    uint32_t match; /* TOK_OPEN, TOK_ANNOTATION: index of the closing parenthesis */
} Token;

/* The tokens of one source and a place among them. Sticky like a Reader: the first fault is
 * reported, and then the place is TOK_END, so that all loops end. */
typedef struct {
    Arena *arena;
    const Source *source;
    Diags *diags;
    Features features;
    const Token *toks;
    const Token *unclosed; /* the innermost parenthesis without a partner: its `match` is the end */
    uint32_t pos, end;     /* end: index of TOK_END */
    bool failed;
    bool meaningful; /* there is a token, or at least an annotation */
    bool strict; /* references to core items say `core`: WAST_STRICT_COMPONENT_INDICES=0 asks no */
    uint16_t *ops;  /* mnemonics by hash: CoreOp + 1 */
    WatDwarf dwarf; /* for core modules */
} Wat;

/* Tokens of a whole source. False where a token is malformed or a parenthesis has no partner. */
bool wat_lex(Arena *arena, const Source *source, Features features, Wat *w, Diags *diags);

/* ---- looking (none of these moves) ---- */
static inline const Token *wat_tok(const Wat *w) { return &w->toks[w->pos]; }
static inline const Token *wat_ahead(const Wat *w, uint32_t n) {
    return &w->toks[w->pos >= w->end || w->end - w->pos < n ? w->end : w->pos + n];
}
static inline bool wat_is(const Wat *w, TokKind kind) { return wat_tok(w)->kind == kind; }
/* At the end of a list: `)`, or nothing more. */
static inline bool wat_done(const Wat *w) {
    return wat_tok(w)->kind == TOK_CLOSE || wat_tok(w)->kind == TOK_END;
}
static inline Str wat_text(const Wat *w, const Token *t) {
    return (Str){w->source->text.ptr + t->at, t->len};
}
bool wat_token_is(const Wat *w, const Token *t, const char *keyword);
bool wat_is_kw(const Wat *w, const char *keyword);
bool wat_is_open(const Wat *w, const char *keyword); /* "(" keyword */
bool wat_is_annotation(const Wat *w, const char *id);
bool wat_is_index(const Wat *w, uint32_t n); /* whether the n-th token from here is one */

/* ---- taking ---- */
bool wat_take_kw(Wat *w, const char *keyword);
bool wat_take_open(Wat *w, const char *keyword); /* both tokens */
void wat_expect_kw(Wat *w, const char *keyword);
void wat_expect_open(Wat *w, const char *keyword);
void wat_expect_paren(Wat *w);
void wat_close(Wat *w);
bool wat_take_id(Wat *w, Str *id); /* without the $ */
Str wat_string(Wat *w);            /* any bytes */
Str wat_name(Wat *w);              /* well-formed UTF-8 */
uint32_t wat_u32(Wat *w);
uint64_t wat_u64(Wat *w);
/* An integer of `bits` (8 to 64) as `iN.const` takes it, signed or unsigned; sign-extended. */
int64_t wat_int(Wat *w, unsigned bits);
uint32_t wat_f32(Wat *w); /* the bits of the correctly rounded number */
uint64_t wat_f64(Wat *w);

/* The contents of a string token, or of an id's, decoded. */
Str wat_token_string(Wat *w, const Token *t);
Str wat_token_id(Wat *w, const Token *t);
/* Any well-formed integer of at most 64 bits; false where it is too large. */
bool wat_parse_integer(Str text, uint64_t *magnitude, bool *negative);

/* ---- faults ---- */
static inline Span wat_span(const Wat *w, const Token *t) {
    return (Span){w->source, t->at, t->at + t->len};
}
static inline Span wat_here(const Wat *w) { return wat_span(w, wat_tok(w)); }
static inline void wat_stop(Wat *w) {
    w->failed = true;
    w->pos = w->end;
}
void wat_unexpected(Wat *w, const char *expected); /* at the current token */

#define wat_fail(w, span, code, ...)                                                               \
    do {                                                                                           \
        if (!(w)->failed) {                                                                        \
            diag((w)->diags, code, (span), ##__VA_ARGS__);                                         \
            wat_stop(w);                                                                           \
        }                                                                                          \
    } while (0)

/* ---- names ---- */

/* One index space while its module is parsed. */
typedef struct {
    Map ids; /* name -> index */
    uint32_t count;
} WatSpace;

/* Adds a definition; the id may be absent (ptr NULL). `what` is for "duplicate what identifier". */
void wat_space_add(Wat *w, WatSpace *space, const Token *id, const char *what);
/* An index at the current token: a number, or a name in the space. */
uint32_t wat_index(Wat *w, const WatSpace *space, const char *what);

/* ---- the parsers ---- */

/* The fields of a module up to the closing parenthesis, which stays; `name` may be absent. */
CoreModule *wat_core_fields(Wat *w, Str name);
/* At "(module ...": a text module, or (module binary "...") in *bytes (then NULL is returned). */
CompComponent *wat_component_fields(Wat *w, const Token *id);
/* Strings up to the closing parenthesis, joined. */
Str wat_strings(Wat *w);

/* Types of core modules, for the component parser: names are looked up by `index`. */
typedef uint32_t (*WatTypeIndex)(void *context, Wat *w);
typedef struct {
    Wat *w;
    WatTypeIndex index;
    void *context;
    uint32_t place;   /* of the parameter or result at hand, from 1 */
    uint32_t numbers; /* of the last function type: where types are named by number */
} WatTypes;
CoreValType wat_val_type(WatTypes *t);
CoreValType wat_storage_type(WatTypes *t);
CoreValType wat_ref_type(WatTypes *t);
CoreValType wat_heap_type(WatTypes *t);
bool wat_is_ref_type(const Wat *w);
CoreLimits wat_limits(Wat *w);
CoreLimits wat_memory_type(Wat *w);
void wat_page_size(Wat *w, CoreLimits *limits); /* (pagesize n), if it is there */
/* A comp type behind "(type id?": (func ...), (sub final? x* (struct ...)) ... into *type; names of
 * fields through `field` (may be NULL). */
typedef void (*WatFieldName)(void *context, uint32_t field, const Token *id);
void wat_type_def(WatTypes *t, CoreType *type, WatFieldName field);
/* (param ...)* (result ...)*; names of parameters through `name` (NULL: not allowed). */
typedef struct {
    VEC(CoreValType) params, results;
    bool any; /* a (param) or (result) was written */
} WatFunc;
void wat_func_type(WatTypes *t, WatFunc *f, bool names,
                   void (*name)(void *context, uint32_t param, const Token *id, Str annotation));

/* Skips an annotation `(@name "...")` where there is one and gives its string. */
bool wat_take_name(Wat *w, Str *name);

/* ---- a core module under construction (parse_core.c, parse_code.c) ---- */

typedef struct {
    CoreOp op;       /* BLOCK, LOOP, IF, TRY, TRY_TABLE */
    CoreOp part;     /* the part at hand: `op`, or ELSE, CATCH, CATCH_ALL */
    bool flat;       /* ended by the word `end`, not by a parenthesis */
    Str name;        /* ptr NULL: none */
    Str shown;       /* for the name section: the name, or an annotation's */
    uint64_t hidden; /* what the name meant around this block: 1 + a place in `labels`, or 0 */
} WatLabel;

/* A folded form that is open. */
typedef struct {
    enum {
        FRAME_PLAIN,      /* its instruction waits in `pending` for the operands */
        FRAME_BLOCK,      /* closing it writes `end` */
        FRAME_CONDITION,  /* (if ... before its (then: the `if` waits in `pending` */
        FRAME_THEN,       /* (if ... behind (then ...) */
        FRAME_ELSE,       /* ... and behind (else ...) */
        FRAME_TRY,        /* (try ... of the legacy exceptions: arms follow */
        FRAME_CLOSED_TRY, /* ... ended by (delegate) */
        FRAME_ARM         /* (then ...), (else ...), (do ...), (catch ...) */
    } kind;
    uint32_t at;      /* of the instruction's word in the text */
    uint32_t pending; /* where its bytes begin */
    int8_t hint;      /* branch hint that is waiting with it, or -1 */
    WatLabel label;   /* FRAME_CONDITION */
} WatFrame;

typedef struct {
    uint32_t func, at; /* at: offset in the body's expression, later in the code entry */
    uint8_t value;
} WatHint;

typedef struct {
    unsigned place;  /* order among the sections */
    uint32_t number; /* ... and among those of one place */
    Str name, bytes;
} WatCustom;

typedef struct {
    Wat *w;
    CoreModule *m;
    WatSpace funcs, tables, memories, globals, tags, types, elems, datas;
    WatTypes lookup;        /* of types, in this module */
    Map func_types;         /* parameters and results -> index of the first such type */
    VEC(WatSpace *) fields; /* by type; NULL without names */
    uint32_t current_type;  /* whose fields are read */
    uint32_t next[CORE_EXTERN_COUNT];
    uint32_t next_elem, next_data;
    const char *defined;  /* "function", ...: what was defined, so that imports come too late */
    bool uses_data_index; /* an instruction that needs the data count */
    bool has_name;
    VEC(WatCustom) customs;
    VEC(WatHint) hints;
    uint32_t func; /* whose body is parsed; CORE_NONE in constant expressions */

    /* The function at hand. */
    WatSpace locals;
    CoreNameMap local_names, label_names;
    uint32_t label_count;
    WatFunc use; /* the inline types of the type use at hand */

    /* The expression at hand; the buffers are reused. */
    Buf body, pending, list;
    VEC(CorePlace) places;
    VEC(WatLabel) labels;
    Map label_ids; /* name -> 1 + the innermost label of that name, 0: none is open */
    VEC(WatFrame) frames;
} WatModule;

/* Instructions up to the closing parenthesis, with the final `end`. */
CoreExpr wat_expr(WatModule *p);
/* One folded instruction, with `end`: what (offset ...) and (item ...) abbreviate to. */
CoreExpr wat_folded_expr(WatModule *p);
void wat_v128(Wat *w, uint8_t bytes[16]); /* a shape and its lanes */
/* A type use: (type x)? (param ...)* (result ...)*; the type's index, made where it is new. The
 * types that were written are in p->use. */
uint32_t wat_type_use(WatModule *p, bool names);
/* The same for a block: no type of its own for at most one result. */
CoreBlockType wat_block_type(WatModule *p);
void wat_module_annotation(WatModule *p);  /* @custom, @producers, @dylink.0 */
void wat_add_dwarf(Wat *w, CoreModule *m); /* behind all of that */
void wat_finish_customs(WatModule *p);     /* the custom sections in order, with hints and names */
Str wat_producers(Wat *w);                 /* the bytes of an (@producers ...) */

/* ---- a component under construction (parse_component.c, parse_comp_type.c, parse_canon.c) ---- */

enum { WAT_MAX_DEPTH = 100 }; /* of components and types in one another */

typedef struct WatScope {
    struct WatScope *up;
    CompBuilder b;
    Str id; /* for (alias outer $id ...) */
    Map ids[COMP_SORT_COUNT];
    CompItems late;              /* inline exports, which come last */
    CompModuleType *module_type; /* a core module type: only core types are counted */
    Map func_types;              /* ... and its function types, for inline ones */
} WatScope;

typedef struct {
    Wat *w;
    WatScope *scope;
    unsigned depth;
    Map case_ids; /* of the variant at hand */
} WatComponent;

typedef VEC(uint32_t) Indices32;

WatScope *wat_open_scope(WatComponent *c, const Token *id);
void wat_close_scope(WatComponent *c);
uint32_t wat_comp_index(WatComponent *c, CompSort sort);
/* A core type of the scope at hand: definitions of core types see no other. */
uint32_t wat_local_core_type(WatComponent *c);
uint32_t wat_item_ref(WatComponent *c, CompSort sort);
uint32_t wat_core_item_ref(WatComponent *c, CompSort sort);
uint32_t wat_index_or_ref(WatComponent *c, CompSort sort);
uint32_t wat_core_ref(WatComponent *c, CompSort sort, bool legacy);
void wat_bind_core_type(WatComponent *c, uint32_t index, const Token *id);
CompComponent *wat_component_body(WatComponent *c, const Token *id, Str annotation);
/* Declarations: `at` is the word, the place is behind it. */
void wat_comp_import(WatComponent *c, const Token *at);
void wat_export_decl(WatComponent *c, const Token *at);
void wat_alias(WatComponent *c, const Token *at);
void wat_module_type_alias(WatComponent *c, const Token *at);
void wat_core_type(WatComponent *c, const Token *at);
void wat_comp_type(WatComponent *c, const Token *at, bool exports);
/* Types. */
CompValRef wat_comp_val_type(WatComponent *c);
const CompTypedef *wat_comp_func_type(WatComponent *c);
const CompTypedef *wat_declarations(WatComponent *c, const Token *id, bool instance);
const CompTypedef *wat_type_definition(WatComponent *c, const Token *id);
const CompModuleType *wat_module_type(WatComponent *c, const Token *id);
/* `count` core types of a group, each in (type id? ...) where `written`, else one bare definition. */
const CoreModule *wat_core_type_group(WatComponent *c, uint32_t count, bool written);
/* Canonical definitions, behind `canon`. */
void wat_canon_core(WatComponent *c, CompCanon *canon);
void wat_canon_lift(WatComponent *c, CompCanon *canon);

/* ---- printing ---- */

typedef struct {
    Arena *arena;
    Buf *out;
    WatPrintOptions options;
    unsigned nesting;
    size_t line;
    VEC(size_t) group_lines; /* where each open group began */
    Diags *diags;
} WatPrinter;

/* Bytes of a number as shortest LEB128. */
static inline size_t wat_leb_size(uint64_t n) {
    size_t size = 1;
    for (; n >= 0x80; n >>= 7) size++;
    return size;
}

#define WAT_NO_OFFSET ((int64_t)-1)

void wat_put(WatPrinter *p, const char *text);
void wat_put_str(WatPrinter *p, Str s); /* raw */
void wat_newline(WatPrinter *p, int64_t offset);
void wat_start(WatPrinter *p, const char *group); /* "(group" */
/* Where the text may leave: nothing behind this comes back to what stands before. */
static inline void wat_drain(WatPrinter *p) {
    enum { ENOUGH = 1 << 16 };
    if (p->out->len < ENOUGH || !p->options.drain) return;
    p->options.drain(p->options.drain_to, buf_text(p->out));
    p->out->len = 0;
}
void wat_finish(WatPrinter *p); /* ")" */
void wat_finish_at(WatPrinter *p, int64_t offset);
void wat_put_quoted(WatPrinter *p, Str name);        /* "name", escapes as \u{..} */
void wat_put_quoted_bytes(WatPrinter *p, Str bytes); /* ... as \hh */
/* A comment for each line of `text`, on lines of their own; escapes as in names. */
void wat_put_comment(WatPrinter *p, Str text, int64_t offset);
void wat_put_f32(Buf *out, uint32_t bits); /* 0x1.8p+1 (;=3;) */
void wat_put_f64(Buf *out, uint64_t bits);

/* Names for a space: those of the binary, made usable as identifiers. */
typedef struct {
    const CoreNameMap *map;
    const bool *clash;    /* by position in the map: the name was taken before */
    const char *what;     /* "func": for synthetic names, `#func7 name` */
    const char *invented; /* ... and for those of what has none, if it is another word */
} WatNames;
WatNames wat_names(WatPrinter *p, const CoreNameMap *map, const char *what, bool unique);
/* A name as an identifier, then "(;index;)". */
void wat_put_definition(WatPrinter *p, const WatNames *names, uint32_t index);
/* A name, or the index. */
void wat_put_index(WatPrinter *p, const WatNames *names, uint32_t index);
/* A name alone; false, and nothing written, where there is none. */
bool wat_put_optional_name(WatPrinter *p, const WatNames *names, uint32_t index);
bool wat_has_name(const WatNames *names, uint32_t index, Str *name);
/* $name, $"quoted name" or $"#what7 name". With `definition`, what a synthetic name stands for is
 * said in (@name "..."). */
void wat_put_name(WatPrinter *p, Str name, bool clash, const char *what, uint32_t index,
                  bool definition);

typedef struct {
    size_t offset;
    Str text;
} WatNote;

/* A module's state while it is printed; a component's core types use it too. */
typedef struct {
    WatPrinter *p;
    const CoreModule *m;
    WatNames funcs, tables, memories, globals, tags, types, elems, datas;
    WatNames locals, labels; /* of the function at hand */
    uint32_t func;           /* ... its index */
    uint32_t next[CORE_EXTERN_COUNT];
    const char *place; /* of a custom section: "after code" */
    Source hint_bytes; /* the branch hints that are left, in the order of functions */
    Reader hints;
    uint32_t hint_funcs, hint_func;
    CoreChecker *checker; /* where operands are to be shown */
    VEC(WatNote) notes;   /* what is said behind the instructions of the function at hand */
    bool module_valid, func_valid;
} WatModulePrinter;

/* The note of the instruction at `offset`; *next moves on. False where there is none. */
bool wat_note(const WatModulePrinter *mp, size_t *next, size_t offset, Str *text);
/* Checks the function at hand and fills the notes. */
void wat_check_operands(WatModulePrinter *mp, uint32_t func);

WatModulePrinter wat_module_printer(WatPrinter *p, const CoreModule *m);
/* Everything between "(module $name" and its ")". */
void wat_print_fields(WatModulePrinter *mp);
void wat_print_val_type(WatModulePrinter *mp, CoreValType t);
void wat_print_heap_type(WatModulePrinter *mp, CoreValType t);
void wat_print_func_type(WatModulePrinter *mp, const CoreType *t, const WatNames *names);
void wat_print_sub_type(WatModulePrinter *mp, uint32_t type);
void wat_print_type_ref(WatModulePrinter *mp, uint32_t type);
/* (table 1 funcref, (memory 1, (global i32, without the closing parenthesis; NULL names: no index. */
void wat_print_table_type(WatModulePrinter *mp, const CoreTable *t, const WatNames *names,
                          uint32_t index);
void wat_print_memory_type(WatModulePrinter *mp, const CoreLimits *l, const WatNames *names,
                           uint32_t index);
void wat_print_global_type(WatModulePrinter *mp, CoreValType type, bool mutable, bool shared,
                           const WatNames *names, uint32_t index);
/* The instructions of a body, each on a line; gives the offset of the final `end`. */
int64_t wat_print_body(WatModulePrinter *mp, const CoreExpr *body, Str hints, size_t body_start);
/* Instructions of a constant expression, in one line; `word` is written before several. */
void wat_print_const(WatModulePrinter *mp, const CoreExpr *e);
void wat_print_const_sugar(WatModulePrinter *mp, const CoreExpr *e, const char *word);
/* A body that is being printed. The labels that are open, each with its number in the order of the
 * blocks, which the name section counts by. */
typedef struct {
    uint32_t number;
    uint64_t hidden; /* what its name meant around it, as in `names` */
} WatOpenLabel;

typedef struct {
    WatModulePrinter *mp;
    VEC(WatOpenLabel) labels;
    Map names; /* 1 + the innermost open label of a name; 0: none */
    uint32_t label_count;
    enum { WAT_LINES, WAT_NONE, WAT_FIRST, WAT_SPACES } separator; /* between instructions */
    unsigned nesting_start;
    bool notes; /* operands are shown */
} WatCodePrinter;

/* One instruction, with what separates it from the one before. */
void wat_put_instr(WatCodePrinter *c, const CoreInstr *in, int64_t offset);
/* The next hint of a function: the offset in its body, or SIZE_MAX. */
size_t wat_next_hint(Reader *r, bool *taken);
/* The same as nested expressions (print_fold.c). */
int64_t wat_print_folded(WatModulePrinter *mp, const CoreExpr *body, Str hints, size_t body_start,
                         bool lines);
void wat_print_custom(WatPrinter *p, Str name, Str bytes, size_t offset, const char *place);
void wat_print_component(WatPrinter *p, const CompComponent *c);

#endif
