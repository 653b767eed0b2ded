package partnership

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/i18n"
)

// Handing is a hand-over that is about to be made or taken back.
type Handing struct {
	From, To     access.Account
	Partnerships []string // the ones chosen, in the order of their ids
	LastDay      clock.Day
}

// Mover moves one sort of what belongs to an account. A room that keeps such
// things adds its mover with Service.AddMover; every hand-over then takes
// them along, and its undo brings them back.
type Mover struct {
	Kind string
	// Look says what would move, and what would stay and why (Why set). It
	// changes nothing.
	Look func(t *db.Tx, h Handing) ([]HandItem, error)
	// Move moves one item that Look found and notes in Data what Back needs.
	Move func(t *db.Tx, a access.Actor, h Handing, x *HandItem) error
	// Back takes one item back. Where it has changed since, it leaves it and
	// says so in Why.
	Back func(t *db.Tx, a access.Actor, h Handing, x *HandItem) error
}

// The movers of partnerships themselves: a place in a team with all its
// rights, and the actions that somebody gave to a person.

// Kinds of records that hand-overs know.
const (
	kindHandOver = "handover"
	kindHandNote = "handover_note"
	kindPlace    = "place"
	kindAction   = "action"
)

func (s *Service) placeMover() Mover {
	return Mover{Kind: kindPlace, Look: lookPlaces, Move: s.movePlace, Back: s.backPlace}
}

func (s *Service) actionMover() Mover {
	return Mover{Kind: kindAction, Look: lookActions, Move: s.moveAction, Back: s.backAction}
}

// lookPlaces finds the places of who leaves, one item a partnership. What an
// approval needs a second person for does not become the receiver's.
func lookPlaces(t *db.Tx, h Handing) ([]HandItem, error) {
	var out []HandItem
	approves := map[string]bool{}
	for _, p := range h.Partnerships {
		team, err := teamOf(t, p)
		if err != nil {
			return nil, err
		}
		var d placeData
		for _, m := range team {
			if m.Account == h.From.ID && (m.UntilOn == "" || m.UntilOn >= t.Now.Day()) {
				d.Rights = append(d.Rights, placeRight{Right: m.Right, Row: m.ID, Until: m.UntilOn})
				approves[p] = approves[p] || m.Right == access.Approve
			}
		}
		if len(d.Rights) > 0 {
			out = append(out, HandItem{Kind: kindPlace, Partnership: p, Record: p, Data: db.AsJSON(d)})
		}
	}
	if h.To.ID == "" {
		return out, nil
	}
	wrote, err := approvalsOf(t, h.Partnerships, h.To.Person)
	if err != nil {
		return nil, err
	}
	for _, n := range wrote {
		if !approves[n.Partnership] {
			continue
		}
		out = append(out, HandItem{Kind: kindPlace, Partnership: n.Partnership, Record: n.ID, Title: n.Title, Why: StoredMsg{i18n.M("handover.wrote",
			"The approval of “{title}” goes to somebody else: {name} wrote it.", i18n.A{"title": n.Title, "name": h.To.Name})}})
	}
	return out, nil
}

func (s *Service) movePlace(t *db.Tx, a access.Actor, h Handing, x *HandItem) error {
	p, err := lock(t, x.Partnership)
	if err != nil {
		return err
	}
	team, err := teamOf(t, p.ID)
	if err != nil {
		return err
	}
	var d placeData
	err = json.Unmarshal([]byte(x.Data), &d)
	if err != nil {
		return err
	}
	d.Waits, d.Asked, err = askedNow(t, p.ID)
	if err != nil {
		return err
	}
	for i := range d.Rights {
		err := s.givePlace(t, a, h, p, team, &d.Rights[i])
		if err != nil {
			return err
		}
	}
	if p.Manager == h.From.ID {
		d.Manager = true
		err := s.moveManager(t, a, p, h.From, h.To, "handed-over")
		if err != nil {
			return err
		}
	}
	for i := range d.Rights {
		err := s.endPlace(t, a, h, p, team, &d.Rights[i])
		if err != nil {
			return err
		}
	}
	x.Data = db.AsJSON(d)
	return s.partiesChanged(t, p.ID)
}

// memberIn is a right of a team as it was read.
func memberIn(team []Member, row string) Member {
	return team[slices.IndexFunc(team, func(m Member) bool { return m.ID == row })]
}

// givePlace gives the receiver one right, or prolongs the one it has.
func (s *Service) givePlace(t *db.Tx, a access.Actor, h Handing, p Partnership, team []Member, r *placeRight) error {
	i := slices.IndexFunc(team, func(m Member) bool { return m.Account == h.To.ID && m.Right == r.Right })
	if i < 0 {
		m := Member{Account: h.To.ID, Right: r.Right, UntilOn: r.Until}
		var err error
		r.Given, err = s.addMemberAs(t, a, p, m, "handed-over")
		return err
	}
	if !laterDay(r.Until, team[i].UntilOn) {
		return nil
	}
	r.Given, r.Longer, r.GivenWas = team[i].ID, true, team[i].UntilOn
	return s.prolong(t, a, p, team[i], r.Until, "handed-over")
}

// endPlace ends one right of who leaves: at once, or after a last day.
func (s *Service) endPlace(t *db.Tx, a access.Actor, h Handing, p Partnership, team []Member, r *placeRight) error {
	m := memberIn(team, r.Row)
	if h.LastDay == "" {
		err := setMemberDeleted(t, p.ID, m.ID, t.Now)
		if err != nil {
			return err
		}
		return s.note(t, a, p, changed{action: "handed-over", kind: "partnership_team", record: m.ID, before: m})
	}
	if !laterDay(m.UntilOn, h.LastDay) {
		r.Kept = true
		return nil
	}
	r.Ends = h.LastDay
	return s.prolong(t, a, p, m, h.LastDay, "handed-over")
}

// prolong gives a right another last day.
func (s *Service) prolong(t *db.Tx, a access.Actor, p Partnership, m Member, until clock.Day, action string) error {
	err := setMemberUntil(t, p.ID, m.ID, until)
	if err != nil {
		return err
	}
	next := m
	next.UntilOn = until
	return s.note(t, a, p, changed{action: action, kind: "partnership_team", record: m.ID, before: m, after: next})
}

// moveManager names another manager; what waited for the old one as a person
// waits for the new one, since when it waited before.
func (s *Service) moveManager(t *db.Tx, a access.Actor, p Partnership, from, to access.Account, action string) error {
	err := carryWaits(t, p.ID, from.Person, to.Person)
	if err != nil {
		return err
	}
	old, err := systemActions(t, p.ID)
	if err != nil {
		return err
	}
	for _, x := range old {
		key := strings.TrimSuffix(x.SystemKey, "|"+from.Person) + "|" + to.Person
		taken := slices.ContainsFunc(old, func(y Action) bool { return y.SystemKey == key })
		if x.OwnerKind != WhoPerson || x.OwnerID != from.Person || taken {
			continue
		}
		x.OwnerID, x.SystemKey = to.Person, key
		x.Version, x.UpdatedAt, x.UpdatedBy = x.Version+1, t.Now, "system:journey"
		err := updateAction(t, x)
		if err != nil {
			return err
		}
	}
	next := p
	next.Manager = to.ID
	return s.save(t, a, p, next, action)
}

// backPlace takes a place back, whole or not at all.
func (s *Service) backPlace(t *db.Tx, a access.Actor, h Handing, x *HandItem) error {
	p, err := lock(t, x.Partnership)
	if err != nil {
		return err
	}
	var d placeData
	err = json.Unmarshal([]byte(x.Data), &d)
	if err != nil {
		return err
	}
	team, err := teamOf(t, p.ID)
	if err != nil {
		return err
	}
	if why := changedSince(p, team, d, h); !why.Zero() {
		x.Why = StoredMsg{why}
		return nil
	}
	for _, r := range d.Rights {
		err := s.restorePlace(t, a, p, team, r)
		if err != nil {
			return err
		}
	}
	err = askAgain(t, p.ID, d, h.To.Person)
	if err != nil {
		return err
	}
	if d.Manager {
		err := s.moveManager(t, a, p, h.To, h.From, "taken-back")
		if err != nil {
			return err
		}
	}
	for _, r := range d.Rights {
		err := s.ungivePlace(t, a, p, team, r)
		if err != nil {
			return err
		}
	}
	return s.partiesChanged(t, p.ID)
}

// askedNow reads who is waited for in a partnership, and what was asked.
func askedNow(t *db.Tx, partnership string) ([]waitRow, []askedKept, error) {
	waits, err := waitingOf(t, partnership)
	if err != nil {
		return nil, nil, err
	}
	old, err := systemActions(t, partnership)
	if err != nil {
		return nil, nil, err
	}
	var asked []askedKept
	for _, x := range old {
		asked = append(asked, askedKept{x.ID, x.SystemKey})
	}
	return waits, asked, nil
}

// askAgain puts back who was waited for since when, before the journey is
// checked again: what still holds keeps its beginning and its day, the rest
// goes with that check. What only the receiver was asked meanwhile goes too.
func askAgain(t *db.Tx, partnership string, d placeData, receiver string) error {
	err := saveWaits(t, partnership, d.Waits)
	if err != nil {
		return err
	}
	open, err := systemActions(t, partnership)
	if err != nil {
		return err
	}
	for _, x := range open {
		if x.OwnerKind != WhoPerson || x.OwnerID != receiver || slices.ContainsFunc(d.Asked, func(k askedKept) bool { return k.ID == x.ID }) {
			continue
		}
		err := setActionDeleted(t, x.ID)
		if err != nil {
			return err
		}
	}
	for _, k := range d.Asked {
		x, there, err := maybeAction(t, k.ID)
		if err != nil {
			return err
		}
		asked := slices.ContainsFunc(open, func(y Action) bool { return y.SystemKey == k.Key })
		if !there || asked || x.DoneBy != "system:journey" {
			continue
		}
		x.reopen()
		x.SystemKey = k.Key
		x.Version, x.UpdatedAt, x.UpdatedBy = x.Version+1, t.Now, "system:journey"
		err = updateAction(t, x)
		if err != nil {
			return err
		}
	}
	return nil
}

// changedSince says what of a place is no longer as the hand-over left it.
func changedSince(p Partnership, team []Member, d placeData, h Handing) i18n.Msg {
	live := func(row string, until clock.Day) bool {
		return slices.ContainsFunc(team, func(m Member) bool { return m.ID == row && m.UntilOn == until })
	}
	if p.DeletedAt != 0 {
		return i18n.M("handover.kept.removed", "The partnership has been removed.")
	}
	if d.Manager && p.Manager != h.To.ID {
		return i18n.M("handover.kept.manager", "Another manager has been named since.")
	}
	for _, r := range d.Rights {
		again := slices.ContainsFunc(team, func(m Member) bool { return m.Account == h.From.ID && m.Right == r.Right && m.ID != r.Row })
		ended := r.Ends == "" && !r.Kept
		if again || (ended == slices.ContainsFunc(team, func(m Member) bool { return m.ID == r.Row })) || (r.Ends != "" && !live(r.Row, r.Ends)) {
			return i18n.M("handover.kept.rights", "The rights of {name} in the team have changed since.", i18n.A{"name": h.From.Name})
		}
		if r.Given != "" && !live(r.Given, r.Until) {
			return i18n.M("handover.kept.rights", "The rights of {name} in the team have changed since.", i18n.A{"name": h.To.Name})
		}
	}
	return i18n.Msg{}
}

// restorePlace gives who left one right back, until when it held before.
func (s *Service) restorePlace(t *db.Tx, a access.Actor, p Partnership, team []Member, r placeRight) error {
	switch {
	case r.Kept:
		return nil
	case r.Ends != "":
		return s.prolong(t, a, p, memberIn(team, r.Row), r.Until, "taken-back")
	}
	err := setMemberDeleted(t, p.ID, r.Row, nil)
	if err != nil {
		return err
	}
	m, err := oneMember(t, p.ID, r.Row)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "taken-back", kind: "partnership_team", record: m.ID, after: m})
}

// ungivePlace takes from the receiver what it was given.
func (s *Service) ungivePlace(t *db.Tx, a access.Actor, p Partnership, team []Member, r placeRight) error {
	switch {
	case r.Given == "":
		return nil
	case r.Longer:
		return s.prolong(t, a, p, memberIn(team, r.Given), r.GivenWas, "taken-back")
	}
	err := setMemberDeleted(t, p.ID, r.Given, t.Now)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "taken-back", kind: "partnership_team", record: r.Given, before: memberIn(team, r.Given)})
}

// lookActions finds the open actions that somebody gave to the person who
// leaves. Who may not do one does not get it, and who did one does not check it.
func lookActions(t *db.Tx, h Handing) ([]HandItem, error) {
	all, err := actionsOfPerson(t, h.Partnerships, h.From.Person, h.To.Person)
	if err != nil {
		return nil, err
	}
	var out []HandItem
	for _, x := range all {
		item := HandItem{Kind: kindAction, Partnership: x.Partnership, Record: x.ID, Title: x.Text}
		switch {
		case x.State == ActionToCheck && h.To.ID == "":
			continue
		case x.State == ActionToCheck:
			item.Why = StoredMsg{i18n.M("handover.did", "The second look at “{title}” goes to somebody else: {name} did it.", i18n.A{"title": x.Text, "name": h.To.Name})}
		case x.NotPerson != "" && x.NotPerson == h.To.Person:
			item.Why = StoredMsg{i18n.M("handover.not_person", "“{title}” stays: {name} may not be the one who does it.", i18n.A{"title": x.Text, "name": h.To.Name})}
		}
		out = append(out, item)
	}
	return out, nil
}

func (s *Service) moveAction(t *db.Tx, a access.Actor, h Handing, x *HandItem) error {
	return s.ownAction(t, a, x, h.To.Person, "handed-over")
}

// ownAction gives an open action to another person.
func (s *Service) ownAction(t *db.Tx, a access.Actor, x *HandItem, person, action string) error {
	p, err := lock(t, x.Partnership)
	if err != nil {
		return err
	}
	was, err := oneAction(t, access.System(action), p.ID, x.Record)
	if err != nil {
		return fmt.Errorf("action %s: %w", x.Record, err)
	}
	next := was
	next.OwnerID = person
	next.Version, next.UpdatedAt, next.UpdatedBy = was.Version+1, t.Now, a.ID()
	err = updateAction(t, next)
	if err != nil {
		return err
	}
	err = s.note(t, a, p, changed{action: action, kind: "action", record: next.ID, title: next.Text, audience: next.Audience, version: next.Version, before: was, after: next})
	if err != nil {
		return err
	}
	return s.MarkDirty(t, p.ID)
}

func (s *Service) backAction(t *db.Tx, a access.Actor, h Handing, x *HandItem) error {
	now, there, err := maybeAction(t, x.Record)
	if err != nil {
		return err
	}
	team, err := teamOf(t, x.Partnership)
	if err != nil {
		return err
	}
	back := slices.ContainsFunc(team, func(m Member) bool { return m.Account == h.From.ID })
	switch {
	case !there || now.State != ActionOpen:
		x.Why = StoredMsg{i18n.M("handover.kept.done", "It is no longer open.")}
	case now.OwnerKind != WhoPerson || now.OwnerID != h.To.Person:
		x.Why = StoredMsg{i18n.M("handover.kept.owner", "It has been given to somebody else since.")}
	case !back:
		x.Why = StoredMsg{i18n.M("handover.kept.team", "{name} is not in the team.", i18n.A{"name": h.From.Name})}
	default:
		return s.ownAction(t, a, x, h.From.Person, "taken-back")
	}
	return nil
}
