package directory

import (
	"ayni/internal/kernel/db"
)

const contactColumns = `c.id, c.person, c.organisation, c.kind, c.value, c.purposes, c.basis, c.basis_on, c.basis_note, c.withdrawn_on, c.bounced_on,
	c.from_on, c.to_on, c.preferred, c.lang, c.version, c.created_at, c.created_by, c.updated_at, c.updated_by, c.deleted_at`

func contactByID(t *db.Tx, id string) (Contact, error) {
	return db.One[Contact](t, `select `+contactColumns+` from contact_point c where c.id = $1`+t.Lock(), id)
}

// contactsOf are the contact points of a person or, where none is named, of an
// organisation: the preferred first.
func contactsOf(t *db.Tx, person, organisation string) ([]Contact, error) {
	column, owner := "c.person", person
	if person == "" {
		column, owner = "c.organisation", organisation
	}
	return db.All[Contact](t, `select `+contactColumns+` from contact_point c where `+column+` = $1 and c.deleted_at is null
		order by case when c.preferred then 0 else 1 end, c.kind, c.id`, owner)
}

func insertContact(t *db.Tx, c Contact) error {
	return t.ExecOne(`insert into contact_point (id, person, organisation, kind, value, purposes, basis, basis_on, basis_note, withdrawn_on, bounced_on,
			from_on, to_on, preferred, lang, version, created_at, created_by, updated_at, updated_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		c.ID, db.NullID(c.Person), db.NullID(c.Organisation), string(c.Kind), c.Value, c.Purposes, string(c.Basis), string(c.BasisOn), c.BasisNote, string(c.WithdrawnOn), string(c.BouncedOn),
		string(c.FromOn), string(c.ToOn), c.Preferred, c.Lang, c.Version, c.CreatedAt, c.CreatedBy, c.UpdatedAt, c.UpdatedBy)
}

func updateContact(t *db.Tx, c Contact) error {
	return t.ExecOne(`update contact_point set kind = $2, value = $3, purposes = $4, basis = $5, basis_on = $6, basis_note = $7, withdrawn_on = $8, bounced_on = $9,
			from_on = $10, to_on = $11, preferred = $12, lang = $13, version = $14, updated_at = $15, updated_by = $16, deleted_at = $17
		where id = $1`, c.ID, string(c.Kind), c.Value, c.Purposes, string(c.Basis), string(c.BasisOn), c.BasisNote, string(c.WithdrawnOn), string(c.BouncedOn),
		string(c.FromOn), string(c.ToOn), c.Preferred, c.Lang, c.Version, c.UpdatedAt, c.UpdatedBy, nullMs(c.DeletedAt))
}

func personMaybe(t *db.Tx, id string) (Person, bool, error) {
	return db.Maybe[Person](t, `select `+personColumns+` from person p where p.id = $1`, id)
}
