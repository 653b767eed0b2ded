package access

import (
	"ayni/internal/kernel/clock"
	"ayni/internal/kernel/db"
)

// factorRow is a row of account_factor.
type factorRow struct {
	Account     string   `db:"account"`
	Seed        string   `db:"seed"` // sealed
	ConfirmedAt clock.Ms `db:"confirmed_at"`
	LastStep    int64    `db:"last_step"`
	CreatedAt   clock.Ms `db:"created_at"`
}

const factorColumns = `f.account, f.seed, f.confirmed_at, f.last_step, f.created_at`

func factorOf(t *db.Tx, account string) (factorRow, bool, error) {
	return db.Maybe[factorRow](t, `select `+factorColumns+` from account_factor f where f.account = $1`, account)
}

// factorForChange is factorOf, kept for this transaction.
func factorForChange(t *db.Tx, account string) (factorRow, bool, error) {
	return db.Maybe[factorRow](t, `select `+factorColumns+` from account_factor f where f.account = $1`+t.Lock(), account)
}

// putFactor writes a factor that has still to be confirmed.
func putFactor(t *db.Tx, account, seed string) error {
	return t.ExecOne(`insert into account_factor (account, seed, confirmed_at, last_step, created_at) values ($1, $2, 0, 0, $3)
		on conflict (account) do update set seed = excluded.seed, confirmed_at = 0, last_step = 0, created_at = excluded.created_at`,
		account, seed, t.Now)
}

func confirmFactor(t *db.Tx, account string, step int64) error {
	return t.ExecOne(`update account_factor set confirmed_at = $2, last_step = $3 where account = $1 and confirmed_at = 0`, account, t.Now, step)
}

// useStep notes that the code of a step was used; NotFound where that one or a
// later one was used before.
func useStep(t *db.Tx, account string, step int64) error {
	return t.ExecOne(`update account_factor set last_step = $2 where account = $1 and last_step < $2`, account, step)
}

// deleteFactor takes the factor of an account and its recovery codes away, and
// says whether a confirmed one was there.
func deleteFactor(t *db.Tx, account string) (bool, error) {
	n, err := t.Exec(`delete from account_factor where account = $1 and confirmed_at > 0`, account)
	if err != nil {
		return false, err
	}
	_, err = t.Exec(`delete from account_factor where account = $1`, account)
	if err != nil {
		return false, err
	}
	_, err = t.Exec(`delete from account_recovery where account = $1`, account)
	return n > 0, err
}

// replaceRecovery writes the hashes of new recovery codes in the place of all before.
func replaceRecovery(t *db.Tx, account string, hashes []string) error {
	_, err := t.Exec(`delete from account_recovery where account = $1`, account)
	if err != nil {
		return err
	}
	for _, h := range hashes {
		err := t.ExecOne(`insert into account_recovery (code, account, created_at, used_at) values ($1, $2, $3, 0)`, h, account, t.Now)
		if err != nil {
			return err
		}
	}
	return nil
}

// useRecovery uses a recovery code up; NotFound where it is none, or was used.
func useRecovery(t *db.Tx, account, hash string) error {
	return t.ExecOne(`update account_recovery set used_at = $3 where code = $2 and account = $1 and used_at = 0`, account, hash, t.Now)
}

func recoveryLeft(t *db.Tx, account string) (int, error) {
	return db.One[int](t, `select count(*) from account_recovery where account = $1 and used_at = 0`, account)
}

// WithFactor are the accounts that have a confirmed second factor, with its
// sealed seed, for those who look after the installation.
func WithFactor(t *db.Tx) (map[string]string, error) {
	out := map[string]string{}
	err := db.Each(t, func(r factorRow) error {
		out[r.Account] = r.Seed
		return nil
	}, `select `+factorColumns+` from account_factor f where f.confirmed_at > 0 order by f.account`)
	return out, err
}
