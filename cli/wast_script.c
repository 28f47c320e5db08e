/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The directives of a test script. One that fails is noted with its place; the others go on.
 *
 *     (module ...) (component ...)       must be valid, and is instantiated
 *     (assert_malformed M "why")         M must not decode (or validate: the phases may differ)
 *     (assert_invalid M "why")           M must not be valid
 *     (assert_unlinkable M "why")        M is valid and must not link
 *     (assert_trap M "why")              M must trap as it starts
 *     the rest                           wast_run.c
 *
 * The specification leaves the wording of errors open, so `why` is compared only with --no-run,
 * where nothing but errors is tested; what a trap says is compared always.
 */
#include "cli/wast.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- failures ---- */

static const char *directive_name(const WastCommand *c) {
    switch (c->kind) {
    case WAST_MODULE: return c->module.is_component ? "component" : "module";
    case WAST_DEFINITION:
        return c->module.is_component ? "component definition" : "module definition";
    case WAST_INSTANCE: return "module instance";
    case WAST_REGISTER: return "register";
    case WAST_INVOKE: return c->is_get ? "get" : "invoke";
    case WAST_ASSERT_RETURN: return "assert_return";
    case WAST_ASSERT_TRAP: return "assert_trap";
    case WAST_ASSERT_EXHAUSTION: return "assert_exhaustion";
    case WAST_ASSERT_EXCEPTION: return "assert_exception";
    case WAST_ASSERT_SUSPENSION: return "assert_suspension";
    case WAST_ASSERT_MALFORMED: return "assert_malformed";
    case WAST_ASSERT_INVALID: return "assert_invalid";
    case WAST_ASSERT_UNLINKABLE: return "assert_unlinkable";
    case WAST_ASSERT_MALFORMED_CUSTOM: return "assert_malformed_custom";
    case WAST_ASSERT_INVALID_CUSTOM: return "assert_invalid_custom";
    case WAST_THREAD: return "thread";
    case WAST_WAIT: return "wait";
    }
    return "";
}

static WastFailure *new_failure(Wast *w, Str message) {
    WastFailure *failure = vec_push(w->cli->arena, &w->result->failures);
    failure->span = w->at->span;
    failure->directive = str_from(directive_name(w->at));
    failure->message = message;
    w->has_failed = true;
    return failure;
}

void wast_fail(Wast *w, const char *format, ...) {
    char text[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    new_failure(w, str_copy(w->cli->arena, str_from(text)));
}

void wast_differs(Wast *w, Str what, Str expected, Str got) {
    Arena *arena = w->cli->arena;
    Str message = str_fmt(arena, "`%.*s` returned %.*s, expected %.*s", STR_ARG(what), STR_ARG(got),
                          STR_ARG(expected));
    WastFailure *failure = new_failure(w, message);
    failure->expected = expected;
    failure->got = got;
}

/* ---- modules ---- */

/* What is wrong with a module, notes included. */
typedef struct {
    Str message;
    uint32_t offset;
} Fault;
typedef VEC(Fault) Faults;

static void add_diags(Arena *arena, Faults *faults, const Diags *diags) {
    for (size_t i = 0; diags && i < diags->list.len; i++) {
        const Diag *d = &diags->list.at[i];
        *vec_push(arena, faults) = (Fault){d->message, d->span.start};
        for (size_t n = 0; n < d->notes.len; n++)
            *vec_push(arena, faults) = (Fault){d->notes.at[n].message, d->span.start};
    }
}

static void add_error(Arena *arena, Faults *faults, const witc_error *error) {
    uint32_t offset = 0;
    for (size_t i = 0; i < witc_error_count(error); i++) {
        witc_diagnostic d = witc_error_at(error, i);
        if (d.severity != WITC_SEVERITY_NOTE) offset = d.offset;
        Str message = str_copy(arena, (Str){d.message.ptr, d.message.len});
        *vec_push(arena, faults) = (Fault){message, offset};
    }
}

/* Bytes that do not begin as a module, which the engine would take as text. */
static void refuse_bytes(Wast *w, const Source *source, Faults *faults) {
    Diags diags = {.arena = w->cli->arena};
    Reader reader = reader_of(source, &diags);
    core_decode(w->cli->arena, &reader, w->features);
    add_diags(w->cli->arena, faults, &diags);
}

static WastDefinition *define_core(Wast *w, const Source *source, Faults *faults) {
    Arena *arena = w->cli->arena;
    if (!str_starts(source->text, STR("\0asm"))) {
        refuse_bytes(w, source, faults);
        return NULL;
    }
    witc_error *error = NULL;
    WastDefinition *definition = ARENA_NEW(arena, WastDefinition);
    definition->module = witc_module_new_view(w->engine, source->text.ptr, source->text.len,
                                              str_c(arena, path_file(w->script->path)), &error);
    if (definition->module) {
        *vec_push(arena, &w->modules) = definition->module;
        return definition;
    }
    add_error(arena, faults, error);
    witc_error_free(error);
    return NULL;
}

/* Decodes and validates the module or component of a directive. */
static WastDefinition *define(Wast *w, const WastModule *module, Faults *faults) {
    Arena *arena = w->cli->arena;
    Diags diags = {.arena = arena};
    const Source *source = source_of(arena, w->script->path, module->bytes);
    WastDefinition *definition = NULL;
    if (w->options->trusted) source = trust_source(w->cli, source);
    if (module->is_quote) source = wat_to_binary(arena, source, w->features, &diags);
    if (source && !comp_is_component(source->text)) return define_core(w, source, faults);
    CompComponent *component = source ? comp_decode(arena, source, w->features, &diags) : NULL;
    const CompInfo *info = component ? comp_validate(arena, component, w->features, &diags) : NULL;
    if (info) {
        definition = ARENA_NEW(arena, WastDefinition);
        definition->info = info;
    }
    add_diags(arena, faults, &diags);
    return definition;
}

/* The faults of a text that does not parse stand with the module already. */
static WastDefinition *define_or_faults(Wast *w, const WastModule *module, Faults *faults) {
    *faults = (Faults){0};
    if (module->parsed || module->is_quote) return define(w, module, faults);
    add_diags(w->cli->arena, faults, module->faults);
    return NULL;
}

static Str first_message(const Faults *faults) {
    return faults->len ? faults->at[0].message : STR("(no message)");
}

/* A phrase may end with the place of the fault in the binary: "... (at offset 0x54)". */
static bool split_place(Str text, Str *phrase, uint32_t *offset) {
    static const char mark[] = " (at offset 0x";
    size_t at = str_find_str(text, str_from(mark), 0);
    *phrase = str_from_to(text, 0, at);
    *offset = 0;
    if (at == SIZE_MAX) return false;
    for (at += sizeof mark - 1; at < text.len && text.ptr[at] != ')'; at++) {
        char c = text.ptr[at];
        *offset = *offset * 16 + (uint32_t)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return true;
}

static bool some_message_has(const Faults *faults, Str text) {
    uint32_t offset;
    bool placed = split_place(text, &text, &offset);
    for (size_t i = 0; i < faults->len; i++) {
        if (placed && faults->at[i].offset != offset) continue;
        if (str_find_str(faults->at[i].message, text, 0) != SIZE_MAX) return true;
    }
    return false;
}

static WastDefinition *must_define(Wast *w, const WastCommand *c) {
    Faults faults;
    WastDefinition *definition = define_or_faults(w, &c->module, &faults);
    if (!definition) wast_fail(w, "not valid: %.*s", STR_ARG(first_message(&faults)));
    if (definition && c->module.name.len) {
        map_put(w->cli->arena, &w->definitions, c->module.name, NULL)->ptr = definition;
    }
    return definition;
}

static void must_not_define(Wast *w, const WastCommand *c) {
    Faults faults;
    bool defined = define_or_faults(w, &c->module, &faults);
    if (defined && c->kind == WAST_ASSERT_INVALID_CUSTOM && c->module.faults) {
        add_diags(w->cli->arena, &faults, c->module.faults); /* of an annotation: warnings */
        defined = faults.len == 0;
    }
    if (defined) {
        wast_fail(w, "accepted, expected to be rejected: %.*s", STR_ARG(c->message));
    } else if (!w->options->any_message && !some_message_has(&faults, c->message)) {
        wast_fail(w, "rejected with `%.*s`, expected `%.*s`", STR_ARG(first_message(&faults)),
                  STR_ARG(c->message));
    }
}

static void must_not_instantiate(Wast *w, const WastCommand *c) {
    WastDefinition *definition = must_define(w, c);
    if (!definition || w->options->no_run) return;
    WastInstance *before = w->current;
    Str why = {0};
    bool trapped = false, want_trap = c->kind == WAST_ASSERT_TRAP;
    if (wast_instantiate(w, definition, (Str){0}, &why, &trapped)) {
        wast_fail(w, "instantiated, expected to fail: %.*s", STR_ARG(c->message));
    } else if (trapped != want_trap) {
        wast_fail(w, "%s with `%.*s`, expected %s with `%.*s`", trapped ? "trapped" : "not linked",
                  STR_ARG(why), want_trap ? "a trap" : "no link", STR_ARG(c->message));
    } else if ((want_trap || !w->options->any_message) && !wast_says(why, c->message)) {
        wast_fail(w, "%s with `%.*s`, expected `%.*s`", trapped ? "trapped" : "not linked",
                  STR_ARG(why), STR_ARG(c->message));
    }
    w->current = before;
}

static void instantiate(Wast *w, const WastDefinition *definition, Str name) {
    Str why = {0};
    bool trapped;
    if (w->options->no_run || !definition) return;
    if (!wast_instantiate(w, definition, name, &why, &trapped)) {
        wast_fail(w, "not instantiated: %.*s", STR_ARG(why));
    }
}

static void instantiate_named(Wast *w, const WastCommand *c) {
    const WastDefinition *definition = w->defined;
    if (c->module_name.len) {
        MapEntry *entry = map_get(&w->definitions, c->module_name);
        definition = entry ? entry->ptr : NULL;
    }
    if (!definition) wast_fail(w, "no definition `%.*s`", STR_ARG(c->module_name));
    else instantiate(w, definition, c->name);
}

/* ---- directives ---- */

/* Whether it only acts on instances, so that there is nothing to do where nothing is run. */
static bool only_runs(const WastCommand *c) {
    switch (c->kind) {
    case WAST_REGISTER:
    case WAST_INVOKE:
    case WAST_ASSERT_RETURN:
    case WAST_ASSERT_EXHAUSTION:
    case WAST_ASSERT_EXCEPTION:
    case WAST_ASSERT_SUSPENSION:
    case WAST_WAIT: return true;
    case WAST_ASSERT_TRAP: return !c->has_module;
    case WAST_THREAD:
    case WAST_MODULE:
    case WAST_DEFINITION:
    case WAST_INSTANCE:
    case WAST_ASSERT_MALFORMED:
    case WAST_ASSERT_INVALID:
    case WAST_ASSERT_UNLINKABLE:
    case WAST_ASSERT_MALFORMED_CUSTOM:
    case WAST_ASSERT_INVALID_CUSTOM: return false;
    }
    return false;
}

static void run_directives(Wast *w, const WastCommands *commands);

/* A thread of a script runs to its end where it is started: one of the orders in which a machine may
 * run them. Only one that waits for a later one finds nobody, which is a trap. It has names of its own,
 * besides that of the instance that it shares. */
static void run_thread(Wast *w, const WastCommand *c) {
    Wast inner = *w;
    inner.instances = inner.definitions = inner.threads = (Map){0};
    inner.current = NULL;
    inner.defined = NULL;
    map_put(w->cli->arena, &w->threads, c->name, NULL);
    bool shares = c->module_name.len && !w->options->no_run;
    if (shares && !wast_share(w, &inner, c->module_name))
        wast_fail(w, "no instance `%.*s` to share", STR_ARG(c->module_name));
    else run_directives(&inner, &c->body);
    w->modules.at = inner.modules.at; /* wast_stop frees what it has made */
    w->modules.len = inner.modules.len;
    w->modules.cap = inner.modules.cap;
    w->vm = inner.vm;
    w->thread = inner.thread;
}

static void run_directive(Wast *w, const WastCommand *c) {
    switch (c->kind) {
    case WAST_MODULE: instantiate(w, w->defined = must_define(w, c), c->module.name); break;
    case WAST_DEFINITION: w->defined = must_define(w, c); break;
    case WAST_INSTANCE: instantiate_named(w, c); break;
    case WAST_ASSERT_MALFORMED:
    case WAST_ASSERT_INVALID:
    case WAST_ASSERT_MALFORMED_CUSTOM:
    case WAST_ASSERT_INVALID_CUSTOM: must_not_define(w, c); break;
    case WAST_ASSERT_UNLINKABLE: must_not_instantiate(w, c); break;
    case WAST_ASSERT_TRAP:
        if (c->has_module) must_not_instantiate(w, c);
        else wast_action(w, c);
        break;
    case WAST_REGISTER: wast_register(w, c); break;
    case WAST_INVOKE:
    case WAST_ASSERT_RETURN:
    case WAST_ASSERT_EXHAUSTION:
    case WAST_ASSERT_EXCEPTION: wast_action(w, c); break;
    case WAST_ASSERT_SUSPENSION: wast_fail(w, "this directive is not supported"); break;
    case WAST_THREAD: run_thread(w, c); break;
    case WAST_WAIT:
        if (!map_get(&w->threads, c->name)) wast_fail(w, "no thread `%.*s`", STR_ARG(c->name));
        break;
    }
}

static void run_directives(Wast *w, const WastCommands *commands) {
    for (size_t i = 0; i < commands->len; i++) {
        w->at = &commands->at[i];
        w->has_failed = false;
        if (w->progress) {
            w->progress->at = w->at->span.start;
            w->progress->passed = (uint32_t)w->result->passed;
        }
        bool skip = w->options->no_run && only_runs(w->at);
        if (!skip) run_directive(w, w->at);
        ++*(skip ? &w->result->skipped : w->has_failed ? &w->result->failed : &w->result->passed);
    }
}

/* ---- scripts ---- */

/* The scripts of a proposal stand in a folder of its name, `proposals/threads`, and expect that
 * proposal on top of the version that it was written against; those of exceptions as they once were
 * stand in `legacy`. */
static void folder_features(Cli *cli, Str path, Features *features) {
    static const struct {
        const char *proposal, *version;
    } bases[] = {{"threads", "wasm1"}};
    Str before = {0}, unknown;
    for (size_t at = 0, slash; (slash = str_find(path, '/', at)) != SIZE_MAX; at = slash + 1) {
        Str folder = str_from_to(path, at, slash);
        bool proposal = str_is(before, "proposals");
        before = folder;
        if (!proposal && !str_is(folder, "legacy")) continue;
        for (size_t i = 0; proposal && i < sizeof bases / sizeof *bases; i++) {
            if (str_is(folder, bases[i].proposal))
                features_apply(features, str_from(bases[i].version), &unknown);
        }
        features_apply(features, proposal ? folder : STR("legacy-exceptions"), &unknown);
    }
}

bool wast_is_script(Cli *cli, const Source *source) {
    InputKind kind = input_kind(source->text);
    if (kind == KIND_WASM_TEXT || kind == KIND_TEXT) return true;
    cli_wrong_kind(cli, source, "a script of WebAssembly text (.wast)");
    return false;
}

const Source *wast_read(Cli *cli, Str path, const WastOptions *options, Features *features,
                        WastScript *script) {
    /* Maps are off in the tools that scripts are written for, and some test that. */
    *features = features_default() & ~FEATURE_BIT(FEATURE_CM_MAP);
    folder_features(cli, path, features);
    if (!cli_add_features(cli, features)) return NULL;
    const Source *source = file_read(cli->arena, path, &cli->diags);
    if (!source || !wast_is_script(cli, source)) return NULL;
    if (options->trusted) source = trust_source(cli, source);
    return wast_parse(cli->arena, source, *features, script, &cli->diags) ? source : NULL;
}

void wast_run_script(Cli *cli, Str path, const WastOptions *options, WastResult *result,
                     volatile WastProgress *progress) {
    WastScript script = {0};
    Wast w = {.cli = cli, .options = options, .result = result, .progress = progress};
    *result = (WastResult){0};
    w.script = wast_read(cli, path, options, &w.features, &script);
    result->unreadable = !w.script || !wast_start(&w);
    if (!result->unreadable) run_directives(&w, &script.commands);
    wast_stop(&w);
}
