/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Paths of guests: every kind of target with every ending, in every way of following, by both engines.
 * The system itself tells what is right: a place that is found is where the kernel's own resolution
 * leads, it lies below the folder, and what leads out of the folder is refused. Files in memory, which were
 * read from the same folder, answer the same.
 */
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/memory.h"
#include "wasi/path.h"

static char root[] = "/tmp/witc-path-XXXXXX";
static char base_path[PATH_MAX];
static int base;

static void make_file(int folder, const char *name) {
    int fd = openat(folder, name, O_CREAT | O_WRONLY, 0644);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, name, strlen(name)), strlen(name)); /* each has its own size */
    close(fd);
}

static void make_link(const char *name, const char *to) { CHECK_EQ(symlinkat(to, base, name), 0); }

/* root/base is granted; root/outside is what must not be reached. */
static bool make_tree(void) {
    if (!mkdtemp(root) || chdir(root) < 0) return false;
    if (mkdir("base", 0755) || mkdir("outside", 0755) || mkdir("outside/dir", 0755)) return false;
    make_file(AT_FDCWD, "outside/file");
    base = open("base", O_RDONLY | O_DIRECTORY);
    if (base < 0 || !realpath("base", base_path)) return false;
    if (mkdirat(base, "dir", 0755) || mkdirat(base, "dir/sub", 0755)) return false;
    make_file(base, "file");
    make_file(base, "dir/inner");
    make_link("link-file", "file");
    make_link("link-dir", "dir");
    make_link("link-dots", "dir/sub/../inner");
    make_link("dir/link-up", "../file");
    make_link("dir/link-out", "../../outside/file");
    make_link("out-file", "../outside/file");
    make_link("out-dir", "../outside");
    make_link("out-and-back", "../base/file");
    make_link("absolute-in", base_path);
    make_link("absolute-out", "/proc/self/status");
    make_link("absolute-root", "/");
    make_link("dangling", "dir/new");
    make_link("dangling-out", "../outside/new");
    make_link("loop", "loop");
    make_link("loop-a", "loop-b");
    make_link("loop-b", "loop-a");
    make_link("self", ".");
    make_link("up", "..");
    make_link("proc", "/proc/self/root");
    make_link("chain-0", "file");
    for (int i = 1; i <= 41; i++) {
        char name[24], to[24];
        snprintf(name, sizeof name, "chain-%d", i);
        snprintf(to, sizeof to, "chain-%d", i - 1);
        make_link(name, to);
    }
    return mkfifoat(base, "fifo", 0644) == 0;
}

static const char *const targets[] = {
    "file",
    "dir",
    "dir/inner",
    "dir/sub",
    "missing",
    "missing/x",
    "file/x",
    "dir/missing",
    "fifo",
    "link-file",
    "link-dir",
    "link-dir/inner",
    "link-dir/sub/../inner",
    "link-dots",
    "dir/link-up",
    "dir/link-out",
    "out-file",
    "out-dir",
    "out-dir/file",
    "out-dir/new",
    "out-and-back",
    "absolute-in",
    "absolute-in/file",
    "absolute-out",
    "absolute-root",
    "absolute-root/proc",
    "dangling",
    "dangling-out",
    "loop",
    "loop/x",
    "loop-a",
    "self",
    "self/self/file",
    "up",
    "up/outside/file",
    "up/base/file",
    "proc",
    "proc/proc/self/status",
    "chain-39",
    "chain-40",
    "chain-41",
    ".",
    "./file",
    "..",
    "../outside/file",
    "../base/file",
    "dir/..",
    "dir/../file",
    "dir/../..",
    "dir/../../base/file",
    "missing/../file",
    "file/..",
    "dir//inner",
    "./dir/./inner",
    "/",
    "/proc/self/status",
    "//file",
    "",
    "dir/sub/../../..",
    "link-dir/..",
    "link-dir/../file",
};
static const char *const endings[] = {"", "/", "//", "/.", "/..", "/./"};

static Str folder_of(const WasiPlace *place, char path[PATH_MAX]) {
    char fd[64];
    snprintf(fd, sizeof fd, "/proc/self/fd/%d", place->folder);
    ssize_t n = readlink(fd, path, PATH_MAX);
    return (Str){path, n < 0 ? 0 : (size_t)n};
}

static bool is_below(const WasiPlace *place) {
    char path[PATH_MAX];
    Str folder = folder_of(place, path), top = str_from(base_path);
    return str_starts(folder, top) && (folder.len == top.len || folder.ptr[top.len] == '/');
}

/* What the kernel finds by the whole path has to be what the place is. */
static void check_same_object(const char *path, WasiFollow follow, const WasiPlace *place) {
    struct stat by_path, by_place;
    int flags = follow == WASI_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
    bool exists = fstatat(base, path, &by_path, flags) == 0;
    bool found = fstatat(place->folder, place->name, &by_place, AT_SYMLINK_NOFOLLOW) == 0;
    if (exists && found && by_path.st_ino == by_place.st_ino) return;
    if (!exists && !found) return;
    if (follow == WASI_ENTRY && place->slash) return; /* the entry itself, whatever it is */
    printf("%s: exists %d, found %d\n", path, exists, found);
    CHECK(false);
}

/* Does the kernel's own resolution of a path, which may leave the folder, leave it? The last step
 * need not exist. */
static bool leaves(const char *path, WasiFollow follow) {
    char full[PATH_MAX];
    int fd = openat(base, path, O_PATH | (follow == WASI_FOLLOW ? 0 : O_NOFOLLOW));
    if (fd < 0) return false;
    WasiPlace there = {.folder = fd};
    Str at = folder_of(&there, full);
    bool is_out = !str_starts(at, str_from(base_path));
    close(fd);
    return is_out;
}

/* ---- the same in memory ---- */

static Arena *arena;
static WasiTree *tree;
static uint64_t room = 1 << 20;
static WasiMemory *memory;

/* What each of the two systems has at a place: the same things, by their kinds, sizes and targets. */
static void check_same_place(const char *path, const WasiPlace *linux_place,
                             const WasiPlace *ours) {
    const WasiPlace *places[2] = {linux_place, ours};
    struct stat st[2] = {{0}, {0}};
    char leads[2][PATH_MAX] = {"", ""};
    int faults[2] = {0};
    for (int i = 0; i < 2; i++) {
        const WasiFiles *files = places[i]->files;
        if (files->stat_at(files, places[i]->folder, places[i]->name, &st[i]) < 0)
            faults[i] = errno;
        files->read_link(files, places[i]->folder, places[i]->name, leads[i], PATH_MAX - 1);
    }
    bool same = faults[0] == faults[1] && (st[0].st_mode & S_IFMT) == (st[1].st_mode & S_IFMT) &&
                strcmp(leads[0], leads[1]) == 0 &&
                (S_ISDIR(st[0].st_mode) || st[0].st_size == st[1].st_size);
    if (!same)
        printf("%s: %d %o, %d %o\n", path, faults[0], st[0].st_mode, faults[1], st[1].st_mode);
    CHECK(same && linux_place->slash == ours->slash);
    CHECK(!strcmp(linux_place->name, ours->name));
}

static void check_in_memory(const char *path, WasiFollow follow) {
    WasiPlace places[2];
    int faults[2];
    for (int i = 0; i < 2; i++)
        faults[i] = i ? wasi_place(wasi_memory_files(memory), WASI_PATHS_OPENAT2, WASI_MEMORY_ROOT,
                                   str_from(path), follow, &places[i])
                      : wasi_place(&wasi_linux_files, WASI_PATHS_WALK, base, str_from(path), follow,
                                   &places[i]);
    if (faults[0] != faults[1]) printf("%s (%d): %d, %d\n", path, follow, faults[0], faults[1]);
    CHECK_EQ(faults[0], faults[1]);
    if (!faults[0] && !faults[1]) check_same_place(path, &places[0], &places[1]);
    wasi_place_close(&places[0]);
    wasi_place_close(&places[1]);
}

static bool load_memory(void) {
    arena = arena_new();
    Diags diags = {.arena = arena};
    tree = wasi_tree_load(arena, str_from(base_path), &room, &diags);
    memory = tree ? wasi_memory_new(tree, 1, &room, &wasi_linux_clock) : NULL;
    return memory;
}

static void check_path(const char *path, WasiFollow follow) {
    WasiPlace places[2];
    int faults[2];
    for (int i = 0; i < 2; i++)
        faults[i] =
            wasi_place(&wasi_linux_files, (WasiPaths)i, base, str_from(path), follow, &places[i]);
    if (wasi_paths_here() == WASI_PATHS_OPENAT2) {
        if (faults[0] != faults[1]) printf("%s (%d): %d, %d\n", path, follow, faults[0], faults[1]);
        CHECK_EQ(faults[0], faults[1]);
    }
    for (int i = 0; i < 2; i++) {
        if (faults[i]) continue;
        if (!is_below(&places[i])) printf("%s (%d) leads out\n", path, follow);
        CHECK(is_below(&places[i]));
        CHECK(!leaves(path, follow) || follow == WASI_ENTRY);
        check_same_object(path, follow, &places[i]);
        wasi_place_close(&places[i]);
    }
}

static void matrix(void) {
    for (size_t t = 0; t < sizeof targets / sizeof *targets; t++)
        for (size_t e = 0; e < sizeof endings / sizeof *endings; e++)
            for (int follow = WASI_ENTRY; follow <= WASI_FOLLOW; follow++) {
                char path[256];
                snprintf(path, sizeof path, "%s%s", targets[t], endings[e]);
                check_path(path, (WasiFollow)follow);
                check_in_memory(path, (WasiFollow)follow);
            }
}

static int fault(const char *path, WasiFollow follow) {
    WasiPlace place;
    int code =
        wasi_place(&wasi_linux_files, wasi_paths_here(), base, str_from(path), follow, &place);
    wasi_place_close(&place);
    return code;
}

/* By the text of the standard. */
static void refusals(void) {
    static const char *const out[] = {"/",
                                      "/proc",
                                      "..",
                                      "../base/file",
                                      "dir/../../base/file",
                                      "up/base/file",
                                      "absolute-in/file",
                                      "out-dir/file",
                                      "out-dir/",
                                      "dir/../..",
                                      "proc/proc"};
    for (size_t i = 0; i < sizeof out / sizeof *out; i++)
        for (int follow = WASI_ENTRY; follow <= WASI_FOLLOW; follow++)
            if (follow != WASI_ENTRY || strcmp(out[i], "out-dir/"))
                CHECK_EQ(fault(out[i], (WasiFollow)follow), EPERM);
    CHECK_EQ(fault("out-file", WASI_FOLLOW), EPERM);
    CHECK_EQ(fault("absolute-out", WASI_FOLLOW), EPERM);
    CHECK_EQ(fault("absolute-in", WASI_FOLLOW), EPERM);
    CHECK_EQ(fault("dangling-out", WASI_FOLLOW), EPERM);
    CHECK_EQ(fault("out-file", WASI_NOFOLLOW), 0); /* the link itself is inside */
    CHECK_EQ(fault("dangling", WASI_FOLLOW), 0);
    CHECK_EQ(fault("loop", WASI_FOLLOW), ELOOP);
    CHECK_EQ(fault("chain-39", WASI_FOLLOW), 0); /* 40 links, with chain-0 */
    CHECK_EQ(fault("chain-40", WASI_FOLLOW), ELOOP);
    CHECK_EQ(fault("", WASI_FOLLOW), ENOENT);
    CHECK_EQ(fault("file/x", WASI_FOLLOW), ENOTDIR);
    WasiPlace place;
    CHECK_EQ(
        wasi_place(&wasi_linux_files, WASI_PATHS_WALK, base, (Str){"a\0b", 3}, WASI_ENTRY, &place),
        EINVAL);
    char name[NAME_MAX + 2], path[PATH_MAX + 2];
    memset(name, 'n', sizeof name);
    name[NAME_MAX + 1] = 0;
    CHECK_EQ(fault(name, WASI_ENTRY), ENAMETOOLONG);
    name[NAME_MAX] = 0;
    CHECK_EQ(fault(name, WASI_ENTRY), 0);
    memset(path, '/', sizeof path);
    path[0] = 'p', path[PATH_MAX] = 0;
    CHECK_EQ(fault(path, WASI_ENTRY), ENAMETOOLONG);
}

/* ---- a race: a folder and a link out take turns under one name ---- */

static atomic_bool stop;

static void *swap(void *unused) {
    (void)unused;
    while (!stop) {
        renameat(base, "turn", base, "turn-dir");
        renameat(base, "turn-link", base, "turn");
        renameat(base, "turn", base, "turn-link");
        renameat(base, "turn-dir", base, "turn");
    }
    return NULL;
}

static void race(void) {
    enum { ROUNDS = 20000 };
    CHECK_EQ(mkdirat(base, "turn", 0755), 0);
    CHECK_EQ(mkdirat(base, "turn/dir", 0755), 0);
    make_file(base, "turn/dir/file");
    make_link("turn-link", "../outside");
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, swap, NULL), 0);
    unsigned found = 0, out = 0;
    for (int i = 0; i < ROUNDS; i++) {
        static const char *const paths[] = {"turn/dir/file", "turn/file", "turn/dir/", "turn/."};
        WasiPlace place;
        if (wasi_place(&wasi_linux_files, (WasiPaths)(i & 1), base, str_from(paths[i / 2 % 4]),
                       WASI_FOLLOW, &place))
            continue;
        found++;
        out += !is_below(&place);
        wasi_place_close(&place);
    }
    stop = true;
    pthread_join(thread, NULL);
    CHECK_EQ(out, 0);
    printf("race: %u of %d found\n", found, ROUNDS);
}

/* ---- a race: a folder is moved out and back, and what is above it changes with it ---- */

static void *move_out(void *unused) {
    (void)unused;
    while (!stop) {
        renameat(base, "deep/moved", base, "../outside/moved");
        renameat(base, "../outside/moved", base, "deep/moved");
    }
    return NULL;
}

static void moved_away(void) {
    enum { ROUNDS = 20000 };
    CHECK_EQ(mkdirat(base, "deep", 0755), 0);
    CHECK_EQ(mkdirat(base, "deep/moved", 0755), 0);
    stop = false;
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, move_out, NULL), 0);
    unsigned found = 0, out = 0;
    for (int i = 0; i < ROUNDS; i++) {
        static const char *const paths[] = {"deep/moved/../file", "deep/moved/../../file"};
        WasiPlace place;
        if (wasi_place(&wasi_linux_files, (WasiPaths)(i & 1), base, str_from(paths[i / 2 % 2]),
                       WASI_FOLLOW, &place))
            continue;
        found++;
        out += !is_below(&place);
        wasi_place_close(&place);
    }
    stop = true;
    pthread_join(thread, NULL);
    CHECK_EQ(out, 0);
    printf("moved away: %u of %d found\n", found, ROUNDS);
}

/* No descriptor is left open by any of it. */
static void nothing_stays_open(void) {
    int fd = open("/", O_PATH);
    CHECK_EQ(fd, tree->fd + 1);
    close(fd);
}

int main(void) {
    if (!make_tree() || !load_memory()) return 1;
    RUN(matrix);
    RUN(refusals);
    RUN(race);
    RUN(moved_away);
    RUN(nothing_stays_open);
    wasi_memory_free(memory);
    wasi_tree_close(tree);
    arena_free(arena);
    CHECK_EQ(room, 1 << 20);
    close(base);
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    if (system(command)) return 1;
    return test_end("wasi path");
}
