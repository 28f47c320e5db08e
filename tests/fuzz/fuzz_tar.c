/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Archives of tar: what is read of one lies in it and below its top, and all of it can be listed, read and
 * changed in memory. The sums of headers are made right first: by chance they hardly ever are. What is unpacked
 * stays within the room for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "wasi/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCK = 512, SUM = 148, MAGIC = 257, DEEPEST = 64, MOST = 1 << 20 };

static void demand(bool holds) {
    if (!holds) abort();
}

static void mend_sums(uint8_t *bytes, size_t size) {
    for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
        uint8_t *header = bytes + at;
        unsigned sum = 0;
        if (memcmp(header + MAGIC, "ustar", 5) != 0) continue;
        memset(header + SUM, ' ', 8);
        for (int i = 0; i < BLOCK; i++) sum += header[i];
        for (int i = 5; i >= 0; i--, sum >>= 3) header[SUM + i] = (uint8_t)('0' + (sum & 7));
    }
}

static void check_node(const WasiTree *tree, const WasiTreeNode *node) {
    Str name = node->name;
    bool is_root = node == &tree->root;
    demand(is_root == !name.len && name.len <= NAME_MAX);
    demand(str_find(name, '/', 0) == SIZE_MAX && str_find(name, 0, 0) == SIZE_MAX);
    demand(!str_is(name, ".") && !str_is(name, ".."));
    demand(S_ISDIR(node->type) || !node->first);
    demand(!S_ISREG(node->type) ||
           (node->offset <= tree->size && node->size <= tree->size - node->offset));
    demand(wasi_tree_links(tree, node) >= 1);
    if (!is_root) demand(wasi_tree_find(tree, node->parent, name) == node);
}

static void check_nodes(const WasiTree *tree) {
    size_t count = 0;
    const WasiTreeNode *node = &tree->root;
    while (node) {
        check_node(tree, node);
        count++;
        if (node->first) node = node->first;
        else {
            while (node && !node->next) node = node->parent;
            node = node ? node->next : NULL;
        }
    }
    demand(count == tree->count + 1);
}

/* Reads, writes and at last removes all there is. */
static void use(const WasiFiles *m, int folder, int depth) {
    void *entries = m->open_entries(m, folder);
    const WasiEntry *entry;
    while (entries && (entry = m->next_entry(m, entries))) {
        char bytes[700], name[NAME_MAX + 1];
        strcpy(name, entry->name);
        struct stat st;
        demand(m->stat_at(m, folder, name, &st) == 0);
        if (S_ISLNK(st.st_mode)) demand(m->read_link(m, folder, name, bytes, sizeof bytes) > 0);
        bool opens = S_ISDIR(st.st_mode) || S_ISREG(st.st_mode);
        int fd =
            m->open(m, folder, name, (S_ISREG(st.st_mode) ? O_RDWR : O_RDONLY) | O_NOFOLLOW, 0);
        demand(opens == (fd >= 0));
        if (S_ISREG(st.st_mode)) {
            demand(m->read(m, fd, bytes, sizeof bytes, 0) >= 0);
            demand(m->write(m, fd, "x", 1, st.st_size > 4096 ? 4096 : (uint64_t)st.st_size) == 1);
            demand(m->set_size(m, fd, 3) == 0);
        } else if (S_ISDIR(st.st_mode) && depth < DEEPEST) {
            use(m, fd, depth + 1);
        }
        if (fd >= 0) m->close(m, fd);
        int flags = S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0;
        demand(m->unlink(m, folder, name, flags) == 0 || depth >= DEEPEST || errno == ENOTEMPTY);
    }
    if (entries) m->close_entries(m, entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    uint8_t *bytes = arena_copy(arena, data, size);
    mend_sums(bytes, size);
    uint64_t room = MOST;
    const WasiTree *tree =
        wasi_tree_archive(arena, STR("fuzz.tar"), (Str){(const char *)bytes, size}, &room, &diags);
    demand((tree != NULL) == (diags.errors == 0));
    demand(room <= MOST && (!tree || tree->size == MOST - room || !tree->owned));
    if (tree) {
        room = 8 << 20;
        check_nodes(tree);
        WasiMemory *memory = wasi_memory_new(tree, 1, &room, &wasi_linux_clock);
        if (tree->count < 1000) use(wasi_memory_files(memory), WASI_MEMORY_ROOT, 0);
        wasi_memory_free(memory);
        demand(room == 8 << 20);
        wasi_tree_close(tree);
    }
    arena_free(arena);
    return 0;
}
