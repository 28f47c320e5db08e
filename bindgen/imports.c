/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Imported functions: the core import as the component model makes it, and a C function in front:
 *
 *     __attribute__((__import_module__("ns:p/i"), __import_name__("f")))
 *     extern void __wasm_import_ns_p_i_f(int32_t, int32_t, int32_t);
 *
 *     void ns_p_i_f(app_string_t *s, app_list_u8_t *ret) {
 *       __wasm_import_ns_p_i_f((int32_t) (uintptr_t) (s->ptr), (int32_t) (s->len),
 *                              (int32_t) (uintptr_t) ret);
 *     }
 *
 * Where a result comes through memory, the caller's own struct is that memory.
 */
#include "bindgen/internal.h"

typedef struct {
    Gen *g;
    GenBody b;
    const WitFunc *func;
    const AbiFunc *abi;
    GenSig sig;
    Str core;  /* the name of the core import */
    Str *args; /* of the call */
    size_t arg_count;
} Import;

static void declare_core(Import *m) {
    Gen *g = m->g;
    Buf *out = &g->c_funcs;
    Str module = g->scope.item ? g->scope.key : STR("$root");
    const char *prefix = m->abi->variant == ABI_LOWER_ASYNC ? "[async-lower]" : "";
    buf_fmt(out, "\n" GEN_IMPORT_FORMAT, STR_ARG(module), prefix, STR_ARG(m->func->name));
    Str params = gen_core_params(g, m->abi->core_params, m->abi->core_param_count);
    buf_fmt(out, "extern %s %.*s(%.*s);\n", gen_core_result(m->abi), STR_ARG(m->core),
            STR_ARG(params));
}

/* An option that came as a pointer becomes a struct again. */
static GenPlace param_place(Import *m, size_t i) {
    Gen *g = m->g;
    const GenParam *p = &m->sig.params[i];
    if (!p->maybe) return (GenPlace){p->name, p->pointer};
    Str maybe = str_concat(g->arena, STR("maybe_"), p->name);
    Str type = gen_type_name(g, p->type);
    gen_line(&m->b, "%.*s %.*s;", STR_ARG(type), STR_ARG(p->name));
    gen_line(&m->b, "%.*s.is_some = %.*s != NULL;", STR_ARG(p->name), STR_ARG(maybe));
    gen_line(&m->b, "if (%.*s) %.*s.val = *%.*s;", STR_ARG(maybe), STR_ARG(p->name),
             STR_ARG(maybe));
    return (GenPlace){p->name, false};
}

static Str address_of(Gen *g, GenPlace place) {
    return str_fmt(g->arena, "(int32_t) (uintptr_t) %.*s", STR_ARG(gen_address(g, place)));
}

static void lower_params(Import *m) {
    Gen *g = m->g;
    size_t n = m->sig.param_count, slot = 0;
    GenPlace *places = ARENA_NEW_ARRAY(g->arena, GenPlace, n + 1);
    for (size_t i = 0; i < n; i++) places[i] = param_place(m, i);
    if (!m->abi->params_spilled) {
        for (size_t i = 0; i < n; i++) {
            const AbiPlan *plan = abi_plan(&g->abi, m->sig.params[i].type);
            gen_lower(g, &m->b, plan, places[i], m->args + slot);
            slot += plan->flat_count;
        }
        m->arg_count = slot;
        return;
    }
    Str all = gen_local(g, &m->b, "args");
    gen_line(&m->b, "struct {");
    for (size_t i = 0; i < n; i++)
        gen_line(&m->b, "  %.*s f%zu;", STR_ARG(gen_type_name(g, m->sig.params[i].type)), i);
    gen_line(&m->b, "} %.*s;", STR_ARG(all));
    for (size_t i = 0; i < n; i++)
        gen_line(&m->b, "%.*s.f%zu = %.*s;", STR_ARG(all), i, STR_ARG(gen_value(g, places[i])));
    m->args[m->arg_count++] = address_of(g, (GenPlace){all, false});
}

static Str call(Import *m) { return gen_call(m->g, m->core, m->args, m->arg_count); }

/* Fills a place with the result of the call. */
static void call_into(Import *m, GenPlace to) {
    Gen *g = m->g;
    if (m->abi->result_spilled) {
        m->args[m->arg_count++] = address_of(g, to);
        gen_line(&m->b, "%.*s;", STR_ARG(call(m)));
        return;
    }
    if (!m->abi->core_result_count) { /* a value of no bytes */
        gen_line(&m->b, "%.*s;", STR_ARG(call(m)));
        return;
    }
    Str core = gen_local(g, &m->b, "core");
    gen_line(&m->b, "%s %.*s = %.*s;", gen_core_type(m->abi->core_results[0]), STR_ARG(core),
             STR_ARG(call(m)));
    gen_lift(g, &m->b, m->abi->result, &core, to);
}

static void spread_result(Import *m) {
    Gen *g = m->g;
    Str result = gen_local(g, &m->b, "result");
    gen_line(&m->b, "%.*s %.*s;", STR_ARG(gen_type_name(g, m->sig.result)), STR_ARG(result));
    call_into(m, (GenPlace){result, false});
    if (m->sig.kind == GEN_OPTION) {
        gen_line(&m->b, "if (%.*s.is_some) *ret = %.*s.val;", STR_ARG(result), STR_ARG(result));
        gen_line(&m->b, "return %.*s.is_some;", STR_ARG(result));
        return;
    }
    if (m->sig.ok)
        gen_line(&m->b, "if (!%.*s.is_err) *ret = %.*s.val.ok;", STR_ARG(result), STR_ARG(result));
    if (m->sig.err)
        gen_line(&m->b, "if (%.*s.is_err) *err = %.*s.val.err;", STR_ARG(result), STR_ARG(result));
    gen_line(&m->b, "return !%.*s.is_err;", STR_ARG(result));
}

static void put_sync_body(Import *m) {
    lower_params(m);
    switch (m->sig.kind) {
    case GEN_VOID: gen_line(&m->b, "%.*s;", STR_ARG(call(m))); break;
    case GEN_POINTER: call_into(m, (GenPlace){STR("ret"), true}); break;
    case GEN_OPTION:
    case GEN_RESULT: spread_result(m); break;
    case GEN_VALUE: {
        Str simple = gen_lift_simple(m->g, m->abi->result, call(m));
        if (simple.len) {
            gen_line(&m->b, "return %.*s;", STR_ARG(simple));
            break;
        }
        Str result = gen_local(m->g, &m->b, "result");
        gen_line(&m->b, "%.*s %.*s;", STR_ARG(gen_type_name(m->g, m->sig.result)), STR_ARG(result));
        call_into(m, (GenPlace){result, false});
        gen_line(&m->b, "return %.*s;", STR_ARG(result));
        break;
    }
    }
}

/* Arguments go as they are, or by the caller's pointer; so does the place for the result. */
static void put_async_body(Import *m) {
    if (m->abi->params_spilled)
        m->args[m->arg_count++] = address_of(m->g, (GenPlace){m->sig.params[0].name, true});
    else lower_params(m);
    if (m->sig.result) m->args[m->arg_count++] = STR("(int32_t) (uintptr_t) result");
    gen_line(&m->b, "return (uint32_t) %.*s;", STR_ARG(call(m)));
}

static void take_names(Import *m) {
    for (size_t i = 0; i < m->sig.param_count; i++) {
        const GenParam *p = &m->sig.params[i];
        gen_take(m->g, &m->b, p->name);
        if (p->maybe) gen_take(m->g, &m->b, str_concat(m->g->arena, STR("maybe_"), p->name));
    }
    if (m->abi->variant == ABI_LOWER_ASYNC && m->sig.result) gen_take(m->g, &m->b, STR("result"));
    gen_take(m->g, &m->b, STR("ret"));
    gen_take(m->g, &m->b, STR("err"));
}

void gen_import(Gen *g, const WitFunc *func) {
    AbiVariant variant = gen_is_async(g, func) ? ABI_LOWER_ASYNC : ABI_LOWER;
    Import m = {.g = g, .func = func, .abi = gen_abi(g, func, variant)};
    if (!m.abi) return;
    m.b = (GenBody){.out = &g->c_adapters, .indent = 1};
    m.sig = gen_signature(g, func, m.abi);
    m.core = str_concat(g->arena, STR("__wasm_import_"), m.sig.name);
    m.args = ARENA_NEW_ARRAY(g->arena, Str, m.abi->params->flat_count + 2);
    declare_core(&m);
    gen_docs(&g->h_funcs, func->docs);
    buf_fmt(&g->h_funcs, "extern %.*s;\n", STR_ARG(m.sig.text));
    buf_fmt(&g->c_adapters, "\n%.*s {\n", STR_ARG(m.sig.text));
    take_names(&m);
    if (variant == ABI_LOWER_ASYNC) put_async_body(&m);
    else put_sync_body(&m);
    buf_str(&g->c_adapters, STR("}\n"));
    gen_futures(g, func);
}
