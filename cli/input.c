/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What commands read and write. Every input is told apart by its bytes, never by its name:
 *
 *     00 61 73 6d  01 00 00 00     a core module
 *     00 61 73 6d  0d 00 01 00     a component, or a WIT package as a binary
 *     '(' after blanks, comments   WebAssembly text
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/cli.h"

/* Past white space and the comments of the text format, `;; ...` and nested `(; ... ;)`. */
static size_t skip_blanks(Str text) {
    size_t at = 0, depth = 0;
    while (at < text.len) {
        Str rest = str_after(text, at);
        if (str_starts(rest, STR("(;"))) depth++, at += 2;
        else if (depth && str_starts(rest, STR(";)"))) depth--, at += 2;
        else if (depth || rest.ptr[0] == ' ' || (rest.ptr[0] >= '\t' && rest.ptr[0] <= '\r')) at++;
        else if (str_starts(rest, STR(";;"))) {
            size_t end = str_find(text, '\n', at);
            at = end == SIZE_MAX ? text.len : end;
        } else break;
    }
    return at;
}

InputKind input_kind(Str bytes) {
    if (bytes.len == 0) return KIND_EMPTY;
    if (str_starts(bytes, STR("\0asm"))) {
        /* The layer is the third and fourth byte of the version. */
        return bytes.len >= 8 && bytes.ptr[6] == 1 && bytes.ptr[7] == 0 ? KIND_COMPONENT
                                                                        : KIND_CORE_MODULE;
    }
    if (str_starts(bytes, STR("\177ELF"))) return KIND_ELF;
    if (str_starts(bytes, STR("!<arch>\n"))) return KIND_ARCHIVE;
    size_t start = skip_blanks(bytes);
    if (start < bytes.len && bytes.ptr[start] == '(') return KIND_WASM_TEXT;
    bool text = utf8_valid_prefix(bytes) == bytes.len && str_find(bytes, '\0', 0) == SIZE_MAX;
    return text ? KIND_TEXT : KIND_BYTES;
}

const char *input_kind_name(InputKind kind) {
    switch (kind) {
    case KIND_EMPTY: return "an empty file";
    case KIND_CORE_MODULE: return "a core module";
    case KIND_COMPONENT: return "a component";
    case KIND_WASM_TEXT: return "WebAssembly text";
    case KIND_ELF: return "an ELF file of this machine";
    case KIND_ARCHIVE: return "an archive (`ar`)";
    case KIND_BYTES: return "bytes of no known format";
    case KIND_TEXT: return "text that is not WebAssembly's";
    }
    return "";
}

void cli_wrong_kind(Cli *cli, const Source *source, const char *expected) {
    const char *found = input_kind_name(input_kind(source->text));
    Span span = {source, 0, 0};
    diag(&cli->diags, CLI_WRONG_KIND, span, found, expected);
}

const Source *cli_read(Cli *cli, size_t index) {
    return file_read(cli->arena, index < cli->args.len ? cli->args.at[index] : STR("-"),
                     &cli->diags);
}

int cli_write(Cli *cli, Str bytes) {
    return cli_write_pieces(cli, &(StrVec){.at = &bytes, .len = 1});
}

int cli_write_pieces(Cli *cli, const StrVec *pieces) {
    if (cli->diags.errors) return EXIT_INPUT;
    Str path = cli->output.len ? cli->output : STR("-");
    bool standard = str_is(path, "-");
    if (standard && str_starts(pieces->at[0], STR("\0asm")) && isatty(STDOUT_FILENO)) {
        diag(&cli->diags, CLI_TERMINAL, span_none());
        if (cli->command && (cli->command->spec->with & WITH_WAT)) {
            diag_note(&cli->diags, CLI_TERMINAL_TEXT, span_none());
        }
        return EXIT_USAGE;
    }
    return file_write_pieces(cli->arena, path, pieces, &cli->diags) ? EXIT_OK : EXIT_INPUT;
}

void cli_stream(void *stream, Str bytes) {
    CliStream *s = stream;
    Cli *cli = s->cli;
    Str path = cli->output.len ? cli->output : STR("-");
    if (!s->out) s->out = file_out_open(cli->arena, path, &cli->diags);
    file_out_write(s->out, bytes);
}

int cli_stream_end(CliStream *s, Str rest, bool good) {
    if (!s->out) return good ? cli_write(s->cli, rest) : EXIT_INPUT;
    file_out_write(s->out, rest);
    return file_out_close(s->out, good && !s->cli->diags.errors) ? EXIT_OK : EXIT_INPUT;
}

bool cli_make_directories(Cli *cli, Str path) {
    for (size_t slash = 1; slash != SIZE_MAX && path.len;) {
        slash = str_find(path, '/', slash);
        const char *prefix = str_c(cli->arena, str_from_to(path, 0, slash));
        if (mkdir(prefix, 0777) != 0 && errno != EEXIST) {
            diag(&cli->diags, FILE_WRITE, span_none(), STR_ARG(path), strerror(errno));
            return false;
        }
        if (slash != SIZE_MAX) slash++;
    }
    return true;
}

bool cli_features(Cli *cli, Features *features) {
    *features = features_default();
    return cli_add_features(cli, features);
}

bool cli_add_features(Cli *cli, Features *features) {
    for (size_t i = 0; i < cli->features.len; i++) {
        Str unknown;
        if (features_apply(features, cli->features.at[i], &unknown)) continue;
        diag(&cli->diags, CLI_UNKNOWN_FEATURE, span_none(), STR_ARG(unknown));
        Str names[FEATURE_COUNT];
        for (int f = 0; f < FEATURE_COUNT; f++) names[f] = str_from(feature_name((Feature)f));
        Str nearest = str_nearest(unknown, names, FEATURE_COUNT);
        if (nearest.len) diag_note(&cli->diags, CLI_NEAREST, span_none(), STR_ARG(nearest));
        return false;
    }
    return true;
}
