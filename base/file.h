/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/diag.h"

/* Reads a whole file ("-": standard input) into the arena. NULL and a diagnostic where it is
 * missing, a directory, unreadable, or larger than 2 GiB. `binary` is set where the bytes begin
 * with "\0asm". */
const Source *file_read(Arena *arena, Str path, Diags *diags);
/* From now on this thread reads regular files only: no pipe or device, for which it might have to wait, or which never
 * end. */
void file_read_regular(void);

/* A source of bytes that are in memory already; the path is for messages. */
const Source *source_of(Arena *arena, Str path, Str text);

/* A file that is written piece by piece: into a temporary file beside `path`, which takes its place
 * when it is closed with `keep`, so that the old file stays whole if anything fails, and a new one
 * has its mode and owner. A file that may not be written stays. "-" is standard output; a device or
 * pipe is written to directly. The first failure is reported; open gives a FileOut even then. */
typedef struct FileOut FileOut;
FileOut *file_out_open(Arena *arena, Str path, Diags *diags);
bool file_out_write(FileOut *out, Str bytes);
bool file_out_close(FileOut *out, bool keep);

/* The same in one call. */
bool file_write(Arena *arena, Str path, Str bytes, Diags *diags);
typedef VEC(Str) StrVec;
bool file_write_pieces(Arena *arena, Str path, const StrVec *pieces, Diags *diags);

bool file_exists(Arena *arena, Str path);
bool file_is_directory(Arena *arena, Str path);
/* Whether what is written to `path` takes the place of the file at `other`, however the two paths are
 * written. Another name of the same file (a hard link) is another place. */
bool file_replaces(Str path, Str other);

/* The names in a directory, sorted by bytes, without "." and "..". False and a diagnostic where it
 * cannot be read. */
bool directory_list(Arena *arena, Str path, StrVec *names, Diags *diags);

/* The same, telling directories from what else there is; links are followed. */
typedef struct {
    Str name;
    enum {
        ENTRY_FILE,
        ENTRY_DIRECTORY,
        ENTRY_SPECIAL, /* a pipe, socket or device: reading it may wait forever */
        ENTRY_NOWHERE  /* a link to what is not there */
    } kind;
} DirectoryEntry;
typedef VEC(DirectoryEntry) DirectoryEntries;
bool directory_read(Arena *arena, Str path, DirectoryEntries *entries, Diags *diags);

Str path_join(Arena *arena, Str directory, Str name);
Str path_file(Str path);      /* what follows the last '/' */
Str path_directory(Str path); /* what stands before it, "." where there is none */

#endif
