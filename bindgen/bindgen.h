/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#ifndef BINDGEN_BINDGEN_H
#define BINDGEN_BINDGEN_H

#include "base/buf.h"
#include "canonical-abi/abi.h"
#include "model/model.h"

/* C bindings of a world, for guests, in one of two styles. */

typedef struct {
    Str from, to;
} GenRename;

typedef enum {
    GEN_DROP_IN, /* the names, signatures and ownership of `wit-bindgen c` */
    GEN_NATIVE   /* those of docs/NATIVE.md */
} GenStyle;

typedef struct {
    GenStyle style;
    AbiEncoding encoding; /* UTF8 or UTF16 */
    bool no_helpers;      /* leave out *_free and string functions */
    bool no_sig_flattening;
    bool autodrop_borrows;
    bool keep_handles;        /* `_free` frees memory alone, as wit-bindgen's do (drop-in style) */
    bool object_file;         /* the component type in an object of its own instead */
    bool no_component_type;   /* leave the component type out of the object (--no-object-file) */
    const GenRename *renames; /* interface id -> C prefix */
    size_t rename_count;
    Str rename_world; /* the C name of the world; empty: its own */
    Str type_section_suffix;
    /* Which functions are called or implemented asynchronously where WIT does not say so: "all",
     * "f", "ns:pkg/iface#f", either after "import:" or "export:"; "-" before it: which are not. The
     * first that fits counts. */
    const Str *async_filters;
    size_t async_filter_count;
    bool async_helpers, thread_helpers; /* in any case, and not only where they are needed */
    /* The payload of the `component-type` section (comp_encode_world), which the source carries as
     * assembly of its own, so that the object brings its type along. */
    Str component_type;
    bool stubs; /* a source to be filled in, too */
    bool cpp;   /* a header for C++17, too; native style */
    bool mocks; /* imports for tests, too; native style */
} GenOptions;

/* A file beside the header and the source. */
typedef struct {
    Str name;
    Buf text;
    bool keep; /* is the user's once it is there */
} GenFile;

typedef struct {
    Str stem; /* "app" of app.h and app.c */
    Buf header, source;
    VEC(GenFile) more;
} GenOutput;

/* False and diagnostics where something cannot be said in C. An interface that the world both
 * imports and exports must have been told apart (wit_make_types_nominal). */
bool gen_c(Arena *arena, const WitModel *model, const WitWorld *world, const GenOptions *options,
           GenOutput *out, Diags *diags);

#endif
