/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Bodies under way: a ring of bytes that grows up to its capacity, and an end that is told once the
 * ring is empty.
 *
 *     at:  |....#########......|      # queued: `len` bytes from `start` on, around the end
 *              ^start
 *
 * Trailers are copied into one block: the table, then the texts.
 */
#include "wasi/body.h"

#include <stdlib.h>

struct WasiBody {
    uint8_t *at;
    size_t cap, start, len, most;
    bool has_writer, has_reader, discards;
    WasiBodyState end; /* as the writer has told it */
    HttpError error;
    HttpFields trailers;
    WasiBudget *budget;
};

enum { FIRST = 4096 };

/* ---- budgets ---- */

WasiBudget *wasi_budget_new(uint64_t bytes) {
    WasiBudget *budget = malloc(sizeof *budget);
    if (budget) *budget = (WasiBudget){1, bytes};
    return budget;
}

void wasi_budget_release(WasiBudget *budget) {
    if (budget && --budget->refs == 0) free(budget);
}

bool wasi_budget_take(WasiBudget *budget, uint64_t n) {
    if (!budget) return true;
    if (n > budget->left) return false;
    budget->left -= n;
    return true;
}

void wasi_budget_give(WasiBudget *budget, uint64_t n) {
    if (budget) budget->left += n;
}

/* ---- both sides ---- */

WasiBody *wasi_body_new(size_t capacity) {
    WasiBody *body = calloc(1, sizeof *body);
    if (body) *body = (WasiBody){.most = capacity, .has_writer = true, .has_reader = true};
    return body;
}

void wasi_body_charge(WasiBody *body, WasiBudget *budget) {
    budget->refs++;
    body->budget = budget;
}

static void free_bytes(WasiBody *body) {
    wasi_budget_give(body->budget, body->cap);
    free(body->at);
    body->at = NULL;
    body->cap = body->start = body->len = 0;
}

static void let_go(WasiBody *body) {
    if (body->has_writer || body->has_reader) return;
    free_bytes(body);
    free((void *)(uintptr_t)body->trailers.at);
    wasi_budget_release(body->budget);
    free(body);
}

/* ---- the writer ---- */

size_t wasi_body_room(const WasiBody *body) {
    if (body->end != WASI_BODY_OPEN) return 0;
    return body->discards ? body->most : body->most - body->len;
}

/* Copies `n` queued bytes from the `from`th on, or to there. */
static void read_ring(const WasiBody *body, uint8_t *to, size_t n) {
    size_t first = body->cap - body->start < n ? body->cap - body->start : n;
    if (first) memcpy(to, body->at + body->start, first);
    if (n > first) memcpy(to + first, body->at, n - first);
}

static bool make_room(WasiBody *body, size_t n) {
    if (body->len + n <= body->cap) return true;
    size_t cap = body->cap ? body->cap : FIRST;
    while (cap < body->len + n) cap *= 2;
    if (cap > body->most) cap = body->most;
    if (!wasi_budget_take(body->budget, cap - body->cap)) return false;
    uint8_t *more = malloc(cap);
    if (!more) {
        wasi_budget_give(body->budget, cap - body->cap);
        return false;
    }
    read_ring(body, more, body->len);
    free(body->at);
    body->at = more;
    body->cap = cap;
    body->start = 0;
    return true;
}

size_t wasi_body_put(WasiBody *body, const void *bytes, size_t n) {
    size_t room = wasi_body_room(body);
    if (n > room) n = room;
    if (!n || body->discards) return n;
    if (!make_room(body, n)) {
        wasi_body_fail(body, http_error_text(HTTP_INTERNAL_ERROR, STR("out of memory")));
        return 0;
    }
    size_t end = (body->start + body->len) % body->cap;
    size_t first = body->cap - end < n ? body->cap - end : n;
    memcpy(body->at + end, bytes, first);
    if (n > first) memcpy(body->at, (const uint8_t *)bytes + first, n - first);
    body->len += n;
    return n;
}

static Str put_text(char **to, Str text) {
    Str copy = {*to, text.len};
    if (text.len) memcpy(*to, text.ptr, text.len);
    *to += text.len;
    return copy;
}

static bool copy_fields(HttpFields *to, const HttpFields *from) {
    size_t size = from->len * sizeof *from->at;
    for (size_t i = 0; i < from->len; i++) size += from->at[i].name.len + from->at[i].value.len;
    Http1Field *copy = malloc(size + 1);
    if (!copy) return false;
    char *texts = (char *)(copy + from->len);
    for (size_t i = 0; i < from->len; i++) {
        copy[i].name = put_text(&texts, from->at[i].name);
        copy[i].value = put_text(&texts, from->at[i].value);
    }
    *to = (HttpFields){copy, from->len};
    return true;
}

void wasi_body_finish(WasiBody *body, const HttpFields *trailers) {
    if (body->end != WASI_BODY_OPEN) return;
    bool has = trailers && trailers->len && body->has_reader;
    if (has && !copy_fields(&body->trailers, trailers))
        wasi_body_fail(body, http_error_text(HTTP_INTERNAL_ERROR, STR("out of memory")));
    else body->end = WASI_BODY_FINISHED;
}

void wasi_body_fail(WasiBody *body, HttpError error) {
    if (body->end != WASI_BODY_OPEN) return;
    body->end = WASI_BODY_FAILED;
    body->error = error;
}

bool wasi_body_is_abandoned(const WasiBody *body) { return !body->has_reader; }

void wasi_body_leave(WasiBody *body) {
    if (!body) return;
    wasi_body_fail(body, http_error(HTTP_PROTOCOL_ERROR));
    body->has_writer = false;
    let_go(body);
}

/* ---- the reader ---- */

Str wasi_body_peek(const WasiBody *body) {
    size_t first = body->cap - body->start < body->len ? body->cap - body->start : body->len;
    return (Str){first ? (const char *)body->at + body->start : NULL, first};
}

void wasi_body_take(WasiBody *body, size_t n) {
    if (n > body->len) n = body->len;
    body->len -= n;
    body->start = body->len ? (body->start + n) % body->cap : 0;
}

size_t wasi_body_queued(const WasiBody *body) { return body->len; }

WasiBodyState wasi_body_state(const WasiBody *body) {
    return body->len ? WASI_BODY_OPEN : body->end;
}

bool wasi_body_is_whole(const WasiBody *body) { return body->end == WASI_BODY_FINISHED; }

HttpFields wasi_body_trailers(const WasiBody *body) { return body->trailers; }
const HttpError *wasi_body_error(const WasiBody *body) { return &body->error; }

void wasi_body_discard(WasiBody *body) {
    body->discards = true;
    free_bytes(body);
}

void wasi_body_abandon(WasiBody *body) {
    if (!body) return;
    wasi_body_discard(body);
    body->has_reader = false;
    let_go(body);
}
