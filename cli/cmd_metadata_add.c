/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc metadata add`: writes, changes or removes what a module or component tells about itself.
 * What is nested in it, and all other sections, stay as they are.
 */
#include "cli/load.h"

typedef struct {
    Str name, texts[COMP_METADATA_TEXTS];
    bool clear_name, clear[COMP_METADATA_TEXTS];
    StrVec language, processed_by, sdk;
    DwarfChoice dwarf;
} Options;

/* The options of a text: to set it, and to remove it. */
#define TEXTS(id, name, help)                                                                      \
    TEXT(Options, texts[COMP_METADATA_##id], 0, name, "TEXT", help),                               \
        FLAG(Options, clear[COMP_METADATA_##id], 0, "clear-" name, "Remove it")

static const Option option_table[] = {
    TEXT(Options, name, 0, "name", "NAME", "The name of the module or component"),
    FLAG(Options, clear_name, 0, "clear-name", "Remove it"),
    LIST(Options, language, 0, "language", "NAME=VERSION", "A language it was written in"),
    LIST(Options, processed_by, 0, "processed-by", "NAME=VERSION", "A tool that made it"),
    LIST(Options, sdk, 0, "sdk", "NAME=VERSION", "An SDK it was made with"),
    TEXTS(AUTHORS, "authors", "The people or organization responsible, and how to reach them"),
    TEXTS(DESCRIPTION, "description", "What it is for"),
    TEXTS(LICENSES, "licenses", "Its licenses, as an SPDX license expression"),
    TEXTS(SOURCE, "source", "The URL of its source code"),
    TEXTS(HOMEPAGE, "homepage", "A URL with more about it"),
    TEXTS(REVISION, "revision", "The revision of its source code"),
    TEXTS(VERSION, "version", "Its version"),
    DWARF_CHOICE(Options, dwarf),
};

static const Argument arguments[] = {
    {"INPUT", "A core module or component; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

static bool take_change(Cli *cli, const char *name, Str text, bool clear,
                        CompMetadataChange *change) {
    if (clear && text.ptr) {
        diag(&cli->diags, CLI_CONFLICT, span_none(),
             str_c(cli->arena, str_fmt(cli->arena, "--%s", name)),
             str_c(cli->arena, str_fmt(cli->arena, "--clear-%s", name)));
        return false;
    }
    change->change = clear      ? COMP_METADATA_CLEAR
                     : text.ptr ? COMP_METADATA_SET
                                : COMP_METADATA_KEEP;
    change->text = text;
    return true;
}

static bool take_producers(Cli *cli, const char *field, const StrVec *values,
                           CompMetadataEdit *edit) {
    for (size_t i = 0; i < values->len; i++) {
        size_t equals = str_find(values->at[i], '=', 0);
        if (equals == SIZE_MAX) {
            diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(values->at[i]),
                 STR_ARG(str_fmt(cli->arena, "--%s", field)), "NAME=VERSION");
            return false;
        }
        comp_producers_add(cli->arena, &edit->producers, str_from(field),
                           str_from_to(values->at[i], 0, equals),
                           str_after(values->at[i], equals + 1));
    }
    return true;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    CompMetadataEdit edit = {0};
    bool ok = take_change(cli, "name", options->name, options->clear_name, &edit.name) &&
              take_producers(cli, "language", &options->language, &edit) &&
              take_producers(cli, "processed-by", &options->processed_by, &edit) &&
              take_producers(cli, "sdk", &options->sdk, &edit);
    for (unsigned i = 0; i < COMP_METADATA_TEXTS && ok; i++)
        ok = take_change(cli, comp_metadata_text_name((CompMetadataText)i), options->texts[i],
                         options->clear[i], &edit.texts[i]);
    if (!ok) return EXIT_USAGE;
    const Source *source = load_binary_debug(cli, 0, features_all(), &options->dwarf);
    Buf out = {.arena = cli->arena};
    if (!source || !comp_metadata_edit(cli->arena, source, &edit, &out, &cli->diags))
        return EXIT_INPUT;
    return write_binary(cli, out);
}

const CommandSpec cmd_metadata_add = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Writes into custom sections what a core module or component tells about itself. "
             "Producers join those that are there; a text takes the place of the one before. What "
             "is nested in a component stays as it is.",
    .examples = "Tell the version and the license\n"
                "$ witc metadata add --version 1.2.0 --licenses MIT app.wasm -o app.wasm\n"
                "Remove the name\n$ witc metadata add --clear-name app.wasm -o app.wasm\n",
};
