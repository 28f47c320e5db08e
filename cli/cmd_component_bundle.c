/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc component bundle`: puts core modules in place of a component's imports of them, as `unbundle`
 * has made.
 */
#include "base/file.h"
#include "cli/load.h"

typedef struct {
    Str module_dir;
    StrVec modules;
} Options;

static const Option option_table[] = {
    TEXT(Options, module_dir, 0, "module-dir", "DIR",
         "Where the modules are, as `NAME.wasm` or `NAME.wat`; every module that is imported must "
         "be "
         "there"),
    LIST(Options, modules, 0, "module", "NAME=FILE", "The module that is imported by NAME"),
};

static const Argument arguments[] = {
    {"INPUT", "A component; standard input where there is none or it is `-`", ARGUMENT_OPTIONAL},
    {0},
};

static bool add_module(Cli *cli, Str name, Str path, CompUnbundledList *modules) {
    const Source *source = load_binary_file(cli, path, features_all());
    if (!source) return false;
    if (input_kind(source->text) != KIND_CORE_MODULE) {
        cli_wrong_kind(cli, source, "a core module");
        return false;
    }
    *vec_push(cli->arena, modules) = (CompUnbundled){name, source->text};
    return true;
}

/* What --module says of an import; empty: nothing. */
static Str file_for(const Options *options, Str name) {
    for (size_t i = 0; i < options->modules.len; i++) {
        Str given = options->modules.at[i];
        size_t equals = str_find(given, '=', 0);
        if (equals != SIZE_MAX && str_eq(str_from_to(given, 0, equals), name))
            return str_after(given, equals + 1);
    }
    return (Str){0};
}

static bool collect(Cli *cli, const Options *options, const CompComponent *component,
                    CompUnbundledList *modules) {
    for (size_t i = 0; i < component->items.len; i++) {
        const CompItem *item = &component->items.at[i];
        if (item->kind != COMP_ITEM_IMPORT || item->import.type.sort != COMP_CORE_MODULE) continue;
        Str name = item->import.name.name, path = file_for(options, name);
        if (!path.len && options->module_dir.len) {
            path = path_join(cli->arena, options->module_dir,
                             str_concat(cli->arena, name, STR(".wasm")));
            Str text = path_join(cli->arena, options->module_dir,
                                 str_concat(cli->arena, name, STR(".wat")));
            if (!file_exists(cli->arena, path) && file_exists(cli->arena, text)) path = text;
        }
        if (path.len && !add_module(cli, name, path, modules)) return false;
    }
    return true;
}

/* Every --module must have been of use. */
static bool all_used(Cli *cli, const Options *options, const CompUnbundledList *modules) {
    for (size_t i = 0; i < options->modules.len; i++) {
        Str given = options->modules.at[i], name = str_from_to(given, 0, str_find(given, '=', 0));
        bool used = false;
        for (size_t k = 0; k < modules->len; k++) used |= str_eq(modules->at[k].name, name);
        if (used) continue;
        diag(&cli->diags, LINK_BUNDLE_NAME, span_none(), STR_ARG(name));
        return false;
    }
    return true;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    if (!options->module_dir.len && !options->modules.len) {
        diag(&cli->diags, CLI_MISSING_OPTION, span_none(), "--module-dir");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < options->modules.len; i++) {
        if (str_find(options->modules.at[i], '=', 0) != SIZE_MAX) continue;
        diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(options->modules.at[i]),
             STR_ARG(STR("--module")), "NAME=FILE");
        return EXIT_USAGE;
    }
    Features features = features_all();
    const Source *source = load_binary(cli, 0, features);
    if (!source) return EXIT_INPUT;
    if (!comp_is_component(source->text)) {
        cli_wrong_kind(cli, source, "a component");
        return EXIT_INPUT;
    }
    CompUnbundledList modules = {0};
    const CompComponent *component = comp_decode(cli->arena, source, features, &cli->diags);
    if (!component || !comp_validate(cli->arena, component, features, &cli->diags) ||
        !collect(cli, options, component, &modules) || !all_used(cli, options, &modules))
        return EXIT_INPUT;
    return write_component(cli, comp_bundle(cli->arena, component, &modules), features);
}

const CommandSpec cmd_component_bundle = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Puts core modules into a component that imports them: the inverse of `component "
        "unbundle`, whose input comes back byte for byte. A module must fit the type by which it "
        "is imported.",
    .examples = "What unbundle has taken apart\n"
                "$ witc component unbundle --module-dir modules app.wasm -o thin.wasm\n"
                "$ witc component bundle --module-dir modules thin.wasm -o app.wasm\n"
                "One module that is imported by its name\n"
                "$ witc component bundle --module libc=libc.wasm app.wasm -o whole.wasm\n",
};
