/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc component new`: a core module becomes a component. */
#include "cli/load.h"

typedef struct {
    StrVec adapters, import_names;
    bool validate, merge_semver, debug_names, reject_legacy, realloc_via_grow, return_call_ref;
} Options;

static const Options defaults = {.validate = true, .merge_semver = true, .debug_names = true};

static const Option option_table[] = {
    LIST(
        Options, adapters, 0, "adapt", "[NAME=]MODULE",
        "A module that provides the imports of module NAME (or of its file's name) by the world's"),
    LIST(Options, import_names, 0, "import-name", "OLD=NEW",
         "Import the interface OLD under the name NEW"),
    FLAG(Options, validate, 0, "validate", "Validate the component (on; --no-validate)"),
    FLAG(Options, merge_semver, 0, "merge-imports-based-on-semver",
         "Unite imports that differ only in compatible versions (on)"),
    FLAG(Options, debug_names, 0, "debug-names", "Write names into the component (on)"),
    FLAG(Options, reject_legacy, 0, "reject-legacy-names",
         "Accept only the names of the standard, `cm32p2...`"),
    FLAG(Options, realloc_via_grow, 0, "realloc-via-memory-grow",
         "Give an adapter its memory by memory.grow"),
    FLAG(Options, return_call_ref, 0, "return-call-ref",
         "Let shims be tail calls by reference, for engines that have them"),
};

static const Argument arguments[] = {
    {"INPUT",
     "A core module with its world embedded; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

/* "name=path", or a path whose file's name up to the first '.' is the name. */
static bool load_adapter(Cli *cli, Str given, CompAdapter *adapter) {
    size_t equals = str_find(given, '=', 0);
    Str path = equals == SIZE_MAX ? given : str_after(given, equals + 1);
    Str file = path_file(path);
    adapter->name = equals == SIZE_MAX ? str_from_to(file, 0, str_find(file, '.', 0))
                                       : str_from_to(given, 0, equals);
    adapter->source = load_binary_file(cli, path, features_all());
    if (adapter->source && input_kind(adapter->source->text) != KIND_CORE_MODULE) {
        cli_wrong_kind(cli, adapter->source, "a core module");
        return false;
    }
    return adapter->source != NULL;
}

static bool parse_rename(Cli *cli, Str given, CompRename *rename) {
    size_t equals = str_find(given, '=', 0);
    if (equals == SIZE_MAX) {
        diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(given), STR_ARG(STR("--import-name")),
             "OLD=NEW");
        return false;
    }
    *rename = (CompRename){str_from_to(given, 0, equals), str_after(given, equals + 1)};
    return true;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    CompAdapter *adapters = ARENA_NEW_ARRAY(cli->arena, CompAdapter, options->adapters.len);
    for (size_t i = 0; i < options->adapters.len; i++) {
        if (!load_adapter(cli, options->adapters.at[i], &adapters[i])) return EXIT_INPUT;
    }
    CompRename *renames = ARENA_NEW_ARRAY(cli->arena, CompRename, options->import_names.len);
    for (size_t i = 0; i < options->import_names.len; i++)
        if (!parse_rename(cli, options->import_names.at[i], &renames[i])) return EXIT_USAGE;
    const Source *module = load_module(cli, 0, features_all());
    if (!module) return EXIT_INPUT;
    CompNewOptions how = {.renames = renames,
                          .rename_count = options->import_names.len,
                          .adapters = adapters,
                          .adapter_count = options->adapters.len,
                          .features = features_all(),
                          .no_debug_names = !options->debug_names,
                          .no_semver_merge = !options->merge_semver,
                          .reject_legacy_names = options->reject_legacy,
                          .realloc_via_memory_grow = options->realloc_via_grow,
                          .return_call_ref = options->return_call_ref};
    CompComponent *component = comp_componentize(cli->arena, module, &how, &cli->diags);
    if (!component) return EXIT_INPUT;
    Buf bytes = {.arena = cli->arena};
    comp_encode(component, &bytes);
    const Source *made = source_of(cli->arena, STR("<output>"), buf_text(&bytes));
    if (options->validate && !check_valid(cli, made, features_all())) return EXIT_INPUT;
    return write_binary(cli, bytes);
}

const CommandSpec cmd_component_new = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    .defaults = &defaults,
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Makes a component of a core module. The module tells its world in a custom section, which "
        "the C bindings or `witc component embed` have written; its imports and exports must "
        "be those of the world.",
    .examples =
        "After linking C with its bindings\n$ witc component new app.core.wasm -o app.wasm\n"
        "A program of WASI 0.1\n"
        "$ witc component new --adapt wasi_snapshot_preview1.command.wasm old.wasm -o new.wasm\n",
};
