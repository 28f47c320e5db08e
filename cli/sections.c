/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Sections as commands that do not decode need them.
 *
 *     module, component ::= preamble:byte^8 section*
 *     section           ::= id:byte size:u32 body:byte^size
 *     custom (id 0)     ::= name:name contents:byte*
 */
#include "cli/sections.h"

static void preamble(Reader *reader, bool *component) {
    Str bytes = reader_bytes(reader, 8);
    *component = bytes.len == 8 && bytes.ptr[6] == 1;
}

Reader sections_of(const Source *source, Diags *diags, bool *component) {
    Reader reader = reader_of(source, diags);
    preamble(&reader, component);
    return reader;
}

Reader sections_inside(Reader *outer, const Section *section, bool *component) {
    Reader reader = *outer;
    reader.ptr = (const uint8_t *)section->body.ptr;
    reader.end = reader.ptr + section->body.len;
    preamble(&reader, component);
    return reader;
}

bool section_next(Reader *reader, Section *section) {
    if (reader_at_end(reader)) return false;
    *section = (Section){.start = reader_offset(reader)};
    section->id = reader_u8(reader);
    uint32_t size = reader_u32(reader);
    section->body_start = reader_offset(reader);
    section->body = reader_bytes(reader, size);
    if (!reader->failed && section->id == 0) {
        Reader custom = *reader;
        custom.ptr = (const uint8_t *)section->body.ptr;
        custom.end = custom.ptr + section->body.len;
        section->name = reader_name(&custom);
        section->content = reader_offset(&custom) - section->body_start;
        if (custom.failed) reader_stop(reader);
    }
    return !reader->failed;
}

bool section_nests(const Section *section, bool in_component) {
    return in_component &&
           (section->id == SECTION_NESTED_MODULE || section->id == SECTION_NESTED_COMPONENT);
}

const char *section_name(const Section *section, bool in_component) {
    static const char *const of_module[] = {"custom", "type",   "import",     "function", "table",
                                            "memory", "global", "export",     "start",    "element",
                                            "code",   "data",   "data count", "tag"};
    static const char *const of_component[] = {
        "custom", "core module", "core instance", "core type", "component", "instance", "alias",
        "type",   "canon",       "start",         "import",    "export",    "value"};
    size_t count = in_component ? sizeof of_component / sizeof *of_component
                                : sizeof of_module / sizeof *of_module;
    if (section->id >= count) return "unknown";
    return in_component ? of_component[section->id] : of_module[section->id];
}
