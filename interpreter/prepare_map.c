/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Which registers hold references, for the collector (collect.c).
 *
 * Locals always do. Temporaries are noted where control can stand while the collector runs: at calls,
 * allocations and throws. What is on the stack there is a chain of nodes, from the top down; two
 * places share the nodes of what has not left the stack in between, so that all maps together are
 * no larger than the body:
 *
 *     stack  [a][7][b][c]         nodes   a <- b <- c        place 1: c
 *     pop c, push d               nodes   a <- b <- d        place 2: d
 *
 * A reference that still stands for a local is sent home there, once: from then on its place is
 * certain. Code without references has no map.
 */
#include "interpreter/prepare.h"

void vm_ref_map_free(const Allocator *memory, VmRefMap *map) {
    alloc_free(memory, map->locals);
    alloc_free(memory, map->points);
    alloc_free(memory, map->nodes);
}

void vm_top_is_kind(Prepare *p, VmRefKind kind) {
    if (kind == VM_NO_REF || p->failed) return;
    Entry *e = &p->stack[p->height - 1];
    if (e->ref) return;
    if (!grow(p, &p->refs, p->ref_count, &p->ref_cap, sizeof *p->refs)) {
        p->failed = true;
        return;
    }
    e->ref = (uint8_t)kind;
    if (p->known_refs > p->ref_count) p->known_refs = p->ref_count;
    p->refs[p->ref_count++].entry = p->height - 1;
}

void vm_top_is(Prepare *p, CoreValType type) {
    vm_top_is_kind(p, vm_ref_kind(p->core->types.at, type));
}

/* Entries that stand for locals leave the chains of those, highest first. */
static void send_refs_home(Prepare *p) {
    for (uint32_t i = p->ref_count; i > p->known_refs; i--) {
        Entry *e = &p->stack[p->refs[i - 1].entry];
        if (e->kind == LOCAL) p->local_chain[e->local] = e->chain;
        if (e->kind != TEMP) send_home(p, e);
    }
}

uint32_t vm_refs_here(Prepare *p) {
    if (p->ref_count == 0 || p->failed) return 0;
    if (p->known_refs > p->ref_count) p->known_refs = p->ref_count;
    send_refs_home(p);
    VmRefMap *map = &p->map;
    for (uint32_t i = p->known_refs; i < p->ref_count; i++) {
        const Entry *e = &p->stack[p->refs[i].entry];
        if (!grow(p, &map->nodes, map->node_count, &map->node_cap, sizeof *map->nodes)) {
            p->failed = true;
            return 0;
        }
        map->nodes[map->node_count++] = (VmRefNode){e->home, e->ref, i ? p->refs[i - 1].node : 0};
        p->refs[i].node = map->node_count;
    }
    p->known_refs = p->ref_count;
    return p->refs[p->ref_count - 1].node;
}

void vm_refs_at(Prepare *p, uint32_t word, uint32_t refs) {
    VmRefMap *map = &p->map;
    if (!refs || p->failed) return;
    if (!grow(p, &map->points, map->point_count, &map->point_cap, sizeof *map->points))
        p->failed = true;
    else map->points[map->point_count++] = (VmRefPoint){word, refs};
}

static bool note_local(Prepare *p, uint32_t index, VmRefKind kind) {
    VmRefMap *map = &p->map;
    VmStore *store = p->store;
    if (!p->local_ref)
        p->local_ref = alloc_new(&store->memory, core_local_count(p->core, p->func), 1);
    if (!p->local_ref) return vm_no_memory(store);
    if (!grow(p, &map->locals, map->local_count, &map->local_cap, sizeof *map->locals))
        return false;
    p->local_ref[index] = (uint8_t)kind;
    map->locals[map->local_count++] = (VmRefNode){p->local_register[index], (uint16_t)kind, 0};
    return true;
}

bool vm_map_locals(Prepare *p) {
    const CoreType *type = core_func_type_at(p->core, p->func->type), *types = p->core->types.at;
    uint32_t n = 0;
    for (uint32_t i = 0; i < type->param_count; i++, n++) {
        VmRefKind kind = vm_ref_kind(types, type->params[i]);
        if (kind != VM_NO_REF && !note_local(p, n, kind)) return false;
    }
    for (uint32_t run = 0; run < p->func->local_runs; run++) {
        VmRefKind kind = vm_ref_kind(types, p->func->locals[run].type);
        for (uint32_t k = 0; kind != VM_NO_REF && k < p->func->locals[run].count; k++)
            if (!note_local(p, n + k, kind)) return false;
        n += p->func->locals[run].count;
    }
    return true;
}
