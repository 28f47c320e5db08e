/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The steps of `witc build`. Each is a line of words first, which is what -v and --dry-run show:
 *
 *     dir=$(mktemp -d)
 *     witc bindgen c -w app --out-dir "$dir" wit
 *     clang --target=wasm32 ... -c app.c -o "$dir"/app.o         one for each source, in parallel
 *     clang --target=wasm32 ... -c "$dir"/app.c -o "$dir"/app-bindings.o
 *     wasm-ld --no-entry ... -o "$dir"/app.core.wasm "$dir"/app.o "$dir"/app-bindings.o
 *     witc component new "$dir"/app.core.wasm -o app.wasm
 *     rm -r "$dir"
 *
 * clang compiles and wasm-ld links: as a driver of the linker, clang runs `wasm-opt` unasked where
 * one is installed, and what that makes of a module is not always a valid one.
 */
#include <stdio.h>
#include <unistd.h>

#include "cli/build.h"

/* Stands for the folder of temporary files where there is none. */
#define DRY_FOLDER STR("\1")

static void push(Build *b, StrVec *words, Str word) { *vec_push(b->cli->arena, words) = word; }

static void push_all(Build *b, StrVec *words, const StrVec *more) {
    for (size_t i = 0; i < more->len; i++) push(b, words, more->at[i]);
}

static Str in_folder(Build *b, Str name) { return path_join(b->cli->arena, b->work.folder, name); }

Str build_safe_path(const Build *b, Str path) {
    bool odd = str_starts(path, STR("-")) || str_starts(path, STR("@"));
    return odd ? str_concat(b->cli->arena, STR("./"), path) : path;
}

static Str bindings_name(const Build *b, const char *ending) {
    return str_fmt(b->cli->arena, "%.*s%s", STR_ARG(b->bindings.stem), ending);
}

Str build_bindings_path(const Build *b, const char *ending) {
    return path_join(b->cli->arena, b->gen, bindings_name(b, ending));
}

/* ---- showing ---- */

static void show_line(Build *b, Str line) {
    if (b->options->dry_run) buf_str(&b->script, line);
    else if (b->cli->verbose) fwrite(line.ptr, 1, line.len, stderr);
}

static void show(Build *b, const StrVec *words) {
    Buf line = {.arena = b->cli->arena};
    command_show(&line, words, b->work.folder);
    show_line(b, buf_text(&line));
}

/* ---- bindings ---- */

static void show_bindgen(Build *b) {
    static const Option rows[] = {BINDINGS_WORLD(BuildOptions, bindings),
                                  BINDINGS_OPTIONS(BuildOptions, bindings)};
    static const BuildOptions defaults = {0};
    StrVec words = {0};
    push(b, &words, STR("witc"));
    push(b, &words, STR("bindgen"));
    push(b, &words, STR("c"));
    cli_option_words(b->cli, rows, sizeof rows / sizeof *rows, b->options, &defaults, &words);
    push(b, &words, STR("--out-dir"));
    push(b, &words, b->gen);
    push(b, &words, b->wit);
    show(b, &words);
}

/* A file that is right already keeps its time. */
static bool write_binding(Build *b, Str name, const Buf *text) {
    Str path = path_join(b->cli->arena, b->gen, name);
    if (file_exists(b->cli->arena, path)) {
        const Source *old = file_read(b->cli->arena, path, &b->cli->diags);
        if (!old || str_eq(old->text, buf_text(text))) return old != NULL;
    }
    return file_write(b->cli->arena, path, buf_text(text), &b->cli->diags);
}

static bool write_bindings(Build *b) {
    b->gen = b->options->gen.len ? build_safe_path(b, b->options->gen) : b->work.folder;
    show_bindgen(b);
    if (b->options->dry_run) return true;
    bool ok = cli_make_directories(b->cli, b->gen) &&
              write_binding(b, bindings_name(b, ".h"), &b->bindings.header) &&
              write_binding(b, bindings_name(b, ".c"), &b->bindings.source);
    for (size_t i = 0; ok && i < b->bindings.more.len; i++)
        ok = write_binding(b, b->bindings.more.at[i].name, &b->bindings.more.at[i].text);
    return ok;
}

/* A source of ours, in the folder of temporary files. */
static bool write_own(Build *b, const char *name, Str text) {
    show_line(b,
              str_fmt(b->cli->arena, "cat >\"$dir\"/%s <<'END'\n%.*sEND\n", name, STR_ARG(text)));
    return b->options->dry_run ||
           file_write(b->cli->arena, in_folder(b, str_from(name)), text, &b->cli->diags);
}

/* Without a C library nobody runs constructors: a source of one function does. */
static const Str start_source = STR_INIT("void __wasm_call_ctors(void);\n"
                                         "__attribute__((export_name(\"_initialize\")))\n"
                                         "void _initialize(void) { __wasm_call_ctors(); }\n");

/* ---- compiling ---- */

/* "x.o" for "src/x.c", or "x-2.o" where that is taken. */
static Str object_name(Build *b, Map *taken, Str path, const char *more) {
    Str file = path_file(path), stem = str_from_to(file, 0, str_rfind(file, '.'));
    for (unsigned i = 1;; i++) {
        Str name = i == 1 ? str_fmt(b->cli->arena, "%.*s%s", STR_ARG(stem), more)
                          : str_fmt(b->cli->arena, "%.*s%s-%u", STR_ARG(stem), more, i);
        bool added;
        map_put(b->cli->arena, taken, name, &added);
        if (added) return in_folder(b, str_concat(b->cli->arena, name, STR(".o")));
    }
}

static void push_target(Build *b, StrVec *words, BuildInputKind kind) {
    push(b, words, b->tools.clang);
    push(b, words, b->hosted ? STR("--target=wasm32-wasi") : STR("--target=wasm32"));
    if (b->hosted && b->libc.sysroot.len)
        push(b, words, str_concat(b->cli->arena, STR("--sysroot="), b->libc.sysroot));
    if (kind == INPUT_OTHER) push(b, words, STR("-Qunused-arguments"));
    if (!b->hosted) push(b, words, STR("-ffreestanding"));
    if (!b->optimized) push(b, words, STR("-O2"));
    if (kind != INPUT_CXX) return;
    push(b, words, STR("-fno-exceptions"));
    if (b->hosted) return;
    push(b, words, STR("-fno-rtti"));
    push(b, words, STR("-fno-threadsafe-statics"));
    push(b, words, STR("-fno-c++-static-destructors"));
}

/* The command for one source: the user's with all flags, or one of ours. */
static StrVec compile_words(Build *b, const BuildInput *input, const StrVec *flags) {
    StrVec words = {0};
    push_target(b, &words, input->kind);
    push(b, &words, str_concat(b->cli->arena, STR("-I"), b->gen));
    push_all(b, &words, flags);
    push(b, &words, STR("-c"));
    push(b, &words, input->path);
    push(b, &words, STR("-o"));
    push(b, &words, input->object);
    return words;
}

static Str depends_path(Build *b, const BuildInput *input) {
    return str_concat(b->cli->arena, input->object, STR(".d"));
}

/* Compiles the inputs from `first_own` on with the flags for bindings. */
static bool compile(Build *b, const BuildInput *inputs, size_t n, size_t first_own) {
    Process *processes = ARENA_NEW_ARRAY(b->cli->arena, Process, n);
    for (size_t i = 0; i < n; i++) {
        const StrVec *flags = inputs[i].kind == INPUT_CXX ? &b->cxx_flags : &b->c_flags;
        StrVec *words = &processes[i].words;
        *words = compile_words(b, &inputs[i], i < first_own ? flags : &b->flags);
        show(b, words);
        if (b->options->depfile.len) {
            push(b, words, STR("-MMD"));
            push(b, words, STR("-MF"));
            push(b, words, depends_path(b, &inputs[i]));
        }
        if (cli_colour(b->cli, STDERR_FILENO)) push(b, words, STR("-fcolor-diagnostics"));
    }
    if (b->options->dry_run) return true;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t jobs =
        b->options->jobs ? (size_t)b->options->jobs : (size_t)(processors > 0 ? processors : 1);
    if (!work_run(b->cli, &b->work, processes, n, jobs)) return false;
    bool ok = true;
    for (size_t i = 0; i < n; i++)
        ok = build_report_compile(b, inputs[i].path, &processes[i]) && ok;
    return ok;
}

typedef VEC(BuildInput) Inputs;

static void add_own(Build *b, Inputs *sources, Map *taken, Str path, const char *more) {
    BuildInput own = {.path = path, .kind = INPUT_C};
    own.object = object_name(b, taken, path, more);
    *vec_push(b->cli->arena, sources) = own;
    *vec_push(b->cli->arena, &b->inputs) = own;
}

static bool compile_all(Build *b) {
    Inputs sources = {0};
    Map taken = {0};
    for (size_t i = 0; i < b->inputs.len; i++) {
        BuildInput *input = &b->inputs.at[i];
        if (input->kind == INPUT_OBJECT) continue;
        input->object = object_name(b, &taken, input->path, "");
        *vec_push(b->cli->arena, &sources) = *input;
    }
    size_t first_own = sources.len;
    add_own(b, &sources, &taken, build_bindings_path(b, ".c"), "-bindings");
    if (b->start && !b->hosted) {
        if (!write_own(b, "start.c", start_source)) return false;
        add_own(b, &sources, &taken, in_folder(b, STR("start.c")), "");
    }
    if (b->options->stub_wasi && b->hosted) {
        if (!write_own(b, "stub-wasi.c", build_stub_source(b->cli->arena))) return false;
        add_own(b, &sources, &taken, in_folder(b, STR("stub-wasi.c")), "");
    }
    if (!compile(b, sources.at, sources.len, first_own)) return false;
    StrVec files = {0};
    for (size_t i = 0; i < sources.len; i++) push(b, &files, depends_path(b, &sources.at[i]));
    return b->options->dry_run || !b->options->depfile.len || build_write_depfile(b, &files);
}

/* ---- linking ---- */

/* A program for the adapter of programs has a `main`, which wasi-libc's `_start` calls; anything else
 * waits for calls. Its `_start` is the one of crt1.o: where nobody calls the constructors, as in older
 * crt1-command.o, the linker puts them and the destructors around every export, `cabi_realloc` too. */
static bool is_command(const Build *b) {
    const StrVec *adapters = &b->options->component.adapters;
    for (size_t i = 0; i < adapters->len; i++)
        if (str_is(adapters->at[i], "wasi:command")) return b->hosted;
    return false;
}

static Str entry_of(const Build *b) {
    if (is_command(b)) return STR("--entry=_start");
    return b->hosted || b->start ? STR("--entry=_initialize") : STR("--no-entry");
}

static bool link_all(Build *b) {
    Process process = {0};
    StrVec *words = &process.words;
    b->core = in_folder(b, str_concat(b->cli->arena, b->bindings.stem, STR(".core.wasm")));
    push(b, words, b->tools.wasm_ld);
    push(b, words, entry_of(b));
    push(b, words, STR("--stack-first"));
    push(b, words, STR("--fatal-warnings"));
    if (!b->debug) push(b, words, STR("--strip-debug"));
    push(b, words, STR("-o"));
    push(b, words, b->core);
    Str crt1 = is_command(b) ? STR("crt1.o") : STR("crt1-reactor.o");
    if (b->hosted) push(b, words, path_join(b->cli->arena, b->libc.lib, crt1));
    for (size_t i = 0; i < b->inputs.len; i++) push(b, words, b->inputs.at[i].object);
    push_all(b, words, &b->link_flags);
    if (b->hosted) {
        push(b, words, str_concat(b->cli->arena, STR("-L"), b->libc.lib));
        if (b->cxx) push(b, words, STR("-lc++"));
        if (b->cxx) push(b, words, STR("-lc++abi"));
        push(b, words, STR("-lc"));
    }
    if (b->tools.builtins.len) push(b, words, b->tools.builtins);
    show(b, words);
    if (b->options->dry_run) return true;
    if (cli_colour(b->cli, STDERR_FILENO)) push(b, words, STR("--color-diagnostics"));
    return work_run(b->cli, &b->work, &process, 1, 1) && build_report_link(b, &process);
}

/* ---- the component ---- */

static void show_component(Build *b) {
    static const Option rows[] = {COMPONENT_OPTIONS(BuildOptions, component)};
    static const BuildOptions defaults = {.component = COMPONENT_DEFAULTS};
    StrVec words = {0};
    bool to_file = b->cli->output.len && !str_is(b->cli->output, "-");
    if (b->options->core) {
        push(b, &words, to_file ? STR("cp") : STR("cat"));
        push(b, &words, b->core);
        if (to_file) push(b, &words, b->cli->output);
    } else {
        push(b, &words, STR("witc"));
        push(b, &words, STR("component"));
        push(b, &words, STR("new"));
        cli_option_words(b->cli, rows, sizeof rows / sizeof *rows, b->options, &defaults, &words);
        push(b, &words, b->core);
        if (to_file) push(b, &words, STR("-o"));
        if (to_file) push(b, &words, b->cli->output);
    }
    show(b, &words);
}

static int make_result(Build *b, Buf *bytes) {
    Cli *cli = b->cli;
    show_component(b);
    if (b->options->dry_run) return EXIT_OK;
    const Source *module = file_read(cli->arena, b->core, &cli->diags);
    if (!module) return EXIT_INPUT;
    if (b->options->core) {
        buf_str(bytes, module->text);
        return EXIT_OK;
    }
    const CompComponent *made;
    int status = make_component(cli, module, &b->options->component, &made);
    if (status == EXIT_OK) comp_encode(made, bytes);
    if (status != EXIT_OK && b->hosted && b->options->component.adapters.len == 0 &&
        str_find_str(module->text, STR("wasi_snapshot_preview1"), 0) != SIZE_MAX)
        diag_note(&cli->diags, CLI_PREVIEW1, span_none());
    return status;
}

int build_run(Build *b, Buf *bytes) {
    if (b->options->dry_run) b->work.folder = DRY_FOLDER;
    show_line(b, STR("dir=$(mktemp -d)\n"));
    bool ok = write_bindings(b) && compile_all(b) && link_all(b);
    int status = ok ? make_result(b, bytes) : EXIT_INPUT;
    if (status == EXIT_OK) show_line(b, STR("rm -r \"$dir\"\n"));
    if (b->options->dry_run) b->work.folder = (Str){0};
    return work_interrupted(&b->work) ? EXIT_INPUT : status;
}
