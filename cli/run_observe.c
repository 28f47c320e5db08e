/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc run --trace`, `--record`, `--replay`: files are opened, and observers (wasi/observe.h) made,
 * before the program runs; when it has ended they are told how.
 */
#include "cli/run_observe.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"

enum { MOST_DENIALS = 1000 };
static const uint64_t MOST_RECORD = 1 << 30; /* bytes */

struct RunObservers {
    Cli *cli;
    WasiExplain explain;
    Map denials; /* that were told */
    WasiTraceOptions trace_options;
    WasiTrace *trace;
    WasiRecord *record;
    WasiReplay *replay;
    Str record_path;
    int record_fd;
};

bool run_observe_check(Cli *cli, const RunObserve *o) {
    const struct {
        bool exclude, said;
        const char *one, *other;
    } pairs[] = {
        {true, o->record.len && o->replay.len, "--record", "--replay"},
        {true, o->dry_run && o->trace.len, "--dry-run", "--trace"},
        {true, o->dry_run && o->record.len, "--dry-run", "--record"},
        {true, o->dry_run && o->replay.len, "--dry-run", "--replay"},
        {false, o->trace_filter.len && !o->trace.len, "--trace-filter", "--trace"},
        {false, o->most && !o->record.len, "--max-record", "--record"},
        {false, o->seed && !o->deterministic, "--seed", "--deterministic"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (!pairs[i].said) continue;
        if (pairs[i].exclude)
            diag(&cli->diags, CLI_EXCLUSIVE, span_none(), pairs[i].one, pairs[i].other);
        else diag(&cli->diags, CLI_ONLY_WITH, span_none(), pairs[i].one, pairs[i].other);
        return false;
    }
    return true;
}

const char *run_observe_asks(const RunObserve *o) {
    return o->dry_run      ? "--dry-run"
           : o->trace.len  ? "--trace"
           : o->record.len ? "--record"
           : o->replay.len ? "--replay"
                           : NULL;
}

static bool cannot_write(Cli *cli, Str path, int fault) {
    diag(&cli->diags, FILE_WRITE, span_none(), STR_ARG(path), strerror(fault));
    return false;
}

static int open_new(Cli *cli, Str path, mode_t mode) {
    int fd = open(str_c(cli->arena, path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0) cannot_write(cli, path, errno);
    return fd;
}

/* Also of a file that was there before, and could be read by others. */
static bool make_private(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || fchmod(fd, 0600) == 0);
}

static void add(WasiContext *context, WasiObserver *observer) {
    observer->next = context->observers;
    context->observers = observer;
}

static bool begin_trace(Cli *cli, const RunObserve *o, bool json, RunObservers *all) {
    bool to_stderr = str_is(o->trace, "-");
    all->trace_options = (WasiTraceOptions){
        .fd = to_stderr ? STDERR_FILENO : open_new(cli, o->trace, 0666),
        .json = json,
        .colour = to_stderr && cli_colour(cli, STDERR_FILENO),
        .filters = o->trace_filter,
    };
    all->trace = all->trace_options.fd < 0 ? NULL : wasi_trace_new(&all->trace_options);
    return all->trace != NULL;
}

/* What a program is told holds whatever it was granted, secrets too: the file is its owner's. */
static bool begin_record(Cli *cli, const RunObserve *o, Str program, RunObservers *all) {
    all->record_path = o->record;
    all->record_fd = open_new(cli, o->record, 0600);
    if (all->record_fd < 0) return false;
    if (!make_private(all->record_fd)) return cannot_write(cli, o->record, errno);
    all->record = wasi_record_new(all->record_fd, program, o->most ? o->most : MOST_RECORD);
    return true;
}

static bool begin_replay(Cli *cli, const RunObserve *o, Str program, RunObservers *all) {
    const Source *file = file_read(cli->arena, o->replay, &cli->diags);
    if (!file) return false;
    all->replay = wasi_replay_new(file, STDOUT_FILENO, STDERR_FILENO, &cli->diags);
    if (all->replay && !str_eq(wasi_replay_program(all->replay), program))
        diag(&cli->diags, CLI_REPLAY_PROGRAM, span_none(), STR_ARG(o->replay));
    return all->replay != NULL;
}

/* Each once, when it happens. */
static void denied(void *context, Str what, Str option) {
    RunObservers *all = context;
    bool added;
    Str key = STR_JOIN(all->cli->arena, what, STR("\n"), option);
    if (all->denials.len >= MOST_DENIALS || map_get(&all->denials, key)) return;
    map_put(all->cli->arena, &all->denials, key, &added);
    bool later = all->cli->message_format == MESSAGES_JSON; /* in the one document */
    Diags now = {.arena = all->cli->arena}, *diags = later ? &all->cli->diags : &now;
    diag(diags, CLI_DENIED, span_none(), STR_ARG(what));
    diag_note(diags, CLI_DENIED_OPTION, span_none(), STR_ARG(option));
    if (later) return;
    diag_print(stderr, diags, cli_colour(all->cli, STDERR_FILENO));
    fflush(stderr);
}

RunObservers *run_observe_begin(Cli *cli, const RunObserve *o, const Source *program, bool json,
                                WasiContext *context) {
    RunObservers *all = ARENA_NEW(cli->arena, RunObservers);
    all->record_fd = -1;
    bool keeps = o->record.len || o->replay.len;
    Str digest = keeps ? sha256_text(cli->arena, program->text) : (Str){0};
    bool good = (!o->trace.len || begin_trace(cli, o, json, all)) &&
                (!o->record.len || begin_record(cli, o, digest, all)) &&
                (!o->replay.len || begin_replay(cli, o, digest, all));
    if (!good) {
        run_observe_end(cli, all, NULL, EXIT_INPUT);
        return NULL;
    }
    all->cli = cli;
    all->explain = (WasiExplain){denied, all};
    if (o->explain) context->explain = &all->explain;
    context->is_deterministic = o->deterministic;
    if (o->deterministic) context->seed = o->seed;
    if (all->replay) {
        wasi_replay_filter(all->replay, context->filters[1], context->filters[2]);
        add(context, wasi_replay_observer(all->replay));
    }
    if (all->record) add(context, wasi_record_observer(all->record));
    if (all->trace) add(context, wasi_trace_observer(all->trace));
    return all;
}

void run_observe_enter(const RunObservers *all, const Wasi *wasi, Str name,
                       const VmComponentFunc *func, const AbiValue *args) {
    if (all->trace) wasi_trace_enters(all->trace, wasi_observed_ns(wasi), name, func, args);
}

void run_observe_leave(const RunObservers *all, const Wasi *wasi, const VmThread *thread,
                       const VmComponentFunc *func, const AbiValue *result) {
    if (all->trace) wasi_trace_leaves(all->trace, wasi_observed_ns(wasi), thread, func, result);
}

/* Whether all of it is in the file. */
static bool end_record(Cli *cli, const RunObservers *all) {
    bool met = wasi_record_is_full(all->record);
    int fault = wasi_record_free(all->record);
    if (close(all->record_fd) < 0 && !fault) fault = errno;
    if (met) diag(&cli->diags, CLI_RECORD_MET, span_none(), STR_ARG(all->record_path));
    else if (fault) cannot_write(cli, all->record_path, fault);
    return !met && !fault;
}

int run_observe_end(Cli *cli, RunObservers *all, const VmThread *thread, int status) {
    if (all->record && thread) wasi_record_ends(all->record, thread);
    if (all->record && !end_record(cli, all) && status == EXIT_OK) status = EXIT_INPUT;
    if (all->replay && thread && !wasi_replay_ends(all->replay, thread)) status = EXIT_INPUT;
    wasi_replay_free(all->replay);
    wasi_trace_free(all->trace);
    if (all->trace && all->trace_options.fd != STDERR_FILENO) close(all->trace_options.fd);
    return status;
}
