package directory

import (
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// AddedAfter says whether an organisation or a person was added after an
// instant; one that was removed since counts too.
func AddedAfter(t *db.Tx, at clock.Ms) (bool, error) {
	_, found, err := db.Maybe[string](t, `select id from organisation where created_at > $1
		union all select id from person where created_at > $1 limit 1`, at)
	return found, err
}
