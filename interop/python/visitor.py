# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The program of expected.txt in Python, for componentize-py."""

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import library
from wit_world.imports.library import (
    Binding,
    Book,
    Refusal_Full,
    Refusal_Twice,
    Shelf,
    Topics,
    Wish,
    Wish_About,
    Wish_Anything,
    Wish_Between,
    Wish_WrittenBy,
)


def show_year(year: int | None) -> str:
    return "undated" if year is None else str(year)


def show(book: Book) -> str:
    authors = " & ".join(book.authors) or "nobody"
    topics = "+".join(topic.name.lower() for topic in Topics if topic in book.topics) or "none"
    binding = book.binding.name.lower()
    return f"{book.title} by {authors}, {show_year(book.year)}, {topics}, {binding}, {1000 * book.weight:g} g"


def put(shelf: Shelf, book: Book) -> None:
    try:
        outcome = f"place {shelf.put(book)}"
    except Err as error:
        match error.value:
            case Refusal_Full(room):
                outcome = f"full {room}"
            case Refusal_Twice(title):
                outcome = f"twice {title}"
            case _:
                outcome = "nameless"
    print(f"put {book.title}: {outcome}")


def find(heading: str, shelf: Shelf, wish: Wish) -> None:
    print(heading)
    for book in shelf.find(wish):
        print(f"- {show(book)}")


def take(shelf: Shelf, title: str) -> None:
    book = shelf.take(title)
    print(f"take {title}: {'none' if book is None else show(book)}")


def fill(a: Shelf, b: Shelf) -> None:
    none = Topics(0)
    candide = Book("Candide", ["Voltaire"], 1759, Topics.TRAVEL | Topics.HISTORY, Binding.SOFT, 0.25)
    put(a, candide)
    put(a, Book("Elements", ["Euclid"], -300, Topics.SCIENCE, Binding.HARD, 1.5))
    put(a, candide)
    put(a, Book("", [], None, none, Binding.HARD, 0))
    put(a, Book("Good Omens", ["Neil Gaiman", "Terry Pratchett"], 1990, none, Binding.AUDIO, 0))
    put(a, Book("Dune", [], None, none, Binding.HARD, 0))
    put(b, Book("山月記", ["中島敦"], 1942, Topics.TRAVEL | Topics.POETRY, Binding.SOFT, 0.125))
    put(b, Book("🦊 Tales", [], None, Topics.POETRY | Topics.CHILDREN, Binding.HARD, 0.5))


def put_many() -> None:
    with Shelf("many", 100) as many:
        for i in range(1, 101):
            many.put(Book(f"Volume {i}", ["Anon"], 1900 + i, Topics(0), Binding.SOFT, 0.25))
        found = many.find(Wish_Anything())
        grams = 1000 * sum(book.weight for book in found)
        print(f"many: {len(found)} books, {grams:g} g, last {found[-1].title}")


class Run(exports.Run):
    def run(self) -> None:
        print(f"shelves: {library.shelves()}")
        a, b = Shelf("Zoë's", 3), Shelf("本棚", 2)
        print(f"shelf: {a.name()}")
        print(f"shelf: {b.name()}")
        print(f"shelves: {library.shelves()}")
        fill(a, b)
        find("anything", b, Wish_Anything())
        find("written by Terry Pratchett", a, Wish_WrittenBy("Terry Pratchett"))
        find("about poetry", b, Wish_About(Topics.POETRY))
        find("about children and science", b, Wish_About(Topics.CHILDREN | Topics.SCIENCE))
        find("between -400 and 1800", a, Wish_Between((-400, 1800)))

        total = library.sum([a, b, a])
        titles = "; ".join(f"{title} {show_year(year)}" for title, year in total.titles)
        print(f"sum: {total.books} books, {1000 * total.weight:g} g: {titles}")
        take(a, "Candide")
        take(a, "Candide")

        with Shelf.join(a, b) as joined:
            print(f"join: {joined.name()}")
            print(f"shelves: {library.shelves()}")
            put(joined, Book("Dune", [], None, Topics(0), Binding.HARD, 0))
            put(joined, Book("Emma", [], None, Topics(0), Binding.HARD, 0))
            find("anything", joined, Wish_Anything())

        print(f"initials: {''.join(library.initials('ad infinitum Ærø 🦊 zoo'))}")
        print(f"checksum: {library.checksum(bytes(i * 7 % 256 for i in range(70000)))}")
        put_many()
        print(f"shelves: {library.shelves()}")
