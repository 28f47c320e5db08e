/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * --stub-wasi: a C library without WASI 0.1 below it. wasi-libc calls the functions of
 * `wasi_snapshot_preview1` by symbols that are declared as imports; a source that defines them all takes
 * their place, and what nobody calls the linker leaves out. There are no arguments, no environment
 * and no open files; everything else fails.
 */
#include "cli/build.h"

/* i: 32 bits, I: 64 bits. Their result is an errno. */
static const struct {
    const char *name, *params;
} functions[] = {
    {"args_get", "ii"},
    {"args_sizes_get", "pp"}, /* p: where a zero goes */
    {"environ_get", "ii"},
    {"environ_sizes_get", "pp"},
    {"clock_res_get", "ii"},
    {"clock_time_get", "iIi"},
    {"fd_advise", "iIIi"},
    {"fd_allocate", "iII"},
    {"fd_close", "i"},
    {"fd_datasync", "i"},
    {"fd_fdstat_get", "ii"},
    {"fd_fdstat_set_flags", "ii"},
    {"fd_fdstat_set_rights", "iII"},
    {"fd_filestat_get", "ii"},
    {"fd_filestat_set_size", "iI"},
    {"fd_filestat_set_times", "iIIi"},
    {"fd_pread", "iiiIi"},
    {"fd_prestat_get", "ii"},
    {"fd_prestat_dir_name", "iii"},
    {"fd_pwrite", "iiiIi"},
    {"fd_read", "iiii"},
    {"fd_readdir", "iiiIi"},
    {"fd_renumber", "ii"},
    {"fd_seek", "iIii"},
    {"fd_sync", "i"},
    {"fd_tell", "ii"},
    {"fd_write", "iiii"},
    {"path_create_directory", "iii"},
    {"path_filestat_get", "iiiii"},
    {"path_filestat_set_times", "iiiiIIi"},
    {"path_link", "iiiiiii"},
    {"path_open", "iiiiiIIii"},
    {"path_readlink", "iiiiii"},
    {"path_remove_directory", "iii"},
    {"path_rename", "iiiiii"},
    {"path_symlink", "iiiii"},
    {"path_unlink_file", "iii"},
    {"poll_oneoff", "iiii"},
    {"proc_raise", "i"},
    {"random_get", "ii"},
    {"sched_yield", ""},
    {"sock_accept", "iii"},
    {"sock_recv", "iiiiii"},
    {"sock_send", "iiiii"},
    {"sock_shutdown", "ii"},
};

static void put_function(Buf *out, const char *name, const char *params) {
    enum { BADF = 8, NOSYS = 52 };
    bool zeroes = params[0] == 'p', file = str_starts(str_from(name), STR("fd_"));
    buf_fmt(out, "int __imported_wasi_snapshot_preview1_%s(", name);
    for (size_t i = 0; params[i]; i++)
        buf_fmt(out, "%s%s a%zu", i ? ", " : "", params[i] == 'I' ? "long long" : "int", i);
    buf_str(out, params[0] ? STR(") {") : STR("void) {"));
    for (size_t i = 0; params[i]; i++)
        buf_fmt(out, zeroes ? " *(int *) a%zu = 0;" : " (void) a%zu;", i);
    buf_fmt(out, " return %d; }\n", zeroes ? 0 : file ? BADF : NOSYS);
}

Str build_stub_source(Arena *arena) {
    Buf out = {.arena = arena};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        put_function(&out, functions[i].name, functions[i].params);
    buf_str(&out, STR("_Noreturn void __imported_wasi_snapshot_preview1_proc_exit(int status) { "
                      "(void) status; __builtin_trap(); }\n"));
    return buf_text(&out);
}
