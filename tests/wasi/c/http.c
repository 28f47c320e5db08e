/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * Fields, requests, responses and bodies of wasi:http/types, without sending anything. Quotations
 * are from there. What is syntactically valid follows from RFC 9110: names and methods are tokens,
 * values have no CR, LF or NUL; from RFC 9112: the path is in origin form.
 */
#include "check.h"

#define YES    BIT(OK)
#define SYNTAX BIT(HTTP_HEADER_ERROR_INVALID_SYNTAX)
#define IMMUTABLE BIT(HTTP_HEADER_ERROR_IMMUTABLE)
#define FORBIDDEN BIT(HTTP_HEADER_ERROR_FORBIDDEN)

static const char *header_name(int code) {
    return code == HTTP_HEADER_ERROR_INVALID_SYNTAX ? "invalid-syntax"
           : code == HTTP_HEADER_ERROR_FORBIDDEN    ? "forbidden"
                                                    : "immutable";
}
static const char *void_name(int code) { return "error"; }
enum { ERROR = 0 };

#define HEADER_CODE(call)                                                                          \
    ({                                                                                             \
        __auto_type h_ = (call);                                                                   \
        h_.is_err ? (int)h_.val.err.tag : OK;                                                      \
    })
#define VOID_CODE(call) ((call).is_err ? (int)ERROR : (int)OK)

static http_fields_ref ref(http_fields f) { return http_fields_borrow(f); }
static wit_string str(const char *s) { return wit_string_from(s); }

static int append(http_fields f, const char *name, const char *value) {
    return HEADER_CODE(http_fields_append(ref(f), str(name), bytes_of(value)));
}

static bool has(http_fields f, const char *name) { return http_fields_has(ref(f), str(name)); }

/* The values of a name, separated by "|". */
static const char *values(http_fields f, const char *name) {
    wit_list_list_u8 all = http_fields_get(ref(f), str(name));
    const char *joined = "";
    for (size_t i = 0; i < all.len; i++) {
        wit_string value = {(const char *)all.ptr[i].ptr, all.ptr[i].len};
        joined = text(i ? "%s|%s" : "%s%s", joined, wit_string_copy(value).ptr);
    }
    return joined;
}
static size_t count(http_fields f, const char *name) {
    return http_fields_get(ref(f), str(name)).len;
}
static bool values_are(http_fields f, const char *name, const char *want) {
    return text_is(str(values(f, name)), want);
}

/* Names and values in their order: "a=1;b=2;" */
static const char *all_of(http_fields f) {
    wit_list_tuple2_string_list_u8 all = http_fields_entries(ref(f));
    const char *joined = "";
    for (size_t i = 0; i < all.len; i++) {
        wit_string value = {(const char *)all.ptr[i].f1.ptr, all.ptr[i].f1.len};
        joined = text("%s%s=%s;", joined, wit_string_copy(all.ptr[i].f0).ptr,
                      wit_string_copy(value).ptr);
    }
    return joined;
}

/* ---- fields ---- */

static void fields(void) {
    http_fields f = http_fields_new();
    check(http_fields_entries(ref(f)).len == 0, "\"Construct an empty HTTP Fields.\"");
    check(!has(f, "a") && count(f, "a") == 0, "a name that is not present");
    outcome(append(f, "Name", "one"), YES, header_name, "append");
    check(has(f, "Name") && values_are(f, "Name", "one"), "append: is there");
    check(has(f, "name") && values_are(f, "NAME", "one"), "\"case insensitive\"");
    outcome(append(f, "name", "two"), YES, header_name, "append another value");
    check(values_are(f, "nAmE", "one|two"),
          "append: \"Does not change or delete any existing values for that name\"");
    outcome(append(f, "other", ""), YES, header_name, "append an empty value");
    check(has(f, "other") && count(f, "other") == 1,
          "\"if the name is present but empty, this is represented by a list with one or more "
          "empty field-values\"");
    check(http_fields_entries(ref(f)).len == 3,
          "entries: \"Names which have multiple values are represented by multiple entries\"");
    wit_list_u8 set[2] = {bytes_of("three"), bytes_of("four")};
    outcome(HEADER_CODE(http_fields_set(ref(f), str("NAME"), (wit_list_list_u8){set, 2})), YES,
            header_name, "set");
    check(values_are(f, "name", "three|four"),
          "set: \"Clears any existing values for that name, if they have been set\"");
    outcome(HEADER_CODE(http_fields_set(ref(f), str("fresh"), (wit_list_list_u8){set, 1})), YES,
            header_name, "set of a new name");
    check(values_are(f, "fresh", "three"), "set of a new name: is there");
    outcome(HEADER_CODE(http_fields_set(ref(f), str("fresh"), (wit_list_list_u8){NULL, 0})), YES,
            header_name, "set of no value");
    check(count(f, "fresh") == 0, "set of no value: none is there");
    outcome(HEADER_CODE(http_fields_delete(ref(f), str("nAME"))), YES, header_name, "delete");
    check(!has(f, "name"), "delete: \"Delete all values for a name.\"");
    check(has(f, "other"), "delete: the others stay");
    outcome(HEADER_CODE(http_fields_delete(ref(f), str("never"))), YES, header_name,
            "delete: \"Does nothing if no values for the name exist.\"");
    http_fields copy = http_fields_clone(ref(f));
    append(copy, "only-copy", "x");
    append(f, "only-first", "x");
    check(has(copy, "only-copy") && !has(copy, "only-first") && !has(f, "only-copy"),
          "clone: \"Make a deep copy\"");
    http_fields_drop(f);
    check(has(copy, "other"), "clone: outlives the first");
    http_fields_drop(copy);
}

static void order_and_case(void) {
    http_fields f = http_fields_new();
    static const char *const names[] = {"Zeta", "alpha", "X-Mixed-Case", "ALL-UPPER", "alpha"};
    for (int i = 0; i < 5; i++) append(f, names[i], text("%d", i));
    const char *got = all_of(f);
    /* "The names and values are always returned in the original casing and in the order in which
     * they will be serialized for transport." */
    check(text_is(str(got), "Zeta=0;alpha=1;X-Mixed-Case=2;ALL-UPPER=3;alpha=4;"),
          "entries: in the original casing and order");
    http_fields copy = http_fields_clone(ref(f));
    check(text_is(str(all_of(copy)), got), "clone: the same casing and order");
    wit_list_tuple2_string_list_u8 entries = http_fields_entries(ref(f));
    http_result_fields_header_error made = http_fields_from_list(entries);
    check(!made.is_err && text_is(str(all_of(made.val.ok)), got),
          "from-list: the same casing and order");
    if (!made.is_err) http_fields_drop(made.val.ok);
    http_fields_drop(copy);
    http_fields_drop(f);
}

static void names_in_fields(void) {
    static const struct {
        const char *name;
        bool is_good;
    } names[] = {
        {"a", true},          {"A-b_c.d~e", true}, {"!#$%&'*+-.^_`|~", true},
        {"0123456789", true}, {"", false},         {" ", false},
        {"a b", false},       {" a", false},       {"a ", false},
        {"a:", false},        {":a", false},       {"a\n", false},
        {"a\r", false},       {"a\t", false},      {"a(b", false},
        {"a)b", false},       {"a,b", false},      {"a/b", false},
        {"a;b", false},       {"a<b", false},      {"a=b", false},
        {"a>b", false},       {"a?b", false},      {"a@b", false},
        {"a[b", false},       {"a\\b", false},     {"a]b", false},
        {"a{b", false},       {"a}b", false},      {"a\"b", false},
        {"\xc3\xa4", false},  {"a\x7f", false},    {"a\x01", false},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint64_t want = names[i].is_good ? YES : SYNTAX;
        http_fields f = http_fields_new();
        wit_string name = str(names[i].name);
        wit_list_u8 value = bytes_of("value");
        outcome(append(f, names[i].name, "value"), want, header_name, "append, name %d", (int)i);
        outcome(HEADER_CODE(http_fields_set(ref(f), name, (wit_list_list_u8){&value, 1})), want,
                header_name, "set, name %d", (int)i);
        wit_tuple2_string_list_u8 entry = {name, value};
        http_result_fields_header_error made =
            http_fields_from_list((wit_list_tuple2_string_list_u8){&entry, 1});
        outcome(HEADER_CODE(made), want, header_name, "from-list, name %d", (int)i);
        if (!made.is_err) http_fields_drop(made.val.ok);
        /* "If the name is not present in this `fields` or is syntactically invalid, an empty list
         * is returned." */
        check(count(f, names[i].name) == names[i].is_good, "get, name %d", (int)i);
        check(has(f, names[i].name) == names[i].is_good, "has, name %d", (int)i);
        outcome(HEADER_CODE(http_fields_delete(ref(f), name)), want, header_name, "delete, name %d",
                (int)i);
        http_fields_drop(f);
    }
}

static void values_in_fields(void) {
    static const struct {
        const char *bytes;
        size_t len;
        bool is_good;
    } bytes[] = {
        {"", 0, true},           {"plain", 5, true},      {"with spaces inside", 18, true},
        {"a\tb", 3, true},       {"a\rb", 3, false},      {"a\nb", 3, false},
        {"a\0b", 3, false},      {"a\r\nb: c", 7, false}, {"\r\n", 2, false},
        {"\xff\xfe", 2, true},   {"\xc3\xa4", 2, true},   {"a: b", 4, true},
        {"\"quoted\"", 8, true}, {"a\r\n b", 5, false},
    };
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        uint64_t want = bytes[i].is_good ? YES : SYNTAX;
        wit_list_u8 value = {(const uint8_t *)bytes[i].bytes, bytes[i].len};
        http_fields f = http_fields_new();
        outcome(HEADER_CODE(http_fields_append(ref(f), str("name"), value)), want, header_name,
                "append, value %d", (int)i);
        http_fields_drop(f);
        f = http_fields_new();
        outcome(HEADER_CODE(http_fields_set(ref(f), str("name"), (wit_list_list_u8){&value, 1})),
                want, header_name, "set, value %d", (int)i);
        wit_list_list_u8 got = http_fields_get(ref(f), str("name"));
        bool same = got.len == bytes[i].is_good;
        if (same && got.len)
            same = got.ptr[0].len == value.len &&
                   (!value.len || __builtin_memcmp(got.ptr[0].ptr, value.ptr, value.len) == 0);
        check(same, "get, value %d", (int)i);
        wit_tuple2_string_list_u8 entry = {str("name"), value};
        http_result_fields_header_error made =
            http_fields_from_list((wit_list_tuple2_string_list_u8){&entry, 1});
        outcome(HEADER_CODE(made), want, header_name, "from-list, value %d", (int)i);
        if (!made.is_err) http_fields_drop(made.val.ok);
        http_fields_drop(f);
    }
}

static void forbidden_and_many(void) {
    /* "a forbidden `field-name` was used": which are is left to the implementation */
    static const char *const may_be_forbidden[] = {
        "connection", "keep-alive",     "proxy-connection",   "transfer-encoding",  "upgrade",
        "host",       "http2-settings", "proxy-authenticate", "proxy-authorization"};
    for (int i = 0; i < 9; i++) {
        http_fields f = http_fields_new();
        int code = append(f, may_be_forbidden[i], "x");
        outcome(code, YES | FORBIDDEN, header_name, "append %s", may_be_forbidden[i]);
        check(has(f, may_be_forbidden[i]) == (code == OK), "has %s", may_be_forbidden[i]);
        http_fields_drop(f);
    }
    http_fields f = http_fields_new();
    int code = OK;
    for (int i = 0; i < 1000 && code == OK; i++) code = append(f, text("name-%d", i), "value");
    check(code == OK && http_fields_entries(ref(f)).len == 1000, "1000 names");
    check(has(f, "name-999"), "the last of 1000");
    http_fields_drop(f);
}

static void syntax(void) {
    names_in_fields();
    values_in_fields();
    forbidden_and_many();
}

/* A resource's `headers`: "The returned `headers` resource is immutable". */
static void immutable(http_fields f, const char *whose) {
    wit_list_u8 value = bytes_of("x");
    check(values_are(f, "Given", "1"), "%s: headers has what was given", whose);
    outcome(append(f, "a", "x"), IMMUTABLE, header_name, "%s: append", whose);
    outcome(HEADER_CODE(http_fields_set(ref(f), str("a"), (wit_list_list_u8){&value, 1})),
            IMMUTABLE, header_name, "%s: set", whose);
    outcome(HEADER_CODE(http_fields_delete(ref(f), str("given"))), IMMUTABLE, header_name,
            "%s: delete", whose);
    check(values_are(f, "given", "1"), "%s: nothing has changed", whose);
    http_fields copy = http_fields_clone(ref(f));
    outcome(append(copy, "a", "x"), YES, header_name,
            "%s: clone: \"The resulting `fields` is mutable.\"", whose);
    http_fields_drop(copy);
    http_fields_drop(f);
}

static http_fields given(void) {
    http_fields f = http_fields_new();
    append(f, "given", "1");
    return f;
}

/* ---- requests ---- */

static http_outgoing_request_ref rref(http_outgoing_request r) {
    return http_outgoing_request_borrow(r);
}

static void methods(void) {
    http_outgoing_request r = http_outgoing_request_new(given());
    check(http_outgoing_request_method(rref(r)).tag == HTTP_METHOD_GET,
          "\"a default `method` of `GET`\"");
    for (int tag = HTTP_METHOD_GET; tag < HTTP_METHOD_OTHER; tag++) {
        http_method m = {.tag = (http_method_tag)tag};
        outcome(VOID_CODE(http_outgoing_request_set_method(rref(r), &m)), YES, void_name, "set %d",
                tag);
        check(http_outgoing_request_method(rref(r)).tag == (http_method_tag)tag, "get %d", tag);
    }
    static const struct {
        const char *name;
        bool is_good;
    } others[] = {{"PURGE", true}, {"M-SEARCH", true}, {"get", true},    {"a!#$%&'*+.^_`|~", true},
                  {"", false},     {"A B", false},     {"A\r\n", false}, {"\xc3\xa4", false},
                  {"A/B", false},  {" GET", false},    {"A:B", false}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        http_method m = http_method_other(str(others[i].name));
        outcome(VOID_CODE(http_outgoing_request_set_method(rref(r), &m)),
                others[i].is_good ? YES : BIT(ERROR), void_name, "set other %d", (int)i);
        http_method got = http_outgoing_request_method(rref(r));
        bool is_other = got.tag == HTTP_METHOD_OTHER && text_is(got.val.other, others[i].name);
        check(is_other == others[i].is_good, "get other %d", (int)i);
    }
    http_outgoing_request_drop(r);
}

static bool is_none(wit_option_string s) { return !s.is_some; }
static bool is_some(wit_option_string s, const char *want) {
    return s.is_some && text_is(s.val, want);
}

static const struct {
    const char *text;
    bool is_good;
} paths[] = {{"/", true},       {"/a/b", true},    {"/a?b=c&d=e", true}, {"/a%20b", true},
             {"/a?b?c", true},  {"/%C3%A4", true}, {"/a b", false},      {"/a\r\nb", false},
             {"/a\x01", false}, {"/a\x7f", false}},
  authorities[] = {{"example.com", true},    {"example.com:80", true},
                   {"127.0.0.1:8080", true}, {"[::1]:80", true},
                   {"localhost", true},      {"a b", false},
                   {"a/b", false},           {"a\r\nb", false},
                   {"[::1", false},          {"example.com:port", false}},
  schemes[] = {{"ftp", true},  {"a+b-c.1", true}, {"1a", false}, {"", false},
               {"a b", false}, {"a:", false},     {"a/b", false}};

static void targets(void) {
    http_outgoing_request r = http_outgoing_request_new(given());
    check(is_none(http_outgoing_request_path_with_query(rref(r))),
          "path-with-query: none at first");
    check(is_none(http_outgoing_request_authority(rref(r))), "authority: none at first");
    check(!http_outgoing_request_scheme(rref(r)).is_some, "scheme: none at first");
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        wit_string s = str(paths[i].text);
        outcome(VOID_CODE(http_outgoing_request_set_path_with_query(rref(r), &s)),
                paths[i].is_good ? YES : BIT(ERROR), void_name, "set path %d", (int)i);
        check(is_some(http_outgoing_request_path_with_query(rref(r)), paths[i].text) ==
                  paths[i].is_good,
              "get path %d", (int)i);
    }
    for (size_t i = 0; i < sizeof authorities / sizeof *authorities; i++) {
        wit_string s = str(authorities[i].text);
        outcome(VOID_CODE(http_outgoing_request_set_authority(rref(r), &s)),
                authorities[i].is_good ? YES : BIT(ERROR), void_name, "set authority %d", (int)i);
        check(is_some(http_outgoing_request_authority(rref(r)), authorities[i].text) ==
                  authorities[i].is_good,
              "get authority %d", (int)i);
    }
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        http_scheme s = http_scheme_other(str(schemes[i].text));
        outcome(VOID_CODE(http_outgoing_request_set_scheme(rref(r), &s)),
                schemes[i].is_good ? YES : BIT(ERROR), void_name, "set scheme %d", (int)i);
        http_option_scheme got = http_outgoing_request_scheme(rref(r));
        bool is_it = got.is_some && got.val.tag == HTTP_SCHEME_OTHER &&
                     text_is(got.val.val.other, schemes[i].text);
        check(is_it == schemes[i].is_good, "get scheme %d", (int)i);
    }
    for (int tag = HTTP_SCHEME_HTTP; tag < HTTP_SCHEME_OTHER; tag++) {
        http_scheme s = {.tag = (http_scheme_tag)tag};
        outcome(VOID_CODE(http_outgoing_request_set_scheme(rref(r), &s)), YES, void_name,
                "set a known scheme, %d", tag);
        http_option_scheme got = http_outgoing_request_scheme(rref(r));
        check(got.is_some && got.val.tag == (http_scheme_tag)tag, "get a known scheme, %d", tag);
    }
    outcome(VOID_CODE(http_outgoing_request_set_path_with_query(rref(r), NULL)), YES, void_name,
            "set no path");
    outcome(VOID_CODE(http_outgoing_request_set_authority(rref(r), NULL)), YES, void_name,
            "set no authority");
    outcome(VOID_CODE(http_outgoing_request_set_scheme(rref(r), NULL)), YES, void_name,
            "set no scheme");
    check(is_none(http_outgoing_request_path_with_query(rref(r))), "path-with-query: none again");
    check(is_none(http_outgoing_request_authority(rref(r))), "authority: none again");
    check(!http_outgoing_request_scheme(rref(r)).is_some, "scheme: none again");
    immutable(http_outgoing_request_headers(rref(r)), "outgoing-request.headers");
    http_outgoing_request_drop(r);
}

static void request_options(void) {
    http_request_options o = http_request_options_new();
    http_request_options_ref r = http_request_options_borrow(o);
    static const uint64_t durations[] = {1, 1000000, 5000000000ull, 600000000000ull};
#define OPTION(get, set)                                                                           \
    do {                                                                                           \
        for (int i = 0; i < 4; i++) {                                                              \
            /* "An error return value indicates that this timeout is not supported." */            \
            int code = VOID_CODE(set(r, &durations[i]));                                           \
            outcome(code, YES | BIT(ERROR), void_name, "%s of %u", #get, durations[i]);            \
            wit_option_u64 got = get(r);                                                           \
            check(code != OK || (got.is_some && got.val == durations[i]), "%s is %u", #get,        \
                  durations[i]);                                                                   \
        }                                                                                          \
        int code = VOID_CODE(set(r, NULL));                                                        \
        outcome(code, YES | BIT(ERROR), void_name, "%s of none", #get);                            \
        check(code != OK || !get(r).is_some, "%s is none", #get);                                  \
    } while (0)
    OPTION(http_request_options_connect_timeout, http_request_options_set_connect_timeout);
    OPTION(http_request_options_first_byte_timeout, http_request_options_set_first_byte_timeout);
    OPTION(http_request_options_between_bytes_timeout,
           http_request_options_set_between_bytes_timeout);
    http_request_options_drop(o);
}

/* ---- bodies ---- */

static int write(io_output_stream out, const char *content) {
    io_output_stream_ref o = io_output_stream_borrow(out);
    io_result_u64_stream_error permit = io_output_stream_check_write(o);
    if (permit.is_err) return stream_fault(permit.val.err);
    return STREAM_CODE(io_output_stream_write(o, bytes_of(content)));
}

static void request_bodies(void) {
    http_outgoing_request r = http_outgoing_request_new(given());
    http_result_outgoing_body_void body = http_outgoing_request_body(rref(r));
    outcome(VOID_CODE(body), YES, void_name, "body: \"Returns success on the first call\"");
    outcome(VOID_CODE(http_outgoing_request_body(rref(r))), BIT(ERROR), void_name,
            "body: \"Subsequent calls will return error.\"");
    http_outgoing_body_ref b = http_outgoing_body_borrow(body.val.ok);
    io_result_output_stream_void out = http_outgoing_body_write(b);
    outcome(VOID_CODE(out), YES, void_name, "write: \"Returns success on the first call\"");
    outcome(VOID_CODE(http_outgoing_body_write(b)), BIT(ERROR), void_name,
            "write: \"Subsequent calls will return error.\"");
    io_output_stream_drop(out.val.ok);
    http_outgoing_body_drop(body.val.ok);
    http_outgoing_request_drop(r);
    check(true, "a body that is not finished can be dropped");
}

/* finish: "Fails if the body's `outgoing-request` or `outgoing-response` was constructed with a
 * Content-Length header, and the contents written to the body (via `write`) does not match". */
static void content_length(void) {
    for (int is_response = 0; is_response < 2; is_response++) {
        static const struct {
            const char *length, *content;
            bool is_right;
        } all[] = {{"5", "12345", true}, {"0", "", true},  {"5", "1234", false},
                   {"5", "", false},     {"1", "", false}, {NULL, "12345", true},
                   {NULL, "", true}};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            http_fields f = http_fields_new();
            if (all[i].length) append(f, "Content-Length", all[i].length);
            http_outgoing_request request = {0};
            http_outgoing_response response = {0};
            http_result_outgoing_body_void body;
            if (is_response) {
                response = http_outgoing_response_new(f);
                body = http_outgoing_response_body(http_outgoing_response_borrow(response));
            } else {
                request = http_outgoing_request_new(f);
                body = http_outgoing_request_body(rref(request));
            }
            if (body.is_err) give_up("body");
            if (all[i].content[0]) {
                io_result_output_stream_void out =
                    http_outgoing_body_write(http_outgoing_body_borrow(body.val.ok));
                if (out.is_err) give_up("write");
                write(out.val.ok, all[i].content);
                io_output_stream_drop(out.val.ok);
            }
            http_result_void_error_code end = http_outgoing_body_finish(body.val.ok, NULL);
            check(end.is_err == !all[i].is_right, "%s, %s bytes are %d",
                  is_response ? "response" : "request", all[i].length ? all[i].length : "any",
                  (int)str(all[i].content).len);
            if (is_response) http_outgoing_response_drop(response);
            else http_outgoing_request_drop(request);
        }
    }
}

/* ---- responses ---- */

static void responses(void) {
    http_outgoing_response r = http_outgoing_response_new(given());
    http_outgoing_response_ref o = http_outgoing_response_borrow(r);
    check(http_outgoing_response_status_code(o) == 200, "\"a default `status-code` of `200`\"");
    static const struct {
        uint16_t code;
        uint64_t want;
    } codes[] = {
        {200, YES},
        {201, YES},
        {204, YES},
        {301, YES},
        {304, YES},
        {400, YES},
        {404, YES},
        {418, YES},
        {429, YES},
        {500, YES},
        {503, YES},
        {599, YES},
        /* RFC 9110, 15: valid are 100 to 599; "Values outside the range 100..599 are invalid." */
        {0, BIT(ERROR)},
        {1, BIT(ERROR)},
        {99, BIT(ERROR)},
        {600, YES | BIT(ERROR)},
        {999, YES | BIT(ERROR)},
        {1000, BIT(ERROR)},
        {65535, BIT(ERROR)},
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        uint16_t before = http_outgoing_response_status_code(o);
        int code = VOID_CODE(http_outgoing_response_set_status_code(o, codes[i].code));
        outcome(code, codes[i].want, void_name, "set-status-code of %d", (int)codes[i].code);
        check(http_outgoing_response_status_code(o) == (code == OK ? codes[i].code : before),
              "status-code after %d", (int)codes[i].code);
    }
    immutable(http_outgoing_response_headers(o), "outgoing-response.headers");
    http_result_outgoing_body_void body = http_outgoing_response_body(o);
    outcome(VOID_CODE(body), YES, void_name, "body: \"Returns success on the first call\"");
    outcome(VOID_CODE(http_outgoing_response_body(o)), BIT(ERROR), void_name,
            "body: \"Subsequent calls will return error.\"");
    io_result_output_stream_void out =
        http_outgoing_body_write(http_outgoing_body_borrow(body.val.ok));
    outcome(VOID_CODE(out), YES, void_name, "write: \"Returns success on the first call\"");
    outcome(VOID_CODE(http_outgoing_body_write(http_outgoing_body_borrow(body.val.ok))), BIT(ERROR),
            void_name, "write: \"Subsequent calls will return error.\"");
    io_output_stream_drop(out.val.ok);
    http_outgoing_body_drop(body.val.ok);
    http_outgoing_response_drop(r);
}

void cases(void) {
    PART(fields);
    PART(order_and_case);
    PART(syntax);
    PART(methods);
    PART(targets);
    PART(request_options);
    PART(request_bodies);
    PART(content_length);
    PART(responses);
}
