/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Freeing values. Two families of functions, each one function a type that calls those of its
 * parts:
 *
 *     <type>_free        public, for values that the program received or made: gives memory back
 *                        and drops the handles that the value owns (handle 0 is none)
 *     <type>__release    static, for what an export has returned, once its caller has read it: only
 *                        memory, since handles have gone to the caller
 *
 * A type that has nothing to free has no function, except that variants, options and results always
 * have a `_free`: what they hold may change. Types are known by their C names here: two
 * equal types of the model can have one C type.
 */
#include "bindgen/internal.h"

typedef enum { FREE_PUBLIC, FREE_RELEASE, FREE_WALK } Mode;

typedef struct {
    Gen *g;
    Buf *out;
    Mode mode;
    GenWalk walk; /* FREE_WALK */
} Freeing;

/* The statement that drops a handle, except handle 0. */
static Str drop_part(Gen *g, const WitType *type, Str pointer) {
    Str place = pointer.ptr[0] == '&' ? str_after(pointer, 1)
                                      : str_fmt(g->arena, "(*%.*s)", STR_ARG(pointer));
    Str drop, handle = str_concat(g->arena, place, STR(".__handle"));
    if (type->kind == WIT_OWN) {
        drop = str_concat(g->arena, gen_type(g, wit_resource_of(type))->base, STR("_drop_own"));
    } else if (type->kind == WIT_ERROR_CONTEXT) {
        drop = str_concat(g->arena, g->name, STR("_error_context_drop"));
    } else {
        Str stem = gen_without_t(gen_type_name(g, type));
        map_put(g->arena, &g->dropped_futures, stem, NULL);
        drop = str_concat(g->arena, stem, STR("_drop_readable"));
        handle = place;
    }
    return str_fmt(g->arena, "if (%.*s != 0) %.*s(%.*s);", STR_ARG(handle), STR_ARG(drop),
                   STR_ARG(place));
}

/* The statement that frees one part; empty where there is nothing to free. */
static Str free_part(Freeing *f, const WitType *type, Str pointer) {
    Gen *g = f->g;
    if (f->mode == FREE_WALK) return gen_walk(g, f->walk, type, pointer);
    if (f->mode == FREE_RELEASE) return gen_release(g, type, pointer);
    if (type->kind == WIT_STRING)
        return str_fmt(g->arena, "%.*s_string_free(%.*s);", STR_ARG(g->name), STR_ARG(pointer));
    const WitType *real = wit_dealias(type);
    if (real->kind == WIT_OWN || real->kind == WIT_STREAM || real->kind == WIT_FUTURE ||
        real->kind == WIT_ERROR_CONTEXT)
        return g->options->keep_handles ? STR("") : drop_part(g, real, pointer);
    if (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return STR("");
    Str name = gen_type_name(g, type);
    if (!map_get(&g->frees, name)) return STR("");
    return str_fmt(g->arena, "%.*s_free(%.*s);", STR_ARG(gen_without_t(name)), STR_ARG(pointer));
}

static bool put(Freeing *f, const char *indent, const WitType *type, Str pointer) {
    Str statement = type ? free_part(f, type, pointer) : STR("");
    if (statement.len) buf_fmt(f->out, "%s%.*s\n", indent, STR_ARG(statement));
    return statement.len > 0;
}

static void put_fields(Freeing *f, const WitType *type) {
    for (size_t i = 0; i < type->fields.len; i++) {
        Str name = type->kind == WIT_TUPLE ? str_fmt(f->g->arena, "f%zu", i)
                                           : gen_ident(f->g, type->fields.at[i].name);
        put(f, "  ", type->fields.at[i].type, str_fmt(f->g->arena, "&ptr->%.*s", STR_ARG(name)));
    }
}

static void put_variant(Freeing *f, const WitType *type) {
    Buf *out = f->out, cases = {.arena = f->g->arena};
    f->out = &cases;
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitField *field = &type->fields.at[i];
        Str name = gen_ident(f->g, field->name);
        Str part = str_fmt(f->g->arena, "&ptr->val.%.*s", STR_ARG(name));
        Str statement = field->type ? free_part(f, field->type, part) : STR("");
        if (!statement.len) continue;
        buf_fmt(&cases, "    case %zu:\n      %.*s\n      break;\n", i, STR_ARG(statement));
    }
    f->out = out;
    if (cases.len)
        buf_fmt(out, "  switch ((int32_t) ptr->tag) {\n%.*s  }\n", STR_ARG(buf_text(&cases)));
}

/* The elements are of a copy, `items`. */
static void put_copied_elements(Freeing *f, const WitType *type, Str body) {
    Str element =
        type->kind == WIT_MAP ? gen_entry_name(f->g, type) : gen_type_name(f->g, type->elem);
    buf_str(f->out, STR("  if (ptr->len > 0) {\n"));
    buf_fmt(f->out, "    %.*s *items = (%.*s *) wit__copy(ptr->ptr, ptr->len * sizeof *items);\n",
            STR_ARG(element), STR_ARG(element));
    if (body.len)
        buf_fmt(f->out, "    for (size_t i = 0; i < ptr->len; i++) {\n%.*s    }\n", STR_ARG(body));
    buf_str(f->out, STR("    ptr->ptr = items;\n  }\n"));
}

/* The body of a loop over what a list or map points to. */
static void put_elements(Freeing *f, const WitType *type) {
    Buf *out = f->out, body = {.arena = f->g->arena};
    f->out = &body;
    bool copy = f->mode == FREE_WALK && f->walk == GEN_WALK_COPY;
    if (type->kind == WIT_MAP) {
        put(f, "      ", type->elem, copy ? STR("&items[i].key") : STR("&ptr->ptr[i].key"));
        put(f, "      ", type->second, copy ? STR("&items[i].value") : STR("&ptr->ptr[i].value"));
    } else {
        put(f, "      ", type->elem, copy ? STR("&items[i]") : STR("&ptr->ptr[i]"));
    }
    f->out = out;
    if (copy) {
        put_copied_elements(f, type, buf_text(&body));
        return;
    }
    const char *last = f->mode != FREE_WALK         ? "    free(ptr->ptr);\n"
                       : f->walk == GEN_WALK_MEMORY ? "    wit__keep(ptr->ptr);\n"
                                                    : "";
    if (!body.len && !*last) return;
    buf_str(out, STR("  if (ptr->len > 0) {\n"));
    if (body.len)
        buf_fmt(out, "    for (size_t i = 0; i < ptr->len; i++) {\n%.*s    }\n",
                STR_ARG(buf_text(&body)));
    buf_fmt(out, "%s  }\n", last);
}

static void put_array(Freeing *f, const WitType *type) {
    Str statement = free_part(f, type->elem, STR("&ptr->at[i]"));
    if (statement.len)
        buf_fmt(f->out, "  for (size_t i = 0; i < %" PRIu64 "; i++) {\n    %.*s\n  }\n",
                type->length, STR_ARG(statement));
}

static void put_choice(Freeing *f, const char *condition, const WitType *type, const char *part) {
    Str statement = type ? free_part(f, type, str_from(part)) : STR("");
    if (statement.len)
        buf_fmt(f->out, "  if (%s) {\n    %.*s\n  }\n", condition, STR_ARG(statement));
}

static void put_body(Freeing *f, const WitType *type) {
    switch (type->kind) {
    case WIT_ALIAS: put(f, "  ", type->elem, STR("ptr")); break;
    case WIT_RECORD:
    case WIT_TUPLE: put_fields(f, type); break;
    case WIT_VARIANT: put_variant(f, type); break;
    case WIT_LIST:
    case WIT_MAP: put_elements(f, type); break;
    case WIT_FIXED_LIST: put_array(f, type); break;
    case WIT_OPTION: put_choice(f, "ptr->is_some", type->elem, "&ptr->val"); break;
    case WIT_RESULT:
        put_choice(f, "!ptr->is_err", type->elem, "&ptr->val.ok");
        put_choice(f, "ptr->is_err", type->second, "&ptr->val.err");
        break;
    default: break;
    }
}

Str gen_free_body(Gen *g, const WitType *type) {
    Buf body = {.arena = g->arena};
    Freeing f = {g, &body, FREE_PUBLIC, 0};
    put_body(&f, type);
    bool always = type->kind == WIT_VARIANT || type->kind == WIT_OPTION || type->kind == WIT_RESULT;
    if (!body.len && always) buf_str(&body, STR("  (void) ptr;\n"));
    return buf_text(&body);
}

void gen_free(Gen *g, const WitType *type, Str body) {
    if (!body.len) return;
    Str name = gen_type_name(g, type), stem = gen_without_t(name);
    map_put(g->arena, &g->frees, name, NULL);
    buf_fmt(&g->h_helpers, "\nvoid %.*s_free(%.*s *ptr);\n", STR_ARG(stem), STR_ARG(name));
    buf_fmt(&g->c_helpers, "\nvoid %.*s_free(%.*s *ptr) {\n%.*s}\n", STR_ARG(stem), STR_ARG(name),
            STR_ARG(body));
}

/* ---- after a return ---- */

static bool has_release(Gen *g, const WitType *type) {
    bool added;
    Str name = gen_type_name(g, type);
    MapEntry *entry = map_put(g->arena, &g->releases, name, &added);
    if (!added) return entry->value;
    if (!wit_has_list(type)) return false;
    Buf body = {.arena = g->arena};
    Freeing f = {g, &body, FREE_RELEASE, 0};
    if (type->kind == WIT_STRING)
        buf_fmt(&body, "  if (%.*s) free(ptr->ptr);\n", STR_ARG(gen_string_filled(g, "ptr")));
    else put_body(&f, type);
    if (!body.len) return false;
    map_get(&g->releases, name)->value = true;
    buf_fmt(&g->c_release, "\nstatic void %.*s__release(%.*s *ptr) {\n%.*s}\n",
            STR_ARG(gen_without_t(name)), STR_ARG(name), STR_ARG(buf_text(&body)));
    return true;
}

Str gen_release(Gen *g, const WitType *type, Str pointer) {
    if (wit_kind_shape(type->kind) == WIT_SHAPE_PRIM && type->kind != WIT_STRING) return STR("");
    if (!has_release(g, type)) return STR("");
    return str_fmt(g->arena, "%.*s__release(%.*s);", STR_ARG(gen_without_t(gen_type_name(g, type))),
                   STR_ARG(pointer));
}

/* ---- walks of the native style ---- */

/* A string, by a function of its own. */
static Str copy_leaf(Gen *g, const WitType *type, Str pointer) {
    static const char *const units[][2] = {
        [ABI_UTF8] = {"char", "ptr->len"},
        [ABI_UTF16] = {"wit_char16", "ptr->len * 2"},
        [ABI_LATIN1_UTF16] = {"void", "ptr->len & WIT_UTF16 ? (ptr->len & ~(size_t) WIT_UTF16) * 2 "
                                      ": ptr->len"},
    };
    if (type->kind != WIT_STRING) return STR("");
    bool added;
    Str name = gen_type_name(g, type);
    map_put(g->arena, &g->walks[GEN_WALK_COPY], name, &added);
    if (added)
        buf_fmt(&g->c_release,
                "\nstatic void %.*s__copy(%.*s *ptr) {\n  ptr->ptr = (const %s *) "
                "wit__copy(ptr->ptr, %s);\n}\n",
                STR_ARG(name), STR_ARG(name), units[g->options->encoding][0],
                units[g->options->encoding][1]);
    return str_fmt(g->arena, "%.*s__copy(%.*s);", STR_ARG(name), STR_ARG(pointer));
}

static const char *const walk_names[GEN_WALKS] = {"keep", "return", "copy"};

static Str walk_leaf(Gen *g, GenWalk walk, const WitType *type, Str pointer) {
    if (walk == GEN_WALK_COPY) return copy_leaf(g, type, pointer);
    if (walk == GEN_WALK_MEMORY) {
        if (type->kind != WIT_STRING) return STR("");
        return str_fmt(g->arena, "if (%.*s) wit__keep((%.*s)->ptr);",
                       STR_ARG(gen_string_filled(
                           g, str_c(g->arena, str_fmt(g->arena, "(%.*s)", STR_ARG(pointer))))),
                       STR_ARG(pointer));
    }
    if (type->kind != WIT_BORROW) return STR("");
    const GenType *r = gen_type(g, wit_resource_of(type));
    if (r->exported) return STR("");
    bool added;
    map_put(g->arena, &g->walks[walk], r->borrow, &added);
    if (added)
        buf_fmt(&g->c_release,
                "\nstatic void %.*s__return(const %.*s *ptr) {\n  %.*s own;\n"
                "  own.handle = ptr->handle;\n  %.*s(own);\n}\n",
                STR_ARG(r->borrow), STR_ARG(r->borrow), STR_ARG(r->own), STR_ARG(r->drop));
    return str_fmt(g->arena, "%.*s__return(%.*s);", STR_ARG(r->borrow), STR_ARG(pointer));
}

/* Whether there is a function for the type, which is made at the first question. */
static bool has_walk(Gen *g, GenWalk walk, const WitType *type) {
    bool added;
    Str name = gen_type_name(g, type);
    MapEntry *entry = map_put(g->arena, &g->walks[walk], name, &added);
    if (!added) return entry->value;
    Buf body = {.arena = g->arena};
    Freeing f = {g, &body, FREE_WALK, walk};
    put_body(&f, type);
    if (!body.len) return false;
    map_get(&g->walks[walk], name)->value = true;
    buf_fmt(&g->c_release, "\nstatic void %.*s__%s(%s%.*s *ptr) {\n%.*s}\n", STR_ARG(name),
            walk_names[walk], walk == GEN_WALK_COPY ? "" : "const ", STR_ARG(name),
            STR_ARG(buf_text(&body)));
    return true;
}

Str gen_walk(Gen *g, GenWalk walk, const WitType *type, Str pointer) {
    type = wit_dealias(type);
    bool wanted = walk == GEN_WALK_BORROWS ? wit_has_borrow(type) : wit_has_list(type);
    if (!wanted) return STR("");
    Str leaf = walk_leaf(g, walk, type, pointer);
    if (leaf.len || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM || type->kind == WIT_BORROW)
        return leaf;
    if (!has_walk(g, walk, type)) return STR("");
    return str_fmt(g->arena, "%.*s__%s(%.*s);", STR_ARG(gen_type_name(g, type)), walk_names[walk],
                   STR_ARG(pointer));
}
