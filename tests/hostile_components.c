/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* hostile_components FOLDER: writes components that are deep, huge, or claim to be, one file each. Those
 * whose name begins with `valid-` are (tests/hostile_components.sh wants them taken), `bad-` ones are
 * not. Some types are small in the file and enormous where they are used; what they cost must follow the
 * size of the file. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "component/component.h"

static Arena *arena;
static const char *folder;

enum { CORE_MODULE = 1, CORE_INSTANCE, CORE_TYPE, COMPONENT, INSTANCE, ALIAS, TYPE, CANON };
enum { IMPORT = 10, EXPORT };

static void write_file(const char *name, const Buf *bytes) {
    Diags diags = {.arena = arena};
    if (!file_write(arena, str_fmt(arena, "%s/%s.wasm", folder, name), buf_text(bytes), &diags))
        exit(1);
}

static Buf start(void) { return (Buf){.arena = arena}; }

static Buf header(void) {
    Buf b = start();
    buf_bytes(&b, "\0asm\x0d\0\1\0", 8);
    return b;
}

static void repeat(Buf *b, const char *bytes, size_t n, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) buf_bytes(b, bytes, n);
}

static void put_section(Buf *component, uint8_t id, const char *bytes, size_t n) {
    Buf inner = start();
    buf_bytes(&inner, bytes, n);
    buf_section(component, id, &inner);
}
#define SECTION(component, id, literal) put_section(component, id, literal, sizeof(literal) - 1)

/* A section of `count` times the same definition, and a component of nothing else. */
static void many(Buf *component, uint8_t id, uint32_t count, const char *bytes, size_t n) {
    Buf inner = start();
    buf_u32(&inner, count);
    repeat(&inner, bytes, n, count);
    buf_section(component, id, &inner);
}
#define MANY(component, id, count, literal) many(component, id, count, literal, sizeof(literal) - 1)

static void all_the_same(const char *name, uint8_t id, uint32_t count, const char *bytes,
                         size_t n) {
    Buf component = header();
    many(&component, id, count, bytes, n);
    write_file(name, &component);
}
#define SAME(name, id, count, literal) all_the_same(name, id, count, literal, sizeof(literal) - 1)

static void buf_numbered(Buf *b, const char *prefix, uint32_t i) {
    buf_name(b, str_fmt(arena, "%s%u", prefix, i));
}

/* ---- depth ---- */

static size_t leb_size(size_t n) { return n < 0x80 ? 1 : 1 + leb_size(n >> 7); }

/* `depth` components in one another. */
static void nested_components(const char *name, uint32_t depth) {
    size_t *sizes = ARENA_NEW_ARRAY(arena, size_t, depth);
    sizes[0] = 8;
    for (uint32_t i = 1; i < depth; i++) sizes[i] = 8 + 1 + leb_size(sizes[i - 1]) + sizes[i - 1];
    Buf all = start();
    for (uint32_t i = depth; i-- > 0;) {
        buf_bytes(&all, "\0asm\x0d\0\1\0", 8);
        if (i) buf_byte(&all, COMPONENT), buf_u64(&all, sizes[i - 1]);
    }
    write_file(name, &all);
}

/* Types of instances (0x42) or components (0x41) in one another. */
static void nested_types(const char *name, const char *open, uint32_t depth) {
    Buf component = header(), inner = start();
    buf_u32(&inner, 1);
    for (uint32_t i = 1; i < depth; i++) buf_bytes(&inner, open, 3);
    buf_byte(&inner, (uint8_t)open[0]);
    buf_byte(&inner, 0);
    buf_section(&component, TYPE, &inner);
    write_file(name, &component);
}

/* Each type made of the one before. */
static void tower(const char *name, uint32_t count, const char *code, size_t n, bool twice) {
    Buf component = header(), inner = start();
    buf_u32(&inner, count + 1);
    buf_byte(&inner, 0x7d);
    for (uint32_t i = 0; i < count; i++) {
        buf_bytes(&inner, code, n);
        buf_s64(&inner, i);
        if (twice) buf_s64(&inner, i);
    }
    buf_section(&component, TYPE, &inner);
    write_file(name, &component);
}

/* ---- chains ---- */

/* Aliases of aliases, and imports of types that equal the import before. */
static void alias_chain(const char *name, uint32_t count) {
    Buf component = header(), inner = start();
    SECTION(&component, TYPE, "\1\x7d");
    buf_u32(&inner, count);
    for (uint32_t i = 0; i < count; i++) {
        buf_bytes(&inner, "\3\2\0", 3);
        buf_u32(&inner, i);
    }
    buf_section(&component, ALIAS, &inner);
    write_file(name, &component);
}

static void put_equal(Buf *b, uint32_t i) {
    buf_byte(b, 0);
    buf_numbered(b, "a", i);
    buf_bytes(b, "\3\0", 2);
    buf_u32(b, i);
}

static Buf equal_imports(uint32_t count) {
    Buf component = header(), inner = start();
    SECTION(&component, TYPE, "\1\x6e\1\1a");
    buf_u32(&inner, count);
    for (uint32_t i = 0; i < count; i++) put_equal(&inner, i);
    buf_section(&component, IMPORT, &inner);
    return component;
}

static void equal_chain(const char *name, uint32_t count) {
    Buf component = equal_imports(count);
    write_file(name, &component);
}

/* The last name of a long chain of names goes in and out of a component that is instantiated: what
 * replaces types walks along the chain from its end. */
static void long_way_back(const char *name, uint32_t count) {
    Buf outer = header(), type = start(), inner = header(), decls = start();
    /* (type (instance (export "r" (type (sub resource))) (type (own 0)) names of it ...)) */
    buf_bytes(&decls, "\1\x42", 2);
    buf_u32(&decls, count + 2);
    buf_bytes(&decls, "\4\0\1r\3\1\1\x69\0", 9);
    for (uint32_t i = 0; i < count; i++) {
        buf_byte(&decls, 4);
        put_equal(&decls, i);
        decls.len -= leb_size(i);
        buf_u32(&decls, i + 1);
    }
    buf_section(&type, TYPE, &decls);
    /* (component (import "i" (instance (type 0))) (alias export 0 "aN" (type)) (export "x" (type 0))) */
    buf_str(&inner, buf_text(&type));
    SECTION(&inner, IMPORT, "\1\0\1i\5\0");
    Buf alias = start();
    buf_bytes(&alias, "\1\3\0\0", 4);
    buf_numbered(&alias, "a", count - 1);
    buf_section(&inner, ALIAS, &alias);
    SECTION(&inner, EXPORT, "\1\0\1x\3\1\0");
    buf_section(&outer, COMPONENT, &inner);
    buf_str(&outer, buf_text(&type));
    SECTION(&outer, IMPORT, "\1\0\1i\5\0");
    SECTION(&outer, INSTANCE, "\1\0\0\1\1i\5\0");
    write_file(name, &outer);
}

/* ---- types that are larger than they look ---- */

/* An instance type of ten times the one before, and again; then instances of the last. */
static void explosion(const char *name, uint32_t levels, uint32_t imports) {
    Buf component = header(), types = start();
    buf_u32(&types, levels + 1);
    buf_bytes(&types, "\x42\2\1\x40\0\1\0\4\0\1f\1\0",
              13); /* (instance (type (func)) (export "f")) */
    for (uint32_t i = 0; i < levels; i++) {
        buf_bytes(&types, "\x42\x0b\2\3\2\1", 6); /* 11 declarations: (alias outer 1 i (type)) */
        buf_u32(&types, i);
        for (char c = 'a'; c < 'a' + 10; c++) {
            buf_bytes(&types, "\4\0\1", 3);
            buf_byte(&types, (uint8_t)c);
            buf_bytes(&types, "\5\0", 2);
        }
    }
    buf_section(&component, TYPE, &types);
    Buf inner = start();
    buf_u32(&inner, imports);
    for (uint32_t i = 0; i < imports; i++) {
        buf_byte(&inner, 0);
        buf_numbered(&inner, "i", i);
        buf_byte(&inner, 5);
        buf_u32(&inner, levels);
    }
    buf_section(&component, IMPORT, &inner);
    write_file(name, &component);
}

/* (type (instance (export "rN" (type (sub resource)) | (func)) ...)) */
static void wide_instance(Buf *types, uint32_t width, bool resources) {
    buf_byte(types, 0x42);
    buf_u32(types, width + !resources);
    if (!resources) buf_bytes(types, "\1\x40\0\1\0", 5);
    for (uint32_t i = 0; i < width; i++) {
        buf_bytes(types, "\4\0", 2);
        buf_numbered(types, "r", i);
        buf_bytes(types, resources ? "\3\1" : "\1\0", 2);
    }
}

/* Nested components that each import an instance of one wide type. */
static void imported_often(const char *name, uint32_t width, uint32_t components, bool resources) {
    Buf outer = header(), types = start(), inner = header();
    buf_u32(&types, 1);
    wide_instance(&types, width, resources);
    buf_section(&outer, TYPE, &types);
    SECTION(&inner, ALIAS, "\1\3\2\1\0");
    SECTION(&inner, IMPORT, "\1\0\1i\5\0");
    for (uint32_t i = 0; i < components; i++) buf_section(&outer, COMPONENT, &inner);
    write_file(name, &outer);
}

/* One component with wide imports and exports, instantiated again and again. */
static void instantiated_often(const char *name, uint32_t width, uint32_t times, bool resources) {
    Buf outer = header(), types = start(), inner = header(), instances = start();
    buf_u32(&types, 1);
    wide_instance(&types, width, resources);
    buf_section(&inner, TYPE, &types);
    SECTION(&inner, IMPORT, "\1\0\1i\5\0");
    SECTION(&inner, EXPORT, "\1\0\1x\5\0\0");
    buf_section(&outer, COMPONENT, &inner);
    buf_section(&outer, TYPE, &types);
    SECTION(&outer, IMPORT, "\1\0\1i\5\0");
    buf_u32(&instances, times);
    repeat(&instances, "\0\0\1\1i\5\0", 7, times);
    buf_section(&outer, INSTANCE, &instances);
    write_file(name, &outer);
}

/* A component type of many imports, and as many arguments of two such types that are compared. */
static void compared_often(const char *name, uint32_t width, uint32_t times) {
    Buf outer = header(), types = start(), inner = header(), instances = start();
    buf_u32(&types, 1);
    buf_byte(&types, 0x41);
    buf_u32(&types, width + 1);
    buf_bytes(&types, "\1\x40\0\1\0", 5);
    for (uint32_t i = 0; i < width; i++) {
        buf_bytes(&types, "\3\0", 2);
        buf_numbered(&types, "f", i);
        buf_bytes(&types, "\1\0", 2);
    }
    buf_section(&inner, TYPE, &types);
    SECTION(&inner, IMPORT, "\1\0\1c\4\0");
    buf_section(&outer, COMPONENT, &inner);
    buf_section(&outer, TYPE, &types);
    SECTION(&outer, IMPORT, "\1\0\1c\4\0");
    buf_u32(&instances, times);
    repeat(&instances, "\0\0\1\1c\4\1", 7, times);
    buf_section(&outer, INSTANCE, &instances);
    write_file(name, &outer);
}

/* (core type (module (type (func)) (import "" "fN" (func)) ...)) and instances of a component that
 * wants such a module. */
static void modules_compared_often(const char *name, uint32_t width, uint32_t times) {
    Buf outer = header(), types = start(), inner = header(), instances = start();
    buf_bytes(&types, "\1\x50", 2);
    buf_u32(&types, width + 1);
    buf_bytes(&types, "\1\x60\0\0", 4);
    for (uint32_t i = 0; i < width; i++) {
        buf_bytes(&types, "\0\0", 2);
        buf_numbered(&types, "f", i);
        buf_bytes(&types, "\0\0", 2);
    }
    buf_section(&inner, CORE_TYPE, &types);
    SECTION(&inner, IMPORT, "\1\0\1m\0\x11\0");
    buf_section(&outer, COMPONENT, &inner);
    buf_section(&outer, CORE_TYPE, &types);
    SECTION(&outer, IMPORT, "\1\0\1m\0\x11\0");
    buf_u32(&instances, times);
    repeat(&instances, "\0\0\1\1m\0\x11\0", 8, times);
    buf_section(&outer, INSTANCE, &instances);
    write_file(name, &outer);
}

/* A core module of `width` imports, instantiated again and again from one bag. */
static void linked_often(const char *name, uint32_t width, uint32_t times) {
    Buf outer = header(), module = start(), section = start(), instances = start();
    buf_bytes(&module, "\0asm\1\0\0\0\1\4\1\x60\0\0", 14);
    buf_u32(&section, width);
    for (uint32_t i = 0; i < width; i++) {
        buf_byte(&section, 0);
        buf_numbered(&section, "f", i);
        buf_bytes(&section, "\0\0", 2);
    }
    buf_section(&module, 2, &section);
    buf_section(&outer, CORE_MODULE, &module);
    module = start(), section = start();
    buf_bytes(&module, "\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0", 18);
    buf_u32(&section, width);
    for (uint32_t i = 0; i < width; i++) {
        buf_numbered(&section, "f", i);
        buf_bytes(&section, "\0\0", 2);
    }
    buf_section(&module, 7, &section);
    buf_bytes(&module, "\x0a\4\1\2\0\x0b", 6);
    buf_section(&outer, CORE_MODULE, &module);
    buf_u32(&instances, times + 1);
    buf_bytes(&instances, "\0\1\0", 3);
    repeat(&instances, "\0\0\1\0\x12\0", 6, times);
    buf_section(&outer, CORE_INSTANCE, &instances);
    write_file(name, &outer);
}

/* A function type of a thousand parameters, and many aliases of it. */
static void core_type_aliases(const char *name, uint32_t count) {
    Buf outer = header(), inner = header(), type = start();
    buf_bytes(&type, "\1\x60", 2);
    buf_u32(&type, 1000);
    repeat(&type, "\x7f", 1, 1000);
    buf_byte(&type, 0);
    buf_section(&outer, CORE_TYPE, &type);
    MANY(&inner, ALIAS, count, "\0\x10\2\1\0");
    buf_section(&outer, COMPONENT, &inner);
    write_file(name, &outer);
}

/* Functions whose parameter is a result of results, lowered often. */
static void lowered_often(const char *name, uint32_t depth, uint32_t times) {
    Buf component = header(), types = start(), canons = start();
    buf_u32(&types, depth + 2);
    buf_bytes(&types, "\x6a\0\0", 3);
    for (uint32_t i = 0; i < depth; i++) {
        buf_bytes(&types, "\x6a\1", 2);
        buf_s64(&types, i);
        buf_byte(&types, 1);
        buf_s64(&types, i);
    }
    buf_bytes(&types, "\x40\1\1v", 4);
    buf_s64(&types, depth);
    buf_bytes(&types, "\1\0", 2);
    buf_section(&component, TYPE, &types);
    SECTION(&component, IMPORT, "\1\0\1f\1\0");
    component.ptr[component.len - 1] = (uint8_t)(depth + 1);
    buf_u32(&canons, times);
    repeat(&canons, "\1\0\0\0", 4, times);
    buf_section(&component, CANON, &canons);
    write_file(name, &component);
}

static void lists_of_lists(const char *name, uint32_t depth) {
    Buf component = header(), types = start();
    buf_u32(&types, depth);
    buf_bytes(&types, "\x67\x7d\x10", 3);
    for (uint32_t i = 1; i < depth; i++) {
        buf_byte(&types, 0x67);
        buf_s64(&types, i - 1);
        buf_byte(&types, 0x10);
    }
    buf_section(&component, TYPE, &types);
    write_file(name, &component);
}

/* ---- for the passes that cut, share and wire: each exports functions ---- */

/* `count` functions "f0", ... of a core module, lifted by type `type` and exported. */
static void put_functions(Buf *component, uint32_t type, uint32_t count) {
    Buf module = start(), funcs = start(), exports = start(), codes = start();
    Buf aliases = start(), lifts = start(), names = start();
    Buf *const all[] = {&funcs, &exports, &codes, &aliases, &lifts, &names};
    for (int i = 0; i < 6; i++) buf_u32(all[i], count);
    for (uint32_t i = 0; i < count; i++) {
        buf_byte(&funcs, 0);
        buf_numbered(&exports, "f", i), buf_byte(&exports, 0), buf_u32(&exports, i);
        buf_bytes(&codes, "\2\0\x0b", 3);
        buf_bytes(&aliases, "\0\0\1\0", 4), buf_numbered(&aliases, "f", i);
        buf_bytes(&lifts, "\0\0", 2), buf_u32(&lifts, i);
        buf_byte(&lifts, 0), buf_u32(&lifts, type);
        buf_byte(&names, 0), buf_numbered(&names, "f", i);
        buf_byte(&names, 1), buf_u32(&names, i), buf_byte(&names, 0);
    }
    buf_bytes(&module, "\0asm\1\0\0\0\1\4\1\x60\0\0", 14);
    buf_section(&module, 3, &funcs);
    buf_section(&module, 7, &exports);
    buf_section(&module, 10, &codes);
    buf_section(component, CORE_MODULE, &module);
    SECTION(component, CORE_INSTANCE, "\1\0\0\0");
    buf_section(component, ALIAS, &aliases);
    SECTION(component, TYPE, "\1\x40\0\1\0");
    buf_section(component, CANON, &lifts);
    buf_section(component, EXPORT, &names);
}

static Buf of_types(uint32_t types) {
    Buf component = header();
    MANY(&component, TYPE, types, "\x7d");
    return component;
}

/* `instances` of a component in each of `depth` around it; `taken`: "f0" of the inmost goes all the way
 * out, else the outermost has one of its own. */
static void instances_inside(const char *name, Buf inner, uint32_t depth, uint32_t instances,
                             bool taken) {
    for (uint32_t i = 0; i < depth; i++) {
        Buf outer = header();
        buf_section(&outer, COMPONENT, &inner);
        MANY(&outer, INSTANCE, instances, "\0\0\0");
        if (taken) SECTION(&outer, ALIAS, "\1\1\0\0\2f0");
        if (taken) SECTION(&outer, EXPORT, "\1\0\2f0\1\0\0");
        inner = outer;
    }
    if (!taken) put_functions(&inner, 0, 1);
    write_file(name, &inner);
}

static void passes(void) {
    Buf cut = of_types(900000), functions = header(), socket = header(), exports = start();
    instances_inside("valid-pass-wide", cut, 1, 990, false);
    instances_inside("valid-pass-deep", cut, 97, 1, false);
    instances_inside("valid-pass-branches", header(), 97, 900, false);
    put_functions(&cut, 900000, 1);
    instances_inside("valid-pass-taken", cut, 97, 1, true);
    put_functions(&functions, 0, 100000);
    write_file("valid-pass-functions", &functions);
    SECTION(&socket, TYPE, "\1\x40\0\1\0");
    buf_u32(&exports, 100000);
    for (uint32_t i = 0; i < 100000; i++)
        buf_byte(&exports, 0), buf_numbered(&exports, "f", i), buf_bytes(&exports, "\1\0", 2);
    buf_section(&socket, IMPORT, &exports);
    SECTION(&socket, EXPORT, "\1\0\1g\1\0\0");
    write_file("valid-pass-socket", &socket);
}

/* ---- names ---- */

static void named_imports(const char *name, uint32_t count, const char *text) {
    Buf component = header(), inner = start();
    SECTION(&component, TYPE, "\1\x40\0\1\0");
    buf_u32(&inner, count);
    for (uint32_t i = 0; i < count; i++) {
        buf_byte(&inner, 0);
        buf_name(&inner, text ? str_from(text) : str_fmt(arena, "f%u", i));
        buf_bytes(&inner, "\1\0", 2);
    }
    buf_section(&component, IMPORT, &inner);
    write_file(name, &component);
}

static void one_name(const char *name, Str text) {
    Buf component = header(), inner = start();
    SECTION(&component, TYPE, "\1\x40\0\1\0");
    buf_bytes(&inner, "\1\0", 2);
    buf_name(&inner, text);
    buf_bytes(&inner, "\1\0", 2);
    buf_section(&component, IMPORT, &inner);
    write_file(name, &component);
}

static void record(const char *name, uint32_t fields) {
    Buf component = header(), inner = start();
    buf_bytes(&inner, "\1\x72", 2);
    buf_u32(&inner, fields);
    for (uint32_t i = 0; i < fields; i++) {
        buf_numbered(&inner, "f", i);
        buf_byte(&inner, 0x7d);
    }
    buf_section(&component, TYPE, &inner);
    write_file(name, &component);
}

/* ---- what is said and not there ---- */

static void claims(const char *name, uint8_t id, const char *prefix, size_t n) {
    Buf component = header(), inner = start();
    buf_bytes(&inner, prefix, n);
    buf_u32(&inner, UINT32_MAX);
    buf_section(&component, id, &inner);
    write_file(name, &component);
}
#define CLAIMS(name, id, prefix) claims(name, id, prefix, sizeof(prefix) - 1)

static void all_claims(void) {
    CLAIMS("bad-claims-core-instances", CORE_INSTANCE, "");
    CLAIMS("bad-claims-core-types", CORE_TYPE, "");
    CLAIMS("bad-claims-instances", INSTANCE, "");
    CLAIMS("bad-claims-aliases", ALIAS, "");
    CLAIMS("bad-claims-types", TYPE, "");
    CLAIMS("bad-claims-canons", CANON, "");
    CLAIMS("bad-claims-imports", IMPORT, "");
    CLAIMS("bad-claims-exports", EXPORT, "");
    CLAIMS("bad-claims-arguments", INSTANCE, "\1\0\0");
    CLAIMS("bad-claims-bag", INSTANCE, "\1\1");
    CLAIMS("bad-claims-core-arguments", CORE_INSTANCE, "\1\0\0");
    CLAIMS("bad-claims-fields", TYPE, "\1\x72");
    CLAIMS("bad-claims-cases", TYPE, "\1\x71");
    CLAIMS("bad-claims-flags", TYPE, "\1\x6e");
    CLAIMS("bad-claims-tuple", TYPE, "\1\x6f");
    CLAIMS("bad-claims-list", TYPE, "\1\x67\x7d");
    CLAIMS("bad-claims-params", TYPE, "\1\x40");
    CLAIMS("bad-claims-declarations", TYPE, "\1\x42");
    CLAIMS("bad-claims-component-type", TYPE, "\1\x41");
    CLAIMS("bad-claims-module-type", CORE_TYPE, "\1\x50");
    CLAIMS("bad-claims-options", CANON, "\1\1\0\0");
    CLAIMS("bad-claims-start", 9, "\0");
    CLAIMS("bad-claims-outer", ALIAS, "\1\3\2");
    CLAIMS("bad-claims-name", IMPORT, "\1\0");
    CLAIMS("bad-claims-attributes", IMPORT, "\1\2\1a");
    CLAIMS("valid-claims-names", 0,
           "\x0e"
           "component-name\1\x0f\1");
    CLAIMS("valid-claims-name-index", 0,
           "\x0e"
           "component-name\1\x08\1\1");
    CLAIMS("valid-claims-metadata", 0, "\x08producers");
}

static void all_names(void) {
    named_imports("valid-imports", 900000, NULL);
    named_imports("bad-same-imports", 900000, "f");
    named_imports("bad-names", 900000, "F-f_");
    Buf x = start();
    repeat(&x, "x", 1, 100000);
    one_name("valid-long-name", buf_text(&x));
    repeat(&x, "x", 1, 1);
    one_name("bad-long-name", buf_text(&x));
    one_name("bad-utf8", STR("\xff\xfe"));
    one_name("bad-terminal", STR("\x1b[31mred"));
    one_name("bad-version", STR("a:b/c@99999999999999999999999999.0.0"));
    record("valid-record", 10000);
    record("bad-record", 10001);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    arena = arena_new();
    folder = argv[1];
    all_claims();
    passes();
    nested_components("valid-components", 99);
    nested_components("bad-components", 10000);
    nested_types("valid-instance-types", "\x42\1\1", 99);
    nested_types("bad-instance-types", "\x42\1\1", 10000);
    nested_types("bad-component-types", "\x41\1\1", 1000000);
    tower("valid-tower", 98, "\x6b", 1, false);
    tower("bad-tower", 100000, "\x6b", 1, false);
    tower("bad-twins", 100, "\x6f\2", 2, true);
    SAME("valid-types", TYPE, 999999, "\x70\x7d");
    SAME("bad-types", TYPE, 5000000, "\x70\x7d");
    SAME("bad-resources", TYPE, 3000000, "\x3f\x7f\0");
    SAME("bad-aliases", ALIAS, 2000000, "\3\2\0\0");
    SAME("bad-canons", CANON, 5000000, "\x24");
    SAME("bad-core-types", CORE_TYPE, 3000000, "\x60\0\0");
    SAME("bad-instances", INSTANCE, 5000000, "\1\0");
    SAME("bad-core-instances", CORE_INSTANCE, 5000000, "\1\0");
    alias_chain("valid-alias-chain", 900000);
    equal_chain("valid-equal-chain", 300000);
    long_way_back("valid-long-way-back", 300000);
    explosion("valid-explosion", 3, 3);
    explosion("bad-explosion", 7, 1);
    explosion("bad-explosion-twice", 5, 1000);
    imported_often("valid-imported", 1000, 900, false);
    imported_often("bad-imported", 300000, 900, false);
    imported_often("bad-imported-resources", 300000, 900, true);
    instantiated_often("valid-instantiated", 100, 900, true);
    instantiated_often("bad-instantiated", 100000, 900, false);
    instantiated_often("bad-instantiated-resources", 100000, 900, true);
    compared_often("valid-compared", 1000, 300);
    compared_often("bad-compared", 300000, 900);
    modules_compared_often("valid-modules-compared", 1000, 900);
    modules_compared_often("bad-modules-compared", 90000, 900);
    linked_often("valid-linked", 1000, 900);
    linked_often("bad-linked", 300000, 900);
    core_type_aliases("valid-core-aliases", 60000);
    core_type_aliases("bad-core-aliases", 900000);
    lowered_often("valid-lowered", 5, 10000);
    lowered_often("bad-lowered", 14, 900000);
    lists_of_lists("bad-lists", 90);
    all_names();
    arena_free(arena);
    return 0;
}
