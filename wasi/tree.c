/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Trees of names that files in memory begin with, and reading one from a folder.
 *
 * The folder is walked without following links and without recursion: the tree itself tells what comes next.
 * Each folder and file is opened step by step from the top, or from a folder that was and is still open, and no step
 * is a link, so that whatever others do in it meanwhile, nothing is read that was never in it.
 */
#include "wasi/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* ---- nodes ---- */

WasiTree *wasi_tree_new(Arena *arena) {
    WasiTree *tree = ARENA_NEW(arena, WasiTree);
    tree->arena = arena;
    tree->fd = -1;
    tree->root.type = S_IFDIR;
    *vec_push(arena, &tree->groups) = 0;
    return tree;
}

void wasi_tree_close(const WasiTree *tree) {
    if (!tree) return;
    if (tree->fd >= 0) close(tree->fd);
    free(tree->owned);
}

/* The key of a name in a folder; NULL arena: for looking it up. */
typedef struct {
    const WasiTreeNode *folder;
    char name[NAME_MAX];
} Key;

static Str key_of(Key *key, const WasiTreeNode *folder, Str name) {
    key->folder = folder;
    memcpy(key->name, name.ptr, name.len);
    return (Str){(const char *)key, offsetof(Key, name) + name.len};
}

WasiTreeNode *wasi_tree_find(const WasiTree *tree, const WasiTreeNode *folder, Str name) {
    Key key;
    if (name.len > NAME_MAX) return NULL;
    const MapEntry *entry = map_get(&tree->names, key_of(&key, folder, name));
    return entry ? entry->ptr : NULL;
}

WasiTreeNode *wasi_tree_add(WasiTree *tree, WasiTreeNode *folder, Str name, mode_t type) {
    if (tree->count == WASI_TREE_NODES || name.len > NAME_MAX) return NULL;
    tree->count++;
    WasiTreeNode *node = ARENA_NEW(tree->arena, WasiTreeNode);
    Key key;
    Str text = str_copy(tree->arena, key_of(&key, folder, name));
    map_put(tree->arena, &tree->names, text, NULL)->ptr = node;
    node->name = str_after(text, offsetof(Key, name));
    node->type = type;
    node->parent = folder;
    if (folder->last) folder->last->next = node;
    else folder->first = node;
    folder->last = node;
    return node;
}

void wasi_tree_join(WasiTree *tree, WasiTreeNode *name, WasiTreeNode *file) {
    if (!file->group) {
        file->group = (uint32_t)tree->groups.len;
        *vec_push(tree->arena, &tree->groups) = 1;
    }
    name->type = file->type;
    name->time = file->time;
    name->size = file->size;
    name->offset = file->offset;
    name->target = file->target;
    name->group = file->group;
    tree->groups.at[name->group]++;
}

void wasi_tree_part(WasiTree *tree, WasiTreeNode *name) {
    if (name->group) tree->groups.at[name->group]--;
    name->group = 0;
    name->size = 0;
    name->target = (Str){0};
}

uint32_t wasi_tree_links(const WasiTree *tree, const WasiTreeNode *file) {
    return file->group ? tree->groups.at[file->group] : 1;
}

/* ---- the host's folder ---- */

enum { HELD = 16, DEEPEST = PATH_MAX / 2 };

/* The way to a folder, whose last steps are held open: what comes next is near. */
typedef struct {
    const WasiTree *tree;
    struct {
        const WasiTreeNode *folder; /* NULL: none */
        int fd;
    } held[HELD]; /* each at its depth, modulo HELD */
} Way;

static int open_step(int folder, const WasiTreeNode *node, int flags) {
    char name[NAME_MAX + 1] = "";
    memcpy(name, node->name.ptr, node->name.len);
    return openat(folder, name, flags | O_NOFOLLOW);
}

/* A descriptor of a folder, which the way closes. */
static int reach(Way *way, const WasiTreeNode *folder) {
    const WasiTreeNode *steps[DEEPEST];
    size_t depth = 0, n = 0;
    for (const WasiTreeNode *up = folder; up->parent; up = up->parent) depth++;
    if (depth > DEEPEST) return errno = ENAMETOOLONG, -1;
    for (; folder->parent && way->held[(depth - n) % HELD].folder != folder; n++) {
        steps[n] = folder;
        folder = folder->parent;
    }
    int at = folder->parent ? way->held[(depth - n) % HELD].fd : way->tree->fd;
    while (n--) {
        int fd = open_step(at, steps[n], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) return -1;
        size_t slot = (depth - n) % HELD;
        if (way->held[slot].folder) close(way->held[slot].fd);
        way->held[slot].folder = steps[n];
        way->held[slot].fd = at = fd;
    }
    return at;
}

static int open_node(Way *way, const WasiTreeNode *node, int flags) {
    if (!node->parent) return openat(way->tree->fd, ".", flags);
    int folder = reach(way, node->parent);
    return folder < 0 ? -1 : open_step(folder, node, flags);
}

static void end_way(const Way *way) {
    for (size_t i = 0; i < HELD; i++)
        if (way->held[i].folder) close(way->held[i].fd);
}

static void read_target(WasiTree *tree, WasiTreeNode *node, int folder, const char *name) {
    char target[PATH_MAX];
    ssize_t n = readlinkat(folder, name, target, sizeof target);
    node->target = str_copy(tree->arena, (Str){target, n < 0 ? 0 : (size_t)n});
    node->size = node->target.len;
}

/* A file with several names: those that lie in the folder are one file there, too. */
static void join_names(WasiTree *tree, WasiTreeNode *node, const struct stat *st) {
    const uint64_t which[2] = {st->st_dev, st->st_ino};
    Str key = str_copy(tree->arena, (Str){(const char *)which, sizeof which});
    bool is_first;
    MapEntry *entry = map_put(tree->arena, &tree->files, key, &is_first);
    if (is_first) entry->ptr = node;
    else wasi_tree_join(tree, node, entry->ptr);
}

/* Adds an entry of a folder. False: there are too many. What cannot be looked at is only seen to be there. */
static bool read_entry(WasiTree *tree, WasiTreeNode *folder, int fd, const char *name) {
    struct stat st;
    if (!strcmp(name, ".") || !strcmp(name, "..")) return true;
    bool seen = fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (!seen && errno == ENOENT) return true; /* it is gone */
    if (!seen) st = (struct stat){0};
    WasiTreeNode *node = wasi_tree_add(tree, folder, str_from(name), st.st_mode & S_IFMT);
    if (!node) return false;
    node->time = st.st_mtim;
    if (S_ISREG(st.st_mode)) node->size = (uint64_t)st.st_size;
    if (S_ISREG(st.st_mode) && st.st_nlink > 1) join_names(tree, node, &st);
    if (S_ISLNK(st.st_mode)) read_target(tree, node, fd, name);
    return true;
}

/* Why a folder cannot be read: not that there is nothing, when others took it away or put a link there. */
static int folder_fault(int fault) {
    return fault == ENOENT || fault == ENOTDIR || fault == ELOOP ? EIO : fault;
}

/* Adds what is in a folder. False: there is too much. A folder that cannot be read keeps its fault. */
static bool read_folder(WasiTree *tree, WasiTreeNode *folder, Way *way) {
    int fd = open_node(way, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    if (!entries) {
        folder->fault = folder_fault(errno);
        if (fd >= 0) close(fd);
        return true;
    }
    const struct dirent *entry;
    bool fits = true;
    while (fits && (errno = 0, entry = readdir(entries)))
        fits = read_entry(tree, folder, fd, entry->d_name);
    if (fits) folder->fault = errno; /* of the last call, which gave nothing */
    closedir(entries);
    return fits;
}

static WasiTreeNode *next_node(WasiTreeNode *node) {
    if (node->first) return node->first;
    while (node && !node->next) node = node->parent;
    return node ? node->next : NULL;
}

static bool read_folders(WasiTree *tree, Diags *diags) {
    Way way = {.tree = tree};
    bool fits = true;
    for (WasiTreeNode *node = &tree->root; fits && node; node = next_node(node))
        if (S_ISDIR(node->type)) fits = read_folder(tree, node, &way);
    end_way(&way);
    if (!fits) diag(diags, VFS_MANY, span_none(), STR_ARG(tree->source.path), WASI_TREE_NODES);
    if (!fits || !tree->root.fault) return fits;
    diag(diags, FILE_READ, span_none(), STR_ARG(tree->source.path), strerror(tree->root.fault));
    return false;
}

/* ---- contents ---- */

int wasi_tree_open(const WasiTree *tree, const WasiTreeNode *file) {
    if (tree->is_archive) return errno = 0, -1;
    Way way = {.tree = tree};
    int fd = open_node(&way, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), fault = errno;
    struct stat st;
    end_way(&way);
    errno = fault;
    if (fd < 0 || (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))) return fd;
    close(fd);
    return errno = EIO, -1;
}

ssize_t wasi_tree_bytes(const WasiTree *tree, void *bytes, size_t n, uint64_t offset) {
    if (tree->fd >= 0) return pread(tree->fd, bytes, n, (off_t)offset);
    if (offset >= tree->bytes.len) return 0;
    if (n > tree->bytes.len - offset) n = tree->bytes.len - (size_t)offset;
    memcpy(bytes, tree->bytes.ptr + offset, n);
    return (ssize_t)n;
}

ssize_t wasi_tree_read(const WasiTree *tree, const WasiTreeNode *file, int fd, void *bytes,
                       size_t n, uint64_t offset) {
    if (offset >= file->size) return 0;
    if (n > file->size - offset) n = (size_t)(file->size - offset);
    return tree->is_archive ? wasi_tree_bytes(tree, bytes, n, file->offset + offset)
                            : pread(fd, bytes, n, (off_t)offset);
}

/* ---- loading ---- */

void wasi_tree_unpacked(WasiTree *tree, void *bytes, size_t len) {
    if (tree->fd >= 0) close(tree->fd);
    tree->fd = -1;
    tree->owned = bytes;
    tree->bytes = (Str){bytes, len};
    tree->size = len;
    tree->source.path = STR_JOIN(tree->arena, tree->source.path, STR(" (unpacked)"));
}

/* The tree, or, where that is no good, NULL. */
static WasiTree *keep(WasiTree *tree, bool good) {
    if (good) return tree;
    wasi_tree_close(tree);
    return NULL;
}

/* In bytes, or, where it is not -1, a file that is the tree's from now on. */
static WasiTree *load_archive(Arena *arena, Str path, int fd, Str bytes, size_t size,
                              uint64_t *room, Diags *diags) {
    WasiTree *tree = wasi_tree_new(arena);
    tree->source = (Source){.path = path, .binary = true};
    tree->is_archive = true;
    tree->fd = fd;
    tree->bytes = bytes;
    tree->size = size;
    bool good = size <= UINT32_MAX; /* as places in it are */
    if (!good) diag(diags, TAR_LARGE, span_at(&tree->source, 0));
    good = good && (!wasi_gzip_is(tree) || wasi_gzip_unpack(tree, room, diags));
    return keep(tree, good && wasi_tar_read(tree, diags));
}

WasiTree *wasi_tree_archive(Arena *arena, Str path, Str bytes, uint64_t *room, Diags *diags) {
    return load_archive(arena, path, -1, bytes, bytes.len, room, diags);
}

static WasiTree *load_folder(Arena *arena, Str path, int fd, Diags *diags) {
    WasiTree *tree = wasi_tree_new(arena);
    tree->source.path = path;
    tree->fd = fd;
    return keep(tree, read_folders(tree, diags));
}

/* A pipe is read into memory; a file that is not packed stays open, and what it holds is read when it is
 * asked for. */
WasiTree *wasi_tree_load(Arena *arena, Str path, uint64_t *room, Diags *diags) {
    struct stat st;
    const char *name = str_c(arena, path);
    bool is_pipe =
        str_is(path, "-") || (stat(name, &st) == 0 && !S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode));
    if (is_pipe) {
        const Source *source = file_read(arena, path, diags);
        return source ? wasi_tree_archive(arena, path, source->text, room, diags) : NULL;
    }
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0 && fstat(fd, &st) == 0)
        return S_ISDIR(st.st_mode)
                   ? load_folder(arena, path, fd, diags)
                   : load_archive(arena, path, fd, (Str){0}, (size_t)st.st_size, room, diags);
    diag(diags, FILE_READ, span_none(), STR_ARG(path), strerror(errno));
    if (fd >= 0) close(fd);
    return NULL;
}
