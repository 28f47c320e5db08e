/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The `name` custom section (core specification 7.4.1, with the extended name section proposal):
 *
 *     namesec ::= (id:byte size:u32 content)*
 *       0 module   name
 *       1 function 4 type 5 table 6 memory 7 global 8 elem 9 data 11 tag    vec(x:u32 name)
 *       2 local 3 label 10 field                              vec(x:u32 vec(y:u32 name))
 *
 * It only serves people, so a malformed one is no error: what stands before the fault is kept, the
 * indices may come in any order (Dart's compiler writes them so), and the last name of an index and
 * the last of several sections hold. */
#include <stdlib.h>

#include "core/internal.h"

static CoreNameMap *map_of(CoreNames *names, uint8_t id) {
    switch (id) {
    case 1: return &names->funcs;
    case 4: return &names->types;
    case 5: return &names->tables;
    case 6: return &names->memories;
    case 7: return &names->globals;
    case 8: return &names->elems;
    case 9: return &names->datas;
    case 11: return &names->tags;
    default: return NULL;
    }
}

static CoreNameGroups *groups_of(CoreNames *names, uint8_t id) {
    switch (id) {
    case 2: return &names->locals;
    case 3: return &names->labels;
    case 10: return &names->fields;
    default: return NULL;
    }
}

void core_name_add(Arena *arena, CoreNameMap *map, uint32_t index, Str name) {
    *vec_push(arena, map) = (CoreName){index, name};
}

CoreNameMap *core_name_group_add(Arena *arena, CoreNameGroups *groups, uint32_t index) {
    CoreNameGroup *group = vec_push(arena, groups);
    group->index = index;
    return &group->names;
}

Str core_name(const CoreNameMap *map, uint32_t index) {
    size_t low = 0, high = map->len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (map->at[mid].index < index) low = mid + 1;
        else high = mid;
    }
    return low < map->len && map->at[low].index == index ? map->at[low].name : (Str){0};
}

const CoreNameMap *core_name_group(const CoreNameGroups *groups, uint32_t index) {
    static const CoreNameMap none;
    size_t low = 0, high = groups->len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (groups->at[mid].index < index) low = mid + 1;
        else high = mid;
    }
    return low < groups->len && groups->at[low].index == index ? &groups->at[low].names : &none;
}

/* vec(x:u32 name) */
static void read_map(Arena *arena, Reader *r, CoreNameMap *map) {
    uint32_t n = reader_count(r, UINT32_MAX, "name");
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        uint32_t index = reader_u32(r);
        Str name = reader_name(r);
        if (r->failed) return;
        if (map->len && index <= vec_last(map).index) map->shuffled = true;
        core_name_add(arena, map, index, name);
    }
}

/* vec(x:u32 vec(y:u32 name)) */
static void read_groups(Arena *arena, Reader *r, CoreNameGroups *groups) {
    uint32_t n = reader_count(r, UINT32_MAX, "name");
    for (uint32_t i = 0; i < n && !r->failed; i++) {
        uint32_t index = reader_u32(r);
        if (r->failed) return;
        if (groups->len && index <= vec_last(groups).index) groups->shuffled = true;
        read_map(arena, r, core_name_group_add(arena, groups, index));
    }
}

/* By index, and those of one index as they stand in the file: names point into it. */
static int by_index(const void *a, const void *b) {
    const CoreName *x = a, *y = b;
    if (x->index != y->index) return x->index < y->index ? -1 : 1;
    return (x->name.ptr > y->name.ptr) - (x->name.ptr < y->name.ptr);
}

static int by_group_index(const void *a, const void *b) {
    const CoreNameGroup *x = a, *y = b;
    if (x->index != y->index) return x->index < y->index ? -1 : 1;
    const char *first = x->names.len ? x->names.at[0].name.ptr : NULL;
    const char *second = y->names.len ? y->names.at[0].name.ptr : NULL;
    return (first > second) - (first < second);
}

/* Brings a map into order; of several names for one index the last holds. */
static void sort_map(CoreNameMap *map) {
    if (!map->shuffled || map->len == 0) return;
    qsort(map->at, map->len, sizeof *map->at, by_index);
    size_t kept = 0;
    for (size_t i = 0; i < map->len; i++)
        if (i + 1 == map->len || map->at[i + 1].index != map->at[i].index)
            map->at[kept++] = map->at[i];
    map->len = kept;
}

/* The same for groups; several of one index are one. */
static void sort_groups(Arena *arena, CoreNameGroups *groups) {
    if (groups->shuffled && groups->len)
        qsort(groups->at, groups->len, sizeof *groups->at, by_group_index);
    size_t kept = 0;
    for (size_t i = 0; i < groups->len; i++) {
        CoreNameGroup *group = &groups->at[i], *last = kept ? &groups->at[kept - 1] : NULL;
        if (!last || last->index != group->index) {
            groups->at[kept++] = *group;
            continue;
        }
        for (size_t n = 0; n < group->names.len; n++)
            *vec_push(arena, &last->names) = group->names.at[n];
        last->names.shuffled = true;
    }
    groups->len = kept;
    for (size_t i = 0; i < kept; i++) sort_map(&groups->at[i].names);
}

bool core_names_decode(Arena *arena, Reader r, CoreNames *names) {
    bool good = true;
    r.diags = NULL;
    while (!reader_at_end(&r)) {
        uint8_t id = reader_u8(&r);
        uint32_t size = reader_u32(&r);
        Reader content = reader_sub(&r, size);
        if (r.failed) break;
        CoreNameMap *map = map_of(names, id);
        CoreNameGroups *groups = groups_of(names, id);
        if (map) read_map(arena, &content, map);
        else if (groups) read_groups(arena, &content, groups);
        else if (id == 0)
            names->module = reader_name(&content), names->has_module = !content.failed;
        else reader_bytes(&content, reader_left(&content));
        if (content.failed || !reader_at_end(&content)) good = false;
        if (map) sort_map(map);
        if (groups) sort_groups(arena, groups);
    }
    return good && !r.failed;
}

bool core_names_empty(const CoreNames *names) {
    CoreNames *n = (CoreNames *)names;
    for (uint8_t id = 1; id <= 11; id++) {
        if (map_of(n, id) && map_of(n, id)->len) return false;
        if (groups_of(n, id) && groups_of(n, id)->len) return false;
    }
    return !names->has_module;
}

static void put_map(Buf *buf, const CoreNameMap *map) {
    buf_u32(buf, (uint32_t)map->len);
    for (size_t i = 0; i < map->len; i++) {
        buf_u32(buf, map->at[i].index);
        buf_name(buf, map->at[i].name);
    }
}

static void put_groups(Buf *buf, const CoreNameGroups *groups) {
    buf_u32(buf, (uint32_t)groups->len);
    for (size_t i = 0; i < groups->len; i++) {
        buf_u32(buf, groups->at[i].index);
        put_map(buf, &groups->at[i].names);
    }
}

void core_names_encode(const CoreNames *names, Buf *buf) {
    CoreNames *n = (CoreNames *)names; /* map_of gives what it got */
    for (uint8_t id = 0; id <= 11; id++) {
        Buf content = {.arena = buf->arena};
        const CoreNameMap *map = map_of(n, id);
        const CoreNameGroups *groups = groups_of(n, id);
        if (id == 0 && names->has_module) buf_name(&content, names->module);
        else if (map && map->len) put_map(&content, map);
        else if (groups && groups->len) put_groups(&content, groups);
        else continue;
        buf_section(buf, id, &content);
    }
}
