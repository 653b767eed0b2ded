package partnership

import (
	"testing"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
)

// What was removed has a list with a way back for 30 days, and an end.
func TestRemovedPartnershipsHaveAnEnd(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p, other := h.partnership(c), h.create(c.manager, NewPartnership{Partnership: Partnership{Title: "Another"}})
		h.note(c.manager, p, "prospect.geography", access.AudienceHost)
		h.ok(h.answer(c.ana, p, h.claim(c.manager, p, "agreement.finance", c.india, access.AudienceParties), "confirmed", ""))
		h.ok(h.s.Remove(h.Context(), c.manager, p))
		list, err := h.s.Removed(h.Context(), c.manager)
		h.ok(err)
		if len(list) != 1 || list[0].ID != p {
			h.Errorf("removed: %+v", list)
		}
		list, err = h.s.Removed(h.Context(), c.officer)
		h.ok(err)
		if len(list) != 0 {
			h.Errorf("an officer without the right sees %+v", list)
		}
		n, err := h.s.Purge(h.Context(), h.d.Clock.Now())
		h.ok(err)
		if n != 0 {
			h.Errorf("purged %d on the first day", n)
		}
		h.until(firstDay.AddDays(31))
		h.refused(h.s.Restore(h.Context(), c.manager, p), errs.Conflict, "")
		n, err = h.s.Purge(h.Context(), h.d.Clock.Now())
		h.ok(err)
		if n != 1 {
			h.Errorf("purged %d, want 1", n)
		}
		h.read(func(t *db.Tx) error {
			tables, err := ourTables(t)
			if err != nil {
				return err
			}
			for _, table := range tables {
				left, err := db.One[int](t, `select count(*) from `+table+` where partnership = $1`, p)
				if err != nil {
					return err
				}
				if left > 0 {
					h.Errorf("%s keeps %d rows", table, left)
				}
			}
			return nil
		})
		h.whole(other)
	})
}

// An organisation that was removed from the directory becomes no party, and a
// party that was taken out does not come back with it.
func TestRemovedOrganisationIsNoParty(t *testing.T) {
	t.Parallel()
	each(t, func(h *house) {
		c := h.cast()
		p := h.partnership(c)
		gone := h.organisation("Example Gone", "KEN")
		party, err := h.s.AddParty(h.Context(), c.manager, p, NewParty{Party: Party{Organisation: gone}})
		h.ok(err)
		h.ok(h.s.RemoveParty(h.Context(), c.manager, p, party, true))
		_, err = h.dir.DeleteOrganisation(h.Context(), c.officer, gone)
		h.ok(err)
		_, err = h.s.AddParty(h.Context(), c.manager, p, NewParty{Party: Party{Organisation: gone}})
		h.refused(err, errs.Invalid, "organisation")
		h.refused(h.s.RemoveParty(h.Context(), c.manager, p, party, false), errs.Conflict, "")
	})
}

// Nobody is waited for whose roles have all ended.
func TestMemberWhoseRolesEndedHoldsNothing(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name string
		m    Member
		want bool
	}{
		{"without end", Member{}, true},
		{"until tomorrow", Member{RolesEnd: firstDay.AddDays(1).Ms()}, true},
		{"until yesterday", Member{RolesEnd: firstDay.Ms()}, false},
		{"away", Member{Away: true}, false},
	} {
		if got := x.m.Holds(firstDay); got != x.want {
			t.Errorf("%s: %v", x.name, got)
		}
	}
}
