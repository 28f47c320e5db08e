/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The error-code of wasi:http: its 39 cases have eight kinds of payload, which all fit into a number
 * and a text that may be there.
 */
#include "wasi/http_types.h"

typedef enum {
    NOTHING,
    TEXT,       /* option<string> */
    NUMBER,     /* option<u64>, option<u32> */
    TEXT_FIRST, /* record { option<string>, option<number> } */
    NUMBER_FIRST,
    OPTION_TEXT_FIRST
} Payload;

static Payload payload_of(HttpErrorCode code) {
    switch (code) {
    case HTTP_DNS_ERROR:
    case HTTP_REQUEST_TRAILER_SIZE:
    case HTTP_RESPONSE_HEADER_SIZE:
    case HTTP_RESPONSE_TRAILER_SIZE: return TEXT_FIRST;
    case HTTP_TLS_ALERT_RECEIVED: return NUMBER_FIRST;
    case HTTP_REQUEST_HEADER_SIZE: return OPTION_TEXT_FIRST;
    case HTTP_REQUEST_BODY_SIZE:
    case HTTP_REQUEST_HEADER_SECTION_SIZE:
    case HTTP_REQUEST_TRAILER_SECTION_SIZE:
    case HTTP_RESPONSE_HEADER_SECTION_SIZE:
    case HTTP_RESPONSE_BODY_SIZE:
    case HTTP_RESPONSE_TRAILER_SECTION_SIZE: return NUMBER;
    case HTTP_RESPONSE_TRANSFER_CODING:
    case HTTP_RESPONSE_CONTENT_CODING:
    case HTTP_INTERNAL_ERROR: return TEXT;
    default: return NOTHING;
    }
}

HttpError http_error_size(HttpErrorCode code, uint64_t size) {
    return (HttpError){.code = code, .has_number = true, .number = size};
}

HttpError http_error_text(HttpErrorCode code, Str text) {
    HttpError error = {.code = code};
    size_t n = text.len < sizeof error.text ? text.len : sizeof error.text - 1;
    while (n && n < text.len && ((uint8_t)text.ptr[n] & 0xc0) == 0x80) n--;
    if (n) memcpy(error.text, text.ptr, n);
    return error;
}

HttpError http_error_field(HttpErrorCode code, Str name, uint64_t size) {
    HttpError error = http_error_text(code, name);
    error.has_number = true;
    error.number = size;
    return error;
}

const char *http_error_name(HttpErrorCode code) {
    static const char *const names[] = {
        "DNS-timeout",
        "DNS-error",
        "destination-not-found",
        "destination-unavailable",
        "destination-IP-prohibited",
        "destination-IP-unroutable",
        "connection-refused",
        "connection-terminated",
        "connection-timeout",
        "connection-read-timeout",
        "connection-write-timeout",
        "connection-limit-reached",
        "TLS-protocol-error",
        "TLS-certificate-error",
        "TLS-alert-received",
        "HTTP-request-denied",
        "HTTP-request-length-required",
        "HTTP-request-body-size",
        "HTTP-request-method-invalid",
        "HTTP-request-URI-invalid",
        "HTTP-request-URI-too-long",
        "HTTP-request-header-section-size",
        "HTTP-request-header-size",
        "HTTP-request-trailer-section-size",
        "HTTP-request-trailer-size",
        "HTTP-response-incomplete",
        "HTTP-response-header-section-size",
        "HTTP-response-header-size",
        "HTTP-response-body-size",
        "HTTP-response-trailer-section-size",
        "HTTP-response-trailer-size",
        "HTTP-response-transfer-coding",
        "HTTP-response-content-coding",
        "HTTP-response-timeout",
        "HTTP-upgrade-failed",
        "HTTP-protocol-error",
        "loop-detected",
        "configuration-error",
        "internal-error",
    };
    return (size_t)code < WASI_COUNT(names) ? names[code] : "internal-error";
}

static void put_text(AbiValue *option, const HttpError *error, Arena *scratch) {
    wasi_some_string(option, error->text[0], str_copy(scratch, str_from(error->text)), scratch);
}

static void put_number(AbiValue *option, const HttpError *error, Arena *scratch) {
    AbiValue *some = wasi_case(option, error->has_number, error->has_number, scratch);
    if (some) some->bits = error->number;
}

static void put_pair(AbiValue *pair, const HttpError *error, bool text_first, Arena *scratch) {
    put_text(&pair[!text_first], error, scratch);
    put_number(&pair[text_first], error, scratch);
}

void wasi_http_put_error(AbiValue *variant, const HttpError *error, Arena *scratch) {
    Payload payload = payload_of(error->code);
    static const uint32_t cells[] = {0, 1, 1, 2, 2, 1};
    AbiValue *cell = wasi_case(variant, error->code, cells[payload], scratch);
    switch (payload) {
    case NOTHING: break;
    case TEXT: put_text(cell, error, scratch); break;
    case NUMBER: put_number(cell, error, scratch); break;
    case TEXT_FIRST:
    case NUMBER_FIRST: put_pair(cell, error, payload == TEXT_FIRST, scratch); break;
    case OPTION_TEXT_FIRST: {
        bool known = error->text[0] || error->has_number;
        AbiValue *pair = wasi_case(cell, known, known ? 2 : 0, scratch);
        if (pair) put_pair(pair, error, true, scratch);
    }
    }
}

static void read_text(const AbiValue *option, HttpError *error) {
    if (!option->variant.index) return;
    HttpError said = http_error_text(error->code, wasi_str(option->variant.payload));
    memcpy(error->text, said.text, sizeof error->text);
}

static void read_number(const AbiValue *option, HttpError *error) {
    error->has_number = option->variant.index;
    if (error->has_number) error->number = option->variant.payload->bits;
}

HttpError wasi_http_read_error(const AbiValue *variant) {
    HttpError error = http_error((HttpErrorCode)variant->variant.index);
    const AbiValue *cell = variant->variant.payload;
    Payload payload = payload_of(error.code);
    if (payload == OPTION_TEXT_FIRST && !cell->variant.index) return error;
    if (payload == OPTION_TEXT_FIRST) cell = cell->variant.payload;
    bool pair = payload >= TEXT_FIRST, number_first = payload == NUMBER_FIRST;
    if (pair || payload == TEXT) read_text(&cell[pair && number_first], &error);
    if (pair || payload == NUMBER) read_number(&cell[pair && !number_first], &error);
    return error;
}

VmStatus wasi_http_err(AbiValue *result, const HttpError *error, Arena *scratch) {
    wasi_http_put_error(wasi_case(result, 1, 1, scratch), error, scratch);
    return VM_DONE;
}

WASI_HTTP_FN(error_code) {
    const WasiError *error = wasi_get(thread, context, &args[0], WASI_ERROR);
    if (!error) return VM_TRAP;
    bool known = error->medium == WASI_MEDIUM_BODY;
    AbiValue *code = wasi_case(result, known, known, scratch);
    if (code) wasi_http_put_error(code, &error->http, scratch);
    return VM_DONE;
}
