/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Making nodes, looking them up, and comparing types.
 *
 * Types form a graph without cycles, but one in which a small text can have a huge unfolding
 * (`record b {x: a, y: a}`, `record c {x: b, y: b}`, ...), so whatever walks through it remembers
 * what it has seen: equality the pairs that it has met (met before means: equal, or the whole
 * answer is no already), in an arena of the moment; the searches leave their answers in the types.
 */
#include "base/buf.h"
#include "model/model.h"

enum { MAX_DEPTH = 2000 }; /* of comparisons: types nested deeper than this are never equal */

/* ---- kinds ---- */

#define TYPE(id, keyword, code, shape, feature) {keyword, code, WIT_SHAPE_##shape},
static const struct {
    const char *keyword;
    uint8_t code;
    WitShape shape;
} kinds[] = {
#include "model/type.def"
};
#undef TYPE

#define TYPE(id, keyword, code, shape, feature) {.kind = WIT_##id},
static const WitType prims[] = {
#include "model/type.def"
};
#undef TYPE

const char *wit_kind_keyword(WitKind kind) { return kinds[kind].keyword; }
uint8_t wit_kind_code(WitKind kind) { return kinds[kind].code; }
WitShape wit_kind_shape(WitKind kind) { return kinds[kind].shape; }
const WitType *wit_prim(WitKind kind) { return &prims[kind]; }

bool wit_kind_feature(WitKind kind, Feature *feature) {
    enum { FEATURE_NONE = -1 };
#define TYPE(id, keyword, code, shape, gate) FEATURE_##gate,
    static const int gates[] = {
#include "model/type.def"
    };
#undef TYPE
    if (gates[kind] == FEATURE_NONE) return false;
    *feature = (Feature)gates[kind];
    return true;
}

/* ---- making ---- */

WitModel *wit_model_new(Arena *arena) {
    WitModel *model = ARENA_NEW(arena, WitModel);
    model->arena = arena;
    return model;
}

WitPackage *wit_package_new(WitModel *model, Str ns, Str name, Semver version) {
    WitPackage *package = ARENA_NEW(model->arena, WitPackage);
    *package = (WitPackage){.ns = ns, .name = name, .version = version};
    package->id = (uint32_t)model->packages.len;
    return *vec_push(model->arena, &model->packages) = package;
}

WitInterface *wit_interface_new(WitModel *model, WitPackage *package, Str name) {
    WitInterface *interface = ARENA_NEW(model->arena, WitInterface);
    *interface = (WitInterface){.name = name, .package = package};
    interface->id = (uint32_t)model->interfaces.len;
    if (package && name.len) *vec_push(model->arena, &package->interfaces) = interface;
    return *vec_push(model->arena, &model->interfaces) = interface;
}

WitWorld *wit_world_new(WitModel *model, WitPackage *package, Str name) {
    WitWorld *world = ARENA_NEW(model->arena, WitWorld);
    *world = (WitWorld){.name = name, .package = package};
    world->id = (uint32_t)model->worlds.len;
    if (package) *vec_push(model->arena, &package->worlds) = world;
    return *vec_push(model->arena, &model->worlds) = world;
}

WitType *wit_type_new(WitModel *model, WitKind kind) {
    WitType *type = ARENA_NEW(model->arena, WitType);
    *type = (WitType){.kind = kind, .id = (uint32_t)model->types.len};
    return *vec_push(model->arena, &model->types) = type;
}

/* What makes an anonymous type the same: its kind, length, parts by identity, fields' names. */
static Str intern_key(Arena *arena, const WitType *type) {
    Buf key = {.arena = arena};
    buf_byte(&key, (uint8_t)type->kind);
    buf_bytes(&key, &type->elem, sizeof type->elem);
    buf_bytes(&key, &type->second, sizeof type->second);
    if (type->length) buf_u64(&key, type->length);
    for (size_t i = 0; i < type->fields.len; i++) {
        const WitField *field = &type->fields.at[i];
        buf_name(&key, field->name);
        buf_bytes(&key, &field->type, sizeof field->type);
    }
    return buf_text(&key);
}

const WitType *wit_intern(WitModel *model, Map *table, const WitType *like) {
    if (wit_kind_shape(like->kind) == WIT_SHAPE_PRIM) return wit_prim(like->kind);
    bool added;
    MapEntry *entry = map_put(model->arena, table, intern_key(model->arena, like), &added);
    if (!added) return entry->cptr;
    WitType *type = wit_type_new(model, like->kind);
    type->fields = like->fields;
    type->elem = like->elem;
    type->second = like->second;
    type->length = like->length;
    type->span = like->span;
    return entry->ptr = type;
}

/* ---- looking up ---- */

WitPackage *wit_find_package(const WitModel *model, Str ns, Str name, Semver version) {
    for (size_t i = 0; i < model->packages.len; i++) {
        WitPackage *p = model->packages.at[i];
        if (str_eq(p->ns, ns) && str_eq(p->name, name) && semver_eq(p->version, version)) return p;
    }
    return NULL;
}

#define FIND_BY_NAME(list, wanted)                                                                 \
    for (size_t i = 0; i < (list).len; i++)                                                        \
        if (str_eq((list).at[i]->name, (wanted))) return (list).at[i];                             \
    return NULL

WitInterface *wit_find_interface(const WitPackage *package, Str name) {
    FIND_BY_NAME(package->interfaces, name);
}

WitWorld *wit_find_world(const WitPackage *package, Str name) {
    FIND_BY_NAME(package->worlds, name);
}

WitType *wit_find_type(const WitInterface *interface, Str name) {
    FIND_BY_NAME(interface->types, name);
}

WitFunc *wit_find_func(const WitInterface *interface, Str name) {
    FIND_BY_NAME(interface->funcs, name);
}

const WitType *wit_dealias(const WitType *type) {
    while (type && type->kind == WIT_ALIAS) type = type->real ? type->real : type->elem;
    return type;
}

bool wit_is_nominal(const WitType *type) {
    switch (type->kind) {
    case WIT_RECORD:
    case WIT_VARIANT:
    case WIT_ENUM:
    case WIT_FLAGS:
    case WIT_RESOURCE: return true;
    default: return false;
    }
}

const WitType *wit_resource_of(const WitType *handle) {
    handle = wit_dealias(handle);
    if (handle && (handle->kind == WIT_OWN || handle->kind == WIT_BORROW))
        handle = wit_dealias(handle->elem);
    return handle;
}

/* ---- equality ---- */

typedef struct {
    Arena *arena; /* of the moment; NULL until something must be remembered */
    Map seen;
} Marks;

/* Marks `bytes`; false where they had been marked before. */
static bool mark(Marks *marks, const void *bytes, size_t n) {
    if (!marks->arena) marks->arena = arena_new();
    bool added;
    map_put(marks->arena, &marks->seen, (Str){arena_copy(marks->arena, bytes, n), n}, &added);
    return added;
}

static bool equal(Marks *marks, const WitType *a, const WitType *b, unsigned depth);

static bool equal_fields(Marks *marks, const WitType *a, const WitType *b, unsigned depth) {
    if (a->fields.len != b->fields.len) return false;
    for (size_t i = 0; i < a->fields.len; i++) {
        const WitField *x = &a->fields.at[i], *y = &b->fields.at[i];
        if (!str_eq(x->name, y->name) || !equal(marks, x->type, y->type, depth)) return false;
    }
    return true;
}

static bool equal(Marks *marks, const WitType *a, const WitType *b, unsigned depth) {
    a = wit_dealias(a);
    b = wit_dealias(b);
    if (a == b) return true;
    if (!a || !b || a->kind != b->kind || a->length != b->length || depth == 0) return false;
    WitShape shape = wit_kind_shape(a->kind);
    if (shape == WIT_SHAPE_PRIM) return true;
    if (shape == WIT_SHAPE_NAMED) return false; /* two resources */
    const WitType *pair[2] = {a, b};
    if (!mark(marks, pair, sizeof pair)) return true;
    return equal(marks, a->elem, b->elem, depth - 1) &&
           equal(marks, a->second, b->second, depth - 1) && equal_fields(marks, a, b, depth - 1);
}

bool wit_type_equal(const WitType *a, const WitType *b) {
    Marks marks = {0};
    bool same = equal(&marks, a, b, MAX_DEPTH);
    arena_free(marks.arena);
    return same;
}

/* ---- searches ---- */

/* A question about what a type contains. Each has two bits in WitType.answers. */
typedef struct {
    uint8_t no, yes;
    bool (*here)(const WitType *);   /* the type itself answers with yes */
    bool (*opaque)(const WitType *); /* its parts do not count */
} Question;

typedef struct {
    const WitType *type;
    size_t next; /* part to look at: 0 elem, 1 second, 2.. the fields */
} Frame;

/* Types are seldom deep: only a stack that outgrows its first frames needs memory. */
typedef struct {
    Arena *arena;
    VEC(Frame) frames;
    Frame first[16];
} TypeStack;

/* Types are only const to their readers; remembering an answer changes none of their meaning. */
static void remember(const WitType *type, uint8_t answer) {
    WitType *t = (WitType *)type;
    t->answers = answer;
}

static bool known(const Question *q, const WitType *type, bool *yes) {
    *yes = type && q->here(type);
    if (*yes || !type || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM) return true;
    *yes = (type->answers & q->yes) != 0;
    return (type->answers & (q->no | q->yes)) || q->opaque(type);
}

static const WitType *part(const WitType *type, size_t n) {
    const WitType *p = n == 0 ? type->elem : n == 1 ? type->second : type->fields.at[n - 2].type;
    return wit_dealias(p);
}

/* A type that is met is a no until something says yes. */
static void push_type(TypeStack *stack, const Question *q, const WitType *type) {
    remember(type, type->answers | q->no);
    if (stack->frames.len == stack->frames.cap && !stack->arena) stack->arena = arena_new();
    vec_push(stack->arena, &stack->frames)->type = type;
}

/* Depth first, with its own stack; every type that is met gets its answer. All types on the stack
 * contain the one on top, so a yes is theirs too. */
static bool contains(const Question *q, const WitType *type) {
    bool yes;
    type = wit_dealias(type);
    if (known(q, type, &yes)) return yes;
    TypeStack stack;
    stack.arena = NULL;
    stack.frames.at = stack.first;
    stack.frames.len = 0;
    stack.frames.cap = sizeof stack.first / sizeof *stack.first;
    push_type(&stack, q, type);
    while (stack.frames.len && !yes) {
        Frame *top = &vec_last(&stack.frames);
        if (top->next == top->type->fields.len + 2) {
            stack.frames.len--;
            continue;
        }
        const WitType *p = part(top->type, top->next++);
        if (!known(q, p, &yes)) push_type(&stack, q, p);
    }
    for (size_t i = 0; i < stack.frames.len; i++)
        remember(stack.frames.at[i].type, stack.frames.at[i].type->answers | q->yes);
    arena_free(stack.arena);
    return yes;
}

static bool is_borrow(const WitType *type) { return type->kind == WIT_BORROW; }

static bool is_list(const WitType *type) {
    return type->kind == WIT_STRING || type->kind == WIT_LIST || type->kind == WIT_MAP;
}

static bool is_resource(const WitType *type) { return type->kind == WIT_RESOURCE; }

static bool is_handle(const WitType *type) {
    return is_resource(type) || type->kind == WIT_OWN || type->kind == WIT_BORROW ||
           type->kind == WIT_STREAM || type->kind == WIT_FUTURE;
}

bool wit_has_borrow(const WitType *type) {
    static const Question question = {1, 2, is_borrow, is_resource};
    return contains(&question, type);
}

bool wit_has_list(const WitType *type) {
    static const Question question = {4, 8, is_list, is_handle};
    return contains(&question, type);
}
