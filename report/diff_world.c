/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What changed between two versions of a package: its interfaces, the packages that it needs, its
 * worlds; and the version that this asks for.
 *
 * A world is judged from the components that were made for it: they go on if the new world imports
 * all that it did and exports nothing more (wit_semver_check). So a new import is a minor change and
 * a new export a major one, and a function that is added to an exported interface is, too.
 *
 *     bump     1.2.3 →     0.2.3 →     0.0.3 →       (semver.org, and the tracks of Explainer.md,
 *     patch    1.2.4       0.2.4       0.0.4          "canonversion")
 *     minor    1.3.0       0.2.4       0.0.4
 *     major    2.0.0       0.3.0       0.0.4
 */
#include "report/internal.h"

static const ReportBreak harmless = {false, false}, both = {true, true}, at_link = {true, false},
                         in_source = {false, true};

/* ---- worlds ---- */

/* What an item is called whatever the version of its package. */
static Str item_key(Differ *d, const WitItem *item, bool exact) {
    const WitPackage *package = NULL;
    if (!item->name.len && item->kind == WIT_ITEM_INTERFACE) package = item->interface->package;
    if (exact || !package) return wit_item_name(d->arena, item);
    return str_fmt(d->arena, "%.*s:%.*s/%.*s", STR_ARG(package->ns), STR_ARG(package->name),
                   STR_ARG(item->interface->name));
}

static Map item_map(Differ *d, const WitItems *items) {
    Map map = {0};
    for (size_t i = 0; i < items->len; i++) {
        const WitItem *item = &items->at[i];
        map_put(d->arena, &map, item_key(d, item, true), NULL)->cptr = item;
        MapEntry *entry = map_put(d->arena, &map, item_key(d, item, false), NULL);
        if (!entry->cptr) entry->cptr = item;
    }
    return map;
}

/* The item of the other world that is meant by `item`: of its very version if there is one. */
static const WitItem *counterpart(Differ *d, const Map *map, const WitItem *item) {
    const MapEntry *entry = map_get(map, item_key(d, item, true));
    if (!entry) entry = map_get(map, item_key(d, item, false));
    return entry ? entry->cptr : NULL;
}

static Told told_item(Differ *d, const WitItem *item) {
    switch (item->kind) {
    case WIT_ITEM_INTERFACE: break;
    case WIT_ITEM_FUNC:
        return (Told){wit_func_text(d->arena, item->func), item->func->span,
                      &item->func->stability};
    case WIT_ITEM_TYPE:
        return (Told){wit_type_text(d->arena, item->type), item->type->span,
                      &item->type->stability};
    }
    Span span = item->span.source ? item->span : item->interface->span;
    return (Told){wit_item_name(d->arena, item), span, &item->stability};
}

static const char *item_word(const Differ *d) { return d->is_export ? "export" : "import"; }

static bool is_in_place(const WitItem *item) { return item->name.len && !item->implements; }

static bool is_empty(const WitItem *item) {
    return item->kind == WIT_ITEM_INTERFACE && !item->interface->types.len &&
           !item->interface->funcs.len;
}

static bool same_path(const WitInterface *a, const WitInterface *b) {
    return str_eq(a->name, b->name) && a->package && b->package &&
           str_eq(a->package->ns, b->package->ns) && str_eq(a->package->name, b->package->name);
}

static void diff_item_interfaces(Differ *d, const ReportScope *scope, const WitItem *a,
                                 const WitItem *b) {
    Told x = told_item(d, a), y = told_item(d, b);
    diff_about(d, scope, x, a->docs, y, b->docs);
    diff_external_id(d, scope, (Told){a->external_id, x.span, x.stability},
                     (Told){b->external_id, y.span, y.stability});
    if (is_in_place(a) && is_in_place(b)) {
        Differ inner = *d;
        inner.a_owner = a->interface, inner.b_owner = b->interface;
        inner.scope = scope;
        inner.unstable |= x.stability->feature.len != 0;
        diff_interfaces(&inner, a->interface, b->interface);
    } else if (!same_path(a->interface, b->interface)) {
        x.text = wit_interface_id(d->arena, a->interface);
        y.text = wit_interface_id(d->arena, b->interface);
        diff_add(d, REPORT_CHANGED, scope, x, y, both, both);
    }
}

static void diff_items_of_one_name(Differ *d, const WitItem *a, const WitItem *b) {
    const ReportScope *outer = d->scope,
                      *scope = diff_scope(d, outer, item_word(d), item_key(d, b, false));
    if (a->kind != b->kind) {
        ReportChange *change =
            diff_add(d, REPORT_CHANGED, scope, told_item(d, a), told_item(d, b), both, both);
        change->reason = STR("it is something else now");
    } else if (a->kind == WIT_ITEM_INTERFACE) {
        diff_item_interfaces(d, scope, a, b);
    } else if (a->kind == WIT_ITEM_TYPE) {
        diff_types(d, a->type, b->type);
    } else {
        d->scope = diff_scope(d, outer, item_word(d), (Str){0});
        diff_funcs(d, a->func, b->func);
        d->scope = outer;
    }
}

static void lone_item(Differ *d, const WitItem *item, bool is_new) {
    const ReportScope *scope = diff_scope(d, d->scope, item_word(d), item_key(d, item, true));
    Told told = told_item(d, item), none = {0};
    bool type = item->kind == WIT_ITEM_TYPE, empty = is_empty(item) && !d->is_export;
    if (is_new) {
        ReportBreak implementer = {.link = !empty, .source = !empty && !type};
        ReportChange *change = diff_add(d, REPORT_ADDED, scope, none, told, harmless, implementer);
        if (implementer.source)
            change->reason = d->is_export ? STR("components have to provide it")
                                          : STR("hosts have to provide it");
    } else {
        ReportBreak caller = {.link = !empty, .source = true};
        diff_add(d, REPORT_REMOVED, scope, told, none, caller, in_source);
    }
}

static void diff_items(Differ *d, const WitItems *a, const WitItems *b, bool is_export) {
    d->is_export = is_export;
    Map old_items = item_map(d, a), new_items = item_map(d, b);
    for (size_t i = 0; i < a->len; i++)
        if (!counterpart(d, &new_items, &a->at[i])) lone_item(d, &a->at[i], false);
    for (size_t i = 0; i < b->len; i++) {
        const WitItem *old = counterpart(d, &old_items, &b->at[i]);
        if (old) diff_items_of_one_name(d, old, &b->at[i]);
        else lone_item(d, &b->at[i], true);
    }
    d->is_export = false;
}

/* Whether a change that was told is reason enough for a misfit: one of this world, from the `from`-th
 * on, or one of an interface of this package that the world has. */
static bool is_told(Differ *d, const WitWorld *world, size_t from) {
    for (size_t i = from; i < d->out->changes.len; i++)
        if (d->out->changes.at[i].user.link) return true;
    for (int export = 0; export < 2; export ++) {
        const WitItems *items = export ? &world->exports : &world->imports;
        for (size_t i = 0; i < items->len; i++)
            if (items->at[i].kind == WIT_ITEM_INTERFACE &&
                map_has_ptr(&d->broken, items->at[i].interface))
                return true;
    }
    return false;
}

/* The judgement of wit_semver_check, which knows what the single changes mean together: a function
 * added to an interface that a world exports, a change in another package. */
static void diff_fit(Differ *d, const WitWorld *a, const WitWorld *b, size_t from) {
    Diags diags = {.arena = d->arena};
    ReportWorldFit *fit = vec_push(d->arena, &d->out->worlds);
    *fit = (ReportWorldFit){b->name, wit_semver_check(a, b, &diags)};
    if (fit->fits || is_told(d, b, from)) return;
    for (size_t i = 0; i < diags.list.len; i++) {
        const Diag *why = &diags.list.at[i];
        const Diag *needs = why->notes.len > 0 ? &why->notes.at[0] : NULL,
                   *has = why->notes.len > 1 ? &why->notes.at[1] : NULL;
        Told x = {.span = a->span}, y = {.span = needs ? needs->span : b->span};
        if (needs) x.text = needs->message;
        if (has) y.text = has->message;
        ReportChange *change = diff_add(d, REPORT_MISFIT, d->scope, x, y, both, harmless);
        change->reason = why->message;
    }
}

static void diff_worlds(Differ *d, const WitWorld *a, const WitWorld *b) {
    size_t from = d->out->changes.len;
    d->a_owner = a, d->b_owner = b;
    d->is_world = true;
    d->scope = diff_scope(d, NULL, "world", b->name);
    diff_about(d, d->scope, (Told){.span = a->span, .stability = &a->stability}, a->docs,
               (Told){.span = b->span, .stability = &b->stability}, b->docs);
    d->unstable = a->stability.feature.len != 0;
    diff_items(d, &a->imports, &b->imports, false);
    diff_items(d, &a->exports, &b->exports, true);
    diff_fit(d, a, b, from);
    d->is_world = d->unstable = false;
}

/* ---- packages ---- */

/* The packages that a package names, by "ns:name" with and without a version. */
typedef struct {
    Map exact, any;
} Needs;

static Str package_name(Arena *arena, const WitPackage *package) {
    return str_fmt(arena, "%.*s:%.*s", STR_ARG(package->ns), STR_ARG(package->name));
}

static void need(Differ *d, Needs *needs, const WitPackage *self, const WitInterface *interface) {
    const WitPackage *package = interface ? interface->package : NULL;
    if (!package || package == self) return;
    map_put(d->arena, &needs->exact, wit_package_id(d->arena, package), NULL)->cptr = package;
    map_put(d->arena, &needs->any, package_name(d->arena, package), NULL)->cptr = package;
}

static Needs needs_of(Differ *d, const WitPackage *package) {
    Needs needs = {0};
    for (size_t i = 0; i < package->interfaces.len; i++) {
        const WitInterface *interface = package->interfaces.at[i];
        for (size_t j = 0; j < interface->types.len; j++)
            need(d, &needs, package, wit_used_interface(interface->types.at[j]));
    }
    for (size_t i = 0; i < package->worlds.len; i++) {
        const WitWorld *world = package->worlds.at[i];
        for (size_t j = 0; j < world->imports.len + world->exports.len; j++) {
            bool import = j < world->imports.len;
            const WitItem *item =
                import ? &world->imports.at[j] : &world->exports.at[j - world->imports.len];
            if (item->kind == WIT_ITEM_INTERFACE) need(d, &needs, package, item->interface);
        }
    }
    return needs;
}

static Told told_version(const WitPackage *package) {
    return (Told){package->version.text, package->span, NULL};
}

static void diff_needs(Differ *d) {
    Needs a = needs_of(d, d->a_package), b = needs_of(d, d->b_package);
    const Told none = {0};
    for (size_t i = 0; i < b.exact.len; i++) {
        const WitPackage *package = b.exact.entries[i].cptr;
        if (map_get(&a.exact, b.exact.entries[i].key)) continue;
        Str name = package_name(d->arena, package);
        const ReportScope *scope = diff_scope(d, NULL, "dependency", name);
        const MapEntry *old = map_get(&a.any, name);
        if (!old) {
            diff_add(d, REPORT_ADDED, scope, none, told_version(package), harmless, harmless);
            continue;
        }
        const WitPackage *before = old->cptr;
        Str track = semver_track(d->arena, before->version);
        bool same = str_eq(track, semver_track(d->arena, package->version));
        ReportBreak hurt = same ? harmless : at_link;
        ReportChange *change = diff_add(d, REPORT_CHANGED, scope, told_version(before),
                                        told_version(package), hurt, hurt);
        if (same) change->bump = REPORT_MINOR;
        else change->reason = STR("versions that do not go together: its types are other types");
    }
    for (size_t i = 0; i < a.any.len; i++) {
        const WitPackage *package = a.any.entries[i].cptr;
        if (map_get(&b.any, a.any.entries[i].key)) continue;
        const ReportScope *scope = diff_scope(d, NULL, "dependency", a.any.entries[i].key);
        ReportChange *change =
            diff_add(d, REPORT_REMOVED, scope, told_version(package), none, harmless, harmless);
        change->bump = REPORT_PATCH;
    }
}

static void diff_interface_pair(Differ *d, const WitInterface *a, const WitInterface *b) {
    d->a_owner = a, d->b_owner = b;
    d->scope = diff_scope(d, NULL, "interface", b->name);
    diff_about(d, d->scope, (Told){.span = a->span, .stability = &a->stability}, a->docs,
               (Told){.span = b->span, .stability = &b->stability}, b->docs);
    d->unstable = a->stability.feature.len != 0;
    size_t from = d->out->changes.len;
    diff_interfaces(d, a, b);
    d->unstable = false;
    for (size_t i = from; i < d->out->changes.len; i++)
        if (d->out->changes.at[i].user.link) map_put_ptr(d->arena, &d->broken, b, NULL);
}

/* What is told of alone: an interface or world that only one of the packages has. */
static void lone(Differ *d, const char *what, Str name, Span span, const WitStability *stability,
                 bool is_new) {
    Told told = {.span = span, .stability = stability}, none = {0};
    const ReportScope *scope = diff_scope(d, NULL, what, name);
    if (is_new) diff_add(d, REPORT_ADDED, scope, none, told, harmless, harmless);
    else diff_add(d, REPORT_REMOVED, scope, told, none, both, in_source);
}

/* The interfaces of a package that a world is made of, or all of them. */
static bool is_part(const Map *parts, const WitInterface *interface) {
    return !parts || map_has_ptr(parts, interface);
}

static const void *find(const Map *names, Str name) {
    const MapEntry *entry = map_get(names, name);
    return entry ? entry->cptr : NULL;
}

static void diff_all_interfaces(Differ *d, const Map *parts) {
    const WitPackage *a = d->a_package, *b = d->b_package;
    Map a_names = {0}, b_names = {0};
    DIFF_NAMES(d, &a_names, &a->interfaces);
    DIFF_NAMES(d, &b_names, &b->interfaces);
    for (size_t i = 0; i < a->interfaces.len; i++) {
        const WitInterface *old = a->interfaces.at[i];
        if (is_part(parts, old) && !find(&b_names, old->name))
            lone(d, "interface", old->name, old->span, &old->stability, false);
    }
    for (size_t i = 0; i < b->interfaces.len; i++) {
        const WitInterface *new = b->interfaces.at[i], *old = find(&a_names, new->name);
        if (!is_part(parts, new) && !(old && is_part(parts, old))) continue;
        if (old) diff_interface_pair(d, old, new);
        else lone(d, "interface", new->name, new->span, &new->stability, true);
    }
}

static void diff_all_worlds(Differ *d, Str only) {
    const WitPackage *a = d->a_package, *b = d->b_package;
    Map a_names = {0}, b_names = {0};
    DIFF_NAMES(d, &a_names, &a->worlds);
    DIFF_NAMES(d, &b_names, &b->worlds);
    for (size_t i = 0; i < a->worlds.len; i++) {
        const WitWorld *old = a->worlds.at[i];
        if (!only.len && !find(&b_names, old->name))
            lone(d, "world", old->name, old->span, &old->stability, false);
    }
    for (size_t i = 0; i < b->worlds.len; i++) {
        const WitWorld *new = b->worlds.at[i], *old = find(&a_names, new->name);
        if (only.len && !str_eq(only, new->name)) continue;
        if (old) diff_worlds(d, old, new);
        else lone(d, "world", new->name, new->span, &new->stability, true);
    }
}

/* ---- versions ---- */

static Semver least_version(Arena *arena, Semver old, ReportBump bump) {
    SemverParts parts = semver_parts(old);
    uint64_t major = parts.major, minor = parts.minor, patch = parts.patch;
    Semver least = old;
    if (!old.text.len || bump == REPORT_NO_BUMP) return least;
    if (!parts.pre.len) { /* a pre-release promises nothing: what comes after it will do */
        if (major && bump == REPORT_MAJOR) major++, minor = patch = 0;
        else if (major && bump == REPORT_MINOR) minor++, patch = 0;
        else if (!major && minor && bump == REPORT_MAJOR) minor++, patch = 0;
        else patch++;
    }
    Str text = str_fmt(arena, "%llu.%llu.%llu", (unsigned long long)major,
                       (unsigned long long)minor, (unsigned long long)patch);
    semver_parse(text, &least);
    return least;
}

/* A pre-release of the least version is on the way to it. */
static bool is_enough(const ReportDiff *diff) {
    Semver old = diff->old_package->version, new = diff->new_package->version;
    if (!old.text.len) return true;
    if (!new.text.len) return false;
    int order = semver_cmp(new, old);
    if (diff->bump == REPORT_NO_BUMP) return order >= 0;
    return order > 0 && semver_cmp(semver_core(new), semver_core(diff->least)) >= 0;
}

static void add_parts(Arena *arena, Map *parts, const WitWorld *world) {
    for (size_t i = 0; world && i < world->imports.len; i++)
        if (world->imports.at[i].kind == WIT_ITEM_INTERFACE)
            map_put_ptr(arena, parts, world->imports.at[i].interface, NULL);
    for (size_t i = 0; world && i < world->exports.len; i++)
        if (world->exports.at[i].kind == WIT_ITEM_INTERFACE)
            map_put_ptr(arena, parts, world->exports.at[i].interface, NULL);
}

ReportDiff *report_diff(Arena *arena, const WitModel *old_model, const WitPackage *a,
                        const WitModel *new_model, const WitPackage *b,
                        const ReportDiffOptions *options, Diags *diags) {
    Str a_name = package_name(arena, a), b_name = package_name(arena, b), only = options->world;
    if (!str_eq(a_name, b_name)) {
        diag(diags, DIFF_OTHER_PACKAGE, b->span, STR_ARG(a_name), STR_ARG(b_name));
        return NULL;
    }
    const WitWorld *old_world = only.len ? wit_find_world(a, only) : NULL,
                   *new_world = only.len ? wit_find_world(b, only) : NULL;
    if (only.len && (!old_world || !new_world)) {
        Str id = wit_package_id(arena, old_world ? b : a);
        diag(diags, MODEL_WORLD_UNKNOWN, span_none(), STR_ARG(only), STR_ARG(id));
        return NULL;
    }
    Differ d = {.arena = arena,
                .out = ARENA_NEW(arena, ReportDiff),
                .no_docs = options->no_docs,
                .a_package = a,
                .b_package = b,
                .a_flows = diff_flows(arena, old_model),
                .b_flows = diff_flows(arena, new_model)};
    *d.out = (ReportDiff){.old_package = a, .new_package = b};
    Map parts = {0};
    add_parts(arena, &parts, old_world);
    add_parts(arena, &parts, new_world);
    diff_about(&d, NULL, (Told){.span = a->span}, a->docs, (Told){.span = b->span}, b->docs);
    diff_needs(&d);
    diff_all_interfaces(&d, only.len ? &parts : NULL);
    diff_all_worlds(&d, only);
    for (size_t i = 0; i < d.out->changes.len; i++)
        if (d.out->changes.at[i].bump > d.out->bump) d.out->bump = d.out->changes.at[i].bump;
    d.out->least = least_version(arena, a->version, d.out->bump);
    d.out->enough = is_enough(d.out);
    return d.out;
}
