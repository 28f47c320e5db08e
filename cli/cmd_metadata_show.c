/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc metadata show`: a table of the modules and components in the input, then a table of what each
 * tells about itself; or the same as one line of JSON.
 */
#include "base/json.h"
#include "cli/load.h"
#include "cli/table.h"

typedef struct {
    bool json;
} Options;

static const Option option_table[] = {
    FLAG(Options, json, 0, "json", "Write JSON"),
};

static const Argument arguments[] = {
    {"INPUT", "A core module or component; standard input where there is none or it is `-`",
     ARGUMENT_OPTIONAL},
    {0},
};

static const char *kind_of(const CompMetadata *unit) {
    return unit->is_component ? "component" : "module";
}

/* ---- JSON ---- */

static void json_text(Buf *out, bool present, Str text) {
    if (!present) {
        buf_str(out, STR("null"));
        return;
    }
    Json json = json_new(out->arena, 0);
    json_string(&json, text);
    buf_str(out, str_trim(buf_text(&json.out)));
}

static void json_producers(Buf *out, const CompMetadata *unit) {
    buf_str(out, unit->has_producers ? STR("[") : STR("null"));
    for (size_t i = 0; i < unit->producers.len; i++) {
        const CompProducersField *field = &unit->producers.at[i];
        buf_str(out, i ? STR(",[") : STR("["));
        json_text(out, true, field->name);
        for (size_t k = 0; k < field->values.len; k++) {
            buf_str(out, k ? STR(",") : STR(",{"));
            json_text(out, true, field->values.entries[k].key);
            buf_byte(out, ':');
            json_text(out, true, *(const Str *)field->values.entries[k].cptr);
        }
        buf_str(out, field->values.len ? STR("}]") : STR(",{}]"));
    }
    if (unit->has_producers) buf_byte(out, ']');
}

static void json_fields(Buf *out, const CompMetadata *unit) {
    buf_str(out, STR("{\"name\":"));
    json_text(out, unit->has_name, unit->name);
    buf_str(out, STR(",\"producers\":"));
    json_producers(out, unit);
    for (unsigned i = 0; i < COMP_METADATA_TEXTS; i++) {
        buf_fmt(out, ",\"%s\":", comp_metadata_text_name((CompMetadataText)i));
        json_text(out, unit->has_text[i], unit->texts[i]);
    }
    buf_fmt(out, ",\"range\":{\"start\":%zu,\"end\":%zu},\"dependencies\":null}", unit->start,
            unit->end);
}

static void json_unit(Buf *out, const CompMetadata *unit) {
    buf_fmt(out, "{\"%s\":%s", kind_of(unit), unit->is_component ? "{\"metadata\":" : "");
    json_fields(out, unit);
    if (unit->is_component) {
        buf_str(out, STR(",\"children\":["));
        for (size_t i = 0; i < unit->children.len; i++) {
            if (i) buf_byte(out, ',');
            json_unit(out, unit->children.at[i]);
        }
        buf_str(out, STR("]}"));
    }
    buf_byte(out, '}');
}

/* ---- tables ---- */

/* "110B", "2.5k", "1.0M": by thousands. */
static Str size_text(Arena *arena, size_t size) {
    static const char units[] = "kMGT";
    if (size < 1000) return str_fmt(arena, "%zuB", size);
    double value = (double)size / 1000;
    size_t unit = 0;
    for (; value >= 1000 && unit + 2 < sizeof units; unit++) value /= 1000;
    return str_fmt(arena, "%.1f%c", value, units[unit]);
}

static Str share_text(Arena *arena, size_t size, size_t whole) {
    unsigned percent = whole ? (unsigned)((double)size / (double)whole * 100 + 0.5) : 0;
    if (percent <= 1) return STR("<1%");
    if (percent == 100 && size != whole) return STR(">99%");
    return str_fmt(arena, "%u%%", percent);
}

static Str languages(Arena *arena, const CompMetadata *unit) {
    Buf out = {.arena = arena};
    for (size_t i = 0; i < unit->producers.len; i++) {
        const CompProducersField *field = &unit->producers.at[i];
        for (size_t k = 0; str_is(field->name, "language") && k < field->values.len; k++)
            buf_fmt(&out, "%s%.*s", k ? ", " : "", STR_ARG(field->values.entries[k].key));
    }
    return out.len ? buf_text(&out) : STR("-");
}

typedef struct {
    Arena *arena;
    Table table;
    size_t whole; /* the size of the input */
    unsigned unknown;
} Summary;

static void summarize(Summary *s, const CompMetadata *unit, Str parent) {
    Str name = unit->has_name ? unit->name : str_fmt(s->arena, "unknown(%u)", s->unknown++);
    size_t size = unit->end - unit->start;
    *vec_push(s->arena, &s->table.rows) =
        (TableRow){{str_from(kind_of(unit)), name, size_text(s->arena, size),
                    share_text(s->arena, size, s->whole), languages(s->arena, unit), parent}};
    for (size_t i = 0; i < unit->children.len; i++) summarize(s, unit->children.at[i], name);
}

static void add(Arena *arena, Table *table, Str kind, Str value) {
    *vec_push(arena, &table->rows) = (TableRow){{kind, value}};
}

/* The values of all fields, "language" first and the others by name. */
static void add_producers(Arena *arena, Table *table, const CompMetadata *unit) {
    size_t n = unit->producers.len;
    bool *shown = ARENA_NEW_ARRAY(arena, bool, n);
    for (size_t round = 0; round < n; round++) {
        size_t next = n;
        for (size_t i = 0; i < n; i++) {
            Str name = unit->producers.at[i].name;
            if (!shown[i] && (next == n || str_is(name, "language") ||
                              (!str_is(unit->producers.at[next].name, "language") &&
                               str_cmp(name, unit->producers.at[next].name) < 0)))
                next = i;
        }
        shown[next] = true;
        const CompProducersField *field = &unit->producers.at[next];
        for (size_t k = 0; k < field->values.len; k++) {
            Str name = field->values.entries[k].key;
            Str version = *(const Str *)field->values.entries[k].cptr;
            if (version.len) name = str_fmt(arena, "%.*s [%.*s]", STR_ARG(name), STR_ARG(version));
            add(arena, table, field->name, name);
        }
    }
}

static void details(Arena *arena, const CompMetadata *unit, Buf *out) {
    static const CompMetadataText order[] = {COMP_METADATA_DESCRIPTION, COMP_METADATA_AUTHORS,
                                             COMP_METADATA_VERSION,     COMP_METADATA_REVISION,
                                             COMP_METADATA_LICENSES,    COMP_METADATA_SOURCE,
                                             COMP_METADATA_HOMEPAGE};
    Table table = {.columns = 2};
    add(arena, &table, STR("KIND"), STR("VALUE"));
    add(arena, &table, STR("name"), unit->has_name ? unit->name : STR("<unknown>"));
    add(arena, &table, STR("kind"), str_from(kind_of(unit)));
    add(arena, &table, STR("range"), str_fmt(arena, "0x%zx..0x%zx", unit->start, unit->end));
    for (size_t i = 0; i < COMP_METADATA_TEXTS; i++)
        if (unit->has_text[order[i]])
            add(arena, &table, str_from(comp_metadata_text_name(order[i])), unit->texts[order[i]]);
    add_producers(arena, &table, unit);
    for (size_t i = 0; i < unit->children.len; i++) {
        const CompMetadata *child = unit->children.at[i];
        Str name = child->has_name ? child->name : STR("<unknown>");
        add(arena, &table, STR("child"),
            str_fmt(arena, "%.*s [%s]", STR_ARG(name), kind_of(child)));
    }
    table_write(&table, out);
    for (size_t i = 0; i < unit->children.len; i++) details(arena, unit->children.at[i], out);
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    const Source *source = load_binary(cli, 0, features_all());
    const CompMetadata *unit = source ? comp_metadata_read(cli->arena, source, &cli->diags) : NULL;
    if (!unit) return EXIT_INPUT;
    Buf out = {.arena = cli->arena};
    if (options->json) {
        json_unit(&out, unit);
        return cli_write(cli, buf_text(&out));
    }
    Summary s = {.arena = cli->arena, .table = {.columns = 6, .right = 4 | 8}, .whole = unit->end};
    *vec_push(cli->arena, &s.table.rows) = (TableRow){
        {STR("KIND"), STR("NAME"), STR("SIZE"), STR("SIZE%"), STR("LANGUAGES"), STR("PARENT")}};
    summarize(&s, unit, STR("<root>"));
    table_write(&s.table, &out);
    details(cli->arena, unit, &out);
    return cli_write(cli, buf_text(&out));
}

const CommandSpec cmd_metadata_show = {
    .run = run,
    .with = WITH_OUTPUT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Shows what the modules and components in the input tell about themselves: names, "
             "producers, authors, licenses and the like, with their places and sizes.",
    .examples = "What is in a component\n$ witc metadata show app.wasm\n"
                "For a program\n$ witc metadata show --json app.wasm\n",
};
