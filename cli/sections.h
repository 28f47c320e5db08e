/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef CLI_SECTIONS_H
#define CLI_SECTIONS_H

#include "base/reader.h"
#include "cli/cli.h"

/* The sections of a module or component, one after the other, without a look into them. */
typedef struct {
    uint8_t id;
    size_t start; /* offset of the id in the source */
    Str body;
    size_t body_start;
    Str name;       /* of a custom section */
    size_t content; /* of a custom section: where its contents begin in the body */
} Section;

enum { SECTION_NESTED_MODULE = 1, SECTION_NESTED_COMPONENT = 4, SECTION_DEEPEST = 100 };

/* A reader that stands before the first section; *component tells which of the two it is. */
Reader sections_of(const Source *source, Diags *diags, bool *component);
/* The same for the body of a section that holds a module or component. */
Reader sections_inside(Reader *outer, const Section *section, bool *component);
/* False at the end, and where the bytes are malformed (the reader has failed then). */
bool section_next(Reader *reader, Section *section);
bool section_nests(const Section *section, bool in_component);
const char *section_name(const Section *section, bool in_component);

#endif
