/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The access log: a line of JSON for each request, once it has ended.
 *
 *     {"time":"2026-01-31T10:00:00.123Z","worker":0,"id":17,"remote":"127.0.0.1:50000","method":"GET",
 *      "scheme":"http","target":"/a?b","protocol":"HTTP/1.1","status":200,"received":0,"sent":6,"seconds":0.000150,
 *      "guest_seconds":0.000060}
 *
 * and "error", where there was one. What a client chooses is escaped: a line is always a line, and
 * always JSON. Lines are gathered during a turn of the loop, and written by one call, at the end of
 * the file, so that those of several processes do not mix.
 *
 * Nothing waits for whoever reads the log: what a pipe does not take stays, up to 1 MB; then lines are
 * dropped and counted, as they are where the disk is full.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "serve/internal.h"

enum { ROOM = 64 << 10, MOST_WAITING = 1 << 20, MAX_TEXT = 4 << 10 };
enum { LINE = 5 * 6 * MAX_TEXT + 1024 }; /* five texts, of which each byte is escaped */

struct Log {
    int fd;
    unsigned worker;
    bool is_file;       /* writing does not wait for anybody */
    bool is_torn;       /* the last line that was written is half a line */
    Counters *counters; /* NULL: none */
    char *path;         /* NULL: standard output */
    size_t len;
    char text[MOST_WAITING + LINE];
};

/* A named pipe is opened for reading too where nobody reads it yet: that does not wait. */
static int open_log(const char *path) {
    const int how = O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, O_WRONLY | how, 0640);
    return fd < 0 && errno == ENXIO ? open(path, O_RDWR | how, 0640) : fd;
}

/* A pipe without waiting, which several may write to: whether there is room may change after poll has
 * told. The flags of the one that is open are also others'. */
static int open_output(void) {
    struct stat info;
    bool is_pipe = fstat(STDOUT_FILENO, &info) == 0 && S_ISFIFO(info.st_mode);
    int fd = is_pipe ? open("/proc/self/fd/1", O_WRONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    return fd < 0 ? STDOUT_FILENO : fd;
}

static void look_at(Log *log) {
    struct stat info;
    log->is_file = fstat(log->fd, &info) == 0 && S_ISREG(info.st_mode);
}

Log *log_open(Str path, unsigned worker, Counters *counters) {
    Log *log = calloc(1, sizeof *log);
    if (!log) return NULL;
    log->worker = worker;
    log->counters = counters;
    bool is_named = !str_is(path, "-");
    if (is_named) log->path = strndup(path.ptr, path.len);
    if (!is_named) log->fd = open_output();
    else log->fd = log->path ? open_log(log->path) : -1;
    int why = errno;
    look_at(log);
    if (log->fd >= 0) return log;
    free(log->path);
    free(log);
    errno = why;
    return NULL;
}

/* ---- writing ---- */

static void count_dropped(const Log *log, size_t lines) {
    if (log->counters) COUNT(log->counters, log_lines_dropped_total, lines);
}

/* What has been written, or can never be, goes. */
static void forget(Log *log, size_t n) {
    memmove(log->text, log->text + n, log->len - n);
    log->len -= n;
}

/* As much as can be written without waiting: of a pipe, whole lines, that no other process's come in
 * between, as far as the system promises that. */
static size_t portion(const Log *log, size_t at) {
    struct pollfd fd = {.fd = log->fd, .events = POLLOUT};
    size_t left = log->len - at;
    if (log->is_file) return left;
    if (poll(&fd, 1, 0) <= 0 || !(fd.revents & (POLLOUT | POLLERR))) return 0;
    if (left <= PIPE_BUF) return left;
    const char *from = log->text + at, *end = memrchr(from, '\n', PIPE_BUF);
    return end ? (size_t)(end - from) + 1 : PIPE_BUF;
}

static void drop_all(Log *log) {
    size_t lines = 0;
    for (size_t i = 0; i < log->len; i++) lines += log->text[i] == '\n';
    count_dropped(log, lines);
    log->len = 0;
}

/* A log that cannot be written is no reason not to serve, nor one that is written slowly. */
bool log_flush(Log *log) {
    if (!log || !log->len) return true;
    size_t at = 0, n;
    while (at < log->len && (n = portion(log, at))) {
        ssize_t done = write(log->fd, log->text + at, n);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0 && errno == EAGAIN) break;
        if (done <= 0) {
            forget(log, at);
            drop_all(log);
            return true;
        }
        at += (size_t)done;
        log->is_torn = log->text[at - 1] != '\n';
    }
    forget(log, at);
    return !log->len;
}

static bool is_same(int a, int b) {
    struct stat x, y;
    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* A line whose beginning is in the old file is not for the new one. */
static void forget_torn(Log *log) {
    const char *end = log->is_torn ? memchr(log->text, '\n', log->len) : NULL;
    if (end) forget(log, (size_t)(end - log->text) + 1);
    count_dropped(log, end != NULL);
    log->is_torn = false;
}

void log_reopen(Log *log) {
    if (!log || !log->path) return;
    log_flush(log);
    int fd = open_log(log->path);
    if (fd < 0) {
        say("cannot open %s again: %s", log->path, strerror(errno));
        return;
    }
    if (!is_same(fd, log->fd)) forget_torn(log);
    close(log->fd);
    log->fd = fd;
    look_at(log);
}

/* There is room for a line: of those that wait, the oldest stay. */
static bool has_room(Log *log) {
    if (log->len > MOST_WAITING) log_flush(log);
    if (log->len > MOST_WAITING) return count_dropped(log, 1), false;
    if (!log->len && log->is_torn) { /* its end was dropped */
        log->text[log->len++] = '\n';
        log->is_torn = false;
    }
    return true;
}

void log_close(Log *log) {
    if (!log) return;
    log_flush(log);
    if (log->fd != STDOUT_FILENO) close(log->fd);
    free(log->path);
    free(log);
}

static void put(Log *log, const char *format, ...) {
    va_list args;
    va_start(args, format);
    log->len += (size_t)vsnprintf(log->text + log->len, sizeof log->text - log->len, format, args);
    va_end(args);
}

/* The length of the well-formed UTF-8 character at `s`, or 0. */
static size_t character(Str s) {
    unsigned char c = (unsigned char)s.ptr[0];
    size_t n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : 4;
    if (n == 1) return 1;
    if (c < 0xc2 || c > 0xf4 || n > s.len) return 0;
    for (size_t i = 1; i < n; i++)
        if (((unsigned char)s.ptr[i] & 0xc0) != 0x80) return 0;
    unsigned char d = (unsigned char)s.ptr[1];
    bool is_bad = (c == 0xe0 && d < 0xa0) || (c == 0xed && d >= 0xa0) || (c == 0xf0 && d < 0x90) ||
                  (c == 0xf4 && d >= 0x90);
    return is_bad ? 0 : n;
}

/* Bytes that are no UTF-8 become U+FFFD. */
static void put_text(Log *log, const char *name, Str s) {
    put(log, ",\"%s\":\"", name);
    if (s.len > MAX_TEXT) s.len = MAX_TEXT;
    char *to = log->text + log->len;
    while (s.len) {
        size_t n = character(s);
        unsigned char c = (unsigned char)s.ptr[0];
        if (!n) {
            memcpy(to, "\xef\xbf\xbd", 3), to += 3;
        } else if (c == '"' || c == '\\') {
            *to++ = '\\', *to++ = (char)c;
        } else if (c < 0x20 || c == 0x7f) {
            to += snprintf(to, 7, "\\u%04x", c);
        } else {
            memcpy(to, s.ptr, n), to += n;
        }
        s = str_after(s, n ? n : 1);
    }
    log->len = (size_t)(to - log->text);
    put(log, "\"");
}

void log_write(Log *log, const LogEntry *e) {
    static const char *const versions[] = {
        [HTTP_UNKNOWN] = "1.0", [HTTP_1_0] = "1.0", [HTTP_1_1] = "1.1", [HTTP_2] = "2"};
    if (!log || !has_room(log)) return;
    struct timespec now;
    struct tm utc;
    char time[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &utc);
    put(log, "{\"time\":\"%s.%03ldZ\",\"worker\":%u,\"id\":%llu", time, now.tv_nsec / 1000000,
        log->worker, (unsigned long long)e->id);
    put_text(log, "remote", e->remote);
    put_text(log, "method", e->method);
    put_text(log, "scheme", e->scheme);
    put_text(log, "target", e->target);
    put(log, ",\"protocol\":\"HTTP/%s\",\"status\":%u,\"received\":%llu,\"sent\":%llu",
        versions[e->version], e->status, (unsigned long long)e->received,
        (unsigned long long)e->sent);
    put(log, ",\"seconds\":%.6f,\"guest_seconds\":%.6f", (double)e->ns / 1e9,
        (double)e->guest_ns / 1e9);
    if (e->error.len) put_text(log, "error", e->error);
    put(log, "}\n");
    if (log->len > ROOM) log_flush(log);
}

void say(const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
    struct pollfd fd = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&fd, 1, 0) == 1) fprintf(stderr, "witc serve: %s\n", text);
}
