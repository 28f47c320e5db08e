/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef ADAPTER_GUEST_H
#define ADAPTER_GUEST_H

/*
 * The adapter's own code: wasi_snapshot_preview1 in terms of WASI 0.2, compiled for wasm32.
 *
 * It lives in the program's memory, of which not a byte is its own. So it has no data, no table and
 * no stack in memory: variables are locals or globals of WebAssembly (GLOBAL), and what needs more,
 * the table of descriptors above all, is in the *state*, which only state.c's functions reach: the
 * linker replaces these by ones with a memory of their own.
 *
 * What a call of WASI 0.2 returns through memory is written to bytes of the program that are put
 * back afterwards, before the program runs again:
 *
 *     16 ..    the area: a result of up to 24 bytes, kept in locals meanwhile (hold, release)
 *     1024 ..  the arena: strings and lists of any length, kept in the state (arena_begin, arena_end)
 *
 * Three modules are made of this: with WITH_FILES, without, and PROXY, for a world that has neither
 * arguments, environment, exit status nor files.
 */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/* The compiler takes such a global for memory where it makes it smaller, or extends or truncates as
 * it is loaded or stored: so none of them is static, and `opaque` keeps conversions apart.
 * tools/adapter.sh looks for what would be left of that. */
#define GLOBAL __attribute__((address_space(1)))
#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define INLINE static inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

#ifndef WITH_FILES
#define WITH_FILES 0
#endif
#ifndef PROXY
#define PROXY 0
#endif

INLINE u32 opaque(u32 value) {
    __asm__("" : "+r"(value));
    return value;
}

/* Of preview 1. */
enum {
    SUCCESS = 0,
    AGAIN = 6,
    BADF = 8,
    INTR = 27,
    INVAL = 28,
    IO = 29,
    MFILE = 33,
    NAMETOOLONG = 37,
    NOMEM = 48,
    NOSYS = 52,
    NOTDIR = 54,
    NOTSOCK = 57,
    NOTSUP = 58,
    OVERFLOW = 61,
    PIPE = 64,
    SPIPE = 70
};

enum { CLOCK_REALTIME, CLOCK_MONOTONIC };
enum { FILETYPE_UNKNOWN, FILETYPE_CHARACTER = 2, FILETYPE_DIRECTORY = 3 };
enum {
    FDFLAG_APPEND = 1,
    FDFLAG_DSYNC = 2,
    FDFLAG_NONBLOCK = 4,
    FDFLAG_RSYNC = 8,
    FDFLAG_SYNC = 16
};

#define RIGHT(n) (1ull << (n))
enum { RIGHT_READ = 1, RIGHT_WRITE = 6, RIGHT_READDIR = 14 };

/* A value or an error of preview 1, in one number: structs would be returned through memory. */
typedef u64 Got;
INLINE Got got(u32 value) { return value; }
INLINE Got failed(u32 error) { return (u64)error << 32; }
INLINE u32 error_of(Got g) { return (u32)(g >> 32); }

enum { FD_MAX = 256, FD_SIZE = 64 }; /* the table of descriptors, where there are files */

/* ---- state.c ---- */

/* Bytes of the state, from 0. What has not been written is undefined. */
u32 state_load8(u32 at);
void state_store8(u32 at, u32 value);
u64 state_load64(u32 at);
void state_store64(u32 at, u64 value);
/* Whether the state has so many bytes. No: it cannot be used now. */
u32 state_room(u32 size);
void copy_in(u32 at, const u8 *from, u32 n); /* into the state */
void copy_out(u8 *to, u32 at, u32 n);

extern u32 GLOBAL heap; /* how much of the state is used behind the descriptors; a multiple of 8 */
/* Where the state is free. */
INLINE u32 heap_end(void) { return (WITH_FILES ? FD_MAX * FD_SIZE : 16) + heap; }
INLINE void keep_until(u32 end) { heap += end - heap_end(); }

/* ---- memory.c ---- */

enum { AREA = 16, AREA_END = 64, ARENA = 1024 };

typedef struct {
    u64 a, b, c;
} Held;

INLINE Held hold(u32 area) {
    const u64 *p = (const u64 *)area;
    return (Held){p[0], p[1], p[2]};
}
INLINE void release(u32 area, Held held) {
    u64 *p = (u64 *)area;
    p[0] = held.a, p[1] = held.b, p[2] = held.c;
}
INLINE u8 *at(u32 address) { return (u8 *)address; }
INLINE u32 byte_at(u32 address) { return *at(address); }
INLINE u32 word_at(u32 address) { return *(const u32 *)address; }
INLINE u64 long_at(u32 address) { return *(const u64 *)address; }
/* An area that is not in these bytes of the program, which a call is going to write. */
INLINE u32 area_beside(u32 address, u32 length) {
    return address < AREA_END ? (address + length + 7) & ~7u : AREA;
}

/* The next call returns one list, which goes to these bytes. */
void expect_list(u8 *to, u32 length);
/* The next calls return strings and lists, which go to the arena: no, where there is no state. What
 * the arena had is in the state behind `heap`; arena_top tells where that ends. */
u32 arena_begin(void);
u32 arena_top(void);
void arena_end(void);
/* Adds a string to the state at `top`: its length, its bytes. Returns where that ends. */
u32 keep_string(u32 top, const u8 *text, u32 length);

/* ---- fds.c, stdio.c: what a descriptor is ---- */

/* `errno` for an error-code of wasi:filesystem. */
u32 errno_of(u32 code);
/* The stream of a descriptor for reading or writing, not of a file. */
Got input_of(u32 fd);
Got output_of(u32 fd);
u32 is_open(u32 fd);
/* Whether one of the three standard streams is a terminal. */
u32 is_terminal(u32 which);
u32 stdin_stream(void);
u32 stdout_stream(void);
u32 stderr_stream(void);
void put_fdstat(u8 *to, u32 type, u32 flags, u64 base, u64 inheriting);

/* ---- io.c ---- */

/* Both return how many bytes. */
Got write_stream(u32 stream, const u8 *bytes, u32 length);
Got read_stream(u32 stream, u8 *to, u32 length);
/* What to wait for with a descriptor; files are always ready. */
IMPORT("wasi:clocks/monotonic-clock@0.2.0", "subscribe-duration")
u32 subscribe_duration(u64 nanoseconds);

#if WITH_FILES
/* Files: fds.c and files.c. */
enum { DESCRIPTOR_DIRECTORY = 3 };
enum { KIND_CLOSED, KIND_STDIO, KIND_FILE, KIND_RESERVED };
/* The fields of a descriptor's 64 bytes in the state. STDIO: `handle` tells which of the three.
 * `stream` is the standard stream, or that of a file to which one appends; 0: not yet. */
enum {
    F_KIND = 0,
    F_HANDLE = 8,
    F_STREAM = 16,
    F_POSITION = 24,
    F_TYPE = 32,
    F_FLAGS = 40,
    F_NAME = 48 /* of a preopen: where its string is in the state */
};
INLINE u64 field(u32 fd, u32 f) { return state_load64(fd * FD_SIZE + f); }
INLINE void set_field(u32 fd, u32 f, u64 value) { state_store64(fd * FD_SIZE + f, value); }
u32 kind_of(u32 fd);
/* The handle of a file or directory. `wrong` is the error where it is a standard stream. */
Got file_of(u32 fd, u32 wrong);
Got dir_of(u32 fd);
Got fd_add(u32 handle, u32 type, u32 flags); /* a new file */
u32 file_type(u32 descriptor_type);
Got file_read(u32 handle, u64 offset, u8 *to, u32 length);
Got file_write(u32 fd, u64 offset, const u8 *bytes, u32 length);
u64 file_size(u32 handle); /* all ones: it cannot be told */
void forget_directory(u32 fd);
#endif

#endif
