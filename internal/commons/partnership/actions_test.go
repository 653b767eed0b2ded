package partnership

import (
	"slices"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
)

// mine are the open actions that wait for an actor, by what they ask for.
func (h *house) mine(a access.Actor) []ListedTodo {
	h.Helper()
	var out []ListedTodo
	h.read(func(t *db.Tx) error {
		var err error
		out, _, err = listTodos(t, a, TodoFilter{Mine: true, Today: h.today(), Lang: "en", Limit: 50})
		if err != nil {
			return err
		}
		// The other ways to ask agree.
		many, _, err := listTodos(t, a, TodoFilter{Mine: true, Many: true, Today: h.today(), Lang: "en", Limit: 50})
		if err != nil {
			return err
		}
		_, n, err := firstMine(t, a, "en", 50)
		if err != nil {
			return err
		}
		if len(many) != len(out) || n != len(out) {
			h.Errorf("%s: %d by owner, %d by day, %d counted", a.Name, len(out), len(many), n)
		}
		return nil
	})
	return out
}

func TestActionsOfTheProductClearThemselves(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		n := h.attest(c.manager, h.attested(p, "agreement.agreement"))
		m := h.claim(c.ravi, p, "project.progress", "", access.AudienceParties)
		made := h.actions(p)
		if len(made) != 2 {
			h.Fatalf("%d actions, want one for the approval and one for the answer: %+v", len(made), made)
		}
		for _, x := range made {
			switch x.OwnerKind {
			case WhoRight:
				if x.OwnerID != "approve" || x.NotPerson != c.manager.Person || x.Audience != access.AudienceHost || x.DueOn != firstDay.AddDays(7) || x.Element != "agreement.agreement" {
					h.Errorf("the approval is asked as %+v", x)
				}
			case WhoParty:
				if x.OwnerID != c.brazil || x.Audience != access.PartyAudience(c.brazil) || x.DueOn != firstDay.AddDays(14) {
					h.Errorf("the answer is asked as %+v", x)
				}
			default:
				h.Errorf("asked of nobody: %+v", x)
			}
			if x.State != ActionOpen || x.Message.Zero() || x.Link == "" {
				h.Errorf("made as %+v", x)
			}
			h.refused(h.s.Do(h.Context(), c.manager, p, x.ID, "done"), errs.Conflict, "")
			h.refused(h.s.DropAction(h.Context(), c.manager, p, x.ID, false), errs.Conflict, "")
		}
		ids := func(of []Action) []string {
			var out []string
			for _, x := range of {
				out = append(out, x.ID)
			}
			slices.Sort(out)
			return out
		}
		for range 10 {
			h.later(time.Hour)
			h.recheck(p)
		}
		if got := h.actions(p); !slices.Equal(ids(got), ids(made)) {
			h.Fatalf("ten checks made %d of %d", len(got), len(made))
		}
		if n := h.count(`select count(*) from action where partnership = $1`, p); n != 2 {
			h.Errorf("%d actions are kept", n)
		}

		h.approve(c.approver, p, n)
		h.ok(h.answer(c.ana, p, m, Disputed, "It was 30"))
		left := h.actions(p)
		if len(left) != 1 || left[0].OwnerID != "manage" || left[0].Audience != access.AudienceHost {
			h.Errorf("after the answers %+v is asked", left)
		}
		h.ok(h.s.EditClaim(h.Context(), c.ravi, Claim{ID: m, Partnership: p}, true))
		if left = h.actions(p); len(left) != 0 {
			h.Errorf("nothing is asked any more, but %+v", left)
		}
		if n := h.count(`select count(*) from action where partnership = $1 and state = 'done' and done_by = 'system:journey'`, p); n != 3 {
			h.Errorf("%d actions have cleared themselves, want 3", n)
		}
		h.whole(p)
	})
}

// Who wrote what is to be approved is not asked to approve it, also after
// another person has changed it.
func TestApprovalIsAskedOfAnother(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.approver.Account, Right: access.Manage})))
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.manager.Account, Right: access.Approve})))
		asked := func(want string) {
			h.Helper()
			got := ""
			for _, a := range []access.Actor{c.manager, c.approver, c.officer, c.admin, c.ana} {
				for _, x := range h.mine(a) {
					if x.OwnerID == "approve" {
						got += a.Name
					}
				}
			}
			if got != want {
				h.Fatalf("approval is asked of %q, want %q", got, want)
			}
		}
		n := h.attest(c.manager, h.attested(p, "agreement.agreement"))
		asked("Aya")
		form := h.attestation(p, n)
		form.Note = "Seen by Aya"
		h.ok(h.s.EditAttestation(ctx, c.approver, form, nil))
		asked("Mara")
		if got := h.actions(p); len(got) != 1 {
			h.Errorf("%d actions ask for one approval", len(got))
		}
		h.approve(c.manager, p, n)
		asked("")

		// Where only the author may approve, the manager is asked to find somebody.
		alone := h.create(c.officer, NewPartnership{Partnership: Partnership{Title: "Alone"}, Team: map[string][]access.Right{c.officer.Account: {access.Approve}}})
		h.attest(c.officer, h.attested(alone, "agreement.agreement"))
		if got := h.mine(c.officer); len(got) != 1 || got[0].OwnerKind != WhoPerson || got[0].NotPerson != "" || got[0].Message.Key != "journey.nobody_approves" || got[0].Link != "/partnerships/"+alone+"/team" {
			h.Errorf("the manager is asked for %+v", got)
		}
	})
}

func TestActionOfAPerson(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.officer.Account, Right: access.Contribute})))
		add := func(a access.Actor, x Action) (string, error) {
			x.Partnership = p
			if x.Text == "" {
				x.Text = "Write to the ministry"
			}
			if x.Audience == "" {
				x.Audience = access.AudienceHost
			}
			return h.s.AddAction(ctx, a, x)
		}
		person := func(a access.Actor) Action { return Action{OwnerKind: WhoPerson, OwnerID: a.Person} }
		party := func(org string) Action { return Action{OwnerKind: WhoParty, OwnerID: org} }
		for _, x := range []Action{{}, person(c.ana), party(h.organisation("Outside", "FRA")), {OwnerKind: WhoRight, OwnerID: "bless"}, {OwnerKind: WhoRight, OwnerID: "view"}, {OwnerKind: WhoPerson}, {OwnerKind: WhoParty}} {
			_, err := add(c.manager, x)
			h.refused(err, errs.Invalid, "owner")
		}
		bad := person(c.officer)
		bad.DueOn = "2027-02-30"
		_, err := add(c.manager, bad)
		h.refused(err, errs.Invalid, "due_on")
		bad = person(c.officer)
		bad.Element = "moon"
		_, err = add(c.manager, bad)
		h.refused(err, errs.Invalid, "element")
		_, err = add(c.approver, person(c.officer))
		h.refused(err, errs.Forbidden, "")
		_, err = add(c.ana, person(c.officer))
		h.refused(err, errs.Invalid, "audience") // for the host alone

		// A party sees what it is to do.
		x, err := add(c.manager, party(c.brazil))
		h.ok(err)
		if got := h.mine(c.ana); len(got) != 1 || got[0].ID != x || got[0].Audience != access.PartyAudience(c.brazil) {
			h.Fatalf("the party is asked for %+v", got)
		}
		if got := h.mine(c.ravi); len(got) != 0 {
			h.Errorf("another party is asked for %+v", got)
		}
		h.refused(h.s.Do(ctx, c.ravi, p, x, ""), errs.NotFound, "")
		h.refused(h.s.Do(ctx, c.officer, p, x, ""), errs.Forbidden, "") // neither its own nor its manager
		h.ok(h.s.Do(ctx, c.ana, p, x, ""))
		h.refused(h.s.Do(ctx, c.ana, p, x, ""), errs.Conflict, "")
		if got := h.mine(c.ana); len(got) != 0 {
			h.Errorf("done and still asked: %+v", got)
		}

		// Contributors are asked for what waits for contributors.
		y, err := add(c.manager, Action{OwnerKind: WhoRight, OwnerID: "contribute"})
		h.ok(err)
		for _, a := range []access.Actor{c.officer, c.manager} {
			if got := h.mine(a); len(got) != 1 || got[0].ID != y {
				h.Errorf("%s contributes and is asked for %+v", a.Name, got)
			}
		}
		if got := append(h.mine(c.approver), h.mine(c.admin)...); len(got) != 0 {
			h.Errorf("others are asked for %+v", got)
		}
		h.ok(h.s.Do(ctx, c.officer, p, y, ""))
		h.whole(p)
	})
}

func TestHighPriority(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.officer.Account, Right: access.Contribute})))
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.legal.Account, Right: access.Approve})))
		helper := h.account("Cora", access.Officer)
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: helper.Account, Right: access.Contribute})))
		x, err := h.s.AddAction(ctx, c.manager, Action{Partnership: p, Text: "Sign", OwnerKind: WhoPerson, OwnerID: c.officer.Person, High: true, Audience: access.AudienceHost})
		h.ok(err)
		read := func() Action {
			var out Action
			h.read(func(t *db.Tx) error {
				var err error
				out, err = oneAction(t, c.manager, p, x)
				return err
			})
			return out
		}
		stands := func(want ActionState) {
			h.Helper()
			if got := read(); got.State != want {
				h.Fatalf("it is %s, want %s", got.State, want)
			}
		}
		h.refused(h.s.CheckAction(ctx, c.manager, p, x, true), errs.Conflict, "") // not done yet
		h.refused(h.s.Do(ctx, c.officer, p, x, ""), errs.Invalid, "note")
		h.ok(h.s.Do(ctx, c.officer, p, x, "The signed page"))
		stands(ActionToCheck)
		h.refused(h.s.CheckAction(ctx, c.officer, p, x, true), errs.Forbidden, "")
		again := c.legal
		again.Person = c.officer.Person // another account of the same person
		h.refused(h.s.CheckAction(ctx, again, p, x, true), errs.Forbidden, "")
		for _, a := range []access.Actor{helper, c.admin, c.auditor, c.ana} {
			if err := h.s.CheckAction(ctx, a, p, x, true); err == nil {
				h.Errorf("%s took the second look", a.Name)
			}
		}
		stands(ActionToCheck)
		if got := h.mine(c.officer); len(got) != 0 {
			h.Errorf("who did it is asked to look at %+v", got)
		}
		if got := h.mine(c.manager); len(got) != 1 {
			h.Errorf("who manages is not asked to look")
		}
		// Only who does it, or who manages, gives it up.
		h.refused(h.s.DropAction(ctx, c.legal, p, x, false), errs.Forbidden, "")
		h.refused(h.s.DropAction(ctx, c.legal, p, x, true), errs.Forbidden, "")
		stands(ActionToCheck)

		h.ok(h.s.CheckAction(ctx, c.legal, p, x, false))
		stands(ActionOpen)
		if got := read(); got.DoneBy != "" || got.DonePerson != "" || got.DoneAt != 0 || got.DoneNote == "" {
			h.Errorf("open again as %+v", got)
		}
		h.ok(h.s.Do(ctx, c.officer, p, x, "The page with the seal"))
		h.ok(h.s.CheckAction(ctx, c.legal, p, x, true))
		stands(ActionDone)
		if got := read(); got.CheckedBy != c.legal.Account || got.CheckedAt == 0 || got.DonePerson != c.officer.Person {
			h.Errorf("done as %+v", got)
		}
		h.refused(h.s.CheckAction(ctx, c.manager, p, x, false), errs.Conflict, "")
		h.refused(h.s.DropAction(ctx, c.manager, p, x, false), errs.Conflict, "") // what is done can't be given up

		version := read().Version
		h.ok(h.s.DropAction(ctx, c.manager, p, x, true)) // taken up again
		stands(ActionOpen)
		h.ok(h.s.DropAction(ctx, c.manager, p, x, true)) // is open already
		if got := read(); got.Version != version+1 || got.CheckedBy != "" {
			h.Errorf("taken up again as %+v", got)
		}
		h.ok(h.s.DropAction(ctx, c.officer, p, x, false))
		stands(ActionDropped)
		h.refused(h.s.Do(ctx, c.officer, p, x, "x"), errs.Conflict, "")
		h.ok(h.s.DropAction(ctx, c.officer, p, x, true))
		stands(ActionOpen)
		// Without high priority nobody has to look.
		y, err := h.s.AddAction(ctx, c.manager, Action{Partnership: p, Text: "Call", OwnerKind: WhoPerson, OwnerID: c.officer.Person, Audience: access.AudienceHost})
		h.ok(err)
		h.ok(h.s.Do(ctx, c.officer, p, y, ""))
		x = y
		stands(ActionDone)
	})
}

func TestDeadlinesOfPersons(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		good := Deadline{Text: "Report to the donor", DueOn: "2027-01-31", Audience: access.AudienceParties}
		for field, with := range map[string]func(d *Deadline){
			"text": func(d *Deadline) { d.Text = "" }, "due_on": func(d *Deadline) { d.DueOn = "2027" }, "audience": func(d *Deadline) { d.Audience = "" },
		} {
			d := good
			with(&d)
			h.refused(second(h.s.AddDeadline(ctx, c.manager, p, d)), errs.Invalid, field)
		}
		h.refused(second(h.s.AddDeadline(ctx, c.officer, p, good)), errs.Forbidden, "")
		for _, audience := range []string{access.AudienceHost, access.PartyAudience(c.india), access.AudiencePublic} {
			d := good
			d.Audience = audience
			h.refused(second(h.s.AddDeadline(ctx, c.ana, p, d)), errs.Invalid, "audience")
		}
		h.ok(second(h.s.AddDeadline(ctx, c.ana, p, good)))
		h.ok(second(h.s.AddDeadline(ctx, c.manager, p, Deadline{Text: "Call", DueOn: "2026-12-24", Audience: access.AudienceHost})))
		var all []Deadline
		h.read(func(t *db.Tx) error {
			var err error
			all, err = deadlinesFor(t, c.manager, p)
			return err
		})
		if len(all) != 2 || all[0].Text != "Call" {
			h.Fatalf("deadlines %+v", all)
		}
		h.refused(h.s.RemoveDeadline(ctx, c.ana, p, all[0].ID, true), errs.NotFound, "")
		h.refused(h.s.RemoveDeadline(ctx, c.ravi, p, all[1].ID, true), errs.Forbidden, "")
		h.ok(h.s.RemoveDeadline(ctx, c.ana, p, all[1].ID, true))
		h.ok(h.s.RemoveDeadline(ctx, c.manager, p, all[1].ID, false))

		// What the product keeps goes with what it is about.
		form := h.record(p)
		form.EndOn = "2028-01-01"
		h.ok(h.s.Edit(ctx, c.manager, form))
		h.read(func(t *db.Tx) error {
			var err error
			all, err = systemDeadlines(t, p)
			return err
		})
		h.refused(h.s.RemoveDeadline(ctx, c.manager, p, all[0].ID, true), errs.Conflict, "")
		h.whole(p)
	})
}
