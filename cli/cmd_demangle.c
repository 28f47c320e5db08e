/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc demangle`: the `name` section of a core module with the names that its source has instead of
 * the linker's symbols. All else stays as it is.
 */
#include "cli/load.h"
#include "cli/sections.h"

static const Argument arguments[] = {
    {"INPUT", "A core module; standard input where there is none or it is `-`", ARGUMENT_OPTIONAL},
    {0},
};

static void demangle_map(Arena *arena, CoreNameMap *map) {
    for (size_t i = 0; i < map->len; i++) {
        Str name = core_demangle_rust(arena, map->at[i].name);
        if (!name.len) name = core_demangle_cpp(arena, map->at[i].name);
        if (name.len) map->at[i].name = name;
    }
}

static void demangle_groups(Arena *arena, CoreNameGroups *groups) {
    for (size_t i = 0; i < groups->len; i++) demangle_map(arena, &groups->at[i].names);
}

/* The section anew; false where it is malformed. */
static bool demangle(Arena *arena, Reader names_reader, Buf *out) {
    CoreNames names = {0};
    if (!core_names_decode(arena, names_reader, &names)) return false;
    CoreNameMap *maps[] = {&names.funcs,   &names.types, &names.tables, &names.memories,
                           &names.globals, &names.elems, &names.datas,  &names.tags};
    CoreNameGroups *groups[] = {&names.locals, &names.labels, &names.fields};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) demangle_map(arena, maps[i]);
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) demangle_groups(arena, groups[i]);
    Buf section = {.arena = arena};
    buf_name(&section, STR("name"));
    core_names_encode(&names, &section);
    buf_section(out, 0, &section);
    return true;
}

static int run(Cli *cli, void *options) {
    (void)options;
    const Source *source = load_module(cli, 0, features_all());
    if (!source) return EXIT_INPUT;
    Buf out = {.arena = cli->arena};
    bool component;
    Reader reader = sections_of(source, &cli->diags, &component);
    buf_str(&out, str_from_to(source->text, 0, 8));
    Section section;
    while (section_next(&reader, &section)) {
        Reader names = reader;
        names.ptr = (const uint8_t *)section.body.ptr + section.content;
        names.end = (const uint8_t *)section.body.ptr + section.body.len;
        names.diags = NULL;
        if (section.id == 0 && str_is(section.name, "name") && demangle(cli->arena, names, &out))
            continue;
        Buf body = {.arena = cli->arena};
        buf_str(&body, section.body);
        buf_section(&out, section.id, &body);
    }
    return reader.failed ? EXIT_INPUT : write_binary(cli, out);
}

const CommandSpec cmd_demangle = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .arguments = arguments,
    .about =
        "Writes the names of functions, variables and the like as they are in the source: those "
        "of Rust (both manglings) and of C++ (Itanium). A name that is neither, or that uses "
        "what is not known here, stays.",
    .examples = "Readable text of a program\n$ witc demangle program.wasm -t\n",
};
