/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc objdump`: the sections of a module or component with their places and sizes, nested ones
 * indented.
 *
 *     start       end         bytes  section
 *     0x00000a - 0x000025        27  type, 2 items
 */
#include "cli/load.h"
#include "cli/sections.h"

static const Argument arguments[] = {
    {"INPUT", "A core module or component; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

/* Sections that begin with a count of their items. */
static bool has_count(const Section *section, bool component) {
    if (section->id == 0 || section_nests(section, component)) return false;
    return component ? section->id != 9 : section->id != 8 && section->id != 12;
}

static void row(Buf *out, const Section *section, bool component, unsigned depth) {
    size_t end = section->body_start + section->body.len;
    buf_fmt(out, "0x%06zx - 0x%06zx %9zu  %*s%s", section->body_start, end, section->body.len,
            (int)(2 * depth), "", section_name(section, component));
    if (section->id == 0) buf_fmt(out, " `%.*s`", STR_ARG(section->name));
    if (has_count(section, component)) {
        const uint8_t *start = (const uint8_t *)section->body.ptr;
        Reader count = {.ptr = start, .end = start + section->body.len, .start = start};
        uint32_t n = reader_u32(&count);
        if (!count.failed) buf_fmt(out, ", %u item%s", n, n == 1 ? "" : "s");
    }
    buf_byte(out, '\n');
}

static bool rows(Reader reader, bool component, unsigned depth, Buf *out) {
    Section section;
    while (section_next(&reader, &section)) {
        row(out, &section, component, depth);
        if (!section_nests(&section, component)) continue;
        if (depth == SECTION_DEEPEST) {
            reader_fail(&reader, section.start, CLI_DEEP, SECTION_DEEPEST);
            return false;
        }
        bool inner;
        Reader nested = sections_inside(&reader, &section, &inner);
        if (!rows(nested, inner, depth + 1, out)) return false;
    }
    return !reader.failed;
}

static int run(Cli *cli, void *options) {
    (void)options;
    const Source *source = load_binary(cli, 0, features_all());
    if (!source) return EXIT_INPUT;
    Buf out = {.arena = cli->arena};
    bool component;
    Reader reader = sections_of(source, &cli->diags, &component);
    buf_str(&out, STR("start      end          bytes  section\n"));
    if (!rows(reader, component, 0, &out)) return EXIT_INPUT;
    return cli_write(cli, buf_text(&out));
}

const CommandSpec cmd_objdump = {
    .run = run,
    .with = WITH_OUTPUT,
    .arguments = arguments,
    .about = "Lists the sections of a core module or component: where their contents stand in the "
             "file, how "
             "large they are, and how many items they have.",
    .examples = "Where the bytes are\n$ witc objdump program.wasm\n",
};
