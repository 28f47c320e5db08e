/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Graphviz: its program `dot` makes pictures of graphs. */
#include "cli/compose.h"
#include "cli/process.h"

/* Runs `dot` in a folder of its own. */
static bool run_dot(Cli *cli, Work *work, Str program, Str graph, Str *svg) {
    Str in = path_join(cli->arena, work->folder, STR("graph.dot"));
    Str out = path_join(cli->arena, work->folder, STR("graph.svg"));
    if (!file_write(cli->arena, in, graph, &cli->diags)) return false;
    Process dot = {0};
    const Str words[] = {program, STR("-Tsvg"), STR("-o"), out, in};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        *vec_push(cli->arena, &dot.words) = words[i];
    if (!work_run(cli, work, &dot, 1, 1)) return false;
    if (dot.status != 0) {
        Str said = str_trim(str_from_to(dot.output, 0, str_find(dot.output, '\n', 0)));
        diag(&cli->diags, CLI_DOT_FAILED, span_none(), STR_ARG(said));
        return false;
    }
    const Source *drawn = file_read(cli->arena, out, &cli->diags);
    if (drawn) *svg = str_copy(cli->arena, drawn->text);
    return drawn != NULL;
}

bool dot_to_svg(Cli *cli, Str graph, Str *svg) {
    Str program = program_find(cli, STR("dot"));
    if (!program.len) {
        diag(&cli->diags, CLI_NO_DOT, span_none());
        return false;
    }
    Work work;
    if (!work_begin(cli, &work)) return false;
    bool ok = run_dot(cli, &work, program, graph, svg);
    work_end(cli, &work);
    return ok;
}
