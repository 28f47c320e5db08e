/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Feature gates (WIT.md, "Feature Gates").
 *
 * What they leave in: an item that is `@unstable` and not enabled is left out, and so is one that is
 * `@since` a version after the target version; nothing that stays may refer to it. `@since` needs a
 * package version that is not older.
 *
 * Which gates an item needs: whatever stands in a gated item, or refers to one, must be gated so that
 * it is never there without it:
 *
 *     inside of, or referring to      needs
 *     @since(version = V)             @since(version = V or later), or @unstable(..)
 *     @unstable(feature = F)          @unstable(feature = F)
 *
 * An item without a gate has that of what it stands in, so that one mistake is one error: the item is
 * told to need a gate, its references are not. In a package that has such errors, what they leave out
 * or in is no further error. References count within a package; the versions and
 * features of another one are another matter. These rules are no other tool's, so they hold in strict
 * reading only, and in no dependency.
 */
#include "witc/internal.h"

/* ---- what is left in ---- */

static bool is_later(const Unit *unit, const WitStability *s) {
    const Semver *target = &unit->target;
    return target->text.len && s->since.text.len && semver_cmp(s->since, *target) > 0;
}

bool witc_enabled(const Work *w, const WitStability *s) {
    if (is_later(w->unit, s)) return false;
    if (!s->feature.len || s->since.text.len || w->r->options->all_features) return true;
    for (size_t i = 0; i < w->r->options->feature_count; i++)
        if (str_eq(w->r->options->features[i], s->feature)) return true;
    return false;
}

bool witc_included(Work *w, const WitStability *s, Span span) {
    if (!s->since.text.len) return witc_enabled(w, s);
    const Semver *version = &w->unit->header.version;
    if (!version->text.len) {
        if (!w->version_reported && !w->unit->broken.len)
            diag(w->diags, WIT_NO_PACKAGE_VERSION, span, STR_ARG(w->unit->id));
        w->version_reported = true;
    } else if (semver_cmp(s->since, *version) > 0) {
        diag(w->diags, WIT_UNRELEASED, span, STR_ARG(s->since.text), STR_ARG(w->unit->id),
             STR_ARG(version->text));
        return true;
    }
    return witc_enabled(w, s);
}

void witc_note_gate(Work *w, const Unit *of, const WitStability *s, Span declared) {
    const Semver *target = &of->target;
    if (s->feature.len)
        diag_note(w->diags, WIT_GATED_BY, declared, STR_ARG(s->feature), STR_ARG(s->feature));
    else if (is_later(of, s))
        diag_note(w->diags, WIT_SINCE_LATER, declared, STR_ARG(s->since.text),
                  STR_ARG(target->text));
}

void witc_report_excluded(Work *w, Span span, const char *what, const char *more,
                          const WitStability *s, Span declared) {
    w->unit->failed = true;
    if (w->gate_reported || w->unit->broken.len) return; /* it may lack its gate for that */
    const Diag *last = w->diags->list.len ? &vec_last(&w->diags->list) : NULL;
    bool known = last && (last->code == DIAG_WIT_EXCLUDED || last->code == DIAG_WIT_BEYOND_TARGET);
    if (known && last->span.source == span.source && last->span.start == span.start)
        return; /* two types of one function */
    if (is_later(w->unit, s)) {
        diag(w->diags, WIT_BEYOND_TARGET, span, what, STR_ARG(s->since.text),
             STR_ARG(w->unit->target.text));
        if (declared.source) diag_note(w->diags, WIT_DECLARED_HERE, declared);
    } else {
        diag(w->diags, WIT_EXCLUDED, span, what, more);
        witc_note_gate(w, w->unit, s, declared);
    }
}

/* ---- target versions ---- */

typedef struct {
    Str ns, name; /* empty: of the main package; of every package of the namespace */
    Semver version;
    bool used;
} Target;

/* Why a package cannot have that version; NULL: it can. */
static const char *target_fault(const Resolver *r, const Unit *unit, Semver version) {
    const Semver *own = &unit->header.version;
    if (!own->text.len) return "it has no version";
    if (semver_cmp(version, *own) > 0) return "that is later than its own";
    if (!str_eq(semver_track(r->arena, version), semver_track(r->arena, *own)))
        return "its own is not compatible with that";
    Str id = witc_header_id(r->arena, unit->header.ns, unit->header.name, version);
    const MapEntry *other = map_get(&r->units, id);
    return other && other->cptr != unit ? "there is a package of that version besides" : NULL;
}

static void set_target(Resolver *r, Unit *unit, Target *target, bool by_namespace) {
    const char *fault = target_fault(r, unit, target->version);
    if (fault && by_namespace) return; /* another line of versions of the namespace */
    target->used = true;
    unit->target = target->version;
    if (!fault) return;
    diag(r->diags, WIT_TARGET_VERSION, unit->header.span, STR_ARG(unit->id),
         STR_ARG(target->version.text), fault);
}

/* target ::= ( id ( ':' id )? '=' )? semver */
static bool parse_target(Str text, Target *target) {
    *target = (Target){0};
    size_t equals = str_rfind(text, '=');
    if (equals != SIZE_MAX) {
        Str path = str_from_to(text, 0, equals);
        size_t colon = str_rfind(path, ':');
        target->ns = str_from_to(path, 0, colon);
        if (colon != SIZE_MAX) target->name = str_after(path, colon + 1);
        text = str_after(text, equals + 1);
    }
    return semver_parse(text, &target->version);
}

void witc_set_targets(Resolver *r, Unit *main) {
    for (size_t i = 0; i < r->options->target_count; i++) {
        Str text = r->options->targets[i];
        Target target;
        if (!parse_target(text, &target)) {
            diag(r->diags, WIT_BAD_VERSION, span_none(), STR_ARG(text),
                 "`1.2.3`, `namespace=1.2.3` or `namespace:package=1.2.3` is expected");
            continue;
        }
        if (!target.ns.len && !main) continue;
        if (!target.ns.len) set_target(r, main, &target, false);
        for (size_t u = 0; target.ns.len && u < r->units.len; u++) {
            Unit *unit = r->units.entries[u].ptr;
            if (!str_eq(unit->header.ns, target.ns)) continue;
            if (target.name.len && !str_eq(unit->header.name, target.name)) continue;
            set_target(r, unit, &target, !target.name.len);
        }
        if (!target.used) diag(r->diags, WIT_NO_TARGET, span_none(), STR_ARG(text));
    }
}

/* ---- which gates are needed ---- */

static Str gate_text(const Work *w, const WitStability *s) {
    if (s->feature.len) return str_fmt(w->arena, "@unstable(feature = %.*s)", STR_ARG(s->feature));
    return str_fmt(w->arena, "@since(version = %.*s)", STR_ARG(s->since.text));
}

/* Is what is gated by `a` never there without what is gated by `b`? */
static bool is_covered(const WitStability *a, const WitStability *b) {
    if (!wit_stability_known(b)) return true;
    if (b->feature.len) return str_eq(a->feature, b->feature);
    return a->feature.len || (a->since.text.len && semver_cmp(a->since, b->since) >= 0);
}

Gated witc_reenter(Work *w, const AstAttrs *attrs, const char *noun, Str name, Span span) {
    Gated outer = w->gate;
    if (!w->needs_gates) return outer;
    const WitStability *own = &attrs->stability, *around = outer.stability;
    bool covered = !around || is_covered(own, around);
    w->gate = (Gated){covered ? own : around, noun, name, span};
    return outer;
}

Gated witc_enter(Work *w, const AstAttrs *attrs, const char *noun, Str name, Span span) {
    Gated outer = witc_reenter(w, attrs, noun, name, span);
    if (!w->needs_gates) return outer;
    const WitStability *own = &attrs->stability, *around = outer.stability;
    if (!around || is_covered(own, around)) return outer;
    Str own_text = gate_text(w, own), around_text = gate_text(w, around);
    if (!wit_stability_known(own))
        diag(w->diags, WIT_GATE_MISSING, span, noun, STR_ARG(name), outer.noun,
             STR_ARG(around_text));
    else
        diag(w->diags, WIT_GATE_WEAKER, span, noun, STR_ARG(name), STR_ARG(own_text), outer.noun,
             STR_ARG(around_text));
    diag_note(w->diags, WIT_DECLARED_HERE, outer.span);
    w->gate_reported = true;
    return outer;
}

void witc_leave(Work *w, Gated outer) { w->gate = outer; }

void witc_refer(Work *w, const WitStability *to, Str name, Span where, Span declared) {
    const Gated *gate = &w->gate;
    if (!w->needs_gates || !gate->stability || is_covered(gate->stability, to)) return;
    Str text = gate_text(w, to);
    const char *why =
        wit_stability_known(gate->stability) ? "has a weaker gate itself" : "is not gated itself";
    diag(w->diags, WIT_GATE_REFERENCE, where, gate->noun, STR_ARG(gate->name), STR_ARG(name),
         STR_ARG(text), why);
    if (declared.source) diag_note(w->diags, WIT_DECLARED_HERE, declared);
    w->gate_reported = true;
    w->gate.stability = to; /* what it should be at least */
}
