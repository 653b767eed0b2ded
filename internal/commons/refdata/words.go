package refdata

import (
	"net/url"
	"strings"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

// Addresses of the room's pages.

func countryPath(code string) string { return "/countries/" + url.PathEscape(code) }

func storyPath(code string) string { return "/guide/stories/" + url.PathEscape(code) }

func listPath(list string) string { return "/reference/" + url.PathEscape(list) }

func rowPath(list, code string) string { return listPath(list) + "/rows/" + url.PathEscape(code) }

func sourcePath(key string) string { return "/sources#" + url.PathEscape(key) }

// themeAnchor is where a country's page speaks of a theme of the guide.
func themeAnchor(column string) string { return "theme-" + column }

// What the pages say of codes that no list names.

// otherLang is a language where it is not the page's.
func otherLang(l *i18n.L, lang string) string {
	if lang == l.Lang {
		return ""
	}
	return lang
}

func verifiedText(l *i18n.L, yes bool) string {
	if yes {
		return l.T("refdata.verified", "verified")
	}
	return l.T("refdata.unverified", "not verified")
}

func yesNo(l *i18n.L, yes bool) string {
	if yes {
		return l.T("refdata.yes", "yes")
	}
	return l.T("refdata.no", "no")
}

// partDay says a day, a month or a year.
func partDateText(l *i18n.L, s string) string { return l.Date(clock.Day(s)) }

// periodText says from when to when something holds; empty when nothing is known.
func periodText(l *i18n.L, from, to string) string {
	a := i18n.A{"from": clock.Day(from), "to": clock.Day(to)}
	switch {
	case from != "" && from == to:
		return partDateText(l, from)
	case from != "" && to != "":
		return l.T("refdata.period", "{from} to {to}", a)
	case from != "":
		return l.T("refdata.period.since", "since {from}", a)
	case to != "":
		return l.T("refdata.period.until", "until {to}", a)
	}
	return ""
}

// memberText says from when to when a country belongs to a set. Without a
// first day it is known that it belonged on the day the source was read.
func memberText(l *i18n.L, m Membership) string {
	if m.ValidFrom == "" && m.ValidTo == "" {
		return l.T("refdata.member.on", "as of {date}, first day not recorded", i18n.A{"date": clock.Day(m.AsOf)})
	}
	return periodText(l, m.ValidFrom, m.ValidTo)
}

func missingCell(l *i18n.L) ui.Cell {
	return ui.Cell{Text: l.T("ui.missing", "missing"), Soft: true}
}

func orMissing(l *i18n.L, text string) ui.Cell {
	if text == "" {
		return missingCell(l)
	}
	return ui.Cell{Text: text}
}

func initiativeKind(l *i18n.L, kind string) string {
	switch kind {
	case "project":
		return l.T("refdata.initiative.project", "project")
	case "programme":
		return l.T("refdata.initiative.programme", "programme")
	case "ratification":
		return l.T("refdata.initiative.ratification", "ratification")
	case "publication":
		return l.T("refdata.initiative.publication", "publication")
	case "event":
		return l.T("refdata.initiative.event", "event")
	}
	return ""
}

func southSouth(l *i18n.L, v string) string {
	switch v {
	case "yes":
		return l.T("refdata.southsouth.yes", "yes")
	case "no":
		return l.T("refdata.southsouth.no", "no")
	}
	return l.T("refdata.southsouth.unknown", "unknown")
}

// titleLang is the language of a title as printed: one that mixes languages
// says so.
func titleLang(l *i18n.L, lang string) string {
	if lang == "mixed" {
		return "mul"
	}
	return otherLang(l, lang)
}

func groupBasis(l *i18n.L, basis string) string {
	switch basis {
	case "stated":
		return l.T("refdata.basis.stated", "stated in the guide")
	case "derived":
		return l.T("refdata.basis.derived", "read from the region, not verified")
	}
	return l.T("refdata.basis.none", "the guide gives none")
}

func groupName(l *i18n.L, group string) string {
	switch group {
	case "AFRICA", "Africa":
		return l.T("refdata.group.africa", "Africa group")
	case "ASPAG":
		return l.T("refdata.group.aspag", "Asia and Pacific group (ASPAG)")
	case "GRULAC":
		return l.T("refdata.group.grulac", "Group of Latin American and Caribbean countries (GRULAC)")
	case "EU":
		return l.T("refdata.group.eu", "European Union")
	}
	return ""
}

func bodyName(l *i18n.L, body string) string {
	switch body {
	case "ILC":
		return l.T("refdata.body.ilc", "International Labour Conference")
	case "GB":
		return l.T("refdata.body.gb", "Governing Body")
	}
	return body
}

func sideName(l *i18n.L, side string) string {
	switch side {
	case "government":
		return l.T("refdata.side.government", "governments")
	case "employers":
		return l.T("refdata.side.employers", "employers")
	case "workers":
		return l.T("refdata.side.workers", "workers")
	case "office":
		return l.T("refdata.side.office", "the Office")
	}
	return ""
}

func ratificationStatus(l *i18n.L, status string) string {
	switch status {
	case "ratified":
		return l.T("refdata.ratified", "ratified")
	case "called-for":
		return l.T("refdata.calledfor", "ratification called for")
	}
	return status
}

func resultKind(l *i18n.L, kind string) string {
	switch kind {
	case "achieved":
		return l.T("refdata.result.achieved", "achieved")
	case "planned":
		return l.T("refdata.result.planned", "planned")
	}
	return kind
}

func instrumentGroup(l *i18n.L, group string) string {
	switch group {
	case "fundamental":
		return l.T("refdata.instrument.fundamental", "fundamental")
	case "governance":
		return l.T("refdata.instrument.governance", "governance")
	case "technical":
		return l.T("refdata.instrument.technical", "technical")
	case "declaration":
		return l.T("refdata.instrument.declaration", "declaration")
	}
	return group
}

// columnName is the name of a further column of a list, where the pages have
// a word for it; else the column itself.
func columnName(l *i18n.L, column string) string {
	switch column {
	case "country":
		return l.T("refdata.country", "Country")
	case "set":
		return l.T("refdata.set", "Set")
	case "kind":
		return l.T("refdata.kind", "Kind")
	case "region":
		return l.T("refdata.region", "Region")
	case "number":
		return l.T("refdata.number", "No.")
	case "instrument":
		return l.T("refdata.instrument", "Instrument")
	case "category":
		return l.T("refdata.category", "Category")
	case "adopted":
		return l.T("refdata.adopted", "Adopted")
	}
	return column
}

// notStated is what stands where the guide is silent.
func notStated(l *i18n.L) string {
	return l.T("refdata.notstated", "not stated in the guide")
}

// themeTags are the themes that an editor gave to something: numbers of the
// list of themes, which the page says are not verified.
func (r *Room) themeTags(l *i18n.L, codes string) string {
	var out []string
	for _, code := range split(codes) {
		theme, _ := r.s.Get("focus_theme", code)
		out = append(out, code+" "+theme.In("short", l.Lang))
	}
	return strings.Join(out, ", ")
}

// sourceOf is where something comes from: a source that is known by its key,
// or words.
type sourceOf struct {
	Text  string
	Href  string
	Lang  string // of the title, where it is not the page's
	Place placed // in the source
}

func (r *Room) source(l *i18n.L, key, place string) sourceOf {
	if src, ok := r.s.Source(key); ok {
		return sourceOf{Text: src.Title, Href: sourcePath(key), Lang: otherLang(l, "en"), Place: r.place(l, place)}
	}
	return sourceOf{Text: key, Place: r.place(l, place)}
}

// sourceCell is a source with the place in it.
func (r *Room) sourceCell(l *i18n.L, i Item) ui.Cell {
	return ui.Cell{Body: sourceText(l, r.source(l, i.Source, i.Place))}
}

// placeCell is the place in a source that the page names once.
func (r *Room) placeCell(l *i18n.L, i Item) ui.Cell {
	p := r.place(l, i.Place)
	return ui.Cell{Text: p.Text, Lang: p.Lang}
}

// variants says how many definitions a term has, where it has several.
func variants(l *i18n.L, n int) string {
	if n < 2 {
		return ""
	}
	return l.N("refdata.variants", n, "{n} variant", "{n} variants")
}

func sourceFacts(l *i18n.L, s Source) []ui.Fact {
	facts := []ui.Fact{{Term: l.T("refdata.publisher", "Publisher"), Text: s.Publisher}, {Term: l.T("refdata.date", "Date"), Text: partDateText(l, s.Date)},
		{Term: l.T("refdata.licence", "Licence"), Text: s.Licence, Lang: otherLang(l, "en")}, {Term: l.T("refdata.address", "Address"), Text: s.Address, Href: s.Address}, {Term: l.T("refdata.key", "Key"), Text: s.Key}}
	for i := range facts {
		if facts[i].Text == "" {
			facts[i] = ui.Fact{Term: facts[i].Term, Body: ui.Missing(l)}
		}
	}
	return facts
}
