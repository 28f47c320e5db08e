/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Functions of the native style. Arguments are inputs, results are the C function's results:
 *
 *     find: func(a: string, b: option<u32>, c: point) -> result<u32, string>
 *
 *     p_result_u32_string p_find(wit_string a, const uint32_t *b, const p_point *c);
 *
 * An import is a C function around the core import, which writes its result where the C function's
 * is to be. Where both have the same parameters, there is no function around: the declaration
 * in the header is the import. An export is a core function around the program's:
 *
 *     int32_t p_find__core(int32_t arg, ...) {
 *       wit__enter();                                the arena
 *       ...                                          lifted parameters
 *       p_result_u32_string ret = p_find(a, b, &c);
 *       __builtin_memcpy(wit__area, &ret, sizeof ret);
 *       return (int32_t) (uintptr_t) wit__area;      wit__leave() comes after the return
 *     }
 */
#include "bindgen/internal.h"

/* ---- signatures ---- */

static NatPass pass_of(const WitType *type) {
    switch (wit_dealias(type)->kind) {
    case WIT_OPTION: return NAT_OPTION;
    case WIT_RECORD:
    case WIT_TUPLE:
    case WIT_VARIANT:
    case WIT_RESULT:
    case WIT_FIXED_LIST: return NAT_POINTER;
    default: return NAT_VALUE;
    }
}

NatFunc *nat_func(Gen *g, const WitFunc *func) {
    NatFunc *f = ARENA_NEW(g->arena, NatFunc);
    *f = (NatFunc){.func = func, .scope = g->scope, .is_async = gen_is_async(g, func)};
    f->name = nat_func_name(g, func);
    f->count = func->params.len;
    f->list = ARENA_NEW_ARRAY(g->arena, NatParam, f->count + 1);
    return f;
}

void nat_complete(Gen *g, NatFunc *f) {
    Buf params = {.arena = g->arena};
    Map taken = {0};
    for (size_t i = 0; i < f->count; i++) {
        NatParam *p = &f->list[i];
        p->type = f->func->params.at[i].type;
        p->pass = pass_of(p->type);
        p->name = gen_ident(g, f->func->params.at[i].name);
        while (map_get(&g->symbols, p->name) || map_get(&taken, p->name))
            p->name = str_concat(g->arena, p->name, STR("_"));
        map_put(g->arena, &taken, p->name, NULL);
        p->c_type = gen_type_name(g, p->pass == NAT_OPTION ? wit_dealias(p->type)->elem : p->type);
        buf_fmt(&params, "%s%s%.*s %s%.*s", i ? ", " : "", p->pass == NAT_VALUE ? "" : "const ",
                STR_ARG(p->c_type), p->pass == NAT_VALUE ? "" : "*", STR_ARG(p->name));
    }
    f->params = f->count ? buf_text(&params) : STR("void");
    f->result = f->func->result ? gen_type_name(g, f->func->result) : STR("void");
    if (f->is_async) f->start = nat_derive(g, f->name, f->scope.import ? "start" : "begin");
    if (f->is_async && !f->scope.import) f->finish = nat_derive(g, f->name, "return");
}

/* ---- declarations ---- */

static bool is_scalar(Gen *g, const AbiPlan *plan) {
    return plan && plan->op_count == 1 && plan->flat_count == 1 && !plan->ops[0].step_count &&
           plan->ops[0].kind != ABI_VARIANT && g;
}

/* Whether calls of the import, or of its plain form, can wait. */
static bool waits(const NatFunc *f) { return f->is_async || f->func->is_async; }

/* Whether the C function has the parameters and result of the core import. */
static bool is_direct(Gen *g, const NatFunc *f, const AbiFunc *abi) {
    if (abi->variant != ABI_LOWER || abi->params_spilled || waits(f)) return false;
    for (size_t i = 0; i < f->count; i++)
        if (f->list[i].pass != NAT_VALUE || !is_scalar(g, abi_plan(&g->abi, f->list[i].type)))
            return false;
    if (!f->func->result) return true;
    if (abi->result_spilled) return f->count == 0;
    return is_scalar(g, abi->result);
}

bool nat_is_exit(const NatFunc *f) {
    return f->scope.import && str_starts(f->scope.key, STR("wasi:cli/exit")) &&
           str_starts(f->func->name, STR("exit"));
}

static bool must_check(Gen *g, const WitType *result) {
    if (!result) return false;
    const AbiPlan *plan = abi_plan(&g->abi, result);
    return wit_dealias(result)->kind == WIT_RESULT || (plan && plan->has_handles);
}

static void put_nonnull(Gen *g, Buf *out, const NatFunc *f) {
    Buf list = {.arena = g->arena};
    for (size_t i = 0; i < f->count; i++)
        if (f->list[i].pass == NAT_POINTER) buf_fmt(&list, "%s%zu", list.len ? ", " : "", i + 1);
    if (list.len) buf_fmt(out, "WIT_NONNULL((%.*s)) ", STR_ARG(buf_text(&list)));
}

static bool owns_handle(Gen *g, const WitType *type) {
    const AbiPlan *plan = abi_plan(&g->abi, type);
    return plan && plan->has_handles && wit_dealias(type)->kind != WIT_BORROW &&
           !(plan->has_borrows && plan->op_count == 1);
}

/* What a caller, or implementer, has to know about who owns what. */
static Str ownership(Gen *g, const NatFunc *f) {
    Buf out = {.arena = g->arena};
    for (size_t i = 0; i < f->count; i++) {
        const NatParam *p = &f->list[i];
        const char *note = owns_handle(g, p->type) ? "moved"
                           : p->pass == NAT_OPTION ? "NULL for none"
                                                   : NULL;
        if (note) buf_fmt(&out, "%s@param %.*s %s", out.len ? "\n" : "", STR_ARG(p->name), note);
    }
    const WitType *result = f->func->result;
    const char *note = !result                                     ? NULL
                       : owns_handle(g, result) && f->scope.import ? "to be dropped or moved on"
                       : owns_handle(g, result)                    ? "moved to the caller"
                       : wit_has_list(result) && f->scope.import   ? "in the arena of the call"
                                                                   : NULL;
    if (note) buf_fmt(&out, "%s@return %s", out.len ? "\n" : "", note);
    return buf_text(&out);
}

static Str module_of(Gen *g, const NatFunc *f) {
    return f->scope.item ? f->scope.key : STR("$root");
}

static void put_attributes(Gen *g, Buf *out, const NatFunc *f, bool direct) {
    if (direct)
        buf_fmt(out, "WIT_IMPORT(\"%.*s\", \"%.*s\")\n", STR_ARG(module_of(g, f)),
                STR_ARG(f->func->name));
    if (must_check(g, f->func->result)) buf_str(out, STR("WIT_CHECK "));
    put_nonnull(g, out, f);
    if (nat_is_exit(f)) buf_str(out, STR("WIT_NORETURN "));
    Str since = f->func->stability.deprecated.text;
    if (since.len && f->scope.import)
        buf_fmt(out, "WIT_DEPRECATED(\"since %.*s\") ", STR_ARG(since));
}

static void declare(Gen *g, const NatFunc *f, bool direct) {
    buf_byte(&g->h_funcs, '\n');
    nat_docs(g, &g->h_funcs, "", f->func->docs, &f->func->stability, ownership(g, f));
    put_attributes(g, &g->h_funcs, f, direct);
    buf_fmt(&g->h_funcs, "%.*s %.*s(%.*s);\n", STR_ARG(f->result), STR_ARG(f->name),
            STR_ARG(f->params));
}

/* ---- bodies ---- */

typedef struct {
    Gen *g;
    GenBody b;
    const NatFunc *f;
    const AbiFunc *abi;
    Str core;  /* the name of the core function */
    Str *args; /* of it, or of the call of it */
    size_t arg_count;
} Body;

static Body begin(Gen *g, const NatFunc *f, Str name, const AbiFunc *abi) {
    Body m = {.g = g, .f = f, .abi = abi, .b = {.out = &g->c_adapters, .indent = 1}};
    m.core = str_concat(g->arena, name, STR("__core"));
    m.args = ARENA_NEW_ARRAY(g->arena, Str, abi->params->flat_count + 2);
    return m;
}

static void line_assign(Body *m, Str to, Str from) {
    gen_line(&m->b, "%.*s = %.*s;", STR_ARG(to), STR_ARG(from));
}

static Str address(Gen *g, Str pointer) {
    return str_fmt(g->arena, "(int32_t) (uintptr_t) %.*s", STR_ARG(pointer));
}

/* struct args { T f0; ... }: parameters that are passed in memory. */
static void put_args_struct(Body *m) {
    gen_line(&m->b, "struct args {");
    for (size_t i = 0; i < m->f->count; i++)
        gen_line(&m->b, "  %.*s f%zu;", STR_ARG(gen_type_name(m->g, m->f->list[i].type)), i);
    gen_line(&m->b, "};");
}

/* ---- imports ---- */

static void declare_core(Body *m, const char *prefix) {
    Gen *g = m->g;
    Buf *out = &g->c_funcs;
    buf_fmt(out, "\nWIT_IMPORT(\"%.*s\", \"%s%.*s\")\nextern %s %.*s(%.*s);\n",
            STR_ARG(module_of(g, m->f)), prefix, STR_ARG(m->f->func->name), gen_core_result(m->abi),
            STR_ARG(m->core),
            STR_ARG(gen_core_params(g, m->abi->core_params, m->abi->core_param_count)));
}

/* An option that is a pointer: a tag, and slots that are filled where it is none of NULL. */
static void lower_option(Body *m, const NatParam *p, const AbiPlan *plan, Str *flat) {
    Gen *g = m->g;
    const AbiPlan *payload = plan->ops[0].cases[1];
    flat[0] = str_fmt(g->arena, "%.*s != NULL", STR_ARG(p->name));
    if (!payload->flat_count) return;
    for (uint32_t i = 0; i < payload->flat_count; i++) {
        flat[i + 1] = gen_local(g, &m->b, "slot");
        gen_line(&m->b, "%s %.*s = 0;", gen_core_type(payload->flat[i]), STR_ARG(flat[i + 1]));
    }
    Str *parts = ARENA_NEW_ARRAY(g->arena, Str, payload->flat_count);
    gen_line(&m->b, "if (%.*s != NULL) {", STR_ARG(p->name));
    m->b.indent++;
    gen_lower(g, &m->b, payload, (GenPlace){p->name, true}, parts);
    for (uint32_t i = 0; i < payload->flat_count; i++) line_assign(m, flat[i + 1], parts[i]);
    m->b.indent--;
    gen_line(&m->b, "}");
}

static void lower_spilled(Body *m) {
    Gen *g = m->g;
    bool stays = m->abi->variant == ABI_LOWER_ASYNC; /* until the callee has begun */
    Str args = gen_local(g, &m->b, "args");
    put_args_struct(m);
    gen_line(&m->b, "struct args %.*s;", STR_ARG(args));
    for (size_t i = 0; i < m->f->count; i++) {
        const NatParam *p = &m->f->list[i];
        Str to = str_fmt(g->arena, "%.*s.f%zu", STR_ARG(args), i), name = p->name;
        if (p->pass == NAT_OPTION) {
            gen_line(&m->b, "%.*s.is_some = %.*s != NULL;", STR_ARG(to), STR_ARG(name));
            gen_line(&m->b, "if (%.*s != NULL) %.*s.val = *%.*s;", STR_ARG(name), STR_ARG(to),
                     STR_ARG(name));
        } else {
            line_assign(m, to, gen_value(g, (GenPlace){name, p->pass == NAT_POINTER}));
        }
    }
    Str all = str_concat(g->arena, STR("&"), args);
    if (stays) {
        all = gen_local(g, &m->b, "all");
        gen_line(&m->b, "struct args *%.*s = WIT_NEW(struct args, 1);", STR_ARG(all));
        gen_line(&m->b, "*%.*s = %.*s;", STR_ARG(all), STR_ARG(args));
    }
    m->args[m->arg_count++] = address(g, all);
}

static void lower_params(Body *m) {
    if (m->abi->params_spilled) {
        lower_spilled(m);
        return;
    }
    for (size_t i = 0; i < m->f->count; i++) {
        const NatParam *p = &m->f->list[i];
        const AbiPlan *plan = abi_plan(&m->g->abi, p->type);
        if (p->pass == NAT_OPTION) lower_option(m, p, plan, m->args + m->arg_count);
        else
            gen_lower(m->g, &m->b, plan, (GenPlace){p->name, p->pass == NAT_POINTER},
                      m->args + m->arg_count);
        m->arg_count += plan->flat_count;
    }
}

static Str call_core(Body *m) { return gen_call(m->g, m->core, m->args, m->arg_count); }

/* The call, as a statement. */
static void line_call(Body *m, Str to) {
    Buf out = {.arena = m->g->arena};
    if (to.len) buf_fmt(&out, "%.*s = ", STR_ARG(to));
    buf_str(&out, call_core(m));
    Str text = buf_text(&out);
    gen_line(&m->b, waits(m->f) ? "WIT__WAIT(%.*s);" : "%.*s;", STR_ARG(text));
}

static void import_result(Body *m) {
    Gen *g = m->g;
    const WitType *result = m->f->func->result;
    bool flat = result && !m->abi->result_spilled && m->abi->core_result_count;
    Str simple = flat && !waits(m->f) ? gen_lift_simple(g, m->abi->result, call_core(m)) : STR("");
    if (!result) {
        line_call(m, STR(""));
        if (nat_is_exit(m->f)) gen_line(&m->b, "__builtin_trap();");
        return;
    }
    if (simple.len) {
        gen_line(&m->b, "return %.*s;", STR_ARG(simple));
        return;
    }
    Str ret = gen_local(g, &m->b, "ret");
    gen_line(&m->b, "%.*s %.*s;", STR_ARG(m->f->result), STR_ARG(ret));
    if (m->abi->result_spilled) {
        m->args[m->arg_count++] = address(g, str_concat(g->arena, STR("&"), ret));
        line_call(m, STR(""));
    } else if (flat) {
        Str core = gen_local(g, &m->b, "core");
        gen_line(&m->b, "%s %.*s;", gen_core_result(m->abi), STR_ARG(core));
        line_call(m, core);
        gen_lift(g, &m->b, m->abi->result, &core, (GenPlace){ret, false});
    }
    Str keep = waits(m->f)
                   ? gen_walk(g, GEN_WALK_MEMORY, result, gen_address(g, (GenPlace){ret, false}))
                   : STR("");
    if (keep.len) gen_line(&m->b, "%.*s", STR_ARG(keep));
    gen_line(&m->b, "return %.*s;", STR_ARG(ret));
}

static void take_params(Body *m) {
    for (size_t i = 0; i < m->f->count; i++) gen_take(m->g, &m->b, m->f->list[i].name);
}

/* "name(a, b)" with the function's own parameters. */
static Str plain_call(Gen *g, const NatFunc *f, Str name) {
    Buf call = {.arena = g->arena};
    buf_fmt(&call, "%.*s(", STR_ARG(name));
    for (size_t i = 0; i < f->count; i++)
        buf_fmt(&call, "%s%.*s", i ? ", " : "", STR_ARG(f->list[i].name));
    buf_byte(&call, ')');
    return buf_text(&call);
}

/* wit_subtask P_f_start(.., R *result): the call begins. */
static void put_import_start(Gen *g, const NatFunc *f) {
    const AbiFunc *abi = abi_func(&g->abi, f->func, ABI_LOWER_ASYNC);
    if (!abi) return;
    Body m = begin(g, f, f->start, abi);
    take_params(&m);
    Str params = f->count ? f->params : STR(""), keeper = STR("NULL"), at = STR("NULL");
    if (f->func->result) {
        at = gen_local(g, &m.b, "result");
        params = str_fmt(g->arena, "%.*s%s%.*s *%.*s", STR_ARG(params), f->count ? ", " : "",
                         STR_ARG(f->result), STR_ARG(at));
        keeper = nat_keeper(g, f->func->result, f->start);
    }
    if (!params.len) params = STR("void");
    buf_str(&g->h_funcs, STR("/** Begins; arguments and result must stay where they are. */\n"));
    buf_fmt(&g->h_funcs, "WIT_CHECK wit_subtask %.*s(%.*s);\n", STR_ARG(f->start), STR_ARG(params));
    declare_core(&m, "[async-lower]");
    buf_fmt(m.b.out, "\nwit_subtask %.*s(%.*s) {\n", STR_ARG(f->start), STR_ARG(params));
    Str status = gen_local(g, &m.b, "status"), subtask = gen_local(g, &m.b, "subtask");
    gen_line(&m.b, "int32_t %.*s;", STR_ARG(status));
    lower_params(&m);
    if (f->func->result) m.args[m.arg_count++] = address(g, at);
    gen_line(&m.b, "WIT__WAIT(%.*s = %.*s);", STR_ARG(status), STR_ARG(call_core(&m)));
    gen_line(&m.b, "return wit__pend(%.*s, %.*s, %.*s);", STR_ARG(status), STR_ARG(keeper),
             STR_ARG(at));
    buf_str(m.b.out, STR("}\n"));
    Str set = f->func->result ? str_fmt(g->arena, "*%.*s = ", STR_ARG(at)) : STR("");
    buf_fmt(&g->c_elsewhere,
            "\nWIT_SHARED wit_subtask %.*s(%.*s) {\n"
            "  wit_subtask %.*s = {WIT_SUBTASK_RETURNED};\n  %.*s%.*s;\n  return %.*s;\n}\n",
            STR_ARG(f->start), STR_ARG(params), STR_ARG(subtask), STR_ARG(set),
            STR_ARG(plain_call(g, f, f->name)), STR_ARG(subtask));
}

static void put_import(Gen *g, const NatFunc *f, const AbiFunc *abi) {
    bool direct = is_direct(g, f, abi);
    declare(g, f, direct);
    if (direct) return;
    Body m = begin(g, f, f->name, abi);
    take_params(&m);
    declare_core(&m, "");
    buf_fmt(m.b.out, "\n%.*s %.*s(%.*s) {\n", STR_ARG(f->result), STR_ARG(f->name),
            STR_ARG(f->params));
    lower_params(&m);
    import_result(&m);
    buf_str(m.b.out, STR("}\n"));
    if (f->is_async) put_import_start(g, f);
}

/* ---- exports ---- */

static Str export_name(Gen *g, const NatFunc *f) {
    if (!f->scope.item) return f->func->name;
    return str_fmt(g->arena, "%.*s#%.*s", STR_ARG(f->scope.key), STR_ARG(f->func->name));
}

static void begin_core(Body *m, const char *prefix) {
    buf_fmt(m->b.out, "\nWIT_EXPORT(\"%s%.*s\")\n", prefix, STR_ARG(export_name(m->g, m->f)));
    gen_begin_core(m->g, &m->b, m->abi, m->core, m->args);
}

/* The places of all parameters. */
static GenPlace *lift_params(Body *m) {
    Gen *g = m->g;
    size_t slot = 0;
    GenPlace *places = ARENA_NEW_ARRAY(g->arena, GenPlace, m->f->count + 1);
    Str all = {0};
    if (m->abi->params_spilled) {
        put_args_struct(m);
        all = gen_local(g, &m->b, "args");
        gen_line(&m->b, "const struct args *%.*s = (const struct args *) (uintptr_t) %.*s;",
                 STR_ARG(all), STR_ARG(m->args[0]));
    }
    for (size_t i = 0; i < m->f->count; i++) {
        const WitType *type = m->f->list[i].type;
        if (all.len) {
            places[i].text = str_fmt(g->arena, "%.*s->f%zu", STR_ARG(all), i);
            continue;
        }
        const AbiPlan *plan = abi_plan(&g->abi, type);
        places[i].text = plan->flat_count ? gen_lift_simple(g, plan, m->args[slot]) : STR("");
        if (!places[i].text.len) {
            places[i].text = gen_local(g, &m->b, "param");
            gen_line(&m->b, "%.*s %.*s;", STR_ARG(gen_type_name(g, type)), STR_ARG(places[i].text));
            gen_lift(g, &m->b, plan, m->args + slot, places[i]);
        }
        slot += plan->flat_count;
    }
    return places;
}

static Str call_program(Body *m, Str name, const GenPlace *places) {
    Gen *g = m->g;
    Buf out = {.arena = g->arena};
    buf_fmt(&out, "%.*s(", STR_ARG(name));
    for (size_t i = 0; i < m->f->count; i++) {
        Str place = places[i].text;
        if (m->f->list[i].pass == NAT_OPTION)
            place = str_fmt(g->arena, "%.*s.is_some ? &%.*s.val : NULL", STR_ARG(place),
                            STR_ARG(place));
        else if (m->f->list[i].pass == NAT_POINTER) place = gen_address(g, places[i]);
        buf_fmt(&out, "%s%.*s", i ? ", " : "", STR_ARG(place));
    }
    buf_byte(&out, ')');
    return buf_text(&out);
}

/* In an asynchronous world, the memory of the arguments is found and put into the call's arena. */
static void keep_params(Body *m, const GenPlace *places) {
    if (!m->g->needs_async) return;
    if (m->abi->params_spilled)
        gen_line(&m->b, "wit__keep((const void *) (uintptr_t) %.*s);", STR_ARG(m->args[0]));
    for (size_t i = 0; i < m->f->count; i++) {
        Str statement =
            gen_walk(m->g, GEN_WALK_MEMORY, m->f->list[i].type, gen_address(m->g, places[i]));
        if (statement.len) gen_line(&m->b, "%.*s", STR_ARG(statement));
    }
}

/* Gives the borrowed handles among the parameters back: nobody has changed these. */
static void return_borrows(Body *m, const GenPlace *places) {
    for (size_t i = 0; i < m->f->count; i++) {
        Str statement =
            gen_walk(m->g, GEN_WALK_BORROWS, m->f->list[i].type, gen_address(m->g, places[i]));
        if (statement.len) gen_line(&m->b, "%.*s", STR_ARG(statement));
    }
}

static void put_return(Body *m, Str ret) {
    Gen *g = m->g;
    const AbiPlan *plan = m->abi->result;
    Str flat = {0};
    if (m->abi->result_spilled) {
        if (plan->size > g->area_size) g->area_size = plan->size;
        if (plan->align > g->area_align) g->area_align = plan->align;
        gen_line(&m->b, "__builtin_memcpy(wit__area, &%.*s, sizeof %.*s);", STR_ARG(ret),
                 STR_ARG(ret));
        flat = STR("(int32_t) (uintptr_t) wit__area");
    } else if (m->abi->core_result_count) {
        gen_lower(g, &m->b, plan, (GenPlace){ret, false}, &flat);
    }
    if (!m->abi->needs_post_return) gen_line(&m->b, "wit__leave();");
    if (flat.len) gen_line(&m->b, "return %.*s;", STR_ARG(flat));
}

static void stub(Gen *g, const NatFunc *f) {
    gen_stub(g, f->func->docs,
             str_fmt(g->arena, "%.*s %.*s(%.*s)", STR_ARG(f->result), STR_ARG(f->name),
                     STR_ARG(f->params)));
}

static void put_export(Gen *g, const NatFunc *f, const AbiFunc *abi) {
    declare(g, f, false);
    stub(g, f);
    Body m = begin(g, f, f->name, abi);
    begin_core(&m, "");
    gen_line(&m.b, "wit__enter();");
    const GenPlace *places = lift_params(&m);
    keep_params(&m, places);
    Str call = call_program(&m, f->name, places), ret = gen_local(g, &m.b, "ret");
    if (f->func->result)
        gen_line(&m.b, "%.*s %.*s = %.*s;", STR_ARG(f->result), STR_ARG(ret), STR_ARG(call));
    else gen_line(&m.b, "%.*s;", STR_ARG(call));
    return_borrows(&m, places);
    put_return(&m, ret);
    buf_str(m.b.out, STR("}\n"));
    if (!abi->needs_post_return) return;
    buf_fmt(m.b.out,
            "\nWIT_EXPORT(\"cabi_post_%.*s\")\nvoid %.*s__post(int32_t area) {\n"
            "  (void) area;\n  wit__leave();\n}\n",
            STR_ARG(export_name(g, f)), STR_ARG(f->name));
}

/* ---- asynchronous exports ---- */

/* Parameters live as long as the task: in its arena. */
static GenPlace *lift_task_params(Body *m) {
    Gen *g = m->g;
    size_t slot = 0;
    GenPlace *places = ARENA_NEW_ARRAY(g->arena, GenPlace, m->f->count + 1);
    if (!m->f->count) return places;
    Str type = str_fmt(g->arena, "struct %.*s__params", STR_ARG(m->f->name));
    Str all = gen_local(g, &m->b, "params");
    buf_fmt(&g->c_funcs, "\n%.*s {\n", STR_ARG(type));
    for (size_t i = 0; i < m->f->count; i++)
        buf_fmt(&g->c_funcs, "  %.*s f%zu;\n", STR_ARG(gen_type_name(g, m->f->list[i].type)), i);
    buf_str(&g->c_funcs, STR("};\n"));
    if (m->abi->params_spilled)
        gen_line(&m->b, "%.*s *%.*s = (%.*s *) (uintptr_t) %.*s;", STR_ARG(type), STR_ARG(all),
                 STR_ARG(type), STR_ARG(m->args[0]));
    else
        gen_line(&m->b, "%.*s *%.*s = WIT_NEW(%.*s, 1);", STR_ARG(type), STR_ARG(all),
                 STR_ARG(type));
    for (size_t i = 0; i < m->f->count; i++) {
        const AbiPlan *plan = abi_plan(&g->abi, m->f->list[i].type);
        places[i].text = str_fmt(g->arena, "%.*s->f%zu", STR_ARG(all), i);
        if (m->abi->params_spilled) continue;
        gen_lift(g, &m->b, plan, m->args + slot, places[i]);
        slot += plan->flat_count;
    }
    gen_line(&m->b, "wit__this_task()->params = %.*s;", STR_ARG(all));
    return places;
}

/* What was lent for the call is given back before its result is. */
static void return_task_borrows(Body *m) {
    Gen *g = m->g;
    Buf *out = m->b.out, body = {.arena = g->arena};
    GenPlace *places = ARENA_NEW_ARRAY(g->arena, GenPlace, m->f->count + 1);
    for (size_t i = 0; i < m->f->count; i++) places[i].text = str_fmt(g->arena, "params_->f%zu", i);
    m->b.out = &body;
    return_borrows(m, places);
    m->b.out = out;
    if (!body.len) return;
    gen_line(&m->b,
             "struct %.*s__params *params_ = (struct %.*s__params *) wit__this_task()->params;",
             STR_ARG(m->f->name), STR_ARG(m->f->name));
    buf_str(out, buf_text(&body));
}

/* task.return takes the flat result, or a pointer where it is too long. */
static void put_task_return(Gen *g, const NatFunc *f, const AbiFunc *abi, Str params) {
    const AbiPlan *plan = abi->result;
    bool spilled = plan->flat_count > ABI_MAX_FLAT_PARAMS;
    AbiCore pointer = ABI_I32;
    size_t n = spilled ? 1 : plan->flat_count;
    Body m = begin(g, f, f->finish, abi);
    gen_take(g, &m.b, STR("ret"));
    m.args = ARENA_NEW_ARRAY(g->arena, Str, plan->flat_count + 1);
    buf_fmt(&g->c_funcs,
            "\nWIT_IMPORT(\"[export]%.*s\", \"[task-return]%.*s\")\nextern void %.*s(%.*s);\n",
            STR_ARG(module_of(g, f)), STR_ARG(f->func->name), STR_ARG(m.core),
            STR_ARG(gen_core_params(g, spilled ? &pointer : plan->flat, n)));
    buf_fmt(m.b.out, "\nvoid %.*s(%.*s) {\n", STR_ARG(f->finish), STR_ARG(params));
    return_task_borrows(&m);
    if (spilled) m.args[0] = address(g, STR("&ret"));
    else if (f->func->result) gen_lower(g, &m.b, plan, (GenPlace){STR("ret"), false}, m.args);
    m.arg_count = n;
    gen_line(&m.b, "%.*s;", STR_ARG(call_core(&m)));
    buf_str(m.b.out, STR("}\n"));
}

/* The program implements P_f or P_f_begin; the other is here, and weak. */
static void put_default_begin(Gen *g, const NatFunc *f, Buf *out) {
    Str call = plain_call(g, f, f->name);
    buf_fmt(out, "\nWIT_SHARED void %.*s(%.*s) {\n", STR_ARG(f->start), STR_ARG(f->params));
    if (f->func->result) buf_fmt(out, "  %.*s(%.*s);\n}\n", STR_ARG(f->finish), STR_ARG(call));
    else buf_fmt(out, "  %.*s;\n  %.*s();\n}\n", STR_ARG(call), STR_ARG(f->finish));
}

/* Where no component model calls exports, P_f is called. */
static void put_export_elsewhere(Gen *g, const NatFunc *f, Str params) {
    Buf *out = &g->c_elsewhere;
    bool result = f->func->result != NULL;
    Str variable = str_concat(g->arena, f->name, STR("__returned"));
    if (result) buf_fmt(out, "\nstatic %.*s %.*s;\n", STR_ARG(f->result), STR_ARG(variable));
    buf_fmt(out, "\nvoid %.*s(%.*s) {\n", STR_ARG(f->finish), STR_ARG(params));
    if (result) buf_fmt(out, "  %.*s = ret;\n", STR_ARG(variable));
    buf_fmt(out, "}\n\nWIT_SHARED %.*s %.*s(%.*s) {\n  %.*s;\n  wit__run();\n", STR_ARG(f->result),
            STR_ARG(f->name), STR_ARG(f->params), STR_ARG(plain_call(g, f, f->start)));
    if (result) buf_fmt(out, "  return %.*s;\n", STR_ARG(variable));
    buf_str(out, STR("}\n"));
    put_default_begin(g, f, out);
}

static void put_async_export(Gen *g, const NatFunc *f) {
    const AbiFunc *abi = abi_func(&g->abi, f->func, ABI_LIFT_ASYNC_CALLBACK);
    if (!abi) return;
    Str ret = f->func->result ? str_concat(g->arena, f->result, STR(" ret")) : STR("void");
    declare(g, f, false);
    stub(g, f);
    buf_fmt(&g->h_funcs,
            "/** Instead of that: begins; the result is given to the function after this one. */\n"
            "void %.*s(%.*s);\nvoid %.*s(%.*s);\n",
            STR_ARG(f->start), STR_ARG(f->params), STR_ARG(f->finish), STR_ARG(ret));
    Body m = begin(g, f, f->name, abi);
    begin_core(&m, "[async-lift]");
    gen_line(&m.b, "wit__begin();");
    const GenPlace *places = lift_task_params(&m);
    keep_params(&m, places);
    gen_line(&m.b, "%.*s;", STR_ARG(call_program(&m, f->start, places)));
    gen_line(&m.b, "return wit__run();");
    buf_fmt(m.b.out,
            "}\n\nWIT_EXPORT(\"[callback][async-lift]%.*s\")\n"
            "int32_t %.*s__callback(int32_t event, int32_t waitable, int32_t code) {\n"
            "  return wit__event(event, waitable, code);\n}\n",
            STR_ARG(export_name(g, f)), STR_ARG(f->name));
    put_task_return(g, f, abi, ret);
    put_default_begin(g, f, m.b.out);
    put_export_elsewhere(g, f, ret);
}

void nat_put_func(Gen *g, const NatFunc *f) {
    const AbiFunc *abi = gen_abi(g, f->func, f->scope.import ? ABI_LOWER : ABI_LIFT);
    if (!abi) return;
    if (f->scope.import) put_import(g, f, abi);
    else if (f->is_async) put_async_export(g, f);
    else put_export(g, f, abi);
}

/* ---- resources ---- */

static void put_imported_resource(Gen *g, const WitType *type, Str module) {
    GenType *r = gen_type(g, type);
    *vec_push(g->arena, &g->imported_resources) = type;
    Str drop = r->drop = nat_derive(g, r->name, "drop");
    buf_fmt(&g->h_funcs, "\nWIT_IMPORT(\"%.*s\", \"[resource-drop]%.*s\")\nvoid %.*s(%.*s own);\n",
            STR_ARG(module), STR_ARG(type->name), STR_ARG(drop), STR_ARG(r->own));
}

static const char exported_header[] =
    "\n/** A new handle. The program frees `rep` in $DESTROY. */\n"
    "WIT_CHECK $OWN $FROM($REP *rep);\n"
    "$REP *$TO($OWN handle);\n"
    "void $DROP($OWN handle);\n"
    "/** Implemented by the program: the last owner has dropped its handle. */\n"
    "void $DESTROY($REP *rep);\n";

static const char exported_source[] =
    "\nWIT_IMPORT(\"[export]$MODULE\", \"[resource-new]$NAME\")\n"
    "extern int32_t $FROM__core(int32_t);\n"
    "WIT_IMPORT(\"[export]$MODULE\", \"[resource-rep]$NAME\")\n"
    "extern int32_t $TO__core(int32_t);\n"
    "WIT_IMPORT(\"[export]$MODULE\", \"[resource-drop]$NAME\")\n"
    "extern void $DROP__core(int32_t);\n"
    "\n$OWN $FROM($REP *rep) {\n  $OWN own;\n"
    "  own.handle = $FROM__core((int32_t) (uintptr_t) rep);\n  return own;\n}\n"
    "\n$REP *$TO($OWN handle) {\n"
    "  return ($REP *) (uintptr_t) $TO__core(handle.handle);\n}\n"
    "\nvoid $DROP($OWN handle) {\n  $DROP__core(handle.handle);\n}\n"
    "\nWIT_EXPORT(\"$EXPORT#[dtor]$NAME\")\n"
    "void $DESTROY__core(int32_t rep) {\n"
    "  wit__enter();\n  $DESTROY(($REP *) (uintptr_t) rep);\n  wit__leave();\n}\n";

static const char exported_elsewhere[] =
    "\n$OWN $FROM($REP *rep) {\n  $OWN own;\n  own.handle = wit__handle_new(rep);\n  return "
    "own;\n}\n"
    "\n$REP *$TO($OWN handle) {\n  return ($REP *) wit__handle_get(handle.handle);\n}\n"
    "\nvoid $DROP($OWN handle) {\n  $DESTROY(($REP *) wit__handle_take(handle.handle));\n}\n";

void nat_put_resource(Gen *g, const WitType *type) {
    GenType *r = gen_type(g, type);
    Str module = g->scope.item ? g->scope.key : STR("$root");
    if (!r->exported) {
        put_imported_resource(g, type, module);
        return;
    }
    Str destroy = nat_derive(g, r->name, "destroy");
    gen_stub_resource(g, type, r->base, destroy);
    const GenWord words[] = {
        {STR("$MODULE"), module},
        {STR("$EXPORT"), module},
        {STR("$NAME"), type->name},
        {STR("$OWN"), r->own},
        {STR("$REP"), r->base},
        {STR("$FROM"), r->from_rep = nat_derive(g, r->name, "from_rep")},
        {STR("$TO"), r->to_rep = nat_derive(g, r->name, "to_rep")},
        {STR("$DROP"), r->drop = nat_derive(g, r->name, "drop")},
        {STR("$DESTROY"), destroy},
    };
    enum { WORDS = sizeof words / sizeof *words };
    g->has_exported_resources = true;
    buf_str(&g->h_funcs, gen_fill(g, exported_header, words, WORDS));
    buf_str(&g->c_adapters, gen_fill(g, exported_source, words, WORDS));
    buf_str(&g->c_elsewhere, gen_fill(g, exported_elsewhere, words, WORDS));
}
