/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What loading costs, measured inside one process. Prints one line `name value` a figure.
 *
 *     load prepare FILE         decode, validate and prepare every function: MB/s of each
 *     load instantiate FILE N   N instances of a module in one store: microseconds of one
 *     load first FILE           from the file's name to the first instruction, bodies checked when they
 *                               are called: milliseconds; first-eager: bodies checked before
 *     load idle FILE N          N instances, each with a store and a thread: bytes of one
 *
 *     load make MB FILE [EXPORT [library]]
 *                               writes a module of about that size, for want of a real one; or a library
 *                               for `component link`
 *
 * Imports are met by functions that do nothing, and by fresh memories, tables and globals.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/file.h"
#include "interpreter/internal.h"

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double wall(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of the process, in KiB: "VmRSS". */
static long resident(void) {
    char line[128];
    long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1) break;
    if (f) fclose(f);
    return kib;
}

static void fail(const char *what) {
    fprintf(stderr, "load: %s\n", what);
    exit(1);
}

static const CoreModule *read_module(Arena *arena, const char *path) {
    Diags diags = {.arena = arena};
    const Source *source = file_read(arena, str_from(path), &diags);
    if (!source) fail("no such file");
    double start = now();
    Reader r = reader_of(source, &diags);
    const CoreModule *core = core_decode(arena, &r, features_all());
    double decoded = now();
    if (!core || !core_validate(arena, core, features_all(), &diags)) fail("not a valid module");
    double mb = (double)source->text.len / 1e6;
    printf("size %.1f MB\ndecode %.0f MB/s\nvalidate %.0f MB/s\n", mb, mb / (decoded - start),
           mb / (now() - decoded));
    return core;
}

static VmStatus nothing(VmThread *thread, void *context, VmSlot *slots) {
    memset(slots, 0, *(uint32_t *)context * sizeof *slots);
    return VM_DONE;
}

static VmExtern *make_imports(Arena *arena, VmStore *store, VmModule *module) {
    const CoreModule *core = module->core;
    VmExtern *imports = ARENA_NEW_ARRAY(arena, VmExtern, core->imports.len);
    for (size_t i = 0; i < core->imports.len; i++) {
        const CoreImport *import = &core->imports.at[i];
        CoreExternType type = core_extern_type(core, module->types, import->kind, import->index);
        const CoreType *t;
        uint32_t *results;
        imports[i].kind = import->kind;
        switch (import->kind) {
        case CORE_FUNC:
            t = core_space_type(store->types, type.type);
            results = ARENA_NEW(arena, uint32_t);
            *results = vm_slots_of_all(t->results, t->result_count);
            imports[i].func = vm_host_func(store, t->params, t->param_count, t->results,
                                           t->result_count, nothing, results, NULL);
            break;
        case CORE_TABLE:
            imports[i].table = vm_table_new(store, type.value, &type.limits, (VmSlot){0});
            break;
        case CORE_MEMORY: imports[i].memory = vm_memory_new(store, &type.limits); break;
        case CORE_GLOBAL:
            imports[i].global = vm_global_new(store, type.value, type.mutable, (VmSlot){0});
            break;
        case CORE_TAG: fail("the module imports a tag"); break;
        }
    }
    return imports;
}

static VmInstance *instantiate(VmStore *store, VmModule *module, const VmExtern *imports) {
    VmFunc *start;
    Trap trap;
    uint32_t bad;
    VmInstance *in = vm_instantiate_only(store, module, imports, &start, &trap, &bad);
    if (!in) fail(trap_text(trap));
    return in;
}

static void prepare(const CoreModule *core) {
    VmStore *store = vm_store_new(NULL);
    VmModule *module = vm_module_new(store, core);
    uint64_t bytes = 0, failed = 0;
    double start = now();
    for (uint32_t i = core->imported[CORE_FUNC]; i < core->funcs.len; i++) {
        bytes += core->funcs.at[i].body.bytes.len;
        failed += vm_prepare(store, module, i) == NULL;
    }
    printf("prepare %.0f MB/s\nunprepared %lu\n", (double)bytes / 1e6 / (now() - start),
           (unsigned long)failed);
    vm_store_free(store);
}

static void instances(Arena *arena, const CoreModule *core, unsigned n) {
    enum { ROUNDS = 5 };
    double best = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        VmStore *store = vm_store_new(NULL);
        VmModule *module = vm_module_new(store, core);
        const VmExtern *imports = make_imports(arena, store, module);
        instantiate(store, module, imports);
        double start = now();
        for (unsigned i = 0; i < n; i++) instantiate(store, module, imports);
        double each = (now() - start) / n;
        if (each < best) best = each;
        vm_store_free(store);
    }
    printf("instantiate %.1f us\n", best * 1e6);
}

static void idle(Arena *arena, const CoreModule *core, unsigned n) {
    long before = resident();
    for (unsigned i = 0; i < n; i++) {
        VmStore *store = vm_store_new(NULL);
        VmModule *module = vm_module_new(store, core);
        VmThread *thread = vm_thread_new(store);
        if (!thread) fail("no memory");
        instantiate(store, module, make_imports(arena, store, module));
    }
    printf("idle %.1f KiB\n", (double)(resident() - before) / n);
}

/* The last function of the module is entered, which may trap at once. */
static void first(const char *path, bool lazy) {
    double start = wall();
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const Source *source = file_read(arena, str_from(path), &diags);
    if (!source) fail("no such file");
    double have = wall();
    Reader r = reader_of(source, &diags);
    const CoreModule *core = core_decode(arena, &r, features_all());
    if (!core) fail("not a module");
    double decoded = wall();
    CoreChecker *checker = core_checker_new(arena, core, features_all(), &diags);
    if (!core_check_module(checker)) fail("not a valid module");
    if (!lazy && !core_check_bodies(&checker, 1, 0)) fail("not a valid module");
    double checked = wall();
    VmStore *store = vm_store_new(NULL);
    VmModule *module = vm_module_new_lazy(store, core, lazy ? checker : NULL);
    VmThread *thread = vm_thread_new(store);
    VmInstance *in = instantiate(store, module, make_imports(arena, store, module));
    double made = wall();
    VmFunc *f = vm_func_at(in, (uint32_t)core->funcs.len - 1);
    VmSlot *slots = ARENA_NEW_ARRAY(arena, VmSlot, vm_host_slot_count(f) + 1);
    store->interrupted = 1; /* at its first look at the clock */
    vm_call(thread, f, slots);
    printf("read %.1f ms\ndecode %.1f ms\ncheck %.1f ms\ninstantiate %.1f ms\nfirst %.1f "
           "ms\nfirst-cpu %.1f ms\n",
           (have - start) * 1e3, (decoded - have) * 1e3, (checked - decoded) * 1e3,
           (made - checked) * 1e3, (wall() - start) * 1e3, now() * 1e3);
}

/* A function of a loop over memory, as a C compiler would write it; no two are the same. */
static void make_body(Buf *b, uint32_t k) {
    static const char start[] = "\2\3\x7f\2\x7e\2\x40\3\x40\x20\1\x20\0\x4e\x0d\1";
    static const char step[] = "\x20\1\x41\2\x74\x20\0\x6a\x22\2\x28\2";
    static const char more[] = "\xac\x20\4\x7c\x21\4\x20\2\x20\4\xa7\x36\2";
    static const char stop[] = "\x20\1\x41\1\x6a\x21\1\x0c\0\x0b\x0b\x20\4\xa7\x20\0";
    buf_bytes(b, start, sizeof start - 1);
    for (uint32_t i = 0; i < 8; i++) {
        buf_bytes(b, step, sizeof step - 1);
        buf_u32(b, k * 8 % 60000 + i * 4);
        buf_bytes(b, more, sizeof more - 1);
        buf_u32(b, k % 5000 + i);
    }
    buf_bytes(b, stop, sizeof stop - 1);
    buf_byte(b, k ? 0x10 : 0x45); /* call, or i32.eqz */
    if (k) buf_u32(b, k / 2);
    buf_bytes(b, "\x6a\x0b", 2);
}

static void make(Arena *arena, double mb, const char *path, Str name, bool library) {
    Buf b = {.arena = arena}, section = {.arena = arena}, code = {.arena = arena}, body = code;
    uint32_t n = 0;
    for (; (double)code.len < mb * 1e6; n++) {
        body.len = 0;
        make_body(&body, n);
        buf_sized(&code, &body);
    }
    buf_bytes(&b, "\0asm\1\0\0\0", 8);
    if (library) buf_bytes(&b, "\0\17\10dylink.0\1\4\0\0\0\0", 17);
    buf_bytes(&b, "\1\6\1\x60\1\x7f\1\x7f", 8);
    if (library) buf_bytes(&b, "\2\17\1\3env\6memory\2\0\1", 17);
    buf_u32(&section, n);
    for (uint32_t i = 0; i < n; i++) buf_byte(&section, 0);
    buf_section(&b, CORE_SECTION_FUNC, &section);
    if (!library) buf_bytes(&b, "\5\3\1\0\x10", 5);
    section.len = 0;
    buf_byte(&section, 1);
    buf_name(&section, name);
    buf_bytes(&section, "\0\0", 2);
    buf_section(&b, CORE_SECTION_EXPORT, &section);
    section.len = 0;
    buf_u32(&section, n);
    buf_str(&section, buf_text(&code));
    buf_section(&b, CORE_SECTION_CODE, &section);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(b.ptr, 1, b.len, f) != b.len || fclose(f) != 0) fail("cannot write");
}

int main(int argc, char **argv) {
    Arena *arena = arena_new();
    if (argc < 3)
        fail("usage: load prepare|instantiate|idle|first|first-eager FILE [N], load make MB FILE "
             "[EXPORT "
             "[library]]");
    if (strncmp(argv[1], "first", 5) == 0) {
        first(argv[2], argv[1][5] == 0);
        return 0;
    }
    if (strcmp(argv[1], "make") == 0 && argc > 3) {
        make(arena, atof(argv[2]), argv[3], argc > 4 ? str_from(argv[4]) : STR("run"), argc > 5);
        return 0;
    }
    unsigned n = argc > 3 ? (unsigned)atoi(argv[3]) : 1000;
    const CoreModule *core = read_module(arena, argv[2]);
    if (strcmp(argv[1], "prepare") == 0) prepare(core);
    else if (strcmp(argv[1], "instantiate") == 0) instances(arena, core, n);
    else idle(arena, core, n);
    arena_free(arena);
    return 0;
}
