/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Canonical definitions (Explainer.md, "Canonical Definitions"; CanonicalABI.md, "canonopt
 * Validation" and each definition's own rules).
 *
 * A row of canon.def says what stands in the binary; here stand, by row, the core function type
 * that it makes and what it asks for. Types are spelled in a small notation, parameters before the
 * colon and results after it: i = i32, l = i64, p = a pointer into the memory named.
 *
 * Flattening: only as many core types are made as the limit allows (16 or 4, and 1), so that the
 * cost does not follow the size of a type. Pointers are as wide as the addresses of the memory.
 */
#include "component/internal.h"

/* ---- flattening ---- */

typedef struct {
    CoreValType types[ABI_MAX_FLAT_PARAMS + 1];
    uint32_t len, max;
    CoreValType pointer;
    uint32_t *work; /* steps */
} Flat;

static bool put(Flat *flat, CoreValType type) {
    if (flat->len == flat->max) return false;
    flat->types[flat->len++] = type;
    return true;
}

static bool flatten(Flat *flat, const WitType *type);

static CoreValType join(CoreValType a, CoreValType b) {
    if (a == b) return a;
    if ((a == CORE_I32 && b == CORE_F32) || (a == CORE_F32 && b == CORE_I32)) return CORE_I32;
    return CORE_I64;
}

/* The payloads of all cases lie upon each other. */
static bool flatten_case(Flat *flat, uint32_t start, const WitType *payload) {
    Flat one = {.max = flat->max - start, .pointer = flat->pointer, .work = flat->work};
    if (!payload) return true;
    if (!flatten(&one, payload)) return false;
    for (uint32_t i = 0; i < one.len; i++) {
        uint32_t at = start + i;
        if (at < flat->len) flat->types[at] = join(flat->types[at], one.types[i]);
        else flat->types[flat->len++] = one.types[i];
    }
    return true;
}

static bool flatten_variant(Flat *flat, const WitType *type) {
    if (!put(flat, CORE_I32)) return false;
    uint32_t start = flat->len;
    for (size_t i = 0; i < type->fields.len; i++)
        if (!flatten_case(flat, start, type->fields.at[i].type)) return false;
    return flatten_case(flat, start, type->elem) && flatten_case(flat, start, type->second);
}

static bool flatten_fields(Flat *flat, const WitType *type) {
    for (size_t i = 0; i < type->fields.len; i++)
        if (!flatten(flat, type->fields.at[i].type)) return false;
    return true;
}

/* Appends the core types of a value; false where there is no room. */
static bool flatten(Flat *flat, const WitType *type) {
    type = wit_dealias(type);
    if (!comp_step(flat->work)) return false;
    switch (type->kind) {
    case WIT_S64:
    case WIT_U64: return put(flat, CORE_I64);
    case WIT_F32: return put(flat, CORE_F32);
    case WIT_F64: return put(flat, CORE_F64);
    case WIT_STRING:
    case WIT_LIST:
    case WIT_MAP: return put(flat, flat->pointer) && put(flat, flat->pointer);
    case WIT_RECORD:
    case WIT_TUPLE: return flatten_fields(flat, type);
    case WIT_VARIANT:
    case WIT_OPTION:
    case WIT_RESULT: return flatten_variant(flat, type);
    case WIT_FIXED_LIST:
        for (uint64_t i = 0; i < type->length; i++)
            if (!flatten(flat, type->elem)) return false;
        return true;
    default: return put(flat, CORE_I32);
    }
}

/* ---- options ---- */

static bool check_memory(Validator *v, const Scope *s, uint32_t index, size_t offset,
                         CoreValType *pointer) {
    const CompEntity *at = comp_at(v, s, COMP_CORE_MEMORY, index, offset);
    if (!at) return false;
    if (at->core.limits.is_64 && !feature_on(v->features, CM64))
        return fault(v, offset, COMP_MEMORY64);
    if (at->core.limits.shared) return fault(v, offset, COMP_MEMORY_SHARED);
    *pointer = at->core.limits.is_64 ? CORE_I64 : CORE_I32;
    return true;
}

static bool is_func(const CoreType *func, const CoreValType *params, uint32_t param_count,
                    const CoreValType *results, uint32_t result_count) {
    return func->kind == CORE_TYPE_FUNC && func->param_count == param_count &&
           func->result_count == result_count &&
           (!param_count || !memcmp(func->params, params, param_count * sizeof *params)) &&
           (!result_count || !memcmp(func->results, results, result_count * sizeof *results));
}

static bool check_realloc(Validator *v, const Scope *s, const CompOptions *o, CoreValType pointer,
                          size_t offset) {
    CoreValType p[4] = {pointer, pointer, pointer, pointer};
    if (!o->has_memory) return fault(v, offset, COMP_REALLOC_MEMORY);
    const CoreType *func = comp_core_func_at(v, s, o->realloc, offset);
    if (!func) return false;
    return is_func(func, p, 4, p, 1) || fault(v, offset, COMP_OPTION_SIGNATURE, "realloc");
}

/* Each option once, and one string encoding. */
static bool check_repetition(Validator *v, const CompOptions *o, size_t offset) {
    static const char *const encodings[] = {"utf8", "utf16", "latin1-utf16"};
    uint32_t seen = 0, encoding = COMP_NONE;
    for (size_t i = 0; i < o->written.len; i++) {
        CompOptionKind kind = o->written.at[i].kind;
        if (kind <= COMP_OPTION_LATIN1_UTF16) {
            if (encoding != COMP_NONE)
                return fault(v, offset, COMP_OPTION_ENCODINGS, encodings[encoding],
                             encodings[kind]);
            encoding = kind;
        } else if (seen & 1u << kind) {
            return fault(v, offset, COMP_OPTION_TWICE, comp_option_name(kind));
        }
        seen |= 1u << kind;
    }
    return true;
}

static bool check_gc(Validator *v, const Scope *s, const CompOptions *o, size_t offset) {
    if ((o->has_core_type || o->is_gc) && !feature_on(v->features, CM_GC))
        return fault(v, offset, COMP_GC_OFF, o->is_gc ? "gc" : "core-type",
                     feature_name(FEATURE_CM_GC));
    if (o->has_core_type && !o->is_gc) return fault(v, offset, COMP_CORE_TYPE_GC);
    if (!o->has_core_type) return true;
    const CompEntity *at = comp_at(v, s, COMP_CORE_TYPE, o->core_type, offset);
    if (!at) return false;
    if (at->module || core_space_type(v->space, at->core_type)->kind != CORE_TYPE_FUNC)
        return fault(v, offset, COMP_CORE_TYPE_FUNC);
    return true;
}

/* What every list of options must obey; gives the width of pointers. */
static bool check_options(Validator *v, const Scope *s, const CompOptions *o, size_t offset,
                          CoreValType *pointer) {
    *pointer = CORE_I32;
    if (!check_repetition(v, o, offset)) return false;
    if (o->has_memory && !check_memory(v, s, o->memory, offset, pointer)) return false;
    if (o->is_async && !comp_need(v, offset, FEATURE_CM_ASYNC, "canonical option `async`"))
        return false;
    if (o->has_callback && !o->is_async) return fault(v, offset, COMP_CALLBACK_SYNC);
    if (o->has_post_return && o->is_async) return fault(v, offset, COMP_POST_RETURN_ASYNC);
    if (!check_gc(v, s, o, offset)) return false;
    return !o->has_realloc || check_realloc(v, s, o, *pointer, offset);
}

static bool need_memory(Validator *v, const CompOptions *o, bool when, size_t offset) {
    return !when || o->has_memory || fault(v, offset, COMP_OPTION_REQUIRED, "memory");
}

static bool need_realloc(Validator *v, const CompOptions *o, bool when, size_t offset) {
    if (!need_memory(v, o, when, offset)) return false;
    return !when || o->has_realloc || fault(v, offset, COMP_OPTION_REQUIRED, "realloc");
}

/* What only lifting can use. */
static bool check_lower(Validator *v, const CompOptions *o, size_t offset) {
    if (o->has_post_return) return fault(v, offset, COMP_OPTION_LOWER, "post-return");
    if (o->has_callback) return fault(v, offset, COMP_OPTION_LOWER, "callback");
    if (o->is_gc && !o->has_core_type) return fault(v, offset, COMP_GC_CORE_TYPE);
    return true;
}

/* ---- lift and lower ---- */

typedef struct {
    Flat params, results;
} Signature;

static bool flatten_params(Validator *v, const WitFunc *func, const CompOptions *o, bool lift,
                           Signature *sig, size_t offset) {
    for (size_t i = 0; i < func->params.len; i++) {
        const WitType *type = func->params.at[i].type;
        bool pointer = comp_type_info(v, type).has_pointer;
        if (lift ? !need_realloc(v, o, pointer, offset) : !need_memory(v, o, pointer, offset))
            return false;
        if (flatten(&sig->params, type)) continue;
        sig->params.len = 0;
        put(&sig->params, sig->params.pointer);
        return lift ? need_realloc(v, o, true, offset) : need_memory(v, o, true, offset);
    }
    return true;
}

static bool flatten_sync_result(Validator *v, const WitFunc *func, const CompOptions *o, bool lift,
                                Signature *sig, size_t offset) {
    if (!func->result || flatten(&sig->results, func->result)) return true;
    sig->results.len = 0;
    sig->params.max = ABI_MAX_FLAT_PARAMS + 1;
    put(lift ? &sig->results : &sig->params, sig->params.pointer);
    return need_memory(v, o, true, offset);
}

static bool flatten_async_result(Validator *v, const WitFunc *func, const CompOptions *o, bool lift,
                                 Signature *sig, size_t offset) {
    if (!lift) {
        sig->params.max = ABI_MAX_FLAT_PARAMS + 1;
        if (func->result) put(&sig->params, CORE_I32);
        put(&sig->results, CORE_I32);
        return need_memory(v, o, func->result != NULL, offset);
    }
    if (o->has_callback) put(&sig->results, CORE_I32);
    if (!func->result) return true;
    Flat returned = {.max = ABI_MAX_FLAT_PARAMS, .pointer = sig->params.pointer, .work = &v->work};
    bool spilled = !flatten(&returned, func->result);
    return need_memory(v, o, spilled || comp_type_info(v, func->result).has_pointer, offset);
}

/* flatten_functype, with the options that it takes */
static bool flatten_func(Validator *v, const WitFunc *func, const CompOptions *o, bool lift,
                         CoreValType pointer, Signature *sig, size_t offset) {
    bool few = !lift && o->is_async;
    *sig =
        (Signature){.params = {.max = few ? ABI_MAX_FLAT_ASYNC_PARAMS : ABI_MAX_FLAT_PARAMS,
                               .pointer = pointer,
                               .work = &v->work},
                    .results = {.max = ABI_MAX_FLAT_RESULTS, .pointer = pointer, .work = &v->work}};
    if (!flatten_params(v, func, o, lift, sig, offset)) return false;
    bool made = !lift && func->result && comp_type_info(v, func->result).has_pointer;
    if (!need_realloc(v, o, made, offset)) return false;
    return o->is_async ? flatten_async_result(v, func, o, lift, sig, offset)
                       : flatten_sync_result(v, func, o, lift, sig, offset);
}

static bool check_async(Validator *v, const WitFunc *func, const CompOptions *o, size_t offset) {
    return !o->is_async || func->is_async || fault(v, offset, COMP_ASYNC_OPTION);
}

/* "[I32, I64]", as other tools say it. */
static Str types_text(Arena *arena, const CoreValType *types, uint32_t n) {
    Buf b = {.arena = arena};
    for (uint32_t i = 0; i < n; i++) {
        Str text = core_val_text(arena, types[i]);
        buf_str(&b, i ? STR(", ") : STR("["));
        for (size_t k = 0; k < text.len; k++) {
            char c = text.ptr[k];
            buf_byte(&b,
                     (uint8_t)(core_is_ref(types[i]) || c < 'a' || c > 'z' ? c : c - 'a' + 'A'));
        }
    }
    buf_str(&b, n ? STR("]") : STR("[]"));
    return buf_text(&b);
}

static bool check_lifted(Validator *v, const CompCanon *canon, const CoreType *core,
                         const Signature *sig, size_t offset) {
    if (!is_func(core, sig->params.types, sig->params.len, core->results, core->result_count))
        return fault(v, offset, COMP_LIFT_PARAMS,
                     STR_ARG(types_text(v->arena, sig->params.types, sig->params.len)),
                     STR_ARG(types_text(v->arena, core->params, core->param_count)), canon->func);
    if (!is_func(core, core->params, core->param_count, sig->results.types, sig->results.len))
        return fault(v, offset, COMP_LIFT_RESULTS,
                     STR_ARG(types_text(v->arena, sig->results.types, sig->results.len)),
                     STR_ARG(types_text(v->arena, core->results, core->result_count)), canon->func);
    return true;
}

static bool check_lift_options(Validator *v, const Scope *s, const CompOptions *o,
                               const CoreType *core, size_t offset) {
    static const CoreValType i32[3] = {CORE_I32, CORE_I32, CORE_I32};
    const CoreType *func;
    if (o->has_post_return) {
        if (!(func = comp_core_func_at(v, s, o->post_return, offset))) return false;
        if (!is_func(func, core->results, core->result_count, NULL, 0))
            return fault(v, offset, COMP_OPTION_SIGNATURE, "post-return");
    }
    if (o->is_async && !o->has_callback &&
        !comp_need(v, offset, FEATURE_CM_ASYNC_STACKFUL, "`async` without `callback`"))
        return false;
    if (o->has_callback) {
        if (!(func = comp_core_func_at(v, s, o->callback, offset))) return false;
        if (!is_func(func, i32, 3, i32, 1))
            return fault(v, offset, COMP_OPTION_SIGNATURE, "callback");
    }
    if (o->has_core_type) return fault(v, offset, COMP_CORE_TYPE_LIFT);
    return true;
}

static bool validate_lift(Validator *v, Scope *s, const CompCanon *canon, size_t offset) {
    const CompOptions *o = &canon->options;
    const CompEntity *type = comp_at(v, s, COMP_TYPE, canon->type, offset);
    CoreValType pointer;
    Signature sig;
    if (!type) return false;
    if (!type->func) return fault(v, offset, COMP_NOT_FUNC_TYPE, canon->type);
    const CoreType *core = comp_core_func_at(v, s, canon->func, offset);
    if (!core || !check_options(v, s, o, offset, &pointer)) return false;
    if (!check_lift_options(v, s, o, core, offset)) return false;
    if (!check_async(v, type->func, o, offset)) return false;
    CompEntity entity = {.sort = COMP_FUNC, .func = type->func};
    if (o->is_gc) {
        if (!comp_check_gc_func(v, type->func, core, o, offset)) return false;
    } else if (!flatten_func(v, type->func, o, true, pointer, &sig, offset) ||
               !check_lifted(v, canon, core, &sig, offset)) {
        return false;
    }
    comp_push(v, s, entity);
    return true;
}

static void push_core_func(Validator *v, Scope *s, uint32_t id) {
    comp_push(v, s, (CompEntity){.sort = COMP_CORE_FUNC, .core = {.kind = CORE_FUNC, .type = id}});
}

static void push_signature(Validator *v, Scope *s, const Signature *sig) {
    push_core_func(v, s,
                   core_space_func(v->space, sig->params.types, sig->params.len, sig->results.types,
                                   sig->results.len));
}

static bool lower_func(Validator *v, Scope *s, const WitFunc *func, const CompOptions *o,
                       CoreValType pointer, size_t offset) {
    Signature sig;
    if (o->is_gc) {
        uint32_t id = s->spaces[COMP_CORE_TYPE].at[o->core_type].core_type;
        if (!comp_check_gc_func(v, func, core_space_type(v->space, id), o, offset)) return false;
        push_core_func(v, s, id);
        return true;
    }
    if (!flatten_func(v, func, o, false, pointer, &sig, offset)) return false;
    if (!comp_check_work(v, offset)) return false;
    push_signature(v, s, &sig);
    return true;
}

static bool validate_lower(Validator *v, Scope *s, const CompCanon *canon, size_t offset) {
    const CompOptions *o = &canon->options;
    const CompEntity *at = comp_at(v, s, COMP_FUNC, canon->func, offset);
    CoreValType pointer;
    return at && check_options(v, s, o, offset, &pointer) && check_lower(v, o, offset) &&
           check_async(v, at->func, o, offset) && lower_func(v, s, at->func, o, pointer, offset);
}

/* ---- built-ins ---- */

/* Pushes a core function type in the notation of this file's head. */
static void push_spelled(Validator *v, Scope *s, const char *spelling, CoreValType pointer) {
    Signature sig = {.params = {.max = 8}, .results = {.max = 8}};
    Flat *to = &sig.params;
    for (const char *c = spelling; *c; c++) {
        if (*c == ':') to = &sig.results;
        else put(to, *c == 'i' ? CORE_I32 : *c == 'l' ? CORE_I64 : pointer);
    }
    push_signature(v, s, &sig);
}

static bool validate_resource(Validator *v, Scope *s, const CompCanon *canon, size_t offset) {
    const WitType *resource = comp_resource_at(v, s, canon->type, offset);
    if (!resource) return false;
    if (canon->op == COMP_CANON_RESOURCE_DROP) {
        push_spelled(v, s, "i:", CORE_I32);
        return true;
    }
    const MapEntry *local = map_get_ptr(&s->local_resources, wit_dealias(resource));
    if (!local) return fault(v, offset, COMP_NOT_LOCAL, canon->type);
    bool is_new = canon->op == COMP_CANON_RESOURCE_NEW;
    push_spelled(v, s, is_new ? "p:i" : "i:p", (CoreValType)local->value);
    return true;
}

/* task.return is a lowered function whose parameter is the result. */
static bool validate_task_return(Validator *v, Scope *s, const CompCanon *canon, size_t offset) {
    const CompOptions *o = &canon->options;
    WitFunc *func = ARENA_NEW(v->arena, WitFunc);
    const WitType *type;
    CoreValType pointer;
    if (!comp_check_val(v, s, canon->result, offset, &type)) return false;
    if (type) *vec_push(v->arena, &func->params) = (WitField){.name = STR("v"), .type = type};
    if (!check_options(v, s, o, offset, &pointer)) return false;
    if (o->has_realloc) return fault(v, offset, COMP_OPTION_ON, "realloc", "task.return");
    if (o->has_post_return) return fault(v, offset, COMP_OPTION_ON, "post-return", "task.return");
    if (!check_lower(v, o, offset)) return false;
    if (o->is_async) return fault(v, offset, COMP_OPTION_ON, "async", "task.return");
    return lower_func(v, s, func, o, pointer, offset);
}

static bool validate_context(Validator *v, Scope *s, const CompCanon *canon, size_t offset) {
    const char *name = comp_canon_name(canon->op);
    bool is_set = canon->op == COMP_CANON_CONTEXT_SET;
    if (canon->value_type == CORE_I64 && !feature_on(v->features, CM64))
        return fault(v, offset, COMP_CONTEXT_I64, name);
    if (canon->value_type != CORE_I32 && canon->value_type != CORE_I64)
        return fault(v, offset, COMP_CONTEXT_TYPE, name);
    if (s->context_type && s->context_type != canon->value_type)
        return fault(v, offset, COMP_CONTEXT_OTHER, name);
    s->context_type = canon->value_type;
    if (canon->slot > 0 && !feature_on(v->features, CM_THREADING))
        return fault(v, offset, COMP_CONTEXT_ZERO, name, canon->slot);
    if (canon->slot > 1) return fault(v, offset, COMP_CONTEXT_ONE, name, canon->slot);
    push_spelled(v, s, is_set ? "p:" : ":p", canon->value_type);
    return true;
}

/* A declared `core-type` must be the type that the built-in has. */
static bool push_declared(Validator *v, Scope *s, const CompOptions *o, const char *spelling,
                          size_t offset) {
    push_spelled(v, s, spelling, CORE_I32);
    if (!o->has_core_type) return true;
    CompEntity *made = &vec_last(&s->spaces[COMP_CORE_FUNC]);
    uint32_t declared = s->spaces[COMP_CORE_TYPE].at[o->core_type].core_type;
    if (made->core.type != declared) return fault(v, offset, COMP_CORE_TYPE_OTHER);
    return true;
}

static bool check_element(Validator *v, const Scope *s, const CompCanon *canon, WitKind kind,
                          size_t offset, const WitType **out) {
    const char *name = comp_canon_name(canon->op);
    const WitType *type = comp_value_type_at(v, s, canon->type, offset);
    if (!type) return false;
    type = wit_dealias(type);
    if (type->kind != kind) return fault(v, offset, COMP_CANON_KIND, name, wit_kind_keyword(kind));
    *out = type;
    return true;
}

static bool validate_copy(Validator *v, Scope *s, const CompCanon *canon, WitKind kind, bool read,
                          size_t offset) {
    const CompOptions *o = &canon->options;
    const WitType *type;
    CoreValType pointer;
    if (!check_element(v, s, canon, kind, offset, &type)) return false;
    if (!check_options(v, s, o, offset, &pointer)) return false;
    Str what = str_fmt(v->arena, "synchronous `%s`", comp_canon_name(canon->op));
    if (!o->is_async &&
        !comp_need(v, offset, FEATURE_CM_MORE_ASYNC_BUILTINS, str_c(v->arena, what)))
        return false;
    bool has_pointer = type->elem && comp_type_info(v, type->elem).has_pointer;
    if (!need_memory(v, o, type->elem != NULL, offset)) return false;
    if (!need_realloc(v, o, read && has_pointer, offset)) return false;
    if (!check_lower(v, o, offset)) return false;
    return push_declared(v, s, o, kind == WIT_STREAM ? "iii:i" : "ii:i", offset);
}

/* cancel-read and the like: `async` makes them return at once. */
static bool check_async_builtin(Validator *v, const CompCanon *canon, size_t offset) {
    Str what = str_fmt(v->arena, "async `%s`", comp_canon_name(canon->op));
    return !canon->flag ||
           comp_need(v, offset, FEATURE_CM_MORE_ASYNC_BUILTINS, str_c(v->arena, what));
}

static bool validate_end(Validator *v, Scope *s, const CompCanon *canon, WitKind kind,
                         const char *spelling, size_t offset) {
    const WitType *type;
    if (!check_async_builtin(v, canon, offset)) return false;
    if (!check_element(v, s, canon, kind, offset, &type)) return false;
    push_spelled(v, s, spelling, CORE_I32);
    return true;
}

static bool validate_error_context(Validator *v, Scope *s, const CompCanon *canon, size_t offset) {
    const CompOptions *o = &canon->options;
    bool is_new = canon->op == COMP_CANON_ERROR_CONTEXT_NEW;
    CoreValType pointer;
    if (!check_options(v, s, o, offset, &pointer)) return false;
    if (!need_memory(v, o, true, offset) || !need_realloc(v, o, !is_new, offset)) return false;
    if (o->is_async) return fault(v, offset, COMP_OPTION_ON, "async", comp_canon_name(canon->op));
    return check_lower(v, o, offset) && push_declared(v, s, o, is_new ? "ii:i" : "ii:", offset);
}

static bool validate_wait(Validator *v, Scope *s, const CompCanon *canon, size_t offset) {
    CoreValType pointer;
    if (!check_memory(v, s, canon->memory, offset, &pointer)) return false;
    push_spelled(v, s, "ip:i", pointer);
    return true;
}

/* ---- threads ---- */

static bool check_start_type(Validator *v, const Scope *s, const CompCanon *canon, bool shared,
                             size_t offset, uint32_t *id) {
    static const CoreValType i32 = CORE_I32;
    const char *what = shared ? "spawn" : "start";
    const CompEntity *at = comp_at(v, s, COMP_CORE_TYPE, canon->core_type, offset);
    if (!at) return false;
    if (at->module) return fault(v, offset, COMP_NOT_CORE_FUNC_TYPE);
    const CoreType *type = core_space_type(v->space, at->core_type);
    if (shared && !type->shared) return fault(v, offset, COMP_SPAWN_SHARED);
    if (type->kind != CORE_TYPE_FUNC) return fault(v, offset, COMP_THREAD_TYPE, what);
    if (!is_func(type, &i32, 1, type->results, type->result_count))
        return fault(v, offset, COMP_THREAD_PARAM, what);
    if (type->result_count) return fault(v, offset, COMP_THREAD_RESULT, what);
    *id = at->core_type;
    return true;
}

static bool check_table(Validator *v, const Scope *s, const CompCanon *canon, bool shared,
                        size_t offset) {
    SubtypeCx cx = {.arena = v->arena, .space = v->space};
    CoreValType element = CORE_FUNCREF | (shared ? CORE_SHARED : 0);
    CoreExternType want = {.kind = CORE_TABLE, .value = element, .limits = {.shared = shared}};
    const CompEntity *at = comp_at(v, s, COMP_CORE_TABLE, canon->table, offset);
    if (!at) return false;
    if (comp_core_sub(&cx, &at->core, &want)) return true;
    return fault(v, offset, COMP_THREAD_TABLE, shared ? "shared " : "", shared ? "shared " : "",
                 STR_ARG(cx.why));
}

static bool push_shared(Validator *v, Scope *s, const CoreValType *params, uint32_t n) {
    static const CoreValType i32 = CORE_I32;
    push_core_func(v, s, core_space_shared_func(v->space, params, n, &i32, 1));
    return true;
}

static bool validate_thread(Validator *v, Scope *s, const CompCanon *canon, size_t offset) {
    uint32_t id = 0;
    bool shared = canon->op != COMP_CANON_THREAD_NEW_INDIRECT;
    CoreValType params[2] = {CORE_I32, CORE_I32};
    if (canon->op == COMP_CANON_THREAD_AVAILABLE_PARALLELISM) {
        return push_shared(v, s, params, 0);
    }
    if (!check_start_type(v, s, canon, shared, offset, &id)) return false;
    if (canon->op == COMP_CANON_THREAD_SPAWN_REF) params[0] = core_ref_to(true, id);
    else if (!check_table(v, s, canon, shared, offset)) return false;
    if (shared) return push_shared(v, s, params, 2);
    push_spelled(v, s, "ii:i", CORE_I32);
    return true;
}

/* ---- all rows ---- */

static bool check_gate(Validator *v, const CompCanon *canon, size_t offset) {
    Feature feature;
    if (!abi_canon_feature((AbiCanon)canon->op, &feature)) return true;
    Str what = str_fmt(v->arena, "`%s`", comp_canon_name(canon->op));
    if (canon->op == COMP_CANON_THREAD_AVAILABLE_PARALLELISM) /* as the message has it elsewhere */
        what = STR("`thread.available_parallelism`");
    if (feature == FEATURE_SHARED_EVERYTHING_THREADS)
        return feature_on(v->features, SHARED_EVERYTHING_THREADS) ||
               fault(v, offset, COMP_THREADS_OFF, STR_ARG(what));
    return comp_need(v, offset, feature, str_c(v->arena, what));
}

bool comp_validate_canon(Validator *v, Scope *s, const CompItem *item) {
    const CompCanon *c = &item->canon;
    size_t at = item->offset;
    if (!comp_check_room(v, s, c->op == COMP_CANON_LIFT ? COMP_FUNC : COMP_CORE_FUNC, at))
        return false;
    if (!check_gate(v, c, at)) return false;
    const char *spelling = NULL;
    switch (c->op) {
    case COMP_CANON_LIFT: return validate_lift(v, s, c, at);
    case COMP_CANON_LOWER: return validate_lower(v, s, c, at);
    case COMP_CANON_RESOURCE_NEW:
    case COMP_CANON_RESOURCE_DROP:
    case COMP_CANON_RESOURCE_REP: return validate_resource(v, s, c, at);
    case COMP_CANON_TASK_RETURN: return validate_task_return(v, s, c, at);
    case COMP_CANON_CONTEXT_GET:
    case COMP_CANON_CONTEXT_SET: return validate_context(v, s, c, at);
    case COMP_CANON_STREAM_NEW: return validate_end(v, s, c, WIT_STREAM, ":l", at);
    case COMP_CANON_STREAM_READ: return validate_copy(v, s, c, WIT_STREAM, true, at);
    case COMP_CANON_STREAM_WRITE: return validate_copy(v, s, c, WIT_STREAM, false, at);
    case COMP_CANON_STREAM_CANCEL_READ:
    case COMP_CANON_STREAM_CANCEL_WRITE: return validate_end(v, s, c, WIT_STREAM, "i:i", at);
    case COMP_CANON_STREAM_DROP_READABLE:
    case COMP_CANON_STREAM_DROP_WRITABLE: return validate_end(v, s, c, WIT_STREAM, "i:", at);
    case COMP_CANON_FUTURE_NEW: return validate_end(v, s, c, WIT_FUTURE, ":l", at);
    case COMP_CANON_FUTURE_READ: return validate_copy(v, s, c, WIT_FUTURE, true, at);
    case COMP_CANON_FUTURE_WRITE: return validate_copy(v, s, c, WIT_FUTURE, false, at);
    case COMP_CANON_FUTURE_CANCEL_READ:
    case COMP_CANON_FUTURE_CANCEL_WRITE: return validate_end(v, s, c, WIT_FUTURE, "i:i", at);
    case COMP_CANON_FUTURE_DROP_READABLE:
    case COMP_CANON_FUTURE_DROP_WRITABLE: return validate_end(v, s, c, WIT_FUTURE, "i:", at);
    case COMP_CANON_ERROR_CONTEXT_NEW:
    case COMP_CANON_ERROR_CONTEXT_DEBUG_MESSAGE: return validate_error_context(v, s, c, at);
    case COMP_CANON_WAITABLE_SET_WAIT:
    case COMP_CANON_WAITABLE_SET_POLL: return validate_wait(v, s, c, at);
    case COMP_CANON_SUBTASK_CANCEL:
        if (!check_async_builtin(v, c, at)) return false;
        spelling = "i:i";
        break;
    case COMP_CANON_THREAD_NEW_INDIRECT:
    case COMP_CANON_THREAD_SPAWN_REF:
    case COMP_CANON_THREAD_SPAWN_INDIRECT:
    case COMP_CANON_THREAD_AVAILABLE_PARALLELISM: return validate_thread(v, s, c, at);
    case COMP_CANON_TASK_CANCEL:
    case COMP_CANON_BACKPRESSURE_INC:
    case COMP_CANON_BACKPRESSURE_DEC: spelling = ":"; break;
    case COMP_CANON_SUBTASK_DROP:
    case COMP_CANON_ERROR_CONTEXT_DROP:
    case COMP_CANON_WAITABLE_SET_DROP:
    case COMP_CANON_THREAD_RESUME_LATER: spelling = "i:"; break;
    case COMP_CANON_WAITABLE_JOIN: spelling = "ii:"; break;
    case COMP_CANON_WAITABLE_SET_NEW:
    case COMP_CANON_THREAD_INDEX:
    case COMP_CANON_THREAD_YIELD:
    case COMP_CANON_THREAD_SUSPEND: spelling = ":i"; break;
    case COMP_CANON_THREAD_SUSPEND_THEN_RESUME:
    case COMP_CANON_THREAD_YIELD_THEN_RESUME:
    case COMP_CANON_THREAD_SUSPEND_THEN_PROMOTE:
    case COMP_CANON_THREAD_YIELD_THEN_PROMOTE: spelling = "i:i"; break;
    case COMP_CANON_COUNT: return false;
    }
    push_spelled(v, s, spelling, CORE_I32);
    return true;
}
