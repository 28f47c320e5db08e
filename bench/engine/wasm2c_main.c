/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The main program for what wasm2c has made of a module (HEADER): prints the checksum and seconds. */
#include <stdio.h>
#include <time.h>

#include HEADER

int main(void) {
    struct timespec from, to;
    Z_m_instance_t instance;
    wasm_rt_init();
    Z_m_init_module();
    Z_m_instantiate(&instance);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    unsigned checksum = Z_mZ_bench(&instance);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    printf("%u %.6f\n", checksum,
           (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9);
    return 0;
}
