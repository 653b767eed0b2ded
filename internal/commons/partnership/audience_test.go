package partnership

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
)

// Whatever of a partnership is read, a partner is given what is for all
// parties, for itself and for the public: no row of the host, none of another
// party. One row of each kind is made for each audience and then read in
// every way there is.
func TestAudience(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		const el = "outreach.channels"
		names := map[string]string{
			access.AudienceHost: "host", access.AudienceParties: "parties", access.AudiencePublic: "public",
			access.PartyAudience(c.brazil): "brazil", access.PartyAudience(c.india): "india",
		}
		made := map[string]string{} // record → audience
		for _, audience := range slices.Sorted(maps.Keys(names)) {
			made[h.note(c.manager, p, el, audience)] = audience
			a := h.attested(p, el)
			a.Audience = audience
			made[h.attest(c.manager, a)] = audience
			made[h.claim(c.manager, p, el, c.brazil, audience)] = audience
			x, err := h.s.AddAction(ctx, c.manager, Action{Partnership: p, Element: el, Text: "x", OwnerKind: WhoRight, OwnerID: "manage", Audience: audience, High: true})
			h.ok(err)
			made[x] = audience
			h.ok(second(h.s.AddDeadline(ctx, c.manager, p, Deadline{Text: "x", DueOn: "2027-05-01", Audience: audience})))
			h.ok(h.s.AddAmount(ctx, c.manager, p, Amount{Kind: "budget", Audience: audience}))
			h.ok(h.s.AddResult(ctx, c.manager, p, Result{Kind: "planned", Text: "x", Audience: audience}))
		}
		outsider := h.partner("Keza", h.organisation("Agency of Kenya", "KEN"))
		staff := []string{"brazil", "host", "india", "parties", "public"}
		for _, k := range []struct {
			who  access.Actor
			want []string
			asks []string // audiences of statements about which somebody is asked, as far as they may be known
		}{
			{c.manager, staff, []string{"india", "parties", "public"}},
			{c.officer, staff, []string{"india", "parties", "public"}},
			{c.auditor, staff, []string{"india", "parties", "public"}},
			{c.admin, staff, []string{"india", "parties", "public"}},
			{access.System("report"), staff, []string{"india", "parties", "public"}},
			{c.ana, []string{"brazil", "parties", "public"}, []string{"parties", "public"}},
			{c.ravi, []string{"india", "parties", "public"}, []string{"india", "parties", "public"}},
			{outsider, nil, nil},
		} {
			a := k.who
			set := func(audiences []string) []string {
				out := map[string]bool{}
				for _, x := range audiences {
					out[names[x]] = true
				}
				return slices.Sorted(maps.Keys(out))
			}
			sees := func(what string, audiences []string) {
				h.Helper()
				if got := set(audiences); !slices.Equal(got, k.want) {
					h.Errorf("%s sees of %s what is for %v, want %v", a.ID(), what, got, k.want)
				}
			}
			one := func(read func(t *db.Tx, id string) error) []string {
				var out []string
				h.read(func(t *db.Tx) error {
					for id, audience := range made {
						err := read(t, id)
						if err == nil {
							out = append(out, audience)
						} else if !errs.Is(err, errs.NotFound) {
							return err
						}
					}
					return nil
				})
				return out
			}
			// The outsider may not view the partnership at all; what is read of
			// one partnership is read after that was asked.
			var j JourneyView
			h.read(func(t *db.Tx) error {
				_, err := need(t, a, p, access.View)
				if a.Account == outsider.Account {
					h.refused(err, errs.NotFound, "")
					return nil
				}
				h.ok(err)
				j, err = h.s.journey(t, a, h.read1(t, p), "en")
				if err != nil {
					return err
				}
				evidence, err := evidenceFor(t, a, p, []string{el})
				sees("evidence", audiences(evidence, err, h, func(e Evidence) string { return e.Audience }))
				attestations, err := attestationsFor(t, a, p, []string{el})
				sees("attestations", audiences(attestations, err, h, func(n Attestation) string { return n.Audience }))
				claims, err := claimsFor(t, a, p)
				sees("statements", audiences(claims, err, h, func(m Claim) string { return m.Audience }))
				shown, err := actionsShown(t, a, p, "en", true)
				sees("actions", audiences(shown, err, h, func(x ShownAction) string { return x.Audience }))
				deadlines, err := deadlinesFor(t, a, p)
				sees("deadlines", audiences(deadlines, err, h, func(d Deadline) string { return d.Audience }))
				amounts, err := amountsOf(t, a, p)
				sees("amounts", audiences(amounts, err, h, func(m Amount) string { return m.Audience }))
				results, err := resultsOf(t, a, p)
				sees("results", audiences(results, err, h, func(r Result) string { return r.Audience }))
				f := auditOf(a, p)
				f.Limit = 200
				rows, err := audit.List(t, f)
				sees("the history", audiences(rows, err, h, func(r audit.Listed) string {
					if r.Audience != access.AudienceParties && !a.Staff() && names[r.Audience] == "" {
						h.Errorf("%s sees a row of the history for %s", a.Name, r.Audience)
					}
					return r.Audience
				}))
				return nil
			})
			// What is read over all partnerships asks both at once.
			h.read(func(t *db.Tx) error {
				todos, _, err := listTodos(t, a, TodoFilter{Today: h.today(), Lang: "en", Limit: 50})
				sees("all actions", audiences(todos, err, h, func(x ListedTodo) string { return x.Audience }))
				due, err := nextDeadlines(t, a, h.today(), 50)
				sees("all deadlines", audiences(due, err, h, func(d Due) string { return d.Audience }))
				n, err := countTodos(t, a, TodoFilter{Today: h.today(), Lang: "en"}, 100)
				if err == nil && n != len(todos) {
					h.Errorf("%s counts %d actions and sees %d", a.Name, n, len(todos))
				}
				rows, _, err := listed(t, a, ListFilter{Limit: 50}, "", "")
				if (len(rows) == 1) != (k.want != nil) {
					h.Errorf("%s sees %d partnerships", a.Name, len(rows))
				}
				return err
			})
			if a.Account == outsider.Account {
				continue
			}
			// One record, by its id.
			var single []string
			single = append(single, one(func(t *db.Tx, id string) error { _, err := oneEvidence(t, a, p, id); return err })...)
			single = append(single, one(func(t *db.Tx, id string) error { _, err := oneAttestation(t, a, p, id); return err })...)
			single = append(single, one(func(t *db.Tx, id string) error { _, err := oneClaim(t, a, p, id); return err })...)
			single = append(single, one(func(t *db.Tx, id string) error { _, err := oneAction(t, a, p, id); return err })...)
			sees("single records", single)
			if len(single) != 4*len(k.want) {
				h.Errorf("%s reads %d single records, want %d", a.ID(), len(single), 4*len(k.want))
			}
			// The journey: evidence, what is missing, who is waited for.
			var linked []string
			for _, e := range j.Elements[el].Evidence {
				linked = append(linked, e.Audience)
			}
			sees("the journey's evidence", linked)
			about := func(what string) (approvals, answers []string) {
				kind, id, _ := strings.Cut(what, ":")
				switch kind {
				case "approve":
					return []string{made[id]}, nil
				case "confirm":
					return nil, []string{made[id]}
				}
				return nil, nil
			}
			var approvals, answers, waitApprovals, waitAnswers []string
			for _, m := range j.Elements[el].Missing {
				x, y := about(m.What)
				approvals, answers = append(approvals, x...), append(answers, y...)
			}
			for _, w := range j.Waits {
				x, y := about(w.What)
				waitApprovals, waitAnswers = append(waitApprovals, x...), append(waitAnswers, y...)
			}
			sees("approvals that are missing", approvals)
			sees("approvals that are waited for", waitApprovals)
			if !slices.Equal(set(answers), k.asks) || !slices.Equal(set(waitAnswers), k.asks) {
				h.Errorf("%s is told of answers to what is for %v and %v, want %v", a.ID(), set(answers), set(waitAnswers), k.asks)
			}
			report, err := h.s.Journey(ctx, a, p, "en")
			h.ok(err)
			for _, f := range report.Findings {
				if f.Key == el && (len(f.Missing) != len(j.Elements[el].Missing) || len(f.Evidence) != len(k.want)) {
					h.Errorf("%s is reported %d pieces of evidence and %d things that are missing", a.ID(), len(f.Evidence), len(f.Missing))
				}
			}
		}
		h.whole(p)
	})
}

// audiences are the audiences of rows.
func audiences[T any](rows []T, err error, h *house, of func(T) string) []string {
	h.Helper()
	h.ok(err)
	var out []string
	for _, r := range rows {
		out = append(out, of(r))
	}
	return out
}

// read1 reads a partnership in a transaction that only reads.
func (h *house) read1(t *db.Tx, p string) Partnership {
	h.Helper()
	out, err := get(t, access.System("test"), p, access.View)
	h.ok(err)
	return out
}

// What a partner may not read it may not change either.
func TestPartnerChangesOnlyWhatItReads(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		ctx := h.Context()
		const el = "outreach.channels"
		for _, audience := range []string{access.AudienceHost, access.PartyAudience(c.india)} {
			e := h.note(c.manager, p, el, audience)
			a := h.attested(p, el)
			a.Audience = audience
			n := h.attest(c.manager, a)
			m := h.claim(c.manager, p, el, c.india, audience)
			x, err := h.s.AddAction(ctx, c.manager, Action{Partnership: p, Text: "x", OwnerKind: WhoRight, OwnerID: "contribute", Audience: audience})
			h.ok(err)
			for what, err := range map[string]error{
				"evidence":    h.s.RemoveEvidence(ctx, c.ana, p, e, true),
				"attestation": h.s.Withdraw(ctx, c.ana, p, n),
				"its text":    h.s.EditAttestation(ctx, c.ana, h.attestation(p, n), nil),
				"statement":   h.s.EditClaim(ctx, c.ana, h.claimOf(p, m), true),
				"answer":      h.answer(c.ana, p, m, Confirmed, ""),
				"action":      h.s.Do(ctx, c.ana, p, x, ""),
				"check":       h.s.CheckAction(ctx, c.ana, p, x, true),
				"drop":        h.s.DropAction(ctx, c.ana, p, x, false),
			} {
				if !errs.Is(err, errs.NotFound) {
					h.Errorf("%s for %s: %v", what, audience, err)
				}
			}
		}
		// Nor does it write for those it does not belong to.
		for _, audience := range []string{access.AudienceHost, access.PartyAudience(c.india), access.AudiencePublic} {
			_, err := h.s.AddEvidence(ctx, c.ana, Evidence{Partnership: p, Element: el, Kind: EvidenceNote, Title: "x", Note: "x", Audience: audience}, nil)
			h.refused(err, errs.Invalid, "audience")
			a := h.attested(p, el)
			a.Audience = audience
			_, err = h.s.Attest(ctx, c.ana, a, nil)
			h.refused(err, errs.Invalid, "audience")
			_, err = h.s.State(ctx, c.ana, Claim{Partnership: p, Element: el, Kind: "value", Text: "x", Audience: audience})
			h.refused(err, errs.Invalid, "audience")
			_, err = h.s.AddAction(ctx, c.ana, Action{Partnership: p, Text: "x", OwnerKind: WhoRight, OwnerID: "manage", Audience: audience})
			h.refused(err, errs.Invalid, "audience")
		}
	})
}
