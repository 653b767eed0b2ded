package web

import (
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// sending is a form that took effect.
type sending struct {
	Location string   `db:"location"` // where its answer led, empty while it is under way
	At       clock.Ms `db:"at"`
}

// sentBefore says whether a form took effect before.
func sentBefore(t *db.Tx, key string) (first sending, found bool, err error) {
	return db.Maybe[sending](t, `select location, at from form_key where id = $1`, key)
}

func noteForm(t *db.Tx, key, account string) error {
	_, err := t.Exec(`insert into form_key (id, account, at) values ($1, $2, $3)`, key, account, t.Now)
	return err
}

func noteLocation(t *db.Tx, key, location string) error {
	_, err := t.Exec(`update form_key set location = $2 where id = $1`, key, location)
	return err
}

// forgetForm lets a form be sent again.
func forgetForm(t *db.Tx, key string) error {
	_, err := t.Exec(`delete from form_key where id = $1`, key)
	return err
}

// PruneFormKeys forgets the keys of forms sent before an instant.
func PruneFormKeys(t *db.Tx, before clock.Ms) error {
	_, err := t.Exec(`delete from form_key where at < $1`, before)
	return err
}
