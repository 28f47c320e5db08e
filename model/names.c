/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Names: the identifiers of packages, interfaces and worlds, kebab labels, and the key under which
 * an extern name must be unique in its scope (Explainer.md, "Import and Export Definitions" and
 * "Name Uniqueness").
 */
#include "model/model.h"

/* ---- identifiers ---- */

Str wit_package_id(Arena *arena, const WitPackage *package) {
    Str version = package->version.text;
    return STR_JOIN(arena, package->ns, STR(":"), package->name, version.len ? STR("@") : STR(""),
                    version);
}

static Str path_of(Arena *arena, const WitPackage *package, Str name) {
    if (!package || !name.len) return name;
    Str version = package->version.text;
    return STR_JOIN(arena, package->ns, STR(":"), package->name, STR("/"), name,
                    version.len ? STR("@") : STR(""), version);
}

Str wit_interface_id(Arena *arena, const WitInterface *interface) {
    return path_of(arena, interface->package, interface->name);
}

Str wit_world_id(Arena *arena, const WitWorld *world) {
    return path_of(arena, world->package, world->name);
}

Str wit_item_name(Arena *arena, const WitItem *item) {
    if (item->name.len || item->kind != WIT_ITEM_INTERFACE) return item->name;
    return wit_interface_id(arena, item->interface);
}

/* ---- labels ---- */

static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* fragment ::= [0-9a-z]+ | [0-9A-Z]+, the first one beginning with a letter */
static bool is_fragment(Str s, bool first) {
    bool lower = false, upper = false;
    for (size_t i = 0; i < s.len; i++) {
        lower |= is_lower(s.ptr[i]);
        upper |= is_upper(s.ptr[i]);
        if (!is_lower(s.ptr[i]) && !is_upper(s.ptr[i]) && !is_digit(s.ptr[i])) return false;
    }
    return s.len > 0 && !(lower && upper) && !(first && is_digit(s.ptr[0]));
}

/* label ::= first-fragment ('-' fragment)* */
bool wit_is_label(Str s) {
    for (size_t at = 0; at <= s.len;) {
        size_t dash = str_find(s, '-', at), end = dash == SIZE_MAX ? s.len : dash;
        if (!is_fragment(str_from_to(s, at, end), at == 0)) return false;
        at = end + 1;
    }
    return true;
}

/* Versions keep their case: only labels have acronyms. */
static Str lower_case(Arena *arena, Str s) {
    size_t version = str_find(s, '@', 0), upper = 0;
    while (upper < s.len && !is_upper(s.ptr[upper])) upper++;
    if (upper == s.len) return s;
    char *out = ARENA_NEW_ARRAY(arena, char, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        out[i] = i < version && is_upper(s.ptr[i]) ? (char)(s.ptr[i] - 'A' + 'a') : s.ptr[i];
    return (Str){out, s.len};
}

Str wit_unique_key(Arena *arena, Str extern_name) {
    Str key = lower_case(arena, extern_name);
    size_t close = key.len && key.ptr[0] == '[' ? str_find(key, ']', 0) : SIZE_MAX;
    if (close == SIZE_MAX || str_starts(key, STR("[constructor]"))) return key;
    Str rest = str_after(key, close + 1);
    size_t dot = str_find(rest, '.', 0);
    if (dot == SIZE_MAX) return rest;
    Str before = str_from_to(rest, 0, dot), after = str_after(rest, dot + 1);
    return str_eq(before, after) ? before : rest;
}
