/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* From a core module and its adapters to a component. */
#include "cli/make.h"

/* "name=path", or a path whose file's name up to the first '.' is the name. */
static bool load_adapter(Cli *cli, Str given, CompAdapter *adapter) {
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

int make_component(Cli *cli, const Source *module, const ComponentChoice *choice, Buf *bytes) {
    CompAdapter *adapters = ARENA_NEW_ARRAY(cli->arena, CompAdapter, choice->adapters.len);
    for (size_t i = 0; i < choice->adapters.len; i++)
        if (!load_adapter(cli, choice->adapters.at[i], &adapters[i])) return EXIT_INPUT;
    CompRename *renames = ARENA_NEW_ARRAY(cli->arena, CompRename, choice->import_names.len);
    for (size_t i = 0; i < choice->import_names.len; i++)
        if (!parse_rename(cli, choice->import_names.at[i], &renames[i])) return EXIT_USAGE;
    CompNewOptions how = {.renames = renames,
                          .rename_count = choice->import_names.len,
                          .adapters = adapters,
                          .adapter_count = choice->adapters.len,
                          .features = features_all(),
                          .no_debug_names = !choice->debug_names,
                          .no_semver_merge = !choice->merge_semver,
                          .reject_legacy_names = choice->reject_legacy,
                          .realloc_via_memory_grow = choice->realloc_via_grow,
                          .return_call_ref = choice->return_call_ref};
    CompComponent *component = comp_componentize(cli->arena, module, &how, &cli->diags);
    if (!component) return EXIT_INPUT;
    *bytes = (Buf){.arena = cli->arena};
    comp_encode(component, bytes);
    const Source *made = source_of(cli->arena, STR("<output>"), buf_text(bytes));
    bool ok = !choice->validate || check_valid(cli, made, features_all());
    return ok ? EXIT_OK : EXIT_INPUT;
}
