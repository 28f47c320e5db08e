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
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "serve/internal.h"

enum { ROOM = 64 << 10, MAX_TEXT = 4 << 10 };
enum { LINE = 5 * 6 * MAX_TEXT + 1024 }; /* five texts, of which each byte is escaped */

struct Log {
    int fd;
    unsigned worker;
    char *path; /* NULL: standard output */
    size_t len;
    char text[ROOM + LINE];
};

static int open_log(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

Log *log_open(Str path, unsigned worker) {
    Log *log = calloc(1, sizeof *log);
    if (!log) return NULL;
    log->worker = worker;
    log->fd = STDOUT_FILENO;
    if (str_is(path, "-")) return log;
    log->path = strndup(path.ptr, path.len);
    log->fd = log->path ? open_log(log->path) : -1;
    if (log->fd >= 0) return log;
    int why = errno;
    free(log->path);
    free(log);
    errno = why;
    return NULL;
}

void log_reopen(Log *log) {
    if (!log || !log->path) return;
    log_flush(log);
    int fd = open_log(log->path);
    if (fd < 0) {
        say("cannot open %s again: %s", log->path, strerror(errno));
        return;
    }
    close(log->fd);
    log->fd = fd;
}

/* A log that cannot be written is no reason not to serve. */
void log_flush(Log *log) {
    if (!log) return;
    for (size_t at = 0; at < log->len;) {
        ssize_t n = write(log->fd, log->text + at, log->len - at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        at += (size_t)n;
    }
    log->len = 0;
}

void log_close(Log *log) {
    if (!log) return;
    log_flush(log);
    if (log->path) close(log->fd);
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
    if (!log) return;
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
    fprintf(stderr, "witc serve: %s\n", text);
}
