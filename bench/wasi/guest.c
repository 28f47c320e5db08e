/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The guest of bench/wasi: its first argument says what it does; without one it says hello.
 *
 *     sleep MS        waits        copy            /from to /to by streams: a read, then a write
 *                                  splice          the same by splice
 */
#include "suite.h"

static uint64_t number(wit_string s) {
    uint64_t n = 0;
    for (size_t i = 0; i < s.len; i++) n = n * 10 + (uint64_t)(s.ptr[i] - '0');
    return n;
}

static int is(wit_string s, const char *text) {
    size_t n = 0;
    while (text[n]) n++;
    return s.len == n && !__builtin_memcmp(s.ptr, text, n);
}

static void hello(void) {
    streams_output_stream to = out_get_stdout();
    wit_list_u8 text = {(const uint8_t *)"hello\n", 6};
    streams_output_stream_ref o = streams_output_stream_borrow(to);
    if (streams_output_stream_blocking_write_and_flush(o, text).is_err) __builtin_trap();
}

static void wait(uint64_t ms) {
    poll_pollable timer = mono_subscribe_duration(ms * 1000000);
    poll_pollable_block(poll_pollable_borrow(timer));
}

static fs_descriptor open(wit_string name, fs_open_flags how, fs_descriptor_flags rights) {
    fs_descriptor root = preopens_get_directories().ptr[0].f0;
    fs_result_descriptor_error_code file =
        fs_descriptor_open_at(fs_descriptor_borrow(root), 0, name, how, rights);
    if (file.is_err) __builtin_trap();
    return file.val.ok;
}

static void write_all(streams_output_stream_ref to, wit_list_u8 bytes) {
    while (bytes.len) {
        streams_result_u64_stream_error may = streams_output_stream_check_write(to);
        if (may.is_err) __builtin_trap();
        if (!may.val.ok) {
            poll_pollable ready = streams_output_stream_subscribe(to);
            poll_pollable_block(poll_pollable_borrow(ready));
            poll_pollable_drop(ready);
            continue;
        }
        size_t n = bytes.len < may.val.ok ? bytes.len : (size_t)may.val.ok;
        if (streams_output_stream_write(to, (wit_list_u8){bytes.ptr, n}).is_err) __builtin_trap();
        bytes.ptr += n, bytes.len -= n;
    }
}

static void copy(int splices) {
    fs_descriptor from = open(WIT_STR("from"), 0, FS_DESCRIPTOR_FLAGS_READ);
    fs_descriptor to = open(WIT_STR("to"), FS_OPEN_FLAGS_CREATE | FS_OPEN_FLAGS_TRUNCATE,
                            FS_DESCRIPTOR_FLAGS_WRITE);
    streams_input_stream in = fs_descriptor_read_via_stream(fs_descriptor_borrow(from), 0).val.ok;
    streams_output_stream out = fs_descriptor_write_via_stream(fs_descriptor_borrow(to), 0).val.ok;
    streams_input_stream_ref i = streams_input_stream_borrow(in);
    streams_output_stream_ref o = streams_output_stream_borrow(out);
    for (int more = 1; more;) {
        wit_mark mark = wit_arena_mark();
        if (splices) more = !streams_output_stream_blocking_splice(o, i, 1 << 20).is_err;
        else {
            streams_result_list_u8_stream_error got =
                streams_input_stream_blocking_read(i, 1 << 20);
            more = !got.is_err;
            if (more) write_all(o, got.val.ok);
        }
        wit_arena_release(mark);
    }
    if (streams_output_stream_blocking_flush(o).is_err) __builtin_trap();
}

wit_result_void_void cli_run_run(void) {
    wit_list_string args = env_get_arguments();
    if (args.len < 2) hello();
    else if (is(args.ptr[1], "sleep")) wait(number(args.ptr[2]));
    else copy(is(args.ptr[1], "splice"));
    return (wit_result_void_void){.is_err = false};
}
