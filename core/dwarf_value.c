/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Values of DWARF: numbers of fixed and variable length, the forms in which an attribute is written,
 * and what stands behind them in other sections:
 *
 *     DW_FORM_strp   n → .debug_str[n]
 *     DW_FORM_strx   i → .debug_str[.debug_str_offsets[str_offsets_base + i * offset size]]
 *     DW_FORM_addrx  i → .debug_addr[addr_base + i * address size]
 *     DW_FORM_rnglistx i → .debug_rnglists[rnglists_base + .debug_rnglists[rnglists_base + ...]]
 *
 * All readers are silent: bytes that make no sense end what is read of them.
 */
#include "core/dwarf.h"

enum {
    FORM_ADDR = 0x01,
    FORM_BLOCK2 = 0x03,
    FORM_BLOCK4 = 0x04,
    FORM_DATA2 = 0x05,
    FORM_DATA4 = 0x06,
    FORM_DATA8 = 0x07,
    FORM_STRING = 0x08,
    FORM_BLOCK = 0x09,
    FORM_BLOCK1 = 0x0a,
    FORM_DATA1 = 0x0b,
    FORM_FLAG = 0x0c,
    FORM_SDATA = 0x0d,
    FORM_STRP = 0x0e,
    FORM_UDATA = 0x0f,
    FORM_REF_ADDR = 0x10,
    FORM_REF1 = 0x11,
    FORM_REF2 = 0x12,
    FORM_REF4 = 0x13,
    FORM_REF8 = 0x14,
    FORM_REF_UDATA = 0x15,
    FORM_INDIRECT = 0x16,
    FORM_SEC_OFFSET = 0x17,
    FORM_EXPRLOC = 0x18,
    FORM_FLAG_PRESENT = 0x19,
    FORM_STRX = 0x1a,
    FORM_ADDRX = 0x1b,
    FORM_REF_SUP4 = 0x1c,
    FORM_STRP_SUP = 0x1d,
    FORM_DATA16 = 0x1e,
    FORM_LINE_STRP = 0x1f,
    FORM_REF_SIG8 = 0x20,
    FORM_IMPLICIT_CONST = 0x21, /* its value stands in the abbreviation */
    FORM_LOCLISTX = 0x22,
    FORM_RNGLISTX = 0x23,
    FORM_REF_SUP8 = 0x24,
    FORM_STRX1 = 0x25,
    FORM_STRX2 = 0x26,
    FORM_STRX3 = 0x27,
    FORM_STRX4 = 0x28,
    FORM_ADDRX1 = 0x29,
    FORM_ADDRX2 = 0x2a,
    FORM_ADDRX3 = 0x2b,
    FORM_ADDRX4 = 0x2c,
    FORM_GNU_ADDR_INDEX = 0x1f01,
    FORM_GNU_STR_INDEX = 0x1f02,
    FORM_GNU_REF_ALT = 0x1f20,
    FORM_GNU_STRP_ALT = 0x1f21
};

/* ---- readers ---- */

Reader dwarf_reader(const Dwarf *d, DwarfSection section, uint64_t at, uint64_t end) {
    Str s = d->sections[section];
    const uint8_t *bytes = (const uint8_t *)s.ptr;
    if (!bytes) return (Reader){.failed = true};
    if (end > s.len) end = s.len;
    if (at > end) at = end;
    return (Reader){.ptr = bytes + at, .end = bytes + end, .start = bytes};
}

uint32_t dwarf_offset(const Dwarf *d, DwarfSection section, const Reader *r) {
    return r->ptr ? (uint32_t)(r->ptr - (const uint8_t *)d->sections[section].ptr) : 0;
}

bool dwarf_step(Dwarf *d, Reader *r) {
    if (d->steps) d->steps--;
    else reader_stop(r);
    return !r->failed;
}

uint64_t dwarf_fixed(Reader *r, unsigned size) {
    if (size > 8 || size > reader_left(r)) {
        reader_stop(r);
        return 0;
    }
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) value |= (uint64_t)r->ptr[i] << (8 * i);
    r->ptr += size;
    return value;
}

uint64_t dwarf_length(Reader *r, uint8_t *offset_size) {
    uint64_t length = dwarf_fixed(r, 4);
    *offset_size = length == UINT32_MAX ? 8 : 4;
    if (length == UINT32_MAX) length = dwarf_fixed(r, 8);
    else if (length >= 0xfffffff0) reader_stop(r); /* reserved */
    return length;
}

static void skip(Reader *r, uint64_t n) {
    if (n > reader_left(r)) reader_stop(r);
    else r->ptr += n;
}

static Str string_here(Reader *r) {
    const uint8_t *end = reader_left(r) ? memchr(r->ptr, 0, reader_left(r)) : NULL;
    if (!end) {
        reader_stop(r);
        return (Str){0};
    }
    Str s = {(const char *)r->ptr, (size_t)(end - r->ptr)};
    r->ptr = end + 1;
    return s;
}

/* ---- values as they are written ---- */

static uint64_t plain_value(const DwarfUnit *u, Reader *r, uint64_t form) {
    switch (form) {
    case FORM_DATA1:
    case FORM_REF1:
    case FORM_FLAG:
    case FORM_STRX1:
    case FORM_ADDRX1: return dwarf_fixed(r, 1);
    case FORM_DATA2:
    case FORM_REF2:
    case FORM_STRX2:
    case FORM_ADDRX2: return dwarf_fixed(r, 2);
    case FORM_STRX3:
    case FORM_ADDRX3: return dwarf_fixed(r, 3);
    case FORM_DATA4:
    case FORM_REF4:
    case FORM_REF_SUP4:
    case FORM_STRX4:
    case FORM_ADDRX4: return dwarf_fixed(r, 4);
    case FORM_DATA8:
    case FORM_REF8:
    case FORM_REF_SIG8:
    case FORM_REF_SUP8: return dwarf_fixed(r, 8);
    case FORM_ADDR: return dwarf_fixed(r, u->address_size);
    case FORM_STRP:
    case FORM_LINE_STRP:
    case FORM_STRP_SUP:
    case FORM_SEC_OFFSET:
    case FORM_GNU_REF_ALT:
    case FORM_GNU_STRP_ALT: return dwarf_fixed(r, u->offset_size);
    case FORM_REF_ADDR: return dwarf_fixed(r, u->version == 2 ? u->address_size : u->offset_size);
    case FORM_SDATA: return (uint64_t)reader_s64(r);
    case FORM_UDATA:
    case FORM_REF_UDATA:
    case FORM_STRX:
    case FORM_ADDRX:
    case FORM_LOCLISTX:
    case FORM_RNGLISTX:
    case FORM_GNU_ADDR_INDEX:
    case FORM_GNU_STR_INDEX: return reader_u64(r);
    case FORM_FLAG_PRESENT: return 1;
    case FORM_IMPLICIT_CONST: return 0;
    case FORM_BLOCK1: skip(r, dwarf_fixed(r, 1)); return 0;
    case FORM_BLOCK2: skip(r, dwarf_fixed(r, 2)); return 0;
    case FORM_BLOCK4: skip(r, dwarf_fixed(r, 4)); return 0;
    case FORM_BLOCK:
    case FORM_EXPRLOC: skip(r, reader_u64(r)); return 0;
    case FORM_DATA16: skip(r, 16); return 0;
    default: reader_stop(r); return 0;
    }
}

DwarfValue dwarf_value(Dwarf *d, const DwarfUnit *u, Reader *r, uint64_t form) {
    DwarfValue v = {0};
    while (form == FORM_INDIRECT && dwarf_step(d, r)) form = reader_u64(r);
    dwarf_step(d, r);
    if (form == FORM_STRING) v.text = string_here(r);
    else v.value = plain_value(u, r, form);
    if (!r->failed) v.form = (uint16_t)form;
    return v;
}

/* ---- what they mean ---- */

static bool string_at(const Dwarf *d, DwarfSection section, uint64_t at, Str *string) {
    Reader r = dwarf_reader(d, section, at, UINT64_MAX);
    *string = string_here(&r);
    return !r.failed;
}

/* Entry `index` of a table that begins at `base`. */
static bool in_table(const Dwarf *d, DwarfSection section, uint64_t base, uint64_t index,
                     unsigned size, uint64_t *value) {
    if (index > d->sections[section].len) return false;
    Reader r = dwarf_reader(d, section, base + index * size, UINT64_MAX);
    *value = dwarf_fixed(&r, size);
    return !r.failed;
}

bool dwarf_string(const Dwarf *d, const DwarfUnit *u, const DwarfValue *v, Str *string) {
    uint64_t at;
    switch (v->form) {
    case FORM_STRING: *string = v->text; return true;
    case FORM_STRP: return string_at(d, DWARF_STR, v->value, string);
    case FORM_LINE_STRP: return string_at(d, DWARF_LINE_STR, v->value, string);
    case FORM_STRX:
    case FORM_STRX1:
    case FORM_STRX2:
    case FORM_STRX3:
    case FORM_STRX4:
    case FORM_GNU_STR_INDEX:
        return in_table(d, DWARF_STR_OFFSETS, u->str_offsets_base, v->value, u->offset_size, &at) &&
               string_at(d, DWARF_STR, at, string);
    default: return false;
    }
}

static bool indexed_address(const Dwarf *d, const DwarfUnit *u, uint64_t index, uint64_t *address) {
    return in_table(d, DWARF_ADDR, u->addr_base, index, u->address_size, address);
}

bool dwarf_address(const Dwarf *d, const DwarfUnit *u, const DwarfValue *v, uint64_t *address) {
    switch (v->form) {
    case FORM_ADDR: *address = v->value; return true;
    case FORM_ADDRX:
    case FORM_ADDRX1:
    case FORM_ADDRX2:
    case FORM_ADDRX3:
    case FORM_ADDRX4:
    case FORM_GNU_ADDR_INDEX: return indexed_address(d, u, v->value, address);
    default: return false;
    }
}

bool dwarf_number(const DwarfValue *v, uint64_t *number) {
    *number = v->value;
    switch (v->form) {
    case FORM_DATA1:
    case FORM_DATA2:
    case FORM_DATA4:
    case FORM_DATA8:
    case FORM_SDATA:
    case FORM_UDATA:
    case FORM_IMPLICIT_CONST:
    case FORM_SEC_OFFSET: return true;
    default: return false;
    }
}

bool dwarf_reference(const DwarfUnit *u, const DwarfValue *v, uint64_t *entry) {
    switch (v->form) {
    case FORM_REF1:
    case FORM_REF2:
    case FORM_REF4:
    case FORM_REF8:
    case FORM_REF_UDATA: *entry = u->at + v->value; return v->value < u->end - u->at;
    case FORM_REF_ADDR: *entry = v->value; return true;
    default: return false;
    }
}

/* ---- ranges ---- */

typedef struct {
    Dwarf *d;
    const DwarfUnit *u;
    uint64_t base;
    void (*add)(void *context, DwarfRange range);
    void *context;
} Ranges;

static void add_range(const Ranges *x, uint64_t low, uint64_t high) {
    if (low < high) x->add(x->context, (DwarfRange){low, high});
}

/* Pairs of addresses up to a pair of zeroes; the highest address begins a new base (DWARF 4, 2.17.3).
 * Code that the linker has dropped is at the address below the highest. */
static void old_ranges(Ranges *x, uint64_t at) {
    unsigned size = x->u->address_size;
    uint64_t top = size == 8 ? UINT64_MAX : UINT32_MAX;
    Reader r = dwarf_reader(x->d, DWARF_RANGES, at, UINT64_MAX);
    while (dwarf_step(x->d, &r)) {
        uint64_t low = dwarf_fixed(&r, size), high = dwarf_fixed(&r, size);
        if (r.failed || (low == 0 && high == 0)) return;
        if (low == top) x->base = high;
        else if (low != top - 1) add_range(x, x->base + low, x->base + high);
    }
}

/* 7.25 */
static void new_ranges(Ranges *x, uint64_t at) {
    enum { END, BASE_X, START_X_END_X, START_X_LENGTH, OFFSETS, BASE, START_END, START_LENGTH };
    const unsigned size = x->u->address_size;
    const uint64_t top = size == 8 ? UINT64_MAX : UINT32_MAX;
    Reader r = dwarf_reader(x->d, DWARF_RNGLISTS, at, UINT64_MAX);
    while (dwarf_step(x->d, &r)) {
        uint64_t low = 0, high = 0;
        bool ok = true, is_range = true;
        switch (reader_u8(&r)) {
        case BASE_X:
            ok = indexed_address(x->d, x->u, reader_u64(&r), &x->base);
            is_range = false;
            break;
        case START_X_END_X:
            ok = indexed_address(x->d, x->u, reader_u64(&r), &low);
            ok = indexed_address(x->d, x->u, reader_u64(&r), &high) && ok;
            break;
        case START_X_LENGTH:
            ok = indexed_address(x->d, x->u, reader_u64(&r), &low);
            high = low + reader_u64(&r);
            break;
        case OFFSETS:
            low = x->base + reader_u64(&r);
            high = x->base + reader_u64(&r);
            is_range = x->base != top;
            break;
        case BASE:
            x->base = dwarf_fixed(&r, size);
            is_range = false;
            break;
        case START_END:
            low = dwarf_fixed(&r, size);
            high = dwarf_fixed(&r, size);
            break;
        case START_LENGTH:
            low = dwarf_fixed(&r, size);
            high = low + reader_u64(&r);
            break;
        case END:
        default: return;
        }
        if (r.failed || !ok) return;
        if (is_range && low != top) add_range(x, low, high);
    }
}

void dwarf_ranges(Dwarf *d, const DwarfUnit *u, const DwarfEntry *entry,
                  void (*add)(void *context, DwarfRange range), void *context) {
    Ranges x = {d, u, u->low_pc, add, context};
    uint64_t low, high, at;
    if (entry->ranges.form == FORM_RNGLISTX) {
        if (in_table(d, DWARF_RNGLISTS, u->rnglists_base, entry->ranges.value, u->offset_size, &at))
            new_ranges(&x, u->rnglists_base + at);
    } else if (dwarf_number(&entry->ranges, &at)) {
        if (u->version >= 5) new_ranges(&x, at);
        else old_ranges(&x, at);
    } else if (dwarf_address(d, u, &entry->low_pc, &low)) {
        if (dwarf_number(&entry->high_pc, &high)) high += low;
        else if (!dwarf_address(d, u, &entry->high_pc, &high)) return;
        if (low != (u->address_size == 8 ? UINT64_MAX : UINT32_MAX)) add_range(&x, low, high);
    }
}
