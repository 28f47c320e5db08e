/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Operations on whole worlds and models: turning, upgrading, copying, uniting. */
#include "tests/test.h"

#include "model/model.h"

static Arena *arena;

/* ---- small models ---- */

static WitPackage *package(WitModel *model, const char *name, const char *version) {
    Semver v = {0};
    if (*version) CHECK(semver_parse(str_from(version), &v));
    return wit_package_new(model, STR("p"), str_from(name), v);
}

static WitType *own_type(WitModel *model, WitInterface *interface, const char *name, WitKind kind) {
    WitType *type = wit_type_new(model, kind);
    type->name = str_from(name);
    type->interface = interface;
    return *vec_push(arena, &interface->types) = type;
}

static WitType *use(WitModel *model, WitInterface *interface, const WitType *from) {
    WitType *type = own_type(model, interface, "", WIT_ALIAS);
    type->name = from->name;
    type->elem = from;
    return type;
}

static const WitType *anonymous(WitModel *model, WitKind kind, const WitType *elem) {
    WitType *type = wit_type_new(model, kind);
    type->elem = elem;
    return type;
}

static WitFunc *func(const char *name, const WitType *param, const WitType *result) {
    WitFunc *f = ARENA_NEW(arena, WitFunc);
    f->name = str_from(name);
    f->result = result;
    if (param) *vec_push(arena, &f->params) = (WitField){.name = STR("x"), .type = param};
    return f;
}

static void add_func(WitInterface *interface, WitFunc *f) {
    *vec_push(arena, &interface->funcs) = f;
}

static void add_interface(WitItems *items, const char *name, const WitInterface *interface) {
    WitItem item = {.kind = WIT_ITEM_INTERFACE, .name = str_from(name), .interface = interface};
    *vec_push(arena, items) = item;
}

static void add_world_func(WitItems *items, const WitFunc *f) {
    *vec_push(arena, items) = (WitItem){.kind = WIT_ITEM_FUNC, .name = f->name, .func = f};
}

static WitType *add_world_type(WitModel *model, WitWorld *world, const char *name, WitKind kind) {
    WitType *type = wit_type_new(model, kind);
    type->name = str_from(name);
    type->world = world;
    *vec_push(arena, &world->imports) =
        (WitItem){.kind = WIT_ITEM_TYPE, .name = type->name, .type = type};
    return type;
}

/* ---- soundness of the tables: ids are positions, and pointers stay within the model ---- */

static bool type_is_in(const WitModel *m, const WitType *type) {
    return !type || wit_kind_shape(type->kind) == WIT_SHAPE_PRIM ||
           (type->id < m->types.len && m->types.at[type->id] == type);
}

static bool interface_is_in(const WitModel *m, const WitInterface *i) {
    return !i || (i->id < m->interfaces.len && m->interfaces.at[i->id] == i);
}

static bool fields_are_in(const WitModel *m, const WitFields *fields) {
    for (size_t i = 0; i < fields->len; i++)
        if (!type_is_in(m, fields->at[i].type)) return false;
    return true;
}

static bool func_is_in(const WitModel *m, const WitFunc *f) {
    return type_is_in(m, f->resource) && type_is_in(m, f->result) && fields_are_in(m, &f->params);
}

static bool items_are_in(const WitModel *m, const WitItems *items) {
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        bool ok = item->kind == WIT_ITEM_INTERFACE ? interface_is_in(m, item->interface)
                  : item->kind == WIT_ITEM_TYPE    ? type_is_in(m, item->type)
                                                   : func_is_in(m, item->func);
        if (!ok) return false;
    }
    return true;
}

static void check_model(const WitModel *m) {
    for (size_t i = 0; i < m->types.len; i++) {
        const WitType *t = m->types.at[i];
        CHECK_EQ(t->id, i);
        CHECK(type_is_in(m, t->elem) && type_is_in(m, t->second) && fields_are_in(m, &t->fields));
        CHECK(interface_is_in(m, t->interface));
        CHECK(!t->world || m->worlds.at[t->world->id] == t->world);
    }
    for (size_t i = 0; i < m->interfaces.len; i++) {
        const WitInterface *interface = m->interfaces.at[i];
        CHECK_EQ(interface->id, i);
        CHECK(m->packages.at[interface->package->id] == interface->package);
        for (size_t j = 0; j < interface->types.len; j++)
            CHECK(type_is_in(m, interface->types.at[j]) &&
                  interface->types.at[j]->interface == interface);
        for (size_t j = 0; j < interface->funcs.len; j++)
            CHECK(func_is_in(m, interface->funcs.at[j]));
    }
    for (size_t i = 0; i < m->worlds.len; i++) {
        CHECK_EQ(m->worlds.at[i]->id, i);
        CHECK(m->packages.at[m->worlds.at[i]->package->id] == m->worlds.at[i]->package);
        CHECK(items_are_in(m, &m->worlds.at[i]->imports) &&
              items_are_in(m, &m->worlds.at[i]->exports));
    }
    for (size_t i = 0; i < m->packages.len; i++) CHECK_EQ(m->packages.at[i]->id, i);
}

/* ---- importize, exportize ---- */

/* interface i { f: func(); }  world w { import i; import t; import g: func(); export i; export h }
 */
static WitWorld *both_ways(WitModel *model) {
    WitPackage *p = package(model, "q", "");
    WitInterface *i = wit_interface_new(model, p, STR("i"));
    add_func(i, func("f", NULL, NULL));
    WitWorld *w = wit_world_new(model, p, STR("w"));
    add_interface(&w->imports, "", i);
    WitType *t = add_world_type(model, w, "t", WIT_ALIAS);
    t->elem = wit_prim(WIT_U8);
    add_world_func(&w->imports, func("g", NULL, NULL));
    add_world_func(&w->exports, func("h", t, NULL));
    add_interface(&w->exports, "", i);
    return w;
}

static void importize_moves_exports(void) {
    WitModel *model = wit_model_new(arena);
    WitWorld *w = both_ways(model);
    Diags diags = {.arena = arena};
    CHECK(wit_importize(model, w, (Str){0}, &diags));
    CHECK_STR(w->name, "w-importized");
    CHECK_EQ(w->exports.len, 0);
    CHECK_EQ(w->imports.len, 3); /* i, t, h */
    CHECK(w->imports.at[0].kind == WIT_ITEM_INTERFACE);
    CHECK_STR(w->imports.at[1].name, "t");
    CHECK_STR(w->imports.at[2].name, "h");
    check_model(model);
}

static void importize_refuses_clashes(void) {
    WitModel *model = wit_model_new(arena);
    WitWorld *w = both_ways(model);
    add_world_func(&w->exports, func("t", NULL, NULL));
    Diags diags = {.arena = arena};
    CHECK(!wit_importize(model, w, (Str){0}, &diags));
    CHECK(diags.list.at[0].code == DIAG_MODEL_TURN_CONFLICT);
    CHECK_STR(w->name, "w");
    w->exports.len--;
    CHECK(!wit_importize(model, w, STR("i"), &diags)); /* an interface has that name */
    CHECK(diags.list.at[1].code == DIAG_MODEL_NAME_TAKEN);
    CHECK(!wit_importize(model, w, STR("no name"), &diags));
    CHECK(diags.list.at[2].code == DIAG_MODEL_NAME_INVALID);
}

static void exportize_moves_the_chosen(void) {
    WitModel *model = wit_model_new(arena);
    WitWorld *w = both_ways(model);
    Diags diags = {.arena = arena};
    Str wrong = STR("nothing"), right = STR("i");
    CHECK(!wit_exportize(model, w, (Str){0}, &wrong, 1, &diags));
    CHECK(wit_exportize(model, w, STR("out"), &right, 1, &diags));
    CHECK_STR(w->name, "out");
    CHECK_EQ(w->exports.len, 1);
    CHECK_EQ(w->imports.len, 2); /* t, g */
    CHECK(wit_exportize(model, w, (Str){0}, NULL, 0, &diags));
    CHECK_EQ(w->exports.len, 1); /* g: what was exported before is gone, types stay */
    CHECK_STR(w->exports.at[0].name, "g");
    CHECK_STR(w->imports.at[0].name, "t");
}

/* ---- versions ---- */

/* p:dep@VERSION { interface i { type t = KIND; } } */
static WitInterface *version_of_i(WitModel *model, const char *version, const char *type,
                                  WitKind kind) {
    WitInterface *i = wit_interface_new(model, package(model, "dep", version), STR("i"));
    if (*type) own_type(model, i, type, WIT_ALIAS)->elem = wit_prim(kind);
    return i;
}

static bool upgrade(const char *new_version, const char *new_type, WitKind kind, DiagCode *code,
                    size_t *imports) {
    WitModel *model = wit_model_new(arena);
    WitInterface *old = version_of_i(model, "0.2.0", "t", WIT_U8);
    WitInterface *latest = version_of_i(model, new_version, new_type, kind);
    WitPackage *p = package(model, "q", "");
    WitInterface *user = wit_interface_new(model, p, STR("user"));
    WitType *used = use(model, user, old->types.at[0]);
    WitWorld *w = wit_world_new(model, p, STR("w"));
    add_interface(&w->imports, "", old);
    add_interface(&w->imports, "", latest);
    add_interface(&w->exports, "", user);
    Diags diags = {.arena = arena};
    bool ok = wit_merge_imports_by_semver(model, w, &diags);
    *code = diags.errors ? diags.list.at[0].code : DIAG_CODE_COUNT;
    *imports = w->imports.len;
    if (ok && *imports == 1) CHECK(used->elem == latest->types.at[0]);
    check_model(model);
    return ok;
}

static void imports_of_one_track_become_one(void) {
    DiagCode code;
    size_t imports;
    CHECK(upgrade("0.2.10", "t", WIT_U8, &code, &imports));
    CHECK_EQ(imports, 1);
    CHECK(upgrade("0.3.0", "t", WIT_U8, &code, &imports));
    CHECK_EQ(imports, 2);
    CHECK(!upgrade("0.2.1", "t", WIT_U16, &code, &imports));
    CHECK_EQ(code, DIAG_MODEL_UPGRADE);
    CHECK(!upgrade("0.2.1", "other", WIT_U8, &code, &imports));
    CHECK_EQ(code, DIAG_MODEL_UPGRADE_TYPE);
}

/* ---- nominal types ---- */

static void each_direction_has_its_types(void) {
    WitModel *model = wit_model_new(arena);
    WitPackage *p = package(model, "q", "");
    WitInterface *i = wit_interface_new(model, p, STR("i")),
                 *j = wit_interface_new(model, p, STR("j"));
    WitType *r = own_type(model, i, "r", WIT_RESOURCE);
    add_func(i, func("f", anonymous(model, WIT_OWN, r), NULL));
    add_func(j, func("g", anonymous(model, WIT_BORROW, use(model, j, r)), NULL));
    WitWorld *w = wit_world_new(model, p, STR("w"));
    add_interface(&w->imports, "", i);
    add_interface(&w->imports, "again", i);
    add_interface(&w->exports, "", i);
    add_interface(&w->exports, "", j);
    Diags diags = {.arena = arena};
    CHECK(wit_make_types_nominal(model, w, &diags));
    const WitInterface *again = w->imports.at[1].interface, *out = w->exports.at[0].interface;
    const WitInterface *user = w->exports.at[1].interface;
    CHECK(w->imports.at[0].interface == i);
    CHECK(again != i && out != i && again != out && user != j);
    CHECK(again->clone_of == i && out->clone_of == i && user->clone_of == j);
    CHECK(out->types.at[0] != r &&
          wit_find_func(out, STR("f"))->params.at[0].type->elem == out->types.at[0]);
    CHECK(user->types.at[0]->elem == out->types.at[0]); /* the exported `i`, not the imported one */
    CHECK_EQ(p->interfaces.len, 2);
    check_model(model);
}

/* ---- uniting models ---- */

/* package p:q; interface i { resource r; type t = KIND; f: func(x: r) -> t; }  and, on demand,
 * interface extra { use i.{t}; } and a world that imports it */
static WitModel *side(WitKind kind, bool extra, bool second_func) {
    WitModel *model = wit_model_new(arena);
    WitPackage *p = package(model, "q", "");
    WitInterface *i = wit_interface_new(model, p, STR("i"));
    WitType *r = own_type(model, i, "r", WIT_RESOURCE);
    WitType *t = own_type(model, i, "t", WIT_LIST);
    t->elem = wit_prim(kind);
    add_func(i, func("f", anonymous(model, WIT_OWN, r), t));
    if (second_func) add_func(i, func("second", anonymous(model, WIT_BORROW, r), NULL));
    if (extra) {
        WitInterface *e = wit_interface_new(model, p, STR("extra"));
        use(model, e, t);
        WitWorld *w = wit_world_new(model, p, STR("w"));
        add_interface(&w->imports, "", i);
        add_interface(&w->imports, "", e);
    }
    return model;
}

static void models_become_one(void) {
    WitModel *into = side(WIT_U8, false, false), *from = side(WIT_U8, true, true);
    Diags diags = {.arena = arena};
    Map moved = {0};
    CHECK(wit_model_merge(into, from, &moved, &diags));
    CHECK_EQ(into->packages.len, 1);
    WitPackage *p = into->packages.at[0];
    CHECK_EQ(p->interfaces.len, 2);
    CHECK_EQ(p->worlds.len, 1);
    WitInterface *i = p->interfaces.at[0], *extra = p->interfaces.at[1];
    CHECK(extra->types.at[0]->elem == i->types.at[1]);
    CHECK_EQ(i->types.len, 2);
    CHECK_EQ(i->funcs.len, 2);
    CHECK(i->funcs.at[1]->params.at[0].type->elem == i->types.at[0]);
    CHECK_EQ(moved.len, 1);
    CHECK(moved.entries[0].ptr == p->worlds.at[0]);
    CHECK(p->worlds.at[0]->imports.at[1].interface == extra);
    check_model(into);
    check_model(from);
}

static void deep_differences_are_found(void) {
    Diags diags = {.arena = arena};
    WitModel *into = side(WIT_U8, false, false);
    size_t types = into->types.len;
    CHECK(!wit_model_merge(into, side(WIT_U16, true, false), NULL, &diags));
    CHECK_EQ(diags.errors, 1);
    CHECK(diags.list.at[0].code == DIAG_MODEL_MERGE_PACKAGE);
    CHECK_STR(diags.list.at[0].notes.at[0].message, "in interface `i`");
    CHECK_STR(diags.list.at[0].notes.at[1].message, "mismatch in type `t`");
    CHECK_EQ(into->types.len, types);
    check_model(into);
}

static void stability_is_taken_over_or_refused(void) {
    WitModel *into = side(WIT_U8, false, false), *from = side(WIT_U8, false, false);
    Diags diags = {.arena = arena};
    from->interfaces.at[0]->stability.feature = STR("new");
    CHECK(wit_model_merge(into, from, NULL, &diags));
    CHECK_STR(into->interfaces.at[0]->stability.feature, "new");
    from->interfaces.at[0]->stability.feature = STR("other");
    CHECK(!wit_model_merge(into, from, NULL, &diags));
    CHECK(diags.list.at[0].code == DIAG_MODEL_STABILITY);
}

static void packages_follow_their_needs(void) {
    WitModel *into = side(WIT_U8, false, false), *from = wit_model_new(arena);
    WitPackage *dep = package(from, "dep", "");
    WitInterface *d = wit_interface_new(from, dep, STR("d"));
    WitType *u = own_type(from, d, "u", WIT_ALIAS);
    u->elem = wit_prim(WIT_CHAR);
    use(from, wit_interface_new(from, package(from, "q", ""), STR("i")), u);
    Diags diags = {.arena = arena};
    CHECK(wit_model_merge(into, from, NULL, &diags));
    CHECK_EQ(into->packages.len, 2);
    CHECK_STR(into->packages.at[0]->name, "dep");
    CHECK_STR(into->packages.at[1]->name, "q");
    check_model(into);
}

/* ---- uniting worlds ---- */

static void worlds_become_one(void) {
    WitModel *model = wit_model_new(arena);
    WitPackage *p = package(model, "q", "");
    WitWorld *into = wit_world_new(model, p, STR("into")),
             *from = wit_world_new(model, p, STR("from"));
    WitType *shared = add_world_type(model, into, "t", WIT_ALIAS);
    WitType *theirs = add_world_type(model, from, "t", WIT_ALIAS);
    shared->elem = theirs->elem = wit_prim(WIT_U8);
    WitType *r = add_world_type(model, from, "r", WIT_RESOURCE);
    add_world_func(&from->imports, func("f", theirs, anonymous(model, WIT_OWN, r)));
    WitInterface *in_place = wit_interface_new(model, p, (Str){0});
    add_func(in_place, func("g", NULL, NULL));
    add_interface(&from->exports, "x", in_place);
    Diags diags = {.arena = arena};
    CHECK(wit_world_merge(model, into, from, &diags));
    CHECK_EQ(into->imports.len, 3);
    const WitItem *resource = &into->imports.at[1], *f = &into->imports.at[2];
    CHECK(resource->type != r && resource->type->world == into);
    CHECK(f->func->params.at[0].type == shared);
    CHECK(f->func->result->elem == resource->type);
    CHECK(into->exports.at[0].interface != in_place);
    CHECK_EQ(from->imports.len, 3);
    check_model(model);
    CHECK(wit_world_merge(model, into, from, &diags)); /* all is there already */
    CHECK_EQ(into->imports.len + into->exports.len, 4);
    shared->elem = wit_prim(WIT_U16);
    CHECK(!wit_world_merge(model, into, from, &diags));
    CHECK(diags.list.at[0].code == DIAG_MODEL_MERGE_WORLDS);
}

/* interface a { type t = u8; }  interface b { use a.{t}; } */
static void exports_keep_their_meaning(void) {
    WitModel *model = wit_model_new(arena);
    WitPackage *p = package(model, "q", "");
    WitInterface *a = wit_interface_new(model, p, STR("a")),
                 *b = wit_interface_new(model, p, STR("b"));
    WitType *t = own_type(model, a, "t", WIT_ALIAS);
    t->elem = wit_prim(WIT_U8);
    use(model, b, t);
    WitWorld *uses = wit_world_new(model, p, STR("uses")),
             *has = wit_world_new(model, p, STR("has"));
    add_interface(&uses->exports, "", b);
    add_interface(&has->exports, "", a);
    Diags diags = {.arena = arena};
    CHECK(wit_elaborate(model, uses, &diags) && wit_elaborate(model, has, &diags));
    CHECK(!wit_world_merge(model, uses, has, &diags));
    CHECK(diags.list.at[0].code == DIAG_MODEL_EXPORT_CHANGES);
    CHECK_EQ(uses->exports.len, 1);
}

/* ---- fitting ---- */

/* A world that imports `i` with func(s) f (and g), and exports func e of that type. */
static WitWorld *fitting(WitModel *model, bool has_g, WitKind kind) {
    WitPackage *p = package(model, "q", "");
    WitInterface *i = wit_interface_new(model, p, STR("i"));
    WitType *r = own_type(model, i, "r", WIT_RESOURCE);
    add_func(i, func("f", anonymous(model, WIT_OWN, r), NULL));
    if (has_g) add_func(i, func("g", NULL, NULL));
    WitWorld *w = wit_world_new(model, p, STR("w"));
    add_interface(&w->imports, "", i);
    add_world_func(&w->exports, func("e", wit_prim(kind), NULL));
    return w;
}

static size_t misfits(const WitWorld *component, const WitWorld *target, DiagCode *first) {
    Diags diags = {.arena = arena};
    bool fits = wit_world_fits(component, target, &diags);
    CHECK(fits == (diags.errors == 0));
    *first = diags.errors ? diags.list.at[0].code : DIAG_CODE_COUNT;
    return diags.errors;
}

static void components_fit_worlds(void) {
    WitWorld *small = fitting(wit_model_new(arena), false, WIT_U8);
    WitWorld *large = fitting(wit_model_new(arena), true, WIT_U8);
    WitWorld *other = fitting(wit_model_new(arena), false, WIT_U16);
    DiagCode code;
    CHECK_EQ(misfits(small, large, &code), 0); /* an instance may have more than is needed */
    CHECK_EQ(misfits(large, small, &code), 1);
    CHECK_EQ(code, DIAG_MODEL_FIT_PART_MISSING);
    CHECK_EQ(misfits(small, other, &code), 1);
    CHECK_EQ(code, DIAG_MODEL_FIT_TYPE);
    add_world_func(&large->imports, func("more", NULL, NULL));
    CHECK_EQ(misfits(small, large, &code), 0);
    add_world_func(&large->exports, func("more", NULL, NULL));
    CHECK_EQ(misfits(small, large, &code), 1);
    CHECK_EQ(code, DIAG_MODEL_FIT_MISSING);
    CHECK_EQ(misfits(large, other, &code), 3); /* g, more, e: each is told */
}

int main(void) {
    arena = arena_new();
    RUN(importize_moves_exports);
    RUN(importize_refuses_clashes);
    RUN(exportize_moves_the_chosen);
    RUN(imports_of_one_track_become_one);
    RUN(each_direction_has_its_types);
    RUN(models_become_one);
    RUN(deep_differences_are_found);
    RUN(stability_is_taken_over_or_refused);
    RUN(packages_follow_their_needs);
    RUN(worlds_become_one);
    RUN(exports_keep_their_meaning);
    RUN(components_fit_worlds);
    arena_free(arena);
    return test_end("world");
}
