/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Files in memory: what is read from archives and folders, what hostile ones are answered with, and that neither
 * is ever changed by what happens to the copy.
 */
#include "tests/tar.h"
#include "tests/wasi.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/fixed.h"
#include "wasi/memory.h"

static Diags diags;
static uint64_t room = 1 << 20; /* of what is in memory */

/* It stands before that of the C library: an errno after so many entries. */
static int readdir_fault, readdir_good;

struct dirent *readdir(DIR *entries) {
    if (!readdir_fault || readdir_good--)
        return ((__typeof__(&readdir))dlsym(RTLD_NEXT, "readdir"))(entries);
    errno = readdir_fault;
    readdir_fault = 0;
    return NULL;
}

static WasiTree *tree_of(const Buf *tar) {
    diags = (Diags){.arena = arena};
    return wasi_tree_archive(arena, STR("t.tar"), buf_text(tar), &room, &diags);
}

static const WasiTreeNode *node_of(const WasiTree *tree, const char *path) {
    const WasiTreeNode *node = &tree->root;
    Str rest = str_from(path);
    while (node && rest.len) {
        size_t slash = str_find(rest, '/', 0);
        node = wasi_tree_find(tree, node, str_from_to(rest, 0, slash));
        rest = slash == SIZE_MAX ? (Str){0} : str_after(rest, slash + 1);
    }
    return node;
}

static void check_text(const WasiTree *tree, const char *path, const char *expected) {
    char bytes[64] = "";
    const WasiTreeNode *node = node_of(tree, path);
    CHECK(node && S_ISREG(node->type));
    if (!node) return;
    ssize_t n = wasi_tree_read(tree, node, -1, bytes, sizeof bytes, 0);
    CHECK_STR(((Str){bytes, n < 0 ? 0 : (size_t)n}), expected);
}

/* ---- archives ---- */

static void good_archive(void) {
    Buf b = {.arena = arena};
    tar_entry(&b, "./", '5', STR(""));
    tar_file(&b, "./a/b/file", "deep"); /* its folders are not in it */
    tar_file(&b, "old", "first");
    tar_header(&b, "link", '2', 0, "../../etc/passwd");
    tar_header(&b, "hard", '1', 4, "a/b/./file"); /* the size means nothing */
    tar_file(&b, "folder/", "");
    tar_header(&b, "device", '3', 0, "");
    tar_header(&b, "pipe", '6', 0, "");
    tar_entry(&b, "label", 'V', STR("passed over"));
    tar_file(&b, "old", "second"); /* the later counts */
    tar_end(&b);
    buf_str(&b, STR("what follows the end is nothing"));
    const WasiTree *tree = tree_of(&b);
    CHECK(tree != NULL);
    if (!tree) return;
    check_text(tree, "a/b/file", "deep");
    check_text(tree, "hard", "deep");
    check_text(tree, "old", "second");
    CHECK_EQ(node_of(tree, "old")->time.tv_sec, 1000);
    CHECK_EQ(wasi_tree_links(tree, node_of(tree, "hard")), 2);
    CHECK_EQ(wasi_tree_links(tree, node_of(tree, "old")), 1);
    CHECK_STR(node_of(tree, "link")->target, "../../etc/passwd");
    CHECK(S_ISDIR(node_of(tree, "folder")->type) && S_ISCHR(node_of(tree, "device")->type));
    CHECK(S_ISFIFO(node_of(tree, "pipe")->type) && !node_of(tree, "label"));
}

static void long_names(void) {
    Buf b = {.arena = arena};
    char name[220] = "";
    memset(name, 'n', 200);
    name[99] = '/';
    tar_entry(&b, "././@LongLink", 'L', (Str){name, 201}); /* with its zero */
    tar_file(&b, "cut", "gnu");
    tar_entry(&b, "././@LongLink", 'K', (Str){name, 201});
    tar_header(&b, "to-long", '2', 0, "cut");
    tar_entry(&b, "x", 'x',
              STR("20 path=from/pax/it\n"
                  "10 size=3\n"
                  "22 mtime=12345.678901\n"
                  "13 comment=a\n"));
    tar_header(&b, "short", '0', 0777777, "");
    tar_bytes(&b, STR("pax"));
    tar_entry(&b, "g", 'g', STR("17 mtime=-5.9999\n"));
    tar_file(&b, "global", "g");
    char header[512] = "prefixed";
    memcpy(header + 257, "ustar\00000", 8);
    memcpy(header + 345, "the/prefix", 10);
    memcpy(header + 136, "\x80\0\0\0\0\0\0\0\0\0\x01\0", 12); /* 256, as bytes */
    memcpy(header + 124, "\x80\0\0\0\0\0\0\0\0\0\0\x02", 12);
    tar_sum(header);
    buf_str(&b, (Str){header, 512});
    tar_bytes(&b, STR("ok"));
    memcpy(header, "before", 7);
    memset(header + 136, 0xff, 12); /* -1, as bytes */
    tar_sum(header);
    buf_str(&b, (Str){header, 512});
    tar_bytes(&b, STR("70"));
    tar_entry(&b, "x", 'x', STR("11 path=no\n11 size=99\n8 path=\n8 size=\n9 mtime=\n"));
    tar_file(&b, "plain", "said by nobody else");
    tar_end(&b);
    const WasiTree *tree = tree_of(&b);
    CHECK(tree != NULL);
    if (!tree) return diag_print(stdout, &diags, false);
    check_text(tree, name, "gnu");
    check_text(tree, "plain", "said by nobody else");
    CHECK_EQ(node_of(tree, "the/prefix/before")->time.tv_sec, -5); /* `g` says more */
    CHECK_STR(node_of(tree, "to-long")->target, name);
    check_text(tree, "from/pax/it", "pax");
    CHECK_EQ(node_of(tree, "from/pax/it")->time.tv_nsec, 678901000);
    CHECK_EQ(node_of(tree, "from/pax/it")->time.tv_sec, 12345);
    CHECK_EQ(node_of(tree, "global")->time.tv_sec, -5);
    check_text(tree, "the/prefix/prefixed", "ok");
}

/* The archive is refused, at this place. */
static void refused(Buf *b, size_t at, const char *words) {
    tar_end(b);
    const WasiTree *tree = tree_of(b);
    CHECK(!tree && diags.list.len >= 1);
    if (tree || !diags.list.len) {
        printf("expected: %s\n", words);
        return;
    }
    const Diag *d = &diags.list.at[0];
    if (str_find_str(d->message, str_from(words), 0) == SIZE_MAX || d->span.start != at) {
        printf("expected at %zu: %s\n", at, words);
        diag_print(stdout, &diags, false);
        CHECK(false);
    }
    *b = (Buf){.arena = arena};
}

static void refusals(void) {
    Buf b = {.arena = arena};
    tar_file(&b, "../out", "");
    refused(&b, 0, "`../out` of an entry has `..` in it");
    tar_file(&b, "fine", "");
    tar_file(&b, "a/../../out", "");
    refused(&b, 512, "has `..` in it");
    tar_file(&b, "/etc/passwd", "");
    refused(&b, 0, "`/etc/passwd` of an entry is absolute");
    tar_header(&b, "up", '2', 0, "..");
    tar_file(&b, "up/out", "");
    refused(&b, 512, "`up/out` lies below `up`, which is no folder");
    tar_file(&b, "file", "");
    tar_header(&b, "hard", '1', 0, "nothing");
    refused(&b, 512, "is a hard link to `nothing`, which is not in the archive before it");
    tar_header(&b, "hard", '1', 0, "../../etc/passwd");
    refused(&b, 0, "has `..` in it");
    tar_header(&b, "hard", '1', 0, "/etc/passwd");
    refused(&b, 0, "is absolute");
    tar_header(&b, "itself", '1', 0, "itself");
    refused(&b, 0, "which is not in the archive before it");
    tar_entry(&b, "d", '5', STR(""));
    tar_header(&b, "hard", '1', 0, "d");
    refused(&b, 512, "which is a folder");
    tar_file(&b, "d/x", "");
    tar_file(&b, "d", "");
    refused(&b, 512, "takes the place of a folder that is not empty");
    tar_header(&b, "large", '0', 077777777777, "");
    refused(&b, 0, "an entry has 8589934591 bytes, but 1024 follow");
    tar_header(&b, "sparse", 'S', 0, "");
    refused(&b, 0, "sparse");
    tar_entry(&b, "x", 'x', STR("22 GNU.sparse.major=1\n"));
    refused(&b, 512, "sparse");
    tar_header(&b, "odd", 'Q', 0, "");
    refused(&b, 0, "type `Q`");
    tar_header(&b, "nowhere", '2', 0, "");
    refused(&b, 0, "leads nowhere");
    tar_header(&b, ".", '0', 0, "");
    refused(&b, 0, "is empty");
}

static void bad_headers(void) {
    Buf b = {.arena = arena};
    tar_entry(&b, "x", 'x', STR("9 path=a\n"));
    refused(&b, 1024, "not followed by an entry");
    static const char *const records[] = {
        "9 path=ab\n", "99 path=a\n", "path=a\n",
        "9 path=a",    "8 patha\n",   "0 \n",
        "9 size=x\n",  "-9 path=a\n", "99999999999999999999 path=a\n"};
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        tar_entry(&b, "x", 'x', str_from(records[i]));
        refused(&b, 512, "no record");
    }
    tar_entry(&b, "x", 'x', (Str){"12 path=a\0b\n", 12});
    tar_file(&b, "a", "");
    refused(&b, 1024, "has a zero in it");
    tar_entry(&b, "x", 'x', (Str){"16 linkpath=a\0b\n", 16});
    tar_header(&b, "link", '2', 0, "to");
    refused(&b, 1024, "`link` of an entry leads to one that has a zero in it");
    tar_header(&b, "x", 'x', 2 << 20, "");
    buf_str(&b, (Str){arena_alloc(arena, 2 << 20), 2 << 20});
    refused(&b, 0, "an extended header of 2097152 bytes is larger than 1048576");
    char name[300];
    memset(name, 'n', sizeof name);
    tar_entry(&b, "", 'L', (Str){name, 256});
    tar_file(&b, "x", "");
    refused(&b, 1024, "is too long");
    tar_file(&b, "bad", "");
    ((char *)(uintptr_t)buf_text(&b).ptr)[3] = 'x';
    refused(&b, 0, "no archive of tar");
    tar_file(&b, "good", "");
    buf_str(&b, STR("rubbish"));
    refused(&b, 512, "is damaged");
    buf_str(&b, STR("BZh91AY"));
    refused(&b, 0, "packed by bzip2");
}

/* A size that is no number, though the sum holds. */
static void bad_numbers(void) {
    static const char *const sizes[] = {"0000000000x", "-0000000001", "\xff\xff\xff\xff\xff\xff",
                                        "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "9"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char header[512] = "name";
        memcpy(header + 124, sizes[i], strlen(sizes[i]));
        tar_sum(header);
        Buf b = {.arena = arena};
        buf_str(&b, (Str){header, 512});
        refused(&b, 124, "the size of an entry is no number");
    }
}

static void cut_anywhere(void) {
    Buf b = {.arena = arena};
    tar_entry(&b, "x", 'x', STR("9 path=a\n"));
    tar_file(&b, "f", "text");
    tar_header(&b, "h", '1', 0, "a");
    tar_end(&b);
    Str whole = buf_text(&b);
    Arena *all = arena;
    for (size_t n = 0; n < whole.len; n++) {
        arena = arena_new(); /* of each: an extended header has a buffer of its own */
        diags = (Diags){.arena = arena};
        const WasiTree *tree =
            wasi_tree_archive(arena, STR("t"), str_from_to(whole, 0, n), &room, &diags);
        bool has_end = n >= whole.len - 512; /* one block of zeroes is enough */
        if (has_end != (tree != NULL)) printf("cut at %zu\n", n);
        CHECK(has_end == (tree != NULL) && (tree || diags.errors == 1));
        CHECK(tree || (diags.list.at[0].span.source && diags.list.at[0].span.start <= n));
        arena_free(arena);
    }
    arena = all;
}

/* ---- what is changed in memory ---- */

static ssize_t text_in(const WasiFiles *m, const char *name, char bytes[64]) {
    int fd = m->open(m, WASI_MEMORY_ROOT, name, O_RDONLY, 0);
    if (fd < 0) return -1;
    ssize_t n = m->read(m, fd, bytes, 63, 0);
    int fault = errno;
    m->close(m, fd);
    bytes[n < 0 ? 0 : n] = 0;
    errno = fault;
    return n;
}

static void check_file(const WasiFiles *m, const char *name, const char *expected) {
    char bytes[64] = "";
    CHECK(text_in(m, name, bytes) >= 0);
    CHECK_STR(str_from(bytes), expected);
}

static void put(const WasiFiles *m, const char *name, const char *text_, uint64_t offset) {
    int fd = m->open(m, WASI_MEMORY_ROOT, name, O_WRONLY | O_CREAT, 0);
    CHECK_EQ(m->write(m, fd, text_, strlen(text_), offset), strlen(text_));
    m->close(m, fd);
}

static void copies(void) {
    Buf b = {.arena = arena};
    tar_file(&b, "a", "from the archive");
    tar_header(&b, "b", '1', 0, "a");
    tar_file(&b, "d/x", "x");
    tar_end(&b);
    const WasiTree *tree = tree_of(&b);
    Str before = str_copy(arena, buf_text(&b));
    room = 1 << 20;
    WasiMemory *one = wasi_memory_new(tree, 1, &room, &wasi_linux_clock),
               *two = wasi_memory_new(tree, 2, &room, &wasi_linux_clock);
    const WasiFiles *m = wasi_memory_files(one), *other = wasi_memory_files(two);
    put(m, "a", "FROM", 0);
    check_file(m, "a", "FROM the archive");
    check_file(m, "b", "FROM the archive"); /* the same file */
    CHECK_EQ(m->unlink(m, WASI_MEMORY_ROOT, "a", 0), 0);
    put(m, "a", "new", 0);
    check_file(m, "b", "FROM the archive");
    int fd = m->open(m, WASI_MEMORY_ROOT, "b", O_RDWR, 0);
    CHECK_EQ(m->set_size(m, fd, 6), 0); /* what is cut off is not there again */
    CHECK_EQ(m->set_size(m, fd, 8), 0);
    char bytes[9] = "";
    CHECK_EQ(m->read(m, fd, bytes, 9, 0), 8);
    CHECK_EQ(memcmp(bytes, "FROM t\0\0", 8), 0);
    m->close(m, fd);
    CHECK_EQ(m->rename(m, WASI_MEMORY_ROOT, "d", WASI_MEMORY_ROOT, "e"), 0);
    check_file(other, "a", "from the archive");
    struct stat st;
    CHECK_EQ(other->stat_at(other, WASI_MEMORY_ROOT, "a", &st), 0);
    CHECK(st.st_nlink == 2 && st.st_mtim.tv_sec == 1000);
    CHECK_EQ(other->stat_at(other, WASI_MEMORY_ROOT, "d", &st), 0);
    CHECK(str_eq(before, buf_text(&b)));
    wasi_memory_free(one);
    wasi_memory_free(two);
    CHECK_EQ(room, 1 << 20);
}

/* Writes anywhere in a file of the archive, beside the same on a plain array. */
static void pages(void) {
    enum { SIZE = 3 * 4096 + 1000, MOST = 8 * 4096, ROUNDS = 3000 };
    static char model[MOST], bytes[MOST], stuff[MOST];
    uint64_t seed = 7;
    for (int i = 0; i < MOST; i++) stuff[i] = (char)(i * 7 + i / 256);
    memcpy(model, stuff, SIZE);
    Buf b = {.arena = arena};
    tar_entry(&b, "f", '0', (Str){stuff, SIZE});
    tar_end(&b);
    room = 1 << 20;
    WasiMemory *memory = wasi_memory_new(tree_of(&b), 1, &room, &wasi_linux_clock);
    const WasiFiles *m = wasi_memory_files(memory);
    int fd = m->open(m, WASI_MEMORY_ROOT, "f", O_RDWR, 0);
    size_t size = SIZE;
    for (int i = 0; i < ROUNDS; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t at = seed >> 33 & (MOST - 1), n = seed >> 50 & 8191;
        if (n > MOST - at) n = MOST - at;
        if (i % 7 == 0) {
            CHECK_EQ(m->set_size(m, fd, at), 0);
            if (at < size) memset(model + at, 0, size - at);
            size = at;
        } else if (i % 3 == 0) {
            CHECK_EQ(m->write(m, fd, stuff + n / 2, n, at), n);
            memcpy(model + at, stuff + n / 2, n);
            if (n && at + n > size) size = at + n;
        }
        size_t there = at < size ? size - at : 0;
        CHECK_EQ(m->read(m, fd, bytes, n, at), n < there ? n : there);
        CHECK_EQ(memcmp(bytes, model + at, n < there ? n : there), 0);
    }
    struct stat st;
    CHECK_EQ(m->set_size(m, fd, INT64_MAX), 0); /* a hole takes nothing */
    CHECK(m->stat(m, fd, &st) == 0 && st.st_size == INT64_MAX);
    CHECK_EQ(m->read(m, fd, bytes, 10, INT64_MAX - 5), 5);
    CHECK(m->write(m, fd, "x", 1, INT64_MAX - 1) < 0 && errno == ENOSPC);
    m->close(m, fd);
    wasi_memory_free(memory);
    CHECK_EQ(room, 1 << 20);
}

static void limits(void) {
    room = 40 << 10;
    static char bytes[64 << 10];
    WasiMemory *memory = wasi_memory_new(wasi_tree_new(arena), 1, &room, &wasi_linux_clock);
    const WasiFiles *m = wasi_memory_files(memory);
    int fd = m->open(m, WASI_MEMORY_ROOT, "f", O_RDWR | O_CREAT, 0);
    ssize_t n = m->write(m, fd, bytes, sizeof bytes, 0);
    CHECK(n >= 32 << 10 && n < 40 << 10); /* as much as there is room for */
    CHECK(m->write(m, fd, bytes, 4096, (uint64_t)n) < 0 && errno == ENOSPC);
    CHECK_EQ(m->set_size(m, fd, 0), 0);
    CHECK_EQ(m->write(m, fd, bytes, (size_t)n, 0), n);
    CHECK_EQ(m->set_size(m, fd, 0), 0);
    m->close(m, fd);
    unsigned made = 0;
    char name[16];
    do snprintf(name, sizeof name, "%u", made);
    while (m->make_folder(m, WASI_MEMORY_ROOT, name, 0) == 0 && ++made < 1000);
    CHECK(made > 10 && made < 200 && errno == ENOSPC);
    CHECK(m->make_link(m, "to", WASI_MEMORY_ROOT, "l") < 0 && errno == ENOSPC);
    CHECK_EQ(m->unlink(m, WASI_MEMORY_ROOT, "0", AT_REMOVEDIR), 0);
    CHECK_EQ(m->make_folder(m, WASI_MEMORY_ROOT, "again", 0), 0);
    wasi_memory_free(memory);
    CHECK_EQ(room, 40 << 10);
}

/* An archive with more names than there is room for: what is asked for later has them. */
static void little_room(void) {
    Buf b = {.arena = arena};
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%d", i);
        tar_file(&b, name, "");
    }
    tar_end(&b);
    const WasiTree *tree = tree_of(&b);
    room = 1;
    wasi_memory_free(wasi_memory_new(tree, 1, &room, &wasi_linux_clock));
    CHECK_EQ(room, 1);
    room = 8 << 10;
    WasiMemory *memory = wasi_memory_new(tree, 1, &room, &wasi_linux_clock);
    const WasiFiles *m = wasi_memory_files(memory);
    struct stat st;
    CHECK_EQ(m->stat(m, WASI_MEMORY_ROOT, &st), 0);
    CHECK(m->stat_at(m, WASI_MEMORY_ROOT, "f99", &st) < 0 && errno == ENOSPC);
    CHECK(!m->open_entries(m, WASI_MEMORY_ROOT) && errno == ENOSPC);
    room += 1 << 20;
    CHECK_EQ(m->stat_at(m, WASI_MEMORY_ROOT, "f99", &st), 0);
    unsigned count = 0;
    void *entries = m->open_entries(m, WASI_MEMORY_ROOT);
    while (m->next_entry(m, entries)) count++;
    CHECK_EQ(count, 100);
    m->close_entries(m, entries);
    wasi_memory_free(memory);
    CHECK_EQ(room, (8 << 10) + (1 << 20));
}

/* What is cut off gives back all that it took, also the places of pages in the table. */
static void far_pages(void) {
    room = 1 << 20;
    WasiMemory *memory = wasi_memory_new(wasi_tree_new(arena), 1, &room, &wasi_linux_clock);
    const WasiFiles *m = wasi_memory_files(memory);
    int fd = m->open(m, WASI_MEMORY_ROOT, "f", O_RDWR | O_CREAT, 0);
    CHECK_EQ(m->write(m, fd, "xy", 2, 0), 2);
    uint64_t left = room;
    CHECK_EQ(m->write(m, fd, "x", 1, 100000000), 1);
    CHECK(room < left - 4096);
    CHECK_EQ(m->set_size(m, fd, 1), 0);
    CHECK(room >= left);
    CHECK_EQ(m->set_size(m, fd, 9000), 0);
    char bytes[9001];
    CHECK_EQ(m->read(m, fd, bytes, sizeof bytes, 0), 9000);
    CHECK(bytes[0] == 'x' && !bytes[1] && !bytes[8999]);
    m->close(m, fd);
    wasi_memory_free(memory);
    CHECK_EQ(room, 1 << 20);
}

/* A folder that was removed is still open; the one that it lay in is gone. */
static void removed_folders(void) {
    room = 1 << 20;
    WasiMemory *memory = wasi_memory_new(wasi_tree_new(arena), 1, &room, &wasi_linux_clock);
    const WasiFiles *m = wasi_memory_files(memory);
    CHECK_EQ(m->make_folder(m, WASI_MEMORY_ROOT, "x", 0), 0);
    CHECK_EQ(m->make_folder(m, WASI_MEMORY_ROOT, "a", 0), 0);
    int a = m->open(m, WASI_MEMORY_ROOT, "a", O_PATH | O_DIRECTORY, 0);
    CHECK_EQ(m->make_folder(m, a, "b", 0), 0);
    int b = m->open(m, a, "b", O_RDONLY | O_DIRECTORY, 0);
    CHECK_EQ(m->unlink(m, a, "b", AT_REMOVEDIR), 0);
    m->close(m, a);
    CHECK_EQ(m->unlink(m, WASI_MEMORY_ROOT, "a", AT_REMOVEDIR), 0);
    CHECK(m->rename(m, WASI_MEMORY_ROOT, "x", b, "y") < 0 && errno == ENOENT);
    CHECK(m->make_folder(m, b, "y", 0) < 0 && errno == ENOENT);
    m->close(m, b);
    wasi_memory_free(memory);
    CHECK_EQ(room, 1 << 20);
}

/* A reader of a folder, while names come and go: each that stays is told once. */
static void reading_while_changing(void) {
    room = 1 << 20;
    WasiMemory *memory = wasi_memory_new(wasi_tree_new(arena), 1, &room, &wasi_linux_clock);
    const WasiFiles *m = wasi_memory_files(memory);
    char name[16];
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "%d", i);
        CHECK_EQ(m->make_folder(m, WASI_MEMORY_ROOT, name, 0), 0);
    }
    void *entries = m->open_entries(m, WASI_MEMORY_ROOT);
    const WasiEntry *entry;
    int told[50] = {0};
    for (int i = 0; (entry = m->next_entry(m, entries)); i++) {
        told[atoi(entry->name)]++;
        snprintf(name, sizeof name, "%d", 2 * i + 1); /* what comes next is taken away */
        if (i < 25) CHECK_EQ(m->unlink(m, WASI_MEMORY_ROOT, name, AT_REMOVEDIR), 0);
    }
    for (int i = 0; i < 50; i++) CHECK_EQ(told[i], i % 2 == 0);
    m->close_entries(m, entries);
    wasi_memory_free(memory);
    CHECK_EQ(room, 1 << 20);
}

/* ---- a folder of the host ---- */

static void host_put(const char *path, const char *text_) {
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
    CHECK_EQ(write(fd, text_, strlen(text_)), strlen(text_));
    close(fd);
}

static void host_folder(void) {
    CHECK(!mkdir("in", 0755) && !mkdir("in/sub", 0755) && !mkdir("out", 0755));
    host_put("in/kept", "kept");
    host_put("in/shorter", "0123456789");
    host_put("in/vanishes", "x");
    host_put("in/swapped", "x");
    host_put("in/sub/file", "inside");
    host_put("out/file", "outside");
    diags = (Diags){.arena = arena};
    WasiTree *tree = wasi_tree_load(arena, STR("in"), &room, &diags);
    CHECK(tree != NULL);
    room = 1 << 20;
    WasiMemory *memory = wasi_memory_new(tree, 1, &room, &wasi_linux_clock);
    const WasiFiles *m = wasi_memory_files(memory);
    put(m, "kept", "CHANGED", 2);
    check_file(m, "kept", "keCHANGED");
    CHECK_EQ(m->unlink(m, WASI_MEMORY_ROOT, "vanishes", 0), 0);
    CHECK_EQ(access("in/vanishes", F_OK), 0);
    struct stat st;
    CHECK(stat("in/kept", &st) == 0 && st.st_size == 4);
    /* others change it meanwhile */
    char bytes[64];
    host_put("in/shorter", "012");
    CHECK_EQ(text_in(m, "shorter", bytes), 3);
    int fd = m->open(m, WASI_MEMORY_ROOT, "shorter", O_RDWR, 0);
    CHECK(m->read(m, fd, bytes, 3, 5) < 0 && errno == EIO);
    CHECK(m->write(m, fd, "x", 1, 5) < 0 && errno == EIO);
    m->close(m, fd);
    CHECK(unlink("in/swapped") == 0 && symlink("../out/file", "in/swapped") == 0);
    CHECK(text_in(m, "swapped", bytes) < 0 && errno == ELOOP);
    CHECK(rename("in/sub", "in/moved") == 0 && symlink("../out", "in/sub") == 0);
    int sub = m->open(m, WASI_MEMORY_ROOT, "sub", O_PATH | O_DIRECTORY, 0);
    CHECK(m->open(m, sub, "file", O_RDONLY, 0) < 0 && errno == ENOTDIR);
    m->close(m, sub);
    wasi_memory_free(memory);
    CHECK_EQ(room, 1 << 20);
    wasi_tree_close(tree);
    CHECK(!wasi_tree_load(arena, STR("nowhere"), &room, &diags) && diags.errors == 1);
}

/* A folder that cannot be read to its end is no folder with fewer entries; that of the top is an error. */
static void folder_faults(void) {
    static const int codes[] = {EIO, EACCES, ENOMEM, EBADF};
    CHECK(!mkdir("broken", 0755) && !mkdir("broken/sub", 0755));
    host_put("broken/sub/a", "a");
    host_put("broken/sub/b", "b");
    for (size_t c = 0; c < sizeof codes / sizeof *codes; c++)
        for (int good = 0; good < 8; good++) { /* of the top 3 are good, then of what is in it 4 */
            diags = (Diags){.arena = arena};
            readdir_fault = codes[c];
            readdir_good = good;
            WasiTree *tree = wasi_tree_load(arena, STR("broken"), &room, &diags);
            CHECK_EQ(tree != NULL, good > 3);
            CHECK_EQ(diags.errors, good <= 3);
            if (!tree) continue;
            WasiMemory *memory = wasi_memory_new(tree, 1, &room, &wasi_linux_clock);
            const WasiFiles *m = wasi_memory_files(memory);
            int sub = m->open(m, WASI_MEMORY_ROOT, "sub", O_RDONLY | O_DIRECTORY, 0);
            CHECK(sub >= 0 || errno == codes[c]);
            void *entries = sub < 0 ? NULL : m->open_entries(m, sub);
            CHECK(entries || errno == codes[c]);
            if (entries) m->close_entries(m, entries);
            if (sub >= 0) m->close(m, sub);
            wasi_memory_free(memory);
            wasi_tree_close(tree);
        }
}

/* Deeper than what is held open, with folders beside the way on each level. */
static void deep_folder(void) {
    enum { DEPTH = 100 };
    char path[4 * DEPTH + 16] = "deep";
    for (int i = 0; i < DEPTH; i++) {
        CHECK_EQ(mkdir(path, 0755), 0);
        size_t len = strlen(path);
        strcpy(path + len, "/x");
        CHECK_EQ(mkdir(path, 0755), 0);
        strcpy(path + len, "/x/f");
        host_put(path, "beside");
        strcpy(path + len, "/d");
    }
    diags = (Diags){.arena = arena};
    WasiTree *tree = wasi_tree_load(arena, STR("deep"), &room, &diags);
    CHECK(tree && tree->count == 3 * DEPTH - 1);
    const WasiTreeNode *node = tree ? &tree->root : NULL;
    for (int i = 0; node && i < DEPTH; i++) {
        char bytes[16] = "";
        const WasiTreeNode *x = wasi_tree_find(tree, node, STR("x"));
        const WasiTreeNode *file = x ? wasi_tree_find(tree, x, STR("f")) : NULL;
        int fd = file ? wasi_tree_open(tree, file) : -1;
        CHECK_EQ(fd < 0 ? 0 : wasi_tree_read(tree, file, fd, bytes, sizeof bytes, 0), 6);
        if (fd >= 0) close(fd);
        node = wasi_tree_find(tree, node, STR("d"));
    }
    wasi_tree_close(tree);
}

/* Names of one file in the folder are names of one file in memory; others are not counted. */
static void host_links(void) {
    CHECK(!mkdir("linked", 0755) && !mkdir("linked/sub", 0755));
    host_put("linked/a", "shared");
    CHECK(!link("linked/a", "linked/sub/b") && !link("linked/a", "elsewhere"));
    diags = (Diags){.arena = arena};
    WasiTree *tree = wasi_tree_load(arena, STR("linked"), &room, &diags);
    CHECK(tree != NULL);
    room = 1 << 20;
    WasiMemory *memory = wasi_memory_new(tree, 1, &room, &wasi_linux_clock);
    const WasiFiles *m = wasi_memory_files(memory);
    struct stat st;
    CHECK(m->stat_at(m, WASI_MEMORY_ROOT, "a", &st) == 0 && st.st_nlink == 2);
    put(m, "a", "SH", 0);
    CHECK_EQ(m->unlink(m, WASI_MEMORY_ROOT, "a", 0), 0);
    int sub = m->open(m, WASI_MEMORY_ROOT, "sub", O_PATH | O_DIRECTORY, 0);
    CHECK(m->stat_at(m, sub, "b", &st) == 0 && st.st_nlink == 1);
    CHECK_EQ(m->rename(m, sub, "b", WASI_MEMORY_ROOT, "c"), 0);
    check_file(m, "c", "SHared");
    m->close(m, sub);
    wasi_memory_free(memory);
    CHECK_EQ(room, 1 << 20);
    wasi_tree_close(tree);
}

/* ---- hosts of WASI ---- */

static unsigned guest_call(const char *name, const AbiValue *args) {
    char full[64];
    snprintf(full, sizeof full, "[method]descriptor.%s", name);
    if (call("wasi:filesystem/types", full, args) != VM_DONE) return 98;
    return result[0].variant.index ? (unsigned)result[0].variant.payload->bits : 99;
}

static AbiValue granted_folder(size_t i) {
    CHECK_EQ(call("wasi:filesystem/preopens", "get-directories", NULL), VM_DONE);
    return ((const AbiValue *)result[0].list.items)[2 * i];
}

/* Each host has a copy of its own, and one that is rewound a new one. */
static void hosts(void) {
    enum { FINE = 99, NO_ENTRY = 20, NO_SPACE = 23, EXIST = 7, CROSS_DEVICE = 36, READ_ONLY = 33 };
    Buf b = {.arena = arena};
    tar_file(&b, "a", "text");
    tar_end(&b);
    const WasiTree *tree = tree_of(&b);
    WasiFolder folders[3] = {{.fd = -1, .tree = tree, .name = STR("/")},
                             {.fd = -1, .tree = tree, .name = STR("/two")},
                             {.fd = -1, .tree = tree, .name = STR("/ro"), .read_only = true}};
    WasiContext context = {.folders = folders,
                           .folder_count = 3,
                           .stdin_fd = -1,
                           .stdout_fd = -1,
                           .stderr_fd = -1,
                           .limits = {.max_vfs = 20000}};
    host_open(&context);
    AbiValue one = granted_folder(0), two = granted_folder(1), ro = granted_folder(2);
    AbiValue make[2] = {one, text("made")}, stat_two[3] = {two, bits(0), text("made")};
    CHECK_EQ(guest_call("create-directory-at", make), FINE);
    CHECK_EQ(guest_call("create-directory-at", make), EXIST);
    CHECK_EQ(guest_call("stat-at", stat_two), NO_ENTRY);
    AbiValue moved[4] = {one, text("a"), two, text("b")};
    CHECK_EQ(guest_call("rename-at", moved), CROSS_DEVICE);
    AbiValue linked[5] = {one, bits(0), text("a"), two, text("b")};
    CHECK_EQ(guest_call("link-at", linked), CROSS_DEVICE);
    AbiValue same[2] = {one, two};
    CHECK_EQ(call("wasi:filesystem/types", "[method]descriptor.is-same-object", same), VM_DONE);
    CHECK_EQ(result[0].bits, 0);
    make[0] = ro;
    CHECK_EQ(guest_call("create-directory-at", make), READ_ONLY);
    AbiValue hash[3] = {one, bits(0), text("a")};
    CHECK_EQ(guest_call("metadata-hash-at", hash), FINE);
    uint64_t first = result[0].variant.payload[0].bits;
    hash[0] = two;
    CHECK_EQ(guest_call("metadata-hash-at", hash), FINE);
    CHECK(result[0].variant.payload[0].bits != first); /* another file */
    unsigned made = 0, code;
    char name[16];
    do snprintf(name, sizeof name, "%u", made++), make[0] = made & 1 ? one : two;
    while (make[1] = text(name), (code = guest_call("create-directory-at", make)) == FINE);
    CHECK_EQ(code, NO_SPACE); /* of all together */
    CHECK(made > 10 && made < 100);
    CHECK(wasi_rewind(wasi));
    one = granted_folder(0);
    AbiValue stat_one[3] = {one, bits(0), text("made")};
    CHECK_EQ(guest_call("stat-at", stat_one), NO_ENTRY);
    stat_one[2] = text("a");
    CHECK_EQ(guest_call("stat-at", stat_one), FINE);
    host_close();
}

/* Files that come and go, each with another number, do not change what stays; nor take ever more memory. */
static void fixed_files(void) {
    WasiFixed *fixed = wasi_fixed_new(1, &wasi_linux_clock);
    struct stat stays = {.st_ino = 1, .st_nlink = 1}, open_still = {.st_ino = 2};
    CHECK_EQ(wasi_fixed_file(fixed, &stays)->number, 1);
    const struct timespec times[2] = {{7, 0}, {8, 0}};
    wasi_fixed_touch(fixed, &stays, times);
    CHECK_EQ(wasi_fixed_file(fixed, &open_still)->number, 2); /* has no name any more */
    CHECK_EQ(wasi_fixed_file(fixed, &open_still)->number, 2);
    for (ino_t i = 3; i < 20000; i++) {
        struct stat st = {.st_ino = i, .st_nlink = 1};
        CHECK_EQ(wasi_fixed_file(fixed, &st)->number, i);
        wasi_fixed_forget(fixed, &st);
        wasi_fixed_forget(fixed, &st);
    }
    CHECK_EQ(wasi_fixed_file(fixed, &stays)->number, 1);
    wasi_fixed_stat(fixed, &stays);
    CHECK(stays.st_atim.tv_sec == 7 && stays.st_mtim.tv_sec == 8);
    wasi_fixed_free(fixed);
}

int main(void) {
    static char root[] = "/tmp/witc-vfs-XXXXXX";
    arena = arena_new();
    if (!mkdtemp(root) || chdir(root)) return 1;
    RUN(good_archive);
    RUN(long_names);
    RUN(refusals);
    RUN(bad_headers);
    RUN(bad_numbers);
    RUN(cut_anywhere);
    RUN(copies);
    RUN(pages);
    RUN(limits);
    RUN(little_room);
    RUN(far_pages);
    RUN(removed_folders);
    RUN(reading_while_changing);
    RUN(host_folder);
    RUN(folder_faults);
    RUN(deep_folder);
    RUN(host_links);
    RUN(hosts);
    RUN(fixed_files);
    arena_free(arena);
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    if (system(command)) return 1;
    return test_end("wasi vfs");
}
