package partnership

import (
	"slices"

	"ayni/internal/kernel/access"
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
	"ayni/internal/kernel/migrate"
)

// removedFor are the partnerships removed at an instant or later that the
// actor held the right to manage.
func removedFor(t *db.Tx, a access.Actor, since clock.Ms, limit int) ([]RemovedPartnership, error) {
	q := db.NewQ(`select p.id, p.title, p.deleted_at from partnership p where p.deleted_at is not null and p.deleted_at >= $1 and`, since).
		AddPart(Where(a, access.Manage)).Add(`order by p.deleted_at desc, p.id limit $1`, limit)
	return db.All[RemovedPartnership](t, q.SQL(), q.Args...)
}

func expired(t *db.Tx, before clock.Ms, limit int) ([]string, error) {
	return db.All[string](t, `select p.id from partnership p where p.deleted_at is not null and p.deleted_at < $1 order by p.deleted_at, p.id limit $2`, before, limit)
}

// ourTables are this package's tables that hold rows of a partnership, each
// before those that it points at.
func ourTables(t *db.Tx) ([]string, error) {
	order, err := db.Order(t)
	if err != nil {
		return nil, err
	}
	slices.Reverse(order)
	owners := migrate.Tables()
	var out []string
	for _, table := range order {
		if owners[table] != "partnership" {
			continue
		}
		columns, err := db.Columns(t, table)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(columns, func(c db.Column) bool { return c.Name == "partnership" }) {
			out = append(out, table)
		}
	}
	return out, nil
}

// deleteWhole deletes a partnership with all rows in it. Those that have no
// column for it go first, by what they belong to.
func deleteWhole(t *db.Tx, partnership string) error {
	_, err := t.Exec(`delete from claim_answer where claim in (select c.id from claim c where c.partnership = $1)`, partnership)
	if err != nil {
		return err
	}
	_, err = t.Exec(`update partnership set umbrella = null where umbrella = $1`, partnership)
	if err != nil {
		return err
	}
	tables, err := ourTables(t)
	if err != nil {
		return err
	}
	for _, table := range tables {
		_, err := t.Exec(`delete from `+table+` where partnership = $1`, partnership)
		if err != nil {
			return err
		}
	}
	return t.ExecOne(`delete from partnership where id = $1`, partnership)
}

// contentsOf are the hashes of the files that a partnership names.
func contentsOf(t *db.Tx, partnership string) ([]string, error) {
	return db.All[string](t, `select e.ref from evidence e where e.partnership = $1 and e.kind = 'file' and e.ref <> ''
		union select a.file from attestation a where a.partnership = $1 and a.file <> ''
		union select v.file from file_version v where v.partnership = $1 and v.file <> ''`, partnership)
}

// contentNamed says whether any record names a content.
func contentNamed(t *db.Tx, hash string) (bool, error) {
	n, err := db.One[int](t, `select count(*) from (select id from evidence where kind = 'file' and ref = $1
		union all select id from attestation where file = $1 union all select id from file_version where file = $1) x`, hash)
	return n > 0, err
}
