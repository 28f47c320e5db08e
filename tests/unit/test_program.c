/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Stores that share a program: what the first of them has made is used by the next, whichever of them
 * still lives, and nothing that a guest does in one is seen in another. */
#include "tests/world.h"

/* Structs, which have layouts of a store's own, an indirect call, which looks at types, data that is
 * mapped, and a counter. */
static const char text[] =
    "(component"
    " (core module $m (type $s (struct (field (mut i32)))) (type $f (func (result i32)))"
    "  (func $get (type $f) (struct.get $s 0 (struct.new $s (i32.const 30))))"
    "  (table funcref (elem $get)) (global $n (mut i32) (i32.const 0))"
    "  (func (export \"run\") (result i32)"
    "   (global.set $n (i32.add (global.get $n) (i32.const 1)))"
    "   (i32.add (call_indirect (type $f) (i32.const 0)) (global.get $n))))"
    " (core module $plain (memory (export \"mem\") 2) (data (i32.const 70000) \"\\07\")"
    "  (type $f (func (result i32))) (func $one (type $f) (i32.load8_u (i32.const 70000)))"
    "  (table funcref (elem $one))"
    "  (func (export \"run\") (result i32) (local i32)"
    "   (local.set 0 (call_indirect (type $f) (i32.const 0)))"
    "   (i32.store8 (i32.const 70000) (i32.add (local.get 0) (i32.const 1))) (local.get 0)))"
    " (core instance $a (instantiate $m)) (core instance $b (instantiate $plain))"
    " (func (export \"structs\") (result u32) (canon lift (core func $a \"run\")))"
    " (func (export \"plain\") (result u32) (canon lift (core func $b \"run\"))))";

static const CompInfo *info_of(void) {
    const Source *source = source_of(arena, STR("test.wat"), str_from(text));
    const Source *binary = wat_to_binary(arena, source, features_all(), &diags);
    CompComponent *c = binary ? comp_decode(arena, binary, features_all(), &diags) : NULL;
    const CompInfo *info = c ? comp_validate(arena, c, features_all(), &diags) : NULL;
    if (!info) diag_print(stdout, &diags, false);
    return info;
}

static World world_in(VmProgram *program, const CompInfo *info, bool has_fuel) {
    World w =
        world_of(&(VmLimits){.program = program, .has_fuel = has_fuel, .fuel = UINT64_MAX / 2});
    w.component = vm_component_new(w.thread, info, w.linker, &diags);
    CHECK(w.component != NULL);
    return w;
}

static void check_call(World *w, const char *name, uint32_t expected) {
    VmComponentFunc *f = vm_component_func(w->component, (Str){0}, str_from(name));
    w->result[0].bits = 0;
    CHECK_EQ(vm_component_call(w->thread, f, NULL, w->result, arena), VM_DONE);
    CHECK_EQ(w->result[0].bits, expected);
}

static void stores_share(void) {
    diags = (Diags){.arena = arena};
    const CompInfo *info = info_of();
    VmProgram *program = vm_program_new();
    CHECK(info && program);
    if (!info || !program) return;
    World first = world_in(program, info, false), second = world_in(program, info, false);
    check_call(&first, "structs", 31);
    check_call(&first, "structs", 32);
    check_call(&first, "plain", 7);
    check_call(&first, "plain", 8);
    check_call(&second, "plain", 7);
    world_free(&first);
    check_call(&second, "structs", 31);
    check_call(&second, "plain", 8);
    World third = world_in(program, info, false);
    world_free(&second);
    check_call(&third, "structs", 31);
    check_call(&third, "plain", 7);
    World other = world_in(program, info, true); /* whose code has to count */
    check_call(&other, "plain", 7);
    CHECK(vm_store_fuel(other.store) < UINT64_MAX / 2);
    check_call(&third, "plain", 8);
    world_free(&other);
    world_free(&third);
    vm_program_free(program);
}

/* A store of the program prepares nothing that another has prepared: its own code takes no memory. */
static void code_is_made_once(void) {
    diags = (Diags){.arena = arena};
    const CompInfo *info = info_of();
    VmProgram *program = vm_program_new();
    if (!info || !program) return;
    World alone = world_in(NULL, info, false), first = world_in(program, info, false);
    check_call(&alone, "plain", 7);
    check_call(&first, "plain", 7);
    CHECK(vm_store_usage(first.store).code_bytes < vm_store_usage(alone.store).code_bytes);
    CHECK(vm_store_usage(first.store).type_bytes <= vm_store_usage(alone.store).type_bytes);
    world_free(&alone);
    world_free(&first);
    vm_program_free(program);
    vm_program_free(NULL);
}

int main(void) {
    arena = arena_new();
    RUN(stores_share);
    RUN(code_is_made_once);
    arena_free(arena);
    return test_end("program");
}
