/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Where packages come from.
 *
 *     dir/NAME.wit          one package; each file may hold nested packages besides
 *     dir/deps/name/X.wit   a package each (no deps of their own)
 *     dir/deps/name.wit    the same in one file
 *     dir/deps/name.wasm   packages in binary form, or .wat
 *     dir/deps/...         other files (lists of versions and the like) are no matter; links count
 *     file.wit             one package
 *
 * Files are read in the order of their names. All texts are parsed before anything is resolved; of
 * a text with errors, what is sound of it is resolved, so that one run tells all errors.
 */
#include "witc/internal.h"

#include "base/file.h"

typedef struct {
    Arena *arena;
    Diags *diags;
    const WitcOptions *options;
    Lower *lower;
    Resolver resolver;
} Loader;

/* The files of one folder, or one file: a package and what is nested in it. */
typedef struct {
    AstHeader header;
    bool has_header;
    VEC(const AstScope *) files;
    const Source *first;
    BrokenFiles broken; /* with syntax errors */
    bool failed;        /* a file is missing as a whole */
} Group;

/* ---- packages from text ---- */

static void add_header(Loader *l, Group *group, const AstHeader *header) {
    if (!group->has_header) {
        group->header = *header;
        group->has_header = true;
        return;
    }
    AstHeader *old = &group->header;
    Str id = witc_header_id(l->arena, header->ns, header->name, header->version);
    Str old_id = witc_header_id(l->arena, old->ns, old->name, old->version);
    if (!str_eq(id, old_id) && !group->broken.len) {
        diag(l->diags, WIT_OTHER_HEADER, header->span, STR_ARG(id), STR_ARG(old_id));
        diag_note(l->diags, WIT_FIRST_HERE, old->span);
    }
    if (!header->docs_span.source) return;
    if (old->docs_span.source) {
        diag(l->diags, WIT_DOCS_TWICE, header->docs_span);
        diag_note(l->diags, WIT_FIRST_HERE, old->docs_span);
        return;
    }
    old->docs = header->docs;
    old->docs_span = header->docs_span;
}

static void add_nested(Loader *l, const Group *group, const AstScope *scope) {
    for (size_t i = 0; i < scope->items.len; i++) {
        if (scope->items.at[i].kind != AST_PACKAGE) continue;
        const AstScope *nested = scope->items.at[i].scope;
        Unit *unit = nested->header ? witc_add_unit(&l->resolver, nested->header) : NULL;
        if (!unit) continue;
        *vec_push(l->arena, &unit->files) = nested;
        unit->broken = group->broken;
    }
}

static void add_source(Loader *l, Group *group, const Source *source) {
    if (!group->first) group->first = source;
    const AstScope *scope = witc_lower(l->lower, source);
    if (!scope || scope->incomplete) {
        Broken broken = witc_broken(source);
        *vec_push(l->arena, &group->broken) = broken;
        *vec_push(l->arena, &l->resolver.broken) = broken;
    }
    if (!scope) return;
    if (scope->header) add_header(l, group, scope->header);
    *vec_push(l->arena, &group->files) = scope;
}

/* A package without a name is resolved all the same, for the errors in it. */
static void report_no_header(Loader *l, Group *group) {
    group->header.span = (Span){group->first, 0, 0};
    if (group->broken.len || group->failed) return; /* it may be in what was not understood */
    diag(l->diags, WIT_NO_HEADER, group->header.span);
    if (!str_trim(group->first->text).len) diag_note(l->diags, WIT_EMPTY_FILE, span_none());
    diag_note(l->diags, WIT_HEADER_FORM, span_none());
}

/* The group's package; NULL where there is none. */
static Unit *finish_group(Loader *l, Group *group, Str path) {
    for (size_t i = 0; i < group->files.len; i++) add_nested(l, group, group->files.at[i]);
    if (!group->first) {
        if (!group->failed) diag(l->diags, WIT_NO_FILES, span_none(), STR_ARG(path));
        return NULL;
    }
    if (!group->has_header) report_no_header(l, group);
    Unit *unit = witc_add_unit(&l->resolver, &group->header);
    if (!unit) return NULL;
    unit->broken = group->broken;
    for (size_t i = 0; i < group->files.len; i++)
        *vec_push(l->arena, &unit->files) = group->files.at[i];
    return unit;
}

static Unit *load_directory(Loader *l, Str path) {
    DirectoryEntries entries = {0};
    Group group = {0};
    if (!directory_read(l->arena, path, &entries, l->diags)) return NULL;
    for (size_t i = 0; i < entries.len; i++) {
        const DirectoryEntry *entry = &entries.at[i];
        if (entry->kind == ENTRY_DIRECTORY || entry->kind == ENTRY_SPECIAL ||
            !str_ends(entry->name, STR(".wit")))
            continue;
        Str file = path_join(l->arena, path, entry->name);
        const Source *source = file_read(l->arena, file, l->diags);
        if (source) add_source(l, &group, source);
        else group.failed = l->resolver.deps_failed = true;
    }
    return finish_group(l, &group, path);
}

/* ---- packages from binaries ---- */

/* A binary, or text of the WebAssembly text format: WIT begins with neither '(' nor ';'. */
static bool is_wasm(const Source *source) {
    if (source->binary) return true;
    Str text = str_trim(source->text);
    return text.len &&
           (text.ptr[0] == '(' || (text.ptr[0] == ';' && text.len > 1 && text.ptr[1] == ';'));
}

static WitModel *decode(Loader *l, const Source *source) {
    if (!l->options->decode) {
        diag(l->diags, WIT_NO_DECODER, ((Span){source, 0, 0}), STR_ARG(source->path));
        return NULL;
    }
    return l->options->decode(l->arena, source, l->options->context, l->diags);
}

static void load_wasm_dep(Loader *l, const Source *source) {
    const WitModel *model = decode(l, source);
    if (!model || !wit_model_merge(l->resolver.model, model, NULL, l->diags))
        l->resolver.deps_failed = true;
    else witc_add_model(&l->resolver, l->resolver.model);
}

static void load_file_dep(Loader *l, Str path) {
    const Source *source = file_read(l->arena, path, l->diags);
    if (!source) {
        l->resolver.deps_failed = true;
        return;
    }
    if (is_wasm(source)) {
        load_wasm_dep(l, source);
        return;
    }
    Group group = {0};
    add_source(l, &group, source);
    finish_group(l, &group, path);
}

static bool is_package_file(Str name) {
    return str_ends(name, STR(".wit")) || str_ends(name, STR(".wasm")) ||
           str_ends(name, STR(".wat"));
}

static void load_deps(Loader *l, Str path) {
    DirectoryEntries entries = {0};
    if (!file_exists(l->arena, path) || !directory_read(l->arena, path, &entries, l->diags)) return;
    for (size_t i = 0; i < entries.len; i++) {
        Str entry = path_join(l->arena, path, entries.at[i].name);
        switch (entries.at[i].kind) {
        case ENTRY_DIRECTORY: load_directory(l, entry); break;
        case ENTRY_FILE:
            if (is_package_file(entry)) load_file_dep(l, entry);
            break;
        case ENTRY_NOWHERE: load_file_dep(l, entry); break; /* says that it is not there */
        case ENTRY_SPECIAL: break;
        }
    }
}

static void load_beside(Loader *l) {
    l->resolver.in_deps = true;
    for (size_t i = 0; i < l->options->beside_count; i++) {
        Str path = l->options->beside[i];
        if (file_is_directory(l->arena, path)) {
            load_directory(l, path);
            load_deps(l, path_join(l->arena, path, STR("deps")));
        } else {
            load_file_dep(l, path);
        }
    }
}

/* ---- entry points ---- */

/* `--features cm-nested-names` turns a gate of the language on, beside features of packages. */
static Features gates_of(const WitcOptions *options) {
    Features gates = options->gates;
    const char *nested = feature_name(FEATURE_CM_NESTED_NAMES);
    for (size_t i = 0; i < options->feature_count; i++)
        if (str_is(options->features[i], nested)) gates |= FEATURE_BIT(FEATURE_CM_NESTED_NAMES);
    return gates;
}

static Loader loader_new(Arena *arena, const WitcOptions *options, Diags *diags) {
    static const WitcOptions plain;
    Loader l = {.arena = arena, .diags = diags, .options = options ? options : &plain};
    l.lower = witc_lower_new(arena, gates_of(l.options), diags);
    witc_resolver_init(&l.resolver, wit_model_new(arena), l.options, diags);
    diags->strict = l.options->strict;
    return l;
}

static WitModel *finish(Loader *l, Unit *main, size_t errors_before, Resolver *resolver) {
    witc_lower_free(l->lower);
    witc_resolve(&l->resolver, main);
    l->diags->strict = false;
    if (resolver) *resolver = l->resolver;
    return main && l->diags->errors == errors_before ? l->resolver.model : NULL;
}

static Unit *load_text(Loader *l, const Source *source) {
    Group group = {0};
    add_source(l, &group, source);
    return finish_group(l, &group, source->path);
}

WitModel *witc_load_text(Arena *arena, const Source *source, const WitcOptions *options,
                         Diags *diags, Resolver *resolver) {
    size_t errors = diags->errors;
    Loader l = loader_new(arena, options, diags);
    Unit *main = load_text(&l, source);
    load_beside(&l);
    return finish(&l, main, errors, resolver);
}

WitModel *witc_load_folder(Arena *arena, Str path, const WitcOptions *options, Diags *diags,
                           Resolver *resolver) {
    size_t errors = diags->errors;
    Loader l = loader_new(arena, options, diags);
    Unit *main = load_directory(&l, path);
    l.resolver.deps = path_join(arena, path, STR("deps"));
    l.resolver.in_deps = true;
    load_deps(&l, l.resolver.deps);
    load_beside(&l);
    return finish(&l, main, errors, resolver);
}

WitModel *witc_read_text(Arena *arena, const Source *source, const WitcOptions *options,
                         Diags *diags) {
    return witc_load_text(arena, source, options, diags, NULL);
}

WitModel *witc_read(Arena *arena, Str path, const WitcOptions *options, Diags *diags) {
    if (file_is_directory(arena, path)) return witc_load_folder(arena, path, options, diags, NULL);
    const Source *source = file_read(arena, path, diags);
    if (!source) return NULL;
    if (!is_wasm(source)) return witc_read_text(arena, source, options, diags);
    Loader l = {.arena = arena, .diags = diags, .options = options ? options : &(WitcOptions){0}};
    return decode(&l, source);
}
