/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `wasm-component-ld`: what clang calls to link for wasm32-wasip2. wasm-ld links a core module, in
 * a folder that goes away again; the component that is made of it is the output.
 *
 *     wasm-ld ... -o TMP/name      the name is the output's: wasm-ld writes it into the module
 *     --component-type             each WIT's world is added to what the objects say
 *     adapter                      witc's own where the module has no other: a command's where it
 *                                  exports `_start`, otherwise a reactor's
 *
 * Compilers may look for a C library for wasm32-wasip2 where only one for wasm32-wasi is
 * installed; as the adapter makes that one do, files and folders that are not there are taken
 * from it.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/version.h"
#include "cli/component_ld.h"
#include "cli/process.h"

bool is_component_ld(const char *program) {
    Str name = path_file(str_from(program ? program : ""));
    return str_starts(name, STR("wasm-component-ld"));
}

/* ---- finding things ---- */

static bool exists(Cli *cli, Str path) { return access(str_c(cli->arena, path), R_OK) == 0; }

/* The path with what wasm32-wasip2 is called there replaced by what it is for wasm32-wasi: where that
 * exists. Otherwise the path itself. */
static Str older_path(Cli *cli, Str path) {
    static const struct {
        const char *from, *to;
    } names[] = {
        {"/wasm32-wasip2", "/wasm32-wasi"},
        {"/wasm32-unknown-wasip2/libclang_rt.builtins.a", "/wasi/libclang_rt.builtins-wasm32.a"},
        {"/wasm32-unknown-wasip2/libclang_rt.builtins.a",
         "/wasm32-unknown-wasi/libclang_rt.builtins.a"}};
    if (exists(cli, path)) return path;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Str from = str_from(names[i].from);
        size_t at = str_find_str(path, from, 0);
        if (at == SIZE_MAX) continue;
        Str other = str_fmt(cli->arena, "%.*s%s%.*s", STR_ARG(str_from_to(path, 0, at)),
                            names[i].to, STR_ARG(str_after(path, at + from.len)));
        if (exists(cli, other)) return other;
    }
    return path;
}

/* A startup file that the compiler has not found either goes by its bare name. */
static Str startup_file(Cli *cli, const StrVec *words, Str name) {
    if (exists(cli, name) || !str_starts(name, STR("crt1"))) return name;
    for (size_t i = 0; i < words->len; i++) {
        if (!str_starts(words->at[i], STR("-L")) || words->at[i].len < 3) continue;
        Str path = path_join(cli->arena, str_after(words->at[i], 2), name);
        if (exists(cli, path)) return path;
    }
    return name;
}

/* Where nobody calls the constructors wasm-ld puts these and the destructors around every export, so
 * that a component's realloc would close files. The crt1-command.o of older versions of wasi-libc does
 * not call them, the crt1.o beside it does. */
static Str calling_startup(Cli *cli, Str path) {
    Str other = path_join(cli->arena, path_directory(path), STR("crt1.o"));
    if (!str_is(path_file(path), "crt1-command.o") || !exists(cli, path) || !exists(cli, other))
        return path;
    const Source *file = file_read(cli->arena, path, &cli->diags);
    bool calls = file && str_find_str(file->text, STR("__wasm_call_ctors"), 0) != SIZE_MAX;
    return calls ? path : other;
}

static void find_older(Cli *cli, StrVec *words) {
    for (size_t i = 0; i < words->len; i++) {
        Str *word = &words->at[i];
        if (str_starts(*word, STR("-L")) && word->len > 2)
            *word = str_concat(cli->arena, STR("-L"), older_path(cli, str_after(*word, 2)));
        else if (word->len && word->ptr[0] == '/') *word = older_path(cli, *word);
    }
    for (size_t i = 0; i < words->len; i++)
        words->at[i] = calling_startup(cli, startup_file(cli, words, words->at[i]));
}

/* The folder of this program. */
static Str own_folder(Cli *cli) {
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    return n > 0 ? path_directory(str_copy(cli->arena, (Str){path, (size_t)n})) : (Str){0};
}

static Str find_wasm_ld(Cli *cli, const LdWords *given) {
    static const char *const names[] = {"wasm-ld",    "wasm-ld-22", "wasm-ld-21", "wasm-ld-20",
                                        "wasm-ld-19", "wasm-ld-18", "wasm-ld-17", "wasm-ld-16",
                                        "wasm-ld-15", "wasm-ld-14", "rust-lld"};
    if (given->wasm_ld.len) return given->wasm_ld;
    Str beside = path_join(cli->arena, own_folder(cli), STR("wasm-ld"));
    if (program_find(cli, beside).len) return beside;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        Str found = program_find(cli, str_from(names[i]));
        if (found.len) return found;
    }
    diag(&cli->diags, CLI_NO_PROGRAM, span_none(), STR_ARG(STR("wasm-ld")));
    diag_note(&cli->diags, CLI_INSTALL, span_none(), "lld-19");
    diag_note(&cli->diags, CLI_NAME_PROGRAM, span_none(), "--wasm-ld-path", "PATH");
    return (Str){0};
}

/* ---- wasm-ld ---- */

/* Words that would be too long a command line go through a file. */
static void shorten(Cli *cli, Work *work, StrVec *words, size_t first) {
    enum { LONGEST = 100000 };
    size_t sum = 0;
    for (size_t i = first; i < words->len; i++) sum += words->at[i].len + 1;
    if (sum < LONGEST) return;
    Buf text = {.arena = cli->arena};
    for (size_t i = first; i < words->len; i++) {
        for (size_t k = 0; k < words->at[i].len; k++) {
            char c = words->at[i].ptr[k];
            if (strchr("\\ \t\n\r'\"", c)) buf_byte(&text, '\\');
            buf_byte(&text, (uint8_t)c);
        }
        buf_byte(&text, '\n');
    }
    Str path = path_join(cli->arena, work->folder, STR("words"));
    if (!file_write(cli->arena, path, buf_text(&text), &cli->diags)) return;
    words->len = first;
    *vec_push(cli->arena, words) = STR("--rsp-quoting=posix");
    *vec_push(cli->arena, words) = str_concat(cli->arena, STR("@"), path);
}

static void push(Cli *cli, StrVec *words, Str word) { *vec_push(cli->arena, words) = word; }

static bool run_wasm_ld(Cli *cli, Work *work, const LdWords *given, Str output) {
    Process process = {0};
    StrVec *words = &process.words;
    Str program = find_wasm_ld(cli, given);
    if (!program.len) return false;
    push(cli, words, program);
    if (str_starts(path_file(program), STR("rust-lld"))) {
        push(cli, words, STR("-flavor"));
        push(cli, words, STR("wasm"));
    }
    size_t first = words->len;
    StrVec passed = {0};
    for (size_t i = 0; i < given->for_wasm_ld.len; i++)
        push(cli, &passed, given->for_wasm_ld.at[i]);
    find_older(cli, &passed);
    for (size_t i = 0; i < passed.len; i++) push(cli, words, passed.at[i]);
    for (size_t i = 0; i < given->append.len; i++) push(cli, words, given->append.at[i]);
    if (given->verbose) push(cli, words, STR("--verbose"));
    push(cli, words, STR("-o"));
    push(cli, words, output);
    if (given->verbose) {
        Buf line = {.arena = cli->arena};
        command_show(&line, words, (Str){0});
        fwrite(line.ptr, 1, line.len, stderr);
    }
    shorten(cli, work, words, first);
    if (!work_run(cli, work, &process, 1, 1)) return false;
    fwrite(process.output.ptr ? process.output.ptr : "", 1, process.output.len, stderr);
    if (process.status == 0) return true;
    diag(&cli->diags, CLI_LINK, span_none());
    return false;
}

/* ---- the component ---- */

/* Adds the worlds of --component-type to the module. */
static bool add_worlds(Cli *cli, const LdWords *given, Str *core) {
    const WitSelection all = {.all = false};
    for (size_t i = 0; i < given->component_types.len; i++) {
        WitModel *model = load_wit(cli, given->component_types.at[i], &all);
        const WitWorld *world = model ? wit_select_world(model, (Str){0}, &cli->diags) : NULL;
        Buf bytes = {.arena = cli->arena};
        if (!world ||
            !comp_embed(cli->arena, model, world, given->encoding, *core, &bytes, &cli->diags))
            return false;
        *core = buf_text(&bytes);
    }
    return true;
}

/* Whether one of the options has an adapter for preview 1. */
static bool has_adapter(const LdWords *given) {
    const StrVec *adapters = &given->component.adapters;
    for (size_t i = 0; i < adapters->len; i++) {
        CompAdapter own;
        if (str_starts(adapters->at[i], STR("wasi_snapshot_preview1=")) ||
            str_starts(path_file(adapters->at[i]), STR("wasi_snapshot_preview1.")) ||
            own_adapter(adapters->at[i], &own))
            return true;
    }
    return false;
}

static bool make(Cli *cli, const LdWords *given, Str module) {
    static const char *const names[] = {"wasi", "wasi:command", "wasi:reactor", "wasi:proxy"};
    const Source *source = file_read(cli->arena, module, &cli->diags);
    Str core = source ? source->text : (Str){0};
    if (!source || !add_worlds(cli, given, &core)) return false;
    ComponentChoice choice = given->component;
    if (given->adapter != LD_ADAPTER_NONE && !has_adapter(given)) {
        choice.adapters = (StrVec){0};
        push(cli, &choice.adapters, str_from(names[given->adapter]));
        for (size_t i = 0; i < given->component.adapters.len; i++)
            push(cli, &choice.adapters, given->component.adapters.at[i]);
    }
    const CompComponent *made;
    StrVec pieces = {0};
    const Source *linked = source_of(cli->arena, given->output, core);
    if (make_component(cli, linked, &choice, &made) != EXIT_OK) return false;
    comp_encode_split(cli->arena, made, &pieces);
    return file_write_pieces(cli->arena, given->output, &pieces, &cli->diags);
}

static int print_text(const char *text) {
    fputs(text, stdout);
    return EXIT_OK;
}

int component_ld(Cli *cli, const Str *words, size_t n) {
    LdWords given;
    Work work;
    int status = component_ld_words(cli, words, n, &given);
    if (status != EXIT_OK) return status;
    if (given.version) return print_text("wasm-component-ld of witc " WITC_VERSION "\n");
    if (given.help) {
        Buf out = {.arena = cli->arena};
        Str name = STR("component-ld");
        size_t used;
        help_command(&out, cli_find_command(&name, 1, &used));
        return print_text(str_c(cli->arena, buf_text(&out)));
    }
    if (!work_begin(cli, &work)) return EXIT_INPUT;
    bool is_core = given.skip || given.is_shared;
    Str module =
        is_core ? given.output : path_join(cli->arena, work.folder, path_file(given.output));
    bool made = run_wasm_ld(cli, &work, &given, module) && (is_core || make(cli, &given, module));
    work_end(cli, &work);
    return made ? EXIT_OK : EXIT_INPUT;
}
