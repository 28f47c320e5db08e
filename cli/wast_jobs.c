/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Several test scripts at once. Each runs in a child of this process, which writes what came of it
 * into a pipe when it is done:
 *
 *     fork while there are fewer than `jobs` → read the pipes → at the end of one, wait for its child
 *
 * A child that ends without a result has crashed: the directive that it was at stands in memory that
 * is shared. The limit of time is an alarm of the child's own, so that no child outlives its parent
 * for long.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/wast.h"

typedef struct {
    pid_t pid; /* 0: not started, or ended */
    int pipe;
    Buf written;
    WastResult *result; /* once it has ended */
} Job;

typedef struct {
    Cli *cli;
    const StrVec *paths;
    const WastOptions *options;
    Job *jobs;
    volatile WastProgress *progress; /* of each script, shared with the children */
} Jobs;

/* ---- results as bytes ---- */

enum { MARK = 0x57617374 }; /* the last word: the result is whole */

static void put_result(Buf *out, const WastResult *r) {
    buf_u64(out, r->passed);
    buf_u64(out, r->failed);
    buf_u64(out, r->skipped);
    buf_byte(out, r->unreadable);
    buf_u64(out, r->failures.len);
    for (size_t i = 0; i < r->failures.len; i++) {
        const WastFailure *f = &r->failures.at[i];
        buf_u32(out, f->span.start);
        buf_u32(out, f->span.end);
        const Str parts[] = {f->directive, f->message, f->expected, f->got};
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) buf_name(out, parts[p]);
    }
    buf_fixed32(out, MARK);
}

static Str get_str(Reader *r) {
    size_t len = reader_u32(r);
    return reader_bytes(r, len);
}

/* The failures' spans have no source yet. */
static WastResult *get_result(Arena *arena, const Buf *bytes) {
    Reader r = reader_of(source_of(arena, STR(""), buf_text(bytes)), NULL);
    WastResult *result = ARENA_NEW(arena, WastResult);
    result->passed = reader_u64(&r);
    result->failed = reader_u64(&r);
    result->skipped = reader_u64(&r);
    result->unreadable = reader_u8(&r);
    for (uint64_t n = reader_u64(&r); n && !r.failed; n--) {
        WastFailure *f = vec_push(arena, &result->failures);
        f->span.start = reader_u32(&r);
        f->span.end = reader_u32(&r);
        f->directive = get_str(&r);
        f->message = get_str(&r);
        f->expected = get_str(&r);
        f->got = get_str(&r);
    }
    bool whole = reader_fixed32(&r) == MARK && !r.failed;
    return whole ? result : NULL;
}

/* ---- children ---- */

static void write_all(int file, const Buf *bytes) {
    for (size_t at = 0; at < bytes->len;) {
        ssize_t n = write(file, bytes->ptr + at, bytes->len - at);
        if (n < 0 && errno != EINTR) return;
        if (n > 0) at += (size_t)n;
    }
}

static void set_alarm(uint64_t ns) {
    struct itimerval timer = {0};
    timer.it_value.tv_sec = (time_t)(ns / 1000000000);
    timer.it_value.tv_usec = (suseconds_t)(ns % 1000000000 / 1000);
    if (ns && !timer.it_value.tv_sec && !timer.it_value.tv_usec) timer.it_value.tv_usec = 1;
    signal(SIGALRM, SIG_DFL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void run_child(Jobs *j, size_t index, int pipe) {
    WastResult result;
    Buf bytes = {.arena = j->cli->arena};
    set_alarm(j->options->timeout);
    wast_run_script(j->cli, j->paths->at[index], j->options, &result, &j->progress[index]);
    put_result(&bytes, &result);
    write_all(pipe, &bytes);
    _exit(0);
}

/* False where the system has no room for more processes now. */
static bool start(Jobs *j, size_t index) {
    int ends[2];
    if (pipe(ends) != 0) return false;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        run_child(j, index, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return false;
    }
    j->jobs[index] = (Job){.pid = pid, .pipe = ends[0], .written = {.arena = j->cli->arena}};
    return true;
}

/* What is said of a child that has left no result. */
static WastResult *broken(Jobs *j, size_t index, int status) {
    Arena *arena = j->cli->arena;
    WastResult *result = ARENA_NEW(arena, WastResult);
    WastFailure *f = vec_push(arena, &result->failures);
    f->span.start = f->span.end = j->progress[index].at;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        f->message = str_fmt(arena, "not done after %g seconds", (double)j->options->timeout / 1e9);
    else if (WIFSIGNALED(status))
        f->message = str_fmt(arena, "the program crashed here: %s", strsignal(WTERMSIG(status)));
    else f->message = STR("the program ended here");
    result->passed = j->progress[index].passed;
    result->failed = 1;
    return result;
}

static void end(Jobs *j, size_t index) {
    Job *job = &j->jobs[index];
    int status = 0;
    while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR) {
    }
    close(job->pipe);
    job->pid = 0;
    job->result = get_result(j->cli->arena, &job->written);
    if (!job->result) job->result = broken(j, index, status);
}

/* Reads what there is of a child that runs; at the end of its pipe it has ended. */
static void read_some(Jobs *j, size_t index) {
    uint8_t bytes[4096];
    ssize_t n = read(j->jobs[index].pipe, bytes, sizeof bytes);
    if (n > 0) buf_bytes(&j->jobs[index].written, bytes, (size_t)n);
    else if (n == 0 || errno != EINTR) end(j, index);
}

/* Waits until one of the children from `first` on has written something. */
static void wait_for_some(Jobs *j, size_t first, size_t next) {
    struct pollfd *files = calloc(next - first, sizeof *files);
    if (!files) return;
    size_t n = 0;
    for (size_t i = first; i < next; i++)
        if (j->jobs[i].pid) files[n++] = (struct pollfd){.fd = j->jobs[i].pipe, .events = POLLIN};
    poll(files, n, -1);
    for (size_t i = first, k = 0; i < next && k < n; i++) {
        if (!j->jobs[i].pid) continue;
        if (files[k].revents) read_some(j, i);
        k++;
    }
    free(files);
}

void wast_run_all(Cli *cli, const StrVec *paths, size_t jobs, const WastOptions *options,
                  WastDone done, void *context) {
    size_t bytes = (paths->len + 1) * sizeof(WastProgress);
    void *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    Jobs j = {cli, paths, options, ARENA_NEW_ARRAY(cli->arena, Job, paths->len + 1), shared};
    if (shared == MAP_FAILED) {
        diag(&cli->diags, CLI_NO_MEMORY, span_none());
        return;
    }
    size_t first = 0, next = 0, running = 0;
    while (first < paths->len) {
        while (next < paths->len && running < jobs && start(&j, next)) next++, running++;
        if (running == 0) {
            diag(&cli->diags, CLI_CANNOT_START, span_none(), STR_ARG(paths->at[next]),
                 strerror(errno));
            break;
        }
        wait_for_some(&j, first, next);
        running = 0;
        for (size_t i = first; i < next; i++) running += j.jobs[i].pid != 0;
        for (; first < next && j.jobs[first].result; first++)
            done(context, first, j.jobs[first].result);
    }
    munmap(shared, bytes);
}
