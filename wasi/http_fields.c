/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The fields of wasi:http: lists that keep their names' letters and their order. A message's own
 * fields are seen through immutable children that share its list; so are trailers.
 */
#include <stdlib.h>

#include "wasi/http_types.h"

enum { INVALID_SYNTAX, FORBIDDEN, IMMUTABLE };
enum { FIELD_COST = 32 }; /* bytes that a field counts for, besides its own */

/* ---- lists of fields ---- */

void wasi_fields_release(WasiFieldList *list) {
    if (!list || --list->refs) return;
    for (size_t i = 0; i < list->len; i++) free((void *)(uintptr_t)list->at[i].name.ptr);
    wasi_budget_give(list->budget, list->bytes);
    wasi_budget_release(list->budget);
    free(list->at);
    free(list);
}

WasiFieldList *wasi_fields_new(const Wasi *wasi) {
    WasiFieldList *list = calloc(1, sizeof *list);
    if (!list) return NULL;
    WasiBudget *budget = wasi_budget(wasi);
    budget->refs++;
    *list = (WasiFieldList){.refs = 1, .most = wasi_limits(wasi)->max_fields, .budget = budget};
    return list;
}

static size_t cost(Str name, Str value) { return name.len + value.len + FIELD_COST; }

bool wasi_fields_add(WasiFieldList *list, Str name, Str value) {
    if (cost(name, value) > list->most - list->bytes) return false;
    if (list->len == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        Http1Field *more = realloc(list->at, cap * sizeof *more);
        if (!more) return false;
        list->at = more;
        list->cap = cap;
    }
    if (!wasi_budget_take(list->budget, cost(name, value))) return false;
    char *text = malloc(name.len + value.len + 1);
    if (!text) {
        wasi_budget_give(list->budget, cost(name, value));
        return false;
    }
    if (name.len) memcpy(text, name.ptr, name.len);
    if (value.len) memcpy(text + name.len, value.ptr, value.len);
    list->at[list->len++] = (Http1Field){{text, name.len}, {text + name.len, value.len}};
    list->bytes += cost(name, value);
    return true;
}

static void list_remove(WasiFieldList *list, Str name) {
    size_t kept = 0;
    for (size_t i = 0; i < list->len; i++) {
        Http1Field *f = &list->at[i];
        if (http1_same_name(f->name, name)) {
            list->bytes -= cost(f->name, f->value);
            wasi_budget_give(list->budget, cost(f->name, f->value));
            free((void *)(uintptr_t)f->name.ptr);
        } else {
            list->at[kept++] = *f;
        }
    }
    list->len = kept;
}

WasiFieldList *wasi_fields_received(const Wasi *wasi, HttpFields fields) {
    WasiFieldList *list = wasi_fields_new(wasi);
    for (size_t i = 0; list && i < fields.len; i++) {
        if (http1_is_connection_field(fields.at[i].name)) continue;
        if (wasi_fields_add(list, fields.at[i].name, fields.at[i].value)) continue;
        wasi_fields_release(list);
        return NULL;
    }
    return list;
}

static bool read_length(Str value, uint64_t *length) {
    *length = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9' || *length > INT64_MAX / 10) return false;
        *length = *length * 10 + (uint64_t)(value.ptr[i] - '0');
    }
    return value.len > 0 && *length <= INT64_MAX;
}

bool wasi_fields_length(const WasiFieldList *list, uint64_t *length) {
    *length = HTTP1_UNKNOWN_LENGTH;
    for (size_t i = 0; i < list->len; i++) {
        if (!http1_same_name(list->at[i].name, STR("content-length"))) continue;
        if (*length != HTTP1_UNKNOWN_LENGTH || !read_length(list->at[i].value, length))
            return false;
    }
    return true;
}

bool wasi_fields_fit(const WasiFieldList *list, uint64_t one, HttpErrorCode code, uint64_t all,
                     HttpError *error) {
    uint64_t sum = 0;
    for (size_t i = 0; i < list->len; i++) {
        Str name = list->at[i].name;
        uint64_t size = name.len + strlen(": ") + list->at[i].value.len;
        if (size > one) *error = http_error_field(code, name, size);
        if (size > one) return false;
        sum += size;
    }
    if (sum > all) *error = http_error_size((HttpErrorCode)(code - 1), sum);
    return sum <= all;
}

/* ---- syntax ---- */

static Str bytes_of(const AbiValue *value) { return (Str){value->list.items, value->list.len}; }

/* The case of header-error, or -1. */
static int field_fault(Str name, const AbiValue *value) {
    if (!http1_is_token(name)) return INVALID_SYNTAX;
    if (value && !http1_is_value(bytes_of(value))) return INVALID_SYNTAX;
    return http1_is_connection_field(name) ? FORBIDDEN : -1;
}

static VmStatus too_large(VmThread *thread, uint64_t most) {
    return vm_trap_text(thread, TRAP_HOST,
                        "fields of more than %llu bytes, or more of them than the guest may hold",
                        (unsigned long long)most);
}

/* ---- the resource ---- */

static void free_fields(WasiObject *object) { wasi_fields_release(((WasiFields *)object)->list); }

WasiFields *wasi_fields_make(VmThread *thread, Wasi *wasi, WasiFieldList *list, WasiObject *parent,
                             AbiValue *out) {
    if (!list) {
        vm_trap(thread, TRAP_HOST_MEMORY);
        return NULL;
    }
    WasiFields *fields = wasi_make(thread, wasi, WASI_FIELDS, sizeof *fields, parent, out);
    if (!fields) {
        wasi_fields_release(list);
        return NULL;
    }
    fields->list = list;
    fields->object.free = free_fields;
    return fields;
}

WASI_HTTP_FN(fields_new) {
    return wasi_fields_make(thread, context, wasi_fields_new(context), NULL, result) ? VM_DONE
                                                                                     : VM_TRAP;
}

WASI_HTTP_FN(fields_from_list) {
    const AbiValue *cells = args[0].list.items;
    WasiFieldList *list = wasi_fields_new(context);
    if (!list) return vm_trap(thread, TRAP_HOST_MEMORY);
    for (size_t i = 0; i < args[0].list.len; i++, cells += 2) {
        int fault = field_fault(wasi_str(&cells[0]), &cells[1]);
        bool added = fault < 0 && wasi_fields_add(list, wasi_str(&cells[0]), bytes_of(&cells[1]));
        if (added) continue;
        uint64_t most = list->most;
        wasi_fields_release(list);
        return fault < 0 ? too_large(thread, most)
                         : wasi_err_case(result, (uint32_t)fault, scratch);
    }
    AbiValue *out = wasi_case(result, 0, 1, scratch);
    return wasi_fields_make(thread, context, list, NULL, out) ? VM_DONE : VM_TRAP;
}

static void put_value(AbiValue *cell, Str value, Arena *scratch) {
    cell->list.items = arena_copy(scratch, value.ptr, value.len);
    cell->list.len = value.len;
}

WASI_HTTP_FN(fields_get) {
    const WasiFields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    AbiValue *cells = ARENA_NEW_ARRAY(scratch, AbiValue, fields->list->len);
    size_t n = 0;
    for (size_t i = 0; i < fields->list->len; i++)
        if (http1_same_name(fields->list->at[i].name, wasi_str(&args[1])))
            put_value(&cells[n++], fields->list->at[i].value, scratch);
    result->list.items = cells;
    result->list.len = n;
    return VM_DONE;
}

WASI_HTTP_FN(fields_has) {
    const WasiFields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    result->bits = false;
    for (size_t i = 0; i < fields->list->len; i++)
        result->bits |= http1_same_name(fields->list->at[i].name, wasi_str(&args[1]));
    return VM_DONE;
}

WASI_HTTP_FN(fields_set) {
    WasiFields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    if (fields->immutable) return wasi_err_case(result, IMMUTABLE, scratch);
    Str name = wasi_str(&args[1]);
    const AbiValue *values = args[2].list.items;
    int fault = field_fault(name, NULL);
    for (size_t i = 0; i < args[2].list.len && fault < 0; i++)
        fault = field_fault(name, &values[i]);
    if (fault >= 0) return wasi_err_case(result, (uint32_t)fault, scratch);
    list_remove(fields->list, name);
    for (size_t i = 0; i < args[2].list.len; i++)
        if (!wasi_fields_add(fields->list, name, bytes_of(&values[i])))
            return too_large(thread, fields->list->most);
    return wasi_ok(result);
}

WASI_HTTP_FN(fields_delete) {
    WasiFields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    if (fields->immutable) return wasi_err_case(result, IMMUTABLE, scratch);
    int fault = field_fault(wasi_str(&args[1]), NULL);
    if (fault >= 0) return wasi_err_case(result, (uint32_t)fault, scratch);
    list_remove(fields->list, wasi_str(&args[1]));
    return wasi_ok(result);
}

WASI_HTTP_FN(fields_append) {
    WasiFields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    if (fields->immutable) return wasi_err_case(result, IMMUTABLE, scratch);
    int fault = field_fault(wasi_str(&args[1]), &args[2]);
    if (fault >= 0) return wasi_err_case(result, (uint32_t)fault, scratch);
    if (!wasi_fields_add(fields->list, wasi_str(&args[1]), bytes_of(&args[2])))
        return too_large(thread, fields->list->most);
    return wasi_ok(result);
}

WASI_HTTP_FN(fields_entries) {
    const WasiFields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    const WasiFieldList *list = fields->list;
    AbiValue *cells = ARENA_NEW_ARRAY(scratch, AbiValue, 2 * list->len);
    for (size_t i = 0; i < list->len; i++) {
        wasi_string(&cells[2 * i], str_copy(scratch, list->at[i].name));
        put_value(&cells[2 * i + 1], list->at[i].value, scratch);
    }
    result->list.items = cells;
    result->list.len = list->len;
    return VM_DONE;
}

WASI_HTTP_FN(fields_clone) {
    const WasiFields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    WasiFieldList *copy = wasi_fields_new(context);
    for (size_t i = 0; copy && i < fields->list->len; i++) {
        const Http1Field *f = &fields->list->at[i];
        if (wasi_fields_add(copy, f->name, f->value)) continue;
        wasi_fields_release(copy);
        copy = NULL;
    }
    return wasi_fields_make(thread, context, copy, NULL, result) ? VM_DONE : VM_TRAP;
}
