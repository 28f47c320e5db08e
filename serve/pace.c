/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * How long a client may keep others waiting for a body: an allowance of time, which passes while the body is
 * waited for, and only then, and which bytes add to.
 *
 *     left:  grace ── waiting ──> 0: too slow         + a second for each --min-body-rate bytes
 *                                                     at most --body-timeout, which is the longest pause
 *
 * So a byte now and then does not hold a handler for long, and who has sent a lot may pause.
 */
#include "serve/internal.h"

static const uint64_t grace = 10000000000, second = 1000000000;

/* The longest pause; much, but not so much that sums with it wrap, where there is no limit. */
static uint64_t most(const ServeOptions *o) {
    return o->body_timeout && o->body_timeout < UINT64_MAX / 4 ? o->body_timeout : UINT64_MAX / 4;
}

void pace_begin(Pace *p, const ServeOptions *o) {
    *p = (Pace){.left = o->min_body_rate && grace < most(o) ? grace : most(o)};
}

void pace_set(Pace *p, bool waits, uint64_t now) {
    uint64_t passed = p->waits && now > p->since ? now - p->since : 0;
    p->left -= passed < p->left ? passed : p->left;
    p->since = now;
    p->waits = waits;
}

void pace_gain(Pace *p, const ServeOptions *o, uint64_t bytes, uint64_t now) {
    pace_set(p, p->waits, now);
    uint64_t rate = o->min_body_rate, room = most(o) - p->left;
    bool is_all = !rate || bytes > UINT64_MAX / second || bytes * second / rate >= room;
    p->left += is_all ? room : bytes * second / rate;
}

uint64_t pace_end(const Pace *p) { return p->waits ? p->since + p->left : UINT64_MAX; }
