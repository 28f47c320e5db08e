/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* JSON made, parsed into nodes and printed again: branches on characters, recursion, small copies. */
#include <stdint.h>
#include <string.h>

typedef struct Node {
    enum { NUMBER, STRING, LIST, OBJECT, WORD } kind;
    const char *text;
    uint32_t len;
    double number;
    struct Node *first, *next;
} Node;

static char input[1 << 18], output[1 << 18];
static Node nodes[1 << 16];
static uint32_t node_count, in_len, out_len;
static const char *at;

static void put(const char *s) {
    while (*s) input[in_len++] = *s++;
}
static void put_number(uint32_t n) {
    char digits[12];
    int i = 11;
    for (digits[i] = 0; n || i == 11; n /= 10) digits[--i] = (char)('0' + n % 10);
    put(digits + i);
}

static void make(void) {
    uint32_t random = 1;
    in_len = 0;
    put("[");
    for (uint32_t i = 0; in_len < 200000; i++) {
        random = random * 1664525 + 1013904223;
        put(i ? ",\n  {\"id\": " : "\n  {\"id\": ");
        put_number(i);
        put(", \"name\": \"item \\\"");
        put_number(random >> 20);
        put("\\\" of many\", \"price\": ");
        put_number(random >> 12 & 1023);
        put(".");
        put_number(random >> 4 & 63);
        put(", \"tags\": [\"a\", \"bc\", true, null], \"at\": {\"x\": -");
        put_number(random & 255);
        put(", \"y\": 1e3}}");
    }
    put("\n]");
    input[in_len] = 0;
}

static void blanks(void) {
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

static Node *parse(void);

static void parse_string(Node *n) {
    n->kind = STRING, n->text = ++at;
    while (*at != '"') at += *at == '\\' ? 2 : 1;
    n->len = (uint32_t)(at++ - n->text);
}

static void parse_number(Node *n) {
    double value = 0, scale = 1;
    int negative = *at == '-', exponent = 0;
    n->kind = NUMBER, n->text = at;
    at += negative;
    for (; *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0');
    if (*at == '.')
        for (at++; *at >= '0' && *at <= '9'; at++) value += (*at - '0') * (scale /= 10);
    if (*at == 'e')
        for (at++; *at >= '0' && *at <= '9'; at++) exponent = exponent * 10 + (*at - '0');
    while (exponent-- > 0) value *= 10;
    n->number = negative ? -value : value;
    n->len = (uint32_t)(at - n->text);
}

static void parse_list(Node *n, char end) {
    Node **last = &n->first;
    n->kind = end == ']' ? LIST : OBJECT;
    at++;
    blanks();
    while (*at != end) {
        *last = parse(), last = &(*last)->next;
        blanks();
        if (*at == ':' || *at == ',') at++;
        blanks();
    }
    at++;
}

static Node *parse(void) {
    Node *n = &nodes[node_count++];
    memset(n, 0, sizeof *n);
    blanks();
    switch (*at) {
    case '"': parse_string(n); break;
    case '[': parse_list(n, ']'); break;
    case '{': parse_list(n, '}'); break;
    case 't':
    case 'f':
    case 'n':
        n->kind = WORD, n->text = at;
        while (*at >= 'a' && *at <= 'z') at++;
        n->len = (uint32_t)(at - n->text);
        break;
    default: parse_number(n);
    }
    return n;
}

static void copy(const char *text, uint32_t len) {
    memcpy(output + out_len, text, len);
    out_len += len;
}

static double print(const Node *n) {
    double sum = n->kind == NUMBER ? n->number : 0;
    if (n->kind == STRING) copy("\"", 1), copy(n->text, n->len), copy("\"", 1);
    if (n->kind == NUMBER || n->kind == WORD) copy(n->text, n->len);
    if (n->kind != LIST && n->kind != OBJECT) return sum;
    copy(n->kind == LIST ? "[" : "{", 1);
    uint32_t i = 0;
    for (const Node *child = n->first; child; child = child->next, i++) {
        if (i) copy(n->kind == OBJECT && i % 2 ? ":" : ",", 1);
        sum += print(child);
    }
    copy(n->kind == LIST ? "]" : "}", 1);
    return sum;
}

int bench(void) {
    uint32_t sum = 0;
    make();
    for (int round = 0; round < 200; round++) {
        node_count = out_len = 0, at = input;
        double numbers = print(parse());
        sum = sum * 31 + out_len + node_count + (uint32_t)(int64_t)numbers;
        for (uint32_t i = 0; i < out_len; i++) sum = sum * 33 + (uint8_t)output[i];
    }
    return (int)sum;
}
