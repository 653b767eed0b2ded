package directory

import (
	"ayni/internal/kernel/access"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/id"
)

// Present says whether an organisation is there and was not removed.
func Present(t *db.Tx, organisation string) (bool, error) { return there(t, organisation) }

// PersonsOf are the persons that an id or an e-mail address names, those that
// were removed among them.
func PersonsOf(t *db.Tx, who string) ([]string, error) {
	if id.Valid(who) {
		return db.All[string](t, `select p.id from person p where p.id = $1`, who)
	}
	return db.All[string](t, `select p.id from person p where p.email = $1 and p.email <> ''
		union select c.person from contact_point c where c.value = $1 and c.kind = 'email' and c.person is not null`, access.FoldEmail(who))
}

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
