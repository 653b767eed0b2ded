package partnership

import (
	"context"
	"slices"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// AddAction makes an action that a person gives to somebody.
func (s *Service) AddAction(ctx context.Context, a access.Actor, x Action) (string, error) {
	var made string
	err := s.inside(ctx, a, x.Partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		var err error
		made, err = s.addAction(t, a, p, x)
		return err
	})
	return made, err
}

func (s *Service) addAction(t *db.Tx, a access.Actor, p Partnership, x Action) (string, error) {
	var c errs.Check
	c.If(x.Text == "", "text", i18n.M("action.text", "Say what is to be done"))
	tooLong(&c, "text", x.Text, maxTitle)
	c.If(x.DueOn != "" && !x.DueOn.Valid(), "due_on", msgDate())
	if x.Element != "" {
		_, known := ElementOf(x.Element)
		c.If(!known, "element", i18n.M("form.choose", "Choose one of the list"))
	}
	ok, err := s.ownerExists(t, p, x)
	if err != nil {
		return "", err
	}
	c.If(!ok, "owner", i18n.M("action.owner", "Choose who is to do it"))
	if x.OwnerKind == WhoParty && x.Audience == access.AudienceHost {
		x.Audience = access.PartyAudience(x.OwnerID) // who is to do it has to see it
	}
	party, one := strings.CutPrefix(x.Audience, access.PartyAudience(""))
	c.If(x.OwnerKind == WhoParty && one && party != x.OwnerID, "audience",
		i18n.M("actions.seen", "Who is to do it would not see it. Choose all parties"))
	checkAudience(&c, x.Audience)
	err = c.Err()
	if err != nil {
		return "", err
	}
	err = allowedAudience(a, x.Audience)
	if err != nil {
		return "", err
	}
	x.ID, x.Partnership, x.State, x.Version = id.New(), p.ID, ActionOpen, 1
	x.CreatedAt, x.CreatedBy = t.Now, a.ID()
	if x.Link == "" {
		x.Link = "/partnerships/" + p.ID + "/actions#action-" + x.ID
	}
	err = insertAction(t, x)
	if err != nil {
		return "", err
	}
	return x.ID, s.note(t, a, p, changed{action: "created", kind: "action", record: x.ID, title: x.Text, audience: x.Audience, version: 1, after: x})
}

func (s *Service) ownerExists(t *db.Tx, p Partnership, x Action) (bool, error) {
	switch x.OwnerKind {
	case WhoParty:
		parties, err := partiesOf(t, p.ID)
		return x.OwnerID != "" && slices.ContainsFunc(parties, func(y Party) bool { return y.Organisation == x.OwnerID }), err
	case WhoPerson:
		team, err := teamOf(t, p.ID)
		return x.OwnerID != "" && slices.ContainsFunc(team, func(m Member) bool { return m.Person == x.OwnerID }), err
	case WhoRight:
		return x.OwnerID != string(access.View) && slices.Contains(access.Rights, access.Right(x.OwnerID)), nil
	}
	return false, nil
}

// may says whether an action waits for the actor, or the actor manages.
func (s *Service) may(t *db.Tx, a access.Actor, x Action) error {
	own := (x.OwnerKind == WhoPerson && x.OwnerID == a.Person) || (x.OwnerKind == WhoParty && x.OwnerID == a.Organisation && a.Organisation != "")
	if x.OwnerKind == WhoRight {
		var err error
		own, err = held(t, a, x.Partnership, access.Right(x.OwnerID))
		if err != nil {
			return err
		}
	}
	if own {
		return nil
	}
	ok, err := held(t, a, x.Partnership, access.Manage)
	if err == nil && !ok {
		err = errs.New(errs.Forbidden, i18n.M("action.not_yours", "This waits for somebody else."))
	}
	return err
}

// Do says that an action is done. One of high priority says with what
// evidence, and a second person looks at it.
func (s *Service) Do(ctx context.Context, a access.Actor, partnership, action, note string) error {
	return s.change(ctx, a, partnership, action, "done", s.may, func(t *db.Tx, x *Action) error {
		if x.State != ActionOpen {
			return errs.New(errs.Conflict, i18n.M("action.closed", "This is no longer open."))
		}
		var c errs.Check
		c.If(x.High && note == "", "note", i18n.M("action.evidence", "Say what shows that it is done: a document, a link, a date"))
		tooLong(&c, "note", note, maxText)
		err := c.Err()
		if err != nil {
			return err
		}
		x.State, x.DoneNote, x.DoneBy, x.DonePerson, x.DoneAt = ActionDone, note, a.ID(), a.Person, t.Now
		if x.High {
			x.State = ActionToCheck
		}
		return nil
	})
}

// CheckAction is the second look: done (good true) or open again.
func (s *Service) CheckAction(ctx context.Context, a access.Actor, partnership, action string, good bool) error {
	return s.change(ctx, a, partnership, action, "checked", s.maySecond, func(t *db.Tx, x *Action) error {
		switch {
		case x.State != ActionToCheck:
			return errs.New(errs.Conflict, i18n.M("action.closed", "This is no longer open."))
		case x.DonePerson == a.Person:
			return errs.New(errs.Forbidden, i18n.M("action.four_eyes", "You did it. Another person checks."))
		}
		if !good {
			x.reopen()
			return nil
		}
		x.State, x.CheckedBy, x.CheckedAt = ActionDone, a.ID(), t.Now
		return nil
	})
}

// maySecond says whether the actor may take the second look: who manages the
// partnership, or approves in it.
func (s *Service) maySecond(t *db.Tx, a access.Actor, x Action) error {
	for _, r := range []access.Right{access.Manage, access.Approve} {
		ok, err := held(t, a, x.Partnership, r)
		if err != nil || ok {
			return err
		}
	}
	return errs.New(errs.Forbidden, i18n.M("action.not_yours", "This waits for somebody else."))
}

// reopen makes an action one that nobody has done yet. What was said when it
// was done stays to be read.
func (a *Action) reopen() {
	a.State, a.DoneBy, a.DonePerson, a.DoneAt, a.CheckedBy, a.CheckedAt = ActionOpen, "", "", 0, "", 0
}

// DropAction gives an action up; Reopen takes it up again.
func (s *Service) DropAction(ctx context.Context, a access.Actor, partnership, action string, reopen bool) error {
	return s.change(ctx, a, partnership, action, "updated", s.may, func(_ *db.Tx, x *Action) error {
		going := x.State == ActionOpen || x.State == ActionToCheck
		switch {
		case reopen && x.State != ActionOpen:
			x.reopen()
		case !reopen && going:
			x.State = ActionDropped
		case !reopen && x.State == ActionDone:
			return errs.New(errs.Conflict, i18n.M("action.closed", "This is no longer open."))
		}
		return nil
	})
}

func (s *Service) change(ctx context.Context, a access.Actor, partnership, action, did string, may func(*db.Tx, access.Actor, Action) error, fn func(t *db.Tx, x *Action) error) error {
	return s.inside(ctx, a, partnership, access.View, func(t *db.Tx, p Partnership) error {
		if a.ReadsOnly() {
			return &errs.Error{Kind: errs.Forbidden}
		}
		was, err := oneAction(t, a, partnership, action)
		if err != nil {
			return err
		}
		if was.SystemKey != "" {
			return errs.New(errs.Conflict, i18n.M("action.system", "This closes by itself when what it asks for is done."))
		}
		err = may(t, a, was)
		if err != nil {
			return err
		}
		next := was
		err = fn(t, &next)
		if err != nil || next.State == was.State {
			return err
		}
		next.Version, next.UpdatedAt, next.UpdatedBy = was.Version+1, t.Now, a.ID()
		err = updateAction(t, next)
		if err != nil {
			return err
		}
		return s.note(t, a, p, changed{action: did, kind: "action", record: next.ID, title: next.Text, audience: next.Audience, version: next.Version, before: was, after: next})
	})
}

// AddDeadline adds a day that matters.
func (s *Service) AddDeadline(ctx context.Context, a access.Actor, partnership string, d Deadline) (string, error) {
	var made string
	err := s.inside(ctx, a, partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		var c errs.Check
		c.If(d.Text == "", "text", i18n.M("deadline.text", "Say what is due"))
		tooLong(&c, "text", d.Text, maxTitle)
		c.If(!d.DueOn.Valid(), "due_on", msgDate())
		if d.Element != "" {
			_, known := ElementOf(d.Element)
			c.If(!known, "element", i18n.M("form.choose", "Choose one of the list"))
		}
		checkAudience(&c, d.Audience)
		err := c.Err()
		if err != nil {
			return err
		}
		err = allowedAudience(a, d.Audience)
		if err != nil {
			return err
		}
		d.ID, d.Partnership, d.CreatedBy = id.New(), p.ID, a.ID()
		err = insertDeadline(t, d)
		if err != nil {
			return err
		}
		made = d.ID
		return s.note(t, a, p, changed{action: "created", kind: "partnership_deadline", record: d.ID, audience: d.Audience, version: 1, after: d})
	})
	return made, err
}
