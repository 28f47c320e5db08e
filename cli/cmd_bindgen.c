/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc bindgen c`: C bindings of a world, for guests. */

#include "bindgen/bindgen.h"
#include "cli/load.h"

typedef struct {
    WitSelection wit;
    Str world, out_dir, rename_world, suffix;
    StrVec renames, async, sync;
    unsigned encoding, autodrop;
    bool no_helpers, no_sig_flattening, no_object, check, async_helpers, thread_helpers;
} Options;

static const Option option_table[] = {
    TEXT(Options, world, 'w', "world", "WORLD",
         "The world; needed where the package has several. `ns:pkg/world` names one of another"),
    TEXT(Options, out_dir, 0, "out-dir", "DIR", "Where the header and the source go (.)"),
    FLAG(Options, check, 0, "check",
         "Write nothing, fail where the files are not what would be written"),
    CHOICE(Options, encoding, 0, "string-encoding", ENCODING_CHOICES, "The encoding of strings"),
    FLAG(Options, no_helpers, 0, "no-helpers", "Leave out the functions that free and copy values"),
    FLAG(Options, no_sig_flattening, 0, "no-sig-flattening",
         "Pass options and return results as the structs that they are"),
    FLAG(Options, no_object, 0, "no-object-file", "Leave the component's type out of the source"),
    LIST(Options, renames, 0, "rename", "INTERFACE=NAME", "What an interface is called in C"),
    TEXT(Options, rename_world, 0, "rename-world", "NAME",
         "What the world and the files are called"),
    TEXT(Options, suffix, 0, "type-section-suffix", "TEXT",
         "Ends the name of the section with the component's type"),
    CHOICE(Options, autodrop, 0, "autodrop-borrows", "no|yes",
           "Drop borrowed handles when an export returns"),
    COMMAS(
        Options, async, 0, "async", "LIST",
        "Functions to call or implement asynchronously: `all`, `f`, `ns:pkg/iface#f`, either after "
        "`import:` or `export:`; after `-`: which are not"),
    COMMAS(Options, sync, 0, "sync", "LIST",
           "Functions to call or implement synchronously, whatever WIT says, written likewise"),
    FLAG(Options, async_helpers, 0, "generate-async-helpers",
         "The functions for tasks and events, also where no function needs them"),
    FLAG(Options, thread_helpers, 0, "generate-threading-helpers",
         "The functions for threads, and those for tasks and events"),
    WIT_SELECTION(Options, wit),
};

static const Argument arguments[] = {
    {"WIT", "A folder or file of WIT, or a WIT package as a binary", ARGUMENT_REQUIRED},
    {0},
};

static bool parse_renames(Cli *cli, const StrVec *given, GenRename *renames) {
    for (size_t i = 0; i < given->len; i++) {
        size_t equals = str_find(given->at[i], '=', 0);
        if (equals == SIZE_MAX) {
            diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(given->at[i]),
                 STR_ARG(STR("--rename")), "INTERFACE=NAME");
            return false;
        }
        renames[i] =
            (GenRename){str_from_to(given->at[i], 0, equals), str_after(given->at[i], equals + 1)};
    }
    return true;
}

/* `--sync x` is `--async -x`, and comes first. */
static void add_filters(Cli *cli, const Options *options, GenOptions *how) {
    StrVec filters = {0};
    for (size_t i = 0; i < options->sync.len; i++)
        *vec_push(cli->arena, &filters) = str_concat(cli->arena, STR("-"), options->sync.at[i]);
    for (size_t i = 0; i < options->async.len; i++)
        *vec_push(cli->arena, &filters) = options->async.at[i];
    how->async_filters = filters.at;
    how->async_filter_count = filters.len;
}

/* A project's folder instead of its `wit` folder will do. */
static Str wit_path(Cli *cli, Str path) {
    Str inner = path_join(cli->arena, path, STR("wit"));
    StrVec names = {0};
    if (!file_is_directory(cli->arena, path) || !file_is_directory(cli->arena, inner)) return path;
    if (!directory_list(cli->arena, path, &names, &cli->diags)) return path;
    for (size_t i = 0; i < names.len; i++)
        if (str_ends(names.at[i], STR(".wit"))) return path;
    return inner;
}

/* Writes a file, or with --check compares it. A file that is right already is not touched. */
static bool deliver(Cli *cli, const Options *options, const GenOutput *out, const char *ending,
                    const Buf *text) {
    Str name = str_fmt(cli->arena, "%.*s%s", STR_ARG(out->stem), ending);
    Str path = options->out_dir.len ? path_join(cli->arena, options->out_dir, name) : name;
    if (!options->check && !file_exists(cli->arena, path)) {
        return file_write(cli->arena, path, buf_text(text), &cli->diags);
    }
    const Source *old = file_read(cli->arena, path, &cli->diags);
    if (!old) return false;
    if (str_eq(old->text, buf_text(text))) return true;
    if (!options->check) return file_write(cli->arena, path, buf_text(text), &cli->diags);
    diag(&cli->diags, CLI_OUT_OF_DATE, span_none(), STR_ARG(path));
    return false;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    GenOptions how = {.encoding = (AbiEncoding)options->encoding,
                      .no_helpers = options->no_helpers,
                      .no_sig_flattening = options->no_sig_flattening,
                      .autodrop_borrows = options->autodrop != 0,
                      .no_component_type = options->no_object,
                      .rename_count = options->renames.len,
                      .rename_world = options->rename_world,
                      .type_section_suffix = options->suffix,
                      .async_helpers = options->async_helpers,
                      .thread_helpers = options->thread_helpers};
    GenRename *renames = ARENA_NEW_ARRAY(cli->arena, GenRename, options->renames.len);
    if (!parse_renames(cli, &options->renames, renames)) return EXIT_USAGE;
    how.renames = renames;
    add_filters(cli, options, &how);
    WitModel *model = load_wit(cli, wit_path(cli, cli->args.at[0]), &options->wit);
    WitWorld *world = model ? wit_select_world(model, options->world, &cli->diags) : NULL;
    if (!world) return EXIT_INPUT;
    how.component_type = comp_encode_world(cli->arena, model, world, how.encoding, &cli->diags);
    GenOutput out = {.header = {.arena = cli->arena}, .source = {.arena = cli->arena}};
    if (cli->diags.errors || !wit_make_types_nominal(model, world, &cli->diags) ||
        !gen_c(cli->arena, model, world, &how, &out, &cli->diags))
        return EXIT_INPUT;
    if (!options->check && options->out_dir.len && !cli_make_directories(cli, options->out_dir))
        return EXIT_INPUT;
    bool ok = deliver(cli, options, &out, ".h", &out.header);
    ok = deliver(cli, options, &out, ".c", &out.source) && ok;
    return ok ? EXIT_OK : EXIT_INPUT;
}

const CommandSpec cmd_bindgen_c = {
    .run = run,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Writes a C header and a C source for a world: functions to call for its imports, "
        "functions "
        "to implement for its exports, and what frees values. The source carries the "
        "component's type in a custom section, so that linking it in is all that `witc component "
        "new` needs. No C library is needed.",
    .examples =
        "Bindings for a world\n$ witc bindgen c -w app --out-dir gen wit\n"
        "Compile them\n$ clang --target=wasm32 -ffreestanding -nostdlib -I gen -c gen/app.c\n",
};
