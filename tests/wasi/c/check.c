/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What the programs of the suite share: see check.h. */
#include "check.h"

static io_output_stream out;
static bool has_failed;
static char group_name[512];

/* ---- text ---- */

typedef struct {
    char *text;
    size_t len, size;
} Text;

static void put(Text *t, const char *s, size_t n) {
    for (size_t i = 0; i < n && t->len + 1 < t->size; i++) t->text[t->len++] = s[i];
    t->text[t->len] = 0;
}

static void put_number(Text *t, uint64_t n, unsigned base) {
    char digits[20];
    size_t i = sizeof digits;
    do digits[--i] = "0123456789abcdef"[n % base];
    while (n /= base);
    put(t, digits + i, sizeof digits - i);
}

static void put_format(Text *t, const char *format, __builtin_va_list args) {
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            put(t, at, 1);
            continue;
        }
        at++;
        if (*at == 's') {
            const char *s = __builtin_va_arg(args, const char *);
            put(t, s, wit_string_from(s).len);
        } else if (*at == 'd') {
            int n = __builtin_va_arg(args, int);
            if (n < 0) put(t, "-", 1);
            put_number(t, n < 0 ? -(uint64_t)n : (uint64_t)n, 10);
        } else if (*at == 'u') {
            put_number(t, __builtin_va_arg(args, uint64_t), 10);
        } else if (*at == 'x') {
            put_number(t, __builtin_va_arg(args, uint64_t), 16);
        }
    }
}

#define FORMAT(t, format)                                                                          \
    do {                                                                                           \
        __builtin_va_list args_;                                                                   \
        __builtin_va_start(args_, format);                                                         \
        put_format(t, format, args_);                                                              \
        __builtin_va_end(args_);                                                                   \
    } while (0)

const char *text(const char *format, ...) {
    char room[8192];
    Text t = {room, 0, sizeof room};
    FORMAT(&t, format);
    return wit_string_copy((wit_string){room, t.len}).ptr;
}

bool text_is(wit_string a, const char *b) { return wit_string_eq(a, wit_string_from(b)); }

/* ---- cases ---- */

static void say(const char *line, size_t n) {
    while (n) {
        size_t part = n < 4096 ? n : 4096;
        wit_list_u8 bytes = {(const uint8_t *)line, part};
        (void)io_output_stream_blocking_write_and_flush(io_output_stream_borrow(out), bytes);
        line += part;
        n -= part;
    }
}

void group(const char *format, ...) {
    Text t = {group_name, 0, sizeof group_name};
    FORMAT(&t, format);
}

bool is_wanted(const char *name) {
    static bool is_behind;
    if (is_behind) return true;
    wit_string after = {0};
    wit_list_tuple2_string_string all = env_get_environment();
    for (size_t i = 0; i < all.len; i++)
        if (text_is(all.ptr[i].f0, "WASI_SUITE_AFTER")) after = all.ptr[i].f1;
    wit_string begin = STR("%s%s", group_name, name);
    is_behind = after.len == 0 || (begin.len <= after.len &&
                                   wit_string_eq(begin, (wit_string){after.ptr, begin.len}));
    return after.len == 0;
}

static bool decided(bool is_good, Text *name, const char *why) {
    char room[2048];
    Text line = {room, 0, sizeof room};
    put(&line, group_name, wit_string_from(group_name).len);
    put(&line, name->text, name->len);
    put(&line, is_good ? ": ok" : ": FAILED", is_good ? 4 : 8);
    if (!is_good) put(&line, why, wit_string_from(why).len);
    put(&line, "\n", 1);
    say(room, line.len);
    if (!is_good) has_failed = true;
    return is_good;
}

bool check(bool is_good, const char *format, ...) {
    char room[1024] = "";
    Text name = {room, 0, sizeof room};
    FORMAT(&name, format);
    return decided(is_good, &name, "");
}

static const char *code_name(int code, Namer *name) {
    return code == OK ? "ok" : code == NOT_READY ? "nothing" : name(code);
}

bool outcome(int got, uint64_t want, Namer *name, const char *format, ...) {
    char room[1024] = "", reason[1024] = "";
    Text t = {room, 0, sizeof room}, why = {reason, 0, sizeof reason};
    FORMAT(&t, format);
    const char *is = code_name(got, name);
    put(&why, ": got ", 6);
    put(&why, is, wit_string_from(is).len);
    put(&why, ", want", 6);
    for (int code = 0; code < 64; code++) {
        if (!(want & BIT(code))) continue;
        const char *wanted = code_name(code, name);
        put(&why, " ", 1);
        put(&why, wanted, wit_string_from(wanted).len);
    }
    return decided((want & BIT(got)) != 0, &t, reason);
}

void give_up(const char *what) {
    check(false, "cannot go on: %s", what);
    __builtin_trap();
}

wit_result_void_void cli_run_run(void) {
    out = cli_stdout_get_stdout();
    cases();
    wit_result_void_void result = {.is_err = has_failed};
    return result;
}

wit_string argument(void) {
    wit_list_string all = env_get_arguments();
    return all.len > 1 ? all.ptr[1] : WIT_STR("");
}

/* ---- codes ---- */

int stream_fault(io_stream_error error) {
    if (error.tag == IO_STREAM_ERROR_CLOSED) return CLOSED;
    error_error_drop(error.val.last_operation_failed);
    return FAILED;
}

const char *stream_name(int code) {
    return code == CLOSED ? "closed" : code == FAILED ? "last-operation-failed" : "?";
}
const char *fs_name(int code) { return fs_error_code_name((fs_error_code)code); }
const char *net_name(int code) { return net_error_code_name((net_error_code)code); }

/* ---- files ---- */

fs_descriptor_ref root(void) {
    static fs_descriptor granted;
    static bool is_known;
    if (!is_known) {
        fs_list_tuple2_descriptor_string folders = preopens_get_directories();
        if (folders.len == 0) give_up("a folder is granted");
        granted = folders.ptr[0].f0;
        is_known = true;
    }
    return fs_descriptor_borrow(granted);
}

fs_descriptor open_file(const char *path, fs_open_flags open, fs_descriptor_flags flags) {
    fs_result_descriptor_error_code r =
        fs_descriptor_open_at(root(), 0, wit_string_from(path), open, flags);
    if (r.is_err) give_up(text("open-at %s: %s", path, fs_name(r.val.err)));
    return r.val.ok;
}

wit_list_u8 bytes_of(const char *content) {
    return (wit_list_u8){(const uint8_t *)content, wit_string_from(content).len};
}

bool bytes_are(wit_list_u8 bytes, const char *content) {
    return text_is((wit_string){(const char *)bytes.ptr, bytes.len}, content);
}

void make_file(const char *path, const char *content) {
    fs_descriptor file = open_file(path, CREATE | TRUNCATE, READ | WRITE);
    wit_list_u8 bytes = bytes_of(content);
    if (bytes.len && MUST(fs_descriptor_write(fs_descriptor_borrow(file), bytes, 0)) != bytes.len)
        give_up("a short write");
    fs_descriptor_drop(file);
}

const char *content_of(const char *path) {
    fs_descriptor file = open_file(path, 0, READ);
    wit_list_u8 got = MUST(fs_descriptor_read(fs_descriptor_borrow(file), 4095, 0)).f0;
    fs_descriptor_drop(file);
    return wit_string_copy((wit_string){(const char *)got.ptr, got.len}).ptr;
}

bool ready_within(poll_pollable pollable, uint64_t ms) {
    poll_pollable timer = mono_subscribe_duration(ms * 1000000);
    poll_pollable_ref both[2] = {poll_pollable_borrow(pollable), poll_pollable_borrow(timer)};
    wit_list_u32 ready = poll_poll((poll_list_pollable_ref){both, 2});
    bool is_ready = ready.len && ready.ptr[0] == 0;
    poll_pollable_drop(pollable);
    poll_pollable_drop(timer);
    return is_ready;
}
