/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Manual pages in man(7), made from the tables of the commands. In roff a line that begins with
 * `.` or `'` is a request, and `\` and `-` have meanings of their own: text escapes them.
 */
#include "base/version.h"
#include "cli/cli.h"

static void text(Buf *out, Str s) {
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool line_start = i == 0 || s.ptr[i - 1] == '\n';
        if (c == '\\') buf_str(out, STR("\\e"));
        else if (c == '-') buf_str(out, STR("\\-"));
        else if (line_start && (c == '.' || c == '\'')) buf_fmt(out, "\\&%c", c);
        else buf_byte(out, (uint8_t)c);
    }
}

static void dashed_name(Buf *out, const char *name) {
    for (; *name; name++) buf_byte(out, (uint8_t)(*name == ' ' ? '-' : *name));
}

static void head(Buf *out, const char *name, const char *summary) {
    buf_str(out, STR(".TH WITC"));
    if (name) buf_byte(out, '-'), dashed_name(out, name);
    buf_fmt(out, " 1 \"\" \"witc %s\" \"WebAssembly components\"\n.SH NAME\nwitc", WITC_VERSION);
    if (name) buf_str(out, STR("\\-")), dashed_name(out, name);
    buf_str(out, STR(" \\- "));
    text(out, str_from(summary));
    buf_byte(out, '\n');
}

/* Each paragraph of `about` after the first is set apart. */
static void paragraphs(Buf *out, const char *about) {
    for (Str rest = str_from(about); rest.len;) {
        size_t end = str_find(rest, '\n', 0);
        text(out, str_from_to(rest, 0, end));
        buf_byte(out, '\n');
        rest = end == SIZE_MAX ? (Str){0} : str_after(rest, end + 1);
        if (rest.len) buf_str(out, STR(".PP\n"));
    }
}

static void tagged(Buf *out, Str tag, const char *help) {
    buf_str(out, STR(".TP\n.B "));
    text(out, tag);
    buf_byte(out, '\n');
    text(out, str_from(help));
    buf_byte(out, '\n');
}

static void example_lines(Buf *out, const char *examples) {
    buf_str(out, STR(".SH EXAMPLES\n"));
    for (Str rest = str_from(examples); rest.len;) {
        size_t end = str_find(rest, '\n', 0);
        Str line = str_from_to(rest, 0, end);
        bool command = str_starts(line, STR("$ "));
        buf_str(out, command ? STR(".RS\n.EX\n") : STR(".PP\n"));
        text(out, command ? str_after(line, 2) : line);
        buf_str(out, command ? STR("\n.EE\n.RE\n") : STR(":\n"));
        rest = end == SIZE_MAX ? (Str){0} : str_after(rest, end + 1);
    }
}

static void exit_status(Buf *out) {
    buf_str(out, STR(".SH EXIT STATUS\n0 done; 1 the input is wrong; 2 the command line is wrong.\n"
                     ".B witc run\nexits with the status of its guest, or with 134 where it "
                     "trapped.\n"));
}

void man_command(Buf *out, const Command *command) {
    const CommandSpec *spec = command->spec;
    head(out, command->name, command->summary);
    Buf usage = {.arena = out->arena};
    help_usage(&usage, command);
    buf_str(out, STR(".SH SYNOPSIS\n"));
    text(out, buf_text(&usage));
    buf_str(out, STR("\n.SH DESCRIPTION\n"));
    if (spec->about) paragraphs(out, spec->about);
    else text(out, str_fmt(out->arena, "%s.\n", command->summary));
    for (const Argument *a = spec->arguments; a && a->name; a++) {
        tagged(out, str_fmt(out->arena, "<%s>", a->name), a->help);
    }
    buf_str(out, STR(".SH OPTIONS\n"));
    const Option *option;
    for (size_t i = 0; (option = cli_option(spec, i)); i++) {
        tagged(out, str_trim(help_option_names(out->arena, option)), option->help);
    }
    if (spec->examples) example_lines(out, spec->examples);
    exit_status(out);
    buf_str(out, STR(".SH SEE ALSO\n.BR witc (1)\n"));
}

void man_program(Buf *out) {
    head(out, NULL, "WebAssembly components, from WIT to a running program");
    buf_str(out, STR(".SH SYNOPSIS\nwitc <command> [options] [arguments]\n.SH DESCRIPTION\n"));
    buf_str(out, STR("Reads WIT, generates C bindings, makes components from core modules, links "
                     "components together, validates, prints and runs them.\n"));
    for (int group = 0; group < GROUP_COUNT; group++) {
        buf_fmt(out, ".SS \"%s\"\n", cli_group_titles[group]);
        for (size_t i = 0; i < cli_command_count; i++) {
            const Command *c = &cli_commands[i];
            if ((int)c->group == group) tagged(out, str_from(c->name), c->summary);
        }
    }
    exit_status(out);
    buf_str(out,
            STR(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nwhere it is set and not empty, messages are "
                "not coloured.\n.SH SEE ALSO\n"));
    for (size_t i = 0; i < cli_command_count; i++) {
        buf_str(out, STR(".BR witc\\-"));
        dashed_name(out, cli_commands[i].name);
        buf_fmt(out, " (1)%s\n", i + 1 < cli_command_count ? "," : "");
    }
}
