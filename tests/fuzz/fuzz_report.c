/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What is written of a model: pages in HTML hold together whatever the model says (elements are
 * closed in order, no id stands twice, what is linked to within the page is there, there is one
 * script), and Markdown, graphs and reasons are written without fail. The bytes are WIT; after a byte
 * 1 they make some (witgen.h), after a byte 2 they are the documentation of a package.
 */
#include <stdlib.h>

#include "base/file.h"
#include "report/report.h"
#include "tests/witgen.h"
#include "witc/witc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const char *what, Str where) {
    fprintf(stderr, "%s: %.*s\n", what, STR_ARG(str_from_to(where, 0, 200)));
    abort();
}

/* ---- pages ---- */

typedef struct {
    Arena *arena;
    VEC(Str) open;
    Map ids;
    VEC(Str) links;
    size_t scripts;
} Page;

static bool is_void(Str name) {
    return str_is(name, "meta") || str_is(name, "input") || str_is(name, "br") ||
           str_is(name, "hr") || str_is(name, "!DOCTYPE");
}

static Str attribute(Str tag, const char *name) {
    size_t at = str_find_str(tag, str_from(name), 0);
    if (at == SIZE_MAX) return (Str){0};
    size_t from = at + strlen(name);
    return str_from_to(tag, from, str_find(tag, '"', from));
}

/* Attributes are written name="value", and values have neither `"` nor `<` nor `>`. */
static void look_at_tag(Page *page, Str tag) {
    size_t end = 0;
    while (end < tag.len && tag.ptr[end] != ' ') end++;
    Str name = str_from_to(tag, 0, end);
    if (str_starts(name, STR("/"))) {
        if (!page->open.len || !str_eq(vec_last(&page->open), str_after(name, 1)))
            fail("closed, but not open", tag);
        (void)vec_pop(&page->open);
        return;
    }
    for (size_t i = 0; i < name.len; i++)
        if (strchr("abcdefghijklmnopqrstuvwxyz123456!DOCTYPE", name.ptr[i]) == NULL)
            fail("no name of an element", tag);
    if (str_is(name, "script")) page->scripts++;
    if (!is_void(name)) *vec_push(page->arena, &page->open) = name;
    Str id = attribute(tag, " id=\""), href = attribute(tag, " href=\"");
    bool added = true;
    if (id.len) map_put(page->arena, &page->ids, id, &added);
    if (!added) fail("an id twice", id);
    if (str_starts(href, STR("#")) && href.len > 1)
        *vec_push(page->arena, &page->links) = str_after(href, 1);
    size_t colon = str_find(href, ':', 0);
    bool web = str_starts(href, STR("http")) || str_starts(href, STR("HTTP")) ||
               str_starts(href, STR("mailto")) || str_find(href, '/', 0) < colon;
    if (colon != SIZE_MAX && !web && strncasecmp(href.ptr, "http", 4) != 0 &&
        strncasecmp(href.ptr, "mailto", 6) != 0)
        fail("a link of another kind", href);
}

static void look_at_page(Arena *arena, Str text) {
    Page page = {.arena = arena};
    for (size_t at = str_find(text, '<', 0); at != SIZE_MAX; at = str_find(text, '<', at)) {
        size_t end = str_find(text, '>', at);
        if (end == SIZE_MAX) fail("a tag without an end", str_after(text, at));
        Str tag = str_from_to(text, at + 1, end);
        look_at_tag(&page, tag);
        /* what stands in a script or style is no markup */
        const char *close = str_is(tag, "script")  ? "</script>"
                            : str_is(tag, "style") ? "</style>"
                                                   : "";
        at = str_find_str(text, str_from(close), end + 1);
    }
    if (page.open.len) fail("not closed", vec_last(&page.open));
    if (page.scripts != 1) fail("scripts", text);
    for (size_t i = 0; i < page.links.len; i++)
        if (!map_get(&page.ids, page.links.at[i])) fail("leads nowhere", page.links.at[i]);
}

/* ---- all that can be written ---- */

static void write_all(Arena *arena, const WitModel *model) {
    Diags diags = {.arena = arena};
    for (int format = REPORT_HTML; format <= REPORT_MARKDOWN; format++) {
        ReportFiles files = {0};
        const ReportDocOptions options = {.format = (ReportDocFormat)format, .check = true};
        report_doc(arena, model, &options, &files, &diags);
        for (size_t i = 0; format == REPORT_HTML && i < files.len; i++)
            look_at_page(arena, files.at[i].text);
    }
    Buf out = {.arena = arena};
    for (int level = REPORT_BY_PACKAGE; level <= REPORT_BY_WORLD; level++) {
        const ReportGraphOptions options = {.level = (ReportLevel)level};
        report_graph_dot(arena, model, &options, &out);
        report_graph_json(arena, model, &options, &out);
    }
    for (size_t i = 0; i < model->worlds.len && i < 20; i++) {
        report_expand(arena, model->worlds.at[i], &out);
        report_expand_json(arena, model->worlds.at[i], &out);
    }
}

/* A package that has nothing but documentation. */
static const WitModel *documented(Arena *arena, Str docs) {
    WitModel *model = wit_model_new(arena);
    model->main = wit_package_new(model, STR("a"), STR("b"), (Semver){0});
    WitInterface *interface = wit_interface_new(model, model->main, STR("i"));
    WitWorld *world = wit_world_new(model, model->main, STR("w"));
    model->main->docs = interface->docs = world->docs = docs;
    return model;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const WitcOptions options = {.all_features = true, .gates = features_all()};
    Buf text = {.arena = arena};
    if (size && data[0] == 1) witgen(data + 1, size - 1, &text);
    else buf_bytes(&text, data, size);
    const WitModel *model;
    if (size && data[0] == 2) {
        model = documented(arena, str_after(buf_text(&text), 1));
    } else {
        const Source *source = source_of(arena, STR("fuzz.wit"), buf_text(&text));
        model = witc_read_text(arena, source, &options, &diags);
    }
    if (model) write_all(arena, model);
    arena_free(arena);
    return 0;
}
