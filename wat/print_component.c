/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Components as text, the mirror of parse_component.c: items in their order, without any of the
 * abbreviations, laid out as wasm-tools does. A scope is a component or a type's declarations that
 * is being printed, with the names and the counts of its index spaces. */
#include "wat/internal.h"

typedef struct Scope {
    const struct Scope *up;
    WatNames names[COMP_SORT_COUNT];
    uint32_t next[COMP_SORT_COUNT];
    Str name;                         /* of the component; ptr NULL: none */
    Str id;                           /* under which it is printed; ptr NULL: none */
    VEC(const CoreType *) core_types; /* of a core module type: what its tags are */
} Scope;

static void put_items(WatPrinter *p, Scope *s, const CompItems *items, bool declarations);

/* ---- names ---- */

/* "func" of "core func": synthetic names are called by it. */
static const char *sort_word(CompSort sort) {
    const char *name = comp_sort_name(sort), *space = strchr(name, ' ');
    return space ? space + 1 : name;
}

static const char *synthetic_word(CompSort sort) {
    switch (sort) {
    case COMP_CORE_FUNC: return "core-func";
    case COMP_CORE_TABLE: return "core-table";
    case COMP_CORE_MEMORY: return "core-memory";
    case COMP_CORE_GLOBAL: return "core-global";
    case COMP_CORE_TAG: return "core-tag";
    case COMP_CORE_TYPE: return "core-type";
    case COMP_CORE_MODULE: return "core-module";
    case COMP_CORE_INSTANCE: return "core-instance";
    case COMP_FUNC:
    case COMP_VALUE:
    case COMP_TYPE:
    case COMP_COMPONENT:
    case COMP_INSTANCE:
    case COMP_SORT_COUNT: break;
    }
    return comp_sort_name(sort);
}

static Scope *open_scope(WatPrinter *p, const Scope *up, const CompNames *names) {
    Scope *s = ARENA_NEW(p->arena, Scope);
    s->up = up;
    for (int sort = 0; sort < COMP_SORT_COUNT; sort++) {
        CoreNameMap *map = ARENA_NEW(p->arena, CoreNameMap);
        for (uint32_t i = 0; names && i < names->sorts[sort].len; i++)
            if (names->sorts[sort].at[i].ptr)
                *vec_push(p->arena, map) = (CoreName){i, names->sorts[sort].at[i]};
        s->names[sort] = wat_names(p, map, synthetic_word(sort), true);
        s->names[sort].invented = sort_word(sort);
    }
    if (names) s->name = names->component;
    if (!up) s->id = s->name;
    return s;
}

static void put_new(WatPrinter *p, Scope *s, CompSort sort) {
    wat_put_definition(p, &s->names[sort], s->next[sort]++);
}

static void put_ref(WatPrinter *p, const Scope *s, CompSort sort, uint32_t index) {
    wat_put_index(p, &s->names[sort], index);
}

/* (word index) */
static void put_word_ref(WatPrinter *p, const Scope *s, const char *word, CompSort sort,
                         uint32_t index) {
    buf_fmt(p->out, "(%s ", word);
    put_ref(p, s, sort, index);
    wat_put(p, ")");
}

static void put_extern_name(WatPrinter *p, const CompName *name) {
    wat_put_quoted(p, name->name);
    const struct {
        const char *word;
        bool has;
        Str text;
    } parts[] = {{"implements", name->has_implements, name->implements},
                 {"versionsuffix", name->has_version_suffix, name->version_suffix},
                 {"external-id", name->has_external_id, name->external_id}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i].has) continue;
        buf_fmt(p->out, " (%s ", parts[i].word);
        wat_put_quoted(p, parts[i].text);
        wat_put(p, ")");
    }
}

/* ---- value types ---- */

static const char *kind_words[] = {
#define TYPE(id, word, code, shape, feature) [WIT_##id] = word,
#include "model/type.def"
#undef TYPE
};

static void put_val(WatPrinter *p, const Scope *s, const CompValRef *v) {
    if (v->is_index) put_ref(p, s, COMP_TYPE, v->index);
    else wat_put(p, kind_words[v->prim]);
}

static void put_space_val(WatPrinter *p, const Scope *s, const CompValRef *v) {
    wat_put(p, " ");
    put_val(p, s, v);
}

/* Fields of a record, cases of a variant: each in parentheses with its word. */
static void put_named_parts(WatPrinter *p, const Scope *s, const CompTypedef *t, const char *word) {
    for (size_t i = 0; i < t->fields.len; i++) {
        buf_fmt(p->out, " (%s ", word);
        wat_put_quoted(p, t->fields.at[i].name);
        if (t->fields.at[i].type.present) put_space_val(p, s, &t->fields.at[i].type);
        wat_put(p, ")");
    }
}

static void put_value_type(WatPrinter *p, const Scope *s, const CompTypedef *t) {
    if (t->kind <= WIT_ERROR_CONTEXT) { /* the primitive ones come first */
        wat_put(p, kind_words[t->kind]);
        return;
    }
    buf_fmt(p->out, "(%s", kind_words[t->kind]);
    if (t->kind == WIT_RECORD) put_named_parts(p, s, t, "field");
    else if (t->kind == WIT_VARIANT) put_named_parts(p, s, t, "case");
    for (size_t i = 0; i < t->fields.len; i++) {
        if (t->kind == WIT_TUPLE) put_space_val(p, s, &t->fields.at[i].type);
        if (t->kind != WIT_FLAGS && t->kind != WIT_ENUM) continue;
        wat_put(p, " ");
        wat_put_quoted(p, t->fields.at[i].name);
    }
    if (t->elem.present) put_space_val(p, s, &t->elem);
    if (t->second.present) {
        wat_put(p, t->kind == WIT_RESULT ? " (error" : "");
        put_space_val(p, s, &t->second);
        wat_put(p, t->kind == WIT_RESULT ? ")" : "");
    }
    if (t->kind == WIT_FIXED_LIST) buf_fmt(p->out, " %llu", (unsigned long long)t->length);
    wat_put(p, ")");
}

static void put_func_type(WatPrinter *p, const Scope *s, const CompTypedef *t) {
    wat_put(p, t->is_async ? "(func async" : "(func");
    put_named_parts(p, s, t, "param");
    if (t->elem.present) {
        wat_put(p, " (result");
        put_space_val(p, s, &t->elem);
        wat_put(p, ")");
    }
    wat_put(p, ")");
}

/* ---- core types ---- */

static WatModulePrinter core_printer(WatPrinter *p, const Scope *s, const CoreModule *m) {
    static const CoreModule none;
    WatModulePrinter mp = wat_module_printer(p, m ? m : &none);
    mp.types = s->names[COMP_CORE_TYPE];
    return mp;
}

static void put_core_group(WatPrinter *p, Scope *s, const CoreModule *m, bool core) {
    WatModulePrinter mp = core_printer(p, s, m);
    bool rec = m->groups.len && m->groups.at[0].written;
    if (rec) wat_start(p, core ? "core rec" : "rec");
    for (uint32_t i = 0; i < m->types.len; i++) {
        if (rec) wat_newline(p, WAT_NO_OFFSET);
        wat_put(p, core && !rec ? "(core type " : "(type ");
        put_new(p, s, COMP_CORE_TYPE);
        wat_put(p, " ");
        wat_print_sub_type(&mp, i);
        wat_put(p, ")");
        *vec_push(p->arena, &s->core_types) = &m->types.at[i];
    }
    if (rec) wat_finish(p);
}

static void put_core_extern(WatPrinter *p, Scope *s, const CoreExternType *t) {
    WatModulePrinter mp = core_printer(p, s, NULL);
    switch (t->kind) {
    case CORE_FUNC:
        wat_put(p, t->exact ? "(func (exact " : "(func ");
        wat_print_type_ref(&mp, t->type);
        wat_put(p, t->exact ? "))" : ")");
        break;
    case CORE_TAG:
        wat_put(p, "(tag ");
        wat_print_type_ref(&mp, t->type);
        if (t->type < s->core_types.len && s->core_types.at[t->type] &&
            s->core_types.at[t->type]->kind == CORE_TYPE_FUNC)
            wat_print_func_type(&mp, s->core_types.at[t->type], NULL);
        wat_put(p, ")");
        break;
    case CORE_TABLE: {
        CoreTable table = {.type = t->value, .limits = t->limits};
        wat_print_table_type(&mp, &table, NULL, 0);
        wat_finish(p);
        break;
    }
    case CORE_MEMORY:
        wat_print_memory_type(&mp, &t->limits, NULL, 0);
        wat_finish(p);
        break;
    case CORE_GLOBAL:
        wat_print_global_type(&mp, t->value, t->mutable, t->shared, NULL, 0);
        wat_finish(p);
        break;
    }
}

/* ---- aliases ---- */

/* The name of what is being printed, an item of the scope around it. */
static void set_id(Scope *s, const Scope *up, CompSort sort, uint32_t index) {
    if (up) wat_has_name(&up->names[sort], index, &s->id);
}

/* Whether the name of a scope around means it, and no scope in between. */
static bool has_own_name(const Scope *s, const Scope *outer) {
    if (!outer->name.ptr || !outer->id.ptr || !str_eq(outer->name, outer->id)) return false;
    for (; s != outer; s = s->up)
        if (s->id.ptr && str_eq(s->id, outer->name)) return false;
    return true;
}

/* The scope `count` levels up; NULL, and a comment, where there is none. */
static const Scope *outer_scope(WatPrinter *p, const Scope *s, uint32_t count) {
    for (uint32_t i = 0; i < count && s; i++) s = s->up;
    if (!s) buf_fmt(p->out, "(; invalid outer alias count %u ;) ", count);
    return s;
}

static void put_outer_alias(WatPrinter *p, Scope *s, CompSort sort, uint32_t count, uint32_t index,
                            const char *word) {
    const Scope *outer = outer_scope(p, s, count);
    wat_put(p, "(alias outer ");
    if (outer && has_own_name(s, outer)) wat_put_name(p, outer->name, false, "component", 0, false);
    else buf_fmt(p->out, "%u", count);
    wat_put(p, " ");
    if (outer) put_ref(p, outer, sort, index);
    else buf_fmt(p->out, "%u", index);
    buf_fmt(p->out, " (%s ", word);
    put_new(p, s, sort);
    wat_put(p, "))");
    if (sort == COMP_CORE_TYPE) *vec_push(p->arena, &s->core_types) = NULL;
}

static void put_alias(WatPrinter *p, Scope *s, const CompItem *item) {
    const char *word = comp_sort_name(item->alias.sort);
    if (item->alias.kind == COMP_ALIAS_OUTER) {
        put_outer_alias(p, s, item->alias.sort, item->alias.count, item->alias.index, word);
        return;
    }
    bool core = item->alias.kind == COMP_ALIAS_CORE_EXPORT;
    wat_put(p, core ? "(alias core export " : "(alias export ");
    put_ref(p, s, core ? COMP_CORE_INSTANCE : COMP_INSTANCE, item->alias.index);
    wat_put(p, " ");
    wat_put_quoted(p, item->alias.name);
    buf_fmt(p->out, " (%s ", word);
    put_new(p, s, item->alias.sort);
    wat_put(p, "))");
}

/* ---- types ---- */

static void put_module_type(WatPrinter *p, const Scope *up, const CompModuleType *t) {
    Scope *s = open_scope(p, up, NULL);
    set_id(s, up, COMP_CORE_TYPE, up->next[COMP_CORE_TYPE] - 1);
    wat_newline(p, WAT_NO_OFFSET);
    wat_start(p, "module");
    for (size_t i = 0; i < t->decls.len; i++) {
        const CompModuleDecl *d = &t->decls.at[i];
        wat_newline(p, WAT_NO_OFFSET);
        switch (d->kind) {
        case COMP_DECL_TYPE: put_core_group(p, s, d->types, false); break;
        case COMP_DECL_ALIAS:
            put_outer_alias(p, s, COMP_CORE_TYPE, d->count, d->index, "type");
            break;
        case COMP_DECL_IMPORT:
            wat_put(p, "(import ");
            wat_put_quoted(p, d->module);
            wat_put(p, " ");
            wat_put_quoted(p, d->name);
            wat_put(p, " ");
            put_core_extern(p, s, &d->type);
            wat_put(p, ")");
            break;
        case COMP_DECL_EXPORT:
            wat_put(p, "(export ");
            wat_put_quoted(p, d->name);
            wat_put(p, " ");
            put_core_extern(p, s, &d->type);
            wat_put(p, ")");
            break;
        }
    }
    wat_finish(p);
}

static void put_core_type(WatPrinter *p, Scope *s, const CompItem *item) {
    if (item->core_type.types) {
        put_core_group(p, s, item->core_type.types, true);
        return;
    }
    wat_start(p, "core type ");
    put_new(p, s, COMP_CORE_TYPE);
    put_module_type(p, s, item->core_type.module);
    wat_finish(p);
    *vec_push(p->arena, &s->core_types) = NULL;
}

static void put_declarations(WatPrinter *p, const Scope *up, const CompTypedef *t,
                             const char *word) {
    Scope *s = open_scope(p, up, NULL);
    set_id(s, up, COMP_TYPE, up->next[COMP_TYPE]);
    wat_newline(p, WAT_NO_OFFSET);
    wat_start(p, word);
    put_items(p, s, &t->items, true);
    wat_finish(p);
}

static void put_type(WatPrinter *p, Scope *s, const CompTypedef *t) {
    wat_start(p, "type ");
    wat_put_definition(p, &s->names[COMP_TYPE], s->next[COMP_TYPE]);
    switch (t->sort) {
    case COMP_TYPEDEF_VALUE:
        wat_put(p, " ");
        put_value_type(p, s, t);
        break;
    case COMP_TYPEDEF_FUNC:
        wat_put(p, " ");
        put_func_type(p, s, t);
        break;
    case COMP_TYPEDEF_COMPONENT: put_declarations(p, s, t, "component"); break;
    case COMP_TYPEDEF_INSTANCE: put_declarations(p, s, t, "instance"); break;
    case COMP_TYPEDEF_RESOURCE: {
        WatModulePrinter mp = core_printer(p, s, NULL);
        wat_put(p, " (resource (rep ");
        wat_print_val_type(&mp, t->rep);
        wat_put(p, ")");
        if (t->has_dtor) {
            wat_put(p, " ");
            put_word_ref(p, s, "dtor", COMP_CORE_FUNC, t->dtor);
        }
        wat_put(p, ")");
        break;
    }
    }
    wat_finish(p);
    s->next[COMP_TYPE]++;
}

/* ---- imports and exports ---- */

/* (sort index? type): `named` gives it the next index of its space. */
static void put_extern_type(WatPrinter *p, Scope *s, const CompExternType *t, bool named) {
    buf_fmt(p->out, "(%s ", comp_sort_name(t->sort));
    if (named) {
        put_new(p, s, t->sort);
        wat_put(p, " ");
    }
    if (t->sort == COMP_CORE_MODULE) {
        put_word_ref(p, s, "type", COMP_CORE_TYPE, t->index);
    } else if (t->sort == COMP_VALUE) {
        if (t->is_eq) put_word_ref(p, s, "eq", COMP_VALUE, t->index);
        else if (t->value.is_index) put_word_ref(p, s, "type", COMP_TYPE, t->value.index);
        else put_val(p, s, &t->value);
    } else if (t->sort == COMP_TYPE) {
        if (t->is_resource) wat_put(p, "(sub resource)");
        else put_word_ref(p, s, "eq", COMP_TYPE, t->index);
    } else {
        put_word_ref(p, s, "type", COMP_TYPE, t->index);
    }
    wat_put(p, ")");
}

static void put_import(WatPrinter *p, Scope *s, const CompItem *item) {
    wat_put(p, "(import ");
    put_extern_name(p, &item->import.name);
    wat_put(p, " ");
    put_extern_type(p, s, &item->import.type, true);
    wat_put(p, ")");
}

static void put_export(WatPrinter *p, Scope *s, const CompItem *item, bool declaration) {
    wat_put(p, "(export ");
    put_new(p, s, item->export.sort);
    wat_put(p, " ");
    put_extern_name(p, &item->export.name);
    wat_put(p, " ");
    if (!declaration)
        put_word_ref(p, s, comp_sort_name(item->export.sort), item->export.sort,
                     item->export.index);
    if (!declaration && item->export.has_type) wat_put(p, " ");
    if (item->export.has_type) put_extern_type(p, s, &item->export.type, false);
    wat_put(p, ")");
}

/* ---- instances ---- */

static void put_instance(WatPrinter *p, Scope *s, const CompItem *item, bool core) {
    CompSort own = core ? COMP_CORE_INSTANCE : COMP_INSTANCE;
    bool exports = item->instance.is_exports;
    wat_start(p, core ? "core instance " : "instance ");
    wat_put_definition(p, &s->names[own], s->next[own]);
    if (!exports) {
        wat_put(p, " ");
        wat_start(p, "instantiate ");
        put_ref(p, s, core ? COMP_CORE_MODULE : COMP_COMPONENT, item->instance.index);
    }
    for (size_t i = 0; i < item->instance.args.len; i++) {
        const CompArg *arg = &item->instance.args.at[i];
        wat_newline(p, (int64_t)item->offset);
        wat_put(p, exports ? "(export " : "(with ");
        put_extern_name(p, &arg->name);
        wat_put(p, " ");
        if (core && arg->sort == COMP_CORE_TAG) buf_fmt(p->out, "(tag %u)", arg->index);
        else
            put_word_ref(p, s, core ? sort_word(arg->sort) : comp_sort_name(arg->sort), arg->sort,
                         arg->index);
        wat_put(p, ")");
    }
    if (!exports) wat_finish(p);
    wat_finish(p);
    s->next[own]++;
}

/* ---- canonical definitions ---- */

static void put_options(WatPrinter *p, const Scope *s, const CompOptions *o) {
    for (size_t i = 0; i < o->written.len; i++) {
        const CompOption *option = &o->written.at[i];
        const char *word = comp_option_name(option->kind);
        wat_put(p, " ");
        switch (option->kind) {
        case COMP_OPTION_UTF8:
        case COMP_OPTION_UTF16:
        case COMP_OPTION_LATIN1_UTF16:
        case COMP_OPTION_ASYNC:
        case COMP_OPTION_GC: wat_put(p, word); break;
        case COMP_OPTION_MEMORY: put_word_ref(p, s, word, COMP_CORE_MEMORY, option->index); break;
        case COMP_OPTION_REALLOC:
        case COMP_OPTION_POST_RETURN:
        case COMP_OPTION_CALLBACK: put_word_ref(p, s, word, COMP_CORE_FUNC, option->index); break;
        case COMP_OPTION_CORE_TYPE: put_word_ref(p, s, word, COMP_CORE_TYPE, option->index); break;
        }
    }
}

static void put_lift(WatPrinter *p, Scope *s, const CompCanon *canon) {
    wat_put(p, "(func ");
    put_new(p, s, COMP_FUNC);
    wat_put(p, " ");
    put_word_ref(p, s, "type", COMP_TYPE, canon->type);
    wat_put(p, " (canon lift ");
    put_word_ref(p, s, "core func", COMP_CORE_FUNC, canon->func);
    put_options(p, s, &canon->options);
    wat_put(p, "))");
}

static void put_space_ref(WatPrinter *p, const Scope *s, CompSort sort, uint32_t index) {
    wat_put(p, " ");
    put_ref(p, s, sort, index);
}

/* What follows the name of a canonical definition. */
static void put_operands(WatPrinter *p, Scope *s, const CompCanon *canon) {
    WatModulePrinter mp = core_printer(p, s, NULL);
    switch (abi_canon_operands((AbiCanon)canon->op)) {
    case ABI_OPERANDS_LIFT:
    case ABI_OPERANDS_NONE: break;
    case ABI_OPERANDS_LOWER:
        wat_put(p, " ");
        put_word_ref(p, s, "func", COMP_FUNC, canon->func);
        put_options(p, s, &canon->options);
        break;
    case ABI_OPERANDS_TYPE: put_space_ref(p, s, COMP_TYPE, canon->type); break;
    case ABI_OPERANDS_OPTS: put_options(p, s, &canon->options); break;
    case ABI_OPERANDS_RESULT:
        if (canon->result.present) {
            wat_put(p, " (result");
            put_space_val(p, s, &canon->result);
            wat_put(p, ")");
        }
        put_options(p, s, &canon->options);
        break;
    case ABI_OPERANDS_TYPE_OPTS:
        put_space_ref(p, s, COMP_TYPE, canon->type);
        put_options(p, s, &canon->options);
        break;
    case ABI_OPERANDS_TYPE_ASYNC:
        put_space_ref(p, s, COMP_TYPE, canon->type);
        if (canon->flag) wat_put(p, " async");
        break;
    case ABI_OPERANDS_ASYNC:
        if (canon->flag) wat_put(p, " async");
        break;
    case ABI_OPERANDS_CANCEL:
        if (canon->flag) wat_put(p, " cancellable");
        break;
    case ABI_OPERANDS_CANCEL_MEM:
        wat_put(p, canon->flag ? " cancellable " : " ");
        put_word_ref(p, s, "memory", COMP_CORE_MEMORY, canon->memory);
        break;
    case ABI_OPERANDS_CONTEXT:
        wat_put(p, " ");
        wat_print_val_type(&mp, canon->value_type);
        buf_fmt(p->out, " %u", canon->slot);
        break;
    case ABI_OPERANDS_SHARED:
    case ABI_OPERANDS_SHARED_TYPE:
    case ABI_OPERANDS_SHARED_TABLE:
    case ABI_OPERANDS_FUNC_TABLE: {
        AbiOperands operands = abi_canon_operands((AbiCanon)canon->op);
        if (operands != ABI_OPERANDS_FUNC_TABLE && canon->flag) wat_put(p, " shared");
        if (operands == ABI_OPERANDS_SHARED) break;
        put_space_ref(p, s, COMP_CORE_TYPE, canon->core_type);
        if (operands != ABI_OPERANDS_SHARED_TYPE)
            put_space_ref(p, s, COMP_CORE_TABLE, canon->table);
        break;
    }
    }
}

static void put_canon(WatPrinter *p, Scope *s, const CompCanon *canon) {
    if (canon->op == COMP_CANON_LIFT) {
        put_lift(p, s, canon);
        return;
    }
    wat_put(p, "(core func ");
    put_new(p, s, COMP_CORE_FUNC);
    bool odd = canon->op == COMP_CANON_THREAD_AVAILABLE_PARALLELISM; /* as wasm-tools spells it */
    buf_fmt(p->out, " (canon %s",
            odd ? "thread.available_parallelism" : comp_canon_name(canon->op));
    put_operands(p, s, canon);
    wat_put(p, "))");
}

static void put_start(WatPrinter *p, Scope *s, const CompItem *item) {
    wat_put(p, "(start ");
    put_ref(p, s, COMP_FUNC, item->start.func);
    for (size_t i = 0; i < item->start.args.len; i++) {
        wat_put(p, " ");
        put_word_ref(p, s, "value", COMP_VALUE, item->start.args.at[i]);
    }
    for (uint32_t i = 0; i < item->start.result_count; i++) {
        wat_put(p, " (result (value ");
        put_new(p, s, COMP_VALUE);
        wat_put(p, "))");
    }
    wat_put(p, ")");
}

/* ---- items ---- */

static void put_module(WatPrinter *p, Scope *s, const CompItem *item) {
    const CoreModule *m = item->core_module.module;
    wat_start(p, "core module ");
    put_new(p, s, COMP_CORE_MODULE);
    WatModulePrinter mp = wat_module_printer(p, m);
    wat_print_fields(&mp);
    wat_finish_at(p, (int64_t)m->offset + m->size);
}

static void put_component(WatPrinter *p, const Scope *up, const CompComponent *c) {
    Scope *s = open_scope(p, up, &c->names);
    if (up) set_id(s, up, COMP_COMPONENT, up->next[COMP_COMPONENT] - 1);
    if (!up && s->name.ptr) {
        wat_put(p, " ");
        wat_put_name(p, s->name, false, "component", 0, true);
    }
    put_items(p, s, &c->items, false);
    wat_finish_at(p, (int64_t)(c->offset + c->bytes.len));
}

static int64_t line_offset(const CompItem *item) {
    if (item->kind == COMP_ITEM_CORE_MODULE) return item->core_module.module->offset;
    if (item->kind == COMP_ITEM_COMPONENT) return (int64_t)item->component->offset;
    return (int64_t)item->offset;
}

/* Of what stands behind the name. */
static size_t contents_offset(const CompItem *custom) {
    size_t left = custom->section_end - custom->offset;
    return left > custom->custom.bytes.len ? custom->section_end - custom->custom.bytes.len
                                           : custom->offset;
}

static void put_items(WatPrinter *p, Scope *s, const CompItems *items, bool declarations) {
    for (size_t i = 0; i < items->len; i++) {
        const CompItem *item = &items->at[i];
        if (item->kind == COMP_ITEM_CUSTOM) {
            wat_print_custom(p, item->custom.name, item->custom.bytes, contents_offset(item), NULL);
            continue;
        }
        wat_newline(p, declarations ? WAT_NO_OFFSET : line_offset(item));
        switch (item->kind) {
        case COMP_ITEM_CORE_MODULE: put_module(p, s, item); break;
        case COMP_ITEM_CORE_INSTANCE: put_instance(p, s, item, true); break;
        case COMP_ITEM_CORE_TYPE: put_core_type(p, s, item); break;
        case COMP_ITEM_COMPONENT:
            wat_start(p, "component ");
            put_new(p, s, COMP_COMPONENT);
            put_component(p, s, item->component);
            break;
        case COMP_ITEM_INSTANCE: put_instance(p, s, item, false); break;
        case COMP_ITEM_ALIAS: put_alias(p, s, item); break;
        case COMP_ITEM_TYPE: put_type(p, s, item->type); break;
        case COMP_ITEM_CANON: put_canon(p, s, &item->canon); break;
        case COMP_ITEM_START: put_start(p, s, item); break;
        case COMP_ITEM_IMPORT: put_import(p, s, item); break;
        case COMP_ITEM_EXPORT: put_export(p, s, item, declarations); break;
        case COMP_ITEM_VALUE: wat_put(p, ";; a value definition"); break;
        case COMP_ITEM_CUSTOM: break;
        }
    }
}

void wat_print_component(WatPrinter *p, const CompComponent *c) {
    wat_start(p, "component");
    put_component(p, NULL, c);
}
