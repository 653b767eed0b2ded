package partnership

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"ayni/internal/commons/directory"
	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/files"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/search"
)

// Service does everything that is done with partnerships.
type Service struct {
	d      *db.DB
	ref    *refdata.Service
	dir    *directory.Service
	files  *files.Store
	checks map[string]Check
}

// New makes the service. Steps register their checks before it is used.
func New(d *db.DB, ref *refdata.Service, dir *directory.Service, store *files.Store) *Service {
	return &Service{d: d, ref: ref, dir: dir, files: store, checks: map[string]Check{}}
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

// NewPartnership is what a partnership begins with. One that is brought in
// from a source may begin in any status, with all that the source says.
type NewPartnership struct {
	Partnership
	Why      string // it begins in its status
	Parties  []NewParty
	About    About
	Team     map[string][]access.Right // further accounts
	Tags     []Tag                     // codes with what says so
	Places   []Place
	Amounts  []Amount
	Results  []Result
	Evidence []Evidence
}

// NewParty is a party with the roles it begins with.
type NewParty struct {
	Party
	Roles  []PartyRole
	Brings []string
}

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
			return &EditClash{Merged: both.Merged, err: clash(both.Fields, was)}
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

// EditClash is the error of a form whose fields somebody else changed to
// other values. Merged is what to show again: the typed values over the record
// as it stands now, with its version.
type EditClash struct {
	Merged Partnership
	err    error
}

func (e *EditClash) Error() string { return e.err.Error() }

// Unwrap gives the fields, each with what it was changed to.
func (e *EditClash) Unwrap() error { return e.err }

// clash is the error of fields that two people changed to different values;
// each says what it was changed to.
func clash(fields []string, theirs Partnership) error {
	now := map[string]string{
		"title": theirs.Title, "title_fr": theirs.TitleFR, "title_es": theirs.TitleES, "summary": theirs.Summary, "summary_fr": theirs.SummaryFR,
		"summary_es": theirs.SummaryES, "start_on": string(theirs.StartOn), "end_on": string(theirs.EndOn), "need_text": theirs.NeedText, "need_on": string(theirs.NeedOn),
	}
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
		err = insertStatus(t, id.New(), partnership, was.Status, to, reason, a.ID())
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

func (s *Service) partiesChanged(t *db.Tx, partnership string) error {
	err := s.syncAccess(t, partnership)
	if err != nil {
		return err
	}
	return s.MarkDirty(t, partnership)
}

func (s *Service) addParty(t *db.Tx, a access.Actor, p Partnership, n NewParty) (string, error) {
	y := n.Party
	y.ID, y.Partnership, y.CreatedAt, y.CreatedBy, y.Version = id.New(), p.ID, t.Now, a.ID(), 1
	err := s.checkParty(t, y)
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

func (s *Service) checkParty(t *db.Tx, y Party) error {
	var c errs.Check
	c.If(y.Organisation == "" && y.Label == "", "organisation", i18n.M("party.who", "Choose an organisation, or say in words who it will be"))
	if y.Organisation != "" {
		names, err := s.dir.Names(t, "en", []string{y.Organisation})
		if err != nil {
			return err
		}
		c.If(len(names) == 0, "organisation", i18n.M("party.unknown", "Choose an organisation of the list"))
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
// giving its organisation.
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
		next := was
		next.Organisation, next.Label, next.Country = form.Organisation, form.Label, form.Country
		if form.Label != was.Label {
			next.LabelFR, next.LabelES = "", "" // they said the old words
		}
		if form.Basis != was.Basis {
			next.BasisFR, next.BasisES = "", ""
		}
		next.JoinedOn, next.LeftOn, next.Basis, next.UpdatedBy = form.JoinedOn, form.LeftOn, form.Basis, a.ID()
		err = s.checkParty(t, next)
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

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
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
		was, next := roles[i], roles[i]
		if form.Basis != was.Basis {
			next.BasisFR, next.BasisES = "", ""
		}
		next.FromOn, next.ToOn, next.Basis = form.FromOn, form.ToOn, form.Basis
		c := changed{action: "updated", kind: "party_role", record: was.ID, audience: access.AudienceParties, version: 2, before: was, after: next}
		if remove {
			c.action, c.after = "deleted", nil
			err = setRoleDeleted(t, was.ID, t.Now)
		} else {
			err = checkRole(next)
			if err != nil {
				return err
			}
			err = updateRole(t, next)
		}
		if err != nil {
			return err
		}
		err = s.note(t, a, p, c)
		if err != nil {
			return err
		}
		return s.MarkDirty(t, p.ID)
	})
}

// SetAbout replaces the codes of the lists that are given; other lists stay.
func (s *Service) SetAbout(ctx context.Context, a access.Actor, partnership string, about About) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		err = s.setAbout(t, a, p, about)
		if err != nil {
			return err
		}
		return s.MarkDirty(t, p.ID)
	})
}

func (s *Service) setAbout(t *db.Tx, a access.Actor, p Partnership, about About) error {
	if len(about) == 0 {
		return nil
	}
	have, err := tagsOf(t, p.ID)
	if err != nil {
		return err
	}
	for list, codes := range about {
		if !slices.Contains(TagLists, list) {
			return &errs.Error{Kind: errs.BadRequest}
		}
		for _, g := range have {
			if g.List == list && g.Party == "" && !slices.Contains(codes, g.Code) {
				err := s.removeTag(t, a, p, g)
				if err != nil {
					return err
				}
			}
		}
		for _, code := range codes {
			if slices.ContainsFunc(have, func(g Tag) bool { return g.List == list && g.Code == code && g.Party == "" }) {
				continue
			}
			err := s.addTag(t, a, p, Tag{List: list, Code: code})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Service) addTag(t *db.Tx, a access.Actor, p Partnership, g Tag) error {
	if !s.ref.Has(g.List, g.Code) {
		return &errs.Error{Kind: errs.Invalid, Fields: []errs.Field{{Name: g.List, Msg: i18n.M("form.choose", "Choose one of the list")}}}
	}
	g.Partnership, g.CreatedAt, g.CreatedBy = p.ID, t.Now, a.ID()
	err := insertTag(t, g)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "created", kind: "partnership_tag", record: g.List + ":" + g.Code, audience: access.AudienceParties, after: g})
}

func (s *Service) removeTag(t *db.Tx, a access.Actor, p Partnership, g Tag) error {
	err := deleteTag(t, g)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "deleted", kind: "partnership_tag", record: g.List + ":" + g.Code, audience: access.AudienceParties, before: g})
}

// SetBrings replaces what a party brings.
func (s *Service) SetBrings(ctx context.Context, a access.Actor, partnership, party string, codes []string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.Manage)
		if err != nil {
			return err
		}
		_, err = partyOf(t, partnership, party)
		if err != nil {
			return err
		}
		have, err := tagsOf(t, partnership)
		if err != nil {
			return err
		}
		for _, g := range have {
			if g.List != BringsList || g.Party != party {
				continue
			}
			if i := slices.Index(codes, g.Code); i >= 0 {
				codes = slices.Delete(slices.Clone(codes), i, i+1)
				continue
			}
			err := s.removeTag(t, a, p, g)
			if err != nil {
				return err
			}
		}
		for _, code := range codes {
			err := s.addTag(t, a, p, Tag{List: BringsList, Code: code, Party: party})
			if err != nil {
				return err
			}
		}
		return s.MarkDirty(t, p.ID)
	})
}

// AddPlace adds where a partnership works.
func (s *Service) AddPlace(ctx context.Context, a access.Actor, partnership string, l Place) error {
	return s.inside(ctx, a, partnership, access.Manage, func(t *db.Tx, p Partnership) error { return s.addPlace(t, a, p, l) })
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

func (s *Service) addPlace(t *db.Tx, a access.Actor, p Partnership, l Place) error {
	var c errs.Check
	switch l.Kind {
	case PlaceCountry:
		c.If(!s.ref.Has("country", l.Code), "code", i18n.M("place.country", "Choose a country"))
	case PlaceRegion:
		c.If(!s.ref.Has("region", l.Code), "code", i18n.M("place.region", "Choose a region"))
	case PlacePoint:
		c.If(l.Name == "", "name", i18n.M("place.name", "Write the place’s name"))
		c.If(l.Code != "" && !s.ref.Has("country", l.Code), "code", i18n.M("place.country", "Choose a country"))
		c.If(l.Lat.Valid != l.Lon.Valid || l.Lat.V < -90 || l.Lat.V > 90 || l.Lon.V < -180 || l.Lon.V > 180, "lat", i18n.M("place.point", "Write latitude and longitude in degrees, such as -18.67 and 35.53, or leave both empty"))
	case PlaceUnnamed:
		c.If(l.Name == "", "name", i18n.M("place.unnamed", "Say in words which places it will be"))
	default:
		c.Add("kind", i18n.M("form.choose", "Choose one of the list"))
	}
	tooLong(&c, "name", l.Name, maxTitle)
	err := c.Err()
	if err != nil {
		return err
	}
	l.ID, l.Partnership, l.CreatedAt, l.CreatedBy = id.New(), p.ID, t.Now, a.ID()
	err = insertPlace(t, l)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "created", kind: "partnership_place", record: l.ID, audience: access.AudienceParties, version: 1, after: l})
}

// AddAmount adds money as it was stated.
func (s *Service) AddAmount(ctx context.Context, a access.Actor, partnership string, m Amount) error {
	return s.inside(ctx, a, partnership, access.Manage, func(t *db.Tx, p Partnership) error { return s.addAmount(t, a, p, m) })
}

func (s *Service) addAmount(t *db.Tx, a access.Actor, p Partnership, m Amount) error {
	var c errs.Check
	c.If(!s.ref.Has("amount_kind", m.Kind), "kind", i18n.M("form.choose", "Choose one of the list"))
	c.If(m.Minor.Valid && !s.ref.Has("currency", m.Currency), "currency", i18n.M("amount.currency", "Choose a currency"))
	c.If(m.Minor.Valid && m.Minor.V < 0, "amount", i18n.M("amount.negative", "Write an amount that is not negative"))
	tooLong(&c, "amount_note", m.Note, maxText)
	checkAudience(&c, m.Audience)
	err := c.Err()
	if err != nil {
		return err
	}
	m.ID, m.Partnership, m.CreatedAt, m.CreatedBy = id.New(), p.ID, t.Now, a.ID()
	err = insertAmount(t, m)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "created", kind: "partnership_amount", record: m.ID, audience: m.Audience, version: 1, after: m})
}

// AddResult adds a result as somebody stated it.
func (s *Service) AddResult(ctx context.Context, a access.Actor, partnership string, m Result) error {
	return s.inside(ctx, a, partnership, access.Manage, func(t *db.Tx, p Partnership) error { return s.addResult(t, a, p, m) })
}

func (s *Service) addResult(t *db.Tx, a access.Actor, p Partnership, m Result) error {
	var c errs.Check
	c.If(m.Kind != "achieved" && m.Kind != "planned", "kind", i18n.M("form.choose", "Choose one of the list"))
	c.If(m.Text == "", "text", i18n.M("result.text", "Say what was or is to be achieved"))
	tooLong(&c, "text", m.Text, maxText)
	checkAudience(&c, m.Audience)
	err := c.Err()
	if err != nil {
		return err
	}
	if m.Position == 0 {
		have, err := resultsOf(t, access.System("count"), p.ID)
		if err != nil {
			return err
		}
		m.Position = int64(len(have) + 1)
	}
	m.ID, m.Partnership, m.CreatedAt, m.CreatedBy = id.New(), p.ID, t.Now, a.ID()
	err = insertResult(t, m)
	if err != nil {
		return err
	}
	return s.note(t, a, p, changed{action: "created", kind: "partnership_result", record: m.ID, audience: m.Audience, version: 1, after: m})
}

// Drop removes (or brings back) a place, an amount or a result.
func (s *Service) Drop(ctx context.Context, a access.Actor, partnership, what, record string, removed bool) error {
	return s.inside(ctx, a, partnership, access.Manage, func(t *db.Tx, p Partnership) error {
		drop, ok := map[string]func(*db.Tx, string, string, any) error{
			"place": setPlaceDeleted, "amount": setAmountDeleted, "result": setResultDeleted,
		}[what]
		if !ok {
			return errs.Missing()
		}
		action := "restored"
		var at any
		if removed {
			action, at = "deleted", t.Now
		}
		err := drop(t, p.ID, record, at)
		if err != nil {
			return err
		}
		audience := access.AudienceHost // whoever it was for is not told by its removal
		if what == "place" {
			audience = access.AudienceParties
		}
		return s.note(t, a, p, changed{action: action, kind: "partnership_" + what, record: record, audience: audience})
	})
}

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
	m.ID, m.Partnership, m.CreatedBy = id.New(), p.ID, a.ID()
	err := insertMember(t, m)
	if db.Broke(err, "uq_team") {
		return "", &errs.Error{Kind: errs.Invalid, Cause: err, Fields: []errs.Field{{Name: "account", Msg: i18n.M("team.twice", "This account holds that right already")}}}
	}
	if err != nil {
		return "", err
	}
	return m.ID, s.note(t, a, p, changed{action: "created", kind: "partnership_team", record: m.ID, version: 1, after: m})
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

// Gate is a hard gate: where harm would follow, work does not go on without
// what it asks for, unless a named role waives it with a reason.
type Gate struct {
	Key     string
	Element string
	Waivers []access.Role // who may waive it; none: nobody may
}

// Gates are the hard gates. What they stop comes with the steps' records.
var Gates = []Gate{
	{"agreement.signature", "convergence.values", []access.Role{access.Legal}},
	{"project.implementation", "project.alignment", []access.Role{access.Legal, access.Finance}},
	{"finance.release", "agreement.finance", nil},
}

// Waive opens a gate of a partnership, with the reason.
func (s *Service) Waive(ctx context.Context, a access.Actor, partnership string, w Waiver) (string, error) {
	err := s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.View)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(Gates, func(g Gate) bool { return g.Key == w.Gate })
		if i < 0 {
			return errs.Missing()
		}
		j := slices.IndexFunc(Gates[i].Waivers, func(r access.Role) bool { return a.Has(r) })
		if j < 0 {
			return errs.New(errs.Forbidden, i18n.M("gate.role", "Your roles do not include the one that may waive this gate."))
		}
		var c errs.Check
		c.If(w.Reason == "", "reason", i18n.M("partnership.reason", "Say why. The reason is kept with the change."))
		tooLong(&c, "reason", w.Reason, maxText)
		c.If(w.UntilOn != "" && (!w.UntilOn.Valid() || w.UntilOn < t.Now.Day()), "until_on", i18n.M("gate.until", "Write a date after today, or leave it empty"))
		err = c.Err()
		if err != nil {
			return err
		}
		w.ID, w.Partnership, w.ByActor, w.ByRole, w.At = id.New(), p.ID, a.ID(), Gates[i].Waivers[j], t.Now
		err = insertWaiver(t, w)
		if err != nil {
			return err
		}
		err = s.note(t, a, p, changed{action: "waived", kind: "gate_waiver", record: w.ID, title: w.Gate, audience: access.AudienceHost, version: 1, after: w})
		if err != nil {
			return err
		}
		return s.MarkDirty(t, p.ID)
	})
	return w.ID, err
}

// EndWaiver closes a gate again.
func (s *Service) EndWaiver(ctx context.Context, a access.Actor, partnership, waiver string) error {
	return s.d.Write(ctx, func(t *db.Tx) error {
		p, err := hold(t, a, partnership, access.View)
		if err != nil {
			return err
		}
		all, err := waiversOf(t, partnership)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(w Waiver) bool { return w.ID == waiver })
		if i < 0 {
			return errs.Missing()
		}
		if !a.Has(all[i].ByRole) {
			return errs.New(errs.Forbidden, i18n.M("gate.role", "Your roles do not include the one that may waive this gate."))
		}
		err = setWaiverDeleted(t, partnership, waiver, t.Now)
		if err != nil {
			return err
		}
		err = s.note(t, a, p, changed{action: "deleted", kind: "gate_waiver", record: waiver, title: all[i].Gate, before: all[i]})
		if err != nil {
			return err
		}
		return s.MarkDirty(t, p.ID)
	})
}

// Waived says whether a gate is open by a waiver today.
func Waived(waivers []Waiver, gate string, today clock.Day) bool {
	return slices.ContainsFunc(waivers, func(w Waiver) bool { return w.Gate == gate && (w.UntilOn == "" || w.UntilOn >= today) })
}
