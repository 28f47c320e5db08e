/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * host GUEST run N       instantiates and runs it N times in this process: microseconds of each,
 *                        the median and the least
 * host GUEST again N     the same, as one program: what its code was prepared to is shared
 * host GUEST sleep N     so many of one program at once, asleep on one thread: bytes that each takes,
 *                        and microseconds to resume each
 *
 * The component is read and validated once before.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "component/component.h"
#include "wasi/wasi.h"

typedef struct {
    Arena *arena;
    VmStore *store;
    VmThread *thread;
    Wasi *wasi;
    VmStatus status;
    AbiValue result[1];
} Guest;

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static const CompInfo *load(const char *path) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const Source *source = file_read(arena, str_from(path), &diags);
    const CompComponent *component =
        source ? comp_decode(arena, source, features_all(), &diags) : NULL;
    const CompInfo *info =
        component ? comp_validate(arena, component, features_all(), &diags) : NULL;
    if (!info) diag_print(stderr, &diags, false);
    if (!info) exit(1);
    return info;
}

/* As far as it goes without waiting. A program that is NULL shares nothing. */
static void start(Guest *g, const CompInfo *info, VmProgram *program, const WasiContext *context) {
    g->arena = arena_new();
    Diags diags = {.arena = g->arena};
    g->store = vm_store_new(&(VmLimits){.program = program});
    g->thread = vm_thread_new(g->store);
    g->wasi = wasi_new(g->store, context);
    VmLinker *linker = vm_linker_new(g->store);
    wasi_link_to(g->wasi, linker, info);
    VmComponent *component = vm_component_new(g->thread, info, linker, &diags);
    vm_linker_free(linker);
    VmComponentFunc *run =
        component ? vm_component_func(component, STR("wasi:cli/run@0.2.12"), STR("run")) : NULL;
    if (!run) {
        fprintf(stderr, "bench/wasi/host: it cannot be run\n");
        exit(1);
    }
    g->status = vm_component_call(g->thread, run, NULL, g->result, g->arena);
}

static void finish(Guest *g) {
    while (g->status == VM_SUSPEND && wasi_wait(g->wasi)) g->status = vm_resume(g->thread);
    if (g->status != VM_DONE) {
        fprintf(stderr, "bench/wasi/host: the guest has not come to its end\n");
        exit(1);
    }
    wasi_free(g->wasi);
    vm_thread_free(g->thread);
    vm_store_free(g->store);
    arena_free(g->arena);
}

static int less(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void run(const CompInfo *info, VmProgram *program, size_t n) {
    const Str args[] = {STR_INIT("guest")};
    const WasiContext context = {.args = args,
                                 .arg_count = 1,
                                 .stdin_fd = -1,
                                 .stdout_fd = open("/dev/null", O_WRONLY | O_CLOEXEC),
                                 .stderr_fd = -1};
    uint64_t *times = calloc(n, sizeof *times);
    for (size_t i = 0; times && i < n; i++) {
        Guest g = {0};
        uint64_t from = now();
        start(&g, info, program, &context);
        finish(&g);
        times[i] = now() - from;
    }
    if (!times) exit(1);
    qsort(times, n, sizeof *times, less);
    printf("%.1f %.1f\n", (double)times[n / 2] / 1e3, (double)times[0] / 1e3);
    free(times);
}

static uint64_t resident(void) {
    unsigned long long size = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%llu %llu", &size, &pages) != 2) pages = 0;
    if (f) fclose(f);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* They are woken when the last one is asleep and all of their timers are over. */
static void sleep_all(const CompInfo *info, VmProgram *program, size_t n) {
    const Str args[] = {STR_INIT("guest"), STR_INIT("sleep"), STR_INIT("6000")};
    const WasiContext context = {
        .args = args, .arg_count = 3, .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1};
    Guest *guests = calloc(n, sizeof *guests), first = {0};
    if (!guests) exit(1);
    start(&first, info, program, &context);
    uint64_t before = resident();
    for (size_t i = 0; i < n; i++) start(&guests[i], info, program, &context);
    uint64_t each = (resident() - before) / n;
    WasiWants wants;
    wasi_wants(guests[n - 1].wasi, &wants);
    while (now() <= wants.deadline) usleep(10000);
    uint64_t from = now();
    size_t done = 0;
    for (size_t i = 0; i < n; i++) {
        wasi_wake(guests[i].wasi);
        guests[i].status = vm_resume(guests[i].thread);
        done += guests[i].status == VM_DONE;
    }
    printf("%llu %.2f\n", (unsigned long long)each, (double)(now() - from) / 1e3 / (double)n);
    if (done != n) {
        fprintf(stderr, "bench/wasi/host: only %zu of %zu have come to their end\n", done, n);
        exit(1);
    }
    for (size_t i = 0; i < n; i++) finish(&guests[i]);
    finish(&first);
    free(guests);
}

int main(int argc, char **argv) {
    size_t n = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (!n) {
        fprintf(stderr, "usage: host GUEST run|again|sleep N\n");
        return 2;
    }
    const CompInfo *info = load(argv[1]);
    VmProgram *program = strcmp(argv[2], "run") ? vm_program_new() : NULL;
    if (!strcmp(argv[2], "sleep")) sleep_all(info, program, n);
    else run(info, program, n);
    vm_program_free(program);
    return 0;
}
