/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Disks that fail: each error-code of wasi:filesystem reaches the guest from each method, a full disk ends a
 * stream with its code, what is taken a little at a time arrives as a whole, and a folder that is gone says so.
 */
#include "tests/faulty.h"
#include "tests/wasi.h"

#include <fcntl.h>

#include "wasi/memory.h"

#define FILES "wasi:filesystem/types"
#define IO    "wasi:io/streams"

enum { FINE = 99, TRAPPED = 98, CLOSED = 97, READ = 1, WRITE = 2, CREATE = 1, DIRECTORY = 2 };

/* error-code, in the order of types.wit */
static const int codes[] = {
    EACCES,  EAGAIN,    EALREADY,        EBADF,   EBUSY,  EDEADLK, EDQUOT,    EEXIST,
    EFBIG,   EILSEQ,    EINPROGRESS,     EINTR,   EINVAL, EIO,     EISDIR,    ELOOP,
    EMLINK,  EMSGSIZE,  ENAMETOOLONG,    ENODEV,  ENOENT, ENOLCK,  ENOMEM,    ENOSPC,
    ENOTDIR, ENOTEMPTY, ENOTRECOVERABLE, ENOTSUP, ENOTTY, ENXIO,   EOVERFLOW, EPERM,
    EPIPE,   EROFS,     ESPIPE,          ETXTBSY, EXDEV,
};
enum { CODES = sizeof codes / sizeof *codes, IO_CODE = 13, NO_MEMORY = 22, UNSUPPORTED = 27 };

static uint64_t room = 4 << 20;
static WasiMemory *memory;
static Faulty disk;
static AbiValue folder, file; /* the granted one; "file" in it, to be read and written */
static AbiValue counted;      /* the same folder, where 10 bytes are granted */

static unsigned answer(VmStatus status) {
    if (status != VM_DONE) return TRAPPED;
    return result[0].variant.index ? (unsigned)result[0].variant.payload->bits : FINE;
}

static unsigned method(const char *name, const AbiValue *args) {
    char full[64];
    snprintf(full, sizeof full, "[method]descriptor.%s", name);
    return answer(call(FILES, full, args));
}

static void drop(AbiValue handle) { wasi_drop(wasi, &handle); }

static AbiValue opened(const char *path, unsigned open, unsigned flags) {
    AbiValue args[5] = {folder, bits(1), text(path), bits(open), bits(flags)};
    CHECK_EQ(method("open-at", args), FINE);
    return result[0].variant.payload[0];
}

/* ---- each code, from each method ---- */

static const struct {
    const char *method, *call;
    const char *path; /* the method's own; NULL: it is of the file */
} rows[] = {
    {"read", "read", NULL},
    {"write", "write", NULL},
    {"set-size", "set_size", NULL},
    {"sync", "sync", NULL},
    {"sync-data", "sync", NULL},
    {"advise", "advise", NULL},
    {"stat", "stat", NULL},
    {"metadata-hash", "stat", NULL},
    {"set-times", "set_times", NULL},
    {"stat-at", "stat_at", "file"},
    {"metadata-hash-at", "stat_at", "file"},
    {"set-times-at", "set_times_at", "file"},
    {"open-at", "open", "file"},
    {"open-at", "stat", "file"},
    {"create-directory-at", "make_folder", "new"},
    {"symlink-at", "make_link", "new"},
    {"link-at", "link", "file"},
    {"rename-at", "rename", "file"},
    {"unlink-file-at", "unlink", "file"},
    {"remove-directory-at", "unlink", "file"},
    {"readlink-at", "read_link", "link"},
    {"read-directory", "open_entries", ""},
    {"stat-at", "open", "folder/../file"}, /* on the way */
    {"stat-at", "stat", "folder/../file"},
};

static unsigned run_row(size_t i) {
    const AbiValue now = {.variant = {NULL, 1}}, path = text(rows[i].path ? rows[i].path : "");
    const char *name = rows[i].method;
    AbiValue args[5] = {file, bits(1), bits(0), now, now};
    if (!strcmp(name, "write")) args[1] = list("x");
    if (!strcmp(name, "set-times")) args[1] = args[2] = now;
    if (!strcmp(name, "advise")) args[3] = bits(0);
    if (rows[i].path) {
        args[0] = folder;
        args[1] = path;
        if (strstr(name, "stat-at") || strstr(name, "hash-at") || strstr(name, "times-at"))
            args[1] = bits(1), args[2] = path;
        if (!strcmp(name, "open-at"))
            args[1] = bits(0), args[2] = path, args[3] = bits(0), args[4] = bits(READ);
        if (!strcmp(name, "symlink-at")) args[1] = text("to"), args[2] = path;
        if (!strcmp(name, "rename-at")) args[2] = folder, args[3] = text("other");
        if (!strcmp(name, "link-at"))
            args[1] = bits(0), args[2] = path, args[3] = folder, args[4] = text("other");
    }
    return method(name, args);
}

static void every_code(void) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (unsigned c = 0; c < CODES; c++) {
            faulty_set(&disk, rows[i].call, 1, UINT32_MAX, codes[c]);
            unsigned got = run_row(i);
            if (got != c) printf("%s, %s: %u, not %u\n", rows[i].method, rows[i].call, got, c);
            CHECK_EQ(got, c);
            CHECK(disk.seen > 0);
        }
    disk.call = NULL;
    struct stat st; /* nothing came of all that */
    CHECK_EQ(disk.below->stat_at(disk.below, WASI_MEMORY_ROOT, "file", &st), 0);
    CHECK(st.st_size == 4 && st.st_nlink == 1);
    CHECK(disk.below->stat_at(disk.below, WASI_MEMORY_ROOT, "new", &st) < 0 && errno == ENOENT);
    CHECK(disk.below->stat_at(disk.below, WASI_MEMORY_ROOT, "other", &st) < 0 && errno == ENOENT);
}

/* What has no case of its own. */
static void other_codes(void) {
    static const struct {
        int fault;
        unsigned code;
    } others[] = {{ENOSYS, UNSUPPORTED},
                  {EMFILE, NO_MEMORY},
                  {ENFILE, NO_MEMORY},
                  {ESTALE, IO_CODE},
                  {EREMOTEIO, IO_CODE}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        faulty_set(&disk, "sync", 1, 1, others[i].fault);
        CHECK_EQ(method("sync", &file), others[i].code);
    }
    disk.call = NULL;
}

static void entries(void) {
    for (unsigned c = 0; c < CODES; c++) {
        CHECK_EQ(method("read-directory", &folder), FINE);
        AbiValue stream = result[0].variant.payload[0];
        faulty_set(&disk, "next_entry", 2, 1, codes[c]);
        const char *next = "[method]directory-entry-stream.read-directory-entry";
        CHECK_EQ(answer(call(FILES, next, &stream)), FINE);
        CHECK_EQ(answer(call(FILES, next, &stream)), c);
        CHECK_EQ(answer(call(FILES, next, &stream)), FINE);
        drop(stream);
    }
    disk.call = NULL;
}

/* ---- streams ---- */

static AbiValue new_stream(const char *how, AbiValue of) {
    AbiValue args[2] = {of, bits(0)};
    CHECK_EQ(method(how, args), FINE);
    return result[0].variant.payload[0];
}

/* FINE, CLOSED, or the case of error-code that the last operation has failed with. */
static unsigned stream_answer(VmStatus status) {
    if (status != VM_DONE) return TRAPPED;
    if (!result[0].variant.index) return FINE;
    const AbiValue *error = result[0].variant.payload;
    if (error->variant.index) return CLOSED;
    AbiValue handle = error->variant.payload[0];
    CHECK_EQ(call(FILES, "filesystem-error-code", &handle), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    unsigned code = (unsigned)result[0].variant.payload->bits;
    drop(handle);
    return code;
}

static unsigned stream_write(AbiValue stream, const char *bytes) {
    AbiValue args[2] = {stream, list(bytes)};
    return stream_answer(call(IO, "[method]output-stream.blocking-write-and-flush", args));
}

static unsigned stream_read(AbiValue stream, Str *got) {
    AbiValue args[2] = {stream, bits(100)};
    unsigned code = stream_answer(call(IO, "[method]input-stream.blocking-read", args));
    if (code != FINE) return code;
    *got = (Str){result[0].variant.payload->list.items, result[0].variant.payload->list.len};
    return FINE;
}

static void check_contents(const char *name, const char *expected) {
    char bytes[64];
    const WasiFiles *m = disk.below;
    int fd = m->open(m, WASI_MEMORY_ROOT, name, O_RDONLY, 0);
    ssize_t n = m->read(m, fd, bytes, sizeof bytes, 0);
    CHECK_STR(((Str){bytes, n < 0 ? 0 : (size_t)n}), expected);
    m->close(m, fd);
}

/* Three bytes at a time: a stream goes on, a call of `write` tells how far it came. */
static void short_writes(void) {
    AbiValue to = opened("short", CREATE, READ | WRITE),
             stream = new_stream("write-via-stream", to);
    disk.most = 3;
    CHECK_EQ(stream_write(stream, "0123456789"), FINE);
    CHECK_EQ(stream_write(stream, "abcd"), FINE);
    check_contents("short", "0123456789abcd");
    AbiValue write[3] = {to, list("WXYZ"), bits(0)};
    CHECK_EQ(method("write", write), FINE);
    CHECK_EQ(result[0].variant.payload->bits, 3);
    Str got = {0};
    AbiValue in = new_stream("read-via-stream", to);
    CHECK_EQ(stream_read(in, &got), FINE);
    CHECK_STR(got, "WXY");
    CHECK_EQ(stream_read(in, &got), FINE);
    CHECK_STR(got, "345");
    disk.most = 0;
    drop(in), drop(stream);
    stream = new_stream("append-via-stream", to);
    disk.most = 2;
    CHECK_EQ(stream_write(stream, "efghi"), FINE);
    check_contents("short", "WXY3456789abcdefghi");
    disk.most = 0;
    drop(stream), drop(to);
}

/* The disk is full midway: what went before stays, the code is told once, and then the stream is closed. */
static void full_disk(void) {
    static const int faults[] = {ENOSPC, EDQUOT, EIO, EFBIG, EAGAIN, EROFS};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        AbiValue to = opened("full", CREATE, WRITE);
        AbiValue size[2] = {to, bits(0)};
        CHECK_EQ(method("set-size", size), FINE);
        AbiValue stream = new_stream(i & 1 ? "append-via-stream" : "write-via-stream", to);
        disk.most = 3;
        faulty_set(&disk, "write", 3, UINT32_MAX, faults[i]);
        unsigned code = stream_write(stream, "0123456789");
        CHECK(code < CODES && codes[code] == faults[i]);
        check_contents("full", "012345");
        disk.call = NULL;
        disk.most = 0;
        CHECK_EQ(stream_write(stream, "more"), CLOSED);
        drop(stream), drop(to);
    }
}

static void interrupted_streams(void) {
    AbiValue to = opened("again", CREATE, READ | WRITE), out = new_stream("write-via-stream", to);
    faulty_set(&disk, "write", 1, 2, EINTR);
    CHECK_EQ(stream_write(out, "twice"), FINE);
    CHECK_EQ(disk.seen, 3);
    AbiValue in = new_stream("read-via-stream", to);
    Str got = {0};
    faulty_set(&disk, "read", 1, 2, EINTR);
    CHECK_EQ(stream_read(in, &got), FINE);
    CHECK_STR(got, "twice");
    faulty_set(&disk, "read", 1, 1, EIO);
    drop(in);
    in = new_stream("read-via-stream", to);
    CHECK_EQ(stream_read(in, &got), IO_CODE);
    CHECK_EQ(stream_read(in, &got), CLOSED);
    disk.call = NULL;
    drop(in), drop(out), drop(to);
}

/* ---- folders that vanish ---- */

static void gone(void) {
    enum { NO_ENTRY = 20 };
    AbiValue make[2] = {folder, text("gone")};
    CHECK_EQ(method("create-directory-at", make), FINE);
    AbiValue inner = opened("gone", DIRECTORY, READ);
    CHECK_EQ(method("read-directory", &inner), FINE);
    AbiValue stream = result[0].variant.payload[0];
    CHECK_EQ(disk.below->unlink(disk.below, WASI_MEMORY_ROOT, "gone", AT_REMOVEDIR), 0);
    AbiValue open[5] = {inner, bits(0), text("x"), bits(CREATE), bits(WRITE)};
    CHECK_EQ(method("open-at", open), NO_ENTRY);
    AbiValue path[2] = {inner, text("x")};
    CHECK_EQ(method("create-directory-at", path), NO_ENTRY);
    AbiValue moved[4] = {folder, text("file"), inner, text("file")};
    CHECK_EQ(method("rename-at", moved), NO_ENTRY);
    CHECK_EQ(method("stat", &inner), FINE);
    CHECK_EQ(result[0].variant.payload[1].bits, 0); /* no name is left */
    CHECK_EQ(answer(call(FILES, "[method]directory-entry-stream.read-directory-entry", &stream)),
             FINE);
    CHECK_EQ(result[0].variant.payload->variant.index, 0);
    drop(stream), drop(inner);
}

/* A file that has no name any more is written and read as before; then it is gone. */
static void unnamed(void) {
    AbiValue make = opened("unnamed", CREATE, READ | WRITE);
    uint64_t before = room;
    CHECK_EQ(disk.below->unlink(disk.below, WASI_MEMORY_ROOT, "unnamed", 0), 0);
    AbiValue write[3] = {make, list("still"), bits(0)}, read[3] = {make, bits(9), bits(0)};
    CHECK_EQ(method("write", write), FINE);
    CHECK_EQ(method("read", read), FINE);
    CHECK_EQ(result[0].variant.payload[0].list.len, 5);
    drop(make);
    CHECK(room > before);
}

/* What a call has not done is not taken from the quota, nor given back to it. */
static void quotas(void) {
    enum { QUOTA = 6 };
    AbiValue make[5] = {counted, bits(1), text("counted"), bits(CREATE), bits(WRITE)};
    CHECK_EQ(method("open-at", make), FINE);
    AbiValue to = result[0].variant.payload[0];
    AbiValue write[3] = {to, list("0123456789"), bits(0)}, size[2] = {to, bits(10)};
    faulty_set(&disk, "write", 1, 2, EIO);
    CHECK_EQ(method("write", write), IO_CODE);
    CHECK_EQ(method("write", write), IO_CODE);
    faulty_set(&disk, "set_size", 1, 2, EIO);
    CHECK_EQ(method("set-size", size), IO_CODE);
    disk.most = 3;
    CHECK_EQ(method("write", write), FINE);
    CHECK_EQ(result[0].variant.payload->bits, 3);
    disk.most = 0;
    CHECK_EQ(method("write", write), FINE);
    size[1] = bits(0);
    CHECK_EQ(method("set-size", size), IO_CODE);
    write[2] = bits(10);
    CHECK_EQ(method("write", write), QUOTA);
    CHECK_EQ(method("set-size", size), FINE);
    write[2] = bits(0);
    CHECK_EQ(method("write", write), FINE);
    disk.call = NULL;
    drop(to);
}

int main(void) {
    arena = arena_new();
    WasiTree *tree = wasi_tree_new(arena);
    memory = wasi_memory_new(tree, 1, &room, &wasi_linux_clock);
    faulty_over(&disk, wasi_memory_files(memory));
    const WasiFiles *m = disk.below;
    int fd = m->open(m, WASI_MEMORY_ROOT, "file", O_CREAT | O_WRONLY, 0);
    CHECK_EQ(m->write(m, fd, "file", 4, 0), 4);
    m->close(m, fd);
    m->make_link(m, "file", WASI_MEMORY_ROOT, "link");
    m->make_folder(m, WASI_MEMORY_ROOT, "folder", 0);
    WasiFolder granted[2] = {
        {.fd = WASI_MEMORY_ROOT, .files = &disk.files, .name = STR("/")},
        {.fd = WASI_MEMORY_ROOT, .files = &disk.files, .name = STR("/10"), .max_bytes = 10}};
    WasiContext context = {
        .folders = granted, .folder_count = 2, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    host_open(&context);
    CHECK_EQ(call("wasi:filesystem/preopens", "get-directories", NULL), VM_DONE);
    folder = *(const AbiValue *)result[0].list.items;
    counted = ((const AbiValue *)result[0].list.items)[2];
    file = opened("file", 0, READ | WRITE);
    RUN(every_code);
    RUN(other_codes);
    RUN(entries);
    RUN(short_writes);
    RUN(full_disk);
    RUN(interrupted_streams);
    RUN(gone);
    RUN(unnamed);
    RUN(quotas);
    host_close();
    wasi_memory_free(memory);
    CHECK_EQ(room, 4 << 20);
    arena_free(arena);
    return test_end("wasi faults");
}
