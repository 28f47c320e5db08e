/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Memories, tables, segments (4.6.7, 4.6.8), and instantiation (4.7.2), byte for byte and element for
 * element: memory.copy is the specification's loop from the end that does not overwrite. */
#include "tests/reference/reference.h"

#include <string.h>

enum { PAGE = 65536, MAX_BYTES = 64 << 20, MAX_ELEMENTS = 100000 };

/* ---- memories ---- */

static uint32_t page_size(const PlainMachine *p, uint32_t memory) {
    const CoreLimits *limits = &p->module->memories.at[memory].limits;
    return limits->has_page ? (uint32_t)1 << limits->page_log2 : PAGE;
}

uint8_t *plain_access(PlainMachine *p, const CoreMemArg *mem, uint64_t address, uint32_t size) {
    const PlainMemory *memory = &p->memories[mem->memory];
    uint64_t at = address + mem->offset;
    bool wraps = at < address;
    if (wraps || at > memory->size || memory->size - at < size) {
        plain_trap(p, TRAP_MEMORY_BOUNDS);
        return NULL;
    }
    return memory->bytes + at;
}

/* "i64.load16_s": type, what, width in memory, sign. */
static bool load_store(PlainMachine *p, const CoreInstr *in) {
    const CoreOpInfo *info = &core_op_info[in->op];
    if (info->imm < CORE_IMM_MEM8 || info->imm > CORE_IMM_MEM64 || info->prefix) return false;
    uint32_t size = 1u << (info->imm - CORE_IMM_MEM8);
    CoreValKind kind = info->text[0] == 'f'   ? info->text[1] == '3' ? CORE_KIND_F32 : CORE_KIND_F64
                       : info->text[1] == '3' ? CORE_KIND_I32
                                              : CORE_KIND_I64;
    if (strncmp(info->text + 4, "store", 5) == 0) {
        uint64_t value = plain_look(p, plain_pop(p)).bits;
        uint8_t *at = plain_access(p, &in->mem, plain_pop_address(p), size);
        for (uint32_t i = 0; at && i < size; i++) at[i] = (uint8_t)(value >> 8 * i);
        return true;
    }
    const uint8_t *at = plain_access(p, &in->mem, plain_pop_address(p), size);
    uint64_t value = 0;
    for (uint32_t i = 0; at && i < size; i++) value |= (uint64_t)at[i] << 8 * i;
    if (info->text[strlen(info->text) - 1] == 's') {
        value = (uint64_t)plain_signed(8 * size, value);
        if (kind == CORE_KIND_I32) value &= UINT32_MAX;
    }
    if (at) plain_push(p, plain_number(kind, value));
    return true;
}

static CoreValKind address_kind(const CoreLimits *limits) {
    return limits->is_64 ? CORE_KIND_I64 : CORE_KIND_I32;
}

static void memory_grow(PlainMachine *p, uint32_t index) {
    const CoreLimits *limits = &p->module->memories.at[index].limits;
    PlainMemory *memory = &p->memories[index];
    uint64_t more = plain_pop_address(p), before = memory->pages;
    CoreValKind kind = address_kind(limits);
    uint64_t failed = kind == CORE_KIND_I64 ? UINT64_MAX : UINT32_MAX;
    uint32_t page = page_size(p, index);
    uint64_t most = limits->has_max ? limits->max
                    : limits->is_64 ? UINT64_MAX / page
                                    : ((uint64_t)1 << 32) / page;
    if (more > most - before) {
        plain_push(p, plain_number(kind, failed));
        return;
    }
    uint64_t pages = before + more;
    if (pages > MAX_BYTES / page) plain_give_up(p); /* whether there is so much nobody knows */
    if (p->end == PLAIN_GAVE_UP || !plain_take(p, pages * page)) return;
    uint8_t *bytes = arena_alloc(p->arena, pages * page + 1);
    memcpy(bytes, memory->bytes, memory->size);
    *memory = (PlainMemory){bytes, pages, pages * page};
    plain_push(p, plain_number(kind, before));
}

static bool within(uint64_t at, uint64_t n, uint64_t size) { return at <= size && n <= size - at; }

void plain_memory_init(PlainMachine *p, uint32_t data, uint32_t memory, uint64_t to, uint64_t from,
                       uint64_t n) {
    const CoreData *segment = &p->module->datas.at[data];
    uint64_t length = p->data_dropped[data] ? 0 : segment->size;
    if (!within(to, n, p->memories[memory].size) || !within(from, n, length)) {
        plain_trap(p, TRAP_MEMORY_BOUNDS);
        return;
    }
    for (uint64_t i = 0; i < n; i++)
        p->memories[memory].bytes[to + i] = (uint8_t)segment->bytes[from + i];
}

static void memory_copy(PlainMachine *p, uint32_t to_memory, uint32_t from_memory) {
    uint64_t n = plain_pop_address(p), from = plain_pop_address(p), to = plain_pop_address(p);
    const PlainMemory *a = &p->memories[to_memory], *b = &p->memories[from_memory];
    if (!within(to, n, a->size) || !within(from, n, b->size)) {
        plain_trap(p, TRAP_MEMORY_BOUNDS);
        return;
    }
    if (to <= from)
        for (uint64_t i = 0; i < n; i++) a->bytes[to + i] = b->bytes[from + i];
    else
        for (uint64_t i = n; i-- > 0;) a->bytes[to + i] = b->bytes[from + i];
}

static void memory_fill(PlainMachine *p, uint32_t memory) {
    uint64_t n = plain_pop_address(p);
    uint8_t byte = (uint8_t)plain_pop_i32(p);
    uint64_t to = plain_pop_address(p);
    if (!within(to, n, p->memories[memory].size)) plain_trap(p, TRAP_MEMORY_BOUNDS);
    else
        for (uint64_t i = 0; i < n; i++) p->memories[memory].bytes[to + i] = byte;
}

/* ---- tables ---- */

void plain_table_init(PlainMachine *p, uint32_t elem, uint32_t table, uint64_t to, uint64_t from,
                      uint64_t n) {
    uint64_t length = p->elem_dropped[elem] ? 0 : p->module->elems.at[elem].count;
    if (!within(to, n, p->tables[table].size) || !within(from, n, length)) {
        plain_trap(p, TRAP_TABLE_BOUNDS);
        return;
    }
    for (uint64_t i = 0; i < n; i++) p->tables[table].at[to + i] = p->elems[elem][from + i];
}

static void table_get_set(PlainMachine *p, const CoreInstr *in) {
    bool set = in->op == CORE_OP_TABLE_SET;
    PlainValue value = set ? plain_pop(p) : plain_null();
    uint64_t i = plain_pop_address(p);
    if (i >= p->tables[in->a].size) plain_trap(p, TRAP_TABLE_BOUNDS);
    else if (set) p->tables[in->a].at[i] = value;
    else plain_push(p, p->tables[in->a].at[i]);
}

static void table_grow(PlainMachine *p, uint32_t index) {
    const CoreLimits *limits = &p->module->tables.at[index].limits;
    PlainTable *table = &p->tables[index];
    uint64_t more = plain_pop_address(p), before = table->size;
    PlainValue value = plain_pop(p);
    CoreValKind kind = address_kind(limits);
    uint64_t most = limits->has_max ? limits->max : limits->is_64 ? UINT64_MAX : UINT32_MAX;
    if (more > most - before) {
        plain_push(p, plain_number(kind, kind == CORE_KIND_I64 ? UINT64_MAX : UINT32_MAX));
        return;
    }
    if (before + more > MAX_ELEMENTS) {
        plain_give_up(p);
        return;
    }
    PlainValue *at = ARENA_NEW_ARRAY(p->arena, PlainValue, before + more);
    for (uint64_t i = 0; i < before + more; i++) at[i] = i < before ? table->at[i] : value;
    *table = (PlainTable){at, before + more};
    plain_push(p, plain_number(kind, before));
}

static void table_fill(PlainMachine *p, uint32_t table) {
    uint64_t n = plain_pop_address(p);
    PlainValue value = plain_pop(p);
    uint64_t to = plain_pop_address(p);
    if (!within(to, n, p->tables[table].size)) plain_trap(p, TRAP_TABLE_BOUNDS);
    else
        for (uint64_t i = 0; i < n; i++) p->tables[table].at[to + i] = value;
}

static void table_copy(PlainMachine *p, uint32_t to_table, uint32_t from_table) {
    uint64_t n = plain_pop_address(p), from = plain_pop_address(p), to = plain_pop_address(p);
    const PlainTable *a = &p->tables[to_table], *b = &p->tables[from_table];
    if (!within(to, n, a->size) || !within(from, n, b->size)) {
        plain_trap(p, TRAP_TABLE_BOUNDS);
        return;
    }
    if (to <= from)
        for (uint64_t i = 0; i < n; i++) a->at[to + i] = b->at[from + i];
    else
        for (uint64_t i = n; i-- > 0;) a->at[to + i] = b->at[from + i];
}

/* ---- instructions ---- */

static void init_instr(PlainMachine *p, const CoreInstr *in) {
    uint64_t n = plain_pop_i32(p), from = plain_pop_i32(p), to = plain_pop_address(p);
    if (in->op == CORE_OP_MEMORY_INIT) plain_memory_init(p, in->a, in->b, to, from, n);
    else plain_table_init(p, in->a, in->b, to, from, n);
}

bool plain_memory_instr(PlainMachine *p, const CoreInstr *in) {
    CoreValKind kind;
    switch ((int)in->op) {
    case CORE_OP_MEMORY_SIZE:
        kind = address_kind(&p->module->memories.at[in->a].limits);
        plain_push(p, plain_number(kind, p->memories[in->a].pages));
        return true;
    case CORE_OP_TABLE_SIZE:
        kind = address_kind(&p->module->tables.at[in->a].limits);
        plain_push(p, plain_number(kind, p->tables[in->a].size));
        return true;
    case CORE_OP_MEMORY_GROW: memory_grow(p, in->a); return true;
    case CORE_OP_MEMORY_COPY: memory_copy(p, in->a, in->b); return true;
    case CORE_OP_MEMORY_FILL: memory_fill(p, in->a); return true;
    case CORE_OP_MEMORY_INIT:
    case CORE_OP_TABLE_INIT: init_instr(p, in); return true;
    case CORE_OP_DATA_DROP: p->data_dropped[in->a] = true; return true;
    case CORE_OP_ELEM_DROP: p->elem_dropped[in->a] = true; return true;
    case CORE_OP_TABLE_GET:
    case CORE_OP_TABLE_SET: table_get_set(p, in); return true;
    case CORE_OP_TABLE_GROW: table_grow(p, in->a); return true;
    case CORE_OP_TABLE_FILL: table_fill(p, in->a); return true;
    case CORE_OP_TABLE_COPY: table_copy(p, in->a, in->b); return true;
    }
    return load_store(p, in);
}

/* ---- instantiation ---- */

static void make_memories_and_tables(PlainMachine *p) {
    const CoreModule *m = p->module;
    p->memories = ARENA_NEW_ARRAY(p->arena, PlainMemory, m->memories.len);
    p->tables = ARENA_NEW_ARRAY(p->arena, PlainTable, m->tables.len);
    for (uint32_t i = 0; i < m->memories.len; i++) {
        uint64_t pages = m->memories.at[i].limits.min;
        uint32_t page = page_size(p, i);
        if (pages > MAX_BYTES / page) plain_give_up(p);
        if (p->end == PLAIN_GAVE_UP || !plain_take(p, pages * page)) return;
        p->memories[i] =
            (PlainMemory){arena_alloc(p->arena, pages * page + 1), pages, pages * page};
    }
    for (uint32_t i = 0; i < m->tables.len; i++) {
        const CoreTable *t = &m->tables.at[i];
        if (t->limits.min > MAX_ELEMENTS) plain_give_up(p);
        if (p->end == PLAIN_GAVE_UP) return;
        PlainTable *table = &p->tables[i];
        *table = (PlainTable){ARENA_NEW_ARRAY(p->arena, PlainValue, t->limits.min), t->limits.min};
        PlainValue value = t->has_init ? plain_constant(p, &t->init) : plain_null();
        for (uint64_t k = 0; k < table->size; k++) table->at[k] = value;
    }
}

/* The elements of all segments are made once. */
static void make_elems(PlainMachine *p) {
    const CoreModule *m = p->module;
    p->elems = ARENA_NEW_ARRAY(p->arena, PlainValue *, m->elems.len);
    for (uint32_t i = 0; i < m->elems.len && p->end == PLAIN_DONE; i++) {
        const CoreElem *e = &m->elems.at[i];
        if (!plain_take(p, e->count * sizeof(PlainValue))) return;
        p->elems[i] = ARENA_NEW_ARRAY(p->arena, PlainValue, e->count);
        for (uint32_t k = 0; k < e->count && p->end == PLAIN_DONE; k++)
            p->elems[i][k] = core_elem_has_exprs(e) ? plain_constant(p, &e->exprs[k])
                                                    : plain_ref(&p->funcs[e->funcs[k]]);
    }
}

static void copy_segments(PlainMachine *p) {
    const CoreModule *m = p->module;
    for (uint32_t i = 0; i < m->elems.len && p->end == PLAIN_DONE; i++) {
        const CoreElem *e = &m->elems.at[i];
        if (core_elem_active(e))
            plain_table_init(p, i, e->table, plain_constant(p, &e->start).bits, 0, e->count);
        if (!core_elem_passive(e)) p->elem_dropped[i] = true;
    }
    for (uint32_t i = 0; i < m->datas.len && p->end == PLAIN_DONE; i++) {
        const CoreData *d = &m->datas.at[i];
        if (!core_data_active(d)) continue;
        CoreExpr start = core_data_start(d);
        plain_memory_init(p, i, d->memory, plain_constant(p, &start).bits, 0, d->size);
        p->data_dropped[i] = true;
    }
}

PlainMachine *plain_new(Arena *arena, const CoreModule *module, uint64_t steps, PlainHostFn host,
                        void *context) {
    PlainMachine *p = ARENA_NEW(arena, PlainMachine);
    *p = (PlainMachine){.arena = arena,
                        .module = module,
                        .host = host,
                        .context = context,
                        .steps = steps,
                        .room = 200 << 20};
    p->funcs = ARENA_NEW_ARRAY(arena, PlainObject, module->funcs.len);
    p->ends = ARENA_NEW_ARRAY(arena, uint32_t *, module->funcs.len);
    p->globals = ARENA_NEW_ARRAY(arena, PlainValue, module->globals.len);
    p->data_dropped = ARENA_NEW_ARRAY(arena, bool, module->datas.len);
    p->elem_dropped = ARENA_NEW_ARRAY(arena, bool, module->elems.len);
    for (uint32_t i = 0; i < module->funcs.len; i++)
        p->funcs[i] = (PlainObject){.kind = PLAIN_FUNC, .index = i};
    for (uint32_t i = 0; i < module->globals.len && p->end == PLAIN_DONE; i++)
        p->globals[i] = plain_constant(p, &module->globals.at[i].init);
    if (p->end == PLAIN_DONE) make_memories_and_tables(p);
    if (p->end == PLAIN_DONE) make_elems(p);
    if (p->end == PLAIN_DONE) copy_segments(p);
    if (p->end == PLAIN_DONE && module->has_start) plain_call(p, module->start, NULL);
    return p;
}
