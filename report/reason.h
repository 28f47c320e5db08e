/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef REPORT_REASON_H
#define REPORT_REASON_H

#include "model/model.h"

/* Why worlds have their imports and exports: for report_expand and the pages of worlds. */

typedef struct Reason Reason;

typedef enum {
    REASON_WRITTEN,  /* the world's text has it, at `item->span` */
    REASON_INCLUDED, /* it came with `include` */
    REASON_NEEDED,   /* an import: the interface of `by` uses types of it */
    REASON_NAMED,    /* the world has it, and has no text: it comes from a binary */
} ReasonKind;

struct Reason {
    const WitItem *item;
    bool is_export;
    ReasonKind kind;
    const WitInclude *include; /* INCLUDED */
    const Reason *by;          /* NEEDED; chains end in one that is not */
    /* NEEDED: `count` types of by's interface from `first` on are uses of it. Where `by` is itself a
     * used type of the world, there is none. */
    size_t first, count;
};

typedef struct {
    const WitWorld *world;
    Reason *at; /* imports, then exports, in their order */
    size_t len;
} Reasons;

/* Looks into many worlds; zeroed but for the arena at first. */
typedef struct {
    Arena *arena;
    Map listed;  /* world -> Map of spans -> WitInclude: what came by which include */
    Map reasons; /* world -> Reasons */
    Map sources; /* source -> the offsets of its lines */
} ReasonBook;

const Reasons *reason_world(ReasonBook *book, const WitWorld *world);
/* The include of `world` that brought what stands at `span`; NULL: the world says it itself. */
const WitInclude *reason_include(ReasonBook *book, const WitWorld *world, Span span);
/* line_column of many places of large texts. */
LineColumn reason_line(ReasonBook *book, Span span);
/* "file:3:7"; empty where the span has no source. */
Str reason_place(ReasonBook *book, Span span);

#endif
