/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* against RUNS COMMAND... :: COMMAND...: runs both in turn, so often each, on one processor, their output
 * thrown away, and prints the least processor time of the first and of the second in milliseconds, and
 * the quotient. Starting the process is part of it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

static double milliseconds(struct timeval t) {
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static double run(char **command, const posix_spawn_file_actions_t *quiet) {
    pid_t child;
    int status;
    struct rusage usage;
    if (posix_spawnp(&child, command[0], quiet, NULL, command, environ) != 0) exit(1);
    wait4(child, &status, 0, &usage);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) exit(1);
    return milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
}

int main(int argc, char **argv) {
    int runs = argc > 2 ? atoi(argv[1]) : 0, between = 2;
    while (between < argc && strcmp(argv[between], "::") != 0) between++;
    if (runs < 1 || between + 1 >= argc) return 2;
    argv[between] = NULL;
    char **commands[2] = {argv + 2, argv + between + 1};
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    double least[2] = {1e12, 1e12};
    for (int i = 0; i < 2 * runs; i++) {
        double took = run(commands[i % 2], &quiet);
        if (took < least[i % 2]) least[i % 2] = took;
    }
    printf("%.2f %.2f %.2f\n", least[0], least[1], least[0] / least[1]);
    return 0;
}
