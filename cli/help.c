/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Help, made from the tables of the commands. The left column of an option list is as wide as its
 * longest short entry; longer entries put their explanation on the next line.
 */
#include "base/version.h"
#include "cli/cli.h"

enum { WIDTH = 90, COLUMN = 30 };

/* `text` wrapped at WIDTH; lines after the first begin with `indent` spaces. The cursor stands at
 * column `column`. A line end in the text is kept. */
static void wrap(Buf *out, const char *text, size_t indent, size_t column) {
    Str rest = str_from(text);
    bool fresh = true;
    while (rest.len) {
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != ' ' && rest.ptr[end] != '\n') end++;
        if (!fresh && column + 1 + end > WIDTH) {
            buf_fmt(out, "\n%*s", (int)indent, "");
            column = indent, fresh = true;
        }
        if (!fresh) buf_byte(out, ' '), column++;
        buf_str(out, str_from_to(rest, 0, end));
        column += end, fresh = false;
        if (end < rest.len && rest.ptr[end] == '\n') {
            buf_fmt(out, "\n%*s", rest.len > end + 1 && rest.ptr[end + 1] != '\n' ? (int)indent : 0,
                    "");
            column = indent, fresh = true;
        }
        rest = str_after(rest, end + 1);
    }
    buf_byte(out, '\n');
}

void help_wrap(Buf *out, const char *text, size_t indent) {
    buf_fmt(out, "%*s", (int)indent, "");
    wrap(out, text, indent, indent);
}

/* "  left                explanation" */
static void entry(Buf *out, Str left, const char *text) {
    buf_fmt(out, "  %.*s", STR_ARG(left));
    if (left.len + 4 > COLUMN) buf_fmt(out, "\n%*s", COLUMN, "");
    else buf_fmt(out, "%*s", (int)(COLUMN - 2 - left.len), "");
    wrap(out, text, COLUMN, COLUMN);
}

Str help_option_names(Arena *arena, const Option *o) {
    Str letter = o->letter ? str_fmt(arena, "-%c, ", o->letter) : STR("    ");
    const char *more = o->kind == OPTION_LIST ? "..." : o->kind == OPTION_COMMAS ? ",..." : "";
    if (o->kind == OPTION_MAYBE)
        return str_fmt(arena, "%.*s--%s[=<%s>]", STR_ARG(letter), o->name, o->value);
    if (!option_takes_value(o)) return str_fmt(arena, "%.*s--%s", STR_ARG(letter), o->name);
    return str_fmt(arena, "%.*s--%s <%s>%s", STR_ARG(letter), o->name, o->value, more);
}

void help_usage(Buf *out, const Command *command) {
    buf_fmt(out, "witc %s [options]", command->name);
    for (const Argument *a = command->spec->arguments; a && a->name; a++) {
        const char *form = a->times == ARGUMENT_REQUIRED   ? " <%s>"
                           : a->times == ARGUMENT_OPTIONAL ? " [%s]"
                                                           : " [%s]...";
        buf_str(out, a->times == ARGUMENT_REQUIRED ? STR(" <") : STR(" ["));
        buf_str(out, str_from(a->name));
        buf_str(out, str_from(form + 4));
    }
}

static void examples(Buf *out, const char *text) {
    Str rest = str_from(text);
    buf_str(out, STR("\nExamples:\n"));
    while (rest.len) {
        size_t end = str_find(rest, '\n', 0);
        Str line = str_from_to(rest, 0, end);
        bool command = str_starts(line, STR("$ "));
        buf_fmt(out, "%s%.*s\n", command ? "      " : "  ", STR_ARG(line));
        rest = end == SIZE_MAX ? (Str){0} : str_after(rest, end + 1);
    }
}

void help_command(Buf *out, const Command *command) {
    const CommandSpec *spec = command->spec;
    buf_fmt(out, "%s.\n\nUsage: ", command->summary);
    help_usage(out, command);
    buf_byte(out, '\n');
    if (spec->about) {
        buf_byte(out, '\n');
        wrap(out, spec->about, 0, 0);
    }
    if (spec->arguments && spec->arguments->name) buf_str(out, STR("\nArguments:\n"));
    for (const Argument *a = spec->arguments; a && a->name; a++) {
        entry(out, str_fmt(out->arena, "<%s>", a->name), a->help);
    }
    buf_str(out, STR("\nOptions:\n"));
    const Option *option;
    for (size_t i = 0; (option = cli_option(spec, i)); i++) {
        entry(out, help_option_names(out->arena, option), option->help);
    }
    if (spec->examples) examples(out, spec->examples);
}

static void command_list(Buf *out, Str family) {
    for (int group = 0; group < GROUP_COUNT; group++) {
        bool titled = false;
        for (size_t i = 0; i < cli_command_count; i++) {
            const Command *c = &cli_commands[i];
            if ((int)c->group != group || !str_starts(str_from(c->name), family)) continue;
            if (!titled) buf_fmt(out, "\n%s:\n", cli_group_titles[group]);
            titled = true;
            entry(out, str_from(c->name), c->summary);
        }
    }
}

void help_overview(Buf *out) {
    buf_fmt(out, "witc %s: WebAssembly components, from WIT to a running program.\n\n",
            WITC_VERSION);
    buf_str(out, STR("Usage: witc <command> [options] [arguments]\n"));
    command_list(out, (Str){0});
    buf_str(out,
            STR("\n`witc help <command>` explains one. Every input may be a binary or text; `-` is "
                "standard input.\n"));
}

void help_family(Buf *out, Str family) {
    buf_fmt(out, "Usage: witc %.*s <command> [options] [arguments]\n", STR_ARG(family));
    command_list(out, str_concat(out->arena, family, STR(" ")));
}
