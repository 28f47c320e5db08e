/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A program of preview 1 of WASI runs as the component that `component new --adapt wasi` makes of
 * it: the host serves WASI 0.2 alone. Its exit status is told in full.
 */
#include "adapter/adapter.h"
#include "cli/load.h"
#include "cli/run.h"
#include "wat/wat.h"

static bool imports_preview1(Cli *cli, const Source *binary) {
    Diags ignored = {.arena = cli->arena};
    Reader r = reader_of(binary, &ignored);
    const CoreModule *m = core_decode(cli->arena, &r, features_all());
    for (size_t i = 0; m && i < m->imports.len; i++)
        if (str_is(m->imports.at[i].module, ADAPTER_NAME)) return true;
    return false;
}

const Source *run_adapted(Cli *cli, const Source *source) {
    if (str_find_str(source->text, STR(ADAPTER_NAME), 0) == SIZE_MAX) return NULL;
    const Source *binary = source;
    if (input_kind(source->text) == KIND_WASM_TEXT)
        binary = wat_to_binary(cli->arena, source, features_all(), &cli->diags);
    if (!binary || !imports_preview1(cli, binary)) return NULL;
    const CompAdapter adapter = {.wasi = COMP_WASI_COMMAND, .exit_code = true};
    const CompNewOptions how = {
        .adapters = &adapter, .adapter_count = 1, .features = features_all()};
    const CompComponent *component = comp_componentize(cli->arena, binary, &how, &cli->diags);
    if (!component) return NULL;
    Buf bytes = {.arena = cli->arena};
    comp_encode(component, &bytes);
    return source_of(cli->arena, source->path, buf_text(&bytes));
}
