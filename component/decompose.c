/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc decompose`: a composition back to its parts and a manifest.
 *
 *     (component $root ..)  (import "x" ..)      dependencies: {root: root.wasm, b: b.wasm}
 *     (component $b ..)                          instantiations:
 *     (instance $b (instantiate $b ..))     →      root: {dependency: root, arguments:
 *     (alias export $b "a:b/c" ..)                   {"a:b/c": {instance: b, export: "a:b/c"}}}
 *     (instance (instantiate $root ..))          exports: {f: {instance: root, export: f}}
 *     (export "f" ..)
 *
 * A walk over the items keeps, for each index of a space, what it stands for. Modules and components
 * that were stored once for several parts (share.c) go back into each. What composing would do by
 * itself is not said: an import of the result under the name that the part has for it.
 */
#include "component/graph.h"
#include "component/internal.h"

typedef struct {
    enum { WHAT_OTHER, WHAT_IMPORT, WHAT_INSTANCE, WHAT_ALIAS } kind;
    Str name;    /* IMPORT, INSTANCE: its own; ALIAS: the export's */
    uint32_t of; /* ALIAS: index in the instance space */
} What;

typedef struct {
    Str name;
    uint32_t piece;
    const CompItem *item;
} Made;

/* Of a part that is whole: what it takes, and how deep components nest in it. */
typedef struct {
    size_t bytes;
    uint32_t depth;
} Size;

typedef struct {
    Arena *arena;
    Diags *diags;
    const CompComponent *component;
    CompPieces *pieces;
    VEC(What) spaces[COMP_SORT_COUNT];
    VEC(const CompItem *) modules;    /* of the outermost component */
    VEC(const CompItem *) components; /* the same; each without aliases that lead out of it */
    VEC(Size) sizes;                  /* of each of them */
    VEC(uint32_t) piece_of;           /* by index in the component space; COMP_NONE: no part yet */
    VEC(Made) instances;
    VEC(const CompItem *) exports;
    Map piece_names, files, instance_names;
    CompLeads leads;
    bool compatible; /* `semver: compatible` */
    size_t room;     /* bytes that parts may still take */
} Decomposer;

/* What is stored once is stored in every part that has it, and in those twice that have such a part
 * twice: a small composition can be endless in its parts. */
enum { MOST_BYTES = 1 << 28 };

static bool shape(Decomposer *d, const char *what, const CompItem *item) {
    diag(d->diags, DECOMPOSE_SHAPE, span_at(d->component->source, item->offset), what,
         (size_t)item->offset);
    return false;
}

static bool is_code(Decomposer *d, const char *what, const CompItem *item) {
    diag(d->diags, DECOMPOSE_CODE, span_at(d->component->source, item->offset), what,
         (size_t)item->offset);
    diag_note(d->diags, DECOMPOSE_CODE_NOTE, span_none());
    return false;
}

/* `name`, or `name-2` and so on where it is taken. */
static Str unique(Arena *arena, Map *taken, Str name) {
    Str first = name;
    for (unsigned n = 2;; n++) {
        bool added;
        map_put(arena, taken, name, &added);
        if (added) return name;
        name = str_fmt(arena, "%.*s-%u", STR_ARG(first), n);
    }
}

/* ---- parts ---- */

static void grow(Size *size, size_t by, uint32_t depth) {
    size->bytes = by < SIZE_MAX - size->bytes ? size->bytes + by : SIZE_MAX;
    if (depth > size->depth) size->depth = depth;
}

/* Puts back what aliases out of a part take from the outermost component, and adds it to *size; false:
 * nothing. What is put back is whole already. */
static bool make_whole(Decomposer *d, CompItem *item, uint32_t depth, Size *size) {
    bool out = item->kind == COMP_ITEM_ALIAS && item->alias.kind == COMP_ALIAS_OUTER &&
               item->alias.count == depth;
    const CompItem *there = NULL;
    uint32_t index = out ? item->alias.index : 0;
    if (out && item->alias.sort == COMP_CORE_MODULE) there = d->modules.at[index];
    if (out && item->alias.sort == COMP_COMPONENT) there = d->components.at[index];
    if (there && there->kind == COMP_ITEM_COMPONENT)
        grow(size, d->sizes.at[index].bytes, depth + d->sizes.at[index].depth);
    else if (there) grow(size, there->core_module.bytes.len, depth);
    if (there) *item = *there;
    if (there || item->kind != COMP_ITEM_COMPONENT) return there != NULL;
    grow(size, 0, depth + 1);
    const CompItems *from = &item->component->items;
    CompItems to = {0};
    bool changed = false;
    vec_reserve(d->arena, &to, from->len);
    for (size_t i = 0; i < from->len; i++) {
        CompItem *inner = vec_push(d->arena, &to);
        *inner = from->at[i];
        changed |= make_whole(d, inner, depth + 1, size);
    }
    if (!changed) return false;
    CompComponent *made = ARENA_NEW(d->arena, CompComponent);
    *made = *item->component;
    made->bytes = (Str){0};
    made->items = to;
    item->component = made;
    return true;
}

/* `item`: whole; NULL: not inside of the composition. */
static void push_component(Decomposer *d, const CompItem *item, Size size) {
    *vec_push(d->arena, &d->components) = item;
    *vec_push(d->arena, &d->sizes) = size;
    *vec_push(d->arena, &d->piece_of) = COMP_NONE;
}

/* One that would nest too deep is not put together. */
static void add_component(Decomposer *d, const CompItem *item) {
    CompItem *whole = ARENA_NEW(d->arena, CompItem);
    Size size = {.bytes = item->component->bytes.len};
    *whole = *item;
    make_whole(d, whole, 0, &size);
    push_component(d, size.depth < COMP_MAX_DEPTH ? whole : item, size);
}

/* A name that any file system takes. */
static Str file_name(Decomposer *d, Str name) {
    Buf out = {.arena = d->arena};
    for (size_t i = 0; i < name.len && i < 100; i++) {
        char c = name.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || (c == '.' && i > 0);
        buf_byte(&out, plain ? (uint8_t)c : '_');
    }
    if (!out.len) buf_str(&out, STR("part"));
    return STR_JOIN(d->arena, unique(d->arena, &d->files, buf_text(&out)), STR(".wasm"));
}

/* The part of a component that is instantiated. */
static bool piece_of(Decomposer *d, uint32_t index, const CompItem *at, uint32_t *piece) {
    const CompItem *item = d->components.at[index];
    if (!item) return shape(d, "a component that is not inside of it", at);
    *piece = d->piece_of.at[index];
    if (*piece != COMP_NONE) return true;
    if (d->sizes.at[index].depth >= COMP_MAX_DEPTH) {
        diag(d->diags, DECOMPOSE_DEEP, span_at(d->component->source, item->offset),
             (int)COMP_MAX_DEPTH);
        return false;
    }
    if (d->sizes.at[index].bytes > d->room) {
        diag(d->diags, DECOMPOSE_LARGE, span_at(d->component->source, item->offset),
             MOST_BYTES >> 20);
        return false;
    }
    d->room -= d->sizes.at[index].bytes;
    if (comp_leads_out(&d->leads, item->component))
        return shape(d, "a component that takes definitions from outside of itself", item);
    Str name = comp_get_name(&d->component->names, COMP_COMPONENT, index);
    if (!name.len) name = str_fmt(d->arena, "part%zu", d->pieces->len);
    CompPiece made = {.name = unique(d->arena, &d->piece_names, name),
                      .bytes = item->component->bytes};
    if (!made.bytes.len) {
        Buf bytes = {.arena = d->arena};
        comp_encode(item->component, &bytes);
        made.bytes = buf_text(&bytes);
    }
    made.file = file_name(d, made.name);
    *piece = d->piece_of.at[index] = (uint32_t)d->pieces->len;
    *vec_push(d->arena, d->pieces) = made;
    return true;
}

/* ---- the walk ---- */

static void push(Decomposer *d, CompSort sort, What what) {
    *vec_push(d->arena, &d->spaces[sort]) = what;
}

static bool take_alias(Decomposer *d, const CompItem *item) {
    CompSort sort = item->alias.sort;
    if (item->alias.kind == COMP_ALIAS_CORE_EXPORT) return is_code(d, "core instances", item);
    if (sort == COMP_COMPONENT || sort == COMP_CORE_MODULE) {
        bool own = item->alias.kind == COMP_ALIAS_OUTER;
        uint32_t index = item->alias.index;
        if (sort == COMP_CORE_MODULE) {
            const CompItem *module = own ? d->modules.at[index] : NULL;
            *vec_push(d->arena, &d->modules) = module;
        } else {
            push_component(d, own ? d->components.at[index] : NULL,
                           own ? d->sizes.at[index] : (Size){0});
        }
    }
    What what = {WHAT_ALIAS, item->alias.name, item->alias.index};
    if (item->alias.kind == COMP_ALIAS_OUTER) what = d->spaces[sort].at[item->alias.index];
    push(d, sort, what);
    return true;
}

static bool take_instance(Decomposer *d, const CompItem *item) {
    if (item->instance.is_exports) return shape(d, "an instance that is put together", item);
    Made made = {.item = item};
    if (!piece_of(d, item->instance.index, item, &made.piece)) return false;
    uint32_t index = (uint32_t)d->spaces[COMP_INSTANCE].len;
    Str name = comp_get_name(&d->component->names, COMP_INSTANCE, index);
    if (!name.len) name = d->pieces->at[made.piece].name;
    made.name = unique(d->arena, &d->instance_names, name);
    *vec_push(d->arena, &d->instances) = made;
    push(d, COMP_INSTANCE, (What){.kind = WHAT_INSTANCE, .name = made.name});
    return true;
}

static bool take(Decomposer *d, const CompItem *item) {
    uint32_t count;
    CompSort sort = comp_item_sort(item, &count);
    switch (item->kind) {
    case COMP_ITEM_CORE_MODULE: *vec_push(d->arena, &d->modules) = item; break;
    case COMP_ITEM_COMPONENT: add_component(d, item); break;
    case COMP_ITEM_INSTANCE: return take_instance(d, item);
    case COMP_ITEM_ALIAS: return take_alias(d, item);
    case COMP_ITEM_IMPORT:
        if (sort == COMP_COMPONENT) push_component(d, NULL, (Size){0});
        if (sort == COMP_CORE_MODULE) *vec_push(d->arena, &d->modules) = NULL;
        push(d, sort, (What){.kind = WHAT_IMPORT, .name = item->import.name.name});
        return true;
    case COMP_ITEM_EXPORT: {
        *vec_push(d->arena, &d->exports) = item;
        if (sort == COMP_COMPONENT || sort == COMP_CORE_MODULE)
            return shape(d, "the export of a component or module", item);
        What what = d->spaces[sort].at[item->export.index];
        push(d, sort, what);
        return true;
    }
    case COMP_ITEM_TYPE: break;
    case COMP_ITEM_CORE_TYPE: break;
    case COMP_ITEM_CUSTOM: return true;
    case COMP_ITEM_CORE_INSTANCE: return is_code(d, "core instances", item);
    case COMP_ITEM_CANON: return is_code(d, "functions", item);
    case COMP_ITEM_START: return is_code(d, "a start function", item);
    case COMP_ITEM_VALUE: return is_code(d, "values", item);
    }
    for (uint32_t i = 0; i < count; i++) push(d, sort, (What){0});
    return true;
}

/* ---- the manifest ---- */

/* As YAML: in quotes unless it is a plain word. */
static void put_text(Buf *out, Str text) {
    bool plain = text.len > 0 && text.ptr[0] >= 'a' && text.ptr[0] <= 'z';
    static const char *const words[] = {"true", "false", "yes", "no", "on",
                                        "off",  "null",  "y",   "n"};
    for (size_t i = 0; i < text.len && plain; i++) {
        char c = text.ptr[i];
        plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '-' || c == '_' || c == '.';
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) plain &= !str_is(text, words[i]);
    if (plain) {
        buf_str(out, text);
        return;
    }
    buf_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.ptr[i];
        if (c == '"' || c == '\\') buf_byte(out, '\\');
        if (c < ' ' || c == 0x7f) buf_fmt(out, "\\x%02x", c);
        else buf_byte(out, c);
    }
    buf_byte(out, '"');
}

static void put_pair(Buf *out, unsigned indent, Str key, Str value) {
    buf_fmt(out, "%*s", (int)indent, "");
    put_text(out, key);
    buf_str(out, STR(": "));
    put_text(out, value);
    buf_byte(out, '\n');
}

/* {import: i} */
static void put_import(Buf *out, unsigned indent, Str key, Str name) {
    buf_fmt(out, "%*s", (int)indent, "");
    put_text(out, key);
    buf_str(out, STR(": {import: "));
    put_text(out, name);
    buf_str(out, STR("}\n"));
}

/* {instance: i, export: e}; false where it cannot be said. */
static bool put_link(Decomposer *d, Buf *out, unsigned indent, Str key, What what,
                     const CompItem *item) {
    Str instance = what.name, export = {0};
    if (what.kind == WHAT_ALIAS) {
        What of = d->spaces[COMP_INSTANCE].at[what.of];
        if (of.kind != WHAT_INSTANCE) return shape(d, "an export of an export", item);
        instance = of.name;
        export = what.name;
    } else if (what.kind != WHAT_INSTANCE) {
        return shape(d, "a definition of its own", item);
    }
    buf_fmt(out, "%*s", (int)indent, "");
    put_text(out, key);
    buf_str(out, STR(": {instance: "));
    put_text(out, instance);
    if (what.kind == WHAT_ALIAS) buf_str(out, STR(", export: "));
    if (what.kind == WHAT_ALIAS) put_text(out, export);
    buf_str(out, STR("}\n"));
    return true;
}

static bool put_argument(Decomposer *d, Buf *out, const CompArg *arg, const CompItem *item) {
    What what = d->spaces[arg->sort].at[arg->index];
    Str name = arg->name.name;
    if (what.kind == WHAT_IMPORT && str_eq(what.name, name)) return true;
    if (what.kind == WHAT_IMPORT && comp_same_track(d->arena, what.name, name, NULL)) {
        d->compatible = true;
        return true;
    }
    if (what.kind == WHAT_INSTANCE) {
        put_pair(out, 6, name, what.name);
        return true;
    }
    if (what.kind != WHAT_IMPORT) return put_link(d, out, 6, name, what, item);
    put_import(out, 6, name, what.name);
    return true;
}

static bool put_instances(Decomposer *d, Buf *out) {
    buf_str(out, STR("instantiations:\n"));
    for (size_t i = 0; i < d->instances.len; i++) {
        const Made *made = &d->instances.at[i];
        const CompArgs *args = &made->item->instance.args;
        Buf inner = {.arena = d->arena};
        for (size_t k = 0; k < args->len; k++)
            if (!put_argument(d, &inner, &args->at[k], made->item)) return false;
        buf_str(out, STR("  "));
        put_text(out, made->name);
        buf_str(out, STR(":\n"));
        put_pair(out, 4, STR("dependency"), d->pieces->at[made->piece].name);
        if (inner.len) buf_str(out, STR("    arguments:\n"));
        buf_str(out, buf_text(&inner));
    }
    return true;
}

/* Whether an instance takes the import, whose type is not known otherwise. */
static bool is_taken(const Decomposer *d, Str import) {
    for (size_t i = 0; i < d->instances.len; i++) {
        const CompArgs *args = &d->instances.at[i].item->instance.args;
        for (size_t k = 0; k < args->len; k++) {
            What what = d->spaces[args->at[k].sort].at[args->at[k].index];
            if (what.kind == WHAT_IMPORT && str_eq(what.name, import)) return true;
        }
    }
    return false;
}

static bool put_exports(Decomposer *d, Buf *out) {
    if (d->exports.len) buf_str(out, STR("exports:\n"));
    for (size_t i = 0; i < d->exports.len; i++) {
        const CompItem *item = d->exports.at[i];
        What what = d->spaces[item->export.sort].at[item->export.index];
        Str name = item->export.name.name;
        if (what.kind == WHAT_IMPORT && is_taken(d, what.name)) put_import(out, 2, name, what.name);
        else if (!put_link(d, out, 2, name, what, item)) return false;
    }
    return true;
}

/* Where there are no exports, composing still needs to know where to begin. */
static void put_roots(Decomposer *d, Buf *out) {
    buf_str(out, STR("roots:\n"));
    for (size_t i = d->instances.len; i-- > 0;) {
        buf_str(out, STR("  - "));
        put_text(out, d->instances.at[i].name);
        buf_byte(out, '\n');
    }
}

Str comp_decompose(Arena *arena, const CompComponent *component, const CompInfo *info,
                   CompPieces *pieces, Diags *diags) {
    (void)info; /* that it is valid: every index is in its space */
    Decomposer d = {.arena = arena,
                    .diags = diags,
                    .component = component,
                    .pieces = pieces,
                    .leads.arena = arena,
                    .room = MOST_BYTES};
    for (size_t i = 0; i < component->items.len; i++)
        if (!take(&d, &component->items.at[i])) return (Str){0};
    if (!d.instances.len) {
        diag(diags, DECOMPOSE_NOTHING, span_at(component->source, 0));
        return (Str){0};
    }
    Buf body = {.arena = arena}, out = {.arena = arena};
    if (!put_instances(&d, &body) || !put_exports(&d, &body)) return (Str){0};
    if (!d.exports.len) put_roots(&d, &body);
    buf_str(&out, STR("# `witc compose -c` with the name of this file puts it together again.\n"));
    if (d.compatible) buf_str(&out, STR("semver: compatible\n"));
    buf_str(&out, STR("dependencies:\n"));
    for (size_t i = 0; i < pieces->len; i++)
        put_pair(&out, 2, pieces->at[i].name, pieces->at[i].file);
    buf_str(&out, buf_text(&body));
    return buf_text(&out);
}
