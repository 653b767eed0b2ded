package refdata

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/tabular"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// guidePage is what the pages of the guide share.
type guidePage struct {
	ui.Base
	Head   ui.Head
	Views  []ui.NavItem
	Source Source // the guide itself
	Files  []ui.Link
}

// guide begins a page of the guide.
func (r *Room) guide(c *web.Ctx, title, here string, more ...ui.Link) guidePage {
	l := c.L
	p := guidePage{Views: guideViews(l, here)}
	p.Source, _ = r.s.Source("guide")
	crumbs := []ui.Link{{Text: l.T("refdata.guide", "Guide"), Href: "/guide"}}
	for i, k := range more {
		if i == len(more)-1 {
			k.Href = ""
		}
		crumbs = append(crumbs, k)
	}
	if len(crumbs) == 1 {
		crumbs = nil
	}
	p.Base = c.Base(title, crumbs...)
	return p
}

func guideViews(l *i18n.L, here string) []ui.NavItem {
	items := []ui.Link{
		{Text: l.T("refdata.guide.steps", "Eleven steps"), Href: "/guide"},
		{Text: l.T("refdata.guide.countries", "Countries and themes"), Href: "/guide/countries"},
		{Text: l.T("refdata.guide.groups", "Groups"), Href: "/guide/groups"},
		{Text: l.T("refdata.guide.stories", "Success stories"), Href: "/guide/stories"},
		{Text: l.T("refdata.guide.challenges", "Challenges"), Href: "/guide/challenges"},
		{Text: l.T("refdata.guide.roadmap", "Roadmap"), Href: "/guide/roadmap"},
		{Text: l.T("refdata.guide.statements", "Statements"), Href: "/guide/statements"},
		{Text: l.T("refdata.guide.definitions", "Definitions"), Href: "/guide/definitions"},
		{Text: l.T("refdata.guide.themes", "Themes"), Href: "/guide/themes"},
		{Text: l.T("refdata.guide.frameworks", "Frameworks"), Href: "/guide/frameworks"},
		{Text: l.T("refdata.guide.reading", "How it is read"), Href: "/guide/reading"},
	}
	out := make([]ui.NavItem, len(items))
	for i, k := range items {
		out[i] = ui.NavItem{Link: k}
		switch {
		case k.Href == here:
			out[i].Current = "page"
		case k.Href != "/guide" && strings.HasPrefix(here, k.Href+"/"):
			out[i].Current = "true"
		}
	}
	return out
}

// listFiles are the links to the files of a list of the guide.
func listFiles(list string) []ui.Link {
	return []ui.Link{{Text: "CSV", Href: "/guide/lists/" + list + ".csv"}, {Text: "JSON", Href: "/guide/lists/" + list + ".json"}}
}

// stepsPage is the eleven steps on one page.
type stepsPage struct {
	guidePage
	Steps []stepView
	Open  bool // what, why, how and done when are unfolded
}

type stepView struct {
	Code     string
	Number   string
	Name     string
	Text     string
	Place    placed
	Elements []elementView
}

type elementView struct {
	Code  string
	Name  string
	Text  string
	Facts []ui.Fact // what, why, how, done when
}

func (r *Room) steps(c *web.Ctx) error {
	l := c.L
	p := stepsPage{guidePage: r.guide(c, l.T("refdata.steps", "The eleven steps"), "/guide"), Open: c.Query("open") == "all"}
	p.Head = ui.Head{Sub: l.T("refdata.steps.lead", "From a need to a partnership that lasts: eleven steps with thirty-five elements. What and why follow the guide; how, and when an element is done, are the practice of this product.")}
	p.Files = append(listFiles("step"), ui.Link{Text: l.T("refdata.elements.csv", "elements as CSV"), Href: "/guide/lists/element.csv"})
	for _, s := range r.s.All("step") {
		v := stepView{Code: s.Code, Number: s.Attr("number"), Name: s.Name(l.Lang), Text: s.Text(l.Lang), Place: r.place(l, s.Place)}
		for _, e := range r.s.Where("element", "step", s.Code) {
			v.Elements = append(v.Elements, elementView{Code: e.Code, Name: e.Name(l.Lang), Text: e.Text(l.Lang), Facts: []ui.Fact{
				{Term: l.T("refdata.element.what", "What it is"), Text: e.In("what", l.Lang)}, {Term: l.T("refdata.element.why", "Why"), Text: e.In("why", l.Lang)},
				{Term: l.T("refdata.element.how", "How"), Text: e.In("how", l.Lang)}, {Term: l.T("refdata.element.done", "Done when"), Text: e.In("done", l.Lang)}}})
		}
		p.Steps = append(p.Steps, v)
	}
	return c.Page(stepsView(p))
}

// matrixPage is countries by themes.
type matrixPage struct {
	guidePage
	Caption ui.Caption
	Matrix  ui.MatrixView
	Themes  []ui.Fact
}

func (r *Room) matrix(c *web.Ctx) error {
	l := c.L
	p := matrixPage{guidePage: r.guide(c, l.T("refdata.matrix", "Countries and themes"), "/guide/countries", ui.Link{Text: l.T("refdata.matrix", "Countries and themes")})}
	themes := r.s.All("focus_theme")
	m := ui.MatrixView{Label: "matrix", Corner: l.T("refdata.country", "Country"), FootRow: l.T("refdata.matrix.described.of", "Described, of {n}", i18n.A{"n": len(r.s.All("guide_country"))}),
		Caption: l.T("refdata.matrix.caption", "Square: the guide describes a focus. Dotted: it states none, which is missing, not zero.")}
	for _, t := range themes {
		m.Cols = append(m.Cols, ui.MatrixCol{No: t.Attr("number"), Name: t.In("short", l.Lang)})
		p.Themes = append(p.Themes, ui.Fact{Term: t.Attr("number") + " " + t.Name(l.Lang), Text: t.Text(l.Lang)})
	}
	m.Cols = append(m.Cols, ui.MatrixCol{No: l.T("refdata.initiatives", "Initiatives")})
	filled := map[string]int{}
	states := map[string]int{}
	all := 0
	countries := r.s.ByName("guide_country", l.Lang)
	for _, country := range countries {
		row := ui.MatrixRow{Name: country.Name(l.Lang), Href: countryPath(country.Code) + "#guide"}
		cells := map[string]Item{}
		for _, cell := range r.s.Where("guide_cell", "country", country.Code) {
			cells[cell.Attr("column")] = cell
		}
		for _, t := range themes {
			cell := cells[t.Code]
			states[cell.Attr("state")]++
			row.Cells = append(row.Cells, matrixCell(l, country, t, cell))
			if cell.Attr("state") == "filled" {
				filled[t.Code]++
			}
		}
		n := len(r.s.Where("guide_initiative", "country", country.Code))
		all += n
		row.Cells = append(row.Cells, ui.MatrixCell{Text: l.Num(int64(n)), Href: countryPath(country.Code) + "#initiatives"})
		m.Rows = append(m.Rows, row)
	}
	for _, t := range themes {
		m.Foot = append(m.Foot, ui.MatrixCell{Text: l.Num(int64(filled[t.Code]))})
	}
	m.Foot = append(m.Foot, ui.MatrixCell{Text: l.Num(int64(all))})
	p.Matrix = m
	p.Head = ui.Head{Lead: l.N("refdata.matrix.filled", states["filled"], "{n} cell described.", "{n} cells described."),
		Sub: l.T("refdata.matrix.lead", "{empty} columns are empty in a country’s row, {absent} are not in it at all. The guide’s columns are kept; an editor’s tags and doubts stand on the country’s page.", i18n.A{"empty": states["empty"], "absent": states["absent"]})}
	p.Caption = ui.Caption{ID: "matrix", Title: l.T("refdata.matrix.title", "{countries} countries, {themes} themes", i18n.A{"countries": len(countries), "themes": len(themes)}),
		Links: []ui.Link{{Text: "CSV", Href: "/guide/countries.csv"}, {Text: "JSON", Href: "/guide/countries.json"}}}
	return c.Page(matrixView(p))
}

func matrixCell(l *i18n.L, country, theme, cell Item) ui.MatrixCell {
	a := i18n.A{"country": country.Name(l.Lang), "theme": theme.In("short", l.Lang)}
	switch cell.Attr("state") {
	case "filled":
		return ui.MatrixCell{Href: countryPath(country.Code) + "#" + themeAnchor(theme.Code), Symbol: "m-pres", Says: l.T("refdata.matrix.says", "described: {country}, {theme}", a)}
	case "absent":
		return ui.MatrixCell{Symbol: "m-miss", Text: l.T("refdata.matrix.absent", "not in the row"), Soft: true, Says: l.T("refdata.matrix.absent.says", ": the guide’s row has no such column")}
	}
	return ui.MatrixCell{Symbol: "m-miss", Text: l.T("refdata.matrix.empty", "not stated"), Soft: true}
}

func (r *Room) matrixCSV(c *web.Ctx) error {
	var b bytes.Buffer
	w := tabular.NewWriter(&b, "country", "country_name", "column", "state", "text", "themes_editor", "themes_verified", "doubt", "source", "place", "as_of")
	for _, i := range r.s.All("guide_cell") {
		w.Row(i.Attr("country"), r.s.Name("country", i.Attr("country"), c.L.Lang), i.Attr("column"), i.Attr("state"), i.Text(c.L.Lang), i.Attr("themes"), i.Attr("tags_verified"), i.In("doubt", c.L.Lang), i.Source, i.Place, i.AsOf)
	}
	return attachCSV(c, "guide-countries.csv", w, &b)
}

// exportedCell is a cell of the matrix as its file holds it.
type exportedCell struct {
	Country  string   `json:"country"`
	Name     string   `json:"country_name"`
	Column   string   `json:"column"`
	State    string   `json:"state"`
	Text     string   `json:"text"`
	Themes   []string `json:"themes_editor"`
	Verified bool     `json:"themes_verified"`
	Doubt    string   `json:"doubt"`
	Source   string   `json:"source"`
	Place    string   `json:"place"`
	AsOf     string   `json:"as_of"`
}

func (r *Room) matrixJSON(c *web.Ctx) error {
	out := []exportedCell{}
	for _, i := range r.s.All("guide_cell") {
		out = append(out, exportedCell{Country: i.Attr("country"), Name: r.s.Name("country", i.Attr("country"), c.L.Lang), Column: i.Attr("column"), State: i.Attr("state"), Text: i.Text(c.L.Lang),
			Themes: append([]string{}, split(i.Attr("themes"))...), Verified: i.Attr("tags_verified") == "true", Doubt: i.In("doubt", c.L.Lang), Source: i.Source, Place: i.Place, AsOf: i.AsOf})
	}
	return attachJSON(c, "guide-countries.json", out)
}

// groupsPage is what the groups want.
type groupsPage struct {
	guidePage
	Groups []groupView
}

type groupView struct {
	Code   string
	Name   string
	Focus  string // on the Coalition
	Note   string
	Areas  ui.TableView
	Source sourceOf
}

func (r *Room) groups(c *web.Ctx) error {
	l := c.L
	p := groupsPage{guidePage: r.guide(c, l.T("refdata.groups", "Groups"), "/guide/groups", ui.Link{Text: l.T("refdata.groups", "Groups")})}
	areas := r.s.All("guide_area")
	distinct := map[string]bool{}
	for _, g := range r.s.All("guide_group") {
		distinct[g.Attr("group")] = true
	}
	p.Head = ui.Head{Lead: l.N("refdata.groups.areas", len(areas), "{n} area of interest.", "{n} areas of interest."),
		Sub: l.T("refdata.groups.lead", "{groups} groups in {statements} statements: one group stands twice in the guide, and both are kept. Themes are tags of an editor, not verified.", i18n.A{"groups": len(distinct), "statements": len(r.s.All("guide_group"))})}
	p.Files = listFiles("guide_area")
	for _, g := range r.s.All("guide_group") {
		v := groupView{Code: g.Code, Name: g.Name(l.Lang), Focus: g.Text(l.Lang), Note: g.In("note", l.Lang), Source: r.source(l, g.Source, g.Place)}
		v.Areas = ui.TableView{Caption: l.T("refdata.areas.caption", "Areas of interest: {name}", i18n.A{"name": v.Name}), Quiet: true, Tight: true, HeadCol: 1, Cols: []ui.Col{
			{Title: l.T("refdata.number", "No.")}, {Title: l.T("refdata.area", "Area")}, {Title: l.T("refdata.themes.tags", "Themes (editor)")}, {Title: l.T("refdata.near", "Nearly the same as")}}}
		for _, a := range r.s.Where("guide_area", "group", g.Code) {
			cells := []ui.Cell{{Text: a.Attr("position")}, {Text: a.Name(l.Lang)}, orMissing(l, r.themeTags(l, a.Attr("themes"))), {}}
			if twin, ok := r.s.Get("guide_area", a.Attr("near_duplicate")); ok {
				cells[3] = ui.Cell{Text: twin.Name(l.Lang), Href: "#" + twin.Code, Small: r.s.Name("guide_group", twin.Attr("group"), l.Lang)}
			}
			v.Areas.Rows = append(v.Areas.Rows, ui.Row{ID: a.Code, Cells: cells})
		}
		p.Groups = append(p.Groups, v)
	}
	return c.Page(groupsView(p))
}

// storiesPage is the list of the success stories.
type storiesPage struct {
	guidePage
	Table ui.TableView
}

func (r *Room) stories(c *web.Ctx) error {
	l := c.L
	p := storiesPage{guidePage: r.guide(c, l.T("refdata.stories", "Success stories"), "/guide/stories", ui.Link{Text: l.T("refdata.stories", "Success stories")})}
	stories := r.s.All("guide_story")
	p.Head = ui.Head{Lead: l.N("refdata.stories.count", len(stories), "{n} story.", "{n} stories."),
		Sub: l.T("refdata.stories.lead", "Told in our own words, with years, results and amounts as the guide states them. Amounts are of different kinds and are not added up; where none is stated it is missing, not zero.")}
	p.Files = listFiles("guide_story")
	p.Table = ui.TableView{Caption: p.Title, Quiet: true, Cols: []ui.Col{
		{Title: l.T("refdata.story", "Story")}, {Title: l.T("refdata.story.provider", "Provider")}, {Title: l.T("refdata.story.years", "Years")}, {Title: l.T("refdata.story.amount", "Amount as stated")}, {Title: l.T("refdata.where", "Where")}}}
	for _, s := range stories {
		amount := orMissing(l, r.amount(l, s))
		amount.Small = r.kindName(l, "amount_kind", s.Attr("amount_kind"))
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: []ui.Cell{
			{Text: s.Name(l.Lang), Href: storyPath(s.Code)}, {Text: r.s.Name("country", s.Attr("provider"), l.Lang), Href: countryPath(s.Attr("provider"))},
			orMissing(l, storyYears(l, s)), amount, {Body: r.storyPlaces(l, s)}}})
	}
	return c.Page(storiesView(p))
}

func (r *Room) kindName(l *i18n.L, list, code string) string {
	if code == "" {
		return ""
	}
	return r.s.Name(list, code, l.Lang)
}

// amount is the amount of a story; empty where none is stated.
func (r *Room) amount(l *i18n.L, s Item) string {
	minor, err := strconv.ParseInt(s.Attr("amount_minor"), 10, 64)
	if err != nil {
		return ""
	}
	currency, _ := r.s.Get("currency", s.Attr("amount_currency"))
	digits, err := strconv.Atoi(currency.Attr("digits"))
	if err != nil {
		return s.Attr("amount_stated_as")
	}
	return l.Money(minor, digits, currency.Code)
}

// storyYears is when a story took place: its years, or the day of signature.
func storyYears(l *i18n.L, s Item) string {
	if signed := s.Attr("signed"); signed != "" && s.Attr("start") == "" {
		return l.T("refdata.story.signed", "signed {date}", i18n.A{"date": partDateText(l, signed)})
	}
	return periodText(l, s.Attr("start"), s.Attr("end"))
}

// storyPage is one success story.
type storyPage struct {
	guidePage
	Item     Item
	Facts    []ui.Fact
	Notes    []string // on amount and funding
	Results  []resultView
	Parties  ui.TableView
	Passages ui.TableView
	Tags     ui.TableView
	Origin   sourceOf
}

type resultView struct {
	Text string
	Kind string
}

func (r *Room) story(c *web.Ctx) error {
	l := c.L
	s, ok := r.s.Get("guide_story", c.Path("code"))
	if !ok {
		return errs.Missing()
	}
	p := storyPage{Item: s, guidePage: r.guide(c, s.Name(l.Lang), "/guide/stories/"+s.Code, ui.Link{Text: l.T("refdata.stories", "Success stories"), Href: "/guide/stories"}, ui.Link{Text: s.Name(l.Lang)})}
	p.Origin = r.source(l, s.Source, s.Place)
	amount := ui.Fact{Term: l.T("refdata.story.amount", "Amount as stated"), Text: r.amount(l, s), Small: r.kindName(l, "amount_kind", s.Attr("amount_kind"))}
	if amount.Text == "" {
		amount.Body = ui.Missing(l)
	} else {
		amount.Small += l.T("refdata.story.statedas", "; printed “{text}”", i18n.A{"text": s.Attr("amount_stated_as")})
	}
	years := ui.Fact{Term: l.T("refdata.story.years", "Years"), Text: storyYears(l, s)}
	if years.Text == "" {
		years.Body = ui.Missing(l)
	}
	form := ui.Fact{Term: l.T("refdata.story.form", "Form"), Text: s.In("form", l.Lang)}
	if form.Text == "" {
		form.Text = notStated(l)
	}
	p.Facts = []ui.Fact{{Term: l.T("refdata.story.provider", "Provider"), Text: r.s.Name("country", s.Attr("provider"), l.Lang), Href: countryPath(s.Attr("provider"))},
		years, amount, form, {Term: l.T("refdata.where", "Where"), Body: r.storyPlaces(l, s)}}
	for _, note := range []string{"amount_note", "funding_note"} {
		if text := s.In(note, l.Lang); text != "" {
			p.Notes = append(p.Notes, text)
		}
	}
	kinds := texts(s.Attr("results_kind"))
	for i, text := range texts(s.In("results", l.Lang)) {
		v := resultView{Text: text}
		if i < len(kinds) {
			v.Kind = resultKind(l, kinds[i])
		}
		p.Results = append(p.Results, v)
	}
	r.storyTables(l, &p)
	return c.Page(storyView(p))
}

func (r *Room) storyTables(l *i18n.L, p *storyPage) {
	p.Parties = ui.TableView{Caption: l.T("refdata.parties.caption", "A role stands only where the guide gives ground for it."), Cols: []ui.Col{
		{Title: l.T("refdata.party", "Party")}, {Title: l.T("refdata.roles", "Roles")}, {Title: l.T("refdata.ground", "Ground")}, {Title: l.T("refdata.place", "Place")}}}
	for _, party := range r.s.Where("guide_story_party", "story", p.Item.Code) {
		name := ui.Cell{Text: party.Name(l.Lang), Small: r.kindName(l, "organisation_kind", party.Attr("kind"))}
		var marks []string
		if party.Attr("named") == "false" {
			marks = append(marks, l.T("refdata.party.unnamed", "described, not named"))
		}
		if party.Attr("inferred") == "true" {
			marks = append(marks, l.T("refdata.party.inferred", "inferred from the results"))
		}
		if len(marks) > 0 {
			name.Small = strings.TrimPrefix(name.Small+"; "+strings.Join(marks, "; "), "; ")
		}
		roles := ui.Cell{Text: r.partyRoles(l, party)}
		if roles.Text == "" {
			roles = ui.Cell{Text: notStated(l), Soft: true}
		}
		rolePlace := r.place(l, party.Attr("role_place"))
		p.Parties.Rows = append(p.Parties.Rows, ui.Row{Cells: []ui.Cell{name, roles, {Text: party.In("role_basis", l.Lang)}, {Text: rolePlace.Text, Lang: rolePlace.Lang}}})
	}
	p.Passages = ui.TableView{Caption: l.T("refdata.passages.caption", "Passages that speak to an element of the steps"), Quiet: true, Cols: []ui.Col{
		{Title: l.T("refdata.element", "Element")}, {Title: l.T("refdata.passage", "What the guide says")}, {Title: l.T("refdata.place", "Place")}}}
	for _, passage := range r.s.Where("guide_passage", "story", p.Item.Code) {
		element, _ := r.s.Get("element", passage.Attr("element"))
		p.Passages.Rows = append(p.Passages.Rows, ui.Row{Cells: []ui.Cell{
			{Text: element.Name(l.Lang), Href: "/guide#" + element.Code, Small: r.s.Name("step", element.Attr("step"), l.Lang)}, {Body: titled(passage.Name(l.Lang), passage.Text(l.Lang))}, r.placeCell(l, passage)}})
	}
	p.Tags = ui.TableView{Caption: l.T("refdata.tags.caption", "What the story speaks of"), Quiet: true, Tight: true, HeadCol: 1, Cols: []ui.Col{
		{Title: l.T("refdata.list", "List")}, {Title: l.T("refdata.tag", "Tag")}, {Title: l.T("refdata.ground", "Ground")}, {Title: l.T("refdata.checked", "Checked")}, {Title: l.T("refdata.place", "Place")}}}
	for _, tag := range r.s.Where("guide_story_tag", "story", p.Item.Code) {
		list, _ := r.s.List(tag.Attr("list"))
		p.Tags.Rows = append(p.Tags.Rows, ui.Row{Cells: []ui.Cell{
			{Text: list.Name(l.Lang)}, {Text: r.s.Name(tag.Attr("list"), tag.Attr("item"), l.Lang)}, {Text: tag.In("basis", l.Lang)}, {Text: verifiedText(l, tag.Verified), Soft: !tag.Verified}, r.placeCell(l, tag)}})
	}
}

// partyRoles are a party's roles, those that are implied marked.
func (r *Room) partyRoles(l *i18n.L, party Item) string {
	implied := split(party.Attr("roles_inferred"))
	var out []string
	for _, role := range split(party.Attr("roles")) {
		name := r.s.Name("partner_role", role, l.Lang)
		if slices.Contains(implied, role) {
			name = l.T("refdata.role.implied", "{role} (implied)", i18n.A{"role": name})
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// itemsPage is a list of the guide, item under item.
type itemsPage struct {
	guidePage
	Items []ui.Fact
}

// numbered are the items of a list with their number, text and place.
func (r *Room) numbered(l *i18n.L, list string) []ui.Fact {
	var out []ui.Fact
	for _, i := range r.s.All(list) {
		name := i.Name(l.Lang)
		if n := i.Attr("number"); n != "" {
			name = n + " " + name
		}
		out = append(out, ui.Fact{Term: name, Body: itemBody(l, itemView{Text: i.Text(l.Lang), Place: r.place(l, i.Place), Verified: i.Verified})})
	}
	return out
}

// itemView is what stands under an item's name.
type itemView struct {
	Text     string
	Place    placed
	Verified bool
	More     []string // further sentences, soft
}

func (r *Room) challenges(c *web.Ctx) error {
	l := c.L
	p := itemsPage{guidePage: r.guide(c, l.T("refdata.challenges", "Challenges"), "/guide/challenges", ui.Link{Text: l.T("refdata.challenges", "Challenges")}), Items: r.numbered(l, "challenge")}
	p.Head = ui.Head{Sub: l.T("refdata.challenges.lead", "Seven challenges to social justice that partnerships answer.")}
	p.Files = listFiles("challenge")
	return c.Page(itemsView(p))
}

func (r *Room) roadmap(c *web.Ctx) error {
	l := c.L
	p := itemsPage{guidePage: r.guide(c, l.T("refdata.roadmap", "Roadmap"), "/guide/roadmap", ui.Link{Text: l.T("refdata.roadmap", "Roadmap")}), Items: r.numbered(l, "roadmap")}
	p.Head = ui.Head{Sub: l.T("refdata.roadmap.lead", "Seven openings for work with emerging partners.")}
	p.Files = listFiles("roadmap")
	return c.Page(itemsView(p))
}

// statementsPage is the key statements, by body.
type statementsPage struct {
	guidePage
	Bodies []bodyView
}

type bodyView struct {
	Code       string
	Name       string
	Statements []statementView
}

type statementView struct {
	Item   Item
	Place  placed
	Name   string
	Text   string
	Cut    bool
	Note   string
	Facts  []ui.Fact // what the guide gives
	Silent string    // what it does not
}

func (r *Room) statements(c *web.Ctx) error {
	l := c.L
	p := statementsPage{guidePage: r.guide(c, l.T("refdata.statements", "Key statements"), "/guide/statements", ui.Link{Text: l.T("refdata.statements", "Key statements")})}
	all := r.s.All("statement")
	p.Head = ui.Head{Lead: l.N("refdata.statements.count", len(all), "{n} statement.", "{n} statements."), Sub: l.T("refdata.statements.lead", "What was said in the International Labour Conference and the Governing Body, in our own words. Speaker, role and side stand only as far as the guide gives them.")}
	p.Files = listFiles("statement")
	for _, s := range all {
		body := s.Attr("body")
		if len(p.Bodies) == 0 || p.Bodies[len(p.Bodies)-1].Code != body {
			p.Bodies = append(p.Bodies, bodyView{Code: body, Name: bodyName(l, body)})
		}
		v := statementView{Item: s, Place: r.place(l, s.Place), Name: s.Attr("number") + " " + s.Name(l.Lang), Text: s.Text(l.Lang), Cut: s.Attr("cut") == "true", Note: s.In("note", l.Lang)}
		var silent []string
		for _, f := range []struct{ term, text, href string }{
			{l.T("refdata.session", "Session"), s.Attr("session"), ""}, {l.T("refdata.speaker", "Speaker"), strings.TrimPrefix(s.Attr("speaker")+", "+s.In("speaker_role", l.Lang), ", "), ""},
			{l.T("refdata.side", "Side"), sideName(l, s.Attr("side")), ""}, {l.T("refdata.guide.group", "Group"), groupName(l, s.Attr("group")), ""},
			{l.T("refdata.country", "Country"), r.kindName(l, "country", s.Attr("country")), countryPath(s.Attr("country"))},
		} {
			text := strings.TrimSuffix(f.text, ", ")
			if text == "" {
				silent = append(silent, f.term)
				continue
			}
			v.Facts = append(v.Facts, ui.Fact{Term: f.term, Text: text, Href: f.href})
		}
		if len(silent) > 0 {
			v.Silent = l.T("refdata.statement.silent", "Not stated in the guide: {what}.", i18n.A{"what": silent})
		}
		last := &p.Bodies[len(p.Bodies)-1]
		last.Statements = append(last.Statements, v)
	}
	return c.Page(statementsView(p))
}

// definitionsPage is the terms with their variants.
type definitionsPage struct {
	guidePage
	Terms []termView
}

type termView struct {
	Code  string
	Name  string
	Items []ui.Fact
}

func (r *Room) definitions(c *web.Ctx) error {
	l := c.L
	p := definitionsPage{guidePage: r.guide(c, l.T("refdata.definitions", "Definitions"), "/guide/definitions", ui.Link{Text: l.T("refdata.definitions", "Definitions")})}
	p.Head = ui.Head{Sub: l.T("refdata.definitions.lead", "What the guide means by its main terms, with the variants it notes.")}
	p.Files = listFiles("definition")
	for _, d := range r.s.All("definition") {
		term := d.Attr("term")
		if len(p.Terms) == 0 || p.Terms[len(p.Terms)-1].Code != term {
			p.Terms = append(p.Terms, termView{Code: term, Name: termName(l, term, d.Name(l.Lang))})
		}
		v := itemView{Text: d.Text(l.Lang), Place: r.place(l, d.Place), Verified: d.Verified}
		if of := d.Attr("of"); of != "" {
			v.More = append(v.More, l.T("refdata.definition.of", "The guide takes it from: {source}", i18n.A{"source": of}))
		}
		last := &p.Terms[len(p.Terms)-1]
		last.Items = append(last.Items, ui.Fact{Term: d.Name(l.Lang), Body: itemBody(l, v)})
	}
	return c.Page(definitionsView(p))
}

// termName is the name of a term: that of its only definition, or its own
// where it has variants.
func termName(l *i18n.L, term, first string) string {
	if term == "emerging-partner" {
		return l.T("refdata.term.emerging", "Emerging partner")
	}
	return first
}

// themesPage is the lists of themes and how they meet.
type themesPage struct {
	guidePage
	Lists     []listView
	Crosswalk ui.TableView
}

type listView struct {
	Code  string
	Name  string
	Text  string
	Items []ui.Fact
}

func (r *Room) themes(c *web.Ctx) error {
	l := c.L
	p := themesPage{guidePage: r.guide(c, l.T("refdata.themes.title", "Themes and lists"), "/guide/themes", ui.Link{Text: l.T("refdata.themes.title", "Themes and lists")})}
	p.Head = ui.Head{Sub: l.T("refdata.themes.lead", "The guide’s own lists, and how its themes meet. The crosswalk is a judgement of this project.")}
	p.Files = listFiles("theme_crosswalk")
	for _, code := range themeLists {
		list, ok := r.s.List(code)
		if ok {
			p.Lists = append(p.Lists, listView{Code: code, Name: list.Name(l.Lang), Text: list.Text(l.Lang), Items: r.numbered(l, code)})
		}
	}
	p.Crosswalk = ui.TableView{Caption: l.T("refdata.crosswalk", "Crosswalk of themes"), Quiet: true, Tight: true, HeadCol: 1, Cols: []ui.Col{
		{Title: l.T("refdata.list", "List")}, {Title: l.T("refdata.from", "From")}, {Title: l.T("refdata.to", "To theme")}, {Title: l.T("refdata.checked", "Checked")}}}
	for _, x := range r.s.All("theme_crosswalk") {
		from, _ := r.s.List(x.Attr("from_list"))
		to, _ := r.s.Get(x.Attr("to_list"), x.Attr("to_code"))
		p.Crosswalk.Rows = append(p.Crosswalk.Rows, ui.Row{Cells: []ui.Cell{
			{Text: from.Name(l.Lang)}, {Text: r.s.Name(x.Attr("from_list"), x.Attr("from_code"), l.Lang)}, {Text: to.Code + " " + to.Name(l.Lang)}, {Text: verifiedText(l, x.Verified), Soft: !x.Verified}}})
	}
	return c.Page(themesView(p))
}

// frameworksPage is frameworks, instruments and ratifications.
type frameworksPage struct {
	guidePage
	Frameworks  ui.TableView
	Instruments ui.TableView
	Ratified    ui.TableView
}

func (r *Room) frameworks(c *web.Ctx) error {
	l := c.L
	p := frameworksPage{guidePage: r.guide(c, l.T("refdata.frameworks.title", "Frameworks and instruments"), "/guide/frameworks", ui.Link{Text: l.T("refdata.frameworks.title", "Frameworks and instruments")})}
	p.Head = ui.Head{Sub: l.T("refdata.frameworks.lead", "What a partnership may cite: programming frameworks, and instruments of international labour law that the guide names or that are fundamental or governance instruments.")}
	p.Files = listFiles("framework")
	p.Frameworks = r.frameworkTable(l, r.s.All("framework"))
	p.Instruments = ui.TableView{Caption: l.T("refdata.instruments", "Instruments"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("refdata.instrument", "Instrument")}, {Title: l.T("refdata.instrument.group", "Group")}, {Title: l.T("refdata.category", "Category")}, {Title: l.T("refdata.adopted", "Adopted")}, {Title: l.T("refdata.source", "Source")}}}
	for _, i := range r.s.All("instrument") {
		p.Instruments.Rows = append(p.Instruments.Rows, ui.Row{ID: i.Code, Cells: []ui.Cell{
			{Text: i.Name(l.Lang), Small: i.Text(l.Lang)}, {Text: instrumentGroup(l, i.Attr("group"))}, {Text: r.kindName(l, "instrument_category", i.Attr("category"))}, orMissing(l, partDateText(l, i.Attr("adopted"))), r.sourceCell(l, i)}})
	}
	p.Ratified = r.ratificationTable(l, r.s.All("ratification"), true)
	return c.Page(frameworksView(p))
}

func (r *Room) reading(c *web.Ctx) error {
	l := c.L
	p := itemsPage{guidePage: r.guide(c, l.T("refdata.reading", "How the guide is read"), "/guide/reading", ui.Link{Text: l.T("refdata.reading", "How the guide is read")}), Items: r.numbered(l, "garble")}
	p.Head = ui.Head{Sub: l.T("refdata.reading.lead", "Places where the text of the guide is damaged or doubtful, and how this project reads them. A reading that is not verified is open to correction.")}
	p.Files = listFiles("garble")
	return c.Page(itemsView(p))
}

// themeLists are the lists of the page of themes, in its order.
var themeLists = []string{"focus_theme", "mandate_theme", "coalition_area", "coalition_objective", "coalition_function", "functional_area", "strategic_objective", "partnership_reason", "partner_brings", "modality", "sstc_principle"}

// guideLists are the further lists that the guide's pages show. Every account
// may have their files.
var guideLists = []string{"step", "element", "guide_country", "guide_cell", "guide_initiative", "guide_group", "guide_area", "guide_story", "guide_story_party", "guide_story_place", "guide_story_tag",
	"guide_passage", "guide_actor", "challenge", "roadmap", "statement", "definition", "theme_crosswalk", "framework", "instrument", "ratification", "garble"}

func (r *Room) guideFile(c *web.Ctx) error {
	list, kind, _ := strings.Cut(c.Path("file"), ".")
	if !slices.Contains(guideLists, list) && !slices.Contains(themeLists, list) {
		return errs.Missing()
	}
	switch kind {
	case "csv":
		return r.listCSV(c, list)
	case "json":
		return r.listJSON(c, list)
	}
	return errs.Missing()
}

// sourcesPage is where everything comes from.
type sourcesPage struct {
	ui.Base
	Head    ui.Head
	Sources []Source
}

func (r *Room) sources(c *web.Ctx) error {
	l := c.L
	p := sourcesPage{Base: c.Base(l.T("refdata.sources", "Sources")), Sources: r.s.Sources()}
	p.Head = ui.Head{Lead: l.N("refdata.sources.count", len(p.Sources), "{n} source.", "{n} sources."), Sub: l.T("refdata.sources.lead", "Facts, codes and names come from these. Descriptions are in our own words.")}
	return c.Page(sourcesView(p))
}
