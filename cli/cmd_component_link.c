/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc component link`: libraries that share a memory become a component. */
#include "base/file.h"
#include "cli/make.h"

typedef struct {
    ComponentChoice component;
    StrVec dl_openable;
    uint64_t stack_size;
    bool stub_missing, use_libdl;
} Options;

enum { MAX_STACK = 1 << 30 };

static const Options defaults = {.component = COMPONENT_DEFAULTS, .stack_size = 1 << 20};

static const Option option_table[] = {
    LIST(Options, dl_openable, 0, "dl-openable", "[NAME=]MODULE",
         "A library that dlopen finds by NAME, or by its file's name"),
    NUMBER(Options, stack_size, 0, "stack-size", "BYTES", "The size of the stack (default 1M)"),
    FLAG(Options, stub_missing, 0, "stub-missing-functions",
         "Functions that no library has are there, and trap"),
    FLAG(Options, use_libdl, 0, "use-built-in-libdl",
         "Add a `libdl.so` of our own, with dlopen, dlsym, dlclose and dlerror"),
    COMPONENT_OPTIONS(Options, component),
};

static const Argument arguments[] = {
    {"[NAME=]MODULE",
     "A library; others need it by NAME, or by its file's name. The first one that has a symbol "
     "provides it",
     ARGUMENT_REPEATED},
    {0},
};

/* "NAME=path", or a path whose file's name it is. */
static bool load_library(Cli *cli, Str given, CompLibrary *lib) {
    size_t equals = str_find(given, '=', 0);
    Str path = equals == SIZE_MAX ? given : str_after(given, equals + 1);
    lib->name = equals == SIZE_MAX ? path_file(path) : str_from_to(given, 0, equals);
    lib->source = load_binary_file(cli, path, features_all());
    if (lib->source && input_kind(lib->source->text) != KIND_CORE_MODULE) {
        cli_wrong_kind(cli, lib->source, "a core module");
        return false;
    }
    return lib->source != NULL;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    size_t plain = cli->args.len, n = plain + options->dl_openable.len;
    CompLibrary *libraries = ARENA_NEW_ARRAY(cli->arena, CompLibrary, n + 1);
    const CompComponent *made;
    if (options->stack_size > MAX_STACK) {
        Str text = str_fmt(cli->arena, "%llu", (unsigned long long)options->stack_size);
        diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(text), STR_ARG(STR("--stack-size")),
             "at most 1 GiB");
        return EXIT_USAGE;
    }
    if (!n) {
        diag(&cli->diags, CLI_MISSING_ARGUMENT, span_none(), "MODULE");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < n; i++) {
        libraries[i].dl_openable = i >= plain;
        Str file = i < plain ? cli->args.at[i] : options->dl_openable.at[i - plain];
        if (!load_library(cli, file, &libraries[i])) return EXIT_INPUT;
    }
    if (options->use_libdl)
        libraries[n++] = (CompLibrary){.name = STR("libdl.so"), .source = make_libdl(cli)};
    CompLinkOptions link = {.libraries = libraries,
                            .library_count = n,
                            .stack_size = (uint32_t)options->stack_size,
                            .stub_missing = options->stub_missing};
    int status = make_linked(cli, &link, &options->component, &made);
    return status == EXIT_OK ? write_made(cli, made) : status;
}

const CommandSpec cmd_component_link = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    .defaults = &defaults,
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Makes a component of dynamic libraries: core modules with a `dylink.0` section, as "
        "`wasm-ld -shared` writes them. They share one memory and one table; what one imports from "
        "`env` another one exports. The component's world is that of all libraries together. "
        "Libraries that no export needs are left out.",
    .examples =
        "A program with its C library\n"
        "$ witc component link app.so libc.so -o app.wasm\n"
        "A library that dlopen finds\n"
        "$ witc component link app.so libc.so --use-built-in-libdl --dl-openable plugin.so -o "
        "app.wasm\n",
};
