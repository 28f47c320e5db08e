/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc strip`: removes custom sections, in nested modules and components, too. What runs or links a
 * module needs stays unless it is asked for: `name`, `component-name`, `component-type...` and
 * `dylink.0`.
 */
#include <regex.h>

#include "cli/load.h"
#include "cli/sections.h"

typedef struct {
    bool all;
    StrVec patterns;
} Options;

static const Option option_table[] = {
    FLAG(Options, all, 'a', "all", "Remove every custom section"),
    LIST(Options, patterns, 'd', "delete", "REGEX", "Remove only those with a name that matches"),
};

static const Argument arguments[] = {
    {"INPUT", "A core module or component; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

typedef struct {
    Cli *cli;
    const Options *options;
    regex_t *patterns;
} Stripper;

static bool removes(const Stripper *s, Str name) {
    if (s->options->all) return true;
    const char *text = str_c(s->cli->arena, name);
    for (size_t i = 0; i < s->options->patterns.len; i++) {
        if (regexec(&s->patterns[i], text, 0, NULL, 0) == 0) return true;
    }
    if (s->options->patterns.len) return false;
    return !str_is(name, "name") && !str_is(name, "component-name") && !str_is(name, "dylink.0") &&
           !str_starts(name, STR("component-type"));
}

/* Copies what the reader has still to read, less what is removed. */
static bool copy(const Stripper *s, Reader reader, bool component, unsigned depth, Buf *out) {
    Section section;
    while (section_next(&reader, &section)) {
        if (section.id == 0 && removes(s, section.name)) continue;
        Buf body = {.arena = s->cli->arena};
        if (!section_nests(&section, component)) {
            buf_str(&body, section.body);
        } else if (depth == SECTION_DEEPEST) {
            reader_fail(&reader, section.start, CLI_DEEP, SECTION_DEEPEST);
            return false;
        } else {
            bool inner;
            Reader nested = sections_inside(&reader, &section, &inner);
            buf_str(&body, str_from_to(section.body, 0, 8));
            if (!copy(s, nested, inner, depth + 1, &body)) return false;
        }
        buf_section(out, section.id, &body);
    }
    return !reader.failed;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    size_t n = options->patterns.len;
    Stripper s = {cli, options, ARENA_NEW_ARRAY(cli->arena, regex_t, n)};
    for (size_t i = 0; i < n; i++) {
        if (regcomp(&s.patterns[i], str_c(cli->arena, options->patterns.at[i]),
                    REG_EXTENDED | REG_NOSUB) == 0)
            continue;
        diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(options->patterns.at[i]),
             STR_ARG(STR("--delete")), "a regular expression");
        while (i > 0) regfree(&s.patterns[--i]);
        return EXIT_USAGE;
    }
    const Source *source = load_binary(cli, 0, features_all());
    Buf out = {.arena = cli->arena};
    bool component, ok = false;
    if (source) {
        Reader reader = sections_of(source, &cli->diags, &component);
        buf_str(&out, str_from_to(source->text, 0, 8));
        ok = copy(&s, reader, component, 0, &out);
    }
    for (size_t i = 0; i < n; i++) regfree(&s.patterns[i]);
    return ok ? write_binary(cli, out) : EXIT_INPUT;
}

const CommandSpec cmd_strip = {
    .run = run,
    .with = WITH_OUTPUT | WITH_WAT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Removes custom sections such as debugging information, also in the modules and components "
        "inside of a component. Names and what linking needs stay, unless -a or -d say otherwise.",
    .examples = "As small as can be\n$ witc strip -a app.wasm -o small.wasm\n"
                "Only DWARF\n$ witc strip -d '^\\.debug_' app.wasm -o app.wasm\n",
};
