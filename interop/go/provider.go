// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The library in Go: what the bindings of `wit-bindgen go` call. It goes into their folder
// export_interop_books_library.
package export_interop_books_library

import (
	witTypes "go.bytecodealliance.org/pkg/wit/types"
	"runtime"
	"slices"
	"strings"
	. "wit_component/interop_books_library"
)

type Shelf struct {
	pinner runtime.Pinner
	handle int32
	name   string
	room   int
	books  []Book
}

var made uint32

func MakeShelf(name string, room uint32) *Shelf {
	made++
	return &Shelf{name: strings.Clone(name), room: int(room)}
}

func (self *Shelf) OnDrop() {}

func (self *Shelf) Name() string {
	return self.name
}

func (self *Shelf) placeOf(title string) int {
	return slices.IndexFunc(self.books, func(book Book) bool { return book.Title == title })
}

// What an export is given is in memory that the next call may use again.
func keep(book Book) Book {
	book.Title = strings.Clone(book.Title)
	book.Authors = slices.Clone(book.Authors)
	for i, author := range book.Authors {
		book.Authors[i] = strings.Clone(author)
	}
	return book
}

func (self *Shelf) Put(item Book) witTypes.Result[uint32, Refusal] {
	switch {
	case item.Title == "":
		return witTypes.Err[uint32](MakeRefusalNameless())
	case self.placeOf(item.Title) >= 0:
		return witTypes.Err[uint32](MakeRefusalTwice(item.Title))
	case len(self.books) == self.room:
		return witTypes.Err[uint32](MakeRefusalFull(uint32(self.room)))
	}
	self.books = append(self.books, keep(item))
	return witTypes.Ok[uint32, Refusal](uint32(len(self.books)))
}

func isWished(book Book, wish Wish) bool {
	switch wish.Tag() {
	case Wish_WrittenBy:
		return slices.Contains(book.Authors, wish.WrittenBy())
	case Wish_About:
		return book.Topics&wish.About() == wish.About()
	case Wish_Between:
		years := wish.Between()
		return book.Year.IsSome() && years.F0 <= book.Year.Some() && book.Year.Some() <= years.F1
	}
	return true
}

func (self *Shelf) Find(what Wish) []Book {
	found := []Book{}
	for _, book := range self.books {
		if isWished(book, what) {
			found = append(found, book)
		}
	}
	return found
}

func (self *Shelf) Take(title string) witTypes.Option[Book] {
	at := self.placeOf(title)
	if at < 0 {
		return witTypes.None[Book]()
	}
	book := self.books[at]
	self.books = slices.Delete(self.books, at, at+1)
	return witTypes.Some(book)
}

// The bindings do not know the handles of what an export is given, so `Drop` is not for these.
func ShelfJoin(first *Shelf, second *Shelf) *Shelf {
	joined := MakeShelf(first.name+" & "+second.name, uint32(first.room+second.room))
	joined.books = slices.Concat(first.books, second.books)
	return joined
}

func Sum(shelves []*Shelf) Summary {
	sum := Summary{}
	for _, shelf := range shelves {
		for _, book := range shelf.books {
			sum.Books++
			sum.Weight += float64(book.Weight)
			sum.Titles = append(sum.Titles, witTypes.Tuple2[string, witTypes.Option[int16]]{book.Title, book.Year})
		}
	}
	return sum
}

func Shelves() uint32 {
	return made
}

func Initials(text string) []rune {
	initials := []rune{}
	for _, word := range strings.Split(text, " ") {
		for _, letter := range word {
			initials = append(initials, letter)
			break
		}
	}
	return initials
}

func Checksum(data []uint8) uint64 {
	sum := uint64(0)
	for _, b := range data {
		sum = sum*31 + uint64(b)
	}
	return sum
}
