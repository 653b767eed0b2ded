package personal

import (
	"ayni/internal/kernel/i18n"
)

// Is says what a column is to a person.
type Is int

// What columns are.
const (
	ThePerson  Is = iota + 1 // the row is about the person whose id stands here
	TheAccount               // the row is about the account whose id stands here
	TheAddress               // the row is about who has this e-mail address
	Pointer                  // the row names a person or account that did something or is to do it
	Name                     // a value of the person by which it is recognised
	Value                    // another value of the person
	Secret                   // a value that is shown to nobody
	Words                    // free words, in which a person may be named
	Other                    // looks like a person's, and is not
)

// Fate is what erasing does with a value.
type Fate int

// What becomes of a value, and of a row in whose words the person is named.
const (
	Stays   Fate = iota
	Emptied      // the empty text
	Marked       // the words for an erased person
	Own          // a text that no other row has and that says nothing
	Zeroed       // the number 0
	Dated        // the instant of the erasure
	Dropped      // the whole row is deleted
)

// Column is a column of the map.
type Column struct {
	Name string
	Is   Is
	Fate Fate   // of a Name, Value, Secret or Words
	Why  string // of Other: what it is
}

// Table is a table of the map.
type Table struct {
	Name    string
	Label   i18n.Msg // what its rows are, for people
	Key     []string // the columns that name a row; nil: id
	Record  string   // the kind of its rows in the audit; empty: they have none
	Drop    bool     // its rows about a person are deleted
	Columns []Column
}

// Map is the map of an installation.
type Map []Table

// Subject is the person that is looked for.
type Subject struct {
	Person    string
	Accounts  []string
	Addresses []string // e-mail addresses, folded
}

// columns makes columns of one sort.
func columns(is Is, fate Fate, names []string) []Column {
	out := make([]Column, len(names))
	for i, n := range names {
		out[i] = Column{Name: n, Is: is, Fate: fate}
	}
	return out
}

// Person is the column of the person that a row is about.
func Person(name string) []Column { return columns(ThePerson, Stays, []string{name}) }

// Account is the column of the account that a row is about.
func Account(name string) []Column { return columns(TheAccount, Stays, []string{name}) }

// Address is the column of the e-mail address whose owner a row is about.
func Address(name string) []Column { return columns(TheAddress, Stays, []string{name}) }

// By are columns that name a person or account that did something or is to do it.
func By(names ...string) []Column { return columns(Pointer, Stays, names) }

// Named are columns with values by which a person is recognised.
func Named(fate Fate, names ...string) []Column { return columns(Name, fate, names) }

// Values are columns with other values of a person.
func Values(fate Fate, names ...string) []Column { return columns(Value, fate, names) }

// Secrets are columns that are shown to nobody.
func Secrets(fate Fate, names ...string) []Column { return columns(Secret, fate, names) }

// Text are columns with free words. An erasure leaves them, and lists those
// that name the person, for somebody to mend.
func Text(names ...string) []Column { return columns(Words, Stays, names) }

// Passing are columns with words of rows that nothing stands on: a row that
// names the person is deleted.
func Passing(names ...string) []Column { return columns(Words, Dropped, names) }

// Not are columns that look like a person's and are something else.
func Not(why string, names ...string) []Column {
	out := columns(Other, Stays, names)
	for i := range out {
		out[i].Why = why
	}
	return out
}

// key are the columns that name a row.
func (t Table) key() []string {
	if t.Key == nil {
		return []string{"id"}
	}
	return t.Key
}

// of are the columns of some sorts.
func (t Table) of(sorts ...Is) []Column {
	var out []Column
	for _, c := range t.Columns {
		for _, is := range sorts {
			if c.Is == is {
				out = append(out, c)
			}
		}
	}
	return out
}

// byLink stands before the id of a person who acted by a link, without an
// account (access.PersonActed).
const byLink = "person:"

// values are what a column would hold for a subject.
func (s Subject) values(is Is) []string {
	switch is {
	case ThePerson:
		return some(s.Person)
	case TheAccount:
		return some(s.Accounts...)
	case TheAddress:
		return some(s.Addresses...)
	case Pointer:
		out := append(some(s.Person), some(s.Accounts...)...)
		if s.Person != "" {
			out = append(out, byLink+s.Person)
		}
		return out
	case Name, Value, Secret, Words, Other:
	}
	return nil
}

// some leaves the empty texts out: an empty column names nobody.
func some(list ...string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Row is a row as it is exported: values by column.
type Row map[string]any

// Held are the rows of one table that belong to a person.
type Held struct {
	Table string   `json:"table"`
	Label i18n.Msg `json:"-"`
	Rows  []Row    `json:"rows"`
}

// Pointed says how many rows of a table name a person in a column.
type Pointed struct {
	Table  string   `json:"table"`
	Label  i18n.Msg `json:"-"`
	Column string   `json:"column"`
	Rows   int64    `json:"rows"`
}

// Occurrence is a row in whose words a person is named.
type Occurrence struct {
	Table  string   `json:"table"`
	Label  i18n.Msg `json:"-"`
	Record string   `json:"record"` // the row's key, its parts joined by "/"
	Column string   `json:"column"`
	Drops  bool     `json:"-"` // erasing deletes the row

	key []any
}

// Change says what erasing did to a table.
type Change struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
	Gone  bool   `json:"deleted"` // the rows were deleted, else values were taken out of them
}

// Record is a record of the audit whose personal values go.
type Record struct{ Kind, ID string }
