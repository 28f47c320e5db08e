/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "cli/cli.h"
#include "component/component.h"
#include "core/sources.h"
#include "witc/witc.h"

/* --generate-dwarf and -g */
typedef struct {
    unsigned style; /* a WatDwarf */
    bool full;
} DwarfChoice;
#define DWARF_CHOICE(T, field)                                                                     \
    CHOICE(T, field.style, 0, "generate-dwarf", "none|lines|full",                                 \
           "Make debugging information (DWARF) for text: its lines; variables, too"),              \
        FLAG(T, field.full, 'g', "generate-full-dwarf", "The same as --generate-dwarf full")

/* What commands make of their inputs. All return NULL or false after a diagnostic. */

/* Argument `index` (standard input where it was not given) as the bytes of a core module or
 * component. Text is parsed. */
const Source *load_binary(Cli *cli, size_t index, Features features);
const Source *load_binary_file(Cli *cli, Str path, Features features);
/* Text with DWARF that leads to its lines, as --generate-dwarf and -g say. */
const Source *load_binary_debug(Cli *cli, size_t index, Features features,
                                const DwarfChoice *dwarf);
/* The same, and it must be the one or the other. */
const Source *load_module_debug(Cli *cli, size_t index, Features features,
                                const DwarfChoice *dwarf);
const Source *load_module(Cli *cli, size_t index, Features features);
const Source *load_component(Cli *cli, size_t index, Features features);

/* The same text, with the characters in its comments that are refused otherwise. */
const Source *trust_source(Cli *cli, const Source *source);
#define TRUST_FLAG(T, field)                                                                       \
    FLAG(T, field, 0, "allow-confusing-unicode",                                                   \
         "Take characters in comments that change the direction of text")

/* A file that the module in file `path` names: relative to that, unless it is absolute. NULL without a
 * diagnostic where it cannot be read. */
const Source *read_beside(Cli *cli, Str path, Str url);

/* Where the code of a module came from, with the files beside it that it names, relative to where it
 * is itself; or with this source map, where `map` is not empty. What cannot be read is left out. */
CoreSources *load_sources(Cli *cli, const CoreModule *module, Str map);

/* Decodes and validates bytes or text, a module or a component, with everything nested in it, by up to
 * `jobs` threads; 0: as many as there are processors. */
bool check_valid(Cli *cli, const Source *source, Features features, unsigned jobs);

/* A binary as the result: as text with -t. */
int write_binary(Cli *cli, Buf bytes);
/* A component that was made and is known to be valid. */
int write_made(Cli *cli, const CompComponent *component);
/* A component that was changed: its binary, once that is valid. */
int write_component(Cli *cli, const CompComponent *component, Features features);

/* How WIT is read: `--features a,b`, `--all-features`, `--target-version 1.2.3`. */
typedef struct {
    StrVec features, targets;
    StrVec beside; /* paths of packages that WIT text may use besides its `deps` */
    bool all, strict;
} WitSelection;
#define WIT_SELECTION(T, field)                                                                    \
    COMMAS(T, field.features, 0, "features", "LIST",                                               \
           "Features whose @unstable items are wanted in WIT"),                                    \
        FLAG(T, field.all, 0, "all-features", "All items of WIT, whatever feature they need"),     \
        COMMAS(T, field.targets, 0, "target-version", "[NS[:NAME]=]VERSION",                       \
               "Leave out what is `@since` a later version: of the package that is read, or of the " \
               "dependencies `NS=`, `NS:NAME=`")

/* WIT from a directory, a `.wit` file, a WIT package as a binary, a component, or a core module
 * with its world embedded; "-" is standard input. */
WitModel *load_wit(Cli *cli, Str path, const WitSelection *selection);
/* What a file is where WIT is read: one called `.wit` is text whatever is in it, so that its reader
 * tells the faults at their places. */
InputKind load_wit_kind(const Source *source);
/* How that is read, for other readings of WIT text. */
WitcOptions load_wit_options(Cli *cli, const WitSelection *selection);

/* The encoding of --string-encoding and the like. */
#define ENCODING_CHOICES "utf8|utf16|compact-utf16"

#endif
