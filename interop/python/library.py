# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The library in Python, for componentize-py: an interface is a class, a resource another one."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports import library as bindings
from wit_world.exports.library import (
    Book,
    Refusal_Full,
    Refusal_Nameless,
    Refusal_Twice,
    Summary,
    Wish,
    Wish_About,
    Wish_Between,
    Wish_WrittenBy,
)

made = 0


def is_wished(book: Book, wish: Wish) -> bool:
    match wish:
        case Wish_WrittenBy(author):
            return author in book.authors
        case Wish_About(topics):
            return topics in book.topics
        case Wish_Between((first, last)):
            return book.year is not None and first <= book.year <= last
    return True


class Shelf(bindings.Shelf):
    def __init__(self, name: str, room: int):
        self.label = name
        self.room = room
        self.books: list[Book] = []
        global made
        made += 1

    def name(self) -> str:
        return self.label

    def put(self, item: Book) -> int:
        if not item.title:
            raise Err(Refusal_Nameless())
        if any(book.title == item.title for book in self.books):
            raise Err(Refusal_Twice(item.title))
        if len(self.books) == self.room:
            raise Err(Refusal_Full(self.room))
        self.books.append(item)
        return len(self.books)

    def find(self, what: Wish) -> list[Book]:
        return [book for book in self.books if is_wished(book, what)]

    def take(self, title: str) -> Book | None:
        for at, book in enumerate(self.books):
            if book.title == title:
                return self.books.pop(at)
        return None

    @classmethod
    def join(cls, first: "Shelf", second: "Shelf") -> "Shelf":
        joined = cls(f"{first.label} & {second.label}", first.room + second.room)
        joined.books = first.books + second.books
        return joined


class Library(exports.Library):
    def sum(self, shelves: list[Shelf]) -> Summary:
        books = [book for shelf in shelves for book in shelf.books]
        return Summary(len(books), sum(book.weight for book in books), [(book.title, book.year) for book in books])

    def shelves(self) -> int:
        return made

    def initials(self, text: str) -> list[str]:
        return [word[0] for word in text.split(" ")]

    def checksum(self, data: bytes) -> int:
        total = 0
        for byte in data:
            total = (total * 31 + byte) % 2**64
        return total
