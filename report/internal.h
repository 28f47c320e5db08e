/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef REPORT_INTERNAL_H
#define REPORT_INTERNAL_H

#include "report/report.h"

/* ---- diff.c: what changed in an interface, or in an item of a world ---- */

/* The comparison of two packages. Throughout, `a` is of the old one and `b` of the new one. */
typedef struct {
    Arena *arena;
    ReportDiff *out;
    bool no_docs;
    const WitPackage *a_package, *b_package;
    uint8_t *a_flows, *b_flows; /* by a type's id: where functions have it, FLOW_... */
    Map broken; /* interfaces of the new package that those who import the old ones cannot use */
    /* the interface or world that is being compared */
    const void *a_owner, *b_owner;
    const ReportScope *scope;
    bool is_world, is_export, unstable;
} Differ;
enum { FLOW_PARAM = 1, FLOW_RESULT = 2 };

/* What is told of either side's thing: where there is none, the text is empty. */
typedef struct {
    Str text;
    Span span;
    const WitStability *stability; /* NULL: what it stands in tells */
} Told;

const ReportScope *diff_scope(Differ *d, const ReportScope *outer, const char *what, Str name);
/* Adds a change; what it breaks is said of the calling side and of the implementing one. Valid until
 * the next one is added. */
ReportChange *diff_add(Differ *d, ReportChangeKind kind, const ReportScope *scope, Told a, Told b,
                       ReportBreak caller, ReportBreak implementer);
/* Docs, gate and external id of a thing that both have. */
void diff_about(Differ *d, const ReportScope *scope, Told a, Str a_docs, Told b, Str b_docs);
void diff_external_id(Differ *d, const ReportScope *scope, Told a, Told b);
void diff_types(Differ *d, const WitType *a, const WitType *b);
void diff_funcs(Differ *d, const WitFunc *a, const WitFunc *b);
void diff_interfaces(Differ *d, const WitInterface *a, const WitInterface *b);
/* Fills a map: name -> element, for a vector of pointers to what has a name. */
#define DIFF_NAMES(d, map, list)                                                                   \
    for (size_t i_ = 0; i_ < (list)->len; i_++)                                                    \
    map_put((d)->arena, (map), (list)->at[i_]->name, NULL)->cptr = (list)->at[i_]
/* Where the functions of a model have its types. */
uint8_t *diff_flows(Arena *arena, const WitModel *model);

#endif
