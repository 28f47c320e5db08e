/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Canonical built-ins by the names under which core modules import them:
 *
 *     "$root" "[waitable-set-new]"                    no more than the name
 *     "$root" "[cancellable][thread-yield]"           with a flag before it
 *     "ns:p/i" "[async-lower][stream-read-1]f"        about the second stream or future in f's type
 *     "ns:p/i" "[future-new-unit]"                    about one without a payload
 *     "[export]ns:p/i" "[task-return]f"               about the result of f
 *
 * The tables say what the core function must be: i = i32, l = i64, parameters then results.
 */
#include "component/componentize.h"

typedef enum { FLAG_NONE, FLAG_ASYNC, FLAG_CANCELLABLE } Flag;

/* Takes the prefix of a flag away. */
static Str take_flag(Str field, Flag flag, bool *set) {
    Str prefix = flag == FLAG_ASYNC ? STR("[async-lower]") : STR("[cancellable]");
    *set = flag != FLAG_NONE && str_starts(field, prefix);
    return *set ? str_after(field, prefix.len) : field;
}

static LinkFound found(Linker *l, LinkModule *m, Str field, const char *params, const char *results,
                       LinkImport *out) {
    out->kind = LINK_CANON;
    bool ok = comp_check_core_type(l, m, field, out->offset, out->type,
                                   comp_text_type(l->arena, params, results));
    return ok ? BUILTIN_FOUND : BUILTIN_WRONG;
}

/* ---- of no item ---- */

typedef struct {
    const char *name, *params, *results;
    CompCanonOp op;
    Flag flag;
    bool memory;
} Row;

static const Row rows[] = {
    {"[error-context-drop]", "i", "", COMP_CANON_ERROR_CONTEXT_DROP, FLAG_NONE, false},
    {"[backpressure-inc]", "", "", COMP_CANON_BACKPRESSURE_INC, FLAG_NONE, false},
    {"[backpressure-dec]", "", "", COMP_CANON_BACKPRESSURE_DEC, FLAG_NONE, false},
    {"[waitable-set-new]", "", "i", COMP_CANON_WAITABLE_SET_NEW, FLAG_NONE, false},
    {"[waitable-set-wait]", "ii", "i", COMP_CANON_WAITABLE_SET_WAIT, FLAG_CANCELLABLE, true},
    {"[waitable-set-wait-i32]", "ii", "i", COMP_CANON_WAITABLE_SET_WAIT, FLAG_CANCELLABLE, true},
    {"[waitable-set-wait-i64]", "il", "i", COMP_CANON_WAITABLE_SET_WAIT, FLAG_CANCELLABLE, true},
    {"[waitable-set-poll]", "ii", "i", COMP_CANON_WAITABLE_SET_POLL, FLAG_CANCELLABLE, true},
    {"[waitable-set-poll-i32]", "ii", "i", COMP_CANON_WAITABLE_SET_POLL, FLAG_CANCELLABLE, true},
    {"[waitable-set-poll-i64]", "il", "i", COMP_CANON_WAITABLE_SET_POLL, FLAG_CANCELLABLE, true},
    {"[waitable-set-drop]", "i", "", COMP_CANON_WAITABLE_SET_DROP, FLAG_NONE, false},
    {"[waitable-join]", "ii", "", COMP_CANON_WAITABLE_JOIN, FLAG_NONE, false},
    {"[subtask-drop]", "i", "", COMP_CANON_SUBTASK_DROP, FLAG_NONE, false},
    {"[subtask-cancel]", "i", "i", COMP_CANON_SUBTASK_CANCEL, FLAG_ASYNC, false},
    {"[thread-index]", "", "i", COMP_CANON_THREAD_INDEX, FLAG_NONE, false},
    {"[thread-new-indirect-v0]", "ii", "i", COMP_CANON_THREAD_NEW_INDIRECT, FLAG_NONE, false},
    {"[thread-resume-later]", "i", "", COMP_CANON_THREAD_RESUME_LATER, FLAG_NONE, false},
    {"[thread-suspend]", "", "i", COMP_CANON_THREAD_SUSPEND, FLAG_CANCELLABLE, false},
    {"[thread-yield]", "", "i", COMP_CANON_THREAD_YIELD, FLAG_CANCELLABLE, false},
    {"[thread-suspend-then-resume]", "i", "i", COMP_CANON_THREAD_SUSPEND_THEN_RESUME,
     FLAG_CANCELLABLE, false},
    {"[thread-yield-then-resume]", "i", "i", COMP_CANON_THREAD_YIELD_THEN_RESUME, FLAG_CANCELLABLE,
     false},
    {"[thread-suspend-then-promote]", "i", "i", COMP_CANON_THREAD_SUSPEND_THEN_PROMOTE,
     FLAG_CANCELLABLE, false},
    {"[thread-yield-then-promote]", "i", "i", COMP_CANON_THREAD_YIELD_THEN_PROMOTE,
     FLAG_CANCELLABLE, false},
};

static LinkFound plain(Linker *l, LinkModule *m, Str field, LinkImport *out) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool flag;
        if (!str_is(take_flag(field, rows[i].flag, &flag), rows[i].name)) continue;
        out->canon = (CompCanon){.op = rows[i].op, .flag = flag};
        out->needs_memory = rows[i].memory;
        return found(l, m, field, rows[i].params, rows[i].results, out);
    }
    return BUILTIN_NONE;
}

static bool encoding_named(Str name, AbiEncoding *encoding) {
    static const char *const names[] = {
        [ABI_UTF8] = "utf8", [ABI_UTF16] = "utf16", [ABI_LATIN1_UTF16] = "latin1+utf16"};
    for (size_t i = 0; i < 3; i++) {
        *encoding = (AbiEncoding)i;
        if (str_is(name, names[i])) return true;
    }
    return false;
}

/* "[PREFIX" REST "]" AFTER. */
static bool bracketed(Str field, Str prefix, Str *rest, Str *after) {
    if (!str_starts(field, prefix)) return false;
    size_t end = str_find(field, ']', 0);
    if (end == SIZE_MAX) return false;
    *rest = str_from_to(field, prefix.len, end);
    *after = str_after(field, end + 1);
    return true;
}

static LinkFound error_context(Linker *l, LinkModule *m, Str field, LinkImport *out) {
    Str name, after;
    bool is_new = bracketed(field, STR("[error-context-new-"), &name, &after);
    if (!is_new && !bracketed(field, STR("[error-context-debug-message-"), &name, &after))
        return BUILTIN_NONE;
    if (after.len || !encoding_named(name, &out->encoding)) return BUILTIN_NONE;
    out->canon.op = is_new ? COMP_CANON_ERROR_CONTEXT_NEW : COMP_CANON_ERROR_CONTEXT_DEBUG_MESSAGE;
    out->needs_memory = out->needs_encoding = true;
    out->needs_realloc = !is_new;
    return found(l, m, field, "ii", is_new ? "i" : "", out);
}

/* A decimal number that fits in 32 bits. */
static bool number(Str text, uint32_t *value) {
    uint64_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
        n = n * 10 + (uint64_t)(text.ptr[i] - '0');
        if (n > UINT32_MAX) return false;
    }
    *value = (uint32_t)n;
    return text.len > 0;
}

static LinkFound context(Linker *l, LinkModule *m, Str field, LinkImport *out) {
    Str slot, after;
    bool is_get = bracketed(field, STR("[context-get-"), &slot, &after);
    if (!is_get && !bracketed(field, STR("[context-set-"), &slot, &after)) return BUILTIN_NONE;
    bool is_64 = str_starts(slot, STR("i64-"));
    if (is_64 || str_starts(slot, STR("i32-"))) slot = str_after(slot, 4);
    if (after.len || !number(slot, &out->canon.slot)) return BUILTIN_NONE;
    out->canon.op = is_get ? COMP_CANON_CONTEXT_GET : COMP_CANON_CONTEXT_SET;
    out->canon.value_type = is_64 ? CORE_I64 : CORE_I32;
    const char *type = is_64 ? "l" : "i";
    return found(l, m, field, is_get ? "" : type, is_get ? type : "", out);
}

/* What the C toolchain imports from `env`: the stack pointer is slot 0 of a thread's context, the
 * base of thread-local storage is slot 1 or, where nothing makes threads, a global of the shim. */
LinkFound comp_link_env(Linker *l, LinkImport *out) {
    static const struct {
        const char *name;
        LinkImportKind kind;
        CompCanonOp op;
        bool is_get;
    } names[] = {{"__wasm_get_stack_pointer", LINK_CANON, COMP_CANON_CONTEXT_GET, true},
                 {"__wasm_set_stack_pointer", LINK_CANON, COMP_CANON_CONTEXT_SET, false},
                 {"__wasm_get_tls_base", LINK_TLS_GET, COMP_CANON_CONTEXT_GET, true},
                 {"__wasm_set_tls_base", LINK_TLS_SET, COMP_CANON_CONTEXT_SET, false}};
    if (!str_is(out->module, "env")) return BUILTIN_NONE;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!str_is(out->name, names[i].name)) continue;
        bool is_get = names[i].is_get;
        uint32_t n = is_get ? out->type->result_count : out->type->param_count;
        bool is_64 = n && (is_get ? out->type->results : out->type->params)[0] == CORE_I64;
        const char *type = is_64 ? "l" : "i";
        LinkFound ok = found(l, out->owner, out->name, is_get ? "" : type, is_get ? type : "", out);
        out->kind = names[i].kind;
        out->canon = (CompCanon){.op = names[i].op,
                                 .slot = out->kind == LINK_CANON ? 0 : 1,
                                 .value_type = is_64 ? CORE_I64 : CORE_I32};
        return ok;
    }
    return BUILTIN_NONE;
}

/* ---- of resources ---- */

static const WitType *find_resource(const WitItem *item, const WitItems *items, Str name) {
    if (item) {
        const WitType *t = wit_find_type(item->interface, name);
        return t && wit_dealias(t)->kind == WIT_RESOURCE ? t : NULL;
    }
    for (size_t i = 0; i < items->len; i++)
        if (items->at[i].kind == WIT_ITEM_TYPE && str_eq(items->at[i].name, name) &&
            wit_dealias(items->at[i].type)->kind == WIT_RESOURCE)
            return items->at[i].type;
    return NULL;
}

/* "[resource-drop]r" or "r_drop"; new and rep only for the module's own resources. */
static LinkFound resource(Linker *l, LinkModule *m, Str field, const WitItems *items,
                          LinkImport *out) {
    static const struct {
        const char *prefix, *suffix;
        CompCanonOp op;
    } forms[] = {{"[resource-drop]", "_drop", COMP_CANON_RESOURCE_DROP},
                 {"[resource-new]", "_new", COMP_CANON_RESOURCE_NEW},
                 {"[resource-rep]", "_rep", COMP_CANON_RESOURCE_REP}};
    bool is_standard = str_starts(out->module, STR("cm32p2"));
    for (size_t i = 0; i < (out->of_export ? 3 : 1); i++) {
        Str prefix = str_from(forms[i].prefix), suffix = str_from(forms[i].suffix), name;
        if (!is_standard && str_starts(field, prefix)) name = str_after(field, prefix.len);
        else if (is_standard && str_ends(field, suffix))
            name = str_from_to(field, 0, field.len - suffix.len);
        else continue;
        const WitType *type = find_resource(out->item, items, name);
        if (!type) continue;
        out->resource = wit_dealias(type);
        out->canon.op = forms[i].op;
        return found(l, m, field, "i", i ? "i" : "", out);
    }
    return BUILTIN_NONE;
}

/* ---- of functions ---- */

/* A function of the item, or of the world; *item is then the function's own. */
static const WitFunc *find_func(Linker *l, const WitItem **item, const WitItems *items, Str name) {
    if (*item) return comp_interface_func(l, (*item)->interface, name);
    for (size_t i = 0; i < items->len; i++) {
        if (items->at[i].kind != WIT_ITEM_FUNC || !str_eq(items->at[i].name, name)) continue;
        *item = &items->at[i];
        return items->at[i].func;
    }
    return NULL;
}

/* The result of an asynchronous function. Its memory and encoding must be those of the lifted
 * function, whatever the result itself needs. */
static LinkFound task_return(Linker *l, LinkModule *m, Str field, const WitItems *items,
                             LinkImport *out) {
    Str prefix = STR("[task-return]");
    if (!str_starts(field, prefix)) return BUILTIN_NONE;
    out->func = find_func(l, &out->item, items, str_after(field, prefix.len));
    if (!out->func) return BUILTIN_NONE;
    const AbiFunc *abi = comp_task_return(&l->cache, out->func);
    const AbiFunc *whole = abi_func(&l->cache, out->func, ABI_LOWER);
    if (!abi || !whole) {
        diag(l->diags, LINK_TYPE_TOO_LARGE, span_at(m->source, out->offset),
             STR_ARG(out->func->name));
        return BUILTIN_WRONG;
    }
    out->kind = LINK_CANON;
    out->canon.op = COMP_CANON_TASK_RETURN;
    out->needs_memory = whole->needs_memory;
    out->needs_encoding = whole->needs_encoding;
    bool ok =
        comp_check_core_type(l, m, field, out->offset, out->type, comp_abi_type(l->arena, abi));
    return ok ? BUILTIN_FOUND : BUILTIN_WRONG;
}

typedef struct {
    const char *name;
    const char *params[2], *results; /* of a stream, of a future */
    CompCanonOp op[2];
    bool may_be_async, is_read, is_write;
} PayloadRow;

static const PayloadRow payload_rows[] = {
    {"new-", {"", ""}, "l", {COMP_CANON_STREAM_NEW, COMP_CANON_FUTURE_NEW}, false, false, false},
    {"read-",
     {"iii", "ii"},
     "i",
     {COMP_CANON_STREAM_READ, COMP_CANON_FUTURE_READ},
     true,
     true,
     false},
    {"write-",
     {"iii", "ii"},
     "i",
     {COMP_CANON_STREAM_WRITE, COMP_CANON_FUTURE_WRITE},
     true,
     false,
     true},
    {"cancel-read-",
     {"i", "i"},
     "i",
     {COMP_CANON_STREAM_CANCEL_READ, COMP_CANON_FUTURE_CANCEL_READ},
     true,
     false,
     false},
    {"cancel-write-",
     {"i", "i"},
     "i",
     {COMP_CANON_STREAM_CANCEL_WRITE, COMP_CANON_FUTURE_CANCEL_WRITE},
     true,
     false,
     false},
    {"drop-readable-",
     {"i", "i"},
     "",
     {COMP_CANON_STREAM_DROP_READABLE, COMP_CANON_FUTURE_DROP_READABLE},
     false,
     false,
     false},
    {"drop-writable-",
     {"i", "i"},
     "",
     {COMP_CANON_STREAM_DROP_WRITABLE, COMP_CANON_FUTURE_DROP_WRITABLE},
     false,
     false,
     false},
};

/* The stream or future that "N" or "unit" of a function means. */
static const WitType *find_payload(Linker *l, Str index, bool is_future, Str func,
                                   const WitItems *items, LinkImport *out) {
    static const WitType units[] = {{.kind = WIT_STREAM}, {.kind = WIT_FUTURE}};
    uint32_t n;
    out->func = find_func(l, &out->item, items, func);
    if (str_is(index, "unit")) return &units[is_future];
    if (!out->func || !number(index, &n)) return NULL;
    CompTypeList payloads = comp_payloads(l->arena, out->func);
    if (n >= payloads.len) return NULL;
    return payloads.at[n]->kind == (is_future ? WIT_FUTURE : WIT_STREAM) ? payloads.at[n] : NULL;
}

static LinkFound payload(Linker *l, LinkModule *m, Str field, const WitItems *items,
                         LinkImport *out) {
    bool is_async;
    Str clean = take_flag(field, FLAG_ASYNC, &is_async), rest, func;
    bool is_future = bracketed(clean, STR("[future-"), &rest, &func);
    if (!is_future && !bracketed(clean, STR("[stream-"), &rest, &func)) return BUILTIN_NONE;
    for (size_t i = 0; i < sizeof payload_rows / sizeof *payload_rows; i++) {
        const PayloadRow *row = &payload_rows[i];
        Str name = str_from(row->name);
        if (!str_starts(rest, name) || (is_async && !row->may_be_async)) continue;
        out->payload = find_payload(l, str_after(rest, name.len), is_future, func, items, out);
        if (!out->payload) return BUILTIN_NONE;
        const AbiPlan *plan = abi_plan(&l->cache, out->payload->elem);
        if (!plan) {
            diag(l->diags, LINK_TYPE_TOO_LARGE, span_at(m->source, out->offset), STR_ARG(field));
            return BUILTIN_WRONG;
        }
        out->canon = (CompCanon){.op = row->op[is_future], .flag = is_async};
        out->needs_memory = row->is_read || row->is_write;
        out->needs_realloc = row->is_read && plan->needs_memory;
        out->needs_encoding = out->needs_memory && plan->has_strings;
        return found(l, m, field, row->params[is_future], row->results, out);
    }
    return BUILTIN_NONE;
}

LinkFound comp_link_builtin(Linker *l, LinkModule *m, const CoreImport *import, Str field,
                            const WitItems *items, LinkImport *out) {
    bool is_standard = str_starts(import->module, STR("cm32p2"));
    LinkFound f = resource(l, m, field, items, out);
    if (f != BUILTIN_NONE || is_standard) return f;
    if (out->of_export) {
        if (str_is(field, "[task-cancel]")) {
            out->canon.op = COMP_CANON_TASK_CANCEL;
            return found(l, m, field, "", "", out);
        }
        f = task_return(l, m, field, items, out);
    } else if (!out->item) {
        f = plain(l, m, field, out);
        if (f == BUILTIN_NONE) f = error_context(l, m, field, out);
        if (f == BUILTIN_NONE) f = context(l, m, field, out);
    }
    return f == BUILTIN_NONE ? payload(l, m, field, items, out) : f;
}
