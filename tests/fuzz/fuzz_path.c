/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Paths of guests in folders of any shape: the input makes folders, files and links to anywhere, and then
 * asks for paths, by both engines in every way of following. They have to agree, on the fault or on the
 * place; a place lies below the folder, and is what the kernel's own resolution of the whole path leads
 * to, where that does not leave the folder.
 *
 *     input: shape ... 0xff path ...      a byte names a step, 0x80 | kind ends a path
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_ENTRIES = 40, MOST_PATHS = 60, MOST_STEPS = 60, ENDS = 0x80, ASKS = 0xff };
enum { FOLDER, FILES, LINK, KINDS };

static const char *const steps[] = {"a", "b", "c",  "d",       ".",   "..", "", "a",
                                    "b", "c", "..", "outside", "top", "/",  "/"};

typedef struct {
    const uint8_t *at, *end;
    int top, base; /* top/base is granted */
    char base_path[PATH_MAX];
} Input;

/* A path of steps up to a byte that ends it, which is given. */
static uint8_t next_path(Input *in, char path[PATH_MAX]) {
    size_t n = 0;
    path[0] = 0;
    for (unsigned i = 0; in->at < in->end && i < MOST_STEPS; i++) {
        uint8_t byte = *in->at++;
        if (byte & ENDS) return byte;
        const char *step = steps[byte % (sizeof steps / sizeof *steps)];
        n += (size_t)snprintf(path + n, PATH_MAX - n, "%s%s", i ? "/" : "", step);
        if (byte & 0x40 && n + 2 < PATH_MAX) strcpy(path + n++, "/");
    }
    return ASKS;
}

/* Makes an entry inside; what cannot be made there is not. (Nothing is made through a path that leads
 * out: names are made in folders that stand below.) */
static void make_entry(Input *in, const char *path, uint8_t kind, const char *target) {
    WasiPlace place;
    if (wasi_place(&wasi_linux_files, WASI_PATHS_WALK, in->base, str_from(path), WASI_ENTRY,
                   &place) == 0) {
        if (kind == FOLDER) mkdirat(place.folder, place.name, 0700);
        else if (kind == LINK) symlinkat(target, place.folder, place.name);
        else {
            int fd = openat(place.folder, place.name, O_CREAT | O_WRONLY | O_NOFOLLOW, 0600);
            if (fd >= 0) close(fd);
        }
        wasi_place_close(&place);
    }
}

static void make_tree(Input *in) {
    char path[PATH_MAX], target[PATH_MAX];
    for (unsigned i = 0; in->at < in->end && i < MOST_ENTRIES; i++) {
        uint8_t how = next_path(in, path);
        if (how == ASKS) return;
        uint8_t kind = how % KINDS;
        if (kind == LINK && next_path(in, target) == ASKS) return;
        make_entry(in, path, kind, target[0] ? target : "a");
    }
}

/* ---- what has to hold ---- */

static bool is_below(const Input *in, int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 0) return true;
    path[n] = 0;
    size_t top = strlen(in->base_path);
    return strncmp(path, in->base_path, top) == 0 && (path[top] == '/' || !path[top]);
}

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* The kernel's answer to the whole path, where it stays inside. */
static void check_kernel(const Input *in, const char *path, WasiFollow follow,
                         const WasiPlace *place) {
    struct stat by_path, by_place;
    if (follow == WASI_ENTRY && place->slash) return;
    int fd = openat(in->base, path, O_PATH | O_CLOEXEC | (follow == WASI_FOLLOW ? 0 : O_NOFOLLOW));
    bool found = fstatat(place->folder, place->name, &by_place, AT_SYMLINK_NOFOLLOW) == 0;
    if (fd < 0) {
        if (found && errno != ELOOP && errno != ENAMETOOLONG && !place->slash) abort();
        return;
    }
    if (!is_below(in, fd) || !found || fstat(fd, &by_path) || !same_file(&by_path, &by_place))
        abort();
    close(fd);
}

static void ask(const Input *in, const char *path, WasiFollow follow) {
    WasiPlace places[2];
    int faults[2], engines = wasi_paths_here() == WASI_PATHS_OPENAT2 ? 2 : 1;
    struct stat folders[2];
    for (int i = 0; i < engines; i++) {
        faults[i] = wasi_place(&wasi_linux_files, i ? WASI_PATHS_OPENAT2 : WASI_PATHS_WALK,
                               in->base, str_from(path), follow, &places[i]);
        if (faults[i]) continue;
        if (!is_below(in, places[i].folder)) abort();
        if (strchr(places[i].name, '/') || !strcmp(places[i].name, "..")) abort();
        if (fstat(places[i].folder, &folders[i])) abort();
        check_kernel(in, path, follow, &places[i]);
    }
    if (engines == 2 && faults[0] != faults[1]) abort();
    bool both = engines == 2 && !faults[0];
    if (both && (!same_file(&folders[0], &folders[1]) || strcmp(places[0].name, places[1].name)))
        abort();
    for (int i = 0; i < engines; i++)
        if (!faults[i]) wasi_place_close(&places[i]);
}

static int remove_file(const char *path, const struct stat *st, int kind, struct FTW *where) {
    return remove(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char top[] = "/tmp/witc-fuzz-path-XXXXXX", path[PATH_MAX];
    Input in = {.at = data, .end = data + size};
    if (!mkdtemp(top)) abort();
    in.top = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
    mkdirat(in.top, "base", 0700);
    mkdirat(in.top, "outside", 0700);
    in.base = openat(in.top, "base", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof path, "%s/base", top);
    if (in.base < 0 || !realpath(path, in.base_path)) abort();
    make_tree(&in);
    for (unsigned i = 0; in.at < in.end && i < MOST_PATHS; i++) {
        next_path(&in, path);
        for (int follow = WASI_ENTRY; follow <= WASI_FOLLOW; follow++)
            ask(&in, path, (WasiFollow)follow);
    }
    int next = open("/", O_PATH | O_CLOEXEC); /* nothing else is open */
    if (next != in.base + 1) abort();
    close(next);
    close(in.base);
    close(in.top);
    nftw(top, remove_file, 16, FTW_PHYS | FTW_DEPTH);
    return 0;
}
