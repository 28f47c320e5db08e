/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc bindgen c`: C bindings of a world, for guests. */

#include "cli/make.h"

typedef struct {
    BindingsChoice bindings;
    Str out_dir;
    bool check;
} Options;

static const Option option_table[] = {
    BINDINGS_WORLD(Options, bindings),
    TEXT(Options, out_dir, 0, "out-dir", "DIR", "Where the header and the source go (.)"),
    FLAG(Options, check, 0, "check",
         "Write nothing, fail where the files are not what would be written"),
    BINDINGS_OPTIONS(Options, bindings),
    FLAG(Options, bindings.object, 0, "object-file",
         "Put the component's type into an object of its own, to be linked, as `wit-bindgen c` "
         "does"),
    FLAG(Options, bindings.no_object, 0, "no-object-file",
         "Leave the component's type out of the source"),
    FLAG(Options, bindings.stubs, 0, "stubs",
         "Also write WORLD_impl.c, where there is none: what the world exports, to be filled in"),
    FLAG(Options, bindings.mocks, 0, "mocks",
         "Also write WORLD_mocks.h and .c: imports for tests without WebAssembly (native style)"),
};

static const Argument arguments[] = {
    {"WIT", "A folder or file of WIT, or a WIT package as a binary", ARGUMENT_REQUIRED},
    {"WITS", "More of them: the last has the world, the ones before are what it may use",
     ARGUMENT_REPEATED},
    {0},
};

/* Writes a file, or with --check compares it. A file that is right already is not touched, nor one
 * that is the user's. */
static bool deliver(Cli *cli, const Options *options, Str name, const Buf *text, bool keep) {
    Str path = options->out_dir.len ? path_join(cli->arena, options->out_dir, name) : name;
    bool there = file_exists(cli->arena, path);
    if (keep && (there || options->check)) return true;
    if (!options->check && !there) {
        return file_write(cli->arena, path, buf_text(text), &cli->diags);
    }
    const Source *old = file_read(cli->arena, path, &cli->diags);
    if (!old) return false;
    if (str_eq(old->text, buf_text(text))) return true;
    if (!options->check) return file_write(cli->arena, path, buf_text(text), &cli->diags);
    diag(&cli->diags, CLI_OUT_OF_DATE, span_none(), STR_ARG(path));
    return false;
}

static Str with_ending(Cli *cli, const GenOutput *out, const char *ending) {
    return str_fmt(cli->arena, "%.*s%s", STR_ARG(out->stem), ending);
}

static int run(Cli *cli, void *given) {
    Options *options = given;
    GenOutput out = {0};
    Str main = vec_pop(&cli->args);
    options->bindings.wit.beside = cli->args;
    int status = make_bindings(cli, main, &options->bindings, &out);
    if (status != EXIT_OK) return status;
    if (!options->check && options->out_dir.len && !cli_make_directories(cli, options->out_dir))
        return EXIT_INPUT;
    bool ok = deliver(cli, options, with_ending(cli, &out, ".h"), &out.header, false);
    ok = deliver(cli, options, with_ending(cli, &out, ".c"), &out.source, false) && ok;
    for (size_t i = 0; i < out.more.len; i++) {
        const GenFile *file = &out.more.at[i];
        ok = deliver(cli, options, file->name, &file->text, file->keep) && ok;
    }
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
        "With a package that the world uses, in a folder of its own\n"
        "$ witc bindgen c shared/wit wit\n"
        "Compile them\n$ clang --target=wasm32 -ffreestanding -nostdlib -I gen -c gen/app.c\n",
};
