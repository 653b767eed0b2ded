package partnership

import (
	"context"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// RemoveDeadline takes a deadline away (removed true) or brings it back. Who
// added it may, and who manages the partnership. One that the product keeps
// goes with what it is about.
func (s *Service) RemoveDeadline(ctx context.Context, a access.Actor, partnership, deadline string, removed bool) error {
	return s.inside(ctx, a, partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		d, err := oneDeadline(t, a, p.ID, deadline)
		if err != nil {
			return err
		}
		if d.SystemKey != "" {
			return errs.New(errs.Conflict, i18n.M("actions.deadline.system", "This day is kept with what it is about. Change that, and the day changes with it."))
		}
		err = authorOrManager(t, a, p.ID, d.CreatedBy)
		if err != nil || removed == (d.DeletedAt != 0) {
			return err
		}
		c := changed{action: "restored", kind: "partnership_deadline", record: d.ID, title: d.Text, audience: d.Audience, after: d}
		var at any
		if removed {
			at = t.Now
			c.action, c.before, c.after = "deleted", d, nil
		}
		err = setDeadlineDeleted(t, p.ID, d.ID, at)
		if err != nil {
			return err
		}
		return s.note(t, a, p, c)
	})
}

// RestoreMember gives back a right that was taken away.
func (s *Service) RestoreMember(ctx context.Context, a access.Actor, partnership, member string) error {
	return s.team(ctx, a, partnership, func(t *db.Tx, p Partnership) error {
		m, err := oneMember(t, p.ID, member)
		if err != nil || m.DeletedAt == 0 {
			return err
		}
		err = setMemberDeleted(t, p.ID, member, nil)
		if db.Broke(err, "uq_team") {
			return errs.New(errs.Conflict, i18n.M("team.back", "This account has been given that right again in the meantime."))
		}
		if err != nil {
			return err
		}
		return s.note(t, a, p, changed{action: "restored", kind: "partnership_team", record: m.ID, after: m})
	})
}
