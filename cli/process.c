/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Programs that a command starts. All signals of interest are blocked and taken by sigwaitinfo, so
 * that there are no handlers, no state outside of Work, and no moment in which one is lost:
 *
 *     start while there are fewer than `jobs` → wait for SIGCHLD or a signal to end by → reap
 *
 * What the programs write goes into files of the folder, so that the messages of one stay together.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/process.h"

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { ENDING_COUNT = sizeof ending_signals / sizeof *ending_signals };

/* Those that are not ignored, as in the background. */
static sigset_t ending_set(void) {
    sigset_t set;
    struct sigaction action;
    sigemptyset(&set);
    for (size_t i = 0; i < ENDING_COUNT; i++)
        if (sigaction(ending_signals[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(&set, ending_signals[i]);
    return set;
}

/* ---- the folder ---- */

static Str temporary_root(Cli *cli) {
    const char *named = getenv("TMPDIR");
    Str root = named && *named ? str_from(named) : STR("/tmp");
    char *full = realpath(str_c(cli->arena, root), NULL);
    if (!full) return root;
    root = str_copy(cli->arena, str_from(full));
    free(full);
    return root;
}

bool work_begin(Cli *cli, Work *work) {
    *work = (Work){0};
    sigset_t blocked = ending_set();
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGPIPE);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_BLOCK, &blocked, &work->mask);
    Str name = path_join(cli->arena, temporary_root(cli), STR("witc-build.XXXXXX"));
    char *folder = (char *)str_c(cli->arena, name);
    if (mkdtemp(folder)) {
        work->folder = str_from(folder);
        return true;
    }
    diag(&cli->diags, FILE_WRITE, span_none(), STR_ARG(name), strerror(errno));
    sigprocmask(SIG_SETMASK, &work->mask, NULL);
    return false;
}

static void remove_folder(Cli *cli, Str folder) {
    StrVec names = {0};
    Diags ignored = {.arena = cli->arena};
    directory_list(cli->arena, folder, &names, &ignored);
    for (size_t i = 0; i < names.len; i++)
        unlink(str_c(cli->arena, path_join(cli->arena, folder, names.at[i])));
    rmdir(str_c(cli->arena, folder));
}

bool work_interrupted(Work *work) {
    const struct timespec now = {0};
    const sigset_t ending = ending_set();
    int signal = work->signal ? 0 : sigtimedwait(&ending, NULL, &now);
    if (signal > 0) work->signal = signal;
    return work->signal != 0;
}

void work_end(Cli *cli, Work *work) {
    if (!work->folder.len) return;
    remove_folder(cli, work->folder);
    work->folder = (Str){0};
    if (work_interrupted(work)) {
        sigset_t one;
        signal(work->signal, SIG_DFL);
        sigemptyset(&one);
        sigaddset(&one, work->signal);
        raise(work->signal);
        sigprocmask(SIG_UNBLOCK, &one, NULL);
    }
    sigprocmask(SIG_SETMASK, &work->mask, NULL);
}

/* ---- running ---- */

static Str log_path(Cli *cli, const Work *work, size_t i) {
    return path_join(cli->arena, work->folder, str_fmt(cli->arena, "%zu.log", i));
}

static pid_t start(Cli *cli, const Work *work, const Process *process, size_t i) {
    const StrVec *words = &process->words;
    char **argv = ARENA_NEW_ARRAY(cli->arena, char *, words->len + 1);
    for (size_t w = 0; w < words->len; w++) argv[w] = (char *)str_c(cli->arena, words->at[w]);
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO,
                                     str_c(cli->arena, log_path(cli, work, i)),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &work->mask);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t pid;
    int error = posix_spawnp(&pid, argv[0], &files, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (error == 0) return pid;
    diag(&cli->diags, CLI_CANNOT_START, span_none(), STR_ARG(words->at[0]), strerror(error));
    return -1;
}

/* Notes the status of each program that has ended. */
static size_t reap(pid_t *pids, Process *processes, size_t n) {
    size_t ended = 0;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        for (size_t i = 0; i < n; i++)
            if (pids[i] == pid) {
                processes[i].status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
                pids[i] = 0;
                ended++;
            }
    return ended;
}

bool work_run(Cli *cli, Work *work, Process *processes, size_t n, size_t jobs) {
    pid_t *pids = ARENA_NEW_ARRAY(cli->arena, pid_t, n + 1);
    sigset_t awaited = ending_set();
    sigaddset(&awaited, SIGCHLD);
    size_t next = 0, running = 0;
    bool going = !work_interrupted(work), once = false;
    while (running || (going && next < n)) {
        if (going && next < n && running < jobs) {
            processes[next].status = -1;
            pids[next] = start(cli, work, &processes[next], next);
            if (pids[next++] > 0) running++;
            else going = false;
            continue;
        }
        int signal = sigwaitinfo(&awaited, NULL);
        if (signal > 0 && signal != SIGCHLD) {
            work->signal = signal;
            going = false;
            for (size_t i = 0; i < next; i++)
                if (pids[i] > 0) kill(pids[i], once ? SIGKILL : SIGTERM);
            once = true;
        }
        running -= reap(pids, processes, next);
    }
    for (size_t i = 0; going && i < n; i++) {
        const Source *log = file_read(cli->arena, log_path(cli, work, i), &cli->diags);
        if (log) processes[i].output = log->text;
    }
    return going;
}

Str program_find(Cli *cli, Str name) {
    const char *path = getenv("PATH");
    Str rest = str_from(path ? path : "/usr/bin:/bin");
    if (str_find(name, '/', 0) != SIZE_MAX)
        return access(str_c(cli->arena, name), X_OK) == 0 ? name : (Str){0};
    while (rest.len) {
        size_t colon = str_find(rest, ':', 0);
        Str file = path_join(cli->arena, str_from_to(rest, 0, colon), name);
        bool runs = access(str_c(cli->arena, file), X_OK) == 0;
        if (runs && !file_is_directory(cli->arena, file)) return file;
        rest = colon == SIZE_MAX ? (Str){0} : str_after(rest, colon + 1);
    }
    return (Str){0};
}

/* ---- showing ---- */

static bool is_plain(Str word) {
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !strchr("-_./=+:,@%", c)) return false;
    }
    return word.len > 0;
}

static void show_word(Buf *out, Str word) {
    if (is_plain(word)) {
        buf_str(out, word);
        return;
    }
    buf_byte(out, '\'');
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] == '\'') buf_str(out, STR("'\\''"));
        else buf_byte(out, (uint8_t)word.ptr[i]);
    }
    buf_byte(out, '\'');
}

void command_show(Buf *out, const StrVec *words, Str folder) {
    for (size_t i = 0; i < words->len; i++) {
        Str word = words->at[i];
        size_t at = folder.len ? str_find_str(word, folder, 0) : SIZE_MAX;
        if (i) buf_byte(out, ' ');
        if (at == SIZE_MAX) {
            show_word(out, word);
            continue;
        }
        if (at) show_word(out, str_from_to(word, 0, at));
        buf_str(out, STR("\"$dir\""));
        Str after = str_after(word, at + folder.len);
        if (after.len) show_word(out, after);
    }
    buf_byte(out, '\n');
}
