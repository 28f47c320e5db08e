/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* From a core module and its adapters to a component. */
#include "cli/make.h"

bool own_adapter(Str given, CompAdapter *adapter) {
    static const char *const kinds[] = {"wasi", "wasi:command", "wasi:reactor", "wasi:proxy"};
    Str version = STR("@0.2.12");
    bool has_version =
        given.len > version.len && str_eq(str_after(given, given.len - version.len), version);
    Str kind = has_version ? str_from_to(given, 0, given.len - version.len) : given;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!str_is(kind, kinds[i])) continue;
        *adapter = (CompAdapter){.wasi = (CompWasi)(COMP_WASI_AUTO + i), .exit_code = has_version};
        return true;
    }
    return false;
}

/* "name=path", or a path whose file's name up to the first '.' is the name. */
static bool load_adapter(Cli *cli, Str given, CompAdapter *adapter) {
    if (own_adapter(given, adapter)) return true;
    size_t equals = str_find(given, '=', 0);
    Str path = equals == SIZE_MAX ? given : str_after(given, equals + 1);
    Str file = path_file(path);
    adapter->name = equals == SIZE_MAX ? str_from_to(file, 0, str_find(file, '.', 0))
                                       : str_from_to(given, 0, equals);
    adapter->source = load_binary_file(cli, path, features_all());
    if (adapter->source && input_kind(adapter->source->text) != KIND_CORE_MODULE) {
        cli_wrong_kind(cli, adapter->source, "a core module");
        return false;
    }
    return adapter->source != NULL;
}

static bool parse_rename(Cli *cli, Str given, CompRename *rename) {
    size_t equals = str_find(given, '=', 0);
    if (equals == SIZE_MAX) {
        diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(given), STR_ARG(STR("--import-name")),
             "OLD=NEW");
        return false;
    }
    *rename = (CompRename){str_from_to(given, 0, equals), str_after(given, equals + 1)};
    return true;
}

/* The options of the linker; *status is not EXIT_OK where they cannot be had. */
static CompNewOptions read_choice(Cli *cli, const ComponentChoice *choice, int *status) {
    CompAdapter *adapters = ARENA_NEW_ARRAY(cli->arena, CompAdapter, choice->adapters.len);
    CompRename *renames = ARENA_NEW_ARRAY(cli->arena, CompRename, choice->import_names.len);
    *status = EXIT_OK;
    for (size_t i = 0; i < choice->adapters.len && *status == EXIT_OK; i++)
        if (!load_adapter(cli, choice->adapters.at[i], &adapters[i])) *status = EXIT_INPUT;
    for (size_t i = 0; i < choice->import_names.len && *status == EXIT_OK; i++)
        if (!parse_rename(cli, choice->import_names.at[i], &renames[i])) *status = EXIT_USAGE;
    return (CompNewOptions){.renames = renames,
                            .rename_count = choice->import_names.len,
                            .adapters = adapters,
                            .adapter_count = choice->adapters.len,
                            .features = features_all(),
                            .names = choice->debug_names ? (CompDebugNames)choice->names
                                                         : COMP_DEBUG_NONE,
                            .no_semver_merge = !choice->merge_semver,
                            .reject_legacy_names = choice->reject_legacy,
                            .realloc_via_memory_grow = choice->realloc_via_grow,
                            .return_call_ref = choice->return_call_ref};
}

/* Reads what was made from its bytes again, so that faults have their places. */
static bool tell_faults(Cli *cli, const CompComponent *component) {
    Buf bytes = {.arena = cli->arena};
    comp_encode(component, &bytes);
    const Source *output = source_of(cli->arena, STR("<output>"), buf_text(&bytes));
    return check_valid(cli, output, features_tools(), 0);
}

static bool is_valid(Cli *cli, const CompComponent *component) {
    Diags quiet = {.arena = cli->arena};
    return comp_validate_jobs(cli->arena, component, features_tools(), 0, &quiet) != NULL;
}

int make_component(Cli *cli, const Source *module, const ComponentChoice *choice,
                   const CompComponent **made) {
    int status;
    CompNewOptions how = read_choice(cli, choice, &status);
    if (status != EXIT_OK) return status;
    /* The code is validated once, in the component; what is wrong with it is told of the module. */
    Diags before = cli->diags;
    how.bodies_later = choice->validate;
    *made = comp_componentize(cli->arena, module, &how, &cli->diags);
    if (!*made) return EXIT_INPUT;
    if (!choice->validate || is_valid(cli, *made)) return EXIT_OK;
    cli->diags = before;
    how.bodies_later = false;
    *made = comp_componentize(cli->arena, module, &how, &cli->diags);
    return *made && tell_faults(cli, *made) ? EXIT_OK : EXIT_INPUT;
}

int make_linked(Cli *cli, const CompLinkOptions *link, const ComponentChoice *choice,
                const CompComponent **made) {
    int status;
    CompNewOptions how = read_choice(cli, choice, &status);
    if (status != EXIT_OK) return status;
    *made = comp_link_libraries(cli->arena, link, &how, &cli->diags);
    if (!*made) return EXIT_INPUT;
    if (!choice->validate || is_valid(cli, *made)) return EXIT_OK;
    return tell_faults(cli, *made) ? EXIT_OK : EXIT_INPUT;
}
