/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The second wall: children lock themselves in, and then try what a guest was not granted, with the
 * system's own calls, as a fault of this program would.
 */
#include "tests/test.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wasi/jail.h"

static Arena *arena;
static char granted[] = "/tmp/witc-jail.XXXXXX", beside[] = "/tmp/witc-jail.XXXXXX";
static char outside[] = "/tmp/witc-jail.XXXXXX"; /* not granted: no file of the system is tried */
static const char *kept, *fresh, *below;         /* paths there, and from `granted` */
static WasiFolder folders[2];
static WasiContext closed, files, network;
/* In folders that no context has: a file (a link to one in another), a pipe beside it, a log, a socket. */
static char links[] = "/tmp/witc-jail.XXXXXX", logs[] = "/tmp/witc-jail.XXXXXX",
            sockets[] = "/tmp/witc-jail.XXXXXX";
static const char *read_again, *beside_it, *logged, *made, *piped, *beside_pipe;
static bool has_ports, has_scopes; /* the kernel knows rules for TCP, and for signals */

/* Runs `try` in a child that is locked in; 0: all that it says is true, else the line. */
static int inside_of(WasiJailWants wants, const WasiContext *context, int (*try)(void)) {
    pid_t child = fork();
    if (child == 0) {
        const char *missing;
        wants.contexts = &context;
        wants.count = 1;
        WasiJail jail = wasi_jail(&wants, &missing);
        _exit(jail == WASI_JAIL_NONE ? 255 : try());
    }
    int status;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 254;
}

static int inside(const WasiContext *context, int (*try)(void)) {
    return inside_of((WasiJailWants){0}, context, try);
}

/* In a child: it fails so, or the line says where it did not. */
#define FAILS(code, call)                                                                          \
    do {                                                                                           \
        errno = 0;                                                                                 \
        if ((long)(call) != -1 || errno != (code)) return __LINE__ % 250 + 1;                       \
    } while (0)
#define WORKS(call)                                                                                \
    do {                                                                                           \
        if ((long)(call) < 0) return __LINE__ % 250 + 1;                                           \
    } while (0)

static int no_files(void) {
    FAILS(EACCES, open(kept, O_RDONLY));
    FAILS(EACCES, open(fresh, O_CREAT | O_WRONLY, 0600));
    FAILS(EACCES, open(granted, O_RDONLY | O_DIRECTORY));
    FAILS(EACCES, mkdirat(AT_FDCWD, fresh, 0700));
    FAILS(EACCES, unlinkat(AT_FDCWD, kept, 0));
    return 0;
}

static int granted_files(void) {
    int folder = folders[0].fd, read_only = folders[1].fd, fd;
    WORKS(fd = openat(folder, "new", O_CREAT | O_RDWR, 0600));
    WORKS(write(fd, "text", 4));
    WORKS(ftruncate(fd, 2));
    WORKS(renameat(folder, "new", folder, "other"));
    WORKS(mkdirat(folder, "sub", 0700));
    WORKS(renameat(folder, "other", folder, "sub/other"));
    WORKS(unlinkat(folder, "sub/other", 0));
    WORKS(unlinkat(folder, "sub", AT_REMOVEDIR));
    WORKS(openat(read_only, "kept", O_RDONLY));
    FAILS(EACCES, openat(read_only, "kept", O_RDWR));
    FAILS(EACCES, openat(read_only, "new", O_CREAT | O_WRONLY, 0600));
    FAILS(EACCES, unlinkat(read_only, "kept", 0));
    FAILS(EACCES, openat(folder, below, O_RDONLY));
    FAILS(EACCES, open(kept, O_RDONLY));
    FAILS(EPERM, mknodat(folder, "device", S_IFCHR | 0600, 0x103));
    FAILS(EPERM, fchmod(fd, 04755));
    FAILS(EPERM, fchown(fd, 1, 1));
    return 0;
}

static int no_calls(void) {
    char *words[] = {NULL};
    FAILS(EPERM, execve("/bin/true", words, words));
    FAILS(EPERM, syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    FAILS(ENOSYS, syscall(SYS_clone3, NULL, 0));
    FAILS(EPERM, kill(getppid(), 0));
    FAILS(EPERM, syscall(SYS_tgkill, getppid(), getppid(), 0));
    WORKS(syscall(SYS_tgkill, getpid(), getpid(), 0));
    FAILS(EPERM, syscall(SYS_prlimit64, getppid(), RLIMIT_NOFILE, NULL, NULL));
    WORKS(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, NULL));
    FAILS(EPERM, syscall(SYS_ptrace, 0, 0, 0, 0));
    FAILS(EPERM, syscall(SYS_process_vm_writev, getppid(), NULL, 0, NULL, 0, 0));
    FAILS(EPERM, socket(AF_INET, SOCK_STREAM, 0));
    FAILS(EPERM, socket(AF_UNIX, SOCK_STREAM, 0));
    FAILS(EPERM, chdir("/"));
    FAILS(EPERM, syscall(SYS_mount, NULL, NULL, NULL, 0, NULL));
    FAILS(EPERM, syscall(SYS_bpf, 0, NULL, 0));
    FAILS(EPERM, syscall(SYS_io_uring_setup, 1, NULL));
    FAILS(EPERM, syscall(SYS_userfaultfd, 0));
    FAILS(EPERM, syscall(SYS_unshare, 0));
    FAILS(EPERM, ioctl(0, TIOCSTI, "x")); /* typing for the user */
    FAILS(EPERM, mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    WORKS(page == MAP_FAILED ? -1 : 0);
    FAILS(EPERM, mprotect(page, 4096, PROT_READ | PROT_EXEC));
    return 0;
}

static int no_calls_of_run(void) {
    FAILS(EPERM, syscall(SYS_memfd_create, "x", 0));
    FAILS(EPERM, accept4(0, NULL, NULL, 0));
    return no_calls();
}

/* What the system says of a child that is locked in: programs with more rights give it none. */
static void privileges_are_gone(void) {
    int stays[2];
    CHECK_EQ(pipe(stays), 0);
    const WasiContext *context = &closed;
    pid_t child = fork();
    if (child == 0) {
        const char *missing;
        char byte;
        close(stays[1]);
        wasi_jail(&(WasiJailWants){.contexts = &context, .count = 1}, &missing);
        _exit(read(stays[0], &byte, 1) != 0);
    }
    close(stays[0]);
    char path[64], line[128];
    snprintf(path, sizeof path, "/proc/%d/status", child);
    int privileges = -1;
    for (int i = 0; i < 1000 && privileges < 1; i++) { /* until it is */
        FILE *status = fopen(path, "r");
        while (status && fgets(line, sizeof line, status))
            sscanf(line, "NoNewPrivs: %d", &privileges);
        if (status) fclose(status);
        usleep(2000);
    }
    CHECK_EQ(privileges, 1);
    close(stays[1]);
    waitpid(child, NULL, 0);
}

static void *resolve(void *unused) {
    struct addrinfo *found = NULL, hints = {.ai_socktype = SOCK_STREAM};
    (void)unused;
    int fault = getaddrinfo("localhost", NULL, &hints, &found);
    return fault ? NULL : found;
}

static int listener = -1; /* its socket */
static int listening_at;  /* and port */
static bool curl_is_here; /* on this machine */

static int connect_to(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&to, sizeof to);
}

/* Sends with the first packet, which connects, by each of the calls that can. */
static int send_first(int how, int port) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct iovec bytes = {"x", 1};
    struct mmsghdr message = {
        .msg_hdr = {.msg_name = &to, .msg_namelen = sizeof to, .msg_iov = &bytes, .msg_iovlen = 1}};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) return 0;
    if (how == 0) return (int)sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof to);
    if (how == 1) return (int)sendmsg(fd, &message.msg_hdr, MSG_FASTOPEN);
    return sendmmsg(fd, &message, 1, MSG_FASTOPEN);
}

/* libcurl is loaded when it is first needed, and connects, to an address and to a name. */
static int curl_connects(const char *host) {
    enum { URL = 10002, CONNECT_ONLY = 141 };
    void *curl = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!curl) return curl_is_here ? -1 : 0;
    void *(*init)(void);
    int (*set)(void *, int, ...), (*perform)(void *);
    *(void **)&init = dlsym(curl, "curl_easy_init");
    *(void **)&set = dlsym(curl, "curl_easy_setopt");
    *(void **)&perform = dlsym(curl, "curl_easy_perform");
    char url[64];
    snprintf(url, sizeof url, "http://%s:%d/", host, listening_at);
    void *handle = init();
    if (!handle) return -1;
    set(handle, URL, url);
    set(handle, CONNECT_ONLY, 1L);
    return perform(handle) == 0 ? 0 : -1;
}

static int granted_network(void) {
    pthread_t id;
    void *found = NULL;
    WORKS(-pthread_create(&id, NULL, resolve, NULL)); /* as lookups do */
    pthread_join(id, &found);
    WORKS(found ? 0 : -1);
    WORKS(connect_to(listening_at));
    WORKS(curl_connects("127.0.0.1"));
    WORKS(curl_connects("localhost"));
    if (has_ports) FAILS(EACCES, connect_to(listening_at == 9 ? 10 : 9));
    for (int how = 0; how < 3; how++) FAILS(EPERM, send_first(how, listening_at));
    FAILS(EPERM, socket(AF_PACKET, SOCK_RAW, 0));
    FAILS(EPERM, socket(AF_VSOCK, SOCK_STREAM, 0));
    FAILS(EPERM, socket(AF_UNIX, SOCK_STREAM, 0));
    FAILS(EPERM, socket(AF_INET, SOCK_STREAM, 262)); /* MPTCP */
    WORKS(socket(AF_INET, SOCK_STREAM, IPPROTO_TCP));
    WORKS(socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDP) < 0 && errno == EPERM ? -1 : 0);
    FAILS(EACCES, open(kept, O_RDONLY));
    WORKS(open("/etc/hosts", O_RDONLY)); /* what lookups read can be read, and no more */
    FAILS(EACCES, openat(AT_FDCWD, "/etc", O_TMPFILE | O_WRONLY, 0600));
    return 0;
}

static void listen_somewhere(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (struct sockaddr *)&at, size) == 0 && listen(fd, 5) == 0)
        getsockname(fd, (struct sockaddr *)&at, &size);
    listening_at = ntohs(at.sin_port);
    listener = fd;
}

/* ---- servers ---- */

/* That of a client that has connected before. */
static int connections_come(void) {
    char byte;
    int fd;
    WORKS(fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC));
    WORKS(send(fd, "x", 1, MSG_NOSIGNAL));
    FAILS(EAGAIN, recv(fd, &byte, 1, MSG_DONTWAIT));
    FAILS(EPERM, bind(fd, NULL, 0));
    FAILS(EPERM, connect(fd, NULL, 0));
    FAILS(EPERM, listen(fd, 1));
    return 0;
}

static int server(void) {
    int failed = no_files();
    if (!failed) failed = connections_come();
    return failed ? failed : no_calls();
}

static int files_again(void) {
    WORKS(open(read_again, O_RDONLY));
    WORKS(open(beside_it, O_RDONLY)); /* what it leads to may be replaced, too */
    FAILS(EACCES, open(read_again, O_WRONLY));
    FAILS(EACCES, unlinkat(AT_FDCWD, read_again, 0));
    WORKS(open(logged, O_WRONLY | O_CREAT | O_APPEND, 0600));
    FAILS(EACCES, open(logged, O_RDONLY));
    FAILS(EACCES, open(logged, O_WRONLY | O_TRUNC));
    FAILS(EACCES, unlinkat(AT_FDCWD, logged, 0));
    WORKS(open(piped, O_RDWR | O_NONBLOCK));
    FAILS(EACCES, open(beside_pipe, O_WRONLY | O_CREAT, 0600));
    WORKS(unlinkat(AT_FDCWD, made, 0));
    FAILS(EACCES, open(made, O_WRONLY | O_CREAT, 0600));
    FAILS(EACCES, open(kept, O_RDONLY));
    return no_files();
}

/* Processes like itself, which can lock themselves in further; nothing else is started. */
static int starts_more(void) {
    static const unsigned long spaces[] = {CLONE_NEWUSER,  CLONE_NEWNS,  CLONE_NEWPID,
                                           CLONE_NEWNET,   CLONE_NEWIPC, CLONE_NEWUTS,
                                           CLONE_NEWCGROUP};
    char *words[] = {NULL};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        FAILS(EPERM, syscall(SYS_clone, spaces[i] | SIGCHLD, 0, 0, 0, 0));
    FAILS(EPERM, execve("/bin/true", words, words));
    FAILS(EPERM, syscall(SYS_unshare, 0));
    FAILS(EPERM, socket(AF_INET, SOCK_STREAM, 0));
    int failed = inside_of((WasiJailWants){.accepts = true}, &closed, server);
    if (failed) return failed;
    pid_t child = fork();
    WORKS(child);
    while (child == 0) poll(NULL, 0, -1);
    WORKS(kill(child, SIGKILL));
    WORKS(waitpid(child, NULL, 0));
    if (has_scopes) FAILS(EPERM, kill(getppid(), 0));
    return no_files();
}

static void files_are_closed(void) { CHECK_EQ(inside(&closed, no_files), 0); }
static void folders_are_open(void) { CHECK_EQ(inside(&files, granted_files), 0); }
static void calls_are_closed(void) { CHECK_EQ(inside(&closed, no_calls_of_run), 0); }
static void servers_accept(void) {
    listen_somewhere();
    CHECK_EQ(connect_to(listening_at), 0);
    CHECK_EQ(inside_of((WasiJailWants){.accepts = true}, &closed, server), 0);
}
static void servers_find_files(void) {
    const WasiJailFile again[] = {{read_again, WASI_JAIL_READ},
                                  {logged, WASI_JAIL_APPEND},
                                  {piped, WASI_JAIL_APPEND},
                                  {made, WASI_JAIL_REMOVE}};
    const WasiJailWants wants = {.files = again, .file_count = 4, .accepts = true};
    CHECK_EQ(inside_of(wants, &closed, files_again), 0);
}
static void servers_start_more(void) {
    listen_somewhere();
    CHECK_EQ(connect_to(listening_at), 0);
    CHECK_EQ(inside_of((WasiJailWants){.accepts = true, .starts = true}, &closed, starts_more), 0);
}
static void network_is_granted(void) {
    WasiNetRule rule;
    listen_somewhere();
    pid_t child = fork(); /* so that it is not loaded here */
    if (child == 0) _exit(dlopen("libcurl.so.4", RTLD_NOW) != NULL);
    int status;
    waitpid(child, &status, 0);
    curl_is_here = WEXITSTATUS(status);
    CHECK(!wasi_read_rule(arena, str_fmt(arena, "tcp:127.0.0.1:%d", listening_at), &rule));
    network.net_rules = &rule;
    network.net_rule_count = 1;
    CHECK_EQ(inside(&network, granted_network), 0);
}

int main(void) {
    arena = arena_new();
    long abi = syscall(444, NULL, 0, 1);
    has_ports = abi >= 4;
    has_scopes = abi >= 6;
    if (!mkdtemp(granted) || !mkdtemp(beside) || !mkdtemp(outside)) return 1;
    if (!mkdtemp(links) || !mkdtemp(logs) || !mkdtemp(sockets)) return 1;
    kept = str_c(arena, str_fmt(arena, "%s/kept", outside));
    fresh = str_c(arena, str_fmt(arena, "%s/new", outside));
    below = str_c(arena, str_fmt(arena, "../%s/kept", strrchr(outside, '/') + 1));
    close(open(kept, O_CREAT | O_WRONLY, 0600));
    folders[0].fd = open(granted, O_RDONLY | O_DIRECTORY);
    folders[1].fd = open(beside, O_RDONLY | O_DIRECTORY);
    folders[1].read_only = true;
    close(openat(folders[1].fd, "kept", O_CREAT | O_WRONLY, 0600));
    read_again = str_c(arena, str_fmt(arena, "%s/link", links));
    beside_it = str_c(arena, str_fmt(arena, "%s/other", beside));
    logged = str_c(arena, str_fmt(arena, "%s/log", logs));
    made = str_c(arena, str_fmt(arena, "%s/socket", sockets));
    if (symlink(str_c(arena, str_fmt(arena, "%s/kept", beside)), read_again) != 0) return 1;
    close(open(beside_it, O_CREAT | O_WRONLY, 0600));
    piped = str_c(arena, str_fmt(arena, "%s/pipe", links));
    beside_pipe = str_c(arena, str_fmt(arena, "%s/new", links));
    if (mkfifo(piped, 0600) != 0) return 1;
    close(open(made, O_CREAT | O_WRONLY, 0600));
    files.folders = folders;
    files.folder_count = 2;
    if (abi < 3) {
        printf("skipped: this kernel has no Landlock\nwasi_jail: 0 passed, 0 failed, 1 skipped\n");
    } else {
        RUN(files_are_closed);
        RUN(folders_are_open);
        RUN(calls_are_closed);
        RUN(privileges_are_gone);
        RUN(network_is_granted);
        RUN(servers_accept);
        RUN(servers_find_files);
        RUN(servers_start_more);
    }
    unlink(read_again);
    unlink(beside_it);
    unlink(logged);
    unlink(made);
    unlink(piped);
    unlink(beside_pipe);
    rmdir(links);
    rmdir(logs);
    rmdir(sockets);
    unlinkat(folders[1].fd, "kept", 0);
    rmdir(granted);
    rmdir(beside);
    unlink(kept);
    unlink(fresh);
    rmdir(outside);
    arena_free(arena);
    return abi < 3 ? 0 : test_end("wasi_jail");
}
