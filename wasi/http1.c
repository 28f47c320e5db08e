/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The parser of HTTP/1.1: a machine that is pulled for events.
 *
 *     START ── first line ──> FIELDS ── empty line ──┬─> LENGTH ──────────────────────────┐
 *       ^                                            ├─> SIZE <─> DATA, DATA_CR, DATA_LF  │
 *       │                                            │     └──> TRAILERS ─────────────────┤
 *       │                                            ├─> CLOSE (until the connection's end)
 *       └──────────────── END <──────────────────────┴────────────────────────────────────┘
 *                          └─> DONE (the last message), and from everywhere REFUSED
 *
 * A line is a run of characters that a line may have, and CR LF: the first other byte refuses it, at
 * once and wherever the pieces of the input end. A line that is whole in the input is read where it
 * stands; one in several pieces is put together in the parser, as far as the limits let it grow.
 * Bodies are views of the input. What is allocated follows what was received, never what was said.
 *
 * What frames a message (RFC 9112, 6) is one Content-Length of digits, or one Transfer-Encoding that
 * says `chunked` and nothing else. Anything that two readers might understand in two ways is refused.
 */
#include <stdlib.h>

#include "wasi/http1.h"

typedef enum {
    START,
    FIELDS,
    LENGTH,
    SIZE,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILERS,
    CLOSE,
    END,
    DONE,
    REFUSED
} State;

enum { MAX_SIZE_DIGITS = 16, KEPT_LINE = 4096 };

/* What is known of the message that is being read. */
typedef struct {
    unsigned minor, status;
    bool is_connect;
    bool has_host, has_length, has_coding;
    bool says_close, says_keep_alive, says_continue;
    bool is_last; /* of the connection */
    uint64_t length;
    size_t fields;     /* so many */
    size_t lines_left; /* bytes that the head, then the trailers, may still have */
    size_t extensions_left;
    uint64_t left, body_left; /* of the body or chunk; of what a body may have */
} Message;

struct Http1Parser {
    Http1Role role;
    Http1Limits limits;
    State state;
    bool is_eof;
    Http1Refusal refusal;

    char *line; /* the pieces of an unfinished line */
    size_t line_len, line_cap;
    bool has_cr; /* and its CR */

    bool is_asked, to_head, to_connect; /* a client's request is on its way */
    size_t informational;
    bool has_skipped; /* an empty line before a request */
    Message message;
    char *authority; /* of the target; and its path where that had to be made */
    size_t authority_len;
};

Http1Parser *http1_parser_new(Http1Role role, const Http1Limits *limits) {
    Http1Parser *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->role = role;
    if (limits) p->limits = *limits;
    Http1Limits *l = &p->limits;
    if (!l->line) l->line = 16 << 10;
    if (!l->head) l->head = 64 << 10;
    if (!l->fields) l->fields = 256;
    if (!l->method) l->method = 64;
    if (!l->extensions) l->extensions = 4 << 10;
    if (!l->trailers) l->trailers = 16 << 10;
    if (!l->trailer_count) l->trailer_count = 64;
    if (!l->informational) l->informational = 16;
    if (!l->body) l->body = UINT64_MAX;
    return p;
}

void http1_parser_free(Http1Parser *p) {
    if (!p) return;
    free(p->line);
    free(p->authority);
    free(p);
}

void http1_expect(Http1Parser *p, Str method) {
    p->is_asked = true;
    p->to_head = str_is(method, "HEAD");
    p->to_connect = str_is(method, "CONNECT");
    p->informational = 0;
}

void http1_eof(Http1Parser *p) { p->is_eof = true; }

static Http1EventKind refuse_field(Http1Parser *p, Http1Event *event, Http1Refusal refusal,
                                   Str name) {
    p->state = REFUSED;
    p->refusal = refusal;
    event->refused.refusal = refusal;
    event->refused.name = name;
    return event->kind = HTTP1_REFUSED;
}

static Http1EventKind refuse(Http1Parser *p, Http1Event *event, Http1Refusal refusal) {
    return refuse_field(p, event, refusal, (Str){0});
}

/* ---- lines ---- */

/* Nonzero where one of eight characters may be no text: below 0x20, or DEL. */
static uint64_t maybe_control(const char *at) {
    const uint64_t ones = 0x0101010101010101, highs = ones * 0x80;
    uint64_t x;
    memcpy(&x, at, 8);
    uint64_t del = x ^ ones * 0x7f;
    return (((x - ones * 0x20) & ~x) | ((del - ones) & ~del)) & highs;
}

/* How many bytes come before the first control character other than a tab. */
static size_t text_run(Str s) {
    size_t i = 0;
    for (;;) {
        while (s.len - i >= 8 && !maybe_control(s.ptr + i)) i += 8;
        size_t end = s.len - i < 8 ? s.len : i + 8;
        for (; i < end; i++)
            if (((uint8_t)s.ptr[i] < 0x20 && s.ptr[i] != '\t') || s.ptr[i] == 0x7f) return i;
        if (i == s.len) return i;
    }
}

/* Adds to the unfinished line; false after p->refusal was set. */
static bool keep_piece(Http1Parser *p, const char *at, size_t n) {
    if (n > p->line_cap - p->line_len) {
        size_t cap = p->line_cap ? p->line_cap : 128;
        while (cap - p->line_len < n) cap *= 2;
        char *more = realloc(p->line, cap);
        if (!more) {
            p->refusal = HTTP1_REFUSED_NO_MEMORY;
            return false;
        }
        p->line = more;
        p->line_cap = cap;
    }
    if (n) memcpy(p->line + p->line_len, at, n);
    p->line_len += n;
    return true;
}

static void skip(Str *input, size_t n) {
    if (n) input->ptr += n;
    input->len -= n;
}

typedef enum { LINE_MORE, LINE_WHOLE, LINE_LONG, LINE_WRONG } LineEnd;

/* Takes a line of up to `limit` bytes off the input. LINE_LONG: the first of its bytes are in `line`.
 * LINE_WRONG: p->refusal says why. */
static LineEnd take_line(Http1Parser *p, Str *input, size_t limit, Str *line) {
    size_t room = limit > p->line_len ? limit - p->line_len : 0;
    size_t n = p->has_cr ? 0 : text_run(*input);
    if (n > room) {
        n = room;
        if (!keep_piece(p, input->ptr, n)) return LINE_WRONG;
        *line = (Str){p->line, p->line_len};
        return LINE_LONG;
    }
    bool is_text = n == input->len, was_cr = p->has_cr;
    size_t lf = was_cr ? 0 : n + 1; /* where it belongs */
    if (!is_text && !was_cr && input->ptr[n] != '\r') {
        p->refusal = input->ptr[n] == '\n' ? HTTP1_REFUSED_BARE_LF : HTTP1_REFUSED_CONTROL;
        return LINE_WRONG;
    }
    if (is_text || lf == input->len) {
        p->has_cr = was_cr || !is_text;
        if (!keep_piece(p, input->ptr, n)) return LINE_WRONG;
        skip(input, input->len);
        return LINE_MORE;
    }
    if (input->ptr[lf] != '\n') {
        p->refusal = HTTP1_REFUSED_BARE_CR;
        return LINE_WRONG;
    }
    *line = (Str){input->ptr, n};
    if (p->line_len) {
        if (!keep_piece(p, input->ptr, n)) return LINE_WRONG;
        *line = (Str){p->line, p->line_len};
    }
    skip(input, lf + 1);
    p->line_len = 0;
    p->has_cr = false;
    return LINE_WHOLE;
}

/* The next element of a list that is separated by commas; false at its end. */
static bool next_element(Str *list, Str *element) {
    if (!list->ptr) return false;
    size_t comma = str_find(*list, ',', 0);
    *element = http1_trim(str_from_to(*list, 0, comma));
    *list = comma == SIZE_MAX ? (Str){0} : str_after(*list, comma + 1);
    return true;
}

/* ---- first lines ---- */

/* HTTP-version = "HTTP/" DIGIT "." DIGIT: 0 or 1 of HTTP/1.x, -1: another one, -2: none. */
static int read_version(Str s) {
    if (s.len != 8 || memcmp(s.ptr, "HTTP/", 5) != 0 || s.ptr[6] != '.') return -2;
    if (s.ptr[5] < '0' || s.ptr[5] > '9' || s.ptr[7] < '0' || s.ptr[7] > '9') return -2;
    return s.ptr[5] == '1' && s.ptr[7] <= '1' ? s.ptr[7] - '0' : -1;
}

/* Keeps the target's authority for the comparison with Host, and makes a path of a mere query. */
static bool keep_authority(Http1Parser *p, Str authority, Str query, Str *path) {
    p->authority = malloc(authority.len + 1 + query.len);
    if (!p->authority) return false;
    p->authority_len = authority.len;
    memcpy(p->authority, authority.ptr, authority.len);
    if (!query.len) return true;
    char *made = p->authority + authority.len;
    made[0] = '/';
    memcpy(made + 1, query.ptr, query.len);
    *path = (Str){made, query.len + 1};
    return true;
}

/* absolute-form = scheme "://" authority [ path ] [ "?" query ] */
static Http1Refusal read_absolute(Http1Parser *p, Http1Event *event) {
    Str target = event->request.target;
    size_t colon = str_find_str(target, STR("://"), 0);
    if (colon == SIZE_MAX) return HTTP1_REFUSED_TARGET;
    Str scheme = str_from_to(target, 0, colon), rest = str_after(target, colon + 3);
    size_t slash = str_find(rest, '/', 0), query = str_find(rest, '?', 0);
    size_t end = slash < query ? slash : query;
    Str authority = str_from_to(rest, 0, end), path = {0};
    if (!http1_is_scheme(scheme) || !http1_is_authority(authority)) return HTTP1_REFUSED_TARGET;
    Str made = str_is(event->request.method, "OPTIONS") ? STR("*") : STR("/");
    if (end != SIZE_MAX) path = str_after(rest, end);
    bool is_query = path.len && path.ptr[0] == '?';
    if (!keep_authority(p, authority, is_query ? path : (Str){0}, &path))
        return HTTP1_REFUSED_NO_MEMORY;
    if (path.len && !http1_is_path(path)) return HTTP1_REFUSED_TARGET;
    event->request.form = HTTP1_ABSOLUTE;
    event->request.scheme = scheme;
    event->request.authority = authority;
    event->request.path = path.len ? path : made;
    return HTTP1_GOOD;
}

/* authority-form = host ":" port */
static Http1Refusal read_authority(Http1Parser *p, Http1Event *event) {
    Str target = event->request.target;
    if (!http1_has_port(target)) return HTTP1_REFUSED_TARGET;
    if (!keep_authority(p, target, (Str){0}, NULL)) return HTTP1_REFUSED_NO_MEMORY;
    event->request.form = HTTP1_AUTHORITY;
    event->request.authority = target;
    event->request.path = (Str){0};
    return HTTP1_GOOD;
}

static Http1Refusal read_target(Http1Parser *p, Http1Event *event) {
    Str target = event->request.target;
    event->request.scheme = event->request.authority = (Str){0};
    event->request.path = target;
    if (p->message.is_connect) return read_authority(p, event);
    if (str_is(target, "*")) {
        event->request.form = HTTP1_ASTERISK;
        return str_is(event->request.method, "OPTIONS") ? HTTP1_GOOD : HTTP1_REFUSED_TARGET;
    }
    if (target.ptr[0] != '/') return read_absolute(p, event);
    event->request.form = HTTP1_ORIGIN;
    return http1_is_path(target) ? HTTP1_GOOD : HTTP1_REFUSED_TARGET;
}

/* request-line = method SP request-target SP HTTP-version */
static Http1Refusal read_request_line(Http1Parser *p, Str line, Http1Event *event) {
    size_t first = str_find(line, ' ', 0);
    size_t second = first == SIZE_MAX ? first : str_find(line, ' ', first + 1);
    if (!first || second == SIZE_MAX || second == first + 1) return HTTP1_REFUSED_REQUEST_LINE;
    event->kind = HTTP1_REQUEST;
    event->request.method = str_from_to(line, 0, first);
    event->request.target = str_from_to(line, first + 1, second);
    int minor = read_version(str_after(line, second + 1));
    if (minor == -2) return HTTP1_REFUSED_REQUEST_LINE;
    if (!http1_is_token(event->request.method)) return HTTP1_REFUSED_METHOD;
    if (minor < 0) return HTTP1_REFUSED_VERSION;
    if (first > p->limits.method) return HTTP1_REFUSED_METHOD_LONG;
    p->message.minor = event->request.minor = (unsigned)minor;
    p->message.is_connect = str_is(event->request.method, "CONNECT");
    return read_target(p, event);
}

/* status-line = HTTP-version SP 3DIGIT [ SP [ reason-phrase ] ] */
static Http1Refusal read_status_line(Http1Parser *p, Str line, Http1Event *event) {
    int minor = read_version(str_from_to(line, 0, 8));
    if (minor == -1) return HTTP1_REFUSED_VERSION;
    bool is_good = minor >= 0 && line.len >= 12 && line.ptr[8] == ' ' && line.ptr[9] >= '1' &&
                   (line.len == 12 || line.ptr[12] == ' ');
    unsigned status = 0;
    for (size_t i = 9; is_good && i < 12; i++) {
        is_good = line.ptr[i] >= '0' && line.ptr[i] <= '9';
        status = status * 10 + (unsigned)(line.ptr[i] - '0');
    }
    if (!is_good) return HTTP1_REFUSED_STATUS_LINE;
    if (status == 101) return HTTP1_REFUSED_SWITCHED;
    event->kind = HTTP1_RESPONSE;
    event->response.minor = p->message.minor = (unsigned)minor;
    event->response.status = p->message.status = status;
    event->response.is_informational = status < 200;
    event->response.reason = str_after(line, 13);
    if (status < 200 && ++p->informational > p->limits.informational)
        return HTTP1_REFUSED_INFORMATIONAL_COUNT;
    return HTTP1_GOOD;
}

static Http1EventKind more(Http1Parser *p, Http1Event *event);
static Http1EventKind end_message(Http1Parser *p, Http1Event *event);

static Http1EventKind start(Http1Parser *p, Str *input, Http1Event *event) {
    bool is_server = p->role == HTTP1_SERVER;
    if (!is_server && !p->is_asked && input->len) return refuse(p, event, HTTP1_REFUSED_UNASKED);
    Str line = {0};
    size_t limit = p->limits.line < p->limits.head ? p->limits.line : p->limits.head;
    for (;;) {
        LineEnd end = take_line(p, input, limit, &line);
        if (end == LINE_MORE) return more(p, event);
        if (end == LINE_LONG) return refuse(p, event, HTTP1_REFUSED_FIRST_LINE_LONG);
        if (end == LINE_WRONG) return refuse(p, event, p->refusal);
        if (line.len) break;
        /* Some clients end a body with an empty line too many (RFC 9112, 2.2). */
        if (!is_server || p->has_skipped) return refuse(p, event, HTTP1_REFUSED_EMPTY_LINE);
        p->has_skipped = true;
    }
    p->message = (Message){.lines_left = p->limits.head - line.len,
                           .extensions_left = p->limits.extensions,
                           .body_left = p->limits.body};
    free(p->authority);
    p->authority = NULL;
    p->authority_len = 0;
    p->has_skipped = false;
    Http1Refusal refusal =
        is_server ? read_request_line(p, line, event) : read_status_line(p, line, event);
    if (refusal) return refuse(p, event, refusal);
    p->state = FIELDS;
    return event->kind;
}

/* ---- fields ---- */

static Http1Refusal note_length(Message *m, Str value) {
    if (m->has_length) return HTTP1_REFUSED_LENGTHS;
    if (!value.len || value.len > 19) return HTTP1_REFUSED_LENGTH;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9') return HTTP1_REFUSED_LENGTH;
        m->length = m->length * 10 + (uint64_t)(value.ptr[i] - '0');
    }
    m->has_length = true;
    if (m->length > INT64_MAX) return HTTP1_REFUSED_LENGTH;
    return m->has_coding ? HTTP1_REFUSED_LENGTH_AND_CODING : HTTP1_GOOD;
}

static Http1Refusal note_coding(Message *m, Str value) {
    if (m->has_coding) return HTTP1_REFUSED_CODING_LAST;
    m->has_coding = true;
    if (m->has_length) return HTTP1_REFUSED_LENGTH_AND_CODING;
    if (m->minor == 0) return HTTP1_REFUSED_CODING_1_0;
    if (http1_same_name(value, STR("chunked"))) return HTTP1_GOOD;
    Str element = {0};
    size_t count = 0;
    while (next_element(&value, &element)) {
        bool is_last = !value.ptr;
        if (http1_same_name(element, STR("chunked"))) count += is_last ? 1 : 2;
        else if (is_last) count = 0;
    }
    return count == 1 ? HTTP1_REFUSED_CODING : HTTP1_REFUSED_CODING_LAST;
}

static Http1Refusal note_host(Http1Parser *p, Str value) {
    if (p->message.has_host) return HTTP1_REFUSED_HOSTS;
    p->message.has_host = true;
    if (!http1_is_authority(value)) return HTTP1_REFUSED_HOST;
    Str authority = {p->authority, p->authority_len};
    bool differs = authority.ptr && !http1_same_name(authority, value);
    return differs ? HTTP1_REFUSED_HOST_DIFFERS : HTTP1_GOOD;
}

static Http1Refusal note_connection(Message *m, Str value) {
    Str option = {0};
    while (next_element(&value, &option)) {
        if (option.len && !http1_is_token(option)) return HTTP1_REFUSED_CONNECTION;
        if (http1_same_name(option, STR("close"))) m->says_close = true;
        if (http1_same_name(option, STR("keep-alive"))) m->says_keep_alive = true;
    }
    return HTTP1_GOOD;
}

/* The few fields that the connection itself depends on. */
static Http1Refusal note_field(Http1Parser *p, Str name, Str value) {
    Message *m = &p->message;
    bool is_server = p->role == HTTP1_SERVER;
    switch (name.len) {
    case 4:
        if (is_server && http1_same_name(name, STR("host"))) return note_host(p, value);
        break;
    case 6:
        if (!is_server || !http1_same_name(name, STR("expect"))) break;
        m->says_continue = http1_same_name(value, STR("100-continue"));
        return m->says_continue ? HTTP1_GOOD : HTTP1_REFUSED_EXPECTATION;
    case 10:
        if (http1_same_name(name, STR("connection"))) return note_connection(m, value);
        break;
    case 14:
        if (http1_same_name(name, STR("content-length"))) return note_length(m, value);
        break;
    case 17:
        if (http1_same_name(name, STR("transfer-encoding"))) return note_coding(m, value);
        break;
    }
    return HTTP1_GOOD;
}

/* field-line = token ":" OWS *( VCHAR / obs-text / SP / HTAB ) OWS */
static Http1Refusal read_field(Str line, Http1Event *event) {
    if (line.ptr[0] == ' ' || line.ptr[0] == '\t') return HTTP1_REFUSED_FOLDED;
    size_t colon = str_find(line, ':', 0);
    if (colon == SIZE_MAX) return HTTP1_REFUSED_FIELD_COLON;
    event->field.name = str_from_to(line, 0, colon);
    event->field.value = http1_trim(str_after(line, colon + 1));
    return http1_is_token(event->field.name) ? HTTP1_GOOD : HTTP1_REFUSED_FIELD_NAME;
}

/* A field, trailer, or the empty line after them (LINE_WHOLE and line->len 0). Returns the event that
 * it leads to, or HTTP1_FIELD where the line is to be read. */
static Http1EventKind take_field_line(Http1Parser *p, Str *input, Http1Event *event, Str *line) {
    Message *m = &p->message;
    bool in_head = p->state == FIELDS, is_whole_left = p->limits.line > m->lines_left;
    Http1Refusal all = in_head ? HTTP1_REFUSED_HEAD_LONG : HTTP1_REFUSED_TRAILERS_LONG;
    switch (take_line(p, input, is_whole_left ? m->lines_left : p->limits.line, line)) {
    case LINE_MORE: return more(p, event);
    case LINE_WRONG: return refuse(p, event, p->refusal);
    case LINE_LONG: {
        if (is_whole_left) return refuse(p, event, all);
        Str name = str_from_to(*line, 0, str_find(*line, ':', 0));
        return refuse_field(p, event,
                            in_head ? HTTP1_REFUSED_FIELD_LONG : HTTP1_REFUSED_TRAILER_LONG,
                            http1_is_token(name) && name.len < line->len ? name : (Str){0});
    }
    case LINE_WHOLE: break;
    }
    if (!line->len) return HTTP1_FIELD;
    size_t cost = line->len + 2 < m->lines_left ? line->len + 2 : m->lines_left;
    m->lines_left -= cost;
    if (++m->fields > (in_head ? p->limits.fields : p->limits.trailer_count))
        return refuse(p, event, in_head ? HTTP1_REFUSED_FIELD_COUNT : HTTP1_REFUSED_TRAILER_COUNT);
    return HTTP1_FIELD;
}

/* How the body of a sound head is framed. */
static Http1Framing framing_of(const Http1Parser *p, bool is_tunnel) {
    const Message *m = &p->message;
    bool is_response = p->role == HTTP1_CLIENT;
    if (is_tunnel) return HTTP1_NO_BODY;
    if (is_response && (p->to_head || m->status < 200 || m->status == 204 || m->status == 304))
        return HTTP1_NO_BODY;
    if (m->has_coding) return HTTP1_CHUNKED;
    if (m->has_length) return HTTP1_LENGTH;
    return is_response ? HTTP1_UNTIL_CLOSE : HTTP1_NO_BODY;
}

static Http1Refusal check_head(const Http1Parser *p) {
    const Message *m = &p->message;
    if (p->role == HTTP1_SERVER) {
        if (m->minor && !m->has_host) return HTTP1_REFUSED_NO_HOST;
        bool has_body = m->has_length || m->has_coding;
        return m->is_connect && has_body ? HTTP1_REFUSED_CONNECT_BODY : HTTP1_GOOD;
    }
    bool may_have_coding = m->status >= 200 && m->status != 204;
    return m->has_coding && !may_have_coding ? HTTP1_REFUSED_CODING_UNASKED : HTTP1_GOOD;
}

static Http1EventKind end_head(Http1Parser *p, Http1Event *event) {
    Message *m = &p->message;
    Http1Refusal refusal = check_head(p);
    bool is_server = p->role == HTTP1_SERVER;
    bool is_success = m->status >= 200 && m->status < 300;
    bool is_informational = !is_server && m->status < 200;
    bool is_tunnel = is_server ? m->is_connect : p->to_connect && is_success;
    Http1Framing framing = framing_of(p, is_tunnel);
    uint64_t length = framing == HTTP1_LENGTH ? m->length : 0;
    if (!refusal && length > m->body_left) refusal = HTTP1_REFUSED_BODY_LONG;
    if (refusal) return refuse(p, event, refusal);

    bool is_kept = !m->says_close && (m->minor || m->says_keep_alive);
    m->is_last = !is_informational && (is_tunnel || framing == HTTP1_UNTIL_CLOSE || !is_kept);
    m->left = length;
    m->fields = 0;
    m->lines_left = p->limits.trailers;
    bool has_body = framing == HTTP1_CHUNKED || length;
    event->head.framing = framing;
    event->head.length = length;
    event->head.keep_alive = !m->is_last;
    event->head.is_expected = m->says_continue && m->minor && has_body;
    event->head.is_tunnel = is_tunnel;
    p->state = framing == HTTP1_CHUNKED       ? SIZE
               : framing == HTTP1_UNTIL_CLOSE ? CLOSE
               : length                       ? LENGTH
                                              : END;
    return event->kind = HTTP1_HEAD;
}

static Http1EventKind fields(Http1Parser *p, Str *input, Http1Event *event) {
    Str line = {0};
    Http1EventKind kind = take_field_line(p, input, event, &line);
    if (kind != HTTP1_FIELD) return kind;
    if (!line.len) return end_head(p, event);
    Http1Refusal refusal = read_field(line, event);
    if (!refusal) refusal = note_field(p, event->field.name, event->field.value);
    if (refusal) return refuse(p, event, refusal);
    return event->kind = HTTP1_FIELD;
}

static Http1EventKind trailers(Http1Parser *p, Str *input, Http1Event *event) {
    Str line = {0};
    Http1EventKind kind = take_field_line(p, input, event, &line);
    if (kind != HTTP1_FIELD) return kind;
    if (!line.len) {
        return end_message(p, event);
    }
    Http1Refusal refusal = read_field(line, event);
    if (!refusal && http1_is_forbidden_trailer(event->field.name))
        refusal = HTTP1_REFUSED_TRAILER_NAME;
    if (refusal) return refuse(p, event, refusal);
    return event->kind = HTTP1_TRAILER;
}

/* ---- bodies ---- */

/* Takes the next bytes of the body off the input, which is not empty. */
static Http1EventKind take_body(Str *input, uint64_t limit, Http1Event *event) {
    event->body = (Str){input->ptr, input->len < limit ? input->len : (size_t)limit};
    skip(input, event->body.len);
    return event->kind = HTTP1_BODY;
}

static Http1EventKind data(Http1Parser *p, Str *input, Http1Event *event) {
    if (!input->len) return more(p, event);
    take_body(input, p->message.left, event);
    p->message.left -= event->body.len;
    if (!p->message.left) p->state = p->state == LENGTH ? END : DATA_CR;
    return HTTP1_BODY;
}

static Http1EventKind until_close(Http1Parser *p, Str *input, Http1Event *event) {
    if (!input->len) return more(p, event);
    if (!p->message.body_left) return refuse(p, event, HTTP1_REFUSED_BODY_LONG);
    take_body(input, p->message.body_left, event);
    p->message.body_left -= event->body.len;
    return HTTP1_BODY;
}

/* chunk-ext = *( ";" token [ "=" ( token / quoted-string ) ] ) */
static bool is_extension(Str s) {
    while (s.len) {
        size_t end = str_find(s, ';', 1), equals = str_find(s, '=', 1);
        if (s.ptr[0] != ';') return false;
        bool has_value = equals < end;
        if (!http1_is_token(str_from_to(s, 1, has_value ? equals : end))) return false;
        if (has_value && equals + 1 < s.len && s.ptr[equals + 1] == '"') {
            end = equals + 2;
            while (end < s.len && s.ptr[end] != '"') end += s.ptr[end] == '\\' ? 2 : 1;
            if (end++ >= s.len) return false;
        } else if (has_value && !http1_is_token(str_from_to(s, equals + 1, end))) {
            return false;
        }
        s = str_after(s, end);
    }
    return true;
}

/* The digits at the front of a chunk's line, and their value where they are not too many. */
static size_t read_size(Str line, uint64_t *size) {
    size_t i = 0;
    *size = 0;
    for (; i < line.len; i++) {
        char c = line.ptr[i], letter = (char)(c | 0x20);
        bool is_digit = c >= '0' && c <= '9', is_letter = letter >= 'a' && letter <= 'f';
        if (!is_digit && !is_letter) break;
        *size = *size << 4 | (uint64_t)(is_digit ? c - '0' : letter - 'a' + 10);
    }
    return i;
}

/* chunk = 1*HEXDIG [ chunk-ext ] CRLF data CRLF. False: no event yet, the state has changed. */
static bool chunk_size(Http1Parser *p, Str *input, Http1Event *event) {
    Message *m = &p->message;
    Str line = {0};
    uint64_t size = 0;
    LineEnd end = take_line(p, input, MAX_SIZE_DIGITS + 1 + m->extensions_left, &line);
    if (end == LINE_MORE) return more(p, event), true;
    size_t digits = read_size(line, &size);
    Str extension = str_after(line, digits);
    Http1Refusal refusal = HTTP1_GOOD;
    if (end == LINE_WRONG) refusal = p->refusal;
    else if (!digits || digits > MAX_SIZE_DIGITS || size > INT64_MAX)
        refusal = HTTP1_REFUSED_CHUNK_SIZE;
    else if (end == LINE_LONG || extension.len > m->extensions_left)
        refusal = HTTP1_REFUSED_CHUNK_EXTENSION_LONG;
    else if (!is_extension(extension)) refusal = HTTP1_REFUSED_CHUNK_EXTENSION;
    else if (size > m->body_left) refusal = HTTP1_REFUSED_BODY_LONG;
    if (refusal) return refuse(p, event, refusal), true;
    m->extensions_left -= extension.len;
    m->body_left -= size;
    m->left = size;
    p->state = size ? DATA : TRAILERS;
    return false;
}

static bool chunk_end(Http1Parser *p, Str *input, Http1Event *event) {
    for (; p->state != SIZE; p->state = p->state == DATA_CR ? DATA_LF : SIZE) {
        if (!input->len) return more(p, event), true;
        if (input->ptr[0] != (p->state == DATA_CR ? '\r' : '\n'))
            return refuse(p, event, HTTP1_REFUSED_CHUNK_END), true;
        skip(input, 1);
    }
    return false;
}

/* ---- the machine ---- */

static Http1EventKind end_message(Http1Parser *p, Http1Event *event) {
    const Message *m = &p->message;
    bool is_informational = p->role == HTTP1_CLIENT && m->status < 200;
    if (!is_informational) p->is_asked = false;
    p->state = m->is_last ? DONE : START;
    if (p->line_cap > KEPT_LINE) {
        free(p->line);
        p->line = NULL;
        p->line_cap = 0;
    }
    return event->kind = HTTP1_END;
}

/* The input is used up: HTTP1_MORE, or what its end means. */
static Http1EventKind more(Http1Parser *p, Http1Event *event) {
    event->kind = HTTP1_MORE;
    if (!p->is_eof) return HTTP1_MORE;
    switch (p->state) {
    case START:
        if (p->line_len || p->has_cr) return refuse(p, event, HTTP1_REFUSED_INCOMPLETE_HEAD);
        if (p->is_asked) return refuse(p, event, HTTP1_REFUSED_NO_RESPONSE);
        p->state = DONE;
        return event->kind = HTTP1_DONE;
    case FIELDS: return refuse(p, event, HTTP1_REFUSED_INCOMPLETE_HEAD);
    case CLOSE: return end_message(p, event);
    case LENGTH:
    case SIZE:
    case DATA:
    case DATA_CR:
    case DATA_LF:
    case TRAILERS: return refuse(p, event, HTTP1_REFUSED_INCOMPLETE_BODY);
    case END:
    case DONE:
    case REFUSED: break;
    }
    return event->kind;
}

Http1EventKind http1_next(Http1Parser *p, Str *input, Http1Event *event) {
    for (;;) switch (p->state) {
        case START: return start(p, input, event);
        case FIELDS: return fields(p, input, event);
        case LENGTH:
        case DATA: return data(p, input, event);
        case CLOSE: return until_close(p, input, event);
        case TRAILERS: return trailers(p, input, event);
        case END: return end_message(p, event);
        case DONE: return event->kind = HTTP1_DONE;
        case REFUSED: return refuse(p, event, p->refusal);
        case SIZE:
            if (chunk_size(p, input, event)) return event->kind;
            break;
        case DATA_CR:
        case DATA_LF:
            if (chunk_end(p, input, event)) return event->kind;
            break;
        }
}
