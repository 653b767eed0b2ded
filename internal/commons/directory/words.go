package directory

import (
	"strings"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
)

// What the pages say of the directory's facts.

// ConstituentName is the name of a constituent; empty where it is missing.
func ConstituentName(l *i18n.L, c Constituent) string {
	switch c {
	case Government:
		return l.T("directory.constituent.government", "Government")
	case Employers:
		return l.T("directory.constituent.employers", "Employers")
	case Workers:
		return l.T("directory.constituent.workers", "Workers")
	case Others:
		return l.T("directory.constituent.other", "None of the three constituents")
	}
	return ""
}

func constituentOptions(l *i18n.L) []ui.Option {
	out := make([]ui.Option, len(Constituents))
	for i, c := range Constituents {
		out[i] = ui.Option{Value: string(c), Text: ConstituentName(l, c)}
	}
	return out
}

// spanText says from when to when something holds.
func spanText(l *i18n.L, from, to clock.Day) string {
	switch {
	case from != "" && to != "":
		return l.T("directory.span", "{from} to {to}", i18n.A{"from": from, "to": to})
	case from != "":
		return l.T("directory.span.since", "since {from}", i18n.A{"from": from})
	case to != "":
		return l.T("directory.span.until", "until {to}", i18n.A{"to": to})
	}
	return l.T("directory.span.none", "dates missing")
}

// orMissing is a cell with a text, or the word for what is not there.
func orMissing(l *i18n.L, text string) ui.Cell {
	if text == "" {
		return ui.Cell{Text: l.T("ui.missing", "missing"), Soft: true}
	}
	return ui.Cell{Text: text}
}

// total is a count as a list says it.
func total(l *i18n.L, n int, more bool) string {
	if more {
		return l.T("directory.count.more", "{n}+", i18n.A{"n": n})
	}
	return l.Num(int64(n))
}

// langName is the name of a language of the product.
func langName(l *i18n.L, lang string) string {
	switch lang {
	case "en":
		return l.T("lang.en", "English")
	case "fr":
		return l.T("lang.fr", "French")
	case "es":
		return l.T("lang.es", "Spanish")
	}
	return ""
}

func langOptions(l *i18n.L) []ui.Option {
	out := make([]ui.Option, len(i18n.Langs))
	for i, lang := range i18n.Langs {
		out[i] = ui.Option{Value: lang, Text: langName(l, lang)}
	}
	return out
}

// span is a cell with from when to when something holds; what is over is soft.
func span(l *i18n.L, from, to, today clock.Day) ui.Cell {
	return ui.Cell{Text: spanText(l, from, to), Soft: Over(to, today) || (from == "" && to == "")}
}

// roleCell is what a person is in an organisation.
func roleCell(l *i18n.L, r RoleShown) ui.Cell {
	cell := orMissing(l, r.Title)
	if r.Focal {
		cell.Small = l.T("directory.focal", "focal point")
	}
	return cell
}

// headLine is what an organisation is, in one line.
func headLine(l *i18n.L, kind, country string, example bool) string {
	var parts []string
	for _, s := range []string{kind, country} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if example {
		parts = append(parts, l.T("directory.example", "fictitious example"))
	}
	return strings.Join(parts, " · ")
}

// Facts of the pages.

func organisationFacts(p organisationPage) []ui.Fact {
	l := p.L
	fact := func(term, text string) ui.Fact {
		f := ui.Fact{Term: term, Text: text}
		if text == "" {
			f.Body = ui.Missing(l)
		}
		return f
	}
	facts := []ui.Fact{fact(l.T("directory.kind", "Kind"), p.Kind), fact(l.T("directory.constituent", "Constituent"), ConstituentName(l, p.Constituent)), fact(l.T("directory.country", "Country"), p.Country)}
	if p.Country != "" {
		facts[2].Href = "/countries/" + p.Profile.Organisation.Country
	}
	site := fact(l.T("directory.site", "Website"), p.Website)
	site.Href = p.Website
	return append(facts, site)
}

func nameFacts(p organisationPage) []ui.Fact {
	l := p.L
	facts := []ui.Fact{{Term: l.T("directory.name", "Name"), Text: p.Name}}
	add := func(term, text, lang string) {
		if text != "" {
			facts = append(facts, ui.Fact{Term: term, Text: text, Lang: otherLang(l, lang)})
		}
	}
	add(langName(l, "fr"), p.NameFR, "fr")
	add(langName(l, "es"), p.NameES, "es")
	add(l.T("directory.acronym", "Acronym"), p.Acronym, "")
	for i, a := range p.Aliases {
		term := ""
		if i == 0 {
			term = l.T("directory.aliases", "Also known as")
		}
		facts = append(facts, ui.Fact{Term: term, Text: a})
	}
	return facts
}

// otherLang is a language where it is not the page's.
func otherLang(l *i18n.L, lang string) string {
	if lang == l.Lang {
		return ""
	}
	return lang
}

func identifierFacts(p organisationPage) []ui.Fact {
	facts := make([]ui.Fact, len(p.Identifiers))
	for i, d := range p.Identifiers {
		facts[i] = ui.Fact{Term: d.Scheme, Text: d.Value}
	}
	return facts
}

func recordFacts(p organisationPage) []ui.Fact {
	l := p.L
	facts := []ui.Fact{p.Source}
	if p.Source.Text == "" {
		facts[0].Body = ui.Missing(l)
	}
	return append(facts, ui.Fact{Term: l.T("directory.changed", "Changed"), Text: l.DateTime(p.UpdatedAt)}, ui.Fact{Term: l.T("directory.version", "Version"), Text: l.Num(p.Version)})
}

func personFacts(p personPage) []ui.Fact {
	l := p.L
	mail := ui.Fact{Term: l.T("directory.mail", "E-mail"), Body: ui.Missing(l)}
	if p.Email != "" {
		mail.Body = mailTo(p.Email)
	}
	lang := ui.Fact{Term: l.T("directory.language", "Language"), Text: langName(l, p.Lang)}
	if p.Lang == "" {
		lang.Body = ui.Missing(l)
	}
	return []ui.Fact{mail, lang}
}

func personRecord(p personPage) []ui.Fact {
	l := p.L
	return []ui.Fact{{Term: l.T("directory.changed", "Changed"), Text: l.DateTime(p.UpdatedAt)}, {Term: l.T("directory.version", "Version"), Text: l.Num(p.Version)}}
}

// addLink leads to the form of a new entry, for whom may write.
func addLink(p organisationPage, to addTo, path string) []ui.Link {
	if !p.MayWrite {
		return nil
	}
	l := p.L
	text := map[addTo]string{
		toParts: l.T("directory.add.part", "Add a part"), toStandings: l.T("directory.standing.new", "Add a standing"),
		toMembers: l.T("directory.member.new", "Add a member"), toPersons: l.T("directory.add.person", "Add a person"),
	}[to]
	return []ui.Link{{Text: text, Href: path}}
}

// addTo is a section of an organisation's page to which something is added.
type addTo int

const (
	toParts addTo = iota
	toStandings
	toMembers
	toPersons
)

func addRole(p personPage) []ui.Link {
	if !p.MayWrite {
		return nil
	}
	return []ui.Link{{Text: p.L.T("directory.role.new", "Add a role"), Href: personPath(p.ID) + "/roles/new"}}
}

func removedCols(l *i18n.L) []ui.Col {
	return []ui.Col{{Title: l.T("directory.name", "Name")}, {Title: l.T("directory.removed.at", "Removed")}, {Title: l.T("directory.row.action", "Action")}}
}

func removedRows(p removedPage) []ui.Row {
	var rows []ui.Row
	for _, g := range p.Rows {
		rows = append(rows, ui.Row{Cells: []ui.Cell{
			{Text: g.Name, Href: p.Path(g.ID)}, {Text: p.L.DateTime(g.At)}, {Body: restoreButton(p.Base, p.Path(g.ID))}}})
	}
	return rows
}

// organisationDraft names the draft that a device keeps of the form: one for
// each record. Forms about persons leave no draft behind.
func organisationDraft(p organisationFormPage) string {
	if p.New {
		return "organisation-new"
	}
	return "organisation" + p.Action
}

func organisationSubmit(p organisationFormPage) string {
	if p.New {
		return p.L.T("directory.create", "Add organisation")
	}
	return p.L.T("directory.save", "Save")
}

func personSubmit(p personFormPage) string {
	if p.New {
		return p.L.T("directory.person.create", "Add person")
	}
	return p.L.T("directory.save", "Save")
}
