/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The native form of a program: calls bench once and prints its checksum and the CPU seconds. */
#include <stdio.h>
#include <time.h>

int bench(void);

int main(void) {
    struct timespec from, to;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    int checksum = bench();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    printf("%u %.6f\n", (unsigned)checksum,
           (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
    return 0;
}
