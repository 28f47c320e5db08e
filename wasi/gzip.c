/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Archives that are packed by gzip, unpacked into memory by zlib, which is loaded for the first one: its
 * headers are needed to build this, and the library itself only to run it.
 *
 *     member   1f 8b, a header (name, comment ..), deflated bytes, their CRC-32 and length
 *     archive  member+ zeroes?          which make one archive together
 *
 * The memory grows with what has been unpacked, and never with what a header says; where more comes than there
 * is room for, it ends. What is damaged is told with its place in the packed archive.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "wasi/tree.h"

enum { MAGIC_LEN = 2 };
static const char magic[] = "\x1f\x8b";

bool wasi_gzip_is(const WasiTree *tree) {
    char start[MAGIC_LEN] = "";
    return wasi_tree_bytes(tree, start, MAGIC_LEN, 0) == MAGIC_LEN &&
           memcmp(start, magic, MAGIC_LEN) == 0;
}

#ifdef WASI_ZLIB

#include <dlfcn.h>
#include <zlib.h>

#define ZLIB_FUNCTIONS(X)                                                                          \
    X(inflateInit2_)                                                                               \
    X(inflate)                                                                                     \
    X(inflateReset)                                                                                \
    X(inflateEnd)

static struct {
#define X(name) __typeof__(&name) name;
    ZLIB_FUNCTIONS(X)
#undef X
} zlib;

static bool load_library(void) {
    void *library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) return false;
#define X(symbol)                                                                                  \
    *(void **)&zlib.symbol = dlsym(library, #symbol);                                              \
    if (!zlib.symbol) return false;
    ZLIB_FUNCTIONS(X)
#undef X
    return true;
}

enum { PIECE = 64 << 10, ONLY_GZIP = 16 + MAX_WBITS };

typedef struct {
    const WasiTree *tree;
    Diags *diags;
    uint64_t room; /* how many bytes there may be */
    z_stream z;
    uint64_t at; /* where what has not been read begins */
    uint8_t *bytes;
    size_t len, cap;
    bool failed;
    uint8_t piece[PIECE];
} Unpacking;

/* At what zlib takes next. */
static Span here(const Unpacking *u) {
    return span_at(&u->tree->source, (size_t)(u->at - u->z.avail_in));
}

/* False, after a diagnostic. */
#define FAIL(u, code, ...)                                                                         \
    (diag((u)->diags, code, here(u), ##__VA_ARGS__), (u)->failed = true, false)

/* Reads on where nothing is left. False at the end, and after a diagnostic. */
static bool fill(Unpacking *u) {
    if (u->z.avail_in) return true;
    ssize_t n;
    do n = wasi_tree_bytes(u->tree, u->piece, PIECE, u->at);
    while (n < 0 && errno == EINTR);
    if (n < 0) return FAIL(u, TAR_READ, strerror(errno));
    u->z.next_in = u->piece;
    u->z.avail_in = (uInt)n;
    u->at += (uint64_t)n;
    return n != 0;
}

/* Up to one byte more than there may be: by that one, too many are seen. */
static bool grow(Unpacking *u) {
    if (u->len < u->cap) return true;
    size_t cap = u->cap ? u->cap * 2 : PIECE;
    if (cap > u->room) cap = (size_t)u->room + 1;
    uint8_t *more = realloc(u->bytes, cap);
    if (!more) return FAIL(u, TAR_READ, strerror(ENOMEM));
    u->bytes = more;
    u->cap = cap;
    return true;
}

static bool unpack_member(Unpacking *u) {
    int status = Z_OK;
    while (status != Z_STREAM_END) {
        if (!fill(u)) return u->failed ? false : FAIL(u, GZIP_ENDS);
        if (!grow(u)) return false;
        size_t some = u->cap - u->len < PIECE ? u->cap - u->len : PIECE;
        u->z.next_out = u->bytes + u->len;
        u->z.avail_out = (uInt)some;
        status = zlib.inflate(&u->z, Z_NO_FLUSH);
        u->len += some - u->z.avail_out;
        if (status == Z_MEM_ERROR) return FAIL(u, TAR_READ, strerror(ENOMEM));
        if (status < 0 && status != Z_BUF_ERROR)
            return FAIL(u, GZIP_DAMAGED, u->z.msg ? u->z.msg : "it makes no sense");
        if (u->len <= u->room) continue;
        diag(u->diags, GZIP_LARGE, here(u), u->room);
        diag_note(u->diags, CLI_LIMIT_OPTION, span_none(), "--max-vfs");
        return false;
    }
    return true;
}

/* Whether something follows that is no zero; these fill up the blocks of a tape. */
static bool skip_zeroes(Unpacking *u) {
    while (fill(u)) {
        if (*u->z.next_in) return true;
        u->z.next_in++;
        u->z.avail_in--;
    }
    return false;
}

static bool unpack_members(Unpacking *u) {
    do {
        if (!unpack_member(u)) return false;
        zlib.inflateReset(&u->z);
        if (!skip_zeroes(u)) return !u->failed;
    } while (*u->z.next_in == (uint8_t)magic[0]);
    return FAIL(u, GZIP_AFTER);
}

static bool unpack(WasiTree *tree, uint64_t *room, Diags *diags) {
    Unpacking *u = calloc(1, sizeof *u);
    if (!u || zlib.inflateInit2_(&u->z, ONLY_GZIP, ZLIB_VERSION, sizeof u->z) != Z_OK) {
        diag(diags, TAR_READ, span_at(&tree->source, 0), strerror(ENOMEM));
        free(u);
        return false;
    }
    u->tree = tree;
    u->diags = diags;
    u->room = *room < UINT32_MAX ? *room : UINT32_MAX; /* as of those that are not packed */
    bool good = unpack_members(u);
    if (good) {
        wasi_tree_unpacked(tree, u->bytes, u->len);
        *room -= u->len;
    } else free(u->bytes);
    zlib.inflateEnd(&u->z);
    free(u);
    return good;
}

bool wasi_gzip_unpack(WasiTree *tree, uint64_t *room, Diags *diags) {
    if (load_library()) return unpack(tree, room, diags);
    diag(diags, GZIP_NONE, span_at(&tree->source, 0), "libz.so.1 is not on this machine");
    diag_note(diags, TAR_UNPACK, span_none(), "gunzip FILE");
    return false;
}

#else

bool wasi_gzip_unpack(WasiTree *tree, uint64_t *room, Diags *diags) {
    (void)room;
    diag(diags, GZIP_NONE, span_at(&tree->source, 0), "it was not there when this was built");
    diag_note(diags, TAR_UNPACK, span_none(), "gunzip FILE");
    return false;
}

#endif
