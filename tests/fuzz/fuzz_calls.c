/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Calls between two hostile components. The input says a function of what type one exports and the other
 * imports, the options of both sides, what their memories hold and what the core functions pass, and how
 * their realloc, post-return and callback behave once a few calls have gone well: they answer pointers
 * that are misaligned, out of bounds or in use, re-enter, grow or overwrite memory, drop handles, recurse,
 * spin, or trap. An instance that has trapped must not be entered again.
 */
#include <stdlib.h>

#include "base/file.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_DEPTH = 4, MAX_PARTS = 4, MAX_TYPES = 60, FUEL = 20000, DATA = 200 };

typedef struct {
    const uint8_t *at, *end;
    Arena *arena;
    VEC(Str) types; /* type $tN of the components; those that need a name begin with '!' */
    bool has_borrows;
} Input;

static unsigned next(Input *in, unsigned below) { return in->at < in->end ? *in->at++ % below : 0; }

/* ---- types ---- */

typedef struct {
    const WitType *type;
    Str text; /* "u8" or "$t3" */
} Made;

static Made make_type(Input *in, int depth);

static Made name_type(Input *in, WitType *type, const Buf *text) {
    *vec_push(in->arena, &in->types) = buf_text(text);
    return (Made){type, str_fmt(in->arena, "$t%zu", in->types.len - 1)};
}

static Made make_parts(Input *in, WitKind kind, const char *part, int depth) {
    WitType *type = ARENA_NEW(in->arena, WitType);
    type->kind = kind;
    Buf b = {.arena = in->arena};
    buf_fmt(&b, "%s(%s", kind == WIT_TUPLE ? "" : "!", wit_kind_keyword(kind));
    bool has_types = kind == WIT_TUPLE || kind == WIT_RECORD || kind == WIT_VARIANT;
    unsigned n = 1 + next(in, has_types ? MAX_PARTS : 32);
    for (unsigned i = 0; i < n; i++) {
        Made made = {0};
        if (has_types && (kind != WIT_VARIANT || next(in, 3))) made = make_type(in, depth + 1);
        *vec_push(in->arena, &type->fields) = (WitField){.type = made.type};
        buf_fmt(&b, part, i);
        buf_fmt(&b, " %.*s%s", STR_ARG(made.text), has_types && kind != WIT_TUPLE ? ")" : "");
    }
    buf_byte(&b, ')');
    return name_type(in, type, &b);
}

static Made make_of(Input *in, WitKind kind, int depth) {
    WitType *type = ARENA_NEW(in->arena, WitType);
    type->kind = kind;
    Made first = make_type(in, depth + 1), second = {0};
    if (kind == WIT_MAP) second = first, first = (Made){wit_prim(WIT_STRING), STR("string")};
    if (kind == WIT_RESULT && next(in, 2)) second = make_type(in, depth + 1);
    type->elem = first.type;
    type->second = second.type;
    type->length = 1 + next(in, 3);
    Buf b = {.arena = in->arena};
    buf_fmt(&b, "(%s %.*s", wit_kind_keyword(kind), STR_ARG(first.text));
    if (kind == WIT_FIXED_LIST) buf_fmt(&b, " %u", (unsigned)type->length);
    if (kind == WIT_MAP) buf_fmt(&b, " %.*s", STR_ARG(second.text));
    if (second.type && kind == WIT_RESULT) buf_fmt(&b, " (error %.*s)", STR_ARG(second.text));
    buf_byte(&b, ')');
    return name_type(in, type, &b);
}

static Made make_handle(Input *in, WitKind kind) {
    WitType *type = ARENA_NEW(in->arena, WitType);
    type->kind = kind;
    in->has_borrows |= kind == WIT_BORROW;
    Buf b = {.arena = in->arena};
    buf_fmt(&b, "(%s $r)", wit_kind_keyword(kind));
    return name_type(in, type, &b);
}

static Made make_type(Input *in, int depth) {
    unsigned what = next(in, 16);
    if (depth < MAX_DEPTH && in->types.len < MAX_TYPES) {
        switch (what) {
        case 0: return make_parts(in, WIT_RECORD, " (field \"f%u\"", depth);
        case 1: return make_parts(in, WIT_VARIANT, " (case \"c%u\"", depth);
        case 2: return make_parts(in, WIT_FLAGS, " \"f%u\"", depth);
        case 3: return make_parts(in, WIT_ENUM, " \"e%u\"", depth);
        case 4: return make_parts(in, WIT_TUPLE, "", depth);
        case 5: return make_handle(in, next(in, 2) ? WIT_OWN : WIT_BORROW);
        case 6:
        case 7: return make_of(in, WIT_LIST, depth);
        case 8: return make_of(in, WIT_OPTION, depth);
        case 9: return make_of(in, WIT_RESULT, depth);
        case 10: return make_of(in, WIT_FIXED_LIST, depth);
        case 11: return make_of(in, WIT_MAP, depth);
        default: break;
        }
    }
    WitKind kind = what >= 14 ? WIT_STRING : (WitKind)next(in, WIT_STRING + 1);
    return (Made){wit_prim(kind), str_from(wit_kind_keyword(kind))};
}

/* The types as definitions; in an instance type they are given again, equal. */
static void put_types(const Input *in, Buf *b, bool in_instance) {
    buf_str(b, in_instance ? STR("(export \"r\" (type $r (sub resource)))")
                           : STR("(type $r' (resource (rep i32))) (export $r \"r\" (type $r'))"));
    for (size_t i = 0; i < in->types.len; i++) {
        Str text = in->types.at[i];
        int n = (int)i;
        bool is_named = text.ptr[0] == '!';
        if (!is_named) {
            buf_fmt(b, "(type $t%d %.*s)\n", n, STR_ARG(text));
            continue;
        }
        text = str_after(text, 1);
        buf_fmt(b, "(type $x%d %.*s)", n, STR_ARG(text));
        if (in_instance) buf_fmt(b, "(export \"t%d\" (type $t%d (eq $x%d)))\n", n, n, n);
        else buf_fmt(b, "(export $t%d \"t%d\" (type $x%d))\n", n, n, n);
    }
}

/* ---- guests ---- */

/* What a function does instead of its work; its result, where it has one, is left. */
static const char *const bad_deeds[] = {
    "(unreachable)",
    "(call $back)",
    "(loop (br 0))",
    "(drop (memory.grow (i32.const 1)))",
    "(memory.fill (i32.const 0) (i32.const 255) (i32.const 65536))",
    "(memory.fill (i32.const 0) (i32.const 0) (i32.const 2048))",
    "(call $drop (i32.const 1))",
    "(call $drop (i32.const 2))",
    "(drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1)))",
    "(drop (call $new (i32.const 5)))",
    "",
    "",
};
static const char *const bad_pointers[] = {
    "1025", "-1", "-16", "65532", "8", "65536", "0", "2147483648",
};
#define PICK(in, list) (list)[next(in, sizeof(list) / sizeof *(list))]

static void put_realloc(Input *in, Buf *b) {
    buf_fmt(b,
            "(global $next (mut i32) (i32.const 2048)) (global $calls (mut i32) (i32.const 0))"
            "(func $realloc (export \"realloc\") (param i32 i32 i32 i32) (result i32) (local i32)"
            " (global.set $calls (i32.add (global.get $calls) (i32.const 1)))"
            " (if (i32.gt_u (global.get $calls) (i32.const %u)) (then %s",
            next(in, 6), PICK(in, bad_deeds));
    if (next(in, 2)) buf_fmt(b, " (return (i32.const %s))", PICK(in, bad_pointers));
    buf_fmt(b, "))"
               " (local.set 4 (i32.and (i32.sub (i32.add (global.get $next) (local.get 2))"
               "  (i32.const 1)) (i32.sub (i32.const 0) (local.get 2))))"
               " (global.set $next (i32.add (local.get 4) (local.get 3)))"
               " (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))"
               "  (then (drop (memory.grow (i32.const 1)))))"
               " (memory.copy (local.get 4) (local.get 0) (local.get 1)) (local.get 4))\n");
}

static void put_data(Input *in, Buf *b) {
    buf_fmt(b, "(memory (export \"m\") 1) (data (i32.const 0) \"");
    for (int i = 0; i < DATA; i++) {
        unsigned byte = next(in, 256);
        /* Every other word is small, as lengths, pointers and discriminants are. */
        if (i % 4 && byte % 16) byte = 0;
        if (i % 4 == 0 && byte % 4) byte %= 4;
        buf_fmt(b, "\\%02x", byte);
    }
    buf_fmt(b, "\")");
}

static void put_core_types(Buf *b, const char *what, const AbiCore *types, uint32_t n) {
    static const char *const names[] = {"i32", "i64", "f32", "f64"};
    for (uint32_t i = 0; i < n; i++) buf_fmt(b, " (%s %s)", what, names[types[i]]);
}

static void put_values(Input *in, Buf *b, const AbiCore *types, uint32_t n) {
    static const char *const small[] = {"0", "0", "0",  "0",  "0",  "1",   "1",  "2",
                                        "8", "8", "16", "64", "64", "128", "-1", "65536"};
    static const char *const names[] = {"i32", "i64", "f32", "f64"};
    for (uint32_t i = 0; i < n; i++) buf_fmt(b, " (%s.const %s)", names[types[i]], PICK(in, small));
}

static const char *encoding_of(Input *in) {
    static const char *const encodings[] = {"utf8", "utf16", "latin1+utf16"};
    return PICK(in, encodings);
}

/* ---- the two components ---- */

typedef struct {
    Made param, result; /* result.type NULL: none */
    bool is_async;
    AbiCache cache;
    WitFunc func;
} Subject;

static void put_func_type(Buf *b, const Subject *s) {
    buf_fmt(b, "%s (param \"p\" %.*s)", s->is_async ? "async" : "", STR_ARG(s->param.text));
    if (s->result.type) buf_fmt(b, " (result %.*s)", STR_ARG(s->result.text));
}

/* A core module's call to `task.return` with values of any kind. */
static void put_return(Input *in, Buf *b, const AbiCore *returned, uint32_t n) {
    buf_fmt(b, "(call $ret");
    put_values(in, b, returned, n);
    buf_byte(b, ')');
}

/* What the callee's core functions need: memory, realloc, and the functions of its resource. */
static void put_callee_base(Input *in, Buf *b) {
    buf_fmt(b, "(component $b (import \"back\" (func $back)) ");
    put_types(in, b, false);
    buf_fmt(b, "(core module $libc (import \"\" \"back\" (func $back))"
               " (import \"\" \"drop\" (func $drop (param i32)))"
               " (import \"\" \"new\" (func $new (param i32) (result i32)))");
    put_data(in, b);
    put_realloc(in, b);
    buf_fmt(b, ")\n(core func $back' (canon lower (func $back)))"
               " (core func $drop' (canon resource.drop $r')) (core func $new' (canon resource.new "
               "$r'))"
               " (core instance $i (export \"back\" (func $back')) (export \"drop\" (func $drop'))"
               "  (export \"new\" (func $new')))"
               " (core instance $libc (instantiate $libc (with \"\" (instance $i))))\n"
               " (alias core export $libc \"m\" (core memory $m))"
               " (alias core export $libc \"realloc\" (core func $realloc))");
}

/* The callback of an asynchronous function, or post-return. */
static void put_after(Input *in, Buf *b, const Subject *s, const AbiFunc *abi,
                      const AbiCore *returned, uint32_t n) {
    if (s->is_async) {
        buf_fmt(b, "(func (export \"after\") (param i32 i32 i32) (result i32) %s",
                PICK(in, bad_deeds));
        if (next(in, 4)) put_return(in, b, returned, n);
        buf_fmt(b, "(i32.const %u))\n", next(in, 4));
    } else {
        buf_fmt(b, "(func (export \"after\")");
        put_core_types(b, "param", abi->core_results, abi->core_result_count);
        buf_fmt(b, " %s)\n", PICK(in, bad_deeds));
    }
}

static void put_callee_module(Input *in, Buf *b, const Subject *s, const AbiFunc *abi,
                              const AbiCore *returned, uint32_t n) {
    buf_fmt(b, "(core module $m (import \"\" \"back\" (func $back))"
               " (import \"\" \"drop\" (func $drop (param i32)))"
               " (import \"\" \"new\" (func $new (param i32) (result i32)))"
               " (import \"l\" \"m\" (memory 1))"
               " (import \"l\" \"realloc\" (func $realloc (param i32 i32 i32 i32) (result i32)))");
    if (s->is_async) {
        buf_fmt(b, "(import \"r\" \"ret\" (func $ret");
        put_core_types(b, "param", returned, n);
        buf_fmt(b, "))");
    }
    buf_fmt(b, "(func (export \"make\") (result i32) (call $new (i32.const 9)))"
               "(func (export \"f\")");
    put_core_types(b, "param", abi->core_params, abi->core_param_count);
    put_core_types(b, "result", abi->core_results, abi->core_result_count);
    buf_fmt(b, " (drop (call $new (i32.const 3))) %s ", PICK(in, bad_deeds));
    if (s->is_async && next(in, 2)) put_return(in, b, returned, n);
    put_values(in, b, abi->core_results, abi->core_result_count);
    buf_fmt(b, ")\n");
    put_after(in, b, s, abi, returned, n);
}

static void put_callee(Input *in, Buf *b, Subject *s) {
    const AbiFunc *abi =
        abi_func(&s->cache, &s->func, s->is_async ? ABI_LIFT_ASYNC_CALLBACK : ABI_LIFT);
    bool spilled = s->is_async && abi->result_spilled;
    AbiCore i32 = ABI_I32;
    const AbiCore *returned = spilled ? &i32 : abi->result->flat;
    uint32_t n = spilled ? 1 : abi->result->flat_count;
    const char *encoding = encoding_of(in);
    put_callee_base(in, b);
    if (s->is_async) {
        buf_fmt(b, "(core func $ret' (canon task.return ");
        if (s->result.type) buf_fmt(b, "(result %.*s)", STR_ARG(s->result.text));
        buf_fmt(b, " string-encoding=%s (memory $m)))", encoding);
    }
    put_callee_module(in, b, s, abi, returned, n);
    buf_fmt(b, ") (core instance $c (instantiate $m (with \"\" (instance $i))"
               " (with \"l\" (instance $libc))");
    if (s->is_async) buf_fmt(b, "(with \"r\" (instance (export \"ret\" (func $ret'))))");
    buf_fmt(b, "))\n (func (export \"f\") ");
    put_func_type(b, s);
    buf_fmt(b,
            " (canon lift (core func $c \"f\") string-encoding=%s (memory $m) (realloc $realloc)",
            encoding);
    if (s->is_async) buf_fmt(b, " async (callback (core func $c \"after\"))");
    else if (next(in, 2)) buf_fmt(b, " (post-return (core func $c \"after\"))");
    buf_fmt(
        b,
        "))\n (func (export \"make\") (result (own $r)) (canon lift (core func $c \"make\"))))\n");
}

static void put_caller(Input *in, Buf *b, Subject *s) {
    bool is_async = s->is_async && next(in, 8);
    const AbiFunc *abi = abi_func(&s->cache, &s->func, is_async ? ABI_LOWER_ASYNC : ABI_LOWER);
    buf_fmt(b, "(component $a (import \"back\" (func $back)) (import \"api\" (instance $api ");
    put_types(in, b, true);
    buf_fmt(b, "(export \"make\" (func (result (own $r)))) (export \"f\" (func ");
    put_func_type(b, s);
    buf_fmt(b, ")))) (alias export $api \"r\" (type $r))\n"
               "(core func $back' (canon lower (func $back)))"
               " (core func $drop' (canon resource.drop $r))"
               " (core func $make' (canon lower (func $api \"make\")))"
               " (core module $new (import \"\" \"make\" (func $make (result i32)))"
               "  (func (export \"new\") (param i32) (result i32) (call $make)))"
               " (core instance $new (instantiate $new (with \"\" (instance (export \"make\" (func "
               "$make'))))))"
               " (core instance $i (export \"back\" (func $back')) (export \"drop\" (func $drop'))"
               "  (export \"new\" (func $new \"new\")))\n"
               " (core module $libc (import \"\" \"back\" (func $back))"
               " (import \"\" \"drop\" (func $drop (param i32)))"
               " (import \"\" \"new\" (func $new (param i32) (result i32)))");
    put_data(in, b);
    put_realloc(in, b);
    buf_fmt(b,
            ") (core instance $libc (instantiate $libc (with \"\" (instance $i))))\n"
            "(core func $f' (canon lower (func $api \"f\") string-encoding=%s %s"
            " (memory (core memory $libc \"m\")) (realloc (core func $libc \"realloc\"))))"
            " (core module $m (import \"f\" \"f\" (func $f",
            encoding_of(in), is_async ? "async" : "");
    put_core_types(b, "param", abi->core_params, abi->core_param_count);
    put_core_types(b, "result", abi->core_results, abi->core_result_count);
    buf_fmt(b, ")) (import \"\" \"new\" (func $new (param i32) (result i32)))"
               " (func (export \"run\") (drop (call $new (i32.const 1)))"
               " (drop (call $new (i32.const 2))) (call $f");
    put_values(in, b, abi->core_params, abi->core_param_count);
    buf_fmt(b, ")%s))", abi->core_result_count ? " drop" : "");
    buf_fmt(b, " (core instance $c (instantiate $m (with \"\" (instance $i))"
               "  (with \"f\" (instance (export \"f\" (func $f'))))))"
               " (func (export \"run\") (canon lift (core func $c \"run\"))))\n");
}

static Str make_text(Input *in) {
    Subject s = {.cache = {.arena = in->arena, .no_steps = true}};
    s.is_async = next(in, 4) == 0;
    if (next(in, 4)) s.result = make_type(in, 0);
    if (in->has_borrows) s.result = (Made){0}, in->types.len = 0;
    s.param = make_type(in, 0);
    *vec_push(in->arena, &s.func.params) = (WitField){.type = s.param.type};
    s.func.result = s.result.type;
    s.func.is_async = s.is_async;
    if (!abi_func(&s.cache, &s.func, ABI_LIFT)) return (Str){0};
    Buf b = {.arena = in->arena};
    buf_fmt(&b, "(component (import \"back\" (func $back))\n");
    put_callee(in, &b, &s);
    put_caller(in, &b, &s);
    buf_fmt(&b, "(instance $b (instantiate $b (with \"back\" (func $back))))"
                "(instance $a (instantiate $a (with \"back\" (func $back)) (with \"api\" (instance "
                "$b))))"
                "(export \"run\" (func $a \"run\")))");
    return buf_text(&b);
}

/* ---- running ---- */

static VmStatus back(VmThread *thread, void *context, const AbiValue *args, AbiValue *result,
                     Arena *scratch) {
    return VM_DONE;
}

static void run(Arena *arena, const CompInfo *info, Diags *diags) {
    VmLimits limits = {.has_fuel = true,
                       .fuel = FUEL,
                       .max_memory = 8 << 20,
                       .max_values = 1 << 20,
                       .max_copy = 1 << 20};
    VmStore *store = vm_store_new(&limits);
    VmThread *thread = vm_thread_new(store);
    VmLinker *linker = vm_linker_new(store);
    vm_linker_func(linker, STR("back"), STR("()"), back, NULL);
    VmComponent *component = vm_component_new(thread, info, linker, diags);
    VmComponentFunc *func = component ? vm_component_func(component, (Str){0}, STR("run")) : NULL;
    bool has_trapped = false;
    for (int i = 0; func && i < 3; i++) {
        VmStatus status = vm_component_call(thread, func, NULL, NULL, arena);
        if (status != VM_DONE && status != VM_TRAP) abort();
        if (has_trapped && (status != VM_TRAP || vm_trapped(thread) != TRAP_CANNOT_ENTER)) abort();
        has_trapped = status == VM_TRAP;
        vm_store_set_fuel(store, FUEL);
    }
    vm_linker_free(linker);
    vm_thread_free(thread);
    vm_store_free(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Input in = {.at = data, .end = data + size, .arena = arena};
    Diags diags = {.arena = arena};
    Str text = make_text(&in);
    if (text.len) {
        const Source *source = source_of(arena, STR("fuzz.wat"), text);
        const Source *binary = wat_to_binary(arena, source, features_all(), &diags);
        CompComponent *c = binary ? comp_decode(arena, binary, features_all(), &diags) : NULL;
        const CompInfo *info = c ? comp_validate(arena, c, features_all(), &diags) : NULL;
        if (!info) { /* what is made here is valid */
            diag_print(stderr, &diags, false);
            abort();
        }
        run(arena, info, &diags);
    }
    arena_free(arena);
    return 0;
}
