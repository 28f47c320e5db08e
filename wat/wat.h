/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WAT_WAT_H
#define WAT_WAT_H

#include "component/component.h"
#include "core/core.h"

/* The text format of core modules and components: text to data (parse), binary to text (print).
 * The two are mirror files: parse_core.c and print_core.c, parse_component.c and
 * print_component.c. */

typedef struct {
    CoreModule *module; /* one of the two */
    CompComponent *component;
} WatUnit;

/* Parses `(module ...)`, `(component ...)`, or the bare fields of a module. False and diagnostics,
 * placed in the text. Identifiers become names; annotations `(@custom ...)`, `(@name ...)`,
 * `(@producers ...)`, `(@dylink.0 ...)`, `(@metadata.code...)` become what they say. */
bool wat_parse(Arena *arena, const Source *source, Features features, WatUnit *unit, Diags *diags);

/* Text to the bytes of a module or component; bytes come back as they are (so that every command
 * takes either). NULL and diagnostics. */
const Source *wat_to_binary(Arena *arena, const Source *source, Features features, Diags *diags);

/* The same, with DWARF that leads back to the text: lines, or everything. Bytes get none. */
typedef enum { WAT_DWARF_NONE, WAT_DWARF_LINES, WAT_DWARF_FULL } WatDwarf;
const Source *wat_to_binary_debug(Arena *arena, const Source *source, Features features,
                                  WatDwarf dwarf, Diags *diags);

typedef struct {
    bool skeleton;      /* leave out bodies of functions and data */
    bool fold;          /* nested expressions where they can be */
    bool offsets;       /* (;@1f;) before each line */
    bool name_unnamed;  /* invent $#func0 ... */
    bool operand_stack; /* the operands behind each instruction: ;; [i32 i32] */
    Str indent;         /* what stands at a line's begin for each level; NULL: two spaces */
    /* Where it is given, takes the text while it grows: it leaves `out`. */
    void (*drain)(void *drain_to, Str text);
    void *drain_to;
} WatPrintOptions;

/* The text of a module or component, laid out as wasm-tools does. It need not be valid, only well
 * formed; false and diagnostics where it is not (what could be printed stands in `out`). */
bool wat_print(Arena *arena, const Source *source, const WatPrintOptions *options, Buf *out,
               Diags *diags);

/* ---- test scripts (.wast) ---- */

/* A script as a list of commands; what runs it is the caller's (cli with the interpreter). */
typedef enum {
    WAST_MODULE,     /* a module or component to instantiate (or only to define) */
    WAST_DEFINITION, /* (module definition $id ...), (component definition ...) */
    WAST_INSTANCE,   /* (module instance $i $m), (component instance ...) */
    WAST_REGISTER,
    WAST_INVOKE, /* also (get ...) */
    WAST_ASSERT_RETURN,
    WAST_ASSERT_TRAP,
    WAST_ASSERT_EXHAUSTION,
    WAST_ASSERT_EXCEPTION,
    WAST_ASSERT_SUSPENSION,
    WAST_ASSERT_MALFORMED,
    WAST_ASSERT_INVALID,
    WAST_ASSERT_UNLINKABLE,
    WAST_ASSERT_MALFORMED_CUSTOM,
    WAST_ASSERT_INVALID_CUSTOM,
    WAST_THREAD,
    WAST_WAIT
} WastKind;

/* A module or component in a script: bytes after encoding, or quoted text to be parsed. */
typedef struct {
    bool is_component, is_quote, is_binary;
    Str name;            /* $id without the $, or empty */
    Str bytes;           /* the binary; a quote's text */
    bool parsed;         /* false: the text is malformed, and `diags` of wast_parse says why... */
    const Diags *faults; /* ...here, since assert_malformed expects it */
    Span span;
    uint32_t at; /* of the word `module`, `component` or `quote` */
} WastModule;

/* An argument or an expected result. */
typedef struct WastValue WastValue;
typedef VEC(WastValue) WastValues;
struct WastValue {
    uint32_t start, end; /* how it is written: these bytes of the script */
    enum {
        WAST_I32,
        WAST_I64,
        WAST_F32,
        WAST_F64,
        WAST_V128,
        WAST_REF,      /* core */
        WAST_EITHER,   /* (either a b ...) in `parts` */
        WAST_COMPONENT /* by `type` */
    } kind;
    uint64_t bits;           /* numbers; WAST_REF: of (ref.extern n), (ref.host n) */
    uint8_t v128[16], lanes; /* and how a v128 is written: lanes of 16, 8, 4, 2 parts */
    bool lane_float;
    enum { WAST_EXACT, WAST_NAN_CANONICAL, WAST_NAN_ARITHMETIC } nan, lane_nan[4];
    CoreHeap heap;     /* WAST_REF: which kind of reference; */
    bool is_null, any; /* null; `any`: (ref.extern) without a number matches each */
    WitKind type;      /* WAST_COMPONENT: BOOL.. STRING, LIST, RECORD, TUPLE, VARIANT, ENUM, FLAGS,
                               OPTION, RESULT */
    Str text;          /* string contents; variant case or enum name */
    WastValues parts;  /* elements, fields, payload (at most one) */
    VEC(Str) names;    /* record field names; flags that are set */
    bool is_some;      /* OPTION: some; RESULT: ok */
};

typedef struct WastCommand WastCommand;
typedef VEC(WastCommand) WastCommands;
struct WastCommand {
    WastKind kind;
    Span span;
    uint32_t at; /* whose line stands in the JSON form: of the inner module or action, for most */
    WastModule
        module; /* MODULE, DEFINITION, ASSERT_MALFORMED/INVALID/UNLINKABLE/TRAP of a module */
    bool has_module;
    Str module_name; /* INVOKE, ASSERT_*: the instance meant, empty: the last; INSTANCE: of what;
                        THREAD: what it shares with its surroundings, or empty */
    Str name;        /* REGISTER: as; INVOKE: function; INSTANCE, THREAD: its own $id; WAIT: of a
                        thread */
    bool is_get;
    WastValues args, expected;
    Str message;       /* of assert_trap, assert_invalid, ... */
    WastCommands body; /* of a THREAD */
};

typedef struct {
    WastCommands commands;
} WastScript;

/* False and diagnostics only where the script itself cannot be read. */
bool wast_parse(Arena *arena, const Source *source, Features features, WastScript *script,
                Diags *diags);

#endif
