package directory

import (
	"ayni/internal/kernel/db"
)

// PersonsThere says which of some ids are persons, removed ones among them.
func PersonsThere(t *db.Tx, ids []string) (map[string]bool, error) {
	q := db.In(db.NewQ(`select p.id from person p where`), "p.id in", ids)
	found, err := db.All[string](t, q.SQL(), q.Args...)
	out := map[string]bool{}
	for _, id := range found {
		out[id] = true
	}
	return out, err
}
