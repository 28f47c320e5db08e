/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Random compositions. The bytes say how many components there are, and which of six interfaces each
 * imports and exports, in what version; each has a function that adds a number of its own to what it
 * imports gives. They are plugged together. Then: the result is valid; taken apart and composed again
 * it has the same bytes; and if nothing is left imported, it gives what the graph says.
 */
#include <stdlib.h>

#include "base/file.h"
#include "component/graph.h"
#include "interpreter/interpreter.h"
#include "wat/wat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 7, INTERFACES = 6 };

typedef struct {
    const uint8_t *data;
    size_t size, at;
} Bytes;

static unsigned next(Bytes *b) { return b->at < b->size ? b->data[b->at++] : 0; }

static Str interface_name(Arena *arena, unsigned i, unsigned version) {
    return str_fmt(arena, "t:p/i%u@1.%u.0", i, version);
}

/* The first one is the socket: it exports "answer". */
static const Source *make_component(Arena *arena, Bytes *b, unsigned k, Diags *diags) {
    unsigned imports = next(b), exports = next(b), versions = next(b), n = 0;
    Buf head = {.arena = arena}, core = {.arena = arena}, body = {.arena = arena};
    Buf bag = {.arena = arena}, tail = {.arena = arena};
    bool wide = k && exports >= 0xf8; /* fits nothing */
    const char *type = wide ? "u64" : "u32";
    for (unsigned i = 0; i < INTERFACES; i++) {
        Str name = interface_name(arena, i, versions >> i & 1);
        if (imports >> i & 1) {
            buf_fmt(&head,
                    "(import \"%.*s\" (instance $i%u (export \"f\" (func (result u32)))))"
                    "(core func $l%u (canon lower (func $i%u \"f\")))",
                    STR_ARG(name), i, i, i);
            buf_fmt(&core, "(import \"e\" \"f%u\" (func $f%u (result i32)))", i, i);
            buf_fmt(&body, "(local.set 0 (i32.add (local.get 0) (call $f%u)))", i);
            buf_fmt(&bag, "(export \"f%u\" (func $l%u))", i, i);
            n++;
        }
        if (exports >> i & 1 && k) buf_fmt(&tail, "(export \"%.*s\" (instance $x))", STR_ARG(name));
    }
    Buf text = {.arena = arena};
    buf_fmt(&text,
            "(component %.*s (core module $m %.*s (func (export \"f\") (result i32) "
            "(local i32) (local.set 0 (i32.const %u)) %.*s (local.get 0))",
            STR_ARG(buf_text(&head)), STR_ARG(buf_text(&core)), 1u << 4 * k,
            STR_ARG(buf_text(&body)));
    buf_fmt(&text,
            "(func (export \"g\") (result i64) (i64.const 0)))"
            "(core instance $c (instantiate $m %s%.*s%s))"
            "(func $f (result %s) (canon lift (core func $c \"%s\")))"
            "(instance $x (export \"f\" (func $f))) %.*s %s)",
            n ? "(with \"e\" (instance " : "", STR_ARG(buf_text(&bag)), n ? "))" : "", type,
            wide ? "g" : "f", STR_ARG(buf_text(&tail)), k ? "" : "(export \"answer\" (func $f))");
    Str path = str_fmt(arena, "c%u.wat", k);
    return wat_to_binary(arena, source_of(arena, path, buf_text(&text)), features_all(), diags);
}

/* What an instance's function gives; false where something is left imported. */
static bool value_of(const CompGraph *g, uint32_t index, uint32_t *value) {
    const CompNode *node = comp_node(g, index);
    while (node->kind == COMP_NODE_ALIAS) node = comp_node(g, node->of);
    if (node->kind != COMP_NODE_INSTANCE) return false;
    *value = 1u << 4 * node->of;
    for (size_t i = 0; i < node->edges.len; i++) {
        uint32_t more;
        if (!value_of(g, node->edges.at[i].node, &more)) return false;
        *value += more;
    }
    return true;
}

static void run(Arena *arena, const CompInfo *info, uint32_t expected, Diags *diags) {
    VmLimits limits = {0};
    VmStore *store = vm_store_new(&limits);
    VmThread *thread = vm_thread_new(store);
    VmLinker *linker = vm_linker_new(store);
    VmComponent *component = vm_component_new(thread, info, linker, diags);
    VmComponentFunc *func =
        component ? vm_component_func(component, (Str){0}, STR("answer")) : NULL;
    AbiValue result[4];
    if (!func || vm_component_call(thread, func, NULL, result, arena) != VM_DONE) abort();
    if ((uint32_t)result->bits != expected) abort();
    vm_linker_free(linker);
    vm_thread_free(thread);
    vm_store_free(store);
}

/* ---- taken apart, and composed again ---- */

static const Source *piece(Arena *arena, Str path, void *context, Diags *diags) {
    (void)diags;
    const CompPieces *pieces = context;
    for (size_t i = 0; i < pieces->len; i++)
        if (str_eq(pieces->at[i].file, path)) return source_of(arena, path, pieces->at[i].bytes);
    abort();
}

static void recompose(Arena *arena, const CompInfo *info, Str bytes, Diags *diags) {
    CompPieces pieces = {0};
    Str manifest = comp_decompose(arena, info->component, info, &pieces, diags);
    CompComposeOptions options = {.config = source_of(arena, STR("compose.yml"), manifest),
                                  .features = features_all(),
                                  .read = piece,
                                  .context = &pieces};
    CompComponent *again = manifest.len ? comp_compose(arena, NULL, &options, diags) : NULL;
    if (!again) abort();
    Buf out = {.arena = arena};
    comp_encode(again, &out);
    if (!str_eq(buf_text(&out), bytes)) abort();
}

/* The composition as bytes, valid; empty where there is none. */
static Str compose(CompGraph *g, const Source **parts, unsigned n, bool gc) {
    const CompPlugOptions how = {parts + 1, n, false};
    Buf bytes = {.arena = g->arena};
    if (!comp_plug(g, parts[0], &how)) return (Str){0};
    if (gc) comp_graph_gc(g);
    CompComponent *made = comp_graph_encode(g);
    if (made) comp_encode(made, &bytes);
    return buf_text(&bytes);
}

static const CompInfo *read_back(Arena *arena, Str bytes, Diags *diags) {
    const Source *source = source_of(arena, STR("made.wasm"), bytes);
    const CompComponent *read = comp_decode(arena, source, features_all(), diags);
    const CompInfo *info = read ? comp_validate(arena, read, features_all(), diags) : NULL;
    if (!info) abort();
    return info;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    Bytes b = {data, size, 0};
    const Source *parts[MOST + 1];
    unsigned n = 1 + next(&b) % MOST;
    for (unsigned k = 0; k <= n; k++)
        if (!(parts[k] = make_component(arena, &b, k, &diags))) abort();
    CompGraph g = {.arena = arena, .diags = &diags, .features = features_all(), .share = true};
    CompGraph small = g;
    Str bytes = compose(&g, parts, n, false);
    if (!bytes.len && !diags.errors) abort();
    if (bytes.len) {
        const CompInfo *info = read_back(arena, bytes, &diags);
        recompose(arena, info, bytes, &diags);
        Str less = compose(&small, parts, n, true);
        const CompInfo *less_info = read_back(arena, less, &diags);
        uint32_t expected;
        if (less.len > bytes.len) abort();
        if (value_of(&g, 0, &expected)) {
            run(arena, info, expected, &diags);
            run(arena, less_info, expected, &diags);
        }
    }
    arena_free(arena);
    return 0;
}
