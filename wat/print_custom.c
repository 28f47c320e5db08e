/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Custom sections as annotations: producers and dylink.0 by what they say, others as bytes. Names
 * and branch hints are part of the printed text itself. A section that is not well-formed is
 * printed as bytes, with a comment. */
#include "wat/internal.h"

static Reader custom_reader(const Source *view, size_t offset) {
    Reader r = reader_of(view, NULL);
    r.start_offset = offset;
    return r;
}

/* fields ::= vec(name vec(name version)) */
static bool put_producers(WatPrinter *p, Reader *r, Str *why) {
    wat_start(p, "@producers");
    for (uint32_t n = reader_u32(r); n > 0 && !r->failed; n--) {
        size_t start = reader_offset(r);
        Str field = reader_name(r);
        if (!r->failed && !str_is(field, "language") && !str_is(field, "sdk") &&
            !str_is(field, "processed-by")) {
            *why = str_fmt(p->arena, "invalid producers field name: `%.*s` (at offset 0x%zx)",
                           STR_ARG(field), start);
            reader_stop(r);
        }
        for (uint32_t k = reader_u32(r); k > 0 && !r->failed; k--) {
            int64_t at = (int64_t)reader_offset(r);
            Str name = reader_name(r), version = reader_name(r);
            if (r->failed) break;
            wat_newline(p, at);
            wat_put(p, "(");
            wat_put_str(p, field);
            wat_put(p, " ");
            wat_put_quoted(p, name);
            wat_put(p, " ");
            wat_put_quoted(p, version);
            wat_put(p, ")");
        }
    }
    wat_finish(p);
    return !r->failed && reader_at_end(r);
}

static void put_flags(WatPrinter *p, uint32_t flags) {
    static const struct {
        const char *word;
        uint32_t flag;
    } words[] = {{"binding-weak", 1}, {"binding-local", 2}, {"visibility-hidden", 4},
                 {"undefined", 16},   {"exported", 32},     {"explicit-name", 64},
                 {"no-strip", 128},   {"tls", 256},         {"absolute", 512}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!(flags & words[i].flag)) continue;
        flags &= ~words[i].flag;
        buf_fmt(p->out, " %s", words[i].word);
    }
    if (flags) buf_fmt(p->out, " 0x%x", flags);
}

static void put_mem_info(WatPrinter *p, Reader *r) {
    uint32_t n[4];
    for (int i = 0; i < 4; i++) n[i] = reader_u32(r);
    wat_put(p, "(mem-info");
    if (n[0] || n[1]) buf_fmt(p->out, " (memory %u %u)", n[0], n[1]);
    if (n[2] || n[3]) buf_fmt(p->out, " (table %u %u)", n[2], n[3]);
    wat_put(p, ")");
}

static bool put_dylink(WatPrinter *p, Reader *r) {
    wat_start(p, "@dylink.0");
    while (!reader_at_end(r)) {
        int64_t at = (int64_t)reader_offset(r);
        uint8_t id = reader_u8(r);
        Reader sub = reader_sub(r, reader_u32(r));
        if (r->failed || id < 1 || id > 5) {
            reader_stop(r);
            break;
        }
        if (id == 1) {
            wat_newline(p, at);
            put_mem_info(p, &sub);
            reader_join(r, &sub);
            continue;
        }
        uint32_t count = reader_u32(&sub);
        if (id == 2 || id == 5) {
            wat_newline(p, at);
            wat_put(p, id == 2 ? "(needed" : "(runtime-path");
        }
        for (; count > 0 && !sub.failed; count--) {
            if (id == 3 || id == 4) {
                wat_newline(p, at);
                wat_put(p, id == 3 ? "(export-info" : "(import-info");
            }
            if (id == 4) {
                wat_put(p, " ");
                wat_put_quoted(p, reader_name(&sub));
            }
            wat_put(p, " ");
            wat_put_quoted(p, reader_name(&sub));
            if (id != 3 && id != 4) continue;
            put_flags(p, reader_u32(&sub));
            wat_put(p, ")");
        }
        if (id == 2 || id == 5) wat_put(p, ")");
        reader_join(r, &sub);
    }
    wat_finish(p);
    return !r->failed;
}

static void put_raw(WatPrinter *p, Str name, Str bytes, size_t offset, const char *place) {
    wat_newline(p, (int64_t)offset);
    wat_start(p, "@custom ");
    wat_put_quoted(p, name);
    if (place) buf_fmt(p->out, " (%s)", place);
    wat_put(p, " ");
    if (p->options.skeleton) wat_put(p, "...");
    else wat_put_quoted_bytes(p, bytes);
    wat_finish(p);
}

/* `offset` is that of the bytes; the line begins with the section's name. */
void wat_print_custom(WatPrinter *p, Str name, Str bytes, size_t offset, const char *place) {
    size_t at = offset - name.len - wat_leb_size(name.len);
    bool producers = str_is(name, "producers"), dylink = str_is(name, "dylink.0");
    if (str_is(name, "name") || str_is(name, "component-name") ||
        str_is(name, "metadata.code.branch_hint"))
        return;
    if (!producers && !dylink) {
        put_raw(p, name, bytes, at, place);
        return;
    }
    size_t len = p->out->len, line = p->line, groups = p->group_lines.len;
    unsigned nesting = p->nesting;
    const Source view = {.text = bytes, .binary = true};
    Diags faults = {.arena = p->arena};
    Str why = {0};
    Reader r = custom_reader(&view, offset);
    r.diags = &faults;
    wat_newline(p, (int64_t)at);
    if (producers ? put_producers(p, &r, &why) : put_dylink(p, &r)) return;
    p->out->len = len, p->line = line, p->group_lines.len = groups, p->nesting = nesting;
    if (faults.list.len) {
        const Diag *d = &faults.list.at[0];
        bool end = d->code == DIAG_BYTES_END || d->code == DIAG_BYTES_LENGTH;
        Str text = end ? STR("unexpected end-of-file") : d->message;
        why = str_fmt(p->arena, "%.*s (at offset 0x%x)", STR_ARG(text), d->span.start);
    }
    why = str_fmt(p->arena, "failed to parse custom section `%.*s`%s%.*s", STR_ARG(name),
                  why.len ? ": " : "", STR_ARG(why));
    wat_put_comment(p, why, (int64_t)offset);
    put_raw(p, name, bytes, at, place);
}
