// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

// The program of expected.txt in Go. It goes into the folder export_wasi_cli_run of the bindings.
package export_wasi_cli_run

import (
	"fmt"
	witTypes "go.bytecodealliance.org/pkg/wit/types"
	"strings"
	. "wit_component/interop_books_library"
)

var none = witTypes.None[int16]()

func showYear(year witTypes.Option[int16]) string {
	if year.IsNone() {
		return "undated"
	}
	return fmt.Sprint(year.Some())
}

func show(book Book) string {
	authors := strings.Join(book.Authors, " & ")
	if authors == "" {
		authors = "nobody"
	}
	topics := []string{}
	for i, name := range []string{"travel", "history", "science", "poetry", "children"} {
		if book.Topics>>i&1 == 1 {
			topics = append(topics, name)
		}
	}
	if len(topics) == 0 {
		topics = []string{"none"}
	}
	binding := []string{"hard", "soft", "audio"}[book.Binding]
	return fmt.Sprintf("%s by %s, %s, %s, %s, %v g", book.Title, authors, showYear(book.Year),
		strings.Join(topics, "+"), binding, 1000*book.Weight)
}

func put(shelf *Shelf, book Book) {
	fmt.Printf("put %s: ", book.Title)
	result := shelf.Put(book)
	if result.IsOk() {
		fmt.Println("place", result.Ok())
		return
	}
	switch refusal := result.Err(); refusal.Tag() {
	case Refusal_Full:
		fmt.Println("full", refusal.Full())
	case Refusal_Twice:
		fmt.Println("twice", refusal.Twice())
	case Refusal_Nameless:
		fmt.Println("nameless")
	}
}

func find(heading string, shelf *Shelf, wish Wish) {
	fmt.Println(heading)
	for _, book := range shelf.Find(wish) {
		fmt.Println("-", show(book))
	}
}

func take(shelf *Shelf, title string) {
	if book := shelf.Take(title); book.IsSome() {
		fmt.Printf("take %s: %s\n", title, show(book.Some()))
	} else {
		fmt.Printf("take %s: none\n", title)
	}
}

func fill(a, b *Shelf) {
	candide := Book{"Candide", []string{"Voltaire"}, witTypes.Some[int16](1759), Topics_Travel | Topics_History, Binding_Soft, 0.25}
	put(a, candide)
	put(a, Book{"Elements", []string{"Euclid"}, witTypes.Some[int16](-300), Topics_Science, Binding_Hard, 1.5})
	put(a, candide)
	put(a, Book{"", nil, none, 0, Binding_Hard, 0})
	put(a, Book{"Good Omens", []string{"Neil Gaiman", "Terry Pratchett"}, witTypes.Some[int16](1990), 0, Binding_Audio, 0})
	put(a, Book{"Dune", nil, none, 0, Binding_Hard, 0})
	put(b, Book{"山月記", []string{"中島敦"}, witTypes.Some[int16](1942), Topics_Travel | Topics_Poetry, Binding_Soft, 0.125})
	put(b, Book{"🦊 Tales", nil, none, Topics_Poetry | Topics_Children, Binding_Hard, 0.5})
}

func showSum(shelves []*Shelf) {
	sum := Sum(shelves)
	titles := []string{}
	for _, title := range sum.Titles {
		titles = append(titles, title.F0+" "+showYear(title.F1))
	}
	fmt.Printf("sum: %d books, %v g: %s\n", sum.Books, 1000*sum.Weight, strings.Join(titles, "; "))
}

func putMany() {
	many := MakeShelf("many", 100)
	defer many.Drop()
	for i := int16(1); i <= 100; i++ {
		many.Put(Book{fmt.Sprintf("Volume %d", i), []string{"Anon"}, witTypes.Some(1900 + i), 0, Binding_Soft, 0.25}).Ok()
	}
	found := many.Find(MakeWishAnything())
	weight := float32(0)
	for _, book := range found {
		weight += book.Weight
	}
	fmt.Printf("many: %d books, %v g, last %s\n", len(found), 1000*weight, found[len(found)-1].Title)
}

func Run() witTypes.Result[witTypes.Unit, witTypes.Unit] {
	fmt.Println("shelves:", Shelves())
	a, b := MakeShelf("Zoë's", 3), MakeShelf("本棚", 2)
	fmt.Println("shelf:", a.Name())
	fmt.Println("shelf:", b.Name())
	fmt.Println("shelves:", Shelves())
	fill(a, b)
	find("anything", b, MakeWishAnything())
	find("written by Terry Pratchett", a, MakeWishWrittenBy("Terry Pratchett"))
	find("about poetry", b, MakeWishAbout(Topics_Poetry))
	find("about children and science", b, MakeWishAbout(Topics_Children|Topics_Science))
	find("between -400 and 1800", a, MakeWishBetween(witTypes.Tuple2[int16, int16]{-400, 1800}))
	showSum([]*Shelf{a, b, a})
	take(a, "Candide")
	take(a, "Candide")

	joined := ShelfJoin(a, b)
	fmt.Println("join:", joined.Name())
	fmt.Println("shelves:", Shelves())
	put(joined, Book{"Dune", nil, none, 0, Binding_Hard, 0})
	put(joined, Book{"Emma", nil, none, 0, Binding_Hard, 0})
	find("anything", joined, MakeWishAnything())
	joined.Drop()

	fmt.Println("initials:", string(Initials("ad infinitum Ærø 🦊 zoo")))
	data := make([]uint8, 70000)
	for i := range data {
		data[i] = uint8(i * 7)
	}
	fmt.Println("checksum:", Checksum(data))
	putMany()
	fmt.Println("shelves:", Shelves())
	return witTypes.Ok[witTypes.Unit, witTypes.Unit](witTypes.Unit{})
}
