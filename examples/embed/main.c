/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A program with a guest: `embed guest.wat`. It gives the guest a function, exchanges bytes with it,
 * looks at a trap, and keeps it within limits. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <witc/engine.h>

static void say(const char *what, witc_str text) {
    printf("%s: %.*s\n", what, (int)text.len, text.ptr);
}

static void *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *bytes = malloc(1 << 20);
    *size = bytes ? fread(bytes, 1, 1 << 20, file) : 0;
    fclose(file);
    return bytes;
}

/* print(at, size): the fast kind of host function, with slots. What a guest says is never trusted. */
static witc_status print(witc_caller *caller, void *context, witc_slot *slots) {
    uint64_t size, at = slots[0], length = slots[1];
    const uint8_t *memory = witc_caller_memory(caller, &size);
    (void)context;
    if (length > size || at > size - length)
        return witc_trap(caller, "print: %llu bytes are not there", (unsigned long long)length);
    printf("guest: %.*s\n", (int)length, (const char *)memory + at);
    return WITC_DONE;
}

/* Writes the text into the guest's memory and asks how many words it has. */
static int count_words(witc_store *store, witc_instance *guest, const char *text) {
    witc_value size = witc_i32((int32_t)strlen(text)), at, args[2], count;
    witc_func *allocate = witc_instance_func(guest, "allocate");
    if (witc_func_call(store, allocate, &size, 1, &at, 1) != WITC_DONE) return -1;
    witc_memory *memory = witc_instance_memory(guest, "memory");
    if (!witc_memory_write(memory, at.of.u32, text, strlen(text))) return -1;
    args[0] = at, args[1] = size;
    witc_func *words = witc_instance_func(guest, "words");
    if (witc_func_call(store, words, args, 2, &count, 1) != WITC_DONE) return -1;
    return count.of.i32;
}

static void explain(witc_store *store) {
    witc_failure failure = witc_store_failure(store);
    say("failed", failure.message);
    witc_frame f;
    for (uint32_t i = 0; witc_store_frame(store, i, &f); i++)
        printf("  %u: %.*s, line %u\n", i, (int)f.func_name.len, f.func_name.ptr, f.line);
}

static void run(witc_store *store, witc_instance *guest) {
    witc_slot slots[2] = {0};
    witc_func_call_raw(store, witc_instance_func(guest, "greet"), slots);
    printf("words: %d\n", count_words(store, guest, "one  two three"));

    slots[0] = 7, slots[1] = 0;
    witc_status status = witc_func_call_raw(store, witc_instance_func(guest, "average"), slots);
    if (status == WITC_TRAP) explain(store);

    witc_func *grow = witc_instance_func(guest, "grow");
    witc_func_call_raw(store, grow, slots);
    printf("grow: %d\n", witc_i32_slot(slots[0])); /* beyond the limit: -1 */

    status = witc_func_call_raw(store, witc_instance_func(guest, "spin"), slots);
    witc_failure failure = witc_store_failure(store);
    if (status == WITC_TRAP && failure.limit == WITC_LIMIT_FUEL) printf("spin: out of fuel\n");
}

int main(int argc, char **argv) {
    size_t size = 0;
    void *bytes = read_file(argc > 1 ? argv[1] : "guest.wat", &size);
    witc_engine *engine = witc_engine_new(NULL);
    witc_error *error = NULL;
    witc_module *module = witc_module_new(engine, bytes, size, "guest.wat", &error);
    free(bytes);
    if (!module) {
        say("error", witc_error_text(error));
        witc_error_free(error);
        witc_engine_free(engine);
        return 1;
    }
    witc_limits limits = {
        .size = sizeof limits, .count_fuel = true, .fuel = 100000, .memory_bytes = 4 * 65536};
    witc_store *store = witc_store_new(engine, &limits);
    witc_linker *linker = witc_linker_new(store);
    witc_linker_define_raw(linker, "host", "print", "i32 i32", print, NULL);
    witc_instance *guest;
    if (witc_linker_instantiate(linker, module, &guest) == WITC_DONE) run(store, guest);
    else explain(store);
    witc_linker_free(linker);
    witc_store_free(store);
    witc_module_free(module);
    witc_engine_free(engine);
    return 0;
}
