package partnership

import (
	"slices"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
)

// holds asserts which rights an actor holds on a partnership.
func (h *house) holds(a access.Actor, p string, want ...access.Right) {
	h.Helper()
	var got []access.Right
	for _, r := range access.Rights {
		if h.may(a, p, r) {
			got = append(got, r)
		}
	}
	if !slices.Equal(got, want) {
		h.Errorf("%s holds %v, want %v", a.Name, got, want)
	}
}

func TestRightsByRoleTeamAndParty(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		outsider := h.partner("Keza", h.organisation("Agency of Kenya", "KEN"))
		p := h.partnership(c)
		h.holds(c.manager, p, access.View, access.Contribute, access.Manage)
		h.holds(c.approver, p, access.View, access.Approve)
		h.holds(c.officer, p, access.View)
		h.holds(c.admin, p, access.View)
		h.holds(c.auditor, p, access.View)
		h.holds(c.ana, p, access.View, access.Contribute)
		h.holds(outsider, p)
		h.holds(access.Actor{}, p)
		h.holds(access.System("job"), p, access.Rights...)

		// An auditor reads all and writes nothing, also where it stands in a team.
		h.ok(second(h.s.AddMember(h.Context(), c.manager, p, Member{Account: c.auditor.Account, Right: access.Manage})))
		h.holds(c.auditor, p, access.View)

		form := h.record(p)
		form.Confidential = true
		h.ok(h.s.Edit(h.Context(), c.manager, form))
		h.holds(c.manager, p, access.View, access.Contribute, access.Manage)
		h.holds(c.approver, p, access.View, access.Approve)
		h.holds(c.officer, p)
		h.holds(c.legal, p)
		h.holds(c.admin, p, access.View)
		h.holds(outsider, p)
	})
}

func TestConfidential(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		open := h.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Open"}})
		h.ok(second(h.s.AddDeadline(h.Context(), c.manager, p, Deadline{Text: "x", DueOn: "2027-01-01", Audience: access.AudienceHost})))
		h.attest(c.manager, h.attested(p, "outreach.channels"))
		h.note(c.manager, p, "outreach.messages", access.AudienceHost)
		form := h.record(p)
		form.Confidential = true
		h.ok(h.s.Edit(h.Context(), c.manager, form))
		for _, k := range []struct {
			who  access.Actor
			sees bool
		}{{c.manager, true}, {c.approver, true}, {c.admin, true}, {c.officer, false}, {c.auditor, false}, {c.legal, false}} {
			want := []string{open}
			if k.sees {
				want = []string{p, open}
			}
			titles, err := h.s.Titles(h.Context(), k.who, "en")
			h.ok(err)
			var got []string
			for _, x := range titles {
				got = append(got, x.ID)
			}
			if !slices.Equal(got, want) {
				h.Errorf("%s sees %v, want %v", k.who.Name, got, want)
			}
			_, err = h.s.Journey(h.Context(), k.who, p, "en")
			if k.sees != (err == nil) || (!k.sees && !errs.Is(err, errs.NotFound)) {
				h.Errorf("%s reads the journey: %v", k.who.Name, err)
			}
			if !k.sees {
				// What is hidden is not there, whatever is tried.
				h.refused(h.s.Move(h.Context(), k.who, p, Active, "x"), errs.NotFound, "")
				h.refused(second(h.s.Waive(h.Context(), k.who, p, Waiver{Gate: "agreement.signature", Reason: "x"})), errs.NotFound, "")
			}
			h.read(func(t *db.Tx) error {
				for _, sort := range []string{"wait", "title"} {
					rows, _, err := listed(t, k.who, ListFilter{Sort: sort, Limit: 10}, "", "")
					if err != nil || len(rows) != len(want) {
						h.Errorf("%s lists %d by %s: %v", k.who.Name, len(rows), sort, err)
					}
				}
				n, err := countListed(t, k.who, ListFilter{}, 10)
				if err != nil || n != len(want) {
					h.Errorf("%s counts %d: %v", k.who.Name, n, err)
				}
				due, err := nextDeadlines(t, k.who, h.today(), 10)
				if err != nil || (len(due) > 0) != k.sees {
					h.Errorf("%s sees %d deadlines: %v", k.who.Name, len(due), err)
				}
				todos, _, err := listTodos(t, k.who, TodoFilter{Today: h.today(), Lang: "en", Limit: 10})
				if err != nil || (len(todos) > 0) != k.sees {
					h.Errorf("%s sees %d actions: %v", k.who.Name, len(todos), err)
				}
				changes, err := changesSince(t, k.who, 0, 10)
				if err != nil || (len(changes) > 0) != k.sees {
					h.Errorf("%s sees %d changes: %v", k.who.Name, len(changes), err)
				}
				return nil
			})
			blank, err := h.s.Blank(h.Context(), k.who, []string{p, open})
			h.ok(err)
			if blank[p] == k.sees || blank[open] {
				h.Errorf("for %s the audit is blank in %v", k.who.Name, blank)
			}
		}
	})
}

func TestPartnerAfterLeaving(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		for _, k := range []struct {
			name string
			left clock.Day
			last clock.Day // the last day of the account's rights
		}{
			{"a day", "2026-11-20", "2027-11-20"},
			{"a month", "2026-11", "2027-11-30"},
			{"a year", "2026", "2027-12-31"},
			{"in time to come", "2027-02-28", "2028-02-29"},
		} {
			h.until(firstDay)
			p := h.partnership(c)
			var party Party
			h.read(func(t *db.Tx) error {
				all, err := partiesOf(t, p)
				for _, y := range all {
					if y.Organisation == c.brazil {
						party = y
					}
				}
				return err
			})
			party.LeftOn = k.left
			h.ok(h.s.EditParty(h.Context(), c.manager, p, party))
			for _, on := range []clock.Day{firstDay, k.last} {
				h.until(on)
				h.night()
				if !h.may(c.ana, p, access.View) || !h.may(c.ana, p, access.Contribute) {
					h.Errorf("%s: who left has no view on %s", k.name, on)
				}
			}
			h.until(k.last.AddDays(1))
			h.night()
			if h.may(c.ana, p, access.View) {
				h.Errorf("%s: who left has a view on %s", k.name, h.today())
			}
			h.holds(c.ravi, p, access.View, access.Contribute)
			h.ok(h.s.Remove(h.Context(), c.manager, p)) // out of the way of the next
		}
	})
}

// A party that was never one, or is not yet one, gives no rights.
func TestPartnerThatIsNone(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.create(c.manager, NewPartnership{Partnership: Partnership{Title: "New"}, Parties: []NewParty{
			{Party: Party{Organisation: c.brazil}}, {Party: Party{Organisation: c.india, JoinedOn: "2027-01"}},
		}})
		h.holds(c.ana, p, access.View, access.Contribute)
		h.holds(c.ravi, p)
		var party string
		h.read(func(t *db.Tx) error {
			all, err := partiesOf(t, p)
			party = all[0].ID
			return err
		})
		h.ok(h.s.RemoveParty(h.Context(), c.manager, p, party, true)) // it was a mistake
		h.holds(c.ana, p)
		h.ok(h.s.RemoveParty(h.Context(), c.manager, p, party, false))
		h.holds(c.ana, p, access.View, access.Contribute)
		h.until("2026-12-31")
		h.night()
		h.holds(c.ravi, p)
		h.until("2027-01-01")
		h.night()
		h.holds(c.ravi, p, access.View, access.Contribute)
		h.whole(p)
	})
}

// Rights follow an account when it is made, moves to another organisation,
// becomes a partner's, is closed and comes back.
func TestRightsFollowTheAccount(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		ctx := h.Context()
		p := h.partnership(c)
		only := h.create(c.manager, NewPartnership{Partnership: Partnership{Title: "India alone"}, Parties: []NewParty{{Party: Party{Organisation: c.india}}}})
		lia := h.partner("Lia", c.brazil) // made after the partnership
		h.holds(lia, p, access.View, access.Contribute)
		h.holds(lia, only)

		set := func(organisation string, roles ...access.Role) {
			h.Helper()
			f := access.RoleForm{Organisation: organisation}
			for _, r := range roles {
				f.Roles = append(f.Roles, access.RoleGrant{Role: r})
			}
			h.ok(h.acc.SetRoles(ctx, c.admin, lia.Account, f))
			lia.Organisation, lia.Roles = organisation, roles
		}
		set(c.india, access.Partner)
		h.holds(lia, p, access.View, access.Contribute) // India is a party too
		h.holds(lia, only, access.View, access.Contribute)
		kenya := h.organisation("Agency of Kenya", "KEN")
		set(kenya, access.Partner)
		h.holds(lia, p)
		h.holds(lia, only)

		set("", access.Officer)
		h.holds(lia, p, access.View)
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: lia.Account, Right: access.Manage})))
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: lia.Account, Right: access.Approve})))
		h.holds(lia, p, access.Rights...)
		// One of the team who goes over to a partner takes part through it alone.
		set(c.brazil, access.Partner)
		h.holds(lia, p, access.View, access.Contribute)
		h.whole(p)
		set(kenya, access.Partner)
		h.holds(lia, p)
		set("", access.Officer)
		h.holds(lia, p, access.Rights...)

		// Who has gone is not waited for.
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.officer.Account, Right: access.Approve})))
		h.attest(c.manager, h.attested(p, "agreement.finance"))
		waitsFor := func(want string) {
			h.Helper()
			for _, w := range h.waits(p, "agreement.finance") {
				if w.What != "evidence" && string(w.Kind)+":"+w.ID != want {
					h.Errorf("waits for %s of %s %s, want %s", w.What, w.Kind, w.ID, want)
				}
			}
		}
		waitsFor("right:approve")
		for _, a := range []access.Actor{c.ana, lia, c.approver} {
			h.ok(h.acc.Close(ctx, c.admin, a.Account))
		}
		waitsFor("right:approve") // the officer is left
		h.ok(h.acc.Close(ctx, c.admin, c.officer.Account))
		waitsFor("person:" + c.manager.Person)
		h.refused(h.s.SetManager(ctx, c.manager, p, lia.Account), errs.Invalid, "account")
		if n := h.count(`select count(*) from object_access where account = $1`, c.ana.Account); n != 0 {
			h.Errorf("a closed account of a partner keeps %d rights", n)
		}
		for _, x := range []string{p, only} {
			h.whole(x)
		}
	})
}

// Changes of accounts and of parties that come together leave no right behind
// and none out, once the night has passed.
func TestAccountsAndPartiesAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		var all []string
		for range 3 {
			all = append(all, h.partnership(c))
		}
		kenya := h.organisation("Agency of Kenya", "KEN")
		for n := range 4 {
			together(3, func(i int) {
				var err error
				switch i {
				case 0:
					err = h.acc.SetRoles(h.Context(), c.admin, c.ana.Account, access.RoleForm{
						Organisation: []string{kenya, c.brazil}[n%2], Roles: []access.RoleGrant{{Role: access.Partner}},
					})
				case 1:
					for _, p := range all {
						_, err = h.s.AddParty(h.Context(), c.manager, p, NewParty{Party: Party{Label: "x"}})
						if err != nil {
							break
						}
					}
				case 2:
					err = h.s.RecheckAll(h.Context(), func(int) error { return nil })
				}
				if err != nil {
					h.Errorf("%d: %v", i, err)
				}
			})
		}
		h.night()
		for _, p := range all {
			h.holds(c.ana, p, access.View, access.Contribute)
			h.whole(p)
		}
	})
}

func TestTeamRightsLapse(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		h.ok(second(h.s.AddMember(h.Context(), c.manager, p, Member{Account: c.officer.Account, Right: access.Manage, UntilOn: firstDay.AddDays(2)})))
		h.holds(c.officer, p, access.View, access.Contribute, access.Manage)
		h.later(48 * time.Hour)
		h.night()
		h.holds(c.officer, p, access.View, access.Contribute, access.Manage)
		h.later(24 * time.Hour)
		h.night()
		h.holds(c.officer, p, access.View)
		// Given again it holds again.
		var id string
		h.read(func(t *db.Tx) error {
			team, err := teamOf(t, p)
			for _, m := range team {
				if m.Account == c.officer.Account {
					id = m.ID
				}
			}
			return err
		})
		h.ok(h.s.RemoveMember(h.Context(), c.manager, p, id))
		h.ok(second(h.s.AddMember(h.Context(), c.manager, p, Member{Account: c.officer.Account, Right: access.Manage})))
		h.holds(c.officer, p, access.View, access.Contribute, access.Manage)
		h.whole(p)
	})
}
