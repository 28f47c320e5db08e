/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Backtraces of guests as notes:
 *
 *       0: `inner` (src/inner.h:3:9), inlined
 *       0: `outer` in module `program` at 0x1a7 (src/main.c:8:12)
 *       1: `write` of the host
 *
 * A component's frames come from the interpreter, a module's from the interface for embedders. DWARF
 * and source maps are read here or for this, so only where something is shown.
 */
#include "cli/backtrace.h"

#include "cli/load.h"

enum { MAX_FRAMES = 100, MAX_INLINED = 50 };

/* What is shown of a frame, wherever it comes from. */
typedef struct {
    bool is_host;
    uint32_t func, offset;
    Str name, module; /* empty: not known */
    CoreSourceFrame places[MAX_INLINED];
    size_t place_count; /* the last one is the function's own */
} Frame;

static Str name_of(Cli *cli, const Frame *f) {
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

static void note(Cli *cli, uint32_t i, const Frame *f) {
    Str name = name_of(cli, f), module = f->module.len ? f->module : STR("?"), at = {0};
    if (f->is_host) {
        diag_note(&cli->diags, CLI_HOST_FRAME, span_none(), i, STR_ARG(name));
        return;
    }
    for (size_t k = 0; k < f->place_count; k++) {
        const CoreSourceFrame *place = &f->places[k];
        at = place_of(cli, place);
        if (k + 1 == f->place_count) {
            if (place->func.len) name = place->func;
            break;
        }
        Str func = place->func.len ? place->func : STR("?");
        diag_note(&cli->diags, CLI_FRAME_INLINED, span_none(), i, STR_ARG(func), STR_ARG(at));
    }
    if (at.len)
        diag_note(&cli->diags, CLI_FRAME_AT, span_none(), i, STR_ARG(name), STR_ARG(module),
                  f->offset, STR_ARG(at));
    else
        diag_note(&cli->diags, CLI_FRAME, span_none(), i, STR_ARG(name), STR_ARG(module),
                  f->offset);
}

/* ---- components ---- */

void backtrace_of_thread(Cli *cli, const VmThread *thread) {
    VmFrameInfo frames[MAX_FRAMES];
    uint32_t n = vm_backtrace(thread, frames, MAX_FRAMES);
    while (n && !frames[n - 1].module) n--;
    Map sources = {0}; /* CoreModule * -> CoreSources * */
    for (uint32_t i = 0; i < n; i++) {
        const VmFrameInfo *info = &frames[i];
        Frame f = {.func = info->func, .offset = info->offset, .name = info->name};
        f.is_host = info->module == NULL;
        if (info->module) {
            bool added;
            MapEntry *entry = map_put_ptr(cli->arena, &sources, info->module, &added);
            if (added) entry->ptr = load_sources(cli, info->module, (Str){0});
            f.place_count = core_sources_find(entry->ptr, f.offset, f.places, MAX_INLINED);
            f.module = info->module->names.module;
        }
        note(cli, i, &f);
    }
}

/* ---- modules ---- */

static Str str_of(witc_str s) { return (Str){s.ptr, s.len}; }

static CoreSourceFrame place_in(const witc_frame *frame, Str func) {
    return (CoreSourceFrame){
        .func = func, .file = str_of(frame->file), .line = frame->line, .column = frame->column};
}

void backtrace_of_store(Cli *cli, const witc_store *store) {
    uint32_t n = witc_store_failure(store).frame_count;
    witc_frame frame, inlined;
    while (n && witc_store_frame(store, n - 1, &frame) && !frame.module) n--;
    for (uint32_t i = 0; i < n && witc_store_frame(store, i, &frame); i++) {
        Frame f = {.is_host = !frame.module,
                   .func = frame.func,
                   .offset = frame.offset,
                   .name = str_of(frame.func_name),
                   .module = str_of(frame.module_name)};
        while (f.place_count + 1 < MAX_INLINED &&
               witc_store_inlined(store, i, (uint32_t)f.place_count, &inlined))
            f.places[f.place_count++] = place_in(&inlined, str_of(inlined.func_name));
        if (frame.file.len) f.places[f.place_count++] = place_in(&frame, (Str){0});
        else f.place_count = 0;
        note(cli, i, &f);
    }
}
