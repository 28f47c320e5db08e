/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_POLICY_H
#define CLI_POLICY_H

#include "cli/cli.h"
#include "component/component.h"
#include "wasi/jail.h"

/*
 * What a guest may do: options of the command line, the words of other runtimes (-S, -W), policy files and
 * the manifest of a composition, together. Grants are added, limits lowered; an instance that is named
 * by its path has grants of its own.
 *
 *     options table: POLICY_OPTIONS and the rows of component/limit.def (POLICY_LIMITS)
 *     policy_check -> policy_read -> policy_host, wasi_link ... policy_close
 */
typedef struct {
    StrVec env; /* NAME=VALUE, or NAME for the one here */
    bool inherit_env;
    Str argv0, cwd;
    StrVec folders;    /* of comp_read_directory */
    StrVec vfs;        /* likewise, in memory */
    StrVec net;        /* of wasi_read_rule */
    StrVec unstable;   /* of wasi_feature */
    CompLimits limits; /* fuel UINT64_MAX: not said */
    StrVec files;      /* policies */
    StrVec wasi, wasm; /* -S, -W */
    bool raw_terminal;
    Str jail;            /* empty: none; "-", or "best-effort" */
    bool grants_nothing; /* what is granted is only checked: a replay */
    /* of policy_check: */
    CompGrants grants;
    Features features; /* for the guest's code */
    bool trap_on_grow, missing_traps;
} Policy;

#define POLICY_DEFAULTS {.limits.fuel = UINT64_MAX}

#define POLICY_OPTIONS(T, field)                                                                   \
    LIST(T, field.env, 0, "env", "NAME[=VALUE]",                                                   \
         "Grant a variable of the environment; without a value, the one that it has here"),        \
        FLAG(T, field.inherit_env, 0, "inherit-env", "Grant the whole environment"),               \
        LIST(T, field.folders, 0, "dir", "HOST[::GUEST[::ro]]",                                    \
             "Grant a folder and all below it, `ro` to be read only; `,quota=SIZE` and "           \
             "`,files=N` at the end limit by how much its files may grow and how many may be "     \
             "made"),                                                                              \
        LIST(T, field.vfs, 0, "vfs", "DIR|TAR[::GUEST[::ro]]",                                     \
             "Grant a copy in memory of a folder or of an archive (tar, also packed by gzip), as "  \
             "GUEST or `/`; what the guest changes is gone at its end. Limits follow as with --dir"), \
        LIST(T, field.net, 0, "net-allow", "RULE",                                                 \
             "Grant a part of the network: `tcp:HOST:PORT` (also for requests of HTTP) or "         \
             "`udp:HOST:PORT` to reach, "                                                          \
             "`listen:ADDRESS:PORT`, `dns` or `dns:NAME` to resolve names. HOST is a name, "       \
             "`*.domain`, an address, a range such as `10.0.0.0/8`, or `*`; PORT a number, `a-b` " \
             "or `*`"),                                                                            \
        COMMAS(T, field.unstable, 0, "features", "LIST",                                           \
               "Functions that are @unstable in WASI: `clocks-timezone`, `network-error-code`, "   \
               "`informational-outbound-responses`, or `all`"),                                    \
        LIST(T, field.files, 0, "policy", "FILE",                                                  \
             "Grants and limits in YAML, also for the instances inside a component; several are "  \
             "taken together"),                                                                    \
        COMMAS(T, field.wasi, 'S', "wasi", "KEY[=VALUE]",                                          \
               "What wasmtime knows under this name, such as `inherit-env`; `-S help` lists it"),  \
        COMMAS(T, field.wasm, 'W', "wasm", "KEY[=VALUE]",                                          \
               "The same of limits and features; `-W help` lists it")

/* Where a table of options is written:
 *
 *     #define LIMIT(name, key, option, kind, value, help) kind(T, policy.limits.name, 0, option, value, help),
 *     #include "component/limit.def"
 *     #undef LIMIT
 */

/* Reads the words of the command line; false after a diagnostic, which is one of usage. */
bool policy_check(Cli *cli, Policy *policy);
/* `-S help`, `-W help`: writes the list; false where it was not asked for. */
bool policy_help(const Policy *policy);

/* An instance with grants or limits of its own. */
typedef struct {
    Str path;
    Span span;
    WasiContext context;
    VmLimits limits;
} GrantedInstance;

typedef struct {
    WasiContext context; /* of the program as a whole */
    CompLimits limits;
    GrantedInstance *instances;
    size_t instance_count;
    bool opened; /* folders, which policy_close closes */
} Granted;

/* Opens and looks up all that is granted. `manifest` is what the manifest said, or NULL; `info` the component
 * whose instances are meant, NULL where it has none. cli->args are the guest's arguments. False after a
 * diagnostic. */
bool policy_read(Cli *cli, const Policy *policy, const CompRunPlan *manifest, const CompInfo *info,
                 Granted *granted);
void policy_close(Granted *granted);

/* From here on the process can do no more than that, with --jail, and what `wants` says besides (contexts
 * are not looked at); `granted` NULL: nothing is. False after a diagnostic. */
bool policy_jail(Cli *cli, const Policy *policy, const Granted *granted, WasiJailWants wants);

/* The hosts of it all; NULL: no memory. */
Wasi *policy_host(VmStore *store, const Granted *granted);
/* The engine's limits among them. */
VmLimits policy_vm_limits(const CompLimits *limits);

#endif
