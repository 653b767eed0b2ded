package directory

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/search"
	"ayni/internal/kernel/tabular"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// record checks that the id in the address has the form of one: anything else
// is no record.
func record(c *web.Ctx) (string, error) {
	if key := c.Path("id"); id.Valid(key) {
		return key, nil
	}
	return "", errs.Missing()
}

// listPage is a list with its filter.
type listPage struct {
	ui.Base
	Head    ui.Head
	Views   []ui.NavItem
	Tools   ui.Tools
	Chips   []ui.Chip
	Table   ui.TableView
	Page    ui.Stretch
	Exports []ui.Link
	Blank   *ui.Blank // instead of the table
	Without []ui.Link // what the list would hold without one part of the filter
}

// views are the tabs over the lists of the directory.
func (r *Room) views(c *web.Ctx, here string) []ui.NavItem {
	l := c.L
	items := []struct {
		perm access.Permission
		link ui.Link
	}{
		{access.SignedIn, ui.Link{Text: l.T("directory.organisations", "Organisations"), Href: "/organisations"}},
		{access.StaffOnly, ui.Link{Text: l.T("directory.persons", "Persons"), Href: "/persons"}},
		{access.Create, ui.Link{Text: l.T("directory.removed.organisations", "Removed organisations"), Href: "/organisations/removed"}},
		{access.Create, ui.Link{Text: l.T("directory.removed.persons", "Removed persons"), Href: "/persons/removed"}},
	}
	var out []ui.NavItem
	for _, i := range items {
		if !c.Actor.May(i.perm) {
			continue
		}
		item := ui.NavItem{Link: i.link}
		if i.link.Href == here {
			item.Current = "page"
		}
		out = append(out, item)
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// filter reads a filter from the address; what is not of the lists is left out.
func (r *Room) filter(c *web.Ctx) Filter {
	f := Filter{Lang: c.L.Lang, Sort: ByName, Text: clip(c.Query("q"))}
	if k := c.Query("kind"); r.ref.Has(KindList, k) {
		f.Kind = k
	}
	if k := c.Query("country"); r.ref.Has(CountryList, k) {
		f.Country = k
	}
	for _, k := range Constituents {
		if c.Query("constituent") == string(k) {
			f.Constituent = k
		}
	}
	for _, s := range Sorts {
		if c.Query("sort") == string(s) {
			f.Sort = s
		}
	}
	return f
}

// clip bounds what is typed into a search.
func clip(s string) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200])
	}
	return s
}

// A cursor in an address is the id of a row and its number in the list.
func readCursor(s string) (row string, n int) {
	row, digits, _ := strings.Cut(s, ".")
	if !id.Valid(row) {
		return "", 0
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 {
		return row, 0
	}
	return row, n
}

func writeCursor(row string, n int) string { return row + "." + strconv.Itoa(n) }

// cursors reads the cursors of an address: at most one counts. n is the number
// of the row that it names.
func cursors(c *web.Ctx) (after, before string, n int) {
	after, n = readCursor(c.Query("after"))
	if after == "" {
		before, n = readCursor(c.Query("before"))
	}
	return after, before, n
}

// stretch says which rows of a list a page shows. ids are those of its rows.
func stretch(a ui.Address, after, before string, n int, ids []string, prev, next bool, total string) ui.Stretch {
	s := ui.Stretch{Total: total}
	if len(ids) == 0 {
		return s
	}
	s.From = 1
	switch {
	case after != "":
		s.From = n + 1
	case before != "":
		s.From = max(1, n-len(ids))
	}
	s.To = s.From + len(ids) - 1
	if prev {
		s.Prev = a.At("before", writeCursor(ids[0], s.From))
	}
	if next {
		s.Next = a.At("after", writeCursor(ids[len(ids)-1], s.To))
	}
	return s
}

func (r *Room) organisations(c *web.Ctx) error {
	l, f := c.L, r.filter(c)
	after, before, n := cursors(c)
	f.After, f.Before = after, before
	list, err := r.List(c.Context(), f)
	if err != nil {
		return err
	}
	count, more, err := r.Count(c.Context(), f)
	if err != nil {
		return err
	}
	a := ui.Address{Path: "/organisations", Query: onlyOf(c.R.URL.Query(), "q", "kind", "country", "constituent", "sort")}
	p := listPage{Base: c.Base(l.T("directory.organisations", "Organisations")), Views: r.views(c, "/organisations")}
	p.Head = ui.Head{Lead: l.N("directory.count", count, "{total} organisation.", "{total} organisations.", i18n.A{"total": total(l, count, more)})}
	if c.Actor.May(access.Create) {
		p.Head.Buttons = []ui.Button{{Text: l.T("directory.new", "New organisation"), Href: "/organisations/new"}}
	}
	p.Tools, p.Chips = r.organisationTools(l, a, f)
	ids := make([]string, len(list.Rows))
	p.Table = ui.TableView{Caption: l.T("directory.organisations", "Organisations"), Quiet: true, Tight: true, Cols: []ui.Col{
		a.SortCol(l.T("directory.name", "Name"), string(ByName), false), {Title: l.T("directory.kind", "Kind")},
		a.SortCol(l.T("directory.country", "Country"), string(ByCountry), false), {Title: l.T("directory.partof", "Part of")},
	}}
	if c.Query("sort") == "" {
		p.Table.Cols[0].Sort, p.Table.Cols[0].Href = "ascending", a.With("sort", string(ByNameDown))
	}
	for i, o := range list.Rows {
		ids[i] = o.ID
		p.Table.Rows = append(p.Table.Rows, ui.Row{Cells: r.organisationCells(l, o)})
	}
	p.Page = stretch(a, after, before, n, ids, list.Prev, list.Next, total(l, count, more))
	query := ""
	if q := a.Query.Encode(); q != "" {
		query = "?" + q
	}
	p.Exports = []ui.Link{{Text: "CSV", Href: "/organisations.csv" + query}, {Text: "JSON", Href: "/organisations.json" + query}}
	if len(list.Rows) == 0 {
		err := r.emptyList(c, &p, a, f)
		if err != nil {
			return err
		}
	}
	return c.Page(listView(p))
}

// onlyOf keeps the parameters of an address that a list knows, so that its
// links carry nothing else.
func onlyOf(q url.Values, names ...string) url.Values {
	out := url.Values{}
	for _, name := range names {
		if v := q.Get(name); v != "" {
			out.Set(name, v)
		}
	}
	return out
}

func (r *Room) organisationTools(l *i18n.L, a ui.Address, f Filter) (ui.Tools, []ui.Chip) {
	anyOf := func(options []ui.Option) []ui.Option {
		return append([]ui.Option{{Text: l.T("directory.any", "Any")}}, options...)
	}
	t := ui.Tools{Action: "/organisations", Fields: []ui.Field{
		{Kind: ui.Search, Name: "q", Label: l.T("directory.filter.text", "Words of a name or acronym"), Value: f.Text, Width: "n8"},
		{Kind: ui.Select, Name: "kind", Label: l.T("directory.kind", "Kind"), Value: f.Kind, Options: anyOf(r.ref.Options(KindList, l.Lang))},
		{Kind: ui.Select, Name: "country", Label: l.T("directory.country", "Country"), Value: f.Country, Options: anyOf(r.ref.Options(CountryList, l.Lang))},
		{Kind: ui.Select, Name: "constituent", Label: l.T("directory.constituent", "Constituent"), Value: string(f.Constituent), Options: anyOf(constituentOptions(l))},
	}}
	if s := a.Query.Get("sort"); s != "" {
		t.Hidden = map[string]string{"sort": s}
	}
	var chips []ui.Chip
	for _, chip := range []struct{ name, value, text string }{
		{"q", f.Text, l.T("directory.chip.text", "“{text}”", i18n.A{"text": f.Text})},
		{"kind", f.Kind, r.ref.Name(KindList, f.Kind, l.Lang)},
		{"country", f.Country, r.ref.Name(CountryList, f.Country, l.Lang)},
		{"constituent", string(f.Constituent), ConstituentName(l, f.Constituent)},
	} {
		if chip.value != "" {
			chips = append(chips, ui.Chip{Text: chip.text, Href: a.Without(chip.name, "")})
		}
	}
	t.Count = len(chips)
	if len(chips) > 0 {
		t.Clear = "/organisations"
	}
	return t, chips
}

func (r *Room) organisationCells(l *i18n.L, o Listed) []ui.Cell {
	small := o.Acronym
	if o.Example {
		small = strings.TrimPrefix(small+" · "+l.T("directory.example", "fictitious example"), " · ")
	}
	part := ui.Cell{}
	if o.ParentID != "" {
		part = ui.Cell{Text: o.ParentName, Href: organisationPath(o.ParentID)}
	}
	return []ui.Cell{
		{Text: o.Name, Href: organisationPath(o.ID), Small: small},
		orMissing(l, r.nameOf(KindList, o.Kind, l.Lang)),
		orMissing(l, r.nameOf(CountryList, o.Country, l.Lang)),
		part,
	}
}

// nameOf is the name of a code; empty where the code is.
func (r *Room) nameOf(list, code, lang string) string {
	if code == "" {
		return ""
	}
	return r.ref.Name(list, code, lang)
}

// emptyList says why a list holds nothing, and which part of the filter to drop.
func (r *Room) emptyList(c *web.Ctx, p *listPage, a ui.Address, f Filter) error {
	l := c.L
	if len(p.Chips) == 0 {
		p.Blank = &ui.Blank{ID: "none", Title: l.T("directory.none", "No organisation yet"), Text: l.T("directory.none.text", "Here you will see every organisation that takes part in partnerships, with its kind, its country and what it is a part of.")}
		p.Blank.Buttons = p.Head.Buttons
		return nil
	}
	p.Blank = &ui.Blank{ID: "none", Title: l.T("directory.nothing", "Nothing found"), Text: l.T("directory.nothing.text", "No organisation meets every part of this filter."),
		Buttons: []ui.Button{{Text: l.T("directory.clear", "Clear the filter"), Href: "/organisations", Alt: true}}}
	if len(p.Chips) < 2 {
		return nil
	}
	at := 0
	for _, drop := range []struct {
		inForce bool
		less    func(*Filter)
	}{
		{f.Text != "", func(f *Filter) { f.Text = "" }}, {f.Kind != "", func(f *Filter) { f.Kind = "" }},
		{f.Country != "", func(f *Filter) { f.Country = "" }}, {f.Constituent != "", func(f *Filter) { f.Constituent = "" }},
	} {
		if !drop.inForce {
			continue
		}
		wider := f
		drop.less(&wider)
		n, more, err := r.Count(c.Context(), wider)
		if err != nil {
			return err
		}
		chip := p.Chips[at]
		at++
		p.Without = append(p.Without, ui.Link{Href: chip.Href, Text: l.N("directory.without", n, "Without “{part}”: {total}", "Without “{part}”: {total}", i18n.A{"part": chip.Text, "total": total(l, n, more)})})
	}
	return nil
}

// exported is an organisation as the files of a list hold it.
type exported struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	NameFR      string       `json:"name_fr"`
	NameES      string       `json:"name_es"`
	Acronym     string       `json:"acronym"`
	Kind        string       `json:"kind"`
	Constituent string       `json:"constituent"`
	Country     string       `json:"country"`
	Parent      string       `json:"parent"`
	Website     string       `json:"website"`
	Aliases     []string     `json:"aliases"`
	Identifiers []Identifier `json:"identifiers"`
	Source      string       `json:"source"`
	Place       string       `json:"source_place"`
	Example     bool         `json:"example"`
}

func export(o Organisation) exported {
	e := exported{ID: o.ID, Name: o.Name, NameFR: o.NameFR, NameES: o.NameES, Acronym: o.Acronym, Kind: o.Kind, Constituent: string(o.Constituent),
		Country: o.Country, Parent: o.Parent, Website: o.Website, Aliases: o.Aliases, Identifiers: o.Identifiers, Source: o.Source, Place: o.SourcePlace, Example: o.Example}
	if e.Aliases == nil {
		e.Aliases = []string{}
	}
	if e.Identifiers == nil {
		e.Identifiers = []Identifier{}
	}
	return e
}

func (r *Room) organisationsCSV(c *web.Ctx) error {
	var b bytes.Buffer
	w := tabular.NewWriter(&b, "id", "name", "name_fr", "name_es", "acronym", "kind", "constituent", "country", "parent", "website", "aliases", "identifiers", "source", "source_place", "example")
	err := r.Export(c.Context(), c.Actor, r.filter(c), func(o Organisation) {
		w.Row(o.ID, o.Name, o.NameFR, o.NameES, o.Acronym, o.Kind, string(o.Constituent), o.Country, o.Parent, o.Website,
			strings.Join(o.Aliases, "\n"), identifierLines(o.Identifiers), o.Source, o.SourcePlace, strconv.FormatBool(o.Example))
	})
	if err != nil {
		return err
	}
	err = w.End()
	if err != nil {
		return err
	}
	return c.Attach("organisations.csv", "text/csv; charset=utf-8", b.Bytes())
}

func (r *Room) organisationsJSON(c *web.Ctx) error {
	out := []exported{}
	err := r.Export(c.Context(), c.Actor, r.filter(c), func(o Organisation) { out = append(out, export(o)) })
	if err != nil {
		return err
	}
	return attachJSON(c, "organisations.json", out)
}

func attachJSON(c *web.Ctx, name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return c.Attach(name, "application/json; charset=utf-8", b)
}

// removedPage lists what can still come back.
type removedPage struct {
	ui.Base
	Head  ui.Head
	Views []ui.NavItem
	Rows  []Gone
	Path  func(id string) string
	Blank ui.Blank
}

func (r *Room) removedOrganisations(c *web.Ctx) error {
	l := c.L
	rows, err := r.Removed(c.Context(), c.Actor, l.Lang)
	if err != nil {
		return err
	}
	return c.Page(removedView(removedPage{
		Base: c.Base(l.T("directory.removed.organisations", "Removed organisations")), Views: r.views(c, "/organisations/removed"), Rows: rows, Path: organisationPath,
		Head:  ui.Head{Sub: l.T("directory.removed.lead", "What was removed can come back for 30 days.")},
		Blank: ui.Blank{ID: "none", Title: l.T("directory.removed.none", "Nothing was removed"), Text: l.T("directory.removed.none.text", "Here you will see what was removed in the last 30 days, with a way to bring it back.")},
	}))
}

// organisationPage is an organisation.
type organisationPage struct {
	ui.Base
	Profile
	Head         ui.Head
	Kind         string // name
	Country      string // name
	Source       ui.Fact
	Standings    ui.TableView
	Parts        ui.TableView
	Members      ui.TableView
	Memberships  ui.TableView
	Persons      ui.TableView
	Contacts     ui.TableView
	SeesPersons  bool
	Staff        bool
	MayWrite     bool
	MayRead      bool // persons' pages
	Asked        bool // whether partnerships are known here
	Partnerships []ui.CheckLine
	Problem      string // why the last request was refused
}

func (r *Room) organisation(c *web.Ctx) error { return r.showOrganisation(c, http.StatusOK, "") }

// showOrganisation answers with an organisation's page; problem says why what
// was asked of it could not be done.
func (r *Room) showOrganisation(c *web.Ctx, status int, problem string) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	l := c.L
	profile, err := r.Service.Profile(c.Context(), c.Actor, l.Lang, key)
	if err != nil {
		return err
	}
	p := organisationPage{
		Profile: profile, Problem: problem, Staff: c.Actor.Staff(), MayWrite: c.Actor.May(access.Create) && profile.DeletedAt == 0, MayRead: c.Actor.May(access.StaffOnly),
		Kind: r.nameOf(KindList, profile.Organisation.Kind, l.Lang), Country: r.nameOf(CountryList, profile.Organisation.Country, l.Lang),
		SeesPersons: c.Actor.Staff() || c.Actor.Organisation == key,
	}
	p.Base = c.Base(profile.NameIn(l.Lang), ui.Link{Text: l.T("directory.organisations", "Organisations"), Href: "/organisations"}, ui.Link{Text: profile.NameIn(l.Lang)})
	p.Head = ui.Head{Sub: headLine(l, p.Kind, p.Country, profile.Example)}
	if p.MayWrite {
		p.Head.Buttons = []ui.Button{{Text: l.T("directory.edit", "Change"), Href: organisationPath(key) + "/edit", Alt: true}}
	}
	p.Source = r.sourceFact(l, profile.Organisation.Source, profile.SourcePlace)
	r.organisationTables(c, &p)
	if r.Partnerships != nil && profile.DeletedAt == 0 {
		p.Asked = true
		p.Partnerships, err = r.Partnerships(c, key)
		if err != nil {
			return err
		}
	}
	return c.PageStatus(status, organisationView(p))
}

// sourceFact says where a fact comes from: a reference source by its title, or
// the words given.
func (r *Room) sourceFact(l *i18n.L, source, place string) ui.Fact {
	f := ui.Fact{Term: l.T("directory.source", "Source"), Text: source, Small: place}
	if s, ok := r.ref.Source(source); ok {
		f.Text, f.Href, f.Lang = s.Title, "/sources#"+s.Key, "en"
	}
	if strings.HasPrefix(source, "https://") && webAddress(source) {
		f.Href = source
	}
	return f
}

func (r *Room) organisationTables(c *web.Ctx, p *organisationPage) {
	l, today := c.L, c.Today()
	change := func(path string) []ui.Cell {
		if !p.MayWrite {
			return nil
		}
		return []ui.Cell{{Text: l.T("directory.row.change", "Change"), Href: path}}
	}
	cols := func(titles ...string) []ui.Col {
		var out []ui.Col
		for _, t := range titles {
			out = append(out, ui.Col{Title: t})
		}
		if p.MayWrite {
			out = append(out, ui.Col{Title: l.T("directory.row.action", "Action")})
		}
		return out
	}
	when, source := l.T("directory.when", "When"), l.T("directory.source", "Source")
	p.Parts = ui.TableView{Caption: l.T("directory.parts", "Parts"), Quiet: true, Tight: true, Cols: []ui.Col{
		{Title: l.T("directory.name", "Name")}, {Title: l.T("directory.kind", "Kind")}, {Title: l.T("directory.country", "Country")}, {Title: l.T("directory.parts", "Parts"), Num: true}}}
	for _, o := range p.Profile.Parts {
		p.Parts.Rows = append(p.Parts.Rows, ui.Row{Cells: []ui.Cell{
			{Text: o.Name, Href: organisationPath(o.ID), Small: o.Acronym}, orMissing(l, r.nameOf(KindList, o.Kind, l.Lang)),
			orMissing(l, r.nameOf(CountryList, o.Country, l.Lang)), {Text: l.Num(int64(p.PartsOf[o.ID]))}}})
	}
	p.Standings = ui.TableView{Caption: l.T("directory.standings", "Standings"), Quiet: true, Tight: true, Cols: cols(l.T("directory.standing", "Standing"), when, source)}
	for _, s := range p.Profile.Standings {
		p.Standings.Rows = append(p.Standings.Rows, ui.Row{Cells: append([]ui.Cell{
			{Text: r.nameOf(StandingList, s.Kind, l.Lang)}, span(l, s.FromOn, s.ToOn, today), r.sourceCell(l, s.Source)}, change("/standings/"+s.ID+"/edit")...)})
	}
	p.Members = ui.TableView{Caption: l.T("directory.members", "Members"), Quiet: true, Tight: true, Cols: cols(l.T("directory.member", "Member"), when, source)}
	for _, m := range p.Profile.Members {
		name := ui.Cell{Text: r.nameOf(CountryList, m.Country, l.Lang), Href: "/countries/" + m.Country}
		if m.Body != "" {
			name = ui.Cell{Text: m.MemberName, Href: organisationPath(m.Body)}
		}
		p.Members.Rows = append(p.Members.Rows, ui.Row{Cells: append([]ui.Cell{name, span(l, m.FromOn, m.ToOn, today), r.sourceCell(l, m.Source)}, change("/members/"+m.ID+"/edit")...)})
	}
	p.Memberships = ui.TableView{Caption: l.T("directory.memberships", "Member of"), Quiet: true, Tight: true, Cols: []ui.Col{{Title: l.T("directory.name", "Name")}, {Title: when}, {Title: source}}}
	for _, m := range p.Profile.Memberships {
		p.Memberships.Rows = append(p.Memberships.Rows, ui.Row{Cells: []ui.Cell{
			{Text: m.NetworkName, Href: organisationPath(m.Organisation)}, span(l, m.FromOn, m.ToOn, today), r.sourceCell(l, m.Source)}})
	}
	p.Contacts = r.contactTable(c, p.Base, p.Profile.Contacts, p.MayWrite)
	p.Persons = ui.TableView{Caption: l.T("directory.persons", "Persons"), Quiet: true, Tight: true, Cols: cols(l.T("directory.name", "Name"), l.T("directory.role.title", "Role"), when)}
	for _, x := range p.Profile.Persons {
		name := ui.Cell{Text: x.PersonName, Small: x.PersonEmail}
		if p.MayRead {
			name.Href = personPath(x.Person)
		}
		p.Persons.Rows = append(p.Persons.Rows, ui.Row{Cells: append([]ui.Cell{name, roleCell(l, x), span(l, x.FromOn, x.ToOn, today)}, change("/roles/"+x.ID+"/edit")...)})
	}
}

func (r *Room) sourceCell(l *i18n.L, source string) ui.Cell {
	f := r.sourceFact(l, source, "")
	if f.Text == "" {
		return orMissing(l, "")
	}
	return ui.Cell{Text: f.Text, Href: f.Href, Lang: f.Lang}
}

func (r *Room) newOrganisation(c *web.Ctx) error {
	pick, err := r.PickFor(c.Context(), c.L.Lang, c.Query("parent"))
	if err != nil {
		return err
	}
	return r.organisationForm(c, http.StatusOK, Organisation{}, ui.Form{Values: map[string][]string{"parent": {pick.Value}}}, pick, false)
}

func (r *Room) doNewOrganisation(c *web.Ctx) error {
	v, err := c.Form()
	if err != nil {
		return err
	}
	f, pick, picked, err := r.readOrganisation(c, v, "")
	if err != nil {
		return err
	}
	o := Organisation{}
	if picked == nil {
		o, err = r.CreateOrganisation(c.Context(), c.Actor, f)
	} else {
		_, err = checkOrganisation(f.on(o), r.ref.Has)
		err = joined(err, picked)
	}
	if web.Mendable(err) {
		return r.organisationForm(c, http.StatusUnprocessableEntity, Organisation{}, sentForm(v, err, c.L, "parent", pick), pick, false)
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.created", "{name} was added.", i18n.A{"name": o.Name}), "")
	return c.See(organisationPath(o.ID))
}

// joined is one error with the fields of two.
func joined(a, b error) error {
	var c errs.Check
	gather(&c, a)
	gather(&c, b)
	return c.Err()
}

// sentForm is a form as it was sent; the field of a pick shows what was meant.
func sentForm(v *web.Values, err error, l *i18n.L, field string, pick Pick) ui.Form {
	form := web.FormState(v, err, l)
	form.Values[field] = []string{pick.Value}
	return form
}

// readOrganisation reads the form of an organisation. picked is what is wrong
// with its parent, told apart because it is asked for by name.
func (r *Room) readOrganisation(c *web.Ctx, v *web.Values, presentParent string) (f OrganisationForm, pick Pick, picked, err error) {
	version, err := strconv.ParseInt(first(v.Get("version"), "0"), 10, 64)
	if err != nil {
		return f, pick, nil, &errs.Error{Kind: errs.BadRequest, Cause: err}
	}
	f = OrganisationForm{
		Name: v.Get("name"), NameFR: v.Get("name_fr"), NameES: v.Get("name_es"), Acronym: v.Get("acronym"), Kind: v.Get("kind"), Country: v.Get("country"),
		Website: v.Get("website"), Note: v.Get("note"), Source: v.Get("source"), SourcePlace: v.Get("source_place"),
		Aliases: parseLines(v.Get("aliases")), Identifiers: parseIdentifiers(v.Get("identifiers")), Version: version,
	}
	f.Parent, pick, picked = r.Picked(c.Context(), c.L.Lang, "parent", v.Get("parent"), presentParent)
	if picked != nil && !errs.Is(picked, errs.Invalid) {
		return f, pick, nil, picked
	}
	return f, pick, picked, nil
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// organisationFormPage is the form of an organisation.
type organisationFormPage struct {
	ui.Base
	Form      ui.Form
	Action    string
	Back      string
	Version   int64
	New       bool
	Clash     bool // somebody changed the same fields
	Kinds     []ui.Option
	Countries []ui.Option
	Parent    Pick
}

func (r *Room) organisationForm(c *web.Ctx, status int, o Organisation, form ui.Form, pick Pick, clash bool) error {
	l := c.L
	none := []ui.Option{{Text: l.T("directory.notstated", "Not stated")}}
	p := organisationFormPage{
		Form: form, Parent: pick, Version: o.Version, New: o.ID == "", Clash: clash, Action: "/organisations/new", Back: "/organisations",
		Kinds: append(none, r.ref.InOrder(KindList, l.Lang)...), Countries: append(none[:1:1], r.ref.Options(CountryList, l.Lang)...),
	}
	crumbs := []ui.Link{{Text: l.T("directory.organisations", "Organisations"), Href: "/organisations"}}
	title := l.T("directory.new", "New organisation")
	if !p.New {
		p.Back = organisationPath(o.ID)
		p.Action = p.Back + "/edit"
		title = l.T("directory.edit.title", "Change {name}", i18n.A{"name": o.NameIn(l.Lang)})
		crumbs = append(crumbs, ui.Link{Text: o.NameIn(l.Lang), Href: p.Back}, ui.Link{Text: l.T("directory.edit", "Change")})
	} else {
		crumbs = append(crumbs, ui.Link{Text: title})
	}
	p.Base = c.Base(title, crumbs...).With(form)
	return c.PageStatus(status, organisationFormView(p))
}

// formOf are the values of an organisation in its form.
func formOf(o Organisation, pick Pick) ui.Form {
	return ui.Form{Values: map[string][]string{
		"name": {o.Name}, "name_fr": {o.NameFR}, "name_es": {o.NameES}, "acronym": {o.Acronym}, "kind": {o.Kind}, "country": {o.Country},
		"parent": {pick.Value}, "website": {o.Website}, "note": {o.Note}, "source": {o.Source}, "source_place": {o.SourcePlace},
		"aliases": {strings.Join(o.Aliases, "\n")}, "identifiers": {identifierLines(o.Identifiers)},
	}}
}

func (r *Room) editOrganisation(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	o, err := r.Organisation(c.Context(), key)
	if err != nil {
		return err
	}
	pick, err := r.PickFor(c.Context(), c.L.Lang, o.Parent)
	if err != nil {
		return err
	}
	return r.organisationForm(c, http.StatusOK, o, formOf(o, pick), pick, false)
}

func (r *Room) doEditOrganisation(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	v, err := c.Form()
	if err != nil {
		return err
	}
	now, err := r.Organisation(c.Context(), key)
	if err != nil {
		return err
	}
	f, pick, picked, err := r.readOrganisation(c, v, now.Parent)
	if err != nil {
		return err
	}
	o := now
	if picked == nil {
		o, err = r.UpdateOrganisation(c.Context(), c.Actor, key, f)
	} else {
		_, err = checkOrganisation(f.on(now), r.ref.Has)
		err = joined(err, picked)
	}
	var clash *audit.Clash[Organisation]
	if errors.As(err, &clash) {
		return r.organisationClash(c, clash)
	}
	if web.Mendable(err) {
		now.Version = f.Version // what the form was opened with is still to be compared
		return r.organisationForm(c, http.StatusUnprocessableEntity, now, sentForm(v, err, c.L, "parent", pick), pick, false)
	}
	if err != nil {
		return err
	}
	c.Flash(saved(o.Name, f.Version+1 < o.Version), "")
	return c.See(organisationPath(key))
}

// saved says that a change was kept, and whether another one was merged.
func saved(name string, merged bool) i18n.Msg {
	if merged {
		return i18n.M("directory.saved.merged", "{name} was saved. What somebody else changed in other fields was kept too.", i18n.A{"name": name})
	}
	return i18n.M("directory.saved", "{name} was saved.", i18n.A{"name": name})
}

// organisationClash shows the form again: what was typed stays, and each field
// that somebody else changed too says what it was changed to.
func (r *Room) organisationClash(c *web.Ctx, clash *audit.Clash[Organisation]) error {
	pick, err := r.PickFor(c.Context(), c.L.Lang, clash.Merged.Parent)
	if err != nil {
		return err
	}
	there, err := r.PickFor(c.Context(), c.L.Lang, clash.Now.Parent)
	if err != nil {
		return err
	}
	form := formOf(clash.Merged, pick)
	now := formOf(clash.Now, there)
	for _, field := range clash.Fields {
		value := now.Value(field)
		switch field {
		case "kind":
			value = r.nameOf(KindList, value, c.L.Lang)
		case "country":
			value = r.nameOf(CountryList, value, c.L.Lang)
		case "parent":
			value = there.name()
		}
		form.Errors = append(form.Errors, clashError(c.L, field, strings.ReplaceAll(value, "\n", "; ")))
	}
	return r.organisationForm(c, http.StatusConflict, clash.Now, form, pick, true)
}

// clashError says what a field was changed to in the meantime.
func clashError(l *i18n.L, field, value string) ui.FieldError {
	if value == "" {
		return ui.FieldError{Field: field, Text: l.T("directory.clash.empty", "Somebody emptied this field in the meantime")}
	}
	return ui.FieldError{Field: field, Text: l.T("directory.clash", "Somebody changed this in the meantime to: {value}", i18n.A{"value": value})}
}

// name is the name of what is chosen.
func (p Pick) name() string {
	for _, o := range p.Options {
		if o.Value == p.Value {
			return o.Text
		}
	}
	return p.Value
}

func (r *Room) doDeleteOrganisation(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	o, err := r.DeleteOrganisation(c.Context(), c.Actor, key)
	if web.Mendable(err) {
		return r.showOrganisation(c, http.StatusConflict, c.L.Say(errs.As(err).Msg))
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.deleted", "{name} was removed. It can come back for 30 days.", i18n.A{"name": o.Name}), organisationPath(key)+"/restore")
	return c.See("/organisations")
}

func (r *Room) doRestoreOrganisation(c *web.Ctx) error {
	key, err := record(c)
	if err != nil {
		return err
	}
	o, err := r.RestoreOrganisation(c.Context(), c.Actor, key)
	if web.Mendable(err) {
		return r.showOrganisation(c, http.StatusConflict, c.L.Say(errs.As(err).Msg))
	}
	if err != nil {
		return err
	}
	c.Flash(i18n.M("directory.restored", "{name} is back.", i18n.A{"name": o.Name}), "")
	return c.See(organisationPath(key))
}

// Organisations finds organisations by words of their name, as choices.
func (r *Room) Organisations(c *web.Ctx, words string) ([]ui.Option, error) {
	if search.Fold(words) == "" {
		return []ui.Option{}, nil
	}
	found, err := r.Find(c.Context(), c.L.Lang, words, matchesMost)
	return optionsOf(found), err
}
