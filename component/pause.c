/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * While a component's realloc runs it must not call imports: that traps. The allocators of languages
 * with garbage collection do not know: to make room they collect, measure how long that takes, and
 * look whether a timer has run out. Through an adapter these are calls of imports.
 *
 * So where the main module's realloc may come to ask for the time, calls of it are wrapped, as those
 * of everything are that has a hook for tasks, and the adapter is told before and after. Its clocks
 * stand still meanwhile, and waiting is over at once.
 */
#include "component/componentize.h"

static const char pause_name[] = "adapter_monotonic_clock_set_paused";

static bool asks_for_time(const CoreImport *import, const LinkModule *adapter) {
    return import->kind == CORE_FUNC && str_eq(import->module, adapter->name) &&
           (str_is(import->name, "clock_time_get") || str_is(import->name, "poll_oneoff"));
}

typedef struct {
    Arena *arena;
    const CoreModule *m;
    bool *seen; /* a function */
    VEC(uint32_t) work;
    bool seen_elems;
} Walk;

static void reach(Walk *w, uint32_t func) {
    if (func >= w->m->funcs.len || w->seen[func]) return;
    w->seen[func] = true;
    *vec_push(w->arena, &w->work) = func;
}

static void reach_by(Walk *w, const CoreExpr *expr);

/* What an indirect call may call. */
static void reach_elems(Walk *w) {
    if (w->seen_elems) return;
    w->seen_elems = true;
    for (size_t i = 0; i < w->m->elems.len; i++) {
        const CoreElem *e = &w->m->elems.at[i];
        for (uint32_t k = 0; k < e->count; k++) {
            if (core_elem_has_exprs(e)) reach_by(w, &e->exprs[k]);
            else reach(w, e->funcs[k]);
        }
    }
}

static void reach_by(Walk *w, const CoreExpr *expr) {
    Reader r = core_expr_reader(w->m, expr, NULL);
    CoreInstr in;
    while (!reader_at_end(&r) && core_instr_next(&r, &in)) {
        if (core_op_info[in.op].imm == CORE_IMM_FUNC) reach(w, in.a);
        else if (in.op == CORE_OP_CALL_INDIRECT || in.op == CORE_OP_RETURN_CALL_INDIRECT ||
                 in.op == CORE_OP_CALL_REF || in.op == CORE_OP_RETURN_CALL_REF)
            reach_elems(w);
    }
}

/* Whether a call of this export may come to an import that asks for the time. */
static bool may_ask(Linker *l, const LinkModule *m, Str name, const LinkModule *adapter) {
    Walk w = {.arena = l->arena, .m = m->core};
    w.seen = ARENA_NEW_ARRAY(l->arena, bool, m->core->funcs.len);
    reach(&w, comp_module_export(m, name)->index);
    while (w.work.len) {
        const CoreFunc *f = &m->core->funcs.at[w.work.at[--w.work.len]];
        if (f->import == CORE_NONE) reach_by(&w, &f->body);
        else if (asks_for_time(&m->core->imports.at[f->import], adapter)) return true;
    }
    return false;
}

void comp_link_pause(Linker *l) {
    LinkModule *m = link_main(l);
    if (l->plan || m->task_hook.len) return;
    for (size_t i = 1; i < l->modules.len; i++) {
        LinkModule *adapter = l->modules.at[i];
        bool asks = false;
        if (!adapter->is_adapter || !comp_module_export(adapter, str_from(pause_name))) continue;
        for (size_t k = 0; k < m->core->imports.len; k++) {
            asks |= asks_for_time(&m->core->imports.at[k], adapter);
            /* The module knows about it and does it itself. */
            if (str_is(m->core->imports.at[k].name, pause_name)) return;
        }
        if (!asks) continue;
        for (int import = 0; import < 2; import++) {
            Str name;
            if (!comp_realloc_of(l, m, import, &name) || !may_ask(l, m, name, adapter)) continue;
            l->hook = str_from(pause_name);
            l->hook_owner = l->pauser = adapter;
            return;
        }
    }
}
