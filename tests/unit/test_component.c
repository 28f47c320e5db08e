/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Component binaries: decode, encode, names, the builders, validation, subtyping. Bytes are spelled
 * by hand from Binary.md; what is refused, from the rules of Explainer.md. */
#include "tests/test.h"

#include "base/file.h"
#include "component/component.h"

static Arena *arena;
static Diags diags;

#define BYTES(literal) ((Str){(literal), sizeof(literal) - 1})
#define HEADER         "\0asm\x0d\0\1\0"
#define MODULE         "\0asm\1\0\0\0"

static CompComponent *decode(Str bytes) {
    diags = (Diags){.arena = arena};
    return comp_decode(arena, source_of(arena, STR("t.wasm"), bytes), features_all(), &diags);
}

static Str encode(const CompComponent *component) {
    Buf buf = {.arena = arena};
    comp_encode(component, &buf);
    return buf_text(&buf);
}

static bool says(const char *phrase) {
    return diags.list.len > 0 &&
           str_find_str(diags.list.at[0].message, str_from(phrase), 0) != SIZE_MAX;
}

static bool malformed(Str bytes, const char *phrase) { return !decode(bytes) && says(phrase); }

static const CompInfo *info_of(const CompComponent *component, Features features) {
    diags = (Diags){.arena = arena};
    return component ? comp_validate(arena, component, features, &diags) : NULL;
}

static bool invalid(const CompBuilder *b, const char *phrase) {
    return !info_of(comp_finish(b), features_all()) && says(phrase);
}

static bool valid(const CompBuilder *b) {
    if (info_of(comp_finish(b), features_all())) return true;
    if (diags.list.len) printf("%.*s\n", STR_ARG(diags.list.at[0].message));
    return false;
}

#define ROUND_TRIP(literal)                                                                        \
    do {                                                                                           \
        CompComponent *c_ = decode(BYTES(literal));                                                \
        CHECK(c_ != NULL);                                                                         \
        if (c_) CHECK(str_eq(encode(c_), BYTES(literal)));                                         \
    } while (0)

/* ---- bytes ---- */

static void framing(void) {
    ROUND_TRIP(HEADER);
    CHECK(comp_is_component(BYTES(HEADER)) && !comp_is_module(BYTES(HEADER)));
    CHECK(comp_is_module(BYTES(MODULE)) && !comp_is_component(BYTES(MODULE)));
    CHECK(malformed(BYTES(""), "unexpected end"));
    CHECK(malformed(BYTES("\1asm\x0d\0\1\0"), "magic header"));
    CHECK(malformed(BYTES("\0asm\x0c\0\1\0"), "unknown binary version"));
    CHECK(malformed(BYTES(MODULE), "expected a version header for a component"));
    CHECK(malformed(BYTES(HEADER "\x0d\0"), "malformed section id: 13"));
    CHECK(malformed(BYTES(HEADER "\x07\x03\0"), "unexpected end-of-file"));
    CHECK(malformed(BYTES(HEADER "\x07\x02\0\0"), "unexpected data at the end"));
    CHECK(malformed(BYTES(HEADER HEADER), "expected section, got wasm magic number"));
    CHECK(malformed(BYTES(HEADER "\x04\x08" MODULE), "version header for a component"));
    CHECK(malformed(BYTES(HEADER "\x01\x08" HEADER), "version header for a module"));
}

static void definitions(void) {
    ROUND_TRIP(HEADER "\x01\x08" MODULE "\x04\x08" HEADER);
    ROUND_TRIP(HEADER "\x00\x05\x02hixy");
    CHECK(malformed(BYTES(HEADER "\x07\x05\x01\x72\x01\x01"
                                 "a\x7f"),
                    "unexpected end-of-file"));
}

/* Two sections of one kind stay two; the same definitions when built are one section. */
static void sections(void) {
    ROUND_TRIP(HEADER "\x07\x02\x01\x73"
                      "\x07\x03\x01\x70\x00");
    ROUND_TRIP(HEADER "\x07\x04\x02\x73\x70\x00");
    CompBuilder b = comp_builder(arena);
    CompTypedef string = {.sort = COMP_TYPEDEF_VALUE, .kind = WIT_STRING};
    CompTypedef list = {.sort = COMP_TYPEDEF_VALUE, .kind = WIT_LIST};
    list.elem = comp_ref(comp_add_type(&b, &string));
    CHECK_EQ(comp_add_type(&b, &list), 1);
    CHECK(str_eq(encode(comp_finish(&b)), BYTES(HEADER "\x07\x04\x02\x73\x70\x00")));
}

static void types(void) {
    ROUND_TRIP(HEADER "\x07\x06\x01\x72\x01\x01"
                      "a\x7f");                                 /* record { a: bool } */
    ROUND_TRIP(HEADER "\x07\x08\x01\x71\x01\x01x\x01\x7e\x00"); /* variant { x(s8) } */
    ROUND_TRIP(HEADER "\x07\x05\x01\x6e\x01\x01"
                      "f");
    ROUND_TRIP(HEADER "\x07\x05\x01\x6a\x01\x77\x00"); /* result<u64> */
    ROUND_TRIP(HEADER "\x07\x05\x01\x40\x00\x01\x00"); /* func() */
    ROUND_TRIP(HEADER "\x07\x03\x01\x42\x00"
                      "\x07\x03\x01\x41\x00");
    ROUND_TRIP(HEADER "\x07\x04\x01\x3f\x7f\x00");
    ROUND_TRIP(HEADER "\x03\x04\x01\x60\x00\x00");         /* core func type */
    ROUND_TRIP(HEADER "\x03\x06\x01\x00\x50\x00\x5f\x00"); /* sub (struct), not final */
    CHECK(malformed(BYTES(HEADER "\x07\x02\x01\x62"), "(0x62) for component defined type"));
    CHECK(malformed(BYTES(HEADER "\x07\x04\x01\x42\x01\x05"), "instance type declaration"));
}

/* An instance type in an instance type ..., too deep. */
static void nesting(void) {
    Buf buf = {.arena = arena};
    buf_bytes(&buf, HEADER, 8);
    Buf inner = {.arena = arena};
    buf_bytes(&inner, "\x42\x00", 2);
    for (int i = 0; i < 200; i++) {
        Buf outer = {.arena = arena};
        buf_bytes(&outer, "\x42\x01\x01", 3);
        buf_str(&outer, buf_text(&inner));
        inner = outer;
    }
    Buf section = {.arena = arena};
    buf_byte(&section, 1);
    buf_str(&section, buf_text(&inner));
    buf_section(&buf, 7, &section);
    CHECK(malformed(buf_text(&buf), "nesting too deep"));
}

static void every_canon(void) {
    for (CompCanonOp op = 0; op < COMP_CANON_COUNT; op++) {
        CompBuilder b = comp_builder(arena);
        CompCanon canon = {.op = op,
                           .func = 1,
                           .type = 2,
                           .core_type = 3,
                           .table = 4,
                           .memory = 5,
                           .slot = 6,
                           .value_type = CORE_I32};
        comp_add_canon(&b, &canon);
        Str bytes = encode(comp_finish(&b));
        CompComponent *again = decode(bytes);
        CHECK(again && again->items.at[0].canon.op == op);
        if (again) CHECK(str_eq(encode(again), bytes));
    }
}

/* Options keep the order in which they stand. */
static void options(void) {
    CompBuilder b = comp_builder(arena);
    CompOptions o = {0};
    comp_add_option(arena, &o, COMP_OPTION_MEMORY, 3);
    comp_add_option(arena, &o, COMP_OPTION_UTF16, 0);
    comp_add_option(arena, &o, COMP_OPTION_ASYNC, 0);
    comp_add_lower(&b, 7, o);
    Str bytes = encode(comp_finish(&b));
    CHECK(str_eq(bytes, BYTES(HEADER "\x08\x09\x01\x01\x00\x07\x03\x03\x03\x01\x06")));
    CompComponent *c = decode(bytes);
    CHECK(c && c->items.at[0].canon.options.has_memory && c->items.at[0].canon.options.memory == 3);
    CHECK(c && c->items.at[0].canon.options.encoding == ABI_UTF16);
}

static void names(void) {
    CompBuilder b = comp_builder(arena);
    comp_set_name(arena, &b.names, COMP_CORE_MODULE, comp_add_module(&b, BYTES(MODULE)), STR("m"));
    b.names.component = STR("c");
    Str bytes = encode(comp_finish(&b));
    CompComponent *c = decode(bytes);
    CHECK(c != NULL);
    if (!c) return;
    CHECK_STR(c->names.component, "c");
    CHECK_STR(comp_get_name(&c->names, COMP_CORE_MODULE, 0), "m");
    CHECK_STR(comp_get_name(&c->names, COMP_CORE_MODULE, 1), "");
    CHECK(str_eq(encode(c), bytes));
    /* Garbage in the section is nobody's fault. */
    CHECK(decode(BYTES(HEADER "\x00\x12\x0e"
                              "component-name\xff\xfe\x01")) != NULL);
}

/* ---- meaning ---- */

static uint32_t add_func_type(CompBuilder *b, CompValRef param, CompValRef result) {
    CompTypedef func = {.sort = COMP_TYPEDEF_FUNC, .elem = result};
    if (param.present) *vec_push(arena, &func.fields) = (CompField){STR("p"), param};
    return comp_add_type(b, &func);
}

/* An instance type { r: resource; f: func(p: own<r>) }. */
static const CompTypedef *resource_interface(void) {
    CompBuilder b = comp_builder(arena);
    CompTypedef own = {.sort = COMP_TYPEDEF_VALUE, .kind = WIT_OWN};
    own.elem = comp_ref(comp_add_export_decl(&b, comp_name(STR("r")), comp_extern_resource()));
    uint32_t handle = comp_add_type(&b, &own);
    uint32_t func = add_func_type(&b, comp_ref(handle), (CompValRef){0});
    comp_add_export_decl(&b, comp_name(STR("f")), comp_extern(COMP_FUNC, func));
    return comp_finish_type(&b, COMP_TYPEDEF_INSTANCE);
}

/* Two imports of one instance type have two resources, and what they export is apart. */
static void resource_identity(void) {
    CompBuilder b = comp_builder(arena);
    uint32_t type = comp_add_type(&b, resource_interface());
    comp_add_import(&b, comp_name(STR("x")), comp_extern(COMP_INSTANCE, type));
    comp_add_import(&b, comp_name(STR("y")), comp_extern(COMP_INSTANCE, type));
    uint32_t r1 = comp_add_alias(&b, COMP_TYPE, 0, STR("r"));
    uint32_t r2 = comp_add_alias(&b, COMP_TYPE, 1, STR("r"));
    comp_add_alias(&b, COMP_FUNC, 0, STR("f"));
    comp_add_alias(&b, COMP_FUNC, 1, STR("f"));
    const CompInfo *info = info_of(comp_finish(&b), features_all());
    CHECK(info != NULL);
    if (!info) return;
    CHECK_EQ(info->type.imported_resources.len, 2);
    const CompEntity *a = &info->spaces[COMP_TYPE].at[r1], *c = &info->spaces[COMP_TYPE].at[r2];
    CHECK(wit_dealias(a->type)->kind == WIT_RESOURCE);
    CHECK(wit_dealias(a->type) != wit_dealias(c->type));
    diags = (Diags){.arena = arena};
    const CompEntity *f = info->spaces[COMP_FUNC].at;
    CHECK(comp_subtype(arena, &f[0], &f[0], span_none(), &diags));
    CHECK(!comp_subtype(arena, &f[0], &f[1], span_none(), &diags));
    CHECK(says("resource types are not the same"));
    CHECK_STR(comp_entity_text(arena, &f[0]), "func(p: own<r>)");
}

/* component (import "i" (instance { r, f })) (export "g" (func with i's r)), instantiated with x:
 * g then speaks of x's r. */
static void instantiation(void) {
    CompBuilder inner = comp_builder(arena);
    uint32_t type = comp_add_type(&inner, resource_interface());
    comp_add_import(&inner, comp_name(STR("i")), comp_extern(COMP_INSTANCE, type));
    uint32_t f = comp_add_alias(&inner, COMP_FUNC, 0, STR("f"));
    comp_add_export(&inner, comp_name(STR("g")), COMP_FUNC, f, NULL);
    CompBuilder b = comp_builder(arena);
    uint32_t component = comp_add_component(&b, comp_finish(&inner));
    uint32_t outer_type = comp_add_type(&b, resource_interface());
    uint32_t x = comp_add_import(&b, comp_name(STR("x")), comp_extern(COMP_INSTANCE, outer_type));
    uint32_t r = comp_add_alias(&b, COMP_TYPE, x, STR("r"));
    CompArg arg = comp_arg(STR("i"), COMP_INSTANCE, x);
    uint32_t made = comp_add_instance(&b, component, &arg, 1);
    uint32_t g = comp_add_alias(&b, COMP_FUNC, made, STR("g"));
    const CompInfo *info = info_of(comp_finish(&b), features_all());
    CHECK(info != NULL);
    if (!info) return;
    const WitType *own = info->spaces[COMP_FUNC].at[g].func->params.at[0].type;
    CHECK(wit_resource_of(own) == wit_dealias(info->spaces[COMP_TYPE].at[r].type));
    CHECK_EQ(info->components.len, 1);
    CompBuilder bad = b;
    bad.items.len -= 2;
    comp_add_instance(&bad, component, NULL, 0);
    CHECK(invalid(&bad, "missing import named `i`"));
}

static void named_types(void) {
    CompBuilder b = comp_builder(arena);
    CompTypedef record = {.sort = COMP_TYPEDEF_VALUE, .kind = WIT_RECORD};
    *vec_push(arena, &record.fields) = (CompField){STR("a"), comp_prim(WIT_U8)};
    uint32_t plain = comp_add_type(&b, &record);
    CompBuilder named = b;
    uint32_t func = add_func_type(&b, comp_ref(plain), (CompValRef){0});
    comp_add_import(&b, comp_name(STR("f")), comp_extern(COMP_FUNC, func));
    CHECK(invalid(&b, "func not valid to be used as import"));
    uint32_t name = comp_add_import(&named, comp_name(STR("r")), comp_extern_eq(plain));
    func = add_func_type(&named, comp_ref(name), (CompValRef){0});
    comp_add_import(&named, comp_name(STR("f")), comp_extern(COMP_FUNC, func));
    CHECK(valid(&named));
}

static void extern_names(void) {
    static const struct {
        const char *name, *phrase; /* NULL: good */
    } cases[] = {
        {"a", NULL},
        {"a-B-c0", NULL},
        {"wasi:io/streams@0.2.12", NULL},
        {"wasi:io/streams", NULL},
        {"", "not a valid extern name"},
        {"aB", "not in kebab case"},
        {"a_b", "not in kebab case"},
        {"wasi:io", "expected `/` after package name"},
        {"WASI:io/x", "is not lowercase"},
        {"Wasi:io/x", "not in kebab case"},
        {"wasi:io/x@1", "unexpected end of input"},
        {"wasi:io/x@01.0.0", "leading zero"},
        {"[method]a", "failed to find `.` character"},
        {"[method]a.b", "at least one argument"},
        {"[static]a.b", "not known in this context"},
        {"url=<http://x>", NULL},
        {"integrity=<sha256-!>", "not valid base64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CompBuilder b = comp_builder(arena);
        uint32_t func = add_func_type(&b, (CompValRef){0}, (CompValRef){0});
        comp_add_import(&b, comp_name(str_from(cases[i].name)), comp_extern(COMP_FUNC, func));
        bool good = cases[i].phrase ? invalid(&b, cases[i].phrase) : valid(&b);
        if (!good)
            printf("`%s`: %.*s\n", cases[i].name,
                   STR_ARG(diags.list.len ? diags.list.at[0].message : STR("accepted")));
        CHECK(good);
    }
}

static void unique_names(void) {
    CompBuilder b = comp_builder(arena);
    uint32_t func = add_func_type(&b, (CompValRef){0}, (CompValRef){0});
    comp_add_import(&b, comp_name(STR("a-b")), comp_extern(COMP_FUNC, func));
    CompBuilder same = b;
    comp_add_import(&b, comp_name(STR("c")), comp_extern(COMP_FUNC, func));
    CHECK(valid(&b));
    comp_add_import(&same, comp_name(STR("A-b")), comp_extern(COMP_FUNC, func));
    CHECK(invalid(&same, "import name `A-b` conflicts with previous name `a-b`"));
}

/* A type whose unfolded size doubles with every step is refused, not walked. */
static void type_size(void) {
    CompBuilder b = comp_builder(arena);
    CompTypedef unit = {.sort = COMP_TYPEDEF_VALUE, .kind = WIT_U8};
    uint32_t last = comp_add_type(&b, &unit);
    for (int i = 0; i < 40; i++) {
        CompTypedef pair = {.sort = COMP_TYPEDEF_VALUE, .kind = WIT_TUPLE};
        for (int k = 0; k < 2; k++)
            *vec_push(arena, &pair.fields) = (CompField){.type = comp_ref(last)};
        last = comp_add_type(&b, &pair);
    }
    CHECK(invalid(&b, "effective type size exceeds the limit"));
}

static void gates(void) {
    CompBuilder b = comp_builder(arena);
    comp_add_canon(&b, &(CompCanon){.op = COMP_CANON_THREAD_INDEX});
    CHECK(!info_of(comp_finish(&b), features_default()));
    CHECK(says("requires the component model threading feature"));
    CHECK(valid(&b));
}

/* lower of func(p: string) asks for memory. */
static void canonical(void) {
    CompBuilder b = comp_builder(arena);
    uint32_t func = add_func_type(&b, comp_prim(WIT_STRING), (CompValRef){0});
    uint32_t f = comp_add_import(&b, comp_name(STR("f")), comp_extern(COMP_FUNC, func));
    CompBuilder beyond = b;
    comp_add_lower(&b, f, (CompOptions){0});
    CHECK(invalid(&b, "canonical option `memory` is required"));
    comp_add_lower(&beyond, f + 1, (CompOptions){0});
    CHECK(invalid(&beyond, "unknown function 1: function index out of bounds"));
}

/* Value definitions: type, byte count, bytes. All are unused, which is said once the form is good. */
static void values(void) {
    static const struct {
        Str value;
        const char *phrase;
    } cases[] = {
        {STR_INIT("\x7f\x01\x01"), "was not used"}, /* bool */
        {STR_INIT("\x7f\x01\x02"), "not a value of a `bool` type"},
        {STR_INIT("\x7b\x03\xff\xff\x03"), "was not used"}, /* u16 65535 */
        {STR_INIT("\x7b\x03\x80\x80\x04"), "not a value of a `u16` type"},
        {STR_INIT("\x7c\x03\x80\x80\x7e"), "was not used"}, /* s16 -32768 */
        {STR_INIT("\x76\x04\0\0\xc0\x7f"), "was not used"}, /* f32 nan */
        {STR_INIT("\x76\x04\1\0\xc0\x7f"), "not a value of a `f32` type"},
        {STR_INIT("\x74\x02\xc3\xa9"), "was not used"}, /* char */
        {STR_INIT("\x74\x01\xc3"), "not a value of a `char` type"},
        {STR_INIT("\x73\x03\x02hi"), "was not used"}, /* string */
        {STR_INIT("\x73\x02\x02h"), "unexpected end"},
        {STR_INIT("\x7d\x02\x01\x01"), "bytes are left"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Buf b = {.arena = arena}, section = {.arena = arena};
        buf_bytes(&b, HEADER, 8);
        buf_byte(&section, 1);
        buf_str(&section, cases[i].value);
        buf_section(&b, 12, &section);
        CompComponent *c = decode(buf_text(&b));
        CHECK(c && !info_of(c, features_all()) && says(cases[i].phrase));
        if (c) CHECK(str_eq(encode(c), buf_text(&b)));
    }
}

/* Names are the component's: those that are too long have the path of all such, and so has what lies in them. */
static void paths(void) {
    CompComponent c = {0};
    char name[999];
    memset(name, 'n', sizeof name);
    comp_set_name(arena, &c.names, COMP_INSTANCE, 1, STR("logger"));
    comp_set_name(arena, &c.names, COMP_INSTANCE, 2, (Str){name, sizeof name});
    comp_set_name(arena, &c.names, COMP_INSTANCE, 3, (Str){name, sizeof name - 1});
    Str zero = comp_instance_path(arena, (Str){0}, &c, 0);
    CHECK_STR(zero, "0");
    CHECK_STR(comp_instance_path(arena, zero, &c, 1), "0/logger");
    Str long_ = comp_instance_path(arena, (Str){0}, &c, 2);
    CHECK_EQ(long_.len, sizeof name);
    CHECK_EQ(comp_instance_path(arena, zero, &c, 3).len, sizeof name + 1);
    CHECK_STR(comp_instance_path(arena, zero, &c, 2), "/");
    CHECK_STR(comp_instance_path(arena, long_, &c, 0), "/");
    CHECK_STR(comp_instance_path(arena, STR("/"), &c, 1), "/");
}

int main(void) {
    arena = arena_new();
    RUN(framing);
    RUN(definitions);
    RUN(sections);
    RUN(types);
    RUN(nesting);
    RUN(every_canon);
    RUN(options);
    RUN(names);
    RUN(resource_identity);
    RUN(instantiation);
    RUN(named_types);
    RUN(extern_names);
    RUN(unique_names);
    RUN(type_size);
    RUN(gates);
    RUN(canonical);
    RUN(values);
    RUN(paths);
    arena_free(arena);
    return test_end("component");
}
