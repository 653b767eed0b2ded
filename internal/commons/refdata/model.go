package refdata

import (
	"encoding/json"
	"fmt"

	"ayni/internal/kernel/clock"
)

// Names of the kinds of record in the audit.
const (
	ListRecord = "ref_list"
	ItemRecord = "ref_item"
)

// List says what a reference list holds.
type List struct {
	Code     string `db:"list"`
	NameEN   string `db:"name_en"`
	NameFR   string `db:"name_fr"`
	NameES   string `db:"name_es"`
	TextEN   string `db:"text_en"`
	TextFR   string `db:"text_fr"`
	TextES   string `db:"text_es"`
	Version  int64  `db:"version"`
	Source   string `db:"source"`
	AsOf     string `db:"as_of"`
	Verified bool   `db:"verified"`
	Editable bool   `db:"editable"`
	Digest   string `db:"digest" audit:"-"`
}

// Name is the list's name in a language.
func (l List) Name(lang string) string { return pick(lang, l.NameEN, l.NameFR, l.NameES) }

// Text says in a language what the list is.
func (l List) Text(lang string) string { return pick(lang, l.TextEN, l.TextFR, l.TextES) }

// Item is one row of a list in one version.
type Item struct {
	ID        string   `db:"id" audit:"-"`
	List      string   `db:"list"`
	Code      string   `db:"code"`
	Version   int64    `db:"version"`
	Position  int64    `db:"position" audit:"-"`
	NameEN    string   `db:"name_en"`
	NameFR    string   `db:"name_fr"`
	NameES    string   `db:"name_es"`
	TextEN    string   `db:"text_en"`
	TextFR    string   `db:"text_fr"`
	TextES    string   `db:"text_es"`
	Parent    string   `db:"parent"`
	ValidFrom string   `db:"valid_from"` // empty, YYYY, YYYY-MM or YYYY-MM-DD
	ValidTo   string   `db:"valid_to"`
	Source    string   `db:"source"` // key of a Source
	Place     string   `db:"place"`  // where in the source
	AsOf      string   `db:"as_of"`
	Verified  bool     `db:"verified"`
	Attrs     Attrs    `db:"attrs"`
	Current   bool     `db:"current" audit:"-"`
	CreatedAt clock.Ms `db:"created_at" audit:"-"`
	CreatedBy string   `db:"created_by" audit:"-"`
}

// Name is the item's short name in a language.
func (i Item) Name(lang string) string { return pick(lang, i.NameEN, i.NameFR, i.NameES) }

// Text is the item's sentence in a language; empty where the list has none.
func (i Item) Text(lang string) string { return pick(lang, i.TextEN, i.TextFR, i.TextES) }

// Attr is a further column of the list; empty means missing.
func (i Item) Attr(name string) string { return i.Attrs[name] }

// In is a further column that the list has in three languages ("short" for
// short_en, short_fr and short_es).
func (i Item) In(name, lang string) string {
	return pick(lang, i.Attrs[name+"_en"], i.Attrs[name+"_fr"], i.Attrs[name+"_es"])
}

// Holds says whether the item holds on a day, as far as its dates say; parts
// of a date that are not given count as the whole span.
func (i Item) Holds(on clock.Day) bool {
	day := string(on)
	if i.ValidFrom != "" && day[:min(len(day), len(i.ValidFrom))] < i.ValidFrom {
		return false
	}
	return i.ValidTo == "" || day[:min(len(day), len(i.ValidTo))] <= i.ValidTo
}

// Source is where facts come from.
type Source struct {
	Key       string `db:"source"`
	Title     string `db:"title"`
	Publisher string `db:"publisher"`
	Date      string `db:"date"`
	Address   string `db:"address"`
	Licence   string `db:"licence"`
	Note      string `db:"note"`
}

// Attrs are the further columns of a list, as text.
type Attrs map[string]string

// pick chooses the text of a language; English where that one is missing.
func pick(lang, en, fr, es string) string {
	switch {
	case lang == "fr" && fr != "":
		return fr
	case lang == "es" && es != "":
		return es
	}
	return en
}

// Pick chooses among the texts a record has in three languages; English, or
// whatever language the record was written in, stands where another is missing.
func Pick(lang, first, fr, es string) string { return pick(lang, first, fr, es) }

// Scan reads the attributes from their JSON text.
func (a *Attrs) Scan(src any) error {
	*a = nil
	switch s := src.(type) {
	case string:
		return json.Unmarshal([]byte(s), a)
	case []byte:
		return json.Unmarshal(s, a)
	}
	return fmt.Errorf("can't read attributes from %T", src)
}
