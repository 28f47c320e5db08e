/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Runs commands of witc on a file that is cut off at every byte, from its end to nothing:
 *
 *     truncate LIST STEP SHARD SHARDS < /dev/null      in the folder with the files
 *
 * LIST has lines "FILE WORDS...": FILE is cut in place and restored, the words are a command line.
 * Every run is a fork, so that a crash is one failure. A run passes if it exits with 0 or 1, with 1
 * says why, writes no file OUT then, and takes less than ten seconds. STEP > 1 tries only each
 * STEP-th length; of the lines, shard SHARD of SHARDS is taken.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"

enum { MAX_WORDS = 40, SECONDS = 10, MAX_SHOWN = 5 };

static unsigned passed, failed;

/* Errors as JSON are output like any other. */
static bool wants_json(char **words, int count) {
    for (int i = 1; i < count; i++)
        if (strcmp(words[i], "--json") == 0) return true;
    return false;
}

static _Noreturn void child(char **words, int count) {
    int errors = open("errors", O_WRONLY | O_CREAT | O_TRUNC, 0666),
        nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(wants_json(words, count) ? errors : nothing, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    alarm(SECONDS);
    int status = cli_main(count, words);
    fflush(stderr);
    _exit(status);
}

/* What is wrong with the outcome of a run, or NULL. */
static const char *fault(int status) {
    static char text[64];
    struct stat st;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return "took too long";
    if (WIFSIGNALED(status)) {
        snprintf(text, sizeof text, "was killed by signal %d", WTERMSIG(status));
        return text;
    }
    if (WEXITSTATUS(status) > 1) {
        snprintf(text, sizeof text, "exited with %d", WEXITSTATUS(status));
        return text;
    }
    if (WEXITSTATUS(status) == 1 && (stat("errors", &st) != 0 || st.st_size == 0))
        return "failed without a word";
    if (WEXITSTATUS(status) == 1 && access("OUT", F_OK) == 0)
        return "failed and left an output file";
    return NULL;
}

static void run_line(char *line, long step) {
    char *words[MAX_WORDS] = {"witc"}, *rest = line, *file = strsep(&rest, " ");
    int count = 1;
    while (rest && count < MAX_WORDS - 1) words[count++] = strsep(&rest, " ");
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const Source *whole = file_read(arena, str_from(file), &diags);
    if (!whole) {
        printf("%s is missing\n", file);
        failed++;
    }
    unsigned bad = 0, runs = 0;
    for (long length = whole ? (long)whole->text.len - 1 : -1; length >= 0; length -= step) {
        if (truncate(file, length) != 0) perror(file), exit(1);
        unlink("OUT");
        pid_t pid = fork();
        if (pid == 0) child(words, count);
        int status;
        waitpid(pid, &status, 0);
        const char *why = fault(status);
        runs++;
        if (!why) continue;
        if (bad++ < MAX_SHOWN) {
            printf("FAILED: %s cut to %ld bytes:", file, length);
            for (int i = 0; i < count; i++) printf(" %s", words[i]);
            printf(": %s\n", why);
        }
    }
    passed += runs - bad;
    failed += bad;
    if (whole) file_write(arena, str_from(file), whole->text, &diags);
    unlink("OUT");
    arena_free(arena);
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    FILE *list = fopen(argv[1], "r");
    long step = atol(argv[2]), shard = atol(argv[3]), shards = atol(argv[4]), number = 0;
    char line[1000];
    if (!list || step < 1 || shards < 1) return 2;
    while (fgets(line, sizeof line, list)) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] && line[0] != '#' && number++ % shards == shard) run_line(line, step);
    }
    fclose(list);
    printf("truncation: %u passed, %u failed\n", passed, failed);
    return failed != 0;
}
