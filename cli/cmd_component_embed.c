/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc component embed`: writes a world into a core module, for `component new`. */
#include "cli/load.h"

typedef struct {
    WitSelection wit;
    Str world;
    unsigned encoding;
    Str dummy_names;
    bool dummy, only_custom, callback, stackful;
    DwarfChoice dwarf;
} Options;

static const Option option_table[] = {
    TEXT(Options, world, 'w', "world", "WORLD",
         "The world; needed where the package has several. `ns:pkg/world` names one of another"),
    CHOICE(Options, encoding, 0, "encoding", ENCODING_CHOICES,
           "The encoding of the module's strings"),
    FLAG(Options, dummy, 0, "dummy",
         "Read no module but make one that has all that the world wants"),
    TEXT(Options, dummy_names, 0, "dummy-names", "legacy|standard32",
         "The same, with names of this scheme"),
    FLAG(Options, callback, 0, "async-callback",
         "With `--dummy-names legacy`: functions are asynchronous and have callbacks"),
    FLAG(Options, stackful, 0, "async-stackful", "The same without callbacks"),
    FLAG(Options, only_custom, 0, "only-custom", "Write only the contents of the custom section"),
    WIT_SELECTION(Options, wit),
    DWARF_CHOICE(Options, dwarf),
};

static const Argument arguments[] = {
    {"WIT", "A folder or file of WIT, or a WIT package as a binary", ARGUMENT_REQUIRED},
    {"INPUT", "A core module; standard input where there is none or it is `-`", ARGUMENT_OPTIONAL},
    {0},
};

static bool conflict(Cli *cli, const char *a, const char *b) {
    diag(&cli->diags, CLI_CONFLICT, span_none(), a, b);
    return false;
}

/* Is a dummy wanted, and with which names? The names of the standard have no asynchronous forms. */
static bool wants_dummy(Cli *cli, const Options *options, bool *dummy, CompNaming *naming) {
    bool async = options->callback || options->stackful,
         legacy = str_is(options->dummy_names, "legacy");
    *dummy = options->dummy || options->dummy_names.len || async;
    *naming = options->callback   ? COMP_NAMES_CALLBACK
              : options->stackful ? COMP_NAMES_STACKFUL
              : legacy            ? COMP_NAMES_LEGACY
                                  : COMP_NAMES_STANDARD32;
    if (options->dummy_names.len && !legacy && !str_is(options->dummy_names, "standard32")) {
        diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(options->dummy_names),
             STR_ARG(STR("--dummy-names")), "legacy|standard32");
        return false;
    }
    if (options->callback && options->stackful)
        return conflict(cli, "--async-callback", "--async-stackful");
    if (*dummy && options->only_custom) return conflict(cli, "--dummy", "--only-custom");
    if (async && options->dummy_names.len && !legacy)
        return conflict(cli, "--async-...", "--dummy-names standard32");
    if (async && options->dummy)
        return conflict(cli, "--async-...", "--dummy (its names are standard32)");
    return true;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    bool dummy;
    CompNaming naming;
    if (!wants_dummy(cli, options, &dummy, &naming)) return EXIT_USAGE;
    WitModel *model = load_wit(cli, cli->args.at[0], &options->wit);
    const WitWorld *world = model ? wit_select_world(model, options->world, &cli->diags) : NULL;
    if (!world) return EXIT_INPUT;
    AbiEncoding encoding = (AbiEncoding)options->encoding;
    Str core = {0};
    Buf bytes = {.arena = cli->arena};
    if (options->only_custom) {
        buf_str(&bytes, comp_encode_world(cli->arena, model, world, encoding, &cli->diags));
        return write_binary(cli, bytes);
    }
    if (dummy) {
        Buf made = {.arena = cli->arena};
        comp_dummy_module(cli->arena, world, naming, &made);
        core = buf_text(&made);
    } else {
        const Source *source = load_module_debug(cli, 1, features_all(), &options->dwarf);
        if (!source) return EXIT_INPUT;
        core = source->text;
    }
    if (!comp_embed(cli->arena, model, world, encoding, core, &bytes, &cli->diags))
        return EXIT_INPUT;
    return write_binary(cli, bytes);
}

const CommandSpec cmd_component_embed = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Writes a world into a core module as a custom section `component-type`, where `witc "
             "component new` finds it. C bindings bring that section along by themselves; this is "
             "for modules that were written otherwise.",
    .examples = "A module in the text format\n"
                "$ witc component embed -w arithmetic wit calculator.wat -o calculator.core.wasm\n"
                "How the exports must look\n$ witc component embed --dummy -w arithmetic wit -t\n",
};
