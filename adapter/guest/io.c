/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Streams: reading, writing, waiting for them; and which of the standard ones is a terminal. */
#include "guest.h"

IMPORT("wasi:io/streams@0.2.0", "[method]input-stream.blocking-read")
void stream_read(u32 stream, u64 length, u8 *area);
IMPORT("wasi:io/streams@0.2.0", "[method]input-stream.subscribe") u32 subscribe_in(u32 stream);
IMPORT("wasi:io/streams@0.2.0", "[method]output-stream.subscribe") u32 subscribe_out(u32 stream);
IMPORT("wasi:io/streams@0.2.0", "[method]output-stream.blocking-write-and-flush")
void stream_write(u32 stream, const u8 *bytes, u32 length, u8 *area);
IMPORT("wasi:io/error@0.2.0", "[resource-drop]error") void drop_error(u32 error);
IMPORT("wasi:io/poll@0.2.0", "[resource-drop]pollable") void drop_pollable(u32 pollable);
IMPORT("wasi:io/poll@0.2.0", "poll") void poll(const u32 *pollables, u32 count, u8 *area);
IMPORT("wasi:cli/stdin@0.2.0", "get-stdin") u32 get_stdin(void);
IMPORT("wasi:cli/stdout@0.2.0", "get-stdout") u32 get_stdout(void);
IMPORT("wasi:cli/stderr@0.2.0", "get-stderr") u32 get_stderr(void);

u32 stdin_stream(void) { return get_stdin(); }
u32 stdout_stream(void) { return get_stdout(); }
u32 stderr_stream(void) { return get_stderr(); }

#if WITH_FILES
IMPORT("wasi:filesystem/types@0.2.0", "filesystem-error-code")
void filesystem_error_code(u32 error, u8 *area);
#endif

/* ---- the error of a stream ---- */

/* `area` has a result whose error, a stream-error, is at `area + 4`. */
static u32 stream_error(u32 area, u32 if_closed) {
    if (byte_at(area + 4)) return if_closed;
    u32 handle = word_at(area + 8), error = IO;
#if WITH_FILES
    filesystem_error_code(handle, at(area));
    if (byte_at(area)) error = errno_of(byte_at(area + 1));
#endif
    drop_error(handle);
    return error;
}

Got read_stream(u32 stream, u8 *to, u32 length) {
    if ((u32)to < AREA_END && length > ARENA) length = ARENA;
    u32 area = area_beside((u32)to, length);
    Held held = hold(area);
    expect_list(to, length);
    stream_read(stream, length, at(area));
    u32 is_error = byte_at(area), n = is_error ? 0 : word_at(area + 8);
    u32 error = is_error ? stream_error(area, SUCCESS) : SUCCESS;
    release(area, held);
    return error ? failed(error) : got(n);
}

Got write_stream(u32 stream, const u8 *bytes, u32 length) {
    enum { AT_ONCE = 4096 };
    u32 done = 0, error = SUCCESS;
    while (done < length && !error) {
        u32 n = length - done < AT_ONCE ? length - done : AT_ONCE;
        Held held = hold(AREA);
        stream_write(stream, bytes + done, n, at(AREA));
        error = byte_at(AREA) ? stream_error(AREA, PIPE) : SUCCESS;
        release(AREA, held);
        if (!error) done += n;
    }
    return done ? got(done) : failed(error);
}

/* ---- terminals ---- */

#if PROXY
u32 is_terminal(u32 which) { return 0; }
#else
IMPORT("wasi:cli/terminal-stdin@0.2.0", "get-terminal-stdin") void get_terminal_stdin(u8 *area);
IMPORT("wasi:cli/terminal-stdout@0.2.0", "get-terminal-stdout") void get_terminal_stdout(u8 *area);
IMPORT("wasi:cli/terminal-stderr@0.2.0", "get-terminal-stderr") void get_terminal_stderr(u8 *area);
IMPORT("wasi:cli/terminal-input@0.2.0", "[resource-drop]terminal-input")
void drop_terminal_input(u32 terminal);
IMPORT("wasi:cli/terminal-output@0.2.0", "[resource-drop]terminal-output")
void drop_terminal_output(u32 terminal);

u32 is_terminal(u32 which) {
    Held held = hold(AREA);
    if (which == 0) get_terminal_stdin(at(AREA));
    else if (which == 1) get_terminal_stdout(at(AREA));
    else get_terminal_stderr(at(AREA));
    u32 is = byte_at(AREA), handle = word_at(AREA + 4);
    release(AREA, held);
    if (is && which == 0) drop_terminal_input(handle);
    if (is && which != 0) drop_terminal_output(handle);
    return is;
}
#endif

void put_fdstat(u8 *to, u32 type, u32 flags, u64 base, u64 inheriting) {
    u64 *words = (u64 *)to;
    words[0] = type | flags << 16;
    words[1] = base;
    words[2] = inheriting;
}

/* ---- poll_oneoff ---- */

enum { EVENT_CLOCK, EVENT_READ, EVENT_WRITE };
enum { HANGUP = 1 };

Got subscribe_clock(u32 clock, u64 timeout, u32 is_absolute);
u32 paused(void);
void wait_paused(u64 timeout, u32 is_absolute);

/* subscription: userdata 0, type 8, clock or descriptor 16, timeout 24, flags 40 */
static Got subscribe(const u8 *s) {
    u32 type = s[8], what = *(const u32 *)(s + 16);
    if (type == EVENT_CLOCK)
        return subscribe_clock(what, *(const u64 *)(s + 24), *(const u16 *)(s + 40) & 1);
    if (type > EVENT_WRITE) return failed(INVAL);
#if WITH_FILES
    if (kind_of(what) == KIND_FILE) {
        if (field(what, F_TYPE) == DESCRIPTOR_DIRECTORY) return failed(BADF);
        return got(subscribe_duration(0));
    }
#endif
    Got stream = type == EVENT_READ ? input_of(what) : output_of(what);
    if (error_of(stream)) return stream;
    return got(type == EVENT_READ ? subscribe_in((u32)stream) : subscribe_out((u32)stream));
}

/* event: userdata 0, error 8, type 10, bytes 16, flags 24 */
static void put_event(u8 *to, const u8 *s) {
    u32 type = s[8];
    u64 *words = (u64 *)to, userdata = *(const u64 *)s, bytes = type != EVENT_CLOCK, flags = 0;
#if WITH_FILES
    u32 fd = *(const u32 *)(s + 16);
    if (type == EVENT_READ && kind_of(fd) == KIND_FILE) {
        u64 size = file_size((u32)field(fd, F_HANDLE)), position = field(fd, F_POSITION);
        if (size != ~0ull) bytes = size > position ? size - position : 0;
        if (!bytes) flags = HANGUP;
    }
#endif
    words[0] = userdata;
    words[1] = type << 16;
    words[2] = bytes;
    words[3] = flags;
}

/* No import may be called: the clocks have run out, and nothing has come. */
static u32 poll_paused(const u8 *in, u8 *out, u32 n) {
    u32 ready = 0;
    for (const u8 *s = in; n--; s += 48) {
        if (s[8] != EVENT_CLOCK) continue;
        if (*(const u32 *)(s + 16) == CLOCK_MONOTONIC)
            wait_paused(*(const u64 *)(s + 24), *(const u16 *)(s + 40) & 1);
        put_event(out + 32 * ready++, s);
    }
    return ready;
}

/* The program's bytes for events, 32 each, hold the pollables at their beginning and the numbers of
 * those that are ready at their end, where no event is written before its number has been read. */
EXPORT("poll_oneoff") u32 poll_oneoff(const u8 *in, u8 *out, u32 n, u32 *count) {
    if (!n || n > 1u << 26) return INVAL;
    if (paused()) {
        *count = poll_paused(in, out, n);
        return SUCCESS;
    }
    u32 *pollables = (u32 *)out, error = SUCCESS, have = 0, ready = 0;
    const u32 *numbers = (const u32 *)(out + 28 * n);
    while (have < n && !error) {
        Got pollable = subscribe(in + 48 * have);
        error = error_of(pollable);
        if (!error) pollables[have++] = (u32)pollable;
    }
    if (!error) {
        u32 area = area_beside((u32)out, 32 * n);
        Held held = hold(area);
        expect_list(out + 28 * n, 4 * n);
        poll(pollables, n, at(area));
        ready = word_at(area + 4);
        release(area, held);
    }
    while (have) drop_pollable(pollables[--have]);
    for (u32 i = 0; i < ready; i++) put_event(out + 32 * i, in + 48 * numbers[i]);
    *count = ready;
    return error;
}
