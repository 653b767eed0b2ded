package partnership

import (
	"context"
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// AddMember gives an account a right in the team. An administrator may, too:
// so a partnership whose manager has left is not lost.
func (s *Service) AddMember(ctx context.Context, a access.Actor, partnership string, m Member) (string, error) {
	var made string
	err := s.team(ctx, a, partnership, func(t *db.Tx, p Partnership) error {
		var c errs.Check
		c.If(!slices.Contains(access.Rights, m.Right), "right", i18n.M("form.choose", "Choose one of the list"))
		c.If(m.UntilOn != "" && !m.UntilOn.Valid(), "until_on", msgDate())
		c.If(m.UntilOn.Valid() && m.UntilOn < t.Now.Day(), "until_on", i18n.M("team.until", "Write a day that is not over, or leave it empty"))
		found, err := access.Find(t, access.Filter{IDs: []string{m.Account}, State: access.Active})
		if err != nil {
			return err
		}
		c.If(len(found) == 0, "account", i18n.M("team.account", "Choose an account of the list"))
		c.If(len(found) > 0 && found[0].Organisation != "", "account", i18n.M("team.partner", "A partner’s account takes part through its organisation, as a party"))
		err = c.Err()
		if err != nil {
			return err
		}
		made, err = s.addMember(t, a, p, m)
		return err
	})
	return made, err
}

func (s *Service) team(ctx context.Context, a access.Actor, partnership string, fn func(t *db.Tx, p Partnership) error) error {
	right := access.Manage
	if a.Has(access.Admin) {
		right = access.View
	}
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, right)
		if err != nil {
			return err
		}
		err = fn(t, p)
		if err != nil {
			return err
		}
		return s.partiesChanged(t, p.ID)
	})
}

func (s *Service) addMember(t *db.Tx, a access.Actor, p Partnership, m Member) (string, error) {
	return s.addMemberAs(t, a, p, m, "created")
}

// addMemberAs is addMember under another name in the history.
func (s *Service) addMemberAs(t *db.Tx, a access.Actor, p Partnership, m Member, action string) (string, error) {
	m.ID, m.Partnership, m.CreatedBy = id.New(), p.ID, a.ID()
	err := insertMember(t, m)
	if db.Broke(err, "uq_team") {
		return "", &errs.Error{Kind: errs.Invalid, Cause: err, Fields: []errs.Field{{Name: "account", Msg: i18n.M("team.twice", "This account holds that right already")}}}
	}
	if err != nil {
		return "", err
	}
	return m.ID, s.note(t, a, p, changed{action: action, kind: "partnership_team", record: m.ID, version: 1, after: m})
}

// RemoveMember takes a right back. The manager stays until another is named.
func (s *Service) RemoveMember(ctx context.Context, a access.Actor, partnership, member string) error {
	return s.team(ctx, a, partnership, func(t *db.Tx, p Partnership) error {
		team, err := teamOf(t, partnership)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(team, func(m Member) bool { return m.ID == member })
		if i < 0 {
			return errs.Missing()
		}
		if team[i].Account == p.Manager && team[i].Right == access.Manage {
			return errs.New(errs.Conflict, i18n.M("team.manager_stays", "The manager keeps this right. Name another manager first."))
		}
		err = setMemberDeleted(t, partnership, member, t.Now)
		if err != nil {
			return err
		}
		return s.note(t, a, p, changed{action: "deleted", kind: "partnership_team", record: member, before: team[i]})
	})
}

// SetManager names the account that manages the partnership.
func (s *Service) SetManager(ctx context.Context, a access.Actor, partnership, account string) error {
	return s.team(ctx, a, partnership, func(t *db.Tx, p Partnership) error {
		team, err := teamOf(t, partnership)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(team, func(m Member) bool {
			return m.Account == account && m.Right == access.Manage && m.UntilOn == "" && !m.Away // the manager's right does not end by itself
		}) {
			return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "account", Msg: i18n.M("team.not_manage", "Choose an account that holds the right to manage")}}}
		}
		next := p
		next.Manager = account
		return s.save(t, a, p, next, "updated")
	})
}
