/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc addr2line`: from places in a binary to functions, files and lines, as the debugging
 * information in it says. Each address has a line for the function that it is in; one for each function
 * that was inlined there stands before it.
 *
 *     0xff: main.c's inner function FILE:LINE:COLUMN
 *     <tab>the function it was inlined into FILE:LINE:COLUMN
 */
#include "cli/load.h"
#include "cli/sections.h"
#include "core/sources.h"

enum { MAX_FRAMES = 1000 };

typedef struct {
    bool code_relative;
    DwarfChoice dwarf;
    Str map;
} Options;

static const Option option_table[] = {
    FLAG(Options, code_relative, 0, "code-section-relative",
         "Addresses count from the start of the code section's contents, not of the file"),
    TEXT(Options, map, 0, "source-map", "FILE",
         "Where there is no DWARF: a source map (found by itself where the binary names its file)"),
    DWARF_CHOICE(Options, dwarf),
};

static const Argument arguments[] = {
    {"INPUT", "A core module or component; `-` is standard input", ARGUMENT_REQUIRED},
    {"ADDRESS", "Decimal, or hexadecimal after `0x` or `@`", ARGUMENT_REPEATED},
    {0},
};

typedef struct {
    uint32_t start, end;
    const CoreModule *module;
    CoreSources *sources;
} Part;

typedef struct {
    Cli *cli;
    const Options *options;
    VEC(Part) parts;
} Modules;

static bool add_module(Modules *modules, Reader whole) {
    Arena *arena = modules->cli->arena;
    Part *part = vec_push(arena, &modules->parts);
    part->start = (uint32_t)reader_offset(&whole);
    part->end = part->start + (uint32_t)reader_left(&whole);
    part->module = core_decode(arena, &whole, features_all());
    if (part->module)
        part->sources = load_sources(modules->cli, part->module, modules->options->map);
    return part->module != NULL;
}

/* The modules in a component, however deep. */
static bool add_nested(Modules *modules, Reader reader, unsigned depth) {
    Section section;
    while (section_next(&reader, &section)) {
        if (!section_nests(&section, true)) continue;
        if (depth == SECTION_DEEPEST)
            reader_fail(&reader, section.start, CLI_DEEP, SECTION_DEEPEST);
        if (reader.failed) break;
        Reader whole = reader;
        bool component;
        whole.ptr = (const uint8_t *)section.body.ptr;
        whole.end = whole.ptr + section.body.len;
        bool added =
            section.id == SECTION_NESTED_MODULE
                ? add_module(modules, whole)
                : add_nested(modules, sections_inside(&reader, &section, &component), depth + 1);
        if (!added) return false;
    }
    return !reader.failed;
}

static bool add_all(Modules *modules, const Source *source) {
    bool component = comp_is_component(source->text);
    if (!component) return add_module(modules, reader_of(source, &modules->cli->diags));
    Reader reader = sections_of(source, &modules->cli->diags, &component);
    return add_nested(modules, reader, 0);
}

static bool parse_address(Str text, uint64_t *address) {
    bool hex = str_starts(text, STR("0x")) || str_starts(text, STR("@"));
    unsigned base = hex ? 16 : 10;
    if (hex) text = str_after(text, text.ptr[0] == '@' ? 1 : 2);
    *address = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)(c | 32) - 'a' + 10;
        if (digit >= base || *address > (UINT64_MAX - digit) / base) return false;
        *address = *address * base + digit;
    }
    return text.len != 0;
}

static void show(Buf *out, Str address, const CoreSourceFrame *frames, size_t n) {
    if (n == 0) buf_fmt(out, "%.*s: no dwarf frames found for this address\n", STR_ARG(address));
    for (size_t i = 0; i < n; i++) {
        const CoreSourceFrame *f = &frames[i];
        if (i == 0) buf_fmt(out, "%.*s: ", STR_ARG(address));
        else buf_byte(out, '\t');
        buf_str(out, f->func.len ? f->func : STR("<unnamed>"));
        if (f->file.len || f->line) buf_fmt(out, " %.*s", STR_ARG(f->file));
        if (f->line) buf_fmt(out, ":%u", f->line);
        if (f->column != CORE_NO_COLUMN) buf_fmt(out, ":%u", f->column);
        buf_byte(out, '\n');
    }
}

static bool find(const Modules *modules, Str text, CoreSourceFrame *frames, Buf *out) {
    Diags *diags = &modules->cli->diags;
    uint64_t address;
    size_t n = 0;
    if (!parse_address(text, &address)) {
        diag(diags, CLI_NOT_ADDRESS, span_none(), STR_ARG(text));
        return false;
    }
    if (modules->options->code_relative) {
        if (modules->parts.len != 1) {
            diag(diags, CLI_SEVERAL_MODULES, span_none(), modules->parts.len);
            return false;
        }
        n = core_sources_find_code(modules->parts.at[0].sources, address, frames, MAX_FRAMES);
        show(out, text, frames, n);
        return true;
    }
    for (size_t i = 0; i < modules->parts.len; i++) {
        const Part *part = &modules->parts.at[i];
        uint32_t code = part->module->section_offset[CORE_SECTION_CODE];
        if (address < part->start || address > part->end) continue;
        if (code == 0 || address < code) break;
        n = core_sources_find(part->sources, (uint32_t)address, frames, MAX_FRAMES);
        show(out, text, frames, n);
        return true;
    }
    diag(diags, CLI_NO_CODE_AT, span_none(), STR_ARG(text));
    return false;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    const Source *source = load_binary_debug(cli, 0, features_all(), &options->dwarf);
    Modules modules = {.cli = cli, .options = options};
    if (!source || !add_all(&modules, source)) return EXIT_INPUT;
    CoreSourceFrame *frames = ARENA_NEW_ARRAY(cli->arena, CoreSourceFrame, MAX_FRAMES);
    Buf out = {.arena = cli->arena};
    bool all = true;
    for (size_t i = 1; i < cli->args.len && all; i++)
        all = find(&modules, cli->args.at[i], frames, &out);
    Diags wrong = cli->diags;
    cli->diags.errors = 0; /* what was found before the address that is wrong is told */
    int status = cli_write(cli, buf_text(&out));
    cli->diags.errors += wrong.errors;
    return all ? status : EXIT_INPUT;
}

const CommandSpec cmd_addr2line = {
    .run = run,
    .with = WITH_OUTPUT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Tells for addresses in a binary which function they are in and which line of its source "
        "they were made of, by the DWARF (`clang -g`) in the binary or in the file that its "
        "section "
        "`external_debug_info` names, or by its source map. Functions that were inlined at the "
        "address come first, each on a line of its own.\n"
        "Text has no such information, unless --generate-dwarf makes it.",
    .examples = "Where a trap was\n$ witc addr2line program.wasm 0x1a7\n"
                "Lines of a text\n$ witc addr2line --generate-dwarf lines program.wat 0x18 0x1a\n",
};
