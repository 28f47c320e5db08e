/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef TESTS_HTTPD_H
#define TESTS_HTTPD_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

/*
 * A server that answers by a script, right or wrong: the request's path says what is sent, byte for
 * byte. A thread serves each connection.
 */

typedef enum {
    HTTPD_KEEP,  /* the connection stays open for another request */
    HTTPD_CLOSE, /* it is closed behind the answer */
    HTTPD_RESET, /* it is reset behind the answer */
    HTTPD_HANG,  /* it stays open, and nothing more comes */
    HTTPD_ECHO,  /* the answer's body is the request, as it came */
    HTTPD_DEAF,  /* the request's body is not read, and nothing comes */
    HTTPD_HOOK   /* as HTTPD_CLOSE, after the server's hook was called */
} HttpdThen;

typedef struct {
    const char *path, *answer;
    size_t length; /* of the answer; 0: it is text */
    HttpdThen then;
} HttpdRoute;

typedef struct {
    const HttpdRoute *routes;
    size_t count;
    int fd;
    uint16_t port;
    atomic_int connections;
    void (*hook)(void); /* of HTTPD_HOOK, in the thread of the connection */
} Httpd;

typedef struct {
    Httpd *server;
    int fd;
    char bytes[1 << 18];
    size_t len;
} HttpdConnection;

static inline bool httpd_more(HttpdConnection *c) {
    if (c->len == sizeof c->bytes - 1) return false;
    ssize_t got = recv(c->fd, c->bytes + c->len, sizeof c->bytes - 1 - c->len, 0);
    if (got > 0) c->len += (size_t)got;
    c->bytes[c->len] = 0;
    return got > 0;
}

/* Where the body of the request at the front ends; 0: more is needed. */
static inline size_t httpd_end(const HttpdConnection *c, size_t head) {
    const char *length = strcasestr(c->bytes, "\r\ncontent-length:");
    const char *chunked = strcasestr(c->bytes, "\r\ntransfer-encoding:");
    if (length && length < c->bytes + head) {
        size_t n = strtoul(length + strlen("\r\ncontent-length:"), NULL, 10);
        return c->len >= head + n ? head + n : 0;
    }
    if (!chunked || chunked > c->bytes + head) return head;
    for (const char *at = c->bytes + head;;) {
        size_t n = strtoul(at, NULL, 16);
        const char *line = strstr(at, "\r\n");
        if (!line) return 0;
        if (n == 0) {
            const char *end = strstr(line, "\r\n\r\n");
            return end ? (size_t)(end + 4 - c->bytes) : 0;
        }
        at = line + 2 + n + 2;
        if (at > c->bytes + c->len) return 0;
    }
}

static inline void httpd_send(int fd, const char *bytes, size_t n) {
    while (n) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes += sent;
        n -= (size_t)sent;
    }
}

static inline const HttpdRoute *httpd_route(const HttpdConnection *c) {
    const char *path = strchr(c->bytes, ' ');
    for (size_t i = 0; path && i < c->server->count; i++) {
        const HttpdRoute *route = &c->server->routes[i];
        size_t n = strlen(route->path);
        if (strncmp(path + 1, route->path, n) == 0 && strchr(" ?", path[1 + n])) return route;
    }
    return NULL;
}

static inline void httpd_wait_for_end(HttpdConnection *c) {
    do c->len = 0;
    while (httpd_more(c));
}

/* Serves one request: whether another may follow. */
static inline bool httpd_serve(HttpdConnection *c) {
    const char *end;
    while (!(end = strstr(c->bytes, "\r\n\r\n")))
        if (!httpd_more(c)) return false;
    size_t head = (size_t)(end + 4 - c->bytes), whole = head;
    const HttpdRoute *route = httpd_route(c);
    if (!route) return false;
    if (route->then == HTTPD_DEAF) {
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int));
        for (;;) pause();
    }
    while (!(whole = httpd_end(c, head)))
        if (!httpd_more(c)) return false;
    if (route->then == HTTPD_ECHO) {
        char line[100];
        snprintf(line, sizeof line, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", whole);
        httpd_send(c->fd, line, strlen(line));
        httpd_send(c->fd, c->bytes, whole);
    } else {
        httpd_send(c->fd, route->answer, route->length ? route->length : strlen(route->answer));
    }
    memmove(c->bytes, c->bytes + whole, c->len - whole + 1);
    c->len -= whole;
    if (route->then == HTTPD_HOOK) c->server->hook();
    if (route->then == HTTPD_HANG) httpd_wait_for_end(c);
    if (route->then == HTTPD_RESET)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0}, sizeof(struct linger));
    return route->then == HTTPD_KEEP || route->then == HTTPD_ECHO;
}

static void *httpd_connection(void *context) {
    HttpdConnection *c = context;
    while (httpd_serve(c)) continue;
    close(c->fd);
    free(c);
    return NULL;
}

static void *httpd_accept(void *context) {
    Httpd *server = context;
    for (int fd; (fd = accept(server->fd, NULL, NULL)) >= 0;) {
        HttpdConnection *c = calloc(1, sizeof *c);
        pthread_t id;
        if (!c) abort();
        c->server = server;
        c->fd = fd;
        atomic_fetch_add(&server->connections, 1);
        if (pthread_create(&id, NULL, httpd_connection, c)) abort();
        pthread_detach(id);
    }
    return NULL;
}

/* Listens on a free port of 127.0.0.1, for as long as the program runs. */
static inline void httpd_start(Httpd *server, const HttpdRoute *routes, size_t count) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t size = sizeof address;
    pthread_t id;
    server->routes = routes;
    server->count = count;
    server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(server->fd, (struct sockaddr *)&address, size) || listen(server->fd, 64) ||
        getsockname(server->fd, (struct sockaddr *)&address, &size))
        abort();
    server->port = ntohs(address.sin_port);
    if (pthread_create(&id, NULL, httpd_accept, server)) abort();
    pthread_detach(id);
}

#endif
