package partnership

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/ui/htmlcheck"
)

// opened are the open actions of a partnership that persons made.
func (x *site) opened(p string) []string {
	x.Helper()
	var out []string
	x.read(func(t *db.Tx) error {
		var err error
		out, err = db.All[string](t, `select id from action where partnership = $1 and text <> '' and state in ('open', 'to-check') order by created_at, id`, p)
		return err
	})
	return out
}

func TestAddAction(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		here := "/partnerships/" + p + "/actions"
		x.get(c.manager, here).MustSay(t, "0 open actions.", "Nothing is open.", "Add an action")

		page := x.refuses(c.manager, here, values("text", "", "owner", "person:nobody", "due_on", "some day", "audience", "all", "element", "prospect.moon"), http.StatusUnprocessableEntity)
		if got := len(page.Errors()); got != 5 {
			t.Errorf("%d things to mend, want 5: %q", got, page.Errors())
		}
		if !strings.HasPrefix(page.Title(), "Error:") || page.Form(here).Get("due_on") != "some day" {
			t.Errorf("shown again as %q with %v", page.Title(), page.Form(here))
		}

		good := values("text", "Ask for the names of the districts", "owner", "person:"+c.approver.Person, "due_on", "20 Dec 2026", "audience", "host", "element", "prospect.geography", "high", "1")
		page = x.post(c.manager, here, good)
		page.MustSay(t, "The action is added.", "1 open action.", "Ask for the names of the districts", "Aya · step 1, geography · high priority · asked by Mara, 24 Nov 2026 · for the host’s team", "due 20 Dec 2026")
		made := x.opened(p)
		if len(made) != 1 {
			t.Fatalf("%d actions are made", len(made))
		}
		if page.Form(here+"/"+made[0]+"/drop") == nil {
			t.Error("it can't be undone")
		}
		x.post(c.manager, here+"/"+made[0]+"/drop", nil).MustSay(t, "The action is given up.", "0 open actions.", "given up on 24 Nov 2026")
		page = x.post(c.manager, here+"/"+made[0]+"/reopen", nil)
		page.MustSay(t, "The action is open again.", "1 open action.")

		// A party that is to do it has to see it.
		good.Set("owner", "party:"+c.india)
		good.Set("audience", access.PartyAudience(c.brazil))
		page = x.refuses(c.manager, here, good, http.StatusUnprocessableEntity)
		if !slices.Contains(page.Errors(), "Who is to do it would not see it. Choose all parties") {
			t.Errorf("mended by %q", page.Errors())
		}
		good.Set("audience", access.AudienceHost)
		x.post(c.manager, here, good).MustSay(t, "for the host and Agency of India")
		x.get(c.ravi, here).MustSay(t, "1 open action.", "Agency of India")
		x.get(c.ana, here).MustSay(t, "0 open actions.")

		// A partner asks in its own name, and never for the host alone.
		good = values("text", "Send the list of trainers", "owner", "right:manage", "audience", "host")
		x.refuses(c.ana, here, good, http.StatusUnprocessableEntity)
		good.Set("audience", access.PartyAudience(c.india))
		x.refuses(c.ana, here, good, http.StatusUnprocessableEntity)
		good.Set("audience", access.AudienceParties)
		x.post(c.ana, here, good).MustSay(t, "Send the list of trainers", "who manages the partnership", "for all parties")
		if choices := x.get(c.ana, here).Choices("owner"); slices.ContainsFunc(choices, func(s string) bool { return strings.HasPrefix(s, "person:") }) {
			t.Errorf("Ana may choose persons of the host: %q", choices)
		}

		// Nobody else.
		for _, a := range []access.Actor{c.officer, c.admin, c.legal} {
			x.refuses(a, here, good, http.StatusForbidden)
		}
		x.refuses(c.auditor, here, good, http.StatusForbidden)
		for _, a := range []access.Actor{c.officer, c.auditor} {
			if page := x.get(a, here); page.Form(here) != nil || page.Button("Done") {
				t.Errorf("%s is offered a form", a.Name)
			}
		}
	})
}

func TestActionNeedsASecondPersonWhenItIsHigh(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		here := "/partnerships/" + p + "/actions"
		x.ok(second(x.s.AddMember(x.Context(), c.manager, p, Member{Account: c.approver.Account, Right: access.Contribute})))
		id := x.action(c.manager, Action{Partnership: p, Text: "Sign the letter", OwnerKind: WhoPerson, OwnerID: c.manager.Person, High: true, DueOn: "2026-11-20"})
		x.get(c.manager, here).MustSay(t, "1 is late.", "was due 20 Nov 2026, 4 days ago", "high priority")

		page := x.refuses(c.manager, here+"/"+id+"/do", values("note", ""), http.StatusUnprocessableEntity)
		if errors := page.Errors(); len(errors) != 1 || !strings.Contains(errors[0], "what shows that it is done") {
			t.Errorf("to mend: %q", errors)
		}
		x.refuses(c.approver, here+"/"+id+"/do", values("note", "Letter 12"), http.StatusForbidden)
		x.refuses(c.manager, here+"/"+id+"/check", values("good", "yes"), http.StatusConflict)

		page = x.post(c.manager, here+"/"+id+"/do", values("note", "Letter 12 of the archive"))
		page.MustSay(t, "The action is done.", "1 open action.", "a second person, to look at it", "done, to be checked", "Shown by: Letter 12 of the archive")
		if page.Button("It is done well: close it") {
			t.Error("who did it may check it")
		}
		x.refuses(c.manager, here+"/"+id+"/check", values("good", "yes"), http.StatusForbidden)
		x.get(c.approver, "/").MustSay(t, "1 thing waits for you.", "Sign the letter")
		x.post(c.approver, here+"/"+id+"/check", values("good", "no")).MustSay(t, "The action is open again.", "1 open action.")
		x.post(c.manager, here+"/"+id+"/do", values("note", "Letter 13"))
		page = x.post(c.approver, here+"/"+id+"/check", values("good", "yes"))
		page.MustSay(t, "The action is checked and closed.", "0 open actions.", "done by Mara, 24 Nov 2026", "checked by Aya, 24 Nov 2026", "Shown by: Letter 13")
	})
}

func TestActionOfTheJourneyIsClosedByWhatItAsksFor(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		here := "/partnerships/" + p + "/actions"
		n := x.attest(c.manager, x.attested(p, "prospect.geography"))
		page := x.get(c.approver, here)
		page.MustSay(t, "An attestation waits for a second person’s approval.", "who may approve")
		if page.Link("An attestation waits for a second person’s approval.") != elementPath(p, "prospect.geography")+"#attestation-"+n {
			t.Errorf("it leads to %q", page.Link("An attestation waits for a second person’s approval."))
		}
		id := x.actions(p)[0].ID
		for _, what := range []string{"do", "drop"} {
			x.refuses(c.manager, here+"/"+id+"/"+what, nil, http.StatusConflict)
		}
		if page.Form(here+"/"+id+"/do") != nil {
			t.Error("it is offered to be closed by hand")
		}
		x.approve(c.approver, p, n)
		page = x.get(c.manager, here)
		page.MustSay(t, "0 open actions.", "settled on 24 Nov 2026")
		if page.Button("Open again") {
			t.Error("what the journey closed is offered to be opened by hand")
		}
	})
}

func TestActionsOfAnotherPartnership(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		other := x.create(c.officer, NewPartnership{Partnership: Partnership{Title: "Quiet talks", Confidential: true}})
		id := x.action(c.manager, Action{Partnership: p, Text: "Sign the letter", OwnerKind: WhoPerson, OwnerID: c.manager.Person})
		for _, path := range []string{"/partnerships/" + other, "/partnerships/nothing"} {
			for _, page := range []string{"/actions", "/history"} {
				x.lookRefused(c.manager, path+page, http.StatusNotFound)
				x.lookRefused(c.ana, path+page, http.StatusNotFound)
			}
			x.refuses(c.manager, path+"/actions/"+id+"/do", nil, http.StatusNotFound)
		}
		x.refuses(c.officer, "/partnerships/"+other+"/actions/"+id+"/do", nil, http.StatusNotFound)
		if got := x.opened(p); len(got) != 1 {
			t.Errorf("the action is %v", got)
		}
	})
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		root := "/partnerships/" + p
		page := x.refuses(c.manager, root+"/deadlines", values("text", "", "due_on", "31 Feb 2027", "audience", "host"), http.StatusUnprocessableEntity)
		if len(page.Errors()) != 2 || page.Form(root+"/deadlines").Get("due_on") != "31 Feb 2027" {
			t.Errorf("to mend: %q, typed %v", page.Errors(), page.Form(root+"/deadlines"))
		}
		x.refuses(c.ana, root+"/deadlines", values("text", "Board", "due_on", "1 Feb 2027", "audience", "host"), http.StatusUnprocessableEntity)
		x.refuses(c.ana, root+"/deadlines", values("text", "Board", "due_on", "1 Feb 2027", "audience", access.PartyAudience(c.india)), http.StatusUnprocessableEntity)
		x.refuses(c.officer, root+"/deadlines", values("text", "Board", "due_on", "1 Feb 2027", "audience", "host"), http.StatusForbidden)

		page = x.post(c.ana, root+"/deadlines", values("text", "Board of the agency", "due_on", "1 févr. 2027", "audience", "parties"))
		page.MustSay(t, "The deadline is added.", "1 Feb 2027, Monday", "Board of the agency", "The next day is 1 Feb 2027.")
		var id string
		x.read(func(tx *db.Tx) error {
			all, err := deadlinesFor(tx, c.ana, p)
			for _, d := range all {
				if d.Text == "Board of the agency" {
					id = d.ID
				}
			}
			return err
		})
		remove, restore := root+"/deadlines/"+id+"/delete", root+"/deadlines/"+id+"/restore"
		if page.Form(remove) == nil {
			t.Error("who added it can't remove it")
		}
		if x.get(c.ravi, root+"/actions").Form(remove) != nil || x.get(c.manager, root+"/actions").Form(remove) == nil {
			t.Error("it is for its author and the manager to remove")
		}
		x.refuses(c.ravi, remove, nil, http.StatusForbidden)
		page = x.post(c.ana, remove, nil)
		page.MustSay(t, "Removed.", "No day is noted.")
		if page.Form(restore) == nil {
			t.Error("it can't come back")
		}
		x.post(c.ana, restore, nil).MustSay(t, "It is back.", "Board of the agency")
		x.post(c.manager, remove, nil).MustSay(t, "No day is noted.")

		// What the product keeps goes with what it is about.
		form := x.record(p)
		form.EndOn = "2027-06-30"
		x.ok(x.s.Edit(x.Context(), c.manager, form))
		page = x.get(c.manager, root+"/actions")
		page.MustSay(t, "30 Jun 2027, Wednesday", "The partnership is to end")
		x.read(func(tx *db.Tx) error {
			all, err := systemDeadlines(tx, p)
			if len(all) == 1 {
				id = all[0].ID
			}
			return err
		})
		if page.Form(root+"/deadlines/"+id+"/delete") != nil {
			t.Error("the product's own day is offered to be removed")
		}
		x.refuses(c.manager, root+"/deadlines/"+id+"/delete", nil, http.StatusConflict)
	})
}

func TestActionLists(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		quiet := x.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Quiet talks", Confidential: true}})
		owner := func(a access.Actor) Action { return Action{Partnership: p, OwnerKind: WhoPerson, OwnerID: a.Person} }
		add := func(text, due, element string, a Action) {
			a.Text, a.DueOn, a.Element = text, clock.Day(due), element
			x.action(c.manager, a)
		}
		add("Write to the ministry", "2026-11-20", "agreement.finance", owner(c.manager))
		add("No day is set", "", "prospect.geography", owner(c.manager))
		add("=Read the plan", "2026-12-01", "agreement.agreement", owner(c.approver))
		brazil := Action{Partnership: p, OwnerKind: WhoParty, OwnerID: c.brazil}
		add("Name the trainers", "2026-11-30", "", brazil)
		a := owner(c.manager)
		a.Partnership = quiet
		add("Speak softly", "2026-12-05", "", a)
		done := x.action(c.manager, Action{Partnership: p, Text: "Long done", OwnerKind: WhoPerson, OwnerID: c.manager.Person})
		x.ok(x.s.Do(x.Context(), c.manager, p, done, ""))
		for _, look := range []struct {
			who   access.Actor
			query string
			want  []string
		}{
			{c.manager, "", []string{"Write to the ministry", "Speak softly", "No day is set"}},
			{c.approver, "", []string{"=Read the plan"}},
			{c.ana, "", []string{"Name the trainers"}},
			{c.ravi, "", nil},
			{c.officer, "", nil},
			{c.manager, "view=all", []string{"Write to the ministry", "Name the trainers", "=Read the plan", "Speak softly", "No day is set"}},
			{c.officer, "view=all", []string{"Write to the ministry", "Name the trainers", "=Read the plan", "No day is set"}},
			{c.auditor, "view=all", []string{"Write to the ministry", "Name the trainers", "=Read the plan", "No day is set"}},
			{c.ana, "view=all", []string{"Name the trainers"}},
			{c.ravi, "view=all", nil},
			{c.officer, "view=late", []string{"Write to the ministry"}},
			{c.officer, "view=all&element=agreement", []string{"Write to the ministry", "=Read the plan"}},
			{c.officer, "view=all&element=agreement.finance", []string{"Write to the ministry"}},
			{c.manager, "element=prospect", []string{"No day is set"}},
			{c.manager, "element=horizon", nil},
		} {
			page := x.get(look.who, "/actions?"+look.query)
			var got []string
			if table := page.Table("Open actions by the day they are due"); table != nil {
				for _, row := range table[1:] {
					got = append(got, row[0])
				}
			}
			if !slices.Equal(got, look.want) {
				t.Errorf("%s, %q: %q, want %q", look.who.Name, look.query, got, look.want)
			}
			var doc struct{ Actions []exportedTodo }
			x.ok(json.Unmarshal([]byte(x.file(look.who, "/actions?format=json&"+look.query)), &doc))
			var texts []string
			for _, e := range doc.Actions {
				texts = append(texts, e.Text)
			}
			if !slices.Equal(texts, look.want) {
				t.Errorf("%s, %q: the file holds %q, want %q", look.who.Name, look.query, texts, look.want)
			}
		}
		rows, err := csv.NewReader(strings.NewReader(x.file(c.officer, "/actions?view=all&element=agreement&format=csv"))).ReadAll()
		x.ok(err)
		if len(rows) != 3 || rows[2][1] != "'=Read the plan" || rows[2][6] != "Aya" || rows[1][7] != "2026-11-20" {
			t.Errorf("the CSV holds %q", rows)
		}
		page := x.get(c.officer, "/actions?view=all&element=agreement")
		if page.Link("CSV") != "/actions?element=agreement&format=csv&view=all" {
			t.Errorf("the CSV is at %q", page.Link("CSV"))
		}
		pageOf(t, x.get(c.manager, "/actions"), "Cotton with trust", "/partnerships/"+p)
		pageOf(t, x.get(c.officer, "/actions?element=horizon"), "Clear the filter", "/actions")
	})
}

func pageOf(t *testing.T, p *htmlcheck.Page, link, href string) {
	t.Helper()
	if got := p.Link(link); got != href {
		t.Errorf("%q leads to %q, want %q", link, got, href)
	}
}

func TestActionListPages(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		due := []string{"2026-11-30", "", "2026-11-20", "2026-11-30", "2026-12-01", ""}
		for _, d := range due {
			x.action(c.manager, Action{Partnership: p, Text: "Due " + d, OwnerKind: WhoPerson, OwnerID: c.manager.Person, DueOn: clock.Day(d)})
		}
		for _, f := range []TodoFilter{{Mine: true}, {Mine: true, Many: true}, {}} {
			page := func(after, before string) (ids, days []string, more bool) {
				f.After, f.Before, f.Limit = after, before, 2
				x.read(func(tx *db.Tx) error {
					rows, m, err := listTodos(tx, c.manager, f)
					more = m
					for _, r := range rows {
						ids, days = append(ids, r.ID), append(days, string(r.DueOn))
					}
					return err
				})
				return ids, days, more
			}
			var all []string
			first, days, more := page("", "")
			all = append(all, days...)
			second, days, more2 := page(first[1], "")
			all = append(all, days...)
			third, days, more3 := page(second[1], "")
			all = append(all, days...)
			if !slices.Equal(all, []string{"2026-11-20", "2026-11-30", "2026-11-30", "2026-12-01", "", ""}) || !more || !more2 || more3 {
				t.Errorf("%+v: %q, more %v %v %v", f, all, more, more2, more3)
			}
			back, _, more := page("", third[0])
			if !slices.Equal(back, second) || !more {
				t.Errorf("%+v: back from the third page %v, want %v", f, back, second)
			}
		}
	})
}
