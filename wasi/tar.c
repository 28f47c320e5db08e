/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Archives of tar: ustar, the long names of GNU tar, and the extended headers of pax.
 *
 *     header  512 bytes     name mode uid gid size mtime sum type link "ustar" ... prefix
 *     contents              of a file (and of `x`, `g`, `L`, `K`), filled up to 512
 *     ...
 *     512 zeroes            the end
 *
 * Nothing of an archive is taken on trust: names with `..` and absolute ones, entries below what is no folder,
 * hard links to nothing and sizes that the archive does not have are errors at the place of their header. A link
 * may lead wherever it likes; whoever follows it stays inside. Devices and pipes are there to be seen only. Of
 * two entries with one name the later counts.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "wasi/tree.h"

enum { BLOCK = 512, MOST_RECORDS = 1 << 20 };

/* Where in a header. */
enum {
    NAME = 0,
    NAME_LEN = 100,
    SIZE = 124,
    SIZE_LEN = 12,
    TIME = 136,
    TIME_LEN = 12,
    SUM = 148,
    SUM_LEN = 8,
    TYPE = 156,
    LINK = 157,
    LINK_LEN = 100,
    MAGIC = 257,
    PREFIX = 345,
    PREFIX_LEN = 155
};

/* What extended headers say about the entry that follows. */
typedef struct {
    size_t len;
    char text[PATH_MAX];
} Path;
typedef struct {
    bool has_path, has_link, has_size, has_time;
    Path path, link;
    uint64_t size;
    struct timespec time;
} Said;

typedef struct {
    WasiTree *tree;
    Diags *diags;
    uint64_t at;        /* of what follows */
    uint64_t header_at; /* of the entry that is being read */
    uint8_t header[BLOCK];
    Said always, next; /* `g`; `x`, `L` and `K` */
    char *text;        /* of an extended header; NULL: there was none */
    bool awaits;       /* an entry has to follow */
} Tar;

static Span place(const Tar *t, uint64_t at) { return span_at(&t->tree->source, at); }
static Span here(const Tar *t) { return place(t, t->header_at); }

/* ---- bytes ---- */

static uint64_t filled(uint64_t size) { return (size + BLOCK - 1) / BLOCK * BLOCK; }

static bool extends(const Tar *t) {
    char type = (char)t->header[TYPE];
    return type == 'x' || type == 'g' || type == 'L' || type == 'K';
}

/* Whether bytes follow the header. */
static bool has_contents(const Tar *t) {
    char type = (char)t->header[TYPE];
    return extends(t) || type == 0 || type == '0' || type == '7' || type == 'V';
}

/* Reads just so many. */
static bool read_bytes(Tar *t, void *bytes, size_t n, const char *what) {
    size_t got = 0;
    while (got < n) {
        ssize_t more = wasi_tree_bytes(t->tree, (char *)bytes + got, n - got, t->at + got);
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) diag(t->diags, TAR_READ, place(t, t->at + got), strerror(errno));
        if (more == 0) diag(t->diags, TAR_ENDS, place(t, t->at + got), what);
        if (more <= 0) return false;
        got += (size_t)more;
    }
    t->at += n;
    return true;
}

static Str field(const Tar *t, size_t at, size_t most) {
    const char *text = (const char *)t->header + at;
    return (Str){text, strnlen(text, most)};
}

/* The bytes of a number with a sign, but for the first bit. False: it does not fit. */
static bool read_binary(const uint8_t *bytes, size_t len, int64_t *value) {
    const uint64_t sign = bytes[0] & 0x40 ? UINT64_MAX : 0;
    uint64_t n = sign << 6 | (bytes[0] & 0x3f);
    bool good = true;
    for (size_t i = 1; i < len; i++) {
        good &= n >> 55 == sign >> 55;
        n = n << 8 | bytes[i];
    }
    *value = (int64_t)n;
    return good;
}

/* Octal digits between spaces. */
static bool read_octal(const uint8_t *digits, size_t len, int64_t *value) {
    size_t i = 0;
    uint64_t n = 0;
    bool good = true;
    while (i < len && digits[i] == ' ') i++;
    for (; i < len && digits[i] >= '0' && digits[i] <= '7'; i++) {
        good &= n >> 60 == 0;
        n = n << 3 | (uint64_t)(digits[i] - '0');
    }
    for (; i < len; i++) good &= digits[i] == ' ' || digits[i] == 0;
    *value = (int64_t)n;
    return good;
}

/* The first bit tells how it is written. */
static bool number(Tar *t, size_t at, size_t len, int64_t least, const char *what, int64_t *value) {
    const uint8_t *bytes = t->header + at;
    bool good = bytes[0] & 0x80 ? read_binary(bytes, len, value) : read_octal(bytes, len, value);
    good &= *value >= least;
    if (!good) diag(t->diags, TAR_NUMBER, place(t, t->header_at + at), what);
    return good;
}

/* Of all bytes, where those of the sum itself count as spaces; some have added them with signs. */
static bool sum_holds(const Tar *t) {
    int64_t sum = 0, signed_sum = 0;
    uint64_t said = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        uint8_t byte = i >= SUM && i < SUM + SUM_LEN ? ' ' : t->header[i];
        sum += byte;
        signed_sum += (int8_t)byte;
    }
    for (size_t i = SUM; i < SUM + SUM_LEN; i++) {
        uint8_t c = t->header[i];
        if (c >= '0' && c <= '7') said = said << 3 | (uint64_t)(c - '0');
        else if (c != ' ' && c != 0) return false;
    }
    return (int64_t)said == sum || (int64_t)said == signed_sum;
}

static bool is_end(const Tar *t) {
    for (size_t i = 0; i < BLOCK; i++)
        if (t->header[i]) return false;
    return true;
}

/* ---- extended headers ---- */

static bool starts(const Tar *t, const char *bytes, size_t n) {
    return memcmp(t->header, bytes, n) == 0;
}

/* What is no archive may be one that is packed. */
static bool refuse_packed(Tar *t) {
    static const struct {
        const char *magic;
        size_t len;
        const char *name, *remedy;
    } packers[] = {{"\x1f\x8b", 2, "gzip once more", "gunzip FILE"},
                   {"BZh", 3, "bzip2", "bunzip2 FILE"},
                   {"\xfd"
                    "7zXZ",
                    5, "xz", "unxz FILE"},
                   {"\x28\xb5\x2f\xfd", 4, "zstd", "unzstd FILE"},
                   {"PK\3\4", 4, "zip", "unzip FILE -d FOLDER"}};
    wasi_tree_bytes(t->tree, t->header, BLOCK, 0);
    for (size_t i = 0; i < sizeof packers / sizeof *packers; i++) {
        if (!starts(t, packers[i].magic, packers[i].len)) continue;
        diag(t->diags, TAR_PACKED, here(t), packers[i].name);
        diag_note(t->diags, TAR_UNPACK, span_none(), packers[i].remedy);
        return true;
    }
    return false;
}

static bool refuse(Tar *t) {
    if (t->header_at == 0) diag(t->diags, TAR_NONE, here(t));
    else diag(t->diags, TAR_SUM, here(t));
    return false;
}

/* Seconds, with or without a fraction, or a sign; others are no time. */
static bool read_time(Str text, struct timespec *time) {
    bool minus = text.len && text.ptr[0] == '-';
    size_t i = minus;
    int64_t seconds = 0;
    for (; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++) {
        if (seconds > INT64_MAX / 10 - 10) return false;
        seconds = seconds * 10 + (text.ptr[i] - '0');
    }
    if (i == (size_t)minus) return false;
    *time = (struct timespec){.tv_sec = minus ? -seconds : seconds};
    if (minus || i == text.len) return true;
    if (text.ptr[i++] != '.') return false;
    for (long unit = 100000000; i < text.len && unit; i++, unit /= 10) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
        time->tv_nsec += (text.ptr[i] - '0') * unit;
    }
    return true;
}

static bool read_decimal(Str text, uint64_t *value) {
    *value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || *value > UINT64_MAX / 10 - 1) return false;
        *value = *value * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return text.len != 0;
}

static bool bad_name(Tar *t, Str name, const char *why) {
    diag(t->diags, TAR_NAME, here(t), STR_ARG(str_from_to(name, 0, 200)), why);
    return false;
}

static bool keep_path(Tar *t, Path *path, Str value, bool *has) {
    if (value.len >= sizeof path->text) return bad_name(t, value, "is too long");
    if (value.len) memcpy(path->text, value.ptr, value.len);
    path->len = value.len;
    *has = value.len;
    return true;
}

/* One record; false after a diagnostic. Keys that say nothing about names and contents are passed over. An
 * empty value takes back what an earlier one has said. */
static bool take_record(Tar *t, Said *said, Str key, Str value, uint64_t at) {
    bool good = true;
    if (str_is(key, "path")) return keep_path(t, &said->path, value, &said->has_path);
    if (str_is(key, "linkpath")) return keep_path(t, &said->link, value, &said->has_link);
    if (str_is(key, "size")) {
        said->has_size = value.len;
        good = !value.len || read_decimal(value, &said->size);
    } else if (str_is(key, "mtime")) {
        said->has_time = value.len;
        good = !value.len || read_time(value, &said->time);
    }
    if (str_starts(key, STR("GNU.sparse."))) {
        diag(t->diags, TAR_SPARSE, place(t, at));
        return false;
    }
    if (!good) diag(t->diags, TAR_RECORD, place(t, at));
    return good;
}

/* LENGTH KEY=VALUE LF, where the length is that of it all. */
static bool take_records(Tar *t, Said *said, Str text, uint64_t at) {
    while (text.len) {
        size_t space = str_find(text, ' ', 0);
        uint64_t len = 0;
        bool good = space != SIZE_MAX && read_decimal(str_from_to(text, 0, space), &len) &&
                    len > space + 1 && len <= text.len && text.ptr[len - 1] == '\n';
        Str record = good ? str_from_to(text, space + 1, (size_t)len - 1) : (Str){0};
        size_t equals = str_find(record, '=', 0);
        if (!good || equals == SIZE_MAX) {
            diag(t->diags, TAR_RECORD, place(t, at));
            return false;
        }
        Str key = str_from_to(record, 0, equals), value = str_after(record, equals + 1);
        if (!take_record(t, said, key, value, at)) return false;
        text = str_after(text, (size_t)len);
        at += len;
    }
    return true;
}

/* ---- names ---- */

static bool check_name(Tar *t, Str name) {
    if (name.len && name.ptr[0] == '/') return bad_name(t, name, "is absolute");
    if (name.len >= PATH_MAX) return bad_name(t, name, "is too long");
    if (memchr(name.ptr, 0, name.len)) return bad_name(t, name, "has a zero in it");
    return true;
}

/* The next step of a name that leads on: not "" and "."; empty at the end. False after a diagnostic. */
static bool take_step(Tar *t, Str name, Str *rest, Str *step) {
    do {
        size_t slash = str_find(*rest, '/', 0);
        *step = str_from_to(*rest, 0, slash);
        *rest = slash == SIZE_MAX ? (Str){0} : str_after(*rest, slash + 1);
        if (str_is(*step, "..")) return bad_name(t, name, "has `..` in it");
        if (step->len > NAME_MAX) return bad_name(t, name, "is too long");
    } while (rest->len && (!step->len || str_is(*step, ".")));
    if (str_is(*step, ".")) *step = (Str){0};
    return true;
}

/* The node of a name. Where it, or what is on the way, is missing, it is made, of this type; with type 0,
 * NULL. Also NULL after a diagnostic. */
static WasiTreeNode *node_of(Tar *t, Str name, mode_t type) {
    if (!check_name(t, name)) return NULL;
    WasiTreeNode *node = &t->tree->root;
    Str rest = name, step = {0};
    while (rest.len) {
        if (!take_step(t, name, &rest, &step)) return NULL;
        if (!step.len) break;
        if (!S_ISDIR(node->type)) {
            diag(t->diags, TAR_BELOW, here(t), STR_ARG(str_from_to(name, 0, 200)),
                 STR_ARG(node->name));
            return NULL;
        }
        WasiTreeNode *found = wasi_tree_find(t->tree, node, step);
        if (!found && !type) return NULL;
        if (!found) found = wasi_tree_add(t->tree, node, step, type);
        if (!found) {
            diag(t->diags, VFS_MANY, here(t), STR_ARG(t->tree->source.path), WASI_TREE_NODES);
            return NULL;
        }
        node = found;
    }
    return node;
}

/* ---- entries ---- */

typedef struct {
    Str name, target;
    uint64_t size;
    struct timespec time;
    mode_t type; /* 0: a hard link */
} Entry;

static bool make_hard_link(Tar *t, WasiTreeNode *node, const Entry *e) {
    size_t errors = t->diags->errors;
    WasiTreeNode *file = node_of(t, e->target, 0);
    if (t->diags->errors > errors) return false;
    const char *why = !file || file == node ? "which is not in the archive before it"
                      : S_ISDIR(file->type) ? "which is a folder"
                                            : NULL;
    if (why)
        diag(t->diags, TAR_LINK, here(t), STR_ARG(str_from_to(e->name, 0, 200)),
             STR_ARG(str_from_to(e->target, 0, 200)), why);
    else wasi_tree_join(t->tree, node, file);
    return !why;
}

static bool add_entry(Tar *t, const Entry *e) {
    WasiTreeNode *node = node_of(t, e->name, S_IFDIR);
    if (!node) return false;
    if (node == &t->tree->root && !S_ISDIR(e->type)) return bad_name(t, e->name, "is empty");
    if (node->first && !S_ISDIR(e->type)) {
        diag(t->diags, TAR_FULL, here(t), STR_ARG(str_from_to(e->name, 0, 200)));
        return false;
    }
    wasi_tree_part(t->tree, node);
    if (!e->type) return make_hard_link(t, node, e);
    node->type = e->type;
    node->time = e->time;
    if (S_ISLNK(e->type)) node->target = str_copy(t->tree->arena, e->target);
    node->size = S_ISREG(e->type) ? e->size : node->target.len;
    node->offset = t->at;
    return true;
}

static bool type_of(Tar *t, Str name, mode_t *type) {
    char c = (char)t->header[TYPE];
    switch (c) {
    case 0:
    case '0':
    case '7': *type = str_ends(name, STR("/")) ? S_IFDIR : S_IFREG; return true;
    case '1': *type = 0; return true;
    case '2': *type = S_IFLNK; return true;
    case '3': *type = S_IFCHR; return true;
    case '4': *type = S_IFBLK; return true;
    case '5': *type = S_IFDIR; return true;
    case '6': *type = S_IFIFO; return true;
    case 'S': diag(t->diags, TAR_SPARSE, here(t)); return false;
    default: diag(t->diags, TAR_TYPE, here(t), 1, &c); return false;
    }
}

/* The prefix, a slash and the name. */
static Str full_name(const Tar *t, char text[PREFIX_LEN + 1 + NAME_LEN]) {
    Str name = field(t, NAME, NAME_LEN), prefix = {0};
    if (memcmp(t->header + MAGIC, "ustar", 6) == 0) prefix = field(t, PREFIX, PREFIX_LEN);
    if (!prefix.len) return name;
    memcpy(text, prefix.ptr, prefix.len);
    text[prefix.len] = '/';
    memcpy(text + prefix.len + 1, name.ptr, name.len);
    return (Str){text, prefix.len + 1 + name.len};
}

static Str said_path(bool by_next, const Path *next, bool by_always, const Path *always,
                     Str plain) {
    const Path *said = by_next ? next : by_always ? always : NULL;
    return said ? (Str){said->text, said->len} : plain;
}

static bool check_target(Tar *t, const Entry *link) {
    Str target = link->target;
    const char *why = !target.len                         ? "leads nowhere"
                      : target.len >= PATH_MAX            ? "leads to one that is too long"
                      : memchr(target.ptr, 0, target.len) ? "leads to one that has a zero in it"
                                                          : NULL;
    return !why || bad_name(t, link->name, why);
}

/* The entry of the header: extended headers say more than it. */
static bool read_entry(Tar *t, uint64_t size) {
    const Said *always = &t->always, *next = &t->next;
    int64_t seconds;
    if (!number(t, TIME, TIME_LEN, INT64_MIN, "time", &seconds)) return false;
    char text[PREFIX_LEN + 1 + NAME_LEN];
    Entry e = {.name = said_path(next->has_path, &next->path, always->has_path, &always->path,
                                 full_name(t, text)),
               .target = said_path(next->has_link, &next->link, always->has_link, &always->link,
                                   field(t, LINK, LINK_LEN)),
               .size = size,
               .time = next->has_time     ? next->time
                       : always->has_time ? always->time
                                          : (struct timespec){.tv_sec = (time_t)seconds}};
    if (!type_of(t, e.name, &e.type)) return false;
    if (S_ISLNK(e.type) && !check_target(t, &e)) return false;
    if (!add_entry(t, &e)) return false;
    if (has_contents(t)) t->at += filled(size);
    t->next.has_path = t->next.has_link = t->next.has_size = t->next.has_time = false;
    t->awaits = false;
    return true;
}

/* `x`, `g`: records; `L`, `K`: the name and the link of the entry that follows. */
static bool read_extension(Tar *t, uint64_t size) {
    if (size > MOST_RECORDS) {
        diag(t->diags, TAR_LONG, here(t), size, MOST_RECORDS);
        return false;
    }
    char type = (char)t->header[TYPE];
    uint64_t at = t->at;
    if (!t->text) t->text = arena_alloc(t->tree->arena, MOST_RECORDS);
    if (!read_bytes(t, t->text, (size_t)size, "in an extended header")) return false;
    t->at = at + filled(size);
    Str whole = {t->text, (size_t)size}, name = {t->text, strnlen(t->text, (size_t)size)};
    t->awaits |= type != 'g';
    switch (type) {
    case 'L': return keep_path(t, &t->next.path, name, &t->next.has_path);
    case 'K': return keep_path(t, &t->next.link, name, &t->next.has_link);
    case 'g': return take_records(t, &t->always, whole, at);
    default: return take_records(t, &t->next, whole, at);
    }
}

static bool read_one(Tar *t) {
    int64_t said;
    if (!sum_holds(t)) return refuse(t);
    if (!number(t, SIZE, SIZE_LEN, 0, "size", &said)) return false;
    uint64_t size = (uint64_t)said;
    if (!extends(t) && t->next.has_size) size = t->next.size;
    else if (!extends(t) && t->always.has_size) size = t->always.size;
    uint64_t left = t->tree->size - t->at;
    if (has_contents(t) && size > left) {
        diag(t->diags, TAR_SIZE, here(t), size, left);
        return false;
    }
    if (extends(t)) return read_extension(t, size);
    if (t->header[TYPE] != 'V') return read_entry(t, size);
    t->at += filled(size); /* a label */
    return true;
}

bool wasi_tar_read(WasiTree *tree, Diags *diags) {
    Tar t = {.tree = tree, .diags = diags}; /* of some 20 KB */
    if (refuse_packed(&t)) return false;
    for (;;) {
        t.header_at = t.at;
        if (t.at > tree->size) t.at = tree->size; /* what fills up a file is missing */
        bool is_bare = t.at == tree->size;
        if (!read_bytes(&t, t.header, BLOCK,
                        is_bare ? "without the mark of its end" : "in a header"))
            return false;
        if (is_end(&t)) break;
        if (!read_one(&t)) return false;
    }
    if (t.awaits) diag(diags, TAR_ALONE, here(&t));
    return !t.awaits;
}
