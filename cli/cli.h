/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/buf.h"
#include "base/diag.h"
#include "base/feature.h"
#include "base/file.h"

/* One subcommand is a row of cli/command.def and a CommandSpec: its options, arguments, examples
 * and its function. Parsing, `--help`, the manual pages and the shell completions all read these
 * tables. */

/* What an option takes, and the type of the field that it fills. */
typedef enum {
    OPTION_FLAG,   /* bool: --x, --no-x, --x=true, --x=false */
    OPTION_COUNT,  /* unsigned: -vv */
    OPTION_STR,    /* Str: the last one counts */
    OPTION_MAYBE,  /* Str: `--x` alone gives "-", a value stands behind `=` */
    OPTION_LIST,   /* StrVec: each occurrence adds one */
    OPTION_COMMAS, /* StrVec: as LIST, each value split at commas */
    OPTION_NUMBER, /* uint64_t: decimal or 0x, with a suffix K, M or G (powers of 1024) */
    OPTION_TIME,   /* uint64_t nanoseconds: 250ms, 1.5s, 2m; a bare number is seconds */
    OPTION_AMOUNT, /* as NUMBER, and not 0 */
    OPTION_PERIOD, /* as TIME, and not 0 */
    OPTION_CHOICE, /* unsigned: which of the words of `value`, "utf8|utf16" */
} OptionKind;

typedef struct {
    OptionKind kind;
    char letter; /* 0: none */
    const char *name;
    size_t offset;     /* of the field in the command's options struct */
    const char *value; /* how the help calls the value, or the choices */
    const char *help;
} Option;

/* Rows of an Option table; the field's type is checked. `T` is the command's options struct. */
#define OPTION_FIELD_(T, field, type)                                                              \
    (offsetof(T, field) + 0 * sizeof(int[_Generic(((T *)0)->field, type: 1)]))
#define FLAG(T, field, letter, name, help)                                                         \
    {OPTION_FLAG, letter, name, OPTION_FIELD_(T, field, bool), NULL, help}
#define COUNT(T, field, letter, name, help)                                                        \
    {OPTION_COUNT, letter, name, OPTION_FIELD_(T, field, unsigned), NULL, help}
#define TEXT(T, field, letter, name, value, help)                                                  \
    {OPTION_STR, letter, name, OPTION_FIELD_(T, field, Str), value, help}
#define MAYBE(T, field, letter, name, value, help)                                                 \
    {OPTION_MAYBE, letter, name, OPTION_FIELD_(T, field, Str), value, help}
#define LIST(T, field, letter, name, value, help)                                                  \
    {OPTION_LIST, letter, name, OPTION_FIELD_(T, field, StrVec), value, help}
#define COMMAS(T, field, letter, name, value, help)                                                \
    {OPTION_COMMAS, letter, name, OPTION_FIELD_(T, field, StrVec), value, help}
#define NUMBER(T, field, letter, name, value, help)                                                \
    {OPTION_NUMBER, letter, name, OPTION_FIELD_(T, field, uint64_t), value, help}
#define TIME(T, field, letter, name, value, help)                                                  \
    {OPTION_TIME, letter, name, OPTION_FIELD_(T, field, uint64_t), value, help}
#define AMOUNT(T, field, letter, name, value, help)                                                \
    {OPTION_AMOUNT, letter, name, OPTION_FIELD_(T, field, uint64_t), value, help}
#define PERIOD(T, field, letter, name, value, help)                                                \
    {OPTION_PERIOD, letter, name, OPTION_FIELD_(T, field, uint64_t), value, help}
#define CHOICE(T, field, letter, name, values, help)                                               \
    {OPTION_CHOICE, letter, name, OPTION_FIELD_(T, field, unsigned), values, help}

typedef struct {
    const char *name; /* "INPUT" */
    const char *help;
    enum { ARGUMENT_REQUIRED, ARGUMENT_OPTIONAL, ARGUMENT_REPEATED } times;
} Argument;

/* Options that several commands share; see common_options in options.c. */
enum {
    WITH_OUTPUT = 1,   /* -o, --output */
    WITH_WAT = 2,      /* -t, --wat */
    WITH_FEATURES = 4, /* -f, --features: of WebAssembly */
    REST_IS_GUESTS = 8 /* what follows the first argument belongs to the guest */
};

typedef struct Cli Cli;

typedef struct CommandSpec {
    int (*run)(Cli *cli, void *options); /* the exit status */
    unsigned with;
    size_t size;          /* of the options struct ... */
    const void *defaults; /* ... and its first content; NULL: zeroes */
    const Option *options;
    size_t option_count;
    const Argument *arguments; /* ended by a row without a name */
    /* Words that begin with one dash and are no options of the command, but another program's: how
     * many words, this one included, go to cli->rest; 0: none. NULL: there are no such words. Where
     * it is set, everything after `--` goes there, too. */
    size_t (*foreign)(Str word);
    /* Where it is set, the command reads its words itself: the table of options is for the help. */
    int (*raw)(Cli *cli, const Str *words, size_t n);
    const char *about;    /* paragraphs, wrapped by the help */
    const char *examples; /* "what it does\n$ command\n", repeated */
} CommandSpec;

#define OPTIONS(table) .options = (table), .option_count = sizeof(table) / sizeof *(table)

typedef enum {
    GROUP_WIT,
    GROUP_COMPONENT,
    GROUP_TEXT,
    GROUP_RUN,
    GROUP_TOOL,
    GROUP_ALIAS,
    GROUP_COUNT
} CommandGroup;

typedef struct {
    const char *name; /* "component new" */
    CommandGroup group;
    const char *summary;
    const CommandSpec *spec;
} Command;

#define COMMAND(name, id, group, summary) extern const CommandSpec cmd_##id;
#include "cli/command.def"
#undef COMMAND

/* All commands, in the order of command.def. */
extern const Command cli_commands[];
extern const size_t cli_command_count;
extern const char *const cli_group_titles[GROUP_COUNT];

/* One run of the program. */
struct Cli {
    Arena *arena;
    Diags diags;
    const Command *command;
    StrVec args; /* the arguments, without the options */
    StrVec rest; /* words for another program, see CommandSpec.foreign */
    bool help;   /* --help was given */
    bool version;
    unsigned verbose;
    unsigned color;          /* ColorWhen */
    unsigned message_format; /* MessageFormat */
    Str output;              /* -o; empty: standard output */
    bool wat;                /* -t */
    StrVec features;         /* -f, as given; cli_features reads them */
    Str closing;             /* a line for people, after the diagnostics */
    bool told;               /* the command wrote the diagnostics itself */
    bool closed[3];          /* standard streams that were closed when the program started */
    int ended_by;            /* a signal; 0: none */
};
enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum { MESSAGES_HUMAN, MESSAGES_JSON };

/* Exit statuses of the tools themselves. */
enum { EXIT_OK, EXIT_INPUT, EXIT_USAGE };

/* ---- dispatch.c ---- */

/* The whole program: reads the command line, runs a command, shows diagnostics; the exit status. */
int cli_main(int argc, char **argv);
/* Tells that there is no such command, and what may have been meant. */
void cli_unknown_command(Cli *cli, Str said);
/* Whether what goes to this file descriptor is coloured: --color, NO_COLOR, a terminal. */
bool cli_colour(const Cli *cli, int file);

/* ---- options.c ---- */

/* Fills cli and *options from `words`, the program's arguments after the command's name. False and
 * diagnostics where the command line is wrong. */
bool cli_parse(Cli *cli, const CommandSpec *spec, void *options, const Str *words, size_t n);
/* "64M" as a number; false where it is none. */
bool cli_read_size(Str text, uint64_t *size);
/* "250ms", "1.5s", "2" in nanoseconds. */
bool cli_read_time(Str text, uint64_t *time);
/* Option `i` of a command: its own first, then the shared ones; NULL after the last. */
const Option *cli_option(const CommandSpec *spec, size_t i);
bool option_takes_value(const Option *option);
/* The command line again: words for those of `rows` that were given. Of flags, those that differ
 * from the defaults; counts, numbers and times are left out. */
void cli_option_words(Cli *cli, const Option *rows, size_t n, const void *options,
                      const void *defaults, StrVec *words);
/* The command that `words` begin with, the longest name first; *used tells of how many words. NULL
 * where there is none. */
const Command *cli_find_command(const Str *words, size_t n, size_t *used);
/* Is `name` the first word of commands of two words: "component"? */
bool cli_is_family(Str name);

/* ---- input.c ---- */

/* Argument `index`, or standard input where it was not given. NULL after a diagnostic. */
const Source *cli_read(Cli *cli, size_t index);
/* Writes the result to -o or standard output, unless there are errors. Bytes that begin as a
 * WebAssembly binary do not go to a terminal. */
int cli_write(Cli *cli, Str bytes);
int cli_write_pieces(Cli *cli, const StrVec *pieces); /* one after another; at least one */

/* Long results are written while they are made: cli_stream takes what comes, and cli_stream_end the
 * rest, all of it where there was nothing before. Where it went wrong an output file stays as it
 * was. */
typedef struct FileOut FileOut;
typedef struct {
    Cli *cli;
    FileOut *out; /* NULL: nothing has come yet */
} CliStream;
void cli_stream(void *stream, Str bytes);
int cli_stream_end(CliStream *stream, Str rest, bool good);
/* Makes a directory and those above it that are missing. False after a diagnostic. */
bool cli_make_directories(Cli *cli, Str path);
/* The features of -f on top of the defaults. False after a diagnostic. */
bool cli_features(Cli *cli, Features *features);
bool cli_add_features(Cli *cli, Features *features); /* ... on top of these */

typedef enum {
    KIND_EMPTY,
    KIND_CORE_MODULE,
    KIND_COMPONENT, /* a WIT package as a binary is a component, too */
    KIND_WASM_TEXT, /* begins with "(" after white space and comments */
    KIND_ELF,
    KIND_ARCHIVE,
    KIND_BYTES, /* something else that is not text */
    KIND_TEXT,  /* something else that is text: WIT, YAML, ... */
} InputKind;
InputKind input_kind(Str bytes);
const char *input_kind_name(InputKind kind);
/* "found a core module, expected a component" about this source. */
void cli_wrong_kind(Cli *cli, const Source *source, const char *expected);

/* ---- help.c ---- */

void help_overview(Buf *out);           /* all commands */
void help_family(Buf *out, Str family); /* those of "component" */
void help_command(Buf *out, const Command *command);
void help_wrap(Buf *out, const char *text, size_t indent); /* a paragraph, as in the help */
void help_usage(Buf *out, const Command *command);         /* one line */
Str help_option_names(Arena *arena, const Option *option); /* "-o, --output <FILE>" */

/* ---- the tables turned into other formats ---- */

void man_program(Buf *out);
void man_command(Buf *out, const Command *command);

#endif
