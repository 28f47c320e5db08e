/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A graph for people and programs: each instance with what serves each of its imports and why, then
 * the imports and exports of the result. As text, as JSON, and for Graphviz.
 */
#include "component/graph.h"

/* Before the name of what serves, and behind it. */
static const struct {
    const char *id, *why;
} reasons[COMP_EDGE_REASONS] = {
    [COMP_EDGE_OPEN] = {"open", "nobody serves it"},
    [COMP_EDGE_SAID] = {"said", "it is said so"},
    [COMP_EDGE_SPREAD] = {"spread", "of the instance that is spread, the export of this name"},
    [COMP_EDGE_NAME] = {"name", "the names are the same"},
    [COMP_EDGE_VERSION] = {"version", "the versions are compatible"},
    [COMP_EDGE_SHAPE] = {"shape", "the first export that has all that is wanted"},
    [COMP_EDGE_WHOLE] = {"whole", "the instance itself exports all that is wanted"},
    [COMP_EDGE_DEFINITION] = {"definition", "a definition serves its exports' names everywhere"},
};

/* The instance behind a node; NULL: there is none. */
static const CompNode *instance_of(const CompGraph *g, const CompNode *node) {
    while (node->kind == COMP_NODE_ALIAS) node = comp_node(g, node->of);
    return node->kind == COMP_NODE_INSTANCE ? node : NULL;
}

static Str instance_name(const CompGraph *g, const CompNode *node) {
    return node->name.len ? node->name : comp_part_of(g, node)->name;
}

static bool is_there(const CompNode *node) { return !node->done || node->index != COMP_NONE; }

/* "store", "export `x` of store", "import `y`" */
static Str node_text(const CompGraph *g, uint32_t index) {
    const CompNode *node = comp_node(g, index), *instance = instance_of(g, node);
    Arena *arena = g->arena;
    if (node->kind == COMP_NODE_IMPORT)
        return STR_JOIN(arena, STR("import `"), node->name, STR("` of the result"));
    if (!instance) return node->name;
    Str name = STR_JOIN(arena, STR("`"), instance_name(g, instance), STR("`"));
    if (node == instance) return name;
    return STR_JOIN(arena, STR("export `"), node->name, STR("` of "), name);
}

static bool edge_is_open(const CompGraph *g, const CompEdge *edge) {
    return edge->node == COMP_NONE ||
           (comp_node(g, edge->node)->kind == COMP_NODE_IMPORT && edge->reason == COMP_EDGE_OPEN);
}

void comp_graph_text(const CompGraph *g, Buf *out) {
    for (uint32_t i = 0; i < g->nodes.len; i++) {
        const CompNode *node = comp_node(g, i);
        if (node->kind != COMP_NODE_INSTANCE || !is_there(node)) continue;
        const CompPart *part = comp_part_of(g, node);
        buf_fmt(out, "instance `%.*s` of %.*s\n", STR_ARG(instance_name(g, node)),
                STR_ARG(part->source->path));
        for (size_t k = 0; k < node->edges.len; k++) {
            const CompEdge *edge = &node->edges.at[k];
            Str to = edge->node == COMP_NONE ? STR("nothing") : node_text(g, edge->node);
            buf_fmt(out, "  %.*s\n    <- %.*s: %s", STR_ARG(edge->name), STR_ARG(to),
                    reasons[edge->reason].why);
            Str place = span_place(g->arena, edge->span);
            if (place.len) buf_fmt(out, " (%.*s)", STR_ARG(place));
            buf_byte(out, '\n');
        }
    }
    for (uint32_t i = 0; i < g->nodes.len; i++)
        if (comp_node(g, i)->kind == COMP_NODE_IMPORT && is_there(comp_node(g, i)))
            buf_fmt(out, "import %.*s\n", STR_ARG(comp_node(g, i)->name));
    for (size_t i = 0; i < g->exports.len; i++) {
        Str what = node_text(g, g->exports.at[i].node);
        buf_fmt(out, "export %.*s\n  <- %.*s\n", STR_ARG(g->exports.at[i].name.name),
                STR_ARG(what));
    }
}

/* ---- JSON ---- */

static void json_text(Json *json, const char *key, Str text) {
    json_key(json, key);
    json_string(json, text);
}

/* What stands behind a node: {"instance", "export"} or {"import"}. */
static void json_node(const CompGraph *g, Json *json, uint32_t index) {
    const CompNode *node = comp_node(g, index), *instance = instance_of(g, node);
    if (node->kind == COMP_NODE_IMPORT) json_text(json, "import", node->name);
    else if (instance) json_text(json, "instance", instance_name(g, instance));
    else json_text(json, "type", node->name);
    if (node->kind == COMP_NODE_ALIAS) json_text(json, "export", node->name);
}

static void json_instance(const CompGraph *g, Json *json, const CompNode *node) {
    const CompPart *part = comp_part_of(g, node);
    json_object(json);
    json_text(json, "name", instance_name(g, node));
    json_text(json, "component", part->name);
    json_text(json, "path", part->source->path);
    json_key(json, "imports");
    json_array(json);
    for (size_t k = 0; k < node->edges.len; k++) {
        const CompEdge *edge = &node->edges.at[k];
        json_object(json);
        json_text(json, "name", edge->name);
        json_text(json, "reason", str_from(reasons[edge->reason].id));
        json_key(json, "from");
        json_object(json);
        if (edge->node != COMP_NONE) json_node(g, json, edge->node);
        json_end(json);
        Str place = span_place(g->arena, edge->span);
        if (place.len) json_text(json, "place", place);
        json_end(json);
    }
    json_end(json);
    json_end(json);
}

void comp_graph_json(const CompGraph *g, Json *json) {
    json_object(json);
    json_key(json, "instances");
    json_array(json);
    for (uint32_t i = 0; i < g->nodes.len; i++) {
        const CompNode *node = comp_node(g, i);
        if (node->kind == COMP_NODE_INSTANCE && is_there(node)) json_instance(g, json, node);
    }
    json_end(json);
    json_key(json, "imports");
    json_array(json);
    for (uint32_t i = 0; i < g->nodes.len; i++)
        if (comp_node(g, i)->kind == COMP_NODE_IMPORT && is_there(comp_node(g, i)))
            json_string(json, comp_node(g, i)->name);
    json_end(json);
    json_key(json, "exports");
    json_array(json);
    for (size_t i = 0; i < g->exports.len; i++) {
        json_object(json);
        json_text(json, "name", g->exports.at[i].name.name);
        json_key(json, "from");
        json_object(json);
        json_node(g, json, g->exports.at[i].node);
        json_end(json);
        json_end(json);
    }
    json_end(json);
    json_end(json);
}

/* ---- Graphviz ---- */

/* A string of the language DOT, whatever is in the name. */
static void dot_text(Buf *out, Str text) {
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.ptr[i];
        if (c == '"' || c == '\\') buf_byte(out, '\\');
        buf_byte(out, c < ' ' ? ' ' : c);
    }
}

static void dot_edge(const CompGraph *g, Buf *out, uint32_t from, uint32_t to, Str wanted,
                     bool open) {
    const CompNode *node = comp_node(g, to);
    while (node->kind == COMP_NODE_ALIAS) to = node->of, node = comp_node(g, to);
    Str given = comp_node(g, to)->name;
    buf_fmt(out, "  n%u -> n%u [label=\"", from, to);
    if (!open || !str_eq(given, wanted)) dot_text(out, wanted);
    buf_fmt(out, "\"%s];\n", open ? ", style=dashed" : "");
}

static void dot_nodes(const CompGraph *g, Buf *out) {
    for (uint32_t i = 0; i < g->nodes.len; i++) {
        const CompNode *node = comp_node(g, i);
        if (!is_there(node) || node->kind == COMP_NODE_ALIAS) continue;
        bool instance = node->kind == COMP_NODE_INSTANCE;
        buf_fmt(out, "  n%u [label=\"", i);
        dot_text(out, instance ? instance_name(g, node) : node->name);
        if (instance && !str_eq(instance_name(g, node), comp_part_of(g, node)->name)) {
            buf_str(out, STR("\\n"));
            dot_text(out, comp_part_of(g, node)->name);
        }
        buf_str(out, instance
                         ? STR("\", shape=box, style=\"rounded,filled\", fillcolor=\"#4a90d930\"")
                         : STR("\", shape=plaintext"));
        buf_str(out, STR("];\n"));
    }
}

void comp_graph_dot(const CompGraph *g, Buf *out) {
    buf_str(out, STR("digraph composition {\n"
                     "  rankdir=LR;\n"
                     "  bgcolor=transparent;\n"
                     "  node [fontname=\"sans-serif\", color=\"#808080\", fontcolor=\"#808080\"];\n"
                     "  edge [fontname=\"sans-serif\", fontsize=10, color=\"#808080\", "
                     "fontcolor=\"#808080\"];\n"));
    dot_nodes(g, out);
    for (uint32_t i = 0; i < g->nodes.len; i++) {
        const CompNode *node = comp_node(g, i);
        for (size_t k = 0; k < node->edges.len && is_there(node); k++) {
            const CompEdge *edge = &node->edges.at[k];
            if (edge->node != COMP_NONE)
                dot_edge(g, out, i, edge->node, edge->name, edge_is_open(g, edge));
        }
    }
    for (uint32_t i = 0; i < g->exports.len; i++) {
        uint32_t node = g->exports.at[i].node;
        buf_fmt(out, "  e%u [label=\"", i);
        dot_text(out, g->exports.at[i].name.name);
        buf_str(out, STR("\", shape=plaintext];\n"));
        while (comp_node(g, node)->kind == COMP_NODE_ALIAS) node = comp_node(g, node)->of;
        buf_fmt(out, "  e%u -> n%u;\n", i, node);
    }
    buf_str(out, STR("}\n"));
}
