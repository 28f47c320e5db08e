/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * WIT names as C names. The rules are those of `wit-bindgen c`, since code is written against them:
 *
 *     interface ns:pkg/iface      ns_pkg_iface_..., exported: exports_ns_pkg_iface_...
 *                                 ns_pkg_1_2_3_iface_... where the model has several versions
 *     interface in place `i`      i_...
 *     function f of world w       w_f, exported: exports_w_f
 *     type t                      <prefix>_t_t
 *     list<u8>                    <prefix>_list_u8_t; the prefix is the world's where the type is
 *                                 made of primitive ones alone, so that all interfaces share it
 *
 * WIT allows no '_', so names with two of them in a row, or one at an end, are ours to use.
 */
#include "bindgen/internal.h"

enum { NAME_MAX_LENGTH = 4000 };

/* ---- words ---- */

static bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
static bool is_word(char c) { return is_upper(c) || is_lower(c) || (c >= '0' && c <= '9'); }

/* A word begins after what is no letter or digit, at "aB" and at the last capital of "ABc". */
static bool begins_word(Str s, size_t i) {
    if (i == 0 || !is_word(s.ptr[i - 1])) return true;
    if (!is_upper(s.ptr[i])) return false;
    if (is_lower(s.ptr[i - 1])) return true;
    return is_upper(s.ptr[i - 1]) && i + 1 < s.len && is_lower(s.ptr[i + 1]);
}

static Str join_words(Arena *arena, Str name, char from, char to) {
    Buf out = {.arena = arena};
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!is_word(c)) continue;
        if (out.len && begins_word(name, i)) buf_byte(&out, '_');
        if (c >= from && c <= to) c ^= 0x20;
        buf_byte(&out, (uint8_t)c);
    }
    return buf_text(&out);
}

Str gen_snake(Arena *arena, Str name) { return join_words(arena, name, 'A', 'Z'); }
Str gen_upper(Arena *arena, Str name) { return join_words(arena, name, 'a', 'z'); }

/* Words of C, C++ and their headers' macros, and the names of our own parameters. */
static const char *const reserved[] = {
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "atomic_cancel",
    "atomic_commit",
    "atomic_noexcept",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "char16_t",
    "char32_t",
    "char8_t",
    "class",
    "co_await",
    "co_return",
    "co_yield",
    "compl",
    "concept",
    "const",
    "const_cast",
    "consteval",
    "constexpr",
    "constinit",
    "continue",
    "decltype",
    "default",
    "delete",
    "do",
    "double",
    "dynamic_cast",
    "else",
    "enum",
    "err",
    "errno",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "reflexpr",
    "register",
    "reinterpret_cast",
    "requires",
    "restrict",
    "ret",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "static_assert",
    "static_cast",
    "stderr",
    "stdin",
    "stdout",
    "struct",
    "switch",
    "synchronized",
    "template",
    "this",
    "thread_local",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "typeof",
    "typeof_unqual",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "wchar_t",
    "while",
    "xor",
    "xor_eq",
};

bool gen_is_reserved(Str name) {
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (str_is(name, reserved[i])) return true;
    return false;
}

Str gen_ident(Gen *g, Str name) {
    Str snake = gen_snake(g->arena, name);
    bool taken = gen_is_reserved(snake) || (gen_native(g) && nat_is_macro(snake));
    return taken ? str_concat(g->arena, snake, STR("_")) : snake;
}

/* ---- prefixes ---- */

static bool has_other_version(const Gen *g, const WitPackage *package) {
    for (size_t i = 0; i < g->model->packages.len; i++) {
        const WitPackage *other = g->model->packages.at[i];
        if (str_eq(other->ns, package->ns) && str_eq(other->name, package->name) &&
            !str_eq(other->version.text, package->version.text))
            return true;
    }
    return false;
}

static void put_path(Gen *g, Buf *out, const WitInterface *interface) {
    const WitPackage *package = interface->package;
    if (package) {
        buf_str(out, gen_snake(g->arena, package->ns));
        buf_byte(out, '_');
        buf_str(out, gen_snake(g->arena, package->name));
        buf_byte(out, '_');
        Str version = package->version.text;
        if (version.len && has_other_version(g, package)) {
            for (size_t i = 0; i < version.len; i++)
                buf_byte(out, is_word(version.ptr[i]) ? (uint8_t)version.ptr[i] : '_');
            buf_byte(out, '_');
        }
    }
    buf_str(out, gen_snake(g->arena, interface->name));
}

Str gen_prefix(Gen *g, const WitItem *item, bool import) {
    if (!item) return g->name;
    if (gen_native(g)) return nat_prefix(g, item, import);
    Buf out = {.arena = g->arena};
    if (!import && !item->name.len) buf_str(&out, STR("exports_"));
    Str id = wit_item_name(g->arena, item);
    for (size_t i = g->options->rename_count; i-- > 0;) {
        if (!str_eq(g->options->renames[i].from, id)) continue;
        buf_str(&out, g->options->renames[i].to);
        return buf_text(&out);
    }
    if (item->name.len) buf_str(&out, gen_snake(g->arena, item->name));
    else put_path(g, &out, item->interface);
    return buf_text(&out);
}

Str gen_func_name(Gen *g, const WitFunc *func) {
    const char *exported = !g->scope.item && !g->scope.import ? "exports_" : "";
    return str_fmt(g->arena, "%s%.*s_%.*s", exported, STR_ARG(g->scope.prefix),
                   STR_ARG(gen_snake(g->arena, func->name)));
}

/* ---- every C name once ---- */

/* The first of the names stem+ending that something else has; *owner tells what. */
static Str find_taken(Gen *g, Str stem, const char *const *endings, Str *owner) {
    for (size_t i = 0; endings[i]; i++) {
        Str name = str_concat(g->arena, stem, str_from(endings[i]));
        const MapEntry *entry = map_get(&g->symbols, name);
        if (!entry) continue;
        *owner = *(const Str *)entry->cptr;
        return name;
    }
    return (Str){0};
}

void gen_reserve(Gen *g, Str name, Str what) {
    map_put(g->arena, &g->symbols, name, NULL)->cptr = arena_copy(g->arena, &what, sizeof what);
}

/* The first with a number that goes with all endings. A number that was tried is not tried again. */
static Str numbered(Gen *g, Str stem, const char *const *endings) {
    MapEntry *entry = map_put(g->arena, &g->numbers, stem, NULL);
    Str owner, name;
    do {
        if (entry->value < 2) entry->value = 1;
        name = str_fmt(g->arena, "%.*s_%" PRIu64, STR_ARG(stem), ++entry->value);
    } while (find_taken(g, name, endings, &owner).len);
    return name;
}

Str gen_claim(Gen *g, Str stem, const char *const *endings, Str what, Span span) {
    Str owner, taken = find_taken(g, stem, endings, &owner);
    if (taken.len) {
        Str ending = str_after(taken, stem.len);
        stem = numbered(g, stem, endings);
        Str now = str_concat(g->arena, stem, ending);
        bool seen = !str_starts(taken, STR("__")); /* by users */
        if (seen)
            diag(g->diags, BIND_SAME_NAME, span, STR_ARG(owner), STR_ARG(what), STR_ARG(taken),
                 STR_ARG(now));
        if (seen) diag_note(g->diags, BIND_RENAME, span_none());
    }
    for (size_t i = 0; endings[i]; i++)
        gen_reserve(g, str_concat(g->arena, stem, str_from(endings[i])), what);
    return stem;
}

Str gen_wit_name(Gen *g, const WitType *type) {
    if (type->name.len) return type->name;
    Buf out = {.arena = g->arena};
    wit_put_type(&out, type);
    return buf_text(&out);
}

/* ---- types ---- */

/* The part of a name that says what a type is: "u8", "list_string", "point". */
static void put_structure(Gen *g, Buf *out, const WitType *type);

static void put_part(Gen *g, Buf *out, const WitType *type) {
    buf_byte(out, '_');
    if (type) put_structure(g, out, type);
    else buf_str(out, STR("void"));
}

static const char *primitive_word(WitKind kind) {
    return kind == WIT_CHAR            ? "char32"
           : kind == WIT_ERROR_CONTEXT ? "error_context"
                                       : wit_kind_keyword(kind);
}

static const char *structure_word(WitKind kind) {
    return kind == WIT_FIXED_LIST ? "array" : wit_kind_keyword(kind);
}

static void put_structure(Gen *g, Buf *out, const WitType *type) {
    if (out->len > NAME_MAX_LENGTH) return;
    WitShape shape = wit_kind_shape(type->kind);
    if (shape == WIT_SHAPE_PRIM) {
        buf_fmt(out, "%s", primitive_word(type->kind));
        return;
    }
    if (type->name.len) {
        buf_str(out, gen_snake(g->arena, type->name));
        return;
    }
    if (type->kind == WIT_ALIAS) {
        put_structure(g, out, type->elem);
        return;
    }
    buf_fmt(out, "%s", structure_word(type->kind));
    if (type->kind == WIT_TUPLE) buf_fmt(out, "%zu", type->fields.len);
    if (type->kind == WIT_FIXED_LIST) buf_fmt(out, "%" PRIu64, type->length);
    if (shape == WIT_SHAPE_FIELDS) {
        for (size_t i = 0; i < type->fields.len; i++) put_part(g, out, type->fields.at[i].type);
        return;
    }
    put_part(g, out, type->elem);
    if (shape == WIT_SHAPE_PAIR) put_part(g, out, type->second);
}

/* Made of primitive types alone, without names: such a type is the same in every scope. Results,
 * handles, futures and streams never are. */
static bool is_plain(Gen *g, const WitType *type) {
    if (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return true;
    if (type->name.len) return false;
    GenType *known = gen_type(g, type);
    if (known->plain) return known->plain == ANSWER_YES;
    bool plain = false;
    if (type->kind == WIT_LIST || type->kind == WIT_OPTION || type->kind == WIT_ALIAS ||
        type->kind == WIT_FIXED_LIST) {
        plain = is_plain(g, type->elem);
    } else if (type->kind == WIT_MAP) {
        plain = is_plain(g, type->elem) && is_plain(g, type->second);
    } else if (type->kind == WIT_TUPLE) {
        plain = true;
        for (size_t i = 0; i < type->fields.len; i++)
            plain = plain && is_plain(g, type->fields.at[i].type);
    }
    known->plain = plain ? ANSWER_YES : ANSWER_NO;
    return plain;
}

Str gen_new_type_name(Gen *g, const WitType *type, Str prefix, bool *shared) {
    *shared = !type->name.len && is_plain(g, type);
    Buf out = {.arena = g->arena};
    buf_str(&out, *shared ? g->name : prefix);
    buf_byte(&out, '_');
    put_structure(g, &out, type);
    buf_str(&out, STR("_t"));
    if (out.len > NAME_MAX_LENGTH) diag(g->diags, BIND_LONG_NAME, type->span);
    return buf_text(&out);
}

static Str primitive_name(Gen *g, WitKind kind) {
    if (gen_native(g) && kind == WIT_STRING)
        return str_concat(g->arena, STR("wit_"), nat_string(g));
    if (gen_native(g) && kind == WIT_ERROR_CONTEXT) {
        g->needs_error_context = true;
        return STR("wit_error_context");
    }
    switch ((int)kind) {
    case WIT_BOOL: return STR("bool");
    case WIT_S8: return STR("int8_t");
    case WIT_U8: return STR("uint8_t");
    case WIT_S16: return STR("int16_t");
    case WIT_U16: return STR("uint16_t");
    case WIT_S32: return STR("int32_t");
    case WIT_CHAR:
    case WIT_U32: return STR("uint32_t");
    case WIT_S64: return STR("int64_t");
    case WIT_U64: return STR("uint64_t");
    case WIT_F32: return STR("float");
    case WIT_F64: return STR("double");
    case WIT_STRING: g->needs_string = true; return str_concat(g->arena, g->name, STR("_string_t"));
    default:
        g->needs_error_context = true;
        return str_concat(g->arena, g->name, STR("_error_context_t"));
    }
}

Str gen_type_name(Gen *g, const WitType *type) {
    if (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return primitive_name(g, type->kind);
    return gen_type(g, type)->name;
}

Str gen_without_t(Str type_name) { return str_from_to(type_name, 0, type_name.len - 2); }

Str gen_entry_name(Gen *g, const WitType *map) {
    if (gen_native(g)) return gen_type(g, map)->base;
    return str_concat(g->arena, gen_without_t(gen_type_name(g, map)), STR("_entry_t"));
}
