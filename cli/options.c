/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Command lines, read by table.
 *
 *     word   ::= '--' name ('=' value)?      the value may be the next word
 *              | '--no-' name                of a flag
 *              | '-' letters value?          "-vv", "-ofile", "-o file", "-o=file"
 *              | '--'                        only arguments follow (or only foreign words)
 *              | '-' letters                 foreign, see CommandSpec.foreign
 *              | argument                    "-" is one: standard input
 *
 * Options and arguments may mix, except where the rest belongs to a guest (REST_IS_GUESTS): there
 * everything after the first argument is the guest's, less one "--" that follows it at once.
 */
#include "cli/cli.h"

typedef struct {
    unsigned with; /* the bit of CommandSpec.with that asks for it, 0: every command has it */
    Option row;
} CommonRow;

static const CommonRow common_options[] = {
    {WITH_OUTPUT,
     TEXT(Cli, output, 'o', "output", "FILE", "Write there instead of to standard output")},
    {WITH_WAT, FLAG(Cli, wat, 't', "wat", "Write text instead of a binary")},
    {WITH_FEATURES, COMMAS(Cli, features, 'f', "features", "LIST",
                           "Features of WebAssembly to add, `-name` to take away; also all, mvp, "
                           "wasm1, wasm2, wasm3, lime1")},
    {0, CHOICE(Cli, color, 0, "color", "auto|always|never", "Colour the messages")},
    {0, CHOICE(Cli, message_format, 0, "message-format", "human|json",
               "How messages are written to standard error")},
    {0, COUNT(Cli, verbose, 'v', "verbose", "Say more")},
    {0, FLAG(Cli, help, 'h', "help", "Explain this command")},
};
enum { COMMON_COUNT = sizeof common_options / sizeof *common_options };

static const Option version_option = FLAG(Cli, version, 'V', "version", "Tell the version");

const Option *cli_option(const CommandSpec *spec, size_t i) {
    if (i < spec->option_count) return &spec->options[i];
    i -= spec->option_count;
    for (size_t c = 0; c < COMMON_COUNT; c++) {
        const CommonRow *common = &common_options[c];
        if ((common->with & ~spec->with) == 0 && i-- == 0) return &common->row;
    }
    return !spec->run && i == 0 ? &version_option : NULL;
}

bool option_takes_value(const Option *option) {
    return option->kind != OPTION_FLAG && option->kind != OPTION_COUNT &&
           option->kind != OPTION_MAYBE;
}

/* ---- finding the command ---- */

static bool name_is_prefix(const char *name, const Str *words, size_t n, size_t *used) {
    Str rest = str_from(name);
    for (size_t i = 0; i < n; i++) {
        size_t space = str_find(rest, ' ', 0);
        if (!str_eq(words[i], str_from_to(rest, 0, space))) return false;
        if (space == SIZE_MAX) {
            *used = i + 1;
            return true;
        }
        rest = str_after(rest, space + 1);
    }
    return false;
}

const Command *cli_find_command(const Str *words, size_t n, size_t *used) {
    const Command *found = NULL;
    size_t best = 0, length;
    for (size_t i = 0; i < cli_command_count; i++) {
        if (name_is_prefix(cli_commands[i].name, words, n, &length) && length > best) {
            found = &cli_commands[i];
            best = length;
        }
    }
    *used = best;
    return found;
}

bool cli_is_family(Str name) {
    for (size_t i = 0; i < cli_command_count; i++) {
        Str full = str_from(cli_commands[i].name);
        size_t space = str_find(full, ' ', 0);
        if (space != SIZE_MAX && str_eq(name, str_from_to(full, 0, space))) return true;
    }
    return false;
}

/* ---- reading the words ---- */

typedef struct {
    Cli *cli;
    const CommandSpec *spec;
    void *options;
    const Str *words;
    size_t n, at;
} Parser;

static void *field(Parser *p, const Option *option) {
    for (size_t i = 0; i < p->spec->option_count; i++) {
        if (&p->spec->options[i] == option) return (char *)p->options + option->offset;
    }
    return (char *)p->cli + option->offset;
}

static bool bad_value(Parser *p, Str value, Str said, const char *expected) {
    diag(&p->cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(value), STR_ARG(said), expected);
    return false;
}

static bool set_flag(Parser *p, const Option *option, Str said, Str value) {
    static const char *const words[] = {"false", "true", "no", "yes", "n",
                                        "y",     "off",  "on", "0",   "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (str_is(value, words[i])) {
            *(bool *)field(p, option) = i % 2;
            return true;
        }
    }
    return bad_value(p, value, said, "`true` or `false`");
}

/* number ::= digits | '0x' hex digits; false where it is none or has more than 64 bits */
static bool read_number(Str text, size_t *at, uint64_t *out) {
    bool hex = str_starts(str_after(text, *at), STR("0x"));
    size_t start = *at += hex ? 2 : 0;
    uint64_t base = hex ? 16 : 10, value = 0;
    for (; *at < text.len; ++*at) {
        char c = text.ptr[*at];
        uint64_t digit = c >= '0' && c <= '9'          ? (uint64_t)(c - '0')
                         : hex && c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a') + 10
                         : hex && c >= 'A' && c <= 'F' ? (uint64_t)(c - 'A') + 10
                                                       : 16;
        if (digit == 16) break;
        if (value > (UINT64_MAX - digit) / base) return false;
        value = value * base + digit;
    }
    *out = value;
    return *at > start;
}

bool cli_read_size(Str text, uint64_t *size) {
    size_t at = 0;
    uint64_t number;
    if (!read_number(text, &at, &number)) return false;
    Str suffix = str_after(text, at);
    unsigned shift = str_is(suffix, "K")   ? 10
                     : str_is(suffix, "M") ? 20
                     : str_is(suffix, "G") ? 30
                                           : 0;
    if ((!shift && suffix.len) || number > UINT64_MAX >> shift) return false;
    *size = number << shift;
    return true;
}

static bool set_number(Parser *p, const Option *option, Str said, Str value) {
    bool may_be_none = option->kind == OPTION_NUMBER;
    uint64_t *number = field(p, option);
    if (cli_read_size(value, number) && (*number || may_be_none)) return true;
    return bad_value(p, value, said,
                     may_be_none ? "a number such as 4096 or 64M"
                                 : "a number such as 4096 or 64M, not 0");
}

bool cli_read_time(Str text, uint64_t *time) {
    static const struct {
        const char *suffix;
        uint64_t ns;
    } units[] = {{"", 1000000000}, {"s", 1000000000}, {"ms", 1000000},
                 {"us", 1000},     {"ns", 1},         {"m", 60000000000}};
    size_t at = 0;
    uint64_t whole, fraction = 0, tenth = 1;
    bool ok = read_number(text, &at, &whole);
    if (ok && at < text.len && text.ptr[at] == '.') {
        size_t start = ++at;
        ok = read_number(text, &at, &fraction) && at - start <= 9;
        for (size_t i = start; i < at; i++) tenth *= ok ? 10 : 1;
    }
    for (size_t i = 0; ok && i < sizeof units / sizeof *units; i++) {
        uint64_t ns = units[i].ns;
        if (str_is(str_after(text, at), units[i].suffix) && whole < UINT64_MAX / 2 / ns) {
            *time = whole * ns + fraction * (ns / 10) / (tenth / 10 ? tenth / 10 : 1);
            return true;
        }
    }
    return false;
}

static bool set_time(Parser *p, const Option *option, Str said, Str value) {
    bool may_be_none = option->kind == OPTION_TIME;
    uint64_t *time = field(p, option);
    if (cli_read_time(value, time) && (*time || may_be_none)) return true;
    return bad_value(p, value, said,
                     may_be_none ? "a time such as 2s, 1.5s or 250ms"
                                 : "a time such as 2s, 1.5s or 250ms, not 0");
}

static bool set_choice(Parser *p, const Option *option, Str said, Str value) {
    Str choices = str_from(option->value);
    for (unsigned i = 0; choices.len; i++) {
        size_t bar = str_find(choices, '|', 0);
        if (str_eq(value, str_from_to(choices, 0, bar))) {
            *(unsigned *)field(p, option) = i;
            return true;
        }
        choices = bar == SIZE_MAX ? (Str){0} : str_after(choices, bar + 1);
    }
    return bad_value(p, value, said, option->value);
}

static bool add_commas(Parser *p, StrVec *list, Str value) {
    while (value.len) {
        size_t comma = str_find(value, ',', 0);
        Str one = str_trim(str_from_to(value, 0, comma));
        if (one.len) *vec_push(p->cli->arena, list) = one;
        value = comma == SIZE_MAX ? (Str){0} : str_after(value, comma + 1);
    }
    return true;
}

static bool set_value(Parser *p, const Option *option, Str said, Str value) {
    switch (option->kind) {
    case OPTION_FLAG: return set_flag(p, option, said, value);
    case OPTION_COUNT:
        diag(&p->cli->diags, CLI_SURPLUS_VALUE, span_none(), STR_ARG(said));
        return false;
    case OPTION_STR:
    case OPTION_MAYBE: return *(Str *)field(p, option) = value, true;
    case OPTION_LIST: return *vec_push(p->cli->arena, (StrVec *)field(p, option)) = value, true;
    case OPTION_COMMAS: return add_commas(p, field(p, option), value);
    case OPTION_NUMBER:
    case OPTION_AMOUNT: return set_number(p, option, said, value);
    case OPTION_TIME:
    case OPTION_PERIOD: return set_time(p, option, said, value);
    case OPTION_CHOICE: return set_choice(p, option, said, value);
    }
    return false;
}

/* An option without a value of its own in the same word: a flag is set, others take the next. */
static bool set_bare(Parser *p, const Option *option, Str said) {
    if (option->kind == OPTION_FLAG) {
        *(bool *)field(p, option) = true;
    } else if (option->kind == OPTION_COUNT) {
        ++*(unsigned *)field(p, option);
    } else if (option->kind == OPTION_MAYBE) {
        *(Str *)field(p, option) = STR("-");
    } else if (p->at == p->n) {
        diag(&p->cli->diags, CLI_NO_VALUE, span_none(), STR_ARG(said), option->value);
        return false;
    } else {
        return set_value(p, option, said, p->words[p->at++]);
    }
    return true;
}

static const Option *find_long(Parser *p, Str name) {
    const Option *option;
    for (size_t i = 0; (option = cli_option(p->spec, i)); i++) {
        if (str_is(name, option->name)) return option;
    }
    return NULL;
}

static const Option *find_letter(Parser *p, char letter) {
    const Option *option;
    for (size_t i = 0; (option = cli_option(p->spec, i)); i++) {
        if (option->letter == letter) return option;
    }
    return NULL;
}

/* The one command that has such an option, or NULL. */
static const char *who_has(Str said) {
    const char *found = NULL;
    for (size_t i = 0; i < cli_command_count; i++) {
        const CommandSpec *spec = cli_commands[i].spec;
        for (size_t k = 0; k < spec->option_count; k++) {
            if (!str_is(str_after(said, 2), spec->options[k].name)) continue;
            if (found) return NULL;
            found = cli_commands[i].name;
        }
    }
    return found;
}

/* What other programs call it. */
static Str other_name(Str said) {
    static const char *const names[][2] = {
        {"--port", "--addr"},  {"--listen", "--addr"},   {"--bind", "--addr"},
        {"--host", "--addr"},  {"--mapdir", "--dir"},    {"--mount", "--dir"},
        {"--volume", "--dir"}, {"--net", "--net-allow"}, {"--allow-net", "--net-allow"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(said, names[i][0])) return str_from(names[i][1]);
    return (Str){0};
}

/* The option that `said` begins with, or that ends in it: `--environment`, `--memory`. */
static Str related(Str said, const Str *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (names[i].len > 4 && str_starts(said, names[i])) return names[i];
    for (size_t i = 0; said.len > 5 && i < n; i++)
        if (str_ends(names[i], str_after(said, 1))) return names[i];
    return (Str){0};
}

static bool has_name(Str name, const Str *names, size_t n) {
    while (n--)
        if (str_eq(name, names[n])) return true;
    return false;
}

static bool unknown_option(Parser *p, Str said) {
    Cli *cli = p->cli;
    diag(&cli->diags, CLI_UNKNOWN_OPTION, span_none(), STR_ARG(said));
    VEC(Str) names = {0};
    const Option *option;
    for (size_t i = 0; (option = cli_option(p->spec, i)); i++) {
        *vec_push(cli->arena, &names) = str_fmt(cli->arena, "--%s", option->name);
    }
    const char *other = said.len > 2 ? who_has(said) : NULL;
    Str nearest = other_name(said);
    if (!has_name(nearest, names.at, names.len)) nearest = (Str){0};
    if (said.len > 2 && !nearest.len) nearest = str_nearest(said, names.at, names.len);
    if (said.len > 2 && !nearest.len) nearest = related(said, names.at, names.len);
    if (other) diag_note(&cli->diags, CLI_OTHER_HAS, span_none(), other);
    else if (nearest.len) diag_note(&cli->diags, CLI_NEAREST, span_none(), STR_ARG(nearest));
    return false;
}

static bool read_long(Parser *p, Str word) {
    size_t equals = str_find(word, '=', 0);
    Str said = str_from_to(word, 0, equals), name = str_after(said, 2);
    const Option *option = find_long(p, name);
    if (!option && str_starts(name, STR("no-"))) {
        option = find_long(p, str_after(name, 3));
        if (!option || option->kind != OPTION_FLAG) return unknown_option(p, said);
        if (equals == SIZE_MAX) return *(bool *)field(p, option) = false, true;
        diag(&p->cli->diags, CLI_SURPLUS_VALUE, span_none(), STR_ARG(said));
        return false;
    }
    if (!option) return unknown_option(p, said);
    if (equals != SIZE_MAX) return set_value(p, option, said, str_after(word, equals + 1));
    return set_bare(p, option, said);
}

static void take_rest(Parser *p, StrVec *list, size_t n) {
    while (n-- && p->at < p->n) *vec_push(p->cli->arena, list) = p->words[p->at++];
}

/* A word of another program, with those that belong to it. */
static bool read_foreign(Parser *p, Str word) {
    size_t n = p->spec->foreign && !find_letter(p, word.ptr[1]) ? p->spec->foreign(word) : 0;
    if (n == 0) return false;
    p->at--;
    take_rest(p, &p->cli->rest, n);
    return true;
}

static bool read_letters(Parser *p, Str word) {
    if (read_foreign(p, word)) return true;
    for (size_t i = 1; i < word.len; i++) {
        Str said = str_fmt(p->cli->arena, "-%c", word.ptr[i]);
        const Option *option = find_letter(p, word.ptr[i]);
        if (!option) return unknown_option(p, said);
        if (option_takes_value(option) && i + 1 < word.len) {
            Str value = str_after(word, i + 1);
            return set_value(p, option, said, value.ptr[0] == '=' ? str_after(value, 1) : value);
        }
        if (!set_bare(p, option, said)) return false;
    }
    return true;
}

static bool check_arguments(Cli *cli, const CommandSpec *spec) {
    size_t i = 0;
    const Argument *a = spec->arguments;
    for (; a && a->name; a++) {
        if (a->times == ARGUMENT_REPEATED) return true;
        if (i < cli->args.len) i++;
        else if (a->times == ARGUMENT_REQUIRED) {
            diag(&cli->diags, CLI_MISSING_ARGUMENT, span_none(), a->name);
            return false;
        }
    }
    if (i == cli->args.len) return true;
    diag(&cli->diags, CLI_SURPLUS_ARGUMENT, span_none(), STR_ARG(cli->args.at[i]));
    return false;
}

bool cli_parse(Cli *cli, const CommandSpec *spec, void *options, const Str *words, size_t n) {
    Parser p = {cli, spec, options, words, n, 0};
    while (p.at < p.n) {
        Str word = words[p.at++];
        bool option = word.len > 1 && word.ptr[0] == '-', ok = true;
        if (str_is(word, "--")) take_rest(&p, spec->foreign ? &cli->rest : &cli->args, SIZE_MAX);
        else if (option && word.ptr[1] == '-') ok = read_long(&p, word);
        else if (option) ok = read_letters(&p, word);
        else *vec_push(cli->arena, &cli->args) = word;
        if (!ok) return false;
        if ((spec->with & REST_IS_GUESTS) && cli->args.len) {
            if (cli->args.len == 1 && p.at < p.n && str_is(words[p.at], "--")) p.at++;
            take_rest(&p, &cli->args, SIZE_MAX);
        }
    }
    return cli->help || !spec->run || check_arguments(cli, spec);
}

/* ---- options as words again ---- */

static Str choice_word(const Option *row, unsigned chosen) {
    Str words = str_from(row->value);
    while (chosen--) words = str_after(words, str_find(words, '|', 0) + 1);
    return str_from_to(words, 0, str_find(words, '|', 0));
}

static void put_option(Cli *cli, const Option *row, const void *field, bool on_by_default,
                       StrVec *words) {
    const StrVec *list = field;
    Buf commas = {.arena = cli->arena};
    Str word = {0};
    switch (row->kind) {
    case OPTION_FLAG:
        if (*(const bool *)field != on_by_default)
            word = str_fmt(cli->arena, on_by_default ? "--no-%s" : "--%s", row->name);
        break;
    case OPTION_MAYBE:
    case OPTION_STR: {
        Str value = *(const Str *)field;
        if (value.len) word = str_fmt(cli->arena, "--%s=%.*s", row->name, STR_ARG(value));
        break;
    }
    case OPTION_LIST:
        for (size_t i = 0; i < list->len; i++)
            *vec_push(cli->arena, words) =
                str_fmt(cli->arena, "--%s=%.*s", row->name, STR_ARG(list->at[i]));
        break;
    case OPTION_COMMAS:
        for (size_t i = 0; i < list->len; i++)
            buf_fmt(&commas, "%s%.*s", i ? "," : "", STR_ARG(list->at[i]));
        if (list->len)
            word = str_fmt(cli->arena, "--%s=%.*s", row->name, STR_ARG(buf_text(&commas)));
        break;
    case OPTION_CHOICE:
        if (*(const unsigned *)field)
            word = str_fmt(cli->arena, "--%s=%.*s", row->name,
                           STR_ARG(choice_word(row, *(const unsigned *)field)));
        break;
    case OPTION_COUNT:
    case OPTION_NUMBER:
    case OPTION_TIME:
    case OPTION_AMOUNT:
    case OPTION_PERIOD: break;
    }
    if (word.len) *vec_push(cli->arena, words) = word;
}

void cli_option_words(Cli *cli, const Option *rows, size_t n, const void *options,
                      const void *defaults, StrVec *words) {
    for (size_t i = 0; i < n; i++) {
        const char *field = (const char *)options + rows[i].offset;
        const char *before = (const char *)defaults + rows[i].offset;
        bool on = rows[i].kind == OPTION_FLAG && *(const bool *)before;
        put_option(cli, &rows[i], field, on, words);
    }
}
