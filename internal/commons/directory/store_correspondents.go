package directory

import (
	"ayni/internal/kernel/db"
)

// holdersOf are the roles held today in some organisations. A date that is a
// month or a year alone holds to its end.
func holdersOf(t *db.Tx, organisations []string) ([]Correspondent, error) {
	q := db.In(db.NewQ(`select p.id as person, r.organisation, p.name, r.title, r.focal
		from person_role r join person p on p.id = r.person
		where r.deleted_at is null and p.deleted_at is null and`), "r.organisation in", organisations)
	today := string(t.Now.Day())
	q.Add(`and (r.to_on = '' or r.to_on >= substr(cast($1 as text), 1, length(r.to_on)))
		and (r.from_on = '' or r.from_on <= substr(cast($2 as text), 1, length(r.from_on)))
		order by r.organisation, case when r.focal then 0 else 1 end, p.name_folded, p.id, r.id`, today, today)
	return db.All[Correspondent](t, q.SQL(), q.Args...)
}

func namesOfPersons(t *db.Tx, ids []string) ([]Correspondent, error) {
	q := db.In(db.NewQ(`select p.id as person, p.name from person p where`), "p.id in", ids)
	return db.All[Correspondent](t, q.SQL(), q.Args...)
}
