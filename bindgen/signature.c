/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Signatures of C functions. What is a struct is passed by pointer, and results go through pointers
 * at the end. Unless --no-sig-flattening is given, options and results at the top are spread:
 *
 *     f: func(x: option<u32>)              void f(uint32_t *maybe_x)                  NULL: none
 *     f: func() -> option<u32>             bool f(uint32_t *ret)                      true: some
 *     f: func() -> result<u32, string>     bool f(uint32_t *ret, app_string_t *err)   true: ok
 *
 * Functions that are called asynchronously take their arguments as they are (or all in one struct,
 * where they are too many) and a pointer to where the result will be.
 */
#include "bindgen/internal.h"

Str gen_core_params(Gen *g, const AbiCore *types, size_t n) {
    Buf out = {.arena = g->arena};
    for (size_t i = 0; i < n; i++) buf_fmt(&out, "%s%s", i ? ", " : "", gen_core_type(types[i]));
    if (!n) buf_str(&out, STR("void"));
    return buf_text(&out);
}

const char *gen_core_result(const AbiFunc *abi) {
    return abi->core_result_count ? gen_core_type(abi->core_results[0]) : "void";
}

void gen_begin_core(Gen *g, GenBody *b, const AbiFunc *abi, Str name, Str *args) {
    buf_fmt(b->out, "%s %.*s(", gen_core_result(abi), STR_ARG(name));
    for (size_t i = 0; i < abi->core_param_count; i++) {
        args[i] = gen_local(g, b, "arg");
        buf_fmt(b->out, "%s%s %.*s", i ? ", " : "", gen_core_type(abi->core_params[i]),
                STR_ARG(args[i]));
    }
    buf_fmt(b->out, "%s) {\n", abi->core_param_count ? "" : "void");
}

Str gen_call(Gen *g, Str name, const Str *args, size_t n) {
    Buf out = {.arena = g->arena};
    buf_fmt(&out, "%.*s(", STR_ARG(name));
    for (size_t i = 0; i < n; i++) buf_fmt(&out, "%s%.*s", i ? ", " : "", STR_ARG(args[i]));
    buf_byte(&out, ')');
    return buf_text(&out);
}

static bool is_filter_of(Gen *g, Str filter, const WitFunc *func) {
    if (str_is(filter, "all")) return true;
    Str import = STR("import:"), export = STR("export:");
    if (str_starts(filter, g->scope.import ? export : import)) return false;
    if (str_starts(filter, import) || str_starts(filter, export)) filter = str_after(filter, 7);
    Str name = func->name;
    if (g->scope.item)
        name = str_fmt(g->arena, "%.*s#%.*s", STR_ARG(g->scope.key), STR_ARG(func->name));
    return str_eq(filter, name);
}

bool gen_is_async(Gen *g, const WitFunc *func) {
    for (size_t i = 0; i < g->options->async_filter_count; i++) {
        Str filter = g->options->async_filters[i];
        bool off = str_starts(filter, STR("-"));
        if (!is_filter_of(g, off ? str_after(filter, 1) : filter, func)) continue;
        if (!off && !func->is_async && !g->used_filters[i])
            diag(g->diags, BIND_ASYNC_SYNC, func->span, STR_ARG(func->name));
        g->used_filters[i] = true;
        return !off;
    }
    return func->is_async;
}

static bool is_by_pointer(const WitType *type) {
    switch (wit_dealias(type)->kind) {
    case WIT_STRING:
    case WIT_RECORD:
    case WIT_VARIANT:
    case WIT_OPTION:
    case WIT_RESULT:
    case WIT_TUPLE:
    case WIT_LIST:
    case WIT_FIXED_LIST:
    case WIT_MAP: return true;
    default: return false;
    }
}

static void classify_result(Gen *g, GenSig *sig) {
    if (!sig->result) return;
    const WitType *type = wit_dealias(sig->result);
    bool spread = !g->options->no_sig_flattening;
    sig->kind = is_by_pointer(type) ? GEN_POINTER : GEN_VALUE;
    if (spread && type->kind == WIT_OPTION) sig->kind = GEN_OPTION, sig->ok = type->elem;
    if (spread && type->kind == WIT_RESULT)
        sig->kind = GEN_RESULT, sig->ok = type->elem, sig->err = type->second;
}

/* ", T *name", without the comma at the beginning. */
static void put_param(Gen *g, Buf *out, const WitType *type, const char *star, Str name) {
    if (out->ptr[out->len - 1] != '(') buf_str(out, STR(", "));
    buf_fmt(out, "%.*s %s%.*s", STR_ARG(gen_type_name(g, type)), star, STR_ARG(name));
}

static bool is_param(Gen *g, const GenSig *sig, size_t n, Str name) {
    for (size_t i = 0; i < n; i++) {
        const GenParam *p = &sig->params[i];
        if (str_eq(name, p->name)) return true;
        if (p->maybe && str_eq(name, str_concat(g->arena, STR("maybe_"), p->name))) return true;
    }
    return false;
}

/* The name of parameter n, which neither an earlier one has nor a type: `x: option<u8>` is called
 * `maybe_x`, and so may be another one. */
static Str param_name(Gen *g, const GenSig *sig, size_t n, Str wit_name) {
    Str name = gen_ident(g, wit_name);
    if (str_ends(name, STR("_t")) || str_is(name, "result"))
        name = str_concat(g->arena, name, STR("_"));
    while (is_param(g, sig, n, name) ||
           (sig->params[n].maybe && is_param(g, sig, n, str_concat(g->arena, STR("maybe_"), name))))
        name = str_concat(g->arena, name, STR("_"));
    return name;
}

static void sync_params(Gen *g, const WitFunc *func, GenSig *sig, Buf *out) {
    for (size_t i = 0; i < func->params.len; i++) {
        const WitField *field = &func->params.at[i];
        GenParam *p = &sig->params[i];
        *p = (GenParam){.type = field->type};
        p->maybe = field->type->kind == WIT_OPTION && !g->options->no_sig_flattening;
        p->name = param_name(g, sig, i, field->name);
        p->pointer = !p->maybe && is_by_pointer(field->type);
        Str name = p->maybe ? str_concat(g->arena, STR("maybe_"), p->name) : p->name;
        put_param(g, out, p->maybe ? field->type->elem : field->type,
                  p->maybe || p->pointer ? "*" : "", name);
    }
}

static void result_params(Gen *g, GenSig *sig, Buf *out) {
    if (sig->kind == GEN_POINTER) put_param(g, out, sig->result, "*", STR("ret"));
    if (sig->kind != GEN_OPTION && sig->kind != GEN_RESULT) return;
    if (sig->ok) put_param(g, out, sig->ok, "*", STR("ret"));
    if (sig->err) put_param(g, out, sig->err, "*", STR("err"));
}

/* Several arguments that are too many for an asynchronous call, as one struct. */
static void args_struct(Gen *g, const WitFunc *func, GenSig *sig, Buf *out) {
    Buf *types = &g->h_types;
    buf_fmt(types, "\ntypedef struct %.*s_args {\n", STR_ARG(sig->name));
    for (size_t i = 0; i < func->params.len; i++)
        buf_fmt(types, "  %.*s %.*s;\n", STR_ARG(gen_type_name(g, func->params.at[i].type)),
                STR_ARG(gen_ident(g, func->params.at[i].name)));
    buf_fmt(types, "} %.*s_args_t;\n", STR_ARG(sig->name));
    buf_fmt(out, "%.*s_args_t *args", STR_ARG(sig->name));
    sig->params[0] = (GenParam){.name = STR("args"), .pointer = true};
    sig->param_count = 1;
}

static void async_import_params(Gen *g, const WitFunc *func, bool spilled, GenSig *sig, Buf *out) {
    if (spilled && func->params.len == 1) {
        sig->params[0] =
            (GenParam){.name = STR("arg"), .type = func->params.at[0].type, .pointer = true};
        put_param(g, out, func->params.at[0].type, "*", STR("arg"));
    } else if (spilled) {
        args_struct(g, func, sig, out);
    } else {
        for (size_t i = 0; i < func->params.len; i++) {
            const WitField *field = &func->params.at[i];
            sig->params[i] =
                (GenParam){.name = param_name(g, sig, i, field->name), .type = field->type};
            put_param(g, out, field->type, "", sig->params[i].name);
        }
    }
    if (sig->result) put_param(g, out, sig->result, "*", STR("result"));
}

static void put_return_type(Gen *g, const GenSig *sig, bool is_async, Buf *out) {
    if (is_async) {
        g->needs_async = true;
        buf_fmt(out, "%.*s_%s", STR_ARG(g->name),
                g->scope.import ? "subtask_status_t" : "callback_code_t");
        return;
    }
    switch (sig->kind) {
    case GEN_VOID:
    case GEN_POINTER: buf_str(out, STR("void")); break;
    case GEN_OPTION:
    case GEN_RESULT: buf_str(out, STR("bool")); break;
    case GEN_VALUE: buf_str(out, gen_type_name(g, sig->result)); break;
    }
}

/* The names that come with a function. */
static const char *const *func_endings(const WitFunc *func, const AbiFunc *abi) {
    static const char *const plain[] = {"", NULL}, *const with_args[] = {"", "_args_t", NULL},
                             *const task[] = {"", "_callback", "_return", NULL};
    switch (abi->variant) {
    case ABI_LOWER_ASYNC: return abi->params_spilled && func->params.len > 1 ? with_args : plain;
    case ABI_LIFT_ASYNC:
    case ABI_LIFT_ASYNC_CALLBACK: return task;
    case ABI_LIFT:
    case ABI_LOWER: break;
    }
    return plain;
}

GenSig gen_signature(Gen *g, const WitFunc *func, const AbiFunc *abi) {
    bool is_async = abi->variant != ABI_LIFT && abi->variant != ABI_LOWER;
    GenSig sig = {.result = func->result, .param_count = func->params.len};
    sig.name =
        gen_claim(g, gen_func_name(g, func), func_endings(func, abi), func->name, func->span);
    sig.params = ARENA_NEW_ARRAY(g->arena, GenParam, func->params.len + 1);
    if (!is_async) classify_result(g, &sig);
    Buf out = {.arena = g->arena};
    put_return_type(g, &sig, is_async, &out);
    buf_fmt(&out, " %.*s(", STR_ARG(sig.name));
    if (abi->variant == ABI_LOWER_ASYNC)
        async_import_params(g, func, abi->params_spilled, &sig, &out);
    else sync_params(g, func, &sig, &out);
    result_params(g, &sig, &out);
    buf_str(&out, out.ptr[out.len - 1] == '(' ? STR("void)") : STR(")"));
    sig.text = buf_text(&out);
    return sig;
}
