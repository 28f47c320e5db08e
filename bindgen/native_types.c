/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Types of the native style. Each definition is followed by what goes with it: constructors and
 * tests of cases, names of enum cases, and the assertions that the C type lies in memory as the
 * canonical ABI has it.
 *
 *     record, tuple, option, result, variant, list, map, list<T, N>      structs
 *     enum                                                              enum of the least width
 *     flags                                                             an unsigned integer
 *     own, borrow, stream, future                                       structs of a handle
 *
 * A type without a name of its own stands between `#ifndef WIT_HAVE_name` and `#endif`: another
 * header may have it, too. The named types of an interface are guarded together (native.c).
 */
#include "bindgen/internal.h"

/* ---- documentation ---- */

/* Text for a comment: neither end nor beginning of one stays in it. */
static void put_comment(Buf *out, Str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i], before = i ? text.ptr[i - 1] : ' ';
        if ((before == '*' && c == '/') || (before == '/' && c == '*')) buf_byte(out, ' ');
        if (c != '\r') buf_byte(out, (uint8_t)c);
    }
    if (str_ends(text, STR("\\"))) buf_str(out, STR(" ."));
}

static void put_comment_lines(Buf *out, const char *indent, Str text) {
    for (size_t at = 0; at < text.len;) {
        size_t end = str_find(text, '\n', at);
        if (end == SIZE_MAX) end = text.len;
        Str line = str_from_to(text, at, end);
        while (line.len && (line.ptr[line.len - 1] == '\r' || line.ptr[line.len - 1] == ' '))
            line.len--;
        buf_fmt(out, "%s *%s", indent, line.len ? " " : "");
        put_comment(out, line);
        buf_byte(out, '\n');
        at = end + 1;
    }
}

void nat_docs(Gen *g, Buf *out, const char *indent, Str docs, const WitStability *stability,
              Str more) {
    Buf text = {.arena = g->arena};
    docs = str_trim(docs);
    buf_str(&text, docs);
    if (docs.len && more.len) buf_byte(&text, '\n');
    buf_str(&text, more);
    if (stability && stability->since.text.len)
        buf_fmt(&text, "%s@since %.*s", text.len ? "\n" : "", STR_ARG(stability->since.text));
    if (stability && stability->deprecated.text.len)
        buf_fmt(&text, "%s@deprecated since %.*s", text.len ? "\n" : "",
                STR_ARG(stability->deprecated.text));
    Str all = buf_text(&text);
    if (!all.len) return;
    if (str_find(all, '\n', 0) == SIZE_MAX && all.len < 90) {
        buf_fmt(out, "%s/** ", indent);
        put_comment(out, all);
        buf_str(out, STR(" */\n"));
        return;
    }
    buf_fmt(out, "%s/**\n", indent);
    put_comment_lines(out, indent, all);
    buf_fmt(out, "%s */\n", indent);
}

/* ---- layout ---- */

static uint32_t align_to(uint32_t at, uint32_t align) { return (at + align - 1) & ~(align - 1); }

static void assert_layout(Gen *g, const WitType *type) {
    const AbiPlan *plan = abi_plan(&g->abi, type);
    if (plan)
        buf_fmt(&g->h_layout, "WIT_LAYOUT(%.*s, %u, %u);\n", STR_ARG(gen_type_name(g, type)),
                plan->size, plan->align);
}

static void assert_offset(Gen *g, const WitType *type, const char *member, uint32_t offset) {
    buf_fmt(&g->h_layout, "WIT_OFFSET(%.*s, %s, %u);\n", STR_ARG(gen_type_name(g, type)), member,
            offset);
}

/* ---- parts of definitions ---- */

static const char *field_name(Gen *g, const WitType *type, size_t i) {
    Str name = type->kind == WIT_TUPLE ? str_fmt(g->arena, "f%zu", i)
                                       : gen_ident(g, type->fields.at[i].name);
    return str_c(g->arena, name);
}

static void begin_struct(Gen *g, Str name) {
    buf_fmt(&g->h_types, "typedef struct %.*s {\n", STR_ARG(name));
}

static void end_struct(Gen *g, Str name) { buf_fmt(&g->h_types, "} %.*s;\n", STR_ARG(name)); }

static void member(Gen *g, const char *indent, const WitType *type, const char *name) {
    buf_fmt(&g->h_types, "%s%.*s %s;\n", indent, STR_ARG(gen_type_name(g, type)), name);
}

/* The constants of an enum, a variant's tag. */
static void put_enum(Gen *g, const WitType *type, Str name, Str *constants) {
    Buf *out = &g->h_types;
    Str prefix = gen_upper(g->arena, gen_type(g, type)->name);
    buf_fmt(out, "typedef WIT_ENUM(%.*s, %s) {\n", STR_ARG(name), gen_tag_type(type->fields.len));
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitField *field = &type->fields.at[i];
        constants[i] = nat_claim(g, str_fmt(g->arena, "%.*s_%.*s", STR_ARG(prefix),
                                            STR_ARG(gen_upper(g->arena, field->name))));
        nat_docs(g, out, "  ", field->docs, NULL, STR(""));
        buf_fmt(out, "  %.*s%s\n", STR_ARG(constants[i]), i + 1 < type->fields.len ? "," : "");
    }
    end_struct(g, name);
}

/* static inline T T_c(U value) {..}: a value of a case. */
static void put_maker(Gen *g, const WitType *type, const char *what, const WitType *payload,
                      Str tag, const char *member_name) {
    Str name = gen_type_name(g, type), made = nat_derive(g, name, what);
    buf_fmt(&g->h_types, "static inline %.*s %.*s(", STR_ARG(name), STR_ARG(made));
    if (payload) buf_fmt(&g->h_types, "%.*s value", STR_ARG(gen_type_name(g, payload)));
    else buf_str(&g->h_types, STR("void"));
    buf_fmt(&g->h_types, ") { %.*s self; self.%.*s; ", STR_ARG(name), STR_ARG(tag));
    if (payload) buf_fmt(&g->h_types, "self.%s = value; ", member_name);
    buf_str(&g->h_types, STR("return self; }\n"));
}

/* ---- definitions ---- */

static void define_record(Gen *g, const WitType *type, Str name) {
    begin_struct(g, name);
    uint32_t offset = 0;
    assert_layout(g, type);
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitField *field = &type->fields.at[i];
        const char *c_name = field_name(g, type, i);
        nat_docs(g, &g->h_types, "  ", field->docs, NULL, STR(""));
        member(g, "  ", field->type, c_name);
        const AbiPlan *plan = abi_plan(&g->abi, field->type);
        if (!plan) continue;
        offset = align_to(offset, plan->align);
        if (i) assert_offset(g, type, c_name, offset);
        offset += plan->size;
    }
    end_struct(g, name);
}

static uint32_t payload_offset(Gen *g, const WitType *type) {
    const AbiPlan *plan = abi_plan(&g->abi, type);
    return plan && plan->op_count ? plan->ops[0].payload : 0;
}

static void define_variant(Gen *g, const WitType *type, Str name) {
    size_t n = type->fields.len;
    Str tag = gen_type(g, type)->base = nat_derive(g, name, "tag"),
        *constants = ARENA_NEW_ARRAY(g->arena, Str, n + 1);
    Buf unions = {.arena = g->arena}, types = g->h_types;
    g->h_types = unions;
    for (size_t i = 0; i < n; i++)
        if (type->fields.at[i].type)
            member(g, "    ", type->fields.at[i].type, field_name(g, type, i));
    unions = g->h_types;
    g->h_types = types;
    put_enum(g, type, tag, constants);
    nat_docs(g, &g->h_types, "", type->docs, &type->stability, STR(""));
    begin_struct(g, name);
    buf_fmt(&g->h_types, "  %.*s tag;\n", STR_ARG(tag));
    if (unions.len) buf_fmt(&g->h_types, "  union {\n%.*s  } val;\n", STR_ARG(buf_text(&unions)));
    end_struct(g, name);
    for (size_t i = 0; i < n; i++) {
        const char *field = field_name(g, type, i);
        Str snake = gen_snake(g->arena, type->fields.at[i].name);
        put_maker(g, type, str_c(g->arena, snake), type->fields.at[i].type,
                  str_fmt(g->arena, "tag = %.*s", STR_ARG(constants[i])),
                  str_c(g->arena, str_fmt(g->arena, "val.%s", field)));
        Str test = nat_derive(g, name, str_c(g->arena, str_concat(g->arena, STR("is_"), snake)));
        buf_fmt(&g->h_types,
                "static inline bool %.*s(const %.*s *self) { return self->tag == %.*s; }\n",
                STR_ARG(test), STR_ARG(name), STR_ARG(constants[i]));
    }
    assert_layout(g, type);
    if (unions.len) assert_offset(g, type, "val", payload_offset(g, type));
}

static void define_enum(Gen *g, const WitType *type, Str name) {
    Buf *out = &g->h_types;
    size_t n = type->fields.len;
    Str *constants = ARENA_NEW_ARRAY(g->arena, Str, n + 1);
    put_enum(g, type, name, constants);
    Str text = nat_derive(g, name, "name");
    buf_fmt(out, "static inline const char *%.*s(%.*s value) {\n  switch (value) {\n",
            STR_ARG(text), STR_ARG(name));
    for (size_t i = 0; i < n; i++)
        buf_fmt(out, "  case %.*s: return \"%.*s\";\n", STR_ARG(constants[i]),
                STR_ARG(type->fields.at[i].name));
    buf_str(out, STR("  }\n  return \"\";\n}\n"));
    assert_layout(g, type);
}

static void define_flags(Gen *g, const WitType *type, Str name) {
    size_t n = type->fields.len;
    Str prefix = gen_upper(g->arena, name);
    buf_fmt(&g->h_types, "typedef %s %.*s;\n", gen_tag_type((size_t)1 << (n < 32 ? n : 32)),
            STR_ARG(name));
    for (size_t i = 0; i < n; i++) {
        const WitField *field = &type->fields.at[i];
        nat_docs(g, &g->h_types, "", field->docs, NULL, STR(""));
        Str constant = nat_claim(g, str_fmt(g->arena, "%.*s_%.*s", STR_ARG(prefix),
                                            STR_ARG(gen_upper(g->arena, field->name))));
        buf_fmt(&g->h_types, "#define %.*s ((%.*s)(1u << %zu))\n", STR_ARG(constant), STR_ARG(name),
                i);
    }
    assert_layout(g, type);
}

static void define_option(Gen *g, const WitType *type, Str name) {
    begin_struct(g, name);
    buf_str(&g->h_types, STR("  bool is_some;\n"));
    member(g, "  ", type->elem, "val");
    end_struct(g, name);
    put_maker(g, type, "some", type->elem, STR("is_some = true"), "val");
    put_maker(g, type, "none", NULL, STR("is_some = false"), "");
    assert_layout(g, type);
    assert_offset(g, type, "val", payload_offset(g, type));
}

static void define_result(Gen *g, const WitType *type, Str name) {
    begin_struct(g, name);
    buf_str(&g->h_types, STR("  bool is_err;\n"));
    if (type->elem || type->second) {
        buf_str(&g->h_types, STR("  union {\n"));
        if (type->elem) member(g, "    ", type->elem, "ok");
        if (type->second) member(g, "    ", type->second, "err");
        buf_str(&g->h_types, STR("  } val;\n"));
    }
    end_struct(g, name);
    put_maker(g, type, "ok", type->elem, STR("is_err = false"), "val.ok");
    put_maker(g, type, "err", type->second, STR("is_err = true"), "val.err");
    assert_layout(g, type);
    if (type->elem || type->second) assert_offset(g, type, "val", payload_offset(g, type));
}

static void define_list(Gen *g, const WitType *type, Str name) {
    Str element = type->kind == WIT_MAP ? STR("") : gen_type_name(g, type->elem);
    if (type->kind == WIT_MAP) {
        element = gen_entry_name(g, type);
        begin_struct(g, element);
        member(g, "  ", type->elem, "key");
        member(g, "  ", type->second, "value");
        end_struct(g, element);
    }
    begin_struct(g, name);
    buf_fmt(&g->h_types, "  const %.*s *ptr;\n  size_t len;\n", STR_ARG(element));
    end_struct(g, name);
    assert_layout(g, type);
}

static void define_array(Gen *g, const WitType *type, Str name) {
    begin_struct(g, name);
    buf_fmt(&g->h_types, "  %.*s at[%" PRIu64 "];\n", STR_ARG(gen_type_name(g, type->elem)),
            type->length);
    end_struct(g, name);
    assert_layout(g, type);
}

static void put_handle(Gen *g, Str name) {
    buf_fmt(&g->h_types, "typedef struct %.*s {\n  int32_t handle;\n} %.*s;\n", STR_ARG(name),
            STR_ARG(name));
}

/* What a type is, whatever its name; `name` is where it goes. */
static void define_body(Gen *g, const WitType *type, Str name) {
    switch (type->kind) {
    case WIT_RECORD:
    case WIT_TUPLE: define_record(g, type, name); return;
    case WIT_VARIANT: define_variant(g, type, name); return;
    case WIT_ENUM: define_enum(g, type, name); return;
    case WIT_FLAGS: define_flags(g, type, name); return;
    case WIT_OPTION: define_option(g, type, name); return;
    case WIT_RESULT: define_result(g, type, name); return;
    case WIT_LIST:
    case WIT_MAP: define_list(g, type, name); return;
    case WIT_FIXED_LIST: define_array(g, type, name); return;
    case WIT_STREAM:
    case WIT_FUTURE:
        put_handle(g, name);
        put_handle(g, nat_derive(g, name, "writer"));
        return;
    default: return;
    }
}

/* ---- resources ---- */

static void define_resource(Gen *g, const WitType *type) {
    GenType *r = gen_type(g, type);
    Buf *out = &g->h_types;
    nat_docs(g, out, "", type->docs, &type->stability, STR(""));
    put_handle(g, r->own);
    r->borrow = nat_derive(g, r->name, "ref");
    if (!r->exported) {
        Str borrow = r->to_borrow = nat_derive(g, r->name, "borrow");
        put_handle(g, r->borrow);
        buf_fmt(out, "static inline %.*s %.*s(%.*s own) {\n  %.*s self;\n", STR_ARG(r->borrow),
                STR_ARG(borrow), STR_ARG(r->own), STR_ARG(r->borrow));
        buf_str(out, STR("  self.handle = own.handle;\n  return self;\n}\n"));
        return;
    }
    Str rep = nat_derive(g, r->name, "rep");
    r->base = rep;
    buf_fmt(out, "/** Defined by the program. */\nstruct %.*s;\ntypedef struct %.*s %.*s;\n",
            STR_ARG(rep), STR_ARG(rep), STR_ARG(rep));
    buf_fmt(out, "typedef %.*s *%.*s;\n", STR_ARG(rep), STR_ARG(r->borrow));
}

/* ---- what is live ---- */

/* The structure of a type without a name, or below a name: a type that other headers may have. */
static Str define_structure(Gen *g, const WitType *type) {
    if (type->kind == WIT_OWN || type->kind == WIT_BORROW) {
        const GenType *resource = gen_type(g, wit_resource_of(type));
        gen_type(g, type)->prefix = resource->prefix;
        return type->kind == WIT_OWN ? resource->own : resource->borrow;
    }
    bool added;
    Str own = gen_type(g, type)->name, name = nat_structure(g, type, &added);
    if (type->kind == WIT_MAP) gen_type(g, type)->base = str_concat(g->arena, name, STR("_entry"));
    if (type->kind == WIT_STREAM || type->kind == WIT_FUTURE) gen_type(g, type)->base = name;
    if (!added) return name;
    gen_type(g, type)->name = name; /* for the parts of the definition */
    buf_fmt(&g->h_types, "\n#ifndef WIT_HAVE_%.*s\n#define WIT_HAVE_%.*s\n", STR_ARG(name),
            STR_ARG(name));
    define_body(g, type, name);
    buf_str(&g->h_types, STR("#endif\n"));
    gen_type(g, type)->name = own;
    return name;
}

static void define_named(Gen *g, const WitType *type) {
    Str name = gen_type(g, type)->name;
    if (wit_is_nominal(type)) {
        buf_byte(&g->h_types, '\n');
        if (type->kind == WIT_RESOURCE) {
            define_resource(g, type);
            return;
        }
        if (type->kind != WIT_VARIANT)
            nat_docs(g, &g->h_types, "", type->docs, &type->stability, STR(""));
        define_body(g, type, name);
        return;
    }
    Str what = type->kind == WIT_ALIAS ? gen_type_name(g, type->elem) : define_structure(g, type);
    if (type->kind == WIT_ALIAS && wit_kind_shape(type->elem->kind) != WIT_SHAPE_PRIM)
        gen_type(g, type)->prefix = gen_type(g, type->elem)->prefix;
    buf_byte(&g->h_types, '\n');
    nat_docs(g, &g->h_types, "", type->docs, &type->stability, STR(""));
    buf_fmt(&g->h_types, "typedef %.*s %.*s;\n", STR_ARG(what), STR_ARG(name));
}

/* A type that is another one under a name from elsewhere, or no name at all. */
static void define_transparent(Gen *g, const WitType *type) {
    GenType *known = gen_type(g, type);
    const WitType *elem = type->elem;
    known->name = gen_type_name(g, elem);
    if (wit_kind_shape(elem->kind) != WIT_SHAPE_PRIM) known->prefix = gen_type(g, elem)->prefix;
}

static void define_one(Gen *g, const WitType *type) {
    gen_type(g, type)->defined = true;
    if (nat_is_transparent(type)) {
        define_transparent(g, type);
        return;
    }
    nat_name_named(g, type);
    if (type->name.len) define_named(g, type);
    else gen_type(g, type)->name = define_structure(g, type);
}

void nat_define(Gen *g, const GenTypes *types) {
    for (size_t i = 0; i < types->len && !g->diags->errors; i++) {
        const WitType *type = types->at[i];
        if (gen_type(g, type)->defined) continue;
        GenScope before = g->scope;
        if (type->interface && type->interface != g->scope.interface)
            gen_scope_of(g, type->interface, &g->scope);
        define_one(g, type);
        g->scope = before;
    }
}
