/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc wast`: runs a test script. A directive that fails is a diagnostic at its place; the others
 * go on.
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

typedef struct {
    bool no_run, any_message, messages;
} Options;

static const Option option_table[] = {
    FLAG(Options, no_run, 0, "no-run", "Validate the modules and components, run none"),
    FLAG(Options, any_message, 0, "ignore-error-messages", "Let an expected error have any text"),
    FLAG(Options, messages, 0, "error-messages",
         "Compare the text of expected errors (on with --no-run)"),
};

static const Argument arguments[] = {
    {"SCRIPT", "A .wast file; standard input where there is none or it is `-`", ARGUMENT_OPTIONAL},
    {0},
};

void wast_fail(Wast *w, Span span, const char *format, ...) {
    char text[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    w->failures++;
    diag(&w->cli->diags, CLI_WAST, span, text);
}

bool wast_is_script(Cli *cli, const Source *source) {
    InputKind kind = input_kind(source->text);
    if (kind == KIND_WASM_TEXT || kind == KIND_TEXT) return true;
    cli_wrong_kind(cli, source, "a script of WebAssembly text (.wast)");
    return false;
}

/* Decodes and validates the module of a directive. Its errors go to `faults`. */
static WastDefinition *define(Wast *w, const WastModule *module, Diags *faults) {
    Arena *arena = w->cli->arena;
    const Source *source = source_of(arena, w->script->path, module->bytes);
    if (module->is_quote) source = wat_to_binary(arena, source, w->features, faults);
    WastDefinition *definition = ARENA_NEW(arena, WastDefinition);
    if (!source) return NULL;
    if (comp_is_component(source->text)) {
        CompComponent *component = comp_decode(arena, source, w->features, faults);
        definition->info = component ? comp_validate(arena, component, w->features, faults) : NULL;
        return definition->info ? definition : NULL;
    }
    Reader reader = reader_of(source, faults);
    CoreModule *decoded = core_decode(arena, &reader, w->features);
    definition->module = decoded;
    return decoded && core_validate(arena, decoded, w->features, faults) ? definition : NULL;
}

/* The faults of a text that does not parse stand with the module already. */
static WastDefinition *define_or_faults(Wast *w, const WastModule *module, const Diags **faults) {
    if (!module->parsed && !module->is_quote) {
        *faults = module->faults;
        return NULL;
    }
    Diags *list = ARENA_NEW(w->cli->arena, Diags);
    list->arena = w->cli->arena;
    WastDefinition *definition = define(w, module, list);
    *faults = list;
    return definition;
}

static Str first_message(const Diags *faults) {
    return faults && faults->list.len ? faults->list.at[0].message : STR("(no message)");
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

static bool some_message_has(const Diags *faults, Str text) {
    uint32_t offset;
    bool placed = split_place(text, &text, &offset);
    for (size_t i = 0; faults && i < faults->list.len; i++) {
        const Diag *d = &faults->list.at[i];
        if (placed && d->span.start != offset) continue;
        if (str_find_str(d->message, text, 0) != SIZE_MAX) return true;
        for (size_t n = 0; n < d->notes.len; n++) {
            if (str_find_str(d->notes.at[n].message, text, 0) != SIZE_MAX) return true;
        }
    }
    return false;
}

static WastDefinition *must_define(Wast *w, const WastCommand *c) {
    const Diags *faults;
    WastDefinition *definition = define_or_faults(w, &c->module, &faults);
    if (!definition) wast_fail(w, c->span, "not valid: %.*s", STR_ARG(first_message(faults)));
    if (definition && c->module.name.len) {
        map_put(w->cli->arena, &w->definitions, c->module.name, NULL)->ptr = definition;
    }
    return definition;
}

static void must_not_define(Wast *w, const WastCommand *c) {
    const Diags *faults;
    if (define_or_faults(w, &c->module, &faults)) {
        wast_fail(w, c->span, "accepted, expected to be rejected: %.*s", STR_ARG(c->message));
    } else if (!w->any_message && !some_message_has(faults, c->message)) {
        wast_fail(w, c->span, "rejected with `%.*s`, expected `%.*s`",
                  STR_ARG(first_message(faults)), STR_ARG(c->message));
    }
}

static void must_not_instantiate(Wast *w, const WastCommand *c) {
    WastDefinition *definition = must_define(w, c);
    if (!definition || w->no_run) return;
    WastInstance *before = w->current;
    Str why = {0};
    bool trapped = false, want_trap = c->kind == WAST_ASSERT_TRAP;
    if (wast_instantiate(w, definition, (Str){0}, &why, &trapped)) {
        wast_fail(w, c->span, "instantiated, expected to fail: %.*s", STR_ARG(c->message));
    } else if (trapped != want_trap) {
        wast_fail(w, c->span, "%s with `%.*s`, expected %s with `%.*s`",
                  trapped ? "trapped" : "not linked", STR_ARG(why),
                  want_trap ? "a trap" : "no link", STR_ARG(c->message));
    }
    w->current = before;
}

static void instantiate(Wast *w, const WastCommand *c, const WastDefinition *definition, Str name) {
    Str why = {0};
    bool trapped;
    if (w->no_run || !definition) return;
    if (!wast_instantiate(w, definition, name, &why, &trapped)) {
        wast_fail(w, c->span, "not instantiated: %.*s", STR_ARG(why));
    }
}

static void run_directive(Wast *w, const WastCommand *c) {
    switch (c->kind) {
    case WAST_MODULE: instantiate(w, c, w->defined = must_define(w, c), c->module.name); break;
    case WAST_DEFINITION: w->defined = must_define(w, c); break;
    case WAST_INSTANCE: {
        MapEntry *entry = c->module_name.len ? map_get(&w->definitions, c->module_name) : NULL;
        const WastDefinition *definition = entry                ? entry->ptr
                                           : c->module_name.len ? NULL
                                                                : w->defined;
        if (!definition) wast_fail(w, c->span, "no definition `%.*s`", STR_ARG(c->module_name));
        instantiate(w, c, definition, c->name);
        break;
    }
    case WAST_ASSERT_MALFORMED:
    case WAST_ASSERT_INVALID:
    case WAST_ASSERT_MALFORMED_CUSTOM:
    case WAST_ASSERT_INVALID_CUSTOM: must_not_define(w, c); break;
    case WAST_ASSERT_UNLINKABLE: must_not_instantiate(w, c); break;
    case WAST_ASSERT_TRAP:
        if (c->has_module) must_not_instantiate(w, c);
        else if (!w->no_run) wast_action(w, c);
        break;
    case WAST_REGISTER:
        if (!w->no_run) wast_register(w, c);
        break;
    case WAST_INVOKE:
    case WAST_ASSERT_RETURN:
    case WAST_ASSERT_EXHAUSTION:
    case WAST_ASSERT_EXCEPTION:
        if (!w->no_run) wast_action(w, c);
        break;
    case WAST_ASSERT_SUSPENSION:
    case WAST_THREAD:
    case WAST_WAIT:
        if (!w->no_run) wast_fail(w, c->span, "this directive is not supported");
        break;
    }
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    Wast w = {.cli = cli,
              .no_run = options->no_run,
              .any_message = options->any_message || (!options->no_run && !options->messages)};
    WastScript script = {0};
    if (!cli_features(cli, &w.features)) return EXIT_USAGE;
    w.script = cli_read(cli, 0);
    if (!w.script) return EXIT_INPUT;
    if (!wast_is_script(cli, w.script)) return EXIT_INPUT;
    if (!wast_parse(cli->arena, w.script, w.features, &script, &cli->diags)) return EXIT_INPUT;
    if (!w.no_run && !wast_start(&w)) return EXIT_INPUT;
    for (size_t i = 0; i < script.commands.len; i++) run_directive(&w, &script.commands.at[i]);
    if (!w.no_run) wast_stop(&w);
    return w.failures ? EXIT_INPUT : EXIT_OK;
}

const CommandSpec cmd_wast = {
    .run = run,
    .with = WITH_FEATURES,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Runs a test script as the specification's test suite has them: instantiates its "
             "modules and "
             "components, calls their functions, and compares. Prints nothing where all holds.",
    .examples = "Run a script\n$ witc wast i32.wast\n"
                "Only see what is valid\n$ witc wast --no-run -f all resources.wast\n",
};
