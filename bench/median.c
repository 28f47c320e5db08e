/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* median RUNS COMMAND...: runs the command so often, its output thrown away, and prints the median
 * of the wall-clock time of the whole process in milliseconds. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
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

int main(int argc, char **argv) {
    int runs = argc > 2 ? atoi(argv[1]) : 0;
    double *times = runs > 0 ? calloc((size_t)runs, sizeof *times) : NULL;
    if (!times) return 2;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (int i = 0; i < runs; i++) {
        pid_t child;
        int status;
        double start = now();
        if (posix_spawnp(&child, argv[2], &quiet, NULL, argv + 2, environ) != 0) return 1;
        waitpid(child, &status, 0);
        times[i] = now() - start;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 1;
    }
    qsort(times, (size_t)runs, sizeof *times, by_value);
    printf("%.2f\n", times[runs / 2]);
    return 0;
}
