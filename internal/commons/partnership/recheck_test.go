package partnership

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// recheck checks a journey again.
func (h *house) recheck(p string) {
	h.Helper()
	h.ok(h.s.Recheck(h.Context(), p))
}

// night does what the nightly job does.
func (h *house) night() {
	h.Helper()
	h.ok(h.s.RecheckAll(h.Context(), func(int) error { return nil }))
}

func TestSinceMovesOnlyWithTheState(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		begin := h.d.Clock.Now()
		p := h.partnership(c)
		const el = "outreach.channels"
		since := func(want clock.Ms) {
			h.Helper()
			h.recheck(p)
			if got := h.states(p)[el].Since; got != want {
				h.Fatalf("%s since %d, want %d", h.state(p, el), got, want)
			}
		}
		wait := func(what string, want clock.Ms) {
			h.Helper()
			for _, w := range h.waits(p, el) {
				if name, _, _ := strings.Cut(w.What, ":"); name == what {
					if w.Since != want {
						h.Fatalf("waits for %s since %d, want %d", what, w.Since, want)
					}
					return
				}
			}
			h.Fatalf("does not wait for %s: %+v", what, h.waits(p, el))
		}
		since(begin)
		wait("evidence", begin)
		h.later(48 * time.Hour)
		since(begin)
		wait("evidence", begin)

		first := h.later(time.Hour)
		one := h.note(c.manager, p, el, access.AudienceHost)
		since(first)
		wait("attest", first)
		h.later(time.Hour)
		h.note(c.manager, p, el, access.AudienceHost) // partly as before
		since(first)
		wait("attest", first)

		asked := h.later(time.Hour)
		n := h.attest(c.manager, h.attested(p, el))
		since(first) // still partly
		wait("approve", asked)
		h.later(24 * time.Hour)
		h.recheck(p)
		wait("approve", asked)

		approved := h.later(time.Hour)
		h.approve(c.approver, p, n)
		since(approved)
		if w := h.waits(p, el); len(w) != 0 {
			h.Errorf("attested and waits for %+v", w)
		}
		h.later(time.Hour)
		h.ok(h.s.RemoveEvidence(h.Context(), c.manager, p, one, true))
		since(approved)

		back := h.later(time.Hour)
		h.ok(h.s.Withdraw(h.Context(), c.manager, p, n))
		since(back) // partly again, from now on
		wait("attest", back)

		var moves []string
		h.read(func(t *db.Tx) error {
			all, err := historyOf(t, p)
			for _, m := range all {
				if m.Element == el {
					moves = append(moves, fmt.Sprintf("%s→%s", m.From, m.To))
				}
			}
			return err
		})
		if want := []string{"open→partly", "partly→attested", "attested→partly"}; !slices.Equal(moves, want) {
			h.Errorf("the history is %v, want %v", moves, want)
		}
		h.whole(p)
	})
}

// A wait goes over to whoever is really there, and begins anew for that one.
func TestWaitsFollowTheTeam(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Alone"}, Parties: []NewParty{{Party: Party{Organisation: c.india}}}})
		const el = "agreement.finance"
		who := func() string {
			var out []string
			for _, w := range h.waits(p, el) {
				out = append(out, string(w.Kind)+":"+w.ID)
			}
			return strings.Join(out, " ")
		}
		h.attest(c.manager, h.attested(p, el))
		if got := who(); got != "person:"+c.manager.Person {
			h.Fatalf("nobody may approve, and %s is waited for", got)
		}
		at := h.later(time.Hour)
		h.ok(second(h.s.AddMember(h.Context(), c.manager, p, Member{Account: c.approver.Account, Right: access.Approve, UntilOn: firstDay.AddDays(3)})))
		if got := who(); got != "right:approve" || h.waits(p, el)[0].Since != at {
			h.Fatalf("%s is waited for since %d", got, h.waits(p, el)[0].Since)
		}
		h.until(firstDay.AddDays(3))
		h.night()
		if got := who(); got != "right:approve" {
			h.Fatalf("on the last day of the right %s is waited for", got)
		}
		h.until(firstDay.AddDays(4))
		h.night()
		if got := who(); got != "person:"+c.manager.Person {
			h.Fatalf("the right has lapsed, and %s is waited for", got)
		}
		h.ok(second(h.s.AddMember(h.Context(), c.manager, p, Member{Account: c.officer.Account, Right: access.Manage})))
		h.ok(h.s.SetManager(h.Context(), c.manager, p, c.officer.Account))
		if got := who(); got != "person:"+c.officer.Person {
			h.Fatalf("the manager has changed, and %s is waited for", got)
		}
		h.whole(p)
		j, err := h.s.Journey(h.Context(), c.officer, p, "fr")
		h.ok(err)
		for _, f := range j.Findings {
			if f.Key == el && (len(f.Missing) != 1 || f.Missing[0].Who[0] != (WhoReport{WhoPerson, c.officer.Person, "Otto"})) {
				h.Errorf("the report says %+v", f.Missing)
			}
		}
		// Those whose right has lapsed are not named beside those who hold it.
		h.ok(second(h.s.AddMember(h.Context(), c.officer, p, Member{Account: c.legal.Account, Right: access.Approve})))
		j, err = h.s.Journey(h.Context(), c.officer, p, "fr")
		h.ok(err)
		for _, f := range j.Findings {
			if f.Key == el && (len(f.Missing) != 1 || f.Missing[0].Who[0] != (WhoReport{WhoRight, "approve", "Lena"})) {
				h.Errorf("the report says %+v", f.Missing)
			}
		}
	})
}

func TestRegisteredCheck(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		const el = "project.progress"
		answer := Finding{State: Open}
		var seen *Dossier
		h.s.Register(el, func(_ *db.Tx, d *Dossier, _ Element) (Finding, error) {
			seen = d
			return answer, nil
		})
		if !h.s.Own(el) || h.s.Own("project.flexibility") {
			h.Error("which elements have records of their own is wrong")
		}
		p := h.partnership(c)
		if seen == nil || seen.Partnership.ID != p || len(seen.Parties) != 2 || seen.Manager.Person != c.manager.Person || seen.Today != firstDay {
			h.Fatalf("the check was given %+v", seen)
		}
		h.whole(p) // it said open and nothing else, and somebody is waited for all the same
		missing := Missing{What: "plan", Text: i18n.M("journey.no_evidence", "No evidence is linked yet."), Who: holder(access.Contribute), Link: "/x"}
		says := func(s State, m ...Missing) {
			h.Helper()
			answer = Finding{State: s, Missing: m}
			h.recheck(p)
			h.whole(p)
		}
		says(Partly, missing)
		h.stands(p, el, Partly, "plan")

		// A document stands in for what is partly done, and what is missing stays listed.
		n := h.attest(c.manager, h.attested(p, el))
		h.approve(c.approver, p, n)
		h.stands(p, el, Attested, "plan")
		if w := h.waits(p, el); len(w) != 0 {
			h.Errorf("attested and waits for %+v", w)
		}
		if s := h.summary(p); s.Met != 0 || s.Attested != 1 {
			h.Errorf("attested counts as met: %+v", s)
		}
		says(Met)
		h.stands(p, el, Met, "")
		if s := h.summary(p); s.Met != 1 || s.Attested != 0 {
			h.Errorf("met beats attested, but the summary says %+v", s)
		}
		says(Attested, missing) // a check can't attest
		h.stands(p, el, Attested, "plan")
		h.ok(h.s.Withdraw(h.Context(), c.manager, p, n))
		h.stands(p, el, Open, "plan")
		says(NotApplicable)
		h.stands(p, el, NotApplicable, "")
		says(Met, missing) // what is done waits for nobody
		if w := h.waits(p, el); len(w) != 0 {
			h.Errorf("met and waits for %+v", w)
		}

		defer func() {
			if recover() == nil {
				h.Error("a check of an element that is none was taken")
			}
		}()
		h.s.Register("project.moon", nil)
	})
}

func TestFailingCheckLeavesWhatStood(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		fails := errors.New("the records can't be read")
		var broken string
		h.s.Register("practice.peers", func(_ *db.Tx, d *Dossier, e Element) (Finding, error) {
			if d.Partnership.ID == broken {
				return Finding{}, fails
			}
			return common(d, e), nil
		})
		p, other := h.partnership(c), h.partnership(c)
		was := h.journeyRows(p)
		broken = p
		h.note(c.manager, p, "outreach.channels", access.AudienceHost) // the write itself stands
		if n := h.count(`select count(*) from evidence where partnership = $1`, p); n != 1 {
			h.Errorf("%d pieces of evidence", n)
		}
		if got := h.journeyRows(p); !reflect.DeepEqual(got, was) {
			h.Error("a check that failed changed the stored journey")
		}
		err := h.s.Recheck(h.Context(), p)
		if !errors.Is(err, fails) || !strings.Contains(err.Error(), p) || !strings.Contains(err.Error(), "practice.peers") {
			h.Errorf("the error says %v", err)
		}
		// The others are checked all the same, by the job and at night.
		h.write(func(t *db.Tx) error { return markDirty(t, other) })
		n, err := h.s.ClearDirty(h.Context())
		if n != 1 || !errors.Is(err, fails) {
			h.Errorf("the job cleared %d: %v", n, err)
		}
		if n := h.count(`select count(*) from journey_dirty`); n != 1 {
			h.Errorf("%d journeys are marked, want the one that can't be checked", n)
		}
		at := h.later(time.Hour)
		err = h.s.RecheckAll(h.Context(), func(int) error { return nil })
		if !errors.Is(err, fails) {
			h.Errorf("the night says %v", err)
		}
		if h.summary(other).CheckedAt != at || h.summary(p).CheckedAt == at {
			h.Error("the night did not check the other, or changed the one that fails")
		}
		broken = ""
		n, err = h.s.ClearDirty(h.Context())
		h.ok(err)
		if n != 1 {
			h.Errorf("the job cleared %d, want 1", n)
		}
		h.stands(p, "outreach.channels", Partly, "attest")
		h.whole(p)
	})
}

// journeyRows are the stored rows of a journey, but for when it was checked.
func (h *house) journeyRows(p string) map[string]any {
	h.Helper()
	out := map[string]any{}
	h.read(func(t *db.Tx) error {
		states, err := statesOf(t, p)
		if err != nil {
			return err
		}
		for _, s := range states {
			s.CheckedAt = 0
			out[s.Element] = fmt.Sprint(s.State, s.Since, db.AsJSON(s.Finding))
		}
		waits, err := waitingOf(t, p)
		if err != nil {
			return err
		}
		for _, w := range waits {
			out[w.key()] = fmt.Sprint(w.Since, w.Message.Text(), w.Link)
		}
		sum, _, err := summaryOf(t, p)
		sum.CheckedAt = 0
		out["summary"] = fmt.Sprint(sum.Strip, sum.WaitSince, sum.WaitKind, sum.WaitID, sum.WaitElement, sum.Met, sum.Attested, sum.Partly, sum.Open, sum.NotApplicable)
		return err
	})
	return out
}

// What a crash between the commit and the check leaves is found and cleared.
func TestCrashBeforeTheCheck(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		// The write as it lies in the database when the process ends there.
		h.write(func(t *db.Tx) error {
			_, err := h.s.addEvidence(t, c.manager, h.p(t, p), Evidence{Element: "outreach.channels", Kind: EvidenceNote, Title: "x", Note: "x", Audience: access.AudienceHost})
			if err != nil {
				return err
			}
			return markDirty(t, p)
		})
		if h.state(p, "outreach.channels") != Open {
			h.Fatal("checked already")
		}
		n, err := h.s.ClearDirty(h.Context())
		h.ok(err)
		if n != 1 {
			h.Errorf("%d cleared, want 1", n)
		}
		h.stands(p, "outreach.channels", Partly, "attest")
		h.whole(p)
		n, err = h.s.ClearDirty(h.Context())
		h.ok(err)
		if n != 0 {
			h.Errorf("%d cleared again", n)
		}

		// A partnership whose very first check a crash has put off can be read.
		var fresh string
		h.write(func(t *db.Tx) error {
			p := Partnership{ID: "0199d1c8-0000-7000-8000-000000000001", Title: "New", Status: Exploring, Manager: c.manager.Account}
			p.CreatedAt, p.CreatedBy = t.Now, c.manager.Account
			fresh = p.ID
			err := insert(t, p, "new")
			if err != nil {
				return err
			}
			return markDirty(t, fresh)
		})
		j, err := h.s.Journey(h.Context(), c.officer, fresh, "en")
		h.ok(err)
		if len(j.Findings) != 35 || j.Findings[0].State != Open || j.Findings[34].Since == "" {
			h.Errorf("before the first check: %+v", j)
		}
		_, err = h.s.ClearDirty(h.Context())
		h.ok(err)
		h.whole(fresh)

		// A mark of one that is removed goes without a check.
		h.ok(h.s.Remove(h.Context(), c.manager, p))
		h.write(func(t *db.Tx) error { return markDirty(t, p) })
		_, err = h.s.ClearDirty(h.Context())
		h.ok(err)
		if n := h.count(`select count(*) from journey_dirty`); n != 0 {
			h.Errorf("%d marks are left", n)
		}
		h.ok(h.s.Recheck(h.Context(), "0199d1c8-0000-7000-8000-000000000099")) // gone altogether
	})
}

// p reads a partnership inside a transaction.
func (h *house) p(t *db.Tx, id string) Partnership {
	h.Helper()
	p, err := lock(t, id)
	h.ok(err)
	return p
}

func TestNightChecksWhatTimeChanges(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		var all []string
		for range 3 {
			all = append(all, h.partnership(c))
		}
		p := all[1]
		n := h.attest(c.manager, h.attested(p, "agreement.agreement"))
		h.approve(c.approver, p, n)
		var steps []int
		h.until(h.today().AddMonths(12))
		h.ok(h.s.RecheckAll(h.Context(), func(n int) error { steps = append(steps, n); return nil }))
		h.stands(p, "agreement.agreement", Attested, "records") // its last day
		h.until(h.today().AddDays(1))
		h.ok(h.s.RecheckAll(h.Context(), func(n int) error { steps = append(steps, n); return nil }))
		h.stands(p, "agreement.agreement", Open, "evidence renew")
		if !slices.Equal(steps, []int{3, 3}) {
			h.Errorf("progress %v", steps)
		}
		stop := errors.New("cancelled")
		if err := h.s.RecheckAll(h.Context(), func(int) error { return stop }); !errors.Is(err, stop) {
			h.Errorf("cancelled: %v", err)
		}
		ctx, cancel := context.WithCancel(h.Context())
		cancel()
		if err := h.s.RecheckAll(ctx, func(int) error { return nil }); !errors.Is(err, context.Canceled) {
			h.Errorf("a job whose process ends: %v", err)
		}
		for _, p := range all {
			h.whole(p)
		}
	})
}

func TestDeadlinesOfTheProduct(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		due := func(want ...string) {
			h.Helper()
			var got []string
			h.read(func(t *db.Tx) error {
				all, err := deadlinesFor(t, c.manager, p)
				for _, d := range all {
					if d.Message.Zero() || d.SystemKey == "" {
						h.Errorf("a deadline of the product is %+v", d)
					}
					got = append(got, d.Element+" "+string(d.DueOn)+" "+d.Audience)
				}
				return err
			})
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				h.Fatalf("deadlines %v, want %v", got, want)
			}
		}
		set := func(end clock.Day) {
			h.Helper()
			form := h.record(p)
			form.EndOn = end
			h.ok(h.s.Edit(h.Context(), c.manager, form))
		}
		due()
		n := h.attest(c.manager, h.attested(p, "agreement.agreement"))
		due() // not before it is approved
		h.approve(c.approver, p, n)
		until := string(h.today().AddMonths(12))
		due("agreement.agreement " + until + " host")
		set("2028") // a year is no day
		due("agreement.agreement " + until + " host")
		set("2028-06-30")
		due("agreement.agreement "+until+" host", " 2028-06-30 parties")
		set("2028-12-31")
		due("agreement.agreement "+until+" host", " 2028-12-31 parties")
		for range 10 {
			h.recheck(p)
		}
		due("agreement.agreement "+until+" host", " 2028-12-31 parties")
		form := h.attestation(p, n)
		form.ValidUntil = h.today().AddMonths(6)
		h.ok(h.s.EditAttestation(h.Context(), c.manager, form, nil))
		due(" 2028-12-31 parties") // pending again
		h.approve(c.approver, p, n)
		due("agreement.agreement "+string(h.today().AddMonths(6))+" host", " 2028-12-31 parties")
		h.until(h.today().AddMonths(6).AddDays(1))
		h.night()
		due(" 2028-12-31 parties") // expired
		h.ok(h.s.Move(h.Context(), c.manager, p, Closed, "done"))
		due()
		h.ok(h.s.Move(h.Context(), c.manager, p, UnderReview, "looked at again"))
		due(" 2028-12-31 parties")
		if n := h.count(`select count(*) from deadline where partnership = $1 and deleted_at is null`, p); n != 1 {
			h.Errorf("%d deadlines are kept", n)
		}
	})
}

// What is over keeps its states and what is missing, and waits for nobody;
// opened again, it waits again.
func TestWhatIsOverWaitsForNobody(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		h.attest(c.manager, h.attested(p, "agreement.agreement"))
		h.ok(h.s.Move(h.Context(), c.manager, p, Closed, "done"))
		h.whole(p)
		h.stands(p, "agreement.agreement", Open, "approve")
		if s := h.summary(p); s.WaitSince != nobody || s.WaitID != "" {
			h.Errorf("closed, and the summary waits for %s since %d", s.WaitID, s.WaitSince)
		}
		if got := h.actions(p); len(got) != 0 {
			h.Errorf("closed, and asks for %+v", got)
		}
		h.ok(h.s.Move(h.Context(), c.manager, p, UnderReview, "looked at again"))
		h.whole(p)
		if got := h.actions(p); len(got) != 1 {
			h.Errorf("opened again, and asks for %+v", got)
		}
	})
}

// Writes and checks that come together end in what a check alone would find:
// no older snapshot is written over a newer one.
func TestChecksAreSerialised(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		els := []string{"outreach.channels", "outreach.messages", "project.progress"}
		rounds := 6
		if h.d.Engine == db.SQLite {
			rounds = 3
		}
		for range rounds {
			together(4, func(i int) {
				switch i {
				case 0:
					for _, e := range els {
						id, err := h.s.AddEvidence(h.Context(), c.manager, Evidence{Partnership: p, Element: e, Kind: EvidenceNote, Title: "x", Note: "x", Audience: access.AudienceHost}, nil)
						if err == nil {
							err = h.s.RemoveEvidence(h.Context(), c.manager, p, id, true)
						}
						if err != nil {
							h.Error(err)
						}
					}
				case 1:
					for _, e := range els {
						id, err := h.s.Attest(h.Context(), c.manager, h.attested(p, e), nil)
						if err == nil {
							err = h.s.Decide(h.Context(), c.approver, p, id, Attestation{
								Kind: Attests, Element: e, Reason: "Signed before records began", Title: "Memorandum", Note: "Seen in the archive", Link: "https://example.org/memorandum",
								Dated: firstDay.AddDays(-30), ValidUntil: firstDay.AddMonths(12),
							}.ContentHash(), true, "")
						}
						if err == nil {
							err = h.s.Withdraw(h.Context(), c.manager, p, id)
						}
						if err != nil {
							h.Error(err)
						}
					}
				default:
					for range 6 {
						err := h.s.Recheck(h.Context(), p)
						if err != nil {
							h.Error(err)
						}
					}
				}
			})
			got := h.journeyRows(p)
			h.recheck(p)
			if want := h.journeyRows(p); !reflect.DeepEqual(got, want) {
				for k, v := range want {
					if got[k] != v {
						h.Errorf("%q was left as %v, a check finds %v", k, got[k], v)
					}
				}
				h.Fatal("an older check was written over a newer one")
			}
			h.whole(p)
		}
	})
}

// Of two who change one attestation at once one is told; nothing that was
// acknowledged is lost.
func TestNoAcknowledgedChangeIsLost(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		for n := range 5 {
			id := h.attest(c.manager, h.attested(p, "agreement.agreement"))
			was := h.attestation(p, id)
			form := was
			form.Note = fmt.Sprintf("Seen again, %d", n)
			var done [2]error
			together(2, func(i int) {
				if i == 0 {
					done[0] = h.s.EditAttestation(h.Context(), c.manager, form, nil)
				} else {
					done[1] = h.s.Decide(h.Context(), c.approver, p, id, was.Content, true, "")
				}
			})
			got := h.attestation(p, id)
			if done[0] == nil && got.Note != form.Note {
				h.Fatalf("the edit was acknowledged and is lost: %q", got.Note)
			}
			if done[0] != nil && !errs.Is(done[0], errs.Conflict) || done[1] != nil && !errs.Is(done[1], errs.Conflict) {
				h.Fatalf("refused with %v, %v", done[0], done[1])
			}
			if got.Note == form.Note && got.State == Approved {
				h.Fatal("what was changed counts as approved")
			}
			if want := 1 + int64(2-trues(done[0] != nil, done[1] != nil)); got.Version != want {
				h.Fatalf("version %d, want %d", got.Version, want)
			}
			h.ok(h.s.Withdraw(h.Context(), c.manager, p, id))
		}
		h.whole(p)
	})
}

func trues(of ...bool) int {
	n := 0
	for _, b := range of {
		if b {
			n++
		}
	}
	return n
}

// Whatever is done in whatever order, what must always hold of a journey
// holds after each step.
func TestJourneyHoldsUnderAnyWork(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		rnd := rand.New(rand.NewPCG(15, 16))
		steps := 150
		if h.d.Engine == db.Postgres || testing.Short() {
			steps = 50
		}
		var evidence, attestations, claims []string
		pick := func(list []string) string { return list[rnd.IntN(len(list))] }
		element := func() string { return Elements[rnd.IntN(6)].Key }
		for n := range steps {
			h.later(time.Duration(rnd.IntN(60*24*20)) * time.Minute)
			switch k := rnd.IntN(12); {
			case k < 2:
				evidence = append(evidence, h.note(c.manager, p, element(), access.AudienceHost))
			case k == 2 && len(evidence) > 0:
				h.ok(h.s.RemoveEvidence(ctx, c.manager, p, pick(evidence), rnd.IntN(2) == 0))
			case k < 5:
				a := h.attested(p, element())
				if rnd.IntN(3) == 0 {
					a.Kind = Exempts
				}
				a.ValidUntil = h.today().AddDays(1 + rnd.IntN(200))
				attestations = append(attestations, h.attest(c.manager, a))
			case k < 7 && len(attestations) > 0:
				a := h.attestation(p, pick(attestations))
				err := h.s.Decide(ctx, c.approver, p, a.ID, a.Content, rnd.IntN(3) > 0, "because")
				if err != nil && !errs.Is(err, errs.Conflict) {
					h.Fatal(err)
				}
			case k == 7 && len(attestations) > 0:
				err := h.s.Withdraw(ctx, c.manager, p, pick(attestations))
				if err != nil && !errs.Is(err, errs.Conflict) {
					h.Fatal(err)
				}
			case k == 8:
				claims = append(claims, h.claim(c.manager, p, element(), c.india, []string{access.AudienceParties, access.AudienceHost, access.PartyAudience(c.brazil)}[rnd.IntN(3)]))
			case k == 9 && len(claims) > 0:
				err := h.answer(c.ana, p, pick(claims), []string{Confirmed, Disputed}[rnd.IntN(2)], "because")
				if err != nil && !errs.Is(err, errs.NotFound) {
					h.Fatal(err)
				}
			case k == 10:
				_, err := h.s.AddParty(ctx, c.manager, p, NewParty{Party: Party{Label: "x"}})
				h.ok(err)
			default:
				h.night()
			}
			if n%5 == 0 {
				h.night() // what time has changed by now
				h.whole(p)
			}
		}
		h.night()
		h.whole(p)
	})
}

// Of several who are waited for, the report says since when the first is.
func TestReportSaysSinceTheFirstWait(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		first := h.d.Clock.Now()
		h.claim(c.ravi, p, "project.progress", "", access.AudienceParties)
		second := h.later(48 * time.Hour)
		_, err := h.s.AddParty(h.Context(), c.manager, p, NewParty{Party: Party{Organisation: h.organisation("Agency of Kenya", "KEN")}})
		h.ok(err)
		var since []clock.Ms
		for _, w := range h.waits(p, "project.progress") {
			if w.Kind == WhoParty {
				since = append(since, w.Since)
			}
		}
		if !slices.Equal(since, []clock.Ms{first, second}) {
			h.Fatalf("the two are waited for since %v, want %d and %d", since, first, second)
		}
		j, err := h.s.Journey(h.Context(), c.manager, p, "es")
		h.ok(err)
		for _, f := range j.Findings {
			for _, m := range f.Missing {
				if len(m.Who) == 2 && (m.Since != stamp(first) || m.Who[0].Name != "Agency of Brazil" || m.Who[1].Name != "Agency of Kenya") {
					h.Errorf("the report says %+v", m)
				}
			}
		}
	})
}
