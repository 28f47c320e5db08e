/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Type definitions. Before the functions of an interface come all types that they and its own
 * definitions need, parts before wholes, each once:
 *
 *     record     struct of its fields               enum, flags   an unsigned integer, and macros
 *     tuple      struct of f0, f1, ...              variant       struct of `tag` and union `val`
 *     option     struct of `is_some`, `val`         result        struct of `is_err`, union `val`
 *     list       struct of `ptr`, `len`             map           a list of entries (key, value)
 *     resource   a handle as `own`; as `borrow` another one (imported) or a pointer to a struct that
 *                the user defines (exported)
 *
 * On wasm32 these structs lie in memory exactly as the canonical ABI lays the values out, so lists
 * and anything behind a pointer pass as they are.
 */
#include "bindgen/internal.h"

enum { DEPTH_MAX = 400 };

/* ---- which types, in which order ---- */

typedef struct {
    Gen *g;
    GenTypes list;
} Live;

static bool part_has_future(Gen *g, const WitType *part) {
    return part && wit_kind_shape(part->kind) != WIT_SHAPE_PRIM && gen_type(g, part)->has_future;
}

/* The parts have been visited before. */
static bool contains_future(Gen *g, const WitType *type) {
    if (type->kind == WIT_STREAM || type->kind == WIT_FUTURE) return true;
    for (size_t i = 0; i < type->fields.len; i++)
        if (part_has_future(g, type->fields.at[i].type)) return true;
    return part_has_future(g, type->elem) || part_has_future(g, type->second);
}

static void visit(Live *live, const WitType *type, unsigned depth) {
    Gen *g = live->g;
    if (!type || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return;
    if (g->marks[type->id] == g->mark) return;
    if (depth > DEPTH_MAX) {
        if (!g->diags->errors) diag(g->diags, BIND_DEEP, type->span, DEPTH_MAX);
        return;
    }
    for (size_t i = 0; i < type->fields.len; i++) visit(live, type->fields.at[i].type, depth + 1);
    visit(live, type->elem, depth + 1);
    visit(live, type->second, depth + 1);
    if (g->marks[type->id] == g->mark) return;
    g->marks[type->id] = g->mark;
    gen_type(g, type)->has_future = contains_future(g, type);
    *vec_push(g->arena, &live->list) = type;
}

static void visit_func(Live *live, const WitFunc *func) {
    if (func->kind == WIT_STATIC) visit(live, func->resource, 0);
    for (size_t i = 0; i < func->params.len; i++) visit(live, func->params.at[i].type, 0);
    visit(live, func->result, 0);
}

static Live begin(Gen *g) {
    g->mark++;
    return (Live){.g = g};
}

static void visit_all(Live *live, const WitType *const *types, size_t n,
                      const WitFunc *const *funcs, size_t func_count) {
    for (size_t i = 0; i < n; i++) visit(live, types[i], 0);
    for (size_t i = 0; i < func_count; i++) visit_func(live, funcs[i]);
}

static void visit_interface(Live *live, const WitInterface *interface) {
    visit_all(live, (const WitType *const *)interface->types.at, interface->types.len,
              (const WitFunc *const *)interface->funcs.at, interface->funcs.len);
}

GenTypes gen_live(Gen *g, const WitType *const *types, size_t n, const WitFunc *const *funcs,
                  size_t func_count) {
    Live live = begin(g);
    visit_all(&live, types, n, funcs, func_count);
    return live.list;
}

/* ---- parts of definitions ---- */

/* Lines of `//`; none may end in what continues it. */
void gen_docs(Buf *out, Str docs) {
    docs = str_trim(docs);
    for (size_t at = 0; at < docs.len;) {
        size_t end = at;
        while (end < docs.len && docs.ptr[end] != '\n' && docs.ptr[end] != '\r') end++;
        Str line = str_from_to(docs, at, end);
        buf_fmt(out, "// %.*s%s\n", STR_ARG(line),
                str_ends(str_trim(line), STR("\\")) || str_ends(str_trim(line), STR("?"
                                                                                    "?/"))
                    ? " ."
                    : "");
        at = end + 1;
        if (end + 1 < docs.len && docs.ptr[end] == '\r' && docs.ptr[end + 1] == '\n') at++;
    }
}

const char *gen_tag_type(size_t n) {
    return n <= 1u << 8 ? "uint8_t" : n <= 1u << 16 ? "uint16_t" : "uint32_t";
}

static void begin_struct(Gen *g, const WitType *type) {
    if (!type->name.len) {
        buf_str(&g->h_types, STR("typedef struct {\n"));
        return;
    }
    buf_fmt(&g->h_types, "typedef struct %.*s {\n", STR_ARG(gen_type(g, type)->name));
}

static void member(Gen *g, const char *indent, const WitType *type, const char *name) {
    if (type) buf_fmt(&g->h_types, "%s%.*s %s;\n", indent, STR_ARG(gen_type_name(g, type)), name);
}

static void macros(Gen *g, const WitType *type, const char *format) {
    Str prefix = gen_upper(g->arena, gen_without_t(gen_type(g, type)->name));
    if (type->fields.len) buf_byte(&g->h_types, '\n');
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitField *field = &type->fields.at[i];
        gen_docs(&g->h_types, field->docs);
        Str name = str_fmt(g->arena, "%.*s_%.*s", STR_ARG(prefix),
                           STR_ARG(gen_upper(g->arena, field->name)));
        name = gen_claim(g, name, GEN_ENDINGS(""), field->name, field->span);
        buf_fmt(&g->h_types, "#define %.*s ", STR_ARG(name));
        buf_fmt(&g->h_types, i == 31 && format[0] == '(' ? "((uint32_t) 1 << 31)\n" : "%s%zu%s\n",
                format, i, format[0] ? ")" : "");
    }
}

/* ---- definitions ---- */

static void define_fields(Gen *g, const WitType *type) {
    begin_struct(g, type);
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitField *field = &type->fields.at[i];
        Str name =
            type->kind == WIT_TUPLE ? str_fmt(g->arena, "f%zu", i) : gen_ident(g, field->name);
        gen_docs(&g->h_types, field->docs);
        member(g, "  ", field->type, str_c(g->arena, name));
    }
}

static void define_variant(Gen *g, const WitType *type) {
    begin_struct(g, type);
    buf_fmt(&g->h_types, "  %s tag;\n", gen_tag_type(type->fields.len));
    bool any = false;
    for (size_t i = 0; i < type->fields.len; i++) any |= type->fields.at[i].type != NULL;
    if (!any) return;
    buf_str(&g->h_types, STR("  union {\n"));
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitField *field = &type->fields.at[i];
        member(g, "    ", field->type, str_c(g->arena, gen_ident(g, field->name)));
    }
    buf_str(&g->h_types, STR("  } val;\n"));
}

static void define_result(Gen *g, const WitType *type) {
    begin_struct(g, type);
    buf_str(&g->h_types, STR("  bool is_err;\n"));
    if (!type->elem && !type->second) return;
    buf_str(&g->h_types, STR("  union {\n"));
    member(g, "    ", type->elem, "ok");
    member(g, "    ", type->second, "err");
    buf_str(&g->h_types, STR("  } val;\n"));
}

static void define_map_entry(Gen *g, const WitType *type) {
    buf_str(&g->h_types, STR("typedef struct {\n"));
    member(g, "  ", type->elem, "key");
    member(g, "  ", type->second, "value");
    buf_fmt(&g->h_types, "} %.*s;\n\n", STR_ARG(gen_entry_name(g, type)));
}

/* What comes before the name of the type in its definition. */
static void define_body(Gen *g, const WitType *type) {
    Buf *out = &g->h_types;
    switch (type->kind) {
    case WIT_RECORD:
    case WIT_TUPLE: define_fields(g, type); break;
    case WIT_VARIANT: define_variant(g, type); break;
    case WIT_RESULT: define_result(g, type); break;
    case WIT_OPTION:
        begin_struct(g, type);
        buf_str(out, STR("  bool is_some;\n"));
        member(g, "  ", type->elem, "val");
        break;
    case WIT_LIST:
        begin_struct(g, type);
        member(g, "  ", type->elem, "*ptr");
        buf_str(out, STR("  size_t len;\n"));
        break;
    case WIT_MAP:
        define_map_entry(g, type);
        begin_struct(g, type);
        buf_fmt(out, "  %.*s *ptr;\n  size_t len;\n", STR_ARG(gen_entry_name(g, type)));
        break;
    case WIT_FIXED_LIST:
        begin_struct(g, type);
        buf_fmt(out, "  %.*s at[%" PRIu64 "];\n", STR_ARG(gen_type_name(g, type->elem)),
                type->length);
        break;
    case WIT_FLAGS:
        buf_fmt(out, "typedef %s ",
                gen_tag_type((size_t)1 << (type->fields.len < 32 ? type->fields.len : 32)));
        return;
    case WIT_ENUM: buf_fmt(out, "typedef %s ", gen_tag_type(type->fields.len)); return;
    case WIT_STREAM:
    case WIT_FUTURE: buf_str(out, STR("typedef uint32_t ")); return;
    case WIT_ALIAS: buf_fmt(out, "typedef %.*s ", STR_ARG(gen_type_name(g, type->elem))); return;
    case WIT_OWN:
    case WIT_BORROW: {
        const GenType *resource = gen_type(g, wit_resource_of(type));
        buf_fmt(out, "typedef %.*s ",
                STR_ARG(type->kind == WIT_OWN ? resource->own : resource->borrow));
        return;
    }
    default: return;
    }
    buf_str(out, STR("} "));
}

/* Handles of a resource in its own scope are defined with it, and an alias of one has none. */
static bool has_definition(Gen *g, const WitType *type) {
    if (type->kind == WIT_ALIAS) return wit_dealias(type)->kind != WIT_RESOURCE;
    if ((type->kind != WIT_OWN && type->kind != WIT_BORROW) || type->name.len) return true;
    return type->elem->kind != WIT_RESOURCE;
}

static void define(Gen *g, const WitType *type) {
    if (!has_definition(g, type)) return;
    buf_byte(&g->h_types, '\n');
    gen_docs(&g->h_types, type->docs);
    define_body(g, type);
    buf_fmt(&g->h_types, "%.*s;\n", STR_ARG(gen_type(g, type)->name));
    if (type->kind == WIT_VARIANT || type->kind == WIT_ENUM) macros(g, type, "");
    if (type->kind == WIT_FLAGS) macros(g, type, "(1 << ");
}

/* ---- resources ---- */

static void resource_drops(Gen *g, const WitType *type, Str module) {
    const GenType *r = gen_type(g, type);
    buf_fmt(&g->h_helpers, "\nextern void %.*s_drop_own(%.*s handle);\n", STR_ARG(r->base),
            STR_ARG(r->own));
    buf_byte(&g->c_funcs, '\n');
    buf_fmt(&g->c_funcs, GEN_IMPORT_FORMAT "extern void %.*s(int32_t);\n", STR_ARG(module),
            "[resource-drop]", STR_ARG(type->name), STR_ARG(r->drop));
    buf_fmt(&g->c_helpers, "\nvoid %.*s_drop_own(%.*s handle) {\n  %.*s(handle.__handle);\n}\n",
            STR_ARG(r->base), STR_ARG(r->own), STR_ARG(r->drop));
}

static void imported_resource(Gen *g, const WitType *type) {
    const GenType *r = gen_type(g, type);
    buf_fmt(&g->h_types, "\ntypedef struct %.*s {\n  int32_t __handle;\n} %.*s;\n",
            STR_ARG(r->borrow), STR_ARG(r->borrow));
    if (!g->options->autodrop_borrows) {
        buf_fmt(&g->h_helpers, "\nextern void %.*s_drop_borrow(%.*s handle);\n", STR_ARG(r->base),
                STR_ARG(r->borrow));
        buf_fmt(&g->c_helpers,
                "\nvoid %.*s_drop_borrow(%.*s handle) {\n  %.*s(handle.__handle);\n}\n",
                STR_ARG(r->base), STR_ARG(r->borrow), STR_ARG(r->drop));
    }
    Str name = gen_without_t(r->borrow);
    buf_fmt(&g->h_helpers, "\nextern %.*s %.*s(%.*s handle);\n", STR_ARG(r->borrow), STR_ARG(name),
            STR_ARG(r->own));
    buf_fmt(&g->c_helpers, "\n%.*s %.*s(%.*s arg) {\n  return (%.*s) { arg.__handle };\n}\n",
            STR_ARG(r->borrow), STR_ARG(name), STR_ARG(r->own), STR_ARG(r->borrow));
}

static void exported_resource(Gen *g, const WitType *type, Str module) {
    const GenType *r = gen_type(g, type);
    Str base = r->base, own = r->own, name = r->name;
    buf_fmt(&g->h_types, "\ntypedef struct %.*s %.*s;\n\ntypedef %.*s* %.*s;\n", STR_ARG(name),
            STR_ARG(name), STR_ARG(name), STR_ARG(r->borrow));
    buf_fmt(&g->h_helpers,
            "\nextern %.*s %.*s_new(%.*s *rep);\n"
            "extern %.*s* %.*s_rep(%.*s handle);\n"
            "void %.*s_destructor(%.*s *rep);\n",
            STR_ARG(own), STR_ARG(base), STR_ARG(name), STR_ARG(name), STR_ARG(base), STR_ARG(own),
            STR_ARG(base), STR_ARG(name));
    buf_byte(&g->c_helpers, '\n');
    buf_fmt(&g->c_helpers, GEN_IMPORT_FORMAT "extern int32_t __wasm_import_%.*s__new(int32_t);\n\n",
            STR_ARG(module), "[resource-new]", STR_ARG(type->name), STR_ARG(base));
    buf_fmt(&g->c_helpers, GEN_IMPORT_FORMAT "extern int32_t __wasm_import_%.*s__rep(int32_t);\n",
            STR_ARG(module), "[resource-rep]", STR_ARG(type->name), STR_ARG(base));
    buf_fmt(&g->c_helpers,
            "\n%.*s %.*s_new(%.*s *rep) {\n"
            "  return (%.*s) { __wasm_import_%.*s__new((int32_t) (uintptr_t) rep) };\n}\n",
            STR_ARG(own), STR_ARG(base), STR_ARG(name), STR_ARG(own), STR_ARG(base));
    buf_fmt(&g->c_helpers,
            "\n%.*s* %.*s_rep(%.*s handle) {\n"
            "  return (%.*s*) (uintptr_t) __wasm_import_%.*s__rep(handle.__handle);\n}\n",
            STR_ARG(name), STR_ARG(base), STR_ARG(own), STR_ARG(name), STR_ARG(base));
}

/* The destructor's export is called by the resource's WIT name, or nobody would call it. */
static void exported_destructor(Gen *g, const WitType *type) {
    const GenType *r = gen_type(g, type);
    if (g->options->no_helpers)
        buf_fmt(&g->c_adapters, "\nextern void %.*s_destructor(%.*s *rep);\n", STR_ARG(r->base),
                STR_ARG(r->name));
    buf_fmt(&g->c_adapters,
            "\n__attribute__((__export_name__(\"%.*s#[dtor]%.*s\")))\n"
            "void __wasm_export_%.*s__dtor(int32_t rep) {\n"
            "  %.*s_destructor((%.*s*) (uintptr_t) rep);\n}\n",
            STR_ARG(g->scope.key), STR_ARG(type->name), STR_ARG(r->base), STR_ARG(r->base),
            STR_ARG(r->name));
}

/* Functions and types that come with a resource, each name once. */
static void claim_resource(Gen *g, const WitType *type, Str prefix, Str snake) {
    GenType *r = gen_type(g, type);
    Str base = str_fmt(g->arena, "%.*s_%.*s", STR_ARG(prefix), STR_ARG(snake));
    Str own = str_fmt(g->arena, "%.*s_own_%.*s", STR_ARG(prefix), STR_ARG(snake));
    Str borrow = str_fmt(g->arena, "%.*s_borrow_%.*s", STR_ARG(prefix), STR_ARG(snake));
    bool drops_borrow = !r->exported && !g->options->autodrop_borrows;
    const char *const *endings = r->exported
                                     ? GEN_ENDINGS("_t", "_drop_own", "_new", "_rep", "_destructor")
                                 : drops_borrow ? GEN_ENDINGS("_drop_own", "_drop_borrow")
                                                : GEN_ENDINGS("_drop_own");
    r->base = gen_claim(g, base, endings, type->name, type->span);
    r->name = str_concat(g->arena, r->base, STR("_t"));
    own = gen_claim(g, own, GEN_ENDINGS("_t"), type->name, type->span);
    r->own = str_concat(g->arena, own, STR("_t"));
    endings = r->exported ? GEN_ENDINGS("_t") : GEN_ENDINGS("_t", "");
    borrow = gen_claim(g, borrow, endings, type->name, type->span);
    r->borrow = str_concat(g->arena, borrow, STR("_t"));
}

static void define_resource(Gen *g, const WitType *type) {
    GenType *r = gen_type(g, type);
    Str prefix = g->scope.prefix, snake = gen_snake(g->arena, type->name);
    r->exported = !g->scope.import;
    claim_resource(g, type, prefix, snake);
    r->drop = str_fmt(g->arena, "__wasm_import_%.*s__drop", STR_ARG(r->base));
    Str key = g->scope.item ? g->scope.key : STR("$root");
    Str module = r->exported ? str_concat(g->arena, STR("[export]"), key) : key;
    resource_drops(g, type, module);
    buf_fmt(&g->h_types, "\ntypedef struct %.*s {\n  int32_t __handle;\n} %.*s;\n", STR_ARG(r->own),
            STR_ARG(r->own));
    if (!r->exported) {
        imported_resource(g, type);
        return;
    }
    exported_resource(g, type, module);
    exported_destructor(g, type);
    gen_stub_resource(g, type, r->name, str_concat(g->arena, r->base, STR("_destructor")));
}

/* ---- defining what is live ---- */

/* Whether a name is one of the handle types that come with a resource. */
static bool comes_with_resource(Gen *g, const WitType *type) {
    return (type->kind == WIT_OWN || type->kind == WIT_BORROW) && !has_definition(g, type);
}

/* What the compiler makes of a struct must be what the canonical ABI says of the value. */
static void check_layout(Gen *g, const WitType *type) {
    switch (type->kind) {
    case WIT_RECORD:
    case WIT_TUPLE:
    case WIT_VARIANT:
    case WIT_OPTION:
    case WIT_RESULT: break;
    default: return;
    }
    const AbiPlan *plan = abi_plan(&g->abi, type);
    if (plan)
        buf_fmt(&g->c_layout, "_Static_assert(sizeof(%.*s) == %u, \"\");\n",
                STR_ARG(gen_type(g, type)->name), plan->size);
}

/* The name of a type, `wished` or another one where that or one that comes with it is taken. */
static Str claim_type(Gen *g, const WitType *type, Str wished, bool has_free) {
    bool future = type->kind == WIT_STREAM || type->kind == WIT_FUTURE;
    const char *const *endings = future                  ? gen_future_endings
                                 : type->kind == WIT_MAP ? GEN_ENDINGS("_t", "_free", "_entry_t")
                                 : has_free              ? GEN_ENDINGS("_t", "_free")
                                                         : GEN_ENDINGS("_t");
    Str stem = gen_claim(g, gen_without_t(wished), endings, gen_wit_name(g, type), type->span);
    return str_concat(g->arena, stem, STR("_t"));
}

static void define_one(Gen *g, const WitType *type) {
    bool shared, added;
    Str name = gen_new_type_name(g, type, g->scope.prefix, &shared);
    if (g->diags->errors) return;
    if (type->kind == WIT_RESOURCE) {
        define_resource(g, type);
        return;
    }
    if (comes_with_resource(g, type)) {
        const GenType *resource = gen_type(g, wit_resource_of(type));
        gen_type(g, type)->name = type->kind == WIT_OWN ? resource->own : resource->borrow;
        return;
    }
    MapEntry *same = shared ? map_put(g->arena, &g->shared, name, &added) : NULL;
    if (same && !added) {
        gen_type(g, type)->name = *(const Str *)same->cptr;
        return;
    }
    Str free_body = gen_free_body(g, type);
    if (has_definition(g, type)) name = claim_type(g, type, name, free_body.len > 0);
    if (same) same->cptr = arena_copy(g->arena, &name, sizeof name);
    gen_type(g, type)->name = name;
    define(g, type);
    check_layout(g, type);
    gen_free(g, type, free_body);
}

bool gen_scope_of(Gen *g, const WitInterface *interface, GenScope *scope) {
    for (int pass = 0; pass < 2; pass++) {
        bool import = (pass == 0) == g->scope.import;
        const WitItems *items = import ? &g->world->imports : &g->world->exports;
        for (size_t i = 0; i < items->len; i++) {
            const WitItem *item = &items->at[i];
            if (item->kind != WIT_ITEM_INTERFACE || item->interface != interface) continue;
            *scope = (GenScope){item, interface, import, gen_prefix(g, item, import),
                                wit_item_name(g->arena, item)};
            return true;
        }
    }
    return false;
}

static void define_live(Live *live) {
    Gen *g = live->g;
    for (size_t i = 0; i < live->list.len && !g->diags->errors; i++) {
        const WitType *type = live->list.at[i];
        if (gen_type(g, type)->name.len) continue;
        GenScope before = g->scope;
        if (type->interface && type->interface != g->scope.interface)
            gen_scope_of(g, type->interface, &g->scope);
        define_one(g, type);
        g->scope = before;
    }
}

void gen_interface_types(Gen *g, const WitInterface *interface) {
    Live live = begin(g);
    visit_interface(&live, interface);
    define_live(&live);
}

void gen_func_types(Gen *g, const WitFunc *const *funcs, size_t n) {
    Live live = begin(g);
    visit_all(&live, NULL, 0, funcs, n);
    define_live(&live);
}

void gen_world_types(Gen *g, const WitType *const *types, size_t n) {
    Live live = begin(g);
    visit_all(&live, types, n, NULL, 0);
    define_live(&live);
}

/* ---- types of imports that exports do not share ---- */

static bool is_exported(const Gen *g, const WitInterface *interface) {
    for (size_t i = 0; i < g->world->exports.len; i++) {
        const WitItem *item = &g->world->exports.at[i];
        if (item->kind == WIT_ITEM_INTERFACE && item->interface == interface) return true;
    }
    return false;
}

/* Kept are the types of all imported interfaces from which exported ones use a type. */
void gen_forget_types(Gen *g) {
    Live exported = begin(g);
    for (size_t i = 0; i < g->world->exports.len; i++) {
        const WitItem *item = &g->world->exports.at[i];
        if (item->kind == WIT_ITEM_INTERFACE) visit_interface(&exported, item->interface);
    }
    Live kept = begin(g);
    Map seen = {0};
    for (size_t i = 0; i < exported.list.len; i++) {
        const WitInterface *owner = exported.list.at[i]->interface;
        bool added;
        if (!owner) continue;
        map_put(g->arena, &seen, (Str){(const char *)&owner->id, sizeof owner->id}, &added);
        if (added && !is_exported(g, owner)) visit_interface(&kept, owner);
    }
    for (size_t i = 0; i < g->model->types.len; i++)
        if (g->marks[i] != g->mark) g->types[i] = (GenType){0};
}
