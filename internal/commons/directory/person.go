package directory

import (
	"context"
	"fmt"
	"strings"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
	"ayni/internal/kernel/id"
)

// PersonProfile is a person with the roles, the newest first.
type PersonProfile struct {
	Person
	Roles    []RoleShown
	Contacts []Contact
}

// Person is a person that was not removed. A removed one is NotFound, but for
// whom may bring it back.
func (s *Service) Person(ctx context.Context, by access.Actor, lang, person string) (PersonProfile, error) {
	var p PersonProfile
	err := mayReadPersons(by)
	if err != nil {
		return p, err
	}
	err = s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		p.Person, err = personByID(t, person, false)
		if err != nil {
			return err
		}
		if p.ErasedAt != 0 || p.DeletedAt != 0 && (!by.May(access.Create) || tooOld(p.DeletedAt, t.Now) != nil) {
			return errs.Missing()
		}
		p.Roles, err = rolesOf(t, lang, []string{person})
		if err != nil {
			return err
		}
		p.Contacts, err = contactsOf(t, person, "")
		return err
	})
	return p, err
}

// CreatePerson adds a person, with a first role where one is named.
func (s *Service) CreatePerson(ctx context.Context, by access.Actor, f PersonForm, first Role) (Person, error) {
	return write(ctx, s, by, func(t *db.Tx) (Person, error) {
		var c errs.Check
		p, err := checkPerson(f.on(Person{}))
		gather(&c, err)
		if first.wanted() {
			first, err = readyRole(t, first)
			if err != nil && !errs.Is(err, errs.Invalid) {
				return p, err
			}
			gather(&c, err)
		}
		err = s.warn(t, &c, f)
		if err != nil {
			return p, err
		}
		err = c.Err()
		if err != nil {
			return p, err
		}
		p.ID, err = s.InsertPerson(t, by, p)
		if err != nil || !first.wanted() {
			return p, err
		}
		first.Person = p.ID
		_, err = s.InsertRole(t, by, first)
		return p, err
	})
}

// warn notes that the address of a form belonged to a person who was erased.
func (s *Service) warn(t *db.Tx, c *errs.Check, f PersonForm) error {
	if s.Suppressed == nil || f.Anyway || f.Email == "" {
		return nil
	}
	known, err := s.Suppressed(t, f.Email)
	c.If(known, "anyway", i18n.M("access.suppressed", "The person with this e-mail address was erased from here. Go on only where the person has agreed to be kept again."))
	return err
}

// wanted says whether anything was said of a role.
func (r Role) wanted() bool {
	return r.Organisation != "" || strings.TrimSpace(r.Title) != "" || r.Focal || r.FromOn != "" || r.ToOn != ""
}

// gather adds the fields of an error to others.
func gather(c *errs.Check, err error) {
	if e := errs.As(err); e != nil {
		for _, f := range e.Fields {
			c.Add(f.Name, f.Msg)
		}
	}
}

// InsertPerson adds a person in the caller's transaction and returns the id;
// one that carries an id keeps it. Whether the actor may is the caller's to say.
func (s *Service) InsertPerson(t *db.Tx, by access.Actor, p Person) (string, error) {
	p, err := checkPerson(p)
	if err != nil {
		return "", err
	}
	if p.ID == "" {
		p.ID = id.New()
	}
	p.begun(t, by)
	err = insertPerson(t, p)
	if err != nil {
		return "", fmt.Errorf("person %s: %w", p.ID, err)
	}
	return p.ID, audit.Write(t, audit.Row{Actor: by.ID(), Action: "created", Kind: PersonRecord, Record: p.ID, Version: p.Version, After: p})
}

// NewPerson finds the person of an e-mail address or adds one: an account
// belongs to exactly one person.
func (s *Service) NewPerson(t *db.Tx, by access.Actor, name, email string) (string, error) {
	known, found, err := personByEmail(t, access.FoldEmail(email))
	if err != nil || found {
		return known, err
	}
	return s.InsertPerson(t, by, Person{Name: name, Email: email})
}

// UpdatePerson changes a person. Where it moved on since the form was opened
// the changes are merged; an *audit.Clash[Person] says that both changed the
// same field.
func (s *Service) UpdatePerson(ctx context.Context, by access.Actor, person string, f PersonForm) (Person, error) {
	return write(ctx, s, by, func(t *db.Tx) (Person, error) {
		now, err := presentPerson(t, person)
		if err != nil {
			return now, err
		}
		asked, err := checkPerson(f.on(now))
		if err != nil {
			return now, err
		}
		var c errs.Check
		if asked.Email != now.Email {
			err = s.warn(t, &c, f)
			if err != nil {
				return now, err
			}
		}
		err = c.Err()
		if err != nil {
			return now, err
		}
		tidy := PersonForm{Name: asked.Name, Email: asked.Email, Lang: asked.Lang, Note: asked.Note}
		p, err := audit.Reconcile(t, PersonRecord, person, f.Version, now.Version, now, tidy.on)
		if err != nil {
			return now, err
		}
		changed, err := audit.Differing(now, p)
		if err != nil || len(changed) == 0 {
			return now, err
		}
		p.moved(t, by)
		return p, s.putPerson(t, by, "updated", now, p)
	})
}

func presentPerson(t *db.Tx, person string) (Person, error) {
	p, err := personByID(t, person, true)
	if err == nil && p.DeletedAt != 0 {
		return p, errs.Missing()
	}
	return p, err
}

// putPerson writes a changed person with its audit, which has no title: a
// name is personal.
func (s *Service) putPerson(t *db.Tx, by access.Actor, action string, before, after Person) error {
	err := updatePerson(t, after)
	if err != nil {
		return fmt.Errorf("person %s: %w", after.ID, err)
	}
	row := audit.Row{Actor: by.ID(), Action: action, Kind: PersonRecord, Record: after.ID, Version: after.Version, Before: before, After: after}
	switch action {
	case "deleted":
		row.After = nil
	case "restored":
		row.Before = nil
	}
	return audit.Write(t, row)
}

// DeletePerson removes a person; it can come back for 30 days. One that
// another package holds, such as by an account, stays.
func (s *Service) DeletePerson(ctx context.Context, by access.Actor, person string) (Person, error) {
	return write(ctx, s, by, func(t *db.Tx) (Person, error) {
		now, err := presentPerson(t, person)
		if err != nil {
			return now, err
		}
		err = inUse(t, s.KeepPerson, person)
		if err != nil {
			return now, err
		}
		p := now
		p.moved(t, by)
		p.DeletedAt = t.Now
		return p, s.putPerson(t, by, "deleted", now, p)
	})
}

// RestorePerson brings back a person that was removed.
func (s *Service) RestorePerson(ctx context.Context, by access.Actor, person string) (Person, error) {
	return write(ctx, s, by, func(t *db.Tx) (Person, error) {
		now, err := personByID(t, person, true)
		if err != nil || now.DeletedAt == 0 {
			return now, err
		}
		if now.ErasedAt != 0 {
			return now, errs.Missing()
		}
		err = tooOld(now.DeletedAt, t.Now)
		if err != nil {
			return now, err
		}
		p := now
		p.moved(t, by)
		p.DeletedAt = 0
		return p, s.putPerson(t, by, "restored", now, p)
	})
}

// Persons is a page of persons with their roles.
func (s *Service) Persons(ctx context.Context, by access.Actor, f PersonFilter) (Page[ListedPerson], error) {
	var page Page[ListedPerson]
	err := mayReadPersons(by)
	if err != nil {
		return page, err
	}
	if f.Limit <= 0 {
		f.Limit = PageSize
	}
	err = s.d.Read(ctx, func(t *db.Tx) error {
		from, back, err := cursor(t, f.After, f.Before, personPlace)
		if err != nil {
			return err
		}
		rows, err := personsFrom(t, f, from, (f.Sort == ByNameDown) != back, f.Limit+1)
		if err != nil {
			return err
		}
		page = paged(rows, f.Limit, from != nil, back)
		ids := make([]string, len(page.Rows))
		at := map[string]int{}
		for i, r := range page.Rows {
			ids[i], at[r.ID] = r.ID, i
		}
		roles, err := rolesOf(t, f.Lang, ids)
		for _, r := range roles {
			p := &page.Rows[at[r.Person]]
			p.Roles = append(p.Roles, r)
		}
		return err
	})
	return page, err
}

// CountPersons counts what a filter leaves, up to CountMost.
func (s *Service) CountPersons(ctx context.Context, by access.Actor, f PersonFilter) (n int, more bool, err error) {
	err = mayReadPersons(by)
	if err != nil {
		return 0, false, err
	}
	err = s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		n, err = countPersons(t, f, CountMost+1)
		return err
	})
	return min(n, CountMost), n > CountMost, err
}

// RemovedPersons are the persons that can still come back.
func (s *Service) RemovedPersons(ctx context.Context, by access.Actor) ([]Gone, error) {
	err := mayWrite(by)
	if err != nil {
		return nil, err
	}
	return s.gone(ctx, func(t *db.Tx, since clock.Ms) ([]removed, error) { return removedPersons(t, since, 200) })
}

// trash are the tables of what can be removed, in the order in which rows are
// deleted for good, and who may still use a record of each.
func (s *Service) trash() []trashed {
	return []trashed{
		{"contact_point", nil}, {"person_role", nil}, {"organisation_member", nil}, {"organisation_standing", nil}, {"person", s.KeepPerson}, {"organisation", s.KeepOrganisation},
	}
}

type trashed struct {
	table   string
	reasons []InUse
}

// Expired lists what Purge would delete for good: removed before an instant
// and used nowhere. Each has the name of its table and its id.
func (s *Service) Expired(t *db.Tx, before clock.Ms) ([][2]string, error) {
	var out [][2]string
	for _, k := range s.trash() {
		ids, err := purgeable(t, k.table, before, purgeMost)
		if err != nil {
			return nil, err
		}
		for _, row := range ids {
			err := inUse(t, k.reasons, row)
			if errs.Is(err, errs.Conflict) {
				continue
			}
			if err != nil {
				return nil, err
			}
			out = append(out, [2]string{k.table, row})
		}
	}
	return out, nil
}

// purgeMost bounds what one night deletes of a table.
const purgeMost = 10_000

// Purge deletes for good what was removed before an instant, at least 30 days
// ago, and is used nowhere, and returns how many records.
func (s *Service) Purge(ctx context.Context, before clock.Ms) (int, error) {
	before = min(before, s.d.Clock.Now().Add(-Keep))
	total := 0
	for _, k := range s.trash() {
		n, err := s.purge(ctx, k.table, k.reasons, before)
		total += n
		if err != nil {
			return total, fmt.Errorf("purge %s: %w", k.table, err)
		}
	}
	return total, nil
}

func (s *Service) purge(ctx context.Context, table string, reasons []InUse, before clock.Ms) (int, error) {
	var ids []string
	err := s.d.Read(ctx, func(t *db.Tx) error {
		var err error
		ids, err = purgeable(t, table, before, purgeMost)
		return err
	})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, row := range ids {
		err := s.d.Write(ctx, func(t *db.Tx) error {
			err := inUse(t, reasons, row)
			if err != nil {
				return err
			}
			_, err = purge(t, table, row, before)
			return err
		})
		if errs.Is(err, errs.Conflict) {
			continue // still used: it stays until it is not
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
