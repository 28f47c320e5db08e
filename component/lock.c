/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The lock file of a composition:
 *
 *     9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  parts/store.wasm
 *
 * 64 digits, two spaces, a path: `sha256sum --check` reads it, too. Empty lines and those that begin
 * with `#` do not count. Two spaces and a path are what a line has in any case, so a path may have any
 * character but a line's end.
 */
#include "base/sha256.h"
#include "component/graph.h"

Str comp_digest(Arena *arena, const Source *source) {
    Diags quiet = {.arena = arena};
    bool file = file_exists(arena, source->path) && !file_is_directory(arena, source->path);
    const Source *raw = file ? file_read(arena, source->path, &quiet) : NULL;
    return sha256_text(arena, raw ? raw->text : source->text);
}

void comp_lock_write(const CompGraph *g, Buf *out) {
    Map seen = {0};
    for (size_t i = 0; i < g->parts.len; i++) {
        bool added;
        const Source *source = g->parts.at[i]->source;
        map_put(g->arena, &seen, source->path, &added);
        if (!added || str_find(source->path, '\n', 0) != SIZE_MAX) continue;
        Str digest = comp_digest(g->arena, source);
        buf_fmt(out, "%.*s  %.*s\n", STR_ARG(digest), STR_ARG(source->path));
    }
}

typedef struct {
    Str digest;
    Span span;
    bool seen;
} Locked;

static bool read_lines(const CompGraph *g, const Source *lock, Map *lines) {
    Str text = lock->text;
    for (size_t at = 0, end; at < text.len; at = end + 1) {
        end = str_find(text, '\n', at);
        if (end == SIZE_MAX) end = text.len;
        Str line = str_from_to(text, at, end);
        if (!line.len || line.ptr[0] == '#') continue;
        Span span = {lock, (uint32_t)at, (uint32_t)end};
        size_t digits = 0;
        while (digits < line.len && strchr("0123456789abcdef", line.ptr[digits]) &&
               line.ptr[digits])
            digits++;
        if (digits != 64 || line.len < 67 || line.ptr[64] != ' ' || line.ptr[65] != ' ') {
            diag(g->diags, LOCK_LINE, span);
            return false;
        }
        Locked *locked = ARENA_NEW(g->arena, Locked);
        *locked = (Locked){.digest = str_from_to(line, 0, 64), .span = span};
        map_put(g->arena, lines, str_after(line, 66), NULL)->ptr = locked;
    }
    return true;
}

bool comp_lock_check(const CompGraph *g, const Source *lock) {
    Map lines = {0};
    bool ok = read_lines(g, lock, &lines);
    for (size_t i = 0; i < g->parts.len && ok; i++) {
        const Source *source = g->parts.at[i]->source;
        MapEntry *entry = map_get(&lines, source->path);
        Locked *locked = entry ? entry->ptr : NULL;
        if (!locked) {
            diag(g->diags, LOCK_MISSING, span_at(lock, 0), STR_ARG(source->path),
                 STR_ARG(lock->path));
            return false;
        }
        locked->seen = true;
        Str digest = comp_digest(g->arena, source);
        if (str_eq(digest, locked->digest)) continue;
        diag(g->diags, LOCK_DIFFERS, locked->span, STR_ARG(source->path), STR_ARG(digest),
             STR_ARG(locked->digest));
        diag_note(g->diags, LOCK_REMEDY, span_none());
        return false;
    }
    for (size_t i = 0; i < lines.len && ok; i++) {
        const Locked *locked = lines.entries[i].ptr;
        if (!locked->seen) diag(g->diags, LOCK_GONE, locked->span, STR_ARG(lines.entries[i].key));
    }
    return ok;
}
