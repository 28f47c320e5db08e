/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Names of C++ symbols (Itanium C++ ABI, 5.1), as far as functions and variables of programs have
 * them: nested and local names, templates with types and integers, substitutions, operators,
 * lambdas. What decltype and expressions in templates make stays mangled.
 *
 *     _Z N 3foo 3bar I i E E v          void foo::bar<int>()  (templates tell what they return)
 *
 * A type is written around what it is the type of, so it is two texts: "void (*" and ")(int)".
 */
#include "base/vec.h"
#include "core/core.h"

enum { LONGEST = 8192, LONGEST_SYMBOL = 4096, DEEPEST = 200 };

typedef struct {
    Str left, right;
    bool wraps; /* a function or array: a pointer to it needs parentheses */
} Type;
typedef VEC(Type) Types;

typedef struct {
    Arena *arena;
    Str in;
    size_t at;
    bool failed;
    unsigned depth;
    Types known;     /* for substitutions */
    Types arguments; /* of the last template */
    Str qualifiers;  /* " const" of a member function */
    bool returns;    /* the name is of a template: the type tells the result first */
} Cpp;

static bool enter(Cpp *c) {
    if (++c->depth > DEEPEST) c->failed = true;
    return !c->failed;
}

static Str join(Cpp *c, Str a, Str b) {
    if (a.len + b.len > LONGEST) c->failed = true;
    return c->failed ? (Str){0} : str_concat(c->arena, a, b);
}

static char peek(const Cpp *c) { return !c->failed && c->at < c->in.len ? c->in.ptr[c->at] : 0; }

static bool eat(Cpp *c, const char *text) {
    if (c->failed || !str_starts(str_after(c->in, c->at), str_from(text))) return false;
    c->at += strlen(text);
    return true;
}

static void need(Cpp *c, const char *text) {
    if (!eat(c, text)) c->failed = true;
}

static bool is_digit(char x) { return x >= '0' && x <= '9'; }

static size_t decimal(Cpp *c) {
    size_t n = 0;
    while (is_digit(peek(c)) && n < 100000) n = n * 10 + (size_t)(c->in.ptr[c->at++] - '0');
    return n;
}

/* [number] _: 0 without, else one more */
static size_t sequence(Cpp *c) {
    size_t n = 0, base = 36;
    bool any = false;
    for (char x = peek(c); is_digit(x) || (x >= 'A' && x <= 'Z'); x = peek(c)) {
        n = n * base + (size_t)(is_digit(x) ? x - '0' : x - 'A' + 10);
        if (n > 100000) c->failed = true;
        c->at++;
        any = true;
    }
    need(c, "_");
    return any ? n + 1 : 0;
}

static Type plain(Str text) { return (Type){.left = text}; }
static Str whole(Cpp *c, Type t) { return join(c, t.left, t.right); }
static void learn(Cpp *c, Type t) {
    if (!c->failed) *vec_push(c->arena, &c->known) = t;
}

static Type type(Cpp *c);
static Str encoding(Cpp *c);
static Str name(Cpp *c);

/* ---- parts of names ---- */

static Str source_name(Cpp *c) {
    size_t n = decimal(c);
    if (n == 0 || n > c->in.len - c->at) c->failed = true;
    if (c->failed) return (Str){0};
    c->at += n;
    Str text = str_from_to(c->in, c->at - n, c->at);
    return str_starts(text, STR("_GLOBAL__N")) ? STR("(anonymous namespace)") : text;
}

static Str operator_name(Cpp *c) {
    static const char table[][2][12] = {
        {"nw", " new"}, {"na", " new[]"}, {"dl", " delete"}, {"da", " delete[]"}, {"ps", "+"},
        {"ng", "-"},    {"ad", "&"},      {"de", "*"},       {"co", "~"},         {"pl", "+"},
        {"mi", "-"},    {"ml", "*"},      {"dv", "/"},       {"rm", "%"},         {"an", "&"},
        {"or", "|"},    {"eo", "^"},      {"aS", "="},       {"pL", "+="},        {"mI", "-="},
        {"mL", "*="},   {"dV", "/="},     {"rM", "%="},      {"aN", "&="},        {"oR", "|="},
        {"eO", "^="},   {"ls", "<<"},     {"rs", ">>"},      {"lS", "<<="},       {"rS", ">>="},
        {"eq", "=="},   {"ne", "!="},     {"lt", "<"},       {"gt", ">"},         {"le", "<="},
        {"ge", ">="},   {"ss", "<=>"},    {"nt", "!"},       {"aa", "&&"},        {"oo", "||"},
        {"pp", "++"},   {"mm", "--"},     {"cm", ","},       {"pm", "->*"},       {"pt", "->"},
        {"cl", "()"},   {"ix", "[]"},     {"qu", "?"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (eat(c, table[i][0])) return join(c, STR("operator"), str_from(table[i][1]));
    if (eat(c, "cv")) return join(c, STR("operator "), whole(c, type(c)));
    if (eat(c, "li")) return join(c, STR("operator\"\" "), source_name(c));
    c->failed = true;
    return (Str){0};
}

static Str type_list(Cpp *c, const char *end) {
    Str out = {0};
    for (bool first = true; !c->failed && !eat(c, end); first = false) {
        Str text = whole(c, type(c));
        if (first && str_is(text, "void") && eat(c, end)) return (Str){0};
        out = join(c, first ? out : join(c, out, STR(", ")), text);
    }
    return out;
}

/* Ut [n] _ and Ul types E [n] _ */
static Str unnamed(Cpp *c) {
    bool lambda = eat(c, "Ul");
    if (!lambda) need(c, "Ut");
    Str types = lambda ? type_list(c, "E") : (Str){0};
    size_t n = is_digit(peek(c)) ? decimal(c) + 2 : 1;
    need(c, "_");
    return lambda ? str_fmt(c->arena, "{lambda(%.*s)#%zu}", STR_ARG(types), n)
                  : str_fmt(c->arena, "{unnamed type#%zu}", n);
}

/* The last part of a name, without template arguments: what its constructor is called. */
static Str last_part(Str text) {
    size_t depth = 0, end = text.len;
    for (size_t i = text.len; i-- > 0;) {
        if (text.ptr[i] == '>') depth++;
        else if (text.ptr[i] == '<' && depth && --depth == 0) end = i;
        else if (text.ptr[i] == ':' && depth == 0) return str_from_to(text, i + 1, end);
    }
    return str_from_to(text, 0, end);
}

static Str unqualified(Cpp *c, Str scope) {
    Str out;
    char x = peek(c);
    c->returns = false;
    eat(c, "L");
    if (is_digit(peek(c))) {
        out = source_name(c);
    } else if (x == 'U') {
        out = unnamed(c);
    } else if (scope.len && (x == 'C' || x == 'D') &&
               is_digit(str_after(c->in, c->at + 1).len ? c->in.ptr[c->at + 1] : 0)) {
        c->at += 2;
        out = join(c, x == 'D' ? STR("~") : (Str){0}, last_part(scope));
    } else {
        out = operator_name(c);
    }
    while (eat(c, "B")) {
        Str tag = source_name(c);
        out = str_fmt(c->arena, "%.*s[abi:%.*s]", STR_ARG(out), STR_ARG(tag));
    }
    return out;
}

/* ---- templates ---- */

static Str literal(Cpp *c) {
    char kind = peek(c);
    if (eat(c, "_Z")) {
        Str out = encoding(c);
        need(c, "E");
        return out;
    }
    Str of = whole(c, type(c));
    bool minus = eat(c, "n");
    size_t start = c->at;
    while (is_digit(peek(c))) c->at++;
    Str digits = str_from_to(c->in, start, c->at);
    need(c, "E");
    if (kind == 'b') return str_is(digits, "0") ? STR("false") : STR("true");
    const char *prefix = minus ? "-" : "";
    if (kind == 'i') return str_fmt(c->arena, "%s%.*s", prefix, STR_ARG(digits));
    return str_fmt(c->arena, "(%.*s)%s%.*s", STR_ARG(of), prefix, STR_ARG(digits));
}

static Type argument(Cpp *c) {
    if (eat(c, "L")) return plain(literal(c));
    if (!eat(c, "J")) return type(c);
    Str out = {0};
    for (bool first = true; !c->failed && !eat(c, "E"); first = false)
        out = join(c, first ? out : join(c, out, STR(", ")), whole(c, argument(c)));
    return plain(out);
}

static Str with_arguments(Cpp *c, Str of) {
    Types arguments = {0};
    Str out = join(c, of, STR("<"));
    if (!enter(c)) return out;
    need(c, "I");
    for (bool first = true; !c->failed && !eat(c, "E"); first = false) {
        Type t = argument(c);
        Str text = whole(c, t);
        if (text.len) out = join(c, first ? out : join(c, out, STR(", ")), text);
        if (!c->failed) *vec_push(c->arena, &arguments) = t;
    }
    c->arguments = arguments;
    c->depth--;
    return join(c, out, str_ends(out, STR(">")) ? STR(" >") : STR(">"));
}

/* ---- names ---- */

static Type substitution(Cpp *c) {
    static const char *const names[][2] = {
        {"t", "std"},          {"a", "std::allocator"}, {"b", "std::basic_string"},
        {"s", "std::string"},  {"i", "std::istream"},   {"o", "std::ostream"},
        {"d", "std::iostream"}};
    need(c, "S");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (eat(c, names[i][0])) return plain(str_from(names[i][1]));
    size_t n = sequence(c);
    if (n >= c->known.len) c->failed = true;
    return c->failed ? (Type){0} : c->known.at[n];
}

static Type parameter(Cpp *c) {
    need(c, "T");
    size_t n = sequence(c);
    if (n >= c->arguments.len) c->failed = true;
    return c->failed ? (Type){0} : c->arguments.at[n];
}

/* N [qualifiers] part+ E */
static Str nested(Cpp *c) {
    Str out = {0}, qualifiers = {0};
    bool returns = false;
    need(c, "N");
    while (peek(c) == 'r' || peek(c) == 'V' || peek(c) == 'K') {
        const char *text = eat(c, "K") ? " const" : eat(c, "V") ? " volatile" : " restrict";
        if (text[1] == 'r') need(c, "r");
        qualifiers = join(c, qualifiers, str_from(text));
    }
    if (eat(c, "R")) qualifiers = join(c, qualifiers, STR(" &"));
    else if (eat(c, "O")) qualifiers = join(c, qualifiers, STR(" &&"));
    while (!c->failed && !eat(c, "E")) {
        char x = peek(c);
        if (x == 'S' && !out.len) {
            out = whole(c, substitution(c));
            continue;
        }
        if (x == 'T' && !out.len) {
            out = whole(c, parameter(c));
        } else if (x == 'I' && out.len) {
            out = with_arguments(c, out);
            returns = c->returns;
        } else {
            Str part = unqualified(c, out);
            returns = false;
            c->returns = x != 'C' && x != 'D' && !str_starts(part, STR("operator "));
            out = out.len ? join(c, join(c, out, STR("::")), part) : part;
        }
        if (peek(c) != 'E') learn(c, plain(out));
    }
    c->qualifiers = qualifiers;
    c->returns = returns;
    return out;
}

/* Z encoding E (name | s) [_ n] */
static Str local(Cpp *c) {
    need(c, "Z");
    Str out = join(c, encoding(c), STR("::"));
    need(c, "E");
    if (eat(c, "s")) out = join(c, out, STR("{string literal}"));
    else out = join(c, out, name(c));
    if (eat(c, "__")) {
        decimal(c);
        need(c, "_");
    } else if (eat(c, "_")) {
        if (is_digit(peek(c))) c->at++;
    }
    return out;
}

static Str name(Cpp *c) {
    Str out = {0};
    c->qualifiers = (Str){0};
    c->returns = false;
    if (!enter(c)) return out;
    char x = peek(c);
    bool substituted = false;
    if (x == 'N') {
        out = nested(c);
    } else if (x == 'Z') {
        out = local(c);
    } else {
        if (eat(c, "St")) out = join(c, STR("std::"), unqualified(c, (Str){0}));
        else if (x == 'S') out = whole(c, substitution(c)), substituted = true;
        else out = unqualified(c, (Str){0});
        if (peek(c) == 'I') {
            if (!substituted) learn(c, plain(out));
            out = with_arguments(c, out);
            c->returns = !str_starts(out, STR("operator "));
        } else if (substituted) {
            c->failed = true;
        }
    }
    c->depth--;
    return out;
}

/* ---- types ---- */

static const char *builtin(Cpp *c) {
    static const char *const names[26] = {"signed char",
                                          "bool",
                                          "char",
                                          "double",
                                          "long double",
                                          "float",
                                          "__float128",
                                          "unsigned char",
                                          "int",
                                          "unsigned int",
                                          NULL,
                                          "long",
                                          "unsigned long",
                                          "__int128",
                                          "unsigned __int128",
                                          NULL,
                                          NULL,
                                          NULL,
                                          "short",
                                          "unsigned short",
                                          NULL,
                                          "void",
                                          "wchar_t",
                                          "long long",
                                          "unsigned long long",
                                          "..."};
    static const char *const others[][2] = {{"Dn", "std::nullptr_t"}, {"Di", "char32_t"},
                                            {"Ds", "char16_t"},       {"Du", "char8_t"},
                                            {"Da", "auto"},           {"Dh", "half"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (eat(c, others[i][0])) return others[i][1];
    char x = peek(c);
    const char *found = x >= 'a' && x <= 'z' ? names[x - 'a'] : NULL;
    if (found) c->at++;
    return found;
}

static Type indirect(Cpp *c, Type to, const char *mark) {
    if (to.wraps) {
        to.left = join(c, to.left, STR(" ("));
        to.right = join(c, STR(")"), to.right);
        to.wraps = false;
    }
    to.left = join(c, to.left, str_from(mark));
    return to;
}

/* F result parameters E */
static Type function(Cpp *c) {
    need(c, "F");
    eat(c, "Y");
    Type result = type(c);
    Str types = type_list(c, "E");
    Str right = str_fmt(c->arena, "%s(%.*s)%.*s", "", STR_ARG(types), STR_ARG(result.right));
    return (Type){.left = result.left, .right = right, .wraps = true};
}

/* A [size] _ type */
static Type array(Cpp *c) {
    need(c, "A");
    size_t start = c->at;
    while (is_digit(peek(c))) c->at++;
    Str size = str_from_to(c->in, start, c->at);
    need(c, "_");
    Type of = type(c);
    Str right = str_fmt(c->arena, " [%.*s]%.*s", STR_ARG(size), STR_ARG(of.right));
    return (Type){.left = of.left, .right = right, .wraps = true};
}

static Type qualified(Cpp *c, Type of, const char *qualifier) {
    Str *end = of.wraps ? &of.right : &of.left;
    *end = join(c, *end, str_from(qualifier));
    return of;
}

static Type compound(Cpp *c, char x) {
    if (eat(c, "P")) return indirect(c, type(c), "*");
    if (eat(c, "R")) return indirect(c, type(c), "&");
    if (eat(c, "O")) return indirect(c, type(c), "&&");
    if (eat(c, "K")) return qualified(c, type(c), " const");
    if (eat(c, "V")) return qualified(c, type(c), " volatile");
    if (eat(c, "r")) return qualified(c, type(c), " restrict");
    if (x == 'F') return function(c);
    if (x == 'A') return array(c);
    if (eat(c, "M")) {
        Str of = whole(c, type(c));
        Type t = type(c);
        Str mark = str_fmt(c->arena, "%s%.*s::*", t.wraps ? "" : " ", STR_ARG(of));
        return indirect(c, t, str_c(c->arena, mark));
    }
    return plain(name(c));
}

static Type type(Cpp *c) {
    Type out = {0};
    if (!enter(c)) return out;
    Str qualifiers = c->qualifiers; /* those of the function whose type this is part of */
    Types arguments = c->arguments;
    bool returns = c->returns, known = false;
    char x = peek(c), second = c->at + 1 < c->in.len ? c->in.ptr[c->at + 1] : 0;
    const char *found = builtin(c);
    if (found) {
        c->depth--;
        return plain(str_from(found));
    }
    if (eat(c, "Dp")) {
        c->depth--;
        return type(c);
    }
    if (x == 'S' && second != 't') {
        out = substitution(c);
        known = true;
    } else if (x == 'T') {
        out = parameter(c);
    } else {
        out = compound(c, x);
    }
    if (peek(c) == 'I' && (known || x == 'T')) {
        if (!known) learn(c, out);
        out = plain(with_arguments(c, whole(c, out)));
        known = false;
    }
    if (!known) learn(c, out);
    c->qualifiers = qualifiers;
    c->arguments = arguments;
    c->returns = returns;
    c->depth--;
    return out;
}

/* ---- whole symbols ---- */

static Str special(Cpp *c) {
    static const char *const marks[][3] = {{"TV", "{vtable(", ")}"},
                                           {"TT", "{vtt(", ")}"},
                                           {"TI", "typeinfo for ", ""},
                                           {"TS", "typeinfo name for ", ""},
                                           {"GV", "guard variable for ", ""}};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (!eat(c, marks[i][0])) continue;
        Str of = c->in.ptr[c->at - 2] == 'T' ? whole(c, type(c)) : name(c);
        return join(c, str_from(marks[i][1]), join(c, of, str_from(marks[i][2])));
    }
    c->failed = true;
    return (Str){0};
}

static Str encoding(Cpp *c) {
    Str out = {0};
    if (!enter(c)) return out;
    if (peek(c) == 'T' || (peek(c) == 'G' && c->at + 1 < c->in.len)) {
        out = special(c);
    } else {
        out = name(c);
        Str qualifiers = c->qualifiers;
        char x = peek(c);
        if (x && x != 'E' && x != '.') {
            Type result = {0};
            if (c->returns) {
                result = type(c);
                result.left = join(c, result.left, STR(" "));
            }
            Str types = {0};
            bool first = true;
            for (x = peek(c); x && x != 'E' && x != '.'; x = peek(c), first = false) {
                Str text = whole(c, type(c));
                types = join(c, first ? types : join(c, types, STR(", ")), text);
            }
            if (str_is(types, "void")) types = (Str){0};
            out = join(c, join(c, result.left, out), join(c, STR("("), join(c, types, STR(")"))));
            out = join(c, join(c, out, qualifiers), result.right);
        }
    }
    c->depth--;
    return out;
}

Str core_demangle_cpp(Arena *arena, Str symbol) {
    Cpp c = {.arena = arena_new(), .in = symbol};
    if (symbol.len > LONGEST_SYMBOL || (!eat(&c, "_Z") && !eat(&c, "__Z"))) c.failed = true;
    Str out = encoding(&c);
    if (c.at != symbol.len) c.failed = true; /* also what a linker appended */
    out = c.failed ? (Str){0} : str_copy(arena, out);
    arena_free(c.arena);
    return out;
}
