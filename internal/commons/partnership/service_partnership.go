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
	"ayni/internal/kernel/search"
)

// NewPartnership is what a partnership begins with. One that is brought in
// from a source may begin in any status, with all that the source says.
type NewPartnership struct {
	Partnership
	Why      Why // it begins in its status
	Parties  []NewParty
	About    About
	Team     map[string][]access.Right // further accounts
	Tags     []Tag                     // codes with what says so
	Places   []Place
	Amounts  []Amount
	Results  []Result
	Evidence []Evidence
}

// Why is a reason as it was written, and in French and Spanish where a source
// says it and the product puts it into words.
type Why struct{ EN, FR, ES string }

// About is what a partnership carries codes of, by reference list.
type About map[string][]string

// Create makes a partnership. Its maker manages it, unless another manager is
// given; one party, or none yet, is enough.
func (s *Service) Create(ctx context.Context, a access.Actor, n NewPartnership) (string, error) {
	if !a.May(access.Create) {
		return "", &errs.Error{Kind: errs.Forbidden}
	}
	err := checkPartnership(n.Partnership)
	if err != nil {
		return "", err
	}
	var made string
	err = s.d.Write(ctx, func(t *db.Tx) error {
		err := checkUmbrella(t, a, n.Partnership)
		if err != nil {
			return err
		}
		made, err = s.Insert(t, a, n)
		return err
	})
	return made, err
}

// Insert makes a partnership in the caller's transaction.
func (s *Service) Insert(t *db.Tx, a access.Actor, n NewPartnership) (string, error) {
	p := n.Partnership
	p.ID = id.New()
	p.Version, p.CreatedAt, p.CreatedBy = 1, t.Now, a.ID()
	if p.Status == "" {
		p.Status = Exploring
	}
	if p.StatusSince == 0 {
		p.StatusSince = t.Now
	}
	if p.Manager == "" {
		p.Manager = a.Account
	}
	if p.Manager == "" {
		return "", errs.New(errs.Invalid, i18n.M("partnership.no_manager", "Name the account that manages the partnership."))
	}
	if p.Modality != "" && p.ModalityBy == "" {
		p.ModalityBy, p.ModalityAt = a.ID(), t.Now
	}
	err := insert(t, p, search.Fold(p.Title))
	if err != nil {
		return "", err
	}
	err = s.note(t, a, p, changed{action: "created", kind: Kind, record: p.ID, title: p.Title, audience: access.AudienceParties, version: 1, after: p})
	if err != nil {
		return "", err
	}
	err = insertStatus(t, id.New(), p.ID, "", p.Status, n.Why, a.ID())
	if err != nil {
		return "", err
	}
	for _, y := range n.Parties {
		_, err := s.addParty(t, a, p, y)
		if err != nil {
			return "", err
		}
	}
	err = s.setAbout(t, a, p, n.About)
	if err != nil {
		return "", err
	}
	err = s.addStated(t, a, p, n)
	if err != nil {
		return "", err
	}
	team := map[string][]access.Right{p.Manager: {access.Manage}}
	for account, rights := range n.Team {
		for _, r := range rights {
			if !slices.Contains(team[account], r) {
				team[account] = append(team[account], r)
			}
		}
	}
	for account, rights := range team {
		for _, r := range rights {
			_, err := s.addMember(t, a, p, Member{Account: account, Right: r})
			if err != nil {
				return "", err
			}
		}
	}
	err = s.syncAccess(t, p.ID)
	if err != nil {
		return "", err
	}
	return p.ID, s.MarkDirty(t, p.ID)
}

// addStated adds what a source says of a partnership that begins.
func (s *Service) addStated(t *db.Tx, a access.Actor, p Partnership, n NewPartnership) error {
	for _, g := range n.Tags {
		err := s.addTag(t, a, p, g)
		if err != nil {
			return err
		}
	}
	for _, l := range n.Places {
		err := s.addPlace(t, a, p, l)
		if err != nil {
			return err
		}
	}
	for _, m := range n.Amounts {
		err := s.addAmount(t, a, p, m)
		if err != nil {
			return err
		}
	}
	for _, m := range n.Results {
		err := s.addResult(t, a, p, m)
		if err != nil {
			return err
		}
	}
	for _, e := range n.Evidence {
		_, err := s.addEvidence(t, a, p, e)
		if err != nil {
			return err
		}
	}
	return nil
}

// Edit changes a partnership's facts. The form says which version it was
// opened on: what only one side changed is taken over, what both changed is
// given back with what it was changed to.
func (s *Service) Edit(ctx context.Context, a access.Actor, form Partnership) error {
	err := checkPartnership(form)
	if err != nil {
		return err
	}
	return s.d.Write(ctx, func(t *db.Tx) error {
		was, err := hold(t, a, form.ID, access.Manage)
		if err != nil {
			return err
		}
		next, err := audit.Reconcile(t, Kind, form.ID, form.Version, was.Version, was, func(p Partnership) Partnership {
			p.Title, p.TitleFR, p.TitleES = form.Title, form.TitleFR, form.TitleES
			p.Summary, p.SummaryFR, p.SummaryES = form.Summary, form.SummaryFR, form.SummaryES
			p.StartOn, p.EndOn, p.Confidential = form.StartOn, form.EndOn, form.Confidential
			p.NeedKind, p.NeedText, p.NeedOn, p.Umbrella = form.NeedKind, form.NeedText, form.NeedOn, form.Umbrella
			return p
		})
		var both *audit.Clash[Partnership]
		if errors.As(err, &both) {
			return &Clashed[Partnership]{Merged: both.Merged, err: clash(both.Fields, nowOf(was))}
		}
		if err != nil {
			return err
		}
		// Two changes that are right alone may be wrong together.
		err = checkPartnership(next)
		if err != nil {
			return err
		}
		if next.Umbrella != was.Umbrella {
			err := checkUmbrella(t, a, next)
			if err != nil {
				return err
			}
		}
		return s.save(t, a, was, next, "updated")
	})
}

// checkUmbrella says whether a partnership may stand under the umbrella it
// names: one that the actor sees, and that is itself under none.
func checkUmbrella(t *db.Tx, a access.Actor, p Partnership) error {
	if p.Umbrella == "" {
		return nil
	}
	ok, err := held(t, a, p.Umbrella, access.View)
	if err != nil {
		return err
	}
	up := ""
	if ok {
		up, err = lockUmbrella(t, p.Umbrella)
		if err != nil {
			return err
		}
	}
	under, err := idsUnder(t, p.ID)
	if err != nil {
		return err
	}
	if !ok || p.Umbrella == p.ID || up != "" || len(under) > 0 {
		return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "umbrella", Msg: i18n.M("partnership.umbrella", "Choose another partnership that is not itself under an umbrella; one that is an umbrella stands under none")}}}
	}
	return nil
}

// Clashed is the error of a form whose fields somebody else changed to other
// values. Merged is what to show again: the typed values over the record as it
// stands now, with its version.
type Clashed[T any] struct {
	Merged T
	err    error
}

func (e *Clashed[T]) Error() string { return e.err.Error() }

// Unwrap gives the fields, each with what it was changed to.
func (e *Clashed[T]) Unwrap() error { return e.err }

// nowOf are the texts of a partnership by the fields of its form.
func nowOf(p Partnership) map[string]string {
	return map[string]string{
		"title": p.Title, "title_fr": p.TitleFR, "title_es": p.TitleES, "summary": p.Summary, "summary_fr": p.SummaryFR,
		"summary_es": p.SummaryES, "start_on": string(p.StartOn), "end_on": string(p.EndOn), "need_text": p.NeedText, "need_on": string(p.NeedOn),
	}
}

// clash is the error of fields that two people changed to different values;
// each says what it was changed to, where that is a text.
func clash(fields []string, now map[string]string) error {
	e := &errs.Error{Kind: errs.Conflict}
	for _, f := range fields {
		msg := i18n.M("form.clash", "Somebody changed this to “{value}” in the meantime. What you typed is kept here; send the form again to replace it.", i18n.A{"value": now[f]})
		if now[f] == "" {
			msg = i18n.M("form.clash_other", "Somebody changed this in the meantime. What you typed is kept here; send the form again to replace it.")
		}
		e.Fields = append(e.Fields, errs.Field{Name: f, Msg: msg})
	}
	return e
}

func (s *Service) save(t *db.Tx, a access.Actor, was, next Partnership, action string) error {
	next.Version, next.UpdatedAt, next.UpdatedBy = was.Version+1, t.Now, a.ID()
	err := update(t, next, search.Fold(next.Title))
	if err != nil {
		return err
	}
	err = s.note(t, a, next, changed{action: action, kind: Kind, record: next.ID, title: next.Title, audience: access.AudienceParties, version: next.Version, before: was, after: next})
	if err != nil {
		return err
	}
	return s.MarkDirty(t, next.ID)
}

// Move takes a partnership to another status, with the reason.
func (s *Service) Move(ctx context.Context, a access.Actor, partnership string, to Status, reason string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		was, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		err = checkMove(was.Status, to, reason)
		if err != nil {
			return err
		}
		next := was
		next.Status, next.StatusSince = to, t.Now
		err = insertStatus(t, id.New(), partnership, was.Status, to, Why{EN: reason}, a.ID())
		if err != nil {
			return err
		}
		return s.save(t, a, was, next, "moved")
	})
}

// ConfirmModality keeps the modality that a person confirms or chooses.
func (s *Service) ConfirmModality(ctx context.Context, a access.Actor, partnership string, m Modality) error {
	if !slices.Contains(Modalities, m) {
		return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "modality", Msg: i18n.M("form.choose", "Choose one of the list")}}}
	}
	return s.d.Write(ctx, func(t *db.Tx) error {
		was, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		next := was
		next.Modality, next.ModalityBy, next.ModalityAt = m, a.ID(), t.Now
		return s.save(t, a, was, next, "confirmed-modality")
	})
}

// Remove hides a partnership for 30 days; Restore brings it back.
func (s *Service) Remove(ctx context.Context, a access.Actor, partnership string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		err = setDeleted(t, p.ID, t.Now, a.ID())
		if err != nil {
			return err
		}
		return s.note(t, a, p, changed{action: "deleted", kind: Kind, record: p.ID, title: p.Title, version: p.Version + 1, before: p})
	})
}

// Restore brings a removed partnership back, for who managed it.
func (s *Service) Restore(ctx context.Context, a access.Actor, partnership string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := lock(t, partnership)
		if err != nil {
			return err
		}
		mine, err := heldRemoved(t, a, partnership)
		if err != nil {
			return err
		}
		if !mine {
			return errs.Missing()
		}
		if p.DeletedAt == 0 {
			return nil
		}
		if p.DeletedAt.Add(Keep) < t.Now {
			return errs.New(errs.Conflict, i18n.M("directory.restore.late", "This was removed more than 30 days ago and can’t come back."))
		}
		err = setDeleted(t, p.ID, nil, a.ID())
		if err != nil {
			return err
		}
		err = s.note(t, a, p, changed{action: "restored", kind: Kind, record: p.ID, title: p.Title, version: p.Version + 1, after: p})
		if err != nil {
			return err
		}
		return s.partiesChanged(t, p.ID) // rights may have ended meanwhile
	})
}
