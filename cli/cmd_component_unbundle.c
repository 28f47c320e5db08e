/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc component unbundle`: writes the large core modules of a component to files; the component then
 * imports them. What is no component passes as it is.
 */
#include "cli/load.h"

typedef struct {
    Str module_dir;
    uint64_t threshold;
    DwarfChoice dwarf;
} Options;

static const Options defaults = {.threshold = 10 << 10};

static const Option option_table[] = {
    TEXT(Options, module_dir, 0, "module-dir", "DIR",
         "Where the modules go, as `unbundled-module0.wasm` and so on; made if it is missing"),
    NUMBER(Options, threshold, 0, "threshold", "BYTES",
           "Take out what is larger than this (default 10K)"),
    DWARF_CHOICE(Options, dwarf),
};

static const Argument arguments[] = {
    {"INPUT", "A component; standard input where there is none or it is `-`", ARGUMENT_OPTIONAL},
    {0},
};

static int run(Cli *cli, void *given) {
    const Options *options = given;
    if (!options->module_dir.len) {
        diag(&cli->diags, CLI_MISSING_OPTION, span_none(), "--module-dir");
        return EXIT_USAGE;
    }
    Features features = features_all();
    const Source *source = load_binary_debug(cli, 0, features, &options->dwarf);
    if (!source) return EXIT_INPUT;
    Buf out = {.arena = cli->arena};
    CompUnbundledList modules = {0};
    const CompComponent *component = NULL;
    if (comp_is_component(source->text)) {
        component = comp_decode(cli->arena, source, features, &cli->diags);
        if (!component || !comp_validate(cli->arena, component, features, &cli->diags))
            return EXIT_INPUT;
        component = comp_unbundle(cli->arena, component, options->threshold, &modules, &cli->diags);
        if (!component) return EXIT_INPUT;
    }
    if (!modules.len) {
        buf_str(&out, source->text);
        return write_binary(cli, out);
    }
    comp_encode(component, &out);
    const Source *made = source_of(cli->arena, STR("<output>"), buf_text(&out));
    if (!check_valid(cli, made, features, 0)) return EXIT_INPUT;
    if (!cli_make_directories(cli, options->module_dir)) return EXIT_INPUT;
    for (size_t i = 0; i < modules.len; i++) {
        Str file = str_fmt(cli->arena, "%.*s.wasm", STR_ARG(modules.at[i].name));
        Str path = path_join(cli->arena, options->module_dir, file);
        if (!file_write(cli->arena, path, modules.at[i].bytes, &cli->diags)) return EXIT_INPUT;
    }
    return write_binary(cli, out);
}

const CommandSpec cmd_component_unbundle = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    .defaults = &defaults,
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Writes the core modules in a component, also those in components inside of it, to "
             "files of their own. The component imports them instead, by the names of the files "
             "without `.wasm`.",
    .examples = "Large modules apart from the component\n"
                "$ witc component unbundle --module-dir modules app.wasm -o thin.wasm\n"
                "All modules\n"
                "$ witc component unbundle --module-dir modules --threshold 0 app.wasm -o "
                "thin.wasm\n",
};
