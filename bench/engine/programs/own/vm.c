/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* An interpreter in the guest: a stack machine with a switch runs a sieve. */
#include <stdint.h>

enum { PUSH, LOAD, STORE, GET, SET, ADD, SUB, MUL, LESS, JUMP, JUMP_ZERO, DUP, DROP, HALT };
enum { LIMIT = 8192 };
static int32_t memory[LIMIT + 16];

/* The sieve of Eratosthenes; variables: 0 i, 1 j, 2 the count of primes, 3 the limit. */
static const int32_t sieve[] = {
    /*  0 */ PUSH, 2, SET,  0,
    /*  4 */ GET,  0, GET,  3,         LESS,  JUMP_ZERO, 61,
    /* 11 */ GET,  0, LOAD, JUMP_ZERO, 18,    JUMP,      52,
    /* 18 */ GET,  2, PUSH, 1,         ADD,   SET,       2,
    /* 25 */ GET,  0, DUP,  ADD,       SET,   1,
    /* 31 */ GET,  1, GET,  3,         LESS,  JUMP_ZERO, 52,
    /* 38 */ PUSH, 1, GET,  1,         STORE,
    /* 43 */ GET,  1, GET,  0,         ADD,   SET,       1,  JUMP, 31,
    /* 52 */ GET,  0, PUSH, 1,         ADD,   SET,       0,  JUMP, 4,
    /* 61 */ HALT,
};

static int32_t run(const int32_t *code, int32_t limit) {
    int32_t stack[64], variables[8] = {0, 0, 0, limit, 0}, *top = stack;
    for (const int32_t *pc = code;;) {
        switch (*pc++) {
        case PUSH: *top++ = *pc++; break;
        case LOAD: top[-1] = memory[top[-1]]; break;
        case STORE: top -= 2, memory[top[1]] = top[0]; break;
        case GET: *top++ = variables[*pc++]; break;
        case SET: variables[*pc++] = *--top; break;
        case ADD: top--, top[-1] += top[0]; break;
        case SUB: top--, top[-1] -= top[0]; break;
        case MUL: top--, top[-1] *= top[0]; break;
        case LESS: top--, top[-1] = top[-1] < top[0]; break;
        case JUMP: pc = code + *pc; break;
        case JUMP_ZERO: pc = *--top ? pc + 1 : code + *pc; break;
        case DUP: top[0] = top[-1], top++; break;
        case DROP: top--; break;
        default: return top > stack ? top[-1] : variables[2];
        }
    }
}

int bench(void) {
    int32_t sum = 0;
    for (int32_t round = 0; round < 400; round++) {
        for (int32_t i = 0; i < LIMIT; i++) memory[i] = 0;
        sum += run(sieve, LIMIT - round);
    }
    return sum;
}
