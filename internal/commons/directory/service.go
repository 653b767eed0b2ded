package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ayni/internal/commons/refdata"
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
	"ayni/internal/kernel/search"
)

// Keep is how long what was removed can come back.
const Keep = 30 * 24 * time.Hour

// InUse says why a record must stay, or nothing (the zero message).
type InUse func(t *db.Tx, id string) (i18n.Msg, error)

// Service keeps organisations and persons.
type Service struct {
	d   *db.DB
	ref *refdata.Service

	// Suppressed says whether an e-mail address belonged to a person who was
	// erased; nil knows of none.
	Suppressed func(t *db.Tx, email string) (bool, error)

	// What other packages hold: asked before a record is removed.
	KeepOrganisation []InUse
	KeepPerson       []InUse
}

// New makes the service.
func New(d *db.DB, ref *refdata.Service) *Service { return &Service{d: d, ref: ref} }

// mayWrite refuses an actor who may not write organisations and persons.
func mayWrite(by access.Actor) error {
	if !by.May(access.Create) {
		return &errs.Error{Kind: errs.Forbidden}
	}
	return nil
}

// mayReadPersons refuses an actor who may not read persons.
func mayReadPersons(by access.Actor) error {
	if !by.May(access.StaffOnly) {
		return &errs.Error{Kind: errs.Forbidden}
	}
	return nil
}

// begun sets the columns of a new row.
func (m *Meta) begun(t *db.Tx, by access.Actor) {
	*m = Meta{Version: 1, CreatedAt: t.Now, CreatedBy: by.ID(), UpdatedAt: t.Now, UpdatedBy: by.ID()}
}

// moved sets the columns of a changed row.
func (m *Meta) moved(t *db.Tx, by access.Actor) {
	m.Version++
	m.UpdatedAt, m.UpdatedBy = t.Now, by.ID()
}

// Organisation is an organisation that was not removed. NotFound otherwise.
func (s *Service) Organisation(ctx context.Context, organisation string) (Organisation, error) {
	var o Organisation
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		o, err = organisationByID(t, organisation, false)
		if err == nil && o.DeletedAt != 0 {
			return errs.Missing()
		}
		return err
	})
	return o, err
}

// Names are the names of organisations by id, in a language; those that were
// removed are among them.
func (s *Service) Names(t *db.Tx, lang string, ids []string) (map[string]string, error) {
	return named(t, lang, ids)
}

// CreateOrganisation adds an organisation.
func (s *Service) CreateOrganisation(ctx context.Context, by access.Actor, f OrganisationForm) (Organisation, error) {
	var o Organisation
	err := mayWrite(by)
	if err != nil {
		return o, err
	}
	err = s.d.Write(ctx, func(t *db.Tx) error {
		o = f.on(Organisation{})
		id, err := s.InsertOrganisation(t, by, o)
		if err != nil {
			return err
		}
		o, err = organisationByID(t, id, false)
		return err
	})
	return o, err
}

// InsertOrganisation adds an organisation in the caller's transaction and
// returns its id; one that carries an id keeps it. Whether the actor may is the
// caller's to say.
func (s *Service) InsertOrganisation(t *db.Tx, by access.Actor, o Organisation) (string, error) {
	o, err := s.readyOrganisation(t, o)
	if err != nil {
		return "", err
	}
	if o.ID == "" {
		o.ID = id.New()
	}
	o.begun(t, by)
	err = identifiersFree(t, o)
	if err != nil {
		return "", err
	}
	err = s.mayBePart(t, o.ID, o.Parent)
	if err != nil {
		return "", err
	}
	err = insertOrganisation(t, o)
	if err != nil {
		return "", fmt.Errorf("organisation %s: %w", o.ID, err)
	}
	return o.ID, audit.Write(t, audit.Row{Actor: by.ID(), Action: "created", Kind: OrganisationRecord, Record: o.ID, Title: o.Name, Version: o.Version, After: o})
}

// readyOrganisation tidies and checks what stands in an organisation itself.
func (s *Service) readyOrganisation(t *db.Tx, o Organisation) (Organisation, error) {
	o, err := checkOrganisation(o, s.ref.Has)
	if err != nil {
		return o, err
	}
	kind, _ := s.ref.Get(KindList, o.Kind)
	o.Constituent = Constituent(kind.Attr("constituent"))
	return o, nil
}

// identifiersFree says which identifier another organisation has.
func identifiersFree(t *db.Tx, o Organisation) error {
	var c errs.Check
	for _, i := range o.Identifiers {
		owner, found, err := identifierOwner(t, i)
		if err != nil {
			return err
		}
		c.If(found && owner.ID != o.ID && !c.Has("identifiers"), "identifiers", i18n.M("directory.identifier.taken", "{identifier} belongs to {name}", i18n.A{"identifier": i.Scheme + " " + i.Value, "name": owner.Name}))
	}
	return c.Err()
}

// goneOrganisation is what is wrong with a field that names nothing.
var goneOrganisation = i18n.M("directory.gone", "There is no such organisation, or it was removed")

// mayBePart says why an organisation can't be a part of another.
func (s *Service) mayBePart(t *db.Tx, organisation, parent string) error {
	if parent == "" {
		return nil
	}
	var c errs.Check
	ok, err := there(t, parent)
	if err != nil {
		return err
	}
	if c.If(!ok, "parent", goneOrganisation) {
		return c.Err()
	}
	for at, depth := parent, 1; at != ""; depth++ {
		if c.If(at == organisation, "parent", i18n.M("directory.parent.ring", "This organisation is above that one in the tree: it can’t be a part of its own part")) {
			return c.Err()
		}
		if c.If(depth > maxDepth, "parent", i18n.M("directory.parent.deep", "The tree would have more than {n} levels", i18n.A{"n": maxDepth})) {
			return c.Err()
		}
		at, err = parentOf(t, at)
		if err != nil {
			return err
		}
	}
	return nil
}

// UpdateOrganisation changes an organisation. Where it moved on since the form
// was opened the changes are merged; an *audit.Clash[Organisation] says that
// both changed the same field.
func (s *Service) UpdateOrganisation(ctx context.Context, by access.Actor, organisation string, f OrganisationForm) (Organisation, error) {
	var o Organisation
	err := mayWrite(by)
	if err != nil {
		return o, err
	}
	err = s.d.Write(ctx, func(t *db.Tx) error {
		now, err := presentOrganisation(t, organisation)
		if err != nil {
			return err
		}
		// Tidied before it is compared, so that a blank is no change.
		asked, err := s.readyOrganisation(t, f.on(now))
		if err != nil {
			return err
		}
		f.take(asked)
		o, err = audit.Reconcile(t, OrganisationRecord, organisation, f.Version, now.Version, now, f.on)
		if err != nil {
			return err
		}
		o, err = s.readyOrganisation(t, o)
		if err != nil {
			return err
		}
		changed, err := audit.Differing(now, o)
		if err != nil || len(changed) == 0 {
			return err
		}
		if slices.Contains(changed, "parent") {
			err = s.mayBePart(t, organisation, o.Parent)
			if err != nil {
				return err
			}
		}
		err = identifiersFree(t, o)
		if err != nil {
			return err
		}
		o.moved(t, by)
		err = updateOrganisation(t, now, o)
		if err != nil {
			return fmt.Errorf("organisation %s: %w", organisation, err)
		}
		return audit.Write(t, audit.Row{Actor: by.ID(), Action: "updated", Kind: OrganisationRecord, Record: o.ID, Title: o.Name, Version: o.Version, Before: now, After: o})
	})
	return o, err
}

// take gives the form the tidied values.
func (f *OrganisationForm) take(o Organisation) {
	f.Name, f.NameFR, f.NameES, f.Acronym = o.Name, o.NameFR, o.NameES, o.Acronym
	f.Kind, f.Country, f.Parent, f.Website, f.Note = o.Kind, o.Country, o.Parent, o.Website, o.Note
	f.Source, f.SourcePlace = o.Source, o.SourcePlace
	f.Aliases, f.Identifiers = o.Aliases, o.Identifiers
}

// presentOrganisation reads an organisation to change it; NotFound when it was removed.
func presentOrganisation(t *db.Tx, organisation string) (Organisation, error) {
	o, err := organisationByID(t, organisation, true)
	if err == nil && o.DeletedAt != 0 {
		return o, errs.Missing()
	}
	return o, err
}

// DeleteOrganisation removes an organisation; it can come back for 30 days.
// One that has parts or is used elsewhere stays.
func (s *Service) DeleteOrganisation(ctx context.Context, by access.Actor, organisation string) (Organisation, error) {
	var before Organisation
	err := mayWrite(by)
	if err != nil {
		return before, err
	}
	err = s.d.Write(ctx, func(t *db.Tx) error {
		var err error
		before, err = presentOrganisation(t, organisation)
		if err != nil {
			return err
		}
		parts, err := countParts(t, []string{organisation})
		if err != nil {
			return err
		}
		if n := parts[organisation]; n > 0 {
			return errs.New(errs.Conflict, i18n.MN("directory.parts.keep", n, "{n} organisation is a part of this one. Move or remove it first.", "{n} organisations are parts of this one. Move or remove them first."))
		}
		err = inUse(t, s.KeepOrganisation, organisation)
		if err != nil {
			return err
		}
		o := before
		o.moved(t, by)
		o.DeletedAt = t.Now
		err = markOrganisation(t, o)
		if err != nil {
			return err
		}
		return audit.Write(t, audit.Row{Actor: by.ID(), Action: "deleted", Kind: OrganisationRecord, Record: o.ID, Title: o.Name, Version: o.Version, Before: before})
	})
	return before, err
}

func inUse(t *db.Tx, reasons []InUse, id string) error {
	for _, reason := range reasons {
		m, err := reason(t, id)
		if err != nil {
			return err
		}
		if !m.Zero() {
			return errs.New(errs.Conflict, m)
		}
	}
	return nil
}

// tooOld is the refusal of what was removed too long ago.
func tooOld(removed, now clock.Ms) error {
	if removed.Add(Keep) < now {
		return errs.New(errs.Conflict, i18n.M("directory.restore.late", "This was removed more than 30 days ago and can’t come back."))
	}
	return nil
}

// RestoreOrganisation brings back an organisation that was removed; one that
// is there stays as it is.
func (s *Service) RestoreOrganisation(ctx context.Context, by access.Actor, organisation string) (Organisation, error) {
	var o Organisation
	err := mayWrite(by)
	if err != nil {
		return o, err
	}
	err = s.d.Write(ctx, func(t *db.Tx) error {
		var err error
		o, err = organisationByID(t, organisation, true)
		if err != nil || o.DeletedAt == 0 {
			return err
		}
		err = tooOld(o.DeletedAt, t.Now)
		if err != nil {
			return err
		}
		err = s.placeFree(t, o)
		if err != nil {
			return err
		}
		o.moved(t, by)
		o.DeletedAt = 0
		err = markOrganisation(t, o)
		if err != nil {
			return err
		}
		return audit.Write(t, audit.Row{Actor: by.ID(), Action: "restored", Kind: OrganisationRecord, Record: o.ID, Title: o.Name, Version: o.Version, After: o})
	})
	return o, err
}

// placeFree says why an organisation can't come back: its whole is gone, or
// another took its identifier. It is no form, so the words say it.
func (s *Service) placeFree(t *db.Tx, o Organisation) error {
	err := s.mayBePart(t, o.ID, o.Parent)
	if err == nil {
		err = identifiersFree(t, o)
	}
	if e := errs.As(err); e != nil && e.Kind == errs.Invalid && len(e.Fields) > 0 {
		return errs.New(errs.Conflict, i18n.M("directory.restore.not", "It can’t come back as it was. {reason}.", i18n.A{"reason": e.Fields[0].Msg}))
	}
	return err
}

// Find are organisations of which a name, an alias or the acronym has words
// that begin with those of the text; names that begin with it come first.
func (s *Service) Find(ctx context.Context, lang, text string, limit int) ([]Found, error) {
	folded := search.Fold(text)
	if folded == "" {
		return []Found{}, nil
	}
	var out []Found
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		out, err = startingWith(t, lang, folded, limit)
		if err != nil || len(out) >= limit {
			return err
		}
		more, err := withWord(t, lang, folded, limit)
		if err != nil {
			return err
		}
		for _, f := range more {
			if len(out) < limit && !slices.ContainsFunc(out, func(o Found) bool { return o.ID == f.ID }) {
				out = append(out, f)
			}
		}
		return nil
	})
	return out, err
}

// List is a page of organisations.
func (s *Service) List(ctx context.Context, f Filter) (Page[Listed], error) {
	var page Page[Listed]
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		page, err = s.list(t, f)
		return err
	})
	return page, err
}

// Count counts what a filter leaves, up to CountMost; more says that there are
// more.
func (s *Service) Count(ctx context.Context, f Filter) (n int, more bool, err error) {
	err = s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		n, err = countOrganisations(t, f, CountMost+1)
		return err
	})
	return min(n, CountMost), n > CountMost, err
}

func (s *Service) list(t *db.Tx, f Filter) (Page[Listed], error) {
	if f.Limit <= 0 {
		f.Limit = PageSize
	}
	down := strings.HasPrefix(string(f.Sort), "-")
	from, back, err := cursor(t, f.After, f.Before, placeOf)
	if err != nil {
		return Page[Listed]{}, err
	}
	fetch := func(limit int) ([]Listed, error) { return organisationsFrom(t, f, from, down != back, limit) }
	if f.Country == "" && (f.Sort == ByCountry || f.Sort == ByCountryDown) {
		fetch = func(limit int) ([]Listed, error) { return s.byCountry(t, f, from, down, back, limit) }
	}
	rows, err := fetch(f.Limit + 1)
	if err != nil {
		return Page[Listed]{}, err
	}
	return paged(rows, f.Limit, from != nil, back), nil
}

// cursor finds where a page begins: after a row, or before it (back). A row
// that is no longer there means the first page.
func cursor(t *db.Tx, after, before string, find func(*db.Tx, string) (place, bool, error)) (from *place, back bool, err error) {
	row := after
	if row == "" {
		row, back = before, before != ""
	}
	if row == "" {
		return nil, false, nil
	}
	p, ok, err := find(t, row)
	if err != nil || !ok {
		return nil, false, err
	}
	return &p, back, nil
}

// paged makes a page of one row too many.
func paged[T any](rows []T, limit int, begun, back bool) Page[T] {
	over := len(rows) > limit
	if over {
		rows = rows[:limit]
	}
	if back {
		slices.Reverse(rows)
		return Page[T]{Rows: rows, Prev: over, Next: true}
	}
	return Page[T]{Rows: rows, Prev: begun, Next: over}
}

// byCountry walks the countries in the order of their names and takes the
// organisations of each by name: no sorting of the whole list.
func (s *Service) byCountry(t *db.Tx, f Filter, from *place, down, back bool, limit int) ([]Listed, error) {
	if f.Text != "" {
		rows, few, err := s.fewByCountry(t, f, from, down != back, limit)
		if err != nil || few {
			return rows, err
		}
	}
	present, err := countriesPresent(t)
	if err != nil {
		return nil, err
	}
	order := s.countryOrder(present, f.Lang)
	if down != back {
		slices.Reverse(order)
	}
	begin := 0
	if from != nil {
		begin = max(0, slices.Index(order, from.Country))
	}
	rows := []Listed{}
	for _, country := range order[begin:] {
		part := f
		part.Country, part.nowhere = country, country == ""
		some, err := organisationsFrom(t, part, from, down != back, limit-len(rows))
		if err != nil {
			return nil, err
		}
		rows = append(rows, some...)
		if len(rows) >= limit {
			break
		}
		from = nil // the place counts in its own country alone
	}
	return rows, nil
}

// fewMost is up to how many organisations are sorted by country here.
const fewMost = 2000

// fewByCountry is byCountry for a word that few organisations have: walking
// all countries would look at every organisation of each. It sorts the few
// that there are; false says that they are many, which the walk finds soon.
func (s *Service) fewByCountry(t *db.Tx, f Filter, from *place, down bool, limit int) ([]Listed, bool, error) {
	all, err := placesOf(t, f, fewMost+1)
	if err != nil || len(all) > fewMost {
		return nil, false, err
	}
	rank := s.countryRank(f.Lang)
	compare := func(a, b place) int {
		c := cmp.Or(cmp.Compare(rank[a.Country], rank[b.Country]), strings.Compare(a.Folded, b.Folded), strings.Compare(a.ID, b.ID))
		if down {
			return -c
		}
		return c
	}
	slices.SortFunc(all, compare)
	if from != nil {
		all = slices.DeleteFunc(all, func(p place) bool { return compare(p, *from) <= 0 })
	}
	ids := []string{}
	for _, p := range all[:min(limit, len(all))] {
		ids = append(ids, p.ID)
	}
	rows, err := listedByID(t, f.Lang, ids)
	return rows, true, err
}

// countryRank is the place of each country in the order of names; the missing
// one comes last.
func (s *Service) countryRank(lang string) map[string]int {
	rank := map[string]int{"": 1 << 20}
	for i, c := range s.ref.ByName(CountryList, lang) {
		rank[c.Code] = i
	}
	return rank
}

// countryOrder sorts countries by name in a language; the missing one is last.
func (s *Service) countryOrder(present []string, lang string) []string {
	rank := s.countryRank(lang)
	slices.SortStableFunc(present, func(a, b string) int { return rank[a] - rank[b] })
	return present
}

// Removed are the organisations that can still come back, the last removed first.
func (s *Service) Removed(ctx context.Context, by access.Actor, lang string) ([]Gone, error) {
	err := mayWrite(by)
	if err != nil {
		return nil, err
	}
	return s.gone(ctx, func(t *db.Tx, since clock.Ms) ([]removed, error) { return removedSince(t, lang, since, 200) })
}

// Gone is a record that can still come back.
type Gone struct {
	ID   string
	Name string
	At   clock.Ms
}

func (s *Service) gone(ctx context.Context, read func(*db.Tx, clock.Ms) ([]removed, error)) ([]Gone, error) {
	out := []Gone{}
	err := s.d.Read(ctx, func(t *db.Tx) error {
		rows, err := read(t, t.Now.Add(-Keep))
		for _, r := range rows {
			out = append(out, Gone{ID: r.ID, Name: r.Name, At: r.DeletedAt})
		}
		return err
	})
	return out, err
}

// Profile is an organisation with what stands around it.
type Profile struct {
	Organisation
	Wholes      []Found // what it is a part of, the nearest first
	Parts       []Found // at most shown
	PartCount   int
	PartsOf     map[string]int // how many parts a part has
	Standings   []Standing
	Members     []MemberShown
	Memberships []MemberShown
	Persons     []RoleShown // nil where the reader may not see them
	Contacts    []Contact   // nil where the reader may not see them
}

// shown bounds what a page shows of one kind of row.
const shown = 200

// Profile is an organisation with what stands around it, as far as the actor
// may see it. One that was removed is NotFound, but for whom may bring it back.
func (s *Service) Profile(ctx context.Context, by access.Actor, lang, organisation string) (Profile, error) {
	var p Profile
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		p = Profile{}
		p.Organisation, err = organisationByID(t, organisation, false)
		if err != nil {
			return err
		}
		if p.DeletedAt != 0 && (!by.May(access.Create) || tooOld(p.DeletedAt, t.Now) != nil) {
			return errs.Missing()
		}
		if !by.Staff() {
			p.Note = ""
		}
		return s.fillProfile(t, by, lang, &p)
	})
	return p, err
}

func (s *Service) fillProfile(t *db.Tx, by access.Actor, lang string, p *Profile) error {
	var err error
	p.Wholes, err = wholesOf(t, lang, p.ID)
	if err != nil {
		return err
	}
	p.Parts, err = partsOf(t, lang, p.ID, shown)
	if err != nil {
		return err
	}
	ids := []string{p.ID}
	for _, c := range p.Parts {
		ids = append(ids, c.ID)
	}
	p.PartsOf, err = countParts(t, ids)
	if err != nil {
		return err
	}
	p.PartCount = p.PartsOf[p.ID]
	p.Standings, err = standingsOf(t, p.ID)
	if err != nil {
		return err
	}
	p.Members, err = membersOf(t, lang, p.ID, shown)
	if err != nil {
		return err
	}
	p.Memberships, err = membershipsOf(t, lang, p.ID, shown)
	if err != nil || !(by.Staff() || by.Organisation == p.ID) {
		return err
	}
	p.Contacts, err = contactsOf(t, "", p.ID)
	if err != nil {
		return err
	}
	p.Persons, err = rolesIn(t, p.ID, shown)
	for i := range p.Persons {
		if !by.Staff() {
			p.Persons[i].PersonEmail = ""
		}
	}
	return err
}

// Export calls give for every organisation of a list, in its order. It reads
// page by page, so that no reader is held while the file is made.
func (s *Service) Export(ctx context.Context, by access.Actor, f Filter, give func(Organisation)) error {
	f.Limit, f.After, f.Before = 1000, "", ""
	for {
		var page Page[Listed]
		full := []Organisation{}
		err := s.d.Read(ctx, func(t *db.Tx) error {
			var err error
			page, err = s.list(t, f)
			if err != nil || len(page.Rows) == 0 {
				return err
			}
			ids := make([]string, len(page.Rows))
			for i, r := range page.Rows {
				ids[i] = r.ID
			}
			full, err = organisationsByID(t, ids)
			return err
		})
		if err != nil {
			return err
		}
		for _, o := range full {
			if !by.Staff() {
				o.Note = ""
			}
			give(o)
		}
		if !page.Next {
			return nil
		}
		f.After = page.Rows[len(page.Rows)-1].ID
	}
}
