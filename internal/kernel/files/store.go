package files

import (
	"ayni/internal/kernel/db"
)

// Note writes the row of a content, in the transaction of the record that
// points at it. A content noted before stays as it is.
func Note(t *db.Tx, s Stored) error {
	_, err := t.Exec(`insert into file (hash, size, media_type, created_at) values ($1, $2, $3, $4) on conflict (hash) do nothing`,
		s.Hash, s.Size, s.MediaType, t.Now)
	return err
}

// Find returns the row of a content; NotFound where none was noted.
func Find(t *db.Tx, hash string) (Stored, error) {
	return db.One[Stored](t, `select hash, size, media_type from file where hash = $1`, hash)
}

// Known says whether a content was noted; it is what Sweep asks.
func Known(t *db.Tx, hash string) (bool, error) {
	n, err := db.One[int](t, `select count(*) from file where hash = $1`, hash)
	return n > 0, err
}

// Forget deletes the row of a content that no record points at any more; the
// sweep removes the content.
func Forget(t *db.Tx, hash string) error {
	_, err := t.Exec(`delete from file where hash = $1`, hash)
	return err
}

// All lists every noted content in the order of their hashes, for backups and checks.
func All(t *db.Tx) ([]Stored, error) {
	return db.All[Stored](t, `select hash, size, media_type from file order by hash`)
}
