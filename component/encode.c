/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Components to bytes: the mirror of decode.c (Binary.md).
 *
 * A run of definitions of one kind becomes one section; where they were decoded, only those that
 * stood in one section. Core modules, components, start functions and custom sections stand alone.
 * So bytes that were decoded come out unchanged, if their LEB128 numbers had the shortest form and
 * no section was empty, and what was built comes out in the fewest sections.
 *
 * Nothing is checked here: a component that is not valid encodes just as well.
 */
#include "component/internal.h"

/* ---- small parts ---- */

uint8_t comp_sort_code(CompSort sort) {
    static const uint8_t codes[COMP_SORT_COUNT] = {
        [COMP_CORE_FUNC] = 0x00,   [COMP_CORE_TABLE] = 0x01,    [COMP_CORE_MEMORY] = 0x02,
        [COMP_CORE_GLOBAL] = 0x03, [COMP_CORE_TAG] = 0x04,      [COMP_CORE_TYPE] = 0x10,
        [COMP_CORE_MODULE] = 0x11, [COMP_CORE_INSTANCE] = 0x12, [COMP_FUNC] = 0x01,
        [COMP_VALUE] = 0x02,       [COMP_TYPE] = 0x03,          [COMP_COMPONENT] = 0x04,
        [COMP_INSTANCE] = 0x05,
    };
    return codes[sort];
}

/* sort ::= 0x00 core:sort | ... */
static void put_sort(Buf *buf, CompSort sort) {
    if (comp_sort_is_core(sort)) buf_byte(buf, 0x00);
    buf_byte(buf, comp_sort_code(sort));
}

static void put_attribute(Buf *buf, uint8_t code, bool present, Str text) {
    if (!present) return;
    buf_byte(buf, code);
    buf_name(buf, text);
}

/* nameattributes ::= 0x00 name | 0x01 name | 0x02 name vec(attribute) */
static void put_extern_name(Buf *buf, const CompName *name) {
    uint32_t n = (uint32_t)name->has_implements + name->has_version_suffix + name->has_external_id;
    buf_byte(buf, n ? 0x02 : name->code);
    buf_name(buf, name->name);
    if (!n && name->code != 2) return;
    buf_u32(buf, n);
    put_attribute(buf, 0x00, name->has_implements, name->implements);
    put_attribute(buf, 0x01, name->has_version_suffix, name->version_suffix);
    put_attribute(buf, 0x02, name->has_external_id, name->external_id);
}

/* ---- value types ---- */

static void put_val(Buf *buf, CompValRef ref) {
    if (ref.is_index) buf_s64(buf, ref.index);
    else buf_byte(buf, wit_kind_code(ref.prim));
}

static void put_optional_val(Buf *buf, CompValRef ref) {
    buf_byte(buf, ref.present);
    if (ref.present) put_val(buf, ref);
}

/* resultlist ::= 0x00 valtype | 0x01 0x00 */
static void put_result(Buf *buf, CompValRef ref) {
    buf_byte(buf, !ref.present);
    if (ref.present) put_val(buf, ref);
    else buf_byte(buf, 0x00);
}

static void put_field(Buf *buf, WitKind kind, const CompField *field) {
    if (kind != WIT_TUPLE) buf_name(buf, field->name);
    if (kind == WIT_RECORD || kind == WIT_TUPLE) put_val(buf, field->type);
    if (kind == WIT_VARIANT) {
        put_optional_val(buf, field->type);
        buf_byte(buf, 0x00);
    }
}

/* defvaltype */
static void put_defined(Buf *buf, const CompTypedef *type) {
    buf_byte(buf, wit_kind_code(type->kind));
    switch (wit_kind_shape(type->kind)) {
    case WIT_SHAPE_PRIM: break;
    case WIT_SHAPE_FIELDS:
        buf_u32(buf, (uint32_t)type->fields.len);
        for (size_t i = 0; i < type->fields.len; i++)
            put_field(buf, type->kind, &type->fields.at[i]);
        break;
    case WIT_SHAPE_ELEM:
        if (type->kind == WIT_STREAM || type->kind == WIT_FUTURE) put_optional_val(buf, type->elem);
        else put_val(buf, type->elem);
        if (type->kind == WIT_FIXED_LIST) buf_u64(buf, type->length);
        break;
    case WIT_SHAPE_PAIR:
        if (type->kind == WIT_MAP) {
            put_val(buf, type->elem);
            put_val(buf, type->second);
        } else {
            put_optional_val(buf, type->elem);
            put_optional_val(buf, type->second);
        }
        break;
    case WIT_SHAPE_HANDLE: buf_u32(buf, type->elem.index); break;
    case WIT_SHAPE_NAMED: break;
    }
}

/* ---- types ---- */

static void put_item(Buf *buf, const CompItem *item);

/* externtype ::= sort, then by sort a type index, a value bound or a type bound */
static void put_extern_type(Buf *buf, const CompExternType *type) {
    put_sort(buf, type->sort);
    if (type->sort == COMP_VALUE) {
        put_val(buf, type->value);
        return;
    }
    if (type->sort == COMP_TYPE) {
        buf_byte(buf, type->is_resource);
        if (type->is_resource) return;
    }
    buf_u32(buf, type->index);
}

static void put_import(Buf *buf, const CompItem *item) {
    put_extern_name(buf, &item->import.name);
    put_extern_type(buf, &item->import.type);
}

/* instancedecl and componentdecl */
static void put_decl(Buf *buf, const CompItem *item) {
    switch (item->kind) {
    case COMP_ITEM_CORE_TYPE: buf_byte(buf, 0x00); break;
    case COMP_ITEM_TYPE: buf_byte(buf, 0x01); break;
    case COMP_ITEM_ALIAS: buf_byte(buf, 0x02); break;
    case COMP_ITEM_IMPORT: buf_byte(buf, 0x03); break;
    default:
        buf_byte(buf, 0x04);
        put_extern_name(buf, &item->export.name);
        put_extern_type(buf, &item->export.type);
        return;
    }
    put_item(buf, item);
}

static void put_decls(Buf *buf, const CompItems *items) {
    buf_u32(buf, (uint32_t)items->len);
    for (size_t i = 0; i < items->len; i++) put_decl(buf, &items->at[i]);
}

/* functype ::= 0x40 vec(label valtype) resultlist, or 0x43 for async */
static void put_func(Buf *buf, const CompTypedef *type) {
    buf_byte(buf, type->is_async ? 0x43 : 0x40);
    buf_u32(buf, (uint32_t)type->fields.len);
    for (size_t i = 0; i < type->fields.len; i++) put_field(buf, WIT_RECORD, &type->fields.at[i]);
    put_result(buf, type->elem);
}

/* resourcetype ::= 0x3f core:valtype core:funcidx? */
static void put_resource(Buf *buf, const CompTypedef *type) {
    buf_byte(buf, 0x3f);
    core_put_val_type(buf, type->rep);
    buf_byte(buf, type->has_dtor);
    if (type->has_dtor) buf_u32(buf, type->dtor);
}

/* deftype ::= defvaltype | functype | componenttype | instancetype | resourcetype */
static void put_type(Buf *buf, const CompTypedef *type) {
    switch (type->sort) {
    case COMP_TYPEDEF_VALUE: put_defined(buf, type); break;
    case COMP_TYPEDEF_FUNC: put_func(buf, type); break;
    case COMP_TYPEDEF_COMPONENT:
    case COMP_TYPEDEF_INSTANCE:
        buf_byte(buf, type->sort == COMP_TYPEDEF_COMPONENT ? 0x41 : 0x42);
        put_decls(buf, &type->items);
        break;
    case COMP_TYPEDEF_RESOURCE: put_resource(buf, type); break;
    }
}

/* ---- core types ---- */

static void put_module_decl(Buf *buf, const CompModuleDecl *decl) {
    switch (decl->kind) {
    case COMP_DECL_IMPORT:
        buf_byte(buf, 0x00);
        buf_name(buf, decl->module);
        buf_name(buf, decl->name);
        core_put_extern_type(buf, &decl->type);
        break;
    case COMP_DECL_TYPE:
        buf_byte(buf, 0x01);
        core_put_group(buf, decl->types, 0);
        break;
    case COMP_DECL_ALIAS:
        buf_bytes(buf, "\x02\x10\x01", 3);
        buf_u32(buf, decl->count);
        buf_u32(buf, decl->index);
        break;
    case COMP_DECL_EXPORT:
        buf_byte(buf, 0x03);
        buf_name(buf, decl->name);
        core_put_extern_type(buf, &decl->type);
        break;
    }
}

/* core:deftype; a sub type that is not final stands after 0x00, because 0x50 is a module type */
static void put_core_type(Buf *buf, const CompItem *item) {
    const CompModuleType *module = item->core_type.module;
    const CoreModule *types = item->core_type.types;
    if (module) {
        buf_byte(buf, 0x50);
        buf_u32(buf, (uint32_t)module->decls.len);
        for (size_t i = 0; i < module->decls.len; i++) put_module_decl(buf, &module->decls.at[i]);
        return;
    }
    if (!types->groups.at[0].written && !types->types.at[0].final) buf_byte(buf, 0x00);
    core_put_group(buf, types, 0);
}

/* ---- instances and aliases ---- */

static void put_instance(Buf *buf, const CompItem *item, bool core) {
    bool is_exports = item->instance.is_exports;
    buf_byte(buf, is_exports);
    if (!is_exports) buf_u32(buf, item->instance.index);
    buf_u32(buf, (uint32_t)item->instance.args.len);
    for (size_t i = 0; i < item->instance.args.len; i++) {
        const CompArg *arg = &item->instance.args.at[i];
        if (is_exports && !core) put_extern_name(buf, &arg->name);
        else buf_name(buf, arg->name.name);
        if (core) buf_byte(buf, comp_sort_code(arg->sort));
        else put_sort(buf, arg->sort);
        buf_u32(buf, arg->index);
    }
}

/* alias ::= sort 0x00 instanceidx name | sort 0x01 core:instanceidx name | sort 0x02 count index */
static void put_alias(Buf *buf, const CompItem *item) {
    put_sort(buf, item->alias.sort);
    buf_byte(buf, (uint8_t)item->alias.kind);
    if (item->alias.kind == COMP_ALIAS_OUTER) buf_u32(buf, item->alias.count);
    buf_u32(buf, item->alias.index);
    if (item->alias.kind != COMP_ALIAS_OUTER) buf_name(buf, item->alias.name);
}

/* ---- canonical definitions ---- */

static void put_option(Buf *options, uint32_t *count, bool present, CompOptionKind kind,
                       const uint32_t *index) {
    if (!present) return;
    ++*count;
    buf_byte(options, (uint8_t)kind);
    if (index) buf_u32(options, *index);
}

/* In the order in which component linkers write them. */
static void put_option_fields(Buf *buf, const CompOptions *o) {
    Buf list = {.arena = buf->arena};
    uint32_t n = 0;
    CompOptionKind encoding = (CompOptionKind)(COMP_OPTION_UTF8 + o->encoding);
    put_option(&list, &n, o->has_memory, COMP_OPTION_MEMORY, &o->memory);
    put_option(&list, &n, o->has_realloc, COMP_OPTION_REALLOC, &o->realloc);
    put_option(&list, &n, o->has_encoding, encoding, NULL);
    put_option(&list, &n, o->is_async, COMP_OPTION_ASYNC, NULL);
    put_option(&list, &n, o->has_post_return, COMP_OPTION_POST_RETURN, &o->post_return);
    put_option(&list, &n, o->has_callback, COMP_OPTION_CALLBACK, &o->callback);
    put_option(&list, &n, o->has_core_type, COMP_OPTION_CORE_TYPE, &o->core_type);
    put_option(&list, &n, o->is_gc, COMP_OPTION_GC, NULL);
    buf_u32(buf, n);
    buf_str(buf, buf_text(&list));
}

static void put_options(Buf *buf, const CompOptions *o) {
    if (!o->written.len) {
        put_option_fields(buf, o);
        return;
    }
    buf_u32(buf, (uint32_t)o->written.len);
    for (size_t i = 0; i < o->written.len; i++) {
        CompOption option = o->written.at[i];
        buf_byte(buf, (uint8_t)option.kind);
        if (comp_option_has_index(option.kind)) buf_u32(buf, option.index);
    }
}

static void put_canon(Buf *buf, const CompCanon *canon) {
    buf_byte(buf, abi_canon_code((AbiCanon)canon->op));
    switch (abi_canon_operands((AbiCanon)canon->op)) {
    case ABI_OPERANDS_LIFT:
        buf_byte(buf, 0x00);
        buf_u32(buf, canon->func);
        put_options(buf, &canon->options);
        buf_u32(buf, canon->type);
        break;
    case ABI_OPERANDS_LOWER:
        buf_byte(buf, 0x00);
        buf_u32(buf, canon->func);
        put_options(buf, &canon->options);
        break;
    case ABI_OPERANDS_NONE:
    case ABI_OPERANDS_SHARED: break;
    case ABI_OPERANDS_TYPE: buf_u32(buf, canon->type); break;
    case ABI_OPERANDS_OPTS: put_options(buf, &canon->options); break;
    case ABI_OPERANDS_RESULT:
        put_result(buf, canon->result);
        put_options(buf, &canon->options);
        break;
    case ABI_OPERANDS_TYPE_OPTS:
        buf_u32(buf, canon->type);
        put_options(buf, &canon->options);
        break;
    case ABI_OPERANDS_TYPE_ASYNC:
        buf_u32(buf, canon->type);
        buf_byte(buf, canon->flag);
        break;
    case ABI_OPERANDS_ASYNC:
    case ABI_OPERANDS_CANCEL: buf_byte(buf, canon->flag); break;
    case ABI_OPERANDS_CANCEL_MEM:
        buf_byte(buf, canon->flag);
        buf_u32(buf, canon->memory);
        break;
    case ABI_OPERANDS_CONTEXT:
        core_put_val_type(buf, canon->value_type);
        buf_u32(buf, canon->slot);
        break;
    case ABI_OPERANDS_SHARED_TYPE: buf_u32(buf, canon->core_type); break;
    case ABI_OPERANDS_FUNC_TABLE:
    case ABI_OPERANDS_SHARED_TABLE:
        buf_u32(buf, canon->core_type);
        buf_u32(buf, canon->table);
        break;
    }
}

/* ---- the other definitions ---- */

static void put_core_module(Buf *buf, const CompItem *item) {
    if (item->core_module.bytes.len) buf_str(buf, item->core_module.bytes);
    else core_encode(item->core_module.module, buf);
}

static void put_start(Buf *buf, const CompItem *item) {
    buf_u32(buf, item->start.func);
    buf_u32(buf, (uint32_t)item->start.args.len);
    for (size_t i = 0; i < item->start.args.len; i++) buf_u32(buf, item->start.args.at[i]);
    buf_u32(buf, item->start.result_count);
}

/* export ::= nameattributes sortidx externtype? */
static void put_export(Buf *buf, const CompItem *item) {
    put_extern_name(buf, &item->export.name);
    put_sort(buf, item->export.sort);
    buf_u32(buf, item->export.index);
    buf_byte(buf, item->export.has_type);
    if (item->export.has_type) put_extern_type(buf, &item->export.type);
}

static void put_custom(Buf *buf, Str name, Str bytes) {
    buf_name(buf, name);
    buf_str(buf, bytes);
}

static void put_item(Buf *buf, const CompItem *item) {
    switch (item->kind) {
    case COMP_ITEM_CORE_MODULE: put_core_module(buf, item); break;
    case COMP_ITEM_CORE_INSTANCE: put_instance(buf, item, true); break;
    case COMP_ITEM_CORE_TYPE: put_core_type(buf, item); break;
    case COMP_ITEM_COMPONENT: break; /* put_nested */
    case COMP_ITEM_INSTANCE: put_instance(buf, item, false); break;
    case COMP_ITEM_ALIAS: put_alias(buf, item); break;
    case COMP_ITEM_TYPE: put_type(buf, item->type); break;
    case COMP_ITEM_CANON: put_canon(buf, &item->canon); break;
    case COMP_ITEM_START: put_start(buf, item); break;
    case COMP_ITEM_IMPORT: put_import(buf, item); break;
    case COMP_ITEM_EXPORT: put_export(buf, item); break;
    case COMP_ITEM_VALUE:
        put_val(buf, item->value.type);
        buf_name(buf, item->value.bytes);
        break;
    case COMP_ITEM_CUSTOM: put_custom(buf, item->custom.name, item->custom.bytes); break;
    }
}

/* ---- sections ---- */

static uint8_t section_id(CompItemKind kind) {
    static const uint8_t ids[] = {
        [COMP_ITEM_CORE_MODULE] = COMP_SECTION_CORE_MODULE,
        [COMP_ITEM_CORE_INSTANCE] = COMP_SECTION_CORE_INSTANCE,
        [COMP_ITEM_CORE_TYPE] = COMP_SECTION_CORE_TYPE,
        [COMP_ITEM_COMPONENT] = COMP_SECTION_COMPONENT,
        [COMP_ITEM_INSTANCE] = COMP_SECTION_INSTANCE,
        [COMP_ITEM_ALIAS] = COMP_SECTION_ALIAS,
        [COMP_ITEM_TYPE] = COMP_SECTION_TYPE,
        [COMP_ITEM_CANON] = COMP_SECTION_CANON,
        [COMP_ITEM_START] = COMP_SECTION_START,
        [COMP_ITEM_IMPORT] = COMP_SECTION_IMPORT,
        [COMP_ITEM_EXPORT] = COMP_SECTION_EXPORT,
        [COMP_ITEM_VALUE] = COMP_SECTION_VALUE,
        [COMP_ITEM_CUSTOM] = COMP_SECTION_CUSTOM,
    };
    return ids[kind];
}

bool comp_section_is_single(uint8_t id) {
    return id == COMP_SECTION_CUSTOM || id == COMP_SECTION_CORE_MODULE ||
           id == COMP_SECTION_COMPONENT || id == COMP_SECTION_START;
}

/* Where the section that begins with item `first` ends. */
static size_t section_run(const CompItems *items, size_t first) {
    const CompItem *a = &items->at[first];
    size_t end = first + 1;
    if (comp_section_is_single(section_id(a->kind))) return end;
    while (end < items->len && items->at[end].kind == a->kind &&
           items->at[end].section_end == a->section_end)
        end++;
    return end;
}

static bool has_name_section(const CompComponent *component) {
    for (size_t i = 0; i < component->items.len; i++) {
        const CompItem *item = &component->items.at[i];
        if (item->kind == COMP_ITEM_CUSTOM && str_eq(item->custom.name, STR("component-name")))
            return true;
    }
    return false;
}

static void put_names(const CompComponent *component, Buf *out) {
    Buf names = {.arena = out->arena}, section = {.arena = out->arena};
    if (has_name_section(component)) return;
    comp_names_encode(&component->names, &names);
    if (!names.len) return;
    put_custom(&section, STR("component-name"), buf_text(&names));
    buf_section(out, COMP_SECTION_CUSTOM, &section);
}

/* Modules and components that stand in a source are written as they stand there. */
static Str whole_bytes(const CompItem *item) {
    if (item->kind == COMP_ITEM_CORE_MODULE) return item->core_module.bytes;
    return item->kind == COMP_ITEM_COMPONENT ? item->component->bytes : (Str){0};
}

/* They are the largest part by far: room for them is made once. */
static size_t large_bytes(const CompItems *items) {
    size_t n = 0;
    for (size_t i = 0; i < items->len; i++) n += whole_bytes(&items->at[i]).len;
    return n;
}

/* What is written: bytes, and large pieces of sources that stand between them. */
typedef struct {
    size_t at; /* before this byte of `bytes` */
    Str text;
} Piece;
typedef struct {
    Buf bytes;
    VEC(Piece) pieces;
    size_t len; /* of the pieces */
    bool splits;
} Output;

enum { LARGE = 16 << 10 };

static void put_piece(Output *out, size_t at, Str text) {
    *vec_push(out->bytes.arena, &out->pieces) = (Piece){at, text};
    out->len += text.len;
}

static void put_whole(Output *out, Str whole) {
    buf_u64(&out->bytes, whole.len);
    if (out->splits && whole.len >= LARGE) put_piece(out, out->bytes.len, whole);
    else buf_str(&out->bytes, whole);
}

static void put_component(const CompComponent *component, Output *out);

static void put_nested(Output *out, const CompComponent *component) {
    Output inner = {.bytes.arena = out->bytes.arena, .splits = out->splits};
    put_component(component, &inner);
    buf_u64(&out->bytes, inner.bytes.len + inner.len);
    size_t at = out->bytes.len;
    buf_str(&out->bytes, buf_text(&inner.bytes));
    for (size_t i = 0; i < inner.pieces.len; i++)
        put_piece(out, at + inner.pieces.at[i].at, inner.pieces.at[i].text);
}

/* component ::= preamble section*; nested components are one recursion a level */
static void put_component(const CompComponent *component, Output *out) {
    Buf *buf = &out->bytes;
    buf_bytes(buf, "\0asm\x0d\0\x01\0", 8);
    const CompItems *items = &component->items;
    size_t large = out->splits ? 0 : large_bytes(items);
    if (large) buf_reserve(buf, large + (large >> 4));
    for (size_t i = 0, end; i < items->len; i = end) {
        const CompItem *item = &items->at[i];
        uint8_t id = section_id(item->kind);
        Buf section = {.arena = buf->arena};
        Str whole = whole_bytes(item);
        end = section_run(items, i);
        if (whole.len || item->kind == COMP_ITEM_COMPONENT) { /* copied once, however deep */
            buf_byte(buf, id);
            if (whole.len) put_whole(out, whole);
            else put_nested(out, item->component);
            continue;
        }
        if (!comp_section_is_single(id)) buf_u32(&section, (uint32_t)(end - i));
        for (size_t k = i; k < end; k++) put_item(&section, &items->at[k]);
        buf_section(buf, id, &section);
    }
    put_names(component, buf);
}

void comp_encode(const CompComponent *component, Buf *buf) {
    Output out = {.bytes = *buf};
    put_component(component, &out);
    *buf = out.bytes;
}

void comp_encode_split(Arena *arena, const CompComponent *component, StrVec *pieces) {
    Output out = {.bytes.arena = arena, .splits = true};
    put_component(component, &out);
    size_t from = 0;
    for (size_t i = 0; i < out.pieces.len; i++) {
        *vec_push(arena, pieces) = str_from_to(buf_text(&out.bytes), from, out.pieces.at[i].at);
        *vec_push(arena, pieces) = out.pieces.at[i].text;
        from = out.pieces.at[i].at;
    }
    *vec_push(arena, pieces) = str_after(buf_text(&out.bytes), from);
}
