/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Codes explained: the table of base/explain.def, and a line for each area. */
#include "base/explain.h"

#include "base/buf.h"

#define EXPLAIN(code, section, text, wrong, right) {DIAG_##code, section, text, wrong, right},
static const Explanation explanations[] = {
#include "base/explain.def"
};
#undef EXPLAIN

const Explanation *diag_explanation(DiagCode code) {
    for (size_t i = 0; i < sizeof explanations / sizeof *explanations; i++)
        if (explanations[i].code == code) return &explanations[i];
    return NULL;
}

/* format ::= ( character | '%%' | '%' .. letter )* */
Str diag_pattern(Arena *arena, DiagCode code) {
    Buf out = {.arena = arena};
    const char *f = diag_format(code);
    while (*f) {
        if (*f != '%') {
            buf_byte(&out, (uint8_t)*f++);
            continue;
        }
        f++;
        f += strcspn(f, "%csdiuxXzlp");
        while (*f == 'z' || *f == 'l') f++;
        buf_str(&out, *f == '%' ? STR("%") : STR(".."));
        if (*f) f++;
    }
    return buf_text(&out);
}

const DiagArea *diag_area(DiagCode code) {
    static const DiagArea areas[] = {
        {"WIT_", "Reading WIT", "WIT.md"},
        {"MODEL_", "Packages, interfaces and worlds", "WIT.md"},
        {"LINT_", "Advice on WIT", NULL},
        {"DIFF_", "Differences between versions", NULL},
        {"DOC_", "Documentation of WIT", NULL},
        {"CORE_", "Core modules", "WebAssembly Core Specification"},
        {"COMP_", "Components", "Explainer.md, Binary.md"},
        {"WAT_", "WebAssembly text", "WebAssembly Core Specification, \"Text Format\""},
        {"LINK_", "Linking components", NULL},
        {"COMPOSE_", "Compositions", NULL},
        {"YAML_", "Configurations in YAML", NULL},
        {"WAC_", "Programs of the language WAC", NULL},
        {"GRAPH_", "Compositions", NULL},
        {"PLUG_", "Compositions by plugs", NULL},
        {"LOCK_", "Lock files of compositions", NULL},
        {"DECOMPOSE_", "Compositions taken apart", NULL},
        {"RETARGET_", "Versions in binaries", NULL},
        {"BIND_", "C bindings", "CanonicalABI.md"},
        {"RUN_", "Running", NULL},
        {"VFS_", "Files in memory", NULL},
        {"TAR_", "Archives of files in memory", NULL},
        {"GZIP_", "Archives of files in memory that are packed", NULL},
        {"WAVE_", "Values as text", NULL},
        {"CLI_", "Command lines", NULL},
        {"FILE_", "Files", NULL},
        {"BYTES_", "Reading binaries", "WebAssembly Core Specification, \"Binary Format\""},
    };
    static const DiagArea other = {"", "Others", NULL};
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (str_starts(str_from(diag_name(code)), str_from(areas[i].prefix))) return &areas[i];
    return &other;
}
