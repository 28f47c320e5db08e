/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc component wit`: the WIT of a package, component or module, as text, binary or JSON. */
#include <errno.h>
#include <sys/stat.h>

#include "cli/load.h"

typedef struct {
    WitSelection wit;
    bool wasm, json, no_docs, skip_validation;
    bool importize, exportize;
    Str importize_world, importize_name, exportize_world, exportize_name;
    StrVec exportize_imports;
    Str merge_world, nominal_world, out_dir;
} Options;

static const Option option_table[] = {
    FLAG(Options, wasm, 'w', "wasm", "Write the WIT package as a binary"),
    FLAG(Options, json, 'j', "json", "Write the resolved types as JSON"),
    TEXT(Options, out_dir, 0, "out-dir", "DIR", "Write every package to a file below this folder"),
    FLAG(Options, no_docs, 0, "no-docs", "Leave out the comments"),
    FLAG(Options, skip_validation, 0, "skip-validation", "Do not validate the binary of -w or -t"),
    FLAG(Options, importize, 0, "importize", "Turn the exports of a component into imports"),
    TEXT(Options, importize_world, 0, "importize-world", "WORLD",
         "Turn a world's exports into its imports: how its user sees it"),
    TEXT(Options, importize_name, 0, "importize-out-world-name", "NAME",
         "What that world is called"),
    FLAG(Options, exportize, 0, "exportize", "Turn the imports of a component into exports"),
    TEXT(Options, exportize_world, 0, "exportize-world", "WORLD",
         "Turn a world's imports into its exports: how its provider sees it"),
    TEXT(Options, exportize_name, 0, "exportize-out-world-name", "NAME",
         "What that world is called"),
    LIST(Options, exportize_imports, 0, "exportize-import", "NAME",
         "Only this import; once for each that is to become an export"),
    TEXT(Options, merge_world, 0, "merge-world-imports-based-on-semver", "WORLD",
         "Unite imports of a world that differ only in compatible versions"),
    TEXT(Options, nominal_world, 0, "generate-nominal-type-ids", "WORLD",
         "Give interfaces that a world both imports and exports types of their own"),
    WIT_SELECTION(Options, wit),
};

static const Argument arguments[] = {
    {"INPUT",
     "A folder or file of WIT, a WIT package as a binary, a component, or a core module with its "
     "world embedded; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

static WitWorld *select_world(Cli *cli, const WitModel *model, Str name) {
    return wit_select_world(model, name, &cli->diags);
}

/* The options that change the model; a world is given by name, or is a component's only one. */
static bool transform(Cli *cli, WitModel *model, const Options *o) {
    WitWorld *world = NULL;
    if (o->importize || o->importize_world.len) {
        world = select_world(cli, model, o->importize_world);
        if (!world || !wit_importize(model, world, o->importize_name, &cli->diags)) return false;
    }
    if (o->exportize || o->exportize_world.len) {
        world = select_world(cli, model, o->exportize_world);
        const StrVec *names = &o->exportize_imports;
        if (!world ||
            !wit_exportize(model, world, o->exportize_name, names->at, names->len, &cli->diags)) {
            return false;
        }
    }
    if (o->merge_world.len) {
        world = select_world(cli, model, o->merge_world);
        if (!world || !wit_merge_imports_by_semver(model, world, &cli->diags)) return false;
    }
    if (o->nominal_world.len) {
        world = select_world(cli, model, o->nominal_world);
        if (!world || !wit_make_types_nominal(model, world, &cli->diags)) return false;
    }
    if (world) model->main = model->packages.at[world->package->id]; /* what is printed first */
    return true;
}

static bool make_directory(Cli *cli, Str path) {
    if (mkdir(str_c(cli->arena, path), 0777) == 0 || errno == EEXIST) return true;
    diag(&cli->diags, FILE_WRITE, span_none(), STR_ARG(path), strerror(errno));
    return false;
}

/* What the package's file is called: its name, with as much more as it takes to be the only one: the
 * namespace if another one has that name too, the version if this one has it twice. */
static Str file_stem(Arena *arena, const WitModel *model, const WitPackage *package) {
    bool other_ns = false, other_version = false;
    for (size_t i = 0; i < model->packages.len; i++) {
        const WitPackage *other = model->packages.at[i];
        if (other == package || !str_eq(other->name, package->name)) continue;
        if (str_eq(other->ns, package->ns)) other_version = true;
        else other_ns = true;
    }
    if (other_ns && other_version) return wit_package_id(arena, package);
    if (other_ns) return str_fmt(arena, "%.*s:%.*s", STR_ARG(package->ns), STR_ARG(package->name));
    if (!other_version || !package->version.text.len) return package->name;
    return str_fmt(arena, "%.*s@%.*s", STR_ARG(package->name), STR_ARG(package->version.text));
}

/* The main package as DIR/name.wit, the others as DIR/deps/[ns:]name[@version].wit. */
static int write_directory(Cli *cli, const WitModel *model, Str directory,
                           const WitcPrintOptions *print) {
    Str deps = path_join(cli->arena, directory, STR("deps"));
    if (!make_directory(cli, directory)) return EXIT_INPUT;
    if (model->packages.len > 1 && !make_directory(cli, deps)) return EXIT_INPUT;
    for (size_t i = 0; i < model->packages.len; i++) {
        const WitPackage *package = model->packages.at[i];
        Str stem = file_stem(cli->arena, model, package);
        Str file = str_concat(cli->arena, stem, STR(".wit"));
        Str path = path_join(cli->arena, package == model->main ? directory : deps, file);
        Buf text = {.arena = cli->arena};
        witc_print_package(model, package, false, print, &text);
        if (!file_write(cli->arena, path, buf_text(&text), &cli->diags)) return EXIT_INPUT;
        Str said = str_fmt(cli->arena, "Writing: %.*s\n", STR_ARG(path));
        if (!file_write(cli->arena, STR("-"), said, &cli->diags)) return EXIT_INPUT;
    }
    return EXIT_OK;
}

static int write_package(Cli *cli, const WitModel *model, const Options *options) {
    CompComponent *component = comp_encode_package(cli->arena, model, &cli->diags);
    if (!component) return EXIT_INPUT;
    Buf bytes = {.arena = cli->arena};
    comp_encode(component, &bytes);
    const Source *made = source_of(cli->arena, STR("<output>"), buf_text(&bytes));
    if (!options->skip_validation && !check_valid(cli, made, features_tools(), 0))
        return EXIT_INPUT;
    return write_binary(cli, bytes);
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    if (options->json && (options->wasm || cli->wat)) {
        diag(&cli->diags, CLI_CONFLICT, span_none(), "--json", options->wasm ? "--wasm" : "--wat");
        return EXIT_USAGE;
    }
    WitModel *model = load_wit(cli, cli->args.len ? cli->args.at[0] : STR("-"), &options->wit);
    if (!model || !transform(cli, model, options)) return EXIT_INPUT;
    const WitcPrintOptions print = {.no_docs = options->no_docs};
    if (options->out_dir.len) return write_directory(cli, model, options->out_dir, &print);
    if (options->wasm || cli->wat) return write_package(cli, model, options);
    Buf text = {.arena = cli->arena};
    if (options->json) witc_json(model, &text);
    else witc_print(model, &print, &text);
    return cli_write(cli, buf_text(&text));
}

const CommandSpec cmd_component_wit = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Reads WIT, checks it and resolves its names, and writes it: as text, as a binary, or as "
        "JSON. Of a component or a core module it tells the world.",
    .examples = "Check a package and lay it out\n$ witc component wit wit/\n"
                "What a component needs and offers\n$ witc component wit program.wasm\n"
                "A package as one file\n$ witc component wit --wasm wit/ -o package.wasm\n",
};
