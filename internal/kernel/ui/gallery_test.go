package ui_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/a-h/templ"

	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/ui"
	"ayni/internal/kernel/ui/htmlcheck"
)

// The gallery draws every component on a few invented pages.

func in(outer templ.Component, inside ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return outer.Render(templ.WithChildren(ctx, templ.Join(inside...)), w)
	})
}

func say(format string, args ...any) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(fmt.Sprintf(format, args...)))
		return err
	})
}

func para(text string) templ.Component { return templ.Raw("<p>" + templ.EscapeString(text) + "</p>") }

func render(t testing.TB, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	err := c.Render(context.Background(), &b)
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const today clock.Day = "2026-11-23"

func base(l *i18n.L, title, path string) ui.Base {
	nav := []ui.NavItem{
		{Link: ui.Link{Text: "Home", Href: "/"}},
		{Link: ui.Link{Text: "Partnerships", Href: "/partnerships"}, Current: "true"},
		{Link: ui.Link{Text: "Organisations", Href: "/organisations"}},
		{Link: ui.Link{Text: "Countries", Href: "/countries"}},
		{Link: ui.Link{Text: "Actions", Href: "/actions"}},
		{Link: ui.Link{Text: "Guide", Href: "/guide"}},
	}
	return ui.Base{
		L: l, Title: title, Path: path, Nav: nav, Who: "Demo officer", Demo: true, FormKey: "k-1",
		Foot: []ui.Link{{Text: "Help", Href: "/help"}, {Text: "Accessibility", Href: "/help/accessibility"}},
	}
}

var cells = []ui.State{ui.Met, ui.Met, ui.Met, ui.Part, ui.Att, ui.Part, ui.Part, ui.Part, ui.Part, ui.Open, ui.NA}

var stepNames = []string{"Identify", "Converge", "Strategy", "Outreach", "Agreement", "Projects", "Capacity", "Long term", "Evaluate", "Share", "Adapt"}

func journey(current int) []ui.JourneyCell {
	var out []ui.JourneyCell
	for i, s := range cells {
		out = append(out, ui.JourneyCell{No: i + 1, Name: stepNames[i], Href: fmt.Sprintf("/steps/%d", i+1), State: s, Current: i+1 == current})
	}
	return out
}

func homePage(l *i18n.L) templ.Component {
	b := base(l, "What waits, and for whom", "/")
	b.Flash = &ui.Flash{Text: "2 organisations added to a list.", Undo: "/undo/1"}
	parties := []ui.Party{
		{Role: ui.Beneficiary, Text: "Example Ministry of Labour; Example Garment Workers’ Union"},
		{Role: ui.Pivotal, Text: "not stated in the guide", Soft: true},
		{Role: ui.Facilitating, Text: "Example Cooperation Agency"},
		{Text: "Example Institute"},
	}
	side := templ.Join(
		in(ui.Side("Next deadlines"), ui.LinkList(ui.Link{Text: "Calendar", Href: "/calendar"}), ui.Due(l, "2026-11-26", today)),
		in(ui.Side("The cells"), ui.Key(l)),
		in(ui.Side("Confirmation"), ui.MarkKey(l)),
	)
	return in(ui.Layout(b),
		ui.PageHead(b, ui.Head{Lead: "4 things wait for you.", Sub: "7 partnerships wait for someone; the longest wait is 53 days.", Buttons: []ui.Button{{Text: "New partnership", Href: "/partnerships/new"}}}),
		in(ui.Two(l, side),
			in(ui.Section(ui.Caption{ID: "you", Title: "Waiting for you", Links: []ui.Link{{Text: "All actions", Href: "/actions"}}}),
				ui.CheckList(l, []ui.CheckLine{
					{Icon: "j-att", Class: "att", Text: "Approve an attestation", Href: "/a/1", Small: "Example: safer work · step 7", End: "due 26 Nov", Late: true},
					{Mark: ui.Disputed, Text: "Answer a dispute", Href: "/a/2", Small: "contribution 12"},
					{Icon: "i-warn", Text: "Decide four doubtful rows", Href: "/a/3", End: "no date", Soft: true},
				})),
			in(ui.Section(ui.Caption{ID: "all", Title: "Partnerships", Fact: "2, longest wait first", Links: []ui.Link{{Text: "CSV", Href: "/x.csv"}}}),
				ui.Rows(l, []ui.WorkRow{
					{Roles: ui.Corners{B: true, P: true, F: true}, Title: "Example: safer work in garment factories", Href: "/p/1", Sub: "Fictitious · active · 2026 to 2028", Parties: parties, Cells: cells, Count: "15 of 35 done, 2 attested", Who: "All five parties", What: "Review the goals of step 8", Since: "2026-10-01", Days: 53},
					{Roles: ui.Corners{B: true, F: true}, Title: "Une coopération dont le titre est en français", Lang: "fr", Href: "/p/2", Sub: "2022 to 2023 · amount not stated", Cells: []ui.State{ui.Part, ui.Open, ui.Part, ui.Open, ui.Open, ui.Open, ui.Open, ui.Open, ui.Open, ui.Open, ui.Open}, Count: "4 of 35 partly"},
				})),
		))
}

func partnershipPage(l *i18n.L) templ.Component {
	b := base(l, "Example: safer work in garment factories", "/p/1")
	b.Crumbs = []ui.Link{{Text: "Home", Href: "/"}, {Text: "Partnerships", Href: "/partnerships"}, {Text: "Example"}}
	side := templ.Join(
		in(ui.Side("Roles"), ui.Triangle(l, ui.Corners{B: true, P: true, F: true}, true), ui.RoleCounts(l, 2, 1, 0)),
		in(ui.Side("Facts"), ui.Pairs(
			ui.Fact{Term: "Theme", Text: "1, labour rights and dignity"},
			ui.Fact{Term: "Rests on", Text: "Demand letter, 4 Nov 2025", Href: "/d/1"},
			ui.Fact{Term: "Pledged", Body: ui.Missing(l)},
		)),
		in(ui.Side("Take along"), ui.LinkList(ui.Link{Text: "Brief", Href: "/p/1/brief"})),
	)
	steps := []ui.StepRow{
		{No: 1, Name: "Identify potential partners", Href: "/steps/1", Els: []ui.ElementCell{{Name: "geography", Href: "/e/1", State: ui.Met}, {Name: "expertise", Href: "/e/2", State: ui.Met}}},
		{No: 7, Name: "Capacity and training", Href: "/steps/7", Els: []ui.ElementCell{{Name: "needs", Href: "/e/3", State: ui.Met}, {Name: "training", Href: "/e/4", State: ui.Att}, {Name: "assistance", Href: "/e/5", State: ui.Part}, {Name: "loop", Href: "/e/6", State: ui.Open}, {Name: "learning", Href: "/e/7", State: ui.NA}}, Who: "Example Institute", Since: "since 12 Oct", Late: true},
		{No: 10, Name: "Document and share", Href: "/steps/10", Els: []ui.ElementCell{{Name: "sharing", Href: "/e/8", State: ui.Open}}, Who: "not started", Soft: true},
	}
	return in(ui.Layout(b),
		ui.PageHead(b, ui.Head{Lead: "Active", Sub: "since 14 Mar 2026.", More: say("15 of 35 elements done."), Buttons: []ui.Button{{Text: "Edit", Href: "/p/1/edit", Alt: true}}}),
		ui.Views("This partnership", []ui.NavItem{{Link: ui.Link{Text: "Overview", Href: "/p/1"}, Current: "page"}, {Link: ui.Link{Text: "Parties", Href: "/p/1/parties"}}, {Link: ui.Link{Text: "History", Href: "/p/1/history"}}}),
		in(ui.Two(l, side),
			in(ui.Go(ui.Next{ID: "next", Title: "Next: approve what Demo specialist attested", Text: "You are the second person. Asked on 19 Nov 2026, due on 26 Nov 2026.", Buttons: []ui.Button{{Text: "Read and decide", Href: "/a/1"}}, Links: []ui.Link{{Text: "2 other things wait for you here", Href: "/actions"}}})),
			in(ui.Section(ui.Caption{ID: "j", Title: "Journey", Fact: "checked 23 Nov 2026, 09:12"}), ui.JourneyNav(l, journey(0))),
			in(ui.Section(ui.Caption{ID: "st", Title: "Steps and elements", Fact: "last column: who is waited for"}), ui.Steps(l, steps)),
			in(ui.Section(ui.Caption{ID: "pa", Title: "Parties"}), ui.Table(l, ui.TableView{
				Caption: "Two parties.",
				Cols:    []ui.Col{{Title: "Party"}, {Title: "Role"}, {Title: "Since"}, {Title: "Confirmed"}},
				Rows: []ui.Row{
					{Cells: []ui.Cell{{Text: "Example Ministry of Labour", Small: "Country A, government"}, {Body: ui.RoleMark(l, ui.Beneficiary)}, {Body: ui.Day(l, "2026-03-14")}, {Body: ui.MarkText(ui.Confirmed, "14 Mar 2026")}}},
					{Cells: []ui.Cell{{Text: "Example Institute", Href: "/o/2"}, {Body: ui.RoleMark(l, "")}, {Text: "missing", Soft: true}, {Body: ui.Confirmation(l, ui.Claimed)}}},
				},
			})),
			in(ui.Section(ui.Caption{ID: "cy", Title: "Time in each step"}), ui.Bars(l, bars())),
		))
}

func bars() ui.BarsView {
	return ui.BarsView{
		ID: "cycle", Title: "Days in each step", Desc: "The agreement took longest, 97 days.", Caption: "Counted from the records, 23 Nov 2026.",
		Head: "Step", Value: "Days", Unit: "days",
		Rows: []ui.Bar{
			{Label: "1 Identify", To: 41, Text: "41"}, {Label: "2 Converge", From: 41, To: 99, Text: "58"},
			{Label: "4 Outreach", Text: "missing", None: true}, {Label: "5 Agreement", From: 99, To: 196, Text: "97"},
			{Label: "7 Capacity", From: 120, To: 232, Text: "112, goes on", Running: true},
		},
	}
}

func stepPage(l *i18n.L) templ.Component {
	b := base(l, "Step 7: Capacity and training", "/p/1/steps/7")
	side := templ.Join(
		in(ui.Side("Waited for"), ui.Wait(l, "2026-10-12", today)),
		in(ui.Side("Done when"), ui.Definitions(ui.Fact{Term: "Needs", Text: "Each gap found has a course or a mission."}, ui.Fact{Term: "Names", Text: "Travail décent", Lang: "fr"})),
	)
	return in(ui.Layout(b),
		ui.PageHead(b, ui.Head{Lead: "Partly done.", Sub: "Of five elements one is met, one attested, one partly, one open; one does not apply.", Buttons: []ui.Button{{Text: "Add a record", Href: "/p/1/new", Alt: true}}}),
		in(ui.Two(l, side),
			ui.JourneyNav(l, journey(7)),
			in(ui.Task(l, ui.TaskView{ID: "training", Title: "Training answers the gaps", State: ui.Att}),
				ui.Sealed("Attestation", ui.Fact{Term: "Document", Text: "Course report", Href: "/d/1", Small: "PDF, 1.2 MB"}, ui.Fact{Term: "Attested by", Text: "Demo specialist", Small: "12 Oct 2026"}, ui.Fact{Term: "Approved by", Text: "Demo clearance"}, ui.Fact{Term: "Valid until", Text: "14 Oct 2027"}),
				ui.NoteText(ui.Hold, "A second cohort asks for your approval.")),
			in(ui.Task(l, ui.TaskView{ID: "assistance", Title: "Technical assistance is given", Href: "/e/5", State: ui.Part}),
				ui.CheckList(l, []ui.CheckLine{
					{Mark: ui.Confirmed, Text: "Mission 1: ventilation, 4 days", Href: "/m/1", Small: "June 2026"},
					{Mark: ui.Disputed, Text: "Mission 2: fire exits, 4 days", Href: "/m/2"},
					{Mark: ui.Claimed, Text: "Mission 3: inspection forms, 3 days", Href: "/m/3"},
					{Text: "Un passage du guide", Lang: "fr", Href: "/m/4"},
				}),
				in(ui.Note(ui.Stop), para("Two of three missions are not confirmed.")),
				ui.PostButtonOf(b, ui.PostAction{Action: "/m/3/remove", Button: ui.Button{Text: "Remove mission 3", Danger: true, Confirm: "Remove mission 3? It can come back for 30 days."}, Hidden: map[string]string{"version": "3", "back": "/p/1"}})),
			in(ui.Section(ui.Caption{ID: "hist", Title: "History of this step"}), ui.History(l, []ui.HistLine{
				{Day: "2026-11-19", Text: "Demo specialist attested the second cohort."},
				{At: clock.Day("2026-11-17").Ms() + 34920000, Body: say("The union disputed mission 2.")},
			})),
			in(ui.Section(ui.Caption{ID: "facts", Title: "Facts"}), ui.Facts("Counts", ui.Fact{Term: "Create", Text: "219", Big: true}, ui.Fact{Term: "Doubtful", Text: "4", Big: true, Small: "2 still to decide"})),
		))
}

func listPage(l *i18n.L) templ.Component {
	b := base(l, "Organisations", "/organisations")
	b.Query = "country=BR&sort=-published"
	a := ui.Address{Path: "/organisations", Query: url.Values{"country": {"BR", "IN"}, "sort": {"-published"}, "after": {"x"}}}
	countries := []ui.Option{{Text: "Any"}, {Value: "BR", Text: "Brazil", Group: "Americas"}, {Value: "IN", Text: "India", Group: "Asia"}}
	return in(ui.Layout(b),
		ui.PageHead(b, ui.Head{Lead: "24 of 2,087.", Sub: "Identifiers and dates are theirs.", Buttons: []ui.Button{{Text: "Import", Href: "/import", Alt: true}, {Text: "New organisation", Href: "/organisations/new"}}}),
		in(ui.Flow(),
			ui.ListTools(l, ui.Tools{Action: "/organisations", Fields: []ui.Field{
				{Kind: ui.Search, Name: "q", Label: "Name contains", Width: "n8"},
				{Kind: ui.Select, Name: "country", Label: "Country", Options: countries, Value: "BR"},
			}, Hidden: map[string]string{"sort": "-published"}, Clear: "/organisations", Count: 2}),
			ui.Chips(l, []ui.Chip{{Text: "Brazil", Href: a.Without("country", "BR")}, {Text: "India", Href: a.Without("country", "IN")}}),
			ui.Table(l, ui.TableView{
				Caption: "Organisations, sorted by first published, newest first", Quiet: true, Tight: true, Select: "id",
				Cols: []ui.Col{a.SortCol("Name", "name", false), {Title: "Identifier"}, a.SortCol("Files", "files", true), a.SortCol("First published", "published", false)},
				Rows: []ui.Row{
					{Select: "1", Name: "Example University", Cells: []ui.Cell{{Text: "Example University", Href: "/o/1"}, {Text: "XX-EX-01567601-0001-43", Class: "code"}, {Text: "2"}, {Text: "29 Jul 2026", Class: "nw"}}},
					{Select: "2", Name: "Example Institute", Cells: []ui.Cell{{Text: "Example Institute", Href: "/o/2"}, {Text: "missing", Soft: true}, {Text: "1"}, {Text: "22 Jul 2026", Class: "nw"}}},
				},
				Foot: []ui.Cell{{Text: "Both"}, {}, {Text: "3"}, {}},
			}),
			ui.ListEnd(l, ui.Stretch{From: 1, To: 2, Total: "24", Next: a.At("after", "abc")}, ui.Link{Text: "CSV", Href: "/organisations.csv"}, ui.Link{Text: "JSON", Href: "/organisations.json"}),
		))
}

func formPage(l *i18n.L) templ.Component {
	form := ui.Form{
		Values: map[string][]string{"name": {"Example: school-to-work <services>"}, "need": {"signal"}, "groups": {"women", "youth"}, "end": {"31 Feb 2027"}, "amount": {"about 240k"}, "amount-currency": {"BRL"}, "pivotal": {""}},
		Errors: []ui.FieldError{
			{Field: "pivotal", Text: "Pivotal partner: name one, or say that it is not known yet"},
			{Field: "end", Text: "End: write a date after 1 February 2027"},
			{Field: "amount", Text: "Amount: write digits only"},
			{Field: "groups", Text: "Groups: choose one at least"},
			{Text: "Somebody else changed this record meanwhile"},
		},
	}
	b := base(l, "New partnership", "/partnerships/new").With(form)
	field := func(f ui.Field) templ.Component { return ui.Input(l, form, f) }
	side := in(ui.Side("What happens next"), para("Nobody outside your team sees it."))
	groups := []ui.Option{{Value: "women", Text: "Women"}, {Value: "youth", Text: "Youth", Hint: "15 to 24 years"}, {Value: "migrants", Text: "Migrants"}}
	return in(ui.Layout(b),
		ui.PageHead(b, ui.Head{Sub: "One party and a need are enough to begin."}),
		in(ui.Two(l, side),
			in(ui.PostTo(b, ui.FormView{Action: "/partnerships", Form: form, Draft: "partnership-new", Files: true}),
				in(ui.FieldSet("What it is"),
					field(ui.Field{Name: "name", Label: "Name", Hint: "Plain words: what, with whom, where.", Width: "wide", Required: true}),
					field(ui.Field{Kind: ui.TextArea, Name: "text", Label: "Demand statement", Optional: true, Lang: "fr"}),
					field(ui.Field{Kind: ui.Select, Name: "theme", Label: "Theme", Options: []ui.Option{{Value: "1", Text: "1 Labour rights"}, {Value: "2", Text: "2 Protection"}}}),
					field(ui.Field{Kind: ui.Radios, Name: "need", Label: "The need it rests on", Hint: "A signal is shown as a signal.", Options: []ui.Option{{Value: "confirmed", Text: "Confirmed by the country"}, {Value: "signal", Text: "Analytic signal, not a request", Hint: "Nobody has asked yet."}}}),
					field(ui.Field{Kind: ui.Checks, Name: "groups", Label: "Groups", Options: groups}),
				),
				in(ui.FieldSet("Parties and roles"),
					field(ui.Field{Name: "beneficiary", Label: "Beneficiary partner", Role: ui.Beneficiary, Width: "wide", Hint: "Seeks to strengthen its own capacity."}),
					field(ui.Field{Name: "pivotal", Label: "Pivotal partner", Role: ui.Pivotal, Width: "wide", Hint: "Shares what it learned."}),
					field(ui.Field{Kind: ui.Check, Name: "later", Label: "Not known yet"}),
				),
				in(ui.FieldSet("Time and money"),
					in(ui.FieldRow(),
						field(ui.Field{Kind: ui.Date, Name: "start", Label: "Start", Value: "2027-02-01"}),
						field(ui.Field{Kind: ui.Date, Name: "end", Label: "End"}),
					),
					field(ui.Field{Kind: ui.Amount, Name: "amount", Label: "Amount planned", Hint: "Empty is missing, not zero.", Options: []ui.Option{{Value: "USD", Text: "USD"}, {Value: "BRL", Text: "BRL"}}}),
					field(ui.Field{Kind: ui.Number, Name: "days", Label: "In kind", Unit: "days of advice"}),
					field(ui.Field{Kind: ui.File, Name: "letter", Label: "Demand letter", Accept: ".pdf"}),
				),
				ui.Hidden("version", "3"),
				ui.Buttons(ui.Button{Text: "Create partnership"}, ui.Button{Text: "Keep as draft", Name: "draft", Value: "1", Alt: true}),
			),
		))
}

func newPage(l *i18n.L) templ.Component {
	b := base(l, "New organisation", "/organisations/new")
	none := ui.Form{}
	return in(ui.Layout(b),
		ui.PageHead(b, ui.Head{}),
		in(ui.Work(),
			in(ui.PostTo(b, ui.FormView{Action: "/organisations", Draft: "organisation-new"}),
				ui.Input(l, none, ui.Field{Name: "name", Label: "Name", Width: "wide"}),
				ui.Input(l, none, ui.Field{Kind: ui.Checks, Name: "kind", Label: "Kinds", Values: []string{"b"}, Options: []ui.Option{{Value: "a", Text: "Academia"}, {Value: "b", Text: "Bank"}}}),
				ui.Input(l, none, ui.Field{Kind: ui.Check, Name: "own", Label: "Our own", Value: "1"}),
				ui.Buttons(ui.Button{Text: "Create organisation"}),
			)))
}

func signInPage(l *i18n.L) templ.Component {
	b := base(l, "Sign in", ui.SignInPath)
	b.Nav, b.Who, b.Insecure, b.Failed = nil, "", true, true
	none := ui.Form{}
	return in(ui.Layout(b),
		ui.PageHead(b, ui.Head{}),
		in(ui.Work(),
			in(ui.PostTo(b, ui.FormView{Action: ui.SignInPath}),
				ui.Input(l, none, ui.Field{Kind: ui.Email, Name: "email", Label: "E-mail", Complete: "username"}),
				ui.Input(l, none, ui.Field{Kind: ui.Password, Name: "password", Label: "Password", Complete: "current-password"}),
				ui.Buttons(ui.Button{Text: "Sign in"}),
			)))
}

func jobPage(l *i18n.L) templ.Component {
	b := base(l, "Import is running, 142 of 238", "/jobs/1")
	b.Narrow = true
	return in(ui.Layout(b),
		ui.PageHead(b, ui.Head{Title: "Import is running", Lead: "142 of 238 rows.", Sub: "You can leave this page."}),
		in(ui.Work(),
			ui.Progress(b, ui.ProgressView{ID: "pg", Title: "organisations.csv", Done: 142, Total: 238, Facts: []ui.Fact{{Term: "Now", Text: "checking rows"}}, Again: "/jobs/1", Cancel: "/jobs/1/cancel", Note: "Cancel leaves the directory as it was.", Live: "/jobs/1.json"}),
			ui.Progress(b, ui.ProgressView{ID: "pg2", Title: "Counting", Done: 1420, Facts: []ui.Fact{{Term: "Now", Text: "counting"}}, Again: "/jobs/2"}),
			ui.Fold("log", "Log", true),
		))
}

func emptyPage(l *i18n.L) templ.Component {
	b := base(l, "Partnerships", "/partnerships")
	b.Wide = true
	return in(ui.Layout(b),
		ui.PageHead(b, ui.Head{Lead: "0 of 0."}),
		in(ui.Work(),
			ui.Empty(l, ui.Blank{ID: "none", Title: "No partnership yet", Text: "Here you will see each partnership with its parties in their roles.", Triangle: true, Buttons: []ui.Button{{Text: "New partnership", Href: "/partnerships/new"}}, Small: "Or begin with a country."}),
			in(ui.Empty(l, ui.Blank{ID: "nf", Title: "Nothing fits the filter"}), para("Without the country there are 2.")),
			ui.Pager(l, ui.Stretch{}),
		))
}

func matrixPage(l *i18n.L) templ.Component {
	b := base(l, "What the guide says, by country and theme", "/guide/matrix")
	b.Calm = true
	row := func(name string) ui.MatrixRow {
		return ui.MatrixRow{Name: name, Href: "/c/" + name, Cells: []ui.MatrixCell{
			{Href: "/c/x-1", Symbol: "m-pres", Says: "described: " + name + ", rights"},
			{Symbol: "m-miss", Text: "not stated", Soft: true},
			{Href: "/c/x-3", Symbol: "m-pres", Says: "described: " + name + ", employment"},
		}}
	}
	return in(ui.Layout(b),
		ui.PageHead(b, ui.Head{Sub: "Never an assessment of a government."}),
		in(ui.Work(),
			in(ui.Section(ui.Caption{ID: "mx", Title: "2 countries, 3 themes"}),
				ui.Matrix(ui.MatrixView{ID: "grid", Label: "mx", Caption: "Square: the guide describes a focus. Dotted: it states none.", Corner: "Country",
					Cols: []ui.MatrixCol{{No: "1", Name: "Rights and dignity"}, {No: "2", Name: "Protection"}, {No: "3", Name: "Employment"}},
					Rows: []ui.MatrixRow{row("Algeria"), row("Barbados")}, FootRow: "Described", Foot: []ui.MatrixCell{{Text: "2 of 2"}, {Text: "0 of 2"}, {Text: "2 of 2"}}}),
			)))
}

func briefPage(l *i18n.L) templ.Component {
	b := base(l, "Example: safer work, brief", "/p/1/brief")
	side := templ.Join(ui.Triangle(l, ui.Corners{P: true}, true), ui.Parties(l, []ui.Party{{Role: ui.Pivotal, Text: "Example Institute"}, {Text: "Example Union"}}, true))
	return in(ui.Layout(b),
		in(ui.Brief(side),
			ui.PageHead(b, ui.Head{Lead: "Active", Sub: "since 14 Mar 2026."}),
			ui.Facts("Key facts", ui.Fact{Term: "Runs", Text: "2026 to 2028"}, ui.Fact{Term: "Pledged", Text: "USD 240,000"}),
			ui.Strip(l, cells),
			in(ui.Section(ui.Caption{ID: "st", Title: "Steps"}), ui.Steps(l, briefSteps())),
		))
}

// briefSteps are eleven steps with 36 elements: what one sheet has to hold.
func briefSteps() []ui.StepRow {
	var out []ui.StepRow
	for i, name := range stepNames {
		r := ui.StepRow{No: i + 1, Name: "Step of the name " + name, Href: fmt.Sprintf("/steps/%d", i+1), Who: "Example Institute", Since: "since 12 Oct"}
		for j := range 3 + i%2*(i%3)/2 {
			r.Els = append(r.Els, ui.ElementCell{Name: "communication", Href: fmt.Sprintf("/e/%d-%d", i, j), State: cells[(i+j)%len(cells)]})
		}
		out = append(out, r)
	}
	return out
}

func errorPage(l *i18n.L) templ.Component {
	b := base(l, "Something failed here, not with you", "/x")
	return ui.ErrorPage(b, ui.ErrorView{Status: 500, Title: "Something failed here, not with you", Text: "Nothing of what you sent was written.", Ref: "7K4Q-92MF", Links: []ui.Link{{Text: "Home", Href: "/"}, {Text: "System state", Href: "/admin/state"}}})
}

var gallery = []struct {
	name string
	page func(*i18n.L) templ.Component
}{
	{"home", homePage}, {"partnership", partnershipPage}, {"step", stepPage}, {"list", listPage}, {"form", formPage}, {"new", newPage}, {"signin", signInPage},
	{"job", jobPage}, {"empty", emptyPage}, {"matrix", matrixPage}, {"brief", briefPage}, {"error", errorPage},
}

func TestGallery(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs {
		for _, g := range gallery {
			t.Run(lang+"/"+g.name, func(t *testing.T) {
				t.Parallel()
				page := render(t, g.page(i18n.For(lang)))
				htmlcheck.Check(t, page)
				keep(t, g.name+"-"+lang+".html", page)
			})
		}
	}
}

// keep writes the gallery to the directory named by AYNI_GALLERY, for a look
// at it in a browser. Without the variable nothing is written.
func keep(t *testing.T, name, page string) {
	t.Helper()
	dir := os.Getenv("AYNI_GALLERY")
	if dir == "" {
		return
	}
	err := os.WriteFile(filepath.Join(dir, name), []byte(page), 0o600)
	if err != nil {
		t.Fatal(err)
	}
}
