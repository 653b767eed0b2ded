package partnership

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
)

func TestHomeOfANewInstallation(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		for _, look := range []struct {
			who   access.Actor
			says  string
			makes bool
		}{
			{c.officer, "No partnership yet", true},
			{c.legal, "Officers, specialists and administrators begin a partnership.", false},
			{c.auditor, "Officers, specialists and administrators begin a partnership.", false},
			{c.ana, "Your organisation takes part in no partnership here yet", false},
		} {
			p := x.get(look.who, "/")
			p.MustSay(t, "What waits, and for whom", "Nothing waits for you.", "Tuesday, 24 Nov 2026.", look.says)
			if got := p.Link("New partnership") == "/partnerships/new"; got != look.makes {
				t.Errorf("%s is offered a new partnership: %v, want %v", look.who.Name, got, look.makes)
			}
		}
	})
}

func TestHomeSaysWhatWaitsForWhom(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		x.attest(c.manager, x.attested(p, "prospect.geography"))
		x.claim(c.manager, p, "capacity.assistance", c.india, access.AudienceParties)
		x.later(3 * 24 * time.Hour)
		x.action(c.manager, Action{Partnership: p, Text: "Ask for the names of the districts", OwnerKind: WhoPerson, OwnerID: c.manager.Person, DueOn: "2026-12-20"})

		home := x.get(c.approver, "/")
		home.MustSay(t, "1 thing waits for you.", "1 partnership waits for someone; the longest wait is 3 days.",
			"An attestation waits for a second person’s approval.", "Cotton with trust · step 1, geography", "due 1 Dec 2026")
		home.MustNotSay(t, "A statement waits to be confirmed or disputed.", "Ask for the names of the districts")

		home = x.get(c.manager, "/")
		home.MustSay(t, "1 thing waits for you.", "Ask for the names of the districts", "asked by Mara, 27 Nov 2026", "due 20 Dec 2026")
		home.MustNotSay(t, "due 1 Dec 2026")

		home = x.get(c.ana, "/")
		home.MustSay(t, "1 thing waits for you.", "A statement waits to be confirmed or disputed.", "Cotton with trust")
		home.MustNotSay(t, "due 1 Dec 2026", "Ask for the names of the districts")

		// Who states it is not asked; who is in no team sees the row alone.
		for _, a := range []access.Actor{c.ravi, c.officer, c.auditor} {
			home = x.get(a, "/")
			home.MustSay(t, "Nothing waits for you.", "Cotton with trust", "Agency of India", "Agency of Brazil", "none of 35 begun")
		}
		home.MustSay(t, "since 24 Nov 2026, 3 days", "Aya", "Step 1, geography: An attestation waits for a second person’s approval.")
		if href := home.Link("Cotton with trust"); href != "/partnerships/"+p {
			t.Errorf("the partnership leads to %q", href)
		}
	})
}

func TestHomeShowsAPartnerItsOwn(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		x.partnership(c)
		x.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Ports without forced labour"}, Parties: []NewParty{{Party: Party{Organisation: c.brazil}}}})
		x.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Quiet talks", Confidential: true}})
		sees := func(a access.Actor, titles ...string) {
			t.Helper()
			home := x.get(a, "/")
			for _, title := range []string{"Cotton with trust", "Ports without forced labour", "Quiet talks"} {
				if got, want := home.Says(title), slices.Contains(titles, title); got != want {
					t.Errorf("%s sees %q: %v, want %v", a.Name, title, got, want)
				}
			}
			n := map[int]string{1: "1 partnership waits", 2: "2 partnerships wait", 3: "3 partnerships wait"}[len(titles)]
			home.MustSay(t, n)
		}
		sees(c.manager, "Cotton with trust", "Ports without forced labour", "Quiet talks")
		sees(c.admin, "Cotton with trust", "Ports without forced labour", "Quiet talks")
		sees(c.officer, "Cotton with trust", "Ports without forced labour")
		sees(c.auditor, "Cotton with trust", "Ports without forced labour")
		sees(c.ana, "Cotton with trust", "Ports without forced labour")
		sees(c.ravi, "Cotton with trust")
	})
}

func TestHomeCountsNoRemovedPartnership(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		x.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Ports without forced labour"}})
		x.ok(x.s.Remove(x.Context(), c.manager, p))
		for _, a := range []access.Actor{c.manager, c.admin, c.auditor} {
			home := x.get(a, "/")
			home.MustSay(t, "1 partnership waits for someone", "Ports without forced labour")
			home.MustNotSay(t, "Cotton with trust")
		}
		x.get(c.ana, "/").MustSay(t, "Your organisation takes part in no partnership here yet")
	})
}

func TestHomeShowsDeadlinesByAudience(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		for text, audience := range map[string]string{"Board of the host": access.AudienceHost, "Review by all": access.AudienceParties, "Letter of Brazil": access.PartyAudience(c.brazil)} {
			_, err := x.s.AddDeadline(x.Context(), c.manager, p, Deadline{Partnership: p, Text: text, DueOn: "2026-11-30", Audience: audience})
			x.ok(err)
		}
		_, err := x.s.AddDeadline(x.Context(), c.manager, p, Deadline{Partnership: p, Text: "Long past", DueOn: "2026-01-30", Audience: access.AudienceParties})
		x.ok(err)
		home := x.get(c.manager, "/")
		home.MustSay(t, "30 Nov 2026, Monday", "Board of the host", "Review by all", "Letter of Brazil")
		home.MustNotSay(t, "Long past")
		home = x.get(c.ana, "/")
		home.MustSay(t, "Review by all", "Letter of Brazil")
		home.MustNotSay(t, "Board of the host")
		home = x.get(c.ravi, "/")
		home.MustSay(t, "Review by all")
		home.MustNotSay(t, "Board of the host", "Letter of Brazil")
	})
}

func TestHomeSaysWhatChangedSinceTheLastVisit(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		x.get(c.officer, "/").MustSay(t, "This is your first visit.")
		x.acc.Demo = true
		visit := func() {
			_, err := x.acc.SignInDemo(x.Context(), c.officer.Account, "test")
			x.ok(err)
		}
		x.note(c.manager, p, "prospect.expertise", access.AudienceHost)
		x.later(time.Hour)
		visit()
		x.later(24 * time.Hour)
		x.note(c.manager, p, "prospect.geography", access.AudienceHost)
		x.later(24 * time.Hour)
		visit()
		home := x.get(c.officer, "/")
		home.MustSay(t, "Last visit: 24 Nov 2026, 10:00", "geography: open, now partly")
		home.MustNotSay(t, "expertise: open, now partly")
	})
}

func TestHomeCountsCountries(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		x.place(c.manager, p, "MOZ")
		x.place(c.manager, p, "MLI")
		x.ok(x.s.AddPlace(x.Context(), c.manager, p, Place{Kind: PlaceUnnamed, Name: "three districts"}))
		quiet := x.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Quiet talks", Confidential: true}})
		x.place(c.manager, quiet, "MOZ")
		counts := func(a access.Actor, want ...string) {
			t.Helper()
			home := x.get(a, "/")
			at := x.d.Clock.Now().Time().Format("15:04")
			var got []string
			for _, row := range home.Table("Partnerships by country, counted 24 Nov 2026, " + at)[1:] {
				got = append(got, strings.Join(row, " "))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s reads %q, want %q", a.Name, got, want)
			}
		}
		counts(c.officer, "Mali 1", "Mozambique 1")
		counts(c.manager, "Mozambique 2", "Mali 1")
		counts(c.ana, "Mali 1", "Mozambique 1")
		// The number is counted once a minute; what is confidential, at once.
		other := x.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Ports without forced labour"}})
		x.place(c.manager, other, "MLI")
		counts(c.officer, "Mali 1", "Mozambique 1")
		x.later(time.Minute)
		counts(c.officer, "Mali 2", "Mozambique 1")
		counts(c.manager, "Mali 2", "Mozambique 2")
	})
}

func TestAWaitBetweenHostAndPartyIsTheirs(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		chile := x.organisation("Agency of Chile", "CHL")
		celia := x.partner("Celia", chile)
		p := x.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Cotton with trust"}, Parties: []NewParty{
			{Party: Party{Organisation: c.india}}, {Party: Party{Organisation: c.brazil}}, {Party: Party{Organisation: chile}},
		}})
		before := x.visibleWaits(celia, p)
		secret := x.claim(c.manager, p, "agreement.finance", c.brazil, access.PartyAudience(c.india))
		told := "confirm:" + secret
		for _, look := range []struct {
			who  access.Actor
			sees bool
		}{{c.ravi, true}, {celia, false}, {c.officer, true}, {c.manager, true}} {
			if got := slices.Contains(x.visibleWaits(look.who, p), told); got != look.sees {
				t.Errorf("%s is told of the statement: %v, want %v", look.who.Name, got, look.sees)
			}
		}
		if after := x.visibleWaits(celia, p); !slices.Equal(before, after) {
			t.Errorf("what Celia sees has changed from %q to %q", before, after)
		}
		open := x.claim(c.manager, p, "agreement.finance", c.brazil, access.AudienceParties)
		if !slices.Contains(x.visibleWaits(c.ana, p), "confirm:"+open) {
			t.Error("Ana is not told whom a statement for all parties waits for")
		}
		// What waits for approval is the host's own, unless it is for the parties.
		a := x.attest(c.manager, x.attested(p, "agreement.agreement"))
		n := x.attested(p, "agreement.agreement")
		n.Audience = access.AudienceParties
		b := x.attest(c.manager, n)
		waits := x.visibleWaits(celia, p)
		if slices.Contains(waits, "approve:"+a) || !slices.Contains(waits, "approve:"+b) {
			t.Errorf("Celia sees %q; want the approval of %s, not of %s", waits, b, a)
		}
	})
}

// What waits for an actor is found in two ways: from what the actor holds, and
// by asking each action. Both find the same, for everybody.
func TestMineIsTheSameBothWays(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		hand := x.account("Hana", access.Specialist)
		p := x.partnership(c)
		other := x.create(c.officer, NewPartnership{Partnership: Partnership{Title: "Ports without forced labour"}, Parties: []NewParty{{Party: Party{Organisation: c.brazil}}}})
		x.ok(second(x.s.AddMember(x.Context(), c.manager, p, Member{Account: hand.Account, Right: access.Contribute})))
		x.attest(c.manager, x.attested(p, "prospect.geography"))
		x.attest(hand, x.attested(p, "prospect.expertise"))
		x.claim(c.manager, p, "capacity.assistance", c.india, access.AudienceParties)
		x.claim(c.officer, other, "capacity.assistance", c.brazil, access.AudienceParties)
		for _, at := range []string{p, other} {
			by := map[string]access.Actor{p: c.manager, other: c.officer}[at]
			for _, r := range []access.Right{access.Manage, access.Contribute, access.Approve} {
				x.action(by, Action{Partnership: at, Text: "For who may " + string(r), OwnerKind: WhoRight, OwnerID: string(r)})
			}
			x.action(by, Action{Partnership: at, Text: "For Brazil", OwnerKind: WhoParty, OwnerID: c.brazil})
			x.action(by, Action{Partnership: at, Text: "For the manager", OwnerKind: WhoPerson, OwnerID: by.Person})
			high := x.action(by, Action{Partnership: at, Text: "To be looked at", OwnerKind: WhoPerson, OwnerID: by.Person, High: true})
			x.ok(x.s.Do(x.Context(), by, at, high, "Seen"))
		}
		for _, a := range []access.Actor{c.manager, c.officer, c.approver, hand, c.admin, c.auditor, c.legal, c.ana, c.ravi} {
			ids := func(f TodoFilter) []string {
				f.Mine, f.Limit = true, 100
				var out []string
				x.read(func(t *db.Tx) error {
					rows, _, err := listTodos(t, a, f)
					for _, r := range rows {
						out = append(out, r.Say(i18n.For("en"))+" of "+r.Title)
					}
					return err
				})
				return out
			}
			byOwner, byDay := ids(TodoFilter{}), ids(TodoFilter{Many: true})
			if !slices.Equal(byOwner, byDay) {
				t.Errorf("%s: from what is held %q, asked one by one %q", a.Name, byOwner, byDay)
			}
			for _, byDay := range []bool{false, true} {
				x.read(func(tx *db.Tx) error {
					first, n, err := mineAmong(tx, a, "en", 2, byDay)
					if n != len(byOwner) || len(first) != min(2, n) {
						t.Errorf("%s, by day %v: %d of %d are counted, %d shown", a.Name, byDay, n, len(byOwner), len(first))
					}
					for i, r := range first {
						if got := r.Say(i18n.For("en")) + " of " + r.Title; got != byOwner[i] {
							t.Errorf("%s, by day %v: number %d is %q, want %q", a.Name, byDay, i, got, byOwner[i])
						}
					}
					return err
				})
			}
			want := map[string]int{"Mara": 3, "Otto": 3, "Aya": 4, "Hana": 1, "Ana": 3}[a.Name]
			if len(byOwner) != want {
				t.Errorf("%s: %d things wait, want %d: %q", a.Name, len(byOwner), want, byOwner)
			}
		}
	})
}

func TestHomeSaysMoreThanItCounts(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		for i := range fewMine + 3 {
			err := x.d.Write(x.Context(), func(t *db.Tx) error {
				rec, err := lock(t, p)
				if err != nil {
					return err
				}
				_, err = x.s.addAction(t, c.manager, rec, Action{
					Text: "Write to the districts", OwnerKind: WhoPerson, OwnerID: c.manager.Person, DueOn: x.today().AddDays(i), Audience: access.AudienceHost,
				})
				return err
			})
			x.ok(err)
		}
		home := x.get(c.manager, "/")
		home.MustSay(t, "More than 200 things wait for you.", "due 24 Nov 2026", "All that waits for you")
		list := x.get(c.manager, "/actions")
		list.MustSay(t, "203 open actions.", "1 to 50 of 203")
	})
}
