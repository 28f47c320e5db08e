/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The adapter's module of its parts:
 *
 *     code      with files, without, or for the proxy world
 *     world     what that code imports, a custom section
 *     command   the export of wasi:cli/run, another one
 *     exit code the import of wasi:cli/exit in the version that has `exit-with-code`, another one
 *
 * There are two functions for proc_exit, exported as `proc_exit` and `proc_code`. The names are
 * equally long: for the second one they change places in the export section.
 */
#include "adapter/internal.h"

bool adapter_func_needs_files(Str name) {
    return str_starts(name, STR("path_")) || str_is(name, "fd_readdir") ||
           str_is(name, "fd_prestat_get") || str_is(name, "fd_prestat_dir_name");
}

static void swap_exits(uint8_t *bytes, size_t size) {
    Str all = {(const char *)bytes, size};
    size_t exit = str_find_str(all, STR("\tproc_exit"), 0);
    size_t code = str_find_str(all, STR("\tproc_code"), 0);
    if (exit == SIZE_MAX || code == SIZE_MAX) return;
    memcpy(bytes + exit, "\tproc_code", 10);
    memcpy(bytes + code, "\tproc_exit", 10);
}

Str adapter_module(Arena *arena, const AdapterChoice *choice) {
    const AdapterParts *parts = &adapter_parts;
    bool is_proxy = choice->kind == ADAPTER_PROXY;
    int part = is_proxy ? PART_PROXY : choice->without_files ? PART_PLAIN : PART_FILES;
    Buf out = {.arena = arena};
    buf_str(&out, parts->modules[part]);
    if (choice->exit_code && !is_proxy) swap_exits(out.ptr, out.len);
    buf_str(&out, parts->worlds[part]);
    if (choice->kind == ADAPTER_COMMAND) buf_str(&out, parts->command);
    if (!is_proxy) buf_str(&out, parts->exit_code);
    return buf_text(&out);
}
