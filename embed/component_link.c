/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What components import: functions and resources of the host, WASI; and instantiating them.
 *
 * A linker is the interpreter's, with its names copied beside it. What instances go on to use (EmbedGiven, the
 * context of WASI) is the store's, and freed after all that runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "embed/internal.h"

struct witc_component_linker {
    witc_store *store;
    VmLinker *vm;
    Arena *arena; /* of the names */
};

/* ---- linkers ---- */

static void make_linker(void *context) {
    witc_component_linker *linker = context;
    linker->arena = arena_new();
    linker->vm = vm_linker_new(linker->store->vm);
}

witc_component_linker *witc_component_linker_new(witc_store *store) {
    witc_component_linker *linker = engine_new(store->engine, sizeof *linker);
    if (!linker) return NULL;
    linker->store = store;
    if (arena_try(&store->engine->memory, make_linker, linker)) return linker;
    engine_release(store->engine, linker);
    return NULL;
}

void witc_component_linker_free(witc_component_linker *linker) {
    if (!linker) return;
    vm_linker_free(linker->vm);
    arena_free(linker->arena);
    engine_release(linker->store->engine, linker);
}

static witc_status no_memory(witc_store *store) { return store_limited(store, TRAP_NO_MEMORY); }

/* One definition. */
typedef struct {
    witc_component_linker *linker;
    const char *interface, *name, *type;
    EmbedGiven *given;
    VmResource *resource;
} Define;

/* "( u8, s8 ) -> u8" as abi_shape has it: without spaces, but behind `async`. NULL stays. */
static Str shape_of(Arena *arena, const char *type) {
    Buf out = {.arena = arena};
    for (const char *c = type; c && *c; c++) {
        if (*c != ' ') buf_byte(&out, (uint8_t)*c);
        if (out.len == 5 && str_is(buf_text(&out), "async")) buf_byte(&out, ' ');
    }
    return type && !out.len ? STR("?") : buf_text(&out);
}

static VmLinker *linker_of(const Define *d) {
    if (!d->interface[0]) return d->linker->vm;
    return vm_linker_instance(d->linker->vm, str_copy(d->linker->arena, str_from(d->interface)));
}

static VmStatus call_given(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                           Arena *scratch) {
    const EmbedGiven *given = context;
    return component_host_call(thread, given, args, result, scratch);
}

static void define_func(void *context) {
    const Define *d = context;
    Arena *arena = d->linker->arena;
    Str type = shape_of(arena, d->type);
    vm_linker_func(linker_of(d), str_copy(arena, str_from(d->name)), type, call_given, d->given);
}

static void drop_given(void *context, uint64_t handle) {
    const EmbedGiven *given = context;
    if (given->drop) given->drop(given->context, handle);
}

static void define_resource(void *context) {
    const Define *d = context;
    Str name = str_copy(d->linker->arena, str_from(d->name));
    VmResource *made =
        vm_host_resource(d->linker->store->vm, str_from(d->given->name), drop_given, d->given);
    vm_linker_resource(linker_of(d), name, made);
}

static witc_status define(Define d, const EmbedGiven *given, void (*work)(void *)) {
    witc_store *store = d.linker->store;
    size_t size = strlen(d.name) + 1;
    d.given = engine_new(store->engine, sizeof *given + size);
    if (!d.given) return no_memory(store);
    *d.given = *given;
    d.given->store = store;
    memcpy(d.given->name, d.name, size);
    d.given->next = store->given;
    store->given = d.given;
    return arena_try(&store->engine->memory, work, &d) ? WITC_DONE : no_memory(store);
}

witc_status witc_component_linker_func(witc_component_linker *linker, const char *interface,
                                       const char *name, const char *type, witc_component_fn fn,
                                       void *context) {
    Define d = {.linker = linker, .interface = interface, .name = name, .type = type};
    return define(d, &(EmbedGiven){.fn = fn, .context = context}, define_func);
}

witc_status witc_component_linker_resource(witc_component_linker *linker, const char *interface,
                                           const char *name,
                                           void (*drop)(void *context, uint64_t handle),
                                           void *context) {
    Define d = {.linker = linker, .interface = interface, .name = name};
    return define(d, &(EmbedGiven){.drop = drop, .context = context}, define_resource);
}

/* What an instance exports. */
typedef struct {
    witc_component_linker *linker;
    const char *name, *from;
    const VmComponent *component;
    bool found;
} Export;

static void define_export(void *context) {
    Export *e = context;
    Str name = str_copy(e->linker->arena, str_from(e->name));
    e->found = vm_linker_export(e->linker->vm, name, e->component, str_from(e->from));
}

witc_status witc_component_linker_instance(witc_component_linker *linker, const char *name,
                                           const witc_component_instance *instance,
                                           const char *from) {
    Export e = {linker, name, from, (const VmComponent *)(const void *)instance, false};
    if (!arena_try(&linker->store->engine->memory, define_export, &e))
        return no_memory(linker->store);
    if (e.found) return WITC_DONE;
    return store_fail(linker->store, WITC_REFUSED, "the instance has no export `%s` to link", from);
}

/* ---- WASI ---- */

typedef struct {
    witc_component_linker *linker;
    const witc_wasi *given;
    WasiFolder *folders;
    const char *bad_rule, *expected; /* of the network */
} Grant;

static void copy_net_rules(Grant *g, Arena *arena, WasiContext *context) {
    size_t n = g->given->net_count;
    WasiNetRule *rules = ARENA_NEW_ARRAY(arena, WasiNetRule, n);
    for (size_t i = 0; i < n && !g->expected; i++) {
        Str said = str_copy(arena, str_from(g->given->net[i]));
        g->expected = wasi_read_rule(arena, said, &rules[i]);
        g->bad_rule = g->given->net[i];
    }
    context->net_rules = rules;
    context->net_rule_count = n;
}

static void copy_grants(void *context) {
    Grant *g = context;
    const witc_wasi *given = g->given;
    Arena *arena = arena_new();
    Str *args = ARENA_NEW_ARRAY(arena, Str, given->arg_count);
    for (size_t i = 0; i < given->arg_count; i++)
        args[i] = str_copy(arena, str_from(given->args[i]));
    WasiVariable *variables = ARENA_NEW_ARRAY(arena, WasiVariable, given->env_count);
    for (size_t i = 0; i < given->env_count; i++) {
        Str all = str_copy(arena, str_from(given->env[i]));
        size_t equals = str_find(all, '=', 0);
        if (equals == SIZE_MAX) equals = all.len;
        variables[i] = (WasiVariable){str_from_to(all, 0, equals), str_after(all, equals + 1)};
    }
    g->folders = ARENA_NEW_ARRAY(arena, WasiFolder, given->folder_count);
    for (size_t i = 0; i < given->folder_count; i++) {
        const witc_wasi_folder *f = &given->folders[i];
        g->folders[i] = (WasiFolder){.fd = -1,
                                     .name = str_copy(arena, str_from(f->guest)),
                                     .read_only = f->read_only,
                                     .max_bytes = f->max_bytes,
                                     .max_files = f->max_files};
    }
    EmbedWasi *wasi = &g->linker->store->wasi;
    wasi->context = (WasiContext){.features = WASI_NETWORK_ERROR_CODE | WASI_INFORMATIONAL,
                                  .args = args,
                                  .arg_count = given->arg_count,
                                  .variables = variables,
                                  .variable_count = given->env_count,
                                  .has_cwd = given->cwd != NULL,
                                  .cwd = str_copy(arena, str_from(given->cwd)),
                                  .folders = g->folders,
                                  .stdin_fd = given->has_stdin ? given->stdin_fd : -1,
                                  .stdout_fd = given->has_stdout ? given->stdout_fd : -1,
                                  .stderr_fd = given->has_stderr ? given->stderr_fd : -1,
                                  .has_seed = given->has_seed,
                                  .seed = given->seed};
    copy_net_rules(g, arena, &wasi->context);
    wasi->suspends = given->suspends;
    wasi->arena = arena;
}

static void close_grants(EmbedWasi *wasi) {
    for (size_t i = 0; i < wasi->context.folder_count; i++) close(wasi->context.folders[i].fd);
    arena_free(wasi->arena);
    *wasi = (EmbedWasi){0};
}

static witc_status open_folders(Grant *g) {
    EmbedWasi *wasi = &g->linker->store->wasi;
    for (size_t i = 0; i < g->given->folder_count; i++) {
        const char *host = g->given->folders[i].host;
        g->folders[i].fd = open(host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (g->folders[i].fd < 0)
            return store_fail(g->linker->store, WITC_REFUSED, "cannot open %s: %s", host,
                              strerror(errno));
        wasi->context.folder_count++;
    }
    return WITC_DONE;
}

static void link_wasi(void *context) {
    const Grant *g = context;
    EmbedWasi *wasi = &g->linker->store->wasi;
    wasi->wasi = wasi_new(g->linker->store->vm, &wasi->context);
    if (!wasi->wasi) arena_no_memory();
    wasi_link(wasi->wasi, g->linker->vm);
}

witc_status witc_component_linker_wasi(witc_component_linker *linker, const witc_wasi *given) {
    witc_wasi all = {.size = sizeof all};
    witc_store *store = linker->store;
    if (!given || !options_take(&all, sizeof all, given))
        return store_fail(store, WITC_REFUSED, "these grants are not understood");
    if (store->wasi.arena) return store_fail(store, WITC_REFUSED, "the store has WASI already");
    Grant g = {.linker = linker, .given = &all};
    if (!arena_try(&store->engine->memory, copy_grants, &g)) return no_memory(store);
    witc_status status = g.expected
                             ? store_fail(store, WITC_REFUSED, "network rule `%s`: expected %s",
                                          g.bad_rule, g.expected)
                             : open_folders(&g);
    if (status == WITC_DONE && !arena_try(&store->engine->memory, link_wasi, &g))
        status = no_memory(store);
    if (status != WITC_DONE && !store->wasi.wasi) close_grants(&store->wasi);
    return status;
}

bool witc_wasi_wait(witc_store *store) { return store->wasi.wasi && wasi_wait(store->wasi.wasi); }

/* ---- instances ---- */

typedef struct {
    witc_component_linker *linker;
    const witc_component *component;
    VmComponent *made;
    char text[400];
    bool is_unlinkable;
} Instantiate;

static bool wait_for_wasi(void *store) { return witc_wasi_wait(store); }

static void instantiate(void *context) {
    Instantiate *in = context;
    witc_store *store = in->linker->store;
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    if (store->wasi.wasi) vm_store_on_wait(store->vm, wait_for_wasi, store);
    in->made = vm_component_new(store->thread, in->component->info, in->linker->vm, &diags);
    Buf text = {.arena = arena};
    for (size_t i = 0; i < diags.list.len; i++) {
        if (i) buf_str(&text, STR("; "));
        buf_str(&text, diags.list.at[i].message);
    }
    in->is_unlinkable = diags.errors != 0;
    cut_text(buf_text(&text), in->text, sizeof in->text);
    arena_free(arena);
}

/* The store keeps each component that was instantiated in it. */
static bool keep_component(witc_store *store, witc_component *component) {
    for (size_t i = store->component_count; i-- > 0;)
        if (store->components[i] == component) return true;
    if (store->component_count == store->component_cap) {
        size_t cap = store->component_cap ? store->component_cap * 2 : 4;
        witc_component **more =
            alloc_more(&store->engine->memory, store->components, cap, sizeof *store->components);
        if (!more) return false;
        store->components = more;
        store->component_cap = cap;
    }
    store->components[store->component_count++] = witc_component_keep(component);
    return true;
}

witc_status witc_component_instantiate(witc_component_linker *linker, witc_component *component,
                                       witc_component_instance **instance) {
    witc_store *store = linker->store;
    Instantiate in = {.linker = linker, .component = component};
    *instance = NULL;
    if (!components_may_run(store)) return WITC_REFUSED;
    if (vm_is_running(store->thread))
        return store_fail(store, WITC_REFUSED, "a host function cannot instantiate a component");
    if (!keep_component(store, component)) return no_memory(store);
    if (!vm_component_try(store->thread, instantiate, &in)) return no_memory(store);
    *instance = (witc_component_instance *)in.made;
    if (in.made) return WITC_DONE;
    if (!in.is_unlinkable) return call_ended(store, vm_status(store->thread));
    bool too_many = vm_store_met(store->vm, VM_LIMIT_INSTANCES);
    store_fail(store, too_many ? WITC_LIMIT : WITC_UNLINKABLE, "%s", in.text);
    if (too_many) store->failure.limit = WITC_LIMIT_INSTANCES;
    return store->failure.status;
}

/* ---- the end ---- */

void components_end(witc_store *store) {
    wasi_free(store->wasi.wasi);
    store->wasi.wasi = NULL;
}

void components_free(witc_store *store) {
    for (EmbedGiven *given = store->given, *next; given; given = next) {
        next = given->next;
        engine_release(store->engine, given);
    }
    for (size_t i = 0; i < store->component_count; i++) witc_component_free(store->components[i]);
    engine_release(store->engine, store->components);
    close_grants(&store->wasi);
}
