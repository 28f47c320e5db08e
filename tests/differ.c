/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* One module, two machines. All exported functions are called one after the other with the same
 * arguments; results, traps, what the host was called with, and then memories, tables and globals must
 * agree. Nothing is said where the plain evaluator has given up, nor after the open bits of a NaN were
 * looked at. The interpreter runs without fuel, as programs do, or with plenty of it (these are
 * different instructions), and its heap may be collected at each allocation. */
#include "tests/differ.h"

#include <stdlib.h>

#include "base/file.h"
#include "interpreter/heap.h"
#include "interpreter/interpreter.h"
#include "tests/modgen.h"
#include "tests/reference/reference.h"
#include "wat/wat.h"

enum { STEPS = 60000, MAX_SLOTS = 64, MAX_LOOK = 4 };

typedef struct {
    Arena *arena;
    const CoreModule *m;
    PlainMachine *plain;
    VmStore *store;
    VmThread *thread;
    VmInstance *instance;
    const VmFunc **funcs;         /* by index; NULL where it is not exported */
    uint64_t plain_host, vm_host; /* hashes of what the host was called with */
    DifferCounts *counts;
    const char *bad;
} Differ;

static void different(Differ *d, const char *format, uint32_t a, const char *b, const char *c) {
    if (!d->bad) d->bad = str_c(d->arena, str_fmt(d->arena, format, a, b, c));
}

/* ---- values ---- */

/* The slots of a value of the interpreter as one of the other machine, references reduced to what can
 * be seen of both. */
static PlainValue value_of(const VmSlot *slot, CoreValType type) {
    PlainValue v = plain_default(type);
    if (type == CORE_I32 || type == CORE_F32) v.bits = slot->u32;
    else if (type == CORE_V128) memcpy(v.bytes, slot, 16);
    else if (!core_is_ref(type)) v.bits = slot->u64;
    else v.bits = slot->u64 != 0;
    return v;
}

static const char *value_text(Arena *arena, PlainValue v) {
    uint64_t high;
    memcpy(&high, v.bytes + 8, 8);
    if (v.kind == CORE_KIND_V128)
        return str_c(arena, str_fmt(arena, "0x%016llx%016llx", (unsigned long long)high,
                                    (unsigned long long)v.bits));
    return str_c(arena, str_fmt(arena, "0x%llx", (unsigned long long)v.bits));
}

static PlainValue reduced(PlainValue v) {
    if (v.kind == CORE_KIND_REF) v.bits = v.ref != NULL;
    return v;
}

/* Where the value's bits are open, a NaN will do. */
static bool same_value(PlainValue plain, PlainValue other) {
    unsigned n = plain.kind == CORE_KIND_F32 ? 32 : 64;
    if (plain.kind == CORE_KIND_V128) {
        for (int i = 0; i < 16; i++)
            if (!(plain.unsure >> i & 1) && plain.bytes[i] != other.bytes[i]) return false;
        return true;
    }
    return plain.unsure ? plain_is_nan(n, other.bits) : plain.bits == other.bits;
}

/* Whether a reference of the hierarchy is to the same thing, as far as can be seen: which function,
 * what number, what fields, and theirs to some depth. */
static bool same_ref(const Differ *d, const PlainObject *o, VmSlot r, int depth) {
    if (!o || !r.u64) return !o == !r.u64;
    VmSlot inner;
    switch (o->kind) {
    case PLAIN_NULL:
    case PLAIN_EXCEPTION:
    case PLAIN_HOST: return true;
    case PLAIN_FUNC: return !d->funcs[o->index] || d->funcs[o->index] == r.ref;
    case PLAIN_I31: return vm_ref_is_i31(r) && ((uint32_t)vm_ref_i31(r) & 0x7fffffff) == o->index;
    case PLAIN_EXTERN:
        inner = vm_any_of_extern(r);
        return same_ref(d, o->values[0].ref, inner, depth);
    case PLAIN_ANY: return same_ref(d, o->values[0].ref, vm_extern_of_any(r), depth);
    case PLAIN_STRUCT:
    case PLAIN_ARRAY: break;
    }
    if (vm_ref_is_i31(r) || vm_ref_count(d->store, r) != o->count) return false;
    for (uint32_t i = 0; depth > 0 && i < o->count; i++) {
        CoreValType type;
        VmSlot field[2];
        if (!vm_ref_get(d->store, r, i, &type, field)) return false;
        bool same = core_is_ref(type)
                        ? same_ref(d, o->values[i].ref, field[0], depth - 1)
                        : same_value(o->values[i], value_of(field, core_unpacked(type)));
        if (!same) return false;
    }
    return true;
}

static bool same_slots(const Differ *d, PlainValue plain, const VmSlot *slots, CoreValType type) {
    if (core_is_ref(type)) return same_ref(d, plain.ref, *slots, MAX_LOOK);
    return same_value(plain, value_of(slots, type));
}

static void to_slots(const PlainValue *v, CoreValType type, VmSlot *slot) {
    slot->u64 = 0;
    if (type == CORE_V128) memcpy(slot, v->bytes, 16);
    else if (!core_is_ref(type)) slot->u64 = v->bits;
}

static uint32_t slots_of(CoreValType type) { return type == CORE_V128 ? 2 : 1; }

/* ---- the host ---- */

static uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

static uint64_t mix_value(uint64_t hash, PlainValue v, CoreValType type) {
    uint64_t high = 0;
    if (type == CORE_F32 && plain_is_nan(32, v.bits)) v.bits = 1;
    if (type == CORE_F64 && plain_is_nan(64, v.bits)) v.bits = 1;
    if (type == CORE_V128) memcpy(&high, v.bytes + 8, 8);
    return mix(mix(hash, v.bits), high);
}

/* Any value that the hash says, NaN not among them. */
static PlainValue made_value(uint64_t hash, CoreValType type) {
    PlainValue v = plain_default(type);
    if (type == CORE_I32) v.bits = (uint32_t)hash;
    else if (type == CORE_I64) v.bits = hash;
    else if (type == CORE_F32) v.bits = (uint32_t)hash & 0xbfffffff;
    else if (type == CORE_F64) v.bits = hash & 0xbfffffffffffffff;
    else if (type == CORE_V128) memcpy(v.bytes, &hash, 8);
    return v;
}

static void plain_host(void *context, uint32_t index, const PlainValue *args, PlainValue *results) {
    Differ *d = context;
    const CoreType *type = core_func_type(d->m, index);
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (args[i].kind == CORE_KIND_V128 && args[i].unsure) d->plain->unspecified = true;
        d->plain_host = mix_value(d->plain_host, reduced(args[i]), type->params[i]);
    }
    for (uint32_t i = 0; i < type->result_count; i++)
        results[i] = made_value(mix(d->plain_host, i), type->results[i]);
}

typedef struct {
    Differ *d;
    uint32_t index;
} HostFunc;

static VmStatus vm_host(VmThread *thread, void *context, VmSlot *slots) {
    HostFunc *host = context;
    Differ *d = host->d;
    const CoreType *type = core_func_type(d->m, host->index);
    const VmSlot *slot = slots;
    for (uint32_t i = 0; i < type->param_count; slot += slots_of(type->params[i++]))
        d->vm_host = mix_value(d->vm_host, value_of(slot, type->params[i]), type->params[i]);
    for (uint32_t i = 0; i < type->result_count; slots += slots_of(type->results[i++])) {
        PlainValue v = made_value(mix(d->vm_host, i), type->results[i]);
        to_slots(&v, type->results[i], slots);
    }
    return VM_DONE;
}

/* ---- the two runs ---- */

static PlainValue choose_argument(uint32_t seed, CoreValType type) {
    static const uint64_t words[] = {
        0, 1, UINT64_MAX, 0x80000000, 0x7fffffffffffffff, 64, 0x10000001, 3, 0x4059000000000000};
    uint64_t word = words[seed % (sizeof words / sizeof *words)];
    PlainValue v = made_value(word, type);
    if (type == CORE_F64 || type == CORE_F32) v = made_value(mix(1, seed), type);
    return v;
}

static void compare_results(Differ *d, uint32_t func, const CoreType *type, const VmSlot *slots) {
    const PlainValue *results = d->plain->stack.at + d->plain->stack.len - type->result_count;
    for (uint32_t i = 0; i < type->result_count; slots += slots_of(type->results[i++])) {
        if (!same_slots(d, results[i], slots, type->results[i]))
            different(d, "result of function %u: %s instead of %s", func,
                      value_text(d->arena, value_of(slots, type->results[i])),
                      value_text(d->arena, reduced(results[i])));
    }
}

static const char *end_text(bool trapped, Trap trap) {
    return trapped ? trap_text(trap) : "no trap";
}

/* Zero or what stands for it is a value of all parameters, and all values have room. */
static bool can_call(const CoreType *type) {
    for (uint32_t i = 0; i < type->param_count; i++)
        if (!core_is_defaultable(type->params[i])) return false;
    return type->param_count <= MAX_SLOTS / 2 && type->result_count <= MAX_SLOTS / 2;
}

/* False where there is nothing more to compare. */
static bool call(Differ *d, uint32_t func, VmFunc *vm_func, uint32_t round) {
    const CoreType *type = core_func_type(d->m, func);
    PlainValue args[MAX_SLOTS];
    VmSlot slots[MAX_SLOTS], *slot = slots;
    if (!can_call(type)) return true;
    for (uint32_t i = 0; i < type->param_count; slot += slots_of(type->params[i++])) {
        args[i] = choose_argument(func * 7 + i * 3 + round, type->params[i]);
        to_slots(&args[i], type->params[i], slot);
    }
    PlainEnd end = plain_call(d->plain, func, args);
    if (end == PLAIN_GAVE_UP || d->plain->unspecified) return false;
    bool trapped = vm_call(d->thread, vm_func, slots) != VM_DONE;
    Trap trap = trapped ? vm_trapped(d->thread) : TRAP_NONE;
    if (d->counts) d->counts->calls++, d->counts->traps[trap]++;
    if (trapped != (end == PLAIN_TRAPPED) || (trapped && trap != d->plain->trap))
        different(d, "function %u: %s instead of %s", func, end_text(trapped, trap),
                  end_text(end == PLAIN_TRAPPED, d->plain->trap));
    else if (!trapped) compare_results(d, func, type, slots);
    if (d->plain_host != d->vm_host)
        different(d, "function %u: %s%s", func, "calls of the host", "");
    return true;
}

static void compare_memory(Differ *d, uint32_t i, VmMemory *vm_memory) {
    uint64_t size, at = 0;
    const uint8_t *bytes = vm_memory_bytes(vm_memory, &size);
    const PlainMemory *memory = &d->plain->memories[i];
    if (size != memory->size) {
        different(d, "memory %u: %s%s", i, "another size", "");
    } else if (memcmp(bytes, memory->bytes, size) != 0) {
        while (bytes[at] == memory->bytes[at]) at++;
        different(d, "memory %u: %s%s", i, "byte at ",
                  str_c(d->arena, str_fmt(d->arena, "0x%llx", (unsigned long long)at)));
    }
}

static void compare_global(Differ *d, uint32_t i, const VmGlobal *global) {
    CoreValType type = d->m->globals.at[i].type;
    VmSlot slots[2];
    vm_global_get(global, slots);
    if (!same_slots(d, d->plain->globals[i], slots, type))
        different(d, "global %u: %s instead of %s", i, value_text(d->arena, value_of(slots, type)),
                  value_text(d->arena, reduced(d->plain->globals[i])));
}

static void compare_table(Differ *d, uint32_t i, const VmTable *vm_table) {
    const PlainTable *table = &d->plain->tables[i];
    if (vm_table_size(vm_table) != table->size) {
        different(d, "table %u: %s%s", i, "another size", "");
        return;
    }
    for (uint64_t k = 0; k < table->size && !d->bad; k++)
        if (!same_slots(d, table->at[k], (VmSlot[]){vm_table_get(vm_table, k)},
                        d->m->tables.at[i].type))
            different(d, "table %u: %s%s", i, "element ",
                      str_c(d->arena, str_fmt(d->arena, "%llu", (unsigned long long)k)));
}

/* Functions are known by what they are exported as. */
static void find_funcs(Differ *d) {
    d->funcs = ARENA_NEW_ARRAY(d->arena, const VmFunc *, d->m->funcs.len);
    for (size_t i = 0; i < d->m->exports.len; i++) {
        VmExtern item = vm_export_at(d->instance, i);
        if (item.kind == CORE_FUNC) d->funcs[d->m->exports.at[i].index] = item.func;
    }
}

static void compare_state(Differ *d) {
    for (size_t i = 0; i < d->m->exports.len && !d->bad; i++) {
        const CoreExport *e = &d->m->exports.at[i];
        VmExtern item;
        if (!vm_export(d->instance, e->name, &item)) abort();
        if (e->kind == CORE_MEMORY) compare_memory(d, e->index, item.memory);
        if (e->kind == CORE_GLOBAL) compare_global(d, e->index, item.global);
        if (e->kind == CORE_TABLE) compare_table(d, e->index, item.table);
    }
}

/* Gives whether all could be called. */
static bool call_all(Differ *d, uint32_t round) {
    for (size_t i = 0; i < d->m->exports.len && !d->bad; i++) {
        const CoreExport *e = &d->m->exports.at[i];
        VmExtern item;
        if (e->kind != CORE_FUNC || e->index < d->m->imported[CORE_FUNC]) continue;
        if (!vm_export(d->instance, e->name, &item)) abort();
        if (!call(d, e->index, item.func, round)) return false;
    }
    return true;
}

static VmExtern *make_imports(Differ *d) {
    VmExtern *imports = ARENA_NEW_ARRAY(d->arena, VmExtern, d->m->imports.len);
    for (uint32_t i = 0; i < d->m->imports.len; i++) {
        const CoreType *type = core_func_type(d->m, i);
        HostFunc *host = ARENA_NEW(d->arena, HostFunc);
        *host = (HostFunc){d, i};
        imports[i] = (VmExtern){.kind = CORE_FUNC,
                                .func = vm_host_func(d->store, type->params, type->param_count,
                                                     type->results, type->result_count, vm_host,
                                                     host, NULL)};
    }
    return imports;
}

/* How a module is run, by bits. */
enum { WITH_FUEL = 1, COLLECT_ALWAYS = 2 };

static void run_both(Differ *d, uint8_t how) {
    VmLimits limits = {
        .has_fuel = how & WITH_FUEL, .fuel = (uint64_t)STEPS * 1000, .max_memory = 64 << 20};
    d->plain = plain_new(d->arena, d->m, STEPS, plain_host, d);
    bool gave_up = d->plain->end == PLAIN_GAVE_UP, trapped = d->plain->end == PLAIN_TRAPPED;
    if (gave_up || d->plain->unspecified) return;
    d->store = vm_store_new(&limits);
    if (how & COLLECT_ALWAYS) vm_heap_stress(d->store, true, UINT64_MAX);
    d->thread = vm_thread_new(d->store);
    Trap trap;
    uint32_t bad_import;
    d->instance = vm_instantiate(d->thread, vm_module_new(d->store, d->m), make_imports(d), &trap,
                                 &bad_import);
    bool refused = !d->instance && trap == TRAP_NONE; /* an import's type is one of a group */
    if (!refused && (trapped == (d->instance != NULL) || (trapped && trap != d->plain->trap)))
        different(d, "instantiation %u: %s instead of %s", 0, end_text(!d->instance, trap),
                  end_text(trapped, d->plain->trap));
    if (d->instance) find_funcs(d);
    if (d->instance && !d->bad && call_all(d, 0) && call_all(d, 1) && !d->bad) compare_state(d);
    vm_thread_free(d->thread);
    vm_store_free(d->store);
}

/* ---- encoder and decoder ---- */

static void count_ops(const CoreModule *m, DifferCounts *counts) {
    bool seen[CORE_OP_COUNT] = {false};
    CoreInstr in = {0};
    for (uint32_t i = m->imported[CORE_FUNC]; i < m->funcs.len; i++) {
        Reader r = core_expr_reader(m, &m->funcs.at[i].body, NULL);
        while (!reader_at_end(&r) && core_instr_next(&r, &in)) seen[in.op] = true;
    }
    for (int i = 0; i < CORE_OP_COUNT; i++) counts->executed[i] += seen[i];
    counts->modules++;
}

CoreModule *differ_module(Arena *arena, const uint8_t *bytes, size_t n) {
    return modgen(arena, bytes + (n > 0), n - (n > 0), MODGEN_ALL);
}

static bool starts(const uint8_t *bytes, size_t n, Str with) {
    return str_starts((Str){(const char *)bytes, n}, with);
}

/* A module that somebody else has written: NULL where it is none that can be run. */
static CoreModule *given_module(Arena *arena, Str bytes, Diags *diags) {
    const Source *binary =
        wat_to_binary(arena, source_of(arena, STR("given.wat"), bytes), features_all(), diags);
    if (!binary) return NULL;
    Reader r = reader_of(binary, diags);
    CoreModule *m = core_decode(arena, &r, features_all());
    if (!m || m->imports.len != m->imported[CORE_FUNC] ||
        !core_validate(arena, m, features_all(), diags))
        return NULL;
    for (size_t i = 0; i < m->imports.len; i++)
        if (!can_call(core_func_type(m, (uint32_t)i))) return NULL;
    return m;
}

static const char *run_module(Arena *arena, const CoreModule *m, uint8_t how,
                              DifferCounts *counts) {
    Differ d = {.arena = arena, .m = m, .counts = counts};
    run_both(&d, how);
    if (counts) {
        count_ops(m, counts);
        counts->gave_up += d.plain->end == PLAIN_GAVE_UP;
        counts->unspecified += d.plain->unspecified;
        counts->steps += STEPS - d.plain->steps;
    }
    return d.bad;
}

const char *differ(Arena *arena, const uint8_t *bytes, size_t n, DifferCounts *counts) {
    Diags diags = {.arena = arena};
    if (starts(bytes, n, STR("\0asm")) || starts(bytes, n, STR("(module"))) {
        const CoreModule *given = given_module(arena, (Str){(const char *)bytes, n}, &diags);
        return given ? run_module(arena, given, COLLECT_ALWAYS, counts) : NULL;
    }
    Buf first = {.arena = arena}, second = {.arena = arena};
    core_encode(differ_module(arena, bytes, n), &first);
    Reader r = reader_of(source_of(arena, STR("generated.wasm"), buf_text(&first)), &diags);
    CoreModule *m = core_decode(arena, &r, features_all());
    if (!m || !core_validate(arena, m, features_all(), &diags)) {
        diag_print(stderr, &diags, false);
        return "it is not valid";
    }
    core_encode(m, &second);
    if (!str_eq(buf_text(&first), buf_text(&second))) return "it is encoded in another way";
    return run_module(arena, m, n ? bytes[0] : 0, counts);
}
