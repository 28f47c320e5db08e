/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The binary format (core specification 5.5), section by section:
 *
 *     module ::= 00 'a' 's' 'm'  01 00 00 00  section*
 *     section ::= id:byte size:u32 content      each known id at most once, in this order:
 *       1 type  2 import  3 func  4 table  5 memory  13 tag  6 global  7 export  8 start
 *       9 elem  12 datacount  10 code  11 data     and 0 custom anywhere
 *
 * Every section is read through a reader of its own, which must end where the section does.
 * Expressions are delimited by walking their instructions; function bodies have their size before
 * them and are not looked into. encode.c is the mirror of this file. */
#include "core/internal.h"

typedef struct {
    Arena *arena;
    CoreModule *m;
    Features features;
    uint32_t bodies; /* in the code section */
} Decoder;

const uint8_t core_section_order[CORE_SECTION_COUNT - 1] = {
    CORE_SECTION_TYPE,   CORE_SECTION_IMPORT, CORE_SECTION_FUNC,       CORE_SECTION_TABLE,
    CORE_SECTION_MEMORY, CORE_SECTION_TAG,    CORE_SECTION_GLOBAL,     CORE_SECTION_EXPORT,
    CORE_SECTION_START,  CORE_SECTION_ELEM,   CORE_SECTION_DATA_COUNT, CORE_SECTION_CODE,
    CORE_SECTION_DATA,
};

static uint32_t offset_of(const Reader *r) { return (uint32_t)reader_offset(r); }

/* ---- types ---- */

/* vec(valtype) */
static const CoreValType *read_val_types(Decoder *d, Reader *r, uint32_t *count, const char *what) {
    uint32_t n = reader_count(r, CORE_LIMIT_PARAMS, what);
    CoreValType *types = ARENA_NEW_ARRAY(d->arena, CoreValType, n);
    for (uint32_t i = 0; i < n && !r->failed; i++) types[i] = core_read_val_type(r);
    *count = n;
    return types;
}

/* fieldtype ::= storagetype mut:byte */
static CoreField read_field(Reader *r) {
    CoreField field = {.type = core_read_storage_type(r)};
    size_t at = reader_offset(r);
    uint8_t flag = reader_u8(r);
    if (flag > 1) reader_fail(r, at, CORE_BAD_MUTABILITY, flag);
    field.mutable = flag == 1;
    return field;
}

static const CoreField *read_fields(Decoder *d, Reader *r, uint32_t n) {
    CoreField *fields = ARENA_NEW_ARRAY(d->arena, CoreField, n);
    for (uint32_t i = 0; i < n && !r->failed; i++) fields[i] = read_field(r);
    return fields;
}

/* comptype ::= 0x65? (0x4c x:u32)? (0x4d x:u32)?
 *              (0x60 vec(valtype) vec(valtype) | 0x5f vec(fieldtype) | 0x5e fieldtype | 0x5d x:s33) */
static void read_comp_type(Decoder *d, Reader *r, CoreType *t) {
    if (reader_peek(r) == 0x65) t->shared = reader_u8(r);
    if (reader_peek(r) == 0x4c) reader_u8(r), t->describes = reader_u32(r);
    if (reader_peek(r) == 0x4d) reader_u8(r), t->descriptor = reader_u32(r);
    size_t at = reader_offset(r);
    uint8_t form = reader_u8(r);
    CoreValType heap;
    switch (form) {
    case 0x60:
        t->kind = CORE_TYPE_FUNC;
        t->params = read_val_types(d, r, &t->param_count, "function parameter");
        t->results = read_val_types(d, r, &t->result_count, "function result");
        break;
    case 0x5f:
        t->kind = CORE_TYPE_STRUCT;
        t->field_count = reader_count(r, CORE_LIMIT_FIELDS, "struct field");
        t->fields = read_fields(d, r, t->field_count);
        break;
    case 0x5e:
        t->kind = CORE_TYPE_ARRAY;
        t->field_count = 1;
        t->fields = read_fields(d, r, 1);
        break;
    case 0x5d:
        t->kind = CORE_TYPE_CONT;
        heap = core_read_heap_type(r);
        if (!r->failed && !core_is_concrete(heap)) reader_fail(r, at, CORE_CONT_ABSTRACT);
        t->cont = core_type_index(heap);
        break;
    default: reader_fail(r, at, CORE_BAD_TYPE_FORM, form);
    }
}

/* subtype ::= (0x50 | 0x4f) vec(x:u32) comptype | comptype */
static void read_sub_type(Decoder *d, Reader *r) {
    CoreType t = {
        .final = true, .super = CORE_NONE, .descriptor = CORE_NONE, .describes = CORE_NONE};
    t.offset = offset_of(r);
    t.group = (uint32_t)d->m->groups.len - 1;
    uint8_t byte = reader_peek(r);
    if (byte == 0x50 || byte == 0x4f) {
        reader_u8(r);
        t.final = byte == 0x4f;
        uint32_t supers = reader_count(r, CORE_LIMIT_ITEMS, "supertype");
        if (supers > 1) reader_fail(r, t.offset, CORE_SUPERTYPES);
        if (supers == 1) t.super = reader_u32(r);
    }
    read_comp_type(d, r, &t);
    if (d->m->types.len >= CORE_LIMIT_ITEMS)
        reader_fail(r, t.offset, CORE_LIMIT_EXCEEDED, "types", CORE_LIMIT_ITEMS);
    if (!r->failed) *vec_push(d->arena, &d->m->types) = t;
}

/* rectype ::= 0x4e vec(subtype) | subtype */
static void read_group(Decoder *d, Reader *r) {
    CoreGroup *group = vec_push(d->arena, &d->m->groups);
    group->first = (uint32_t)d->m->types.len;
    group->count = 1;
    if (reader_peek(r) == 0x4e) {
        reader_u8(r);
        group->written = true;
        group->count = reader_count(r, CORE_LIMIT_ITEMS, "recursion group type");
    }
    uint32_t n = group->count;
    for (uint32_t i = 0; i < n && !r->failed; i++) read_sub_type(d, r);
}

void core_read_group(Arena *arena, Reader *r, Features features, CoreModule *m) {
    Decoder d = {.arena = arena, .m = m, .features = features};
    read_group(&d, r);
}

static void type_section(Decoder *d, Reader *r) {
    uint32_t n = reader_count(r, CORE_LIMIT_ITEMS, "type");
    vec_reserve(d->arena, &d->m->groups, n);
    vec_reserve(d->arena, &d->m->types, n);
    while (n-- && !r->failed) read_group(d, r);
}

/* limits: bit 0 has a maximum, bit 1 shared, bit 2 64 bits, bit 3 (memories) page size */
static CoreLimits read_limits(Decoder *d, Reader *r, uint8_t allowed) {
    CoreLimits limits = {.page_log2 = 16};
    size_t at = reader_offset(r);
    uint8_t flags = reader_u8(r);
    if (flags & ~allowed) reader_fail(r, at, CORE_BAD_LIMITS_FLAGS, flags);
    if ((flags & 8) && !feature_on(d->features, CUSTOM_PAGE_SIZES))
        reader_fail(r, at, CORE_PAGE_SIZE_OFF, flags);
    limits.has_max = flags & 1;
    limits.shared = (flags & 2) != 0;
    limits.is_64 = (flags & 4) != 0;
    limits.has_page = (flags & 8) != 0;
    bool wide = feature_on(d->features, MEMORY64);
    limits.min = wide ? reader_u64(r) : reader_u32(r);
    if (limits.has_max) limits.max = wide ? reader_u64(r) : reader_u32(r);
    if (limits.has_page) {
        uint32_t page = reader_u32(r);
        if (page >= 64) reader_fail(r, at, CORE_PAGE_SIZE);
        limits.page_log2 = (uint8_t)page;
    }
    return limits;
}

static CoreValType read_ref_type(Reader *r) {
    size_t at = reader_offset(r);
    uint8_t byte = reader_peek(r);
    CoreValType t = core_read_val_type(r);
    if (!r->failed && !core_is_ref(t)) reader_fail(r, at, CORE_BAD_REF_TYPE, byte);
    return t;
}

static CoreTable read_table_type(Decoder *d, Reader *r) {
    CoreTable table = {.offset = offset_of(r), .import = CORE_NONE};
    table.type = read_ref_type(r);
    table.limits = read_limits(d, r, 7);
    return table;
}

static CoreMemory read_memory_type(Decoder *d, Reader *r) {
    CoreMemory memory = {.offset = offset_of(r), .import = CORE_NONE};
    memory.limits = read_limits(d, r, 15);
    return memory;
}

static CoreGlobal read_global_type(Reader *r) {
    CoreGlobal global = {.offset = offset_of(r), .import = CORE_NONE};
    global.type = core_read_val_type(r);
    size_t at = reader_offset(r);
    uint8_t flags = reader_u8(r);
    if (flags > 3) reader_fail(r, at, CORE_BAD_MUTABILITY, flags);
    global.mutable = flags & 1;
    global.shared = (flags & 2) != 0;
    return global;
}

static CoreTag read_tag_type(Reader *r) {
    CoreTag tag = {.offset = offset_of(r), .import = CORE_NONE};
    size_t at = reader_offset(r);
    if (reader_u8(r) != 0) reader_fail(r, at, CORE_BAD_TAG_ATTRIBUTE);
    tag.type = reader_u32(r);
    return tag;
}

/* ---- imports and definitions ---- */

/* Where a space has grown to its limit: a diagnostic. */
static void check_room(Reader *r, size_t len, uint32_t limit, const char *what) {
    if (len > limit) reader_fail(r, reader_offset(r), CORE_LIMIT_EXCEEDED, what, limit);
}

/* externtype ::= 0x00 x | 0x20 x (exact) | 0x01 tabletype | 0x02 memtype | 0x03 globaltype | 0x04 tagtype */
static void read_extern_type(Decoder *d, Reader *r, CoreImport import) {
    CoreModule *m = d->m;
    size_t at = reader_offset(r);
    uint32_t id = (uint32_t)m->imports.len;
    uint8_t kind = reader_u8(r);
    bool exact = kind == 0x20;
    if (kind > CORE_TAG && !exact) reader_fail(r, at, CORE_BAD_IMPORT_KIND, kind);
    if (r->failed) return;
    import.kind = exact ? CORE_FUNC : (CoreExtern)kind;
    import.index = m->imported[import.kind]++;
    switch (import.kind) {
    case CORE_FUNC:
        *vec_push(d->arena, &m->funcs) = (CoreFunc){
            .import = id, .exact = exact, .offset = import.offset, .type = reader_u32(r)};
        break;
    case CORE_TABLE: *vec_push(d->arena, &m->tables) = read_table_type(d, r); break;
    case CORE_MEMORY: *vec_push(d->arena, &m->memories) = read_memory_type(d, r); break;
    case CORE_GLOBAL: *vec_push(d->arena, &m->globals) = read_global_type(r); break;
    case CORE_TAG: *vec_push(d->arena, &m->tags) = read_tag_type(r); break;
    }
    switch (import.kind) {
    case CORE_FUNC: break;
    case CORE_TABLE: vec_last(&m->tables).import = id; break;
    case CORE_MEMORY: vec_last(&m->memories).import = id; break;
    case CORE_GLOBAL: vec_last(&m->globals).import = id; break;
    case CORE_TAG: vec_last(&m->tags).import = id; break;
    }
    check_room(r, m->imports.len + 1, CORE_LIMIT_ITEMS, "imports");
    *vec_push(d->arena, &m->imports) = import;
}

CoreExternType core_read_extern_type(Arena *arena, Reader *r, Features features) {
    CoreModule m = {0};
    Decoder d = {.arena = arena, .m = &m, .features = features};
    read_extern_type(&d, r, (CoreImport){0});
    if (r->failed) return (CoreExternType){0};
    CoreExternType type = {.kind = m.imports.at[0].kind};
    switch (type.kind) {
    case CORE_FUNC:
        type.type = m.funcs.at[0].type;
        type.exact = m.funcs.at[0].exact;
        break;
    case CORE_TABLE:
        type.value = m.tables.at[0].type;
        type.limits = m.tables.at[0].limits;
        break;
    case CORE_MEMORY: type.limits = m.memories.at[0].limits; break;
    case CORE_GLOBAL:
        type.value = m.globals.at[0].type;
        type.mutable = m.globals.at[0].mutable;
        type.shared = m.globals.at[0].shared;
        break;
    case CORE_TAG: type.type = m.tags.at[0].type; break;
    }
    return type;
}

/* One type for several names: each import reads the type again. */
static void read_imports_by_type(Decoder *d, Reader *r, CoreImport import) {
    Reader type = *r;
    CoreModule scratch = {0}, *m = d->m;
    d->m = &scratch; /* pass over the type */
    read_extern_type(d, r, import);
    d->m = m;
    type.diags = NULL;
    uint32_t n = reader_count(r, CORE_LIMIT_ITEMS, "import");
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        Reader again = type;
        import.offset = offset_of(r);
        import.name = reader_name(r);
        import.starts_group = i == 0;
        if (!r->failed) read_extern_type(d, &again, import);
    }
}

/* import ::= module:name name:name externtype
 *          | module:name 0x00 0x7f vec(name externtype)
 *          | module:name 0x00 0x7e externtype vec(name) */
static void read_import(Decoder *d, Reader *r) {
    CoreImport import = {.offset = offset_of(r)};
    import.module = reader_name(r);
    import.name = reader_name(r);
    uint8_t form = reader_peek(r);
    if (r->failed) return;
    if (import.name.len || (form != 0x7f && form != 0x7e)) {
        read_extern_type(d, r, import);
        return;
    }
    if (!feature_on(d->features, COMPACT_IMPORTS)) {
        reader_fail(r, reader_offset(r), CORE_COMPACT_IMPORTS_OFF, form);
        return;
    }
    reader_u8(r);
    if (form == 0x7e) {
        import.form = CORE_IMPORT_BY_TYPE;
        read_imports_by_type(d, r, import);
        return;
    }
    import.form = CORE_IMPORT_BY_MODULE;
    uint32_t n = reader_count(r, CORE_LIMIT_ITEMS, "import");
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        import.offset = offset_of(r);
        import.name = reader_name(r);
        import.starts_group = i == 0;
        if (!r->failed) read_extern_type(d, r, import);
    }
}

static void import_section(Decoder *d, Reader *r) {
    uint32_t n = reader_count(r, CORE_LIMIT_ITEMS, "import");
    vec_reserve(d->arena, &d->m->imports, n);
    while (n-- && !r->failed) read_import(d, r);
}

static void func_section(Decoder *d, Reader *r) {
    uint32_t n = reader_count(r, CORE_LIMIT_ITEMS, "function");
    vec_reserve(d->arena, &d->m->funcs, d->m->funcs.len + n);
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        uint32_t at = offset_of(r);
        *vec_push(d->arena, &d->m->funcs) =
            (CoreFunc){.import = CORE_NONE, .offset = at, .type = reader_u32(r)};
    }
    check_room(r, d->m->funcs.len, CORE_LIMIT_ITEMS, "functions");
}

static bool opens_block(CoreOp op) {
    CoreImm imm = core_op_info[op].imm;
    return imm == CORE_IMM_BLOCK || imm == CORE_IMM_TRY_TABLE;
}

/* expr ::= instr* 0x0b: walked to the end that belongs to it. */
static CoreExpr read_expr(Reader *r) {
    CoreExpr expr = {.offset = offset_of(r)};
    const uint8_t *from = r->ptr;
    size_t depth = 0;
    CoreInstr in;
    while (!r->failed) {
        if (reader_at_end(r)) reader_fail(r, reader_offset(r), CORE_END_EXPECTED);
        if (!core_instr_next(r, &in)) break;
        if (opens_block(in.op)) depth++;
        if ((in.op == CORE_OP_END || in.op == CORE_OP_DELEGATE) && depth-- == 0) {
            expr.bytes = (Str){(const char *)from, (size_t)(r->ptr - from)};
            return expr;
        }
    }
    return expr;
}

/* table ::= tabletype | 0x40 0x00 tabletype expr */
static void table_section(Decoder *d, Reader *r) {
    uint32_t n = reader_count(r, CORE_LIMIT_TABLES, "tables");
    while (n-- && !r->failed) {
        bool has_init = reader_peek(r) == 0x40;
        size_t at = reader_offset(r);
        if (has_init) {
            reader_u8(r);
            if (reader_u8(r) != 0) reader_fail(r, at + 1, CORE_BAD_TABLE);
        }
        CoreTable table = read_table_type(d, r);
        table.has_init = has_init;
        if (has_init) table.init = read_expr(r);
        *vec_push(d->arena, &d->m->tables) = table;
    }
}

static void memory_section(Decoder *d, Reader *r) {
    uint32_t n = reader_count(r, CORE_LIMIT_MEMORIES, "memories");
    while (n-- && !r->failed) *vec_push(d->arena, &d->m->memories) = read_memory_type(d, r);
}

static void tag_section(Decoder *d, Reader *r) {
    uint32_t n = reader_count(r, CORE_LIMIT_ITEMS, "tag");
    while (n-- && !r->failed) *vec_push(d->arena, &d->m->tags) = read_tag_type(r);
}

/* global ::= globaltype expr */
static void global_section(Decoder *d, Reader *r) {
    uint32_t n = reader_count(r, CORE_LIMIT_ITEMS, "global");
    vec_reserve(d->arena, &d->m->globals, d->m->globals.len + n);
    while (n-- && !r->failed) {
        CoreGlobal global = read_global_type(r);
        global.init = read_expr(r);
        *vec_push(d->arena, &d->m->globals) = global;
    }
    check_room(r, d->m->globals.len, CORE_LIMIT_ITEMS, "globals");
}

/* export ::= name kind:byte x:u32 */
static void export_section(Decoder *d, Reader *r) {
    uint32_t n = reader_count(r, CORE_LIMIT_ITEMS, "export");
    vec_reserve(d->arena, &d->m->exports, n);
    while (n-- && !r->failed) {
        CoreExport export = {.offset = offset_of(r), .name = reader_name(r)};
        size_t at = reader_offset(r);
        uint8_t kind = reader_u8(r);
        if (kind > CORE_TAG) reader_fail(r, at, CORE_BAD_EXPORT_KIND, kind);
        export.kind = (CoreExtern)kind;
        export.index = reader_u32(r);
        if (!r->failed) *vec_push(d->arena, &d->m->exports) = export;
    }
}

static void start_section(Decoder *d, Reader *r) {
    d->m->start_offset = offset_of(r);
    d->m->has_start = true;
    d->m->start = reader_u32(r);
}

/* ---- segments ---- */

/* elem ::= flags:u32 (table:u32)? expr? (kind:byte | reftype)? (vec(funcidx) | vec(expr))
 * flags: bit 0 passive or declared, bit 1 table index or declared, bit 2 expressions */
static CoreElem read_elem(Decoder *d, Reader *r) {
    CoreElem e = {.offset = offset_of(r)};
    uint32_t flags = reader_u32(r);
    if (flags > 7) reader_fail(r, e.offset, CORE_BAD_SEGMENT_FLAGS, "element");
    e.flags = (uint8_t)flags;
    if (core_elem_active(&e)) {
        if (e.flags & 2) e.table = reader_u32(r);
        e.start = read_expr(r);
    }
    e.type = core_elem_has_exprs(&e) ? CORE_FUNCREF : core_ref(false, CORE_HEAP_FUNC);
    if ((e.flags & 3) && core_elem_has_exprs(&e)) {
        e.type = read_ref_type(r);
    } else if (e.flags & 3) {
        size_t at = reader_offset(r);
        if (reader_u8(r) != 0) reader_fail(r, at, CORE_BAD_ELEM_KIND);
    }
    e.count = reader_count(r, CORE_LIMIT_TABLE_ENTRIES, "element segment item");
    if (core_elem_has_exprs(&e)) {
        CoreExpr *exprs = ARENA_NEW_ARRAY(d->arena, CoreExpr, e.count);
        for (uint32_t i = 0; i < e.count && !r->failed; i++) exprs[i] = read_expr(r);
        e.exprs = exprs;
    } else {
        uint32_t *funcs = ARENA_NEW_ARRAY(d->arena, uint32_t, e.count);
        for (uint32_t i = 0; i < e.count && !r->failed; i++) funcs[i] = reader_u32(r);
        e.funcs = funcs;
    }
    return e;
}

static void elem_section(Decoder *d, Reader *r) {
    uint32_t n = reader_count(r, CORE_LIMIT_SEGMENTS, "element segment");
    vec_reserve(d->arena, &d->m->elems, n);
    while (n-- && !r->failed) {
        CoreElem e = read_elem(d, r);
        *vec_push(d->arena, &d->m->elems) = e;
    }
}

static void data_count_section(Decoder *d, Reader *r) {
    d->m->has_data_count = true;
    d->m->data_count = reader_u32(r);
}

/* data ::= 0 expr vec(byte) | 1 vec(byte) | 2 memory:u32 expr vec(byte) */
static void data_section(Decoder *d, Reader *r) {
    size_t start = reader_offset(r);
    uint32_t n = reader_count(r, CORE_LIMIT_SEGMENTS, "data segment"), got = n;
    vec_reserve(d->arena, &d->m->datas, n);
    while (n-- && !r->failed) {
        CoreData data = {.offset = offset_of(r)};
        uint32_t flags = reader_u32(r);
        if (flags > 2) reader_fail(r, data.offset, CORE_BAD_SEGMENT_FLAGS, "data");
        data.flags = (uint8_t)flags;
        if (data.flags == 2) data.memory = reader_u32(r);
        if (core_data_active(&data)) {
            CoreExpr at = read_expr(r);
            core_data_set_start(d->arena, &data, &at);
        }
        uint32_t size = reader_u32(r);
        core_data_set_bytes(&data, reader_bytes(r, size));
        if (!r->failed) *vec_push(d->arena, &d->m->datas) = data;
    }
    if (d->m->has_data_count && d->m->data_count != got && !r->failed)
        reader_fail(r, start, CORE_DATA_COUNT_MISMATCH);
}

/* ---- code ---- */

/* func ::= size:u32 vec(count:u32 valtype) expr */
static void read_body(Decoder *d, Reader *r, CoreFunc *f) {
    uint64_t total = 0;
    uint32_t n = reader_count(r, CORE_LIMIT_BODY, "local declaration");
    CoreLocals *runs = ARENA_NEW_ARRAY(d->arena, CoreLocals, n);
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        size_t at = reader_offset(r);
        runs[i].count = reader_u32(r);
        total += runs[i].count;
        if (total > CORE_LIMIT_LOCALS) reader_fail(r, at, CORE_TOO_MANY_LOCALS, CORE_LIMIT_LOCALS);
        runs[i].type = core_read_val_type(r);
    }
    f->locals = runs;
    f->local_runs = n;
    f->body.offset = offset_of(r);
    f->body.bytes = reader_bytes(r, reader_left(r));
}

static void code_section(Decoder *d, Reader *r) {
    CoreModule *m = d->m;
    uint32_t n = reader_count(r, CORE_LIMIT_ITEMS, "function body");
    uint32_t first = m->imported[CORE_FUNC];
    d->bodies = n;
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        CoreFunc beyond = {0};
        CoreFunc *f = first + i < m->funcs.len ? &m->funcs.at[first + i] : &beyond;
        size_t size_at = reader_offset(r);
        f->size = reader_u32(r);
        f->offset = offset_of(r);
        if (f->size > CORE_LIMIT_BODY)
            reader_fail(r, size_at, CORE_LIMIT_EXCEEDED, "bytes in a function body",
                        CORE_LIMIT_BODY);
        Reader body = reader_sub(r, f->size);
        read_body(d, &body, f);
        reader_join(r, &body);
    }
}

/* ---- sections ---- */

static void custom_section(Decoder *d, Reader *r, uint32_t offset, uint8_t after) {
    CoreCustom custom = {.offset = offset, .after = after, .name = reader_name(r)};
    custom.at = offset_of(r);
    if (r->failed) return;
    if (str_is(custom.name, "name")) {
        d->m->names = (CoreNames){0};
        core_names_decode(d->arena, *r, &d->m->names);
    }
    custom.bytes = reader_bytes(r, reader_left(r));
    *vec_push(d->arena, &d->m->customs) = custom;
}

typedef void SectionFunction(Decoder *d, Reader *r);
static SectionFunction *const section_functions[CORE_SECTION_COUNT] = {
    [CORE_SECTION_TYPE] = type_section,     [CORE_SECTION_IMPORT] = import_section,
    [CORE_SECTION_FUNC] = func_section,     [CORE_SECTION_TABLE] = table_section,
    [CORE_SECTION_MEMORY] = memory_section, [CORE_SECTION_GLOBAL] = global_section,
    [CORE_SECTION_EXPORT] = export_section, [CORE_SECTION_START] = start_section,
    [CORE_SECTION_ELEM] = elem_section,     [CORE_SECTION_CODE] = code_section,
    [CORE_SECTION_DATA] = data_section,     [CORE_SECTION_DATA_COUNT] = data_count_section,
    [CORE_SECTION_TAG] = tag_section,
};

static uint8_t rank_of(uint8_t id) {
    for (uint8_t i = 0; i < CORE_SECTION_COUNT - 1; i++)
        if (core_section_order[i] == id) return i + 1;
    return 0;
}

/* section ::= id:byte size:u32 content; `*last` is the known section that came before. */
static void read_section(Decoder *d, Reader *r, uint8_t *last) {
    uint32_t offset = offset_of(r);
    uint8_t id = reader_u8(r);
    if (id >= CORE_SECTION_COUNT) {
        reader_fail(r, offset, CORE_BAD_SECTION_ID, id);
        return;
    }
    uint32_t size = reader_u32(r);
    if (!r->failed && size > reader_left(r) && id == 0 && offset >= 8 && size == 0x61)
        reader_fail(r, offset, CORE_SECTION_IS_MAGIC);
    Reader content = reader_sub(r, size);
    if (r->failed) return;
    if (id == CORE_SECTION_CUSTOM) {
        custom_section(d, &content, offset, *last);
    } else {
        if (rank_of(id) <= rank_of(*last)) {
            reader_fail(r, offset, CORE_SECTION_ORDER);
            return;
        }
        *last = id;
        d->m->present |= (uint32_t)1 << id;
        d->m->section_offset[id] = offset_of(&content);
        d->m->section_size[id] = size;
        section_functions[id](d, &content);
    }
    if (!content.failed && !reader_at_end(&content))
        reader_fail(&content, reader_offset(&content), CORE_SECTION_SIZE);
    reader_join(r, &content);
}

/* 00 'a' 's' 'm' 01 00 00 00 */
static void read_header(Reader *r) {
    size_t at = reader_offset(r);
    if (reader_left(r) >= 4 && memcmp(r->ptr, "\0asm", 4) != 0) reader_fail(r, at, CORE_BAD_MAGIC);
    for (int i = 0; i < 4; i++) reader_u8(r);
    uint32_t version = reader_fixed32(r);
    if (r->failed || version == 1) return;
    if (version >> 16 == 1) reader_fail(r, at + 4, CORE_IS_COMPONENT);
    else reader_fail(r, at + 4, CORE_BAD_VERSION, version);
}

/* A wrong size in a body shows only after it, where the next section is looked for. So once a module
 * is malformed, the bodies that were read are walked for faults that stand before that one. */
static void report_bodies(Decoder *d, Diags *diags) {
    CoreInstr in;
    for (size_t i = d->m->imported[CORE_FUNC]; diags && i < d->m->funcs.len; i++) {
        Reader r = core_expr_reader(d->m, &d->m->funcs.at[i].body, diags);
        while (!reader_at_end(&r) && core_instr_next(&r, &in)) continue;
        if (r.failed) return;
    }
}

CoreModule *core_decode(Arena *arena, Reader *r, Features features) {
    Decoder d = {.arena = arena, .m = core_module_new(arena), .features = features};
    d.m->source = r->source;
    d.m->offset = offset_of(r);
    d.m->size = (uint32_t)reader_left(r);
    uint8_t last = 0;
    read_header(r);
    while (!reader_at_end(r)) read_section(&d, r, &last);
    if (r->failed) {
        report_bodies(&d, r->diags);
        return NULL;
    }
    if (d.bodies != d.m->funcs.len - d.m->imported[CORE_FUNC])
        reader_fail(r, reader_offset(r), CORE_FUNC_CODE_MISMATCH);
    bool has_data = d.m->present & 1u << CORE_SECTION_DATA;
    if (!has_data && d.m->data_count > 0)
        reader_fail(r, reader_offset(r), CORE_DATA_COUNT_MISMATCH);
    return r->failed ? NULL : d.m;
}
