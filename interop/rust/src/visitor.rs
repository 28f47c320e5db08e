// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//! The program of expected.txt in Rust.

wit_bindgen::generate!({ path: "../wit", world: "visitor" });

use interop::books::library::{self, Binding, Book, Refusal, Shelf, Topics, Wish};

fn year(year: Option<i16>) -> String {
    year.map_or("undated".into(), |year| year.to_string())
}

fn show(book: &Book) -> String {
    let authors = if book.authors.is_empty() { "nobody".into() } else { book.authors.join(" & ") };
    let names = ["travel", "history", "science", "poetry", "children"];
    let topics: Vec<_> =
        (0..5).filter(|i| book.topics.bits() >> i & 1 == 1).map(|i| names[i]).collect();
    let topics = if topics.is_empty() { "none".into() } else { topics.join("+") };
    let binding = match book.binding {
        Binding::Hard => "hard",
        Binding::Soft => "soft",
        Binding::Audio => "audio",
    };
    let grams = 1000.0 * book.weight;
    format!("{} by {authors}, {}, {topics}, {binding}, {grams} g", book.title, year(book.year))
}

fn put(shelf: &Shelf, title: &str, authors: &[&str], year: Option<i16>, topics: Topics, binding: Binding, weight: f32) {
    let authors = authors.iter().map(|author| author.to_string()).collect();
    let book = Book { title: title.into(), authors, year, topics, binding, weight };
    let outcome = match shelf.put(&book) {
        Ok(place) => format!("place {place}"),
        Err(Refusal::Full(room)) => format!("full {room}"),
        Err(Refusal::Twice(title)) => format!("twice {title}"),
        Err(Refusal::Nameless) => "nameless".into(),
    };
    println!("put {title}: {outcome}");
}

fn find(heading: &str, shelf: &Shelf, wish: Wish) {
    println!("{heading}");
    for book in shelf.find(&wish) {
        println!("- {}", show(&book));
    }
}

fn take(shelf: &Shelf, title: &str) {
    println!("take {title}: {}", shelf.take(title).map_or("none".into(), |book| show(&book)));
}

fn put_many() {
    let many = Shelf::new("many", 100);
    for i in 1..=100 {
        let book = Book {
            title: format!("Volume {i}"),
            authors: vec!["Anon".into()],
            year: Some(1900 + i),
            topics: Topics::empty(),
            binding: Binding::Soft,
            weight: 0.25,
        };
        many.put(&book).unwrap();
    }
    let found = many.find(&Wish::Anything);
    let grams = 1000.0 * found.iter().map(|book| book.weight).sum::<f32>();
    println!("many: {} books, {grams} g, last {}", found.len(), found.last().unwrap().title);
}

fn main() {
    println!("shelves: {}", library::shelves());
    let (a, b) = (Shelf::new("Zoë's", 3), Shelf::new("本棚", 2));
    println!("shelf: {}\nshelf: {}", a.name(), b.name());
    println!("shelves: {}", library::shelves());
    put(&a, "Candide", &["Voltaire"], Some(1759), Topics::TRAVEL | Topics::HISTORY, Binding::Soft, 0.25);
    put(&a, "Elements", &["Euclid"], Some(-300), Topics::SCIENCE, Binding::Hard, 1.5);
    put(&a, "Candide", &["Voltaire"], Some(1759), Topics::TRAVEL | Topics::HISTORY, Binding::Soft, 0.25);
    put(&a, "", &[], None, Topics::empty(), Binding::Hard, 0.0);
    put(&a, "Good Omens", &["Neil Gaiman", "Terry Pratchett"], Some(1990), Topics::empty(), Binding::Audio, 0.0);
    put(&a, "Dune", &[], None, Topics::empty(), Binding::Hard, 0.0);
    put(&b, "山月記", &["中島敦"], Some(1942), Topics::TRAVEL | Topics::POETRY, Binding::Soft, 0.125);
    put(&b, "🦊 Tales", &[], None, Topics::POETRY | Topics::CHILDREN, Binding::Hard, 0.5);
    find("anything", &b, Wish::Anything);
    find("written by Terry Pratchett", &a, Wish::WrittenBy("Terry Pratchett".into()));
    find("about poetry", &b, Wish::About(Topics::POETRY));
    find("about children and science", &b, Wish::About(Topics::CHILDREN | Topics::SCIENCE));
    find("between -400 and 1800", &a, Wish::Between((-400, 1800)));

    let sum = library::sum(&[&a, &b, &a]);
    let titles: Vec<_> = sum.titles.iter().map(|(title, of)| format!("{title} {}", year(*of))).collect();
    println!("sum: {} books, {} g: {}", sum.books, 1000.0 * sum.weight, titles.join("; "));
    take(&a, "Candide");
    take(&a, "Candide");

    let joined = Shelf::join(a, b);
    println!("join: {}", joined.name());
    println!("shelves: {}", library::shelves());
    put(&joined, "Dune", &[], None, Topics::empty(), Binding::Hard, 0.0);
    put(&joined, "Emma", &[], None, Topics::empty(), Binding::Hard, 0.0);
    find("anything", &joined, Wish::Anything);
    drop(joined);

    println!("initials: {}", library::initials("ad infinitum Ærø 🦊 zoo").iter().collect::<String>());
    let data: Vec<u8> = (0..70000u32).map(|i| (i * 7) as u8).collect();
    println!("checksum: {}", library::checksum(&data));
    put_many();
    println!("shelves: {}", library::shelves());
}
