package digest

import (
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// choiceRow is what is kept of an account.
type choiceRow struct {
	Rhythm    Rhythm   `db:"rhythm"` // empty: as accounts of its kind begin
	Reminders bool     `db:"reminders"`
	ToldAt    clock.Ms `db:"told_at"` // until when the last digest looked
}

func choiceOf(t *db.Tx, account string) (choiceRow, error) {
	row, found, err := db.Maybe[choiceRow](t, `select rhythm, reminders, told_at from digest_choice where account = $1`, account)
	if !found {
		row.Reminders = true
	}
	return row, err
}

// lockChoice holds an account's choice until the transaction ends, so that of
// two that change it at once the later sees what the earlier wrote.
func lockChoice(t *db.Tx, account string) error {
	_, err := t.Exec(`insert into digest_choice (account, updated_at) values ($1, $2) on conflict (account) do nothing`, account, t.Now)
	if err != nil {
		return err
	}
	_, err = db.One[string](t, `select account from digest_choice where account = $1`+t.Lock(), account)
	return err
}

func putChoice(t *db.Tx, account string, c Choice) error {
	_, err := t.Exec(`insert into digest_choice (account, rhythm, reminders, updated_at) values ($1, $2, $3, $4)
		on conflict (account) do update set rhythm = excluded.rhythm, reminders = excluded.reminders, updated_at = excluded.updated_at`,
		account, c.Rhythm, c.Reminders, t.Now)
	return err
}

func setTold(t *db.Tx, account string) error {
	_, err := t.Exec(`insert into digest_choice (account, told_at, updated_at) values ($1, $2, $2)
		on conflict (account) do update set told_at = excluded.told_at`, account, t.Now)
	return err
}

func insertStop(t *db.Tx, hash, account, kind string) error {
	_, err := t.Exec(`insert into digest_stop (token, account, kind, created_at) values ($1, $2, $3, $4)`, hash, account, kind, t.Now)
	return err
}

// stopRow is what a link stops.
type stopRow struct {
	Account string `db:"account"`
	Kind    string `db:"kind"`
}

func stopOf(t *db.Tx, hash string) (stopRow, bool, error) {
	return db.Maybe[stopRow](t, `select account, kind from digest_stop where token = $1`, hash)
}

// remindedOf are the items among some that somebody was reminded of.
func remindedOf(t *db.Tx, account string, items []string) (map[string]bool, error) {
	q := db.NewQ(`select item from digest_reminded where account = $1`, account)
	db.In(q, `and item in`, items)
	out := map[string]bool{}
	err := db.Each(t, func(item string) error {
		out[item] = true
		return nil
	}, q.SQL(), q.Args...)
	return out, err
}

// countReminders counts the reminders of the last week. Those that a clock put
// back since has left in the future do not count.
func countReminders(t *db.Tx, account string) (int, error) {
	const week, day = 7 * 24 * 3600 * 1000, 24 * 3600 * 1000
	return db.One[int](t, `select count(distinct at) from digest_reminded where account = $1 and at > $2 and at <= $3`, account, t.Now-week, t.Now+day)
}

func noteReminded(t *db.Tx, account string, items []string) error {
	for _, item := range items {
		_, err := t.Exec(`insert into digest_reminded (account, item, at) values ($1, $2, $3) on conflict (account, item) do nothing`, account, item, t.Now)
		if err != nil {
			return err
		}
	}
	return nil
}

func prune(t *db.Tx) error {
	_, err := t.Exec(`delete from digest_stop where created_at < $1`, t.Now.Add(-keepStop))
	if err != nil {
		return err
	}
	_, err = t.Exec(`delete from digest_reminded where at < $1`, t.Now.Add(-keepItems))
	return err
}
