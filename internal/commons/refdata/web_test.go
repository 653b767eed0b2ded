package refdata

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/ui/htmlcheck"
	"ayni/internal/kernel/web"
)

// paths are all pages of the room.
func paths(s *Service) []string {
	out := []string{"/countries", "/countries?set=LDC&region=002", "/countries?q=zzz", "/countries?sort=-name", "/guide", "/guide?open=all", "/guide/countries", "/guide/groups", "/guide/stories",
		"/guide/challenges", "/guide/roadmap", "/guide/statements", "/guide/definitions", "/guide/themes", "/guide/frameworks", "/guide/reading", "/sources", "/reference",
		"/reference/country", "/reference/country?after=100&q=a", "/reference/country?q=zzz", "/reference/country_set_member/rows/LDC:BTN", "/reference/element/rows/prospect.geography", "/reference/population_group/new", "/reference/population_group/rows/women/edit",
		"/reference/country_set_member/new", "/countries/CHE", "/countries/ABW"}
	for _, g := range s.All("guide_country") {
		out = append(out, countryPath(g.Code))
	}
	for _, g := range s.All("guide_story") {
		out = append(out, storyPath(g.Code))
	}
	for _, l := range s.Lists() {
		out = append(out, listPath(l.Code))
	}
	return out
}

// Every page is whole in every language, and every address it links to within
// the room answers; anchors too.
func TestEveryPageIsWhole(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	s := loaded(t, d)
	r := NewRoom(s)
	r.Partnerships = func(_ *web.Ctx, country string) ([]ui.CheckLine, error) {
		if country == "BRA" {
			return []ui.CheckLine{{Text: "Cotton", Href: "/partnerships/1", End: "active"}}, nil
		}
		return nil, nil
	}
	r.AdminViews = func(*web.Ctx) []ui.NavItem {
		return []ui.NavItem{{Link: ui.Link{Text: "Accounts", Href: "/admin/accounts"}}, {Link: ui.Link{Text: "Reference data", Href: "/reference"}, Current: "page"}}
	}
	h := newSite(t, d, r)
	ids := map[string]string{} // page → its text, for anchors
	links := map[string]string{}
	for _, lang := range []string{"en", "fr", "es"} {
		for _, path := range paths(s) {
			at := path + "?lang=" + lang
			if strings.Contains(path, "?") {
				at = path + "&lang=" + lang
			}
			w := h.do("admin", http.MethodGet, at, nil)
			if w.Code != http.StatusOK {
				t.Errorf("GET %s: %d", at, w.Code)
				continue
			}
			p := htmlcheck.Parse(t, w.Body.String())
			if p.Lang() != lang {
				t.Errorf("GET %s: language %s", at, p.Lang())
			}
			if lang == "en" {
				ids[path] = w.Body.String()
				for _, k := range p.Links() {
					links[k] = path
				}
			}
		}
	}
	seen := map[string]bool{}
	for k, from := range links {
		u, err := url.Parse(k)
		if err != nil || u.Host != "" || seen[k] {
			continue
		}
		seen[k] = true
		page := u.Path
		if page == "" {
			page, _, _ = strings.Cut(from, "?")
		}
		known := false
		for _, prefix := range []string{"/countries", "/guide", "/sources", "/reference"} {
			known = known || page == prefix || strings.HasPrefix(page, prefix+"/") || strings.HasPrefix(page, prefix+".")
		}
		if !known {
			continue
		}
		body, ok := ids[page]
		if !ok {
			w := h.do("admin", http.MethodGet, page, nil)
			if w.Code != http.StatusOK {
				t.Errorf("%s links to %s: %d", from, k, w.Code)
				continue
			}
			body = w.Body.String()
			ids[page] = body
		}
		if u.Fragment != "" && !strings.Contains(body, `id="`+u.Fragment+`"`) {
			t.Errorf("%s links to %s, where nothing has that id", from, k)
		}
	}
	if len(seen) < 200 {
		t.Errorf("only %d links were followed", len(seen))
	}
}

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	h := newSite(t, d, NewRoom(loaded(t, d)))
	for _, c := range []struct {
		who, path string
		want      int
	}{
		{"partner", "/countries", 200}, {"partner", "/guide", 200}, {"partner", "/sources", 200}, {"partner", "/guide/lists/statement.csv", 200},
		{"partner", "/reference", 403}, {"partner", "/reference/country", 403}, {"partner", "/reference/country/rows.csv", 403},
		{"officer", "/reference", 200}, {"officer", "/reference/country", 200}, {"officer", "/reference/population_group/new", 403},
		{"officer", "/reference/population_group/rows/women/edit", 403}, {"admin", "/reference/population_group/new", 200}, {"admin", "/reference/step/new", 409},
		{"admin", "/countries/XXX", 404}, {"admin", "/guide/stories/SS9", 404}, {"admin", "/guide/lists/currency.csv", 404}, {"admin", "/guide/lists/statement.xml", 404}, {"admin", "/guide/lists/statement", 404},
		{"admin", "/reference/nolist", 404}, {"admin", "/reference/country/rows/XXX", 404}, {"nobody", "/countries", 401},
	} {
		if w := h.do(c.who, http.MethodGet, c.path, nil); w.Code != c.want {
			t.Errorf("GET %s as %s: %d, want %d", c.path, c.who, w.Code, c.want)
		}
	}
	p := h.page("officer", "/reference/population_group", 200)
	if p.Link("Add a row") != "" {
		t.Error("an officer is offered to add a row")
	}
}

func TestMatrixPage(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	h := newSite(t, d, NewRoom(loaded(t, d)))
	w := h.do("partner", http.MethodGet, "/guide/countries", nil)
	body := w.Body.String()
	for what, want := range map[string]int{`href="/countries/`: 17 + 87 + 17, "m-pres": 87, "m-miss": 15, ">not stated<": 13, ">not in the row<": 2} {
		if n := strings.Count(body, what); n != want {
			t.Errorf("%s stands %d times, want %d", what, n, want)
		}
	}
	p := htmlcheck.Parse(t, body)
	p.MustSay(t, "87 cells described.", "13 columns are empty", "2 are not in it at all", "17 countries, 6 themes")

	var cells []map[string]any
	w = h.do("partner", http.MethodGet, "/guide/countries.json", nil)
	err := json.Unmarshal(w.Body.Bytes(), &cells)
	if err != nil || len(cells) != 102 {
		t.Errorf("%d cells as JSON, %v", len(cells), err)
	}
	w = h.do("partner", http.MethodGet, "/guide/countries.csv?lang=fr", nil)
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != 103 {
		t.Errorf("%d rows as CSV, %v", len(rows), err)
	}
	if !slices.ContainsFunc(rows, func(r []string) bool { return r[1] == "Algérie" && r[3] == "filled" && r[4] != "" }) {
		t.Error("the file in French does not speak French")
	}
}

func TestCountryPage(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	d.Clock.Set(clock.Day("2026-11-24").Ms())
	h := newSite(t, d, NewRoom(loaded(t, d)))
	p := h.page("partner", "/countries/BRB", 200)
	p.MustSay(t, "As described in the guide (2023)", "Not stated: the guide leaves this column empty.", "Not in the guide’s row of this country.", "Themes by an editor, not verified")
	p = h.page("partner", "/countries/DZA", 200)
	p.MustSay(t, "The same programme or document in another wording")
	p.MustNotSay(t, "Not in the guide’s row")
	p = h.page("partner", "/countries/CHN", 200)
	rows := p.Table("Ratifications")
	if len(rows) != 3 || rows[1][1] != "ratified" || rows[1][2] != "missing" {
		t.Errorf("ratifications of China: %v", rows)
	}
	p = h.page("partner", "/countries/CHE", 200)
	p.MustSay(t, "The guide does not describe this country.", "None is recorded here. That is missing, not “not ratified”.")
	p = h.page("partner", "/countries/MEX", 200)
	p.MustSay(t, "Upper-middle-income economies", "1 Jul 2025 to 30 Jun 2026", "not verified", "first day not recorded")
	p = h.page("partner", "/countries/BTN", 200)
	today := p.Table("Sets today")
	if slices.ContainsFunc(today, func(r []string) bool { return strings.HasPrefix(r[0], "Least developed") }) {
		t.Errorf("Bhutan is still shown as a least developed country: %v", today)
	}
	before := p.Table("Before")
	if !slices.ContainsFunc(before, func(r []string) bool {
		return strings.HasPrefix(r[0], "Least developed") && r[1] == "1971 to 13 Dec 2023" && r[2] == "not verified"
	}) {
		t.Errorf("what Bhutan was before: %v", before)
	}
	w := h.do("partner", http.MethodGet, "/countries/CAF?lang=fr", nil)
	if !strings.Contains(w.Body.String(), `lang="en">Enabling Environment`) {
		t.Error("an English title on a French page does not say its language")
	}
}

func TestCountriesFilter(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	d.Clock.Set(clock.Day("2026-11-24").Ms())
	s := loaded(t, d)
	codes := func(f CountryFilter) []string {
		out := []string{}
		for _, c := range s.Countries(f, "2026-11-24") {
			out = append(out, c.Code)
		}
		return out
	}
	if n := len(codes(CountryFilter{})); n != 249 {
		t.Errorf("%d countries", n)
	}
	for name, c := range map[string]struct {
		f    CountryFilter
		want []string
	}{
		"a set":           {CountryFilter{Set: "IBSA", Lang: "en"}, []string{"BRA", "IND", "ZAF"}},
		"in French order": {CountryFilter{Set: "IBSA", Lang: "fr"}, []string{"ZAF", "BRA", "IND"}},
		"turned round":    {CountryFilter{Set: "IBSA", Lang: "en", Down: true}, []string{"ZAF", "IND", "BRA"}},
		"a region":        {CountryFilter{Region: "018", Lang: "en"}, []string{"BWA", "SWZ", "LSO", "NAM", "ZAF"}},
		"accents":         {CountryFilter{Text: "cote d", Lang: "en"}, []string{"CIV"}},
		"a code":          {CountryFilter{Text: "br", Region: "005", Lang: "en"}, []string{"BRA"}},
		"nothing":         {CountryFilter{Text: "nowhere"}, []string{}},
	} {
		if diff := cmp.Diff(c.want, codes(c.f)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if n := len(codes(CountryFilter{Set: "LDC"})); n != 44 {
		t.Errorf("%d least developed countries today, want 44", n)
	}
	if n := len(codes(CountryFilter{Set: "INCOME_LOW"})); n != 25 {
		t.Errorf("%d low-income economies of the newest year, want 25", n)
	}
	h := newSite(t, d, NewRoom(s))
	w := h.do("partner", http.MethodGet, "/countries.csv?set=IBSA", nil)
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Errorf("%d rows as CSV, %v", len(rows), err)
	}
}

func TestStories(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	h := newSite(t, d, NewRoom(loaded(t, d)))
	p := h.page("partner", "/guide/stories", 200)
	rows := p.Table("Success stories")
	if len(rows) != 7 {
		t.Fatalf("%d stories", len(rows)-1)
	}
	missing := 0
	for _, r := range rows[1:] {
		if r[3] == "missing" {
			missing++
		}
	}
	if missing != 2 || rows[1][3] != "USD 8,000,000 Budget" {
		t.Errorf("amounts: %d missing, the first is %q", missing, rows[1][3])
	}
	p = h.page("partner", "/guide/stories/SS1", 200)
	p.MustSay(t, "US$ 8.0 million", "(inferred from the results)", "inferred from the results", "(implied)", "(achieved)", "(planned)")
	p = h.page("partner", "/guide/stories/SS6", 200)
	p.MustSay(t, "signed 7 Dec 2022", "not stated in the guide")
	p = h.page("partner", "/guide/statements", 200)
	p.MustSay(t, "16 statements.", "The guide’s text is cut off here.")
}

func TestAddingRowsAndVersions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := loaded(t, d)
		h := newSite(t, d, NewRoom(s))
		path := "/reference/population_group/new"
		form := h.page("admin", path, 200).Form(path)
		w := h.do("admin", http.MethodPost, path, form)
		if w.Code != http.StatusUnprocessableEntity {
			t.Fatalf("an empty row: %d", w.Code)
		}
		p := htmlcheck.Parse(t, w.Body.String())
		if n := len(p.Errors()); n != 6 {
			t.Errorf("errors: %v", p.Errors())
		}
		for name, v := range map[string]string{"code": "seafarers", "name_en": "Seafarers", "name_fr": "Gens de mer", "name_es": "Gente de mar", "source": "project", "as_of": "2026-11"} {
			form.Set(name, v)
		}
		w = h.do("officer", http.MethodPost, path, form)
		if w.Code != http.StatusForbidden {
			t.Errorf("an officer added a row: %d", w.Code)
		}
		w = h.do("admin", http.MethodPost, path, form)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/reference/population_group/rows/seafarers" {
			t.Fatalf("a row: %d, %s", w.Code, w.Header().Get("Location"))
		}
		all := s.All("population_group")
		if all[len(all)-1].Code != "seafarers" {
			t.Errorf("the new row does not stand last: %+v", all)
		}
		again := h.page("admin", path, 200).Form(path)
		for name := range form {
			if name != "form-key" {
				again.Set(name, form.Get(name))
			}
		}
		w = h.do("admin", http.MethodPost, path, again)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("a code that is there: %d", w.Code)
		}

		edit := "/reference/population_group/rows/seafarers/edit"
		first, second := h.page("admin", edit, 200).Form(edit), h.page("admin", edit, 200).Form(edit)
		first.Set("name_en", "Seafarers and fishers")
		w = h.do("admin", http.MethodPost, edit, first)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("a version: %d", w.Code)
		}
		second.Set("name_en", "Maritime workers")
		second.Set("text_en", "Those who work at sea.")
		w = h.do("admin", http.MethodPost, edit, second)
		if w.Code != http.StatusConflict {
			t.Fatalf("the same field: %d", w.Code)
		}
		p = htmlcheck.Parse(t, w.Body.String())
		if diff := cmp.Diff([]string{"Somebody changed this in the meantime to: Seafarers and fishers"}, p.Errors()); diff != "" {
			t.Errorf("errors (-want +got):\n%s", diff)
		}
		third := p.Form(edit)
		if third.Get("name_en") != "Maritime workers" || third.Get("text_en") != "Those who work at sea." || third.Get("version") != "2" {
			t.Errorf("the form shown again: %v", third)
		}
		w = h.do("admin", http.MethodPost, edit, third)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("sent again: %d", w.Code)
		}
		got, _ := s.Get("population_group", "seafarers")
		if got.Version != 3 || got.NameEN != "Maritime workers" || got.NameFR != "Gens de mer" {
			t.Errorf("the row now: %+v", got)
		}
		versions, err := s.Versions(t.Context(), "population_group", "seafarers")
		if err != nil || len(versions) != 3 || versions[2].NameEN != "Seafarers" || versions[2].Current {
			t.Errorf("versions: %+v, %v", versions, err)
		}
		p = h.page("officer", "/reference/population_group/rows/seafarers", 200)
		if rows := p.Table("Versions"); len(rows) != 4 || rows[1][2] != "name_en, text_en" {
			t.Errorf("versions on the page: %v", rows)
		}
		// A version that changes nothing is none.
		same := h.page("admin", edit, 200).Form(edit)
		w = h.do("admin", http.MethodPost, edit, same)
		got, _ = s.Get("population_group", "seafarers")
		if w.Code != http.StatusSeeOther || got.Version != 3 {
			t.Errorf("nothing changed: %d, version %d", w.Code, got.Version)
		}
	})
}

// A judgement about a country is a dated row; a code that is no country is refused.
func TestJudgementOnACountry(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	s := loaded(t, d)
	h := newSite(t, d, NewRoom(s))
	path := "/reference/country_set_member/new"
	form := h.page("admin", path, 200).Form(path)
	for name, v := range map[string]string{"code": "GUIDE_EMERGING:VNM", "name_en": "Viet Nam", "name_fr": "Viet Nam", "name_es": "Viet Nam", "source": "project", "as_of": "2026-11-24", "valid_from": "2026", "attr-set": "GUIDE_EMERGING", "attr-country": "XXX"} {
		form.Set(name, v)
	}
	w := h.do("admin", http.MethodPost, path, form)
	if w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("an unknown country: %d", w.Code)
	}
	form.Set("attr-country", "VNM")
	w = h.do("admin", http.MethodPost, path, form)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("a judgement: %d", w.Code)
	}
	h.page("partner", "/countries/VNM", 200).MustSay(t, "Emerging partners named by the guide", "since 2026")
}

func TestRoutesNameTheirPermission(t *testing.T) {
	t.Parallel()
	for _, r := range NewRoom(New(nil)).Routes() {
		if r.Changes() && r.Perm != access.Administer {
			t.Errorf("%s changes something and asks for %s", r.Pattern, r.Perm)
		}
	}
}
