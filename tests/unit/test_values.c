/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Values that components define, import, export, and get of their start functions. */
#include "tests/world.h"

#include "base/buf.h"

static const AbiValue *get(const World *w, const char *name) {
    const WitType *type;
    const AbiValue *cells =
        w->component ? vm_component_value(w->component, (Str){0}, str_from(name), &type) : NULL;
    CHECK(cells != NULL);
    static const AbiValue nothing[8];
    return cells ? cells : nothing;
}

/* A value section with one value, and its export as "v". `type`: an index below 64, or a primitive. */
static const AbiValue *defined(World *w, const char *types, uint8_t type, Str value) {
    Buf body = {.arena = arena}, bytes = {.arena = arena};
    buf_byte(&body, 1);
    buf_byte(&body, type);
    buf_u32(&body, (uint32_t)value.len);
    buf_str(&body, value);
    buf_byte(&bytes, 12);
    buf_u32(&bytes, (uint32_t)body.len);
    buf_str(&bytes, buf_text(&body));
    buf_str(&bytes, (Str){"\x0b\x07\x01\x00\x01v\x02\x00\x00", 9});
    *w = world_new();
    if (!world_load(w, types, buf_text(&bytes))) diag_print(stdout, &diags, false);
    return get(w, "v");
}

#define BYTES(text) ((Str){text, sizeof(text) - 1})

static void values_are_read(void) {
    World w;
    const AbiValue *v = defined(&w, "(component)", 0x79, BYTES("\xac\x02"));
    CHECK_EQ(v->bits, 300);
    world_free(&w);
    v = defined(&w, "(component)", 0x7e, BYTES("\xff"));
    CHECK_EQ((int64_t)v->bits, -1);
    world_free(&w);
    v = defined(&w, "(component)", 0x73, BYTES("\x05hello"));
    CHECK_STR(((Str){v->string.ptr, v->string.len}), "hello");
    world_free(&w);
    v = defined(&w, "(component)", 0x74, BYTES("\xc3\xa9"));
    CHECK_EQ(v->bits, 0xe9);
    world_free(&w);
    v = defined(&w, "(component)", 0x75, BYTES("\0\0\0\0\0\0\xf0\x3f"));
    CHECK_EQ(v->bits, 0x3ff0000000000000);
    world_free(&w);
}

static void parts_are_read(void) {
    World w;
    const AbiValue *v =
        defined(&w, "(component (type (tuple u8 (tuple s16 bool) (option string))))", 2,
                BYTES("\x07\x7f\x01\x01\x02hi"));
    CHECK_EQ(v[0].bits, 7);
    CHECK_EQ((int64_t)v[1].bits, -1);
    CHECK_EQ(v[2].bits, 1);
    CHECK_EQ(v[3].variant.index, 1);
    if (v[3].variant.payload)
        CHECK_STR(((Str){v[3].variant.payload->string.ptr, v[3].variant.payload->string.len}),
                  "hi");
    world_free(&w);
    v = defined(&w, "(component (type (list u16)))", 0, BYTES("\x03\x01\x02\xff\xff\x03"));
    CHECK_EQ(v->list.len, 3);
    if (v->list.len == 3) CHECK(!memcmp(v->list.items, "\1\0\2\0\xff\xff", 6));
    world_free(&w);
    v = defined(&w, "(component (type (list (tuple char u32))))", 1,
                BYTES("\x02"
                      "a\x01"
                      "b\x02"));
    CHECK_EQ(v->list.len, 2);
    const AbiValue *items = v->list.items;
    if (items) CHECK_EQ(items[2].bits, 'b');
    if (items) CHECK_EQ(items[3].bits, 2);
    world_free(&w);
    v = defined(&w, "(component (type (result u8 (error string))))", 0, BYTES("\x01\x02no"));
    CHECK_EQ(v->variant.index, 1);
    if (v->variant.payload) CHECK_EQ(v->variant.payload->string.len, 2);
    world_free(&w);
}

static VmStatus greet(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                      Arena *scratch) {
    char *text = arena_alloc(scratch, args[0].string.len + args[1].bits);
    memcpy(text, args[0].string.ptr, args[0].string.len);
    memset(text + args[0].string.len, '!', args[1].bits);
    result->string.ptr = text;
    result->string.len = args[0].string.len + args[1].bits;
    return VM_DONE;
}

/* Through the start function of a guest, which a host function follows. */
static const char *const starter =
    "(component"
    " (import \"name\" (value $name string))"
    " (component $inner"
    "  (import \"name\" (value $name string))"
    "  (core module $m (memory (export \"m\") 1)"
    "   (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 64))"
    "   (func (export \"f\") (param i32 i32) (result i32)"
    "    (if (i32.ne (local.get 1) (i32.const 3)) (then unreachable))"
    "    (i32.store (i32.const 16) (i32.add (local.get 0) (i32.const 1)))"
    "    (i32.store (i32.const 20) (i32.const 2)) (i32.const 16)))"
    "  (core instance $i (instantiate $m))"
    "  (func $f (param \"s\" string) (result string) (canon lift (core func $i \"f\")"
    "   (memory (core memory $i \"m\")) (realloc (core func $i \"realloc\"))))"
    "  (start $f (value $name) (result (value $rest)))"
    "  (export \"rest\" (value $rest)))"
    " (instance $i (instantiate $inner (with \"name\" (value $name))))"
    " (export \"rest\" (value $i \"rest\")))";

static const char *const greeter =
    "(component"
    " (import \"greet\" (func $f (param \"name\" string) (param \"count\" u32) (result string)))"
    " (import \"name\" (value $name string))"
    " (import \"count\" (value $count u32))"
    " (start $f (value $name) (value $count) (result (value $greeting)))"
    " (export \"greeting\" (value $greeting)))";

static void start_functions_take_and_give_values(void) {
    AbiValue name = {.string = {"Ada", 3}}, count = {.bits = 2};
    World w = world_new();
    vm_linker_func(w.linker, STR("greet"), STR("(string,u32)->string"), greet, NULL);
    vm_linker_value(w.linker, STR("name"), STR("string"), &name);
    vm_linker_value(w.linker, STR("count"), STR("u32"), &count);
    CHECK(world_load(&w, greeter, (Str){0}));
    const AbiValue *v = get(&w, "greeting");
    CHECK_STR(((Str){v->string.ptr, v->string.len}), "Ada!!");
    const WitType *type;
    CHECK(!vm_component_value(w.component, (Str){0}, STR("name"), &type));
    world_free(&w);
    w = world_new();
    vm_linker_value(w.linker, STR("name"), STR("string"), &name);
    CHECK(world_load(&w, starter, (Str){0}));
    v = get(&w, "rest");
    CHECK_STR(((Str){v->string.ptr, v->string.len}), "da");
    world_free(&w);
}

static void wrong_values_are_told(void) {
    AbiValue name = {.bits = 1};
    World w = world_new();
    vm_linker_func(w.linker, STR("greet"), STR("(string,u32)->string"), greet, NULL);
    vm_linker_value(w.linker, STR("name"), STR("u32"), &name);
    CHECK(!world_load(&w, greeter, (Str){0}));
    CHECK_STR(diags.list.at[0].message,
              "import `name` has the type `string`, but what was given has `u32`");
    CHECK_STR(diags.list.at[1].message,
              "import `count` is missing: nothing of that name was given");
    world_free(&w);
}

int main(void) {
    arena = arena_new();
    RUN(values_are_read);
    RUN(parts_are_read);
    RUN(start_functions_take_and_give_values);
    RUN(wrong_values_are_told);
    arena_free(arena);
    return test_end("values");
}
