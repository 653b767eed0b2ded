package ui_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/ui/htmlcheck"
)

var en = i18n.For("en")

func TestStripSaysEveryStep(t *testing.T) {
	t.Parallel()
	got := ui.StripText(en, cells)
	want := "Journey: steps 1, 2 and 3: done; steps 4, 6, 7, 8 and 9: partly; step 5: attested; step 10: open; step 11: not applicable"
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestTriangleSaysWhichRoleIsVacant(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i := range 8 {
		seen[ui.TriangleText(en, ui.Corners{B: i&1 > 0, P: i&2 > 0, F: i&4 > 0})] = true
	}
	if len(seen) != 8 {
		t.Errorf("eight triangles have %d texts: %v", len(seen), seen)
	}
	if got := ui.TriangleText(en, ui.Corners{B: true, F: true}); got != "The pivotal role is vacant" {
		t.Errorf("got %q", got)
	}
}

func TestWaitAndDue(t *testing.T) {
	t.Parallel()
	late := func(since clock.Day) bool {
		return strings.Contains(render(t, ui.Wait(en, since, today)), `class="late"`)
	}
	if late("2026-10-25") || !late("2026-10-24") {
		t.Error("a wait is late from 30 days on")
	}
	due := func(day clock.Day) bool { return strings.Contains(render(t, ui.Due(en, day, today)), `class="late"`) }
	if due("2026-11-27") || !due("2026-11-26") || !due("2026-11-22") {
		t.Error("a date is late from three days before on")
	}
	for day, want := range map[clock.Day]string{
		"2026-11-26": "due 26\u00a0Nov\u00a02026",
		"2026-11-23": "due 23\u00a0Nov\u00a02026",
		"2026-11-22": "was due 22\u00a0Nov\u00a02026, 1 day ago",
		"2026-11-20": "was due 20\u00a0Nov\u00a02026, 3 days ago",
	} {
		if got := ui.DueText(en, day, today); got != want {
			t.Errorf("due %s: %q, want %q", day, got, want)
		}
	}
	if got, want := ui.SinceText(en, "2026-11-22", today), "since 22\u00a0Nov\u00a02026, 1 day"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStretch(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]ui.Stretch{
		"Nothing here":        {},
		"None of 2,087":       {Total: "2,087"},
		"1 to 50":             {From: 1, To: 50},
		"51 to 60 of 10,000+": {From: 51, To: 60, Total: "10,000+"},
	} {
		if got := ui.StretchText(en, s); got != want {
			t.Errorf("%+v: %q, want %q", s, got, want)
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	a := ui.Address{Path: "/o", Query: url.Values{"country": {"BR", "IN"}, "q": {"a&b"}, "sort": {"name"}, "after": {"x"}}}
	for _, c := range []struct{ got, want string }{
		{a.With("q", "é"), "/o?country=BR&country=IN&q=%C3%A9&sort=name"},
		{a.Without("country", "BR"), "/o?country=IN&q=a%26b&sort=name"},
		{a.Without("country", ""), "/o?q=a%26b&sort=name"},
		{a.At("before", "y"), "/o?before=y&country=BR&country=IN&q=a%26b&sort=name"},
		{ui.Address{Path: "/o", Query: url.Values{"q": {"x"}}}.Without("q", "x"), "/o"},
		{ui.Address{Path: "/o"}.With("q", "x"), "/o?q=x"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
	if a.Query.Get("after") != "x" || len(a.Query["country"]) != 2 {
		t.Error("the address itself has changed")
	}
	up := a.SortCol("Name", "name", false)
	if up.Sort != "ascending" || up.Href != "/o?country=BR&country=IN&q=a%26b&sort=-name" {
		t.Errorf("sorted column: %+v", up)
	}
	other := a.SortCol("Files", "files", true)
	if other.Sort != "" || !other.Num || other.Href != "/o?country=BR&country=IN&q=a%26b&sort=files" {
		t.Errorf("other column: %+v", other)
	}
}

func TestTitleAndLanguageLinks(t *testing.T) {
	t.Parallel()
	p := htmlcheck.Parse(t, render(t, listPage(en)))
	if p.Title() != "Organisations · Ayni" || p.Lang() != "en" {
		t.Errorf("title %q, language %q", p.Title(), p.Lang())
	}
	if got, want := p.Link("Français"), "/organisations?country=BR&sort=-published&lang=fr"; got != want {
		t.Errorf("French page at %q, want %q", got, want)
	}
	if p.Link("English") != "" {
		t.Error("the page links to itself")
	}
	f := htmlcheck.Parse(t, render(t, formPage(en)))
	if f.Title() != "Error: New partnership · Ayni" {
		t.Errorf("title %q", f.Title())
	}
}

// What was typed stays, what is wrong is said at its field.
func TestRefusedForm(t *testing.T) {
	t.Parallel()
	p := htmlcheck.Parse(t, render(t, formPage(en)))
	if got := len(p.Errors()); got != 5 {
		t.Errorf("%d errors: %v", got, p.Errors())
	}
	got := p.Form("/partnerships")
	want := url.Values{
		"form-key": {"k-1"}, "name": {"Example: school-to-work <services>"}, "text": {""}, "theme": {"1"}, "need": {"signal"}, "groups": {"women", "youth"},
		"beneficiary": {""}, "pivotal": {""}, "start": {"2027-02-01"}, "end": {"31 Feb 2027"}, "amount": {"about 240k"}, "amount-currency": {"BRL"}, "days": {""}, "version": {"3"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the form would send (-want +got):\n%s", d)
	}
}

// Before the form is sent the record's values stand in it.
func TestFreshForm(t *testing.T) {
	t.Parallel()
	p := htmlcheck.Parse(t, render(t, newPage(en)))
	want := url.Values{"form-key": {"k-1"}, "name": {""}, "kind": {"b"}, "own": {"1"}}
	if d := cmp.Diff(want, p.Form("/organisations")); d != "" {
		t.Errorf("the form would send (-want +got):\n%s", d)
	}
	if !p.Button("Create organisation") || p.Button("Remove") {
		t.Error("the buttons differ")
	}
	if d := cmp.Diff([]string{"a", "b"}, p.Choices("kind")); d != "" {
		t.Error(d)
	}
}

func TestTableIsReadable(t *testing.T) {
	t.Parallel()
	p := htmlcheck.Parse(t, render(t, partnershipPage(en)))
	want := [][]string{
		{"Step", "Days"}, {"1 Identify", "41"}, {"2 Converge", "58"}, {"4 Outreach", "missing"}, {"5 Agreement", "97"}, {"7 Capacity", "112, goes on"},
	}
	if d := cmp.Diff(want, p.Table("Days in each step")); d != "" {
		t.Error(d)
	}
	if p.Table("No such table") != nil {
		t.Error("a table that is not there was read")
	}
}

// A list of nothing is no list: an empty one would be announced.
func TestEmptyListsDrawNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]templ.Component{
		"links": ui.LinkList(), "facts": ui.Facts("x"), "parties": ui.Parties(en, nil, false), "rows": ui.Rows(en, nil),
		"checks": ui.CheckList(en, nil), "history": ui.History(en, nil), "steps": ui.Steps(en, nil), "chips": ui.Chips(en, nil), "buttons": ui.Buttons(),
	} {
		if got := render(t, c); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}
