/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef COMPONENT_INTERNAL_H
#define COMPONENT_INTERNAL_H

#include "component/component.h"

/* What the files of component/ share among themselves. */

/* ---- the binary format: ids and codes (Binary.md) ---- */

enum { COMP_VERSION = 0x0d, COMP_LAYER = 1 };

/* Section ids are CompItemKind in another order. */
enum {
    COMP_SECTION_CUSTOM,
    COMP_SECTION_CORE_MODULE,
    COMP_SECTION_CORE_INSTANCE,
    COMP_SECTION_CORE_TYPE,
    COMP_SECTION_COMPONENT,
    COMP_SECTION_INSTANCE,
    COMP_SECTION_ALIAS,
    COMP_SECTION_TYPE,
    COMP_SECTION_CANON,
    COMP_SECTION_START,
    COMP_SECTION_IMPORT,
    COMP_SECTION_EXPORT,
    COMP_SECTION_VALUE
};

/* Codes of sorts (Binary.md `core:sort` and `sort`); a core sort stands after a byte 0x00. */
uint8_t comp_sort_code(CompSort sort);

/* The sections that hold one definition, without a count. */
bool comp_section_is_single(uint8_t id);
bool comp_option_has_index(CompOptionKind kind);

/* Nesting: of components in components, and of types in types. */
enum { COMP_MAX_DEPTH = 100 };

/* ---- the model's types in an index space (type_encode.c) ---- */

/* Puts types of the model into the index space of a builder, each once: named ones are exported or
 * imported as they are met, types of other interfaces are fetched by `foreign`. */
typedef struct CompTypeScope {
    CompBuilder *builder;
    const WitInterface *interface; /* whose types are defined here; NULL: those of a world */
    enum { COMP_NAME_BY_EXPORT_DECL, COMP_NAME_BY_IMPORT, COMP_NAME_NOT } naming;
    Map types;  /* WitType -> index */
    Map shapes; /* anonymous types by their parts -> index */
    Map funcs;  /* function types by their parts -> index */
    /* The index here of a type that belongs to another interface. */
    uint32_t (*foreign)(struct CompTypeScope *scope, const WitType *type);
    void *context;
} CompTypeScope;

CompValRef comp_scope_val(CompTypeScope *scope, const WitType *type); /* NULL: not present */
uint32_t comp_scope_func(CompTypeScope *scope, const WitFunc *func);  /* of its type */
/* The name of an item with its attributes. */
CompName comp_extern_name(Str name, bool has_external_id, Str external_id);

/* `package-docs`: docs and stability, which component types have no place for (package_docs.c). */
Str comp_package_docs(Arena *arena, const WitPackage *package);
/* Puts what such a section says into a package under construction; false where it is malformed. */
bool comp_take_package_docs(Arena *arena, Str bytes, WitPackage *package);
/* The `producers` section that names us. */
Str comp_producers(Arena *arena);

/* ---- the component-name section (names.c) ---- */

/* What is well-formed of it; never fails. `counts` are the sizes of the index spaces. */
void comp_names_decode(Arena *arena, Str bytes, const uint32_t counts[COMP_SORT_COUNT],
                       CompNames *names);
/* The bytes after the section's name; nothing where there are no names. */
void comp_names_encode(const CompNames *names, Buf *buf);

#endif
