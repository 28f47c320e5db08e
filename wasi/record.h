/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_RECORD_H
#define WASI_RECORD_H

#include "base/reader.h"
#include "wasi/observe.h"

/*
 * What record.c writes and replay.c reads: every call of the host, in the order of what happened.
 *
 *     file    ::= "witc-rec" version:u8 program:name event*
 *     event   ::= size:u32 payload:byte{size} check:fixed32          the check is of the payload (CRC-32)
 *     payload ::= 1 interface:name function:name shape:name          a function; they are counted from 0
 *               | 2 function:u32 arguments start:u64 ns:u64 outcome  a call, from beginning to end
 *               | 3 function:u32 arguments start:u64                 a call that waits
 *               | 4 call:u64 ns:u64 waited:u64 outcome               its end
 *               | 5 outcome                                          the end of the program
 *               | 6 resource:name handle:u64 message:bytes           a drop that trapped, for that reason
 *     arguments ::= 0 bytes cells | 1 size:u64 digest:fixed64        cells where they are short
 *     outcome ::= 0 cells output:bytes                               the result; nothing for a program
 *               | 1 trap:u8 message:bytes
 *               | 2 status:s32                                       an exit
 *     bytes   ::= n:u32 byte{n}
 *
 * Calls are counted from 1, as they begin. u32, u64 and s32 are LEB128, names UTF-8 with their length. `output` is what a call has put into
 * standard output or error that is not among its arguments (`splice`). An event is written at once, so a
 * file that ends early is good up to its last whole event.
 */
#define RECORD_MARK "witc-rec"
enum { RECORD_VERSION = 1, RECORD_MOST_ARGUMENTS = 128, RECORD_MOST_EVENT = 1 << 30 };

typedef enum {
    RECORD_END_OF_FILE,
    RECORD_FUNC,
    RECORD_CALL,
    RECORD_WAITS,
    RECORD_ANSWER,
    RECORD_LAST,
    RECORD_REFUSED
} RecordKind;

uint32_t record_check(const void *bytes, size_t n);

/* Cells as bytes, and back: false where they are no value of the plan. */
void record_put_cells(Buf *out, const AbiPlan *plan, const AbiValue *cells);
bool record_take_cells(Reader *r, const AbiPlan *plan, Arena *arena, AbiValue *cells);

/* Which output streams of the guest are its standard output and error. */
typedef struct {
    struct {
        uint64_t rep;
        int fd;
    } at[64];
    size_t count;
} RecordStandard;
/* A call has ended well: get-stdout and get-stderr give another. `fds` are of the two. */
void record_standard_ends(RecordStandard *standard, const WasiCall *call, const int fds[2]);
void record_standard_drops(RecordStandard *standard, const char *resource, uint64_t rep);
/* The descriptor of a stream, or -1; `n` what a call that ended well has written to it of its arguments. */
typedef struct {
    int fd;
    const char *bytes; /* NULL: zeroes, */
    uint64_t n;        /* or what was spliced */
    bool spliced;
} RecordOutput;
bool record_output(const RecordStandard *standard, const WasiCall *call, RecordOutput *out);

#endif
