/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef WASI_HTTP1_H
#define WASI_HTTP1_H

#include "base/str.h"

/*
 * HTTP/1.1 (RFC 9110, RFC 9112) over bytes: a parser and a writer of messages, for servers and for
 * clients. Neither knows of sockets or time. Both are strict: where a recipient could read a message
 * in two ways, it is refused, and what the writer writes, the parser reads.
 *
 *     Http1Parser *parser = http1_parser_new(HTTP1_SERVER, NULL);
 *     for (Http1Event event;;)
 *         switch (http1_next(parser, &input, &event)) {
 *         case HTTP1_MORE: ... read more bytes into `input`; at the end of them http1_eof(parser)
 *         case HTTP1_REQUEST: ... event.request.method, .path
 *         case HTTP1_FIELD: ... event.field.name, .value
 *         case HTTP1_HEAD: ... the head is whole and sound: act on it
 *         case HTTP1_BODY: ... event.body
 *
 * A head may be refused as late as at its last line: nothing is to be done for a message before
 * HTTP1_HEAD.
 */

/* The cases of wasi:http's error-code, in their order. */
typedef enum {
    HTTP_DNS_TIMEOUT,
    HTTP_DNS_ERROR,
    HTTP_DESTINATION_NOT_FOUND,
    HTTP_DESTINATION_UNAVAILABLE,
    HTTP_DESTINATION_IP_PROHIBITED,
    HTTP_DESTINATION_IP_UNROUTABLE,
    HTTP_CONNECTION_REFUSED,
    HTTP_CONNECTION_TERMINATED,
    HTTP_CONNECTION_TIMEOUT,
    HTTP_CONNECTION_READ_TIMEOUT,
    HTTP_CONNECTION_WRITE_TIMEOUT,
    HTTP_CONNECTION_LIMIT_REACHED,
    HTTP_TLS_PROTOCOL_ERROR,
    HTTP_TLS_CERTIFICATE_ERROR,
    HTTP_TLS_ALERT_RECEIVED,
    HTTP_REQUEST_DENIED,
    HTTP_REQUEST_LENGTH_REQUIRED,
    HTTP_REQUEST_BODY_SIZE,
    HTTP_REQUEST_METHOD_INVALID,
    HTTP_REQUEST_URI_INVALID,
    HTTP_REQUEST_URI_TOO_LONG,
    HTTP_REQUEST_HEADER_SECTION_SIZE,
    HTTP_REQUEST_HEADER_SIZE,
    HTTP_REQUEST_TRAILER_SECTION_SIZE,
    HTTP_REQUEST_TRAILER_SIZE,
    HTTP_RESPONSE_INCOMPLETE,
    HTTP_RESPONSE_HEADER_SECTION_SIZE,
    HTTP_RESPONSE_HEADER_SIZE,
    HTTP_RESPONSE_BODY_SIZE,
    HTTP_RESPONSE_TRAILER_SECTION_SIZE,
    HTTP_RESPONSE_TRAILER_SIZE,
    HTTP_RESPONSE_TRANSFER_CODING,
    HTTP_RESPONSE_CONTENT_CODING,
    HTTP_RESPONSE_TIMEOUT,
    HTTP_UPGRADE_FAILED,
    HTTP_PROTOCOL_ERROR,
    HTTP_LOOP_DETECTED,
    HTTP_CONFIGURATION_ERROR,
    HTTP_INTERNAL_ERROR
} HttpErrorCode;

/* Why a message is refused, read or written: the rows of http1.def. */
typedef enum {
    HTTP1_GOOD,
#define REFUSAL(name, status, request, response, text) HTTP1_REFUSED_##name,
#include "wasi/http1.def"
#undef REFUSAL
    HTTP1_REFUSAL_COUNT
} Http1Refusal;

typedef enum { HTTP1_SERVER, HTTP1_CLIENT } Http1Role;

const char *http1_refusal_text(Http1Refusal refusal);
/* What a server answers to such a request, 502 for what only responses have; 200 for HTTP1_GOOD. */
unsigned http1_refusal_status(Http1Refusal refusal);
Str http1_reason(unsigned status); /* the usual one, or nothing */
/* For what a server reads or a client writes (a request), or the reverse. */
HttpErrorCode http1_refusal_code(Http1Refusal refusal, bool in_request);

/* ---- syntax ---- */

bool http1_is_token(Str s);         /* a method, a field's name; not empty */
bool http1_is_value(Str s);         /* a field's value: no control characters but tabs */
bool http1_is_scheme(Str s);        /* of a URI, without its colon */
bool http1_is_authority(Str s);     /* a host, not empty, and perhaps a port; no user */
bool http1_has_port(Str s);         /* such a host with a port that is not empty */
bool http1_is_path(Str s);          /* from "/" on, with its query, no fragment */
Str http1_trim(Str s);              /* without spaces and tabs at both ends */
bool http1_same_name(Str a, Str b); /* but for the case of ASCII letters */
/* Fields that only a connection's owner writes: connection, host, transfer-encoding ... */
bool http1_is_connection_field(Str name);
/* Fields that are needed before a body (RFC 9110, 6.5.1): framing, routing, authentication ... */
bool http1_is_forbidden_trailer(Str name);

/* ---- parser ---- */

/* Zero stands for the default. */
typedef struct {
    size_t line;          /* 16384: bytes of the first line, and of each field, without its end */
    size_t head;          /* 65536: bytes of all lines of a head */
    size_t fields;        /* 256: of one head */
    size_t method;        /* 64: bytes */
    size_t extensions;    /* 4096: bytes of all the extensions of a message's chunks */
    size_t trailers;      /* 16384: bytes of all lines of the trailers */
    size_t trailer_count; /* 64 */
    size_t informational; /* 16: 1xx responses to one request */
    uint64_t body;        /* no limit: bytes of a body */
} Http1Limits;

typedef enum {
    HTTP1_MORE,     /* the whole input is used up: more of it is needed */
    HTTP1_REQUEST,  /* a request begins */
    HTTP1_RESPONSE, /* a response begins, perhaps an informational one */
    HTTP1_FIELD,    /* in their order and letters, without white space around the value */
    HTTP1_HEAD,     /* the head is whole */
    HTTP1_BODY,     /* some bytes of the body, at least one */
    HTTP1_TRAILER,  /* a field after the body */
    HTTP1_END,      /* of a message */
    HTTP1_DONE,     /* there are no more messages on this connection; the input is left as it is */
    HTTP1_REFUSED   /* and so is all that follows */
} Http1EventKind;

typedef enum { HTTP1_ORIGIN, HTTP1_ABSOLUTE, HTTP1_AUTHORITY, HTTP1_ASTERISK } Http1Form;
typedef enum { HTTP1_NO_BODY, HTTP1_LENGTH, HTTP1_CHUNKED, HTTP1_UNTIL_CLOSE } Http1Framing;

/* Texts are views of the input or of the parser, until its next call. */
typedef struct {
    Http1EventKind kind;
    union {
        struct {
            Http1Form form;
            unsigned minor; /* of HTTP/1.x */
            Str method, target;
            Str scheme, authority; /* of the target; may be empty: Host tells the authority then */
            Str path; /* with its query; "*" in asterisk form, empty in authority form */
        } request;
        struct {
            unsigned minor, status;
            bool is_informational;
            Str reason; /* may be empty */
        } response;
        struct {
            Str name, value;
        } field; /* and trailer */
        struct {
            Http1Framing framing;
            uint64_t length;  /* of HTTP1_LENGTH */
            bool keep_alive;  /* another message may follow */
            bool is_expected; /* the client waits for 100 (Continue) before it sends the body */
            bool is_tunnel;   /* CONNECT: what follows is no HTTP */
        } head;
        Str body;
        struct {
            Http1Refusal refusal;
            Str name; /* of a field that is too long, as far as it is known */
        } refused;
    };
} Http1Event;

typedef struct Http1Parser Http1Parser;
/* `limits` may be NULL. NULL: no memory. */
Http1Parser *http1_parser_new(Http1Role role, const Http1Limits *limits);
void http1_parser_free(Http1Parser *parser);
/* Before each response, in a client: the request's method. The responses to HEAD and CONNECT are
 * framed in their own way, and bytes that come while nothing is asked are refused. */
void http1_expect(Http1Parser *parser, Str method);
/* Takes the next event and its bytes from the front of `input`; how the bytes come in pieces changes
 * nothing but the sizes of HTTP1_BODY. */
Http1EventKind http1_next(Http1Parser *parser, Str *input, Http1Event *event);
/* No bytes follow those that were given: http1_next says what that means instead of HTTP1_MORE. */
void http1_eof(Http1Parser *parser);

/* ---- writer ---- */

typedef struct {
    Str name, value;
} Http1Field;

/* Bytes to send; the owner takes them off and frees `at`. */
typedef struct {
    char *at;
    size_t len, cap;
} Http1Out;

#define HTTP1_UNKNOWN_LENGTH UINT64_MAX

/* One message at a time; zeroed at first. */
typedef struct {
    Http1Framing framing;
    bool is_open;  /* a head was written, and its message has not ended */
    bool is_last;  /* the connection ends with this message */
    uint64_t left; /* of HTTP1_LENGTH */
    char size[20]; /* of the chunk */
} Http1Writer;

typedef struct {
    Str method;
    Str target;      /* in the form that the method has */
    Str host;        /* of the field Host */
    uint64_t length; /* of the body, or HTTP1_UNKNOWN_LENGTH */
    bool close;      /* Connection: close */
    const Http1Field *fields;
    size_t field_count;
} Http1RequestHead;

typedef struct {
    unsigned status;
    Str reason;      /* empty: the usual one */
    uint64_t length; /* of the body, or HTTP1_UNKNOWN_LENGTH */
    bool to_head;    /* answers a HEAD request: the body is described and not sent */
    bool to_connect; /* answers a CONNECT request */
    bool to_1_0;     /* answers a request of HTTP/1.0: no chunks */
    bool close;      /* no other message follows */
    const Http1Field *fields;
    size_t field_count;
} Http1ResponseHead;

/* Each adds a head to `out`, or nothing where it is refused. The fields that frame a message are the
 * writer's: Content-Length may be among `fields` where it tells the body's length, and the others of
 * http1_is_connection_field may not. */
Http1Refusal http1_write_request(Http1Writer *writer, const Http1RequestHead *head, Http1Out *out);
Http1Refusal http1_write_response(Http1Writer *writer, const Http1ResponseHead *head,
                                  Http1Out *out);
/* A 1xx response other than 101, which comes before the response itself. */
Http1Refusal http1_write_informational(Http1Writer *writer, unsigned status,
                                       const Http1Field *fields, size_t count, Http1Out *out);
/* What is to be sent before and after `n` bytes of body, which the writer does not see; `before` is
 * the writer's until its next call. */
Http1Refusal http1_write_body(Http1Writer *writer, uint64_t n, Str *before, Str *after);
/* The message's end. */
Http1Refusal http1_write_end(Http1Writer *writer, const Http1Field *trailers, size_t count,
                             Http1Out *out);

/* ---- checks ---- */

/* What the writers above refuse, for those that send the same in another form (HTTP/2). A response's body
 * is framed by its length, or by nothing that its head says; *says_length: Content-Length is among its
 * fields. */
Http1Refusal http1_check_response(const Http1ResponseHead *head, Http1Framing *framing,
                                  bool *says_length);
Http1Refusal http1_check_informational(unsigned status, const Http1Field *fields, size_t count);
Http1Refusal http1_check_trailers(const Http1Field *trailers, size_t count);

#endif
