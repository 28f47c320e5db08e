/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:filesystem: what lies below the folders that were granted.
 *
 * A descriptor is an open file or folder. Whether anything may be changed through it is decided by
 * the grant that it came from (`may_change`); a folder that is opened below one that may be changed
 * may be changed, and says so in its flags. Paths are resolved by path.c, and no call of the disk that
 * the grant lies on (system.h) is given more than one name.
 *
 * Failures are errno numbers until the guest is told: error-code has a case for each of POSIX that
 * these calls can meet, in the order of their names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "wasi/internal.h"

/* flags and enums of types.wit, in its order */
enum { READ = 1, WRITE = 2, FILE_SYNC = 4, DATA_SYNC = 8, READ_SYNC = 16, MUTATE = 32 };
enum { CREATE = 1, DIRECTORY = 2, EXCLUSIVE = 4, TRUNCATE = 8 };
enum { SYMLINK_FOLLOW = 1 };
enum { UNKNOWN, BLOCK_DEVICE, CHARACTER_DEVICE, FOLDER, FIFO, SYMBOLIC_LINK, REGULAR_FILE, SOCKET };

typedef struct {
    WasiObject object;
    int fd;
    bool is_own;    /* of fd; a granted folder's belongs to the grant */
    bool is_folder; /* otherwise a regular file */
    bool may_change;
    uint8_t flags;
    WasiQuota *quota;      /* of the grant, */
    const WasiFiles *disk; /* and where it lies */
} WasiDescriptor;

typedef struct {
    WasiObject object;
    void *entries;      /* of its disk */
    WasiSorted *sorted; /* where they are told by name; NULL: as they come */
} WasiEntries;

/* ---- errors ---- */

static const int error_codes[37] = {
    EACCES,  EAGAIN,    EALREADY,        EBADF,   EBUSY,  EDEADLK, EDQUOT,    EEXIST,
    EFBIG,   EILSEQ,    EINPROGRESS,     EINTR,   EINVAL, EIO,     EISDIR,    ELOOP,
    EMLINK,  EMSGSIZE,  ENAMETOOLONG,    ENODEV,  ENOENT, ENOLCK,  ENOMEM,    ENOSPC,
    ENOTDIR, ENOTEMPTY, ENOTRECOVERABLE, ENOTSUP, ENOTTY, ENXIO,   EOVERFLOW, EPERM,
    EPIPE,   EROFS,     ESPIPE,          ETXTBSY, EXDEV,
};

static uint32_t error_code(int fault) {
    if (fault == ENOSYS) fault = ENOTSUP;
    if (fault == EMFILE || fault == ENFILE) fault = ENOMEM;
    uint32_t i = 0;
    while (i < WASI_COUNT(error_codes) && error_codes[i] != fault) i++;
    return i < WASI_COUNT(error_codes) ? i : error_code(EIO);
}

static VmStatus ended(AbiValue *result, int fault, Arena *scratch) {
    return fault ? wasi_err(result, error_code(fault), scratch) : wasi_ok(result);
}

/* An errno of a call that answers -1. */
static int fault_of(long answer) { return answer < 0 ? errno : 0; }

WASI_FN(filesystem_error_code) {
    const WasiError *error = wasi_get(thread, context, &args[0], WASI_ERROR);
    if (!error) return VM_TRAP;
    bool ours = error->medium == WASI_MEDIUM_FILE || error->medium == WASI_MEDIUM_PIPE;
    AbiValue *code = wasi_case(result, ours, ours, scratch);
    if (ours) code->bits = error_code(error->code);
    return VM_DONE;
}

/* ---- quotas ---- */

static int take_file(WasiQuota *quota) {
    if (quota->files == 0) return wasi_quota_denied(quota, true);
    if (quota->files != UINT64_MAX) quota->files--;
    return 0;
}

/* How a call has ended that was to make a file: where it failed, none was taken. */
static int made_file(WasiQuota *quota, long answer) {
    int fault = fault_of(answer);
    if (!fault) return 0;
    if (quota->files != UINT64_MAX) quota->files++;
    wasi_room_denied(quota, fault);
    return fault;
}

/* Where a file ends; 0 where nobody counts. */
static int find_end(const WasiQuota *quota, int fd, uint64_t *end) {
    struct stat st = {0};
    bool counts = quota->bytes != UINT64_MAX;
    if (counts && quota->disk->stat(quota->disk, fd, &st) < 0) return errno;
    *end = (uint64_t)st.st_size;
    return 0;
}

/* A file that ends at `end` is to end at `new_end`. */
static int take_growth(WasiQuota *quota, uint64_t end, uint64_t new_end) {
    if (quota->bytes == UINT64_MAX || new_end <= end) return 0;
    if (new_end - end > quota->bytes) return wasi_quota_denied(quota, false);
    quota->bytes -= new_end - end;
    return 0;
}

/* It ends sooner, or has not grown so far: that much may be written again. */
static void give_back(WasiQuota *quota, uint64_t end, uint64_t new_end) {
    if (quota->bytes == UINT64_MAX || new_end >= end) return;
    uint64_t taken = quota->granted_bytes - quota->bytes, less = end - new_end;
    quota->bytes += less < taken ? less : taken;
}

static int resize(WasiQuota *quota, int fd, uint64_t size) {
    uint64_t end;
    int fault = find_end(quota, fd, &end);
    if (!fault) fault = take_growth(quota, end, size);
    if (fault) return fault;
    fault = fault_of(quota->disk->set_size(quota->disk, fd, size));
    if (fault) give_back(quota, size, end);
    else give_back(quota, end, size);
    return fault;
}

ssize_t wasi_file_write(int fd, WasiQuota *quota, const void *bytes, size_t n, uint64_t offset) {
    bool appends = offset == WASI_APPEND;
    if (!appends && offset > (uint64_t)INT64_MAX - n) return errno = EFBIG, -1;
    const WasiFiles *disk = quota->disk;
    uint64_t end = 0;
    int fault = find_end(quota, fd, &end);
    uint64_t start = appends ? end : offset;
    if (!fault) fault = take_growth(quota, end, start + n);
    if (fault) return errno = fault, -1;
    ssize_t written = disk->write(disk, fd, bytes, n, offset);
    fault = fault_of(written);
    uint64_t reached = written > 0 ? start + (uint64_t)written : 0;
    give_back(quota, start + n, reached > end ? reached : end);
    if (fault) wasi_room_denied(quota, fault);
    return errno = fault, written;
}

/* ---- descriptors ---- */

static void free_descriptor(WasiObject *object) {
    WasiDescriptor *d = (WasiDescriptor *)object;
    if (!d->is_own) return;
    d->disk->close(d->disk, d->fd);
    --*d->quota->open;
}

static WasiDescriptor *get_descriptor(VmThread *thread, Wasi *wasi, const AbiValue *handle) {
    return wasi_get(thread, wasi, handle, WASI_DESCRIPTOR);
}

WASI_FN(get_directories) {
    Wasi *wasi = context;
    const WasiContext *c = wasi_context(wasi);
    if (!c->folder_count)
        wasi_denied(wasi, "to see its folders, and has none", "--dir HOST::GUEST");
    AbiValue *cells = ARENA_NEW_ARRAY(scratch, AbiValue, 2 * c->folder_count);
    result->list.items = cells;
    result->list.len = c->folder_count;
    for (size_t i = 0; i < c->folder_count; i++) {
        const WasiFolder *folder = &c->folders[i];
        WasiDescriptor *d =
            wasi_make(thread, wasi, WASI_DESCRIPTOR, sizeof *d, NULL, &cells[2 * i]);
        if (!d) return VM_TRAP;
        d->quota = wasi_quota(wasi, i);
        d->disk = d->quota->disk;
        d->fd = d->quota->root;
        d->is_folder = true;
        d->may_change = !folder->read_only;
        d->flags = folder->read_only ? READ : READ | MUTATE;
        wasi_string(&cells[2 * i + 1], folder->name);
    }
    return VM_DONE;
}

/* Where a method with a path acts; `changes` what is there, or its entry. */
static int at(Wasi *wasi, const WasiDescriptor *d, const AbiValue *path, WasiFollow follow,
              bool changes, WasiPlace *place) {
    *place = (WasiPlace){.folder = -1};
    if (!d->is_folder) return ENOTDIR;
    if (changes && !d->may_change) return wasi_change_denied(d->quota, wasi_str(path));
    int fault = wasi_place(d->disk, wasi_paths(wasi), d->fd, wasi_str(path), follow, place);
    return fault == EPERM ? wasi_path_denied(d->quota, wasi_str(path)) : fault;
}

static WasiFollow follow_of(const AbiValue *path_flags) {
    return path_flags->bits & SYMLINK_FOLLOW ? WASI_FOLLOW : WASI_NOFOLLOW;
}

static bool stat_place(const WasiPlace *place, struct stat *st) {
    return place->files->stat_at(place->files, place->folder, place->name, st) == 0;
}

static int stat_fd(const WasiDescriptor *d, struct stat *st) {
    return fault_of(d->disk->stat(d->disk, d->fd, st));
}

/* ENOTDIR where a slash stood behind what is there and is no folder. */
static int check_slash(const WasiPlace *place) {
    struct stat st;
    if (!place->slash) return 0;
    if (!stat_place(place, &st)) return errno;
    return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

/* ---- opening ---- */

static int open_mode(uint64_t open, uint64_t flags) {
    int mode = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    mode |= flags & WRITE ? (flags & READ ? O_RDWR : O_WRONLY) : O_RDONLY;
    if (open & CREATE) mode |= O_CREAT;
    if (open & DIRECTORY) mode |= O_DIRECTORY;
    if (open & EXCLUSIVE) mode |= O_EXCL;
    if (flags & FILE_SYNC) mode |= O_SYNC;
    if (flags & DATA_SYNC) mode |= O_DSYNC;
    if (flags & READ_SYNC) mode |= O_RSYNC;
    return mode;
}

/* Devices, pipes and sockets do things by being opened. */
static int check_kind(mode_t mode) {
    return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) ? 0 : EPERM;
}

/* Opens a place, or makes a file there. A link is not followed: that has been done. */
static int open_place(const WasiPlace *place, int mode, WasiQuota *quota, int *fd) {
    struct stat st;
    int fault = 0;
    bool makes = false;
    if (stat_place(place, &st)) {
        if (mode & O_EXCL) return EEXIST;
        bool is_other = mode & O_DIRECTORY && !S_ISDIR(st.st_mode) && !S_ISLNK(st.st_mode);
        fault = S_ISLNK(st.st_mode) ? ELOOP : is_other ? ENOTDIR : check_kind(st.st_mode);
        mode &= ~O_CREAT;
    } else if (mode & O_CREAT) {
        fault = place->slash ? EISDIR : take_file(quota);
        makes = true;
    }
    if (fault) return fault;
    *fd = place->files->open(place->files, place->folder, place->name, mode, 0666);
    return makes ? made_file(quota, *fd) : fault_of(*fd);
}

static int open_path(Wasi *wasi, const WasiDescriptor *base, const AbiValue *args, uint64_t open,
                     uint64_t flags, int *fd) {
    bool changes = flags & (WRITE | MUTATE) || open & (CREATE | TRUNCATE);
    if (open & DIRECTORY && open & (CREATE | EXCLUSIVE | TRUNCATE)) return EINVAL;
    WasiPlace place;
    WasiFollow follow = open & EXCLUSIVE ? WASI_ENTRY : follow_of(&args[1]);
    int fault = at(wasi, base, &args[2], follow, changes, &place);
    if (fault) return fault;
    int mode = open_mode(open, open & TRUNCATE ? flags | WRITE : flags);
    fault = open_place(&place, mode, base->quota, fd);
    wasi_place_close(&place);
    return fault;
}

/* What has been opened, and cut off as asked for; is it something that a descriptor can be? */
static int look_at(const WasiDescriptor *base, uint64_t open, int fd, bool *is_folder) {
    struct stat st;
    if (base->disk->stat(base->disk, fd, &st) < 0) return errno;
    *is_folder = S_ISDIR(st.st_mode);
    int fault = check_kind(st.st_mode);
    if (fault || !(open & TRUNCATE)) return fault;
    return resize(base->quota, fd, 0);
}

WASI_FN(open_at) {
    Wasi *wasi = context;
    WasiDescriptor *base = get_descriptor(thread, wasi, &args[0]);
    if (!base) return VM_TRAP;
    uint64_t open = args[3].bits, flags = args[4].bits;
    if (!(flags & (READ | WRITE))) flags |= READ;
    if (*base->quota->open >= base->quota->max_open) return ended(result, ENOMEM, scratch);
    int fd = -1;
    bool is_folder = false;
    int fault = open_path(wasi, base, args, open, flags, &fd);
    if (!fault) fault = look_at(base, open, fd, &is_folder);
    WasiDescriptor *d = NULL;
    AbiValue *handle = fault ? NULL : wasi_case(result, 0, 1, scratch);
    if (handle) d = wasi_make(thread, wasi, WASI_DESCRIPTOR, sizeof *d, NULL, handle);
    if (!d) {
        if (fd >= 0) base->disk->close(base->disk, fd);
        return handle ? VM_TRAP : ended(result, fault, scratch);
    }
    d->object.free = free_descriptor;
    d->fd = fd;
    d->is_own = true;
    d->is_folder = is_folder;
    d->may_change = base->may_change;
    d->quota = base->quota;
    d->disk = base->disk;
    d->flags = (uint8_t)(is_folder ? READ | (d->may_change ? MUTATE : 0) : flags & ~MUTATE);
    ++*d->quota->open;
    return VM_DONE;
}

/* ---- streams ---- */

static int check_file(const WasiDescriptor *d, uint8_t flag) {
    if (d->is_folder) return EISDIR;
    return d->flags & flag ? 0 : EBADF;
}

/* Of a stream: it is the right to have one that is missing, nothing is wrong with the descriptor. */
static int check_stream(const WasiDescriptor *d, uint8_t flag) {
    int fault = check_file(d, flag);
    return fault == EBADF ? EPERM : fault;
}

WASI_FN(read_via_stream) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    int fault = check_stream(d, READ);
    if (fault) return ended(result, fault, scratch);
    WasiInput *in =
        wasi_input(thread, context, d->fd, &d->object, wasi_case(result, 0, 1, scratch));
    if (!in) return VM_TRAP;
    in->medium = WASI_MEDIUM_FILE;
    in->files = d->disk;
    in->offset = args[1].bits;
    return VM_DONE;
}

static VmStatus write_stream(VmThread *thread, Wasi *wasi, const AbiValue *handle, uint64_t offset,
                             AbiValue *result, Arena *scratch) {
    WasiDescriptor *d = get_descriptor(thread, wasi, handle);
    if (!d) return VM_TRAP;
    int fault = check_stream(d, WRITE);
    if (fault) return ended(result, fault, scratch);
    WasiOutput *out =
        wasi_output(thread, wasi, d->fd, &d->object, wasi_case(result, 0, 1, scratch));
    if (!out) return VM_TRAP;
    out->medium = WASI_MEDIUM_FILE;
    out->quota = d->quota;
    out->offset = offset;
    return VM_DONE;
}

WASI_FN(write_via_stream) {
    uint64_t offset = args[1].bits == WASI_APPEND ? WASI_APPEND - 1 : args[1].bits;
    return write_stream(thread, context, &args[0], offset, result, scratch);
}
WASI_FN(append_via_stream) {
    return write_stream(thread, context, &args[0], WASI_APPEND, result, scratch);
}

/* ---- files ---- */

WASI_FN(read_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    int fault = check_file(d, READ);
    if (!fault && args[2].bits > INT64_MAX) fault = EINVAL;
    if (fault) return ended(result, fault, scratch);
    uint64_t limit = wasi_limits(context)->max_read;
    size_t most = args[1].bits < limit ? args[1].bits : limit;
    uint8_t *bytes = arena_alloc(scratch, most + 1);
    ssize_t n = d->disk->read(d->disk, d->fd, bytes, most, args[2].bits);
    if (n < 0) return ended(result, errno, scratch);
    AbiValue *cells = wasi_case(result, 0, 2, scratch);
    cells[0].list.items = bytes;
    cells[0].list.len = (size_t)n;
    cells[1].bits = n == 0 && most;
    return VM_DONE;
}

WASI_FN(write_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    int fault = check_file(d, WRITE);
    if (!fault && args[2].bits > INT64_MAX) fault = EINVAL;
    if (fault) return ended(result, fault, scratch);
    ssize_t n =
        wasi_file_write(d->fd, d->quota, args[1].list.items, args[1].list.len, args[2].bits);
    if (n < 0) return ended(result, errno, scratch);
    wasi_case(result, 0, 1, scratch)->bits = (uint64_t)n;
    return VM_DONE;
}

WASI_FN(set_size) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    int fault = check_file(d, WRITE);
    if (fault == EBADF) fault = EINVAL; /* as ftruncate has it on Linux */
    if (!fault && args[1].bits > INT64_MAX) fault = EFBIG;
    if (!fault) fault = resize(d->quota, d->fd, args[1].bits);
    return ended(result, fault, scratch);
}

WASI_FN(advise) {
    static const int advices[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                                  POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    if (d->is_folder) return ended(result, EBADF, scratch);
    uint64_t offset = args[1].bits, len = args[2].bits;
    if (offset > INT64_MAX) return ended(result, EINVAL, scratch);
    if (len > INT64_MAX) len = 0; /* to the end */
    int advice = advices[args[3].bits];
    return ended(result, fault_of(d->disk->advise(d->disk, d->fd, offset, len, advice)), scratch);
}

static VmStatus synchronize(VmThread *thread, Wasi *wasi, const AbiValue *handle, bool data_only,
                            AbiValue *result, Arena *scratch) {
    WasiDescriptor *d = get_descriptor(thread, wasi, handle);
    if (!d) return VM_TRAP;
    if (!d->is_folder && !(d->flags & WRITE)) return wasi_ok(result);
    return ended(result, fault_of(d->disk->sync(d->disk, d->fd, data_only)), scratch);
}

WASI_FN(sync_data) { return synchronize(thread, context, args, true, result, scratch); }
WASI_FN(sync_all) { return synchronize(thread, context, args, false, result, scratch); }

WASI_FN(get_flags) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    wasi_case(result, 0, 1, scratch)->bits = d->flags;
    return VM_DONE;
}

/* ---- attributes ---- */

static uint32_t type_of(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFBLK: return BLOCK_DEVICE;
    case S_IFCHR: return CHARACTER_DEVICE;
    case S_IFDIR: return FOLDER;
    case S_IFIFO: return FIFO;
    case S_IFLNK: return SYMBOLIC_LINK;
    case S_IFREG: return REGULAR_FILE;
    case S_IFSOCK: return SOCKET;
    default: return UNKNOWN;
    }
}

/* A datetime cannot be before 1970. */
static void put_time(AbiValue *option, struct timespec time, Arena *scratch) {
    bool has = time.tv_sec >= 0;
    AbiValue *cells = wasi_case(option, has, has ? 2 : 0, scratch);
    if (!has) return;
    cells[0].bits = (uint64_t)time.tv_sec;
    cells[1].bits = (uint64_t)time.tv_nsec;
}

static VmStatus put_stat(const Wasi *wasi, AbiValue *result, int fault, struct stat *st,
                         Arena *scratch) {
    if (fault) return ended(result, fault, scratch);
    if (wasi_fixed(wasi)) wasi_fixed_stat(wasi_fixed(wasi), st);
    AbiValue *cells = wasi_case(result, 0, 6, scratch);
    cells[0].bits = type_of(st->st_mode);
    cells[1].bits = st->st_nlink;
    cells[2].bits = (uint64_t)st->st_size;
    put_time(&cells[3], st->st_atim, scratch);
    put_time(&cells[4], st->st_mtim, scratch);
    put_time(&cells[5], st->st_ctim, scratch);
    return VM_DONE;
}

static int stat_path(Wasi *wasi, const WasiDescriptor *d, const AbiValue *args, struct stat *st) {
    WasiPlace place;
    int fault = at(wasi, d, &args[2], follow_of(&args[1]), false, &place);
    if (!fault && !stat_place(&place, st)) fault = errno;
    wasi_place_close(&place);
    return fault;
}

WASI_FN(stat_open) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    struct stat st;
    return d ? put_stat(context, result, stat_fd(d, &st), &st, scratch) : VM_TRAP;
}

WASI_FN(stat_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    struct stat st;
    return d ? put_stat(context, result, stat_path(context, d, args, &st), &st, scratch) : VM_TRAP;
}

WASI_FN(get_type) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    wasi_case(result, 0, 1, scratch)->bits = d->is_folder ? FOLDER : REGULAR_FILE;
    return VM_DONE;
}

/* new-timestamp */
static int read_time(const AbiValue *value, struct timespec *time) {
    static const long special[] = {UTIME_OMIT, UTIME_NOW};
    *time = (struct timespec){0};
    if (value->variant.index < 2) {
        time->tv_nsec = special[value->variant.index];
        return 0;
    }
    const AbiValue *cells = value->variant.payload;
    if (cells[0].bits > INT64_MAX || cells[1].bits >= 1000000000) return EINVAL;
    time->tv_sec = (time_t)cells[0].bits;
    time->tv_nsec = (long)cells[1].bits;
    return 0;
}

static int read_times(const AbiValue *args, struct timespec times[2]) {
    int fault = read_time(&args[0], &times[0]);
    return fault ? fault : read_time(&args[1], &times[1]);
}

WASI_FN(set_times) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    struct timespec times[2];
    int fault =
        d->may_change ? read_times(&args[1], times) : wasi_change_denied(d->quota, STR("."));
    if (!fault) fault = fault_of(d->disk->set_times(d->disk, d->fd, times));
    struct stat st;
    if (!fault && wasi_fixed(context) && !stat_fd(d, &st))
        wasi_fixed_touch(wasi_fixed(context), &st, times);
    return ended(result, fault, scratch);
}

WASI_FN(set_times_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    struct timespec times[2];
    WasiPlace place = {0};
    int fault = read_times(&args[3], times);
    if (!fault) fault = at(context, d, &args[2], follow_of(&args[1]), true, &place);
    if (!fault) fault = fault_of(d->disk->set_times_at(d->disk, place.folder, place.name, times));
    struct stat st;
    if (!fault && wasi_fixed(context) && stat_place(&place, &st))
        wasi_fixed_touch(wasi_fixed(context), &st, times);
    wasi_place_close(&place);
    return ended(result, fault, scratch);
}

WASI_FN(is_same_object) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    WasiDescriptor *other = d ? get_descriptor(thread, context, &args[1]) : NULL;
    if (!other) return VM_TRAP;
    struct stat a, b;
    result->bits = d->disk == other->disk && !stat_fd(d, &a) && !stat_fd(other, &b) &&
                   a.st_dev == b.st_dev && a.st_ino == b.st_ino;
    return VM_DONE;
}

/* Which object it is, and nothing that a write changes: programs take the hash for a file's number.
 * The key keeps the system's numbers from the guest. */
static VmStatus put_hash(AbiValue *result, int fault, const struct stat *st, Wasi *wasi,
                         Arena *scratch) {
    if (fault) return ended(result, fault, scratch);
    AbiValue *cells = wasi_case(result, 0, 2, scratch);
    WasiFixed *fixed = wasi_fixed(wasi);
    uint64_t device = fixed ? 0 : st->st_dev;
    uint64_t number = fixed ? wasi_fixed_file(fixed, st)->number : st->st_ino;
    for (uint64_t half = 0; half < 2; half++) {
        const uint64_t what[3] = {device, number, half};
        cells[half].bits = wasi_keyed_hash(wasi, what, 3);
    }
    return VM_DONE;
}

WASI_FN(metadata_hash) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    struct stat st;
    return d ? put_hash(result, stat_fd(d, &st), &st, context, scratch) : VM_TRAP;
}

WASI_FN(metadata_hash_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    struct stat st;
    return d ? put_hash(result, stat_path(context, d, args, &st), &st, context, scratch) : VM_TRAP;
}

/* ---- entries of folders ---- */

static const WasiDescriptor *folder_of(const WasiEntries *stream) {
    return (const WasiDescriptor *)stream->object.parent;
}

static void close_entries(const WasiDescriptor *d, void *entries, WasiSorted *sorted) {
    if (entries) d->disk->close_entries(d->disk, entries);
    wasi_sorted_free(sorted);
}

static void free_entries(WasiObject *object) {
    WasiEntries *stream = (WasiEntries *)object;
    close_entries(folder_of(stream), stream->entries, stream->sorted);
    --*folder_of(stream)->quota->open;
}

static int open_entries(const WasiDescriptor *d, void **entries) {
    if (!d->is_folder) return ENOTDIR;
    if (*d->quota->open >= d->quota->max_open) return ENOMEM;
    *entries = d->disk->open_entries(d->disk, d->fd);
    return *entries ? 0 : errno;
}

WASI_FN(read_directory) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    void *entries = NULL;
    WasiSorted *sorted = NULL;
    int fault = open_entries(d, &entries);
    if (!fault && wasi_fixed(context)) sorted = wasi_sorted_new(d->disk, entries, &fault);
    if (fault) {
        close_entries(d, entries, sorted);
        return ended(result, fault, scratch);
    }
    WasiEntries *stream = wasi_make(thread, context, WASI_DIRECTORY_ENTRY_STREAM, sizeof *stream,
                                    &d->object, wasi_case(result, 0, 1, scratch));
    if (!stream) {
        close_entries(d, entries, sorted);
        return VM_TRAP;
    }
    stream->entries = entries;
    stream->sorted = sorted;
    stream->object.free = free_entries;
    ++*d->quota->open;
    return VM_DONE;
}

/* Names that are no strings cannot be told; they are passed over, as "." and ".." are. */
static bool is_told(const char *name) {
    Str text = str_from(name);
    return !str_is(text, ".") && !str_is(text, "..") && utf8_valid_prefix(text) == text.len;
}

static uint32_t entry_type(const WasiDescriptor *d, const WasiEntry *entry) {
    struct stat st;
    if (entry->type != DT_UNKNOWN) return type_of(DTTOIF(entry->type));
    int answer = d->disk->stat_at(d->disk, d->fd, entry->name, &st);
    return answer < 0 ? UNKNOWN : type_of(st.st_mode);
}

/* The next that is told; its name is NULL after the last. */
static WasiEntry next_entry(WasiEntries *stream) {
    const WasiFiles *disk = folder_of(stream)->disk;
    for (;;) {
        errno = 0;
        const WasiEntry *entry = stream->sorted ? wasi_sorted_next(stream->sorted)
                                                : disk->next_entry(disk, stream->entries);
        if (!entry) return (WasiEntry){0};
        if (is_told(entry->name)) return *entry;
    }
}

WASI_FN(read_directory_entry) {
    WasiEntries *stream = wasi_get(thread, context, &args[0], WASI_DIRECTORY_ENTRY_STREAM);
    if (!stream) return VM_TRAP;
    WasiEntry entry = next_entry(stream);
    if (!entry.name && errno) return ended(result, errno, scratch);
    AbiValue *option = wasi_case(result, 0, 1, scratch);
    AbiValue *cells = wasi_case(option, entry.name != NULL, entry.name ? 2 : 0, scratch);
    if (!entry.name) return VM_DONE;
    cells[0].bits = entry_type(folder_of(stream), &entry);
    wasi_string(&cells[1], str_copy(scratch, str_from(entry.name)));
    return VM_DONE;
}

/* ---- changing folders ---- */

static int unlink_place(const Wasi *wasi, const WasiPlace *place, int flags) {
    struct stat st;
    bool told = wasi_fixed(wasi) && stat_place(place, &st);
    int fault = fault_of(place->files->unlink(place->files, place->folder, place->name, flags));
    if (told && !fault) wasi_fixed_forget(wasi_fixed(wasi), &st);
    return fault;
}

WASI_FN(create_directory_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    WasiPlace place;
    int fault = at(context, d, &args[1], WASI_ENTRY, true, &place);
    if (!fault) fault = take_file(d->quota);
    if (!fault)
        fault = made_file(d->quota, d->disk->make_folder(d->disk, place.folder, place.name, 0777));
    wasi_place_close(&place);
    return ended(result, fault, scratch);
}

WASI_FN(remove_directory_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    WasiPlace place;
    int fault = at(context, d, &args[1], WASI_ENTRY, true, &place);
    if (!fault) fault = unlink_place(context, &place, AT_REMOVEDIR);
    wasi_place_close(&place);
    return ended(result, fault, scratch);
}

WASI_FN(unlink_file_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    WasiPlace place;
    int fault = at(context, d, &args[1], WASI_ENTRY, true, &place);
    if (!fault) fault = check_slash(&place);
    if (!fault) fault = unlink_place(context, &place, 0);
    wasi_place_close(&place);
    return ended(result, fault, scratch);
}

WASI_FN(readlink_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    WasiPlace place;
    int fault = at(context, d, &args[1], WASI_NOFOLLOW, false, &place);
    char *target = arena_alloc(scratch, PATH_MAX);
    ssize_t n = fault ? 0 : d->disk->read_link(d->disk, place.folder, place.name, target, PATH_MAX);
    if (!fault) fault = fault_of(n);
    wasi_place_close(&place);
    Str text = {target, fault ? 0 : (size_t)n};
    if (!fault && n > 0 && target[0] == '/') fault = EPERM;
    if (!fault && utf8_valid_prefix(text) < text.len) fault = EILSEQ;
    if (fault) return ended(result, fault, scratch);
    wasi_string(wasi_case(result, 0, 1, scratch), text);
    return VM_DONE;
}

/* Can something that is no folder be made there? */
static int check_new(const WasiPlace *place) {
    struct stat st;
    if (stat_place(place, &st)) return EEXIST;
    return place->slash ? ENOENT : 0;
}

static int make_link(const WasiPlace *place, Str target, WasiQuota *quota, Arena *scratch) {
    if (memchr(target.ptr, 0, target.len)) return EINVAL;
    int fault = check_new(place);
    if (!fault) fault = take_file(quota);
    const char *text = str_c(scratch, target);
    const WasiFiles *files = place->files;
    return fault ? fault
                 : made_file(quota, files->make_link(files, text, place->folder, place->name));
}

WASI_FN(symlink_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    if (!d) return VM_TRAP;
    Str target = wasi_str(&args[1]);
    WasiPlace place = {0};
    int fault = !target.len ? ENOENT : target.ptr[0] == '/' ? EPERM : 0;
    if (!fault) fault = at(context, d, &args[2], WASI_ENTRY, true, &place);
    if (!fault) fault = make_link(&place, target, d->quota, scratch);
    wasi_place_close(&place);
    return ended(result, fault, scratch);
}

/* Two places, of which both folders may be changed: what goes to the other becomes writable there. */
static int two_places(Wasi *wasi, const WasiDescriptor *from, const AbiValue *from_path,
                      const WasiDescriptor *to, const AbiValue *to_path, WasiPlace places[2]) {
    places[1].is_own = false;
    int fault = at(wasi, from, from_path, WASI_ENTRY, true, &places[0]);
    if (!fault) fault = at(wasi, to, to_path, WASI_ENTRY, true, &places[1]);
    if (!fault) fault = check_slash(&places[0]);
    return fault || from->disk == to->disk ? fault : EXDEV;
}

WASI_FN(link_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    WasiDescriptor *to = d ? get_descriptor(thread, context, &args[3]) : NULL;
    if (!to) return VM_TRAP;
    WasiPlace places[2] = {0};
    int fault = args[1].bits & SYMLINK_FOLLOW ? EINVAL : 0;
    if (!fault) fault = two_places(context, d, &args[2], to, &args[4], places);
    if (!fault) fault = check_new(&places[1]);
    if (!fault) fault = take_file(to->quota);
    if (!fault)
        fault = made_file(to->quota, d->disk->link(d->disk, places[0].folder, places[0].name,
                                                   places[1].folder, places[1].name));
    wasi_place_close(&places[0]);
    wasi_place_close(&places[1]);
    return ended(result, fault, scratch);
}

/* Only a folder can get a name with a slash behind it. */
static int rename_place(const Wasi *wasi, const WasiPlace *from, const WasiPlace *to) {
    WasiPlace of_folder = *from;
    of_folder.slash = from->slash || to->slash;
    int fault = check_slash(&of_folder);
    struct stat st, moved;
    bool told = wasi_fixed(wasi) && stat_place(to, &st) && stat_place(from, &moved) &&
                (st.st_ino != moved.st_ino || st.st_dev != moved.st_dev);
    if (!fault)
        fault = fault_of(
            from->files->rename(from->files, from->folder, from->name, to->folder, to->name));
    if (told && !fault) wasi_fixed_forget(wasi_fixed(wasi), &st);
    return fault;
}

WASI_FN(rename_at) {
    WasiDescriptor *d = get_descriptor(thread, context, &args[0]);
    WasiDescriptor *to = d ? get_descriptor(thread, context, &args[2]) : NULL;
    if (!to) return VM_TRAP;
    WasiPlace places[2] = {0};
    int fault = two_places(context, d, &args[1], to, &args[3], places);
    if (!fault) fault = rename_place(context, &places[0], &places[1]);
    wasi_place_close(&places[0]);
    wasi_place_close(&places[1]);
    return ended(result, fault, scratch);
}

/* ---- tables ---- */

#define RESULT(t)    "->result<" t ",enum<37>>"
#define TIME         "record<u64,u32>"
#define TIMESTAMP    "variant<_,_," TIME ">"
#define STAT         "record<enum<8>,u64,u64,option<" TIME ">,option<" TIME ">,option<" TIME ">>"
#define HASH         "record<u64,u64>"
#define METHOD(n)    "[method]descriptor." n
static const WasiFunc types_funcs[] = {
    {METHOD("read-via-stream"), "(borrow,u64)" RESULT("own"), read_via_stream},
    {METHOD("write-via-stream"), "(borrow,u64)" RESULT("own"), write_via_stream},
    {METHOD("append-via-stream"), "(borrow)" RESULT("own"), append_via_stream},
    {METHOD("advise"), "(borrow,u64,u64,enum<6>)" RESULT("_"), advise},
    {METHOD("sync-data"), "(borrow)" RESULT("_"), sync_data},
    {METHOD("get-flags"), "(borrow)" RESULT("flags<6>"), get_flags},
    {METHOD("get-type"), "(borrow)" RESULT("enum<8>"), get_type},
    {METHOD("set-size"), "(borrow,u64)" RESULT("_"), set_size},
    {METHOD("set-times"), "(borrow," TIMESTAMP "," TIMESTAMP ")" RESULT("_"), set_times},
    {METHOD("read"), "(borrow,u64,u64)" RESULT("tuple<list<u8>,bool>"), read_at},
    {METHOD("write"), "(borrow,list<u8>,u64)" RESULT("u64"), write_at},
    {METHOD("read-directory"), "(borrow)" RESULT("own"), read_directory},
    {METHOD("sync"), "(borrow)" RESULT("_"), sync_all},
    {METHOD("create-directory-at"), "(borrow,string)" RESULT("_"), create_directory_at},
    {METHOD("stat"), "(borrow)" RESULT(STAT), stat_open},
    {METHOD("stat-at"), "(borrow,flags<1>,string)" RESULT(STAT), stat_at},
    {METHOD("set-times-at"), "(borrow,flags<1>,string," TIMESTAMP "," TIMESTAMP ")" RESULT("_"),
     set_times_at},
    {METHOD("link-at"), "(borrow,flags<1>,string,borrow,string)" RESULT("_"), link_at},
    {METHOD("open-at"), "(borrow,flags<1>,string,flags<4>,flags<6>)" RESULT("own"), open_at},
    {METHOD("readlink-at"), "(borrow,string)" RESULT("string"), readlink_at},
    {METHOD("remove-directory-at"), "(borrow,string)" RESULT("_"), remove_directory_at},
    {METHOD("rename-at"), "(borrow,string,borrow,string)" RESULT("_"), rename_at},
    {METHOD("symlink-at"), "(borrow,string,string)" RESULT("_"), symlink_at},
    {METHOD("unlink-file-at"), "(borrow,string)" RESULT("_"), unlink_file_at},
    {METHOD("is-same-object"), "(borrow,borrow)->bool", is_same_object},
    {METHOD("metadata-hash"), "(borrow)" RESULT(HASH), metadata_hash},
    {METHOD("metadata-hash-at"), "(borrow,flags<1>,string)" RESULT(HASH), metadata_hash_at},
    {"[method]directory-entry-stream.read-directory-entry",
     "(borrow)" RESULT("option<record<enum<8>,string>>"), read_directory_entry},
    {"filesystem-error-code", "(borrow)->option<enum<37>>", filesystem_error_code},
};
static const WasiFunc preopens_funcs[] = {
    {"get-directories", "()->list<tuple<own,string>>", get_directories},
};

const WasiInterface wasi_filesystem[2] = {
    {"wasi:filesystem/types", types_funcs, WASI_COUNT(types_funcs),
     (const char *[]){"descriptor", "directory-entry-stream", NULL}},
    {"wasi:filesystem/preopens", preopens_funcs, WASI_COUNT(preopens_funcs), NULL},
};
