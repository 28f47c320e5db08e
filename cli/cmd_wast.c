/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc wast`: runs test scripts, one or whole folders of them, and tells file by file how many
 * directives held. A single script runs in this process; several run side by side, each in a process
 * of its own (wast_jobs.c), so that one that crashes or never ends spoils nothing but itself.
 */
#include <stdio.h>
#include <unistd.h>

#include "cli/wast.h"

enum { MAX_DEPTH = 40, SECONDS_EACH = 120 };

typedef struct {
    WastOptions wast;
    bool messages, json;
    uint64_t jobs;
    StrVec filters;
} Options;

static const Option option_table[] = {
    NUMBER(Options, jobs, 'j', "jobs", "N", "Run so many scripts at once (one for each processor)"),
    LIST(Options, filters, 0, "filter", "TEXT", "Only scripts whose path contains this text"),
    TIME(Options, wast.timeout, 0, "timeout", "TIME",
         "End a script after this time (2m where there are several)"),
    FLAG(Options, json, 0, "json", "Write what came of all scripts as JSON"),
    FLAG(Options, wast.no_run, 0, "no-run", "Validate the modules and components, run none"),
    FLAG(Options, wast.any_message, 0, "ignore-error-messages",
         "Let an expected error have any text"),
    FLAG(Options, messages, 0, "error-messages",
         "Compare the text of expected errors (on with --no-run)"),
    TRUST_FLAG(Options, wast.trusted),
};

static const Argument arguments[] = {
    {"SCRIPT",
     "A .wast file, or a folder: all that are in it; standard input where there is none or it is "
     "`-`",
     ARGUMENT_REPEATED},
    {0},
};

/* What is told of all scripts. */
typedef struct {
    Cli *cli;
    const Options *options;
    StrVec paths;
    Json json;
    WastResult total;
    VEC(Str) broken; /* scripts with failures */
} Summary;

/* ---- which scripts ---- */

static bool is_wanted(const Options *options, Str path) {
    for (size_t i = 0; i < options->filters.len; i++)
        if (str_find_str(path, options->filters.at[i], 0) != SIZE_MAX) return true;
    return options->filters.len == 0;
}

static bool add_folder(Summary *s, Str folder, unsigned depth) {
    Cli *cli = s->cli;
    DirectoryEntries entries = {0};
    if (!directory_read(cli->arena, folder, &entries, &cli->diags)) return false;
    for (size_t i = 0; i < entries.len; i++) {
        const DirectoryEntry *entry = &entries.at[i];
        Str path = path_join(cli->arena, folder, entry->name);
        if (entry->kind == ENTRY_DIRECTORY) {
            if (depth < MAX_DEPTH && !add_folder(s, path, depth + 1)) return false;
        } else if (entry->kind == ENTRY_FILE && str_ends(entry->name, STR(".wast")) &&
                   is_wanted(s->options, path)) {
            *vec_push(cli->arena, &s->paths) = path;
        }
    }
    return true;
}

static bool list_scripts(Summary *s) {
    Cli *cli = s->cli;
    for (size_t i = 0; i < cli->args.len; i++) {
        Str path = cli->args.at[i];
        if (file_is_directory(cli->arena, path)) {
            if (!add_folder(s, path, 0)) return false;
        } else if (is_wanted(s->options, path)) {
            *vec_push(cli->arena, &s->paths) = path;
        }
    }
    if (cli->args.len == 0) *vec_push(cli->arena, &s->paths) = STR("-");
    if (s->paths.len == 0) diag(&cli->diags, CLI_NO_SCRIPTS, span_none());
    return s->paths.len != 0;
}

/* ---- what came of them ---- */

static void json_counts(Json *json, const WastResult *r) {
    json_key(json, "passed");
    json_uint(json, r->passed);
    json_key(json, "failed");
    json_uint(json, r->failed);
    json_key(json, "skipped");
    json_uint(json, r->skipped);
}

static void json_member(Json *json, const char *key, Str value) {
    if (!value.len) return;
    json_key(json, key);
    json_string(json, value);
}

static void json_failure(Json *json, const WastFailure *f) {
    json_object(json);
    if (f->span.source) {
        LineColumn at = line_column(f->span.source, f->span.start);
        json_key(json, "line");
        json_uint(json, at.line);
        json_key(json, "column");
        json_uint(json, at.column);
    }
    json_member(json, "directive", f->directive);
    json_member(json, "message", f->message);
    json_member(json, "expected", f->expected);
    json_member(json, "got", f->got);
    json_end(json);
}

static void json_result(Json *json, Str path, const WastResult *r) {
    json_object(json);
    json_key(json, "file");
    json_string(json, path);
    json_counts(json, r);
    json_key(json, "failures");
    json_array(json);
    for (size_t i = 0; i < r->failures.len; i++) json_failure(json, &r->failures.at[i]);
    json_end(json);
    json_end(json);
}

/* Gives the failures that came from another process their places; tells again why a script cannot be
 * read. */
static void complete(Summary *s, Str path, WastResult *r) {
    Arena *arena = s->cli->arena;
    WastScript script = {0};
    Features features;
    Diags *diags = &s->cli->diags;
    if (r->unreadable) {
        size_t before = diags->list.len;
        if (s->paths.len > 1) wast_read(s->cli, path, &s->options->wast, &features, &script);
        else before = 0;
        for (size_t i = before; i < diags->list.len; i++) {
            const Diag *d = &diags->list.at[i];
            if (d->severity != DIAG_ERROR) continue;
            WastFailure *f = vec_push(arena, &r->failures);
            f->span = d->span;
            f->message = d->message;
        }
        r->failed++;
        return;
    }
    const Source *source = NULL;
    for (size_t i = 0; i < r->failures.len; i++) {
        Span *span = &r->failures.at[i].span;
        if (!span->source && !source) source = file_read(arena, path, diags);
        if (!span->source) span->source = source;
        diag(diags, CLI_WAST, *span, STR_ARG(r->failures.at[i].message));
    }
}

static void done(void *context, size_t index, WastResult *r) {
    Summary *s = context;
    Str path = s->paths.at[index];
    complete(s, path, r);
    s->total.passed += r->passed;
    s->total.failed += r->failed;
    s->total.skipped += r->skipped;
    if (r->failed) *vec_push(s->cli->arena, &s->broken) = path;
    if (s->options->json) {
        json_result(&s->json, path, r);
        return;
    }
    printf("%.*s: %zu passed, %zu failed", STR_ARG(path), r->passed, r->failed);
    if (r->skipped) printf(", %zu skipped", r->skipped);
    printf("\n");
    fflush(stdout);
}

static int finish(Summary *s) {
    if (s->options->json) {
        json_end(&s->json);
        json_counts(&s->json, &s->total);
        json_end(&s->json);
        buf_byte(&s->json.out, '\n');
        fwrite(s->json.out.ptr, 1, s->json.out.len, stdout);
        s->cli->told = s->total.failed != 0;
    } else if (s->paths.len > 1) {
        printf("total: %zu passed, %zu failed", s->total.passed, s->total.failed);
        if (s->total.skipped) printf(", %zu skipped", s->total.skipped);
        printf(", in %zu files, %zu of them with failures\n", s->paths.len, s->broken.len);
    }
    return s->total.failed ? EXIT_INPUT : EXIT_OK;
}

static int run(Cli *cli, void *given) {
    Options *options = given;
    Summary s = {.cli = cli, .options = options, .json = json_new(cli->arena, 2)};
    Features features;
    if (!cli_features(cli, &features)) return EXIT_USAGE;
    if (!list_scripts(&s)) return EXIT_INPUT;
    cli->diags.max_errors = SIZE_MAX;
    if (!options->wast.no_run && !options->messages) options->wast.any_message = true;
    json_object(&s.json);
    json_key(&s.json, "files");
    json_array(&s.json);
    if (s.paths.len == 1 && !options->wast.timeout) {
        WastResult result;
        wast_run_script(cli, s.paths.at[0], &options->wast, &result, NULL);
        done(&s, 0, &result);
        return finish(&s);
    }
    if (!options->wast.timeout) options->wast.timeout = SECONDS_EACH * (uint64_t)1000000000;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t jobs = options->jobs ? (size_t)options->jobs : (size_t)(processors > 0 ? processors : 1);
    wast_run_all(cli, &s.paths, jobs, &options->wast, done, &s);
    return finish(&s);
}

const CommandSpec cmd_wast = {
    .run = run,
    .with = WITH_FEATURES,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Runs test scripts as the specification's test suite has them: instantiates their modules "
        "and components, calls their functions, and compares. Tells of each how many of its "
        "directives passed and failed.\n"
        "A script below a folder `proposals/NAME` has that feature, on the version of WebAssembly "
        "that the proposal was written against; one below `legacy` has the legacy exceptions. "
        "--features come on top.\n"
        "Several scripts run side by side, each in a process of its own. Exits with 1 where "
        "something failed.",
    .examples = "Run a script\n$ witc wast i32.wast\n"
                "Run a folder of them, four at once\n$ witc wast --jobs 4 testsuite\n"
                "Only those about tables, for a program to read\n"
                "$ witc wast --filter table --json testsuite\n"
                "Only see what is valid\n$ witc wast --no-run -f all resources.wast\n",
};
