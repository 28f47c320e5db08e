/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Quicksort of records by a comparison that is given as a function, and a heap. */
#include <stdint.h>

typedef struct {
    uint32_t key;
    int32_t weight;
    double value;
} Record;
typedef int (*Compare)(const Record *, const Record *);
enum { COUNT = 12000, ROUNDS = 110 };
static Record records[COUNT];

static int by_key(const Record *a, const Record *b) {
    return a->key < b->key ? -1 : a->key > b->key;
}
static int by_weight(const Record *a, const Record *b) {
    return a->weight - b->weight ? a->weight - b->weight : by_key(a, b);
}
static int by_value(const Record *a, const Record *b) {
    return a->value < b->value ? -1 : a->value > b->value;
}
static const Compare compares[] = {by_key, by_weight, by_value};

static void swap(Record *a, Record *b) {
    Record old = *a;
    *a = *b, *b = old;
}

static void quick(Record *low, Record *high, Compare compare) {
    while (high - low > 8) {
        Record pivot = low[(high - low) / 2], *i = low, *j = high - 1;
        while (i <= j) {
            while (compare(i, &pivot) < 0) i++;
            while (compare(&pivot, j) < 0) j--;
            if (i <= j) swap(i++, j--);
        }
        if (j + 1 - low < high - i) quick(low, j + 1, compare), low = i;
        else quick(i, high, compare), high = j + 1;
    }
    for (Record *r = low + 1; r < high; r++)
        for (Record *k = r; k > low && compare(k - 1, k) > 0; k--) swap(k - 1, k);
}

static void sink(uint32_t at, uint32_t n, Compare compare) {
    for (uint32_t child; (child = at * 2 + 1) < n; at = child) {
        if (child + 1 < n && compare(&records[child], &records[child + 1]) < 0) child++;
        if (compare(&records[at], &records[child]) >= 0) return;
        swap(&records[at], &records[child]);
    }
}

static void heap(uint32_t n, Compare compare) {
    for (uint32_t i = n / 2; i-- > 0;) sink(i, n, compare);
    while (n > 1) swap(&records[0], &records[--n]), sink(0, n, compare);
}

int bench(void) {
    uint32_t random = 11, sum = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < COUNT; i++) {
            random = random * 1664525 + 1013904223;
            records[i] =
                (Record){random, (int32_t)(random >> 13 & 255), (random >> 5 & 4095) * 0.25};
        }
        if (round % 4 == 3) heap(COUNT, compares[round % 3]);
        else quick(records, records + COUNT, compares[round % 3]);
        for (int i = 0; i < COUNT; i += 7)
            sum = sum * 31 + (uint32_t)records[i].weight + (uint32_t)(int32_t)records[i].value;
    }
    return (int)sum;
}
