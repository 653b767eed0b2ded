package db_test

import (
	"database/sql"
	"testing"

	"ayni/internal/kernel/db"
	"ayni/internal/kernel/db/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// write runs fn in a write transaction that must succeed.
func write(t testing.TB, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	err := d.Write(t.Context(), fn)
	if err != nil {
		t.Fatalf("write: %v", err)
	}
}

// read runs fn in a read transaction that must succeed.
func read(t testing.TB, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	err := d.Read(t.Context(), fn)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
}

// put stores a setting: the plainest row there is.
func put(t *db.Tx, name, value string) error {
	_, err := t.Exec(`insert into setting (name, value, updated_at, updated_by) values ($1, $2, $3, 'test')`, name, value, t.Now)
	return err
}

// names lists the settings.
func names(t testing.TB, d *db.DB) []string {
	t.Helper()
	var out []string
	read(t, d, func(tx *db.Tx) error {
		var err error
		out, err = db.All[string](tx, `select name from setting order by name`)
		return err
	})
	return out
}

// person stores an account.
func person(t *db.Tx, id, email string) error {
	_, err := t.Exec(`insert into account (id, person, name, email, email_folded, demo, created_at, created_by, updated_at, updated_by)
		values ($1, $1, 'Name', $2, $2, $3, $4, 'test', $4, 'test')`, id, email, true, t.Now)
	return err
}

// orphan puts a row that points at nothing, as a program that does not check
// would.
func orphan(t testing.TB, path string) {
	t.Helper()
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	_, err = raw.ExecContext(t.Context(), `insert into account_role (account, role, from_at, granted_by) values ('nobody', 'admin', 0, 'test')`)
	if err != nil {
		t.Fatal(err)
	}
}
