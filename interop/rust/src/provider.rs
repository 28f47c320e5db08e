// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//! The library in Rust, by the crate wit-bindgen.

wit_bindgen::generate!({ path: "../wit", world: "provider" });

use exports::interop::books::library::{self, Book, Refusal, ShelfBorrow, Summary, Wish};
use std::cell::{Cell, RefCell};

thread_local! {
    static MADE: Cell<u32> = const { Cell::new(0) };
}

struct Library;

struct Shelf {
    name: String,
    room: u32,
    books: RefCell<Vec<Book>>,
}

fn is_wished(book: &Book, wish: &Wish) -> bool {
    match wish {
        Wish::Anything => true,
        Wish::WrittenBy(author) => book.authors.contains(author),
        Wish::About(topics) => book.topics.contains(*topics),
        Wish::Between((from, to)) => book.year.is_some_and(|year| (*from..=*to).contains(&year)),
    }
}

impl library::GuestShelf for Shelf {
    fn new(name: String, room: u32) -> Self {
        MADE.set(MADE.get() + 1);
        Shelf { name, room, books: RefCell::default() }
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn put(&self, item: Book) -> Result<u32, Refusal> {
        let mut books = self.books.borrow_mut();
        if item.title.is_empty() {
            return Err(Refusal::Nameless);
        }
        if books.iter().any(|book| book.title == item.title) {
            return Err(Refusal::Twice(item.title));
        }
        if books.len() == self.room as usize {
            return Err(Refusal::Full(self.room));
        }
        books.push(item);
        Ok(books.len() as u32)
    }

    fn find(&self, what: Wish) -> Vec<Book> {
        let books = self.books.borrow();
        books.iter().filter(|book| is_wished(book, &what)).cloned().collect()
    }

    fn take(&self, title: String) -> Option<Book> {
        let mut books = self.books.borrow_mut();
        let at = books.iter().position(|book| book.title == title)?;
        Some(books.remove(at))
    }

    fn join(first: library::Shelf, second: library::Shelf) -> library::Shelf {
        let (first, second): (Shelf, Shelf) = (first.into_inner(), second.into_inner());
        let shelf = Shelf::new(format!("{} & {}", first.name, second.name), first.room + second.room);
        shelf.books.borrow_mut().extend(first.books.into_inner().into_iter().chain(second.books.into_inner()));
        library::Shelf::new(shelf)
    }
}

impl library::Guest for Library {
    type Shelf = Shelf;

    fn sum(shelves: Vec<ShelfBorrow<'_>>) -> Summary {
        let mut sum = Summary { books: 0, weight: 0.0, titles: Vec::new() };
        for shelf in &shelves {
            for book in shelf.get::<Shelf>().books.borrow().iter() {
                sum.books += 1;
                sum.weight += f64::from(book.weight);
                sum.titles.push((book.title.clone(), book.year));
            }
        }
        sum
    }

    fn shelves() -> u32 {
        MADE.get()
    }

    fn initials(text: String) -> Vec<char> {
        text.split(' ').filter_map(|word| word.chars().next()).collect()
    }

    fn checksum(data: Vec<u8>) -> u64 {
        data.iter().fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)))
    }
}

export!(Library);
