package partnership

import (
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// AddedAfter says whether a partnership was made after an instant; one that
// was removed since counts too.
func AddedAfter(t *db.Tx, at clock.Ms) (bool, error) {
	_, found, err := db.Maybe[string](t, `select id from partnership where created_at > $1 limit 1`, at)
	return found, err
}
