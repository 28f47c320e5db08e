/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * --mocks: imports for tests without WebAssembly, in the native style. Each import `P_f` is a
 * function that notes its arguments and gives what the test has told it to:
 *
 *     struct P_f_mock {                       one variable of it, P_f_mock, for each import
 *       R (*handler)(void *, A a, ...);       what a call does, where it is not NULL
 *       void *data;                           the first argument of handler
 *       const R *results;                     else: what calls give, in this order;
 *       size_t result_count;                      the last again and again
 *       size_t expected;                      how many calls WORLD_mocks_verify wants
 *       size_t count;                         calls so far
 *       P_f_call *calls;                      their arguments, copied with all that they point to
 *     };
 *
 * All variables are zero before a test, and again after WORLD_mocks_reset().
 */
#include "bindgen/internal.h"

typedef struct {
    Gen *g;
    Buf header, body, reset, verify;
} Mocks;

typedef struct {
    const NatFunc *f;
    Str call, mock, order; /* names: of the type of a call, of the variable, of the field */
    bool result;
    Str handle; /* the type of a handle that is the result; empty: it is something else */
} Mock;

/* ---- what all mocks share ---- */

static const char header_begin[] =
    "#ifndef WIT_MOCKS_$UPPER_H\n#define WIT_MOCKS_$UPPER_H\n#include \"$NAME.h\"\n\n"
    "#ifdef __cplusplus\nextern \"C\" {\n#endif\n"
    "\n#ifndef WIT_MOCK_NEVER\n"
    "/** For `expected`: no call at all. 0 expects nothing. */\n"
    "#define WIT_MOCK_NEVER ((size_t) -1)\n"
    "#endif\n"
    "\n/** Forgets all calls, results and handlers: to be called before each test. */\n"
    "void $RESET(void);\n"
    "/** How many imports were not called as often as `expected` says; names them on stderr. */\n"
    "WIT_CHECK size_t $VERIFY(void);\n";

static const char source_begin[] =
    "#include \"$NAME_mocks.h\"\n\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
    "\n#ifdef __wasm__\n"
    "#error \"mocks stand in for WebAssembly, and are compiled for the machine that tests\"\n"
    "#endif\n"
    "\n// What a test has not foreseen ends it.\n"
    "#ifndef WIT_MOCK_FAIL\n"
    "#define WIT_MOCK_FAIL(name, why) (fprintf(stderr, \"%s: %s\\n\", name, why), abort())\n"
    "#endif\n"
    "\n// Copies of arguments, the newest first.\n"
    "typedef struct wit__copied {\n  struct wit__copied *next;\n} wit__copied;\n"
    "static wit__copied *wit__copies;\n"
    "static size_t wit__order;\n"
    "static int32_t wit__mock_handle;\n"
    "\n__attribute__((__unused__)) static void *wit__copy(const void *from, size_t size) {\n"
    "  wit__copied *copy = (wit__copied *) malloc(sizeof *copy + size);\n"
    "  if (!copy) abort();\n"
    "  copy->next = wit__copies;\n"
    "  wit__copies = copy;\n"
    "  if (size) memcpy(copy + 1, from, size);\n"
    "  return copy + 1;\n"
    "}\n"
    "\n// Room for one more element behind `count`; there is room for the next power of two.\n"
    "__attribute__((__unused__)) static void *wit__more(void *at, size_t count, size_t size) {\n"
    "  if ((count & (count - 1)) != 0) return at;\n"
    "  at = realloc(at, (count ? 2 * count : 1) * size);\n"
    "  if (!at) abort();\n"
    "  return at;\n"
    "}\n"
    "\n__attribute__((__unused__)) static size_t wit__missed(const char *name, size_t expected, "
    "size_t count) {\n"
    "  size_t wanted = expected == WIT_MOCK_NEVER ? 0 : expected;\n"
    "  if (expected == 0 || wanted == count) return 0;\n"
    "  fprintf(stderr, \"%s: called %zu times, expected %zu\\n\", name, count, wanted);\n"
    "  return 1;\n"
    "}\n";

/* ---- one import ---- */

static Str order_name(Gen *g, const NatFunc *f) {
    Str name = STR("order");
    for (size_t i = 0; i < f->count; i++)
        if (str_eq(f->list[i].name, name))
            name = str_concat(g->arena, name, STR("_")), i = SIZE_MAX;
    return name;
}

static Mock mock_of(Gen *g, const NatFunc *f) {
    Mock m = {.f = f, .result = !str_is(f->result, "void"), .order = order_name(g, f)};
    m.call = nat_derive(g, f->name, "call");
    m.mock = nat_derive(g, f->name, "mock");
    const WitType *result = f->func && f->func->result ? wit_dealias(f->func->result) : NULL;
    if (result && result->kind == WIT_OWN && !gen_type(g, wit_resource_of(result))->exported)
        m.handle = f->result;
    return m;
}

static void put_call_type(Mocks *k, const Mock *m) {
    Buf *out = &k->header;
    buf_fmt(out,
            "\n/** A call of %.*s. */\ntypedef struct %.*s {\n"
            "  size_t %.*s; /**< its place among the calls of all mocks, from 1 on */\n",
            STR_ARG(m->f->name), STR_ARG(m->call), STR_ARG(m->order));
    for (size_t i = 0; i < m->f->count; i++) {
        const NatParam *p = &m->f->list[i];
        Str type = p->type ? gen_type_name(k->g, p->type) : p->c_type;
        buf_fmt(out, "  %.*s %.*s;\n", STR_ARG(type), STR_ARG(p->name));
    }
    buf_fmt(out, "} %.*s;\n", STR_ARG(m->call));
}

static void put_mock_type(Mocks *k, const Mock *m) {
    Buf *out = &k->header;
    const NatFunc *f = m->f;
    buf_fmt(out, "extern struct %.*s {\n  %.*s (*handler)(void *%s%.*s);\n  void *data;\n",
            STR_ARG(m->mock), STR_ARG(f->result), f->count ? ", " : "",
            STR_ARG(f->count ? f->params : STR("")));
    if (m->result)
        buf_fmt(out, "  const %.*s *results;\n  size_t result_count;\n", STR_ARG(f->result));
    buf_fmt(out, "  size_t expected;\n  size_t count;\n  %.*s *calls;\n", STR_ARG(m->call));
    if (m->result) buf_fmt(out, "  %.*s given;\n", STR_ARG(f->result));
    buf_fmt(out, "} %.*s;\n", STR_ARG(m->mock));
    if (!m->result) return;
    Str gives = nat_derive(k->g, m->mock, "gives");
    buf_fmt(out,
            "static inline void %.*s(%.*s result) {\n  %.*s.given = result;\n"
            "  %.*s.results = &%.*s.given;\n  %.*s.result_count = 1;\n}\n",
            STR_ARG(gives), STR_ARG(f->result), STR_ARG(m->mock), STR_ARG(m->mock),
            STR_ARG(m->mock), STR_ARG(m->mock));
}

/* wit__call->x = the argument, with a copy of what it points to. */
static void put_record(Mocks *k, const NatParam *p) {
    Buf *out = &k->body;
    Str x = p->name;
    if (p->pass == NAT_OPTION)
        buf_fmt(out,
                "  wit__call->%.*s.is_some = %.*s != NULL;\n"
                "  if (%.*s) wit__call->%.*s.val = *%.*s;\n",
                STR_ARG(x), STR_ARG(x), STR_ARG(x), STR_ARG(x), STR_ARG(x));
    else
        buf_fmt(out, "  wit__call->%.*s = %s%.*s;\n", STR_ARG(x), p->pass == NAT_POINTER ? "*" : "",
                STR_ARG(x));
    if (!p->type) return;
    Str place = str_fmt(k->g->arena, "&wit__call->%.*s", STR_ARG(x));
    Str statement = gen_walk(k->g, GEN_WALK_COPY, p->type, place);
    if (statement.len) buf_fmt(out, "  %.*s\n", STR_ARG(statement));
}

static void put_result(Mocks *k, const Mock *m) {
    Buf *out = &k->body;
    if (!m->result) return;
    buf_str(out, STR("  if (wit__mock->result_count == 0) {\n"));
    if (m->handle.len)
        buf_fmt(out,
                "    %.*s wit__new;\n    wit__new.handle = ++wit__mock_handle;\n"
                "    return wit__new;\n  }\n",
                STR_ARG(m->handle));
    else
        buf_fmt(out,
                "    WIT_MOCK_FAIL(\"%.*s\", \"called, and the test has given no result\");\n"
                "    abort();\n  }\n",
                STR_ARG(m->f->name));
    buf_str(out, STR("  if (wit__mock->count >= wit__mock->result_count)\n"
                     "    return wit__mock->results[wit__mock->result_count - 1];\n"
                     "  return wit__mock->results[wit__mock->count - 1];\n"));
}

static const char function_begin[] =
    "\nstruct $MOCK $MOCK;\n\n$RESULT $FUNCTION($PARAMS) {\n"
    "  struct $MOCK *wit__mock = &$MOCK;\n"
    "  wit__mock->calls =\n"
    "    ($CALL *) wit__more(wit__mock->calls, wit__mock->count, sizeof($CALL));\n"
    "  $CALL *wit__call = &wit__mock->calls[wit__mock->count++];\n"
    "  memset(wit__call, 0, sizeof *wit__call);\n"
    "  wit__call->$ORDER = ++wit__order;\n";

static void put_function(Mocks *k, const Mock *m, bool no_return) {
    Buf *out = &k->body;
    const NatFunc *f = m->f;
    const GenWord words[] = {{STR("$MOCK"), m->mock},     {STR("$CALL"), m->call},
                             {STR("$RESULT"), f->result}, {STR("$FUNCTION"), f->name},
                             {STR("$PARAMS"), f->params}, {STR("$ORDER"), m->order}};
    buf_str(out, gen_fill(k->g, function_begin, words, sizeof words / sizeof *words));
    for (size_t i = 0; i < f->count; i++) put_record(k, &f->list[i]);
    buf_fmt(out, "  if (wit__mock->handler) %swit__mock->handler(wit__mock->data",
            m->result ? "return " : "");
    for (size_t i = 0; i < f->count; i++) buf_fmt(out, ", %.*s", STR_ARG(f->list[i].name));
    buf_str(out, STR(");\n"));
    put_result(k, m);
    if (no_return)
        buf_fmt(out, "  WIT_MOCK_FAIL(\"%.*s\", \"returned\");\n  abort();\n", STR_ARG(f->name));
    buf_str(out, STR("}\n"));
    buf_fmt(&k->reset, "  free(%.*s.calls);\n  memset(&%.*s, 0, sizeof %.*s);\n", STR_ARG(m->mock),
            STR_ARG(m->mock), STR_ARG(m->mock));
    buf_fmt(&k->verify, "  missed += wit__missed(\"%.*s\", %.*s.expected, %.*s.count);\n",
            STR_ARG(f->name), STR_ARG(m->mock), STR_ARG(m->mock));
}

static void put_mock(Mocks *k, const NatFunc *f) {
    Mock m = mock_of(k->g, f);
    put_call_type(k, &m);
    put_mock_type(k, &m);
    put_function(k, &m, f->func && nat_is_exit(f));
}

/* Of an imported resource. */
static void put_drop(Mocks *k, const WitType *type) {
    const GenType *r = gen_type(k->g, type);
    NatParam own = {.name = STR("own"), .c_type = r->own, .pass = NAT_VALUE};
    NatFunc f = {.name = r->drop, .result = STR("void"), .list = &own, .count = 1};
    f.params = str_fmt(k->g->arena, "%.*s own", STR_ARG(r->own));
    put_mock(k, &f);
}

/* ---- the files ---- */

static GenFile *add_file(Gen *g, GenOutput *out, const char *ending) {
    GenFile *file = vec_push(g->arena, &out->more);
    *file = (GenFile){.name = str_fmt(g->arena, "%.*s_mocks%s", STR_ARG(g->name), ending),
                      .text = {.arena = g->arena}};
    gen_put_banner(&file->text);
    return file;
}

void gen_put_mocks(Gen *g, GenOutput *out) {
    Mocks k = {.g = g,
               .header = {.arena = g->arena},
               .body = {.arena = g->arena},
               .reset = {.arena = g->arena},
               .verify = {.arena = g->arena}};
    const GenWord words[] = {{STR("$NAME"), g->name},
                             {STR("$UPPER"), g->upper},
                             {STR("$RESET"), nat_derive(g, g->name, "mocks_reset")},
                             {STR("$VERIFY"), nat_derive(g, g->name, "mocks_verify")}};
    enum { WORDS = sizeof words / sizeof *words };
    g->c_release = (Buf){.arena = g->arena}; /* walks go there */
    for (size_t i = 0; i < g->imported_resources.len; i++)
        put_drop(&k, g->imported_resources.at[i]);
    for (size_t i = 0; i < g->nat_funcs.len; i++)
        if (g->nat_funcs.at[i]->scope.import) put_mock(&k, g->nat_funcs.at[i]);

    Buf *header = &add_file(g, out, ".h")->text;
    buf_str(header, gen_fill(g, header_begin, words, WORDS));
    buf_str(header, buf_text(&k.header));
    buf_str(header, STR("\n#ifdef __cplusplus\n}\n#endif\n#endif\n"));

    Buf *source = &add_file(g, out, ".c")->text;
    buf_str(source, gen_fill(g, source_begin, words, WORDS));
    buf_str(source, buf_text(&g->c_release));
    buf_str(source, buf_text(&k.body));
    buf_fmt(source,
            "\nvoid %.*s(void) {\n%.*s  while (wit__copies) {\n"
            "    wit__copied *next = wit__copies->next;\n    free(wit__copies);\n"
            "    wit__copies = next;\n  }\n  wit__order = 0;\n  wit__mock_handle = 0;\n}\n",
            STR_ARG(words[2].with), STR_ARG(buf_text(&k.reset)));
    buf_fmt(source, "\nsize_t %.*s(void) {\n  size_t missed = 0;\n%.*s  return missed;\n}\n",
            STR_ARG(words[3].with), STR_ARG(buf_text(&k.verify)));
}
