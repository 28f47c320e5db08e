/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Backtraces of guests as notes:
 *
 *       0: `inner` (src/inner.h:3:9), inlined
 *       0: `outer` in module `program` at 0x1a7 (src/main.c:8:12)
 *       1: `write` of the host
 *
 * DWARF and source maps are read here, so only where something is shown.
 */
#include "cli/backtrace.h"

enum { MAX_INLINED = 50 };

static Str name_of(Cli *cli, const BacktraceFrame *f) {
    Str name = core_demangle_rust(cli->arena, f->name);
    if (!name.len) name = core_demangle_cpp(cli->arena, f->name);
    if (!name.len) name = f->name;
    return name.len ? name : str_fmt(cli->arena, "function %u", f->func);
}

static Str place_of(Cli *cli, const CoreSourceFrame *at) {
    if (!at->line) return at->file;
    if (at->column == CORE_NO_COLUMN || at->column == 0)
        return str_fmt(cli->arena, "%.*s:%u", STR_ARG(at->file), at->line);
    return str_fmt(cli->arena, "%.*s:%u:%u", STR_ARG(at->file), at->line, at->column);
}

static void note(Cli *cli, uint32_t i, const BacktraceFrame *f, CoreSources *sources) {
    CoreSourceFrame places[MAX_INLINED];
    size_t n = core_sources_find(sources, f->offset, places, MAX_INLINED);
    for (size_t k = 0; k + 1 < n; k++) {
        Str func = places[k].func.len ? places[k].func : STR("?"), at = place_of(cli, &places[k]);
        diag_note(&cli->diags, CLI_FRAME_INLINED, span_none(), i, STR_ARG(func), STR_ARG(at));
    }
    const CoreNames *names = &f->module->names;
    Str module = names->has_module ? names->module : STR("?");
    Str name = n && places[n - 1].func.len ? places[n - 1].func : name_of(cli, f);
    Str at = n ? place_of(cli, &places[n - 1]) : (Str){0};
    if (at.len)
        diag_note(&cli->diags, CLI_FRAME_AT, span_none(), i, STR_ARG(name), STR_ARG(module),
                  f->offset, STR_ARG(at));
    else
        diag_note(&cli->diags, CLI_FRAME, span_none(), i, STR_ARG(name), STR_ARG(module),
                  f->offset);
}

void backtrace_notes(Cli *cli, const BacktraceFrame *frames, size_t n) {
    Map sources = {0}; /* CoreModule * -> CoreSources * */
    for (size_t i = 0; i < n; i++) {
        const BacktraceFrame *f = &frames[i];
        if (!f->module) {
            Str name = name_of(cli, f);
            diag_note(&cli->diags, CLI_HOST_FRAME, span_none(), (uint32_t)i, STR_ARG(name));
            continue;
        }
        bool added;
        MapEntry *entry = map_put_ptr(cli->arena, &sources, f->module, &added);
        if (added) entry->ptr = load_sources(cli, f->module, (Str){0});
        note(cli, (uint32_t)i, f, entry->ptr);
    }
}
