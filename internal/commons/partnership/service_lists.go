package partnership

import (
	"context"
	"slices"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

// GiveAction makes an action and refuses one that its owner could not see.
func (s *Service) GiveAction(ctx context.Context, a access.Actor, x Action) (string, error) {
	err := checkSeen(x)
	if err != nil {
		return "", err
	}
	return s.AddAction(ctx, a, x)
}

// checkSeen says whether the owner of an action is among those it is for.
func checkSeen(x Action) error {
	var c errs.Check
	party, one := strings.CutPrefix(x.Audience, access.PartyAudience(""))
	c.If(x.OwnerKind == WhoParty && one && party != x.OwnerID, "audience",
		i18n.M("actions.seen", "Who is to do it would not see it. Choose all parties"))
	return c.Err()
}

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

// GiveRight gives an active account of the host a right in the team, and says
// under which id.
func (s *Service) GiveRight(ctx context.Context, a access.Actor, partnership string, m Member) (string, error) {
	err := s.d.Read(ctx, func(t *db.Tx) error {
		_, err := need(t, a, partnership, access.View)
		if err != nil {
			return err
		}
		found, err := access.Find(t, access.Filter{IDs: []string{m.Account}, State: access.Active})
		if err != nil {
			return err
		}
		var c errs.Check
		c.If(len(found) == 0, "account", i18n.M("team.account", "Choose an account of the list"))
		c.If(m.UntilOn.Valid() && m.UntilOn < t.Now.Day(), "until_on", i18n.M("team.until", "Write a day that is not over, or leave it empty"))
		return c.Err()
	})
	if err != nil {
		return "", err
	}
	err = s.AddMember(ctx, a, partnership, m)
	if err != nil {
		return "", err
	}
	var made string
	err = s.d.Read(ctx, func(t *db.Tx) error {
		team, err := teamOf(t, partnership)
		i := slices.IndexFunc(team, func(x Member) bool { return x.Account == m.Account && x.Right == m.Right })
		if i >= 0 {
			made = team[i].ID
		}
		return err
	})
	return made, err
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

// OpenGate waives a gate, and says under which id.
func (s *Service) OpenGate(ctx context.Context, a access.Actor, partnership string, w Waiver) (string, error) {
	err := s.Waive(ctx, a, partnership, w)
	if err != nil {
		return "", err
	}
	var made string
	err = s.d.Read(ctx, func(t *db.Tx) error {
		all, err := waiversOf(t, partnership)
		i := slices.IndexFunc(all, func(x Waiver) bool { return x.Gate == w.Gate && x.ByActor == a.ID() })
		if i >= 0 {
			made = all[i].ID
		}
		return err
	})
	return made, err
}

// KeepDeadline adds a day that matters, and says under which id.
func (s *Service) KeepDeadline(ctx context.Context, a access.Actor, d Deadline) (string, error) {
	if d.Element != "" {
		_, known := ElementOf(d.Element)
		if !known {
			return "", &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "element", Msg: i18n.M("form.choose", "Choose one of the list")}}}
		}
	}
	var made string
	err := allowedAudience(a, d.Audience)
	if err != nil {
		return "", err
	}
	err = s.AddDeadline(ctx, a, d.Partnership, d)
	if err != nil {
		return "", err
	}
	err = s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		made, err = lastDeadline(t, d.Partnership, a.ID())
		return err
	})
	return made, err
}
