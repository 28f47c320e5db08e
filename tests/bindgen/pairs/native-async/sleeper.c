/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Gives `n` turns to others before it returns. */
#include "sleeper.h"
#include "guest.h"

typedef struct {
    uint32_t left;
} State;

static void turn(void *data) {
    State *state = (State *)data;
    if (state->left-- > 0) wit_yield(turn, state);
    else tasks_clock_sleep_return();
}

void tasks_clock_sleep_begin(uint32_t n) {
    State *state = WIT_NEW(State, 1);
    state->left = n;
    turn(state);
}
