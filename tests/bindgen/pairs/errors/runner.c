/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Drop-in style, messages in UTF-8. An argument shares its error context: the handle stays. */
#include "runner.h"
#include "guest.h"

#define STORE(name) pairs_errors_store_##name
#define TEXT        "checked: \xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80"

typedef runner_error_context_t Context;

static Context make(const char *message) {
    runner_string_t text;
    runner_string_set(&text, message);
    return runner_error_context_new(&text);
}

static bool says(Context context, const char *message) {
    runner_string_t text;
    runner_error_context_debug_message(context, &text);
    bool same = SAME(text, message);
    runner_string_free(&text);
    return same;
}

#define TAKEN(context, message) \
    (CHECK(says(context, message)), runner_error_context_drop(context))

static void arguments(void) {
    Context a = make(TEXT), b = STORE(echo)(a), none = make("");
    CHECK(a.__handle != b.__handle && says(a, TEXT));
    runner_error_context_drop(a);
    TAKEN(b, TEXT); /* what another handle shared is still there */
    TAKEN(none, "");
    a = make("short");
    runner_string_t text;
    STORE(message)(a, &text);
    CHECK(SAME(text, "short"));
    runner_string_free(&text);
    TAKEN(a, "short");
}

static void results(void) {
    Context error;
    CHECK(STORE(check)(true, &error));
    CHECK(!STORE(check)(false, &error));
    TAKEN(error, TEXT);
    runner_string_t text;
    uint32_t number;
    runner_string_set(&text, "1234");
    CHECK(STORE(parse)(&text, &number, &error) && number == 1234);
    runner_string_set(&text, "12x");
    CHECK(!STORE(parse)(&text, &number, &error));
    TAKEN(error, "12x");
}

static void lists(void) {
    Context three[] = {make("one"), make("two"), make("three")};
    runner_list_error_context_t in = {three, 3}, out;
    STORE(reverse)(&in, &out);
    CHECK(out.len == 3 && says(out.ptr[0], "three") && says(out.ptr[2], "one"));
    for (int i = 0; i < 3; i++) runner_error_context_drop(three[i]);
    CHECK(says(out.ptr[1], "two"));
    runner_list_error_context_free(&out);
    in.len = 0;
    STORE(reverse)(&in, &out);
    CHECK(out.len == 0);
    runner_list_error_context_free(&out);
}

static void records(void) {
    STORE(problem_t) problem;
    STORE(wrap)(7, NULL, &problem);
    CHECK(problem.code == 7 && says(problem.context, "wrapped") && !problem.also.is_some);
    STORE(problem_free)(&problem);
    Context inner = make("inner");
    STORE(wrap)(8, &inner, &problem);
    runner_error_context_drop(inner);
    CHECK(problem.also.is_some && says(problem.also.val, "inner"));
    STORE(problem_free)(&problem);
}

uint32_t exports_runner_run(void) {
    arguments();
    results();
    lists();
    records();
    CHECK(STORE(live)() == 1); /* its arena */
    CHECK(live() == 0);
    return checked();
}

void exports_runner_drop_twice(void) {
    Context e = make("once");
    runner_error_context_drop(e);
    runner_error_context_drop(e);
}
