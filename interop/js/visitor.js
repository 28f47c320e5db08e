// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The program of expected.txt in JavaScript, for componentize-js.
import { Shelf, sum, shelves, initials, checksum } from 'interop:books/library@1.0.0';

const dispose = Symbol.dispose ?? Symbol.for('dispose');
const topicNames = ['travel', 'history', 'science', 'poetry', 'children'];
const showYear = (year) => year ?? 'undated';

function show(book) {
    const authors = book.authors.join(' & ') || 'nobody';
    const topics = topicNames.filter((topic) => book.topics[topic]).join('+') || 'none';
    const grams = 1000 * book.weight;
    return `${book.title} by ${authors}, ${showYear(book.year)}, ${topics}, ${book.binding}, ${grams} g`;
}

// What is thrown for an `err` has the value in `payload`.
function refusal(error) {
    const { tag, val } = error.payload ?? error;
    return val === undefined ? tag : `${tag} ${val}`;
}

function book(title, authors, year, topics, binding, weight) {
    return { title, authors, year, topics: Object.fromEntries(topics.map((topic) => [topic, true])), binding, weight };
}

function put(shelf, item) {
    let outcome;
    try {
        outcome = `place ${shelf.put(item)}`;
    } catch (error) {
        outcome = refusal(error);
    }
    console.log(`put ${item.title}: ${outcome}`);
}

function find(heading, shelf, wish) {
    console.log(heading);
    for (const found of shelf.find(wish)) console.log(`- ${show(found)}`);
}

function take(shelf, title) {
    const taken = shelf.take(title);
    console.log(`take ${title}: ${taken === undefined ? 'none' : show(taken)}`);
}

function fill(a, b) {
    const candide = book('Candide', ['Voltaire'], 1759, ['travel', 'history'], 'soft', 0.25);
    put(a, candide);
    put(a, book('Elements', ['Euclid'], -300, ['science'], 'hard', 1.5));
    put(a, candide);
    put(a, book('', [], undefined, [], 'hard', 0));
    put(a, book('Good Omens', ['Neil Gaiman', 'Terry Pratchett'], 1990, [], 'audio', 0));
    put(a, book('Dune', [], undefined, [], 'hard', 0));
    put(b, book('山月記', ['中島敦'], 1942, ['travel', 'poetry'], 'soft', 0.125));
    put(b, book('🦊 Tales', [], undefined, ['poetry', 'children'], 'hard', 0.5));
}

function putMany() {
    const many = new Shelf('many', 100);
    for (let i = 1; i <= 100; i++) many.put(book(`Volume ${i}`, ['Anon'], 1900 + i, [], 'soft', 0.25));
    const found = many.find({ tag: 'anything' });
    const grams = 1000 * found.reduce((total, { weight }) => total + weight, 0);
    console.log(`many: ${found.length} books, ${grams} g, last ${found.at(-1).title}`);
    many[dispose]();
}

function main() {
    console.log(`shelves: ${shelves()}`);
    const a = new Shelf("Zoë's", 3), b = new Shelf('本棚', 2);
    console.log(`shelf: ${a.name()}`);
    console.log(`shelf: ${b.name()}`);
    console.log(`shelves: ${shelves()}`);
    fill(a, b);
    find('anything', b, { tag: 'anything' });
    find('written by Terry Pratchett', a, { tag: 'written-by', val: 'Terry Pratchett' });
    find('about poetry', b, { tag: 'about', val: { poetry: true } });
    find('about children and science', b, { tag: 'about', val: { children: true, science: true } });
    find('between -400 and 1800', a, { tag: 'between', val: [-400, 1800] });

    const all = sum([a, b, a]);
    const titles = all.titles.map(([title, year]) => `${title} ${showYear(year)}`);
    console.log(`sum: ${all.books} books, ${1000 * all.weight} g: ${titles.join('; ')}`);
    take(a, 'Candide');
    take(a, 'Candide');

    const joined = Shelf.join(a, b);
    console.log(`join: ${joined.name()}`);
    console.log(`shelves: ${shelves()}`);
    put(joined, book('Dune', [], undefined, [], 'hard', 0));
    put(joined, book('Emma', [], undefined, [], 'hard', 0));
    find('anything', joined, { tag: 'anything' });
    joined[dispose]();

    console.log(`initials: ${initials('ad infinitum Ærø 🦊 zoo').join('')}`);
    const data = Uint8Array.from({ length: 70000 }, (_, i) => i * 7);
    console.log(`checksum: ${checksum(data)}`);
    putMany();
    console.log(`shelves: ${shelves()}`);
}

export const run = { run: main };
