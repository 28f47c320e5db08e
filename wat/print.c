/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The ground of both printers: lines, groups, strings, names and numbers.
 *
 * A group is what stands in parentheses. One that stayed on its line is closed there; one that went
 * over several lines is closed on a line of its own, below its beginning. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "wat/internal.h"

enum { MAX_INDENT = 50 }; /* deeper levels are not indented further: lines would be all spaces */

void wat_put(WatPrinter *p, const char *text) { buf_bytes(p->out, text, strlen(text)); }

void wat_put_str(WatPrinter *p, Str s) { buf_str(p->out, s); }

void wat_newline(WatPrinter *p, int64_t offset) {
    buf_byte(p->out, '\n');
    if (p->options.offsets) {
        if (offset >= 0) buf_fmt(p->out, "(;@%-6llx;)", (unsigned long long)offset);
        else wat_put(p, "           ");
    }
    p->line++;
    unsigned depth = p->nesting < MAX_INDENT ? p->nesting : MAX_INDENT;
    while (depth-- > 0) wat_put_str(p, p->options.indent);
}

void wat_start(WatPrinter *p, const char *group) {
    buf_byte(p->out, '(');
    wat_put(p, group);
    p->nesting++;
    *vec_push(p->arena, &p->group_lines) = p->line;
}

void wat_finish(WatPrinter *p) {
    p->nesting--;
    if (p->group_lines.len && vec_pop(&p->group_lines) != p->line) wat_newline(p, WAT_NO_OFFSET);
    buf_byte(p->out, ')');
}

void wat_finish_at(WatPrinter *p, int64_t offset) {
    p->nesting--;
    bool moved = p->group_lines.len && vec_pop(&p->group_lines) != p->line;
    if (p->options.offsets || moved) wat_newline(p, offset);
    buf_byte(p->out, ')');
}

/* Neither a character that would end a line or confuse its reader, nor any of `special`, stands as it is. */
static void put_contents(WatPrinter *p, Str text, const char *special) {
    for (size_t i = 0; i < text.len;) {
        uint8_t c = (uint8_t)text.ptr[i];
        if (c >= 0x20 && c < 0x7f && !strchr(special, c)) {
            buf_byte(p->out, c);
            i++;
            continue;
        }
        uint32_t code = utf8_next(text, &i);
        buf_fmt(p->out, "\\u{%x}", code == UINT32_MAX ? 0xfffd : code);
    }
}

void wat_put_quoted(WatPrinter *p, Str name) {
    buf_byte(p->out, '"');
    put_contents(p, name, "\"\\");
    buf_byte(p->out, '"');
}

void wat_put_comment(WatPrinter *p, Str text, int64_t offset) {
    for (size_t from = 0, to; from <= text.len; from = to + 1) {
        to = str_find(text, '\n', from);
        if (to == SIZE_MAX) to = text.len;
        wat_newline(p, offset);
        wat_put(p, ";; ");
        put_contents(p, str_from_to(text, from, to), "");
    }
}

void wat_put_quoted_bytes(WatPrinter *p, Str bytes) {
    static const char digits[] = "0123456789abcdef";
    buf_byte(p->out, '"');
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = (uint8_t)bytes.ptr[i];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            buf_byte(p->out, c);
        } else {
            char escape[3] = {'\\', digits[c >> 4], digits[c & 15]};
            buf_bytes(p->out, escape, 3);
        }
        wat_drain(p);
    }
    buf_byte(p->out, '"');
}

/* ---- names ---- */

static bool is_id(Str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c <= ' ' || c > '~' || strchr("\"(),;[]{}", c)) return false;
    }
    return true;
}

void wat_put_name(WatPrinter *p, Str name, bool clash, const char *what, uint32_t index,
                  bool definition) {
    bool synthetic = clash || name.len == 0 || name.ptr[0] == '#';
    if (!synthetic && is_id(name)) {
        buf_byte(p->out, '$');
        buf_str(p->out, name);
        return;
    }
    wat_put(p, "$\"");
    if (synthetic) buf_fmt(p->out, "#%s%u ", what, index);
    put_contents(p, name, "\"\\");
    buf_byte(p->out, '"');
    if (!synthetic || !definition) return;
    wat_put(p, " (@name \"");
    put_contents(p, name, "\"\\");
    wat_put(p, "\")");
}

static int by_place(const void *a, const void *b) {
    const CoreName *x = *(CoreName *const *)a, *y = *(CoreName *const *)b;
    return (x->name.ptr > y->name.ptr) - (x->name.ptr < y->name.ptr);
}

/* Whether each name is one that another before it in the file has taken. */
static const bool *find_clashes(Arena *arena, const CoreNameMap *map) {
    bool *clash = ARENA_NEW_ARRAY(arena, bool, map->len);
    const CoreName **order = ARENA_NEW_ARRAY(arena, const CoreName *, map->len);
    Map seen = {0};
    for (size_t i = 0; i < map->len; i++) order[i] = &map->at[i];
    if (map->shuffled) qsort(order, map->len, sizeof *order, by_place);
    for (size_t i = 0; i < map->len; i++) {
        Str name = order[i]->name;
        bool added, plain = name.len && name.ptr[0] != '#';
        if (!plain) continue;
        map_put(arena, &seen, name, &added);
        clash[order[i] - map->at] = !added;
    }
    return clash;
}

WatNames wat_names(WatPrinter *p, const CoreNameMap *map, const char *what, bool unique) {
    const bool *clash =
        unique ? find_clashes(p->arena, map) : ARENA_NEW_ARRAY(p->arena, bool, map->len);
    return (WatNames){map, clash, what, NULL};
}

static size_t find_name(const WatNames *names, uint32_t index) {
    size_t low = 0, high = names->map ? names->map->len : 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (names->map->at[middle].index == index) return middle;
        if (names->map->at[middle].index < index) low = middle + 1;
        else high = middle;
    }
    return SIZE_MAX;
}

/* The name of an index as an identifier; false, and nothing written, where it has none. */
static bool put_name_of(WatPrinter *p, const WatNames *names, uint32_t index, bool definition) {
    size_t at = find_name(names, index);
    if (at != SIZE_MAX)
        wat_put_name(p, names->map->at[at].name, names->clash[at], names->what, index, definition);
    else if (p->options.name_unnamed)
        buf_fmt(p->out, "$#%s%u", names->invented ? names->invented : names->what, index);
    else return false;
    return true;
}

bool wat_put_optional_name(WatPrinter *p, const WatNames *names, uint32_t index) {
    return put_name_of(p, names, index, true);
}

void wat_put_definition(WatPrinter *p, const WatNames *names, uint32_t index) {
    if (put_name_of(p, names, index, true)) buf_byte(p->out, ' ');
    buf_fmt(p->out, "(;%u;)", index);
}

void wat_put_index(WatPrinter *p, const WatNames *names, uint32_t index) {
    if (!put_name_of(p, names, index, false)) buf_fmt(p->out, "%u", index);
}

bool wat_has_name(const WatNames *names, uint32_t index, Str *name) {
    size_t at = find_name(names, index);
    if (at == SIZE_MAX) return false;
    *name = names->map->at[at].name;
    return true;
}

/* ---- floats ---- */

enum { DECIMAL_SIZE = 64 };

static bool reads_as(const char *text, double value, bool single) {
    return single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

/* 1.25e+00 to 1.26e+00; false where the last digit is a 9. */
static bool next_digit_up(char *text) {
    char *last = strchr(text, 'e') - 1;
    if (*last == '9') return false;
    ++*last;
    return true;
}

/* Whether `text`, a number rounded to `precision` digits, has lost exactly half a digit. */
static bool is_half_lost(const char *text, double value, int precision) {
    char longer[DECIMAL_SIZE];
    snprintf(longer, sizeof longer, "%.*e", precision + 20, value);
    size_t kept = (size_t)(strchr(text, 'e') - text);
    const char *rest = longer + (precision ? kept : kept + 1);
    return memcmp(text, longer, kept) == 0 && *rest == '5' && strspn(rest + 1, "0") == 19;
}

/* The decimal of so many digits that reads back as the same number, as "%e" writes it: the nearest,
 * of two that are as near the larger. Where the next lower number is nearer than the next higher
 * one, the decimal above may do though the nearest one does not. False where none does. */
static bool decimal_of(char text[DECIMAL_SIZE], double value, int precision, bool single) {
    snprintf(text, DECIMAL_SIZE, "%.*e", precision, value);
    bool good = reads_as(text, value, single);
    if (good && !is_half_lost(text, value, precision)) return true;
    char above[DECIMAL_SIZE];
    memcpy(above, text, sizeof above);
    if (!next_digit_up(above) || !reads_as(above, value, single)) return good;
    memcpy(text, above, sizeof above);
    return true;
}

/* The shortest such decimal. What does with some digits does with more, so the search halves; most
 * numbers that are not short need all digits but one or two. */
static void shortest(char text[DECIMAL_SIZE], double value, bool single) {
    char probe[DECIMAL_SIZE];
    int low = 0, high = single ? 8 : 16; /* 9 and 17 digits always do */
    bool found = false;
    for (int precision = high - 2; low < high; precision = (low + high) / 2) {
        if (decimal_of(probe, value, precision, single)) {
            memcpy(text, probe, sizeof probe);
            high = precision;
            found = true;
        } else {
            low = precision + 1;
        }
    }
    if (!found) decimal_of(text, value, high, single);
}

static void put_zeros(Buf *out, int n) {
    static const char zeros[] = "00000000000000000000000000000000";
    for (int piece; n > 0; n -= piece) {
        piece = n < 32 ? n : 32;
        buf_bytes(out, zeros, (size_t)piece);
    }
}

/* The shortest decimal, without an exponent. */
static void put_decimal(Buf *out, double value, bool single) {
    char text[DECIMAL_SIZE];
    if (isnan(value)) {
        buf_fmt(out, "NaN");
        return;
    }
    if (isinf(value)) {
        buf_fmt(out, value < 0 ? "-inf" : "inf");
        return;
    }
    shortest(text, value, single);
    char *e = strchr(text, 'e');
    int exponent = atoi(e + 1), n = 0;
    char digits[32];
    for (char *c = text; c < e; c++)
        if (*c >= '0' && *c <= '9') digits[n++] = *c;
    while (n > 1 && digits[n - 1] == '0') n--;
    if (text[0] == '-') buf_byte(out, '-');
    if (exponent < 0) {
        buf_fmt(out, "0.");
        put_zeros(out, -1 - exponent);
        buf_bytes(out, digits, (size_t)n);
        return;
    }
    int whole = n <= exponent ? n : exponent + 1;
    buf_bytes(out, digits, (size_t)whole);
    put_zeros(out, exponent + 1 - whole);
    if (n == whole) return;
    buf_byte(out, '.');
    buf_bytes(out, digits + whole, (size_t)(n - whole));
}

/* Hexadecimal with a leading 1, subnormal numbers too; `bits` are left-aligned in 64 bits. */
static void put_float(Buf *out, uint64_t bits, unsigned width, unsigned exp_width, double value) {
    unsigned mantissa = width - 1 - exp_width;
    uint64_t mask = ((uint64_t)1 << mantissa) - 1;
    int bias = (1 << (exp_width - 1)) - 1;
    if (bits >> (width - 1)) {
        buf_byte(out, '-');
        bits ^= (uint64_t)1 << (width - 1);
    }
    uint64_t fraction = bits & mask;
    if (isinf(value)) {
        buf_fmt(out, "inf");
    } else if (isnan(value)) {
        if (fraction == (uint64_t)1 << (mantissa - 1)) buf_fmt(out, "nan");
        else buf_fmt(out, "nan:0x%llx", (unsigned long long)fraction);
    } else if (bits == 0) {
        buf_fmt(out, "0x0p+0");
    } else {
        int exponent = (int)(bits >> mantissa) - bias;
        buf_fmt(out, "0x1");
        if (fraction) {
            fraction <<= 64 - mantissa;
            if (exponent == -bias) {
                int leading = __builtin_clzll(fraction);
                fraction = leading < 63 ? fraction << (leading + 1) : 0;
                exponent -= leading;
            }
            buf_byte(out, '.');
            for (; fraction; fraction <<= 4) buf_fmt(out, "%x", (unsigned)(fraction >> 60));
        }
        buf_fmt(out, "p%+d", exponent);
    }
    buf_fmt(out, " (;=");
    put_decimal(out, value, width == 32);
    buf_fmt(out, ";)");
}

void wat_put_f32(Buf *out, uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    put_float(out, bits, 32, 8, value);
}

void wat_put_f64(Buf *out, uint64_t bits) {
    double value;
    memcpy(&value, &bits, 8);
    put_float(out, bits, 64, 11, value);
}

/* ---- the way in ---- */

bool wat_print(Arena *arena, const Source *source, const WatPrintOptions *options, Buf *out,
               Diags *diags) {
    WatPrinter p = {.arena = arena, .out = out, .options = *options, .diags = diags};
    if (!p.options.indent.ptr) p.options.indent = STR("  ");
    if (comp_is_component(source->text)) {
        CompComponent *c = comp_decode(arena, source, features_all(), diags);
        if (!c) return false;
        wat_print_component(&p, c);
    } else {
        Reader r = reader_of(source, diags);
        CoreModule *m = core_decode(arena, &r, features_all());
        if (!m) return false;
        wat_start(&p, "module");
        if (m->names.has_module) {
            buf_byte(out, ' ');
            wat_put_name(&p, m->names.module, false, "module", 0, true);
        }
        WatModulePrinter mp = wat_module_printer(&p, m);
        wat_print_fields(&mp);
        wat_finish_at(&p, m->offset + m->size);
    }
    buf_byte(out, '\n');
    return true;
}
