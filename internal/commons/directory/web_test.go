package directory

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/ui/htmlcheck"
	"ayni/internal/kernel/web"
)

// site serves the room's routes to the actors of the tests.
type site struct {
	t      *testing.T
	h      http.Handler
	actors map[string]access.Actor
}

func newSite(t *testing.T, d *db.DB, r *Room) site {
	s := site{t: t, actors: map[string]access.Actor{"officer": officer, "other": other, "auditor": auditor}}
	server := web.New(web.Options{DB: d, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Identify: func(_ context.Context, token string) (access.Actor, error) {
		a, ok := s.actors[token]
		if !ok {
			return a, errs.Missing()
		}
		return a, nil
	}})
	server.Add(r.Routes()...)
	s.h = server
	return s
}

func (s site) do(who, method, path string, form url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.AddCookie(&http.Cookie{Name: "session", Value: who})
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	return w
}

// page gets a page, checks it and reads it.
func (s site) page(who, path string) *htmlcheck.Page {
	s.t.Helper()
	w := s.do(who, http.MethodGet, path, nil)
	if w.Code != http.StatusOK {
		s.t.Fatalf("GET %s as %s: %d", path, who, w.Code)
	}
	return htmlcheck.Parse(s.t, w.Body.String())
}

// sent posts the form of a page with some fields set, and returns where the
// answer leads.
func (s site) sent(who, path string, set map[string]string) string {
	s.t.Helper()
	form := s.page(who, path).Form(strings.Split(path, "?")[0])
	path = strings.Split(path, "?")[0]
	for name, v := range set {
		form.Set(name, v)
	}
	w := s.do(who, http.MethodPost, path, form)
	if w.Code != http.StatusSeeOther {
		s.t.Fatalf("POST %s: %d %v", path, w.Code, htmlcheck.Parse(s.t, w.Body.String()).Errors())
	}
	return w.Header().Get("Location")
}

func TestOrganisationPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := NewRoom(setUp(t, d))
		r.Partnerships = func(*web.Ctx, string) ([]ui.CheckLine, error) {
			return []ui.CheckLine{{Text: "Cotton", Href: "/partnerships/1", End: "active"}}, nil
		}
		h := newSite(t, d, r)
		p := h.page("officer", "/organisations")
		p.MustSay(t, "0 organisations.", "No organisation yet")
		if p.Link("New organisation") != "/organisations/new" {
			t.Error("no way to a new organisation")
		}

		w := h.do("officer", http.MethodPost, "/organisations/new", url.Values{"name": {""}, "website": {"ftp://x"}, "note": {"kept"}})
		if w.Code != http.StatusUnprocessableEntity {
			t.Fatalf("a form without a name: %d", w.Code)
		}
		p = htmlcheck.Parse(t, w.Body.String())
		if len(p.Errors()) != 2 || p.Form("/organisations/new").Get("note") != "kept" || !strings.HasPrefix(p.Title(), "Error:") {
			t.Errorf("errors %v, title %q", p.Errors(), p.Title())
		}

		path := h.sent("officer", "/organisations/new", map[string]string{"name": "Ministério do Trabalho", "acronym": "MTE", "kind": "government", "country": "BRA",
			"website": "https://example.org", "aliases": "Labour ministry\nMinistry of Work", "identifiers": "iati BR-1", "note": "for staff", "source": "guide", "source_place": "line 196"})
		h.page("officer", path).MustSay(t, "Ministério do Trabalho", "Government · Brazil", "for staff", "Labour ministry", "BR-1", "Cotton", "line 196")
		part := h.sent("officer", "/organisations/new?parent="+strings.TrimPrefix(path, "/organisations/"), map[string]string{"name": "Labour inspection"})
		h.page("auditor", part).MustSay(t, "Part of Ministério do Trabalho")
		h.sent("officer", path+"/standings/new", map[string]string{"kind": "coalition-partner", "from_on": "2024-01-15", "source": "letter"})
		h.sent("officer", path+"/members/new", map[string]string{"country": "KEN", "to_on": "2020"})
		person := h.sent("officer", "/persons/new?organisation="+strings.TrimPrefix(path, "/organisations/"), map[string]string{"name": "Ana Souza", "email": "ana@example.org", "title": "Director", "focal": "1"})
		p = h.page("officer", path)
		for caption, want := range map[string][]string{
			"Parts":     {"Labour inspection", "missing", "missing", "0"},
			"Standings": {"Partner of the Global Coalition for Social Justice", "since 15 Jan 2024", "letter", "Change"},
			"Members":   {"Kenya", "until 2020", "missing", "Change"},
			"Persons":   {"Ana Souza ana@example.org", "Director focal point", "dates missing", "Change"},
		} {
			rows := p.Table(caption)
			if len(rows) != 2 || !slices.Equal(rows[1], want) {
				t.Errorf("%s: %v, want %v", caption, rows, want)
			}
		}
		h.page("auditor", person).MustSay(t, "Ana Souza", "ana@example.org", "Director")
		h.page("auditor", "/persons?q=sou").MustSay(t, "1 person.", "Director, Ministério do Trabalho (focal point)")

		for _, lang := range []string{"en", "fr", "es"} {
			for _, page := range []string{path, path + "/edit", part, person, person + "/edit", person + "/roles/new", path + "/standings/new", path + "/members/new", "/organisations", "/organisations?kind=ngo&country=KEN", "/organisations/removed", "/organisations/new", "/persons", "/persons?q=zzz", "/persons/removed", "/persons/new"} {
				sep := "?"
				if strings.Contains(page, "?") {
					sep = "&"
				}
				h.page("officer", page+sep+"lang="+lang)
			}
		}
	})
}

func TestListPage(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	s := setUp(t, d)
	h := newSite(t, d, NewRoom(s))
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for i := range 120 {
			kind := []string{"workers", "ngo"}[i%2]
			_, err := s.InsertOrganisation(tx, officer, Organisation{Name: fmt.Sprintf("=Union %03d", i), Kind: kind, Country: []string{"BRA", "KEN", "IND"}[i%3]})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p := h.page("auditor", "/organisations")
	p.MustSay(t, "120 organisations.", "1 to 50 of 120")
	rows := p.Table("Organisations")
	if len(rows) != 51 || rows[1][0] != "=Union 000" || rows[1][1] != "Workers’ organisation" {
		t.Fatalf("%d rows, the first is %v", len(rows), rows[1])
	}
	second := h.page("auditor", p.Link("Next"))
	second.MustSay(t, "51 to 100 of 120")
	third := h.page("auditor", second.Link("Next"))
	third.MustSay(t, "101 to 120 of 120")
	if third.Link("Next") != "" {
		t.Error("the last page leads on")
	}
	back := h.page("auditor", third.Link("Previous"))
	back.MustSay(t, "51 to 100 of 120")
	if diff := cmp.Diff(second.Table("Organisations"), back.Table("Organisations")); diff != "" {
		t.Errorf("the page before the last (-forwards +back):\n%s", diff)
	}
	first := h.page("auditor", back.Link("Previous"))
	if first.Link("Previous") != "" {
		t.Error("the first page leads back")
	}

	p = h.page("auditor", "/organisations?country=KEN&constituent=workers&q=unio&sort=-name")
	p.MustSay(t, "20 organisations.", "“unio”")
	if rows := p.Table("Organisations"); rows[1][0] != "=Union 118" || rows[1][2] != "Kenya" {
		t.Errorf("filtered: %v", rows[1])
	}
	for _, kind := range []string{"CSV", "JSON"} {
		w := h.do("auditor", http.MethodGet, p.Link(kind), nil)
		n := 0
		switch kind {
		case "CSV":
			rows, err := csv.NewReader(w.Body).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			n = len(rows) - 1
			if rows[1][1] != "'=Union 118" {
				t.Errorf("a formula in the file: %q", rows[1][1])
			}
		case "JSON":
			var rows []map[string]any
			err := json.Unmarshal(w.Body.Bytes(), &rows)
			if err != nil {
				t.Fatal(err)
			}
			n = len(rows)
			if rows[0]["name"] != "=Union 118" || rows[0]["constituent"] != "workers" {
				t.Errorf("as JSON: %v", rows[0])
			}
		}
		if n != 20 || !strings.Contains(w.Header().Get("Content-Disposition"), "organisations.") {
			t.Errorf("%s: %d rows, %s", kind, n, w.Header().Get("Content-Disposition"))
		}
	}
	w := h.do("auditor", http.MethodGet, "/organisations.json?q=zzz", nil)
	if strings.TrimSpace(w.Body.String()) != "[]" {
		t.Errorf("an empty list as JSON: %s", w.Body)
	}

	p = h.page("auditor", "/organisations?country=KEN&kind=parliament")
	p.MustSay(t, "Nothing found", "Without “Parliament”: 40", "Without “Kenya”: 0")
	if p.Link("Clear the filter") != "/organisations" {
		t.Error("no way out of the filter")
	}
	for _, odd := range []string{"/organisations?after=nonsense", "/organisations?kind=zzz&country=%22", "/organisations?before=01900000-0000-7000-8000-000000000000.7"} {
		h.page("auditor", odd).MustSay(t, "120 organisations.", "1 to 50 of 120")
	}
}

func TestTwoWritersOfOneForm(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		h := newSite(t, d, NewRoom(s))
		whole := add(t, s, OrganisationForm{Name: "Confederation"})
		o := add(t, s, OrganisationForm{Name: "Union", Country: "BRA", Kind: "workers"})
		edit := organisationPath(o.ID) + "/edit"
		mine, theirs, third := h.page("officer", edit).Form(edit), h.page("other", edit).Form(edit), h.page("officer", edit).Form(edit)

		theirs.Set("country", "KEN")
		theirs.Set("parent", whole.ID)
		theirs.Set("acronym", "U")
		w := h.do("other", http.MethodPost, edit, theirs)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("the first change: %d", w.Code)
		}

		mine.Set("name", "Union of workers")
		w = h.do("officer", http.MethodPost, edit, mine)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("another field: %d", w.Code)
		}
		got, err := s.Organisation(t.Context(), o.ID)
		if err != nil || got.Name != "Union of workers" || got.Country != "KEN" || got.Parent != whole.ID || got.Acronym != "U" {
			t.Errorf("merged: %+v, %v", got, err)
		}

		third.Set("country", "IND")
		third.Set("website", "https://example.org/typed")
		w = h.do("officer", http.MethodPost, edit, third)
		if w.Code != http.StatusConflict {
			t.Fatalf("the same field: %d", w.Code)
		}
		p := htmlcheck.Parse(t, w.Body.String())
		if diff := cmp.Diff([]string{"Somebody changed this in the meantime to: Kenya"}, p.Errors()); diff != "" {
			t.Errorf("errors (-want +got):\n%s", diff)
		}
		p.MustSay(t, "Somebody changed the same fields while this form was open.")
		again := p.Form(edit)
		want := map[string]string{"country": "IND", "website": "https://example.org/typed", "version": "3", "name": "Union of workers", "parent": whole.ID, "acronym": "U"}
		for field, v := range want {
			if again.Get(field) != v {
				t.Errorf("the form shown again has %s %q, want %q", field, again.Get(field), v)
			}
		}
		w = h.do("officer", http.MethodPost, edit, again)
		if w.Code != http.StatusSeeOther {
			t.Fatalf("sent again: %d", w.Code)
		}
		got, err = s.Organisation(t.Context(), o.ID)
		if err != nil || got.Country != "IND" || got.Website != "https://example.org/typed" || got.Version != 4 {
			t.Errorf("after it was sent again: %+v, %v", got, err)
		}
		// The same form once more takes effect once.
		w = h.do("officer", http.MethodPost, edit, again)
		after, err := s.Organisation(t.Context(), o.ID)
		if err != nil || w.Code != http.StatusSeeOther || after.Version != 4 {
			t.Errorf("the same form twice: %d, version %d, %v", w.Code, after.Version, err)
		}

		// An error of the form keeps the version it was opened with.
		bad := h.page("officer", edit).Form(edit)
		bad.Set("name", "")
		w = h.do("officer", http.MethodPost, edit, bad)
		if w.Code != http.StatusUnprocessableEntity || htmlcheck.Parse(t, w.Body.String()).Form(edit).Get("version") != "4" {
			t.Errorf("a form to mend: %d", w.Code)
		}
	})
}

func TestPersonAndRowClashes(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	s := setUp(t, d)
	h := newSite(t, d, NewRoom(s))
	o := add(t, s, OrganisationForm{Name: "Union"})
	elsewhere := add(t, s, OrganisationForm{Name: "Elsewhere"})
	person := h.sent("officer", "/persons/new", map[string]string{"name": "Ana", "lang": "en", "organisation": o.ID, "title": "Secretary"})
	clash := func(path string, theirs, mine map[string]string, want ...string) {
		t.Helper()
		late := h.page("officer", path).Form(path)
		h.sent("other", path, theirs)
		for name, v := range mine {
			late.Set(name, v)
		}
		w := h.do("officer", http.MethodPost, path, late)
		if w.Code != http.StatusConflict {
			t.Fatalf("%s: %d", path, w.Code)
		}
		p := htmlcheck.Parse(t, w.Body.String())
		if diff := cmp.Diff(want, p.Errors()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		again := p.Form(path)
		for name, v := range mine {
			if again.Get(name) != v {
				t.Errorf("%s: what was typed in %s is %q now", path, name, again.Get(name))
			}
		}
		w = h.do("officer", http.MethodPost, path, again)
		if w.Code != http.StatusSeeOther {
			t.Errorf("%s sent again: %d", path, w.Code)
		}
	}
	clash(person+"/edit", map[string]string{"lang": "fr", "note": "theirs"}, map[string]string{"lang": "es", "email": "ana@example.org"}, "Somebody changed this in the meantime to: French")
	role := profileRole(t, s, strings.TrimPrefix(person, "/persons/"))
	clash("/roles/"+role.ID+"/edit", map[string]string{"organisation": elsewhere.ID, "focal": "1", "title": ""}, map[string]string{"title": "President", "from_on": "2024"},
		"Somebody emptied this field in the meantime")
	standing, err := s.SaveStanding(t.Context(), officer, Standing{Organisation: o.ID, Kind: "coalition-partner"})
	if err != nil {
		t.Fatal(err)
	}
	clash("/standings/"+standing.ID+"/edit", map[string]string{"kind": "ilc-standing", "to_on": "2025"}, map[string]string{"to_on": "2026-01"}, "Somebody changed this in the meantime to: 2025")
	member, err := s.SaveMember(t.Context(), officer, Member{Organisation: o.ID, Country: "KEN"})
	if err != nil {
		t.Fatal(err)
	}
	clash("/members/"+member.ID+"/edit", map[string]string{"country": "IND"}, map[string]string{"country": "BRA"}, "Somebody changed this in the meantime to: India")
}

func TestRemoveAndBringBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := setUp(t, d)
		h := newSite(t, d, NewRoom(s))
		o := add(t, s, OrganisationForm{Name: "Union"})
		path := organisationPath(o.ID)
		w := h.do("officer", http.MethodPost, path+"/delete", h.page("officer", path).Form(path+"/delete"))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/organisations" {
			t.Fatalf("removed: %d", w.Code)
		}
		if c := w.Result().Cookies(); !slices.ContainsFunc(c, func(k *http.Cookie) bool { return k.Name == "flash" }) {
			t.Error("no word of what happened")
		}
		if w := h.do("auditor", http.MethodGet, path, nil); w.Code != http.StatusNotFound {
			t.Errorf("the page of what was removed, for a reader: %d", w.Code)
		}
		p := h.page("officer", path)
		p.MustSay(t, "This organisation was removed on")
		if !p.Button("Bring back") {
			t.Error("no way to bring it back")
		}
		h.page("officer", "/organisations/removed").MustSay(t, "Union")
		w = h.do("officer", http.MethodPost, path+"/restore", p.Form(path+"/restore"))
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != path {
			t.Fatalf("brought back: %d", w.Code)
		}
		h.page("auditor", path).MustNotSay(t, "was removed on")

		add(t, s, OrganisationForm{Name: "Part", Parent: o.ID})
		w = h.do("officer", http.MethodPost, path+"/delete", h.page("officer", path).Form(path+"/delete"))
		if w.Code != http.StatusConflict {
			t.Errorf("removing what has parts: %d", w.Code)
		}
		htmlcheck.Parse(t, w.Body.String()).MustSay(t, "1 organisation is a part of this one. Move or remove it first.")
	})
}

func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	s := setUp(t, d)
	h := newSite(t, d, NewRoom(s))
	own := add(t, s, OrganisationForm{Name: "Own", Note: "secret note"})
	foreign := add(t, s, OrganisationForm{Name: "Foreign"})
	for _, o := range []Organisation{own, foreign} {
		_, err := s.CreatePerson(t.Context(), officer, PersonForm{Name: "Person of " + o.Name, Email: "p@example.org"}, Role{Organisation: o.ID, Title: "Member"})
		if err != nil {
			t.Fatal(err)
		}
	}
	h.actors["partner"] = partner(own.ID)
	before := counts(t, d)
	p := h.page("partner", organisationPath(own.ID))
	p.MustSay(t, "Person of Own")
	p.MustNotSay(t, "secret note", "p@example.org", "Remove organisation", "Add a standing")
	p = h.page("partner", organisationPath(foreign.ID))
	p.MustNotSay(t, "Person of Foreign")
	w := h.do("partner", http.MethodGet, "/organisations.json", nil)
	if strings.Contains(w.Body.String(), "secret") {
		t.Error("a file gives a note away")
	}
	for path, want := range map[string]int{"/persons": 403, "/persons.csv": 403, "/organisations/new": 403, organisationPath(own.ID) + "/edit": 403, "/organisations/removed": 403, "/organisations/none": 404} {
		if w := h.do("partner", http.MethodGet, path, nil); w.Code != want {
			t.Errorf("GET %s as a partner: %d, want %d", path, w.Code, want)
		}
	}
	for _, r := range NewRoom(s).Routes() {
		if !r.Changes() {
			continue
		}
		path := strings.ReplaceAll(r.Pattern, "{id}", own.ID)
		for _, who := range []string{"partner", "auditor"} {
			if w := h.do(who, http.MethodPost, path, url.Values{"name": {"x"}}); w.Code != http.StatusForbidden {
				t.Errorf("POST %s as %s: %d", path, who, w.Code)
			}
		}
		if w := h.do("nobody", http.MethodPost, path, url.Values{}); w.Code != http.StatusUnauthorized {
			t.Errorf("POST %s by nobody: %d", path, w.Code)
		}
	}
	if diff := cmp.Diff(before, counts(t, d)); diff != "" {
		t.Errorf("refused requests left something (-before +after):\n%s", diff)
	}
}

// With many organisations a name is written and looked up.
func TestWritingAName(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	s := setUp(t, d)
	h := newSite(t, d, NewRoom(s))
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for i := range optionsMost + 5 {
			_, err := s.InsertOrganisation(tx, officer, Organisation{Name: fmt.Sprintf("Body %d", i)})
			if err != nil {
				return err
			}
		}
		for _, name := range []string{"Twin", "Twin"} {
			_, err := s.InsertOrganisation(tx, officer, Organisation{Name: name})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	path := h.sent("officer", "/organisations/new", map[string]string{"name": "Part", "parent": "body 17"})
	h.page("officer", path).MustSay(t, "Part of Body 17")
	edit := path + "/edit"
	form := h.page("officer", edit).Form(edit)
	if form.Get("parent") != "Body 17" {
		t.Errorf("the form says %q", form.Get("parent"))
	}
	form.Set("parent", "Twin")
	w := h.do("officer", http.MethodPost, edit, form)
	if w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("a name of two: %d", w.Code)
	}
	p := htmlcheck.Parse(t, w.Body.String())
	if diff := cmp.Diff([]string{"“Twin” may mean 2 organisations. Choose one."}, p.Errors()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	twins, err := s.Find(t.Context(), "en", "twin", 5)
	if err != nil || len(twins) != 2 {
		t.Fatal(twins, err)
	}
	again := p.Form(edit)
	again.Set("parent", twins[1].ID)
	w = h.do("officer", http.MethodPost, edit, again)
	if w.Code != http.StatusSeeOther {
		t.Fatalf("the choice: %d", w.Code)
	}
	// The name of the present one stays that one, though another has it too.
	form = h.page("officer", edit).Form(edit)
	form.Set("acronym", "P")
	w = h.do("officer", http.MethodPost, edit, form)
	got, err := s.Organisation(t.Context(), strings.TrimPrefix(path, "/organisations/"))
	if w.Code != http.StatusSeeOther || err != nil || got.Parent != twins[1].ID || got.Acronym != "P" {
		t.Errorf("%d, %+v, %v", w.Code, got, err)
	}
}
