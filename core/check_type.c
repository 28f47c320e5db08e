/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Validation of types (core specification 3.2): a recursion group at a time. Its references may go
 * back to earlier groups and around in the group itself; once these hold, the group is entered
 * into the checker's space, and what compares types (subtyping, descriptors) works on ids. */
#include "core/internal.h"

#define TYPE_FAIL(c, t, code, ...)                                                                 \
    core_refused(diag((c)->diags, code, type_span((c), (t)), ##__VA_ARGS__))

static Span type_span(const CoreChecker *c, const CoreType *t) {
    return c->m->source ? (Span){c->m->source, t->offset, t->offset} : span_none();
}

static bool on(const CoreChecker *c, Feature feature) {
    return (c->features & FEATURE_BIT(feature)) != 0;
}

/* ---- value types ---- */

/* The gates of a reference to an abstract heap type. */
static bool check_heap_gate(CoreChecker *c, CoreValType t, Span span) {
    CoreHeap heap = core_heap(t);
    if (heap != CORE_HEAP_FUNC && heap != CORE_HEAP_EXN && !on(c, FEATURE_GC_TYPES)) {
        diag(c->diags, CORE_GC_TYPES_OFF, span);
    } else if (heap == CORE_HEAP_FUNC || heap == CORE_HEAP_EXTERN) {
        if (core_is_nullable(t) || on(c, FEATURE_FUNCTION_REFERENCES)) return true;
        diag(c->diags, CORE_NON_NULL_OFF, span);
    } else if (heap == CORE_HEAP_EXN || heap == CORE_HEAP_NOEXN) {
        if (on(c, FEATURE_EXCEPTIONS)) return true;
        diag(c->diags, CORE_EXN_OFF, span);
    } else if (heap == CORE_HEAP_CONT || heap == CORE_HEAP_NOCONT) {
        if (on(c, FEATURE_STACK_SWITCHING)) return true;
        diag(c->diags, CORE_CONT_OFF, span);
    } else {
        if (on(c, FEATURE_GC)) return true;
        diag(c->diags, CORE_HEAP_OFF, span);
    }
    return false;
}

static bool check_ref_gates(CoreChecker *c, CoreValType t, Span span) {
    if (!on(c, FEATURE_REFERENCE_TYPES)) {
        diag(c->diags, CORE_REFERENCES_OFF, span);
    } else if (core_is_concrete(t) && !on(c, FEATURE_FUNCTION_REFERENCES) && !on(c, FEATURE_GC)) {
        diag(c->diags, CORE_INDEX_REFERENCES_OFF, span);
    } else if ((t & CORE_EXACT) && !on(c, FEATURE_CUSTOM_DESCRIPTORS)) {
        diag(c->diags, CORE_EXACT_OFF, span);
    } else if ((t & CORE_SHARED) && !on(c, FEATURE_SHARED_EVERYTHING_THREADS)) {
        diag(c->diags, CORE_SHARED_REFERENCES_OFF, span);
    } else {
        return core_is_concrete(t) || check_heap_gate(c, t, span);
    }
    return false;
}

/* Gates and bounds; indices below `limit` are known. */
static bool check_val(CoreChecker *c, CoreValType t, uint32_t limit, Span span) {
    if (core_is_ref(t)) {
        if (core_is_concrete(t) && core_type_index(t) >= limit) {
            diag(c->diags, CORE_UNKNOWN_TYPE, span, core_type_index(t));
            return false;
        }
        return check_ref_gates(c, t, span);
    }
    if (t == CORE_V128 && !on(c, FEATURE_SIMD)) {
        diag(c->diags, CORE_SIMD_OFF, span);
        return false;
    }
    if ((t == CORE_F32 || t == CORE_F64) && !on(c, FEATURE_FLOATS)) {
        diag(c->diags, CORE_FLOATS_OFF, span);
        return false;
    }
    return true;
}

CoreValType core_check_val(CoreChecker *c, CoreValType t, Span span) {
    if (check_val(c, t, c->known_types, span)) return core_space_val(c->ids, t);
    c->failed = true;
    return CORE_BOTTOM;
}

const CoreType *core_check_type(CoreChecker *c, uint32_t index, CoreTypeKind kind) {
    static const char *const words[] = {"func", "struct", "array", "continuation"};
    if (index >= c->known_types) {
        CORE_FAIL(c, CORE_UNKNOWN_TYPE_USE, index);
        return NULL;
    }
    const CoreType *t = core_space_type(c->space, c->ids[index]);
    if (t->kind != kind) {
        if (kind == CORE_TYPE_CONT) CORE_FAIL(c, CORE_NOT_CONT, index);
        else CORE_FAIL(c, CORE_TYPE_KIND, words[kind], index, words[t->kind]);
        return NULL;
    }
    if (c->shared && !t->shared) {
        static const char *const plural[] = {"functions", "structs", "arrays", "continuations"};
        CORE_FAIL(c, CORE_UNSHARED, plural[kind]);
        return NULL;
    }
    return t;
}

/* ---- definitions ---- */

static bool check_kind_gate(CoreChecker *c, const CoreType *t) {
    if (t->shared && !on(c, FEATURE_SHARED_EVERYTHING_THREADS))
        return TYPE_FAIL(c, t, CORE_SHARED_OFF, "composite types");
    if ((!t->final || t->super != CORE_NONE) && !on(c, FEATURE_GC))
        return TYPE_FAIL(c, t, CORE_GC_OFF, "to use subtypes");
    switch (t->kind) {
    case CORE_TYPE_FUNC:
        if (t->result_count > 1 && !on(c, FEATURE_MULTI_VALUE))
            return TYPE_FAIL(c, t, CORE_MULTI_RESULT_OFF);
        return true;
    case CORE_TYPE_STRUCT:
    case CORE_TYPE_ARRAY:
        if (!on(c, FEATURE_GC))
            return TYPE_FAIL(c, t, CORE_GC_KIND_OFF,
                             t->kind == CORE_TYPE_STRUCT ? "struct" : "array");
        if (!on(c, FEATURE_GC_TYPES)) return TYPE_FAIL(c, t, CORE_GC_TYPES_OFF);
        return true;
    case CORE_TYPE_CONT: return on(c, FEATURE_STACK_SWITCHING) || TYPE_FAIL(c, t, CORE_CONT_OFF);
    }
    return true;
}

/* The parts of a type refer to what is known, or to its own group, which ends at `limit`. */
static bool check_parts(CoreChecker *c, const CoreType *t, uint32_t limit) {
    Span span = type_span(c, t);
    bool good = true;
    for (uint32_t i = 0; i < t->param_count; i++)
        good = good && check_val(c, t->params[i], limit, span);
    for (uint32_t i = 0; i < t->result_count; i++)
        good = good && check_val(c, t->results[i], limit, span);
    for (uint32_t i = 0; i < t->field_count; i++)
        good = good && check_val(c, t->fields[i].type, limit, span);
    if (t->kind == CORE_TYPE_CONT && t->cont >= limit)
        return TYPE_FAIL(c, t, CORE_UNKNOWN_TYPE, t->cont);
    return good;
}

/* Before the group has ids: indices and gates. */
static bool check_references(CoreChecker *c, uint32_t index, const CoreGroup *group) {
    const CoreType *t = &c->m->types.at[index];
    uint32_t limit = group->first + group->count;
    if (!check_kind_gate(c, t) || !check_parts(c, t, limit)) return false;
    if (t->super != CORE_NONE && t->super >= index)
        return TYPE_FAIL(c, t, CORE_UNKNOWN_SUPER, t->super);
    if (t->descriptor == CORE_NONE && t->describes == CORE_NONE) return true;
    if (!on(c, FEATURE_CUSTOM_DESCRIPTORS)) return TYPE_FAIL(c, t, CORE_DESCRIPTORS_OFF);
    if (t->descriptor != CORE_NONE && t->descriptor - group->first >= group->count)
        return TYPE_FAIL(c, t, CORE_DESCRIPTOR_GROUP, "descriptor");
    if (t->describes != CORE_NONE && t->describes - group->first >= group->count)
        return TYPE_FAIL(c, t, CORE_DESCRIPTOR_GROUP, "described");
    if (t->describes != CORE_NONE && t->describes >= index)
        return TYPE_FAIL(c, t, CORE_DESCRIBES_FORWARD);
    return true;
}

/* ---- subtyping of definitions ---- */

static bool field_matches(CoreChecker *c, const CoreField *sub, const CoreField *super) {
    if (sub->mutable != super->mutable) return false;
    if (sub->mutable) return sub->type == super->type;
    return core_space_matches(c->space, sub->type, super->type);
}

/* comptype <= comptype (3.3.9); both hold ids. */
static bool comp_matches(CoreChecker *c, const CoreType *sub, const CoreType *super) {
    if (sub->kind != super->kind || sub->shared != super->shared) return false;
    switch (sub->kind) {
    case CORE_TYPE_FUNC:
        if (sub->param_count != super->param_count || sub->result_count != super->result_count)
            return false;
        for (uint32_t i = 0; i < sub->param_count; i++)
            if (!core_space_matches(c->space, super->params[i], sub->params[i])) return false;
        for (uint32_t i = 0; i < sub->result_count; i++)
            if (!core_space_matches(c->space, sub->results[i], super->results[i])) return false;
        return true;
    case CORE_TYPE_STRUCT:
        if (sub->field_count < super->field_count) return false;
        for (uint32_t i = 0; i < super->field_count; i++)
            if (!field_matches(c, &sub->fields[i], &super->fields[i])) return false;
        return true;
    case CORE_TYPE_ARRAY: return field_matches(c, &sub->fields[0], &super->fields[0]);
    case CORE_TYPE_CONT: return core_space_sub(c->space, sub->cont, super->cont);
    }
    return false;
}

static uint32_t depth_of(CoreChecker *c, uint32_t id) {
    uint32_t depth = 0;
    while ((id = core_space_type(c->space, id)->super) != CORE_NONE && depth <= CORE_LIMIT_SUBTYPES)
        depth++;
    return depth;
}

/* Comes before everything that walks along supertypes. */
static bool check_depth(CoreChecker *c, uint32_t index) {
    if (depth_of(c, c->ids[index]) <= CORE_LIMIT_SUBTYPES) return true;
    return TYPE_FAIL(c, &c->m->types.at[index], CORE_SUPER_DEPTH, CORE_LIMIT_SUBTYPES);
}

static bool check_super(CoreChecker *c, uint32_t index) {
    const CoreType *t = &c->m->types.at[index];
    if (t->super == CORE_NONE) return true;
    const CoreType *sub = core_space_type(c->space, c->ids[index]);
    const CoreType *super = core_space_type(c->space, c->ids[t->super]);
    if (super->final) return TYPE_FAIL(c, t, CORE_SUPER_FINAL, index, t->super);
    if (!comp_matches(c, sub, super)) return TYPE_FAIL(c, t, CORE_SUPER_MATCH, index, t->super);
    return true;
}

/* Parts of a shared type are shared; a continuation has a function type. */
static bool check_shared(CoreChecker *c, uint32_t index) {
    const CoreType *t = &c->m->types.at[index], *own = core_space_type(c->space, c->ids[index]);
    if (t->kind == CORE_TYPE_CONT && core_space_type(c->space, own->cont)->kind != CORE_TYPE_FUNC)
        return TYPE_FAIL(c, t, CORE_CONT_NOT_FUNC, t->cont);
    if (!t->shared) return true;
    bool good = true;
    for (uint32_t i = 0; i < own->param_count + own->result_count + own->field_count; i++) {
        CoreValType part = i < own->param_count ? own->params[i]
                           : i < own->param_count + own->result_count
                               ? own->results[i - own->param_count]
                               : own->fields[i - own->param_count - own->result_count].type;
        if (!core_is_ref(part)) continue;
        if (core_is_concrete(part) ? !core_space_type(c->space, core_type_index(part))->shared
                                   : !(part & CORE_SHARED))
            good = false;
    }
    if (t->kind == CORE_TYPE_CONT && !core_space_type(c->space, own->cont)->shared) good = false;
    return good || TYPE_FAIL(c, t, CORE_SHARED_PARTS);
}

/* ---- custom descriptors ---- */

/* A type and its supertype have descriptors (or described types) that are in the same relation. */
static bool check_descriptor_super(CoreChecker *c, uint32_t index, uint32_t sub, uint32_t super,
                                   bool may_add, const char *what) {
    const CoreType *t = &c->m->types.at[index];
    if (super == CORE_NONE && (sub == CORE_NONE || may_add)) return true;
    if (sub == CORE_NONE || super == CORE_NONE)
        return TYPE_FAIL(c, t, CORE_DESCRIPTOR_MISSING, index, t->super, what);
    if (c->m->types.at[sub].super == super) return true;
    return TYPE_FAIL(c, t, CORE_DESCRIPTOR_SUPER, what, sub, what, super);
}

static bool check_descriptors(CoreChecker *c, uint32_t index) {
    const CoreModule *m = c->m;
    const CoreType *t = &m->types.at[index];
    if (t->descriptor != CORE_NONE) {
        const CoreType *d = &m->types.at[t->descriptor];
        if (t->kind != CORE_TYPE_STRUCT) return TYPE_FAIL(c, t, CORE_DESCRIPTOR_STRUCT);
        if (d->describes != index) return TYPE_FAIL(c, t, CORE_NOT_DESCRIBED);
    }
    if (t->describes != CORE_NONE) {
        const CoreType *d = &m->types.at[t->describes];
        if (t->kind != CORE_TYPE_STRUCT) return TYPE_FAIL(c, t, CORE_DESCRIBED_STRUCT);
        if (d->descriptor != index) return TYPE_FAIL(c, t, CORE_DOES_NOT_DESCRIBE);
    }
    if (t->super == CORE_NONE) return true;
    const CoreType *super = &m->types.at[t->super];
    return check_descriptor_super(c, index, t->descriptor, super->descriptor, true, "descriptor") &&
           check_descriptor_super(c, index, t->describes, super->describes, false, "described");
}

static bool check_group(CoreChecker *c, const CoreGroup *group) {
    bool good = true;
    uint32_t end = group->first + group->count;
    if (group->written && !on(c, FEATURE_GC)) {
        const CoreType at = {.offset = group->count ? c->m->types.at[group->first].offset : 0};
        return TYPE_FAIL(c, &at, CORE_GC_OFF, "to use recursion groups");
    }
    for (uint32_t i = group->first; i < end; i++) good &= check_references(c, i, group);
    if (!good) return false;
    if (group->count)
        core_space_enter_group(c->space, c->m->types.at, group->first, group->count, c->ids);
    for (uint32_t i = group->first; i < end; i++) {
        if (c->ids[i] >= c->known_ids) {
            c->indices[c->ids[i]] = i;
            c->known_ids = c->ids[i] + 1;
        }
    }
    c->known_types = end;
    for (uint32_t i = group->first; i < end && good; i++) good = check_depth(c, i);
    for (uint32_t i = group->first; i < end && good; i++) {
        good &= check_super(c, i) && check_shared(c, i);
        good &= check_descriptors(c, i);
    }
    return good;
}

bool core_check_types(CoreChecker *c) {
    for (size_t g = 0; g < c->m->groups.len; g++)
        if (!check_group(c, &c->m->groups.at[g])) return false;
    return true;
}
