package partnership

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
)

// partyNow reads a party as it stands.
func (h *house) partyNow(p, id string) Party {
	h.Helper()
	var y Party
	h.read(func(t *db.Tx) error {
		var err error
		y, err = partyOf(t, p, id)
		return err
	})
	return y
}

func (h *house) roleNow(p, id string) PartyRole {
	h.Helper()
	var out PartyRole
	h.read(func(t *db.Tx) error {
		all, err := rolesOf(t, p)
		for _, r := range all {
			if r.ID == id {
				out = r
			}
		}
		return err
	})
	return out
}

// firstParty is the first party of a partnership with its role.
func (h *house) firstParty(p string) (Party, PartyRole) {
	h.Helper()
	var y Party
	var r PartyRole
	h.read(func(t *db.Tx) error {
		parties, err := partiesOf(t, p)
		h.ok(err)
		roles, err := rolesOf(t, p)
		y, r = parties[0], roles[0]
		return err
	})
	return y, r
}

// TestPartyFormsMerge: of two forms opened at once the second keeps what the
// first changed, and what both changed comes back.
func TestPartyFormsMerge(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		opened, _ := h.firstParty(p)
		one, two := opened, opened
		one.JoinedOn, one.Basis = "2025", "By letter"
		h.ok(h.s.EditParty(h.Context(), c.manager, p, one))
		two.LeftOn = "2030"
		h.ok(h.s.EditParty(h.Context(), c.manager, p, two))
		got := h.partyNow(p, opened.ID)
		if got.JoinedOn != "2025" || got.Basis != "By letter" || got.LeftOn != "2030" || got.Version != 3 {
			t.Errorf("merged to %+v", got)
		}
		two.Basis, two.LeftOn = "By telephone", "2030"
		err := h.s.EditParty(h.Context(), c.manager, p, two)
		h.refused(err, errs.Conflict, "basis")
		if !strings.Contains(err.Error(), "By letter") {
			t.Errorf("the conflict does not say what it was changed to: %v", err)
		}
		if after := h.partyNow(p, opened.ID); after.Version != 3 {
			t.Errorf("a refused change was written: %+v", after)
		}
		two.Version = 3
		h.ok(h.s.EditParty(h.Context(), c.manager, p, two)) // sent again, it replaces
		if got := h.partyNow(p, opened.ID).Basis; got != "By telephone" {
			t.Errorf("the basis is %q", got)
		}
	})
}

func TestRoleFormsMerge(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		_, opened := h.firstParty(p)
		one, two := opened, opened
		one.FromOn = "2024"
		h.ok(h.s.EditRole(h.Context(), c.manager, p, one, false))
		two.ToOn, two.Basis = "2031", "Minutes"
		h.ok(h.s.EditRole(h.Context(), c.manager, p, two, false))
		got := h.roleNow(p, opened.ID)
		if got.FromOn != "2024" || got.ToOn != "2031" || got.Basis != "Minutes" || got.Version != 3 {
			t.Errorf("merged to %+v", got)
		}
		one.Basis = "A letter"
		h.refused(h.s.EditRole(h.Context(), c.manager, p, one, false), errs.Conflict, "role_basis")
		if got := h.roleNow(p, opened.ID); got.Basis != "Minutes" || got.Version != 3 {
			t.Errorf("a refused change was written: %+v", got)
		}
		// Two changes that are right alone are wrong together.
		late := PartyRole{ID: opened.ID, FromOn: "2032", Version: 1}
		h.refused(h.s.EditRole(h.Context(), c.manager, p, late, false), errs.Conflict, "from_on")
	})
}

func TestStatementFormsMerge(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		opened := h.claimOf(p, h.claim(c.manager, p, askedAt, c.brazil, access.AudienceParties))
		one, two := opened, opened
		one.Text = "41 trainers"
		h.ok(h.s.EditClaim(h.Context(), c.manager, one, false))
		two.Dated = "2026-11-01"
		h.ok(h.s.EditClaim(h.Context(), c.manager, two, false))
		got := h.claimOf(p, opened.ID)
		if got.Text != "41 trainers" || got.Dated != "2026-11-01" || got.Content != got.ContentHash() {
			t.Errorf("merged to %+v", got)
		}
		two.Text = "39 trainers"
		h.refused(h.s.EditClaim(h.Context(), c.manager, two, false), errs.Conflict, "text")
		if got := h.claimOf(p, opened.ID).Text; got != "41 trainers" {
			t.Errorf("an older form wrote %q over a newer one", got)
		}
	})
}

func TestBringsMerge(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		y, _ := h.firstParty(p)
		codes := []string{}
		for _, i := range h.s.ref.All(BringsList)[:4] {
			codes = append(codes, i.Code)
		}
		h.ok(h.s.SetBrings(h.Context(), c.manager, p, y.ID, codes[:2]))
		// Both forms were opened on the first two; one adds the third, the other
		// takes the first and adds the fourth.
		h.ok(h.s.ChangeBrings(h.Context(), c.manager, p, y.ID, codes[:2], codes[:3]))
		h.ok(h.s.ChangeBrings(h.Context(), c.manager, p, y.ID, codes[:2], []string{codes[1], codes[3]}))
		var got []string
		h.read(func(t *db.Tx) error {
			all, err := tagsOf(t, p)
			for _, g := range all {
				if g.List == BringsList {
					got = append(got, g.Code)
				}
			}
			return err
		})
		want := map[string]bool{codes[1]: true, codes[2]: true, codes[3]: true}
		for _, code := range got {
			delete(want, code)
		}
		if len(got) != 3 || len(want) != 0 {
			t.Error(cmp.Diff(codes[1:], got))
		}
	})
}

// TestMergedForms sends the forms as the pages have them: an older one comes
// back with what was typed, what it was changed to, and the version to go on.
func TestMergedForms(t *testing.T) {
	t.Parallel()
	eachSite(t, func(x *site, c cast) {
		p := x.partnership(c)
		y, r := x.firstParty(p)
		k := x.claim(c.manager, p, askedAt, c.brazil, access.AudienceParties)
		party, role := partiesPath(p)+"/"+y.ID+"/edit", "/partnerships/"+p+"/roles/"+r.ID+"/edit"
		element := elementPath(p, askedAt)
		for _, f := range []struct{ page, action, field, first, second string }{
			{party, party, "basis", "By letter", "By telephone"},
			{party, role, "role_basis", "Minutes", "A memory"},
			{element, element + "/claims/" + k + "/edit", "text", "41 trainers", "39 trainers"},
		} {
			first, second := x.get(c.manager, f.page).Form(f.action), x.get(c.manager, f.page).Form(f.action)
			first.Set(f.field, f.first)
			x.post(c.manager, f.action, first)
			second.Set(f.field, f.second)
			w := x.do(c.manager, http.MethodPost, f.action, second)
			if w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusConflict {
				t.Errorf("%s: an older form is answered with %d", f.action, w.Code)
				continue
			}
			page := x.refuses(c.manager, f.action, second, w.Code)
			page.MustSay(t, f.first)
			again := page.Form(f.action)
			if again.Get(f.field) != f.second || again.Get("version") == second.Get("version") {
				t.Errorf("%s: it comes back with %q at version %s", f.action, again.Get(f.field), again.Get("version"))
			}
			x.post(c.manager, f.action, again)
			if got := x.get(c.manager, f.page).Form(f.action).Get(f.field); got != f.second {
				t.Errorf("%s: sent again, it says %q", f.action, got)
			}
		}
	})
}
