/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * --cpp: a header for C++17 over the header of the native style. Each interface is a namespace
 * `wit::PREFIX`; there, values at the top of parameters and results are those of C++:
 *
 *     string                std::string_view                own<r>      class r, which drops it
 *     list, map             wit::span<const T>              borrow<r>   class r_ref, its base
 *     option                std::optional                   variant     std::variant of structs
 *     result                wit::expected
 *
 * All else (records, elements of lists, ..) is what the C header has. `wit::cast<M, C>` converts
 * between a type of C++ and one of C, `up` and `down`; templates go into options and results, so
 * that here only names of types are put together.
 *
 * Functions of exports are declared in their namespaces; where WIT_IMPLEMENT_WORLD is defined, the
 * functions of C that the bindings call are defined by them.
 */
#include "bindgen/internal.h"

typedef struct {
    Gen *g;
    Buf *out;
    const NatScope *scope;
    Map names; /* of the namespace */
    Map types; /* WitType -> Str, see cpp_type */
} Cpp;

/* ---- what all worlds share ---- */

static const char common[] =
    "#include <cstddef>\n#include <optional>\n#include <string_view>\n#include <type_traits>\n"
    "#include <utility>\n#include <variant>\n"
    "#if __cplusplus >= 202002L\n#include <span>\n#endif\n"
    "\n#ifndef WIT_CPP\n#define WIT_CPP\n"
    "namespace wit {\n\n"
    "#if __cplusplus >= 202002L\nusing std::span;\n#else\n"
    "/** What std::span is from C++20 on, as far as it is needed. */\n"
    "template <class T> class span {\n"
    "  T *data_ = nullptr;\n"
    "  std::size_t size_ = 0;\n"
    "public:\n"
    "  constexpr span() = default;\n"
    "  constexpr span(T *data, std::size_t size) : data_(data), size_(size) {}\n"
    "  template <std::size_t N> constexpr span(T (&array)[N]) : data_(array), size_(N) {}\n"
    "  template <class L, class = decltype(std::declval<L &>().data() + std::declval<L "
    "&>().size())>\n"
    "  constexpr span(L &&list) : data_(list.data()), size_(list.size()) {}\n"
    "  constexpr T *data() const { return data_; }\n"
    "  constexpr std::size_t size() const { return size_; }\n"
    "  constexpr bool empty() const { return size_ == 0; }\n"
    "  constexpr T *begin() const { return data_; }\n"
    "  constexpr T *end() const { return data_ + size_; }\n"
    "  constexpr T &operator[](std::size_t i) const { return data_[i]; }\n"
    "};\n"
    "#endif\n\n"
    "/** An error on its way into an expected: `return wit::err(e);`, or wit::err() for none. */\n"
    "template <class E> struct unexpected {\n  E value;\n};\n"
    "template <class E> unexpected<std::decay_t<E>> err(E &&e) { return {std::forward<E>(e)}; }\n"
    "inline unexpected<std::monostate> err() { return {}; }\n\n"
    "/** A result: a T, or an error E; either may be void. Nothing is thrown: to ask for the one\n"
    " * that it is not is a trap. */\n"
    "template <class T, class E> class [[nodiscard]] expected {\n"
    "public:\n"
    "  using value_type = std::conditional_t<std::is_void_v<T>, std::monostate, T>;\n"
    "  using error_type = std::conditional_t<std::is_void_v<E>, std::monostate, E>;\n"
    "private:\n"
    "  std::variant<value_type, error_type> v_;\n"
    "  template <std::size_t I, class V> static auto *checked(V &v) {\n"
    "    if (v.index() != I) __builtin_trap();\n"
    "    return std::get_if<I>(&v);\n"
    "  }\n"
    "public:\n"
    "  expected() : v_(std::in_place_index<0>) {}\n"
    "  template <class U, class = std::enable_if_t<std::is_constructible_v<value_type, U &&> &&\n"
    "      !std::is_same_v<std::decay_t<U>, expected>>>\n"
    "  expected(U &&value) : v_(std::in_place_index<0>, std::forward<U>(value)) {}\n"
    "  template <class F> expected(unexpected<F> e)\n"
    "    : v_(std::in_place_index<1>, std::move(e.value)) {}\n"
    "  bool has_value() const { return v_.index() == 0; }\n"
    "  explicit operator bool() const { return has_value(); }\n"
    "  value_type &value() { return *checked<0>(v_); }\n"
    "  const value_type &value() const { return *checked<0>(v_); }\n"
    "  value_type &operator*() { return value(); }\n"
    "  const value_type &operator*() const { return value(); }\n"
    "  value_type *operator->() { return &value(); }\n"
    "  const value_type *operator->() const { return &value(); }\n"
    "  error_type &error() { return *checked<1>(v_); }\n"
    "  const error_type &error() const { return *checked<1>(v_); }\n"
    "  template <class U> value_type value_or(U &&other) const {\n"
    "    return has_value() ? value() : static_cast<value_type>(std::forward<U>(other));\n"
    "  }\n"
    "};\n\n"
    "/** Between M, a type of C++, and C, one of C. */\n"
    "template <class M, class C, class = void> struct cast {\n"
    "  static M up(const C &c) { return M(c); }\n"
    "  static C down(M &&m) { return m.release_(); }\n"
    "};\n"
    "template <class T> struct cast<T, T, void> {\n"
    "  static T up(const T &c) { return c; }\n"
    "  static T down(T &&m) { return m; }\n"
    "};\n"
    "template <class M, class C> M up(const C &c) { return cast<M, C>::up(c); }\n"
    "template <class C, class M> C down(M &&m) {\n"
    "  return cast<std::decay_t<M>, C>::down(std::forward<M>(m));\n"
    "}\n"
    "template <> struct cast<std::string_view, wit_string> {\n"
    "  static std::string_view up(const wit_string &c) { return {c.ptr, c.len}; }\n"
    "  static wit_string down(std::string_view m) { return {m.data(), m.size()}; }\n"
    "};\n"
    "template <> struct cast<std::u16string_view, wit_string16> {\n"
    "  static std::u16string_view up(const wit_string16 &c) { return {c.ptr, c.len}; }\n"
    "  static wit_string16 down(std::u16string_view m) { return {m.data(), m.size()}; }\n"
    "};\n"
    "template <class T, class C> struct cast<span<const T>, C> {\n"
    "  static span<const T> up(const C &c) { return {c.ptr, c.len}; }\n"
    "  static C down(span<const T> m) { return C{m.data(), m.size()}; }\n"
    "};\n"
    "template <class M, class C> struct cast<std::optional<M>, C> {\n"
    "  static std::optional<M> up(const C &c) {\n"
    "    if (!c.is_some) return std::nullopt;\n"
    "    return std::optional<M>(wit::up<M>(c.val));\n"
    "  }\n"
    "  static C down(std::optional<M> &&m) {\n"
    "    C c{};\n"
    "    c.is_some = m.has_value();\n"
    "    if (m) c.val = wit::down<decltype(c.val)>(std::move(*m));\n"
    "    return c;\n"
    "  }\n"
    "};\n"
    "template <class T, class E, class C> struct cast<expected<T, E>, C> {\n"
    "  static expected<T, E> up(const C &c) {\n"
    "    if (c.is_err) {\n"
    "      if constexpr (std::is_void_v<E>) return err();\n"
    "      else return unexpected<E>{wit::up<E>(c.val.err)};\n"
    "    }\n"
    "    if constexpr (std::is_void_v<T>) return {};\n"
    "    else return expected<T, E>(wit::up<T>(c.val.ok));\n"
    "  }\n"
    "  static C down(expected<T, E> &&m) {\n"
    "    C c{};\n"
    "    c.is_err = !m.has_value();\n"
    "    if constexpr (!std::is_void_v<E>)\n"
    "      if (c.is_err) c.val.err = wit::down<decltype(c.val.err)>(std::move(m.error()));\n"
    "    if constexpr (!std::is_void_v<T>)\n"
    "      if (!c.is_err) c.val.ok = wit::down<decltype(c.val.ok)>(std::move(m.value()));\n"
    "    return c;\n"
    "  }\n"
    "};\n\n"
    "/** An option that is a pointer in C. */\n"
    "template <class M, class C> std::optional<M> from_pointer(const C *c) {\n"
    "  if (!c) return std::nullopt;\n"
    "  return std::optional<M>(wit::up<M>(*c));\n"
    "}\n"
    "template <class C> struct pointer {\n"
    "  std::optional<C> c;\n"
    "  template <class M> explicit pointer(std::optional<M> m) {\n"
    "    if (m) c = wit::down<C>(std::move(*m));\n"
    "  }\n"
    "  operator const C *() const { return c ? &*c : nullptr; }\n"
    "};\n"
    "template <class C> const C *address(const C &c) { return &c; }\n"
    "} // namespace wit\n"
    "#endif\n";

/* ---- names ---- */

static Str claim(Cpp *k, Str name) {
    Str tried = name;
    for (unsigned n = 2;; n++) {
        bool added;
        map_put(k->g->arena, &k->names, tried, &added);
        if (added) return tried;
        tried = str_fmt(k->g->arena, "%.*s_%u", STR_ARG(name), n);
    }
}

/* A C name without the prefix of its namespace. */
static Str inner(Gen *g, Str prefix, Str name) {
    bool within = str_starts(name, prefix) && name.len > prefix.len + 1;
    return gen_ident(g, within ? str_after(name, prefix.len + 1) : name);
}

/* "::wit::shop_orders::failure" */
static Str outer_name(Gen *g, const WitType *type) {
    const GenType *known = gen_type(g, type);
    return str_fmt(g->arena, "::wit::%.*s::%.*s", STR_ARG(known->prefix),
                   STR_ARG(inner(g, known->prefix, known->name)));
}

/* ---- types ---- */

static Str c_type(Gen *g, const WitType *type) {
    Str name = gen_type_name(g, type);
    WitShape shape = wit_kind_shape(wit_dealias(type)->kind);
    if (shape == WIT_SHAPE_PRIM && !str_starts(name, STR("wit_"))) return name;
    return str_concat(g->arena, STR("::"), name);
}

static Str cpp_type(Cpp *k, const WitType *type);

static Str make_type(Cpp *k, const WitType *type) {
    Gen *g = k->g;
    switch (type->kind) {
    case WIT_STRING: {
        Str name = gen_type_name(g, type);
        return str_is(name, "wit_string")     ? STR("::std::string_view")
               : str_is(name, "wit_string16") ? STR("::std::u16string_view")
                                              : c_type(g, type);
    }
    case WIT_LIST:
    case WIT_MAP: {
        Str element = type->kind == WIT_MAP
                          ? str_concat(g->arena, STR("::"), gen_entry_name(g, type))
                          : c_type(g, type->elem);
        return str_fmt(g->arena, "::wit::span<const %.*s>", STR_ARG(element));
    }
    case WIT_OPTION: {
        Str element = cpp_type(k, type->elem);
        return str_fmt(g->arena, "::std::optional<%.*s>", STR_ARG(element));
    }
    case WIT_RESULT: {
        Str ok = cpp_type(k, type->elem), err = cpp_type(k, type->second);
        return str_fmt(g->arena, "::wit::expected<%.*s, %.*s>", STR_ARG(ok), STR_ARG(err));
    }
    case WIT_VARIANT: return outer_name(g, type);
    case WIT_OWN: return outer_name(g, wit_resource_of(type));
    case WIT_BORROW: {
        const WitType *resource = wit_resource_of(type);
        if (gen_type(g, resource)->exported) return c_type(g, type);
        return str_concat(g->arena, outer_name(g, resource), STR("_ref"));
    }
    default: return c_type(g, type);
    }
}

/* Each type is asked for often, and types can share parts: what grows too long stays as in C. */
static Str cpp_type(Cpp *k, const WitType *type) {
    enum { LONGEST = 2000 };
    if (!type) return STR("void");
    type = wit_dealias(type);
    bool added;
    MapEntry *entry = map_put_ptr(k->g->arena, &k->types, type, &added);
    if (!added) return *(const Str *)entry->cptr;
    Str *text = ARENA_NEW(k->g->arena, Str);
    *text = make_type(k, type);
    if (text->len > LONGEST) *text = c_type(k->g, type);
    map_get_ptr(&k->types, type)->cptr = text;
    return *text;
}

/* Records and the like go by reference. */
static bool is_plain_struct(const WitType *type) {
    switch (wit_dealias(type)->kind) {
    case WIT_RECORD:
    case WIT_TUPLE:
    case WIT_FIXED_LIST: return true;
    default: return false;
    }
}

/* ---- functions ---- */

/* The parameters from `first` on. */
static Str cpp_params(Cpp *k, const NatFunc *f, size_t first) {
    Buf out = {.arena = k->g->arena};
    for (size_t i = first; i < f->count; i++) {
        const NatParam *p = &f->list[i];
        bool reference = is_plain_struct(p->type);
        buf_fmt(&out, "%s%s%.*s %s%.*s", i > first ? ", " : "", reference ? "const " : "",
                STR_ARG(cpp_type(k, p->type)), reference ? "&" : "", STR_ARG(p->name));
    }
    return buf_text(&out);
}

/* A parameter of C++ as an argument of the C function. */
static Str argument_down(Cpp *k, const NatParam *p) {
    Arena *arena = k->g->arena;
    Str c = p->type ? c_type(k->g, p->type) : p->c_type;
    if (is_plain_struct(p->type)) return str_fmt(arena, "&%.*s", STR_ARG(p->name));
    if (p->pass == NAT_OPTION)
        return str_fmt(arena, "::wit::pointer<%.*s>(::std::move(%.*s))",
                       STR_ARG(c_type(k->g, wit_dealias(p->type)->elem)), STR_ARG(p->name));
    Str down = str_fmt(arena, "::wit::down<%.*s>(::std::move(%.*s))", STR_ARG(c), STR_ARG(p->name));
    return p->pass == NAT_POINTER ? str_fmt(arena, "::wit::address(%.*s)", STR_ARG(down)) : down;
}

static void put_call(Cpp *k, const NatFunc *f, Str first) {
    Gen *g = k->g;
    Buf call = {.arena = g->arena};
    buf_fmt(&call, "::%.*s(%.*s", STR_ARG(f->name), STR_ARG(first));
    for (size_t i = first.len ? 1 : 0; i < f->count; i++)
        buf_fmt(&call, "%s%.*s", i ? ", " : "", STR_ARG(argument_down(k, &f->list[i])));
    buf_byte(&call, ')');
    if (!f->func->result) buf_fmt(k->out, "%.*s;", STR_ARG(buf_text(&call)));
    else
        buf_fmt(k->out, "return ::wit::up<%.*s>(%.*s);", STR_ARG(cpp_type(k, f->func->result)),
                STR_ARG(buf_text(&call)));
}

static Str result_of(Cpp *k, const NatFunc *f) { return cpp_type(k, f->func->result); }

/* What is deprecated in C is so in C++; the warning comes where a program calls it. */
static Str deprecation(Cpp *k, const NatFunc *f) {
    Str since = f->func->stability.deprecated.text;
    if (!since.len || !k->scope->scope.import) return STR("");
    return str_fmt(k->g->arena, "[[deprecated(\"since %.*s\")]] ", STR_ARG(since));
}

/* A function of the namespace: around an import, or declared for the program to define. */
static void put_function(Cpp *k, const NatFunc *f, Str name) {
    Str result = result_of(k, f), params = cpp_params(k, f, 0);
    buf_byte(k->out, '\n');
    nat_docs(k->g, k->out, "", f->func->docs, &f->func->stability, STR(""));
    buf_fmt(k->out, "%.*s%s%.*s %.*s(%.*s)", STR_ARG(deprecation(k, f)),
            k->scope->scope.import ? "inline " : "", STR_ARG(result), STR_ARG(name),
            STR_ARG(params));
    if (!k->scope->scope.import) {
        buf_str(k->out, STR("; // the program defines it\n"));
        return;
    }
    buf_str(k->out, STR(" {\n  "));
    put_call(k, f, STR(""));
    buf_str(k->out, STR("\n}\n"));
}

/* ---- resources ---- */

static bool is_of(const NatFunc *f, const WitType *resource) {
    return f->func->resource && wit_dealias(f->func->resource) == wit_dealias(resource);
}

/* A constructor that C++ can have: it cannot fail, and is not called for copies and moves. */
static bool is_constructor(const NatFunc *f) {
    return f->func->kind == WIT_CONSTRUCTOR && wit_dealias(f->func->result)->kind == WIT_OWN &&
           (f->count == 0 || wit_dealias(f->list[0].type)->kind != WIT_OWN);
}

/* clang-format off */
/* How a class that owns a handle is moved and dropped. */
#define OWNER \
    "  $NAME &operator=($NAME &&from) noexcept {\n" \
    "    if (this != &from) {\n" \
    "      if (own_.handle) ::$DROP(own_);\n" \
    "      own_ = from.release_();\n" \
    "    }\n" \
    "    return *this;\n  }\n" \
    "  $NAME(const $NAME &) = delete;\n" \
    "  $NAME &operator=(const $NAME &) = delete;\n" \
    "  ~$NAME() { if (own_.handle) ::$DROP(own_); }\n"
/* clang-format on */

static const char imported_class[] =
    "\n/** A handle that is lent. */\n"
    "class $NAME_ref {\nprotected:\n  ::$OWN own_{};\npublic:\n"
    "  $NAME_ref() = default;\n"
    "  explicit $NAME_ref(::$REF c) { own_.handle = c.handle; }\n"
    "  explicit operator bool() const { return own_.handle != 0; }\n"
    "  ::$REF release_() const { return ::$BORROW(own_); }\n"
    "$METHODS};\n"
    "$DOCS"
    "class $NAME : public $NAME_ref {\npublic:\n"
    "  explicit $NAME(::$OWN c) { own_ = c; }\n"
    "  $NAME($NAME &&from) noexcept { own_ = from.release_(); }\n" OWNER
    "  /** The handle, which is the caller's from now on. */\n"
    "  ::$OWN release_() {\n    ::$OWN c = own_;\n    own_.handle = 0;\n    return c;\n  }\n"
    "$STATICS};\n";

/* Of the program's own: made from what the program has in memory for it. */
static const char exported_class[] =
    "$DOCS"
    "class $NAME {\n  ::$OWN own_{};\npublic:\n"
    "  explicit $NAME(::$OWN c) : own_(c) {}\n"
    "  explicit $NAME(::$REP *rep) : own_(::$FROM(rep)) {}\n"
    "  $NAME($NAME &&from) noexcept : own_(from.release_()) {}\n" OWNER
    "  ::$REP *rep_() const { return ::$TO(own_); }\n"
    "  ::$OWN release_() {\n    ::$OWN c = own_;\n    own_.handle = 0;\n    return c;\n  }\n"
    "};\n";

/* The name of a method within its class: "read" of "shop_log_file_read". */
static Str method_name(Cpp *k, const WitType *resource, const NatFunc *f, Str class_name) {
    Str name = inner(k->g, gen_type(k->g, resource)->name, f->name);
    bool taken =
        str_eq(name, class_name) || str_eq(name, str_concat(k->g->arena, class_name, STR("_ref")));
    return taken ? str_concat(k->g->arena, name, STR("_")) : name;
}

static void put_class(Cpp *k, const WitType *resource) {
    Gen *g = k->g;
    const GenType *r = gen_type(g, resource);
    Str name = inner(g, k->scope->scope.prefix, r->name);
    Buf methods = {.arena = g->arena}, statics = {.arena = g->arena}, docs = {.arena = g->arena};
    nat_docs(g, &docs, "", resource->docs, &resource->stability, STR(""));
    for (size_t i = 0; i < k->scope->funcs.len && !r->exported; i++) {
        const NatFunc *f = k->scope->funcs.at[i];
        if (!is_of(f, resource)) continue;
        Str method = method_name(k, resource, f, name), result = result_of(k, f);
        if (f->func->kind == WIT_METHOD) {
            nat_docs(g, &methods, "  ", f->func->docs, &f->func->stability, STR(""));
            buf_fmt(&methods, "  %.*s%.*s %.*s(%.*s) const;\n", STR_ARG(deprecation(k, f)),
                    STR_ARG(result), STR_ARG(method), STR_ARG(cpp_params(k, f, 1)));
            continue;
        }
        nat_docs(g, &statics, "  ", f->func->docs, &f->func->stability, STR(""));
        if (is_constructor(f))
            buf_fmt(&statics, "  %.*sexplicit %.*s(%.*s);\n", STR_ARG(deprecation(k, f)),
                    STR_ARG(name), STR_ARG(cpp_params(k, f, 0)));
        else
            buf_fmt(&statics, "  %.*sstatic %.*s %.*s(%.*s);\n", STR_ARG(deprecation(k, f)),
                    STR_ARG(result), STR_ARG(method), STR_ARG(cpp_params(k, f, 0)));
    }
    const GenWord words[] = {
        {STR("$NAME"), name},
        {STR("$OWN"), r->own},
        {STR("$REF"), r->borrow},
        {STR("$DROP"), r->drop},
        {STR("$BORROW"), r->exported ? STR("") : r->to_borrow},
        {STR("$REP"), r->base},
        {STR("$FROM"), r->from_rep},
        {STR("$TO"), r->to_rep},
        {STR("$METHODS"), buf_text(&methods)},
        {STR("$STATICS"), buf_text(&statics)},
        {STR("$DOCS"), buf_text(&docs)},
    };
    buf_str(k->out, gen_fill(g, r->exported ? exported_class : imported_class, words,
                             sizeof words / sizeof *words));
}

/* The bodies of what put_class has declared. */
static void put_methods(Cpp *k, const WitType *resource) {
    Gen *g = k->g;
    const GenType *r = gen_type(g, resource);
    Str name = inner(g, k->scope->scope.prefix, r->name);
    for (size_t i = 0; i < k->scope->funcs.len && !r->exported; i++) {
        const NatFunc *f = k->scope->funcs.at[i];
        if (!is_of(f, resource)) continue;
        Str method = method_name(k, resource, f, name);
        if (f->func->kind == WIT_METHOD) {
            buf_fmt(k->out, "inline %.*s %.*s_ref::%.*s(%.*s) const {\n  ",
                    STR_ARG(result_of(k, f)), STR_ARG(name), STR_ARG(method),
                    STR_ARG(cpp_params(k, f, 1)));
            put_call(k, f, STR("release_()"));
        } else if (is_constructor(f)) {
            Buf args = {.arena = g->arena};
            for (size_t p = 0; p < f->count; p++)
                buf_fmt(&args, "%s%.*s", p ? ", " : "", STR_ARG(argument_down(k, &f->list[p])));
            buf_fmt(k->out, "inline %.*s::%.*s(%.*s) {\n  own_ = ::%.*s(%.*s);", STR_ARG(name),
                    STR_ARG(name), STR_ARG(cpp_params(k, f, 0)), STR_ARG(f->name),
                    STR_ARG(buf_text(&args)));
        } else {
            buf_fmt(k->out, "inline %.*s %.*s::%.*s(%.*s) {\n  ", STR_ARG(result_of(k, f)),
                    STR_ARG(name), STR_ARG(method), STR_ARG(cpp_params(k, f, 0)));
            put_call(k, f, STR(""));
        }
        buf_str(k->out, STR("\n}\n"));
    }
}

/* ---- variants ---- */

static Str case_name(Cpp *k, const WitType *variant, size_t i) {
    Str name = inner(k->g, k->scope->scope.prefix, gen_type(k->g, variant)->name);
    return str_fmt(k->g->arena, "%.*s_%.*s", STR_ARG(name),
                   STR_ARG(gen_snake(k->g->arena, variant->fields.at[i].name)));
}

static Str *case_names(Cpp *k, const WitType *variant) {
    Str *names = ARENA_NEW_ARRAY(k->g->arena, Str, variant->fields.len + 1);
    for (size_t i = 0; i < variant->fields.len; i++) names[i] = claim(k, case_name(k, variant, i));
    return names;
}

static void declare_variant(Cpp *k, const WitType *variant, const Str *cases) {
    Str name = inner(k->g, k->scope->scope.prefix, gen_type(k->g, variant)->name);
    for (size_t i = 0; i < variant->fields.len; i++)
        buf_fmt(k->out, "struct %.*s;\n", STR_ARG(cases[i]));
    nat_docs(k->g, k->out, "", variant->docs, &variant->stability, STR(""));
    buf_fmt(k->out, "using %.*s = ::std::variant<", STR_ARG(name));
    for (size_t i = 0; i < variant->fields.len; i++)
        buf_fmt(k->out, "%s%.*s", i ? ", " : "", STR_ARG(cases[i]));
    buf_str(k->out, STR(">;\n"));
}

static void define_cases(Cpp *k, const WitType *variant, const Str *cases) {
    for (size_t i = 0; i < variant->fields.len; i++) {
        const WitField *field = &variant->fields.at[i];
        nat_docs(k->g, k->out, "", field->docs, NULL, STR(""));
        buf_fmt(k->out, "struct %.*s {", STR_ARG(cases[i]));
        if (field->type) buf_fmt(k->out, "\n  %.*s value;\n", STR_ARG(cpp_type(k, field->type)));
        buf_str(k->out, STR("};\n"));
    }
}

static void define_cast(Cpp *k, const WitType *variant, const Str *cases) {
    Gen *g = k->g;
    Buf *out = k->out;
    Str m = outer_name(g, variant), c = c_type(g, variant), space = k->scope->scope.prefix;
    size_t n = variant->fields.len;
    buf_fmt(out,
            "template <> struct cast<%.*s, %.*s> {\n  static %.*s up(const %.*s &c) {\n"
            "    switch (static_cast<::std::size_t>(c.tag)) {\n",
            STR_ARG(m), STR_ARG(c), STR_ARG(m), STR_ARG(c));
    for (size_t i = 0; i < n; i++) {
        const WitField *field = &variant->fields.at[i];
        buf_fmt(out, "    %s %zu%s: return ::wit::%.*s::%.*s{", i + 1 < n ? "case" : "default /*",
                i, i + 1 < n ? "" : " */", STR_ARG(space), STR_ARG(cases[i]));
        if (field->type)
            buf_fmt(out, "wit::up<%.*s>(c.val.%.*s)", STR_ARG(cpp_type(k, field->type)),
                    STR_ARG(gen_ident(g, field->name)));
        buf_str(out, STR("};\n"));
    }
    buf_fmt(out,
            "    }\n  }\n  static %.*s down(%.*s &&m) {\n    %.*s c{};\n"
            "    c.tag = static_cast<decltype(c.tag)>(m.index());\n",
            STR_ARG(c), STR_ARG(m), STR_ARG(c));
    for (size_t i = 0; i < n; i++) {
        const WitField *field = &variant->fields.at[i];
        if (!field->type) continue;
        Str name = gen_ident(g, field->name);
        buf_fmt(out,
                "    if (auto *p = ::std::get_if<%zu>(&m))\n"
                "      c.val.%.*s = wit::down<decltype(c.val.%.*s)>(::std::move(p->value));\n",
                i, STR_ARG(name), STR_ARG(name));
    }
    buf_str(out, STR("    return c;\n  }\n};\n"));
}

/* ---- a namespace ---- */

static bool is_named_variant(const WitType *type) {
    return type->kind == WIT_VARIANT && type->name.len > 0;
}

static void put_free_functions(Cpp *k) {
    Str prefix = k->scope->scope.prefix;
    for (size_t i = 0; i < k->scope->funcs.len; i++) {
        const NatFunc *f = k->scope->funcs.at[i];
        if (f->func->resource && k->scope->scope.import) continue;
        put_function(k, f, inner(k->g, prefix, f->name));
    }
}

static void put_types(Cpp *k) {
    Gen *g = k->g;
    const NatScope *s = k->scope;
    Str prefix = s->scope.prefix, **cases = ARENA_NEW_ARRAY(g->arena, Str *, s->types.len + 1);
    for (size_t i = 0; i < s->types.len; i++)
        if (s->types.at[i]->kind == WIT_RESOURCE)
            buf_fmt(k->out, "class %.*s;\n",
                    STR_ARG(inner(g, prefix, gen_type(g, s->types.at[i])->name)));
    for (size_t i = 0; i < s->types.len; i++)
        if (is_named_variant(s->types.at[i])) {
            cases[i] = case_names(k, s->types.at[i]);
            declare_variant(k, s->types.at[i], cases[i]);
        }
    for (size_t i = 0; i < s->types.len; i++)
        if (s->types.at[i]->kind == WIT_RESOURCE) put_class(k, s->types.at[i]);
    for (size_t i = 0; i < s->types.len; i++)
        if (cases[i]) define_cases(k, s->types.at[i], cases[i]);
    buf_fmt(k->out, "} // namespace wit::%.*s\nnamespace wit {\n", STR_ARG(prefix));
    for (size_t i = 0; i < s->types.len; i++)
        if (cases[i]) define_cast(k, s->types.at[i], cases[i]);
    buf_fmt(k->out, "} // namespace wit\nnamespace wit::%.*s {\n", STR_ARG(prefix));
}

static void put_namespace(Cpp *k) {
    const NatScope *s = k->scope;
    Str prefix = s->scope.prefix;
    /* The world's own imports and exports share a namespace. */
    const char *more = s->scope.item || s->scope.import ? "" : "_exports";
    bool any = s->funcs.len > 0, types = false;
    k->names = (Map){0};
    for (size_t i = 0; i < s->types.len; i++) {
        const WitType *type = s->types.at[i];
        if (type->name.len) claim(k, inner(k->g, prefix, gen_type(k->g, type)->name));
        types |= type->kind == WIT_RESOURCE || is_named_variant(type);
    }
    if (!any && !types) return;
    buf_fmt(k->out, "\n#ifndef WIT_CPP_%.*s%s\n#define WIT_CPP_%.*s%s\nnamespace wit::%.*s {\n",
            STR_ARG(prefix), more, STR_ARG(prefix), more, STR_ARG(prefix));
    if (types) put_types(k);
    for (size_t i = 0; i < s->types.len; i++)
        if (s->types.at[i]->kind == WIT_RESOURCE) put_methods(k, s->types.at[i]);
    put_free_functions(k);
    buf_fmt(k->out, "} // namespace wit::%.*s\n#endif\n", STR_ARG(prefix));
}

/* ---- exports ---- */

/* A parameter of C as an argument of the program's function. */
static Str argument_up(Cpp *k, const NatParam *p) {
    Arena *arena = k->g->arena;
    if (is_plain_struct(p->type)) return str_concat(arena, STR("*"), p->name);
    if (p->pass == NAT_OPTION)
        return str_fmt(arena, "::wit::from_pointer<%.*s>(%.*s)",
                       STR_ARG(cpp_type(k, wit_dealias(p->type)->elem)), STR_ARG(p->name));
    return str_fmt(arena, "::wit::up<%.*s>(%s%.*s)", STR_ARG(cpp_type(k, p->type)),
                   p->pass == NAT_POINTER ? "*" : "", STR_ARG(p->name));
}

static void put_export(Cpp *k, const NatFunc *f) {
    Str prefix = f->scope.prefix;
    Buf call = {.arena = k->g->arena};
    buf_fmt(&call, "::wit::%.*s::%.*s(", STR_ARG(prefix), STR_ARG(inner(k->g, prefix, f->name)));
    for (size_t i = 0; i < f->count; i++)
        buf_fmt(&call, "%s%.*s", i ? ", " : "", STR_ARG(argument_up(k, &f->list[i])));
    buf_byte(&call, ')');
    buf_fmt(k->out, "extern \"C\" %.*s %.*s(%.*s) {\n  ", STR_ARG(f->result), STR_ARG(f->name),
            STR_ARG(f->params));
    if (f->func->result)
        buf_fmt(k->out, "return ::wit::down<%.*s>(%.*s);\n}\n",
                STR_ARG(c_type(k->g, f->func->result)), STR_ARG(buf_text(&call)));
    else buf_fmt(k->out, "%.*s;\n}\n", STR_ARG(buf_text(&call)));
}

void gen_put_cpp(Gen *g, GenOutput *out) {
    GenFile *file = vec_push(g->arena, &out->more);
    *file =
        (GenFile){.name = str_concat(g->arena, g->name, STR(".hpp")), .text = {.arena = g->arena}};
    Cpp k = {.g = g, .out = &file->text};
    gen_put_banner(k.out);
    buf_fmt(k.out, "#ifndef WIT_WORLD_%.*s_HPP\n#define WIT_WORLD_%.*s_HPP\n#include \"%.*s.h\"\n",
            STR_ARG(g->upper), STR_ARG(g->upper), STR_ARG(g->name));
    buf_str(k.out, str_from(common));
    buf_str(k.out, STR("\n#pragma GCC diagnostic push\n"
                       "#pragma GCC diagnostic ignored \"-Wdeprecated-declarations\"\n"));
    for (size_t i = 0; i < g->nat_scopes.len; i++) {
        k.scope = &g->nat_scopes.at[i];
        put_namespace(&k);
    }
    buf_str(k.out, STR("#pragma GCC diagnostic pop\n"));
    buf_fmt(k.out,
            "\n#ifdef WIT_IMPLEMENT_%.*s /* in one source of the program: its functions for C */\n",
            STR_ARG(g->upper));
    for (size_t i = 0; i < g->nat_scopes.len; i++) {
        k.scope = &g->nat_scopes.at[i];
        for (size_t f = 0; f < k.scope->funcs.len && !k.scope->scope.import; f++)
            put_export(&k, k.scope->funcs.at[f]);
    }
    buf_str(k.out, STR("#endif\n#endif\n"));
}
