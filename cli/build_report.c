/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* What the compiler and the linker said: passed on as it is, and where a remedy is known, with it. */
#include <stdio.h>

#include "cli/build.h"

static bool as_json(const Build *b) { return b->cli->message_format == MESSAGES_JSON; }

/* Text of a program goes to standard error at once; in JSON it becomes a note. */
static void pass_on(Build *b, const Process *process) {
    Str text = process->output;
    if (as_json(b)) {
        text = str_trim(text);
        if (text.len) diag_note(&b->cli->diags, CLI_TOOL_OUTPUT, span_none(), STR_ARG(text));
    } else if (text.len) {
        fwrite(text.ptr, 1, text.len, stderr);
        if (text.ptr[text.len - 1] != '\n') fputc('\n', stderr);
    }
    if (process->status == -1)
        diag_note(&b->cli->diags, CLI_TOOL_KILLED, span_none(), STR_ARG(process->words.at[0]));
}

/* ---- compiling ---- */

/* The first "'x.h' file not found". */
static Str missing_header(Str text) {
    size_t at = str_find_str(text, STR("' file not found"), 0);
    if (at == SIZE_MAX) return (Str){0};
    Str before = str_from_to(text, 0, at);
    size_t quote = str_rfind(before, '\'');
    return quote == SIZE_MAX ? (Str){0} : str_after(before, quote + 1);
}

bool build_report_compile(Build *b, Str path, const Process *process) {
    Diags *diags = &b->cli->diags;
    bool ok = process->status == 0;
    if (!ok) diag(diags, CLI_COMPILE, span_none(), STR_ARG(path));
    else if (as_json(b) && process->output.len)
        diag(diags, CLI_COMPILE_WARNS, span_none(), STR_ARG(path));
    pass_on(b, process);
    if (ok || b->hosted) return ok;
    Str header = missing_header(process->output);
    if (!header.len) return ok;
    if (b->has_libc && guest_has_header(b->cli, &b->libc, header)) {
        diag_note(diags, CLI_NEEDS_LIBC, span_none(), STR_ARG(header));
    } else if (str_eq(header, b->missing_header)) {
        diag_note(diags, CLI_NEEDS_LIBC, span_none(), STR_ARG(header));
        diag_note(diags, CLI_INSTALL, span_none(), guest_libc_packages(b->cli, &b->tools));
    }
    return ok;
}

/* ---- linking ---- */

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool has_word(Str text, Str word) {
    for (size_t at = 0; (at = str_find_str(text, word, at)) != SIZE_MAX; at += word.len) {
        bool begins = at == 0 || !is_word_byte(text.ptr[at - 1]);
        size_t end = at + word.len;
        if (begins && (end == text.len || !is_word_byte(text.ptr[end]))) return true;
    }
    return false;
}

static void explain_symbol(Build *b, Str symbol) {
    Diags *diags = &b->cli->diags;
    if (has_word(buf_text(&b->bindings.header), symbol))
        diag_note(diags, CLI_NEEDS_EXPORT, span_none(), STR_ARG(symbol));
    else if (str_starts(symbol, STR("__")) && !b->tools.builtins.len)
        diag_note(diags, CLI_NEEDS_BUILTINS, span_none(), STR_ARG(symbol));
    else if (!b->hosted) diag_note(diags, CLI_MAY_NEED_LIBC, span_none(), STR_ARG(symbol));
}

bool build_report_link(Build *b, const Process *process) {
    static const Str mark = STR_INIT("undefined symbol: ");
    Str text = process->output;
    Map seen = {0};
    bool ok = process->status == 0;
    if (!ok) diag(&b->cli->diags, CLI_LINK, span_none());
    pass_on(b, process);
    for (size_t at = 0; !ok && (at = str_find_str(text, mark, at)) != SIZE_MAX;) {
        at += mark.len;
        Str symbol = str_from_to(text, at, str_find(text, '\n', at));
        bool added;
        map_put(b->cli->arena, &seen, symbol, &added);
        if (added) explain_symbol(b, symbol);
    }
    return ok;
}

/* ---- dependencies ---- */

typedef struct {
    Build *b;
    Str ours; /* what the names of temporary files begin with */
    Map seen;
    Buf out;
} Depends;

static void depend(Depends *d, Str escaped) {
    bool added;
    if (str_starts(escaped, d->ours)) return;
    map_put(d->b->cli->arena, &d->seen, escaped, &added);
    if (added) buf_fmt(&d->out, " \\\n  %.*s", STR_ARG(escaped));
}

/* As make and ninja read the name of a file: "\" stands for itself but before a blank or "#". */
static Str escape(Build *b, Str path) {
    Buf out = {.arena = b->cli->arena};
    size_t backslashes = 0;
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        if (c == ' ' || c == '\t' || c == '#')
            for (size_t n = backslashes + 1; n > 0; n--) buf_byte(&out, '\\');
        backslashes = c == '\\' ? backslashes + 1 : 0;
        if (c == '$') buf_byte(&out, '$');
        buf_byte(&out, (uint8_t)c);
    }
    return buf_text(&out);
}

/* rule ::= target ':' (blank name)*, where a blank is a space or "\" and the end of the line */
static void read_rule(Depends *d, Str text) {
    size_t at = str_find_str(text, STR(": "), 0);
    at = at == SIZE_MAX ? text.len : at + 1;
    while (at < text.len) {
        char c = text.ptr[at];
        bool continued = c == '\\' && at + 1 < text.len && text.ptr[at + 1] == '\n';
        if (c == ' ' || c == '\n' || continued) {
            at += continued ? 2 : 1;
            continue;
        }
        size_t end = at;
        while (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\n')
            end += text.ptr[end] == '\\' && end + 1 < text.len ? 2 : 1;
        depend(d, str_from_to(text, at, end));
        at = end;
    }
}

/* A file of WIT, or the folder with all that is in it. */
static void depend_on_wit(Depends *d, Str path, unsigned depth) {
    enum { DEEPEST = 8 };
    Build *b = d->b;
    depend(d, escape(b, path));
    if (depth == DEEPEST || !file_is_directory(b->cli->arena, path)) return;
    StrVec names = {0};
    if (!directory_list(b->cli->arena, path, &names, &b->cli->diags)) return;
    for (size_t i = 0; i < names.len; i++)
        depend_on_wit(d, path_join(b->cli->arena, path, names.at[i]), depth + 1);
}

bool build_write_depfile(Build *b, const StrVec *files) {
    Cli *cli = b->cli;
    Depends d = {.b = b, .ours = escape(b, b->work.folder), .out = {.arena = cli->arena}};
    buf_fmt(&d.out, "%.*s:", STR_ARG(escape(b, cli->output)));
    for (size_t i = 0; i < files->len; i++) {
        if (!file_exists(cli->arena, files->at[i])) continue;
        const Source *rule = file_read(cli->arena, files->at[i], &cli->diags);
        if (rule) read_rule(&d, rule->text);
    }
    for (size_t i = 0; i < b->inputs.len; i++)
        if (b->inputs.at[i].kind == INPUT_OBJECT) depend(&d, escape(b, b->inputs.at[i].path));
    const StrVec *adapters = &b->options->component.adapters;
    for (size_t i = 0; i < adapters->len && !b->options->core; i++) {
        CompAdapter own;
        if (own_adapter(adapters->at[i], &own)) continue;
        size_t equals = str_find(adapters->at[i], '=', 0);
        depend(&d, escape(b, equals == SIZE_MAX ? adapters->at[i]
                                                : str_after(adapters->at[i], equals + 1)));
    }
    depend_on_wit(&d, b->wit, 0);
    buf_byte(&d.out, '\n');
    return file_write(cli->arena, b->options->depfile, buf_text(&d.out), &cli->diags);
}
