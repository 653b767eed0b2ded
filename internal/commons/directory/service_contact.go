package directory

import (
	"context"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/errs"
	"ayni/internal/kernel/i18n"
)

var contacts = table[Contact]{
	record: ContactRecord, read: contactByID, insert: insertContact, update: updateContact,
	id: func(v *Contact) *string { return &v.ID }, meta: func(v *Contact) *Meta { return &v.Meta },
	owner: func(from Contact, to *Contact) {
		to.Person, to.Organisation, to.WithdrawnOn = from.Person, from.Organisation, from.WithdrawnOn
	},
	// Of a person it has no title: who it is, is personal.
	title: func(t *db.Tx, v Contact) (string, error) { return titleOf(t, v.Organisation) },
}

// MailAddress is where a person is written to by e-mail for a purpose (a code
// of PurposeList), and in which language (empty: not stated). It is not ok
// where the person was removed or has no address that may be used: consent
// was withdrawn, its time is over, or what was sent there came back.
func MailAddress(t *db.Tx, person, purpose string) (address, lang string, ok bool, err error) {
	p, found, err := personMaybe(t, person)
	if err != nil || !found || p.DeletedAt != 0 {
		return "", "", false, err
	}
	list, err := contactsOf(t, person, "")
	if err != nil {
		return "", "", false, err
	}
	address, lang = mailAddress(p, list, purpose, t.Now.Day())
	return address, lang, address != "", nil
}

// NoteBounce notes that what was sent to an e-mail address came back. The
// contact points with the address are marked; a person whose main address it
// is gets one that says so. by is who found out.
func (s *Service) NoteBounce(t *db.Tx, by access.Actor, person, address string) error {
	address = access.FoldEmail(address)
	list, err := contactsOf(t, person, "")
	if err != nil {
		return err
	}
	marked := false
	for _, v := range list {
		if v.Kind != ByMail || v.Value != address {
			continue
		}
		marked = true
		if v.BouncedOn != "" {
			continue
		}
		asked := v
		asked.BouncedOn = t.Now.Day()
		_, err := contacts.change(t, by, asked)
		if err != nil {
			return err
		}
	}
	p, found, err := personMaybe(t, person)
	if err != nil || marked || !found || p.DeletedAt != 0 || p.Email != address {
		return err
	}
	_, err = contacts.add(t, by, Contact{Person: person, Kind: ByMail, Value: address, Basis: OnFunction, BouncedOn: t.Now.Day()})
	return err
}

// SaveContact adds a contact point, or changes the one whose id it carries:
// then its Version is that of the form. Withdrawal has its own operation.
func (s *Service) SaveContact(ctx context.Context, by access.Actor, v Contact) (Contact, error) {
	return write(ctx, s, by, func(t *db.Tx) (Contact, error) {
		if v.ID == "" {
			return s.InsertContact(t, by, v)
		}
		asked, err := checkContact(v, t.Now.Day(), s.ref.Has)
		if err != nil {
			return asked, err
		}
		now, err := contacts.present(t, v.ID)
		if err != nil {
			return asked, err
		}
		asked.Person, asked.Organisation = now.Person, now.Organisation
		err = contactFree(t, asked)
		if err != nil {
			return asked, err
		}
		return contacts.change(t, by, asked)
	})
}

// InsertContact adds a contact point in the caller's transaction. Whether the
// actor may is the caller's to say.
func (s *Service) InsertContact(t *db.Tx, by access.Actor, v Contact) (Contact, error) {
	v, err := checkContact(v, t.Now.Day(), s.ref.Has)
	if err != nil {
		return v, err
	}
	v.WithdrawnOn = ""
	if v.Person != "" {
		v.Organisation = ""
		_, err = presentPerson(t, v.Person)
	} else {
		err = mustBeThere(t, v.Organisation)
	}
	if err != nil {
		return v, err
	}
	err = contactFree(t, v)
	if err != nil {
		return v, err
	}
	return contacts.add(t, by, v)
}

// RenewContact records a contact point that its owner gave anew. One with the
// same address that serves stays as it is; one that was withdrawn, or came
// back, makes room for it.
func (s *Service) RenewContact(t *db.Tx, by access.Actor, v Contact) error {
	v, err := checkContact(v, t.Now.Day(), s.ref.Has)
	if err != nil {
		return err
	}
	list, err := contactsOf(t, v.Person, v.Organisation)
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.Kind != v.Kind || o.Value != v.Value {
			continue
		}
		if o.WithdrawnOn == "" && o.BouncedOn == "" {
			return nil
		}
		_, err := contacts.remove(t, by, o.ID)
		if err != nil {
			return err
		}
	}
	_, err = s.InsertContact(t, by, v)
	return err
}

// contactFree says that an owner has a contact point with the same address.
func contactFree(t *db.Tx, v Contact) error {
	list, err := contactsOf(t, v.Person, v.Organisation)
	if err != nil {
		return err
	}
	var c errs.Check
	for _, o := range list {
		c.If(o.ID != v.ID && o.Kind == v.Kind && o.Value == v.Value && !c.Has("value"), "value",
			i18n.M("directory.contact.twice", "This is recorded already. Change the contact point that is there"))
	}
	return c.Err()
}

// DeleteContact removes a contact point; it can come back for 30 days.
func (s *Service) DeleteContact(ctx context.Context, by access.Actor, id string) (Contact, error) {
	return write(ctx, s, by, func(t *db.Tx) (Contact, error) { return contacts.remove(t, by, id) })
}

// RestoreContact brings a contact point back.
func (s *Service) RestoreContact(ctx context.Context, by access.Actor, id string) (Contact, error) {
	return write(ctx, s, by, func(t *db.Tx) (Contact, error) { return contacts.restore(t, by, id) })
}

// WithdrawContact notes that consent was withdrawn today: from now on the
// contact point is used for nothing.
func (s *Service) WithdrawContact(ctx context.Context, by access.Actor, id string) (Contact, error) {
	return s.setWithdrawn(ctx, by, id, "withdrawn", func(was, today clock.Day) (clock.Day, error) {
		if was != "" {
			return was, nil
		}
		return today, nil
	})
}

// AllowContact undoes a withdrawal that was noted by mistake, for as long as
// what was removed can come back. Consent that is given anew later is a new
// fact: a contact point of its own.
func (s *Service) AllowContact(ctx context.Context, by access.Actor, id string) (Contact, error) {
	return s.setWithdrawn(ctx, by, id, "withdrawal-undone", func(was, today clock.Day) (clock.Day, error) {
		if was != "" && was.AddDays(int(Keep.Hours()/24)) < today {
			return was, errs.New(errs.Conflict, i18n.M("directory.contact.late",
				"This was withdrawn more than 30 days ago. Where consent was given anew, remove this contact point and add another with the new consent."))
		}
		return "", nil
	})
}

func (s *Service) setWithdrawn(ctx context.Context, by access.Actor, id, action string, set func(was, today clock.Day) (clock.Day, error)) (Contact, error) {
	return write(ctx, s, by, func(t *db.Tx) (Contact, error) {
		now, err := contacts.present(t, id)
		if err != nil {
			return now, err
		}
		v := now
		v.WithdrawnOn, err = set(now.WithdrawnOn, t.Now.Day())
		if err != nil || v.WithdrawnOn == now.WithdrawnOn {
			return now, err
		}
		v.moved(t, by)
		return v, contacts.put(t, by, action, now, v)
	})
}
