/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */

/*
 * Runs the grammar's corpus and its queries against the tree-sitter library.
 *
 *     test_grammar                      all of grammar/test, grammar/queries and examples
 *     test_grammar FILE.txt...          the cases of these corpus files
 *     test_grammar --gate PATH...       every .wit below must parse cleanly
 *     test_grammar --reject PATH...     every .wit below must not
 *     test_grammar --print FILE.wit     its tree, one node a line
 *
 * A corpus file is a sequence of cases, as in `tree-sitter test`:
 *
 *     ==================
 *     name of the case
 *     :error                     optional: any tree with an error will do
 *     ==================
 *     source text
 *     ---
 *     (source_file ...)          compared up to white space
 *
 * Every pattern of every query must match somewhere in the sample. In it, a
 * comment that ends in `^ name` or `<- name` says which highlight the character
 * above that caret, or above the comment's start, gets.
 */

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "grammar/grammar.h"

typedef enum { CORPUS, GATE, REJECT, PRINT } Mode;

static const char sample_path[] = "grammar/test/highlight/sample.wit";
static const char *const query_paths[] = {
    "grammar/queries/highlights.scm", "grammar/queries/locals.scm",
    "grammar/queries/tags.scm",       "grammar/queries/folds.scm",
    "grammar/queries/indents.scm",    "grammar/queries/injections.scm",
};

static int passed, failed;
static TSParser *parser;

static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    char *text = NULL;
    size_t capacity = 0;
    *length = 0;
    do {
        if (capacity - *length < 2) text = realloc(text, capacity = capacity * 2 + 4096);
        *length += fread(text + *length, 1, capacity - *length - 1, file);
    } while (!feof(file) && !ferror(file));
    text[*length] = 0;
    fclose(file);
    return text;
}

/* `text` with every run of white space as one space, and none beside a bracket. */
static char *squeeze(const char *text) {
    char *out = malloc(strlen(text) + 1);
    size_t n = 0;
    for (; *text; text++) {
        if (!isspace((unsigned char)*text)) {
            out[n++] = *text;
        } else if (n > 0 && out[n - 1] != ' ' && out[n - 1] != '(') {
            out[n++] = ' ';
        }
        if (*text == ')' && n > 1 && out[n - 2] == ' ') out[n-- - 2] = ')';
    }
    while (n > 0 && out[n - 1] == ' ') n--;
    out[n] = 0;
    return out;
}

/* One node of an S-expression a line, indented. */
static void print_tree(const char *text, const char *margin) {
    int depth = 0;
    printf("%s", margin);
    for (; *text; text++) {
        if (*text == ' ' && text[1] != '"' && text[1] != ')') {
            bool value = text[-1] == ':' || strncmp(text - 7, "MISSING", 7) == 0;
            if (value) {
                putchar(' ');
            } else {
                printf("\n%s%*s", margin, depth * 2, "");
            }
            continue;
        }
        if (*text == '(') depth++;
        if (*text == ')') depth--;
        putchar(*text);
    }
    putchar('\n');
}

static void run_case(const char *path, const char *name, bool any_error, const char *source,
                     size_t length, const char *expected) {
    TSTree *tree = ts_parser_parse_string(parser, NULL, source, (uint32_t)length);
    TSNode root = ts_tree_root_node(tree);
    char *raw = ts_node_string(root);
    char *got = squeeze(raw);
    char *want = squeeze(expected);
    bool ok = any_error ? ts_node_has_error(root) : strcmp(got, want) == 0;
    if (ok) {
        passed++;
    } else {
        failed++;
        printf("%s: %s: the tree is\n", path, name);
        print_tree(got, "    ");
        if (!any_error) print_tree(want, "  - ");
    }
    free(want);
    free(got);
    free(raw);
    ts_tree_delete(tree);
}

static char *next_line(char *line) {
    char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

static bool is_rule(const char *line, char mark) {
    size_t n = strspn(line, (char[]){mark, 0});
    return n >= 3 && (line[n] == '\n' || line[n] == 0);
}

static void run_corpus(const char *path) {
    size_t length;
    char *text = read_file(path, &length);
    if (text == NULL) {
        printf("%s: cannot be read\n", path);
        failed++;
        return;
    }
    char *line = text;
    while (*line) {
        if (!is_rule(line, '=')) {
            line = next_line(line);
            continue;
        }
        char *name = next_line(line);
        bool any_error = false;
        for (line = next_line(name); *line && !is_rule(line, '='); line = next_line(line)) {
            any_error = any_error || strncmp(line, ":error", 6) == 0;
        }
        char *source = next_line(line);
        char *separator = source;
        while (*separator && !is_rule(separator, '-')) separator = next_line(separator);
        char *expected = next_line(separator);
        char *end = expected;
        while (*end && !is_rule(end, '=')) end = next_line(end);
        char saved = *end;
        *end = 0;
        name[strcspn(name, "\n")] = 0;
        /* As in `tree-sitter test`, the newline before the separator is not source. */
        size_t size = (size_t)(separator - source);
        run_case(path, name, any_error, source, size > 0 ? size - 1 : 0, expected);
        *end = saved;
        line = end;
    }
    free(text);
}

/* The first node that is an error, or is missing. */
static bool find_error(TSNode node, TSNode *found) {
    TSTreeCursor cursor = ts_tree_cursor_new(node);
    bool done = false;
    while (!done) {
        TSNode at = ts_tree_cursor_current_node(&cursor);
        if (ts_node_is_missing(at) || strcmp(ts_node_type(at), "ERROR") == 0) {
            *found = at;
            done = true;
        } else if (!ts_node_has_error(at) || !ts_tree_cursor_goto_first_child(&cursor)) {
            if (ts_node_has_error(at) && ts_node_child_count(at) > 0) *found = at;
            while (!ts_tree_cursor_goto_next_sibling(&cursor)) {
                if (!ts_tree_cursor_goto_parent(&cursor)) break;
                if (ts_node_eq(ts_tree_cursor_current_node(&cursor), node)) break;
            }
            if (ts_node_eq(ts_tree_cursor_current_node(&cursor), node)) break;
        }
    }
    ts_tree_cursor_delete(&cursor);
    return done;
}

static void run_file(const char *path, Mode mode) {
    size_t length;
    char *text = read_file(path, &length);
    if (text == NULL) {
        printf("%s: cannot be read\n", path);
        failed++;
        return;
    }
    TSTree *tree = ts_parser_parse_string(parser, NULL, text, (uint32_t)length);
    TSNode root = ts_tree_root_node(tree);
    bool bad = ts_node_has_error(root);
    if (mode == PRINT) {
        char *string = ts_node_string(root);
        print_tree(string, "");
        free(string);
    } else if (bad == (mode == REJECT)) {
        passed++;
    } else {
        failed++;
        TSNode at = root;
        if (bad) find_error(root, &at);
        TSPoint point = ts_node_start_point(at);
        printf("%s:%u:%u: %s\n", path, point.row + 1, point.column + 1,
               bad ? ts_node_type(at) : "parses cleanly");
    }
    ts_tree_delete(tree);
    free(text);
}

static void walk(const char *path, Mode mode) {
    struct stat info;
    size_t length = strlen(path);
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) {
        run_file(path, mode);
        return;
    }
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        size_t size = length + strlen(name) + 2;
        char *child = malloc(size);
        snprintf(child, size, "%s/%s", path, name);
        const char *dot = strrchr(name, '.');
        bool is_directory = stat(child, &info) == 0 && S_ISDIR(info.st_mode);
        if (name[0] != '.' && (is_directory || (dot && strcmp(dot, ".wit") == 0))) {
            walk(child, mode);
        }
        free(child);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
}

/* The query in a file; NULL and a message if the library does not take it. */
static TSQuery *load_query(const char *path) {
    size_t length;
    char *text = read_file(path, &length);
    uint32_t offset = 0;
    TSQueryError error = TSQueryErrorSyntax;
    TSQuery *query = NULL;
    if (text != NULL) {
        query = ts_query_new(tree_sitter_wit(), text, (uint32_t)length, &offset, &error);
    }
    if (query == NULL) {
        printf("%s: error %d at byte %u\n", path, (int)error, offset);
        failed++;
    }
    free(text);
    return query;
}

/* Runs a query over the sample: each of its patterns must match. */
static void run_query(const char *path, TSNode root) {
    TSQuery *query = load_query(path);
    if (query == NULL) return;
    uint32_t count = ts_query_pattern_count(query);
    bool *seen = calloc(count + 1, sizeof *seen);
    TSQueryCursor *cursor = ts_query_cursor_new();
    TSQueryMatch match;
    ts_query_cursor_exec(cursor, query, root);
    while (ts_query_cursor_next_match(cursor, &match)) {
        seen[match.pattern_index] = seen[match.pattern_index] || match.capture_count > 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (seen[i]) {
            passed++;
        } else {
            printf("%s: byte %u: this pattern matches nothing in the sample\n", path,
                   ts_query_start_byte_for_pattern(query, i));
            failed++;
        }
    }
    ts_query_cursor_delete(cursor);
    ts_query_delete(query);
    free(seen);
}

/* The capture of the last pattern that covers a byte; "" if none does. */
static void capture_at(TSQuery *query, TSNode root, uint32_t byte, char *name, size_t size) {
    TSQueryCursor *cursor = ts_query_cursor_new();
    TSQueryMatch match;
    uint32_t best = 0;
    name[0] = 0;
    ts_query_cursor_exec(cursor, query, root);
    while (ts_query_cursor_next_match(cursor, &match)) {
        for (uint16_t i = 0; i < match.capture_count; i++) {
            TSNode node = match.captures[i].node;
            if (ts_node_start_byte(node) > byte || ts_node_end_byte(node) <= byte) continue;
            if (name[0] != 0 && match.pattern_index < best) continue;
            uint32_t length;
            const char *text =
                ts_query_capture_name_for_id(query, match.captures[i].index, &length);
            best = match.pattern_index;
            snprintf(name, size, "%.*s", (int)length, text);
        }
    }
    ts_query_cursor_delete(cursor);
}

/* Is this line `// ... ^ name` or `// <- name`? Then the column it points at, and the name. */
static bool read_assertion(const char *line, size_t *column, const char **name) {
    size_t start = strspn(line, " ");
    if (strncmp(line + start, "//", 2) != 0) return false;
    size_t at = start + 2;
    at += strspn(line + at, " ");
    bool arrow = strncmp(line + at, "<- ", 3) == 0;
    if (!arrow && strncmp(line + at, "^ ", 2) != 0) return false;
    *column = arrow ? start : at;
    *name = line + at + (arrow ? 3 : 2);
    return true;
}

static void run_highlights(const char *text, TSNode root) {
    TSQuery *query = load_query(query_paths[0]);
    if (query == NULL) return;
    const char *subject = text;
    unsigned number = 1;
    for (const char *line = text; *line; number++) {
        const char *end = strchr(line, '\n');
        if (end == NULL) end = line + strlen(line);
        size_t column;
        const char *want;
        if (read_assertion(line, &column, &want)) {
            char got[64];
            capture_at(query, root, (uint32_t)((size_t)(subject - text) + column), got, sizeof got);
            if (strlen(got) == (size_t)(end - want) && memcmp(got, want, strlen(got)) == 0) {
                passed++;
            } else {
                printf("%s:%u: the highlight there is `%s`\n", sample_path, number, got);
                failed++;
            }
        } else {
            subject = line;
        }
        line = *end ? end + 1 : end;
    }
    ts_query_delete(query);
}

static void run_queries(void) {
    size_t length;
    char *text = read_file(sample_path, &length);
    if (text == NULL) {
        printf("%s: cannot be read\n", sample_path);
        failed++;
        return;
    }
    TSTree *tree = ts_parser_parse_string(parser, NULL, text, (uint32_t)length);
    TSNode root = ts_tree_root_node(tree);
    for (size_t i = 0; i < sizeof query_paths / sizeof query_paths[0]; i++) {
        run_query(query_paths[i], root);
    }
    run_highlights(text, root);
    ts_tree_delete(tree);
    free(text);
}

/* Texts on which the library by itself overflows, or takes minutes: see scanner.c. */
static const struct {
    const char *head, *unit, *tail;
    int count;
    bool is_valid;
} large_texts[] = {
    {"interface i { type t = ", "list<", "", 70000, false},
    {"", "package a:b {", "", 70000, false},
    {"interface i { type t = ", "list< ) ", "", 70000, false},
    {"", "foo ", "", 70000, false},
    {"", "@ ( ", "", 70000, false},
    {"world w {", "import @ < / ", "}", 70000, false},
    {"interface i { f: func(", "as ( ", ");}", 70000, false},
    {"interface i {", "x ; ", "}", 70000, false},
    {"package a:b; interface i {", "// c\n", "}", 70000, true},
    {"", "/* c */", "interface i {}", 140000, true},
    {"interface i { record r {", "/// d\na: u32,\n", "} }", 70000, true},
    {"", "/*", "", 70000, false},
};

static void run_large_text(size_t i) {
    size_t head = strlen(large_texts[i].head);
    size_t unit = strlen(large_texts[i].unit);
    size_t tail = strlen(large_texts[i].tail);
    size_t length = head + unit * (size_t)large_texts[i].count + tail;
    char *text = malloc(length + 1);
    memcpy(text, large_texts[i].head, head);
    for (int k = 0; k < large_texts[i].count; k++) {
        memcpy(text + head + unit * (size_t)k, large_texts[i].unit, unit);
    }
    memcpy(text + length - tail, large_texts[i].tail, tail);
    TSTree *tree = ts_parser_parse_string(parser, NULL, text, (uint32_t)length);
    if (ts_node_has_error(ts_tree_root_node(tree)) != large_texts[i].is_valid) {
        passed++;
    } else {
        printf("large text %zu: should %s\n", i, large_texts[i].is_valid ? "parse" : "not parse");
        failed++;
    }
    ts_tree_delete(tree);
    free(text);
}

static TSPoint point_at(const char *text, size_t offset) {
    TSPoint point = {0, 0};
    for (size_t i = 0; i < offset; i++) {
        point.column++;
        if (text[i] == '\n') point = (TSPoint){point.row + 1, 0};
    }
    return point;
}

/* Puts `insert` at `at`, parses with the help of the old tree: the result is that of a new
 * parse. (Where the text has an error, the two may recover differently.) */
static void run_edit(const char *text, size_t length, TSTree *old, size_t at, const char *insert) {
    size_t size = strlen(insert);
    char *edited = malloc(length + size + 1);
    memcpy(edited, text, at);
    memcpy(edited + at, insert, size);
    memcpy(edited + at + size, text + at, length - at);
    TSInputEdit edit = {(uint32_t)at,       (uint32_t)at,       (uint32_t)(at + size),
                        point_at(text, at), point_at(text, at), point_at(edited, at + size)};
    TSTree *copy = ts_tree_copy(old);
    ts_tree_edit(copy, &edit);
    uint32_t total = (uint32_t)(length + size);
    TSTree *after = ts_parser_parse_string(parser, copy, edited, total);
    TSTree *fresh = ts_parser_parse_string(parser, NULL, edited, total);
    char *got = ts_node_string(ts_tree_root_node(after));
    char *want = ts_node_string(ts_tree_root_node(fresh));
    if (strcmp(got, want) == 0) {
        passed += !ts_node_has_error(ts_tree_root_node(fresh));
    } else if (!ts_node_has_error(ts_tree_root_node(fresh))) {
        printf("inserting `%s` at byte %zu of the sample gives another tree\n", insert, at);
        failed++;
    }
    free(got);
    free(want);
    ts_tree_delete(copy);
    ts_tree_delete(after);
    ts_tree_delete(fresh);
    free(edited);
}

static void run_edits(void) {
    static const char *const inserts[] = {" ", "/* c */", "// c\n", "f: func();", "x", "-1"};
    size_t length;
    char *text = read_file(sample_path, &length);
    if (text == NULL) return;
    /* The part without mistakes. */
    char *end = strstr(text, "interface mistakes");
    if (end != NULL) length = (size_t)(end - text);
    TSTree *tree = ts_parser_parse_string(parser, NULL, text, (uint32_t)length);
    for (size_t at = 0; at < length; at += 7) {
        run_edit(text, length, tree, at, inserts[at % (sizeof inserts / sizeof inserts[0])]);
    }
    ts_tree_delete(tree);
    free(text);
}

static void run_all(void) {
    static const char folder[] = "grammar/test/corpus";
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.') run_corpus(path);
        free(entries[i]);
    }
    if (count >= 0) free(entries);
    if (count <= 2) failed++;
    run_queries();
    for (size_t i = 0; i < sizeof large_texts / sizeof large_texts[0]; i++) run_large_text(i);
    run_edits();
    walk("examples", GATE);
}

int main(int argc, char **argv) {
    Mode mode = CORPUS;
    parser = ts_parser_new();
    if (!ts_parser_set_language(parser, tree_sitter_wit())) {
        printf("the tree-sitter library does not load the grammar\n");
        return 1;
    }
    if (argc == 1) run_all();
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--gate") == 0) {
            mode = GATE;
        } else if (strcmp(argv[i], "--reject") == 0) {
            mode = REJECT;
        } else if (strcmp(argv[i], "--print") == 0) {
            mode = PRINT;
        } else if (mode == CORPUS) {
            run_corpus(argv[i]);
        } else {
            walk(argv[i], mode);
        }
    }
    ts_parser_delete(parser);
    if (mode != PRINT) printf("grammar: %d passed, %d failed, 0 skipped\n", passed, failed);
    return failed > 0;
}
