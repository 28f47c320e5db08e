/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_MAKE_H
#define CLI_MAKE_H

#include "bindgen/bindgen.h"
#include "cli/load.h"

/* Steps that are commands of their own and parts of `witc build`: each as its options, and a
 * function that does it. Both return an exit status, with diagnostics where it is not EXIT_OK. */

/* ---- C bindings (make_bindings.c) ---- */

typedef struct {
    WitSelection wit;
    Str world, rename_world, suffix;
    StrVec renames, async, sync;
    unsigned style, encoding, autodrop, free_handles;
    bool no_helpers, no_sig_flattening, no_object, object, async_helpers, thread_helpers, stubs,
        mocks, cpp;
} BindingsChoice;

#define BINDINGS_WORLD(T, field)                                                                   \
    TEXT(T, field.world, 'w', "world", "WORLD",                                                    \
         "The world; needed where the package has several. `ns:pkg/world` names one of another")

#define BINDINGS_OPTIONS(T, field)                                                                 \
    CHOICE(T, field.style, 0, "style", "drop-in|native",                                           \
           "Names and ownership: those of `wit-bindgen c`, or those for new code"),                \
    CHOICE(T, field.encoding, 0, "string-encoding", ENCODING_CHOICES, "The encoding of strings"),  \
        FLAG(T, field.no_helpers, 0, "no-helpers",                                                 \
             "Leave out the functions that free and copy values"),                                 \
        FLAG(T, field.no_sig_flattening, 0, "no-sig-flattening",                                   \
             "Pass options and return results as the structs that they are"),                      \
        LIST(T, field.renames, 0, "rename", "INTERFACE=NAME", "What an interface is called in C"), \
        TEXT(T, field.rename_world, 0, "rename-world", "NAME",                                     \
             "What the world and the files are called"),                                           \
        TEXT(T, field.suffix, 0, "type-section-suffix", "TEXT",                                    \
             "Ends the name of the section with the component's type"),                            \
        CHOICE(T, field.autodrop, 0, "autodrop-borrows", "no|yes",                                 \
               "Drop borrowed handles when an export returns"),                                    \
        CHOICE(T, field.free_handles, 0, "free-handles", "yes|no",                                 \
               "Whether `_free` drops the handles that a value owns, or frees memory alone"),      \
        COMMAS(T, field.async, 0, "async", "LIST",                                                 \
               "Functions to call or implement asynchronously: `all`, `f`, `ns:pkg/iface#f`, "     \
               "either after `import:` or `export:`; after `-`: which are not"),                   \
        COMMAS(T, field.sync, 0, "sync", "LIST",                                                   \
               "Functions to call or implement synchronously, whatever WIT says, written "         \
               "likewise"),                                                                        \
        FLAG(T, field.cpp, 0, "cpp",                                                               \
             "Also write WORLD.hpp, a header for C++17 over the other one (native style)"),       \
        FLAG(T, field.async_helpers, 0, "generate-async-helpers",                                  \
             "The functions for tasks and events, also where no function needs them"),             \
        FLAG(T, field.thread_helpers, 0, "generate-threading-helpers",                             \
             "The functions for threads, and those for tasks and events"),                         \
        WIT_SELECTION(T, field.wit)

/* Bindings of a world of the WIT at `path`; a project's folder instead of its `wit` will do. */
int make_bindings(Cli *cli, Str path, const BindingsChoice *choice, GenOutput *out);

/* ---- components of core modules (make_component.c) ---- */

typedef struct {
    StrVec adapters, import_names;
    unsigned names;
    bool validate, merge_semver, debug_names, reject_legacy, realloc_via_grow, return_call_ref;
} ComponentChoice;

#define COMPONENT_DEFAULTS {.validate = true, .merge_semver = true, .debug_names = true}

#define COMPONENT_OPTIONS(T, field)                                                                \
    LIST(T, field.adapters, 0, "adapt", "[NAME=]MODULE",                                           \
         "A module that provides the imports of module NAME (or of its file's name) by the "       \
         "world's; `wasi` is witc's own for WASI 0.1 (wasi:command, wasi:reactor, wasi:proxy)"),                                                                               \
        LIST(T, field.import_names, 0, "import-name", "OLD=NEW",                                   \
             "Import the interface OLD under the name NEW"),                                       \
        FLAG(T, field.validate, 0, "validate", "Validate the component (on; --no-validate)"),      \
        FLAG(T, field.merge_semver, 0, "merge-imports-based-on-semver",                            \
             "Unite imports that differ only in compatible versions (on)"),                        \
        CHOICE(T, field.names, 0, "names", "full|compact|none",                                    \
               "Names for people in what is made: all, each module's alone, or none (default full). " \
               "The module's own stay"),                                                          \
        FLAG(T, field.debug_names, 0, "debug-names", "Write names (on; --no-debug-names: none)"),  \
        FLAG(T, field.reject_legacy, 0, "reject-legacy-names",                                     \
             "Accept only the names of the standard, `cm32p2...`"),                                \
        FLAG(T, field.realloc_via_grow, 0, "realloc-via-memory-grow",                              \
             "Give an adapter its memory by memory.grow"),                                         \
        FLAG(T, field.return_call_ref, 0, "return-call-ref",                                       \
             "Let shims be tail calls by reference, for engines that have them")

/* Whether --adapt names witc's own: "wasi[:command|:reactor|:proxy][@0.2.12]". */
bool own_adapter(Str given, CompAdapter *adapter);
/* The component of a core module with its world embedded. */
int make_component(Cli *cli, const Source *module, const ComponentChoice *choice,
                   const CompComponent **made);
/* The library `libdl.so` of our own (libdl.c). */
const Source *make_libdl(Cli *cli);
/* The component of libraries. */
int make_linked(Cli *cli, const CompLinkOptions *link, const ComponentChoice *choice,
                const CompComponent **made);

#endif
