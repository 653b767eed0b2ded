package partnership

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/ui/htmlcheck"
)

// portfolio makes five partnerships, one a day, and gives their titles.
func portfolio(x *site, c cast) []string {
	x.Helper()
	titles := []string{"Cotton with trust", "Áreas sin trabajo infantil", "Ports without forced labour", "Decent work on farms", "Quiet talks"}
	roles := [][]NewParty{
		{{Party: Party{Organisation: c.india}, Roles: []PartyRole{{Role: Beneficiary}}}, {Party: Party{Organisation: c.brazil}, Roles: []PartyRole{{Role: Pivotal}}}},
		{{Party: Party{Organisation: c.brazil}, Roles: []PartyRole{{Role: Beneficiary}}}},
		{{Party: Party{Organisation: c.india}, Roles: []PartyRole{{Role: Pivotal}}}},
		{{Party: Party{Label: "Unions of the region"}}},
		nil,
	}
	themes := []string{"1", "2", "1", "3", ""}
	countries := []string{"MOZ", "MOZ", "MLI", "PRY", ""}
	for i, title := range titles {
		n := NewPartnership{Partnership: Partnership{Title: title, Confidential: title == "Quiet talks"}, Parties: roles[i], About: About{}}
		if themes[i] != "" {
			n.About["focus_theme"] = []string{themes[i]}
		}
		p := x.create(c.manager, n)
		if countries[i] != "" {
			x.place(c.manager, p, countries[i])
		}
		if title == "Ports without forced labour" {
			x.ok(x.s.Move(x.Context(), c.manager, p, Active, "Work has begun"))
		}
		x.later(24 * time.Hour)
	}
	return titles
}

// titlesOf are the partnerships of a list page, in their order.
func titlesOf(p *htmlcheck.Page, among []string) []string {
	var out []string
	for _, h := range p.Headings() {
		if slices.Contains(among, h) {
			out = append(out, h)
		}
	}
	return out
}

func TestListFilters(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		titles := portfolio(x, c)
		cotton, areas, ports, farms, talks := titles[0], titles[1], titles[2], titles[3], titles[4]
		for _, look := range []struct {
			who   access.Actor
			query string
			want  []string
		}{
			{c.officer, "", []string{cotton, areas, ports, farms}},
			{c.auditor, "", []string{cotton, areas, ports, farms}},
			{c.manager, "", titles},
			{c.admin, "", titles},
			{c.ana, "", []string{cotton, areas}},
			{c.ravi, "", []string{cotton, ports}},
			{c.officer, "sort=title", []string{areas, cotton, farms, ports}},
			{c.officer, "q=TRABAJO+areas", []string{areas}},
			{c.officer, "q=100%25", nil},
			{c.officer, "status=active", []string{ports}},
			{c.officer, "status=exploring", []string{cotton, areas, farms}},
			{c.officer, "theme=1", []string{cotton, ports}},
			{c.officer, "country=MOZ", []string{cotton, areas}},
			{c.officer, "role=pivotal", []string{cotton, ports}},
			{c.officer, "role=funding", nil},
			{c.officer, "party=" + c.brazil, []string{cotton, areas}},
			{c.officer, "party=Agency+of+India", []string{cotton, ports}},
			{c.officer, "party=" + c.brazil + "&role=pivotal", []string{cotton}},
			{c.officer, "party=" + c.india + "&role=beneficiary&theme=1&country=MOZ", []string{cotton}},
			{c.ana, "country=MLI", nil},
			{c.officer, "country=XXX&status=odd&theme=99&role=king", []string{cotton, areas, ports, farms}},
			{c.manager, "q=quiet", []string{talks}},
			{c.officer, "q=quiet", nil},
		} {
			page := x.get(look.who, "/partnerships?"+look.query)
			if got := titlesOf(page, titles); !slices.Equal(got, look.want) {
				t.Errorf("%s, %q: %q, want %q", look.who.Name, look.query, got, look.want)
			}
			word := " partnerships."
			if len(look.want) == 1 {
				word = " partnership."
			}
			page.MustSay(t, fmt.Sprint(len(look.want))+word)
		}
	})
}

func TestListSaysWhichPartOfTheFilterToDrop(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		portfolio(x, c)
		page := x.get(c.officer, "/partnerships?theme=3&country=MOZ&sort=title")
		page.MustSay(t, "Nothing found", ", remove")
		name := ""
		for _, o := range NewRoom(x.s, x.acc).themeOptions(i18n.For("en")) {
			if o.Value == "3" {
				name = o.Text
			}
		}
		if href := page.Link("Without “" + name + "”: 2"); href != "/partnerships?country=MOZ&sort=title" {
			t.Errorf("without the theme the list leads to %q", href)
		}
		if href := page.Link("Without “Mozambique”: 1"); href != "/partnerships?sort=title&theme=3" {
			t.Errorf("without the country the list leads to %q", href)
		}
		if page.Link("Clear the filter") != "/partnerships" {
			t.Error("the filter can't be cleared")
		}
		form := page.Form("/partnerships")
		if form.Get("theme") != "3" || form.Get("country") != "MOZ" || form.Get("sort") != "title" {
			t.Errorf("the filter shows %v", form)
		}
		page = x.get(c.officer, "/partnerships?party=Agency+of+Nowhere")
		page.MustSay(t, "4 partnerships.")
		if !strings.Contains(page.Text(), "Agency of Nowhere") && page.Form("/partnerships").Get("party") == "" {
			t.Error("what could not be found is not said")
		}
	})
}

func TestListPages(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		titles := portfolio(x, c)
		for _, sort := range []string{"wait", "title"} {
			page := func(after, before string) (rows []string, ids []string, more bool) {
				x.read(func(tx *db.Tx) error {
					list, m, err := listed(tx, c.manager, ListFilter{Sort: sort, Limit: 2}, after, before)
					more = m
					for _, r := range list {
						rows, ids = append(rows, r.Title), append(ids, r.ID)
					}
					return err
				})
				return rows, ids, more
			}
			var all []string
			var pages [][]string
			after := ""
			for {
				rows, ids, more := page(after, "")
				all, pages = append(all, rows...), append(pages, ids)
				if !more {
					break
				}
				after = ids[len(ids)-1]
			}
			want := slices.Clone(titles)
			if sort == "title" {
				slices.SortFunc(want, func(a, b string) int { return strings.Compare(foldName(a), foldName(b)) })
			}
			if !slices.Equal(all, want) {
				t.Errorf("by %s forward: %q, want %q", sort, all, want)
			}
			_, ids, more := page("", pages[2][0])
			if !slices.Equal(ids, pages[1]) || !more {
				t.Errorf("by %s back from the third page: %v, want %v", sort, ids, pages[1])
			}
			_, ids, more = page("", pages[1][0])
			if !slices.Equal(ids, pages[0]) || more {
				t.Errorf("by %s back from the second page: %v, more %v", sort, ids, more)
			}
		}
		last := x.get(c.manager, "/partnerships?after="+url.QueryEscape("01234567-89ab-7def-8123-456789abcdef.50"))
		last.MustSay(t, "Nothing on this page", "5 partnerships.")
		if last.Link("Go to its beginning") != "/partnerships" {
			t.Error("an empty page does not lead back")
		}
	})
}

func TestStretch(t *testing.T) {
	t.Parallel()
	a := ui.Address{Path: "/x", Query: url.Values{"q": {"y"}}}
	ids := []string{"one", "two"}
	for _, c := range []struct {
		k    cursor
		more bool
		want ui.Stretch
	}{
		{cursor{}, true, ui.Stretch{From: 1, To: 2, Total: "9", Next: "/x?after=two.2&q=y"}},
		{cursor{}, false, ui.Stretch{From: 1, To: 2, Total: "9"}},
		{cursor{after: "zero", n: 4}, true, ui.Stretch{From: 5, To: 6, Total: "9", Prev: "/x?before=one.5&q=y", Next: "/x?after=two.6&q=y"}},
		{cursor{after: "zero", n: 4}, false, ui.Stretch{From: 5, To: 6, Total: "9", Prev: "/x?before=one.5&q=y"}},
		{cursor{before: "zero", n: 5}, true, ui.Stretch{From: 3, To: 4, Total: "9", Prev: "/x?before=one.3&q=y", Next: "/x?after=two.4&q=y"}},
		{cursor{before: "zero", n: 3}, false, ui.Stretch{From: 1, To: 2, Total: "9", Next: "/x?after=two.2&q=y"}},
	} {
		if got := c.k.stretch(a, ids, c.more, "9"); got != c.want {
			t.Errorf("%+v, more %v: %+v, want %+v", c.k, c.more, got, c.want)
		}
	}
	for in, want := range map[string]string{"": "", "x.2": "", "01234567-89ab-7def-8123-456789abcdef.3": "01234567-89ab-7def-8123-456789abcdef", "01234567-89ab-7def-8123-456789abcdef": "01234567-89ab-7def-8123-456789abcdef"} {
		if got, _ := parseCursor(in); got != want {
			t.Errorf("cursor %q: %q, want %q", in, got, want)
		}
	}
	if got := totalText(i18n.For("en"), countMost+1); got != "10,000+" {
		t.Errorf("beyond the cap the count is %q", got)
	}
}

func TestListAsFiles(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		titles := portfolio(x, c)
		x.create(c.manager, NewPartnership{Partnership: Partnership{Title: "=1+1"}, Parties: []NewParty{{Party: Party{Label: "@home"}, Roles: []PartyRole{{Role: Facilitating}}}}})
		read := func(a access.Actor, query string) [][]string {
			t.Helper()
			rows, err := csv.NewReader(strings.NewReader(x.file(a, "/partnerships?format=csv&"+query))).ReadAll()
			x.ok(err)
			return rows
		}
		rows := read(c.officer, "sort=title")
		head := rows[0]
		if len(rows) != 6 || head[1] != "title" || len(head) != 30 {
			t.Fatalf("%d rows under %q", len(rows)-1, head)
		}
		col := func(row []string, name string) string { return row[slices.Index(head, name)] }
		first := rows[1]
		if col(first, "title") != "'=1+1" || col(first, "facilitating") != "'@home" {
			t.Errorf("a formula stands as %q and %q", col(first, "title"), col(first, "facilitating"))
		}
		cotton := rows[3]
		if col(cotton, "title") != titles[0] || col(cotton, "beneficiary") != "Agency of India" || col(cotton, "pivotal") != "Agency of Brazil" || col(cotton, "open") != "35" ||
			col(cotton, "step_11") != "open" || col(cotton, "waits_for") != "Mara" || col(cotton, "waits_since") != string(firstDay) || col(cotton, "confidential") != "false" {
			t.Errorf("Cotton stands as %q", cotton)
		}
		if rows = read(c.ravi, "country=MOZ"); len(rows) != 2 || rows[1][1] != titles[0] {
			t.Errorf("Ravi's file holds %q", rows)
		}

		var doc struct {
			Partnerships []exportedRow `json:"partnerships"`
			Capped       bool          `json:"capped"`
		}
		x.ok(json.Unmarshal([]byte(x.file(c.manager, "/partnerships?format=json&status=active")), &doc))
		if len(doc.Partnerships) != 1 || doc.Capped || doc.Partnerships[0].Title != titles[2] || !slices.Equal(doc.Partnerships[0].Pivotal, []string{"Agency of India"}) || len(doc.Partnerships[0].Journey) != 11 {
			t.Errorf("the JSON holds %+v", doc)
		}
		if body := x.file(c.ana, "/partnerships?format=json&country=MLI"); body != `{"partnerships":[],"capped":false}` {
			t.Errorf("an empty list is %s", body)
		}
		page := x.get(c.officer, "/partnerships?country=MOZ")
		if page.Link("CSV") != "/partnerships?country=MOZ&format=csv" || page.Link("JSON") != "/partnerships?country=MOZ&format=json" {
			t.Errorf("the files are at %q and %q", page.Link("CSV"), page.Link("JSON"))
		}
	})
}

func TestRowsNameRolesAsTheyAreHeld(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		x.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Old and new roles", Example: true, StartOn: "2014", EndOn: "2024-05"}, Parties: []NewParty{
			{Party: Party{Organisation: c.india}, Roles: []PartyRole{{Role: Beneficiary, ToOn: "2026-11-23"}, {Role: Facilitating, FromOn: "2026-11-24"}}},
			{Party: Party{Organisation: c.brazil}, Roles: []PartyRole{{Role: Pivotal, FromOn: "2027"}}},
			{Party: Party{Label: "Partner countries", LabelFR: "Pays partenaires"}},
		}})
		page := x.get(c.officer, "/partnerships")
		page.MustSay(t, "Fictitious · exploring · 2014 to May 2024", "beneficiary vacant", "pivotal vacant", "facilitating Agency of India", "Partner countries")
		page = x.get(c.officer, "/partnerships?lang=fr")
		page.MustSay(t, "Pays partenaires")
	})
}

func TestCountShort(t *testing.T) {
	t.Parallel()
	l := i18n.For("en")
	for want, s := range map[string]Summary{
		"none of 35 begun":           {Open: 35},
		"4 of 35 partly":             {Partly: 4, Open: 31},
		"15 of 34 done":              {Met: 15, Partly: 3, NotApplicable: 1},
		"15 of 35 done, 2 attested":  {Met: 15, Attested: 2},
		"1 attested":                 {Attested: 1, Open: 34},
		"3 of 35 partly, 1 attested": {Attested: 1, Partly: 3},
	} {
		if got := countShort(l, s); got != want {
			t.Errorf("%+v: %q, want %q", s, got, want)
		}
	}
}
