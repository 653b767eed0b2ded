package partnership

import (
	"context"
	"errors"
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// AddEvidence links something to an element.
func (s *Service) AddEvidence(ctx context.Context, a access.Actor, e Evidence, u *Upload) (string, error) {
	g, err := s.keep(ctx, u)
	if err != nil {
		return "", err
	}
	var made string
	err = s.inside(ctx, a, e.Partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		var err error
		made, err = s.addWithFile(t, a, p, e, g)
		return err
	})
	return made, err
}

// addWithFile links an evidence, with its file where one was given.
func (s *Service) addWithFile(t *db.Tx, a access.Actor, p Partnership, e Evidence, g *given) (string, error) {
	if g != nil {
		e.takes(g)
	}
	made, err := s.addEvidence(t, a, p, e)
	if err != nil || g == nil {
		return made, err
	}
	return made, s.noteFile(t, a, p.ID, "evidence", made, g)
}

func (s *Service) addEvidence(t *db.Tx, a access.Actor, p Partnership, e Evidence) (string, error) {
	err := checkEvidence(e, t.Now.Day())
	if err != nil {
		return "", err
	}
	err = allowedAudience(a, e.Audience)
	if err != nil {
		return "", err
	}
	if e.Kind == EvidenceGuide && !s.ref.Has("guide_passage", e.Ref) {
		return "", errs.Missing()
	}
	e.ID, e.Partnership, e.Version, e.CreatedAt, e.CreatedBy = id.New(), p.ID, 1, t.Now, a.ID()
	err = insertEvidence(t, e)
	if err != nil {
		return "", err
	}
	return e.ID, s.note(t, a, p, changed{action: "created", kind: "evidence", record: e.ID, title: e.Title, audience: e.Audience, version: 1, after: e})
}

// allowedAudience: a partner's account writes for all parties, or for itself
// and the host; never for the host alone or another party, which it could not
// read. What the public sees is the host's to say.
func allowedAudience(a access.Actor, audience string) error {
	if a.Staff() || audience == access.AudienceParties || audience == access.PartyAudience(a.Organisation) {
		return nil
	}
	return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "audience", Msg: i18n.M("form.audience", "Choose who may see it")}}}
}

// RemoveEvidence takes an evidence away (removed true) or brings it back.
// Its author may, and who manages the partnership.
func (s *Service) RemoveEvidence(ctx context.Context, a access.Actor, partnership, evidence string, removed bool) error {
	return s.inside(ctx, a, partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		e, err := oneEvidence(t, a, partnership, evidence)
		if err != nil {
			return err
		}
		err = authorOrManager(t, a, p.ID, e.CreatedBy)
		if err != nil {
			return err
		}
		c := changed{action: "restored", kind: "evidence", record: e.ID, title: e.Title, audience: e.Audience, version: e.Version + 1, after: e}
		var at any
		if removed {
			at = t.Now
			c.action, c.before, c.after = "deleted", e, nil
		}
		err = setEvidenceDeleted(t, e.ID, at, a.ID())
		if err != nil {
			return err
		}
		return s.note(t, a, p, c)
	})
}

// EditEvidence changes an evidence; a file that comes with it becomes the next
// version of its file. Its kind stays. Its author may, and who manages the
// partnership.
func (s *Service) EditEvidence(ctx context.Context, a access.Actor, form Evidence, u *Upload) error {
	g, err := s.keep(ctx, u)
	if err != nil {
		return err
	}
	return s.inside(ctx, a, form.Partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		was, err := linkedEvidence(t, a, p.ID, form.ID)
		if err != nil {
			return err
		}
		err = authorOrManager(t, a, p.ID, was.CreatedBy)
		if err != nil {
			return err
		}
		if was.Kind == EvidenceGuide || was.Kind == EvidenceRecord {
			return errs.New(errs.Conflict, i18n.M("evidence.elsewhere", "This is kept elsewhere and only linked here. Remove the link, or leave it as it is."))
		}
		if form.Version != was.Version {
			return errs.New(errs.Conflict, i18n.M("evidence.moved", "This evidence has changed since you opened it. Look at how it stands now; nothing of yours was written."))
		}
		next := was
		next.Title, next.Note, next.Dated, next.Audience = form.Title, form.Note, form.Dated, form.Audience
		switch was.Kind {
		case EvidenceLink:
			next.Ref = form.Ref
		case EvidenceFile:
			next.Alt = form.Alt
			if g != nil {
				next.takes(g)
			}
		}
		err = checkEvidence(next, t.Now.Day())
		if err != nil {
			return err
		}
		if next.Audience != was.Audience {
			err = allowedAudience(a, next.Audience)
		}
		if err != nil {
			return err
		}
		next.Version, next.UpdatedAt, next.UpdatedBy = was.Version+1, t.Now, a.ID()
		err = updateEvidence(t, next)
		if err != nil {
			return err
		}
		if g != nil && was.Kind == EvidenceFile {
			err = s.noteFile(t, a, p.ID, "evidence", next.ID, g)
		}
		if err != nil {
			return err
		}
		return s.note(t, a, p, changed{action: "updated", kind: "evidence", record: next.ID, title: next.Title, audience: next.Audience, version: next.Version, before: was, after: next})
	})
}

// linkedEvidence reads an evidence that is not taken away.
func linkedEvidence(t *db.Tx, a access.Actor, partnership, evidence string) (Evidence, error) {
	e, err := oneEvidence(t, a, partnership, evidence)
	if err == nil && e.DeletedAt != 0 {
		return e, errs.Missing()
	}
	return e, err
}

func authorOrManager(t *db.Tx, a access.Actor, partnership, author string) error {
	if author == a.ID() {
		return nil
	}
	ok, err := held(t, a, partnership, access.Manage)
	if err == nil && !ok {
		err = errs.New(errs.Forbidden, i18n.M("partnership.author", "Its author may do this, or who manages the partnership."))
	}
	return err
}

// Attest makes an attestation or an exemption; it waits for a second person.
func (s *Service) Attest(ctx context.Context, a access.Actor, n Attestation, u *Upload) (string, error) {
	g, err := s.keep(ctx, u)
	if err != nil {
		return "", err
	}
	var made string
	err = s.inside(ctx, a, n.Partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		if g != nil {
			n.takes(g)
		}
		var err error
		made, err = s.attest(t, a, p, n)
		if err != nil || g == nil {
			return err
		}
		return s.noteFile(t, a, p.ID, "attestation", made, g)
	})
	return made, err
}

func (s *Service) attest(t *db.Tx, a access.Actor, p Partnership, n Attestation) (string, error) {
	err := checkAttestation(n, t.Now.Day())
	if err != nil {
		return "", err
	}
	err = allowedAudience(a, n.Audience)
	if err != nil {
		return "", err
	}
	n.ID, n.Partnership, n.State, n.Version = id.New(), p.ID, Pending, 1
	n.Author, n.AuthorPerson = a.ID(), a.Person
	n.Content = n.ContentHash()
	n.CreatedAt, n.CreatedBy = t.Now, a.ID()
	err = insertAttestation(t, n)
	if err != nil {
		return "", err
	}
	return n.ID, s.note(t, a, p, changed{action: "created", kind: "attestation", record: n.ID, title: n.Title, audience: n.Audience, version: 1, after: n})
}

// EditAttestation changes an attestation. What was approved is pending again
// as soon as the text, the file, the link or a date differs; who changes it
// becomes its author.
func (s *Service) EditAttestation(ctx context.Context, a access.Actor, form Attestation, u *Upload) error {
	g, err := s.keep(ctx, u)
	if err != nil {
		return err
	}
	return s.inside(ctx, a, form.Partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		was, err := oneAttestation(t, a, form.Partnership, form.ID)
		if err != nil {
			return err
		}
		err = authorOrManager(t, a, p.ID, was.CreatedBy)
		if err != nil {
			return err
		}
		if form.Version != was.Version {
			return errs.New(errs.Conflict, i18n.M("attest.moved", "This attestation has changed since you opened it. Look at how it stands now; nothing of yours was written."))
		}
		if was.State == Withdrawn {
			return errs.New(errs.Conflict, i18n.M("attest.withdrawn", "This attestation was withdrawn. Attest the element anew."))
		}
		next := was
		next.Reason, next.Title, next.Link, next.Note = form.Reason, form.Title, form.Link, form.Note
		next.Dated, next.ValidUntil, next.Audience = form.Dated, form.ValidUntil, form.Audience
		if g != nil {
			next.takes(g)
		}
		err = checkAttestation(next, t.Now.Day())
		if err != nil {
			return err
		}
		err = allowedAudience(a, next.Audience)
		if err != nil {
			return err
		}
		next.Content = next.ContentHash()
		if next.Content != was.Content {
			next.State, next.Author, next.AuthorPerson = Pending, a.ID(), a.Person
			next.DecidedBy, next.Decider, next.DecidedAt, next.DecidedWhy = "", "", 0, ""
		}
		err = s.saveAttestation(t, a, p, "updated", was, next)
		if err != nil || g == nil {
			return err
		}
		return s.noteFile(t, a, p.ID, "attestation", next.ID, g)
	})
}

func (s *Service) saveAttestation(t *db.Tx, a access.Actor, p Partnership, action string, was, next Attestation) error {
	next.Version, next.UpdatedAt, next.UpdatedBy = was.Version+1, t.Now, a.ID()
	err := updateAttestation(t, next)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: action, kind: "attestation", record: next.ID, title: next.Title, audience: next.Audience, version: next.Version, before: was, after: next})
}

// Withdraw takes an attestation back, whether it was approved or not.
func (s *Service) Withdraw(ctx context.Context, a access.Actor, partnership, attestation string) error {
	return s.inside(ctx, a, partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		was, err := oneAttestation(t, a, partnership, attestation)
		if err != nil {
			return err
		}
		err = authorOrManager(t, a, p.ID, was.CreatedBy)
		if err != nil {
			return err
		}
		if was.State == Withdrawn {
			return errs.New(errs.Conflict, i18n.M("attest.withdrawn", "This attestation was withdrawn. Attest the element anew."))
		}
		next := was
		next.State = Withdrawn
		return s.saveAttestation(t, a, p, "withdrawn", was, next)
	})
}

// Decide approves or rejects an attestation as it stood when the form was
// opened. The author is one person, who decides another: persons are
// compared, not accounts.
func (s *Service) Decide(ctx context.Context, a access.Actor, partnership, attestation, content string, approve bool, why string) error {
	return s.inside(ctx, a, partnership, access.Approve, func(t *db.Tx, p Partnership) error {
		was, err := oneAttestation(t, a, partnership, attestation)
		if err != nil {
			return err
		}
		switch {
		case was.AuthorPerson == a.Person || a.Person == "":
			return errs.New(errs.Forbidden, i18n.M("attest.four_eyes", "You are its author. Another person decides."))
		case was.State != Pending:
			return errs.New(errs.Conflict, i18n.M("attest.decided", "This was decided or withdrawn in the meantime."))
		case was.Content != content:
			return errs.New(errs.Conflict, i18n.M("attest.changed", "The attestation has changed since you opened it. Read it as it stands now, then decide."))
		case !approve && why == "":
			return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "why", Msg: i18n.M("attest.why", "Say why it is not accepted, so that it can be mended")}}}
		case approve && was.Overdue(t.Now.Day()):
			return errs.New(errs.Conflict, i18n.M("attest.over", "Its validity has ended. Its author can give a later date."))
		}
		var c errs.Check
		tooLong(&c, "why", why, maxText)
		err = c.Err()
		if err != nil {
			return err
		}
		next := was
		next.State, next.DecidedBy, next.Decider, next.DecidedAt, next.DecidedWhy = Rejected, a.ID(), a.Person, t.Now, why
		action := "rejected"
		if approve {
			next.State, next.Approved = Approved, was.Content
			action = "approved"
		}
		return s.saveAttestation(t, a, p, action, was, next)
	})
}

// State records a statement that the other parties confirm or dispute.
func (s *Service) State(ctx context.Context, a access.Actor, m Claim) (string, error) {
	var made string
	err := s.inside(ctx, a, m.Partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		var err error
		made, err = s.addClaim(t, a, p, m)
		return err
	})
	return made, err
}

func (s *Service) addClaim(t *db.Tx, a access.Actor, p Partnership, m Claim) (string, error) {
	if !a.Staff() {
		m.StatedBy = a.Organisation // a partner states for itself alone
	}
	err := checkClaim(m)
	if err != nil {
		return "", err
	}
	err = allowedAudience(a, m.Audience)
	if err != nil {
		return "", err
	}
	parties, err := partiesOf(t, p.ID)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(parties, func(y Party) bool { return y.Organisation == m.StatedBy }) {
		return "", &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "stated_by", Msg: i18n.M("claim.by", "Choose the party that states it")}}}
	}
	m.ID, m.Partnership, m.Version, m.CreatedAt, m.CreatedBy = id.New(), p.ID, 1, t.Now, a.ID()
	m.Content = m.ContentHash()
	err = insertClaim(t, m)
	if err != nil {
		return "", err
	}
	return m.ID, s.note(t, a, p, changed{action: "created", kind: "claim", record: m.ID, audience: m.Audience, version: 1, after: m})
}

// AnswerClaim confirms or disputes a claim as it stood when the form was
// opened, for the actor's organisation; staff may record the answer of a
// party that gave it otherwise.
func (s *Service) AnswerClaim(ctx context.Context, a access.Actor, partnership string, w Answer) error {
	return s.inside(ctx, a, partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		return s.answer(t, a, p, w)
	})
}

func (s *Service) answer(t *db.Tx, a access.Actor, p Partnership, w Answer) error {
	m, err := oneClaim(t, a, p.ID, w.Claim)
	if err != nil {
		return err
	}
	if !a.Staff() {
		w.Organisation = a.Organisation
	}
	parties, err := partiesOf(t, p.ID)
	if err != nil {
		return err
	}
	var c errs.Check
	c.If(w.Answer != Confirmed && w.Answer != Disputed, "answer", i18n.M("claim.answer", "Confirm or dispute it"))
	c.If(w.Answer == Disputed && w.Reason == "", "reason", i18n.M("claim.reason", "Say what is not right, so that it can be mended"))
	tooLong(&c, "reason", w.Reason, maxText)
	c.If(w.Organisation == m.StatedBy, "organisation", i18n.M("claim.self", "Who states it does not confirm it"))
	c.If(!slices.ContainsFunc(parties, func(y Party) bool { return y.Organisation == w.Organisation && w.Organisation != "" }), "organisation", i18n.M("claim.party", "Choose the party that answers"))
	err = c.Err()
	if err != nil {
		return err
	}
	if w.Content != m.Content {
		return errs.New(errs.Conflict, i18n.M("claim.changed", "The statement has changed since you opened it. Read it as it stands now, then answer."))
	}
	w.At, w.ByActor = t.Now, a.ID()
	err = saveAnswer(t, w)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: w.Answer, kind: "claim", record: m.ID, audience: m.Audience, after: w})
}

// claimAsAsked is a statement with what a form asks for. What both sides
// changed since the form was opened comes back as a *Clashed[Claim].
func claimAsAsked(t *db.Tx, was, form Claim) (Claim, error) {
	next, err := audit.Reconcile(t, "claim", was.ID, form.Version, was.Version, was, func(k Claim) Claim {
		k.Kind, k.Text, k.Dated = form.Kind, form.Text, form.Dated
		return k
	})
	var both *audit.Clash[Claim]
	if errors.As(err, &both) {
		return next, &Clashed[Claim]{Merged: both.Merged, err: clash(both.Fields, map[string]string{"text": was.Text, "dated": string(was.Dated)})}
	}
	next.Content = next.ContentHash()
	return next, err
}

// EditClaim changes a statement; all who answered are asked again. Remove
// withdraws it.
func (s *Service) EditClaim(ctx context.Context, a access.Actor, form Claim, remove bool) error {
	return s.inside(ctx, a, form.Partnership, access.Contribute, func(t *db.Tx, p Partnership) error {
		was, err := oneClaim(t, a, form.Partnership, form.ID)
		if err != nil {
			return err
		}
		if a.Staff() || was.StatedBy != a.Organisation {
			err = authorOrManager(t, a, p.ID, was.CreatedBy)
			if err != nil {
				return err
			}
		}
		next := was
		next.Version, next.UpdatedAt, next.UpdatedBy = was.Version+1, t.Now, a.ID()
		c := changed{action: "updated", kind: "claim", record: was.ID, audience: was.Audience, version: next.Version, before: was}
		if remove {
			next.DeletedAt = t.Now
			c.action = "deleted"
		} else {
			next, err = claimAsAsked(t, was, form)
			if err != nil {
				return err
			}
			next.Version, next.UpdatedAt, next.UpdatedBy = was.Version+1, t.Now, a.ID()
			err := checkClaim(next)
			if err != nil {
				return err
			}
			c.after = next
		}
		err = updateClaim(t, next)
		if err != nil {
			return err
		}
		return s.note(t, a, p, c)
	})
}
