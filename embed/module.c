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

typedef struct {
    const Diag *diag;
    bool is_note;
} Entry;

struct witc_error {
    Arena *arena;
    VEC(Entry) entries;
    Str text;
};

static witc_error *error_of(Arena *arena, const Diags *diags) {
    witc_error *error = ARENA_NEW(arena, witc_error);
    error->arena = arena;
    for (size_t i = 0; i < diags->list.len; i++) {
        const Diag *d = &diags->list.at[i];
        *vec_push(arena, &error->entries) = (Entry){d, false};
        for (size_t n = 0; n < d->notes.len; n++)
            *vec_push(arena, &error->entries) = (Entry){&d->notes.at[n], true};
    }
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (to) {
        diag_print(to, diags, false);
        fclose(to);
        error->text = str_copy(arena, (Str){text, size});
        free(text);
    }
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
                           .end = d->span.end};
    out.severity = entry->is_note || d->severity == DIAG_NOTE ? WITC_SEVERITY_NOTE
                   : d->severity == DIAG_WARNING              ? WITC_SEVERITY_WARNING
                                                              : WITC_SEVERITY_ERROR;
    if (d->span.source && !d->span.source->binary) {
        LineColumn at = line_column(d->span.source, d->span.start);
        out.line = at.line, out.column = at.column;
    }
    return out;
}

witc_str witc_error_text(const witc_error *error) { return witc_str_of(error->text); }

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

static witc_module *module_new(witc_engine *engine, Str bytes, bool is_view, const char *name,
                               witc_validation when, witc_error **error) {
    if (error) *error = NULL;
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    Str path = str_copy(arena, str_from(name ? name : "<module>"));
    if (!is_view) bytes = str_copy(arena, bytes);
    const CoreModule *core = read_module(arena, path, bytes, engine->features, &diags);
    const CoreChecker *checker = NULL;
    if (!core || !check_module(arena, core, engine, when, &checker, &diags)) {
        if (error) *error = error_of(arena, &diags);
        else arena_free(arena);
        return NULL;
    }
    witc_module *module = ARENA_NEW(arena, witc_module);
    atomic_init(&module->references, 1);
    module->engine = engine;
    module->arena = arena;
    module->core = core;
    module->checker = checker;
    module->name = path;
    engine_keep(engine);
    return module;
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
                              .page_log2 = limits->page_log2};
}

CoreLimits core_limits_of(const witc_limits_type *limits) {
    return (CoreLimits){.min = limits->min,
                        .max = limits->max,
                        .has_max = limits->has_max,
                        .is_64 = limits->is_64,
                        .shared = limits->shared,
                        .page_log2 = limits->page_log2};
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
