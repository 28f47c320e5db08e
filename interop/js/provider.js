// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The library in JavaScript, for componentize-js: an interface is an object, a resource a class.

let made = 0;

function isWished(book, wish) {
    switch (wish.tag) {
    case 'written-by': return book.authors.includes(wish.val);
    case 'about': return Object.keys(wish.val).every((topic) => !wish.val[topic] || book.topics[topic]);
    case 'between': return book.year !== undefined && wish.val[0] <= book.year && book.year <= wish.val[1];
    default: return true;
    }
}

class Shelf {
    #name;
    #room;
    books = [];

    constructor(name, room) {
        this.#name = name;
        this.#room = room;
        made++;
    }

    name() {
        return this.#name;
    }

    put(item) {
        if (item.title === '') throw { tag: 'nameless' };
        if (this.books.some((book) => book.title === item.title)) throw { tag: 'twice', val: item.title };
        if (this.books.length === this.#room) throw { tag: 'full', val: this.#room };
        return this.books.push(item);
    }

    find(what) {
        return this.books.filter((book) => isWished(book, what));
    }

    take(title) {
        const at = this.books.findIndex((book) => book.title === title);
        return at < 0 ? undefined : this.books.splice(at, 1)[0];
    }

    static join(first, second) {
        const joined = new Shelf(`${first.#name} & ${second.#name}`, first.#room + second.#room);
        joined.books = [...first.books, ...second.books];
        return joined;
    }
}

export const library = {
    Shelf,

    sum(shelves) {
        const books = shelves.flatMap((shelf) => shelf.books);
        return {
            books: books.length,
            weight: books.reduce((sum, book) => sum + book.weight, 0),
            titles: books.map((book) => [book.title, book.year]),
        };
    },

    shelves() {
        return made;
    },

    initials(text) {
        return text.split(' ').map((word) => [...word][0]);
    },

    checksum(data) {
        let sum = 0n;
        for (const byte of data) sum = BigInt.asUintN(64, sum * 31n + BigInt(byte));
        return sum;
    },
};
