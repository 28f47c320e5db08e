/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* median [-m] RUNS COMMAND...: runs the command so often, its output thrown away, and prints the
 * median of the wall-clock time of the whole process in milliseconds; with -m, of its peak memory in
 * MB. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One run; what is measured, or -1 where the command fails. */
static double run(char **command, const posix_spawn_file_actions_t *quiet, int memory) {
    pid_t child;
    int status;
    struct rusage usage;
    double start = now();
    if (posix_spawnp(&child, command[0], quiet, NULL, command, environ) != 0) return -1;
    wait4(child, &status, 0, &usage);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return -1;
    return memory ? (double)usage.ru_maxrss / 1024 : now() - start;
}

int main(int argc, char **argv) {
    int memory = argc > 1 && strcmp(argv[1], "-m") == 0;
    argc -= memory, argv += memory;
    int runs = argc > 2 ? atoi(argv[1]) : 0;
    double *values = runs > 0 ? calloc((size_t)runs, sizeof *values) : NULL;
    if (!values) return 2;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (int i = 0; i < runs; i++)
        if ((values[i] = run(argv + 2, &quiet, memory)) < 0) return 1;
    qsort(values, (size_t)runs, sizeof *values, by_value);
    printf("%.2f\n", values[runs / 2]);
    return 0;
}
