/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Two packages, with a line `----` between them, as an old and a new version of one; and what the
 * linter says of either. A package differs in nothing from itself.
 */
#include <stdlib.h>

#include "base/file.h"
#include "report/report.h"
#include "witc/witc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const WitcOptions options = {.all_features = true};

static void lint(Arena *arena, const Source *source) {
    Diags diags = {.arena = arena};
    WitcLintOptions rules = {.read = &options};
    for (int i = 0; i < WITC_LINT_COUNT; i++) rules.levels[i] = WITC_LINT_DENY;
    witc_lint(arena, source->path, source, &rules, &diags);
}

static const WitModel *read(Arena *arena, Str text) {
    Diags diags = {.arena = arena};
    const Source *source = source_of(arena, STR("input.wit"), text);
    lint(arena, source);
    return witc_read_text(arena, source, &options, &diags);
}

static const ReportDiff *compare(Arena *arena, const WitModel *a, const WitModel *b) {
    Diags diags = {.arena = arena};
    ReportDiff *diff = report_diff(arena, a, a->main, b, b->main, &(ReportDiffOptions){0}, &diags);
    if (!diff) return NULL;
    Buf out = {.arena = arena};
    report_diff_text(diff, &(ReportDiffShow){.all = true, .colour = true}, &out);
    report_diff_json(arena, diff, &out);
    return diff;
}

/* Packages of two names are compared as if they had one. */
static void rename_as(const WitModel *model, const WitPackage *other) {
    model->main->ns = other->ns;
    model->main->name = other->name;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Str text = {(const char *)data, size};
    size_t cut = str_find_str(text, STR("----\n"), 0);
    Str second = cut == SIZE_MAX ? text : str_after(text, cut + 5);
    const WitModel *a = read(arena, str_from_to(text, 0, cut)), *b = read(arena, second);
    if (a && b) {
        if (compare(arena, a, a)->changes.len) abort();
        rename_as(b, a->main);
        compare(arena, a, b);
        compare(arena, b, a);
    }
    arena_free(arena);
    return 0;
}
