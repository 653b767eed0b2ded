package web

import (
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// sentBefore says whether a form took effect before, and where its answer led.
func sentBefore(t *db.Tx, key string) (location string, found bool, err error) {
	return db.Maybe[string](t, `select location from form_key where id = $1`, key)
}

func noteForm(t *db.Tx, key, account string) error {
	_, err := t.Exec(`insert into form_key (id, account, at) values ($1, $2, $3)`, key, account, t.Now)
	return err
}

func noteLocation(t *db.Tx, key, location string) error {
	_, err := t.Exec(`update form_key set location = $2 where id = $1`, key, location)
	return err
}

// PruneFormKeys forgets the keys of forms sent before an instant.
func PruneFormKeys(t *db.Tx, before clock.Ms) error {
	_, err := t.Exec(`delete from form_key where at < $1`, before)
	return err
}
