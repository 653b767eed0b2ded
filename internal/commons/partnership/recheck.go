package partnership

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// Check finds how an element of a partnership stands, from records. It reads
// in the transaction it is given and changes nothing.
type Check func(t *db.Tx, d *Dossier, e Element) (Finding, error)

// nobody is the wait_since of a journey in which nobody is waited for: it
// sorts after every instant (year 9999).
const nobody clock.Ms = 253402214400000

// Register makes a step's check the one of an element. Until then the element
// has the common check.
func (s *Service) Register(element string, c Check) {
	if _, ok := ElementOf(element); !ok {
		panic("no such element: " + element)
	}
	s.checks[element] = c
}

// Own says whether an element's step keeps records of its own.
func (s *Service) Own(element string) bool { return s.checks[element] != nil }

// keepsRecords says whether a step has an element with records of its own.
func (s *Service) keepsRecords(step Step) bool {
	return slices.ContainsFunc(step.Elements, func(e Element) bool { return s.Own(e.Key) })
}

// MarkDirty notes in the caller's transaction that a finding may have
// changed; the journey is checked again before the request answers.
func (s *Service) MarkDirty(t *db.Tx, partnership string) error {
	return t.Once("journey:"+partnership, func() error {
		t.AfterCommit(func(ctx context.Context) error { return s.Recheck(ctx, partnership) })
		return markDirty(t, partnership)
	})
}

// Recheck runs the thirty-five checks of a partnership and stores what
// changed. The partnership's row is held meanwhile, so that an older snapshot
// never overwrites a newer one.
func (s *Service) Recheck(ctx context.Context, partnership string) error {
	err := s.d.Write(ctx, func(t *db.Tx) error {
		p, err := lock(t, partnership)
		if err != nil {
			return err
		}
		err = clearDirty(t, partnership)
		if err != nil || p.DeletedAt != 0 {
			return err
		}
		return s.recheck(t, p)
	})
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("check the journey of %s: %w", partnership, err)
	}
	return nil
}

func dossier(t *db.Tx, p Partnership) (*Dossier, error) {
	d := &Dossier{Partnership: p, Today: t.Now.Day(), Now: t.Now}
	var err error
	d.Parties, err = partiesOf(t, p.ID)
	if err != nil {
		return nil, err
	}
	d.Roles, err = rolesOf(t, p.ID)
	if err != nil {
		return nil, err
	}
	d.Team, err = teamOf(t, p.ID)
	if err != nil {
		return nil, err
	}
	d.Manager, err = managerOf(t, p.Manager)
	if err != nil {
		return nil, err
	}
	d.Evidence, err = evidenceOf(t, p.ID)
	if err != nil {
		return nil, err
	}
	d.Attestations, err = attestationsOf(t, p.ID)
	if err != nil {
		return nil, err
	}
	d.Host, err = access.Setting(t, access.HostOrganisation)
	if err != nil {
		return nil, err
	}
	d.Claims, err = claimsOf(t, p.ID)
	if err != nil {
		return nil, err
	}
	d.Answers, err = answersOf(t, p.ID)
	if err != nil {
		return nil, err
	}
	d.Requests, err = requestsOf(t, p.ID)
	if err != nil || len(d.Requests) == 0 {
		return d, err
	}
	d.Replies, err = repliesOf(t, p.ID)
	return d, err
}

func (s *Service) recheck(t *db.Tx, p Partnership) error {
	d, err := dossier(t, p)
	if err != nil {
		return err
	}
	old, err := statesOf(t, p.ID)
	if err != nil {
		return err
	}
	before := map[string]stateRow{}
	for _, r := range old {
		before[r.Element] = r
	}
	states := map[string]State{}
	sum := Summary{Partnership: p.ID, CheckedAt: t.Now, WaitSince: nobody}
	var changed []stateRow
	var history []Change
	var waits []waitRow
	actions := map[string]askedOf{}
	for _, e := range Elements {
		f, err := s.find(t, d, e)
		if err != nil {
			return fmt.Errorf("element %s: %w", e.Key, err)
		}
		now := stateRow{Element: e.Key, State: storedState(f, d.Attestations, e.Key, d.Today), Since: t.Now, CheckedAt: t.Now}
		now.Finding.V = f
		was, known := before[e.Key]
		if known && was.State == now.State {
			now.Since = was.Since
		}
		if !known || was.State != now.State || !reflect.DeepEqual(stored(was.Finding.V), stored(f)) {
			changed = append(changed, now)
		}
		from := was.State
		if !known {
			from = Open
		}
		if from != now.State {
			history = append(history, Change{ID: id.New(), Partnership: p.ID, Element: e.Key, From: from, To: now.State, At: t.Now})
		}
		states[e.Key] = now.State
		sum.add(now.State)
		for _, m := range f.Missing {
			// What is settled waits for nobody, except for an answer that was asked.
			// Nor does what is over.
			if (now.State != Open && now.State != Partly && !m.Ask) || over(p.Status) {
				continue
			}
			for _, w := range m.Who {
				waits = append(waits, waitRow{Element: e.Key, Kind: w.Kind, ID: w.ID, What: m.What, Message: StoredMsg{m.Text}, Link: m.Link, Since: t.Now})
				if m.Ask {
					actions[p.ID+"|"+e.Key+"|"+m.What+"|"+string(w.Kind)+"|"+w.ID] = askedOf{e, m, w}
				}
			}
		}
	}
	err = saveStates(t, p.ID, changed)
	if err != nil {
		return err
	}
	err = insertChanges(t, history)
	if err != nil {
		return err
	}
	sum.Strip = Strip(states)
	err = s.saveWaits(t, p.ID, waits, &sum)
	if err != nil {
		return err
	}
	err = saveSummary(t, sum)
	if err != nil {
		return err
	}
	err = s.syncActions(t, p, actions)
	if err != nil {
		return err
	}
	return s.syncDeadlines(t, d)
}

// over says whether a partnership waits for nobody any more: what is missing
// stays listed, but nobody is asked for it.
func over(s Status) bool { return s == Closed || s == Declined }

// find runs an element's own check, or the common one, adds what waits for an
// answer, and says who is really there to be waited for.
func (s *Service) find(t *db.Tx, d *Dossier, e Element) (Finding, error) {
	f := common(d, e)
	if own := s.checks[e.Key]; own != nil {
		var err error
		f, err = own(t, d, e)
		if err != nil {
			return f, err
		}
	}
	structure(d, e, &f)
	pending(d, e, &f)
	requested(d, e, &f)
	if len(f.Missing) == 0 && f.State != Met && f.State != NotApplicable {
		// What is not settled waits for somebody, also where a check does not say for what.
		f.Missing = common(d, e).Missing
	}
	for i := range f.Missing {
		m := &f.Missing[i]
		var fell bool
		m.Who, fell = resolve(d, *m)
		if fell && strings.HasPrefix(m.What, "approve:") {
			// Nobody there may approve it: the manager can give somebody the right.
			m.Text = i18n.M("journey.nobody_approves", "Nobody in the team but its author may approve what was attested: give somebody the right.")
			m.Link = "/partnerships/" + d.Partnership.ID + "/team"
			m.Not = ""
		}
	}
	return f, nil
}

// stored is a finding as it comes back from the database, to compare with.
func stored(f Finding) any {
	return db.AsJSON(f)
}

func (m *Summary) add(st State) {
	switch st {
	case Met:
		m.Met++
	case Attested:
		m.Attested++
	case Partly:
		m.Partly++
	case NotApplicable:
		m.NotApplicable++
	default:
		m.Open++
	}
}

// saveWaits keeps the instant at which each wait began: a row that stays is
// not touched but for its words.
func (s *Service) saveWaits(t *db.Tx, partnership string, waits []waitRow, sum *Summary) error {
	old, err := waitingOf(t, partnership)
	if err != nil {
		return err
	}
	was := map[string]waitRow{}
	for _, w := range old {
		was[w.key()] = w
	}
	said := "" // what the summary names
	var changed []waitRow
	place := map[string]int{} // in changed: one wait may be asked for twice
	for _, w := range waits {
		o, known := was[w.key()]
		if known {
			w.Since = o.Since
			delete(was, w.key())
		}
		if !known || o.Message.Text() != w.Message.Text() || o.Link != w.Link {
			at, twice := place[w.key()]
			if !twice {
				at, changed = len(changed), append(changed, w)
			}
			place[w.key()], changed[at] = at, w
		}
		if w.Since < sum.WaitSince || (w.Since == sum.WaitSince && weight(w.What) < weight(said)) {
			said = w.What
			sum.WaitSince, sum.WaitKind, sum.WaitID, sum.WaitMessage, sum.WaitElement = w.Since, w.Kind, w.ID, w.Message, w.Element
		}
	}
	err = saveWaits(t, partnership, changed)
	if err != nil {
		return err
	}
	for _, w := range was {
		err := deleteWait(t, partnership, w)
		if err != nil {
			return err
		}
	}
	return nil
}

// weight orders waits that began at the same instant by what lists should
// name: who is missing in the triangle, then what somebody was asked, then the
// evidence that any element may lack.
func weight(what string) int {
	switch {
	case strings.HasPrefix(what, "role.") || what == "parties":
		return 0
	case what == "evidence" || what == "attest":
		return 2
	}
	return 1
}

type askedOf struct {
	element Element
	missing Missing
	who     Who
}

// syncActions makes an action of what is asked and not yet an action, and
// closes the actions of what is no longer asked.
func (s *Service) syncActions(t *db.Tx, p Partnership, asked map[string]askedOf) error {
	old, err := systemActions(t, p.ID)
	if err != nil {
		return err
	}
	for _, x := range old {
		// Another author is another question: who may not answer it has changed.
		if now, still := asked[x.SystemKey]; still && now.missing.Not == x.NotPerson {
			delete(asked, x.SystemKey)
			continue
		}
		x.State, x.DoneBy, x.DoneAt, x.SystemKey = ActionDone, "system:journey", t.Now, ""
		x.Version, x.UpdatedAt, x.UpdatedBy = x.Version+1, t.Now, "system:journey"
		err := updateAction(t, x)
		if err != nil {
			return err
		}
	}
	var fresh []Action
	for key, a := range asked {
		audience := access.AudienceHost
		if a.who.Kind == WhoParty {
			audience = access.PartyAudience(a.who.ID)
		}
		fresh = append(fresh, Action{
			ID: id.New(), Partnership: p.ID, Element: a.element.Key, Message: StoredMsg{a.missing.Text}, Link: a.missing.Link,
			OwnerKind: a.who.Kind, OwnerID: a.who.ID, NotPerson: a.missing.Not, DueOn: t.Now.Day().AddDays(a.missing.Due),
			State: ActionOpen, SystemKey: key, Audience: audience, Meta: Meta{CreatedAt: t.Now, CreatedBy: "system:journey"},
		})
	}
	return insertActions(t, fresh)
}

// syncDeadlines keeps the days on which attestations expire and on which the
// partnership is to end.
func (s *Service) syncDeadlines(t *db.Tx, d *Dossier) error {
	want := map[string]Deadline{}
	for _, a := range d.Attestations {
		if a.Stands(d.Today) {
			text := i18n.M("deadline.attestation", "What stands in for records expires")
			if a.Kind == Exempts {
				text = i18n.M("deadline.exemption", "Whether an element applies is asked again")
			}
			want["attestation:"+a.ID] = Deadline{Element: a.Element, Message: StoredMsg{text}, DueOn: a.ValidUntil, Audience: access.AudienceHost}
		}
	}
	if p := d.Partnership; p.EndOn.Valid() && !over(p.Status) {
		want["end:"+p.ID] = Deadline{Message: StoredMsg{i18n.M("deadline.end", "The partnership is to end")}, DueOn: p.EndOn, Audience: access.AudienceParties}
	}
	old, err := systemDeadlines(t, d.Partnership.ID)
	if err != nil {
		return err
	}
	for _, o := range old {
		w, still := want[o.SystemKey]
		if still && w.DueOn == o.DueOn && w.Message.Text() == o.Message.Text() {
			delete(want, o.SystemKey)
			continue
		}
		err := setDeadlineDeleted(t, d.Partnership.ID, o.ID, t.Now)
		if err != nil {
			return err
		}
	}
	for key, w := range want {
		w.ID, w.Partnership, w.SystemKey, w.CreatedBy = id.New(), d.Partnership.ID, key, "system:journey"
		err := insertDeadline(t, w)
		if err != nil {
			return err
		}
	}
	return nil
}

// ClearDirty checks the journeys that a crash left unchecked, a bounded
// number at a time, and says how many there were.
func (s *Service) ClearDirty(ctx context.Context) (int, error) {
	var ids []string
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		ids, err = dirty(t, 100)
		return err
	})
	if err != nil {
		return 0, err
	}
	n := 0
	var failed []error
	for _, p := range ids {
		err := s.Recheck(ctx, p)
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		if err != nil {
			failed = append(failed, err) // one that can't be checked does not hold up the others
			continue
		}
		n++
	}
	return n, errors.Join(failed...)
}

// RecheckAll checks every journey, for what time alone changes: expiries,
// roles that end, rights that lapse. step is told how far it is. Those that
// can't be checked stay as they are and are named in the error.
func (s *Service) RecheckAll(ctx context.Context, step func(n int) error) error {
	after, n := "", 0
	var failed []error
	for {
		var ids []string
		err := s.d.Read(ctx, func(t *db.Tx) error {
			var err error
			ids, err = idsAfter(t, after, 200)
			return err
		})
		if err != nil || len(ids) == 0 {
			return errors.Join(append(failed, err)...)
		}
		for _, p := range ids {
			err := s.d.Write(ctx, func(t *db.Tx) error { return s.syncAccess(t, p) })
			if err == nil {
				err = s.Recheck(ctx, p)
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				failed = append(failed, err)
			}
		}
		after = ids[len(ids)-1]
		n += len(ids)
		err = step(n)
		if err != nil {
			return err
		}
	}
}

// partnerMonths is how long a former party's accounts keep their view.
const partnerMonths = 12

// syncAccess writes who holds which right on a partnership: the team, and the
// accounts of organisations that are parties or were within twelve months.
func (s *Service) syncAccess(t *db.Tx, partnership string) error {
	rights := map[string][]access.Right{}
	_, err := lock(t, partnership)
	if err != nil {
		return err
	}
	team, err := teamOf(t, partnership)
	if err != nil {
		return err
	}
	today := t.Now.Day()
	for _, m := range team {
		// A partner's account takes part through its organisation alone, also
		// where it was in the team before it became one.
		if m.Holds(today) {
			rights[m.Account] = append(rights[m.Account], m.Right)
		}
	}
	orgs, err := partnersSince(t, partnership, today.AddMonths(-partnerMonths))
	if err != nil {
		return err
	}
	for _, o := range orgs {
		accounts, err := openAccountsOf(t, o)
		if err != nil {
			return err
		}
		for _, a := range accounts {
			rights[a] = append(rights[a], access.Contribute)
		}
	}
	return access.SetObjectAccess(t, Kind, partnership, rights)
}

// AccountChanged keeps rights in step when an account is made, closed or
// bound to another organisation (hook of access).
func (s *Service) AccountChanged(t *db.Tx, account string) error {
	err := s.endFeeds(t, account)
	if err != nil {
		return err
	}
	ids, err := partnershipsOfMember(t, account)
	if err != nil {
		return err
	}
	// Those too in which it holds what its former organisation gave it.
	had, err := partnershipsHeld(t, account)
	if err != nil {
		return err
	}
	ids = append(ids, had...)
	organisation, err := organisationOf(t, account)
	if err != nil {
		return err
	}
	if organisation != "" {
		of, err := partnershipsOf(t, organisation)
		if err != nil {
			return err
		}
		ids = append(ids, of...)
	}
	slices.Sort(ids) // in one order, so that two such changes can't wait for each other
	for _, p := range slices.Compact(ids) {
		err := s.syncAccess(t, p)
		if err != nil {
			return err
		}
		err = s.MarkDirty(t, p)
		if err != nil {
			return err
		}
	}
	return nil
}
