/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The embedding interface in any order that the bytes say: each byte is an operation or what it chooses.
 * Operations happen between calls and inside host functions, which then return, trap, throw, exit,
 * suspend, call on, or call the guest again. Objects are collected at each allocation. What is in
 * `held` is owned; stores come and go with all that is theirs. */
#include <stdlib.h>
#include <string.h>

#include "embed/internal.h"
#include "interpreter/heap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char guest[] =
    "(module (type $s (struct (field (mut anyref)) (field (mut i32))))"
    "(type $a (array (mut anyref))) (type $v (func))"
    "(import \"h\" \"boxed\" (func $boxed (param i32 anyref externref) (result i32 anyref "
    "externref)))"
    "(import \"h\" \"raw\" (func $raw (param i32 anyref) (result anyref)))"
    "(import \"h\" \"tag\" (tag $t (param i32 anyref)))"
    "(memory (export \"memory\") 1 4) (table (export \"table\") 2 20 anyref)"
    "(table $f (export \"funcs\") 4 20 funcref) (elem (table $f) (i32.const 0) func $leaf $spin)"
    "(global (export \"any\") (mut anyref) (ref.null any))"
    "(global (export \"number\") (mut i64) (i64.const 0))"
    "(func $leaf) (func $spin (loop (br 0)))"
    "(func (export \"boxed\") (param i32 anyref externref) (result i32 anyref externref)"
    " (call $boxed (local.get 0) (local.get 1) (local.get 2)))"
    "(func (export \"list\") (param i32 anyref) (result anyref)"
    " (local.set 0 (i32.and (local.get 0) (i32.const 15)))"
    " (loop (local.set 1 (call $raw (local.get 0) (struct.new $s (local.get 1) (local.get 0))))"
    "  (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))"
    " (local.get 1))"
    "(func (export \"catch\") (param i32 anyref) (result anyref) (local exnref)"
    " (block $caught (result i32 anyref exnref)"
    "  (try_table (catch_ref $t $caught)"
    "   (return (call $raw (local.get 0) (local.get 1))))"
    "  (unreachable))"
    " (local.set 2) (local.set 1) (if (then (throw_ref (local.get 2)))) (local.get 1))"
    "(func (export \"throw\") (param i32 anyref) (result anyref)"
    " (throw $t (local.get 0) (local.get 1)))"
    "(func (export \"array\") (param i32 anyref) (result anyref)"
    " (array.new $a (local.get 1) (i32.and (local.get 0) (i32.const 1023))))"
    "(func (export \"grow\") (param i32 anyref) (result anyref)"
    " (drop (memory.grow (i32.const 1))) (i32.store (local.get 0) (local.get 0))"
    " (drop (call $raw (i32.load (local.get 0)) (local.get 1)))"
    " (i32.store (i32.const 8) (i32.load (local.get 0))) (ref.i31 (i32.load (i32.const 8))))"
    "(func (export \"indirect\") (param i32 anyref) (result anyref)"
    " (call_indirect $f (type $v) (local.get 0)) (local.get 1)))";

enum { HELD = 16, MOST_STEPS = 400, MOST_DEPTH = 5, RESULTS = 3 };
enum { FUEL = 20000 };

static const char *const exports[] = {"boxed", "list", "catch",   "throw",
                                      "array", "grow", "indirect"};

typedef struct {
    const uint8_t *at, *end;
    unsigned steps, depth;
    witc_engine *engine;
    witc_module *module;
    witc_store *store;
    witc_linker *linker;
    witc_instance *instance;
    witc_tag *tag;
    witc_ref *held[HELD];
    witc_value results[RESULTS]; /* of the outermost call, also when it goes on */
    witc_slot slots[8];
    bool boxed, pending;
} World;

static int finalized; /* what finalizers write to */

static uint8_t byte(World *w) { return w->at < w->end ? *w->at++ : 0; }
static witc_ref **place(World *w) { return &w->held[byte(w) % HELD]; }

static void put(World *w, witc_ref *ref) {
    witc_ref **to = place(w);
    witc_ref_free(*to);
    *to = ref;
}

static void finalize(void *data) { ++*(int *)data; }

/* ---- values ---- */

/* A value of the type, not owned; of an exception where an anyref is wanted, if the bytes say so. */
static witc_value borrowed(World *w, witc_valtype type) {
    witc_value v = witc_default(type);
    witc_ref *ref = *place(w);
    if (type == WITC_I32) v.of.i32 = (int8_t)byte(w);
    else if (type == WITC_I64) v.of.i64 = (int8_t)byte(w);
    else if (witc_is_ref(type) && type != WITC_FUNCREF && ref) v = witc_reference(ref->top, ref);
    return v;
}

static witc_value owned(World *w, witc_valtype type) {
    witc_value v = borrowed(w, type);
    if (witc_is_ref(v.type) && v.type != WITC_FUNCREF) v.of.ref = witc_ref_copy(v.of.ref);
    return v;
}

static void keep(World *w, witc_value v) {
    if (witc_is_ref(v.type) && v.type != WITC_FUNCREF) put(w, v.of.ref);
}

/* ---- calls ---- */

static void results_done(World *w, witc_status status) {
    w->pending = status == WITC_SUSPENDED;
    if (status != WITC_DONE) return;
    if (!w->boxed) {
        put(w, witc_slot_ref(w->store, WITC_ANYREF, w->slots[0]));
        return;
    }
    for (int i = 0; i < RESULTS; i++) keep(w, w->results[i]);
}

static witc_func *export_of(World *w, uint8_t choice) {
    return w->instance ? witc_instance_func(w->instance, exports[choice % 7]) : NULL;
}

static witc_status call_boxed_export(World *w, witc_func *func, bool outermost) {
    witc_value inner[RESULTS], *results = outermost ? w->results : inner, args[3];
    witc_functype type = witc_func_type(w->store, func);
    for (uint32_t i = 0; i < type.param_count; i++) args[i] = borrowed(w, type.params[i]);
    for (int i = 0; i < RESULTS; i++) results[i] = witc_i32(0);
    if (outermost) w->boxed = true;
    witc_status status =
        witc_func_call(w->store, func, args, type.param_count, results, type.result_count);
    for (int i = 0; status == WITC_DONE && !outermost && i < RESULTS; i++) keep(w, results[i]);
    return status;
}

static witc_status call_raw_export(World *w, witc_func *func, bool outermost) {
    witc_slot inner[8] = {0}, *slots = outermost ? w->slots : inner;
    witc_ref *ref = *place(w);
    slots[0] = witc_slot_i32((int8_t)byte(w));
    slots[1] = ref && ref->top == WITC_ANYREF ? witc_ref_slot(ref) : 0;
    if (outermost) w->boxed = false;
    witc_status status = witc_func_call_raw(w->store, func, slots);
    if (status == WITC_DONE && !outermost) put(w, witc_slot_ref(w->store, WITC_ANYREF, slots[0]));
    return status;
}

static witc_status call_guest(World *w, bool outermost) {
    uint8_t choice = byte(w);
    witc_func *func = export_of(w, choice);
    if (!func) return WITC_DONE;
    /* The results of a call that is suspended are where it wants them. */
    outermost = outermost && !w->pending;
    bool raw = choice % 7 != 0 && choice & 0x80;
    witc_status status =
        raw ? call_raw_export(w, func, outermost) : call_boxed_export(w, func, outermost);
    if (outermost) results_done(w, status);
    return status;
}

/* ---- what can be done at any time ---- */

static void use_table(World *w) {
    witc_table *table = w->instance ? witc_instance_table(w->instance, "table") : NULL;
    witc_limits_type limits = {.min = byte(w) % 4};
    if (!table || byte(w) % 8 == 0) {
        witc_value init = borrowed(w, WITC_ANYREF);
        table = witc_table_new(w->store, WITC_ANYREF, &limits, &init);
    }
    if (!table) return;
    witc_value v = borrowed(w, WITC_ANYREF);
    if (byte(w) % 2) witc_table_grow(w->store, table, byte(w) % 8, &v);
    witc_table_set(w->store, table, byte(w) % 8, &v);
    if (witc_table_get(w->store, table, byte(w) % 8, &v)) keep(w, v);
}

static void use_global(World *w) {
    witc_global *global = w->instance ? witc_instance_global(w->instance, "any") : NULL;
    witc_value v = borrowed(w, WITC_ANYREF);
    if (!global || byte(w) % 8 == 0) global = witc_global_new(w->store, WITC_ANYREF, true, &v);
    if (!global) return;
    witc_global_set(w->store, global, &v);
    keep(w, witc_global_get(w->store, global));
}

static void use_memory(World *w) {
    witc_memory *memory = w->instance ? witc_instance_memory(w->instance, "memory") : NULL;
    witc_limits_type limits = {.min = byte(w) % 3};
    uint8_t bytes[8] = {1, 2, 3};
    uint64_t size;
    if (!memory || byte(w) % 8 == 0) memory = witc_memory_new(w->store, &limits);
    if (!memory) return;
    if (byte(w) % 2) witc_memory_grow(memory, byte(w) % 3);
    uint8_t *data = witc_memory_data(memory, &size);
    if (size) data[size - 1]++;
    uint64_t at = size - byte(w) % 16;
    if (witc_memory_write(memory, at, bytes, sizeof bytes) != (size >= 8 && at <= size - 8))
        abort();
    witc_memory_read(memory, at, bytes, sizeof bytes);
}

static void look_at_ref(World *w) {
    witc_ref *ref = *place(w);
    witc_value v;
    void *data;
    int32_t number;
    if (!ref) return;
    witc_ref_type(ref);
    if (!witc_ref_same(ref, ref)) abort();
    if (witc_ref_data(ref, &data) && data != &finalized) abort();
    witc_ref_i31(ref, &number);
    witc_ref *other = byte(w) % 2 ? witc_ref_to_any(ref) : witc_ref_to_extern(ref);
    bool has = witc_ref_count(ref) != UINT32_MAX && witc_ref_get(ref, byte(w), &v);
    put(w, other);
    if (has) keep(w, v);
}

static void make_exception(World *w) {
    witc_value values[2] = {borrowed(w, WITC_I32), borrowed(w, WITC_ANYREF)};
    put(w, witc_exception_new(w->store, w->tag, values, byte(w) % 8 ? 2 : 1));
}

static void look_at_failure(World *w) {
    witc_failure failure = witc_store_failure(w->store);
    witc_frame frame;
    if (failure.message.ptr && failure.message.ptr[failure.message.len] != 0) abort();
    for (uint32_t i = 0; i < failure.frame_count && i < 3; i++)
        if (witc_store_frame(w->store, i, &frame)) witc_store_inlined(w->store, i, 0, &frame);
    witc_usage usage = {.size = sizeof usage};
    witc_store_usage(w->store, &usage);
    put(w, witc_store_exception(w->store));
}

static void operate(World *w) {
    witc_ref **ref;
    switch (byte(w) % 14) {
    case 0: put(w, witc_extern_new(w->store, &finalized, finalize)); break;
    case 1: put(w, witc_i31_new(w->store, (int8_t)byte(w))); break;
    case 2: put(w, witc_ref_copy(*place(w))); break;
    case 3:
        ref = place(w);
        witc_ref_free(*ref);
        *ref = NULL;
        break;
    case 4: use_table(w); break;
    case 5: use_global(w); break;
    case 6: use_memory(w); break;
    case 7: look_at_ref(w); break;
    case 8: make_exception(w); break;
    case 9: look_at_failure(w); break;
    case 10: witc_linker_instantiate(w->linker, w->module, &w->instance); break;
    case 11: witc_store_set_fuel(w->store, FUEL); break;
    case 12:
        if (byte(w) % 4 == 0) witc_store_interrupt(w->store);
        break;
    case 13:
        if (byte(w) % 4 == 0) witc_store_abandon(w->store);
        else if (byte(w) % 4 == 0) witc_store_resume(w->store);
        break;
    }
}

/* ---- host functions ---- */

static witc_status again(witc_caller *caller, void *context, witc_slot *slots);

/* How a host function ends. */
static witc_status end_host(World *w, witc_caller *caller) {
    witc_value values[2];
    witc_slot args[8] = {0};
    witc_func *func;
    switch (byte(w) % 12) {
    case 0: return witc_trap(caller, "trap %d", 1);
    case 1:
        values[0] = borrowed(w, WITC_I32);
        values[1] = borrowed(w, WITC_ANYREF);
        return witc_throw(caller, w->tag, values, 2);
    case 2: return witc_throw_ref(caller, *place(w));
    case 3: return witc_exit(caller, 3);
    case 4: return witc_suspend(caller, again, w);
    case 5:
        func = export_of(w, 1 + byte(w) % 6);
        args[0] = byte(w);
        return func ? witc_then_call(caller, func, args, again, w, NULL) : WITC_DONE;
    case 6: return (witc_status)(byte(w) % 12 == WITC_CALL ? WITC_REFUSED : WITC_NO_MEMORY);
    default: return WITC_DONE;
    }
}

static witc_status inside(World *w, witc_caller *caller) {
    witc_status status = WITC_DONE;
    uint64_t size;
    if (w->steps++ > MOST_STEPS || w->depth >= MOST_DEPTH) return witc_trap(caller, "enough");
    w->depth++;
    uint8_t *memory = witc_caller_memory(caller, &size);
    if (size) memory[size - 1]++;
    for (unsigned n = byte(w) % 4; n > 0; n--) operate(w);
    if (byte(w) % 3 == 0) status = call_guest(w, false);
    w->depth--;
    /* A trap goes on, or is got over. */
    if ((status == WITC_TRAP || status == WITC_EXCEPTION || status == WITC_EXIT) && byte(w) % 2)
        return status;
    return end_host(w, caller);
}

/* The first slot is the one that matters, whichever host function it was. */
static witc_status again(witc_caller *caller, void *context, witc_slot *slots) {
    World *w = context;
    witc_status status = inside(w, caller);
    if (status == WITC_DONE) memset(witc_caller_slots(caller), 0, sizeof(witc_slot));
    return status;
}

static witc_status host_raw(witc_caller *caller, void *context, witc_slot *slots) {
    World *w = context;
    witc_status status = inside(w, caller);
    witc_ref *ref = *place(w);
    if (status == WITC_DONE) slots[0] = ref && ref->top == WITC_ANYREF ? witc_ref_slot(ref) : 0;
    return status;
}

static witc_status host_boxed(witc_caller *caller, void *context, const witc_value *args,
                              size_t arg_count, witc_value *results, size_t result_count) {
    World *w = context;
    witc_status status = inside(w, caller);
    put(w, witc_ref_copy(args[1].of.ref));
    results[0] = owned(w, WITC_I32);
    results[1] = owned(w, WITC_ANYREF);
    results[2] = owned(w, WITC_EXTERNREF);
    return status;
}

/* ---- the world ---- */

static bool open_store(World *w) {
    static const witc_valtype params[] = {WITC_I32, WITC_ANYREF};
    uint8_t small = byte(w);
    witc_limits limits = {.size = sizeof limits,
                          .count_fuel = true,
                          .fuel = FUEL,
                          .memory_bytes = 1 << 20,
                          .heap_bytes = small & 1 ? 1 << 16 : 1 << 20,
                          .table_entries = 100,
                          .frames = small & 2 ? 8 : 0,
                          .stack_bytes = small & 4 ? 4096 : 0,
                          .instances = 20};
    witc_functype type = {.params = params, .param_count = 2};
    w->store = witc_store_new(w->engine, &limits);
    w->linker = witc_linker_new(w->store);
    w->tag = witc_tag_new(w->store, &type);
    vm_heap_stress(w->store->vm, small & 8, UINT64_MAX);
    witc_extern tag = {WITC_KIND_TAG, {.tag = w->tag}};
    witc_linker_define(w->linker, "h", "tag", &tag);
    witc_linker_define_raw(w->linker, "h", "raw", "i32 anyref -> anyref", host_raw, w);
    witc_linker_define_func(w->linker, "h", "boxed", "i32 anyref externref -> i32 anyref externref",
                            host_boxed, w);
    return witc_linker_instantiate(w->linker, w->module, &w->instance) == WITC_DONE;
}

/* References are freed before the store or with it. */
static void close_store(World *w) {
    for (int i = 0; i < HELD; i++) {
        if (i % 2) witc_ref_free(w->held[i]);
        w->held[i] = NULL;
    }
    witc_linker_free(w->linker);
    witc_store_free(w->store);
    w->instance = NULL;
    w->pending = false;
}

static void step(World *w) {
    switch (byte(w) % 8) {
    case 0:
    case 1:
    case 2: call_guest(w, true); break;
    case 3:
        if (w->pending) results_done(w, witc_store_resume(w->store));
        break;
    case 4:
        if (byte(w) % 8 == 0) {
            close_store(w);
            open_store(w);
        }
        break;
    default: operate(w); w->pending = w->store->suspended != NULL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    World w = {.at = data, .end = data + size, .engine = witc_engine_new(NULL)};
    w.module = witc_module_new(w.engine, guest, sizeof guest - 1, "guest.wat", NULL);
    if (!w.module || !open_store(&w)) abort();
    if (byte(&w) % 2) {
        witc_engine_free(w.engine); /* the module keeps it */
        w.engine = w.store->engine;
        while (w.at < w.end && w.steps++ < MOST_STEPS && byte(&w) != 0xff) step(&w);
        close_store(&w);
        witc_module_free(w.module);
        return 0;
    }
    while (w.at < w.end && w.steps++ < MOST_STEPS) step(&w);
    close_store(&w);
    witc_module_free(w.module);
    witc_engine_free(w.engine);
    return 0;
}
