/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Worlds in core modules. A linker unites object files, so a module can carry several custom sections
 * whose names begin with `component-type`, each with a world (comp_encode_world):
 *
 *     core module | ... code ... | component-type:app | component-type:calculator-client |
 *
 * Reading takes them out and unites their packages and worlds; embedding appends one.
 */
#include "component/internal.h"

static const Str prefix = STR_INIT("component-type");

Str comp_encoding_key(Arena *arena, const WitItem *item, Str func) {
    if (item->kind != WIT_ITEM_INTERFACE || item->name.len)
        return str_fmt(arena, "%.*s/%.*s", STR_ARG(item->name), STR_ARG(func));
    const WitPackage *p = item->interface->package;
    return str_fmt(arena, "%.*s:%.*s/%.*s/%.*s", STR_ARG(p->ns), STR_ARG(p->name),
                   STR_ARG(item->interface->name), STR_ARG(func));
}

typedef struct {
    Arena *arena;
    Diags *diags;
    const Source *source;
    CompModuleWorld *out;
} Loader;

static bool note_encoding(Loader *l, Map *map, Str key, AbiEncoding encoding) {
    bool added;
    MapEntry *entry = map_put(l->arena, map, key, &added);
    if (!added && entry->value != (uint64_t)encoding) {
        diag(l->diags, LINK_ENCODING_CONFLICT, span_at(l->source, 0), STR_ARG(key));
        return false;
    }
    entry->value = (uint64_t)encoding;
    return true;
}

static bool note_encodings(Loader *l, Map *map, const WitItems *items, AbiEncoding encoding) {
    bool ok = true;
    for (size_t i = 0; i < items->len && ok; i++) {
        const WitItem *item = &items->at[i];
        if (item->kind == WIT_ITEM_FUNC) {
            ok = note_encoding(l, map, comp_encoding_key(l->arena, item, item->func->name),
                               encoding);
        } else if (item->kind == WIT_ITEM_INTERFACE) {
            for (size_t k = 0; k < item->interface->funcs.len && ok; k++)
                ok = note_encoding(
                    l, map, comp_encoding_key(l->arena, item, item->interface->funcs.at[k]->name),
                    encoding);
        }
    }
    return ok;
}

/* The world into which all others are united. */
static void begin_world(Loader *l) {
    if (l->out->model) return;
    WitModel *model = wit_model_new(l->arena);
    WitPackage *package = wit_package_new(model, STR("root"), STR("root"), (Semver){0});
    l->out->world = wit_world_new(model, package, STR("root"));
    l->out->model = model;
    model->main = package;
}

static bool take_section(Loader *l, Str name, Str payload, size_t offset) {
    const WitWorld *world;
    AbiEncoding encoding;
    WitModel *model =
        comp_decode_world(l->arena, l->source, payload, offset, &world, &encoding, l->diags);
    if (!model) {
        diag(l->diags, LINK_SECTION, span_at(l->source, offset), STR_ARG(name));
        return false;
    }
    begin_world(l);
    Map moved = {0};
    if (!wit_model_merge(l->out->model, model, &moved, l->diags)) return false;
    const void *key = world;
    const MapEntry *entry = map_get(&moved, (Str){(const char *)&key, sizeof key});
    const WitWorld *here = entry ? entry->cptr : world;
    for (size_t i = 0; i < here->exports.len; i++)
        map_put(l->arena, &l->out->exports, wit_item_name(l->arena, &here->exports.at[i]), NULL);
    return note_encodings(l, &l->out->import_encodings, &here->imports, encoding) &&
           note_encodings(l, &l->out->export_encodings, &here->exports, encoding) &&
           wit_world_merge(l->out->model, l->out->world, here, l->diags);
}

bool comp_module_world(Arena *arena, const Source *module, CompModuleWorld *out, Diags *diags) {
    *out = (CompModuleWorld){0};
    return comp_unite_module_world(arena, module, out, diags);
}

/* A section that stays: nothing is copied before one that follows a section that does not. */
static void keep_bytes(const Source *module, Buf *core, size_t *kept, const uint8_t *from,
                       const uint8_t *to) {
    const uint8_t *start = (const uint8_t *)module->text.ptr;
    if (!core->len && from == start + *kept) {
        *kept = (size_t)(to - start);
        return;
    }
    if (!core->len) {
        buf_reserve(core, module->text.len);
        buf_bytes(core, start, *kept);
    }
    buf_bytes(core, from, (size_t)(to - from));
}

bool comp_unite_module_world(Arena *arena, const Source *module, CompModuleWorld *out,
                             Diags *diags) {
    Loader l = {.arena = arena, .diags = diags, .source = module, .out = out};
    Buf core = {.arena = arena};
    Reader r = reader_of(module, diags);
    *out = (CompModuleWorld){.model = out->model, .world = out->world};
    if (!comp_is_module(module->text)) {
        diag(diags, LINK_NOT_MODULE, span_at(module, 0));
        return false;
    }
    size_t kept = 8; /* as long as nothing was left out in between: the module's own first bytes */
    reader_bytes(&r, 8);
    while (!reader_at_end(&r)) {
        const uint8_t *start = r.ptr;
        uint8_t id = reader_u8(&r);
        Reader body = reader_sub(&r, reader_u32(&r));
        if (r.failed) return false;
        Reader peek = body;
        peek.diags = NULL;
        Str name = id == 0 ? reader_name(&peek) : (Str){0};
        if (id == 0 && !peek.failed && str_starts(name, prefix)) {
            size_t offset = reader_offset(&peek);
            if (!take_section(&l, name, reader_bytes(&peek, reader_left(&peek)), offset))
                return false;
        } else {
            keep_bytes(module, &core, &kept, start, r.ptr);
        }
    }
    out->core = core.len ? buf_text(&core) : str_from_to(module->text, 0, kept);
    return !r.failed;
}

bool comp_embed(Arena *arena, const WitModel *model, const WitWorld *world, AbiEncoding encoding,
                Str core, Buf *out, Diags *diags) {
    Buf section = {.arena = arena};
    Str payload = comp_encode_world(arena, model, world, encoding, diags);
    if (diags->errors) return false;
    buf_name(&section, prefix);
    buf_str(&section, payload);
    buf_str(out, core);
    buf_section(out, 0, &section);
    return true;
}
