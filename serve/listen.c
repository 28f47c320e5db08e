/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Sockets that listen: at an address, one a worker (SO_REUSEPORT shares connections out among them),
 * at a path, or those that systemd has opened ($LISTEN_FDS).
 *
 * The process that starts the workers keeps all sockets open, so that connections wait, and none is
 * refused, while a worker is started anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "serve/internal.h"

enum { BACKLOG = 4096, FIRST_ACTIVATED = 3 };

/* ---- addresses ---- */

/* HOST:PORT or [HOST]:PORT; an empty host is every address. */
static bool split(Str text, char host[256], char port[6]) {
    size_t colon = str_rfind(text, ':');
    if (colon == SIZE_MAX) return false;
    Str h = str_from_to(text, 0, colon), p = str_after(text, colon + 1);
    if (h.len > 1 && h.ptr[0] == '[' && h.ptr[h.len - 1] == ']') h = str_from_to(h, 1, h.len - 1);
    else if (str_find(h, ':', 0) != SIZE_MAX) return false;
    unsigned long number = 0;
    for (size_t i = 0; i < p.len; i++) {
        if (p.ptr[i] < '0' || p.ptr[i] > '9' || p.len > 5) return false;
        number = number * 10 + (unsigned long)(p.ptr[i] - '0');
    }
    if (!p.len || number > 65535 || h.len > 255 || memchr(h.ptr, 0, h.len)) return false;
    memcpy(host, h.ptr, h.len);
    host[h.len] = 0;
    snprintf(port, 6, "%lu", number);
    return true;
}

bool serve_is_address(Str text) {
    char host[256], port[6];
    return split(text, host, port);
}

static void name_of(int fd, bool is_secure, char *to, size_t size) {
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof at;
    char host[64] = "", port[8] = "";
    if (getsockname(fd, (struct sockaddr *)&at, &len) < 0) return;
    if (at.ss_family == AF_UNIX) {
        snprintf(to, size, "unix:%.108s", ((struct sockaddr_un *)&at)->sun_path);
        return;
    }
    getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(to, size, strchr(host, ':') ? "http%s://[%s]:%s" : "http%s://%s:%s",
             is_secure ? "s" : "", host, port);
}

void peer_name(int fd, char *to, size_t size) {
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof at;
    char host[64] = "", port[8] = "";
    *to = 0;
    if (getpeername(fd, (struct sockaddr *)&at, &len) < 0 || at.ss_family == AF_UNIX) return;
    getnameinfo((struct sockaddr *)&at, len, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(to, size, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
}

uint64_t peer_origin(int fd) {
    struct sockaddr_storage at = {0};
    socklen_t len = sizeof at;
    uint64_t origin = 0;
    uint32_t v4 = 0;
    if (getpeername(fd, (struct sockaddr *)&at, &len) < 0) return 0;
    const struct in6_addr *v6 = &((struct sockaddr_in6 *)&at)->sin6_addr;
    if (at.ss_family == AF_INET) v4 = ((struct sockaddr_in *)&at)->sin_addr.s_addr;
    else if (at.ss_family != AF_INET6) return 0;
    else if (IN6_IS_ADDR_V4MAPPED(v6)) memcpy(&v4, v6->s6_addr + 12, sizeof v4);
    else memcpy(&origin, v6, sizeof origin);
    return v4 ? UINT64_C(0xffff) << 32 | v4 : origin | 1;
}

/* ---- sockets ---- */

static int open_socket(const struct sockaddr *at, socklen_t len, bool is_shared) {
    int one = 1;
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (at->sa_family != AF_UNIX) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        if (is_shared) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* connections inherit it */
    }
    if (bind(fd, at, len) == 0 && listen(fd, BACKLOG) == 0) return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* SO_REUSEPORT would let two servers of one user share a port unnoticed, also one that the system has
 * chosen: so it is bound without that before. False: it is taken; errno says so. */
static bool choose_port(struct sockaddr *at, socklen_t len) {
    int one = 1, fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    bool is_good = bind(fd, at, len) == 0 && getsockname(fd, at, &len) == 0;
    int why = errno;
    close(fd);
    errno = why;
    return is_good;
}

static bool cannot_listen(Str where, const char *why) {
    say("cannot listen at %.*s: %s", STR_ARG(where), why);
    return false;
}

/* With the way out, where it is not plain. */
static bool cannot_bind(Str where, int why) {
    const char *remedy =
        why == EADDRINUSE      ? "; another program listens there, port 0 is any that is free"
        : why == EACCES        ? "; ports below 1024 are for who may have them"
        : why == EADDRNOTAVAIL ? "; this machine does not have it, 0.0.0.0 is all that it has"
                               : "";
    say("cannot listen at %.*s: %s%s", STR_ARG(where), strerror(why), remedy);
    return false;
}

static bool add(Listening *l, int fd) {
    if (fd < 0) return false;
    l->fds[l->count++] = fd;
    return true;
}

static bool listen_inet(Listening *l, Str address, size_t count) {
    char host[256], port[6];
    if (!split(address, host, port)) return cannot_listen(address, "it is not HOST:PORT");
    struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int fault = getaddrinfo(*host ? host : NULL, port, &hints, &found);
    if (fault) return cannot_listen(address, gai_strerror(fault));
    struct sockaddr_storage at = {0};
    socklen_t len = found->ai_addrlen;
    memcpy(&at, found->ai_addr, len);
    freeaddrinfo(found);
    bool is_good = count == 1 || choose_port((struct sockaddr *)&at, len);
    while (is_good && l->count < count)
        is_good = add(l, open_socket((struct sockaddr *)&at, len, count > 1));
    return is_good || cannot_bind(address, errno);
}

/* What is left of a server that has ended is removed; anything else is not. */
static bool listen_unix(Listening *l, Str path) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct stat info;
    if (path.len >= sizeof at.sun_path) return cannot_listen(path, strerror(ENAMETOOLONG));
    memcpy(at.sun_path, path.ptr, path.len);
    if (lstat(at.sun_path, &info) == 0 && S_ISSOCK(info.st_mode)) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) return cannot_listen(path, strerror(errno));
        bool is_left = connect(fd, (struct sockaddr *)&at, sizeof at) < 0 && errno == ECONNREFUSED;
        close(fd);
        if (!is_left) return cannot_listen(path, strerror(EADDRINUSE));
        unlink(at.sun_path);
    }
    return add(l, open_socket((struct sockaddr *)&at, sizeof at, false)) ||
           cannot_listen(path, strerror(errno));
}

bool listen_at(Listening *l, Str address, Str unix_path, size_t count) {
    *l = (Listening){.fds = calloc(count, sizeof(int)), .is_secure = l->is_secure};
    if (!l->fds) return cannot_listen(address, strerror(ENOMEM));
    bool good = unix_path.len ? listen_unix(l, unix_path) : listen_inet(l, address, count);
    if (good) name_of(l->fds[0], l->is_secure, l->name, sizeof l->name);
    else listen_close(l);
    l->is_path_ours = good && unix_path.len;
    return good;
}

bool listen_is_activated(void) {
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    return pid && count && atol(pid) == (long)getpid() && atoi(count) >= 1;
}

/* systemd hands sockets over that block, as a rule: accepting would wait for the next client. */
bool listen_activated(Listening *l) {
    unsetenv("LISTEN_PID");
    int flags = fcntl(FIRST_ACTIVATED, F_GETFL), listens = 0;
    socklen_t size = sizeof listens;
    if (flags < 0 || fcntl(FIRST_ACTIVATED, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(FIRST_ACTIVATED, F_SETFD, FD_CLOEXEC) < 0 ||
        getsockopt(FIRST_ACTIVATED, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens)
        return cannot_listen(STR("$LISTEN_FDS"), "descriptor 3 is no listening socket");
    *l = (Listening){.fds = calloc(1, sizeof(int)), .is_secure = l->is_secure};
    if (!l->fds) return false;
    add(l, FIRST_ACTIVATED);
    name_of(FIRST_ACTIVATED, l->is_secure, l->name, sizeof l->name);
    return true;
}

void listen_close(Listening *l) {
    for (size_t i = 0; i < l->count; i++) close(l->fds[i]);
    free(l->fds);
    *l = (Listening){0};
}
