/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A guest for bench/wasi-soak.sh: as many calls of the host as its argument says, of ten kinds that
 * make and drop handles. */
#include "suite.h"

wit_result_void_void cli_run_run(void) {
    wit_list_string args = env_get_arguments();
    uint64_t calls = 0, n = 0;
    for (size_t i = 0; args.len > 1 && i < args.ptr[1].len; i++)
        n = n * 10 + (uint64_t)(args.ptr[1].ptr[i] - '0');
    fs_list_tuple2_descriptor_string folders = preopens_get_directories();
    fs_descriptor_ref root = fs_descriptor_borrow(folders.ptr[0].f0);
    for (; calls < n; calls += 12) {
        wit_mark mark = wit_arena_mark();
        fs_result_descriptor_error_code file =
            fs_descriptor_open_at(root, 0, WIT_STR("soak"), FS_OPEN_FLAGS_CREATE,
                                  FS_DESCRIPTOR_FLAGS_READ | FS_DESCRIPTOR_FLAGS_WRITE);
        if (file.is_err) __builtin_trap();
        fs_descriptor_ref f = fs_descriptor_borrow(file.val.ok);
        wit_list_u8 bytes = {(const uint8_t *)"0123456789", 10};
        if (fs_descriptor_write(f, bytes, 0).is_err) __builtin_trap();
        if (fs_descriptor_read(f, 10, 0).is_err) __builtin_trap();
        if (fs_descriptor_stat_at(root, 0, WIT_STR("soak")).is_err) __builtin_trap();
        if (!fs_descriptor_stat_at(root, 0, WIT_STR("none")).is_err) __builtin_trap();
        poll_pollable timer = mono_subscribe_duration(0);
        poll_pollable_block(poll_pollable_borrow(timer));
        poll_pollable_drop(timer);
        http_fields fields = http_fields_new();
        if (http_fields_append(http_fields_borrow(fields), WIT_STR("name"), bytes).is_err)
            __builtin_trap();
        http_fields_drop(fields);
        fs_descriptor_drop(file.val.ok);
        wit_arena_release(mark);
    }
    return (wit_result_void_void){.is_err = false};
}
