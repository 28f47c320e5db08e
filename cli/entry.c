/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What there is to say where a component cannot be run as was asked: it is for another command, a function
 * of it could be called, or something has to be linked to it.
 */
#include "cli/run.h"

static bool exports(const CompInfo *info, const char *prefix) {
    for (size_t i = 0; i < info->type.exports.len; i++)
        if (str_starts(info->type.exports.at[i].name.name, str_from(prefix))) return true;
    return false;
}

bool entry_is_handler(const CompInfo *info) {
    return exports(info, "wasi:http/incoming-handler@0.2.");
}

void entry_note_other(Cli *cli, const CompInfo *info) {
    static const struct {
        const char *name, *newer;
    } newer[] = {{"wasi:cli/run", "wasi:cli/run@0.3."},
                 {"wasi:http/handler", "wasi:http/handler@0.3."}};
    for (size_t i = 0; i < sizeof newer / sizeof *newer; i++)
        if (exports(info, newer[i].newer))
            diag_note(&cli->diags, CLI_IS_NEWER, span_none(), newer[i].name);
    if (entry_is_handler(info)) diag_note(&cli->diags, CLI_IS_HANDLER, span_none());
    if (exports(info, "wasi:cli/run@0.2.")) diag_note(&cli->diags, CLI_IS_PROGRAM, span_none());
}

void entry_note_import(Cli *cli) {
    const Diag *last = cli->diags.list.len ? &cli->diags.list.at[cli->diags.list.len - 1] : NULL;
    if (!last || last->code != DIAG_RUN_IMPORT_MISSING) return;
    bool is_wasi = str_starts(last->message, STR("import `wasi:"));
    if (is_wasi) diag_note(&cli->diags, CLI_IMPORT_WASI, span_none());
    else diag_note(&cli->diags, CLI_IMPORT_LINK, span_none());
}
