/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_TREE_H
#define WASI_TREE_H

#include <sys/stat.h>
#include <time.h>

#include "base/diag.h"
#include "base/map.h"

/*
 * What files in memory begin with: a folder of the host, or an archive (tar). Names, sizes, times and links
 * are read at once, and never change; what stands in the files is read when it is asked for, but that an archive
 * that is packed is unpacked into memory at once. Nothing outside is read, and nothing is ever written.
 */
typedef struct WasiTreeNode {
    Str name;
    mode_t type;           /* S_IFDIR, S_IFREG, S_IFLNK; of others, there is nothing to be had */
    int fault;             /* of a folder: an errno, why it could not be read; 0: it was */
    struct timespec time;  /* of the last change */
    uint64_t size, offset; /* of a file; where it stands in the archive */
    Str target;            /* of a link */
    uint32_t group;        /* not 0: this number is of all names of one file */
    struct WasiTreeNode *parent, *first, *last, *next;
} WasiTreeNode;

enum { WASI_TREE_NODES = 1000000 }; /* at most */
enum { WASI_MAX_VFS = 256 << 20 };  /* bytes in memory, where nothing else is said */

typedef struct {
    Arena *arena;
    Source source; /* for messages; without text */
    bool is_archive;
    int fd;      /* of the folder or archive; -1: */
    Str bytes;   /* the archive is in memory, */
    void *owned; /* and this is to be freed */
    size_t size; /* of the archive, unpacked */
    WasiTreeNode root;
    size_t count;         /* of nodes */
    Map names;            /* parent and name -> node */
    VEC(uint32_t) groups; /* how many names each has, from the first at 1 */
    Map files; /* of a folder: device and number of a file with several names -> the first */
} WasiTree;

/* An empty folder; in the arena. */
WasiTree *wasi_tree_new(Arena *arena);
/* Reads a folder or an archive at a path. What is unpacked into memory is taken from `room`. NULL and
 * diagnostics. */
WasiTree *wasi_tree_load(Arena *arena, Str path, uint64_t *room, Diags *diags);
/* An archive in memory, which stays. */
WasiTree *wasi_tree_archive(Arena *arena, Str path, Str bytes, uint64_t *room, Diags *diags);
void wasi_tree_close(const WasiTree *tree); /* NULL is allowed */

/* The child of that name, or NULL. */
WasiTreeNode *wasi_tree_find(const WasiTree *tree, const WasiTreeNode *folder, Str name);
/* A new one; NULL: there are too many. */
WasiTreeNode *wasi_tree_add(WasiTree *tree, WasiTreeNode *folder, Str name, mode_t type);
/* `name` becomes one more name of a file. */
void wasi_tree_join(WasiTree *tree, WasiTreeNode *name, WasiTreeNode *file);
/* It gets contents of its own. */
void wasi_tree_part(WasiTree *tree, WasiTreeNode *name);
uint32_t wasi_tree_links(const WasiTree *tree, const WasiTreeNode *file);

/* The contents of files. A descriptor for reading it, or -1 and an errno; those of an archive need none: -1
 * and errno 0. */
int wasi_tree_open(const WasiTree *tree, const WasiTreeNode *file);
/* As pread(2). Less than was asked for: the host's file has become shorter. */
ssize_t wasi_tree_read(const WasiTree *tree, const WasiTreeNode *file, int fd, void *bytes,
                       size_t n, uint64_t offset);
/* Bytes of the archive: how many, or -1 and an errno. */
ssize_t wasi_tree_bytes(const WasiTree *tree, void *bytes, size_t n, uint64_t offset);

/* From here on, the archive is these bytes, of malloc, which become the tree's. */
void wasi_tree_unpacked(WasiTree *tree, void *bytes, size_t len);

/* gzip.c: whether the archive begins as one that is packed, and unpacking it. False after a diagnostic. */
bool wasi_gzip_is(const WasiTree *tree);
bool wasi_gzip_unpack(WasiTree *tree, uint64_t *room, Diags *diags);

/* tar.c: reads the archive into an empty tree. False after a diagnostic. */
bool wasi_tar_read(WasiTree *tree, Diags *diags);

#endif
