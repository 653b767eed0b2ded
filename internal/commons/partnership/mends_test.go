package partnership

import (
	"strings"
	"testing"

	"ayni/internal/kernel/access"
)

// An attestation whose last day has come can't be approved any more: its
// author is asked, not the approver.
func TestAnOverdueAttestationWaitsForItsAuthor(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		n := h.attested(p, "convergence.values")
		n.ValidUntil = h.today().AddDays(3)
		made := h.attest(c.manager, n)
		waitsFor := func(what string, kind WhoKind, id string) {
			h.Helper()
			for _, w := range h.waits(p, "convergence.values") {
				if strings.HasPrefix(w.What, what) && w.Kind == kind && w.ID == id {
					return
				}
			}
			h.Errorf("nobody is waited for to %s: %+v", what, h.waits(p, "convergence.values"))
		}
		waitsFor("approve:", WhoRight, string(access.Approve))
		if h.waitingFor(c.approver) != 1 {
			h.Error("the approver is not asked")
		}
		h.until(n.ValidUntil)
		h.ok(h.s.RecheckAll(h.Context(), func(int) error { return nil }))
		waitsFor("renew:", WhoPerson, c.manager.Person)
		if h.waitingFor(c.approver) != 0 {
			h.Error("the approver is still asked for what can’t be approved")
		}
		h.whole(p)
		// Another one takes its place.
		h.attest(c.manager, h.attested(p, "convergence.values"))
		waitsFor("approve:", WhoRight, string(access.Approve))
		for _, w := range h.waits(p, "convergence.values") {
			if strings.HasPrefix(w.What, "renew:") {
				h.Error("the author is still asked")
			}
		}
		// An author who has left the team is not: who manages is.
		h.ok(h.s.Withdraw(h.Context(), c.manager, p, made))
		h.whole(p)
	})
}

func TestGatesSayWhatTheyStop(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		x.get(c.manager, "/partnerships/"+x.partnership(c)+"/team").MustSay(t, "It stops nothing yet: step 5 has no records of its own until now.", "step 6 has no records")
	})
}

// AC7: a value that no list has is named, not taken for no filter in silence;
// a sort that there is not is refused.
func TestAC7UnknownFilterValuesAreNamed(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		x.partnership(c)
		x.get(c.manager, "/partnerships?status=active").MustNotSay(t, "No list has")
		x.get(c.manager, "/partnerships?status=salary&country=<b>").MustSay(t, "No list has “<b>” and “salary”", "left out", "Cotton with trust")
		x.get(c.manager, "/actions?view=all&element=salary").MustSay(t, "No list has “salary”")
		x.get(c.manager, "/actions?view=all&element=convergence.values").MustNotSay(t, "No list has")
	})
}
