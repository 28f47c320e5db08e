/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Grants on the command line, as the host of WASI takes them.
 *
 *     --env NAME[=VALUE]   --inherit-env   --argv0 TEXT   --cwd DIR
 *     --dir HOST[::GUEST[::ro]][,quota=SIZE][,files=N]
 *     --net-allow RULE
 */
#include "cli/grant.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the environment ---- */

typedef VEC(WasiVariable) Variables;

static void set_variable(Cli *cli, Variables *variables, Str name, Str value) {
    for (size_t i = 0; i < variables->len; i++) {
        if (str_eq(variables->at[i].name, name)) {
            variables->at[i].value = value;
            return;
        }
    }
    *vec_push(cli->arena, variables) = (WasiVariable){name, value};
}

static void add_variable(Cli *cli, Variables *variables, Str pair) {
    size_t equals = str_find(pair, '=', 0);
    if (equals != SIZE_MAX) {
        Str name = str_from_to(pair, 0, equals);
        set_variable(cli, variables, name, str_after(pair, equals + 1));
        return;
    }
    const char *value = getenv(str_c(cli->arena, pair));
    if (value) set_variable(cli, variables, pair, str_from(value));
}

static Variables read_environment(Cli *cli, const Grants *grants) {
    Variables variables = {0};
    if (grants->inherit_env) {
        for (char **entry = environ; *entry; entry++)
            add_variable(cli, &variables, str_from(*entry));
    }
    for (size_t i = 0; i < grants->env.len; i++) add_variable(cli, &variables, grants->env.at[i]);
    return variables;
}

/* ---- folders ---- */

static bool bad_folder(Cli *cli, Str value, const char *expected) {
    diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(value), STR_ARG(STR("--dir")), expected);
    return false;
}

/* Takes ",quota=SIZE" and ",files=N" off the end; other commas belong to the names. */
static bool take_limits(Cli *cli, Str *said, WasiFolder *folder) {
    size_t comma;
    while ((comma = str_rfind(*said, ',')) != SIZE_MAX) {
        Str limit = str_after(*said, comma + 1);
        bool quota = str_starts(limit, STR("quota=")), files = str_starts(limit, STR("files="));
        if (!quota && !files) return true;
        uint64_t *to = quota ? &folder->max_bytes : &folder->max_files;
        if (!cli_read_size(str_after(limit, 6), to) || !*to)
            return bad_folder(cli, limit, "a limit above 0, such as `quota=64M` or `files=100`");
        *said = str_from_to(*said, 0, comma);
    }
    return true;
}

static Str take_part(Str *rest) {
    size_t end = str_find_str(*rest, STR("::"), 0);
    Str part = str_from_to(*rest, 0, end);
    *rest = end == SIZE_MAX ? (Str){0} : str_after(*rest, end + 2);
    return part;
}

static bool read_folder(Cli *cli, Str said, WasiFolder *folder) {
    Str rest = said;
    *folder = (WasiFolder){.fd = -1};
    if (!take_limits(cli, &rest, folder)) return false;
    Str host = take_part(&rest), guest = take_part(&rest), rights = rest;
    if (!host.len) return bad_folder(cli, said, "HOST[::GUEST[::ro]][,quota=SIZE][,files=N]");
    if (rights.len && !str_is(rights, "ro") && !str_is(rights, "rw"))
        return bad_folder(cli, rights, "`ro` or `rw` as its third part");
    folder->name = guest.len ? guest : host;
    folder->host = host;
    folder->read_only = str_is(rights, "ro");
    folder->fd = open(str_c(cli->arena, host), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd >= 0) return true;
    diag(&cli->diags, FILE_READ, span_none(), STR_ARG(host), strerror(errno));
    return false;
}

/* ---- the network ---- */

static bool read_rule(Cli *cli, Str said, WasiNetRule *rule) {
    const char *expected = wasi_read_rule(cli->arena, said, rule);
    if (!expected) return true;
    diag(&cli->diags, CLI_BAD_VALUE, span_none(), STR_ARG(said), STR_ARG(STR("--net-allow")),
         expected);
    return false;
}

static bool read_rules(Cli *cli, const Grants *grants, WasiContext *context) {
    size_t n = grants->net.len;
    WasiNetRule *rules = ARENA_NEW_ARRAY(cli->arena, WasiNetRule, n);
    context->net_rules = rules;
    context->net_rule_count = n;
    for (size_t i = 0; i < n; i++)
        if (!read_rule(cli, grants->net.at[i], &rules[i])) return false;
    return true;
}

bool grants_check(Cli *cli, const Grants *grants) {
    WasiContext unused;
    return read_rules(cli, grants, &unused);
}

/* ---- all ---- */

void grants_close(const WasiContext *context) {
    for (size_t i = 0; i < context->folder_count; i++) close(context->folders[i].fd);
}

bool grants_read(Cli *cli, const Grants *grants, WasiContext *context) {
    Variables variables = read_environment(cli, grants);
    WasiFolder *folders = ARENA_NEW_ARRAY(cli->arena, WasiFolder, grants->folders.len + 1);
    Str *args = cli->args.at;
    args[0] = grants->argv0.len ? grants->argv0 : path_file(args[0]);
    *context = (WasiContext){.args = args,
                             .arg_count = cli->args.len,
                             .variables = variables.at,
                             .variable_count = variables.len,
                             .has_cwd = grants->cwd.len != 0,
                             .cwd = grants->cwd,
                             .folders = folders,
                             .stdin_fd = STDIN_FILENO,
                             .stdout_fd = STDOUT_FILENO,
                             .stderr_fd = STDERR_FILENO};
    if (!read_rules(cli, grants, context)) return false;
    for (size_t i = 0; i < grants->folders.len; i++) {
        if (!read_folder(cli, grants->folders.at[i], &folders[i])) {
            grants_close(context);
            return false;
        }
        context->folder_count++;
    }
    return true;
}
