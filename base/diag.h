/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "base/str.h"
#include "base/vec.h"

/* A file that was read, or a text made in memory; spans point into it. Lives in an arena. */
typedef struct Source {
    Str path;     /* as the user wrote it */
    Str text;     /* all of its bytes; less than 4 GiB */
    bool binary;  /* places are byte offsets instead of line and column */
    bool trusted; /* its comments may have characters that change the direction of text */
} Source;

/* Bytes start..end of a source; source NULL means no place in particular. */
typedef struct {
    const Source *source;
    uint32_t start, end;
} Span;

/* DIAG_RULE stands in tables only: what the specification forbids though it can be read. It becomes
 * an error where the list is strict, else a warning. */
typedef enum { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE, DIAG_RULE } DiagSeverity;

/* All wordings: DIAG(CODE, SEVERITY, "printf format"). The formats are checked by the compiler,
 * because diag() hands the row's own format on. */
#define DIAG(code, severity, text) DIAG_##code,
typedef enum {
#include "base/diag.def"
    DIAG_CODE_COUNT
} DiagCode;
#undef DIAG

#define DIAG(code, severity, text) static const char DIAG_TEXT_##code[] __attribute__((unused)) = text;
#include "base/diag.def"
#undef DIAG

/* A text that would be right: these bytes replaced by that text. */
typedef struct {
    Span span;
    Str replacement;
} DiagFix;

typedef struct Diag {
    DiagCode code;
    DiagSeverity severity;
    Span span;
    Str message;
    VEC(struct Diag) notes; /* other places and remedies; severity DIAG_NOTE */
    VEC(DiagFix) fixes;     /* to be made together */
} Diag;

/* The caller's list. Functions of the tools add to it and return false or NULL; nothing is printed
 * on the spot. A zeroed list with its arena set is empty. After `max_errors` diagnostics (0: 100) more
 * are counted but not kept. */
typedef struct Diags {
    Arena *arena;
    VEC(Diag) list;
    size_t errors, warnings;
    size_t max_errors;
    bool strict;  /* DIAG_RULE means error */
    bool dropped; /* the last one was not kept */
} Diags;

/* diag(list, WIT_NO_SUCH_NAME, span, args of the row's format...) returns the Diag, or NULL where it
 * was not kept. `list` may not be NULL. */
#define diag(list, code, span, ...)                                                                \
    diag_add((list), DIAG_##code, (span), DIAG_TEXT_##code, ##__VA_ARGS__)
/* A note to the diagnostic that was added last. */
#define diag_note(list, code, span, ...)                                                           \
    diag_add_note((list), DIAG_##code, (span), DIAG_TEXT_##code, ##__VA_ARGS__)

/* A copy of another list's diagnostic, with all that belongs to it. */
void diag_take(Diags *list, const Diag *d);

/* What would be right in place of the bytes of `span`, of the diagnostic that was added last. */
void diag_fix(Diags *list, Span span, Str replacement);
/* Only errors stay. */
void diag_drop_warnings(Diags *list);

__attribute__((format(printf, 4, 5))) const Diag *diag_add(Diags *list, DiagCode code, Span span,
                                                           const char *format, ...);
__attribute__((format(printf, 4, 5))) void diag_add_note(Diags *list, DiagCode code, Span span,
                                                         const char *format, ...);

const char *diag_name(DiagCode code); /* the stable name of a code: "WIT_NO_SUCH_NAME" */
DiagSeverity diag_severity(DiagCode code);
const char *diag_format(DiagCode code);
/* The code of that name, "WIT_NO_TYPE", "wit-no-type"; false where there is none. */
bool diag_named(Str name, DiagCode *code);

/* Line and column (both from 1, the column in bytes) of an offset of a text. */
typedef struct {
    uint32_t line, column;
} LineColumn;
LineColumn line_column(const Source *source, uint32_t offset);
/* Which of `n` lines, given where each begins, holds an offset; from 0. */
size_t line_find(const uint32_t *starts, size_t n, uint32_t offset);
/* "file:3:7", or "file:0x0001a3" in a binary, or "" where the span has no source. */
Str span_place(Arena *arena, Span span);

static inline Span span_none(void) { return (Span){0}; }
/* The place at one offset. */
static inline Span span_at(const Source *source, size_t offset) {
    return (Span){source, (uint32_t)offset, (uint32_t)offset};
}
/* The smallest span over both. */
Span span_join(Span a, Span b);

/* "error: message", then " --> place" with the source line and a caret, then the notes. Sorted by
 * place within a source. Colour by ANSI sequences when asked. Characters that a terminal would obey
 * are spelled out. */
void diag_print(FILE *to, const Diags *list, bool colour);
/* The same as a JSON array, one object a diagnostic (docs/WIT.md, "Diagnostics as JSON"). */
void diag_json(FILE *to, const Diags *list);
/* That array as a value of a larger document. */
void diag_put_json(Json *json, const Diags *list);

#endif
