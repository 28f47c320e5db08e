/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc run --invoke CALL` of a component: which exported function is meant, its arguments, its result.
 *
 *     call ::= name | name '(' arguments ')'                        arguments as WAVE text
 *     name ::= (interface ('.' | '#'))? function ('@' version)?
 *
 * An interface is named wholly, `ns:pkg/iface@1.0.0`, without its version, or by its last part alone,
 * `iface`. A name that fits more than one function is an error. Without parentheses the words that follow the
 * program are the arguments.
 */
#include <stdio.h>

#include "cli/run.h"

/* An exported function. */
typedef struct {
    Str interface, name; /* the first empty: it is exported by itself */
    const WitFunc *type; /* by the names that it is exported with */
} Export;
typedef VEC(Export) Exports;

static Exports list_functions(Cli *cli, const CompInfo *info) {
    Exports all = {0};
    for (size_t i = 0; i < info->type.exports.len; i++) {
        const CompExtern *e = &info->type.exports.at[i];
        if (e->entity.sort == COMP_FUNC)
            *vec_push(cli->arena, &all) = (Export){{0}, e->name.name, e->entity.func};
        if (e->entity.sort != COMP_INSTANCE) continue;
        const CompInstanceType *instance = e->entity.instance;
        for (size_t k = 0; k < instance->exports.len; k++) {
            const CompExtern *f = &instance->exports.at[k];
            if (f->entity.sort == COMP_FUNC)
                *vec_push(cli->arena, &all) = (Export){e->name.name, f->name.name, f->entity.func};
        }
    }
    return all;
}

static Str full_name(Cli *cli, const Export *e) {
    if (!e->interface.len) return e->name;
    return STR_JOIN(cli->arena, e->interface, STR("."), e->name);
}

/* ---- which one is meant ---- */

/* The name without `suffix`, if it ends in it. */
static bool take_end(Str *name, Str suffix) {
    if (!str_ends(*name, suffix)) return false;
    name->len -= suffix.len;
    return true;
}

static bool is_meant(const Export *e, Str name) {
    if (!e->interface.len) return str_eq(name, e->name);
    size_t at = str_rfind(e->interface, '@'), slash = str_rfind(e->interface, '/');
    Str path = str_from_to(e->interface, 0, at);
    Str version = at == SIZE_MAX ? (Str){0} : str_after(e->interface, at);
    Str last = slash == SIZE_MAX ? path : str_after(path, slash + 1);
    bool says_version = version.len && take_end(&name, version);
    if (!take_end(&name, e->name)) return false;
    if (!name.len) return true; /* the function alone */
    if (!take_end(&name, STR(".")) && !take_end(&name, STR("#"))) return false;
    return str_eq(name, path) || str_eq(name, last) ||
           (!says_version && str_eq(name, e->interface));
}

static Str list_names(Cli *cli, const Exports *some) {
    Buf list = {.arena = cli->arena};
    for (size_t i = 0; i < some->len && i < 20; i++) {
        Str name = full_name(cli, &some->at[i]);
        buf_fmt(&list, "%s`%.*s`", i ? ", " : "", STR_ARG(name));
    }
    if (some->len > 20) buf_fmt(&list, " and %zu more", some->len - 20);
    if (!some->len) buf_fmt(&list, "none");
    return buf_text(&list);
}

void run_invoke_note(Cli *cli, const CompInfo *info) {
    Exports all = list_functions(cli, info);
    if (!all.len) return;
    diag_note(&cli->diags, CLI_INVOKE_FUNCTION, span_none(), STR_ARG(list_names(cli, &all)));
}

/* The name that may have been meant, with or without its interface; empty: none is near. */
static Str nearest_export(Cli *cli, const Exports *all, Str name) {
    VEC(Str) names = {0};
    for (size_t i = 0; i < all->len; i++) {
        *vec_push(cli->arena, &names) = all->at[i].name;
        *vec_push(cli->arena, &names) = full_name(cli, &all->at[i]);
    }
    return str_nearest(name, names.at, names.len);
}

static bool find_export(Cli *cli, const CompInfo *info, Str name, Export *found) {
    Exports all = list_functions(cli, info), meant = {0};
    for (size_t i = 0; i < all.len; i++) {
        if (str_eq(full_name(cli, &all.at[i]), name)) {
            *found = all.at[i];
            return true;
        }
        if (is_meant(&all.at[i], name)) *vec_push(cli->arena, &meant) = all.at[i];
    }
    if (meant.len == 1) *found = meant.at[0];
    if (meant.len == 1) return true;
    Str near = meant.len ? (Str){0} : nearest_export(cli, &all, name);
    if (meant.len) diag(&cli->diags, CLI_AMBIGUOUS_EXPORT, span_none(), STR_ARG(name), meant.len);
    else diag(&cli->diags, CLI_NO_EXPORT, span_none(), STR_ARG(name));
    if (near.len) diag_note(&cli->diags, CLI_NEAREST, span_none(), STR_ARG(near));
    else {
        Str names = list_names(cli, meant.len ? &meant : &all);
        diag_note(&cli->diags, CLI_EXPORTS, span_none(), STR_ARG(names));
    }
    return false;
}

/* ---- arguments and the result ---- */

/* Where the arguments begin in a call: a name may have brackets, but no parenthesis. */
static Str call_text(Cli *cli, Str call, size_t *at) {
    *at = str_find(call, '(', 0);
    if (*at != SIZE_MAX) return call;
    *at = call.len;
    Buf text = {.arena = cli->arena};
    buf_str(&text, call);
    buf_byte(&text, '(');
    for (size_t i = 1; i < cli->args.len; i++) {
        if (i > 1) buf_str(&text, STR(", "));
        buf_str(&text, cli->args.at[i]);
    }
    buf_byte(&text, ')');
    return buf_text(&text);
}

VmComponentFunc *run_invoke_find(Cli *cli, VmComponent *component, const CompInfo *info, Str call,
                                 const AbiValue **args) {
    size_t at;
    Str text = call_text(cli, call, &at);
    Str name = str_trim(str_from_to(text, 0, at));
    Export found;
    if (!find_export(cli, info, name, &found)) return NULL;
    VmComponentFunc *func = vm_component_func(component, found.interface, found.name);
    if (!func) return NULL;
    const AbiPlan *params = vm_component_func_abi(func)->params;
    AbiValue *cells = ARENA_NEW_ARRAY(cli->arena, AbiValue, params->op_count + 1);
    const Source *source = source_of(cli->arena, STR("--invoke"), text);
    const WitFunc *type = vm_component_func_type(func);
    *args = cells;
    if (abi_wave_read_args(params, &type->params, source, at, cli->arena, cells, &cli->diags))
        return func;
    Buf want = {.arena = cli->arena};
    wit_put_signature(&want, found.type);
    diag_note(&cli->diags, CLI_SIGNATURE, span_none(), STR_ARG(name), STR_ARG(buf_text(&want)));
    return NULL;
}

void run_invoke_print(Cli *cli, const VmComponentFunc *func, const AbiValue *result, bool as_json) {
    const AbiPlan *plan = vm_component_func_abi(func)->result;
    const WitType *type = vm_component_func_type(func)->result;
    Buf text = {.arena = cli->arena}, type_text = {.arena = cli->arena};
    abi_wave_write(plan, result, &text);
    if (!as_json) {
        if (type) printf("%.*s\n", STR_ARG(buf_text(&text)));
        return;
    }
    Json json = json_new(cli->arena, 2);
    json_object(&json);
    json_key(&json, "results");
    json_array(&json);
    if (type) {
        wit_put_type(&type_text, type);
        json_object(&json);
        json_key(&json, "type");
        json_string(&json, buf_text(&type_text));
        json_key(&json, "value");
        json_string(&json, buf_text(&text));
        json_end(&json);
    }
    json_end(&json);
    json_end(&json);
    printf("%.*s\n", STR_ARG(buf_text(&json.out)));
}
