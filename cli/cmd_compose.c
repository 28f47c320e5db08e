/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc compose`: links components together, by a manifest in YAML or by the names of files. */
#include "cli/load.h"

typedef struct {
    Str config;
    StrVec definitions, search_paths;
    bool skip_validation, no_imports;
} Options;

static const Option option_table[] = {
    TEXT(Options, config, 'c', "config", "FILE", "The manifest; its paths are relative to it"),
    LIST(Options, definitions, 'd', "definitions", "COMPONENT",
         "A component whose exports serve imports of the same name everywhere"),
    LIST(Options, search_paths, 'p', "search-path", "DIR",
         "Where components are looked for by name"),
    FLAG(Options, skip_validation, 0, "skip-validation", "Do not validate the result"),
    FLAG(Options, no_imports, 0, "no-imports", "Refuse to leave an instance imported"),
};

static const Argument arguments[] = {
    {"ROOT", "The component whose exports the result has", ARGUMENT_REQUIRED}, {0}};

static const Source *read_component(Arena *arena, Str path, void *context, Diags *diags) {
    (void)arena, (void)diags; /* they are the Cli's */
    Cli *cli = context;
    const Source *source = load_binary_file(cli, path, features_all());
    if (source && input_kind(source->text) != KIND_COMPONENT) {
        cli_wrong_kind(cli, source, "a component");
        return NULL;
    }
    return source;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    CompComposeOptions how = {.no_imports = options->no_imports,
                              .skip_validation = options->skip_validation,
                              .features = features_all(),
                              .read = read_component,
                              .context = cli};
    if (options->config.len) {
        how.config = file_read(cli->arena, options->config, &cli->diags);
        if (!how.config) return EXIT_INPUT;
        InputKind kind = input_kind(how.config->text);
        if (kind != KIND_TEXT && kind != KIND_WASM_TEXT) {
            cli_wrong_kind(cli, how.config, "a manifest in YAML");
            return EXIT_INPUT;
        }
    }
    for (size_t i = 0; i < options->definitions.len; i++) {
        *vec_push(cli->arena, &how.definitions) = options->definitions.at[i];
    }
    for (size_t i = 0; i < options->search_paths.len; i++) {
        *vec_push(cli->arena, &how.search_paths) = options->search_paths.at[i];
    }
    const Source *root = load_component(cli, 0, features_all());
    CompComponent *component = root ? comp_compose(cli->arena, root, &how, &cli->diags) : NULL;
    if (!component) return EXIT_INPUT;
    Buf bytes = {.arena = cli->arena};
    comp_encode(component, &bytes);
    return write_binary(cli, bytes);
}

const CommandSpec cmd_compose = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Links components: the imports of the root, and those of what serves them, are connected "
        "to "
        "other components' exports as the manifest says. What nobody serves stays an import of "
        "the result.\n"
        "Keys of the manifest: `dependencies` (name: path), `instantiations` (name: dependency, "
        "arguments; `root` is the root), `definitions`, `search-paths`, `import-components`, "
        "`disallow-imports`, `skip-validation`.",
    .examples = "By a manifest\n$ witc compose -c compose.yml app.wasm -o program.wasm\n"
                "One component serves whatever it can\n$ witc compose -d calculator.wasm app.wasm "
                "-o program.wasm\n",
};
