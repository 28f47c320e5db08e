/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc run` as the shell and the terminal see it: what reaches a terminal, how it ends, and streams that
 * are closed, broken, or no streams. It runs build/witc, or what the variable WITC names.
 */
#include "tests/test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 8 };

/* What the three streams of a child are; -1: closed. */
typedef struct {
    int in, out, err;
} Streams;

static int nowhere;

static pid_t start(Streams streams, const char *const *options, const char *what) {
    const char *program = getenv("WITC");
    const char *words[MOST + 6] = {program ? program : "build/witc", "run"};
    size_t n = 2;
    for (; options && *options; options++) words[n++] = *options;
    words[n++] = "tests/policy/writer.wat";
    words[n++] = what;
    words[n] = NULL;
    fflush(stdout);
    pid_t child = fork();
    if (child) return child;
    const int fds[] = {streams.in, streams.out, streams.err};
    for (int i = 0; i < 3; i++) {
        if (fds[i] < 0) close(i);
        else dup2(fds[i], i);
    }
    for (int fd = 3; fd < 64; fd++) close(fd);
    setenv("LC_ALL", "C", 1);
    execv(words[0], (char *const *)(uintptr_t)words);
    _exit(127);
}

/* The exit status, or 1000 and a signal. */
static int wait_for(pid_t child) {
    int status;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int ends_with(Streams streams, const char *const *options, const char *what) {
    return wait_for(start(streams, options, what));
}

/* All that can be read now. */
static const char *taken(int fd) {
    static char text[4096];
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (n + 1 < sizeof text && poll(&p, 1, 200) > 0 && (p.revents & POLLIN)) {
        ssize_t got = read(fd, text + n, sizeof text - 1 - n);
        if (got <= 0) break;
        n += (size_t)got;
    }
    text[n] = 0;
    return text;
}

static int terminal, terminal_side;

static bool open_terminal(void) {
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) || unlockpt(terminal)) return false;
    terminal_side = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    return terminal_side >= 0;
}

static void replays_are_filtered(void) {
    static char path[] = "/tmp/witc-streams.XXXXXX";
    static const char *const record[] = {"--record", path, NULL};
    static const char *const replay[] = {"--replay", path, NULL};
    int pipes[2];
    close(mkstemp(path));
    CHECK_EQ(pipe(pipes), 0);
    const Streams piped = {nowhere, pipes[1], nowhere}, out = {nowhere, terminal_side, nowhere};
    CHECK_EQ(ends_with(piped, record, "o"), 0);
    CHECK_STR(str_from(taken(pipes[0])), "\x1b[31mred\x1b[0m\n");
    CHECK_EQ(ends_with(piped, replay, "o"), 0);
    CHECK_STR(str_from(taken(pipes[0])), "\x1b[31mred\x1b[0m\n");
    CHECK_EQ(ends_with(out, replay, "o"), 0);
    CHECK_STR(str_from(taken(terminal)), "red\r\n");
    close(pipes[0]);
    close(pipes[1]);
    unlink(path);
}

static void terminals_are_filtered(void) {
    static const char *const raw[] = {"--raw-terminal", NULL};
    int pipes[2];
    CHECK_EQ(pipe(pipes), 0);
    const Streams out = {nowhere, terminal_side, nowhere}, err = {nowhere, pipes[1], terminal_side};
    const Streams piped = {nowhere, pipes[1], nowhere};
    CHECK_EQ(ends_with(out, NULL, "o"), 0);
    CHECK_STR(str_from(taken(terminal)), "red\r\n");
    CHECK_EQ(ends_with(out, raw, "o"), 0);
    CHECK_STR(str_from(taken(terminal)), "\x1b[31mred\x1b[0m\r\n");
    CHECK_EQ(ends_with(err, NULL, "e"), 0);
    CHECK_STR(str_from(taken(terminal)), "red\r\n");
    CHECK_EQ(ends_with(err, NULL, "o"), 0); /* the other stream is no terminal */
    CHECK_STR(str_from(taken(pipes[0])), "\x1b[31mred\x1b[0m\n");
    CHECK_EQ(ends_with(piped, NULL, "o"), 0);
    CHECK_STR(str_from(taken(pipes[0])), "\x1b[31mred\x1b[0m\n");
    close(pipes[0]);
    close(pipes[1]);
}

static void statuses(void) {
    const Streams none = {nowhere, nowhere, nowhere};
    CHECK_EQ(ends_with(none, NULL, "x"), 0);
    CHECK_EQ(ends_with(none, NULL, "7"), 7);
    CHECK_EQ(ends_with(none, NULL, "t"), 134);
}

static void signals(void) {
    static const int numbers[] = {SIGINT, SIGTERM};
    int pipes[2];
    CHECK_EQ(pipe(pipes), 0);
    for (size_t i = 0; i < 2; i++) {
        pid_t child = start((Streams){nowhere, nowhere, pipes[1]}, NULL, "s");
        usleep(300000);
        kill(child, numbers[i]);
        CHECK_EQ(wait_for(child), 1000 + numbers[i]);
        CHECK(strstr(taken(pipes[0]), "interrupted") != NULL);
    }
    close(pipes[0]);
    close(pipes[1]);
}

static void limits_of_output(void) {
    static const char *const little[] = {"--max-output", "30", NULL};
    int out[2], err[2];
    CHECK_EQ(pipe(out), 0);
    CHECK_EQ(pipe(err), 0);
    CHECK(ends_with((Streams){nowhere, out[1], err[1]}, little, "w") > 0);
    CHECK_EQ(strlen(taken(out[0])), 30);
    CHECK(strstr(taken(err[0]), "--max-output") != NULL);
    close(out[0]), close(out[1]), close(err[0]), close(err[1]);
}

static void broken_pipes(void) {
    int pipes[2];
    CHECK_EQ(pipe(pipes), 0);
    close(pipes[0]); /* nobody reads */
    int status = ends_with((Streams){nowhere, pipes[1], nowhere}, NULL, "w");
    CHECK(status > 0 && status < 128); /* the guest's own, and no signal */
    close(pipes[1]);
}

/* A folder granted must not become a stream that the program was started without. */
static void closed_streams(void) {
    static const char *const folder[] = {"--dir", "tests::/t", NULL};
    int pipes[2];
    CHECK_EQ(pipe(pipes), 0);
    CHECK_EQ(ends_with((Streams){-1, pipes[1], nowhere}, folder, "o"), 0);
    CHECK_STR(str_from(taken(pipes[0])), "\x1b[31mred\x1b[0m\n");
    CHECK_EQ(ends_with((Streams){-1, nowhere, nowhere}, folder, "r"), 0); /* at its end */
    CHECK(ends_with((Streams){nowhere, -1, nowhere}, folder, "w") < 128);
    CHECK_EQ(ends_with((Streams){-1, -1, -1}, folder, "7"), 7);
    CHECK_EQ(ends_with((Streams){nowhere, nowhere, -1}, folder, "t"), 134);
    close(pipes[0]);
    close(pipes[1]);
}

static void no_stream(void) {
    int folder = open("tests", O_RDONLY | O_DIRECTORY);
    int status = ends_with((Streams){folder, nowhere, nowhere}, NULL, "r");
    CHECK(status > 0 && status < 128); /* an error of the guest, at once */
    close(folder);
}

int main(void) {
    nowhere = open("/dev/null", O_RDWR);
    if (open_terminal()) {
        RUN(terminals_are_filtered);
        RUN(replays_are_filtered);
    }
    RUN(statuses);
    RUN(signals);
    RUN(limits_of_output);
    RUN(broken_pipes);
    RUN(closed_streams);
    RUN(no_stream);
    return test_end("run_streams");
}
