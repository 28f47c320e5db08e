/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Files as a whole: read into an arena, written by way of a temporary file. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_FILE = 0x7fffffff, CHUNK = 1 << 16 };
static const char special[] = "it is a pipe, a socket or a device, and no file";

const Source *source_of(Arena *arena, Str path, Str text) {
    Source *source = ARENA_NEW(arena, Source);
    *source = (Source){.path = path, .text = text, .binary = str_starts(text, STR("\0asm"))};
    return source;
}

/* Reads to the end, or as much as a regular file was said to have. Returns errno, or EFBIG where there
 * is too much. */
static int read_all(Arena *arena, int fd, size_t size, Str *text) {
    size_t cap = size ? size : CHUNK, len = 0;
    char *bytes = arena_alloc_filled(arena, cap);
    for (;;) {
        ssize_t n = read(fd, bytes + len, cap - len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) break;
        len += (size_t)n;
        if (len > LARGEST_FILE) return EFBIG;
        if (len == size) break;
        if (len == cap) {
            bytes = arena_realloc(arena, bytes, cap, cap * 2);
            cap *= 2;
        }
    }
    *text = (Str){bytes, len};
    return 0;
}

static _Thread_local bool only_regular;

void file_read_regular(void) { only_regular = true; }

const Source *file_read(Arena *arena, Str path, Diags *diags) {
    bool standard = str_is(path, "-");
    int flags = O_RDONLY | O_CLOEXEC | (only_regular ? O_NONBLOCK | O_NOCTTY : 0);
    int fd = standard ? STDIN_FILENO : open(str_c(arena, path), flags);
    struct stat st;
    Str text = {0};
    int error = fd < 0 || fstat(fd, &st) < 0 ? errno : 0;
    if (!error && S_ISDIR(st.st_mode)) {
        error = EISDIR;
    } else if (!error && only_regular && !S_ISREG(st.st_mode)) {
        error = ENODEV;
    } else if (!error) {
        bool regular = S_ISREG(st.st_mode);
        error = regular && st.st_size > LARGEST_FILE
                    ? EFBIG
                    : read_all(arena, fd, regular ? (size_t)st.st_size : 0, &text);
    }
    if (fd >= 0 && !standard) close(fd);
    if (!error) return source_of(arena, standard ? STR("<stdin>") : str_copy(arena, path), text);
    if (error == EISDIR) diag(diags, FILE_DIRECTORY, span_none(), STR_ARG(path));
    else if (error == EFBIG) diag(diags, FILE_LARGE, span_none(), STR_ARG(path));
    else if (error == ENODEV) diag(diags, FILE_READ, span_none(), STR_ARG(path), special);
    else diag(diags, FILE_READ, span_none(), STR_ARG(path), strerror(error));
    return NULL;
}

static bool write_all(int fd, Str bytes) {
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes = str_after(bytes, (size_t)n);
    }
    return true;
}

/* The file has the mode and, where that can be had, the owner of the old one (mode 0: there is none). */
static bool adopt(int fd, const struct stat *old) {
    if (!old->st_mode) {
        mode_t mask = umask(0);
        umask(mask);
        return fchmod(fd, 0666 & ~mask) == 0;
    }
    bool owned = fchown(fd, old->st_uid, old->st_gid) == 0;
    return fchmod(fd, old->st_mode & (owned ? 07777 : 0777)) == 0;
}

/* ---- writing ---- */

struct FileOut {
    Diags *diags;
    Str path;
    int fd;                /* -1: it could not be opened */
    char *temporary;       /* NULL: standard output, a device or a pipe, written to directly */
    const char *target;    /* what the temporary file becomes */
    struct stat old;       /* of the file that stood there; mode 0: none */
    sigset_t ending, mask; /* signals that end the program; what was blocked before */
    int error;             /* the first one */
};

/* Signals that end the program wait while there is a temporary file, so that it never stays. */
static void open_temporary(Arena *arena, FileOut *out) {
    char *target = realpath(str_c(arena, out->path), NULL); /* a link stays one */
    Str name = target ? str_copy(arena, str_from(target)) : out->path;
    free(target);
    out->target = str_c(arena, name);
    out->temporary = (char *)str_fmt(arena, "%s.XXXXXX", out->target).ptr;
    sigemptyset(&out->ending);
    sigaddset(&out->ending, SIGINT), sigaddset(&out->ending, SIGTERM);
    sigaddset(&out->ending, SIGHUP);
    sigprocmask(SIG_BLOCK, &out->ending, &out->mask);
    out->fd = mkstemp(out->temporary);
    if (out->fd >= 0) return;
    out->error = errno;
    sigprocmask(SIG_SETMASK, &out->mask, NULL);
}

static void end_temporary(FileOut *out, bool keep) {
    if (!keep || rename(out->temporary, out->target) != 0) {
        if (keep) out->error = errno;
        unlink(out->temporary);
    }
    sigprocmask(SIG_SETMASK, &out->mask, NULL);
}

FileOut *file_out_open(Arena *arena, Str path, Diags *diags) {
    FileOut *out = ARENA_NEW(arena, FileOut);
    *out = (FileOut){.diags = diags, .path = path, .fd = -1};
    const char *name = str_c(arena, path);
    bool standard = str_is(path, "-"), exists = !standard && stat(name, &out->old) == 0;
    if (standard) out->fd = STDOUT_FILENO;
    else if (exists && !S_ISREG(out->old.st_mode)) out->fd = open(name, O_WRONLY | O_CLOEXEC);
    else if (!exists || access(name, W_OK) == 0) open_temporary(arena, out);
    if (out->fd < 0 && !out->error) out->error = errno;
    if (out->error) diag(diags, FILE_WRITE, span_none(), STR_ARG(path), strerror(out->error));
    return out;
}

bool file_out_write(FileOut *out, Str bytes) {
    if (out->error) return false;
    if (!write_all(out->fd, bytes)) {
        out->error = errno;
        diag(out->diags, FILE_WRITE, span_none(), STR_ARG(out->path), strerror(out->error));
    }
    sigset_t pending;
    if (out->temporary && sigpending(&pending) == 0 &&
        (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) ||
         sigismember(&pending, SIGHUP))) {
        out->error = EINTR;
        end_temporary(out, false); /* and here the program ends, if the signal is not ignored */
        close(out->fd);
        out->fd = -1;
    }
    return !out->error;
}

bool file_out_close(FileOut *out, bool keep) {
    if (out->fd < 0) return false;
    int before = out->error;
    bool standard = out->fd == STDOUT_FILENO;
    if (!before && keep && out->temporary && !adopt(out->fd, &out->old)) out->error = errno;
    if (!standard && close(out->fd) != 0 && !out->error) out->error = errno;
    if (out->temporary) end_temporary(out, keep && !out->error);
    out->fd = -1;
    if (out->error && !before)
        diag(out->diags, FILE_WRITE, span_none(), STR_ARG(out->path), strerror(out->error));
    return keep && !out->error;
}

bool file_write(Arena *arena, Str path, Str bytes, Diags *diags) {
    return file_write_pieces(arena, path, &(StrVec){.at = &bytes, .len = 1}, diags);
}

bool file_write_pieces(Arena *arena, Str path, const StrVec *pieces, Diags *diags) {
    FileOut *out = file_out_open(arena, path, diags);
    for (size_t i = 0; i < pieces->len; i++) file_out_write(out, pieces->at[i]);
    return file_out_close(out, true);
}

bool file_exists(Arena *arena, Str path) { return access(str_c(arena, path), F_OK) == 0; }

bool file_is_directory(Arena *arena, Str path) {
    struct stat st;
    return stat(str_c(arena, path), &st) == 0 && S_ISDIR(st.st_mode);
}

static int by_bytes(const void *a, const void *b) {
    return str_cmp(((const DirectoryEntry *)a)->name, ((const DirectoryEntry *)b)->name);
}

/* The system tells most kinds with the name. */
static int kind_of(DIR *dir, const struct dirent *entry) {
    struct stat st = {.st_mode = DTTOIF(entry->d_type)};
    if ((entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) &&
        fstatat(dirfd(dir), entry->d_name, &st, 0) != 0)
        return ENTRY_NOWHERE;
    if (S_ISDIR(st.st_mode)) return ENTRY_DIRECTORY;
    return S_ISREG(st.st_mode) ? ENTRY_FILE : ENTRY_SPECIAL;
}

bool directory_read(Arena *arena, Str path, DirectoryEntries *entries, Diags *diags) {
    DIR *dir = opendir(str_c(arena, path));
    if (!dir) {
        diag(diags, FILE_READ, span_none(), STR_ARG(path), strerror(errno));
        return false;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        Str name = str_from(entry->d_name);
        if (str_is(name, ".") || str_is(name, "..")) continue;
        *vec_push(arena, entries) =
            (DirectoryEntry){.name = str_copy(arena, name), .kind = kind_of(dir, entry)};
    }
    closedir(dir);
    if (entries->len) qsort(entries->at, entries->len, sizeof *entries->at, by_bytes);
    return true;
}

bool directory_list(Arena *arena, Str path, StrVec *names, Diags *diags) {
    DirectoryEntries entries = {0};
    if (!directory_read(arena, path, &entries, diags)) return false;
    for (size_t i = 0; i < entries.len; i++) *vec_push(arena, names) = entries.at[i].name;
    return true;
}

Str path_join(Arena *arena, Str directory, Str name) {
    if (directory.len == 0 || str_starts(name, STR("/"))) return name;
    const char *slash = directory.ptr[directory.len - 1] == '/' ? "" : "/";
    return str_fmt(arena, "%.*s%s%.*s", STR_ARG(directory), slash, STR_ARG(name));
}

Str path_file(Str path) {
    size_t slash = str_rfind(path, '/');
    return slash == SIZE_MAX ? path : str_after(path, slash + 1);
}

Str path_directory(Str path) {
    size_t slash = str_rfind(path, '/');
    if (slash == SIZE_MAX) return STR(".");
    return slash == 0 ? STR("/") : str_from_to(path, 0, slash);
}

bool file_replaces(Str path, Str other) {
    Arena *arena = arena_new();
    char *a = realpath(str_c(arena, path), NULL), *b = realpath(str_c(arena, other), NULL);
    bool same = a && b ? strcmp(a, b) == 0 : str_eq(path, other);
    free(a), free(b);
    arena_free(arena);
    return same && !str_is(path, "-");
}
