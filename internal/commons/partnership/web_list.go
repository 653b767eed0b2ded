package partnership

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/search"
	"ayni/internal/kernel/tabular"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/web"
)

// pageRows is the number of rows of a page of a list.
const pageRows = 50

// exportMost is the number of rows of a file of a list.
const exportMost = 10_000

func (m *Room) listRoutes() []web.Route {
	return []web.Route{
		{Method: "GET", Pattern: "/partnerships", Perm: access.SignedIn, Do: m.list, Sorts: []string{"wait", "title"}},
		{Method: "GET", Pattern: "/partnerships/removed", Perm: access.Take, Do: m.removed},
	}
}

// listPage is the list of partnerships with its filter.
type listPage struct {
	ui.Base
	Head    ui.Head
	Tools   ui.Tools
	Chips   []ui.Chip
	Note    string // what of the filter could not be applied
	Rows    []ui.WorkRow
	Stretch ui.Stretch
	Exports []ui.Link
	Blank   *ui.Blank // instead of the rows
	Without []ui.Link // what the list would hold without one part of the filter
}

// listAsk is the filter as the address has it.
type listAsk struct {
	ListFilter
	words   string // as typed
	party   string // name of the party asked for
	pick    directory.Pick
	problem string   // why the party could not be found
	unknown []string // values of the filter that no list has
	address ui.Address
}

// listParts are the names of the filter in the address, in the order of the chips.
var listParts = []string{"q", "status", "theme", "country", "role", "party"}

// readList reads the filter from the address; what is of no list is left out.
func (m *Room) readList(c *web.Ctx) (listAsk, error) {
	f := listAsk{words: clipped(c.Query("q"))}
	f.Sort = "wait"
	if c.Query("sort") == "title" {
		f.Sort = "title"
	}
	f.Words = search.Fold(f.words)
	for _, s := range Statuses {
		if c.Query("status") == string(s) {
			f.Status = s
		}
	}
	for _, r := range Roles {
		if c.Query("role") == string(r) {
			f.Role = r
		}
	}
	if k := c.Query("theme"); m.ref.Has("focus_theme", k) {
		f.Theme = k
	}
	if k := c.Query("country"); m.ref.Has("country", k) {
		f.Country = k
	}
	f.unknown = unknownOf(c, map[string]string{"status": string(f.Status), "role": string(f.Role), "theme": f.Theme, "country": f.Country})
	var err error
	f.Party, f.pick, err = m.dir.Picked(c.Context(), c.L.Lang, "party", clipped(c.Query("party")), "")
	switch {
	case err != nil && !web.Mendable(err):
		return f, err
	case err != nil:
		f.Party = ""
		f.problem = web.FormState(nil, err, c.L).Error("party")
	case f.Party != "":
		err := m.d.Read(c.Context(), func(t *db.Tx) error {
			names, err := m.dir.Names(t, c.L.Lang, []string{f.Party})
			f.party = names[f.Party]
			return err
		})
		if err != nil {
			return f, err
		}
		if f.party == "" {
			f.Party = ""
		}
	}
	q := url.Values{}
	for name, value := range f.inForce() {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.Sort != "wait" {
		q.Set("sort", f.Sort)
	}
	f.address = ui.Address{Path: "/partnerships", Query: q}
	return f, nil
}

// unknownOf are the values of an address that were not taken over into a
// filter, in the order of their names.
func unknownOf(c *web.Ctx, taken map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(taken)) {
		if typed := clipped(c.Query(name)); typed != "" && taken[name] == "" {
			out = append(out, typed)
		}
	}
	return out
}

// unknownText says that values of a filter were left out.
func unknownText(l *i18n.L, values []string) string {
	if len(values) == 0 {
		return ""
	}
	quoted := make([]string, len(values))
	for i, s := range values {
		quoted[i] = l.Quote(s)
	}
	return l.T("list.unknown", "No list has {values}: this part of the filter is left out.", i18n.A{"values": l.List(quoted)})
}

// inForce is the filter by the names of its parts.
func (f listAsk) inForce() map[string]string {
	words := f.words
	if f.Words == "" {
		words = ""
	}
	return map[string]string{"q": words, "status": string(f.Status), "theme": f.Theme, "country": f.Country, "role": string(f.Role), "party": f.Party}
}

// without is the filter less one part.
func (f listAsk) without(part string) ListFilter {
	w := f.ListFilter
	switch part {
	case "q":
		w.Words = ""
	case "status":
		w.Status = ""
	case "theme":
		w.Theme = ""
	case "country":
		w.Country = ""
	case "role":
		w.Role = ""
	case "party":
		w.Party = ""
	}
	return w
}

// clipped bounds what is typed into a search.
func clipped(s string) string {
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200])
	}
	return s
}

// cursor is where a page of a list begins: the id of the row beside it and
// that row's number.
type cursor struct {
	after, before string
	n             int
}

func readCursor(c *web.Ctx) cursor {
	var k cursor
	k.after, k.n = parseCursor(c.Query("after"))
	if k.after == "" {
		k.before, k.n = parseCursor(c.Query("before"))
	}
	return k
}

func parseCursor(s string) (row string, n int) {
	row, number, _ := strings.Cut(s, ".")
	if !id.Valid(row) {
		return "", 0
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 {
		return row, 0
	}
	return row, n
}

// stretch says which rows of a list a page shows, and leads to the others.
// more says whether there are rows beyond the page in the direction it was
// read in.
func (k cursor) stretch(a ui.Address, ids []string, more bool, total string) ui.Stretch {
	s := ui.Stretch{Total: total}
	if len(ids) == 0 {
		return s
	}
	prev, next := false, more
	s.From = 1
	switch {
	case k.after != "":
		s.From, prev = k.n+1, true
	case k.before != "":
		s.From, prev, next = max(1, k.n-len(ids)), more, true
	}
	s.To = s.From + len(ids) - 1
	if prev {
		s.Prev = a.At("before", ids[0]+"."+strconv.Itoa(s.From))
	}
	if next {
		s.Next = a.At("after", ids[len(ids)-1]+"."+strconv.Itoa(s.To))
	}
	return s
}

// totalText is a count up to the cap of counting.
func totalText(l *i18n.L, n int) string {
	if n > countMost {
		return l.Num(countMost) + "+"
	}
	return l.Num(int64(n))
}

// exportLinks lead to a list in other forms; where it is longer than a file
// may be, they say so.
func exportLinks(l *i18n.L, a ui.Address, n int) []ui.Link {
	names := [2]string{"CSV", "JSON"}
	if n > exportMost {
		for i := range names {
			names[i] = l.T("list.export.first", "{format} (the first {n})", i18n.A{"format": names[i], "n": exportMost})
		}
	}
	return []ui.Link{{Text: names[0], Href: a.At("format", "csv")}, {Text: names[1], Href: a.At("format", "json")}}
}

func (m *Room) list(c *web.Ctx) error {
	f, err := m.readList(c)
	if err != nil {
		return err
	}
	switch c.Query("format") {
	case "csv":
		return m.listCSV(c, f)
	case "json":
		return m.listJSON(c, f)
	}
	l := c.L
	v := listPage{Base: c.Base(l.T("nav.partnerships", "Partnerships")), Note: strings.TrimSpace(f.problem + " " + unknownText(l, f.unknown))}
	k := readCursor(c)
	f.Limit = pageRows
	err = m.d.Read(c.Context(), func(t *db.Tx) error {
		rows, more, err := listed(t, c.Actor, f.ListFilter, k.after, k.before)
		if err != nil {
			return err
		}
		v.Rows, err = m.workRows(t, c, rows)
		if err != nil {
			return err
		}
		n, err := countListed(t, c.Actor, f.ListFilter, countMost+1)
		if err != nil {
			return err
		}
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		v.Head.Lead = l.N("list.count", n, "{total} partnership.", "{total} partnerships.", i18n.A{"total": totalText(l, n)})
		v.Stretch, v.Exports = k.stretch(f.address, ids, more, totalText(l, n)), exportLinks(l, f.address, n)
		if c.Actor.Staff() && c.Actor.May(access.Take) {
			v.Exports = append(v.Exports, ui.Link{Text: l.T("list.removed", "Removed partnerships"), Href: "/partnerships/removed"})
		}
		v.Tools, v.Chips = m.listTools(c, f)
		if len(rows) == 0 {
			return m.listNone(t, c, &v, f, n)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if f.Sort == "title" {
		v.Head.Sub = l.T("list.by_title", "By title.")
	} else {
		v.Head.Sub = l.T("list.by_wait", "The longest wait first.")
	}
	if c.Actor.May(access.Create) {
		v.Head.Buttons = []ui.Button{{Text: l.T("partnership.new", "New partnership"), Href: "/partnerships/new"}}
	}
	return c.Page(listBody(v))
}

func (m *Room) themeOptions(l *i18n.L) []ui.Option {
	var out []ui.Option
	for _, i := range m.ref.All("focus_theme") {
		out = append(out, ui.Option{Value: i.Code, Text: i.Code + " " + firstOf(i.In("short", l.Lang), i.Name(l.Lang))})
	}
	return out
}

// listTools are the filter and what of it is in force.
func (m *Room) listTools(c *web.Ctx, f listAsk) (ui.Tools, []ui.Chip) {
	l := c.L
	anything := l.T("list.any", "Any")
	var statuses []ui.Option
	for _, s := range Statuses {
		statuses = append(statuses, ui.Option{Value: string(s), Text: l.Say(statusMsg(s))})
	}
	themes := m.themeOptions(l)
	t := ui.Tools{Action: "/partnerships", Fields: []ui.Field{
		{Kind: ui.Search, Name: "q", Label: l.T("list.words", "Words of the title"), Value: f.words, Width: "n8"},
		{Kind: ui.Select, Name: "status", Label: l.T("list.status", "Status"), Value: string(f.Status), Options: withNone(anything, statuses)},
		{Kind: ui.Select, Name: "theme", Label: l.T("list.theme", "Theme"), Value: f.Theme, Options: withNone(anything, themes)},
		{Kind: ui.Select, Name: "country", Label: l.T("list.country", "Country"), Value: f.Country, Width: "n8", Options: withNone(anything, m.countryOptions(c))},
		{Kind: ui.Select, Name: "role", Label: l.T("list.role", "Role held"), Value: string(f.Role), Options: withNone(anything, roleOptions(l))},
		f.pick.Field(ui.Field{Name: "party", Label: l.T("list.party", "Party"), Width: "n8"}, anything),
		{Kind: ui.Select, Name: "sort", Label: l.T("list.sort", "Sort by"), Value: f.Sort, Options: []ui.Option{
			{Value: "wait", Text: l.T("list.sort.wait", "Longest wait")}, {Value: "title", Text: l.T("list.sort.title", "Title")},
		}},
	}}
	texts := map[string]string{
		"q": l.Quote(f.words), "status": l.Say(statusMsg(f.Status)), "country": m.ref.Name("country", f.Country, l.Lang), "role": l.Say(roleMsg(f.Role)), "party": f.party,
	}
	for _, o := range themes {
		if o.Value == f.Theme {
			texts["theme"] = o.Text
		}
	}
	var chips []ui.Chip
	force := f.inForce()
	for _, part := range listParts {
		if force[part] != "" {
			chips = append(chips, ui.Chip{Text: texts[part], Href: f.address.Without(part, "")})
		}
	}
	t.Count = len(chips)
	if len(chips) > 0 || f.words != "" {
		t.Clear = "/partnerships"
	}
	return t, chips
}

// listNone says why the list is empty: nothing yet, a page beyond the end, or
// a filter, and then which part of it to drop.
func (m *Room) listNone(t *db.Tx, c *web.Ctx, v *listPage, f listAsk, n int) error {
	l := c.L
	if n > 0 {
		v.Blank = &ui.Blank{ID: "none", Title: l.T("list.beyond", "Nothing on this page"), Text: l.T("list.beyond.text", "The list has changed meanwhile."),
			Buttons: []ui.Button{{Text: l.T("list.first", "Go to its beginning"), Href: f.address.Without("after", ""), Alt: true}}}
		return nil
	}
	if len(v.Chips) == 0 {
		v.Blank = &ui.Blank{ID: "none", Triangle: true, Title: l.T("home.none", "No partnership yet"),
			Text: l.T("home.none.text", "Here you will see each partnership with its parties in their roles, the eleven steps, and who is waited for since when.")}
		if c.Actor.May(access.Create) {
			v.Blank.Buttons = []ui.Button{{Text: l.T("partnership.new", "New partnership"), Href: "/partnerships/new"}}
		}
		if !c.Actor.Staff() {
			v.Blank.Title = l.T("home.none.partner", "Your organisation takes part in no partnership here yet")
			v.Blank.Text = l.T("home.none.partner.text", "As soon as it is recorded as a party, the partnership stands here with what waits for you.")
		}
		return nil
	}
	v.Blank = &ui.Blank{ID: "none", Title: l.T("list.nothing_found", "Nothing found"), Text: l.T("list.nothing_found.text", "No partnership meets every part of this filter."),
		Buttons: []ui.Button{{Text: l.T("list.clear", "Clear the filter"), Href: "/partnerships", Alt: true}}}
	if len(v.Chips) < 2 {
		return nil
	}
	force, at := f.inForce(), 0
	for _, part := range listParts {
		if force[part] == "" {
			continue
		}
		chip := v.Chips[at]
		at++
		n, err := countListed(t, c.Actor, f.without(part), countMost+1)
		if err != nil {
			return err
		}
		v.Without = append(v.Without, ui.Link{Href: chip.Href, Text: l.T("list.without", "Without “{part}”: {total}", i18n.A{"part": strings.Trim(chip.Text, "“”"), "total": totalText(l, n)})})
	}
	return nil
}

// exportedRow is a partnership as the files of a list hold it. Dates are days,
// months or years as far as they are known; empty is missing.
type exportedRow struct {
	ID            string    `json:"id"`
	Title         string    `json:"title"`
	Status        Status    `json:"status"`
	StartOn       clock.Day `json:"start_on"`
	EndOn         clock.Day `json:"end_on"`
	Example       bool      `json:"example"`
	Confidential  bool      `json:"confidential"`
	Beneficiary   []string  `json:"beneficiary"`
	Pivotal       []string  `json:"pivotal"`
	Facilitating  []string  `json:"facilitating"`
	Unstated      []string  `json:"role_not_stated"`
	Met           int       `json:"met"`
	Attested      int       `json:"attested"`
	Partly        int       `json:"partly"`
	Open          int       `json:"open"`
	NotApplicable int       `json:"not_applicable"`
	Journey       []State   `json:"journey"` // of the eleven steps
	WaitsFor      string    `json:"waits_for"`
	WaitsWhat     string    `json:"waits_what"`
	WaitsSince    clock.Day `json:"waits_since"`
}

// export reads the rows of a list for a file, a stretch at a time, each from
// the same snapshot.
func (m *Room) export(c *web.Ctx, f listAsk, fn func(e exportedRow)) (capped bool, err error) {
	f.Limit = 500
	err = m.d.Read(c.Context(), func(t *db.Tx) error {
		after := ""
		for n := 0; n < exportMost; {
			rows, more, err := listed(t, c.Actor, f.ListFilter, after, "")
			if err != nil {
				return err
			}
			facts, err := m.rowFacts(t, c.Actor, c.L, rows)
			if err != nil {
				return err
			}
			for _, r := range rows {
				fn(facts.exported(r))
			}
			n += len(rows)
			capped = more
			if !more {
				return nil
			}
			after = rows[len(rows)-1].ID
		}
		return nil
	})
	return capped, err
}

func (f *rowFacts) exported(r Row) exportedRow {
	e := exportedRow{
		ID: r.ID, Title: r.TitleIn(f.l.Lang), Status: r.Status, StartOn: r.StartOn, EndOn: r.EndOn, Example: r.Example, Confidential: r.Confidential,
		Met: r.Met, Attested: r.Attested, Partly: r.Partly, Open: r.Open, NotApplicable: r.NotApplicable, Journey: StripStates(r.Strip),
	}
	for role, to := range map[Role]*[]string{Beneficiary: &e.Beneficiary, Pivotal: &e.Pivotal, Facilitating: &e.Facilitating, "": &e.Unstated} {
		names, _ := f.byRole(r, role)
		*to = append([]string{}, names...)
	}
	who, what, since := f.wait(r)
	e.WaitsFor, e.WaitsWhat, e.WaitsSince = who, what, since.Day()
	return e
}

func (m *Room) listCSV(c *web.Ctx, f listAsk) error {
	var b bytes.Buffer
	heads := []string{"id", "title", "status", "start_on", "end_on", "example", "confidential", "beneficiary", "pivotal", "facilitating", "role_not_stated",
		"met", "attested", "partly", "open", "not_applicable"}
	for _, s := range Steps {
		heads = append(heads, "step_"+strconv.Itoa(s.Number))
	}
	w := tabular.NewWriter(&b, append(heads, "waits_for", "waits_what", "waits_since")...)
	_, err := m.export(c, f, func(e exportedRow) {
		row := []string{e.ID, e.Title, string(e.Status), string(e.StartOn), string(e.EndOn), strconv.FormatBool(e.Example), strconv.FormatBool(e.Confidential),
			strings.Join(e.Beneficiary, "\n"), strings.Join(e.Pivotal, "\n"), strings.Join(e.Facilitating, "\n"), strings.Join(e.Unstated, "\n"),
			strconv.Itoa(e.Met), strconv.Itoa(e.Attested), strconv.Itoa(e.Partly), strconv.Itoa(e.Open), strconv.Itoa(e.NotApplicable)}
		for _, s := range e.Journey {
			row = append(row, string(s))
		}
		w.Row(append(row, e.WaitsFor, e.WaitsWhat, string(e.WaitsSince))...)
	})
	if err != nil {
		return err
	}
	return attachCSV(c, "partnerships.csv", w, &b)
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
		return errs.Wrap(errs.Internal, err)
	}
	return c.Attach(name, "application/json; charset=utf-8", b)
}

func (m *Room) listJSON(c *web.Ctx, f listAsk) error {
	out := struct {
		Partnerships []exportedRow `json:"partnerships"`
		Capped       bool          `json:"capped"`
	}{Partnerships: []exportedRow{}}
	var err error
	out.Capped, err = m.export(c, f, func(e exportedRow) { out.Partnerships = append(out.Partnerships, e) })
	if err != nil {
		return err
	}
	return attachJSON(c, "partnerships.json", out)
}
