/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Bytes of a guest on their way to a terminal. A terminal obeys what it is shown: sequences move the
 * cursor, rename the window, fill the clipboard, even type for the user. So they are taken away, and
 * what is left is text (ECMA-48, with the additions of xterm):
 *
 *     ESC '[' .. , U+009B ..        CSI: parameters, intermediates, a final byte 0x40 to 0x7e
 *     ESC ']' P X ^ _ .. , U+009D.. strings (OSC DCS SOS PM APC): to BEL, ESC '\' or U+009C
 *     ESC intermediates final       0x20 to 0x2f, then 0x30 to 0x7e
 *     other controls                but bell, backspace, tab, line feed, carriage return
 *
 * A string ends at a line feed and after LONGEST bytes, too, so that one which is never ended cannot
 * hide what others write. Bytes that are no UTF-8 become U+FFFD: in terminals of one byte a character
 * 0x9b is CSI.
 */
#include "wasi/terminal.h"

enum { TEXT, ESCAPE, INTERMEDIATE, CSI, STRING, STRING_ESCAPE };
enum { LONGEST = 4096 };

enum { BEL = 0x07, CAN = 0x18, SUB = 0x1a, ESC = 0x1b, DEL = 0x7f };

static bool is_harmless(uint32_t c) {
    return c == BEL || c == '\b' || c == '\t' || c == '\n' || c == '\r';
}

static void begin(WasiFilter *f, uint8_t state) {
    f->state = state;
    f->length = 0;
}

/* What a control of 8 bits, or ESC and the byte that stands for it, begins. */
static uint8_t begun_by(uint32_t c1) {
    switch (c1) {
    case 0x9b: return CSI;
    case 0x90: /* DCS */
    case 0x98: /* SOS */
    case 0x9d: /* OSC */
    case 0x9e: /* PM */
    case 0x9f: /* APC */ return STRING;
    default: return TEXT;
    }
}

/* In text: whether the character is shown. */
static bool shows(WasiFilter *f, uint32_t c) {
    if (c == ESC) begin(f, ESCAPE);
    else if (c >= 0x80 && c <= 0x9f) begin(f, begun_by(c));
    else return (c >= ' ' && c != DEL) || is_harmless(c);
    return false;
}

/* Inside a sequence; whether the character is none of it, and is to be looked at as text. */
static bool leaves(WasiFilter *f, uint32_t c) {
    bool cut = c == '\n' || c == CAN || c == SUB || ++f->length > LONGEST;
    switch (f->state) {
    case STRING_ESCAPE:
        if (c == '\\') return begin(f, TEXT), false;
        begin(f, ESCAPE); /* the string was cut by another sequence */
        return leaves(f, c);
    case STRING:
        if (c == ESC) f->state = STRING_ESCAPE;
        else if (c == BEL || c == 0x9c) begin(f, TEXT);
        else if (cut) return begin(f, TEXT), true;
        return false;
    default: break;
    }
    if (c == ESC) return begin(f, ESCAPE), false;
    if (cut || c >= DEL) return begin(f, TEXT), true;
    if (c < ' ') return is_harmless(c); /* is done in the middle of sequences, too */
    if (f->state == CSI) {
        if (c >= 0x40) begin(f, TEXT);
    } else if (c <= 0x2f) {
        f->state = INTERMEDIATE;
    } else {
        begin(f, f->state == ESCAPE && c >= 0x40 && c <= 0x5f ? begun_by(c + 0x40) : TEXT);
    }
    return false;
}

static size_t put_utf8(uint32_t c, uint8_t *out) {
    if (c < 0x80) return out[0] = (uint8_t)c, 1;
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6) out[i] = (uint8_t)(0x80 | (c & 0x3f));
    out[0] = (uint8_t)(0xf00 >> n | c);
    return n;
}

/* A whole character, or U+FFFD for what is none. */
static size_t put(WasiFilter *f, uint32_t c, uint8_t *out) {
    if (f->state != TEXT && !leaves(f, c)) return 0;
    bool shown = f->state == TEXT ? shows(f, c) : is_harmless(c);
    return shown ? put_utf8(c, out) : 0;
}

static uint32_t decode(const uint8_t *bytes, size_t n) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t c = bytes[0] & (0x7f >> n);
    for (size_t i = 1; i < n; i++) c = c << 6 | (bytes[i] & 0x3f);
    bool bad = c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff);
    return bad ? 0xfffd : c;
}

static uint8_t length_of(uint8_t first) {
    return first < 0x80   ? 1
           : first < 0xc2 ? 0
           : first < 0xe0 ? 2
           : first < 0xf0 ? 3
           : first < 0xf5 ? 4
                          : 0;
}

size_t wasi_filter_bytes(WasiFilter *f, const uint8_t *bytes, size_t n, uint8_t *out) {
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t b = bytes[i];
        if (f->have && (b & 0xc0) != 0x80) {
            f->have = 0;
            at += put(f, 0xfffd, out + at);
        }
        if (!f->have) f->want = length_of(b);
        if (f->want == 0) {
            at += put(f, 0xfffd, out + at);
            continue;
        }
        f->character[f->have++] = b;
        if (f->have < f->want) continue;
        f->have = 0;
        at += put(f, f->want == 1 ? b : decode(f->character, f->want), out + at);
    }
    return at;
}
