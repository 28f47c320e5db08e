/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

#include <signal.h>

#include "cli/cli.h"

/* Programs that a command starts, and the folder of temporary files that they share. No shell is
 * involved: the words reach the program as they are.
 *
 * Signals that end a program are held back between work_begin and work_end, so that the folder is
 * removed in any case; programs that run get SIGTERM, and SIGKILL where a second signal comes. */

typedef struct {
    Str folder; /* of temporary files, an absolute path */
    int signal; /* that came; 0: none */
    sigset_t mask;
} Work;

/* False after a diagnostic. */
bool work_begin(Cli *cli, Work *work);
/* Removes the folder; ends the program where a signal came. May be called twice. */
void work_end(Cli *cli, Work *work);
/* Whether a signal came meanwhile; to be asked after long steps. */
bool work_interrupted(Work *work);

typedef struct {
    StrVec words; /* the program, by its path or a name in $PATH, and its arguments */
    Str output;   /* what it wrote to either stream */
    int status;   /* its exit status; -1: ended by a signal, or not started */
} Process;

/* Runs all, at most `jobs` at once, and waits for them. Standard input is empty. False where a
 * signal came or a program could not be started (then with a diagnostic). */
bool work_run(Cli *cli, Work *work, Process *processes, size_t n, size_t jobs);

/* The path of a program in $PATH; empty where there is none. A name with '/' is a path. */
Str program_find(Cli *cli, Str name);

/* The words as a line for a shell. Those below `folder` begin with "$dir". */
void command_show(Buf *out, const StrVec *words, Str folder);

#endif
