/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc retarget`: other versions in the names of what a component imports and exports. */
#include "cli/load.h"

typedef struct {
    StrVec wasi;
} Options;

static const Option option_table[] = {
    LIST(Options, wasi, 0, "wasi", "OLD=NEW",
         "The version of all packages `wasi:`, such as 0.2.3=0.2.12"),
};

static const Argument arguments[] = {
    {"COMPONENT", "A component; `-` is standard input", ARGUMENT_REQUIRED},
    {"NAME@OLD=NEW",
     "A package or interface, its version here and the one that it gets: wasi:io@0.2.3=0.2.6",
     ARGUMENT_REPEATED},
    {0},
};

typedef VEC(CompVersionChange) Changes;

/* [NAME@]OLD=NEW */
static bool add_change(Cli *cli, Changes *changes, Str text, Str name) {
    CompVersionChange change = {.name = name};
    const char *expected = name.len ? "OLD=NEW with two versions" : "NAME@OLD=NEW";
    Str rest = text;
    if (!name.len) {
        size_t at = str_find(text, '@', 0);
        change.name = str_from_to(text, 0, at);
        rest = at == SIZE_MAX ? (Str){0} : str_after(text, at + 1);
    }
    size_t equals = str_find(rest, '=', 0);
    if (change.name.len && equals != SIZE_MAX &&
        semver_parse(str_from_to(rest, 0, equals), &change.from) &&
        semver_parse(str_after(rest, equals + 1), &change.to)) {
        *vec_push(cli->arena, changes) = change;
        return true;
    }
    diag(&cli->diags, RETARGET_SYNTAX, span_none(), expected, STR_ARG(text));
    return false;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    Changes changes = {0};
    for (size_t i = 0; i < options->wasi.len; i++)
        if (!add_change(cli, &changes, options->wasi.at[i], STR("wasi"))) return EXIT_USAGE;
    for (size_t i = 1; i < cli->args.len; i++)
        if (!add_change(cli, &changes, cli->args.at[i], (Str){0})) return EXIT_USAGE;
    if (!changes.len) {
        diag(&cli->diags, CLI_MISSING_OPTION, span_none(), "--wasi");
        return EXIT_USAGE;
    }
    Features features = features_all();
    const Source *source = load_component(cli, 0, features);
    CompComponent *component =
        source ? comp_decode(cli->arena, source, features, &cli->diags) : NULL;
    if (!component || !comp_validate(cli->arena, component, features, &cli->diags))
        return EXIT_INPUT;
    component = comp_retarget(cli->arena, component, changes.at, changes.len, &cli->diags);
    return component ? write_component(cli, component, features) : EXIT_INPUT;
}

const CommandSpec cmd_retarget = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Changes versions in the names of imported and exported interfaces, in the binary: of the "
        "component itself, and of all inside of it that is joined by these names. Types are not "
        "changed: a host or component that has the other version must fit them, which holds from "
        "an older version to a compatible newer one, and which `witc targets` checks.",
    .examples = "For a host that has WASI 0.2.12\n"
                "$ witc retarget --wasi 0.2.3=0.2.12 app.wasm -o newer.wasm\n"
                "One package\n$ witc retarget app.wasm docs:math@1.0.0=1.1.0 -o newer.wasm\n",
};
