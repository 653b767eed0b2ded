package partnership

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/digest"
	"ayni/internal/kernel/i18n"
)

func (h *house) news(a access.Actor, lang string, since clock.Ms) digest.News {
	h.Helper()
	var out digest.News
	h.read(func(t *db.Tx) error {
		var err error
		out, err = h.s.DigestNews(t, a, i18n.For(lang), since)
		return err
	})
	return out
}

func (h *house) due(a access.Actor, from, to clock.Day) []digest.Due {
	h.Helper()
	var out []digest.Due
	h.read(func(t *db.Tx) error {
		var err error
		out, err = h.s.DueFor(t, a, i18n.For("en"), from, to)
		return err
	})
	return out
}

// A digest says what waits and what changed, to those who have a part in it,
// and nothing of what somebody wrote.
func TestDigestTellsNumbersAndElementsAlone(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.create(c.manager, NewPartnership{
			Partnership: Partnership{Title: "Canary cotton", Confidential: true},
			Parties:     []NewParty{{Party: Party{Organisation: c.india}, Roles: []PartyRole{{Role: Beneficiary}}}},
			Team:        map[string][]access.Right{c.approver.Account: {access.Approve}},
		})
		begun := h.later(time.Hour)
		h.later(time.Minute)
		due := h.today().AddDays(2)
		h.action(c.manager, Action{Partnership: p, Element: "agreement.agreement", Text: "Canary text", OwnerKind: WhoPerson, OwnerID: c.manager.Person, DueOn: due})
		_, err := h.s.AddDeadline(h.Context(), c.manager, p, Deadline{Element: "project.progress", Text: "Canary day", DueOn: due, Audience: access.AudienceHost})
		h.ok(err)
		h.note(c.manager, p, "capacity.training", access.AudienceHost)
		for _, lang := range i18n.Langs {
			n := h.news(c.manager, lang, begun)
			text := strings.Join(n.Lines, "\n")
			if !n.New || len(n.Lines) != 3 {
				h.Errorf("%s: new %v: %q", lang, n.New, n.Lines)
			}
			for _, canary := range []string{"Canary", "Agency", "Mara", p} {
				if strings.Contains(text, canary) {
					h.Errorf("%s: the digest says %q: %s", lang, canary, text)
				}
			}
		}
		got := strings.Join(h.news(c.manager, "en", begun).Lines, "\n")
		for _, want := range []string{"1 action waits for you:", "1 deadline by", "has another state than on"} {
			if !strings.Contains(got, want) {
				h.Errorf("the digest does not say %q: %s", want, got)
			}
		}
		// Those who have no part in it hear nothing, administrators neither.
		for _, a := range []access.Actor{c.officer, c.admin, c.ana, c.auditor} {
			if n := h.news(a, "en", begun); len(n.Lines) != 0 || n.New {
				h.Errorf("%s is told %q", a.Name, n.Lines)
			}
			if d := h.due(a, h.today(), h.today().AddDays(30)); len(d) != 0 {
				h.Errorf("%s is reminded of %v", a.Name, d)
			}
		}
		// A party hears of what is meant for it, and not of the host's days.
		if d := h.due(c.ravi, h.today(), h.today().AddDays(30)); len(d) != 0 {
			h.Errorf("the party is reminded of the host's day: %v", d)
		}
		// Nothing new since, though it still waits.
		n := h.news(c.manager, "en", h.later(time.Hour))
		if n.New || len(n.Lines) == 0 {
			h.Errorf("an hour later: new %v, %q", n.New, n.Lines)
		}
		items := h.due(c.manager, h.today(), h.today().AddDays(3))
		if len(items) != 2 || items[0].Day != due || items[0].Item == items[1].Item || strings.Contains(items[0].What+items[1].What, "Canary") {
			h.Errorf("due: %+v", items)
		}
		if d := h.due(c.manager, due.AddDays(1), due.AddDays(9)); len(d) != 0 {
			h.Errorf("due later: %+v", d)
		}
	})
}

// An element that went there and back is no news.
func TestDigestTellsWhereElementsStandNow(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		begun := h.later(time.Hour)
		h.later(time.Minute)
		e := h.note(c.manager, p, "capacity.training", access.AudienceHost)
		h.later(time.Hour)
		h.ok(h.s.RemoveEvidence(h.Context(), c.manager, p, e, true))
		if n := h.news(c.manager, "en", begun); slices.ContainsFunc(n.Lines, func(s string) bool { return strings.Contains(s, "another state") }) {
			h.Errorf("told: %q", n.Lines)
		}
	})
}
