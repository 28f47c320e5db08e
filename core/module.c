/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Looking things up in a module, and the builders that keep its index spaces in order. */
#include "core/internal.h"

CoreModule *core_module_new(Arena *arena) { return ARENA_NEW(arena, CoreModule); }

/* ---- lookups ---- */

const CoreType *core_type(const CoreModule *m, uint32_t i) {
    return i < m->types.len ? &m->types.at[i] : NULL;
}

const CoreType *core_func_type_at(const CoreModule *m, uint32_t i) {
    const CoreType *t = core_type(m, i);
    return t && t->kind == CORE_TYPE_FUNC ? t : NULL;
}

const CoreType *core_func_type(const CoreModule *m, uint32_t i) {
    return i < m->funcs.len ? core_func_type_at(m, m->funcs.at[i].type) : NULL;
}

const CoreType *core_tag_type(const CoreModule *m, uint32_t i) {
    return i < m->tags.len ? core_func_type_at(m, m->tags.at[i].type) : NULL;
}

uint32_t core_count(const CoreModule *m, CoreExtern kind) {
    switch (kind) {
    case CORE_FUNC: return (uint32_t)m->funcs.len;
    case CORE_TABLE: return (uint32_t)m->tables.len;
    case CORE_MEMORY: return (uint32_t)m->memories.len;
    case CORE_GLOBAL: return (uint32_t)m->globals.len;
    case CORE_TAG: return (uint32_t)m->tags.len;
    }
    return 0;
}

const CoreExport *core_export_find(const CoreModule *m, Str name) {
    for (size_t i = 0; i < m->exports.len; i++)
        if (str_eq(m->exports.at[i].name, name)) return &m->exports.at[i];
    return NULL;
}

const CoreImport *core_import_of(const CoreModule *m, CoreExtern kind, uint32_t index) {
    if (index >= m->imported[kind]) return NULL;
    uint32_t import = CORE_NONE;
    switch (kind) {
    case CORE_FUNC: import = m->funcs.at[index].import; break;
    case CORE_TABLE: import = m->tables.at[index].import; break;
    case CORE_MEMORY: import = m->memories.at[index].import; break;
    case CORE_GLOBAL: import = m->globals.at[index].import; break;
    case CORE_TAG: import = m->tags.at[index].import; break;
    }
    return import < m->imports.len ? &m->imports.at[import] : NULL;
}

const CoreCustom *core_custom_find(const CoreModule *m, Str name) {
    for (size_t i = 0; i < m->customs.len; i++)
        if (str_eq(m->customs.at[i].name, name)) return &m->customs.at[i];
    return NULL;
}

const char *core_extern_name(CoreExtern kind) {
    static const char *const names[] = {"func", "table", "memory", "global", "tag"};
    return names[kind];
}

Reader core_expr_reader(const CoreModule *m, const CoreExpr *expr, Diags *diags) {
    const uint8_t *ptr = (const uint8_t *)(expr->bytes.ptr ? expr->bytes.ptr : "");
    return (Reader){.ptr = ptr,
                    .end = ptr + expr->bytes.len,
                    .start = ptr,
                    .start_offset = expr->offset,
                    .source = m->source,
                    .diags = diags};
}

Span core_expr_span(const CoreModule *m, const CoreExpr *expr, size_t at) {
    uint32_t offset = expr->offset + (uint32_t)at;
    if (expr->places) {
        offset = expr->offset;
        size_t low = 0, high = expr->place_count; /* the last place at or before `at` */
        while (low < high) {
            size_t mid = low + (high - low) / 2;
            if (expr->places[mid].at <= at) low = mid + 1, offset = expr->places[mid].offset;
            else high = mid;
        }
    }
    return m->source ? (Span){m->source, offset, offset} : span_none();
}

CoreExpr core_data_start(const CoreData *d) {
    if (d->start_at == CORE_START_APART) return *(const CoreExpr *)d->start;
    return (CoreExpr){.bytes = {d->start, d->start_size}, .offset = d->offset + d->start_at};
}

void core_data_set_start(Arena *arena, CoreData *d, const CoreExpr *start) {
    uint32_t at = start->offset - d->offset;
    if (start->places || at >= CORE_START_APART || start->bytes.len > UINT16_MAX) {
        d->start = arena_copy(arena, start, sizeof *start);
        d->start_at = CORE_START_APART;
        return;
    }
    d->start = start->bytes.ptr;
    d->start_size = (uint16_t)start->bytes.len;
    d->start_at = (uint8_t)at;
}

uint64_t core_local_count(const CoreModule *m, const CoreFunc *f) {
    const CoreType *t = core_func_type_at(m, f->type);
    uint64_t n = t ? t->param_count : 0;
    for (uint32_t i = 0; i < f->local_runs; i++) n += f->locals[i].count;
    return n;
}

CoreValType core_local_type(const CoreModule *m, const CoreFunc *f, uint32_t local) {
    const CoreType *t = core_func_type_at(m, f->type);
    if (t && local < t->param_count) return t->params[local];
    uint64_t left = t ? local - t->param_count : local;
    for (uint32_t i = 0; i < f->local_runs; i++) {
        if (left < f->locals[i].count) return f->locals[i].type;
        left -= f->locals[i].count;
    }
    return CORE_BOTTOM;
}

/* ---- builders ---- */

CoreImport *core_import_add(Arena *arena, CoreModule *m, CoreExtern kind, Str module, Str name) {
    uint32_t id = (uint32_t)m->imports.len;
    CoreImport *import = vec_push(arena, &m->imports);
    *import = (CoreImport){.module = module, .name = name, .kind = kind};
    import->index = m->imported[kind]++;
    switch (kind) {
    case CORE_FUNC: vec_push(arena, &m->funcs)->import = id; break;
    case CORE_TABLE: vec_push(arena, &m->tables)->import = id; break;
    case CORE_MEMORY: vec_push(arena, &m->memories)->import = id; break;
    case CORE_GLOBAL: vec_push(arena, &m->globals)->import = id; break;
    case CORE_TAG: vec_push(arena, &m->tags)->import = id; break;
    }
    if (kind == CORE_MEMORY) vec_last(&m->memories).limits.page_log2 = 16;
    return import;
}

CoreFunc *core_func_add(Arena *arena, CoreModule *m, uint32_t type) {
    CoreFunc *f = vec_push(arena, &m->funcs);
    f->import = CORE_NONE;
    f->type = type;
    return f;
}

uint32_t core_group_add(Arena *arena, CoreModule *m, uint32_t count, bool written) {
    uint32_t first = (uint32_t)m->types.len, group = (uint32_t)m->groups.len;
    if (first == 0) { /* often the only one */
        vec_reserve(arena, &m->groups, 1);
        vec_reserve(arena, &m->types, count);
    }
    *vec_push(arena, &m->groups) = (CoreGroup){first, count, written};
    for (uint32_t i = 0; i < count; i++)
        *vec_push(arena, &m->types) = (CoreType){.final = true,
                                                 .super = CORE_NONE,
                                                 .descriptor = CORE_NONE,
                                                 .describes = CORE_NONE,
                                                 .group = group};
    return first;
}

static bool same_types(const CoreValType *a, uint32_t a_count, const CoreValType *b,
                       uint32_t b_count) {
    if (a_count != b_count) return false;
    for (uint32_t i = 0; i < a_count; i++)
        if (a[i] != b[i]) return false;
    return true;
}

uint32_t core_func_type_add(Arena *arena, CoreModule *m, const CoreValType *params,
                            uint32_t param_count, const CoreValType *results,
                            uint32_t result_count) {
    for (size_t i = 0; i < m->types.len; i++) {
        const CoreType *t = &m->types.at[i];
        if (t->kind == CORE_TYPE_FUNC && m->groups.at[t->group].count == 1 && t->final &&
            t->super == CORE_NONE && !t->shared &&
            same_types(t->params, t->param_count, params, param_count) &&
            same_types(t->results, t->result_count, results, result_count))
            return (uint32_t)i;
    }
    uint32_t index = core_group_add(arena, m, 1, false);
    CoreType *t = &m->types.at[index];
    t->params = arena_copy(arena, params, param_count * sizeof *params);
    t->param_count = param_count;
    t->results = arena_copy(arena, results, result_count * sizeof *results);
    t->result_count = result_count;
    return index;
}

void core_custom_add(Arena *arena, CoreModule *m, Str name, Str bytes, uint8_t after) {
    *vec_push(arena, &m->customs) = (CoreCustom){.name = name, .bytes = bytes, .after = after};
}
