/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc run --dry-run`: what a component could ever ask for. The functions of the host that its code can
 * reach (component/reach.h) are put by capability, each with the option that grants it and with what
 * the options at hand grant. Nothing runs.
 */
#include "base/utf8.h"
#include "cli/run_observe.h"
#include "component/reach.h"

typedef enum {
    GRANTED_NEVER,
    GRANTED_ALWAYS,
    GRANTED_VARIABLES,
    GRANTED_CWD,
    GRANTED_FOLDERS,
    GRANTED_CHANGES,
    GRANTED_TCP,
    GRANTED_UDP,
    GRANTED_LISTEN,
    GRANTED_DNS,
    GRANTED_FEATURES,
} Granted;

typedef struct {
    const char *name, *option; /* NULL: needs none, or there is none */
    Granted granted;
} Capability;

enum { CAPABILITY_COUNT = 20 };

static const Capability capabilities[CAPABILITY_COUNT] = {
    {"other", NULL, GRANTED_NEVER},
    {"files-read", "--dir HOST::GUEST::ro", GRANTED_FOLDERS},
    {"files-create", "--dir HOST::GUEST", GRANTED_CHANGES},
    {"files-write", "--dir HOST::GUEST", GRANTED_CHANGES},
    {"environment", "--env NAME=VALUE", GRANTED_VARIABLES},
    {"current-directory", "--cwd DIR", GRANTED_CWD},
    {"network-tcp", "--net-allow tcp:HOST:PORT", GRANTED_TCP},
    {"network-udp", "--net-allow udp:HOST:PORT", GRANTED_UDP},
    {"network-listen", "--net-allow listen:ADDRESS:PORT", GRANTED_LISTEN},
    {"network-names", "--net-allow dns:NAME", GRANTED_DNS},
    {"network-values", NULL, GRANTED_ALWAYS},
    {"http-requests", "--net-allow tcp:HOST:PORT", GRANTED_TCP},
    {"http-values", NULL, GRANTED_ALWAYS},
    {"arguments", NULL, GRANTED_ALWAYS},
    {"standard-streams", NULL, GRANTED_ALWAYS},
    {"streams", NULL, GRANTED_ALWAYS},
    {"clocks", NULL, GRANTED_ALWAYS},
    {"random", NULL, GRANTED_ALWAYS},
    {"exit", NULL, GRANTED_ALWAYS},
    {"unstable", "--features LIST", GRANTED_FEATURES},
};

/* Patterns of interface.function, the first that fits counts. */
static const struct {
    const char *pattern, *capability;
} rows[] = {
    {"wasi:cli/environment.get-environment", "environment"},
    {"wasi:cli/environment.get-arguments", "arguments"},
    {"wasi:cli/environment.initial-cwd", "current-directory"},
    {"wasi:cli/exit.*", "exit"},
    {"wasi:cli/*", "standard-streams"},
    {"wasi:io/*", "streams"},
    {"wasi:clocks/timezone.*", "unstable"},
    {"wasi:clocks/*", "clocks"},
    {"wasi:random/*", "random"},
    {"wasi:filesystem/types.*.write*", "files-write"},
    {"wasi:filesystem/types.*.append*", "files-write"},
    {"wasi:filesystem/types.*.set-*", "files-write"},
    {"wasi:filesystem/types.*.create-directory-at", "files-create"},
    {"wasi:filesystem/types.*.link-at", "files-create"},
    {"wasi:filesystem/types.*.symlink-at", "files-create"},
    {"wasi:filesystem/types.*.rename-at", "files-write"},
    {"wasi:filesystem/types.*.remove-directory-at", "files-write"},
    {"wasi:filesystem/types.*.unlink-file-at", "files-write"},
    {"wasi:filesystem/*", "files-read"},
    {"wasi:sockets/tcp.*.start-connect", "network-tcp"},
    {"wasi:sockets/tcp.*.start-listen", "network-listen"},
    {"wasi:sockets/tcp.*.start-bind", "network-listen"},
    {"wasi:sockets/udp.*.start-bind", "network-listen"},
    {"wasi:sockets/udp.*.stream", "network-udp"},
    {"wasi:sockets/udp.*.send", "network-udp"},
    {"wasi:sockets/ip-name-lookup.resolve-addresses", "network-names"},
    {"wasi:sockets/network.network-error-code", "unstable"},
    {"wasi:sockets/*", "network-values"},
    {"wasi:http/outgoing-handler.*", "http-requests"},
    {"wasi:http/types.*.send-informational", "unstable"},
    {"wasi:http/*", "http-values"},
    {"*", "other"},
};

/* What else it needs with some arguments: with `create` and `truncate` among its flags. */
static const char by_flags[] = "wasi:filesystem/types.*.open-at",
                  needed_by_flags[] = "files-create";

typedef struct {
    uint8_t surely, perhaps; /* capabilities; 0: not */
} Need;

typedef struct {
    Cli *cli;
    const WasiContext *context;
    const CompUses *uses;
    Need *needs; /* of each */
} Dry;

static Str without_version(Str interface) {
    return str_from_to(interface, 0, str_rfind(interface, '@'));
}

static uint8_t capability_called(const char *name) {
    uint8_t i = 0;
    while (strcmp(capabilities[i].name, name) != 0) i++;
    return i;
}

static void judge(Dry *dry, size_t i) {
    const CompUse *use = &dry->uses->at[i];
    Str full = STR_JOIN(dry->cli->arena, without_version(use->interface), STR("."), use->name);
    size_t row = 0;
    while (!wasi_name_fits(str_from(rows[row].pattern), full)) row++;
    dry->needs[i].surely = capability_called(rows[row].capability);
    if (wasi_name_fits(str_from(by_flags), full))
        dry->needs[i].perhaps = capability_called(needed_by_flags);
}

/* ---- what is granted ---- */

static void list_rules(const WasiContext *c, WasiNetUse use, Buf *out, Arena *arena) {
    size_t n = 0;
    for (size_t i = 0; i < c->net_rule_count; i++) n += c->net_rules[i].use == use;
    if (n) buf_str(out, str_fmt(arena, "%zu rule%s", n, n > 1 ? "s" : ""));
}

static void list_features(const WasiContext *c, Buf *out) {
    const char *name;
    for (size_t i = 0; (name = wasi_feature_name(i)); i++) {
        if (!(c->features & 1u << i)) continue;
        if (out->len) buf_str(out, STR(", "));
        buf_str(out, str_from(name));
    }
}

static void list_folders(const WasiContext *c, bool changes, Buf *out) {
    for (size_t i = 0; i < c->folder_count; i++) {
        const WasiFolder *f = &c->folders[i];
        if (changes && f->read_only) continue;
        if (out->len) buf_str(out, STR(", "));
        buf_str(out, f->name);
    }
}

/* Empty: nothing. */
static Str granted_text(const Dry *dry, Granted granted) {
    const WasiContext *c = dry->context;
    Arena *arena = dry->cli->arena;
    Buf out = {.arena = arena};
    switch (granted) {
    case GRANTED_NEVER: break;
    case GRANTED_ALWAYS: buf_str(&out, STR("always")); break;
    case GRANTED_VARIABLES:
        for (size_t i = 0; i < c->variable_count; i++) {
            if (i) buf_str(&out, STR(", "));
            buf_str(&out, c->variables[i].name);
        }
        break;
    case GRANTED_CWD:
        if (c->has_cwd) buf_str(&out, c->cwd);
        break;
    case GRANTED_FOLDERS: list_folders(c, false, &out); break;
    case GRANTED_CHANGES: list_folders(c, true, &out); break;
    case GRANTED_TCP: list_rules(c, WASI_NET_TCP, &out, arena); break;
    case GRANTED_UDP: list_rules(c, WASI_NET_UDP, &out, arena); break;
    case GRANTED_LISTEN: list_rules(c, WASI_NET_LISTEN, &out, arena); break;
    case GRANTED_FEATURES: list_features(c, &out); break;
    case GRANTED_DNS: list_rules(c, WASI_NET_DNS, &out, arena); break;
    }
    return buf_text(&out);
}

/* ---- as text ---- */

/* A name of the component's: a terminal must not obey it, and it is no line of its own. */
static void put_name(Buf *out, Str name) {
    for (size_t at = 0; at < name.len;) {
        size_t from = at;
        uint32_t c = utf8_next(name, &at);
        bool hidden = c < ' ' || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
                      (c >= 0x2066 && c <= 0x2069) || c == UINT32_MAX;
        if (hidden) buf_fmt(out, "\\u{%x}", c == UINT32_MAX ? 0xfffd : c);
        else buf_str(out, str_from_to(name, from, at));
    }
}

/* Indices of uses that stand in one line: those of the same key. */
typedef VEC(size_t) Line;

static Str line_key(Arena *arena, const CompUse *use) {
    Buf key = {.arena = arena};
    buf_name(&key, use->interface);
    for (size_t i = 0; i < use->callers.len; i++) buf_name(&key, use->callers.at[i]);
    return buf_text(&key);
}

static bool is_perhaps(const Dry *dry, size_t i, size_t capability) {
    return capability && dry->needs[i].perhaps == capability;
}

static bool is_part(const Dry *dry, size_t i, size_t capability, bool used) {
    const CompUse *use = &dry->uses->at[i];
    return use->is_used == used &&
           (!used || dry->needs[i].surely == capability || is_perhaps(dry, i, capability));
}

static void put_callers(const CompUse *use, Buf *out) {
    for (size_t i = 0; i < use->callers.len; i++) {
        Str path = use->callers.at[i];
        buf_str(out, i ? STR(", ") : STR("  (by "));
        put_name(out, path.len ? path : STR("the component itself"));
    }
    buf_str(out, STR(")"));
}

/* A line for each interface and those who call it, in the order of their first functions. */
static void put_functions(const Dry *dry, size_t capability, bool used, Buf *out) {
    Map lines = {0};
    for (size_t i = 0; i < dry->uses->len; i++) {
        if (!is_part(dry, i, capability, used)) continue;
        Arena *arena = dry->cli->arena;
        MapEntry *entry = map_put(arena, &lines, line_key(arena, &dry->uses->at[i]), NULL);
        if (!entry->ptr) entry->ptr = ARENA_NEW(arena, Line);
        *vec_push(arena, (Line *)entry->ptr) = i;
    }
    for (size_t i = 0; i < lines.len; i++) {
        const Line *line = lines.entries[i].ptr;
        const CompUse *first = &dry->uses->at[line->at[0]];
        buf_str(out, STR("    "));
        put_name(out, first->interface);
        for (size_t k = 0; k < line->len; k++) {
            buf_str(out, k ? STR(", ") : first->interface.len ? STR(": ") : STR(""));
            put_name(out, dry->uses->at[line->at[k]].name);
            if (used && is_perhaps(dry, line->at[k], capability))
                buf_str(out, STR(" (by its flags, known when it runs)"));
        }
        bool inside = first->callers.len && (first->callers.len > 1 || first->callers.at[0].len);
        if (inside) put_callers(first, out);
        buf_byte(out, '\n');
    }
}

static bool has_any(const Dry *dry, size_t capability, bool used) {
    for (size_t i = 0; i < dry->uses->len; i++)
        if (is_part(dry, i, capability, used)) return true;
    return false;
}

static void put_text(const Dry *dry, Buf *out) {
    for (size_t c = 0; c < CAPABILITY_COUNT; c++) {
        size_t i = (c + 1) % CAPABILITY_COUNT; /* what nothing here gives comes last */
        if (!has_any(dry, i, true)) continue;
        const Capability *cap = &capabilities[i];
        Str granted = granted_text(dry, cap->granted);
        buf_str(out, str_from(cap->name));
        if (granted.len && cap->granted == GRANTED_ALWAYS) buf_str(out, STR(": always granted\n"));
        else if (granted.len) buf_fmt(out, ": granted: %.*s\n", STR_ARG(granted));
        else if (!i)
            buf_str(out, STR(": not of this host; a component that is composed gives it\n"));
        else buf_fmt(out, ": not granted; `%s` does\n", cap->option);
        put_functions(dry, i, true, out);
    }
    if (!has_any(dry, 0, false)) return;
    buf_str(out, STR("imported, but never called\n"));
    put_functions(dry, 0, false, out);
}

/* ---- as JSON ---- */

static void json_use(Json *json, const CompUse *use, bool perhaps) {
    json_object(json);
    json_key(json, "interface");
    json_string(json, use->interface);
    json_key(json, "function");
    json_string(json, use->name);
    json_key(json, "perhaps");
    json_bool(json, perhaps);
    json_key(json, "instances");
    json_array(json);
    for (size_t i = 0; i < use->callers.len; i++) json_string(json, use->callers.at[i]);
    json_end(json);
    json_end(json);
}

static void json_uses(const Dry *dry, Json *json, const char *key, size_t capability, bool used) {
    json_key(json, key);
    json_array(json);
    for (size_t i = 0; i < dry->uses->len; i++)
        if (is_part(dry, i, capability, used))
            json_use(json, &dry->uses->at[i], used && is_perhaps(dry, i, capability));
    json_end(json);
}

static void put_json(const Dry *dry, Buf *out) {
    Json json = json_new(dry->cli->arena, 2);
    json_object(&json);
    json_key(&json, "capabilities");
    json_array(&json);
    for (size_t i = 0; i < CAPABILITY_COUNT; i++) {
        if (!has_any(dry, i, true)) continue;
        const Capability *cap = &capabilities[i];
        json_object(&json);
        json_key(&json, "name");
        json_string(&json, str_from(cap->name));
        json_key(&json, "option");
        if (cap->option) json_string(&json, str_from(cap->option));
        else json_null(&json);
        Str granted = granted_text(dry, cap->granted);
        json_key(&json, "granted");
        json_bool(&json, granted.len != 0);
        json_key(&json, "grants");
        json_string(&json, granted);
        json_uses(dry, &json, "functions", i, true);
        json_end(&json);
    }
    json_end(&json);
    json_uses(dry, &json, "unused", 0, false);
    json_end(&json);
    buf_str(out, buf_text(&json.out));
    buf_byte(out, '\n');
}

int run_dry(Cli *cli, const CompInfo *info, const WasiContext *context, bool json) {
    CompUses uses = {0};
    if (!comp_reach(cli->arena, info, &uses, &cli->diags)) return EXIT_INPUT;
    Dry dry = {.cli = cli, .context = context, .uses = &uses};
    dry.needs = ARENA_NEW_ARRAY(cli->arena, Need, uses.len + 1);
    for (size_t i = 0; i < uses.len; i++) judge(&dry, i);
    Buf out = {.arena = cli->arena};
    if (json) put_json(&dry, &out);
    else put_text(&dry, &out);
    return cli_write(cli, buf_text(&out));
}
