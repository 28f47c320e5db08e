/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Random WIT, by the grammar from the top down. What was defined is kept in scopes, so that types only
 * name what is there, and nothing is defined twice:
 *
 *     package ── interfaces ── types, functions      a scope each
 *            └── the world ─── imports, exports, types
 *
 * Handles that are lent (`borrow`) may be parameters only, so each named type remembers if it holds
 * one.
 */
#include "tests/witgen.h"

#include "base/map.h"
#include "base/vec.h"

enum { MAX_TYPE_DEPTH = 4, MAX_INTERFACES = 4 };

typedef struct {
    Str name;
    bool resource, borrows, key; /* key: may be one of a map */
} Named;

typedef struct {
    Map names; /* in lower case */
    VEC(Named) types;
} Scope;

typedef struct {
    const uint8_t *bytes;
    size_t n, at;
    Arena *arena;
    Buf *out;
    Scope interfaces[MAX_INTERFACES];
    Str interface_names[MAX_INTERFACES];
    size_t interface_count;
    bool foreign;   /* the first interface is one of another package */
    bool versioned; /* the package that is being written is */
} Gen;

/* What a type may hold. */
typedef struct {
    Scope *scope;
    bool borrows;
    unsigned depth;
} Where;

static const char *const words[] = {
    "a",         "int",      "struct",  "return",   "default",     "register", "class",
    "new",       "this",     "delete",  "int-x",    "uint32-t",    "list",     "string",
    "result",    "option",   "tuple",   "error",    "ok",          "is-err",   "val",
    "ptr",       "len",      "free",    "drop",     "own",         "borrow",   "self",
    "handle",    "exports",  "imports", "bool",     "true",        "false",    "null",
    "errno",     "main",     "malloc",  "memcpy",   "stdin",       "abort",    "a1",
    "URL",       "x-URL-y",  "u8",      "and",      "xor",         "t",        "rep",
    "dtor",      "w",        "f",       "tag",      "f0",          "is-some",  "stream",
    "future",    "ret",      "retptr",  "arg",      "arg0",        "size-t",   "inline",
    "auto",      "typeof",   "union",   "enum",     "variant",     "a-b",      "b",
    "t-t",       "set",      "dup",     "copy",     "constructor", "export",   "interface",
    "a-list-u8", "t-free",   "list-u8", "static",   "const",       "w-string", "posix",
    "linux",     "unix",     "EOF",     "INT8-MAX", "asm",         "restrict", "volatile",
    "alignas",   "noreturn", "sizeof",  "char",
};
static const char *const reserved[] = {
    "as",  "async",  "bool",   "borrow",  "char",   "constructor", "enum",    "export",    "f32",
    "f64", "flags",  "from",   "func",    "future", "import",      "include", "interface", "list",
    "map", "option", "own",    "package", "record", "resource",    "result",  "s16",       "s32",
    "s64", "s8",     "static", "stream",  "string", "tuple",       "type",    "u16",       "u32",
    "u64", "u8",     "use",    "variant", "with",   "world",
};
static const char *const primitives[] = {"u8",  "bool", "string", "u32", "char", "s8", "u16",
                                         "s16", "s32",  "u64",    "s64", "f32",  "f64"};
enum { KEY_PRIMITIVES = 11 };

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* 0..n-1 */
static size_t pick(Gen *g, size_t n) { return g->at < g->n ? g->bytes[g->at++] % n : 0; }
static bool one_in(Gen *g, size_t n) { return pick(g, n) == n - 1; }
static void put(Gen *g, const char *text) { buf_str(g->out, str_from(text)); }
static void put_str(Gen *g, Str text) { buf_str(g->out, text); }

/* ---- names ---- */

static Str lower_case(Arena *arena, Str s) {
    char *copy = arena_copy(arena, s.ptr, s.len);
    for (size_t i = 0; i < s.len; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z') copy[i] = (char)(copy[i] + 'a' - 'A');
    return (Str){copy, s.len};
}

/* A name that `names` does not have; it does afterwards. */
static Str new_name(Gen *g, Map *names) {
    Str word = str_from(words[pick(g, COUNT(words))]), name = word;
    bool added = false;
    map_put(g->arena, names, lower_case(g->arena, name), &added);
    for (unsigned i = 2; !added; i++) {
        name = str_fmt(g->arena, "%.*s-%c%u", STR_ARG(word), i & 1 ? 'v' : 'x', i);
        map_put(g->arena, names, lower_case(g->arena, name), &added);
    }
    return name;
}

static void put_name(Gen *g, Str name) {
    for (size_t i = 0; i < COUNT(reserved); i++)
        if (str_is(name, reserved[i])) put(g, "%");
    put_str(g, name);
}

/* Now and then documentation, or a gate. */
static void put_docs(Gen *g) {
    static const char *const docs[] = {
        "/// Words.\n",
        "/// ends */ early, /* and begins\n",
        "/// a line that seems to go on \\\n/// what?\?/\n",
        "/** a block\n  * of 100% \"quotes\" and @param words\n  */\n",
        "/// \xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\x89 <b> & `code` %s\n///\n///     indented\n",
        "/**/\n",
        "// no documentation elsewhere\n",
    };
    if (!one_in(g, 6)) return;
    put(g, docs[pick(g, COUNT(docs))]);
}

static void put_gate(Gen *g) {
    put_docs(g);
    if (!g->versioned || !one_in(g, 8)) return;
    put(g, "@since(version = 1.0.0)\n");
    if (one_in(g, 4)) put(g, "@deprecated(version = 1.2.0-a.b)\n");
}

/* ---- types ---- */

static void put_type(Gen *g, Where where, bool *borrows);

static void put_types(Gen *g, Where where, const char *open, size_t n, bool *borrows) {
    put(g, open);
    for (size_t i = 0; i < n; i++) {
        if (i > 0) put(g, ", ");
        put_type(g, where, borrows);
    }
    put(g, ">");
}

/* A type of the scope; false if none may stand here. */
static bool put_named(Gen *g, Where where, bool *borrows) {
    if (!where.scope->types.len) return false;
    Named named = where.scope->types.at[pick(g, where.scope->types.len)];
    if (named.borrows && !where.borrows) return false;
    bool lent = named.resource && where.borrows && one_in(g, 2);
    if (lent) put(g, "borrow<");
    put_name(g, named.name);
    if (lent) put(g, ">");
    *borrows = *borrows || lent || named.borrows;
    return true;
}

static void put_result(Gen *g, Where where, bool *borrows) {
    switch (pick(g, 4)) {
    case 0: put(g, "result"); break;
    case 1: put_types(g, where, "result<", 1, borrows); break;
    case 2: put_types(g, where, "result<_, ", 1, borrows); break;
    default: put_types(g, where, "result<", 2, borrows);
    }
}

static void put_channel(Gen *g, Where where, const char *name, bool *borrows) {
    put(g, name);
    where.borrows = false;
    if (one_in(g, 4)) return;
    put(g, "<");
    /* A stream of characters is not allowed, and may hide behind a name. */
    if (one_in(g, 2)) put(g, "u8");
    else put_types(g, where, "list<", 1, borrows);
    put(g, ">");
}

static void put_type(Gen *g, Where where, bool *borrows) {
    if (where.depth-- == 0) {
        put(g, primitives[pick(g, COUNT(primitives))]);
        return;
    }
    switch (pick(g, 16)) {
    default: put(g, primitives[pick(g, COUNT(primitives))]); break;
    case 3:
    case 4:
    case 5:
    case 6:
        if (!put_named(g, where, borrows)) put(g, "u64");
        break;
    case 7: put_types(g, where, "list<", 1, borrows); break;
    case 8: put_types(g, where, "option<", 1, borrows); break;
    case 9: put_result(g, where, borrows); break;
    case 10: put_types(g, where, "tuple<", 1 + pick(g, 4), borrows); break;
    case 11:
        put(g, "list<");
        put_type(g, where, borrows);
        buf_fmt(g->out, ", %zu>", 1 + pick(g, 5));
        break;
    case 12:
        put(g, "map<");
        put(g, primitives[pick(g, KEY_PRIMITIVES)]);
        put_types(g, where, ", ", 1, borrows);
        break;
    case 13: put_channel(g, where, "future", borrows); break;
    case 14: put_channel(g, where, "stream", borrows); break;
    }
}

/* ---- functions ---- */

static void put_params(Gen *g, Scope *scope, Map *names) {
    put(g, "(");
    size_t n = pick(g, one_in(g, 8) ? 20 : 5);
    for (size_t i = 0; i < n; i++) {
        bool borrows = false;
        if (i > 0) put(g, ", ");
        put_name(g, new_name(g, names));
        put(g, ": ");
        put_type(g, (Where){scope, true, pick(g, MAX_TYPE_DEPTH)}, &borrows);
    }
    put(g, ")");
}

static void put_func(Gen *g, Scope *scope, bool method) {
    bool borrows = false, added;
    Map names = {0};
    if (method) map_put(g->arena, &names, STR("self"), &added);
    put(g, one_in(g, 4) ? "async func" : "func");
    put_params(g, scope, &names);
    if (one_in(g, 3)) {
        put(g, ";\n");
        return;
    }
    put(g, " -> ");
    put_type(g, (Where){scope, false, pick(g, MAX_TYPE_DEPTH)}, &borrows);
    put(g, ";\n");
}

/* ---- definitions ---- */

static void put_resource(Gen *g, Scope *scope, Str name) {
    *vec_push(g->arena, &scope->types) = (Named){.name = name, .resource = true};
    put(g, "resource ");
    put_name(g, name);
    if (one_in(g, 4)) {
        put(g, ";\n");
        return;
    }
    put(g, " {\n");
    Map names = {0};
    bool added;
    map_put(g->arena, &names, name, &added); /* a method named like its resource is warned of */
    if (one_in(g, 2)) {
        Map params = {0};
        put(g, "constructor");
        put_params(g, scope, &params);
        if (one_in(g, 3)) {
            put(g, " -> result<");
            put_name(g, name);
            put(g, ", string>");
        }
        put(g, ";\n");
    }
    for (size_t i = pick(g, 4); i > 0; i--) {
        put_gate(g);
        put_name(g, new_name(g, &names));
        bool is_static = one_in(g, 3);
        put(g, is_static ? ": static " : ": ");
        put_func(g, scope, !is_static);
    }
    put(g, "}\n");
}

/* `record x { ... }` and its likes. */
static void put_members(Gen *g, Scope *scope, const char *keyword, Str name, Named *named) {
    Map names = {0};
    bool record = str_is(str_from(keyword), "record "),
         variant = str_is(str_from(keyword), "variant ");
    bool flags = str_is(str_from(keyword), "flags ");
    size_t n = 1 + pick(g, one_in(g, 8) ? 32 : 5);
    put(g, keyword);
    put_name(g, name);
    put(g, " { ");
    for (size_t i = 0; i < n && !(flags && i == 32); i++) {
        put_docs(g);
        put_name(g, new_name(g, &names));
        bool typed = record || (variant && pick(g, 2));
        if (typed) {
            put(g, record ? ": " : "(");
            put_type(g, (Where){scope, one_in(g, 4), pick(g, MAX_TYPE_DEPTH)}, &named->borrows);
            if (variant) put(g, ")");
        }
        put(g, ", ");
    }
    put(g, "}\n");
}

static void put_typedef(Gen *g, Scope *scope) {
    Str name = new_name(g, &scope->names);
    Named named = {.name = name};
    put_gate(g);
    switch (pick(g, 8)) {
    case 0:
    case 1: put_members(g, scope, "record ", name, &named); break;
    case 2:
    case 3: put_members(g, scope, "variant ", name, &named); break;
    case 4: put_members(g, scope, "enum ", name, &named); break;
    case 5: put_members(g, scope, "flags ", name, &named); break;
    case 6: put_resource(g, scope, name); return;
    default:
        put(g, "type ");
        put_name(g, name);
        put(g, " = ");
        put_type(g, (Where){scope, one_in(g, 4), pick(g, MAX_TYPE_DEPTH)}, &named.borrows);
        put(g, ";\n");
    }
    *vec_push(g->arena, &scope->types) = named;
}

/* `use i.{t, u as v};` from an interface that stands before. */
static void put_use(Gen *g, Scope *scope, size_t interfaces) {
    size_t from = pick(g, interfaces);
    const Scope *other = &g->interfaces[from];
    if (!other->types.len) return;
    Named named = other->types.at[pick(g, other->types.len)];
    bool added;
    Str name = named.name;
    map_put(g->arena, &scope->names, lower_case(g->arena, name), &added);
    if (!added) name = new_name(g, &scope->names);
    put(g, "use ");
    if (from == 0 && g->foreign) put(g, "other:dependency/types@0.1.0");
    else put_name(g, g->interface_names[from]);
    put(g, ".{");
    put_name(g, named.name);
    if (!added) {
        put(g, " as ");
        put_name(g, name);
    }
    put(g, "};\n");
    named.name = name;
    *vec_push(g->arena, &scope->types) = named;
}

static void put_interface_body(Gen *g, Scope *scope, size_t interfaces) {
    put(g, " {\n");
    for (size_t i = interfaces ? pick(g, 3) : 0; i > 0; i--) put_use(g, scope, interfaces);
    for (size_t i = pick(g, 7); i > 0; i--) put_typedef(g, scope);
    for (size_t i = pick(g, 5); i > 0; i--) {
        put_gate(g);
        put_name(g, new_name(g, &scope->names));
        put(g, ": ");
        put_func(g, scope, false);
    }
    put(g, "}\n");
}

/* ---- the world ---- */

/* `import x: func(..);`, `export y: interface {..}`; half of what is exported could be imported. */
static void put_extern(Gen *g, Scope *scope, Map *exports) {
    bool export = one_in(g, 2);
    put_gate(g);
    put(g, export ? "export " : "import ");
    put_name(g, new_name(g, export ? exports : &scope->names));
    put(g, ": ");
    if (one_in(g, 2)) {
        put_func(g, scope, false);
        return;
    }
    Scope inner = {0};
    put(g, "interface");
    put_interface_body(g, &inner, g->interface_count);
}

static void put_world(Gen *g) {
    Scope scope = {0};
    Map exports = {0};
    put_gate(g);
    put(g, "world w {\n");
    for (size_t i = 0; i < g->interface_count; i++) {
        unsigned ways = 1 + (unsigned)pick(g, 3);
        for (unsigned way = 0; way < 2; way++) {
            if (!(ways & 1u << way)) continue;
            put(g, way ? "export " : "import ");
            if (i == 0 && g->foreign) put(g, "other:dependency/types@0.1.0");
            else put_name(g, g->interface_names[i]);
            put(g, ";\n");
        }
    }
    if (one_in(g, 4)) put(g, "include base;\n");
    for (size_t i = pick(g, 6); i > 0; i--) {
        switch (pick(g, 4)) {
        case 0: put_typedef(g, &scope); break;
        case 1: put_use(g, &scope, g->interface_count); break;
        default: put_extern(g, &scope, &exports);
        }
    }
    put(g, "}\n");
}

/* Every package has a world `base` to be included; its names are nobody else's. */
static void put_base(Gen *g) {
    put(g, "world base {\n  import zz-log: func(level: u8, text: string);\n"
           "  export zz-start: async func() -> result<_, string>;\n}\n");
}

static void put_interface(Gen *g, size_t i) {
    put_gate(g);
    put(g, "interface ");
    put_name(g, g->interface_names[i]);
    put_interface_body(g, &g->interfaces[i], i);
}

void witgen(const uint8_t *bytes, size_t n, Buf *out) {
    Gen g = {.bytes = bytes, .n = n, .arena = arena_new(), .out = out};
    Map names = {0};
    bool added;
    map_put(g.arena, &names, STR("w"), &added);
    map_put(g.arena, &names, STR("base"), &added);
    g.foreign = one_in(&g, 2);
    put(&g, g.foreign ? "package test:random@1.2.0-a.b;\n" : "package test:random;\n");
    g.interface_count = 1 + pick(&g, MAX_INTERFACES);
    for (size_t i = 0; i < g.interface_count; i++) {
        bool foreign = i == 0 && g.foreign;
        g.interface_names[i] = foreign ? STR("types") : new_name(&g, &names);
        g.versioned = g.foreign && !foreign;
        if (foreign) put(&g, "package other:dependency@0.1.0 {\n");
        put_interface(&g, i);
        if (foreign) put(&g, "}\n");
    }
    g.versioned = g.foreign;
    put_base(&g);
    put_world(&g);
    arena_free(g.arena);
}
