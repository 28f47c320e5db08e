/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "clock.h"
#include "guest.h"

struct jobs_base_token_rep {
    uint32_t n;
};
static uint32_t alive;

jobs_base_token jobs_base_token_new(uint32_t n) {
    jobs_base_token_rep *rep = (jobs_base_token_rep *)malloc(sizeof *rep);
    rep->n = n;
    alive++;
    return jobs_base_token_from_rep(rep);
}
uint32_t jobs_base_token_n(jobs_base_token_ref self) { return self->n; }
void jobs_base_token_destroy(jobs_base_token_rep *rep) {
    free(rep);
    alive--;
}
uint32_t jobs_base_alive(void) { return alive; }

typedef struct {
    uint32_t left;
} Turns;

static void turn(void *data) {
    Turns *turns = (Turns *)data;
    if (turns->left-- > 0) wit_yield(turn, turns);
    else jobs_base_tick_return(wit_string_copy(WIT_STR("tick")));
}

void jobs_base_tick_begin(uint32_t n) {
    Turns *turns = WIT_NEW(Turns, 1);
    turns->left = n;
    turn(turns);
}
