/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The canonical ABI against vectors that the specification's own definitions gave (vectors.py, which
 * says how they are written).
 *
 *     run FILE...
 *
 * Each vector is run twice: as a transfer from guest to guest, and through a host. Slots, the whole
 * memory of the receiver and every call of its realloc must be what the vector says, or the trap.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "canonical-abi/abi.h"

static Arena *arena;

/* ---- types ---- */

static const WitType *parse_type(const char **at);

static bool eat(const char **at, const char *text) {
    size_t n = strlen(text);
    if (strncmp(*at, text, n) != 0) return false;
    *at += n;
    return true;
}

static void parse_parts(const char **at, WitType *type) {
    do {
        const WitType *part = eat(at, "_") ? NULL : parse_type(at);
        *vec_push(arena, &type->fields) = (WitField){.type = part};
    } while (eat(at, ","));
}

static void parse_inside(const char **at, WitType *type) {
    switch (type->kind) {
    case WIT_FLAGS:
    case WIT_ENUM:
        for (unsigned long n = strtoul(*at, (char **)at, 10); n; n--)
            *vec_push(arena, &type->fields) = (WitField){0};
        break;
    case WIT_LIST:
    case WIT_OPTION:
        type->elem = parse_type(at);
        if (!eat(at, ",")) break;
        type->kind = WIT_FIXED_LIST;
        type->length = strtoul(*at, (char **)at, 10);
        break;
    case WIT_RESULT:
    case WIT_MAP:
        type->elem = eat(at, "_") ? NULL : parse_type(at);
        eat(at, ",");
        type->second = eat(at, "_") ? NULL : parse_type(at);
        break;
    default: parse_parts(at, type); break;
    }
}

static const WitType *parse_type(const char **at) {
    size_t n = strspn(*at, "abcdefghijklmnopqrstuvwxyz0123456789");
    Str word = {*at, n};
    *at += n;
    for (int kind = 0; kind < WIT_KIND_COUNT; kind++) {
        if (!str_eq(word, str_from(wit_kind_keyword((WitKind)kind)))) continue;
        if (!eat(at, "<") && kind != WIT_OWN && kind != WIT_BORROW) return wit_prim((WitKind)kind);
        WitType *type = ARENA_NEW(arena, WitType);
        type->kind = (WitKind)kind;
        if (kind != WIT_OWN && kind != WIT_BORROW) {
            parse_inside(at, type);
            eat(at, ">");
        }
        return type;
    }
    return NULL;
}

/* ---- guests ---- */

typedef enum { HONEST, MISALIGNED, OUTSIDE, GROWING, TRAPPING, INSIDE } Manner;

typedef struct {
    uint8_t *memory;
    uint64_t size;
    uint32_t next;
    Manner manner;
    AbiTable *handles;
    Buf calls;
    AbiGuest guest;
} Guest;

static const WitType resource = {.kind = WIT_RESOURCE};

static uint32_t align_to(uint32_t at, uint32_t align) { return (at + align - 1) & ~(align - 1); }

static uint8_t *memory_of(void *context, uint64_t *size) {
    Guest *g = context;
    *size = g->size;
    return g->memory;
}

static Trap allocate(Guest *g, uint32_t old, uint32_t old_size, uint32_t align, uint32_t size,
                     uint32_t *address) {
    g->next = align_to(g->next, align);
    uint32_t at = g->next;
    g->next += size;
    if (g->manner == GROWING) {
        uint64_t more = (g->next > g->size ? g->next : g->size) + 64;
        uint8_t *moved = calloc(1, more);
        memcpy(moved, g->memory, g->size);
        free(g->memory);
        g->memory = moved;
        g->size = more;
    }
    if (g->next > g->size) return TRAP_UNREACHABLE;
    if (old_size) memmove(g->memory + at, g->memory + old, old_size);
    *address = at + (g->manner == MISALIGNED);
    return TRAP_NONE;
}

static Trap reallocate(void *context, uint32_t old, uint32_t old_size, uint32_t align,
                       uint32_t size, uint32_t *address) {
    Guest *g = context;
    buf_fmt(&g->calls, "%s%u,%u,%u,%u", g->calls.len ? ";" : "", old, old_size, align, size);
    switch (g->manner) {
    case TRAPPING: return TRAP_UNREACHABLE;
    case OUTSIDE: *address = align_to((uint32_t)g->size - size + 1, 8); return TRAP_NONE;
    case INSIDE: *address = 8; return TRAP_NONE;
    case HONEST:
    case MISALIGNED:
    case GROWING: break;
    }
    if (!old_size || size > old_size) return allocate(g, old, old_size, align, size, address);
    *address = old;
    return TRAP_NONE;
}

static Trap lift_handle(void *context, const WitType *type, uint32_t index, uint64_t *value) {
    Guest *g = context;
    AbiHandle *handle = abi_table_get(g->handles, index);
    if (!handle) return TRAP_UNKNOWN_HANDLE;
    *value = handle->rep;
    if (type->kind == WIT_BORROW) {
        handle->lend_count++;
        return TRAP_NONE;
    }
    if (handle->lend_count) return TRAP_HANDLE_LENT;
    if (!handle->own) return TRAP_HANDLE_TYPE;
    abi_table_remove(g->handles, index);
    return TRAP_NONE;
}

static Trap lower_handle(void *context, const WitType *type, uint64_t value, uint32_t *index) {
    AbiHandle handle = {.type = &resource, .rep = value, .own = type->kind == WIT_OWN};
    *index = abi_table_add(((Guest *)context)->handles, handle);
    return TRAP_NONE;
}

static void begin(Guest *g, Str encoding, uint64_t size) {
    *g = (Guest){.memory = calloc(1, size + 1), .size = size, .calls = {.arena = arena}};
    g->handles = abi_table_new();
    g->guest = (AbiGuest){.context = g,
                          .encoding = str_eq(encoding, STR("utf8"))    ? ABI_UTF8
                                      : str_eq(encoding, STR("utf16")) ? ABI_UTF16
                                                                       : ABI_LATIN1_UTF16,
                          .memory = memory_of,
                          .reallocate = reallocate,
                          .lift_handle = lift_handle,
                          .lower_handle = lower_handle};
}

static void end(Guest *g) {
    free(g->memory);
    abi_table_free(g->handles);
}

/* ---- a vector ---- */

enum { FIELDS = 14 };
enum { TYPE, A_ENCODING, A_MEMORY, FROM, BAR1, B_ENCODING, B_SIZE, REALLOC, TO, BAR2, DIRECT };

static unsigned digit(char c) { return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10); }

static void begin_source(Guest *a, const Str *fields) {
    const char *at = fields[A_MEMORY].ptr;
    begin(a, fields[A_ENCODING], strtoul(at, (char **)&at, 10));
    const char *stop = fields[A_MEMORY].ptr + fields[A_MEMORY].len;
    uint8_t *to = a->memory;
    for (at++; at < stop; at += 2) *to++ = (uint8_t)(digit(at[0]) << 4 | digit(at[1]));
    for (uint32_t i = 1; i <= 40; i++)
        abi_table_add(a->handles, (AbiHandle){.type = &resource,
                                              .rep = 1000 + i,
                                              .own = i % 7 != 0,
                                              .lend_count = i % 5 == 0});
}

static void begin_target(Guest *b, const Str *fields, const AbiPlan *plan) {
    static const char *const manners[] = {"honest",  "misaligned", "outside",
                                          "growing", "trapping",   "inside"};
    begin(b, fields[B_ENCODING], strtoul(fields[B_SIZE].ptr, NULL, 10));
    b->next = align_to(plan->size, 8) + 16;
    while (!str_eq(fields[REALLOC], str_from(manners[b->manner]))) b->manner++;
}

static AbiPlace place_from(const Guest *a, Str text, uint64_t *slots) {
    if (text.ptr[0] == 'm')
        return (AbiPlace){.guest = &a->guest, .address = (uint32_t)strtoul(text.ptr + 2, NULL, 10)};
    const char *at = text.ptr + 1;
    for (uint64_t *slot = slots; at < text.ptr + text.len && (*at == ':' || *at == ','); slot++)
        *slot = strtoull(at + 1, (char **)&at, 16);
    return (AbiPlace){.guest = &a->guest, .slots = slots};
}

static Str outcome(Trap trap, const Guest *b, const uint64_t *slots, uint32_t n) {
    static const char *const names[] = {
        "NONE",
#define TRAP(id, text) #id,
#include "base/trap.def"
#undef TRAP
    };
    if (trap == TRAP_BAD_ENUM) trap = TRAP_BAD_VARIANT; /* which the specification makes of it */
    if (trap) return str_fmt(arena, "trap:%s", names[trap]);
    Buf text = {.arena = arena};
    for (uint32_t i = 0; i < n; i++)
        buf_fmt(&text, "%s%llx", i ? "," : "", (unsigned long long)slots[i]);
    size_t used = b->size;
    while (used && !b->memory[used - 1]) used--;
    buf_fmt(&text, "%s %llu:", n ? "" : "-", (unsigned long long)b->size);
    for (size_t i = 0; i < used; i++) buf_fmt(&text, "%02x", b->memory[i]);
    buf_fmt(&text, " %.*s", b->calls.len ? (int)b->calls.len : 1,
            b->calls.len ? (const char *)b->calls.ptr : "-");
    return buf_text(&text);
}

/* What comes of the vector: directly, or through a host. */
static Str pass(const Str *fields, const AbiPlan *plan, bool through_host) {
    Guest a, b;
    begin_source(&a, fields);
    begin_target(&b, fields, plan);
    uint64_t *slots = ARENA_NEW_ARRAY(arena, uint64_t, 2 * (size_t)plan->flat_count + 2);
    uint64_t *out = slots + plan->flat_count + 1;
    AbiValue *values = ARENA_NEW_ARRAY(arena, AbiValue, plan->op_count);
    AbiPlace from = place_from(&a, fields[FROM], slots), to = {.guest = &b.guest};
    char kind = fields[TO].ptr[0];
    uint32_t n = kind == 's' ? plan->flat_count : kind == 'a' ? 1 : 0;
    Trap trap = through_host ? abi_lift(plan, from, arena, values) : TRAP_NONE;
    if (kind == 's') to.slots = out;
    if (kind == 'm') to.address = (uint32_t)strtoul(fields[TO].ptr + 2, NULL, 10);
    if (kind == 'a' && !trap) {
        trap = abi_allocate(plan, &b.guest, &to.address);
        out[0] = to.address;
    }
    if (!trap)
        trap = through_host ? abi_lower(plan, values, to) : abi_transfer(plan, from, plan, to);
    Str got = outcome(trap, &b, out, n);
    end(&a);
    end(&b);
    return got;
}

static bool check_line(Str line, const char *path, int number) {
    Str fields[32];
    size_t n = 0;
    for (size_t at = 0; at <= line.len && n < 32; n++) {
        size_t space = str_find(line, ' ', at);
        if (space == SIZE_MAX) space = line.len;
        fields[n] = str_from_to(line, at, space);
        at = space + 1;
    }
    size_t bar = DIRECT;
    while (bar < n && !str_eq(fields[bar], STR("|"))) bar++;
    if (bar + 1 >= n) return false;
    const char *type = fields[TYPE].ptr;
    AbiCache cache = {.arena = arena, .no_steps = true};
    const AbiPlan *plan = abi_plan(&cache, parse_type(&type));
    if (!plan) return false;
    Str direct = {fields[DIRECT].ptr, (size_t)(fields[bar].ptr - 1 - fields[DIRECT].ptr)};
    Str host = {fields[bar + 1].ptr, (size_t)(line.ptr + line.len - fields[bar + 1].ptr)};
    if (str_eq(host, STR("="))) host = direct;
    bool good = true;
    for (int through_host = 0; through_host < 2; through_host++) {
        Str want = through_host ? host : direct, got = pass(fields, plan, through_host);
        if (str_eq(want, got)) continue;
        printf("%s:%d: %.*s\n  %s %.*s\n  got  %.*s\n", path, number, STR_ARG(line),
               through_host ? "by a host, want" : "want", STR_ARG(want), STR_ARG(got));
        good = false;
    }
    return good;
}

int main(int argc, char **argv) {
    int passed = 0, failed = 0;
    for (int i = 1; i < argc; i++) {
        Arena *file_arena = arena_new();
        Diags diags = {.arena = file_arena};
        const Source *source = file_read(file_arena, str_from(argv[i]), &diags);
        if (!source) return 1;
        int number = 0;
        for (size_t at = 0, stop; at < source->text.len; at = stop + 1) {
            stop = str_find(source->text, '\n', at);
            if (stop == SIZE_MAX) stop = source->text.len;
            arena = arena_new();
            bool good = check_line(str_from_to(source->text, at, stop), argv[i], ++number);
            good ? passed++ : failed++;
            arena_free(arena);
        }
        arena_free(file_arena);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed;
}
