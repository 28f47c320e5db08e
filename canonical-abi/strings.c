/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Strings (CanonicalABI.md, "Loading": load_string, and "Storing": store_string).
 *
 * A string is read whole and found well-formed before anything is written. How it is written
 * follows the specification to the call of realloc, since guests see these calls:
 *
 *     to \ from        utf8               utf16              latin1 (of latin1+utf16)
 *     utf8             copy               guess ASCII, else worst case and shrink
 *     utf16            worst case, shrink copy               inflate
 *     latin1+utf16     guess Latin-1, else UTF-16 and shrink copy; if it was tagged as
 *                                                            UTF-16: copy, deflate if it fits
 *
 * Source and target may lie in one memory, and a hostile realloc may have changed the source after
 * it was checked: so writing never trusts it to be well-formed still, or to fit.
 */
#include "base/utf8.h"
#include "canonical-abi/internal.h"

static const uint32_t UTF16_TAG = 0x80000000u;
enum { ASCII = 0x80, LATIN1 = 0x100, ANY = 0x110000, REPLACEMENT = 0xfffd };
enum { BLOCK = 16 }; /* units that are looked at together */

static const uint8_t *text_bytes(const Text *text) {
    return text->side ? text->side->memory + text->address : text->host;
}

static uint32_t text_size(const Text *text) {
    return text->encoding == TEXT_UTF16 ? text->units * 2 : text->units;
}

/* ---- reading ---- */

static uint32_t unit16(const uint8_t *p, uint32_t i) {
    return (uint32_t)p[2 * (size_t)i] | (uint32_t)p[2 * (size_t)i + 1] << 8;
}

static bool is_high(uint32_t unit) { return (unit & 0xfc00) == 0xd800; }
static bool is_low(uint32_t unit) { return (unit & 0xfc00) == 0xdc00; }

/* The code point at *i, past which *i moves; UINT32_MAX where there is none. */
static uint32_t next16(const uint8_t *p, uint32_t units, uint32_t *i) {
    uint32_t unit = unit16(p, (*i)++);
    if (!is_high(unit) && !is_low(unit)) return unit;
    if (is_low(unit) || *i == units || !is_low(unit16(p, *i))) return UINT32_MAX;
    return 0x10000 + ((unit - 0xd800) << 10) + (unit16(p, (*i)++) - 0xdc00);
}

/* Whether bytes that are no UTF-8 are only the beginning of a longer sequence. */
static bool is_cut_short(const uint8_t *p, size_t left) {
    size_t n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left >= n) return false;
    uint8_t low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (left > 1 && (p[1] < low || p[1] > high)) return false;
    return left < 3 || (p[2] & 0xc0) == 0x80;
}

/* Blocks without surrogates need no decoding. */
static Trap check_utf16(const uint8_t *p, uint32_t units) {
    for (uint32_t i = 0; i < units;) {
        if (units - i >= BLOCK) {
            uint16_t found = 0;
            for (uint32_t k = i; k < i + BLOCK; k++) found |= (unit16(p, k) & 0xf800) == 0xd800;
            if (!found) {
                i += BLOCK;
                continue;
            }
        }
        uint32_t stop = units - i > BLOCK ? i + BLOCK : units;
        while (i < stop)
            if (next16(p, units, &i) == UINT32_MAX) return TRAP_INVALID_UTF16;
    }
    return TRAP_NONE;
}

static Trap check_well_formed(const Text *text) {
    const uint8_t *p = text_bytes(text);
    if (text->encoding == TEXT_UTF8) {
        size_t good = utf8_valid_prefix((Str){(const char *)p, text->units});
        if (good == text->units) return TRAP_NONE;
        return is_cut_short(p + good, text->units - good) ? TRAP_INCOMPLETE_UTF8
                                                          : TRAP_INVALID_UTF8;
    }
    if (text->encoding == TEXT_UTF16) return check_utf16(p, text->units);
    return TRAP_NONE;
}

Trap text_from_guest(const Side *side, uint32_t pointer, uint32_t length, Text *text) {
    *text = (Text){.side = side, .address = pointer, .units = length};
    uint32_t align = 2;
    switch (side->guest->encoding) {
    case ABI_UTF8: text->encoding = TEXT_UTF8, align = 1; break;
    case ABI_UTF16: text->encoding = TEXT_UTF16; break;
    case ABI_LATIN1_UTF16:
        text->encoding = length & UTF16_TAG ? TEXT_UTF16 : TEXT_LATIN1;
        text->units = length & ~UTF16_TAG;
        text->tagged = true;
        break;
    }
    uint64_t bytes = (uint64_t)text->units * (text->encoding == TEXT_UTF16 ? 2 : 1);
    if (bytes > ABI_MAX_BYTES) return TRAP_VALUE_TOO_LARGE;
    Trap trap = side_check(side, pointer, align, bytes, TRAP_STRING_BOUNDS);
    return trap || bytes == 0 ? trap : check_well_formed(text);
}

Trap text_from_host(const char *ptr, size_t len, Text *text) {
    if (len > ABI_MAX_BYTES) return TRAP_VALUE_TOO_LARGE;
    *text = (Text){.host = (const uint8_t *)ptr, .units = (uint32_t)len};
    return len ? check_well_formed(text) : TRAP_NONE;
}

/* ---- writing ---- */

/* A string on its way: `i` units are read, `len` bytes written to `to`, where there is room for
 * `cap`. */
typedef struct {
    const Text *text;
    uint8_t *to;
    uint32_t i, len, cap;
} Copy;

/* What follows is one body for every pair of encodings: these are constants where it is used. */
#define INLINE static inline __attribute__((always_inline))

INLINE uint32_t unit_size(TextEncoding encoding) { return encoding == TEXT_UTF16 ? 2 : 1; }

/* The code point at *i, past which *i moves; what is malformed reads as REPLACEMENT. */
INLINE uint32_t next_code_point(const uint8_t *p, uint32_t units, uint32_t *i, TextEncoding from) {
    if (from == TEXT_LATIN1) return p[(*i)++];
    uint32_t c;
    if (from == TEXT_UTF16) {
        c = next16(p, units, i);
    } else {
        c = p[*i];
        uint32_t second = *i + 1 < units ? p[*i + 1] : 0;
        if (c < ASCII) {
            ++*i;
            return c;
        }
        if (c >= 0xc2 && c < 0xe0 && (second & 0xc0) == 0x80) {
            *i += 2;
            return (c & 0x1f) << 6 | (second & 0x3f);
        }
        uint32_t third = *i + 2 < units ? p[*i + 2] : 0;
        uint32_t three = (c & 0x0f) << 12 | (second & 0x3f) << 6 | (third & 0x3f);
        if ((c & 0xf0) == 0xe0 && (second & 0xc0) == 0x80 && (third & 0xc0) == 0x80 &&
            three >= 0x800 && (three & 0xf800) != 0xd800) {
            *i += 3;
            return three;
        }
        size_t at = *i;
        c = utf8_next((Str){(const char *)p, units}, &at);
        *i = (uint32_t)at;
    }
    return c == UINT32_MAX ? REPLACEMENT : c;
}

INLINE uint32_t put_utf8(uint8_t out[4], uint32_t c) {
    if (c >= 0x10000) return (uint32_t)utf8_put((char *)out, c);
    if (c < ASCII) {
        out[0] = (uint8_t)c;
        return 1;
    }
    uint32_t n = c < 0x800 ? 2 : 3;
    if (n == 3) *out++ = (uint8_t)(0xe0 | c >> 12);
    out[0] = (uint8_t)((n == 2 ? 0xc0 : 0x80) | (c >> 6 & (n == 2 ? 0x1f : 0x3f)));
    out[1] = (uint8_t)(0x80 | (c & 0x3f));
    return n;
}

INLINE uint32_t put(uint8_t out[4], uint32_t c, TextEncoding encoding) {
    switch (encoding) {
    case TEXT_LATIN1: out[0] = (uint8_t)c; return 1;
    case TEXT_UTF8: return put_utf8(out, c);
    case TEXT_UTF16: break;
    }
    if (c < 0x10000) {
        store_bytes(out, 2, c);
        return 2;
    }
    store_bytes(out, 2, 0xd800 + ((c - 0x10000) >> 10));
    store_bytes(out + 2, 2, 0xdc00 + (c & 0x3ff));
    return 4;
}

/* A block of units that are code points below the bound, which need no decoding: they become
 * narrower or wider. False where there is another among them. */
INLINE bool copy_block(uint8_t *to, const uint8_t *p, uint32_t bound, TextEncoding from,
                       TextEncoding encoding) {
    uint16_t units[BLOCK], all = 0;
    for (int k = 0; k < BLOCK; k++)
        units[k] = from == TEXT_UTF16 ? (uint16_t)(p[2 * k] | p[2 * k + 1] << 8) : p[k];
    for (int k = 0; k < BLOCK; k++) all |= units[k];
    if (all >= bound) return false;
    if (encoding == TEXT_UTF16) memcpy(to, units, sizeof units);
    for (int k = 0; k < BLOCK && encoding != TEXT_UTF16; k++) to[k] = (uint8_t)units[k];
    return true;
}

/* Writes code points up to the first that is not below `limit`. */
INLINE Trap copy_pair(Copy *copy, uint32_t limit, TextEncoding from, TextEncoding encoding) {
    const uint8_t *p = text_bytes(copy->text);
    const uint32_t units = copy->text->units, cap = copy->cap;
    const uint32_t in = unit_size(from), out = unit_size(encoding);
    /* Below this a unit is a code point, and one unit of the target. */
    const uint32_t one = from == TEXT_UTF8 || encoding == TEXT_UTF8 ? ASCII : LATIN1;
    uint32_t i = copy->i, len = copy->len;
    Trap trap = TRAP_NONE;
    while (i < units) {
        if (units - i >= BLOCK && cap - len >= BLOCK * out &&
            copy_block(copy->to + len, p + (size_t)i * in, one < limit ? one : limit, from,
                       encoding)) {
            i += BLOCK;
            len += BLOCK * out;
            continue;
        }
        /* As far as the next block, one by one. */
        uint32_t stop = units - i > BLOCK ? i + BLOCK : units, c = 0;
        while (i < stop) {
            uint32_t next = i;
            c = next_code_point(p, units, &next, from);
            if (c >= limit) break;
            uint8_t bytes[4];
            bool has_room = cap - len >= sizeof bytes;
            uint32_t n = put(has_room ? copy->to + len : bytes, c, encoding);
            if (n > cap - len) {
                trap = TRAP_STRING_BOUNDS;
                break;
            }
            if (!has_room) memcpy(copy->to + len, bytes, n);
            len += n;
            i = next;
        }
        if (i < stop) break;
    }
    copy->i = i;
    copy->len = len;
    return trap;
}

static Trap copy_below(Copy *copy, uint32_t limit, TextEncoding encoding) {
#define FROM(from)                                                                                 \
    switch (encoding) {                                                                            \
    case TEXT_UTF8: return copy_pair(copy, limit, from, TEXT_UTF8);                                \
    case TEXT_UTF16: return copy_pair(copy, limit, from, TEXT_UTF16);                              \
    case TEXT_LATIN1: return copy_pair(copy, limit, from, TEXT_LATIN1);                            \
    }                                                                                              \
    break
    switch (copy->text->encoding) {
    case TEXT_UTF8: FROM(TEXT_UTF8);
    case TEXT_UTF16: FROM(TEXT_UTF16);
    case TEXT_LATIN1: FROM(TEXT_LATIN1);
    }
#undef FROM
    return TRAP_NONE;
}

static bool is_done(const Copy *copy) { return copy->i >= copy->text->units; }

Trap text_to_host(const Text *text, Arena *arena, AbiValue *value) {
    uint32_t size = text_size(text);
    static const uint8_t worst[] = {[TEXT_UTF8] = 1, [TEXT_UTF16] = 3, [TEXT_LATIN1] = 2};
    Copy copy = {.text = text, .cap = text->units * worst[text->encoding]};
    Trap trap = side_spend(text->side, copy.cap);
    if (trap) return trap;
    if (text->encoding == TEXT_UTF8 && size) {
        value->string.ptr = arena_copy(arena, text_bytes(text), size);
        value->string.len = size;
        return TRAP_NONE;
    }
    copy.to = arena_alloc(arena, copy.cap);
    trap = size ? copy_below(&copy, ANY, TEXT_UTF8) : TRAP_NONE;
    value->string.ptr = (const char *)copy.to;
    value->string.len = copy.len;
    return trap;
}

/* ---- into a guest ---- */

/* The room in the target guest that realloc gave. */
typedef struct {
    Side *side;
    uint32_t address, size;
} Room;

static Trap resize(Room *room, uint32_t align, uint32_t size) {
    uint32_t address = room->address, old = room->size;
    room->size = size;
    return side_reallocate(room->side, address, old, align, size, &room->address,
                           TRAP_REALLOC_BOUNDS);
}

static void aim(Copy *copy, const Room *room) {
    copy->to = room->side->memory + room->address;
    copy->cap = room->size;
}

/* Same code units, or Latin-1 whose every byte becomes two. */
static Trap store_copy(const Text *text, Room *room, uint32_t align, uint32_t unit_size) {
    Trap trap = resize(room, align, text->units * unit_size);
    if (trap || text->units == 0) return trap;
    if (text_size(text) == room->size) {
        memmove(room->side->memory + room->address, text_bytes(text), room->size);
        return TRAP_NONE;
    }
    Copy copy = {.text = text};
    aim(&copy, room);
    return copy_below(&copy, ANY, TEXT_UTF16);
}

static Trap store_utf8(const Text *text, Room *room, uint32_t *length) {
    *length = text->units;
    if (text->encoding == TEXT_UTF8) return store_copy(text, room, 1, 1);
    Trap trap = resize(room, 1, text->units);
    if (trap || text->units == 0) return trap;
    Copy copy = {.text = text};
    aim(&copy, room);
    trap = copy_below(&copy, ASCII, TEXT_UTF8);
    if (trap || is_done(&copy)) return trap;
    trap = resize(room, 1, text->units * (text->encoding == TEXT_UTF16 ? 3 : 2));
    if (trap) return trap;
    aim(&copy, room);
    trap = copy_below(&copy, ANY, TEXT_UTF8);
    *length = copy.len;
    return trap || copy.len == room->size ? trap : resize(room, 1, copy.len);
}

static Trap store_utf16(const Text *text, Room *room, uint32_t *length) {
    *length = text->units;
    if (text->encoding != TEXT_UTF8) return store_copy(text, room, 2, 2);
    Trap trap = resize(room, 2, text->units * 2);
    if (trap || text->units == 0) return trap;
    Copy copy = {.text = text};
    aim(&copy, room);
    trap = copy_below(&copy, ANY, TEXT_UTF16);
    *length = copy.len / 2;
    return trap || copy.len == room->size ? trap : resize(room, 2, copy.len);
}

/* The bytes written so far become two each, from the last to the first. */
static void inflate(uint8_t *p, uint32_t n) {
    for (uint32_t i = n; i-- > 0;) {
        p[2 * i] = p[i];
        p[2 * i + 1] = 0;
    }
}

static Trap store_latin1_or_utf16(const Text *text, Room *room, uint32_t *length) {
    Trap trap = resize(room, 2, text->units);
    *length = 0;
    if (trap || text->units == 0) return trap;
    Copy copy = {.text = text};
    aim(&copy, room);
    trap = copy_below(&copy, LATIN1, TEXT_LATIN1);
    *length = copy.len;
    if (trap || (is_done(&copy) && copy.len == room->size)) return trap;
    if (is_done(&copy)) return resize(room, 2, copy.len);
    trap = resize(room, 2, text->units * 2);
    if (trap) return trap;
    aim(&copy, room);
    inflate(copy.to, copy.len);
    copy.len *= 2;
    trap = copy_below(&copy, ANY, TEXT_UTF16);
    *length = copy.len / 2 | UTF16_TAG;
    return trap || copy.len == room->size ? trap : resize(room, 2, copy.len);
}

/* Its producer chose UTF-16, so it is taken for that until it turns out to be Latin-1. */
static Trap store_probably_utf16(const Text *text, Room *room, uint32_t *length) {
    *length = text->units | UTF16_TAG;
    Trap trap = store_copy(text, room, 2, 2);
    if (trap) return trap;
    uint8_t *p = room->side->memory + room->address;
    for (uint32_t i = 0; i < text->units; i++)
        if (p[2 * (size_t)i + 1]) return TRAP_NONE;
    for (uint32_t i = 0; i < text->units; i++) p[i] = p[2 * (size_t)i];
    *length = text->units;
    return resize(room, 1, text->units);
}

Trap text_to_guest(const Text *text, Side *to, uint32_t *pointer, uint32_t *length) {
    Room room = {.side = to};
    Trap trap = side_spend(to, text_size(text));
    if (trap) return trap;
    switch (to->guest->encoding) {
    case ABI_UTF8: trap = store_utf8(text, &room, length); break;
    case ABI_UTF16: trap = store_utf16(text, &room, length); break;
    case ABI_LATIN1_UTF16:
        if (!text->tagged) trap = store_latin1_or_utf16(text, &room, length);
        else if (text->encoding == TEXT_UTF16) trap = store_probably_utf16(text, &room, length);
        else trap = store_copy(text, &room, 2, 1), *length = text->units;
        break;
    }
    *pointer = room.address;
    return trap;
}
