package partnership

import (
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
)

func TestEvidence(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		const el = "outreach.channels"
		add := func(a access.Actor, e Evidence, u *Upload) (string, error) {
			e.Partnership, e.Element = p, el
			if e.Audience == "" {
				e.Audience = access.AudienceParties
			}
			return h.s.AddEvidence(ctx, a, e, u)
		}
		for _, a := range []access.Actor{c.officer, c.approver, c.admin, c.auditor} {
			_, err := add(a, Evidence{Kind: EvidenceNote, Title: "x", Note: "x"}, nil)
			h.refused(err, errs.Forbidden, "")
		}
		_, err := add(c.manager, Evidence{Kind: EvidenceGuide, Title: "x", Ref: "no-such-passage"}, nil)
		h.refused(err, errs.NotFound, "")
		h.stands(p, el, Open, "evidence")

		passage := h.s.ref.All("guide_passage")[0].Code
		guide, err := add(c.manager, Evidence{Kind: EvidenceGuide, Title: "The guide", Ref: passage}, nil)
		h.ok(err)
		h.stands(p, el, Partly, "attest")

		file, err := add(c.ana, Evidence{}, &Upload{Name: "minutes.txt", Body: strings.NewReader("what was agreed")})
		h.ok(err)
		var kept Evidence
		h.read(func(t *db.Tx) error {
			var err error
			kept, err = oneEvidence(t, c.ana, p, file)
			return err
		})
		if kept.Kind != EvidenceFile || kept.Title != "minutes.txt" || kept.Size != 15 || kept.Ref == "" {
			h.Errorf("kept as %+v", kept)
		}
		f, err := h.s.files.Open(kept.Ref)
		h.ok(err)
		body, err := io.ReadAll(f)
		f.Close()
		h.ok(err)
		if string(body) != "what was agreed" {
			h.Errorf("the file holds %q", body)
		}
		_, err = add(c.manager, Evidence{Title: "x"}, &Upload{Name: "big", Body: io.LimitReader(zeros{}, DefaultMaxFile+1)})
		h.refused(err, errs.TooLarge, "")

		// Its author takes it away, and who manages; nobody else.
		h.refused(h.s.RemoveEvidence(ctx, c.ravi, p, file, true), errs.Forbidden, "")
		h.refused(h.s.RemoveEvidence(ctx, c.ana, p, guide, true), errs.Forbidden, "")
		h.ok(h.s.RemoveEvidence(ctx, c.ana, p, file, true))
		h.ok(h.s.RemoveEvidence(ctx, c.manager, p, guide, true))
		h.stands(p, el, Open, "evidence")
		h.ok(h.s.RemoveEvidence(ctx, c.manager, p, file, false))
		h.stands(p, el, Partly, "attest")
		h.whole(p)
	})
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestAttestationNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		const el = "agreement.agreement"
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.manager.Account, Right: access.Approve})))
		n := h.attest(c.manager, h.attested(p, el))
		h.stands(p, el, Open, "approve")
		content := h.attestation(p, n).Content
		decide := func(a access.Actor) error { return h.s.Decide(ctx, a, p, n, content, true, "") }

		h.refused(decide(c.manager), errs.Forbidden, "")
		// Another account of the same person is the same person.
		second := c.approver
		second.Person = c.manager.Person
		h.refused(decide(second), errs.Forbidden, "")
		nobody := c.approver
		nobody.Person = ""
		h.refused(decide(nobody), errs.Forbidden, "")
		for _, a := range []access.Actor{c.officer, c.admin, c.auditor, c.ana, c.ravi} {
			h.refused(decide(a), errs.Forbidden, "")
		}
		h.refused(h.s.Decide(ctx, access.System("job"), p, n, content, true, ""), errs.Forbidden, "")
		h.refused(h.s.Decide(ctx, c.approver, p, n, "something else", true, ""), errs.Conflict, "")
		h.refused(h.s.Decide(ctx, c.approver, p, n, content, false, ""), errs.Invalid, "why")
		h.refused(h.s.Decide(ctx, c.approver, p, n, content, true, strings.Repeat("x", maxText+1)), errs.Invalid, "why")
		h.stands(p, el, Open, "approve")

		h.ok(decide(c.approver))
		h.stands(p, el, Attested, "records")
		got := h.attestation(p, n)
		if got.State != Approved || got.Decider != c.approver.Person || got.DecidedAt != h.d.Clock.Now() || got.Approved != content || got.AuthorPerson != c.manager.Person {
			h.Errorf("kept as %+v", got)
		}
		h.refused(decide(c.approver), errs.Conflict, "") // decided already
		if s := h.summary(p); s.Met != 0 || s.Attested != 1 || s.Strip[4] != 'p' {
			h.Errorf("the summary says %+v", s)
		}
		h.whole(p)
	})
}

func TestChangedAttestationIsPendingAgain(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		const el = "agreement.agreement"
		for _, k := range []struct {
			name    string
			with    func(a *Attestation)
			file    *Upload
			pending bool
		}{
			{"reason", func(a *Attestation) { a.Reason = "Another reason" }, nil, true},
			{"title", func(a *Attestation) { a.Title = "Another title" }, nil, true},
			{"note", func(a *Attestation) { a.Note = "Another note" }, nil, true},
			{"link", func(a *Attestation) { a.Link = "https://example.org/other" }, nil, true},
			{"no link", func(a *Attestation) { a.Link = "" }, nil, true},
			{"date", func(a *Attestation) { a.Dated = a.Dated.AddDays(-1) }, nil, true},
			{"valid until", func(a *Attestation) { a.ValidUntil = a.ValidUntil.AddDays(-1) }, nil, true},
			{"file", func(*Attestation) {}, &Upload{Name: "scan.txt", Body: strings.NewReader("the signed page")}, true},
			{"audience", func(a *Attestation) { a.Audience = access.AudienceParties }, nil, false},
			{"nothing", func(*Attestation) {}, nil, false},
		} {
			n := h.attest(c.manager, h.attested(p, el))
			h.approve(c.approver, p, n)
			h.stands(p, el, Attested, "records")
			form := h.attestation(p, n)
			k.with(&form)
			h.ok(h.s.EditAttestation(ctx, c.manager, form, k.file))
			got := h.attestation(p, n)
			if k.pending {
				h.stands(p, el, Open, "approve")
				if got.State != Pending || got.Decider != "" || got.DecidedAt != 0 || got.Stands(h.today()) {
					h.Errorf("%s: %+v", k.name, got)
				}
				// Back to what was approved is not approved by that.
				back := got
				back.Reason, back.Title, back.Note, back.Link = "Signed before records began", "Memorandum", "Seen in the archive", "https://example.org/memorandum"
				back.Dated, back.ValidUntil = h.today().AddDays(-30), h.today().AddMonths(12)
				h.ok(h.s.EditAttestation(ctx, c.manager, back, nil))
				h.stands(p, el, Open, "approve")
			} else {
				h.stands(p, el, Attested, "records")
				if got.State != Approved || got.Version != form.Version+1 {
					h.Errorf("%s: %+v", k.name, got)
				}
			}
			h.ok(h.s.Withdraw(ctx, c.manager, p, n))
			h.stands(p, el, Open, "evidence")
			h.refused(h.s.EditAttestation(ctx, c.manager, h.attestation(p, n), nil), errs.Conflict, "")
			h.refused(h.s.Withdraw(ctx, c.manager, p, n), errs.Conflict, "")
		}
		h.whole(p)
	})
}

func TestEditAttestation(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		const el = "agreement.agreement"
		mine := h.attested(p, el)
		mine.Audience = access.AudienceParties
		n := h.attest(c.ana, mine)
		form := h.attestation(p, n)
		form.Note = "Seen twice"
		h.refused(h.s.EditAttestation(ctx, c.ravi, form, nil), errs.Forbidden, "")
		h.refused(h.s.EditAttestation(ctx, c.officer, form, nil), errs.Forbidden, "")
		old := form
		old.Version = 0
		h.refused(h.s.EditAttestation(ctx, c.ana, old, nil), errs.Conflict, "")
		bad := form
		bad.ValidUntil = h.today()
		h.refused(h.s.EditAttestation(ctx, c.ana, bad, nil), errs.Invalid, "valid_until")
		hide := form
		hide.Audience = access.AudienceHost
		h.refused(h.s.EditAttestation(ctx, c.ana, hide, nil), errs.Invalid, "audience")
		hide.Audience = access.PartyAudience(c.india)
		h.refused(h.s.EditAttestation(ctx, c.ana, hide, nil), errs.Invalid, "audience")
		h.ok(h.s.EditAttestation(ctx, c.ana, form, nil))
		h.refused(h.s.EditAttestation(ctx, c.ana, form, nil), errs.Conflict, "") // the version has moved on

		// Who changes it becomes its author, and no longer approves.
		h.ok(second(h.s.AddMember(ctx, c.manager, p, Member{Account: c.manager.Account, Right: access.Approve})))
		form = h.attestation(p, n)
		form.Note = "Seen by the manager"
		h.ok(h.s.EditAttestation(ctx, c.manager, form, nil))
		got := h.attestation(p, n)
		if got.AuthorPerson != c.manager.Person || got.CreatedBy != c.ana.Account {
			h.Errorf("author %s, made by %s", got.AuthorPerson, got.CreatedBy)
		}
		h.refused(h.s.Decide(ctx, c.manager, p, n, got.Content, true, ""), errs.Forbidden, "")

		// Rejected, mended, approved.
		h.ok(h.s.Decide(ctx, c.approver, p, n, got.Content, false, "The page is missing"))
		h.stands(p, el, Open, "evidence")
		got = h.attestation(p, n)
		if got.State != Rejected || got.DecidedWhy != "The page is missing" || got.Approved != "" {
			h.Errorf("rejected: %+v", got)
		}
		h.refused(h.s.Decide(ctx, c.approver, p, n, got.Content, true, ""), errs.Conflict, "")
		got.Note = "With the page"
		h.ok(h.s.EditAttestation(ctx, c.ana, got, nil))
		h.stands(p, el, Open, "approve")
		h.approve(c.approver, p, n)
		h.stands(p, el, Attested, "records")
		h.whole(p)
	})
}

func TestAttestationExpires(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		const el, with = "agreement.agreement", "agreement.finance"
		h.note(c.manager, p, with, access.AudienceHost)
		var ids []string
		for _, e := range []string{el, with} {
			a := h.attested(p, e)
			a.ValidUntil = h.today().AddDays(10)
			ids = append(ids, h.attest(c.manager, a))
			h.approve(c.approver, p, ids[len(ids)-1])
		}
		if s := h.summary(p).Strip[4]; s != 'a' {
			h.Errorf("the step is %c", s)
		}
		h.until(firstDay.AddDays(10))
		h.night()
		h.stands(p, el, Attested, "records")
		h.until(firstDay.AddDays(11))
		h.stands(p, el, Attested, "records") // until somebody looks
		h.night()
		h.stands(p, el, Open, "evidence renew")
		h.stands(p, with, Partly, "attest renew")
		now := h.d.Clock.Now()
		if h.states(p)[el].Since != now {
			h.Error("since when it is open again is not the instant of the check")
		}
		for _, w := range h.waits(p, el) {
			if w.Since != now {
				h.Errorf("waits for %s since %d", w.What, w.Since)
			}
		}
		h.refused(h.s.Decide(h.Context(), c.approver, p, ids[0], h.attestation(p, ids[0]).Content, true, ""), errs.Conflict, "")
		// One that expired before anybody approved it can't be approved any more.
		a := h.attested(p, "project.progress")
		a.ValidUntil = h.today().AddDays(1)
		late := h.attest(c.manager, a)
		h.until(h.today().AddDays(1))
		h.refused(h.s.Decide(h.Context(), c.approver, p, late, h.attestation(p, late).Content, true, ""), errs.Conflict, "")

		// Renewed.
		n := h.attest(c.manager, h.attested(p, el))
		h.stands(p, el, Open, "approve")
		h.approve(c.approver, p, n)
		h.stands(p, el, Attested, "records")
		h.whole(p)
	})
}

func TestExemption(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		const el = "capacity.training"
		a := Attestation{Partnership: p, Element: el, Kind: Exempts, Reason: "Nobody is trained here", Dated: firstDay, ValidUntil: firstDay.AddDays(30), Audience: access.AudienceParties}
		n := h.attest(c.manager, a)
		h.stands(p, el, Open, "approve")
		h.refused(h.s.Decide(h.Context(), c.manager, p, n, h.attestation(p, n).Content, true, ""), errs.Forbidden, "")
		h.approve(c.approver, p, n)
		h.stands(p, el, NotApplicable, "evidence")
		if w := h.waits(p, el); len(w) != 0 {
			h.Errorf("does not apply, and waits for %+v", w)
		}
		if s := h.summary(p); s.NotApplicable != 1 || s.Open != 34 {
			h.Errorf("the summary says %+v", s)
		}
		// An attestation beside it does not bring it back.
		d := h.attest(c.manager, h.attested(p, el))
		h.approve(c.approver, p, d)
		h.stands(p, el, NotApplicable, "records")
		h.until(firstDay.AddDays(31))
		h.night()
		h.stands(p, el, Attested, "records")
		h.whole(p)
	})
}

func TestStatementsAreClaimedUntilAllAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		const el = "project.progress"
		kenya := h.organisation("Agency of Kenya", "KEN")
		keza := h.partner("Keza", kenya)
		_, err := h.s.AddParty(ctx, c.manager, p, NewParty{Party: Party{Organisation: kenya}, Roles: []PartyRole{{Role: Facilitating}}})
		h.ok(err)
		waiting := func() string {
			var out []string
			for _, w := range h.waits(p, el) {
				name, _, _ := strings.Cut(w.What, ":")
				who := map[string]string{c.india: "india", c.brazil: "brazil", kenya: "kenya", "manage": "manage"}[w.ID]
				if name != "evidence" {
					out = append(out, name+" "+who)
				}
			}
			slices.Sort(out)
			return strings.Join(out, ", ")
		}
		awaits := func(want string) {
			h.Helper()
			if got := waiting(); got != want {
				h.Fatalf("waits for %q, want %q", got, want)
			}
		}
		_, err = h.s.State(ctx, c.manager, Claim{Partnership: p, Element: el, Kind: "value", Text: "x", StatedBy: h.organisation("Outside", "FRA"), Audience: access.AudienceParties})
		h.refused(err, errs.Invalid, "stated_by")
		_, err = h.s.State(ctx, c.officer, Claim{Partnership: p, Element: el, Kind: "value", Text: "x", StatedBy: c.india, Audience: access.AudienceParties})
		h.refused(err, errs.Forbidden, "")

		// A partner states for itself, whatever the form says.
		m := h.claim(c.ravi, p, el, c.brazil, access.AudienceParties)
		if by := h.claimOf(p, m).StatedBy; by != c.india {
			h.Fatalf("stated by %s", by)
		}
		awaits("confirm brazil, confirm kenya")
		h.stands(p, el, Open, "evidence confirm")

		h.refused(h.answer(c.ravi, p, m, Confirmed, ""), errs.Invalid, "organisation") // its own
		h.refused(h.answer(c.ana, p, m, "perhaps", ""), errs.Invalid, "answer")
		h.refused(h.answer(c.ana, p, m, Disputed, ""), errs.Invalid, "reason")
		h.refused(h.answer(c.officer, p, m, Confirmed, ""), errs.Forbidden, "")
		h.refused(h.s.AnswerClaim(ctx, c.ana, p, Answer{Claim: m, Answer: Confirmed, Content: "older"}), errs.Conflict, "")
		// A partner answers for itself, whatever the form says.
		h.ok(h.s.AnswerClaim(ctx, c.ana, p, Answer{Claim: m, Organisation: kenya, Answer: Confirmed, Content: h.claimOf(p, m).Content}))
		awaits("confirm kenya")
		h.ok(h.answer(keza, p, m, Disputed, "It was 30"))
		awaits("dispute manage")
		h.ok(h.answer(keza, p, m, Confirmed, ""))
		awaits("attest manage")
		h.stands(p, el, Partly, "attest") // what all confirm is evidence

		// Changed: all who answered are asked again.
		form := h.claimOf(p, m)
		form.Text = "30 trainers"
		h.refused(h.s.EditClaim(ctx, c.ana, form, false), errs.Forbidden, "")
		h.ok(h.s.EditClaim(ctx, c.ravi, form, false))
		awaits("confirm brazil, confirm kenya")
		// Staff may record an answer that was given otherwise, but not for who states it.
		content := h.claimOf(p, m).Content
		h.refused(h.s.AnswerClaim(ctx, c.manager, p, Answer{Claim: m, Organisation: c.india, Answer: Confirmed, Content: content}), errs.Invalid, "organisation")
		h.refused(h.s.AnswerClaim(ctx, c.manager, p, Answer{Claim: m, Answer: Confirmed, Content: content}), errs.Invalid, "organisation")
		h.ok(h.s.AnswerClaim(ctx, c.manager, p, Answer{Claim: m, Organisation: c.brazil, Answer: Confirmed, Content: content}))
		awaits("confirm kenya")

		// A party that leaves is not waited for, one that joins is.
		var party string
		h.read(func(t *db.Tx) error {
			all, err := partiesOf(t, p)
			for _, y := range all {
				if y.Organisation == kenya {
					party = y.ID
				}
			}
			return err
		})
		h.ok(h.s.RemoveParty(ctx, c.manager, p, party, true))
		awaits("attest manage")
		h.ok(h.s.RemoveParty(ctx, c.manager, p, party, false))
		awaits("confirm kenya")

		// For one party alone, and for the host alone.
		h.ok(h.s.EditClaim(ctx, c.manager, Claim{ID: m, Partnership: p}, true))
		awaits("")
		only := h.claim(c.ana, p, el, "", access.PartyAudience(c.brazil))
		awaits("") // the host and who states it: nobody else is asked
		_, err = h.s.State(ctx, c.ana, Claim{Partnership: p, Element: el, Kind: "value", Text: "x", Audience: access.PartyAudience(c.india)})
		h.refused(err, errs.Invalid, "audience")
		h.claim(c.manager, p, el, c.brazil, access.PartyAudience(c.india))
		awaits("confirm india")
		h.claim(c.manager, p, el, c.brazil, access.AudienceHost)
		awaits("confirm india")
		h.refused(h.answer(c.ravi, p, only, Confirmed, ""), errs.NotFound, "") // not for these eyes
		h.whole(p)
	})
}

func TestExpiredExemptionIsAskedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		const el = "capacity.loop"
		n := h.attest(c.manager, Attestation{Partnership: p, Element: el, Kind: Exempts, Reason: "x", Dated: firstDay, ValidUntil: firstDay.AddDays(2), Audience: access.AudienceHost})
		h.approve(c.approver, p, n)
		h.later(72 * time.Hour)
		h.night()
		h.stands(p, el, Open, "evidence renew")
		if got := h.attestation(p, n); got.State != Approved || got.ValidUntil != clock.Day("2026-11-26") {
			h.Errorf("expiry changed the record: %+v", got)
		}
		actions := h.actions(p)
		if len(actions) != 1 || actions[0].OwnerID != "manage" || actions[0].DueOn != h.today().AddDays(14) {
			h.Errorf("asked for %+v", actions)
		}
	})
}
