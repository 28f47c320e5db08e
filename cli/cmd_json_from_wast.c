/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * `witc json-from-wast`: a test script as JSON and files, for engines that read no text. The form is
 * the one of WABT's wast2json and of wasm-tools:
 *
 *     {"source_filename":"f.wast","commands":[
 *       {"type":"module","line":1,"name":"a","filename":"f.0.wasm","module_type":"binary"}, ...]}
 */
#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "base/json.h"
#include "cli/wast.h"

typedef struct {
    Str wasm_dir;
    bool pretty, trusted;
} Options;

static const Option option_table[] = {
    TEXT(Options, wasm_dir, 0, "wasm-dir", "DIR", "Where the modules go (.)"),
    FLAG(Options, pretty, 0, "pretty", "Indent the JSON"),
    TRUST_FLAG(Options, trusted),
};

static const Argument arguments[] = {{"SCRIPT", "A .wast file", ARGUMENT_REQUIRED}, {0}};

typedef struct {
    Cli *cli;
    Str directory, stem;
    Features features;
    unsigned files;
    Json json;
    bool trusted, failed;
} Writer;

static void text_member(Json *json, const char *key, Str value) {
    json_key(json, key);
    json_string(json, value);
}

static void type_member(Json *json, const char *type) { text_member(json, "type", str_from(type)); }

/* ---- values ---- */

static void value(Writer *w, const WastValue *v);

static void values(Writer *w, const WastValues *list) {
    json_array(&w->json);
    for (size_t i = 0; i < list->len; i++) value(w, &list->at[i]);
    json_end(&w->json);
}

static Str float_text(Writer *w, int nan, uint64_t bits) {
    if (nan == WAST_NAN_CANONICAL) return STR("nan:canonical");
    if (nan == WAST_NAN_ARITHMETIC) return STR("nan:arithmetic");
    return str_fmt(w->cli->arena, "%" PRIu64, bits);
}

static Str signed_text(Writer *w, unsigned width, uint64_t bits) {
    int64_t number = width == 1   ? (int8_t)bits
                     : width == 2 ? (int16_t)bits
                     : width == 4 ? (int32_t)bits
                                  : (int64_t)bits;
    return str_fmt(w->cli->arena, "%" PRId64, number);
}

static void v128(Writer *w, const WastValue *v) {
    unsigned lanes = v->lanes ? v->lanes : 4, width = 16 / lanes;
    type_member(&w->json, "v128");
    Str lane_type = str_fmt(w->cli->arena, "%c%u", v->lane_float ? 'f' : 'i', width * 8);
    text_member(&w->json, "lane_type", lane_type);
    json_key(&w->json, "value");
    json_array(&w->json);
    for (unsigned i = 0; i < lanes; i++) {
        uint64_t bits = 0;
        memcpy(&bits, v->v128 + i * width, width);
        json_string(&w->json, v->lane_float ? float_text(w, (int)v->lane_nan[i & 3], bits)
                                            : signed_text(w, width, bits));
    }
    json_end(&w->json);
}

/* A type that has no value but null; NULL for others. */
static const char *null_type(CoreHeap heap) {
    switch (heap) {
    case CORE_HEAP_BOTTOM: return "refnull";
    case CORE_HEAP_NONE: return "nullref";
    case CORE_HEAP_NOFUNC: return "nullfuncref";
    case CORE_HEAP_NOEXTERN: return "nullexternref";
    case CORE_HEAP_NOEXN: return "nullexnref";
    case CORE_HEAP_NOCONT: return "nullcontref";
    default: return NULL;
    }
}

static void reference(Writer *w, const WastValue *v) {
    const char *null = null_type(v->heap);
    Str type = null ? str_from(null) : str_fmt(w->cli->arena, "%sref", core_heap_name(v->heap));
    text_member(&w->json, "type", type);
    if (v->is_null && !null) text_member(&w->json, "value", STR("null"));
    else if (!v->any && !v->is_null)
        text_member(&w->json, "value", str_fmt(w->cli->arena, "%" PRIu64, v->bits));
}

/* option and result: {"Ok": value or null}; variant: {"case": c, "payload": value} */
static void payload(Writer *w, const WastValue *v) {
    if (v->parts.len) value(w, &v->parts.at[0]);
    else json_null(&w->json);
}

static void component_value(Writer *w, const WastValue *v) {
    Json *json = &w->json;
    type_member(json, wit_kind_keyword(v->type));
    json_key(json, "value");
    switch (v->type) {
    case WIT_BOOL: json_bool(json, v->bits != 0); break;
    case WIT_STRING:
    case WIT_ENUM: json_string(json, v->text); break;
    case WIT_LIST:
    case WIT_TUPLE: values(w, &v->parts); break;
    case WIT_RECORD:
        json_object(json);
        for (size_t i = 0; i < v->parts.len; i++) {
            json_key_str(json, v->names.at[i]);
            value(w, &v->parts.at[i]);
        }
        json_end(json);
        break;
    case WIT_FLAGS:
        json_array(json);
        for (size_t i = 0; i < v->names.len; i++) json_string(json, v->names.at[i]);
        json_end(json);
        break;
    case WIT_OPTION: payload(w, v); break;
    case WIT_RESULT:
        json_object(json);
        json_key(json, v->is_some ? "Ok" : "Err");
        payload(w, v);
        json_end(json);
        break;
    case WIT_VARIANT:
        json_object(json);
        text_member(json, "case", v->text);
        if (v->parts.len) {
            json_key(json, "payload");
            value(w, &v->parts.at[0]);
        }
        json_end(json);
        break;
    case WIT_CHAR: json_string(json, v->text); break;
    case WIT_F32: json_string(json, float_text(w, (int)v->nan, (uint32_t)v->bits)); break;
    case WIT_F64: json_string(json, float_text(w, (int)v->nan, v->bits)); break;
    case WIT_U8:
    case WIT_U16:
    case WIT_U32:
    case WIT_U64: json_string(json, str_fmt(w->cli->arena, "%" PRIu64, v->bits)); break;
    default: json_string(json, signed_text(w, 8, v->bits)); break;
    }
}

static void value(Writer *w, const WastValue *v) {
    Json *json = &w->json;
    json_object(json);
    switch (v->kind) {
    case WAST_I32:
        type_member(json, "i32"), text_member(json, "value", signed_text(w, 4, v->bits));
        break;
    case WAST_I64:
        type_member(json, "i64"), text_member(json, "value", signed_text(w, 8, v->bits));
        break;
    case WAST_F32:
        type_member(json, "f32"),
            text_member(json, "value", float_text(w, (int)v->nan, (uint32_t)v->bits));
        break;
    case WAST_F64:
        type_member(json, "f64"), text_member(json, "value", float_text(w, (int)v->nan, v->bits));
        break;
    case WAST_V128: v128(w, v); break;
    case WAST_REF: reference(w, v); break;
    case WAST_EITHER:
        type_member(json, "either");
        json_key(json, "values");
        values(w, &v->parts);
        break;
    case WAST_COMPONENT: component_value(w, v); break;
    }
    json_end(json);
}

/* ---- commands ---- */

static Str write_file(Writer *w, const char *ending, Str bytes) {
    Str name = str_fmt(w->cli->arena, "%.*s.%u.%s", STR_ARG(w->stem), w->files, ending);
    Str path = path_join(w->cli->arena, w->directory, name);
    if (!file_write(w->cli->arena, path, bytes, &w->cli->diags)) w->failed = true;
    return name;
}

static void report(Writer *w, const Diags *faults) {
    Diags *list = &w->cli->diags;
    for (size_t i = 0; i < faults->list.len; i++)
        *vec_push(list->arena, &list->list) = faults->list.at[i];
    list->errors += faults->errors;
    w->failed = true;
}

/* The module of a command goes to a file; quoted text that parses also as a binary. */
static void module(Writer *w, const WastCommand *c) {
    const WastModule *m = &c->module;
    bool must_parse = c->kind != WAST_ASSERT_MALFORMED && c->kind != WAST_ASSERT_INVALID &&
                      c->kind != WAST_ASSERT_MALFORMED_CUSTOM &&
                      c->kind != WAST_ASSERT_INVALID_CUSTOM;
    if (must_parse && !m->parsed && !m->is_quote) {
        report(w, m->faults);
        return;
    }
    text_member(&w->json, "filename", write_file(w, m->is_quote ? "wat" : "wasm", m->bytes));
    text_member(&w->json, "module_type", m->is_quote ? STR("text") : STR("binary"));
    if (m->is_quote && c->kind != WAST_ASSERT_MALFORMED &&
        c->kind != WAST_ASSERT_MALFORMED_CUSTOM) {
        Diags ignored = {.arena = w->cli->arena};
        const Source *text = source_of(w->cli->arena, w->stem, m->bytes);
        if (w->trusted) text = trust_source(w->cli, text);
        const Source *binary = wat_to_binary(w->cli->arena, text, w->features, &ignored);
        if (binary) text_member(&w->json, "binary_filename", write_file(w, "wasm", binary->text));
    }
    w->files++;
}

static void action(Writer *w, const WastCommand *c) {
    json_key(&w->json, "action");
    json_object(&w->json);
    type_member(&w->json, c->is_get ? "get" : "invoke");
    if (c->module_name.len) text_member(&w->json, "module", c->module_name);
    text_member(&w->json, "field", c->name);
    if (!c->is_get) {
        json_key(&w->json, "args");
        values(w, &c->args);
    }
    json_end(&w->json);
}

static const char *const type_names[] = {
    [WAST_MODULE] = "module",
    [WAST_DEFINITION] = "module_definition",
    [WAST_INSTANCE] = "module_instance",
    [WAST_REGISTER] = "register",
    [WAST_INVOKE] = "action",
    [WAST_ASSERT_RETURN] = "assert_return",
    [WAST_ASSERT_TRAP] = "assert_trap",
    [WAST_ASSERT_EXHAUSTION] = "assert_exhaustion",
    [WAST_ASSERT_EXCEPTION] = "assert_exception",
    [WAST_ASSERT_SUSPENSION] = "assert_suspension",
    [WAST_ASSERT_MALFORMED] = "assert_malformed",
    [WAST_ASSERT_INVALID] = "assert_invalid",
    [WAST_ASSERT_UNLINKABLE] = "assert_unlinkable",
    [WAST_ASSERT_MALFORMED_CUSTOM] = "assert_malformed_custom",
    [WAST_ASSERT_INVALID_CUSTOM] = "assert_invalid_custom",
    [WAST_THREAD] = "thread",
    [WAST_WAIT] = "wait",
};

static void command(Writer *w, const WastCommand *c);

static void commands(Writer *w, const WastCommands *list) {
    json_key(&w->json, "commands");
    json_array(&w->json);
    for (size_t i = 0; i < list->len && !w->failed; i++) command(w, &list->at[i]);
    json_end(&w->json);
}

static void command(Writer *w, const WastCommand *c) {
    Json *json = &w->json;
    const char *type = c->kind == WAST_ASSERT_TRAP && c->has_module ? "assert_uninstantiable"
                                                                    : type_names[c->kind];
    bool acts = c->kind == WAST_INVOKE ||
                (c->kind >= WAST_ASSERT_RETURN && c->kind <= WAST_ASSERT_SUSPENSION);
    json_object(json);
    type_member(json, type);
    json_key(json, "line"), json_uint(json, line_column(c->span.source, c->at).line);
    if (c->kind == WAST_REGISTER) {
        if (c->module_name.len) text_member(json, "name", c->module_name);
        text_member(json, "as", c->name);
    } else if (c->kind == WAST_INSTANCE) {
        if (c->name.len) text_member(json, "instance", c->name);
        if (c->module_name.len) text_member(json, "module", c->module_name);
    } else if (c->kind == WAST_THREAD) {
        if (c->name.len) text_member(json, "name", c->name);
        if (c->module_name.len) text_member(json, "shared_module", c->module_name);
        commands(w, &c->body);
    } else if (c->kind == WAST_WAIT) {
        text_member(json, "thread", c->name);
    } else if (c->has_module) {
        bool defines = c->kind == WAST_MODULE || c->kind == WAST_DEFINITION;
        if (defines && c->module.name.len) text_member(json, "name", c->module.name);
        module(w, c);
    } else if (acts) {
        action(w, c);
    }
    if (c->kind == WAST_ASSERT_RETURN) {
        json_key(json, "expected");
        values(w, &c->expected);
    }
    if (c->message.len) text_member(json, "text", c->message);
    json_end(json);
}

static Str stem_of(Str file) {
    size_t dot = file.len;
    while (dot > 0 && file.ptr[dot - 1] != '.') dot--;
    return dot > 1 ? str_from_to(file, 0, dot - 1) : file;
}

static int run(Cli *cli, void *given) {
    const Options *options = given;
    const Source *source = cli_read(cli, 0);
    WastScript script = {0};
    if (!source) return EXIT_INPUT;
    if (!wast_is_script(cli, source)) return EXIT_INPUT;
    if (options->trusted) source = trust_source(cli, source);
    if (!wast_parse(cli->arena, source, features_all(), &script, &cli->diags)) return EXIT_INPUT;
    bool to_file = cli->output.len && !str_is(cli->output, "-");
    Str named_after = to_file ? cli->output : source->path; /* the files with the modules */
    Writer w = {.cli = cli,
                .directory = options->wasm_dir.len ? options->wasm_dir : STR("."),
                .stem = stem_of(path_file(named_after)),
                .features = features_all(),
                .trusted = options->trusted,
                .json = json_new(cli->arena, options->pretty ? 2 : 0)};
    if (mkdir(str_c(cli->arena, w.directory), 0777) != 0 && errno != EEXIST) {
        diag(&cli->diags, FILE_WRITE, span_none(), STR_ARG(w.directory), strerror(errno));
        return EXIT_INPUT;
    }
    json_object(&w.json);
    text_member(&w.json, "source_filename", source->path);
    commands(&w, &script.commands);
    json_end(&w.json);
    return cli_write(cli, buf_text(&w.json.out));
}

const CommandSpec cmd_json_from_wast = {
    .run = run,
    .with = WITH_OUTPUT,
    .size = sizeof(Options),
    OPTIONS(option_table),
    .arguments = arguments,
    .about = "Takes a test script apart: its directives as JSON, its modules and components as "
             "files beside "
             "each other.",
    .examples =
        "For an engine's test runner\n$ witc json-from-wast i32.wast -o i32.json --wasm-dir out\n",
};
