/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc completion bash|zsh|fish`: scripts generated from the tables. The bash script looks up the
 * command's words, longest first, in one `case`; zsh loads the bash script through bashcompinit;
 * fish gets one `complete` line for every command and option.
 */
#include "base/map.h"
#include "cli/cli.h"

/* The commands' next words after `prefix` ("" or "component "), each once. */
static void next_words(Buf *out, const char *prefix) {
    Str start = str_from(prefix);
    Map seen = {0};
    for (size_t i = 0; i < cli_command_count; i++) {
        Str name = str_from(cli_commands[i].name);
        if (!str_starts(name, start)) continue;
        Str rest = str_after(name, start.len), word = str_from_to(rest, 0, str_find(rest, ' ', 0));
        bool added, first = seen.len == 0;
        map_put(out->arena, &seen, word, &added);
        if (added) buf_fmt(out, "%s%.*s", first ? "" : " ", STR_ARG(word));
    }
}

static void bash_options(Buf *out, const CommandSpec *spec) {
    const Option *option;
    for (size_t i = 0; (option = cli_option(spec, i)); i++) {
        buf_fmt(out, "%s--%s", i ? " " : "", option->name);
    }
}

/* `previous word) the choices of its value ;;` */
static void bash_choices(Buf *out, const CommandSpec *spec) {
    const Option *option;
    for (size_t i = 0; (option = cli_option(spec, i)); i++) {
        if (option->kind != OPTION_CHOICE) continue;
        buf_fmt(out, "            --%s) values=\"", option->name);
        for (const char *c = option->value; *c; c++) buf_byte(out, (uint8_t)(*c == '|' ? ' ' : *c));
        buf_str(out, STR("\" ;;\n"));
    }
}

static void bash(Buf *out) {
    /* "--style=native" is three words for bash, where "=" is in COMP_WORDBREAKS. */
    buf_str(out, STR("# bash completion of witc\n_witc() {\n"
                     "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                     "    local words= values=\n"
                     "    if [[ $cur == = ]]; then cur=\n"
                     "    elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
                     "    case \"${COMP_WORDS[*]:1:COMP_CWORD-1} \" in\n"));
    for (int two_words = 1; two_words >= 0; two_words--) {
        for (size_t i = 0; i < cli_command_count; i++) {
            const Command *c = &cli_commands[i];
            if ((strchr(c->name, ' ') != NULL) != two_words) continue;
            buf_fmt(out, "    \"%s \"*)\n        words=\"", c->name);
            bash_options(out, c->spec);
            buf_str(out, STR("\"\n        case $prev in\n"));
            bash_choices(out, c->spec);
            buf_str(out, STR("        esac ;;\n"));
        }
    }
    Map families = {0};
    for (size_t i = 0; i < cli_command_count; i++) {
        Str name = str_from(cli_commands[i].name);
        Str family = str_from_to(name, 0, str_find(name, ' ', 0));
        bool added = false;
        if (family.len < name.len) map_put(out->arena, &families, family, &added);
        if (!added) continue;
        buf_fmt(out, "    \"%.*s \") values=\"", STR_ARG(family));
        next_words(out, str_c(out->arena, str_concat(out->arena, family, STR(" "))));
        buf_str(out, STR("\" ;;\n"));
    }
    buf_str(out, STR("    ' ') values=\""));
    next_words(out, "");
    buf_str(out,
            STR("\" ;;\n    esac\n"
                "    if [[ -n $values ]]; then COMPREPLY=($(compgen -W \"$values\" -- \"$cur\"))\n"
                "    elif [[ $cur == -* ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                "    else COMPREPLY=(); fi\n"
                "}\ncomplete -o default -F _witc witc\n"));
}

static void zsh(Buf *out) {
    buf_str(out, STR("#compdef witc\nautoload -U +X bashcompinit && bashcompinit\n"));
    bash(out);
}

/* In single quotes, where fish reads \' and \\ only. */
static void fish_quoted(Buf *out, const char *s) {
    buf_byte(out, '\'');
    for (; *s; s++) {
        if (*s == '\'' || *s == '\\') buf_byte(out, '\\');
        buf_byte(out, (uint8_t)*s);
    }
    buf_byte(out, '\'');
}

/* The condition under which a command's options are offered: its words have been typed. */
static Str fish_condition(Arena *arena, const char *name) {
    const char *space = strchr(name, ' ');
    if (!space) return str_fmt(arena, "__fish_seen_subcommand_from %s", name);
    return str_fmt(arena, "__fish_seen_subcommand_from %.*s; and __fish_seen_subcommand_from %s",
                   (int)(space - name), name, space + 1);
}

static void fish_option(Buf *out, Str condition, const Option *o) {
    buf_fmt(out, "complete -c witc -n '%.*s' -l %s", STR_ARG(condition), o->name);
    if (o->letter) buf_fmt(out, " -s %c", o->letter);
    if (option_takes_value(o)) buf_str(out, STR(" -r"));
    if (o->kind == OPTION_CHOICE) {
        buf_str(out, STR(" -f -a '"));
        for (const char *c = o->value; *c; c++) buf_byte(out, (uint8_t)(*c == '|' ? ' ' : *c));
        buf_byte(out, '\'');
    }
    buf_str(out, STR(" -d "));
    fish_quoted(out, o->help);
    buf_byte(out, '\n');
}

static void fish(Buf *out) {
    buf_str(out, STR("# fish completion of witc\n"));
    Map families = {0};
    for (size_t i = 0; i < cli_command_count; i++) {
        const Command *c = &cli_commands[i];
        const char *space = strchr(c->name, ' ');
        if (space) {
            int n = (int)(space - c->name);
            bool added;
            map_put(out->arena, &families, (Str){c->name, (size_t)n}, &added);
            if (added)
                buf_fmt(out, "complete -c witc -f -n __fish_use_subcommand -a %.*s\n", n, c->name);
            buf_fmt(out, "complete -c witc -f -n '__fish_seen_subcommand_from %.*s' -a %s -d ", n,
                    c->name, space + 1);
        } else {
            buf_fmt(out, "complete -c witc -f -n __fish_use_subcommand -a %s -d ", c->name);
        }
        fish_quoted(out, c->summary);
        buf_byte(out, '\n');
        Str condition = fish_condition(out->arena, c->name);
        const Option *option;
        for (size_t o = 0; (option = cli_option(c->spec, o)); o++)
            fish_option(out, condition, option);
    }
}

static int run(Cli *cli, void *options) {
    (void)options;
    static const struct {
        const char *name;
        void (*write)(Buf *out);
    } shells[] = {{"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    Buf out = {.arena = cli->arena};
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (str_is(cli->args.at[0], shells[i].name)) {
            shells[i].write(&out);
            return cli_write(cli, buf_text(&out));
        }
    }
    diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(cli->args.at[0]), STR_ARG(STR("<SHELL>")),
         "bash|zsh|fish");
    return EXIT_USAGE;
}

static const Argument arguments[] = {{"SHELL", "bash, zsh or fish", ARGUMENT_REQUIRED}, {0}};

const CommandSpec cmd_completion = {
    .run = run,
    .with = WITH_OUTPUT,
    .arguments = arguments,
    .about = "Writes a script that completes commands, options and values in a shell.",
    .examples =
        "Complete in this bash\n$ source <(witc completion bash)\n"
        "Install for fish\n$ witc completion fish -o ~/.config/fish/completions/witc.fish\n",
};
