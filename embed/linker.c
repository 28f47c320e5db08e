/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Linkers: a table of two names and an item, looked up when a module is instantiated. Names are
 * kept in memory of the engine's allocator, in an open table that doubles.
 */
#include <stdio.h>

#include "embed/internal.h"

typedef struct {
    char *name; /* both, one after the other; NULL: free */
    size_t module_len, name_len;
    witc_extern item;
} Entry;

struct witc_linker {
    witc_store *store;
    Entry *entries; /* a power of two of them */
    size_t count, cap;
};

witc_linker *witc_linker_new(witc_store *store) {
    witc_linker *linker = engine_new(store->engine, sizeof *linker);
    if (linker) linker->store = store;
    return linker;
}

void witc_linker_free(witc_linker *linker) {
    if (!linker) return;
    witc_engine *engine = linker->store->engine;
    for (size_t i = 0; i < linker->cap; i++) engine_release(engine, linker->entries[i].name);
    engine_release(engine, linker->entries);
    engine_release(engine, linker);
}

static Str module_of(const Entry *e) { return (Str){e->name, e->module_len}; }
static Str name_of(const Entry *e) { return (Str){e->name + e->module_len, e->name_len}; }

/* The entry of the names, or the free one where it would be; there is always a free one. */
static Entry *entry_of(const witc_linker *linker, Str module, Str name) {
    size_t at = (size_t)(str_hash(module) * 31 + str_hash(name));
    for (;; at++) {
        Entry *e = &linker->entries[at & (linker->cap - 1)];
        if (!e->name || (str_eq(module_of(e), module) && str_eq(name_of(e), name))) return e;
    }
}

static bool grow(witc_linker *linker) {
    witc_linker bigger = *linker;
    bigger.cap = linker->cap ? linker->cap * 2 : 16;
    bigger.entries = alloc_new(&linker->store->engine->memory, bigger.cap, sizeof *bigger.entries);
    if (!bigger.entries) return false;
    for (size_t i = 0; i < linker->cap; i++) {
        const Entry *e = &linker->entries[i];
        if (e->name) *entry_of(&bigger, module_of(e), name_of(e)) = *e;
    }
    engine_release(linker->store->engine, linker->entries);
    *linker = bigger;
    return true;
}

static witc_status define(witc_linker *linker, Str module, Str name, const witc_extern *item) {
    witc_store *store = linker->store;
    if ((linker->count + 1) * 2 > linker->cap && !grow(linker))
        return store_limited(store, TRAP_NO_MEMORY);
    Entry *e = entry_of(linker, module, name);
    if (!e->name) {
        char *text = engine_new(store->engine, module.len + name.len + 1);
        if (!text) return store_limited(store, TRAP_NO_MEMORY);
        if (module.len) memcpy(text, module.ptr, module.len);
        if (name.len) memcpy(text + module.len, name.ptr, name.len);
        *e = (Entry){.name = text, .module_len = module.len, .name_len = name.len};
        linker->count++;
    }
    e->item = *item;
    return WITC_DONE;
}

witc_status witc_linker_define(witc_linker *linker, const char *module, const char *name,
                               const witc_extern *item) {
    return define(linker, str_from(module), str_from(name), item);
}

witc_status witc_linker_define_instance(witc_linker *linker, const char *module,
                                        const witc_instance *instance) {
    const VmInstance *in = vm_instance_of(instance);
    const CoreModule *core = vm_instance_module(in);
    if (vm_instance_store(in) != linker->store->vm)
        return store_fail(linker->store, WITC_REFUSED, "the instance belongs to another store");
    for (size_t i = 0; i < core->exports.len; i++) {
        witc_extern item = witc_instance_export_at(instance, i);
        witc_status status = define(linker, str_from(module), core->exports.at[i].name, &item);
        if (status != WITC_DONE) return status;
    }
    return WITC_DONE;
}

bool witc_linker_find(const witc_linker *linker, witc_str module, witc_str name, witc_extern *out) {
    const Entry *e = linker->cap ? entry_of(linker, str_of(module), str_of(name)) : NULL;
    if (!e || !e->name) return false;
    *out = e->item;
    return true;
}

/* ---- host functions by a type in words ---- */

static const struct {
    const char *word;
    witc_valtype type;
} words[] = {
    {"i32", WITC_I32},
    {"i64", WITC_I64},
    {"f32", WITC_F32},
    {"f64", WITC_F64},
    {"v128", WITC_V128},
    {"funcref", WITC_FUNCREF},
    {"externref", WITC_EXTERNREF},
    {"anyref", WITC_ANYREF},
    {"eqref", WITC_EQREF},
    {"i31ref", WITC_I31REF},
    {"structref", WITC_STRUCTREF},
    {"arrayref", WITC_ARRAYREF},
    {"exnref", WITC_EXNREF},
    {"nullref", WITC_NULLREF},
    {"nullexternref", WITC_NULLEXTERNREF},
    {"nullfuncref", WITC_NULLFUNCREF},
    {"nullexnref", WITC_NULLEXNREF},
};

enum { MOST = 32 }; /* values of a type in words, either way */

typedef struct {
    witc_valtype params[MOST], results[MOST];
    witc_functype type;
} Words;

/* type ::= word* '->' word* | word* */
static bool read_type(Str text, Words *out) {
    *out = (Words){.type = {0}};
    bool after = false;
    for (size_t at = 0; at < text.len;) {
        size_t end = str_find(text, ' ', at);
        if (end == SIZE_MAX) end = text.len;
        Str word = str_from_to(text, at, end);
        at = end + 1;
        if (word.len == 0) continue;
        if (str_is(word, "->")) {
            if (after) return false;
            after = true;
            continue;
        }
        size_t i = 0, n = sizeof words / sizeof *words;
        while (i < n && !str_is(word, words[i].word)) i++;
        uint32_t *count = after ? &out->type.result_count : &out->type.param_count;
        if (i == n || *count == MOST) return false;
        (after ? out->results : out->params)[(*count)++] = words[i].type;
    }
    out->type.params = out->params;
    out->type.results = out->results;
    return true;
}

static witc_status define_func(witc_linker *linker, const char *module, const char *name,
                               const char *type, witc_host_fn fn, witc_raw_fn raw, void *context) {
    Words w;
    witc_store *store = linker->store;
    if (!read_type(str_from(type), &w))
        return store_fail(store, WITC_REFUSED, "`%s` is no type of a function in words", type);
    witc_func *func = raw ? witc_func_new_raw(store, &w.type, raw, context, NULL)
                          : witc_func_new(store, &w.type, fn, context, NULL);
    if (!func) return store->failure.status;
    witc_extern item = {WITC_KIND_FUNC, {.func = func}};
    return witc_linker_define(linker, module, name, &item);
}

witc_status witc_linker_define_func(witc_linker *linker, const char *module, const char *name,
                                    const char *type, witc_host_fn fn, void *context) {
    return define_func(linker, module, name, type, fn, NULL, context);
}

witc_status witc_linker_define_raw(witc_linker *linker, const char *module, const char *name,
                                   const char *type, witc_raw_fn fn, void *context) {
    return define_func(linker, module, name, type, NULL, fn, context);
}

/* ---- instantiation ---- */

witc_status link_failure(witc_store *store, const witc_module *module, uint32_t i, bool missing) {
    const CoreImport *import = &module->core->imports.at[i];
    witc_externtype type = extern_type(module->core, import->kind, import->index);
    char want[160];
    witc_externtype_text(&type, want, sizeof want);
    store_fail(store, WITC_UNLINKABLE, "%s: `%.*s` `%.*s` %s %s",
               missing ? "unknown import" : "incompatible import type", STR_ARG(import->module),
               STR_ARG(import->name), missing ? "is not there, a" : "should be a", want);
    store->failure.import = i;
    store->failure.missing = missing;
    return WITC_UNLINKABLE;
}

witc_status witc_linker_instantiate(witc_linker *linker, witc_module *module,
                                    witc_instance **instance) {
    witc_store *store = linker->store;
    size_t count = module->core->imports.len;
    *instance = NULL;
    witc_extern few[16], *items = few, *more = NULL;
    if (count > sizeof few / sizeof *few) {
        items = more = engine_new(store->engine, count * sizeof *items);
        if (!more) return store_limited(store, TRAP_NO_MEMORY);
    }
    for (size_t i = 0; i < count; i++) {
        const CoreImport *import = &module->core->imports.at[i];
        bool found = witc_linker_find(linker, witc_str_of(import->module),
                                      witc_str_of(import->name), &items[i]);
        if (!found) items[i] = (witc_extern){WITC_KIND_FUNC, {NULL}};
    }
    witc_status status = witc_instantiate(store, module, items, count, instance);
    engine_release(store->engine, more);
    return status;
}
