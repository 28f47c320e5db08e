/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Components: bytes or text to something that is valid, what it imports and exports, and its types.
 *
 * As a module, a component is its arena, const once it is made. Text is encoded first and then decoded like
 * any other bytes. Types, signatures and interfaces are those of the model under another name.
 */
#include "embed/internal.h"
#include "wat/wat.h"

static const WitType *wit_of(const witc_type *type) { return (const WitType *)type; }
static const WitFunc *func_of(const witc_signature *type) { return (const WitFunc *)type; }
static const witc_type *type_of(const WitType *type) {
    return (const witc_type *)(const void *)wit_dealias(type);
}

/* ---- making a component ---- */

enum { LARGEST_INPUT = 0x7fffffff }; /* offsets have 32 bits */

typedef struct {
    witc_engine *engine;
    Str bytes;
    bool wants_error;
    const char *name;
    witc_component *component; /* either this ... */
    witc_error *error;         /* ... or, where it is wanted, this */
} Making;

static const CompInfo *read_component(Arena *arena, const Making *m, Str path, Diags *diags) {
    Features features = m->engine->features;
    if (m->bytes.len > LARGEST_INPUT) {
        diag(diags, FILE_LARGE, span_none(), STR_ARG(path));
        return NULL;
    }
    const Source *source = source_of(arena, path, str_copy(arena, m->bytes));
    source = wat_to_binary(arena, source, features, diags);
    if (!source) return NULL;
    if (!comp_is_component(source->text)) {
        if (comp_is_module(source->text)) diag(diags, RUN_NO_COMPONENT, span_at(source, 0));
        else comp_decode(arena, source, features, diags);
        return NULL;
    }
    CompComponent *decoded = comp_decode(arena, source, features, diags);
    return decoded ? comp_validate_jobs(arena, decoded, features, m->engine->jobs, diags) : NULL;
}

static void make_component(void *context) {
    Making *m = context;
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    Str path = str_copy(arena, str_from(m->name ? m->name : "<component>"));
    const CompInfo *info = read_component(arena, m, path, &diags);
    if (!info) {
        if (m->wants_error) m->error = error_of(arena, &diags);
        else arena_free(arena);
        return;
    }
    witc_component *component = ARENA_NEW(arena, witc_component);
    atomic_init(&component->references, 1);
    component->engine = m->engine;
    component->arena = arena;
    component->info = info;
    component->name = path;
    m->component = component;
}

witc_component *witc_component_new(witc_engine *engine, const void *bytes, size_t size,
                                   const char *name, witc_error **error) {
    Making m = {engine, {bytes, size}, error != NULL, name, NULL, NULL};
    arena_try(&engine->memory, make_component, &m);
    if (error) *error = m.error;
    if (m.component) engine_keep(engine);
    return m.component;
}

witc_component *witc_component_keep(witc_component *component) {
    atomic_fetch_add_explicit(&component->references, 1, memory_order_relaxed);
    return component;
}

void witc_component_free(witc_component *component) {
    if (!component) return;
    if (atomic_fetch_sub_explicit(&component->references, 1, memory_order_acq_rel) != 1) return;
    witc_engine *engine = component->engine;
    arena_free(component->arena);
    witc_engine_free(engine);
}

/* ---- imports and exports ---- */

static witc_item item_of(const CompExtern *e) {
    const CompEntity *entity = &e->entity;
    witc_item item = {.name = witc_str_of(e->name.name)};
    switch (entity->sort) {
    case COMP_FUNC:
        item.kind = WITC_ITEM_FUNC;
        item.func = (const witc_signature *)(const void *)entity->func;
        break;
    case COMP_INSTANCE:
        item.kind = WITC_ITEM_INSTANCE;
        item.interface = (const witc_interface *)(const void *)entity->instance;
        break;
    case COMP_VALUE:
        item.kind = WITC_ITEM_VALUE;
        item.type = type_of(entity->type);
        break;
    case COMP_CORE_MODULE: item.kind = WITC_ITEM_MODULE; break;
    case COMP_COMPONENT: item.kind = WITC_ITEM_COMPONENT; break;
    default: item.kind = WITC_ITEM_TYPE; item.type = entity->type ? type_of(entity->type) : NULL;
    }
    return item;
}

size_t witc_component_import_count(const witc_component *component) {
    return component->info->type.imports.len;
}
witc_item witc_component_import(const witc_component *component, size_t i) {
    return item_of(&component->info->type.imports.at[i]);
}
size_t witc_component_export_count(const witc_component *component) {
    return component->info->type.exports.len;
}
witc_item witc_component_export(const witc_component *component, size_t i) {
    return item_of(&component->info->type.exports.at[i]);
}

static const CompInstanceType *instance_of(const witc_interface *interface) {
    return (const CompInstanceType *)(const void *)interface;
}
size_t witc_interface_count(const witc_interface *interface) {
    return instance_of(interface)->exports.len;
}
witc_item witc_interface_item(const witc_interface *interface, size_t i) {
    return item_of(&instance_of(interface)->exports.at[i]);
}

/* ---- types ---- */

static const uint8_t kinds[WIT_KIND_COUNT] = {
    [WIT_BOOL] = WITC_TYPE_BOOL,
    [WIT_S8] = WITC_TYPE_S8,
    [WIT_U8] = WITC_TYPE_U8,
    [WIT_S16] = WITC_TYPE_S16,
    [WIT_U16] = WITC_TYPE_U16,
    [WIT_S32] = WITC_TYPE_S32,
    [WIT_U32] = WITC_TYPE_U32,
    [WIT_S64] = WITC_TYPE_S64,
    [WIT_U64] = WITC_TYPE_U64,
    [WIT_F32] = WITC_TYPE_F32,
    [WIT_F64] = WITC_TYPE_F64,
    [WIT_CHAR] = WITC_TYPE_CHAR,
    [WIT_STRING] = WITC_TYPE_STRING,
    [WIT_LIST] = WITC_TYPE_LIST,
    [WIT_FIXED_LIST] = WITC_TYPE_LIST,
    [WIT_RECORD] = WITC_TYPE_RECORD,
    [WIT_TUPLE] = WITC_TYPE_TUPLE,
    [WIT_VARIANT] = WITC_TYPE_VARIANT,
    [WIT_ENUM] = WITC_TYPE_ENUM,
    [WIT_OPTION] = WITC_TYPE_OPTION,
    [WIT_RESULT] = WITC_TYPE_RESULT,
    [WIT_FLAGS] = WITC_TYPE_FLAGS,
    [WIT_OWN] = WITC_TYPE_OWN,
    [WIT_BORROW] = WITC_TYPE_BORROW,
    [WIT_STREAM] = WITC_TYPE_STREAM,
    [WIT_FUTURE] = WITC_TYPE_FUTURE,
    [WIT_ERROR_CONTEXT] = WITC_TYPE_ERROR_CONTEXT,
    [WIT_MAP] = WITC_TYPE_MAP,
    [WIT_RESOURCE] = WITC_TYPE_RESOURCE,
};

witc_type_kind kind_of(const WitType *type) {
    type = wit_dealias(type);
    return type ? (witc_type_kind)kinds[type->kind] : WITC_TYPE_NONE;
}

witc_type_kind witc_type_kind_of(const witc_type *type) { return kind_of(wit_of(type)); }

size_t witc_type_part_count(const witc_type *type) {
    const WitType *t = wit_of(type);
    switch (wit_kind_shape(t->kind)) {
    case WIT_SHAPE_PRIM:
    case WIT_SHAPE_NAMED: return 0;
    case WIT_SHAPE_FIELDS: return t->fields.len;
    case WIT_SHAPE_ELEM: return t->kind == WIT_OPTION ? 2 : 1;
    case WIT_SHAPE_PAIR: return 2;
    case WIT_SHAPE_HANDLE: return 1;
    }
    return 0;
}

const witc_type *witc_type_part(const witc_type *type, size_t i) {
    const WitType *t = wit_of(type), *part = t->elem;
    WitShape shape = wit_kind_shape(t->kind);
    if (shape == WIT_SHAPE_FIELDS) part = t->fields.at[i].type;
    else if (t->kind == WIT_OPTION) part = i ? t->elem : NULL;
    else if (shape == WIT_SHAPE_PAIR) part = i ? t->second : t->elem;
    return part ? type_of(part) : NULL;
}

witc_str witc_type_part_name(const witc_type *type, size_t i) {
    const WitType *t = wit_of(type);
    if (wit_kind_shape(t->kind) == WIT_SHAPE_FIELDS) return witc_str_of(t->fields.at[i].name);
    if (t->kind == WIT_OPTION) return witc_str_of(i ? STR("some") : STR("none"));
    if (t->kind == WIT_RESULT) return witc_str_of(i ? STR("err") : STR("ok"));
    return (witc_str){"", 0};
}

size_t witc_type_find_part(const witc_type *type, witc_str name) {
    for (size_t i = 0, n = witc_type_part_count(type); name.len && i < n; i++)
        if (str_eq(str_of(witc_type_part_name(type, i)), str_of(name))) return i;
    return SIZE_MAX;
}

uint64_t witc_type_length(const witc_type *type) {
    return wit_of(type)->kind == WIT_FIXED_LIST ? wit_of(type)->length : 0;
}

static const WitField *param_of(const witc_signature *type, size_t i) {
    return &func_of(type)->params.at[i];
}

size_t witc_signature_param_count(const witc_signature *type) { return func_of(type)->params.len; }
witc_str witc_signature_param_name(const witc_signature *type, size_t i) {
    return witc_str_of(param_of(type, i)->name);
}
const witc_type *witc_signature_param(const witc_signature *type, size_t i) {
    return type_of(param_of(type, i)->type);
}
const witc_type *witc_signature_result(const witc_signature *type) {
    return func_of(type)->result ? type_of(func_of(type)->result) : NULL;
}
bool witc_signature_is_async(const witc_signature *type) { return func_of(type)->is_async; }

/* ---- as text ---- */

typedef struct {
    const WitType *type; /* one of the three */
    const WitFunc *func;
    const witc_item *item;
    char *to;
    size_t size, length;
} Writing;

static Str text_of_func(Arena *arena, Str name, const WitFunc *func) {
    Buf out = {.arena = arena};
    if (name.len) buf_str(&out, name), buf_str(&out, STR(": "));
    wit_put_signature(&out, func);
    return buf_text(&out);
}

static Str text_of_item(Arena *arena, const witc_item *item) {
    Str name = str_of(item->name);
    static const char *const words[] = {"func",  "interface", "type",
                                        "value", "module",    "component"};
    if (item->kind == WITC_ITEM_FUNC) return text_of_func(arena, name, func_of(item->func));
    if (item->kind == WITC_ITEM_TYPE && item->type) {
        WitType named = *wit_of(item->type);
        named.name = name;
        if (wit_kind_shape(named.kind) != WIT_SHAPE_PRIM) return wit_type_text(arena, &named);
    }
    Buf out = {.arena = arena};
    buf_fmt(&out, "%s %.*s", words[item->kind], STR_ARG(name));
    if (item->type) {
        buf_str(&out, item->kind == WITC_ITEM_VALUE ? STR(": ") : STR(" = "));
        wit_put_type(&out, wit_of(item->type));
    }
    return buf_text(&out);
}

static void write_text(void *context) {
    Writing *w = context;
    Arena *arena = arena_new();
    Str text = w->type   ? wit_type_text(arena, w->type)
               : w->func ? text_of_func(arena, w->func->name, w->func)
                         : text_of_item(arena, w->item);
    w->length = cut_text(text, w->to, w->size);
    arena_free(arena);
}

static size_t written(Writing w) {
    if (!arena_try(&alloc_system, write_text, &w)) return cut_text((Str){"", 0}, w.to, w.size);
    return w.length;
}

size_t witc_type_text(const witc_type *type, char *to, size_t size) {
    return written((Writing){.type = wit_of(type), .to = to, .size = size});
}
size_t witc_signature_text(const witc_signature *type, char *to, size_t size) {
    return written((Writing){.func = func_of(type), .to = to, .size = size});
}
size_t witc_item_text(const witc_item *item, char *to, size_t size) {
    return written((Writing){.item = item, .to = to, .size = size});
}

/* ---- arenas ---- */

witc_arena *witc_arena_new(witc_engine *engine) {
    witc_arena *arena = engine_new(engine, sizeof *arena);
    if (!arena) return NULL;
    arena->engine = engine;
    engine_keep(engine);
    return arena;
}

Arena *arena_of(witc_arena *arena) {
    if (!arena->arena) arena->arena = arena_keep(arena_new());
    return arena->arena;
}

typedef struct {
    witc_arena *arena;
    size_t size;
    void *taken;
} Taking;

static void take(void *context) {
    Taking *t = context;
    t->taken = arena_alloc(arena_of(t->arena), t->size);
}

void *witc_arena_take(witc_arena *arena, size_t size) {
    Taking t = {arena, size, NULL};
    arena_try(&arena->engine->memory, take, &t);
    return t.taken;
}

void witc_arena_reset(witc_arena *arena) {
    if (arena->is_lent) return;
    arena_free(arena->arena);
    arena->arena = NULL;
}

void witc_arena_free(witc_arena *arena) {
    if (!arena || arena->is_lent) return;
    witc_arena_reset(arena);
    witc_engine *engine = arena->engine;
    engine_release(engine, arena);
    witc_engine_free(engine);
}
