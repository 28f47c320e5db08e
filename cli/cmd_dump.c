/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc dump`: every byte of a module or component with what it is for: preambles, section heads,
 * bodies of functions instruction by instruction, the rest sixteen bytes a line.
 *
 *     0x000000 | 00 61 73 6d 01 00 00 00 | core module
 *     0x000008 | 01 04                   | type section, 4 bytes
 *     0x00000a | 01 60 00 00             |   .`..
 *     0x000015 | 20 00                   |     local.get
 */
#include <stdio.h>

#include "cli/load.h"
#include "cli/sections.h"

enum { BYTES_A_LINE = 16, SECTION_CODE = 10, MAX_LOCAL_RUNS = 50000 };

typedef struct {
    Buf out;
    unsigned depth; /* of nested modules and components */
} Dump;

/* The bytes of `reader` from `start` to where it stands, with a text beside the first line. */
static void line(Dump *d, const Reader *reader, const uint8_t *start, const char *text) {
    size_t offset = reader_offset(reader) - (size_t)(reader->ptr - start);
    for (const uint8_t *p = start; p < reader->ptr || p == start; p += BYTES_A_LINE) {
        size_t n =
            (size_t)(reader->ptr - p) < BYTES_A_LINE ? (size_t)(reader->ptr - p) : BYTES_A_LINE;
        buf_fmt(&d->out, "0x%06zx |", offset + (size_t)(p - start));
        for (size_t i = 0; i < n; i++) buf_fmt(&d->out, " %02x", p[i]);
        buf_fmt(&d->out, "%*s |", (int)(3 * (BYTES_A_LINE - n)), "");
        if (p == start) buf_fmt(&d->out, " %*s%s", (int)(2 * d->depth), "", text);
        buf_byte(&d->out, '\n');
        if (n == 0) break;
    }
}

/* What is left of the reader, with its printable characters. */
static void contents(Dump *d, Reader *reader) {
    while (!reader_at_end(reader)) {
        const uint8_t *start = reader->ptr;
        size_t left = reader_left(reader), n = left < BYTES_A_LINE ? left : BYTES_A_LINE;
        Str bytes = reader_bytes(reader, n);
        char text[BYTES_A_LINE + 3] = "  ";
        for (size_t i = 0; i < n; i++)
            text[i + 2] = bytes.ptr[i] >= ' ' && bytes.ptr[i] < 127 ? bytes.ptr[i] : '.';
        text[n + 2] = 0;
        line(d, reader, start, text);
    }
}

/* locals ::= count:u32 (count:u32 type:valtype)^count;  instructions up to the end of the entry */
static void function_body(Dump *d, Reader *body, uint32_t index) {
    const uint8_t *start = body->ptr;
    uint32_t runs = reader_count(body, MAX_LOCAL_RUNS, "local");
    for (uint32_t i = 0; i < runs && !body->failed; i++) {
        reader_u32(body);
        core_read_val_type(body);
    }
    if (body->failed) return;
    char text[80];
    snprintf(text, sizeof text, "  body %u, %u run%s of locals", index, runs, runs == 1 ? "" : "s");
    line(d, body, start, text);
    while (!reader_at_end(body)) {
        Reader before = *body;
        CoreInstr instr;
        if (!core_instr_next(body, &instr)) {
            *body = before; /* no instruction that we know: the rest as bytes */
            body->failed = false;
            contents(d, body);
            return;
        }
        snprintf(text, sizeof text, "    %s", core_op_info[instr.op].text);
        line(d, body, before.ptr, text);
    }
}

static void code_section(Dump *d, Reader *reader) {
    const uint8_t *start = reader->ptr;
    uint32_t count = reader_u32(reader);
    line(d, reader, start, "  count");
    for (uint32_t i = 0; i < count && !reader_at_end(reader); i++) {
        start = reader->ptr;
        uint32_t size = reader_u32(reader);
        line(d, reader, start, "  size of a body");
        Reader body = reader_sub(reader, size);
        body.diags = NULL;
        function_body(d, &body, i);
    }
    contents(d, reader);
}

static bool sections(Dump *d, Reader reader, bool component) {
    Section section;
    const uint8_t *start = reader.ptr;
    while (section_next(&reader, &section)) {
        Reader inside = reader;
        inside.ptr = (const uint8_t *)section.body.ptr;
        inside.end = inside.ptr + section.body.len;
        char head[160];
        Str name = str_from_to(section.name, 0, 60);
        snprintf(head, sizeof head, "%s section%s%.*s, %zu bytes",
                 section_name(&section, component), section.id == 0 ? " " : "", STR_ARG(name),
                 section.body.len);
        Reader after_head = inside;
        line(d, &after_head, start, head);
        start = reader.ptr;
        if (section_nests(&section, component)) {
            bool inner;
            if (d->depth == SECTION_DEEPEST) {
                reader_fail(&reader, section.start, CLI_DEEP, SECTION_DEEPEST);
                return false;
            }
            Reader nested = sections_inside(&reader, &section, &inner);
            d->depth++;
            line(d, &nested, (const uint8_t *)section.body.ptr,
                 inner ? "component" : "core module");
            bool ok = sections(d, nested, inner);
            d->depth--;
            if (!ok) return false;
        } else if (!component && section.id == SECTION_CODE) {
            code_section(d, &inside);
        } else {
            contents(d, &inside);
        }
    }
    return !reader.failed;
}

static const Argument arguments[] = {
    {"INPUT", "A core module or component; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

static int run(Cli *cli, void *options) {
    (void)options;
    const Source *source = load_binary(cli, 0, features_all());
    if (!source) return EXIT_INPUT;
    Dump d = {.out = {.arena = cli->arena}};
    bool component;
    Reader reader = sections_of(source, &cli->diags, &component);
    line(&d, &reader, reader.start, component ? "component" : "core module");
    if (!sections(&d, reader, component)) return EXIT_INPUT;
    return cli_write(cli, buf_text(&d.out));
}

const CommandSpec cmd_dump = {
    .run = run,
    .with = WITH_OUTPUT,
    .arguments = arguments,
    .about = "Shows every byte of a core module or component with what it is for: sections, nested "
             "modules, and "
             "the bodies of functions instruction by instruction.",
    .examples = "What stands at an offset\n$ witc dump program.wasm | grep 0x0001a3\n",
};
