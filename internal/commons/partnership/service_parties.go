package partnership

import (
	"context"
	"errors"
	"slices"

	"ayni/internal/commons/directory"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// NewParty is a party with the roles it begins with.
type NewParty struct {
	Party
	Roles  []PartyRole
	Brings []string
}

// AddParty adds a party with the roles it begins with.
func (s *Service) AddParty(ctx context.Context, a access.Actor, partnership string, n NewParty) (string, error) {
	var made string
	err := s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		made, err = s.addParty(t, a, p, n)
		if err != nil {
			return err
		}
		return s.partiesChanged(t, p.ID)
	})
	return made, err
}

func (s *Service) addParty(t *db.Tx, a access.Actor, p Partnership, n NewParty) (string, error) {
	y := n.Party
	y.ID, y.Partnership, y.CreatedAt, y.CreatedBy, y.Version = id.New(), p.ID, t.Now, a.ID(), 1
	err := s.checkParty(t, y, "")
	if err != nil {
		return "", err
	}
	err = insertParty(t, y)
	if db.Broke(err, "uq_party_organisation") {
		return "", &errs.Error{Kind: errs.Invalid, Cause: err, Fields: []errs.Field{{Name: "organisation", Msg: i18n.M("party.twice", "This organisation is a party already; add a role to it instead")}}}
	}
	if err != nil {
		return "", err
	}
	err = s.note(t, a, p, changed{action: "created", kind: "party", record: y.ID, audience: access.AudienceParties, version: 1, after: y})
	if err != nil {
		return "", err
	}
	for _, r := range n.Roles {
		r.Party = y.ID
		err := s.addRole(t, a, p, r)
		if err != nil {
			return "", err
		}
	}
	for _, code := range n.Brings {
		err := s.addTag(t, a, p, Tag{List: BringsList, Code: code, Party: y.ID})
		if err != nil {
			return "", err
		}
	}
	return y.ID, nil
}

// checkParty says what is wrong with a party. was is the organisation that it
// had before: it may stay though it was removed from the directory meanwhile.
func (s *Service) checkParty(t *db.Tx, y Party, was string) error {
	var c errs.Check
	c.If(y.Organisation == "" && y.Label == "", "organisation", i18n.M("party.who", "Choose an organisation, or say in words who it will be"))
	if y.Organisation != "" {
		there, err := directory.Present(t, y.Organisation)
		if err != nil {
			return err
		}
		c.If(!there && y.Organisation != was, "organisation", i18n.M("party.unknown", "Choose an organisation of the list"))
	}
	tooLong(&c, "label", y.Label, maxTitle)
	c.If(y.Country != "" && !s.ref.Has("country", y.Country), "country", i18n.M("form.choose", "Choose one of the list"))
	tooLong(&c, "basis", y.Basis, maxText)
	c.If(!knownDate(y.JoinedOn), "joined_on", msgPartDate())
	c.If(!knownDate(y.LeftOn), "left_on", msgPartDate())
	if y.JoinedOn != "" && y.LeftOn != "" && dateBefore(y.LeftOn, y.JoinedOn) {
		c.Add("left_on", i18n.M("form.after", "Write a date after {date}", i18n.A{"date": y.JoinedOn}))
	}
	return c.Err()
}

// EditParty changes a party's facts; a party that was not named is named by
// giving its organisation. The form says which version it was opened on: what
// only one side changed is taken over, what both changed comes back as a
// *Clashed[Party].
func (s *Service) EditParty(ctx context.Context, a access.Actor, partnership string, form Party) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		was, err := partyOf(t, partnership, form.ID)
		if err != nil || was.DeletedAt != 0 {
			return errOr(err, errs.Missing())
		}
		next, err := audit.Reconcile(t, "party", was.ID, form.Version, was.Version, was, func(y Party) Party {
			y.Organisation, y.Label, y.Country, y.JoinedOn, y.LeftOn, y.Basis = form.Organisation, form.Label, form.Country, form.JoinedOn, form.LeftOn, form.Basis
			return y
		})
		var both *audit.Clash[Party]
		if errors.As(err, &both) {
			return &Clashed[Party]{Merged: both.Merged, err: clash(both.Fields, map[string]string{
				"label": was.Label, "joined_on": string(was.JoinedOn), "left_on": string(was.LeftOn), "basis": was.Basis,
			})}
		}
		if err != nil {
			return err
		}
		if next.Label != was.Label {
			next.LabelFR, next.LabelES = "", "" // they said the old words
		}
		if next.Basis != was.Basis {
			next.BasisFR, next.BasisES = "", ""
		}
		next.UpdatedBy = a.ID()
		err = s.checkParty(t, next, was.Organisation)
		if err != nil {
			return err
		}
		err = updateParty(t, next)
		if db.Broke(err, "uq_party_organisation") {
			return &errs.Error{Kind: errs.Invalid, Cause: err, Fields: []errs.Field{{Name: "organisation", Msg: i18n.M("party.twice", "This organisation is a party already; add a role to it instead")}}}
		}
		if err != nil {
			return err
		}
		err = s.note(t, a, p, changed{action: "updated", kind: "party", record: next.ID, audience: access.AudienceParties, version: was.Version + 1, before: was, after: next})
		if err != nil {
			return err
		}
		return s.partiesChanged(t, p.ID)
	})
}

// RemoveParty takes a party out (removed true) or brings it back.
func (s *Service) RemoveParty(ctx context.Context, a access.Actor, partnership, party string, removed bool) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		y, err := partyOf(t, partnership, party)
		if err != nil {
			return err
		}
		c := changed{action: "restored", kind: "party", record: y.ID, audience: access.AudienceParties, version: y.Version + 1, after: y}
		var at any
		if removed {
			at = t.Now
			c.action, c.before, c.after = "deleted", y, nil
		} else if y.Organisation != "" {
			there, err := directory.Present(t, y.Organisation)
			if err != nil {
				return err
			}
			if !there {
				return errs.New(errs.Conflict, i18n.M("party.gone", "The organisation was removed from the directory. Bring it back there first."))
			}
		}
		err = setPartyDeleted(t, y.ID, at, a.ID())
		if db.Broke(err, "uq_party_organisation") {
			return errs.New(errs.Conflict, i18n.M("party.back", "The organisation has been added again in the meantime."))
		}
		if err != nil {
			return err
		}
		err = s.note(t, a, p, c)
		if err != nil {
			return err
		}
		return s.partiesChanged(t, p.ID)
	})
}

// AddRole gives a party a role between two days; one that carries an id keeps it.
func (s *Service) AddRole(ctx context.Context, a access.Actor, partnership string, r PartyRole) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		y, err := partyOf(t, partnership, r.Party)
		if err != nil || y.DeletedAt != 0 {
			return errOr(err, errs.Missing())
		}
		err = s.addRole(t, a, p, r)
		if err != nil {
			return err
		}
		return s.MarkDirty(t, p.ID)
	})
}

func (s *Service) addRole(t *db.Tx, a access.Actor, p Partnership, r PartyRole) error {
	err := checkRole(r)
	if err != nil {
		return err
	}
	if r.ID == "" {
		r.ID = id.New()
	}
	r.Partnership, r.CreatedAt, r.CreatedBy = p.ID, t.Now, a.ID()
	err = insertRole(t, r)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "created", kind: "party_role", record: r.ID, audience: access.AudienceParties, version: 1, after: r})
}

func checkRole(r PartyRole) error {
	var c errs.Check
	c.If(!slices.Contains(Roles, r.Role), "role", i18n.M("form.choose", "Choose one of the list"))
	tooLong(&c, "role_basis", r.Basis, maxText)
	c.If(!knownDate(r.FromOn), "from_on", msgPartDate())
	c.If(!knownDate(r.ToOn), "to_on", msgPartDate())
	if r.FromOn != "" && r.ToOn != "" && dateBefore(r.ToOn, r.FromOn) {
		c.Add("to_on", i18n.M("form.after", "Write a date after {date}", i18n.A{"date": r.FromOn}))
	}
	return c.Err()
}

// EditRole changes a role's days. Removing it is for a mistake; a role that
// ended gets its last day.
func (s *Service) EditRole(ctx context.Context, a access.Actor, partnership string, form PartyRole, remove bool) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		roles, err := rolesOf(t, partnership)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(roles, func(r PartyRole) bool { return r.ID == form.ID })
		if i < 0 {
			return errs.Missing()
		}
		was := roles[i]
		if remove {
			err = setRoleDeleted(t, was.ID, t.Now)
			if err != nil {
				return err
			}
			return s.roleChanged(t, a, p, changed{action: "deleted", kind: "party_role", record: was.ID, audience: access.AudienceParties, version: was.Version + 1, before: was})
		}
		next, err := roleAsAsked(t, was, form)
		if err != nil {
			return err
		}
		err = checkRole(next)
		if err != nil {
			return err
		}
		err = updateRole(t, next)
		if err != nil {
			return err
		}
		return s.roleChanged(t, a, p, changed{action: "updated", kind: "party_role", record: was.ID, audience: access.AudienceParties, version: was.Version + 1, before: was, after: next})
	})
}

// roleAsAsked is a role with what a form asks for. What both sides changed
// since the form was opened comes back as a *Clashed[PartyRole].
func roleAsAsked(t *db.Tx, was, form PartyRole) (PartyRole, error) {
	next, err := audit.Reconcile(t, "party_role", was.ID, form.Version, was.Version, was, func(r PartyRole) PartyRole {
		r.FromOn, r.ToOn, r.Basis = form.FromOn, form.ToOn, form.Basis
		return r
	})
	var both *audit.Clash[PartyRole]
	if errors.As(err, &both) {
		var fields []string
		for _, f := range both.Fields {
			if f == "basis" {
				f = "role_basis"
			}
			fields = append(fields, f)
		}
		return next, &Clashed[PartyRole]{Merged: both.Merged, err: clash(fields, map[string]string{"from_on": string(was.FromOn), "to_on": string(was.ToOn), "role_basis": was.Basis})}
	}
	if next.Basis != was.Basis {
		next.BasisFR, next.BasisES = "", "" // they said the old words
	}
	return next, err
}

// roleChanged notes a change of a role, after which the journey is looked at.
func (s *Service) roleChanged(t *db.Tx, a access.Actor, p Partnership, c changed) error {
	err := s.note(t, a, p, c)
	if err != nil {
		return err
	}
	return s.MarkDirty(t, p.ID)
}

// SetBrings replaces what a party brings.
func (s *Service) SetBrings(ctx context.Context, a access.Actor, partnership, party string, codes []string) error {
	return s.brings(ctx, a, partnership, party, func([]string) []string { return codes })
}

// ChangeBrings adds and takes away what a form did, since it was opened with
// what the party brought then; what others did in between stays.
func (s *Service) ChangeBrings(ctx context.Context, a access.Actor, partnership, party string, opened, codes []string) error {
	return s.brings(ctx, a, partnership, party, func(have []string) []string {
		out := slices.DeleteFunc(slices.Clone(have), func(code string) bool {
			return slices.Contains(opened, code) && !slices.Contains(codes, code)
		})
		for _, code := range codes {
			if !slices.Contains(opened, code) && !slices.Contains(out, code) {
				out = append(out, code)
			}
		}
		return out
	})
}

// brings writes what a party brings, given what it brought.
func (s *Service) brings(ctx context.Context, a access.Actor, partnership, party string, want func(have []string) []string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		_, err = partyOf(t, partnership, party)
		if err != nil {
			return err
		}
		tags, err := tagsOf(t, partnership)
		if err != nil {
			return err
		}
		tags = slices.DeleteFunc(tags, func(g Tag) bool { return g.List != BringsList || g.Party != party })
		var have []string
		for _, g := range tags {
			have = append(have, g.Code)
		}
		codes := want(have)
		for _, g := range tags {
			if slices.Contains(codes, g.Code) {
				continue
			}
			err := s.removeTag(t, a, p, g)
			if err != nil {
				return err
			}
		}
		for _, code := range codes {
			if slices.Contains(have, code) {
				continue
			}
			err := s.addTag(t, a, p, Tag{List: BringsList, Code: code, Party: party})
			if err != nil {
				return err
			}
		}
		return s.MarkDirty(t, p.ID)
	})
}
