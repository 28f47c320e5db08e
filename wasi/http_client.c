/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Outgoing requests. What the guest asks for is checked, its host is resolved by us, and only addresses
 * that the rules grant are ever connected to: a name leads nowhere that it has not been seen to lead
 * to, and nothing is decided on what an answer says (redirects are the guest's business).
 *
 *     handle ──> LOOKUP ──> READY ──> RUNNING ──> DONE
 *                  │ addresses, by the rules        │ the guest's future and body have it all
 *
 * The machine moves when the host wakes up, and when a guest asks whether something is ready. The
 * response's lines are read here as the codec reads them (http1.h), so that what libcurl would let
 * pass is refused, too.
 */
#include "wasi/http_client.h"

#include <stdlib.h>

struct WasiClient {
    Wasi *wasi;
    WasiTransfers *transfers;
    WasiExchange *first;
    size_t count;
    uint64_t steps; /* that something has come or gone */
    uint64_t seen;  /* of them, when the guest was last woken */
    bool is_bound;  /* a connection may stand for who has used it */
};

enum {
    MAX_TARGET = 16 << 10,
    MAX_LINE = 16 << 10, /* of what comes; a field that is sent may be longer */
    MAX_SENT_FIELD = 32 << 10,
    MAX_HEAD = 64 << 10,
    MAX_HEAD_FIELDS = 256,
    MAX_INFORMATIONAL = 16,
    MAX_METHOD = 64
};
enum { GOOD = -1 };                            /* besides the cases of error-code */
static const uint64_t PATIENCE = 600000000000; /* where the guest has not said how long */

/* ---- exchanges ---- */

static void free_exchange(WasiExchange *x) {
    free(x->method);
    free(x->path);
    free(x->authority);
    wasi_fields_release(x->fields);
    wasi_fields_release(x->received);
    wasi_fields_release(x->trailers);
    wasi_body_abandon(x->upload);
    wasi_body_leave(x->download);
    wasi_body_abandon(x->incoming);
    wasi_lookup_drop(x->lookup);
    free(x);
}

static void enlist(WasiClient *client, WasiExchange *x) {
    x->client = client;
    x->next = client->first;
    x->link = &client->first;
    if (x->next) x->next->link = &x->next;
    client->first = x;
    client->count++;
}

static void let_go(WasiExchange *x) {
    if (!x->link && !x->has_future) free_exchange(x);
}

/* It is over: the guest's body ends, and nobody reads the request's body any more. */
static void settle(WasiExchange *x) {
    if (x->state == EXCHANGE_DONE) return;
    x->state = EXCHANGE_DONE;
    x->client->steps++;
    wasi_transfer_stop(x);
    wasi_body_abandon(x->upload);
    x->upload = NULL;
    if (x->download && x->has_failed) wasi_body_fail(x->download, x->error);
    HttpFields trailers = x->trailers ? wasi_fields_view(x->trailers) : (HttpFields){0};
    if (x->download) wasi_body_finish(x->download, &trailers);
    *x->link = x->next;
    if (x->next) x->next->link = x->link;
    x->link = NULL;
    x->client->count--;
    let_go(x);
}

void wasi_exchange_fail(WasiExchange *x, HttpError error) {
    if (!x->has_failed) x->error = error;
    x->has_failed = true;
}

static void give_up(WasiExchange *x, HttpErrorCode code) {
    wasi_exchange_fail(x, http_error(code));
    settle(x);
}

void wasi_exchange_end(WasiExchange *x) {
    if (!x->has_head)
        wasi_exchange_fail(
            x, http_error(x->in_head ? HTTP_RESPONSE_INCOMPLETE : HTTP_CONNECTION_TERMINATED));
    settle(x);
}

static uint64_t in(uint64_t ns) {
    uint64_t now = wasi_now();
    return ns < UINT64_MAX - now ? now + ns : UINT64_MAX;
}

void wasi_exchange_wait(WasiExchange *x, int timeout) {
    x->client->steps++;
    x->deadline = in(x->timeouts[timeout]);
}

/* ---- what comes ---- */

static bool refuse(WasiExchange *x, HttpError error) {
    wasi_exchange_fail(x, error);
    return false;
}

static bool protocol_error(WasiExchange *x) { return refuse(x, http_error(HTTP_PROTOCOL_ERROR)); }

/* status-line = "HTTP/" version SP 3DIGIT ... */
static bool begin_head(WasiExchange *x, Str line) {
    size_t space = str_find(line, ' ', 0);
    if (!str_starts(line, STR("HTTP/")) || line.len - space < 4) return protocol_error(x);
    x->status = 0;
    for (size_t i = 1; i <= 3; i++) {
        char c = line.ptr[space + i];
        if (c < '0' || c > '9') return protocol_error(x);
        x->status = x->status * 10 + (unsigned)(c - '0');
    }
    wasi_fields_release(x->received);
    x->received = wasi_fields_new(x->client->wasi);
    if (!x->received) return refuse(x, http_error(HTTP_INTERNAL_ERROR));
    x->in_head = true;
    x->is_chunked = x->has_length = false;
    x->head_bytes = x->head_count = 0;
    return x->status >= 100 || protocol_error(x);
}

/* More than ASCII: in an authority, a name that is to be translated; what a server says need not even
 * be UTF-8 then. */
static bool is_foreign(Str s) {
    for (size_t i = 0; i < s.len; i++)
        if ((uint8_t)s.ptr[i] >= 0x80) return true;
    return false;
}

/* The fields that frame the message are the connection's, but they must be sound. */
static bool check_framing(WasiExchange *x, Str name, Str value) {
    if (http1_same_name(name, STR("transfer-encoding"))) {
        Str coding = is_foreign(value) ? STR("") : value;
        if (x->is_chunked || !http1_same_name(value, STR("chunked")))
            return refuse(x, http_error_text(HTTP_RESPONSE_TRANSFER_CODING, coding));
        x->is_chunked = true;
    } else if (http1_same_name(name, STR("content-length"))) {
        if (x->has_length) return protocol_error(x);
        x->has_length = true;
    }
    return !(x->is_chunked && x->has_length) || protocol_error(x);
}

/* field-line = field-name ":" OWS field-value OWS, of a head or of trailers */
static bool take_field(WasiExchange *x, Str line, bool is_trailer) {
    WasiFieldList **list = is_trailer ? &x->trailers : &x->received;
    size_t colon = str_find(line, ':', 0);
    Str name = str_from_to(line, 0, colon);
    if (colon == SIZE_MAX || !http1_is_token(name)) return protocol_error(x);
    if (line.len > MAX_LINE)
        return refuse(
            x, http_error_field(is_trailer ? HTTP_RESPONSE_TRAILER_SIZE : HTTP_RESPONSE_HEADER_SIZE,
                                name, line.len));
    x->head_bytes += line.len;
    if (x->head_bytes > (is_trailer ? HTTP_MAX_TRAILERS : MAX_HEAD) ||
        ++x->head_count > MAX_HEAD_FIELDS)
        return refuse(x, http_error_size(is_trailer ? HTTP_RESPONSE_TRAILER_SECTION_SIZE
                                                    : HTTP_RESPONSE_HEADER_SECTION_SIZE,
                                         x->head_bytes));
    Str value = http1_trim(str_after(line, colon + 1));
    if (!http1_is_value(value)) return protocol_error(x);
    if (is_trailer && http1_is_forbidden_trailer(name)) return protocol_error(x);
    if (!is_trailer && !check_framing(x, name, value)) return false;
    if (http1_is_connection_field(name)) return true;
    if (!*list) *list = wasi_fields_new(x->client->wasi);
    bool added = *list && wasi_fields_add(*list, name, value);
    return added || refuse(x, http_error(HTTP_INTERNAL_ERROR));
}

static bool end_head(WasiExchange *x) {
    uint64_t length;
    x->in_head = false;
    if (x->status == 101) return refuse(x, http_error(HTTP_UPGRADE_FAILED));
    if (x->status < 200) return ++x->informational <= MAX_INFORMATIONAL || protocol_error(x);
    if (!wasi_fields_length(x->received, &length)) return protocol_error(x);
    x->download = x->incoming = wasi_body_new(WASI_BODY_CAPACITY);
    if (!x->download) return refuse(x, http_error(HTTP_INTERNAL_ERROR));
    wasi_body_charge(x->download, wasi_budget(x->client->wasi));
    x->has_head = true;
    x->head_bytes = x->head_count = 0;
    return true;
}

bool wasi_exchange_line(WasiExchange *x, Str line) {
    if (x->has_failed) return false;
    wasi_exchange_wait(x, WAIT_BETWEEN_BYTES);
    if (!str_ends(line, STR("\r\n"))) return protocol_error(x);
    line.len -= 2;
    if (!x->has_head && !x->in_head) return begin_head(x, line);
    if (line.len) return take_field(x, line, x->has_head);
    return x->has_head || end_head(x);
}

/* ---- what is asked for ---- */

static bool keep(char **where, Str a, Str b) {
    *where = malloc(a.len + b.len + 1);
    if (!*where) return false;
    if (a.len) memcpy(*where, a.ptr, a.len);
    if (b.len) memcpy(*where + a.len, b.ptr, b.len);
    (*where)[a.len + b.len] = 0;
    return true;
}

/* authority = host [ ":" port ]; GOOD, or what is wrong */
static int read_authority(WasiExchange *x, Str said) {
    if (!http1_is_authority(said) && !is_foreign(said)) return HTTP_REQUEST_URI_INVALID;
    size_t colon = str_rfind(said, ':');
    Str host = said, digits = {0};
    if (colon != SIZE_MAX && said.ptr[said.len - 1] != ']') {
        host = str_from_to(said, 0, colon);
        digits = str_after(said, colon + 1);
    }
    uint32_t port = digits.len ? 0 : x->is_tls ? 443 : 80;
    for (size_t i = 0; i < digits.len && port <= UINT16_MAX; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9') return HTTP_REQUEST_URI_INVALID;
        port = port * 10 + (uint32_t)(digits.ptr[i] - '0');
    }
    if (port == 0 || port > UINT16_MAX) return HTTP_REQUEST_URI_INVALID;
    x->port = (uint16_t)port;
    WasiHost kind = wasi_read_host(host, x->host, &x->addresses[0]);
    if (kind == WASI_HOST_NAME) return GOOD;
    if (kind != WASI_HOST_ADDRESS) return HTTP_REQUEST_URI_INVALID;
    x->host[0] = 0;
    x->addresses[0].port = x->port;
    x->address_count = 1;
    return GOOD;
}

/* Host has the name as the DNS has it: read_authority has found it. */
static int translate_authority(WasiExchange *x) {
    char *said = x->authority;
    size_t colon = str_rfind(str_from(said), ':');
    Str port = colon == SIZE_MAX ? STR("") : str_after(str_from(said), colon);
    bool kept = keep(&x->authority, str_from(x->host), port);
    free(said);
    return kept ? GOOD : HTTP_INTERNAL_ERROR;
}

static int read_target(WasiExchange *x, const WasiMessage *request) {
    Str method = wasi_message_method(request), path = str_from(request->path);
    bool whole = str_is(path, "*") && str_is(method, "OPTIONS");
    bool rooted = whole || (path.len && path.ptr[0] == '/');
    x->is_tls = !request->has_scheme || request->scheme == 1;
    if (request->has_scheme && request->scheme == HTTP_SCHEME_OTHER) return HTTP_PROTOCOL_ERROR;
    if (str_is(method, "CONNECT") || method.len > MAX_METHOD) return HTTP_REQUEST_METHOD_INVALID;
    if (path.len > MAX_TARGET) return HTTP_REQUEST_URI_TOO_LONG;
    if (!rooted && path.len && path.ptr[0] != '?') return HTTP_REQUEST_URI_INVALID;
    if (!keep(&x->method, method, STR("")) || !keep(&x->path, rooted ? STR("") : STR("/"), path) ||
        !keep(&x->authority, str_from(request->authority), STR("")))
        return HTTP_INTERNAL_ERROR;
    if (!whole && !http1_is_path(str_from(x->path))) return HTTP_REQUEST_URI_INVALID;
    int wrong = read_authority(x, str_from(request->authority));
    return wrong == GOOD && is_foreign(str_from(x->authority)) ? translate_authority(x) : wrong;
}

/* ---- where to ---- */

/* Whether a rule grants that port wherever it is: then the name tells nobody more than the address. */
static bool is_everywhere(const WasiExchange *x) {
    WasiNet *net = wasi_net(x->client->wasi);
    for (size_t i = 0; i < net->rule_count; i++) {
        const WasiNetRule *rule = &net->rules[i];
        if (rule->use == WASI_NET_TCP && rule->host == WASI_NET_ANY && x->port >= rule->first &&
            x->port <= rule->last)
            return true;
    }
    return false;
}

static bool is_granted(const WasiExchange *x, const WasiAddress *address) {
    WasiAddress plain = *address;
    wasi_unmap(&plain);
    plain.port = address->port;
    return wasi_net_allows(wasi_net(x->client->wasi), WASI_NET_TCP, &plain);
}

bool wasi_exchange_may_connect(const WasiExchange *x, const WasiAddress *address) {
    for (size_t i = 0; i < x->address_count; i++)
        if (x->addresses[i].port == address->port && wasi_same_host(&x->addresses[i], address))
            return true;
    return false;
}

/* What the system tells of an answer of the DNS: its code, as far as that can be known. */
static HttpError lookup_error(NetError error) {
    switch (error) {
    case NET_NAME_UNRESOLVABLE: return http_error_text(HTTP_DNS_ERROR, STR("NXDOMAIN"));
    case NET_TEMPORARY_RESOLVER_FAILURE: return http_error_text(HTTP_DNS_ERROR, STR("SERVFAIL"));
    case NET_OUT_OF_MEMORY: return http_error(HTTP_CONNECTION_LIMIT_REACHED);
    default: return http_error(HTTP_DNS_ERROR);
    }
}

static void tell_denied(const Wasi *wasi, const WasiExchange *x) {
    if (x->host[0]) wasi_request_denied(wasi, x->host, x->port);
    else wasi_net_denied(wasi, WASI_NET_TCP, &x->addresses[0]);
}

/* The lookup has ended: which of the addresses are granted? */
static void take_addresses(WasiExchange *x) {
    const WasiAddress *found;
    size_t count;
    NetError fault = wasi_lookup_result(x->client->wasi, x->lookup, &found, &count);
    for (size_t i = 0; fault == NET_OK && i < count && x->address_count < MAX_ADDRESSES; i++) {
        WasiAddress address = found[i];
        address.port = x->port;
        if (is_granted(x, &address)) x->addresses[x->address_count++] = address;
    }
    x->state = EXCHANGE_READY;
    if (wasi_lookup_is_bare(x->lookup))
        wasi_exchange_fail(x, http_error(HTTP_DESTINATION_NOT_FOUND));
    else if (fault != NET_OK) wasi_exchange_fail(x, lookup_error(fault));
    else if (x->address_count == 0) {
        tell_denied(x->client->wasi, x);
        wasi_exchange_fail(x, http_error(HTTP_DESTINATION_IP_PROHIBITED));
    }
    wasi_lookup_drop(x->lookup);
    x->lookup = NULL;
    if (x->has_failed) settle(x);
}

/* The way there, so far as it can be told at once. */
static bool find_way(WasiExchange *x, HttpError *error) {
    Wasi *wasi = x->client->wasi;
    bool is_name = x->host[0];
    bool granted = is_name ? wasi_net_resolves(wasi_net(wasi), x->host) || is_everywhere(x)
                           : is_granted(x, &x->addresses[0]);
    if (!granted) {
        *error = http_error(is_name ? HTTP_REQUEST_DENIED : HTTP_DESTINATION_IP_PROHIBITED);
        tell_denied(wasi, x);
        return false;
    }
    x->state = EXCHANGE_READY;
    if (!is_name) return true;
    x->state = EXCHANGE_LOOKUP;
    NetError fault = wasi_lookup_start(wasi, x->host, &x->lookup);
    if (fault == NET_TEMPORARY_RESOLVER_FAILURE) fault = NET_OUT_OF_MEMORY; /* too many at once */
    *error = lookup_error(fault);
    return fault == NET_OK;
}

/* ---- sending ---- */

static WasiClient *client_of(Wasi *wasi) {
    WasiClient **client = wasi_client(wasi);
    if (*client) return *client;
    WasiClient *made = calloc(1, sizeof *made);
    WasiTransfers *transfers = made ? wasi_transfers_new() : NULL;
    if (!transfers) {
        free(made);
        return NULL;
    }
    *made = (WasiClient){.wasi = wasi, .transfers = transfers};
    return *client = made;
}

void wasi_client_free(WasiClient *client) {
    if (!client) return;
    while (client->first) give_up(client->first, HTTP_CONNECTION_TERMINATED);
    wasi_transfers_free(client->transfers);
    free(client);
}

WasiClient *wasi_client_rewind(WasiClient *client) {
    while (client && client->first) give_up(client->first, HTTP_CONNECTION_TERMINATED);
    if (!client || !client->is_bound) return client;
    wasi_client_free(client);
    return NULL;
}

/* Servers take these once for all that follows in the same connection (RFC 4559). */
static bool binds_connection(const WasiFieldList *fields) {
    for (size_t i = 0; i < fields->len; i++) {
        Str name = fields->at[i].name, value = http1_trim(fields->at[i].value);
        Str scheme = str_from_to(value, 0, str_find(value, ' ', 0));
        if (http1_same_name(name, STR("authorization")) &&
            (http1_same_name(scheme, STR("negotiate")) || http1_same_name(scheme, STR("ntlm"))))
            return true;
    }
    return false;
}

/* What is sent, and its length; the body's reader goes over. */
static bool take_request(WasiExchange *x, WasiMessage *request, HttpError *error) {
    x->fields = request->list;
    x->fields->refs++;
    int wrong = read_target(x, request);
    if (wrong != GOOD) {
        *error = http_error((HttpErrorCode)wrong);
        return false;
    }
    if (!wasi_fields_fit(x->fields, MAX_SENT_FIELD, HTTP_REQUEST_HEADER_SIZE, MAX_HEAD, error))
        return false;
    *error = http_error(HTTP_PROTOCOL_ERROR);
    if (!wasi_fields_length(x->fields, &x->length)) return false;
    *error = http_error_size(HTTP_REQUEST_BODY_SIZE, 0);
    if (!request->has_body && x->length != HTTP1_UNKNOWN_LENGTH && x->length > 0) return false;
    x->upload = request->body;
    request->body = NULL;
    return true;
}

static void set_timeouts(WasiExchange *x, const WasiRequestOptions *options) {
    for (int i = 0; i < 3; i++)
        x->timeouts[i] = options && options->has[i] ? options->ns[i] : PATIENCE;
    wasi_exchange_wait(x, WAIT_CONNECT);
    x->end = in(wasi_limits(x->client->wasi)->max_exchange);
}

/* No request at all is granted: then it does not matter whether this one is sound. */
static bool is_denied(Wasi *wasi, const WasiMessage *request) {
    if (wasi_net_has(wasi_net(wasi), WASI_NET_TCP)) return false;
    WasiExchange x = {.is_tls = !request->has_scheme || request->scheme == 1};
    if (read_authority(&x, str_from(request->authority)) == GOOD) tell_denied(wasi, &x);
    return true;
}

WasiExchange *wasi_http_send(Wasi *wasi, WasiMessage *request, const WasiRequestOptions *options,
                             HttpError *error) {
    *error = http_error(HTTP_REQUEST_DENIED);
    if (is_denied(wasi, request)) return NULL;
    *error = http_error(HTTP_CONFIGURATION_ERROR);
    bool is_real = wasi_system(wasi)->sockets == &wasi_linux_sockets; /* libcurl knows no other */
    if (!is_real || !wasi_transfers_available()) return NULL;
    *error = http_error_text(HTTP_INTERNAL_ERROR, STR("out of memory"));
    WasiClient *client = client_of(wasi);
    WasiExchange *x = client ? calloc(1, sizeof *x) : NULL;
    if (!x) return NULL;
    x->client = client;
    set_timeouts(x, options);
    bool good = take_request(x, request, error);
    if (client->count >= wasi_limits(wasi)->max_requests) wasi_client_pump(client);
    if (good && client->count >= wasi_limits(wasi)->max_requests) {
        *error = http_error(HTTP_CONNECTION_LIMIT_REACHED);
        good = false;
    }
    if (!good || !find_way(x, error)) {
        free_exchange(x);
        return NULL;
    }
    client->is_bound |= binds_connection(x->fields);
    enlist(client, x);
    x->has_future = true;
    return x;
}

bool wasi_exchange_is_ready(const WasiExchange *x) { return x->has_head || x->has_failed; }

VmStatus wasi_exchange_take(VmThread *thread, Wasi *wasi, WasiExchange *x, AbiValue *out,
                            Arena *scratch) {
    x->is_told = true;
    if (!x->has_head) return wasi_http_err(out, &x->error, scratch);
    WasiMessage *m = wasi_message_incoming(thread, wasi, WASI_INCOMING_RESPONSE, x->received,
                                           x->incoming, wasi_case(out, 0, 1, scratch));
    x->received = NULL;
    x->incoming = NULL;
    if (!m) return VM_TRAP;
    m->status = x->status;
    return VM_DONE;
}

void wasi_exchange_forget(WasiExchange *x) {
    x->has_future = false;
    if (x->link && !x->is_told) give_up(x, HTTP_CONNECTION_TERMINATED);
    else let_go(x);
}

/* ---- the loop ---- */

static void start(WasiExchange *x) {
    WasiBodyState state = x->upload ? wasi_body_state(x->upload) : WASI_BODY_FINISHED;
    bool is_empty = x->upload && state == WASI_BODY_FINISHED &&
                    wasi_body_trailers(x->upload).len == 0 &&
                    (x->length == 0 || x->length == HTTP1_UNKNOWN_LENGTH);
    if (is_empty) {
        wasi_body_abandon(x->upload);
        x->upload = NULL;
    }
    if (state == WASI_BODY_FAILED) wasi_exchange_fail(x, *wasi_body_error(x->upload));
    else if (x->upload && str_is(str_from(x->method), "HEAD"))
        wasi_exchange_fail(x, http_error(HTTP_REQUEST_METHOD_INVALID));
    else if (!wasi_transfer_start(x->client->transfers, x))
        wasi_exchange_fail(x, http_error_text(HTTP_INTERNAL_ERROR, STR("out of memory")));
    x->state = EXCHANGE_RUNNING;
    if (x->has_failed) settle(x);
}

/* Whose fault it is that nothing has happened for so long. */
static HttpErrorCode timed_out(const WasiExchange *x) {
    if (x->state == EXCHANGE_LOOKUP) return HTTP_DNS_TIMEOUT;
    if (!x->is_connected) return HTTP_CONNECTION_TIMEOUT;
    bool stuck = x->upload && wasi_body_queued(x->upload) && !x->has_head;
    return stuck ? HTTP_CONNECTION_WRITE_TIMEOUT : HTTP_CONNECTION_READ_TIMEOUT;
}

/* Nobody wants the response any more, or it does not come. */
static bool is_over(WasiExchange *x, uint64_t now) {
    if (x->download && wasi_body_is_abandoned(x->download)) {
        give_up(x, HTTP_CONNECTION_TERMINATED);
        return true;
    }
    if (x->end <= now) {
        give_up(x, HTTP_RESPONSE_TIMEOUT);
        return true;
    }
    if (x->deadline > now) return false;
    if (x->state == EXCHANGE_RUNNING && wasi_transfer_is_paused(x)) {
        x->deadline = UINT64_MAX; /* it is the guest who does not go on: until it does */
        return false;
    }
    give_up(x, timed_out(x));
    return true;
}

static void move(WasiExchange *x) {
    bool found = x->state == EXCHANGE_LOOKUP && wasi_lookup_event(x->lookup) < 0;
    if (x->state == EXCHANGE_READY) wasi_exchange_wait(x, WAIT_CONNECT);
    if (!found && is_over(x, wasi_now())) return;
    if (found) take_addresses(x);
    else if (x->state == EXCHANGE_READY) start(x);
    else if (x->state == EXCHANGE_RUNNING) {
        wasi_transfer_continue(x);
        if (x->has_failed) settle(x); /* what was held back meanwhile has been refused */
    }
}

static uint64_t next_time(const WasiExchange *x) {
    return x->deadline < x->end ? x->deadline : x->end;
}

/* The guest may have been busy meanwhile: what has come in time counts. */
static void look_again(WasiClient *client) {
    const WasiExchange *x = client->first;
    uint64_t now = wasi_now();
    while (x && (x->state != EXCHANGE_RUNNING || next_time(x) > now)) x = x->next;
    if (x) wasi_transfers_pump(client->transfers);
}

void wasi_client_pump(WasiClient *client) {
    if (!client || !client->first) return;
    look_again(client);
    for (WasiExchange *x = client->first, *next; x; x = next) {
        next = x->next;
        move(x);
    }
    wasi_transfers_pump(client->transfers);
}

void wasi_client_wake(WasiClient *client) {
    if (!client) return;
    wasi_client_pump(client);
    client->seen = client->steps;
}

static void want(WasiClient *client, const WasiExchange *x) {
    int event = x->state == EXCHANGE_LOOKUP ? wasi_lookup_event(x->lookup) : -1;
    bool waits = x->state == EXCHANGE_RUNNING || event >= 0;
    if (event >= 0) wasi_want_fd(client->wasi, event, POLLIN);
    wasi_want_real_time(client->wasi, waits ? next_time(x) : 0);
}

/* What has happened since the guest was woken, also while it asked, it may not know. */
void wasi_client_want(WasiClient *client) {
    if (!client) return;
    wasi_client_pump(client);
    if (client->steps != client->seen) wasi_want_real_time(client->wasi, 0);
    if (!client->first) return;
    for (const WasiExchange *x = client->first; x; x = x->next) want(client, x);
    wasi_transfers_want(client->transfers, client->wasi);
}
