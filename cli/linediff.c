/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Unified diffs by patience: lines that occur once in both texts are anchors, as far as they stand in
 * the same order (the longest rising sequence of their places). From each anchor on, equal lines are
 * kept as far as they reach, forward and backward; what is left between two anchors is removed and
 * added. The time is n log n whatever the texts are, and lines that say nothing, such as `}`, never
 * tear a change apart.
 */
#include "cli/linediff.h"

#include "base/map.h"
#include "base/vec.h"

enum { CONTEXT = 3 };

typedef VEC(Str) Lines;

/* Equal lines: `n` from `old` and `new` on. */
typedef struct {
    size_t old, new, n;
} Run;

typedef struct {
    Arena *arena;
    Lines old, new;
    VEC(Run) runs; /* in order: from the beginning of both, which may be empty, to their end */
    bool colour;
    Buf *out;
} Differ;

static void split(Arena *arena, Str text, Lines *lines) {
    for (size_t at = 0; at < text.len;) {
        size_t end = str_find(text, '\n', at);
        end = end == SIZE_MAX ? text.len : end + 1;
        *vec_push(arena, lines) = str_from_to(text, at, end);
        at = end;
    }
}

/* ---- anchors ---- */

/* A line that occurs once in both, in the order of the old text. */
typedef struct {
    size_t old, new;
    size_t before; /* in the longest sequence that ends here: index + 1 */
} Pair;
typedef VEC(Pair) Pairs;

/* Line -> its index + 1, or 0 if it occurs twice. */
static void index_lines(Arena *arena, const Lines *lines, Map *map) {
    for (size_t i = 0; i < lines->len; i++) {
        bool added;
        MapEntry *entry = map_put(arena, map, lines->at[i], &added);
        entry->value = added ? i + 1 : 0;
    }
}

static void find_pairs(const Differ *d, Pairs *pairs) {
    Map old = {0}, new = {0};
    index_lines(d->arena, &d->old, &old);
    index_lines(d->arena, &d->new, &new);
    for (size_t i = 0; i < old.len; i++) {
        const MapEntry *there = old.entries[i].value ? map_get(&new, old.entries[i].key) : NULL;
        if (there && there->value)
            *vec_push(d->arena, pairs) = (Pair){old.entries[i].value - 1, there->value - 1, 0};
    }
}

/* The longest sequence of pairs whose places rise in both texts; the index + 1 of its last. */
static size_t longest_sequence(Arena *arena, Pairs *pairs) {
    VEC(size_t) tails = {0}; /* of each length, the pair that ends lowest */
    for (size_t i = 0; i < pairs->len; i++) {
        size_t low = 0, high = tails.len;
        while (low < high) {
            size_t mid = (low + high) / 2;
            if (pairs->at[tails.at[mid]].new < pairs->at[i].new) low = mid + 1;
            else high = mid;
        }
        pairs->at[i].before = low > 0 ? tails.at[low - 1] + 1 : 0;
        if (low == tails.len) (void)vec_push(arena, &tails);
        tails.at[low] = i;
    }
    return tails.len ? vec_last(&tails) + 1 : 0;
}

static bool same(const Differ *d, size_t old, size_t new) {
    return str_eq(d->old.at[old], d->new.at[new]);
}

/* Lines between the last run and (old, new): equal ones at either side are kept. */
static void add_run(Differ *d, size_t old, size_t new) {
    Run *last = &vec_last(&d->runs);
    while (last->old + last->n < old && last->new + last->n < new &&
           same(d, last->old + last->n, last->new + last->n))
        last->n++;
    if (last->old + last->n == old && last->new + last->n == new) return; /* it goes on */
    Run run = {old, new, 0};
    while (run.old > last->old + last->n &&
           run.new > last->new + last->n &&same(d, run.old - 1, run.new - 1))
        run.old--, run.new --, run.n++;
    *vec_push(d->arena, &d->runs) = run;
}

static void find_runs(Differ *d) {
    Pairs pairs = {0}, anchors = {0};
    find_pairs(d, &pairs);
    for (size_t i = longest_sequence(d->arena, &pairs); i > 0; i = pairs.at[i - 1].before)
        *vec_push(d->arena, &anchors) = pairs.at[i - 1];
    (void)vec_push(d->arena, &d->runs);
    while (anchors.len) {
        Pair pair = vec_pop(&anchors);
        const Run *last = &vec_last(&d->runs);
        if (pair.old < last->old + last->n) continue; /* a run reached it */
        add_run(d, pair.old, pair.new);
    }
    add_run(d, d->old.len, d->new.len);
}

/* ---- printing ---- */

static void put(Differ *d, const char *colour, Str line, char sign) {
    if (d->colour) buf_fmt(d->out, "\033[%sm", colour);
    if (sign) buf_byte(d->out, (uint8_t)sign);
    bool ended = line.len && line.ptr[line.len - 1] == '\n';
    if (ended) line.len--;
    buf_str(d->out, line);
    if (d->colour) buf_str(d->out, STR("\033[0m"));
    buf_byte(d->out, '\n');
    if (sign && !ended) buf_str(d->out, STR("\\ No newline at end of file\n"));
}

static void put_lines(Differ *d, const Lines *lines, size_t from, size_t to, char sign) {
    const char *colour = sign == '-' ? "31" : sign == '+' ? "32" : "0";
    for (size_t i = from; i < to; i++) put(d, colour, lines->at[i], sign);
}

/* An empty range stands behind the line before it. */
static size_t first_line(size_t from, size_t to) { return from == to ? from : from + 1; }

/* The changes between runs first..last of which all but the outer ones are short. */
static void put_hunk(Differ *d, size_t first, size_t last) {
    const Run *a = &d->runs.at[first], *b = &d->runs.at[last];
    size_t before = a->n < CONTEXT ? a->n : CONTEXT, after = b->n < CONTEXT ? b->n : CONTEXT;
    size_t old = a->old + a->n - before, new = a->new + a->n - before;
    size_t old_end = b->old + after, new_end = b->new + after;
    put(d, "36",
        str_fmt(d->arena, "@@ -%zu,%zu +%zu,%zu @@", first_line(old, old_end), old_end - old,
                first_line(new, new_end), new_end - new),
        0);
    put_lines(d, &d->old, old, old + before, ' ');
    for (size_t i = first; i < last; i++) {
        const Run *run = &d->runs.at[i], *next = run + 1;
        put_lines(d, &d->old, run->old + run->n, next->old, '-');
        put_lines(d, &d->new, run->new + run->n, next->new, '+');
        size_t kept = i + 1 == last ? after : next->n;
        put_lines(d, &d->old, next->old, next->old + kept, ' ');
    }
}

static void put_hunks(Differ *d) {
    for (size_t i = 0; i + 1 < d->runs.len;) {
        size_t last = i + 1;
        while (last + 1 < d->runs.len && d->runs.at[last].n <= 2 * CONTEXT) last++;
        put_hunk(d, i, last);
        i = last;
    }
}

void line_diff(Str name, Str old, Str new, bool colour, Buf *out) {
    if (str_eq(old, new)) return;
    Differ d = {.arena = arena_new(), .colour = colour, .out = out};
    split(d.arena, old, &d.old);
    split(d.arena, new, &d.new);
    find_runs(&d);
    put(&d, "1", str_fmt(d.arena, "--- %.*s", STR_ARG(name)), 0);
    put(&d, "1", str_fmt(d.arena, "+++ %.*s", STR_ARG(name)), 0);
    put_hunks(&d);
    arena_free(d.arena);
}
