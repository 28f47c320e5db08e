/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "tests/test.h"

#include "model/model.h"

static Arena *arena;

static WitType *record(WitModel *model, const WitType *x, const WitType *y) {
    WitType *type = wit_type_new(model, WIT_RECORD);
    *vec_push(arena, &type->fields) = (WitField){.name = STR("x"), .type = x};
    *vec_push(arena, &type->fields) = (WitField){.name = STR("y"), .type = y};
    return type;
}

static void kinds_have_their_rows(void) {
    CHECK(strcmp(wit_kind_keyword(WIT_ERROR_CONTEXT), "error-context") == 0);
    CHECK_EQ(wit_kind_code(WIT_BORROW), 0x68);
    CHECK_EQ(wit_kind_shape(WIT_MAP), WIT_SHAPE_PAIR);
    CHECK_EQ(wit_prim(WIT_CHAR)->kind, WIT_CHAR);
    Feature feature;
    CHECK(!wit_kind_feature(WIT_RECORD, &feature));
    CHECK(wit_kind_feature(WIT_MAP, &feature) && feature == FEATURE_CM_MAP);
}

static void ids_and_lookups(void) {
    WitModel *model = wit_model_new(arena);
    Semver version;
    CHECK(semver_parse(STR("0.2.12"), &version));
    WitPackage *plain = wit_package_new(model, STR("a"), STR("b"), (Semver){0});
    WitPackage *package = wit_package_new(model, STR("wasi"), STR("io"), version);
    WitInterface *interface = wit_interface_new(model, package, STR("streams"));
    WitInterface *in_place = wit_interface_new(model, package, (Str){0});
    WitWorld *world = wit_world_new(model, plain, STR("w"));
    CHECK_STR(wit_package_id(arena, plain), "a:b");
    CHECK_STR(wit_package_id(arena, package), "wasi:io@0.2.12");
    CHECK_STR(wit_interface_id(arena, interface), "wasi:io/streams@0.2.12");
    CHECK_STR(wit_interface_id(arena, in_place), "");
    CHECK_STR(wit_world_id(arena, world), "a:b/w");
    CHECK_EQ(package->interfaces.len, 1);
    CHECK_EQ(in_place->id, 1);
    CHECK(wit_find_package(model, STR("wasi"), STR("io"), version) == package);
    CHECK(!wit_find_package(model, STR("wasi"), STR("io"), (Semver){0}));
    CHECK(wit_find_interface(package, STR("streams")) == interface);
    CHECK(wit_find_world(plain, STR("w")) == world && !wit_find_world(plain, STR("x")));
    WitItem item = {.kind = WIT_ITEM_INTERFACE, .interface = interface};
    CHECK_STR(wit_item_name(arena, &item), "wasi:io/streams@0.2.12");
    item.name = STR("plain");
    CHECK_STR(wit_item_name(arena, &item), "plain");
}

static void equal_anonymous_types_are_one(void) {
    WitModel *model = wit_model_new(arena);
    Map table = {0};
    WitType list = {.kind = WIT_LIST, .elem = wit_prim(WIT_U8)};
    const WitType *a = wit_intern(model, &table, &list), *b = wit_intern(model, &table, &list);
    CHECK(a == b && a->elem == wit_prim(WIT_U8));
    list.elem = wit_prim(WIT_S8);
    CHECK(wit_intern(model, &table, &list) != a);
    WitType fixed = {.kind = WIT_FIXED_LIST, .elem = wit_prim(WIT_U8), .length = 4};
    const WitType *four = wit_intern(model, &table, &fixed);
    fixed.length = 5;
    CHECK(wit_intern(model, &table, &fixed) != four);
    WitType ok = {.kind = WIT_RESULT, .elem = wit_prim(WIT_U8)};
    WitType err = {.kind = WIT_RESULT, .second = wit_prim(WIT_U8)};
    CHECK(wit_intern(model, &table, &ok) != wit_intern(model, &table, &err));
    CHECK_EQ(model->types.len, 6);
}

static void equality_is_structural(void) {
    WitModel *model = wit_model_new(arena);
    const WitType *u8 = wit_prim(WIT_U8), *string = wit_prim(WIT_STRING);
    WitType *a = record(model, u8, string), *b = record(model, u8, string);
    CHECK(wit_type_equal(a, b));
    WitType *alias = wit_type_new(model, WIT_ALIAS);
    alias->elem = b;
    CHECK(wit_type_equal(alias, a));
    CHECK(!wit_type_equal(a, record(model, string, u8)));
    b->fields.at[0].name = STR("z");
    CHECK(!wit_type_equal(alias, a));
    CHECK(!wit_type_equal(wit_type_new(model, WIT_RESOURCE), wit_type_new(model, WIT_RESOURCE)));
    WitType *own = wit_type_new(model, WIT_OWN), *resource = wit_type_new(model, WIT_RESOURCE);
    own->elem = resource;
    CHECK(wit_resource_of(own) == resource && wit_resource_of(resource) == resource);
}

/* Two chains whose unfolding has 2^1000 nodes. */
static void equality_of_dense_graphs_is_quick(void) {
    WitModel *model = wit_model_new(arena);
    const WitType *a = wit_prim(WIT_U8), *b = a;
    for (int i = 0; i < 1000; i++) a = record(model, a, a), b = record(model, b, b);
    CHECK(wit_type_equal(a, b));
    CHECK(!wit_has_borrow(a) && !wit_has_list(a));
    for (int i = 0; i < 100000; i++) a = record(model, a, a);
    CHECK(!wit_has_list(a));
    CHECK(!wit_type_equal(a, b));
}

static void searches(void) {
    WitModel *model = wit_model_new(arena);
    WitType *resource = wit_type_new(model, WIT_RESOURCE),
            *borrow = wit_type_new(model, WIT_BORROW);
    borrow->elem = resource;
    WitType *alias = wit_type_new(model, WIT_ALIAS), *stream = wit_type_new(model, WIT_STREAM);
    alias->elem = borrow;
    CHECK(wit_has_borrow(record(model, alias, wit_prim(WIT_U8))));
    CHECK(!wit_has_borrow(resource) && !wit_has_borrow(NULL));
    stream->elem = wit_prim(WIT_STRING);
    CHECK(!wit_has_list(stream)); /* a handle: its values need no memory */
    CHECK(wit_has_list(record(model, wit_prim(WIT_STRING), stream)));
}

static void labels(void) {
    CHECK(wit_is_label(STR("a")) && wit_is_label(STR("a1-2-3")) && !wit_is_label(STR("Ab")));
    CHECK(wit_is_label(STR("AB-c-D1")) && wit_is_label(STR("a-0b")));
    CHECK(!wit_is_label(STR("")) && !wit_is_label(STR("-a")) && !wit_is_label(STR("a-")));
    CHECK(!wit_is_label(STR("a--b")) && !wit_is_label(STR("1a")) && !wit_is_label(STR("a_b")));
    CHECK(!wit_is_label(STR("a-bC")));
}

/* The example of Explainer.md, "Name Uniqueness". */
static void unique_keys(void) {
    static const char *const together[] = {
        "foo", "foo-bar", "[constructor]foo", "[method]foo.bar", "[static]foo.baz", "foo:bar/baz"};
    static const char *const clashing[] = {"foo",
                                           "FOO",
                                           "foo-BAR",
                                           "[constructor]FOO",
                                           "[method]foo.BAR",
                                           "[static]foo.bar",
                                           "[method]foo.baz",
                                           "[method]foo.foo",
                                           "[static]foo-BAR.FOO-bar",
                                           "foo:bar/BAZ"};
    Map keys = {0};
    bool added;
    for (size_t i = 0; i < 6; i++) {
        map_put(arena, &keys, wit_unique_key(arena, str_from(together[i])), &added);
        CHECK(added);
    }
    for (size_t i = 0; i < 10; i++)
        CHECK(map_get(&keys, wit_unique_key(arena, str_from(clashing[i]))));
}

/* a: type t; b: use a.{t}; c: use b.{t} (and a.{t} as s where `both`). */
static WitModel *chain(WitInterface *out[3], bool both) {
    WitModel *model = wit_model_new(arena);
    WitPackage *package = wit_package_new(model, STR("p"), STR("q"), (Semver){0});
    const WitType *last = wit_prim(WIT_U8);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"a", "b", "c"};
        out[i] = wit_interface_new(model, package, str_from(names[i]));
        WitType *type = wit_type_new(model, WIT_ALIAS);
        type->name = STR("t"), type->interface = out[i], type->elem = last;
        last = *vec_push(arena, &out[i]->types) = type;
    }
    if (both) {
        WitType *type = wit_type_new(model, WIT_ALIAS);
        type->name = STR("s"), type->interface = out[2], type->elem = out[0]->types.at[0];
        *vec_push(arena, &out[2]->types) = type;
    }
    return model;
}

static void list(WitItems *items, const WitInterface *interface) {
    *vec_push(arena, items) = (WitItem){.kind = WIT_ITEM_INTERFACE, .interface = interface};
}

static void needs_of_imports_come_first(void) {
    WitInterface *i[3];
    WitModel *model = chain(i, false);
    WitWorld *world = wit_world_new(model, model->packages.at[0], STR("w"));
    Diags diags = {.arena = arena};
    list(&world->imports, i[1]);
    list(&world->exports, i[2]);
    list(&world->exports, i[1]);
    CHECK(wit_elaborate(model, world, &diags));
    CHECK_EQ(world->imports.len, 2);
    CHECK(world->imports.at[0].interface == i[0] && world->imports.at[1].interface == i[1]);
    CHECK_EQ(world->exports.len, 2);
    CHECK(world->exports.at[0].interface == i[1] && world->exports.at[1].interface == i[2]);
    CHECK(wit_elaborate(model, world, &diags)); /* twice is once */
    CHECK_EQ(world->imports.len + world->exports.len, 4);
}

static void import_of_an_export_is_refused(void) {
    for (int order = 0; order < 2; order++) {
        WitInterface *i[3];
        WitModel *model = chain(i, true);
        WitWorld *world = wit_world_new(model, model->packages.at[0], STR("w"));
        Diags diags = {.arena = arena};
        list(&world->exports, i[order ? 2 : 0]);
        list(&world->exports, i[order ? 0 : 2]);
        CHECK(!wit_elaborate(model, world, &diags));
        CHECK_EQ(diags.errors, 1);
        CHECK_EQ(world->imports.len, 0);
        const Diag *d = &diags.list.at[0];
        CHECK_EQ(d->notes.len, 4);
        CHECK_STR(d->notes.at[0].message, "the world exports `p:q/c`");
        CHECK_STR(d->notes.at[3].message,
                  "add `export p:q/b;` to the world, or remove `export p:q/a;`");
        list(&world->exports, i[1]);
        CHECK(wit_elaborate(model, world, &diags));
    }
}

static DiagCode code_of_selection(const WitModel *model, const char *name) {
    Diags diags = {.arena = arena};
    return wit_select_world(model, str_from(name), &diags) ? DIAG_CODE_COUNT
                                                           : diags.list.at[0].code;
}

static void worlds_are_selected(void) {
    WitModel *model = wit_model_new(arena);
    Semver one = {0}, two = {0};
    CHECK(semver_parse(STR("1.0.0"), &one) && semver_parse(STR("2.0.0"), &two));
    CHECK_EQ(code_of_selection(model, ""), DIAG_MODEL_NO_PACKAGE);
    WitPackage *a1 = wit_package_new(model, STR("x"), STR("a"), one);
    WitPackage *a2 = wit_package_new(model, STR("x"), STR("a"), two);
    WitPackage *b1 = wit_package_new(model, STR("x"), STR("b"), one);
    WitPackage *last = wit_package_new(model, STR("x"), STR("main"), (Semver){0});
    CHECK_EQ(code_of_selection(model, ""), DIAG_MODEL_NO_WORLD);
    wit_world_new(model, a1, STR("w")), wit_world_new(model, a2, STR("w"));
    wit_world_new(model, b1, STR("w")), wit_world_new(model, last, STR("foo"));
    Diags diags = {.arena = arena};
    CHECK(wit_select_world(model, STR(""), &diags) == last->worlds.at[0]);
    CHECK(wit_select_world(model, STR("x:a/w@2.0.0"), &diags) == a2->worlds.at[0]);
    CHECK(wit_select_world(model, STR("x:b/w"), &diags) == b1->worlds.at[0]);
    CHECK(wit_select_world(model, STR("x:main/foo"), &diags) == last->worlds.at[0]);
    CHECK_EQ(code_of_selection(model, "x:a/w"), DIAG_MODEL_PACKAGE_AMBIGUOUS);
    CHECK_EQ(code_of_selection(model, "x:b/w@3.0.0"), DIAG_MODEL_PACKAGE_UNKNOWN);
    CHECK_EQ(code_of_selection(model, "fo"), DIAG_MODEL_WORLD_UNKNOWN);
    CHECK_EQ(code_of_selection(model, "x:b"), DIAG_MODEL_WORLD_PATH);
    wit_world_new(model, last, STR("bar"));
    CHECK_EQ(code_of_selection(model, ""), DIAG_MODEL_MANY_WORLDS);
}

int main(void) {
    arena = arena_new();
    RUN(kinds_have_their_rows);
    RUN(ids_and_lookups);
    RUN(equal_anonymous_types_are_one);
    RUN(equality_is_structural);
    RUN(equality_of_dense_graphs_is_quick);
    RUN(searches);
    RUN(labels);
    RUN(unique_keys);
    RUN(needs_of_imports_come_first);
    RUN(import_of_an_export_is_refused);
    RUN(worlds_are_selected);
    arena_free(arena);
    return test_end("model");
}
