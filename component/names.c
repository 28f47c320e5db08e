/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The `component-name` custom section (Binary.md, "Name Section"), both ways:
 *
 *     0 size name               of the component itself
 *     1 size sort vec(index name)   of what stands in one index space; once a sort
 *
 * Like all custom sections it may hold anything: what is well-formed is taken, the rest ignored. A name
 * may be empty; there is none where its pointer is NULL.
 */
#include "component/internal.h"

/* ---- reading ---- */

static bool read_sort(Reader *r, CompSort *sort) {
    bool core = reader_peek(r) == 0x00;
    if (core) reader_u8(r);
    uint8_t code = reader_u8(r);
    for (CompSort s = 0; s < COMP_SORT_COUNT; s++)
        if (comp_sort_is_core(s) == core && comp_sort_code(s) == code) {
            *sort = s;
            return !r->failed;
        }
    return false;
}

/* vec(index name); an index beyond its space is passed over */
static void read_map(Arena *arena, Reader *r, CompSort sort, uint32_t limit, CompNames *names) {
    uint32_t n = reader_count(r, UINT32_MAX, "name");
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        uint32_t index = reader_u32(r);
        Str name = reader_name(r);
        if (!r->failed && index < limit) comp_set_name(arena, names, sort, index, name);
    }
}

void comp_names_decode(Arena *arena, Str bytes, const uint32_t counts[COMP_SORT_COUNT],
                       CompNames *names) {
    Source source = {.text = bytes, .binary = true};
    Reader r = reader_of(&source, NULL);
    while (!reader_at_end(&r)) {
        uint8_t id = reader_u8(&r);
        Reader sub = reader_sub(&r, reader_u32(&r));
        CompSort sort;
        if (r.failed) return;
        if (id == 0) {
            Str name = reader_name(&sub);
            if (!sub.failed) names->component = name;
        } else if (id == 1 && read_sort(&sub, &sort)) {
            read_map(arena, &sub, sort, counts[sort], names);
        }
    }
}

/* ---- writing ---- */

static uint32_t count_names(const CompNames *names, CompSort sort) {
    uint32_t n = 0;
    for (size_t i = 0; i < names->sorts[sort].len; i++) n += names->sorts[sort].at[i].ptr != NULL;
    return n;
}

static void put_map(const CompNames *names, CompSort sort, uint32_t count, Buf *buf) {
    Buf sub = {.arena = buf->arena};
    if (comp_sort_is_core(sort)) buf_byte(&sub, 0x00);
    buf_byte(&sub, comp_sort_code(sort));
    buf_u32(&sub, count);
    for (uint32_t i = 0; i < names->sorts[sort].len; i++) {
        Str name = names->sorts[sort].at[i];
        if (!name.ptr) continue;
        buf_u32(&sub, i);
        buf_name(&sub, name);
    }
    buf_section(buf, 1, &sub);
}

void comp_names_encode(const CompNames *names, Buf *buf) {
    if (names->component.ptr) {
        Buf sub = {.arena = buf->arena};
        buf_name(&sub, names->component);
        buf_section(buf, 0, &sub);
    }
    for (CompSort sort = 0; sort < COMP_SORT_COUNT; sort++) {
        uint32_t n = count_names(names, sort);
        if (n) put_map(names, sort, n, buf);
    }
}

Str comp_instance_path(Arena *arena, Str around, const CompComponent *component, uint32_t index) {
    enum { LONGEST = 1000 };
    Str name = comp_get_name(&component->names, COMP_INSTANCE, index), far = STR("/");
    if (!name.len) name = str_fmt(arena, "%u", index);
    if (str_eq(around, far) || around.len + (around.len != 0) + name.len > LONGEST) return far;
    return around.len ? STR_JOIN(arena, around, STR("/"), name) : name;
}
