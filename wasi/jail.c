/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The process locks itself in before a guest runs, so that a fault in this program would lead no further:
 *
 *     no_new_privs   no program gives it more rights
 *     Landlock       files below the granted folders only, read-only ones to be read; TCP ports of the
 *                    rules, where the kernel knows ports (since 6.7); no signals and abstract
 *                    sockets of others (since 6.12)
 *     seccomp        the calls below and no others: EPERM. No programs are started, no processes, no
 *                    memory becomes code; sockets only where a rule for the network exists
 *
 * A server has besides what it opens again by its path (program, certificates, log), and connections that
 * come; the process that looks after several of them can start more, each of which locks itself in
 * further: walls add up.
 *
 * Names are resolved by the C library, and HTTP is spoken by libcurl, in this process: both load
 * libraries and read files of the system when they are first used. So with any rule for the network
 * the folders below are readable, and code can be mapped.
 */
#include "wasi/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* ---- Landlock (linux/landlock.h, whose newest parts the system's header may lack) ---- */

enum { LANDLOCK_CREATE = 444, LANDLOCK_ADD = 445, LANDLOCK_RESTRICT = 446 };
enum { RULE_PATH = 1, RULE_PORT = 2 };

#define FS_EXECUTE     (UINT64_C(1) << 0)
#define FS_WRITE_FILE  (UINT64_C(1) << 1)
#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_REMOVE_DIR  (UINT64_C(1) << 4)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_DIR    (UINT64_C(1) << 7)
#define FS_MAKE_REG    (UINT64_C(1) << 8)
#define FS_MAKE_SYM    (UINT64_C(1) << 12)
#define FS_REFER       (UINT64_C(1) << 13)
#define FS_TRUNCATE    (UINT64_C(1) << 14)
#define FS_IOCTL_DEV   (UINT64_C(1) << 15)
#define NET_BIND_TCP   UINT64_C(1)
#define NET_CONNECT    UINT64_C(2)
#define SCOPE_ALL      UINT64_C(3) /* abstract sockets, signals */

#define FS_READ (FS_READ_FILE | FS_READ_DIR)
#define FS_CHANGE                                                                                  \
    (FS_WRITE_FILE | FS_REMOVE_DIR | FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_MAKE_SYM |    \
     FS_REFER | FS_TRUNCATE)

typedef struct {
    uint64_t fs, net, scoped;
} Ruleset;
typedef struct __attribute__((packed)) {
    uint64_t allowed;
    int32_t parent;
} PathRule;
typedef struct {
    uint64_t allowed, port;
} PortRule;

typedef struct {
    const WasiJailWants *wants;
    int abi, fd;
    Ruleset handled;
} Jail;

static bool has_network(const Jail *j) {
    for (size_t i = 0; i < j->wants->count; i++)
        if (j->wants->contexts[i]->net_rule_count) return true;
    return false;
}

static bool allow_path(const Jail *j, int parent, uint64_t access) {
    PathRule rule = {access & j->handled.fs, parent};
    return syscall(LANDLOCK_ADD, j->fd, RULE_PATH, &rule, 0) == 0;
}

/* What is read to resolve names and to speak TLS; what is not there is not needed. */
static bool allow_system(const Jail *j) {
    static const char *const paths[] = {"/etc",
                                        "/lib",
                                        "/lib64",
                                        "/usr/lib",
                                        "/usr/lib64",
                                        "/usr/local/lib",
                                        "/usr/share/ca-certificates",
                                        "/run/systemd/resolve",
                                        "/run/resolvconf",
                                        "/run/NetworkManager",
                                        "/dev/urandom"};
    bool good = true;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        int fd = open(paths[i], O_PATH | O_CLOEXEC);
        if (fd < 0) continue;
        bool file = i + 1 == sizeof paths / sizeof *paths;
        good &= allow_path(j, fd, file ? FS_READ_FILE : FS_READ);
        close(fd);
    }
    const char *authorities = getenv("SSL_CERT_FILE"); /* as http_transfer.c has it */
    int fd = authorities ? open(authorities, O_PATH | O_CLOEXEC) : -1;
    if (fd < 0) return good;
    good &= allow_path(j, fd, FS_READ_FILE);
    close(fd);
    return good;
}

/* The folder that it stands in; "." where the path says none. */
static void folder_of(const char *path, char folder[PATH_MAX]) {
    const char *slash = strrchr(path, '/');
    size_t len = !slash ? 1 : slash == path ? 1 : (size_t)(slash - path);
    snprintf(folder, PATH_MAX, "%.*s", (int)len, slash ? path : ".");
}

static bool is_root(const char *path) {
    struct stat it, root;
    return stat(path, &it) == 0 && stat("/", &root) == 0 && it.st_dev == root.st_dev &&
           it.st_ino == root.st_ino;
}

/* Below the root there is everything, and beside a device are others: then it is the file alone. */
static bool allow_at(const Jail *j, const char *path, int use) {
    char folder[PATH_MAX];
    struct stat info;
    folder_of(path, folder);
    bool is_alone = use != WASI_JAIL_REMOVE &&
                    (is_root(folder) || (stat(path, &info) == 0 && !S_ISREG(info.st_mode)));
    uint64_t access = use == WASI_JAIL_READ     ? FS_READ_FILE
                      : use == WASI_JAIL_REMOVE ? FS_REMOVE_FILE
                      : is_alone                ? FS_WRITE_FILE | FS_READ_FILE
                                                : FS_WRITE_FILE | FS_MAKE_REG;
    int fd = open(is_alone ? path : folder, O_PATH | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT;
    bool good =
        allow_path(j, fd, access) || errno == EBADFD; /* a pipe without a name: it stays open */
    close(fd);
    return good;
}

/* Where the path is a link, Landlock looks at what it leads to. */
static bool allow_files(const Jail *j) {
    bool good = true;
    for (size_t i = 0; i < j->wants->file_count; i++) {
        const WasiJailFile *file = &j->wants->files[i];
        char *target = realpath(file->path, NULL);
        good &= allow_at(j, file->path, file->use);
        if (target && file->use != WASI_JAIL_REMOVE) good &= allow_at(j, target, file->use);
        free(target);
    }
    return good;
}

static bool allow_folders(const Jail *j) {
    bool good = true;
    for (size_t i = 0; i < j->wants->count; i++) {
        const WasiContext *c = j->wants->contexts[i];
        for (size_t k = 0; k < c->folder_count; k++) {
            const WasiFolder *f = &c->folders[k];
            int fd = f->tree ? f->tree->fd : f->fd;
            if (f->tree && (f->tree->is_archive || fd < 0)) continue;
            good &= allow_path(j, fd, f->read_only || f->tree ? FS_READ : FS_READ | FS_CHANGE);
        }
    }
    return good && (!has_network(j) || allow_system(j));
}

enum { MOST_PORTS = 1024 }; /* of one rule, that are listed */

/* Which of binding and connecting can be told by ports: not what a rule grants to very many. */
static uint64_t tellable_ports(const Jail *j) {
    uint64_t net = NET_BIND_TCP | NET_CONNECT;
    for (size_t i = 0; i < j->wants->count; i++)
        for (size_t k = 0; k < j->wants->contexts[i]->net_rule_count; k++) {
            const WasiNetRule *rule = &j->wants->contexts[i]->net_rules[k];
            if (rule->last - rule->first < MOST_PORTS) continue;
            if (rule->use == WASI_NET_TCP) net &= ~NET_CONNECT;
            if (rule->use == WASI_NET_LISTEN) net &= ~NET_BIND_TCP;
        }
    return net;
}

static bool allow_port(const Jail *j, uint64_t access, uint64_t port) {
    PortRule rule = {access & j->handled.net, port};
    return !rule.allowed || syscall(LANDLOCK_ADD, j->fd, RULE_PORT, &rule, 0) == 0;
}

static bool allow_ports(const Jail *j) {
    bool good = true;
    if (has_network(j)) /* lookups by TCP, and sockets that connect from any free port */
        good = allow_port(j, NET_CONNECT, 53) && allow_port(j, NET_BIND_TCP, 0);
    for (size_t i = 0; i < j->wants->count; i++)
        for (size_t k = 0; k < j->wants->contexts[i]->net_rule_count; k++) {
            const WasiNetRule *rule = &j->wants->contexts[i]->net_rules[k];
            uint64_t access = rule->use == WASI_NET_TCP      ? NET_CONNECT
                              : rule->use == WASI_NET_LISTEN ? NET_BIND_TCP
                                                             : 0;
            access &= j->handled.net;
            for (uint32_t port = rule->first; access && port <= rule->last; port++)
                good &= allow_port(j, access, port);
        }
    return good;
}

static bool lock_files(Jail *j) {
    j->abi = (int)syscall(LANDLOCK_CREATE, NULL, 0, 1);
    if (j->abi < 1) return false;
    j->handled.fs = (FS_REFER - 1) | (j->abi >= 2 ? FS_REFER : 0) |
                    (j->abi >= 3 ? FS_TRUNCATE : 0) | (j->abi >= 5 ? FS_IOCTL_DEV : 0);
    j->handled.net = j->abi >= 4 ? tellable_ports(j) : 0;
    j->handled.scoped = j->abi >= 6 ? SCOPE_ALL : 0;
    size_t size = j->abi >= 6   ? sizeof j->handled
                  : j->abi >= 4 ? offsetof(Ruleset, scoped)
                                : offsetof(Ruleset, net);
    j->fd = (int)syscall(LANDLOCK_CREATE, &j->handled, size, 0);
    if (j->fd < 0) return false;
    bool good = allow_folders(j) && allow_files(j) && allow_ports(j) &&
                syscall(LANDLOCK_RESTRICT, j->fd, 0) == 0;
    close(j->fd);
    return good;
}

/* ---- seccomp ---- */

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH AUDIT_ARCH_RISCV64
#endif

#ifdef ARCH
static const int plain_calls[] = {
#define CALL(name) __NR_##name,
#include "wasi/jail.def"
#undef CALL
};
static const int network_calls[] = {
#define NETWORK_CALL(name) __NR_##name,
#include "wasi/jail.def"
#undef NETWORK_CALL
};
static const int accepting_calls[] = {
#define ACCEPTING_CALL(name) __NR_##name,
#include "wasi/jail.def"
#undef ACCEPTING_CALL
};
static const int starting_calls[] = {
#define STARTING_CALL(name) __NR_##name,
#include "wasi/jail.def"
#undef STARTING_CALL
    LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT};
enum {
    NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                 CLONE_NEWPID | CLONE_NEWNET
};

typedef struct {
    struct sock_filter code[512];
    unsigned short n;
} Program;

static void emit(Program *p, uint16_t code, uint8_t yes, uint8_t no, uint32_t k) {
    p->code[p->n++] = (struct sock_filter){code, yes, no, k};
}

enum { DATA = BPF_LD | BPF_W | BPF_ABS, EQUAL = BPF_JMP | BPF_JEQ | BPF_K };
enum { ANY_BIT = BPF_JMP | BPF_JSET | BPF_K, GIVE = BPF_RET | BPF_K };
#define DENIED (SECCOMP_RET_ERRNO | EPERM)

static void load_call(Program *p) { emit(p, DATA, 0, 0, offsetof(struct seccomp_data, nr)); }

/* The low half of argument `i`. */
static void load_argument(Program *p, unsigned i) {
    size_t at = offsetof(struct seccomp_data, args) + 8 * i;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    at += 4;
#endif
    emit(p, DATA, 0, 0, (uint32_t)at);
}

static void answer(Program *p, int call, uint32_t with) {
    emit(p, EQUAL, 0, 1, (uint32_t)call);
    emit(p, GIVE, 0, 0, with);
}

static void allow_calls(Program *p, const int *calls, size_t n) {
    for (size_t i = 0; i < n; i++) answer(p, calls[i], SECCOMP_RET_ALLOW);
}

/* Only if the argument is one of these. */
static void allow_values(Program *p, int call, unsigned argument, const uint32_t *values,
                         uint8_t n) {
    emit(p, EQUAL, 0, (uint8_t)(2 * n + 2), (uint32_t)call);
    load_argument(p, argument);
    for (uint8_t i = 0; i < n; i++) answer(p, (int)values[i], SECCOMP_RET_ALLOW);
    emit(p, GIVE, 0, 0, DENIED);
}

/* Goes on to further rules only if the argument is one of these. */
static void demand_values(Program *p, int call, unsigned argument, const uint32_t *values,
                          uint8_t n) {
    emit(p, EQUAL, 0, (uint8_t)(n + 2), (uint32_t)call);
    load_argument(p, argument);
    for (uint8_t i = 0; i < n; i++) emit(p, EQUAL, (uint8_t)(n - i), 0, values[i]);
    emit(p, GIVE, 0, 0, DENIED);
    load_call(p);
}

/* Goes on to further rules only if the argument has none of these bits. */
static void forbid_bits(Program *p, int call, unsigned argument, uint32_t bits) {
    emit(p, EQUAL, 0, 4, (uint32_t)call);
    load_argument(p, argument);
    emit(p, ANY_BIT, 0, 1, bits);
    emit(p, GIVE, 0, 0, DENIED);
    load_call(p);
}

/* Only if the argument has these bits, or has not. */
static void allow_bits(Program *p, int call, unsigned argument, uint32_t bits, bool set) {
    emit(p, EQUAL, 0, 4, (uint32_t)call);
    load_argument(p, argument);
    emit(p, ANY_BIT, set ? 0 : 1, set ? 1 : 0, bits);
    emit(p, GIVE, 0, 0, SECCOMP_RET_ALLOW);
    emit(p, GIVE, 0, 0, DENIED);
}

/* Threads, and processes where some are started, in the namespaces that it is in. clone3 keeps its flags in
 * memory: the C library falls back to clone. */
static void allow_starts(Program *p, bool processes) {
    const uint32_t own = (uint32_t)getpid();
    answer(p, __NR_clone3, SECCOMP_RET_ERRNO | ENOSYS);
    forbid_bits(p, __NR_clone, 0, NAMESPACES);
    if (processes) allow_calls(p, starting_calls, sizeof starting_calls / sizeof *starting_calls);
    allow_bits(p, __NR_clone, 0, CLONE_THREAD, true);
    allow_values(p, __NR_tgkill, 0, &own, 1); /* its own threads */
}

static void write_program(Program *p, const WasiJailWants *wants, bool network) {
    static const uint32_t controls[] = {TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX};
    /* None of AF_UNIX: Landlock lets it connect to any path, where others start programs for it. */
    static const uint32_t families[] = {AF_INET, AF_INET6, AF_NETLINK};
    /* By others (MPTCP) Landlock's ports are passed; 0 is routes, too, which the C library asks for. */
    static const uint32_t protocols[] = {0, IPPROTO_TCP, IPPROTO_UDP};
    const uint32_t self[] = {0};
    emit(p, DATA, 0, 0, offsetof(struct seccomp_data, arch));
    emit(p, EQUAL, 1, 0, ARCH);
    emit(p, GIVE, 0, 0, SECCOMP_RET_KILL_PROCESS);
    load_call(p);
    allow_calls(p, plain_calls, sizeof plain_calls / sizeof *plain_calls);
    /* What is sent with the first packet connects, and Landlock does not look at its port. */
    forbid_bits(p, __NR_sendto, 3, MSG_FASTOPEN);
    forbid_bits(p, __NR_sendmsg, 2, MSG_FASTOPEN);
    forbid_bits(p, __NR_sendmmsg, 3, MSG_FASTOPEN);
    if (network) allow_calls(p, network_calls, sizeof network_calls / sizeof *network_calls);
    if (wants->accepts || network)
        allow_calls(p, accepting_calls, sizeof accepting_calls / sizeof *accepting_calls);
    if (wants->accepts)
        answer(p, __NR_memfd_create, SECCOMP_RET_ALLOW); /* memories as they begin */
    allow_starts(p, wants->starts);
    allow_values(p, __NR_prlimit64, 0, self, 1); /* its own limits */
    allow_values(p, __NR_ioctl, 1, controls, sizeof controls / sizeof *controls);
    if (network) {
        demand_values(p, __NR_socket, 2, protocols, sizeof protocols / sizeof *protocols);
        allow_values(p, __NR_socket, 0, families, sizeof families / sizeof *families);
        answer(p, __NR_mmap, SECCOMP_RET_ALLOW);
        answer(p, __NR_mprotect, SECCOMP_RET_ALLOW);
    } else {
        allow_bits(p, __NR_mmap, 2, PROT_EXEC, false);
        allow_bits(p, __NR_mprotect, 2, PROT_EXEC, false);
    }
    emit(p, GIVE, 0, 0, DENIED);
}

static bool lock_calls(const Jail *j) {
    Program p = {.n = 0};
    write_program(&p, j->wants, has_network(j));
    struct sock_fprog program = {p.n, p.code};
    return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}
#else
static bool lock_calls(const Jail *j) {
    (void)j;
    return false;
}
#endif

/* What an older Landlock has not. Without rules for the network there are no sockets, so no ports either. */
static const char *part_missing(const Jail *j) {
    if (j->abi < 3) return "the cutting off of files in Landlock (Linux 6.2)";
    return j->abi < 4 && has_network(j) ? "TCP ports of Landlock (Linux 6.7)" : NULL;
}

WasiJail wasi_jail(const WasiJailWants *wants, const char **missing) {
    Jail j = {.wants = wants};
    tzset(); /* reads the zone of wasi:clocks/timezone, which it keeps */
    *missing = "no_new_privs, Landlock and seccomp";
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return WASI_JAIL_NONE;
    bool files = lock_files(&j), calls = lock_calls(&j);
    *missing = files && calls ? part_missing(&j)
               : files        ? "seccomp"
               : calls        ? "Landlock"
                              : "Landlock and seccomp";
    return !*missing ? WASI_JAIL_WHOLE : files || calls ? WASI_JAIL_PARTLY : WASI_JAIL_NONE;
}
