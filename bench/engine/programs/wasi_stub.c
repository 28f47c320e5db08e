/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Makes a program that is linked with WASI's libc into a module without imports: it defines what
 * libc would import. There is no file, no clock that moves and no argument; output goes nowhere. The
 * names are those that wasi-libc declares for its imports; a definition beside them wins. */
#include <stdint.h>

enum { SUCCESS = 0, BADF = 8 };

#define IMPORT(name) __imported_wasi_snapshot_preview1_##name
int32_t IMPORT(args_get)(int32_t argv, int32_t buffer) { return SUCCESS; }
int32_t IMPORT(args_sizes_get)(int32_t count, int32_t size) { return BADF; }
int32_t IMPORT(environ_get)(int32_t environ, int32_t buffer) { return SUCCESS; }
int32_t IMPORT(environ_sizes_get)(int32_t count, int32_t size) {
    *(int32_t *)count = *(int32_t *)size = 0;
    return SUCCESS;
}
int32_t IMPORT(clock_time_get)(int32_t clock, int64_t precision, int32_t time) {
    *(int64_t *)time = 0;
    return SUCCESS;
}
int32_t IMPORT(clock_res_get)(int32_t clock, int32_t resolution) { return BADF; }
int32_t IMPORT(random_get)(int32_t buffer, int32_t size) {
    for (int32_t i = 0; i < size; i++) ((uint8_t *)buffer)[i] = (uint8_t)i;
    return SUCCESS;
}
int32_t IMPORT(fd_write)(int32_t fd, int32_t vectors, int32_t count, int32_t written) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) sum += ((int32_t *)vectors)[2 * i + 1];
    *(int32_t *)written = sum;
    return SUCCESS;
}
int32_t IMPORT(fd_read)(int32_t fd, int32_t vectors, int32_t count, int32_t read) { return BADF; }
int32_t IMPORT(fd_close)(int32_t fd) { return BADF; }
int32_t IMPORT(fd_seek)(int32_t fd, int64_t offset, int32_t whence, int32_t result) { return BADF; }
int32_t IMPORT(fd_fdstat_get)(int32_t fd, int32_t stat) { return BADF; }
int32_t IMPORT(fd_fdstat_set_flags)(int32_t fd, int32_t flags) { return BADF; }
int32_t IMPORT(fd_prestat_get)(int32_t fd, int32_t stat) { return BADF; }
int32_t IMPORT(fd_prestat_dir_name)(int32_t fd, int32_t path, int32_t size) { return BADF; }
int32_t IMPORT(fd_renumber)(int32_t from, int32_t to) { return BADF; }
int32_t IMPORT(path_open)(int32_t fd, int32_t flags, int32_t path, int32_t size, int32_t open_flags,
                          int64_t rights, int64_t inheriting, int32_t fd_flags, int32_t result) {
    return BADF;
}
int32_t IMPORT(path_rename)(int32_t fd, int32_t from, int32_t from_size, int32_t to_fd, int32_t to,
                            int32_t to_size) {
    return BADF;
}
int32_t IMPORT(path_unlink_file)(int32_t fd, int32_t path, int32_t size) { return BADF; }
int32_t IMPORT(path_remove_directory)(int32_t fd, int32_t path, int32_t size) { return BADF; }
int32_t IMPORT(path_filestat_get)(int32_t fd, int32_t flags, int32_t path, int32_t size,
                                  int32_t stat) {
    return BADF;
}
_Noreturn void IMPORT(proc_exit)(int32_t status) { __builtin_trap(); }
