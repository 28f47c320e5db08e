/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Every code of WIT is explained, each wrong example has that fault, each right one has none. */
#include "tests/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/explain.h"
#include "base/file.h"
#include "witc/witc.h"

static Arena *arena;

static bool has_code(const Diags *diags, DiagCode code) {
    for (size_t i = 0; i < diags->list.len; i++)
        if (diags->list.at[i].code == code) return true;
    return false;
}

/* "$ witc component wit wit/" reads loosely, "$ witc check --target-version 1.0.0 --features fancy wit/" strictly. */
static Str option(Str line, const char *name) {
    size_t at = str_find_str(line, str_from(name), 0);
    if (at == SIZE_MAX) return (Str){0};
    Str value = str_after(line, at + strlen(name) + 1);
    return str_from_to(value, 0, str_find(value, ' ', 0));
}

static Str take_line(Str *text) {
    size_t end = str_find(*text, '\n', 0);
    Str line = str_from_to(*text, 0, end);
    *text = end == SIZE_MAX ? (Str){0} : str_after(*text, end + 1);
    return line;
}

/* Files in a folder of their own: "-- one.wit\n...-- two.wit\n..." */
static void read_folder(Str text, const WitcOptions *options, Diags *diags) {
    char template[] = "/tmp/witc-explain.XXXXXX";
    Str folder = str_from(mkdtemp(template)), file = {0};
    StrVec made = {0};
    Buf content = {.arena = arena};
    while (text.len || file.len) {
        Str line = take_line(&text);
        bool begins = str_starts(line, STR("-- "));
        if (file.len && (begins || !text.len)) {
            if (!begins) buf_str(&content, line);
            CHECK(file_write(arena, file, buf_text(&content), diags));
            file = (Str){0};
            content.len = 0;
        }
        if (begins) *vec_push(arena, &made) = file = path_join(arena, folder, str_after(line, 3));
        else if (file.len) buf_str(&content, line), buf_byte(&content, '\n');
    }
    witc_read(arena, folder, options, diags);
    for (size_t i = 0; i < made.len; i++) unlink(str_c(arena, made.at[i]));
    rmdir(template);
}

static Diags read_example(const char *example) {
    Diags diags = {.arena = arena};
    Str text = str_from(example), features = {0}, target = {0};
    bool strict = !str_starts(text, STR("$ witc component wit "));
    if (str_starts(text, STR("$ "))) {
        Str line = take_line(&text);
        features = option(line, "--features");
        target = option(line, "--target-version");
    }
    WitcOptions options = {.features = &features,
                           .feature_count = features.len > 0,
                           .targets = &target,
                           .target_count = target.len > 0,
                           .strict = strict};
    if (str_starts(text, STR("-- "))) read_folder(text, &options, &diags);
    else witc_read_text(arena, source_of(arena, STR("t.wit"), text), &options, &diags);
    return diags;
}

static void examples_are_what_they_say(void) {
    for (int c = 0; c < DIAG_CODE_COUNT; c++) {
        const Explanation *e = diag_explanation((DiagCode)c);
        if (!e || !e->wrong) continue;
        Diags wrong = read_example(e->wrong), right = read_example(e->right);
        bool good = has_code(&wrong, e->code) && !right.errors && !right.warnings;
        if (good) continue;
        printf("%s: the examples are not what they say\n", diag_name(e->code));
        printf("wrong:\n");
        diag_print(stdout, &wrong, false);
        printf("right:\n");
        diag_print(stdout, &right, false);
        CHECK(good);
    }
}

static void every_code_of_wit_is_explained(void) {
    for (int c = 0; c < DIAG_CODE_COUNT; c++) {
        const char *name = diag_name((DiagCode)c);
        if (diag_severity((DiagCode)c) == DIAG_NOTE || strncmp(name, "WIT_", 4) != 0) continue;
        if (!diag_explanation((DiagCode)c)) {
            printf("%s has no explanation\n", name);
            CHECK(false);
        }
    }
}

static void every_code_has_an_area(void) {
    for (int c = 0; c < DIAG_CODE_COUNT; c++) {
        if (!*diag_area((DiagCode)c)->prefix) {
            printf("%s has no area\n", diag_name((DiagCode)c));
            CHECK(false);
        }
    }
}

static void patterns_have_no_formats(void) {
    for (int c = 0; c < DIAG_CODE_COUNT; c++)
        CHECK(str_find_str(diag_pattern(arena, (DiagCode)c), STR("%.*s"), 0) == SIZE_MAX);
    CHECK_STR(diag_pattern(arena, DIAG_WIT_PART_TWICE), ".. `..` is defined more than once");
}

/* What cannot be shown in a few lines: types and packages in each other, a folder of nothing. */
static void faults_without_an_example(void) {
    Buf deep = {.arena = arena};
    buf_str(&deep, STR("package a:b; interface i { type t = "));
    for (int i = 0; i < 101; i++) buf_str(&deep, STR("list<"));
    buf_str(&deep, STR("u8"));
    for (int i = 0; i < 101; i++) buf_byte(&deep, '>');
    buf_str(&deep, STR("; }"));
    buf_byte(&deep, 0);
    Diags diags = read_example((const char *)deep.ptr);
    CHECK(has_code(&diags, DIAG_WIT_DEEP_TYPE));
    deep.len = 0;
    buf_str(&deep, STR("package a:b; "));
    for (int i = 0; i < 102; i++) buf_str(&deep, STR("package c:d { "));
    for (int i = 0; i < 102; i++) buf_byte(&deep, '}');
    buf_byte(&deep, 0);
    diags = read_example((const char *)deep.ptr);
    CHECK(has_code(&diags, DIAG_WIT_DEEP_PACKAGE));
    diags = read_example("-- note.txt\nthis is no package\n");
    CHECK(has_code(&diags, DIAG_WIT_NO_FILES));
}

int main(void) {
    arena = arena_new();
    RUN(examples_are_what_they_say);
    RUN(every_code_of_wit_is_explained);
    RUN(every_code_has_an_area);
    RUN(patterns_have_no_formats);
    RUN(faults_without_an_example);
    arena_free(arena);
    return test_end("explain");
}
