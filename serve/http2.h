/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef SERVE_HTTP2_H
#define SERVE_HTTP2_H

/* What the two files of HTTP/2 know of each other: http2.c has the connection, http2_stream.c what is on it. */
#include "serve/internal.h"

#ifdef SERVE_NGHTTP2

#include <nghttp2/nghttp2.h>

#define HTTP2_FUNCTIONS(X)                                                                               \
    X(option_new)                                                                                  \
    X(option_set_no_auto_window_update)                                                            \
    X(option_set_no_closed_streams)                                                                \
    X(option_set_max_send_header_block_length)                                                     \
    X(session_callbacks_new)                                                                       \
    X(session_callbacks_set_on_begin_headers_callback)                                             \
    X(session_callbacks_set_on_header_callback)                                                    \
    X(session_callbacks_set_on_invalid_header_callback)                                            \
    X(session_callbacks_set_on_data_chunk_recv_callback)                                           \
    X(session_callbacks_set_on_frame_recv_callback)                                                \
    X(session_callbacks_set_on_frame_send_callback)                                                \
    X(session_callbacks_set_on_frame_not_send_callback)                                            \
    X(session_callbacks_set_on_stream_close_callback)                                              \
    X(session_callbacks_set_send_data_callback)                                                    \
    X(session_server_new2)                                                                         \
    X(session_del)                                                                                 \
    X(session_mem_recv)                                                                            \
    X(session_mem_send)                                                                            \
    X(session_want_read)                                                                           \
    X(session_want_write)                                                                          \
    X(session_set_local_window_size)                                                               \
    X(session_set_stream_user_data)                                                                \
    X(session_get_stream_user_data)                                                                \
    X(session_get_last_proc_stream_id)                                                             \
    X(session_get_outbound_queue_size)                                                             \
    X(session_consume_connection)                                                                  \
    X(session_consume_stream)                                                                      \
    X(session_resume_data)                                                                         \
    X(session_terminate_session)                                                                   \
    X(submit_settings)                                                                             \
    X(submit_response)                                                                             \
    X(submit_headers)                                                                              \
    X(submit_trailer)                                                                              \
    X(submit_rst_stream)                                                                           \
    X(submit_ping)                                                                                 \
    X(submit_goaway)                                                                               \
    X(submit_shutdown_notice)

/* The library's functions, without the first part of their names. */
typedef struct {
#define X(name) __typeof__(&nghttp2_##name) name;
    HTTP2_FUNCTIONS(X)
#undef X
    nghttp2_session_callbacks *callbacks;
    nghttp2_option *option;
    bool is_here;
} Http2Library;

extern Http2Library http2_lib;

typedef struct Http2Stream Http2Stream;

struct Http2 {
    Connection *connection;
    nghttp2_session *session;
    Http2Stream *streams;
    uint64_t since;      /* a head has begun, or there are no streams any more */
    uint8_t frame[9];    /* the head of the one that is being read, */
    uint8_t frame_len;   /* as far as it has come */
    uint32_t frame_left; /* bytes after that */
    bool is_head;        /* the frame belongs to a head of a request, */
    bool is_open;        /* and another one has to follow */
    size_t head_bytes;
    unsigned head_frames;
    size_t informed; /* bytes of informational responses that wait to be sent, about */
    int64_t patience;
    uint64_t patience_at;
    const char *error; /* why it was ended */
    enum { SERVES, TAKES_LEAVE, LEAVES } state;
};

struct Http2Stream {
    Client client;
    Timer timer;
    Http2 *http2;
    Http2Stream *before, *next;
    Request *request;
    int32_t id;
    Http2Head head;
    uint64_t since;     /* the answer has come on */
    Pace pace;          /* of the request's body */
    uint64_t taken;     /* bytes of the request's body */
    uint64_t discarded; /* of those */
    uint64_t left;      /* of the answer's, if it has told its length */
    size_t held;        /* bytes for which the client has had no new room yet */
    size_t page_at;     /* of the server's answer */
    bool is_expected;   /* the client waits for 100 (Continue) */
    bool is_read;       /* the request is whole */
    bool is_answering;  /* the head is the session's */
    bool waits;         /* for the guest to write */
    bool is_answered;   /* all of the answer is in the output */
    bool is_cut;        /* by the server */
    bool is_taken_back; /* by the client */
};

/* ---- http2.c ---- */

static inline uint64_t http2_now(const Http2 *h) { return loop_now(h->connection->server->loop); }
/* The client has done something useful, or something else. */
void http2_gain(Http2 *h, int64_t n);
void http2_lose(Http2 *h, int64_t n);
/* Its patience is at its end. */
void http2_calm(Http2 *h);

/* ---- http2_stream.c ---- */

/* With a request; false: no memory. */
bool http2_begin_stream(Http2 *h, int32_t id);
/* What a stream has come to is told to the one that reads the frames. */
void http2_end_fields(Http2Stream *s, bool is_end);
void http2_end_body(Http2Stream *s);
void http2_take_body(Http2Stream *s, Str bytes);
/* The client sends no more of it. */
void http2_lose_client(Http2Stream *s);
/* Moves `n` bytes of the answer, after the head of their frame; false: no memory. */
bool http2_put_data(Http2Stream *s, Str head, size_t n);
/* No more of it is of use; `error`: unless another one is known. */
void http2_cut(Http2Stream *s, uint32_t code, const char *error);
/* It is over, in whatever way: its request is left. */
void http2_end_stream(Http2Stream *s);

#endif
#endif
