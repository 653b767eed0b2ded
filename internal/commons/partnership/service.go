package partnership

import (
	"context"
	"strconv"
	"strings"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/mail"
)

// Service does everything that is done with partnerships.
type Service struct {
	// Mail tells people what they should know before they next look; nil: nobody
	// is told by mail.
	Mail *mail.Service

	d      *db.DB
	ref    *refdata.Service
	dir    *directory.Service
	files  *files.Store
	checks map[string]Check
	movers []Mover

	// MaxFile is the size of a file given as evidence, in bytes; an e-mail
	// message may be larger (files.MailLimit). Set before use.
	MaxFile int64

	// Post sends letters to persons without an account.
	Post Post
}

// New makes the service. Steps register their checks before it is used.
func New(d *db.DB, ref *refdata.Service, dir *directory.Service, store *files.Store) *Service {
	s := &Service{d: d, ref: ref, dir: dir, files: store, checks: map[string]Check{}, MaxFile: DefaultMaxFile}
	s.AddMover(s.placeMover())
	s.AddMover(s.actionMover())
	return s
}

func splitWords(folded string) []string { return strings.Fields(folded) }

func parseInt(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// need reads a partnership on which the actor holds a right. Who may not view
// it is told that there is none; who may view it, which right is missing.
func need(t *db.Tx, a access.Actor, partnership string, r access.Right) (Partnership, error) {
	p, err := get(t, a, partnership, r)
	if r == access.View || !errs.Is(err, errs.NotFound) {
		return p, err
	}
	_, view := get(t, a, partnership, access.View)
	if view != nil {
		return p, view
	}
	return p, errs.New(errs.Forbidden, i18n.M("partnership.right", "This needs the right to {right} in the partnership’s team. Its manager can give it.", i18n.A{"right": rightMsg(r)}))
}

// hold is need for a change. The partnership's row is kept for this
// transaction first, so that changes of one partnership follow each other and
// none is decided on what another has just undone.
func hold(t *db.Tx, a access.Actor, partnership string, r access.Right) (Partnership, error) {
	_, err := lock(t, partnership)
	if err != nil {
		return Partnership{}, err
	}
	return need(t, a, partnership, r)
}

func rightMsg(r access.Right) i18n.Msg {
	switch r {
	case access.Contribute:
		return i18n.M("right.contribute", "contribute")
	case access.Manage:
		return i18n.M("right.manage", "manage")
	case access.Approve:
		return i18n.M("right.approve", "approve")
	}
	return i18n.M("right.view", "view")
}

// changed is the audit row of a change inside a partnership.
type changed struct {
	action, kind, record, title string
	audience                    string
	version                     int64
	before, after               any
}

func (s *Service) note(t *db.Tx, a access.Actor, p Partnership, c changed) error {
	return audit.Write(t, audit.Row{
		Actor: a.ID(), Action: c.action, Kind: c.kind, Record: c.record, Context: p.ID, Audience: c.audience,
		Title: c.title, Version: c.version, Before: c.before, After: c.after,
	})
}

func (s *Service) partiesChanged(t *db.Tx, partnership string) error {
	err := s.syncAccess(t, partnership)
	if err != nil {
		return err
	}
	return s.MarkDirty(t, partnership)
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// inside runs a change of a partnership on which the actor holds a right.
func (s *Service) inside(ctx context.Context, a access.Actor, partnership string, r access.Right, fn func(t *db.Tx, p Partnership) error) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, r)
		if err != nil {
			return err
		}
		err = fn(t, p)
		if err != nil {
			return err
		}
		return s.MarkDirty(t, p.ID)
	})
}
