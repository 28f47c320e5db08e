/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * wasi:http where no request is granted. Fields, outgoing requests, responses and options can be
 * made and changed as the standard says; sending a request answers HTTP-request-denied. Incoming
 * requests and responses, and futures, are never made.
 *
 * Fields keep their names' letters and their order. A request's or response's own fields are seen
 * through immutable children that share the list.
 */
#include <stdlib.h>

#include "wasi/http1.h"
#include "wasi/internal.h"

enum { INVALID_SYNTAX, FORBIDDEN, IMMUTABLE };
enum { MAX_FIELD_BYTES = 128 << 10, FIELD_COST = 32 }; /* of one fields resource; of one field */
enum { METHOD_GET = 0, METHOD_OTHER = 9, SCHEME_OTHER = 2 };

typedef struct {
    char *name; /* then the value, in one block */
    size_t name_len, value_len;
} Field;

typedef struct {
    uint32_t refs;
    Field *at;
    size_t len, cap, bytes;
} FieldList;

typedef struct {
    WasiObject object;
    FieldList *list;
    bool immutable;
} Fields;

typedef struct {
    WasiObject object;
    FieldList *list;
    bool has_body; /* taken by the guest */
    uint32_t method, scheme, status;
    bool has_scheme;
    char *method_text, *path, *scheme_text, *authority; /* NULL: none */
} Message;                                              /* an outgoing request or response */

typedef struct {
    WasiObject object;
    bool has[3];
    uint64_t ns[3]; /* connect, first byte, between bytes */
} Options;

typedef struct {
    WasiObject object;
    bool has_stream; /* taken by the guest */
} Body;

/* ---- lists of fields ---- */

static Str field_name(const Field *f) { return (Str){f->name, f->name_len}; }

static void list_release(FieldList *list) {
    if (!list || --list->refs) return;
    for (size_t i = 0; i < list->len; i++) free(list->at[i].name);
    free(list->at);
    free(list);
}

static FieldList *list_new(void) {
    FieldList *list = calloc(1, sizeof *list);
    if (list) list->refs = 1;
    return list;
}

static bool same_name(const Field *f, Str name) { return http1_same_name(field_name(f), name); }

static bool list_append(FieldList *list, Str name, const void *value, size_t n) {
    size_t cost = name.len + n + FIELD_COST;
    if (cost > MAX_FIELD_BYTES - list->bytes) return false;
    if (list->len == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        Field *more = realloc(list->at, cap * sizeof *more);
        if (!more) return false;
        list->at = more;
        list->cap = cap;
    }
    char *text = malloc(name.len + n + 1);
    if (!text) return false;
    if (name.len) memcpy(text, name.ptr, name.len);
    if (n) memcpy(text + name.len, value, n);
    list->at[list->len++] = (Field){text, name.len, n};
    list->bytes += cost;
    return true;
}

static void list_remove(FieldList *list, Str name) {
    size_t kept = 0;
    for (size_t i = 0; i < list->len; i++) {
        Field *f = &list->at[i];
        if (same_name(f, name)) {
            list->bytes -= f->name_len + f->value_len + FIELD_COST;
            free(f->name);
        } else {
            list->at[kept++] = *f;
        }
    }
    list->len = kept;
}

/* ---- syntax ---- */

/* What a path or authority may have: printable ASCII without spaces, or any UTF-8. */
static bool is_printable(Str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= 0x20 || s.ptr[i] == 0x7f) return false;
    return true;
}

static bool is_authority(Str s) {
    for (size_t i = 0; i < s.len; i++)
        if (strchr("/?#\\<>\"{}|^`", s.ptr[i])) return false;
    return s.len > 0 && is_printable(s);
}

/* The case of header-error, or -1. */
static int field_fault(Str name, const AbiValue *value) {
    if (!http1_is_token(name)) return INVALID_SYNTAX;
    if (value && !http1_is_value((Str){value->list.items, value->list.len})) return INVALID_SYNTAX;
    return http1_is_connection_field(name) ? FORBIDDEN : -1;
}

static VmStatus too_large(VmThread *thread) {
    return vm_trap_text(thread, TRAP_HOST, "fields of more than %d bytes", MAX_FIELD_BYTES);
}

/* ---- fields ---- */

static void free_fields(WasiObject *object) { list_release(((Fields *)object)->list); }

/* Takes the reference to the list, also where it fails. */
static Fields *make_fields(VmThread *thread, Wasi *wasi, FieldList *list, WasiObject *parent,
                           AbiValue *out) {
    Fields *fields =
        list ? wasi_make(thread, wasi, WASI_FIELDS, sizeof *fields, parent, out) : NULL;
    if (!fields) {
        list_release(list);
        vm_trap(thread, TRAP_HOST_MEMORY);
        return NULL;
    }
    fields->list = list;
    fields->object.free = free_fields;
    return fields;
}

WASI_FN(fields_new) {
    return make_fields(thread, context, list_new(), NULL, result) ? VM_DONE : VM_TRAP;
}

WASI_FN(fields_from_list) {
    const AbiValue *cells = args[0].list.items;
    FieldList *list = list_new();
    if (!list) return vm_trap(thread, TRAP_HOST_MEMORY);
    for (size_t i = 0; i < args[0].list.len; i++, cells += 2) {
        int fault = field_fault(wasi_str(&cells[0]), &cells[1]);
        bool added = fault < 0 &&
                     list_append(list, wasi_str(&cells[0]), cells[1].list.items, cells[1].list.len);
        if (added) continue;
        list_release(list);
        return fault < 0 ? too_large(thread) : wasi_err_case(result, (uint32_t)fault, scratch);
    }
    AbiValue *out = wasi_case(result, 0, 1, scratch);
    return make_fields(thread, context, list, NULL, out) ? VM_DONE : VM_TRAP;
}

static void put_value(AbiValue *cell, const Field *f, Arena *scratch) {
    cell->list.items = arena_copy(scratch, f->name + f->name_len, f->value_len);
    cell->list.len = f->value_len;
}

WASI_FN(fields_get) {
    const Fields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    AbiValue *cells = ARENA_NEW_ARRAY(scratch, AbiValue, fields->list->len);
    size_t n = 0;
    for (size_t i = 0; i < fields->list->len; i++)
        if (same_name(&fields->list->at[i], wasi_str(&args[1])))
            put_value(&cells[n++], &fields->list->at[i], scratch);
    result->list.items = cells;
    result->list.len = n;
    return VM_DONE;
}

WASI_FN(fields_has) {
    const Fields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    result->bits = false;
    for (size_t i = 0; i < fields->list->len; i++)
        result->bits |= same_name(&fields->list->at[i], wasi_str(&args[1]));
    return VM_DONE;
}

WASI_FN(fields_set) {
    Fields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
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
        if (!list_append(fields->list, name, values[i].list.items, values[i].list.len))
            return too_large(thread);
    return wasi_ok(result);
}

WASI_FN(fields_delete) {
    Fields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    if (fields->immutable) return wasi_err_case(result, IMMUTABLE, scratch);
    int fault = field_fault(wasi_str(&args[1]), NULL);
    if (fault >= 0) return wasi_err_case(result, (uint32_t)fault, scratch);
    list_remove(fields->list, wasi_str(&args[1]));
    return wasi_ok(result);
}

WASI_FN(fields_append) {
    Fields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    if (fields->immutable) return wasi_err_case(result, IMMUTABLE, scratch);
    int fault = field_fault(wasi_str(&args[1]), &args[2]);
    if (fault >= 0) return wasi_err_case(result, (uint32_t)fault, scratch);
    if (!list_append(fields->list, wasi_str(&args[1]), args[2].list.items, args[2].list.len))
        return too_large(thread);
    return wasi_ok(result);
}

WASI_FN(fields_entries) {
    const Fields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    const FieldList *list = fields->list;
    AbiValue *cells = ARENA_NEW_ARRAY(scratch, AbiValue, 2 * list->len);
    for (size_t i = 0; i < list->len; i++) {
        wasi_string(&cells[2 * i], str_copy(scratch, field_name(&list->at[i])));
        put_value(&cells[2 * i + 1], &list->at[i], scratch);
    }
    result->list.items = cells;
    result->list.len = list->len;
    return VM_DONE;
}

WASI_FN(fields_clone) {
    const Fields *fields = wasi_get(thread, context, &args[0], WASI_FIELDS);
    if (!fields) return VM_TRAP;
    FieldList *copy = list_new();
    for (size_t i = 0; copy && i < fields->list->len; i++) {
        const Field *f = &fields->list->at[i];
        if (list_append(copy, field_name(f), f->name + f->name_len, f->value_len)) continue;
        list_release(copy);
        copy = NULL;
    }
    return make_fields(thread, context, copy, NULL, result) ? VM_DONE : VM_TRAP;
}

/* ---- outgoing requests and responses ---- */

static void free_message(WasiObject *object) {
    Message *m = (Message *)object;
    list_release(m->list);
    free(m->method_text);
    free(m->path);
    free(m->scheme_text);
    free(m->authority);
}

static VmStatus make_message(VmThread *thread, Wasi *wasi, const AbiValue *headers, WasiKind kind,
                             AbiValue *result) {
    const Fields *fields = wasi_get(thread, wasi, headers, WASI_FIELDS);
    if (!fields) return VM_TRAP;
    Message *m = wasi_make(thread, wasi, kind, sizeof *m, NULL, result);
    if (!m) return VM_TRAP;
    m->object.free = free_message;
    m->list = fields->list;
    m->list->refs++;
    m->method = METHOD_GET;
    m->status = 200;
    wasi_drop(wasi, headers);
    return VM_DONE;
}

WASI_FN(request_new) {
    return make_message(thread, context, &args[0], WASI_OUTGOING_REQUEST, result);
}
WASI_FN(response_new) {
    return make_message(thread, context, &args[0], WASI_OUTGOING_RESPONSE, result);
}

static VmStatus headers_of(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind,
                           AbiValue *result) {
    Message *m = wasi_get(thread, wasi, handle, kind);
    if (!m) return VM_TRAP;
    m->list->refs++;
    Fields *fields = make_fields(thread, wasi, m->list, &m->object, result);
    if (!fields) return VM_TRAP;
    fields->immutable = true;
    return VM_DONE;
}

WASI_FN(request_headers) {
    return headers_of(thread, context, &args[0], WASI_OUTGOING_REQUEST, result);
}
WASI_FN(response_headers) {
    return headers_of(thread, context, &args[0], WASI_OUTGOING_RESPONSE, result);
}

/* The body can be had once. */
static VmStatus body_of(VmThread *thread, Wasi *wasi, const AbiValue *handle, WasiKind kind,
                        AbiValue *result, Arena *scratch) {
    Message *m = wasi_get(thread, wasi, handle, kind);
    if (!m) return VM_TRAP;
    wasi_case(result, m->has_body, m->has_body ? 0 : 1, scratch);
    if (m->has_body) return VM_DONE;
    m->has_body = true;
    return wasi_make(thread, wasi, WASI_OUTGOING_BODY, sizeof(Body), NULL, result->variant.payload)
               ? VM_DONE
               : VM_TRAP;
}

WASI_FN(request_body) {
    return body_of(thread, context, &args[0], WASI_OUTGOING_REQUEST, result, scratch);
}
WASI_FN(response_body) {
    return body_of(thread, context, &args[0], WASI_OUTGOING_RESPONSE, result, scratch);
}

/* Keeps a text or none; false where memory is short. */
static bool keep(char **where, bool is_some, Str text) {
    char *copy = NULL;
    if (is_some && !(copy = malloc(text.len + 1))) return false;
    if (is_some) {
        memcpy(copy, text.ptr ? text.ptr : "", text.len);
        copy[text.len] = 0;
    }
    free(*where);
    *where = copy;
    return true;
}

static VmStatus kept(VmThread *thread, bool is_good, bool is_kept, AbiValue *result) {
    if (!is_kept) return vm_trap(thread, TRAP_HOST_MEMORY);
    wasi_ok(result);
    result->variant.index = !is_good;
    return VM_DONE;
}

static Message *request(VmThread *thread, Wasi *wasi, const AbiValue *handle) {
    return wasi_get(thread, wasi, handle, WASI_OUTGOING_REQUEST);
}

static void put_text_case(AbiValue *out, uint32_t index, const char *text, Arena *scratch) {
    AbiValue *cell = wasi_case(out, index, text ? 1 : 0, scratch);
    if (text) wasi_string(cell, str_copy(scratch, str_from(text)));
}

WASI_FN(request_method) {
    const Message *m = request(thread, context, &args[0]);
    if (!m) return VM_TRAP;
    put_text_case(result, m->method, m->method == METHOD_OTHER ? m->method_text : NULL, scratch);
    return VM_DONE;
}

WASI_FN(request_set_method) {
    Message *m = request(thread, context, &args[0]);
    if (!m) return VM_TRAP;
    bool other = args[1].variant.index == METHOD_OTHER;
    Str text = other ? wasi_str(args[1].variant.payload) : (Str){0};
    if (other && !http1_is_token(text)) return kept(thread, false, true, result);
    m->method = args[1].variant.index;
    return kept(thread, true, keep(&m->method_text, other, text), result);
}

WASI_FN(request_scheme) {
    const Message *m = request(thread, context, &args[0]);
    if (!m) return VM_TRAP;
    AbiValue *some = wasi_case(result, m->has_scheme, m->has_scheme ? 1 : 0, scratch);
    if (some)
        put_text_case(some, m->scheme, m->scheme == SCHEME_OTHER ? m->scheme_text : NULL, scratch);
    return VM_DONE;
}

WASI_FN(request_set_scheme) {
    Message *m = request(thread, context, &args[0]);
    if (!m) return VM_TRAP;
    const AbiValue *scheme = args[1].variant.index ? args[1].variant.payload : NULL;
    bool other = scheme && scheme->variant.index == SCHEME_OTHER;
    Str text = other ? wasi_str(scheme->variant.payload) : (Str){0};
    if (other && !http1_is_scheme(text)) return kept(thread, false, true, result);
    m->has_scheme = scheme != NULL;
    m->scheme = scheme ? scheme->variant.index : 0;
    return kept(thread, true, keep(&m->scheme_text, other, text), result);
}

#define TEXT(getter, setter, field, is_valid)                                                      \
    WASI_FN(getter) {                                                                              \
        const Message *m = request(thread, context, &args[0]);                                     \
        if (!m) return VM_TRAP;                                                                    \
        return wasi_some_string(result, m->field != NULL,                                          \
                                str_copy(scratch, str_from(m->field)), scratch);                   \
    }                                                                                              \
    WASI_FN(setter) {                                                                              \
        Message *m = request(thread, context, &args[0]);                                           \
        if (!m) return VM_TRAP;                                                                    \
        bool is_some = args[1].variant.index;                                                      \
        Str text = is_some ? wasi_str(args[1].variant.payload) : (Str){0};                         \
        if (is_some && !is_valid(text)) return kept(thread, false, true, result);                  \
        return kept(thread, true, keep(&m->field, is_some, text), result);                         \
    }
TEXT(request_path, request_set_path, path, is_printable)
TEXT(request_authority, request_set_authority, authority, is_authority)

WASI_FN(response_status) {
    const Message *m = wasi_get(thread, context, &args[0], WASI_OUTGOING_RESPONSE);
    if (!m) return VM_TRAP;
    result->bits = m->status;
    return VM_DONE;
}

WASI_FN(response_set_status) {
    Message *m = wasi_get(thread, context, &args[0], WASI_OUTGOING_RESPONSE);
    if (!m) return VM_TRAP;
    bool is_good = args[1].bits >= 100 && args[1].bits <= 999;
    if (is_good) m->status = (uint32_t)args[1].bits;
    return kept(thread, is_good, true, result);
}

/* ---- bodies: what is written goes nowhere ---- */

WASI_FN(body_write) {
    Body *body = wasi_get(thread, context, &args[0], WASI_OUTGOING_BODY);
    if (!body) return VM_TRAP;
    wasi_case(result, body->has_stream, body->has_stream ? 0 : 1, scratch);
    if (body->has_stream) return VM_DONE;
    body->has_stream = true;
    return wasi_output(thread, context, -1, &body->object, result->variant.payload) ? VM_DONE
                                                                                    : VM_TRAP;
}

WASI_FN(body_finish) {
    const Body *body = wasi_get(thread, context, &args[0], WASI_OUTGOING_BODY);
    if (!body) return VM_TRAP;
    if (body->object.refs > 1)
        return vm_trap_text(thread, TRAP_HOST, "outgoing-body.finish while its stream is alive");
    wasi_drop(context, &args[0]);
    if (args[1].variant.index) wasi_drop(context, args[1].variant.payload);
    return wasi_ok(result);
}

/* ---- options ---- */

WASI_FN(options_new) {
    return wasi_make(thread, context, WASI_REQUEST_OPTIONS, sizeof(Options), NULL, result)
               ? VM_DONE
               : VM_TRAP;
}

static VmStatus get_timeout(VmThread *thread, Wasi *wasi, const AbiValue *args, int which,
                            AbiValue *result, Arena *scratch) {
    const Options *o = wasi_get(thread, wasi, &args[0], WASI_REQUEST_OPTIONS);
    if (!o) return VM_TRAP;
    AbiValue *some = wasi_case(result, o->has[which], o->has[which] ? 1 : 0, scratch);
    if (some) some->bits = o->ns[which];
    return VM_DONE;
}

static VmStatus set_timeout(VmThread *thread, Wasi *wasi, const AbiValue *args, int which,
                            AbiValue *result) {
    Options *o = wasi_get(thread, wasi, &args[0], WASI_REQUEST_OPTIONS);
    if (!o) return VM_TRAP;
    o->has[which] = args[1].variant.index;
    if (o->has[which]) o->ns[which] = args[1].variant.payload->bits;
    return wasi_ok(result);
}

#define TIMEOUT(getter, setter, which)                                                             \
    WASI_FN(getter) { return get_timeout(thread, context, args, which, result, scratch); }         \
    WASI_FN(setter) { return set_timeout(thread, context, args, which, result); }
TIMEOUT(connect_timeout, set_connect_timeout, 0)
TIMEOUT(first_byte_timeout, set_first_byte_timeout, 1)
TIMEOUT(between_bytes_timeout, set_between_bytes_timeout, 2)

/* ---- sending, and what is never made ---- */

WASI_FN(handle_request) {
    if (!request(thread, context, &args[0])) return VM_TRAP;
    const AbiValue *options = args[1].variant.index ? args[1].variant.payload : NULL;
    if (options && !wasi_get(thread, context, options, WASI_REQUEST_OPTIONS)) return VM_TRAP;
    wasi_drop(context, &args[0]);
    if (options) wasi_drop(context, options);
    return wasi_err_case(result, HTTP_REQUEST_DENIED, scratch);
}

WASI_FN(http_error_code) {
    return wasi_get(thread, context, &args[0], WASI_ERROR) ? wasi_ok(result) : VM_TRAP;
}

WASI_FN(never) { return wasi_get(thread, context, &args[0], WASI_KIND_COUNT) ? VM_DONE : VM_TRAP; }

/* ---- tables ---- */

#define DNS    "record<option<string>,option<u16>>"
#define ALERT  "record<option<u8>,option<string>>"
#define SIZE   "record<option<string>,option<u32>>"
#define ERROR                                                                                      \
    "variant<_," DNS ",_,_,_,_,_,_,_,_,_,_,_,_," ALERT ",_,_,option<u64>,_,_,_,option<u32>,"       \
    "option<" SIZE ">,option<u32>," SIZE ",_,option<u32>," SIZE ",option<u64>,option<u32>," SIZE   \
    ",option<string>,option<string>,_,_,_,_,_,option<string>>"
#define METHOD "variant<_,_,_,_,_,_,_,_,_,string>"
#define SCHEME "option<variant<_,_,string>>"
#define FIELDS "list<tuple<string,list<u8>>>"
#define HEADER(t) "->result<" t ",variant<_,_,_>>"
#define M(name) "[method]" name

static const WasiFunc types_funcs[] = {
    {"http-error-code", "(borrow)->option<" ERROR ">", http_error_code},
    {"[constructor]fields", "()->own", fields_new},
    {"[static]fields.from-list", "(" FIELDS ")" HEADER("own"), fields_from_list},
    {M("fields.get"), "(borrow,string)->list<list<u8>>", fields_get},
    {M("fields.has"), "(borrow,string)->bool", fields_has},
    {M("fields.set"), "(borrow,string,list<list<u8>>)" HEADER("_"), fields_set},
    {M("fields.delete"), "(borrow,string)" HEADER("_"), fields_delete},
    {M("fields.append"), "(borrow,string,list<u8>)" HEADER("_"), fields_append},
    {M("fields.entries"), "(borrow)->" FIELDS, fields_entries},
    {M("fields.clone"), "(borrow)->own", fields_clone},
    {M("incoming-request.method"), "(borrow)->" METHOD, never},
    {M("incoming-request.path-with-query"), "(borrow)->option<string>", never},
    {M("incoming-request.scheme"), "(borrow)->" SCHEME, never},
    {M("incoming-request.authority"), "(borrow)->option<string>", never},
    {M("incoming-request.headers"), "(borrow)->own", never},
    {M("incoming-request.consume"), "(borrow)->result<own,_>", never},
    {"[constructor]outgoing-request", "(own)->own", request_new},
    {M("outgoing-request.body"), "(borrow)->result<own,_>", request_body},
    {M("outgoing-request.method"), "(borrow)->" METHOD, request_method},
    {M("outgoing-request.set-method"), "(borrow," METHOD ")->result<_,_>", request_set_method},
    {M("outgoing-request.path-with-query"), "(borrow)->option<string>", request_path},
    {M("outgoing-request.set-path-with-query"), "(borrow,option<string>)->result<_,_>",
     request_set_path},
    {M("outgoing-request.scheme"), "(borrow)->" SCHEME, request_scheme},
    {M("outgoing-request.set-scheme"), "(borrow," SCHEME ")->result<_,_>", request_set_scheme},
    {M("outgoing-request.authority"), "(borrow)->option<string>", request_authority},
    {M("outgoing-request.set-authority"), "(borrow,option<string>)->result<_,_>",
     request_set_authority},
    {M("outgoing-request.headers"), "(borrow)->own", request_headers},
    {"[constructor]request-options", "()->own", options_new},
    {M("request-options.connect-timeout"), "(borrow)->option<u64>", connect_timeout},
    {M("request-options.set-connect-timeout"), "(borrow,option<u64>)->result<_,_>",
     set_connect_timeout},
    {M("request-options.first-byte-timeout"), "(borrow)->option<u64>", first_byte_timeout},
    {M("request-options.set-first-byte-timeout"), "(borrow,option<u64>)->result<_,_>",
     set_first_byte_timeout},
    {M("request-options.between-bytes-timeout"), "(borrow)->option<u64>", between_bytes_timeout},
    {M("request-options.set-between-bytes-timeout"), "(borrow,option<u64>)->result<_,_>",
     set_between_bytes_timeout},
    {M("response-outparam.send-informational"), "(borrow,u16,own)->result<_," ERROR ">", never},
    {"[static]response-outparam.set", "(own,result<own," ERROR ">)", never},
    {M("incoming-response.status"), "(borrow)->u16", never},
    {M("incoming-response.headers"), "(borrow)->own", never},
    {M("incoming-response.consume"), "(borrow)->result<own,_>", never},
    {M("incoming-body.stream"), "(borrow)->result<own,_>", never},
    {"[static]incoming-body.finish", "(own)->own", never},
    {M("future-trailers.subscribe"), "(borrow)->own", never},
    {M("future-trailers.get"), "(borrow)->option<result<result<option<own>," ERROR ">,_>>", never},
    {"[constructor]outgoing-response", "(own)->own", response_new},
    {M("outgoing-response.status-code"), "(borrow)->u16", response_status},
    {M("outgoing-response.set-status-code"), "(borrow,u16)->result<_,_>", response_set_status},
    {M("outgoing-response.headers"), "(borrow)->own", response_headers},
    {M("outgoing-response.body"), "(borrow)->result<own,_>", response_body},
    {M("outgoing-body.write"), "(borrow)->result<own,_>", body_write},
    {"[static]outgoing-body.finish", "(own,option<own>)->result<_," ERROR ">", body_finish},
    {M("future-incoming-response.subscribe"), "(borrow)->own", never},
    {M("future-incoming-response.get"), "(borrow)->option<result<result<own," ERROR ">,_>>", never},
};
static const WasiFunc handler_funcs[] = {
    {"handle", "(own,option<own>)->result<own," ERROR ">", handle_request},
};

const WasiInterface wasi_http[2] = {
    {"wasi:http/types", types_funcs, WASI_COUNT(types_funcs),
     (const char *[]){"fields", "incoming-request", "outgoing-request", "request-options",
                      "response-outparam", "incoming-response", "incoming-body", "future-trailers",
                      "outgoing-response", "outgoing-body", "future-incoming-response", NULL}},
    {"wasi:http/outgoing-handler", handler_funcs, WASI_COUNT(handler_funcs), NULL},
};
