/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Validation of the instructions on references: typed function references, garbage collection,
 * custom descriptors, stack switching, and the atomic accesses to shared globals, tables, structs
 * and arrays. The rules are those of the core specification 3.4.3 to 3.4.6 and of the proposals'
 * overviews; helpers at the top, one function a family below, the dispatch at the end. */
#include "core/internal.h"

/* ---- helpers ---- */

static bool is_shared(const CoreChecker *c, CoreValType t) {
    if (core_is_concrete(t)) return core_space_type(c->space, core_type_index(t))->shared;
    return (t & CORE_SHARED) != 0;
}

static bool maybe_shared(CoreValType t) {
    return core_is_ref(t) && !core_is_concrete(t) && (t & CORE_MAYBE_SHARED);
}

/* A nullable reference to an abstract type, shared or not; gives what was popped. */
static CoreValType pop_abstract(CoreChecker *c, CoreHeap heap) {
    CoreValType t = core_pop_ref(c);
    if (c->failed) return t;
    if (maybe_shared(t) &&
        !core_space_matches(c->space, t & ~CORE_MAYBE_SHARED, core_ref(true, heap)))
        CORE_FAIL(c, CORE_EXPECTED_SUBTYPE, core_heap_name(heap), core_heap_name(core_heap(t)));
    core_expect(c, t, core_ref(true, heap) | (is_shared(c, t) ? CORE_SHARED : 0));
    return t;
}

/* (ref null $t) and (ref $t) of a type index. */
static void pop_index(CoreChecker *c, uint32_t index) {
    core_pop_expect(c, core_ref_to(true, c->ids[index]));
}
static void push_index(CoreChecker *c, uint32_t index) {
    core_push(c, core_ref_to(false, c->ids[index]));
}

/* What allocates gives exact types where these exist. */
static void push_new(CoreChecker *c, uint32_t index) {
    CoreValType t = core_ref_to(false, c->ids[index]);
    core_push(c, feature_on(c->features, CUSTOM_DESCRIPTORS) ? t | CORE_EXACT : t);
}

static CoreValType check_val(CoreChecker *c, CoreValType t) {
    return core_check_val(c, t, core_check_span(c));
}

static const CoreType *check_struct(CoreChecker *c, uint32_t index) {
    return core_check_type(c, index, CORE_TYPE_STRUCT);
}

static const CoreType *check_array(CoreChecker *c, uint32_t index) {
    return core_check_type(c, index, CORE_TYPE_ARRAY);
}

static const CoreField *check_field(CoreChecker *c) {
    const CoreType *t = check_struct(c, c->in.a);
    if (!t) return NULL;
    if (c->in.b < t->field_count) return &t->fields[c->in.b];
    CORE_FAIL(c, CORE_UNKNOWN_FIELD, c->in.b);
    return NULL;
}

static const CoreField *check_element(CoreChecker *c, uint32_t index) {
    const CoreType *t = check_array(c, index);
    return t ? &t->fields[0] : NULL;
}

static const CoreElem *check_elem(CoreChecker *c, uint32_t index) {
    if (index < c->m->elems.len) return &c->m->elems.at[index];
    CORE_FAIL(c, CORE_UNKNOWN_ELEM, index);
    return NULL;
}

static bool check_data(CoreChecker *c, uint32_t index) {
    if (!c->m->has_data_count) CORE_FAIL(c, CORE_DATA_COUNT_REQUIRED);
    else if (index >= c->m->data_count) CORE_FAIL(c, CORE_UNKNOWN_DATA, index);
    return !c->failed;
}

/* ---- references ---- */

static void check_ref_func(CoreChecker *c) {
    uint32_t i = c->in.a;
    if (i >= c->m->funcs.len) {
        CORE_FAIL(c, CORE_UNKNOWN_FUNC, i);
        return;
    }
    if (!c->declared[i]) CORE_FAIL(c, CORE_UNDECLARED_FUNC);
    const CoreFunc *f = &c->m->funcs.at[i];
    const CoreType *t = core_check_type(c, f->type, CORE_TYPE_FUNC);
    if (!t) return;
    if (f->import == CORE_NONE || f->exact) push_new(c, f->type);
    else push_index(c, f->type);
}

static void check_ref_eq(CoreChecker *c) {
    CoreValType a = pop_abstract(c, CORE_HEAP_EQ), b = pop_abstract(c, CORE_HEAP_EQ);
    bool open = core_heap(a) == CORE_HEAP_BOTTOM || core_heap(b) == CORE_HEAP_BOTTOM ||
                maybe_shared(a) || maybe_shared(b);
    if (!c->failed && !open && is_shared(c, a) != is_shared(c, b)) CORE_FAIL(c, CORE_REF_EQ_SHARED);
    core_push(c, CORE_I32);
}

static void check_br_on_null(CoreChecker *c) {
    uint32_t n;
    CoreValType t = core_pop_ref(c);
    const CoreValType *label = core_label(c, c->in.a, &n);
    core_pop_all(c, label, n);
    core_push_all(c, label, n);
    core_push(c, core_as_non_null(t));
}

static void check_br_on_non_null(CoreChecker *c) {
    uint32_t n;
    CoreValType t = core_pop_ref(c);
    const CoreValType *label = core_label(c, c->in.a, &n);
    if (c->failed) return;
    if (n == 0) CORE_FAIL(c, CORE_BR_ON_NON_NULL_EMPTY);
    else if (!core_is_ref(label[n - 1])) CORE_FAIL(c, CORE_BR_ON_NON_NULL_TARGET);
    if (c->failed) return;
    core_expect(c, t, core_as_nullable(label[n - 1]));
    core_pop_all(c, label, n - 1);
    core_push_all(c, label, n - 1);
}

/* The top of a type's hierarchy, as a nullable reference. */
static CoreValType top_of(CoreChecker *c, CoreValType t) {
    CoreHeap heap = core_is_concrete(t)
                        ? core_type_heap(core_space_type(c->space, core_type_index(t)))
                        : core_heap(t);
    return core_ref(true, core_heap_top(heap)) | (is_shared(c, t) ? CORE_SHARED : 0);
}

static void check_castable(CoreChecker *c, CoreValType top) {
    if (!c->failed && core_heap(top) == CORE_HEAP_CONT) CORE_FAIL(c, CORE_CAST_CONT);
}

static void check_ref_cast(CoreChecker *c) {
    CoreValType t = check_val(c, c->in.type[0]);
    if (c->failed) return;
    CoreValType top = top_of(c, t);
    check_castable(c, top);
    core_pop_expect(c, top);
    bool test = c->in.op == CORE_OP_REF_TEST || c->in.op == CORE_OP_REF_TEST_NULL;
    core_push(c, test ? CORE_I32 : t);
}

/* What is left of a type when a cast to another one has failed. */
static CoreValType difference(CoreValType from, CoreValType to) {
    return core_is_nullable(to) ? core_as_non_null(from) : from;
}

/* The label of a cast's branch takes `sent` last. */
static void branch_with(CoreChecker *c, CoreValType sent, CoreValType from) {
    uint32_t n;
    const CoreValType *label = core_label(c, c->in.a, &n);
    if (c->failed) return;
    if (n == 0) {
        CORE_FAIL(c, CORE_BR_ON_CAST_EMPTY);
        return;
    }
    core_expect(c, sent, label[n - 1]);
    core_pop_expect(c, from);
    core_pop_all(c, label, n - 1);
    core_push_all(c, label, n - 1);
}

static void check_cast_types(CoreChecker *c, CoreValType from, CoreValType to) {
    if (c->failed) return;
    check_castable(c, top_of(c, to));
    if (!feature_on(c->features, CUSTOM_DESCRIPTORS)) core_expect(c, to, from);
    else if (!c->failed && core_as_nullable(top_of(c, to)) != core_as_nullable(top_of(c, from)))
        CORE_FAIL(c, CORE_CAST_HIERARCHY, STR_ARG(core_check_text(c, from)),
                  STR_ARG(core_check_text(c, to)));
}

static void check_br_on_cast(CoreChecker *c) {
    CoreValType from = check_val(c, c->in.type[0]), to = check_val(c, c->in.type[1]);
    check_cast_types(c, from, to);
    if (c->failed) return;
    bool fails = c->in.op == CORE_OP_BR_ON_CAST_FAIL;
    branch_with(c, fails ? difference(from, to) : to, from);
    core_push(c, fails ? to : difference(from, to));
}

/* ---- custom descriptors ---- */

/* The descriptor (an id) of the type of a reference, or a diagnostic. */
static uint32_t descriptor_of(CoreChecker *c, CoreValType t) {
    if (!core_is_concrete(t)) {
        CORE_FAIL(c, CORE_NO_DESCRIPTOR, STR_ARG(core_heap_text(c->diags->arena, t)));
        return CORE_NONE;
    }
    uint32_t id = core_type_index(t), descriptor = core_space_type(c->space, id)->descriptor;
    if (descriptor == CORE_NONE) {
        Str text = str_fmt(c->diags->arena, "%u", c->indices[id]);
        CORE_FAIL(c, CORE_NO_DESCRIPTOR, STR_ARG(text));
    }
    return descriptor;
}

static void check_ref_get_desc(CoreChecker *c) {
    if (c->in.a >= c->known_types) {
        CORE_FAIL(c, CORE_UNKNOWN_TYPE_USE, c->in.a);
        return;
    }
    CoreValType described = core_ref_to(true, c->ids[c->in.a]);
    uint32_t descriptor = descriptor_of(c, described);
    CoreValType got = core_pop_ref(c);
    if (c->failed) return;
    core_expect(c, got, described);
    /* exact where the operand is exactly of the type that is named, or null */
    bool exact = !core_is_concrete(got) || core_as_nullable(got) == (described | CORE_EXACT);
    core_push(c, core_ref_to(false, descriptor) | (exact ? CORE_EXACT : 0));
}

static void check_ref_cast_desc(CoreChecker *c) {
    CoreValType to = check_val(c, c->in.type[0]);
    if (c->failed) return;
    uint32_t descriptor = descriptor_of(c, to);
    if (c->failed) return;
    core_pop_expect(c, core_ref_to(true, descriptor) | (to & CORE_EXACT));
    core_pop_expect(c, top_of(c, to));
    core_push(c, to);
}

static void check_br_on_cast_desc(CoreChecker *c) {
    CoreValType from = check_val(c, c->in.type[0]), to = check_val(c, c->in.type[1]);
    if (c->failed) return;
    uint32_t descriptor = descriptor_of(c, to);
    check_cast_types(c, from, to);
    if (c->failed) return;
    core_pop_expect(c, core_ref_to(true, descriptor) | (to & CORE_EXACT));
    bool fails = c->in.op == CORE_OP_BR_ON_CAST_DESC_EQ_FAIL;
    branch_with(c, fails ? difference(from, to) : to, from);
    core_push(c, fails ? to : difference(from, to));
}

/* ---- structs ---- */

static void check_struct_new(CoreChecker *c) {
    const CoreType *t = check_struct(c, c->in.a);
    if (!t) return;
    CoreOp op = c->in.op;
    bool with_desc = op == CORE_OP_STRUCT_NEW_DESC || op == CORE_OP_STRUCT_NEW_DEFAULT_DESC;
    if (with_desc && t->descriptor == CORE_NONE)
        CORE_FAIL(c, CORE_NEW_WITHOUT_DESC, core_op_info[op].text, c->in.a);
    if (!with_desc && t->descriptor != CORE_NONE)
        CORE_FAIL(c, CORE_NEW_NEEDS_DESC, core_op_info[op].text, c->in.a);
    if (c->failed) return;
    if (with_desc) core_pop_expect(c, core_ref_to(true, t->descriptor) | CORE_EXACT);
    bool defaults = op == CORE_OP_STRUCT_NEW_DEFAULT || op == CORE_OP_STRUCT_NEW_DEFAULT_DESC;
    for (uint32_t i = t->field_count; i-- > 0 && !c->failed;) {
        CoreValType field = t->fields[i].type;
        if (!defaults) core_pop_expect(c, core_unpacked(field));
        else if (!core_is_defaultable(field))
            CORE_FAIL(c, CORE_NOT_DEFAULTABLE, "struct.new_default",
                      STR_ARG(core_check_text(c, field)));
    }
    push_new(c, c->in.a);
}

/* Packed fields have get_s and get_u, the others get. */
static void check_packing(CoreChecker *c, CoreValType t, bool sign, const char *what) {
    const char *op = core_op_info[c->in.op].text;
    if (sign && !core_is_packed(t)) CORE_FAIL(c, CORE_GET_NOT_PACKED, op);
    if (!sign && core_is_packed(t)) CORE_FAIL(c, CORE_GET_PACKED, what, what);
}

static void check_struct_get(CoreChecker *c) {
    const CoreField *field = check_field(c);
    if (!field) return;
    check_packing(c, field->type, c->in.op != CORE_OP_STRUCT_GET, "struct");
    pop_index(c, c->in.a);
    core_push(c, core_unpacked(field->type));
}

static void check_struct_set(CoreChecker *c) {
    const CoreField *field = check_field(c);
    if (!field) return;
    if (!field->mutable) CORE_FAIL(c, CORE_IMMUTABLE_FIELD);
    core_pop_expect(c, core_unpacked(field->type));
    pop_index(c, c->in.a);
}

/* ---- arrays ---- */

static void check_array_new(CoreChecker *c) {
    const CoreField *element = check_element(c, c->in.a);
    if (!element) return;
    CoreValType t = core_unpacked(element->type);
    switch (c->in.op) {
    case CORE_OP_ARRAY_NEW:
        core_pop_expect(c, CORE_I32);
        core_pop_expect(c, t);
        break;
    case CORE_OP_ARRAY_NEW_DEFAULT:
        if (!core_is_defaultable(t))
            CORE_FAIL(c, CORE_NOT_DEFAULTABLE, "array.new_default", STR_ARG(core_check_text(c, t)));
        core_pop_expect(c, CORE_I32);
        break;
    default: /* array.new_fixed; in unreachable code the count may be anything */
        for (uint32_t i = 0; i < c->in.b && !c->failed; i++) {
            size_t before = c->stack.len;
            core_pop_expect(c, t);
            if (c->stack.len == before) break; /* unreachable code: the others are there as well */
        }
        break;
    }
    push_new(c, c->in.a);
}

static void check_numeric_element(CoreChecker *c, CoreValType t) {
    if (core_is_ref(t)) CORE_FAIL(c, CORE_ARRAY_NOT_NUMERIC, core_op_info[c->in.op].text);
}

/* The elements of a segment must fit an array's. */
static void check_segment_element(CoreChecker *c, CoreValType t) {
    const CoreElem *elem = check_elem(c, c->in.b);
    if (!elem) return;
    CoreValType have = core_space_val(c->ids, elem->type);
    const char *op = core_op_info[c->in.op].text;
    if (!core_is_ref(t)) CORE_FAIL(c, CORE_ARRAY_NOT_REF, op);
    else if (!core_space_matches(c->space, have, t))
        CORE_FAIL(c, CORE_ARRAY_ELEM, op, c->in.b, STR_ARG(core_check_text(c, t)),
                  STR_ARG(core_check_text(c, have)));
}

static void check_array_new_segment(CoreChecker *c) {
    const CoreField *element = check_element(c, c->in.a);
    if (!element) return;
    if (c->in.op == CORE_OP_ARRAY_NEW_ELEM) {
        check_segment_element(c, element->type);
    } else {
        check_numeric_element(c, element->type);
        check_data(c, c->in.b);
    }
    core_pop_expect(c, CORE_I32);
    core_pop_expect(c, CORE_I32);
    push_new(c, c->in.a);
}

static void check_array_init_segment(CoreChecker *c) {
    const CoreField *element = check_element(c, c->in.a);
    if (!element) return;
    if (!element->mutable) CORE_FAIL(c, CORE_IMMUTABLE_ARRAY);
    if (c->in.op == CORE_OP_ARRAY_INIT_ELEM) {
        check_segment_element(c, element->type);
    } else {
        check_numeric_element(c, element->type);
        check_data(c, c->in.b);
    }
    for (int i = 0; i < 3; i++) core_pop_expect(c, CORE_I32);
    pop_index(c, c->in.a);
}

static void check_array_get(CoreChecker *c) {
    const CoreField *element = check_element(c, c->in.a);
    if (!element) return;
    check_packing(c, element->type, c->in.op != CORE_OP_ARRAY_GET, "array");
    core_pop_expect(c, CORE_I32);
    pop_index(c, c->in.a);
    core_push(c, core_unpacked(element->type));
}

static void check_array_set(CoreChecker *c) {
    const CoreField *element = check_element(c, c->in.a);
    if (!element) return;
    if (!element->mutable) CORE_FAIL(c, CORE_IMMUTABLE_ARRAY);
    if (c->in.op == CORE_OP_ARRAY_FILL) core_pop_expect(c, CORE_I32);
    core_pop_expect(c, core_unpacked(element->type));
    core_pop_expect(c, CORE_I32);
    pop_index(c, c->in.a);
}

static void check_array_copy(CoreChecker *c) {
    const CoreField *to = check_element(c, c->in.a), *from = check_element(c, c->in.b);
    if (!to || !from) return;
    if (!to->mutable) CORE_FAIL(c, CORE_IMMUTABLE_ARRAY);
    if (!core_space_matches(c->space, from->type, to->type))
        CORE_FAIL(c, CORE_ARRAY_TYPES, STR_ARG(core_check_text(c, to->type)),
                  STR_ARG(core_check_text(c, from->type)));
    core_pop_expect(c, CORE_I32);
    core_pop_expect(c, CORE_I32);
    pop_index(c, c->in.b);
    core_pop_expect(c, CORE_I32);
    pop_index(c, c->in.a);
}

static void check_convert(CoreChecker *c, CoreHeap from, CoreHeap to) {
    CoreValType t = pop_abstract(c, from);
    if (c->failed) return;
    bool open = maybe_shared(t) || (!core_is_concrete(t) && core_heap(t) == CORE_HEAP_BOTTOM);
    CoreValType share = open ? CORE_MAYBE_SHARED : is_shared(c, t) ? CORE_SHARED : 0;
    core_push(c, core_ref(core_is_nullable(t), to) | share);
}

/* ---- stack switching ---- */

/* The function type of a continuation type. */
static const CoreType *check_cont(CoreChecker *c, uint32_t index) {
    const CoreType *t = core_check_type(c, index, CORE_TYPE_CONT);
    return t ? core_space_type(c->space, t->cont) : NULL;
}

static const CoreType *tag_type(CoreChecker *c, uint32_t index) {
    if (index < c->m->tags.len)
        return core_check_type(c, c->m->tags.at[index].type, CORE_TYPE_FUNC);
    CORE_FAIL(c, CORE_UNKNOWN_TAG, index);
    return NULL;
}

static bool all_match(CoreChecker *c, const CoreValType *t, uint32_t n, const CoreValType *super,
                      uint32_t super_n) {
    if (n != super_n) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!core_space_matches(c->space, t[i], super[i])) return false;
    return true;
}

static void check_cont_new(CoreChecker *c) {
    const CoreType *t = core_check_type(c, c->in.a, CORE_TYPE_CONT);
    if (!t) return;
    core_pop_expect(c, core_ref_to(true, t->cont));
    push_index(c, c->in.a);
}

static void check_cont_bind(CoreChecker *c) {
    const CoreType *from = check_cont(c, c->in.a), *to = check_cont(c, c->in.b);
    if (!from || !to) return;
    uint32_t bound = from->param_count - to->param_count;
    if (from->param_count < to->param_count ||
        !all_match(c, to->params, to->param_count, from->params + bound, to->param_count) ||
        !all_match(c, from->results, from->result_count, to->results, to->result_count)) {
        CORE_FAIL(c, CORE_CONT_ARGUMENTS);
        return;
    }
    pop_index(c, c->in.a);
    core_pop_all(c, from->params, bound);
    push_index(c, c->in.b);
}

/* (on $tag $label): the label takes the tag's values and the continuation that is left. */
static void check_on_label(CoreChecker *c, CoreHandler handler, const CoreType *cont) {
    uint32_t n;
    const CoreType *tag = tag_type(c, handler.tag);
    const CoreValType *label = core_label(c, handler.label, &n);
    if (c->failed) return;
    CoreValType last = n ? label[n - 1] : CORE_BOTTOM;
    if (!core_is_ref(last)) {
        CORE_FAIL(c, CORE_HANDLER_LABEL);
        return;
    }
    const CoreType *rest =
        core_is_concrete(last) ? core_space_type(c->space, core_type_index(last)) : NULL;
    if (!rest || rest->kind != CORE_TYPE_CONT) {
        if (rest) CORE_FAIL(c, CORE_HANDLER_CONCRETE, c->indices[core_type_index(last)]);
        else CORE_FAIL(c, CORE_HANDLER_ABSTRACT, STR_ARG(core_check_text(c, last)));
        return;
    }
    if (n - 1 != tag->param_count || !all_match(c, tag->params, n - 1, label, n - 1)) {
        CORE_FAIL(c, CORE_HANDLER_TAG);
        return;
    }
    rest = core_space_type(c->space, rest->cont);
    if (!all_match(c, rest->params, rest->param_count, tag->results, tag->result_count) ||
        !all_match(c, cont->results, cont->result_count, rest->results, rest->result_count))
        CORE_FAIL(c, CORE_CONT_TYPE);
}

static void check_handlers(CoreChecker *c, const CoreType *cont) {
    CoreList list = c->in.list;
    for (uint32_t i = 0; i < list.count && !c->failed; i++) {
        CoreHandler handler = core_list_handler(&list);
        if (!handler.is_switch) {
            check_on_label(c, handler, cont);
            continue;
        }
        const CoreType *tag = tag_type(c, handler.tag);
        if (tag &&
            (tag->param_count != 0 ||
             !all_match(c, cont->results, cont->result_count, tag->results, tag->result_count) ||
             !all_match(c, tag->results, tag->result_count, cont->results, cont->result_count)))
            CORE_FAIL(c, CORE_SWITCH_TAG);
    }
}

static void check_resume(CoreChecker *c) {
    const CoreType *cont = check_cont(c, c->in.a), *tag = NULL;
    if (!cont) return;
    if (c->in.op == CORE_OP_RESUME_THROW && !(tag = core_check_tag(c, c->in.b))) return;
    check_handlers(c, cont);
    pop_index(c, c->in.a);
    if (tag) core_pop_all(c, tag->params, tag->param_count);
    else if (c->in.op == CORE_OP_RESUME) core_pop_all(c, cont->params, cont->param_count);
    else core_pop_expect(c, core_ref(true, CORE_HEAP_EXN));
    core_push_all(c, cont->results, cont->result_count);
}

static void check_suspend(CoreChecker *c) {
    const CoreType *tag = tag_type(c, c->in.a);
    if (!tag) return;
    core_pop_all(c, tag->params, tag->param_count);
    core_push_all(c, tag->results, tag->result_count);
}

static void check_switch(CoreChecker *c) {
    const CoreType *from = check_cont(c, c->in.a), *tag = tag_type(c, c->in.b);
    if (!from || !tag) return;
    CoreValType last = from->param_count ? from->params[from->param_count - 1] : CORE_BOTTOM;
    const CoreType *to = core_is_ref(last) && core_is_concrete(last)
                             ? core_space_type(c->space, core_type_index(last))
                             : NULL;
    if (!to || to->kind != CORE_TYPE_CONT) {
        CORE_FAIL(c, CORE_NOT_CONT_LABEL);
        return;
    }
    to = core_space_type(c->space, to->cont);
    if (tag->param_count ||
        !all_match(c, from->results, from->result_count, tag->results, tag->result_count) ||
        !all_match(c, tag->results, tag->result_count, to->results, to->result_count)) {
        CORE_FAIL(c, CORE_SWITCH_TAG);
        return;
    }
    pop_index(c, c->in.a);
    core_pop_all(c, from->params, from->param_count - 1);
    core_push_all(c, to->params, to->param_count);
}

/* ---- atomic accesses ---- */

enum { ALLOW_NUMBERS = 1, ALLOW_PACKED = 2, ALLOW_ANY = 4, ALLOW_EQ = 8 };

static void check_atomic_type(CoreChecker *c, CoreValType t, int allowed, const char *op) {
    static const char *const words[16] = {
        [ALLOW_NUMBERS] = "`i32` and `i64`",
        [ALLOW_ANY] = "subtypes of `anyref`",
        [ALLOW_EQ] = "subtypes of `eqref`",
        [ALLOW_NUMBERS | ALLOW_ANY] = "`i32`, `i64` and subtypes of `anyref`",
        [ALLOW_NUMBERS | ALLOW_EQ] = "`i32`, `i64` and subtypes of `eqref`",
        [ALLOW_NUMBERS | ALLOW_PACKED | ALLOW_ANY] =
            "`i8`, `i16`, `i32`, `i64` and subtypes of `anyref`",
    };
    CoreHeap heap = allowed & ALLOW_EQ ? CORE_HEAP_EQ : CORE_HEAP_ANY;
    bool good = ((allowed & ALLOW_NUMBERS) && (t == CORE_I32 || t == CORE_I64)) ||
                ((allowed & ALLOW_PACKED) && core_is_packed(t));
    if (!good && (allowed & (ALLOW_ANY | ALLOW_EQ)) && core_is_ref(t))
        good = core_space_matches(c->space, t, core_ref(true, heap)) ||
               core_space_matches(c->space, t, core_ref(true, heap) | CORE_SHARED);
    if (!good) CORE_FAIL(c, CORE_ATOMIC_TYPE, op, words[allowed]);
}

/* What stands after "x.atomic.": the access, with its operands besides the address. */
typedef enum {
    ATOMIC_GET,
    ATOMIC_GET_PACKED,
    ATOMIC_SET,
    ATOMIC_RMW,
    ATOMIC_XCHG,
    ATOMIC_CMPXCHG
} Access;

static Access access_of(const char *text) {
    Str s = str_from(text);
    if (str_ends(s, STR(".get"))) return ATOMIC_GET;
    if (str_ends(s, STR(".get_s")) || str_ends(s, STR(".get_u"))) return ATOMIC_GET_PACKED;
    if (str_ends(s, STR(".set"))) return ATOMIC_SET;
    if (str_ends(s, STR(".cmpxchg"))) return ATOMIC_CMPXCHG;
    return str_ends(s, STR(".xchg")) ? ATOMIC_XCHG : ATOMIC_RMW;
}

/* Operands above the address or reference: popped; gives whether there is a result. */
static bool pop_atomic_operands(CoreChecker *c, Access access, CoreValType t) {
    CoreHeap heap = CORE_HEAP_EQ;
    t = core_unpacked(t);
    switch (access) {
    case ATOMIC_GET:
    case ATOMIC_GET_PACKED: return true;
    case ATOMIC_SET: core_pop_expect(c, t); return false;
    case ATOMIC_CMPXCHG:
        core_pop_expect(c, t);
        if (core_is_ref(t))
            core_pop_expect(c, core_ref(true, heap) | (is_shared(c, t) ? CORE_SHARED : 0));
        else core_pop_expect(c, t);
        return true;
    case ATOMIC_RMW:
    case ATOMIC_XCHG: core_pop_expect(c, t); return true;
    }
    return false;
}

static int allowed_for(Access access, bool fields, bool table) {
    int numbers = table ? 0 : ALLOW_NUMBERS;
    switch (access) {
    case ATOMIC_GET: return numbers | ALLOW_ANY;
    case ATOMIC_GET_PACKED: return 0;
    case ATOMIC_SET: return numbers | ALLOW_ANY | (fields ? ALLOW_PACKED : 0);
    case ATOMIC_RMW: return ALLOW_NUMBERS;
    case ATOMIC_XCHG: return numbers | ALLOW_ANY;
    case ATOMIC_CMPXCHG: return numbers | ALLOW_EQ;
    }
    return 0;
}

static void check_atomic_global(CoreChecker *c) {
    const char *op = core_op_info[c->in.op].text;
    Access access = access_of(op);
    const CoreGlobal *global = core_check_global(c, c->in.a);
    if (!global) return;
    CoreValType t = core_space_val(c->ids, global->type);
    const char *family = access == ATOMIC_RMW ? "global.atomic.rmw.*" : op;
    if (access != ATOMIC_GET && !global->mutable) CORE_FAIL(c, CORE_IMMUTABLE_GLOBAL, family);
    check_atomic_type(c, t, allowed_for(access, false, false), family);
    if (pop_atomic_operands(c, access, t)) core_push(c, t);
}

static void check_atomic_table(CoreChecker *c) {
    const char *op = core_op_info[c->in.op].text;
    Access access = access_of(op);
    const CoreTable *table = core_check_table(c, c->in.a);
    if (!table) return;
    CoreValType t = core_space_val(c->ids, table->type);
    check_atomic_type(c, t, allowed_for(access, false, true), op);
    bool result = pop_atomic_operands(c, access, t);
    core_pop_expect(c, c->address);
    if (result) core_push(c, t);
}

/* struct.atomic.* and array.atomic.* */
static void check_atomic_field(CoreChecker *c, bool is_struct) {
    const char *op = core_op_info[c->in.op].text;
    Access access = access_of(op);
    const CoreField *field = is_struct ? check_field(c) : check_element(c, c->in.a);
    if (!field) return;
    bool writes = access != ATOMIC_GET && access != ATOMIC_GET_PACKED;
    if (writes && !field->mutable) {
        if (is_struct) CORE_FAIL(c, CORE_IMMUTABLE_FIELD);
        else CORE_FAIL(c, CORE_IMMUTABLE_ARRAY);
    }
    if (!writes)
        check_packing(c, field->type, access == ATOMIC_GET_PACKED, is_struct ? "struct" : "array");
    if (access != ATOMIC_GET_PACKED)
        check_atomic_type(c, field->type, allowed_for(access, true, false), op);
    bool result = pop_atomic_operands(c, access, field->type);
    if (!is_struct) core_pop_expect(c, CORE_I32);
    pop_index(c, c->in.a);
    if (result) core_push(c, core_unpacked(field->type));
}

/* ---- the dispatch ---- */

static bool check_atomic(CoreChecker *c) {
    switch (core_op_info[c->in.op].imm) {
    case CORE_IMM_ORDER_GLOBAL: check_atomic_global(c); return true;
    case CORE_IMM_ORDER_TABLE: check_atomic_table(c); return true;
    case CORE_IMM_ORDER_TYPE: check_atomic_field(c, false); return true;
    case CORE_IMM_ORDER_TYPE_FIELD: check_atomic_field(c, true); return true;
    default: return false;
    }
}

bool core_check_ref_instr(CoreChecker *c) {
    switch (c->in.op) {
    case CORE_OP_REF_NULL: core_push(c, check_val(c, c->in.type[0])); return true;
    case CORE_OP_REF_IS_NULL:
        core_pop_ref(c);
        core_push(c, CORE_I32);
        return true;
    case CORE_OP_REF_AS_NON_NULL: core_push(c, core_as_non_null(core_pop_ref(c))); return true;
    case CORE_OP_REF_FUNC: check_ref_func(c); return true;
    case CORE_OP_REF_EQ: check_ref_eq(c); return true;
    case CORE_OP_BR_ON_NULL: check_br_on_null(c); return true;
    case CORE_OP_BR_ON_NON_NULL: check_br_on_non_null(c); return true;
    case CORE_OP_REF_TEST:
    case CORE_OP_REF_TEST_NULL:
    case CORE_OP_REF_CAST:
    case CORE_OP_REF_CAST_NULL: check_ref_cast(c); return true;
    case CORE_OP_BR_ON_CAST:
    case CORE_OP_BR_ON_CAST_FAIL: check_br_on_cast(c); return true;
    case CORE_OP_REF_GET_DESC: check_ref_get_desc(c); return true;
    case CORE_OP_REF_CAST_DESC_EQ:
    case CORE_OP_REF_CAST_DESC_EQ_NULL: check_ref_cast_desc(c); return true;
    case CORE_OP_BR_ON_CAST_DESC_EQ:
    case CORE_OP_BR_ON_CAST_DESC_EQ_FAIL: check_br_on_cast_desc(c); return true;
    case CORE_OP_STRUCT_NEW:
    case CORE_OP_STRUCT_NEW_DEFAULT:
    case CORE_OP_STRUCT_NEW_DESC:
    case CORE_OP_STRUCT_NEW_DEFAULT_DESC: check_struct_new(c); return true;
    case CORE_OP_STRUCT_GET:
    case CORE_OP_STRUCT_GET_S:
    case CORE_OP_STRUCT_GET_U: check_struct_get(c); return true;
    case CORE_OP_STRUCT_SET: check_struct_set(c); return true;
    case CORE_OP_ARRAY_NEW:
    case CORE_OP_ARRAY_NEW_DEFAULT:
    case CORE_OP_ARRAY_NEW_FIXED: check_array_new(c); return true;
    case CORE_OP_ARRAY_NEW_DATA:
    case CORE_OP_ARRAY_NEW_ELEM: check_array_new_segment(c); return true;
    case CORE_OP_ARRAY_INIT_DATA:
    case CORE_OP_ARRAY_INIT_ELEM: check_array_init_segment(c); return true;
    case CORE_OP_ARRAY_GET:
    case CORE_OP_ARRAY_GET_S:
    case CORE_OP_ARRAY_GET_U: check_array_get(c); return true;
    case CORE_OP_ARRAY_SET:
    case CORE_OP_ARRAY_FILL: check_array_set(c); return true;
    case CORE_OP_ARRAY_COPY: check_array_copy(c); return true;
    case CORE_OP_ARRAY_LEN:
        pop_abstract(c, CORE_HEAP_ARRAY);
        core_push(c, CORE_I32);
        return true;
    case CORE_OP_ANY_CONVERT_EXTERN: check_convert(c, CORE_HEAP_EXTERN, CORE_HEAP_ANY); return true;
    case CORE_OP_EXTERN_CONVERT_ANY: check_convert(c, CORE_HEAP_ANY, CORE_HEAP_EXTERN); return true;
    case CORE_OP_REF_I31:
    case CORE_OP_REF_I31_SHARED:
        core_pop_expect(c, CORE_I32);
        core_push(c, core_ref(false, CORE_HEAP_I31) |
                         (c->in.op == CORE_OP_REF_I31_SHARED ? CORE_SHARED : 0));
        return true;
    case CORE_OP_I31_GET_S:
    case CORE_OP_I31_GET_U:
        pop_abstract(c, CORE_HEAP_I31);
        core_push(c, CORE_I32);
        return true;
    case CORE_OP_CONT_NEW: check_cont_new(c); return true;
    case CORE_OP_CONT_BIND: check_cont_bind(c); return true;
    case CORE_OP_SUSPEND: check_suspend(c); return true;
    case CORE_OP_RESUME:
    case CORE_OP_RESUME_THROW:
    case CORE_OP_RESUME_THROW_REF: check_resume(c); return true;
    case CORE_OP_SWITCH: check_switch(c); return true;
    default: return check_atomic(c);
    }
}
