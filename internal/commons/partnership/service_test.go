package partnership

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
)

func TestCreateGivesThirtyFiveStates(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		facilitator := h.organisation("Facilitating Body", "")
		role := func(org string, r Role) NewParty {
			return NewParty{Party: Party{Organisation: org}, Roles: []PartyRole{{Role: r}}}
		}
		for _, k := range []struct {
			name    string
			parties []NewParty
			lacks   map[string]string
		}{
			{"nobody", nil, map[string]string{"prospect.geography": "evidence role.beneficiary", "prospect.expertise": "evidence parties role.pivotal"}},
			{"one", []NewParty{role(c.india, Beneficiary)}, map[string]string{"prospect.expertise": "evidence parties role.pivotal"}},
			{"one without a role", []NewParty{{Party: Party{Organisation: c.india}}},
				map[string]string{"prospect.geography": "evidence role.beneficiary", "prospect.expertise": "evidence parties role.pivotal", "strategy.scope": "evidence role.unstated"}},
			{"three", []NewParty{role(c.india, Beneficiary), role(c.brazil, Pivotal), role(facilitator, Facilitating)}, map[string]string{}},
			{"three, one not yet named", []NewParty{{Party: Party{Label: "A country of the Sahel"}, Roles: []PartyRole{{Role: Beneficiary}}}, role(c.brazil, Pivotal), role(facilitator, Facilitating)}, map[string]string{}},
		} {
			p := h.create(c.manager, NewPartnership{Partnership: Partnership{Title: k.name}, Parties: k.parties})
			h.whole(p)
			for _, e := range Elements {
				want := k.lacks[e.Key]
				if want == "" {
					want = "evidence"
				}
				h.stands(p, e.Key, Open, want)
				for _, w := range h.waits(p, e.Key) {
					if w.Kind != WhoRight || w.ID != "manage" {
						h.Errorf("%s, %s waits for %s %s", k.name, e.Key, w.Kind, w.ID)
					}
				}
			}
			if s := h.summary(p); s.Open != 35 || s.Strip != strings.Repeat("o", 11) {
				h.Errorf("%s: %+v", k.name, s)
			}
			j, err := h.s.Journey(h.Context(), c.manager, p, "en")
			h.ok(err)
			if len(j.Findings) != 35 {
				h.Fatalf("%s: %d findings", k.name, len(j.Findings))
			}
			for i, f := range j.Findings {
				if f.Key != Elements[i].Key || f.State != Open || f.Since == "" || f.Step < 1 || len(f.Missing) == 0 || f.Evidence == nil {
					h.Errorf("%s: %+v", k.name, f)
				}
				for _, m := range f.Missing {
					if m.Text == "" || m.Since == "" || m.Link == "" || len(m.Who) == 0 || m.Who[0].Name != "Mara" {
						h.Errorf("%s, %s: %+v", k.name, f.Key, m)
					}
				}
			}
		}
	})
}

func TestCreateIsForThoseWhoMay(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		good := NewPartnership{Partnership: Partnership{Title: "New"}}
		for _, a := range []access.Actor{c.ana, c.auditor, c.legal, {}} {
			_, err := h.s.Create(h.Context(), a, good)
			h.refused(err, errs.Forbidden, "")
		}
		_, err := h.s.Create(h.Context(), c.manager, NewPartnership{})
		h.refused(err, errs.Invalid, "title")
		_, err = h.s.Create(h.Context(), access.Command("tests"), good)
		h.refused(err, errs.Invalid, "") // a command has to name the manager
		twice := good
		twice.Parties = []NewParty{{Party: Party{Organisation: c.india}}, {Party: Party{Organisation: c.india}}}
		_, err = h.s.Create(h.Context(), c.manager, twice)
		h.refused(err, errs.Invalid, "organisation")
		gone := good
		gone.Parties = []NewParty{{Party: Party{Organisation: "0199d1c8-0000-7000-8000-000000000000"}}}
		_, err = h.s.Create(h.Context(), c.manager, gone)
		h.refused(err, errs.Invalid, "organisation")
		unknown := good
		unknown.About = About{"focus_theme": {"no-such-theme"}}
		_, err = h.s.Create(h.Context(), c.manager, unknown)
		h.refused(err, errs.Invalid, "focus_theme")
		under := good
		under.Umbrella = "0199d1c8-0000-7000-8000-000000000000"
		_, err = h.s.Create(h.Context(), c.manager, under)
		h.refused(err, errs.Invalid, "umbrella")
		if n := h.count(`select count(*) from partnership`); n != 0 {
			h.Errorf("%d partnerships were half-written", n)
		}
		if n := h.count(`select count(*) from audit where kind = 'partnership'`); n != 0 {
			h.Errorf("%d rows of the audit speak of what was not done", n)
		}
	})
}

func TestEditMergesWhatDiffers(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		opened := h.record(p)

		mine, theirs := opened, opened
		theirs.Title = "Cotton with more trust"
		h.ok(h.s.Edit(h.Context(), c.manager, theirs))
		mine.Summary = "What it is about"
		h.ok(h.s.Edit(h.Context(), c.manager, mine)) // the same version: other fields
		got := h.record(p)
		if got.Title != theirs.Title || got.Summary != mine.Summary || got.Version != 3 {
			h.Fatalf("merged to %q, %q, version %d", got.Title, got.Summary, got.Version)
		}

		mine.Title = "Cotton and wool"
		err := h.s.Edit(h.Context(), c.manager, mine)
		h.refused(err, errs.Conflict, "title")
		if f := fieldsOf(err); !slices.Equal(f, []string{"title"}) {
			h.Errorf("a clash in %v", f)
		}
		if !strings.Contains(errs.As(err).Fields[0].Msg.English(), theirs.Title) {
			h.Error("the clash does not say what stands there now")
		}
		if after := h.record(p); after.Title != theirs.Title || after.Version != 3 {
			h.Errorf("a refused change was written: %q, version %d", after.Title, after.Version)
		}

		// The same change twice is no clash.
		same := opened
		same.Title = theirs.Title
		h.ok(h.s.Edit(h.Context(), c.manager, same))

		// Each is right alone; together they are not.
		opened = h.record(p)
		begin, end := opened, opened
		begin.StartOn, end.EndOn = "2027-06", "2027-01"
		h.ok(h.s.Edit(h.Context(), c.manager, begin))
		h.refused(h.s.Edit(h.Context(), c.manager, end), errs.Invalid, "end_on")

		// A version that was never there, or is no longer kept.
		opened.Version = 99
		h.refused(h.s.Edit(h.Context(), c.manager, opened), errs.Conflict, "")

		for _, a := range []access.Actor{c.officer, c.approver, c.admin, c.auditor, c.ana} {
			h.refused(h.s.Edit(h.Context(), a, h.record(p)), errs.Forbidden, "")
		}
		opened = h.record(p)
		opened.ID = "0199d1c8-0000-7000-8000-000000000000"
		h.refused(h.s.Edit(h.Context(), c.manager, opened), errs.NotFound, "")
		h.whole(p)
	})
}

// Many forms that were opened on different versions, sent in any order, end in
// what a model of the rule says.
func TestEditAgainstAModel(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		rounds := 300
		if h.d.Engine == db.Postgres || testing.Short() {
			rounds = 100
		}
		rnd := rand.New(rand.NewPCG(13, 14))
		p := h.partnership(c)
		type fields [6]string
		of := func(p Partnership) fields {
			return fields{p.Title, p.TitleFR, p.Summary, string(p.StartOn), p.NeedText, string(p.NeedOn)}
		}
		on := func(p Partnership, f fields) Partnership {
			p.Title, p.TitleFR, p.Summary, p.StartOn, p.NeedText, p.NeedOn = f[0], f[1], f[2], clock.Day(f[3]), f[4], clock.Day(f[5])
			p.NeedKind = NeedSignal
			return p
		}
		h.ok(h.s.Edit(h.Context(), c.manager, on(h.record(p), of(h.record(p)))))
		names := []string{"title", "title_fr", "summary", "start_on", "need_text", "need_on"}
		versions := []Partnership{{}, {}, h.record(p)} // by version
		for n := range rounds {
			now := versions[len(versions)-1]
			base := versions[len(versions)-1-rnd.IntN(min(4, len(versions)-2))]
			want, form := of(now), of(base)
			for i := range form {
				if rnd.IntN(3) > 0 {
					continue
				}
				switch i {
				case 0:
					form[i] = fmt.Sprintf("Title %d", rnd.IntN(3))
				case 3, 5:
					form[i] = fmt.Sprintf("2027-0%d-01", 1+rnd.IntN(3))
				default:
					form[i] = []string{"", "a", "b"}[rnd.IntN(3)]
				}
			}
			var clashes []string
			for i := range form {
				mine, theirs := form[i] != of(base)[i], of(now)[i] != of(base)[i]
				switch {
				case mine && theirs && form[i] != of(now)[i]:
					clashes = append(clashes, names[i])
				case mine:
					want[i] = form[i]
				}
			}
			err := h.s.Edit(h.Context(), c.manager, on(base, form))
			if len(clashes) > 0 {
				if !errs.Is(err, errs.Conflict) || !slices.Equal(fieldsOf(err), clashes) {
					h.Fatalf("round %d: %v, want a clash in %v", n, err, clashes)
				}
				want = of(now)
			} else {
				h.ok(err)
			}
			got := h.record(p)
			if of(got) != want {
				h.Fatalf("round %d: %q, want %q", n, of(got), want)
			}
			if got.Version > now.Version {
				versions = append(versions, got)
			}
		}
		h.whole(p)
	})
}

func TestUmbrella(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		make := func(title string) string {
			return h.create(c.manager, NewPartnership{Partnership: Partnership{Title: title}})
		}
		a, b, d := make("A"), make("B"), make("C")
		under := func(p, umbrella string) error {
			form := h.record(p)
			form.Umbrella = umbrella
			return h.s.Edit(h.Context(), c.manager, form)
		}
		h.refused(under(a, a), errs.Invalid, "umbrella")
		h.ok(under(b, a))
		h.refused(under(a, b), errs.Invalid, "umbrella") // a ring
		h.refused(under(d, b), errs.Invalid, "umbrella") // a third level
		h.ok(under(d, a))
		top := make("Top")
		h.refused(under(a, top), errs.Invalid, "umbrella") // one that is an umbrella stands under none
		hidden := h.create(c.officer, NewPartnership{Partnership: Partnership{Title: "Hidden", Confidential: true}})
		h.refused(under(b, hidden), errs.Invalid, "umbrella")
		_, err := h.s.Create(h.Context(), c.manager, NewPartnership{Partnership: Partnership{Title: "E", Umbrella: hidden}})
		h.refused(err, errs.Invalid, "umbrella")
		e := h.create(c.manager, NewPartnership{Partnership: Partnership{Title: "E", Umbrella: a}})
		h.read(func(t *db.Tx) error {
			rows, err := membersOf(t, c.officer, a)
			var got []string
			for _, r := range rows {
				got = append(got, r.ID)
			}
			if !slices.Equal(got, []string{b, d, e}) {
				h.Errorf("under the umbrella are %v", got)
			}
			return err
		})
		h.ok(under(b, "")) // out again
		if h.record(b).Umbrella != "" {
			h.Error("still under the umbrella")
		}
	})
}

func TestTwoUmbrellasAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		for range 2 { // PostgreSQL finds out after a second that they wait for each other
			a := h.create(c.manager, NewPartnership{Partnership: Partnership{Title: "A"}})
			b := h.create(c.manager, NewPartnership{Partnership: Partnership{Title: "B"}})
			forms := [2]Partnership{h.record(a), h.record(b)}
			forms[0].Umbrella, forms[1].Umbrella = b, a
			var done [2]error
			together(len(forms), func(i int) { done[i] = h.s.Edit(h.Context(), c.manager, forms[i]) })
			if (done[0] == nil) == (done[1] == nil) {
				h.Fatalf("of two that put each other under themselves: %v and %v", done[0], done[1])
			}
			if h.record(a).Umbrella != "" && h.record(b).Umbrella != "" {
				h.Fatal("each is under the other")
			}
		}
	})
}

// together runs fn n times at once.
func together(n int, fn func(i int)) {
	var ready, done sync.WaitGroup
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			ready.Wait()
			fn(i)
		})
	}
	done.Wait()
}

func TestRemoveAndRestore(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		for _, a := range []access.Actor{c.officer, c.approver, c.admin, c.ana} {
			h.refused(h.s.Remove(h.Context(), a, p), errs.Forbidden, "")
		}
		h.ok(h.s.Remove(h.Context(), c.manager, p))
		for _, a := range []access.Actor{c.manager, c.officer, c.admin, c.ana} {
			_, err := h.s.Journey(h.Context(), a, p, "en")
			h.refused(err, errs.NotFound, "")
		}
		h.refused(h.s.Remove(h.Context(), c.manager, p), errs.NotFound, "")
		titles, err := h.s.Titles(h.Context(), c.admin, "en")
		h.ok(err)
		if len(titles) != 0 {
			h.Errorf("removed and still listed: %v", titles)
		}
		_, err = h.s.AddEvidence(h.Context(), c.manager, Evidence{Partnership: p, Element: "prospect.geography", Kind: EvidenceNote, Title: "x", Note: "x", Audience: access.AudienceHost}, nil)
		h.refused(err, errs.NotFound, "")

		for _, a := range []access.Actor{c.officer, c.approver, c.admin, c.ana} {
			h.refused(h.s.Restore(h.Context(), a, p), errs.NotFound, "")
		}
		h.ok(h.s.Restore(h.Context(), c.manager, p))
		h.whole(p)
		h.ok(h.s.Restore(h.Context(), c.manager, p)) // once more changes nothing
		got := h.record(p)
		if got.DeletedAt != 0 || got.Version != 3 {
			h.Errorf("restored: deleted %d, version %d", got.DeletedAt, got.Version)
		}
		// One that is there says nothing of itself to those who may not see it.
		hidden := h.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Hidden", Confidential: true}})
		h.refused(h.s.Restore(h.Context(), c.officer, hidden), errs.NotFound, "")
		h.refused(h.s.Restore(h.Context(), c.ana, hidden), errs.NotFound, "")
	})
}

// While a partnership is removed nobody checks rights; they are put right when
// it comes back.
func TestRestoreChecksRights(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		h.ok(second(h.s.AddMember(h.Context(), c.manager, p, Member{Account: c.officer.Account, Right: access.Contribute, UntilOn: firstDay.AddDays(5)})))
		h.ok(h.s.Remove(h.Context(), c.manager, p))
		h.until(firstDay.AddDays(10))
		h.ok(h.s.RecheckAll(h.Context(), func(int) error { return nil }))
		h.ok(h.s.Restore(h.Context(), c.manager, p))
		if h.may(c.officer, p, access.Contribute) {
			h.Error("a right that has lapsed came back")
		}
		h.whole(p)
	})
}

// may says whether an actor holds a right on a partnership.
func (h *house) may(a access.Actor, p string, r access.Right) bool {
	h.Helper()
	var ok bool
	h.read(func(t *db.Tx) error {
		var err error
		ok, err = held(t, a, p, r)
		return err
	})
	return ok
}

func TestMove(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		at := h.later(time.Hour)
		h.refused(h.s.Move(h.Context(), c.manager, p, Active, ""), errs.Invalid, "reason")
		h.refused(h.s.Move(h.Context(), c.manager, p, Renewed, "why"), errs.Invalid, "status")
		h.refused(h.s.Move(h.Context(), c.officer, p, Active, "why"), errs.Forbidden, "")
		h.ok(h.s.Move(h.Context(), c.manager, p, Active, "Work has begun"))
		got := h.record(p)
		if got.Status != Active || got.StatusSince != at {
			h.Errorf("status %s since %d, want active since %d", got.Status, got.StatusSince, at)
		}
		h.read(func(t *db.Tx) error {
			all, err := statusChanges(t, p)
			if len(all) != 2 || all[0].From != Exploring || all[0].To != Active || all[0].Reason != "Work has begun" || all[0].By != "Mara" || all[1].From != "" {
				h.Errorf("the history of the status is %+v", all)
			}
			return err
		})
		h.refused(h.s.ConfirmModality(h.Context(), c.manager, p, "circular"), errs.Invalid, "modality")
		h.ok(h.s.ConfirmModality(h.Context(), c.manager, p, BilateralSouth))
		if got := h.record(p); got.Modality != BilateralSouth || got.ModalityBy != c.manager.Account || got.ModalityAt != at {
			h.Errorf("modality %q by %q at %d", got.Modality, got.ModalityBy, got.ModalityAt)
		}
		h.whole(p)
	})
}

func TestParties(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		add := func(y Party, roles ...PartyRole) (string, error) {
			return h.s.AddParty(h.Context(), c.manager, p, NewParty{Party: y, Roles: roles})
		}
		_, err := add(Party{Organisation: c.india})
		h.refused(err, errs.Invalid, "organisation")
		_, err = add(Party{})
		h.refused(err, errs.Invalid, "organisation")
		_, err = add(Party{Label: "x", Country: "XXX"})
		h.refused(err, errs.Invalid, "country")
		_, err = add(Party{Label: "x", JoinedOn: "2027-05", LeftOn: "2027-04"})
		h.refused(err, errs.Invalid, "left_on")
		_, err = add(Party{Label: "x", JoinedOn: "soon"})
		h.refused(err, errs.Invalid, "joined_on")
		_, err = add(Party{Label: "x"}, PartyRole{Role: "donor"})
		h.refused(err, errs.Invalid, "role")
		h.whole(p)

		unnamed, err := add(Party{Label: "A ministry"})
		h.ok(err)
		_, err = add(Party{Label: "Another ministry"}, PartyRole{Role: Facilitating}) // several may be without a name
		h.ok(err)
		h.stands(p, "strategy.scope", Open, "evidence role.unstated")
		h.ok(h.s.AddRole(h.Context(), c.manager, p, PartyRole{Party: unnamed, Role: Funding}))
		h.stands(p, "strategy.scope", Open, "evidence")

		third := h.organisation("Third", "KEN")
		h.refused(h.s.EditParty(h.Context(), c.manager, p, Party{ID: unnamed, Organisation: c.india, Meta: Meta{Version: 1}}), errs.Invalid, "organisation")
		h.ok(h.s.EditParty(h.Context(), c.manager, p, Party{ID: unnamed, Organisation: third, Meta: Meta{Version: 1}}))
		_, err = add(Party{Organisation: third})
		h.refused(err, errs.Invalid, "organisation")

		h.ok(h.s.RemoveParty(h.Context(), c.manager, p, unnamed, true))
		h.refused(h.s.EditParty(h.Context(), c.manager, p, Party{ID: unnamed, Organisation: third}), errs.NotFound, "")
		h.refused(h.s.AddRole(h.Context(), c.manager, p, PartyRole{Party: unnamed, Role: Funding}), errs.NotFound, "")
		again, err := add(Party{Organisation: third})
		h.ok(err)
		h.refused(h.s.RemoveParty(h.Context(), c.manager, p, unnamed, false), errs.Conflict, "")
		h.ok(h.s.RemoveParty(h.Context(), c.manager, p, again, true))
		h.ok(h.s.RemoveParty(h.Context(), c.manager, p, unnamed, false))

		// A role that ends is missed from the day after.
		var roles []PartyRole
		h.read(func(t *db.Tx) error {
			var err error
			roles, err = rolesOf(t, p)
			return err
		})
		i := slices.IndexFunc(roles, func(r PartyRole) bool { return r.Role == Beneficiary })
		h.ok(h.s.EditRole(h.Context(), c.manager, p, PartyRole{ID: roles[i].ID, ToOn: firstDay, Version: roles[i].Version}, false))
		h.stands(p, "prospect.geography", Open, "evidence")
		h.until(firstDay.AddDays(1))
		h.ok(h.s.RecheckAll(h.Context(), func(int) error { return nil }))
		h.stands(p, "prospect.geography", Open, "evidence role.beneficiary")
		h.ok(h.s.EditRole(h.Context(), c.manager, p, PartyRole{ID: roles[i].ID}, true))
		h.refused(h.s.EditRole(h.Context(), c.manager, p, PartyRole{ID: roles[i].ID}, false), errs.NotFound, "")
		for _, a := range []access.Actor{c.officer, c.approver, c.admin, c.ana} {
			h.refused(h.s.RemoveParty(h.Context(), a, p, again, true), errs.Forbidden, "")
		}
		h.whole(p)
	})
}

// A party of another partnership can't be changed through this one.
func TestRecordsOfAnotherPartnership(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		mine, theirs := h.partnership(c), h.partnership(c)
		var party Party
		var role PartyRole
		var member Member
		h.read(func(t *db.Tx) error {
			parties, err := partiesOf(t, theirs)
			if err != nil {
				return err
			}
			roles, err := rolesOf(t, theirs)
			if err != nil {
				return err
			}
			team, err := teamOf(t, theirs)
			party, role, member = parties[0], roles[0], team[len(team)-1]
			return err
		})
		evidence := h.note(c.manager, theirs, "prospect.geography", access.AudienceHost)
		attestation := h.attest(c.manager, h.attested(theirs, "prospect.geography"))
		claim := h.claim(c.manager, theirs, "prospect.geography", c.india, access.AudienceParties)
		action, err := h.s.AddAction(h.Context(), c.manager, Action{Partnership: theirs, Text: "x", OwnerKind: WhoRight, OwnerID: "manage", Audience: access.AudienceHost})
		h.ok(err)
		ctx := h.Context()
		for what, err := range map[string]error{
			"party":       h.s.RemoveParty(ctx, c.manager, mine, party.ID, true),
			"its facts":   h.s.EditParty(ctx, c.manager, mine, party),
			"role":        h.s.EditRole(ctx, c.manager, mine, role, true),
			"new role":    h.s.AddRole(ctx, c.manager, mine, PartyRole{Party: party.ID, Role: Funding}),
			"brings":      h.s.SetBrings(ctx, c.manager, mine, party.ID, nil),
			"member":      h.s.RemoveMember(ctx, c.manager, mine, member.ID),
			"evidence":    h.s.RemoveEvidence(ctx, c.manager, mine, evidence, true),
			"attestation": h.s.Withdraw(ctx, c.manager, mine, attestation),
			"approval":    h.s.Decide(ctx, c.approver, mine, attestation, h.attestation(theirs, attestation).Content, true, ""),
			"claim":       h.s.EditClaim(ctx, c.manager, Claim{ID: claim, Partnership: mine}, true),
			"answer":      h.s.AnswerClaim(ctx, c.ana, mine, Answer{Claim: claim, Answer: Confirmed}),
			"action":      h.s.Do(ctx, c.manager, mine, action, ""),
		} {
			if !errs.Is(err, errs.NotFound) {
				h.Errorf("%s of another partnership: %v", what, err)
			}
		}
		h.whole(theirs)
	})
}

func TestAbout(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		themes := h.s.ref.All("focus_theme")
		one, two := themes[0].Code, themes[1].Code
		codes := func(list string) []string {
			var out []string
			h.read(func(t *db.Tx) error {
				all, err := tagsOf(t, p)
				for _, g := range all {
					if g.List == list {
						out = append(out, g.Code)
					}
				}
				return err
			})
			return out
		}
		h.ok(h.s.SetAbout(h.Context(), c.manager, p, About{"focus_theme": {one, two}}))
		h.ok(h.s.SetAbout(h.Context(), c.manager, p, About{"focus_theme": {two}, "challenge": nil}))
		if got := codes("focus_theme"); !slices.Equal(got, []string{two}) {
			h.Errorf("themes %v, want %s", got, two)
		}
		h.refused(h.s.SetAbout(h.Context(), c.manager, p, About{"country": {"BRA"}}), errs.BadRequest, "")
		h.refused(h.s.SetAbout(h.Context(), c.officer, p, About{"focus_theme": nil}), errs.Forbidden, "")

		var party string
		h.read(func(t *db.Tx) error {
			all, err := partiesOf(t, p)
			party = all[0].ID
			return err
		})
		brings := h.s.ref.All(BringsList)
		h.ok(h.s.SetBrings(h.Context(), c.manager, p, party, []string{brings[0].Code, brings[1].Code}))
		h.ok(h.s.SetBrings(h.Context(), c.manager, p, party, []string{brings[1].Code, brings[2].Code}))
		want := []string{brings[1].Code, brings[2].Code}
		slices.Sort(want)
		if got := codes(BringsList); !slices.Equal(got, want) {
			h.Errorf("brings %v, want %v", got, want)
		}
		if n := h.count(`select count(*) from audit where kind = 'partnership_tag' and record like '` + BringsList + `:%' and action = 'deleted'`); n != 1 {
			h.Errorf("%d rows of the audit on what a party brings no longer, want 1", n)
		}

		h.refused(h.s.AddPlace(h.Context(), c.manager, p, Place{Kind: PlaceCountry, Code: "XXX"}), errs.Invalid, "code")
		h.refused(h.s.AddPlace(h.Context(), c.manager, p, Place{Kind: PlaceUnnamed}), errs.Invalid, "name")
		h.refused(h.s.AddPlace(h.Context(), c.manager, p, Place{Kind: "planet"}), errs.Invalid, "kind")
		point := Place{Kind: PlacePoint, Name: "Nampula", Code: "MOZ"}
		point.Lat.V, point.Lat.Valid = -15.1, true
		h.refused(h.s.AddPlace(h.Context(), c.manager, p, point), errs.Invalid, "lat")
		point.Lon.V, point.Lon.Valid = 39.2, true
		h.ok(h.s.AddPlace(h.Context(), c.manager, p, point))
		h.ok(h.s.AddPlace(h.Context(), c.manager, p, Place{Kind: PlaceUnnamed, Name: "Two districts"}))
		amount := Amount{Kind: "budget", Currency: "USD", Audience: access.AudienceParties}
		h.ok(h.s.AddAmount(h.Context(), c.manager, p, amount)) // not stated
		amount.Minor.V, amount.Minor.Valid = -1, true
		h.refused(h.s.AddAmount(h.Context(), c.manager, p, amount), errs.Invalid, "amount")
		amount.Minor.V, amount.Currency = 100, "XXX1"
		h.refused(h.s.AddAmount(h.Context(), c.manager, p, amount), errs.Invalid, "currency")
		h.refused(h.s.AddResult(h.Context(), c.manager, p, Result{Kind: "hoped", Text: "x", Audience: access.AudienceHost}), errs.Invalid, "kind")
		h.ok(h.s.AddResult(h.Context(), c.manager, p, Result{Kind: "planned", Text: "x", Audience: access.AudienceHost}))
		h.ok(h.s.AddResult(h.Context(), c.manager, p, Result{Kind: "planned", Text: "y", Audience: access.AudienceParties}))
		h.read(func(t *db.Tx) error {
			results, err := resultsOf(t, c.manager, p)
			if err != nil || len(results) != 2 || results[0].Position != 1 || results[1].Position != 2 {
				h.Errorf("results %+v, %v", results, err)
			}
			places, err := placesOf(t, p)
			if len(places) != 2 || places[0].Lat.V != -15.1 || places[1].Lat.Valid {
				h.Errorf("places %+v", places)
			}
			return err
		})
		h.read(func(t *db.Tx) error {
			amounts, err := amountsOf(t, c.manager, p)
			if len(amounts) != 1 || amounts[0].Minor.Valid {
				h.Errorf("an amount that is not stated is %+v", amounts)
			}
			return err
		})
		h.refused(h.s.Drop(h.Context(), c.manager, p, "table", "x", true), errs.NotFound, "")
		h.refused(h.s.Drop(h.Context(), c.manager, p, "amount", "x", true), errs.NotFound, "")
	})
}

func TestTeam(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		members := func() []Member {
			var out []Member
			h.read(func(t *db.Tx) error {
				var err error
				out, err = teamOf(t, p)
				return err
			})
			return out
		}
		find := func(a access.Actor, r access.Right) string {
			for _, m := range members() {
				if m.Account == a.Account && m.Right == r {
					return m.ID
				}
			}
			h.Fatalf("%s does not hold %s", a.Name, r)
			return ""
		}
		h.refused(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.officer.Account, Right: "bless"})), errs.Invalid, "right")
		h.refused(second(h.s.AddMember(ctx, c.manager, p, Member{Account: "nobody", Right: access.View})), errs.Invalid, "account")
		h.refused(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.officer.Account, Right: access.View, UntilOn: "later"})), errs.Invalid, "until_on")
		for _, r := range access.Rights {
			h.refused(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.ana.Account, Right: r})), errs.Invalid, "account")
		}
		for _, a := range []access.Actor{c.officer, c.approver, c.ana} {
			h.refused(second(h.s.AddMember(ctx, a, p, Member{Account: c.officer.Account, Right: access.Manage})), errs.Forbidden, "")
		}
		h.refused(second(h.s.AddMember(ctx, c.auditor, p, Member{Account: c.auditor.Account, Right: access.Manage})), errs.Forbidden, "")

		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.officer.Account, Right: access.Contribute})))
		h.refused(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.officer.Account, Right: access.Contribute})), errs.Invalid, "account")
		if !h.may(c.officer, p, access.Contribute) || h.may(c.officer, p, access.Manage) {
			h.Error("who may contribute does not hold just that")
		}
		// The manager's right stays until another manager is named.
		h.refused(h.s.RemoveMember(ctx, c.manager, p, find(c.manager, access.Manage)), errs.Conflict, "")
		h.refused(h.s.SetManager(ctx, c.manager, p, c.officer.Account), errs.Invalid, "account")
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.officer.Account, Right: access.Manage, UntilOn: "2027-01-31"})))
		h.refused(h.s.SetManager(ctx, c.manager, p, c.officer.Account), errs.Invalid, "account") // it would end by itself
		h.ok(h.s.RemoveMember(ctx, c.manager, p, find(c.officer, access.Manage)))
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.officer.Account, Right: access.Manage})))
		h.ok(h.s.SetManager(ctx, c.manager, p, c.officer.Account))
		h.refused(h.s.RemoveMember(ctx, c.manager, p, find(c.officer, access.Manage)), errs.Conflict, "")
		h.ok(h.s.RemoveMember(ctx, c.manager, p, find(c.manager, access.Manage))) // one's own too
		h.refused(h.s.Move(ctx, c.manager, p, Active, "why"), errs.Forbidden, "")
		if h.may(c.manager, p, access.Contribute) {
			h.Error("who is out of the team still contributes")
		}
		// An administrator helps where the manager has left.
		h.ok(second(h.s.AddMember(ctx, c.admin, p, Member{Account: c.manager.Account, Right: access.Manage})))
		h.ok(h.s.SetManager(ctx, c.admin, p, c.manager.Account))
		h.ok(h.s.Move(ctx, c.manager, p, Active, "why"))
		// But does not work in it.
		h.refused(h.s.Move(ctx, c.admin, p, Paused, "why"), errs.Forbidden, "")
		h.whole(p)
	})
}

// Two who manage take each other's right away, many times at once: one of
// them stays, and the partnership's manager always holds the right.
func TestManagersRemoveEachOther(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		ids := func() map[string]string {
			out := map[string]string{}
			h.read(func(t *db.Tx) error {
				all, err := teamOf(t, p)
				for _, m := range all {
					if m.Right == access.Manage {
						out[m.Account] = m.ID
					}
				}
				return err
			})
			return out
		}
		two := [2]access.Actor{c.officer, c.approver}
		for range 10 {
			for _, a := range two {
				if ids()[a.Account] == "" {
					h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: a.Account, Right: access.Manage})))
				}
			}
			have := ids()
			var done [2]error
			together(2, func(i int) { done[i] = h.s.RemoveMember(ctx, two[i], p, have[two[1-i].Account]) })
			if (done[0] == nil) == (done[1] == nil) {
				h.Fatalf("of two who remove each other: %v and %v", done[0], done[1])
			}
			// One is named the manager while its right is taken away.
			left := c.officer
			if ids()[left.Account] == "" {
				left = c.approver
			}
			together(2, func(i int) {
				if i == 0 {
					done[0] = h.s.SetManager(ctx, c.manager, p, left.Account)
				} else {
					done[1] = h.s.RemoveMember(ctx, c.manager, p, ids()[left.Account])
				}
			})
			manager := h.record(p).Manager
			if ids()[manager] == "" {
				h.Fatalf("the manager does not hold the right to manage: %v, %v", done[0], done[1])
			}
			if manager != c.manager.Account {
				h.ok(h.s.SetManager(ctx, c.admin, p, c.manager.Account))
			}
		}
		h.whole(p)
	})
}

func TestWaivers(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		finance := h.account("Fay", access.Finance)
		p := h.partnership(c)
		ctx := h.Context()
		why := "The screening list is down until Monday"
		for _, k := range []struct {
			name  string
			who   access.Actor
			w     Waiver
			kind  errs.Kind
			field string
			good  bool
		}{
			{"an unknown gate", c.legal, Waiver{Gate: "moon.landing", Reason: why}, errs.NotFound, "", false},
			{"the manager is not named", c.manager, Waiver{Gate: "agreement.signature", Reason: why}, errs.Forbidden, "", false},
			{"nor the administrator", c.admin, Waiver{Gate: "agreement.signature", Reason: why}, errs.Forbidden, "", false},
			{"nor finance", finance, Waiver{Gate: "agreement.signature", Reason: why}, errs.Forbidden, "", false},
			{"nor a partner", c.ana, Waiver{Gate: "agreement.signature", Reason: why}, errs.Forbidden, "", false},
			{"without a reason", c.legal, Waiver{Gate: "agreement.signature"}, errs.Invalid, "reason", false},
			{"over already", c.legal, Waiver{Gate: "agreement.signature", Reason: why, UntilOn: firstDay.AddDays(-1)}, errs.Invalid, "until_on", false},
			{"a gate that nobody waives", finance, Waiver{Gate: "finance.release", Reason: why}, errs.Forbidden, "", false},
			{"legal waives", c.legal, Waiver{Gate: "agreement.signature", Reason: why}, 0, "", true},
			{"finance waives the other", finance, Waiver{Gate: "project.implementation", Reason: why, UntilOn: firstDay.AddDays(3)}, 0, "", true},
		} {
			_, err := h.s.Waive(ctx, k.who, p, k.w)
			if k.good {
				h.ok(err)
				continue
			}
			if !errs.Is(err, k.kind) || (k.field != "" && !slices.Contains(fieldsOf(err), k.field)) {
				h.Errorf("%s: %v", k.name, err)
			}
		}
		var all []Waiver
		read := func() {
			h.read(func(t *db.Tx) error {
				var err error
				all, err = waiversOf(t, p)
				return err
			})
		}
		read()
		if len(all) != 2 || !Waived(all, "agreement.signature", h.today()) || !Waived(all, "project.implementation", h.today()) || Waived(all, "finance.release", h.today()) {
			h.Fatalf("waivers %+v", all)
		}
		if Waived(all, "project.implementation", firstDay.AddDays(4)) {
			h.Error("a waiver that is over opens the gate")
		}
		for _, w := range all {
			if w.Reason != why || (w.ByRole != access.Legal && w.ByRole != access.Finance) || w.At == 0 {
				h.Errorf("kept as %+v", w)
			}
		}
		i := slices.IndexFunc(all, func(w Waiver) bool { return w.Gate == "agreement.signature" })
		h.refused(h.s.EndWaiver(ctx, finance, p, all[i].ID), errs.Forbidden, "")
		h.ok(h.s.EndWaiver(ctx, c.legal, p, all[i].ID))
		h.refused(h.s.EndWaiver(ctx, c.legal, p, all[i].ID), errs.NotFound, "")
		read()
		if Waived(all, "agreement.signature", h.today()) {
			h.Error("the gate is still open")
		}
		if n := h.count(`select count(*) from audit where kind = 'gate_waiver' and audience = 'host'`); n != 3 {
			h.Errorf("%d rows of the audit on waivers, want 3", n)
		}
		h.whole(p)
	})
}

func TestEveryChangeIsInTheAudit(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		seen := h.count(`select count(*) from audit`)
		changed := func(what string, err error) {
			h.Helper()
			h.ok(err)
			now := h.count(`select count(*) from audit`)
			if now <= seen {
				h.Errorf("%s left nothing in the audit", what)
			}
			seen = now
		}
		form := h.record(p)
		form.Summary = "x"
		changed("edit", h.s.Edit(ctx, c.manager, form))
		changed("move", h.s.Move(ctx, c.manager, p, Active, "why"))
		changed("modality", h.s.ConfirmModality(ctx, c.manager, p, BilateralSouth))
		y, err := h.s.AddParty(ctx, c.manager, p, NewParty{Party: Party{Label: "x"}})
		changed("party", err)
		changed("edit party", h.s.EditParty(ctx, c.manager, p, Party{ID: y, Label: "y", Meta: Meta{Version: 1}}))
		changed("role", h.s.AddRole(ctx, c.manager, p, PartyRole{Party: y, Role: Funding}))
		changed("brings", h.s.SetBrings(ctx, c.manager, p, y, []string{h.s.ref.All(BringsList)[0].Code}))
		changed("brings nothing", h.s.SetBrings(ctx, c.manager, p, y, nil))
		changed("remove party", h.s.RemoveParty(ctx, c.manager, p, y, true))
		changed("about", h.s.SetAbout(ctx, c.manager, p, About{"focus_theme": {h.s.ref.All("focus_theme")[0].Code}}))
		changed("about nothing", h.s.SetAbout(ctx, c.manager, p, About{"focus_theme": nil}))
		changed("place", h.s.AddPlace(ctx, c.manager, p, Place{Kind: PlaceCountry, Code: "BRA"}))
		changed("amount", h.s.AddAmount(ctx, c.manager, p, Amount{Kind: "budget", Audience: access.AudienceHost}))
		changed("result", h.s.AddResult(ctx, c.manager, p, Result{Kind: "planned", Text: "x", Audience: access.AudienceHost}))
		changed("member", second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.officer.Account, Right: access.View})))
		changed("deadline", second(h.s.AddDeadline(ctx, c.manager, p, Deadline{Text: "x", DueOn: "2027-01-01", Audience: access.AudienceHost})))
		changed("waiver", second(h.s.Waive(ctx, c.legal, p, Waiver{Gate: "agreement.signature", Reason: "x"})))
		e := h.note(c.manager, p, "prospect.geography", access.AudienceHost)
		changed("evidence", nil)
		changed("remove evidence", h.s.RemoveEvidence(ctx, c.manager, p, e, true))
		n := h.attest(c.manager, h.attested(p, "prospect.geography"))
		changed("attestation", nil)
		h.approve(c.approver, p, n)
		changed("approval", nil)
		changed("withdrawal", h.s.Withdraw(ctx, c.manager, p, n))
		m := h.claim(c.manager, p, "project.progress", c.india, access.AudienceParties)
		changed("statement", nil)
		changed("answer", h.answer(c.ana, p, m, Disputed, "It was 30"))
		changes := func(action string) string {
			var out string
			h.read(func(t *db.Tx) error {
				var err error
				out, err = db.One[string](t, `select changes from audit where action = $1`, action)
				return err
			})
			return out
		}
		if got := changes(Disputed); !strings.Contains(got, "It was 30") || !strings.Contains(got, c.brazil) {
			h.Errorf("the audit says of a dispute: %s", got)
		}
		if got := changes("moved"); !strings.Contains(got, `"status":["exploring","active"]`) || strings.Contains(got, "summary") {
			h.Errorf("the audit says of a move: %s", got)
		}
		changed("removal", h.s.Remove(ctx, c.manager, p))
		changed("restoration", h.s.Restore(ctx, c.manager, p))
		if n := h.count(`select count(*) from audit where context = $1 and kind <> 'partnership' and record = ''`, p); n != 0 {
			h.Errorf("%d rows name no record", n)
		}
	})
}
