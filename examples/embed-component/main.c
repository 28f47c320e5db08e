/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A program with a component: `embed-component guest.wat`. It gives it a function and WASI, calls an export
 * with a record that has a list, and reads the record that comes back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <witc/component.h>

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

/* say(words: string) -> u32: that the argument is a string, the type has made sure of. */
static witc_status guest_says(witc_caller *caller, void *context, const witc_signature *type,
                              const witc_val *args, size_t arg_count, witc_val *result,
                              witc_arena *arena) {
    unsigned *count = context;
    (void)caller, (void)type, (void)arg_count, (void)arena;
    printf("guest: %.*s\n", (int)args[0].count, args[0].of.string);
    *result = witc_val_u32(++*count);
    return WITC_DONE;
}

static void list_exports(const witc_component *component) {
    for (size_t i = 0; i < witc_component_export_count(component); i++) {
        char text[200];
        witc_item item = witc_component_export(component, i);
        witc_item_text(&item, text, sizeof text);
        printf("export: %s\n", text);
    }
}

/* A record of a string and a list of numbers, made by hand; and one that comes back. */
static witc_status call_bill(witc_component_instance *guest, witc_arena *arena) {
    witc_component_func *bill = witc_component_find(guest, "", "bill");
    uint32_t prices[] = {120, 35, 45};
    witc_val order[] = {witc_val_string("lamp", 4), witc_val_packed(WITC_TYPE_U32, prices, 3)};
    witc_val arg = witc_val_items(WITC_TYPE_RECORD, order, 2), result;
    witc_status status = witc_component_call(bill, &arg, 1, &result, arena);
    if (status != WITC_DONE) return status;
    printf("total: %u\n", (unsigned)result.of.items[1].of.u);
    const witc_type *type = witc_signature_result(witc_component_func_type(bill));
    say("bill", witc_val_print(type, &result, arena));

    /* The same from text. */
    witc_error *error;
    witc_str text = {"({item: \"chair\", prices: [70]})", 31};
    status = witc_component_call_text(bill, text, &result, arena, &error);
    if (status == WITC_DONE) say("bill", witc_val_print(type, &result, arena));
    witc_error_free(error);

    /* What is not of the type is refused. */
    order[1] = witc_val_string("free", 4);
    return witc_component_call(bill, &arg, 1, &result, arena);
}

static witc_status run(witc_store *store, witc_component *component, witc_arena *arena) {
    unsigned count = 0;
    witc_component_instance *guest;
    const char *args[] = {"shop", "open"};
    witc_wasi wasi = {
        .size = sizeof wasi, .args = args, .arg_count = 2, .has_stdout = true, .stdout_fd = 1};
    witc_component_linker *linker = witc_component_linker_new(store);
    witc_component_linker_func(linker, "demo:shop/log@1.0.0", "say", "(string) -> u32", guest_says,
                               &count);
    witc_component_linker_wasi(linker, &wasi);
    witc_status status = witc_component_instantiate(linker, component, &guest);
    witc_component_linker_free(linker);
    if (status != WITC_DONE) return status;
    status = call_bill(guest, arena);
    if (status == WITC_REFUSED) say("refused", witc_store_failure(store).message);
    witc_val number;
    status =
        witc_component_call(witc_component_find(guest, "", "arguments"), NULL, 0, &number, arena);
    if (status == WITC_DONE) printf("arguments: %u\n", (unsigned)number.of.u);
    return status;
}

int main(int argc, char **argv) {
    size_t size = 0;
    void *bytes = read_file(argc > 1 ? argv[1] : "guest.wat", &size);
    witc_engine *engine = witc_engine_new(NULL);
    witc_error *error = NULL;
    witc_component *component = witc_component_new(engine, bytes, size, "guest.wat", &error);
    free(bytes);
    if (!component) say("error", witc_error_text(error));
    witc_error_free(error);
    witc_limits limits = {.size = sizeof limits, .timeout_ns = 5000000000, .values_bytes = 1 << 20};
    witc_store *store = witc_store_new(engine, &limits);
    witc_arena *arena = witc_arena_new(engine);
    witc_status status = WITC_REFUSED;
    if (component) {
        list_exports(component);
        status = run(store, component, arena);
        if (status != WITC_DONE) say("failed", witc_store_failure(store).message);
    }
    witc_arena_free(arena);
    witc_store_free(store);
    witc_component_free(component);
    witc_engine_free(engine);
    return status != WITC_DONE;
}
