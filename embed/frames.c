/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The frames of a backtrace, with what their modules tell of their sources. That is read when a frame is
 * asked for, and forgotten with the next trap.
 */
#include "core/sources.h"
#include "embed/internal.h"

enum { MAX_INLINED = 50 };

/* The places of one frame, kept since callers ask for it and then for what is inlined in it. */
typedef struct EmbedFrames {
    Arena *arena;
    Map sources; /* CoreModule * -> CoreSources * */
    uint32_t at; /* the frame whose places these are, + 1; 0: none */
    size_t count;
    CoreSourceFrame places[MAX_INLINED];
} EmbedFrames;

void frames_forget(witc_store *store) {
    if (store->frames) arena_free(store->frames->arena);
    store->frames = NULL;
}

/* Of text, which has no other: the place of the instruction. */
static bool place_in_text(const VmFrameInfo *info, Span *span) {
    const CoreExpr *body = &info->module->funcs.at[info->func].body;
    *span = core_expr_span(info->module, body, info->offset - body->offset);
    return span->source && !span->source->binary;
}

static Str read_file(void *store, const CoreModule *core, Str url) {
    const witc_engine *engine = ((const witc_store *)store)->engine;
    witc_str bytes = {0};
    bool is_read = engine->read_file &&
                   engine->read_file(engine->read_context, witc_str_of(core->source->path),
                                     witc_str_of(url), &bytes);
    return is_read ? str_of(bytes) : (Str){0};
}

/* Which places are looked for, and what remembers them. */
typedef struct {
    const witc_store *store;
    EmbedFrames *frames;
    uint32_t i;
    const VmFrameInfo *info;
} Look;

static void look(void *context) {
    Look *l = context;
    EmbedFrames *f = l->frames;
    if (!f) {
        Arena *arena = arena_new();
        f = ARENA_NEW(arena, EmbedFrames);
        f->arena = arena;
    }
    if (f->at != l->i + 1) {
        bool added;
        MapEntry *entry = map_put_ptr(f->arena, &f->sources, l->info->module, &added);
        if (added) {
            entry->ptr = core_sources_new(f->arena, l->info->module);
            core_sources_use_files(entry->ptr, read_file, (void *)l->store);
        }
        f->at = l->i + 1;
        f->count = core_sources_find(entry->ptr, l->info->offset, f->places, MAX_INLINED);
    }
    l->frames = f;
}

/* NULL: there was no memory to read them. What is remembered is no part of what the store is, so a const
 * one will do. */
static const EmbedFrames *places_of(const witc_store *store, uint32_t i, const VmFrameInfo *info) {
    witc_store *changed = (witc_store *)store;
    Look l = {store, store->frames, i, info};
    if (!arena_try(&store->engine->memory, look, &l)) {
        frames_forget(changed); /* they may be half read */
        return NULL;
    }
    return changed->frames = l.frames;
}

static void set_place(witc_frame *frame, const CoreSourceFrame *place) {
    frame->file = witc_str_of(place->file);
    frame->line = place->line;
    frame->column = place->column == CORE_NO_COLUMN ? 0 : place->column;
}

static bool frame_at(const witc_store *store, uint32_t i, VmFrameInfo *info, witc_frame *frame) {
    if (i >= store->failure.frame_count || !vm_backtrace_at(store->thread, i, info)) return false;
    *frame = (witc_frame){.func = info->func, .offset = info->offset};
    if (!info->module) return true;
    frame->module = store_module(store, info->module);
    if (frame->module) frame->module_name = witc_module_name(frame->module);
    frame->func_name = witc_str_of(info->name);
    return true;
}

bool witc_store_frame(const witc_store *store, uint32_t i, witc_frame *frame) {
    VmFrameInfo info;
    Span span;
    if (!frame_at(store, i, &info, frame)) return false;
    if (!info.module) return true;
    if (place_in_text(&info, &span)) {
        LineColumn at = line_column(span.source, span.start);
        frame->offset = span.start;
        frame->file = witc_str_of(span.source->path);
        frame->line = at.line, frame->column = at.column;
        return true;
    }
    const EmbedFrames *f = places_of(store, i, &info);
    if (f && f->count) set_place(frame, &f->places[f->count - 1]);
    return true;
}

bool witc_store_inlined(const witc_store *store, uint32_t i, uint32_t k, witc_frame *frame) {
    VmFrameInfo info;
    Span span;
    if (!frame_at(store, i, &info, frame) || !info.module || place_in_text(&info, &span))
        return false;
    const EmbedFrames *f = places_of(store, i, &info);
    if (!f || k + 1 >= f->count) return false;
    frame->func_name = witc_str_of(f->places[k].func);
    set_place(frame, &f->places[k]);
    return true;
}
