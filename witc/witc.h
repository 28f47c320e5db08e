/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WITC_WITC_H
#define WITC_WITC_H

#include "base/buf.h"
#include "model/model.h"

/* WIT text into the model and back (WIT.md). */

typedef struct {
    const Str *features; /* names of @unstable features that are on */
    size_t feature_count;
    bool all_features;
    Features gates; /* language features that are gated by the component model */
    /* What is `@since` a later version is left out, and the package has the target's version (WIT.md,
     * "Package Format"): "VERSION" of the package that is asked for, "ns=VERSION" of all packages of a
     * namespace as far as that version can be theirs, "ns:name=VERSION" of one. */
    const Str *targets;
    size_t target_count;
    /* Paths of packages, with their `deps`, that the one that is asked for may use besides its own. */
    const Str *beside;
    size_t beside_count;
    /* All rules of the specification are errors; without it, those that no component can break are
     * warnings. In the package that is asked for this means also which gates an item needs, which is
     * not looked at otherwise (witc/gate.c). */
    bool strict;
    /* Decodes a dependency or argument that is a binary or its text (`deps/x.wasm`, `.wat`); the
     * caller hands in component/'s decoder, since this folder does not see it. NULL: refuse. */
    WitModel *(*decode)(Arena *arena, const Source *source, void *context, Diags *diags);
    void *context;
} WitcOptions;

/* Reads a `.wit` file, or a directory of a package with its `deps/` folder, resolves it, and checks
 * it. NULL and diagnostics (several in one run) where something is wrong. */
WitModel *witc_read(Arena *arena, Str path, const WitcOptions *options, Diags *diags);

/* The same from a text in memory (one file, which may hold nested packages). */
WitModel *witc_read_text(Arena *arena, const Source *source, const WitcOptions *options,
                         Diags *diags);

/* ---- the linter ---- */

#define LINT(id, name, level, about) WITC_LINT_##id,
typedef enum {
#include "witc/lint.def"
    WITC_LINT_COUNT
} WitcLint;
#undef LINT

typedef enum { WITC_LINT_ALLOW, WITC_LINT_WARN, WITC_LINT_DENY } WitcLintLevel;

typedef struct {
    const char *name, *about;
    WitcLintLevel level; /* unless asked otherwise */
} WitcLintRule;
extern const WitcLintRule witc_lint_rules[WITC_LINT_COUNT];

typedef struct {
    WitcLintLevel levels[WITC_LINT_COUNT];
    const Str *features; /* that the user names: each should gate something */
    size_t feature_count;
    const WitcOptions *read; /* features in it are no matter: all items are looked at */
} WitcLintOptions;

/* Reads a folder of WIT, or the text where there is one, and tells what is right but unwise, in the
 * packages that were asked for and not in dependencies: warnings, or errors where a rule is denied.
 * False where the WIT cannot be read. */
bool witc_lint(Arena *arena, Str path, const Source *text, const WitcLintOptions *options,
               Diags *diags);

typedef struct {
    bool no_docs;
} WitcPrintOptions;

/* The model's main package as WIT text; other packages follow as nested packages (`package a:b {`)
 * in the way of `wasm-tools component wit`. */
void witc_print(const WitModel *model, const WitcPrintOptions *options, Buf *out);
/* One package alone. */
void witc_print_package(const WitModel *model, const WitPackage *package, bool nested,
                        const WitcPrintOptions *options, Buf *out);

typedef struct {
    uint32_t indent;                /* 0: 4 */
    uint32_t width;                 /* that lists keep on one line; 0: 100 */
    uint32_t first_line, last_line; /* from 1: only what touches these lines; 0: all */
} WitcFormatOptions;

/* Lays out a text. Comments, blank lines (one in a row), and every token stay, but for the comma
 * after the last element of a list. Items with syntax errors, which are reported, are copied as they
 * are. False, and diagnostics, where the text has characters that WIT cannot have. */
bool witc_format(const Source *source, const WitcFormatOptions *options, Buf *out, Diags *diags);

/* The model as JSON: the form of `wasm-tools component wit --json`. */
void witc_json(const WitModel *model, Buf *out);

#endif
