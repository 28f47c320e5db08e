/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Exported functions: the user implements the C function that the header declares; here is the core
 * function around it, under the name that the component model looks for.
 *
 *     __attribute__((__export_name__("ns:p/i#f")))
 *     int32_t __wasm_export_exports_ns_p_i_f(int32_t arg, int32_t arg0) {
 *       app_string_t s;                              lifted parameters
 *       ...
 *       app_list_u8_t ret;
 *       exports_ns_p_i_f(&s, &ret);                  the user's
 *       RET_AREA.as0 = ret;
 *       return (int32_t) (uintptr_t) &RET_AREA;
 *     }
 *
 * The memory of a result is freed by `cabi_post_ns:p/i#f`, once the caller has read it; it is weak,
 * so that the user can have another one. An asynchronous function gives its result by calling
 * `exports_ns_p_i_f_return`, and is called again through `exports_ns_p_i_f_callback`.
 */
#include "bindgen/internal.h"

typedef struct {
    Gen *g;
    GenBody b;
    const WitFunc *func;
    const AbiFunc *abi;
    GenSig sig;
    Str core;   /* the name of the core function */
    Str export; /* the name of the export */
    Str *args;  /* the core function's parameters */
    Str *call;  /* the C function's arguments */
    size_t call_count;
    GenBorrows borrows;
} Export;

static void begin_core(Export *x, const char *prefix) {
    buf_fmt(x->b.out, "\n__attribute__((__export_name__(\"%s%.*s\")))\n", prefix,
            STR_ARG(x->export));
    gen_begin_core(x->g, &x->b, x->abi, x->core, x->args);
}

/* All parameters, in locals of their C types. */
static GenPlace *lift_params(Export *x) {
    Gen *g = x->g;
    size_t n = x->sig.param_count, slot = 0;
    GenPlace *places = ARENA_NEW_ARRAY(g->arena, GenPlace, n + 1);
    Str all = {0};
    if (x->abi->params_spilled) {
        all = gen_local(g, &x->b, "args");
        gen_line(&x->b, "struct {");
        for (size_t i = 0; i < n; i++)
            gen_line(&x->b, "  %.*s f%zu;", STR_ARG(gen_type_name(g, x->sig.params[i].type)), i);
        gen_line(&x->b, "} %.*s;", STR_ARG(all));
        gen_line(&x->b, "__builtin_memcpy(&%.*s, (void *) (uintptr_t) %.*s, sizeof %.*s);",
                 STR_ARG(all), STR_ARG(x->args[0]), STR_ARG(all));
        gen_line(&x->b, "free((void *) (uintptr_t) %.*s);", STR_ARG(x->args[0]));
    }
    for (size_t i = 0; i < n; i++) {
        const WitType *type = x->sig.params[i].type;
        if (all.len) {
            places[i].text = str_fmt(g->arena, "%.*s.f%zu", STR_ARG(all), i);
            continue;
        }
        const AbiPlan *plan = abi_plan(&g->abi, type);
        places[i].text =
            gen_lift_simple(g, plan, x->args[slot < x->abi->core_param_count ? slot : 0]);
        if (places[i].text.len) {
            slot++;
            continue;
        }
        places[i].text = gen_local(g, &x->b, "param");
        gen_line(&x->b, "%.*s %.*s;", STR_ARG(gen_type_name(g, type)), STR_ARG(places[i].text));
        gen_lift(g, &x->b, plan, x->args + slot, places[i]);
        slot += plan->flat_count;
    }
    return places;
}

/* Borrowed handles are remembered before the user's function may change its arguments. */
static void remember_borrows(Export *x, const GenPlace *places) {
    if (!x->g->options->autodrop_borrows) return;
    Buf *out = x->b.out, body = {.arena = x->g->arena};
    x->b.out = &body;
    for (size_t i = 0; i < x->sig.param_count; i++) {
        const AbiPlan *plan = abi_plan(&x->g->abi, x->sig.params[i].type);
        gen_collect_borrows(x->g, &x->b, x->func, plan, places[i], &x->borrows);
    }
    x->b.out = out;
    for (size_t i = 0; i < x->borrows.len; i++)
        gen_line(&x->b, "int32_t %.*s = 0;", STR_ARG(x->borrows.at[i].local));
    buf_str(out, buf_text(&body));
}

static void drop_borrows(Export *x) {
    for (size_t i = 0; i < x->borrows.len; i++)
        gen_line(&x->b, "if (%.*s != 0) %.*s(%.*s);", STR_ARG(x->borrows.at[i].local),
                 STR_ARG(x->borrows.at[i].drop), STR_ARG(x->borrows.at[i].local));
}

static void add_argument(Export *x, Str e) { x->call[x->call_count++] = e; }

static void pass_params(Export *x) {
    Gen *g = x->g;
    GenPlace *places = lift_params(x);
    remember_borrows(x, places);
    for (size_t i = 0; i < x->sig.param_count; i++) {
        Str place = places[i].text;
        if (x->sig.params[i].maybe)
            place = str_fmt(g->arena, "%.*s.is_some ? &%.*s.val : NULL", STR_ARG(place),
                            STR_ARG(place));
        else if (x->sig.params[i].pointer) place = gen_address(g, places[i]);
        add_argument(x, place);
    }
}

static Str call(Export *x) {
    Buf out = {.arena = x->g->arena};
    buf_fmt(&out, "%.*s(", STR_ARG(x->sig.name));
    for (size_t i = 0; i < x->call_count; i++)
        buf_fmt(&out, "%s%.*s", i ? ", " : "", STR_ARG(x->call[i]));
    buf_byte(&out, ')');
    return buf_text(&out);
}

/* A local that the user's function fills through a pointer. */
static Str out_param(Export *x, const char *name, const WitType *type) {
    Str local = gen_local(x->g, &x->b, name);
    gen_line(&x->b, "%.*s %.*s;", STR_ARG(gen_type_name(x->g, type)), STR_ARG(local));
    add_argument(x, str_concat(x->g->arena, STR("&"), local));
    return local;
}

static Str spread_call(Export *x) {
    Gen *g = x->g;
    Str ret = gen_local(g, &x->b, "ret"), ok = {0}, err = {0};
    gen_line(&x->b, "%.*s %.*s;", STR_ARG(gen_type_name(g, x->sig.result)), STR_ARG(ret));
    if (x->sig.ok) ok = out_param(x, "ok", x->sig.ok);
    if (x->sig.err) err = out_param(x, "err", x->sig.err);
    bool option = x->sig.kind == GEN_OPTION;
    gen_line(&x->b, "%.*s.%s%.*s;", STR_ARG(ret), option ? "is_some = " : "is_err = !",
             STR_ARG(call(x)));
    if (option)
        gen_line(&x->b, "if (%.*s.is_some) %.*s.val = %.*s;", STR_ARG(ret), STR_ARG(ret),
                 STR_ARG(ok));
    if (!option && ok.len)
        gen_line(&x->b, "if (!%.*s.is_err) %.*s.val.ok = %.*s;", STR_ARG(ret), STR_ARG(ret),
                 STR_ARG(ok));
    if (err.len)
        gen_line(&x->b, "if (%.*s.is_err) %.*s.val.err = %.*s;", STR_ARG(ret), STR_ARG(ret),
                 STR_ARG(err));
    return ret;
}

/* Calls the user's function; the local with the result. */
static Str put_call(Export *x) {
    Gen *g = x->g;
    Str ret = {0};
    switch (x->sig.kind) {
    case GEN_VOID: gen_line(&x->b, "%.*s;", STR_ARG(call(x))); break;
    case GEN_OPTION:
    case GEN_RESULT: return spread_call(x);
    case GEN_POINTER:
        ret = out_param(x, "ret", x->sig.result);
        gen_line(&x->b, "%.*s;", STR_ARG(call(x)));
        break;
    case GEN_VALUE:
        ret = gen_local(g, &x->b, "ret");
        gen_line(&x->b, "%.*s %.*s = %.*s;", STR_ARG(gen_type_name(g, x->sig.result)), STR_ARG(ret),
                 STR_ARG(call(x)));
        break;
    }
    return ret;
}

/* The member of the area of results that has this type. */
static Str area_of(Gen *g, const WitType *type) {
    bool added;
    MapEntry *entry = map_put(g->arena, &g->areas, gen_type_name(g, type), &added);
    if (added) entry->value = g->areas.len - 1;
    return str_fmt(g->arena, "RET_AREA.as%" PRIu64, entry->value);
}

static void put_return(Export *x, Str ret) {
    Gen *g = x->g;
    if (!x->abi->core_result_count) return;
    if (x->abi->result_spilled) {
        gen_line(&x->b, "%.*s = %.*s;", STR_ARG(area_of(g, x->sig.result)), STR_ARG(ret));
        gen_line(&x->b, "return (int32_t) (uintptr_t) &RET_AREA;");
        return;
    }
    Str flat = {0};
    gen_lower(g, &x->b, x->abi->result, (GenPlace){ret, false}, &flat);
    gen_line(&x->b, "return %.*s;", STR_ARG(flat));
}

static void put_post_return(Export *x) {
    Gen *g = x->g;
    Str type = gen_type_name(g, x->sig.result);
    Str pointer = str_fmt(g->arena, "(%.*s *) (uintptr_t) arg", STR_ARG(type));
    Str statement = gen_release(g, x->sig.result, pointer);
    buf_fmt(&g->c_funcs,
            "\n__attribute__((__weak__, __export_name__(\"cabi_post_%.*s\")))\n"
            "void %.*s_post_return(int32_t arg) {\n  %.*s\n}\n",
            STR_ARG(x->export), STR_ARG(x->core), STR_ARG(statement));
}

static void sync_export(Export *x) {
    begin_core(x, "");
    pass_params(x);
    Str ret = put_call(x);
    drop_borrows(x);
    put_return(x, ret);
    buf_str(x->b.out, STR("}\n"));
    if (x->abi->needs_post_return) put_post_return(x);
}

/* ---- asynchronous exports ---- */

static void put_callback(Export *x) {
    Gen *g = x->g;
    Str world = g->name, name = x->sig.name;
    Str signature = str_fmt(g->arena, "%.*s_callback_code_t %.*s_callback(%.*s_event_t *event)",
                            STR_ARG(world), STR_ARG(name), STR_ARG(world));
    buf_fmt(&g->h_funcs, "%.*s;\n", STR_ARG(signature));
    gen_stub(g, STR("What its tasks wait for has happened."), signature);
    buf_fmt(&g->c_adapters,
            "\n__attribute__((__export_name__(\"[callback][async-lift]%.*s\")))\n"
            "int32_t %.*s__callback(int32_t event_raw, int32_t waitable, int32_t code) {\n"
            "  %.*s_event_t event;\n"
            "  event.event = (%.*s_event_code_t) event_raw;\n"
            "  event.waitable = (uint32_t) waitable;\n"
            "  event.code = (uint32_t) code;\n"
            "  return (int32_t) %.*s_callback(&event);\n}\n",
            STR_ARG(x->export), STR_ARG(x->core), STR_ARG(world), STR_ARG(world), STR_ARG(name));
}

/* task.return takes the flat result, or a pointer where it is too long. */
static void put_task_return(Export *x) {
    Gen *g = x->g;
    const AbiPlan *plan = x->abi->result;
    Str type = x->sig.result ? str_concat(g->arena, gen_type_name(g, x->sig.result), STR(" ret"))
                             : STR("void");
    bool spilled = plan->flat_count > ABI_MAX_FLAT_PARAMS;
    AbiCore pointer = ABI_I32;
    Str params =
        gen_core_params(g, spilled ? &pointer : plan->flat, spilled ? 1 : plan->flat_count);
    Str key = g->scope.item ? g->scope.key : STR("$root");
    buf_byte(&g->c_funcs, '\n');
    buf_fmt(&g->c_funcs, GEN_IMPORT_FORMAT "extern void %.*s__task_return(%.*s);\n",
            STR_ARG(str_concat(g->arena, STR("[export]"), key)), "[task-return]",
            STR_ARG(x->func->name), STR_ARG(x->core), STR_ARG(params));
    Buf *declared = &g->h_helpers, *out = &g->c_adapters;
    buf_fmt(declared, "\nvoid %.*s_return(%.*s);\n", STR_ARG(x->sig.name), STR_ARG(type));
    if (g->options->no_helpers)
        buf_fmt(out, "\nvoid %.*s_return(%.*s);\n", STR_ARG(x->sig.name), STR_ARG(type));
    buf_fmt(out, "\nvoid %.*s_return(%.*s) {\n", STR_ARG(x->sig.name), STR_ARG(type));
    GenBody b = {.out = out, .indent = 1};
    gen_take(g, &b, STR("ret"));
    Str *flat = ARENA_NEW_ARRAY(g->arena, Str, plan->flat_count + 1);
    size_t n = spilled ? 1 : plan->flat_count;
    if (spilled) flat[0] = STR("(int32_t) (uintptr_t) &ret");
    else if (x->sig.result) gen_lower(g, &b, plan, (GenPlace){STR("ret"), false}, flat);
    buf_fmt(out, "  %.*s__task_return(", STR_ARG(x->core));
    for (size_t i = 0; i < n; i++) buf_fmt(out, "%s%.*s", i ? ", " : "", STR_ARG(flat[i]));
    buf_str(out, STR(");\n}\n"));
}

static void async_export(Export *x) {
    begin_core(x, "[async-lift]");
    pass_params(x);
    Str ret = gen_local(x->g, &x->b, "ret");
    gen_line(&x->b, "int32_t %.*s = (int32_t) %.*s;", STR_ARG(ret), STR_ARG(call(x)));
    drop_borrows(x);
    gen_line(&x->b, "return %.*s;", STR_ARG(ret));
    buf_str(x->b.out, STR("}\n"));
    put_callback(x);
    put_task_return(x);
}

void gen_export(Gen *g, const WitFunc *func) {
    bool is_async = gen_is_async(g, func);
    Export x = {.g = g, .func = func};
    x.abi = gen_abi(g, func, is_async ? ABI_LIFT_ASYNC_CALLBACK : ABI_LIFT);
    if (!x.abi) return;
    gen_docs(&g->h_funcs, func->docs);
    x.b = (GenBody){.out = &g->c_adapters, .indent = 1};
    x.sig = gen_signature(g, func, x.abi);
    x.core = gen_claim(g, str_concat(g->arena, STR("__wasm_export_"), x.sig.name),
                       GEN_ENDINGS("", "_post_return"), func->name, func->span);
    x.export = func->name;
    if (g->scope.item)
        x.export = str_fmt(g->arena, "%.*s#%.*s", STR_ARG(g->scope.key), STR_ARG(func->name));
    x.args = ARENA_NEW_ARRAY(g->arena, Str, x.abi->core_param_count + 1);
    x.call = ARENA_NEW_ARRAY(g->arena, Str, x.sig.param_count + 2);
    buf_fmt(&g->h_funcs, "%.*s;\n", STR_ARG(x.sig.text));
    gen_stub(g, func->docs, x.sig.text);
    if (is_async) async_export(&x);
    else sync_export(&x);
    gen_futures(g, func);
}
