/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* `package ns:name targets other:pkg/world;`: whether what a program makes fits that world. */
#include "wac/internal.h"

static bool target_world(WacContext *c, CompEntity *world) {
    const WacPath *path = &c->program.targets;
    Str id;
    if (!str_eq(path->package, c->program.package.package)) {
        if (!wac_package_item(c, path, world, &id)) return false;
    } else {
        const MapEntry *e = wac_named(c, path->item);
        if (!e) return false;
        *world = wac_node(c, (uint32_t)e->value)->entity;
    }
    if (world->component) return true;
    Str kind = comp_entity_kind(world);
    diag(c->diags, WAC_NOT_A, path->span, STR_ARG(path->text), STR_ARG(kind), "a world");
    return false;
}

/* An import of the result must be one of the world, and be no more than that gives. */
bool wac_check_target(WacContext *c) {
    CompEntity world = {0};
    if (!target_world(c, &world)) return false;
    Str target = c->program.targets.text, why;
    bool ok = true;
    for (uint32_t i = 0; i < c->graph->nodes.len; i++) {
        const CompNode *item = wac_node(c, i);
        if (item->kind != COMP_NODE_IMPORT) continue;
        Str name = item->name;
        const CompExtern *want = comp_extern_find(&world.component->imports, name);
        if (!want) {
            diag(c->diags, WAC_TARGET_IMPORT, item->span, STR_ARG(target), STR_ARG(name));
            ok = false;
        } else if (!comp_graph_fits(c->graph, &want->entity, &item->entity, false, &why)) {
            diag(c->diags, WAC_TARGET_MISMATCH, item->span, "import", STR_ARG(name),
                 STR_ARG(target), STR_ARG(why));
            ok = false;
        }
    }
    for (size_t i = 0; i < world.component->exports.len; i++) {
        const CompExtern *want = &world.component->exports.at[i];
        const MapEntry *e = map_get(&c->graph->exports_by_name, want->name.name);
        if (!e) {
            diag(c->diags, WAC_TARGET_EXPORT, c->program.targets.span, STR_ARG(target),
                 STR_ARG(want->name.name));
            ok = false;
            continue;
        }
        const CompNode *item = wac_node(c, c->graph->exports.at[e->value].node);
        if (comp_graph_fits(c->graph, &item->entity, &want->entity, false, &why)) continue;
        diag(c->diags, WAC_TARGET_MISMATCH, c->graph->exports.at[e->value].span, "export",
             STR_ARG(want->name.name), STR_ARG(target), STR_ARG(why));
        ok = false;
    }
    return ok;
}
