/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* differ [-c] [-o FOLDER] COUNT [SEED]
 * differ [-c] -f FILE...
 * differ -t -o FOLDER COUNT [SEED]
 *
 * COUNT random modules, from SEED on, or those in files (or the bytes that make some), in the
 * interpreter and in the plain evaluator (differ.h). Where they disagree, or the interpreter crashes or
 * hangs, the bytes that made the module are shrunk, and the module is left in FOLDER as seed-N.wasm,
 * beside the bytes as seed-N.bytes. -c prints how many modules had each instruction, and how often calls
 * trapped for which reason. All run in processes of their own, a hundred seeds in each. -t writes down
 * what the plain evaluator says (transcript.h) as N.wasm and N.txt. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/differ.h"
#include "tests/transcript.h"

enum { MAX_BYTES = 3000, BATCH = 100, SECONDS = 10 };

typedef struct {
    uint8_t at[MAX_BYTES];
    size_t n;
} Bytes;

/* Shared with the processes. */
typedef struct {
    uint64_t seed;
    char bad[300];
    DifferCounts counts;
} Shared;

static Shared *shared;

/* xorshift64*, never 0 */
static uint64_t next(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

static Bytes bytes_of(uint64_t seed) {
    uint64_t state = 0x9e3779b97f4a7c15u * (seed + 1);
    Bytes bytes;
    bytes.n = 100 + next(&state) % (MAX_BYTES - 100);
    for (size_t i = 0; i < bytes.n; i++) bytes.at[i] = (uint8_t)(next(&state) >> 32);
    return bytes;
}

static bool is_bad(const uint8_t *at, size_t n, DifferCounts *counts) {
    Arena *arena = arena_new();
    alarm(SECONDS);
    const char *bad = differ(arena, at, n, counts);
    alarm(0);
    if (bad) snprintf(shared->bad, sizeof shared->bad, "%s", bad);
    arena_free(arena);
    return bad != NULL;
}

/* In a process of its own: whether it is bad or ends by a signal. */
static bool is_bad_apart(const uint8_t *at, size_t n, DifferCounts *counts) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) _exit(is_bad(at, n, counts));
    int status;
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        snprintf(shared->bad, sizeof shared->bad, "signal %d", WTERMSIG(status));
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static bool try_shrunk(Bytes *bytes, const Bytes *smaller) {
    if (!is_bad_apart(smaller->at, smaller->n, NULL)) return false;
    *bytes = *smaller;
    return true;
}

/* Takes stretches of bytes away, then makes them 0, ever shorter ones. */
static void shrink(Bytes *bytes) {
    for (int way = 0; way < 3; way++)
        for (size_t step = bytes->n / 2; step >= 1; step /= 2)
            for (size_t at = 0; at < bytes->n;) {
                Bytes smaller = *bytes;
                size_t n = step < bytes->n - at ? step : bytes->n - at;
                bool zeros = way == 1, changed = !zeros;
                for (size_t i = 0; zeros && i < n; i++) changed |= smaller.at[at + i] != 0;
                if (zeros) {
                    memset(smaller.at + at, 0, n);
                } else {
                    memmove(smaller.at + at, smaller.at + at + n, smaller.n - at - n);
                    smaller.n -= n;
                }
                if (!changed || !try_shrunk(bytes, &smaller) || zeros) at += step;
            }
    is_bad_apart(bytes->at, bytes->n, NULL); /* says what it was */
}

static void keep(const char *folder, uint64_t seed, const Bytes *bytes) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    CoreModule *m = differ_module(arena, bytes->at, bytes->n);
    Buf module = {.arena = arena};
    core_encode(m, &module);
    Str name = str_fmt(arena, "%s/seed-%llu", folder, (unsigned long long)seed);
    file_write(arena, STR_JOIN(arena, name, STR(".wasm")), buf_text(&module), &diags);
    file_write(arena, STR_JOIN(arena, name, STR(".bytes")),
               (Str){(const char *)bytes->at, bytes->n}, &diags);
    arena_free(arena);
}

/* Runs seeds from `first` on; gives how many were run, the last one being bad if *bad is set. */
static uint64_t run_batch(uint64_t first, uint64_t count, bool *bad) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        for (uint64_t i = 0; i < count; i++) {
            shared->seed = first + i;
            Bytes bytes = bytes_of(first + i);
            if (is_bad(bytes.at, bytes.n, &shared->counts)) _exit(1);
        }
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    *bad = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    return *bad ? shared->seed - first + 1 : count;
}

static void print_counts(bool each) {
    const DifferCounts *c = &shared->counts;
    printf("%llu modules, %llu calls (%llu without a trap), %llu steps; %llu with open bits, %llu "
           "given up\n",
           (unsigned long long)c->modules, (unsigned long long)c->calls,
           (unsigned long long)c->traps[TRAP_NONE], (unsigned long long)c->steps,
           (unsigned long long)c->unspecified, (unsigned long long)c->gave_up);
    for (int i = 0; each && i < CORE_OP_COUNT; i++)
        printf("%8llu %s\n", (unsigned long long)c->executed[i], core_op_info[i].text);
    for (int i = 1; each && i < TRAP_COUNT; i++)
        if (c->traps[i]) printf("%8llu %s\n", (unsigned long long)c->traps[i], trap_text((Trap)i));
}

/* N.wasm and N.txt of the seeds for which there are some. */
static void write_transcripts(const char *folder, uint64_t first, uint64_t count) {
    for (uint64_t seed = first; seed < first + count; seed++) {
        Arena *arena = arena_new();
        Diags diags = {.arena = arena};
        Buf module = {.arena = arena}, lines = {.arena = arena};
        Bytes bytes = bytes_of(seed);
        Str name = str_fmt(arena, "%s/%llu", folder, (unsigned long long)seed);
        if (transcript(arena, bytes.at, bytes.n, &module, &lines)) {
            file_write(arena, STR_JOIN(arena, name, STR(".wasm")), buf_text(&module), &diags);
            file_write(arena, STR_JOIN(arena, name, STR(".txt")), buf_text(&lines), &diags);
        }
        arena_free(arena);
    }
}

/* Gives how many failed. */
static uint64_t run_files(char **paths, int n) {
    uint64_t failed = 0;
    for (int i = 0; i < n; i++) {
        Arena *arena = arena_new();
        Diags diags = {.arena = arena};
        const Source *source = file_read(arena, str_from(paths[i]), &diags);
        if (!source ||
            is_bad_apart((const uint8_t *)source->text.ptr, source->text.len, &shared->counts)) {
            printf("%s: %s\n", paths[i], source ? shared->bad : "cannot be read");
            failed++;
        }
        arena_free(arena);
    }
    return failed;
}

/* The same for seeds; they are left in the folder. */
static uint64_t run_seeds(const char *folder, uint64_t first, uint64_t count) {
    uint64_t failed = 0;
    for (uint64_t done = 0; done < count;) {
        uint64_t left = count - done;
        bool bad;
        done += run_batch(first + done, left < BATCH ? left : BATCH, &bad);
        if (!bad) continue;
        failed++;
        Bytes bytes = bytes_of(first + done - 1);
        shrink(&bytes);
        printf("seed %llu: %s (%zu bytes)\n", (unsigned long long)(first + done - 1), shared->bad,
               bytes.n);
        keep(folder, first + done - 1, &bytes);
    }
    return failed;
}

int main(int argc, char **argv) {
    const char *folder = ".";
    bool each = false, files = false, writes = false;
    int option;
    while ((option = getopt(argc, argv, "o:cft")) != -1) {
        if (option == 'o') folder = optarg;
        else if (option == 'c') each = true;
        else if (option == 'f') files = true;
        else if (option == 't') writes = true;
        else return 2;
    }
    if (optind == argc) return 2;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 1;
    uint64_t count = files ? (uint64_t)(argc - optind) : strtoull(argv[optind], NULL, 10);
    uint64_t first = optind + 1 < argc ? strtoull(argv[optind + 1], NULL, 10) : 0;
    if (writes) {
        write_transcripts(folder, first, count);
        return 0;
    }
    uint64_t failed =
        files ? run_files(argv + optind, argc - optind) : run_seeds(folder, first, count);
    print_counts(each);
    printf("differ: %llu passed, %llu failed\n", (unsigned long long)(count - failed),
           (unsigned long long)failed);
    return failed != 0;
}
