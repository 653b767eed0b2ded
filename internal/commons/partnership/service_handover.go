package partnership

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/mail"
)

// AddMover lets hand-overs take along what a room keeps for an account. Rooms
// call it before the service is used.
func (s *Service) AddMover(m Mover) { s.movers = append(s.movers, m) }

// HandLook is what a hand-over would do to one partnership.
type HandLook struct {
	Place   handPlace
	Rights  []access.Right // that go over
	Manager bool
	May     bool // the actor may hand it over
	Actions int
	Stays   []i18n.Msg
}

// LookHandOver says what a hand-over between two accounts would move, by
// partnership, of what the actor may see; and what belongs to no partnership.
// Without a receiver it says what there is to hand over.
func (s *Service) LookHandOver(t *db.Tx, a access.Actor, from, to access.Account) ([]HandLook, []HandItem, error) {
	places, err := placesOfAccount(t, a, from.ID)
	if err != nil || len(places) == 0 {
		return nil, nil, err
	}
	var out []HandLook
	at := map[string]int{}
	var ids []string
	for _, x := range places {
		i, known := at[x.Partnership]
		if !known {
			i = len(out)
			at[x.Partnership] = i
			out = append(out, HandLook{Place: x, Manager: x.Manager == from.ID})
			ids = append(ids, x.Partnership)
		}
		out[i].Rights = append(out[i].Rights, x.Right)
	}
	may, err := heldAmong(t, a, ids, handRight(a))
	if err != nil {
		return nil, nil, err
	}
	for _, p := range may {
		out[at[p]].May = true
	}
	slices.Sort(ids)
	h := Handing{From: from, To: to, Partnerships: ids}
	var rest []HandItem
	for _, m := range s.movers {
		items, err := m.Look(t, h)
		if err != nil {
			return nil, nil, fmt.Errorf("look what is handed over (%s): %w", m.Kind, err)
		}
		for _, x := range items {
			i, here := at[x.Partnership]
			switch {
			case !here:
				rest = append(rest, x)
			case !x.Why.Zero():
				out[i].Stays = append(out[i].Stays, x.Why.Msg)
			case x.Kind == kindAction:
				out[i].Actions++
			}
		}
	}
	return out, rest, nil
}

// handRight is the right that handing a partnership over asks for. An
// administrator may, too: so nothing is lost with who has left.
func handRight(a access.Actor) access.Right {
	if a.Has(access.Admin) {
		return access.View
	}
	return access.Manage
}

// HandOver moves places in teams, actions and what further movers know from
// one account to another: all of it or nothing.
func (s *Service) HandOver(ctx context.Context, a access.Actor, f HandForm) (string, error) {
	k := HandOver{ID: id.New(), From: f.From, To: f.To, Reason: f.Reason, LastDay: f.LastDay, ByActor: a.ID()}
	err := s.d.Write(ctx, func(t *db.Tx) error {
		h, err := s.handing(t, f.From, f.To)
		if err != nil {
			return err
		}
		err = checkHandOver(f, h.From, h.To, t.Now.Day())
		if err != nil {
			return err
		}
		h.LastDay = f.LastDay
		h.Partnerships = slices.Clone(f.Partnerships)
		slices.Sort(h.Partnerships) // in one order, so that two such changes can't wait for each other
		h.Partnerships = slices.Compact(h.Partnerships)
		for _, p := range h.Partnerships {
			_, err := hold(t, a, p, handRight(a))
			if err != nil {
				return err
			}
		}
		k.At = t.Now
		err = insertHandOver(t, k)
		if err != nil {
			return err
		}
		moved, err := s.moveAll(t, a, h, k)
		if err != nil {
			return err
		}
		if moved == 0 {
			return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: "partnership", Msg: i18n.M("handover.nothing", "Nothing of these is there to hand over any more. Look at the list again")}}}
		}
		err = audit.Write(t, audit.Row{Actor: a.ID(), Action: "created", Kind: kindHandOver, Record: k.ID, Version: 1, After: k})
		if err != nil {
			return err
		}
		err = s.told(t, a, k, h.Partnerships, "handed-over")
		if err != nil {
			return err
		}
		return s.mailReceiver(t, a, h, k)
	})
	return k.ID, err
}

// mailReceiver tells the receiver by mail. The names of partnerships do not
// leave the house: they stand behind the link.
func (s *Service) mailReceiver(t *db.Tx, a access.Actor, h Handing, k HandOver) error {
	if s.Mail == nil || !s.Mail.On() || h.To.Demo || h.To.ID == a.Account {
		return nil
	}
	lang, err := access.Setting(t, access.HostLang)
	if err != nil {
		return err
	}
	l := i18n.For(cmp.Or(h.To.Lang, lang, i18n.Langs[0]))
	n := len(h.Partnerships)
	err = s.Mail.Queue(t, a.ID(), mail.Message{
		To: h.To.Email, Name: h.To.Name, Lang: l.Lang, Kind: "hand-over", Person: h.To.Person, Key: "hand-over:" + k.ID,
		Subject: l.N("handover.mail.subject", n, "{n} partnership is handed over to you", "{n} partnerships are handed over to you"),
		Text: s.Mail.Compose(l, mail.Body{
			Name:  h.To.Name,
			Lines: []string{l.T("handover.mail.line", "{from} has handed places in teams, and the actions that go with them, over to you.", i18n.A{"from": h.From.Name})},
			Ask:   l.T("handover.mail.ask", "What was handed over and where each partnership stands:"),
			Link:  s.Mail.URL(handOverPath(k.ID)),
		}),
	})
	if errs.Is(err, errs.Invalid) {
		return nil // no message can go to that address; home tells the receiver too
	}
	return err
}

// visibleHandOver reads a hand-over for those it is about, who made it, and
// who reads the audit.
func visibleHandOver(t *db.Tx, a access.Actor, handover string) (HandOver, error) {
	k, err := oneHandOver(t, handover)
	if err != nil {
		return k, err
	}
	if !a.May(access.ReadAudit) && !slices.Contains([]string{k.From, k.To, k.ByActor}, a.ID()) {
		return k, errs.Missing()
	}
	return k, nil
}

// handing reads the two accounts of a hand-over.
func (s *Service) handing(t *db.Tx, from, to string) (Handing, error) {
	var h Handing
	found, err := access.Find(t, access.Filter{IDs: []string{from, to}})
	if err != nil {
		return h, err
	}
	for _, x := range found {
		if x.ID == from {
			h.From = x
		}
		if x.ID == to {
			h.To = x
		}
	}
	if h.From.ID == "" {
		return h, errs.Missing()
	}
	return h, nil
}

// moveAll runs the movers in their order and keeps what each did.
func (s *Service) moveAll(t *db.Tx, a access.Actor, h Handing, k HandOver) (moved int, err error) {
	n := int64(0)
	for _, m := range s.movers {
		items, err := m.Look(t, h)
		if err != nil {
			return 0, fmt.Errorf("look what is handed over (%s): %w", m.Kind, err)
		}
		for _, x := range items {
			n++
			x.ID, x.HandOver, x.Kind, x.Position, x.State = id.New(), k.ID, m.Kind, n, HandStays
			if x.Why.Zero() {
				err := m.Move(t, a, h, &x)
				if err != nil {
					return 0, fmt.Errorf("hand over %s %s: %w", m.Kind, x.Record, err)
				}
				x.State = HandMoved
				moved++
			}
			err := insertHandItem(t, x)
			if err != nil {
				return 0, err
			}
		}
	}
	return moved, nil
}

// told leaves a row in the history of each partnership.
func (s *Service) told(t *db.Tx, a access.Actor, k HandOver, partnerships []string, action string) error {
	for _, p := range partnerships {
		err := audit.Write(t, audit.Row{Actor: a.ID(), Action: action, Kind: kindHandOver, Record: k.ID, Context: p, Audience: access.AudienceHost})
		if err != nil {
			return err
		}
	}
	return nil
}

// UndoHandOver takes a hand-over back as a whole. What has changed since
// stays as it is and is named with the hand-over.
func (s *Service) UndoHandOver(ctx context.Context, a access.Actor, handover string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		_, err := visibleHandOver(t, a, handover)
		if err != nil {
			return err
		}
		k, err := lockHandOver(t, handover)
		if err != nil {
			return err
		}
		h, err := s.handing(t, k.From, k.To)
		if err != nil {
			return err
		}
		switch {
		case k.UndoneAt != 0:
			return errs.New(errs.Conflict, i18n.M("handover.undone_already", "This was taken back already."))
		case !mayUndoHandOver(a, k, t.Now):
			return errs.New(errs.Forbidden, i18n.M("handover.not_yours", "Who made this hand-over can take it back within 30 days, and an administrator. After that, hand it over again."))
		case h.From.State != access.Active || h.From.Organisation != "":
			return errs.New(errs.Conflict, i18n.M("handover.gone", "The account of {name} no longer works here, so nothing can go back to it. Open the account first, or hand over to somebody else.", i18n.A{"name": h.From.Name}))
		}
		h.LastDay = k.LastDay
		items, err := handItemsOf(t, k.ID)
		if err != nil {
			return err
		}
		h.Partnerships = partnershipsIn(items)
		for _, p := range h.Partnerships {
			_, err := lock(t, p)
			if err != nil {
				return err
			}
		}
		err = s.backAll(t, a, h, items)
		if err != nil {
			return err
		}
		err = setHandOverUndone(t, k.ID, a.ID())
		if err != nil {
			return err
		}
		undone := k
		undone.UndoneAt, undone.UndoneBy = t.Now, a.ID()
		err = audit.Write(t, audit.Row{Actor: a.ID(), Action: "taken-back", Kind: kindHandOver, Record: k.ID, Version: 2, Before: k, After: undone})
		if err != nil {
			return err
		}
		return s.told(t, a, k, h.Partnerships, "taken-back")
	})
}

func (s *Service) backAll(t *db.Tx, a access.Actor, h Handing, items []HandItem) error {
	for _, x := range items {
		if x.State != HandMoved {
			continue
		}
		i := slices.IndexFunc(s.movers, func(m Mover) bool { return m.Kind == x.Kind })
		if i < 0 {
			return fmt.Errorf("hand-over item %s: no mover of kind %q", x.ID, x.Kind)
		}
		err := s.movers[i].Back(t, a, h, &x)
		if err != nil {
			return fmt.Errorf("take back %s %s: %w", x.Kind, x.Record, err)
		}
		x.State = HandBack
		if !x.Why.Zero() {
			x.State = HandKept
		}
		err = setHandItem(t, x)
		if err != nil {
			return err
		}
	}
	return nil
}

// partnershipsIn are the partnerships of some items, sorted.
func partnershipsIn(items []HandItem) []string {
	var out []string
	for _, x := range items {
		if x.Partnership != "" {
			out = append(out, x.Partnership)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// SeenHandOver puts the notice of a hand-over away, for its receiver.
func (s *Service) SeenHandOver(ctx context.Context, a access.Actor, handover string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		k, err := lockHandOver(t, handover)
		if err != nil {
			return err
		}
		if k.To != a.Account {
			return errs.Missing()
		}
		return setHandOverSeen(t, k.ID)
	})
}

// SetHandNote writes what the next person should know of a partnership.
func (s *Service) SetHandNote(ctx context.Context, a access.Actor, partnership, text string, version int64) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.Contribute)
		if err != nil {
			return err
		}
		var c errs.Check
		tooLong(&c, "text", text, maxText)
		err = c.Err()
		if err != nil {
			return err
		}
		was, known, err := handNoteOf(t, p.ID)
		if err != nil || was.Text == text {
			return err
		}
		if was.Version != version {
			return &errs.Error{Kind: errs.Conflict, Fields: []errs.Field{{Name: "text", Msg: i18n.M("form.clash", "Somebody changed this to “{value}” in the meantime. What you typed is kept here; send the form again to replace it.", i18n.A{"value": was.Text})}}}
		}
		next := HandNote{Partnership: p.ID, Text: text, Version: was.Version + 1, UpdatedAt: t.Now, UpdatedBy: a.ID()}
		err = saveHandNote(t, next)
		if err != nil {
			return err
		}
		row := changed{action: "updated", kind: kindHandNote, record: p.ID, audience: access.AudienceHost, version: next.Version, before: was, after: next}
		if !known {
			row.action, row.before = "created", nil
		}
		return s.note(t, a, p, row)
	})
}
