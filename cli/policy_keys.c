/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The keys of wasmtime's -S (--wasi) and -W (--wasm), as far as there is something here that they mean:
 * `-S inherit-env,max-resources=100`, `-W timeout=2s,simd=n`. The table is policy_key.def; of -W, every
 * feature is a key, too.
 */
#include <stdio.h>

#include "cli/grant.h"

typedef enum {
    KEY_ON,
    KEY_DENY,
    KEY_NETWORK,
    KEY_FEATURE,
    KEY_LIMIT,
    KEY_TIME,
    KEY_TEXT,
    KEY_THERE,
    KEY_REFUSED
} KeyKind;
enum { NETWORK_ALL, NETWORK_TCP, NETWORK_UDP, NETWORK_DNS, NETWORK_COUNT };

typedef struct {
    char option;
    const char *name;
    KeyKind kind;
    size_t member; /* of Policy, or which part of the network */
    const char *text;
} Key;

#define MEMBER_ON(m)      offsetof(Policy, m)
#define MEMBER_DENY(m)    offsetof(Policy, m)
#define MEMBER_LIMIT(m)   offsetof(Policy, m)
#define MEMBER_TIME(m)    offsetof(Policy, m)
#define MEMBER_TEXT(m)    offsetof(Policy, m)
#define MEMBER_NETWORK(m) m
#define MEMBER_THERE(m)   0
#define MEMBER_FEATURE(m) 0
#define MEMBER_REFUSED(m) 0

static const Key keys[] = {
#define KEY(option, name, kind, member, text) {#option[0], name, KEY_##kind, MEMBER_##kind(member), text},
#include "cli/policy_key.def"
#undef KEY
};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

typedef struct {
    Cli *cli;
    Policy *policy;
    char option;
    bool said[NETWORK_COUNT], granted[NETWORK_COUNT];
} Reading;

static const char *option_of(const Reading *r) { return r->option == 'S' ? "-S" : "-W"; }

static const Key *find_key(char option, Str name) {
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (keys[i].option == option && str_is(name, keys[i].name)) return &keys[i];
    return NULL;
}

/* ---- values ---- */

static bool bad_value(Reading *r, Str name, Str value, const char *expected) {
    diag(&r->cli->diags, CLI_POLICY_KEY_VALUE, span_none(), STR_ARG(value), option_of(r),
         STR_ARG(name), expected);
    return false;
}

static bool refused(Reading *r, Str said, const char *why) {
    diag(&r->cli->diags, CLI_POLICY_KEY_REFUSED, span_none(), option_of(r), STR_ARG(said), why);
    return false;
}

/* y, n; nothing is y. */
static bool read_switch(Reading *r, Str name, Str value, bool *on) {
    static const char *const yes[] = {"", "y", "yes", "true"}, *const no[] = {"n", "no", "false"};
    for (size_t i = 0; i < 4; i++)
        if (str_is(value, yes[i])) return *on = true;
    *on = false;
    for (size_t i = 0; i < 3; i++)
        if (str_is(value, no[i])) return true;
    return bad_value(r, name, value, "`y` or `n`");
}

static bool read_limit(Reading *r, const Key *key, Str value) {
    uint64_t *limit = (uint64_t *)((char *)r->policy + key->member), said = 0;
    bool good = key->kind == KEY_TIME ? cli_read_time(value, &said) : cli_read_size(value, &said);
    bool may_be_none = limit == &r->policy->limits.fuel;
    if (!good || !(said || may_be_none))
        return bad_value(r, str_from(key->name), value,
                         key->kind == KEY_TIME ? "a time such as 2s or 250ms, not 0"
                         : may_be_none         ? "a number, with K, M or G behind it or nothing"
                                       : "a number, not 0, with K, M or G behind it or nothing");
    if (!*limit || said < *limit) *limit = said;
    return true;
}

static bool set_key(Reading *r, const Key *key, Str said, Str value) {
    Str name = str_from(key->name);
    void *member = (char *)r->policy + key->member;
    bool on;
    switch (key->kind) {
    case KEY_ON: return read_switch(r, name, value, member);
    case KEY_DENY:
        if (!read_switch(r, name, value, &on)) return false;
        *(bool *)member = !on;
        return true;
    case KEY_NETWORK:
        r->said[key->member] = true;
        return read_switch(r, name, value, &r->granted[key->member]);
    case KEY_FEATURE:
        if (!read_switch(r, name, value, &on)) return false;
        if (on)
            *vec_push(r->cli->arena, &r->policy->grants.features) = (CompWord){name, span_none()};
        return true;
    case KEY_LIMIT:
    case KEY_TIME: return read_limit(r, key, value);
    case KEY_TEXT: *(Str *)member = value; return value.len || bad_value(r, name, value, "a text");
    case KEY_THERE: return read_switch(r, name, value, &on) && (on || refused(r, said, key->text));
    case KEY_REFUSED: return refused(r, said, key->text);
    }
    return false;
}

/* ---- features ---- */

/* "component-model-async" is `cm-async` here. */
static Str feature_called(Reading *r, Str name) {
    Str prefix = STR("component-model-");
    if (!str_starts(name, prefix)) return name;
    return str_fmt(r->cli->arena, "cm-%.*s", STR_ARG(str_after(name, prefix.len)));
}

static bool is_feature(Str name) {
    for (Feature f = 0; f < FEATURE_COUNT; f++)
        if (str_is(name, feature_name(f))) return true;
    return false;
}

static bool set_feature(Reading *r, Str name, Str value) {
    bool on;
    Str feature = feature_called(r, name), unknown;
    if (!read_switch(r, name, value, &on)) return false;
    Str change = on ? feature : str_fmt(r->cli->arena, "-%.*s", STR_ARG(feature));
    return features_apply(&r->policy->features, change, &unknown);
}

/* ---- words ---- */

static bool unknown_key(Reading *r, Str name) {
    VEC(Str) names = {0};
    diag(&r->cli->diags, CLI_POLICY_KEY, span_none(), STR_ARG(name), option_of(r));
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (keys[i].option == r->option) *vec_push(r->cli->arena, &names) = str_from(keys[i].name);
    for (Feature f = 0; r->option == 'W' && f < FEATURE_COUNT; f++)
        *vec_push(r->cli->arena, &names) = str_from(feature_name(f));
    Str near = str_nearest(name, names.at, names.len);
    if (near.len) diag_note(&r->cli->diags, CLI_NEAREST, span_none(), STR_ARG(near));
    else diag_note(&r->cli->diags, CLI_POLICY_KEY_HELP, span_none(), option_of(r));
    return false;
}

static bool read_words(Reading *r, char option, const StrVec *words) {
    r->option = option;
    for (size_t i = 0; i < words->len; i++) {
        Str said = words->at[i];
        size_t equals = str_find(said, '=', 0);
        Str name = str_from_to(said, 0, equals);
        Str value = equals == SIZE_MAX ? (Str){0} : str_after(said, equals + 1);
        const Key *key = find_key(option, name);
        bool feature = !key && option == 'W' && is_feature(feature_called(r, name));
        if (key       ? !set_key(r, key, said, value)
            : feature ? !set_feature(r, name, value)
                      : !unknown_key(r, name))
            return false;
    }
    return true;
}

static void grant(Reading *r, Str rule) {
    *vec_push(r->cli->arena, &r->policy->grants.network) = (CompWord){rule, span_none()};
}

bool policy_keys(Cli *cli, Policy *policy) {
    Reading r = {.cli = cli, .policy = policy};
    if (!read_words(&r, 'S', &policy->wasi) || !read_words(&r, 'W', &policy->wasm)) return false;
    bool tcp = !r.said[NETWORK_TCP] || r.granted[NETWORK_TCP];
    bool udp = !r.said[NETWORK_UDP] || r.granted[NETWORK_UDP];
    if (r.granted[NETWORK_ALL] && tcp) grant(&r, STR("tcp:*:*"));
    if (r.granted[NETWORK_ALL] && udp) grant(&r, STR("udp:*:*"));
    if (r.granted[NETWORK_ALL] && tcp && udp) grant(&r, STR("listen:*:*"));
    if (r.granted[NETWORK_DNS]) grant(&r, STR("dns"));
    return true;
}

/* ---- the list ---- */

static bool asks(const StrVec *words) { return words->len && str_is(words->at[0], "help"); }

static void put_key(const Key *key) {
    static const char *const values[] = {
        [KEY_ON] = "[=y|n]",      [KEY_DENY] = "[=y|n]", [KEY_NETWORK] = "[=y|n]",
        [KEY_FEATURE] = "[=y|n]", [KEY_LIMIT] = "=N",    [KEY_TIME] = "=TIME",
        [KEY_TEXT] = "=TEXT",     [KEY_THERE] = "[=y]",  [KEY_REFUSED] = ""};
    char name[64];
    snprintf(name, sizeof name, "%s%s", key->name, values[key->kind]);
    printf("  -%c %-34s %s%s\n", key->option, name, key->kind == KEY_REFUSED ? "refused: " : "",
           key->text);
}

bool policy_help(const Policy *policy) {
    char option = asks(&policy->wasi) ? 'S' : asks(&policy->wasm) ? 'W' : 0;
    if (!option) return false;
    printf("Keys of -%c, as wasmtime has them, and what they are here:\n\n", option);
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (keys[i].option == option) put_key(&keys[i]);
    if (option == 'W') printf("\nFeatures of the guest's code, each with `=y` or `=n`:\n\n");
    for (Feature f = 0; option == 'W' && f < FEATURE_COUNT; f++)
        printf("  -W %s\n", feature_name(f));
    return true;
}
