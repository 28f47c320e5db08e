/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What bindings bring along. No header of a C library is included: `malloc`, `realloc` and `free` are
 * all that is used of one. Where there is none (-ffreestanding), small ones stand in for them and
 * for the functions that compilers call on their own; all are weak, so that others take precedence.
 *
 * The component's type is a custom section of the object, by way of the assembler, and so it
 * reaches the linked module, from an archive too. (One object file: nothing else to link.)
 */
#include "bindgen/internal.h"

/* ---- the C library ---- */

static const char declarations[] = "\nextern void *malloc(size_t size);\n"
                                   "extern void *realloc(void *ptr, size_t size);\n"
                                   "extern void free(void *ptr);\n";

/* Blocks are of 16 bytes times a power of two; 8 bytes before a block tell which. Free blocks of one
 * size are a list. New ones are cut from the end of the memory, which grows. */
static const char freestanding[] =
    "\n#if defined __wasm__ && !__STDC_HOSTED__\n"
    "// Without a C library: an allocator, and functions that compilers call on their own.\n"
    "extern unsigned char __heap_base;\n"
    "static uintptr_t heap__top;\n"
    "static void *heap__lists[32];\n"
    "\n"
    "__attribute__((__weak__))\n"
    "void *malloc(size_t size) {\n"
    "  uint32_t order = 0;\n"
    "  while (order < 27 && ((size_t) 16 << order) < size) order++;\n"
    "  if (((size_t) 16 << order) < size) return NULL;\n"
    "  void *block = heap__lists[order];\n"
    "  if (block) {\n"
    "    heap__lists[order] = *(void **) block;\n"
    "    return block;\n"
    "  }\n"
    "  if (!heap__top) heap__top = ((uintptr_t) &__heap_base + 15) & ~(uintptr_t) 15;\n"
    "  uint64_t end = (uint64_t) heap__top + 16 + ((uint64_t) 16 << order);\n"
    "  uint64_t pages = (end + 65535) >> 16, have = __builtin_wasm_memory_size(0);\n"
    "  if (pages > 65536) return NULL;\n"
    "  if (pages > have && __builtin_wasm_memory_grow(0, (size_t) (pages - have)) == (size_t) -1)\n"
    "    return NULL;\n"
    "  block = (void *) (heap__top + 16);\n"
    "  heap__top = (uintptr_t) end;\n"
    "  ((uint32_t *) block)[-2] = order;\n"
    "  return block;\n"
    "}\n"
    "\n"
    "__attribute__((__weak__))\n"
    "void free(void *ptr) {\n"
    "  if (!ptr) return;\n"
    "  uint32_t order = ((uint32_t *) ptr)[-2];\n"
    "  *(void **) ptr = heap__lists[order];\n"
    "  heap__lists[order] = ptr;\n"
    "}\n"
    "\n"
    "__attribute__((__weak__))\n"
    "void *realloc(void *ptr, size_t size) {\n"
    "  if (!ptr) return malloc(size);\n"
    "  size_t old = (size_t) 16 << ((uint32_t *) ptr)[-2];\n"
    "  if (size <= old) return ptr;\n"
    "  void *block = malloc(size);\n"
    "  if (!block) return NULL;\n"
    "  __builtin_memcpy(block, ptr, old);\n"
    "  free(ptr);\n"
    "  return block;\n"
    "}\n"
    "\n"
    "__attribute__((__weak__))\n"
    "void *memcpy(void *restrict to, const void *restrict from, size_t n) {\n"
    "  for (size_t i = 0; i < n; i++) ((unsigned char *) to)[i] = ((const unsigned char *) "
    "from)[i];\n"
    "  return to;\n"
    "}\n"
    "\n"
    "__attribute__((__weak__, __minsize__))\n"
    "void *memmove(void *to, const void *from, size_t n) {\n"
    "  unsigned char *a = (unsigned char *) to;\n"
    "  const unsigned char *b = (const unsigned char *) from;\n"
    "  if ((uintptr_t) a - (uintptr_t) b >= n) return __builtin_memcpy(to, from, n);\n"
    "  while (n-- > 0) *(volatile unsigned char *) (a + n) = b[n];\n"
    "  return to;\n"
    "}\n"
    "\n"
    "__attribute__((__weak__, __minsize__))\n"
    "void *memset(void *to, int byte, size_t n) {\n"
    "  for (size_t i = 0; i < n; i++) ((unsigned char *) to)[i] = (unsigned char) byte;\n"
    "  return to;\n"
    "}\n"
    "\n"
    "__attribute__((__weak__))\n"
    "int memcmp(const void *a, const void *b, size_t n) {\n"
    "  const unsigned char *x = (const unsigned char *) a, *y = (const unsigned char *) b;\n"
    "  for (size_t i = 0; i < n; i++)\n"
    "    if (x[i] != y[i]) return x[i] < y[i] ? -1 : 1;\n"
    "  return 0;\n"
    "}\n"
    "#endif\n";

static const char reallocate[] =
    "\n// Canonical ABI intrinsics\n"
    "\n__attribute__((__weak__, __export_name__(\"cabi_realloc\")))\n"
    "void *cabi_realloc(void *ptr, size_t old_size, size_t align, size_t new_size) {\n"
    "  (void) old_size;\n"
    "  if (new_size == 0) return (void*) align;\n"
    "  void *ret = realloc(ptr, new_size);\n"
    "  if (!ret) __builtin_trap();\n"
    "  return ret;\n"
    "}\n";

void gen_put_freestanding(Buf *out) {
    buf_str(out, str_from(declarations));
    buf_str(out, str_from(freestanding));
}

void gen_put_support(Gen *g, Buf *out) {
    gen_put_freestanding(out);
    buf_str(out, str_from(reallocate));
}

/* ---- strings ---- */

void gen_put_template(Gen *g, Buf *out, const char *text) {
    bool utf16 = g->options->encoding == ABI_UTF16;
    for (; *text; text++) {
        if (*text == '@') buf_str(out, g->name);
        else if (*text == '^') buf_str(out, g->upper);
        else if (*text == '~') buf_str(out, utf16 ? STR("uint16_t") : STR("uint8_t"));
        else if (*text == '%') buf_str(out, utf16 ? STR("char16_t") : STR("char"));
        else buf_byte(out, (uint8_t)*text);
    }
}

static const char string_header[] =
    "\n// Sets the string `ret` to reference the input string `s` without copying it\n"
    "void @_string_set(@_string_t *ret, const % *s);\n"
    "\n// Makes `ret` a copy of the string `s`, which ends at its zero.\n"
    "void @_string_dup(@_string_t *ret, const % *s);\n"
    "\n// Makes `ret` a copy of `len` units (bytes of UTF-8, 16 bits of UTF-16) of the string "
    "`s`.\n"
    "void @_string_dup_n(@_string_t *ret, const % *s, size_t len);\n"
    "\n// Frees the memory of the string `ret` and makes it empty.\n"
    "void @_string_free(@_string_t *ret);\n";

static const char string_length_header[] =
    "\n// The length of the UTF-16 string `s` in units of 16 bits\n"
    "size_t @_string_len(const char16_t* s);\n";

static const char string_length[] = "\nsize_t @_string_len(const char16_t* s) {\n"
                                    "  size_t len = 0;\n"
                                    "  while (s[len]) len++;\n"
                                    "  return len;\n"
                                    "}\n";

static const char string_length_utf8[] = "\nstatic size_t @__string_len(const char *s) {\n"
                                         "  size_t len = 0;\n"
                                         "  while (s[len]) len++;\n"
                                         "  return len;\n"
                                         "}\n";

static const char string_source[] =
    "\nvoid @_string_set(@_string_t *ret, const % *s) {\n"
    "  ret->ptr = (~*) (uintptr_t) s;\n"
    "  ret->len = LENGTH(s);\n"
    "}\n"
    "\nvoid @_string_dup(@_string_t *ret, const % *s) {\n"
    "  @_string_dup_n(ret, s, LENGTH(s));\n"
    "}\n"
    "\nvoid @_string_dup_n(@_string_t *ret, const % *s, size_t len) {\n"
    "  ret->len = len;\n"
    "  ret->ptr = (~*) cabi_realloc(NULL, 0, ALIGN, len * sizeof(~));\n"
    "  if (len > 0) __builtin_memcpy(ret->ptr, s, len * sizeof(~));\n"
    "}\n"
    "\nvoid @_string_free(@_string_t *ret) {\n"
    "  if (FILLED) {\n"
    "    free(ret->ptr);\n"
    "  }\n"
    "  ret->ptr = NULL;\n"
    "  ret->len = 0;\n"
    "}\n";

Str gen_fill(Gen *g, const char *text, const GenWord *words, size_t n) {
    Buf filled = {.arena = g->arena};
    for (Str rest = str_from(text); rest.len;) {
        size_t i = 0;
        while (i < n && !str_starts(rest, words[i].word)) i++;
        if (i < n) buf_str(&filled, words[i].with);
        else buf_byte(&filled, (uint8_t)*rest.ptr);
        rest = str_after(rest, i < n ? words[i].word.len : 1);
    }
    return buf_text(&filled);
}

void gen_put_words(Gen *g, Buf *out, const char *text, const GenWord *words, size_t n) {
    gen_put_template(g, out, str_c(g->arena, gen_fill(g, text, words, n)));
}

/* With compact-utf16, a length says which of two encodings a string has. */
static const char compact_header[] =
    "\n// Whether the string is of UTF-16 (units of 16 bits), and not of Latin-1 (bytes)\n"
    "bool @_string_is_utf16(const @_string_t *s);\n"
    "\n// The length of the string in units\n"
    "size_t @_string_len(const @_string_t *s);\n"
    "\n// Sets the string `ret` to reference `len` units of UTF-16 without copying them\n"
    "void @_string_set_utf16(@_string_t *ret, const uint16_t *s, size_t len);\n"
    "\n// Makes `ret` a copy of `len` units of UTF-16.\n"
    "void @_string_dup_utf16(@_string_t *ret, const uint16_t *s, size_t len);\n";

static const char compact_source[] =
    "\nbool @_string_is_utf16(const @_string_t *s) {\n"
    "  return (s->len & ^_STRING_UTF16) != 0;\n"
    "}\n"
    "\nsize_t @_string_len(const @_string_t *s) {\n"
    "  return s->len & 0x7fffffff;\n"
    "}\n"
    "\nvoid @_string_set_utf16(@_string_t *ret, const uint16_t *s, size_t len) {\n"
    "  ret->ptr = (uint8_t*) (uintptr_t) s;\n"
    "  ret->len = len | ^_STRING_UTF16;\n"
    "}\n"
    "\nvoid @_string_dup_utf16(@_string_t *ret, const uint16_t *s, size_t len) {\n"
    "  ret->len = len | ^_STRING_UTF16;\n"
    "  ret->ptr = (uint8_t*) cabi_realloc(NULL, 0, 2, len * 2);\n"
    "  if (len > 0) __builtin_memcpy(ret->ptr, s, len * 2);\n"
    "}\n";

/* gcc calls any use of the word `char16_t` in C a mistake in C++. */
static const char quiet[] = "\n#if defined __GNUC__ && !defined __cplusplus\n"
                            "#pragma GCC diagnostic push\n"
                            "#pragma GCC diagnostic ignored \"-Wc++-compat\"\n"
                            "#endif\n";
static const char loud[] =
    "\n#if defined __GNUC__ && !defined __cplusplus\n#pragma GCC diagnostic pop\n#endif\n";

void gen_put_string_type(Gen *g, Buf *out) {
    switch (g->options->encoding) {
    case ABI_UTF8: break;
    case ABI_UTF16:
        buf_fmt(out, "%s#ifndef __cplusplus\ntypedef __CHAR16_TYPE__ char16_t;\n#endif%s", quiet,
                loud);
        break;
    case ABI_LATIN1_UTF16:
        gen_put_template(g, out,
                         "\n// Of the length of a string: it is of UTF-16, and not of Latin-1.\n"
                         "#define ^_STRING_UTF16 0x80000000u\n");
        break;
    }
    gen_put_template(g, out,
                     "\ntypedef struct @_string_t {\n  ~ *ptr;\n  size_t len;\n} @_string_t;\n");
}

Str gen_string_filled(Gen *g, const char *pointer) {
    bool compact = g->options->encoding == ABI_LATIN1_UTF16;
    return str_fmt(g->arena, compact ? "(%s->len & 0x7fffffff) > 0" : "%s->len > 0", pointer);
}

void gen_string_helpers(Gen *g) {
    bool utf16 = g->options->encoding == ABI_UTF16;
    if (utf16) {
        buf_fmt(&g->h_helpers, "%s", quiet);
        buf_fmt(&g->c_helpers, "%s", quiet);
        gen_put_template(g, &g->h_helpers, string_length_header);
    }
    gen_put_template(g, &g->h_helpers, string_header);
    gen_put_template(g, &g->c_helpers, utf16 ? string_length : string_length_utf8);
    Str length = str_concat(g->arena, g->name, utf16 ? STR("_string_len") : STR("__string_len"));
    bool compact = g->options->encoding == ABI_LATIN1_UTF16;
    const GenWord words[] = {{STR("LENGTH"), length},
                             {STR("FILLED"), gen_string_filled(g, "ret")},
                             {STR("ALIGN"), compact ? STR("2") : STR("sizeof(~)")}};
    gen_put_words(g, &g->c_helpers, string_source, words, 3);
    if (compact) {
        gen_put_template(g, &g->h_helpers, compact_header);
        gen_put_template(g, &g->c_helpers, compact_source);
    }
    if (utf16) {
        buf_fmt(&g->h_helpers, "%s", loud);
        buf_fmt(&g->c_helpers, "%s", loud);
    }
}

/* ---- the component's type ---- */

/* A byte as it stands in an assembler's string within a C string. */
static void put_escaped(Buf *out, uint8_t byte) {
    if (byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\' && byte != '?')
        buf_byte(out, byte);
    else buf_fmt(out, "\\\\%03o", byte);
}

/* "component-type:app", of a section's name. */
static Str section_name(Gen *g) {
    Str world = g->options->rename_world.len ? g->options->rename_world : g->world->name;
    return str_fmt(g->arena, "component-type:%.*s%.*s", STR_ARG(world),
                   STR_ARG(g->options->type_section_suffix));
}

/* The function in the object with the type; calling for it keeps that object linked in. */
static const char link_name[] = "__component_type_object_force_link_@";
static const char force_link[] =
    "\n// The component's type is in an object of its own; this ensures that it is linked in.\n"
    "#ifdef __wasm__\n"
    "extern void __component_type_object_force_link_@(void);\n"
    "extern void __component_type_object_force_link_@_use(void);\n"
    "__attribute__((__used__))\n"
    "void __component_type_object_force_link_@_use(void) {\n"
    "  __component_type_object_force_link_@();\n}\n"
    "#endif\n";

/* An object file, "Linking.md" of the tool conventions: a function that does nothing, the type in its
 * section, and the symbol of the function. */
void gen_put_type_object(Gen *g, GenOutput *out) {
    enum { TYPE = 1, FUNCTION = 3, CODE = 10, LINKING_VERSION = 2, SYMBOL_TABLE = 8 };
    GenFile *file = vec_push(g->arena, &out->more);
    *file = (GenFile){.name = str_concat(g->arena, g->name, STR("_component_type.o")),
                      .text = {.arena = g->arena}};
    Buf *object = &file->text, part = {.arena = g->arena};
    static const uint8_t type[] = {1, 0x60, 0, 0}, function[] = {1, 0}, code[] = {1, 2, 0, 0x0b};
    static const uint8_t header[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
    static const uint8_t symbol[] = {1, 0, 0, 0}; /* one: of a function, no flags, index 0 */
    buf_bytes(object, header, sizeof header);
    buf_bytes(&part, type, sizeof type);
    buf_section(object, TYPE, &part);
    part.len = 0;
    buf_bytes(&part, function, sizeof function);
    buf_section(object, FUNCTION, &part);
    part.len = 0;
    buf_bytes(&part, code, sizeof code);
    buf_section(object, CODE, &part);
    part.len = 0;
    buf_name(&part, section_name(g));
    buf_str(&part, g->options->component_type);
    buf_section(object, 0, &part);
    Buf symbols = {.arena = g->arena}, name = {.arena = g->arena};
    buf_bytes(&symbols, symbol, sizeof symbol);
    gen_put_template(g, &name, link_name);
    buf_name(&symbols, buf_text(&name));
    part.len = 0;
    buf_name(&part, STR("linking"));
    buf_byte(&part, LINKING_VERSION);
    buf_section(&part, SYMBOL_TABLE, &symbols);
    buf_section(object, 0, &part);
}

void gen_put_component_type(Gen *g, Buf *out) {
    enum { PER_LINE = 64, PER_STATEMENT = 16 * PER_LINE };
    if (g->options->object_file) {
        gen_put_template(g, out, force_link);
        return;
    }
    Str type = g->options->component_type, section = section_name(g);
    buf_str(out, STR("\n// The component's type, as a custom section\n#ifdef __wasm__\n"));
    for (size_t at = 0; at < type.len; at++) {
        if (at % PER_STATEMENT == 0)
            buf_fmt(out,
                    "%s__asm__(\".section "
                    "\\\".custom_section.%.*s\\\",\\\"\\\",@\\n\"",
                    at ? ");\n" : "", STR_ARG(section));
        if (at % PER_LINE == 0) buf_str(out, STR("\n  \".ascii \\\""));
        put_escaped(out, (uint8_t)type.ptr[at]);
        if (at % PER_LINE == PER_LINE - 1 || at + 1 == type.len) buf_str(out, STR("\\\"\\n\""));
    }
    buf_str(out, type.len ? STR(");\n#endif\n") : STR("#endif\n"));
}
