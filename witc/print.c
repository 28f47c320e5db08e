/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The model as WIT text, in one canonical layout: two spaces a level, a blank line between items
 * (but none between the imports or the exports of a world), docs as `///`, gates before what they
 * gate. What the model does not keep is made again here:
 *
 *   - `use path.{a, b as c};` for the aliases of another owner's types; neighbours of one path and
 *     one stability share a statement;
 *   - methods, statics and constructors inside their resource's braces;
 *   - a world's parts in the order: interfaces, types, functions, exports;
 *   - `%` before names that are keywords.
 */
#include "base/utf8.h"
#include "witc/witc.h"

typedef struct {
    Buf *out;
    unsigned indent;
    bool line_start; /* nothing stands on the current line yet */
    bool any_items;  /* the current braces have an item: the next one is set off by a blank line */
    bool docs;
    const WitPackage *package; /* whose names need no path */
} Printer;

/* Either of the two, as WitType's owner. */
typedef struct {
    const WitInterface *interface;
    const WitWorld *world;
} Owner;

/* ---- layout ---- */

static void indent(Printer *p) {
    static const Str spaces = STR_INIT("                ");
    size_t n = 2 * p->indent;
    for (; n > spaces.len; n -= spaces.len) buf_str(p->out, spaces);
    buf_str(p->out, (Str){spaces.ptr, n});
    p->line_start = false;
}

static void text(Printer *p, Str s) {
    if (p->line_start) indent(p);
    buf_str(p->out, s);
}

static void put(Printer *p, const char *s) { text(p, str_from(s)); }

static void newline(Printer *p) {
    buf_byte(p->out, '\n');
    p->line_start = true;
}

static void open_braces(Printer *p) {
    put(p, " {");
    p->indent++;
    newline(p);
}

static void close_braces(Printer *p) {
    p->indent--;
    put(p, "}");
    newline(p);
}

static void end_statement(Printer *p) {
    put(p, ";");
    newline(p);
}

static void new_item(Printer *p) {
    if (p->any_items) newline(p);
    p->any_items = true;
}

static void print_name(Printer *p, Str name) {
    if (p->line_start) indent(p);
    wit_put_name(p->out, name);
}

/* ---- what stands before an item ---- */

static void print_docs(Printer *p, Str docs) {
    if (!p->docs) return;
    for (size_t at = 0; at < docs.len;) {
        size_t lf = str_find(docs, '\n', at), end = lf == SIZE_MAX ? docs.len : lf;
        Str line = str_from_to(docs, at, end);
        if (lf != SIZE_MAX && line.len && line.ptr[line.len - 1] == '\r') line.len--;
        put(p, line.len ? "/// " : "///");
        text(p, line);
        newline(p);
        at = end + 1;
    }
}

static void print_version_gate(Printer *p, const char *gate, Semver version) {
    if (!version.text.len) return;
    put(p, gate);
    put(p, "(version = ");
    text(p, version.text);
    put(p, ")");
    newline(p);
}

static void print_stability(Printer *p, const WitStability *s) {
    if (!wit_stability_known(s)) return;
    print_version_gate(p, "@since", s->since);
    if (s->feature.len) {
        put(p, "@unstable(feature = ");
        text(p, s->feature);
        put(p, ")");
        newline(p);
    }
    print_version_gate(p, "@deprecated", s->deprecated);
}

static void print_escaped(Printer *p, Str s) {
    for (size_t at = 0; at < s.len;) {
        unsigned char c = (unsigned char)s.ptr[at];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c && strchr("-_./: ", c));
        const char *named = c == '\\'   ? "\\\\"
                            : c == '"'  ? "\\\""
                            : c == '\n' ? "\\n"
                            : c == '\r' ? "\\r"
                            : c == '\t' ? "\\t"
                                        : NULL;
        if (plain || named) {
            if (plain) buf_byte(p->out, c);
            else put(p, named);
            at++;
            continue;
        }
        uint32_t point = utf8_next(s, &at);
        buf_fmt(p->out, "\\u{%x}", (unsigned)(point == UINT32_MAX ? 0xfffd : point));
    }
}

static void print_external_id(Printer *p, bool has, Str id) {
    if (!has) return;
    put(p, "@external-id(\"");
    print_escaped(p, id);
    put(p, "\")");
    newline(p);
}

/* ---- functions ---- */

static void print_signature(Printer *p, const WitFunc *func) {
    if (p->line_start) indent(p);
    wit_put_signature(p->out, func);
    end_statement(p);
}

static void print_func_gates(Printer *p, const WitFunc *func) {
    print_docs(p, func->docs);
    print_stability(p, &func->stability);
    print_external_id(p, func->has_external_id, func->external_id);
}

/* "[method]r.m" is `m` in its resource. */
static Str name_in_resource(Str name) {
    size_t dot = str_find(name, '.', 0);
    return dot == SIZE_MAX ? name : str_after(name, dot + 1);
}

static void print_resource_func(Printer *p, const WitFunc *func) {
    print_func_gates(p, func);
    if (func->kind != WIT_CONSTRUCTOR) {
        print_name(p, name_in_resource(func->name));
        put(p, func->kind == WIT_STATIC ? ": static " : ": ");
    }
    print_signature(p, func);
}

/* ---- definitions of types ---- */

typedef VEC(const WitType *) Types;
typedef VEC(const WitFunc *) Funcs;
typedef Map ResourceFuncs; /* address of a resource -> Funcs * */

static void add_resource_func(Arena *arena, ResourceFuncs *map, const WitFunc *func) {
    Str key = {arena_copy(arena, &func->resource, sizeof func->resource), sizeof func->resource};
    MapEntry *entry = map_put(arena, map, key, NULL);
    if (!entry->ptr) entry->ptr = ARENA_NEW(arena, Funcs);
    *vec_push(arena, (Funcs *)entry->ptr) = func;
}

static void print_resource(Printer *p, const WitType *type, const ResourceFuncs *map) {
    put(p, "resource ");
    print_name(p, type->name);
    const MapEntry *entry = map_get(map, (Str){(const char *)&type, sizeof type});
    if (!entry) {
        end_statement(p);
        return;
    }
    const Funcs *funcs = entry->cptr;
    open_braces(p);
    for (size_t i = 0; i < funcs->len; i++) print_resource_func(p, funcs->at[i]);
    close_braces(p);
}

static void print_fields(Printer *p, const WitType *type) {
    put(p, wit_kind_keyword(type->kind));
    put(p, " ");
    print_name(p, type->name);
    open_braces(p);
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitField *field = &type->fields.at[i];
        print_docs(p, field->docs);
        put(p, "");
        wit_put_field(p->out, type, field);
        put(p, ",");
        newline(p);
    }
    close_braces(p);
}

static void print_definition(Printer *p, const WitType *type, const ResourceFuncs *funcs) {
    new_item(p);
    print_docs(p, type->docs);
    print_stability(p, &type->stability);
    print_external_id(p, type->has_external_id, type->external_id);
    if (type->kind == WIT_RESOURCE) {
        print_resource(p, type, funcs);
    } else if (wit_kind_shape(type->kind) == WIT_SHAPE_FIELDS && type->kind != WIT_TUPLE) {
        print_fields(p, type);
    } else {
        put(p, "type ");
        print_name(p, type->name);
        put(p, " = ");
        wit_put_structure(p->out, type);
        end_statement(p);
    }
}

/* ---- use ---- */

static void print_path(Printer *p, const WitInterface *interface) {
    const WitPackage *package = interface->package;
    if (package && package != p->package) {
        print_name(p, package->ns);
        put(p, ":");
        print_name(p, package->name);
        put(p, "/");
    }
    print_name(p, interface->name);
    if (package && package != p->package && package->version.text.len) {
        put(p, "@");
        text(p, package->version.text);
    }
}

/* The interface from which `type`, of this owner, is used; NULL where it is a definition. */
static const WitInterface *used_from(const WitType *type, Owner owner) {
    if (type->kind != WIT_ALIAS || !type->elem->name.len) return NULL;
    const WitInterface *from = type->elem->interface;
    return from && from->name.len && from != owner.interface ? from : NULL;
}

static bool same_semver(Semver a, Semver b) { return str_eq(a.text, b.text); }

static bool share_a_use(const WitType *a, const WitType *b) {
    return a->elem->interface == b->elem->interface &&
           same_semver(a->stability.since, b->stability.since) &&
           same_semver(a->stability.deprecated, b->stability.deprecated) &&
           str_eq(a->stability.feature, b->stability.feature) &&
           a->has_external_id == b->has_external_id && str_eq(a->external_id, b->external_id);
}

static void print_used_name(Printer *p, const WitType *type) {
    print_name(p, type->elem->name);
    if (str_eq(type->name, type->elem->name)) return;
    put(p, " as ");
    print_name(p, type->name);
}

/* The `use` statements of an owner's types, then its definitions. */
static void print_types(Printer *p, Owner owner, const Types *types, const ResourceFuncs *funcs) {
    const WitType *last = NULL;
    for (size_t i = 0; i < types->len; i++) {
        const WitType *type = types->at[i];
        const WitInterface *from = used_from(type, owner);
        if (!from) continue;
        p->any_items = true;
        if (last && share_a_use(last, type)) {
            put(p, ", ");
        } else {
            if (last) put(p, "}"), end_statement(p);
            print_stability(p, &type->stability);
            print_external_id(p, type->has_external_id, type->external_id);
            put(p, "use ");
            print_path(p, from);
            put(p, ".{");
        }
        print_used_name(p, type);
        last = type;
    }
    if (last) put(p, "}"), end_statement(p);
    for (size_t i = 0; i < types->len; i++)
        if (!used_from(types->at[i], owner)) print_definition(p, types->at[i], funcs);
}

/* ---- interfaces and worlds ---- */

static void print_interface_body(Printer *p, const WitInterface *interface) {
    bool outer_items = p->any_items;
    p->any_items = false;
    open_braces(p);
    Types types = {0};
    ResourceFuncs funcs = {0};
    for (size_t i = 0; i < interface->types.len; i++)
        *vec_push(p->out->arena, &types) = interface->types.at[i];
    for (size_t i = 0; i < interface->funcs.len; i++)
        if (interface->funcs.at[i]->resource)
            add_resource_func(p->out->arena, &funcs, interface->funcs.at[i]);
    print_types(p, (Owner){.interface = interface}, &types, &funcs);
    for (size_t i = 0; i < interface->funcs.len; i++) {
        const WitFunc *func = interface->funcs.at[i];
        if (func->resource) continue;
        new_item(p);
        print_func_gates(p, func);
        print_name(p, func->name);
        put(p, ": ");
        print_signature(p, func);
    }
    close_braces(p);
    p->any_items = outer_items;
}

static void print_world_interface(Printer *p, const WitItem *item, const char *direction) {
    const WitInterface *interface = item->interface;
    print_docs(p, item->docs.len || !item->name.len ? item->docs : interface->docs);
    print_stability(p, &item->stability);
    print_external_id(p, item->has_external_id, item->external_id);
    put(p, direction);
    if (item->name.len) {
        print_name(p, item->name);
        put(p, ": ");
    }
    if (interface->name.len) {
        print_path(p, interface);
        end_statement(p);
    } else {
        put(p, "interface");
        print_interface_body(p, interface);
    }
}

static void print_world_func(Printer *p, const WitFunc *func, const char *direction) {
    print_func_gates(p, func);
    put(p, direction);
    print_name(p, func->name);
    put(p, ": ");
    print_signature(p, func);
}

static void print_world_imports(Printer *p, const WitWorld *world) {
    Types types = {0};
    ResourceFuncs funcs = {0};
    for (size_t i = 0; i < world->imports.len; i++) {
        const WitItem *item = &world->imports.at[i];
        if (item->kind == WIT_ITEM_TYPE) {
            *vec_push(p->out->arena, &types) = item->type;
        } else if (item->kind == WIT_ITEM_FUNC) {
            if (item->func->resource) add_resource_func(p->out->arena, &funcs, item->func);
        } else {
            print_world_interface(p, item, "import ");
            p->any_items = true;
        }
    }
    print_types(p, (Owner){.world = world}, &types, &funcs);
    for (size_t i = 0; i < world->imports.len; i++) {
        const WitItem *item = &world->imports.at[i];
        if (item->kind != WIT_ITEM_FUNC || item->func->resource) continue;
        print_world_func(p, item->func, "import ");
        p->any_items = true;
    }
}

static void print_world(Printer *p, const WitWorld *world) {
    print_docs(p, world->docs);
    print_stability(p, &world->stability);
    put(p, "world ");
    print_name(p, world->name);
    p->any_items = false;
    open_braces(p);
    print_world_imports(p, world);
    if (world->exports.len) new_item(p);
    for (size_t i = 0; i < world->exports.len; i++) {
        const WitItem *item = &world->exports.at[i];
        if (item->kind == WIT_ITEM_INTERFACE) print_world_interface(p, item, "export ");
        else if (item->kind == WIT_ITEM_FUNC) print_world_func(p, item->func, "export ");
    }
    close_braces(p);
}

/* ---- packages ---- */

static void print_package_head(Printer *p, const WitPackage *package) {
    print_docs(p, package->docs);
    put(p, "package ");
    print_name(p, package->ns);
    put(p, ":");
    print_name(p, package->name);
    if (!package->version.text.len) return;
    put(p, "@");
    text(p, package->version.text);
}

void witc_print_package(const WitModel *model, const WitPackage *package, bool nested,
                        const WitcPrintOptions *options, Buf *out) {
    Printer p = {.out = out, .line_start = true, .docs = !(options && options->no_docs)};
    p.package = package;
    print_package_head(&p, package);
    if (nested) {
        open_braces(&p);
    } else {
        end_statement(&p);
        newline(&p);
    }
    for (size_t i = 0; i < package->interfaces.len; i++) {
        const WitInterface *interface = package->interfaces.at[i];
        print_docs(&p, interface->docs);
        print_stability(&p, &interface->stability);
        put(&p, "interface ");
        print_name(&p, interface->name);
        print_interface_body(&p, interface);
        if (!nested) newline(&p);
    }
    for (size_t i = 0; i < package->worlds.len; i++) print_world(&p, package->worlds.at[i]);
    if (nested) close_braces(&p);
}

void witc_print(const WitModel *model, const WitcPrintOptions *options, Buf *out) {
    const WitPackage *last = model->packages.len ? vec_last(&model->packages) : NULL;
    const WitPackage *package = model->main ? model->main : last;
    if (!package) return;
    buf_reserve(out, arena_used(out->arena) / 5); /* texts are about that long */
    witc_print_package(model, package, false, options, out);
    bool first = true;
    for (size_t i = 0; i < model->packages.len; i++) {
        if (model->packages.at[i] == package) continue;
        if (!first) buf_str(out, STR("\n\n"));
        witc_print_package(model, model->packages.at[i], true, options, out);
        first = false;
    }
}
