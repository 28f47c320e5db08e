/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Every argument that is a path, with everything that a path can lead to and every way to end it.
 *
 * The argument names the operation. The folder that is granted was made by `fixture: paths` (see
 * ../fixtures.py): every target stands there once for each suffix ("file-0" ... "file-5"), so that
 * what one case removes is still there for the others.
 *
 * What has to happen follows from three texts:
 * [types]   wasi:filesystem/types, interface: "If a `path` argument to any WASI function starts
 *           with `/`, or if any step of resolving a `path`, including `..` and symbolic link steps,
 *           reaches a directory outside of the base directory, or reaches a symlink to an absolute
 *           or rooted path in the underlying filesystem, the function fails with
 *           `error-code::not-permitted`."
 * [flags]   path-flags: "symlink-follow: As long as the resolved path corresponds to a symbolic
 *           link, it is expanded."
 * [POSIX]   each operation is "similar to" one of POSIX: XBD 4.16 "Pathname Resolution" says that
 *           slashes at the end stand for "/.", so that what is before them is a directory.
 * Where these leave it open, every outcome that they allow is allowed.
 */
#include "check.h"

#define E(code) BIT(FS_ERROR_CODE_##code)
#define YES     BIT(OK)

/* ---- what paths lead to ---- */

typedef enum { FILE, DIR, SPECIAL, LINK, MISSING, OUTSIDE, LOOP } Kind;

typedef struct {
    const char *name;
    Kind is;       /* without following it */
    Kind leads_to; /* after it was followed */
    bool is_absolute;
} Target;

static const Target targets[] = {
    {"file", FILE, FILE, false},
    {"dir", DIR, DIR, false},
    {"fifo", SPECIAL, SPECIAL, false},
    {"socket", SPECIAL, SPECIAL, false},
    {"missing", MISSING, MISSING, false},
    {"link-file", LINK, FILE, false},
    {"link-dir", LINK, DIR, false},
    {"link-up-and-in", LINK, FILE, false}, /* dir-x/../file-x */
    {"chain", LINK, FILE, false},          /* of 8 links */
    {"dangling", LINK, MISSING, false},
    {"loop", LINK, LOOP, false},
    {"out-file", LINK, OUTSIDE, false},
    {"out-dir", LINK, OUTSIDE, false},
    {"out-missing", LINK, OUTSIDE, false},
    {"out-and-back", LINK, OUTSIDE, false}, /* ../ROOT/file */
    {"absolute-file", LINK, OUTSIDE, true},
    {"absolute-dir", LINK, OUTSIDE, true},
    {"absolute-proc", LINK, OUTSIDE, true}, /* /proc/self/root */
};
enum { TARGETS = sizeof targets / sizeof *targets };

/* A suffix names the folder before it, or the one above. */
static const struct {
    const char *name, *text;
} suffixes[] = {{"plain", ""},       {"slash", "/"},          {"slashes", "//"},
                {"slash-dot", "/."}, {"slash-dotdot", "/.."}, {"slash-dot-slash", "/./"}};
enum { PLAIN, SLASH, SLASHES, DOT, DOTDOT, DOT_SLASH, SUFFIXES };

/* How resolving a folder fails, which what comes before a slash has to be; 0: it does not. */
static uint64_t folder_fault(const Target *t) {
    switch (t->leads_to) {
    case DIR: return 0;
    case FILE:
    case SPECIAL: return E(NOT_DIRECTORY);
    case MISSING: return E(NO_ENTRY);
    case LOOP: return E(LOOP);
    default: return E(NOT_PERMITTED);
    }
}

/* How following a link fails; 0: it does not. */
static uint64_t follow_fault(const Target *t) {
    switch (t->leads_to) {
    case MISSING: return E(NO_ENTRY);
    case LOOP: return E(LOOP);
    case OUTSIDE: return E(NOT_PERMITTED);
    default: return 0;
    }
}

/* ---- the operations ---- */

typedef struct {
    const Target *target;
    int suffix;
    bool follows;
    wit_string path;
    const char *fresh; /* a name that is not used yet, for the other path */
} Case;

typedef struct {
    const char *name;
    int (*act)(const Case *c);
    uint64_t (*want)(const Case *c);
    bool has_flags;  /* path-flags */
    bool is_reading; /* what a special file may answer */
} Operation;

static fs_path_flags flags_of(const Case *c) { return c->follows ? FOLLOW : 0; }

/* What an operation that looks at something answers before it looks at it: 0, if it is there. */
static uint64_t reach(const Case *c) {
    if (c->suffix != PLAIN) return folder_fault(c->target);
    if (c->follows || c->target->is != LINK) return follow_fault(c->target);
    return 0;
}

static bool names_link(const Case *c) {
    return c->suffix == PLAIN && !c->follows && c->target->is == LINK;
}

/* The kind of what is there, after reach. */
static Kind there(const Case *c) {
    if (c->suffix != PLAIN) return DIR;
    return c->follows ? c->target->leads_to : c->target->is;
}

static int act_stat(const Case *c) {
    fs_result_descriptor_stat_error_code r = fs_descriptor_stat_at(root(), flags_of(c), c->path);
    if (r.is_err) return r.val.err;
    fs_descriptor_type type = r.val.ok.type;
    Kind kind = there(c);
    bool is_right = kind == FILE   ? type == FS_DESCRIPTOR_TYPE_REGULAR_FILE
                    : kind == DIR  ? type == FS_DESCRIPTOR_TYPE_DIRECTORY
                    : kind == LINK ? type == FS_DESCRIPTOR_TYPE_SYMBOLIC_LINK
                                   : type != FS_DESCRIPTOR_TYPE_REGULAR_FILE;
    return is_right ? OK : NOT_READY;
}
static uint64_t want_look(const Case *c) {
    uint64_t fault = reach(c);
    return fault ? fault : YES;
}

static int act_set_times(const Case *c) {
    fs_new_timestamp keep = fs_new_timestamp_no_change();
    fs_new_timestamp then = fs_new_timestamp_timestamp((wall_datetime){1000000000, 0});
    return CODE(fs_descriptor_set_times_at(root(), flags_of(c), c->path, &keep, &then));
}
/* Not every system can set the times of a link itself. */
static uint64_t want_set_times(const Case *c) {
    return want_look(c) | (names_link(c) ? E(UNSUPPORTED) | E(INVALID) : 0);
}

static int act_hash(const Case *c) {
    return CODE(fs_descriptor_metadata_hash_at(root(), flags_of(c), c->path));
}

static int opened(fs_result_descriptor_error_code r) {
    if (r.is_err) return r.val.err;
    fs_descriptor_drop(r.val.ok);
    return OK;
}

/* Pipes and sockets may be refused, in one way or another; nothing may wait for their other ends. */
#define SPECIAL_OPEN                                                                               \
    (YES | E(NOT_PERMITTED) | E(NO_SUCH_DEVICE) | E(UNSUPPORTED) | E(INVALID) | E(ACCESS))

static int act_open_read(const Case *c) {
    return opened(fs_descriptor_open_at(root(), flags_of(c), c->path, 0, READ));
}
/* O_NOFOLLOW of POSIX: "If path names a symbolic link, fail and set errno to [ELOOP]." */
static uint64_t want_open_read(const Case *c) {
    uint64_t fault = reach(c);
    if (fault) return fault;
    if (names_link(c)) return E(LOOP);
    return there(c) == SPECIAL ? SPECIAL_OPEN : YES;
}

static int act_open_write(const Case *c) {
    return opened(fs_descriptor_open_at(root(), flags_of(c), c->path, 0, WRITE));
}
/* EISDIR of POSIX: "The named file is a directory and oflag includes O_WRONLY or O_RDWR" */
static uint64_t want_open_write(const Case *c) {
    uint64_t want = want_open_read(c);
    return want == YES && there(c) == DIR ? E(IS_DIRECTORY) : want;
}

static int act_open_directory(const Case *c) {
    return opened(fs_descriptor_open_at(root(), flags_of(c), c->path, DIRECTORY, READ));
}
/* open-flags: "directory: Fail if not a directory, similar to `O_DIRECTORY` in POSIX." */
static uint64_t want_open_directory(const Case *c) {
    uint64_t fault = reach(c);
    if (fault) return fault;
    if (names_link(c)) return E(LOOP) | E(NOT_DIRECTORY);
    return there(c) == DIR ? YES : E(NOT_DIRECTORY);
}

static int act_open_create(const Case *c) {
    return opened(fs_descriptor_open_at(root(), flags_of(c), c->path, CREATE, READ | WRITE));
}
/* "create: Create file if it does not exist": the link's target, where it is followed. A path that
 * ends in a slash cannot become a file. */
static uint64_t want_open_create(const Case *c) {
    Kind kind = c->target->leads_to;
    if (kind == MISSING && c->suffix == PLAIN && !names_link(c)) return YES;
    if (kind == MISSING && (c->suffix == SLASH || c->suffix == SLASHES))
        return E(NO_ENTRY) | E(IS_DIRECTORY) | E(NOT_DIRECTORY) | E(INVALID);
    uint64_t want = want_open_write(c);
    if (want & E(NOT_DIRECTORY)) want |= E(IS_DIRECTORY);
    return want;
}

static int act_open_exclusive(const Case *c) {
    return opened(
        fs_descriptor_open_at(root(), flags_of(c), c->path, CREATE | EXCLUSIVE, READ | WRITE));
}
/* "exclusive: Fail if file already exists, similar to `O_EXCL` in POSIX", where: "If O_EXCL and
 * O_CREAT are set, and path names a symbolic link, open() shall fail and set errno to [EEXIST],
 * regardless of the contents of the symbolic link." */
static uint64_t want_open_exclusive(const Case *c) {
    if (c->suffix == PLAIN) return c->target->is == MISSING ? YES : E(EXIST);
    uint64_t fault = folder_fault(c->target);
    uint64_t want = (fault ? fault : E(EXIST)) | E(IS_DIRECTORY) | E(NOT_DIRECTORY);
    return c->target->is == MISSING ? want | E(INVALID) : want | E(EXIST);
}

static int act_open_truncate(const Case *c) {
    return opened(fs_descriptor_open_at(root(), flags_of(c), c->path, TRUNCATE, WRITE));
}

static int act_readlink(const Case *c) {
    fs_result_string_error_code r = fs_descriptor_readlink_at(root(), c->path);
    if (r.is_err) return r.val.err;
    return r.val.ok.len ? OK : NOT_READY;
}
/* readlink-at: "If the contents contain an absolute or rooted path in the underlying filesystem,
 * this function fails with `error-code::not-permitted`." EINVAL of POSIX: "names a file that is
 * not a symbolic link" */
static uint64_t want_readlink(const Case *c) {
    uint64_t fault = reach(c);
    if (fault) return fault;
    if (!names_link(c)) return E(INVALID);
    return c->target->is_absolute ? E(NOT_PERMITTED) : YES;
}

/* What makes an entry, at a path that ends in a slash or dots: what is there may be told before the
 * slash is looked at. Nothing may be made outside. */
static uint64_t taken(const Case *c) {
    uint64_t fault = folder_fault(c->target);
    if (c->suffix == PLAIN) return c->target->is == MISSING ? 0 : E(EXIST);
    if (c->suffix == SLASH || c->suffix == SLASHES) {
        if (c->target->is == MISSING) return 0;
        return E(EXIST) | (fault ? fault : E(EXIST));
    }
    /* "." and ".." are always there, in what can be looked at */
    return fault ? fault : E(EXIST) | E(INVALID);
}

static int act_create_directory(const Case *c) {
    return CODE(fs_descriptor_create_directory_at(root(), c->path));
}
static uint64_t want_create_directory(const Case *c) {
    uint64_t want = taken(c);
    return want ? want : YES;
}

static int act_remove_directory(const Case *c) {
    return CODE(fs_descriptor_remove_directory_at(root(), c->path));
}
/* POSIX: "If path names a symbolic link, then rmdir() shall fail and set errno to [ENOTDIR]";
 * EINVAL: "contains a last component that is dot". */
static uint64_t want_remove_directory(const Case *c) {
    Kind kind = c->target->is;
    if (c->suffix == PLAIN)
        return kind == DIR ? YES : kind == MISSING ? E(NO_ENTRY) : E(NOT_DIRECTORY);
    uint64_t fault = folder_fault(c->target);
    if (c->suffix == SLASH || c->suffix == SLASHES) {
        if (kind == DIR) return YES;
        if (kind == LINK) return E(NOT_DIRECTORY) | (fault ? fault : YES);
        return fault;
    }
    return fault ? fault : E(INVALID) | E(NOT_EMPTY) | E(BUSY) | E(NOT_PERMITTED);
}

static int act_unlink(const Case *c) { return CODE(fs_descriptor_unlink_file_at(root(), c->path)); }
/* unlink-file-at: "Return `error-code::is-directory` if the path refers to a directory." */
static uint64_t want_unlink(const Case *c) {
    Kind kind = c->target->is;
    if (c->suffix == PLAIN)
        return kind == DIR ? E(IS_DIRECTORY) : kind == MISSING ? E(NO_ENTRY) : YES;
    uint64_t fault = folder_fault(c->target);
    if (kind == LINK && (c->suffix == SLASH || c->suffix == SLASHES))
        return E(NOT_DIRECTORY) | (fault ? fault : E(IS_DIRECTORY));
    return fault ? fault : E(IS_DIRECTORY) | (c->suffix >= DOT ? E(INVALID) : 0);
}

static int act_symlink(const Case *c) {
    return CODE(fs_descriptor_symlink_at(root(), WIT_STR("content"), c->path));
}
/* A link is no folder, so its name cannot end in a slash. */
static uint64_t want_entry(const Case *c) {
    uint64_t want = taken(c);
    if (want) return want;
    return c->suffix == PLAIN ? YES : E(NO_ENTRY) | E(NOT_DIRECTORY) | E(INVALID);
}

static int act_link_old(const Case *c) {
    return CODE(
        fs_descriptor_link_at(root(), flags_of(c), c->path, root(), wit_string_from(c->fresh)));
}
/* link-at: "`error-code::no-entry` if the old path does not exist, ... and
 * `error-code::not-permitted` if the old path is not a file." Whether a link is a file is not said,
 * and earlier versions had no following here: `invalid`. */
static uint64_t want_link_old(const Case *c) {
    uint64_t fault = reach(c), want = fault ? fault : 0;
    if (!fault) want = there(c) == FILE ? YES : E(NOT_PERMITTED);
    if (!fault && (there(c) == LINK || there(c) == SPECIAL)) want |= YES;
    if (c->suffix != PLAIN && c->target->is == LINK) want |= E(NOT_DIRECTORY);
    return want | (c->follows ? E(INVALID) : 0);
}

static int act_link_new(const Case *c) {
    make_file(c->fresh, "content");
    return CODE(fs_descriptor_link_at(root(), 0, wit_string_from(c->fresh), root(), c->path));
}

static int act_rename_old(const Case *c) {
    return CODE(fs_descriptor_rename_at(root(), c->path, root(), wit_string_from(c->fresh)));
}
/* rename of POSIX: EINVAL or EBUSY, "the last component of either path is dot or dot-dot" */
static uint64_t want_rename_old(const Case *c) {
    if (c->suffix == PLAIN) return c->target->is == MISSING ? E(NO_ENTRY) : YES;
    uint64_t fault = folder_fault(c->target);
    if (c->suffix == SLASH || c->suffix == SLASHES) {
        uint64_t want = fault ? fault : YES;
        return c->target->is == LINK ? want | E(NOT_DIRECTORY) : want;
    }
    return fault ? fault : E(INVALID) | E(BUSY) | E(NOT_PERMITTED);
}

static int act_rename_new(const Case *c) {
    make_file(c->fresh, "content");
    return CODE(fs_descriptor_rename_at(root(), wit_string_from(c->fresh), root(), c->path));
}
/* A file takes the place of anything but a folder; EISDIR: "new points to a directory and old
 * points to a file that is not a directory" */
static uint64_t want_rename_new(const Case *c) {
    Kind kind = c->target->is;
    if (c->suffix == PLAIN) return kind == DIR ? E(IS_DIRECTORY) : YES;
    uint64_t fault = folder_fault(c->target);
    uint64_t want = (fault ? fault : E(IS_DIRECTORY)) | E(NOT_DIRECTORY);
    if (c->suffix >= DOT) want |= E(INVALID) | E(BUSY) | E(EXIST) | E(NOT_PERMITTED) * !fault;
    return want;
}

static const Operation operations[] = {
    {"stat-at", act_stat, want_look, true, true},
    {"set-times-at", act_set_times, want_set_times, true, false},
    {"metadata-hash-at", act_hash, want_look, true, true},
    {"open-at-read", act_open_read, want_open_read, true, true},
    {"open-at-write", act_open_write, want_open_write, true, false},
    {"open-at-directory", act_open_directory, want_open_directory, true, true},
    {"open-at-create", act_open_create, want_open_create, true, false},
    {"open-at-exclusive", act_open_exclusive, want_open_exclusive, true, false},
    {"open-at-truncate", act_open_truncate, want_open_write, true, false},
    {"readlink-at", act_readlink, want_readlink, false, true},
    {"create-directory-at", act_create_directory, want_create_directory, false, false},
    {"remove-directory-at", act_remove_directory, want_remove_directory, false, false},
    {"unlink-file-at", act_unlink, want_unlink, false, false},
    {"symlink-at", act_symlink, want_entry, false, false},
    {"link-at-old", act_link_old, want_link_old, true, false},
    {"link-at-new", act_link_new, want_entry, false, false},
    {"rename-at-old", act_rename_old, want_rename_old, false, false},
    {"rename-at-new", act_rename_new, want_rename_new, false, false},
};

/* ---- the cases ---- */

static void one(const Operation *operation, int target, int suffix, bool follows) {
    const Target *t = &targets[target];
    const char *name = text("%s/%s%s", t->name, suffixes[suffix].name,
                            !operation->has_flags ? ""
                            : follows             ? "/follow"
                                                  : "/nofollow");
    if (!is_wanted(text("%s:", name))) return;
    Case c = {t, suffix, follows, {0}, text("fresh-%d-%d-%d", target, suffix, (int)follows)};
    /* following cases have their own things, "F0" ... */
    c.path = STR("%s-%s%d%s", t->name, follows ? "F" : "N", suffix, suffixes[suffix].text);
    int got = operation->act(&c);
    outcome(got, operation->want(&c), fs_name, "%s", name);
}

/* Paths that are wrong in themselves, or long ways to what is there; these change nothing. */
static const struct {
    const char *name;
    wit_string path;
    uint64_t want;
} ways[] = {
    {"empty", WIT_STR_INIT(""), E(NO_ENTRY)},
    {"root", WIT_STR_INIT("/"), E(NOT_PERMITTED)},
    {"absolute", WIT_STR_INIT("/file-N0"), E(NOT_PERMITTED)},
    {"two slashes first", WIT_STR_INIT("//file-N0"), E(NOT_PERMITTED)},
    {"above", WIT_STR_INIT(".."), E(NOT_PERMITTED)},
    {"above with slash", WIT_STR_INIT("../"), E(NOT_PERMITTED)},
    {"above and dot", WIT_STR_INIT("../."), E(NOT_PERMITTED)},
    {"outside", WIT_STR_INIT("../outside/file"), E(NOT_PERMITTED)},
    {"outside and missing", WIT_STR_INIT("../outside/missing"), E(NOT_PERMITTED)},
    {"in and out", WIT_STR_INIT("dir-N0/../.."), E(NOT_PERMITTED)},
    {"in and out and further", WIT_STR_INIT("dir-N0/../../outside/file"), E(NOT_PERMITTED)},
    {"dot and out", WIT_STR_INIT("./../outside/file"), E(NOT_PERMITTED)},
    {"out by a link to a folder", WIT_STR_INIT("link-dir-N0/../../../outside/file"),
     E(NOT_PERMITTED)},
    {"through a link that leads out", WIT_STR_INIT("out-dir-N0/file"), E(NOT_PERMITTED)},
    {"through a link that leads out to missing", WIT_STR_INIT("out-dir-N0/missing"),
     E(NOT_PERMITTED)},
    {"through a link that leads out and back", WIT_STR_INIT("out-dir-N0/.."), E(NOT_PERMITTED)},
    {"through an absolute link", WIT_STR_INIT("absolute-dir-N0/missing"), E(NOT_PERMITTED)},
    {"through proc", WIT_STR_INIT("absolute-proc-N0/proc/self/status"), E(NOT_PERMITTED)},
    {"through a loop", WIT_STR_INIT("loop-N0/x"), E(LOOP)},
    {"below missing", WIT_STR_INIT("missing-N0/x"), E(NO_ENTRY)},
    {"below missing and up", WIT_STR_INIT("missing-N0/../file-N0"), E(NO_ENTRY)},
    {"below a dangling link", WIT_STR_INIT("dangling-N0/x"), E(NO_ENTRY)},
    {"below a file", WIT_STR_INIT("file-N0/x"), E(NOT_DIRECTORY)},
    {"below a file and up", WIT_STR_INIT("file-N0/../file-N0"), E(NOT_DIRECTORY)},
    {"below a link to a file", WIT_STR_INIT("link-file-N0/x"), E(NOT_DIRECTORY)},
    {"below a pipe", WIT_STR_INIT("fifo-N0/x"), E(NOT_DIRECTORY)},
    {"zero inside", WIT_STR_INIT("file-N0\0x"),
     E(INVALID) | E(ILLEGAL_BYTE_SEQUENCE) | E(NO_ENTRY)},
};

static wit_string long_name(size_t n) {
    char *name = WIT_NEW(char, n);
    for (size_t i = 0; i < n; i++) name[i] = 'x';
    return (wit_string){name, n};
}

/* A path of `n` bytes, all names short. */
static wit_string long_path(size_t n) {
    wit_string path = long_name(n);
    for (size_t i = 0; i + 1 < n; i += 2)
        ((char *)path.ptr)[i] = '.', ((char *)path.ptr)[i + 1] = '/';
    return path;
}

static void way(const Operation *operation, const char *name, wit_string path, uint64_t want,
                int number) {
    if (!is_wanted(text("%s:", name))) return;
    const char *fresh = text("fresh-way-%d", number);
    Case c = {&targets[0], PLAIN, false, path, fresh};
    /* link-at: "`error-code::not-permitted` if the old path is not a file" */
    outcome(operation->act(&c), want, fs_name, "%s", name);
}

void cases(void) {
    wit_string wanted = argument();
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        const Operation *o = &operations[i];
        if (!text_is(wanted, o->name)) continue;
        group("%s/", o->name);
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++)
            way(o, ways[k].name, ways[k].path, ways[k].want, (int)k);
        way(o, "name of 256 bytes", long_name(256), E(NAME_TOO_LONG), 100);
        way(o, "path of 65536 bytes", long_path(65536), E(NAME_TOO_LONG), 101);
        for (int target = 0; target < TARGETS; target++)
            for (int suffix = 0; suffix < SUFFIXES; suffix++)
                for (int follows = 0; follows <= o->has_flags; follows++)
                    one(o, target, suffix, follows);
        return;
    }
    give_up(text("operation %s is known", wit_string_copy(wanted).ptr));
}
