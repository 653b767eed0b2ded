package refdata

import (
	"regexp"
	"strings"

	"ayni/internal/kernel/i18n"
)

// A place in a source is written in English as parts between commas: "Table
// 4, Kenya, column 2, lines 12 and 14". PlaceIn says it in another language.

// placeNumbers are the numbers that follow a word of a place, also the
// further ones of a list that the commas have cut.
var placeNumbers = regexp.MustCompile(`^\d[\d.–-]*( and \d[\d.–-]*)*$`)

// PlaceIn is a place in a source in a language, and whether all of it could
// be said in it; what could not stays as the source's record has it.
func (s *Service) PlaceIn(l *i18n.L, place string) (said string, whole bool) {
	if place == "" || l.Lang == "en" {
		return place, true
	}
	whole = true
	parts := strings.Split(place, ", ")
	for i, p := range parts {
		word, number, counted := strings.Cut(p, " ")
		switch {
		case placeNumbers.MatchString(p):
			parts[i] = placeAnd(l, p)
			continue
		case counted && placeNumbers.MatchString(number):
			if text := placeCounted(l, word, placeAnd(l, number)); text != "" {
				parts[i] = text
				continue
			}
		default:
			if text := s.placeNamed(l, p); text != "" {
				parts[i] = text
				continue
			}
		}
		whole = false
	}
	return strings.Join(parts, ", "), whole
}

// placeAnd says the "and" between numbers.
func placeAnd(l *i18n.L, numbers string) string {
	return strings.ReplaceAll(numbers, " and ", " "+l.T("refdata.place.and", "and")+" ")
}

// placeCounted is a numbered part of a source; empty for a word that is not
// one of them.
func placeCounted(l *i18n.L, word, n string) string {
	a := i18n.A{"n": n}
	switch word {
	case "line":
		return l.T("refdata.place.line", "line {n}", a)
	case "lines":
		return l.T("refdata.place.lines", "lines {n}", a)
	case "row":
		return l.T("refdata.place.row", "row {n}", a)
	case "rows":
		return l.T("refdata.place.rows", "rows {n}", a)
	case "column":
		return l.T("refdata.place.column", "column {n}", a)
	case "area":
		return l.T("refdata.place.area", "area {n}", a)
	case "title":
		return l.T("refdata.place.title", "title {n}", a)
	case "section":
		return l.T("refdata.place.section", "section {n}", a)
	case "page":
		return l.T("refdata.place.page", "page {n}", a)
	case "code":
		return l.T("refdata.place.code", "code {n}", a)
	case "Table":
		return l.T("refdata.place.table", "Table {n}", a)
	case "Sector":
		return l.T("refdata.place.sector", "Sector {n}", a)
	}
	return ""
}

// placeNamed is a part of a source that has a name; empty where it is not known.
func (s *Service) placeNamed(l *i18n.L, name string) string {
	switch name {
	case "Success stories":
		return l.T("refdata.place.stories", "Success stories")
	case "initiatives":
		return l.T("refdata.place.initiatives", "initiatives")
	}
	for _, c := range s.All("country") {
		if c.NameEN == name {
			return c.Name(l.Lang)
		}
	}
	return ""
}

// PlaceText is PlaceIn for a page that does not mark what stays in English.
func (s *Service) PlaceText(l *i18n.L, place string) string {
	said, _ := s.PlaceIn(l, place)
	return said
}

// placed is a place in a source as a page shows it.
type placed struct {
	Text string
	Lang string // en, where a part of it could not be said in the page's language
}

func (r *Room) place(l *i18n.L, place string) placed {
	said, whole := r.s.PlaceIn(l, place)
	if whole {
		return placed{Text: said}
	}
	return placed{Text: said, Lang: otherLang(l, "en")}
}

// langOr is the language that a place is marked with.
func langOr(l *i18n.L, p placed) string {
	if p.Lang != "" {
		return p.Lang
	}
	return l.Lang
}
