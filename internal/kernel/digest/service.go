package digest

import (
	"context"
	"errors"
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/mail"
)

// NewsOf finds out what waits for an actor and what changed since an instant.
type NewsOf func(t *db.Tx, a access.Actor, l *i18n.L, since clock.Ms) (News, error)

// DueOf finds what an actor has to do between two days.
type DueOf func(t *db.Tx, a access.Actor, l *i18n.L, from, to clock.Day) ([]Due, error)

// Service writes digests and reminders. Fields are set before use.
type Service struct {
	News NewsOf
	Due  DueOf

	db   *db.DB
	mail *mail.Service
}

// New makes the service.
func New(d *db.DB, m *mail.Service) *Service { return &Service{db: d, mail: m} }

// Choice is what an account is sent.
func (s *Service) Choice(t *db.Tx, a access.Account) (Choice, error) {
	row, err := choiceOf(t, a.ID)
	return row.choice(a), err
}

// choice is what holds for an account: its own choice, or what accounts like
// it begin with.
func (r choiceRow) choice(a access.Account) Choice {
	c := Choice{Rhythm: r.Rhythm, Reminders: r.Reminders}
	switch {
	case a.Demo:
		return Choice{Rhythm: Never}
	case c.Rhythm == "" && a.Organisation == "":
		c.Rhythm = Weekly
	case c.Rhythm == "":
		c.Rhythm = Never
	}
	return c
}

// SetChoice keeps what an account wants to be sent.
func (s *Service) SetChoice(ctx context.Context, a access.Actor, c Choice) error {
	if !slices.Contains(Rhythms, c.Rhythm) {
		var check errs.Check
		check.Add("rhythm", i18n.M("digest.rhythm.unknown", "Choose how often: each day, each week or never."))
		return check.Err()
	}
	if a.Account == "" {
		return &errs.Error{Kind: errs.Forbidden}
	}
	return s.db.Write(ctx, func(t *db.Tx) error {
		account, err := accountOf(t, a.Account)
		if err != nil {
			return err
		}
		if account.Demo {
			return errs.New(errs.Conflict, i18n.M("digest.demo", "Accounts of the demo get no messages."))
		}
		err = lockChoice(t, account.ID)
		if err != nil {
			return err
		}
		return s.put(t, a.ID(), "updated", account, c)
	})
}

// put keeps a choice, with its row in the audit. The same choice again does
// nothing.
func (s *Service) put(t *db.Tx, by, action string, a access.Account, c Choice) error {
	before, err := s.Choice(t, a)
	if err != nil || before == c {
		return err
	}
	err = putChoice(t, a.ID, c)
	if err != nil {
		return err
	}
	return audit.Write(t, audit.Row{Actor: by, Action: action, Kind: "account", Record: a.ID, Before: before, After: c})
}

func accountOf(t *db.Tx, id string) (access.Account, error) {
	list, err := access.Find(t, access.Filter{IDs: []string{id}, Limit: 1})
	if err != nil {
		return access.Account{}, err
	}
	if len(list) == 0 {
		return access.Account{}, errs.Missing()
	}
	return list[0], nil
}

// errStop is the answer to a link that stops nothing.
func errStop() error {
	return errs.New(errs.NotFound, i18n.M("digest.stop.unknown", "This link stops nothing: it is not whole, or it is older than two years. You can choose what you are sent in your profile."))
}

// StopLink tells what a link stops, and whether it has. It changes nothing.
func (s *Service) StopLink(ctx context.Context, token string) (Stopped, error) {
	var out Stopped
	err := s.db.Read(ctx, func(t *db.Tx) error {
		row, a, err := s.behind(t, token)
		if err != nil {
			return err
		}
		c, err := s.Choice(t, a)
		out = Stopped{Kind: row.Kind, Done: c.stopped(row.Kind)}
		return err
	})
	return out, err
}

func (c Choice) stopped(kind string) bool {
	if kind == KindReminder {
		return !c.Reminders
	}
	return c.Rhythm == Never
}

// behind finds what a link stops, and for whom.
func (s *Service) behind(t *db.Tx, token string) (stopRow, access.Account, error) {
	row, found, err := stopOf(t, hashed(token))
	if err != nil {
		return row, access.Account{}, err
	}
	if !found {
		return row, access.Account{}, errStop()
	}
	a, err := accountOf(t, row.Account)
	if errs.Is(err, errs.NotFound) {
		err = errStop()
	}
	return row, a, err
}

// Stop stops what a link is for. It needs no sign-in and may be asked any
// number of times; messages that wait are taken back.
func (s *Service) Stop(ctx context.Context, token string) (Stopped, error) {
	var out Stopped
	err := s.db.Write(ctx, func(t *db.Tx) error {
		row, a, err := s.behind(t, token)
		if err != nil {
			return err
		}
		err = lockChoice(t, a.ID)
		if err != nil {
			return err
		}
		c, err := s.Choice(t, a)
		if err != nil {
			return err
		}
		out = Stopped{Kind: row.Kind, Done: true}
		switch row.Kind {
		case KindDigest:
			c.Rhythm = Never
		case KindReminder:
			c.Reminders = false
		default:
			return errs.Wrap(errs.Internal, errors.New("a link that stops "+row.Kind))
		}
		if a.Demo {
			return nil
		}
		err = s.put(t, a.ID, "stopped-messages", a, c)
		if err != nil {
			return err
		}
		return mail.Withdraw(t, a.Person, row.Kind)
	})
	return out, err
}

// Link keeps a token as one that stops a kind of message to an account.
func (s *Service) Link(t *db.Tx, account, kind, token string) error {
	return insertStop(t, hashed(token), account, kind)
}

// Prune drops links and notes that nobody needs any more; for a job of each night.
func Prune(t *db.Tx) error { return prune(t) }

// hashed is what the database keeps of a token.
func hashed(token string) string {
	return id.Hash(token)
}
