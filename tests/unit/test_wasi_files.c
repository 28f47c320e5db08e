/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:filesystem, on a real folder and on one in memory: what each method answers, and what a grant keeps it
 * from. What stands in the folder is made and looked at through the table of the disk, whichever it is.
 */
#include "tests/wasi.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/memory.h"
#include "wasi/path.h"

#define FILES "wasi:filesystem/types"
#define IO    "wasi:io/streams"

/* cases of error-code, counted in types.wit */
enum {
    BAD_DESCRIPTOR = 3,
    QUOTA = 6,
    EXIST = 7,
    INVALID = 12,
    IS_DIRECTORY = 14,
    LOOP = 15,
    NO_ENTRY = 20,
    NOT_DIRECTORY = 24,
    NOT_EMPTY = 25,
    NOT_PERMITTED = 31,
    READ_ONLY = 33,
    FINE = 99, /* no error */
    TRAPPED = 98
};
enum { READ = 1, WRITE = 2, MUTATE = 32 };
enum { CREATE = 1, DIRECTORY = 2, EXCLUSIVE = 4, TRUNCATE = 8 };

static AbiValue rw, ro, small; /* the granted folders; the first two are the same one */

/* The case of error-code that a method answers, or FINE. */
static unsigned method(const char *name, AbiValue *args) {
    char full[64];
    snprintf(full, sizeof full, "[method]descriptor.%s", name);
    if (call(FILES, full, args) != VM_DONE) return TRAPPED;
    return result[0].variant.index ? (unsigned)result[0].variant.payload->bits : FINE;
}

static unsigned open_at(AbiValue folder, const char *path, unsigned open, unsigned flags,
                        AbiValue *out) {
    AbiValue args[5] = {folder, bits(1), text(path), bits(open), bits(flags)};
    unsigned error = method("open-at", args);
    if (error == FINE) *out = result[0].variant.payload[0];
    return error;
}

static void drop(AbiValue handle) { wasi_drop(wasi, &handle); }

static AbiValue opened(AbiValue folder, const char *path, unsigned open, unsigned flags) {
    AbiValue handle = {0};
    CHECK_EQ(open_at(folder, path, open, flags, &handle), FINE);
    return handle;
}

static unsigned one_path(const char *name, AbiValue folder, const char *path) {
    AbiValue args[2] = {folder, text(path)};
    return method(name, args);
}

/* ---- the disk ---- */

static const WasiFiles *disk;
static int root;

static WasiPlace place_of(const char *path) {
    WasiPlace place;
    wasi_place(disk, WASI_PATHS_WALK, root, str_from(path), WASI_NOFOLLOW, &place);
    return place;
}

static bool look(const char *path, struct stat *st) {
    WasiPlace place = place_of(path);
    bool good = place.folder >= 0 && disk->stat_at(disk, place.folder, place.name, st) == 0;
    wasi_place_close(&place);
    return good;
}

static bool exists(const char *path) {
    struct stat st;
    return look(path, &st);
}

static uint64_t size_of(const char *path) {
    struct stat st;
    return look(path, &st) ? (uint64_t)st.st_size : UINT64_MAX;
}

static void put_file(const char *path, const char *text) {
    WasiPlace place = place_of(path);
    int flags = O_CREAT | O_WRONLY | O_CLOEXEC;
    int fd = disk->open(disk, place.folder, place.name, flags, 0644);
    CHECK_EQ(disk->write(disk, fd, text, strlen(text), 0), strlen(text));
    disk->close(disk, fd);
    wasi_place_close(&place);
}

static void put_link(const char *path, const char *target) {
    WasiPlace place = place_of(path);
    CHECK_EQ(disk->make_link(disk, target, place.folder, place.name), 0);
    wasi_place_close(&place);
}

static void take_away(const char *path) {
    WasiPlace place = place_of(path);
    CHECK_EQ(disk->unlink(disk, place.folder, place.name, 0), 0);
    wasi_place_close(&place);
}

static int open_count(void) {
    int fd = disk->open(disk, root, ".", O_PATH, 0); /* the lowest that is free */
    disk->close(disk, fd);
    return fd;
}

/* ---- the grants ---- */

static void preopens(void) {
    CHECK_EQ(call("wasi:filesystem/preopens", "get-directories", NULL), VM_DONE);
    CHECK_EQ(result[0].list.len, 3);
    AbiValue *cells = result[0].list.items;
    rw = cells[0], ro = cells[2], small = cells[4];
    CHECK_STR(((Str){cells[1].string.ptr, cells[1].string.len}), "/data");
    CHECK_STR(((Str){cells[3].string.ptr, cells[3].string.len}), "/ro");
    CHECK_EQ(method("get-flags", &rw), FINE);
    CHECK_EQ(result[0].variant.payload->bits, READ | MUTATE);
    CHECK_EQ(method("get-flags", &ro), FINE);
    CHECK_EQ(result[0].variant.payload->bits, READ);
    AbiValue two[2] = {rw, ro};
    CHECK_EQ(call(FILES, "[method]descriptor.is-same-object", two), VM_DONE);
    CHECK_EQ(result[0].bits, 1);
}

/* All flags of opening in both grants: through the one to be read, nothing changes. */
static void open_flags(void) {
    put_file("kept", "kept");
    static const char *const paths[] = {"kept", "absent", "folder"};
    disk->make_folder(disk, root, "folder", 0755);
    for (unsigned i = 0; i < 3 * 16 * 64; i++) {
        const char *path = paths[i / 1024];
        unsigned how = i / 64 % 16, flags = i % 64;
        AbiValue handle;
        unsigned error = open_at(ro, path, how, flags, &handle);
        bool changes = how & (CREATE | TRUNCATE) || flags & (WRITE | MUTATE);
        bool senseless = how & DIRECTORY && how & ~(unsigned)DIRECTORY;
        if (senseless) CHECK_EQ(error, INVALID);
        else if (changes) CHECK_EQ(error, READ_ONLY);
        else if (!strcmp(path, "absent")) CHECK_EQ(error, NO_ENTRY);
        else if (how & EXCLUSIVE) CHECK(error != TRAPPED);
        else if (!strcmp(path, "kept") && how & DIRECTORY) CHECK_EQ(error, NOT_DIRECTORY);
        else CHECK_EQ(error, FINE);
        if (error == FINE) drop(handle);
        CHECK_EQ(size_of("kept"), 4);
        CHECK(!exists("absent"));
    }
    AbiValue handle;
    CHECK_EQ(open_at(rw, "kept", CREATE | EXCLUSIVE, WRITE, &handle), EXIST);
    CHECK_EQ(open_at(rw, "folder", 0, WRITE, &handle), IS_DIRECTORY);
    CHECK_EQ(open_at(rw, "absent/", CREATE, WRITE, &handle), NO_ENTRY);
    drop(opened(rw, "kept", TRUNCATE, 0));
    CHECK_EQ(size_of("kept"), 0);
    drop(opened(rw, "made", CREATE, READ | WRITE));
    CHECK_EQ(size_of("made"), 0);
}

static void read_only_methods(void) {
    AbiValue to[2] = {ro, text("x")};
    static const char *const names[] = {"create-directory-at", "remove-directory-at",
                                        "unlink-file-at"};
    for (size_t i = 0; i < 3; i++) CHECK_EQ(method(names[i], to), READ_ONLY);
    for (int i = 0; i < 2; i++) { /* from one to the other, and back */
        AbiValue link[5] = {i ? rw : ro, bits(0), text("kept"), i ? ro : rw, text("linked")};
        CHECK_EQ(method("link-at", link), READ_ONLY);
        AbiValue rename[4] = {i ? rw : ro, text("kept"), i ? ro : rw, text("moved")};
        CHECK_EQ(method("rename-at", rename), READ_ONLY);
    }
    AbiValue symlink[3] = {ro, text("kept"), text("link")};
    CHECK_EQ(method("symlink-at", symlink), READ_ONLY);
    AbiValue now = {.variant = {NULL, 1}};
    AbiValue times[5] = {ro, bits(0), text("kept"), now, now};
    CHECK_EQ(method("set-times-at", times), READ_ONLY);
    AbiValue file = opened(ro, "kept", 0, READ), folder = opened(ro, "folder", 0, READ);
    AbiValue open_times[3] = {file, now, now};
    CHECK_EQ(method("set-times", open_times), READ_ONLY);
    AbiValue size[2] = {file, bits(0)};
    CHECK_EQ(method("set-size", size), INVALID);
    AbiValue write[3] = {file, list("x"), bits(0)};
    CHECK_EQ(method("write", write), BAD_DESCRIPTOR);
    CHECK_EQ(method("append-via-stream", write), NOT_PERMITTED);
    AbiValue inner[2] = {folder, text("x")};
    CHECK_EQ(method("create-directory-at", inner), READ_ONLY); /* a folder below is no way round */
    drop(file), drop(folder);
    CHECK(!exists("linked") && !exists("moved") && !exists("link"));
}

/* ---- contents ---- */

static void reads_and_writes(void) {
    AbiValue file = opened(rw, "text", CREATE, READ | WRITE);
    AbiValue write[3] = {file, list("hello"), bits(3)};
    CHECK_EQ(method("write", write), FINE);
    CHECK_EQ(result[0].variant.payload->bits, 5);
    CHECK_EQ(size_of("text"), 8);
    AbiValue read[3] = {file, bits(100), bits(2)};
    CHECK_EQ(method("read", read), FINE);
    AbiValue *cells = result[0].variant.payload;
    CHECK_EQ(cells[0].list.len, 6);
    CHECK_EQ(memcmp(cells[0].list.items, "\0hello", 6), 0);
    CHECK_EQ(cells[1].bits, 0);
    read[2] = bits(8);
    CHECK_EQ(method("read", read), FINE);
    CHECK_EQ(result[0].variant.payload[0].list.len, 0);
    CHECK_EQ(result[0].variant.payload[1].bits, 1); /* the end */
    read[1] = bits(UINT64_MAX), read[2] = bits(0);
    CHECK_EQ(method("read", read), FINE); /* what is there, and no memory for what is not */
    CHECK_EQ(result[0].variant.payload[0].list.len, 8);
    read[2] = bits(UINT64_MAX);
    CHECK_EQ(method("read", read), INVALID);
    write[2] = bits(UINT64_MAX);
    CHECK_EQ(method("write", write), INVALID);
    AbiValue size[2] = {file, bits(4)};
    CHECK_EQ(method("set-size", size), FINE);
    CHECK_EQ(size_of("text"), 4);
    size[1] = bits(UINT64_MAX);
    CHECK(method("set-size", size) != FINE);
    CHECK_EQ(method("sync", &file), FINE);
    CHECK_EQ(method("sync-data", &file), FINE);
    AbiValue advise[4] = {file, bits(0), bits(UINT64_MAX), bits(5)};
    CHECK_EQ(method("advise", advise), FINE);
    advise[0] = rw;
    CHECK_EQ(method("advise", advise), BAD_DESCRIPTOR);
    read[0] = rw, read[2] = bits(0);
    CHECK_EQ(method("read", read), IS_DIRECTORY);
    drop(file);
    CHECK_EQ(method("get-type", &file), TRAPPED); /* it is gone */
}

static void stream_write(AbiValue stream, const char *bytes) {
    AbiValue args[2] = {stream, list(bytes)};
    CHECK_EQ(call(IO, "[method]output-stream.blocking-write-and-flush", args), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
}

static void streams(void) {
    AbiValue file = opened(rw, "stream", CREATE, READ | WRITE);
    AbiValue args[2] = {file, bits(2)};
    CHECK_EQ(method("write-via-stream", args), FINE);
    AbiValue at_two = result[0].variant.payload[0];
    CHECK_EQ(method("append-via-stream", args), FINE);
    AbiValue append = result[0].variant.payload[0];
    stream_write(append, "abcdef");
    stream_write(at_two, "XY");
    stream_write(append, "gh");
    stream_write(at_two, "Z");
    args[1] = bits(1);
    CHECK_EQ(method("read-via-stream", args), FINE);
    AbiValue input = result[0].variant.payload[0];
    drop(file); /* the streams stay */
    AbiValue read[2] = {input, bits(100)};
    CHECK_EQ(call(IO, "[method]input-stream.blocking-read", read), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    Str got = {result[0].variant.payload->list.items, result[0].variant.payload->list.len};
    CHECK_STR(got, "bXYZfgh");
    CHECK_EQ(call(IO, "[method]input-stream.blocking-read", read), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 1); /* closed */
    drop(input), drop(append), drop(at_two);
}

/* ---- folders ---- */

static void folders(void) {
    CHECK_EQ(one_path("create-directory-at", rw, "tree"), FINE);
    CHECK_EQ(one_path("create-directory-at", rw, "tree"), EXIST);
    CHECK_EQ(one_path("create-directory-at", rw, "tree/a/"), FINE);
    CHECK_EQ(one_path("create-directory-at", rw, "/tree/b"), NOT_PERMITTED);
    CHECK_EQ(one_path("create-directory-at", rw, "../b"), NOT_PERMITTED);
    AbiValue tree = opened(rw, "tree", DIRECTORY, READ);
    drop(opened(tree, "b", CREATE, WRITE)); /* a folder of a grant that may be changed */
    put_link("tree/c", "gone");
    put_file("tree/\xff", ""); /* a name that is no string */
    CHECK_EQ(method("read-directory", &tree), FINE);
    AbiValue entries = result[0].variant.payload[0];
    unsigned seen = 0, count = 0;
    for (;; count++) {
        CHECK_EQ(call(FILES, "[method]directory-entry-stream.read-directory-entry", &entries),
                 VM_DONE);
        AbiValue *option = result[0].variant.payload;
        if (!option->variant.index) break;
        AbiValue *cells = option->variant.payload;
        CHECK_EQ(cells[1].string.len, 1);
        char name = *(const char *)cells[1].string.ptr;
        static const unsigned types[] = {3, 6, 5}; /* directory, regular-file, symbolic-link */
        CHECK(name >= 'a' && name <= 'c');
        if (name >= 'a' && name <= 'c') CHECK_EQ(cells[0].bits, types[name - 'a']);
        seen |= 1u << (name - 'a');
    }
    CHECK_EQ(count, 3);
    CHECK_EQ(seen, 7);
    drop(entries), drop(tree);
    take_away("tree/\xff");
    CHECK_EQ(one_path("remove-directory-at", rw, "tree"), NOT_EMPTY);
    CHECK_EQ(one_path("remove-directory-at", rw, "tree/b"), NOT_DIRECTORY);
    CHECK_EQ(one_path("unlink-file-at", rw, "tree/a"), IS_DIRECTORY);
    CHECK_EQ(one_path("unlink-file-at", rw, "tree/b/"), NOT_DIRECTORY);
    CHECK_EQ(one_path("unlink-file-at", rw, "tree/b"), FINE);
    CHECK_EQ(one_path("unlink-file-at", rw, "tree/c"), FINE);
    CHECK_EQ(one_path("remove-directory-at", rw, "tree/a/"), FINE);
    CHECK_EQ(one_path("remove-directory-at", rw, "tree"), FINE);
    CHECK_EQ(one_path("remove-directory-at", rw, "tree"), NO_ENTRY);
}

static void links(void) {
    AbiValue link[3] = {rw, text("kept"), text("to-kept")};
    CHECK_EQ(method("symlink-at", link), FINE);
    CHECK_EQ(method("symlink-at", link), EXIST);
    link[1] = text("/proc/self/status"), link[2] = text("absolute");
    CHECK_EQ(method("symlink-at", link), NOT_PERMITTED);
    link[1] = text("../outside"), link[2] = text("out");
    CHECK_EQ(method("symlink-at", link), FINE); /* it may be, but not be followed */
    CHECK_EQ(one_path("readlink-at", rw, "out"), FINE);
    AbiValue handle, *target = result[0].variant.payload;
    CHECK_STR(((Str){target->string.ptr, target->string.len}), "../outside");
    CHECK_EQ(open_at(rw, "out", CREATE, WRITE, &handle), NOT_PERMITTED);
    CHECK_EQ(access("../outside", F_OK), -1);
    put_link("absolute", "/proc/self/status");
    CHECK_EQ(one_path("readlink-at", rw, "absolute"), NOT_PERMITTED);
    CHECK_EQ(one_path("readlink-at", rw, "kept"), INVALID);
    AbiValue open[5] = {rw, bits(0), text("to-kept"), bits(0), bits(READ)};
    CHECK_EQ(method("open-at", open), LOOP); /* it is not to be followed */
    AbiValue stat[3] = {rw, bits(0), text("to-kept")};
    CHECK_EQ(method("stat-at", stat), FINE);
    CHECK_EQ(result[0].variant.payload[0].bits, 5);
    CHECK_EQ(result[0].variant.payload[2].bits, 4); /* the length of "kept" */
    stat[1] = bits(1);
    CHECK_EQ(method("stat-at", stat), FINE);
    CHECK_EQ(result[0].variant.payload[0].bits, 6);
    AbiValue hard[5] = {rw, bits(1), text("kept"), rw, text("second")};
    CHECK_EQ(method("link-at", hard), INVALID);
    hard[1] = bits(0);
    CHECK_EQ(method("link-at", hard), FINE);
    CHECK_EQ(method("link-at", hard), EXIST);
    hard[2] = text("folder"), hard[4] = text("third");
    CHECK_EQ(method("link-at", hard), NOT_PERMITTED);
    hard[2] = text("kept"), hard[4] = text("third/");
    CHECK_EQ(method("link-at", hard), NO_ENTRY);
    stat[2] = text("second");
    CHECK_EQ(method("stat-at", stat), FINE);
    CHECK_EQ(result[0].variant.payload[1].bits, 2);
}

static void hashes(void) {
    AbiValue args[3] = {rw, bits(0), text("kept")};
    CHECK_EQ(method("metadata-hash-at", args), FINE);
    uint64_t lower = result[0].variant.payload[0].bits, upper = result[0].variant.payload[1].bits;
    args[2] = text("second"); /* the same file */
    CHECK_EQ(method("metadata-hash-at", args), FINE);
    CHECK(result[0].variant.payload[0].bits == lower && result[0].variant.payload[1].bits == upper);
    args[2] = text("text");
    CHECK_EQ(method("metadata-hash-at", args), FINE);
    CHECK(result[0].variant.payload[0].bits != lower);
    AbiValue file = opened(rw, "kept", 0, READ);
    CHECK_EQ(method("metadata-hash", &file), FINE);
    CHECK_EQ(result[0].variant.payload[0].bits, lower);
    struct stat st;
    CHECK(look("kept", &st));
    CHECK(lower != st.st_ino && upper != st.st_ino);
    drop(file);
}

static void renames(void) {
    AbiValue args[4] = {rw, text("made"), rw, text("folder/made")};
    CHECK_EQ(method("rename-at", args), FINE);
    CHECK(exists("folder/made"));
    args[1] = text("folder/made"), args[3] = text("made/");
    CHECK_EQ(method("rename-at", args), NOT_DIRECTORY);
    args[1] = text("folder/"), args[3] = text("renamed/");
    CHECK_EQ(method("rename-at", args), FINE);
    args[1] = text("renamed"), args[3] = text("../renamed");
    CHECK_EQ(method("rename-at", args), NOT_PERMITTED);
    args[1] = text("."), args[3] = text("dot");
    CHECK(method("rename-at", args) != FINE);
}

static void times(void) {
    AbiValue cells[2] = {bits(1000), bits(5)};
    AbiValue set = {.variant = {cells, 2}}, omit = {.variant = {NULL, 0}};
    AbiValue args[5] = {rw, bits(1), text("kept"), set, omit};
    CHECK_EQ(method("set-times-at", args), FINE);
    struct stat st;
    CHECK(look("kept", &st));
    CHECK_EQ(st.st_atim.tv_sec, 1000);
    CHECK_EQ(st.st_atim.tv_nsec, 5);
    CHECK(st.st_mtim.tv_sec > 1000);
    cells[1] = bits(1000000000);
    CHECK_EQ(method("set-times-at", args), INVALID);
    cells[0] = bits(UINT64_MAX), cells[1] = bits(0);
    CHECK_EQ(method("set-times-at", args), INVALID);
    const struct timespec before[2] = {{-1, 0}, {-1, 0}}; /* 1969 */
    CHECK_EQ(disk->set_times_at(disk, root, "kept", before), 0);
    AbiValue stat_args[3] = {rw, bits(0), text("kept")};
    CHECK_EQ(method("stat-at", stat_args), FINE);
    CHECK_EQ(result[0].variant.payload[4].variant.index, 0);
}

/* ---- limits ---- */

static void quotas(void) { /* 10 bytes, 3 files */
    AbiValue a = opened(small, "a", CREATE, READ | WRITE);
    AbiValue write[3] = {a, list("12345678"), bits(0)};
    CHECK_EQ(method("write", write), FINE);
    CHECK_EQ(method("write", write), FINE); /* over what is there */
    write[2] = bits(3);
    CHECK_EQ(method("write", write), QUOTA);
    CHECK_EQ(size_of("small/a"), 8);
    AbiValue size[2] = {a, bits(11)};
    CHECK_EQ(method("set-size", size), QUOTA);
    size[1] = bits(10);
    CHECK_EQ(method("set-size", size), FINE);
    AbiValue b = opened(small, "b", CREATE, WRITE);
    AbiValue one[3] = {b, list("1"), bits(0)};
    CHECK_EQ(method("write", one), QUOTA);
    size[1] = bits(9);
    CHECK_EQ(method("set-size", size), FINE); /* a byte is cut off, and may be written */
    CHECK_EQ(method("append-via-stream", one), FINE);
    AbiValue stream[2] = {result[0].variant.payload[0], list("1")};
    CHECK_EQ(call(IO, "[method]output-stream.blocking-write-and-flush", stream), VM_DONE);
    CHECK_EQ(result[0].variant.index, 0);
    CHECK_EQ(call(IO, "[method]output-stream.blocking-write-and-flush", stream), VM_DONE);
    CHECK_EQ(result[0].variant.payload->variant.index, 0);
    AbiValue error = result[0].variant.payload->variant.payload[0];
    CHECK_EQ(call(FILES, "filesystem-error-code", &error), VM_DONE);
    CHECK_EQ(result[0].variant.index, 1);
    CHECK_EQ(result[0].variant.payload->bits, QUOTA);
    CHECK_EQ(one_path("create-directory-at", small, "a"), EXIST); /* takes none of the files */
    CHECK_EQ(one_path("create-directory-at", small, "c"), FINE);
    CHECK_EQ(one_path("create-directory-at", small, "d"), QUOTA);
    AbiValue handle;
    CHECK_EQ(open_at(small, "e", CREATE, WRITE, &handle), QUOTA);
    CHECK_EQ(open_at(small, "a", CREATE, WRITE, &handle), FINE); /* it is there */
    drop(handle), drop(a), drop(b), drop(stream[0]), drop(error);
    put_file("small/old", "what stood there before the guest"); /* was not taken from its quota */
    AbiValue old = opened(small, "old", 0, WRITE), end[2] = {old, bits(0)};
    CHECK_EQ(method("set-size", end), FINE);
    end[1] = bits(11);
    CHECK_EQ(method("set-size", end), QUOTA);
    drop(old);
}

static void special_files_stay_shut(void) {
    AbiValue handle;
    CHECK_EQ(open_at(rw, "fifo", 0, READ, &handle), NOT_PERMITTED); /* and nothing waits */
    CHECK_EQ(open_at(rw, "fifo", TRUNCATE, WRITE, &handle), NOT_PERMITTED);
    CHECK_EQ(open_at(rw, "fifo/", 0, READ, &handle), NOT_DIRECTORY);
}

/* A file and a link out of the folder take turns under one name, while it is opened again and again. */
static atomic_bool stop;

static void *take_turns(void *unused) {
    while (!stop) {
        rename("turn", "turn-file");
        rename("turn-link", "turn");
        rename("turn", "turn-link");
        rename("turn-file", "turn");
    }
    return unused;
}

static void write_file(const char *path, const char *bytes) {
    int fd = open(path, O_CREAT | O_WRONLY, 0644);
    CHECK_EQ(write(fd, bytes, strlen(bytes)), strlen(bytes));
    close(fd);
}

static void links_that_take_turns(void) {
    write_file("turn", "inside");
    write_file("../secret", "secret");
    CHECK_EQ(symlink("../secret", "turn-link"), 0);
    pthread_t other;
    CHECK_EQ(pthread_create(&other, NULL, take_turns, NULL), 0);
    unsigned found = 0, wrong = 0;
    for (int i = 0; i < 30000; i++) {
        AbiValue file, args[5] = {rw, bits(i & 1), text("turn"), bits(0), bits(READ)};
        if (method("open-at", args) != FINE) continue;
        file = result[0].variant.payload[0];
        AbiValue read[3] = {file, bits(10), bits(0)};
        CHECK_EQ(method("read", read), FINE);
        AbiValue *got = result[0].variant.payload;
        wrong += got->list.len != 6 || memcmp(got->list.items, "inside", 6) != 0;
        found++;
        drop(file);
    }
    stop = true;
    pthread_join(other, NULL);
    CHECK_EQ(wrong, 0);
    printf("turns: %u found\n", found);
}

static void listings_count(void) {
    static AbiValue listings[2000];
    unsigned n = 0;
    while (n < 2000 && method("read-directory", &rw) == FINE)
        listings[n++] = result[0].variant.payload[0];
    CHECK_EQ(n, 1000);
    while (n) drop(listings[--n]);
}

static void handles_come_and_go(void) {
    int before = open_count();
    for (int i = 0; i < 20000; i++) {
        AbiValue folder = opened(rw, ".", 0, READ), file = opened(folder, "kept", 0, READ);
        AbiValue args[2] = {file, bits(0)};
        method("read-via-stream", args);
        AbiValue stream = result[0].variant.payload[0];
        method("read-directory", &folder);
        AbiValue entries = result[0].variant.payload[0];
        drop(folder), drop(file);
        if (i & 1) drop(entries), drop(stream);
        else drop(stream), drop(entries);
    }
    CHECK_EQ(open_count(), before);
    static AbiValue handles[2000];
    unsigned n = 0;
    while (n < 2000 && open_at(rw, "kept", 0, READ, &handles[n]) == FINE) n++;
    CHECK_EQ(n, 1000); /* at a time */
    while (n) drop(handles[--n]);
    listings_count();
    CHECK_EQ(open_count(), before);
}

static void run_all(void) {
    WasiFolder grants[3] = {{.name = STR("/data")},
                            {.name = STR("/ro"), .read_only = true},
                            {.name = STR("/small"), .max_bytes = 10, .max_files = 3}};
    for (int i = 0; i < 3; i++) {
        int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
        grants[i].files = disk;
        grants[i].fd = disk->open(disk, root, i == 2 ? "small" : ".", flags, 0);
    }
    WasiContext context = {
        .folders = grants, .folder_count = 3, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    host_open(&context);
    RUN(preopens);
    RUN(open_flags);
    RUN(read_only_methods);
    RUN(reads_and_writes);
    RUN(streams);
    RUN(folders);
    RUN(links);
    RUN(hashes);
    RUN(renames);
    RUN(times);
    RUN(quotas);
    RUN(special_files_stay_shut);
    if (disk == &wasi_linux_files) RUN(links_that_take_turns); /* another thread does it */
    RUN(handles_come_and_go);
    host_close();
    for (int i = 0; i < 3; i++) disk->close(disk, grants[i].fd);
}

int main(void) {
    static char name[] = "/tmp/witc-files-XXXXXX";
    arena = arena_new();
    if (!mkdtemp(name) || chdir(name) || mkdir("data", 0755) || chdir("data") ||
        mkdir("small", 0755) || mkfifo("fifo", 0644))
        return 1;
    Diags diags = {.arena = arena};
    uint64_t room = 4 << 20;
    WasiTree *tree = wasi_tree_load(arena, STR("."), &room, &diags);
    WasiMemory *memory = tree ? wasi_memory_new(tree, 1, &room, &wasi_linux_clock) : NULL;
    if (!memory) return 1;
    disk = &wasi_linux_files;
    root = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    run_all();
    disk = wasi_memory_files(memory);
    root = WASI_MEMORY_ROOT;
    run_all();
    wasi_memory_free(memory);
    wasi_tree_close(tree);
    CHECK_EQ(room, 4 << 20); /* all has been given back */
    arena_free(arena);
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", name);
    if (system(command)) return 1;
    return test_end("wasi files");
}
