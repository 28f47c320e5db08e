/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Libraries that share one memory and one table become one component (SharedEverythingDynamicLinking.md
 * of the component model):
 *
 *     env          the main module: memory, table, a library's bases, what GOT entries are kept in, and
 *                  functions that call by the table what is exported only later (link_env.c)
 *     libraries    each after those that it needs, as far as that has no cycle
 *     init         fills the table and the GOT, calls relocations, then constructors (link_env.c)
 *
 * Here the plan is made: who provides which symbol (the first library given that has it, with the
 * same type), which libraries are used at all, their order and their place in memory:
 *
 *     0 .. stack | tables for dlopen | thread-local bookkeeping | data of the libraries | heap
 */
#include <stdlib.h>

#include "base/file.h"
#include "component/link_libraries.h"

enum { MAX_LIBRARIES = 500, MAX_TABLE = 10000000, PAGE = 65536 };

bool comp_symbol_special(Str name) {
    static const char *const names[] = {"__wasm_apply_data_relocs", "__wasm_call_ctors",
                                        "_initialize", "_start", "__wasm_library_tls_info"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i])) return true;
    return false;
}

/* ---- symbols ---- */

static bool put_val(Buf *key, CoreValType t) {
    buf_u32(key, t);
    return !core_is_ref(t) || !core_is_concrete(t);
}

static Str func_key(Arena *arena, char kind, const CoreType *t, Str name) {
    Buf key = {.arena = arena};
    bool ok = true;
    buf_byte(&key, (uint8_t)kind);
    buf_u32(&key, t->param_count);
    for (uint32_t i = 0; i < t->param_count; i++) ok &= put_val(&key, t->params[i]);
    buf_u32(&key, t->result_count);
    for (uint32_t i = 0; i < t->result_count; i++) ok &= put_val(&key, t->results[i]);
    buf_str(&key, name);
    return ok ? buf_text(&key) : (Str){0};
}

static Str address_key(Arena *arena, Str name) { return str_concat(arena, STR("g"), name); }

Str comp_symbol_key(Arena *arena, const CoreModule *m, CoreExtern kind, uint32_t index, Str name) {
    if (kind == CORE_FUNC) return func_key(arena, 'f', core_func_type(m, index), name);
    if (kind == CORE_TAG) return func_key(arena, 't', core_tag_type(m, index), name);
    if (kind != CORE_GLOBAL) return (Str){0};
    const CoreGlobal *g = &m->globals.at[index];
    return g->type == CORE_I32 && !g->mutable ? address_key(arena, name) : (Str){0};
}

static void put_first(LinkPlan *p, Map *map, Str key, uint64_t value) {
    bool added;
    MapEntry *e = map_put(p->arena, map, key, &added);
    if (added) e->value = value;
}

static bool index_exports(LinkPlan *p, size_t number) {
    const LinkLibrary *lib = &p->libraries.at[number];
    for (size_t i = 0; i < lib->core->exports.len; i++) {
        const CoreExport *e = &lib->core->exports.at[i];
        if (comp_symbol_special(e->name)) continue;
        if (e->kind == CORE_MEMORY || e->kind == CORE_TABLE) {
            diag(p->diags, LINK_LIBRARY_EXPORT, span_at(lib->source, e->offset), STR_ARG(e->name),
                 core_extern_name(e->kind));
            return false;
        }
        Str key = comp_symbol_key(p->arena, lib->core, e->kind, e->index, e->name);
        if (key.len) put_first(p, &p->by_symbol, key, number);
        if (e->kind == CORE_FUNC) put_first(p, &p->by_func, e->name, number);
    }
    return true;
}

/* ---- what imports are given ---- */

static bool is_one_of(Str name, const char *const *names) {
    for (size_t i = 0; names[i]; i++)
        if (str_is(name, names[i])) return true;
    return false;
}

static const char *const env_globals[] = {"__stack_pointer", "__init_stack_pointer",
                                          "__asyncify_state", "__asyncify_data", NULL};
static const char *const base_globals[] = {"__memory_base", "__table_base", NULL};
static const char *const got_globals[] = {"__heap_base",
                                          "__heap_end",
                                          "__stack_high",
                                          "__stack_low",
                                          "__wasm_libdl_libraries",
                                          "__wasm_program_tls_info",
                                          NULL};
static const char *const tls_funcs[] = {"__wasm_get_tls_base", "__wasm_set_tls_base", NULL};
static const char *const stack_funcs[] = {"__wasm_get_stack_pointer", "__wasm_set_stack_pointer",
                                          NULL};

static bool bad_import(LinkPlan *p, const LinkLibrary *lib, const CoreImport *import,
                       const char *as) {
    diag(p->diags, LINK_LIBRARY_IMPORT, span_at(lib->source, import->offset),
         STR_ARG(import->module), STR_ARG(import->name), as);
    return false;
}

static void use(LinkLibrary *lib, size_t provider, bool first) {
    lib->uses[provider] = true;
    if (first) lib->before[provider] = true;
}

static Str own_name(LinkPlan *p, const LinkLibrary *lib, const char *what, Str name) {
    return str_fmt(p->arena, "%.*s:%s%.*s", STR_ARG(lib->name), what, STR_ARG(name));
}

/* Which library an import means, before it is known which ones are kept. */
static void note_provider(LinkPlan *p, LinkLibrary *lib, const CoreImport *import) {
    Str key = comp_symbol_key(p->arena, lib->core, import->kind, import->index, import->name);
    const MapEntry *e = NULL;
    bool is_env = str_is(import->module, "env");
    bool is_mem = str_is(import->module, "GOT.mem"), is_func = str_is(import->module, "GOT.func");
    if (is_env && (import->kind == CORE_FUNC || import->kind == CORE_TAG))
        e = key.len ? map_get(&p->by_symbol, key) : NULL;
    else if (is_mem) e = map_get(&p->by_symbol, address_key(p->arena, import->name));
    else if (is_func) e = map_get(&p->by_func, import->name);
    if (e) use(lib, e->value, is_env);
    if (str_is(import->module, "$root") && str_is(import->name, "[thread-new-indirect-v0]"))
        p->has_threads = true;
}

static LinkSlot *slot_of(LinkPlan *p, size_t library, Str name, const CoreType *type) {
    bool added;
    MapEntry *e = map_put(p->arena, &p->slot_by_key, func_key(p->arena, 'f', type, name), &added);
    if (added) {
        e->value = p->slots.len;
        Str env_name = str_fmt(p->arena, "call%zu:%.*s", p->slots.len, STR_ARG(name));
        *vec_push(p->arena, &p->slots) =
            (LinkSlot){.library = library, .name = name, .env_name = env_name, .type = type};
    }
    return &p->slots.at[e->value];
}

static bool is_weak(LinkPlan *p, const LinkLibrary *lib, Str name) {
    return map_get(&lib->weak, comp_import_key(p->arena, STR("env"), name)) != NULL;
}

static bool unresolved(LinkPlan *p, const LinkLibrary *lib, const CoreImport *import,
                       const char *what, bool can_stub) {
    diag(p->diags, LINK_UNRESOLVED, span_at(lib->source, import->offset), STR_ARG(lib->name), what,
         STR_ARG(import->name));
    const MapEntry *other = map_get(&p->by_func, import->name);
    if (other && can_stub)
        diag_note(p->diags, LINK_UNRESOLVED_TYPE, span_none(),
                  STR_ARG(p->libraries.at[other->value].name));
    else if (can_stub) diag_note(p->diags, LINK_UNRESOLVED_REMEDY, span_none());
    return false;
}

static bool resolve_func(LinkPlan *p, LinkLibrary *lib, const CoreImport *import, LinkSymbol *s) {
    const CoreType *type = core_func_type(lib->core, import->index);
    Str key = func_key(p->arena, 'f', type, import->name);
    if (!key.len) return bad_import(p, lib, import, "a function whose type is its module's own");
    const MapEntry *e = map_get(&p->by_symbol, key);
    if (!e && !p->options->stub_missing && !is_weak(p, lib, import->name))
        return unresolved(p, lib, import, "function", true);
    if (e && p->libraries.at[e->value].rank < lib->rank) {
        *s = (LinkSymbol){SYMBOL_LIBRARY, e->value, import->name};
        return true;
    }
    LinkSlot *slot = slot_of(p, e ? e->value : COMP_NONE, import->name, type);
    slot->is_called = true;
    *s = (LinkSymbol){SYMBOL_ENV, 0, slot->env_name};
    return true;
}

static bool resolve_tag(LinkPlan *p, LinkLibrary *lib, const CoreImport *import, LinkSymbol *s) {
    Str key = comp_symbol_key(p->arena, lib->core, CORE_TAG, import->index, import->name);
    const MapEntry *e = key.len ? map_get(&p->by_symbol, key) : NULL;
    if (!e) return unresolved(p, lib, import, "tag", false);
    const LinkLibrary *provider = &p->libraries.at[e->value];
    if (provider->rank >= lib->rank) {
        diag(p->diags, LINK_LIBRARY_TAG, span_at(lib->source, import->offset),
             STR_ARG(provider->name));
        return false;
    }
    *s = (LinkSymbol){SYMBOL_LIBRARY, e->value, import->name};
    return true;
}

static bool resolve_env(LinkPlan *p, LinkLibrary *lib, const CoreImport *import, LinkSymbol *s) {
    Str name = import->name;
    *s = (LinkSymbol){SYMBOL_ENV, 0, name};
    switch (import->kind) {
    case CORE_MEMORY: return str_is(name, "memory") || bad_import(p, lib, import, "a memory");
    case CORE_TABLE:
        return str_is(name, "__indirect_function_table") || bad_import(p, lib, import, "a table");
    case CORE_TAG: return resolve_tag(p, lib, import, s);
    case CORE_GLOBAL:
        if (lib->core->globals.at[import->index].type != CORE_I32)
            return bad_import(p, lib, import, "a global that is no i32");
        if (is_one_of(name, base_globals)) s->name = own_name(p, lib, "", name);
        else if (!is_one_of(name, env_globals)) return bad_import(p, lib, import, "a global");
        return true;
    case CORE_FUNC: break;
    }
    if (is_one_of(name, stack_funcs)) s->from = SYMBOL_WORLD;
    else if (is_one_of(name, tls_funcs)) s->name = own_name(p, lib, "", name);
    else return resolve_func(p, lib, import, s);
    return true;
}

/* GOT.mem: the address of data, GOT.func: the place of a function in the table. */
static bool resolve_got(LinkPlan *p, LinkLibrary *lib, const CoreImport *import, bool is_func,
                        LinkSymbol *s) {
    static const CoreType plain = {.kind = CORE_TYPE_FUNC};
    Str name = import->name;
    if (import->kind != CORE_GLOBAL || lib->core->globals.at[import->index].type != CORE_I32)
        return bad_import(p, lib, import, "something else than an i32 global");
    *s = (LinkSymbol){SYMBOL_ENV, 0, name};
    if (!is_func && is_one_of(name, got_globals)) return true;
    s->name = own_name(p, lib, is_func ? "GOT.func:" : "GOT.mem:", name);
    put_first(p, &p->globals, s->name, 0);
    const MapEntry *e = map_get(is_func ? &p->by_func : &p->by_symbol,
                                is_func ? name : address_key(p->arena, name));
    if (!is_func) {
        if (!e) return unresolved(p, lib, import, "data", false);
        *vec_push(p->arena, &p->addresses) =
            (LinkAddress){.library = e->value, .symbol = name, .global = s->name};
        return true;
    }
    const CoreType *type = &plain;
    if (e) {
        const CoreModule *m = p->libraries.at[e->value].core;
        type = core_func_type(m, core_export_find(m, name)->index);
        if (!func_key(p->arena, 'f', type, name).len)
            return bad_import(p, lib, import, "a function whose type is its module's own");
    } else {
        for (size_t i = 0; i < lib->core->imports.len; i++) {
            const CoreImport *other = &lib->core->imports.at[i];
            if (other->kind == CORE_FUNC && str_is(other->module, "env") &&
                str_eq(other->name, name))
                type = core_func_type(lib->core, other->index);
        }
        if (is_weak(p, lib, name)) return true; /* absent: a null pointer */
        if (!p->options->stub_missing) return unresolved(p, lib, import, "function", true);
    }
    LinkSlot *slot = slot_of(p, e ? e->value : COMP_NONE, name, type);
    slot->is_taken = true;
    map_get(&p->globals, s->name)->value = (uint64_t)(slot - p->slots.at) + 1;
    return true;
}

static bool resolve(LinkPlan *p, LinkLibrary *lib) {
    bool ok = true;
    for (size_t i = 0; i < lib->core->imports.len && p->diags->errors < 100; i++) {
        const CoreImport *import = &lib->core->imports.at[i];
        LinkSymbol *s = &lib->symbols[i];
        if (str_is(import->module, "env")) ok &= resolve_env(p, lib, import, s);
        else if (str_is(import->module, "GOT.mem")) ok &= resolve_got(p, lib, import, false, s);
        else if (str_is(import->module, "GOT.func")) ok &= resolve_got(p, lib, import, true, s);
    }
    if (core_export_find(lib->core, STR("__wasm_call_ctors")) &&
        core_export_find(lib->core, STR("_initialize"))) {
        diag(p->diags, LINK_LIBRARY_INIT, span_at(lib->source, 0), STR_ARG(lib->name));
        return false;
    }
    return ok;
}

/* ---- which libraries, and their order ---- */

static bool note_needed(LinkPlan *p, LinkLibrary *lib) {
    bool ok = true;
    for (size_t i = 0; i < lib->needed.len; i++) {
        const MapEntry *e = map_get(&p->by_name, lib->needed.at[i]);
        if (e) use(lib, e->value, true);
        else
            diag(p->diags, LINK_LIBRARY_MISSING, span_at(lib->given, 0), STR_ARG(lib->name),
                 STR_ARG(lib->needed.at[i]));
        ok &= e != NULL;
    }
    return ok;
}

static void close_over(LinkPlan *p) {
    size_t n = p->libraries.len;
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < n; i++) {
            LinkLibrary *a = &p->libraries.at[i], *b = &p->libraries.at[k];
            for (size_t j = 0; a->uses[k] && j < n; j++) a->uses[j] |= b->uses[j];
            for (size_t j = 0; a->before[k] && j < n; j++) a->before[j] |= b->before[j];
        }
    }
}

static bool keep(LinkPlan *p) {
    const LinkLibrary *start = NULL;
    bool any = false;
    for (size_t i = 0; i < p->libraries.len; i++) {
        LinkLibrary *lib = &p->libraries.at[i];
        bool has_start = core_export_find(lib->core, STR("_start")) != NULL;
        if (!lib->has_exports && !lib->dl_openable && !has_start) continue;
        any = lib->is_kept = true;
        for (size_t k = 0; k < p->libraries.len; k++)
            if (lib->uses[k]) p->libraries.at[k].is_kept = true;
        if (has_start && start) {
            diag(p->diags, LINK_LIBRARY_START, span_at(lib->given, 0), STR_ARG(start->name),
                 STR_ARG(lib->name));
            return false;
        }
        if (has_start) start = lib;
    }
    if (!any) diag(p->diags, LINK_LIBRARY_NONE, span_at(p->libraries.at[0].given, 0));
    return any;
}

/* What a library needs comes before it, unless that needs the library too. A library is put in its
 * place once, so the depth is bounded by MAX_LIBRARIES. */
static void place(LinkPlan *p, size_t number) {
    LinkLibrary *lib = &p->libraries.at[number];
    if (!lib->is_kept || lib->rank != SIZE_MAX) return;
    lib->rank = SIZE_MAX - 1;
    for (size_t i = 0; i < p->libraries.len; i++)
        if (i != number && lib->before[i] && !p->libraries.at[i].before[number]) place(p, i);
    lib->rank = p->order.len;
    *vec_push(p->arena, &p->order) = number;
    for (size_t i = 0; i < p->libraries.len; i++)
        if (i != number && lib->before[i]) place(p, i);
}

/* ---- the place in memory ---- */

static uint64_t align(uint64_t at, uint64_t to) { return (at + to - 1) & ~(to - 1); }

static bool fits(LinkPlan *p, uint64_t bytes, uint64_t entries, Str name) {
    if (bytes > UINT32_MAX - PAGE) {
        diag(p->diags, LINK_LIBRARY_SPACE, span_none(), "more memory", STR_ARG(name), "4 GiB");
        return false;
    }
    if (entries <= MAX_TABLE) return true;
    diag(p->diags, LINK_LIBRARY_SPACE, span_none(), "a larger table", STR_ARG(name),
         "10,000,000 entries");
    return false;
}

static void put_padded(Buf *buf, Str text) {
    buf_str(buf, text);
    while (buf->len % 4) buf_byte(buf, 0);
}

typedef struct {
    Str name;
    uint32_t text, value, count, place; /* of a library: its symbols; of a symbol: its value */
    bool is_func;
} DlEntry;

static int by_dl_name(const void *a, const void *b) {
    return str_cmp(((const DlEntry *)a)->name, ((const DlEntry *)b)->name);
}

/* The tables that dlopen and dlsym look names up in, sorted by name (a name: its length and address):
 *
 *     symbol:  name value      library:  name count symbols      at the end:  count libraries */
static DlEntry put_symbols(LinkPlan *p, size_t number) {
    const LinkLibrary *lib = &p->libraries.at[number];
    VEC(DlEntry) symbols = {0};
    DlEntry whole = {.name = lib->name, .text = p->dl_base + (uint32_t)p->dl.len};
    put_padded(&p->dl, lib->name);
    for (size_t i = 0; i < lib->core->exports.len; i++) {
        const CoreExport *e = &lib->core->exports.at[i];
        Str key = comp_symbol_key(p->arena, lib->core, e->kind, e->index, e->name);
        if (comp_symbol_special(e->name) || !key.len || e->kind == CORE_TAG) continue;
        DlEntry s = {.name = e->name,
                     .text = p->dl_base + (uint32_t)p->dl.len,
                     .is_func = e->kind == CORE_FUNC};
        put_padded(&p->dl, e->name);
        if (s.is_func) {
            s.value = p->table_base + (uint32_t)p->dl_funcs.len;
            *vec_push(p->arena, &p->dl_funcs) = (LinkSlot){
                .library = number, .name = e->name, .type = core_func_type(lib->core, e->index)};
        }
        *vec_push(p->arena, &symbols) = s;
    }
    whole.count = (uint32_t)symbols.len;
    whole.value = p->dl_base + (uint32_t)p->dl.len;
    if (symbols.len) qsort(symbols.at, symbols.len, sizeof *symbols.at, by_dl_name);
    for (size_t i = 0; i < symbols.len; i++) {
        const DlEntry *s = &symbols.at[i];
        buf_fixed32(&p->dl, (uint32_t)s->name.len);
        buf_fixed32(&p->dl, s->text);
        if (!s->is_func)
            *vec_push(p->arena, &p->addresses) = (LinkAddress){
                .library = number, .symbol = s->name, .address = p->dl_base + (uint32_t)p->dl.len};
        buf_fixed32(&p->dl, s->value);
    }
    return whole;
}

static void put_dl(LinkPlan *p) {
    VEC(DlEntry) libraries = {0};
    for (size_t i = 0; i < p->libraries.len; i++)
        if (p->libraries.at[i].dl_openable) *vec_push(p->arena, &libraries) = put_symbols(p, i);
    uint32_t start = p->dl_base + (uint32_t)p->dl.len;
    if (libraries.len) qsort(libraries.at, libraries.len, sizeof *libraries.at, by_dl_name);
    for (size_t i = 0; i < libraries.len; i++) {
        const DlEntry *lib = &libraries.at[i];
        buf_fixed32(&p->dl, (uint32_t)lib->name.len);
        buf_fixed32(&p->dl, lib->text);
        buf_fixed32(&p->dl, lib->count);
        buf_fixed32(&p->dl, lib->value);
    }
    p->dl_libraries = p->dl_base + (uint32_t)p->dl.len;
    buf_fixed32(&p->dl, (uint32_t)libraries.len);
    buf_fixed32(&p->dl, start);
}

/* The thread-local bookkeeping: the main thread's base of each library that has such storage, the
 * addresses of what the libraries say about it, and a struct of the number and both arrays. */
static void put_tls(LinkPlan *p, uint64_t *memory) {
    Str info = STR("__wasm_library_tls_info");
    for (size_t i = 0; i < p->libraries.len; i++)
        if (p->libraries.at[i].is_kept && core_export_find(p->libraries.at[i].core, info))
            p->libraries.at[i].tls_slot = p->tls_count++;
    *memory = align(*memory, 4);
    p->tls_base = (uint32_t)*memory;
    p->tls_info = p->tls_base + 4 * p->tls_count;
    p->tls_program = p->tls_info + 4 * p->tls_count;
    *memory = p->tls_program + 12;
    for (size_t i = 0; i < p->libraries.len; i++) {
        LinkLibrary *lib = &p->libraries.at[i];
        if (lib->tls_slot != CORE_NONE)
            *vec_push(p->arena, &p->addresses) =
                (LinkAddress){i, info, {0}, p->tls_info + 4 * lib->tls_slot};
    }
}

static bool lay_out(LinkPlan *p) {
    p->stack_size = (uint32_t)align(p->options->stack_size, 16);
    uint64_t memory = p->stack_size, table = p->table_base = 1; /* entry 0 is the null pointer */
    p->dl_base = (uint32_t)memory;
    p->dl.arena = p->arena;
    put_dl(p);
    memory += p->dl.len;
    table += p->dl_funcs.len;
    if (!fits(p, memory, table, p->libraries.at[0].name)) return false;
    put_tls(p, &memory);
    for (size_t i = 0; i < p->order.len; i++) {
        LinkLibrary *lib = &p->libraries.at[p->order.at[i]];
        memory = align(memory, lib->memory_align);
        table = align(table, lib->table_align);
        lib->memory_base = (uint32_t)memory, lib->table_base = (uint32_t)table;
        memory += lib->memory_size, table += lib->table_size;
        if (!fits(p, memory, table, lib->name)) return false;
    }
    p->slot_base = (uint32_t)table;
    for (size_t i = 0; i < p->slots.len; i++) p->slots.at[i].slot = p->slot_base + (uint32_t)i;
    p->table_size = p->slot_base + (uint32_t)p->slots.len;
    for (size_t i = 0; i < p->globals.len; i++)
        if (p->globals.entries[i].value)
            p->globals.entries[i].value = p->slot_base + p->globals.entries[i].value - 1;
    uint32_t heap = (uint32_t)align(memory, 16), end = (uint32_t)align(heap, PAGE);
    p->pages = end / PAGE;
    put_first(p, &p->globals, STR("__heap_base"), heap);
    put_first(p, &p->globals, STR("__heap_end"), end);
    return true;
}

LinkPlan *comp_plan_libraries(Arena *arena, const CompLinkOptions *options, Features features,
                              Diags *diags) {
    LinkPlan *p = ARENA_NEW(arena, LinkPlan);
    *p = (LinkPlan){.arena = arena, .diags = diags, .options = options};
    size_t n = options->library_count;
    bool ok = true;
    if (n > MAX_LIBRARIES) {
        diag(diags, LINK_LIBRARY_COUNT, span_none(), n, MAX_LIBRARIES);
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        bool added;
        LinkLibrary *lib = vec_push(arena, &p->libraries);
        if (!comp_read_library(p, &options->libraries[i], features, lib)) return NULL;
        lib->uses = ARENA_NEW_ARRAY(arena, bool, n);
        lib->before = ARENA_NEW_ARRAY(arena, bool, n);
        lib->rank = SIZE_MAX;
        map_put(arena, &p->by_name, lib->name, &added)->value = i;
        if (!added) diag(diags, LINK_LIBRARY_TWICE, span_at(lib->given, 0), STR_ARG(lib->name));
        ok &= added && index_exports(p, i);
    }
    for (size_t i = 0; i < n; i++) {
        LinkLibrary *lib = &p->libraries.at[i];
        ok &= note_needed(p, lib);
        for (size_t k = 0; k < lib->core->imports.len; k++)
            note_provider(p, lib, &lib->core->imports.at[k]);
    }
    if (!ok) return NULL;
    close_over(p);
    if (!keep(p)) return NULL;
    for (size_t i = 0; i < n; i++) place(p, i);
    for (size_t i = 0; i < n; i++)
        if (p->libraries.at[i].is_kept) ok &= resolve(p, &p->libraries.at[i]);
    return ok && lay_out(p) ? p : NULL;
}

/* ---- in the work of componentize.c ---- */

LinkModule *comp_link_provider(const Linker *l, Str name, CoreExtern kind) {
    const CoreExport *e = comp_module_export(link_main(l), name);
    if (e && e->kind == kind) return link_main(l);
    for (size_t i = 0; l->plan && i < l->plan->libraries.len; i++) {
        LinkModule *m = l->plan->libraries.at[i].module;
        if (m && (e = comp_module_export(m, name)) && e->kind == kind) return m;
    }
    return NULL;
}

bool comp_library_import(Linker *l, const LinkModule *m, const CoreImport *import,
                         LinkImport *out) {
    const LinkLibrary *lib = &l->plan->libraries.at[m->library];
    const LinkSymbol *s = &lib->symbols[import - m->core->imports.at];
    if (s->from == SYMBOL_WORLD) return false;
    out->kind = LINK_MAIN;
    out->name = s->name;
    out->adapter = s->from == SYMBOL_ENV ? link_main(l) : l->plan->libraries.at[s->library].module;
    return true;
}

CompComponent *comp_link_libraries(Arena *arena, const CompLinkOptions *link,
                                   const CompNewOptions *options, Diags *diags) {
    LinkPlan *p = comp_plan_libraries(arena, link, options->features, diags);
    if (!p) return NULL;
    Linker *l = comp_linker(arena, options, diags);
    CompModuleWorld world = {0};
    l->plan = p;
    const Source *env = source_of(arena, STR("<env>"), comp_env_module(p));
    if (!comp_load_module(l, env, STR("main"), LINK_THE_MAIN, &world)) return NULL;
    for (size_t i = 0; i < p->order.len; i++) {
        LinkLibrary *lib = &p->libraries.at[p->order.at[i]];
        lib->module = comp_load_module(l, lib->given, lib->name, LINK_A_LIBRARY, &world);
        if (!lib->module) return NULL;
        lib->module->library = p->order.at[i];
    }
    return comp_link_all(l, p->libraries.at[p->order.at[0]].given, &world);
}

void comp_link_init(Linker *l) {
    const LinkPlan *p = l->plan;
    LinkModule *owner = l->hook_owner;
    const LinkLibrary *hook = owner && owner->is_library ? &p->libraries.at[owner->library] : NULL;
    uint32_t module = comp_add_module(
        &l->b, comp_init_module(p, hook, hook ? link_main(l)->task_hook : (Str){0}));
    CompArgs args = {0};
    *vec_push(l->arena, &args) = comp_arg(STR("env"), COMP_CORE_INSTANCE, link_main(l)->instance);
    for (size_t i = 0; i < p->order.len; i++) {
        const LinkLibrary *lib = &p->libraries.at[p->order.at[i]];
        *vec_push(l->arena, &args) = comp_arg(str_fmt(l->arena, "%zu", p->order.at[i]),
                                              COMP_CORE_INSTANCE, lib->module->instance);
    }
    comp_set_name(l->arena, &l->b.names, COMP_CORE_MODULE, module, STR("wit-component-init"));
    comp_add_core_instance(&l->b, module, args.at, args.len);
}
