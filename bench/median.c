/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* median [-m | -c] RUNS COMMAND...: runs the command so often, its output thrown away, and prints the
 * median of the wall-clock time of the whole process in milliseconds; with -c, of the processor time
 * that it took; with -m, of its peak memory in MB. */
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

static double milliseconds(struct timeval t) {
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* One run; what is measured, or -1 where the command fails. */
static double run(char **command, const posix_spawn_file_actions_t *quiet, char what) {
    pid_t child;
    int status;
    struct rusage usage;
    double start = now();
    if (posix_spawnp(&child, command[0], quiet, NULL, command, environ) != 0) return -1;
    wait4(child, &status, 0, &usage);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return -1;
    if (what == 'm') return (double)usage.ru_maxrss / 1024;
    if (what == 'c') return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
    return now() - start;
}

int main(int argc, char **argv) {
    char what = argc > 1 && argv[1][0] == '-' ? argv[1][1] : 0;
    argc -= what != 0, argv += what != 0;
    int runs = argc > 2 ? atoi(argv[1]) : 0;
    double *values = runs > 0 ? calloc((size_t)runs, sizeof *values) : NULL;
    if (!values) return 2;
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    for (int i = 0; i < runs; i++)
        if ((values[i] = run(argv + 2, &quiet, what)) < 0) return 1;
    qsort(values, (size_t)runs, sizeof *values, by_value);
    printf("%.2f\n", values[runs / 2]);
    return 0;
}
