/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A hash table of words with open addressing: text is cut into words, each is hashed, looked up,
 * compared and counted. */
#include <string.h>

enum { TEXT = 1 << 16, SLOTS = 1 << 13, TIMES = 1300 };
static char text[TEXT];
static struct {
    const char *word;
    unsigned size, hash, count;
} table[SLOTS];

static unsigned count(const char *word, unsigned size) {
    unsigned hash = 2166136261u;
    for (unsigned i = 0; i < size; i++) hash = (hash ^ (unsigned char)word[i]) * 16777619;
    unsigned i = hash % SLOTS;
    while (table[i].word && (table[i].hash != hash || table[i].size != size ||
                             memcmp(table[i].word, word, size) != 0))
        i = (i + 1) % SLOTS;
    if (!table[i].word) table[i].word = word, table[i].size = size, table[i].hash = hash;
    return ++table[i].count;
}

int bench(void) {
    unsigned seed = 7, sum = 0;
    memset(table, 0, sizeof table);
    for (int i = 0; i < TEXT; i++) {
        seed = seed * 1664525 + 1013904223;
        text[i] = seed >> 29 == 0 ? ' ' : (char)('a' + (seed >> 26 & 3));
    }
    for (int t = 0; t < TIMES; t++)
        for (int i = 0; i < TEXT;) {
            int from = i;
            while (i < TEXT && text[i] != ' ') i++;
            if (i > from && i - from < 8) sum = sum * 17 + count(text + from, (unsigned)(i - from));
            while (i < TEXT && text[i] == ' ') i++;
        }
    return (int)sum;
}
