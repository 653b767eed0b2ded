package partnership

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"ayni/internal/kernel/access"
)

func TestHandOverPages(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		ps := x.estate(c, c.officer, 8)
		x.handNote(c.manager, ps[0], "Call the ministry first.\nThe letter is promised for May.")
		here := HandOverPath(c.manager.Account)
		x.get(c.manager, "/").MustSay(t, "Hand over my partnerships")
		page := x.get(c.manager, here)
		page.MustSay(t, "Mara.", "8 partnerships", "To whom")
		if page.Form(here) != nil {
			t.Error("a hand-over without a receiver is offered")
		}
		page = x.get(c.manager, here+"?to="+c.officer.Account)
		page.MustSay(t, "8 partnerships", "manager of the partnership", "rights: manage", "2 actions", "confidential: tick it if Otto may see it", "goes to somebody else: Otto wrote it")
		form := page.Form(here)
		if n := len(form["partnership"]); n != 7 {
			t.Errorf("%d partnerships are ticked, want all but the confidential one", n)
		}
		// Filtered by the name.
		if n := len(x.get(c.manager, here+"?to="+c.officer.Account+"&q=partnership+03").Choices("partnership")); n != 1 {
			t.Errorf("%d partnerships have the name", n)
		}
		// Without a reason it comes back with what was ticked.
		form["partnership"] = form["partnership"][:6]
		page = x.refuses(c.manager, here, form, http.StatusUnprocessableEntity)
		page.MustSay(t, "Say why, such as")
		if n := len(page.Form(here)["partnership"]); n != 6 {
			t.Errorf("%d ticks came back, want 6", n)
		}
		form.Set("reason", "Leaves the office")
		page = x.post(c.manager, here, form)
		page.MustSay(t, "From Mara to Otto.", "Leaves the office", "6 partnerships", "Take the whole back", "Hand over the rest")
		path := page.Links()[slices.IndexFunc(page.Links(), func(l string) bool { return strings.HasPrefix(l, "/hand-overs/") })]
		path = strings.TrimSuffix(path, "/dossier")

		// The receiver is told at home, and puts it away.
		home := x.get(c.officer, "/")
		home.MustSay(t, "Mara has handed 6 partnerships over to you", "Leaves the office")
		x.post(c.officer, path+"/seen", home.Form(path+"/seen")).MustNotSay(t, "has handed")
		x.get(c.officer, "/partnerships/"+ps[0]+"/history").MustSay(t, "handed over", "From Mara to Otto. · Leaves the office")
		// For others it is not there.
		x.lookRefused(c.legal, path, http.StatusNotFound)
		x.lookRefused(c.ravi, path, http.StatusForbidden)
		x.refuses(c.legal, path+"/undo", values(), http.StatusNotFound)
		x.refuses(c.officer, path+"/undo", values(), http.StatusForbidden)
		x.refuses(c.legal, path+"/seen", values(), http.StatusNotFound)

		dossier := x.get(c.officer, path+"/dossier")
		dossier.MustSay(t, "Partnership 00", "Partnership 05", "Call the ministry first.", "Who is waited for", "Call them 0", "Agency of India", "beneficiary")
		dossier.MustNotSay(t, "Partnership 07") // was not handed over

		x.post(c.manager, path+"/undo", values()).MustSay(t, "Taken back by Mara", "taken back")
		for _, p := range ps {
			x.holds(c.manager, p, append([]access.Right{access.View, access.Contribute, access.Manage}, map[bool][]access.Right{true: {access.Approve}}[slices.Contains([]string{ps[1], ps[2], ps[5], ps[6]}, p)]...)...)
		}
		x.get(c.officer, "/partnerships/"+ps[0]+"/history").MustSay(t, "hand-over taken back")
	})
}

func (h *house) handNote(a access.Actor, p, text string) {
	h.Helper()
	h.ok(h.s.SetHandNote(h.Context(), a, p, text, 0))
}

func TestHandOverShowsOnlyWhatTheReaderMaySee(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		ps := x.estate(c, c.officer, 8)
		here := HandOverPath(c.manager.Account)
		page := x.get(c.legal, here+"?to="+c.officer.Account)
		page.MustSay(t, "7 partnerships", "you do not manage it: who does can hand this place over")
		page.MustNotSay(t, "Partnership 07")
		if page.Form(here) != nil {
			t.Error("who manages nothing is offered a hand-over")
		}
		x.get(c.legal, here+"/dossier").MustNotSay(t, "Partnership 07")
		x.get(c.admin, here).MustSay(t, "8 partnerships")
		x.get(c.auditor, here+"/dossier")
		x.lookRefused(c.ravi, here, http.StatusForbidden)
		x.lookRefused(c.manager, HandOverPath("nobody"), http.StatusNotFound)
		x.lookRefused(c.legal, "/partnerships/"+ps[7]+"/dossier", http.StatusNotFound)
		k := x.handOver(c.admin, HandForm{From: c.manager.Account, To: c.officer.Account, Partnerships: ps, Reason: "Leaves"})
		// Who has left no longer sees the confidential one, not even its name.
		left := x.get(c.manager, handOverPath(k))
		left.MustSay(t, "a partnership that you may not see", "Partnership 06")
		left.MustNotSay(t, "Partnership 07")
	})
}

func TestDossierOfOnePartnership(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		here := "/partnerships/" + p + "/dossier"
		x.note(c.manager, p, "convergence.values", access.AudienceHost)
		page := x.get(c.manager, here)
		page.MustSay(t, "Cotton with trust", "Mara manage", "Aya approve", "2 Assess convergence Partly 24 Nov 2026 1")
		page.MustNotSay(t, "Call the ministry")
		form := page.Form(here)
		form.Set("text", "Call the ministry first")
		x.post(c.manager, here, form).MustSay(t, "Call the ministry first", "Mara, 24 Nov 2026")
		// An older form does not overwrite it unseen.
		form = x.get(c.manager, here).Form(here)
		form.Set("text", "Something else")
		form.Set("version", "0")
		x.refuses(c.manager, here, form, http.StatusUnprocessableEntity).MustSay(t, "Call the ministry first")
		// A party reads its part, without the host's words and team.
		page = x.get(c.ana, here)
		page.MustSay(t, "Cotton with trust", "Agency of Brazil")
		page.MustNotSay(t, "Call the ministry", "Mara manage", "Write the word")
		x.refuses(c.officer, here, form, http.StatusForbidden)
	})
}
