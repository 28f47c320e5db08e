/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `component new`: core modules and worlds become components, which are then run: what comes out of
 * a call is what the linker has connected. */
#include "tests/test.h"

#include "base/file.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"
#include "witc/witc.h"

static Arena *arena;
static Diags diags;
static CompNewOptions options;

/* ---- from texts to a component ---- */

static const Source *binary_of(const char *text) {
    return wat_to_binary(arena, source_of(arena, STR("test.wat"), str_from(text)), features_all(),
                         &diags);
}

/* The module with its world embedded. */
static const Source *module_of(const char *wit, const char *world, const char *wat) {
    WitcOptions how = {.all_features = true, .gates = features_all()};
    WitModel *model =
        witc_read_text(arena, source_of(arena, STR("test.wit"), str_from(wit)), &how, &diags);
    const WitWorld *w = model ? wit_select_world(model, str_from(world), &diags) : NULL;
    Buf bytes = {.arena = arena}, dummy = {.arena = arena};
    const Source *core = wat ? binary_of(wat) : NULL;
    if (w && !wat) {
        comp_dummy_module(arena, w, COMP_NAMES_LEGACY, &dummy);
        core = source_of(arena, STR("dummy"), buf_text(&dummy));
    }
    if (!w || !core || !comp_embed(arena, model, w, ABI_UTF8, core->text, &bytes, &diags))
        return NULL;
    return source_of(arena, STR("test.wasm"), buf_text(&bytes));
}

static Str link_bytes(const Source *module) {
    Buf bytes = {.arena = arena};
    CompComponent *c = module ? comp_componentize(arena, module, &options, &diags) : NULL;
    if (c) comp_encode(c, &bytes);
    return buf_text(&bytes);
}

static const CompInfo *link_valid(const Source *module) {
    Str bytes = link_bytes(module);
    const Source *source = source_of(arena, STR("linked.wasm"), bytes);
    CompComponent *c = bytes.len ? comp_decode(arena, source, features_all(), &diags) : NULL;
    const CompInfo *info = c ? comp_validate(arena, c, features_all(), &diags) : NULL;
    if (!info) diag_print(stdout, &diags, false);
    CHECK(info != NULL);
    return info;
}

static size_t count_items(const CompComponent *c, CompItemKind kind) {
    size_t n = 0;
    for (size_t i = 0; i < c->items.len; i++) n += c->items.at[i].kind == kind;
    return n;
}

/* ---- running ---- */

typedef struct {
    VmStore *store;
    VmThread *thread;
    VmLinker *linker;
    VmComponent *component;
    AbiValue result[4];
} World;

static World world_new(void) {
    World w = {.store = vm_store_new(NULL)};
    w.thread = vm_thread_new(w.store);
    w.linker = vm_linker_new(w.store);
    return w;
}

static void world_free(World *w) {
    vm_linker_free(w->linker);
    vm_thread_free(w->thread);
    vm_store_free(w->store);
}

static void start(World *w, const CompInfo *info) {
    w->component = info ? vm_component_new(w->thread, info, w->linker, &diags) : NULL;
    if (!w->component) diag_print(stdout, &diags, false);
    CHECK(w->component != NULL);
}

static void call(World *w, const char *interface, const char *name, const AbiValue *args) {
    VmComponentFunc *f =
        w->component ? vm_component_func(w->component, str_from(interface), str_from(name)) : NULL;
    CHECK(f != NULL);
    if (f) CHECK_EQ(vm_component_call(w->thread, f, args, w->result, arena), VM_DONE);
}

/* ---- functions of the host ---- */

static VmStatus add(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                    Arena *scratch) {
    result->bits = args[0].bits + args[1].bits;
    return VM_DONE;
}

static VmStatus shout(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                      Arena *scratch) {
    char *text = arena_alloc(scratch, args[0].string.len + 1);
    memcpy(text, args[0].string.ptr, args[0].string.len);
    text[args[0].string.len] = '!';
    result->string.ptr = text;
    result->string.len = args[0].string.len + 1;
    return VM_DONE;
}

static char heard[64];

static VmStatus hear(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                     Arena *scratch) {
    snprintf(heard, sizeof heard, "%.*s", (int)args[0].string.len, args[0].string.ptr);
    return VM_DONE;
}

/* ---- what is needed and no more ---- */

static void scalars_need_no_shim(void) {
    const Source *module =
        module_of("package t:t; world w { import add: func(a: u32, b: u32) -> u32; export run: "
                  "func(x: u32) -> u32; }",
                  "w",
                  "(module (import \"$root\" \"add\" (func $add (param i32 i32) (result i32)))"
                  " (func (export \"run\") (param i32) (result i32) (call $add (local.get 0) "
                  "(i32.const 2))))");
    const CompInfo *info = link_valid(module);
    World w = world_new();
    vm_linker_func(w.linker, STR("add"), STR("(u32,u32)->u32"), add, NULL);
    start(&w, info);
    AbiValue x = {.bits = 40};
    call(&w, "", "run", &x);
    CHECK_EQ(w.result[0].bits, 42);
    if (info) CHECK_EQ(count_items(info->component, COMP_ITEM_CORE_MODULE), 1);
    world_free(&w);
}

/* greet calls the import and hands its result on. */
static const char *const greeter =
    "(module (import \"t:t/host\" \"shout\" (func $shout (param i32 i32 i32)))"
    " (memory (export \"memory\") 1) (global $top (mut i32) (i32.const 64))"
    " (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32)"
    "  (global.get $top) (global.set $top (i32.add (global.get $top) (i32.add (local.get 3) "
    "(i32.const 8)))))"
    " (func (export \"t:t/guest#greet\") (param i32 i32) (result i32)"
    "  (call $shout (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))"
    " (func (export \"cabi_post_t:t/guest#greet\") (param i32)))";
static const char *const greeter_wit =
    "package t:t; interface host { shout: func(s: string) -> string; unused: func(); }"
    " interface guest { greet: func(s: string) -> string; } world w { import host; export guest; }";

static void strings_go_both_ways(void) {
    const CompInfo *info = link_valid(module_of(greeter_wit, "w", greeter));
    World w = world_new();
    vm_linker_func(vm_linker_instance(w.linker, STR("t:t/host")), STR("shout"),
                   STR("(string)->string"), shout, NULL);
    start(&w, info);
    AbiValue text = {.string = {"hello", 5}};
    call(&w, "t:t/guest", "greet", &text);
    CHECK_EQ(w.result[0].string.len, 6);
    CHECK(!memcmp(w.result[0].string.ptr, "hello!", 6));
    if (info) {
        CHECK_EQ(count_items(info->component, COMP_ITEM_CORE_MODULE), 3);
        CHECK_EQ(info->type.imports.at[0].entity.instance->exports.len, 1); /* not `unused` */
    }
    world_free(&w);
}

static void the_same_comes_out_twice(void) {
    Str a = link_bytes(module_of(greeter_wit, "w", greeter));
    Str b = link_bytes(module_of(greeter_wit, "w", greeter));
    CHECK(a.len && str_eq(a, b));
}

static void tail_calls_serve_as_well(void) {
    options.return_call_ref = true;
    const CompInfo *info = link_valid(module_of(greeter_wit, "w", greeter));
    options.return_call_ref = false;
    World w = world_new();
    vm_linker_func(vm_linker_instance(w.linker, STR("t:t/host")), STR("shout"),
                   STR("(string)->string"), shout, NULL);
    start(&w, info);
    AbiValue text = {.string = {"hi", 2}};
    call(&w, "t:t/guest", "greet", &text);
    CHECK_EQ(w.result[0].string.len, 3);
    world_free(&w);
}

/* ---- resources ---- */

/* run makes a resource with rep 5, asks for the rep, and drops it: the destructor adds 100. */
static void destructors_go_through_the_shim(void) {
    const Source *module = module_of(
        "package t:t; interface i { resource r { constructor(); } run: func() -> u32; } world w { "
        "export i; }",
        "w",
        "(module (import \"[export]t:t/i\" \"[resource-new]r\" (func $new (param i32) (result "
        "i32)))"
        " (import \"[export]t:t/i\" \"[resource-rep]r\" (func $rep (param i32) (result i32)))"
        " (import \"[export]t:t/i\" \"[resource-drop]r\" (func $drop (param i32)))"
        " (global $sum (mut i32) (i32.const 0))"
        " (func (export \"t:t/i#[constructor]r\") (result i32) (call $new (i32.const 5)))"
        " (func (export \"t:t/i#[dtor]r\") (param i32)"
        "  (global.set $sum (i32.add (global.get $sum) (i32.add (local.get 0) (i32.const 100)))))"
        " (func (export \"t:t/i#run\") (result i32) (local $h i32)"
        "  (local.set $h (call $new (i32.const 5)))"
        "  (global.set $sum (call $rep (local.get $h))) (call $drop (local.get $h)) (global.get "
        "$sum)))");
    World w = world_new();
    start(&w, link_valid(module));
    call(&w, "t:t/i", "run", NULL);
    CHECK_EQ(w.result[0].bits, 110);
    world_free(&w);
}

static void used_resources_are_imported(void) {
    const CompInfo *info = link_valid(module_of(
        "package t:t; interface i { resource r { f: func(); } resource s; g: func(x: borrow<s>); }"
        " interface j { use i.{r}; h: func(x: r); } world w { import i; export j; }",
        "w",
        "(module (import \"t:t/i\" \"[resource-drop]r\" (func (param i32)))"
        " (func (export \"t:t/j#h\") (param i32)))"));
    if (!info) return;
    CHECK_EQ(info->type.imports.len, 1);
    CHECK_EQ(info->type.imports.at[0].entity.instance->exports.len, 1); /* r alone */
    CHECK_EQ(info->type.exports.len, 1);
}

/* ---- asynchronous functions, hooks, repeated imports ---- */

static void tasks_return_by_an_import(void) {
    World w = world_new();
    start(&w, link_valid(module_of(
                  "package t:t; world w { export f: async func() -> u32; }", "w",
                  "(module (import \"[export]$root\" \"[task-return]f\" (func $return (param i32)))"
                  " (func (export \"[async-lift]f\") (result i32)"
                  "  (call $return (i32.const 42)) (i32.const 0))"
                  " (func (export \"[callback][async-lift]f\") (param i32 i32 i32) (result i32)"
                  "  unreachable))")));
    call(&w, "", "f", NULL);
    CHECK_EQ(w.result[0].bits, 42);
    world_free(&w);
}

/* The hook writes down each code, plus one, as a hexadecimal digit. */
static void hooks_are_called_around_tasks(void) {
    World w = world_new();
    start(&w,
          link_valid(module_of(
              "package t:t; world w { export nothing: func(); export seen: func() -> u32; }", "w",
              "(module (global $seen (mut i32) (i32.const 0))"
              " (func (export \"__wasm_task_hook\") (param i32) (global.set $seen"
              "  (i32.add (i32.shl (global.get $seen) (i32.const 4)) (i32.add (local.get 0) "
              "(i32.const 1)))))"
              " (func (export \"_initialize\")) (func (export \"nothing\"))"
              " (func (export \"cabi_post_nothing\"))"
              " (func (export \"seen\") (result i32) (global.get $seen)))")));
    call(&w, "", "nothing", NULL);
    call(&w, "", "seen", NULL);
    CHECK_EQ(w.result[0].bits, 0x7812bc1); /* initialize 6 7, sync 0 1, post-return 10 11, sync 0 */
    world_free(&w);
}

static void repeated_imports_get_names_of_their_own(void) {
    World w = world_new();
    vm_linker_func(w.linker, STR("add"), STR("(u32,u32)->u32"), add, NULL);
    start(&w, link_valid(module_of(
                  "package t:t; world w { import add: func(a: u32, b: u32) -> u32; export run: "
                  "func() -> u32; }",
                  "w",
                  "(module (import \"$root\" \"add\" (func $a (param i32 i32) (result i32)))"
                  " (import \"$root\" \"add\" (func $b (param i32 i32) (result i32)))"
                  " (func (export \"run\") (result i32)"
                  "  (call $b (call $a (i32.const 1) (i32.const 2)) (i32.const 4))))")));
    call(&w, "", "run", NULL);
    CHECK_EQ(w.result[0].bits, 7);
    world_free(&w);
}

static void a_memory_can_be_imported(void) {
    const CompInfo *info = link_valid(
        module_of("package t:t; world w { import hear: func(s: string); export run: func(); }", "w",
                  "(module (import \"env\" \"memory\" (memory 1)) (import \"$root\" \"hear\" (func "
                  "$hear (param i32 i32)))"
                  " (data (i32.const 4) \"from data\")"
                  " (func (export \"run\") (call $hear (i32.const 4) (i32.const 9))))"));
    World w = world_new();
    vm_linker_func(w.linker, STR("hear"), STR("(string)"), hear, NULL);
    start(&w, info);
    call(&w, "", "run", NULL);
    CHECK_STR(str_from(heard), "from data");
    world_free(&w);
}

/* ---- adapters ---- */

static const char *const old_wit =
    "package t:t; interface log { say: func(s: string); }"
    " world app { export run: func() -> u32; } world adapter { import log; }";
static const char *const old_app =
    "(module (import \"old\" \"print\" (func $print (param i32 i32) (result i32)))"
    " (memory (export \"memory\") 2) (data (i32.const 32) \"old news\")"
    " (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (i32.const 4096))"
    " (func (export \"run\") (result i32) (call $print (i32.const 32) (i32.const 8))))";
/* print gives the stack pointer back. */
static const char *const old_adapter =
    "(module (import \"t:t/log\" \"say\" (func $say (param i32 i32))) (import \"env\" \"memory\" "
    "(memory 0))"
    " (import \"t:t/log\" \"never\" (func $never (param i32)))"
    " (global $__stack_pointer (mut i32) (i32.const 0)) (global $allocation_state (mut i32) "
    "(i32.const 0))"
    " (global $other (mut i64) (i64.const 0))"
    " (func $unused (global.set $other (i64.const 1)) (call $never (i32.const 0)))"
    " (func (export \"unused\") (call $unused))"
    " (func (export \"print\") (param i32 i32) (result i32)"
    "  (if (i32.ne (global.get $allocation_state) (i32.const 2)) (then unreachable))"
    "  (drop (i32.load8_u (i32.sub (global.get $__stack_pointer) (i32.const 1))))"
    "  (call $say (local.get 0) (local.get 1)) (global.get $__stack_pointer)))";

static void run_adapted(bool grow, uint64_t stack) {
    CompAdapter adapter = {.name = STR("old"),
                           .source = module_of(old_wit, "adapter", old_adapter)};
    options = (CompNewOptions){.features = features_all(),
                               .adapters = &adapter,
                               .adapter_count = 1,
                               .realloc_via_memory_grow = grow};
    const CompInfo *info = link_valid(module_of(old_wit, "app", old_app));
    options = (CompNewOptions){.features = features_all()};
    World w = world_new();
    vm_linker_func(vm_linker_instance(w.linker, STR("t:t/log")), STR("say"), STR("(string)"), hear,
                   NULL);
    start(&w, info);
    call(&w, "", "run", NULL);
    CHECK_STR(str_from(heard), "old news");
    CHECK_EQ(w.result[0].bits, stack);
    world_free(&w);
}

static void adapters_are_cut_and_get_a_stack(void) {
    run_adapted(false, 4096 + 65536);
    run_adapted(true, 3 * 65536); /* the end of the third page */
}

static void adapters_without_use_stay_out(void) {
    CompAdapter adapter = {.name = STR("old"),
                           .source = module_of(old_wit, "adapter", old_adapter)};
    options.adapters = &adapter;
    options.adapter_count = 1;
    const CompInfo *info = link_valid(
        module_of(old_wit, "app", "(module (func (export \"run\") (result i32) (i32.const 1)))"));
    options = (CompNewOptions){.features = features_all()};
    if (!info) return;
    CHECK_EQ(count_items(info->component, COMP_ITEM_CORE_MODULE), 1);
    CHECK_EQ(info->type.imports.len, 0);
}

/* ---- dummies ---- */

static void dummies_fit_their_worlds(void) {
    static const char *const wits[] = {
        "package t:t; world w { import f: func(a: list<string>) -> result<string, u8>; export g: "
        "func(); }",
        "package t:t; interface i { resource r { constructor(x: u8); m: async func() -> list<u8>; "
        "} }"
        " world w { import i; export i; }",
        "package t:t; interface i { f: func(a: stream<u8>, b: future<string>) -> stream; }"
        " world w { import a: i; import b: i; export c: i; export i; type t = u8; export h: "
        "func(x: t); }",
    };
    for (size_t i = 0; i < sizeof wits / sizeof *wits; i++)
        link_valid(module_of(wits[i], "w", NULL));
}

/* ---- compositions ---- */

static const char *const part_text =
    "(component (import \"res\" (instance $i (export \"r\" (type (sub resource)))))"
    " (alias export $i \"r\" (type $r))"
    " (core module $m (func (export \"f\") (param i32 i32)))"
    " (core instance $c (instantiate $m))"
    " (type $p' (record (field \"x\" u32) (field \"h\" (borrow $r)))) (export $p \"pair\" (type "
    "$p'))"
    " (func $f (param \"a\" $p) (canon lift (core func $c \"f\"))) (export \"f\" (func $f)))";

static const Source *read_part(Arena *to, Str path, void *context, Diags *list) {
    return wat_to_binary(to, source_of(to, path, str_from(part_text)), features_all(), list);
}

/* An imported component has the type that validation found: names, resources, functions. */
static void components_are_imported_by_type(void) {
    const Source *root =
        binary_of("(component (import \"res\" (instance $i (export \"r\" (type (sub resource)))))"
                  " (alias export $i \"r\" (type $r))"
                  " (import \"part\" (instance $p"
                  "  (type $p' (record (field \"x\" u32) (field \"h\" (borrow $r)))) (export "
                  "\"pair\" (type $p (eq $p')))"
                  "  (export \"f\" (func (param \"a\" $p))))))");
    CompComposeOptions how = {.config = source_of(arena, STR("c.yml"),
                                                  STR("import-components: true\n"
                                                      "dependencies: {part: part.wat}\n")),
                              .features = features_all(),
                              .read = read_part};
    CompComponent *c = root ? comp_compose(arena, root, &how, &diags) : NULL;
    if (!c) diag_print(stdout, &diags, false);
    CHECK(c != NULL);
    if (!c) return;
    CHECK_EQ(count_items(c, COMP_ITEM_COMPONENT), 1); /* the root; the part is an import */
    CHECK_EQ(count_items(c, COMP_ITEM_IMPORT), 2);
}

/* Each type is another name of the one before: no depth that a limit knows, but a long way down. */
static void names_of_names_may_be_many(void) {
    Buf wit = {.arena = arena};
    buf_str(&wit, STR("package t:t; interface i { type a0 = u8; "));
    for (int i = 1; i < 40000; i++) buf_fmt(&wit, "type a%d = a%d; ", i, i - 1);
    buf_str(&wit, STR("f: func(x: a39999); } world w { import i; export i; }"));
    buf_byte(&wit, 0);
    const CompInfo *info = link_valid(module_of((const char *)wit.ptr, "w", NULL));
    if (info) CHECK_EQ(info->type.imports.at[0].entity.instance->exports.len, 40001);
}

static void imports_can_be_renamed(void) {
    CompRename rename = {STR("t:t/host"), STR("t:t/other@2.0.0")};
    options.renames = &rename;
    options.rename_count = 1;
    const CompInfo *info = link_valid(module_of(greeter_wit, "w", greeter));
    options = (CompNewOptions){.features = features_all()};
    if (info) CHECK_STR(info->type.imports.at[0].name.name, "t:t/other@2.0.0");
}

/* ---- what is wrong ---- */

static void check_fault(const char *wit, const char *wat, const char *message) {
    diags = (Diags){.arena = arena};
    CHECK_EQ(link_bytes(module_of(wit, "w", wat)).len, 0);
    CHECK(diags.errors > 0);
    if (diags.errors) CHECK_STR(diags.list.at[0].message, message);
    diags = (Diags){.arena = arena};
}

static void faults_are_told(void) {
    check_fault("package t:t; world w { export f: func(x: u32); }",
                "(module (func (export \"f\")))",
                "type mismatch for function `f`: expected `[i32] -> []` but found `[] -> []`");
    check_fault(
        "package t:t; world w { export f: func(); }", "(module (func (export \"F\")))",
        "failed to find export of function `f`: the module must export a core function `f`");
    check_fault("package t:t; world w { export f: async func(); }",
                "(module (func (export \"[async-lift]f\") (result i32) unreachable))",
                "missing callback for `[async-lift]f`: the module must export a core function "
                "`[callback][async-lift]f`");
    check_fault("package t:t; world w { export f: func(s: string); }",
                "(module (func (export \"f\") (param i32 i32)))",
                "function `f` passes strings, lists or large values through memory, but the module "
                "exports no `memory`");
    check_fault("package t:t; world w { export f: func(s: string); }",
                "(module (memory (export \"memory\") 1) (func (export \"f\") (param i32 i32)))",
                "function `f` needs memory to be allocated in the module, but it exports no "
                "`cabi_realloc`");
    check_fault("package t:t; world w { export f: func(s: string); }",
                "(module (memory (export \"memory\") 1) (func (export \"f\") (param i32 i32))"
                " (func (export \"cabi_realloc\")))",
                "type mismatch for function `cabi_realloc`: expected `[i32 i32 i32 i32] -> [i32]` "
                "but found `[] -> []`");
    check_fault("package t:t; world w { import f: func(); }", "(module (import \"\" \"f\" (func)))",
                "module requires an import interface named ``, which world `root` does not import");
}

int main(void) {
    arena = arena_new();
    diags = (Diags){.arena = arena};
    options = (CompNewOptions){.features = features_all()};
    RUN(scalars_need_no_shim);
    RUN(strings_go_both_ways);
    RUN(the_same_comes_out_twice);
    RUN(tail_calls_serve_as_well);
    RUN(destructors_go_through_the_shim);
    RUN(used_resources_are_imported);
    RUN(tasks_return_by_an_import);
    RUN(hooks_are_called_around_tasks);
    RUN(repeated_imports_get_names_of_their_own);
    RUN(a_memory_can_be_imported);
    RUN(adapters_are_cut_and_get_a_stack);
    RUN(adapters_without_use_stay_out);
    RUN(dummies_fit_their_worlds);
    RUN(components_are_imported_by_type);
    RUN(names_of_names_may_be_many);
    RUN(imports_can_be_renamed);
    RUN(faults_are_told);
    arena_free(arena);
    return test_end("link");
}
