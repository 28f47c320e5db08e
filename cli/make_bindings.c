/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* From a path and the options about bindings to the text of both files. */
#include "cli/make.h"

static bool parse_renames(Cli *cli, const StrVec *given, GenRename *renames) {
    for (size_t i = 0; i < given->len; i++) {
        size_t equals = str_find(given->at[i], '=', 0);
        if (equals == SIZE_MAX) {
            diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(given->at[i]),
                 STR_ARG(STR("--rename")), "INTERFACE=NAME");
            return false;
        }
        renames[i] =
            (GenRename){str_from_to(given->at[i], 0, equals), str_after(given->at[i], equals + 1)};
    }
    return true;
}

/* `--sync x` is `--async -x`, and comes first. */
static void add_filters(Cli *cli, const BindingsChoice *choice, GenOptions *how) {
    StrVec filters = {0};
    for (size_t i = 0; i < choice->sync.len; i++)
        *vec_push(cli->arena, &filters) = str_concat(cli->arena, STR("-"), choice->sync.at[i]);
    for (size_t i = 0; i < choice->async.len; i++)
        *vec_push(cli->arena, &filters) = choice->async.at[i];
    how->async_filters = filters.at;
    how->async_filter_count = filters.len;
}

/* A project's folder instead of its `wit` folder will do. */
static Str wit_path(Cli *cli, Str path) {
    Str inner = path_join(cli->arena, path, STR("wit"));
    StrVec names = {0};
    if (!file_is_directory(cli->arena, path) || !file_is_directory(cli->arena, inner)) return path;
    if (!directory_list(cli->arena, path, &names, &cli->diags)) return path;
    for (size_t i = 0; i < names.len; i++)
        if (str_ends(names.at[i], STR(".wit"))) return path;
    return inner;
}

int make_bindings(Cli *cli, Str path, const BindingsChoice *choice, GenOutput *out) {
    if ((choice->mocks || choice->cpp) && choice->style != GEN_NATIVE) {
        diag(&cli->diags, CLI_CONFLICT, span_none(), choice->mocks ? "--mocks" : "--cpp",
             "--style drop-in");
        return EXIT_USAGE;
    }
    GenOptions how = {.style = (GenStyle)choice->style,
                      .encoding = (AbiEncoding)choice->encoding,
                      .no_helpers = choice->no_helpers,
                      .no_sig_flattening = choice->no_sig_flattening,
                      .autodrop_borrows = choice->autodrop != 0,
                      .keep_handles = choice->free_handles != 0,
                      .object_file = choice->object && !choice->no_object,
                      .no_component_type = choice->no_object,
                      .rename_count = choice->renames.len,
                      .rename_world = choice->rename_world,
                      .type_section_suffix = choice->suffix,
                      .async_helpers = choice->async_helpers,
                      .thread_helpers = choice->thread_helpers,
                      .stubs = choice->stubs,
                      .mocks = choice->mocks,
                      .cpp = choice->cpp};
    GenRename *renames = ARENA_NEW_ARRAY(cli->arena, GenRename, choice->renames.len);
    if (!parse_renames(cli, &choice->renames, renames)) return EXIT_USAGE;
    how.renames = renames;
    add_filters(cli, choice, &how);
    WitModel *model = load_wit(cli, wit_path(cli, path), &choice->wit);
    WitWorld *world = model ? wit_select_world(model, choice->world, &cli->diags) : NULL;
    if (!world) return EXIT_INPUT;
    how.component_type = comp_encode_world(cli->arena, model, world, how.encoding, &cli->diags);
    *out = (GenOutput){.header = {.arena = cli->arena}, .source = {.arena = cli->arena}};
    if (cli->diags.errors || !wit_make_types_nominal(model, world, &cli->diags) ||
        !gen_c(cli->arena, model, world, &how, out, &cli->diags))
        return EXIT_INPUT;
    return EXIT_OK;
}
