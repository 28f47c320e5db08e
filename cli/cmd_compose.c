/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc compose`: links components together, by a manifest in YAML, by the names of files, or by a
 * program in the language WAC. */
#include "cli/compose.h"
#include "wac/wac.h"

typedef struct {
    Str config;
    StrVec definitions, search_paths, packages;
    Str deps_dir;
    bool no_imports, import_dependencies, no_validate;
    ComposeOptions compose;
} Options;

static const Option option_table[] = {
    TEXT(Options, config, 'c', "config", "FILE", "The manifest; its paths are relative to it"),
    LIST(Options, definitions, 'd', "definitions", "COMPONENT",
         "A component whose exports serve imports of the same name everywhere; with a program in "
         "WAC, PACKAGE=PATH"),
    LIST(Options, packages, 0, "dep", "PACKAGE=PATH", "With a program in WAC: the same as -d"),
    FLAG(Options, import_dependencies, 0, "import-dependencies",
         "With a program in WAC: import its packages instead of having them inside"),
    FLAG(Options, no_validate, 0, "no-validate", "The same as --skip-validation"),
    TEXT(Options, deps_dir, 0, "deps-dir", "DIR",
         "Where a program in WAC finds its packages (default: deps)"),
    LIST(Options, search_paths, 'p', "search-path", "DIR",
         "Where components are looked for by name"),
    FLAG(Options, no_imports, 0, "no-imports", "Refuse to leave an instance imported"),
    COMPOSE_OPTIONS(Options, compose),
};

static const Argument arguments[] = {
    {"ROOT",
     "The component whose exports the result has, or a program in WAC (`.wac`); none where the "
     "manifest names the roots",
     ARGUMENT_OPTIONAL},
    {0}};

/* ---- programs in WAC ---- */

typedef struct {
    Cli *cli;
    const Options *options;
    StrVec given; /* PACKAGE=PATH */
} Packages;

static const Source *package_at(Cli *cli, Str path) {
    if (!file_is_directory(cli->arena, path) && !str_ends(path, STR(".wit"))) {
        const Source *source = load_binary_file(cli, path, features_all());
        if (!source || input_kind(source->text) == KIND_COMPONENT) return source;
        cli_wrong_kind(cli, source, "a component");
        return NULL;
    }
    const WitSelection selection = {.all = true};
    WitModel *model = load_wit(cli, path, &selection);
    CompComponent *package = model ? comp_encode_package(cli->arena, model, &cli->diags) : NULL;
    if (!package) return NULL;
    Buf bytes = {.arena = cli->arena};
    comp_encode(package, &bytes);
    Source *source = ARENA_NEW(cli->arena, Source);
    *source = (Source){.path = path, .text = buf_text(&bytes), .binary = true};
    return source;
}

/* DIR/ns/name[/version], as a folder of WIT or with .wasm, .wat or .wit at its end. */
static const Source *read_package(Arena *arena, Str name, Semver version, void *context,
                                  Diags *diags) {
    (void)diags; /* they are the Cli's */
    const Packages *packages = context;
    Cli *cli = packages->cli;
    Str versioned = str_fmt(arena, "%.*s@%.*s", STR_ARG(name), STR_ARG(version.text));
    for (size_t i = 0; i < packages->given.len; i++) {
        Str text = packages->given.at[i];
        size_t equals = str_find(text, '=', 0);
        Str key = str_from_to(text, 0, equals);
        if (equals != SIZE_MAX && (str_eq(key, version.text.len ? versioned : name)))
            return package_at(cli, str_after(text, equals + 1));
    }
    Str path = packages->options->deps_dir.len ? packages->options->deps_dir : STR("deps");
    for (size_t from = 0; from < name.len;) {
        size_t to = str_find(name, ':', from);
        if (to == SIZE_MAX) to = name.len;
        path = path_join(arena, path, str_from_to(name, from, to));
        from = to + 1;
    }
    if (version.text.len) path = path_join(arena, path, version.text);
    static const char *const endings[] = {"", ".wasm", ".wat", ".wit"};
    for (int i = 0; i < 4; i++) {
        Str file = str_fmt(arena, "%.*s%s", STR_ARG(path), endings[i]);
        if (file_exists(arena, file) && file_is_directory(arena, file) == (i == 0))
            return package_at(cli, file);
    }
    return NULL;
}

/* The name that wac gives the import of a package. */
static Str import_name(Arena *arena, Str package) {
    size_t at = str_find(package, '@', 0);
    if (at == SIZE_MAX) return STR_JOIN(arena, STR("unlocked-dep=<"), package, STR(">"));
    return STR_JOIN(arena, STR("unlocked-dep=<"), str_from_to(package, 0, at), STR("@{>="),
                    str_after(package, at + 1), STR("}>"));
}

static bool collect_packages(Cli *cli, Packages *packages) {
    const StrVec *lists[] = {&packages->options->packages, &packages->options->definitions};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < lists[k]->len; i++) {
            *vec_push(cli->arena, &packages->given) = lists[k]->at[i];
            if (str_find(lists[k]->at[i], '=', 0) != SIZE_MAX) continue;
            diag(&cli->diags, CLI_WAC_DEFINITION, span_none(), STR_ARG(lists[k]->at[i]));
            return false;
        }
    return true;
}

static int run_wac(Cli *cli, Str path, const Options *options) {
    Packages packages = {.cli = cli, .options = options};
    const WacOptions how = {.read = read_package, .context = &packages};
    if (!collect_packages(cli, &packages)) return EXIT_USAGE;
    const Source *program = file_read(cli->arena, path, &cli->diags);
    CompGraph graph = compose_graph(cli, &options->compose);
    graph.merge_versions = true;
    graph.skip_validation |= options->no_validate;
    if (!program || !wac_graph(&graph, program, &how)) return EXIT_INPUT;
    for (size_t i = 0; i < graph.parts.len && options->import_dependencies; i++) {
        graph.parts.at[i]->imported = true;
        graph.parts.at[i]->import_name = import_name(cli->arena, graph.parts.at[i]->name);
    }
    return compose_finish(cli, &graph, &options->compose);
}

/* ---- manifests ---- */

static int run(Cli *cli, void *given) {
    const Options *options = given;
    if (cli->args.len && str_ends(cli->args.at[0], STR(".wac")))
        return run_wac(cli, cli->args.at[0], options);
    ComposeOptions finish = options->compose;
    Str lock = {0};
    CompComposeOptions how = {.definitions = options->definitions,
                              .search_paths = options->search_paths,
                              .no_imports = options->no_imports,
                              .features = features_all(),
                              .read = compose_read,
                              .context = cli,
                              .lock = &lock};
    if (options->config.len) {
        how.config = file_read(cli->arena, options->config, &cli->diags);
        if (!how.config) return EXIT_INPUT;
        InputKind kind = input_kind(how.config->text);
        if (kind != KIND_TEXT && kind != KIND_WASM_TEXT) {
            cli_wrong_kind(cli, how.config, "a manifest in YAML");
            return EXIT_INPUT;
        }
    }
    bool rooted = cli->args.len || !how.config;
    const Source *root = rooted ? load_component(cli, 0, features_all()) : NULL;
    if (rooted && !root) return EXIT_INPUT;
    CompGraph graph = compose_graph(cli, &finish);
    graph.skip_validation |= options->no_validate;
    if (!comp_compose_graph(&graph, root, &how)) return EXIT_INPUT;
    if (!finish.lock.len) finish.lock = lock;
    return compose_finish(cli, &graph, &finish);
}

const CommandSpec cmd_compose = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Links components: the imports of the root, and those of what serves them, are connected "
        "to other components' exports as the manifest says. What nobody serves stays an import of "
        "the result.\n"
        "Keys of the manifest, as wasm-compose has them: `dependencies` (name: path), "
        "`instantiations` (name: dependency, arguments; `root` is the root), `definitions`, "
        "`search-paths`, `import-components`, `disallow-imports`, `skip-validation`. And `root`, "
        "`roots`, `exports`, `wiring`, `semver`, `lock`, `limits`, `grants`, which docs/LINKING.md "
        "explains.",
    .examples = "By a program in the language WAC\n$ witc compose --deps-dir deps app.wac -o "
                "program.wasm\n"
                "By a manifest\n$ witc compose -c compose.yml app.wasm -o program.wasm\n"
                "Who serves whom, and why\n$ witc compose -c compose.yml app.wasm --explain\n"
                "One component serves whatever it can\n$ witc compose -d calculator.wasm app.wasm "
                "-o program.wasm\n",
};
