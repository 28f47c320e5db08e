/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Where a path of a guest leads, without ever leaving the folder that it is relative to
 * (wasi-filesystem, "path resolution").
 *
 * No operation is given a guest's path. Each acts on a *place*: an open folder and one name in it,
 * without slashes, which it does not follow where it is a link:
 *
 *     "a/link/../file"   the folder that "a/link/.." is, and "file"
 *     "a/", "a/.", ".."  that folder, and "."
 *     "file" → "x/y"     (to be followed) the folder "x", and "y"
 *
 * Others may rename folders and put links in their places at any time; so the folder is opened, and
 * a name in it cannot lead away any more. There are two engines for opening it, which agree:
 * openat2(2) with RESOLVE_BENEATH, and a walk step by step where the system does not have that (or
 * forbids it, as some containers do).
 */
#include "wasi/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_LINKS = 40, MAX_TRIES = 64, FOLDER = O_PATH | O_DIRECTORY | O_CLOEXEC };

/* A path that is still to be resolved; what links lead to is put in front of its rest. */
typedef struct {
    size_t len;
    char text[PATH_MAX];
} PathText;

static bool path_set(PathText *path, Str a, const char *between, Str b) {
    size_t n = strlen(between);
    if (a.len + n + b.len >= sizeof path->text) return false;
    char joined[PATH_MAX]; /* either may be a part of the path */
    if (a.len) memcpy(joined, a.ptr, a.len);
    memcpy(joined + a.len, between, n);
    if (b.len) memcpy(joined + a.len + n, b.ptr, b.len);
    path->len = a.len + n + b.len;
    memcpy(path->text, joined, path->len);
    path->text[path->len] = 0;
    return true;
}

static Str text_of(const PathText *path) { return (Str){path->text, path->len}; }

static int replace(const WasiFiles *files, int *fd, int with) {
    int fault = with < 0 ? errno : 0;
    if (*fd >= 0) files->close(files, *fd);
    *fd = with;
    return fault;
}

/* ---- the walk ---- */

typedef struct {
    const WasiFiles *files;
    int base, folder; /* where it stands; -1: at the base */
    PathText names;   /* from the base to there, each a real folder's */
    PathText rest;
    unsigned links;
} Walk;

static int standing(const Walk *w) { return w->folder < 0 ? w->base : w->folder; }

/* A step up takes the names again from the base: no one else's renaming can lead out of it. */
static int walk_up(Walk *w) {
    if (!w->names.len) return EPERM;
    size_t slash = str_rfind(text_of(&w->names), '/');
    w->names.len = slash == SIZE_MAX ? 0 : slash;
    w->names.text[w->names.len] = 0;
    if (w->folder >= 0) w->files->close(w->files, w->folder);
    w->folder = -1;
    for (size_t at = 0; at < w->names.len;) {
        size_t end = str_find(text_of(&w->names), '/', at);
        if (end == SIZE_MAX) end = w->names.len;
        char name[NAME_MAX + 1];
        memcpy(name, w->names.text + at, end - at);
        name[end - at] = 0;
        int fd = w->files->open(w->files, standing(w), name, FOLDER | O_NOFOLLOW, 0);
        int fault = replace(w->files, &w->folder, fd);
        if (fault) return fault;
        at = end + 1;
    }
    return 0;
}

static int walk_link(Walk *w, int link) {
    char target[PATH_MAX];
    ssize_t n = w->files->read_link(w->files, link, "", target, sizeof target);
    if (n < 0) return errno;
    if (++w->links > MAX_LINKS) return ELOOP;
    if (n == 0) return ENOENT;
    if (target[0] == '/') return EPERM;
    Str to = {target, (size_t)n};
    return path_set(&w->rest, to, "/", text_of(&w->rest)) ? 0 : ENAMETOOLONG;
}

static int walk_down(Walk *w, const char *name) {
    const WasiFiles *files = w->files;
    int fd = files->open(files, standing(w), name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0) return errno;
    struct stat st;
    int fault = files->stat(files, fd, &st) < 0 ? errno : 0;
    if (!fault && S_ISDIR(st.st_mode)) {
        Str names = text_of(&w->names);
        if (!path_set(&w->names, names, names.len ? "/" : "", str_from(name))) fault = ENAMETOOLONG;
        else return replace(files, &w->folder, fd);
    } else if (!fault) {
        fault = S_ISLNK(st.st_mode) ? walk_link(w, fd) : ENOTDIR;
    }
    files->close(files, fd);
    return fault;
}

/* Takes the first step of the rest off it. */
static int walk_step(Walk *w) {
    Str rest = text_of(&w->rest);
    size_t end = str_find(rest, '/', 0);
    Str step = str_from_to(rest, 0, end == SIZE_MAX ? rest.len : end);
    if (step.len > NAME_MAX) return ENAMETOOLONG;
    char name[NAME_MAX + 1];
    memcpy(name, step.ptr, step.len);
    name[step.len] = 0;
    path_set(&w->rest, (Str){0}, "", end == SIZE_MAX ? (Str){0} : str_after(rest, end + 1));
    if (!name[0] || !strcmp(name, ".")) return 0;
    return strcmp(name, "..") ? walk_down(w, name) : walk_up(w);
}

static int open_by_walk(const WasiFiles *files, int base, Str path, int *folder) {
    Walk w = {.files = files, .base = base, .folder = -1};
    int fault = path_set(&w.rest, path, "", (Str){0}) ? 0 : ENAMETOOLONG;
    while (!fault && w.rest.len) fault = walk_step(&w);
    if (!fault && w.folder < 0)
        fault = replace(files, &w.folder, files->open(files, base, ".", FOLDER, 0));
    if (fault && w.folder >= 0) files->close(files, w.folder);
    else *folder = w.folder;
    return fault;
}

/* ---- openat2 ---- */

WasiPaths wasi_paths_here(void) {
    const WasiFiles *files = &wasi_linux_files;
    int fd = files->open_beneath(files, AT_FDCWD, ".");
    if (fd < 0) return WASI_PATHS_WALK;
    files->close(files, fd);
    return WASI_PATHS_OPENAT2;
}

/* Two of its answers say less than the walk's: EAGAIN, where others are renaming, and ELOOP, which
 * is also what it has for links that the kernel makes up. */
static int open_beneath(const WasiFiles *files, WasiPaths paths, int base, Str path, int *folder) {
    char name[PATH_MAX];
    if (path.len >= sizeof name) return ENAMETOOLONG;
    memcpy(name, path.ptr, path.len);
    name[path.len] = 0;
    int fd = -1, tries = files->open_beneath && paths == WASI_PATHS_OPENAT2 ? MAX_TRIES : 0;
    errno = EAGAIN;
    for (int i = 0; i < tries && fd < 0 && errno == EAGAIN; i++)
        fd = files->open_beneath(files, base, name);
    *folder = fd;
    if (fd >= 0) return 0;
    if (errno == EAGAIN || errno == ELOOP || errno == ENOSYS)
        return open_by_walk(files, base, path, folder);
    return errno == EXDEV ? EPERM : errno;
}

/* ---- places ---- */

void wasi_place_close(WasiPlace *place) {
    if (place->is_own) place->files->close(place->files, place->folder);
    place->is_own = false;
}

static int in_folder(WasiPaths paths, int base, Str path, WasiPlace *place) {
    int fault = open_beneath(place->files, paths, base, path, &place->folder);
    place->is_own = !fault;
    return fault;
}

/* The place of the last step, and where that begins. */
static int place_of(WasiPaths paths, int base, Str path, WasiFollow follow, WasiPlace *place,
                    size_t *last) {
    Str bare = path;
    while (bare.len > 1 && bare.ptr[bare.len - 1] == '/') bare.len--;
    size_t slash = str_rfind(bare, '/');
    *last = slash == SIZE_MAX ? 0 : slash + 1;
    Str name = str_after(bare, *last);
    *place = (WasiPlace){.files = place->files, .folder = base, .slash = bare.len < path.len};
    if (str_is(name, "..") || (place->slash && follow != WASI_ENTRY) || str_is(name, ".")) {
        place->name[0] = '.';
        return str_is(path, ".") ? 0 : in_folder(paths, base, path, place);
    }
    if (name.len > NAME_MAX) return ENAMETOOLONG;
    memcpy(place->name, name.ptr, name.len);
    return *last ? in_folder(paths, base, str_from_to(bare, 0, *last), place) : 0;
}

int wasi_place(const WasiFiles *files, WasiPaths paths, int base, Str path, WasiFollow follow,
               WasiPlace *place) {
    PathText text;
    *place = (WasiPlace){.files = files, .folder = -1};
    if (!path.len) return ENOENT;
    if (memchr(path.ptr, 0, path.len)) return EINVAL;
    if (path.ptr[0] == '/') return EPERM;
    if (!path_set(&text, path, "", (Str){0})) return ENAMETOOLONG;
    for (unsigned links = 0;; links++) {
        size_t last;
        int fault = place_of(paths, base, text_of(&text), follow, place, &last);
        if (fault || follow != WASI_FOLLOW) return fault;
        char target[PATH_MAX];
        ssize_t n = files->read_link(files, place->folder, place->name, target, sizeof target);
        if (n < 0) return 0; /* no link: the operation will tell what it is */
        wasi_place_close(place);
        if (links == MAX_LINKS) return ELOOP;
        if (n == 0) return ENOENT;
        if (target[0] == '/') return EPERM;
        Str before = str_from_to(text_of(&text), 0, last);
        if (!path_set(&text, before, "", (Str){target, (size_t)n})) return ENAMETOOLONG;
    }
}
