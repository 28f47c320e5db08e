// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "server.h"

#include "guest.h"

typedef exports_test_tally_tally_step_t Step;

static volatile int32_t first = 10; // so that the constructor is more than data

class Tally {
    int32_t count;
    uint32_t seen = 0;
    Step history[16] = {};
    size_t steps = 0;

  public:
    explicit Tally(int32_t begin) : count(begin) {}
    ~Tally() { MUST(false); } // a component has no end

    bool take(Step step, int32_t times) {
        int32_t next = step == EXPORTS_TEST_TALLY_TALLY_STEP_UP     ? count + times
                       : step == EXPORTS_TEST_TALLY_TALLY_STEP_DOWN ? count - times
                                                                    : first;
        if (next < 0) return false;
        count = next;
        seen |= 1u << step;
        MUST(steps < sizeof history);
        history[steps++] = step;
        return true;
    }
    int32_t now() const { return count; }
    void report(exports_test_tally_tally_summary_t *to) const {
        to->count = count;
        to->seen = static_cast<exports_test_tally_tally_seen_t>(seen);
        to->history.len = steps;
        to->history.ptr = static_cast<Step *>(malloc(steps));
        for (size_t i = 0; i < steps; i++) to->history.ptr[i] = history[i];
    }
};

static Tally tally(first);

bool exports_test_tally_tally_take(Step step, uint8_t *maybe_times, int32_t *ret,
                                   server_string_t *err) {
    bool taken = tally.take(step, maybe_times ? *maybe_times : 1);
    if (taken) *ret = tally.now();
    else server_string_dup(err, "below zero");
    return taken;
}

void exports_test_tally_tally_report(exports_test_tally_tally_summary_t *ret) { tally.report(ret); }
