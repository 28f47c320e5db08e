/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * TLS by OpenSSL's libssl, which is loaded when a server has a certificate: its headers are needed to
 * build this, and the library itself only to run it.
 *
 *     files ── PEM ──> a context for each certificate ──> a session for each connection
 *                      chosen by the host that the client names
 *
 * 1.3, and 1.2 with those ciphers that HTTP/2 does not forbid (RFC 9113, 9.2.2); curves and sizes of keys
 * are what the library and the system's configuration allow. There is no renegotiation, no compression, no
 * early data, and no cache of sessions: a client that comes back brings a ticket. A session reads one record
 * at a time and nothing beyond it, so that what has not been looked at is where epoll sees it; while it is
 * idle it has no buffers.
 *
 * A connection that ends without close_notify has been cut: its last request or answer is not taken for
 * whole.
 */
#include "serve/tls.h"

#include <stdlib.h>

#include "serve/internal.h"

#ifdef SERVE_TLS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define FUNCTIONS(X)                                                                               \
    X(ASN1_TIME_print)                                                                             \
    X(BIO_ctrl)                                                                                    \
    X(BIO_free)                                                                                    \
    X(BIO_new)                                                                                     \
    X(BIO_new_mem_buf)                                                                             \
    X(BIO_s_mem)                                                                                   \
    X(ERR_clear_error)                                                                             \
    X(ERR_peek_last_error)                                                                         \
    X(ERR_reason_error_string)                                                                     \
    X(EVP_PKEY_free)                                                                               \
    X(PEM_read_bio_PrivateKey)                                                                     \
    X(PEM_read_bio_X509)                                                                           \
    X(RAND_bytes)                                                                                  \
    X(SHA512)                                                                                      \
    X(SSL_CTX_clear_options)                                                                       \
    X(SSL_CTX_ctrl)                                                                                \
    X(SSL_CTX_free)                                                                                \
    X(SSL_CTX_get0_certificate)                                                                    \
    X(SSL_CTX_new)                                                                                 \
    X(SSL_CTX_set_alpn_select_cb)                                                                  \
    X(SSL_CTX_set_cipher_list)                                                                     \
    X(SSL_CTX_callback_ctrl)                                                                       \
    X(SSL_CTX_set_num_tickets)                                                                     \
    X(SSL_CTX_set_options)                                                                         \
    X(SSL_CTX_use_PrivateKey)                                                                      \
    X(SSL_CTX_use_certificate)                                                                     \
    X(SSL_free)                                                                                    \
    X(SSL_get0_alpn_selected)                                                                      \
    X(SSL_get_error)                                                                               \
    X(SSL_get_servername)                                                                          \
    X(SSL_is_init_finished)                                                                        \
    X(SSL_new)                                                                                     \
    X(SSL_read)                                                                                    \
    X(SSL_select_next_proto)                                                                       \
    X(SSL_set_SSL_CTX)                                                                             \
    X(SSL_set_accept_state)                                                                        \
    X(SSL_set_fd)                                                                                  \
    X(SSL_shutdown)                                                                                \
    X(SSL_write)                                                                                   \
    X(TLS_server_method)                                                                           \
    X(X509_check_host)                                                                             \
    X(X509_check_issued)                                                                           \
    X(X509_check_private_key)                                                                      \
    X(X509_cmp_current_time)                                                                       \
    X(X509_free)                                                                                   \
    X(X509_get0_notAfter)                                                                          \
    X(X509_get0_notBefore)

static struct {
#define X(name) __typeof__(&name) name;
    FUNCTIONS(X)
#undef X
    bool is_here;
} lib;

enum { MOST_FILE = 1 << 20, MOST_CHAIN = 100 };

struct Tls {
    SSL_CTX **contexts; /* one a certificate */
    size_t count;
    unsigned refs; /* its owner's and the connections' */
    bool h2;
};

static bool load_library(void) {
    if (lib.is_here) return true;
    void *library = dlopen("libssl.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!library) return false;
#define X(name)                                                                                    \
    *(void **)&lib.name = dlsym(library, #name);                                                   \
    if (!lib.name) return false;
    FUNCTIONS(X)
#undef X
    return lib.is_here = true;
}

/* ---- files ---- */

/* All of a file, to be freed; NULL after telling why. `mode`: who may do what with it. */
static char *read_file(Str path, size_t *len, mode_t *mode) {
    char name[PATH_MAX], *text = NULL;
    struct stat info;
    ssize_t n = -1;
    errno = ENAMETOOLONG;
    int fd = snprintf(name, sizeof name, "%.*s", STR_ARG(path)) >= (int)sizeof name
                 ? -1
                 : open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && fstat(fd, &info) == 0) {
        *mode = info.st_mode;
        errno = S_ISDIR(info.st_mode) ? EISDIR : !S_ISREG(info.st_mode) ? EINVAL : EFBIG;
        if (S_ISREG(info.st_mode) && info.st_size <= MOST_FILE && (text = malloc(MOST_FILE)))
            n = read(fd, text, MOST_FILE);
    }
    if (n < 0) {
        say("cannot read %.*s: %s", STR_ARG(path), strerror(errno));
        free(text);
        text = NULL;
    }
    if (fd >= 0) close(fd);
    *len = n < 0 ? 0 : (size_t)n;
    return text;
}

static bool is_end_of_pem(unsigned long code) {
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

/* A fault of the file, and the library's word for it. */
static bool bad_file(Str path, const char *what) {
    unsigned long code = lib.ERR_peek_last_error();
    const char *why = code && !is_end_of_pem(code) ? lib.ERR_reason_error_string(code) : NULL;
    say("%.*s: %s%s%s", STR_ARG(path), what, why ? ": " : "", why ? why : "");
    return false;
}

/* Nobody is asked for the key's password. */
static int no_password(char *to, int size, int writes, void *was_asked) {
    *(bool *)was_asked = true;
    return -1;
}

/* ---- certificates and keys ---- */

static void tell_time(Str path, const char *what, const ASN1_TIME *time) {
    char *text = NULL;
    BIO *out = lib.BIO_new(lib.BIO_s_mem());
    long len =
        out && lib.ASN1_TIME_print(out, time) > 0 ? lib.BIO_ctrl(out, BIO_CTRL_INFO, 0, &text) : 0;
    say("warning: %.*s: the certificate %s %.*s", STR_ARG(path), what, (int)len, text ? text : "");
    if (out) lib.BIO_free(out);
}

static void check_times(Str path, const X509 *x) {
    const ASN1_TIME *from = lib.X509_get0_notBefore(x), *to = lib.X509_get0_notAfter(x);
    if (lib.X509_cmp_current_time(to) < 0) tell_time(path, "has expired on", to);
    else if (lib.X509_cmp_current_time(from) > 0) tell_time(path, "is not valid before", from);
}

/* certificates = certificate issuer* */
static bool add_certificates(SSL_CTX *ctx, Str path, BIO *pem) {
    X509 *x = lib.PEM_read_bio_X509(pem, NULL, no_password, &(bool){false}), *before = x;
    if (!x) return bad_file(path, "there is no certificate in PEM");
    bool is_good = lib.SSL_CTX_use_certificate(ctx, x) == 1;
    if (!is_good) bad_file(path, "the certificate cannot be used");
    else check_times(path, x);
    lib.X509_free(x); /* the context has it, too */
    for (int i = 0; is_good; i++) {
        x = lib.PEM_read_bio_X509(pem, NULL, no_password, &(bool){false});
        if (!x)
            return is_end_of_pem(lib.ERR_peek_last_error()) ||
                   bad_file(path, "a certificate after the first is no good");
        if (lib.X509_check_issued(x, before) != X509_V_OK)
            say("warning: %.*s: certificate %d has not issued the one before it", STR_ARG(path),
                i + 2);
        before = x;
        is_good = i < MOST_CHAIN && lib.SSL_CTX_ctrl(ctx, SSL_CTRL_EXTRA_CHAIN_CERT, 0, x) == 1;
        if (is_good) continue; /* it is the context's now */
        lib.X509_free(x);
        bad_file(path, "there are too many certificates");
    }
    return is_good;
}

static bool add_key(SSL_CTX *ctx, Str path, BIO *pem, mode_t mode) {
    bool was_asked = false;
    EVP_PKEY *key = lib.PEM_read_bio_PrivateKey(pem, NULL, no_password, &was_asked);
    if (!key && was_asked) {
        say("%.*s: the key is encrypted: it has to be stored without a password", STR_ARG(path));
        return false;
    }
    if (!key) {
        say("%.*s: there is no private key in PEM that can be read", STR_ARG(path));
        return false;
    }
    bool is_good = lib.X509_check_private_key(lib.SSL_CTX_get0_certificate(ctx), key) == 1;
    if (!is_good) say("%.*s: the key is not that of the certificate", STR_ARG(path));
    else if (lib.SSL_CTX_use_PrivateKey(ctx, key) != 1)
        is_good = bad_file(path, "the key cannot be used");
    if (is_good && mode & (S_IROTH | S_IWOTH))
        say("warning: %.*s: everybody on this machine can read or change the key", STR_ARG(path));
    lib.EVP_PKEY_free(key);
    return is_good;
}

/* Adds what a file has of one kind. */
static bool add_file(SSL_CTX *ctx, Str path, bool is_key) {
    size_t len;
    mode_t mode = 0;
    char *text = read_file(path, &len, &mode);
    if (!text) return false;
    lib.ERR_clear_error();
    BIO *pem = lib.BIO_new_mem_buf(text, (int)len);
    bool is_good =
        pem && (is_key ? add_key(ctx, path, pem, mode) : add_certificates(ctx, path, pem));
    if (pem) lib.BIO_free(pem);
    explicit_bzero(text, len);
    free(text);
    lib.ERR_clear_error();
    return is_good;
}

/* ---- tickets ---- */

enum { TICKET_KEYS = 80 }; /* bytes: a name, a key to sign with and one to encrypt with */

/* Workers come to the same keys with each loading, since the first is made before they are; nobody comes
 * back to those before. Without them each context makes up its own. */
static bool next_ticket_keys(uint8_t keys[2 * SHA512_DIGEST_LENGTH]) {
    static uint8_t chain[SHA512_DIGEST_LENGTH + 1];
    static bool has_begun;
    uint8_t *what = &chain[SHA512_DIGEST_LENGTH], next[SHA512_DIGEST_LENGTH];
    has_begun = has_begun || lib.RAND_bytes(chain, SHA512_DIGEST_LENGTH) == 1;
    bool is_good = has_begun && lib.SHA512(chain, sizeof chain, next);
    for (*what = 1; is_good && *what <= 2; ++*what)
        is_good = lib.SHA512(chain, sizeof chain, keys + (*what - 1) * SHA512_DIGEST_LENGTH);
    *what = 0;
    if (is_good) memcpy(chain, next, sizeof next);
    explicit_bzero(next, sizeof next);
    return is_good;
}

/* ---- what is agreed on ---- */

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                           const unsigned char *in, unsigned in_len, void *context) {
    static const unsigned char ours[] = "\x02h2\x08http/1.1";
    const Tls *tls = context;
    size_t skipped = tls->h2 ? 0 : 3;
    int got = lib.SSL_select_next_proto((unsigned char **)out, out_len, ours + skipped,
                                        (unsigned)(sizeof ours - 1 - skipped), in, in_len);
    return got == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int choose_certificate(SSL *ssl, int *alert, void *context) {
    const Tls *tls = context;
    const char *host = lib.SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    for (size_t i = 0; host && tls->count > 1 && i < tls->count; i++) {
        X509 *x = lib.SSL_CTX_get0_certificate(tls->contexts[i]);
        if (lib.X509_check_host(x, host, strlen(host), 0, NULL) != 1) continue;
        if (i) lib.SSL_set_SSL_CTX(ssl, tls->contexts[i]);
        break;
    }
    return SSL_TLSEXT_ERR_OK;
}

/* Of 1.2: keys of their own for each connection, and ciphers that see to the whole (AEAD). Those of 1.3 all
 * do. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

static SSL_CTX *new_context(Tls *tls) {
    SSL_CTX *ctx = lib.SSL_CTX_new(lib.TLS_server_method());
    if (!ctx) return NULL;
    if (lib.SSL_CTX_ctrl(ctx, SSL_CTRL_GET_MIN_PROTO_VERSION, 0, NULL) < TLS1_2_VERSION)
        lib.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL);
    if (lib.SSL_CTX_set_cipher_list(ctx, ciphers) != 1) {
        lib.SSL_CTX_free(ctx);
        return NULL;
    }
    lib.SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    lib.SSL_CTX_clear_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
    /* Each message that is none of data comes back to the loop: they cannot keep it for long. */
    lib.SSL_CTX_ctrl(ctx, SSL_CTRL_CLEAR_MODE, SSL_MODE_AUTO_RETRY, NULL);
    lib.SSL_CTX_ctrl(ctx, SSL_CTRL_MODE,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                         SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER,
                     NULL);
    lib.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, NULL);
    lib.SSL_CTX_set_num_tickets(ctx, 1);
    lib.SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, tls);
    lib.SSL_CTX_callback_ctrl(ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                              (void (*)(void))choose_certificate);
    lib.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, tls);
    return ctx;
}

Tls *tls_load(const StrVec *certificates, const StrVec *keys, bool h2) {
    if (!load_library()) {
        say("there is no TLS: libssl.so.3 (OpenSSL) cannot be loaded");
        return NULL;
    }
    Tls *tls = calloc(1, sizeof *tls);
    if (tls) tls->contexts = calloc(certificates->len, sizeof *tls->contexts);
    bool is_good = tls && tls->contexts;
    if (!is_good) say("no memory");
    else *tls = (Tls){.contexts = tls->contexts, .refs = 1, .h2 = h2};
    uint8_t tickets[2 * SHA512_DIGEST_LENGTH];
    bool has_tickets = next_ticket_keys(tickets);
    for (size_t i = 0; is_good && i < certificates->len; i++) {
        Str certificate = certificates->at[i], key = keys->len ? keys->at[i] : certificate;
        SSL_CTX *ctx = tls->contexts[tls->count++] = new_context(tls);
        if (!ctx) say("TLS cannot be set up");
        if (ctx && has_tickets)
            lib.SSL_CTX_ctrl(ctx, SSL_CTRL_SET_TLSEXT_TICKET_KEYS, TICKET_KEYS, tickets);
        is_good = ctx && add_file(ctx, certificate, false) && add_file(ctx, key, true);
    }
    explicit_bzero(tickets, sizeof tickets);
    if (is_good) return tls;
    tls_free(tls);
    return NULL;
}

void tls_free(Tls *tls) {
    if (!tls || (tls->refs && --tls->refs)) return;
    for (size_t i = 0; i < tls->count; i++) lib.SSL_CTX_free(tls->contexts[i]);
    free(tls->contexts);
    free(tls);
}

/* ---- sessions ---- */

void tls_open(Transport *t, Tls *tls) {
    t->tls = tls;
    tls->refs++;
}

void tls_close(Transport *t) {
    if (t->ssl) lib.SSL_free(t->ssl);
    tls_free(t->tls);
    t->ssl = NULL;
    t->tls = NULL;
}

/* A client's first byte has come; it begins no request of HTTP, which is a mistake of people and
 * deserves an answer. False: it does, or errno says what else it is. */
static bool start(Transport *t) {
    unsigned char first = 0;
    ssize_t n = recv(t->fd, &first, 1, MSG_PEEK);
    if (n == 1 && first >= 'A' && first <= 'Z') {
        tls_close(t);
        t->is_ready = true;
        errno = EPROTONOSUPPORT;
        return false;
    }
    if (n == 0) errno = ECONNRESET;
    if (n != 1) return false;
    t->ssl = lib.SSL_new(t->tls->contexts[0]);
    if (!t->ssl || lib.SSL_set_fd(t->ssl, t->fd) != 1) {
        errno = ENOMEM;
        return false;
    }
    lib.SSL_set_accept_state(t->ssl);
    return true;
}

/* What a call that has not given bytes says. */
static ssize_t ended(Transport *t, int got) {
    switch (lib.SSL_get_error(t->ssl, got)) {
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_WANT_WRITE: t->wants_write = true; /* fall through */
    case SSL_ERROR_WANT_READ: errno = EAGAIN; return -1;
    }
    t->is_broken = true;
    errno = EPROTO;
    return -1;
}

/* One record: what is left in the socket is told by epoll. */
ssize_t tls_recv(Transport *t, char *to, size_t room) {
    errno = EPROTO;
    if (t->is_broken || (!t->ssl && !start(t))) return -1;
    t->wants_write = t->wants_read = false;
    lib.ERR_clear_error();
    int n = lib.SSL_read(t->ssl, to, room < INT_MAX ? (int)room : INT_MAX);
    ssize_t got = n > 0 ? n : ended(t, n);
    int why = errno;
    /* Later messages of its kind, of new keys, may also come in pieces: it is ready all the same. */
    t->is_ready |= !t->is_broken && lib.SSL_is_init_finished(t->ssl);
    errno = why;
    return got;
}

ssize_t tls_send(Transport *t, const char *bytes, size_t n) {
    errno = EPROTO;
    if (!t->is_ready || t->is_broken || t->has_ended) return -1;
    lib.ERR_clear_error();
    int sent = lib.SSL_write(t->ssl, bytes, n < INT_MAX ? (int)n : INT_MAX);
    if (sent > 0) return sent;
    bool wanted = t->wants_write;
    t->wants_write = false;
    ssize_t how = ended(t, sent);
    t->wants_read = how < 0 && errno == EAGAIN && !t->wants_write;
    t->wants_write = wanted; /* the caller waits for that anyway */
    if (how == 0) errno = EPIPE;
    return -1;
}

bool tls_end(Transport *t) {
    if (!t->ssl || !t->is_ready || t->is_broken) return true;
    lib.ERR_clear_error();
    t->wants_write = false;
    int got = lib.SSL_shutdown(t->ssl);
    return got >= 0 || ended(t, got) == 0 || errno != EAGAIN || !t->wants_write;
}

Str tls_protocol(const Transport *t) {
    const unsigned char *name;
    unsigned len;
    lib.SSL_get0_alpn_selected(t->ssl, &name, &len);
    return (Str){(const char *)name, len};
}

#else

Tls *tls_load(const StrVec *certificates, const StrVec *keys, bool h2) {
    say("there is no TLS: this program was built without OpenSSL's headers");
    return NULL;
}

void tls_free(Tls *tls) {}
void tls_open(Transport *t, Tls *tls) {}
void tls_close(Transport *t) {}
ssize_t tls_recv(Transport *t, char *to, size_t room) { return -1; }
ssize_t tls_send(Transport *t, const char *bytes, size_t n) { return -1; }
bool tls_end(Transport *t) { return true; }
Str tls_protocol(const Transport *t) { return (Str){0}; }

#endif
