/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* The program of expected.txt in C: a `main` for WASI 0.1, with what it imports by witc's bindings. */
#include "visitor.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef books_library_book Book;
typedef books_library_shelf_ref Ref;

#define TEXT(string) (int) (string).len, (string).ptr

static void show_year(wit_option_s16 year) {
    if (year.is_some) printf("%" PRId16, year.val);
    else printf("undated");
}

static void show(const Book *book) {
    static const char *const topics[] = {"travel", "history", "science", "poetry", "children"};
    printf("%.*s by ", TEXT(book->title));
    for (size_t i = 0; i < book->authors.len; i++)
        printf("%s%.*s", i ? " & " : "", TEXT(book->authors.ptr[i]));
    printf(book->authors.len ? ", " : "nobody, ");
    show_year(book->year);
    const char *before = ", ";
    for (int i = 0; i < 5; i++) {
        if (!(book->topics >> i & 1)) continue;
        printf("%s%s", before, topics[i]);
        before = "+";
    }
    printf("%s, %s, %.0f g\n", book->topics ? "" : ", none",
           books_library_binding_name(book->binding), 1000.0 * book->weight);
}

static void put(Ref shelf, Book book) {
    books_library_result_u32_refusal result = books_library_shelf_put(shelf, &book);
    printf("put %.*s: ", TEXT(book.title));
    if (!result.is_err) {
        printf("place %" PRIu32 "\n", result.val.ok);
        return;
    }
    const books_library_refusal *refusal = &result.val.err;
    switch (refusal->tag) {
    case BOOKS_LIBRARY_REFUSAL_FULL: printf("full %" PRIu32 "\n", refusal->val.full); break;
    case BOOKS_LIBRARY_REFUSAL_TWICE: printf("twice %.*s\n", TEXT(refusal->val.twice)); break;
    case BOOKS_LIBRARY_REFUSAL_NAMELESS: printf("nameless\n"); break;
    }
}

static void find(const char *heading, Ref shelf, books_library_wish wish) {
    puts(heading);
    books_library_list_book found = books_library_shelf_find(shelf, &wish);
    for (size_t i = 0; i < found.len; i++) {
        printf("- ");
        show(found.ptr + i);
    }
}

static void take(Ref shelf, wit_string title) {
    books_library_option_book book = books_library_shelf_take(shelf, title);
    printf("take %.*s: ", TEXT(title));
    if (book.is_some) show(&book.val);
    else puts("none");
}

static void show_shelves(void) { printf("shelves: %" PRIu32 "\n", books_library_shelves()); }

#define AUTHORS(...) \
    (wit_list_string) WIT_LIST(wit_list_string, ((const wit_string[]) {__VA_ARGS__}))
#define TRAVEL BOOKS_LIBRARY_TOPICS_TRAVEL
#define HISTORY BOOKS_LIBRARY_TOPICS_HISTORY
#define SCIENCE BOOKS_LIBRARY_TOPICS_SCIENCE
#define POETRY BOOKS_LIBRARY_TOPICS_POETRY
#define CHILDREN BOOKS_LIBRARY_TOPICS_CHILDREN
#define HARD BOOKS_LIBRARY_BINDING_HARD
#define SOFT BOOKS_LIBRARY_BINDING_SOFT
#define AUDIO BOOKS_LIBRARY_BINDING_AUDIO

static void fill(Ref first, Ref second) {
    Book candide = {WIT_STR("Candide"),
                    AUTHORS(WIT_STR("Voltaire")),
                    wit_option_s16_some(1759),
                    TRAVEL | HISTORY,
                    SOFT,
                    0.25f};
    put(first, candide);
    put(first, (Book){WIT_STR("Elements"), AUTHORS(WIT_STR("Euclid")), wit_option_s16_some(-300),
                      SCIENCE, HARD, 1.5f});
    put(first, candide);
    put(first, (Book){.year = wit_option_s16_none()});
    put(first,
        (Book){WIT_STR("Good Omens"), AUTHORS(WIT_STR("Neil Gaiman"), WIT_STR("Terry Pratchett")),
               wit_option_s16_some(1990), 0, AUDIO, 0});
    put(first, (Book){.title = WIT_STR("Dune"), .year = wit_option_s16_none()});
    put(second, (Book){WIT_STR("山月記"), AUTHORS(WIT_STR("中島敦")), wit_option_s16_some(1942),
                       TRAVEL | POETRY, SOFT, 0.125f});
    put(second,
        (Book){WIT_STR("🦊 Tales"), {0}, wit_option_s16_none(), POETRY | CHILDREN, HARD, 0.5f});
}

static void show_sum(books_library_list_shelf_ref shelves) {
    books_library_summary sum = books_library_sum(shelves);
    printf("sum: %" PRIu32 " books, %.0f g:", sum.books, 1000 * sum.weight);
    for (size_t i = 0; i < sum.titles.len; i++) {
        printf("%s%.*s ", i ? "; " : " ", TEXT(sum.titles.ptr[i].f0));
        show_year(sum.titles.ptr[i].f1);
    }
    puts("");
}

static void put_many(void) {
    books_library_shelf shelf = books_library_shelf_new(WIT_STR("many"), 100);
    Ref many = books_library_shelf_borrow(shelf);
    for (int i = 1; i <= 100; i++) {
        char title[20];
        snprintf(title, sizeof title, "Volume %d", i);
        Book book = {wit_string_from(title),
                     AUTHORS(WIT_STR("Anon")),
                     wit_option_s16_some((int16_t)(1900 + i)),
                     0,
                     SOFT,
                     0.25f};
        if (books_library_shelf_put(many, &book).is_err) abort();
    }
    books_library_wish all = books_library_wish_anything();
    books_library_list_book found = books_library_shelf_find(many, &all);
    double weight = 0;
    for (size_t i = 0; i < found.len; i++) weight += found.ptr[i].weight;
    printf("many: %zu books, %.0f g, last %.*s\n", found.len, 1000 * weight,
           TEXT(found.ptr[found.len - 1].title));
    books_library_shelf_drop(shelf);
}

int main(void) {
    show_shelves();
    books_library_shelf first = books_library_shelf_new(WIT_STR("Zoë's"), 3);
    books_library_shelf second = books_library_shelf_new(WIT_STR("本棚"), 2);
    Ref a = books_library_shelf_borrow(first), b = books_library_shelf_borrow(second);
    printf("shelf: %.*s\n", TEXT(books_library_shelf_name(a)));
    printf("shelf: %.*s\n", TEXT(books_library_shelf_name(b)));
    show_shelves();
    fill(a, b);
    find("anything", b, books_library_wish_anything());
    find("written by Terry Pratchett", a,
         books_library_wish_written_by(WIT_STR("Terry Pratchett")));
    find("about poetry", b, books_library_wish_about(POETRY));
    find("about children and science", b, books_library_wish_about(CHILDREN | SCIENCE));
    find("between -400 and 1800", a, books_library_wish_between((wit_tuple2_s16_s16){-400, 1800}));
    show_sum((books_library_list_shelf_ref){(const Ref[]){a, b, a}, 3});
    take(a, WIT_STR("Candide"));
    take(a, WIT_STR("Candide"));

    books_library_shelf joined = books_library_shelf_join(first, second);
    a = books_library_shelf_borrow(joined);
    printf("join: %.*s\n", TEXT(books_library_shelf_name(a)));
    show_shelves();
    put(a, (Book){.title = WIT_STR("Dune"), .year = wit_option_s16_none()});
    put(a, (Book){.title = WIT_STR("Emma"), .year = wit_option_s16_none()});
    find("anything", a, books_library_wish_anything());
    books_library_shelf_drop(joined);

    wit_list_char initials = books_library_initials(WIT_STR("ad infinitum Ærø 🦊 zoo"));
    printf("initials: ");
    for (size_t i = 0; i < initials.len; i++) {
        uint32_t c = initials.ptr[i];
        if (c < 0x80) printf("%c", (int)c);
        else if (c < 0x800) printf("%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
        else
            printf("%c%c%c%c", 0xf0 | c >> 18, 0x80 | (c >> 12 & 0x3f), 0x80 | (c >> 6 & 0x3f),
                   0x80 | (c & 0x3f));
    }
    static uint8_t data[70000];
    for (int i = 0; i < 70000; i++) data[i] = (uint8_t)(i * 7);
    printf("\nchecksum: %" PRIu64 "\n",
           books_library_checksum((wit_list_u8)WIT_LIST(wit_list_u8, data)));
    put_many();
    show_shelves();
    return 0;
}
