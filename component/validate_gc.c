/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The GC form of the canonical ABI, behind `cm-gc`: the core function type is not made but declared
 * (`core-type`), and checked to be one that the component function can be lowered to:
 *
 *     bool, s8, u8       i32, in fields i8         record, tuple      (ref (struct ...))
 *     s16, u16           i32, in fields i16        list               (ref (array ...))
 *     s32, u32, char     i32                       string             (ref (array i8 or i16))
 *     flags, enum        i32                       variant, option    (ref (struct))
 *     s64, u64           i64                       handles, streams   (ref extern)
 *
 * Types nest at most 100 deep, and so does this recursion.
 */
#include "component/internal.h"

typedef struct {
    Validator *v;
    const CompOptions *options;
    size_t offset;
} Gc;

/* The message in the words that other tools have for each kind of type. */
static bool mismatch(const Gc *gc, const WitType *type, const char *want, CoreValType core) {
    const char *into = "to core", *but = " type,";
    switch (type->kind) {
    case WIT_LIST:
    case WIT_FIXED_LIST: into = "into", but = ", but"; break;
    case WIT_RECORD:
    case WIT_TUPLE:
    case WIT_VARIANT:
    case WIT_OPTION:
    case WIT_RESULT: but = ", but"; break;
    case WIT_FLAGS:
    case WIT_ENUM:
    case WIT_OWN:
    case WIT_BORROW:
    case WIT_STREAM:
    case WIT_FUTURE:
    case WIT_ERROR_CONTEXT: into = "into core", but = " type, but"; break;
    default: break;
    }
    return fault(gc->v, gc->offset, COMP_GC_TYPE, wit_kind_keyword(type->kind), into, want, but,
                 STR_ARG(core_val_text(gc->v->arena, core)));
}

/* The definition that a reference is to, of the kind that is expected; NULL otherwise. */
static const CoreType *referred(const Gc *gc, CoreValType core, CoreTypeKind kind) {
    if (!core_is_ref(core) || !core_is_concrete(core)) return NULL;
    const CoreType *type = core_space_type(gc->v->space, core_type_index(core));
    return type->kind == kind ? type : NULL;
}

static bool check(const Gc *gc, const WitType *type, CoreValType core, bool field);

/* An integer that fields may hold packed. */
static bool small(const Gc *gc, const WitType *type, CoreValType core, bool field,
                  CoreValType packed) {
    if (core == (field ? packed : CORE_I32)) return true;
    return mismatch(gc, type, !field ? "i32" : packed == CORE_I8 ? "i8" : "i16", core);
}

static bool exactly(const Gc *gc, const WitType *type, CoreValType core, CoreValType want) {
    if (core == want) return true;
    return mismatch(gc, type, core_val_text(gc->v->arena, want).ptr, core);
}

static bool check_string(const Gc *gc, const WitType *type, CoreValType core) {
    bool wide = gc->options->encoding == ABI_UTF16;
    const CoreType *array = referred(gc, core, CORE_TYPE_ARRAY);
    if (array && array->fields[0].type == (CoreValType)(wide ? CORE_I16 : CORE_I8)) return true;
    return mismatch(
        gc, type, wide ? "(ref null? (array (mut? i16)))" : "(ref null? (array (mut? i8)))", core);
}

static bool check_list(const Gc *gc, const WitType *type, CoreValType core) {
    const CoreType *array = referred(gc, core, CORE_TYPE_ARRAY);
    if (!array) return mismatch(gc, type, "(ref null? (array ...))", core);
    return check(gc, type->elem, array->fields[0].type, true);
}

static bool check_product(const Gc *gc, const WitType *type, CoreValType core) {
    const CoreType *fields = referred(gc, core, CORE_TYPE_STRUCT);
    const char *keyword = wit_kind_keyword(type->kind);
    if (!fields) return mismatch(gc, type, "(ref null? (struct ...))", core);
    if (fields->field_count != type->fields.len)
        return fault(gc->v, gc->offset, COMP_GC_FIELDS, fields->field_count, keyword,
                     type->fields.len);
    for (uint32_t i = 0; i < fields->field_count; i++)
        if (!check(gc, type->fields.at[i].type, fields->fields[i].type, true)) return false;
    return true;
}

static bool check_sum(const Gc *gc, const WitType *type, CoreValType core) {
    const CoreType *fields = referred(gc, core, CORE_TYPE_STRUCT);
    return (fields && !fields->field_count) || mismatch(gc, type, "(ref null? (struct))", core);
}

static bool check_extern(const Gc *gc, const WitType *type, CoreValType core) {
    bool good = core_is_ref(core) && !core_is_concrete(core) && core_heap(core) == CORE_HEAP_EXTERN;
    return good || mismatch(gc, type, "(ref null? extern)", core);
}

static bool check(const Gc *gc, const WitType *type, CoreValType core, bool field) {
    type = wit_dealias(type);
    switch (type->kind) {
    case WIT_BOOL:
    case WIT_S8:
    case WIT_U8: return small(gc, type, core, field, CORE_I8);
    case WIT_S16:
    case WIT_U16: return small(gc, type, core, field, CORE_I16);
    case WIT_S64:
    case WIT_U64: return exactly(gc, type, core, CORE_I64);
    case WIT_F32: return exactly(gc, type, core, CORE_F32);
    case WIT_F64: return exactly(gc, type, core, CORE_F64);
    case WIT_STRING: return check_string(gc, type, core);
    case WIT_LIST:
    case WIT_FIXED_LIST: return check_list(gc, type, core);
    case WIT_RECORD:
    case WIT_TUPLE: return check_product(gc, type, core);
    case WIT_VARIANT:
    case WIT_OPTION:
    case WIT_RESULT: return check_sum(gc, type, core);
    case WIT_MAP: return fault(gc->v, gc->offset, COMP_GC_MAP);
    case WIT_OWN:
    case WIT_BORROW:
    case WIT_STREAM:
    case WIT_FUTURE:
    case WIT_ERROR_CONTEXT: return check_extern(gc, type, core);
    default: return exactly(gc, type, core, CORE_I32);
    }
}

bool comp_check_gc_func(Validator *v, const WitFunc *func, const CoreType *core,
                        const CompOptions *options, size_t offset) {
    Gc gc = {v, options, offset};
    uint32_t results = func->result != NULL;
    if (core->param_count != func->params.len)
        return fault(v, offset, COMP_GC_COUNT, core->param_count, "parameters", func->params.len,
                     "parameters");
    for (uint32_t i = 0; i < core->param_count; i++)
        if (!check(&gc, func->params.at[i].type, core->params[i], false)) return false;
    if (core->result_count != results)
        return fault(v, offset, COMP_GC_COUNT, core->result_count, "results", (size_t)results,
                     "results");
    return !func->result || check(&gc, func->result, core->results[0], false);
}
