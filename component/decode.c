/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Bytes to components: the mirror of encode.c (Binary.md).
 *
 *     00 61 73 6d | 0d 00 | 01 00 | sections...
 *     magic        version  layer
 *
 *     section:  id, byte count, then by id one definition (core module, component, start, custom)
 *               or a vector of definitions of one kind
 *
 * Sections come in any order, so a component is a list of definitions (CompItem) and each definition
 * remembers where its section ended: the encoder puts the same ones together again. The reader is
 * sticky: functions read straight on, and look for a failure only where they loop or recurse.
 * Components nest, and so do types; both recursions end at COMP_MAX_DEPTH.
 *
 * What is malformed is found here; what is written well but means nothing is validate.c's matter.
 */
#include "component/internal.h"

typedef struct {
    Arena *arena;
    Features features;
    unsigned depth; /* of components */
    uint32_t counts[COMP_SORT_COUNT];
    CompComponent *into;
    const CompTypedef *prims[WIT_KIND_COUNT]; /* one of each kind, once it was met */
} Decoder;

enum {
    MAX_ARGS = 100000,
    MAX_OPTIONS = 10,
    MAX_START_ARGS = 1000,
    MAX_PARAMS = 1000,
    MAX_FIELDS = 10000, /* of a record or tuple, cases of a variant or enum */
    MAX_FLAGS = 1000,
    MAX_DECLS = 1000000,
    MAX_MODULE_DECLS = 100000,
    MAX_MODULE_SIZE = 1 << 30
};

/* ---- small parts ---- */

static void bad_byte(Reader *r, size_t at, uint8_t byte, const char *what) {
    reader_fail(r, at, COMP_LEADING_BYTE, byte, what);
}

/* A flag byte, 0x00 or 0x01. */
static bool read_bool(Reader *r) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r);
    if (byte > 1) reader_fail(r, at, COMP_BOOLEAN, byte);
    return byte == 1;
}

/* <T>? ::= 0x00 | 0x01 t:<T>; whether there is one. */
static bool read_optional(Reader *r, const char *what) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r);
    if (byte > 1) bad_byte(r, at, byte, what);
    return byte == 1;
}

static bool core_sort(uint8_t code, CompSort *sort) {
    switch (code) {
    case 0x00: *sort = COMP_CORE_FUNC; return true;
    case 0x01: *sort = COMP_CORE_TABLE; return true;
    case 0x02: *sort = COMP_CORE_MEMORY; return true;
    case 0x03: *sort = COMP_CORE_GLOBAL; return true;
    case 0x04: *sort = COMP_CORE_TAG; return true;
    case 0x10: *sort = COMP_CORE_TYPE; return true;
    case 0x11: *sort = COMP_CORE_MODULE; return true;
    case 0x12: *sort = COMP_CORE_INSTANCE; return true;
    default: return false;
    }
}

static bool component_sort(uint8_t code, CompSort *sort) {
    switch (code) {
    case 0x01: *sort = COMP_FUNC; return true;
    case 0x02: *sort = COMP_VALUE; return true;
    case 0x03: *sort = COMP_TYPE; return true;
    case 0x04: *sort = COMP_COMPONENT; return true;
    case 0x05: *sort = COMP_INSTANCE; return true;
    default: return false;
    }
}

/* The sorts that can be imported and exported: sort, of the core ones only `module`. */
static CompSort read_extern_sort(Reader *r) {
    static const char what[] = "component external kind";
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r);
    CompSort sort = COMP_FUNC;
    if (byte == 0x00) {
        byte = reader_u8(r);
        if (byte != 0x11) bad_byte(r, at + 1, byte, what);
        return COMP_CORE_MODULE;
    }
    if (!component_sort(byte, &sort)) bad_byte(r, at, byte, what);
    return sort;
}

/* core:sort of what core instances export. */
static CompSort read_core_extern_sort(Reader *r) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r);
    CompSort sort = COMP_CORE_FUNC;
    if (!core_sort(byte, &sort) || sort > COMP_CORE_TAG) bad_byte(r, at, byte, "external kind");
    return sort;
}

/* attribute ::= 0x00 implements | 0x01 versionsuffix | 0x02 external-id */
static void read_attribute(Reader *r, CompName *name) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r);
    static const char *const words[] = {"implements", "versionsuffix", "external-id"};
    Str *texts[] = {&name->implements, &name->version_suffix, &name->external_id};
    bool *flags[] = {&name->has_implements, &name->has_version_suffix, &name->has_external_id};
    if (byte > 2) {
        bad_byte(r, at, byte, "name option");
        return;
    }
    Str text = reader_name(r);
    if (*flags[byte]) reader_fail(r, at, COMP_ATTRIBUTE_TWICE, words[byte]);
    *flags[byte] = true;
    *texts[byte] = text;
}

/* nameattributes ::= 0x00 name | 0x01 name | 0x02 name vec(attribute) */
static CompName read_extern_name(Decoder *d, Reader *r) {
    size_t at = reader_offset(r);
    CompName name = {.code = reader_u8(r)};
    if (name.code > 2) bad_byte(r, at, name.code, "component name");
    if (name.code == 2 && !feature_on(d->features, CM_IMPLEMENTS) &&
        !feature_on(d->features, CM_CANON_NAMES))
        reader_fail(r, at, COMP_FEATURE, "attributes of names",
                    feature_name(FEATURE_CM_IMPLEMENTS));
    name.name = reader_name(r);
    if (name.code == 2) {
        uint32_t n = reader_count(r, MAX_ARGS, "name attribute");
        for (uint32_t i = 0; i < n && !r->failed; i++) read_attribute(r, &name);
    }
    return name;
}

/* ---- value types ---- */

static bool prim_kind(uint8_t code, WitKind *kind) {
    for (WitKind k = 0; k < WIT_KIND_COUNT; k++)
        if (wit_kind_shape(k) == WIT_SHAPE_PRIM && wit_kind_code(k) == code) {
            *kind = k;
            return true;
        }
    return false;
}

/* valtype ::= primvaltype | typeidx, as an s33 of which the negative ones are the primitives */
static CompValRef read_val(Reader *r) {
    CompValRef ref = {.present = true};
    if (reader_left(r) && prim_kind(reader_peek(r), &ref.prim)) {
        reader_u8(r);
        return ref;
    }
    ref.is_index = true;
    ref.index = (uint32_t)reader_s33(r);
    return ref;
}

static CompValRef read_optional_val(Reader *r) {
    return read_optional(r, "optional component value type") ? read_val(r) : (CompValRef){0};
}

/* resultlist ::= 0x00 valtype | 0x01 0x00 */
static CompValRef read_result(Reader *r) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r);
    if (byte == 0x00 && !r->failed) return read_val(r);
    if (byte != 0x01) {
        bad_byte(r, at, byte, "component function results");
    } else {
        byte = reader_u8(r);
        if (byte != 0x00) bad_byte(r, at + 1, byte, "number of results");
    }
    return (CompValRef){0};
}

/* What one element of a FIELDS type has: a label, a type, an optional type and a zero byte. */
static CompField read_field(Reader *r, WitKind kind) {
    CompField field = {0};
    if (kind != WIT_TUPLE) field.name = reader_name(r);
    if (kind == WIT_RECORD || kind == WIT_TUPLE) field.type = read_val(r);
    if (kind == WIT_VARIANT) {
        field.type = read_optional_val(r);
        size_t at = reader_offset(r);
        uint8_t zero = reader_u8(r);
        if (zero != 0) bad_byte(r, at, zero, "zero byte required");
    }
    return field;
}

static void read_fields(Decoder *d, Reader *r, CompTypedef *type) {
    static const char *const what[WIT_KIND_COUNT] = {
        [WIT_RECORD] = "record field", [WIT_VARIANT] = "variant cases", [WIT_TUPLE] = "tuple types",
        [WIT_FLAGS] = "flag names",    [WIT_ENUM] = "enum cases",
    };
    uint32_t limit = type->kind == WIT_FLAGS ? MAX_FLAGS : MAX_FIELDS;
    uint32_t n = reader_count(r, limit, what[type->kind]);
    for (uint32_t i = 0; i < n && !r->failed; i++)
        *vec_push(d->arena, &type->fields) = read_field(r, type->kind);
}

/* defvaltype, after its code */
static void read_defined(Decoder *d, Reader *r, CompTypedef *type) {
    switch (wit_kind_shape(type->kind)) {
    case WIT_SHAPE_PRIM: break;
    case WIT_SHAPE_FIELDS: read_fields(d, r, type); break;
    case WIT_SHAPE_ELEM:
        type->elem = type->kind == WIT_STREAM || type->kind == WIT_FUTURE ? read_optional_val(r)
                                                                          : read_val(r);
        if (type->kind == WIT_FIXED_LIST) type->length = reader_u32(r);
        break;
    case WIT_SHAPE_PAIR:
        type->elem = type->kind == WIT_MAP ? read_val(r) : read_optional_val(r);
        type->second = type->kind == WIT_MAP ? read_val(r) : read_optional_val(r);
        break;
    case WIT_SHAPE_HANDLE: type->elem = comp_ref(reader_u32(r)); break;
    case WIT_SHAPE_NAMED: break;
    }
}

/* ---- types ---- */

static void read_type(Decoder *d, Reader *r, unsigned depth, CompItem *item);
static void read_core_type(Decoder *d, Reader *r, CompItem *item);
static void read_alias(Decoder *d, Reader *r, CompItem *item);

/* externtype ::= sort, then by sort a type index, a value bound or a type bound */
static CompExternType read_extern_type(Reader *r) {
    CompExternType type = {.sort = read_extern_sort(r)};
    size_t at = reader_offset(r);
    if (type.sort == COMP_VALUE) {
        type.value = read_val(r); /* all tools write the type alone, without the valuebound byte */
        return type;
    }
    if (type.sort == COMP_TYPE) {
        uint8_t byte = reader_u8(r);
        if (byte > 1) bad_byte(r, at, byte, "type bound");
        type.is_resource = byte == 1;
        if (type.is_resource) return type;
    }
    type.index = reader_u32(r);
    return type;
}

static void read_import(Decoder *d, Reader *r, CompItem *item) {
    item->kind = COMP_ITEM_IMPORT;
    item->import.name = read_extern_name(d, r);
    item->import.type = read_extern_type(r);
}

/* instancedecl ::= 0x00 core:type | 0x01 type | 0x02 alias | 0x04 exportdecl
 * componentdecl ::= 0x03 importdecl | instancedecl */
static void read_decl(Decoder *d, Reader *r, bool imports, unsigned depth, CompItem *item) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r);
    item->offset = reader_offset(r);
    if (byte == 0x00) {
        read_core_type(d, r, item);
    } else if (byte == 0x01) {
        read_type(d, r, depth + 1, item);
    } else if (byte == 0x02) {
        read_alias(d, r, item);
    } else if (byte == 0x03 && imports) {
        read_import(d, r, item);
    } else if (byte == 0x04) {
        item->kind = COMP_ITEM_EXPORT;
        item->export.name = read_extern_name(d, r);
        item->export.type = read_extern_type(r);
        item->export.sort = item->export.type.sort;
        item->export.has_type = true;
    } else {
        bad_byte(r, at, byte, "component or instance type declaration");
    }
}

static void read_decls(Decoder *d, Reader *r, CompTypedef *type, unsigned depth) {
    bool imports = type->sort == COMP_TYPEDEF_COMPONENT;
    if (depth >= COMP_MAX_DEPTH) {
        reader_fail(r, reader_offset(r), COMP_NESTING, "types");
        return;
    }
    uint32_t n = reader_count(r, MAX_DECLS, "component or instance type declaration");
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        CompItem item = {0};
        read_decl(d, r, imports, depth, &item);
        *vec_push(d->arena, &type->items) = item;
    }
}

/* functype ::= 0x40 vec(label valtype) resultlist, or 0x43 for async */
static void read_func(Decoder *d, Reader *r, CompTypedef *type) {
    uint32_t n = reader_count(r, MAX_PARAMS, "component function parameters");
    for (uint32_t i = 0; i < n && !r->failed; i++)
        *vec_push(d->arena, &type->fields) = read_field(r, WIT_RECORD);
    type->elem = read_result(r);
}

/* resourcetype ::= 0x3f core:valtype core:funcidx? */
static void read_resource(Reader *r, CompTypedef *type) {
    type->kind = WIT_RESOURCE;
    type->rep = core_read_val_type(r);
    type->has_dtor = read_optional(r, "resource destructor");
    if (type->has_dtor) type->dtor = reader_u32(r);
}

static bool defined_kind(uint8_t code, WitKind *kind) {
    for (WitKind k = 0; k < WIT_KIND_COUNT; k++)
        if (wit_kind_shape(k) != WIT_SHAPE_NAMED && wit_kind_code(k) == code) {
            *kind = k;
            return true;
        }
    return false;
}

/* primvaltype, the commonest type by itself */
static const CompTypedef *primitive(Decoder *d, uint8_t code) {
    WitKind kind;
    if (!defined_kind(code, &kind) || wit_kind_shape(kind) != WIT_SHAPE_PRIM) return NULL;
    if (!d->prims[kind]) {
        CompTypedef *type = ARENA_NEW(d->arena, CompTypedef);
        *type = (CompTypedef){.sort = COMP_TYPEDEF_VALUE, .kind = kind};
        d->prims[kind] = type;
    }
    return d->prims[kind];
}

/* deftype ::= defvaltype | functype | componenttype | instancetype | resourcetype */
static void read_type(Decoder *d, Reader *r, unsigned depth, CompItem *item) {
    size_t at = reader_offset(r);
    uint8_t code = reader_u8(r);
    item->kind = COMP_ITEM_TYPE;
    item->type = primitive(d, code);
    if (item->type && !r->failed) return;
    CompTypedef *type = ARENA_NEW(d->arena, CompTypedef);
    item->type = type;
    if (r->failed) return;
    switch (code) {
    case 0x3f:
        type->sort = COMP_TYPEDEF_RESOURCE;
        read_resource(r, type);
        return;
    case 0x40:
    case 0x43:
        type->sort = COMP_TYPEDEF_FUNC;
        type->is_async = code == 0x43;
        read_func(d, r, type);
        return;
    case 0x41:
        type->sort = COMP_TYPEDEF_COMPONENT;
        read_decls(d, r, type, depth);
        return;
    case 0x42:
        type->sort = COMP_TYPEDEF_INSTANCE;
        read_decls(d, r, type, depth);
        return;
    default:
        type->sort = COMP_TYPEDEF_VALUE;
        if (defined_kind(code, &type->kind)) read_defined(d, r, type);
        else bad_byte(r, at, code, "component defined type");
    }
}

/* ---- core types ---- */

/* core:alias ::= 0x10 0x01 count index */
static void read_decl_alias(Reader *r, CompModuleDecl *decl) {
    size_t at = reader_offset(r);
    uint8_t kind = reader_u8(r);
    if (kind != 0x10) bad_byte(r, at, kind, "outer alias kind");
    uint8_t target = reader_u8(r);
    if (target != 0x01) bad_byte(r, at + 1, target, "outer alias target");
    decl->count = reader_u32(r);
    decl->index = reader_u32(r);
}

/* core:rectype, as a module of nothing else */
static const CoreModule *read_group(Decoder *d, Reader *r) {
    CoreModule *types = core_module_new(d->arena);
    types->source = r->source;
    core_read_group(d->arena, r, d->features, types);
    return types;
}

/* core:moduledecl ::= 0x00 core:import | 0x01 core:type | 0x02 core:alias | 0x03 core:exportdecl */
static CompModuleDecl read_module_decl(Decoder *d, Reader *r) {
    CompModuleDecl decl = {.offset = reader_offset(r)};
    uint8_t byte = reader_u8(r);
    switch (byte) {
    case 0x00:
        decl.kind = COMP_DECL_IMPORT;
        decl.module = reader_name(r);
        decl.name = reader_name(r);
        decl.type = core_read_extern_type(d->arena, r, d->features);
        break;
    case 0x01:
        decl.kind = COMP_DECL_TYPE;
        decl.types = read_group(d, r);
        break;
    case 0x02:
        decl.kind = COMP_DECL_ALIAS;
        read_decl_alias(r, &decl);
        break;
    case 0x03:
        decl.kind = COMP_DECL_EXPORT;
        decl.name = reader_name(r);
        decl.type = core_read_extern_type(d->arena, r, d->features);
        break;
    default: bad_byte(r, decl.offset, byte, "type definition");
    }
    return decl;
}

/* core:deftype ::= core:rectype | 0x00 0x50 ... (a sub type that is not final) | 0x50 vec(moduledecl) */
static void read_core_type(Decoder *d, Reader *r, CompItem *item) {
    item->kind = COMP_ITEM_CORE_TYPE;
    if (reader_peek(r) == 0x50) {
        reader_u8(r);
        CompModuleType *module = ARENA_NEW(d->arena, CompModuleType);
        uint32_t n = reader_count(r, MAX_MODULE_DECLS, "module type declaration");
        for (uint32_t i = 0; i < n && !r->failed; i++)
            *vec_push(d->arena, &module->decls) = read_module_decl(d, r);
        item->core_type.module = module;
        return;
    }
    if (reader_left(r) && reader_peek(r) == 0x00) {
        reader_u8(r);
        if (reader_left(r) && reader_peek(r) != 0x50)
            bad_byte(r, reader_offset(r), reader_peek(r), "non-final sub type");
    }
    item->core_type.types = read_group(d, r);
}

/* ---- instances ---- */

static CompArg read_core_arg(Reader *r, bool is_export) {
    CompArg arg = {.offset = reader_offset(r)};
    arg.name.name = reader_name(r);
    if (is_export) {
        arg.sort = read_core_extern_sort(r);
    } else {
        size_t at = reader_offset(r);
        uint8_t byte = reader_u8(r);
        if (byte != 0x12) bad_byte(r, at, byte, "instantiation arg kind");
        arg.sort = COMP_CORE_INSTANCE;
    }
    arg.index = reader_u32(r);
    return arg;
}

static CompArg read_arg(Decoder *d, Reader *r, bool is_export) {
    CompArg arg = {.offset = reader_offset(r)};
    if (is_export) arg.name = read_extern_name(d, r);
    else arg.name.name = reader_name(r);
    arg.sort = read_extern_sort(r);
    arg.index = reader_u32(r);
    return arg;
}

/* core:instanceexpr ::= 0x00 moduleidx vec(arg) | 0x01 vec(export), and the same for components */
static void read_instance(Decoder *d, Reader *r, bool core, CompItem *item) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r);
    item->kind = core ? COMP_ITEM_CORE_INSTANCE : COMP_ITEM_INSTANCE;
    if (byte > 1) {
        bad_byte(r, at, byte, core ? "core instance" : "instance");
        return;
    }
    bool is_exports = byte == 1;
    item->instance.is_exports = is_exports;
    if (!is_exports) item->instance.index = reader_u32(r);
    uint32_t n = reader_count(r, MAX_ARGS, "instantiation arguments");
    for (uint32_t i = 0; i < n && !r->failed; i++)
        *vec_push(d->arena, &item->instance.args) =
            core ? read_core_arg(r, is_exports) : read_arg(d, r, is_exports);
}

/* ---- aliases ---- */

/* The sorts that outer aliases know: core type, core module, type, component. */
static bool is_outer_sort(CompSort sort) {
    return sort == COMP_CORE_TYPE || sort == COMP_CORE_MODULE || sort == COMP_TYPE ||
           sort == COMP_COMPONENT;
}

/* alias ::= sort 0x00 instanceidx name | sort 0x01 core:instanceidx name | sort 0x02 count index */
static void read_alias(Decoder *d, Reader *r, CompItem *item) {
    (void)d;
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r), first = byte;
    bool is_core = byte == 0x00;
    if (is_core) byte = reader_u8(r);
    size_t target_at = reader_offset(r);
    uint8_t target = reader_u8(r);
    CompSort sort = COMP_FUNC;
    bool known = is_core ? core_sort(byte, &sort) : component_sort(byte, &sort);
    const char *what = "component external kind";
    bool allowed = !is_core || sort == COMP_CORE_MODULE;
    item->kind = COMP_ITEM_ALIAS;
    if (target == 0x01) {
        item->alias.kind = COMP_ALIAS_CORE_EXPORT;
        what = is_core ? "external kind" : "core instance export kind";
        if (!is_core) byte = first;
        allowed = is_core && sort <= COMP_CORE_TAG;
    } else if (target == 0x02) {
        item->alias.kind = COMP_ALIAS_OUTER;
        what = "component outer alias kind";
        allowed = is_outer_sort(sort);
    } else if (target != 0x00) {
        bad_byte(r, target_at, target, "alias");
        return;
    }
    if (!known || !allowed) {
        bad_byte(r, is_core ? at + 1 : at, byte, what);
        return;
    }
    item->alias.sort = sort;
    if (item->alias.kind == COMP_ALIAS_OUTER) item->alias.count = reader_u32(r);
    item->alias.index = reader_u32(r);
    if (item->alias.kind != COMP_ALIAS_OUTER) item->alias.name = reader_name(r);
}

/* ---- canonical definitions ---- */

/* canonopt */
static void read_option(Decoder *d, Reader *r, CompOptions *options) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r);
    if (byte > COMP_OPTION_GC) {
        bad_byte(r, at, byte, "canonical option");
        return;
    }
    CompOptionKind kind = (CompOptionKind)byte;
    comp_add_option(d->arena, options, kind, comp_option_has_index(kind) ? reader_u32(r) : 0);
}

static void read_options(Decoder *d, Reader *r, CompCanon *canon) {
    uint32_t n = reader_count(r, MAX_OPTIONS, "canonical options");
    for (uint32_t i = 0; i < n && !r->failed; i++) read_option(d, r, &canon->options);
}

/* The 0x00 that stands for the sort `func` after `lift` and `lower`. */
static void read_func_sort(Reader *r, const char *what) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_u8(r);
    if (byte != 0x00) bad_byte(r, at, byte, what);
}

static void read_operands(Decoder *d, Reader *r, CompCanon *canon) {
    switch (abi_canon_operands((AbiCanon)canon->op)) {
    case ABI_OPERANDS_LIFT:
        read_func_sort(r, "canonical function lift");
        canon->func = reader_u32(r);
        read_options(d, r, canon);
        canon->type = reader_u32(r);
        break;
    case ABI_OPERANDS_LOWER:
        read_func_sort(r, "canonical function lower");
        canon->func = reader_u32(r);
        read_options(d, r, canon);
        break;
    case ABI_OPERANDS_NONE: break;
    case ABI_OPERANDS_TYPE: canon->type = reader_u32(r); break;
    case ABI_OPERANDS_OPTS: read_options(d, r, canon); break;
    case ABI_OPERANDS_RESULT:
        canon->result = read_result(r);
        read_options(d, r, canon);
        break;
    case ABI_OPERANDS_TYPE_OPTS:
        canon->type = reader_u32(r);
        read_options(d, r, canon);
        break;
    case ABI_OPERANDS_TYPE_ASYNC:
        canon->type = reader_u32(r);
        canon->flag = read_bool(r);
        break;
    case ABI_OPERANDS_ASYNC:
    case ABI_OPERANDS_CANCEL: canon->flag = read_bool(r); break;
    case ABI_OPERANDS_CANCEL_MEM:
        canon->flag = read_bool(r);
        canon->memory = reader_u32(r);
        break;
    case ABI_OPERANDS_CONTEXT:
        canon->value_type = core_read_val_type(r);
        canon->slot = reader_u32(r);
        break;
    case ABI_OPERANDS_SHARED: break;
    case ABI_OPERANDS_SHARED_TYPE: canon->core_type = reader_u32(r); break;
    case ABI_OPERANDS_FUNC_TABLE:
    case ABI_OPERANDS_SHARED_TABLE:
        canon->core_type = reader_u32(r);
        canon->table = reader_u32(r);
        break;
    }
}

static void read_canon(Decoder *d, Reader *r, CompItem *item) {
    size_t at = reader_offset(r);
    uint8_t code = reader_u8(r);
    item->kind = COMP_ITEM_CANON;
    AbiCanon op = abi_canon_from_code(code);
    if (op == ABI_CANON_COUNT) {
        bad_byte(r, at, code, "canonical function");
        return;
    }
    item->canon.op = (CompCanonOp)op;
    read_operands(d, r, &item->canon);
}

/* ---- the other definitions ---- */

/* start ::= funcidx vec(valueidx) u32 */
static void read_start(Decoder *d, Reader *r, CompItem *item) {
    item->kind = COMP_ITEM_START;
    item->start.func = reader_u32(r);
    uint32_t n = reader_count(r, MAX_START_ARGS, "start function arguments");
    for (uint32_t i = 0; i < n && !r->failed; i++)
        *vec_push(d->arena, &item->start.args) = reader_u32(r);
    size_t at = reader_offset(r);
    item->start.result_count = reader_u32(r);
    if (item->start.result_count > MAX_PARAMS)
        reader_fail(r, at, COMP_START_MANY, item->start.result_count);
}

/* export ::= nameattributes sortidx externtype? */
static void read_export(Decoder *d, Reader *r, CompItem *item) {
    item->kind = COMP_ITEM_EXPORT;
    item->export.name = read_extern_name(d, r);
    item->export.sort = read_extern_sort(r);
    item->export.index = reader_u32(r);
    item->export.has_type = read_optional(r, "optional component export type");
    if (item->export.has_type) item->export.type = read_extern_type(r);
}

/* value ::= valtype len bytes */
static void read_value(Reader *r, CompItem *item) {
    item->kind = COMP_ITEM_VALUE;
    item->value.type = read_val(r);
    item->value.bytes = reader_bytes(r, reader_u32(r));
}

static void read_custom(Reader *r, CompItem *item) {
    item->kind = COMP_ITEM_CUSTOM;
    item->custom.name = reader_name(r);
    item->custom.bytes = reader_bytes(r, reader_left(r));
}

static bool has_preamble(Str s, uint8_t version, uint8_t layer) {
    const char bytes[8] = {0, 'a', 's', 'm', (char)version, 0, (char)layer, 0};
    return s.len >= 8 && memcmp(s.ptr, bytes, 8) == 0;
}

bool comp_is_component(Str bytes) { return has_preamble(bytes, COMP_VERSION, COMP_LAYER); }
bool comp_is_module(Str bytes) { return has_preamble(bytes, 1, 0); }

static Str rest_of(const Reader *r) { return (Str){(const char *)r->ptr, reader_left(r)}; }

static void read_core_module(Decoder *d, Reader *r, CompItem *item) {
    item->kind = COMP_ITEM_CORE_MODULE;
    item->core_module.bytes = rest_of(r);
    if (reader_left(r) > MAX_MODULE_SIZE)
        reader_fail(r, reader_offset(r), COMP_SECTION_SIZE, "module");
    if (comp_is_component(rest_of(r))) reader_fail(r, reader_offset(r), COMP_VERSION_MODULE);
    else item->core_module.module = core_decode(d->arena, r, d->features);
    if (!item->core_module.module) reader_stop(r);
    r->ptr = r->end;
}

static CompComponent *read_component(Arena *arena, Reader *r, Features features, unsigned depth);

static void read_nested(Decoder *d, Reader *r, CompItem *item) {
    item->kind = COMP_ITEM_COMPONENT;
    if (reader_left(r) > MAX_MODULE_SIZE)
        reader_fail(r, reader_offset(r), COMP_SECTION_SIZE, "component");
    if (comp_is_module(rest_of(r))) reader_fail(r, reader_offset(r), COMP_VERSION_COMPONENT);
    if (d->depth + 1 >= COMP_MAX_DEPTH)
        reader_fail(r, reader_offset(r), COMP_NESTING, "components");
    if (!r->failed) item->component = read_component(d->arena, r, d->features, d->depth + 1);
}

/* ---- sections ---- */

static void read_item(Decoder *d, Reader *r, uint8_t id, CompItem *item) {
    item->offset = reader_offset(r);
    switch (id) {
    case COMP_SECTION_CUSTOM: read_custom(r, item); break;
    case COMP_SECTION_CORE_MODULE: read_core_module(d, r, item); break;
    case COMP_SECTION_CORE_INSTANCE: read_instance(d, r, true, item); break;
    case COMP_SECTION_CORE_TYPE: read_core_type(d, r, item); break;
    case COMP_SECTION_COMPONENT: read_nested(d, r, item); break;
    case COMP_SECTION_INSTANCE: read_instance(d, r, false, item); break;
    case COMP_SECTION_ALIAS: read_alias(d, r, item); break;
    case COMP_SECTION_TYPE: read_type(d, r, 0, item); break;
    case COMP_SECTION_CANON: read_canon(d, r, item); break;
    case COMP_SECTION_START: read_start(d, r, item); break;
    case COMP_SECTION_IMPORT: read_import(d, r, item); break;
    case COMP_SECTION_EXPORT: read_export(d, r, item); break;
    case COMP_SECTION_VALUE: read_value(r, item); break;
    }
}

static void read_items(Decoder *d, Reader *r, uint8_t id, size_t section_end) {
    uint32_t n = comp_section_is_single(id) ? 1 : reader_count(r, UINT32_MAX, "definition");
    CompItems *items = &d->into->items;
    if (n > items->cap - items->len) { /* every definition takes a byte: n is no more than those */
        size_t cap = items->len + n > items->cap * 2 ? items->len + n : items->cap * 2;
        items->at = arena_realloc(d->arena, items->at, items->cap * sizeof *items->at,
                                  cap * sizeof *items->at);
        items->cap = cap;
    }
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        CompItem item = {.section_end = section_end};
        read_item(d, r, id, &item);
        if (r->failed) return;
        *vec_push(d->arena, items) = item;
        uint32_t count;
        CompSort sort = comp_item_sort(&item, &count);
        if (sort == COMP_SORT_COUNT) continue;
        d->counts[sort] += count;
        const CompLimit *limit = comp_limit(sort);
        if (d->counts[sort] > limit->most) /* before all the rest is read */
            reader_fail(r, item.offset, COMP_LIMIT, limit->what, limit->most);
    }
    if (reader_at_end(r)) return;
    if (id == COMP_SECTION_START) reader_fail(r, reader_offset(r), COMP_START_SURPLUS);
    else reader_fail(r, reader_offset(r), COMP_SECTION_SURPLUS);
}

/* section ::= id:byte size:u32 contents */
static void read_section(Decoder *d, Reader *r, bool *started) {
    size_t at = reader_offset(r);
    if (comp_is_component(rest_of(r)) || comp_is_module(rest_of(r))) {
        reader_fail(r, at, COMP_MAGIC_AGAIN);
        return;
    }
    uint8_t id = reader_u8(r);
    if (id > COMP_SECTION_VALUE ||
        (id == COMP_SECTION_VALUE && !feature_on(d->features, CM_VALUES)))
        reader_fail(r, at, COMP_SECTION_ID, id);
    size_t size_at = reader_offset(r);
    uint32_t size = reader_u32(r);
    if (size > reader_left(r)) reader_fail(r, size_at, COMP_SECTION_LARGE, size, reader_left(r));
    if (id == COMP_SECTION_START && *started) reader_fail(r, at, COMP_START_TWICE);
    *started |= id == COMP_SECTION_START;
    Reader section = reader_sub(r, size);
    if (!r->failed) read_items(d, &section, id, reader_offset(r));
    reader_join(r, &section);
}

/* preamble ::= magic version layer */
static void read_preamble(Reader *r) {
    size_t at = reader_offset(r);
    Str magic = reader_bytes(r, 4);
    if (!r->failed && memcmp(magic.ptr, "\0asm", 4) != 0) reader_fail(r, at, COMP_MAGIC);
    uint32_t version = reader_fixed32(r);
    if (version == 1) reader_fail(r, at + 4, COMP_VERSION_COMPONENT);
    if (version != (COMP_VERSION | COMP_LAYER << 16))
        reader_fail(r, at + 4, COMP_BINARY_VERSION, version);
}

static void read_names(Decoder *d) {
    for (size_t i = 0; i < d->into->items.len; i++) {
        const CompItem *item = &d->into->items.at[i];
        if (item->kind == COMP_ITEM_CUSTOM && str_eq(item->custom.name, STR("component-name")))
            comp_names_decode(d->arena, item->custom.bytes, d->counts, &d->into->names);
    }
}

/* component ::= preamble section* */
static CompComponent *read_component(Arena *arena, Reader *r, Features features, unsigned depth) {
    CompComponent *component = ARENA_NEW(arena, CompComponent);
    Decoder d = {.arena = arena, .features = features, .depth = depth, .into = component};
    component->source = r->source;
    component->offset = reader_offset(r);
    component->bytes = rest_of(r);
    bool started = false;
    read_preamble(r);
    while (!reader_at_end(r)) read_section(&d, r, &started);
    read_names(&d);
    return r->failed ? NULL : component;
}

CompComponent *comp_decode(Arena *arena, const Source *source, Features features, Diags *diags) {
    Reader r = reader_of(source, diags);
    if (!feature_on(features, COMPONENT_MODEL) && comp_is_component(source->text))
        reader_fail(&r, 4, COMP_BINARY_VERSION, COMP_VERSION | COMP_LAYER << 16);
    return r.failed ? NULL : read_component(arena, &r, features, 0);
}
