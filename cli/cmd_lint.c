/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc lint`: what in a WIT package is right but unwise. */
#include "cli/load.h"

typedef struct {
    StrVec allow, warn, deny, features, targets;
    uint64_t max_findings;
    bool json, list;
} Options;

static const Options defaults = {.max_findings = 1000};

static const Option option_table[] = {
    COMMAS(Options, allow, 'A', "allow", "RULE", "Say nothing about this; `all` means every rule"),
    COMMAS(Options, warn, 'W', "warn", "RULE", "Warn about this"),
    COMMAS(Options, deny, 'D', "deny", "RULE", "Take this for an error; `warnings`: all warnings"),
    FLAG(Options, list, 0, "list", "List the rules and what each of them is about"),
    FLAG(Options, json, 'j', "json", "Write what was found to standard output as JSON"),
    NUMBER(Options, max_findings, 0, "max-findings", "N", "Tell at most so many (1000)"),
    COMMAS(Options, features, 0, "features", "LIST",
           "Features that are meant to be there; items behind all features are looked at anyway"),
};

static const Argument arguments[] = {
    {"PATH", "A folder or file of WIT; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

/* ---- levels ---- */

static bool find_rule(Cli *cli, Str name, unsigned *rule) {
    Str names[WITC_LINT_COUNT];
    for (*rule = 0; *rule < WITC_LINT_COUNT; ++*rule) {
        names[*rule] = str_from(witc_lint_rules[*rule].name);
        if (str_eq(names[*rule], name)) return true;
    }
    diag(&cli->diags, LINT_NO_RULE, span_none(), STR_ARG(name));
    Str nearest = str_nearest(name, names, WITC_LINT_COUNT);
    if (nearest.len) diag_note(&cli->diags, CLI_NEAREST, span_none(), STR_ARG(nearest));
    diag_note(&cli->diags, LINT_LEVELS, span_none());
    return false;
}

/* Groups first, so that a rule that is named counts for more, whatever stands where. */
static bool set_levels(Cli *cli, const StrVec *names, WitcLintLevel level, bool groups,
                       WitcLintOptions *lint) {
    for (size_t i = 0; i < names->len; i++) {
        Str name = names->at[i];
        bool all = str_is(name, "all"), warnings = str_is(name, "warnings");
        unsigned rule;
        if (all || warnings) {
            for (rule = 0; groups && rule < WITC_LINT_COUNT; rule++)
                if (all || lint->levels[rule] == WITC_LINT_WARN) lint->levels[rule] = level;
        } else if (!groups) {
            if (!find_rule(cli, name, &rule)) return false;
            lint->levels[rule] = level;
        }
    }
    return true;
}

static bool read_levels(Cli *cli, const Options *options, WitcLintOptions *lint) {
    bool ok = true;
    for (unsigned rule = 0; rule < WITC_LINT_COUNT; rule++)
        lint->levels[rule] = witc_lint_rules[rule].level;
    for (int groups = 1; groups >= 0; groups--)
        ok = ok && set_levels(cli, &options->allow, WITC_LINT_ALLOW, groups, lint) &&
             set_levels(cli, &options->warn, WITC_LINT_WARN, groups, lint) &&
             set_levels(cli, &options->deny, WITC_LINT_DENY, groups, lint);
    return ok;
}

/* ---- output ---- */

static const char *const level_names[] = {"allow", "warn", "deny"};

static int list_rules(Cli *cli, const WitcLintOptions *lint, bool as_json) {
    Json json = json_new(cli->arena, 2);
    Buf text = {.arena = cli->arena};
    json_array(&json);
    for (unsigned i = 0; i < WITC_LINT_COUNT; i++) {
        const WitcLintRule *rule = &witc_lint_rules[i];
        const char *level = level_names[lint->levels[i]];
        buf_fmt(&text, "%-5s  %s\n", level, rule->name);
        help_wrap(&text, rule->about, 7);
        json_object(&json);
        json_key(&json, "rule"), json_string(&json, str_from(rule->name));
        json_key(&json, "level"), json_string(&json, str_from(level));
        json_key(&json, "about"), json_string(&json, str_from(rule->about));
        json_end(&json);
    }
    json_end(&json);
    buf_byte(&json.out, '\n');
    return cli_write(cli, buf_text(as_json ? &json.out : &text));
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    WitcLintOptions lint = {.features = options->features.at,
                            .feature_count = options->features.len};
    if (!read_levels(cli, options, &lint)) return EXIT_USAGE;
    if (options->list) return list_rules(cli, &lint, options->json);
    WitcOptions read = load_wit_options(cli, &(WitSelection){.features = options->features});
    lint.read = &read;
    cli->diags.max_errors = options->max_findings;
    Str path = cli->args.len ? cli->args.at[0] : STR("-");
    const Source *text = NULL;
    if (str_is(path, "-") || !file_is_directory(cli->arena, path)) {
        text = cli_read(cli, 0);
        InputKind kind = text ? load_wit_kind(text) : KIND_TEXT;
        if (kind != KIND_TEXT && kind != KIND_EMPTY) {
            cli_wrong_kind(cli, text, "the text of WIT");
            text = NULL;
        }
        if (!text) return EXIT_INPUT;
    }
    witc_lint(cli->arena, path, text, &lint, &cli->diags);
    int status = cli->diags.errors ? EXIT_INPUT : EXIT_OK;
    if (!options->json) return status;
    Json json = json_new(cli->arena, 2);
    diag_put_json(&json, &cli->diags);
    buf_byte(&json.out, '\n');
    cli->told = true;
    Diags writing = {.arena = cli->arena};
    bool written = file_write(cli->arena, STR("-"), buf_text(&json.out), &writing);
    return written ? status : EXIT_INPUT;
}

const CommandSpec cmd_lint = {
    .run = run,
    .size = sizeof(Options),
    .defaults = &defaults,
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Tells what in a WIT package is right but unwise: names that nothing uses, gates that are "
        "missing, documentation that no tool will find. Dependencies are read but not judged.\n\n"
        "A comment `// lint: allow(RULE)` before an item, or behind it on its line, keeps it as it "
        "is; `// lint: allow-file(RULE)` does so for a file. These comments are no "
        "documentation.\n\n"
        "Exits with 1 where something is denied.",
    .examples = "Look at a package\n$ witc lint wit/\n"
                "In a pipeline\n$ witc lint --deny warnings --allow stutter wit/\n"
                "What is there to be found?\n$ witc lint --list\n",
};
