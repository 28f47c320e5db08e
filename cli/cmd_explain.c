/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc explain`: what a code means, with an example; or all codes. */
#include "base/explain.h"
#include "base/json.h"
#include "cli/cli.h"
#include "witc/witc.h"

typedef struct {
    bool json;
} Options;

static const Option option_table[] = {
    FLAG(Options, json, 0, "json", "Write it as JSON"),
};

static const Argument arguments[] = {
    {"CODE",
     "The name of a diagnostic, as in WIT_NO_TYPE or wit-no-type; all codes where there is none",
     ARGUMENT_REPEATED},
    {0},
};

static const char *severity_word(DiagCode code) {
    switch (diag_severity(code)) {
    case DIAG_ERROR: return "error";
    case DIAG_WARNING: return "warning";
    case DIAG_NOTE: return "note";
    case DIAG_RULE: return "error in `check`, else warning";
    }
    return "";
}

/* ---- for people ---- */

/* `text` in lines of at most 80 characters. */
static void put_wrapped(Buf *out, Str text) {
    enum { WIDTH = 80 };
    size_t column = 0;
    for (size_t at = 0; at < text.len;) {
        size_t space = str_find(text, ' ', at), end = space == SIZE_MAX ? text.len : space;
        if (column && column + 1 + end - at > WIDTH) buf_byte(out, '\n'), column = 0;
        if (column) buf_byte(out, ' '), column++;
        buf_str(out, str_from_to(text, at, end));
        column += end - at;
        at = end + 1;
    }
    buf_byte(out, '\n');
}

/* Indented; what is no printable ASCII, as it is written in C. */
static void put_example(Buf *out, const char *title, const char *text) {
    if (!text) return;
    buf_fmt(out, "\n%s:\n\n", title);
    bool begins = true;
    for (const char *p = text; *p; p++) {
        if (begins && *p != '\n') buf_str(out, STR("    "));
        if (*p == '\n' || (*p >= ' ' && *p < 0x7f)) buf_byte(out, (uint8_t)*p);
        else buf_fmt(out, "\\x%02x", (unsigned char)*p);
        begins = *p == '\n';
    }
}

/* The linter's rules explain themselves. */
static const char *lint_about(DiagCode code) {
    Str name = str_from(diag_name(code));
    if (!str_starts(name, STR("LINT_"))) return NULL;
    for (unsigned i = 0; i < WITC_LINT_COUNT; i++) {
        const char *rule = witc_lint_rules[i].name;
        DiagCode same;
        char text[64];
        snprintf(text, sizeof text, "lint-%s", rule);
        if (diag_named(str_from(text), &same) && same == code) return witc_lint_rules[i].about;
    }
    return NULL;
}

static void put_explanation(Buf *out, DiagCode code) {
    const Explanation *e = diag_explanation(code);
    const DiagArea *area = diag_area(code);
    Str pattern = diag_pattern(out->arena, code);
    buf_fmt(out, "%s (%s): %.*s\n\n", diag_name(code), severity_word(code), STR_ARG(pattern));
    if (e) {
        put_wrapped(out, str_from(e->text));
        put_example(out, "Wrong", e->wrong);
        put_example(out, "Right", e->right);
        if (e->section) buf_fmt(out, "\nSpecification: %s\n", e->section);
        return;
    }
    const char *about = lint_about(code);
    if (about) {
        put_wrapped(out, str_from(about));
        buf_byte(out, '\n');
    }
    if (diag_severity(code) == DIAG_NOTE)
        buf_str(out, STR("It stands beside another message and tells more about it.\n"));
    buf_fmt(out, "Area: %s.\n", area->title);
    if (area->document) buf_fmt(out, "\nSpecification: %s\n", area->document);
}

static void put_list(Buf *out) {
    const DiagArea *area = NULL;
    for (int c = 0; c < DIAG_CODE_COUNT; c++) {
        DiagCode code = (DiagCode)c;
        if (diag_severity(code) == DIAG_NOTE) continue;
        if (diag_area(code) != area)
            buf_fmt(out, "%s%s:\n", area ? "\n" : "", diag_area(code)->title);
        area = diag_area(code);
        buf_fmt(out, "  %-28s %.*s\n", diag_name(code), STR_ARG(diag_pattern(out->arena, code)));
    }
}

/* ---- for programs ---- */

static void json_text(Json *json, const char *key, const char *text) {
    if (!text) return;
    json_key(json, key), json_string(json, str_from(text));
}

static void put_json(Json *json, DiagCode code) {
    const Explanation *e = diag_explanation(code);
    json_object(json);
    json_text(json, "code", diag_name(code));
    json_text(json, "severity", severity_word(code));
    json_key(json, "message"), json_string(json, diag_pattern(json->out.arena, code));
    json_text(json, "area", diag_area(code)->title);
    json_text(json, "text", e ? e->text : lint_about(code));
    if (e) {
        json_text(json, "wrong", e->wrong);
        json_text(json, "right", e->right);
        json_text(json, "section", e->section);
    }
    json_end(json);
}

/* ---- the command ---- */

/* "NO_TYPE" is "WIT_NO_TYPE", "unused-use" is "LINT_UNUSED_USE", unless there is another one. */
static bool find_code(Cli *cli, Str name, DiagCode *code) {
    if (diag_named(name, code)) return true;
    if (diag_named(str_concat(cli->arena, STR("WIT_"), name), code)) return true;
    if (diag_named(str_concat(cli->arena, STR("LINT_"), name), code)) return true;
    diag(&cli->diags, CLI_NO_CODE, span_none(), STR_ARG(name));
    Str names[DIAG_CODE_COUNT];
    for (int c = 0; c < DIAG_CODE_COUNT; c++) names[c] = str_from(diag_name((DiagCode)c));
    Str nearest = str_nearest(name, names, DIAG_CODE_COUNT);
    if (nearest.len) diag_note(&cli->diags, CLI_NEAREST, span_none(), STR_ARG(nearest));
    return false;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    VEC(DiagCode) codes = {0};
    for (size_t i = 0; i < cli->args.len; i++)
        if (!find_code(cli, cli->args.at[i], vec_push(cli->arena, &codes))) return EXIT_INPUT;
    Buf out = {.arena = cli->arena};
    if (options->json) {
        Json json = json_new(cli->arena, 2);
        json_array(&json);
        for (size_t i = 0; i < codes.len; i++) put_json(&json, codes.at[i]);
        for (int c = 0; c < DIAG_CODE_COUNT && !codes.len; c++) put_json(&json, (DiagCode)c);
        json_end(&json);
        buf_byte(&json.out, '\n');
        return cli_write(cli, buf_text(&json.out));
    }
    if (!codes.len) put_list(&out);
    for (size_t i = 0; i < codes.len; i++) {
        if (i) buf_byte(&out, '\n');
        put_explanation(&out, codes.at[i]);
    }
    return cli_write(cli, buf_text(&out));
}

const CommandSpec cmd_explain = {
    .run = run,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about =
        "Tells what a message means: what is wrong, an example of it, the same put right, and the "
        "section of the specification that says so. Every message has a code, which never changes "
        "its meaning; it is shown below the messages and in their JSON.",
    .examples = "What does it mean?\n$ witc explain WIT_NO_TYPE\n"
                "Which codes are there?\n$ witc explain\n",
};
