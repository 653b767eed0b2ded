package privacy

import (
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// erasure is a row of the table of that name.
type erasure struct {
	Person string   `db:"person"`
	At     clock.Ms `db:"at"`
}

func erasedAt(t *db.Tx, person string) (clock.Ms, error) {
	at, _, err := db.Maybe[clock.Ms](t, `select at from erasure where person = $1`, person)
	return at, err
}

func erasures(t *db.Tx) ([]Entry, error) {
	rows, err := db.All[erasure](t, `select person, at from erasure order by at, person`)
	if err != nil {
		return nil, err
	}
	out, place := make([]Entry, len(rows)), map[string]int{}
	for i, r := range rows {
		out[i], place[r.Person] = Entry{Person: r.Person, At: r.At, Hashes: []string{}}, i
	}
	type hashed struct {
		Person string `db:"person"`
		Hash   string `db:"hash"`
	}
	err = db.Each(t, func(h hashed) error {
		e := &out[place[h.Person]]
		e.Hashes = append(e.Hashes, h.Hash)
		return nil
	}, `select person, hash from erasure_hash order by person, hash`)
	return out, err
}

func noteErasure(t *db.Tx, e Entry, by string) error {
	_, err := t.Exec(`insert into erasure (person, at, by_actor) values ($1, $2, $3) on conflict (person) do nothing`, e.Person, e.At, by)
	if err != nil {
		return err
	}
	for _, h := range e.Hashes {
		_, err := t.Exec(`insert into erasure_hash (person, hash) values ($1, $2) on conflict (person, hash) do nothing`, e.Person, h)
		if err != nil {
			return err
		}
	}
	return nil
}

func hashesOf(t *db.Tx, person string) ([]string, error) {
	return db.All[string](t, `select hash from erasure_hash where person = $1 order by hash`, person)
}

func hashKnown(t *db.Tx, hash string) (bool, error) {
	n, err := db.One[int](t, `select count(*) from erasure_hash where hash = $1`, hash)
	return n > 0, err
}

// ruleDays are the numbers of days that were set, by rule.
func ruleDays(t *db.Tx) (map[string]int, error) {
	type row struct {
		Code string `db:"code"`
		Days int    `db:"days"`
	}
	out := map[string]int{}
	err := db.Each(t, func(r row) error {
		out[r.Code] = r.Days
		return nil
	}, `select code, days from retention_rule`)
	return out, err
}

func putRule(t *db.Tx, code string, days int, by string) error {
	return t.ExecOne(`insert into retention_rule (code, days, updated_at, updated_by) values ($1, $2, $3, $4)
		on conflict (code) do update set days = excluded.days, updated_at = excluded.updated_at, updated_by = excluded.updated_by`, code, days, t.Now, by)
}
