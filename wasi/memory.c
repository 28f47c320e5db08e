/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A system of files in memory: nodes, and names that lead to them.
 *
 *     table of names: (folder, name) -> Entry -> Node    a folder: its entries, in the order of their making
 *                                                        a file: its pages (memory_pages.c)
 *                                                        a link: its target
 *
 * A folder of the tree gets its entries when it is first looked into. A node lives as long as it has names or is
 * open. It answers as Linux does, errno by errno; it has no owners and permissions, so all that the grant
 * allows can be done.
 *
 * All that a guest can make more of is taken from `room`, so that it is bounded.
 */
#include "wasi/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_LINKS = 65000, MOST_OPEN = 1 << 20, ACCESSED = 0, WRITTEN, CHANGED };

typedef struct Node Node;
typedef struct Entry Entry;
typedef struct Cursor Cursor;

struct Entry {
    Entry *chain;       /* in the table of names */
    Entry *next, *prev; /* in the folder */
    Node *folder, *node;
    uint64_t hash;
    size_t len;
    char name[];
};

/* Where a reader of a folder stands. */
struct Cursor {
    Node *folder;
    Entry *at;
    WasiEntry entry;
    Cursor *next; /* in the same folder */
};

struct Node {
    Node *next, **link; /* in the list of all */
    mode_t type;
    uint32_t links, opens;
    uint64_t number;
    struct timespec times[3];
    /* of a folder: */
    Node *parent;
    Entry *first, *last;
    Cursor *cursors;
    uint32_t folders;             /* in it */
    int fault;                    /* it cannot be looked into */
    const WasiTreeNode *unfilled; /* the first of the tree that has no entry yet */
    WasiPages file;
    char *target; /* of a link */
    size_t target_len;
};

typedef struct {
    Node *node; /* NULL: free */
    int flags;
    int next_free;
} Open;

struct WasiMemory {
    WasiFiles files;
    const WasiTree *tree;
    const WasiClock *clock;
    uint64_t device, *room;
    uint64_t numbers; /* of nodes, so far */
    Node *all, *root;
    Node **groups; /* nodes of the tree with several names */
    Entry **table;
    size_t table_size, entries; /* a power of two */
    Open *opens;
    int open_count, open_cap, first_free; /* -1: none */
};

static WasiMemory *memory_of(const WasiFiles *files) { return files->data; }
static int failed(int fault) { return errno = fault, -1; }

/* ---- nodes ---- */

static struct timespec now_of(const WasiMemory *m) { return m->clock->wall(m->clock); }

static void stamp(const WasiMemory *m, Node *node, bool written) {
    struct timespec now = now_of(m);
    if (written) node->times[WRITTEN] = now;
    node->times[CHANGED] = now;
}

static Node *new_node(WasiMemory *m, mode_t type, const WasiTreeNode *lower) {
    Node *node = wasi_room_take(m->room, sizeof *node);
    if (!node) return NULL;
    node->type = type;
    node->number = ++m->numbers;
    node->links = lower && lower->group ? wasi_tree_links(m->tree, lower) : 1;
    node->next = m->all;
    node->link = &m->all;
    if (m->all) m->all->link = &node->next;
    m->all = node;
    stamp(m, node, true);
    node->times[ACCESSED] = node->times[WRITTEN];
    node->file = (WasiPages){.tree = m->tree, .lower = lower, .room = m->room, .fd = -1};
    if (!lower) return node;
    for (int i = 0; i < 3; i++) node->times[i] = lower->time;
    node->file.size = node->file.lower_end = S_ISREG(type) ? lower->size : 0;
    node->unfilled = lower->first;
    node->fault = lower->fault;
    return node;
}

static void free_node(WasiMemory *m, Node *node) {
    *node->link = node->next;
    if (node->next) node->next->link = node->link;
    if (node->file.fd >= 0) close(node->file.fd);
    wasi_pages_free(&node->file);
    wasi_room_give(m->room, node->target, node->target_len + 1);
    wasi_room_give(m->room, node, sizeof *node);
}

static void drop_node(WasiMemory *m, Node *node) {
    if (!node->links && !node->opens) free_node(m, node);
}

static bool set_target(WasiMemory *m, Node *node, Str target) {
    node->target = wasi_room_take(m->room, target.len + 1);
    if (!node->target) return false;
    memcpy(node->target, target.ptr, target.len);
    node->target_len = target.len;
    return true;
}

/* ---- names ---- */

static uint64_t hash_of(const WasiMemory *m, const Node *folder, Str name) {
    return map_hash(name, (uintptr_t)m ^ folder->number * 0x9e3779b97f4a7c15u);
}

static bool grow_names(WasiMemory *m) {
    if (m->entries < m->table_size) return true;
    size_t size = m->table_size ? m->table_size * 2 : 64;
    Entry **table = calloc(size, sizeof *table);
    if (!table) return errno = ENOMEM, false;
    for (size_t i = 0; i < m->table_size; i++)
        for (Entry *e = m->table[i], *chain; e; e = chain) {
            chain = e->chain;
            e->chain = table[e->hash & (size - 1)];
            table[e->hash & (size - 1)] = e;
        }
    free(m->table);
    m->table = table;
    m->table_size = size;
    return true;
}

/* What an entry takes: also of the table. */
static size_t entry_size(size_t len) { return sizeof(Entry) + len + 1 + 2 * sizeof(Entry *); }

/* A name at the end of the folder, which must not have it. */
static Entry *add_entry(WasiMemory *m, Node *folder, Str name, Node *node) {
    Entry *e = grow_names(m) ? wasi_room_take(m->room, entry_size(name.len)) : NULL;
    if (!e) return NULL;
    memcpy(e->name, name.ptr, name.len);
    e->len = name.len;
    e->hash = hash_of(m, folder, name);
    e->folder = folder;
    e->node = node;
    e->prev = folder->last;
    if (folder->last) folder->last->next = e;
    else folder->first = e;
    folder->last = e;
    e->chain = m->table[e->hash & (m->table_size - 1)];
    m->table[e->hash & (m->table_size - 1)] = e;
    m->entries++;
    return e;
}

static void remove_entry(WasiMemory *m, Entry *e) {
    Node *folder = e->folder;
    for (Cursor *c = folder->cursors; c; c = c->next)
        if (c->at == e) c->at = e->next;
    if (e->prev) e->prev->next = e->next;
    else folder->first = e->next;
    if (e->next) e->next->prev = e->prev;
    else folder->last = e->prev;
    Entry **at = &m->table[e->hash & (m->table_size - 1)];
    while (*at != e) at = &(*at)->chain;
    *at = e->chain;
    m->entries--;
    wasi_room_give(m->room, e, entry_size(e->len));
}

/* A node takes its place in a folder. */
static void attach(Node *folder, Node *node) {
    if (!S_ISDIR(node->type)) return;
    node->parent = folder;
    folder->folders++;
}

/* The node of a file of the tree that has other names, too; NULL: none yet. */
static Node **group_of(WasiMemory *m, const WasiTreeNode *lower) {
    if (!m->groups) m->groups = calloc(m->tree->groups.len, sizeof *m->groups);
    return m->groups ? &m->groups[lower->group] : NULL;
}

static Node *node_of_tree(WasiMemory *m, const WasiTreeNode *lower) {
    Node **group = lower->group ? group_of(m, lower) : NULL;
    if (lower->group && !group) return errno = ENOMEM, NULL;
    if (group && *group) return *group;
    Node *node = new_node(m, lower->type, lower);
    if (node && S_ISLNK(lower->type) && !set_target(m, node, lower->target)) {
        free_node(m, node);
        return NULL;
    }
    if (group) *group = node;
    return node;
}

/* Gives a folder of the tree its entries; where there is no room for all, it goes on from there. */
static int fill(WasiMemory *m, Node *folder) {
    if (folder->fault) return failed(folder->fault);
    for (; folder->unfilled; folder->unfilled = folder->unfilled->next) {
        Node *node = node_of_tree(m, folder->unfilled);
        if (!node) return -1;
        if (!add_entry(m, folder, folder->unfilled->name, node)) {
            if (!folder->unfilled->group) free_node(m, node);
            return -1;
        }
        attach(folder, node);
    }
    return 0;
}

/* ---- descriptors ---- */

static Open *open_at(const WasiMemory *m, int fd) {
    bool good = fd >= 0 && fd < m->open_count && m->opens[fd].node;
    if (!good) errno = EBADF;
    return good ? &m->opens[fd] : NULL;
}

static int new_open(WasiMemory *m, Node *node, int flags) {
    int fd = m->first_free;
    if (fd < 0 && m->open_count == m->open_cap) {
        int cap = m->open_cap ? m->open_cap * 2 : 16;
        Open *more = cap > MOST_OPEN ? NULL : realloc(m->opens, (size_t)cap * sizeof *more);
        if (!more) return failed(cap > MOST_OPEN ? EMFILE : ENOMEM);
        m->opens = more;
        m->open_cap = cap;
    }
    if (fd < 0) fd = m->open_count++;
    else m->first_free = m->opens[fd].next_free;
    m->opens[fd] = (Open){.node = node, .flags = flags};
    node->opens++;
    return fd;
}

static void close_node(WasiMemory *m, Node *node) {
    node->opens--;
    if (!node->opens && node->file.fd >= 0) {
        close(node->file.fd);
        node->file.fd = -1;
    }
    drop_node(m, node);
}

static int memory_close(const WasiFiles *files, int fd) {
    WasiMemory *m = memory_of(files);
    Open *o = open_at(m, fd);
    if (!o) return -1;
    Node *node = o->node;
    *o = (Open){.next_free = m->first_free};
    m->first_free = fd;
    close_node(m, node);
    return 0;
}

/* ---- looking ---- */

static Node *folder_at(const WasiMemory *m, int fd) {
    const Open *o = open_at(m, fd);
    if (o && S_ISDIR(o->node->type)) return o->node;
    if (o) errno = ENOTDIR;
    return NULL;
}

/* The entry of a name; NULL: ENOENT, or it cannot be looked for. */
static Entry *find(WasiMemory *m, Node *folder, const char *name) {
    Str text = str_from(name);
    if (text.len > NAME_MAX) return errno = ENAMETOOLONG, NULL;
    if (fill(m, folder) < 0) return NULL;
    uint64_t hash = hash_of(m, folder, text);
    Entry *e = m->table_size ? m->table[hash & (m->table_size - 1)] : NULL;
    while (e && !(e->folder == folder && e->hash == hash && e->len == text.len &&
                  memcmp(e->name, name, text.len) == 0))
        e = e->chain;
    if (!e) errno = ENOENT;
    return e;
}

static bool is_dot(const char *name) { return strcmp(name, ".") == 0; }

/* What a name is, which may be the folder itself. */
static Node *node_at(const WasiFiles *files, int fd, const char *name) {
    WasiMemory *m = memory_of(files);
    Node *folder = folder_at(m, fd);
    if (!folder || is_dot(name)) return folder;
    const Entry *e = find(m, folder, name);
    return e ? e->node : NULL;
}

/* A folder in which the name can be made. */
static Node *place_at(WasiMemory *m, int fd, const char *name) {
    Node *folder = folder_at(m, fd);
    if (!folder) return NULL;
    if (is_dot(name) || find(m, folder, name)) return errno = EEXIST, NULL;
    if (errno != ENOENT) return NULL;
    return folder->links ? folder : NULL; /* ENOENT: it was removed */
}

static void put_stat(const WasiMemory *m, const Node *node, struct stat *st) {
    mode_t mode = S_ISLNK(node->type) ? 0777 : S_ISDIR(node->type) ? 0755 : 0644;
    *st = (struct stat){.st_dev = m->device,
                        .st_ino = node->number,
                        .st_mode = node->type | mode,
                        .st_nlink = node->links,
                        .st_blksize = 4096,
                        .st_size = (off_t)(node->file.size + node->target_len),
                        .st_atim = node->times[ACCESSED],
                        .st_mtim = node->times[WRITTEN],
                        .st_ctim = node->times[CHANGED]};
    if (S_ISDIR(node->type) && node->links) st->st_nlink = node->folders + 2;
}

static int memory_stat(const WasiFiles *files, int fd, struct stat *st) {
    const Open *o = open_at(memory_of(files), fd);
    if (!o) return -1;
    put_stat(memory_of(files), o->node, st);
    return 0;
}

static int memory_stat_at(const WasiFiles *files, int fd, const char *name, struct stat *st) {
    const Node *node = node_at(files, fd, name);
    if (!node) return -1;
    put_stat(memory_of(files), node, st);
    return 0;
}

static ssize_t memory_read_link(const WasiFiles *files, int fd, const char *name, char *target,
                                size_t size) {
    const Open *o = open_at(memory_of(files), fd);
    const Node *node = !o ? NULL : *name ? node_at(files, fd, name) : o->node;
    if (!node) return -1;
    if (!S_ISLNK(node->type)) return failed(*name ? EINVAL : ENOENT);
    size_t n = node->target_len < size ? node->target_len : size;
    memcpy(target, node->target, n);
    return (ssize_t)n;
}

/* ---- opening ---- */

static bool writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

/* 0, or an errno: what opening a node that is there gives. */
static int check_open(const Node *node, int flags) {
    if (flags & O_CREAT && flags & O_EXCL) return EEXIST;
    if (flags & O_DIRECTORY && !S_ISDIR(node->type)) return ENOTDIR;
    if (flags & O_PATH) return 0;
    if (S_ISLNK(node->type)) return ELOOP;
    if (S_ISDIR(node->type)) return writes(flags) || flags & O_CREAT ? EISDIR : 0;
    return S_ISREG(node->type) ? 0 : ENXIO;
}

/* The tree's file is open while the node is. */
static int open_lower(const WasiMemory *m, Node *node) {
    if (!S_ISREG(node->type) || !node->file.lower_end || node->file.fd >= 0) return 0;
    node->file.fd = wasi_tree_open(m->tree, node->file.lower);
    return node->file.fd < 0 ? errno : 0;
}

static Node *make(WasiMemory *m, Node *folder, Str name, mode_t type) {
    Node *node = new_node(m, type, NULL);
    if (node && !add_entry(m, folder, name, node)) {
        int fault = errno;
        free_node(m, node);
        return errno = fault, NULL;
    }
    if (!node) return NULL;
    attach(folder, node);
    stamp(m, folder, true);
    return node;
}

static int memory_open(const WasiFiles *files, int fd, const char *name, int flags, mode_t mode) {
    (void)mode;
    WasiMemory *m = memory_of(files);
    Node *node = node_at(files, fd, name);
    if (node) {
        int fault = check_open(node, flags);
        if (!fault && !(flags & O_PATH)) fault = open_lower(m, node);
        return fault ? failed(fault) : new_open(m, node, flags);
    }
    if (errno != ENOENT || !(flags & O_CREAT)) return -1;
    Node *folder = place_at(m, fd, name);
    node = folder ? make(m, folder, str_from(name), S_IFREG) : NULL;
    return node ? new_open(m, node, flags) : -1;
}

/* ---- files ---- */

/* The node of a file that may be read, or written. */
static Node *file_at(const WasiFiles *files, int fd, bool to_write) {
    const Open *o = open_at(memory_of(files), fd);
    if (!o) return NULL;
    int access = o->flags & O_ACCMODE;
    bool good = !(o->flags & O_PATH) && access != (to_write ? O_RDONLY : O_WRONLY);
    if (good && S_ISREG(o->node->type)) return o->node;
    errno = good ? EISDIR : EBADF;
    return NULL;
}

static bool is_before(struct timespec a, struct timespec b) {
    return a.tv_sec < b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec <= b.tv_nsec);
}

/* The time of reading is kept as Linux does by default: once after each change. */
static ssize_t memory_read(const WasiFiles *files, int fd, void *bytes, size_t n, uint64_t offset) {
    Node *node = file_at(files, fd, false);
    if (!node) return -1;
    ssize_t got = wasi_pages_read(&node->file, bytes, n, offset);
    if (got >= 0 && (is_before(node->times[ACCESSED], node->times[WRITTEN]) ||
                     is_before(node->times[ACCESSED], node->times[CHANGED])))
        node->times[ACCESSED] = now_of(memory_of(files));
    return got;
}

static ssize_t memory_write(const WasiFiles *files, int fd, const void *bytes, size_t n,
                            uint64_t offset) {
    Node *node = file_at(files, fd, true);
    if (!node) return -1;
    ssize_t done =
        wasi_pages_write(&node->file, bytes, n, offset == WASI_APPEND ? node->file.size : offset);
    if (done > 0) stamp(memory_of(files), node, true);
    return done;
}

static int memory_set_size(const WasiFiles *files, int fd, uint64_t size) {
    const Open *o = open_at(memory_of(files), fd);
    Node *node = o ? file_at(files, fd, true) : NULL;
    if (!node) return o && !(o->flags & O_PATH) ? failed(EINVAL) : -1;
    if (size > INT64_MAX) return failed(EINVAL);
    wasi_pages_cut(&node->file, size);
    stamp(memory_of(files), node, true);
    return 0;
}

static int memory_sync(const WasiFiles *files, int fd, bool data_only) {
    (void)data_only;
    const Open *o = open_at(memory_of(files), fd);
    return !o ? -1 : o->flags & O_PATH ? failed(EBADF) : 0;
}

static int memory_advise(const WasiFiles *files, int fd, uint64_t offset, uint64_t len,
                         int advice) {
    (void)offset, (void)len, (void)advice;
    return memory_sync(files, fd, true);
}

static int set_times(const WasiMemory *m, Node *node, const struct timespec times[2]) {
    for (int i = 0; i < 2; i++)
        if (times[i].tv_nsec == UTIME_NOW) node->times[i] = now_of(m);
        else if (times[i].tv_nsec != UTIME_OMIT) node->times[i] = times[i];
    stamp(m, node, false);
    return 0;
}

static int memory_set_times(const WasiFiles *files, int fd, const struct timespec times[2]) {
    const Open *o = open_at(memory_of(files), fd);
    return !o                  ? -1
           : o->flags & O_PATH ? failed(EBADF)
                               : set_times(memory_of(files), o->node, times);
}

static int memory_set_times_at(const WasiFiles *files, int fd, const char *name,
                               const struct timespec times[2]) {
    Node *node = node_at(files, fd, name);
    return node ? set_times(memory_of(files), node, times) : -1;
}

/* ---- changing folders ---- */

static int memory_make_folder(const WasiFiles *files, int fd, const char *name, mode_t mode) {
    (void)mode;
    WasiMemory *m = memory_of(files);
    Node *folder = place_at(m, fd, name);
    return folder && make(m, folder, str_from(name), S_IFDIR) ? 0 : -1;
}

/* A node loses a name that is gone, in this folder. */
static void lose_name(WasiMemory *m, Node *folder, Node *node) {
    node->links--;
    stamp(m, node, false);
    stamp(m, folder, true);
    if (S_ISDIR(node->type)) {
        node->links = 0;
        node->parent = NULL; /* which may go before it, where it is still open */
        folder->folders--;
    }
    drop_node(m, node);
}

static int memory_make_link(const WasiFiles *files, const char *target, int fd, const char *name) {
    WasiMemory *m = memory_of(files);
    Str to = str_from(target);
    if (!to.len) return failed(ENOENT);
    if (to.len >= PATH_MAX) return failed(ENAMETOOLONG);
    Node *folder = place_at(m, fd, name);
    Node *node = folder ? make(m, folder, str_from(name), S_IFLNK) : NULL;
    if (!node || set_target(m, node, to)) return node ? 0 : -1;
    int fault = errno;
    remove_entry(m, folder->last);
    lose_name(m, folder, node);
    return failed(fault);
}

static int memory_link(const WasiFiles *files, int fd, const char *name, int to,
                       const char *to_name) {
    WasiMemory *m = memory_of(files);
    Node *node = node_at(files, fd, name);
    Node *folder = node ? place_at(m, to, to_name) : NULL;
    if (!folder) return -1;
    if (S_ISDIR(node->type)) return failed(EPERM);
    if (node->links >= MOST_LINKS) return failed(EMLINK);
    if (!add_entry(m, folder, str_from(to_name), node)) return -1;
    node->links++;
    stamp(m, node, false);
    stamp(m, folder, true);
    return 0;
}

static int memory_unlink(const WasiFiles *files, int fd, const char *name, int flags) {
    WasiMemory *m = memory_of(files);
    bool of_folder = flags & AT_REMOVEDIR;
    Node *folder = folder_at(m, fd);
    if (!folder) return -1;
    if (is_dot(name)) return failed(of_folder ? EINVAL : EISDIR);
    Entry *e = find(m, folder, name);
    if (!e) return -1;
    Node *node = e->node;
    if (S_ISDIR(node->type) != of_folder) return failed(of_folder ? ENOTDIR : EISDIR);
    if (of_folder && fill(m, node) < 0) return -1;
    if (node->first) return failed(ENOTEMPTY);
    remove_entry(m, e);
    lose_name(m, folder, node);
    return 0;
}

static bool lies_in(const Node *node, const Node *folder) {
    while (node && node != folder) node = node->parent;
    return node;
}

/* 0, or an errno: whether a node may take the place of another. */
static int check_replace(WasiMemory *m, const Node *node, Node *old) {
    bool is_folder = S_ISDIR(node->type);
    if (S_ISDIR(old->type) != is_folder) return is_folder ? ENOTDIR : EISDIR;
    if (is_folder && fill(m, old) < 0) return errno;
    return old->first ? ENOTEMPTY : 0;
}

static int memory_rename(const WasiFiles *files, int fd, const char *name, int to,
                         const char *to_name) {
    WasiMemory *m = memory_of(files);
    Node *from = folder_at(m, fd), *into = from ? folder_at(m, to) : NULL;
    if (!into) return -1;
    if (is_dot(name) || is_dot(to_name)) return failed(EBUSY);
    Entry *e = find(m, from, name);
    if (!e) return -1;
    Entry *target = find(m, into, to_name);
    if (!target && errno != ENOENT) return -1;
    Node *node = e->node, *old = target ? target->node : NULL;
    if (S_ISDIR(node->type) && lies_in(into, node)) return failed(EINVAL);
    if (old && S_ISDIR(old->type) && lies_in(from, old)) return failed(ENOTEMPTY);
    if (old == node) return 0;
    if (!into->links) return failed(ENOENT);
    int fault = old ? check_replace(m, node, old) : 0;
    if (fault) return failed(fault);
    if (target) target->node = node;
    else if (!add_entry(m, into, str_from(to_name), node)) return -1;
    remove_entry(m, e);
    if (S_ISDIR(node->type)) from->folders--;
    attach(into, node);
    stamp(m, from, true);
    stamp(m, into, true);
    stamp(m, node, false);
    if (old) lose_name(m, into, old);
    return 0;
}

/* ---- reading folders ---- */

static void *memory_open_entries(const WasiFiles *files, int fd) {
    WasiMemory *m = memory_of(files);
    Node *folder = folder_at(m, fd);
    if (!folder || fill(m, folder) < 0) return NULL;
    Cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor) return errno = ENOMEM, NULL;
    *cursor = (Cursor){.folder = folder, .at = folder->first, .next = folder->cursors};
    folder->cursors = cursor;
    folder->opens++;
    return cursor;
}

static const WasiEntry *memory_next_entry(const WasiFiles *files, void *data) {
    (void)files;
    Cursor *cursor = data;
    const Entry *e = cursor->at;
    errno = 0;
    if (!e) return NULL;
    cursor->entry = (WasiEntry){e->name, (unsigned char)IFTODT(e->node->type)};
    cursor->at = e->next;
    return &cursor->entry;
}

static void memory_close_entries(const WasiFiles *files, void *data) {
    Cursor *cursor = data, **at = &cursor->folder->cursors;
    while (*at != cursor) at = &(*at)->next;
    *at = cursor->next;
    close_node(memory_of(files), cursor->folder);
    free(cursor);
}

/* ---- the whole ---- */

static const WasiFiles memory_files = {
    .open = memory_open,
    .close = memory_close,
    .stat = memory_stat,
    .stat_at = memory_stat_at,
    .read = memory_read,
    .write = memory_write,
    .set_size = memory_set_size,
    .set_times = memory_set_times,
    .set_times_at = memory_set_times_at,
    .sync = memory_sync,
    .advise = memory_advise,
    .read_link = memory_read_link,
    .make_folder = memory_make_folder,
    .make_link = memory_make_link,
    .link = memory_link,
    .rename = memory_rename,
    .unlink = memory_unlink,
    .open_entries = memory_open_entries,
    .next_entry = memory_next_entry,
    .close_entries = memory_close_entries,
};

WasiMemory *wasi_memory_new(const WasiTree *tree, uint64_t device, uint64_t *room,
                            const WasiClock *clock) {
    WasiMemory *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->files = memory_files;
    m->files.data = m;
    m->tree = tree;
    m->device = device;
    m->room = room;
    m->clock = clock;
    m->first_free = -1;
    *room += sizeof *m->root; /* it is there however little that is */
    m->root = new_node(m, S_IFDIR, &tree->root);
    if (m->root && new_open(m, m->root, O_RDONLY | O_DIRECTORY) == WASI_MEMORY_ROOT) return m;
    wasi_memory_free(m);
    return NULL;
}

void wasi_memory_free(WasiMemory *m) {
    if (!m) return;
    for (Node *node = m->all; node; node = node->next)
        for (Entry *e = node->first, *next; e; e = next) {
            next = e->next;
            wasi_room_give(m->room, e, entry_size(e->len));
        }
    while (m->all) free_node(m, m->all);
    *m->room -= sizeof *m->root;
    free(m->groups);
    free(m->table);
    free(m->opens);
    free(m);
}

const WasiFiles *wasi_memory_files(const WasiMemory *memory) { return &memory->files; }
