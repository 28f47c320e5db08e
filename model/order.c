/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The order of packages: each stands after those that it needs, the main one last, and otherwise
 * they keep their order. A depth-first walk with its own stack.
 */
#include "model/internal.h"

typedef struct {
    WitModel *model;
    VEC(WitPackage *) order;
    bool *open; /* by package id: met */
} Order;

typedef struct {
    WitPackage *package;
    size_t next; /* dependency to look at */
    VEC(const WitPackage *) deps;
} OrderFrame;

static void need_interface(Arena *arena, OrderFrame *frame, const WitInterface *interface) {
    if (interface && interface->package && interface->package != frame->package)
        *vec_push(arena, &frame->deps) = interface->package;
}

static void need_uses(Arena *arena, OrderFrame *frame, const WitInterface *interface) {
    for (size_t i = 0; i < interface->types.len; i++)
        need_interface(arena, frame, wit_used_interface(interface->types.at[i]));
}

static void need_items(Arena *arena, OrderFrame *frame, const WitItems *items) {
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        if (item->kind == WIT_ITEM_TYPE)
            need_interface(arena, frame, wit_used_interface(item->type));
        if (item->kind != WIT_ITEM_INTERFACE) continue;
        need_interface(arena, frame, item->interface);
        need_uses(arena, frame, item->interface);
    }
}

static OrderFrame order_frame(Arena *arena, WitPackage *package) {
    OrderFrame frame = {.package = package};
    for (size_t i = 0; i < package->interfaces.len; i++)
        need_uses(arena, &frame, package->interfaces.at[i]);
    for (size_t i = 0; i < package->worlds.len; i++) {
        need_items(arena, &frame, &package->worlds.at[i]->imports);
        need_items(arena, &frame, &package->worlds.at[i]->exports);
    }
    return frame;
}

static void order_from(Order *o, WitPackage *package) {
    Arena *arena = o->model->arena;
    VEC(OrderFrame) stack = {0};
    if (o->open[package->id]) return;
    o->open[package->id] = true;
    *vec_push(arena, &stack) = order_frame(arena, package);
    while (stack.len) {
        OrderFrame *frame = &vec_last(&stack);
        if (frame->next == frame->deps.len) {
            *vec_push(arena, &o->order) = frame->package;
            stack.len--;
            continue;
        }
        WitPackage *dep = o->model->packages.at[frame->deps.at[frame->next++]->id];
        if (o->open[dep->id]) continue;
        o->open[dep->id] = true;
        *vec_push(arena, &stack) = order_frame(arena, dep);
    }
}

void order_packages(WitModel *model) {
    Order o = {.model = model, .open = ARENA_NEW_ARRAY(model->arena, bool, model->packages.len)};
    for (size_t i = 0; i < model->packages.len; i++)
        if (model->packages.at[i] != model->main) order_from(&o, model->packages.at[i]);
    if (model->main) order_from(&o, model->main);
    for (size_t i = 0; i < o.order.len; i++) {
        model->packages.at[i] = o.order.at[i];
        o.order.at[i]->id = (uint32_t)i;
    }
}
