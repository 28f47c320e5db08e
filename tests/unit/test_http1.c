/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The parser and the writer of HTTP/1.1. Each case of the table is also fed byte by byte and in two
 * pieces cut at every place, with the same result. `test_http1 -cases N` prints the inputs and what
 * becomes of them, and of N broken ones, for tests/http1.sh.
 */
#include "base/file.h"
#include "tests/http1.h"
#include "tests/test.h"

typedef struct {
    Str input;
    const char *methods; /* of a client */
    Str expected;
} Case;

/* A server reads INPUT; a client that has asked with METHODS does; a head with these fields; a body
 * in chunks. */
#define S(input, expected)          {STR_INIT(input), NULL, STR_INIT(expected)}
#define C(methods, input, expected) {STR_INIT(input), methods, STR_INIT(expected)}
#define F(fields, expected)                                                                        \
    S("GET / HTTP/1.1\r\nHost: a\r\n" fields "\r\n", "GET origin / 1.1|Host=a|" expected)
#define P(fields, body, expected)                                                                  \
    S("POST / HTTP/1.1\r\nHost: a\r\n" fields "\r\n" body, "POST origin / 1.1|Host=a|" expected)
#define K(body, expected)                                                                          \
    P("Transfer-Encoding: chunked\r\n", body,                                                      \
      "Transfer-Encoding=chunked|[chunked keep]|" expected)
#define T(target, expected) S("GET " target " HTTP/1.1\r\nHost: a\r\n\r\n", expected)
#define H(host, expected)                                                                          \
    S("GET / HTTP/1.1\r\nHost:" host "\r\n\r\n", "GET origin / 1.1|" expected)
#define R(fields, body, expected)                                                                  \
    C("GET", "HTTP/1.1 200 OK\r\n" fields "\r\n" body, "200 OK 1.1|" expected)

#define GET_A "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define GOT_A "GET origin / 1.1|Host=a|[none keep]|.|"
#define REST  "[none keep]|.|done"

static const Case cases[] = {
    /* requests in a row, and how they end */
    S("", "done"),
    S(GET_A, GOT_A "done"),
    S(GET_A GET_A GET_A, GOT_A GOT_A GOT_A "done"),
    S("G", "!INCOMPLETE_HEAD"),
    S("GET / HTTP/1.1\r", "!INCOMPLETE_HEAD"),
    S("GET / HTTP/1.1\r\n", "GET origin / 1.1|!INCOMPLETE_HEAD"),
    S("GET / HTTP/1.1\r\nHost: a\r\n\r", "GET origin / 1.1|Host=a|!INCOMPLETE_HEAD"),
    S(GET_A "G", GOT_A "!INCOMPLETE_HEAD"),

    /* empty lines before a request */
    S("\r\n" GET_A, GOT_A "done"),
    S(GET_A "\r\n" GET_A, GOT_A GOT_A "done"),
    S(GET_A "\r\n", GOT_A "done"),
    S("\r\n", "done"),
    S("\r", "!INCOMPLETE_HEAD"),
    S("\r\n\r\n" GET_A, "!EMPTY_LINE"),
    S("\n" GET_A, "!BARE_LF"),
    S("\r\r\n" GET_A, "!BARE_CR"),
    S(" " GET_A, "!REQUEST_LINE"),
    S("\t" GET_A, "!METHOD"),

    /* the ends of lines */
    S("GET / HTTP/1.1\nHost: a\n\n", "!BARE_LF"),
    S("GET / HTTP/1.1\rHost: a\r\r", "!BARE_CR"),
    S("GET / HTTP/1.1\r\nHost: a\n\r\n", "GET origin / 1.1|!BARE_LF"),
    S("GET / HTTP/1.1\r\nHost: a\r\n\n", "GET origin / 1.1|Host=a|!BARE_LF"),
    S("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", "GET origin / 1.1|!BARE_CR"),
    S("GET / HTTP/1.1\r\nHost: a\rb\n\r\n", "GET origin / 1.1|!BARE_CR"),
    S("GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", "GET origin / 1.1|!BARE_CR"),
    S("GET / HTTP/1.1\r\nHost: a\r\n\r\r\n", "GET origin / 1.1|Host=a|!BARE_CR"),
    S("GET / HTTP/1.1\n\r\nHost: a\r\n\r\n", "!BARE_LF"),

    /* request lines */
    S("GET  / HTTP/1.1\r\n", "!REQUEST_LINE"),
    S("GET /  HTTP/1.1\r\n", "!REQUEST_LINE"),
    S("GET / HTTP/1.1 \r\n", "!REQUEST_LINE"),
    S("GET / HTTP/1.1\t\r\n", "!REQUEST_LINE"),
    S("GET /a b HTTP/1.1\r\n", "!REQUEST_LINE"),
    S("GET\t/\tHTTP/1.1\r\n", "!REQUEST_LINE"),
    S("GET /\r\n", "!REQUEST_LINE"),
    S("GET\r\n", "!REQUEST_LINE"),
    S("GET \r\n", "!REQUEST_LINE"),
    S("GET / \r\n", "!REQUEST_LINE"),
    S(" / HTTP/1.1\r\n", "!REQUEST_LINE"),
    S("G(T / HTTP/1.1\r\n", "!METHOD"),
    S("GET: / HTTP/1.1\r\n", "!METHOD"),
    S("G\x80T / HTTP/1.1\r\n", "!METHOD"),
    S("G\0T / HTTP/1.1\r\n", "!CONTROL"),
    S("GET /\x7f HTTP/1.1\r\n", "!CONTROL"),
    S("GET /\x01 HTTP/1.1\r\n", "!CONTROL"),
    S("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "!CONTROL"), /* TLS */
    S("get / HTTP/1.1\r\nHost: a\r\n\r\n", "get origin / 1.1|Host=a|" REST),
    S("PURGE / HTTP/1.1\r\nHost: a\r\n\r\n", "PURGE origin / 1.1|Host=a|" REST),
    S("!#$%&'*+-.^_`|~9 / HTTP/1.1\r\nHost: a\r\n\r\n",
      "!#$%&'*+-.^_`|~9 origin / 1.1|Host=a|" REST),
    S("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n",
      "!METHOD_LONG"),

    /* versions */
    S("GET / HTTP/1.0\r\n\r\n", "GET origin / 1.0|[none close]|.|done"),
    S("GET / HTTP/1.2\r\n\r\n", "!VERSION"),
    S("GET / HTTP/0.9\r\n\r\n", "!VERSION"),
    S("GET / HTTP/2.0\r\n\r\n", "!VERSION"),
    S("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "!VERSION"),
    S("GET / HTTP/1.10\r\n\r\n", "!REQUEST_LINE"),
    S("GET / HTTP/01.1\r\n\r\n", "!REQUEST_LINE"),
    S("GET / HTTP/1,1\r\n\r\n", "!REQUEST_LINE"),
    S("GET / HTTP/1.\r\n\r\n", "!REQUEST_LINE"),
    S("GET / HTTP/11\r\n\r\n", "!REQUEST_LINE"),
    S("GET / http/1.1\r\n\r\n", "!REQUEST_LINE"),
    S("GET / HTTPS/1.1\r\n\r\n", "!REQUEST_LINE"),
    S("GET / HTTP/A.1\r\n\r\n", "!REQUEST_LINE"),
    S("GET / HTTP/1.x\r\n\r\n", "!REQUEST_LINE"),
    S("GET / RTSP/1.0\r\n\r\n", "!REQUEST_LINE"),

    /* targets */
    T("/a/b;c=d?e=f&g=%20", "GET origin /a/b;c=d?e=f&g=%20 1.1|Host=a|" REST),
    T("/?", "GET origin /? 1.1|Host=a|" REST),
    T("//x", "GET origin //x 1.1|Host=a|" REST),
    T("/../..", "GET origin /../.. 1.1|Host=a|" REST),
    T("/a?b=c?d/e", "GET origin /a?b=c?d/e 1.1|Host=a|" REST),
    T("/?q={[\\^`|]}", "GET origin /?q={[\\^`|]} 1.1|Host=a|" REST),
    T("/~!$&'()*+,;=:@-._", "GET origin /~!$&'()*+,;=:@-._ 1.1|Host=a|" REST),
    T("/a#b", "!TARGET"),
    T("/a\\b", "!TARGET"),
    T("/a\"b", "!TARGET"),
    T("/<a>", "!TARGET"),
    T("/\xc3\xa9", "!TARGET"),
    T("/\t", "!TARGET"),
    T("a", "!TARGET"),
    T("?a", "!TARGET"),
    T("*", "!TARGET"),
    T("a:80", "!TARGET"),
    T("http://a/b", "GET absolute http a /b 1.1|Host=a|" REST),
    T("http://a", "GET absolute http a / 1.1|Host=a|" REST),
    T("http://a?b", "GET absolute http a /?b 1.1|Host=a|" REST),
    T("HTTPS://A/", "GET absolute HTTPS A / 1.1|Host=a|" REST),
    T("http://b/", "GET absolute http b / 1.1|!HOST_DIFFERS"),
    T("http://a:80/", "GET absolute http a:80 / 1.1|!HOST_DIFFERS"),
    T("http://u@a/", "!TARGET"),
    T("http://u:p@a/", "!TARGET"),
    T("http:///b", "!TARGET"),
    T("http://", "!TARGET"),
    T("http:/a", "!TARGET"),
    T("://a/", "!TARGET"),
    T("1http://a/", "!TARGET"),
    T("http://a/#b", "!TARGET"),
    T("http://a\\b/", "!TARGET"),
    T("http://a:b/", "!TARGET"),
    S("GET http://a:8/ HTTP/1.1\r\nHost: A:8\r\n\r\n",
      "GET absolute http a:8 / 1.1|Host=A:8|" REST),
    S("GET http://a/ HTTP/1.0\r\n\r\n", "GET absolute http a / 1.0|[none close]|.|done"),
    S("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS asterisk * 1.1|Host=a|" REST),
    S("OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS absolute http a * 1.1|Host=a|" REST),
    S("OPTIONS /x HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS origin /x 1.1|Host=a|" REST),
    S("OPTIONS ** HTTP/1.1\r\nHost: a\r\n\r\n", "!TARGET"),
    S("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\x16\x03",
      "CONNECT authority a:443 1.1|Host=a:443|[none close tunnel]|.|done"),
    S("CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n",
      "CONNECT authority [::1]:443 1.1|Host=[::1]:443|[none close tunnel]|.|done"),
    S("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT authority a:443 1.1|!HOST_DIFFERS"),
    S("CONNECT a HTTP/1.1\r\nHost: a\r\n\r\n", "!TARGET"),
    S("CONNECT a: HTTP/1.1\r\nHost: a:\r\n\r\n", "!TARGET"),
    S("CONNECT :1 HTTP/1.1\r\nHost: :1\r\n\r\n", "!TARGET"),
    S("CONNECT [::1] HTTP/1.1\r\nHost: [::1]\r\n\r\n", "!TARGET"),
    S("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n", "!TARGET"),
    S("CONNECT http://a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "!TARGET"),
    S("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 1\r\n\r\nx",
      "CONNECT authority a:1 1.1|Host=a:1|Content-Length=1|!CONNECT_BODY"),

    /* Host */
    S("GET / HTTP/1.1\r\n\r\n", "GET origin / 1.1|!NO_HOST"),
    S("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "GET origin / 1.1|Host=a|!HOSTS"),
    S("GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n", "GET origin / 1.1|Host=a|!HOSTS"),
    S("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "GET origin / 1.0|Host=a|!HOSTS"),
    H("", "!HOST"),
    H(" \t ", "!HOST"),
    H("a", "Host=a|" REST),
    H(" \t a.b-c_d~e:8080 \t", "Host=a.b-c_d~e:8080|" REST),
    H(" a:", "Host=a:|" REST),
    H(" a:65535", "Host=a:65535|" REST),
    H(" a:65536", "!HOST"),
    H(" a:000080", "!HOST"),
    H(" a:8x", "!HOST"),
    H(" a:-1", "!HOST"),
    H(" a:1:2", "!HOST"),
    H(" :80", "!HOST"),
    H(" a b", "!HOST"),
    H(" a, b", "!HOST"),
    H(" a/b", "!HOST"),
    H(" http://a", "!HOST"),
    H(" u@a", "!HOST"),
    H(" a?b", "!HOST"),
    H(" a#b", "!HOST"),
    H(" a\\b", "!HOST"),
    H(" \xc3\xa9", "!HOST"),
    H(" a%20b", "Host=a%20b|" REST),
    H(" a%2", "!HOST"),
    H(" a%zz", "!HOST"),
    H(" [::1]", "Host=[::1]|" REST),
    H(" [2001:DB8::192.0.2.1]:80", "Host=[2001:DB8::192.0.2.1]:80|" REST),
    H(" [::1", "!HOST"),
    H(" []", "!HOST"),
    H(" [1]", "!HOST"),
    H(" [::1]x", "!HOST"),
    H(" [::g]", "!HOST"),
    H(" ::1", "!HOST"),

    /* fields */
    F("X:\r\n", "X=|" REST),
    F("X:y\r\n", "X=y|" REST),
    F("X: \t y \t\r\n", "X=y|" REST),
    F("X: a  b\tc\r\n", "X=a  b\tc|" REST),
    F("X: a:b\r\n", "X=a:b|" REST),
    F("X: \xc3\xa9\xff\r\n", "X=\xc3\xa9\xff|" REST),
    F("xX-yY: 1\r\nXx-Yy: 2\r\nxX-yY: 3\r\n", "xX-yY=1|Xx-Yy=2|xX-yY=3|" REST),
    F("!#$%&'*+-.^_`|~: 1\r\n", "!#$%&'*+-.^_`|~=1|" REST),
    F("X : y\r\n", "!FIELD_NAME"),
    F("X\t: y\r\n", "!FIELD_NAME"),
    F(": y\r\n", "!FIELD_NAME"),
    F("X Y: z\r\n", "!FIELD_NAME"),
    F("X(: y\r\n", "!FIELD_NAME"),
    F("\"X\": y\r\n", "!FIELD_NAME"),
    F("X\xc3\xa9: y\r\n", "!FIELD_NAME"),
    F("X/Y: z\r\n", "!FIELD_NAME"),
    F("X\0: y\r\n", "!CONTROL"),
    F("X: \0\r\n", "!CONTROL"),
    F("X: a\0b\r\n", "!CONTROL"),
    F("X: \x0b\r\n", "!CONTROL"),
    F("X: \x0c\r\n", "!CONTROL"),
    F("X: \x1b[0m\r\n", "!CONTROL"),
    F("X: \x7f\r\n", "!CONTROL"),
    F("X\r\n", "!FIELD_COLON"),
    F("X y\r\n", "!FIELD_COLON"),
    F("X: y\r\n z\r\n", "X=y|!FOLDED"),
    F("X: y\r\n\tz\r\n", "X=y|!FOLDED"),
    F("X: y\r\n \r\n", "X=y|!FOLDED"),
    F("X:\r\n y\r\n", "X=|!FOLDED"),
    S("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "GET origin / 1.1|!FOLDED"),
    S("GET / HTTP/1.1\r\n\tX: y\r\nHost: a\r\n\r\n", "GET origin / 1.1|!FOLDED"),
    F("Upgrade: websocket\r\nConnection: upgrade\r\n",
      "Upgrade=websocket|Connection=upgrade|" REST),
    F("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: \r\n",
      "Upgrade=h2c|Connection=Upgrade, HTTP2-Settings|HTTP2-Settings=|" REST),

    /* Connection */
    F("Connection: close\r\n", "Connection=close|[none close]|.|done"),
    S("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET_A,
      "GET origin / 1.1|Host=a|Connection=close|[none close]|.|done"),
    F("Connection: CLOSE\r\n", "Connection=CLOSE|[none close]|.|done"),
    F("Connection: x , close,\r\n", "Connection=x , close,|[none close]|.|done"),
    F("Connection: x\r\nConnection: close\r\n",
      "Connection=x|Connection=close|[none close]|.|done"),
    F("Connection: keep-alive, close\r\n", "Connection=keep-alive, close|[none close]|.|done"),
    F("Connection: closed\r\n", "Connection=closed|" REST),
    F("Connection: x close\r\n", "!CONNECTION"),
    F("Connection: \"close\"\r\n", "!CONNECTION"),
    F("Connection:\r\n", "Connection=|" REST),
    S("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      "GET origin / 1.0|Connection=keep-alive|" REST),
    S("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" GET_A,
      "GET origin / 1.0|Connection=Keep-Alive|[none keep]|.|" GOT_A "done"),
    S("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n",
      "GET origin / 1.0|Connection=keep-alive, close|[none close]|.|done"),

    /* Content-Length */
    P("Content-Length: 5\r\n", "hello", "Content-Length=5|[5 keep]|\"hello\"|.|done"),
    P("Content-Length: 5\r\n", "hello" GET_A,
      "Content-Length=5|[5 keep]|\"hello\"|.|" GOT_A "done"),
    P("Content-Length: 0\r\n", GET_A, "Content-Length=0|[0 keep]|.|" GOT_A "done"),
    P("cONTENT-lENGTH:5\r\n", "a\0\r\n\n", "cONTENT-lENGTH=5|[5 keep]|\"a\0\r\n\n\"|.|done"),
    P("Content-Length: 005\r\n", "hello", "Content-Length=005|[5 keep]|\"hello\"|.|done"),
    P("Content-Length: 5\r\n", "hell", "Content-Length=5|[5 keep]|\"hell\"|!INCOMPLETE_BODY"),
    P("Content-Length: 5\r\n", "", "Content-Length=5|[5 keep]|!INCOMPLETE_BODY"),
    P("", "hello", "[none keep]|.|!INCOMPLETE_HEAD"),
    P("Content-Length:\r\n", "", "!LENGTH"),
    P("Content-Length: +5\r\n", "hello", "!LENGTH"),
    P("Content-Length: -5\r\n", "hello", "!LENGTH"),
    P("Content-Length: 0x5\r\n", "hello", "!LENGTH"),
    P("Content-Length: 5.0\r\n", "hello", "!LENGTH"),
    P("Content-Length: 5 5\r\n", "hello", "!LENGTH"),
    P("Content-Length: 5,5\r\n", "hello", "!LENGTH"),
    P("Content-Length: 5, 6\r\n", "hello", "!LENGTH"),
    P("Content-Length: 5e0\r\n", "hello", "!LENGTH"),
    P("Content-Length: \"5\"\r\n", "hello", "!LENGTH"),
    P("Content-Length: 5;\r\n", "hello", "!LENGTH"),
    P("Content-Length: \xb2\r\n", "hello", "!LENGTH"),
    P("Content-Length: 9223372036854775808\r\n", "", "!LENGTH"),
    P("Content-Length: 18446744073709551621\r\n", "hello", "!LENGTH"),
    P("Content-Length: 99999999999999999999999999\r\n", "", "!LENGTH"),
    P("Content-Length: 9223372036854775807\r\n", "",
      "Content-Length=9223372036854775807|[9223372036854775807 keep]|!INCOMPLETE_BODY"),
    P("Content-Length: 5\r\nContent-Length: 6\r\n", "hello", "Content-Length=5|!LENGTHS"),
    P("Content-Length: 5\r\nContent-length: 5\r\n", "hello", "Content-Length=5|!LENGTHS"),
    P("Content-Length : 5\r\n", "hello", "!FIELD_NAME"),
    P("Content_Length: 5\r\n", "", "Content_Length=5|" REST),
    S("POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi" GET_A,
      "POST origin / 1.0|Content-Length=2|[2 close]|\"hi\"|.|done"),
    S("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
      "GET origin / 1.1|Host=a|Content-Length=2|[2 keep]|\"hi\"|.|done"),
    S("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
      "HEAD origin / 1.1|Host=a|Content-Length=2|[2 keep]|\"hi\"|.|done"),

    /* Transfer-Encoding */
    P("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n",
      "Content-Length=5|!LENGTH_AND_CODING"),
    P("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n",
      "Transfer-Encoding=chunked|!LENGTH_AND_CODING"),
    P("Transfer-Encoding: Chunked\r\n", "0\r\n\r\n",
      "Transfer-Encoding=Chunked|[chunked keep]|.|done"),
    P("transfer-encoding:\tchunked \r\n", "0\r\n\r\n",
      "transfer-encoding=chunked|[chunked keep]|.|done"),
    P("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n", "!CODING"),
    P("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n", "!CODING_LAST"),
    P("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n", "!CODING_LAST"),
    P("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n",
      "Transfer-Encoding=chunked|!CODING_LAST"),
    P("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n",
      "Transfer-Encoding=chunked|!CODING_LAST"),
    P("Transfer-Encoding: gzip\r\n", "", "!CODING_LAST"),
    P("Transfer-Encoding: identity\r\n", "", "!CODING_LAST"),
    P("Transfer-Encoding:\r\n", "", "!CODING_LAST"),
    P("Transfer-Encoding: ,chunked\r\n", "", "!CODING"),
    P("Transfer-Encoding: chunked,\r\n", "", "!CODING_LAST"),
    P("Transfer-Encoding: chunked;q=1\r\n", "", "!CODING_LAST"),
    P("Transfer-Encoding: xchunked\r\n", "", "!CODING_LAST"),
    P("Transfer-Encoding: chunkedx\r\n", "", "!CODING_LAST"),
    P("Transfer-Encoding: \"chunked\"\r\n", "", "!CODING_LAST"),
    P("Transfer-Encoding: \x0b"
      "chunked\r\n",
      "", "!CONTROL"),
    P("Transfer-Encoding : chunked\r\n", "", "!FIELD_NAME"),
    P("Transfer-Encoding:\r\n chunked\r\n", "", "!CODING_LAST"),
    P("Transfer_Encoding: chunked\r\n", "", "Transfer_Encoding=chunked|" REST),
    S("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST origin / 1.0|!CODING_1_0"),

    /* chunks */
    K("5\r\nhello\r\n0\r\n\r\n", "\"hello\"|.|done"),
    K("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n" GET_A, "\"hello world\"|.|" GOT_A "done"),
    K("0\r\n\r\n", ".|done"),
    K("000\r\n\r\n", ".|done"),
    K("a\r\n0123456789\r\n0\r\n\r\n", "\"0123456789\"|.|done"),
    K("A\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n", "\"\r\n\r\n\r\n\r\n\r\n\"|.|done"),
    K("0000000000000001\r\nx\r\n0\r\n\r\n", "\"x\"|.|done"),
    K("00000000000000001\r\nx\r\n0\r\n\r\n", "!CHUNK_SIZE"),
    K("ffffffffffffffff\r\n", "!CHUNK_SIZE"),
    K("8000000000000000\r\n", "!CHUNK_SIZE"),
    K("7fffffffffffffff\r\nx", "\"x\"|!INCOMPLETE_BODY"),
    K("10000000000000005\r\nhello\r\n0\r\n\r\n", "!CHUNK_SIZE"),
    K("\r\nx\r\n", "!CHUNK_SIZE"),
    K("g\r\n", "!CHUNK_SIZE"),
    K("0x5\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("+5\r\nhello\r\n", "!CHUNK_SIZE"),
    K("-5\r\nhello\r\n", "!CHUNK_SIZE"),
    K(" 5\r\nhello\r\n", "!CHUNK_SIZE"),
    K("5 \r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5\t\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5_0\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5\nhello\r\n", "!BARE_LF"),
    K("5\rhello\r\n", "!BARE_CR"),
    K("5\r\nhello\n0\r\n\r\n", "\"hello\"|!CHUNK_END"),
    K("5\r\nhello\r0\r\n\r\n", "\"hello\"|!CHUNK_END"),
    K("5\r\nhello0\r\n\r\n", "\"hello\"|!CHUNK_END"),
    K("5\r\nhello!\r\n0\r\n\r\n", "\"hello\"|!CHUNK_END"),
    K("5\r\nhell\r\n0\r\n\r\n", "\"hell\r\"|!CHUNK_END"),
    K("5\r\nhello", "\"hello\"|!INCOMPLETE_BODY"),
    K("5\r\nhello\r", "\"hello\"|!INCOMPLETE_BODY"),
    K("5\r\nhello\r\n", "\"hello\"|!INCOMPLETE_BODY"),
    K("5\r\nhello\r\n0\r\n", "\"hello\"|!INCOMPLETE_BODY"),
    K("5\r\nhello\r\n0\r\n\r", "\"hello\"|!INCOMPLETE_BODY"),
    K("5", "!INCOMPLETE_BODY"),
    K("0\r\n\n", "!BARE_LF"),
    K("0\n\n", "!BARE_LF"),

    /* the extensions of chunks */
    K("5;a\r\nhello\r\n0;b=c\r\n\r\n", "\"hello\"|.|done"),
    K("5;a=\"b;c=\\\"\r\r\n", "!BARE_CR"),
    K("5;a=\"b; \\\" c\";d=e\r\nhello\r\n0\r\n\r\n", "\"hello\"|.|done"),
    K("5;\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5;;a\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5;a=\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5;=a\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5; a\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5 ;a\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5;a =b\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5;a=\"b\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5;a=\"b\\\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5;a=\"b\"c\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5;a=b=c\r\nhello\r\n", "!CHUNK_EXTENSION"),
    K("5;a\0\r\nhello\r\n", "!CONTROL"),
    K("5;a\nhello\r\n", "!BARE_LF"),

    /* trailers */
    K("0\r\nX-Sum: 1\r\nx-sum: 2\r\n\r\n" GET_A, "+X-Sum=1|+x-sum=2|.|" GOT_A "done"),
    K("1\r\na\r\n0\r\nX:\r\n\r\n", "\"a\"|+X=|.|done"),
    K("0\r\nContent-Length: 5\r\n\r\n", "!TRAILER_NAME"),
    K("0\r\ntransfer-encoding: chunked\r\n\r\n", "!TRAILER_NAME"),
    K("0\r\nHOST: b\r\n\r\n", "!TRAILER_NAME"),
    K("0\r\nConnection: close\r\n\r\n", "!TRAILER_NAME"),
    K("0\r\nTrailer: x\r\n\r\n", "!TRAILER_NAME"),
    K("0\r\nAuthorization: x\r\n\r\n", "!TRAILER_NAME"),
    K("0\r\nX : y\r\n\r\n", "!FIELD_NAME"),
    K("0\r\n X: y\r\n\r\n", "!FOLDED"),
    K("0\r\nX: y\r\n z\r\n\r\n", "+X=y|!FOLDED"),
    K("0\r\nX: y\n\r\n", "!BARE_LF"),
    K("0\r\nX\r\n\r\n", "!FIELD_COLON"),
    K("0\r\n" GET_A, "!FIELD_COLON"),

    /* Expect */
    P("Expect: 100-continue\r\nContent-Length: 1\r\n", "x",
      "Expect=100-continue|Content-Length=1|[1 keep expects]|\"x\"|.|done"),
    P("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n",
      "Expect=100-Continue|Transfer-Encoding=chunked|[chunked keep expects]|.|done"),
    P("Expect: 100-continue\r\nContent-Length: 0\r\n", "",
      "Expect=100-continue|Content-Length=0|[0 keep]|.|done"),
    F("Expect: 100-continue\r\n", "Expect=100-continue|" REST),
    F("Expect: 200-ok\r\n", "!EXPECTATION"),
    F("Expect: 100-continue, x\r\n", "!EXPECTATION"),
    F("Expect:\r\n", "!EXPECTATION"),
    S("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
      "POST origin / 1.0|Expect=100-continue|Content-Length=1|[1 close]|\"x\"|.|done"),

    /* responses: first lines */
    C("GET", "", "!NO_RESPONSE"),
    C("", "", "done"),
    C("", "H", "!UNASKED"),
    C("GET", "HTTP/1.1 200 OK\r\n\r\n", "200 OK 1.1|[eof close]|.|done"),
    C("GET", "HTTP/1.1 200 \r\n\r\n", "200  1.1|[eof close]|.|done"),
    C("GET", "HTTP/1.1 200\r\n\r\n", "200  1.1|[eof close]|.|done"),
    C("GET", "HTTP/1.1 404 Not  Found\t\xe9\r\n\r\n",
      "404 Not  Found\t\xe9 1.1|[eof close]|.|done"),
    C("GET", "HTTP/1.1 999 x\r\n\r\n", "999 x 1.1|[eof close]|.|done"),
    C("GET", "HTTP/1.0 200 OK\r\n\r\n", "200 OK 1.0|[eof close]|.|done"),
    C("GET", "HTTP/1.1 099 OK\r\n\r\n", "!STATUS_LINE"),
    C("GET", "HTTP/1.1 20 OK\r\n\r\n", "!STATUS_LINE"),
    C("GET", "HTTP/1.1 2000 OK\r\n\r\n", "!STATUS_LINE"),
    C("GET", "HTTP/1.1 2x0 OK\r\n\r\n", "!STATUS_LINE"),
    C("GET", "HTTP/1.1 +20 OK\r\n\r\n", "!STATUS_LINE"),
    C("GET", "HTTP/1.1  200 OK\r\n\r\n", "!STATUS_LINE"),
    C("GET", "HTTP/1.1\t200 OK\r\n\r\n", "!STATUS_LINE"),
    C("GET", "HTTP/1.1 200\tOK\r\n\r\n", "!STATUS_LINE"),
    C("GET", "HTTP/1.1\r\n\r\n", "!STATUS_LINE"),
    C("GET", "200 OK\r\n\r\n", "!STATUS_LINE"),
    C("GET", "ICY 200 OK\r\n\r\n", "!STATUS_LINE"),
    C("GET", "HTTP/2.0 200 OK\r\n\r\n", "!VERSION"),
    C("GET", "HTTP/1.2 200 OK\r\n\r\n", "!VERSION"),
    C("GET", "\r\nHTTP/1.1 200 OK\r\n\r\n", "!EMPTY_LINE"),
    C("GET", "HTTP/1.1 200 OK\n\n", "!BARE_LF"),
    C("GET", "HTTP/1.1 200 O\0K\r\n\r\n", "!CONTROL"),
    C("GET", "HTTP/1.1 200 OK\r\nX: y", "200 OK 1.1|!INCOMPLETE_HEAD"),
    C("GET", "HTTP/1.1 20", "!INCOMPLETE_HEAD"),

    /* responses: bodies */
    R("Content-Length: 2\r\n", "hi", "Content-Length=2|[2 keep]|\"hi\"|.|done"),
    R("Content-Length: 2\r\n", "hi!", "Content-Length=2|[2 keep]|\"hi\"|.|!UNASKED"),
    R("Content-Length: 2\r\n", "h", "Content-Length=2|[2 keep]|\"h\"|!INCOMPLETE_BODY"),
    R("Content-Length: 2\r\nConnection: close\r\n", "hi!",
      "Content-Length=2|Connection=close|[2 close]|\"hi\"|.|done"),
    R("", "until the end", "[eof close]|\"until the end\"|.|done"),
    R("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\nT: u\r\n\r\n",
      "Transfer-Encoding=chunked|[chunked keep]|\"hi\"|+T=u|.|done"),
    R("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n",
      "Transfer-Encoding=chunked|[chunked keep]|\"hi\"|!INCOMPLETE_BODY"),
    R("Transfer-Encoding: gzip, chunked\r\n", "", "!CODING"),
    R("Transfer-Encoding: gzip\r\n", "", "!CODING_LAST"),
    R("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", "",
      "Transfer-Encoding=chunked|!LENGTH_AND_CODING"),
    R("Content-Length: 2\r\nContent-Length: 3\r\n", "", "Content-Length=2|!LENGTHS"),
    R("Content-Length: 2\r\n, 3\r\n", "", "Content-Length=2|!FIELD_COLON"),
    R("Host: a b\r\nExpect: x\r\nContent-Length: 0\r\n", "",
      "Host=a b|Expect=x|Content-Length=0|[0 keep]|.|done"),
    C("GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
      "200 OK 1.0|Content-Length=2|[2 close]|\"hi\"|.|done"),
    C("GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
      "200 OK 1.0|Connection=keep-alive|Content-Length=2|[2 keep]|\"hi\"|.|done"),
    C("GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhi",
      "200 OK 1.0|Connection=keep-alive|[eof close]|\"hi\"|.|done"),
    C("GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "200 OK 1.0|!CODING_1_0"),
    C("GET GET",
      "HTTP/1.1 200 A\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 B\r\nContent-Length: 1\r\n\r\nb",
      "200 A 1.1|Content-Length=1|[1 keep]|\"a\"|.|200 B 1.1|Content-Length=1|[1 "
      "keep]|\"b\"|.|done"),

    /* responses without a body */
    C("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
      "200 OK 1.1|Content-Length=5|[none keep]|.|done"),
    C("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "200 OK 1.1|Transfer-Encoding=chunked|[none keep]|.|done"),
    C("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
      "200 OK 1.1|Content-Length=5|[none keep]|.|!UNASKED"),
    C("head", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
      "200 OK 1.1|Content-Length=1|[1 keep]|\"x\"|.|done"),
    C("GET", "HTTP/1.1 204 No Content\r\n\r\n", "204 No Content 1.1|[none keep]|.|done"),
    C("GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
      "204 No Content 1.1|Content-Length=5|[none keep]|.|done"),
    C("GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
      "204 No Content 1.1|Transfer-Encoding=chunked|!CODING_UNASKED"),
    C("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
      "304 Not Modified 1.1|Content-Length=5|[none keep]|.|done"),
    C("GET", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n",
      "304 Not Modified 1.1|Transfer-Encoding=chunked|[none keep]|.|done"),
    C("GET", "HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n",
      "205 Reset 1.1|Content-Length=0|[0 keep]|.|done"),
    C("CONNECT", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x16\x03",
      "200 OK 1.1|Content-Length=5|[none close tunnel]|.|done"),
    C("CONNECT", "HTTP/1.1 407 No\r\nContent-Length: 1\r\n\r\nx",
      "407 No 1.1|Content-Length=1|[1 keep]|\"x\"|.|done"),

    /* informational responses */
    C("GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
      "100 Continue 1.1 info|[none keep]|.|204 x 1.1|[none keep]|.|done"),
    C("GET",
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 x\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
      "103 Early Hints 1.1 info|Link=</a>|[none keep]|.|103 x 1.1 info|[none keep]|.|"
      "204 x 1.1|[none keep]|.|done"),
    C("HEAD", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\n",
      "100 Continue 1.1 info|[none keep]|.|200 x 1.1|Content-Length=9|[none keep]|.|done"),
    C("GET", "HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\nHTTP/1.1 204 x\r\n\r\n",
      "100 Continue 1.1 info|Connection=close|[none keep]|.|204 x 1.1|[none keep]|.|done"),
    C("GET", "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n",
      "100 Continue 1.1 info|Transfer-Encoding=chunked|!CODING_UNASKED"),
    C("GET", "HTTP/1.1 100 Continue\r\n\r\n", "100 Continue 1.1 info|[none keep]|.|!NO_RESPONSE"),
    C("GET", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "!SWITCHED"),
};

enum { CASES = sizeof cases / sizeof *cases };

static bool is_same(const char *what, const Case *c, Str got) {
    if (str_eq(got, c->expected)) return true;
    printf("%s: `%.*s`\n  gives    `%.*s`\n  expected `%.*s`\n", what, STR_ARG(c->input),
           STR_ARG(got), STR_ARG(c->expected));
    return false;
}

/* In one piece, byte by byte, and cut at every place. */
static bool run_case(const Case *c, const Http1Limits *limits) {
    Arena *arena = arena_new();
    const char *m = c->methods;
    Str text = c->input;
    size_t len = text.len ? text.len : 1;
    bool good = is_same("whole", c, http1_transcript(arena, limits, m, text, len, 1)) &&
                is_same("byte by byte", c, http1_transcript(arena, limits, m, text, 1, 1));
    for (size_t cut = 1; cut < len && good; cut++)
        good = is_same("in two", c, http1_transcript(arena, limits, m, text, cut, len));
    arena_free(arena);
    return good;
}

static void run_cases(void) {
    for (size_t i = 0; i < CASES; i++)
        if (run_case(&cases[i], NULL)) tests_passed++;
        else tests_failed++;
}

/* ---- limits ---- */

#define CHECK_LIMIT(limits, ...)                                                                   \
    do {                                                                                           \
        const Case c_ = __VA_ARGS__;                                                               \
        CHECK(run_case(&c_, &(Http1Limits)limits));                                                \
    } while (0)
#define LIMIT(name, n) {.name = n}

static void lines_are_limited(void) {
    CHECK_LIMIT(LIMIT(line, 14), S("GET / HTTP/1.1\r\n", "GET origin / 1.1|!INCOMPLETE_HEAD"));
    CHECK_LIMIT(LIMIT(line, 14), S("GET /a HTTP/1.1\r\n", "!FIRST_LINE_LONG"));
    CHECK_LIMIT(LIMIT(line, 14), S("GET /aaaaaaaaaaaaaaaaaaaaaaaaa", "!FIRST_LINE_LONG"));
    CHECK_LIMIT(LIMIT(line, 14), S("GET /aaaaaaaaa\nx", "!BARE_LF"));
    CHECK_LIMIT(LIMIT(line, 14), S("GET /aaaaaaaaaa\n", "!FIRST_LINE_LONG"));
    CHECK_LIMIT(LIMIT(line, 14), S("GET / HTTP/1.1\r\nHost:        a\r\n",
                                   "GET origin / 1.1|Host=a|!INCOMPLETE_HEAD"));
    CHECK_LIMIT(LIMIT(line, 14),
                S("GET / HTTP/1.1\r\nHost:         a\r\n", "GET origin / 1.1|!FIELD_LONG Host"));
    CHECK_LIMIT(LIMIT(line, 14), S("GET / HTTP/1.1\r\nHostttttttttttttttttttttt: a\r\n",
                                   "GET origin / 1.1|!FIELD_LONG"));
    CHECK_LIMIT(LIMIT(line, 14),
                S("GET / HTTP/1.1\r\nHo st: aaaaaaaaaaaaaa\r\n", "GET origin / 1.1|!FIELD_LONG"));
    CHECK_LIMIT(LIMIT(line, 15),
                C("GET", "HTTP/1.1 200 OK\r\n\r\n", "200 OK 1.1|[eof close]|.|done"));
    CHECK_LIMIT(LIMIT(line, 15), C("GET", "HTTP/1.1 200 OKK\r\n\r\n", "!FIRST_LINE_LONG"));
    CHECK_LIMIT(LIMIT(method, 3), S(GET_A, GOT_A "done"));
    CHECK_LIMIT(LIMIT(method, 3), S("POST / HTTP/1.1\r\n", "!METHOD_LONG"));
}

static void heads_are_limited(void) {
    CHECK_LIMIT(LIMIT(head, 24), S(GET_A, GOT_A "done"));
    CHECK_LIMIT(LIMIT(head, 24),
                S("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n", "GET origin / 1.1|Host=a|!HEAD_LONG"));
    CHECK_LIMIT(LIMIT(head, 10), S(GET_A, "!FIRST_LINE_LONG"));
    CHECK_LIMIT(LIMIT(fields, 1), S(GET_A GET_A, GOT_A GOT_A "done"));
    CHECK_LIMIT(LIMIT(fields, 1),
                S("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n", "GET origin / 1.1|Host=a|!FIELD_COUNT"));
    CHECK_LIMIT(LIMIT(informational, 1), C("GET", "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 100 x\r\n\r\n",
                                           "100 x 1.1 info|[none keep]|.|!INFORMATIONAL_COUNT"));
}

#define CODED "Transfer-Encoding=chunked|[chunked keep]|"

static void bodies_are_limited(void) {
    CHECK_LIMIT(LIMIT(body, 2),
                P("Content-Length: 2\r\n", "hi", "Content-Length=2|[2 keep]|\"hi\"|.|done"));
    CHECK_LIMIT(LIMIT(body, 2), P("Content-Length: 3\r\n", "hi!", "Content-Length=3|!BODY_LONG"));
    CHECK_LIMIT(LIMIT(body, 2), K("1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", "\"hi\"|.|done"));
    CHECK_LIMIT(LIMIT(body, 2), K("1\r\nh\r\n2\r\ni!\r\n0\r\n\r\n", "\"h\"|!BODY_LONG"));
    CHECK_LIMIT(LIMIT(body, 2), R("", "hi", "[eof close]|\"hi\"|.|done"));
    CHECK_LIMIT(LIMIT(body, 2), R("", "hi!", "[eof close]|\"hi\"|!BODY_LONG"));
    CHECK_LIMIT(LIMIT(extensions, 4), K("1;abc\r\nh\r\n0\r\n\r\n", "\"h\"|.|done"));
    CHECK_LIMIT(LIMIT(extensions, 4), K("1;abcd\r\nh\r\n0\r\n\r\n", "!CHUNK_EXTENSION_LONG"));
    CHECK_LIMIT(LIMIT(extensions, 4),
                K("1;a\r\nh\r\n1;b\r\ni\r\n0;c\r\n\r\n", "\"hi\"|!CHUNK_EXTENSION_LONG"));
    CHECK_LIMIT(LIMIT(extensions, 4),
                K("1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "!CHUNK_EXTENSION_LONG"));
    CHECK_LIMIT(LIMIT(extensions, 4),
                K("111111111111111111111111111111111111111111", "!CHUNK_SIZE"));
    CHECK_LIMIT(LIMIT(trailers, 8), K("0\r\nX: yz\r\n\r\n", "+X=yz|.|done"));
    CHECK_LIMIT(LIMIT(trailers, 8), K("0\r\nX: y\r\nY: y\r\n\r\n", "+X=y|!TRAILERS_LONG"));
    CHECK_LIMIT(LIMIT(trailer_count, 1), K("0\r\nX: y\r\nY: y\r\n\r\n", "+X=y|!TRAILER_COUNT"));
    CHECK_LIMIT(LIMIT(line, 30),
                K("0\r\nXyz: aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\r\n", "!TRAILER_LONG Xyz"));
}

/* ---- refusals ---- */

/* The codes are the cases of the WIT, in their order; what a few of the refusals become. */
static void codes_are_those_of_the_wit(void) {
    Arena *arena = arena_new();
    Diags diags = {.arena = arena};
    const Source *source = file_read(arena, STR("wasi/wit/deps/http/types.wit"), &diags);
    CHECK(source != NULL);
    Str text = source ? source->text : (Str){0};
    size_t start = str_find_str(text, STR("variant error-code {"), 0);
    text = str_from_to(text, start,
                       str_find_str(text, STR("internal-error(option<string>)"), start) + 20);
    static const struct {
        const char *name;
        HttpErrorCode code;
    } some[] = {
        {"DNS-timeout", HTTP_DNS_TIMEOUT},
        {"connection-terminated", HTTP_CONNECTION_TERMINATED},
        {"HTTP-request-denied", HTTP_REQUEST_DENIED},
        {"HTTP-request-body-size", HTTP_REQUEST_BODY_SIZE},
        {"HTTP-request-trailer-size", HTTP_REQUEST_TRAILER_SIZE},
        {"HTTP-response-incomplete", HTTP_RESPONSE_INCOMPLETE},
        {"HTTP-response-transfer-coding", HTTP_RESPONSE_TRANSFER_CODING},
        {"HTTP-upgrade-failed", HTTP_UPGRADE_FAILED},
        {"HTTP-protocol-error", HTTP_PROTOCOL_ERROR},
        {"internal-error", HTTP_INTERNAL_ERROR},
    };
    size_t found = 0, index = 0;
    for (size_t at = str_find(text, '\n', 0); at != SIZE_MAX; at = str_find(text, '\n', at + 1)) {
        Str line = str_trim(str_from_to(text, at + 1, str_find(text, '\n', at + 1)));
        if (!line.len || str_starts(line, STR("//"))) continue;
        size_t end = 0;
        while (end < line.len && !strchr("(,", line.ptr[end])) end++;
        for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
            if (!str_is(str_from_to(line, 0, end), some[i].name)) continue;
            CHECK_EQ(some[i].code, index);
            found++;
        }
        index++;
    }
    CHECK_EQ(index, HTTP_INTERNAL_ERROR + 1);
    CHECK_EQ(found, sizeof some / sizeof *some);
    arena_free(arena);
}

static void refusals_have_codes(void) {
    CHECK_EQ(http1_refusal_status(HTTP1_REFUSED_FIRST_LINE_LONG), 414);
    CHECK_EQ(http1_refusal_status(HTTP1_REFUSED_BODY_LONG), 413);
    CHECK_EQ(http1_refusal_status(HTTP1_REFUSED_VERSION), 505);
    CHECK_EQ(http1_refusal_status(HTTP1_REFUSED_CODING), 501);
    CHECK_EQ(http1_refusal_status(HTTP1_REFUSED_FIELD_COUNT), 431);
    CHECK_EQ(http1_refusal_status(HTTP1_REFUSED_EXPECTATION), 417);
    CHECK_EQ(http1_refusal_code(HTTP1_REFUSED_BODY_LONG, true), HTTP_REQUEST_BODY_SIZE);
    CHECK_EQ(http1_refusal_code(HTTP1_REFUSED_BODY_LONG, false), HTTP_RESPONSE_BODY_SIZE);
    CHECK_EQ(http1_refusal_code(HTTP1_REFUSED_CODING, false), HTTP_RESPONSE_TRANSFER_CODING);
    CHECK_EQ(http1_refusal_code(HTTP1_REFUSED_INCOMPLETE_BODY, false), HTTP_RESPONSE_INCOMPLETE);
    for (int i = 0; i < HTTP1_REFUSAL_COUNT; i++) {
        CHECK(http1_refusal_text((Http1Refusal)i)[0]);
        unsigned status = http1_refusal_status((Http1Refusal)i);
        CHECK(status >= (i ? 400 : 200) && status < 600);
    }
}

/* ---- the writer ---- */

static Http1Out out;
static Http1Writer writer;

static void begin(void) {
    out.len = 0;
    writer = (Http1Writer){0};
}

static Http1Refusal request(const char *method, const char *target, uint64_t length,
                            const char *name, Str value) {
    Http1Field field = {str_from(name), value};
    Http1RequestHead head = {.method = str_from(method),
                             .target = str_from(target),
                             .host = STR("a"),
                             .length = length,
                             .fields = &field,
                             .field_count = name ? 1 : 0};
    return http1_write_request(&writer, &head, &out);
}

static Http1Refusal body(Str bytes) {
    Str before, after;
    Http1Refusal refusal = http1_write_body(&writer, bytes.len, &before, &after);
    if (refusal) return refusal;
    const Str parts[] = {before, bytes, after};
    for (size_t i = 0; i < 3; i++) {
        out.at = realloc(out.at, out.len + parts[i].len + 1);
        if (parts[i].len) memcpy(out.at + out.len, parts[i].ptr, parts[i].len);
        out.cap = out.len += parts[i].len;
    }
    return HTTP1_GOOD;
}

static Http1Refusal end(void) { return http1_write_end(&writer, NULL, 0, &out); }

#define CHECK_OUT(expected) CHECK_STR(((Str){out.at, out.len}), expected)

static void requests_are_written(void) {
    begin();
    CHECK_EQ(request("GET", "/x?y", 0, "X-a", STR(" b\t")), HTTP1_GOOD);
    CHECK_OUT("GET /x?y HTTP/1.1\r\nHost: a\r\nX-a: b\r\n\r\n");
    CHECK_EQ(body(STR("x")), HTTP1_REFUSED_OVERWRITTEN);
    CHECK_EQ(end(), HTTP1_GOOD);
    CHECK_EQ(end(), HTTP1_REFUSED_ORDER);
    begin();
    CHECK_EQ(request("POST", "/", 0, NULL, STR("")), HTTP1_GOOD);
    CHECK_OUT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    begin();
    CHECK_EQ(request("PUT", "/", 2, "content-LENGTH", STR("2")), HTTP1_GOOD);
    CHECK_EQ(body(STR("h")), HTTP1_GOOD);
    CHECK_EQ(body(STR("i!")), HTTP1_REFUSED_OVERWRITTEN);
    CHECK_EQ(end(), HTTP1_REFUSED_UNDERWRITTEN);
    CHECK_EQ(request("GET", "/", 0, NULL, STR("")), HTTP1_REFUSED_ORDER);
    CHECK_EQ(body(STR("i")), HTTP1_GOOD);
    CHECK_EQ(end(), HTTP1_GOOD);
    CHECK_OUT("PUT / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH: 2\r\n\r\nhi");
    begin();
    CHECK_EQ(request("PUT", "/", HTTP1_UNKNOWN_LENGTH, NULL, STR("")), HTTP1_GOOD);
    CHECK_EQ(body(STR("")), HTTP1_GOOD);
    CHECK_EQ(body(STR("0123456789")), HTTP1_GOOD);
    Http1Field bad = {STR("Content-Length"), STR("1")}, good = {STR("T"), STR("u")};
    CHECK_EQ(http1_write_end(&writer, &bad, 1, &out), HTTP1_REFUSED_TRAILER_NAME);
    CHECK_EQ(http1_write_end(&writer, &good, 1, &out), HTTP1_GOOD);
    CHECK_OUT("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
              "a\r\n0123456789\r\n0\r\nT: u\r\n\r\n");
}

static void requests_are_refused(void) {
    static const struct {
        const char *method, *target;
        uint64_t length;
        const char *name;
        Str value;
        Http1Refusal refusal;
    } bad[] = {
        {"G T", "/", 0, NULL, {0}, HTTP1_REFUSED_METHOD},
        {"", "/", 0, NULL, {0}, HTTP1_REFUSED_METHOD},
        {"GET\r\n", "/", 0, NULL, {0}, HTTP1_REFUSED_METHOD},
        {"GET", "", 0, NULL, {0}, HTTP1_REFUSED_TARGET},
        {"GET", "x", 0, NULL, {0}, HTTP1_REFUSED_TARGET},
        {"GET", "/ HTTP/1.1\r\nX: y", 0, NULL, {0}, HTTP1_REFUSED_TARGET},
        {"GET", "/a b", 0, NULL, {0}, HTTP1_REFUSED_TARGET},
        {"GET", "/#a", 0, NULL, {0}, HTTP1_REFUSED_TARGET},
        {"GET", "*", 0, NULL, {0}, HTTP1_REFUSED_TARGET},
        {"GET", "http://b/", 0, NULL, {0}, HTTP1_REFUSED_TARGET},
        {"GET", "http://ab/", 0, NULL, {0}, HTTP1_REFUSED_TARGET},
        {"CONNECT", "b", 0, NULL, {0}, HTTP1_REFUSED_TARGET},
        {"CONNECT", "a", 0, NULL, {0}, HTTP1_REFUSED_TARGET},
        {"GET", "/", 0, "", {0}, HTTP1_REFUSED_FIELD_NAME},
        {"GET", "/", 0, "X ", {0}, HTTP1_REFUSED_FIELD_NAME},
        {"GET", "/", 0, "X: y\r\nZ", {0}, HTTP1_REFUSED_FIELD_NAME},
        {"GET", "/", 0, "X", STR_INIT("y\r\nZ: 1"), HTTP1_REFUSED_FIELD_VALUE},
        {"GET", "/", 0, "X", STR_INIT("y\n"), HTTP1_REFUSED_FIELD_VALUE},
        {"GET", "/", 0, "X", STR_INIT("\r"), HTTP1_REFUSED_FIELD_VALUE},
        {"GET", "/", 0, "X", STR_INIT("a\0b"), HTTP1_REFUSED_FIELD_VALUE},
        {"GET", "/", 0, "X", STR_INIT("\x7f"), HTTP1_REFUSED_FIELD_VALUE},
        {"GET", "/", 0, "hOST", STR_INIT("b"), HTTP1_REFUSED_FORBIDDEN_FIELD},
        {"GET", "/", 0, "Connection", STR_INIT("close"), HTTP1_REFUSED_FORBIDDEN_FIELD},
        {"GET", "/", 0, "Transfer-Encoding", STR_INIT("chunked"), HTTP1_REFUSED_FORBIDDEN_FIELD},
        {"GET", "/", 0, "Upgrade", STR_INIT("x"), HTTP1_REFUSED_FORBIDDEN_FIELD},
        {"GET", "/", 0, "Expect", STR_INIT("x"), HTTP1_REFUSED_EXPECTATION},
        {"PUT", "/", 5, "Content-Length", STR_INIT("6"), HTTP1_REFUSED_LENGTH_DIFFERS},
        {"PUT", "/", 5, "Content-Length", STR_INIT("05"), HTTP1_REFUSED_LENGTH_DIFFERS},
        {"PUT", "/", 5, "Content-Length", STR_INIT(""), HTTP1_REFUSED_LENGTH_DIFFERS},
        {"PUT", "/", HTTP1_UNKNOWN_LENGTH, "Content-Length", STR_INIT("6"),
         HTTP1_REFUSED_LENGTH_DIFFERS},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        begin();
        CHECK_EQ(request(bad[i].method, bad[i].target, bad[i].length, bad[i].name, bad[i].value),
                 bad[i].refusal);
        CHECK_EQ(out.len, 0);
    }
}

static void heads_are_refused(void) {
    begin();
    const Http1Field twice[] = {{STR("Content-Length"), STR("1")},
                                {STR("Content-Length"), STR("1")}};
    Http1RequestHead head = {.method = STR("PUT"),
                             .target = STR("/"),
                             .host = STR("a"),
                             .length = 1,
                             .fields = twice,
                             .field_count = 2};
    CHECK_EQ(http1_write_request(&writer, &head, &out), HTTP1_REFUSED_LENGTHS);
    head.field_count = 1;
    head.method = STR("CONNECT");
    head.host = head.target = STR("a:1");
    CHECK_EQ(http1_write_request(&writer, &head, &out), HTTP1_REFUSED_CONNECT_BODY);
    head.host = STR("a\r\nX: y");
    CHECK_EQ(http1_write_request(&writer, &head, &out), HTTP1_REFUSED_HOST);
}

static Http1Refusal respond(Http1ResponseHead head) {
    return http1_write_response(&writer, &head, &out);
}

#define RESPOND(...) (begin(), respond((Http1ResponseHead){__VA_ARGS__}))

static void responses_are_written(void) {
    const uint64_t unknown = HTTP1_UNKNOWN_LENGTH;
    const Http1Field five = {STR("Content-Length"), STR("5")};
    CHECK_EQ(RESPOND(.status = 200, .length = 5), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    CHECK_EQ(RESPOND(.status = 299, .reason = STR("Fine"), .length = unknown), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 299 Fine\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK_EQ(RESPOND(.status = 200, .length = unknown, .to_1_0 = true), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    CHECK_EQ(body(STR("x")), HTTP1_GOOD);
    CHECK_EQ(end(), HTTP1_GOOD);
    CHECK_EQ(respond((Http1ResponseHead){.status = 200}), HTTP1_REFUSED_ORDER);
    CHECK_EQ(RESPOND(.status = 200, .length = 1, .to_1_0 = true), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n");
    CHECK_EQ(RESPOND(.status = 503, .length = 0, .close = true), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    CHECK_EQ(RESPOND(.status = 200, .length = 5, .to_head = true), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    CHECK_EQ(body(STR("x")), HTTP1_REFUSED_OVERWRITTEN);
    CHECK_EQ(end(), HTTP1_GOOD);
    CHECK_EQ(RESPOND(.status = 200, .length = unknown, .to_head = true), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK_EQ(end(), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    CHECK_EQ(RESPOND(.status = 204, .length = unknown), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK_EQ(RESPOND(.status = 304, .length = 5, .fields = &five, .field_count = 1), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
    CHECK_EQ(end(), HTTP1_GOOD);
    CHECK_EQ(RESPOND(.status = 304, .length = 0), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 304 Not Modified\r\n\r\n");
    CHECK_EQ(RESPOND(.status = 200, .length = unknown, .to_connect = true), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 200 OK\r\n\r\n");
}

static void responses_are_refused(void) {
    const Http1Field five = {STR("Content-Length"), STR("5")}, one = {STR("T"), STR("u")};
    CHECK_EQ(RESPOND(.status = 100), HTTP1_REFUSED_STATUS);
    CHECK_EQ(RESPOND(.status = 1000), HTTP1_REFUSED_STATUS);
    CHECK_EQ(RESPOND(.status = 200, .reason = STR("a\r\nb")), HTTP1_REFUSED_FIELD_VALUE);
    CHECK_EQ(RESPOND(.status = 204, .length = 5), HTTP1_REFUSED_LENGTH_DIFFERS);
    CHECK_EQ(RESPOND(.status = 204, .length = 5, .fields = &five, .field_count = 1),
             HTTP1_REFUSED_LENGTH_DIFFERS);
    CHECK_EQ(RESPOND(.status = 200, .length = 5), HTTP1_GOOD);
    CHECK_EQ(body(STR("hello")), HTTP1_GOOD);
    CHECK_EQ(http1_write_end(&writer, &one, 1, &out), HTTP1_REFUSED_TRAILERS_UNFRAMED);
    begin();
    CHECK_EQ(http1_write_informational(&writer, 101, NULL, 0, &out), HTTP1_REFUSED_STATUS);
    CHECK_EQ(http1_write_informational(&writer, 200, NULL, 0, &out), HTTP1_REFUSED_STATUS);
    CHECK_EQ(http1_write_informational(&writer, 103, &five, 1, &out), HTTP1_REFUSED_LENGTH_DIFFERS);
    CHECK_EQ(http1_write_informational(&writer, 103, &one, 1, &out), HTTP1_GOOD);
    CHECK_OUT("HTTP/1.1 103 Early Hints\r\nT: u\r\n\r\n");
    CHECK_EQ(body(STR("x")), HTTP1_REFUSED_ORDER);
    CHECK_EQ(respond((Http1ResponseHead){.status = 200}), HTTP1_GOOD);
    CHECK_EQ(http1_write_informational(&writer, 103, &one, 1, &out), HTTP1_REFUSED_ORDER);
}

/* ---- for other readers ---- */

/* A line: s or c, the methods, the input in hexadecimal; the refusal, after > where a message had begun;
 * the number of messages, and their bodies in hexadecimal. */
static void print_case(Arena *arena, const char *methods, Str input) {
    size_t len = input.len ? input.len : 1;
    Http1Reading got = http1_read(arena, NULL, methods, input, len, 1);
    printf("%c,%s,", methods ? 'c' : 's', methods ? methods : "");
    for (size_t i = 0; i < input.len; i++) printf("%02x", (unsigned char)input.ptr[i]);
    printf(",%s%s,%zu,", got.in_message ? ">" : "", http1_names[got.refusal], got.messages);
    for (size_t i = 0; i < got.bodies.len; i++) printf("%02x", (unsigned char)got.bodies.ptr[i]);
    putchar('\n');
}

static uint32_t chance(uint64_t *state, uint32_t below) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33) % below;
}

/* A case with some bytes changed, added or taken away: those that matter to HTTP, mostly. */
static Str mutant(Arena *arena, uint64_t *state, Str input) {
    static const char bytes[] = "\r\n\r\n \t:;,0159aAfZ/-+=\"\\#?%*@[]\0\x01\x7f\x80\xff";
    Buf text = {.arena = arena};
    buf_str(&text, input);
    for (uint32_t n = 1 + chance(state, 3); n > 0 && text.len; n--) {
        uint32_t at = chance(state, (uint32_t)text.len), what = chance(state, 3);
        uint8_t byte = (uint8_t)bytes[chance(state, sizeof bytes - 1)];
        if (what == 0) {
            text.ptr[at] = byte;
        } else if (what == 1) {
            memmove(text.ptr + at, text.ptr + at + 1, text.len - at - 1);
            text.len--;
        } else {
            buf_byte(&text, 0);
            memmove(text.ptr + at + 1, text.ptr + at, text.len - at - 1);
            text.ptr[at] = byte;
        }
    }
    return buf_text(&text);
}

static void print_cases(long mutants) {
    Arena *arena = arena_new();
    uint64_t state = 1;
    for (size_t i = 0; i < CASES; i++) print_case(arena, cases[i].methods, cases[i].input);
    for (long i = 0; i < mutants; i++) {
        Arena *own = arena_new();
        const Case *c = &cases[chance(&state, CASES)];
        print_case(own, c->methods, mutant(own, &state, c->input));
        arena_free(own);
    }
    arena_free(arena);
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "-cases") == 0) {
        print_cases(atol(argv[2]));
        return 0;
    }
    run_cases();
    RUN(lines_are_limited);
    RUN(heads_are_limited);
    RUN(bodies_are_limited);
    RUN(codes_are_those_of_the_wit);
    RUN(refusals_have_codes);
    RUN(requests_are_written);
    RUN(requests_are_refused);
    RUN(heads_are_refused);
    RUN(responses_are_written);
    RUN(responses_are_refused);
    free(out.at);
    return test_end("http1");
}
