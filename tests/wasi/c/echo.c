/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Standard input, output and status as a shell sees them; the argument says what to do. These cases
 * are one a run: the runner compares what is written.
 */
#include "check.h"

static io_output_stream out;

static void write(const char *s) {
    MUST_VOID(io_output_stream_blocking_write_and_flush(io_output_stream_borrow(out), bytes_of(s)));
}

static void copy(bool splices) {
    io_input_stream in = cli_stdin_get_stdin();
    for (;;) {
        if (splices) {
            __auto_type r = io_output_stream_blocking_splice(io_output_stream_borrow(out),
                                                             io_input_stream_borrow(in), 100);
            if (r.is_err) break;
            MUST_VOID(io_output_stream_blocking_flush(io_output_stream_borrow(out)));
            continue;
        }
        __auto_type r = io_input_stream_blocking_read(io_input_stream_borrow(in), 4096);
        if (r.is_err) break;
        MUST_VOID(
            io_output_stream_blocking_write_and_flush(io_output_stream_borrow(out), r.val.ok));
    }
}

static void skip_and_copy(void) {
    io_input_stream in = cli_stdin_get_stdin();
    uint64_t n = 6;
    while (n) n -= MUST(io_input_stream_blocking_skip(io_input_stream_borrow(in), n));
    io_input_stream_drop(in); /* what was not read is still there for the next */
    copy(false);
}

void cases(void) {
    wit_string what = argument();
    out = cli_stdout_get_stdout();
    if (text_is(what, "copy")) copy(false);
    else if (text_is(what, "splice")) copy(true);
    else if (text_is(what, "skip")) skip_and_copy();
    else if (text_is(what, "zeroes"))
        MUST_VOID(
            io_output_stream_blocking_write_zeroes_and_flush(io_output_stream_borrow(out), 3));
    else if (text_is(what, "stderr")) {
        io_output_stream_drop(out);
        out = cli_stderr_get_stderr();
        write("to standard error\n");
    } else if (text_is(what, "both")) {
        write("to standard output\n");
        out = cli_stderr_get_stderr();
        write("to standard error\n");
    } else if (text_is(what, "nothing")) {
        return;
    } else if (text_is(what, "large")) {
        for (int i = 0; i < 1000; i++) write("0123456789abcdef0123456789abcdef0123456789abcdef\n");
    } else if (text_is(what, "utf-8")) {
        write("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\n");
    } else if (text_is(what, "exit-ok")) {
        wit_result_void_void ok = {.is_err = false};
        write("before\n");
        cli_exit_exit(&ok);
    } else if (text_is(what, "exit-err")) {
        wit_result_void_void err = {.is_err = true};
        write("before\n");
        cli_exit_exit(&err);
    } else if (text_is(what, "fail")) {
        check(false, "told");
        return;
    } else if (what.len > 5) { /* exit-N */
        unsigned n = 0;
        for (size_t i = 5; i < what.len; i++) n = n * 10 + (unsigned)(what.ptr[i] - '0');
        write("before\n");
        cli_exit_exit_with_code((uint8_t)n);
    }
    if (what.len > 4 && what.ptr[0] == 'e') write("after\n");
}
