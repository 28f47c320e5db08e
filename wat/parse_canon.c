/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Canonical definitions: the words and operands of canonical-abi/canon.def. */
#include "wat/internal.h"

/* '(' 'memory' (idx | '(' 'core' 'memory' idx name? ')') ')', behind `memory`. */
static uint32_t memory_contents(WatComponent *c) {
    Wat *w = c->w;
    if (!wat_is_index(w, 0)) return wat_core_ref(c, COMP_CORE_MEMORY, false);
    if (wat_ahead(w, 1)->kind == TOK_STRING && w->strict)
        wat_fail(w, wat_here(w), WAT_NESTED_NEEDED, "memory", "memory", "memory");
    return wat_core_item_ref(c, COMP_CORE_MEMORY);
}

/* canonopt* */
static void options(WatComponent *c, CompOptions *o) {
    static const struct {
        const char *word;
        CompOptionKind kind;
        CompSort sort;
    } words[] = {{"string-encoding=utf8", COMP_OPTION_UTF8, COMP_SORT_COUNT},
                 {"string-encoding=utf16", COMP_OPTION_UTF16, COMP_SORT_COUNT},
                 {"string-encoding=latin1+utf16", COMP_OPTION_LATIN1_UTF16, COMP_SORT_COUNT},
                 {"async", COMP_OPTION_ASYNC, COMP_SORT_COUNT},
                 {"gc", COMP_OPTION_GC, COMP_SORT_COUNT},
                 {"memory", COMP_OPTION_MEMORY, COMP_CORE_MEMORY},
                 {"realloc", COMP_OPTION_REALLOC, COMP_CORE_FUNC},
                 {"post-return", COMP_OPTION_POST_RETURN, COMP_CORE_FUNC},
                 {"callback", COMP_OPTION_CALLBACK, COMP_CORE_FUNC},
                 {"core-type", COMP_OPTION_CORE_TYPE, COMP_CORE_TYPE}};
    Wat *w = c->w;
    for (size_t i = 0, n = sizeof words / sizeof *words; i < n;) {
        bool plain = words[i].sort == COMP_SORT_COUNT;
        if (!(plain ? wat_take_kw(w, words[i].word) : wat_take_open(w, words[i].word))) {
            i++;
            continue;
        }
        uint32_t index = 0;
        if (words[i].kind == COMP_OPTION_MEMORY) index = memory_contents(c);
        else if (!plain) index = wat_core_ref(c, words[i].sort, true);
        if (!plain) wat_close(w);
        comp_add_option(w->arena, o, words[i].kind, index);
        i = 0;
    }
}

static uint32_t no_type(void *context, Wat *w) { return wat_comp_index(context, COMP_TYPE); }

void wat_canon_core(WatComponent *c, CompCanon *canon) {
    Wat *w = c->w;
    unsigned op = COMP_CANON_LOWER;
    while (op < COMP_CANON_COUNT && !wat_take_kw(w, comp_canon_name((CompCanonOp)op))) op++;
    if (wat_take_kw(w, "thread.available_parallelism"))
        op = COMP_CANON_THREAD_AVAILABLE_PARALLELISM;
    if (op == COMP_CANON_COUNT) {
        wat_unexpected(w, "a canonical definition");
        return;
    }
    canon->op = (CompCanonOp)op;
    WatTypes types = {.w = w, .index = no_type, .context = c};
    switch (abi_canon_operands((AbiCanon)op)) {
    case ABI_OPERANDS_LIFT:
    case ABI_OPERANDS_NONE: break;
    case ABI_OPERANDS_LOWER:
        wat_expect_open(w, "func");
        canon->func = wat_item_ref(c, COMP_FUNC);
        wat_close(w);
        options(c, &canon->options);
        break;
    case ABI_OPERANDS_TYPE: canon->type = wat_index_or_ref(c, COMP_TYPE); break;
    case ABI_OPERANDS_OPTS: options(c, &canon->options); break;
    case ABI_OPERANDS_RESULT:
        if (wat_take_open(w, "result")) {
            canon->result = wat_comp_val_type(c);
            wat_close(w);
        }
        options(c, &canon->options);
        break;
    case ABI_OPERANDS_TYPE_OPTS:
        canon->type = wat_index_or_ref(c, COMP_TYPE);
        options(c, &canon->options);
        break;
    case ABI_OPERANDS_TYPE_ASYNC:
        canon->type = wat_index_or_ref(c, COMP_TYPE);
        canon->flag = wat_take_kw(w, "async");
        break;
    case ABI_OPERANDS_ASYNC: canon->flag = wat_take_kw(w, "async"); break;
    case ABI_OPERANDS_CANCEL: canon->flag = wat_take_kw(w, "cancellable"); break;
    case ABI_OPERANDS_CANCEL_MEM:
        canon->flag = wat_take_kw(w, "cancellable");
        wat_expect_open(w, "memory");
        canon->memory = memory_contents(c);
        wat_close(w);
        break;
    case ABI_OPERANDS_CONTEXT:
        canon->value_type = wat_val_type(&types);
        canon->slot = wat_u32(w);
        break;
    case ABI_OPERANDS_SHARED_TABLE: canon->flag = wat_take_kw(w, "shared"); /* fall through */
    case ABI_OPERANDS_FUNC_TABLE:
        canon->core_type = wat_core_ref(c, COMP_CORE_TYPE, false);
        canon->table = wat_core_ref(c, COMP_CORE_TABLE, true);
        break;
    case ABI_OPERANDS_SHARED: canon->flag = wat_take_kw(w, "shared"); break;
    case ABI_OPERANDS_SHARED_TYPE:
        canon->flag = wat_take_kw(w, "shared");
        canon->core_type = wat_core_ref(c, COMP_CORE_TYPE, false);
        break;
    }
}

/* 'lift' '(' 'core' 'func' idx name? ')' canonopt* */
void wat_canon_lift(WatComponent *c, CompCanon *canon) {
    Wat *w = c->w;
    canon->op = COMP_CANON_LIFT;
    wat_expect_kw(w, "lift");
    wat_expect_open(w, "core");
    wat_expect_kw(w, "func");
    canon->func = wat_core_item_ref(c, COMP_CORE_FUNC);
    wat_close(w);
    options(c, &canon->options);
}
