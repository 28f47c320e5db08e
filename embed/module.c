/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Modules: bytes or text to something that is valid, and what it imports and exports.
 *
 * A module is its arena: the bytes, what was decoded of them, and the struct itself are const once it
 * is made, so that OS threads share it without a lock; only the counter of references changes. What
 * a store adds (prepared code) belongs to the store.
 *
 * Text is run as it was parsed, not as bytes made of it, so that faults and backtraces have places
 * in the text.
 */
#include <stdlib.h>

#include "base/file.h"
#include "embed/internal.h"
#include "wat/wat.h"

/* ---- errors ---- */

/* The input need not be there any more when somebody looks. */
typedef struct {
    const Diag *diag;
    LineColumn at; /* in text; else zeroes */
    bool is_note;
} Entry;

struct witc_error {
    Arena *arena;
    VEC(Entry) entries;
    Str text;
};

typedef struct {
    Arena *arena;
    const Diags *diags;
    FILE *to;
    char *text;
    size_t size;
    Str copy;
} Printing;

static void print(void *context) {
    Printing *p = context;
    diag_print(p->to, p->diags, false);
    if (fflush(p->to) == 0) p->copy = str_copy(p->arena, (Str){p->text, p->size});
}

/* The text of the diagnostics. The file is closed also where there is no memory. */
static Str text_of(Arena *arena, const Diags *diags) {
    Printing p = {.arena = arena, .diags = diags};
    p.to = open_memstream(&p.text, &p.size);
    bool good = p.to && arena_try(arena_allocator(arena), print, &p);
    if (p.to) fclose(p.to);
    free(p.text);
    if (!good) arena_no_memory();
    return p.copy;
}

static void add_entry(witc_error *error, const Diag *d, bool is_note) {
    const Source *source = d->span.source;
    Entry entry = {.diag = d, .is_note = is_note};
    if (source && !source->binary) entry.at = line_column(source, d->span.start);
    *vec_push(error->arena, &error->entries) = entry;
}

witc_error *error_of(Arena *arena, const Diags *diags) {
    witc_error *error = ARENA_NEW(arena, witc_error);
    error->arena = arena;
    for (size_t i = 0; i < diags->list.len; i++) {
        const Diag *d = &diags->list.at[i];
        add_entry(error, d, false);
        for (size_t n = 0; n < d->notes.len; n++) add_entry(error, &d->notes.at[n], true);
    }
    error->text = text_of(arena, diags);
    return error;
}

size_t witc_error_count(const witc_error *error) { return error ? error->entries.len : 0; }

witc_diagnostic witc_error_at(const witc_error *error, size_t i) {
    const Entry *entry = &error->entries.at[i];
    const Diag *d = entry->diag;
    witc_diagnostic out = {.code = witc_str_of(str_from(diag_name(d->code))),
                           .message = witc_str_of(d->message),
                           .has_place = d->span.source != NULL,
                           .offset = d->span.start,
                           .end = d->span.end,
                           .line = entry->at.line,
                           .column = entry->at.column};
    out.severity = entry->is_note || d->severity == DIAG_NOTE ? WITC_SEVERITY_NOTE
                   : d->severity == DIAG_WARNING              ? WITC_SEVERITY_WARNING
                                                              : WITC_SEVERITY_ERROR;
    return out;
}

witc_str witc_error_text(const witc_error *error) {
    return error ? witc_str_of(error->text) : (witc_str){"", 0};
}

void witc_error_free(witc_error *error) {
    if (error) arena_free(error->arena);
}

/* ---- making a module ---- */

static bool is_text(Str bytes) { return !str_starts(bytes, STR("\0asm")); }

static const CoreModule *read_module(Arena *arena, Str name, Str bytes, Features features,
                                     Diags *diags) {
    const Source *source = source_of(arena, name, bytes);
    if (is_text(bytes)) {
        WatUnit unit = {0};
        if (!wat_parse(arena, source, features, &unit, diags)) return NULL;
        if (!unit.module) diag(diags, RUN_NO_MODULE, span_at(source, 0));
        return unit.module;
    }
    Reader r = reader_of(source, diags);
    return core_decode(arena, &r, features);
}

/* Whether the module is valid; *lazy remains where its bodies are left for later. */
static bool check_module(Arena *arena, const CoreModule *core, const witc_engine *engine,
                         witc_validation when, const CoreChecker **lazy, Diags *diags) {
    enum { LARGE = 32 << 20 };
    uint32_t code = core->section_size[CORE_SECTION_CODE];
    CoreChecker *checker = core_checker_new(arena, core, engine->features, diags);
    if (!core_check_module(checker)) return false;
    *lazy = when == WITC_VALIDATE_LAZILY || (when == WITC_VALIDATE_BY_SIZE && code > LARGE)
                ? checker
                : NULL;
    return *lazy || core_check_bodies(&checker, 1, engine->jobs);
}

enum { LARGEST_INPUT = 0x7fffffff }; /* offsets have 32 bits */

/* A module in the making. */
typedef struct {
    witc_engine *engine;
    Str bytes;
    bool is_view, wants_error;
    const char *name;
    witc_validation when;
    witc_module *module; /* either this ... */
    witc_error *error;   /* ... or, where it is wanted, this */
} Making;

static void make_module(void *context) {
    Making *m = context;
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    Str path = str_copy(arena, str_from(m->name ? m->name : "<module>"));
    bool copies = !m->is_view && m->bytes.len <= LARGEST_INPUT;
    Str bytes = copies ? str_copy(arena, m->bytes) : m->bytes;
    const CoreModule *core = NULL;
    if (bytes.len > LARGEST_INPUT) diag(&diags, FILE_LARGE, span_none(), STR_ARG(path));
    else core = read_module(arena, path, bytes, m->engine->features, &diags);
    const CoreChecker *checker = NULL;
    if (!core || !check_module(arena, core, m->engine, m->when, &checker, &diags)) {
        if (m->wants_error) m->error = error_of(arena, &diags);
        else arena_free(arena);
        return;
    }
    witc_module *module = ARENA_NEW(arena, witc_module);
    atomic_init(&module->references, 1);
    module->engine = m->engine;
    module->arena = arena;
    module->core = core;
    module->checker = checker;
    module->name = path;
    m->module = module;
}

static witc_module *module_new(witc_engine *engine, Str bytes, bool is_view, const char *name,
                               witc_validation when, witc_error **error) {
    Making m = {engine, bytes, is_view, error != NULL, name, when, NULL, NULL};
    arena_try(&engine->memory, make_module, &m);
    if (error) *error = m.error;
    if (m.module) engine_keep(engine);
    return m.module;
}

static Str bytes_of(const void *bytes, size_t size) { return (Str){bytes, size}; }

witc_module *witc_module_new(witc_engine *engine, const void *bytes, size_t size, const char *name,
                             witc_error **error) {
    return module_new(engine, bytes_of(bytes, size), false, name, engine->validation, error);
}

witc_module *witc_module_new_view(witc_engine *engine, const void *bytes, size_t size,
                                  const char *name, witc_error **error) {
    return module_new(engine, bytes_of(bytes, size), true, name, engine->validation, error);
}

bool witc_validate(witc_engine *engine, const void *bytes, size_t size, witc_error **error) {
    witc_module *module =
        module_new(engine, bytes_of(bytes, size), true, NULL, WITC_VALIDATE_EAGERLY, error);
    witc_module_free(module);
    return module != NULL;
}

witc_module *witc_module_keep(witc_module *module) {
    atomic_fetch_add_explicit(&module->references, 1, memory_order_relaxed);
    return module;
}

void witc_module_usage(const witc_module *module, witc_module_cost *cost) {
    const CoreModule *core = module->core;
    witc_module_cost all = {.bytes = arena_held(module->arena),
                            .input_bytes = core->source->text.len,
                            .functions = core->funcs.len - core->imported[CORE_FUNC]};
    for (size_t i = core->imported[CORE_FUNC]; i < core->funcs.len; i++)
        all.code_bytes += core->funcs.at[i].body.bytes.len;
    usage_give(cost, &all, sizeof all);
}

void witc_module_free(witc_module *module) {
    if (!module) return;
    if (atomic_fetch_sub_explicit(&module->references, 1, memory_order_acq_rel) != 1) return;
    witc_engine *engine = module->engine;
    arena_free(module->arena);
    witc_engine_free(engine);
}

/* ---- what it imports and exports ---- */

witc_limits_type limits_of(const CoreLimits *limits) {
    return (witc_limits_type){.min = limits->min,
                              .max = limits->max,
                              .has_max = limits->has_max,
                              .is_64 = limits->is_64,
                              .shared = limits->shared,
                              .page_size = (uint32_t)1 << limits->page_log2};
}

CoreLimits core_limits_of(const witc_limits_type *limits) {
    return (CoreLimits){.min = limits->min,
                        .max = limits->max,
                        .has_max = limits->has_max,
                        .is_64 = limits->is_64,
                        .shared = limits->shared,
                        .has_page = limits->page_size == 1,
                        .page_log2 = limits->page_size == 1 ? 0 : 16};
}

static witc_functype functype_of(const CoreType *type) {
    return (witc_functype){type->params, type->results, type->param_count, type->result_count};
}

witc_externtype extern_type(const CoreModule *core, CoreExtern kind, uint32_t i) {
    witc_externtype out = {.kind = (witc_kind)kind};
    switch (kind) {
    case CORE_FUNC: out.func = functype_of(core_func_type(core, i)); break;
    case CORE_TABLE:
        out.value = core->tables.at[i].type;
        out.limits = limits_of(&core->tables.at[i].limits);
        break;
    case CORE_MEMORY: out.limits = limits_of(&core->memories.at[i].limits); break;
    case CORE_GLOBAL:
        out.value = core->globals.at[i].type;
        out.is_mutable = core->globals.at[i].mutable;
        break;
    case CORE_TAG: out.func = functype_of(core_tag_type(core, i)); break;
    }
    return out;
}

size_t witc_module_import_count(const witc_module *module) { return module->core->imports.len; }

witc_import_type witc_module_import(const witc_module *module, size_t i) {
    const CoreImport *import = &module->core->imports.at[i];
    return (witc_import_type){witc_str_of(import->module), witc_str_of(import->name),
                              extern_type(module->core, import->kind, import->index)};
}

size_t witc_module_export_count(const witc_module *module) { return module->core->exports.len; }

witc_export_type witc_module_export(const witc_module *module, size_t i) {
    const CoreExport *export = &module->core->exports.at[i];
    return (witc_export_type){witc_str_of(export->name),
                              extern_type(module->core, export->kind, export->index)};
}

size_t witc_module_find_export(const witc_module *module, witc_str name) {
    const CoreExport *export = core_export_find(module->core, str_of(name));
    return export ? (size_t)(export - module->core->exports.at) : SIZE_MAX;
}

witc_str witc_module_name(const witc_module *module) {
    const CoreNames *names = &module->core->names;
    return witc_str_of(names->has_module ? names->module : module->name);
}

witc_str witc_module_custom(const witc_module *module, witc_str name) {
    const CoreCustom *custom = core_custom_find(module->core, str_of(name));
    return custom ? witc_str_of(custom->bytes) : (witc_str){NULL, 0};
}
