/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Validation of a module (core specification 3.5): sections in the order of the binary format, so
 * that what a section may refer to has been checked. Types get canonical ids as they are checked
 * (check_type.c); bodies come last (check_code.c). Each item is checked for itself and a fault in
 * one does not hide those of the next. */
#include "core/internal.h"

/* A fault of an item that stands at an offset of the source. */
#define ITEM_FAIL(c, offset, code, ...)                                                            \
    core_refused(diag((c)->diags, code, item_span((c), (offset)), ##__VA_ARGS__))

static Span item_span(const CoreChecker *c, uint32_t offset) {
    return c->m->source ? (Span){c->m->source, offset, offset} : span_none();
}

static bool on(const CoreChecker *c, Feature feature) {
    return (c->features & FEATURE_BIT(feature)) != 0;
}

/* ---- types of items ---- */

static const CoreType *func_type(CoreChecker *c, uint32_t index, uint32_t offset) {
    if (index >= c->known_types) {
        ITEM_FAIL(c, offset, CORE_UNKNOWN_TYPE, index);
        return NULL;
    }
    const CoreType *t = core_space_type(c->space, c->ids[index]);
    if (t->kind == CORE_TYPE_FUNC) return t;
    ITEM_FAIL(c, offset, CORE_NOT_FUNC_TYPE, index);
    return NULL;
}

static bool is_shared_val(CoreChecker *c, CoreValType t) {
    if (!core_is_ref(t)) return true;
    if (core_is_concrete(t)) return core_space_type(c->space, core_type_index(t))->shared;
    return (t & CORE_SHARED) != 0;
}

static bool check_table_type(CoreChecker *c, const CoreTable *table) {
    const CoreLimits *limits = &table->limits;
    uint32_t at = table->offset;
    CoreValType t = table->type;
    if (t != CORE_FUNCREF) {
        t = core_check_val(c, t, item_span(c, at));
        if (t == CORE_BOTTOM) return false;
    }
    if (limits->has_max && limits->min > limits->max) return ITEM_FAIL(c, at, CORE_LIMITS);
    if (limits->is_64 && !on(c, FEATURE_MEMORY64))
        return ITEM_FAIL(c, at, CORE_MEMORY64_OFF, "tables");
    if (limits->shared && !on(c, FEATURE_SHARED_EVERYTHING_THREADS))
        return ITEM_FAIL(c, at, CORE_SHARED_OFF, "tables");
    uint64_t most = limits->is_64 ? UINT64_MAX : UINT32_MAX;
    if (limits->min > most || (limits->has_max && limits->max > most))
        return ITEM_FAIL(c, at, CORE_TABLE_SIZE, most);
    if (limits->shared && !is_shared_val(c, t)) return ITEM_FAIL(c, at, CORE_SHARED_TABLE);
    return true;
}

/* The most pages that fit the address type. */
static uint64_t most_pages(const CoreLimits *limits) {
    if (limits->is_64)
        return limits->page_log2 == 0 ? UINT64_MAX : (uint64_t)1 << (64 - limits->page_log2);
    return limits->page_log2 == 0 ? UINT32_MAX : (uint64_t)1 << (32 - limits->page_log2);
}

static bool check_memory_type(CoreChecker *c, const CoreMemory *memory) {
    const CoreLimits *limits = &memory->limits;
    uint32_t at = memory->offset;
    if (limits->has_max && limits->min > limits->max) return ITEM_FAIL(c, at, CORE_LIMITS);
    if (limits->is_64 && !on(c, FEATURE_MEMORY64))
        return ITEM_FAIL(c, at, CORE_MEMORY64_OFF, "memories");
    if (limits->shared && !on(c, FEATURE_THREADS)) return ITEM_FAIL(c, at, CORE_THREADS_OFF);
    if (limits->has_page && !on(c, FEATURE_CUSTOM_PAGE_SIZES))
        return ITEM_FAIL(c, at, CORE_PAGE_SIZE_OFF, 8);
    if (limits->page_log2 != 0 && limits->page_log2 != 16) return ITEM_FAIL(c, at, CORE_PAGE_SIZE);
    uint64_t most = most_pages(limits);
    if (limits->min > most || (limits->has_max && limits->max > most)) {
        if (most == 65536) return ITEM_FAIL(c, at, CORE_MEMORY_SIZE_32);
        return ITEM_FAIL(c, at, CORE_MEMORY_SIZE, most, 1u << limits->page_log2);
    }
    if (limits->shared && !limits->has_max) return ITEM_FAIL(c, at, CORE_SHARED_MEMORY_MAX);
    return true;
}

static bool check_global_type(CoreChecker *c, const CoreGlobal *global) {
    CoreValType t = core_check_val(c, global->type, item_span(c, global->offset));
    if (t == CORE_BOTTOM) return false;
    if (global->shared && !on(c, FEATURE_SHARED_EVERYTHING_THREADS))
        return ITEM_FAIL(c, global->offset, CORE_SHARED_GLOBALS_OFF);
    if (global->shared && !is_shared_val(c, t))
        return ITEM_FAIL(c, global->offset, CORE_SHARED_GLOBAL);
    return true;
}

static bool check_tag(CoreChecker *c, const CoreTag *tag) {
    if (!on(c, FEATURE_EXCEPTIONS)) return ITEM_FAIL(c, tag->offset, CORE_EXCEPTIONS_OFF);
    const CoreType *t = func_type(c, tag->type, tag->offset);
    if (!t) return false;
    if (t->result_count && !on(c, FEATURE_STACK_SWITCHING))
        return ITEM_FAIL(c, tag->offset, CORE_TAG_RESULTS);
    return true;
}

/* ---- constant expressions ---- */

static bool check_const(CoreChecker *c, const CoreExpr *expr, CoreValType want) {
    core_check_expr(c, expr, &want, 1);
    return !c->failed;
}

static bool check_offset(CoreChecker *c, const CoreExpr *expr, const CoreLimits *limits) {
    return check_const(c, expr, limits->is_64 ? CORE_I64 : CORE_I32);
}

/* ---- sections ---- */

static bool check_imports(CoreChecker *c) {
    bool good = true;
    for (size_t i = 0; i < c->m->imports.len; i++) {
        const CoreImport *import = &c->m->imports.at[i];
        uint32_t k = import->index;
        switch (import->kind) {
        case CORE_FUNC:
            if (!func_type(c, c->m->funcs.at[k].type, import->offset)) good = false;
            if (c->m->funcs.at[k].exact && !on(c, FEATURE_CUSTOM_DESCRIPTORS))
                good = ITEM_FAIL(c, import->offset, CORE_EXACT_OFF);
            break;
        case CORE_TABLE: good &= check_table_type(c, &c->m->tables.at[k]); break;
        case CORE_MEMORY: good &= check_memory_type(c, &c->m->memories.at[k]); break;
        case CORE_GLOBAL:
            good &= check_global_type(c, &c->m->globals.at[k]);
            if (c->m->globals.at[k].mutable && !on(c, FEATURE_MUTABLE_GLOBAL))
                good = ITEM_FAIL(c, import->offset, CORE_MUTABLE_GLOBAL_OFF);
            break;
        case CORE_TAG: good &= check_tag(c, &c->m->tags.at[k]); break;
        }
    }
    return good;
}

static bool check_funcs(CoreChecker *c) {
    bool good = true;
    for (size_t i = c->m->imported[CORE_FUNC]; i < c->m->funcs.len; i++)
        if (!func_type(c, c->m->funcs.at[i].type, c->m->funcs.at[i].offset)) good = false;
    return good;
}

static bool check_table(CoreChecker *c, const CoreTable *table) {
    if (!check_table_type(c, table)) return false;
    if (!table->has_init)
        return core_is_nullable(table->type) || ITEM_FAIL(c, table->offset, CORE_TABLE_DEFAULT);
    if (!on(c, FEATURE_FUNCTION_REFERENCES))
        return ITEM_FAIL(c, table->offset, CORE_TABLE_INIT_OFF);
    return check_const(c, &table->init, core_space_val(c->ids, table->type));
}

static bool check_tables(CoreChecker *c) {
    bool good = true;
    size_t most = on(c, FEATURE_REFERENCE_TYPES) ? CORE_LIMIT_TABLES : 1;
    if (c->m->tables.len > most)
        good = ITEM_FAIL(c, c->m->tables.at[most].offset, CORE_MULTIPLE, "tables", (uint32_t)most);
    for (size_t i = c->m->imported[CORE_TABLE]; i < c->m->tables.len; i++)
        good &= check_table(c, &c->m->tables.at[i]);
    return good;
}

static bool check_memories(CoreChecker *c) {
    bool good = true;
    size_t most = on(c, FEATURE_MULTI_MEMORY) ? CORE_LIMIT_MEMORIES : 1;
    if (c->m->memories.len > most)
        good =
            ITEM_FAIL(c, c->m->memories.at[most].offset, CORE_MULTIPLE, "memories", (uint32_t)most);
    for (size_t i = c->m->imported[CORE_MEMORY]; i < c->m->memories.len; i++)
        good &= check_memory_type(c, &c->m->memories.at[i]);
    return good;
}

static bool check_tags(CoreChecker *c) {
    bool good = true;
    uint32_t section = c->m->section_offset[CORE_SECTION_TAG]; /* it may be empty */
    if (section && !on(c, FEATURE_EXCEPTIONS)) return ITEM_FAIL(c, section, CORE_EXCEPTIONS_OFF);
    for (size_t i = c->m->imported[CORE_TAG]; i < c->m->tags.len; i++)
        good &= check_tag(c, &c->m->tags.at[i]);
    return good;
}

/* A global's expression may use the globals before it. */
static bool check_globals(CoreChecker *c) {
    bool good = true;
    for (size_t i = c->m->imported[CORE_GLOBAL]; i < c->m->globals.len; i++) {
        const CoreGlobal *global = &c->m->globals.at[i];
        c->known_globals = (uint32_t)i;
        good = check_global_type(c, global) &&
               check_const(c, &global->init, core_space_val(c->ids, global->type)) && good;
    }
    c->known_globals = (uint32_t)c->m->globals.len;
    return good;
}

static bool check_exports(CoreChecker *c) {
    static const char *const words[] = {"function", "table", "memory", "global", "tag"};
    bool good = true;
    Map seen = {0};
    for (size_t i = 0; i < c->m->exports.len; i++) {
        const CoreExport *export = &c->m->exports.at[i];
        uint32_t k = export->index;
        bool added;
        map_put(c->arena, &seen, export->name, &added);
        if (!added) {
            good = ITEM_FAIL(c, export->offset, CORE_DUPLICATE_EXPORT, STR_ARG(export->name));
        } else if (k >= core_count(c->m, export->kind)) {
            const char *what = words[export->kind];
            good = ITEM_FAIL(c, export->offset, CORE_UNKNOWN_EXPORT, what, k, what);
        } else if (export->kind == CORE_GLOBAL && c->m->globals.at[k].mutable &&
                   !on(c, FEATURE_MUTABLE_GLOBAL)) {
            good = ITEM_FAIL(c, export->offset, CORE_MUTABLE_GLOBAL_OFF);
        } else if (export->kind == CORE_FUNC) {
            c->declared[k] = 1;
        }
    }
    return good;
}

static bool check_start(CoreChecker *c) {
    if (!c->m->has_start) return true;
    if (c->m->start >= c->m->funcs.len)
        return ITEM_FAIL(c, c->m->start_offset, CORE_UNKNOWN_FUNC, c->m->start);
    const CoreType *t = func_type(c, c->m->funcs.at[c->m->start].type, c->m->start_offset);
    if (!t) return false;
    return (t->param_count == 0 && t->result_count == 0) ||
           ITEM_FAIL(c, c->m->start_offset, CORE_START_TYPE);
}

static bool check_elem_items(CoreChecker *c, const CoreElem *e, CoreValType t) {
    bool good = true;
    for (uint32_t i = 0; i < e->count; i++) {
        if (core_elem_has_exprs(e)) {
            good &= check_const(c, &e->exprs[i], t);
        } else if (e->funcs[i] >= c->m->funcs.len) {
            good = ITEM_FAIL(c, e->offset, CORE_UNKNOWN_FUNC, e->funcs[i]);
        } else {
            c->declared[e->funcs[i]] = 1;
        }
    }
    return good;
}

static bool check_elem(CoreChecker *c, const CoreElem *e) {
    CoreValType t = e->type;
    if (core_elem_has_exprs(e) && t != CORE_FUNCREF)
        t = core_check_val(c, t, item_span(c, e->offset));
    if (t == CORE_BOTTOM) return false;
    bool good = true;
    if (!core_elem_active(e)) {
        if (!on(c, FEATURE_BULK_MEMORY)) good = ITEM_FAIL(c, e->offset, CORE_BULK_MEMORY_OFF);
    } else if (e->table >= c->m->tables.len) {
        good = ITEM_FAIL(c, e->offset, CORE_UNKNOWN_TABLE, e->table);
    } else {
        const CoreTable *table = &c->m->tables.at[e->table];
        CoreValType want = core_space_val(c->ids, table->type);
        if (!core_space_matches(c->space, t, want))
            good = ITEM_FAIL(c, e->offset, CORE_ELEM_TYPE, STR_ARG(core_check_text(c, t)),
                             STR_ARG(core_check_text(c, want)));
        good &= check_offset(c, &e->start, &table->limits);
    }
    return check_elem_items(c, e, t) && good;
}

static bool check_data(CoreChecker *c, const CoreData *data) {
    if (!core_data_active(data))
        return on(c, FEATURE_BULK_MEMORY) || ITEM_FAIL(c, data->offset, CORE_PASSIVE_DATA_OFF);
    if (data->memory >= c->m->memories.len)
        return ITEM_FAIL(c, data->offset, CORE_UNKNOWN_MEMORY, data->memory);
    CoreExpr start = core_data_start(data);
    return check_offset(c, &start, &c->m->memories.at[data->memory].limits);
}

static bool check_segments(CoreChecker *c) {
    bool good = true;
    for (size_t i = 0; i < c->m->elems.len; i++) good &= check_elem(c, &c->m->elems.at[i]);
    c->declares = false; /* what stands after the code cannot declare for it */
    for (size_t i = 0; i < c->m->datas.len; i++) good &= check_data(c, &c->m->datas.at[i]);
    return good;
}

/* ---- entry points ---- */

CoreChecker *core_checker_new(Arena *arena, const CoreModule *m, Features features, Diags *diags) {
    CoreChecker *c = ARENA_NEW(arena, CoreChecker);
    *c = (CoreChecker){.arena = arena, .m = m, .features = features, .diags = diags};
    c->space = core_space_new(arena);
    c->ids = ARENA_NEW_ARRAY(arena, uint32_t, m->types.len);
    c->indices = ARENA_NEW_ARRAY(arena, uint32_t, m->types.len);
    c->declared = ARENA_NEW_ARRAY(arena, uint8_t, m->funcs.len);
    return c;
}

CoreChecker *core_checker_share(Arena *arena, const CoreChecker *of, Diags *diags) {
    CoreChecker *c = ARENA_NEW(arena, CoreChecker);
    *c = (CoreChecker){.arena = arena,
                       .m = of->m,
                       .features = of->features,
                       .diags = diags,
                       .space = of->space,
                       .ids = of->ids,
                       .indices = of->indices,
                       .known_ids = of->known_ids,
                       .known_types = of->known_types,
                       .known_globals = of->known_globals,
                       .declared = of->declared,
                       .quick = of->quick};
    return c;
}

bool core_check_items(CoreChecker *c) {
    /* Everything refers to types: without them there is nothing more to say. */
    if (!core_check_types(c)) return false;
    c->constant = c->declares = true;
    c->known_globals = c->m->imported[CORE_GLOBAL];
    bool good = check_imports(c);
    good &= check_funcs(c);
    good &= check_tables(c);
    good &= check_memories(c);
    good &= check_tags(c);
    if (!good) return false; /* what follows relies on the types of items */
    good &= check_globals(c);
    good &= check_exports(c);
    good &= check_start(c);
    good &= check_segments(c);
    c->constant = false;
    return good;
}

bool core_check_module(CoreChecker *c) {
    if (!core_check_items(c)) return false;
    core_quick_start(c, NULL);
    return true;
}

/* Runs of locals can be long and cost few bytes, so only the first locals are spread out. */
static void set_locals(CoreChecker *c, const CoreFunc *f, const CoreType *t) {
    if (!c->locals)
        c->locals = ARENA_NEW_ARRAY(c->arena, CoreValType, CORE_LIMIT_PARAMS + CORE_FLAT_LOCALS);
    c->serial++;
    c->param_count = c->local_count = c->flat_count = t->param_count;
    for (uint32_t i = 0; i < t->param_count; i++) c->locals[i] = t->params[i];
    c->runs.len = 0;
    for (uint32_t i = 0; i < f->local_runs; i++) {
        uint32_t count = f->locals[i].count;
        if (count == 0) continue;
        CoreValType type = core_check_val(c, f->locals[i].type, item_span(c, f->offset));
        uint32_t flat = c->param_count + CORE_FLAT_LOCALS - c->flat_count;
        c->local_count += count;
        *vec_push(c->arena, &c->runs) = (CoreLocals){.count = c->local_count, .type = type};
        for (uint32_t k = 0; k < count && k < flat; k++) c->locals[c->flat_count++] = type;
    }
}

bool core_check_func(CoreChecker *c, uint32_t index) {
    if (index < c->m->imported[CORE_FUNC]) return true;
    if (!c->ids || index >= c->m->funcs.len)
        return false; /* its types were not checked, or are wrong */
    const CoreFunc *f = &c->m->funcs.at[index];
    const CoreType *t = core_space_type(c->space, c->ids[f->type]);
    if (core_local_count(c->m, f) > CORE_LIMIT_LOCALS)
        return ITEM_FAIL(c, f->offset, CORE_TOO_MANY_LOCALS, CORE_LIMIT_LOCALS);
    c->failed = false;
    set_locals(c, f, t);
    if (c->failed) return false;
    c->shared = t->shared;
    core_check_expr(c, &f->body, t->results, t->result_count);
    c->shared = false;
    return !c->failed;
}
