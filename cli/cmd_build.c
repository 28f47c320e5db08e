/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc build`: from C sources and WIT to a component in one command. This file finds out what is
 * asked for; words of clang's on the command line are sorted by who needs them:
 *
 *     -Wl,.. -Xlinker .. -l.. -L..    the linker
 *     -W.. -pedantic.. -std=.. -include   the user's sources alone
 *     all others (-D, -I, -O, -g, -m, -f) the user's sources and the bindings
 */
#include "cli/build.h"

#include <unistd.h>

static const BuildOptions defaults = {.component = COMPONENT_DEFAULTS};

static const Option option_table[] = {
    TEXT(BuildOptions, wit, 0, "wit", "PATH",
         "The folder or file of WIT, or a WIT package as a binary (wit)"),
    BINDINGS_WORLD(BuildOptions, bindings),
    CHOICE(BuildOptions, libc, 0, "libc", "auto|none|wasi",
           "The C library: none, wasi-libc, or wasi-libc where a source includes its headers"),
    FLAG(BuildOptions, stub_wasi, 0, "stub-wasi",
         "Let what the C library calls of WASI 0.1 fail, instead of importing it"),
    FLAG(BuildOptions, core, 0, "core", "Stop before the component: write the core module"),
    TEXT(BuildOptions, gen, 0, "gen", "DIR", "Where the bindings go, to stay there"),
    FLAG(BuildOptions, dry_run, 0, "dry-run",
         "Do nothing, write the commands to standard output as a shell script"),
    FLAG(BuildOptions, list_outputs, 0, "list-outputs", "Do nothing, name the files to be written"),
    TEXT(BuildOptions, depfile, 0, "depfile", "FILE",
         "Write there what the result depends on, as a rule for make or ninja"),
    NUMBER(BuildOptions, jobs, 'j', "jobs", "N",
           "Compile so many sources at once (one for each processor)"),
    TEXT(BuildOptions, clang, 0, "clang", "PATH", "The compiler"),
    TEXT(BuildOptions, wasm_ld, 0, "wasm-ld", "PATH", "The linker"),
    TEXT(BuildOptions, sysroot, 0, "sysroot", "DIR", "Where the C library is"),
    BINDINGS_OPTIONS(BuildOptions, bindings),
    COMPONENT_OPTIONS(BuildOptions, component),
};

static const Argument arguments[] = {
    {"FILE", "Sources in C, C++ or assembly, objects and archives", ARGUMENT_REQUIRED},
    {"FILES", "More of them", ARGUMENT_REPEATED},
    {0},
};

/* ---- words of clang's ---- */

static bool one_of(Str word, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (str_is(word, words[i])) return true;
    return false;
}
#define ONE_OF(word, table) one_of((word), (table), sizeof(table) / sizeof *(table))

static const char *const before_value[] = {
    "-D",       "-I",      "-U",       "-L",      "-l",       "-x",         "-z",     "-include",
    "-imacros", "-iquote", "-isystem", "-Xclang", "-Xlinker", "-idirafter", "-mllvm", "-arch",
};

static size_t clang_words(Str word) { return ONE_OF(word, before_value) ? 2 : 1; }

static void push(Build *b, StrVec *list, Str word) { *vec_push(b->cli->arena, list) = word; }

static void push_all(Build *b, StrVec *list, const Str *words, size_t n) {
    for (size_t i = 0; i < n; i++) push(b, list, words[i]);
}

/* -Wl,a,b and the like; false where it is for the compiler. */
static bool sort_link_flag(Build *b, const Str *words, size_t n) {
    Str word = words[0];
    if (str_starts(word, STR("-Wl,"))) {
        for (Str rest = str_after(word, 4); rest.len;) {
            size_t comma = str_find(rest, ',', 0);
            push(b, &b->link_flags, str_from_to(rest, 0, comma));
            rest = comma == SIZE_MAX ? (Str){0} : str_after(rest, comma + 1);
        }
        return true;
    }
    if (str_is(word, "-Xlinker")) {
        push_all(b, &b->link_flags, words + 1, n - 1);
        return true;
    }
    bool library = str_starts(word, STR("-l")) || str_starts(word, STR("-L"));
    if (!library && !str_is(word, "-z")) return false;
    push_all(b, &b->link_flags, words, n);
    return true;
}

static void sort_compile_flag(Build *b, const Str *words, size_t n) {
    Str word = words[0];
    bool standard = str_starts(word, STR("-std=")) || str_starts(word, STR("--std="));
    bool of_cxx = standard && str_find_str(word, STR("++"), 0) != SIZE_MAX;
    bool private = standard || str_starts(word, STR("-W")) || str_starts(word, STR("-pedantic")) ||
                   str_is(word, "-include") || str_is(word, "-imacros") || str_is(word, "-x");
    if (!of_cxx) push_all(b, &b->c_flags, words, n);
    if (!standard || of_cxx) push_all(b, &b->cxx_flags, words, n);
    if (!private) push_all(b, &b->flags, words, n);
    if (str_starts(word, STR("-g")) && !str_is(word, "-g0")) b->debug = true;
    if (str_starts(word, STR("-O"))) b->optimized = true;
    if (str_starts(word, STR("-I")))
        push(b, &b->include_folders, n > 1 ? words[1] : str_after(word, 2));
}

static bool is_refused(Build *b, Str word) {
    static const char *const modes[] = {"-E", "-S", "-fsyntax-only", "-o", "--analyze"};
    bool depends = str_starts(word, STR("-M"));
    if (!depends && !ONE_OF(word, modes)) return false;
    diag(&b->cli->diags, CLI_NOT_FOR_BUILD, span_none(), STR_ARG(word));
    if (depends)
        diag_note(&b->cli->diags, CLI_NOT_FOR_BUILD_NOTE, span_none(),
                  "`--depfile FILE` writes what the result depends on");
    return true;
}

static bool sort_flags(Build *b) {
    const StrVec *words = &b->cli->rest;
    for (size_t i = 0; i < words->len;) {
        Str word = words->at[i];
        size_t n = clang_words(word);
        if (n > words->len - i) {
            diag(&b->cli->diags, CLI_NO_VALUE, span_none(), STR_ARG(word), "a word");
            return false;
        }
        if (is_refused(b, word)) return false;
        if (!sort_link_flag(b, &words->at[i], n) && !str_is(word, "-c"))
            sort_compile_flag(b, &words->at[i], n);
        i += n;
    }
    return true;
}

/* ---- inputs ---- */

static bool kind_of(Str path, BuildInputKind *kind) {
    static const char *const c[] = {".c", ".i"}, *const object[] = {".o", ".a", ".obj", ".lo"};
    static const char *const cxx[] = {".cc", ".cpp", ".cxx", ".c++", ".cp", ".C", ".ii"};
    static const char *const other[] = {".s", ".S", ".ll", ".bc"};
    Str file = path_file(path);
    size_t dot = str_rfind(file, '.');
    Str ending = dot == SIZE_MAX ? (Str){0} : str_after(file, dot);
    if (ONE_OF(ending, c)) *kind = INPUT_C;
    else if (ONE_OF(ending, cxx)) *kind = INPUT_CXX;
    else if (ONE_OF(ending, other)) *kind = INPUT_OTHER;
    else if (ONE_OF(ending, object)) *kind = INPUT_OBJECT;
    else return false;
    return true;
}

static bool read_inputs(Build *b, GuestScan *scan) {
    Cli *cli = b->cli;
    for (size_t i = 0; i < cli->args.len; i++) {
        BuildInput input = {.path = build_safe_path(b, cli->args.at[i])};
        if (!kind_of(input.path, &input.kind)) {
            diag(&cli->diags, CLI_NOT_SOURCE, span_none(), STR_ARG(input.path));
            diag_note(&cli->diags, CLI_SOURCE_ENDINGS, span_none());
            continue;
        }
        if (input.kind == INPUT_CXX) b->cxx = true;
        if (input.kind == INPUT_OBJECT) input.object = input.path;
        const Source *source = file_read(cli->arena, input.path, &cli->diags);
        if (source && input.kind != INPUT_OBJECT) guest_scan(cli, source, scan);
        *vec_push(cli->arena, &b->inputs) = input;
    }
    /* What constructors there are in objects is not looked for. */
    for (size_t i = 0; i < b->inputs.len; i++)
        if (b->inputs.at[i].kind == INPUT_OBJECT) scan->constructors = true;
    b->start = scan->constructors || b->cxx;
    return cli->diags.errors == 0;
}

/* ---- the C library ---- */

static bool is_of_the_user(Build *b, Str header) {
    for (size_t i = 0; i < b->include_folders.len; i++)
        if (file_exists(b->cli->arena, path_join(b->cli->arena, b->include_folders.at[i], header)))
            return true;
    return false;
}

static bool choose_libc(Build *b, const GuestScan *scan) {
    Cli *cli = b->cli;
    b->has_libc = guest_libc(cli, b->options->sysroot, &b->libc);
    if (b->options->libc == LIBC_NONE) return true;
    for (size_t i = 0; i < scan->headers.len; i++) {
        Str header = scan->headers.at[i];
        if (guest_is_freestanding(header) || is_of_the_user(b, header)) continue;
        if (!b->has_libc) b->missing_header = header;
        else if (guest_has_header(cli, &b->libc, header)) b->hosted = true;
    }
    /* The header for C++ needs the library of C++, which needs that of C. */
    if (b->options->bindings.cpp && b->cxx && b->has_libc) b->hosted = true;
    if (b->options->libc == LIBC_WASI) b->hosted = true;
    if (b->options->libc != LIBC_WASI || b->has_libc) return true;
    if (b->options->sysroot.len) {
        diag(&cli->diags, CLI_NO_LIBC_HERE, span_none(), STR_ARG(b->options->sysroot));
        return false;
    }
    diag(&cli->diags, CLI_NO_LIBC, span_none());
    diag_note(&cli->diags, CLI_INSTALL, span_none(), guest_libc_packages(b->cli, &b->tools));
    diag_note(&cli->diags, CLI_SYSROOT, span_none());
    return false;
}

/* ---- the command ---- */

static bool choose_wit(Build *b) {
    b->wit = b->options->wit.len ? b->options->wit : STR("wit");
    if (b->options->wit.len || file_exists(b->cli->arena, b->wit)) return true;
    diag(&b->cli->diags, CLI_WIT_MISSING, span_none());
    diag_note(&b->cli->diags, CLI_WIT_MISSING_NOTE, span_none());
    return false;
}

/* What is wrong before anything is done. */
static int prepare(Build *b) {
    Cli *cli = b->cli;
    GuestScan scan = {0};
    if (!sort_flags(b)) return EXIT_USAGE;
    if (b->options->depfile.len && (!cli->output.len || str_is(cli->output, "-"))) {
        diag(&cli->diags, CLI_MISSING_OPTION, span_none(), "--output");
        return EXIT_USAGE;
    }
    if (!choose_wit(b)) return EXIT_USAGE;
    bool ok = read_inputs(b, &scan);
    int status = make_bindings(cli, b->wit, &b->options->bindings, &b->bindings);
    if (!ok || status != EXIT_OK) return ok ? status : EXIT_INPUT;
    if (b->options->list_outputs) return EXIT_OK;
    ok = guest_tools(cli, b->options->clang, b->options->wasm_ld, &b->tools);
    return ok && choose_libc(b, &scan) ? EXIT_OK : EXIT_INPUT;
}

static int list_outputs(Build *b) {
    Buf out = {.arena = b->cli->arena};
    bool file = b->cli->output.len && !str_is(b->cli->output, "-");
    if (file) buf_fmt(&out, "%.*s\n", STR_ARG(b->cli->output));
    if (b->options->gen.len) {
        b->gen = build_safe_path(b, b->options->gen);
        buf_fmt(&out, "%.*s\n", STR_ARG(build_bindings_path(b, ".h")));
        buf_fmt(&out, "%.*s\n", STR_ARG(build_bindings_path(b, ".c")));
        for (size_t i = 0; i < b->bindings.more.len; i++)
            buf_fmt(&out, "%.*s\n",
                    STR_ARG(path_join(b->cli->arena, b->gen, b->bindings.more.at[i].name)));
    }
    if (b->options->depfile.len) buf_fmt(&out, "%.*s\n", STR_ARG(b->options->depfile));
    bool ok = file_write(b->cli->arena, STR("-"), buf_text(&out), &b->cli->diags);
    return ok ? EXIT_OK : EXIT_INPUT;
}

static int run(Cli *cli, void *given) {
    Build b = {.cli = cli, .options = given, .script = {.arena = cli->arena}};
    Buf bytes = {.arena = cli->arena};
    int status = prepare(&b);
    if (status != EXIT_OK) return status;
    if (b.options->list_outputs) return list_outputs(&b);
    if (!b.options->dry_run && !work_begin(cli, &b.work)) return EXIT_INPUT;
    status = build_run(&b, &bytes);
    work_end(cli, &b.work);
    if (status != EXIT_OK) return status;
    if (!b.options->dry_run) return cli_write(cli, buf_text(&bytes));
    bool ok = file_write(cli->arena, STR("-"), buf_text(&b.script), &cli->diags);
    return ok ? EXIT_OK : EXIT_INPUT;
}

const CommandSpec cmd_build = {
    .run = run,
    .with = WITH_OUTPUT,
    .size = sizeof(BuildOptions),
    .defaults = &defaults,
    OPTIONS(option_table),
    .arguments = arguments,
    .foreign = clang_words,
    .about =
        "Writes the C bindings of a world, compiles them and the sources with clang, links all "
        "with "
        "wasm-ld and makes a component of it. `-v` shows the steps as commands, `--dry-run` writes "
        "them as a script.\n\n"
        "Words with one dash that are not listed here are clang's and the linker's: -O2, -g, "
        "-std=c17, -Wall, -DNAME, -Idir, -lNAME, -Wl,WORD; so is everything after `--`. Without "
        "an -O, -O2 is meant. Warnings and -std do not reach the bindings.\n\n"
        "Sources include the bindings as \"WORLD.h\". No C library is needed; where a source "
        "includes a header of one, wasi-libc is linked in.",
    .examples = "One source, WIT in the folder wit\n$ witc build app.c -o app.wasm\n"
                "Several, and a world by its name\n"
                "$ witc build app.c util.c libmore.a --wit wit -w app -O3 -g -Wall -o app.wasm\n"
                "The steps as a script\n$ witc build app.c --dry-run -o app.wasm\n"
                "With a C library that calls WASI 0.1\n"
                "$ witc build app.c --libc wasi --adapt wasi -o app.wasm\n"
                "A program with a `main`, for `witc run`\n"
                "$ witc build main.c --libc wasi --adapt wasi:command -o main.wasm\n",
};
