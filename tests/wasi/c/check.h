/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_SUITE_CHECK_H
#define WASI_SUITE_CHECK_H

#include "suite.h" /* the bindings of wit/suite.wit */

/*
 * A program of the suite holds many cases. Each is told in one line of standard output, when it
 * has been decided:
 *
 *     stat-at/dir/follow: ok
 *     stat-at/file-slash/follow: FAILED: got ok, want not-directory
 *
 * so that a trap shows which case it was in (the one after the last line). `run` of the program
 * gives an error where one has failed.
 *
 * Names and messages are made of format texts with %s, %d (int), %u (uint64_t) and %x.
 */

/* Ends the name of the cases that follow, until the next one. */
void group(const char *format, ...);
/* Whether the cases whose names begin with the group's and this one are to be run. All are, or those behind the ones
 * that the variable WASI_SUITE_AFTER ("NAME:") belongs to: so a case that traps or never ends hides no others, as far as
 * they do not need it. */
bool is_wanted(const char *name);
#define PART(f)                                                                                    \
    do {                                                                                           \
        group("%s/", #f);                                                                          \
        if (is_wanted("")) f();                                                                    \
    } while (0)
/* One case: its name is the group's and this one. */
bool check(bool is_good, const char *format, ...);
/* One case: the outcome of a call is `got`, a code, or OK. `want` has a bit for each outcome that
 * the WIT allows; `name` names a code. */
typedef const char *Namer(int code);
bool outcome(int got, uint64_t want, Namer *name, const char *format, ...);
/* What the program is to do: it writes its cases. */
void cases(void);

enum { OK = 63, CLOSED = 62, FAILED = 61, NOT_READY = 60 };
#define BIT(code) (1ull << (code))

/* The first argument after the program's name, or "". */
wit_string argument(void);
bool text_is(wit_string a, const char *b);
/* A text of format parts; it lives until the program ends. */
const char *text(const char *format, ...);
#define STR(format, ...) wit_string_from(text(format, ##__VA_ARGS__))

/* What a call has answered: OK or its error's code. The results of all functions look alike. */
#define CODE(call)                                                                                 \
    ({                                                                                             \
        __auto_type r_ = (call);                                                                   \
        r_.is_err ? (int)r_.val.err : OK;                                                          \
    })
/* The same for what fails with a stream-error: OK, CLOSED or FAILED; the error is dropped. */
#define STREAM_CODE(call)                                                                          \
    ({                                                                                             \
        __auto_type r_ = (call);                                                                   \
        r_.is_err ? stream_fault(r_.val.err) : OK;                                                 \
    })
/* The value of a call that has to succeed for the cases to make sense; the program ends if not. */
#define MUST(call)                                                                                 \
    ({                                                                                             \
        __auto_type r_ = (call);                                                                   \
        if (r_.is_err) give_up(#call);                                                             \
        r_.val.ok;                                                                                 \
    })
#define MUST_VOID(call)                                                                            \
    do                                                                                             \
        if ((call).is_err) give_up(#call);                                                         \
    while (0)
void give_up(const char *what) __attribute__((noreturn));
int stream_fault(io_stream_error error);
const char *stream_name(int code);
const char *fs_name(int code);
const char *net_name(int code);

/* The only (or first) folder that was granted. */
fs_descriptor_ref root(void);
fs_descriptor open_file(const char *path, fs_open_flags open, fs_descriptor_flags flags);
/* Makes a file with this content, or replaces it. */
void make_file(const char *path, const char *content);
/* The whole content of a file, at most 4095 bytes. */
const char *content_of(const char *path);
wit_list_u8 bytes_of(const char *content);
bool bytes_are(wit_list_u8 bytes, const char *content);

/* Waits for something, but at most so many milliseconds: whether it is ready. The pollable is
 * dropped. */
bool ready_within(poll_pollable pollable, uint64_t ms);

enum {
    READ = FS_DESCRIPTOR_FLAGS_READ,
    WRITE = FS_DESCRIPTOR_FLAGS_WRITE,
    MUTATE = FS_DESCRIPTOR_FLAGS_MUTATE_DIRECTORY,
    CREATE = FS_OPEN_FLAGS_CREATE,
    DIRECTORY = FS_OPEN_FLAGS_DIRECTORY,
    EXCLUSIVE = FS_OPEN_FLAGS_EXCLUSIVE,
    TRUNCATE = FS_OPEN_FLAGS_TRUNCATE,
    FOLLOW = FS_PATH_FLAGS_SYMLINK_FOLLOW
};

#endif
