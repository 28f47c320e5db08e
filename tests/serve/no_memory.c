/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* no_memory: to be loaded before libc (LD_PRELOAD). From the first SIGUSR1 to the next, about one of
 * $FAIL_EVERY allocations finds no memory; which ones is the same each time. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

static volatile sig_atomic_t is_short;
static unsigned long long state = 1, every = 97;

static int fails(void) {
    if (!is_short) return 0;
    state = state * 6364136223846793005u + 1442695040888963407u;
    if ((state >> 33) % every) return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size) { return fails() ? NULL : __libc_malloc(size); }
void *calloc(size_t n, size_t size) { return fails() ? NULL : __libc_calloc(n, size); }
void *realloc(void *old, size_t size) { return fails() ? NULL : __libc_realloc(old, size); }

static void on_signal(int number) { is_short = !is_short; }

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("FAIL_EVERY");
    if (text) every = strtoull(text, NULL, 10);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal, .sa_flags = SA_RESTART}, NULL);
}
