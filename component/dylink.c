/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The `dylink.0` section of a library (tool-conventions, DynamicLinking.md):
 *
 *     section    ::= (id:u8 size:u32 body)*
 *     1 mem-info ::= memory-size:u32 memory-align:u32 table-size:u32 table-align:u32
 *     2 needed   ::= vec(library:name)
 *     3 exports  ::= vec(name:name flags:u32)
 *     4 imports  ::= vec(module:name field:name flags:u32)
 *     5 path     ::= vec(name)
 *
 * Alignments are powers of two, told by their exponent. Flag 1 marks a weak symbol.
 */
#include "base/file.h"
#include "component/link_libraries.h"

enum { FLAG_WEAK = 1, MAX_ALIGN = 16 };

static uint32_t read_align(Reader *r) {
    size_t at = reader_offset(r);
    uint32_t exponent = reader_u32(r);
    if (exponent > MAX_ALIGN) reader_fail(r, at, LINK_DYLINK_ALIGN, exponent, MAX_ALIGN);
    return r->failed ? 1 : 1u << exponent;
}

static void read_mem_info(Reader *r, LinkLibrary *lib) {
    lib->memory_size = reader_u32(r);
    lib->memory_align = read_align(r);
    lib->table_size = reader_u32(r);
    lib->table_align = read_align(r);
}

static void read_names(LinkPlan *p, Reader *r, LinkLibrary *lib, bool is_needed) {
    uint32_t n = reader_count(r, UINT32_MAX, "names");
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        Str name = reader_name(r);
        if (is_needed && !r->failed) *vec_push(p->arena, &lib->needed) = name;
    }
}

static void read_flags(LinkPlan *p, Reader *r, LinkLibrary *lib, bool is_import) {
    uint32_t n = reader_count(r, UINT32_MAX, "symbols");
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        Str module = is_import ? reader_name(r) : (Str){0};
        Str name = reader_name(r);
        uint32_t flags = reader_u32(r);
        if (is_import && (flags & FLAG_WEAK) && !r->failed)
            map_put(p->arena, &lib->weak, comp_import_key(p->arena, module, name), NULL);
    }
}

static void read_subsection(LinkPlan *p, Reader *r, LinkLibrary *lib) {
    size_t at = reader_offset(r);
    uint8_t id = reader_u8(r);
    Reader body = reader_sub(r, reader_u32(r));
    switch (id) {
    case 1: read_mem_info(&body, lib); break;
    case 2: read_names(p, &body, lib, true); break;
    case 3: read_flags(p, &body, lib, false); break;
    case 4: read_flags(p, &body, lib, true); break;
    case 5: read_names(p, &body, lib, false); break;
    default: reader_fail(r, at, LINK_DYLINK_SUBSECTION, id); return;
    }
    if (!body.failed && !reader_at_end(&body))
        reader_fail(&body, reader_offset(&body), LINK_DYLINK_REST, id);
    reader_join(r, &body);
}

static bool read_section(LinkPlan *p, LinkLibrary *lib, const CoreCustom *section) {
    Reader whole = reader_of(lib->source, p->diags);
    reader_bytes(&whole, section->at);
    Reader r = reader_sub(&whole, section->bytes.len);
    while (!reader_at_end(&r)) read_subsection(p, &r, lib);
    return !r.failed;
}

bool comp_read_library(LinkPlan *p, const CompLibrary *given, Features features, LinkLibrary *lib) {
    CompModuleWorld world = {0};
    *lib = (LinkLibrary){.name = given->name,
                         .given = given->source,
                         .dl_openable = given->dl_openable,
                         .memory_align = 2,
                         .table_align = 2,
                         .tls_slot = CORE_NONE};
    if (!comp_unite_module_world(p->arena, given->source, &world, p->diags)) return false;
    lib->has_exports = world.exports.len > 0;
    lib->source = source_of(p->arena, given->source->path, world.core);
    Reader r = reader_of(lib->source, p->diags);
    lib->core = core_decode(p->arena, &r, features);
    if (!lib->core || !core_validate(p->arena, lib->core, features, p->diags)) return false;
    lib->symbols = ARENA_NEW_ARRAY(p->arena, LinkSymbol, lib->core->imports.len);
    const CoreCustom *section = core_custom_find(lib->core, STR("dylink.0"));
    return !section || read_section(p, lib, section);
}
