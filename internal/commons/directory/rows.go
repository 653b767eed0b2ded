package directory

import (
	"context"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/audit"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/id"
)

// Standings, members and roles are rows around an organisation or a person.
// They are written alike; a table says what differs.

// table is how one kind of row is kept.
type table[T any] struct {
	record string // its name in the audit
	read   func(t *db.Tx, id string) (T, error)
	insert func(t *db.Tx, v T) error
	update func(t *db.Tx, v T) error
	id     func(v *T) *string
	meta   func(v *T) *Meta
	owner  func(from T, to *T) // gives a row the owner of another: that never changes
	title  func(t *db.Tx, v T) (string, error)
}

var standings = table[Standing]{
	record: StandingRecord, read: standingByID, insert: insertStanding, update: updateStanding,
	id: func(v *Standing) *string { return &v.ID }, meta: func(v *Standing) *Meta { return &v.Meta },
	owner: func(from Standing, to *Standing) { to.Organisation = from.Organisation },
	title: func(t *db.Tx, v Standing) (string, error) { return titleOf(t, v.Organisation) },
}

var members = table[Member]{
	record: MemberRecord, read: memberByID, insert: insertMember, update: updateMember,
	id: func(v *Member) *string { return &v.ID }, meta: func(v *Member) *Meta { return &v.Meta },
	owner: func(from Member, to *Member) { to.Organisation = from.Organisation },
	title: func(t *db.Tx, v Member) (string, error) { return titleOf(t, v.Organisation) },
}

var roles = table[Role]{
	record: RoleRecord, read: roleByID, insert: insertRole, update: updateRole,
	id: func(v *Role) *string { return &v.ID }, meta: func(v *Role) *Meta { return &v.Meta },
	owner: func(from Role, to *Role) { to.Person = from.Person },
	title: func(t *db.Tx, v Role) (string, error) { return titleOf(t, v.Organisation) },
}

// titleOf is the name of the organisation that a row is about.
func titleOf(t *db.Tx, organisation string) (string, error) {
	names, err := named(t, "", []string{organisation})
	return names[organisation], err
}

// add inserts a row; one that carries an id keeps it.
func (k table[T]) add(t *db.Tx, by access.Actor, v T) (T, error) {
	if *k.id(&v) == "" {
		*k.id(&v) = id.New()
	}
	k.meta(&v).begun(t, by)
	title, err := k.title(t, v)
	if err != nil {
		return v, err
	}
	err = k.insert(t, v)
	if err != nil {
		return v, err
	}
	return v, audit.Write(t, audit.Row{Actor: by.ID(), Action: "created", Kind: k.record, Record: *k.id(&v), Title: title, Version: 1, After: v})
}

// present reads a row to change it; NotFound when it was removed.
func (k table[T]) present(t *db.Tx, id string) (T, error) {
	v, err := k.read(t, id)
	if err == nil && k.meta(&v).DeletedAt != 0 {
		return v, errs.Missing()
	}
	return v, err
}

// change puts what a form asks for over a row; its Meta says with which
// version the form was opened.
func (k table[T]) change(t *db.Tx, by access.Actor, asked T) (T, error) {
	key := *k.id(&asked)
	now, err := k.present(t, key)
	if err != nil {
		return now, err
	}
	present := *k.meta(&now)
	v, err := audit.Reconcile(t, k.record, key, k.meta(&asked).Version, present.Version, now, func(on T) T {
		out := asked
		*k.meta(&out) = *k.meta(&on)
		k.owner(on, &out)
		return out
	})
	if err != nil {
		return now, err
	}
	*k.id(&v), *k.meta(&v) = key, present
	k.owner(now, &v)
	changed, err := audit.Differing(now, v)
	if err != nil || len(changed) == 0 {
		return now, err
	}
	k.meta(&v).moved(t, by)
	return v, k.put(t, by, "updated", now, v)
}

// put writes a changed row with its audit.
func (k table[T]) put(t *db.Tx, by access.Actor, action string, before, after T) error {
	title, err := k.title(t, after)
	if err != nil {
		return err
	}
	err = k.update(t, after)
	if err != nil {
		return err
	}
	row := audit.Row{Actor: by.ID(), Action: action, Kind: k.record, Record: *k.id(&after), Title: title, Version: k.meta(&after).Version, Before: before, After: after}
	switch action {
	case "deleted":
		row.After = nil
	case "restored":
		row.Before = nil
	}
	return audit.Write(t, row)
}

// remove takes a row away; it can come back for 30 days.
func (k table[T]) remove(t *db.Tx, by access.Actor, id string) (T, error) {
	now, err := k.present(t, id)
	if err != nil {
		return now, err
	}
	v := now
	k.meta(&v).moved(t, by)
	k.meta(&v).DeletedAt = t.Now
	return v, k.put(t, by, "deleted", now, v)
}

// restore brings a row back; one that is there stays as it is.
func (k table[T]) restore(t *db.Tx, by access.Actor, id string) (T, error) {
	now, err := k.read(t, id)
	if err != nil || k.meta(&now).DeletedAt == 0 {
		return now, err
	}
	err = tooOld(k.meta(&now).DeletedAt, t.Now)
	if err != nil {
		return now, err
	}
	v := now
	k.meta(&v).moved(t, by)
	k.meta(&v).DeletedAt = 0
	return v, k.put(t, by, "restored", now, v)
}

// write runs one change of a row.
func write[T any](ctx context.Context, s *Service, by access.Actor, fn func(t *db.Tx) (T, error)) (T, error) {
	var v T
	err := mayWrite(by)
	if err != nil {
		return v, err
	}
	err = s.d.Write(ctx, func(t *db.Tx) error {
		var err error
		v, err = fn(t)
		return err
	})
	return v, err
}

// SaveStanding adds a standing, or changes the one whose id it carries: then
// its Version is that of the form.
func (s *Service) SaveStanding(ctx context.Context, by access.Actor, v Standing) (Standing, error) {
	return write(ctx, s, by, func(t *db.Tx) (Standing, error) {
		if v.ID == "" {
			return s.InsertStanding(t, by, v)
		}
		asked, err := checkStanding(v, s.ref.Has)
		if err != nil {
			return asked, err
		}
		return standings.change(t, by, asked)
	})
}

// InsertStanding adds a standing in the caller's transaction. Whether the
// actor may is the caller's to say.
func (s *Service) InsertStanding(t *db.Tx, by access.Actor, v Standing) (Standing, error) {
	v, err := checkStanding(v, s.ref.Has)
	if err != nil {
		return v, err
	}
	err = mustBeThere(t, v.Organisation)
	if err != nil {
		return v, err
	}
	return standings.add(t, by, v)
}

// mustBeThere is NotFound for an organisation that is not there.
func mustBeThere(t *db.Tx, organisation string) error {
	ok, err := there(t, organisation)
	if err == nil && !ok {
		return errs.Missing()
	}
	return err
}

// DeleteStanding removes a standing; it can come back for 30 days.
func (s *Service) DeleteStanding(ctx context.Context, by access.Actor, id string) (Standing, error) {
	return write(ctx, s, by, func(t *db.Tx) (Standing, error) { return standings.remove(t, by, id) })
}

// RestoreStanding brings a standing back.
func (s *Service) RestoreStanding(ctx context.Context, by access.Actor, id string) (Standing, error) {
	return write(ctx, s, by, func(t *db.Tx) (Standing, error) { return standings.restore(t, by, id) })
}

// SaveMember adds a member of a network, or changes the one whose id it carries.
func (s *Service) SaveMember(ctx context.Context, by access.Actor, v Member) (Member, error) {
	return write(ctx, s, by, func(t *db.Tx) (Member, error) {
		if v.ID == "" {
			return s.InsertMember(t, by, v)
		}
		asked, err := s.readyMember(t, v)
		if err != nil {
			return asked, err
		}
		return members.change(t, by, asked)
	})
}

// readyMember tidies and checks a member.
func (s *Service) readyMember(t *db.Tx, v Member) (Member, error) {
	v, err := checkMember(v, s.ref.Has)
	if err != nil || v.Body == "" {
		return v, err
	}
	return v, mayName(t, "member", v.Body)
}

// InsertMember adds a member in the caller's transaction. Whether the actor
// may is the caller's to say.
func (s *Service) InsertMember(t *db.Tx, by access.Actor, v Member) (Member, error) {
	v, err := s.readyMember(t, v)
	if err != nil {
		return v, err
	}
	err = mustBeThere(t, v.Organisation)
	if err != nil {
		return v, err
	}
	return members.add(t, by, v)
}

// DeleteMember removes a member; it can come back for 30 days.
func (s *Service) DeleteMember(ctx context.Context, by access.Actor, id string) (Member, error) {
	return write(ctx, s, by, func(t *db.Tx) (Member, error) { return members.remove(t, by, id) })
}

// RestoreMember brings a member back.
func (s *Service) RestoreMember(ctx context.Context, by access.Actor, id string) (Member, error) {
	return write(ctx, s, by, func(t *db.Tx) (Member, error) { return members.restore(t, by, id) })
}

// SaveRole adds a role of a person, or changes the one whose id it carries.
func (s *Service) SaveRole(ctx context.Context, by access.Actor, v Role) (Role, error) {
	return write(ctx, s, by, func(t *db.Tx) (Role, error) {
		if v.ID == "" {
			return s.InsertRole(t, by, v)
		}
		asked, err := readyRole(t, v)
		if err != nil {
			return asked, err
		}
		return roles.change(t, by, asked)
	})
}

// readyRole tidies and checks a role.
func readyRole(t *db.Tx, v Role) (Role, error) {
	v, err := checkRole(v)
	if err != nil {
		return v, err
	}
	return v, mayName(t, "organisation", v.Organisation)
}

// mayName is the error of a field that names an organisation which is not there.
func mayName(t *db.Tx, field, organisation string) error {
	var c errs.Check
	ok, err := there(t, organisation)
	if err != nil {
		return err
	}
	c.If(!ok, field, goneOrganisation)
	return c.Err()
}

// InsertRole adds a role in the caller's transaction. Whether the actor may is
// the caller's to say.
func (s *Service) InsertRole(t *db.Tx, by access.Actor, v Role) (Role, error) {
	v, err := readyRole(t, v)
	if err != nil {
		return v, err
	}
	p, err := personByID(t, v.Person, false)
	if err == nil && p.DeletedAt != 0 {
		err = errs.Missing()
	}
	if err != nil {
		return v, err
	}
	return roles.add(t, by, v)
}

// DeleteRole removes a role; it can come back for 30 days.
func (s *Service) DeleteRole(ctx context.Context, by access.Actor, id string) (Role, error) {
	return write(ctx, s, by, func(t *db.Tx) (Role, error) { return roles.remove(t, by, id) })
}

// RestoreRole brings a role back.
func (s *Service) RestoreRole(ctx context.Context, by access.Actor, id string) (Role, error) {
	return write(ctx, s, by, func(t *db.Tx) (Role, error) { return roles.restore(t, by, id) })
}
