/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Differences for people and for programs.
 *
 *     a:b 1.0.0 => 1.1.0
 *
 *     interface i
 *       major  ~ record r, field x: u32 => u64          wit/i.wit:7
 *       minor  + function f: func()                     wit/i.wit:9
 *                exporters have to provide it
 *
 *     2 changes: 1 major, 1 minor
 *     major: the least version after 1.0.0 is 2.0.0, so 1.1.0 is too small
 */
#include "report/internal.h"
#include "report/reason.h"

static const char *const bump_names[] = {"none", "patch", "minor", "major"};
static const char *const kind_names[] = {[REPORT_ADDED] = "added",
                                         [REPORT_REMOVED] = "removed",
                                         [REPORT_CHANGED] = "changed",
                                         [REPORT_REORDERED] = "reordered",
                                         [REPORT_DOCS] = "docs",
                                         [REPORT_STABILITY] = "stability",
                                         [REPORT_EXTERNAL_ID] = "external-id",
                                         [REPORT_MISFIT] = "misfit"};

static Str version_or(Semver version, const char *otherwise) {
    return version.text.len ? version.text : str_from(otherwise);
}

/* ---- text ---- */

typedef struct {
    Buf *out;
    bool colour;
    ReasonBook book; /* of lines */
} Print;

static void paint(Print *p, const char *code) {
    if (p->colour) buf_fmt(p->out, "\033[%sm", code);
}

static void put(Print *p, const char *s) { buf_str(p->out, str_from(s)); }

/* A text on one line and not too long. */
static void put_short(Print *p, Str text) {
    enum { ENOUGH = 100 };
    bool cut = text.len > ENOUGH;
    size_t n = cut ? ENOUGH : text.len;
    while (cut && n && ((uint8_t)text.ptr[n] & 0xc0) == 0x80) n--; /* between characters */
    buf_str(p->out, str_from_to(text, 0, n));
    if (cut) put(p, " ...");
}

static const ReportScope *root_of(const ReportScope *scope) {
    while (scope && scope->outer) scope = scope->outer;
    return scope;
}

static bool is_section(const ReportScope *scope) {
    return scope &&
           (str_is(str_from(scope->what), "interface") || str_is(str_from(scope->what), "world"));
}

/* The heading that a change stands under: its interface or world, or the package. */
static const ReportScope *section_of(const ReportChange *change) {
    const ReportScope *root = root_of(change->scope);
    return is_section(root) ? root : NULL;
}

static void put_name(Print *p, const ReportScope *scope) {
    put(p, scope->what);
    if (scope->name.len) put(p, " ");
    put_short(p, scope->name);
}

static void put_outer(Print *p, const ReportScope *scope, const ReportScope *section) {
    if (!scope || scope == section) return;
    put_outer(p, scope->outer, section);
    put_name(p, scope);
    put(p, scope->name.len ? ", " : " ");
}

/* "record r { .. }" says all; "x: u32" says the name; "func()" only what it is. */
static void put_whole(Print *p, const ReportScope *scope, Str text) {
    Str what = str_from(scope->what);
    if (str_starts(text, what)) {
        put_short(p, text);
    } else if (scope->name.len && str_starts(text, scope->name)) {
        put(p, scope->what);
        put(p, " ");
        put_short(p, text);
    } else {
        put_name(p, scope);
        if (text.len) put(p, ": ");
        put_short(p, text);
    }
}

static void put_pair(Print *p, Str a, Str b) {
    put_short(p, a.len ? a : STR("(nothing)"));
    put(p, " => ");
    put_short(p, b.len ? b : STR("(nothing)"));
}

static void put_what(Print *p, const ReportChange *c, const ReportScope *section) {
    const ReportScope *scope = c->scope;
    if (scope) put_outer(p, scope->outer, section);
    if (scope && c->kind == REPORT_ADDED) {
        put_whole(p, scope, c->new_text);
    } else if (scope && c->kind == REPORT_REMOVED) {
        put_whole(p, scope, c->old_text);
    } else {
        if (c->kind == REPORT_MISFIT)
            put(p, "components that were made for it do not fit any more");
        else if (scope && scope != section) put_name(p, scope);
        else put(p, section ? section->what : "package");
        if (c->kind == REPORT_DOCS) put(p, ": documentation");
        if (c->kind == REPORT_CHANGED || c->kind == REPORT_STABILITY ||
            c->kind == REPORT_EXTERNAL_ID) {
            put(p, ": ");
            put_pair(p, c->old_text, c->new_text);
        }
    }
}

static char sign_of(const ReportChange *c) {
    if (c->kind == REPORT_ADDED) return '+';
    return c->kind == REPORT_REMOVED ? '-' : '~';
}

static void put_remark(Print *p, const char *before, Str text, const char *after) {
    if (!text.len) return;
    buf_fmt(p->out, "\n           %s", before);
    put_short(p, text);
    put(p, after);
}

static void put_change(Print *p, const ReportChange *c, const ReportScope *section) {
    static const char *const colours[] = {"0", "32", "33", "31"};
    put(p, "  ");
    paint(p, colours[c->bump]);
    buf_fmt(p->out, "%-6s %c ", bump_names[c->bump], sign_of(c));
    paint(p, "0");
    put_what(p, c, section);
    Span span = c->new_span.source ? c->new_span : c->old_span;
    if (span.source) {
        bool is_new = c->new_span.source != NULL;
        uint32_t line = reason_line(&p->book, span).line;
        paint(p, "2");
        buf_fmt(p->out, "  [%s%.*s:%u]", is_new ? "" : "was at ", STR_ARG(span.source->path), line);
        paint(p, "0");
    }
    put_remark(p, "", c->reason, "");
    if (c->kind == REPORT_MISFIT) {
        put_remark(p, "", c->old_text, "");
        put_remark(p, "", c->new_text, "");
    }
    put_remark(p, c->kind == REPORT_ADDED ? "renamed from `" : "renamed to `", c->renamed, "`?");
    if (c->unstable) put(p, "\n           it is unstable, so nothing was promised");
    put(p, "\n");
}

static void put_verdict(Print *p, const ReportDiff *diff) {
    size_t counts[4] = {0};
    for (size_t i = 0; i < diff->changes.len; i++) counts[diff->changes.at[i].bump]++;
    if (!diff->changes.len) {
        put(p, "no changes\n");
    } else {
        buf_fmt(p->out, "%zu change%s:", diff->changes.len, diff->changes.len == 1 ? "" : "s");
        const char *comma = "";
        for (int bump = REPORT_MAJOR; bump >= REPORT_PATCH; bump--) {
            if (!counts[bump]) continue;
            buf_fmt(p->out, "%s %zu %s", comma, counts[bump], bump_names[bump]);
            comma = ",";
        }
        put(p, "\n");
    }
    Semver old = diff->old_package->version;
    Str new = version_or(diff->new_package->version, "no version");
    if (!old.text.len || diff->bump == REPORT_NO_BUMP) return;
    paint(p, diff->enough ? "32" : "31");
    buf_fmt(p->out, "%s: ", bump_names[diff->bump]);
    paint(p, "0");
    bool early = semver_parts(old).pre.len || semver_parts(diff->new_package->version).pre.len;
    buf_fmt(p->out, "the least version after %.*s is %.*s%s, so %.*s is %s\n", STR_ARG(old.text),
            STR_ARG(diff->least.text), early ? " or a later pre-release of it" : "", STR_ARG(new),
            diff->enough ? "enough" : "too small");
}

/* Changes of which one is like the other, and which nobody has to act on: counted, unless asked. */
typedef struct {
    size_t docs, gates;
} Folded;

static bool folds(Folded *folded, const ReportChange *c) {
    if (c->bump != REPORT_PATCH || c->reason.len) return false;
    if (c->kind == REPORT_DOCS) folded->docs++;
    else if (c->kind == REPORT_STABILITY) folded->gates++;
    else return false;
    return true;
}

static void put_folded(Print *p, Folded *f) {
    if (!f->docs && !f->gates) return;
    put(p, "  ");
    paint(p, "32");
    put(p, "patch  ~ ");
    paint(p, "0");
    if (f->docs) buf_fmt(p->out, "documentation of %zu thing%s", f->docs, f->docs == 1 ? "" : "s");
    if (f->docs && f->gates) put(p, ", ");
    if (f->gates) buf_fmt(p->out, "%zu gate%s", f->gates, f->gates == 1 ? "" : "s");
    put(p, "\n");
    *f = (Folded){0};
}

static void put_heading(Print *p, const ReportScope *section) {
    put(p, "\n");
    paint(p, "1");
    if (section) put_name(p, section);
    else put(p, "package");
    paint(p, "0");
    put(p, "\n");
}

static void put_changes(Print *p, const ReportDiff *diff, const ReportDiffShow *show) {
    const ReportScope *section = NULL;
    bool headed = false;
    Folded folded = {0};
    for (size_t i = 0; i < diff->changes.len; i++) {
        const ReportChange *change = &diff->changes.at[i];
        const ReportScope *its = section_of(change);
        bool whole = change->kind == REPORT_ADDED || change->kind == REPORT_REMOVED;
        if (whole && its == change->scope) its = NULL; /* an interface or world by itself */
        if (change->bump < show->from) continue;
        if (!headed || its != section) {
            put_folded(p, &folded);
            put_heading(p, its);
            section = its, headed = true;
        }
        if (show->all || !folds(&folded, change)) put_change(p, change, its);
    }
    put_folded(p, &folded);
}

void report_diff_text(const ReportDiff *diff, const ReportDiffShow *show, Buf *out) {
    Print p = {.out = out, .colour = show->colour, .book = {.arena = out->arena}};
    const WitPackage *a = diff->old_package, *b = diff->new_package;
    Str old = version_or(a->version, "(no version)"), new = version_or(b->version, "(no version)");
    paint(&p, "1");
    buf_fmt(out, "%.*s:%.*s %.*s => %.*s\n", STR_ARG(b->ns), STR_ARG(b->name), STR_ARG(old),
            STR_ARG(new));
    paint(&p, "0");
    put_changes(&p, diff, show);
    put(&p, "\n");
    put_verdict(&p, diff);
}

/* ---- JSON ---- */

static void json_text(Json *json, const char *key, Str value) {
    if (!value.len) return;
    json_key(json, key);
    json_string(json, value);
}

static void json_flag(Json *json, const char *key, bool value) {
    if (!value) return;
    json_key(json, key);
    json_bool(json, true);
}

static void json_place(Json *json, const char *key, ReasonBook *book, Span span) {
    if (!span.source) return;
    LineColumn at = reason_line(book, span);
    json_key(json, key);
    json_object(json);
    json_text(json, "file", span.source->path);
    json_key(json, "line");
    json_uint(json, at.line);
    json_key(json, "column");
    json_uint(json, at.column);
    json_end(json);
}

static void json_path(Json *json, const ReportScope *scope) {
    if (!scope) return;
    json_path(json, scope->outer);
    json_object(json);
    json_text(json, "kind", str_from(scope->what));
    json_text(json, "name", scope->name);
    json_end(json);
}

static void json_breaks(Json *json, const char *side, ReportBreak breaks) {
    json_key(json, side);
    json_array(json);
    if (breaks.link) json_string(json, STR("link"));
    if (breaks.source) json_string(json, STR("source"));
    json_end(json);
}

static void json_change(Json *json, const ReportChange *c, ReasonBook *book) {
    json_object(json);
    json_text(json, "change", str_from(kind_names[c->kind]));
    json_text(json, "bump", str_from(bump_names[c->bump]));
    json_key(json, "path");
    json_array(json);
    json_path(json, c->scope);
    json_end(json);
    json_text(json, "old", c->old_text);
    json_text(json, "new", c->new_text);
    json_place(json, "old_place", book, c->old_span);
    json_place(json, "new_place", book, c->new_span);
    json_key(json, "breaks");
    json_object(json);
    json_breaks(json, c->is_world ? "components" : "importers", c->user);
    json_breaks(json, c->is_world ? "hosts" : "exporters", c->provider);
    json_end(json);
    json_flag(json, "in_parameters", c->in_params);
    json_flag(json, "in_results", c->in_results);
    json_flag(json, "unstable", c->unstable);
    json_text(json, "reason", c->reason);
    json_text(json, "renamed", c->renamed);
    json_end(json);
}

void report_diff_json(Arena *arena, const ReportDiff *diff, Buf *out) {
    Json json_out = json_new(arena, 2), *json = &json_out;
    const WitPackage *a = diff->old_package, *b = diff->new_package;
    json_object(json);
    json_text(json, "package", str_fmt(arena, "%.*s:%.*s", STR_ARG(b->ns), STR_ARG(b->name)));
    json_text(json, "old_version", a->version.text);
    json_text(json, "new_version", b->version.text);
    json_text(json, "bump", str_from(bump_names[diff->bump]));
    json_text(json, "least_version", diff->least.text);
    json_key(json, "enough");
    json_bool(json, diff->enough);
    json_key(json, "worlds");
    json_array(json);
    for (size_t i = 0; i < diff->worlds.len; i++) {
        json_object(json);
        json_text(json, "name", diff->worlds.at[i].name);
        json_key(json, "fits");
        json_bool(json, diff->worlds.at[i].fits);
        json_end(json);
    }
    json_end(json);
    json_key(json, "changes");
    json_array(json);
    ReasonBook book = {.arena = arena};
    for (size_t i = 0; i < diff->changes.len; i++) json_change(json, &diff->changes.at[i], &book);
    json_end(json);
    json_end(json);
    buf_str(out, buf_text(&json->out));
    buf_byte(out, '\n');
}
