/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * From a path on the command line to what a command works on. A path may lead to bytes or to text
 * of WebAssembly wherever a module or component is expected, and to any of these or to WIT where
 * types are.
 */
#include "cli/load.h"

#include "wat/wat.h"

static const char *const any_binary = "a core module or a component, as bytes or as text";

static const Source *to_binary(Cli *cli, const Source *source, Features features, WatDwarf dwarf) {
    if (!source) return NULL;
    switch (input_kind(source->text)) {
    case KIND_CORE_MODULE:
    case KIND_COMPONENT: return source;
    case KIND_WASM_TEXT:
        return wat_to_binary_debug(cli->arena, source, features, dwarf, &cli->diags);
    default: cli_wrong_kind(cli, source, any_binary); return NULL;
    }
}

const Source *load_binary(Cli *cli, size_t index, Features features) {
    return to_binary(cli, cli_read(cli, index), features, WAT_DWARF_NONE);
}

const Source *load_binary_file(Cli *cli, Str path, Features features) {
    return to_binary(cli, file_read(cli->arena, path, &cli->diags), features, WAT_DWARF_NONE);
}

const Source *load_binary_debug(Cli *cli, size_t index, Features features,
                                const DwarfChoice *dwarf) {
    return to_binary(cli, cli_read(cli, index), features,
                     dwarf->full ? WAT_DWARF_FULL : (WatDwarf)dwarf->style);
}

static const Source *expect_kind(Cli *cli, const Source *source, InputKind kind,
                                 const char *expected) {
    if (!source || input_kind(source->text) == kind) return source;
    cli_wrong_kind(cli, source, expected);
    return NULL;
}

const Source *load_module_debug(Cli *cli, size_t index, Features features,
                                const DwarfChoice *dwarf) {
    return expect_kind(cli, load_binary_debug(cli, index, features, dwarf), KIND_CORE_MODULE,
                       "a core module");
}

const Source *load_module(Cli *cli, size_t index, Features features) {
    return expect_kind(cli, load_binary(cli, index, features), KIND_CORE_MODULE, "a core module");
}

const Source *load_component(Cli *cli, size_t index, Features features) {
    return expect_kind(cli, load_binary(cli, index, features), KIND_COMPONENT, "a component");
}

const Source *trust_source(Cli *cli, const Source *source) {
    Source *trusted = ARENA_NEW(cli->arena, Source);
    *trusted = *source;
    trusted->trusted = true;
    return trusted;
}

/* ---- sources ---- */

const Source *read_beside(Cli *cli, Str path, Str url) {
    Diags ignored = {.arena = cli->arena};
    if (str_starts(url, STR("file://"))) url = str_after(url, 7);
    if (url.len == 0 || str_find_str(url, STR("://"), 0) != SIZE_MAX) return NULL;
    if (url.ptr[0] != '/') url = path_join(cli->arena, path_directory(path), url);
    if (!file_exists(cli->arena, url)) return NULL;
    return file_read(cli->arena, url, &ignored);
}

static Str read_file(void *cli, const CoreModule *module, Str url) {
    const Source *file = read_beside(cli, module->source->path, url);
    return file ? file->text : (Str){0};
}

CoreSources *load_sources(Cli *cli, const CoreModule *module, Str map) {
    CoreSources *sources = core_sources_new(cli->arena, module);
    core_sources_use_files(sources, read_file, cli);
    const Source *json = map.len ? file_read(cli->arena, map, &cli->diags) : NULL;
    if (json && !core_sources_use_map(sources, json->text))
        diag(&cli->diags, CLI_NOT_SOURCE_MAP, span_at(json, 0));
    return sources;
}

/* ---- validation ---- */

static bool check_module(Cli *cli, const CoreModule *module, Features features, unsigned jobs) {
    return module && core_validate_jobs(cli->arena, module, features, jobs, &cli->diags);
}

static bool check_component(Cli *cli, const CompComponent *component, Features features,
                            unsigned jobs) {
    return component && comp_validate_jobs(cli->arena, component, features, jobs, &cli->diags);
}

bool check_valid(Cli *cli, const Source *source, Features features, unsigned jobs) {
    switch (input_kind(source->text)) {
    case KIND_CORE_MODULE: {
        Reader reader = reader_of(source, &cli->diags);
        return check_module(cli, core_decode(cli->arena, &reader, features), features, jobs);
    }
    case KIND_COMPONENT: {
        CompComponent *component = comp_decode(cli->arena, source, features, &cli->diags);
        return check_component(cli, component, features, jobs);
    }
    case KIND_WASM_TEXT: {
        /* What was parsed is validated itself, so that faults are placed in the text. */
        WatUnit unit = {0};
        if (!wat_parse(cli->arena, source, features, &unit, &cli->diags)) return false;
        return unit.component ? check_component(cli, unit.component, features, jobs)
                              : check_module(cli, unit.module, features, jobs);
    }
    default: cli_wrong_kind(cli, source, any_binary); return false;
    }
}

int write_binary(Cli *cli, Buf bytes) {
    if (!cli->wat) return cli_write(cli, buf_text(&bytes));
    Buf text = {.arena = cli->arena};
    const Source *source = source_of(cli->arena, STR("<output>"), buf_text(&bytes));
    const WatPrintOptions options = {0};
    if (!wat_print(cli->arena, source, &options, &text, &cli->diags)) return EXIT_INPUT;
    return cli_write(cli, buf_text(&text));
}

int write_made(Cli *cli, const CompComponent *component) {
    if (cli->wat) {
        Buf bytes = {.arena = cli->arena};
        comp_encode(component, &bytes);
        return write_binary(cli, bytes);
    }
    StrVec pieces = {0};
    comp_encode_split(cli->arena, component, &pieces);
    return cli_write_pieces(cli, &pieces);
}

int write_component(Cli *cli, const CompComponent *component, Features features) {
    Buf bytes = {.arena = cli->arena};
    comp_encode(component, &bytes);
    const Source *made = source_of(cli->arena, STR("<output>"), buf_text(&bytes));
    return check_valid(cli, made, features, 0) ? write_binary(cli, bytes) : EXIT_INPUT;
}

/* ---- WIT ---- */

/* A WIT package, component or module, as bytes or text; what witc/ cannot read by itself. */
static WitModel *decode_wit(Arena *arena, const Source *source, void *context, Diags *diags) {
    if (input_kind(source->text) == KIND_WASM_TEXT) {
        source = wat_to_binary(arena, source, features_all(), diags);
    }
    return source ? comp_decode_wit(arena, source, diags) : NULL;
}

WitcOptions load_wit_options(Cli *cli, const WitSelection *selection) {
    return (WitcOptions){.features = selection->features.at,
                         .feature_count = selection->features.len,
                         .all_features = selection->all,
                         .targets = selection->targets.at,
                         .target_count = selection->targets.len,
                         .beside = selection->beside.at,
                         .beside_count = selection->beside.len,
                         .strict = selection->strict,
                         .gates = features_default(),
                         .decode = decode_wit,
                         .context = cli};
}

InputKind load_wit_kind(const Source *source) {
    InputKind kind = input_kind(source->text);
    bool unknown = kind == KIND_BYTES || kind == KIND_EMPTY;
    return unknown && str_ends(source->path, STR(".wit")) ? KIND_TEXT : kind;
}

WitModel *load_wit(Cli *cli, Str path, const WitSelection *selection) {
    WitcOptions options = load_wit_options(cli, selection);
    if (!str_is(path, "-") && file_is_directory(cli->arena, path)) {
        return witc_read(cli->arena, path, &options, &cli->diags);
    }
    const Source *source = file_read(cli->arena, path, &cli->diags);
    if (!source) return NULL;
    switch (load_wit_kind(source)) {
    case KIND_CORE_MODULE:
    case KIND_COMPONENT:
    case KIND_WASM_TEXT: return decode_wit(cli->arena, source, cli, &cli->diags);
    case KIND_TEXT: return witc_read_text(cli->arena, source, &options, &cli->diags);
    default:
        cli_wrong_kind(cli, source,
                       "WIT, or a component, a core module or a WIT package as a binary");
        return NULL;
    }
}
