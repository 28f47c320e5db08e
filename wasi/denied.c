/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Denials, told where they are decided: what the guest wanted, and the option of `witc run` that would
 * have granted it. Nobody listens (`--explain`): nothing is done.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wasi/sockets.h"

static void tell(const Wasi *wasi, Str what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void tell(const Wasi *wasi, Str what, const char *format, ...) {
    const WasiExplain *explain = wasi_explain(wasi);
    if (!explain) return;
    char option[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(option, sizeof option, format, args);
    va_end(args);
    explain->denied(explain->context, what, str_from(option));
}

void wasi_denied(const Wasi *wasi, const char *what, const char *option) {
    tell(wasi, str_from(what), "%s", option);
}

/* ---- folders ---- */

/* The option that grants it. */
static void put_folder(char *text, size_t size, const WasiFolder *folder) {
    Str host = folder->host.len ? folder->host : STR("HOST");
    snprintf(text, size, "--%s %.*s::%.*s", folder->tree ? "vfs" : "dir", STR_ARG(host),
             STR_ARG(folder->name));
}

int wasi_change_denied(const WasiQuota *quota, Str path) {
    const WasiFolder *folder = wasi_quota_folder(quota);
    char what[512], option[512];
    snprintf(what, sizeof what, "to change `%.*s` in the folder `%.*s`, which is read only",
             STR_ARG(str_from_to(path, 0, 200)), STR_ARG(str_from_to(folder->name, 0, 200)));
    put_folder(option, sizeof option, folder);
    tell(quota->of, str_from(what), "%s", option);
    return EROFS;
}

int wasi_path_denied(const WasiQuota *quota, Str path) {
    const WasiFolder *folder = wasi_quota_folder(quota);
    char what[512];
    snprintf(what, sizeof what, "`%.*s`, which leads out of the folder `%.*s`",
             STR_ARG(str_from_to(path, 0, 200)), STR_ARG(str_from_to(folder->name, 0, 200)));
    tell(quota->of, str_from(what), "--dir HOST::GUEST (of a folder that holds it)");
    return EPERM;
}

int wasi_quota_denied(const WasiQuota *quota, bool of_files) {
    const WasiFolder *folder = wasi_quota_folder(quota);
    char what[512], option[512];
    snprintf(what, sizeof what, "more %s than the quota of the folder `%.*s`",
             of_files ? "files" : "bytes", STR_ARG(str_from_to(folder->name, 0, 200)));
    put_folder(option, sizeof option, folder);
    tell(quota->of, str_from(what), "%s%s", option, of_files ? ",files=N" : ",quota=SIZE");
    return EDQUOT;
}

void wasi_room_denied(const WasiQuota *quota, int fault) {
    const WasiFolder *folder = wasi_quota_folder(quota);
    char what[512];
    if (fault != ENOSPC || !folder->tree) return;
    snprintf(what, sizeof what, "more memory for the folder `%.*s`",
             STR_ARG(str_from_to(folder->name, 0, 200)));
    tell(quota->of, str_from(what), "--max-vfs BYTES");
}

/* ---- the network ---- */

static void put_address(char *text, size_t size, const WasiAddress *address) {
    char host[INET6_ADDRSTRLEN];
    inet_ntop(address->is_v6 ? AF_INET6 : AF_INET, address->bytes, host, sizeof host);
    snprintf(text, size, address->is_v6 ? "[%s]:%u" : "%s:%u", host, address->port);
}

NetError wasi_net_denied(const Wasi *wasi, WasiNetUse use, const WasiAddress *address) {
    static const char *const whats[] = {"to connect to", "to send to", "to listen at", ""};
    static const char *const uses[] = {"tcp", "udp", "listen", "dns"};
    char to[INET6_ADDRSTRLEN + 16], what[128];
    put_address(to, sizeof to, address);
    snprintf(what, sizeof what, "%s %s", whats[use], to);
    tell(wasi, str_from(what), "--net-allow %s:%s", uses[use], to);
    return NET_ACCESS_DENIED;
}

NetError wasi_name_denied(const Wasi *wasi, const char *name) {
    char what[WASI_MAX_NAME + 64];
    snprintf(what, sizeof what, "to resolve the name `%s`", name);
    tell(wasi, str_from(what), "--net-allow dns:%s", name);
    return NET_ACCESS_DENIED;
}

void wasi_request_denied(const Wasi *wasi, const char *host, unsigned port) {
    char to[WASI_MAX_NAME + 16], what[WASI_MAX_NAME + 64];
    snprintf(to, sizeof to, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);
    snprintf(what, sizeof what, "to send a request of HTTP to %s", to);
    tell(wasi, str_from(what), "--net-allow tcp:%s", to);
}
