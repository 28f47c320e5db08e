/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Files in memory beside a folder of the system: the same random calls, by the same descriptors, are answered
 * alike, errno by errno, and what is there in the end is the same.
 */
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi/memory.h"

enum { SLOTS = 12, CALLS = 60000, MOST = 20000 };

static const WasiFiles *disks[2]; /* Linux, memory */
static int slots[SLOTS][2];       /* descriptors of the same thing; 0 is the top */
static uint64_t seed = 20;

static unsigned dice(unsigned sides) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % sides;
}

static const char *any_name(void) {
    static const char *const names[] = {"a", "b", "c", "d", "e", "."};
    return names[dice(6)];
}

static const int open_flags[] = {O_RDONLY | O_DIRECTORY,
                                 O_PATH,
                                 O_PATH | O_DIRECTORY,
                                 O_RDONLY,
                                 O_RDWR,
                                 O_WRONLY,
                                 O_RDWR | O_CREAT,
                                 O_RDWR | O_CREAT,
                                 O_WRONLY | O_CREAT | O_EXCL,
                                 O_RDONLY | O_CREAT};

/* One call, chosen by dice that are thrown before: for both disks alike. */
typedef struct {
    unsigned what, slot, other, flags;
    const char *name, *to_name;
    uint64_t offset;
    size_t n;
    struct timespec times[2];
} Call;

enum {
    OPEN,
    CLOSE,
    STAT,
    STAT_AT,
    READ,
    WRITE,
    SET_SIZE,
    SET_TIMES,
    SET_TIMES_AT,
    SYNC,
    READ_LINK,
    MAKE_FOLDER,
    MAKE_LINK,
    LINK,
    RENAME,
    UNLINK,
    REMOVE_FOLDER,
    KINDS
};

typedef struct {
    long value;
    int fault;
    struct stat st;
    char bytes[MOST];
} Answer;

static long make_call(const Call *c, int disk, Answer *a) {
    const WasiFiles *f = disks[disk];
    int fd = slots[c->slot][disk], to = slots[c->other][disk];
    static char stuff[MOST];
    for (int i = 0; !stuff[1] && i < MOST; i++) stuff[i] = (char)(i * 31 + 1);
    switch (c->what) {
    case OPEN: return f->open(f, fd, c->name, open_flags[c->flags] | O_NOFOLLOW | O_CLOEXEC, 0644);
    case CLOSE: return 0;
    case STAT: return f->stat(f, fd, &a->st);
    case STAT_AT: return f->stat_at(f, fd, c->name, &a->st);
    case READ: return f->read(f, fd, a->bytes, c->n, c->offset);
    case WRITE: return f->write(f, fd, stuff, c->n, c->offset % 5 ? c->offset : WASI_APPEND);
    case SET_SIZE: return f->set_size(f, fd, c->offset);
    case SET_TIMES: return f->set_times(f, fd, c->times);
    case SET_TIMES_AT: return f->set_times_at(f, fd, c->name, c->times);
    case SYNC: return f->sync(f, fd, c->n & 1);
    case READ_LINK: return f->read_link(f, fd, c->name, a->bytes, 2 + c->n % 4);
    case MAKE_FOLDER: return f->make_folder(f, fd, c->name, 0755);
    case MAKE_LINK: return f->make_link(f, c->to_name, fd, c->name);
    case LINK: return f->link(f, fd, c->name, to, c->to_name);
    case RENAME: return f->rename(f, fd, c->name, to, c->to_name);
    case UNLINK: return f->unlink(f, fd, c->name, 0);
    default: return f->unlink(f, fd, c->name, AT_REMOVEDIR);
    }
}

static bool same_stat(const struct stat *a, const struct stat *b) {
    if ((a->st_mode & S_IFMT) != (b->st_mode & S_IFMT)) return false;
    return S_ISDIR(a->st_mode) || (a->st_size == b->st_size && a->st_nlink == b->st_nlink);
}

static bool same_answer(const Call *c, const Answer *a, const Answer *b) {
    if (a->value < 0 || b->value < 0)
        return (a->value < 0) == (b->value < 0) && a->fault == b->fault;
    if (c->what == OPEN) return true;
    if (c->what == STAT || c->what == STAT_AT) return same_stat(&a->st, &b->st);
    bool reads = c->what == READ || c->what == READ_LINK;
    return a->value == b->value && (!reads || !memcmp(a->bytes, b->bytes, (size_t)a->value));
}

static void close_slot(unsigned i) {
    for (int d = 0; d < 2; d++) disks[d]->close(disks[d], slots[i][d]);
}

static void one_call(void) {
    static Answer answers[2];
    const Call c = {.what = dice(3) ? dice(KINDS) : OPEN,
                    .slot = dice(SLOTS),
                    .other = dice(SLOTS),
                    .flags = dice(sizeof open_flags / sizeof *open_flags),
                    .name = any_name(),
                    .to_name = any_name(),
                    .offset = dice(MOST),
                    .n = dice(MOST),
                    .times = {{dice(1000), dice(1000)}, {.tv_nsec = UTIME_OMIT}}};
    for (int d = 0; d < 2; d++) {
        errno = 0;
        answers[d].value = make_call(&c, d, &answers[d]);
        answers[d].fault = errno;
    }
    bool same = same_answer(&c, &answers[0], &answers[1]);
    if (!same)
        printf("call %u, flags %o, %s, %s: %ld %s, %ld %s\n", c.what, open_flags[c.flags], c.name,
               c.to_name, answers[0].value, strerror(answers[0].fault), answers[1].value,
               strerror(answers[1].fault));
    CHECK(same);
    if (c.what != OPEN || answers[0].value < 0 || answers[1].value < 0) return;
    unsigned slot = 1 + dice(SLOTS - 1);
    close_slot(slot);
    for (int d = 0; d < 2; d++) slots[slot][d] = (int)answers[d].value;
}

/* The names and kinds in a folder, a bit each; -1: it is none. */
static long entries_of(int disk, int fd) {
    const WasiFiles *f = disks[disk];
    void *entries = f->open_entries(f, fd);
    const WasiEntry *entry;
    long seen = entries ? 0 : -errno;
    while (entries && (entry = f->next_entry(f, entries))) {
        if (entry->name[0] == '.') continue;
        long kind = entry->type == DT_DIR ? 1 : entry->type == DT_LNK ? 2 : 3;
        seen |= kind << 2 * (entry->name[0] - 'a');
    }
    if (entries) f->close_entries(f, entries);
    return seen;
}

static void random_calls(void) {
    for (int i = 0; i < CALLS; i++) {
        one_call();
        unsigned slot = dice(SLOTS);
        if (i % 20 == 0) CHECK_EQ(entries_of(0, slots[slot][0]), entries_of(1, slots[slot][1]));
    }
}

int main(void) {
    static char root[] = "/tmp/witc-twins-XXXXXX";
    int top = mkdtemp(root) ? open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    Arena *arena = arena_new();
    uint64_t room = 64 << 20;
    WasiMemory *memory = wasi_memory_new(wasi_tree_new(arena), 1, &room, &wasi_linux_clock);
    if (top < 0 || !memory) return 1;
    disks[0] = &wasi_linux_files;
    disks[1] = wasi_memory_files(memory);
    for (int i = 0; i < SLOTS; i++) {
        int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
        slots[i][0] = disks[0]->open(disks[0], top, ".", flags, 0);
        slots[i][1] = disks[1]->open(disks[1], WASI_MEMORY_ROOT, ".", flags, 0);
    }
    RUN(random_calls);
    for (unsigned i = 0; i < SLOTS; i++) close_slot(i);
    wasi_memory_free(memory);
    CHECK_EQ(room, 64 << 20);
    arena_free(arena);
    close(top);
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    if (system(command)) return 1;
    return test_end("wasi twins");
}
