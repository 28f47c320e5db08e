/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * What it costs to read a browser's request by wasi/http1.h: nanoseconds, the best of several runs.
 *
 *     http1 [REQUESTS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wasi/http1.h"

enum { RUNS = 7 };

static const char request[] =
    "GET /wiki/HTTP/1.1_persistent_connection?action=view&section=3 HTTP/1.1\r\n"
    "Host: www.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://www.example.com/wiki/\r\n"
    "DNT: 1\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark; consent=all\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "If-None-Match: \"33a64df551425fcc55e4d42a148795d9f25f89d4\"\r\n"
    "Priority: u=0, i\r\n"
    "\r\n";

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv) {
    long requests = argc > 1 ? atol(argv[1]) : 200000;
    Http1Parser *parser = http1_parser_new(HTTP1_SERVER, NULL);
    double best = 1e18;
    size_t fields = 0;
    for (int run = 0; run < RUNS; run++) {
        double start = now();
        for (long i = 0; i < requests; i++) {
            Str input = {request, sizeof request - 1};
            Http1Event event;
            fields = 0;
            while (http1_next(parser, &input, &event) != HTTP1_MORE)
                fields += event.kind == HTTP1_FIELD;
        }
        double each = (now() - start) / (double)requests;
        if (each < best) best = each;
    }
    printf("a request of %zu bytes and %zu fields %.0f\n", sizeof request - 1, fields, best);
    http1_parser_free(parser);
    return 0;
}
