/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The mirror of decode.c: each section in its order, with the custom sections that stood after it.
 * A section is written where it has contents, or was there when the module was decoded. */
#include "core/internal.h"

/* ---- types ---- */

static void put_val_types(Buf *buf, const CoreValType *types, uint32_t n) {
    buf_u32(buf, n);
    for (uint32_t i = 0; i < n; i++) core_put_val_type(buf, types[i]);
}

static void put_field(Buf *buf, const CoreField *field) {
    core_put_val_type(buf, field->type);
    buf_byte(buf, field->mutable);
}

static void put_sub_type(Buf *buf, const CoreType *t) {
    if (!t->final || t->super != CORE_NONE) {
        buf_byte(buf, t->final ? 0x4f : 0x50);
        buf_u32(buf, t->super != CORE_NONE);
        if (t->super != CORE_NONE) buf_u32(buf, t->super);
    }
    if (t->shared) buf_byte(buf, 0x65);
    if (t->describes != CORE_NONE) buf_byte(buf, 0x4c), buf_u32(buf, t->describes);
    if (t->descriptor != CORE_NONE) buf_byte(buf, 0x4d), buf_u32(buf, t->descriptor);
    switch (t->kind) {
    case CORE_TYPE_FUNC:
        buf_byte(buf, 0x60);
        put_val_types(buf, t->params, t->param_count);
        put_val_types(buf, t->results, t->result_count);
        break;
    case CORE_TYPE_STRUCT:
        buf_byte(buf, 0x5f);
        buf_u32(buf, t->field_count);
        for (uint32_t i = 0; i < t->field_count; i++) put_field(buf, &t->fields[i]);
        break;
    case CORE_TYPE_ARRAY:
        buf_byte(buf, 0x5e);
        put_field(buf, &t->fields[0]);
        break;
    case CORE_TYPE_CONT:
        buf_byte(buf, 0x5d);
        buf_s64(buf, t->cont);
        break;
    }
}

void core_put_group(Buf *buf, const CoreModule *m, uint32_t index) {
    const CoreGroup *group = &m->groups.at[index];
    if (group->written) buf_byte(buf, 0x4e), buf_u32(buf, group->count);
    for (uint32_t i = 0; i < group->count; i++) put_sub_type(buf, &m->types.at[group->first + i]);
}

static void type_section(const CoreModule *m, Buf *buf) {
    buf_u32(buf, (uint32_t)m->groups.len);
    for (uint32_t g = 0; g < m->groups.len; g++) core_put_group(buf, m, g);
}

static void put_limits(Buf *buf, const CoreLimits *limits) {
    buf_byte(buf, (uint8_t)(limits->has_max | limits->shared << 1 | limits->is_64 << 2 |
                            limits->has_page << 3));
    buf_u64(buf, limits->min);
    if (limits->has_max) buf_u64(buf, limits->max);
    if (limits->has_page) buf_u32(buf, limits->page_log2);
}

static void put_table_type(Buf *buf, const CoreTable *table) {
    core_put_val_type(buf, table->type);
    put_limits(buf, &table->limits);
}

static void put_global_type(Buf *buf, const CoreGlobal *global) {
    core_put_val_type(buf, global->type);
    buf_byte(buf, (uint8_t)(global->mutable | global->shared << 1));
}

static void put_tag_type(Buf *buf, const CoreTag *tag) {
    buf_byte(buf, 0);
    buf_u32(buf, tag->type);
}

/* ---- imports and definitions ---- */

static void put_extern_type(const CoreModule *m, Buf *buf, const CoreImport *import) {
    uint32_t i = import->index;
    bool exact = import->kind == CORE_FUNC && m->funcs.at[i].exact;
    buf_byte(buf, exact ? 0x20 : (uint8_t)import->kind);
    switch (import->kind) {
    case CORE_FUNC: buf_u32(buf, m->funcs.at[i].type); break;
    case CORE_TABLE: put_table_type(buf, &m->tables.at[i]); break;
    case CORE_MEMORY: put_limits(buf, &m->memories.at[i].limits); break;
    case CORE_GLOBAL: put_global_type(buf, &m->globals.at[i]); break;
    case CORE_TAG: put_tag_type(buf, &m->tags.at[i]); break;
    }
}

void core_put_extern_type(Buf *buf, const CoreExternType *type) {
    bool exact = type->kind == CORE_FUNC && type->exact;
    buf_byte(buf, exact ? 0x20 : (uint8_t)type->kind);
    switch (type->kind) {
    case CORE_FUNC: buf_u32(buf, type->type); break;
    case CORE_TABLE:
        core_put_val_type(buf, type->value);
        put_limits(buf, &type->limits);
        break;
    case CORE_MEMORY: put_limits(buf, &type->limits); break;
    case CORE_GLOBAL:
        core_put_val_type(buf, type->value);
        buf_byte(buf, (uint8_t)(type->mutable | type->shared << 1));
        break;
    case CORE_TAG:
        buf_byte(buf, 0);
        buf_u32(buf, type->type);
        break;
    }
}

/* How many imports from i on make one entry of the section. */
static uint32_t entry_length(const CoreModule *m, size_t i) {
    if (m->imports.at[i].form == CORE_IMPORT_SINGLE) return 1;
    size_t end = i + 1;
    while (end < m->imports.len && m->imports.at[end].form == m->imports.at[i].form &&
           !m->imports.at[end].starts_group)
        end++;
    return (uint32_t)(end - i);
}

static void put_import_entry(const CoreModule *m, Buf *buf, size_t first, uint32_t n) {
    const CoreImport *import = &m->imports.at[first];
    buf_name(buf, import->module);
    switch (import->form) {
    case CORE_IMPORT_SINGLE:
        buf_name(buf, import->name);
        put_extern_type(m, buf, import);
        return;
    case CORE_IMPORT_BY_MODULE:
        buf_byte(buf, 0);
        buf_byte(buf, 0x7f);
        buf_u32(buf, n);
        for (uint32_t i = 0; i < n; i++) {
            buf_name(buf, import[i].name);
            put_extern_type(m, buf, &import[i]);
        }
        return;
    case CORE_IMPORT_BY_TYPE:
        buf_byte(buf, 0);
        buf_byte(buf, 0x7e);
        put_extern_type(m, buf, import);
        buf_u32(buf, n);
        for (uint32_t i = 0; i < n; i++) buf_name(buf, import[i].name);
        return;
    }
}

static void import_section(const CoreModule *m, Buf *buf) {
    uint32_t entries = 0;
    for (size_t i = 0; i < m->imports.len; i += entry_length(m, i)) entries++;
    buf_u32(buf, entries);
    for (size_t i = 0, n; i < m->imports.len; i += n) {
        n = entry_length(m, i);
        put_import_entry(m, buf, i, (uint32_t)n);
    }
}

static void func_section(const CoreModule *m, Buf *buf) {
    buf_u32(buf, (uint32_t)m->funcs.len - m->imported[CORE_FUNC]);
    for (size_t i = m->imported[CORE_FUNC]; i < m->funcs.len; i++)
        buf_u32(buf, m->funcs.at[i].type);
}

static void table_section(const CoreModule *m, Buf *buf) {
    buf_u32(buf, (uint32_t)m->tables.len - m->imported[CORE_TABLE]);
    for (size_t i = m->imported[CORE_TABLE]; i < m->tables.len; i++) {
        const CoreTable *table = &m->tables.at[i];
        if (table->has_init) buf_byte(buf, 0x40), buf_byte(buf, 0);
        put_table_type(buf, table);
        if (table->has_init) buf_str(buf, table->init.bytes);
    }
}

static void memory_section(const CoreModule *m, Buf *buf) {
    buf_u32(buf, (uint32_t)m->memories.len - m->imported[CORE_MEMORY]);
    for (size_t i = m->imported[CORE_MEMORY]; i < m->memories.len; i++)
        put_limits(buf, &m->memories.at[i].limits);
}

static void tag_section(const CoreModule *m, Buf *buf) {
    buf_u32(buf, (uint32_t)m->tags.len - m->imported[CORE_TAG]);
    for (size_t i = m->imported[CORE_TAG]; i < m->tags.len; i++) put_tag_type(buf, &m->tags.at[i]);
}

static void global_section(const CoreModule *m, Buf *buf) {
    buf_u32(buf, (uint32_t)m->globals.len - m->imported[CORE_GLOBAL]);
    for (size_t i = m->imported[CORE_GLOBAL]; i < m->globals.len; i++) {
        put_global_type(buf, &m->globals.at[i]);
        buf_str(buf, m->globals.at[i].init.bytes);
    }
}

static void export_section(const CoreModule *m, Buf *buf) {
    buf_u32(buf, (uint32_t)m->exports.len);
    for (size_t i = 0; i < m->exports.len; i++) {
        const CoreExport *export = &m->exports.at[i];
        buf_name(buf, export->name);
        buf_byte(buf, (uint8_t)export->kind);
        buf_u32(buf, export->index);
    }
}

static void start_section(const CoreModule *m, Buf *buf) { buf_u32(buf, m->start); }

/* ---- segments and code ---- */

static void put_elem(Buf *buf, const CoreElem *e) {
    buf_u32(buf, e->flags);
    if (core_elem_active(e)) {
        if (e->flags & 2) buf_u32(buf, e->table);
        buf_str(buf, e->start.bytes);
    }
    if ((e->flags & 3) && core_elem_has_exprs(e)) core_put_val_type(buf, e->type);
    else if (e->flags & 3) buf_byte(buf, 0);
    buf_u32(buf, e->count);
    for (uint32_t i = 0; i < e->count; i++)
        if (core_elem_has_exprs(e)) buf_str(buf, e->exprs[i].bytes);
        else buf_u32(buf, e->funcs[i]);
}

static void elem_section(const CoreModule *m, Buf *buf) {
    buf_u32(buf, (uint32_t)m->elems.len);
    for (size_t i = 0; i < m->elems.len; i++) put_elem(buf, &m->elems.at[i]);
}

static void data_count_section(const CoreModule *m, Buf *buf) { buf_u32(buf, m->data_count); }

static void code_section(const CoreModule *m, Buf *buf) {
    buf_u32(buf, (uint32_t)m->funcs.len - m->imported[CORE_FUNC]);
    Buf body = {.arena = buf->arena};
    for (size_t i = m->imported[CORE_FUNC]; i < m->funcs.len; i++) {
        const CoreFunc *f = &m->funcs.at[i];
        body.len = 0;
        buf_u32(&body, f->local_runs);
        for (uint32_t k = 0; k < f->local_runs; k++) {
            buf_u32(&body, f->locals[k].count);
            core_put_val_type(&body, f->locals[k].type);
        }
        buf_str(&body, f->body.bytes);
        buf_sized(buf, &body);
    }
}

static void data_section(const CoreModule *m, Buf *buf) {
    buf_u32(buf, (uint32_t)m->datas.len);
    for (size_t i = 0; i < m->datas.len; i++) {
        const CoreData *data = &m->datas.at[i];
        buf_u32(buf, data->flags);
        if (data->flags == 2) buf_u32(buf, data->memory);
        if (core_data_active(data)) buf_str(buf, core_data_start(data).bytes);
        buf_name(buf, core_data_bytes(data));
    }
}

/* ---- sections ---- */

typedef void SectionFunction(const CoreModule *m, Buf *buf);
static SectionFunction *const section_functions[CORE_SECTION_COUNT] = {
    [CORE_SECTION_TYPE] = type_section,     [CORE_SECTION_IMPORT] = import_section,
    [CORE_SECTION_FUNC] = func_section,     [CORE_SECTION_TABLE] = table_section,
    [CORE_SECTION_MEMORY] = memory_section, [CORE_SECTION_GLOBAL] = global_section,
    [CORE_SECTION_EXPORT] = export_section, [CORE_SECTION_START] = start_section,
    [CORE_SECTION_ELEM] = elem_section,     [CORE_SECTION_CODE] = code_section,
    [CORE_SECTION_DATA] = data_section,     [CORE_SECTION_DATA_COUNT] = data_count_section,
    [CORE_SECTION_TAG] = tag_section,
};

static bool has_contents(const CoreModule *m, CoreSection id) {
    switch (id) {
    case CORE_SECTION_CUSTOM: return false;
    case CORE_SECTION_TYPE: return m->groups.len > 0;
    case CORE_SECTION_IMPORT: return m->imports.len > 0;
    case CORE_SECTION_FUNC:
    case CORE_SECTION_CODE: return m->funcs.len > m->imported[CORE_FUNC];
    case CORE_SECTION_TABLE: return m->tables.len > m->imported[CORE_TABLE];
    case CORE_SECTION_MEMORY: return m->memories.len > m->imported[CORE_MEMORY];
    case CORE_SECTION_GLOBAL: return m->globals.len > m->imported[CORE_GLOBAL];
    case CORE_SECTION_EXPORT: return m->exports.len > 0;
    case CORE_SECTION_START: return m->has_start;
    case CORE_SECTION_ELEM: return m->elems.len > 0;
    case CORE_SECTION_DATA: return m->datas.len > 0;
    case CORE_SECTION_DATA_COUNT: return m->has_data_count;
    case CORE_SECTION_TAG: return m->tags.len > m->imported[CORE_TAG];
    case CORE_SECTION_COUNT: break;
    }
    return false;
}

static void put_customs(const CoreModule *m, Buf *buf, uint8_t after) {
    Buf content = {.arena = buf->arena};
    for (size_t i = 0; i < m->customs.len; i++) {
        const CoreCustom *custom = &m->customs.at[i];
        if (custom->after != after) continue;
        content.len = 0;
        buf_name(&content, custom->name);
        buf_str(&content, custom->bytes);
        buf_section(buf, CORE_SECTION_CUSTOM, &content);
    }
}

void core_encode(const CoreModule *m, Buf *buf) {
    buf_bytes(buf, "\0asm\1\0\0\0", 8);
    put_customs(m, buf, 0);
    for (int i = 0; i < CORE_SECTION_COUNT - 1; i++) {
        CoreSection id = (CoreSection)core_section_order[i];
        if (has_contents(m, id) || (m->present >> id & 1)) {
            Buf content = {.arena = buf->arena};
            section_functions[id](m, &content);
            buf_section(buf, (uint8_t)id, &content);
        }
        put_customs(m, buf, (uint8_t)id);
    }
}

void core_encode_imports(const CoreModule *m, Str bytes, Buf *buf) {
    Reader r = reader_of(&(Source){.text = bytes}, NULL);
    const char *start = bytes.ptr;
    buf_reserve(buf, bytes.len + bytes.len / 16);
    reader_bytes(&r, 8);
    while (!reader_at_end(&r)) {
        const char *section = (const char *)r.ptr;
        uint8_t id = reader_u8(&r);
        reader_bytes(&r, reader_u32(&r));
        if (r.failed || id != CORE_SECTION_IMPORT) continue;
        Buf content = {.arena = buf->arena};
        import_section(m, &content);
        buf_bytes(buf, start, (size_t)(section - start));
        buf_section(buf, id, &content);
        start = (const char *)r.ptr;
    }
    buf_bytes(buf, start, (size_t)(bytes.ptr + bytes.len - start));
}
