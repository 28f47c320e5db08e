/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* alloc_fail: instantiates and runs random modules (modgen.h), again and again, and lets the first
 * allocation of the runtime fail, then the second, and so on: it ends with a trap or an instance that is
 * not there; the process never ends, and (with the sanitizer) nothing leaks. The linker puts our malloc in the place of libc's (--wrap). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "interpreter/interpreter.h"
#include "tests/modgen.h"

enum { MODULES = 12, MAX_FAILURES = 300, MAX_SLOTS = 64, NEVER_FAILED = 3, SECONDS = 20 };

static long allocations, failing; /* 0: none fails */
static bool armed;

static bool fails(void) { return armed && ++allocations == failing; }

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *old, size_t size) { return fails() ? NULL : __real_realloc(old, size); }

static VmStatus host(VmThread *thread, void *context, VmSlot *slots) {
    memset(slots, 0, *(uint32_t *)context * sizeof(VmSlot));
    return VM_DONE;
}

static bool make_imports(VmStore *store, const CoreModule *m, VmExtern *imports, uint32_t *slots) {
    for (size_t i = 0; i < m->imports.len; i++) {
        const CoreType *type = core_func_type(m, (uint32_t)i);
        slots[i] = 2 * type->result_count;
        imports[i].kind = CORE_FUNC;
        imports[i].func = vm_host_func(store, type->params, type->param_count, type->results,
                                       type->result_count, host, &slots[i], NULL);
        if (!imports[i].func) return false;
    }
    return true;
}

static void call_all(VmThread *thread, const CoreModule *m, const VmInstance *instance) {
    for (size_t i = 0; i < m->exports.len; i++) {
        const CoreExport *e = &m->exports.at[i];
        VmExtern item;
        VmSlot slots[MAX_SLOTS] = {{0}};
        if (e->kind != CORE_FUNC || e->index < m->imported[CORE_FUNC]) continue;
        if (!vm_export(instance, e->name, &item)) abort();
        vm_call(thread, item.func, slots);
    }
}

static void run(const CoreModule *m) {
    VmExtern imports[4] = {{0}};
    uint32_t slots[4], bad_import;
    Trap trap;
    VmLimits limits = {.has_fuel = true, .fuel = 100000, .max_memory = 16 << 20};
    VmStore *store = vm_store_new(&limits);
    if (!store) return;
    VmThread *thread = vm_thread_new(store);
    VmModule *module = thread ? vm_module_new(store, m) : NULL;
    VmInstance *instance = NULL;
    if (module && make_imports(store, m, imports, slots))
        instance = vm_instantiate(thread, module, imports, &trap, &bad_import);
    if (instance) call_all(thread, m, instance);
    if (thread) vm_thread_free(thread);
    vm_store_free(store);
}

static CoreModule *make_module(Arena *arena, unsigned seed) {
    uint8_t bytes[1500];
    uint64_t state = 0x9e3779b97f4a7c15u * (seed + 1);
    for (size_t i = 0; i < sizeof bytes; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        bytes[i] = (uint8_t)(state >> 56);
    }
    bytes[0] = 255; /* all proposals */
    Buf binary = {.arena = arena};
    Diags diags = {.arena = arena};
    core_encode(modgen(arena, bytes, sizeof bytes, MODGEN_ALL), &binary);
    Reader r = reader_of(source_of(arena, STR("generated.wasm"), buf_text(&binary)), &diags);
    CoreModule *m = core_decode(arena, &r, features_all());
    if (!m || !core_validate(arena, m, features_all(), &diags)) abort();
    return m;
}

/* In a process of its own; gives its wait status. */
static int run_apart(unsigned seed, long n) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        alarm(SECONDS);
        Arena *arena = arena_new();
        CoreModule *m = make_module(arena, seed);
        failing = n;
        armed = true;
        run(m);
        armed = false;
        arena_free(arena);
        exit(allocations < n ? NEVER_FAILED : 0);
    }
    int status;
    waitpid(child, &status, 0);
    return status;
}

int main(void) {
    unsigned passed = 0, failed = 0;
    if (!freopen("/dev/null", "w", stderr)) return 1;
    for (unsigned seed = 0; seed < MODULES; seed++)
        for (long n = 1; n <= MAX_FAILURES; n++) {
            int status = run_apart(seed, n);
            bool good = WIFEXITED(status) &&
                        (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == NEVER_FAILED);
            passed += good;
            failed += !good;
            if (!good)
                printf("module %u, allocation %ld: %s %d\n", seed, n,
                       WIFSIGNALED(status) ? "signal" : "status",
                       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
            if (good && WEXITSTATUS(status) == NEVER_FAILED) break;
        }
    printf("failing allocations: %u passed, %u failed\n", passed, failed);
    return failed != 0;
}
