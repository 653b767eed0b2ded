package partnership

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
)

// sums are the checksums of all tables but those that only grow, without the
// columns that say when a row was last touched.
func (h *house) sums() map[string]string {
	h.Helper()
	grow := []string{"audit", "record_version", "handover", "job", "form_key", "schema"}
	touched := []string{"version", "updated_at", "updated_by", "checked_at"}
	out := map[string]string{}
	h.read(func(t *db.Tx) error {
		tables, err := db.Tables(t)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if slices.ContainsFunc(grow, func(p string) bool { return strings.HasPrefix(table, p) }) {
				continue
			}
			out[table], err = db.Checksum(t, table, func(c string) bool { return slices.Contains(touched, c) })
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

// estate makes n partnerships that Mara manages, in all the ways in which one
// can: confidential ones, with rights besides, with what waits for her as a
// person, with actions of hers, with the receiver in the team already.
func (h *house) estate(c cast, to access.Actor, n int) []string {
	h.Helper()
	var out []string
	for i := range n {
		p := h.create(c.manager, NewPartnership{
			Partnership: Partnership{Title: fmt.Sprintf("Partnership %02d", i), Confidential: i%8 == 7},
			Parties:     []NewParty{{Party: Party{Organisation: c.india}, Roles: []PartyRole{{Role: Beneficiary}}}},
		})
		out = append(out, p)
		member := func(a access.Actor, r access.Right, days int) {
			m := Member{Account: a.Account, Right: r}
			if days > 0 {
				m.UntilOn = h.today().AddDays(days)
			}
			h.ok(second(h.s.AddMember(h.Context(), c.manager, p, m)))
		}
		switch i % 4 {
		case 0: // nobody may approve: what is attested waits for the manager as a person
			h.attest(c.manager, h.attested(p, "convergence.values"))
		case 1:
			member(to, access.Contribute, 0)
			member(to, access.Manage, 90)
			member(c.manager, access.Approve, 200)
		case 2:
			member(to, access.Contribute, 0)
			member(c.manager, access.Approve, 0)
			h.attest(to, h.attested(p, "convergence.values"))
		}
		if i%2 == 0 {
			for j := range 2 {
				h.ok(second(h.s.AddAction(h.Context(), c.manager, Action{Partnership: p, Text: fmt.Sprintf("Call them %d", j), OwnerKind: WhoPerson, OwnerID: c.manager.Person, Audience: access.AudienceHost, DueOn: h.today().AddDays(30 + j)})))
			}
		}
		h.later(time.Minute)
	}
	return out
}

func (h *house) handOver(a access.Actor, f HandForm) string {
	h.Helper()
	k, err := h.s.HandOver(h.Context(), a, f)
	h.ok(err)
	return k
}

func (h *house) items(handover string) map[string]int {
	h.Helper()
	out := map[string]int{}
	h.read(func(t *db.Tx) error {
		items, err := handItemsOf(t, handover)
		for _, x := range items {
			out[x.Kind+" "+string(x.State)]++
		}
		return err
	})
	return out
}

// mine counts what waits for somebody.
func (h *house) waitingFor(a access.Actor) int {
	h.Helper()
	var n int
	h.read(func(t *db.Tx) error {
		var err error
		_, n, err = firstMine(t, a, "en", 5)
		return err
	})
	return n
}

func TestHandOverOfFortyPartnerships(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		ps := h.estate(c, c.officer, 40)
		h.until(h.today().AddDays(40))
		h.ok(h.s.RecheckAll(h.Context(), func(int) error { return nil }))
		before, waits := h.sums(), h.summary(ps[0]).WaitSince
		waited := h.waitingFor(c.manager)
		if waited == 0 {
			h.Fatal("nothing waits for the one who leaves")
		}

		k := h.handOver(c.manager, HandForm{From: c.manager.Account, To: c.officer.Account, Partnerships: ps, Reason: "Leaves the office"})
		if diff := cmp.Diff(map[string]int{"place moved": 40, "place stays": 10, "action moved": 40}, h.items(k)); diff != "" {
			h.Error(diff)
		}
		for i, p := range ps {
			rights := []access.Right{access.View, access.Contribute, access.Manage}
			if i%4 == 1 || i%4 == 2 {
				rights = append(rights, access.Approve)
			}
			h.holds(c.officer, p, rights...)
			if h.record(p).Manager != c.officer.Account {
				h.Fatalf("partnership %d has still its old manager", i)
			}
			if i%8 == 7 {
				h.holds(c.manager, p) // confidential: who left does not see it any more
			} else {
				h.holds(c.manager, p, access.View)
			}
			h.whole(p)
		}
		if n := h.waitingFor(c.manager); n != 0 {
			h.Errorf("%d things still wait for who has left", n)
		}
		if h.waitingFor(c.officer) < 40 {
			h.Errorf("%d things wait for the receiver", h.waitingFor(c.officer))
		}
		if got := h.summary(ps[0]).WaitSince; got != waits {
			h.Errorf("what waited since %d waits since %d", waits, got)
		}
		if cmp.Equal(before, h.sums()) {
			h.Error("a hand-over changed nothing")
		}

		h.until(h.today().AddDays(2))
		h.ok(h.s.UndoHandOver(h.Context(), c.manager, k))
		if diff := cmp.Diff(before, h.sums()); diff != "" {
			h.Errorf("not all is as it was before: %s", diff)
		}
		if diff := cmp.Diff(map[string]int{"place back": 40, "place stays": 10, "action back": 40}, h.items(k)); diff != "" {
			h.Error(diff)
		}
		for _, p := range ps {
			h.whole(p)
			if h.count(`select count(*) from audit where context = $1 and kind = 'handover'`, p) != 2 {
				h.Fatal("the history of a partnership does not show both")
			}
		}
		h.refused(h.s.UndoHandOver(h.Context(), c.manager, k), errs.Conflict, "")
	})
}

func TestHandOverWithALastDay(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		ps := h.estate(c, c.officer, 4)
		before := h.sums()
		last := h.today().AddDays(10)
		k := h.handOver(c.admin, HandForm{From: c.manager.Account, To: c.officer.Account, Partnerships: ps, Reason: "Leaves", LastDay: last})
		h.holds(c.manager, ps[0], access.View, access.Contribute, access.Manage)
		h.holds(c.officer, ps[0], access.View, access.Contribute, access.Manage)
		h.ok(h.s.UndoHandOver(h.Context(), c.admin, k))
		if diff := cmp.Diff(before, h.sums()); diff != "" {
			h.Errorf("not all is as it was before: %s", diff)
		}
		h.handOver(c.admin, HandForm{From: c.manager.Account, To: c.officer.Account, Partnerships: ps, Reason: "Leaves", LastDay: last})
		h.until(last.AddDays(1))
		h.ok(h.s.RecheckAll(h.Context(), func(int) error { return nil }))
		h.holds(c.manager, ps[0], access.View)
		h.holds(c.officer, ps[0], access.View, access.Contribute, access.Manage)
	})
}

func TestUndoOfAHandOverLeavesWhatChangedSince(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		ps := h.estate(c, c.officer, 4)
		actions := h.actionsOf(ps[0])
		k := h.handOver(c.manager, HandForm{From: c.manager.Account, To: c.officer.Account, Partnerships: ps, Reason: "Leaves"})
		h.ok(h.s.Do(h.Context(), c.officer, ps[0], actions[0], "")) // done meanwhile
		h.ok(second(h.s.AddMember(h.Context(), c.officer, ps[1], Member{Account: c.approver.Account, Right: access.Manage})))
		h.ok(h.s.SetManager(h.Context(), c.officer, ps[1], c.approver.Account)) // somebody else manages
		h.ok(h.s.Remove(h.Context(), c.officer, ps[3]))
		h.ok(h.s.UndoHandOver(h.Context(), c.manager, k))
		if diff := cmp.Diff(map[string]int{"place back": 2, "place kept": 2, "place stays": 1, "action back": 3, "action kept": 1}, h.items(k)); diff != "" {
			h.Error(diff)
		}
		if got := h.record(ps[1]).Manager; got != c.approver.Account {
			h.Error("the manager named since is no longer the manager")
		}
		h.holds(c.officer, ps[1], access.View, access.Contribute, access.Manage, access.Approve)
		for _, p := range ps[:3] {
			h.whole(p)
		}
	})
}

func (h *house) actionsOf(p string) []string {
	h.Helper()
	var out []string
	h.read(func(t *db.Tx) error {
		var err error
		out, err = db.All[string](t, `select id from action where partnership = $1 and system_key is null order by due_on`, p)
		return err
	})
	return out
}

func TestWhoMayHandOver(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		ps := h.estate(c, c.officer, 2)
		form := HandForm{From: c.manager.Account, To: c.officer.Account, Partnerships: ps, Reason: "Leaves"}
		with := func(edit func(f *HandForm)) HandForm {
			f := form
			edit(&f)
			return f
		}
		hand := func(a access.Actor, f HandForm) error { return second(h.s.HandOver(h.Context(), a, f)) }
		h.refused(hand(c.legal, form), errs.Forbidden, "")
		h.refused(hand(c.auditor, form), errs.Forbidden, "")
		h.refused(hand(c.ana, form), errs.NotFound, "") // of another country's party: it is not in it
		h.refused(hand(c.ravi, form), errs.Forbidden, "")
		h.refused(hand(c.manager, with(func(f *HandForm) { f.To = c.auditor.Account })), errs.Invalid, "to")
		h.refused(hand(c.manager, with(func(f *HandForm) { f.To = c.ravi.Account })), errs.Invalid, "to")
		h.refused(hand(c.manager, with(func(f *HandForm) { f.To = c.manager.Account })), errs.Invalid, "to")
		h.refused(hand(c.manager, with(func(f *HandForm) { f.To = "" })), errs.Invalid, "to")
		h.refused(hand(c.manager, with(func(f *HandForm) { f.Reason = "" })), errs.Invalid, "reason")
		h.refused(hand(c.manager, with(func(f *HandForm) { f.LastDay = h.today().AddDays(-1) })), errs.Invalid, "last_day")
		h.refused(hand(c.manager, with(func(f *HandForm) { f.Partnerships = nil })), errs.Invalid, "partnership")
		h.refused(hand(c.manager, with(func(f *HandForm) { f.From = c.legal.Account })), errs.Invalid, "partnership")
		// One that may not be handed over holds the whole back.
		other := h.create(c.officer, NewPartnership{Partnership: Partnership{Title: "Of others"}})
		h.ok(second(h.s.AddMember(h.Context(), c.officer, other, Member{Account: c.manager.Account, Right: access.Contribute})))
		h.refused(hand(c.manager, with(func(f *HandForm) { f.Partnerships = append(slices.Clone(ps), other) })), errs.Forbidden, "")
		for _, p := range ps {
			if h.record(p).Manager != c.manager.Account {
				h.Fatal("a hand-over that was refused moved something")
			}
		}
		// Who manages the partnership may hand over another member's place.
		k := h.handOver(c.officer, HandForm{From: c.manager.Account, To: c.approver.Account, Partnerships: []string{other}, Reason: "Rotation"})
		h.holds(c.approver, other, access.View, access.Contribute)
		h.refused(h.s.UndoHandOver(h.Context(), c.manager, k), errs.Forbidden, "")
		h.later(31 * 24 * time.Hour)
		h.refused(h.s.UndoHandOver(h.Context(), c.officer, k), errs.Forbidden, "")
		// Nothing goes back to an account that is closed.
		k = h.handOver(c.admin, HandForm{From: c.manager.Account, To: c.officer.Account, Partnerships: ps, Reason: "Has left"})
		h.ok(h.acc.Close(h.Context(), c.admin, c.manager.Account))
		h.refused(h.s.UndoHandOver(h.Context(), c.admin, k), errs.Conflict, "")
	})
}

func TestAClosedAccountIsHandedOver(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		ps := h.estate(c, c.officer, 4)
		h.ok(h.acc.Close(h.Context(), c.admin, c.manager.Account))
		h.handOver(c.admin, HandForm{From: c.manager.Account, To: c.officer.Account, Partnerships: ps, Reason: "Has left"})
		for _, p := range ps {
			h.holds(c.officer, p, append([]access.Right{access.View, access.Contribute, access.Manage}, map[bool][]access.Right{true: {access.Approve}}[p == ps[1] || p == ps[2]]...)...)
			h.whole(p)
		}
	})
}

// A further room's mover takes part in a hand-over and in its undo.
func TestAFurtherMover(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		ps := h.estate(c, c.officer, 1)
		owner := c.manager.Account
		h.s.AddMover(Mover{
			Kind: "view",
			Look: func(_ *db.Tx, x Handing) ([]HandItem, error) {
				if owner != x.From.ID {
					return nil, nil
				}
				return []HandItem{{Record: "saved", Title: "My countries"}}, nil
			},
			Move: func(_ *db.Tx, _ access.Actor, x Handing, i *HandItem) error {
				owner, i.Data = x.To.ID, "kept"
				return nil
			},
			Back: func(_ *db.Tx, _ access.Actor, x Handing, i *HandItem) error {
				if i.Data != "kept" {
					return fmt.Errorf("lost what was kept: %q", i.Data)
				}
				owner = x.From.ID
				return nil
			},
		})
		k := h.handOver(c.manager, HandForm{From: c.manager.Account, To: c.officer.Account, Partnerships: ps, Reason: "Leaves"})
		if owner != c.officer.Account {
			h.Error("the mover was not asked")
		}
		h.ok(h.s.UndoHandOver(h.Context(), c.manager, k))
		if owner != c.manager.Account {
			h.Error("the mover did not take it back")
		}
	})
}
