package refdata

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/tabular"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// countriesPage is the list of countries.
type countriesPage struct {
	ui.Base
	Head    ui.Head
	Tools   ui.Tools
	Chips   []ui.Chip
	Table   ui.TableView
	Stretch ui.Stretch
	Exports []ui.Link
	Blank   *ui.Blank
}

func (r *Room) countryFilter(c *web.Ctx) CountryFilter {
	f := CountryFilter{Lang: c.L.Lang, Text: clip(c.Query("q")), Down: c.Query("sort") == "-name"}
	if k := c.Query("region"); r.s.Has("region", k) {
		f.Region = k
	}
	if k := c.Query("set"); r.s.Has("country_set", k) {
		f.Set = k
	}
	return f
}

// clip bounds what is typed into a search.
func clip(s string) string {
	s = strings.TrimSpace(s)
	if runes := []rune(s); len(runes) > 200 {
		s = string(runes[:200])
	}
	return s
}

func (r *Room) countries(c *web.Ctx) error {
	l, f := c.L, r.countryFilter(c)
	rows := r.s.Countries(f, c.Today())
	all := len(r.s.All("country"))
	a := ui.Address{Path: "/countries", Query: c.R.URL.Query()}
	for name := range a.Query {
		if name != "q" && name != "region" && name != "set" && name != "sort" {
			a.Query.Del(name)
		}
	}
	p := countriesPage{Base: c.Base(l.T("refdata.countries", "Countries")), Exports: exports("/countries", a)}
	p.Head = ui.Head{Lead: l.T("refdata.countries.count", "{n} of {all}.", i18n.A{"n": len(rows), "all": all}),
		Sub: l.T("refdata.countries.lead", "Countries and areas of the standard M49, with the sets they belong to today. Names are those the United Nations uses; they take no position on status or borders.")}
	p.Tools = ui.Tools{Action: "/countries", Fields: []ui.Field{
		{Kind: ui.Search, Name: "q", Label: l.T("refdata.countries.text", "Name or code"), Value: f.Text, Width: "n8"},
		{Kind: ui.Select, Name: "region", Label: l.T("refdata.region", "Region"), Value: f.Region, Options: anyOf(l, optionsOf(r.s.Regions(), l.Lang))},
		{Kind: ui.Select, Name: "set", Label: l.T("refdata.set", "Set"), Value: f.Set, Options: anyOf(l, r.s.InOrder("country_set", l.Lang))},
	}}
	if f.Down {
		p.Tools.Hidden = map[string]string{"sort": "-name"}
	}
	for _, chip := range []struct{ name, value, text string }{
		{"q", f.Text, l.T("refdata.chip.text", "“{text}”", i18n.A{"text": f.Text})},
		{"region", f.Region, r.s.Name("region", f.Region, l.Lang)}, {"set", f.Set, r.s.Name("country_set", f.Set, l.Lang)},
	} {
		if chip.value != "" {
			p.Chips = append(p.Chips, ui.Chip{Text: chip.text, Href: a.Without(chip.name, "")})
		}
	}
	p.Tools.Count = len(p.Chips)
	if len(p.Chips) > 0 {
		p.Tools.Clear = "/countries"
	}
	if len(rows) == 0 {
		p.Blank = &ui.Blank{ID: "none", Title: l.T("refdata.nothing", "Nothing found"), Text: l.T("refdata.countries.nothing", "No country meets every part of this filter. Take one of its parts away."),
			Buttons: []ui.Button{{Text: l.T("refdata.clear", "Clear the filter"), Href: "/countries", Alt: true}}}
		return c.Page(countriesView(p))
	}
	p.Table = ui.TableView{Caption: p.Title, Quiet: true, Tight: true, Cols: []ui.Col{a.SortCol(l.T("refdata.name", "Name"), "name", false),
		{Title: l.T("refdata.code.iso3", "Code")}, {Title: l.T("refdata.region", "Region")}, {Title: l.T("refdata.sets.shown", "Sets today, and the latest income group")}}}
	if !f.Down {
		p.Table.Cols[0].Sort, p.Table.Cols[0].Href = "ascending", a.With("sort", "-name")
	}
	for _, row := range rows {
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []ui.Cell{
			{Text: row.Name(l.Lang), Href: countryPath(row.Code)}, {Text: row.Code}, {Text: r.smallestRegion(l, row.Item)}, {Body: setList(l, row.Sets)}}})
	}
	p.Stretch = ui.Stretch{From: 1, To: len(rows), Total: l.Num(int64(len(rows)))}
	return c.Page(countriesView(p))
}

func anyOf(l *i18n.L, options []ui.Option) []ui.Option {
	return append([]ui.Option{{Text: l.T("refdata.any", "Any")}}, options...)
}

// exports are the links to a list's files, with the filter and order in force.
func exports(path string, a ui.Address) []ui.Link {
	query := a.Query.Encode()
	if query != "" {
		query = "?" + query
	}
	return []ui.Link{{Text: "CSV", Href: path + ".csv" + query}, {Text: "JSON", Href: path + ".json" + query}}
}

// smallestRegion is the name of the smallest region that a country lies in.
func (r *Room) smallestRegion(l *i18n.L, c Item) string {
	for _, level := range []string{"intermediate", "subregion", "region"} {
		if code := c.Attr(level); code != "" {
			return r.s.Name("region", code, l.Lang)
		}
	}
	return ""
}

// setText is a membership in one line.
func setText(l *i18n.L, m Membership) string {
	text := m.Set.Name(l.Lang)
	if p := periodText(l, m.ValidFrom, m.ValidTo); p != "" {
		text += " (" + p + ")"
	}
	if !m.Verified {
		text += ", " + verifiedText(l, false)
	}
	return text
}

// setsText are memberships in one line.
func setsText(l *i18n.L, sets []Membership) string {
	parts := make([]string, len(sets))
	for i, m := range sets {
		parts[i] = setText(l, m)
	}
	return strings.Join(parts, " · ")
}

func setCodes(sets []Membership) string {
	codes := make([]string, len(sets))
	for i, m := range sets {
		codes[i] = m.Set.Code
	}
	return strings.Join(codes, " ")
}

func (r *Room) countriesCSV(c *web.Ctx) error {
	var b bytes.Buffer
	w := tabular.NewWriter(&b, "code", "iso2", "m49", "name_en", "name_fr", "name_es", "region", "subregion", "intermediate", "un_member", "sets_today", "source", "as_of", "verified")
	for _, row := range r.s.Countries(r.countryFilter(c), c.Today()) {
		w.Row(row.Code, row.Attr("iso2"), row.Attr("m49"), row.NameEN, row.NameFR, row.NameES, row.Attr("region"), row.Attr("subregion"), row.Attr("intermediate"),
			row.Attr("un_member"), setCodes(row.Sets), row.Source, row.AsOf, strconv.FormatBool(row.Verified))
	}
	return attachCSV(c, "countries.csv", w, &b)
}

func attachCSV(c *web.Ctx, name string, w *tabular.Writer, b *bytes.Buffer) error {
	err := w.End()
	if err != nil {
		return err
	}
	return c.Attach(name, "text/csv; charset=utf-8", b.Bytes())
}

func attachJSON(c *web.Ctx, name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.Attach(name, "application/json; charset=utf-8", b)
}

// exportedSet is a membership as the file of the countries holds it.
type exportedSet struct {
	Set      string `json:"set"`
	From     string `json:"from"`
	To       string `json:"to"`
	Source   string `json:"source"`
	Place    string `json:"place"`
	AsOf     string `json:"as_of"`
	Verified bool   `json:"verified"`
}

// exportedCountry is a country as the file of the countries holds it.
type exportedCountry struct {
	exportedItem
	Sets []exportedSet `json:"sets_today"`
}

func (r *Room) countriesJSON(c *web.Ctx) error {
	out := []exportedCountry{}
	for _, row := range r.s.Countries(r.countryFilter(c), c.Today()) {
		e := exportedCountry{exportedItem: exportItem(row.Item), Sets: []exportedSet{}}
		for _, m := range row.Sets {
			e.Sets = append(e.Sets, exportedSet{Set: m.Set.Code, From: m.ValidFrom, To: m.ValidTo, Source: m.Source, Place: m.Place, AsOf: m.AsOf, Verified: m.Verified})
		}
		out = append(out, e)
	}
	return attachJSON(c, "countries.json", out)
}

// exportedItem is a row of a list as files hold it.
type exportedItem struct {
	Code      string            `json:"code"`
	Version   int64             `json:"version"`
	NameEN    string            `json:"name_en"`
	NameFR    string            `json:"name_fr"`
	NameES    string            `json:"name_es"`
	TextEN    string            `json:"text_en"`
	TextFR    string            `json:"text_fr"`
	TextES    string            `json:"text_es"`
	Parent    string            `json:"parent"`
	ValidFrom string            `json:"valid_from"`
	ValidTo   string            `json:"valid_to"`
	Source    string            `json:"source"`
	Place     string            `json:"place"`
	AsOf      string            `json:"as_of"`
	Verified  bool              `json:"verified"`
	Attrs     map[string]string `json:"attributes"`
}

func exportItem(i Item) exportedItem {
	e := exportedItem{Code: i.Code, Version: i.Version, NameEN: i.NameEN, NameFR: i.NameFR, NameES: i.NameES, TextEN: i.TextEN, TextFR: i.TextFR, TextES: i.TextES,
		Parent: i.Parent, ValidFrom: i.ValidFrom, ValidTo: i.ValidTo, Source: i.Source, Place: i.Place, AsOf: i.AsOf, Verified: i.Verified, Attrs: i.Attrs}
	if e.Attrs == nil {
		e.Attrs = map[string]string{}
	}
	return e
}

// countryPage is a country.
type countryPage struct {
	ui.Base
	Item         Item
	Head         ui.Head
	Facts        []ui.Fact
	Names        []ui.Fact
	Today        ui.TableView // sets
	Past         ui.TableView
	Guide        *guideCountry // nil: the guide does not describe it
	Initiatives  ui.TableView
	Stories      []ui.Link
	Frameworks   ui.TableView
	Ratified     ui.TableView
	Asked        bool
	Partnerships []ui.CheckLine
}

// guideCountry is what the guide says of a country.
type guideCountry struct {
	Text   string
	Note   string
	Facts  []ui.Fact
	Cells  []guideCell
	Source sourceOf
}

// guideCell is one theme of a country.
type guideCell struct {
	ID     string
	Title  string
	State  string // filled, empty or absent
	Text   string
	Tags   string
	Doubt  string
	Source sourceOf
}

func (r *Room) country(c *web.Ctx) error {
	l := c.L
	item, ok := r.s.Get("country", c.Path("code"))
	if !ok {
		return errs.Missing()
	}
	name := item.Name(l.Lang)
	p := countryPage{Item: item, Base: c.Base(name, ui.Link{Text: l.T("refdata.countries", "Countries"), Href: "/countries"}, ui.Link{Text: name})}
	var regions []string
	for _, level := range []string{"region", "subregion", "intermediate"} {
		if code := item.Attr(level); code != "" {
			regions = append(regions, r.s.Name("region", code, l.Lang))
		}
	}
	p.Head = ui.Head{Sub: strings.Join(regions, ", ")}
	p.Facts = []ui.Fact{
		{Term: "ISO 3166-1", Text: item.Code + ", " + item.Attr("iso2")}, {Term: "M49", Text: item.Attr("m49")},
		{Term: l.T("refdata.unmember", "Member of the United Nations"), Text: yesNo(l, item.Attr("un_member") == "true")},
		{Term: l.T("refdata.source", "Source"), Body: sourceText(l, r.source(l, item.Source, item.Place))},
	}
	for _, n := range []struct{ term, lang, name string }{
		{l.T("lang.en", "English"), "en", item.NameEN}, {l.T("lang.fr", "French"), "fr", item.NameFR}, {l.T("lang.es", "Spanish"), "es", item.NameES},
	} {
		p.Names = append(p.Names, ui.Fact{Term: n.term, Text: n.name, Lang: otherLang(l, n.lang)})
	}
	r.countrySets(c, &p)
	r.countryGuide(l, &p)
	r.countryFrameworks(l, &p)
	if r.Partnerships != nil {
		var err error
		p.Asked = true
		p.Partnerships, err = r.Partnerships(c, item.Code)
		if err != nil {
			return err
		}
	}
	return c.Page(countryView(p))
}

func (r *Room) countrySets(c *web.Ctx, p *countryPage) {
	l := c.L
	cols := []ui.Col{{Title: l.T("refdata.set", "Set")}, {Title: l.T("refdata.when", "When")}, {Title: l.T("refdata.checked", "Checked")}, {Title: l.T("refdata.source", "Source")}}
	p.Today = ui.TableView{Caption: l.T("refdata.sets.today", "Sets today"), Quiet: true, Tight: true, Cols: cols}
	p.Past = ui.TableView{Caption: l.T("refdata.sets.past", "Before"), Tight: true, Cols: cols}
	income := ui.Fact{Term: l.T("refdata.income", "Income group"), Body: ui.Missing(l)}
	for _, m := range r.s.Memberships(c.Today())[p.Item.Code] {
		row := ui.Row{Cells: []ui.Cell{
			{Text: m.Set.Name(l.Lang), Small: m.Attr("note")}, {Text: memberText(l, m)}, {Text: verifiedText(l, m.Verified), Soft: !m.Verified}, r.sourceCell(l, m.Item)}}
		if note := m.Attr("note"); note != "" {
			row.Cells[0] = ui.Cell{Body: withNote(l, m.Set.Name(l.Lang), note)}
		}
		switch {
		case m.Latest:
			// An income group is of one year: it is said with it, whether or
			// not that year is over.
			income = ui.Fact{Term: income.Term, Text: m.Set.Name(l.Lang), Small: periodText(l, m.ValidFrom, m.ValidTo)}
			if m.Now {
				p.Today.Rows = append(p.Today.Rows, row)
			} else {
				p.Past.Rows = append(p.Past.Rows, row)
			}
		case m.Now:
			p.Today.Rows = append(p.Today.Rows, row)
		default:
			p.Past.Rows = append(p.Past.Rows, row)
		}
	}
	p.Facts = append([]ui.Fact{income}, p.Facts...)
}

func (r *Room) countryGuide(l *i18n.L, p *countryPage) {
	code := p.Item.Code
	g, described := r.s.Get("guide_country", code)
	if described {
		v := &guideCountry{Text: g.Text(l.Lang), Note: g.In("note", l.Lang), Source: r.source(l, g.Source, g.Place)}
		v.Facts = []ui.Fact{{Term: l.T("refdata.guide.name", "Name in the guide"), Text: g.Attr("guide_name"), Lang: otherLang(l, "en")},
			{Term: l.T("refdata.guide.group", "Group"), Text: groupName(l, g.Attr("group")), Small: groupBasis(l, g.Attr("group_basis"))}}
		if g.Attr("group") == "" {
			v.Facts[1] = ui.Fact{Term: v.Facts[1].Term, Body: ui.Missing(l), Small: groupBasis(l, "none")}
		}
		for _, cell := range r.s.Where("guide_cell", "country", code) {
			theme, _ := r.s.Get("focus_theme", cell.Attr("column"))
			v.Cells = append(v.Cells, guideCell{
				ID: themeAnchor(cell.Attr("column")), Title: cell.Attr("column") + " " + theme.Name(l.Lang), State: cell.Attr("state"),
				Text: cell.Text(l.Lang), Tags: r.themeTags(l, cell.Attr("themes")), Doubt: cell.In("doubt", l.Lang), Source: r.source(l, cell.Source, cell.Place)})
		}
		p.Guide = v
	}
	p.Initiatives = r.initiatives(l, r.s.Where("guide_initiative", "country", code))
	for _, s := range r.s.All("guide_story") {
		for _, country := range append(split(s.Attr("countries")), s.Attr("provider")) {
			if country == code {
				p.Stories = append(p.Stories, ui.Link{Text: s.Name(l.Lang), Href: storyPath(s.Code)})
				break
			}
		}
	}
}

// initiatives is the table of initiatives, by title as printed.
func (r *Room) initiatives(l *i18n.L, items []Item) ui.TableView {
	t := ui.TableView{Caption: l.T("refdata.initiatives.caption", "Titles as printed; kind, South-South and themes are an editor’s reading, not verified."), Cols: []ui.Col{
		{Title: l.T("refdata.initiative", "Initiative")}, {Title: l.T("refdata.kind", "Kind")}, {Title: l.T("refdata.southsouth", "South-South")},
		{Title: l.T("refdata.themes", "Themes")}, {Title: l.T("refdata.place", "Place")}}}
	for _, i := range items {
		title := ui.Cell{Text: i.NameEN, Lang: titleLang(l, i.Attr("title_language"))}
		if twin, ok := r.s.Get("guide_initiative", i.Attr("same_as")); ok {
			title = ui.Cell{Body: withTwin(l, i, twin)}
		}
		t.Rows = append(t.Rows, ui.Row{ID: i.Code, Cells: []ui.Cell{title,
			{Text: initiativeKind(l, i.Attr("kind"))}, {Text: southSouth(l, i.Attr("south_south"))}, orMissing(l, r.themeTags(l, i.Attr("themes"))), r.placeCell(l, i)}})
	}
	return t
}

func (r *Room) countryFrameworks(l *i18n.L, p *countryPage) {
	p.Frameworks = r.frameworkTable(l, r.s.Frameworks(p.Item))
	p.Ratified = r.ratificationTable(l, r.s.Where("ratification", "country", p.Item.Code), false)
}

func (r *Room) frameworkTable(l *i18n.L, items []Item) ui.TableView {
	t := ui.TableView{Caption: l.T("refdata.frameworks", "Frameworks"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("refdata.framework", "Framework")}, {Title: l.T("refdata.kind", "Kind")}, {Title: l.T("refdata.where", "Where")}, {Title: l.T("refdata.period.title", "Period")},
		{Title: l.T("refdata.priorities", "Priorities (SDG)")}, {Title: l.T("refdata.source", "Source")}}}
	for _, f := range items {
		where := r.s.Name("country", f.Attr("country"), l.Lang)
		if f.Attr("country") == "" {
			where = r.s.Name("region", f.Attr("region"), l.Lang)
		}
		t.Rows = append(t.Rows, ui.Row{ID: f.Code, Cells: []ui.Cell{
			{Text: f.Name(l.Lang), Small: f.Text(l.Lang)}, {Text: r.s.Name("framework_kind", f.Attr("kind"), l.Lang)}, orMissing(l, where),
			orMissing(l, periodText(l, f.Attr("period_from"), f.Attr("period_to"))), orMissing(l, strings.Join(split(f.Attr("priorities")), ", ")), r.sourceCell(l, f)}})
	}
	return t
}

func (r *Room) ratificationTable(l *i18n.L, items []Item, withCountry bool) ui.TableView {
	t := ui.TableView{Caption: l.T("refdata.ratifications", "Ratifications"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("refdata.instrument", "Instrument")}, {Title: l.T("refdata.status", "Status")}, {Title: l.T("refdata.date", "Date")}, {Title: l.T("refdata.source", "Source")}}}
	if withCountry {
		t.Cols = append([]ui.Col{{Title: l.T("refdata.country", "Country")}}, t.Cols...)
	}
	for _, i := range items {
		instrument, _ := r.s.Get("instrument", i.Attr("instrument"))
		cells := []ui.Cell{{Text: instrument.Name(l.Lang), Small: i.Text(l.Lang)}, {Text: ratificationStatus(l, i.Attr("status"))}, orMissing(l, partDateText(l, i.Attr("ratified_on"))), r.sourceCell(l, i)}
		if withCountry {
			cells = append([]ui.Cell{{Text: r.s.Name("country", i.Attr("country"), l.Lang), Href: countryPath(i.Attr("country"))}}, cells...)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}
