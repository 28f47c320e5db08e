/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The command line of `wasm-component-ld`: that of wasm-ld, with options of its own between.
 *
 *     @file              is replaced by the words in the file, which may name others
 *     --own=V, --own V   is ours
 *     everything else    goes on to wasm-ld, in its order; of an option that takes the next word,
 *                        both go on, so that the second is never taken for one of ours
 */
#include <errno.h>

#include "cli/component_ld.h"

/* ---- response files ---- */

enum { MAX_NESTING = 16, MAX_FILES = 10000, MAX_BYTES = 64 << 20 };

/* As GNU's tools and LLVM split it: a backslash takes the next character as it is, quotes of both
 * kinds hold spaces and may begin within a word. */
static bool next_posix(Str text, size_t *at, Buf *word) {
    char quote = 0;
    bool found = false;
    for (; *at < text.len; ++*at) {
        char c = text.ptr[*at];
        bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!quote && is_space && found) break;
        if (!quote && is_space) continue;
        found = true;
        if (c == '\\' && *at + 1 < text.len) {
            buf_byte(word, (uint8_t)text.ptr[++*at]);
        } else if (quote ? c == quote : c == '"' || c == '\'') {
            quote = quote ? 0 : c;
        } else {
            buf_byte(word, (uint8_t)c);
        }
    }
    return found;
}

/* As Windows splits it: backslashes mean something before double quotes alone, where two are one. */
static bool next_windows(Str text, size_t *at, Buf *word) {
    bool quoted = false, found = false;
    for (; *at < text.len; ++*at) {
        char c = text.ptr[*at];
        bool is_space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        size_t slashes = 0;
        if (!quoted && is_space && found) break;
        if (!quoted && is_space) continue;
        found = true;
        while (*at + slashes < text.len && text.ptr[*at + slashes] == '\\') slashes++;
        bool before_quote = *at + slashes < text.len && text.ptr[*at + slashes] == '"';
        if (slashes) {
            for (size_t i = 0; i < (before_quote ? slashes / 2 : slashes); i++)
                buf_byte(word, '\\');
            *at += slashes - 1;
            if (!before_quote || slashes % 2 == 0) continue;
            buf_byte(word, '"');
            ++*at;
        } else if (c == '"') {
            quoted = !quoted;
        } else {
            buf_byte(word, (uint8_t)c);
        }
    }
    return found;
}

typedef struct {
    Cli *cli;
    StrVec words;
    bool is_windows;
    size_t files, bytes; /* read so far */
} Expander;

/* Files that name others may ask for endlessly much. */
static bool has_room(Expander *e, Str path, int depth) {
    bool is_loop = depth == MAX_NESTING;
    if (!is_loop && e->files++ < MAX_FILES && e->bytes <= MAX_BYTES) return true;
    diag(&e->cli->diags, FILE_READ, span_none(), STR_ARG(path), strerror(is_loop ? ELOOP : E2BIG));
    return false;
}

static bool expand(Expander *e, Str word, int depth) {
    Cli *cli = e->cli;
    if (word.len < 2 || word.ptr[0] != '@') {
        *vec_push(cli->arena, &e->words) = word;
        return true;
    }
    Str path = str_after(word, 1);
    if (!has_room(e, path, depth)) return false;
    const Source *file = file_read(cli->arena, path, &cli->diags);
    if (!file) return false;
    e->bytes += file->text.len;
    if (!has_room(e, path, depth)) return false;
    for (size_t at = 0;;) {
        Buf next = {.arena = cli->arena};
        bool found = e->is_windows ? next_windows(file->text, &at, &next)
                                   : next_posix(file->text, &at, &next);
        if (!found) return true;
        if (!expand(e, buf_text(&next), depth + 1)) return false;
    }
}

/* ---- the words ---- */

/* Options of wasm-ld that take the next word unless they have a `=`. */
static const char *const with_next[] = {
    "L",
    "l",
    "m",
    "z",
    "e",
    "entry",
    "u",
    "undefined",
    "y",
    "trace-symbol",
    "mllvm",
    "export",
    "export-if-defined",
    "wrap",
    "why-extract",
    "Map",
    "rpath",
    "soname",
    "global-base",
    "initial-heap",
    "initial-memory",
    "max-memory",
    "table-base",
    "page-size",
    "features",
    "extra-features",
    "error-limit",
    "threads",
    "reproduce",
    "keep-section",
    "allow-undefined-file",
    "thinlto-cache-dir",
    "thinlto-cache-policy",
    "thinlto-jobs",
    "O",
};

static Str option_name(Str word) {
    Str name = str_after(word, str_starts(word, STR("--")) ? 2 : 1);
    size_t equals = str_find(name, '=', 0);
    return equals == SIZE_MAX ? name : str_from_to(name, 0, equals);
}

static bool takes_next(Str word) {
    if (str_find(word, '=', 0) != SIZE_MAX) return false;
    Str name = option_name(word);
    for (size_t i = 0; i < sizeof with_next / sizeof *with_next; i++)
        if (str_is(name, with_next[i])) return true;
    return false;
}

typedef struct {
    Cli *cli;
    const StrVec *words;
    size_t at;
    LdWords *out;
} Reading;

/* The value of the option at `at`: after its `=`, or the next word. */
static bool value_of(Reading *r, Str *value) {
    Str word = r->words->at[r->at];
    size_t equals = str_starts(word, STR("--")) ? str_find(word, '=', 0) : SIZE_MAX;
    if (equals != SIZE_MAX) {
        *value = str_after(word, equals + 1);
        return true;
    }
    if (r->at + 1 >= r->words->len) {
        diag(&r->cli->diags, CLI_NO_VALUE, span_none(), STR_ARG(word), "the next word");
        return false;
    }
    *value = r->words->at[++r->at];
    return true;
}

static bool wrong_value(Reading *r, Str value, const char *option, const char *expected) {
    diag(&r->cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(value), STR_ARG(str_from(option)),
         expected);
    return false;
}

/* One of the words in `choices`, by its number. */
static bool read_choice(Reading *r, const char *option, const char *const *choices,
                        const char *expected, unsigned *choice) {
    Str value;
    if (!value_of(r, &value)) return false;
    for (unsigned i = 0; choices[i]; i++) {
        if (!str_is(value, choices[i])) continue;
        *choice = i;
        return true;
    }
    return wrong_value(r, value, option, expected);
}

/* `--flag`, `--flag=true`, `--flag=false` */
static bool read_bool(Reading *r, const char *option, bool *flag) {
    Str word = r->words->at[r->at];
    size_t equals = str_find(word, '=', 0);
    Str value = equals == SIZE_MAX ? STR("true") : str_after(word, equals + 1);
    *flag = str_is(value, "true");
    return *flag || str_is(value, "false") || wrong_value(r, value, option, "true|false");
}

static bool read_list(Reading *r, StrVec *list) {
    Str value;
    if (!value_of(r, &value)) return false;
    *vec_push(r->cli->arena, list) = value;
    return true;
}

/* An option of ours: *ours tells whether it is one; false after a diagnostic. */
static bool read_own(Reading *r, Str name, bool *ours) {
    static const char *const adapters[] = {"command", "reactor", "proxy", "none", NULL};
    static const char *const encodings[] = {"utf8", "utf16", "compact-utf16", NULL};
    static const char *const quotings[] = {"posix", "windows", NULL};
    LdWords *out = r->out;
    unsigned choice = 0;
    bool ok = true;
    *ours = true;
    if (str_is(name, "wasi-adapter")) {
        ok = read_choice(r, "--wasi-adapter", adapters, "command|reactor|proxy|none", &choice);
        out->adapter = LD_ADAPTER_COMMAND + choice;
    } else if (str_is(name, "string-encoding")) {
        ok = read_choice(r, "--string-encoding", encodings, "utf8|utf16|compact-utf16", &choice);
        out->encoding = (AbiEncoding)choice;
    } else if (str_is(name, "rsp-quoting")) {
        ok = read_choice(r, "--rsp-quoting", quotings, "posix|windows", &choice);
    } else if (str_is(name, "wasm-ld-path")) ok = value_of(r, &out->wasm_ld);
    else if (str_is(name, "output")) ok = value_of(r, &out->output);
    else if (str_is(name, "component-type")) ok = read_list(r, &out->component_types);
    else if (str_is(name, "adapt")) ok = read_list(r, &out->component.adapters);
    else if (str_is(name, "append-lld-flag")) ok = read_list(r, &out->append);
    else if (str_is(name, "skip-wit-component")) out->skip = true;
    else if (str_is(name, "reject-legacy-names")) out->component.reject_legacy = true;
    else if (str_is(name, "realloc-via-memory-grow")) out->component.realloc_via_grow = true;
    else if (str_is(name, "validate-component"))
        ok = read_bool(r, "--validate-component", &out->component.validate);
    else if (str_is(name, "merge-imports-based-on-semver"))
        ok = read_bool(r, "--merge-imports-based-on-semver", &out->component.merge_semver);
    else if (str_is(name, "verbose")) out->verbose = true;
    else if (str_is(name, "version")) out->version = true;
    else if (str_is(name, "help")) out->help = true;
    else *ours = false;
    return ok;
}

static bool read_word(Reading *r) {
    Cli *cli = r->cli;
    LdWords *out = r->out;
    Str word = r->words->at[r->at];
    bool ours = false;
    if (str_starts(word, STR("--")) && !read_own(r, option_name(word), &ours)) return false;
    if (ours) return true;
    if (str_is(word, "-o")) return value_of(r, &out->output);
    if (str_is(word, "-v") || str_is(word, "-V") || str_is(word, "-h")) {
        *(word.ptr[1] == 'v'   ? &out->verbose
          : word.ptr[1] == 'V' ? &out->version
                               : &out->help) = true;
        return true;
    }
    if (str_starts(word, STR("-o")) && word.len > 2) {
        out->output = str_after(word, 2);
        return true;
    }
    if (str_is(word, "-shared") || str_is(word, "--shared")) out->is_shared = true;
    *vec_push(cli->arena, &out->for_wasm_ld) = word;
    if (word.len > 1 && word.ptr[0] == '-' && takes_next(word) && r->at + 1 < r->words->len)
        *vec_push(cli->arena, &out->for_wasm_ld) = r->words->at[++r->at];
    return true;
}

int component_ld_words(Cli *cli, const Str *words, size_t n, LdWords *out) {
    *out = (LdWords){.component = COMPONENT_DEFAULTS};
    Expander e = {.cli = cli};
    for (size_t i = 0; i < n; i++)
        if (str_is(words[i], "--rsp-quoting=windows") ||
            (i > 0 && str_is(words[i - 1], "--rsp-quoting") && str_is(words[i], "windows")))
            e.is_windows = true;
    size_t first = n >= 2 && str_is(words[0], "-flavor") && str_is(words[1], "wasm") ? 2 : 0;
    for (size_t i = first; i < n; i++)
        if (!expand(&e, words[i], 0)) return EXIT_INPUT;
    Reading r = {.cli = cli, .words = &e.words, .out = out};
    for (; r.at < e.words.len; r.at++)
        if (!read_word(&r)) return EXIT_USAGE;
    if (out->output.len || out->version || out->help) return EXIT_OK;
    diag(&cli->diags, CLI_MISSING_OPTION, span_none(), "-o");
    return EXIT_USAGE;
}
