/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The operand stack behind each instruction, as validation sees it. A body is checked before it is
 * printed; the first instruction that is not valid is the last one that has a note. */
#include "wat/internal.h"

static void put_type(Buf *out, CoreValType t) {
    Str text;
    if (t == CORE_BOTTOM) {
        buf_str(out, STR("(unknown)"));
    } else if (core_is_ref(t) && core_is_concrete(t)) {
        const char *exact = t & CORE_EXACT ? "(exact " : "";
        buf_fmt(out, "(ref %s%s(id %u)%s)", core_is_nullable(t) ? "null " : "", exact,
                core_type_index(t), exact[0] ? ")" : "");
    } else {
        text = core_val_text(out->arena, t);
        buf_str(out, text);
    }
}

static void note_operands(void *context, size_t offset, const CoreValType *operands,
                          uint32_t count) {
    WatModulePrinter *mp = context;
    Buf text = {.arena = mp->p->arena};
    buf_byte(&text, '[');
    for (uint32_t i = 0; i < count; i++) {
        if (i) buf_byte(&text, ' ');
        put_type(&text, operands[i]);
    }
    buf_byte(&text, ']');
    *vec_push(mp->p->arena, &mp->notes) = (WatNote){offset, buf_text(&text)};
}

void wat_check_operands(WatModulePrinter *mp, uint32_t func) {
    Arena *arena = mp->p->arena;
    if (!mp->checker) {
        Diags *ignored = ARENA_NEW(arena, Diags);
        ignored->arena = arena;
        mp->checker = core_checker_new(arena, mp->m, features_all(), ignored);
        mp->module_valid = core_check_module(mp->checker);
        core_checker_trace(mp->checker, note_operands, mp);
    }
    mp->notes.len = 0;
    /* a module that is not valid says nothing about its bodies */
    mp->func_valid = !mp->module_valid || core_check_func(mp->checker, func);
}

bool wat_note(const WatModulePrinter *mp, size_t *next, size_t offset, Str *text) {
    if (!mp->p->options.operand_stack) return false;
    while (*next < mp->notes.len && mp->notes.at[*next].offset < offset) ++*next;
    if (*next < mp->notes.len && mp->notes.at[*next].offset == offset) {
        *text = mp->notes.at[*next].text;
        return true;
    }
    /* the first one behind the last note is what is wrong */
    if (*next != mp->notes.len || mp->func_valid) return false;
    ++*next;
    *text = STR("(invalid)");
    return true;
}
