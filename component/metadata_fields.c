/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What custom sections tell about a module or component, for people and registries:
 *
 *     "name", "component-name"   subsection 0: its name
 *     "producers"                count (field:name count (name:name version:name)*)*
 *     "authors", "description",  one text each, to the end of the section
 *     "licenses", ...
 *
 * Reading visits everything nested; writing changes the outermost module or component only, each
 * section at its place, new ones at the end. All other bytes are copied as they stand.
 */
#include "base/utf8.h"
#include "component/internal.h"

enum { DEEPEST = 100, PREAMBLE = 8 };

const char *comp_metadata_text_name(CompMetadataText text) {
    static const char *const names[] = {"authors",  "description", "licenses", "source",
                                        "homepage", "revision",    "version"};
    return names[text];
}

/* ---- reading ---- */

typedef struct {
    uint8_t id;
    const uint8_t *start; /* the whole section, to where the next one begins */
    Str name;             /* of a custom section */
    Reader body;          /* custom: what follows the name */
} Part;

static bool next_part(Reader *r, Part *part) {
    if (reader_at_end(r)) return false;
    *part = (Part){.start = r->ptr};
    part->id = reader_u8(r);
    part->body = reader_sub(r, reader_u32(r));
    if (part->id == 0 && !r->failed) part->name = reader_name(&part->body);
    reader_join(r, &part->body);
    return !r->failed;
}

static bool is_names(const Part *part, bool component) {
    return part->id == 0 && str_is(part->name, component ? "component-name" : "name");
}

/* The text kept in this section; COMP_METADATA_TEXTS where it is another one. */
static unsigned text_of(const Part *part) {
    unsigned i = 0;
    while (i < COMP_METADATA_TEXTS &&
           (part->id || !str_is(part->name, comp_metadata_text_name((CompMetadataText)i))))
        i++;
    return i;
}

static Str read_text(Reader *r) {
    size_t offset = reader_offset(r);
    Str text = reader_bytes(r, reader_left(r));
    size_t valid = utf8_valid_prefix(text);
    if (valid != text.len) reader_fail(r, offset + valid, LINK_METADATA_TEXT);
    return text;
}

void comp_producers_add(Arena *arena, CompProducers *producers, Str field, Str name, Str version) {
    CompProducersField *at = NULL;
    for (size_t i = 0; i < producers->len && !at; i++)
        if (str_eq(producers->at[i].name, field)) at = &producers->at[i];
    if (!at) {
        at = vec_push(arena, producers);
        at->name = field;
    }
    bool added;
    MapEntry *entry = map_put(arena, &at->values, name, &added);
    if (added) entry->ptr = ARENA_NEW(arena, Str);
    *(Str *)entry->ptr = version;
}

static void read_producers(Arena *arena, Reader *r, CompProducers *out) {
    uint32_t fields = reader_count(r, UINT32_MAX, "producers fields");
    for (uint32_t i = 0; i < fields && !r->failed; i++) {
        Str field = reader_name(r);
        uint32_t values = reader_count(r, UINT32_MAX, "producers values");
        for (uint32_t k = 0; k < values && !r->failed; k++) {
            Str name = reader_name(r), version = reader_name(r);
            if (!r->failed) comp_producers_add(arena, out, field, name, version);
        }
    }
}

static void read_name(Reader *r, CompMetadata *out) {
    while (!reader_at_end(r)) {
        uint8_t id = reader_u8(r);
        Reader body = reader_sub(r, reader_u32(r));
        if (id == 0 && !r->failed) {
            out->name = reader_name(&body);
            out->has_name = !body.failed;
        }
        reader_join(r, &body);
    }
}

static void read_custom(Arena *arena, Part *part, CompMetadata *out) {
    unsigned text = text_of(part);
    if (is_names(part, out->is_component)) {
        read_name(&part->body, out);
    } else if (str_is(part->name, "producers")) {
        out->producers = (CompProducers){0};
        out->has_producers = true;
        read_producers(arena, &part->body, &out->producers);
    } else if (text < COMP_METADATA_TEXTS) {
        out->has_text[text] = true;
        out->texts[text] = read_text(&part->body);
    }
}

static CompMetadata *read_unit(Arena *arena, Reader *r, unsigned depth) {
    CompMetadata *out = ARENA_NEW(arena, CompMetadata);
    out->start = reader_offset(r);
    out->end = out->start + reader_left(r);
    out->is_component = comp_is_component((Str){(const char *)r->ptr, reader_left(r)});
    if (!out->is_component && !comp_is_module((Str){(const char *)r->ptr, reader_left(r)}))
        reader_fail(r, out->start, LINK_NO_PREAMBLE);
    reader_bytes(r, PREAMBLE);
    Part part;
    while (next_part(r, &part)) {
        if (part.id == 0) {
            read_custom(arena, &part, out);
        } else if (out->is_component && (part.id == 1 || part.id == 4)) {
            if (depth == DEEPEST) {
                reader_fail(r, reader_offset(&part.body), COMP_NESTING, "modules and components");
                return NULL;
            }
            CompMetadata *child = read_unit(arena, &part.body, depth + 1);
            if (child) *vec_push(arena, &out->children) = child;
        }
        reader_join(r, &part.body);
    }
    return r->failed ? NULL : out;
}

CompMetadata *comp_metadata_read(Arena *arena, const Source *source, Diags *diags) {
    Reader r = reader_of(source, diags);
    return read_unit(arena, &r, 0);
}

/* ---- writing ---- */

static void write_names(Arena *arena, bool component, const CompMetadataChange *edit,
                        Reader *others, Buf *out) {
    Buf section = {.arena = arena};
    buf_name(&section, component ? STR("component-name") : STR("name"));
    if (edit->change == COMP_METADATA_SET) {
        Buf name = {.arena = arena};
        buf_name(&name, edit->text);
        buf_section(&section, 0, &name);
    }
    while (others && !reader_at_end(others)) {
        const uint8_t *start = others->ptr;
        uint8_t id = reader_u8(others);
        reader_bytes(others, reader_u32(others));
        if (id != 0 && !others->failed) buf_bytes(&section, start, (size_t)(others->ptr - start));
    }
    buf_section(out, 0, &section);
}

static void write_producers(Arena *arena, const CompProducers *producers, Buf *out) {
    Buf section = {.arena = arena};
    buf_name(&section, STR("producers"));
    buf_u32(&section, (uint32_t)producers->len);
    for (size_t i = 0; i < producers->len; i++) {
        const CompProducersField *field = &producers->at[i];
        buf_name(&section, field->name);
        buf_u32(&section, (uint32_t)field->values.len);
        for (size_t k = 0; k < field->values.len; k++) {
            buf_name(&section, field->values.entries[k].key);
            buf_name(&section, *(const Str *)field->values.entries[k].cptr);
        }
    }
    buf_section(out, 0, &section);
}

static void merge_producers(Arena *arena, CompProducers *into, const CompProducers *from) {
    for (size_t i = 0; i < from->len; i++) {
        const Map *values = &from->at[i].values;
        for (size_t k = 0; k < values->len; k++)
            comp_producers_add(arena, into, from->at[i].name, values->entries[k].key,
                               *(const Str *)values->entries[k].cptr);
    }
}

static void write_text(Arena *arena, unsigned text, Str value, Buf *out) {
    Buf section = {.arena = arena};
    buf_name(&section, str_from(comp_metadata_text_name((CompMetadataText)text)));
    buf_str(&section, value);
    buf_section(out, 0, &section);
}

/* What the edit has already been applied to; a second section of the same name goes. */
typedef struct {
    bool name, producers, texts[COMP_METADATA_TEXTS];
} Done;

/* Writes what comes of a section; false where it stays as it is. */
static bool edit_part(Arena *arena, bool component, const CompMetadataEdit *edit, Part *part,
                      Done *done, Buf *out) {
    unsigned text = text_of(part);
    if (is_names(part, component) && edit->name.change != COMP_METADATA_KEEP) {
        if (!done->name) write_names(arena, component, &edit->name, &part->body, out);
        done->name = true;
    } else if (part->id == 0 && str_is(part->name, "producers") && edit->producers.len) {
        CompProducers producers = {0};
        if (done->producers) return false;
        read_producers(arena, &part->body, &producers);
        merge_producers(arena, &producers, &edit->producers);
        write_producers(arena, &producers, out);
        done->producers = true;
    } else if (text < COMP_METADATA_TEXTS && edit->texts[text].change != COMP_METADATA_KEEP) {
        if (edit->texts[text].change == COMP_METADATA_SET && !done->texts[text])
            write_text(arena, text, edit->texts[text].text, out);
        done->texts[text] = true;
    } else {
        return false;
    }
    return true;
}

bool comp_metadata_edit(Arena *arena, const Source *source, const CompMetadataEdit *edit, Buf *out,
                        Diags *diags) {
    Reader r = reader_of(source, diags);
    bool component = comp_is_component(source->text);
    if (!component && !comp_is_module(source->text)) reader_fail(&r, 0, LINK_NO_PREAMBLE);
    buf_str(out, reader_bytes(&r, PREAMBLE));
    Done done = {0};
    Part part;
    while (next_part(&r, &part)) {
        if (!edit_part(arena, component, edit, &part, &done, out))
            buf_bytes(out, part.start, (size_t)(r.ptr - part.start));
        reader_join(&r, &part.body);
    }
    if (!done.name && edit->name.change == COMP_METADATA_SET)
        write_names(arena, component, &edit->name, NULL, out);
    if (!done.producers && edit->producers.len) write_producers(arena, &edit->producers, out);
    for (unsigned i = 0; i < COMP_METADATA_TEXTS; i++)
        if (!done.texts[i] && edit->texts[i].change == COMP_METADATA_SET)
            write_text(arena, i, edit->texts[i].text, out);
    return !r.failed;
}
