/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc graph`. One graph is made of a model, of what its texts say:
 *
 *     interface ── use, with the types ──▶ interface
 *     world ── import, export ──▶ interface          world ── include ──▶ world
 *     world ── use (also of interfaces in place, and of types) ──▶ interface
 *
 * What a world imports only because something else needs it is no edge: the uses tell it. A level is
 * a view: without worlds; or with each package in place of all that it has. The result is written
 * for Graphviz, with colours that suit light and dark backgrounds alike, or as JSON.
 */
#include "base/json.h"
#include "report/reason.h"
#include "report/report.h"

typedef enum { EDGE_USE, EDGE_IMPORT, EDGE_EXPORT, EDGE_INCLUDE, EDGE_KINDS } EdgeKind;
static const char *const edge_names[EDGE_KINDS] = {"use", "import", "export", "include"};

typedef enum { NODE_INTERFACE, NODE_WORLD, NODE_PACKAGE } NodeKind;
static const char *const node_names[] = {"interface", "world", "package"};

typedef struct {
    NodeKind kind;
    const WitPackage *package;
    Str id, label;
    bool seen; /* is part of the view */
} Node;

typedef struct {
    uint32_t from, to;
    EdgeKind kind;
    VEC(Str) types; /* of USE between interfaces */
} Edge;

typedef struct {
    Arena *arena;
    const WitModel *model;
    ReasonBook book;
    VEC(Node) nodes;
    VEC(Edge) edges;
    Map places; /* interface, world or package -> node */
    Map known;  /* from, to, kind -> edge */
} Graph;

/* ---- the graph of a model ---- */

static void add_node(Graph *g, NodeKind kind, const void *what, const WitPackage *package, Str id,
                     Str label) {
    map_put_ptr(g->arena, &g->places, what, NULL)->value = g->nodes.len;
    *vec_push(g->arena, &g->nodes) =
        (Node){.kind = kind, .package = package, .id = id, .label = label};
}

static Edge *add_edge(Graph *g, uint32_t from, uint32_t to, EdgeKind kind) {
    uint32_t key[] = {from, to, kind};
    bool added;
    Str bytes = {arena_copy(g->arena, key, sizeof key), sizeof key};
    MapEntry *entry = map_put(g->arena, &g->known, bytes, &added);
    if (!added) return &g->edges.at[entry->value];
    entry->value = g->edges.len;
    *vec_push(g->arena, &g->edges) = (Edge){.from = from, .to = to, .kind = kind};
    return &vec_last(&g->edges);
}

/* NULL where `to` has no node: an interface that is written in place. */
static Edge *join(Graph *g, uint32_t from, const void *to, EdgeKind kind) {
    const MapEntry *entry = map_get_ptr(&g->places, to);
    return entry ? add_edge(g, from, (uint32_t)entry->value, kind) : NULL;
}

static void add_uses(Graph *g, uint32_t from, const WitInterface *interface) {
    for (size_t i = 0; i < interface->types.len; i++) {
        const WitInterface *used = wit_used_interface(interface->types.at[i]);
        Edge *edge = used ? join(g, from, used, EDGE_USE) : NULL;
        if (edge) *vec_push(g->arena, &edge->types) = interface->types.at[i]->elem->name;
    }
}

static void add_world(Graph *g, const WitWorld *world) {
    uint32_t from = (uint32_t)map_get_ptr(&g->places, world)->value;
    for (size_t i = 0; i < world->includes.len; i++)
        join(g, from, world->includes.at[i].world, EDGE_INCLUDE);
    const Reasons *reasons = reason_world(&g->book, world);
    for (size_t i = 0; i < reasons->len; i++) {
        const Reason *r = &reasons->at[i];
        if (r->kind == REASON_NEEDED || r->kind == REASON_INCLUDED) continue;
        if (r->item->kind == WIT_ITEM_TYPE) {
            const WitInterface *used = wit_used_interface(r->item->type);
            Edge *edge = used ? join(g, from, used, EDGE_USE) : NULL;
            if (edge) *vec_push(g->arena, &edge->types) = r->item->type->elem->name;
        } else if (r->item->kind == WIT_ITEM_INTERFACE) {
            const WitInterface *interface = r->item->interface;
            if (!join(g, from, interface, r->is_export ? EDGE_EXPORT : EDGE_IMPORT))
                add_uses(g, from, interface);
        }
    }
}

static Graph graph_of(Arena *arena, const WitModel *model) {
    Graph g = {.arena = arena, .model = model, .book = {.arena = arena}};
    for (size_t i = 0; i < model->packages.len; i++) {
        const WitPackage *p = model->packages.at[i];
        for (size_t j = 0; j < p->interfaces.len; j++) {
            const WitInterface *interface = p->interfaces.at[j];
            if (!interface->name.len) continue;
            add_node(&g, NODE_INTERFACE, interface, p, wit_interface_id(arena, interface),
                     interface->name);
        }
        for (size_t j = 0; j < p->worlds.len; j++)
            add_node(&g, NODE_WORLD, p->worlds.at[j], p, wit_world_id(arena, p->worlds.at[j]),
                     p->worlds.at[j]->name);
    }
    for (size_t i = 0; i < model->packages.len; i++) {
        const WitPackage *p = model->packages.at[i];
        for (size_t j = 0; j < p->interfaces.len; j++) {
            const MapEntry *entry = map_get_ptr(&g.places, p->interfaces.at[j]);
            if (entry) add_uses(&g, (uint32_t)entry->value, p->interfaces.at[j]);
        }
        for (size_t j = 0; j < p->worlds.len; j++) add_world(&g, p->worlds.at[j]);
    }
    return g;
}

/* ---- views ---- */

/* What can be reached from a world, or everything. Edges of one node lie scattered, so they are
 * chained first. */
static void mark_seen(Graph *g, const WitWorld *world) {
    if (!world) {
        for (size_t i = 0; i < g->nodes.len; i++) g->nodes.at[i].seen = true;
        return;
    }
    uint32_t *first = ARENA_NEW_ARRAY(g->arena, uint32_t, g->nodes.len); /* edge + 1 */
    uint32_t *next = ARENA_NEW_ARRAY(g->arena, uint32_t, g->edges.len);
    for (size_t i = g->edges.len; i-- > 0;) {
        next[i] = first[g->edges.at[i].from];
        first[g->edges.at[i].from] = (uint32_t)i + 1;
    }
    VEC(uint32_t) queue = {0};
    *vec_push(g->arena, &queue) = (uint32_t)map_get_ptr(&g->places, world)->value;
    g->nodes.at[queue.at[0]].seen = true;
    for (size_t i = 0; i < queue.len; i++)
        for (uint32_t e = first[queue.at[i]]; e; e = next[e - 1]) {
            uint32_t to = g->edges.at[e - 1].to;
            if (g->nodes.at[to].seen) continue;
            g->nodes.at[to].seen = true;
            *vec_push(g->arena, &queue) = to;
        }
}

/* Each package in place of what it has. */
static Graph by_package(const Graph *g) {
    Graph view = {.arena = g->arena, .model = g->model};
    for (size_t i = 0; i < g->nodes.len; i++) {
        const WitPackage *p = g->nodes.at[i].package;
        if (!g->nodes.at[i].seen || map_has_ptr(&view.places, p)) continue;
        Str id = wit_package_id(g->arena, p);
        add_node(&view, NODE_PACKAGE, p, p, id, id);
        vec_last(&view.nodes).seen = true;
    }
    for (size_t i = 0; i < g->edges.len; i++) {
        const Edge *e = &g->edges.at[i];
        const Node *from = &g->nodes.at[e->from], *to = &g->nodes.at[e->to];
        if (!from->seen || !to->seen || from->package == to->package) continue;
        uint32_t place = (uint32_t)map_get_ptr(&view.places, from->package)->value;
        join(&view, place, to->package, e->kind);
    }
    return view;
}

static Graph view_of(Arena *arena, const WitModel *model, const ReportGraphOptions *options) {
    Graph g = graph_of(arena, model);
    mark_seen(&g, options->world);
    if (options->level == REPORT_BY_PACKAGE) return by_package(&g);
    for (size_t i = 0; options->level == REPORT_BY_INTERFACE && i < g.nodes.len; i++)
        if (g.nodes.at[i].kind == NODE_WORLD) g.nodes.at[i].seen = false;
    return g;
}

static bool edge_seen(const Graph *g, const Edge *e) {
    return g->nodes.at[e->from].seen && g->nodes.at[e->to].seen;
}

/* ---- Graphviz ---- */

/* In a string of DOT, `\` begins a sequence and `&` a character by its name. */
static void put_quoted(Buf *out, Str text) {
    buf_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '&') buf_str(out, STR("&amp;"));
        else if (c == '"' || c == '\\') buf_fmt(out, "\\%c", c);
        else buf_byte(out, c < ' ' || c == 0x7f ? ' ' : c);
    }
    buf_byte(out, '"');
}

static void put_node(Buf *out, const Node *node, const char *indent) {
    static const char *const looks[] = {
        [NODE_INTERFACE] = "fillcolor=\"#dbeafe\", color=\"#3b82f6\"",
        [NODE_WORLD] = "fillcolor=\"#fde68a\", color=\"#d97706\", shape=component",
        [NODE_PACKAGE] = "fillcolor=\"#e2e8f0\", color=\"#64748b\", shape=folder",
    };
    buf_str(out, str_from(indent));
    put_quoted(out, node->id);
    buf_fmt(out, " [label=");
    put_quoted(out, node->label);
    buf_fmt(out, ", tooltip=");
    put_quoted(out, node->id);
    buf_fmt(out, ", %s]\n", looks[node->kind]);
}

static void put_edge(Buf *out, const Graph *g, const Edge *edge) {
    static const char *const looks[EDGE_KINDS] = {
        [EDGE_USE] = "color=\"#7c8798\"",
        [EDGE_IMPORT] = "color=\"#3b82f6\"",
        [EDGE_EXPORT] = "color=\"#16a34a\", penwidth=1.6",
        [EDGE_INCLUDE] = "color=\"#d97706\", style=dashed",
    };
    Buf tip = {.arena = g->arena};
    buf_fmt(&tip, "%s", edge_names[edge->kind]);
    for (size_t i = 0; i < edge->types.len; i++)
        buf_fmt(&tip, "%s %.*s", i ? "," : "", STR_ARG(edge->types.at[i]));
    buf_fmt(out, "  ");
    put_quoted(out, g->nodes.at[edge->from].id);
    buf_fmt(out, " -> ");
    put_quoted(out, g->nodes.at[edge->to].id);
    buf_fmt(out, " [%s, tooltip=", looks[edge->kind]);
    put_quoted(out, buf_text(&tip));
    buf_fmt(out, "]\n");
}

static const char dot_head[] =
    "  graph [rankdir=LR, bgcolor=transparent, nodesep=0.15, ranksep=0.9, labelloc=b,\n"
    "         fontname=\"Helvetica,Arial,sans-serif\", fontsize=11, fontcolor=\"#64748b\",\n"
    "         label=<<font color=\"#7c8798\">use</font> &#160; <font "
    "color=\"#3b82f6\">import</font>"
    " &#160; <font color=\"#16a34a\">export</font> &#160;"
    " <font color=\"#d97706\">include (dashed)</font>>]\n"
    "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica,Arial,sans-serif\",\n"
    "        fontsize=11, fontcolor=\"#0f172a\", height=0.3, margin=\"0.12,0.04\"]\n"
    "  edge [arrowsize=0.6]\n";

/* Nodes stand in the order of their packages. */
static void put_clusters(Buf *out, const Graph *g) {
    const WitPackage *open = NULL;
    size_t n = 0;
    for (size_t i = 0; i < g->nodes.len; i++) {
        const Node *node = &g->nodes.at[i];
        if (!node->seen) continue;
        if (node->package != open) {
            if (open) buf_fmt(out, "  }\n");
            open = node->package;
            buf_fmt(out, "  subgraph cluster_%zu {\n    label=", n++);
            put_quoted(out, wit_package_id(g->arena, open));
            buf_fmt(out, "; labelloc=t; labeljust=l; style=rounded; color=\"#94a3b8\"\n");
        }
        put_node(out, node, "    ");
    }
    if (open) buf_fmt(out, "  }\n");
}

void report_graph_dot(Arena *arena, const WitModel *model, const ReportGraphOptions *options,
                      Buf *out) {
    Graph g = view_of(arena, model, options);
    buf_fmt(out, "digraph wit {\n%s", dot_head);
    if (options->level == REPORT_BY_PACKAGE)
        for (size_t i = 0; i < g.nodes.len; i++) put_node(out, &g.nodes.at[i], "  ");
    else put_clusters(out, &g);
    for (size_t i = 0; i < g.edges.len; i++)
        if (edge_seen(&g, &g.edges.at[i])) put_edge(out, &g, &g.edges.at[i]);
    buf_fmt(out, "}\n");
}

/* ---- JSON ---- */

static void json_name(Json *json, const char *key, Str value) {
    json_key(json, key);
    json_string(json, value);
}

static void json_edge(Json *json, const Graph *g, const Edge *edge) {
    json_object(json);
    json_name(json, "from", g->nodes.at[edge->from].id);
    json_name(json, "to", g->nodes.at[edge->to].id);
    json_name(json, "kind", str_from(edge_names[edge->kind]));
    if (edge->types.len) {
        json_key(json, "types");
        json_array(json);
        for (size_t i = 0; i < edge->types.len; i++) json_string(json, edge->types.at[i]);
        json_end(json);
    }
    json_end(json);
}

void report_graph_json(Arena *arena, const WitModel *model, const ReportGraphOptions *options,
                       Buf *out) {
    Graph g = view_of(arena, model, options);
    Json json = json_new(arena, 2);
    json_object(&json);
    json_key(&json, "nodes");
    json_array(&json);
    for (size_t i = 0; i < g.nodes.len; i++) {
        const Node *node = &g.nodes.at[i];
        if (!node->seen) continue;
        json_object(&json);
        json_name(&json, "id", node->id);
        json_name(&json, "kind", str_from(node_names[node->kind]));
        json_name(&json, "package", wit_package_id(arena, node->package));
        json_name(&json, "name", node->label);
        json_end(&json);
    }
    json_end(&json);
    json_key(&json, "edges");
    json_array(&json);
    for (size_t i = 0; i < g.edges.len; i++)
        if (edge_seen(&g, &g.edges.at[i])) json_edge(&json, &g, &g.edges.at[i]);
    json_end(&json);
    json_end(&json);
    buf_str(out, buf_text(&json.out));
    buf_byte(out, '\n');
}
