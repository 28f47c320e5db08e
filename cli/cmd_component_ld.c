/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `witc component-ld`: the linker `wasm-component-ld` under a name of witc's. */
#include "cli/component_ld.h"

/* For the help alone: component_ld_words.c reads the words. */
typedef struct {
    Str text;
    StrVec list;
    bool flag;
    unsigned choice;
} Shown;

static const Option option_table[] = {
    TEXT(Shown, text, 'o', "output", "FILE", "The component"),
    CHOICE(Shown, choice, 0, "wasi-adapter", "command|reactor|proxy|none",
           "The adapter for WASI 0.1 (command where the module exports `_start`, else reactor)"),
    TEXT(Shown, text, 0, "wasm-ld-path", "PATH", "The program wasm-ld (the first that is found)"),
    LIST(Shown, list, 0, "component-type", "WIT",
         "WIT with a world to add to those in the objects"),
    CHOICE(Shown, choice, 0, "string-encoding", "utf8|utf16|compact-utf16",
           "The encoding of strings in the worlds of --component-type"),
    LIST(Shown, list, 0, "adapt", "[NAME=]MODULE",
         "A further adapter, as `witc component new` has it"),
    LIST(Shown, list, 0, "append-lld-flag", "WORD", "A word for the end of wasm-ld's command line"),
    FLAG(Shown, flag, 0, "skip-wit-component", "Write the core module, as for -shared"),
    FLAG(Shown, flag, 0, "validate-component", "Validate the component (on; =false)"),
    FLAG(Shown, flag, 0, "merge-imports-based-on-semver",
         "Unite imports that differ only in compatible versions (on; =false)"),
    FLAG(Shown, flag, 0, "reject-legacy-names",
         "Accept only the names of the standard, `cm32p2...`"),
    FLAG(Shown, flag, 0, "realloc-via-memory-grow", "Give an adapter its memory by memory.grow"),
    TEXT(Shown, text, 0, "rsp-quoting", "posix|windows", "How words are quoted in @files"),
    FLAG(Shown, flag, 'V', "version", "Print the version"),
};

static const Argument arguments[] = {
    {"WORD", "Objects, archives, @FILE with more words, and any option of wasm-ld",
     ARGUMENT_REPEATED},
    {0},
};

const CommandSpec cmd_component_ld = {
    .raw = component_ld,
    .size = sizeof(Shown),
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Links objects with wasm-ld and makes a component of the module. Called by the name "
             "`wasm-component-ld`, which `make install` gives it, the program is this linker: "
             "`clang --target=wasm32-wasip2` calls it. What it does not know goes on to wasm-ld.\n"
             "Files for wasm32-wasip2 that are not installed are taken from wasm32-wasi.",
    .examples =
        "From C to a component\n"
        "$ clang --target=wasm32-wasip2 hello.c -o hello.wasm\n"
        "By hand\n"
        "$ witc component-ld -m wasm32 crt1.o hello.o -L/usr/lib/wasm32-wasi -lc -o hello.wasm\n",
};
