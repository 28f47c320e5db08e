/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Where code came from: asks the DWARF of a module, of the module beside it that has the DWARF, and at
 * last the source map. Each is opened by the first question.
 */
#include "base/file.h"
#include "core/dwarf.h"
#include "core/source_map.h"

struct CoreSources {
    Arena *arena;
    const CoreModule *module;
    Dwarf *dwarf, *external;
    const SourceMap *map;
    bool is_open;
};

CoreSources *core_sources_new(Arena *arena, const CoreModule *m) {
    CoreSources *s = ARENA_NEW(arena, CoreSources);
    s->arena = arena;
    s->module = m;
    return s;
}

/* A custom section whose contents are a string with its length. */
static Str string_section(const CoreModule *m, const char *name) {
    const CoreCustom *custom = core_custom_find(m, str_from(name));
    if (!custom) return (Str){0};
    const uint8_t *bytes = (const uint8_t *)custom->bytes.ptr;
    Reader r = {.ptr = bytes, .end = bytes + custom->bytes.len, .start = bytes};
    return reader_name(&r);
}

static bool is_data(Str url) { return str_starts(url, STR("data:")); }

Str core_sources_external(const CoreModule *m) { return string_section(m, "external_debug_info"); }

Str core_sources_map_url(const CoreModule *m) {
    Str url = string_section(m, "sourceMappingURL");
    return is_data(url) ? (Str){0} : url;
}

void core_sources_use_external(CoreSources *s, const CoreModule *m) {
    s->external = dwarf_open(s->arena, m);
}

bool core_sources_use_map(CoreSources *s, Str json) {
    const SourceMap *map = source_map_read(s->arena, json);
    if (map) s->map = map;
    return map != NULL;
}

void core_sources_use_files(CoreSources *s, CoreReadFile read, void *context) {
    Str url = core_sources_external(s->module);
    Str debug = url.len ? read(context, s->module, url) : (Str){0};
    if (str_starts(debug, STR("\0asm"))) {
        Diags ignored = {.arena = s->arena};
        Reader reader = reader_of(source_of(s->arena, url, debug), &ignored);
        const CoreModule *other = core_decode(s->arena, &reader, features_all());
        if (other) core_sources_use_external(s, other);
    }
    url = core_sources_map_url(s->module);
    Str json = url.len ? read(context, s->module, url) : (Str){0};
    if (json.len) core_sources_use_map(s, json);
}

static void open_all(CoreSources *s) {
    s->is_open = true;
    s->dwarf = dwarf_open(s->arena, s->module);
    Str url = string_section(s->module, "sourceMappingURL");
    if (!s->map && is_data(url)) s->map = source_map_of_data(s->arena, url);
}

size_t core_sources_find_code(CoreSources *s, uint64_t address, CoreSourceFrame *frames,
                              size_t max) {
    if (!s->is_open) open_all(s);
    size_t n = s->dwarf ? dwarf_find(s->dwarf, address, frames, max) : 0;
    if (!n && s->external) n = dwarf_find(s->external, address, frames, max);
    if (n || !s->map || max == 0) return n;
    /* A source map counts from the first byte of the module. */
    const CoreModule *m = s->module;
    uint64_t place = address + m->section_offset[CORE_SECTION_CODE] - m->offset;
    frames[0] = (CoreSourceFrame){.column = CORE_NO_COLUMN};
    return source_map_find(s->map, place, &frames[0]);
}

size_t core_sources_find(CoreSources *s, uint32_t offset, CoreSourceFrame *frames, size_t max) {
    uint32_t code = s->module->section_offset[CORE_SECTION_CODE];
    return code && offset >= code ? core_sources_find_code(s, offset - code, frames, max) : 0;
}
