/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Files and folders: what every function of wasi:filesystem does besides resolving its path, for
 * which see paths.c. The granted folder is empty. Quotations are from wasi:filesystem/types.
 */
#include "check.h"

#define E(code) BIT(FS_ERROR_CODE_##code)
#define YES     BIT(OK)
#define HUGE    0xffffffffffffffffull

static fs_descriptor_ref ref(fs_descriptor d) { return fs_descriptor_borrow(d); }
static wit_string name(const char *s) { return wit_string_from(s); }
static wit_list_u8 some_bytes(void) { return bytes_of("0123456789"); }

static int opens(const char *path, fs_open_flags open, fs_descriptor_flags flags) {
    fs_result_descriptor_error_code r = fs_descriptor_open_at(root(), 0, name(path), open, flags);
    if (r.is_err) return r.val.err;
    fs_descriptor_drop(r.val.ok);
    return OK;
}

static fs_descriptor_stat status(fs_descriptor_ref d) { return MUST(fs_descriptor_stat_2(d)); }
static uint64_t size_of(fs_descriptor d) { return status(ref(d)).size; }

static bool exists(const char *path) {
    return !fs_descriptor_stat_at(root(), 0, name(path)).is_err;
}

/* ---- open-at ---- */

/* Each combination of open-flags and of read and write, on a file, a folder and nothing. */
static void open_flags(void) {
    static const char *const kinds[] = {"file", "folder", "nothing"};
    for (int kind = 0; kind < 3; kind++)
        for (int open = 0; open < 16; open++)
            for (int flags = 0; flags < 4; flags++) {
                const char *path = text("flags-%d-%d-%d", kind, open, flags);
                if (kind == 0) make_file(path, "content");
                if (kind == 1) MUST_VOID(fs_descriptor_create_directory_at(root(), name(path)));
                bool creates = open & CREATE, folder = open & DIRECTORY;
                bool excludes = open & EXCLUSIVE, cuts = open & TRUNCATE, writes = flags & WRITE;
                uint64_t want = 0;
                /* "directory: Fail if not a directory"; making a file at once contradicts that, as
                 * does cutting it off: POSIX leaves it undefined (O_CREAT) or says [EISDIR]. */
                if (folder && (creates || cuts || excludes)) want |= E(INVALID);
                /* O_EXCL without O_CREAT is undefined in POSIX: it may be refused, or do nothing. */
                if (excludes && !creates) want |= E(INVALID) | (kind < 2 ? E(EXIST) : 0);
                /* O_TRUNC without O_WRONLY or O_RDWR is undefined in POSIX. */
                if (cuts && !writes && kind != 1) want |= E(INVALID) | E(ACCESS) | YES;
                if (kind == 0) {
                    if (creates && excludes) want |= E(EXIST);
                    else want |= folder ? E(NOT_DIRECTORY) : YES;
                } else if (kind == 1) {
                    if (creates && excludes) want |= E(EXIST);
                    /* [EISDIR]: "The named file is a directory and oflag includes O_WRONLY or
                     * O_RDWR, or includes O_CREAT without O_DIRECTORY." */
                    else want |= writes || cuts || creates ? E(IS_DIRECTORY) : YES;
                    if (folder && (creates || cuts)) want |= E(IS_DIRECTORY) | (writes ? 0 : YES);
                    if (creates && !writes && !cuts && !excludes) want |= YES;
                } else {
                    want |= !creates || (folder && !creates) ? E(NO_ENTRY) : YES;
                    if (creates && folder) want |= E(NOT_DIRECTORY);
                    if (!creates) want &= ~YES;
                }
                outcome(opens(path, (fs_open_flags)open, (fs_descriptor_flags)flags), want, fs_name,
                        "%s%s%s%s%s%s%s", kinds[kind], creates ? " create" : "",
                        folder ? " directory" : "", excludes ? " exclusive" : "",
                        cuts ? " truncate" : "", flags & READ ? " read" : "",
                        writes ? " write" : "");
            }
}

static void open_effects(void) {
    make_file("kept", "content");
    fs_descriptor_drop(open_file("kept", 0, READ | WRITE));
    check(text_is(name(content_of("kept")), "content"), "opening to write keeps the content");
    fs_descriptor_drop(open_file("kept", CREATE, READ | WRITE));
    check(text_is(name(content_of("kept")), "content"), "create keeps what is there");
    fs_descriptor_drop(open_file("kept", TRUNCATE, WRITE));
    check(text_is(name(content_of("kept")), ""), "truncate: \"Truncate file to size 0\"");
    outcome(opens("kept", CREATE | EXCLUSIVE, WRITE), E(EXIST), fs_name,
            "exclusive: \"Fail if file already exists\"");
    MUST_VOID(fs_descriptor_create_directory_at(root(), name("base")));
    fs_descriptor base = open_file("base", DIRECTORY, READ | MUTATE);
    fs_result_descriptor_error_code inner =
        fs_descriptor_open_at(ref(base), 0, name("inner"), CREATE, WRITE);
    outcome(CODE(inner), YES, fs_name, "in a folder that was opened with mutate-directory");
    check(exists("base/inner"), "a path is relative to the descriptor");
    outcome(CODE(fs_descriptor_stat_at(ref(base), 0, name("../kept"))), E(NOT_PERMITTED), fs_name,
            "not out of a folder that was opened, into the one that was granted");
    outcome(CODE(fs_descriptor_stat_at(ref(base), 0, name("inner/.."))), E(NOT_DIRECTORY), fs_name,
            "not above a file");
    fs_descriptor file = inner.val.ok;
    outcome(CODE(fs_descriptor_open_at(ref(file), 0, name("x"), 0, READ)), E(NOT_DIRECTORY),
            fs_name, "below a file");
    fs_descriptor_drop(file);
    fs_descriptor_drop(base);
}

/* ---- descriptors ---- */

static void flags_and_types(void) {
    for (int flags = 1; flags < 4; flags++) {
        fs_descriptor d = open_file("types", CREATE, (fs_descriptor_flags)flags);
        fs_result_descriptor_flags_error_code r = fs_descriptor_get_flags(ref(d));
        check(!r.is_err && (r.val.ok & (READ | WRITE)) == flags, "get-flags of a file%s%s",
              flags & READ ? " read" : "", flags & WRITE ? " write" : "");
        check(!r.is_err && !(r.val.ok & MUTATE),
              "mutate-directory \"may only be set on directories\"%s%s",
              flags & READ ? " read" : "", flags & WRITE ? " write" : "");
        fs_result_descriptor_type_error_code type = fs_descriptor_get_type(ref(d));
        check(!type.is_err && type.val.ok == FS_DESCRIPTOR_TYPE_REGULAR_FILE,
              "get-type of a file%s%s", flags & READ ? " read" : "", flags & WRITE ? " write" : "");
        fs_descriptor_drop(d);
    }
    fs_result_descriptor_flags_error_code r = fs_descriptor_get_flags(root());
    check(!r.is_err && (r.val.ok & (READ | MUTATE)) == (READ | MUTATE),
          "get-flags of a granted folder");
    fs_result_descriptor_type_error_code type = fs_descriptor_get_type(root());
    check(!type.is_err && type.val.ok == FS_DESCRIPTOR_TYPE_DIRECTORY, "get-type of a folder");
    fs_descriptor folder = open_file(".", DIRECTORY, READ);
    bool may_change = MUST(fs_descriptor_get_flags(ref(folder))) & MUTATE;
    int code = CODE(fs_descriptor_create_directory_at(ref(folder), name("by-flags")));
    outcome(code, may_change ? YES : E(READ_ONLY), fs_name,
            "what a folder's flags say of changing holds");
    fs_descriptor_drop(folder);
}

static void sameness(void) {
    make_file("one", "content");
    make_file("two", "content");
    MUST_VOID(fs_descriptor_link_at(root(), 0, name("one"), root(), name("also-one")));
    fs_descriptor one = open_file("one", 0, READ), again = open_file("one", 0, READ);
    fs_descriptor two = open_file("two", 0, READ), also = open_file("also-one", 0, READ);
    fs_descriptor folder = open_file(".", DIRECTORY, READ);
    check(fs_descriptor_is_same_object(ref(one), ref(one)), "a descriptor and itself");
    check(fs_descriptor_is_same_object(ref(one), ref(again)), "a file opened twice");
    check(fs_descriptor_is_same_object(ref(one), ref(also)), "a file by two names");
    check(!fs_descriptor_is_same_object(ref(one), ref(two)), "two files with equal content");
    check(!fs_descriptor_is_same_object(ref(one), ref(folder)), "a file and a folder");
    check(fs_descriptor_is_same_object(root(), ref(folder)), "a folder opened as `.`");

    fs_metadata_hash_value a = MUST(fs_descriptor_metadata_hash(ref(one)));
    fs_metadata_hash_value b = MUST(fs_descriptor_metadata_hash(ref(again)));
    fs_metadata_hash_value c = MUST(fs_descriptor_metadata_hash(ref(two)));
    fs_metadata_hash_value at = MUST(fs_descriptor_metadata_hash_at(root(), 0, name("one")));
    fs_metadata_hash_value of_link =
        MUST(fs_descriptor_metadata_hash_at(root(), 0, name("also-one")));
    check(a.lower == b.lower && a.upper == b.upper, "metadata-hash stays where nothing changes");
    check(a.lower != c.lower || a.upper != c.upper, "metadata-hash of another file is another");
    check(a.lower == at.lower && a.upper == at.upper,
          "metadata-hash-at \"performs the same hash computation as `metadata-hash`\"");
    check(a.lower == of_link.lower && a.upper == of_link.upper, "metadata-hash by another name");
    fs_descriptor all[] = {one, again, two, also, folder};
    for (int i = 0; i < 5; i++) fs_descriptor_drop(all[i]);
}

/* ---- reading and writing ---- */

static void read_at(void) {
    make_file("ten", "0123456789");
    fs_descriptor d = open_file("ten", 0, READ);
    static const struct {
        uint64_t length, offset;
        const char *want;
        bool must_end, may_end;
    } reads[] = {
        {10, 0, "0123456789", false, true},
        {5, 0, "01234", false, false},
        {5, 5, "56789", false, true},
        {1, 9, "9", false, true},
        {100, 0, "0123456789", false, true},
        {10, 10, "", true, true},
        {10, 11, "", true, true},
        {10, 1000, "", true, true},
        {0, 0, "", false, false},
        {HUGE, 0, "0123456789", false, true},
        {HUGE, 9, "9", false, true},
        {1 << 30, 3, "3456789", false, true},
    };
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++) {
        fs_result_tuple2_list_u8_bool_error_code r =
            fs_descriptor_read(ref(d), reads[i].length, reads[i].offset);
        check(!r.is_err && bytes_are(r.val.ok.f0, reads[i].want), "%u at %u: the bytes",
              reads[i].length, reads[i].offset);
        /* "a bool which, when true, indicates that the end of the file was reached" */
        check(!r.is_err && (r.val.ok.f1 ? reads[i].may_end : !reads[i].must_end),
              "%u at %u: whether that was the end", reads[i].length, reads[i].offset);
    }
    static const uint64_t offsets[] = {1ull << 63, (1ull << 63) - 1, HUGE, HUGE - 10};
    for (size_t i = 0; i < 4; i++) {
        fs_result_tuple2_list_u8_bool_error_code r = fs_descriptor_read(ref(d), 10, offsets[i]);
        int code = r.is_err ? (int)r.val.err : r.val.ok.f0.len ? NOT_READY : OK;
        outcome(code, YES | E(INVALID) | E(OVERFLOW), fs_name, "10 at %u: no byte, or an error",
                offsets[i]);
    }
    fs_descriptor_drop(d);
    fs_descriptor writer = open_file("ten", 0, WRITE), folder = open_file(".", DIRECTORY, READ);
    /* POSIX, read: [EBADF] "not a valid file descriptor open for reading", [EISDIR] */
    outcome(CODE(fs_descriptor_read(ref(writer), 1, 0)), E(BAD_DESCRIPTOR) | E(NOT_PERMITTED),
            fs_name, "of what is open for writing");
    outcome(CODE(fs_descriptor_read(ref(folder), 1, 0)), E(IS_DIRECTORY) | E(BAD_DESCRIPTOR),
            fs_name, "of a folder");
    /* read-via-stream: "May fail with an error-code", or the stream fails */
    outcome(CODE(fs_descriptor_read_via_stream(ref(writer), 0)),
            E(BAD_DESCRIPTOR) | E(NOT_PERMITTED) | YES, fs_name,
            "a stream of what is open for writing");
    outcome(CODE(fs_descriptor_read_via_stream(ref(folder), 0)),
            E(IS_DIRECTORY) | E(BAD_DESCRIPTOR), fs_name, "a stream of a folder");
    fs_descriptor_drop(writer);
    fs_descriptor_drop(folder);
}

static void write_at(void) {
    fs_descriptor d = open_file("written", CREATE, READ | WRITE);
    fs_result_u64_error_code r = fs_descriptor_write(ref(d), some_bytes(), 0);
    check(!r.is_err && r.val.ok == 10, "ten bytes");
    check(text_is(name(content_of("written")), "0123456789"), "they are there");
    check(MUST(fs_descriptor_write(ref(d), bytes_of("AB"), 4)) == 2, "two within");
    check(text_is(name(content_of("written")), "0123AB6789"), "only they are changed");
    check(MUST(fs_descriptor_write(ref(d), bytes_of(""), 4)) == 0, "none");
    check(MUST(fs_descriptor_write(ref(d), bytes_of("CD"), 12)) == 2, "two past the end");
    wit_list_u8 got = MUST(fs_descriptor_read(ref(d), 100, 8)).f0;
    static const uint8_t want[] = {'8', '9', 0, 0, 'C', 'D'};
    bool same = got.len == 6;
    for (size_t i = 0; same && i < 6; i++) same = got.ptr[i] == want[i];
    check(same, "\"bytes between the previous end and the start of the write set to zero\"");
    /* POSIX, write: [EFBIG] "at or beyond the offset maximum"; pwrite: [EINVAL] negative offset */
    static const uint64_t offsets[] = {1ull << 63, (1ull << 63) - 1, HUGE, HUGE - 9};
    for (size_t i = 0; i < 4; i++)
        outcome(CODE(fs_descriptor_write(ref(d), some_bytes(), offsets[i])),
                E(INVALID) | E(FILE_TOO_LARGE) | E(OVERFLOW), fs_name, "ten at %u", offsets[i]);
    check(size_of(d) == 14, "failed writes change nothing");
    fs_descriptor_drop(d);
    fs_descriptor reader = open_file("written", 0, READ), folder = open_file(".", DIRECTORY, READ);
    fs_descriptor both[] = {reader, folder};
    static const char *const names[] = {"what is open for reading", "a folder"};
    for (int i = 0; i < 2; i++) {
        uint64_t want_fault = E(BAD_DESCRIPTOR) | E(NOT_PERMITTED) | (i ? E(IS_DIRECTORY) : 0);
        outcome(CODE(fs_descriptor_write(ref(both[i]), some_bytes(), 0)), want_fault, fs_name,
                "to %s", names[i]);
        /* "May fail with an error-code", or the stream fails */
        outcome(CODE(fs_descriptor_write_via_stream(ref(both[i]), 0)), want_fault | YES, fs_name,
                "a stream to %s", names[i]);
        outcome(CODE(fs_descriptor_append_via_stream(ref(both[i]))), want_fault | YES, fs_name,
                "an appending stream to %s", names[i]);
        outcome(CODE(fs_descriptor_set_size(ref(both[i]), 3)), want_fault | E(INVALID), fs_name,
                "set-size of %s", names[i]);
        fs_descriptor_drop(both[i]);
    }
}

static void set_size(void) {
    fs_descriptor d = open_file("sized", CREATE, READ | WRITE);
    MUST(fs_descriptor_write(ref(d), some_bytes(), 0));
    static const uint64_t sizes[] = {10, 4, 0, 7, 100000, 1ull << 32, 3};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        outcome(CODE(fs_descriptor_set_size(ref(d), sizes[i])), YES, fs_name, "%u", sizes[i]);
        check(size_of(d) == sizes[i], "%u is told", sizes[i]);
    }
    MUST_VOID(fs_descriptor_set_size(ref(d), 0));
    MUST_VOID(fs_descriptor_set_size(ref(d), 5));
    wit_list_u8 got = MUST(fs_descriptor_read(ref(d), 100, 0)).f0;
    bool zero = got.len == 5;
    for (size_t i = 0; zero && i < 5; i++) zero = got.ptr[i] == 0;
    check(zero, "\"the extra bytes are filled with zeros\"");
    static const uint64_t wrong[] = {1ull << 63, HUGE};
    for (size_t i = 0; i < 2; i++)
        outcome(CODE(fs_descriptor_set_size(ref(d), wrong[i])),
                E(INVALID) | E(FILE_TOO_LARGE) | E(OVERFLOW), fs_name, "%u", wrong[i]);
    check(size_of(d) == 5, "failures change nothing");
    fs_descriptor_drop(d);
}

static void syncs(void) {
    fs_descriptor d[] = {open_file("synced", CREATE, READ | WRITE), open_file("synced", 0, READ),
                         open_file(".", DIRECTORY, READ)};
    static const char *const names[] = {"a file", "a file that is only read", "a folder"};
    for (int i = 0; i < 3; i++) {
        /* "This function succeeds with no effect if the file descriptor is not opened for
         * writing." */
        outcome(CODE(fs_descriptor_sync(ref(d[i]))), YES, fs_name, "sync of %s", names[i]);
        outcome(CODE(fs_descriptor_sync_data(ref(d[i]))), YES, fs_name, "sync-data of %s",
                names[i]);
        for (int advice = 0; advice < 6; advice++) {
            uint64_t want = i < 2 ? YES : YES | E(BAD_DESCRIPTOR) | E(IS_DIRECTORY) | E(INVALID);
            outcome(CODE(fs_descriptor_advise(ref(d[i]), 0, 0, (fs_advice)advice)), want, fs_name,
                    "advise of %s, %s", names[i], fs_advice_name((fs_advice)advice));
        }
    }
    outcome(CODE(fs_descriptor_advise(ref(d[0]), 1ull << 63, 1, FS_ADVICE_NORMAL)),
            YES | E(INVALID) | E(OVERFLOW), fs_name, "advise of an offset of 2^63");
    outcome(CODE(fs_descriptor_advise(ref(d[0]), 0, HUGE, FS_ADVICE_NORMAL)),
            YES | E(INVALID) | E(OVERFLOW), fs_name, "advise of a length of 2^64-1");
    for (int i = 0; i < 3; i++) fs_descriptor_drop(d[i]);
    static const fs_descriptor_flags kinds[] = {FS_DESCRIPTOR_FLAGS_FILE_INTEGRITY_SYNC,
                                                FS_DESCRIPTOR_FLAGS_DATA_INTEGRITY_SYNC,
                                                FS_DESCRIPTOR_FLAGS_REQUESTED_WRITE_SYNC};
    for (int i = 0; i < 3; i++) /* "should be interpreted as a request, and not a requirement" */
        outcome(opens("synced", 0, READ | WRITE | kinds[i]), YES, fs_name,
                "opened with integrity flag %d", i);
}

/* ---- attributes ---- */

static bool is_time(wall_option_datetime t, uint64_t seconds, uint32_t ns) {
    return t.is_some && t.val.seconds == seconds && t.val.nanoseconds == ns;
}

static void times(void) {
    fs_descriptor d = open_file("stat", 0, READ | WRITE);
    fs_descriptor_stat s;
    fs_new_timestamp keep = fs_new_timestamp_no_change(), now = fs_new_timestamp_now();
    static const wall_datetime points[] = {
        {0, 0}, {1, 999999999}, {1000000000, 1}, {2147483648ull, 5}, {4294967296ull, 7}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        fs_new_timestamp t = fs_new_timestamp_timestamp(points[i]);
        MUST_VOID(fs_descriptor_set_times(ref(d), &keep, &keep));
        outcome(CODE(fs_descriptor_set_times(ref(d), &t, &keep)), YES, fs_name,
                "set-times: access to %u s", points[i].seconds);
        check(
            is_time(status(ref(d)).data_access_timestamp, points[i].seconds, points[i].nanoseconds),
            "access is at %u s", points[i].seconds);
        outcome(CODE(fs_descriptor_set_times(ref(d), &keep, &t)), YES, fs_name,
                "set-times: modification to %u s", points[i].seconds);
        s = status(ref(d));
        check(is_time(s.data_modification_timestamp, points[i].seconds, points[i].nanoseconds),
              "modification is at %u s", points[i].seconds);
        check(is_time(s.data_access_timestamp, points[i].seconds, points[i].nanoseconds),
              "no-change: access is still at %u s", points[i].seconds);
        outcome(CODE(fs_descriptor_set_times_at(root(), 0, name("stat"), &t, &t)), YES, fs_name,
                "set-times-at: both to %u s", points[i].seconds);
    }
    MUST_VOID(fs_descriptor_set_times(ref(d), &now, &now));
    wall_datetime clock = wall_now();
    s = status(ref(d));
    check(s.data_modification_timestamp.is_some &&
              s.data_modification_timestamp.val.seconds + 5 > clock.seconds &&
              s.data_modification_timestamp.val.seconds < clock.seconds + 5,
          "now is the time of the wall clock");
    /* "The nanoseconds field ... is always less than 1000000000"; POSIX, utimensat: [EINVAL] */
    fs_new_timestamp wrong = fs_new_timestamp_timestamp((wall_datetime){1, 1000000000});
    outcome(CODE(fs_descriptor_set_times(ref(d), &keep, &wrong)), E(INVALID), fs_name,
            "set-times: 10^9 nanoseconds");
    outcome(CODE(fs_descriptor_set_times_at(root(), 0, name("stat"), &wrong, &keep)), E(INVALID),
            fs_name, "set-times-at: 10^9 nanoseconds");
    fs_new_timestamp never = fs_new_timestamp_timestamp((wall_datetime){HUGE, 0});
    outcome(CODE(fs_descriptor_set_times(ref(d), &never, &never)), E(INVALID) | E(OVERFLOW),
            fs_name, "set-times: 2^64-1 seconds");
    outcome(CODE(fs_descriptor_set_times_at(root(), 0, name("stat"), &never, &never)),
            E(INVALID) | E(OVERFLOW), fs_name, "set-times-at: 2^64-1 seconds");
    fs_descriptor_drop(d);
    fs_descriptor folder = open_file(".", DIRECTORY, READ | MUTATE);
    fs_new_timestamp t = fs_new_timestamp_timestamp(points[2]);
    outcome(CODE(fs_descriptor_set_times(ref(folder), &t, &t)), YES, fs_name,
            "set-times of a folder: \"an open file or directory\"");
    fs_descriptor_drop(folder);
}

static void attributes(void) {
    make_file("stat", "12345");
    fs_descriptor d = open_file("stat", 0, READ | WRITE);
    fs_descriptor_stat s = status(ref(d));
    check(s.type == FS_DESCRIPTOR_TYPE_REGULAR_FILE, "the type of a file");
    check(s.size == 5, "the size of a file");
    check(s.link_count == 1, "the links of a file");
    MUST_VOID(fs_descriptor_link_at(root(), 0, name("stat"), root(), name("stat-link")));
    check(status(ref(d)).link_count == 2, "the links of a file with two names");
    MUST_VOID(fs_descriptor_unlink_file_at(root(), name("stat-link")));
    check(status(ref(d)).link_count == 1, "the links of a file with one name again");
    MUST_VOID(fs_descriptor_symlink_at(root(), name("stat"), name("stat-soft")));
    fs_descriptor_stat link = MUST(fs_descriptor_stat_at(root(), 0, name("stat-soft")));
    check(link.type == FS_DESCRIPTOR_TYPE_SYMBOLIC_LINK && link.size == 4,
          "\"For symbolic links, the length in bytes of the pathname\"");
    link = MUST(fs_descriptor_stat_at(root(), FOLLOW, name("stat-soft")));
    check(link.type == FS_DESCRIPTOR_TYPE_REGULAR_FILE && link.size == 5,
          "a link that is followed");
    check(status(root()).type == FS_DESCRIPTOR_TYPE_DIRECTORY, "the type of a folder");
    fs_descriptor_drop(d);
    times();
}

/* ---- folders ---- */

static void listing(void) {
    MUST_VOID(fs_descriptor_create_directory_at(root(), name("list")));
    fs_descriptor d = open_file("list", DIRECTORY, READ | MUTATE);
    fs_directory_entry_stream empty = MUST(fs_descriptor_read_directory(ref(d)));
    fs_result_option_directory_entry_error_code r =
        fs_directory_entry_stream_read_directory_entry(fs_directory_entry_stream_borrow(empty));
    check(!r.is_err && !r.val.ok.is_some, "an empty folder: no entry, without `.` and `..`");
    r = fs_directory_entry_stream_read_directory_entry(fs_directory_entry_stream_borrow(empty));
    check(!r.is_err && !r.val.ok.is_some, "and none again");
    fs_directory_entry_stream_drop(empty);
    enum { N = 200 };
    for (int i = 0; i < N; i++) make_file(text("list/file-%d", i), "x");
    MUST_VOID(fs_descriptor_create_directory_at(root(), name("list/folder")));
    MUST_VOID(fs_descriptor_symlink_at(root(), name("file-1"), name("list/link")));
    make_file("list/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "x");
    bool seen[N + 3] = {0}, right = true, twice = false, dots = false;
    fs_directory_entry_stream all = MUST(fs_descriptor_read_directory(ref(d)));
    fs_directory_entry_stream other = MUST(fs_descriptor_read_directory(ref(d)));
    int count = 0;
    for (;;) {
        r = fs_directory_entry_stream_read_directory_entry(fs_directory_entry_stream_borrow(all));
        if (r.is_err || !r.val.ok.is_some) break;
        if (count++ < 5)
            (void)fs_directory_entry_stream_read_directory_entry(
                fs_directory_entry_stream_borrow(other));
        fs_directory_entry e = r.val.ok.val;
        int which = text_is(e.name, "folder")                                 ? N
                    : text_is(e.name, "link")                                 ? N + 1
                    : text_is(e.name, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80") ? N + 2
                                                                              : -1;
        for (int i = 0; which < 0 && i < N; i++)
            if (text_is(e.name, text("file-%d", i))) which = i;
        if (text_is(e.name, ".") || text_is(e.name, "..")) dots = true;
        if (which < 0) continue;
        if (seen[which]) twice = true;
        seen[which] = true;
        fs_descriptor_type type = which == N       ? FS_DESCRIPTOR_TYPE_DIRECTORY
                                  : which == N + 1 ? FS_DESCRIPTOR_TYPE_SYMBOLIC_LINK
                                                   : FS_DESCRIPTOR_TYPE_REGULAR_FILE;
        if (e.type != type) right = false;
    }
    fs_directory_entry_stream_drop(all);
    fs_directory_entry_stream_drop(other);
    bool every = true;
    for (int i = 0; i < N + 3; i++) every = every && seen[i];
    check(every, "each entry is told");
    check(!twice, "none is told twice, beside another stream");
    check(count == N + 3, "nothing else is told");
    check(!dots, "\"`.` and `..` ... are omitted\"");
    check(right, "the types are right");
    fs_descriptor_drop(d);
    fs_descriptor file = open_file("list/file-1", 0, READ);
    outcome(CODE(fs_descriptor_read_directory(ref(file))), E(NOT_DIRECTORY) | E(BAD_DESCRIPTOR),
            fs_name, "of a file");
    fs_descriptor_drop(file);
}

/* A method with a path on a descriptor that is no folder: POSIX, openat: [ENOTDIR]. */
static void not_below_files(void) {
    make_file("no-folder", "x");
    fs_descriptor file = open_file("no-folder", 0, READ | WRITE);
    fs_descriptor_ref f = ref(file);
    fs_new_timestamp t = fs_new_timestamp_now();
    wit_string x = WIT_STR("x");
    uint64_t want = E(NOT_DIRECTORY) | E(BAD_DESCRIPTOR);
    outcome(CODE(fs_descriptor_create_directory_at(f, x)), want, fs_name, "create-directory-at");
    outcome(CODE(fs_descriptor_stat_at(f, 0, x)), want, fs_name, "stat-at");
    outcome(CODE(fs_descriptor_set_times_at(f, 0, x, &t, &t)), want, fs_name, "set-times-at");
    outcome(CODE(fs_descriptor_link_at(f, 0, x, root(), name("y"))), want, fs_name, "link-at");
    outcome(CODE(fs_descriptor_link_at(root(), 0, name("no-folder"), f, x)), want, fs_name,
            "link-at, the new path");
    outcome(CODE(fs_descriptor_open_at(f, 0, x, 0, READ)), want, fs_name, "open-at");
    outcome(CODE(fs_descriptor_readlink_at(f, x)), want, fs_name, "readlink-at");
    outcome(CODE(fs_descriptor_remove_directory_at(f, x)), want, fs_name, "remove-directory-at");
    outcome(CODE(fs_descriptor_rename_at(f, x, root(), name("y"))), want, fs_name, "rename-at");
    outcome(CODE(fs_descriptor_rename_at(root(), name("no-folder"), f, x)), want, fs_name,
            "rename-at, the new path");
    outcome(CODE(fs_descriptor_symlink_at(f, x, x)), want, fs_name, "symlink-at");
    outcome(CODE(fs_descriptor_unlink_file_at(f, x)), want, fs_name, "unlink-file-at");
    outcome(CODE(fs_descriptor_metadata_hash_at(f, 0, x)), want, fs_name, "metadata-hash-at");
    fs_descriptor_drop(file);
}

static void removing(void) {
    MUST_VOID(fs_descriptor_create_directory_at(root(), name("full")));
    make_file("full/file", "x");
    outcome(CODE(fs_descriptor_remove_directory_at(root(), name("full"))), E(NOT_EMPTY), fs_name,
            "remove-directory-at: \"not-empty if the directory is not empty\"");
    outcome(CODE(fs_descriptor_unlink_file_at(root(), name("full"))), E(IS_DIRECTORY), fs_name,
            "unlink-file-at of a folder");
    fs_descriptor open = open_file("full/file", 0, READ | WRITE);
    outcome(CODE(fs_descriptor_unlink_file_at(root(), name("full/file"))), YES, fs_name,
            "a file that is open can be removed");
    check(!exists("full/file"), "it has no name any more");
    check(bytes_are(MUST(fs_descriptor_read(ref(open), 10, 0)).f0, "x"), "and can still be read");
    check(status(ref(open)).link_count == 0, "it has no links");
    fs_descriptor_drop(open);
    fs_descriptor folder = open_file("full", DIRECTORY, READ | MUTATE);
    outcome(CODE(fs_descriptor_remove_directory_at(root(), name("full"))), YES, fs_name,
            "a folder that is open can be removed");
    outcome(CODE(fs_descriptor_create_directory_at(ref(folder), name("x"))), E(NO_ENTRY), fs_name,
            "nothing can be made in it then");
    fs_descriptor_drop(folder);
}

static void renaming(void) {
    make_file("from", "from");
    make_file("to", "to");
    outcome(CODE(fs_descriptor_rename_at(root(), name("from"), root(), name("to"))), YES, fs_name,
            "a file over a file");
    check(!exists("from") && text_is(name(content_of("to")), "from"), "it has taken its place");
    outcome(CODE(fs_descriptor_rename_at(root(), name("to"), root(), name("to"))), YES, fs_name,
            "a file over itself");
    check(exists("to"), "it is still there");
    MUST_VOID(fs_descriptor_create_directory_at(root(), name("folder")));
    MUST_VOID(fs_descriptor_create_directory_at(root(), name("empty")));
    MUST_VOID(fs_descriptor_create_directory_at(root(), name("used")));
    make_file("used/x", "x");
    /* POSIX, rename: [ENOTDIR], [EISDIR], [EEXIST] or [ENOTEMPTY], [EINVAL] */
    outcome(CODE(fs_descriptor_rename_at(root(), name("folder"), root(), name("to"))),
            E(NOT_DIRECTORY), fs_name, "a folder over a file");
    outcome(CODE(fs_descriptor_rename_at(root(), name("to"), root(), name("folder"))),
            E(IS_DIRECTORY), fs_name, "a file over a folder");
    outcome(CODE(fs_descriptor_rename_at(root(), name("folder"), root(), name("used"))),
            E(NOT_EMPTY) | E(EXIST), fs_name, "a folder over one that is not empty");
    outcome(CODE(fs_descriptor_rename_at(root(), name("folder"), root(), name("empty"))), YES,
            fs_name, "a folder over an empty one");
    outcome(CODE(fs_descriptor_rename_at(root(), name("used"), root(), name("used/inner"))),
            E(INVALID), fs_name, "a folder into itself");
    fs_descriptor used = open_file("used", DIRECTORY, READ | MUTATE);
    outcome(CODE(fs_descriptor_rename_at(root(), name("to"), ref(used), name("moved"))), YES,
            fs_name, "into another descriptor's folder");
    check(exists("used/moved"), "it is there");
    outcome(CODE(fs_descriptor_rename_at(ref(used), name("moved"), root(), name("back"))), YES,
            fs_name, "out of another descriptor's folder");
    outcome(CODE(fs_descriptor_link_at(root(), 0, name("back"), ref(used), name("linked"))), YES,
            fs_name, "link-at into another descriptor's folder");
    check(text_is(name(content_of("used/linked")), "from"), "the link has the content");
    fs_descriptor_drop(used);
}

static void links(void) {
    static const struct {
        const char *name, *content;
        uint64_t want;
    } contents[] = {
        {"within", "file", YES},
        {"missing", "no/such/thing", YES},
        {"with dots", "./a/../b", YES},
        /* "relative steps that lead out are found out when the link is followed" */
        {"upward", "../outside", YES | E(NOT_PERMITTED)},
        {"absolute", "/proc/self/status", E(NOT_PERMITTED)}, /* "If `old-path` starts with `/`" */
        {"root", "/", E(NOT_PERMITTED)},
        {"slashes", "//x", E(NOT_PERMITTED)},
        {"empty", "", E(NO_ENTRY) | E(INVALID)}, /* POSIX: [ENOENT] */
        {"not ASCII", "\xc3\xa4\xe2\x82\xac", YES},
        {"slash behind", "folder/", YES},
    };
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        const char *path = text("link-%d", (int)i);
        int code = CODE(fs_descriptor_symlink_at(root(), name(contents[i].content), name(path)));
        outcome(code, contents[i].want, fs_name, "content %s", contents[i].name);
        if (code != OK) {
            check(!exists(path), "content %s: no link is made", contents[i].name);
            continue;
        }
        fs_result_string_error_code r = fs_descriptor_readlink_at(root(), name(path));
        check(!r.is_err && text_is(r.val.ok, contents[i].content), "content %s is read back",
              contents[i].name);
    }
    wit_string with_zero = WIT_STR("a\0b");
    outcome(CODE(fs_descriptor_symlink_at(root(), with_zero, name("zero"))),
            E(INVALID) | E(ILLEGAL_BYTE_SEQUENCE), fs_name, "content with a zero");
}

/* ---- streams of files ---- */

static wit_list_u8 read_stream(io_input_stream in, uint64_t n) {
    io_result_list_u8_stream_error r = io_input_stream_blocking_read(io_input_stream_borrow(in), n);
    if (r.is_err) stream_fault(r.val.err);
    return r.is_err ? (wit_list_u8){0} : r.val.ok;
}

static void input_streams(void) {
    make_file("in", "0123456789");
    fs_descriptor d = open_file("in", 0, READ);
    io_input_stream a = MUST(fs_descriptor_read_via_stream(ref(d), 0));
    io_input_stream b = MUST(fs_descriptor_read_via_stream(ref(d), 5));
    io_input_stream past = MUST(fs_descriptor_read_via_stream(ref(d), 11));
    io_input_stream_ref ra = io_input_stream_borrow(a);
    check(bytes_are(read_stream(a, 2), "01"), "from the start");
    check(bytes_are(read_stream(b, 2), "56"), "from an offset");
    check(bytes_are(read_stream(a, 2), "23"), "streams \"do not interfere with each other\"");
    io_result_u64_stream_error skipped = io_input_stream_blocking_skip(ra, 3);
    check(!skipped.is_err && skipped.val.ok == 3, "blocking-skip");
    skipped = io_input_stream_skip(io_input_stream_borrow(b), 1);
    check(!skipped.is_err && skipped.val.ok <= 1, "skip");
    outcome(STREAM_CODE(io_input_stream_read(ra, 0)), YES, stream_name,
            "read of 0 of what is open");
    check(ready_within(io_input_stream_subscribe(ra), 1000), "a file is ready");
    check(bytes_are(read_stream(a, HUGE), "789"), "no more than there is");
    outcome(STREAM_CODE(io_input_stream_blocking_read(ra, 1)), BIT(CLOSED), stream_name,
            "blocking-read at the end");
    outcome(STREAM_CODE(io_input_stream_read(ra, 1)), BIT(CLOSED), stream_name, "read at the end");
    outcome(STREAM_CODE(io_input_stream_skip(ra, 1)), BIT(CLOSED), stream_name, "skip at the end");
    outcome(STREAM_CODE(io_input_stream_blocking_skip(ra, 1)), BIT(CLOSED), stream_name,
            "blocking-skip at the end");
    check(ready_within(io_input_stream_subscribe(ra), 1000), "an ended stream is ready");
    outcome(STREAM_CODE(io_input_stream_blocking_read(io_input_stream_borrow(past), 1)),
            BIT(CLOSED), stream_name, "from past the end");
    io_input_stream_drop(a);
    io_input_stream_drop(b);
    io_input_stream_drop(past);
    static const uint64_t offsets[] = {1ull << 63, HUGE};
    for (int i = 0; i < 2; i++) {
        __auto_type s = fs_descriptor_read_via_stream(ref(d), offsets[i]);
        int code = s.is_err ? (int)s.val.err : OK;
        outcome(code, YES | E(INVALID) | E(OVERFLOW), fs_name, "from %u", offsets[i]);
        if (s.is_err) continue;
        outcome(STREAM_CODE(io_input_stream_blocking_read(io_input_stream_borrow(s.val.ok), 1)),
                BIT(CLOSED) | BIT(FAILED), stream_name, "from %u: no byte", offsets[i]);
        io_input_stream_drop(s.val.ok);
    }
    io_input_stream last = MUST(fs_descriptor_read_via_stream(ref(d), 8));
    fs_descriptor_drop(d);
    check(bytes_are(read_stream(last, 5), "89"), "a stream outlives the descriptor's handle");
    io_input_stream_drop(last);
}

static int write_stream(io_output_stream out, const char *content) {
    return STREAM_CODE(
        io_output_stream_blocking_write_and_flush(io_output_stream_borrow(out), bytes_of(content)));
}

static void output_streams(void) {
    make_file("out", "0123456789");
    fs_descriptor d = open_file("out", 0, READ | WRITE);
    io_output_stream a = MUST(fs_descriptor_write_via_stream(ref(d), 0));
    io_output_stream b = MUST(fs_descriptor_write_via_stream(ref(d), 5));
    io_output_stream end = MUST(fs_descriptor_append_via_stream(ref(d)));
    io_output_stream_ref ra = io_output_stream_borrow(a);
    outcome(write_stream(a, "AB"), YES, stream_name, "at the start");
    outcome(write_stream(b, "CD"), YES, stream_name, "at an offset");
    outcome(write_stream(end, "EF"), YES, stream_name, "at the end");
    outcome(write_stream(a, "G"), YES, stream_name, "further");
    check(text_is(name(content_of("out")), "ABG34CD789EF"), "the content");
    io_result_u64_stream_error permit = io_output_stream_check_write(ra);
    check(!permit.is_err && permit.val.ok > 0, "check-write permits something");
    outcome(STREAM_CODE(io_output_stream_write(ra, bytes_of("H"))), YES, stream_name, "write");
    outcome(STREAM_CODE(io_output_stream_flush(ra)), YES, stream_name, "flush");
    check(ready_within(io_output_stream_subscribe(ra), 2000), "it becomes ready after flush");
    permit = io_output_stream_check_write(ra);
    check(!permit.is_err && permit.val.ok > 1, "and check-write permits again");
    outcome(STREAM_CODE(io_output_stream_write_zeroes(ra, 2)), YES, stream_name, "write-zeroes");
    outcome(STREAM_CODE(io_output_stream_blocking_flush(ra)), YES, stream_name, "blocking-flush");
    outcome(STREAM_CODE(io_output_stream_blocking_write_zeroes_and_flush(ra, 1)), YES, stream_name,
            "blocking-write-zeroes-and-flush");
    wit_list_u8 got = MUST(fs_descriptor_read(ref(d), 100, 0)).f0;
    check(got.len == 12 && got.ptr[3] == 'H' && !got.ptr[4] && !got.ptr[5] && !got.ptr[6] &&
              got.ptr[7] == '7',
          "three zeroes are where they belong");
    MUST(fs_descriptor_write(ref(d), bytes_of("now longer"), 12));
    outcome(write_stream(end, "!"), YES, stream_name, "append after another write");
    check(size_of(d) == 23, "it goes to the new end");
    MUST_VOID(fs_descriptor_set_size(ref(d), 2));
    outcome(write_stream(end, "!"), YES, stream_name, "append after the file was cut off");
    check(size_of(d) == 3, "it goes to the new end again");
    io_output_stream late = MUST(fs_descriptor_write_via_stream(ref(d), 6));
    outcome(write_stream(late, "x"), YES, stream_name, "past the end");
    check(size_of(d) == 7, "the file is as long as that needs");
    io_output_stream_drop(late);
    uint8_t *page = WIT_NEW(uint8_t, 4096);
    for (int i = 0; i < 4096; i++) page[i] = (uint8_t)i;
    wit_list_u8 bytes = {page, 4096};
    outcome(
        STREAM_CODE(io_output_stream_blocking_write_and_flush(io_output_stream_borrow(b), bytes)),
        YES, stream_name, "blocking-write-and-flush of 4096 bytes");
    check(size_of(d) == 7 + 4096, "all of them are written");
    outcome(STREAM_CODE(
                io_output_stream_blocking_write_zeroes_and_flush(io_output_stream_borrow(b), 4096)),
            YES, stream_name, "blocking-write-zeroes-and-flush of 4096 bytes");
    check(size_of(d) == 7 + 8192, "all the zeroes are written");
    outcome(write_stream(b, ""), YES, stream_name, "nothing");
    io_output_stream_drop(a);
    io_output_stream_drop(b);
    io_output_stream_drop(end);
    io_output_stream kept = MUST(fs_descriptor_append_via_stream(ref(d)));
    fs_descriptor_drop(d);
    outcome(write_stream(kept, "z"), YES, stream_name, "a stream outlives the descriptor's handle");
    io_output_stream_drop(kept);
}

/* An error of a stream tells what it was. */
static void stream_errors(void) {
    fs_descriptor d = open_file("faulty", CREATE, WRITE);
    __auto_type r = fs_descriptor_write_via_stream(ref(d), (1ull << 63) - 1);
    if (!r.is_err) {
        io_output_stream_ref out = io_output_stream_borrow(r.val.ok);
        io_result_void_stream_error w =
            io_output_stream_blocking_write_and_flush(out, bytes_of("too far"));
        bool failed = w.is_err && w.val.err.tag == IO_STREAM_ERROR_LAST_OPERATION_FAILED;
        check(failed, "a write past the largest offset: last-operation-failed");
        if (failed) {
            error_error_ref e = error_error_borrow(w.val.err.val.last_operation_failed);
            fs_option_error_code code = fs_filesystem_error_code(e);
            outcome(code.is_some ? (int)code.val : NOT_READY,
                    E(FILE_TOO_LARGE) | E(INVALID) | E(OVERFLOW), fs_name, "filesystem-error-code");
            http_option_error_code other = http_http_error_code(e);
            check(!other.is_some, "http-error-code of it: none");
            check(error_error_to_debug_string(e).len > 0, "to-debug-string says something");
            error_error_drop(w.val.err.val.last_operation_failed);
        }
        for (int i = 0; i < 2; i++) {
            /* "After this, the stream will be closed. All future operations return
             * `stream-error::closed`." */
            outcome(STREAM_CODE(io_output_stream_check_write(out)), BIT(CLOSED), stream_name,
                    "check-write after it, %d", i);
            outcome(STREAM_CODE(io_output_stream_flush(out)), BIT(CLOSED), stream_name,
                    "flush after it, %d", i);
            outcome(STREAM_CODE(io_output_stream_blocking_flush(out)), BIT(CLOSED), stream_name,
                    "blocking-flush after it, %d", i);
            outcome(STREAM_CODE(io_output_stream_blocking_write_and_flush(out, bytes_of("x"))),
                    BIT(CLOSED), stream_name, "blocking-write-and-flush after it, %d", i);
            outcome(STREAM_CODE(io_output_stream_blocking_write_zeroes_and_flush(out, 1)),
                    BIT(CLOSED), stream_name, "blocking-write-zeroes-and-flush after it, %d", i);
        }
        /* "If the stream is closed, this pollable is always ready immediately." */
        check(ready_within(io_output_stream_subscribe(out), 1000), "the closed stream is ready");
        io_output_stream_drop(r.val.ok);
    }
    fs_descriptor_drop(d);
}

static void splicing(void) {
    make_file("source", "0123456789");
    fs_descriptor from = open_file("source", 0, READ), to = open_file("sink", CREATE, READ | WRITE);
    io_input_stream in = MUST(fs_descriptor_read_via_stream(ref(from), 0));
    io_output_stream out = MUST(fs_descriptor_write_via_stream(ref(to), 0));
    io_output_stream_ref o = io_output_stream_borrow(out);
    io_input_stream_ref i = io_input_stream_borrow(in);
    io_result_u64_stream_error r = io_output_stream_splice(o, i, 0);
    check(!r.is_err && r.val.ok == 0, "splice of 0");
    r = io_output_stream_blocking_splice(o, i, 4);
    check(!r.is_err && r.val.ok == 4, "blocking-splice of 4");
    MUST_VOID(io_output_stream_blocking_flush(o));
    check(text_is(name(content_of("sink")), "0123"), "they are there");
    r = io_output_stream_splice(o, i, 3);
    check(!r.is_err && r.val.ok <= 3, "splice of 3");
    r = io_output_stream_blocking_splice(o, i, HUGE);
    check(!r.is_err, "blocking-splice of 2^64-1");
    MUST_VOID(io_output_stream_blocking_flush(o));
    while (!io_output_stream_blocking_splice(o, i, 100).is_err)
        MUST_VOID(io_output_stream_blocking_flush(o));
    check(text_is(name(content_of("sink")), "0123456789"), "all is there");
    outcome(STREAM_CODE(io_output_stream_splice(o, i, 1)), BIT(CLOSED), stream_name,
            "splice at the end: the error of `read`");
    outcome(STREAM_CODE(io_output_stream_blocking_splice(o, i, 1)), BIT(CLOSED), stream_name,
            "blocking-splice at the end");
    outcome(write_stream(out, "x"), YES, stream_name, "the output is open as before");
    io_output_stream_drop(out);
    io_input_stream_drop(in);
    fs_descriptor_drop(from);
    fs_descriptor_drop(to);
}

void cases(void) {
    PART(open_flags);
    PART(open_effects);
    PART(flags_and_types);
    PART(sameness);
    PART(read_at);
    PART(write_at);
    PART(set_size);
    PART(syncs);
    PART(attributes);
    PART(listing);
    PART(not_below_files);
    PART(removing);
    PART(renaming);
    PART(links);
    PART(input_streams);
    PART(output_streams);
    PART(stream_errors);
    PART(splicing);
}
