/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Finding what compiles guests. Debian's packages carry a version in their names (`clang-19`,
 * `wasm-ld-19`), so pairs of one suffix are looked for, the newest first after those without one:
 *
 *     /usr/bin/clang-19 → /usr/lib/llvm-19/bin/clang   and from there
 *     ../lib/clang/19/lib/wasi/libclang_rt.builtins-wasm32.a
 */
#include "cli/guest.h"

#include <stdlib.h>

#include "base/map.h"
#include "cli/process.h"

/* ---- compiler and linker ---- */

enum { NEWEST = 24, OLDEST = 12 }; /* versions of LLVM that are looked for */

static Str environment(const char *name) { return str_from(getenv(name)); }

static Str sdk_program(Cli *cli, const char *name) {
    Str sdk = environment("WASI_SDK_PATH");
    if (!sdk.len) return sdk;
    return program_find(cli, str_fmt(cli->arena, "%.*s/bin/%s", STR_ARG(sdk), name));
}

/* "-19" of "/usr/bin/clang-19". */
static Str suffix_of(Str program) {
    Str file = path_file(program);
    size_t dash = str_rfind(file, '-');
    return dash == SIZE_MAX ? (Str){0} : str_after(file, dash);
}

/* "/usr/bin/clang-19" with `to` "wasm-ld": "/usr/bin/wasm-ld-19". */
static Str sibling(Cli *cli, Str clang, const char *to) {
    Str suffix = suffix_of(clang), folder = path_directory(clang);
    Str found =
        program_find(cli, str_fmt(cli->arena, "%.*s/%s%.*s", STR_ARG(folder), to, STR_ARG(suffix)));
    return found.len ? found
                     : program_find(cli, str_fmt(cli->arena, "%s%.*s", to, STR_ARG(suffix)));
}

static Str real_path(Cli *cli, Str path) {
    char *full = realpath(str_c(cli->arena, path), NULL);
    Str result = full ? str_copy(cli->arena, str_from(full)) : path;
    free(full);
    return result;
}

static Str linker_of(Cli *cli, Str clang) {
    Str found = sibling(cli, clang, "wasm-ld");
    if (!found.len) found = sibling(cli, real_path(cli, clang), "wasm-ld");
    if (!found.len) found = program_find(cli, STR("wasm-ld"));
    for (unsigned version = NEWEST; !found.len && version >= OLDEST; version--)
        found = program_find(cli, str_fmt(cli->arena, "wasm-ld-%u", version));
    return found;
}

/* The first clang that has a linker of its version; else any clang. */
static void find_pair(Cli *cli, Str *clang, Str *wasm_ld) {
    for (unsigned version = NEWEST + 1; version >= OLDEST; version--) {
        Str suffix = version > NEWEST ? (Str){0} : str_fmt(cli->arena, "-%u", version);
        Str c = program_find(cli, str_concat(cli->arena, STR("clang"), suffix));
        if (!c.len) continue;
        Str ld = program_find(cli, str_concat(cli->arena, STR("wasm-ld"), suffix));
        if (!clang->len || ld.len) *clang = c;
        if (!ld.len) continue;
        if (!wasm_ld->len) *wasm_ld = ld;
        return;
    }
}

static Str first_of(Str a, Str b) { return a.len ? a : b; }

static bool missing(Cli *cli, Str name, const char *package, const char *option,
                    const char *variable) {
    diag(&cli->diags, CLI_NO_PROGRAM, span_none(), STR_ARG(name));
    diag_note(&cli->diags, CLI_INSTALL, span_none(), package);
    diag_note(&cli->diags, CLI_NAME_PROGRAM, span_none(), option, variable);
    return false;
}

/* Name `said` on the command line or in the environment must be a program. */
static bool check_named(Cli *cli, Str said, Str *found) {
    *found = said.len ? program_find(cli, said) : (Str){0};
    if (!said.len || found->len) return true;
    diag(&cli->diags, CLI_NO_PROGRAM, span_none(), STR_ARG(said));
    return false;
}

/* The first file below `folder`/NAME/`rest` for any NAME. */
static Str find_below(Cli *cli, Str folder, const char *rest) {
    StrVec names = {0};
    Diags ignored = {.arena = cli->arena};
    if (!directory_list(cli->arena, folder, &names, &ignored)) return (Str){0};
    for (size_t i = names.len; i-- > 0;) {
        Str file = str_fmt(cli->arena, "%.*s/%.*s/%s", STR_ARG(folder), STR_ARG(names.at[i]), rest);
        if (file_exists(cli->arena, file)) return file;
    }
    return (Str){0};
}

static Str find_builtins(Cli *cli, Str clang) {
    static const char *const places[] = {"lib/wasi/libclang_rt.builtins-wasm32.a",
                                         "lib/wasip1/libclang_rt.builtins-wasm32.a",
                                         "lib/wasm32-unknown-wasip1/libclang_rt.builtins.a",
                                         "lib/wasm32-unknown-wasi/libclang_rt.builtins.a"};
    Str bin = path_directory(real_path(cli, clang)), found = {0};
    Str folder = path_join(cli->arena, path_directory(bin), STR("lib/clang"));
    for (size_t i = 0; !found.len && i < sizeof places / sizeof *places; i++)
        found = find_below(cli, folder, places[i]);
    return found;
}

bool guest_tools(Cli *cli, Str clang, Str wasm_ld, GuestTools *tools) {
    Str c, ld;
    if (!check_named(cli, first_of(clang, environment("CLANG")), &c) ||
        !check_named(cli, first_of(wasm_ld, environment("WASM_LD")), &ld))
        return false;
    if (!c.len) c = sdk_program(cli, "clang");
    if (!c.len) find_pair(cli, &c, &ld);
    if (!c.len) return missing(cli, STR("clang"), "clang lld", "--clang", "CLANG");
    if (!ld.len) ld = linker_of(cli, c);
    if (!ld.len) return missing(cli, STR("wasm-ld"), "lld", "--wasm-ld", "WASM_LD");
    *tools = (GuestTools){c, ld, find_builtins(cli, c)};
    return true;
}

/* ---- the C library ---- */

static bool libc_at(Cli *cli, Str root, bool tell, GuestLibc *libc) {
    static const char *const targets[] = {"wasm32-wasi", "wasm32-wasip1"};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        Str lib = str_fmt(cli->arena, "%.*s/lib/%s", STR_ARG(root), targets[i]);
        if (!file_exists(cli->arena, path_join(cli->arena, lib, STR("libc.a")))) continue;
        Str include = str_fmt(cli->arena, "%.*s/include/%s", STR_ARG(root), targets[i]);
        if (!file_is_directory(cli->arena, include)) include = path_directory(include);
        Str cxx = path_join(cli->arena, include, STR("c++/v1"));
        if (!file_is_directory(cli->arena, cxx)) cxx = (Str){0};
        *libc = (GuestLibc){tell ? root : (Str){0}, include, cxx, lib};
        return true;
    }
    return false;
}

bool guest_libc(Cli *cli, Str sysroot, GuestLibc *libc) {
    static const char *const roots[] = {"/usr/share/wasi-sysroot", "/usr/wasm32-wasi",
                                        "/opt/wasi-sdk/share/wasi-sysroot"};
    if (sysroot.len) return libc_at(cli, sysroot, true, libc);
    Str sdk = environment("WASI_SDK_PATH");
    if (sdk.len && libc_at(cli, path_join(cli->arena, sdk, STR("share/wasi-sysroot")), true, libc))
        return true;
    if (libc_at(cli, STR("/usr"), false, libc)) return true;
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (libc_at(cli, str_from(roots[i]), true, libc)) return true;
    return false;
}

const char *guest_libc_packages(Cli *cli, const GuestTools *tools) {
    Str suffix = suffix_of(tools->clang);
    return str_c(cli->arena,
                 str_fmt(cli->arena, "wasi-libc libclang-rt%.*s-dev-wasm32", STR_ARG(suffix)));
}

bool guest_has_header(Cli *cli, const GuestLibc *libc, Str name) {
    return file_exists(cli->arena, path_join(cli->arena, libc->include, name)) ||
           (libc->cxx_include.len &&
            file_exists(cli->arena, path_join(cli->arena, libc->cxx_include, name)));
}

bool guest_is_freestanding(Str header) {
    static const char *const names[] = {"float.h",       "iso646.h",    "limits.h", "stdalign.h",
                                        "stdarg.h",      "stdatomic.h", "stdbit.h", "stdbool.h",
                                        "stdckdint.h",   "stddef.h",    "stdint.h", "stdnoreturn.h",
                                        "wasm_simd128.h"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(header, names[i])) return true;
    return false;
}

/* ---- scanning ---- */

typedef struct {
    Cli *cli;
    GuestScan *scan;
    Map seen;         /* paths */
    VEC(Str) pending; /* paths in quotes that are still to be read */
} Scanner;

static Str skip_spaces(Str s) {
    while (s.len && (*s.ptr == ' ' || *s.ptr == '\t')) s = str_after(s, 1);
    return s;
}

/* line ::= '#' 'include' ('<' name '>' | '"' path '"') */
static void scan_line(Scanner *s, Str line, Str folder) {
    line = skip_spaces(line);
    if (!str_starts(line, STR("#"))) return;
    line = skip_spaces(str_after(line, 1));
    if (!str_starts(line, STR("include"))) return;
    line = skip_spaces(str_after(line, 7));
    if (!line.len || (*line.ptr != '<' && *line.ptr != '"')) return;
    size_t end = str_find(line, *line.ptr == '<' ? '>' : '"', 1);
    if (end == SIZE_MAX) return;
    Str name = str_from_to(line, 1, end);
    if (*line.ptr == '<') *vec_push(s->cli->arena, &s->scan->headers) = name;
    else *vec_push(s->cli->arena, &s->pending) = path_join(s->cli->arena, folder, name);
}

static void scan_source(Scanner *s, const Source *source) {
    Str folder = path_directory(source->path), rest = source->text;
    if (str_find_str(rest, STR("constructor"), 0) != SIZE_MAX) s->scan->constructors = true;
    while (rest.len) {
        size_t end = str_find(rest, '\n', 0);
        scan_line(s, str_from_to(rest, 0, end), folder);
        rest = end == SIZE_MAX ? (Str){0} : str_after(rest, end + 1);
    }
}

void guest_scan(Cli *cli, const Source *source, GuestScan *scan) {
    enum { MOST_FILES = 1000 };
    Scanner s = {.cli = cli, .scan = scan};
    Diags ignored = {.arena = cli->arena};
    scan_source(&s, source);
    for (size_t i = 0; i < s.pending.len && i < MOST_FILES; i++) {
        Str path = s.pending.at[i];
        bool added;
        map_put(cli->arena, &s.seen, path, &added);
        if (!added) continue;
        const Source *header = file_read(cli->arena, path, &ignored);
        if (header) scan_source(&s, header);
    }
}
