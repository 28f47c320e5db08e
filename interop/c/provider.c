/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The library in C, by witc's own bindings in the native style. What an export is given lives until it
 * returns, so a shelf keeps a copy of each book: one block of memory with everything that hangs on it.
 */
#include "provider.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef books_library_book Book;

struct books_library_shelf_rep {
    char *name;
    uint32_t room, count;
    Book **books;
};
typedef books_library_shelf_rep Shelf;

static uint32_t made_shelves;

static void *checked(void *memory) {
    if (!memory) abort();
    return memory;
}

static char *copy_bytes(char **at, const void *from, size_t size) {
    char *to = *at;
    if (size) memcpy(to, from, size);
    *at += size;
    return to;
}

static Book *keep(const Book *book) {
    size_t size = sizeof *book + book->authors.len * sizeof(wit_string) + book->title.len;
    for (size_t i = 0; i < book->authors.len; i++) size += book->authors.ptr[i].len;
    char *at = checked(malloc(size));
    Book *kept = (Book *)copy_bytes(&at, book, sizeof *book);
    wit_string *authors =
        (wit_string *)copy_bytes(&at, book->authors.ptr, book->authors.len * sizeof *authors);
    for (size_t i = 0; i < book->authors.len; i++)
        authors[i].ptr = copy_bytes(&at, authors[i].ptr, authors[i].len);
    kept->authors.ptr = authors;
    kept->title.ptr = copy_bytes(&at, book->title.ptr, book->title.len);
    return kept;
}

books_library_shelf books_library_shelf_new(wit_string name, uint32_t room) {
    Shelf *shelf = checked(calloc(1, sizeof *shelf));
    shelf->name = checked(strndup(name.ptr, name.len));
    shelf->room = room;
    shelf->books = checked(calloc(room + 1, sizeof *shelf->books));
    made_shelves++;
    return books_library_shelf_from_rep(shelf);
}

void books_library_shelf_destroy(Shelf *shelf) {
    for (uint32_t i = 0; i < shelf->count; i++) free(shelf->books[i]);
    free(shelf->books);
    free(shelf->name);
    free(shelf);
}

wit_string books_library_shelf_name(Shelf *shelf) { return wit_string_from(shelf->name); }

static uint32_t place_of(const Shelf *shelf, wit_string title) {
    uint32_t i = 0;
    while (i < shelf->count && !wit_string_eq(shelf->books[i]->title, title)) i++;
    return i;
}

books_library_result_u32_refusal books_library_shelf_put(Shelf *shelf, const Book *item) {
    books_library_refusal refusal;
    if (!item->title.len) refusal = books_library_refusal_nameless();
    else if (place_of(shelf, item->title) < shelf->count)
        refusal = books_library_refusal_twice(item->title);
    else if (shelf->count == shelf->room) refusal = books_library_refusal_full(shelf->room);
    else {
        shelf->books[shelf->count++] = keep(item);
        return books_library_result_u32_refusal_ok(shelf->count);
    }
    return books_library_result_u32_refusal_err(refusal);
}

static bool is_wished(const Book *book, const books_library_wish *wish) {
    switch (wish->tag) {
    case BOOKS_LIBRARY_WISH_ANYTHING: return true;
    case BOOKS_LIBRARY_WISH_WRITTEN_BY:
        for (size_t i = 0; i < book->authors.len; i++)
            if (wit_string_eq(book->authors.ptr[i], wish->val.written_by)) return true;
        return false;
    case BOOKS_LIBRARY_WISH_ABOUT: return (book->topics & wish->val.about) == wish->val.about;
    case BOOKS_LIBRARY_WISH_BETWEEN:
        return book->year.is_some && wish->val.between.f0 <= book->year.val &&
               book->year.val <= wish->val.between.f1;
    }
    return false;
}

books_library_list_book books_library_shelf_find(Shelf *shelf, const books_library_wish *what) {
    Book *found = WIT_NEW(Book, shelf->count);
    size_t n = 0;
    for (uint32_t i = 0; i < shelf->count; i++)
        if (is_wished(shelf->books[i], what)) found[n++] = *shelf->books[i];
    return (books_library_list_book){found, n};
}

books_library_option_book books_library_shelf_take(Shelf *shelf, wit_string title) {
    uint32_t at = place_of(shelf, title);
    if (at == shelf->count) return books_library_option_book_none();
    Book *book = shelf->books[at];
    memmove(shelf->books + at, shelf->books + at + 1, (--shelf->count - at) * sizeof *shelf->books);
    Book taken = *book;
    taken.title = wit_string_copy(book->title);
    wit_string *authors = WIT_NEW(wit_string, book->authors.len);
    for (size_t i = 0; i < book->authors.len; i++)
        authors[i] = wit_string_copy(book->authors.ptr[i]);
    taken.authors.ptr = authors;
    free(book);
    return books_library_option_book_some(taken);
}

/* The handles go, their destructors take what is left in the shelves; the books have moved. */
books_library_shelf books_library_shelf_join(books_library_shelf first,
                                             books_library_shelf second) {
    Shelf *parts[] = {books_library_shelf_to_rep(first), books_library_shelf_to_rep(second)};
    size_t size = strlen(parts[0]->name) + strlen(parts[1]->name) + 4;
    char *name = checked(malloc(size));
    snprintf(name, size, "%s & %s", parts[0]->name, parts[1]->name);
    books_library_shelf made =
        books_library_shelf_new(wit_string_from(name), parts[0]->room + parts[1]->room);
    free(name);
    Shelf *to = books_library_shelf_to_rep(made);
    for (int i = 0; i < 2; i++) {
        memcpy(to->books + to->count, parts[i]->books, parts[i]->count * sizeof *to->books);
        to->count += parts[i]->count;
        parts[i]->count = 0;
    }
    books_library_shelf_drop(first);
    books_library_shelf_drop(second);
    return made;
}

books_library_summary books_library_sum(books_library_list_shelf_ref shelves) {
    books_library_summary sum = {0};
    for (size_t i = 0; i < shelves.len; i++) sum.books += shelves.ptr[i]->count;
    wit_tuple2_string_option_s16 *titles = WIT_NEW(wit_tuple2_string_option_s16, sum.books),
                                 *next = titles;
    for (size_t i = 0; i < shelves.len; i++)
        for (uint32_t k = 0; k < shelves.ptr[i]->count; k++) {
            const Book *book = shelves.ptr[i]->books[k];
            sum.weight += book->weight;
            *next++ = (wit_tuple2_string_option_s16){book->title, book->year};
        }
    sum.titles = (wit_list_tuple2_string_option_s16){titles, sum.books};
    return sum;
}

uint32_t books_library_shelves(void) { return made_shelves; }

static size_t bytes_of_char(unsigned char first) {
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

wit_list_char books_library_initials(wit_string text) {
    uint32_t *chars = WIT_NEW(uint32_t, text.len);
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (i && text.ptr[i - 1] != ' ') continue;
        size_t size = bytes_of_char((unsigned char)text.ptr[i]);
        uint32_t c = (unsigned char)text.ptr[i];
        if (size > 1) c &= 0x7fu >> size;
        for (size_t k = 1; k < size; k++) c = c << 6 | (text.ptr[i + k] & 0x3f);
        chars[n++] = c;
    }
    return (wit_list_char){chars, n};
}

uint64_t books_library_checksum(wit_list_u8 data) {
    uint64_t sum = 0;
    for (size_t i = 0; i < data.len; i++) sum = sum * 31 + data.ptr[i];
    return sum;
}
