/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Names of the native style (docs/NATIVE.md, "Names"). Every name is claimed when its thing is met,
 * in the order of the world, and a later one that would be the same gets a number: so no name
 * depends on what follows.
 *
 *     interface ns:pkg/iface       pkg_iface_...
 *     function f, type t           <prefix>_f, <prefix>_t
 *     list<t>, result<u8, t>       <prefix>_list_t, <prefix>_result_u8_t; wit_list_u8
 *
 * A type without a name of its own has one by its structure alone, so that equal types of all
 * interfaces and worlds are one C type.
 */
#include "bindgen/internal.h"

enum { STRUCTURE_MAX = 100, TEXT_MAX = 4000 };

/* Object-like macros of C libraries; function-like ones do no harm to fields and parameters. Types of
 * C end in `_t`. */
bool nat_is_macro(Str name) {
    if (str_ends(name, STR("_t"))) return true;
    static const char *const macros[] = {"assert",   "complex", "i386", "imaginary", "linux",
                                         "noreturn", "unix",    "NULL", "EOF",       "I"};
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++)
        if (str_is(name, macros[i])) return true;
    return false;
}

/* ---- claims ---- */

static bool claim(Gen *g, Str name) {
    bool added;
    map_put(g->arena, &g->symbols, name, &added);
    return added;
}

Str nat_claim(Gen *g, Str name) {
    Str tried = name;
    for (unsigned n = 2; gen_is_reserved(tried) || !claim(g, tried); n++)
        tried = str_fmt(g->arena, "%.*s_%u", STR_ARG(name), n);
    return tried;
}

Str nat_derive(Gen *g, Str name, const char *what) {
    return nat_claim(g, str_fmt(g->arena, "%.*s_%s", STR_ARG(name), what));
}

void nat_claim_runtime(Gen *g) {
    static const char *const names[] = {
        "alloc",
        "arena_mark",
        "arena_release",
        "arena_reset",
        "char16",
        "copied",
        "copied_state",
        "error_context",
        "error_context_new",
        "error_context_debug_message",
        "error_context_drop",
        "alloc_array",
        "mark",
        "string",
        "str",
        "string16",
        "string_compact",
        "string_copy",
        "string_eq",
        "string_from",
        "subtask",
        "subtask_at_first",
        "subtask_state",
        "subtask_callback",
        "subtask_then",
        "subtask_wait",
        "subtask_cancel",
        "copied_callback",
        "task_cancel",
        "task_on_cancel",
        "yield",
    };
    /* What headers of C and the bindings have that a name of ours could be. */
    static const char *const taken[] = {
        "size_t",  "wchar_t",  "char8_t",  "char16_t", "char32_t",  "ptrdiff_t", "max_align_t",
        "int8_t",  "int16_t",  "int32_t",  "int64_t",  "intptr_t",  "intmax_t",  "nullptr_t",
        "uint8_t", "uint16_t", "uint32_t", "uint64_t", "uintptr_t", "uintmax_t", "cabi_realloc",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        claim(g, str_fmt(g->arena, "wit_%s", names[i]));
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) claim(g, str_from(taken[i]));
}

/* ---- prefixes ---- */

static Str version_words(Arena *arena, Str version) {
    Buf out = {.arena = arena};
    for (size_t i = 0; i < version.len; i++) {
        char c = version.ptr[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        buf_byte(&out, word ? (uint8_t)c : '_');
    }
    return buf_text(&out);
}

static Str base_prefix(Gen *g, const WitItem *item) {
    for (size_t i = g->options->rename_count; i-- > 0;)
        if (str_eq(g->options->renames[i].from, wit_item_name(g->arena, item)))
            return g->options->renames[i].to;
    if (item->name.len || !item->interface->package)
        return gen_snake(g->arena, item->name.len ? item->name : item->interface->name);
    Str package = gen_snake(g->arena, item->interface->package->name);
    Str interface = gen_snake(g->arena, item->interface->name);
    if (str_eq(package, interface)) return package;
    return str_fmt(g->arena, "%.*s_%.*s", STR_ARG(package), STR_ARG(interface));
}

/* Whether both are interfaces of one name in one package, versions aside. */
static bool same_path(const WitInterface *a, const WitInterface *b) {
    return a->package && b->package && str_eq(a->name, b->name) &&
           str_eq(a->package->ns, b->package->ns) && str_eq(a->package->name, b->package->name);
}

/* What tells two interfaces with one prefix apart; `base` itself where nothing does. */
static Str other_prefix(Gen *g, const WitItem *item, const GenScope *holder, Str base) {
    const WitInterface *mine = item->interface;
    if (str_eq(wit_item_name(g->arena, item), holder->key))
        return str_concat(g->arena, STR("exports_"), base);
    if (item->name.len || !mine->package) return base;
    if (same_path(mine, holder->interface))
        return str_fmt(g->arena, "%.*s_%.*s", STR_ARG(base),
                       STR_ARG(version_words(g->arena, mine->package->version.text)));
    return str_fmt(g->arena, "%.*s_%.*s", STR_ARG(gen_snake(g->arena, mine->package->ns)),
                   STR_ARG(base));
}

static Str take_prefix(Gen *g, const WitItem *item, bool import) {
    Str base = base_prefix(g, item), prefix;
    const MapEntry *entry = map_get(&g->prefixes, base);
    for (unsigned i = 0; i < 3 && entry; i++, entry = map_get(&g->prefixes, base))
        base = other_prefix(g, item, entry->cptr, base);
    prefix = base;
    for (unsigned n = 2; map_get(&g->prefixes, prefix); n++)
        prefix = str_fmt(g->arena, "%.*s_%u", STR_ARG(base), n);
    GenScope scope = {item, item->interface, import, prefix, wit_item_name(g->arena, item)};
    map_put(g->arena, &g->prefixes, prefix, NULL)->cptr =
        arena_copy(g->arena, &scope, sizeof scope);
    return prefix;
}

Str nat_prefix(Gen *g, const WitItem *item, bool import) {
    bool added;
    MapEntry *entry = map_put_ptr(g->arena, &g->item_prefixes, item, &added);
    if (!added) return *(const Str *)entry->cptr;
    Str prefix = take_prefix(g, item, import);
    map_get_ptr(&g->item_prefixes, item)->cptr = arena_copy(g->arena, &prefix, sizeof prefix);
    return prefix;
}

/* ---- functions ---- */

Str nat_func_name(Gen *g, const WitFunc *func) {
    Str prefix = g->scope.prefix, name = func->name;
    size_t bracket = str_find(name, ']', 0);
    if (bracket != SIZE_MAX) name = str_after(name, bracket + 1);
    Str made = str_fmt(g->arena, "%.*s_%.*s%s", STR_ARG(prefix), STR_ARG(gen_snake(g->arena, name)),
                       func->kind == WIT_CONSTRUCTOR ? "_new" : "");
    if (!g->scope.item && !g->scope.import && map_get(&g->symbols, made))
        made = str_concat(g->arena, STR("exports_"), made);
    return nat_claim(g, made);
}

/* ---- types ---- */

Str nat_string(const Gen *g) {
    switch (g->options->encoding) {
    case ABI_UTF8: return STR("string");
    case ABI_UTF16: return STR("string16");
    case ABI_LATIN1_UTF16: break;
    }
    return STR("string_compact");
}

bool nat_is_transparent(const WitType *type) {
    if (type->kind != WIT_ALIAS) return false;
    return wit_dealias(type)->kind == WIT_RESOURCE || wit_used_interface(type) || !type->name.len;
}

void nat_name_named(Gen *g, const WitType *type) {
    GenType *known = gen_type(g, type);
    if (known->name.len || !type->name.len || nat_is_transparent(type)) return;
    known->name = nat_claim(g, str_fmt(g->arena, "%.*s_%.*s", STR_ARG(g->scope.prefix),
                                       STR_ARG(gen_snake(g->arena, type->name))));
    if (wit_is_nominal(type)) known->prefix = g->scope.prefix;
    if (type->kind != WIT_RESOURCE) return;
    known->base = known->own = known->name;
    known->exported = !g->scope.import;
}

static Str prefix_of(Gen *g, const WitType *type) {
    return !type || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM ? STR("")
                                                                 : gen_type(g, type)->prefix;
}

static Str first_prefix(Gen *g, const WitType *type) {
    Str prefix = prefix_of(g, type->elem);
    for (size_t i = 0; i < type->fields.len && !prefix.len; i++)
        prefix = prefix_of(g, type->fields.at[i].type);
    return prefix.len ? prefix : prefix_of(g, type->second);
}

static void put_words(Gen *g, Buf *out, const WitType *type, Str prefix);

static void put_nominal(Gen *g, Buf *out, const WitType *type, Str prefix) {
    Str name = gen_type(g, type)->name;
    bool near = prefix.len && str_eq(gen_type(g, type)->prefix, prefix) &&
                name.len > prefix.len + 1 && str_starts(name, prefix);
    buf_str(out, near ? str_after(name, prefix.len + 1) : name);
}

static void put_part(Gen *g, Buf *out, const WitType *type, Str prefix) {
    buf_byte(out, '_');
    if (type) put_words(g, out, type, prefix);
    else buf_str(out, STR("void"));
}

static void put_words(Gen *g, Buf *out, const WitType *type, Str prefix) {
    if (out->len > TEXT_MAX) return;
    type = wit_dealias(type);
    if (wit_is_nominal(type)) {
        put_nominal(g, out, type, prefix);
        return;
    }
    WitShape shape = wit_kind_shape(type->kind);
    switch ((int)type->kind) {
    case WIT_STRING: buf_str(out, nat_string(g)); return;
    case WIT_ERROR_CONTEXT: buf_str(out, STR("error_context")); return;
    case WIT_OWN:
    case WIT_BORROW:
        put_nominal(g, out, wit_resource_of(type), prefix);
        if (type->kind == WIT_BORROW) buf_str(out, STR("_ref"));
        return;
    case WIT_FIXED_LIST: buf_fmt(out, "array%" PRIu64, type->length); break;
    case WIT_TUPLE: buf_fmt(out, "tuple%zu", type->fields.len); break;
    default: buf_fmt(out, "%s", wit_kind_keyword(type->kind));
    }
    if (shape == WIT_SHAPE_FIELDS)
        for (size_t i = 0; i < type->fields.len; i++)
            put_part(g, out, type->fields.at[i].type, prefix);
    if (shape == WIT_SHAPE_ELEM || shape == WIT_SHAPE_PAIR) put_part(g, out, type->elem, prefix);
    if (shape == WIT_SHAPE_PAIR) put_part(g, out, type->second, prefix);
}

static Str structure_text(Gen *g, const WitType *type, Str prefix) {
    Buf out = {.arena = g->arena};
    buf_fmt(&out, "%.*s_", STR_ARG(prefix.len ? prefix : STR("wit")));
    put_words(g, &out, type, prefix);
    Str text = buf_text(&out);
    if (text.len <= STRUCTURE_MAX) return text;
    return str_fmt(g->arena, "%.*s_%08x", STRUCTURE_MAX - 9, text.ptr, (unsigned)str_hash(text));
}

Str nat_structure(Gen *g, const WitType *type, bool *added) {
    Str prefix = first_prefix(g, type);
    Str base = structure_text(g, type, prefix), name = base;
    gen_type(g, type)->prefix = prefix;
    for (unsigned n = 2;; n++) {
        MapEntry *entry = map_get(&g->structures, name);
        *added = !entry && !gen_is_reserved(name) && claim(g, name);
        if (*added) map_put(g->arena, &g->structures, name, NULL)->cptr = type;
        if (*added || (entry && wit_type_equal(entry->cptr, type))) return name;
        name = str_fmt(g->arena, "%.*s_%u", STR_ARG(base), n);
    }
}
